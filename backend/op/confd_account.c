
#include "confd_record.h"
#include "confd_password.h"


static conf_rc_t confd_account_check(confd_op_ctx_t *ctx,
    confd_store_t *store, uint64_t id, conf_str_t password);


/*
 * Registering.  The pool looks first whether the name is free, so that a
 * taken one costs no hash; what counts is the same look in the transaction.
 */

conf_rc_t
confd_op_user_register_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_user_register_t *in = data;

    conf_rc_t  rc;

    if (in->name.len == 0 || in->password.len == 0) {
        return CONF_E_INVALID;
    }

    rc = ctx->driver->begin(store, false, &ctx->txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_user_free(ctx, in->name, in->email, 0);

    ctx->driver->abort(ctx->txn);
    ctx->txn = NULL;

    if (rc != CONF_OK) {
        return rc;
    }

    return confd_password_hash(ctx->conf, in->password, ctx->hash);
}


conf_rc_t
confd_op_user_register(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_register_t  *in = data;
    conf_user_t                 *out = reply;

    conf_rc_t  rc;

    rc = confd_user_free(ctx, in->name, in->email, 0);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_random_uuid(&out->uuid);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = ctx->driver->next_id(ctx->txn, CONFD_SPACE_USER, &out->id);
    if (rc != CONF_OK) {
        return rc;
    }

    out->name = in->name;
    out->email = in->email;
    out->nickname = in->nickname;
    out->phone = in->phone;
    out->status = CONF_USER_ACTIVE;
    out->version = 1;
    out->created_ms = ctx->now_ms;
    out->updated_ms = ctx->now_ms;

    rc = confd_user_indexes(ctx, NULL, out);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_account_put(ctx, out->id);
    if (rc != CONF_OK) {
        return rc;
    }

    return confd_user_store(ctx, out);
}


/*
 * Logging in.  Whether a user exists must not show in the time: a hash is
 * made in any case, and a wrong password ends at the same place.
 */

conf_rc_t
confd_account_verify(confd_op_ctx_t *ctx, confd_store_t *store,
    confd_account_find_pt find, conf_str_t name, conf_str_t password)
{
    conf_rc_t    rc;
    conf_str_t   hash = conf_null_string;
    conf_user_t  user;

    rc = ctx->driver->begin(store, false, &ctx->txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = find(ctx, name, &ctx->user_id);

    if (rc == CONF_OK) {
        rc = confd_account_load(ctx, ctx->user_id, &user, &hash);
    }

    ctx->driver->abort(ctx->txn);
    ctx->txn = NULL;

    if (rc == CONF_E_USER_ABSENT) {
        rc = confd_password_dummy(ctx->conf, password);

        return rc == CONF_OK ? CONF_E_BAD_LOGIN : rc;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    ctx->version = user.version;

    rc = confd_password_verify(password, hash, &ctx->matched);

    if (rc == CONF_OK && !ctx->matched) {
        return CONF_E_BAD_LOGIN;
    }

    return rc;
}


conf_rc_t
confd_account_verified(confd_op_ctx_t *ctx, confd_account_find_pt find,
    conf_str_t name, conf_user_t *user)
{
    uint64_t   id;
    conf_rc_t  rc;

    rc = find(ctx, name, &id);

    if (rc == CONF_E_USER_ABSENT
        || (rc == CONF_OK && (!ctx->matched || id != ctx->user_id)))
    {
        return CONF_E_BAD_LOGIN;
    }

    if (rc == CONF_OK) {
        rc = confd_user_actor(ctx, id, user);
    }

    if (rc == CONF_E_USER_ABSENT) {
        return CONF_E_BAD_LOGIN;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    /* The password may have changed while the old one was hashed. */

    return user->version == ctx->version ? CONF_OK : CONF_E_BAD_LOGIN;
}


conf_rc_t
confd_op_user_login_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_user_login_t *in = data;

    return confd_account_verify(ctx, store, confd_user_name, in->name,
                                in->password);
}


conf_rc_t
confd_op_user_login(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_login_t  *in = data;
    conf_user_t              *out = reply;

    conf_rc_t  rc;

    rc = confd_account_verified(ctx, confd_user_name, in->name, out);
    if (rc != CONF_OK) {
        return rc;
    }

    out->last_login_ms = ctx->now_ms;

    return confd_user_store(ctx, out);
}


conf_rc_t
confd_op_user_password_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_user_password_t *in = data;

    conf_rc_t  rc;

    if (in->new_password.len == 0) {
        return CONF_E_INVALID;
    }

    rc = confd_account_check(ctx, store, in->id, in->old_password);
    if (rc != CONF_OK) {
        return rc;
    }

    if (conf_str_eq(in->old_password, in->new_password)) {
        return CONF_E_SAME_PASSWORD;
    }

    return confd_password_hash(ctx->conf, in->new_password, ctx->hash);
}


conf_rc_t
confd_op_user_password(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_password_t  *in = data;
    conf_user_t                 *out = reply;

    conf_rc_t  rc;

    rc = confd_user_live(ctx, in->id, out);
    if (rc != CONF_OK) {
        return rc;
    }

    if (!ctx->matched) {
        return CONF_E_BAD_PASSWORD;
    }

    if (out->version != ctx->version) {
        return CONF_E_CONFLICT;
    }

    out->version++;
    out->updated_ms = ctx->now_ms;

    rc = confd_login_end_all(ctx, out);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_account_put(ctx, out->id);
    if (rc != CONF_OK) {
        return rc;
    }

    return confd_user_store(ctx, out);
}


/* The end of an account, by its owner. */

conf_rc_t
confd_op_user_close_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_user_close_t *in = data;

    if (in->password.len == 0) {
        return CONF_OK;
    }

    return confd_account_check(ctx, store, in->id, in->password);
}


conf_rc_t
confd_op_user_close(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_close_t  *in = data;
    conf_user_t              *out = reply;

    conf_rc_t    rc;
    conf_user_t  old;

    rc = confd_user_live(ctx, in->id, &old);
    if (rc != CONF_OK) {
        return rc;
    }

    if (in->password.len != 0 && old.version != ctx->version) {
        return CONF_E_CONFLICT;
    }

    return confd_user_end(ctx, &old, out);
}


/* On the pool: is it the user's?  CONF_E_BAD_PASSWORD. */

static conf_rc_t
confd_account_check(confd_op_ctx_t *ctx, confd_store_t *store, uint64_t id,
    conf_str_t password)
{
    conf_rc_t    rc;
    conf_str_t   hash;
    conf_user_t  user;

    rc = ctx->driver->begin(store, false, &ctx->txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_account_load(ctx, id, &user, &hash);

    ctx->driver->abort(ctx->txn);
    ctx->txn = NULL;

    if (rc != CONF_OK) {
        return rc;
    }

    ctx->user_id = id;
    ctx->version = user.version;

    rc = confd_password_verify(password, hash, &ctx->matched);

    return rc == CONF_OK && !ctx->matched ? CONF_E_BAD_PASSWORD : rc;
}


/* A user who can have a password, and its hash. */

conf_rc_t
confd_account_load(confd_op_ctx_t *ctx, uint64_t id, conf_user_t *user,
    conf_str_t *hash)
{
    conf_rc_t                rc;
    confd_key_t              key;
    conf_store_credential_t  credential;

    rc = confd_user_live(ctx, id, user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_get(ctx, CONFD_SPACE_CREDENTIAL,
                          confd_record_key(&key, id),
                          &conf_proto_store_credential, &credential);

    *hash = credential.hash;

    return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
}


/* Stores what the pool has hashed. */

conf_rc_t
confd_account_put(confd_op_ctx_t *ctx, uint64_t id)
{
    confd_key_t              key;
    conf_store_credential_t  credential;

    credential.hash.data = (const uint8_t *) ctx->hash;
    credential.hash.len = strnlen(ctx->hash, CONFD_HASH_MAX);

    return confd_record_put(ctx, CONFD_SPACE_CREDENTIAL,
                            confd_record_key(&key, id),
                            &conf_proto_store_credential, &credential);
}
