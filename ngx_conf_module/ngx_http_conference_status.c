
/*
 * conf_status: what the zone, the workers and the link are doing, as JSON.
 */

#include "ngx_http_conference_module.h"


static ngx_int_t ngx_http_conference_status_handler(ngx_http_request_t *r);
static void ngx_http_conference_status_write(conf_buf_t *buf);
static void ngx_http_conference_status_number(conf_buf_t *buf,
    const char *name, uint64_t number);


/* The zone's figures, by name. */

static const struct {
    const char  *name;
    size_t       offset;
} ngx_http_conference_status_rows[] = {
    { "generation", offsetof(conf_shm_stat_t, generation) },
    { "rooms", offsetof(conf_shm_stat_t, rooms) },
    { "users", offsetof(conf_shm_stat_t, users) },
    { "sessions", offsetof(conf_shm_stat_t, sessions) },
    { "channels", offsetof(conf_shm_stat_t, channels) },
    { "events", offsetof(conf_shm_stat_t, events) },
    { "published", offsetof(conf_shm_stat_t, published) },
    { "dropped", offsetof(conf_shm_stat_t, dropped) },
    { "zone_full", offsetof(conf_shm_stat_t, zone_full) },
    { "free_pages", offsetof(conf_shm_stat_t, free_pages) },
    { "cached", offsetof(conf_shm_stat_t, cached) },
    { "cache_hits", offsetof(conf_shm_stat_t, cache_hits) },
    { "cache_misses", offsetof(conf_shm_stat_t, cache_misses) },
    { "rate_buckets", offsetof(conf_shm_stat_t, limits) },
    { "rate_limited", offsetof(conf_shm_stat_t, limited) }
};


char *
ngx_http_conference_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_conference_main_conf_t  *cmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_conference_status_handler;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_conference_module);
    cmcf->used = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_conference_status_handler(ngx_http_request_t *r)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    conf_buf_t    buf;
    ngx_chain_t   out;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    conf_buf_init(&buf, 0);
    ngx_http_conference_status_write(&buf);

    b = buf.len == 0 ? NULL : ngx_create_temp_buf(r->pool, buf.len);
    if (b == NULL) {
        conf_buf_free(&buf);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->last, buf.data, buf.len);
    conf_buf_free(&buf);

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void
ngx_http_conference_status_write(conf_buf_t *buf)
{
    size_t                            i, n;
    conf_shm_stat_t                   stat;
    conf_worker_stat_t                workers[CONF_WORKERS_MAX];
    ngx_http_conference_main_conf_t  *cmcf = ngx_http_conference_worker;

    conf_shm_stat(&cmcf->env.shm, &stat);

    conf_buf_lit(buf, "{\"zone\":{");

    for (i = 0; i < conf_nelts(ngx_http_conference_status_rows); i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        ngx_http_conference_status_number(buf,
            ngx_http_conference_status_rows[i].name,
            *(uint64_t *) ((u_char *) &stat
                           + ngx_http_conference_status_rows[i].offset));
    }

    conf_buf_lit(buf, "},\"workers\":[");

    n = conf_worker_list(&cmcf->env.shm, workers);

    for (i = 0; i < n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_buf_byte(buf, '{');
        ngx_http_conference_status_number(buf, "pid", workers[i].worker.pid);
        conf_buf_byte(buf, ',');
        ngx_http_conference_status_number(buf, "sessions",
                                          workers[i].sessions);
        conf_buf_byte(buf, ',');
        ngx_http_conference_status_number(buf, "inbox_depth",
                                          workers[i].depth);
        conf_buf_byte(buf, ',');
        ngx_http_conference_status_number(buf, "inbox_bytes",
                                          workers[i].bytes);
        conf_buf_byte(buf, ',');
        ngx_http_conference_status_number(buf, "dropped",
                                          workers[i].dropped);
        conf_buf_byte(buf, '}');
    }

    conf_buf_lit(buf, "],\"worker\":{");
    ngx_http_conference_status_number(buf, "pid", ngx_pid);
    conf_buf_byte(buf, ',');
    ngx_http_conference_status_number(buf, "requests", cmcf->requests);
    conf_buf_byte(buf, ',');
    ngx_http_conference_status_number(buf, "sockets", cmcf->sockets);
    conf_buf_byte(buf, ',');
    ngx_http_conference_status_number(buf, "slow", cmcf->slow);
    conf_buf_lit(buf, "},\"backend\":{\"up\":");

    if (ngx_http_conference_rpc_up(cmcf->rpc)) {
        conf_buf_lit(buf, "true");
    } else {
        conf_buf_lit(buf, "false");
    }

    conf_buf_byte(buf, ',');
    ngx_http_conference_status_number(buf, "pending",
                                ngx_http_conference_rpc_pending(cmcf->rpc));
    conf_buf_lit(buf, "}}\n");
}


static void
ngx_http_conference_status_number(conf_buf_t *buf, const char *name,
    uint64_t number)
{
    conf_buf_byte(buf, '"');
    conf_buf_add(buf, name, ngx_strlen(name));
    conf_buf_lit(buf, "\":");
    conf_buf_u64(buf, number);
}
