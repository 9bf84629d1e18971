
/*
 * A WebSocket on a taken-over connection.
 *
 * The request that asked for the upgrade is gone: what the socket needs is
 * nginx's connection and one small block of its own, and its buffers exist
 * only while bytes are on their way.
 *
 * Every socket has a timer that is not cancelable: it is the ping and the
 * idle timeout, and it keeps a worker that is being replaced alive until its
 * sockets have ended.
 */

#include "ngx_http_conference_ws.h"
#include "ngx_http_conference_stat.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif


#define NGX_HTTP_CONFERENCE_WS_OPS      64      /* messages under way */
#define NGX_HTTP_CONFERENCE_WS_CLOSE    5000    /* ms for the peer's close */
#define NGX_HTTP_CONFERENCE_WS_LINGER   2000    /* ms for its end of stream */
#define NGX_HTTP_CONFERENCE_WS_ARENA    4096
#define NGX_HTTP_CONFERENCE_WS_BATCH    16      /* reads in a turn */
#define NGX_HTTP_CONFERENCE_WS_CELLS    64      /* sockets of a block */


/* What nobody uses is not to be touched, as if it had been freed. */

#if defined(__SANITIZE_ADDRESS__)
#define ngx_http_conference_poison(p, n)    ASAN_POISON_MEMORY_REGION(p, n)
#define ngx_http_conference_unpoison(p, n)  ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define ngx_http_conference_poison(p, n)
#define ngx_http_conference_unpoison(p, n)
#endif


typedef union ngx_http_conference_ws_cell_u  ngx_http_conference_ws_cell_t;

union ngx_http_conference_ws_cell_u {
    ngx_http_conference_ws_t        ws;
    ngx_http_conference_ws_cell_t  *next;         /* of those unused */
};


static void ngx_http_conference_ws_readable(ngx_event_t *rev);
static void ngx_http_conference_ws_writable(ngx_event_t *wev);
static void ngx_http_conference_ws_frame(ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame);
static void ngx_http_conference_ws_data(ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame);
static void ngx_http_conference_ws_echo(ngx_http_conference_ws_t *ws,
    uint8_t opcode, conf_str_t data);
static void ngx_http_conference_ws_message(ngx_http_conference_ws_t *ws,
    conf_str_t data);
static void ngx_http_conference_ws_finish(conf_op_t *op);
static void ngx_http_conference_ws_op_end(ngx_http_conference_ws_op_t *wo);
static void ngx_http_conference_ws_control(ngx_http_conference_ws_t *ws,
    uint8_t opcode, conf_str_t data);
static void ngx_http_conference_ws_close(ngx_http_conference_ws_t *ws,
    ngx_uint_t code, const char *reason);
static void ngx_http_conference_ws_timeout(ngx_http_conference_ws_t *ws);
static void ngx_http_conference_ws_end(ngx_http_conference_ws_t *ws);
static void ngx_http_conference_ws_give(ngx_http_conference_ws_cell_t *cell);


/* A worker has one thread: one buffer reads for all its sockets. */

u_char  ngx_http_conference_ws_buf[NGX_HTTP_CONFERENCE_WS_READ];

/* What the last message to end leaves for the next; NULL while it is used. */

static conf_arena_t  *ngx_http_conference_ws_arena;

/*
 * Sockets side by side: a frame for a large room touches each of them, and in
 * pages of their own that is an address to be looked up each time.  Blocks are
 * kept, as nginx keeps its connections.
 */

static ngx_http_conference_ws_cell_t  *ngx_http_conference_ws_unused;


void
ngx_http_conference_ws_begin(ngx_http_conference_ws_t *ws)
{
    ngx_connection_t  *c = ws->connection;

    c->data = ws;
    c->read->handler = ngx_http_conference_ws_readable;
    c->write->handler = ngx_http_conference_ws_writable;

    ws->started = 1;
    ws->heard = ngx_current_msec;
    ws->whole = ngx_current_msec;

    ngx_add_timer(c->read, ws->closing ? NGX_HTTP_CONFERENCE_WS_CLOSE
                                       : ws->conf->ws_ping);

    if (ws->queue.first != NULL) {
        ngx_http_conference_ws_mark(ws);
    }
}


static void
ngx_http_conference_ws_readable(ngx_event_t *rev)
{
    ssize_t                    n;
    ngx_uint_t                 i;
    ngx_connection_t          *c = rev->data;
    ngx_http_conference_ws_t  *ws = c->data;

    ngx_http_conference_bus_look(ws->session.env->data);

    if (c->close) {

        /* The worker goes, or its time to go has passed: say so. */

        ngx_http_conference_ws_shut(&ws->session, CONF_CLOSE_GOING_AWAY);
        (void) ngx_http_conference_ws_write(ws);
        ngx_http_conference_ws_end(ws);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_http_conference_ws_timeout(ws);
        return;
    }

    for (i = 0; i < NGX_HTTP_CONFERENCE_WS_BATCH; i++) {
        if (ws->nops >= NGX_HTTP_CONFERENCE_WS_OPS) {

            /* Read on when one of them has ended. */

            ws->paused = 1;
            return;
        }

        n = c->recv(c, ngx_http_conference_ws_buf,
                    NGX_HTTP_CONFERENCE_WS_READ);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_http_conference_ws_end(ws);
            return;
        }

        if (ws->ended) {
            continue;
        }

        ws->heard = ngx_current_msec;
        ws->pinged = 0;

        ngx_http_conference_ws_frames(ws, ngx_http_conference_ws_buf, n);

        if (!conf_ws_reader_busy(&ws->reader)) {
            ws->whole = ws->heard;
        }

        if (!rev->ready) {

            /* It was all there was: no need to be told so. */

            break;
        }
    }

    if (i == NGX_HTTP_CONFERENCE_WS_BATCH) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_conference_ws_end(ws);
    }
}


static void
ngx_http_conference_ws_writable(ngx_event_t *wev)
{
    ngx_connection_t  *c = wev->data;

    ngx_http_conference_ws_out(c->data);
}


/* Writes what there is; when all has been said, lingers for the peer. */

void
ngx_http_conference_ws_out(ngx_http_conference_ws_t *ws)
{
    ngx_connection_t  *c = ws->connection;

    if (ngx_http_conference_ws_write(ws) != NGX_OK) {
        ngx_http_conference_ws_end(ws);
        return;
    }

    if (!ws->ended || ws->lingering || ws->queue.first != NULL || c->buffered) {
        return;
    }

    /* A close right now might reset, and take our last frame with it. */

    ws->lingering = 1;
    conf_live_close(&ws->session);

    if (!c->ssl && ngx_shutdown_socket(c->fd, NGX_WRITE_SHUTDOWN) == -1) {
        ngx_http_conference_ws_end(ws);
        return;
    }

    ngx_add_timer(c->read, NGX_HTTP_CONFERENCE_WS_LINGER);
}


void
ngx_http_conference_ws_frames(ngx_http_conference_ws_t *ws,
    const u_char *data, size_t len)
{
    conf_rc_t        rc;
    conf_ws_frame_t  frame;

    while (!ws->ended) {
        rc = conf_ws_read(&ws->reader, &data, &len, &frame);

        if (rc == CONF_AGAIN) {
            return;
        }

        if (rc != CONF_OK) {
            ngx_http_conference_ws_close(ws, frame.code, "");
            ws->ended = 1;
            break;
        }

        ngx_http_conference_ws_frame(ws, &frame);
    }

    /* Our close may have gone long ago: then there is nothing to send. */

    if (ws->ended) {
        ngx_http_conference_ws_mark(ws);
    }
}


static void
ngx_http_conference_ws_frame(ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame)
{
    switch (frame->opcode) {

    case CONF_WS_PING:
        ngx_http_conference_ws_control(ws, CONF_WS_PONG, frame->data);
        return;

    case CONF_WS_PONG:
        return;

    case CONF_WS_CLOSE:
        ngx_http_conference_ws_close(ws, frame->code == CONF_WS_NO_STATUS
                                         ? CONF_WS_NORMAL : frame->code, "");
        ws->ended = 1;
        return;

    default:
        if (!ws->closing) {
            ngx_http_conference_ws_data(ws, frame);
        }
    }
}


static void
ngx_http_conference_ws_data(ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame)
{
    conf_rc_t   rc;
    conf_str_t  data;

    if (frame->opcode == CONF_WS_BINARY && !ws->echo) {
        ngx_http_conference_ws_close(ws, CONF_WS_UNSUPPORTED,
                                     "text messages only");
        ws->ended = 1;
        return;
    }

    data = frame->data;

    if (frame->compressed) {
        rc = ngx_http_conference_inflate(ws, frame, &data);

        if (rc != CONF_OK) {
            ngx_http_conference_ws_close(ws, rc == CONF_E_TOO_LARGE
                                             ? CONF_WS_TOO_BIG
                                             : rc == CONF_E_BAD_REQUEST
                                               ? CONF_WS_BAD_DATA
                                               : CONF_WS_INTERNAL, "");
            ws->ended = 1;
            return;
        }
    }

    if (ws->echo) {
        ngx_http_conference_ws_echo(ws, frame->opcode, data);

    } else if (ws->session.open) {
        ngx_http_conference_ws_message(ws, data);
    }
}


static void
ngx_http_conference_ws_echo(ngx_http_conference_ws_t *ws, uint8_t opcode,
    conf_str_t data)
{
    conf_out_t  *out;

    out = conf_out_create(data);

    if (out != NULL) {
        ngx_http_conference_ws_head(out, opcode, 0);
        ngx_http_conference_ws_send(&ws->session, out);
        conf_out_unref(out);
    }
}


/* A message is an op: its row by its type, its own little arena. */

static void
ngx_http_conference_ws_message(ngx_http_conference_ws_t *ws, conf_str_t data)
{
    conf_rc_t                     rc;
    conf_op_t                    *op;
    conf_str_t                    none = conf_null_string;
    conf_arena_t                 *arena;
    ngx_http_conference_ws_op_t  *wo;

    if (ws->session.bound != NULL && !conf_live_heard(&ws->session)) {
        ngx_http_conference_ws_shut(&ws->session, CONF_CLOSE_FLOOD);
        ws->ended = 1;
        return;
    }

    arena = ngx_http_conference_ws_arena;
    ngx_http_conference_ws_arena = NULL;

    if (arena == NULL) {
        arena = conf_arena_create(NGX_HTTP_CONFERENCE_WS_ARENA, 0);
    }

    wo = arena == NULL ? NULL
                       : conf_arena_calloc(arena, sizeof(*wo));
    if (wo == NULL) {
        conf_arena_destroy(arena);
        ngx_http_conference_ws_close(ws, CONF_WS_INTERNAL, "out of memory");
        return;
    }

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_MESSAGES, 1);

    wo->ws = ws;
    op = &wo->op;
    op->env = ws->session.env;
    op->settings = ws->session.settings;
    op->arena = arena;
    op->auth = ws->session.auth;
    op->session = &ws->session;
    op->finish = ngx_http_conference_ws_finish;
    op->owner = wo;

    wo->next = ws->ops;
    if (wo->next != NULL) {
        wo->next->prev = wo;
    }

    ws->ops = wo;
    ws->nops++;

    rc = conf_api_find_message(&ws->session, arena, data, &op->row);
    op->api = ws->session.api;

    if (rc == CONF_OK) {
        rc = conf_op_limit(op, op->auth.user_id);

        if (rc == CONF_OK) {
            rc = conf_op_input(op, none, data, NULL);

        } else {

            /* The answer names the message by what is in it. */

            (void) conf_op_input(op, none, data, NULL);
        }
    }

    if (rc != CONF_OK) {
        op->rc = rc;
        ngx_http_conference_ws_finish(op);
        return;
    }

    conf_op_run(op);
}


static void
ngx_http_conference_ws_finish(conf_op_t *op)
{
    ngx_http_conference_ws_t     *ws;
    ngx_http_conference_ws_op_t  *wo = op->owner;

    ws = wo->ws;

    ngx_http_conference_ws_answer(ws, op);
    ngx_http_conference_ws_op_end(wo);

    if (ws->paused) {
        ws->paused = 0;
        ngx_post_event(ws->connection->read, &ngx_posted_events);
    }
}


static void
ngx_http_conference_ws_op_end(ngx_http_conference_ws_op_t *wo)
{
    conf_arena_t              *arena;
    ngx_http_conference_ws_t  *ws = wo->ws;

    if (wo->prev != NULL) {
        wo->prev->next = wo->next;
    } else {
        ws->ops = wo->next;
    }

    if (wo->next != NULL) {
        wo->next->prev = wo->prev;
    }

    ws->nops--;
    arena = wo->op.arena;

    if (ngx_http_conference_ws_arena == NULL) {
        conf_arena_reset(arena);
        ngx_http_conference_ws_arena = arena;

    } else {
        conf_arena_destroy(arena);
    }
}


void
ngx_http_conference_ws_answer(ngx_http_conference_ws_t *ws, conf_op_t *op)
{
    conf_buf_t      buf;
    conf_out_t     *out;
    conf_answer_t   answer;

    ngx_memzero(&answer, sizeof(conf_answer_t));
    conf_buf_init(&buf, 0);

    op->api->answer(op, &buf, &answer);

    if (!answer.silent && conf_buf_ok(&buf) == CONF_OK) {
        out = conf_out_create((conf_str_t) { buf.len, buf.data });

        if (out != NULL) {
            ngx_http_conference_ws_send(&ws->session, out);
            conf_out_unref(out);
        }
    }

    conf_buf_free(&buf);
}


/* Frames the bytes, once for all sockets, and queues a reference. */

void
ngx_http_conference_ws_send(conf_session_t *s, conf_out_t *out)
{
    ngx_http_conference_ws_t  *ws = (ngx_http_conference_ws_t *) s;

    if (ws->closing) {
        return;
    }

    if (out->head_len == 0) {
        ngx_http_conference_ws_head(out, CONF_WS_TEXT, 0);
    }

    if (ws->deflate) {
        out = ngx_http_conference_deflate_out(ws, out);
    }

    if (ws->queued + out->head_len + out->len > ws->conf->ws_queue) {
        ngx_http_conference_ws_shut(s, CONF_CLOSE_SLOW);
        return;
    }

    ngx_http_conference_ws_queue(ws, out);
}


/* Right before the bytes, so that head and bytes are one piece. */

void
ngx_http_conference_ws_head(conf_out_t *out, uint8_t opcode,
    ngx_uint_t compressed)
{
    uint8_t  head[CONF_WS_HEAD_MAX];

    out->head_len = (uint16_t) conf_ws_head(head, opcode, compressed != 0,
                                            out->len);
    ngx_memcpy(out->data - out->head_len, head, out->head_len);
}


/*
 * Never from inside a list of sessions: the frame is queued and the rest is
 * left to events.
 */

void
ngx_http_conference_ws_shut(conf_session_t *s, conf_close_e why)
{
    const conf_close_row_t    *row;
    ngx_http_conference_ws_t  *ws = (ngx_http_conference_ws_t *) s;

    static const conf_close_row_t  closes[CONF_CLOSE_MAX] = {
        { CONF_WS_NORMAL, "" },
        { CONF_WS_GOING_AWAY, "server is going away" },
        { CONF_WS_POLICY, "token is no longer valid" },
        { CONF_WS_POLICY, "too slow" },
        { CONF_WS_INTERNAL, "internal error" },
        { CONF_WS_POLICY, "removed from the room" },
        { CONF_WS_NORMAL, "room has ended" },
        { CONF_WS_POLICY, "too many messages" },
        { CONF_WS_NORMAL, "replaced by another connection" }
    };

    if (ws->closing) {
        return;
    }

    if (why == CONF_CLOSE_SLOW) {
        ngx_http_conference_count(NGX_HTTP_CONFERENCE_SLOW, 1);
        ngx_log_error(NGX_LOG_WARN, ws->connection->log, 0,
                      "conference: client does not read, %uz bytes wait",
                      ws->queued);
    }

    row = s->api->closes != NULL ? s->api->closes : closes;

    ngx_http_conference_ws_close(ws, row[why].code, row[why].reason);
}


static void
ngx_http_conference_ws_control(ngx_http_conference_ws_t *ws, uint8_t opcode,
    conf_str_t data)
{
    conf_out_t  *out;

    /* Pongs for a client that pings and does not read must not pile up. */

    if (ws->closing || ws->queued > ws->conf->ws_queue) {
        return;
    }

    out = conf_out_create(data);
    if (out == NULL) {
        return;
    }

    ngx_http_conference_ws_head(out, opcode, 0);
    ngx_http_conference_ws_queue(ws, out);
    conf_out_unref(out);
}


/* Queues our close frame, once; then the peer has a moment to answer. */

static void
ngx_http_conference_ws_close(ngx_http_conference_ws_t *ws, ngx_uint_t code,
    const char *reason)
{
    size_t             len;
    uint8_t            frame[CONF_WS_CONTROL_MAX + 2];
    conf_out_t        *out;
    ngx_connection_t  *c = ws->connection;

    if (ws->closing) {
        return;
    }

    ws->closing = 1;

    len = conf_ws_close(frame, (uint16_t) code,
                        (conf_str_t) { ngx_strlen(reason),
                                       (const uint8_t *) reason });

    /* The frame is whole: its first two bytes are the head. */

    out = conf_out_create((conf_str_t) { len - 2, frame + 2 });

    if (out != NULL) {
        ngx_http_conference_ws_head(out, CONF_WS_CLOSE, 0);
        ngx_http_conference_ws_queue(ws, out);
        conf_out_unref(out);
    }

    if (ws->started) {
        ngx_add_timer(c->read, NGX_HTTP_CONFERENCE_WS_CLOSE);
    }
}


/* The timer: nothing came for a while, or the peer does not close. */

static void
ngx_http_conference_ws_timeout(ngx_http_conference_ws_t *ws)
{
    ngx_msec_t         idle;
    conf_str_t         none = conf_null_string;
    ngx_connection_t  *c = ws->connection;

    if (ws->closing) {
        ngx_http_conference_ws_end(ws);
        return;
    }

    idle = ngx_current_msec - ws->heard;

    if (idle >= ws->conf->ws_timeout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "conference: client is silent");
        ngx_http_conference_ws_end(ws);
        return;
    }

    if (conf_ws_reader_busy(&ws->reader)
        && ngx_current_msec - ws->whole >= ws->conf->ws_timeout)
    {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "conference: client does not end its message");
        ngx_http_conference_ws_close(ws, CONF_WS_POLICY,
                                     "message takes too long");
        return;
    }

    if (idle >= ws->conf->ws_ping && !ws->pinged) {
        ws->pinged = 1;
        ngx_http_conference_ws_control(ws, CONF_WS_PING, none);
    }

    ngx_add_timer(c->read, ngx_min(ws->conf->ws_ping,
                                   ws->conf->ws_timeout - idle));
}


/* The connection is gone, or has nothing more to say. */

static void
ngx_http_conference_ws_end(ngx_http_conference_ws_t *ws)
{
    ngx_connection_t  *c = ws->connection;

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_CLOSED, 1);

    ngx_http_conference_ws_free(ws);
    ngx_http_close_connection(c);
}


void
ngx_http_conference_ws_leave(ngx_cycle_t *cycle)
{
    ngx_uint_t         i;
    ngx_connection_t  *c;

    c = cycle->connections;

    for (i = 0; i < cycle->connection_n; i++) {
        if (c[i].fd != (ngx_socket_t) -1 && c[i].read != NULL
            && c[i].read->handler == ngx_http_conference_ws_readable)
        {
            c[i].close = 1;
            ngx_http_conference_ws_readable(c[i].read);
        }
    }
}


ngx_http_conference_ws_t *
ngx_http_conference_ws_alloc(ngx_log_t *log)
{
    ngx_uint_t                      i;
    ngx_http_conference_ws_cell_t  *cell;

    if (ngx_http_conference_ws_unused == NULL) {
        cell = ngx_alloc(NGX_HTTP_CONFERENCE_WS_CELLS
                         * sizeof(ngx_http_conference_ws_cell_t), log);
        if (cell == NULL) {
            return NULL;
        }

        for (i = 0; i < NGX_HTTP_CONFERENCE_WS_CELLS; i++) {
            ngx_http_conference_ws_give(&cell[i]);
        }
    }

    cell = ngx_http_conference_ws_unused;
    ngx_http_conference_ws_unused = cell->next;

    ngx_http_conference_unpoison(cell, sizeof(*cell));
    ngx_memzero(&cell->ws, sizeof(ngx_http_conference_ws_t));

    return &cell->ws;
}


static void
ngx_http_conference_ws_give(ngx_http_conference_ws_cell_t *cell)
{
    cell->next = ngx_http_conference_ws_unused;
    ngx_http_conference_ws_unused = cell;

    ngx_http_conference_poison(&cell->next + 1,
                               sizeof(*cell) - sizeof(cell->next));
}


void
ngx_http_conference_ws_free(ngx_http_conference_ws_t *ws)
{
    ws->closing = 1;
    conf_live_close(&ws->session);

    while (ws->ops != NULL) {
        conf_op_cancel(&ws->ops->op);
        ngx_http_conference_ws_op_end(ws->ops);
    }

    conf_live_unbind(&ws->session);
    ngx_http_conference_ws_discard(ws);

    conf_ws_reader_free(&ws->reader);
    ngx_http_conference_ws_give((ngx_http_conference_ws_cell_t *) ws);
}


void
ngx_http_conference_ws_drop(ngx_http_conference_ctx_t *ctx)
{
    ngx_http_conference_ws_free(ctx->socket);
    ctx->op.session = NULL;
}
