
/*
 * What an op has ended in, as a response: the dialect's bytes, and headers
 * that are the same in all dialects.
 */

#include "ngx_http_conference_module.h"
#include "ngx_http_conference_stat.h"


#define NGX_HTTP_CONFERENCE_TEXT_KEEP  (256 * 1024)


static ngx_int_t ngx_http_conference_headers(ngx_http_conference_ctx_t *ctx,
    const conf_answer_t *answer);
static ngx_int_t ngx_http_conference_limits(ngx_http_conference_ctx_t *ctx);
static ngx_int_t ngx_http_conference_allow(ngx_http_conference_ctx_t *ctx,
    const conf_answer_t *answer);
static ngx_int_t ngx_http_conference_version(ngx_http_conference_ctx_t *ctx);


/* Where answers are written before their length is known: one a worker. */

static conf_buf_t  ngx_http_conference_text;


ngx_int_t
ngx_http_conference_send(ngx_http_conference_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    conf_buf_t          *buf = &ngx_http_conference_text;
    ngx_uint_t           level;
    ngx_chain_t          out;
    conf_answer_t        answer;
    ngx_http_request_t  *r = ctx->request;

    ngx_memzero(&answer, sizeof(conf_answer_t));
    conf_buf_reset(buf);

    ctx->conf->api->answer(&ctx->op, buf, &answer);

    if (conf_buf_ok(buf) != CONF_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->op.rc != CONF_OK) {
        level = conf_error_internal(ctx->op.rc) ? NGX_LOG_ERR : NGX_LOG_INFO;

        ngx_log_error(level, r->connection->log, 0, "conference: %s: %V %s",
                      conf_error_text(ctx->op.rc), &ctx->op.error.field,
                      ctx->op.error.reason != NULL ? ctx->op.error.reason
                                                   : "");
    }

    b = ngx_create_temp_buf(r->pool, ngx_max(buf->len, 1));
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (buf->len != 0) {
        b->last = ngx_cpymem(b->last, buf->data, buf->len);
    }

    if (buf->size > NGX_HTTP_CONFERENCE_TEXT_KEEP) {
        conf_buf_free(buf);
    }

    ngx_http_conference_count(NGX_HTTP_CONFERENCE_REQUESTS
                              + answer.status / 100 % 6, 1);
    ngx_http_conference_observe(NGX_HTTP_CONFERENCE_REQUEST_TIME,
                                ngx_http_conference_clock() - ctx->started);

    r->headers_out.status = answer.status;
    r->headers_out.content_length_n = b->last - b->pos;
    r->headers_out.content_type.data = (u_char *) answer.type.data;
    r->headers_out.content_type.len = answer.type.len;
    r->headers_out.content_type_len = answer.type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_http_conference_headers(ctx, &answer) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    if (b->last == b->pos) {
        b->memory = 0;
        b->temporary = 0;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_conference_headers(ngx_http_conference_ctx_t *ctx,
    const conf_answer_t *answer)
{
    ngx_str_t            value;
    ngx_uint_t           i;
    ngx_http_request_t  *r = ctx->request;

    if (answer->retry_s != 0) {
        value.data = ngx_pnalloc(r->pool, NGX_INT32_LEN);
        if (value.data == NULL) {
            return NGX_ERROR;
        }

        value.len = ngx_sprintf(value.data, "%uD", answer->retry_s)
                    - value.data;

        if (ngx_http_conference_header(r, "Retry-After", value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < answer->nheaders; i++) {
        value.data = (u_char *) answer->headers[i].value.data;
        value.len = answer->headers[i].value.len;

        if (ngx_http_conference_header(r, answer->headers[i].name, value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->op.request_id.len != 0) {
        value.data = (u_char *) ctx->op.request_id.data;
        value.len = ctx->op.request_id.len;

        if (ngx_http_conference_header(r, "X-Request-ID", value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_conference_limits(ctx) != NGX_OK
        || ngx_http_conference_allow(ctx, answer) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_conference_version(ctx);
}


ngx_int_t
ngx_http_conference_header(ngx_http_request_t *r, const char *name,
    ngx_str_t value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = value;

    return NGX_OK;
}


/* X-RateLimit-*: for rows that have a limit. */

static ngx_int_t
ngx_http_conference_limits(ngx_http_conference_ctx_t *ctx)
{
    time_t               reset;
    u_char              *p;
    ngx_uint_t           i;
    ngx_str_t            value;
    uint64_t             numbers[3];
    ngx_http_request_t  *r = ctx->request;
    static const char   *names[] = {
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"
    };

    if (ctx->op.rate.count == 0) {
        return NGX_OK;
    }

    reset = ngx_time() + (time_t) ((ctx->op.limit.reset_ms + 999) / 1000);

    numbers[0] = ctx->op.rate.count;
    numbers[1] = ctx->op.limit.remaining;
    numbers[2] = (uint64_t) reset;

    for (i = 0; i < 3; i++) {
        p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value.data = p;
        value.len = ngx_sprintf(p, "%uL", numbers[i]) - p;

        if (ngx_http_conference_header(r, names[i], value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* 405 says which methods there are: RFC 9110, 15.5.6. */

static ngx_int_t
ngx_http_conference_allow(ngx_http_conference_ctx_t *ctx,
    const conf_answer_t *answer)
{
    u_char      *p;
    ngx_str_t    value;
    ngx_uint_t   i;

    static const struct {
        unsigned     bit;
        const char  *name;
    } methods[] = {
        { CONF_M_GET, "GET, HEAD" }, { CONF_M_POST, "POST" },
        { CONF_M_PUT, "PUT" }, { CONF_M_DELETE, "DELETE" },
        { CONF_M_PATCH, "PATCH" }
    };

    if (answer->status != NGX_HTTP_NOT_ALLOWED) {
        return NGX_OK;
    }

    value.data = ngx_pnalloc(ctx->request->pool, 64);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = value.data;

    for (i = 0; i < conf_nelts(methods); i++) {
        if ((ctx->match.allow & methods[i].bit) != 0) {
            p = ngx_sprintf(p, "%s%s", p == value.data ? "" : ", ",
                            methods[i].name);
        }
    }

    value.len = p - value.data;

    return ngx_http_conference_header(ctx->request, "Allow", value);
}


/* A refused upgrade says which version would do: RFC 6455, 4.4. */

static ngx_int_t
ngx_http_conference_version(ngx_http_conference_ctx_t *ctx)
{
    ngx_str_t  value = ngx_string("13");

    if (ctx->op.rc != CONF_E_BAD_REQUEST || ctx->op.row == NULL
        || ctx->op.row->body != CONF_BODY_SOCKET)
    {
        return NGX_OK;
    }

    return ngx_http_conference_header(ctx->request, "Sec-WebSocket-Version",
                                      value);
}
