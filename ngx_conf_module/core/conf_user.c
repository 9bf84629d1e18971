
#include "conf_verb.h"
#include "conf_jwt.h"

#include <time.h>


#define CONF_STATS_DAYS   7
#define CONF_SEARCH_PAGE  20      /* users, when the asker does not say */


static conf_rc_t conf_user_registered(conf_op_t *op, const void *reply);
static conf_rc_t conf_user_logged_in(conf_op_t *op, const void *reply);
static conf_rc_t conf_user_got(conf_op_t *op, const void *reply);
static conf_rc_t conf_user_updated(conf_op_t *op, const void *reply);
static conf_rc_t conf_user_listed(conf_op_t *op, const void *reply);
static conf_rc_t conf_user_counted(conf_op_t *op, const void *reply);
static conf_list_t conf_user_counts(conf_op_t *op, const conf_list_t *counts);


conf_rc_t
conf_user_register(conf_op_t *op, const void *in)
{
    conf_rc_t                  rc;
    conf_user_register_t       request;
    const conf_register_in_t  *input = in;

    rc = conf_password_check(op, "password", input->password);
    if (rc != CONF_OK) {
        return rc;
    }

    request.name = input->name;
    request.password = input->password;
    request.email = input->email;
    request.nickname = input->nickname;
    request.phone = input->phone;

    return conf_op_call(op, CONF_OP_USER_REGISTER, &request,
                        conf_user_registered);
}


static conf_rc_t
conf_user_registered(conf_op_t *op, const void *reply)
{
    conf_user_keep(op, reply);

    return conf_op_done(op, reply);
}


conf_rc_t
conf_user_login(conf_op_t *op, const void *in)
{
    conf_rc_t                  rc;
    conf_user_login_t          request;
    const conf_register_in_t  *input = in;

    rc = conf_login_guard(op);
    if (rc != CONF_OK) {
        return rc;
    }

    request.name = input->name;
    request.password = input->password;

    return conf_op_call(op, CONF_OP_USER_LOGIN, &request,
                        conf_user_logged_in);
}


static conf_rc_t
conf_user_logged_in(conf_op_t *op, const void *reply)
{
    conf_rc_t          rc;
    conf_jwt_t         jwt;
    conf_login_out_t  *login;

    login = conf_arena_calloc(op->arena, sizeof(conf_login_out_t));
    if (login == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    login->user = *(const conf_user_t *) reply;
    conf_user_keep(op, &login->user);

    memset(&jwt, 0, sizeof(conf_jwt_t));
    jwt.auth.user_id = login->user.id;
    jwt.auth.version = login->user.version;

    login->expires_s = op->settings->token_ms / 1000;

    rc = conf_jwt_issue(op->arena, op->settings, &jwt,
                        op->env->now_ms(op->env), &login->token);

    return rc == CONF_OK ? conf_op_done(op, login) : conf_op_fail(op, rc);
}


conf_rc_t
conf_user_get(conf_op_t *op, const void *in)
{
    conf_id_t               id;
    conf_user_t            *user;
    conf_cache_key_t        key = { CONF_CACHE_USER, 0, 0 };
    const conf_user_in_t   *input = in;

    id.actor = op->auth.user_id;
    id.id = (input != NULL && input->user_id != 0) ? input->user_id
                                                   : op->auth.user_id;
    key.user = id.id;

    user = conf_arena_alloc(op->arena, sizeof(conf_user_t));

    if (user != NULL
        && conf_hot_get(op->env, op->arena, key, &conf_proto_user, user)
           == CONF_OK)
    {
        return user->status == CONF_USER_DELETED
               ? conf_op_fail(op, CONF_E_USER_ABSENT)
               : conf_op_done(op, user);
    }

    return conf_op_call(op, CONF_OP_USER_GET, &id, conf_user_got);
}


static conf_rc_t
conf_user_got(conf_op_t *op, const void *reply)
{
    const conf_user_t  *user = reply;

    conf_user_keep(op, user);

    return user->status == CONF_USER_DELETED
           ? conf_op_fail(op, CONF_E_USER_ABSENT)
           : conf_op_done(op, user);
}


conf_rc_t
conf_user_update(conf_op_t *op, const void *in)
{
    conf_user_update_t            request;
    const conf_user_update_in_t  *input = in;

    if (input->user_id != 0 && input->user_id != op->auth.user_id) {
        return conf_op_fail(op, CONF_E_FORBIDDEN);
    }

    request = input->update;
    request.actor = op->auth.user_id;
    request.id = op->auth.user_id;
    request.mask = conf_masks_given(op->fixed, &input->input);

    return conf_op_call(op, CONF_OP_USER_UPDATE, &request, conf_user_updated);
}


uint64_t
conf_masks_given(const conf_masks_t *masks, const conf_input_t *input)
{
    size_t    i;
    uint64_t  mask;

    mask = 0;

    for (i = 0; i < masks->n; i++) {
        if ((input->given & ((uint64_t) 1 << i)) != 0) {
            mask |= masks->masks[i];
        }
    }

    return mask;
}


static conf_rc_t
conf_user_updated(conf_op_t *op, const void *reply)
{
    conf_user_keep(op, reply);

    return conf_op_done(op, reply);
}


conf_rc_t
conf_user_password(conf_op_t *op, const void *in)
{
    conf_rc_t                  rc;
    conf_user_t                user;
    conf_cache_key_t           key = { CONF_CACHE_USER, 0, 0 };
    conf_user_password_t       request;
    const conf_password_in_t  *input = in;

    /* A name in the input may only be the asker's own. */

    if (input->name.len != 0) {
        key.user = op->auth.user_id;

        if (conf_hot_get(op->env, op->arena, key, &conf_proto_user, &user)
            == CONF_OK
            && !conf_str_eq(user.name, input->name))
        {
            return conf_op_fail(op, CONF_E_FORBIDDEN);
        }
    }

    rc = conf_password_check(op, "new_password", input->new_password);
    if (rc != CONF_OK) {
        return rc;
    }

    request.id = op->auth.user_id;
    request.old_password = input->old_password;
    request.new_password = input->new_password;

    return conf_op_call(op, CONF_OP_USER_PASSWORD, &request,
                        conf_user_logged_in);
}


conf_rc_t
conf_user_close(conf_op_t *op, const void *in)
{
    conf_user_close_t          request;
    const conf_password_in_t  *input = in;

    request.id = op->auth.user_id;
    request.password = input->old_password;

    return conf_op_call(op, CONF_OP_USER_CLOSE, &request, conf_user_updated);
}


conf_rc_t
conf_user_search(conf_op_t *op, const void *in)
{
    conf_user_search_t       request;
    const conf_search_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.keyword = input->keyword;
    request.page = input->page != 0 ? (uint32_t) input->page : 1;
    request.limit = input->limit != 0 ? (uint32_t) input->limit
                                      : CONF_SEARCH_PAGE;

    return conf_op_call(op, CONF_OP_USER_SEARCH, &request, conf_user_listed);
}


conf_rc_t
conf_user_common_rooms(conf_op_t *op, const void *in)
{
    conf_pair_t            request;
    const conf_user_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.other = input->user_id;

    return conf_op_call(op, CONF_OP_USER_COMMON_ROOMS, &request,
                        conf_user_listed);
}


static conf_rc_t
conf_user_listed(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, reply);
}


conf_rc_t
conf_user_stats(conf_op_t *op, const void *in)
{
    time_t             now;
    struct tm          tm;
    conf_user_stats_t  request;

    now = (time_t) (op->env->now_ms(op->env) / 1000);
    memset(&tm, 0, sizeof(struct tm));
    (void) localtime_r(&now, &tm);

    request.id = op->auth.user_id;
    request.days = CONF_STATS_DAYS;
    request.zone_s = tm.tm_gmtoff;

    return conf_op_call(op, CONF_OP_USER_STATS, &request, conf_user_counted);
}


static conf_rc_t
conf_user_counted(conf_op_t *op, const void *reply)
{
    size_t                  i;
    uint64_t               *ids;
    conf_user_stats_out_t  *out;

    out = conf_arena_calloc(op->arena, sizeof(conf_user_stats_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    out->stats = *(const conf_stats_t *) reply;
    out->days = conf_user_counts(op, &out->stats.days);
    out->by_room = conf_user_counts(op, &out->stats.by_room);

    ids = out->stats.friend_ids.items;

    for (i = 0; i < out->stats.friend_ids.n; i++) {
        if (conf_channel_has(&op->env->shm,
                             conf_channel(CONF_CHANNEL_USER, ids[i]), ids[i]))
        {
            out->friends_online++;
        }
    }

    return conf_op_done(op, out);
}


/* A row has the least of its document; an operator may want more. */

conf_rc_t
conf_password_check(conf_op_t *op, const char *field, conf_str_t password)
{
    if (conf_text_length(password) < op->settings->password_min) {
        return conf_op_invalid(op, field, "too short");
    }

    return CONF_OK;
}


void
conf_user_keep(conf_op_t *op, const conf_user_t *user)
{
    conf_cache_key_t  key = { CONF_CACHE_USER, 0, 0 };

    key.user = user->id;
    conf_hot_put(op->env, key, op->call.rev, &conf_proto_user, user);
}


static conf_list_t
conf_user_counts(conf_op_t *op, const conf_list_t *counts)
{
    size_t              i;
    conf_list_t         list = { NULL, 0 };
    conf_count_t       *from;
    conf_view_count_t  *to;

    if (counts->n == 0) {
        return list;
    }

    to = conf_arena_alloc(op->arena, counts->n * sizeof(conf_view_count_t));
    if (to == NULL) {
        return list;
    }

    from = counts->items;

    for (i = 0; i < counts->n; i++) {
        to[i].name = from[i].name;
        to[i].count = from[i].count;
    }

    list.items = to;
    list.n = counts->n;

    return list;
}
