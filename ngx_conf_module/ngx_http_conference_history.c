
/*
 * The status' figures over time: what a sample is made of, and how it is
 * told.  Each figure is a row.
 */

#include "ngx_http_conference_module.h"
#include "ngx_http_conference_stat.h"

#include "conf_history.h"


typedef enum {
    NGX_HTTP_CONFERENCE_NOW = 0,      /* of the zone, at the end of the step */
    NGX_HTTP_CONFERENCE_COME,         /* counted in the step */
    NGX_HTTP_CONFERENCE_QUANTILE      /* of a histogram, in microseconds */
} ngx_http_conference_sample_e;

typedef struct {
    const char  *name;
    ngx_uint_t   kind;
    size_t       at;                  /* offset, or place in the counters */
    ngx_uint_t   percent;
} ngx_http_conference_sample_row_t;


#define NGX_HTTP_CONFERENCE_OF_ZONE(name)                                     \
    { #name, NGX_HTTP_CONFERENCE_NOW, offsetof(conf_shm_stat_t, name), 0 }
#define NGX_HTTP_CONFERENCE_OF_CLASS(n)                                       \
    { "requests_" #n "xx", NGX_HTTP_CONFERENCE_COME,                          \
      NGX_HTTP_CONFERENCE_REQUESTS + n, 0 }

static const ngx_http_conference_sample_row_t  ngx_http_conference_sample[] = {
    NGX_HTTP_CONFERENCE_OF_ZONE(sessions),
    NGX_HTTP_CONFERENCE_OF_ZONE(users),
    NGX_HTTP_CONFERENCE_OF_ZONE(rooms),
    NGX_HTTP_CONFERENCE_OF_ZONE(free_pages),
    NGX_HTTP_CONFERENCE_OF_CLASS(2),
    NGX_HTTP_CONFERENCE_OF_CLASS(4),
    NGX_HTTP_CONFERENCE_OF_CLASS(5),
    { "messages_received", NGX_HTTP_CONFERENCE_COME,
      NGX_HTTP_CONFERENCE_MESSAGES, 0 },
    { "frames_sent", NGX_HTTP_CONFERENCE_COME, NGX_HTTP_CONFERENCE_FRAMES, 0 },
    { "calls", NGX_HTTP_CONFERENCE_COME, NGX_HTTP_CONFERENCE_CALLS, 0 },
    { "calls_failed", NGX_HTTP_CONFERENCE_COME,
      NGX_HTTP_CONFERENCE_FAILED, 0 },
    { "request_p50_us", NGX_HTTP_CONFERENCE_QUANTILE,
      NGX_HTTP_CONFERENCE_REQUEST_TIME, 50 },
    { "request_p99_us", NGX_HTTP_CONFERENCE_QUANTILE,
      NGX_HTTP_CONFERENCE_REQUEST_TIME, 99 },
    { "call_p50_us", NGX_HTTP_CONFERENCE_QUANTILE,
      NGX_HTTP_CONFERENCE_CALL_TIME, 50 },
    { "call_p99_us", NGX_HTTP_CONFERENCE_QUANTILE,
      NGX_HTTP_CONFERENCE_CALL_TIME, 99 }
};

_Static_assert(conf_nelts(ngx_http_conference_sample) <= CONF_HISTORY_FIGURES,
               "a sample has room for its figures");


void
ngx_http_conference_history_tick(ngx_http_conference_main_conf_t *cmcf)
{
    size_t                                   i;
    conf_span_t                              span;
    conf_sample_t                            sample;
    conf_shm_stat_t                          zone;
    const ngx_http_conference_sample_row_t  *row;

    if (conf_history_span(&cmcf->env.shm, cmcf->env.now_ms(&cmcf->env),
                          (int64_t) cmcf->status_step, &span)
        != CONF_OK)
    {
        return;
    }

    conf_shm_stat(&cmcf->env.shm, &zone);

    ngx_memzero(&sample, sizeof(conf_sample_t));
    sample.time_ms = span.to_ms;

    for (i = 0; i < conf_nelts(ngx_http_conference_sample); i++) {
        row = &ngx_http_conference_sample[i];

        switch (row->kind) {

        case NGX_HTTP_CONFERENCE_NOW:
            sample.n[i] = *(uint64_t *) ((u_char *) &zone + row->at);
            break;

        case NGX_HTTP_CONFERENCE_COME:
            sample.n[i] = span.to.n[row->at] - span.from.n[row->at];
            break;

        default: /* NGX_HTTP_CONFERENCE_QUANTILE */
            sample.n[i] = conf_time_quantile(&span.from.n[row->at],
                                             &span.to.n[row->at],
                                             (unsigned) row->percent);
        }
    }

    conf_history_add(&cmcf->env.shm, &sample);
}


void
ngx_http_conference_history(conf_buf_t *buf)
{
    size_t                            i, j, n;
    conf_sample_t                     samples[CONF_HISTORY_SAMPLES];
    ngx_http_conference_main_conf_t  *cmcf = ngx_http_conference_worker;

    n = conf_history_list(&cmcf->env.shm, samples);

    conf_buf_lit(buf, "{\"step_ms\":");
    conf_buf_u64(buf, cmcf->status_step);
    conf_buf_lit(buf, ",\"samples\":[");

    for (i = 0; i < n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_buf_lit(buf, "{\"time\":");
        conf_buf_i64(buf, samples[i].time_ms);

        for (j = 0; j < conf_nelts(ngx_http_conference_sample); j++) {
            conf_buf_lit(buf, ",\"");
            conf_buf_add(buf, ngx_http_conference_sample[j].name,
                         ngx_strlen(ngx_http_conference_sample[j].name));
            conf_buf_lit(buf, "\":");
            conf_buf_u64(buf, samples[i].n[j]);
        }

        conf_buf_byte(buf, '}');
    }

    conf_buf_lit(buf, "]}");
}
