
/*
 * What a WebSocket has to send: references to frames, written for all sockets
 * at the end of a turn of the loop.
 */

#include "ngx_http_conference_ws.h"
#include "ngx_http_conference_stat.h"


#define NGX_HTTP_CONFERENCE_WS_BUFS   64        /* of one write */
#define NGX_HTTP_CONFERENCE_WS_REFS   14        /* of a block: 128 bytes */
#define NGX_HTTP_CONFERENCE_WS_SPARE  4096      /* blocks kept */


struct ngx_http_conference_ws_refs_s {
    ngx_http_conference_ws_refs_t  *next;
    uint32_t                        begin;      /* refs[begin] .. */
    uint32_t                        end;        /* refs[end - 1]: never none */
    conf_out_t                     *refs[NGX_HTTP_CONFERENCE_WS_REFS];
};


static ngx_int_t ngx_http_conference_ws_push(ngx_http_conference_ws_t *ws,
    conf_out_t *out);
static ngx_http_conference_ws_refs_t *ngx_http_conference_ws_block(
    ngx_log_t *log);
static void ngx_http_conference_ws_pop(ngx_http_conference_ws_queue_t *queue);
static void ngx_http_conference_ws_flush_dirty(ngx_event_t *ev);
static ngx_uint_t ngx_http_conference_ws_heads(
    const ngx_http_conference_ws_t *ws, conf_out_t **outs);
static ssize_t ngx_http_conference_ws_writev(ngx_http_conference_ws_t *ws);
static ssize_t ngx_http_conference_ws_chain(ngx_http_conference_ws_t *ws);
static void ngx_http_conference_ws_sent(ngx_http_conference_ws_t *ws,
    size_t sent);


/* The head stands right before the bytes. */

#define ngx_http_conference_ws_at(out)    ((out)->data - (out)->head_len)
#define ngx_http_conference_ws_size(out)  ((out)->head_len + (out)->len)


static ngx_queue_t  ngx_http_conference_ws_dirty;
static ngx_event_t  ngx_http_conference_ws_flush;

/* Blocks of send queues that nobody uses. */

static ngx_http_conference_ws_refs_t  *ngx_http_conference_ws_spare;
static ngx_uint_t                      ngx_http_conference_ws_nspare;


void
ngx_http_conference_ws_queue(ngx_http_conference_ws_t *ws, conf_out_t *out)
{
    if (ngx_http_conference_ws_push(ws, out) != NGX_OK) {
        return;
    }

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_FRAMES, 1);

    conf_out_ref(out);
    ws->queued += out->head_len + out->len;

    if (ws->started) {
        ngx_http_conference_ws_mark(ws);
    }
}


void
ngx_http_conference_ws_requeue(ngx_http_conference_ws_t *ws,
    ngx_http_conference_ws_queue_t *early)
{
    while (early->first != NULL) {
        if (ngx_http_conference_ws_push(ws, early->first) != NGX_OK) {
            conf_out_unref(early->first);
        }

        ngx_http_conference_ws_pop(early);
    }
}


/* The reference is the queue's; a socket that cannot be told all ends. */

static ngx_int_t
ngx_http_conference_ws_push(ngx_http_conference_ws_t *ws, conf_out_t *out)
{
    ngx_http_conference_ws_refs_t   *block;
    ngx_http_conference_ws_queue_t  *queue = &ws->queue;

    if (queue->first == NULL) {
        queue->first = out;
        return NGX_OK;
    }

    block = queue->more != NULL ? queue->last : NULL;

    if (block == NULL || block->end == NGX_HTTP_CONFERENCE_WS_REFS) {
        block = ngx_http_conference_ws_block(ws->connection->log);
        if (block == NULL) {
            ws->ended = 1;
            return NGX_ERROR;
        }

        if (queue->more == NULL) {
            queue->more = block;
        } else {
            queue->last->next = block;
        }

        queue->last = block;
    }

    block->refs[block->end++] = out;

    return NGX_OK;
}


static ngx_http_conference_ws_refs_t *
ngx_http_conference_ws_block(ngx_log_t *log)
{
    ngx_http_conference_ws_refs_t  *block;

    block = ngx_http_conference_ws_spare;

    if (block != NULL) {
        ngx_http_conference_ws_spare = block->next;
        ngx_http_conference_ws_nspare--;

    } else {
        block = ngx_alloc(sizeof(ngx_http_conference_ws_refs_t), log);
        if (block == NULL) {
            return NULL;
        }
    }

    block->next = NULL;
    block->begin = 0;
    block->end = 0;

    return block;
}


/* Takes the first out; its reference is the caller's. */

static void
ngx_http_conference_ws_pop(ngx_http_conference_ws_queue_t *queue)
{
    ngx_http_conference_ws_refs_t  *block;

    block = queue->more;

    if (block == NULL) {
        queue->first = NULL;
        return;
    }

    queue->first = block->refs[block->begin++];

    if (block->begin != block->end) {
        return;
    }

    queue->more = block->next;

    if (ngx_http_conference_ws_nspare == NGX_HTTP_CONFERENCE_WS_SPARE) {
        ngx_free(block);
        return;
    }

    block->next = ngx_http_conference_ws_spare;
    ngx_http_conference_ws_spare = block;
    ngx_http_conference_ws_nspare++;
}


/* Sockets that have something to send are written together, in a turn. */

void
ngx_http_conference_ws_mark(ngx_http_conference_ws_t *ws)
{
    if (ws->is_dirty) {
        return;
    }

    if (ngx_http_conference_ws_flush.handler == NULL) {
        ngx_queue_init(&ngx_http_conference_ws_dirty);
        ngx_http_conference_ws_flush.handler =
                                          ngx_http_conference_ws_flush_dirty;
        ngx_http_conference_ws_flush.log = ngx_cycle->log;
    }

    ws->is_dirty = 1;
    ngx_queue_insert_tail(&ngx_http_conference_ws_dirty, &ws->dirty);

    if (!ngx_http_conference_ws_flush.posted) {
        ngx_post_event(&ngx_http_conference_ws_flush, &ngx_posted_events);
    }
}


static void
ngx_http_conference_ws_flush_dirty(ngx_event_t *ev)
{
    ngx_queue_t               *q;
    ngx_http_conference_ws_t  *ws;

    while (!ngx_queue_empty(&ngx_http_conference_ws_dirty)) {
        q = ngx_queue_head(&ngx_http_conference_ws_dirty);
        ws = ngx_queue_data(q, ngx_http_conference_ws_t, dirty);

        ngx_queue_remove(q);
        ws->is_dirty = 0;

        /* A socket that would block has an event to come. */

        if (ws->connection->write->ready) {
            ngx_http_conference_ws_out(ws);
        }
    }
}


/*
 * All that is queued: one frame by send(), more by one vectored write; TLS
 * copies them to records.
 */

ngx_int_t
ngx_http_conference_ws_write(ngx_http_conference_ws_t *ws)
{
    ssize_t            n;
    ngx_connection_t  *c = ws->connection;

    while (ws->queue.first != NULL || (c->ssl && c->buffered)) {
        n = c->ssl ? ngx_http_conference_ws_chain(ws)
                   : ngx_http_conference_ws_writev(ws);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == NGX_AGAIN) {
            break;
        }

        ngx_http_conference_ws_sent(ws, n);
    }

    return ngx_handle_write_event(c->write, 0);
}


/* What can be written at once: up to NGX_HTTP_CONFERENCE_WS_BUFS. */

static ngx_uint_t
ngx_http_conference_ws_heads(const ngx_http_conference_ws_t *ws,
    conf_out_t **outs)
{
    uint32_t                              i;
    ngx_uint_t                            n;
    const ngx_http_conference_ws_refs_t  *block;

    n = 0;

    if (ws->queue.first != NULL) {
        outs[n++] = ws->queue.first;
    }

    for (block = ws->queue.more; block != NULL; block = block->next) {
        for (i = block->begin; i < block->end; i++) {
            outs[n++] = block->refs[i];

            if (n == NGX_HTTP_CONFERENCE_WS_BUFS) {
                return n;
            }
        }
    }

    return n;
}


/* Bytes that were taken, or NGX_AGAIN. */

static ssize_t
ngx_http_conference_ws_writev(ngx_http_conference_ws_t *ws)
{
    size_t             skip;
    ssize_t            sent;
    ngx_err_t          err;
    ngx_uint_t         i, n;
    conf_out_t        *outs[NGX_HTTP_CONFERENCE_WS_BUFS];
    struct iovec       iov[NGX_HTTP_CONFERENCE_WS_BUFS];
    ngx_connection_t  *c = ws->connection;

    n = ngx_http_conference_ws_heads(ws, outs);

    skip = ws->sent;

    for (i = 0; i < n; i++) {
        iov[i].iov_base = ngx_http_conference_ws_at(outs[i]) + skip;
        iov[i].iov_len = ngx_http_conference_ws_size(outs[i]) - skip;
        skip = 0;
    }

    /* Not c->send(): it may read the log, one more page that is cold. */

    do {
        sent = n == 1 ? send(c->fd, iov[0].iov_base, iov[0].iov_len, 0)
                      : writev(c->fd, iov, n);
        err = sent == -1 ? ngx_errno : 0;
    } while (err == NGX_EINTR);

    if (sent != -1) {
        c->sent += sent;
        return sent;
    }

    c->write->ready = 0;

    if (err == NGX_EAGAIN) {
        return NGX_AGAIN;
    }

    c->write->error = 1;
    (void) ngx_connection_error(c, err, "send() failed");

    return NGX_ERROR;
}


/* The same for TLS, which copies to records. */

static ssize_t
ngx_http_conference_ws_chain(ngx_http_conference_ws_t *ws)
{
    size_t             sent;
    ngx_buf_t          bufs[NGX_HTTP_CONFERENCE_WS_BUFS], *b;
    ngx_uint_t         i, n;
    conf_out_t        *outs[NGX_HTTP_CONFERENCE_WS_BUFS];
    ngx_chain_t        links[NGX_HTTP_CONFERENCE_WS_BUFS], *rest;
    ngx_connection_t  *c = ws->connection;

    n = ngx_http_conference_ws_heads(ws, outs);

    for (i = 0; i < n; i++) {
        b = &bufs[i];
        ngx_memzero(b, sizeof(ngx_buf_t));

        b->start = ngx_http_conference_ws_at(outs[i])
                   + (i == 0 ? ws->sent : 0);
        b->pos = b->start;
        b->last = outs[i]->data + outs[i]->len;
        b->memory = 1;
        b->flush = 1;

        links[i].buf = b;
        links[i].next = i + 1 < n ? &links[i + 1] : NULL;
    }

    rest = c->send_chain(c, n == 0 ? NULL : links, 0);
    if (rest == NGX_CHAIN_ERROR) {
        return NGX_ERROR;
    }

    sent = 0;

    for (i = 0; i < n; i++) {
        sent += bufs[i].pos - bufs[i].start;
    }

    return sent == 0 ? NGX_AGAIN : (ssize_t) sent;
}


static void
ngx_http_conference_ws_sent(ngx_http_conference_ws_t *ws, size_t sent)
{
    size_t       size;
    conf_out_t  *out;

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_BYTES, sent);

    ws->queued -= sent;
    ws->sent += sent;

    while (ws->queue.first != NULL) {
        out = ws->queue.first;
        size = ngx_http_conference_ws_size(out);

        if (ws->sent < size) {
            break;
        }

        ws->sent -= size;
        ngx_http_conference_ws_pop(&ws->queue);
        conf_out_unref(out);
    }
}


void
ngx_http_conference_ws_discard(ngx_http_conference_ws_t *ws)
{
    while (ws->queue.first != NULL) {
        conf_out_unref(ws->queue.first);
        ngx_http_conference_ws_pop(&ws->queue);
    }

    if (ws->is_dirty) {
        ngx_queue_remove(&ws->dirty);
        ws->is_dirty = 0;
    }
}
