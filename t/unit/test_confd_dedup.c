
/* The index of client ids: alone, then over a log. */

#include "confd_dedup.c"
#include "confd_fixture.h"


#define T_MANY  10000


static confd_op_ctx_t  ctx;
static conf_message_t  message;


/* Entries by their number: the hash is the number, mixed. */

static uint32_t
t_hash(uint32_t n)
{
    return n * 2654435761u;
}


static void
t_insert(confd_dedup_t *dedup, uint32_t n, int64_t time_ms)
{
    if (confd_dedup_reserve(dedup) != CONF_OK) {
        fx_die("no memory");
    }

    confd_dedup_insert(dedup, t_hash(n), n, time_ms);
}


/* Whether a chain leads to it; a chain that does not end is a failure. */

static bool
t_has(confd_dedup_t *dedup, uint32_t n)
{
    uint32_t              bucket, number, steps;
    confd_dedup_entry_t  *entry;

    bucket = confd_dedup_bucket(dedup, t_hash(n));
    number = *confd_dedup_head(dedup, bucket);

    for (steps = 0; steps < 1000; steps++) {
        entry = confd_dedup_entry(dedup, number);

        if (entry == NULL
            || confd_dedup_bucket(dedup, entry->hash) != bucket)
        {
            return false;
        }

        if (entry->pos == n) {
            return true;
        }

        number = entry->older;
    }

    fx_die("an endless chain");

    return false;
}


/* How many of [from, to) are found. */

static uint32_t
t_count(confd_dedup_t *dedup, uint32_t from, uint32_t to)
{
    uint32_t  n, found;

    found = 0;

    for (n = from; n < to; n++) {
        found += t_has(dedup, n);
    }

    return found;
}


static void
test_hash(void)
{
    static const uint8_t  key[16] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    };

    uint64_t  words[2];

    memcpy(words, key, sizeof(words));
    ok(confd_dedup_sip(words, key, 0) == UINT64_C(0xabac0158050fc4dc),
       "SipHash-1-3 of nothing");
    ok(confd_dedup_sip(words, key, 8) != confd_dedup_sip(words, key, 7),
       "every byte counts");
}


static void
test_grow(void)
{
    uint32_t        n;
    confd_dedup_t  *dedup;

    dedup = confd_dedup_create(64 * 1024 * 1024);

    for (n = 0; n < 100000; n++) {
        t_insert(dedup, n, 0);
    }

    is_int(confd_dedup_count(dedup), 100000, "all are counted");
    is_int(t_count(dedup, 0, 100000), 100000, "and found");
    is_int(t_count(dedup, 100000, 200000), 0, "others are not");
    ok(dedup->nbuckets > 90000, "buckets have grown with them");

    confd_dedup_destroy(dedup);
    confd_dedup_destroy(NULL);
}


static void
test_limit(void)
{
    uint32_t        n, kept;
    confd_dedup_t  *dedup;

    dedup = confd_dedup_create(0);

    for (n = 0; n < 200000; n++) {
        t_insert(dedup, n, 0);
    }

    kept = (uint32_t) confd_dedup_count(dedup);

    ok(kept > 40000 && kept <= 12 * CONFD_DEDUP_CHUNK,
       "no more than a megabyte holds");
    is_int(t_count(dedup, 200000 - kept, 200000), kept, "the newest");
    is_int(t_count(dedup, 0, 200000 - kept), 0, "not the others");

    confd_dedup_destroy(dedup);
}


static void
test_wrap(void)
{
    uint32_t        n, kept, page;
    confd_dedup_t  *dedup;

    /* Numbers pass zero; heads that were never used point anywhere. */

    dedup = confd_dedup_create(0);
    dedup->first = UINT32_MAX - 2 * CONFD_DEDUP_CHUNK + 1;
    dedup->end = dedup->first;

    for (page = 0; page < CONFD_DEDUP_CHUNK; page++) {
        dedup->pages[0]->heads[page] = dedup->first + page * 3;
    }

    for (n = 0; n < 60000; n++) {
        t_insert(dedup, n, 0);
    }

    kept = (uint32_t) confd_dedup_count(dedup);
    is_int(t_count(dedup, 60000 - kept, 60000), kept, "over the end");
    is_int(t_count(dedup, 0, 60000 - kept), 0, "and no more");

    confd_dedup_destroy(dedup);
}


static void
t_context(void)
{
    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(&ctx);
}


static void
test_expire(void)
{
    uint32_t  n;

    t_context();

    for (n = 0; n < 10000; n++) {
        t_insert(fx.dedup, n, ctx.now_ms + n);
    }

    ctx.now_ms += fx.conf.dedup_ms;
    confd_dedup_expire(&ctx);
    is_int(confd_dedup_count(fx.dedup), 10000, "a chunk goes as a whole");

    ctx.now_ms += 5000;
    confd_dedup_expire(&ctx);
    is_int(confd_dedup_count(fx.dedup), 10000 - CONFD_DEDUP_CHUNK,
           "when its newest is too old");
    is_int(t_count(fx.dedup, CONFD_DEDUP_CHUNK, 10000),
           10000 - CONFD_DEDUP_CHUNK, "the others are found");

    ctx.now_ms += 10000;
    confd_dedup_expire(&ctx);
    is_int(confd_dedup_count(fx.dedup), 0, "in the end nothing is left");
    is_int(fx.dedup->nbuckets, CONFD_DEDUP_CHUNK, "nor its buckets");
    ok(fx.dedup->pages[1] == NULL && fx.dedup->nchunks == 0, "nor memory");

    t_insert(fx.dedup, 7, ctx.now_ms);
    ok(t_has(fx.dedup, 7), "and it starts again");
}


static uint64_t
t_post(uint64_t user, uint64_t room, size_t n)
{
    char  id[32];

    (void) snprintf(id, sizeof(id), "id-%zu", n);

    if (fx_post(user, room, "x", id, &message) != CONF_OK) {
        fx_die("cannot post");
    }

    return message.id;
}


/* As after a start: an index that has seen nothing. */

static void
t_restart(void)
{
    confd_dedup_destroy(fx.dedup);

    fx.dedup = confd_dedup_create(0);
    if (fx.dedup == NULL) {
        fx_die("no memory");
    }
}


static void
test_log(void)
{
    size_t     i, good;
    uint64_t   user, room;
    uint64_t  *id;

    id = calloc(T_MANY, sizeof(uint64_t));
    if (id == NULL) {
        fx_die("no memory");
    }

    user = fx_user("dedup");
    room = fx_room(user, "dedup");

    for (i = 0; i < T_MANY; i++) {
        fx.now_ms++;
        id[i] = t_post(user, room, i);
    }

    is_int(message.seq, T_MANY, "posted");

    for (i = 0, good = 0; i < T_MANY; i += 7) {
        good += t_post(user, room, i) == id[i];
    }

    is_int(good, (T_MANY + 6) / 7, "each is known");

    t_restart();
    is_int(t_post(user, room, 0), id[0], "from the log after a start");
    is_int(confd_dedup_count(fx.dedup), T_MANY, "all of it");

    for (i = 0, good = 0; i < T_MANY; i += 7) {
        good += t_post(user, room, i) == id[i];
    }

    is_int(good, (T_MANY + 6) / 7, "each of them");

    /* The first half is too old. */

    fx.now_ms += fx.conf.dedup_ms - T_MANY / 2;
    t_restart();
    ok(t_post(user, room, T_MANY - 1) == id[T_MANY - 1],
       "after a later start");
    is_int(confd_dedup_count(fx.dedup), T_MANY / 2,
           "as much as is young enough");
    ok(t_post(user, room, 1) != id[1], "the older are forgotten");
    is_int(message.seq, T_MANY + 1, "and stored anew");

    /* The newest is gone from the log: what points there finds nothing. */

    fx.now_ms += 10;
    id[2] = t_post(user, room, 2);
    t_context();

    if (confd_lmdb_driver.begin(fx.store, true, &ctx.txn) == CONF_OK) {
        confd_key_t  key;

        (void) confd_lmdb_driver.del(ctx.txn, CONFD_SPACE_LOG,
                                     confd_record_key(&key, id[2]));
        (void) confd_lmdb_driver.commit(ctx.txn);
    }

    ok(t_post(user, room, 2) != id[2], "a record that is gone");

    fx.now_ms += fx.conf.dedup_ms;
    t_restart();
    (void) t_post(user, room, 3);
    is_int(message.seq, T_MANY + 4, "a start with nothing young");
    is_int(confd_dedup_count(fx.dedup), 2, "that op's own, run twice");

    free(id);
}


int
main(void)
{
    test_hash();
    test_grow();
    test_limit();
    test_wrap();

    fx_open();
    test_expire();
    fx_close();

    fx_open();
    test_log();
    fx_close();

    return tap_done();
}
