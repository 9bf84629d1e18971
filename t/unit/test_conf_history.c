
#include "tap.h"

#include "conf_history.c"
#include "conf_rpc.h"

#include "conf_shm_malloc.c"


#define STEP  60000


static conf_shm_malloc_t  m;


static void
test_span(void)
{
    conf_span_t      span;
    conf_worker_t    one, two;
    conf_counters_t  counters;

    memset(&counters, 0, sizeof(conf_counters_t));

    is_int(conf_worker_attach(&m.shm, 1, &one), CONF_OK, "a worker");
    is_int(conf_worker_attach(&m.shm, 2, &two), CONF_OK, "another");

    counters.n[3] = 10;
    conf_worker_report(&m.shm, &one, &counters);

    is_int(conf_history_span(&m.shm, 1000, STEP, &span), CONF_DONE,
           "the first span only begins");
    is_int(conf_history_span(&m.shm, 1000 + STEP - 1, STEP, &span), CONF_DONE,
           "too early");

    counters.n[3] = 15;
    conf_worker_report(&m.shm, &one, &counters);
    counters.n[3] = 100;
    conf_worker_report(&m.shm, &two, &counters);

    is_int(conf_history_span(&m.shm, 1000 + STEP, STEP, &span), CONF_OK,
           "a step has passed");
    is_int(span.from_ms, 1000, "from");
    is_int(span.to_ms, 1000 + STEP, "to");
    is_int((int64_t) span.from.n[3], 10, "counted before");
    is_int((int64_t) span.to.n[3], 115, "counted by all workers");

    is_int(conf_history_span(&m.shm, 1001 + STEP, STEP, &span), CONF_DONE,
           "it is taken once");
    is_int(conf_history_span(&m.shm, 1000 + 4 * STEP, STEP, &span), CONF_OK,
           "a long silence is one span");
    is_int(span.from_ms, 1000 + STEP, "from the last one's end");

    is_int(conf_history_span(&m.shm, 500, STEP, &span), CONF_DONE,
           "a clock that was set back begins anew");
    is_int(conf_history_span(&m.shm, 500 + STEP, STEP, &span), CONF_OK,
           "and goes on from there");
}


/* A process dies with the lock: the others report all they ever counted. */

static void
test_lost(void)
{
    conf_span_t  span;

    m.root->holder = 99;

    is_int(conf_history_span(&m.shm, 1000, STEP, &span), CONF_DONE,
           "an emptied zone begins");
    is_int(conf_history_span(&m.shm, 1000 + STEP, STEP, &span), CONF_DONE,
           "what is reported first came before");
    is_int(conf_history_span(&m.shm, 1000 + 2 * STEP, STEP, &span), CONF_OK,
           "the next span is one");
}


static void
test_ring(void)
{
    size_t         i, n, bad;
    conf_sample_t  sample, samples[CONF_HISTORY_SAMPLES];

    is_int((int64_t) conf_history_list(&m.shm, samples), 0, "nothing yet");

    memset(&sample, 0, sizeof(conf_sample_t));

    for (i = 1; i <= CONF_HISTORY_SAMPLES + 7; i++) {
        sample.time_ms = (int64_t) i * STEP;
        sample.n[CONF_HISTORY_FIGURES - 1] = i;
        conf_history_add(&m.shm, &sample);

        if (i == 2) {
            n = conf_history_list(&m.shm, samples);
            ok(n == 2 && samples[0].time_ms == STEP
               && samples[1].time_ms == 2 * STEP, "two, the older first");
        }
    }

    n = conf_history_list(&m.shm, samples);
    is_int((int64_t) n, CONF_HISTORY_SAMPLES, "never more than a ring");

    bad = 0;

    for (i = 0; i < n; i++) {
        bad += samples[i].time_ms != (int64_t) (i + 8) * STEP
               || samples[i].n[CONF_HISTORY_FIGURES - 1] != i + 8;
    }

    is_int((int64_t) bad, 0, "the last ones, in order");
}


static void
test_quantile(void)
{
    uint64_t  from[CONF_TIME_BUCKETS], to[CONF_TIME_BUCKETS];

    memset(from, 0, sizeof(from));
    memset(to, 0, sizeof(to));

    is_int((int64_t) conf_time_quantile(from, to, 99), 0, "nothing came");

    from[0] = 50;
    to[0] = 150;
    is_int((int64_t) conf_time_quantile(from, to, 50), 50,
           "half of what came is in half of the bucket");
    is_int((int64_t) conf_time_quantile(from, to, 99), 99, "99 %%");

    to[1] = 100;
    is_int((int64_t) conf_time_quantile(from, to, 75), 175,
           "in the second bucket");

    memcpy(to, from, sizeof(to));
    to[CONF_TIME_BUCKETS - 1] = 1;
    is_int((int64_t) conf_time_quantile(from, to, 50),
           (int64_t) conf_time_bounds[CONF_TIME_BUCKETS - 2],
           "what is beyond the last bound is at least that");
}


int
main(void)
{
    is_int(conf_shm_malloc_init(&m), CONF_OK, "a zone");

    test_span();
    test_lost();
    test_ring();
    test_quantile();

    conf_shm_malloc_done(&m);

    return tap_done();
}
