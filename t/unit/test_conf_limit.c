
#include "tap.h"

#include "conf_limit.c"

#include "conf_shm_malloc.c"
#include "conf_shm_mmap.c"


typedef __int128  test_wide_t;


static conf_shm_malloc_t  m;


/* How many pass back to back, and what the last two answers said. */

static size_t
test_burst(uint64_t key, const conf_limit_rate_t *rate, size_t max,
    conf_limit_t *passed, conf_limit_t *refused)
{
    size_t        n;
    conf_limit_t  limit;

    memset(passed, 0, sizeof(conf_limit_t));
    memset(refused, 0, sizeof(conf_limit_t));

    for (n = 0; n < max; n++) {
        if (conf_limit(&m.shm, 1, key, rate, &limit) != CONF_OK) {
            *refused = limit;
            break;
        }

        *passed = limit;
    }

    return n;
}


static void
test_exact(void)
{
    size_t             i, j, bad;
    uint64_t           key;
    conf_limit_t       p, r;
    conf_limit_rate_t  rate;
    const uint32_t     counts[] = { 1, 2, 3, 5, 7, 10, 60, 99, 1000, 4999 };
    const int64_t      periods[] = { 1, 2, 7, 1000, 60000, 3600000,
                                     86400000, 5000000000 };

    bad = 0;
    key = 0;

    for (i = 0; i < conf_nelts(counts); i++) {
        for (j = 0; j < conf_nelts(periods); j++) {
            rate.count = counts[i];
            rate.period_ms = periods[j];
            key++;

            bad += test_burst(key, &rate, 10000, &p, &r) != counts[i]
                   || p.remaining != 0 || p.retry_ms != 0
                   || r.remaining != 0 || r.retry_ms < 1
                   || p.reset_ms != conf_min(periods[j], UINT32_MAX);

            /* Not a millisecond before retry, and then once (or more often,
               when calls are more frequent than milliseconds). */

            m.now_ms += r.retry_ms - 1;
            bad += test_burst(key, &rate, 1, &p, &r) != 0;
            m.now_ms += 1;
            bad += test_burst(key, &rate, 1, &p, &r) != 1;

            if (rate.period_ms >= rate.count) {
                bad += test_burst(key, &rate, 1, &p, &r) != 0;
            }

            /* Full again after a period. */

            m.now_ms += conf_min(rate.period_ms, UINT32_MAX);
            bad += test_burst(key, &rate, 10000, &p, &r) != counts[i];
        }
    }

    is_int(bad, 0, "exactly count, for %zu rates", (size_t) key);
}


static void
test_answers(void)
{
    conf_limit_t       limit;
    conf_limit_rate_t  rate = { 5, 60000 };

    ok(conf_limit(&m.shm, 2, 1, &rate, &limit) == CONF_OK
       && limit.remaining == 4 && limit.reset_ms == 12000
       && limit.retry_ms == 0, "the first of five a minute");

    m.now_ms += 6000;

    ok(conf_limit(&m.shm, 2, 1, &rate, &limit) == CONF_OK
       && limit.remaining == 3 && limit.reset_ms == 18000, "the second");

    ok(conf_limit(&m.shm, 3, 1, &rate, &limit) == CONF_OK
       && limit.remaining == 4, "another row is another bucket");
    ok(conf_limit(&m.shm, 2, 2, &rate, &limit) == CONF_OK
       && limit.remaining == 4, "another key, too");

    rate.count = 0;
    is_int(conf_limit(&m.shm, 2, 1, &rate, &limit), CONF_OK, "no limit");
    rate.count = 1;
    rate.period_ms = 0;
    is_int(conf_limit(&m.shm, 2, 1, &rate, &limit), CONF_OK, "no period");

    /* A stricter rate for a bucket in use: refused, for a period at most. */

    rate.count = 2;
    rate.period_ms = 1000;
    is_int(conf_limit(&m.shm, 2, 1, &rate, &limit), CONF_E_RATE_LIMITED,
           "a new rate");
    ok(limit.retry_ms <= 1000, "and not for long");

    /* The largest of all. */

    rate.count = UINT32_MAX;
    rate.period_ms = INT64_MAX;
    ok(conf_limit(&m.shm, 9, 1, &rate, &limit) == CONF_OK
       && limit.remaining == UINT32_MAX - 1, "no overflow");
}


static void
test_clock(void)
{
    size_t             n, bad;
    conf_limit_t       p, r;
    conf_limit_rate_t  rate = { 10, 60000 };

    is_int(test_burst(777, &rate, 4, &p, &r), 4, "four of ten");
    m.now_ms -= 3600000;
    is_int(test_burst(777, &rate, 100, &p, &r), 6, "an hour back: six more");
    ok(r.retry_ms == 6000, "and the next in six seconds");

    m.now_ms -= 86400000;
    is_int(test_burst(777, &rate, 100, &p, &r), 0, "a day back: none");
    m.now_ms += 60000;
    is_int(test_burst(777, &rate, 100, &p, &r), 10, "after a period all");
    m.now_ms += 90000000;

    /* Two workers whose clocks differ by 3 ms, asking all the time. */

    bad = 0;
    rate.count = 10;
    rate.period_ms = 1000;
    test_burst(778, &rate, 100, &p, &r);

    for (n = 0; n < 2000; n++) {
        m.now_ms -= 3;
        bad += test_burst(778, &rate, 1, &p, &r);
        m.now_ms += 3;
        bad += test_burst(778, &rate, 1, &p, &r);
        m.now_ms += (int64_t) (n % 2);
    }

    ok(bad >= 10 && bad <= 11, "clocks that differ: %zu in a second", bad);

    m.now_ms = INT64_MIN + 5;
    test_burst(779, &rate, 3, &p, &r);
    m.now_ms = INT64_MAX - 5;
    is_int(test_burst(779, &rate, 100, &p, &r), 10, "from end to end");
    m.now_ms = 1000000;
}


/*
 * The cell rate algorithm by the book, in fractions: a call is conforming
 * when its theoretical time is not more than burst - 1 calls ahead.
 */

static void
test_model(void)
{
    size_t             i, bad;
    int64_t            wait_ms, retry_ms;
    bool               pass;
    conf_limit_t       limit;
    test_wide_t        now, tat, size;
    conf_limit_rate_t  rate;

    bad = 0;
    tat = 0;
    srandom(7);

    for (i = 0; i < 200000; i++) {
        if (i % 1000 == 0) {
            rate.count = 1 + (uint32_t) random() % 50;
            rate.period_ms = 1 + random() % 5000;
            tat = 0;
        }

        /* Times in 1 / count of a millisecond. */

        now = (test_wide_t) m.now_ms * rate.count;
        size = (test_wide_t) rate.period_ms * rate.count;
        tat = conf_max(tat, now);
        pass = tat + rate.period_ms <= now + size;
        retry_ms = 0;

        if (pass) {
            tat += rate.period_ms;
        } else {
            wait_ms = (int64_t) (tat + rate.period_ms - now - size);
            retry_ms = (wait_ms + rate.count - 1) / rate.count;
        }

        bad += (conf_limit(&m.shm, 4, 1000000 + i / 1000, &rate, &limit)
                == CONF_OK) != pass
               || limit.retry_ms != retry_ms
               || limit.reset_ms
                  != (int64_t) ((tat - now + rate.count - 1) / rate.count)
               || limit.remaining
                  != (uint32_t) ((now + size - tat) / rate.period_ms);

        m.now_ms += random() % (2 * rate.period_ms / rate.count + 2);
    }

    is_int(bad, 0, "as the algorithm says");
}


static void
test_expiry(void)
{
    size_t             i, live;
    conf_limit_t       p, r;
    conf_shm_stat_t    stat;
    conf_limit_rate_t  rate = { 2, 1000 }, slow = { 2, 100000 };

    conf_shm_malloc_done(&m);
    conf_shm_malloc_init(&m);
    live = m.live;

    for (i = 0; i < 200; i++) {
        test_burst(i, i % 2 == 0 ? &rate : &slow, 5, &p, &r);
    }

    conf_shm_stat(&m.shm, &stat);
    ok(stat.limits == 200 && stat.limited == 200, "buckets and refusals");

    /* Each new one takes two old ones away, and none that counts. */

    m.now_ms += 1000;

    for (i = 0; i < 60; i++) {
        test_burst(1000 + i, &rate, 1, &p, &r);
    }

    conf_shm_stat(&m.shm, &stat);
    is_int(stat.limits, 160, "stale ones are gone");

    for (i = 1; i < 200; i += 2) {
        if (test_burst(i, &slow, 1, &p, &r) != 0) {
            break;
        }
    }

    ok(i > 200, "the others are not");

    /* The clock goes back: they live no longer than a period from then. */

    m.now_ms -= 500000;

    for (i = 0; i < 400; i++) {
        test_burst(2000 + i, &rate, 1, &p, &r);
    }

    m.now_ms += 100000;

    for (i = 0; i < 400; i++) {
        test_burst(3000 + i, &rate, 1, &p, &r);
    }

    conf_shm_stat(&m.shm, &stat);
    is_int(stat.limits, 400, "also after the clock went back");

    (void) conf_shm_lock(&m.shm);

    while (conf_shm_limit_evict(&m.shm, m.root, 3) != 0) {
        /* void */
    }

    conf_shm_unlock(&m.shm);

    is_int(m.live, live, "nothing is left");
}


static void
test_full(void)
{
    size_t             i, max;
    conf_limit_t       p, r;
    conf_shm_mmap_t    z;
    conf_shm_stat_t    stat;
    conf_limit_rate_t  rate = { 2, 100000 };

    m.limit = m.bytes;
    is_int(test_burst(5, &rate, 7, &p, &r), 7, "no room: it passes");

    m.limit = m.bytes + 10 * sizeof(conf_shm_bucket_t);

    for (i = 0; i < 10; i++) {
        test_burst(i, &rate, 5, &p, &r);
    }

    is_int(test_burst(50, &rate, 5, &p, &r), 2, "old ones make room");
    is_int(test_burst(9, &rate, 5, &p, &r), 0, "recent ones stay");
    m.limit = 0;

    /* Many addresses do not fill the zone. */

    conf_shm_mmap_init(&z, 2 * 1024 * 1024);
    max = z.zone->nfree;

    for (i = 0; i < 100000; i++) {
        (void) conf_limit(&z.shm, 1, i, &rate, &p);
    }

    conf_shm_stat(&z.shm, &stat);
    ok(stat.free_pages + 2 >= max / 8 && stat.limits > 10000,
       "%zu buckets leave %zu of %zu pages", (size_t) stat.limits,
       (size_t) stat.free_pages, max);

    conf_shm_mmap_done(&z);
}


int
main(void)
{
    conf_shm_malloc_init(&m);

    test_exact();
    test_answers();
    test_clock();
    test_model();
    test_expiry();
    test_full();

    conf_shm_malloc_done(&m);

    return tap_done();
}
