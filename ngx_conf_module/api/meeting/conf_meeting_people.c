
/*
 * meeting, meetings: the rows of the people in them and of what they say
 * (rows 24 to 29, 33 and 34 of the document).
 */

#include "conf_meeting_room.h"


#define CONF_MEETING_RATE(name, number, count)                                \
    static const conf_rate_t  conf_meeting_##name##_rate =                    \
        { number, { count, CONF_MINUTE }, false }

CONF_MEETING_RATE(join, 67, 100);
CONF_MEETING_RATE(leave, 68, 100);
CONF_MEETING_RATE(people, 69, 100);
CONF_MEETING_RATE(add, 70, 50);
CONF_MEETING_RATE(remove, 71, 50);
CONF_MEETING_RATE(role, 72, 50);
CONF_MEETING_RATE(history, 73, 100);
CONF_MEETING_RATE(say, 74, 100);


static conf_rc_t conf_meeting_say(conf_op_t *op, const void *in);


static const conf_error_row_t  conf_meeting_leave_errors[] = {
    CONF_MEETING_ERR(NOT_MEMBER, 404, 404, "Not a participant"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_person_errors[] = {
    CONF_MEETING_SAY(TARGET_ABSENT, "Participant not found"),
    CONF_MEETING_SAY(CONFLICT, "The creator cannot be removed"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_role_errors[] = {
    CONF_MEETING_SAY(TARGET_ABSENT, "Participant not found"),
    CONF_MEETING_SAY(CONFLICT, "Make another participant the host instead"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_say_errors[] = {
    CONF_MEETING_SAY(FORBIDDEN, "Chat is disabled in this meeting"),
    CONF_MEETING_END
};


static const conf_row_t  conf_meeting_people_rows[] = {

    { .method = CONF_M_POST, .path = "/api/v1/meetings/:id/join",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_join_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_join_schema,
      .verb = conf_meeting_join, .view = &conf_meeting_join_view,
      .fixed = "/ws/signaling",
      .text = conf_string("Joined meeting successfully"),
      .summary = "Join, or wait to be admitted" },

    { .method = CONF_M_POST, .path = "/api/v1/meetings/:id/leave",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_leave_rate,
      .schema = &conf_meeting_id_schema, .verb = conf_meeting_leave,
      .text = conf_string("Left meeting successfully"),
      .errors = conf_meeting_leave_errors, .summary = "Leave" },

    { .method = CONF_M_GET, .path = "/api/v1/meetings/:id/participants",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_people_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_people_schema,
      .verb = conf_participant_list, .view = &conf_meeting_people_view,
      .summary = "Who takes part, who is online, who waits" },

    { .method = CONF_M_POST, .path = "/api/v1/meetings/:id/participants",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_add_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_add_schema,
      .verb = conf_participant_add, .view = &conf_meeting_added_view,
      .text = conf_string("Participant added successfully"),
      .summary = "Add users, or admit who waits (host, moderator)" },

    { .method = CONF_M_DELETE,
      .path = "/api/v1/meetings/:id/participants/:user_id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_remove_rate,
      .schema = &conf_meeting_person_schema, .verb = conf_participant_remove,
      .text = conf_string("Participant removed successfully"),
      .errors = conf_meeting_person_errors,
      .summary = "Remove a participant, or reject who waits" },

    { .method = CONF_M_PUT,
      .path = "/api/v1/meetings/:id/participants/:user_id/role",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_role_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_role_schema,
      .verb = conf_participant_role, .view = &conf_meeting_person_view,
      .text = conf_string("Participant role updated successfully"),
      .errors = conf_meeting_role_errors,
      .summary = "Change a role; host passes it on (host)" },

    { .method = CONF_M_GET, .path = "/api/v1/meetings/:id/messages",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_history_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_log_schema,
      .verb = conf_message_list, .view = &conf_meeting_log_view,
      .fixed = &conf_meeting_history,
      .summary = "Chat, newest first" },

    { .method = CONF_M_POST, .path = "/api/v1/meetings/:id/messages",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_say_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_post_schema,
      .verb = conf_meeting_say, .view = &conf_meeting_said_view,
      .text = conf_string("Message sent successfully"),
      .errors = conf_meeting_say_errors,
      .summary = "Say something to the meeting" }
};

const conf_rows_t  conf_meeting_people_group = {
    conf_meeting_people_rows, conf_nelts(conf_meeting_people_rows)
};


static conf_rc_t
conf_meeting_say(conf_op_t *op, const void *in)
{
    conf_message_in_t  message = *(const conf_message_in_t *) in;

    message.type = conf_str("text");

    return conf_message_post(op, &message);
}
