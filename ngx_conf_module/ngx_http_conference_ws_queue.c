
/*
 * What a WebSocket has to send: references to frames, written for all sockets
 * at the end of a turn of the loop.
 */

#include "ngx_http_conference_ws.h"
#include "ngx_http_conference_stat.h"


#define NGX_HTTP_CONFERENCE_WS_BUFS   64        /* of one write */
#define NGX_HTTP_CONFERENCE_WS_SPARE  16384     /* items kept, of 16 bytes */


static void ngx_http_conference_ws_flush_dirty(ngx_event_t *ev);
static ngx_http_conference_ws_out_t *ngx_http_conference_ws_item(
    ngx_log_t *log);
static void ngx_http_conference_ws_drop_first(ngx_http_conference_ws_t *ws);
static ssize_t ngx_http_conference_ws_writev(ngx_http_conference_ws_t *ws);
static ssize_t ngx_http_conference_ws_chain(ngx_http_conference_ws_t *ws);
static size_t ngx_http_conference_ws_size(
    const ngx_http_conference_ws_out_t *item);
static u_char *ngx_http_conference_ws_at(
    const ngx_http_conference_ws_out_t *item, size_t skip);
static void ngx_http_conference_ws_sent(ngx_http_conference_ws_t *ws,
    size_t sent);


static ngx_queue_t  ngx_http_conference_ws_dirty;
static ngx_event_t  ngx_http_conference_ws_flush;

/* Items of send queues that nobody uses. */

static ngx_http_conference_ws_out_t  *ngx_http_conference_ws_spare;
static ngx_uint_t                     ngx_http_conference_ws_nspare;


void
ngx_http_conference_ws_queue(ngx_http_conference_ws_t *ws, conf_out_t *out)
{
    ngx_http_conference_ws_out_t  *item;

    item = ngx_http_conference_ws_item(ws->connection->log);
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

    if (ws->started) {
        ngx_http_conference_ws_mark(ws);
    }
}


/* An event for a room takes one for each of its sockets, all at once. */

static ngx_http_conference_ws_out_t *
ngx_http_conference_ws_item(ngx_log_t *log)
{
    ngx_http_conference_ws_out_t  *item;

    item = ngx_http_conference_ws_spare;

    if (item == NULL) {
        return ngx_alloc(sizeof(ngx_http_conference_ws_out_t), log);
    }

    ngx_http_conference_ws_spare = item->next;
    ngx_http_conference_ws_nspare--;

    return item;
}


static void
ngx_http_conference_ws_drop_first(ngx_http_conference_ws_t *ws)
{
    ngx_http_conference_ws_out_t  *item;

    item = ws->first;
    ws->first = item->next;

    conf_out_unref(item->out);

    if (ngx_http_conference_ws_nspare == NGX_HTTP_CONFERENCE_WS_SPARE) {
        ngx_free(item);
        return;
    }

    item->next = ngx_http_conference_ws_spare;
    ngx_http_conference_ws_spare = item;
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

    while (ws->first != NULL || c->buffered) {
        if (ws->first != NULL && ws->first->next == NULL && !c->ssl) {
            n = c->send(c, ngx_http_conference_ws_at(ws->first, ws->sent),
                        ngx_http_conference_ws_size(ws->first) - ws->sent);

        } else if (c->ssl) {
            n = ngx_http_conference_ws_chain(ws);

        } else {
            n = ngx_http_conference_ws_writev(ws);
        }

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


/* Bytes that were taken, or NGX_AGAIN. */

static ssize_t
ngx_http_conference_ws_writev(ngx_http_conference_ws_t *ws)
{
    size_t                         skip;
    ssize_t                        sent;
    ngx_err_t                      err;
    ngx_uint_t                     n;
    struct iovec                   iov[NGX_HTTP_CONFERENCE_WS_BUFS];
    ngx_connection_t              *c = ws->connection;
    ngx_http_conference_ws_out_t  *item;

    n = 0;
    skip = ws->sent;

    for (item = ws->first;
         item != NULL && n < NGX_HTTP_CONFERENCE_WS_BUFS;
         item = item->next)
    {
        iov[n].iov_base = ngx_http_conference_ws_at(item, skip);
        iov[n].iov_len = ngx_http_conference_ws_size(item) - skip;

        n++;
        skip = 0;
    }

    do {
        sent = writev(c->fd, iov, n);
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
    (void) ngx_connection_error(c, err, "writev() failed");

    return NGX_ERROR;
}


/* The same for TLS, which copies to records. */

static ssize_t
ngx_http_conference_ws_chain(ngx_http_conference_ws_t *ws)
{
    size_t                         sent, skip;
    ngx_uint_t                     i, n;
    ngx_buf_t                      bufs[NGX_HTTP_CONFERENCE_WS_BUFS], *b;
    ngx_chain_t                    links[NGX_HTTP_CONFERENCE_WS_BUFS], *rest;
    ngx_connection_t              *c = ws->connection;
    ngx_http_conference_ws_out_t  *item;

    n = 0;
    skip = ws->sent;

    for (item = ws->first;
         item != NULL && n < NGX_HTTP_CONFERENCE_WS_BUFS;
         item = item->next)
    {
        b = &bufs[n];
        ngx_memzero(b, sizeof(ngx_buf_t));

        b->start = ngx_http_conference_ws_at(item, skip);
        b->pos = b->start;
        b->last = item->out->data + item->out->len;
        b->memory = 1;
        b->flush = 1;

        links[n].buf = b;
        links[n].next = NULL;

        if (n != 0) {
            links[n - 1].next = &links[n];
        }

        n++;
        skip = 0;
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


/* The head stands right before the bytes. */

static size_t
ngx_http_conference_ws_size(const ngx_http_conference_ws_out_t *item)
{
    return item->out->head_len + item->out->len;
}


static u_char *
ngx_http_conference_ws_at(const ngx_http_conference_ws_out_t *item,
    size_t skip)
{
    return item->out->data - item->out->head_len + skip;
}


static void
ngx_http_conference_ws_sent(ngx_http_conference_ws_t *ws, size_t sent)
{
    size_t  size;

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_BYTES, sent);

    ws->queued -= sent;
    ws->sent += sent;

    while (ws->first != NULL) {
        size = ngx_http_conference_ws_size(ws->first);

        if (ws->sent < size) {
            break;
        }

        ws->sent -= size;
        ngx_http_conference_ws_drop_first(ws);
    }

    if (ws->first == NULL) {
        ws->last = &ws->first;
    }
}


void
ngx_http_conference_ws_discard(ngx_http_conference_ws_t *ws)
{
    while (ws->first != NULL) {
        ngx_http_conference_ws_drop_first(ws);
    }

    if (ws->is_dirty) {
        ngx_queue_remove(&ws->dirty);
        ws->is_dirty = 0;
    }
}
