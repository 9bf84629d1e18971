
#include "confd_record.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>


static conf_rc_t confd_login_find(confd_op_ctx_t *ctx, conf_str_t name,
    uint64_t *id);
static conf_rc_t confd_login_new(confd_op_ctx_t *ctx, int64_t ttl_ms,
    conf_login_t *out);
static conf_rc_t confd_login_room(confd_op_ctx_t *ctx, uint64_t user_id);
static conf_rc_t confd_login_secret(confd_op_ctx_t *ctx,
    conf_store_login_t *login, conf_login_t *out);
static conf_rc_t confd_login_store(confd_op_ctx_t *ctx, uint64_t user_id,
    uint64_t sid, const conf_store_login_t *login);
static conf_rc_t confd_login_end(confd_op_ctx_t *ctx, conf_user_t *user,
    uint64_t sid);


void
confd_digest(conf_str_t bytes, uint8_t digest[CONFD_DIGEST_LEN])
{
    (void) SHA256(bytes.data, bytes.len, digest);
}


bool
confd_digest_of(conf_str_t bytes, conf_str_t digest)
{
    uint8_t  of[CONFD_DIGEST_LEN];

    confd_digest(bytes, of);

    return digest.len == CONFD_DIGEST_LEN
           && CRYPTO_memcmp(of, digest.data, CONFD_DIGEST_LEN) == 0;
}


/* Who has an address and who has it for a name: the address is whose it is. */

static conf_rc_t
confd_login_find(confd_op_ctx_t *ctx, conf_str_t name, uint64_t *id)
{
    conf_rc_t  rc;

    rc = confd_user_email(ctx, name, id);

    return rc == CONF_E_USER_ABSENT ? confd_user_name(ctx, name, id) : rc;
}


conf_rc_t
confd_op_login_open_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_login_open_t *in = data;

    return confd_account_verify(ctx, store, confd_login_find, in->name,
                                in->password);
}


conf_rc_t
confd_op_login_open(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_login_open_t  *in = data;
    conf_login_t             *out = reply;

    conf_rc_t  rc;

    rc = confd_account_verified(ctx, confd_login_find, in->name, &out->user);

    if (rc == CONF_OK) {
        rc = confd_login_new(ctx, in->ttl_ms, out);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    out->user.last_login_ms = ctx->now_ms;

    return confd_user_store(ctx, &out->user);
}


conf_rc_t
confd_op_login_password_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_login_password_t *in = data;

    return confd_op_user_password_hash(ctx, store, &in->change);
}


conf_rc_t
confd_op_login_password(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_login_password_t  *in = data;
    conf_login_t                 *out = reply;

    conf_rc_t  rc;

    rc = confd_op_user_password(ctx, &in->change, &out->user);

    return rc == CONF_OK ? confd_login_new(ctx, in->ttl_ms, out) : rc;
}


/* A login of a user who has shown who he is. */

static conf_rc_t
confd_login_new(confd_op_ctx_t *ctx, int64_t ttl_ms, conf_login_t *out)
{
    conf_rc_t           rc;
    conf_store_login_t  login;

    rc = confd_random(&out->sid, sizeof(out->sid));
    if (rc != CONF_OK) {
        return rc;
    }

    /* Tokens carry it as a number of 63 bits. */

    out->sid = (out->sid & INT64_MAX) | 1;

    memset(&login, 0, sizeof(conf_store_login_t));
    login.created_ms = ctx->now_ms;
    login.used_ms = ctx->now_ms;
    login.expires_ms = ctx->now_ms + ttl_ms;

    rc = confd_login_secret(ctx, &login, out);

    if (rc == CONF_OK) {
        rc = confd_login_room(ctx, out->user.id);
    }

    return rc == CONF_OK
           ? confd_login_store(ctx, out->user.id, out->sid, &login) : rc;
}


/*
 * A stolen secret ends the login: that is a change, so no error.  An access
 * token goes on with its login, one that is of none begins with one.
 */

conf_rc_t
confd_op_login_refresh(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_login_key_t  *in = data;
    conf_login_t            *out = reply;

    conf_rc_t           rc;
    confd_key_t         key;
    conf_store_login_t  login;

    rc = confd_user_actor(ctx, in->user_id, &out->user);
    if (rc != CONF_OK) {
        return rc == CONF_E_USER_ABSENT ? CONF_E_TOKEN_INVALID : rc;
    }

    if (in->secret.len == 0) {
        if (in->version != out->user.version) {
            return CONF_E_TOKEN_REVOKED;
        }

        if (in->sid == 0) {
            return confd_login_new(ctx, in->ttl_ms, out);
        }
    }

    rc = confd_record_get(ctx, CONFD_SPACE_LOGIN,
                          confd_record_key2(&key, in->user_id, in->sid),
                          &conf_proto_store_login, &login);
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_E_TOKEN_INVALID : rc;
    }

    if (in->secret.len != 0 && !confd_digest_of(in->secret, login.hash)) {
        out->reused = true;

        return confd_login_end(ctx, &out->user, in->sid);
    }

    if (login.expires_ms <= ctx->now_ms) {
        return CONF_E_TOKEN_EXPIRED;
    }

    out->sid = in->sid;
    login.used_ms = ctx->now_ms;
    login.expires_ms = ctx->now_ms + in->ttl_ms;

    rc = confd_login_secret(ctx, &login, out);
    if (rc != CONF_OK) {
        return rc;
    }

    return confd_login_store(ctx, in->user_id, in->sid, &login);
}


conf_rc_t
confd_op_login_close(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_login_close_t *in = data;

    conf_rc_t    rc;
    conf_user_t  user;

    rc = confd_user_live(ctx, in->user_id, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    if (in->sid != 0 && !in->all) {
        return confd_login_end(ctx, &user, in->sid);
    }

    user.version++;

    rc = confd_login_end_all(ctx, &user);

    return rc == CONF_OK ? confd_user_store(ctx, &user) : rc;
}


conf_rc_t
confd_login_end_all(confd_op_ctx_t *ctx, conf_user_t *user)
{
    size_t        i;
    uint64_t     *sid;
    conf_rc_t     rc;
    conf_list_t   ids;
    confd_key_t   key;

    user->revoked.items = NULL;
    user->revoked.n = 0;

    rc = confd_record_ids(ctx, CONFD_SPACE_LOGIN, user->id, 0, SIZE_MAX,
                          &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    sid = ids.items;

    for (i = 0; i < ids.n; i++) {
        rc = confd_record_del(ctx, CONFD_SPACE_LOGIN,
                              confd_record_key2(&key, user->id, sid[i]));
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/*
 * One login, whose access tokens are no longer good.  Too many to remember:
 * then all of them die once, and the logins that are left go on.
 */

static conf_rc_t
confd_login_end(confd_op_ctx_t *ctx, conf_user_t *user, uint64_t sid)
{
    size_t        i, n;
    uint64_t     *revoked, *old;
    conf_rc_t     rc;
    confd_key_t   key;

    rc = ctx->driver->del(ctx->txn, CONFD_SPACE_LOGIN,
                          confd_record_key2(&key, user->id, sid));
    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    n = user->revoked.n;
    old = user->revoked.items;

    for (i = 0; i < n; i++) {
        if (old[i] == sid) {
            return CONF_OK;
        }
    }

    if (n >= CONF_REVOKED_MAX) {
        user->version++;
        user->revoked.items = NULL;
        user->revoked.n = 0;

        return confd_user_store(ctx, user);
    }

    revoked = conf_arena_alloc(ctx->arena, (n + 1) * sizeof(uint64_t));
    if (revoked == NULL) {
        return CONF_E_NOMEM;
    }

    if (n != 0) {
        memcpy(revoked, old, n * sizeof(uint64_t));
    }

    revoked[n] = sid;
    user->revoked.items = revoked;
    user->revoked.n = n + 1;

    return confd_user_store(ctx, user);
}


/* Those that have expired go, and the oldest one when there are too many. */

static conf_rc_t
confd_login_room(confd_op_ctx_t *ctx, uint64_t user_id)
{
    size_t               i, left;
    int64_t              oldest_ms;
    uint64_t            *sid, oldest;
    conf_rc_t            rc;
    conf_list_t          ids;
    confd_key_t          key;
    conf_store_login_t   login;

    rc = confd_record_ids(ctx, CONFD_SPACE_LOGIN, user_id, 0, SIZE_MAX, &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    sid = ids.items;
    left = ids.n;
    oldest = 0;
    oldest_ms = INT64_MAX;

    for (i = 0; i < ids.n; i++) {
        rc = confd_record_get(ctx, CONFD_SPACE_LOGIN,
                              confd_record_key2(&key, user_id, sid[i]),
                              &conf_proto_store_login, &login);

        if (rc == CONF_OK && login.expires_ms <= ctx->now_ms) {
            rc = confd_record_del(ctx, CONFD_SPACE_LOGIN,
                                  confd_record_key2(&key, user_id, sid[i]));
            left--;

        } else if (login.used_ms < oldest_ms) {
            oldest = sid[i];
            oldest_ms = login.used_ms;
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    if (left < CONF_LOGINS_MAX) {
        return CONF_OK;
    }

    return confd_record_del(ctx, CONFD_SPACE_LOGIN,
                            confd_record_key2(&key, user_id, oldest));
}


/* A new secret for the client; its hash for the store. */

static conf_rc_t
confd_login_secret(confd_op_ctx_t *ctx, conf_store_login_t *login,
    conf_login_t *out)
{
    uint8_t    *secret, *digest;
    conf_rc_t   rc;

    secret = conf_arena_alloc(ctx->arena, CONF_LOGIN_SECRET);
    digest = conf_arena_alloc(ctx->arena, CONFD_DIGEST_LEN);

    if (secret == NULL || digest == NULL) {
        return CONF_E_NOMEM;
    }

    rc = confd_random(secret, CONF_LOGIN_SECRET);
    if (rc != CONF_OK) {
        return rc;
    }

    out->secret.data = secret;
    out->secret.len = CONF_LOGIN_SECRET;

    confd_digest(out->secret, digest);
    login->hash.data = digest;
    login->hash.len = CONFD_DIGEST_LEN;

    return CONF_OK;
}


static conf_rc_t
confd_login_store(confd_op_ctx_t *ctx, uint64_t user_id, uint64_t sid,
    const conf_store_login_t *login)
{
    confd_key_t  key;

    return confd_record_put(ctx, CONFD_SPACE_LOGIN,
                            confd_record_key2(&key, user_id, sid),
                            &conf_proto_store_login, login);
}
