
/*
 * Messages a second into the store, on disk: records of 200 bytes over 1,000
 * rooms at random, so many a commit.
 *
 *     store_bench DIR [SECONDS]
 *
 * DIR is made; it must not hold a store that is wanted.  A second figure is
 * for reading back: ranges of 50 messages of a random room.
 */

#include "confd_key.h"
#include "confd_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define BENCH_ROOMS    1000
#define BENCH_RECORD   200
#define BENCH_RANGE    50
#define BENCH_BATCHES  100000


static const confd_store_driver_t  *driver = &confd_lmdb_driver;


static double
bench_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static uint64_t
bench_random(void)
{
    static uint64_t  seed = 88172645463325252;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed;
}


static void
bench_check(conf_rc_t rc, const char *what)
{
    if (rc != CONF_OK) {
        (void) fprintf(stderr, "%s: error %d\n", what, rc);
        exit(1);
    }
}


static int
bench_compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static void
bench_rooms(confd_store_t *store)
{
    uint64_t      room;
    conf_rc_t     rc;
    confd_txn_t  *txn;

    bench_check(driver->begin(store, true, &txn), "begin");

    for (room = 1; room <= BENCH_ROOMS; room++) {
        rc = driver->log_create(txn, room, room);

        if (rc != CONF_E_EXISTS) {
            bench_check(rc, "log_create");
        }
    }

    bench_check(driver->commit(txn), "commit");
}


static void
bench_append(confd_store_t *store, unsigned batch, double seconds)
{
    size_t          n, i;
    double          start, begin, now;
    uint64_t        pos, seq;
    conf_str_t      record;
    confd_txn_t    *txn;
    static double   times[BENCH_BATCHES];
    static uint8_t  bytes[BENCH_RECORD];

    record.data = bytes;
    record.len = sizeof(bytes);

    start = bench_now();
    now = start;

    for (n = 0; n < BENCH_BATCHES && now - start < seconds; n++) {
        begin = now;

        bench_check(driver->begin(store, true, &txn), "begin");

        for (i = 0; i < batch; i++) {
            bench_check(driver->log_append(txn,
                                           1 + bench_random() % BENCH_ROOMS,
                                           record, &pos, &seq), "log_append");
        }

        bench_check(driver->commit(txn), "commit");

        now = bench_now();
        times[n] = now - begin;
    }

    qsort(times, n, sizeof(double), bench_compare);

    printf("%4u a commit: %8.0f messages/s, commit p50 %.2f ms p99 %.2f ms\n",
           batch, (double) (n * batch) / (now - start), times[n / 2] * 1e3,
           times[n * 99 / 100] * 1e3);
}


static void
bench_range(confd_store_t *store, double seconds)
{
    size_t        n, i, got;
    double        start;
    uint64_t      room, epoch, seq, list[BENCH_RANGE];
    conf_str_t    record;
    confd_txn_t  *txn;

    start = bench_now();

    for (n = 0; bench_now() - start < seconds; n++) {
        bench_check(driver->begin(store, false, &txn), "begin");

        room = 1 + bench_random() % BENCH_ROOMS;
        bench_check(driver->log_head(txn, room, &epoch, &seq), "log_head");
        bench_check(driver->log_range(txn, room, bench_random() % (seq + 1),
                                      BENCH_RANGE, list, &got), "log_range");

        for (i = 0; i < got; i++) {
            bench_check(driver->log_get(txn, list[i], &room, &seq, &record),
                        "log_get");
        }

        driver->abort(txn);
    }

    printf("ranges of %d: %8.0f/s\n", BENCH_RANGE,
           (double) n / (bench_now() - start));
}


int
main(int argc, char **argv)
{
    char                   err[512];
    size_t                 i;
    double                 seconds;
    confd_store_t         *store;
    confd_store_conf_t     conf;
    confd_store_stat_t     stat;
    static const unsigned  batches[] = { 16, 64, 512 };

    if (argc < 2) {
        (void) fprintf(stderr, "usage: store_bench DIR [SECONDS]\n");
        return 2;
    }

    seconds = argc > 2 ? atof(argv[2]) : 5.0;

    memset(&conf, 0, sizeof(confd_store_conf_t));
    conf.path = argv[1];
    conf.map_min = (size_t) 64 << 20;
    conf.map_max = (size_t) 16 << 30;
    conf.sync = CONFD_SYNC_ALWAYS;
    conf.readers = 8;

    store = driver->open(&conf, err, sizeof(err));

    if (store == NULL) {
        (void) fprintf(stderr, "%s\n", err);
        return 1;
    }

    bench_rooms(store);

    for (i = 0; i < conf_nelts(batches); i++) {
        bench_append(store, batches[i], seconds);
    }

    bench_range(store, seconds / 2);

    driver->stat(store, &stat);
    printf("%.0f MB in a map of %.0f MB\n", (double) stat.used / 1048576,
           (double) stat.size / 1048576);

    driver->close(store);

    return 0;
}
