
/*
 * meeting: what an admin sees of the server.  The documents do not have it.
 */

#include "conf_meeting.h"
#include "conf_status.h"


static const conf_rate_t  conf_meeting_status_rate =
    { 131, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_live_rate =
    { 132, { 50, CONF_MINUTE }, false };


static const conf_view_row_t  conf_meeting_figures_rows[] = {
    { .name = conf_string("status"), .kind = CONF_V_RAW,
      .offset = CONF_AT(conf_status_out_t, status) }
};

static const conf_view_t  conf_meeting_status_view =
    CONF_VIEW(conf_meeting_figures_rows, conf_status_out_t);


static const conf_field_t  conf_meeting_live_fields[] = {
    { .name = conf_string("page"), .type = CONF_T_U64, .min = 1,
      .max = 100000, .offset = CONF_AT(conf_status_in_t, page) },
    { .name = conf_string("page_size"), .type = CONF_T_U64, .min = 1,
      .max = 100, .offset = CONF_AT(conf_status_in_t, limit) }
};

static const conf_schema_t  conf_meeting_live_schema =
    CONF_SCHEMA(conf_meeting_live_fields, conf_status_in_t);

/* By conf_room_state_e; a room without a time is always open. */

static const conf_str_t  conf_meeting_live_states[] = {
    conf_string("ongoing"), conf_string("scheduled"), conf_string("ongoing"),
    conf_string("ended"), conf_string("cancelled")
};

#define CONF_LIVE_AT(member)                                                  \
    (CONF_AT(conf_online_room_t, room) + CONF_AT(conf_room_t, member))

static const conf_view_row_t  conf_meeting_live_rows[] = {
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_LIVE_AT(id) },
    { .name = conf_string("id"), .kind = CONF_V_U64,
      .offset = CONF_LIVE_AT(id) },
    { .name = conf_string("title"), .kind = CONF_V_STR,
      .offset = CONF_LIVE_AT(name) },
    { .name = conf_string("status"), .kind = CONF_V_ENUM,
      .offset = CONF_LIVE_AT(state), .names = conf_meeting_live_states,
      .nnames = conf_nelts(conf_meeting_live_states) },
    { .name = conf_string("creator_id"), .kind = CONF_V_U64,
      .offset = CONF_LIVE_AT(creator_id) },
    { .name = conf_string("host_id"), .kind = CONF_V_U64,
      .offset = CONF_LIVE_AT(owner_id) },
    { .name = conf_string("started_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_LIVE_AT(started_ms) },
    { .name = conf_string("participant_count"), .kind = CONF_V_U32,
      .offset = CONF_LIVE_AT(njoined) },
    { .name = conf_string("member_count"), .kind = CONF_V_U32,
      .offset = CONF_LIVE_AT(nmembers) },
    { .name = conf_string("connected_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_online_room_t, online) }
};

static const conf_view_t  conf_meeting_live_view =
    CONF_VIEW(conf_meeting_live_rows, conf_online_room_t);

static const conf_view_row_t  conf_meeting_lives_rows[] = {
    { .name = conf_string("meetings"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_online_page_t, rooms),
      .sub = &conf_meeting_live_view },
    CONF_MEETING_PAGE(CONF_AT(conf_online_page_t, page))
};

static const conf_view_t  conf_meeting_lives_view =
    CONF_VIEW(conf_meeting_lives_rows, conf_online_page_t);


static const conf_row_t  conf_meeting_status_rows[] = {

    { .method = CONF_M_GET, .path = "/api/v1/admin/status",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_status_rate,
      .verb = conf_status_show, .view = &conf_meeting_status_view,
      .summary = "The server's figures, now and over the last hour" },

    { .method = CONF_M_GET, .path = "/api/v1/admin/meetings",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_live_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_live_schema,
      .verb = conf_status_meetings, .view = &conf_meeting_lives_view,
      .summary = "Meetings that somebody has joined" }
};

const conf_rows_t  conf_meeting_status_group = {
    conf_meeting_status_rows, conf_nelts(conf_meeting_status_rows)
};
