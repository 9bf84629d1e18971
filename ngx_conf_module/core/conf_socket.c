
#include "conf_verb.h"
#include "conf_live.h"


static conf_rc_t conf_socket_rooms(conf_op_t *op);
static conf_rc_t conf_socket_opened(conf_op_t *op, const void *reply);


/*
 * The session is registered before the rooms are read: a change that is made
 * meanwhile reaches it as a touch, and both ways of entering a room are
 * idempotent.
 */

conf_rc_t
conf_socket_open(conf_op_t *op, const void *in)
{
    conf_rc_t        rc;
    conf_session_t  *s = op->session;

    s->auth = op->auth;

    rc = conf_live_open(s);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    return conf_socket_rooms(op);
}


/* Asks for the rooms; a change that comes before the answer makes it void. */

static conf_rc_t
conf_socket_rooms(conf_op_t *op)
{
    conf_rc_t  rc;

    op->session->touched = false;

    rc = conf_room_list(op, NULL);
    if (rc == CONF_AGAIN) {

        /* The list's own continuation comes first, then ours. */

        op->then = conf_socket_opened;
    }

    return rc;
}


static conf_rc_t
conf_socket_opened(conf_op_t *op, const void *reply)
{
    size_t              i;
    conf_rc_t           rc;
    conf_room_t        *rooms;
    conf_session_t     *s = op->session;
    const conf_list_t  *list = reply;

    if (s->touched) {
        return conf_socket_rooms(op);
    }

    rooms = list->items;

    for (i = 0; i < list->n; i++) {
        rc = conf_live_join(s, &rooms[i]);
        if (rc != CONF_OK) {
            return conf_op_fail(op, rc);
        }
    }

    return conf_op_done(op, s);
}


conf_rc_t
conf_ping(conf_op_t *op, const void *in)
{
    return conf_op_done(op, NULL);
}


conf_rc_t
conf_unavailable(conf_op_t *op, const void *in)
{
    return conf_op_fail(op, CONF_E_UNAVAILABLE);
}
