
/*
 * meeting: the API of a video-conference platform.  This file has what all of
 * its services share: the envelope, the errors, health.
 */

#include "conf_meeting.h"


#define CONF_MEETING_RETRY_S  1


static void conf_meeting_answer(conf_op_t *op, conf_buf_t *buf,
    conf_answer_t *answer);
static void conf_meeting_failed(conf_op_t *op, conf_buf_t *buf,
    conf_answer_t *answer);
static void conf_meeting_open(conf_buf_t *buf, int32_t code,
    conf_str_t message);
static void conf_meeting_close(conf_op_t *op, conf_buf_t *buf);


const conf_rate_t  conf_meeting_common_rate =
    { 130, { 300, CONF_MINUTE }, true };


#define CONF_ERR(name, status, code, sentence)                                \
    [CONF_E_##name] = { CONF_E_##name, status, code, conf_string(sentence) }

static const conf_error_row_t  conf_meeting_errors[CONF_E_MAX] = {
    CONF_ERR(NONE, 200, 200, "Success"),
    CONF_ERR(INTERNAL, 500, 500, "Internal server error"),
    CONF_ERR(NOMEM, 503, 503, "Service unavailable"),
    CONF_ERR(NOT_FOUND, 404, 404, "Endpoint not found"),
    CONF_ERR(METHOD, 405, 405, "Method not allowed"),
    CONF_ERR(BAD_REQUEST, 400, 400, "Invalid request format"),
    CONF_ERR(INVALID, 400, 400, "Invalid request parameters"),
    CONF_ERR(TOO_LARGE, 400, 400, "Request body too large"),
    CONF_ERR(RATE_LIMITED, 429, 429,
             "Rate limit exceeded. Please try again later."),
    CONF_ERR(TOKEN_ABSENT, 401, 401, "Missing authorization header"),
    CONF_ERR(TOKEN_SCHEME, 401, 401, "Invalid authorization header format"),
    CONF_ERR(TOKEN_MALFORMED, 401, 401, "Invalid token"),
    CONF_ERR(TOKEN_EXPIRED, 401, 1005, "Token expired"),
    CONF_ERR(TOKEN_INVALID, 401, 401, "Invalid token"),
    CONF_ERR(TOKEN_CLAIMS, 401, 401, "Invalid token claims"),
    CONF_ERR(TOKEN_SUBJECT, 401, 401, "Invalid token claims"),
    CONF_ERR(TOKEN_REVOKED, 401, 401, "Invalid token: revoked"),
    CONF_ERR(USER_BANNED, 401, 401, "Invalid token: account banned"),
    CONF_ERR(ORIGIN, 403, 403, "Origin not allowed"),
    CONF_ERR(FORBIDDEN, 403, 403, "Insufficient permissions"),
    CONF_ERR(NAME_TAKEN, 400, 1001, "username already exists"),
    CONF_ERR(EMAIL_TAKEN, 400, 1002, "email already exists"),
    CONF_ERR(BAD_LOGIN, 401, 1004, "Invalid username or password"),
    CONF_ERR(BAD_PASSWORD, 400, 1004, "Invalid password"),
    CONF_ERR(USER_ABSENT, 404, 1003, "User not found"),
    CONF_ERR(ROOM_ABSENT, 404, 2001, "Meeting not found"),
    CONF_ERR(NOT_MEMBER, 403, 403, "Access denied"),
    CONF_ERR(ALREADY_MEMBER, 400, 400, "Already a participant"),
    CONF_ERR(ROOM_FULL, 403, 2003, "Meeting is full"),
    CONF_ERR(ROOM_ENDED, 400, 2002, "Meeting is not available"),
    CONF_ERR(MESSAGE_ABSENT, 404, 404, "Message not found"),
    CONF_ERR(FILE_ABSENT, 404, 3002, "File not found"),
    CONF_ERR(FILE_TYPE, 400, 3001, "File type not allowed"),
    CONF_ERR(BACKEND_DOWN, 503, 503, "Service unavailable"),
    CONF_ERR(BACKEND_BUSY, 503, 503, "Service unavailable"),
    CONF_ERR(BACKEND_TIMEOUT, 503, 503, "Service unavailable"),
    CONF_ERR(STORE_FULL, 503, 503, "Service unavailable"),
    CONF_ERR(STORE_FAILED, 503, 503, "Service unavailable"),
    CONF_ERR(ZONE_FULL, 503, 503, "Service unavailable"),
    CONF_ERR(PROTOCOL, 503, 503, "Service unavailable"),
    CONF_ERR(EXISTS, 400, 400, "Already exists"),
    CONF_ERR(CONFLICT, 400, 400, "Changed meanwhile, please try again"),
    CONF_ERR(EMPTY, 400, 400, "Required text is empty"),
    CONF_ERR(WAITING, 403, 403, "Waiting to be admitted"),
    CONF_ERR(REMOVED, 403, 403, "Access denied"),
    CONF_ERR(ROOM_STATE, 400, 400, "Meeting not started"),
    CONF_ERR(ROOM_PASSWORD, 403, 2004, "Invalid meeting password"),
    CONF_ERR(TARGET_ABSENT, 404, 404, "Target user not found"),
    CONF_ERR(SAME_PASSWORD, 400, 400,
             "New password must differ from the old one"),
    CONF_ERR(RESET_INVALID, 400, 400, "Invalid reset token"),
    CONF_ERR(RESET_EXPIRED, 400, 1005, "Reset token expired"),
    CONF_ERR(CSRF, 403, 403, "CSRF token missing"),
    CONF_ERR(UNAVAILABLE, 503, 503, "Service not available"),
    CONF_ERR(SESSION_ABSENT, 404, 404, "Session not found"),
    CONF_ERR(TAKEN, 403, 403, "Permission denied")
};

_Static_assert(CONF_E_MAX == 55, "a new error needs a sentence here");


/* The envelope: data is an object; a failure has "error", too. */

#define CONF_MEETING_OPEN                                                     \
    { .name = conf_string("code"), .kind = CONF_V_I64 },                      \
    { .name = conf_string("message"), .kind = CONF_V_STR },                   \
    { .name = conf_string("data"), .kind = CONF_V_OBJECT }

#define CONF_MEETING_CLOSE                                                    \
    { .name = conf_string("timestamp"), .kind = CONF_V_TIME_UTC },            \
    { .name = conf_string("request_id"), .kind = CONF_V_STR }

static const conf_view_row_t  conf_meeting_success_rows[] = {
    CONF_MEETING_OPEN, CONF_MEETING_CLOSE
};

static const conf_view_t  conf_meeting_success_view =
    { conf_meeting_success_rows, conf_nelts(conf_meeting_success_rows), 0 };

static const conf_view_row_t  conf_meeting_failure_rows[] = {
    CONF_MEETING_OPEN,
    { .name = conf_string("error"), .kind = CONF_V_STR },
    CONF_MEETING_CLOSE
};

static const conf_view_t  conf_meeting_failure_view =
    { conf_meeting_failure_rows, conf_nelts(conf_meeting_failure_rows), 0 };

static const conf_shape_t  conf_meeting_failures[] = {
    { 0, "Failure", &conf_meeting_failure_view }
};


static const conf_error_row_t  conf_meeting_ai_errors[] = {
    CONF_MEETING_ERR(UNAVAILABLE, 503, 4001, "AI service unavailable"),
    CONF_MEETING_END
};

static const conf_view_row_t  conf_meeting_health_rows[] = {
    { .name = conf_string("status"), .kind = CONF_V_LITERAL,
      .literal = conf_string("\"ok\"") }
};

static const conf_view_t  conf_meeting_health_view =
    { conf_meeting_health_rows, conf_nelts(conf_meeting_health_rows), 0 };

static const conf_row_t  conf_meeting_common_rows[] = {

    { .method = CONF_M_GET, .path = "/health",
      .rate = &conf_meeting_common_rate, .verb = conf_ping,
      .view = &conf_meeting_health_view, .summary = "Is the server there?" },

    { .method = CONF_M_GET, .path = "/api/v1/ai/health",
      .rate = &conf_meeting_common_rate, .verb = conf_unavailable,
      .errors = conf_meeting_ai_errors,
      .summary = "Is there an AI service? None is configured: 4001" }
};


static const conf_rows_t  conf_meeting_common_group = {
    conf_meeting_common_rows, conf_nelts(conf_meeting_common_rows)
};

static const conf_rows_t *const  conf_meeting_groups[] = {
    &conf_meeting_common_group,
    &conf_meeting_account_group,
    &conf_meeting_room_group,
    &conf_meeting_people_group,
    &conf_meeting_signal_group,
    &conf_meeting_status_group,
    &conf_meeting_admin_group,
    NULL
};


static const conf_close_row_t  conf_meeting_closes[CONF_CLOSE_MAX] = {
    { 1000, "" },
    { 1001, "server is going away" },
    { 4003, "token is no longer valid" },
    { 1008, "too slow" },
    { 1011, "internal error" },
    { 4001, "removed from the meeting" },
    { 4002, "meeting ended" },
    { 4008, "too many messages" },
    { 1000, "replaced by another connection" }
};


const conf_api_t  conf_api_meeting = {
    .name = conf_string("meeting"),
    .index = 1,
    .groups = conf_meeting_groups,
    .request_ids = true,
    .messages = conf_meeting_messages,
    .nmessages = conf_nelts(conf_meeting_messages),
    .token_cookie = "access_token",
    .type_field = conf_string("type"),
    .errors = conf_meeting_errors,
    .closes = conf_meeting_closes,
    .find = conf_meeting_find,
    .envelope = &conf_meeting_success_view,
    .failures = conf_meeting_failures,
    .answer = conf_meeting_answer,
    .event = conf_meeting_event_a
};

/* Its sockets where types are numbers: the last index, it has no routes. */

const conf_api_t  conf_api_meeting_b = {
    .name = conf_string("meeting"),
    .index = CONF_APIS_MAX - 1,
    .groups = conf_meeting_groups,
    .request_ids = true,
    .token_cookie = "access_token",
    .messages = conf_meeting_messages,
    .nmessages = conf_nelts(conf_meeting_messages),
    .type_field = conf_string("type"),
    .errors = conf_meeting_errors,
    .closes = conf_meeting_closes,
    .snapshots = true,
    .find = conf_meeting_find,
    .answer = conf_meeting_answer,
    .event = conf_meeting_event_b
};


/*
 * {"code":..,"message":"..","data":{..},"timestamp":"..","request_id":".."}
 * in any case; data is an object (spec/meeting.md 1.1).
 */

static void
conf_meeting_answer(conf_op_t *op, conf_buf_t *buf, conf_answer_t *answer)
{
    const conf_row_t  *row = op->row;

    answer->type = conf_str("application/json; charset=utf-8");

    if (op->session != NULL && op->row->method == 0) {
        conf_meeting_reply(op, buf, answer);
        return;
    }

    if (op->rc != CONF_OK) {
        conf_meeting_failed(op, buf, answer);
        return;
    }

    answer->status = row->status != 0 ? row->status : 200;

    conf_meeting_open(buf, answer->status,
                      row->text.len != 0 ? row->text : conf_str("Success"));

    if (row->view == NULL) {
        conf_buf_lit(buf, "{}");

    } else {
        conf_api_show(op, buf);
    }

    conf_meeting_close(op, buf);

    if (row->headers != NULL) {
        row->headers(op, answer);
    }
}


/* Old clients read "error", too. */

static void
conf_meeting_failed(conf_op_t *op, conf_buf_t *buf, conf_answer_t *answer)
{
    conf_buf_t        text;
    conf_error_row_t  error;

    conf_op_error_row(op, op->rc, &error);
    answer->status = error.status;

    if (error.status == 503 && op->rc != CONF_E_UNAVAILABLE) {
        answer->retry_s = CONF_MEETING_RETRY_S;

    } else if (op->rc == CONF_E_RATE_LIMITED) {
        answer->retry_s = (uint32_t) ((op->limit.retry_ms + 999) / 1000);
    }

    /* A rule of a field is said in its own words. */

    conf_buf_init(&text, 0);

    if (op->rc == CONF_E_INVALID && op->error.reason != NULL
        && op->error.field.len != 0)
    {
        conf_buf_str(&text, op->error.field);
        conf_buf_byte(&text, ' ');
        conf_buf_add(&text, op->error.reason, strlen(op->error.reason));

        if (conf_buf_ok(&text) == CONF_OK) {
            error.text.data = text.data;
            error.text.len = text.len;
        }
    }

    conf_meeting_open(buf, error.code, error.text);
    conf_buf_lit(buf, "{},\"error\":");
    conf_view_string(buf, error.text);
    conf_meeting_close(op, buf);

    conf_buf_free(&text);
}


static void
conf_meeting_open(conf_buf_t *buf, int32_t code, conf_str_t message)
{
    conf_buf_lit(buf, "{\"code\":");
    conf_buf_i64(buf, code);
    conf_buf_lit(buf, ",\"message\":");
    conf_view_string(buf, message);
    conf_buf_lit(buf, ",\"data\":");
}


static void
conf_meeting_close(conf_op_t *op, conf_buf_t *buf)
{
    conf_buf_lit(buf, ",\"timestamp\":");
    conf_view_time(buf, CONF_V_TIME_UTC, op->env->now_ms(op->env));
    conf_buf_lit(buf, ",\"request_id\":");
    conf_view_string(buf, op->request_id);
    conf_buf_byte(buf, '}');
}
