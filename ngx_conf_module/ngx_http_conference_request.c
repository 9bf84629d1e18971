
/*
 * A request's way: route, method, token, rate, body, input, verb, answer.
 *
 * While a verb waits for confd the request holds a reference on itself
 * (r->main->count) and tests its socket: a client that leaves runs the
 * cleanup, which cancels.
 */

#include "ngx_http_conference_ws.h"
#include "ngx_http_conference_stat.h"

#include "conf_verb.h"


#define NGX_HTTP_CONFERENCE_ARENA      8192
#define NGX_HTTP_CONFERENCE_ARENA_MAX  (64 * 1024 * 1024)


static ngx_int_t ngx_http_conference_start(ngx_http_request_t *r);
static ngx_http_conference_ctx_t *ngx_http_conference_create(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_conference_request_id(
    ngx_http_conference_ctx_t *ctx);
static void ngx_http_conference_cleanup(void *data);
static conf_rc_t ngx_http_conference_route(ngx_http_request_t *r,
    conf_arena_t *arena, conf_route_match_t *match);
static unsigned ngx_http_conference_method(ngx_http_request_t *r);
static conf_str_t ngx_http_conference_token(ngx_http_conference_ctx_t *ctx);
static conf_str_t ngx_http_conference_cookie(ngx_http_request_t *r,
    const char *name);
static conf_rc_t ngx_http_conference_forgery(ngx_http_conference_ctx_t *ctx);
static void ngx_http_conference_mask(ngx_http_request_t *r);
static uint64_t ngx_http_conference_address(ngx_http_request_t *r);
static ngx_int_t ngx_http_conference_body(ngx_http_conference_ctx_t *ctx);
static void ngx_http_conference_body_handler(ngx_http_request_t *r);
static void ngx_http_conference_body_done(ngx_http_request_t *r);
static conf_rc_t ngx_http_conference_body_read(ngx_http_request_t *r,
    conf_str_t *body);
static void ngx_http_conference_run(ngx_http_conference_ctx_t *ctx,
    conf_str_t body);
static uint64_t ngx_http_conference_room(const conf_op_t *op);
static void ngx_http_conference_finish(conf_op_t *op);
static ngx_int_t ngx_http_conference_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_conference_body_drop(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_request_body_filter_pt  ngx_http_conference_next_body_filter;

/*
 * Above 0 while nginx itself runs a request of ours and will run what was
 * posted: to do it from within would free the request under its feet.
 */

static ngx_uint_t  ngx_http_conference_inside;


ngx_int_t
ngx_http_conference_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    ngx_http_conference_inside++;
    rc = ngx_http_conference_start(r);
    ngx_http_conference_inside--;

    return rc;
}


static ngx_int_t
ngx_http_conference_start(ngx_http_request_t *r)
{
    conf_rc_t                   rc;
    conf_str_t                  token = conf_null_string;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_http_conference_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_conference_route(r, ctx->op.arena, &ctx->match);

    if (rc == CONF_OK) {
        ctx->op.row = ctx->match.row;
        ctx->op.fixed = ctx->op.row->fixed;
    }

    if (rc == CONF_OK) {
        token = ngx_http_conference_token(ctx);
    }

    if (ctx->conf->log_mask && r->args.len != 0) {
        ngx_http_conference_mask(r);
    }

    if (rc == CONF_OK) {
        rc = conf_op_admit(&ctx->op, token, ngx_http_conference_address(r));
    }

    if (rc == CONF_OK && ctx->by_cookie) {
        rc = ngx_http_conference_forgery(ctx);

        if (rc != CONF_OK) {
            rc = conf_op_refuse(&ctx->op, rc);
        }
    }

    if (rc == CONF_OK && ctx->op.row->body == CONF_BODY_SOCKET) {
        rc = ngx_http_conference_ws_prepare(ctx);
    }

    if (rc == CONF_OK) {
        return ngx_http_conference_body(ctx);
    }

    ctx->op.rc = rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_conference_send(ctx);
}


static ngx_http_conference_ctx_t *
ngx_http_conference_create(ngx_http_request_t *r)
{
    ngx_http_cleanup_t         *cln;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_conference_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->request = r;
    ctx->started = ngx_http_conference_clock();
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_conference_module);

    ctx->op.arena = conf_arena_create(NGX_HTTP_CONFERENCE_ARENA,
                                      NGX_HTTP_CONFERENCE_ARENA_MAX);
    if (ctx->op.arena == NULL) {
        return NULL;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        conf_arena_destroy(ctx->op.arena);
        return NULL;
    }

    cln->handler = ngx_http_conference_cleanup;
    cln->data = ctx;

    ctx->op.env = &ngx_http_conference_worker->env;
    ctx->op.settings = &ctx->conf->settings;
    ctx->op.api = ctx->conf->api;
#if (NGX_HTTP_SSL)
    ctx->op.secure = r->connection->ssl != NULL;
#endif

    if (r->headers_in.host != NULL) {
        ctx->op.host = ngx_http_conference_str(r->headers_in.host->value);
    }

    ctx->op.finish = ngx_http_conference_finish;
    ctx->op.owner = ctx;

    if (ctx->conf->api->request_ids
        && ngx_http_conference_request_id(ctx) != NGX_OK)
    {
        return NULL;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_conference_module);

    return ctx;
}


/*
 * The client's own, when it is a plain word, else nginx's $request_id, which
 * is made here if nobody has asked for it yet: random bytes by the kilobyte
 * cost less than those of each request.
 */

static ngx_int_t
ngx_http_conference_request_id(ngx_http_conference_ctx_t *ctx)
{
    u_char                            random[16];
    ngx_table_elt_t                  *h;
    ngx_http_request_t               *r = ctx->request;
    ngx_http_variable_value_t        *vv;
    ngx_http_conference_main_conf_t  *cmcf;

    h = ngx_http_conference_find_header(r, "x-request-id");

    if (h == NULL) {
        h = ngx_http_conference_find_header(r, "request-id");
    }

    if (h != NULL && conf_request_id_valid(ngx_http_conference_str(h->value)))
    {
        ctx->op.request_id = ngx_http_conference_str(h->value);
        return NGX_OK;
    }

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_conference_module);
    vv = &r->variables[cmcf->request_id];

    if (!vv->valid) {
        vv->data = ngx_pnalloc(r->pool, 2 * sizeof(random));
        if (vv->data == NULL) {
            return NGX_ERROR;
        }

        ctx->op.env->random(ctx->op.env, random, sizeof(random));
        ngx_hex_dump(vv->data, random, sizeof(random));

        vv->len = 2 * sizeof(random);
        vv->valid = 1;
        vv->no_cacheable = 0;
        vv->not_found = 0;
    }

    ctx->op.request_id.data = vv->data;
    ctx->op.request_id.len = vv->len;

    return NGX_OK;
}


/* The request ends, maybe because the client has left. */

static void
ngx_http_conference_cleanup(void *data)
{
    ngx_http_conference_ctx_t  *ctx = data;

    conf_op_cancel(&ctx->op);

    if (ctx->upload != NULL) {
        ngx_http_conference_upload_end(ctx);
    }

    if (ctx->op.session != NULL) {
        ngx_http_conference_ws_drop(ctx);
    }

    conf_arena_destroy(ctx->op.arena);
    ctx->op.arena = NULL;
}


/*
 * The path below the location.  r->uri is decoded once and normalized; a
 * percent sign left in it is literal and is escaped again for the route.
 */

static conf_rc_t
ngx_http_conference_route(ngx_http_request_t *r, conf_arena_t *arena,
    conf_route_match_t *match)
{
    u_char                           *p;
    conf_str_t                        path;
    ngx_uint_t                        n;
    ngx_http_conference_loc_conf_t   *conf;
    ngx_http_conference_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_conference_module);
    conf = ngx_http_get_module_loc_conf(r, ngx_http_conference_module);

    path = ngx_http_conference_str(r->uri);

    if (path.len < conf->prefix.len
        || ngx_memcmp(path.data, conf->prefix.data,
                      conf->prefix.len)
           != 0)
    {
        return CONF_E_NOT_FOUND;
    }

    path.data += conf->prefix.len;
    path.len -= conf->prefix.len;

    if (path.len == 0) {
        path = conf_str("/");
    }

    if (memchr(path.data, '%', path.len) != NULL) {
        n = ngx_escape_uri(NULL, (u_char *) path.data, path.len,
                           NGX_ESCAPE_URI);
        p = ngx_pnalloc(r->pool, path.len + n * 2);
        if (p == NULL) {
            return CONF_E_NOMEM;
        }

        path.len = (u_char *) ngx_escape_uri(p, (u_char *) path.data,
                                             path.len, NGX_ESCAPE_URI) - p;
        path.data = p;
    }

    /* "/chatty" is not below "/chat". */

    if (path.data[0] != '/') {
        return CONF_E_NOT_FOUND;
    }

    return conf_route_find(cmcf->routes[conf->api->index], arena,
                           ngx_http_conference_method(r), path, match);
}


const conf_row_t *
ngx_http_conference_find(ngx_http_request_t *r)
{
    conf_arena_t                    *arena;
    const conf_row_t                *row;
    conf_route_match_t               match;
    ngx_http_conference_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_conference_module);

    if (conf->api == NULL) {
        return NULL;
    }

    arena = conf_arena_create(1024, 0);
    row = NULL;

    if (arena != NULL
        && ngx_http_conference_route(r, arena, &match) == CONF_OK)
    {
        row = match.row;
    }

    conf_arena_destroy(arena);

    return row;
}


static unsigned
ngx_http_conference_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
    case NGX_HTTP_HEAD:
        return CONF_M_GET;

    case NGX_HTTP_POST:
        return CONF_M_POST;

    case NGX_HTTP_PUT:
        return CONF_M_PUT;

    case NGX_HTTP_DELETE:
        return CONF_M_DELETE;

    case NGX_HTTP_PATCH:
        return CONF_M_PATCH;

    default:
        return CONF_M_OPTIONS;
    }
}


/*
 * The token: in the header; where a browser cannot set one (sockets, images)
 * in the query, and for sockets among the subprotocols ("bearer, <token>").
 */

static conf_str_t
ngx_http_conference_token(ngx_http_conference_ctx_t *ctx)
{
    conf_str_t           token = conf_null_string;
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r = ctx->request;

    if (r->headers_in.authorization != NULL) {
        return ngx_http_conference_str(r->headers_in.authorization->value);
    }

    if (ctx->op.row->body == CONF_BODY_SOCKET
        || ctx->op.row->body == CONF_BODY_FILE)
    {
        token = ngx_http_conference_str(ngx_http_conference_arg(r, "token"));

        if (token.len == 0) {
            token = ngx_http_conference_str(
                                  ngx_http_conference_arg(r, "access_token"));
        }
    }

    if (token.len == 0 && ctx->op.row->body == CONF_BODY_SOCKET) {
        h = ngx_http_conference_find_header(r, "sec-websocket-protocol");

        if (h != NULL) {
            token = conf_ws_bearer(ngx_http_conference_str(h->value));
        }
    }

    if (token.len == 0 && ctx->op.row->auth != CONF_AUTH_NONE
        && ctx->op.api->token_cookie != NULL)
    {
        token = ngx_http_conference_cookie(r, ctx->op.api->token_cookie);
        ctx->by_cookie = token.len != 0;
    }

    return token;
}


static conf_str_t
ngx_http_conference_cookie(ngx_http_request_t *r, const char *name)
{
    ngx_str_t  key, value = ngx_null_string;

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);

#if (nginx_version >= 1023000)
    (void) ngx_http_parse_multi_header_lines(r, r->headers_in.cookie, &key,
                                             &value);
#else
    (void) ngx_http_parse_multi_header_lines(&r->headers_in.cookies, &key,
                                             &value);
#endif

    return ngx_http_conference_str(value);
}


/*
 * A browser sends cookies for whoever asks it to.  What changes something has
 * to come from a page of ours, by its Origin, or to prove that it has read
 * one; the handshake of a socket looks at Origin in any case.
 */

static conf_rc_t
ngx_http_conference_forgery(ngx_http_conference_ctx_t *ctx)
{
    ngx_table_elt_t     *proof;
    ngx_http_request_t  *r = ctx->request;

    if (ctx->op.row->method == CONF_M_GET) {
        return CONF_OK;
    }

    if (ngx_http_conference_find_header(r, "origin") != NULL
        && ngx_http_conference_origin(ctx) == NGX_OK)
    {
        return CONF_OK;
    }

    proof = ngx_http_conference_find_header(r, "x-csrf-token");

    return proof != NULL
           && conf_csrf_good(ctx->op.settings,
                             ngx_http_conference_cookie(r, "csrf_token"),
                             ngx_http_conference_str(proof->value))
           ? CONF_OK : CONF_E_CSRF;
}


/*
 * Overwrites a token where nginx keeps the request line: from here on it
 * is in no log, whatever the format.
 */

static void
ngx_http_conference_mask(ngx_http_request_t *r)
{
    u_char            *p, *end, *last;
    ngx_uint_t         i;

    static ngx_str_t   names[] = {
        ngx_string("token="), ngx_string("access_token=")
    };

    last = r->args.data + r->args.len;

    for (p = r->args.data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        for (i = 0; i < conf_nelts(names); i++) {
            if ((size_t) (end - p) > names[i].len
                && ngx_strncasecmp(p, names[i].data, names[i].len) == 0)
            {
                ngx_memset(p + names[i].len, '*', end - p - names[i].len);
            }
        }
    }
}


ngx_str_t
ngx_http_conference_arg(ngx_http_request_t *r, const char *name)
{
    u_char     *p, *dst, *src;
    ngx_str_t   value, none = ngx_null_string;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &value)
        != NGX_OK)
    {
        return none;
    }

    p = ngx_pnalloc(r->pool, value.len);
    if (p == NULL) {
        return none;
    }

    dst = p;
    src = value.data;
    ngx_unescape_uri(&dst, &src, value.len, 0);

    value.data = p;
    value.len = dst - p;

    /* In a query '+' is a blank. */

    for (dst = p; dst < p + value.len; dst++) {
        if (*dst == '+') {
            *dst = ' ';
        }
    }

    return value;
}


/* The client's address (realip has set it), an IPv6 one by its /64. */

static uint64_t
ngx_http_conference_address(ngx_http_request_t *r)
{
    size_t                i, len;
    uint64_t              hash;
    const u_char         *p;
    struct sockaddr      *sa;

    sa = r->connection->sockaddr;

    switch (sa->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        p = (u_char *) &((struct sockaddr_in6 *) sa)->sin6_addr;
        len = IN6_IS_ADDR_V4MAPPED((struct in6_addr *) p) ? 16 : 8;
        break;
#endif

    case AF_INET:
        p = (u_char *) &((struct sockaddr_in *) sa)->sin_addr;
        len = 4;
        break;

    default:
        p = (const u_char *) "unix";
        len = 4;
    }

    hash = 0xcbf29ce484222325;

    for (i = 0; i < len; i++) {
        hash = (hash ^ p[i]) * 0x100000001b3;
    }

    return hash;
}


static ngx_int_t
ngx_http_conference_body(ngx_http_conference_ctx_t *ctx)
{
    ngx_int_t            rc;
    conf_str_t           none = conf_null_string;
    conf_body_e          body;
    ngx_http_request_t  *r = ctx->request;

    body = ctx->op.row->body;

    if (body != CONF_BODY_JSON && body != CONF_BODY_UPLOAD
        && (body != CONF_BODY_QUERY
            || (r->headers_in.content_length_n <= 0
                && !r->headers_in.chunked)))
    {
        if (body != CONF_BODY_SOCKET) {
            rc = ngx_http_discard_request_body(r);
            if (rc != NGX_OK) {
                return rc;
            }
        }

        r->main->count++;
        ngx_http_conference_run(ctx, none);

        return NGX_DONE;
    }

    ctx->body_max = body == CONF_BODY_UPLOAD ? ctx->conf->upload_max
                                             : (off_t) ctx->conf->body_max;

    if (ctx->op.row->body_max != 0) {
        ctx->body_max = ngx_min(ctx->body_max,
                                (off_t) ctx->op.row->body_max);
    }

    if (r->headers_in.content_length_n > ctx->body_max) {
        ctx->op.rc = CONF_E_TOO_LARGE;

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_conference_send(ctx);
    }

    if (body == CONF_BODY_UPLOAD) {
        r->request_body_in_file_only = 1;
        r->request_body_in_clean_file = 1;
        r->request_body_file_log_level = 0;

    } else {
        r->request_body_in_single_buf = 1;
    }

    rc = ngx_http_read_client_request_body(r,
                                           ngx_http_conference_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_conference_body_handler(ngx_http_request_t *r)
{
    ngx_http_conference_inside++;
    ngx_http_conference_body_done(r);
    ngx_http_conference_inside--;
}


static void
ngx_http_conference_body_done(ngx_http_request_t *r)
{
    conf_rc_t                   rc;
    conf_str_t                  body;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);

    if (ctx->no_space || ctx->received > ctx->body_max) {
        ctx->op.rc = ctx->no_space ? CONF_E_STORE_FULL : CONF_E_TOO_LARGE;
        ngx_http_conference_answer(ctx);
        return;
    }

    if (ctx->op.row->body == CONF_BODY_UPLOAD) {
        ngx_http_conference_upload(ctx);
        return;
    }

    rc = ngx_http_conference_body_read(r, &body);

    if (rc != CONF_OK) {
        ctx->op.rc = rc;
        ngx_http_conference_answer(ctx);
        return;
    }

    ngx_http_conference_run(ctx, body);
}


/* The whole body as one piece; it stayed in memory, body_max sees to that. */

static conf_rc_t
ngx_http_conference_body_read(ngx_http_request_t *r, conf_str_t *body)
{
    u_char       *p;
    size_t        len;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    body->len = 0;
    body->data = NULL;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return CONF_OK;
    }

    cl = r->request_body->bufs;

    if (cl->next == NULL && !cl->buf->in_file) {
        body->data = cl->buf->pos;
        body->len = cl->buf->last - cl->buf->pos;
        return CONF_OK;
    }

    len = 0;

    for ( /* void */ ; cl != NULL; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return CONF_E_NOMEM;
    }

    body->data = p;
    body->len = len;

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {
        b = cl->buf;

        if (!b->in_file) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);

        } else if (ngx_read_file(b->file, p, b->file_last - b->file_pos,
                                 b->file_pos)
                   != b->file_last - b->file_pos)
        {
            return CONF_E_INTERNAL;

        } else {
            p += b->file_last - b->file_pos;
        }
    }

    return CONF_OK;
}


/* Fills the input and runs the verb; from here the answer may come later. */

static void
ngx_http_conference_run(ngx_http_conference_ctx_t *ctx, conf_str_t body)
{
    ngx_http_request_t  *r = ctx->request;

    if (conf_op_input(&ctx->op, ngx_http_conference_str(r->args), body,
                      &ctx->match)
        != CONF_OK)
    {
        ngx_http_conference_answer(ctx);
        return;
    }

    ctx->room_id = ngx_http_conference_room(&ctx->op);

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    conf_op_run(&ctx->op);
}


/* The room that the input names, where its schema has one. */

static uint64_t
ngx_http_conference_room(const conf_op_t *op)
{
    size_t                i;
    const conf_schema_t  *schema;

    schema = op->row->schema;

    for (i = 0; schema != NULL && i < schema->nfields; i++) {
        if (schema->fields[i].type == CONF_T_U64
            && conf_str_eq(schema->fields[i].name, conf_str("room_id")))
        {
            return *(uint64_t *) ((u_char *) op->in
                                  + schema->fields[i].offset);
        }
    }

    return 0;
}


static void
ngx_http_conference_finish(conf_op_t *op)
{
    ngx_http_conference_answer(op->owner);
}


void
ngx_http_conference_answer(ngx_http_conference_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r = ctx->request;

    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    if (ctx->op.rc == CONF_OK && ctx->op.row->body == CONF_BODY_SOCKET) {

        /* The request is gone when this returns. */

        ngx_http_conference_ws_start(ctx);

    } else {
        if (ctx->op.rc == CONF_OK && ctx->op.row->body == CONF_BODY_FILE) {
            rc = ngx_http_conference_send_file(ctx, ctx->op.reply);

            if (rc == NGX_DECLINED) {
                ctx->op.rc = CONF_E_FILE_ABSENT;
                rc = ngx_http_conference_send(ctx);
            }

        } else {
            rc = ngx_http_conference_send(ctx);
        }

        ngx_http_finalize_request(r, rc);

        if (ngx_http_conference_inside == 0) {
            ngx_http_run_posted_requests(c);
        }
    }
}


ngx_table_elt_t *
ngx_http_conference_find_header(ngx_http_request_t *r, const char *name)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == ngx_strlen(name)
            && ngx_strncmp(h[i].lowcase_key, name, h[i].key.len) == 0)
        {
            return &h[i];
        }
    }
}


ngx_int_t
ngx_http_conference_body_filter_init(ngx_conf_t *cf)
{
    ngx_http_conference_next_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_conference_body_filter;

    return NGX_OK;
}


/*
 * A chunked body tells its length only as it comes.  What is over the limit
 * is dropped here, so that neither memory nor disk holds it, and answered in
 * the dialect's form when it has ended; one that goes on and on is cut.  The
 * rest of a body for which the disk has no room goes the same way.
 */

static ngx_int_t
ngx_http_conference_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                   rc;
    ngx_buf_t                  *b;
    ngx_chain_t                *cl;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);

    if (ctx == NULL || ctx->body_max == 0) {
        return ngx_http_conference_next_body_filter(r, in);
    }

    for (cl = in; cl != NULL; cl = cl->next) {
        b = cl->buf;
        ctx->received += ngx_buf_size(b);

        if (ctx->received > ctx->body_max) {
            b->pos = b->last;
        }
    }

    if (ctx->received > ctx->body_max * 2 + 65536) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "conference: client sends too large a chunked body");
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (!ctx->no_space) {
        rc = ngx_http_conference_next_body_filter(r, in);

        if (rc != NGX_HTTP_INTERNAL_SERVER_ERROR) {
            return rc;
        }

        ctx->no_space = 1;
        ngx_http_conference_body_drop(r, r->request_body->bufs);
        r->request_body->bufs = NULL;
    }

    ngx_http_conference_body_drop(r, in);

    return NGX_OK;
}


/* nginx goes on reading until it has seen the last buffer. */

static void
ngx_http_conference_body_drop(ngx_http_request_t *r, ngx_chain_t *in)
{
    for ( /* void */ ; in != NULL; in = in->next) {
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;

        if (in->buf->last_buf) {
            r->request_body->last_saved = 1;
        }
    }
}
