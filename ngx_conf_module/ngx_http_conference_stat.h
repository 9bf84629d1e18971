
/*
 * What a worker counts for itself.  The figures go to the zone now and then,
 * so that each worker can tell the sum.
 */

#ifndef _NGX_HTTP_CONFERENCE_STAT_H_INCLUDED_
#define _NGX_HTTP_CONFERENCE_STAT_H_INCLUDED_


#include "conf_rpc.h"
#include "conf_worker.h"


#define NGX_HTTP_CONFERENCE_BUCKETS  CONF_TIME_BUCKETS

/* Places in conf_counters_t; a histogram is its buckets and the sum in us. */

typedef enum {
    NGX_HTTP_CONFERENCE_REQUESTS = 0,       /* by class of the status: 1..5 */
    NGX_HTTP_CONFERENCE_OPENED = 6,         /* sockets */
    NGX_HTTP_CONFERENCE_CLOSED,
    NGX_HTTP_CONFERENCE_SLOW,               /* closed: did not read */
    NGX_HTTP_CONFERENCE_MESSAGES,           /* that came over sockets */
    NGX_HTTP_CONFERENCE_FRAMES,             /* queued on sockets */
    NGX_HTTP_CONFERENCE_BYTES,              /* written to sockets */
    NGX_HTTP_CONFERENCE_CALLS,              /* to confd */
    NGX_HTTP_CONFERENCE_FAILED,             /* of them: no answer */
    NGX_HTTP_CONFERENCE_REQUEST_TIME = 16,
    NGX_HTTP_CONFERENCE_CALL_TIME = 32
} ngx_http_conference_counter_e;

_Static_assert(NGX_HTTP_CONFERENCE_CALL_TIME + NGX_HTTP_CONFERENCE_BUCKETS
               < CONF_COUNTERS, "figures fit");


/* The worker's own; one thread, so plain additions. */
extern conf_counters_t  ngx_http_conference_counters;

#define ngx_http_conference_count(what, by)                                   \
    (ngx_http_conference_counters.n[what] += (by))

/* Adds one observation to the histogram at what. */
void ngx_http_conference_observe(ngx_http_conference_counter_e what,
    uint64_t us);

/* Microseconds of a clock that is never set. */
uint64_t ngx_http_conference_clock(void);


#endif /* _NGX_HTTP_CONFERENCE_STAT_H_INCLUDED_ */
