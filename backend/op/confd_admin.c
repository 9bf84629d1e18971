
/*
 * What admins do to users, and the record of it.  The first one is made by
 * the server, from the command line.
 */

#include "confd_record.h"


#define CONFD_AUDIT_LIMIT  100


static conf_rc_t confd_admin_target(confd_op_ctx_t *ctx, uint64_t id,
    conf_str_t name, conf_user_t *user);
static conf_rc_t confd_audit_page(confd_op_ctx_t *ctx,
    const conf_audit_list_t *in, conf_audits_t *out);


conf_rc_t
confd_admin_actor(confd_op_ctx_t *ctx, uint64_t actor, conf_user_t *admin)
{
    conf_rc_t  rc;

    if (actor == 0) {
        memset(admin, 0, sizeof(conf_user_t));
        return CONF_OK;
    }

    rc = confd_user_actor(ctx, actor, admin);

    if (rc == CONF_E_USER_ABSENT
        || (rc == CONF_OK && admin->role != CONF_USER_ADMIN))
    {
        return CONF_E_FORBIDDEN;
    }

    return rc;
}


conf_rc_t
confd_admin_over(confd_op_ctx_t *ctx, const conf_user_t *admin,
    const conf_user_t *user)
{
    return admin->id == 0 || user->role != CONF_USER_ADMIN ? CONF_OK
                                                           : CONF_E_FORBIDDEN;
}


/*
 * A ban ends all logins; to repeat it, as after a lost link, ends nothing
 * new.
 */

conf_rc_t
confd_admin_set_ban(confd_op_ctx_t *ctx, conf_user_t *user, int64_t until_ms,
    conf_str_t reason)
{
    conf_rc_t  rc;

    if (user->status != CONF_USER_BANNED) {
        user->version++;

        rc = confd_login_end_all(ctx, user);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    user->status = CONF_USER_BANNED;
    user->banned_until_ms = until_ms;
    user->ban_reason = reason;

    return CONF_OK;
}


void
confd_admin_set_free(conf_user_t *user)
{
    user->status = CONF_USER_ACTIVE;
    user->banned_until_ms = 0;
    user->ban_reason = conf_str("");
}


conf_rc_t
confd_admin_set_role(confd_op_ctx_t *ctx, conf_user_t *user, uint32_t role)
{
    conf_rc_t    rc;
    confd_key_t  key;

    if (user->role == role) {
        return CONF_OK;
    }

    user->role = role;

    if (role == CONF_USER_ADMIN) {
        return ctx->driver->put(ctx->txn, CONFD_SPACE_ADMIN,
                                confd_record_key(&key, user->id),
                                conf_str(""));
    }

    rc = confd_record_del(ctx, CONFD_SPACE_ADMIN,
                          confd_record_key(&key, user->id));

    return rc;
}


conf_rc_t
confd_op_user_ban(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_ban_t  *in = data;
    conf_user_t            *out = reply;

    conf_rc_t    rc;
    conf_user_t  admin;

    rc = confd_admin_actor(ctx, in->actor, &admin);

    if (rc == CONF_OK) {
        rc = confd_admin_target(ctx, in->id, in->name, out);
    }

    if (rc == CONF_OK) {
        rc = confd_admin_over(ctx, &admin, out);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (in->banned) {
        rc = confd_admin_set_ban(ctx, out, in->until_ms, in->reason);

    } else {
        confd_admin_set_free(out);
    }

    if (rc == CONF_OK) {
        rc = confd_audit(ctx, &admin, out,
                         in->banned ? conf_str("user.ban")
                                    : conf_str("user.unban"), in->reason);
    }

    out->updated_ms = ctx->now_ms;

    return rc == CONF_OK ? confd_user_store(ctx, out) : rc;
}


conf_rc_t
confd_op_user_role(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_role_t  *in = data;
    conf_user_t             *out = reply;

    conf_rc_t    rc;
    conf_user_t  admin;

    if (in->role != CONF_USER_PLAIN && in->role != CONF_USER_ADMIN) {
        return CONF_E_INVALID;
    }

    rc = confd_admin_actor(ctx, in->actor, &admin);

    if (rc == CONF_OK) {
        rc = confd_admin_target(ctx, in->id, in->name, out);
    }

    if (rc == CONF_OK) {
        rc = confd_admin_over(ctx, &admin, out);
    }

    if (rc == CONF_OK) {
        rc = confd_admin_set_role(ctx, out, in->role);
    }

    if (rc == CONF_OK) {
        rc = confd_audit(ctx, &admin, out, conf_str("user.role"),
                         in->role == CONF_USER_ADMIN ? conf_str("admin")
                                                     : conf_str("user"));
    }

    if (rc != CONF_OK) {
        return rc;
    }

    out->updated_ms = ctx->now_ms;

    return confd_user_store(ctx, out);
}


/* By id, or by name when id is 0. */

static conf_rc_t
confd_admin_target(confd_op_ctx_t *ctx, uint64_t id, conf_str_t name,
    conf_user_t *user)
{
    conf_rc_t  rc;

    if (id == 0) {
        rc = confd_user_name(ctx, name, &id);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return confd_user_live(ctx, id, user);
}


conf_rc_t
confd_audit(confd_op_ctx_t *ctx, const conf_user_t *admin,
    const conf_user_t *user, conf_str_t action, conf_str_t detail)
{
    conf_rc_t     rc;
    confd_key_t   key;
    conf_audit_t  audit;

    rc = ctx->driver->next_id(ctx->txn, CONFD_SPACE_AUDIT, &audit.id);
    if (rc != CONF_OK) {
        return rc;
    }

    audit.time_ms = ctx->now_ms;
    audit.actor = admin->id;
    audit.actor_name = admin->name;
    audit.action = action;
    audit.user_id = user->id;
    audit.user_name = user->name;
    audit.detail = detail;

    return confd_record_put(ctx, CONFD_SPACE_AUDIT,
                            confd_record_key(&key, audit.id),
                            &conf_proto_audit, &audit);
}


conf_rc_t
confd_op_audit_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_audit_list_t  *in = data;
    conf_audits_t            *out = reply;

    conf_rc_t    rc;
    conf_user_t  admin;

    if (in->page < 1 || in->limit < 1 || in->limit > CONFD_AUDIT_LIMIT) {
        return CONF_E_INVALID;
    }

    rc = confd_admin_actor(ctx, in->actor, &admin);

    if (rc == CONF_OK) {
        rc = ctx->driver->count(ctx->txn, CONFD_SPACE_AUDIT, &out->total);
    }

    return rc == CONF_OK ? confd_audit_page(ctx, in, out) : rc;
}


/* Rows are numbered without gaps: a page is where it is. */

static conf_rc_t
confd_audit_page(confd_op_ctx_t *ctx, const conf_audit_list_t *in,
    conf_audits_t *out)
{
    uint64_t       skip, first;
    conf_rc_t      rc;
    confd_key_t    key;
    conf_audit_t  *audits;

    skip = (uint64_t) (in->page - 1) * in->limit;

    audits = conf_arena_alloc(ctx->arena, in->limit * sizeof(conf_audit_t));
    if (audits == NULL) {
        return CONF_E_NOMEM;
    }

    out->audits.items = audits;

    for (first = out->total > skip ? out->total - skip : 0;
         first != 0 && out->audits.n < in->limit;
         first--)
    {
        rc = confd_record_get(ctx, CONFD_SPACE_AUDIT,
                              confd_record_key(&key, first),
                              &conf_proto_audit, &audits[out->audits.n]);
        if (rc != CONF_OK) {
            return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
        }

        out->audits.n++;
    }

    return CONF_OK;
}
