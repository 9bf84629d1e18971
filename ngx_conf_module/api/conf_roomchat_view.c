
/*
 * roomchat: what goes out.  Members of the document come first and in its
 * order.
 */

#include "conf_roomchat.h"


#define CONF_ROOMCHAT_AVATAR  conf_string("\"/static/avatars/nopic.png\"")
#define CONF_ROOMCHAT_DELETED                                                 \
    { .name = conf_string("DeletedAt"), .kind = CONF_V_LITERAL,               \
      .literal = conf_string("null") }

static const conf_view_row_t  conf_roomchat_id_rows[] = {
    { .name = conf_string("ID"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_user_t, id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_user_t, name) }
};

const conf_view_t  conf_roomchat_id_view =
    CONF_VIEW(conf_roomchat_id_rows, conf_user_t);

static const conf_view_row_t  conf_roomchat_login_rows[] = {
    { .name = conf_string("token"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_login_out_t, token) },
    { .name = conf_string("user"), .kind = CONF_V_OBJECT,
      .offset = CONF_AT(conf_login_out_t, user), .sub = &conf_roomchat_id_view }
};

const conf_view_t  conf_roomchat_login_view =
    CONF_VIEW(conf_roomchat_login_rows, conf_login_out_t);

static const conf_view_row_t  conf_roomchat_room_rows[] = {
    { .name = conf_string("ID"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_t, id) },
    { .name = conf_string("CreatedAt"), .kind = CONF_V_TIME_OFFSET,
      .offset = CONF_AT(conf_room_t, created_ms) },
    { .name = conf_string("UpdatedAt"), .kind = CONF_V_TIME_OFFSET,
      .offset = CONF_AT(conf_room_t, updated_ms) },
    CONF_ROOMCHAT_DELETED,
    { .name = conf_string("name"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_room_t, name) },
    { .name = conf_string("description"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_room_t, description) },
    { .name = conf_string("owner_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_t, owner_id) },
    { .name = conf_string("member_count"), .kind = CONF_V_U32,
      .offset = CONF_AT(conf_room_t, nmembers) },
    { .name = conf_string("epoch"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_t, epoch) },
    { .name = conf_string("seq"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_t, seq) }
};

const conf_view_t  conf_roomchat_room_view =
    CONF_VIEW(conf_roomchat_room_rows, conf_room_t);

static const conf_str_t  conf_roomchat_role_names[] = {
    conf_string(""), conf_string("member"), conf_string("admin"),
    conf_string("owner")
};

#define CONF_ROOMCHAT_ROLE(at)                                                \
    { .name = conf_string("role"), .kind = CONF_V_ENUM, .offset = at,         \
      .names = conf_roomchat_role_names,                                      \
      .nnames = conf_nelts(conf_roomchat_role_names) }

/* A room in full: its own members first, then the asker's part in it. */

#define CONF_ROOM_AT(member)                                                  \
    (CONF_AT(conf_room_out_t, room) + CONF_AT(conf_room_t, member))

static const conf_view_row_t  conf_roomchat_info_rows[] = {
    { .name = conf_string("ID"), .kind = CONF_V_U64,
      .offset = CONF_ROOM_AT(id) },
    { .name = conf_string("CreatedAt"), .kind = CONF_V_TIME_OFFSET,
      .offset = CONF_ROOM_AT(created_ms) },
    { .name = conf_string("UpdatedAt"), .kind = CONF_V_TIME_OFFSET,
      .offset = CONF_ROOM_AT(updated_ms) },
    CONF_ROOMCHAT_DELETED,
    { .name = conf_string("name"), .kind = CONF_V_STR,
      .offset = CONF_ROOM_AT(name) },
    { .name = conf_string("description"), .kind = CONF_V_STR,
      .offset = CONF_ROOM_AT(description) },
    { .name = conf_string("owner_id"), .kind = CONF_V_U64,
      .offset = CONF_ROOM_AT(owner_id) },
    { .name = conf_string("member_count"), .kind = CONF_V_U32,
      .offset = CONF_ROOM_AT(nmembers) },
    { .name = conf_string("epoch"), .kind = CONF_V_U64,
      .offset = CONF_ROOM_AT(epoch) },
    { .name = conf_string("seq"), .kind = CONF_V_U64,
      .offset = CONF_ROOM_AT(seq) },
    CONF_ROOMCHAT_ROLE(CONF_AT(conf_room_out_t, role)),
    { .name = conf_string("read_seq"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_out_t, read_seq) },
    { .name = conf_string("online_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_room_out_t, online) }
};

const conf_view_t  conf_roomchat_info_view =
    CONF_VIEW(conf_roomchat_info_rows, conf_room_out_t);

#define CONF_MEMBER_AT(m)                                                     \
    (CONF_AT(conf_member_out_t, member) + CONF_AT(conf_member_t, m))

static const conf_view_row_t  conf_roomchat_member_rows[] = {
    { .name = conf_string("ID"), .kind = CONF_V_U64,
      .offset = CONF_MEMBER_AT(user_id) },
    { .name = conf_string("CreatedAt"), .kind = CONF_V_TIME_OFFSET,
      .offset = CONF_MEMBER_AT(created_ms) },
    { .name = conf_string("UpdatedAt"), .kind = CONF_V_TIME_OFFSET,
      .offset = CONF_MEMBER_AT(updated_ms) },
    CONF_ROOMCHAT_DELETED,
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_MEMBER_AT(name) },
    { .name = conf_string("avatar"), .kind = CONF_V_STR,
      .literal = CONF_ROOMCHAT_AVATAR, .offset = CONF_MEMBER_AT(avatar) },
    { .name = conf_string("nike_name"), .kind = CONF_V_STR,
      .offset = CONF_MEMBER_AT(nickname) },
    CONF_ROOMCHAT_ROLE(CONF_MEMBER_AT(role)),
    { .name = conf_string("online"), .kind = CONF_V_BOOL,
      .offset = CONF_AT(conf_member_out_t, online) }
};

const conf_view_t  conf_roomchat_member_view =
    CONF_VIEW(conf_roomchat_member_rows, conf_member_out_t);

#define CONF_ROOMCHAT_SENT                                                    \
    { .name = conf_string("ID"), .kind = CONF_V_U64,                          \
      .offset = CONF_AT(conf_message_t, id) },                                \
    { .name = conf_string("send_time"), .kind = CONF_V_TIME_LOCAL,            \
      .offset = CONF_AT(conf_message_t, time_ms) }

static const conf_view_row_t  conf_roomchat_sent_rows[] = {
    CONF_ROOMCHAT_SENT,
    { .name = conf_string("epoch"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, epoch) },
    { .name = conf_string("seq"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, seq) }
};

const conf_view_t  conf_roomchat_sent_view =
    CONF_VIEW(conf_roomchat_sent_rows, conf_message_t);

static const conf_view_row_t  conf_roomchat_message_rows[] = {
    CONF_ROOMCHAT_SENT,
    { .name = conf_string("room_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, room_id) },
    { .name = conf_string("sender_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_message_t, user_id) },
    { .name = conf_string("sender_name"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, user_name) },
    { .name = conf_string("sender_avatar"), .kind = CONF_V_STR,
      .literal = CONF_ROOMCHAT_AVATAR,
      .offset = CONF_AT(conf_message_t, user_avatar) },
    { .name = conf_string("type"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_message_t, type) },
    { .name = conf_string("content"), .kind = CONF_V_CONTENT,
      .offset = CONF_AT(conf_message_t, content),
      .extra = CONF_AT(conf_message_t, json) },
    { .name = conf_string("epoch"), .kind = CONF_V_U64,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_message_t, epoch) },
    { .name = conf_string("seq"), .kind = CONF_V_U64,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_message_t, seq) },
    { .name = conf_string("client_id"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_message_t, client_id) }
};

const conf_view_t  conf_roomchat_message_view =
    CONF_VIEW(conf_roomchat_message_rows, conf_message_t);

static const conf_view_row_t  conf_roomchat_sync_rows[] = {
    { .name = conf_string("type"), .kind = CONF_V_LITERAL,
      .literal = conf_string("\"sync\"") },
    { .name = conf_string("room_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_history_out_t, room_id) },
    { .name = conf_string("epoch"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_history_out_t, epoch) },
    { .name = conf_string("seq"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_history_out_t, seq) },
    { .name = conf_string("more"), .kind = CONF_V_BOOL,
      .offset = CONF_AT(conf_history_out_t, more) },
    { .name = conf_string("messages"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_history_out_t, messages),
      .sub = &conf_roomchat_message_view }
};

const conf_view_t  conf_roomchat_sync_view =
    CONF_VIEW(conf_roomchat_sync_rows, conf_history_out_t);

static const conf_view_row_t  conf_roomchat_presence_rows[] = {
    { .name = conf_string("type"), .kind = CONF_V_LITERAL,
      .literal = conf_string("\"presence\"") },
    { .name = conf_string("room_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_presence_t, room_id) },
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_presence_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_presence_t, name) },
    { .name = conf_string("nike_name"), .kind = CONF_V_STR,
      .flags = CONF_VF_OMIT, .offset = CONF_AT(conf_presence_t, nickname) },
    { .name = conf_string("online"), .kind = CONF_V_BOOL,
      .offset = CONF_AT(conf_presence_t, online) },
    { .name = conf_string("online_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_presence_t, count) }
};

const conf_view_t  conf_roomchat_presence_view =
    CONF_VIEW(conf_roomchat_presence_rows, conf_presence_t);

#define CONF_ROOMCHAT_EVENT_ROWS(text)                                        \
    { .name = conf_string("type"), .kind = CONF_V_LITERAL,                    \
      .literal = conf_string("\"" text "\"") },                               \
    { .name = conf_string("room_id"), .kind = CONF_V_U64,                     \
      .offset = CONF_AT(conf_room_t, id) }

#define CONF_ROOMCHAT_NAME_ROWS                                               \
    { .name = conf_string("name"), .kind = CONF_V_STR,                        \
      .offset = CONF_AT(conf_room_t, name) },                                 \
    { .name = conf_string("description"), .kind = CONF_V_STR,                 \
      .offset = CONF_AT(conf_room_t, description) },                          \
    { .name = conf_string("epoch"), .kind = CONF_V_U64,                       \
      .offset = CONF_AT(conf_room_t, epoch) },                                \
    { .name = conf_string("seq"), .kind = CONF_V_U64,                         \
      .offset = CONF_AT(conf_room_t, seq) }

static const conf_view_row_t  conf_roomchat_changed_rows[] = {
    CONF_ROOMCHAT_EVENT_ROWS("room_updated"), CONF_ROOMCHAT_NAME_ROWS
};

const conf_view_t  conf_roomchat_changed_view =
    CONF_VIEW(conf_roomchat_changed_rows, conf_room_t);

static const conf_view_row_t  conf_roomchat_entered_rows[] = {
    CONF_ROOMCHAT_EVENT_ROWS("room_joined"), CONF_ROOMCHAT_NAME_ROWS
};

const conf_view_t  conf_roomchat_entered_view =
    CONF_VIEW(conf_roomchat_entered_rows, conf_room_t);

static const conf_view_row_t  conf_roomchat_exited_rows[] = {
    CONF_ROOMCHAT_EVENT_ROWS("room_left")
};

const conf_view_t  conf_roomchat_exited_view =
    CONF_VIEW(conf_roomchat_exited_rows, conf_room_t);

#define CONF_ROOMCHAT_PUBLIC                                                  \
    { .name = conf_string("ID"), .kind = CONF_V_U64,                          \
      .offset = CONF_AT(conf_user_t, id) },                                   \
    { .name = conf_string("CreatedAt"), .kind = CONF_V_TIME_OFFSET,           \
      .offset = CONF_AT(conf_user_t, created_ms) },                           \
    { .name = conf_string("UpdatedAt"), .kind = CONF_V_TIME_OFFSET,           \
      .offset = CONF_AT(conf_user_t, updated_ms) },                           \
    CONF_ROOMCHAT_DELETED,                                                    \
    { .name = conf_string("user_id"), .kind = CONF_V_U64,                     \
      .offset = CONF_AT(conf_user_t, id) },                                   \
    { .name = conf_string("username"), .kind = CONF_V_STR,                    \
      .offset = CONF_AT(conf_user_t, name) },                                 \
    { .name = conf_string("nike_name"), .kind = CONF_V_STR,                   \
      .offset = CONF_AT(conf_user_t, nickname) },                             \
    { .name = conf_string("avatar"), .kind = CONF_V_STR,                      \
      .literal = CONF_ROOMCHAT_AVATAR,                                        \
      .offset = CONF_AT(conf_user_t, avatar) },                               \
    { .name = conf_string("sexuality"), .kind = CONF_V_STR,                   \
      .offset = CONF_AT(conf_user_t, sexuality) },                            \
    { .name = conf_string("country"), .kind = CONF_V_STR,                     \
      .offset = CONF_AT(conf_user_t, country) },                              \
    { .name = conf_string("province"), .kind = CONF_V_STR,                    \
      .offset = CONF_AT(conf_user_t, province) },                             \
    { .name = conf_string("city"), .kind = CONF_V_STR,                        \
      .offset = CONF_AT(conf_user_t, city) }

static const conf_view_row_t  conf_roomchat_public_rows[] = {
    CONF_ROOMCHAT_PUBLIC
};

const conf_view_t  conf_roomchat_public_view =
    CONF_VIEW(conf_roomchat_public_rows, conf_user_t);

/* What only the user sees comes last. */

static const conf_view_row_t  conf_roomchat_my_rows[] = {
    CONF_ROOMCHAT_PUBLIC,
    { .name = conf_string("year"), .kind = CONF_V_U32,
      .offset = CONF_AT(conf_user_t, year) },
    { .name = conf_string("month"), .kind = CONF_V_U32,
      .offset = CONF_AT(conf_user_t, month) },
    { .name = conf_string("day"), .kind = CONF_V_U32,
      .offset = CONF_AT(conf_user_t, day) },
    { .name = conf_string("email"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_user_t, email) }
};

const conf_view_t  conf_roomchat_my_view =
    CONF_VIEW(conf_roomchat_my_rows, conf_user_t);

#define CONF_STATS_AT(member)                                                 \
    (CONF_AT(conf_user_stats_out_t, stats) + CONF_AT(conf_stats_t, member))

static const conf_view_row_t  conf_roomchat_stats_rows[] = {
    { .name = conf_string("room_count"), .kind = CONF_V_U64,
      .offset = CONF_STATS_AT(rooms) },
    { .name = conf_string("friend_count"), .kind = CONF_V_U64,
      .offset = CONF_STATS_AT(friends) },
    { .name = conf_string("online_user_count"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_user_stats_out_t, friends_online) },
    { .name = conf_string("unread_message_count"), .kind = CONF_V_U64,
      .offset = CONF_STATS_AT(unread) },
    { .name = conf_string("message_count"), .kind = CONF_V_COUNTS,
      .offset = CONF_AT(conf_user_stats_out_t, days) },
    { .name = conf_string("room_message_count"), .kind = CONF_V_COUNTS,
      .offset = CONF_AT(conf_user_stats_out_t, by_room) }
};

const conf_view_t  conf_roomchat_stats_view =
    CONF_VIEW(conf_roomchat_stats_rows, conf_user_stats_out_t);

#define CONF_FILE_AT(member)                                                  \
    (CONF_AT(conf_upload_in_t, file) + CONF_AT(conf_file_t, member))

static const conf_view_row_t  conf_roomchat_upload_rows[] = {
    { .name = conf_string("create_time"), .kind = CONF_V_TIME_LOCAL,
      .offset = CONF_FILE_AT(created_ms) },
    { .name = conf_string("file_name"), .kind = CONF_V_STR,
      .offset = CONF_FILE_AT(title) },
    { .name = conf_string("file_type"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_upload_in_t, extension) },
    { .name = conf_string("file_url"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_upload_in_t, url) },
    { .name = conf_string("file_size"), .kind = CONF_V_U64,
      .offset = CONF_FILE_AT(size) },
    { .name = conf_string("room_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_upload_in_t, room_id) }
};

const conf_view_t  conf_roomchat_upload_view =
    CONF_VIEW(conf_roomchat_upload_rows, conf_upload_in_t);
