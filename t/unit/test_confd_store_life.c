
/*
 * What every driver of the store must do: snapshots beside a writer, a kill
 * at any moment, one instance, copies.  Nothing here knows which driver it is:
 * another one runs the same by one more call in main.
 */

#include "confd_store_kit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>


#define MAP_MAX  (256 * KIT_MB)
#define ROOMS    50
#define ACKS     200000


typedef struct {
    const confd_store_driver_t  *driver;
    confd_store_t               *store;
    atomic_bool                  stop;
    atomic_uint                  bad;
    atomic_uint                  seen;
} shared_t;

typedef struct {
    uint64_t  room;
    uint64_t  seq;
    uint64_t  pos;
} ack_t;


/* Two records that the writer always changes together. */

static void *
read_pairs(void *data)
{
    shared_t     *shared = data;
    uint64_t      a, b, rev, last, last_a;
    conf_str_t    value;
    confd_txn_t  *txn;

    last = 0;
    last_a = 0;

    while (!atomic_load(&shared->stop)) {
        txn = kit_begin(shared->driver, shared->store, false);

        rev = shared->driver->rev(txn);

        (void) shared->driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value);
        a = kit_number(value);
        (void) shared->driver->get(txn, CONFD_SPACE_ROOM, kit_key(1), &value);
        b = kit_number(value);

        if (shared->driver->commit(txn) != CONF_OK || a != b || rev < last
            || a < last_a)
        {
            atomic_fetch_add(&shared->bad, 1);
        }

        last = rev;
        last_a = a;
        atomic_fetch_add(&shared->seen, 1);
    }

    return NULL;
}


static void
test_snapshots(const confd_store_driver_t *driver)
{
    uint64_t            n, rev;
    pthread_t           thread;
    shared_t            shared;
    conf_str_t          value;
    confd_txn_t        *txn, *old;
    confd_store_stat_t  stat;

    memset(&shared, 0, sizeof(shared));
    shared.driver = driver;
    shared.store = kit_open(driver, kit_make(), MAP_MAX, MAP_MAX * 2);

    old = NULL;
    rev = 0;

    for (n = 0; n < 3000; n++) {
        txn = kit_begin(driver, shared.store, true);

        if (driver->rev(txn) <= rev) {
            atomic_fetch_add(&shared.bad, 1);
        }

        rev = driver->rev(txn);

        (void) driver->put(txn, CONFD_SPACE_USER, kit_key(1), kit_key(n));
        (void) driver->put(txn, CONFD_SPACE_ROOM, kit_key(1), kit_key(n));

        if (n % 7 == 3) {
            driver->abort(txn);
            rev--;
            continue;
        }

        if (driver->commit(txn) != CONF_OK) {
            atomic_fetch_add(&shared.bad, 1);
        }

        if (n == 0) {
            old = kit_begin(driver, shared.store, false);
            is_int(driver->rev(old), rev, "a snapshot is of the last commit");

            if (pthread_create(&thread, NULL, read_pairs, &shared) != 0) {
                abort();
            }
        }
    }

    while (atomic_load(&shared.seen) < 100) {
        (void) usleep(1000);
    }

    atomic_store(&shared.stop, true);
    (void) pthread_join(thread, NULL);

    is_int(atomic_load(&shared.bad), 0, "%u snapshots beside a writer",
           atomic_load(&shared.seen));

    (void) driver->get(old, CONFD_SPACE_USER, kit_key(1), &value);
    is_int(kit_number(value), 0, "the oldest still sees what it saw");
    driver->abort(old);

    driver->stat(shared.store, &stat);
    ok(stat.rev == rev && stat.used > 0 && stat.used <= stat.size, "stat");

    driver->close(shared.store);
    kit_remove(kit_dir);
}


/* Commits until it is killed; what is in the pipe was acknowledged. */

static void
crash_child(const confd_store_driver_t *driver, int fd, uint64_t seed)
{
    size_t          i, n;
    ack_t           acks[16];
    confd_txn_t    *txn;
    confd_store_t  *store;

    store = kit_open(driver, kit_dir, KIT_MB, MAP_MAX);

    for ( ;; ) {
        txn = kit_begin(driver, store, true);
        n = 1 + kit_random(&seed) % conf_nelts(acks);

        for (i = 0; i < n; i++) {
            acks[i].room = kit_random(&seed) % ROOMS;
            (void) driver->log_append(txn, acks[i].room, kit_key(seed),
                                      &acks[i].pos, &acks[i].seq);
        }

        if (driver->commit(txn) != CONF_OK) {
            continue;
        }

        if (write(fd, acks, n * sizeof(ack_t)) == -1) {
            _exit(1);
        }
    }
}


/* Every acknowledged record is there, every room's log has no gap. */

static unsigned
crash_check(const confd_store_driver_t *driver, const ack_t *acks, size_t n)
{
    size_t          i, got;
    uint64_t        room, seq, s, epoch, pos;
    unsigned        bad;
    conf_str_t      record;
    confd_txn_t    *txn;
    confd_store_t  *store;

    store = kit_open(driver, kit_dir, KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, false);
    bad = 0;

    for (i = 0; i < n; i++) {
        if (driver->log_get(txn, acks[i].pos, &room, &seq, &record) != CONF_OK
            || room != acks[i].room || seq != acks[i].seq)
        {
            bad++;
        }
    }

    for (i = 0; i < ROOMS; i++) {
        (void) driver->log_head(txn, i, &epoch, &seq);

        for (s = 1; s <= seq; s += 17) {
            if (driver->log_range(txn, i, s, 1, &pos, &got) != CONF_OK
                || got != 1)
            {
                bad++;
            }
        }
    }

    driver->abort(txn);
    driver->close(store);

    return bad;
}


static void
test_crash(const confd_store_driver_t *driver)
{
    int             fds[2];
    pid_t           pid;
    size_t          i, n;
    ack_t          *acks;
    ssize_t         len;
    unsigned        round, bad;
    confd_txn_t    *txn;
    confd_store_t  *store;

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);

    for (i = 0; i < ROOMS; i++) {
        (void) driver->log_create(txn, i, i + 1);
    }

    (void) driver->commit(txn);
    driver->close(store);

    acks = calloc(ACKS, sizeof(ack_t));
    if (acks == NULL) {
        abort();
    }

    bad = 0;
    n = 0;

    for (round = 0; round < 6; round++) {
        if (pipe(fds) == -1) {
            abort();
        }

        pid = fork();

        if (pid == 0) {
            (void) close(fds[0]);
            crash_child(driver, fds[1], round * 1000 + 1);
        }

        (void) close(fds[1]);
        i = n + 500 + round * 333;

        /* Reads until it is time, then what is left in the pipe. */

        while (n < ACKS) {
            len = read(fds[0], acks + n, sizeof(ack_t));

            if (len < (ssize_t) sizeof(ack_t)) {
                break;
            }

            n++;

            if (n == i) {
                (void) kill(pid, SIGKILL);
            }
        }

        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
        (void) close(fds[0]);

        bad += crash_check(driver, acks, n);
    }

    ok(n > 5000, "%zu records were acknowledged by a process that was killed",
       n);
    is_int(bad, 0, "all are there, without a gap");

    free(acks);
    kit_remove(kit_dir);
}


static void
test_instances(const confd_store_driver_t *driver)
{
    char            pid[32];
    struct stat     st;
    confd_store_t  *store;

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);

    ok(stat(kit_dir, &st) == 0 && (st.st_mode & 0777) == 0700,
       "a new directory is the owner's only");
    ok(kit_try(driver, kit_dir, KIT_MB, MAP_MAX) == NULL,
       "a second instance is refused");

    (void) snprintf(pid, sizeof(pid), "process %ld", (long) getpid());
    ok(strstr(kit_err, pid) != NULL, "%s", kit_err);

    driver->close(store);
    store = kit_open(driver, kit_dir, KIT_MB, MAP_MAX);
    ok(store != NULL, "after the first has closed it is not");
    driver->close(store);
    kit_remove(kit_dir);

    ok(kit_try(driver, "/nonexistent/a/b", KIT_MB, MAP_MAX) == NULL, "%s",
       kit_err);
    ok(kit_try(driver, "/dev/null", KIT_MB, MAP_MAX) == NULL, "%s", kit_err);
}


static void
test_backup(const confd_store_driver_t *driver)
{
    char            copy[128], again[128];
    uint64_t        i, seq, epoch, pos;
    conf_str_t      value;
    confd_txn_t    *txn;
    confd_store_t  *store;

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);
    (void) driver->log_create(txn, 1, 77);

    for (i = 0; i < 1000; i++) {
        (void) driver->put(txn, CONFD_SPACE_USER, kit_key(i), kit_key(i));
        (void) driver->log_append(txn, 1, kit_key(i), &pos, &seq);
    }

    (void) driver->commit(txn);

    /* A writer in the middle of something is not in the copy. */

    txn = kit_begin(driver, store, true);
    (void) driver->put(txn, CONFD_SPACE_USER, kit_key(5), conf_str("no"));

    (void) snprintf(copy, sizeof(copy), "%s-copy", kit_dir);
    is_int(driver->backup(store, copy, kit_err, sizeof(kit_err)), CONF_OK,
           "backup");
    ok(driver->backup(store, copy, kit_err, sizeof(kit_err)) != CONF_OK,
       "%s", kit_err);
    driver->abort(txn);
    driver->close(store);

    store = kit_open(driver, copy, KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, false);
    (void) driver->get(txn, CONFD_SPACE_USER, kit_key(5), &value);
    is_int(kit_number(value), 5, "a record");
    is_int(driver->log_head(txn, 1, &epoch, &seq), CONF_OK, "a log");
    ok(epoch == 77 && seq == 1000, "with its head");
    driver->abort(txn);
    driver->close(store);

    (void) snprintf(again, sizeof(again), "%s-again", kit_dir);
    is_int(driver->restore(copy, again, kit_err, sizeof(kit_err)), CONF_OK,
           "restore");
    ok(driver->restore(copy, again, kit_err, sizeof(kit_err)) != CONF_OK,
       "%s", kit_err);
    ok(driver->restore("/nonexistent", again, kit_err, sizeof(kit_err))
       != CONF_OK, "%s", kit_err);

    store = kit_open(driver, again, KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, false);
    is_int(driver->count(txn, CONFD_SPACE_USER, &i), CONF_OK, "what it has");
    is_int(i, 1000, "is all");
    is_int(driver->count(txn, CONFD_SPACE_LOG, &i), CONF_OK, "the log");
    is_int(i, 1000, "as well");
    driver->abort(txn);
    is_int(driver->sync(store), CONF_OK, "a sync");
    driver->close(store);

    kit_remove(again);
    kit_remove(copy);
    kit_remove(kit_dir);
}


/* A backup that began on a small map: the writer may fill it and more. */

static void
test_backup_room(const confd_store_driver_t *driver)
{
    char                copy[128];
    uint64_t            pos, seq, i;
    conf_str_t          page;
    confd_txn_t        *txn;
    confd_store_t      *store;
    confd_store_stat_t  before, after;

    static uint8_t  bytes[4000];

    page.data = bytes;
    page.len = sizeof(bytes);

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    driver->stat(store, &before);

    (void) snprintf(copy, sizeof(copy), "%s-copy", kit_dir);
    is_int(driver->backup(store, copy, kit_err, sizeof(kit_err)), CONF_OK,
           "backup of a small store");
    driver->stat(store, &after);
    ok(after.size > before.size, "has made its map larger");
    is_int(after.copied, 0, "and is over");

    txn = kit_begin(driver, store, true);
    (void) driver->log_create(txn, 1, 1);

    for (i = 0; i < before.size / 4000; i++) {
        (void) driver->log_append(txn, 1, page, &pos, &seq);
    }

    is_int(driver->commit(txn), CONF_OK, "which one transaction may fill");
    driver->close(store);

    kit_remove(copy);
    kit_remove(kit_dir);
}


static void
test_driver(const confd_store_driver_t *driver)
{
    printf("# driver %s\n", driver->name);

    kit_sync = CONFD_SYNC_ALWAYS;
    test_crash(driver);

    kit_sync = CONFD_SYNC_META;
    test_crash(driver);

    kit_sync = CONFD_SYNC_NEVER;
    test_crash(driver);

    test_instances(driver);
    test_backup(driver);
    test_backup_room(driver);
    test_snapshots(driver);
}


int
main(void)
{
    test_driver(&confd_lmdb_driver);

    return tap_done();
}
