
#include "conf_signal.h"


#define CONF_REPORT_ROOMS  200       /* that an admin is told of */


/* An admin's way through the rooms that are live. */

typedef struct {
    conf_live_stats_t      out;
    conf_channel_head_t    heads[CONF_REPORT_ROOMS];
    size_t                 nheads;
    size_t                 next;
} conf_report_t;


static void conf_signal_see(conf_seen_t *seen);
static conf_rc_t conf_signal_session_seen(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_sessions_seen(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_stats_mine(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_stats_next(conf_op_t *op);
static conf_rc_t conf_signal_stats_one(conf_op_t *op, const void *reply);
static conf_report_t *conf_signal_stats_begin(conf_op_t *op, size_t nrooms);
static void conf_signal_stats_add(conf_report_t *report, conf_env_t *env,
    const conf_room_t *room);
static conf_rc_t conf_signal_room(conf_op_t *op, uint64_t room_id,
    conf_step_pt next);


/* Scratch for lists: a worker has one thread. */

static conf_buf_t  conf_report_list[2];


conf_rc_t
conf_signal_session_get(conf_op_t *op, const void *in)
{
    size_t                            pos;
    conf_peer_t                      *peer;
    conf_seen_t                      *seen;
    const conf_signal_session_in_t   *input = in;

    seen = conf_arena_calloc(op->arena, sizeof(conf_seen_t));
    if (seen == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    peer = &seen->peer;

    pos = 0;

    if (conf_peer_get(&op->env->shm, conf_session_id(input->session),
                      &conf_report_list[0])
        != CONF_OK
        || conf_peer_next(&conf_report_list[0], &pos, peer) != CONF_OK)
    {
        return conf_op_fail(op, CONF_E_SESSION_ABSENT);
    }

    if (conf_arena_str(op->arena, &peer->id, peer->id) != CONF_OK
        || conf_arena_str(op->arena, &peer->name, peer->name) != CONF_OK
        || conf_arena_str(op->arena, &peer->nickname, peer->nickname)
           != CONF_OK)
    {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_signal_see(seen);
    op->state = seen;

    if (peer->user == op->auth.user_id) {
        return conf_op_done(op, seen);
    }

    return conf_signal_room(op, seen->room_id, conf_signal_session_seen);
}


static void
conf_signal_see(conf_seen_t *seen)
{
    seen->room_id = conf_channel_id(seen->peer.channel);
    seen->joined = conf_channel_kind(seen->peer.channel)
                   == CONF_CHANNEL_ROOM;
}


/* Another's session is shown to who leads the room, and to an admin. */

static conf_rc_t
conf_signal_session_seen(conf_op_t *op, const void *reply)
{
    const conf_room_view_t  *view = reply;

    if (!op->auth.admin && view->role < CONF_ROLE_MODERATOR
        && view->room.creator_id != op->auth.user_id)
    {
        return conf_op_fail(op, CONF_E_FORBIDDEN);
    }

    return conf_op_done(op, op->state);
}


conf_rc_t
conf_signal_sessions(conf_op_t *op, const void *in)
{
    const conf_room_in_t  *input = in;

    return conf_signal_room(op, input->room_id, conf_signal_sessions_seen);
}


/*
 * Those in the room, then those at its door.  Their strings are scratch: the
 * answer is written before anything else is.
 */

static conf_rc_t
conf_signal_sessions_seen(conf_op_t *op, const void *reply)
{
    size_t                    i, pos, n;
    uint64_t                  room_id;
    conf_seen_t              *seen;
    conf_signal_sessions_t   *out;
    const conf_room_view_t   *view = reply;
    conf_channel_kind_e       kinds[] = { CONF_CHANNEL_ROOM,
                                          CONF_CHANNEL_DOOR };

    room_id = view->room.id;

    out = conf_arena_calloc(op->arena, sizeof(conf_signal_sessions_t));
    seen = conf_arena_calloc(op->arena,
                             2 * CONF_PEERS_MAX * sizeof(conf_seen_t));

    if (out == NULL || seen == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    n = 0;

    for (i = 0; i < conf_nelts(kinds); i++) {
        pos = 0;

        if (conf_peer_list(&op->env->shm, conf_channel(kinds[i], room_id),
                           &conf_report_list[i], CONF_PEERS_MAX)
            != CONF_OK)
        {
            break;
        }

        while (conf_peer_next(&conf_report_list[i], &pos, &seen[n].peer)
               == CONF_OK)
        {
            conf_signal_see(&seen[n]);
            n++;
        }
    }

    out->sessions.items = seen;
    out->sessions.n = n;
    out->total = n;

    return conf_op_done(op, out);
}


/* What the asker may see of a room; an admin may see all. */

static conf_rc_t
conf_signal_room(conf_op_t *op, uint64_t room_id, conf_step_pt next)
{
    conf_room_key_t  key;

    key.actor = op->auth.admin ? 0 : op->auth.user_id;
    key.room_id = room_id;

    return conf_op_call(op, CONF_OP_ROOM_GET, &key, next);
}


conf_rc_t
conf_signal_stats(conf_op_t *op, const void *in)
{
    conf_rc_t       rc;
    conf_report_t  *report;

    if (!op->auth.admin) {
        rc = conf_room_list(op, NULL);

        if (rc == CONF_AGAIN) {
            op->then = conf_signal_stats_mine;
        }

        return rc;
    }

    report = conf_signal_stats_begin(op, CONF_REPORT_ROOMS);
    if (report == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    report->nheads = conf_channel_heads(&op->env->shm, 0, report->heads,
                                        CONF_REPORT_ROOMS);

    return conf_signal_stats_next(op);
}


/* What is counted; with place for so many rooms. */

static conf_report_t *
conf_signal_stats_begin(conf_op_t *op, size_t nrooms)
{
    conf_report_t    *report;
    conf_shm_stat_t   stat;

    report = conf_arena_calloc(op->arena, sizeof(conf_report_t));
    if (report == NULL) {
        return NULL;
    }

    report->out.rooms.items = conf_arena_calloc(op->arena, nrooms
                                                * sizeof(conf_live_room_t));
    if (report->out.rooms.items == NULL) {
        return NULL;
    }

    conf_shm_stat(&op->env->shm, &stat);

    report->out.sessions = stat.sessions;
    report->out.users = stat.users;
    report->out.active = stat.rooms;
    report->out.now_ms = op->env->now_ms(op->env);

    op->state = report;

    return report;
}


static conf_rc_t
conf_signal_stats_mine(conf_op_t *op, const void *reply)
{
    size_t              i;
    conf_room_t        *rooms;
    conf_report_t      *report;
    const conf_list_t  *list = reply;

    report = conf_signal_stats_begin(op, list->n + 1);
    if (report == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    rooms = list->items;

    for (i = 0; i < list->n; i++) {
        conf_signal_stats_add(report, op->env, &rooms[i]);
    }

    return conf_op_done(op, &report->out);
}


static conf_rc_t
conf_signal_stats_next(conf_op_t *op)
{
    conf_report_t    *report = op->state;
    conf_room_key_t   key;

    if (report->next == report->nheads) {
        return conf_op_done(op, &report->out);
    }

    key.actor = 0;
    key.room_id = conf_channel_id(report->heads[report->next++].channel);

    return conf_op_call(op, CONF_OP_ROOM_GET, &key, conf_signal_stats_one);
}


static conf_rc_t
conf_signal_stats_one(conf_op_t *op, const void *reply)
{
    const conf_room_view_t  *view = reply;

    conf_signal_stats_add(op->state, op->env, &view->room);

    return conf_signal_stats_next(op);
}


/* Rooms in which somebody is. */

static void
conf_signal_stats_add(conf_report_t *report, conf_env_t *env,
    const conf_room_t *room)
{
    uint64_t           channel;
    conf_live_room_t  *out;

    channel = conf_channel(CONF_CHANNEL_ROOM, room->id);

    out = (conf_live_room_t *) report->out.rooms.items + report->out.rooms.n;
    out->sessions = conf_channel_sessions(&env->shm, channel);

    if (out->sessions == 0) {
        return;
    }

    out->room_id = room->id;
    out->users = conf_channel_count(&env->shm, channel);
    out->messages = room->seq;
    out->created_ms = room->created_ms;
    out->duration_s = room->started_ms == 0 ? 0
                    : (report->out.now_ms - room->started_ms) / 1000;

    report->out.rooms.n++;
}
