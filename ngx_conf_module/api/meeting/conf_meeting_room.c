
/*
 * meeting, meetings: the rows of meetings themselves (rows 17 to 23 and 35 to
 * 37 of the document).
 */

#include "conf_meeting_room.h"


/* Rows that have the same limit count apart. */

#define CONF_MEETING_RATE(name, number, count)                                \
    static const conf_rate_t  conf_meeting_##name##_rate =                    \
        { number, { count, CONF_MINUTE }, false }

CONF_MEETING_RATE(create, 60, 50);
CONF_MEETING_RATE(list, 61, 100);
CONF_MEETING_RATE(get, 62, 100);
CONF_MEETING_RATE(update, 63, 50);
CONF_MEETING_RATE(delete, 64, 50);
CONF_MEETING_RATE(start, 65, 50);
CONF_MEETING_RATE(end, 66, 50);
CONF_MEETING_RATE(mine, 75, 100);
CONF_MEETING_RATE(upcoming, 76, 100);
CONF_MEETING_RATE(past, 77, 100);


static const conf_error_row_t  conf_meeting_create_errors[] = {
    CONF_MEETING_ERR(ROOM_FULL, 403, 403, "Too many meetings"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_update_errors[] = {
    CONF_MEETING_SAY(CONFLICT, "Only a scheduled meeting can be cancelled"),
    CONF_MEETING_SAY(INVALID, "end_time must be after start_time"),
    CONF_MEETING_END
};


static const conf_row_t  conf_meeting_room_rows[] = {

    { .method = CONF_M_POST, .path = "/api/v1/meetings/?",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_create_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_create_schema,
      .verb = conf_meeting_create, .view = &conf_meeting_view,
      .fixed = &conf_meeting_fixed, .status = 201,
      .text = conf_string("Meeting created successfully"),
      .errors = conf_meeting_create_errors,
      .summary = "Plan a meeting and be its host" },

    { .method = CONF_M_GET, .path = "/api/v1/meetings/?",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_list_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_list_schema,
      .verb = conf_meeting_list, .view = &conf_meeting_list_view,
      .fixed = &conf_meeting_all,
      .summary = "The caller's meetings, the latest first" },

    { .method = CONF_M_GET, .path = "/api/v1/meetings/:id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_get_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_id_schema,
      .verb = conf_meeting_get, .view = &conf_meeting_view,
      .summary = "One meeting" },

    { .method = CONF_M_PUT, .path = "/api/v1/meetings/:id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_update_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_update_schema,
      .verb = conf_meeting_update, .view = &conf_meeting_view,
      .fixed = &conf_meeting_fixed,
      .text = conf_string("Meeting updated successfully"),
      .errors = conf_meeting_update_errors,
      .summary = "Change a meeting, or cancel it (host)" },

    { .method = CONF_M_DELETE, .path = "/api/v1/meetings/:id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_delete_rate,
      .schema = &conf_meeting_id_schema, .verb = conf_meeting_delete,
      .text = conf_string("Meeting deleted successfully"),
      .summary = "Delete a meeting (its creator)" },

    { .method = CONF_M_POST, .path = "/api/v1/meetings/:id/start",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_start_rate,
      .schema = &conf_meeting_id_schema, .verb = conf_meeting_start,
      .view = &conf_meeting_started_view,
      .text = conf_string("Meeting started successfully"),
      .summary = "Begin (host, moderator)" },

    { .method = CONF_M_POST, .path = "/api/v1/meetings/:id/end",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_end_rate,
      .schema = &conf_meeting_id_schema, .verb = conf_meeting_end,
      .view = &conf_meeting_ended_view,
      .text = conf_string("Meeting ended successfully"),
      .summary = "End for all (host, moderator)" },

    { .method = CONF_M_GET, .path = "/api/v1/my/meetings/?",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_mine_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_mine_schema,
      .verb = conf_meeting_list, .view = &conf_meeting_list_view,
      .fixed = &conf_meeting_all,
      .summary = "Meetings that the caller created or joined" },

    { .method = CONF_M_GET, .path = "/api/v1/my/meetings/upcoming",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_upcoming_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_mine_schema,
      .verb = conf_meeting_list, .view = &conf_meeting_list_view,
      .fixed = &conf_meeting_upcoming,
      .summary = "Those to come and under way, the next first" },

    { .method = CONF_M_GET, .path = "/api/v1/my/meetings/history",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_past_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_mine_schema,
      .verb = conf_meeting_list, .view = &conf_meeting_list_view,
      .fixed = &conf_meeting_past,
      .summary = "Those that have ended or were cancelled" }
};

const conf_rows_t  conf_meeting_room_group = {
    conf_meeting_room_rows, conf_nelts(conf_meeting_room_rows)
};
