
/*
 * What is LMDB's own: a map that grows, a map and a disk that are full, the
 * schema's version.
 */

#include "confd_store_kit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>


#define READERS  3


static const confd_store_driver_t  *driver = &confd_lmdb_driver;

static confd_store_t  *store;
static atomic_int      behind;
static atomic_bool     stop;
static atomic_uint     bad;
static atomic_uint     seen;
static atomic_ullong   written;


/* One write transaction of n records of len bytes from first on. */

static conf_rc_t
write_some(uint64_t first, uint64_t n, size_t len)
{
    uint64_t         i;
    conf_rc_t        rc;
    conf_str_t       value;
    confd_txn_t     *txn;
    static uint8_t   bytes[KIT_MB];

    rc = driver->begin(store, true, &txn);
    if (rc != CONF_OK) {
        return rc;
    }

    value.data = bytes;
    value.len = len;

    for (i = first; i < first + n; i++) {
        rc = driver->put(txn, CONFD_SPACE_USER, kit_key(i), value);

        if (rc != CONF_OK) {
            driver->abort(txn);
            return rc;
        }
    }

    return driver->commit(txn);
}


static size_t
map_size(void)
{
    confd_store_stat_t  stat;

    driver->stat(store, &stat);

    return stat.size;
}


/* Reads what is there by now, again and again, as fast as it can. */

static void *
read_written(void *data)
{
    uint64_t         n, i;
    conf_str_t       key, value;
    confd_txn_t     *txn;
    confd_cursor_t  *cursor;

    while (!atomic_load(&stop)) {
        n = atomic_load(&written);
        txn = kit_begin(driver, store, false);

        for (i = n < 50 ? 0 : n - 50; i < n; i++) {
            if (driver->get(txn, CONFD_SPACE_USER, kit_key(i), &value)
                != CONF_OK
                || value.len != 20000)
            {
                atomic_fetch_add(&bad, 1);
            }
        }

        (void) driver->cursor(txn, CONFD_SPACE_USER, conf_str(""),
                              conf_str(""), true, &cursor);

        if (n != 0 && (driver->next(cursor, &key, &value) != CONF_OK
                       || kit_number(key) < n - 1))
        {
            atomic_fetch_add(&bad, 1);
        }

        driver->abort(txn);
        atomic_fetch_add(&seen, 1);
    }

    return data;
}


static void
test_growth(void)
{
    size_t     i;
    uint64_t   n;
    unsigned   full;
    pthread_t  threads[READERS];

    store = kit_open(driver, kit_make(), KIT_MB, 256 * KIT_MB);
    is_int(map_size(), KIT_MB, "the map starts small");

    for (i = 0; i < READERS; i++) {
        if (pthread_create(&threads[i], NULL, read_written, NULL) != 0) {
            abort();
        }
    }

    full = 0;

    for (n = 0; n < 3000; /* void */) {
        switch (write_some(n, 10, 20000)) {

        case CONF_OK:
            n += 10;
            atomic_store(&written, n);
            break;

        case CONF_E_STORE_FULL:
            full++;
            break;

        default:
            atomic_fetch_add(&bad, 1);
            n = 3000;
        }
    }

    atomic_store(&stop, true);

    for (i = 0; i < READERS; i++) {
        (void) pthread_join(threads[i], NULL);
    }

    ok(map_size() >= 64 * KIT_MB, "60 MB in a map of %zu MB",
       map_size() / KIT_MB);
    ok(full <= 2, "%u transactions had to run again", full);
    is_int(atomic_load(&bad), 0, "%u snapshots of %d readers meanwhile",
           atomic_load(&seen), READERS);

    driver->close(store);

    store = kit_open(driver, kit_dir, KIT_MB, 256 * KIT_MB);
    ok(map_size() >= 64 * KIT_MB, "a store opens with room for its data");
    driver->close(store);

    kit_remove(kit_dir);
}


/* One transaction that needs many times the map. */

static void
test_leap(void)
{
    store = kit_open(driver, kit_make(), KIT_MB, 256 * KIT_MB);

    is_int(write_some(0, 40, KIT_MB / 2), CONF_E_STORE_FULL,
           "20 MB into a map of one");
    is_int(write_some(0, 10, 100), CONF_OK, "something smaller");

    driver->close(store);
    kit_remove(kit_dir);

    store = kit_open(driver, kit_make(), KIT_MB, 256 * KIT_MB);

    (void) write_some(0, 1, KIT_MB);
    is_int(write_some(0, 1, KIT_MB), CONF_OK,
           "one record of the map's size fits the second time");

    driver->close(store);
    kit_remove(kit_dir);
}


/* A snapshot that stays keeps the map as it is, for a while. */

static void
test_long_reader(void)
{
    uint64_t      n;
    conf_rc_t     rc;
    conf_str_t    value;
    confd_txn_t  *reader;

    store = kit_open(driver, kit_make(), KIT_MB, 256 * KIT_MB);
    (void) write_some(0, 1, 10);
    reader = kit_begin(driver, store, false);

    for (n = 1; n < 1000; n++) {
        rc = write_some(n, 1, 10000);

        if (rc != CONF_OK) {
            break;
        }
    }

    ok(n > 30 && n < 1000, "%u records beside a snapshot that stays",
       (unsigned) n);
    is_int(rc, CONF_E_STORE_FULL, "then there is no room");
    is_int(map_size(), KIT_MB, "the map was not resized under it");
    is_int(write_some(n, 1, 10000), CONF_E_STORE_FULL,
           "begin waits and gives up");

    is_int(driver->get(reader, CONFD_SPACE_USER, kit_key(0), &value), CONF_OK,
           "it can still read");
    is_int(driver->get(reader, CONFD_SPACE_USER, kit_key(1), &value),
           CONF_E_NOT_FOUND, "what it saw");
    driver->abort(reader);

    is_int(write_some(n, 1, 10000), CONF_OK, "when it is gone there is room");

    driver->close(store);
    kit_remove(kit_dir);
}


/* Writes until the store is full, told by failing twice. */

static uint64_t
fill(uint64_t n)
{
    uint64_t  end;
    unsigned  failed;

    end = n + 10000;

    for (failed = 0; failed < 2 && n < end; /* void */) {
        if (write_some(n, 4, 3000) == CONF_OK) {
            failed = 0;
            n += 4;

        } else {
            failed++;
        }
    }

    return n;
}


static unsigned
delete_some(uint64_t first, uint64_t n, uint64_t step)
{
    uint64_t      i;
    unsigned      failed;
    confd_txn_t  *txn;

    failed = 0;

    for (i = first; i < n; i += step) {
        txn = kit_begin(driver, store, true);

        if (driver->del(txn, CONFD_SPACE_USER, kit_key(i)) != CONF_OK
            || driver->put(txn, CONFD_SPACE_ROOM, kit_key(1), kit_key(i))
               != CONF_OK)
        {
            driver->abort(txn);
            failed++;
            continue;
        }

        failed += (driver->commit(txn) != CONF_OK);
    }

    return failed;
}


static void
test_full(void)
{
    uint64_t             n, again, id, pos, seq;
    unsigned             round, failed;
    conf_str_t           value;
    confd_txn_t         *txn;
    confd_store_stat_t   stat;

    store = kit_open(driver, kit_make(), KIT_MB, 8 * KIT_MB);

    txn = kit_begin(driver, store, true);
    (void) driver->put(txn, CONFD_SPACE_ROOM, kit_key(1), kit_key(0));
    (void) driver->next_id(txn, CONFD_SPACE_USER, &id);
    (void) driver->log_create(txn, 1, 1);
    (void) driver->commit(txn);

    n = fill(0);
    ok(n > 1500 && n < 2800, "%u records fill 8 MB", (unsigned) n);
    is_int(map_size(), 8 * KIT_MB, "the map is as large as it may be");

    txn = kit_begin(driver, store, true);
    is_int(driver->log_append(txn, 1, conf_str("x"), &pos, &seq),
           CONF_E_STORE_FULL, "no message more");
    is_int(driver->commit(txn), CONF_E_STORE_FULL, "the transaction failed");

    txn = kit_begin(driver, store, true);
    is_int(driver->log_create(txn, 2, 1), CONF_E_STORE_FULL, "no room more");
    driver->abort(txn);

    txn = kit_begin(driver, store, false);
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(n - 1), &value), CONF_OK,
           "it can be read");
    is_int(value.len, 3000, "all of it");
    driver->abort(txn);

    /* Full again and again: the reserve is still there each time. */

    failed = 0;

    for (round = 0; round < 10; round++) {
        failed += delete_some(round, n, 10);
        again = fill(200000 + round * 1000);
        failed += (again == 200000 + round * 1000);
        (void) delete_some(200000 + round * 1000, again, 1);

        if (round == 5) {
            driver->close(store);
            store = kit_open(driver, kit_dir, KIT_MB, 8 * KIT_MB);
        }
    }

    is_int(failed, 0, "records can be deleted, and then written");

    driver->stat(store, &stat);
    ok(stat.used <= 8 * KIT_MB, "map_max is never passed");

    (void) fill(300000);
    driver->close(store);

    store = kit_open(driver, kit_dir, KIT_MB, 4 * KIT_MB);
    is_int(write_some(900000, 1, 10), CONF_E_STORE_FULL,
           "a map_max below the data: nothing new");
    is_int(delete_some(300000, 300100, 9), 0, "but deletes");
    driver->close(store);

    store = kit_open(driver, kit_dir, KIT_MB, 16 * KIT_MB);
    is_int(write_some(900000, 1, 10), CONF_OK, "a greater map_max helps");
    driver->close(store);

    kit_remove(kit_dir);
}


static void
note_behind(conf_rc_t rc)
{
    atomic_store(&behind, rc);
}


static bool
is_behind(conf_rc_t rc)
{
    int  i;

    for (i = 0; i < 500 && atomic_load(&behind) != (int) rc; i++) {
        (void) usleep(10000);
    }

    return atomic_load(&behind) == (int) rc;
}


/* A limit on the size of files stands for a full disk. */

static void
test_disk_full(void)
{
    int             tries;
    uint64_t        n, m;
    conf_rc_t       rc = CONF_OK;
    conf_str_t      value;
    confd_txn_t    *txn;
    struct rlimit   old, limit;

    kit_behind = note_behind;
    store = kit_open(driver, kit_make(), 64 * KIT_MB, 64 * KIT_MB);
    kit_behind = NULL;

    (void) signal(SIGXFSZ, SIG_IGN);
    (void) getrlimit(RLIMIT_FSIZE, &old);

    limit = old;
    limit.rlim_cur = 3 * KIT_MB + 512;
    (void) setrlimit(RLIMIT_FSIZE, &limit);

    /* What did not fit once may find some pages that were given back. */

    for (n = 0, tries = 0; n < 1000 && tries < 4; /* void */ ) {
        rc = write_some(n, 1, 20000);

        tries = rc != CONF_OK ? tries + 1 : 0;
        n += rc == CONF_OK;
    }

    ok(n > 50 && n < 200, "%u records until the disk is full", (unsigned) n);
    is_int(rc, CONF_E_STORE_FULL, "store full");
    is_int(write_some(n, 1, 20000), CONF_E_STORE_FULL, "and again");
    ok(is_behind(CONF_E_STORE_FULL), "who runs the store is told");

    txn = kit_begin(driver, store, false);

    for (m = 0; m < n; m++) {
        if (driver->get(txn, CONFD_SPACE_USER, kit_key(m), &value) != CONF_OK)
        {
            break;
        }
    }

    is_int(m, n, "all that was committed is there");
    driver->abort(txn);

    limit.rlim_cur += 3 * KIT_MB;
    (void) setrlimit(RLIMIT_FSIZE, &limit);

    is_int(write_some(n, 20, 20000), CONF_OK, "it goes on when there is room");
    ok(is_behind(CONF_OK), "which is told, too");

    (void) setrlimit(RLIMIT_FSIZE, &old);
    driver->close(store);

    store = kit_open(driver, kit_dir, KIT_MB, 64 * KIT_MB);
    txn = kit_begin(driver, store, false);
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(n + 19), &value),
           CONF_OK, "and all is there after a restart");
    driver->abort(txn);
    driver->close(store);
    kit_remove(kit_dir);
}


static void
set_schema(conf_str_t value)
{
    confd_txn_t  *txn;

    store = kit_open(driver, kit_make(), KIT_MB, 64 * KIT_MB);
    txn = kit_begin(driver, store, true);

    if (value.len == 0) {
        (void) driver->put(txn, CONFD_SPACE_USER, kit_key(1), conf_str("x"));
        (void) driver->del(txn, CONFD_SPACE_META, conf_str("schema"));

    } else {
        (void) driver->put(txn, CONFD_SPACE_META, conf_str("schema"), value);
    }

    (void) driver->commit(txn);
    driver->close(store);

    store = kit_try(driver, kit_dir, KIT_MB, 64 * KIT_MB);
}


static void
test_schema(void)
{
    set_schema(kit_key(99));
    ok(store == NULL && strstr(kit_err, "schema version 99") != NULL, "%s",
       kit_err);
    kit_remove(kit_dir);

    set_schema(kit_key(1));
    ok(store != NULL, "one of before is brought to the next");
    driver->close(store);
    kit_remove(kit_dir);

    set_schema(kit_key(0));
    ok(store == NULL, "%s", kit_err);
    kit_remove(kit_dir);

    set_schema(conf_str("?"));
    ok(store == NULL, "%s", kit_err);
    kit_remove(kit_dir);

    set_schema(conf_str(""));
    ok(store == NULL, "%s", kit_err);
    kit_remove(kit_dir);

    ok(kit_try(driver, kit_make(), 1, 1) == NULL, "%s", kit_err);
    kit_remove(kit_dir);
}


static void
test_garbage(void)
{
    FILE  *f;
    char   name[128];

    (void) kit_make();
    (void) mkdir(kit_dir, 0700);
    (void) snprintf(name, sizeof(name), "%s/data.mdb", kit_dir);

    f = fopen(name, "w");
    if (f == NULL) {
        abort();
    }

    (void) fprintf(f, "%8192s", "not a store");
    (void) fclose(f);

    ok(kit_try(driver, kit_dir, KIT_MB, 64 * KIT_MB) == NULL, "%s", kit_err);

    kit_remove(kit_dir);
}


int
main(void)
{
    test_schema();
    test_garbage();
    test_growth();
    test_leap();
    test_full();
    test_disk_full();
    test_long_reader();

    return tap_done();
}
