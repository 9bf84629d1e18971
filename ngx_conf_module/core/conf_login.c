
/*
 * Logins: what opens, goes on with and ends them; new passwords for who has
 * lost one; the token that a page proves itself with.
 *
 * A refresh token is "<user><login><secret>" and a token for a new password
 * "<user><secret>", in hexadecimal, numbers of 16 digits.
 */

#include "conf_verb.h"
#include "conf_jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>


#define CONF_HEX_ID        16
#define CONF_REFRESH_LEN   (2 * CONF_HEX_ID + 2 * CONF_LOGIN_SECRET)
#define CONF_RESET_LEN     (CONF_HEX_ID + 2 * CONF_RESET_SECRET)
#define CONF_CSRF_BYTES    32

/* Numbers of rate classes that no row has. */

#define CONF_RATE_ACCOUNT  1000


static conf_rc_t conf_login_opened(conf_op_t *op, const void *reply);
static void conf_login_answered(conf_op_t *op, conf_rc_t rc);
static conf_rc_t conf_login_asker(conf_op_t *op, conf_str_t token,
    conf_auth_t *auth);
static conf_rc_t conf_login_refreshed(conf_op_t *op, const void *reply);
static conf_rc_t conf_login_out(conf_op_t *op, const conf_login_t *login);
static conf_rc_t conf_login_closed(conf_op_t *op, const void *reply);
static conf_rc_t conf_reset_begun(conf_op_t *op, const void *reply);
static conf_rc_t conf_reset_ended(conf_op_t *op, const void *reply);
static conf_str_t conf_login_name(const conf_register_in_t *input);
static uint64_t conf_login_account(const conf_register_in_t *input);
static void conf_hex_write(uint8_t *dst, conf_str_t bytes);
static void conf_hex_write_u64(uint8_t *dst, uint64_t n);
static bool conf_hex_read(conf_str_t text, uint8_t *dst, size_t len);
static uint64_t conf_hex_u64(const uint8_t *bytes);
static bool conf_csrf_token(const conf_settings_t *set, conf_str_t nonce,
    uint8_t token[CONF_CSRF_TEXT]);
static void conf_base64url(const uint8_t bytes[CONF_CSRF_BYTES],
    uint8_t text[CONF_CSRF_TEXT]);


static const conf_limit_rate_t  conf_login_failures = { 10, 15 * 60 * 1000 };


conf_rc_t
conf_login_open(conf_op_t *op, const void *in)
{
    conf_rc_t                  rc;
    conf_login_open_t          request;
    const conf_register_in_t  *input = in;

    if (conf_login_name(input).len == 0) {
        return conf_op_invalid(op, "username", "required");
    }

    rc = conf_login_guard(op);
    if (rc != CONF_OK) {
        return rc;
    }

    request.name = conf_login_name(input);
    request.password = input->password;
    request.ttl_ms = op->settings->refresh_ms;

    return conf_op_call(op, CONF_OP_LOGIN_OPEN, &request, conf_login_opened);
}


static conf_rc_t
conf_login_opened(conf_op_t *op, const void *reply)
{
    return conf_login_out(op, reply);
}


/*
 * Each try takes one from the account's bucket; one that has not failed for
 * its password gives it back.  The name is hashed as it is typed but for
 * case, so that what is counted does not tell whether there is such a user.
 */

conf_rc_t
conf_login_guard(conf_op_t *op)
{
    conf_rc_t                  rc;
    conf_limit_t               limit;
    conf_limit_rate_t          rate;
    const conf_register_in_t  *input = op->in;

    if (!op->settings->rate_limit) {
        return CONF_OK;
    }

    rate = conf_login_failures;
    rate.count = conf_op_scaled(rate.count, op->settings->rate_scale);

    rc = conf_limit(&op->env->shm, CONF_RATE_ACCOUNT,
                    conf_login_account(input), &rate, &limit);

    if (rc != CONF_OK) {
        op->rate = rate;
        op->limit = limit;

        return conf_op_fail(op, rc);
    }

    op->answered = conf_login_answered;

    return CONF_OK;
}


static void
conf_login_answered(conf_op_t *op, conf_rc_t rc)
{
    if (rc != CONF_E_BAD_LOGIN) {
        conf_limit_back(&op->env->shm, CONF_RATE_ACCOUNT,
                        conf_login_account(op->in));
    }
}


conf_rc_t
conf_login_password(conf_op_t *op, const void *in)
{
    conf_rc_t                  rc;
    conf_login_password_t      request;
    const conf_password_in_t  *input = in;

    rc = conf_password_check(op, "new_password", input->new_password);
    if (rc != CONF_OK) {
        return rc;
    }

    request.change.id = op->auth.user_id;
    request.change.old_password = input->old_password;
    request.change.new_password = input->new_password;
    request.ttl_ms = op->settings->refresh_ms;

    return conf_op_call(op, CONF_OP_LOGIN_PASSWORD, &request,
                        conf_login_refreshed);
}


/* Old clients refresh by the access token itself: a JWT has dots. */

conf_rc_t
conf_login_refresh(conf_op_t *op, const void *in)
{
    uint8_t                   bytes[CONF_REFRESH_LEN / 2];
    conf_rc_t                 rc;
    conf_auth_t               auth;
    conf_login_key_t          request;
    const conf_refresh_in_t  *input = in;

    memset(&request, 0, sizeof(conf_login_key_t));
    request.ttl_ms = op->settings->refresh_ms;

    if (conf_hex_read(input->refresh, bytes, sizeof(bytes))) {
        request.user_id = conf_hex_u64(bytes);
        request.sid = conf_hex_u64(bytes + 8);
        request.secret.data = bytes + 16;
        request.secret.len = CONF_LOGIN_SECRET;

    } else {
        rc = conf_login_asker(op, input->refresh, &auth);
        if (rc != CONF_OK) {
            return conf_op_fail(op, rc);
        }

        request.user_id = auth.user_id;
        request.sid = auth.sid;
        request.version = auth.versioned ? auth.version : 1;
    }

    return conf_op_call(op, CONF_OP_LOGIN_REFRESH, &request,
                        conf_login_refreshed);
}


/* Whose access token it is; an empty one: that of the request. */

static conf_rc_t
conf_login_asker(conf_op_t *op, conf_str_t token, conf_auth_t *auth)
{
    conf_rc_t  rc;

    if (token.len == 0) {
        *auth = op->auth;
        return op->auth_rc;
    }

    if (memchr(token.data, '.', token.len) == NULL) {
        return CONF_E_TOKEN_INVALID;
    }

    rc = conf_jwt_check(op->settings, token, op->env->now_ms(op->env), auth);

    return rc == CONF_OK && auth->ticket ? CONF_E_TOKEN_INVALID : rc;
}


static conf_rc_t
conf_login_refreshed(conf_op_t *op, const void *reply)
{
    const conf_login_t  *login = reply;

    return login->reused ? conf_op_fail(op, CONF_E_TOKEN_REVOKED)
                         : conf_login_out(op, login);
}


/* What the client gets: both tokens. */

static conf_rc_t
conf_login_out(conf_op_t *op, const conf_login_t *login)
{
    uint8_t           *text;
    conf_rc_t          rc;
    conf_jwt_t         jwt;
    conf_login_out_t  *out;

    conf_user_keep(op, &login->user);

    out = conf_arena_calloc(op->arena, sizeof(conf_login_out_t));
    text = conf_arena_alloc(op->arena, CONF_REFRESH_LEN);

    if (out == NULL || text == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_hex_write_u64(text, login->user.id);
    conf_hex_write_u64(text + CONF_HEX_ID, login->sid);
    conf_hex_write(text + 2 * CONF_HEX_ID, login->secret);

    out->refresh.data = text;
    out->refresh.len = CONF_REFRESH_LEN;
    out->user = login->user;
    out->expires_s = op->settings->token_ms / 1000;

    memset(&jwt, 0, sizeof(conf_jwt_t));
    jwt.auth.user_id = login->user.id;
    jwt.auth.version = login->user.version;
    jwt.auth.sid = login->sid;
    jwt.user = &login->user;
    op->env->random(op->env, &jwt.jti, sizeof(jwt.jti));

    rc = conf_jwt_issue(op->arena, op->settings, &jwt,
                        op->env->now_ms(op->env), &out->token);

    return rc == CONF_OK ? conf_op_done(op, out) : conf_op_fail(op, rc);
}


/* A token of no login has only the user's version to end by. */

conf_rc_t
conf_login_close(conf_op_t *op, const void *in)
{
    conf_login_close_t        request;
    const conf_refresh_in_t  *input = in;

    request.user_id = op->auth.user_id;
    request.sid = op->auth.sid;
    request.all = input->all;

    return conf_op_call(op, CONF_OP_LOGIN_CLOSE, &request, conf_login_closed);
}


static conf_rc_t
conf_login_closed(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, NULL);
}


conf_rc_t
conf_reset_begin(conf_op_t *op, const void *in)
{
    conf_reset_begin_t      request;
    const conf_reset_in_t  *input = in;

    request.email = input->email;

    return conf_op_call(op, CONF_OP_RESET_BEGIN, &request, conf_reset_begun);
}


static conf_rc_t
conf_reset_begun(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, NULL);
}


conf_rc_t
conf_reset_end(conf_op_t *op, const void *in)
{
    uint8_t                 bytes[CONF_RESET_LEN / 2];
    conf_rc_t               rc;
    conf_reset_end_t        request;
    const conf_reset_in_t  *input = in;

    if (!conf_hex_read(input->token, bytes, sizeof(bytes))) {
        return conf_op_fail(op, CONF_E_RESET_INVALID);
    }

    rc = conf_password_check(op, "new_password", input->password);
    if (rc != CONF_OK) {
        return rc;
    }

    request.user_id = conf_hex_u64(bytes);
    request.secret.data = bytes + 8;
    request.secret.len = CONF_RESET_SECRET;
    request.email = input->email;
    request.password = input->password;

    return conf_op_call(op, CONF_OP_RESET_END, &request, conf_reset_ended);
}


static conf_rc_t
conf_reset_ended(conf_op_t *op, const void *reply)
{
    conf_user_keep(op, reply);

    return conf_op_done(op, NULL);
}


conf_rc_t
conf_csrf_issue(conf_op_t *op, const void *in)
{
    uint8_t       bytes[CONF_CSRF_BYTES], *nonce, *token;
    conf_csrf_t  *csrf;

    csrf = conf_arena_alloc(op->arena, sizeof(conf_csrf_t));
    nonce = conf_arena_alloc(op->arena, CONF_CSRF_TEXT);
    token = conf_arena_alloc(op->arena, CONF_CSRF_TEXT);

    if (csrf == NULL || nonce == NULL || token == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    op->env->random(op->env, bytes, sizeof(bytes));
    conf_base64url(bytes, nonce);

    csrf->nonce.data = nonce;
    csrf->nonce.len = CONF_CSRF_TEXT;
    csrf->token.data = token;
    csrf->token.len = CONF_CSRF_TEXT;

    if (!conf_csrf_token(op->settings, csrf->nonce, token)) {
        return conf_op_fail(op, CONF_E_INTERNAL);
    }

    return conf_op_done(op, csrf);
}


bool
conf_csrf_good(const conf_settings_t *set, conf_str_t nonce, conf_str_t token)
{
    uint8_t  want[CONF_CSRF_TEXT];

    return nonce.len == CONF_CSRF_TEXT && token.len == CONF_CSRF_TEXT
           && conf_csrf_token(set, nonce, want)
           && CRYPTO_memcmp(want, token.data, CONF_CSRF_TEXT) == 0;
}


/* Nothing is kept: the token is what only the secret makes of the cookie. */

static bool
conf_csrf_token(const conf_settings_t *set, conf_str_t nonce,
    uint8_t token[CONF_CSRF_TEXT])
{
    uint8_t            text[5 + CONF_CSRF_TEXT], mac[EVP_MAX_MD_SIZE];
    unsigned           len;
    static const char  label[] = "csrf:";

    memcpy(text, label, 5);
    memcpy(text + 5, nonce.data, CONF_CSRF_TEXT);

    if (HMAC(EVP_sha256(), set->jwt_secret.data, (int) set->jwt_secret.len,
             text, sizeof(text), mac, &len)
        == NULL
        || len != CONF_CSRF_BYTES)
    {
        return false;
    }

    conf_base64url(mac, token);

    return true;
}


static void
conf_base64url(const uint8_t bytes[CONF_CSRF_BYTES],
    uint8_t text[CONF_CSRF_TEXT])
{
    size_t   i;
    uint8_t  padded[4 * ((CONF_CSRF_BYTES + 2) / 3) + 1];

    (void) EVP_EncodeBlock(padded, bytes, CONF_CSRF_BYTES);

    for (i = 0; i < CONF_CSRF_TEXT; i++) {
        text[i] = padded[i] == '+' ? '-' : padded[i] == '/' ? '_' : padded[i];
    }
}


static conf_str_t
conf_login_name(const conf_register_in_t *input)
{
    return input->name.len != 0 ? input->name : input->email;
}


static uint64_t
conf_login_account(const conf_register_in_t *input)
{
    size_t      i;
    uint8_t     c;
    uint64_t    hash;
    conf_str_t  name;

    name = conf_login_name(input);
    hash = 0xcbf29ce484222325;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];
        c = c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
        hash = (hash ^ c) * 0x100000001b3;
    }

    return hash;
}


static void
conf_hex_write(uint8_t *dst, conf_str_t bytes)
{
    size_t             i;
    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < bytes.len; i++) {
        dst[2 * i] = (uint8_t) digits[bytes.data[i] >> 4];
        dst[2 * i + 1] = (uint8_t) digits[bytes.data[i] & 0x0f];
    }
}


static void
conf_hex_write_u64(uint8_t *dst, uint64_t n)
{
    size_t   i;
    uint8_t  bytes[8];

    for (i = 0; i < 8; i++) {
        bytes[i] = (uint8_t) (n >> (56 - 8 * i));
    }

    conf_hex_write(dst, (conf_str_t) { 8, bytes });
}


static bool
conf_hex_read(conf_str_t text, uint8_t *dst, size_t len)
{
    size_t    i;
    unsigned  n;

    if (text.len != 2 * len) {
        return false;
    }

    for (i = 0; i < len; i++) {
        if (!conf_text_hex(text.data + 2 * i, 2, &n)) {
            return false;
        }

        dst[i] = (uint8_t) n;
    }

    return true;
}


static uint64_t
conf_hex_u64(const uint8_t *bytes)
{
    size_t    i;
    uint64_t  n;

    n = 0;

    for (i = 0; i < 8; i++) {
        n = n << 8 | bytes[i];
    }

    return n;
}
