
#include "tap.h"

#include "conf_cache.c"

#include "conf_shm_malloc.c"
#include "conf_shm_mmap.c"


static conf_shm_malloc_t  m;
static conf_buf_t         buf;


static conf_cache_key_t
test_key(conf_cache_kind_e kind, uint64_t room, uint64_t user)
{
    conf_cache_key_t  key;

    key.kind = kind;
    key.room = room;
    key.user = user;

    return key;
}

#define user_of(u)        test_key(CONF_CACHE_USER, 0, u)
#define room_of(r)        test_key(CONF_CACHE_ROOM, r, 0)
#define members_of(r)     test_key(CONF_CACHE_MEMBERS, r, 0)
#define member_of(r, u)   test_key(CONF_CACHE_MEMBER, r, u)


static conf_rc_t
test_put(conf_cache_key_t key, uint64_t rev, const char *value)
{
    conf_str_t  s;

    s.len = strlen(value);
    s.data = (const uint8_t *) value;

    return conf_cache_put(&m.shm, key, rev, s);
}


static bool
test_get(conf_cache_key_t key, const char *value)
{
    conf_rc_t  rc;

    rc = conf_cache_get(&m.shm, key, &buf);

    if (value == NULL) {
        return rc == CONF_E_NOT_FOUND;
    }

    return rc == CONF_OK && buf.len == strlen(value)
           && memcmp(buf.data, value, buf.len) == 0;
}


static void
test_basic(void)
{
    conf_shm_stat_t  stat;

    ok(test_get(user_of(1), NULL), "nothing is there");
    is_int(test_put(user_of(1), 10, "one"), CONF_OK, "put");
    ok(test_get(user_of(1), "one"), "get");
    ok(test_get(user_of(2), NULL) && test_get(room_of(1), NULL)
       && test_get(member_of(0, 1), NULL), "nobody else");

    is_int(test_put(user_of(1), 9, "old"), CONF_DONE, "an older one");
    ok(test_get(user_of(1), "one"), "changes nothing");
    is_int(test_put(user_of(1), 11, "a newer one"), CONF_OK, "a newer one");
    ok(test_get(user_of(1), "a newer one"), "does");
    is_int(test_put(user_of(1), 11, "the same"), CONF_OK, "the same again");
    ok(test_get(user_of(1), "the same"), "replaces it");

    is_int(test_put(room_of(7), 1, ""), CONF_OK, "an empty value");
    ok(test_get(room_of(7), ""), "is a value");
    is_int(test_put(test_key((conf_cache_kind_e) 99, 1, 1), 1, "?"),
           CONF_DONE, "no such kind");

    conf_shm_stat(&m.shm, &stat);
    ok(stat.cached == 2 && stat.cache_hits == 5 && stat.cache_misses == 4,
       "counted");
}


static void
test_large(void)
{
    uint8_t     *data;
    conf_str_t   value;
    conf_buf_t   small;

    data = malloc(CONF_CACHE_VALUE_MAX + 1);
    memset(data, 'x', CONF_CACHE_VALUE_MAX + 1);

    value.data = data;
    value.len = CONF_CACHE_VALUE_MAX;
    is_int(conf_cache_put(&m.shm, members_of(1), 1, value), CONF_OK,
           "the largest value");
    ok(conf_cache_get(&m.shm, members_of(1), &buf) == CONF_OK
       && buf.len == value.len && memcmp(buf.data, data, buf.len) == 0,
       "comes back");

    value.len++;
    is_int(conf_cache_put(&m.shm, members_of(2), 1, value), CONF_DONE,
           "a larger one is not kept");

    conf_buf_init(&small, 100);
    is_int(conf_cache_get(&m.shm, members_of(1), &small), CONF_E_NOT_FOUND,
           "a buffer that may not hold it");
    conf_buf_free(&small);
    free(data);
}


static void
test_floors(void)
{
    uint64_t  r;

    conf_cache_flush(&m.shm);
    test_put(user_of(1), 10, "u1");
    test_put(user_of(2), 10, "u2");
    test_put(room_of(5), 10, "r5");
    test_put(members_of(5), 10, "m5");
    test_put(members_of(6), 10, "m6");
    test_put(member_of(5, 1), 10, "5/1");
    test_put(member_of(5, 2), 10, "5/2");

    conf_cache_touch(&m.shm, 1, 5, 9);
    ok(test_get(member_of(5, 1), "5/1") && test_get(room_of(5), "r5"),
       "an old touch changes nothing");

    conf_cache_touch(&m.shm, 1, 5, 11);
    ok(test_get(member_of(5, 1), NULL) && test_get(room_of(5), NULL)
       && test_get(members_of(5), NULL), "a membership");
    ok(test_get(member_of(5, 2), "5/2") && test_get(user_of(1), "u1")
       && test_get(members_of(6), "m6"), "and nothing else");

    is_int(test_put(member_of(5, 1), 10, "5/1"), CONF_DONE, "below its floor");
    is_int(test_put(members_of(5), 10, "m5"), CONF_DONE, "below its floor");
    is_int(test_put(member_of(5, 1), 11, "5/1"), CONF_OK, "at its floor");
    is_int(test_put(room_of(5), 12, "r5"), CONF_OK, "above");
    is_int(test_put(members_of(5), 12, "m5"), CONF_OK, "above");

    conf_cache_touch(&m.shm, 2, 0, 20);
    ok(test_get(user_of(2), NULL) && test_get(members_of(5), NULL)
       && test_get(members_of(6), NULL), "a user, and all lists");
    ok(test_get(user_of(1), "u1") && test_get(room_of(5), "r5")
       && test_get(member_of(5, 1), "5/1"), "and nothing else");
    is_int(test_put(members_of(99), 19, "old"), CONF_DONE,
           "no list of before");
    is_int(test_put(members_of(99), 20, "new"), CONF_OK, "one of then");

    conf_cache_touch(&m.shm, 0, 5, 30);
    ok(test_get(room_of(5), NULL) && test_get(member_of(5, 1), NULL)
       && test_get(member_of(5, 2), NULL), "a room and its members");
    ok(test_get(user_of(1), "u1") && test_get(members_of(99), "new"),
       "and nothing else");

    conf_cache_touch(&m.shm, 0, 5, 25);
    is_int(test_put(room_of(5), 29, "r5"), CONF_DONE, "a floor never sinks");

    /* Others share floors: refused sometimes, never too old. */

    for (r = 1; r <= 30000; r++) {
        conf_cache_touch(&m.shm, 0, r, 1000 + r);
    }

    for (r = 1; r <= 30000; r++) {
        if (test_put(room_of(r), 1000 + r - 1, "old") != CONF_DONE) {
            break;
        }
    }

    is_int(r, 30001, "none below its floor among many");

    conf_cache_flush(&m.shm);
    is_int(test_put(room_of(5), 1, "another store"), CONF_OK,
           "after a flush all begins anew");
    ok(test_get(user_of(1), NULL) && test_get(room_of(5), "another store"),
       "and nothing is left");
}


static void
test_lru(void)
{
    bool               first;
    char               wide[2000];
    size_t             i, n;
    conf_wake_t        wake;
    conf_join_t        join = { conf_channel(CONF_CHANNEL_ROOM, 1), 0, 0,
                                true, NULL };
    conf_event_t       event;
    conf_worker_t      worker;
    conf_shm_stat_t    stat;

    conf_cache_flush(&m.shm);
    conf_worker_attach(&m.shm, 1, &worker);

    m.limit = m.bytes + 100 * (sizeof(conf_shm_copy_t) + 10);

    for (i = 1; i <= 100; i++) {
        test_put(user_of(i), 1, "0123456789");
    }

    conf_shm_stat(&m.shm, &stat);
    is_int(stat.cached, 100, "full");
    ok(test_get(user_of(1), "0123456789"), "one is used");

    is_int(test_put(user_of(101), 1, "0123456789"), CONF_OK, "one more");
    ok(test_get(user_of(1), "0123456789"), "what is used stays");
    ok(test_get(user_of(2), NULL) && test_get(user_of(100), "0123456789"),
       "the oldest goes");
    memset(wide, 'x', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';

    is_int(test_put(user_of(1000), 1, wide), CONF_DONE, "no room");

    /* Others take what they need. */

    for (i = 1; i < 8; i++) {
        test_put(user_of(2000 + i), 1, "0123456789");
    }

    is_int(conf_session_open(&m.shm, &worker, 1, 1), CONF_OK, "a session");
    is_int(conf_channel_join(&m.shm, 1, &join, &first), CONF_OK, "a channel");

    memset(&event, 0, sizeof(event));
    event.channel = join.channel;

    for (n = 0; n < 1000; n++) {
        if (conf_channel_publish(&m.shm, &event, &wake) != CONF_OK) {
            break;
        }
    }

    conf_shm_stat(&m.shm, &stat);
    ok(n > 50 && stat.cached == 0, "%zu events, until no copy is left", n);
    is_int(stat.zone_full, 1, "then it is full");
    is_int(test_put(user_of(1), 1, "x"), CONF_DONE, "for copies, too");

    m.limit = 0;
    conf_session_close(&m.shm, 1, NULL, NULL);

    while (conf_worker_detach(&m.shm, &worker, NULL, NULL) == CONF_OK) {
        /* void */
    }
}


/* Whatever fails, a copy is there or not, and nothing leaks. */

static void
test_failures(void)
{
    size_t  n, bad, live;

    conf_cache_flush(&m.shm);
    live = m.live;
    bad = 0;

    for (n = 1; n <= 3; n++) {
        test_put(user_of(1), 1, "one");
        conf_shm_malloc_fail(&m, n, true);

        if (test_put(user_of(2), 1, "two") == CONF_OK) {
            bad += !test_get(user_of(2), "two") || !test_get(user_of(1), "one");
        } else {
            bad += !test_get(user_of(2), NULL) || !test_get(user_of(1), NULL);
        }

        conf_shm_malloc_fail(&m, 0, false);
        conf_cache_flush(&m.shm);
        bad += m.live != live;
    }

    is_int(bad, 0, "allocations fail");
}


/* A real slab: copies leave a part of the zone free, and give way. */

static void
test_reserve(void)
{
    bool             first;
    size_t           i, max, least, n;
    uint8_t          data[2000];
    conf_str_t       value;
    conf_join_t      join;
    conf_worker_t    worker;
    conf_shm_mmap_t  z;
    conf_shm_stat_t  stat;

    memset(data, 'x', sizeof(data));
    memset(&join, 0, sizeof(join));
    value.data = data;

    conf_shm_mmap_init(&z, 4 * 1024 * 1024);
    conf_worker_attach(&z.shm, 1, &worker);
    max = z.zone->nfree;
    least = max;

    for (i = 1; i < 50000; i++) {
        value.len = i * 37 % (i < 25000 ? 150 : sizeof(data));
        (void) conf_cache_put(&z.shm, user_of(i), 1, value);
        least = conf_min(least, z.zone->nfree);
    }

    conf_shm_stat(&z.shm, &stat);
    ok(least + 1 >= max / 8 && stat.cached > 500,
       "%zu copies, at least %zu of %zu pages stay free",
       (size_t) stat.cached, least, max);

    n = 0;

    for (i = 1; i < 20000; i++) {
        join.channel = conf_channel(CONF_CHANNEL_ROOM, i);

        if (conf_session_open(&z.shm, &worker, i, i) != CONF_OK
            || conf_channel_join(&z.shm, i, &join, &first) != CONF_OK)
        {
            break;
        }

        n++;
    }

    ok(n * 350 > max * 4096 * 8 / 10, "%zu sessions take their place", n);

    conf_shm_mmap_done(&z);
}


/* Who has what a copy says: it is read without being copied. */

static void
test_same(void)
{
    conf_shm_stat_t     before, stat;
    conf_cache_stamp_t  stamp = { 0, 0 }, first;

    conf_shm_stat(&m.shm, &before);

    ok(!conf_cache_same(&m.shm, room_of(50), &stamp) && stamp.rev == 0,
       "no copy is no stamp's");
    (void) test_put(room_of(50), 20, "fifty");
    ok(!conf_cache_same(&m.shm, room_of(50), &stamp) && stamp.rev == 20,
       "one that was not seen yet");
    first = stamp;
    ok(conf_cache_same(&m.shm, room_of(50), &stamp)
       && conf_cache_same(&m.shm, room_of(50), &stamp), "the same");
    ok(!conf_cache_same(&m.shm, room_of(51), &stamp), "not another record's");

    stamp = first;
    (void) test_put(room_of(50), 21, "newer");
    ok(!conf_cache_same(&m.shm, room_of(50), &stamp) && stamp.rev == 21,
       "a newer one");
    conf_cache_touch(&m.shm, 0, 50, 22);
    ok(!conf_cache_same(&m.shm, room_of(50), &stamp) && stamp.rev == 0,
       "none is left after a touch");

    conf_shm_stat(&m.shm, &stat);
    is_int(stat.cache_hits - before.cache_hits, 2, "reads are counted");
    is_int(stat.cache_misses - before.cache_misses, 3, "and misses");

    (void) test_put(room_of(50), 22, "x");
    (void) conf_cache_same(&m.shm, room_of(50), &stamp);
    conf_cache_flush(&m.shm);
    (void) test_put(room_of(50), 22, "y");
    first = stamp;
    ok(!conf_cache_same(&m.shm, room_of(50), &stamp)
       && stamp.rev == first.rev && stamp.era != first.era,
       "another store's has the revision, not the era");
}


int
main(void)
{
    size_t  live;

    conf_shm_malloc_init(&m);
    conf_buf_init(&buf, 0);
    live = m.live;

    test_basic();
    test_large();
    test_floors();
    test_lru();
    test_same();
    test_failures();
    conf_cache_flush(&m.shm);
    is_int(m.live, live, "nothing is left");
    test_reserve();

    conf_buf_free(&buf);
    conf_shm_malloc_done(&m);

    return tap_done();
}
