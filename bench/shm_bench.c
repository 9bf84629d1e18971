
/*
 * What the zone does in a second, on shared pages as nginx has them:
 *
 *     make FLAVOUR=release build/release/libconf.a
 *     gcc -O2 -std=c11 -D_GNU_SOURCE -Ishm -It/unit -o build/shm_bench \
 *         bench/shm_bench.c build/release/libconf.a
 */

#include "conf_cache.h"
#include "conf_channel.h"
#include "conf_limit.h"

#include "conf_shm_mmap.c"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>


#define BENCH_ZONE     (64 * 1024 * 1024)
#define BENCH_EVENTS   1000000     /* published by each worker */
#define BENCH_BURST    32          /* between two drains */
#define BENCH_BODY     100
#define BENCH_USERS    20000
#define BENCH_CALLS    2000000
#define BENCH_CHANNEL  conf_channel(CONF_CHANNEL_ROOM, 1)


static double bench_now(void);
static void bench_workers(size_t n);
static uint64_t bench_work(conf_shm_t *shm, const conf_worker_t *worker,
    atomic_uint *busy);
static uint64_t bench_drain(conf_shm_t *shm, const conf_worker_t *worker,
    conf_buf_t *buf);
static void bench_sessions(conf_shm_mmap_t *m);
static void bench_cache(conf_shm_t *shm);
static void bench_limit(conf_shm_t *shm);
static void bench_print(const char *what, size_t n, double seconds);


int
main(void)
{
    conf_shm_mmap_t  m;

    bench_workers(1);
    bench_workers(2);

    if (conf_shm_mmap_init(&m, BENCH_ZONE) != CONF_OK) {
        return 1;
    }

    bench_sessions(&m);
    bench_cache(&m.shm);
    bench_limit(&m.shm);

    conf_shm_mmap_done(&m);

    return 0;
}


static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


/* Each publishes and hears all. */

static void
bench_workers(size_t n)
{
    bool              first;
    char              what[80];
    size_t            i;
    double            start;
    atomic_uint      *busy;
    conf_join_t       join = { BENCH_CHANNEL, 0, 0, true, NULL };
    conf_worker_t     workers[2];
    conf_shm_mmap_t   m;
    conf_shm_stat_t   stat;

    if (conf_shm_mmap_init(&m, BENCH_ZONE) != CONF_OK) {
        exit(1);
    }

    busy = mmap(NULL, CONF_MMAP_PAGE, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (busy == MAP_FAILED) {
        exit(1);
    }

    atomic_store(busy, (unsigned) n);

    for (i = 0; i < n; i++) {
        (void) conf_worker_attach(&m.shm, i, &workers[i]);
        (void) conf_session_open(&m.shm, &workers[i], 1 + i, 1 + i);
        (void) conf_channel_join(&m.shm, 1 + i, &join, &first);
    }

    fflush(stdout);
    start = bench_now();

    for (i = 0; i < n; i++) {
        if (fork() == 0) {
            conf_shm_mmap_child(&m);
            (void) bench_work(&m.shm, &workers[i], busy);
            _exit(0);
        }
    }

    for (i = 0; i < n; i++) {
        (void) wait(NULL);
    }

    conf_shm_stat(&m.shm, &stat);
    snprintf(what, sizeof(what), "publish + drain, %zu worker%s", n,
             n == 1 ? "" : "s");
    bench_print(what, n * BENCH_EVENTS, bench_now() - start);

    if (stat.dropped != 0) {
        printf("    %zu of %zu dropped: too slow\n", (size_t) stat.dropped,
               n * n * BENCH_EVENTS);
    }

    munmap(busy, CONF_MMAP_PAGE);
    conf_shm_mmap_done(&m);
}


static uint64_t
bench_work(conf_shm_t *shm, const conf_worker_t *worker, atomic_uint *busy)
{
    size_t        i;
    uint64_t      heard;
    uint8_t       body[BENCH_BODY];
    conf_buf_t    buf;
    conf_wake_t   wake;
    conf_event_t  event;

    memset(&event, 0, sizeof(event));
    memset(body, 'x', sizeof(body));
    conf_buf_init(&buf, 0);

    memset(&event, 0, sizeof(event));
    event.channel = BENCH_CHANNEL;
    event.body.data = body;
    event.body.len = sizeof(body);
    heard = 0;

    for (i = 0; i < BENCH_EVENTS; i++) {
        (void) conf_channel_publish(shm, &event, &wake);

        if (i % BENCH_BURST == BENCH_BURST - 1) {
            heard += bench_drain(shm, worker, &buf);
        }
    }

    atomic_fetch_sub(busy, 1);

    while (atomic_load(busy) != 0) {
        heard += bench_drain(shm, worker, &buf);
    }

    heard += bench_drain(shm, worker, &buf);
    conf_buf_free(&buf);

    return heard;
}


static uint64_t
bench_drain(conf_shm_t *shm, const conf_worker_t *worker, conf_buf_t *buf)
{
    bool          lost;
    size_t        pos;
    uint64_t      n;
    conf_rc_t     rc;
    conf_event_t  event;

    n = 0;

    do {
        rc = conf_inbox_drain(shm, worker, buf, 64 * 1024, &lost);
        pos = 0;

        while (conf_inbox_next(buf, &pos, &event) == CONF_OK) {
            n++;
        }

    } while (rc == CONF_OK);

    return n;
}


static void
bench_sessions(conf_shm_mmap_t *m)
{
    bool           first;
    size_t         bytes;
    double         start;
    uint64_t       i;
    conf_join_t    join = { 0, 0, 0, true, NULL };
    conf_worker_t  worker;

    (void) conf_worker_attach(&m->shm, 1, &worker);
    bytes = conf_shm_mmap_bytes(m);
    start = bench_now();

    for (i = 1; i <= BENCH_USERS; i++) {
        (void) conf_session_open(&m->shm, &worker, i, i);
        join.channel = conf_channel(CONF_CHANNEL_USER, i);
        (void) conf_channel_join(&m->shm, i, &join, &first);
        join.channel = conf_channel(CONF_CHANNEL_ROOM, 1 + i / 10);
        (void) conf_channel_join(&m->shm, i, &join, &first);
    }

    bench_print("open + join two channels", BENCH_USERS, bench_now() - start);
    printf("%-32s %10zu bytes\n", "a session in two channels",
           (conf_shm_mmap_bytes(m) - bytes) / BENCH_USERS);

    start = bench_now();

    for (i = 1; i <= BENCH_USERS; i++) {
        conf_session_close(&m->shm, i, NULL, NULL);
    }

    bench_print("close", BENCH_USERS, bench_now() - start);
}


static void
bench_cache(conf_shm_t *shm)
{
    size_t            i, hits;
    double            start;
    uint8_t           value[300];
    conf_buf_t        buf;
    conf_str_t        s;
    conf_cache_key_t  key;

    memset(value, 'x', sizeof(value));
    conf_buf_init(&buf, 0);
    s.data = value;
    s.len = sizeof(value);
    key.kind = CONF_CACHE_USER;
    key.room = 0;

    start = bench_now();

    for (i = 0; i < BENCH_USERS; i++) {
        key.user = i;
        (void) conf_cache_put(shm, key, 1, s);
    }

    bench_print("cache put, 300 bytes", BENCH_USERS, bench_now() - start);

    hits = 0;
    start = bench_now();

    for (i = 0; i < BENCH_CALLS; i++) {
        key.user = i * 7919 % BENCH_USERS;
        hits += conf_cache_get(shm, key, &buf) == CONF_OK;
    }

    bench_print("cache get, 20000 copies", BENCH_CALLS, bench_now() - start);

    if (hits != BENCH_CALLS) {
        printf("    %zu hits only\n", hits);
    }

    conf_buf_free(&buf);
}


static void
bench_limit(conf_shm_t *shm)
{
    size_t             i;
    double             start;
    conf_limit_t       limit;
    conf_limit_rate_t  rate = { 60, 60000 };

    start = bench_now();

    for (i = 0; i < BENCH_CALLS; i++) {
        (void) conf_limit(shm, 1, i * 7919 % BENCH_USERS, &rate, &limit);
    }

    bench_print("limit, 20000 buckets", BENCH_CALLS, bench_now() - start);
}


static void
bench_print(const char *what, size_t n, double seconds)
{
    printf("%-32s %10.0f /s %8.0f ns\n", what, (double) n / seconds,
           seconds * 1e9 / (double) n);
}
