
/*
 * What an admin sees of the whole.
 */

#include "conf_status.h"


static conf_rc_t conf_status_told(conf_op_t *op, const void *reply);
static conf_rc_t conf_status_listed(conf_op_t *op, const void *reply);


conf_rc_t
conf_status_show(conf_op_t *op, const void *in)
{
    conf_none_t  none;

    if (op->env->status == NULL) {
        return conf_op_fail(op, CONF_E_UNAVAILABLE);
    }

    memset(&none, 0, sizeof(conf_none_t));

    return conf_op_try(op, CONF_OP_STAT, &none, conf_status_told);
}


/* Without confd the others are told all the same. */

static conf_rc_t
conf_status_told(conf_op_t *op, const void *reply)
{
    conf_rc_t           rc;
    conf_buf_t          buf;
    conf_status_out_t  *out;

    out = conf_arena_calloc(op->arena, sizeof(conf_status_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_buf_init(&buf, 0);
    op->env->status(op->env, &buf, reply);

    rc = conf_buf_ok(&buf);

    if (rc == CONF_OK) {
        rc = conf_arena_str(op->arena, &out->status,
                            (conf_str_t) { buf.len, buf.data });
    }

    conf_buf_free(&buf);

    return rc == CONF_OK ? conf_op_done(op, out) : conf_op_fail(op, rc);
}


conf_rc_t
conf_status_meetings(conf_op_t *op, const void *in)
{
    conf_room_live_t         request;
    const conf_status_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.limit = conf_page_limit(input->limit);
    request.offset = (uint64_t) (conf_page_number(input->page) - 1)
                     * request.limit;

    return conf_op_call(op, CONF_OP_ROOM_LIVE, &request, conf_status_listed);
}


/* Who has joined is durable, who is connected is known here. */

static conf_rc_t
conf_status_listed(conf_op_t *op, const void *reply)
{
    const conf_live_rooms_t  *live = reply;
    const conf_status_in_t   *input = op->in;

    size_t                    i;
    conf_online_room_t       *rooms;
    conf_online_page_t       *out;
    const conf_room_t        *room;

    out = conf_arena_calloc(op->arena, sizeof(conf_online_page_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_page_set(&out->page, input->page, input->limit, live->total);

    if (live->rooms.n == 0) {
        return conf_op_done(op, out);
    }

    rooms = conf_arena_alloc(op->arena,
                             live->rooms.n * sizeof(conf_online_room_t));
    if (rooms == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    room = live->rooms.items;

    for (i = 0; i < live->rooms.n; i++) {
        rooms[i].room = room[i];
        rooms[i].online =
            conf_channel_count(&op->env->shm,
                               conf_channel(CONF_CHANNEL_ROOM, room[i].id));
    }

    out->rooms.items = rooms;
    out->rooms.n = live->rooms.n;

    return conf_op_done(op, out);
}
