
/*
 * A WebSocket on a taken-over connection.
 *
 * The request that asked for the upgrade lives as long as the socket (it is
 * what nginx accounts, logs and closes), but holds next to nothing: what the
 * socket needs is one small block of its own, and its buffers exist only
 * while bytes are on their way.
 *
 * Every socket has a timer that is not cancelable: it is the ping and the
 * idle timeout, and it keeps a worker that is being replaced alive until its
 * sockets have ended.
 */

#include "ngx_http_conference_ws.h"
#include "ngx_http_conference_stat.h"


#define NGX_HTTP_CONFERENCE_WS_OPS      64      /* messages under way */
#define NGX_HTTP_CONFERENCE_WS_BUFS     64      /* of one write */
#define NGX_HTTP_CONFERENCE_WS_CLOSE    5000    /* ms for the peer's close */
#define NGX_HTTP_CONFERENCE_WS_ARENA    1024
#define NGX_HTTP_CONFERENCE_WS_BATCH    16      /* reads in a turn */


static void ngx_http_conference_ws_frame(ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame);
static void ngx_http_conference_ws_message(ngx_http_conference_ws_t *ws,
    conf_str_t data);
static void ngx_http_conference_ws_finish(conf_op_t *op);
static void ngx_http_conference_ws_op_end(ngx_http_conference_ws_op_t *wo);
static void ngx_http_conference_ws_control(ngx_http_conference_ws_t *ws,
    uint8_t opcode, conf_str_t data);
static void ngx_http_conference_ws_close(ngx_http_conference_ws_t *ws,
    ngx_uint_t code, const char *reason);
static void ngx_http_conference_ws_queue(ngx_http_conference_ws_t *ws,
    conf_out_t *out);
static ngx_int_t ngx_http_conference_ws_write(ngx_http_conference_ws_t *ws);
static void ngx_http_conference_ws_timeout(ngx_http_conference_ws_t *ws);
static ngx_uint_t ngx_http_conference_ws_chain(ngx_http_conference_ws_t *ws,
    ngx_buf_t *bufs, ngx_chain_t *links);
static void ngx_http_conference_ws_sent(ngx_http_conference_ws_t *ws,
    size_t sent);
static void ngx_http_conference_ws_finalize(ngx_http_conference_ws_t *ws,
    ngx_int_t rc);


/* A worker has one thread: one buffer reads for all its sockets. */

u_char  ngx_http_conference_ws_buf[NGX_HTTP_CONFERENCE_WS_READ];


void
ngx_http_conference_ws_read_handler(ngx_http_request_t *r)
{
    ssize_t                     n;
    ngx_uint_t                  i;
    ngx_event_t                *rev;
    ngx_connection_t           *c;
    ngx_http_conference_ws_t   *ws;
    ngx_http_conference_ctx_t  *ctx;

    c = r->connection;
    rev = c->read;
    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);
    ws = ctx->socket;

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_http_conference_ws_timeout(ws);
        return;
    }

    for (i = 0; i < NGX_HTTP_CONFERENCE_WS_BATCH; i++) {
        if (ws->ended) {
            break;
        }

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
            ngx_http_conference_ws_finalize(ws, NGX_HTTP_CLOSE);
            return;
        }

        ws->heard = ngx_current_msec;
        ws->pinged = 0;

        ngx_http_conference_ws_frames(ws, ngx_http_conference_ws_buf, n);
    }

    if (i == NGX_HTTP_CONFERENCE_WS_BATCH) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }

    if (ws->ended && ws->first == NULL && !c->buffered) {
        ngx_http_conference_ws_finalize(ws, NGX_DONE);
        return;
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_conference_ws_finalize(ws, NGX_HTTP_CLOSE);
    }
}


void
ngx_http_conference_ws_write_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_conference_ws_t   *ws;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);
    ws = ctx->socket;

    rc = ngx_http_conference_ws_write(ws);

    if (rc != NGX_OK) {
        ngx_http_conference_ws_finalize(ws, rc == NGX_DONE ? NGX_DONE
                                                           : NGX_HTTP_CLOSE);
    }
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
            return;
        }

        ngx_http_conference_ws_frame(ws, &frame);
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

    case CONF_WS_BINARY:
        ngx_http_conference_ws_close(ws, CONF_WS_UNSUPPORTED,
                                     "text messages only");
        ws->ended = 1;
        return;

    default:
        if (ws->session.open && !ws->closing) {
            ngx_http_conference_ws_message(ws, frame->data);
        }
    }
}


/* A message is an op: its row by its type, its own little arena. */

static void
ngx_http_conference_ws_message(ngx_http_conference_ws_t *ws, conf_str_t data)
{
    conf_rc_t                     rc;
    conf_op_t                    *op;
    conf_str_t                    type = conf_null_string, none;
    conf_arena_t                 *arena;
    ngx_http_conference_ws_op_t  *wo;

    none = type;

    arena = conf_arena_create(NGX_HTTP_CONFERENCE_WS_ARENA, 0);
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
    op->api = ws->session.api;
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

    rc = conf_schema_peek(arena, data, op->api->type_field, &type);

    if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
        op->row = conf_api_message(op->api, type);
        rc = op->row == NULL ? CONF_E_NOT_FOUND : CONF_OK;

    } else {
        op->row = conf_api_message(op->api, type);
    }

    if (rc == CONF_OK) {
        rc = conf_op_limit(op, op->auth.user_id);
    }

    if (rc == CONF_OK) {
        rc = conf_op_input(op, none, data, NULL);
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
        ngx_post_event(ws->request->connection->read, &ngx_posted_events);
    }
}


static void
ngx_http_conference_ws_op_end(ngx_http_conference_ws_op_t *wo)
{
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
    conf_arena_destroy(wo->op.arena);
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
        out->head_len = conf_ws_head(out->head, CONF_WS_TEXT, false,
                                     out->len);
    }

    if (ws->queued + out->head_len + out->len > ws->conf->ws_queue) {
        ngx_http_conference_ws_shut(s, CONF_CLOSE_SLOW);
        return;
    }

    ngx_http_conference_ws_queue(ws, out);
}


/*
 * Never from inside a list of sessions: the frame is queued and the rest is
 * left to events.
 */

void
ngx_http_conference_ws_shut(conf_session_t *s, conf_close_e why)
{
    ngx_http_conference_ws_t  *ws = (ngx_http_conference_ws_t *) s;

    static const struct {
        ngx_uint_t   code;
        const char  *reason;
    } closes[] = {
        { CONF_WS_NORMAL, "" },
        { CONF_WS_GOING_AWAY, "server is going away" },
        { CONF_WS_POLICY, "token is no longer valid" },
        { CONF_WS_POLICY, "too slow" },
        { CONF_WS_INTERNAL, "internal error" }
    };

    if (ws->closing) {
        return;
    }

    if (why == CONF_CLOSE_SLOW) {
        ws->slow = 1;
        ngx_http_conference_count(NGX_HTTP_CONFERENCE_SLOW, 1);
        ngx_log_error(NGX_LOG_WARN, ws->request->connection->log, 0,
                      "conference: client does not read, %uz bytes wait",
                      ws->queued);
    }

    ngx_http_conference_ws_close(ws, closes[why].code, closes[why].reason);
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

    out->head_len = conf_ws_head(out->head, opcode, false, data.len);
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
    ngx_connection_t  *c = ws->request->connection;

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
        ngx_memcpy(out->head, frame, 2);
        out->head_len = 2;
        ngx_http_conference_ws_queue(ws, out);
        conf_out_unref(out);
    }

    ngx_add_timer(c->read, NGX_HTTP_CONFERENCE_WS_CLOSE);
}


static void
ngx_http_conference_ws_queue(ngx_http_conference_ws_t *ws, conf_out_t *out)
{
    ngx_http_conference_ws_out_t  *item;

    item = ngx_alloc(sizeof(ngx_http_conference_ws_out_t),
                     ws->request->connection->log);
    if (item == NULL) {
        ws->ended = 1;
        return;
    }

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_FRAMES, 1);

    conf_out_ref(out);
    item->out = out;
    item->next = NULL;

    *ws->last = item;
    ws->last = &item->next;
    ws->queued += out->head_len + out->len;

    if (!ws->flush.posted) {
        ngx_post_event(&ws->flush, &ngx_posted_events);
    }
}


void
ngx_http_conference_ws_flush(ngx_event_t *ev)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_http_conference_ws_t  *ws = ev->data;

    c = ws->request->connection;

    /* A socket that would block has an event to come. */

    if (!c->write->ready) {
        return;
    }

    rc = ngx_http_conference_ws_write(ws);

    if (rc != NGX_OK) {
        ngx_http_conference_ws_finalize(ws, rc == NGX_DONE ? NGX_DONE
                                                           : NGX_HTTP_CLOSE);
    }

    ngx_http_run_posted_requests(c);
}


/* One vectored write for all that is queued; TLS copies it to records. */

static ngx_int_t
ngx_http_conference_ws_write(ngx_http_conference_ws_t *ws)
{
    size_t             sent;
    ngx_uint_t         i, n;
    ngx_buf_t          bufs[NGX_HTTP_CONFERENCE_WS_BUFS];
    ngx_chain_t        links[NGX_HTTP_CONFERENCE_WS_BUFS], *rest;
    ngx_connection_t  *c = ws->request->connection;

    while (ws->first != NULL || c->buffered) {
        n = ngx_http_conference_ws_chain(ws, bufs, links);

        rest = c->send_chain(c, n == 0 ? NULL : links, 0);
        if (rest == NGX_CHAIN_ERROR) {
            return NGX_ERROR;
        }

        sent = 0;

        for (i = 0; i < n; i++) {
            sent += bufs[i].pos - bufs[i].start;
        }

        ngx_http_conference_ws_sent(ws, sent);

        if (rest != NULL || (n == 0 && c->buffered)) {
            break;
        }
    }

    if (ws->first == NULL && !c->buffered && ws->ended) {

        /* Both closes have been said. */

        return NGX_DONE;
    }

    return ngx_handle_write_event(c->write, 0);
}


/* The front of the queue as a chain on the caller's stack. */

static ngx_uint_t
ngx_http_conference_ws_chain(ngx_http_conference_ws_t *ws, ngx_buf_t *bufs,
    ngx_chain_t *links)
{
    size_t                         skip;
    ngx_uint_t                     i, n;
    conf_out_t                    *out;
    ngx_http_conference_ws_out_t  *item;

    n = 0;
    skip = ws->sent;

    for (item = ws->first;
         item != NULL && n + 2 <= NGX_HTTP_CONFERENCE_WS_BUFS;
         item = item->next)
    {
        out = item->out;

        if (skip < out->head_len) {
            bufs[n].pos = out->head + skip;
            bufs[n++].last = out->head + out->head_len;
            skip = 0;

        } else {
            skip -= out->head_len;
        }

        if (skip < out->len) {
            bufs[n].pos = out->data + skip;
            bufs[n++].last = out->data + out->len;
        }

        skip = 0;
    }

    for (i = 0; i < n; i++) {
        u_char  *pos = bufs[i].pos, *last = bufs[i].last;

        ngx_memzero(&bufs[i], sizeof(ngx_buf_t));
        bufs[i].start = pos;
        bufs[i].pos = pos;
        bufs[i].last = last;
        bufs[i].end = last;
        bufs[i].memory = 1;
        bufs[i].flush = 1;

        links[i].buf = &bufs[i];
        links[i].next = i + 1 < n ? &links[i + 1] : NULL;
    }

    return n;
}


static void
ngx_http_conference_ws_sent(ngx_http_conference_ws_t *ws, size_t sent)
{
    size_t                         size;
    ngx_http_conference_ws_out_t  *item;

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_BYTES, sent);

    ws->queued -= sent;
    ws->sent += sent;

    while (ws->first != NULL) {
        item = ws->first;
        size = item->out->head_len + item->out->len;

        if (ws->sent < size) {
            break;
        }

        ws->sent -= size;
        ws->first = item->next;
        conf_out_unref(item->out);
        ngx_free(item);
    }

    if (ws->first == NULL) {
        ws->last = &ws->first;
    }
}


/* The timer: nothing came for a while, or the peer does not close. */

static void
ngx_http_conference_ws_timeout(ngx_http_conference_ws_t *ws)
{
    ngx_msec_t         idle;
    conf_str_t         none = conf_null_string;
    ngx_connection_t  *c = ws->request->connection;

    if (ws->closing) {
        ngx_http_conference_ws_finalize(ws, NGX_HTTP_CLOSE);
        return;
    }

    idle = ngx_current_msec - ws->heard;

    if (idle >= ws->conf->ws_timeout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "conference: client is silent");
        ngx_http_conference_ws_finalize(ws, NGX_HTTP_CLOSE);
        return;
    }

    if (idle >= ws->conf->ws_ping && !ws->pinged) {
        ws->pinged = 1;
        ngx_http_conference_ws_control(ws, CONF_WS_PING, none);
    }

    ngx_add_timer(c->read, ngx_min(ws->conf->ws_ping,
                                   ws->conf->ws_timeout - idle));
}


/*
 * Runs however the request ends.  A worker that must go at last takes the
 * connection away without asking: then the close frame is sent from here.
 */

void
ngx_http_conference_ws_cleanup(void *data)
{
    ngx_connection_t              *c;
    ngx_http_conference_ws_t      *ws = data;
    ngx_http_conference_ws_out_t  *item;

    c = ws->request->connection;

    if (c->close && !ws->closing) {
        ngx_http_conference_ws_shut(&ws->session, CONF_CLOSE_GOING_AWAY);
        (void) ngx_http_conference_ws_write(ws);
    }

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_CLOSED, 1);

    conf_live_close(&ws->session);

    while (ws->ops != NULL) {
        conf_op_cancel(&ws->ops->op);
        ngx_http_conference_ws_op_end(ws->ops);
    }

    while (ws->first != NULL) {
        item = ws->first;
        ws->first = item->next;
        conf_out_unref(item->out);
        ngx_free(item);
    }

    if (ws->flush.posted) {
        ngx_delete_posted_event(&ws->flush);
    }

    conf_ws_reader_free(&ws->reader);
    ngx_free(ws);
}


/*
 * After a close on both sides nginx lingers, so that the peer reads the frame
 * before it may see a reset; a connection that is gone is just freed.
 */

static void
ngx_http_conference_ws_finalize(ngx_http_conference_ws_t *ws, ngx_int_t rc)
{
    ngx_http_request_t  *r = ws->request;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "conference websocket end: %i", rc);

    ws->closing = 1;
    ws->ended = 1;
    conf_live_close(&ws->session);

    if (ws->flush.posted) {
        ngx_delete_posted_event(&ws->flush);
    }

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    ngx_http_finalize_request(r, rc);
}
