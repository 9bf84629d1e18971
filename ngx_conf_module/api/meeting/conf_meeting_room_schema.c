
/* meeting, meetings: what comes in (spec/meeting.md section 3). */

#include "conf_meeting_room.h"


#define CONF_PAGES_MAX        100000000
#define CONF_MEETING_PEOPLE   1000
#define CONF_MEETING_USUAL    100


#define CONF_MEETING_ID(at)                                                   \
    { .name = conf_string("id"), .type = CONF_T_U64,                          \
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1,                    \
      .max = CONF_ID_MAX, .offset = at }

static const conf_enum_t  conf_meeting_medias[] = {
    { conf_string("video"), 0, CONF_ROOM_VIDEO },
    { conf_string("audio"), 0, CONF_ROOM_AUDIO },
    { conf_null_string, 0, UINT32_MAX }
};

#define CONF_MEETING_WHAT(title)                                              \
    { .name = conf_string("title"), .type = CONF_T_STR,                       \
      .flags = CONF_F_TRIM | (title), .min = 1, .max = 100,                   \
      .offset = CONF_AT(conf_meeting_in_t, name) },                           \
    { .name = conf_string("description"), .type = CONF_T_STR, .max = 500,     \
      .offset = CONF_AT(conf_meeting_in_t, description) },                    \
    { .name = conf_string("start_time"), .type = CONF_T_TIME,                 \
      .flags = (title), .offset = CONF_AT(conf_meeting_in_t, start_ms) },     \
    { .name = conf_string("end_time"), .type = CONF_T_TIME,                   \
      .flags = (title), .offset = CONF_AT(conf_meeting_in_t, end_ms) },       \
    { .name = conf_string("max_participants"), .type = CONF_T_U32,            \
      .min = 1, .max = CONF_MEETING_PEOPLE,                                   \
      .offset = CONF_AT(conf_meeting_in_t, capacity) },                       \
    { .name = conf_string("meeting_type"), .type = CONF_T_ENUM,               \
      .values = conf_meeting_medias,                                          \
      .offset = CONF_AT(conf_meeting_in_t, media) },                          \
    { .name = conf_string("password"), .type = CONF_T_STR, .max = 50,         \
      .offset = CONF_AT(conf_meeting_in_t, password) },                       \
    { .name = conf_string("settings"), .type = CONF_T_RAW,                    \
      .max = CONF_OPTIONS_MAX,                                                \
      .offset = CONF_AT(conf_meeting_in_t, settings) }

static const conf_field_t  conf_meeting_create_fields[] = {
    CONF_MEETING_WHAT(CONF_F_REQUIRED)
};

const conf_schema_t  conf_meeting_create_schema =
    CONF_SCHEMA(conf_meeting_create_fields, conf_meeting_in_t);

static const conf_enum_t  conf_meeting_cancelled[] = {
    { conf_string("cancelled"), 0, CONF_ROOM_CANCELLED },
    { conf_null_string, 4, CONF_ROOM_CANCELLED },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  conf_meeting_update_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_meeting_in_t, room_id)),
    CONF_MEETING_WHAT(0),
    { .name = conf_string("status"), .type = CONF_T_ENUM,
      .values = conf_meeting_cancelled,
      .offset = CONF_AT(conf_meeting_in_t, state) }
};

const conf_schema_t  conf_meeting_update_schema =
    CONF_SCHEMA(conf_meeting_update_fields, conf_meeting_in_t);

/* Settings: row i is values[i] and bit i. */

#define CONF_MEETING_SWITCH(word, more, i)                                    \
    { .name = conf_string(word), .aliases = more, .type = CONF_T_BOOL,        \
      .offset = CONF_AT(conf_switches_in_t, values[i]) }

static const conf_field_t  conf_meeting_switch_fields[] = {
    CONF_MEETING_SWITCH("enable_recording", NULL, 0),
    CONF_MEETING_SWITCH("enable_chat", NULL, 1),
    CONF_MEETING_SWITCH("enable_screen_share", NULL, 2),
    CONF_MEETING_SWITCH("enable_waiting_room", "require_approval", 3),
    CONF_MEETING_SWITCH("mute_on_join", NULL, 4)
};

static const conf_schema_t  conf_meeting_switch_schema =
    CONF_SCHEMA(conf_meeting_switch_fields, conf_switches_in_t);

static const uint32_t  conf_meeting_switch_bits[] = {
    CONF_ROOM_RECORDING, CONF_ROOM_CHAT, CONF_ROOM_SCREEN, CONF_ROOM_LOBBY,
    CONF_ROOM_MUTE
};

_Static_assert(conf_nelts(conf_meeting_switch_bits)
               == conf_nelts(conf_meeting_switch_fields), "one bit a row");

const conf_meeting_fixed_t  conf_meeting_fixed = {
    &conf_meeting_switch_schema, conf_meeting_switch_bits,
    CONF_ROOM_CHAT | CONF_ROOM_SCREEN, CONF_MEETING_USUAL
};

static const conf_field_t  conf_meeting_id_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_room_in_t, room_id))
};

const conf_schema_t  conf_meeting_id_schema =
    CONF_SCHEMA(conf_meeting_id_fields, conf_room_in_t);

/* Lists: which of them, and of which status. */

#define CONF_MEETING_STATE(state)  (1 + CONF_ROOM_##state)

static const conf_enum_t  conf_meeting_states[] = {
    { conf_string("scheduled"), 0, CONF_MEETING_STATE(SCHEDULED) },
    { conf_string("ongoing"), 0, CONF_MEETING_STATE(ONGOING) },
    { conf_string("ended"), 0, CONF_MEETING_STATE(ENDED) },
    { conf_string("cancelled"), 0, CONF_MEETING_STATE(CANCELLED) },
    { conf_null_string, 1, CONF_MEETING_STATE(SCHEDULED) },
    { conf_null_string, 2, CONF_MEETING_STATE(ONGOING) },
    { conf_null_string, 3, CONF_MEETING_STATE(ENDED) },
    { conf_null_string, 4, CONF_MEETING_STATE(CANCELLED) },
    { conf_null_string, 0, UINT32_MAX }
};

#define CONF_MEETING_LISTED                                                   \
    { .name = conf_string("page"), .type = CONF_T_U64, .min = 1,              \
      .max = CONF_PAGES_MAX,                                                  \
      .offset = CONF_AT(conf_meeting_list_in_t, page) },                      \
    { .name = conf_string("page_size"), .type = CONF_T_U64, .min = 1,         \
      .max = 100, .offset = CONF_AT(conf_meeting_list_in_t, limit) },         \
    { .name = conf_string("status"), .type = CONF_T_ENUM,                     \
      .values = conf_meeting_states, .flags = CONF_F_LENIENT,                 \
      .offset = CONF_AT(conf_meeting_list_in_t, state) }

static const conf_field_t  conf_meeting_list_fields[] = {
    CONF_MEETING_LISTED,
    { .name = conf_string("keyword"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_meeting_list_in_t, keyword) }
};

const conf_schema_t  conf_meeting_list_schema =
    CONF_SCHEMA(conf_meeting_list_fields, conf_meeting_list_in_t);

static const conf_field_t  conf_meeting_mine_fields[] = {
    CONF_MEETING_LISTED
};

const conf_schema_t  conf_meeting_mine_schema =
    CONF_SCHEMA(conf_meeting_mine_fields, conf_meeting_list_in_t);

const conf_meeting_scope_t  conf_meeting_all = {
    1 << CONF_ROOM_OPEN | 1 << CONF_ROOM_SCHEDULED | 1 << CONF_ROOM_ONGOING
    | 1 << CONF_ROOM_ENDED | 1 << CONF_ROOM_CANCELLED, false
};

const conf_meeting_scope_t  conf_meeting_upcoming = {
    1 << CONF_ROOM_SCHEDULED | 1 << CONF_ROOM_ONGOING, true
};

const conf_meeting_scope_t  conf_meeting_past = {
    1 << CONF_ROOM_ENDED | 1 << CONF_ROOM_CANCELLED, false
};

/* People. */

static const conf_field_t  conf_meeting_join_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_meeting_in_t, room_id)),
    { .name = conf_string("password"), .type = CONF_T_STR, .max = 50,
      .offset = CONF_AT(conf_meeting_in_t, password) }
};

const conf_schema_t  conf_meeting_join_schema =
    CONF_SCHEMA(conf_meeting_join_fields, conf_meeting_in_t);

static const conf_enum_t  conf_meeting_seen[] = {
    { conf_string("offline"), 0, 1 + CONF_SEEN_OFFLINE },
    { conf_string("online"), 0, 1 + CONF_SEEN_ONLINE },
    { conf_string("waiting"), 0, 1 + CONF_SEEN_WAITING },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  conf_meeting_people_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_participant_list_in_t, room_id)),
    { .name = conf_string("page"), .type = CONF_T_U64, .min = 1,
      .max = CONF_PAGES_MAX,
      .offset = CONF_AT(conf_participant_list_in_t, page) },
    { .name = conf_string("page_size"), .type = CONF_T_U64, .min = 1,
      .max = 100, .offset = CONF_AT(conf_participant_list_in_t, limit) },
    { .name = conf_string("status"), .type = CONF_T_ENUM,
      .values = conf_meeting_seen,
      .offset = CONF_AT(conf_participant_list_in_t, status) }
};

const conf_schema_t  conf_meeting_people_schema =
    CONF_SCHEMA(conf_meeting_people_fields, conf_participant_list_in_t);

static const conf_enum_t  conf_meeting_roles[] = {
    { conf_string("participant"), 0, CONF_ROLE_MEMBER },
    { conf_string("moderator"), 0, CONF_ROLE_MODERATOR },
    { conf_string("presenter"), 0, CONF_ROLE_MODERATOR },
    { conf_string("host"), 0, CONF_ROLE_OWNER },
    { conf_null_string, 1, CONF_ROLE_MEMBER },
    { conf_null_string, 2, CONF_ROLE_MODERATOR },
    { conf_null_string, 3, CONF_ROLE_MODERATOR },
    { conf_null_string, 4, CONF_ROLE_OWNER },
    { conf_null_string, 0, UINT32_MAX }
};

#define CONF_MEETING_USER(required)                                           \
    { .name = conf_string("user_id"), .type = CONF_T_U64,                     \
      .flags = CONF_F_LENIENT | (required), .min = 1, .max = CONF_ID_MAX,     \
      .offset = CONF_AT(conf_participant_in_t, user_id) }

#define CONF_MEETING_ROLE(required)                                           \
    { .name = conf_string("role"), .type = CONF_T_ENUM,                       \
      .flags = (required), .values = conf_meeting_roles,                      \
      .offset = CONF_AT(conf_participant_in_t, role) }

static const conf_field_t  conf_meeting_add_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_participant_in_t, room_id)),
    CONF_MEETING_USER(0),
    { .name = conf_string("user_ids"), .type = CONF_T_U64S, .min = 1,
      .max = CONF_ID_MAX, .offset = CONF_AT(conf_participant_in_t, user_ids) },
    CONF_MEETING_ROLE(0)
};

const conf_schema_t  conf_meeting_add_schema =
    CONF_SCHEMA(conf_meeting_add_fields, conf_participant_in_t);

static const conf_field_t  conf_meeting_person_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_participant_in_t, room_id)),
    CONF_MEETING_USER(CONF_F_REQUIRED)
};

const conf_schema_t  conf_meeting_person_schema =
    CONF_SCHEMA(conf_meeting_person_fields, conf_participant_in_t);

static const conf_field_t  conf_meeting_role_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_participant_in_t, room_id)),
    CONF_MEETING_USER(CONF_F_REQUIRED),
    CONF_MEETING_ROLE(CONF_F_REQUIRED)
};

const conf_schema_t  conf_meeting_role_schema =
    CONF_SCHEMA(conf_meeting_role_fields, conf_participant_in_t);

/* Messages. */

static const conf_field_t  conf_meeting_history_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_history_in_t, room_id)),
    { .name = conf_string("page"), .type = CONF_T_U64, .min = 1,
      .max = CONF_PAGES_MAX, .offset = CONF_AT(conf_history_in_t, page) },
    { .name = conf_string("page_size"), .type = CONF_T_I64, .min = 1,
      .max = 100, .offset = CONF_AT(conf_history_in_t, limit) },
    { .name = conf_string("before_id"), .type = CONF_T_U64, .min = 1,
      .max = CONF_ID_MAX, .offset = CONF_AT(conf_history_in_t, before_id) }
};

const conf_schema_t  conf_meeting_log_schema =
    CONF_SCHEMA(conf_meeting_history_fields, conf_history_in_t);

const conf_history_fixed_t  conf_meeting_history = {
    .limit_default = 50, .limit_max = 100, .order = CONF_ORDER_DESCENDING
};

static const conf_field_t  conf_meeting_say_fields[] = {
    CONF_MEETING_ID(CONF_AT(conf_message_in_t, room_id)),
    { .name = conf_string("content"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 1, .max = 1000,
      .offset = CONF_AT(conf_message_in_t, content) },
    { .name = conf_string("client_id"), .type = CONF_T_STR, .max = 64,
      .offset = CONF_AT(conf_message_in_t, client_id) }
};

const conf_schema_t  conf_meeting_post_schema =
    CONF_SCHEMA(conf_meeting_say_fields, conf_message_in_t);
