
/*
 * What every driver of the store must do: records, order, sequences, the log.
 * Nothing here knows which driver it is: another one runs the same by one more
 * call in main.
 */

#include "confd_store_kit.h"


#define MAP_MAX     (256 * KIT_MB)
#define KEYS        600
#define ROOMS       50
#define MESSAGES    20000


typedef struct {
    size_t    len;
    uint8_t   bytes[12];
} bytes_t;

typedef struct {
    size_t    n;
    uint64_t  pos[MESSAGES];
} room_t;


static void
test_records(const confd_store_driver_t *driver)
{
    uint8_t         *big;
    conf_str_t       value, large;
    confd_txn_t     *txn;
    confd_store_t   *store;

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);

    ok(!driver->dirty(txn), "nothing is written yet");
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value),
           CONF_E_NOT_FOUND, "get of nothing");
    is_int(driver->del(txn, CONFD_SPACE_USER, kit_key(1)), CONF_E_NOT_FOUND,
           "del of nothing");
    is_int(driver->get(txn, CONFD_SPACE_USER, conf_str(""), &value),
           CONF_E_NOT_FOUND, "get of an empty key");
    is_int(driver->status(txn), CONF_OK, "not found is not a failure");
    ok(!driver->dirty(txn), "still nothing is written");

    is_int(driver->put(txn, CONFD_SPACE_USER, kit_key(1), conf_str("one")),
           CONF_OK, "put");
    ok(driver->dirty(txn), "now it is");
    is_int(driver->put(txn, CONFD_SPACE_ROOM, kit_key(1), conf_str("room")),
           CONF_OK, "the same key in another space");
    is_int(driver->put(txn, CONFD_SPACE_USER, kit_key(2), conf_str("")),
           CONF_OK, "put of 0 bytes");

    big = malloc(KIT_MB);
    if (big == NULL) {
        abort();
    }

    memset(big, 'b', KIT_MB);
    large.data = big;
    large.len = KIT_MB;

    is_int(driver->put(txn, CONFD_SPACE_FILE, kit_key(3), conf_str("small")),
           CONF_OK, "a small value");

    (void) driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value);
    is_str(value, "one", "a transaction sees its own writes");
    is_int(driver->commit(txn), CONF_OK, "commit");

    /* The map may have to grow for it, then the caller tries once more. */

    txn = kit_begin(driver, store, true);

    if (driver->put(txn, CONFD_SPACE_FILE, kit_key(3), large) != CONF_OK) {
        driver->abort(txn);
        txn = kit_begin(driver, store, true);
        (void) driver->put(txn, CONFD_SPACE_FILE, kit_key(3), large);
    }

    is_int(driver->commit(txn), CONF_OK, "1 MB instead");

    txn = kit_begin(driver, store, false);
    (void) driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value);
    is_str(value, "one", "get");
    (void) driver->get(txn, CONFD_SPACE_ROOM, kit_key(1), &value);
    is_str(value, "room", "get from the other space");
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(2), &value), CONF_OK,
           "get of 0 bytes");
    is_int(value.len, 0, "0 bytes");
    (void) driver->get(txn, CONFD_SPACE_FILE, kit_key(3), &value);
    ok(conf_str_eq(value, large), "1 MB");
    is_int(driver->put(txn, CONFD_SPACE_USER, kit_key(9), value),
           CONF_E_INTERNAL, "a snapshot is not written to");
    driver->abort(txn);

    txn = kit_begin(driver, store, true);
    is_int(driver->del(txn, CONFD_SPACE_FILE, kit_key(3)), CONF_OK, "del");
    is_int(driver->get(txn, CONFD_SPACE_FILE, kit_key(3), &value),
           CONF_E_NOT_FOUND, "gone");
    driver->abort(txn);

    txn = kit_begin(driver, store, false);
    is_int(driver->get(txn, CONFD_SPACE_FILE, kit_key(3), &value), CONF_OK,
           "abort brings it back");
    driver->abort(txn);

    free(big);
    driver->close(store);
    kit_remove(kit_dir);
}


static void
test_sticky(const confd_store_driver_t *driver)
{
    uint64_t         id;
    conf_str_t       value;
    confd_txn_t     *txn, *second;
    confd_store_t   *store;
    confd_cursor_t  *cursor;
    static uint8_t   bytes[CONFD_KEY_MAX + 1];

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);

    txn = kit_begin(driver, store, true);
    is_int(driver->begin(store, true, &second), CONF_E_INTERNAL,
           "one writer at a time");
    (void) driver->put(txn, CONFD_SPACE_USER, kit_key(1), conf_str("x"));
    is_int(driver->put(txn, CONFD_SPACE_USER, conf_str(""), conf_str("x")),
           CONF_E_INTERNAL, "put of an empty key");
    is_int(driver->status(txn), CONF_E_INTERNAL, "status");
    is_int(driver->put(txn, CONFD_SPACE_USER, kit_key(2), conf_str("x")),
           CONF_E_INTERNAL, "put after a failure");
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value),
           CONF_E_INTERNAL, "get");
    is_int(driver->del(txn, CONFD_SPACE_USER, kit_key(1)), CONF_E_INTERNAL,
           "del");
    is_int(driver->next_id(txn, CONFD_SPACE_USER, &id), CONF_E_INTERNAL,
           "next_id");
    is_int(driver->cursor(txn, CONFD_SPACE_USER, conf_str(""), conf_str(""),
                          false, &cursor), CONF_E_INTERNAL, "cursor");
    is_int(driver->log_create(txn, 1, 1), CONF_E_INTERNAL, "log_create");
    is_int(driver->commit(txn), CONF_E_INTERNAL, "commit");

    txn = kit_begin(driver, store, true);
    is_int(driver->get(txn, CONFD_SPACE_USER, kit_key(1), &value),
           CONF_E_NOT_FOUND, "nothing of it was stored");
    is_int(driver->put(txn, CONFD_SPACE_USER,
                       (conf_str_t) { CONFD_KEY_MAX, bytes }, conf_str("x")),
           CONF_OK, "a key as long as allowed");
    is_int(driver->put(txn, CONFD_SPACE_USER,
                       (conf_str_t) { sizeof(bytes), bytes }, conf_str("x")),
           CONF_E_INTERNAL, "a key too long");
    driver->abort(txn);

    txn = kit_begin(driver, store, true);
    is_int(driver->put(txn, CONFD_SPACE_LOG, kit_key(1), conf_str("x")),
           CONF_E_INTERNAL, "the log's own space");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


static int
compare(const void *a, const void *b)
{
    int             rc;
    const bytes_t  *x = a, *y = b;

    rc = memcmp(x->bytes, y->bytes, conf_min(x->len, y->len));

    return rc != 0 ? rc : (x->len > y->len) - (x->len < y->len);
}


/* Bytes that matter for order, so that prefixes and edges are frequent. */

static void
random_bytes(uint64_t *seed, size_t least, bytes_t *out)
{
    size_t                i;
    static const uint8_t  some[] = { 0, 0, 1, 0x7f, 0x80, 0xfe, 0xff, 0xff };

    out->len = least + kit_random(seed) % 5;

    for (i = 0; i < out->len; i++) {
        out->bytes[i] = some[kit_random(seed) % sizeof(some)];
    }
}


static bool
has_prefix(const bytes_t *key, const bytes_t *prefix)
{
    return key->len >= prefix->len
           && memcmp(key->bytes, prefix->bytes, prefix->len) == 0;
}


/* One cursor against the sorted keys; how many keys were not as expected. */

static unsigned
walk(const confd_store_driver_t *driver, confd_txn_t *txn,
    const bytes_t *keys, size_t n, uint64_t *seed)
{
    bool             backward;
    size_t           i, j;
    bytes_t          prefix, from;
    unsigned         bad;
    conf_str_t       key, value;
    confd_cursor_t  *cursor;

    random_bytes(seed, 0, &prefix);
    random_bytes(seed, 0, &from);
    prefix.len = kit_random(seed) % (prefix.len + 1) / 2;

    if (kit_random(seed) % 2 == 0 && from.len > prefix.len) {
        memcpy(from.bytes, prefix.bytes, prefix.len);
    }

    backward = kit_random(seed) % 2 == 0;
    bad = 0;

    if (driver->cursor(txn, CONFD_SPACE_MEMBER,
                       (conf_str_t) { prefix.len, prefix.bytes },
                       (conf_str_t) { from.len, from.bytes }, backward,
                       &cursor) != CONF_OK)
    {
        return 1;
    }

    for (j = 0; j < n; j++) {
        i = backward ? n - 1 - j : j;

        if (!has_prefix(&keys[i], &prefix)
            || (from.len != 0 && !backward && compare(&keys[i], &from) < 0)
            || (from.len != 0 && backward && compare(&keys[i], &from) > 0))
        {
            continue;
        }

        if (driver->next(cursor, &key, &value) != CONF_OK
            || key.len != keys[i].len
            || memcmp(key.data, keys[i].bytes, key.len) != 0
            || value.len != key.len)
        {
            bad++;
            break;
        }
    }

    if (bad == 0 && (driver->next(cursor, &key, &value) != CONF_DONE
                     || driver->next(cursor, &key, &value) != CONF_DONE))
    {
        bad++;
    }

    /* Some are left to the transaction's end. */

    if (kit_random(seed) % 2 == 0) {
        driver->cursor_close(cursor);
    }

    return bad;
}


static void
test_cursors(const confd_store_driver_t *driver)
{
    size_t           i, n;
    uint64_t         seed;
    unsigned         bad;
    conf_str_t       key;
    confd_txn_t     *txn;
    confd_store_t   *store;
    static bytes_t   keys[KEYS];

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);
    seed = 1;

    is_int(walk(driver, txn, keys, 0, &seed), 0, "an empty space");

    for (i = 0; i < KEYS; i++) {
        random_bytes(&seed, 1, &keys[i]);
        key = (conf_str_t) { keys[i].len, keys[i].bytes };
        (void) driver->put(txn, CONFD_SPACE_MEMBER, key, key);
    }

    qsort(keys, KEYS, sizeof(keys[0]), compare);

    for (i = 1, n = 1; i < KEYS; i++) {
        if (compare(&keys[i], &keys[n - 1]) != 0) {
            keys[n++] = keys[i];
        }
    }

    bad = 0;

    for (i = 0; i < 2000; i++) {
        bad += walk(driver, txn, keys, n, &seed);
    }

    is_int(bad, 0, "2,000 cursors over %zu keys in a writer", n);
    is_int(driver->commit(txn), CONF_OK, "commit closes what is open");

    txn = kit_begin(driver, store, false);

    for (i = 0; i < 2000; i++) {
        bad += walk(driver, txn, keys, n, &seed);
    }

    is_int(bad, 0, "and in a snapshot");

    driver->abort(txn);
    driver->close(store);
    kit_remove(kit_dir);
}


static void
test_ids(const confd_store_driver_t *driver)
{
    uint64_t        i, id, bad;
    confd_txn_t    *txn;
    confd_store_t  *store;

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);
    bad = 0;

    for (i = 1; i <= 300; i++) {
        if (driver->next_id(txn, CONFD_SPACE_USER, &id) != CONF_OK || id != i)
        {
            bad++;
        }
    }

    is_int(bad, 0, "300 ids from 1, dense");
    (void) driver->next_id(txn, CONFD_SPACE_ROOM, &id);
    is_int(id, 1, "another sequence");
    (void) driver->commit(txn);

    txn = kit_begin(driver, store, true);
    (void) driver->next_id(txn, CONFD_SPACE_USER, &id);
    is_int(id, 301, "goes on");
    driver->abort(txn);

    driver->close(store);
    store = kit_open(driver, kit_dir, KIT_MB, MAP_MAX);

    txn = kit_begin(driver, store, true);
    (void) driver->next_id(txn, CONFD_SPACE_USER, &id);
    is_int(id, 301, "aborted ids are given again, also after a restart");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


static unsigned
check_log(const confd_store_driver_t *driver, confd_txn_t *txn, room_t *rooms,
    uint64_t *seed)
{
    size_t        got, want, n, i;
    room_t       *model;
    uint64_t      room, first, pos, seq, r, list[300];
    unsigned      bad;
    conf_str_t    record;

    room = kit_random(seed) % ROOMS;
    model = &rooms[room];
    first = kit_random(seed) % (model->n + 3);
    n = kit_random(seed) % conf_nelts(list);

    if (driver->log_range(txn, room, first, n, list, &got) != CONF_OK) {
        return 1;
    }

    bad = 0;
    want = 0;

    for (seq = conf_max(first, 1); seq <= model->n && seq < first + n; seq++) {
        if (want >= got || list[want] != model->pos[seq - 1]) {
            bad++;
        }

        want++;
    }

    bad += (got != want);

    if (got != 0) {
        i = kit_random(seed) % got;

        if (driver->log_get(txn, list[i], &r, &seq, &record) != CONF_OK
            || r != room || seq != conf_max(first, 1) + i
            || record.len < 8 || kit_number(record) != room * MESSAGES + seq)
        {
            bad++;
        }
    }

    pos = kit_random(seed) % (MESSAGES + 10);

    for (want = model->n; want != 0 && model->pos[want - 1] >= pos; want--) {
        /* void */
    }

    if (driver->log_seq_before(txn, room, pos, &seq) != CONF_OK || seq != want)
    {
        bad++;
    }

    return bad;
}


/* Messages to rooms at random, some rooms much more than others. */

static unsigned
fill_log(const confd_store_driver_t *driver, confd_store_t *store,
    room_t *rooms, uint64_t *seed)
{
    size_t         i, n;
    uint64_t       room, pos, seq, last;
    unsigned       bad;
    confd_txn_t   *txn;
    confd_key_t    record;

    bad = 0;
    last = 0;
    i = 0;

    while (i < MESSAGES) {
        txn = kit_begin(driver, store, true);

        /* What is aborted leaves no gap. */

        if (kit_random(seed) % 4 == 0) {
            (void) driver->log_append(txn, 0, conf_str("gone"), &pos, &seq);
            driver->abort(txn);
            continue;
        }

        for (n = kit_random(seed) % 500; n != 0 && i < MESSAGES; n--, i++) {
            room = kit_random(seed) % (kit_random(seed) % ROOMS + 1);

            confd_key_init(&record);
            confd_key_u64(&record, room * MESSAGES + rooms[room].n + 1);
            record.len += kit_random(seed) % 400;

            if (driver->log_append(txn, room, confd_key_str(&record), &pos,
                                   &seq) != CONF_OK
                || seq != rooms[room].n + 1 || pos <= last)
            {
                bad++;
            }

            last = pos;
            rooms[room].pos[rooms[room].n++] = pos;
        }

        if (driver->commit(txn) != CONF_OK) {
            bad++;
        }
    }

    return bad;
}


static void
test_log(const confd_store_driver_t *driver)
{
    size_t          i, got;
    room_t         *rooms;
    uint64_t        seed, epoch, seq, pos, next;
    unsigned        bad;
    conf_str_t      record;
    confd_txn_t    *txn;
    confd_store_t  *store;

    rooms = calloc(ROOMS, sizeof(room_t));
    if (rooms == NULL) {
        abort();
    }

    store = kit_open(driver, kit_make(), 32 * KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);

    is_int(driver->log_append(txn, 0, conf_str("x"), &pos, &seq),
           CONF_E_NOT_FOUND, "append to no room");
    is_int(driver->log_head(txn, 0, &epoch, &seq), CONF_E_NOT_FOUND,
           "head of no room");
    is_int(driver->log_range(txn, 0, 1, 1, &pos, &got), CONF_E_NOT_FOUND,
           "range of no room");
    is_int(driver->log_seq_before(txn, 0, 1, &seq), CONF_E_NOT_FOUND,
           "seq_before of no room");

    for (i = ROOMS; i != 0; i--) {
        (void) driver->log_create(txn, (i * 7) % ROOMS, 1000 + (i * 7) % ROOMS);
    }

    is_int(driver->log_create(txn, 7, 1), CONF_E_EXISTS, "a room's log twice");
    (void) driver->log_head(txn, 7, &epoch, &seq);
    ok(epoch == 1007 && seq == 0, "head of an empty log");
    is_int(driver->log_range(txn, 7, 1, 1, &pos, &got), CONF_OK, "range of it");
    is_int(got, 0, "is empty");
    (void) driver->log_seq_before(txn, 7, 100, &seq);
    is_int(seq, 0, "seq_before of it");
    is_int(driver->log_get(txn, 1, &epoch, &seq, &record), CONF_E_NOT_FOUND,
           "get of no record");
    is_int(driver->commit(txn), CONF_OK, "commit");

    seed = 42;
    is_int(fill_log(driver, store, rooms, &seed), 0, "20,000 messages");

    driver->close(store);
    store = kit_open(driver, kit_dir, 32 * KIT_MB, MAP_MAX);

    txn = kit_begin(driver, store, false);
    bad = 0;

    for (i = 0; i < 3000; i++) {
        bad += check_log(driver, txn, rooms, &seed);
    }

    is_int(bad, 0, "3,000 ranges and positions as in the model");

    for (i = 0; i < ROOMS; i++) {
        (void) driver->log_head(txn, i, &epoch, &seq);
        bad += (epoch != 1000 + i || seq != rooms[i].n);
    }

    is_int(bad, 0, "heads");
    driver->abort(txn);

    /* The newest record of all goes, its position does not come back. */

    txn = kit_begin(driver, store, true);
    (void) driver->log_append(txn, 5, conf_str(""), &pos, &seq);
    (void) driver->log_append(txn, 6, conf_str("x"), &pos, &seq);
    is_int(driver->del(txn, CONFD_SPACE_LOG, kit_key(pos)), CONF_OK,
           "del of the newest record");
    (void) driver->log_append(txn, 5, conf_str("x"), &next, &seq);
    is_int(next, pos + 1, "its position is not given again");
    is_int(driver->del(txn, CONFD_SPACE_LOG, kit_key(next)), CONF_OK, "again");
    (void) driver->commit(txn);

    txn = kit_begin(driver, store, true);
    (void) driver->log_append(txn, 5, conf_str("x"), &pos, &seq);
    is_int(pos, next + 1, "not in a later transaction either");
    driver->abort(txn);

    driver->close(store);
    free(rooms);
    kit_remove(kit_dir);
}


/* Numbers as they were, in another store. */

static void
test_load(const confd_store_driver_t *driver)
{
    size_t          got;
    uint64_t        n, pos[4], epoch, seq, room;
    conf_str_t      record;
    confd_txn_t    *txn;
    confd_store_t  *store;

    store = kit_open(driver, kit_make(), KIT_MB, MAP_MAX);
    txn = kit_begin(driver, store, true);

    is_int(driver->last_id(txn, CONFD_SPACE_USER, &n), CONF_OK, "no id yet");
    is_int(n, 0, "is zero");
    is_int(driver->set_id(txn, CONFD_SPACE_USER, 7), CONF_OK, "set");
    is_int(driver->set_id(txn, CONFD_SPACE_USER, 7), CONF_OK, "the same");
    is_int(driver->set_id(txn, CONFD_SPACE_USER, 6), CONF_E_INVALID, "less");
    (void) driver->next_id(txn, CONFD_SPACE_USER, &n);
    is_int(n, 8, "the next one");
    (void) driver->last_id(txn, CONFD_SPACE_USER, &n);
    is_int(n, 8, "is the last one");

    is_int(driver->log_load(txn, 5, 100, 63, conf_str("a")), CONF_OK,
           "a room's first record");
    is_int(driver->log_load(txn, 5, 100, 64, conf_str("b")), CONF_E_INVALID,
           "at a place that is taken");
    is_int(driver->log_load(txn, 5, 101, 63, conf_str("b")), CONF_E_INVALID,
           "a seq that is taken");
    is_int(driver->log_load(txn, 5, 101, 65, conf_str("b")), CONF_E_INVALID,
           "a gap");
    is_int(driver->log_load(txn, 5, 102, 64, conf_str("b")), CONF_OK,
           "its second");
    is_int(driver->log_set_head(txn, 5, 77, 63), CONF_E_INVALID,
           "a head behind its records");
    is_int(driver->log_set_head(txn, 5, 77, 64), CONF_OK, "the head");
    is_int(driver->log_set_head(txn, 6, 78, 9), CONF_OK,
           "of a room whose records are gone");
    is_int(driver->set_id(txn, CONFD_SPACE_LOG, 110), CONF_OK,
           "positions beyond the last record");
    is_int(driver->commit(txn), CONF_OK, "commit");

    txn = kit_begin(driver, store, true);
    (void) driver->last_id(txn, CONFD_SPACE_LOG, &n);
    is_int(n, 110, "are known");
    (void) driver->log_append(txn, 5, conf_str("c"), &n, &seq);
    ok(n == 111 && seq == 65, "and followed");
    (void) driver->log_head(txn, 5, &epoch, &seq);
    ok(epoch == 77 && seq == 65, "by the head");
    is_int(driver->log_range(txn, 5, 60, 4, pos, &got), CONF_OK, "a range");
    is_int(got, 1, "from where the room begins");
    is_int(driver->log_range(txn, 5, 63, 4, pos, &got), CONF_OK, "all of it");
    ok(got == 3 && pos[0] == 100 && pos[1] == 102 && pos[2] == 111,
       "in order");
    (void) driver->log_get(txn, 102, &room, &seq, &record);
    ok(room == 5 && seq == 64, "with its numbers");
    is_str(record, "b", "and its bytes");
    (void) driver->log_append(txn, 6, conf_str("d"), &n, &seq);
    is_int(seq, 10, "the room of no records goes on");
    is_int(driver->log_range(txn, 6, 1, 4, pos, &got), CONF_OK, "before");
    is_int(got, 0, "there is nothing");
    driver->abort(txn);

    driver->close(store);
    kit_remove(kit_dir);
}


static void
test_driver(const confd_store_driver_t *driver)
{
    printf("# driver %s\n", driver->name);

    test_records(driver);
    test_sticky(driver);
    test_cursors(driver);
    test_ids(driver);
    test_log(driver);
    test_load(driver);
}


int
main(void)
{
    test_driver(&confd_lmdb_driver);

    return tap_done();
}
