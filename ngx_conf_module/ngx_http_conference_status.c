
/*
 * What goes on, for people and for machines: conf_status as JSON,
 * conf_metrics in the text format of Prometheus, conf_health for balancers.
 * Each figure is a row; both formats are made from the rows.
 */

#include "ngx_http_conference_module.h"
#include "ngx_http_conference_stat.h"

#include <time.h>


typedef enum {
    NGX_HTTP_CONFERENCE_JSON = 0,
    NGX_HTTP_CONFERENCE_METRICS
} ngx_http_conference_format_e;

/* A status request while confd is asked for its part. */

typedef struct {
    conf_call_t          call;
    ngx_http_request_t  *request;
    ngx_uint_t           format;
} ngx_http_conference_ask_t;

/* One figure: its name in JSON, its name and kind as a metric. */

typedef struct {
    const char  *json;
    const char  *metric;
    const char  *labels;        /* inside the braces, or NULL */
    const char  *help;
    ngx_uint_t   gauge;
    size_t       at;            /* offset or place */
    ngx_uint_t   micro;         /* told in seconds, kept in microseconds */
} ngx_http_conference_figure_t;


static ngx_int_t ngx_http_conference_status_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_conference_metrics_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_conference_live_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_conference_ready_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_conference_ask(ngx_http_request_t *r,
    ngx_uint_t format);
static void ngx_http_conference_asked(conf_call_t *call);
static void ngx_http_conference_ask_cleanup(void *data);
static ngx_int_t ngx_http_conference_text(ngx_http_request_t *r,
    conf_buf_t *buf, const char *type);
static void ngx_http_conference_report(void);
static void ngx_http_conference_json_group(conf_buf_t *buf,
    const ngx_http_conference_figure_t *rows, const void *data);
static void ngx_http_conference_json_workers(conf_buf_t *buf);
static void ngx_http_conference_metrics(conf_buf_t *buf,
    const conf_stat_t *stat);
static void ngx_http_conference_metrics_group(conf_buf_t *buf,
    const ngx_http_conference_figure_t *rows, const void *data);
static void ngx_http_conference_metrics_workers(conf_buf_t *buf);
static void ngx_http_conference_histogram(conf_buf_t *buf, const char *name,
    const char *help, const uint64_t *n);
static void ngx_http_conference_printf(conf_buf_t *buf, const char *fmt, ...);


conf_counters_t  ngx_http_conference_counters;


#define NGX_HTTP_CONFERENCE_ZONE(name, metric, help, gauge)                   \
    { #name, metric, NULL, help, gauge, offsetof(conf_shm_stat_t, name), 0 }

static const ngx_http_conference_figure_t  ngx_http_conference_zone_rows[] = {
    NGX_HTTP_CONFERENCE_ZONE(generation, "conference_zone_generation",
        "Grows when the zone had to be emptied.", 1),
    NGX_HTTP_CONFERENCE_ZONE(rooms, "conference_live_rooms",
        "Rooms with a session in them.", 1),
    NGX_HTTP_CONFERENCE_ZONE(users, "conference_online_users",
        "Users with a session.", 1),
    NGX_HTTP_CONFERENCE_ZONE(sessions, "conference_sessions",
        "Open sessions.", 1),
    NGX_HTTP_CONFERENCE_ZONE(channels, "conference_channels",
        "Rooms and users that can be published to.", 1),
    NGX_HTTP_CONFERENCE_ZONE(events, "conference_events",
        "Events that inboxes hold.", 1),
    NGX_HTTP_CONFERENCE_ZONE(published, "conference_published_total",
        "Events published.", 0),
    NGX_HTTP_CONFERENCE_ZONE(dropped, "conference_dropped_total",
        "Events that an inbox had no room for.", 0),
    NGX_HTTP_CONFERENCE_ZONE(zone_full, "conference_zone_full_total",
        "Allocations that failed because the zone was full.", 0),
    NGX_HTTP_CONFERENCE_ZONE(pages, "conference_zone_pages",
        "Pages of the zone that were free when it was empty.", 1),
    NGX_HTTP_CONFERENCE_ZONE(free_pages, "conference_zone_free_pages",
        "Free pages of the zone.", 1),
    NGX_HTTP_CONFERENCE_ZONE(cached, "conference_cached_records",
        "Hot copies of durable records.", 1),
    NGX_HTTP_CONFERENCE_ZONE(cache_hits, "conference_cache_hits_total",
        "Reads answered by a hot copy.", 0),
    NGX_HTTP_CONFERENCE_ZONE(cache_misses, "conference_cache_misses_total",
        "Reads without a hot copy.", 0),
    NGX_HTTP_CONFERENCE_ZONE(limits, "conference_rate_buckets",
        "Rate limits that are being counted.", 1),
    NGX_HTTP_CONFERENCE_ZONE(limited, "conference_rate_limited_total",
        "Calls refused by a rate limit.", 0),
    { NULL, NULL, NULL, NULL, 0, 0, 0 }
};

#define NGX_HTTP_CONFERENCE_COUNT(json, metric, labels, help, place)          \
    { json, metric, labels, help, 0, (place) * sizeof(uint64_t), 0 }

static const ngx_http_conference_figure_t  ngx_http_conference_rows[] = {
    NGX_HTTP_CONFERENCE_COUNT("requests_1xx", "conference_requests_total",
        "code=\"1xx\"", "Requests answered, by class of status.",
        NGX_HTTP_CONFERENCE_REQUESTS + 1),
    NGX_HTTP_CONFERENCE_COUNT("requests_2xx", "conference_requests_total",
        "code=\"2xx\"", NULL, NGX_HTTP_CONFERENCE_REQUESTS + 2),
    NGX_HTTP_CONFERENCE_COUNT("requests_3xx", "conference_requests_total",
        "code=\"3xx\"", NULL, NGX_HTTP_CONFERENCE_REQUESTS + 3),
    NGX_HTTP_CONFERENCE_COUNT("requests_4xx", "conference_requests_total",
        "code=\"4xx\"", NULL, NGX_HTTP_CONFERENCE_REQUESTS + 4),
    NGX_HTTP_CONFERENCE_COUNT("requests_5xx", "conference_requests_total",
        "code=\"5xx\"", NULL, NGX_HTTP_CONFERENCE_REQUESTS + 5),
    NGX_HTTP_CONFERENCE_COUNT("sockets_opened",
        "conference_sockets_opened_total", NULL, "WebSockets opened.",
        NGX_HTTP_CONFERENCE_OPENED),
    NGX_HTTP_CONFERENCE_COUNT("sockets_closed",
        "conference_sockets_closed_total", NULL, "WebSockets ended.",
        NGX_HTTP_CONFERENCE_CLOSED),
    NGX_HTTP_CONFERENCE_COUNT("sockets_slow", "conference_sockets_slow_total",
        NULL, "WebSockets closed because their client did not read.",
        NGX_HTTP_CONFERENCE_SLOW),
    NGX_HTTP_CONFERENCE_COUNT("messages_received",
        "conference_messages_received_total", NULL,
        "Messages that came over WebSockets.",
        NGX_HTTP_CONFERENCE_MESSAGES),
    NGX_HTTP_CONFERENCE_COUNT("frames_sent", "conference_frames_sent_total",
        NULL, "Frames queued for WebSockets.", NGX_HTTP_CONFERENCE_FRAMES),
    NGX_HTTP_CONFERENCE_COUNT("bytes_sent", "conference_sent_bytes_total",
        NULL, "Bytes written to WebSockets.", NGX_HTTP_CONFERENCE_BYTES),
    NGX_HTTP_CONFERENCE_COUNT("calls", "conference_backend_calls_total",
        NULL, "Calls to confd.", NGX_HTTP_CONFERENCE_CALLS),
    NGX_HTTP_CONFERENCE_COUNT("calls_failed",
        "conference_backend_calls_failed_total", NULL,
        "Calls to confd without an answer.", NGX_HTTP_CONFERENCE_FAILED),
    { NULL, NULL, NULL, NULL, 0, 0, 0 }
};

#define NGX_HTTP_CONFERENCE_CONFD(name, metric, help, gauge, micro)           \
    { #name, metric, NULL, help, gauge, offsetof(conf_stat_t, name), micro }

static const ngx_http_conference_figure_t  ngx_http_conference_confd_rows[] = {
    NGX_HTTP_CONFERENCE_CONFD(uptime_ms, "confd_uptime_milliseconds",
        "Since confd was started.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(links, "confd_links",
        "Connections to confd.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(queued, "confd_queue_length",
        "Ops that wait for the writer.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(ops, "confd_ops_total", "Ops taken.", 0, 0),
    NGX_HTTP_CONFERENCE_CONFD(busy, "confd_busy_total",
        "Ops refused because a queue was full.", 0, 0),
    NGX_HTTP_CONFERENCE_CONFD(commits, "confd_commits_total",
        "Commits to disk.", 0, 0),
    NGX_HTTP_CONFERENCE_CONFD(committed, "confd_committed_ops_total",
        "Ops in those commits.", 0, 0),
    NGX_HTTP_CONFERENCE_CONFD(map_used, "confd_map_used_bytes",
        "Bytes of the map in use.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(map_size, "confd_map_size_bytes",
        "Bytes of the map.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(users, "confd_users", "Users.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(rooms, "confd_rooms", "Rooms.", 1, 0),
    NGX_HTTP_CONFERENCE_CONFD(messages, "confd_messages",
        "Messages, and visits of meetings.", 1, 0),
    { NULL, NULL, NULL, NULL, 0, 0, 0 }
};


char *
ngx_http_conference_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                        *value;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_conference_main_conf_t  *cmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "conf_status") == 0) {
        clcf->handler = ngx_http_conference_status_handler;

    } else if (ngx_strcmp(value[0].data, "conf_metrics") == 0) {
        clcf->handler = ngx_http_conference_metrics_handler;

    } else if (ngx_strcmp(value[1].data, "live") == 0) {
        clcf->handler = ngx_http_conference_live_handler;

    } else if (ngx_strcmp(value[1].data, "ready") == 0) {
        clcf->handler = ngx_http_conference_ready_handler;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_health: \"%V\" is not live or ready",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_conference_module);
    cmcf->used = 1;

    return NGX_CONF_OK;
}


uint64_t
ngx_http_conference_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


void
ngx_http_conference_observe(ngx_http_conference_counter_e what, uint64_t us)
{
    ngx_http_conference_counters.n[what + conf_time_bucket(us)]++;
    ngx_http_conference_counters.n[what + NGX_HTTP_CONFERENCE_BUCKETS] += us;
}


static ngx_int_t
ngx_http_conference_status_handler(ngx_http_request_t *r)
{
    return ngx_http_conference_ask(r, NGX_HTTP_CONFERENCE_JSON);
}


static ngx_int_t
ngx_http_conference_metrics_handler(ngx_http_request_t *r)
{
    return ngx_http_conference_ask(r, NGX_HTTP_CONFERENCE_METRICS);
}


/* This process answers, and that is all that is asked. */

static ngx_int_t
ngx_http_conference_live_handler(ngx_http_request_t *r)
{
    conf_buf_t  buf;

    conf_buf_init(&buf, 0);
    conf_buf_lit(&buf, "ok\n");
    r->headers_out.status = NGX_HTTP_OK;

    return ngx_http_conference_text(r, &buf, "text/plain");
}


/* Durable requests can be served from here now. */

static ngx_int_t
ngx_http_conference_ready_handler(ngx_http_request_t *r)
{
    conf_buf_t  buf;

    conf_buf_init(&buf, 0);

    if (ngx_http_conference_rpc_up(ngx_http_conference_worker->rpc)) {
        conf_buf_lit(&buf, "ready\n");
        r->headers_out.status = NGX_HTTP_OK;

    } else {
        conf_buf_lit(&buf, "the link to confd is down\n");
        r->headers_out.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_http_conference_text(r, &buf, "text/plain");
}


/* Asks confd for its figures; without it the others are told all the same. */

static ngx_int_t
ngx_http_conference_ask(ngx_http_request_t *r, ngx_uint_t format)
{
    ngx_int_t                   rc;
    conf_env_t                 *env;
    conf_none_t                 none;
    ngx_http_cleanup_t         *cln;
    ngx_http_conference_ask_t  *ask;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ask = ngx_pcalloc(r->pool, sizeof(ngx_http_conference_ask_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (ask == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ask->request = r;
    ask->format = format;
    ask->call.code = CONF_OP_STAT;
    ask->call.arena = conf_arena_create(1024, 0);
    ask->call.done = ngx_http_conference_asked;
    ask->call.data = ask;

    if (ask->call.arena == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_conference_ask_cleanup;
    cln->data = ask;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_memzero(&none, sizeof(conf_none_t));
    env = &ngx_http_conference_worker->env;
    env->call(env, &ask->call, &none);

    return NGX_DONE;
}


static void
ngx_http_conference_asked(conf_call_t *call)
{
    conf_buf_t                  buf;
    const char                 *type;
    ngx_connection_t           *c;
    const conf_stat_t          *stat;
    ngx_http_request_t         *r;
    ngx_http_conference_ask_t  *ask = call->data;

    r = ask->request;
    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    stat = call->rc == CONF_OK ? call->reply : NULL;
    conf_buf_init(&buf, 0);

    if (ask->format == NGX_HTTP_CONFERENCE_JSON) {
        ngx_http_conference_status_json(&ngx_http_conference_worker->env,
                                        &buf, stat);
        conf_buf_byte(&buf, '\n');
        type = "application/json";

    } else {
        ngx_http_conference_metrics(&buf, stat);
        type = "text/plain; version=0.0.4; charset=utf-8";
    }

    r->headers_out.status = NGX_HTTP_OK;
    ngx_http_finalize_request(r, ngx_http_conference_text(r, &buf, type));
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_conference_ask_cleanup(void *data)
{
    conf_env_t                 *env = &ngx_http_conference_worker->env;
    ngx_http_conference_ask_t  *ask = data;

    env->cancel(env, &ask->call);
    conf_arena_destroy(ask->call.arena);
}


/* Sends the text and frees it. */

static ngx_int_t
ngx_http_conference_text(ngx_http_request_t *r, conf_buf_t *buf,
    const char *type)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = conf_buf_ok(buf) != CONF_OK ? NULL
                                    : ngx_create_temp_buf(r->pool, buf->len);
    if (b == NULL) {
        conf_buf_free(buf);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->last, buf->data, buf->len);
    conf_buf_free(buf);

    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
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


/* What this worker has counted since the last report, too. */

static void
ngx_http_conference_report(void)
{
    conf_worker_report(&ngx_http_conference_worker->env.shm,
                       &ngx_http_conference_worker->env.worker,
                       &ngx_http_conference_counters);
}


void
ngx_http_conference_status_json(conf_env_t *env, conf_buf_t *buf,
    const conf_stat_t *stat)
{
    conf_shm_stat_t                   zone;
    conf_counters_t                   sum;
    ngx_http_conference_main_conf_t  *cmcf = ngx_http_conference_worker;

    ngx_http_conference_report();
    conf_shm_stat(&cmcf->env.shm, &zone);
    conf_worker_counters(&cmcf->env.shm, &sum);

    conf_buf_lit(buf, "{\"zone\":");
    ngx_http_conference_json_group(buf, ngx_http_conference_zone_rows, &zone);
    conf_buf_lit(buf, ",\"traffic\":");
    ngx_http_conference_json_group(buf, ngx_http_conference_rows, &sum);
    conf_buf_lit(buf, ",\"workers\":[");
    ngx_http_conference_json_workers(buf);

    ngx_http_conference_printf(buf, "],\"pid\":%P,\"backend\":{\"up\":%s,"
                               "\"pending\":%ui,\"confd\":",
                               ngx_pid,
                               ngx_http_conference_rpc_up(cmcf->rpc)
                               ? "true" : "false",
                               ngx_http_conference_rpc_pending(cmcf->rpc));

    if (stat != NULL) {
        ngx_http_conference_json_group(buf, ngx_http_conference_confd_rows,
                                       stat);
    } else {
        conf_buf_lit(buf, "null");
    }

    conf_buf_lit(buf, "},\"history\":");
    ngx_http_conference_history(buf);
    conf_buf_byte(buf, '}');
}


static void
ngx_http_conference_json_group(conf_buf_t *buf,
    const ngx_http_conference_figure_t *rows, const void *data)
{
    ngx_uint_t  i;

    for (i = 0; rows[i].json != NULL; i++) {
        ngx_http_conference_printf(buf, "%s\"%s\":%uL", i == 0 ? "{" : ",",
                                   rows[i].json,
                                   *(const uint64_t *)
                                   ((const u_char *) data + rows[i].at));
    }

    conf_buf_byte(buf, '}');
}


static void
ngx_http_conference_json_workers(conf_buf_t *buf)
{
    size_t              i, n;
    conf_worker_stat_t  workers[CONF_WORKERS_MAX];

    n = conf_worker_list(&ngx_http_conference_worker->env.shm, workers);

    for (i = 0; i < n; i++) {
        ngx_http_conference_printf(buf, "%s{\"pid\":%uL,\"sessions\":%uL,"
                                   "\"inbox_depth\":%uL,\"inbox_bytes\":%uL,"
                                   "\"dropped\":%uL}",
                                   i == 0 ? "" : ",", workers[i].worker.pid,
                                   workers[i].sessions, workers[i].depth,
                                   workers[i].bytes, workers[i].dropped);
    }
}


static void
ngx_http_conference_metrics(conf_buf_t *buf, const conf_stat_t *stat)
{
    uint64_t                          times[NGX_HTTP_CONFERENCE_BUCKETS + 1];
    conf_shm_stat_t                   zone;
    conf_counters_t                   sum;
    ngx_http_conference_main_conf_t  *cmcf = ngx_http_conference_worker;

    ngx_http_conference_report();
    conf_shm_stat(&cmcf->env.shm, &zone);
    conf_worker_counters(&cmcf->env.shm, &sum);

    ngx_http_conference_metrics_group(buf, ngx_http_conference_zone_rows,
                                      &zone);
    ngx_http_conference_metrics_group(buf, ngx_http_conference_rows, &sum);
    ngx_http_conference_metrics_workers(buf);

    ngx_http_conference_histogram(buf, "conference_request_duration_seconds",
                                  "From the request's head to its answer.",
                                  &sum.n[NGX_HTTP_CONFERENCE_REQUEST_TIME]);
    ngx_http_conference_histogram(buf,
                                  "conference_backend_call_duration_seconds",
                                  "From a call to confd to its reply.",
                                  &sum.n[NGX_HTTP_CONFERENCE_CALL_TIME]);

    ngx_http_conference_printf(buf,
        "# HELP conference_backend_up Is the link to confd up.\n"
        "# TYPE conference_backend_up gauge\n"
        "conference_backend_up %ui\n",
        ngx_http_conference_rpc_up(cmcf->rpc));

    if (stat == NULL) {
        return;
    }

    ngx_http_conference_metrics_group(buf, ngx_http_conference_confd_rows,
                                      stat);

    if (stat->commit_times.n == NGX_HTTP_CONFERENCE_BUCKETS) {
        ngx_memcpy(times, stat->commit_times.items,
                   NGX_HTTP_CONFERENCE_BUCKETS * sizeof(uint64_t));
        times[NGX_HTTP_CONFERENCE_BUCKETS] = stat->commit_us;

        ngx_http_conference_histogram(buf, "confd_commit_duration_seconds",
                                      "Time of commits to disk.",
                                      times);
    }
}


static void
ngx_http_conference_metrics_group(conf_buf_t *buf,
    const ngx_http_conference_figure_t *rows, const void *data)
{
    uint64_t                             n;
    ngx_uint_t                           i;
    const ngx_http_conference_figure_t  *row;

    for (i = 0; rows[i].metric != NULL; i++) {
        row = &rows[i];
        n = *(const uint64_t *) ((const u_char *) data + row->at);

        if (row->help != NULL) {
            ngx_http_conference_printf(buf, "# HELP %s %s\n# TYPE %s %s\n",
                                       row->metric, row->help, row->metric,
                                       row->gauge ? "gauge" : "counter");
        }

        ngx_http_conference_printf(buf, "%s%s%s%s ", row->metric,
                                   row->labels != NULL ? "{" : "",
                                   row->labels != NULL ? row->labels : "",
                                   row->labels != NULL ? "}" : "");

        if (row->micro) {
            ngx_http_conference_printf(buf, "%uL.%06uL\n", n / 1000000,
                                       n % 1000000);
        } else {
            ngx_http_conference_printf(buf, "%uL\n", n);
        }
    }
}


static void
ngx_http_conference_metrics_workers(conf_buf_t *buf)
{
    size_t              i, n;
    conf_worker_stat_t  workers[CONF_WORKERS_MAX];

    n = conf_worker_list(&ngx_http_conference_worker->env.shm, workers);

    conf_buf_lit(buf, "# HELP conference_worker_inbox_depth Events that wait "
                      "for a worker.\n"
                      "# TYPE conference_worker_inbox_depth gauge\n");

    for (i = 0; i < n; i++) {
        ngx_http_conference_printf(buf, "conference_worker_inbox_depth"
                                   "{pid=\"%uL\"} %uL\n",
                                   workers[i].worker.pid, workers[i].depth);
    }

    conf_buf_lit(buf, "# HELP conference_worker_sessions Sessions of a "
                      "worker.\n"
                      "# TYPE conference_worker_sessions gauge\n");

    for (i = 0; i < n; i++) {
        ngx_http_conference_printf(buf, "conference_worker_sessions"
                                   "{pid=\"%uL\"} %uL\n",
                                   workers[i].worker.pid,
                                   workers[i].sessions);
    }
}


/* Cumulative buckets, sum and count, as Prometheus wants them. */

static void
ngx_http_conference_histogram(conf_buf_t *buf, const char *name,
    const char *help, const uint64_t *n)
{
    uint64_t    total, sum;
    ngx_uint_t  i;

    ngx_http_conference_printf(buf, "# HELP %s %s\n# TYPE %s histogram\n",
                               name, help, name);
    total = 0;

    for (i = 0; i < NGX_HTTP_CONFERENCE_BUCKETS - 1; i++) {
        total += n[i];
        ngx_http_conference_printf(buf, "%s_bucket{le=\"%uL.%06uL\"} %uL\n",
                                   name,
                                   conf_time_bounds[i] / 1000000,
                                   conf_time_bounds[i] % 1000000,
                                   total);
    }

    total += n[NGX_HTTP_CONFERENCE_BUCKETS - 1];
    sum = n[NGX_HTTP_CONFERENCE_BUCKETS];

    ngx_http_conference_printf(buf, "%s_bucket{le=\"+Inf\"} %uL\n"
                               "%s_sum %uL.%06uL\n%s_count %uL\n",
                               name, total, name, sum / 1000000,
                               sum % 1000000, name, total);
}


/* Lines of the tables above: none comes near the bound. */

static void
ngx_http_conference_printf(conf_buf_t *buf, const char *fmt, ...)
{
    u_char   line[1024], *p;
    va_list  args;

    va_start(args, fmt);
    p = ngx_vslprintf(line, line + sizeof(line), fmt, args);
    va_end(args);

    conf_buf_add(buf, line, p - line);
}
