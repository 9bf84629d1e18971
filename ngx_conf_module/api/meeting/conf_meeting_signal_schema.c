
/*
 * meeting: what comes in on a signaling socket.  Four families of clients say
 * the same in different words; all of them are read.
 */

#include "conf_meeting_signal.h"


static const conf_field_t  conf_meeting_open_fields[] = {
    { .name = conf_string("meeting_id"), .aliases = "room_id",
      .type = CONF_T_U64, .flags = CONF_F_REQUIRED | CONF_F_LENIENT,
      .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_signal_open_in_t, room_id) },
    { .name = conf_string("user_id"), .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_signal_open_in_t, user_id) },
    { .name = conf_string("peer_id"), .type = CONF_T_STR,
      .max = CONF_PEER_ID_MAX / 4,
      .offset = CONF_AT(conf_signal_open_in_t, peer) },
    { .name = conf_string("session_id"), .type = CONF_T_STR, .max = 100,
      .offset = CONF_AT(conf_signal_open_in_t, former) },
    { .name = conf_string("last_seq"), .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_signal_open_in_t, last_live) }
};

const conf_schema_t  conf_meeting_open_schema =
    CONF_SCHEMA(conf_meeting_open_fields, conf_signal_open_in_t);

static const conf_field_t  conf_meeting_type_fields[] = {
    { .name = conf_string("type"), .type = CONF_T_CONTENT,
      .flags = CONF_F_REQUIRED,
      .offset = CONF_AT(conf_meeting_typed_t, type),
      .extra = CONF_AT(conf_meeting_typed_t, number) }
};

const conf_schema_t  conf_meeting_type_schema =
    CONF_SCHEMA(conf_meeting_type_fields, conf_meeting_typed_t);

/* A frame whose type says all; "id" is given back. */

#define CONF_MEETING_FRAME_ID(type_)                                          \
    { .name = conf_string("id"), .type = CONF_T_STR,                          \
      .flags = CONF_F_LENIENT, .max = 64, .offset = CONF_AT(type_, client_id) }

static const conf_field_t  conf_meeting_frame_fields[] = {
    CONF_MEETING_FRAME_ID(conf_signal_in_t)
};

const conf_schema_t  conf_meeting_frame_schema =
    CONF_SCHEMA(conf_meeting_frame_fields, conf_signal_in_t);

static const conf_field_t  conf_meeting_relay_fields[] = {
    { .name = conf_string("id"), .type = CONF_T_STR,
      .flags = CONF_F_LENIENT, .max = 64,
      .offset = CONF_AT(conf_meeting_relay_t, signal.client_id) },
    { .name = conf_string("to"), .aliases = "to_user_id target_user_id",
      .type = CONF_T_U64, .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_meeting_relay_t, signal.target) },
    { .name = conf_string("to_peer_id"), .aliases = "target_peer_id",
      .type = CONF_T_STR, .max = CONF_PEER_ID_MAX / 4,
      .offset = CONF_AT(conf_meeting_relay_t, signal.target_peer) },
    { .name = conf_string("data"), .aliases = "payload",
      .type = CONF_T_RAW,
      .offset = CONF_AT(conf_meeting_relay_t, signal.data) },
    { .name = conf_string("sdp"), .type = CONF_T_RAW,
      .offset = CONF_AT(conf_meeting_relay_t, sdp) },
    { .name = conf_string("candidate"), .type = CONF_T_RAW,
      .offset = CONF_AT(conf_meeting_relay_t, candidate) },
    { .name = conf_string("sdpMid"), .aliases = "sdp_mid",
      .type = CONF_T_RAW,
      .offset = CONF_AT(conf_meeting_relay_t, sdp_mid) },
    { .name = conf_string("sdpMLineIndex"), .aliases = "sdp_mline_index",
      .type = CONF_T_RAW,
      .offset = CONF_AT(conf_meeting_relay_t, sdp_index) }
};

const conf_schema_t  conf_meeting_relay_schema =
    CONF_SCHEMA(conf_meeting_relay_fields, conf_meeting_relay_t);

static const conf_field_t  conf_meeting_words_fields[] = {
    { .name = conf_string("content"), .aliases = "message text",
      .type = CONF_T_STR, .max = 1000,
      .offset = CONF_AT(conf_meeting_text_t, content) }
};

static const conf_schema_t  conf_meeting_words_schema =
    CONF_SCHEMA(conf_meeting_words_fields, conf_meeting_text_t);

static const conf_field_t  conf_meeting_chat_fields[] = {
    CONF_MEETING_FRAME_ID(conf_meeting_chat_t),
    { .name = conf_string("data"), .aliases = "payload",
      .type = CONF_T_OBJECT, .sub = &conf_meeting_words_schema,
      .offset = CONF_AT(conf_meeting_chat_t, data) },
    { .name = conf_string("content"), .aliases = "message text",
      .type = CONF_T_STR, .max = 1000,
      .offset = CONF_AT(conf_meeting_chat_t, content) }
};

const conf_schema_t  conf_meeting_chat_schema =
    CONF_SCHEMA(conf_meeting_chat_fields, conf_meeting_chat_t);

#define CONF_MEETING_MEDIA_WORDS(type_, at)                                   \
    { .name = conf_string("audio_enabled"), .type = CONF_T_BOOL,              \
      .flags = CONF_F_LENIENT, .offset = CONF_AT(type_, at audio) },          \
    { .name = conf_string("video_enabled"), .type = CONF_T_BOOL,              \
      .flags = CONF_F_LENIENT, .offset = CONF_AT(type_, at video) },          \
    { .name = conf_string("screen_sharing"),                                  \
      .aliases = "screen_share screen_enabled", .type = CONF_T_BOOL,          \
      .flags = CONF_F_LENIENT, .offset = CONF_AT(type_, at screen) },         \
    { .name = conf_string("enabled"), .type = CONF_T_BOOL,                    \
      .flags = CONF_F_LENIENT, .offset = CONF_AT(type_, at enabled) },        \
    { .name = conf_string("action"), .type = CONF_T_STR, .max = 32,           \
      .offset = CONF_AT(type_, at action) },                                  \
    { .name = conf_string("media_type"), .type = CONF_T_STR, .max = 32,       \
      .offset = CONF_AT(type_, at media_type) }

static const conf_field_t  conf_meeting_media_words_fields[] = {
    CONF_MEETING_MEDIA_WORDS(conf_meeting_words_t, )
};

static const conf_schema_t  conf_meeting_media_words_schema =
    CONF_SCHEMA(conf_meeting_media_words_fields, conf_meeting_words_t);

/* The words come first, so that their bits of given are the same. */

static const conf_field_t  conf_meeting_media_fields[] = {
    CONF_MEETING_MEDIA_WORDS(conf_meeting_media_t, flat.),
    CONF_MEETING_FRAME_ID(conf_meeting_media_t),
    { .name = conf_string("data"), .aliases = "payload",
      .type = CONF_T_OBJECT, .sub = &conf_meeting_media_words_schema,
      .offset = CONF_AT(conf_meeting_media_t, data) }
};

const conf_schema_t  conf_meeting_media_schema =
    CONF_SCHEMA(conf_meeting_media_fields, conf_meeting_media_t);

static const conf_field_t  conf_meeting_enable_fields[] = {
    { .name = conf_string("enable"), .aliases = "enabled",
      .type = CONF_T_BOOL, .flags = CONF_F_LENIENT,
      .offset = CONF_AT(conf_claim_in_t, on) }
};

static const conf_schema_t  conf_meeting_enable_schema =
    CONF_SCHEMA(conf_meeting_enable_fields, conf_claim_in_t);

static const conf_field_t  conf_meeting_claim_fields[] = {
    CONF_MEETING_FRAME_ID(conf_meeting_claim_t),
    { .name = conf_string("data"), .aliases = "payload",
      .type = CONF_T_OBJECT, .sub = &conf_meeting_enable_schema,
      .offset = CONF_AT(conf_meeting_claim_t, data) },
    { .name = conf_string("enable"), .aliases = "enabled",
      .type = CONF_T_BOOL, .flags = CONF_F_LENIENT,
      .offset = CONF_AT(conf_meeting_claim_t, on) }
};

const conf_schema_t  conf_meeting_claim_schema =
    CONF_SCHEMA(conf_meeting_claim_fields, conf_meeting_claim_t);

static const conf_field_t  conf_meeting_result_fields[] = {
    CONF_MEETING_FRAME_ID(conf_signal_in_t),
    { .name = conf_string("data"), .aliases = "payload",
      .type = CONF_T_RAW, .flags = CONF_F_REQUIRED, .max = 16384,
      .offset = CONF_AT(conf_signal_in_t, data) }
};

const conf_schema_t  conf_meeting_result_schema =
    CONF_SCHEMA(conf_meeting_result_fields, conf_signal_in_t);


/* What is asked over HTTP. */

static const conf_field_t  conf_meeting_session_fields[] = {
    { .name = conf_string("session_id"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .max = 200,
      .offset = CONF_AT(conf_signal_session_in_t, session) }
};

const conf_schema_t  conf_meeting_session_schema =
    CONF_SCHEMA(conf_meeting_session_fields, conf_signal_session_in_t);

static const conf_field_t  conf_meeting_sessions_fields[] = {
    { .name = conf_string("meeting_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_room_in_t, room_id) }
};

const conf_schema_t  conf_meeting_sessions_schema =
    CONF_SCHEMA(conf_meeting_sessions_fields, conf_room_in_t);

static const conf_field_t  conf_meeting_history_fields[] = {
    { .name = conf_string("meeting_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_history_in_t, room_id) },
    { .name = conf_string("limit"), .type = CONF_T_I64,
      .min = 1, .max = 1000,
      .offset = CONF_AT(conf_history_in_t, limit) },
    { .name = conf_string("before_id"), .type = CONF_T_U64,
      .max = CONF_ID_MAX, .offset = CONF_AT(conf_history_in_t, before_id) }
};

const conf_schema_t  conf_meeting_history_schema =
    CONF_SCHEMA(conf_meeting_history_fields, conf_history_in_t);
