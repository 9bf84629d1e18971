
/*
 * The module: directives, their defaults and limits, and what a worker makes
 * when it starts and takes down when it ends.
 */

#include "ngx_http_conference_module.h"
#include "ngx_http_conference_stat.h"

#include <openssl/rand.h>


#define NGX_HTTP_CONFERENCE_BODY_MAX  (16 * 1024 * 1024)
#define NGX_HTTP_CONFERENCE_RANDOM    1024     /* bytes, at a time */


static ngx_int_t ngx_http_conference_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_conference_routes(ngx_conf_t *cf,
    ngx_http_conference_main_conf_t *cmcf);
static ngx_int_t ngx_http_conference_init_process(ngx_cycle_t *cycle);
static void ngx_http_conference_exit_process(ngx_cycle_t *cycle);
static int64_t ngx_http_conference_now(conf_env_t *env);
static void ngx_http_conference_random(conf_env_t *env, void *p, size_t len);

static void *ngx_http_conference_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_conference_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_conference_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_conference_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_conference_check_loc_conf(ngx_conf_t *cf,
    ngx_http_conference_loc_conf_t *conf);


static ngx_conf_num_bounds_t  ngx_http_conference_rate_scale = {
    ngx_conf_check_num_bounds, 1, 100000
};

static ngx_conf_num_bounds_t  ngx_http_conference_password_min = {
    ngx_conf_check_num_bounds, 6, 100
};


static ngx_command_t  ngx_http_conference_commands[] = {

    { ngx_string("conf_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_conference_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_backend"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_conference_backend,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_backend_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_conference_main_conf_t, backend_timeout),
      NULL },

    { ngx_string("conf_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_conference_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_jwt_secret"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_conference_secret,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_token_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, token_ttl),
      NULL },

    { ngx_string("conf_refresh_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, refresh_ttl),
      NULL },

    { ngx_string("conf_password_min"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, password_min),
      &ngx_http_conference_password_min },

    { ngx_string("conf_rate_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, rate_limit),
      NULL },

    { ngx_string("conf_rate_scale"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, rate_scale),
      &ngx_http_conference_rate_scale },

    { ngx_string("conf_allowed_origins"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_conference_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_turn_uri"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_conference_turn_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_turn_secret"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, turn_secret),
      NULL },

    { ngx_string("conf_ws_ping"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, ws_ping),
      NULL },

    { ngx_string("conf_ws_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, ws_timeout),
      NULL },

    { ngx_string("conf_ws_max_message"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, ws_max_message),
      NULL },

    { ngx_string("conf_ws_queue"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, ws_queue),
      NULL },

    { ngx_string("conf_ws_deflate"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, ws_deflate),
      NULL },

    { ngx_string("conf_ws_echo"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_conference_echo,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_body_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, body_max),
      NULL },

    { ngx_string("conf_upload_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, upload_max),
      NULL },

    { ngx_string("conf_files"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_path_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, files),
      NULL },

    { ngx_string("conf_log_mask"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_conference_loc_conf_t, log_mask),
      NULL },

    { ngx_string("conf_openapi"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_conference_openapi,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_conference_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_status_step"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_conference_main_conf_t, status_step),
      NULL },

    { ngx_string("conf_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_conference_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("conf_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_conference_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_conference_module_ctx = {
    ngx_http_conference_add_variables,     /* preconfiguration */
    ngx_http_conference_init,              /* postconfiguration */

    ngx_http_conference_create_main_conf,  /* create main configuration */
    ngx_http_conference_init_main_conf,    /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_conference_create_loc_conf,   /* create location configuration */
    ngx_http_conference_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_conference_module = {
    NGX_MODULE_V1,
    &ngx_http_conference_module_ctx,       /* module context */
    ngx_http_conference_commands,          /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_conference_init_process,      /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_conference_exit_process,      /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_http_conference_main_conf_t  *ngx_http_conference_worker;


/* Locations that answer a dialect need the zone and the backend. */

static ngx_int_t
ngx_http_conference_init(ngx_conf_t *cf)
{
    ngx_str_t                         request_id = ngx_string("request_id");
    ngx_http_conference_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_conference_module);

    if (!cmcf->used) {
        return NGX_OK;
    }

    if (cmcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_api and conf_status need conf_zone in the http "
                      "block");
        return NGX_ERROR;
    }

    if (cmcf->backend == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_api and conf_status need conf_backend in the "
                      "http block");
        return NGX_ERROR;
    }

    if (ngx_http_conference_routes(cf, cmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    cmcf->request_id = ngx_http_get_variable_index(cf, &request_id);
    if (cmcf->request_id == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_conference_body_filter_init(cf);
}


static void
ngx_http_conference_routes_free(void *data)
{
    conf_arena_destroy(data);
}


static ngx_int_t
ngx_http_conference_routes(ngx_conf_t *cf,
    ngx_http_conference_main_conf_t *cmcf)
{
    size_t               i;
    conf_route_t        *route;
    conf_arena_t        *arena;
    const conf_row_t    *wrong;
    const conf_api_t    *api;
    ngx_pool_cleanup_t  *cln;

    arena = conf_arena_create(16384, 0);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (arena == NULL || cln == NULL) {
        conf_arena_destroy(arena);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_conference_routes_free;
    cln->data = arena;

    for (i = 0; conf_apis[i] != NULL; i++) {
        api = conf_apis[i];

        route = conf_api_routes(api, arena, &wrong);

        if (route == NULL) {
            if (wrong != NULL) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "conf_api: row \"%s\" is wrong or twice",
                              wrong->path);
            }

            return NGX_ERROR;
        }

        cmcf->routes[api->index] = route;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_conference_init_process(ngx_cycle_t *cycle)
{
    ngx_http_conference_main_conf_t  *cmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    cmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_conference_module);

    if (cmcf == NULL || !cmcf->used) {
        return NGX_OK;
    }

    ngx_http_conference_worker = cmcf;

    cmcf->env.data = cmcf;
    cmcf->env.now_ms = ngx_http_conference_now;
    cmcf->env.random = ngx_http_conference_random;
    cmcf->env.status = ngx_http_conference_status_json;

    if (ngx_http_conference_zone_attach(cmcf, cycle->log) != NGX_OK
        || conf_live_create(&cmcf->env) == NULL
        || conf_memo_create(&cmcf->env) != CONF_OK)
    {
        return NGX_ERROR;
    }

    cmcf->sync = conf_sync_create(&cmcf->env);

    if (cmcf->sync == NULL
        || ngx_http_conference_bus_init(cmcf, cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_conference_rpc_init(cmcf, cycle);
}


static void
ngx_http_conference_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_conference_main_conf_t  *cmcf = ngx_http_conference_worker;

    if (cmcf == NULL || cmcf->bus == NULL) {
        return;
    }

    ngx_http_conference_ws_leave(cycle);

    conf_sync_destroy(cmcf->sync);
    cmcf->sync = NULL;

    conf_worker_report(&cmcf->env.shm, &cmcf->env.worker,
                       &ngx_http_conference_counters);

    /* Rooms hear that our users have left, from whoever is left. */

    ngx_http_conference_zone_detach(cmcf);
    ngx_http_conference_rpc_close(cmcf);
    ngx_http_conference_bus_close(cmcf);
    conf_memo_destroy(&cmcf->env);

    /* Sockets that are open still refer to it: then it goes with them. */

    if (conf_live_sessions(cmcf->env.live) == 0) {
        conf_live_destroy(cmcf->env.live);
    }
}


static int64_t
ngx_http_conference_now(conf_env_t *env)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


static void
ngx_http_conference_random(conf_env_t *env, void *p, size_t len)
{
    static size_t  left;
    static u_char  pool[NGX_HTTP_CONFERENCE_RANDOM];

    if (len > left) {
        left = sizeof(pool);

        if (len > left || RAND_bytes(pool, (int) left) != 1) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "conference: no random bytes");
            ngx_abort();
        }
    }

    left -= len;
    ngx_memcpy(p, &pool[left], len);
    ngx_explicit_memzero(&pool[left], len);
}


static void *
ngx_http_conference_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_conference_main_conf_t  *cmcf;

    /* All zero: zone, backend, routes and what the worker makes. */

    cmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_conference_main_conf_t));
    if (cmcf == NULL) {
        return NULL;
    }

    cmcf->backend_timeout = NGX_CONF_UNSET_MSEC;
    cmcf->status_step = NGX_CONF_UNSET_MSEC;

    return cmcf;
}


static char *
ngx_http_conference_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_conference_main_conf_t  *cmcf = conf;

    ngx_conf_init_msec_value(cmcf->backend_timeout, 5000);
    ngx_conf_init_msec_value(cmcf->status_step, 60000);

    if (cmcf->backend_timeout == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_backend_timeout must not be 0");
        return NGX_CONF_ERROR;
    }

    if (cmcf->status_step < 1000) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_status_step must be at least 1s");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_conference_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_conference_loc_conf_t  *conf;

    /*
     * All zero: api, settings, prefix, openapi, secrets, origins, turn_uris,
     * files.
     */

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_conference_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->token_ttl = NGX_CONF_UNSET_MSEC;
    conf->refresh_ttl = NGX_CONF_UNSET_MSEC;
    conf->password_min = NGX_CONF_UNSET;
    conf->rate_limit = NGX_CONF_UNSET;
    conf->rate_scale = NGX_CONF_UNSET;
    conf->log_mask = NGX_CONF_UNSET;
    conf->origins = NGX_CONF_UNSET_UINT;
    conf->ws_ping = NGX_CONF_UNSET_MSEC;
    conf->ws_timeout = NGX_CONF_UNSET_MSEC;
    conf->ws_max_message = NGX_CONF_UNSET_SIZE;
    conf->ws_queue = NGX_CONF_UNSET_SIZE;
    conf->ws_deflate = NGX_CONF_UNSET;
    conf->body_max = NGX_CONF_UNSET_SIZE;
    conf->upload_max = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_http_conference_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_conference_loc_conf_t  *prev = parent;
    ngx_http_conference_loc_conf_t  *conf = child;

    ngx_conf_merge_str_value(conf->jwt_secret, prev->jwt_secret, "");
    ngx_conf_merge_msec_value(conf->token_ttl, prev->token_ttl, 86400000);
    ngx_conf_merge_msec_value(conf->refresh_ttl, prev->refresh_ttl,
                              604800000);
    ngx_conf_merge_value(conf->password_min, prev->password_min, 6);
    ngx_conf_merge_value(conf->rate_limit, prev->rate_limit, 1);
    ngx_conf_merge_value(conf->rate_scale, prev->rate_scale, 100);
    ngx_conf_merge_value(conf->log_mask, prev->log_mask, 1);
    ngx_conf_merge_msec_value(conf->ws_ping, prev->ws_ping, 30000);
    ngx_conf_merge_msec_value(conf->ws_timeout, prev->ws_timeout, 75000);
    ngx_conf_merge_size_value(conf->ws_max_message, prev->ws_max_message,
                              64 * 1024);
    ngx_conf_merge_size_value(conf->ws_queue, prev->ws_queue, 1024 * 1024);
    ngx_conf_merge_value(conf->ws_deflate, prev->ws_deflate, 0);
    ngx_conf_merge_size_value(conf->body_max, prev->body_max, 256 * 1024);
    ngx_conf_merge_off_value(conf->upload_max, prev->upload_max,
                             20 * 1024 * 1024);

    if (conf->origins == NGX_CONF_UNSET_UINT) {
        conf->origins = prev->origins == NGX_CONF_UNSET_UINT
                        ? NGX_HTTP_CONFERENCE_ORIGIN_SAME : prev->origins;
        conf->origin_list = prev->origin_list;
    }

    if (conf->turn_uris == NULL) {
        conf->turn_uris = prev->turn_uris;
    }

    ngx_conf_merge_str_value(conf->turn_secret, prev->turn_secret, "");

    if (conf->files == NULL) {
        conf->files = prev->files;
    }

    if (conf->api == NULL) {
        return NGX_CONF_OK;
    }

    return ngx_http_conference_check_loc_conf(cf, conf);
}


/* What a location that answers a dialect must have. */

static char *
ngx_http_conference_check_loc_conf(ngx_conf_t *cf,
    ngx_http_conference_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->jwt_secret.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_api needs conf_jwt_secret");
        return NGX_CONF_ERROR;
    }

    if (conf->ws_ping == 0 || conf->ws_timeout <= conf->ws_ping) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_ws_timeout must be longer than conf_ws_ping");
        return NGX_CONF_ERROR;
    }

    if (conf->ws_max_message < 1024
        || conf->ws_max_message > CONF_CONTENT_MAX)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_ws_max_message must be between 1k and %uzk",
                      (size_t) CONF_CONTENT_MAX / 1024);
        return NGX_CONF_ERROR;
    }

    if (conf->ws_queue < conf->ws_max_message * 2) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_ws_queue must be at least twice "
                      "conf_ws_max_message");
        return NGX_CONF_ERROR;
    }

    if (conf->token_ttl < 1000) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_token_ttl must be at least 1s");
        return NGX_CONF_ERROR;
    }

    if (conf->body_max < 1024
        || conf->body_max > NGX_HTTP_CONFERENCE_BODY_MAX)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_body_max must be between 1k and %dm",
                      NGX_HTTP_CONFERENCE_BODY_MAX / 1024 / 1024);
        return NGX_CONF_ERROR;
    }

    if (conf->upload_max < 1024) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "conf_upload_max must be at least 1k");
        return NGX_CONF_ERROR;
    }

    conf->settings.jwt_secret = ngx_http_conference_str(conf->jwt_secret);
    conf->settings.turn_secret = ngx_http_conference_str(conf->turn_secret);

    if (conf->turn_uris != NULL) {
        conf->settings.ice_uris.items = conf->turn_uris->elts;
        conf->settings.ice_uris.n = conf->turn_uris->nelts;
    }

    conf->settings.token_ms = (int64_t) conf->token_ttl;
    conf->settings.refresh_ms = (int64_t) conf->refresh_ttl;
    conf->settings.password_min = (uint32_t) conf->password_min;
    conf->settings.rate_limit = conf->rate_limit;
    conf->settings.rate_scale = (uint32_t) conf->rate_scale;
    conf->settings.message_max = conf->ws_max_message;

    if (conf->files != NULL) {
        conf->thread_pool = ngx_thread_pool_add(cf, NULL);
        if (conf->thread_pool == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    /*
     * Bodies have limits of our own, answered in the dialect's form; one that
     * was set to other than nginx's default counts before ours.
     */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->client_max_body_size == 1024 * 1024) {
        clcf->client_max_body_size = 0;
    }

    if (clcf->client_body_buffer_size < conf->body_max) {
        clcf->client_body_buffer_size = conf->body_max;
    }

    return NGX_CONF_OK;
}
