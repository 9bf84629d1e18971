
#include "confd_record.h"
#include "confd_password.h"

#include <stdio.h>


#define CONFD_RESET_HEX  (2 * (sizeof(uint64_t) + CONF_RESET_SECRET))


static conf_rc_t confd_reset_user(confd_op_ctx_t *ctx,
    const conf_reset_begin_t *in, conf_user_t *user);
static conf_rc_t confd_reset_mail(confd_op_ctx_t *ctx,
    const conf_user_t *user, const uint8_t *secret);
static conf_rc_t confd_reset_check(confd_op_ctx_t *ctx,
    const conf_reset_end_t *in, conf_user_t *user);


/*
 * An address that nobody has costs the same write, so that the time of the
 * answer does not tell: row 0 is for nobody.
 */

conf_rc_t
confd_op_reset_begin(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_reset_begin_t *in = data;

    uint8_t             secret[CONF_RESET_SECRET], digest[CONFD_DIGEST_LEN];
    conf_rc_t           rc;
    conf_user_t         user;
    confd_key_t         key;
    conf_store_reset_t  reset;

    rc = confd_reset_user(ctx, in, &user);

    if (rc != CONF_OK && rc != CONF_E_USER_ABSENT) {
        return rc;
    }

    if (rc == CONF_E_USER_ABSENT) {
        user.id = 0;
    }

    rc = confd_random(secret, CONF_RESET_SECRET);
    if (rc != CONF_OK) {
        return rc;
    }

    confd_digest((conf_str_t) { CONF_RESET_SECRET, secret }, digest);
    reset.hash.data = digest;
    reset.hash.len = CONFD_DIGEST_LEN;
    reset.expires_ms = ctx->now_ms + ctx->conf->mail_reset_ttl_ms;

    rc = confd_record_put(ctx, CONFD_SPACE_RESET,
                          confd_record_key(&key, user.id),
                          &conf_proto_store_reset, &reset);

    if (rc == CONF_OK && user.id != 0) {
        rc = confd_reset_mail(ctx, &user, secret);
    }

    return rc;
}


static conf_rc_t
confd_reset_user(confd_op_ctx_t *ctx, const conf_reset_begin_t *in,
    conf_user_t *user)
{
    uint64_t   id;
    conf_rc_t  rc;

    rc = confd_user_email(ctx, in->email, &id);

    if (rc == CONF_OK) {
        rc = confd_user_actor(ctx, id, user);
    }

    return rc == CONF_E_USER_BANNED ? CONF_E_USER_ABSENT : rc;
}


/* The token is the user's number and the secret, in hexadecimal. */

static conf_rc_t
confd_reset_mail(confd_op_ctx_t *ctx, const conf_user_t *user,
    const uint8_t *secret)
{
    char         token[CONFD_RESET_HEX + 1];
    size_t       i, at;
    conf_rc_t    rc;
    conf_buf_t   buf;
    const char  *url, *mark;

    (void) snprintf(token, sizeof(token), "%016llx",
                    (unsigned long long) user->id);

    for (i = 0; i < CONF_RESET_SECRET; i++) {
        at = 2 * (sizeof(uint64_t) + i);
        (void) snprintf(token + at, sizeof(token) - at, "%02x", secret[i]);
    }

    conf_buf_init(&buf, 0);
    conf_buf_lit(&buf, "Somebody, probably you, has asked for a new password"
                       " for the account\n\"");
    conf_buf_str(&buf, user->name);
    conf_buf_lit(&buf, "\".  It is set with\n\n    ");

    url = ctx->conf->mail_reset_url;
    mark = url == NULL ? NULL : strstr(url, "%TOKEN%");

    if (mark != NULL) {
        conf_buf_add(&buf, url, (size_t) (mark - url));
        url = mark + sizeof("%TOKEN%") - 1;
    }

    conf_buf_add(&buf, token, CONFD_RESET_HEX);

    if (mark != NULL) {
        conf_buf_add(&buf, url, strlen(url));
    }

    conf_buf_lit(&buf, "\n\nwithin ");
    conf_buf_u64(&buf, (uint64_t) (ctx->conf->mail_reset_ttl_ms + 59999)
                       / 60000);
    conf_buf_lit(&buf, " min, once.  Otherwise nothing changes.\n");

    rc = conf_buf_ok(&buf);

    if (rc == CONF_OK) {
        rc = confd_mail_put(ctx, user->email, conf_str("A new password"),
                            (conf_str_t) { buf.len, buf.data });
    }

    conf_buf_free(&buf);

    /* An address that no mail can have gets none, and nobody is told. */

    return rc == CONF_E_INVALID ? CONF_OK : rc;
}


/* What is wrong anyway costs no hash. */

conf_rc_t
confd_op_reset_end_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_reset_end_t *in = data;

    conf_rc_t    rc;
    conf_user_t  user;

    if (in->password.len == 0) {
        return CONF_E_INVALID;
    }

    rc = ctx->driver->begin(store, false, &ctx->txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_reset_check(ctx, in, &user);

    ctx->driver->abort(ctx->txn);
    ctx->txn = NULL;

    return rc == CONF_OK
           ? confd_password_hash(ctx->conf, in->password, ctx->hash) : rc;
}


conf_rc_t
confd_op_reset_end(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_reset_end_t  *in = data;
    conf_user_t             *out = reply;

    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_reset_check(ctx, in, out);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_del(ctx, CONFD_SPACE_RESET,
                          confd_record_key(&key, in->user_id));
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_account_put(ctx, in->user_id);
    if (rc != CONF_OK) {
        return rc;
    }

    out->version++;
    out->updated_ms = ctx->now_ms;

    rc = confd_login_end_all(ctx, out);

    return rc == CONF_OK ? confd_user_store(ctx, out) : rc;
}


static conf_rc_t
confd_reset_check(confd_op_ctx_t *ctx, const conf_reset_end_t *in,
    conf_user_t *user)
{
    uint64_t            id;
    conf_rc_t           rc;
    confd_key_t         key;
    conf_store_reset_t  reset;

    if (in->user_id == 0) {
        return CONF_E_RESET_INVALID;
    }

    rc = confd_record_get(ctx, CONFD_SPACE_RESET,
                          confd_record_key(&key, in->user_id),
                          &conf_proto_store_reset, &reset);

    if (rc == CONF_E_NOT_FOUND
        || (rc == CONF_OK && !confd_digest_of(in->secret, reset.hash)))
    {
        return CONF_E_RESET_INVALID;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (reset.expires_ms <= ctx->now_ms) {
        return CONF_E_RESET_EXPIRED;
    }

    if (in->email.len != 0) {
        rc = confd_user_email(ctx, in->email, &id);

        if (rc == CONF_E_USER_ABSENT || (rc == CONF_OK && id != in->user_id))
        {
            return CONF_E_RESET_INVALID;
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_user_actor(ctx, in->user_id, user);

    return rc == CONF_E_USER_ABSENT ? CONF_E_RESET_INVALID : rc;
}
