
/*
 * meeting: frames of a signaling socket, and what is told of sessions.
 */

#include "conf_meeting_signal.h"


/* A frame, before it has a form. */

typedef struct {
    conf_str_t    id;
    conf_str_t    type;
    uint32_t      number;
    uint64_t      from;
    uint64_t      to;
    uint64_t      room_id;
    uint64_t      session;
    conf_str_t    peer;
    int64_t       time_ms;
    uint64_t      live;
    conf_str_t    data;              /* JSON */
} conf_meeting_frame_t;

typedef struct {
    uint64_t      code;
    conf_str_t    message;
    conf_str_t    details;
    conf_str_t    reason;
} conf_meeting_error_t;

typedef void (*conf_meeting_body_pt)(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);


static void conf_meeting_write(conf_buf_t *buf, bool numbers,
    conf_meeting_frame_t *frame);
static void conf_meeting_presence(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);
static void conf_meeting_message(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);
static void conf_meeting_signal(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);
static void conf_meeting_led(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);
static void conf_meeting_info(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);
static void conf_meeting_room(conf_meeting_frame_t *frame,
    const conf_api_t *api, const void *body, conf_buf_t *buf);
static void conf_meeting_peers(const conf_info_t *info, const conf_api_t *api,
    conf_buf_t *buf);
static void conf_meeting_failed(conf_op_t *op, conf_buf_t *buf);
static conf_str_t conf_meeting_reason(conf_rc_t rc);


/* A worker has one thread: bodies are written here, then framed. */

static conf_buf_t  conf_frame_body;
static conf_buf_t  conf_frame_peers;
static conf_buf_t  conf_frame_leader;


static const conf_view_row_t  conf_meeting_a_rows[] = {
    { .name = conf_string("type"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_meeting_frame_t, type) },
    { .name = conf_string("from"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_frame_t, from) },
    { .name = conf_string("to"), .kind = CONF_V_U64, .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_meeting_frame_t, to) },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_frame_t, room_id) },
    { .name = conf_string("data"), .kind = CONF_V_RAW,
      .offset = CONF_AT(conf_meeting_frame_t, data) },
    { .name = conf_string("id"), .kind = CONF_V_STR, .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_meeting_frame_t, id) },
    { .name = conf_string("timestamp"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_meeting_frame_t, time_ms) },
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_meeting_frame_t, peer) },
    { .name = conf_string("session_id"), .kind = CONF_V_U64_HEX,
      .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_meeting_frame_t, session) },
    { .name = conf_string("seq"), .kind = CONF_V_U64, .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_meeting_frame_t, live) }
};

static const conf_view_t  conf_meeting_a_view =
    CONF_VIEW(conf_meeting_a_rows, conf_meeting_frame_t);

static const conf_view_row_t  conf_meeting_b_rows[] = {
    { .name = conf_string("id"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_meeting_frame_t, id) },
    { .name = conf_string("type"), .kind = CONF_V_U32,
      .offset = CONF_AT(conf_meeting_frame_t, number) },
    { .name = conf_string("from_user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_frame_t, from) },
    { .name = conf_string("to_user_id"), .kind = CONF_V_U64,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_meeting_frame_t, to) },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_frame_t, room_id) },
    { .name = conf_string("session_id"), .kind = CONF_V_U64_HEX,
      .offset = CONF_AT(conf_meeting_frame_t, session) },
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_meeting_frame_t, peer) },
    { .name = conf_string("payload"), .kind = CONF_V_RAW,
      .offset = CONF_AT(conf_meeting_frame_t, data) },
    { .name = conf_string("timestamp"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_meeting_frame_t, time_ms) },
    { .name = conf_string("seq"), .kind = CONF_V_U64, .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_meeting_frame_t, live) }
};

static const conf_view_t  conf_meeting_b_view =
    CONF_VIEW(conf_meeting_b_rows, conf_meeting_frame_t);


static const conf_str_t  conf_meeting_role_names[] = {
    conf_string("participant"),
    conf_string("participant"),
    conf_string("moderator"),
    conf_string("host")
};

#define CONF_MEETING_ROLE(at)                                                 \
    { .name = conf_string("role"), .kind = CONF_V_ENUM, .offset = at,         \
      .names = conf_meeting_role_names,                                       \
      .nnames = conf_nelts(conf_meeting_role_names) }

#define CONF_MEETING_MEDIA(at)                                                \
    { .name = conf_string("audio_enabled"), .kind = CONF_V_BIT,               \
      .offset = at, .extra = CONF_MEDIA_AUDIO },                              \
    { .name = conf_string("video_enabled"), .kind = CONF_V_BIT,               \
      .offset = at, .extra = CONF_MEDIA_VIDEO },                              \
    { .name = conf_string("screen_sharing"), .kind = CONF_V_BIT,              \
      .offset = at, .extra = CONF_MEDIA_SCREEN }

static const conf_view_row_t  conf_meeting_presence_rows[] = {
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_presence_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_presence_t, name) },
    { .name = conf_string("nickname"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_presence_t, nickname) },
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_presence_t, peer) },
    { .name = conf_string("session_id"), .kind = CONF_V_U64_HEX,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_presence_t, session) },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_presence_t, room_id) },
    CONF_MEETING_ROLE(CONF_AT(conf_presence_t, role)),
    CONF_MEETING_MEDIA(CONF_AT(conf_presence_t, media)),
    { .name = conf_string("participant_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_presence_t, count) }
};

static const conf_view_t  conf_meeting_presence_view =
    CONF_VIEW(conf_meeting_presence_rows, conf_presence_t);

static const conf_view_row_t  conf_meeting_message_rows[] = {
    { .name = conf_string("message_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, id) },
    { .name = conf_string("content"), .kind = CONF_V_CONTENT,
      .offset = CONF_AT(conf_message_t, content),
      .extra = CONF_AT(conf_message_t, json) },
    { .name = conf_string("message_type"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, type) },
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_name) },
    { .name = conf_string("nickname"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_nickname) },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, room_id) },
    { .name = conf_string("message_seq"), .kind = CONF_V_U64,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_message_t, seq) },
    { .name = conf_string("timestamp"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_message_t, time_ms) }
};

static const conf_view_t  conf_meeting_message_view =
    CONF_VIEW(conf_meeting_message_rows, conf_message_t);

static const conf_view_row_t  conf_meeting_media_rows[] = {
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_signal_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_signal_t, name) },
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_signal_t, peer) },
    CONF_MEETING_MEDIA(CONF_AT(conf_signal_t, media))
};

static const conf_view_t  conf_meeting_media_view =
    CONF_VIEW(conf_meeting_media_rows, conf_signal_t);

#define CONF_MEETING_LED(is)                                                  \
    { .name = conf_string("enabled"), .kind = CONF_V_LITERAL,                 \
      .literal = conf_string(is) },                                           \
    { .name = conf_string("leader_user_id"), .kind = CONF_V_U64,              \
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_led_t, user_id) },        \
    { .name = conf_string("leader_session_id"), .kind = CONF_V_U64_HEX,       \
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_led_t, session) },        \
    { .name = conf_string("leader_username"), .kind = CONF_V_STR,             \
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_led_t, name) },           \
    { .name = conf_string("updated_at"), .kind = CONF_V_TIME_UTC,             \
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_led_t, time_ms) }

static const conf_view_row_t  conf_meeting_led_rows[] = {
    CONF_MEETING_LED("true")
};

static const conf_view_t  conf_meeting_led_view =
    CONF_VIEW(conf_meeting_led_rows, conf_led_t);

static const conf_view_row_t  conf_meeting_unled_rows[] = {
    CONF_MEETING_LED("false")
};

static const conf_view_t  conf_meeting_unled_view =
    CONF_VIEW(conf_meeting_unled_rows, conf_led_t);

#define CONF_MEETING_PEER_ROWS                                                \
    { .name = conf_string("user_id"), .kind = CONF_V_U64,                     \
      .offset = CONF_AT(conf_peer_t, user) },                                 \
    { .name = conf_string("username"), .kind = CONF_V_STR,                    \
      .offset = CONF_AT(conf_peer_t, name) },                                 \
    { .name = conf_string("nickname"), .kind = CONF_V_STR,                    \
      .offset = CONF_AT(conf_peer_t, nickname) },                             \
    { .name = conf_string("session_id"), .kind = CONF_V_U64_HEX,              \
      .offset = CONF_AT(conf_peer_t, session) },                              \
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,                     \
      .offset = CONF_AT(conf_peer_t, id) },                                   \
    CONF_MEETING_ROLE(CONF_AT(conf_peer_t, role)),                            \
    CONF_MEETING_MEDIA(CONF_AT(conf_peer_t, media)),                          \
    { .name = conf_string("joined_at"), .kind = CONF_V_TIME_UTC,              \
      .offset = CONF_AT(conf_peer_t, joined_ms) },                            \
    { .name = conf_string("last_active_at"), .kind = CONF_V_TIME_UTC,         \
      .offset = CONF_AT(conf_peer_t, active_ms) }

#define CONF_MEETING_SELF(is)                                                 \
    { .name = conf_string("is_self"), .kind = CONF_V_LITERAL,                 \
      .literal = conf_string(is) }

static const conf_view_row_t  conf_meeting_other_rows[] = {
    CONF_MEETING_PEER_ROWS, CONF_MEETING_SELF("false")
};

static const conf_view_t  conf_meeting_other_view =
    CONF_VIEW(conf_meeting_other_rows, conf_peer_t);

static const conf_view_row_t  conf_meeting_self_rows[] = {
    CONF_MEETING_PEER_ROWS, CONF_MEETING_SELF("true")
};

static const conf_view_t  conf_meeting_self_view =
    CONF_VIEW(conf_meeting_self_rows, conf_peer_t);

/* A room as one of its peers sees it. */

typedef struct {
    uint64_t            room_id;
    uint64_t            users;
    uint64_t            session;
    conf_str_t          peer;
    uint32_t            waiting;
    uint32_t            role;
    uint32_t            media;
    uint32_t            settings;
    conf_list_t         servers;
    conf_str_t          peers;       /* JSON */
    conf_str_t          led;
    uint64_t            live;
    bool                resumed;
    bool                resync;
} conf_meeting_info_t;

#define CONF_MEETING_SETTING(what, bit)                                       \
    { .name = conf_string(what), .kind = CONF_V_BIT, .extra = bit }

static const conf_view_row_t  conf_meeting_settings_rows[] = {
    CONF_MEETING_SETTING("enable_recording", CONF_ROOM_RECORDING),
    CONF_MEETING_SETTING("enable_chat", CONF_ROOM_CHAT),
    CONF_MEETING_SETTING("enable_screen_share", CONF_ROOM_SCREEN),
    CONF_MEETING_SETTING("enable_waiting_room", CONF_ROOM_LOBBY),
    CONF_MEETING_SETTING("mute_on_join", CONF_ROOM_MUTE)
};

static const conf_view_t  conf_meeting_settings_view =
    CONF_VIEW(conf_meeting_settings_rows, uint32_t);

static const conf_str_t  conf_meeting_presences[] = {
    conf_string("online"),
    conf_string("waiting")
};

static const conf_view_row_t  conf_meeting_info_rows[] = {
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_info_t, room_id) },
    { .name = conf_string("participant_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_info_t, users) },
    { .name = conf_string("session_id"), .kind = CONF_V_U64_HEX,
      .offset = CONF_AT(conf_meeting_info_t, session) },
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_meeting_info_t, peer) },
    { .name = conf_string("status"), .kind = CONF_V_ENUM,
      .offset = CONF_AT(conf_meeting_info_t, waiting),
      .names = conf_meeting_presences,
      .nnames = conf_nelts(conf_meeting_presences) },
    CONF_MEETING_ROLE(CONF_AT(conf_meeting_info_t, role)),
    CONF_MEETING_MEDIA(CONF_AT(conf_meeting_info_t, media)),
    { .name = conf_string("settings"), .kind = CONF_V_OBJECT,
      .offset = CONF_AT(conf_meeting_info_t, settings),
      .sub = &conf_meeting_settings_view },
    { .name = conf_string("ice_servers"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_meeting_info_t, servers),
      .sub = &conf_meeting_ice_view },
    { .name = conf_string("participants"), .kind = CONF_V_RAW,
      .offset = CONF_AT(conf_meeting_info_t, peers) },
    { .name = conf_string("ai_live"), .kind = CONF_V_RAW,
      .offset = CONF_AT(conf_meeting_info_t, led) },
    { .name = conf_string("seq"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_info_t, live) },
    { .name = conf_string("resumed"), .kind = CONF_V_BOOL,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_meeting_info_t, resumed) },
    { .name = conf_string("resync"), .kind = CONF_V_BOOL,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_meeting_info_t, resync) }
};

static const conf_view_t  conf_meeting_info_view =
    CONF_VIEW(conf_meeting_info_rows, conf_meeting_info_t);

static const conf_view_row_t  conf_meeting_error_rows[] = {
    { .name = conf_string("code"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_meeting_error_t, code) },
    { .name = conf_string("message"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_meeting_error_t, message) },
    { .name = conf_string("details"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_meeting_error_t, details) },
    { .name = conf_string("reason"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_meeting_error_t, reason) }
};

static const conf_view_t  conf_meeting_error_view =
    CONF_VIEW(conf_meeting_error_rows, conf_meeting_error_t);

static const conf_str_t  conf_meeting_states[] = {
    conf_string("ongoing"),
    conf_string("scheduled"),
    conf_string("ongoing"),
    conf_string("ended"),
    conf_string("cancelled")
};

static const conf_view_row_t  conf_meeting_room_rows[] = {
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_t, id) },
    { .name = conf_string("title"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_room_t, name) },
    { .name = conf_string("description"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_room_t, description) },
    { .name = conf_string("status"), .kind = CONF_V_ENUM,
      .offset = CONF_AT(conf_room_t, state), .names = conf_meeting_states,
      .nnames = conf_nelts(conf_meeting_states) }
};

static const conf_view_t  conf_meeting_room_view =
    CONF_VIEW(conf_meeting_room_rows, conf_room_t);


/* By conf_event_e: what an event is; without a body it is nothing here. */

static const struct {
    conf_meeting_type_e           frame;
    conf_meeting_body_pt   body;
} conf_meeting_events[CONF_EVENT_MAX] = {
    [CONF_EVENT_MESSAGE] = { CONF_FT_CHAT, conf_meeting_message },
    [CONF_EVENT_PRESENCE] = { CONF_FT_JOINED, conf_meeting_presence },
    [CONF_EVENT_ROOM] = { CONF_FT_UPDATED, conf_meeting_room },
    [CONF_EVENT_SIGNAL] = { CONF_FT_MEDIA, conf_meeting_signal },
    [CONF_EVENT_LEAD] = { CONF_FT_STATUS, conf_meeting_led },
    [CONF_EVENT_INFO] = { CONF_FT_INFO, conf_meeting_info },
    [CONF_EVENT_WAITING] = { CONF_FT_WAITING, conf_meeting_presence },
    [CONF_EVENT_ADMITTED] = { CONF_FT_ADMITTED, conf_meeting_room },
    [CONF_EVENT_REJECTED] = { CONF_FT_REJECTED, conf_meeting_room },
    [CONF_EVENT_ENDED] = { CONF_FT_ENDED, conf_meeting_room }
};

static const conf_meeting_type_e  conf_meeting_signals[] = {
    CONF_FT_OFFER,
    CONF_FT_ANSWER,
    CONF_FT_CANDIDATE,
    CONF_FT_MEDIA,
    CONF_FT_RESULT
};


void
conf_meeting_frame(const conf_api_t *api, const conf_event_t *event,
    const void *body, conf_buf_t *buf)
{
    conf_meeting_frame_t  frame;

    if (event->type >= CONF_EVENT_MAX
        || conf_meeting_events[event->type].body == NULL)
    {
        return;
    }

    memset(&frame, 0, sizeof(conf_meeting_frame_t));
    conf_buf_reset(&conf_frame_body);

    frame.number = conf_meeting_events[event->type].frame;
    frame.live = event->live;

    conf_meeting_events[event->type].body(&frame, api, body,
                                          &conf_frame_body);
    conf_meeting_write(buf, api == &conf_api_meeting_b, &frame);
}


/* The body is in scratch. */

static void
conf_meeting_write(conf_buf_t *buf, bool numbers, conf_meeting_frame_t *frame)
{
    if (conf_buf_ok(&conf_frame_body) != CONF_OK) {
        return;
    }

    frame->type = conf_meeting_types[frame->number];
    frame->data.data = conf_frame_body.data;
    frame->data.len = conf_frame_body.len;

    conf_view_object(buf, numbers ? &conf_meeting_b_view
                                  : &conf_meeting_a_view, frame);
}


static void
conf_meeting_presence(conf_meeting_frame_t *frame, const conf_api_t *api,
    const void *body, conf_buf_t *buf)
{
    const conf_presence_t  *presence = body;

    if (frame->number == CONF_FT_JOINED && !presence->online) {
        frame->number = CONF_FT_LEFT;
    }

    frame->from = presence->user_id;
    frame->room_id = presence->room_id;
    frame->session = presence->session;
    frame->peer = presence->peer;
    frame->time_ms = presence->time_ms;

    conf_view_object(buf, &conf_meeting_presence_view, presence);
}


static void
conf_meeting_message(conf_meeting_frame_t *frame, const conf_api_t *api,
    const void *body, conf_buf_t *buf)
{
    const conf_message_t  *message = body;

    frame->id = message->client_id;
    frame->from = message->user_id;
    frame->room_id = message->room_id;
    frame->time_ms = message->time_ms;

    conf_view_object(buf, &conf_meeting_message_view, message);
}


/* Verbatim; of media what is on now, and the sender's own words behind it. */

static void
conf_meeting_signal(conf_meeting_frame_t *frame, const conf_api_t *api,
    const void *body, conf_buf_t *buf)
{
    const conf_signal_t  *signal = body;

    if (signal->kind < conf_nelts(conf_meeting_signals)) {
        frame->number = conf_meeting_signals[signal->kind];
    }

    frame->id = signal->client_id;
    frame->from = signal->user_id;
    frame->to = signal->target;
    frame->room_id = signal->room_id;
    frame->session = signal->session;
    frame->peer = signal->peer;
    frame->time_ms = signal->time_ms;

    if (signal->kind != CONF_SIGNAL_MEDIA) {
        conf_buf_str(buf, signal->data.len != 0 ? signal->data
                                                : conf_str("{}"));
        return;
    }

    conf_view_object(buf, &conf_meeting_media_view, signal);

    if (signal->data.len != 0 && buf->len != 0) {
        buf->len--;
        conf_buf_str(buf, signal->data);
        conf_buf_byte(buf, '}');
    }
}


static void
conf_meeting_led(conf_meeting_frame_t *frame, const conf_api_t *api,
    const void *body, conf_buf_t *buf)
{
    const conf_led_t  *led = body;

    frame->from = led->user_id;
    frame->room_id = led->room_id;
    frame->session = led->session;
    frame->time_ms = led->time_ms;

    conf_view_object(buf, led->session != 0 ? &conf_meeting_led_view
                                            : &conf_meeting_unled_view, led);
}


static void
conf_meeting_room(conf_meeting_frame_t *frame, const conf_api_t *api,
    const void *body, conf_buf_t *buf)
{
    const conf_room_t  *room = body;

    frame->room_id = room->id;
    frame->time_ms = room->updated_ms;

    conf_view_object(buf, &conf_meeting_room_view, room);
}


static void
conf_meeting_info(conf_meeting_frame_t *frame, const conf_api_t *api,
    const void *body, conf_buf_t *buf)
{
    const conf_info_t     *info = body;
    const conf_session_t  *s = info->self;

    conf_meeting_info_t  out;

    memset(&out, 0, sizeof(conf_meeting_info_t));

    frame->room_id = info->room_id;
    frame->session = s->id;
    frame->peer = s->bound->peer.id;
    frame->time_ms = s->env->now_ms(s->env);

    out.room_id = info->room_id;
    out.users = info->nusers;
    out.session = s->id;
    out.peer = s->bound->peer.id;
    out.waiting = s->bound->waiting;
    out.role = s->bound->peer.role;
    out.media = s->bound->peer.media;
    out.settings = s->bound->settings;
    out.servers = info->servers;
    out.live = info->live;
    out.resumed = info->resumed;
    out.resync = info->resync;

    conf_buf_reset(&conf_frame_leader);
    conf_view_object(&conf_frame_leader, info->led.session != 0
                                           ? &conf_meeting_led_view
                                           : &conf_meeting_unled_view,
                     &info->led);
    out.led.data = conf_frame_leader.data;
    out.led.len = conf_frame_leader.len;

    conf_buf_reset(&conf_frame_peers);
    conf_meeting_peers(info, api, &conf_frame_peers);
    out.peers.data = conf_frame_peers.data;
    out.peers.len = conf_frame_peers.len;

    conf_view_object(buf, &conf_meeting_info_view, &out);
}


/*
 * Rendered once for all, but for one's own entry.  text is the entries, each
 * with a comma behind it.
 */

static void
conf_meeting_peers(const conf_info_t *info, const conf_api_t *api,
    conf_buf_t *buf)
{
    size_t              i, self, from;
    conf_info_cache_t  *cache = info->cache;

    if (cache->api != api) {
        cache->api = api;
        conf_buf_reset(&cache->text);

        for (i = 0; i < info->npeers; i++) {
            conf_view_object(&cache->text, &conf_meeting_other_view,
                             &info->peers[i]);
            conf_buf_byte(&cache->text, ',');
            cache->ends[i] = cache->text.len;
        }
    }

    if (conf_buf_ok(&cache->text) != CONF_OK) {
        conf_buf_lit(buf, "[]");
        return;
    }

    conf_buf_byte(buf, '[');

    self = conf_info_self(info);
    from = 0;

    if (self != info->npeers) {
        from = self == 0 ? 0 : cache->ends[self - 1];

        conf_buf_add(buf, cache->text.data, from);
        conf_view_object(buf, &conf_meeting_self_view, &info->peers[self]);
        conf_buf_byte(buf, ',');

        from = cache->ends[self];
    }

    conf_buf_add(buf, cache->text.data + from, cache->text.len - from);

    if (info->npeers != 0 && buf->len != 0) {
        buf->len--;
    }

    conf_buf_byte(buf, ']');
}


void
conf_meeting_reply(conf_op_t *op, conf_buf_t *buf, conf_answer_t *answer)
{
    conf_meeting_frame_t        frame;
    const conf_meeting_said_t  *input = op->in;

    if (op->rc == CONF_OK && op->row->text.len == 0) {
        answer->silent = true;
        return;
    }

    memset(&frame, 0, sizeof(conf_meeting_frame_t));
    conf_buf_reset(&conf_frame_body);

    frame.time_ms = op->env->now_ms(op->env);
    frame.session = op->session->id;

    if (op->session->bound != NULL) {
        frame.room_id = op->session->bound->room_id;
    }

    if (op->rc == CONF_OK) {
        frame.number = CONF_FT_PONG;
        conf_buf_lit(&conf_frame_body, "{}");

    } else {
        frame.number = CONF_FT_ERROR;
        conf_meeting_failed(op, &conf_frame_body);
    }

    if (input != NULL) {
        frame.id = input->client_id;
    }

    conf_meeting_write(buf, op->api == &conf_api_meeting_b, &frame);
}


static void
conf_meeting_failed(conf_op_t *op, conf_buf_t *buf)
{
    conf_error_row_t       error;
    conf_meeting_error_t   out;

    memset(&out, 0, sizeof(conf_meeting_error_t));
    conf_op_error_row(op, op->rc, &error);

    out.code = error.status;
    out.message = error.text;
    out.reason = conf_meeting_reason(op->rc);
    out.details = out.reason;

    if (op->error.reason != NULL && op->error.field.len != 0) {
        out.details = op->error.field;
    }

    conf_view_object(buf, &conf_meeting_error_view, &out);
}


/* What clients compare. */

static conf_str_t
conf_meeting_reason(conf_rc_t rc)
{
    switch (rc) {

    case CONF_E_TARGET_ABSENT:
        return conf_str("TARGET_NOT_FOUND");

    case CONF_E_ROOM_ABSENT:
    case CONF_E_ROOM_ENDED:
        return conf_str("INVALID_ROOM");

    case CONF_E_ROOM_FULL:
        return conf_str("ROOM_FULL");

    case CONF_E_FORBIDDEN:
    case CONF_E_NOT_MEMBER:
    case CONF_E_WAITING:
    case CONF_E_REMOVED:
    case CONF_E_TAKEN:
        return conf_str("UNAUTHORIZED");

    default:
        return conf_error_internal(rc) ? conf_str("INTERNAL_ERROR")
                                       : conf_str("INVALID_MESSAGE");
    }
}


/* What is told over HTTP. */

static const conf_str_t  conf_meeting_session_states[] = {
    conf_string("connecting"),
    conf_string("connected")
};

static const conf_view_row_t  conf_meeting_media_state_rows[] = {
    CONF_MEETING_MEDIA(0)
};

static const conf_view_t  conf_meeting_media_state_view =
    CONF_VIEW(conf_meeting_media_state_rows, uint32_t);

static const conf_view_row_t  conf_meeting_session_rows[] = {
    { .name = conf_string("session_id"), .kind = CONF_V_U64_HEX,
      .offset = CONF_AT(conf_seen_t, peer.session) },
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_seen_t, peer.user) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_seen_t, peer.name) },
    { .name = conf_string("nickname"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_seen_t, peer.nickname) },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_seen_t, room_id) },
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_seen_t, peer.id) },
    CONF_MEETING_ROLE(CONF_AT(conf_seen_t, peer.role)),
    { .name = conf_string("status"), .kind = CONF_V_ENUM,
      .offset = CONF_AT(conf_seen_t, joined),
      .names = conf_meeting_session_states,
      .nnames = conf_nelts(conf_meeting_session_states) },
    { .name = conf_string("connected_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_seen_t, peer.opened_ms) },
    { .name = conf_string("joined_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_seen_t, peer.joined_ms) },
    { .name = conf_string("last_activity"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_seen_t, peer.active_ms) },
    { .name = conf_string("last_ping_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_seen_t, peer.active_ms) },
    { .name = conf_string("disconnected_at"), .kind = CONF_V_LITERAL,
      .literal = conf_string("null") },
    { .name = conf_string("media_state"), .kind = CONF_V_OBJECT,
      .offset = CONF_AT(conf_seen_t, peer.media),
      .sub = &conf_meeting_media_state_view }
};

const conf_view_t  conf_meeting_session_view =
    CONF_VIEW(conf_meeting_session_rows, conf_seen_t);

static const conf_view_row_t  conf_meeting_sessions_rows[] = {
    { .name = conf_string("sessions"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_signal_sessions_t, sessions),
      .sub = &conf_meeting_session_view },
    { .name = conf_string("total"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_signal_sessions_t, total) }
};

const conf_view_t  conf_meeting_sessions_view =
    CONF_VIEW(conf_meeting_sessions_rows, conf_signal_sessions_t);

static const conf_view_row_t  conf_meeting_payload_rows[] = {
    { .name = conf_string("content"), .kind = CONF_V_CONTENT,
      .offset = CONF_AT(conf_message_t, content),
      .extra = CONF_AT(conf_message_t, json) },
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_name) }
};

static const conf_view_t  conf_meeting_payload_view =
    CONF_VIEW(conf_meeting_payload_rows, conf_message_t);

static const conf_view_row_t  conf_meeting_logged_rows[] = {
    { .name = conf_string("message_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, id) },
    { .name = conf_string("type"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, type) },
    { .name = conf_string("from_user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, user_id) },
    { .name = conf_string("from_username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_name) },
    { .name = conf_string("to_user_id"), .kind = CONF_V_LITERAL,
      .literal = conf_string("null") },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, room_id) },
    { .name = conf_string("content"), .kind = CONF_V_CONTENT,
      .offset = CONF_AT(conf_message_t, content),
      .extra = CONF_AT(conf_message_t, json) },
    { .name = conf_string("payload"), .kind = CONF_V_OBJECT,
      .sub = &conf_meeting_payload_view },
    { .name = conf_string("message_seq"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, seq) },
    { .name = conf_string("created_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_message_t, time_ms) }
};

static const conf_view_t  conf_meeting_logged_view =
    CONF_VIEW(conf_meeting_logged_rows, conf_message_t);

static const conf_view_row_t  conf_meeting_history_rows[] = {
    { .name = conf_string("messages"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_history_out_t, messages),
      .sub = &conf_meeting_logged_view },
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_history_out_t, room_id) },
    { .name = conf_string("total"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_history_out_t, seq) },
    { .name = conf_string("more"), .kind = CONF_V_BOOL,
      .offset = CONF_AT(conf_history_out_t, more) }
};

const conf_view_t  conf_meeting_history_view =
    CONF_VIEW(conf_meeting_history_rows, conf_history_out_t);

static const conf_view_row_t  conf_meeting_detail_rows[] = {
    { .name = conf_string("participant_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_room_t, users) },
    { .name = conf_string("created_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_live_room_t, created_ms) }
};

static const conf_view_t  conf_meeting_detail_view =
    CONF_VIEW(conf_meeting_detail_rows, conf_live_room_t);

static const conf_view_row_t  conf_meeting_overview_rows[] = {
    { .name = conf_string("active_sessions"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_stats_t, sessions) },
    { .name = conf_string("connected_clients"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_stats_t, users) },
    { .name = conf_string("active_rooms"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_stats_t, active) },
    { .name = conf_string("room_details"), .kind = CONF_V_MAP,
      .offset = CONF_AT(conf_live_stats_t, rooms),
      .extra = CONF_AT(conf_live_room_t, room_id),
      .sub = &conf_meeting_detail_view }
};

const conf_view_t  conf_meeting_overview_view =
    CONF_VIEW(conf_meeting_overview_rows, conf_live_stats_t);

static const conf_view_row_t  conf_meeting_live_rows[] = {
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_room_t, room_id) },
    { .name = conf_string("room_id"), .kind = CONF_V_U64_STR,
      .offset = CONF_AT(conf_live_room_t, room_id) },
    { .name = conf_string("participant_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_room_t, users) },
    { .name = conf_string("active_connections"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_room_t, sessions) },
    { .name = conf_string("created_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_live_room_t, created_ms) },
    { .name = conf_string("duration"), .kind = CONF_V_I64,
      .offset = CONF_AT(conf_live_room_t, duration_s) },
    { .name = conf_string("total_messages"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_live_room_t, messages) }
};

static const conf_view_t  conf_meeting_live_view =
    CONF_VIEW(conf_meeting_live_rows, conf_live_room_t);

static const conf_view_row_t  conf_meeting_stats_rows[] = {
    { .name = conf_string("rooms"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_live_stats_t, rooms),
      .sub = &conf_meeting_live_view },
    { .name = conf_string("rooms_by_id"), .kind = CONF_V_MAP,
      .offset = CONF_AT(conf_live_stats_t, rooms),
      .extra = CONF_AT(conf_live_room_t, room_id),
      .sub = &conf_meeting_live_view }
};

const conf_view_t  conf_meeting_stats_view =
    CONF_VIEW(conf_meeting_stats_rows, conf_live_stats_t);
