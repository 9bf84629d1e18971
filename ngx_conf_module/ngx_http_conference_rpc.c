
/*
 * The link to confd: one connection a worker, multiplexed and pipelined.
 *
 * The waiter owns the call's memory.  A call completes at most once and never
 * inside ngx_http_conference_rpc_call(); cancel is idempotent and silent for
 * ever after; every call has a deadline; loss of the link completes what was
 * sent with CONF_E_BACKEND_DOWN, but for idempotent calls, which are sent
 * once more over the next link; replies to unknown ids are dropped.
 *
 * A message that was posted is published whatever became of who posted it:
 * when its waiter cancels, the link itself goes on waiting.
 */

#include "ngx_http_conference_module.h"
#include "ngx_http_conference_stat.h"


#define NGX_HTTP_CONFERENCE_RPC_CHUNK    65536
#define NGX_HTTP_CONFERENCE_RPC_OUT_MAX  (64 * 1024 * 1024)
#define NGX_HTTP_CONFERENCE_RPC_RETRY    100       /* ms, doubled up to */
#define NGX_HTTP_CONFERENCE_RPC_RETRIES  2000


/* A call that outlives its waiter. */

typedef struct {
    conf_call_t                       call;
    ngx_http_conference_rpc_t        *rpc;
} ngx_http_conference_orphan_t;

typedef enum {
    NGX_HTTP_CONFERENCE_RPC_DOWN = 0,
    NGX_HTTP_CONFERENCE_RPC_GREETING,        /* HELLO is sent, calls follow */
    NGX_HTTP_CONFERENCE_RPC_UP
} ngx_http_conference_rpc_state_e;

struct ngx_http_conference_rpc_s {
    ngx_http_conference_main_conf_t  *conf;
    ngx_log_t                        *log;
    ngx_connection_t                 *connection;
    ngx_uint_t                        state;
    uint64_t                          next_id;
    uint64_t                          boot;      /* of the confd last seen */

    conf_buf_t                        in;
    conf_buf_t                        out;
    size_t                            sent;      /* of out */

    /* Pending calls in order of deadline: all have the same timeout. */
    conf_call_t                       head;
    conf_call_t                       failed;    /* to complete, posted */
    ngx_uint_t                        npending;
    ngx_uint_t                        nstray;    /* writes that were given up
                                                    and may be done yet */

    conf_call_t                     **slots;     /* by id, a power of two */
    ngx_uint_t                        nslots;

    ngx_event_t                       flush;     /* posted */
    ngx_event_t                       fail;      /* posted */
    ngx_event_t                       deadline;
    ngx_event_t                       reconnect;
    ngx_msec_t                        wait;
    ngx_uint_t                        told;      /* the log knows it is down */
};


static void ngx_http_conference_rpc_call(conf_env_t *env, conf_call_t *call,
    const void *request);
static void ngx_http_conference_rpc_cancel(conf_env_t *env,
    conf_call_t *call);
static ngx_int_t ngx_http_conference_rpc_orphan(
    ngx_http_conference_rpc_t *rpc, conf_call_t *call);
static void ngx_http_conference_rpc_orphaned(conf_call_t *call);
static ngx_int_t ngx_http_conference_rpc_connect(
    ngx_http_conference_rpc_t *rpc);
static void ngx_http_conference_rpc_lost(ngx_http_conference_rpc_t *rpc,
    const char *why);
static void ngx_http_conference_rpc_read(ngx_event_t *rev);
static void ngx_http_conference_rpc_write(ngx_event_t *wev);
static void ngx_http_conference_rpc_flush(ngx_event_t *ev);
static void ngx_http_conference_rpc_fail(ngx_event_t *ev);
static void ngx_http_conference_rpc_deadline(ngx_event_t *ev);
static void ngx_http_conference_rpc_reconnect(ngx_event_t *ev);
static ngx_int_t ngx_http_conference_rpc_frames(
    ngx_http_conference_rpc_t *rpc);
static ngx_int_t ngx_http_conference_rpc_frame(ngx_http_conference_rpc_t *rpc,
    const conf_frame_t *frame);
static void ngx_http_conference_rpc_reply(ngx_http_conference_rpc_t *rpc,
    const conf_frame_t *frame);
static void ngx_http_conference_rpc_event(ngx_http_conference_rpc_t *rpc,
    const conf_frame_t *frame);
static conf_call_t *ngx_http_conference_rpc_find(
    ngx_http_conference_rpc_t *rpc, uint64_t id);
static ngx_int_t ngx_http_conference_rpc_enter(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call);
static void ngx_http_conference_rpc_leave(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call);
static void ngx_http_conference_rpc_refuse(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call, conf_rc_t rc);


ngx_int_t
ngx_http_conference_rpc_init(ngx_http_conference_main_conf_t *cmcf,
    ngx_cycle_t *cycle)
{
    ngx_http_conference_rpc_t  *rpc;

    rpc = ngx_pcalloc(cycle->pool, sizeof(ngx_http_conference_rpc_t));
    if (rpc == NULL) {
        return NGX_ERROR;
    }

    rpc->nslots = 1024;
    rpc->slots = ngx_calloc(rpc->nslots * sizeof(conf_call_t *), cycle->log);
    if (rpc->slots == NULL) {
        return NGX_ERROR;
    }

    rpc->conf = cmcf;
    rpc->log = cycle->log;
    rpc->next_id = 1;
    rpc->wait = NGX_HTTP_CONFERENCE_RPC_RETRY;

    rpc->head.next = &rpc->head;
    rpc->head.prev = &rpc->head;
    rpc->failed.next = &rpc->failed;
    rpc->failed.prev = &rpc->failed;

    conf_buf_init(&rpc->in, CONF_RPC_FRAME_MAX + NGX_HTTP_CONFERENCE_RPC_CHUNK
                            + 16);
    conf_buf_init(&rpc->out, NGX_HTTP_CONFERENCE_RPC_OUT_MAX);

    ngx_http_conference_event(&rpc->flush, ngx_http_conference_rpc_flush,
                              rpc, cycle->log);
    ngx_http_conference_event(&rpc->fail, ngx_http_conference_rpc_fail,
                              rpc, cycle->log);
    ngx_http_conference_event(&rpc->deadline, ngx_http_conference_rpc_deadline,
                              rpc, cycle->log);
    ngx_http_conference_event(&rpc->reconnect,
                              ngx_http_conference_rpc_reconnect, rpc,
                              cycle->log);
    rpc->reconnect.cancelable = 1;

    cmcf->rpc = rpc;
    cmcf->env.call = ngx_http_conference_rpc_call;
    cmcf->env.cancel = ngx_http_conference_rpc_cancel;

    (void) ngx_http_conference_rpc_connect(rpc);

    return NGX_OK;
}


void
ngx_http_conference_rpc_close(ngx_http_conference_main_conf_t *cmcf)
{
    conf_call_t                *call, *next;
    ngx_http_conference_rpc_t  *rpc = cmcf->rpc;

    if (rpc == NULL) {
        return;
    }

    if (rpc->connection != NULL) {
        ngx_close_connection(rpc->connection);
        rpc->connection = NULL;
    }

    for (call = rpc->head.next; call != &rpc->head; call = next) {
        next = call->next;

        if (call->done == ngx_http_conference_rpc_orphaned) {
            call->rc = CONF_E_BACKEND_DOWN;
            call->done(call);
        }
    }

    rpc->state = NGX_HTTP_CONFERENCE_RPC_DOWN;
    conf_buf_free(&rpc->in);
    conf_buf_free(&rpc->out);
    ngx_free(rpc->slots);
    cmcf->rpc = NULL;
}


ngx_uint_t
ngx_http_conference_rpc_up(ngx_http_conference_rpc_t *rpc)
{
    return rpc->state == NGX_HTTP_CONFERENCE_RPC_UP;
}


ngx_uint_t
ngx_http_conference_rpc_pending(ngx_http_conference_rpc_t *rpc)
{
    return rpc->npending;
}


static void
ngx_http_conference_rpc_call(conf_env_t *env, conf_call_t *call,
    const void *request)
{
    size_t                      len;
    conf_rc_t                   rc;
    conf_frame_t                frame;
    const conf_op_info_t       *op;
    ngx_http_conference_rpc_t  *rpc;

    rpc = ((ngx_http_conference_main_conf_t *) env->data)->rpc;
    op = &conf_ops[call->code];

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_CALLS, 1);

    call->rc = CONF_OK;
    call->reply = NULL;
    call->retried = false;
    call->frame.len = 0;
    call->frame.data = NULL;

    if (rpc->state == NGX_HTTP_CONFERENCE_RPC_DOWN
        && ngx_http_conference_rpc_connect(rpc) != NGX_OK)
    {
        ngx_http_conference_rpc_refuse(rpc, call, CONF_E_BACKEND_DOWN);
        return;
    }

    if (ngx_http_conference_rpc_enter(rpc, call) != NGX_OK) {
        ngx_http_conference_rpc_refuse(rpc, call, CONF_E_NOMEM);
        return;
    }

    len = rpc->out.len;

    ngx_memzero(&frame, sizeof(conf_frame_t));
    frame.kind = CONF_FRAME_CALL;
    frame.id = call->id;
    frame.code = call->code;

    rc = conf_frame_write(&rpc->out, &frame, op->request, request);

    if (rc != CONF_OK) {
        rpc->out.failed = false;
        rpc->out.len = len;
        ngx_http_conference_rpc_leave(rpc, call);
        ngx_http_conference_rpc_refuse(rpc, call, rc == CONF_E_NOMEM
                                                  ? CONF_E_BACKEND_BUSY : rc);
        return;
    }

    if ((op->flags & CONF_OP_IDEMPOTENT) != 0) {
        call->frame.data = ngx_alloc(rpc->out.len - len, rpc->log);

        if (call->frame.data != NULL) {
            call->frame.len = rpc->out.len - len;
            ngx_memcpy((u_char *) call->frame.data, rpc->out.data + len,
                       call->frame.len);
        }
    }

    if (!rpc->flush.posted) {
        ngx_post_event(&rpc->flush, &ngx_posted_events);
    }
}


static void
ngx_http_conference_rpc_cancel(conf_env_t *env, conf_call_t *call)
{
    ngx_http_conference_rpc_t  *rpc;

    rpc = ((ngx_http_conference_main_conf_t *) env->data)->rpc;

    if (call->id == 0 || rpc == NULL) {
        return;
    }

    if (call->code == CONF_OP_MESSAGE_POST && call->slot == 1
        && ngx_http_conference_rpc_orphan(rpc, call) == NGX_OK)
    {
        return;
    }

    ngx_http_conference_rpc_leave(rpc, call);
}


/* Puts a call of our own in the place of this one. */

static ngx_int_t
ngx_http_conference_rpc_orphan(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call)
{
    ngx_http_conference_orphan_t  *orphan;

    orphan = ngx_alloc(sizeof(ngx_http_conference_orphan_t), rpc->log);
    if (orphan == NULL) {
        return NGX_ERROR;
    }

    orphan->rpc = rpc;
    orphan->call = *call;
    orphan->call.done = ngx_http_conference_rpc_orphaned;
    orphan->call.data = orphan;
    orphan->call.arena = conf_arena_create(2048, 0);

    if (orphan->call.arena == NULL) {
        ngx_free(orphan);
        return NGX_ERROR;
    }

    call->prev->next = &orphan->call;
    call->next->prev = &orphan->call;
    rpc->slots[call->id & (rpc->nslots - 1)] = &orphan->call;

    /* Not repeatable, so it keeps no frame. */

    call->id = 0;
    call->slot = 0;

    return NGX_OK;
}


static void
ngx_http_conference_rpc_orphaned(conf_call_t *call)
{
    ngx_http_conference_orphan_t  *orphan = call->data;

    if (call->rc == CONF_OK) {
        (void) conf_live_message(&orphan->rpc->conf->env, call->reply);
    }

    conf_arena_destroy(call->arena);
    ngx_free(orphan);
}


static ngx_int_t
ngx_http_conference_rpc_connect(ngx_http_conference_rpc_t *rpc)
{
    ngx_int_t              rc;
    conf_hello_t           hello;
    conf_frame_t           frame;
    ngx_connection_t      *c;
    ngx_peer_connection_t  peer;

    if (rpc->reconnect.timer_set) {

        /* It was tried a moment ago. */

        return NGX_DECLINED;
    }

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));
    peer.sockaddr = rpc->conf->backend->sockaddr;
    peer.socklen = rpc->conf->backend->socklen;
    peer.name = &rpc->conf->backend->name;
    peer.get = ngx_event_get_peer;
    peer.log = rpc->log;

    peer.log_error = NGX_ERROR_ERR;

    rc = ngx_event_connect_peer(&peer);
    c = peer.connection;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        if (c != NULL) {
            ngx_close_connection(c);
        }

        ngx_http_conference_rpc_lost(rpc, "cannot connect");
        return NGX_ERROR;
    }

    c->data = rpc;
    c->read->handler = ngx_http_conference_rpc_read;
    c->write->handler = ngx_http_conference_rpc_write;
    c->log = rpc->log;
    c->read->log = rpc->log;
    c->write->log = rpc->log;

    rpc->connection = c;
    rpc->state = NGX_HTTP_CONFERENCE_RPC_GREETING;
    rpc->sent = 0;
    conf_buf_reset(&rpc->in);
    conf_buf_reset(&rpc->out);

    hello.version = CONF_RPC_VERSION;
    hello.node = conf_shm_node(&rpc->conf->env.shm);
    hello.pid = ngx_pid;

    ngx_memzero(&frame, sizeof(conf_frame_t));
    frame.kind = CONF_FRAME_CALL;
    frame.code = CONF_OP_HELLO;

    if (conf_frame_write(&rpc->out, &frame, &conf_proto_hello, &hello)
        != CONF_OK
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        ngx_http_conference_rpc_lost(rpc, "out of memory");
        return NGX_ERROR;
    }

    if (!rpc->flush.posted) {
        ngx_post_event(&rpc->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


/*
 * The link is gone: what may be sent again waits for the next one, within its
 * deadline; the rest has failed.
 */

static void
ngx_http_conference_rpc_lost(ngx_http_conference_rpc_t *rpc, const char *why)
{
    conf_call_t  *call, *next;

    if (!rpc->told) {
        rpc->told = 1;
        ngx_log_error(NGX_LOG_ERR, rpc->log, 0,
                      "conference: link to confd is down: %s", why);
    }

    if (rpc->connection != NULL) {
        ngx_close_connection(rpc->connection);
        rpc->connection = NULL;
    }

    rpc->state = NGX_HTTP_CONFERENCE_RPC_DOWN;
    rpc->nstray = 0;

    for (call = rpc->head.next; call != &rpc->head; call = next) {
        next = call->next;

        if (call->frame.len != 0 && !call->retried) {
            continue;
        }

        ngx_http_conference_rpc_leave(rpc, call);
        ngx_http_conference_rpc_refuse(rpc, call, CONF_E_BACKEND_DOWN);
    }

    if (!rpc->reconnect.timer_set) {
        ngx_add_timer(&rpc->reconnect,
                      rpc->wait / 2 + (ngx_msec_t) ngx_random()
                                      % (rpc->wait / 2 + 1));
        rpc->wait = ngx_min(rpc->wait * 2, NGX_HTTP_CONFERENCE_RPC_RETRIES);
    }
}


static void
ngx_http_conference_rpc_reconnect(ngx_event_t *ev)
{
    conf_call_t                *call;
    ngx_http_conference_rpc_t  *rpc = ev->data;

    if (rpc->state != NGX_HTTP_CONFERENCE_RPC_DOWN
        || ngx_http_conference_rpc_connect(rpc) != NGX_OK)
    {
        return;
    }

    for (call = rpc->head.next; call != &rpc->head; call = call->next) {
        call->retried = true;
        conf_buf_add(&rpc->out, call->frame.data, call->frame.len);
    }
}


static void
ngx_http_conference_rpc_flush(ngx_event_t *ev)
{
    ngx_http_conference_rpc_t  *rpc = ev->data;

    if (rpc->connection != NULL) {
        ngx_http_conference_rpc_write(rpc->connection->write);
    }
}


static void
ngx_http_conference_rpc_write(ngx_event_t *wev)
{
    size_t                      left;
    ssize_t                     n;
    ngx_int_t                   rc;
    ngx_connection_t           *c = wev->data;
    ngx_http_conference_rpc_t  *rpc = c->data;

    while (rpc->sent < rpc->out.len) {
        n = c->send(c, rpc->out.data + rpc->sent, rpc->out.len - rpc->sent);

        if (n == NGX_ERROR) {
            ngx_http_conference_rpc_lost(rpc, "write failed");
            return;
        }

        if (n == NGX_AGAIN) {
            break;
        }

        rpc->sent += n;
    }

    /* What was sent makes room; a long tail is moved only when half is. */

    left = rpc->out.len - rpc->sent;

    if (left == 0 || rpc->sent > rpc->out.size / 2) {
        ngx_memmove(rpc->out.data, rpc->out.data + rpc->sent, left);
        rpc->out.len = left;
        rpc->sent = 0;
    }

    /*
     * A unix socket tells each time its peer has read something that it can
     * be written to: that is a turn of the loop for nothing.
     */

    if (left == 0 && wev->active && (ngx_event_flags & NGX_USE_EPOLL_EVENT)) {
        rc = ngx_del_event(wev, NGX_WRITE_EVENT, NGX_CLEAR_EVENT);

    } else {
        rc = ngx_handle_write_event(wev, 0);
    }

    if (rc != NGX_OK) {
        ngx_http_conference_rpc_lost(rpc, "event failed");
    }
}


static void
ngx_http_conference_rpc_read(ngx_event_t *rev)
{
    u_char                     *p;
    ssize_t                     n;
    ngx_connection_t           *c = rev->data;
    ngx_http_conference_rpc_t  *rpc = c->data;

    ngx_http_conference_bus_look(rpc->conf);

    for ( ;; ) {
        p = conf_buf_reserve(&rpc->in, NGX_HTTP_CONFERENCE_RPC_CHUNK);
        if (p == NULL) {
            ngx_http_conference_rpc_lost(rpc, "out of memory");
            return;
        }

        n = c->recv(c, p, NGX_HTTP_CONFERENCE_RPC_CHUNK);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_http_conference_rpc_lost(rpc, "closed by confd");
            return;
        }

        rpc->in.len += n;

        if (ngx_http_conference_rpc_frames(rpc) != NGX_OK) {
            ngx_http_conference_rpc_lost(rpc, "what came is not a frame");
            return;
        }

        /* A completed call may have been the last wish of this worker. */

        if (rpc->connection != c) {
            return;
        }

        if (!rev->ready) {
            break;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_conference_rpc_lost(rpc, "event failed");
    }
}


static ngx_int_t
ngx_http_conference_rpc_frames(ngx_http_conference_rpc_t *rpc)
{
    size_t         used, pos;
    conf_rc_t      rc;
    conf_str_t     data;
    conf_frame_t   frame;

    pos = 0;

    for ( ;; ) {
        data.data = rpc->in.data + pos;
        data.len = rpc->in.len - pos;

        rc = conf_frame_read(data, &used, &frame);

        if (rc == CONF_AGAIN) {
            break;
        }

        if (rc != CONF_OK
            || ngx_http_conference_rpc_frame(rpc, &frame) != NGX_OK)
        {
            return NGX_ERROR;
        }

        pos += used;
    }

    if (pos != 0) {
        ngx_memmove(rpc->in.data, rpc->in.data + pos, rpc->in.len - pos);
        rpc->in.len -= pos;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_conference_rpc_frame(ngx_http_conference_rpc_t *rpc,
    const conf_frame_t *frame)
{
    if (rpc->state == NGX_HTTP_CONFERENCE_RPC_GREETING) {

        /* The first frame answers HELLO. */

        if (frame->kind != CONF_FRAME_REPLY || frame->id != 0
            || frame->code != CONF_OK)
        {
            return NGX_ERROR;
        }

        rpc->state = NGX_HTTP_CONFERENCE_RPC_UP;
        rpc->wait = NGX_HTTP_CONFERENCE_RPC_RETRY;

        if (rpc->told) {
            rpc->told = 0;
            ngx_log_error(NGX_LOG_NOTICE, rpc->log, 0,
                          "conference: link to confd is up");
        }

        if (rpc->conf->sync != NULL) {
            conf_sync_all(rpc->conf->sync);
        }

        return NGX_OK;
    }

    switch (frame->kind) {

    case CONF_FRAME_REPLY:
        ngx_http_conference_rpc_reply(rpc, frame);
        return NGX_OK;

    case CONF_FRAME_EVENT:
        ngx_http_conference_rpc_event(rpc, frame);
        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}


static void
ngx_http_conference_rpc_reply(ngx_http_conference_rpc_t *rpc,
    const conf_frame_t *frame)
{
    void                *reply;
    conf_rc_t            rc;
    conf_str_t           body;
    conf_call_t         *call;
    const conf_proto_t  *proto;

    call = ngx_http_conference_rpc_find(rpc, frame->id);

    if (call == NULL) {
        if (rpc->nstray != 0 && rpc->conf->sync != NULL) {
            rpc->nstray--;
            conf_sync_doubt(rpc->conf->sync, true);
        }

        return;
    }

    ngx_http_conference_rpc_leave(rpc, call);
    ngx_http_conference_observe(NGX_HTTP_CONFERENCE_CALL_TIME,
                                ngx_http_conference_clock()
                                - call->started_us);

    call->rev = frame->rev;
    call->rc = (conf_rc_t) frame->code;

    if (call->rc == CONF_OK) {
        proto = conf_ops[call->code].reply;

        reply = conf_arena_calloc(call->arena, proto->size);
        body.len = frame->body.len;
        body.data = conf_arena_dup(call->arena, frame->body.data,
                                   frame->body.len);

        if (reply == NULL || body.data == NULL) {
            call->rc = CONF_E_NOMEM;

        } else {
            rc = conf_proto_unpack(call->arena, proto, CONF_PROTO_WIRE, body,
                                   reply);
            call->rc = rc;
            call->reply = rc == CONF_OK ? reply : NULL;
        }
    }

    if (call->rc < CONF_OK || call->rc >= CONF_E_MAX) {
        call->rc = CONF_E_PROTOCOL;
    }

    call->done(call);
}


static void
ngx_http_conference_rpc_event(ngx_http_conference_rpc_t *rpc,
    const conf_frame_t *frame)
{
    conf_arena_t    *arena;
    conf_publish_t   event;

    arena = conf_arena_create(1024, 0);
    if (arena == NULL) {
        return;
    }

    if (rpc->conf->sync != NULL
        && conf_proto_unpack(arena, &conf_proto_publish, CONF_PROTO_WIRE,
                             frame->body, &event)
           == CONF_OK)
    {
        conf_sync_event(rpc->conf->sync, event.topic, event.payload,
                        frame->rev);
    }

    conf_arena_destroy(arena);
}


/* Calls that failed at once are completed here, never inside call(). */

static void
ngx_http_conference_rpc_fail(ngx_event_t *ev)
{
    conf_call_t                *call;
    ngx_http_conference_rpc_t  *rpc = ev->data;

    while (rpc->failed.next != &rpc->failed) {
        call = rpc->failed.next;
        ngx_http_conference_rpc_leave(rpc, call);
        call->done(call);
    }
}


static void
ngx_http_conference_rpc_deadline(ngx_event_t *ev)
{
    int64_t                     now;
    conf_call_t                *call;
    ngx_http_conference_rpc_t  *rpc = ev->data;

    now = (int64_t) ngx_current_msec;

    while (rpc->head.next != &rpc->head) {
        call = rpc->head.next;

        if (call->deadline_ms > now) {
            ngx_add_timer(ev, (ngx_msec_t) (call->deadline_ms - now));
            return;
        }

        if (conf_ops[call->code].lane != CONF_LANE_READ) {
            rpc->nstray++;
        }

        ngx_http_conference_rpc_leave(rpc, call);
        call->rc = rpc->state == NGX_HTTP_CONFERENCE_RPC_DOWN
                   ? CONF_E_BACKEND_DOWN : CONF_E_BACKEND_TIMEOUT;
        ngx_http_conference_count(NGX_HTTP_CONFERENCE_FAILED, 1);
        call->done(call);
    }
}


static conf_call_t *
ngx_http_conference_rpc_find(ngx_http_conference_rpc_t *rpc, uint64_t id)
{
    conf_call_t  *call;

    call = rpc->slots[id & (rpc->nslots - 1)];

    return (call != NULL && call->id == id) ? call : NULL;
}


/* Draws an id whose slot is free; there are twice as many slots as calls. */

static ngx_int_t
ngx_http_conference_rpc_enter(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call)
{
    ngx_uint_t     n;
    conf_call_t   *one, **slots;

    if (rpc->npending * 2 >= rpc->nslots) {
        n = rpc->nslots * 4;

        slots = ngx_calloc(n * sizeof(conf_call_t *), rpc->log);
        if (slots == NULL) {
            return NGX_ERROR;
        }

        for (one = rpc->head.next; one != &rpc->head; one = one->next) {
            slots[one->id & (n - 1)] = one;
        }

        ngx_free(rpc->slots);
        rpc->slots = slots;
        rpc->nslots = n;
    }

    do {
        call->id = rpc->next_id++;
    } while (rpc->slots[call->id & (rpc->nslots - 1)] != NULL);

    call->slot = 1;
    rpc->slots[call->id & (rpc->nslots - 1)] = call;
    rpc->npending++;

    call->started_us = ngx_http_conference_clock();
    call->deadline_ms = (int64_t) (ngx_current_msec
                                   + rpc->conf->backend_timeout);

    call->next = &rpc->head;
    call->prev = rpc->head.prev;
    call->prev->next = call;
    rpc->head.prev = call;

    if (!rpc->deadline.timer_set) {
        ngx_add_timer(&rpc->deadline, rpc->conf->backend_timeout);
    }

    return NGX_OK;
}


/* Takes a call off whichever list it is on; its id is void from here. */

static void
ngx_http_conference_rpc_leave(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call)
{
    if (call->slot == 1) {
        rpc->slots[call->id & (rpc->nslots - 1)] = NULL;
        rpc->npending--;
    }

    call->next->prev = call->prev;
    call->prev->next = call->next;
    call->id = 0;
    call->slot = 0;

    if (call->frame.data != NULL) {
        ngx_free((u_char *) call->frame.data);
        call->frame.data = NULL;
        call->frame.len = 0;
    }

    if (rpc->npending == 0 && rpc->deadline.timer_set) {
        ngx_del_timer(&rpc->deadline);
    }
}


static void
ngx_http_conference_rpc_refuse(ngx_http_conference_rpc_t *rpc,
    conf_call_t *call, conf_rc_t rc)
{
    ngx_http_conference_count(NGX_HTTP_CONFERENCE_FAILED, 1);

    call->rc = rc;
    call->id = rpc->next_id++;
    call->slot = 2;

    call->next = &rpc->failed;
    call->prev = rpc->failed.prev;
    call->prev->next = call;
    rpc->failed.prev = call;

    if (!rpc->fail.posted) {
        ngx_post_event(&rpc->fail, &ngx_posted_events);
    }
}
