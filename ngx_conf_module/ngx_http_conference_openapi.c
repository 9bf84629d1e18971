
/*
 * conf_openapi: the document of an API.  It is made once, when the
 * configuration is read, and needs neither the zone nor confd.
 */

#include "ngx_http_conference_module.h"

#include "conf_openapi.h"


static ngx_int_t ngx_http_conference_openapi_make(ngx_conf_t *cf,
    ngx_http_conference_loc_conf_t *ccf, const conf_api_t *api,
    ngx_str_t *mount);
static ngx_int_t ngx_http_conference_openapi_handler(ngx_http_request_t *r);


char *
ngx_http_conference_openapi(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_loc_conf_t  *ccf = conf;

    ngx_str_t                 *value, mount;
    const conf_api_t          *api;
    ngx_http_core_loc_conf_t  *clcf;

    if (ccf->openapi.len != 0) {
        return "is duplicate";
    }

    value = cf->args->elts;
    api = conf_api_find(ngx_http_conference_str(value[1]));

    if (api == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_openapi: unknown API \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&mount);

    if (cf->args->nelts == 3) {
        if (value[2].len < 7
            || ngx_strncmp(value[2].data, "mount=/", 7) != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "conf_openapi: \"%V\" is not mount=/path",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        mount.data = value[2].data + 6;
        mount.len = value[2].len - 6;

        if (mount.data[mount.len - 1] == '/') {
            mount.len--;
        }
    }

    if (ngx_http_conference_openapi_make(cf, ccf, api, &mount) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_conference_openapi_handler;

    return NGX_CONF_OK;
}


/* The text, and a tag that is another one when the text is. */

static ngx_int_t
ngx_http_conference_openapi_make(ngx_conf_t *cf,
    ngx_http_conference_loc_conf_t *ccf, const conf_api_t *api,
    ngx_str_t *mount)
{
    ngx_int_t   rc;
    conf_buf_t  buf;

    rc = NGX_ERROR;
    conf_buf_init(&buf, 0);
    conf_openapi(api, ngx_http_conference_str(*mount), &buf);

    if (conf_buf_ok(&buf) != CONF_OK) {
        goto failed;
    }

    ccf->openapi.data = ngx_pnalloc(cf->pool, buf.len);
    ccf->openapi_etag.data = ngx_pnalloc(cf->pool, sizeof("\"01234567-\"")
                                                   + NGX_INT64_LEN);

    if (ccf->openapi.data == NULL || ccf->openapi_etag.data == NULL) {
        goto failed;
    }

    ngx_memcpy(ccf->openapi.data, buf.data, buf.len);
    ccf->openapi.len = buf.len;
    ccf->openapi_etag.len =
        ngx_sprintf(ccf->openapi_etag.data, "\"%08xD-%uz\"",
                    ngx_crc32_long(buf.data, buf.len), buf.len)
        - ccf->openapi_etag.data;
    rc = NGX_OK;

failed:

    conf_buf_free(&buf);

    return rc;
}


static ngx_int_t
ngx_http_conference_openapi_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_buf_t                       *b;
    ngx_chain_t                      out;
    ngx_http_conference_loc_conf_t  *ccf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ccf = ngx_http_get_module_loc_conf(r, ngx_http_conference_module);

    if (ngx_http_conference_header(r, "ETag", ccf->openapi_etag) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* The header is the last one of the list's last part. */

    r->headers_out.etag = (ngx_table_elt_t *) r->headers_out.headers.last->elts
                          + r->headers_out.headers.last->nelts - 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = ccf->openapi.len;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = ccf->openapi.data;
    b->last = b->pos + ccf->openapi.len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
