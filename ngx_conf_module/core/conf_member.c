
#include "conf_verb.h"


static conf_rc_t conf_member_listed(conf_op_t *op, const void *reply);
static conf_rc_t conf_member_answer(conf_op_t *op,
    const conf_members_t *members);
static conf_rc_t conf_member_changed(conf_op_t *op, const void *reply);
static void conf_member_mark(conf_op_t *op, uint64_t room_id,
    conf_member_out_t *out, size_t n);


conf_rc_t
conf_member_list(conf_op_t *op, const void *in)
{
    size_t                 low, high, mid;
    conf_member_t         *items;
    conf_members_t        *members;
    conf_cache_key_t       key = { CONF_CACHE_MEMBERS, 0, 0 };
    conf_member_list_t     request;
    const conf_room_in_t  *input = in;

    key.room = input->room_id;
    members = conf_arena_alloc(op->arena, sizeof(conf_members_t));

    if (members != NULL
        && conf_hot_get(op->env, op->arena, key, &conf_proto_members, members)
           == CONF_OK
        && !members->more)
    {
        /* The hot list is whole and in order of id: is the asker in it? */

        items = members->members.items;
        low = 0;
        high = members->members.n;

        while (low < high) {
            mid = low + (high - low) / 2;

            if (items[mid].user_id < op->auth.user_id) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }

        if (low == members->members.n
            || items[low].user_id != op->auth.user_id)
        {
            return conf_op_fail(op, CONF_E_NOT_MEMBER);
        }

        return conf_member_answer(op, members);
    }

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.after = 0;
    request.limit = CONF_MEMBERS_MAX;

    return conf_op_call(op, CONF_OP_MEMBER_LIST, &request,
                        conf_member_listed);
}


static conf_rc_t
conf_member_listed(conf_op_t *op, const void *reply)
{
    conf_cache_key_t       key = { CONF_CACHE_MEMBERS, 0, 0 };
    const conf_room_in_t  *input = op->in;

    key.room = input->room_id;
    conf_hot_put(op->env, key, op->call.rev, &conf_proto_members, reply);

    return conf_member_answer(op, reply);
}


static conf_rc_t
conf_member_answer(conf_op_t *op, const conf_members_t *members)
{
    size_t                  i, n;
    conf_member_t          *items;
    conf_member_out_t      *out;
    conf_members_out_t     *answer;
    const conf_room_in_t   *input = op->in;

    n = members->members.n;
    answer = conf_arena_calloc(op->arena, sizeof(conf_members_out_t));
    out = conf_arena_calloc(op->arena, n * sizeof(conf_member_out_t));

    if (answer == NULL || out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    items = members->members.items;

    for (i = 0; i < n; i++) {
        out[i].member = items[i];
    }

    conf_member_mark(op, input->room_id, out, n);

    answer->members.items = out;
    answer->members.n = n;
    answer->more = members->more;

    return conf_op_done(op, answer);
}


/* Marks who is online; both lists are in order of id. */

static void
conf_member_mark(conf_op_t *op, uint64_t room_id, conf_member_out_t *out,
    size_t n)
{
    size_t     i, j, nonline;
    uint64_t   users[CONF_MEMBERS_MAX];

    nonline = conf_channel_users(&op->env->shm,
                                 conf_channel(CONF_CHANNEL_ROOM, room_id), 0,
                                 users, CONF_MEMBERS_MAX);

    for (i = 0, j = 0; i < n && j < nonline; i++) {
        while (j < nonline && users[j] < out[i].member.user_id) {
            j++;
        }

        out[i].online = j < nonline && users[j] == out[i].member.user_id;
    }
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
