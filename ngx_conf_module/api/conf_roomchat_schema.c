
/*
 * roomchat: what comes in.
 */

#include "conf_roomchat.h"


static const conf_field_t  conf_roomchat_register_fields[] = {
    { .name = conf_string("username"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED | CONF_F_TRIM, .min = 1, .max = 50,
      .offset = CONF_AT(conf_register_in_t, name) },
    { .name = conf_string("password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 6, .max = 100,
      .offset = CONF_AT(conf_register_in_t, password) }
};

const conf_schema_t  conf_roomchat_register_schema =
    CONF_SCHEMA(conf_roomchat_register_fields, conf_register_in_t);

/* No limits here: what is too short to be right is simply wrong. */

static const conf_field_t  conf_roomchat_login_fields[] = {
    { .name = conf_string("username"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED | CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_register_in_t, name) },
    { .name = conf_string("password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .max = 200,
      .offset = CONF_AT(conf_register_in_t, password) }
};

const conf_schema_t  conf_roomchat_login_schema =
    CONF_SCHEMA(conf_roomchat_login_fields, conf_register_in_t);

static const conf_field_t  conf_roomchat_create_fields[] = {
    { .name = conf_string("name"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_room_in_t, name) },
    { .name = conf_string("description"), .type = CONF_T_STR, .max = 1000,
      .offset = CONF_AT(conf_room_in_t, description) }
};

const conf_schema_t  conf_roomchat_create_schema =
    CONF_SCHEMA(conf_roomchat_create_fields, conf_room_in_t);

static const conf_field_t  conf_roomchat_room_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_room_in_t, room_id) },
    { .name = conf_string("name"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_room_in_t, name) },
    { .name = conf_string("description"), .type = CONF_T_STR, .max = 1000,
      .offset = CONF_AT(conf_room_in_t, description) }
};

const conf_schema_t  conf_roomchat_room_schema =
    CONF_SCHEMA(conf_roomchat_room_fields, conf_room_in_t);

/* The same where only the room is asked for. */

static const conf_field_t  conf_roomchat_room_id_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_room_in_t, room_id) }
};

const conf_schema_t  conf_roomchat_room_id_schema =
    CONF_SCHEMA(conf_roomchat_room_id_fields, conf_room_in_t);

static const conf_field_t  conf_roomchat_rooms_fields[] = {
    { .name = conf_string("after"), .type = CONF_T_U64, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_room_list_in_t, after) },
    { .name = conf_string("limit"), .type = CONF_T_U64, .min = 1, .max = 1000,
      .offset = CONF_AT(conf_room_list_in_t, limit) }
};

const conf_schema_t  conf_roomchat_rooms_schema =
    CONF_SCHEMA(conf_roomchat_rooms_fields, conf_room_list_in_t);

static const conf_enum_t  conf_roomchat_roles[] = {
    { conf_string("member"), 0, CONF_ROLE_MEMBER },
    { conf_string("admin"), 0, CONF_ROLE_MODERATOR },
    { conf_string("owner"), 0, CONF_ROLE_OWNER },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  conf_roomchat_member_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_member_in_t, room_id) },
    { .name = conf_string("user_id"), .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_member_in_t, user_id) },
    { .name = conf_string("user_name"), .aliases = "username",
      .type = CONF_T_STR, .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_member_in_t, user_name) },
    { .name = conf_string("role"), .type = CONF_T_ENUM,
      .values = conf_roomchat_roles,
      .offset = CONF_AT(conf_member_in_t, role) }
};

const conf_schema_t  conf_roomchat_member_schema =
    CONF_SCHEMA(conf_roomchat_member_fields, conf_member_in_t);

static const conf_field_t  conf_roomchat_message_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_message_in_t, room_id) },
    { .name = conf_string("type"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 1, .max = 32,
      .offset = CONF_AT(conf_message_in_t, type) },
    { .name = conf_string("content"), .type = CONF_T_CONTENT,
      .flags = CONF_F_REQUIRED,
      .offset = CONF_AT(conf_message_in_t, content),
      .extra = CONF_AT(conf_message_in_t, json) },
    { .name = conf_string("client_id"), .type = CONF_T_STR, .max = 64,
      .offset = CONF_AT(conf_message_in_t, client_id) }
};

const conf_schema_t  conf_roomchat_message_schema =
    CONF_SCHEMA(conf_roomchat_message_fields, conf_message_in_t);

static const conf_enum_t  conf_roomchat_orders[] = {
    { conf_string("asc"), 0, CONF_ORDER_ASCENDING },
    { conf_string("desc"), 0, CONF_ORDER_DESCENDING },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  conf_roomchat_history_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_history_in_t, room_id) },
    { .name = conf_string("last_message_id"), .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_history_in_t, before_id) },
    { .name = conf_string("limit"), .type = CONF_T_I64,
      .flags = CONF_F_LENIENT,
      .offset = CONF_AT(conf_history_in_t, limit) },
    { .name = conf_string("order"), .type = CONF_T_ENUM,
      .values = conf_roomchat_orders,
      .offset = CONF_AT(conf_history_in_t, order) },
    { .name = conf_string("after_seq"), .aliases = "seq", .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_history_in_t, after_seq) },
    { .name = conf_string("epoch"), .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_history_in_t, epoch) }
};

const conf_schema_t  conf_roomchat_history_schema =
    CONF_SCHEMA(conf_roomchat_history_fields, conf_history_in_t);

const conf_history_fixed_t  conf_roomchat_history_get = {
    .limit_default = 20, .limit_max = 100, .order = CONF_ORDER_ASCENDING,
    .after_field = "after_seq"
};

const conf_history_fixed_t  conf_roomchat_history_post = {
    .limit_default = 20, .limit_max = 100, .order = CONF_ORDER_DESCENDING,
    .after_field = "after_seq"
};

const conf_history_fixed_t  conf_roomchat_history_sync = {
    .limit_default = 100, .limit_max = 100, .order = CONF_ORDER_ASCENDING,
    .forward = true
};

static const conf_field_t  conf_roomchat_read_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_read_in_t, room_id) },
    { .name = conf_string("seq"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_read_in_t, seq) }
};

const conf_schema_t  conf_roomchat_read_schema =
    CONF_SCHEMA(conf_roomchat_read_fields, conf_read_in_t);

static const conf_field_t  conf_roomchat_user_fields[] = {
    { .name = conf_string("user_id"), .aliases = "friend_id",
      .type = CONF_T_U64, .flags = CONF_F_REQUIRED | CONF_F_LENIENT,
      .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_user_in_t, user_id) }
};

const conf_schema_t  conf_roomchat_user_schema =
    CONF_SCHEMA(conf_roomchat_user_fields, conf_user_in_t);

#define CONF_USER_AT(member)                                                  \
    (CONF_AT(conf_user_update_in_t, update)                                   \
     + CONF_AT(conf_user_update_t, member))

static const conf_field_t  conf_roomchat_update_fields[] = {
    { .name = conf_string("user_id"), .aliases = "ID", .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_user_update_in_t, user_id) },
    { .name = conf_string("username"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .min = 1, .max = 50,
      .offset = CONF_USER_AT(name) },
    { .name = conf_string("nike_name"), .aliases = "nickname",
      .type = CONF_T_STR, .flags = CONF_F_TRIM, .max = 50,
      .offset = CONF_USER_AT(nickname) },
    { .name = conf_string("sexuality"), .type = CONF_T_STR, .max = 16,
      .offset = CONF_USER_AT(sexuality) },
    { .name = conf_string("year"), .type = CONF_T_U32, .max = 9999,
      .flags = CONF_F_LENIENT, .offset = CONF_USER_AT(year) },
    { .name = conf_string("month"), .type = CONF_T_U32, .max = 12,
      .flags = CONF_F_LENIENT, .offset = CONF_USER_AT(month) },
    { .name = conf_string("day"), .type = CONF_T_U32, .max = 31,
      .flags = CONF_F_LENIENT, .offset = CONF_USER_AT(day) },
    { .name = conf_string("country"), .type = CONF_T_STR, .max = 60,
      .offset = CONF_USER_AT(country) },
    { .name = conf_string("province"), .type = CONF_T_STR, .max = 60,
      .offset = CONF_USER_AT(province) },
    { .name = conf_string("city"), .type = CONF_T_STR, .max = 60,
      .offset = CONF_USER_AT(city) },
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100, .offset = CONF_USER_AT(email) }
};

const conf_schema_t  conf_roomchat_update_schema =
    CONF_SCHEMA(conf_roomchat_update_fields, conf_user_update_in_t);

static const uint64_t  conf_roomchat_update_bits[] = {
    0, CONF_UPDATE_NAME, CONF_UPDATE_NICKNAME, CONF_UPDATE_SEXUALITY,
    CONF_UPDATE_YEAR, CONF_UPDATE_MONTH, CONF_UPDATE_DAY, CONF_UPDATE_COUNTRY,
    CONF_UPDATE_PROVINCE, CONF_UPDATE_CITY, CONF_UPDATE_EMAIL
};

_Static_assert(conf_nelts(conf_roomchat_update_bits)
               == conf_nelts(conf_roomchat_update_fields),
               "one bit a field");

const conf_masks_t  conf_roomchat_update_masks = {
    conf_roomchat_update_bits, conf_nelts(conf_roomchat_update_bits)
};

static const conf_field_t  conf_roomchat_password_fields[] = {
    { .name = conf_string("username"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_password_in_t, name) },
    { .name = conf_string("old_password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .max = 200,
      .offset = CONF_AT(conf_password_in_t, old_password) },
    { .name = conf_string("new_password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 6, .max = 100,
      .offset = CONF_AT(conf_password_in_t, new_password) }
};

const conf_schema_t  conf_roomchat_password_schema =
    CONF_SCHEMA(conf_roomchat_password_fields, conf_password_in_t);

static const conf_field_t  conf_roomchat_search_fields[] = {
    { .name = conf_string("keyword"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 50,
      .offset = CONF_AT(conf_search_in_t, keyword) },
    { .name = conf_string("page"), .type = CONF_T_U64, .min = 1,
      .max = 100000, .offset = CONF_AT(conf_search_in_t, page) },
    { .name = conf_string("page_size"), .aliases = "limit",
      .type = CONF_T_U64, .min = 1, .max = 100,
      .offset = CONF_AT(conf_search_in_t, limit) }
};

const conf_schema_t  conf_roomchat_search_schema =
    CONF_SCHEMA(conf_roomchat_search_fields, conf_search_in_t);

static const conf_field_t  conf_roomchat_upload_fields[] = {
    { .name = conf_string("room_id"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED | CONF_F_LENIENT, .min = 1, .max = CONF_ID_MAX,
      .offset = CONF_AT(conf_upload_in_t, room_id) }
};

const conf_schema_t  conf_roomchat_upload_schema =
    CONF_SCHEMA(conf_roomchat_upload_fields, conf_upload_in_t);

const conf_schema_t  conf_roomchat_avatar_schema = {
    NULL, 0, sizeof(conf_upload_in_t)
};

static const conf_field_t  conf_roomchat_file_fields[] = {
    { .name = conf_string("name"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 1, .max = CONF_FILE_NAME_MAX,
      .offset = CONF_AT(conf_file_in_t, name) }
};

const conf_schema_t  conf_roomchat_file_schema =
    CONF_SCHEMA(conf_roomchat_file_fields, conf_file_in_t);
