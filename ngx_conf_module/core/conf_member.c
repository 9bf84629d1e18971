
#include "conf_verb.h"
#include "conf_memo.h"


static conf_rc_t conf_member_listed(conf_op_t *op, const void *reply);
static conf_rc_t conf_member_answer(conf_op_t *op,
    const conf_members_t *members, const conf_cache_stamp_t *stamp);
static conf_rc_t conf_member_changed(conf_op_t *op, const void *reply);
static conf_cache_key_t conf_member_key(uint64_t room_id);
static conf_list_t conf_member_online(conf_op_t *op, uint64_t room_id,
    uint64_t *ids);


/* The hot list is whole and in order of id: is the asker in it? */

conf_rc_t
conf_member_list(conf_op_t *op, const void *in)
{
    uint64_t               ids[CONF_MEMBERS_MAX];
    conf_members_t        *members;
    conf_cache_key_t       key;
    conf_memo_t           *memo;
    conf_cache_stamp_t     stamp;
    conf_member_list_t     request;
    const conf_room_in_t  *input = in;

    key = conf_member_key(input->room_id);
    memo = conf_memo_find(op, key, &stamp);

    if (memo != NULL) {
        if (!conf_ids_have(memo->members, op->auth.user_id)) {
            return conf_op_fail(op, CONF_E_NOT_MEMBER);
        }

        if (conf_ids_equal(memo->online,
                           conf_member_online(op, input->room_id, ids)))
        {
            op->memo = memo;
            return conf_op_done(op, NULL);
        }
    }

    members = conf_arena_alloc(op->arena, sizeof(conf_members_t));

    if (stamp.rev != 0 && members != NULL
        && conf_hot_get(op->env, op->arena, key, &conf_proto_members, members)
           == CONF_OK
        && !members->more)
    {
        return conf_member_answer(op, members, &stamp);
    }

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.after = 0;
    request.limit = CONF_MEMBERS_MAX;

    return conf_op_call(op, CONF_OP_MEMBER_LIST, &request,
                        conf_member_listed);
}


/* confd has seen whether the asker is a member, which may be past the list. */

static conf_rc_t
conf_member_listed(conf_op_t *op, const void *reply)
{
    const conf_room_in_t  *input = op->in;

    conf_hot_put(op->env, conf_member_key(input->room_id), op->call.rev,
                 &conf_proto_members, reply);

    return conf_member_answer(op, reply, NULL);
}


/* Those with a stamp are of the hot copy. */

static conf_rc_t
conf_member_answer(conf_op_t *op, const conf_members_t *members,
    const conf_cache_stamp_t *stamp)
{
    size_t                  i, j, n;
    uint64_t                ids[CONF_MEMBERS_MAX], there[CONF_MEMBERS_MAX];
    conf_list_t             shown, online;
    conf_member_t          *items;
    conf_member_out_t      *out;
    conf_members_out_t     *answer;
    const conf_room_in_t   *input = op->in;

    n = conf_min(members->members.n, CONF_MEMBERS_MAX);
    answer = conf_arena_calloc(op->arena, sizeof(conf_members_out_t));
    out = conf_arena_calloc(op->arena, n * sizeof(conf_member_out_t));

    if (answer == NULL || out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    items = members->members.items;
    online = conf_member_online(op, input->room_id, there);

    /* Both are in order of id. */

    for (i = 0, j = 0; i < n; i++) {
        ids[i] = items[i].user_id;

        while (j < online.n && there[j] < ids[i]) {
            j++;
        }

        out[i].member = items[i];
        out[i].online = j < online.n && there[j] == ids[i];
    }

    shown = (conf_list_t) { ids, n };

    if (stamp != NULL && !conf_ids_have(shown, op->auth.user_id)) {
        return conf_op_fail(op, CONF_E_NOT_MEMBER);
    }

    answer->members.items = out;
    answer->members.n = n;
    answer->more = members->more;

    if (stamp != NULL) {
        op->memo = conf_memo_take(op, conf_member_key(input->room_id), *stamp,
                                  shown, online);
    }

    return conf_op_done(op, answer);
}


static conf_cache_key_t
conf_member_key(uint64_t room_id)
{
    conf_cache_key_t  key = { CONF_CACHE_MEMBERS, 0, 0 };

    key.room = room_id;

    return key;
}


/* Who is online in the room, in order; up to CONF_MEMBERS_MAX ids. */

static conf_list_t
conf_member_online(conf_op_t *op, uint64_t room_id, uint64_t *ids)
{
    size_t  n;

    n = conf_channel_users(&op->env->shm,
                           conf_channel(CONF_CHANNEL_ROOM, room_id), 0, ids,
                           CONF_MEMBERS_MAX);

    return (conf_list_t) { ids, n };
}


conf_rc_t
conf_member_add(conf_op_t *op, const void *in)
{
    conf_member_add_t        request;
    const conf_member_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.user_id = input->user_id;
    request.user_name = input->user_name;
    request.role = input->role;

    if (request.user_id == 0 && request.user_name.len == 0) {
        return conf_op_invalid(op, "user_id", "is required");
    }

    if (request.role == CONF_ROLE_NONE) {
        request.role = CONF_ROLE_MEMBER;
    }

    return conf_op_call(op, CONF_OP_MEMBER_ADD, &request,
                        conf_member_changed);
}


conf_rc_t
conf_member_remove(conf_op_t *op, const void *in)
{
    conf_member_key_t        request;
    const conf_member_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.user_id = input->user_id != 0 ? input->user_id
                                          : op->auth.user_id;

    return conf_op_call(op, CONF_OP_MEMBER_REMOVE, &request,
                        conf_member_changed);
}


conf_rc_t
conf_member_read(conf_op_t *op, const void *in)
{
    conf_member_read_t     request;
    const conf_read_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.seq = input->seq;

    return conf_op_call(op, CONF_OP_MEMBER_READ, &request,
                        conf_member_changed);
}


/* Sockets of who came or went follow the touch that confd has sent before. */

static conf_rc_t
conf_member_changed(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, reply);
}
