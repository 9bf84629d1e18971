
/*
 * meeting: accounts (rows 1 to 10 of the document, and what clients need
 * beside them).
 */

#include "conf_meeting_account.h"


#define CONF_MEETING_AVATAR_MAX  (5 * 1024 * 1024)


static void conf_meeting_login_headers(conf_op_t *op, conf_answer_t *answer);
static void conf_meeting_logout_headers(conf_op_t *op, conf_answer_t *answer);
static void conf_meeting_csrf_headers(conf_op_t *op, conf_answer_t *answer);
static void conf_meeting_cookie(conf_op_t *op, conf_answer_t *answer,
    const char *name, conf_str_t value, int64_t age_s);


static const conf_rate_t  conf_meeting_register_rate =
    { 20, { 5, CONF_MINUTE }, true };
static const conf_rate_t  conf_meeting_login_rate =
    { 21, { 5, CONF_MINUTE }, true };
static const conf_rate_t  conf_meeting_refresh_rate =
    { 22, { 10, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_forgot_rate =
    { 23, { 3, CONF_HOUR }, true };
static const conf_rate_t  conf_meeting_reset_rate =
    { 24, { 5, CONF_HOUR }, true };
static const conf_rate_t  conf_meeting_profile_rate =
    { 25, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_update_rate =
    { 26, { 50, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_password_rate =
    { 27, { 10, CONF_HOUR }, false };
static const conf_rate_t  conf_meeting_avatar_rate =
    { 28, { 10, CONF_HOUR }, false };
static const conf_rate_t  conf_meeting_account_rate =
    { 29, { 1, CONF_DAY }, false };
static const conf_rate_t  conf_meeting_logout_rate =
    { 30, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_picture_rate =
    { 31, { 1200, CONF_MINUTE }, true };


static const conf_error_row_t  conf_meeting_login_errors[] = {
    CONF_MEETING_ERR(USER_BANNED, 403, 403, "account banned"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_refresh_errors[] = {
    CONF_MEETING_ERR(USER_BANNED, 401, 401, "account banned"),
    CONF_MEETING_SAY(TOKEN_INVALID, "Invalid token: unknown refresh token"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_change_errors[] = {
    CONF_MEETING_SAY(BAD_PASSWORD, "Old password is wrong"),
    CONF_MEETING_END
};

static const conf_error_row_t  conf_meeting_avatar_errors[] = {
    CONF_MEETING_ERR(TOO_LARGE, 400, 3001, "Avatar is larger than 5 MB"),
    CONF_MEETING_ERR(FILE_TYPE, 400, 3001,
                     "Avatar must be PNG, JPEG, GIF or WebP"),
    CONF_MEETING_ERR(BAD_REQUEST, 400, 3001, "No file uploaded"),
    CONF_MEETING_ERR(INVALID, 400, 3001, "No file uploaded"),
    CONF_MEETING_END
};

/* A name that cannot be one is of no file. */

static const conf_error_row_t  conf_meeting_picture_errors[] = {
    CONF_MEETING_ERR(INVALID, 404, 3002, "File not found"),
    CONF_MEETING_END
};


#define CONF_MEETING_PASSWORD_ROW(verb_, path_)                               \
    { .method = verb_, .path = path_, .auth = CONF_AUTH_USER,                 \
      .rate = &conf_meeting_password_rate, .body = CONF_BODY_JSON,            \
      .schema = &conf_meeting_password_schema, .verb = conf_login_password,   \
      .view = &conf_meeting_login_view,                                       \
      .headers = conf_meeting_login_headers,                                  \
      .text = conf_string("Password changed successfully"),                   \
      .errors = conf_meeting_change_errors,                                   \
      .summary = "Change the password; all tokens end" }

static const conf_row_t  conf_meeting_account_rows[] = {

    { .method = CONF_M_POST, .path = "/api/v1/auth/register",
      .rate = &conf_meeting_register_rate, .body = CONF_BODY_JSON,
      .schema = &conf_meeting_register_schema, .verb = conf_user_register,
      .view = &conf_meeting_account_view,
      .text = conf_string("User registered successfully"),
      .summary = "Register a user" },

    { .method = CONF_M_POST, .path = "/api/v1/auth/login",
      .rate = &conf_meeting_login_rate, .body = CONF_BODY_JSON,
      .schema = &conf_meeting_login_schema, .verb = conf_login_open,
      .view = &conf_meeting_login_view,
      .text = conf_string("Login successful"),
      .errors = conf_meeting_login_errors,
      .headers = conf_meeting_login_headers,
      .summary = "Log in by name or address: tokens and a cookie" },

    { .method = CONF_M_POST, .path = "/api/v1/auth/refresh",
      .auth = CONF_AUTH_OPTIONAL, .rate = &conf_meeting_refresh_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_refresh_schema,
      .verb = conf_login_refresh,
      .view = &conf_meeting_login_view,
      .text = conf_string("Token refreshed successfully"),
      .errors = conf_meeting_refresh_errors,
      .headers = conf_meeting_login_headers,
      .summary = "New tokens for a refresh token, which ends" },

    { .method = CONF_M_POST, .path = "/api/v1/auth/logout",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_logout_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_logout_schema,
      .verb = conf_login_close, .text = conf_string("Logout successful"),
      .headers = conf_meeting_logout_headers,
      .summary = "End this login, or all" },

    { .method = CONF_M_POST, .path = "/api/v1/auth/forgot-password",
      .rate = &conf_meeting_forgot_rate, .body = CONF_BODY_JSON,
      .schema = &conf_meeting_forgot_schema, .verb = conf_reset_begin,
      .text = conf_string("Password reset email sent"),
      .summary = "Mail a token for a new password" },

    { .method = CONF_M_POST, .path = "/api/v1/auth/reset-password",
      .rate = &conf_meeting_reset_rate, .body = CONF_BODY_JSON,
      .schema = &conf_meeting_reset_schema, .verb = conf_reset_end,
      .text = conf_string("Password reset successfully"),
      .summary = "Set a new password; all tokens end" },

    { .method = CONF_M_GET, .path = "/api/v1/users/profile",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_profile_rate,
      .verb = conf_user_get, .view = &conf_meeting_profile_view,
      .summary = "The caller" },

    { .method = CONF_M_PUT, .path = "/api/v1/users/profile",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_update_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_profile_schema,
      .verb = conf_user_update, .view = &conf_meeting_profile_view,
      .text = conf_string("Profile updated successfully"),
      .fixed = &conf_meeting_profile_masks,
      .summary = "Change the caller's profile" },

    CONF_MEETING_PASSWORD_ROW(CONF_M_POST, "/api/v1/users/change-password"),
    CONF_MEETING_PASSWORD_ROW(CONF_M_PUT, "/api/v1/users/password"),

    { .method = CONF_M_POST, .path = "/api/v1/users/upload-avatar",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_avatar_rate,
      .body = CONF_BODY_UPLOAD, .body_max = CONF_MEETING_AVATAR_MAX,
      .schema = &conf_meeting_avatar_schema, .verb = conf_avatar_set,
      .view = &conf_meeting_avatar_view,
      .text = conf_string("Avatar uploaded successfully"),
      .fixed = "/api/v1/media/download/",
      .errors = conf_meeting_avatar_errors,
      .summary = "Upload an avatar (multipart: file)" },

    { .method = CONF_M_DELETE, .path = "/api/v1/users/account",
      .auth = CONF_AUTH_USER, .rate = &conf_meeting_account_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_close_schema,
      .verb = conf_user_close,
      .text = conf_string("Account deleted successfully"),
      .headers = conf_meeting_logout_headers,
      .summary = "Delete the caller's account" },

    { .method = CONF_M_GET, .path = "/api/v1/media/download/:name",
      .rate = &conf_meeting_picture_rate, .body = CONF_BODY_FILE,
      .schema = &conf_meeting_file_schema, .verb = conf_file_get,
      .errors = conf_meeting_picture_errors, .summary = "An avatar" },

    { .method = CONF_M_GET, .path = "/api/v1/csrf-token",
      .rate = &conf_meeting_common_rate, .verb = conf_csrf_issue,
      .view = &conf_meeting_csrf_view, .headers = conf_meeting_csrf_headers,
      .summary = "A token for changes that a cookie authorizes" }
};

const conf_rows_t  conf_meeting_account_group = {
    conf_meeting_account_rows, conf_nelts(conf_meeting_account_rows)
};


static void
conf_meeting_login_headers(conf_op_t *op, conf_answer_t *answer)
{
    const conf_login_out_t  *login = op->reply;

    conf_meeting_cookie(op, answer, "access_token", login->token,
                        login->expires_s);
}


static void
conf_meeting_logout_headers(conf_op_t *op, conf_answer_t *answer)
{
    conf_meeting_cookie(op, answer, "access_token", conf_str(""), 0);
}


static void
conf_meeting_csrf_headers(conf_op_t *op, conf_answer_t *answer)
{
    const conf_csrf_t  *csrf = op->reply;

    conf_meeting_cookie(op, answer, "csrf_token", csrf->nonce,
                        CONF_DAY / 1000);

    answer->headers[answer->nheaders].name = "X-CSRF-Token";
    answer->headers[answer->nheaders].value = csrf->token;
    answer->nheaders++;
}


/* RFC 6265; SameSite: a page of another site has nothing of it. */

static void
conf_meeting_cookie(conf_op_t *op, conf_answer_t *answer, const char *name,
    conf_str_t value, int64_t age_s)
{
    conf_buf_t  buf;
    conf_str_t  header;

    conf_buf_init(&buf, 0);
    conf_buf_add(&buf, name, strlen(name));
    conf_buf_byte(&buf, '=');
    conf_buf_str(&buf, value);
    conf_buf_lit(&buf, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
    conf_buf_i64(&buf, age_s);

    if (op->secure) {
        conf_buf_lit(&buf, "; Secure");
    }

    if (conf_buf_ok(&buf) == CONF_OK
        && conf_arena_str(op->arena, &header,
                          (conf_str_t) { buf.len, buf.data }) == CONF_OK)
    {
        answer->headers[answer->nheaders].name = "Set-Cookie";
        answer->headers[answer->nheaders].value = header;
        answer->nheaders++;
    }

    conf_buf_free(&buf);
}
