
#include "conf_admin.h"


#define CONF_HOUR_MS  INT64_C(3600000)


static conf_rc_t conf_admin_listed(conf_op_t *op, const void *reply);
static conf_rc_t conf_admin_got(conf_op_t *op, const void *reply);
static conf_rc_t conf_admin_deleted(conf_op_t *op, const void *reply);
static conf_rc_t conf_admin_ask_ban(conf_op_t *op,
    const conf_admin_in_t *input, bool banned);
static conf_rc_t conf_admin_banned(conf_op_t *op, const void *reply);
static conf_rc_t conf_admin_audited(conf_op_t *op, const void *reply);


conf_rc_t
conf_admin_list(conf_op_t *op, const void *in)
{
    conf_user_list_t        request;
    const conf_admin_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.keyword = input->keyword;
    request.status = input->status;
    request.page = conf_page_number(input->page);
    request.limit = conf_page_limit(input->limit);

    return conf_op_call(op, CONF_OP_USER_LIST, &request, conf_admin_listed);
}


static conf_rc_t
conf_admin_listed(conf_op_t *op, const void *reply)
{
    const conf_users_t     *users = reply;
    const conf_admin_in_t  *input = op->in;

    conf_user_page_t       *out;

    out = conf_arena_alloc(op->arena, sizeof(conf_user_page_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_page_set(&out->page, input->page, input->limit, users->total);
    out->users = users->users;

    return conf_op_done(op, out);
}


conf_rc_t
conf_admin_get(conf_op_t *op, const void *in)
{
    conf_id_t               request;
    const conf_admin_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.id = input->user_id;

    return conf_op_call(op, CONF_OP_USER_GET, &request, conf_admin_got);
}


static conf_rc_t
conf_admin_got(conf_op_t *op, const void *reply)
{
    conf_ban_t      *ban;
    conf_account_t  *out;

    conf_user_keep(op, reply);

    out = conf_arena_calloc(op->arena, sizeof(conf_account_t));
    ban = conf_arena_alloc(op->arena, sizeof(conf_ban_t));

    if (out == NULL || ban == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    out->user = *(const conf_user_t *) reply;

    if (out->user.status == CONF_USER_BANNED) {
        ban->reason = out->user.ban_reason;
        ban->until_ms = out->user.banned_until_ms;
        out->ban = ban;
    }

    return conf_op_done(op, out);
}


conf_rc_t
conf_admin_update(conf_op_t *op, const void *in)
{
    conf_user_update_t            request;
    const conf_user_update_in_t  *input = in;

    request = input->update;
    request.actor = op->auth.user_id;
    request.id = input->user_id;
    request.mask = conf_masks_given(op->fixed, &input->input);

    return conf_op_call(op, CONF_OP_USER_UPDATE, &request, conf_admin_got);
}


conf_rc_t
conf_admin_delete(conf_op_t *op, const void *in)
{
    conf_id_t               request;
    const conf_admin_in_t  *input = in;

    /* To confd it would be one's own account. */

    if (input->user_id == op->auth.user_id) {
        return conf_op_fail(op, CONF_E_FORBIDDEN);
    }

    request.actor = op->auth.user_id;
    request.id = input->user_id;

    return conf_op_call(op, CONF_OP_USER_DELETE, &request,
                        conf_admin_deleted);
}


static conf_rc_t
conf_admin_deleted(conf_op_t *op, const void *reply)
{
    conf_user_keep(op, reply);

    return conf_op_done(op, NULL);
}


conf_rc_t
conf_admin_ban(conf_op_t *op, const void *in)
{
    return conf_admin_ask_ban(op, in, true);
}


conf_rc_t
conf_admin_unban(conf_op_t *op, const void *in)
{
    return conf_admin_ask_ban(op, in, false);
}


static conf_rc_t
conf_admin_ask_ban(conf_op_t *op, const conf_admin_in_t *input, bool banned)
{
    conf_user_ban_t  request;

    memset(&request, 0, sizeof(conf_user_ban_t));

    request.actor = op->auth.user_id;
    request.id = input->user_id;
    request.banned = banned;

    if (banned) {
        request.reason = input->reason;

        if (input->hours != 0) {
            request.until_ms = op->env->now_ms(op->env)
                               + (int64_t) input->hours * CONF_HOUR_MS;
        }
    }

    return conf_op_call(op, CONF_OP_USER_BAN, &request, conf_admin_banned);
}


static conf_rc_t
conf_admin_banned(conf_op_t *op, const void *reply)
{
    conf_user_keep(op, reply);

    return conf_op_done(op, reply);
}


conf_rc_t
conf_admin_audit(conf_op_t *op, const void *in)
{
    conf_audit_list_t       request;
    const conf_admin_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.page = conf_page_number(input->page);
    request.limit = conf_page_limit(input->limit);

    return conf_op_call(op, CONF_OP_AUDIT_LIST, &request, conf_admin_audited);
}


static conf_rc_t
conf_admin_audited(conf_op_t *op, const void *reply)
{
    const conf_audits_t    *audits = reply;
    const conf_admin_in_t  *input = op->in;

    conf_audit_page_t      *out;

    out = conf_arena_alloc(op->arena, sizeof(conf_audit_page_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_page_set(&out->page, input->page, input->limit, audits->total);
    out->audits = audits->audits;

    return conf_op_done(op, out);
}
