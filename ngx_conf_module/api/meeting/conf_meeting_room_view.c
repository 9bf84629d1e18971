
/*
 * meeting, meetings: what goes out.  Members of the document come first, then
 * the names that clients know them by.
 */

#include "conf_meeting_room.h"


static const conf_str_t  conf_meeting_state_names[] = {
    conf_string("ongoing"), conf_string("scheduled"), conf_string("ongoing"),
    conf_string("ended"), conf_string("cancelled")
};

static const conf_str_t  conf_meeting_media_names[] = {
    conf_string("video"), conf_string("audio")
};

static const conf_str_t  conf_meeting_role_names[] = {
    conf_string(""), conf_string("participant"), conf_string("moderator"),
    conf_string("host")
};

static const conf_str_t  conf_meeting_seen_names[] = {
    conf_string("offline"), conf_string("online"), conf_string("waiting")
};

#define CONF_MEETING_ENUM(member, list, at)                                   \
    { .name = conf_string(member), .kind = CONF_V_ENUM, .offset = at,         \
      .names = list, .nnames = conf_nelts(list) }

#define CONF_MEETING_STATUS(at)                                               \
    CONF_MEETING_ENUM("status", conf_meeting_state_names, at)


/* Settings lie in the room; what we do not know of them is text. */

#define CONF_MEETING_BIT(member, bit)                                         \
    { .name = conf_string(member), .kind = CONF_V_BIT, .extra = bit,          \
      .offset = CONF_AT(conf_room_t, settings) }

static const conf_view_row_t  conf_meeting_settings_rows[] = {
    CONF_MEETING_BIT("enable_recording", CONF_ROOM_RECORDING),
    CONF_MEETING_BIT("enable_chat", CONF_ROOM_CHAT),
    CONF_MEETING_BIT("enable_screen_share", CONF_ROOM_SCREEN),
    CONF_MEETING_BIT("enable_waiting_room", CONF_ROOM_LOBBY),
    CONF_MEETING_BIT("mute_on_join", CONF_ROOM_MUTE),
    { .kind = CONF_V_MEMBERS, .offset = CONF_AT(conf_room_t, options) }
};

static const conf_view_t  conf_meeting_settings_view =
    CONF_VIEW(conf_meeting_settings_rows, conf_room_t);

#define CONF_SEEN_AT(m)                                                       \
    (CONF_AT(conf_meeting_out_t, room) + CONF_AT(conf_room_t, m))

#define CONF_MEETING_U64(member, m)                                           \
    { .name = conf_string(member), .kind = CONF_V_U64,                        \
      .offset = CONF_SEEN_AT(m) }

#define CONF_MEETING_U32(member, m)                                           \
    { .name = conf_string(member), .kind = CONF_V_U32,                        \
      .offset = CONF_SEEN_AT(m) }

#define CONF_MEETING_STR(member, m)                                           \
    { .name = conf_string(member), .kind = CONF_V_STR,                        \
      .offset = CONF_SEEN_AT(m) }

#define CONF_MEETING_TIME(member, m)                                          \
    { .name = conf_string(member), .kind = CONF_V_TIME_UTC,                   \
      .offset = CONF_SEEN_AT(m) }

#define CONF_MEETING_ROWS                                                     \
    CONF_MEETING_U64("meeting_id", id),                                       \
    CONF_MEETING_STR("title", name),                                          \
    CONF_MEETING_STR("description", description),                             \
    CONF_MEETING_TIME("start_time", start_ms),                                \
    CONF_MEETING_TIME("end_time", end_ms),                                    \
    CONF_MEETING_U32("max_participants", capacity),                           \
    CONF_MEETING_ENUM("meeting_type", conf_meeting_media_names,               \
                      CONF_SEEN_AT(media)),                                   \
    CONF_MEETING_STATUS(CONF_SEEN_AT(state)),                                 \
    CONF_MEETING_U64("creator_id", creator_id),                               \
    { .name = conf_string("settings"), .kind = CONF_V_OBJECT,                 \
      .offset = CONF_AT(conf_meeting_out_t, room),                            \
      .sub = &conf_meeting_settings_view },                                   \
    CONF_MEETING_TIME("created_at", created_ms),                              \
    CONF_MEETING_U64("id", id),                                               \
    CONF_MEETING_TIME("updated_at", updated_ms),                              \
    CONF_MEETING_U32("participant_count", nmembers),                          \
    CONF_MEETING_U32("online_count", njoined),                                \
    { .name = conf_string("has_password"), .kind = CONF_V_BOOL,               \
      .offset = CONF_SEEN_AT(locked) },                                       \
    CONF_MEETING_TIME("started_at", started_ms),                              \
    CONF_MEETING_TIME("ended_at", ended_ms),                                  \
    { .name = conf_string("room_id"), .kind = CONF_V_UUID,                    \
      .offset = CONF_SEEN_AT(uuid) },                                         \
    CONF_MEETING_U64("host_id", owner_id),                                    \
    CONF_MEETING_U32("code", code),                                           \
    CONF_MEETING_ENUM("role", conf_meeting_role_names,                        \
                      CONF_AT(conf_meeting_out_t, role)),                     \
    CONF_MEETING_ENUM("my_status", conf_meeting_seen_names,                   \
                      CONF_AT(conf_meeting_out_t, status))

static const conf_view_row_t  conf_meeting_plain_rows[] = {
    CONF_MEETING_ROWS
};

static const conf_view_t  conf_meeting_plain_view =
    CONF_VIEW(conf_meeting_plain_rows, conf_meeting_out_t);

/* Some clients look for it one level deeper. */

static const conf_view_row_t  conf_meeting_rows[] = {
    CONF_MEETING_ROWS,
    { .name = conf_string("meeting"), .kind = CONF_V_OBJECT,
      .sub = &conf_meeting_plain_view }
};

const conf_view_t  conf_meeting_view =
    CONF_VIEW(conf_meeting_rows, conf_meeting_out_t);

static const conf_view_row_t  conf_meeting_list_rows[] = {
    { .name = conf_string("meetings"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_meeting_list_out_t, meetings),
      .sub = &conf_meeting_plain_view },
    CONF_MEETING_PAGE(CONF_AT(conf_meeting_list_out_t, page))
};

const conf_view_t  conf_meeting_list_view =
    CONF_VIEW(conf_meeting_list_rows, conf_meeting_list_out_t);

#define CONF_MEETING_STATE_ROWS                                               \
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,                  \
      .offset = CONF_AT(conf_room_t, id) },                                   \
    CONF_MEETING_STATUS(CONF_AT(conf_room_t, state))

static const conf_view_row_t  conf_meeting_started_rows[] = {
    CONF_MEETING_STATE_ROWS,
    { .name = conf_string("room_id"), .kind = CONF_V_UUID,
      .offset = CONF_AT(conf_room_t, uuid) },
    { .name = conf_string("room_url"), .kind = CONF_V_LITERAL,
      .literal = conf_string("\"/ws/signaling\"") },
    { .name = conf_string("started_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_room_t, started_ms) }
};

const conf_view_t  conf_meeting_started_view =
    CONF_VIEW(conf_meeting_started_rows, conf_room_t);

static const conf_view_row_t  conf_meeting_ended_rows[] = {
    CONF_MEETING_STATE_ROWS,
    { .name = conf_string("ended_at"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_room_t, ended_ms) }
};

const conf_view_t  conf_meeting_ended_view =
    CONF_VIEW(conf_meeting_ended_rows, conf_room_t);


/* A participant that lies at some place in a struct. */

#define CONF_WHO_AT(base, m)                                                  \
    ((base) + CONF_AT(conf_participant_out_t, member)                         \
     + CONF_AT(conf_member_t, m))

#define CONF_WHO_SHOWN(member, base, m)                                       \
    { .name = conf_string(member), .kind = CONF_V_BIT, .extra = 1,            \
      .offset = (base) + CONF_AT(conf_participant_out_t, m) }

#define CONF_WHO_ROWS(base)                                                   \
    { .name = conf_string("participant_id"), .kind = CONF_V_U64,              \
      .offset = CONF_WHO_AT(base, id) },                                      \
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,                  \
      .offset = (base) + CONF_AT(conf_participant_out_t, room_id) },          \
    { .name = conf_string("user_id"), .kind = CONF_V_U64,                     \
      .offset = CONF_WHO_AT(base, user_id) },                                 \
    { .name = conf_string("username"), .kind = CONF_V_STR,                    \
      .offset = CONF_WHO_AT(base, name) },                                    \
    { .name = conf_string("nickname"), .kind = CONF_V_STR,                    \
      .offset = CONF_WHO_AT(base, nickname) },                                \
    CONF_MEETING_ENUM("role", conf_meeting_role_names,                        \
                      CONF_WHO_AT(base, role)),                               \
    CONF_MEETING_ENUM("status", conf_meeting_seen_names,                      \
                      (base) + CONF_AT(conf_participant_out_t, status)),      \
    { .name = conf_string("joined_at"), .kind = CONF_V_TIME_UTC,              \
      .offset = CONF_WHO_AT(base, entered_ms) },                              \
    { .name = conf_string("id"), .kind = CONF_V_U64,                          \
      .offset = CONF_WHO_AT(base, id) },                                      \
    { .name = conf_string("avatar_url"), .kind = CONF_V_STR,                  \
      .offset = CONF_WHO_AT(base, avatar) },                                  \
    { .name = conf_string("left_at"), .kind = CONF_V_TIME_UTC,                \
      .offset = CONF_WHO_AT(base, left_ms) },                                 \
    CONF_WHO_SHOWN("audio_enabled", base, audio),                             \
    CONF_WHO_SHOWN("video_enabled", base, video),                             \
    CONF_WHO_SHOWN("screen_sharing", base, screen)

static const conf_view_row_t  conf_meeting_person_rows[] = {
    CONF_WHO_ROWS(0)
};

const conf_view_t  conf_meeting_person_view =
    CONF_VIEW(conf_meeting_person_rows, conf_participant_out_t);

static const conf_view_row_t  conf_meeting_people_rows[] = {
    { .name = conf_string("participants"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_participants_out_t, participants),
      .sub = &conf_meeting_person_view },
    CONF_MEETING_PAGE(CONF_AT(conf_participants_out_t, page))
};

const conf_view_t  conf_meeting_people_view =
    CONF_VIEW(conf_meeting_people_rows, conf_participants_out_t);

static const conf_view_row_t  conf_meeting_added_rows[] = {
    CONF_WHO_ROWS(CONF_AT(conf_participant_added_t, first)),
    { .name = conf_string("participants"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_participant_added_t, participants),
      .sub = &conf_meeting_person_view }
};

const conf_view_t  conf_meeting_added_view =
    CONF_VIEW(conf_meeting_added_rows, conf_participant_added_t);


static const conf_view_row_t  conf_meeting_ice_rows[] = {
    { .name = conf_string("urls"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_ice_t, url) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_ice_t, user) },
    { .name = conf_string("credential"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_ice_t, secret) }
};

const conf_view_t  conf_meeting_ice_view =
    CONF_VIEW(conf_meeting_ice_rows, conf_ice_t);

#define CONF_JOIN_ROOM(m)                                                     \
    (CONF_AT(conf_join_out_t, meeting) + CONF_SEEN_AT(m))

#define CONF_JOIN_WHO(m)                                                      \
    CONF_WHO_AT(CONF_AT(conf_join_out_t, participant), m)

#define CONF_JOIN_URL(member)                                                 \
    { .name = conf_string(member), .kind = CONF_V_STR,                        \
      .offset = CONF_AT(conf_join_out_t, url) }

static const conf_view_row_t  conf_meeting_join_rows[] = {
    { .name = conf_string("meeting_id"), .kind = CONF_V_U64,
      .offset = CONF_JOIN_ROOM(id) },
    { .name = conf_string("participant_id"), .kind = CONF_V_U64,
      .offset = CONF_JOIN_WHO(id) },
    CONF_MEETING_ENUM("role", conf_meeting_role_names, CONF_JOIN_WHO(role)),
    CONF_MEETING_ENUM("status", conf_meeting_seen_names,
                      CONF_AT(conf_join_out_t, participant)
                      + CONF_AT(conf_participant_out_t, status)),
    { .name = conf_string("room_id"), .kind = CONF_V_UUID,
      .offset = CONF_JOIN_ROOM(uuid) },
    CONF_JOIN_URL("room_url"),
    CONF_JOIN_URL("signaling_url"),
    CONF_JOIN_URL("websocket_url"),
    { .name = conf_string("peer_id"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_join_out_t, peer) },
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_JOIN_WHO(user_id) },
    { .name = conf_string("token"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_join_out_t, ticket) },
    { .name = conf_string("ice_servers"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_join_out_t, servers),
      .sub = &conf_meeting_ice_view },
    { .name = conf_string("meeting"), .kind = CONF_V_OBJECT,
      .offset = CONF_AT(conf_join_out_t, meeting),
      .sub = &conf_meeting_plain_view },
    { .name = conf_string("participant"), .kind = CONF_V_OBJECT,
      .offset = CONF_AT(conf_join_out_t, participant),
      .sub = &conf_meeting_person_view },
    { .name = conf_string("audio_enabled"), .kind = CONF_V_BOOL,
      .offset = CONF_AT(conf_join_out_t, audio) },
    { .name = conf_string("sfu_node"), .kind = CONF_V_LITERAL,
      .literal = conf_string("null") }
};

const conf_view_t  conf_meeting_join_view =
    CONF_VIEW(conf_meeting_join_rows, conf_join_out_t);


#define CONF_MEETING_SAID                                                     \
    { .name = conf_string("message_id"), .kind = CONF_V_U64,                  \
      .offset = CONF_AT(conf_message_t, id) },                                \
    { .name = conf_string("timestamp"), .kind = CONF_V_TIME_UTC,              \
      .offset = CONF_AT(conf_message_t, time_ms) },                           \
    { .name = conf_string("seq"), .kind = CONF_V_U64,                         \
      .offset = CONF_AT(conf_message_t, seq) }

static const conf_view_row_t  conf_meeting_said_rows[] = {
    CONF_MEETING_SAID
};

const conf_view_t  conf_meeting_said_view =
    CONF_VIEW(conf_meeting_said_rows, conf_message_t);

static const conf_view_row_t  conf_meeting_message_rows[] = {
    CONF_MEETING_SAID,
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_name) },
    { .name = conf_string("content"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, content) },
    { .name = conf_string("from_user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, user_id) },
    { .name = conf_string("from_username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_name) },
    { .name = conf_string("type"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, type) }
};

static const conf_view_t  conf_meeting_message_view =
    CONF_VIEW(conf_meeting_message_rows, conf_message_t);

static const conf_view_row_t  conf_meeting_history_rows[] = {
    { .name = conf_string("messages"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_history_out_t, messages),
      .sub = &conf_meeting_message_view },
    CONF_MEETING_PAGE(CONF_AT(conf_history_out_t, page))
};

const conf_view_t  conf_meeting_log_view =
    CONF_VIEW(conf_meeting_history_rows, conf_history_out_t);
