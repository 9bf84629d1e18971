
/*
 * The nginx side: bytes to requests and frames, and back.  Only the files
 * that include this know nginx.
 */

#ifndef _NGX_HTTP_CONFERENCE_MODULE_H_INCLUDED_
#define _NGX_HTTP_CONFERENCE_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "conf_api.h"
#include "conf_core.h"
#include "conf_live.h"
#include "conf_memo.h"
#include "conf_signal.h"
#include "conf_sync.h"
#include "conf_ws.h"


typedef struct ngx_http_conference_rpc_s  ngx_http_conference_rpc_t;
typedef struct ngx_http_conference_bus_s  ngx_http_conference_bus_t;

/* One a cycle; what is below env is the worker's, made in init_process. */

typedef struct {
    ngx_shm_zone_t             *zone;
    ngx_addr_t                 *backend;
    ngx_msec_t                  backend_timeout;
    ngx_msec_t                  status_step;
    conf_route_t               *routes[CONF_APIS_MAX];

    conf_env_t                  env;
    ngx_http_conference_rpc_t  *rpc;
    ngx_http_conference_bus_t  *bus;
    conf_sync_t                *sync;
    ngx_uint_t                  used;       /* a location has conf_api */
    ngx_int_t                   request_id; /* index of the variable */
} ngx_http_conference_main_conf_t;

typedef enum {
    NGX_HTTP_CONFERENCE_ORIGIN_SAME = 0,
    NGX_HTTP_CONFERENCE_ORIGIN_ANY,
    NGX_HTTP_CONFERENCE_ORIGIN_LIST
} ngx_http_conference_origin_e;

typedef struct {
    const conf_api_t             *api;       /* NULL: not ours */
    conf_settings_t               settings;
    ngx_str_t                     prefix;    /* of the location */
    ngx_str_t                     openapi;   /* the document served here */
    ngx_str_t                     openapi_etag;

    ngx_str_t                     jwt_secret;
    ngx_msec_t                    token_ttl;
    ngx_msec_t                    refresh_ttl;
    ngx_int_t                     password_min;
    ngx_flag_t                    rate_limit;
    ngx_int_t                     rate_scale;    /* percent */
    ngx_flag_t                    log_mask;
    ngx_uint_t                    origins;   /* ngx_http_conference_origin_e */
    ngx_array_t                  *origin_list;   /* of ngx_str_t */
    ngx_array_t                  *turn_uris;     /* of conf_str_t */
    ngx_str_t                     turn_secret;

    ngx_msec_t                    ws_ping;
    ngx_msec_t                    ws_timeout;
    size_t                        ws_max_message;
    size_t                        ws_queue;
    ngx_flag_t                    ws_deflate;

    size_t                        body_max;
    off_t                         upload_max;
    ngx_path_t                   *files;
    ngx_thread_pool_t            *thread_pool;
} ngx_http_conference_loc_conf_t;

/* A request that is an op; lies in the request's pool. */

typedef struct {
    conf_op_t                        op;
    ngx_http_request_t              *request;
    ngx_http_conference_loc_conf_t  *conf;
    conf_route_match_t               match;
    off_t                            received;    /* of the body */
    off_t                            body_max;
    void                            *socket;      /* opened or open */
    uint64_t                         room_id;     /* of the input; for logs */
    uint64_t                         started;     /* on the clock, in us */
    void                            *upload;
    unsigned                         no_space:1;  /* the body is dropped */
    unsigned                         by_cookie:1; /* the token is one's */
} ngx_http_conference_ctx_t;


extern ngx_module_t  ngx_http_conference_module;

/* The worker's own; the main conf of the cycle it runs. */
extern ngx_http_conference_main_conf_t  *ngx_http_conference_worker;


/*
 * ngx_http_conference_directive.c: conf_api, conf_backend, conf_jwt_secret,
 * conf_allowed_origins, conf_turn_uri.
 */

char *ngx_http_conference_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_conference_backend(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_conference_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_conference_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_conference_turn_uri(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_conference_zone.c */

/* Adds the zone; name and size as nginx's other zones have them. */
char *ngx_http_conference_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Sets env->shm for this process and takes a slot in the worker table. */
ngx_int_t ngx_http_conference_zone_attach(
    ngx_http_conference_main_conf_t *cmcf, ngx_log_t *log);
void ngx_http_conference_zone_detach(ngx_http_conference_main_conf_t *cmcf);


/* ngx_http_conference_rpc.c: the link to confd, env->call and env->cancel */

ngx_int_t ngx_http_conference_rpc_init(ngx_http_conference_main_conf_t *cmcf,
    ngx_cycle_t *cycle);
void ngx_http_conference_rpc_close(ngx_http_conference_main_conf_t *cmcf);
ngx_uint_t ngx_http_conference_rpc_up(ngx_http_conference_rpc_t *rpc);
ngx_uint_t ngx_http_conference_rpc_pending(ngx_http_conference_rpc_t *rpc);


/* An event that is posted, or a timer; zeroed before. */

static ngx_inline void
ngx_http_conference_event(ngx_event_t *ev, ngx_event_handler_pt handler,
    void *data, ngx_log_t *log)
{
    ev->handler = handler;
    ev->data = data;
    ev->log = log;
}


/* ngx_http_conference_bus.c: doorbells, inbox, regular work; env->wake */

ngx_int_t ngx_http_conference_bus_init(ngx_http_conference_main_conf_t *cmcf,
    ngx_cycle_t *cycle);
void ngx_http_conference_bus_close(ngx_http_conference_main_conf_t *cmcf);

/* Looks into the inbox: for events that come often and cost little. */
void ngx_http_conference_bus_look(ngx_http_conference_main_conf_t *cmcf);


/* ngx_http_conference_request.c */

ngx_int_t ngx_http_conference_handler(ngx_http_request_t *r);

/* The row that would answer the request; NULL when none would. */
const conf_row_t *ngx_http_conference_find(ngx_http_request_t *r);

/* Answers what the op ended in; takes the reference that waiting took. */
void ngx_http_conference_answer(ngx_http_conference_ctx_t *ctx);

/* A header of the request by its name in lower case, or NULL. */
ngx_table_elt_t *ngx_http_conference_find_header(ngx_http_request_t *r,
    const char *name);

/* The request body's limit for chunked bodies. */
ngx_int_t ngx_http_conference_body_filter_init(ngx_conf_t *cf);

/* The value of a query argument, decoded; len 0 when there is none. */
ngx_str_t ngx_http_conference_arg(ngx_http_request_t *r, const char *name);


/* ngx_http_conference_response.c */

/* Header and body; the result is for ngx_http_finalize_request(). */
ngx_int_t ngx_http_conference_send(ngx_http_conference_ctx_t *ctx);

/* Adds a response header; name is static. */
ngx_int_t ngx_http_conference_header(ngx_http_request_t *r, const char *name,
    ngx_str_t value);


/* ngx_http_conference_ws.c */

/*
 * Is it a good upgrade?  CONF_OK, or an error that is not of the token.  On
 * CONF_OK ctx->op.session is set.
 */
ngx_int_t ngx_http_conference_ws_prepare(ngx_http_conference_ctx_t *ctx);

/*
 * The op has opened the session: takes the connection over and frees the
 * request.
 */
void ngx_http_conference_ws_start(ngx_http_conference_ctx_t *ctx);

/* The request ends before that. */
void ngx_http_conference_ws_drop(ngx_http_conference_ctx_t *ctx);

/* NGX_OK: a page may ask, or it is no page's request; NGX_DECLINED. */
ngx_int_t ngx_http_conference_origin(ngx_http_conference_ctx_t *ctx);

/* The worker ends: all its sockets are closed with a word. */
void ngx_http_conference_ws_leave(ngx_cycle_t *cycle);


/* ngx_http_conference_echo.c */

char *ngx_http_conference_echo(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_http_conference_file.c */

/* The body is in a temporary file: finds the file in it, then runs the op. */
void ngx_http_conference_upload(ngx_http_conference_ctx_t *ctx);
void ngx_http_conference_upload_end(ngx_http_conference_ctx_t *ctx);

/* Sends the file that the op has ended in; NGX_DECLINED: it is not there. */
ngx_int_t ngx_http_conference_send_file(ngx_http_conference_ctx_t *ctx,
    const conf_file_t *file);


/* ngx_http_conference_variable.c */

ngx_int_t ngx_http_conference_add_variables(ngx_conf_t *cf);


/* ngx_http_conference_status.c: conf_status, conf_metrics, conf_health */

char *ngx_http_conference_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* env->status */
void ngx_http_conference_status_json(conf_env_t *env, conf_buf_t *buf,
    const conf_stat_t *stat);


/* ngx_http_conference_history.c: the status' figures over time */

/* Takes a sample when it is time for one. */
void ngx_http_conference_history_tick(ngx_http_conference_main_conf_t *cmcf);

/* All samples as a JSON object. */
void ngx_http_conference_history(conf_buf_t *buf);


/* ngx_http_conference_openapi.c: conf_openapi */

char *ngx_http_conference_openapi(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static inline conf_str_t
ngx_http_conference_str(ngx_str_t s)
{
    conf_str_t  str;

    str.len = s.len;
    str.data = s.data;

    return str;
}


#endif /* _NGX_HTTP_CONFERENCE_MODULE_H_INCLUDED_ */
