
/*
 * conf_ws_echo: a socket that says what it hears, without a dialect, a token
 * or a room.  An aid for suites that test the protocol; never needed to run.
 */

#include "ngx_http_conference_ws.h"


static ngx_int_t ngx_http_conference_echo_handler(ngx_http_request_t *r);
static void ngx_http_conference_echo_start(ngx_event_t *ev);
static void ngx_http_conference_echo_cleanup(void *data);


/* A row without a sentence: nothing greets. */

static const conf_row_t  ngx_http_conference_echo_row = {
    .method = CONF_M_GET, .path = "echo", .body = CONF_BODY_SOCKET
};


char *
ngx_http_conference_echo(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_conference_main_conf_t  *cmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_conference_echo_handler;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_conference_module);
    cmcf->used = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_conference_echo_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_event_t                *ev;
    ngx_http_cleanup_t         *cln;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_conference_ctx_t));
    ev = ngx_pcalloc(r->pool, sizeof(ngx_event_t));

    if (ctx == NULL || ev == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_conference_module);
    ctx->op.env = &ngx_http_conference_worker->env;
    ctx->op.settings = &ctx->conf->settings;
    ctx->op.row = &ngx_http_conference_echo_row;
    ctx->upload = ev;

    rc = ngx_http_conference_ws_prepare(ctx);
    if (rc != CONF_OK) {
        return rc == CONF_E_ORIGIN ? NGX_HTTP_FORBIDDEN
                                   : NGX_HTTP_BAD_REQUEST;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_conference_ws_drop(ctx);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_conference_echo_cleanup;
    cln->data = ctx;

    ((ngx_http_conference_ws_t *) ctx->socket)->echo = 1;

    /* The request may not be freed below its own handler. */

    ev->handler = ngx_http_conference_echo_start;
    ev->data = ctx;
    ev->log = r->connection->log;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
    ngx_post_event(ev, &ngx_posted_events);

    return NGX_DONE;
}


static void
ngx_http_conference_echo_start(ngx_event_t *ev)
{
    ngx_http_conference_ws_start(ev->data);
}


static void
ngx_http_conference_echo_cleanup(void *data)
{
    ngx_event_t                *ev;
    ngx_http_conference_ctx_t  *ctx = data;

    ev = ctx->upload;

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    if (ctx->op.session != NULL) {
        ngx_http_conference_ws_drop(ctx);
    }
}
