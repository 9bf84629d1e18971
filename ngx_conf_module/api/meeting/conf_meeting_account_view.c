
/* meeting, accounts: what goes out (spec/meeting.md sections 1.7 and 2). */

#include "conf_meeting_account.h"


const conf_str_t  conf_meeting_user_states[CONF_USER_DELETED + 1] = {
    conf_string("active"), conf_string("banned"), conf_string("deleted")
};

const conf_str_t  conf_meeting_user_roles[CONF_USER_ADMIN + 1] = {
    conf_string("user"), conf_string("admin")
};

static const conf_view_row_t  conf_meeting_user_rows[] = {
    CONF_MEETING_USER(0)
};

static const conf_view_t  conf_meeting_user_view =
    CONF_VIEW(conf_meeting_user_rows, conf_user_t);

/* Some clients look for it one level deeper. */

static const conf_view_row_t  conf_meeting_account_rows[] = {
    CONF_MEETING_USER(0),
    { .name = conf_string("user"), .kind = CONF_V_OBJECT,
      .sub = &conf_meeting_user_view }
};

const conf_view_t  conf_meeting_account_view =
    CONF_VIEW(conf_meeting_account_rows, conf_user_t);

static const conf_view_row_t  conf_meeting_profile_rows[] = {
    CONF_MEETING_USER(0),
    CONF_MEETING_USER_OWN(0)
};

const conf_view_t  conf_meeting_profile_view =
    CONF_VIEW(conf_meeting_profile_rows, conf_user_t);

#define CONF_MEETING_TOKENS                                                   \
    { .name = conf_string("token"), .kind = CONF_V_STR,                       \
      .offset = CONF_AT(conf_login_out_t, token) },                           \
    { .name = conf_string("access_token"), .kind = CONF_V_STR,                \
      .offset = CONF_AT(conf_login_out_t, token) },                           \
    { .name = conf_string("refresh_token"), .kind = CONF_V_STR,               \
      .offset = CONF_AT(conf_login_out_t, refresh) },                         \
    { .name = conf_string("token_type"), .kind = CONF_V_LITERAL,              \
      .literal = conf_string("\"Bearer\"") },                                 \
    { .name = conf_string("expires_in"), .kind = CONF_V_I64,                  \
      .offset = CONF_AT(conf_login_out_t, expires_s) }

static const conf_view_row_t  conf_meeting_login_rows[] = {
    CONF_MEETING_TOKENS,
    { .name = conf_string("user"), .kind = CONF_V_OBJECT,
      .offset = CONF_AT(conf_login_out_t, user),
      .sub = &conf_meeting_profile_view }
};

const conf_view_t  conf_meeting_login_view =
    CONF_VIEW(conf_meeting_login_rows, conf_login_out_t);

static const conf_view_row_t  conf_meeting_csrf_rows[] = {
    { .name = conf_string("csrf_token"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_csrf_t, token) }
};

const conf_view_t  conf_meeting_csrf_view =
    CONF_VIEW(conf_meeting_csrf_rows, conf_csrf_t);

static const conf_view_row_t  conf_meeting_avatar_rows[] = {
    { .name = conf_string("avatar_url"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_user_t, avatar) },
    { .name = conf_string("url"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_user_t, avatar) }
};

const conf_view_t  conf_meeting_avatar_view =
    CONF_VIEW(conf_meeting_avatar_rows, conf_user_t);
