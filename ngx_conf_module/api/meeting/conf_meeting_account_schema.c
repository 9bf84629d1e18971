
/* meeting, accounts: what comes in (spec/meeting.md section 2). */

#include "conf_meeting_account.h"


static const conf_field_t  conf_meeting_register_fields[] = {
    { .name = conf_string("username"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED | CONF_F_TRIM | CONF_F_WORD,
      .min = 3, .max = 50, .offset = CONF_AT(conf_register_in_t, name) },
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED | CONF_F_TRIM | CONF_F_EMAIL,
      .min = 3, .max = 100, .offset = CONF_AT(conf_register_in_t, email) },
    { .name = conf_string("password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 6, .max = 100,
      .offset = CONF_AT(conf_register_in_t, password) },
    { .name = conf_string("nickname"), .aliases = "full_name",
      .type = CONF_T_STR, .flags = CONF_F_TRIM, .max = 50,
      .offset = CONF_AT(conf_register_in_t, nickname) },
    { .name = conf_string("phone"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 20,
      .offset = CONF_AT(conf_register_in_t, phone) }
};

const conf_schema_t  conf_meeting_register_schema =
    CONF_SCHEMA(conf_meeting_register_fields, conf_register_in_t);

/* No limits here: what is too short to be right is simply wrong. */

static const conf_field_t  conf_meeting_login_fields[] = {
    { .name = conf_string("username"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_register_in_t, name) },
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_register_in_t, email) },
    { .name = conf_string("password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .max = 200,
      .offset = CONF_AT(conf_register_in_t, password) }
};

const conf_schema_t  conf_meeting_login_schema =
    CONF_SCHEMA(conf_meeting_login_fields, conf_register_in_t);

static const conf_field_t  conf_meeting_refresh_fields[] = {
    { .name = conf_string("refresh_token"), .aliases = "token",
      .type = CONF_T_STR, .max = 4096,
      .offset = CONF_AT(conf_refresh_in_t, refresh) }
};

const conf_schema_t  conf_meeting_refresh_schema =
    CONF_SCHEMA(conf_meeting_refresh_fields, conf_refresh_in_t);

static const conf_field_t  conf_meeting_logout_fields[] = {
    { .name = conf_string("all"), .type = CONF_T_BOOL,
      .offset = CONF_AT(conf_refresh_in_t, all) }
};

const conf_schema_t  conf_meeting_logout_schema =
    CONF_SCHEMA(conf_meeting_logout_fields, conf_refresh_in_t);

static const conf_field_t  conf_meeting_forgot_fields[] = {
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED | CONF_F_TRIM | CONF_F_EMAIL,
      .min = 3, .max = 100, .offset = CONF_AT(conf_reset_in_t, email) }
};

const conf_schema_t  conf_meeting_forgot_schema =
    CONF_SCHEMA(conf_meeting_forgot_fields, conf_reset_in_t);

static const conf_field_t  conf_meeting_reset_fields[] = {
    { .name = conf_string("token"), .aliases = "code",
      .type = CONF_T_STR, .flags = CONF_F_REQUIRED | CONF_F_TRIM, .max = 200,
      .offset = CONF_AT(conf_reset_in_t, token) },
    { .name = conf_string("new_password"), .aliases = "password",
      .type = CONF_T_STR, .flags = CONF_F_REQUIRED, .min = 6, .max = 100,
      .offset = CONF_AT(conf_reset_in_t, password) },
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM | CONF_F_EMAIL, .max = 100,
      .offset = CONF_AT(conf_reset_in_t, email) }
};

const conf_schema_t  conf_meeting_reset_schema =
    CONF_SCHEMA(conf_meeting_reset_fields, conf_reset_in_t);

/* What is absent stays; what is empty is cleared. */

#define CONF_MEETING_UPDATE_AT(member)                                        \
    (CONF_AT(conf_user_update_in_t, update)                                   \
     + CONF_AT(conf_user_update_t, member))

static const conf_field_t  conf_meeting_profile_fields[] = {
    { .name = conf_string("nickname"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 50,
      .offset = CONF_MEETING_UPDATE_AT(nickname) },
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM | CONF_F_EMAIL, .min = 3, .max = 100,
      .offset = CONF_MEETING_UPDATE_AT(email) },
    { .name = conf_string("avatar_url"), .aliases = "avatar",
      .type = CONF_T_STR, .flags = CONF_F_TRIM | CONF_F_URL, .max = 255,
      .offset = CONF_MEETING_UPDATE_AT(avatar) },
    { .name = conf_string("phone"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 20,
      .offset = CONF_MEETING_UPDATE_AT(phone) }
};

const conf_schema_t  conf_meeting_profile_schema =
    CONF_SCHEMA(conf_meeting_profile_fields, conf_user_update_in_t);

static const uint64_t  conf_meeting_profile_bits[] = {
    CONF_UPDATE_NICKNAME, CONF_UPDATE_EMAIL, CONF_UPDATE_AVATAR,
    CONF_UPDATE_PHONE
};

_Static_assert(conf_nelts(conf_meeting_profile_bits)
               == conf_nelts(conf_meeting_profile_fields),
               "one bit a field");

const conf_masks_t  conf_meeting_profile_masks = {
    conf_meeting_profile_bits, conf_nelts(conf_meeting_profile_bits)
};

static const conf_field_t  conf_meeting_password_fields[] = {
    { .name = conf_string("old_password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .max = 200,
      .offset = CONF_AT(conf_password_in_t, old_password) },
    { .name = conf_string("new_password"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 6, .max = 100,
      .offset = CONF_AT(conf_password_in_t, new_password) }
};

const conf_schema_t  conf_meeting_password_schema =
    CONF_SCHEMA(conf_meeting_password_fields, conf_password_in_t);

static const conf_field_t  conf_meeting_close_fields[] = {
    { .name = conf_string("password"), .type = CONF_T_STR, .max = 200,
      .offset = CONF_AT(conf_password_in_t, old_password) }
};

const conf_schema_t  conf_meeting_close_schema =
    CONF_SCHEMA(conf_meeting_close_fields, conf_password_in_t);

const conf_schema_t  conf_meeting_avatar_schema = {
    NULL, 0, sizeof(conf_upload_in_t)
};

static const conf_field_t  conf_meeting_file_fields[] = {
    { .name = conf_string("name"), .type = CONF_T_STR,
      .flags = CONF_F_REQUIRED, .min = 1, .max = CONF_FILE_NAME_MAX,
      .offset = CONF_AT(conf_file_in_t, name) }
};

const conf_schema_t  conf_meeting_file_schema =
    CONF_SCHEMA(conf_meeting_file_fields, conf_file_in_t);
