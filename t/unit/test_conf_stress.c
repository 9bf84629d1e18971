
/*
 * Several publishers and receivers at once, as threads on the malloc zone and
 * as processes on the shared one: all receivers see one order, durable events
 * in theirs and exactly once, although publishers shuffle and lose them.
 */

#include "tap.h"

#include "conf_inbox.c"
#include "conf_publish.c"

#include "conf_shm_malloc.c"
#include "conf_shm_mmap.c"

#include <stdatomic.h>
#include <sys/wait.h>


#define TEST_RECEIVERS   2
#define TEST_PUBLISHERS  3
#define TEST_EVENTS      4000      /* of each publisher */
#define TEST_DURABLE     3000      /* of all */
#define TEST_PAGE        64
#define TEST_EPOCH       9
#define TEST_CHANNEL     conf_channel(CONF_CHANNEL_ROOM, 1)
#define TEST_SIDE        conf_channel(CONF_CHANNEL_ROOM, 2)


/* What they share besides the zone. */

typedef struct {
    atomic_uint_fast64_t  next;        /* durable seq to publish */
    atomic_uint           publishers;  /* still at it */
    atomic_uint_fast64_t  sum[TEST_RECEIVERS];
    atomic_uint           bad;
    conf_worker_t         workers[TEST_RECEIVERS];
} test_shared_t;

typedef struct {
    conf_shm_t            shm;
    test_shared_t        *shared;
    uint32_t              n;
} test_part_t;


static conf_rc_t
test_publish(conf_shm_t *shm, uint64_t seq, uint32_t who, uint64_t count)
{
    uint64_t      body[2];
    conf_wake_t   wake;
    conf_event_t  event;

    body[0] = who;
    body[1] = count;

    memset(&event, 0, sizeof(event));
    event.channel = TEST_CHANNEL;
    event.epoch = TEST_EPOCH;
    event.seq = seq;
    event.from = who;
    event.to = 0;
    event.type = 1;
    event.body.data = (const uint8_t *) body;
    event.body.len = sizeof(body);

    return conf_channel_publish(shm, &event, &wake);
}


/* Takes durable seqs in small lots, publishes a lot backwards, loses some. */

static void *
test_publisher(void *data)
{
    bool             flag;
    uint64_t         i, k, seq, count, state, session;
    conf_rc_t        rc;
    conf_join_t      join = { TEST_SIDE, 0, 0, true, NULL };
    test_part_t     *part = data;
    test_shared_t   *shared;
    conf_shm_stat_t  stat;

    shared = part->shared;
    state = part->n * 77777 + 1;
    session = 1000 + part->n;
    count = 0;

    for (i = 0; i < TEST_EVENTS; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;

        rc = test_publish(&part->shm, 0, part->n, ++count);
        atomic_fetch_add(&shared->bad, rc != CONF_OK);

        if (i % 4 == 0) {
            seq = atomic_fetch_add(&shared->next, 3);

            for (k = 3; k != 0; k--) {
                if (seq + k <= TEST_DURABLE && (state >> (40 + k)) % 8 != 0) {
                    rc = test_publish(&part->shm, seq + k, 99, seq + k);
                    atomic_fetch_add(&shared->bad, rc > 0);
                }
            }
        }

        /* Others come and go meanwhile. */

        if (i % 8 == 0) {
            (void) conf_session_open(&part->shm, &shared->workers[0], session,
                                     part->n);
            (void) conf_channel_join(&part->shm, session, &join, &flag);

        } else if (i % 8 == 4) {
            conf_session_close(&part->shm, session, NULL, NULL);
            conf_shm_stat(&part->shm, &stat);
        }
    }

    conf_session_close(&part->shm, session, NULL, NULL);
    atomic_fetch_sub(&shared->publishers, 1);

    return NULL;
}


/*
 * Drains until all is there; the first one repairs gaps, with the end of the
 * log known from elsewhere.
 */

static void *
test_receiver(void *data)
{
    bool            lost, done;
    size_t          pos, bad, turn;
    uint64_t        sum, durable, seq, body[2], counts[TEST_PUBLISHERS + 1];
    conf_rc_t       rc;
    conf_buf_t      buf;
    conf_gap_t      gap;
    conf_event_t    event;
    test_part_t    *part = data;
    test_shared_t  *shared;

    shared = part->shared;
    conf_buf_init(&buf, 0);
    memset(counts, 0, sizeof(counts));
    durable = 0;
    sum = 0;
    bad = 0;
    done = false;

    for (turn = 0; !done; turn++) {
        done = atomic_load(&shared->publishers) == 0
               && durable == TEST_DURABLE;

        if (part->n == 0 && turn % 8 == 0) {
            while (conf_channel_gap(&part->shm, 0, &gap) == CONF_OK) {
                for (seq = gap.first; seq <= gap.last; seq++) {
                    (void) test_publish(&part->shm, seq, 99, seq);
                }
            }

            if (atomic_load(&shared->publishers) == 0) {
                (void) test_publish(&part->shm, TEST_DURABLE, 99,
                                    TEST_DURABLE);
            }
        }

        rc = conf_inbox_drain(&part->shm, &shared->workers[part->n], &buf,
                              4096, &lost);
        bad += (rc != CONF_OK && rc != CONF_DONE) || lost;
        done = done && rc == CONF_DONE;
        pos = 0;

        while (conf_inbox_next(&buf, &pos, &event) == CONF_OK) {
            memcpy(body, event.body.data, sizeof(body));
            sum = (sum ^ (body[0] << 32) ^ body[1]) * 0x100000001b3;

            if (event.seq != 0) {
                bad += event.seq != ++durable || body[1] != durable;

            } else {
                bad += body[1] != ++counts[body[0]];
            }
        }

        if (rc == CONF_DONE) {
            sched_yield();
        }
    }

    for (turn = 1; turn <= TEST_PUBLISHERS; turn++) {
        bad += counts[turn] != TEST_EVENTS;
    }

    conf_buf_free(&buf);
    atomic_fetch_add(&shared->bad, (unsigned) bad);
    atomic_store(&shared->sum[part->n], sum);

    return NULL;
}


static void
test_begin(conf_shm_t *shm, test_shared_t *shared, test_part_t *parts)
{
    bool         first;
    uint32_t     i;
    conf_join_t  join = { TEST_CHANNEL, TEST_EPOCH, 0, true, NULL };

    atomic_store(&shared->publishers, TEST_PUBLISHERS);

    for (i = 0; i < TEST_RECEIVERS; i++) {
        conf_worker_attach(shm, i, &shared->workers[i]);
        conf_session_open(shm, &shared->workers[i], 1 + i, 1 + i);
        conf_channel_join(shm, 1 + i, &join, &first);
    }

    for (i = 0; i < TEST_RECEIVERS + TEST_PUBLISHERS; i++) {
        parts[i].shm = *shm;
        parts[i].shared = shared;
        parts[i].n = i < TEST_RECEIVERS ? i : i - TEST_RECEIVERS + 1;
    }
}


static void
test_end(conf_shm_t *shm, test_shared_t *shared, const char *what)
{
    size_t           i;
    conf_shm_stat_t  stat;

    is_int(atomic_load(&shared->bad), 0, "%s: in order, exactly once", what);
    ok(atomic_load(&shared->sum[0]) == atomic_load(&shared->sum[1]),
       "%s: all have the same order", what);

    for (i = 0; i < TEST_RECEIVERS; i++) {
        while (conf_worker_detach(shm, &shared->workers[i], NULL, NULL)
               == CONF_OK)
        {
            /* void */
        }
    }

    conf_shm_stat(shm, &stat);
    ok(stat.generation == 1 && stat.events == 0 && stat.sessions == 0
       && stat.channels == 0 && stat.workers == 0 && stat.dropped == 0,
       "%s: nothing is left", what);
}


static void
test_threads(void)
{
    size_t             i, live;
    pthread_t          threads[TEST_RECEIVERS + TEST_PUBLISHERS];
    test_part_t        parts[TEST_RECEIVERS + TEST_PUBLISHERS];
    test_shared_t      shared;
    conf_shm_malloc_t  m;

    memset(&shared, 0, sizeof(shared));
    conf_shm_malloc_init(&m);
    live = m.live;
    test_begin(&m.shm, &shared, parts);

    for (i = 0; i < conf_nelts(threads); i++) {
        pthread_create(&threads[i], NULL, i < TEST_RECEIVERS ? test_receiver
                       : test_publisher, &parts[i]);
    }

    for (i = 0; i < conf_nelts(threads); i++) {
        pthread_join(threads[i], NULL);
    }

    test_end(&m.shm, &shared, "threads");
    is_int(m.live, live, "threads: nothing leaks");
    conf_shm_malloc_done(&m);
}


static void
test_processes(void)
{
    int               status;
    size_t            i, bad, bytes;
    pid_t             pids[TEST_RECEIVERS + TEST_PUBLISHERS];
    test_part_t       parts[TEST_RECEIVERS + TEST_PUBLISHERS];
    test_shared_t    *shared;
    conf_shm_mmap_t   m;

    conf_shm_mmap_init(&m, 16 * 1024 * 1024);
    shared = mmap(NULL, TEST_PAGE * 1024, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bytes = conf_shm_mmap_bytes(&m);
    test_begin(&m.shm, shared, parts);
    fflush(stdout);

    for (i = 0; i < conf_nelts(pids); i++) {
        pids[i] = fork();

        if (pids[i] == 0) {
            conf_shm_mmap_child(&m);
            parts[i].shm = m.shm;

            if (i < TEST_RECEIVERS) {
                test_receiver(&parts[i]);
            } else {
                test_publisher(&parts[i]);
            }

            _exit(0);
        }
    }

    bad = 0;

    for (i = 0; i < conf_nelts(pids); i++) {
        bad += waitpid(pids[i], &status, 0) != pids[i] || status != 0;
    }

    is_int(bad, 0, "processes: all end well");
    test_end(&m.shm, shared, "processes");
    is_int(conf_shm_mmap_bytes(&m), bytes, "processes: nothing leaks");

    munmap(shared, TEST_PAGE * 1024);
    conf_shm_mmap_done(&m);
}


int
main(void)
{
    test_threads();
    test_processes();

    return tap_done();
}
