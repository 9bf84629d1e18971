
/*
 * The end of LMDB's log: what is in memory and in a file of its own is as if
 * it were in the log's spaces.
 */

#include "confd_tail_kit.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>


#define PAIRS    100
#define WRITERS  2


static atomic_bool     stop;
static atomic_uint     bad;
static atomic_uint     seen;
static uint64_t        expected;      /* under running */

static pthread_mutex_t  running = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t  settling = PTHREAD_MUTEX_INITIALIZER;


/* n messages that wait for the disk. */

static confd_txn_t *
stage(uint64_t n)
{
    confd_txn_t  *txn;

    txn = kit_begin(driver, store, true);
    (void) append(txn, n);

    if (driver->stage(txn) != CONF_OK) {
        abort();
    }

    return txn;
}


static uint64_t
total(void)
{
    uint64_t      n;
    confd_txn_t  *txn;

    txn = kit_begin(driver, store, false);
    n = count(txn, CONFD_SPACE_LOG);
    driver->abort(txn);

    return n;
}


static void
put(confd_txn_t *txn)
{
    (void) driver->put(txn, CONFD_SPACE_USER, kit_key(1), conf_str("x"));
}


static void
test_snapshots(void)
{
    uint64_t      rev, pos, seq, room, list[8];
    size_t        got;
    conf_str_t    record;
    confd_txn_t  *txn, *empty, *old, *older;

    make_rooms();

    empty = kit_begin(driver, store, false);
    rev = driver->rev(empty);

    is_int(add(8), 8, "eight messages");
    older = kit_begin(driver, store, false);
    is_int(driver->rev(older), rev, "are no revision");
    is_int(count(older, CONFD_SPACE_LOG), 8, "a snapshot counts them");
    is_int(head(older, 1), 2, "knows the head");
    is_int(driver->log_range(older, 1, 1, 8, list, &got), CONF_OK, "a range");
    ok(got == 2 && list[0] == 2 && list[1] == 6, "has their positions");
    is_int(driver->log_get(older, 6, &room, &seq, &record), CONF_OK, "one");
    ok(room == 1 && seq == 2 && kit_number(record) == 5, "is what it was");
    is_int(driver->log_seq_before(older, 1, 6, &seq), CONF_OK, "before it");
    is_int(seq, 1, "is the other");

    (void) add(4);
    old = kit_begin(driver, store, false);
    is_int(head(old, 1), 3, "the next snapshot sees more");
    is_int(head(older, 1), 2, "the one before does not");
    is_int(driver->log_get(older, 10, &room, &seq, &record), CONF_E_NOT_FOUND,
           "nor can it get them");
    is_int(head(empty, 1), 0, "the first sees none");

    /* Something else takes all of them to LMDB. */

    txn = kit_begin(driver, store, true);
    ok(!driver->dirty(txn), "a writer that has only appended");
    pos = append(txn, 4);
    is_int(head(txn, 3), 4, "sees what it did");
    ok(!driver->dirty(txn), "is not dirty");
    put(txn);
    ok(driver->dirty(txn), "until it puts");
    is_int(driver->commit(txn), CONF_OK, "commit");

    txn = kit_begin(driver, store, false);
    is_int(driver->rev(txn), rev + 1, "is a revision");
    is_int(head(txn, 3), 4, "with the log");
    is_int(count(txn, CONFD_SPACE_LOG), pos, "all of it");
    driver->abort(txn);

    is_int(head(old, 1), 3, "snapshots see the same as before");
    is_int(head(older, 1), 2, "all of them");
    is_int(count(empty, CONFD_SPACE_LOG), 0, "the first as well");
    driver->abort(empty);
    driver->abort(old);
    driver->abort(older);

    driver->close(store);
    kit_remove(kit_dir);
}


/* Edits that leave nothing to LMDB: all the same, no revision comes twice. */

static void
test_nothing(void)
{
    uint64_t      rev;
    confd_txn_t  *txn;
    char          copy[80];

    make_rooms();
    (void) snprintf(copy, sizeof(copy), "%s/../copy", kit_dir);

    is_int(driver->backup(store, copy, kit_err, sizeof(kit_err)), CONF_OK,
           "LMDB has the rooms");
    kit_remove(copy);

    txn = kit_begin(driver, store, true);
    put(txn);
    is_int(driver->commit(txn), CONF_OK, "a key comes");

    txn = kit_begin(driver, store, true);
    is_int(driver->del(txn, CONFD_SPACE_USER, kit_key(1)), CONF_OK, "and");
    rev = driver->rev(txn);
    is_int(driver->commit(txn), CONF_OK, "goes");

    is_int(driver->backup(store, copy, kit_err, sizeof(kit_err)), CONF_OK,
           "LMDB gets what is left");
    kit_remove(copy);

    txn = kit_begin(driver, store, false);
    ok(driver->rev(txn) > rev, "which is a later revision");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


static void
test_abort(void)
{
    uint64_t      pos, seq;
    confd_txn_t  *txn;

    make_rooms();
    (void) add(4);

    txn = kit_begin(driver, store, true);
    is_int(append(txn, 4), 8, "a writer");
    driver->abort(txn);

    txn = kit_begin(driver, store, true);
    is_int(head(txn, 2), 1, "gives up what it appended");
    is_int(driver->log_append(txn, 2, conf_str("b"), &pos, &seq), CONF_OK,
           "the next");
    ok(pos == 5 && seq == 2, "has its place");
    driver->abort(txn);

    /* In the middle, what looks by key takes the log to where it looks. */

    txn = kit_begin(driver, store, true);
    (void) append(txn, 3);
    is_int(driver->del(txn, CONFD_SPACE_LOG, kit_key(6)), CONF_OK, "del");
    is_int(driver->log_append(txn, 0, conf_str("c"), &pos, &seq), CONF_OK,
           "and append");
    ok(pos == 8 && seq == 3, "go together");
    is_int(count(txn, CONFD_SPACE_LOG), 7, "in one transaction");
    driver->abort(txn);

    txn = kit_begin(driver, store, false);
    is_int(count(txn, CONFD_SPACE_LOG), 4, "which may be given up");
    is_int(head(txn, 0), 1, "all of it");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


static void
test_stages(void)
{
    confd_txn_t  *a, *b, *c;

    make_rooms();

    a = stage(4);
    is_int(total(), 0, "what is staged is not there for snapshots");

    b = kit_begin(driver, store, true);
    is_int(head(b, 1), 1, "but for the next writer");
    is_int(append(b, 8), 12, "which goes on from it");
    is_int(driver->stage(b), CONF_OK, "stages that");
    c = stage(0);

    is_int(driver->settle(a), CONF_OK, "the first is settled");
    is_int(total(), 12, "with what is behind it");
    is_int(driver->settle(b), CONF_OK, "the next");
    is_int(driver->settle(c), CONF_OK, "and one that has only read");

    a = kit_begin(driver, store, true);
    put_large(a);
    is_int(driver->stage(a), CONF_OK, "LMDB commits at once");
    is_int(count(b = kit_begin(driver, store, false), CONFD_SPACE_FILE), 1,
           "what is staged");
    driver->abort(b);
    is_int(driver->settle(a), CONF_OK, "and settled after that");

    driver->close(store);
    is_int(reopen(), 12, "all is there");
    kit_remove(kit_dir);
}


/* No file may be written to behind that. */

static void
limit_file(rlim_t size)
{
    struct rlimit  limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0) {
        abort();
    }

    limit.rlim_cur = conf_min(size, limit.rlim_max);

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        abort();
    }
}


/* Also of tails that are large: what is staged is above and below. */

static void
test_lost(void)
{
    size_t        i;
    uint64_t      all, n;
    confd_txn_t  *a, *b, *c;

    static const uint64_t  numbers[] = {
        4, 4, CONFD_TAIL_LARGE, 8, CONFD_TAIL_LARGE, CONFD_TAIL_LARGE + 4
    };

    (void) signal(SIGXFSZ, SIG_IGN);

    make_rooms();

    for (i = 0; i < conf_nelts(numbers); i++) {
        n = numbers[i];

        await_taken();
        all = add(4);

        a = stage(n);
        b = stage(4);
        c = kit_begin(driver, store, true);
        (void) append(c, 4);

        /* LMDB's own file is not what is meant. */

        confd_lmdb_own(store);
        limit_file(0);
        is_int(driver->settle(a), CONF_E_STORE_FULL, "a file at its limit");
        limit_file(RLIM_INFINITY);
        confd_lmdb_disown(store);

        is_int(driver->settle(b), CONF_E_STORE_FULL, "nor what was staged");

        if (i % 2 == 0) {
            put(c);
        }

        is_int(driver->commit(c), CONF_E_STORE_FULL, "nor what goes on");
        is_int(total(), all, "all as it was");

        if (i % 2 == 0) {
            await_taken();
        }

        a = kit_begin(driver, store, true);
        is_int(head(a, 1), all / ROOMS, "for a writer, too");
        is_int(append(a, n), all + n, "whose records have the places");
        ok(driver->whole(a), "in LMDB: the batch may be in its file yet");
        is_int(driver->commit(a), CONF_OK, "of those lost");
        all += n;
    }

    all = add(4);
    driver->close(store);
    is_int(reopen(), all, "nothing else is there");
    kit_remove(kit_dir);
}


/*
 * A tail that LMDB has not taken, and the one above it: half of a large one is
 * settled when that becomes the one below.
 */

static void
test_below(void)
{
    uint64_t      rev, all, room, seq, list[8];
    size_t        got;
    conf_str_t    value, record;
    confd_txn_t  *txn, *part, *old, *whole;

    make_rooms();
    confd_lmdb_own(store);

    all = add(CONFD_TAIL_LARGE);
    txn = kit_begin(driver, store, true);
    put(txn);
    is_int(driver->commit(txn), CONF_OK, "a large tail");

    txn = kit_begin(driver, store, true);
    ok(txn->under.tail != NULL, "is below the next writer's");
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value), CONF_OK,
           "who sees its keys");
    is_int(append(txn, 8), all + 8, "goes on from its records");
    is_int(driver->del(txn, CONFD_SPACE_USER, kit_key(1)), CONF_OK, "and");
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value),
           CONF_E_NOT_FOUND, "changes what was there");

    part = kit_begin(driver, store, false);
    is_int(count(part, CONFD_SPACE_LOG), all, "what a snapshot does not see");
    is_int(driver->rev(txn), driver->rev(part) + 1, "but the next");

    is_int(driver->stage(txn), CONF_OK, "with");
    is_int(driver->settle(txn), CONF_OK, "the commit");

    old = kit_begin(driver, store, false);
    rev = driver->rev(old);
    is_int(rev, driver->rev(part) + 1, "has the revision that was told");
    is_int(count(old, CONFD_SPACE_LOG), all + 8, "all records");
    is_int(count(old, CONFD_SPACE_USER), 0, "no key");
    is_int(count(part, CONFD_SPACE_USER), 1, "which was there before");
    is_int(driver->log_range(old, 2, all / ROOMS - 1, 8, list, &got), CONF_OK,
           "a range");
    ok(got == 4 && list[1] == all - 1 && list[2] == all + 3, "is over both");
    is_int(driver->log_get(old, all + 3, &room, &seq, &record), CONF_OK,
           "with records");
    ok(room == 2 && seq == all / ROOMS + 1, "of both");

    /* Now LMDB gets the one, and then the other with what is large. */

    confd_lmdb_disown(store);

    txn = kit_begin(driver, store, true);
    put_large(txn);
    ok(txn->under.tail == NULL, "who writes to LMDB waits for what is below");
    is_int(count(txn, CONFD_SPACE_LOG), all + 8, "and has all of it");
    is_int(driver->commit(txn), CONF_OK, "there");

    whole = kit_begin(driver, store, false);
    ok(driver->rev(whole) > rev, "as a later revision");
    is_int(count(whole, CONFD_SPACE_LOG), all + 8, "of the same");
    is_int(count(old, CONFD_SPACE_LOG), all + 8, "as before");
    is_int(head(part, 1), all / ROOMS, "and");
    is_int(head(old, 1), all / ROOMS + 2, "for who began then");

    driver->abort(part);
    driver->abort(old);
    driver->abort(whole);
    driver->close(store);
    is_int(reopen(), all + 8, "and afterwards");
    kit_remove(kit_dir);
}


/* Snapshots of what is below while only a part of it is settled. */

static void
test_below_part(void)
{
    uint64_t      all, rev;
    confd_txn_t  *a, *b, *part;

    make_rooms();
    all = add(4);
    confd_lmdb_own(store);

    a = kit_begin(driver, store, true);
    (void) append(a, CONFD_TAIL_LARGE);
    put(a);
    is_int(driver->stage(a), CONF_OK, "the rest waits for the disk");

    b = kit_begin(driver, store, true);
    ok(b->under.tail != NULL, "and is below");
    put(b);
    rev = driver->rev(b);

    part = kit_begin(driver, store, false);
    is_int(count(part, CONFD_SPACE_LOG), all, "a snapshot sees the first part");
    is_int(count(part, CONFD_SPACE_USER), 0, "of it only");
    ok(driver->rev(part) < rev, "by an earlier revision");
    driver->abort(part);

    is_int(driver->stage(b), CONF_OK, "what is above");
    is_int(driver->settle(a), CONF_OK, "is settled with it");

    part = kit_begin(driver, store, false);
    is_int(count(part, CONFD_SPACE_LOG), all + CONFD_TAIL_LARGE, "all of it");
    is_int(driver->rev(part), rev, "is what was told");
    driver->abort(part);

    is_int(driver->settle(b), CONF_OK, "both");
    confd_lmdb_disown(store);
    driver->close(store);
    is_int(reopen(), all + CONFD_TAIL_LARGE, "are there");
    kit_remove(kit_dir);
}


static void
test_cursors(void)
{
    uint64_t         n;
    conf_str_t       key, value;
    confd_txn_t     *txn;
    confd_cursor_t  *cursor;

    make_rooms();
    (void) add(5);

    txn = kit_begin(driver, store, false);
    is_int(driver->cursor(txn, CONFD_SPACE_LOG, conf_str(""), conf_str(""),
                          false, &cursor), CONF_E_INTERNAL,
           "no cursor in a snapshot that has an end of the log");
    driver->abort(txn);

    txn = kit_begin(driver, store, true);
    is_int(driver->cursor(txn, CONFD_SPACE_LOG, conf_str(""), conf_str(""),
                          false, &cursor), CONF_OK, "one in a writer");

    for (n = 0; driver->next(cursor, &key, &value) == CONF_OK; n++) {
        if (kit_number(key) != n + 1) {
            break;
        }
    }

    is_int(n, 5, "finds all of it");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


/* A room whose indexed records are in the tail, in LMDB, and in both. */

static void
test_index(void)
{
    size_t        i, got;
    uint64_t      first, pos, seq, list[300];
    unsigned      wrong;
    confd_txn_t  *txn;

    make_rooms();

    for (i = 0; i < 10; i++) {
        (void) add(100 * ROOMS);

        if (i == 4) {
            txn = kit_begin(driver, store, true);
            put_large(txn);
            (void) driver->commit(txn);
        }
    }

    txn = kit_begin(driver, store, false);
    wrong = 0;

    for (first = 1; first <= 1000; first += 7) {
        if (driver->log_range(txn, 2, first, conf_nelts(list), list, &got)
            != CONF_OK
            || got != conf_min(conf_nelts(list), 1001 - first))
        {
            wrong++;
            continue;
        }

        for (i = 0; i < got; i++) {
            wrong += (list[i] != (first + i - 1) * ROOMS + 3);
        }

        pos = (first - 1) * ROOMS + 3;

        if (driver->log_seq_before(txn, 2, pos, &seq) != CONF_OK
            || seq != first - 1)
        {
            wrong++;
        }
    }

    is_int(wrong, 0, "ranges over both parts of the log");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


static void
test_backup(void)
{
    char          copy[128];
    confd_txn_t  *txn;

    make_rooms();
    (void) add(9);

    (void) snprintf(copy, sizeof(copy), "%s-copy", kit_dir);
    is_int(driver->backup(store, copy, kit_err, sizeof(kit_err)), CONF_OK,
           "backup");
    (void) add(2);
    driver->close(store);

    store = kit_open(driver, copy, MAP, MAP_MAX);
    txn = kit_begin(driver, store, false);
    is_int(count(txn, CONFD_SPACE_LOG), 9, "has the log's end");
    is_int(head(txn, 0), 3, "and heads");
    driver->abort(txn);
    driver->close(store);
    kit_remove(copy);

    store = kit_open(driver, kit_dir, MAP, MAP_MAX);
    txn = kit_begin(driver, store, false);
    is_int(count(txn, CONFD_SPACE_LOG), 11, "so has the store");
    driver->abort(txn);
    driver->close(store);
    kit_remove(kit_dir);
}


/* Two keys that have the same value, or none. */

static void
write_pair(confd_txn_t *txn, uint64_t i)
{
    uint64_t  k = i * 7919 % PAIRS;

    if (i % 3 == 0) {
        (void) driver->del(txn, CONFD_SPACE_USER, kit_key(k));
        (void) driver->del(txn, CONFD_SPACE_USER, kit_key(k + PAIRS));
        return;
    }

    (void) driver->put(txn, CONFD_SPACE_USER, kit_key(k), kit_key(i));
    (void) driver->put(txn, CONFD_SPACE_USER, kit_key(k + PAIRS), kit_key(i));
}


static void
read_pairs(confd_txn_t *txn)
{
    uint64_t         n, k, i;
    conf_rc_t        rc;
    conf_str_t       key, value, other;
    confd_cursor_t  *cursor;

    if (driver->cursor(txn, CONFD_SPACE_USER, conf_str(""), conf_str(""),
                       false, &cursor)
        != CONF_OK)
    {
        abort();
    }

    for (n = 0; /* void */ ; n++) {
        rc = driver->next(cursor, &key, &value);

        if (rc != CONF_OK) {
            break;
        }

        k = kit_number(key);
        i = kit_number(value);

        if (driver->get(txn, CONFD_SPACE_USER, kit_key((k + PAIRS)
                                                       % (2 * PAIRS)), &other)
            != CONF_OK
            || kit_number(other) != i)
        {
            atomic_fetch_add(&bad, 1);
        }
    }

    if (rc != CONF_DONE || n != count(txn, CONFD_SPACE_USER)) {
        atomic_fetch_add(&bad, 1);
    }
}


/* Heads that a snapshot sees never go back, and are there. */

static void *
read_heads(void *data)
{
    size_t        got;
    uint64_t      room, seq, n, last[ROOMS] = { 0 }, pos;
    conf_str_t    record;
    confd_txn_t  *txn;

    while (!atomic_load(&stop)) {
        txn = kit_begin(driver, store, false);
        n = 0;

        for (room = 0; room < ROOMS; room++) {
            seq = head(txn, room);
            n += seq;

            if (seq < last[room]) {
                atomic_fetch_add(&bad, 1);
            }

            last[room] = seq;

            if (seq != 0
                && (driver->log_range(txn, room, seq, 2, &pos, &got) != CONF_OK
                    || got != 1
                    || driver->log_get(txn, pos, &room, &seq, &record)
                       != CONF_OK
                    || seq != last[room]))
            {
                atomic_fetch_add(&bad, 1);
            }
        }

        if (n != count(txn, CONFD_SPACE_LOG)) {
            atomic_fetch_add(&bad, 1);
        }

        read_pairs(txn);

        driver->abort(txn);
        atomic_fetch_add(&seen, 1);
    }

    return data;
}


/* One settles while the other one runs. */

static void *
write_stages(void *data)
{
    unsigned      i;
    confd_txn_t  *txn;

    for (i = 0; i < 1000 || atomic_load(&seen) < 2000; i++) {
        (void) pthread_mutex_lock(&running);

        txn = kit_begin(driver, store, true);
        (void) append(txn, 1 + i % 40);

        if (i % 5 == 1) {
            write_pair(txn, i);
        }

        if (i % 29 == 7) {
            put_large(txn);
        }

        if (i % 7 == 3) {
            driver->abort(txn);
            (void) pthread_mutex_unlock(&running);
            continue;
        }

        expected += 1 + i % 40;

        if (driver->stage(txn) != CONF_OK) {
            abort();
        }

        (void) pthread_mutex_lock(&settling);
        (void) pthread_mutex_unlock(&running);

        if (driver->settle(txn) != CONF_OK) {
            atomic_fetch_add(&bad, 1);
        }

        (void) pthread_mutex_unlock(&settling);
    }

    return data;
}


static void
test_readers(void)
{
    unsigned   i;
    pthread_t  readers[3], writers[WRITERS];

    make_rooms();

    for (i = 0; i < conf_nelts(readers); i++) {
        if (pthread_create(&readers[i], NULL, read_heads, NULL) != 0) {
            abort();
        }
    }

    for (i = 0; i < WRITERS; i++) {
        if (pthread_create(&writers[i], NULL, write_stages, NULL) != 0) {
            abort();
        }
    }

    for (i = 0; i < WRITERS; i++) {
        (void) pthread_join(writers[i], NULL);
    }

    atomic_store(&stop, true);

    for (i = 0; i < conf_nelts(readers); i++) {
        (void) pthread_join(readers[i], NULL);
    }

    is_int(atomic_load(&bad), 0, "snapshots beside writers");
    is_int(total(), expected, "what all of them have written");

    driver->close(store);
    kit_remove(kit_dir);
}


int
main(void)
{
    test_snapshots();
    test_nothing();
    test_abort();
    test_stages();
    test_lost();
    test_below();
    test_below_part();
    test_cursors();
    test_index();
    test_backup();
    test_readers();

    return tap_done();
}
