
/*
 * meeting, accounts: what the files of this service share.
 */

#ifndef _CONF_MEETING_ACCOUNT_H_INCLUDED_
#define _CONF_MEETING_ACCOUNT_H_INCLUDED_


#include "conf_meeting.h"


extern const conf_schema_t  conf_meeting_register_schema;
extern const conf_schema_t  conf_meeting_login_schema;
extern const conf_schema_t  conf_meeting_refresh_schema;
extern const conf_schema_t  conf_meeting_logout_schema;
extern const conf_schema_t  conf_meeting_forgot_schema;
extern const conf_schema_t  conf_meeting_reset_schema;
extern const conf_schema_t  conf_meeting_profile_schema;
extern const conf_masks_t  conf_meeting_profile_masks;
extern const conf_schema_t  conf_meeting_password_schema;
extern const conf_schema_t  conf_meeting_close_schema;
extern const conf_schema_t  conf_meeting_avatar_schema;
extern const conf_schema_t  conf_meeting_file_schema;

extern const conf_str_t  conf_meeting_user_states[CONF_USER_DELETED + 1];
extern const conf_str_t  conf_meeting_user_roles[CONF_USER_ADMIN + 1];

/* A user, under the document's names and under those that clients read. */

#define CONF_MEETING_USER(at)                                                 \
    { .name = conf_string("user_id"), .kind = CONF_V_U64,                     \
      .offset = (at) + CONF_AT(conf_user_t, id) },                            \
    { .name = conf_string("id"), .kind = CONF_V_U64,                          \
      .offset = (at) + CONF_AT(conf_user_t, id) },                            \
    { .name = conf_string("username"), .kind = CONF_V_STR,                    \
      .offset = (at) + CONF_AT(conf_user_t, name) },                          \
    { .name = conf_string("email"), .kind = CONF_V_STR,                       \
      .offset = (at) + CONF_AT(conf_user_t, email) },                         \
    { .name = conf_string("nickname"), .kind = CONF_V_STR,                    \
      .offset = (at) + CONF_AT(conf_user_t, nickname) },                      \
    { .name = conf_string("avatar_url"), .kind = CONF_V_STR,                  \
      .offset = (at) + CONF_AT(conf_user_t, avatar) },                        \
    { .name = conf_string("avatar"), .kind = CONF_V_STR,                      \
      .offset = (at) + CONF_AT(conf_user_t, avatar) },                        \
    { .name = conf_string("status"), .kind = CONF_V_ENUM,                     \
      .offset = (at) + CONF_AT(conf_user_t, status),                          \
      .names = conf_meeting_user_states,                                      \
      .nnames = CONF_USER_DELETED + 1 },                                      \
    { .name = conf_string("created_at"), .kind = CONF_V_TIME_UTC,             \
      .offset = (at) + CONF_AT(conf_user_t, created_ms) },                    \
    { .name = conf_string("updated_at"), .kind = CONF_V_TIME_UTC,             \
      .offset = (at) + CONF_AT(conf_user_t, updated_ms) }

/* What the user and admins see besides. */

#define CONF_MEETING_USER_OWN(at)                                             \
    { .name = conf_string("phone"), .kind = CONF_V_STR,                       \
      .offset = (at) + CONF_AT(conf_user_t, phone) },                         \
    { .name = conf_string("role"), .kind = CONF_V_ENUM,                       \
      .offset = (at) + CONF_AT(conf_user_t, role),                            \
      .names = conf_meeting_user_roles, .nnames = CONF_USER_ADMIN + 1 },      \
    { .name = conf_string("last_login"), .kind = CONF_V_TIME_UTC,             \
      .offset = (at) + CONF_AT(conf_user_t, last_login_ms) }

extern const conf_view_t  conf_meeting_account_view;
extern const conf_view_t  conf_meeting_profile_view;
extern const conf_view_t  conf_meeting_login_view;
extern const conf_view_t  conf_meeting_csrf_view;
extern const conf_view_t  conf_meeting_avatar_view;


#endif /* _CONF_MEETING_ACCOUNT_H_INCLUDED_ */
