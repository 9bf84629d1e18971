
/*
 * A store against a model of it: puts and deletes at random, in transactions
 * that are aborted, committed, or staged first; what writers and snapshots
 * see, by key, by cursor and in number; and what is there after a crash.
 */

#include "confd_lmdb_tail.h"
#include "confd_store_kit.h"

#include <fcntl.h>


#define MAP       (64 * KIT_MB)
#define MAP_LARGE (4096 * KIT_MB)   /* tails may be larger, too */
#define HELD      2                 /* rounds that a tail is below, at least */
#define ROUNDS    6000
#define SYMBOLS   4
#define LENGTH    4
#define KEYS      (4 + 16 + 64 + 256)
#define SPACES    2
#define SNAPSHOTS 3
#define MANY      6000        /* more than the tail has places for */
#define PRIME     UINT64_C(0x9e3779b97f4a7c15)


/* The value of each key of each space; 0: there is none.  And the rooms. */

typedef struct {
    uint32_t      value[SPACES][KEYS];
    uint64_t      rooms;
} model_t;

typedef struct {
    confd_txn_t  *txn;
    model_t       model;
} view_t;


static const confd_store_driver_t  *driver = &confd_lmdb_driver;

static const confd_space_e  spaces[SPACES] = {
    CONFD_SPACE_USER_NAME, CONFD_SPACE_USER_EMAIL
};

static confd_store_t  *store;
static uint8_t         plenty[100000];  /* more than an edit may have */
static uint64_t        seed = 7;
static uint64_t        revs;
static conf_str_t      keys[KEYS];      /* in order */
static uint8_t         bytes[KEYS][LENGTH];
static model_t         settled;
static view_t          snapshots[SNAPSHOTS];
static view_t          pending;         /* staged, not settled */
static unsigned        held;            /* rounds that nothing is taken */
static size_t          below;           /* rounds with a tail below */


static uint64_t
chance(uint64_t n)
{
    return kit_random(&seed) % n;
}


static int
compare(const void *a, const void *b)
{
    const conf_str_t  *x = a, *y = b;

    int  rc;

    rc = memcmp(x->data, y->data, conf_min(x->len, y->len));

    return rc != 0 ? rc : (x->len > y->len) - (x->len < y->len);
}


static void
make_keys(void)
{
    size_t  n, i, len, all;

    static const uint8_t  symbols[SYMBOLS] = { 0x00, 0x61, 0xfe, 0xff };

    n = 0;
    all = 1;

    for (len = 1; len <= LENGTH; len++) {
        all *= SYMBOLS;

        for (i = 0; i < all; i++) {
            size_t  k, rest = i;

            for (k = 0; k < len; k++, rest /= SYMBOLS) {
                bytes[n][k] = symbols[rest % SYMBOLS];
            }

            keys[n].data = bytes[n];
            keys[n].len = len;
            n++;
        }
    }

    qsort(keys, KEYS, sizeof(conf_str_t), compare);
}


/* As long as its number, so that values are moved. */

static conf_str_t
value_of(uint32_t n)
{
    conf_str_t       value;

    static uint8_t   text[4 + 200];

    memcpy(text, &n, sizeof(n));
    value.data = text;
    value.len = sizeof(n) + n % 200;

    return value;
}


static bool
is_value(conf_str_t value, uint32_t n)
{
    uint32_t  got;

    if (value.len < sizeof(got)) {
        return false;
    }

    memcpy(&got, value.data, sizeof(got));

    return got == n && value.len == sizeof(got) + n % 200;
}


static bool
starts_with(conf_str_t key, conf_str_t prefix)
{
    return prefix.len == 0
           || (key.len >= prefix.len
               && memcmp(key.data, prefix.data, prefix.len) == 0);
}


/* The key at which a cursor begins, among those that there could be. */

static bool
in_range(conf_str_t key, conf_str_t from, bool backward)
{
    if (from.len == 0) {
        return true;
    }

    return backward ? compare(&key, &from) <= 0 : compare(&key, &from) >= 0;
}


static void
expect(bool good, const char *what)
{
    if (!good) {
        ok(0, "%s", what);
        exit(1);
    }
}


/* The thread takes no tail to LMDB; nor may a writer go there. */

static void
hold(void)
{
    if (held == 0) {
        confd_lmdb_own(store);
        held = HELD;
    }
}


static void
release(void)
{
    if (held != 0) {
        confd_lmdb_disown(store);
        held = 0;
    }
}


/* Fills a space that is not looked at, so that the tail has no place left. */

static void
crowd(confd_txn_t *txn)
{
    uint64_t  i;

    for (i = 0; i < MANY; i++) {
        expect(driver->put(txn, CONFD_SPACE_AUDIT, kit_key(i),
                           conf_str("x")) == CONF_OK, "many puts");
    }
}


static void
walk(confd_txn_t *txn, const model_t *model, size_t space)
{
    bool             backward, crowded;
    long             i, step;
    conf_rc_t        rc;
    conf_str_t       prefix, from, key, value;
    confd_cursor_t  *cursor;

    static const conf_str_t  none = conf_null_string;

    backward = chance(2) == 0;
    prefix = chance(2) == 0 ? none : keys[chance(KEYS)];
    prefix.len = conf_min(prefix.len, 2);
    from = chance(2) == 0 ? none : keys[chance(KEYS)];
    crowded = false;

    expect(driver->cursor(txn, spaces[space], prefix, from, backward, &cursor)
           == CONF_OK, "a cursor");

    step = backward ? -1 : 1;

    for (i = backward ? KEYS - 1 : 0; i >= 0 && i < KEYS; i += step) {
        if (model->value[space][i] == 0 || !starts_with(keys[i], prefix)
            || !in_range(keys[i], from, backward))
        {
            continue;
        }

        rc = driver->next(cursor, &key, &value);

        expect(rc == CONF_OK && conf_str_eq(key, keys[i])
               && is_value(value, model->value[space][i]), "the next");

        if (!crowded && driver->put(txn, CONFD_SPACE_AUDIT, kit_key(0),
                                    conf_str("y")) == CONF_OK
            && chance(600) == 0)
        {
            crowded = true;
            crowd(txn);
        }

        if (chance(60) == 0) {
            break;
        }
    }

    if (i < 0 || i >= KEYS) {
        expect(driver->next(cursor, &key, &value) == CONF_DONE, "the end");
    }

    if (chance(2) == 0) {
        driver->cursor_close(cursor);
    }
}


static void
look(confd_txn_t *txn, const model_t *model)
{
    size_t      i, space;
    uint64_t    n, count, epoch, seq;
    uint32_t    want;
    conf_rc_t   rc;
    conf_str_t  value;

    for (space = 0; space < SPACES; space++) {
        for (i = 0; i < 20; i++) {
            n = chance(KEYS);
            want = model->value[space][n];
            rc = driver->get(txn, spaces[space], keys[n], &value);

            expect(want == 0 ? rc == CONF_E_NOT_FOUND
                             : rc == CONF_OK && is_value(value, want), "get");
        }

        count = 0;

        for (i = 0; i < KEYS; i++) {
            count += model->value[space][i] != 0;
        }

        expect(driver->count(txn, spaces[space], &n) == CONF_OK && n == count,
               "the number");
    }

    expect(driver->count(txn, CONFD_SPACE_HEAD, &n) == CONF_OK
           && n == model->rooms, "the number of rooms");

    n = 1 + chance(model->rooms + 2);
    rc = driver->log_head(txn, n, &epoch, &seq);

    expect(n > model->rooms ? rc == CONF_E_NOT_FOUND
           : rc == CONF_OK && epoch == n && seq == 0, "a room's head");
}


/* A walk that puts nothing meanwhile. */

static void
walk_snapshot(confd_txn_t *txn, const model_t *model, size_t space)
{
    long             i;
    bool             backward;
    conf_str_t       key, value;
    confd_cursor_t  *cursor;

    static const conf_str_t  none = conf_null_string;

    backward = chance(2) == 0;

    expect(driver->cursor(txn, spaces[space], none, none, backward, &cursor)
           == CONF_OK, "a snapshot's cursor");

    for (i = backward ? KEYS - 1 : 0; i >= 0 && i < KEYS;
         i += backward ? -1 : 1)
    {
        if (model->value[space][i] != 0) {
            expect(driver->next(cursor, &key, &value) == CONF_OK
                   && conf_str_eq(key, keys[i])
                   && is_value(value, model->value[space][i]),
                   "a snapshot's next");
        }
    }

    expect(driver->next(cursor, &key, &value) == CONF_DONE,
           "a snapshot's end");
}


static void
change(confd_txn_t *txn, model_t *model)
{
    size_t      i, k, n, space;
    uint32_t   *value;
    conf_rc_t   rc;

    n = chance(8) == 0 ? chance(400) : chance(6);

    for (i = 0; i < n; i++) {
        space = chance(SPACES);
        k = chance(KEYS);
        value = &model->value[space][k];

        if (chance(3) != 0) {
            *value = 1 + (uint32_t) chance(100000);

            expect(driver->put(txn, spaces[space], keys[k],
                               value_of(*value)) == CONF_OK, "put");
            continue;
        }

        rc = driver->del(txn, spaces[space], keys[k]);

        expect(rc == (*value != 0 ? CONF_OK : CONF_E_NOT_FOUND), "del");
        *value = 0;
    }
}


static void
settle(void)
{
    if (pending.txn != NULL) {
        expect(driver->settle(pending.txn) == CONF_OK, "settle");
        pending.txn = NULL;
        settled = pending.model;
    }
}


static void
write_some(void)
{
    bool              whole;
    model_t           model;
    uint64_t          rev;
    confd_txn_t      *txn;
    const conf_str_t  large = { sizeof(plenty), plenty };

    if (held != 0 && --held == 0) {
        confd_lmdb_disown(store);

    } else if (chance(6) == 0) {
        hold();
    }

    model = pending.txn != NULL ? pending.model : settled;
    txn = kit_begin(driver, store, true);
    below += txn->under.seen.edits != 0;
    rev = driver->rev(txn);

    look(txn, &model);
    change(txn, &model);

    if (chance(4) == 0) {
        release();
        settle();
        walk(txn, &model, chance(SPACES));
        change(txn, &model);
    }

    if (chance(20) == 0) {
        model.rooms++;
        expect(driver->log_create(txn, model.rooms, model.rooms)
               == CONF_OK, "a room");
        change(txn, &model);
    }

    if (chance(80) == 0) {
        release();
        settle();
        expect(driver->put(txn, CONFD_SPACE_FILE, kit_key(1), large)
               == CONF_OK, "what LMDB gets at once");
        change(txn, &model);
    }

    look(txn, &model);

    if (chance(4) == 0) {
        driver->abort(txn);
        return;
    }

    if (driver->dirty(txn)) {
        expect(rev > revs, "revisions grow");
        revs = rev;
    }

    whole = driver->whole(txn);

    if (whole) {
        release();
        settle();
    }

    expect(driver->stage(txn) == CONF_OK, "stage");

    /* The one before takes this one along. */

    pending.model = model;
    settle();

    pending.txn = txn;

    if (whole || chance(2) == 0) {
        settle();
    }
}


static void
take_snapshot(void)
{
    view_t    *v = &snapshots[chance(SNAPSHOTS)];
    uint64_t   rev;

    if (v->txn != NULL) {
        driver->abort(v->txn);
    }

    v->txn = kit_begin(driver, store, false);
    v->model = settled;

    /* LMDB's commits have later ones than who wrote them could know. */

    rev = driver->rev(v->txn);
    expect(pending.txn != NULL || rev >= revs, "a snapshot's revision");
    revs = conf_max(revs, rev);
}


static void
copy_file(const char *from, const char *to, const char *name)
{
    int       in, out;
    char      path[192];
    char      buf[65536];
    ssize_t   n;

    (void) snprintf(path, sizeof(path), "%s/%s", from, name);
    in = open(path, O_RDONLY);
    (void) snprintf(path, sizeof(path), "%s/%s", to, name);
    out = open(path, O_WRONLY | O_CREAT, 0600);

    do {
        n = read(in, buf, sizeof(buf));
        expect(n >= 0 && write(out, buf, (size_t) n) == n, "a copy");
    } while (n > 0);

    (void) close(in);
    (void) close(out);
}


static void
copy_store(const char *from, const char *to)
{
    bool  was;

    was = held != 0;
    hold();

    copy_file(from, to, "data.mdb");
    copy_file(from, to, "log.tail");
    copy_file(from, to, "log.tail2");

    if (!was) {
        release();
    }
}


/* What a process would find that starts now. */

static void
crash(const char *dir)
{
    char            path[64];
    size_t          space;
    uint64_t        rev;
    confd_txn_t    *txn;
    confd_store_t  *crashed;

    (void) snprintf(path, sizeof(path), "%s", kit_make());
    expect(mkdir(path, 0700) == 0, "a directory");

    copy_store(dir, path);

    crashed = kit_open(driver, path, MAP, MAP);
    txn = kit_begin(driver, crashed, false);
    rev = driver->rev(txn);

    look(txn, &settled);

    for (space = 0; space < SPACES; space++) {
        walk_snapshot(txn, &settled, space);
    }

    driver->abort(txn);

    expect(pending.txn != NULL || rev >= revs, "its revision");

    driver->close(crashed);
    kit_remove(path);
}


static bool
fill_one(uint64_t i, bool del)
{
    int           tries;
    conf_rc_t     rc;
    confd_txn_t  *txn;

    /* The map is larger the second time, if it may be. */

    for (tries = 0; tries < 2; tries++) {
        txn = kit_begin(driver, store, true);
        rc = del ? driver->del(txn, CONFD_SPACE_FILE, kit_key(i * PRIME))
                 : driver->put(txn, CONFD_SPACE_FILE, kit_key(i * PRIME),
                               value_of((uint32_t) i));

        if (rc == CONF_OK) {
            rc = driver->commit(txn);
        } else {
            driver->abort(txn);
        }

        if (rc == CONF_OK) {
            return true;
        }

        expect(rc == CONF_E_STORE_FULL, "it is full");
    }

    return false;
}


static uint64_t
kept(uint64_t n)
{
    uint64_t      i, found;
    conf_str_t    value;
    confd_txn_t  *txn;

    txn = kit_begin(driver, store, false);
    found = 0;

    for (i = 1; i <= n; i++) {
        found += driver->get(txn, CONFD_SPACE_FILE, kit_key(i * PRIME), &value)
                 == CONF_OK && is_value(value, (uint32_t) i);
    }

    driver->abort(txn);

    return found;
}


/* Keys all over the tree until there is no room: none that was told is lost. */

static void
test_full(void)
{
    char      dir[64], copy[64];
    uint64_t  n, i;

    (void) snprintf(dir, sizeof(dir), "%s", kit_make());
    store = kit_open(driver, dir, KIT_MB, 2 * KIT_MB);

    for (n = 0; fill_one(n + 1, false); n++) { /* void */ }

    ok(n > 2000, "%d keys and no more", (int) n);
    is_int(kept(n), n, "are there");

    /* As one finds them who starts after a kill; then after a close. */

    (void) snprintf(copy, sizeof(copy), "%s", kit_make());
    expect(mkdir(copy, 0700) == 0, "a directory");
    copy_store(dir, copy);
    driver->close(store);

    store = kit_open(driver, copy, KIT_MB, 2 * KIT_MB);
    is_int(kept(n), n, "after a kill, too");
    driver->close(store);
    kit_remove(copy);

    store = kit_open(driver, dir, KIT_MB, 2 * KIT_MB);
    is_int(kept(n), n, "and after closing");

    for (i = 1; i <= n; i++) {
        expect(fill_one(i, true), "a delete");
    }

    is_int(kept(n), 0, "all can be deleted");
    ok(fill_one(1, false), "then there is room");

    driver->close(store);
    kit_remove(dir);
}


/* Rounds and a seed may be given. */

int
main(int argc, char **argv)
{
    char          dir[64];
    size_t        i, k, n, crashes;
    view_t       *v;

    n = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;
    seed = argc > 2 ? strtoul(argv[2], NULL, 10) : seed;

    make_keys();

    (void) snprintf(dir, sizeof(dir), "%s", kit_make());
    store = kit_open(driver, dir, MAP, MAP);
    crashes = 0;

    for (i = 0; i < n; i++) {
        write_some();

        if (chance(8) == 0) {
            take_snapshot();
        }

        v = &snapshots[chance(SNAPSHOTS)];

        if (v->txn != NULL) {
            look(v->txn, &v->model);
            walk_snapshot(v->txn, &v->model, chance(SPACES));
        }

        if (chance(100) == 0) {
            crash(dir);
            crashes++;
        }

        if (chance(300) == 0) {
            release();
            settle();

            for (k = 0; k < SNAPSHOTS; k++) {
                if (snapshots[k].txn != NULL) {
                    driver->abort(snapshots[k].txn);
                    snapshots[k].txn = NULL;
                }
            }

            driver->close(store);
            store = kit_open(driver, dir, MAP,
                             chance(3) == 0 ? MAP : MAP_LARGE);
        }
    }

    ok(1, "%zu rounds are as the model says", n);
    ok(crashes > 5, "so are %zu crashes", crashes);
    ok(below > n / 50, "a tail was below in %zu rounds", below);

    release();
    settle();

    for (k = 0; k < SNAPSHOTS; k++) {
        if (snapshots[k].txn != NULL) {
            driver->abort(snapshots[k].txn);
        }
    }

    driver->close(store);
    kit_remove(dir);

    test_full();

    return tap_done();
}
