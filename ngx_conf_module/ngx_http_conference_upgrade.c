
/*
 * The opening handshake (RFC 6455 section 4.2): what must be in the request,
 * whose pages may connect, and the answer that turns the connection over.
 */

#include "ngx_http_conference_ws.h"
#include "ngx_http_conference_stat.h"


static ngx_int_t ngx_http_conference_ws_switch(
    ngx_http_conference_ctx_t *ctx);
static void ngx_http_conference_ws_take(ngx_http_request_t *r);
static void ngx_http_conference_ws_greet(ngx_http_conference_ws_t *ws,
    conf_op_t *op);


ngx_int_t
ngx_http_conference_ws_prepare(ngx_http_conference_ctx_t *ctx)
{
    u_char                     accept[CONF_WS_ACCEPT_LEN];
    ngx_table_elt_t           *upgrade, *connection, *version, *key;
    ngx_http_request_t        *r = ctx->request;
    ngx_http_conference_ws_t  *ws;

    upgrade = r->headers_in.upgrade;
    connection = ngx_http_conference_find_header(r, "connection");
    version = ngx_http_conference_find_header(r, "sec-websocket-version");
    key = ngx_http_conference_find_header(r, "sec-websocket-key");

    if (r->method != NGX_HTTP_GET || r->http_version != NGX_HTTP_VERSION_11
        || r != r->main
        || upgrade == NULL || connection == NULL
        || version == NULL || key == NULL
        || r->headers_in.content_length_n > 0 || r->headers_in.chunked
        || !conf_ws_has_token(ngx_http_conference_str(upgrade->value),
                              conf_str("websocket"))
        || !conf_ws_has_token(ngx_http_conference_str(connection->value),
                              conf_str("upgrade"))
        || version->value.len != 2
        || ngx_strncmp(version->value.data, "13", 2) != 0
        || conf_ws_accept(ngx_http_conference_str(key->value), accept)
           != CONF_OK)
    {
        return CONF_E_BAD_REQUEST;
    }

    if (ngx_http_conference_origin(ctx) != NGX_OK) {
        return CONF_E_ORIGIN;
    }

    ws = ngx_http_conference_ws_alloc(r->connection->log);
    if (ws == NULL) {
        return CONF_E_NOMEM;
    }

    ws->conf = ctx->conf;
    ws->connection = r->connection;

    ws->session.env = ctx->op.env;
    ws->session.api = ctx->op.api;
    ws->session.settings = ctx->op.settings;
    ws->session.send = ngx_http_conference_ws_send;
    ws->session.close = ngx_http_conference_ws_shut;

    ctx->socket = ws;
    ctx->op.session = &ws->session;

    return CONF_OK;
}


/*
 * Browsers send Origin and nobody else does: without it the token alone
 * counts.  "same" compares its host and port with the Host header.
 */

ngx_int_t
ngx_http_conference_origin(ngx_http_conference_ctx_t *ctx)
{
    u_char              *p;
    ngx_str_t            host, *list;
    ngx_uint_t           i;
    ngx_table_elt_t     *origin;
    ngx_http_request_t  *r = ctx->request;

    if (ctx->conf->origins == NGX_HTTP_CONFERENCE_ORIGIN_ANY) {
        return NGX_OK;
    }

    origin = ngx_http_conference_find_header(r, "origin");
    if (origin == NULL) {
        return NGX_OK;
    }

    if (ctx->conf->origins == NGX_HTTP_CONFERENCE_ORIGIN_LIST) {
        list = ctx->conf->origin_list->elts;

        for (i = 0; i < ctx->conf->origin_list->nelts; i++) {
            if (list[i].len == origin->value.len
                && ngx_strncasecmp(list[i].data, origin->value.data,
                                   list[i].len)
                   == 0)
            {
                return NGX_OK;
            }
        }

        return NGX_DECLINED;
    }

    host = origin->value;
    p = ngx_strlcasestrn(host.data, host.data + host.len, (u_char *) "://",
                         3 - 1);
    if (p == NULL || r->headers_in.host == NULL) {
        return NGX_DECLINED;
    }

    host.len -= p + 3 - host.data;
    host.data = p + 3;

    if (host.len != r->headers_in.host->value.len
        || ngx_strncasecmp(host.data, r->headers_in.host->value.data,
                           host.len)
           != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/*
 * The session is open and in its rooms: 101, and the connection is ours.  The
 * request is logged and freed with its pools and buffers: what an idle socket
 * keeps is what it needs.
 */

void
ngx_http_conference_ws_start(ngx_http_conference_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  rest;
    ngx_connection_t          *c;
    ngx_http_request_t        *r = ctx->request;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_conference_ws_t  *ws = ctx->socket;

    c = r->connection;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    /* No frame waits for the client to acknowledge the one before it. */

    if (clcf->tcp_nodelay && ngx_tcp_nodelay(c) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_CLOSE);
        return;
    }

    rc = ngx_http_conference_ws_switch(ctx);
    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    r->header_sent = 1;
    r->headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_OPENED, 1);
    ngx_http_conference_count(NGX_HTTP_CONFERENCE_REQUESTS + 1, 1);

    conf_ws_reader_init(&ws->reader, ctx->conf->ws_max_message);
    ws->reader.allow_rsv1 = ws->deflate;

    /* The row's sentence, for clients that expect one, comes first. */

    if (ctx->op.row->text.len != 0) {
        ngx_http_conference_ws_greet(ws, &ctx->op);
    }

    /* What came behind the handshake lies in the request's buffer. */

    rest.len = r->header_in->last - r->header_in->pos;
    rest.data = NULL;

    if (rest.len != 0) {
        rest.data = ngx_alloc(rest.len, c->log);
        if (rest.data == NULL) {
            ngx_http_finalize_request(r, NGX_HTTP_CLOSE);
            return;
        }

        ngx_memcpy(rest.data, r->header_in->pos, rest.len);
    }

    ctx->op.session = NULL;
    ngx_http_conference_ws_take(r);
    ngx_http_conference_ws_begin(ws);

    if (rest.data != NULL) {
        ngx_http_conference_ws_frames(ws, rest.data, rest.len);
        ngx_free(rest.data);
    }

    ngx_post_event(c->read, &ngx_posted_events);
}


/* The answer, in one piece; NGX_OK, or what the request ends with. */

static ngx_int_t
ngx_http_conference_ws_switch(ngx_http_conference_ctx_t *ctx)
{
    u_char                    *p, accept[CONF_WS_ACCEPT_LEN];
    conf_buf_t                 extensions;
    ngx_table_elt_t           *h;
    ngx_connection_t          *c;
    ngx_http_request_t        *r = ctx->request;
    ngx_http_conference_ws_t  *ws = ctx->socket;
    static const char          head[] =
        "HTTP/1.1 101 Switching Protocols" CRLF
        "Upgrade: websocket" CRLF
        "Connection: Upgrade" CRLF
        "Sec-WebSocket-Accept: ";
    static const char          extension[] =
        CRLF "Sec-WebSocket-Extensions: ";
    static const char          protocol[] =
        CRLF "Sec-WebSocket-Protocol: bearer";

    c = r->connection;

    if (conf_ws_accept(ngx_http_conference_str(
                           ngx_http_conference_find_header(r,
                               "sec-websocket-key")->value), accept)
        != CONF_OK)
    {
        return NGX_HTTP_BAD_REQUEST;
    }

    conf_buf_init(&extensions, 256);

    if (ctx->conf->ws_deflate
        && ngx_http_conference_deflate_offer(r, ws, &extensions) == NGX_ERROR)
    {
        conf_buf_free(&extensions);
        return NGX_HTTP_BAD_REQUEST;
    }

    p = ngx_http_conference_ws_buf;
    p = ngx_cpymem(p, head, sizeof(head) - 1);
    p = ngx_cpymem(p, accept, CONF_WS_ACCEPT_LEN);

    if (ws->deflate) {
        p = ngx_cpymem(p, extension, sizeof(extension) - 1);
        p = ngx_cpymem(p, extensions.data, extensions.len);
    }

    /* A browser that has offered some wants one of them. */

    h = ngx_http_conference_find_header(r, "sec-websocket-protocol");

    if (h != NULL
        && conf_ws_bearer(ngx_http_conference_str(h->value)).len != 0)
    {
        p = ngx_cpymem(p, protocol, sizeof(protocol) - 1);
    }

    p = ngx_cpymem(p, CRLF CRLF, 4);
    conf_buf_free(&extensions);

    if (c->send(c, ngx_http_conference_ws_buf,
                p - ngx_http_conference_ws_buf)
        != p - ngx_http_conference_ws_buf)
    {
        return NGX_HTTP_CLOSE;
    }

    return NGX_OK;
}


/* As nginx does it before it waits on a connection that is kept alive. */

static void
ngx_http_conference_ws_take(ngx_http_request_t *r)
{
    ngx_buf_t              *b;
    ngx_chain_t            *cl, *next;
    ngx_connection_t       *c = r->connection;
    ngx_http_connection_t  *hc = r->http_connection;

    ngx_http_free_request(r, 0);

    c->destroyed = 0;
    c->log->action = "in websocket";

    for (cl = hc->free; cl != NULL; cl = next) {
        next = cl->next;
        ngx_pfree(c->pool, cl->buf->start);
    }

    for (cl = hc->busy; cl != NULL; cl = next) {
        next = cl->next;
        ngx_pfree(c->pool, cl->buf->start);
    }

    hc->free = NULL;
    hc->busy = NULL;
    hc->nbusy = 0;

    b = c->buffer;

    if (b != NULL && ngx_pfree(c->pool, b->start) == NGX_OK) {
        b->start = NULL;
        b->pos = NULL;
        b->last = NULL;
        b->end = NULL;
    }

#if (NGX_HTTP_SSL)
    if (c->ssl) {
        ngx_ssl_free_buffer(c);
    }
#endif
}


/* In front of what rooms have said while the handshake waited. */

static void
ngx_http_conference_ws_greet(ngx_http_conference_ws_t *ws, conf_op_t *op)
{
    ngx_http_conference_ws_queue_t  early;

    early = ws->queue;
    ngx_memzero(&ws->queue, sizeof(ngx_http_conference_ws_queue_t));

    ngx_http_conference_ws_answer(ws, op);
    ngx_http_conference_ws_requeue(ws, &early);
}
