
/*
 * meeting: signaling.  One endpoint for two forms of the same frames: types
 * are names (A) or numbers (B), and so each form is a dialect of its own,
 * rendered once for all who speak it.  What the client's first frame has says
 * which of them it is.
 */

#include "conf_meeting_signal.h"


static conf_rc_t conf_meeting_socket(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_relay(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_chat(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_media(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_screen(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_claim(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_result(conf_op_t *op, const void *in);
static conf_rc_t conf_meeting_media_said(conf_op_t *op,
    const conf_meeting_words_t *words, conf_str_t client_id);
static void conf_meeting_media_bits(const conf_meeting_words_t *words,
    conf_media_in_t *media);
static void conf_meeting_media_own(conf_buf_t *buf,
    const conf_meeting_words_t *words);
static void conf_meeting_piece(conf_buf_t *buf, const char *name,
    conf_str_t json);
static int32_t conf_meeting_number(conf_str_t text);


const conf_str_t  conf_meeting_types[CONF_FT_MAX] = {
    conf_string(""),
    conf_string("offer"),
    conf_string("answer"),
    conf_string("ice-candidate"),
    conf_string("join"),
    conf_string("leave"),
    conf_string("user-joined"),
    conf_string("user-left"),
    conf_string("chat"),
    conf_string("screen-share"),
    conf_string("media-state"),
    conf_string("ping"),
    conf_string("pong"),
    conf_string("error"),
    conf_string("room-info"),
    conf_string("ai-live-claim"),
    conf_string("ai-live-status"),
    conf_string("ai-live-result"),
    conf_string("meeting-updated"),
    conf_string("meeting-ended"),
    conf_string("user-waiting"),
    conf_string("admitted"),
    conf_string("rejected")
};

/* Other names that clients have for them. */

static const struct {
    conf_str_t    name;
    conf_meeting_type_e  frame;
} conf_meeting_aliases[] = {
    { conf_string("join-room"), CONF_FT_JOIN },
    { conf_string("leave-room"), CONF_FT_LEAVE },
    { conf_string("ice_candidate"), CONF_FT_CANDIDATE },
    { conf_string("candidate"), CONF_FT_CANDIDATE },
    { conf_string("ice"), CONF_FT_CANDIDATE },
    { conf_string("chat-message"), CONF_FT_CHAT },
    { conf_string("media-control"), CONF_FT_MEDIA },
    { conf_string("media_state"), CONF_FT_MEDIA }
};


static const conf_rate_t  conf_meeting_sessions_rate =
    { 100, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_room_sessions_rate =
    { 101, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_log_rate =
    { 102, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_overview_rate =
    { 103, { 50, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_stats_rate =
    { 104, { 50, CONF_MINUTE }, false };


static const conf_error_row_t  conf_meeting_socket_errors[] = {
    CONF_MEETING_ERR(ROOM_ENDED, 403, 2002, "Meeting is not available"),
    CONF_MEETING_ERR(FORBIDDEN, 403, 403, "user_id does not match the token"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_session_errors[] = {
    CONF_MEETING_SAY(FORBIDDEN, "Access denied"),
    CONF_MEETING_END
};

/* Of frames: a status, not a code, is their code. */

#define CONF_MEETING_FRAME_ERRORS                                             \
    CONF_MEETING_SAY(INVALID, "Invalid message format"),                      \
    CONF_MEETING_SAY(BAD_REQUEST, "Invalid message format"),                  \
    CONF_MEETING_ERR(NOT_FOUND, 400, 400, "Unknown message type"),            \
    CONF_MEETING_ERR(NOT_MEMBER, 403, 403, "Join the meeting first"),         \
    CONF_MEETING_END

static const conf_error_row_t  conf_meeting_frame_errors[] = {
    CONF_MEETING_FRAME_ERRORS
};

static const conf_error_row_t  conf_meeting_relay_errors[] = {
    CONF_MEETING_SAY(EMPTY, "Missing target user"),
    CONF_MEETING_FRAME_ERRORS
};

static const conf_error_row_t  conf_meeting_chat_errors[] = {
    CONF_MEETING_SAY(EMPTY, "content is required"),
    CONF_MEETING_SAY(FORBIDDEN, "Chat is disabled"),
    CONF_MEETING_FRAME_ERRORS
};

static const conf_error_row_t  conf_meeting_media_errors[] = {
    CONF_MEETING_SAY(FORBIDDEN, "Screen sharing is disabled"),
    CONF_MEETING_FRAME_ERRORS
};

static const conf_error_row_t  conf_meeting_claim_errors[] = {
    CONF_MEETING_SAY(TAKEN, "AI Live denied"),
    CONF_MEETING_FRAME_ERRORS
};


static const conf_history_fixed_t  conf_meeting_log_fixed = {
    .limit_default = 50, .limit_max = 1000, .order = CONF_ORDER_DESCENDING,
    .chat = conf_string("chat")
};

static const conf_row_t  conf_meeting_signal_rows[] = {

    { .method = CONF_M_GET, .path = "/ws/signaling",
      .auth = CONF_AUTH_USER, .body = CONF_BODY_SOCKET,
      .schema = &conf_meeting_open_schema, .verb = conf_meeting_socket,
      .errors = conf_meeting_socket_errors,
      .summary = "WebSocket: signaling of one meeting; ?meeting_id=" },

    { .method = CONF_M_GET, .path = "/api/v1/sessions/room/:meeting_id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_room_sessions_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_sessions_schema,
      .verb = conf_signal_sessions, .view = &conf_meeting_sessions_view,
      .summary = "A meeting's signaling sessions" },

    { .method = CONF_M_GET, .path = "/api/v1/sessions/:session_id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_sessions_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_session_schema,
      .verb = conf_signal_session_get, .view = &conf_meeting_session_view,
      .errors = conf_meeting_session_errors,
      .summary = "One signaling session" },

    { .method = CONF_M_GET, .path = "/api/v1/messages/history/:meeting_id",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_log_rate,
      .body = CONF_BODY_QUERY, .schema = &conf_meeting_history_schema,
      .verb = conf_message_list, .view = &conf_meeting_history_view,
      .fixed = &conf_meeting_log_fixed,
      .summary = "A meeting's chat and who came and left, newest first" },

    { .method = CONF_M_GET, .path = "/api/v1/stats/overview",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_overview_rate,
      .verb = conf_signal_stats, .view = &conf_meeting_overview_view,
      .summary = "Who is connected, and in which of the caller's meetings" },

    { .method = CONF_M_GET, .path = "/api/v1/stats/rooms",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_stats_rate,
      .verb = conf_signal_stats, .view = &conf_meeting_stats_view,
      .summary = "The caller's meetings that somebody is in" }
};

const conf_rows_t  conf_meeting_signal_group = {
    conf_meeting_signal_rows, conf_nelts(conf_meeting_signal_rows)
};


static const uint32_t  conf_meeting_offer = CONF_SIGNAL_OFFER;
static const uint32_t  conf_meeting_answer_kind = CONF_SIGNAL_ANSWER;
static const uint32_t  conf_meeting_candidate = CONF_SIGNAL_CANDIDATE;

/* Messages; code is the type where types are numbers. */

const conf_row_t  conf_meeting_messages[CONF_MEETING_MESSAGES] = {

    { .path = "offer", .code = CONF_FT_OFFER, .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_relay_schema,
      .verb = conf_meeting_relay, .fixed = &conf_meeting_offer,
      .errors = conf_meeting_relay_errors,
      .summary = "To all sessions of a user in the meeting, as it is" },

    { .path = "answer", .code = CONF_FT_ANSWER, .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_relay_schema,
      .verb = conf_meeting_relay, .fixed = &conf_meeting_answer_kind,
      .errors = conf_meeting_relay_errors, .summary = "The same" },

    { .path = "ice-candidate", .code = CONF_FT_CANDIDATE,
      .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_relay_schema,
      .verb = conf_meeting_relay, .fixed = &conf_meeting_candidate,
      .errors = conf_meeting_relay_errors, .summary = "The same" },

    { .path = "join", .code = CONF_FT_JOIN, .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_frame_schema,
      .verb = conf_signal_join, .errors = conf_meeting_frame_errors,
      .summary = "Enter the meeting: room-info, then what was missed" },

    { .path = "leave", .code = CONF_FT_LEAVE, .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_frame_schema,
      .verb = conf_signal_leave, .errors = conf_meeting_frame_errors,
      .summary = "Leave it; the socket is closed" },

    { .path = "chat", .code = CONF_FT_CHAT, .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_chat_schema,
      .verb = conf_meeting_chat, .errors = conf_meeting_chat_errors,
      .summary = "Stored, then sent to all" },

    { .path = "screen-share", .code = CONF_FT_SCREEN,
      .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_media_schema,
      .verb = conf_meeting_screen, .errors = conf_meeting_media_errors,
      .summary = "media-state of the screen" },

    { .path = "media-state", .code = CONF_FT_MEDIA,
      .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_media_schema,
      .verb = conf_meeting_media, .errors = conf_meeting_media_errors,
      .summary = "What is switched on, to all others" },

    { .path = "ping", .code = CONF_FT_PING, .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_frame_schema,
      .verb = conf_ping, .text = conf_string("pong"),
      .errors = conf_meeting_frame_errors, .summary = "Answered by pong" },

    { .path = "ai-live-claim", .code = CONF_FT_CLAIM,
      .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_claim_schema,
      .verb = conf_meeting_claim, .errors = conf_meeting_claim_errors,
      .summary = "Lead, or give the lead back" },

    { .path = "ai-live-result", .code = CONF_FT_RESULT,
      .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_result_schema,
      .verb = conf_meeting_result, .errors = conf_meeting_claim_errors,
      .summary = "Of who leads, to all" }
};

/* For what has no type that is known. */

static const conf_row_t  conf_meeting_unknown = {
    .path = "*", .auth = CONF_AUTH_USER, .verb = conf_unavailable,
    .errors = conf_meeting_frame_errors
};


void
conf_meeting_event_a(const conf_event_t *event, const void *body,
    conf_buf_t *buf)
{
    conf_meeting_frame(&conf_api_meeting, event, body, buf);
}


void
conf_meeting_event_b(const conf_event_t *event, const void *body,
    conf_buf_t *buf)
{
    conf_meeting_frame(&conf_api_meeting_b, event, body, buf);
}


conf_rc_t
conf_meeting_find(conf_session_t *session, conf_arena_t *arena,
    conf_str_t text, const conf_row_t **row)
{
    size_t              i;
    int32_t             number;
    conf_rc_t           rc;
    conf_meeting_typed_t   frame;
    conf_schema_error_t error;

    *row = &conf_meeting_unknown;

    memset(&frame, 0, sizeof(conf_meeting_typed_t));

    rc = conf_schema_json(&conf_meeting_type_schema, arena, text, &frame,
                          &error);
    if (rc != CONF_OK) {
        return rc;
    }

    if (!session->bound->settled) {
        session->bound->settled = true;
        session->api = frame.number ? &conf_api_meeting_b : &conf_api_meeting;
    }

    number = frame.number ? conf_meeting_number(frame.type) : 0;

    for (i = 0; i < conf_nelts(conf_meeting_aliases) && !frame.number; i++) {
        if (conf_str_eq(conf_meeting_aliases[i].name, frame.type)) {
            number = (int32_t) conf_meeting_aliases[i].frame;
        }
    }

    for (i = 1; i < CONF_FT_MAX && !frame.number; i++) {
        if (conf_str_eq(conf_meeting_types[i], frame.type)) {
            number = (int32_t) i;
        }
    }

    for (i = 0; i < CONF_MEETING_MESSAGES; i++) {
        if (conf_meeting_messages[i].code == number) {
            *row = &conf_meeting_messages[i];
            return CONF_OK;
        }
    }

    return CONF_E_NOT_FOUND;
}


/* A whole number of one or two digits; 0: none. */

static int32_t
conf_meeting_number(conf_str_t text)
{
    size_t   i;
    int32_t  number;

    if (text.len > 2) {
        return 0;
    }

    number = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }

        number = number * 10 + (text.data[i] - '0');
    }

    return number;
}


/* Who names its peer is one of those that have numbers, until it speaks. */

static conf_rc_t
conf_meeting_socket(conf_op_t *op, const void *in)
{
    const conf_signal_open_in_t  *input = in;

    if (input->peer.len != 0) {
        op->session->api = &conf_api_meeting_b;
    }

    return conf_signal_open(op, in);
}


/* What is beside the type is put together as if it were in data. */

static conf_rc_t
conf_meeting_relay(conf_op_t *op, const void *in)
{
    conf_rc_t            rc;
    conf_buf_t           buf;
    conf_meeting_relay_t   frame = *(const conf_meeting_relay_t *) in;

    if (frame.signal.data.len != 0) {
        return conf_signal_relay(op, &frame.signal);
    }

    conf_buf_init(&buf, 0);

    conf_meeting_piece(&buf, "sdp", frame.sdp);
    conf_meeting_piece(&buf, "candidate", frame.candidate);
    conf_meeting_piece(&buf, "sdpMid", frame.sdp_mid);
    conf_meeting_piece(&buf, "sdpMLineIndex", frame.sdp_index);
    conf_buf_lit(&buf, "}");

    frame.signal.data.data = buf.data;
    frame.signal.data.len = buf.len > 1 ? buf.len : 0;

    rc = conf_buf_ok(&buf) == CONF_OK ? conf_signal_relay(op, &frame.signal)
                                      : conf_op_fail(op, CONF_E_NOMEM);
    conf_buf_free(&buf);

    return rc;
}


static void
conf_meeting_piece(conf_buf_t *buf, const char *name, conf_str_t json)
{
    if (json.len == 0) {
        return;
    }

    conf_buf_byte(buf, buf->len == 0 ? '{' : ',');
    conf_buf_byte(buf, '"');
    conf_buf_add(buf, name, strlen(name));
    conf_buf_lit(buf, "\":");
    conf_buf_str(buf, json);
}


static conf_rc_t
conf_meeting_chat(conf_op_t *op, const void *in)
{
    conf_message_in_t         message;
    const conf_meeting_chat_t  *frame = in;

    memset(&message, 0, sizeof(conf_message_in_t));

    message.type = conf_str("text");
    message.client_id = frame->client_id;
    message.content = frame->data.content.len != 0 ? frame->data.content
                                                   : frame->content;

    return conf_signal_chat(op, &message);
}


static conf_rc_t
conf_meeting_media(conf_op_t *op, const void *in)
{
    conf_meeting_words_t         words;
    const conf_meeting_media_t  *frame = in;

    words = frame->data;

    if (words.input.given == 0) {
        words = frame->flat;
        words.input.given = frame->input.given;
    }

    return conf_meeting_media_said(op, &words, frame->client_id);
}


/* {"enabled":true}: of the screen. */

static conf_rc_t
conf_meeting_screen(conf_op_t *op, const void *in)
{
    conf_meeting_words_t         words;
    const conf_meeting_media_t  *frame = in;

    words = frame->data.input.given != 0 ? frame->data : frame->flat;
    words.media_type = conf_str("screen");

    if (words.input.given == 0) {
        words.input.given = frame->input.given;
    }

    return conf_meeting_media_said(op, &words, frame->client_id);
}


static conf_rc_t
conf_meeting_media_said(conf_op_t *op, const conf_meeting_words_t *words,
    conf_str_t client_id)
{
    conf_rc_t         rc;
    conf_buf_t        buf;
    conf_media_in_t   media;

    memset(&media, 0, sizeof(conf_media_in_t));
    media.client_id = client_id;

    conf_meeting_media_bits(words, &media);

    if (media.mask == 0) {
        return conf_op_fail(op, CONF_E_INVALID);
    }

    conf_buf_init(&buf, 0);
    conf_meeting_media_own(&buf, words);

    media.data.data = buf.data;
    media.data.len = buf.len;

    rc = conf_buf_ok(&buf) == CONF_OK ? conf_signal_media(op, &media)
                                      : conf_op_fail(op, CONF_E_NOMEM);
    conf_buf_free(&buf);

    return rc;
}


/* Three ways to say it; which of the words were given are bits. */

static void
conf_meeting_media_bits(const conf_meeting_words_t *words,
    conf_media_in_t *media)
{
    size_t  i;

    static const struct {
        conf_str_t    word;
        uint32_t      bit;
        bool          on;
    } actions[] = {
        { conf_string("mute"), CONF_MEDIA_AUDIO, false },
        { conf_string("unmute"), CONF_MEDIA_AUDIO, true },
        { conf_string("audio_off"), CONF_MEDIA_AUDIO, false },
        { conf_string("audio_on"), CONF_MEDIA_AUDIO, true },
        { conf_string("video_off"), CONF_MEDIA_VIDEO, false },
        { conf_string("video_on"), CONF_MEDIA_VIDEO, true },
        { conf_string("screen_off"), CONF_MEDIA_SCREEN, false },
        { conf_string("screen_on"), CONF_MEDIA_SCREEN, true },
        { conf_string("stop_screen_share"), CONF_MEDIA_SCREEN, false },
        { conf_string("start_screen_share"), CONF_MEDIA_SCREEN, true }
    }, types[] = {
        { conf_string("audio"), CONF_MEDIA_AUDIO, true },
        { conf_string("video"), CONF_MEDIA_VIDEO, true },
        { conf_string("screen"), CONF_MEDIA_SCREEN, true },
        { conf_string("screen_share"), CONF_MEDIA_SCREEN, true }
    };

    media->mask = words->input.given
                  & (CONF_MEDIA_AUDIO | CONF_MEDIA_VIDEO | CONF_MEDIA_SCREEN);
    media->media = (words->audio ? CONF_MEDIA_AUDIO : 0)
                   | (words->video ? CONF_MEDIA_VIDEO : 0)
                   | (words->screen ? CONF_MEDIA_SCREEN : 0);

    for (i = 0; i < conf_nelts(types); i++) {
        if ((words->input.given & CONF_MEETING_ENABLED) != 0
            && conf_str_eq(types[i].word, words->media_type))
        {
            media->mask |= types[i].bit;
            media->media |= words->enabled ? types[i].bit : 0;
        }
    }

    for (i = 0; i < conf_nelts(actions); i++) {
        if (conf_str_eq(actions[i].word, words->action)) {
            media->mask |= actions[i].bit;
            media->media |= actions[i].on ? actions[i].bit : 0;
        }
    }
}


/* The client's own words go with it, for those that know only them. */

static void
conf_meeting_media_own(conf_buf_t *buf, const conf_meeting_words_t *words)
{
    if (words->action.len != 0) {
        conf_buf_lit(buf, ",\"action\":");
        conf_view_string(buf, words->action);
    }

    if (words->media_type.len != 0) {
        conf_buf_lit(buf, ",\"media_type\":");
        conf_view_string(buf, words->media_type);
    }

    if ((words->input.given & CONF_MEETING_ENABLED) != 0) {
        conf_buf_lit(buf, ",\"enabled\":");
        conf_buf_str(buf, words->enabled ? conf_str("true")
                                         : conf_str("false"));
    }
}


static conf_rc_t
conf_meeting_claim(conf_op_t *op, const void *in)
{
    conf_claim_in_t            claim;
    const conf_meeting_claim_t  *frame = in;

    claim = frame->data;
    claim.on = claim.input.given != 0 ? claim.on : frame->on;

    return conf_signal_claim(op, &claim);
}


/* An object, whatever is in it. */

static conf_rc_t
conf_meeting_result(conf_op_t *op, const void *in)
{
    const conf_signal_in_t  *input = in;

    if (input->data.len == 0 || input->data.data[0] != '{') {
        return conf_op_fail(op, CONF_E_INVALID);
    }

    return conf_signal_result(op, in);
}
