
#include "tap.h"

#include "conf_inbox.c"
#include "conf_publish.c"

#include "conf_shm_malloc.c"


#define ROOM(n)       conf_channel(CONF_CHANNEL_ROOM, (uint64_t) (n))
#define TEST_EPOCH    3
#define TEST_SEQS     3000


static conf_shm_malloc_t  m;
static conf_worker_t      a, b;
static conf_wake_t        wake;
static conf_buf_t         buf;


static conf_rc_t
test_publish_to(uint64_t channel, uint64_t epoch, uint64_t seq, uint64_t to)
{
    conf_event_t  event;

    memset(&event, 0, sizeof(event));
    event.channel = channel;
    event.epoch = epoch;
    event.seq = seq;
    event.from = 0;
    event.to = to;
    event.type = (uint32_t) seq;
    event.body = conf_str("the body");

    return conf_channel_publish(&m.shm, &event, &wake);
}


static conf_rc_t
test_publish(uint64_t seq)
{
    return test_publish_to(ROOM(1), TEST_EPOCH, seq, 0);
}


static void
test_enter(const conf_worker_t *w, uint64_t session, uint64_t room,
    uint64_t seq)
{
    bool         first;
    conf_join_t  join;

    join.channel = ROOM(room);
    join.epoch = TEST_EPOCH;
    join.seq = seq;
    join.subscribe = true;
    join.peer = NULL;

    conf_session_open(&m.shm, w, session, session);
    conf_channel_join(&m.shm, session, &join, &first);
}


/* The seqs that came, as "1 2 3". */

static const char *
test_drain(const conf_worker_t *w)
{
    bool          lost;
    size_t        pos, n;
    conf_event_t  event;
    static char   text[400];

    n = 0;
    pos = 0;
    text[0] = '\0';

    if (conf_inbox_drain(&m.shm, w, &buf, 1 << 20, &lost) != CONF_DONE) {
        return "not empty";
    }

    while (conf_inbox_next(&buf, &pos, &event) == CONF_OK && n < 380) {
        n += (size_t) snprintf(text + n, sizeof(text) - n, "%s%" PRIu64,
                               n == 0 ? "" : " ", event.seq);
    }

    return lost ? "lost" : text;
}

#define came(w, want, ...)                                                    \
    do {                                                                      \
        const char  *got = test_drain(w);                                     \
                                                                              \
        is_mem(got, strlen(got), want, strlen(want), __VA_ARGS__);            \
    } while (0)


static conf_rc_t
test_gap(int64_t age_ms, uint64_t *first, uint64_t *last)
{
    conf_rc_t   rc;
    conf_gap_t  gap;

    rc = conf_channel_gap(&m.shm, age_ms, &gap);

    if (rc == CONF_OK) {
        *first = gap.first;
        *last = gap.last;
        rc = gap.channel == ROOM(1) && gap.epoch == TEST_EPOCH ? CONF_OK : 99;
    }

    return rc;
}


static void
test_reset(uint64_t seq)
{
    conf_shm_malloc_done(&m);
    conf_shm_malloc_init(&m);

    conf_worker_attach(&m.shm, 1, &a);
    conf_worker_attach(&m.shm, 2, &b);

    test_enter(&a, 1, 1, seq);
    test_enter(&b, 2, 1, seq);
}


static void
test_once(void)
{
    bool          lost;
    size_t        pos;
    conf_rc_t     rc;
    conf_event_t  event;

    test_reset(0);
    test_enter(&a, 3, 2, 0);

    is_int(test_publish_to(ROOM(9), 0, 0, 0), CONF_DONE, "nobody is there");
    is_int(wake.n, 0, "nobody is woken");

    is_int(test_publish(0), CONF_OK, "published");
    ok(wake.n == 2 && wake.workers[0].number != wake.workers[1].number,
       "both are woken");
    ok(test_publish(0) == CONF_OK && wake.n == 0, "once");
    ok(test_publish_to(ROOM(2), 0, 0, 0) == CONF_OK && wake.n == 0,
       "another channel, the same inbox");

    came(&a, "0 0 0", "three for one");
    came(&b, "0 0", "two for the other");
    ok(test_publish(0) == CONF_OK && wake.n == 2, "woken again");

    /* For one: its worker only, and only while it is there. */

    came(&a, "0", "a");
    came(&b, "0", "b");
    ok(test_publish_to(ROOM(1), 0, 0, 2) == CONF_OK && wake.n == 1
       && wake.workers[0].number == b.number, "for one session");
    came(&a, "", "not for a");
    came(&b, "0", "for b");
    is_int(test_publish_to(ROOM(1), 0, 0, 3), CONF_DONE, "not in it");
    is_int(test_publish_to(ROOM(1), 0, 0, 4), CONF_DONE, "not at all");

    /* Fields and bytes. */

    memset(&event, 0, sizeof(event));
    event.channel = ROOM(1);
    event.epoch = 7;
    event.seq = 0;
    event.from = UINT64_MAX;
    event.to = 1;
    event.type = UINT32_MAX;
    event.body = conf_str("\0\1\2");
    is_int(conf_channel_publish(&m.shm, &event, &wake), CONF_OK, "published");
    event.to = 0;
    event.body.len = 0;
    conf_channel_publish(&m.shm, &event, &wake);

    rc = conf_inbox_drain(&m.shm, &a, &buf, 100, &lost);
    memset(&event, 0, sizeof(event));
    pos = 0;
    ok(rc == CONF_OK && conf_inbox_next(&buf, &pos, &event) == CONF_OK
       && event.channel == ROOM(1) && event.epoch == 7 && event.seq == 0
       && event.from == UINT64_MAX && event.to == 1
       && event.type == UINT32_MAX && event.body.len == 3
       && memcmp(event.body.data, "\0\1\2", 3) == 0, "all fields");
    is_int(conf_inbox_next(&buf, &pos, &event), CONF_DONE, "one by bytes");
    came(&a, "0", "the other, without a body");
    came(&b, "0", "b");
    is_int(m.root->nevents, 0, "no event is held");
}


static void
test_order(void)
{
    uint64_t    first, last;
    conf_gap_t  gap = { ROOM(1), TEST_EPOCH, 0, 0 };
    conf_channel_head_t  head;

    test_reset(10);

    is_int(test_publish(10), CONF_DONE, "it came before");
    is_int(test_publish(11), CONF_OK, "the next");
    is_int(test_publish(11), CONF_DONE, "again");
    is_int(test_publish(13), CONF_AGAIN, "early");
    is_int(test_publish(13), CONF_DONE, "early again");
    is_int(test_publish(16), CONF_AGAIN, "earlier still");
    came(&a, "11", "so far");
    came(&b, "11", "for all");

    is_int(test_gap(500, &first, &last), CONF_DONE, "not a gap yet");
    m.now_ms += 500;
    ok(test_gap(500, &first, &last) == CONF_OK && first == 12 && last == 12,
       "now it is");
    is_int(test_gap(500, &first, &last), CONF_DONE, "reported once");
    m.now_ms += 500;
    ok(test_gap(500, &first, &last) == CONF_OK && first == 12, "and again");
    m.now_ms -= 10000;
    ok(test_gap(500, &first, &last) == CONF_OK, "the clock went back");
    is_int(test_gap(500, &first, &last), CONF_DONE, "only once");

    is_int(test_publish(12), CONF_OK, "repaired");
    ok(wake.n == 2, "both are woken");
    came(&a, "12 13", "what waited goes out");
    m.now_ms += 500;
    ok(test_gap(500, &first, &last) == CONF_OK && first == 14 && last == 15,
       "the next gap");

    is_int(test_publish(0), CONF_OK, "what is not durable does not wait");
    is_int(test_publish(15), CONF_AGAIN, "a part of it");
    conf_channel_heads(&m.shm, 0, &head, 1);
    is_int(head.seq, 13, "the head is what went out");

    gap.first = 15;
    gap.last = 20;
    conf_channel_skip(&m.shm, &gap, &wake);
    came(&a, "0", "a skip behind a gap is nothing");
    gap.first = 14;
    gap.last = 15;
    gap.epoch++;
    conf_channel_skip(&m.shm, &gap, &wake);
    came(&a, "", "nor is one of another epoch");
    gap.epoch--;
    conf_channel_skip(&m.shm, &gap, &wake);
    ok(wake.n == 1, "a is woken");
    came(&a, "15 16", "given up: what came goes out");
    conf_channel_skip(&m.shm, &gap, &wake);
    came(&a, "", "again is nothing");
    is_int(test_gap(0, &first, &last), CONF_DONE, "no gap");
    is_int(test_publish(17), CONF_OK, "and on");

    gap.first = 18;
    gap.last = 20;
    conf_channel_skip(&m.shm, &gap, &wake);
    is_int(test_publish(20), CONF_DONE, "given up before any came");
    is_int(test_publish(21), CONF_OK, "and on");
    came(&b, "12 13 0 15 16 17 21", "the other has the same");
    came(&a, "17 21", "all of it");

    /* Durable, for a session that has left: its place is taken. */

    is_int(test_publish_to(ROOM(1), TEST_EPOCH, 22, 99), CONF_DONE, "nobody");
    is_int(test_publish(23), CONF_OK, "and on");
    is_int(m.root->nevents, 1, "an event is held once");
}


static void
test_epoch(void)
{
    uint64_t  first, last;

    test_reset(10);

    test_publish(12);
    test_publish(13);
    is_int(m.root->nevents, 2, "two wait");
    is_int(test_publish_to(ROOM(1), 4, 2, 0), CONF_OK, "another epoch");
    is_int(m.root->nevents, 1, "what waited is gone");
    is_int(test_publish_to(ROOM(1), 4, 2, 0), CONF_DONE, "came before");
    is_int(test_publish_to(ROOM(1), 4, 3, 0), CONF_OK, "the next");
    is_int(test_gap(0, &first, &last), CONF_DONE, "no gap");
    came(&a, "2 3", "in order");

    test_publish_to(ROOM(1), 4, 9, 0);
    conf_session_close(&m.shm, 1, NULL, NULL);
    conf_session_close(&m.shm, 2, NULL, NULL);
    is_int(test_gap(0, &first, &last), CONF_DONE, "a gap ends with it");
    came(&b, "2 3", "what was in the inbox stays");
    is_int(m.root->nevents, 0, "no event is held");
}


/* More than may wait, from the newest to the oldest, and repaired. */

static void
test_late_max(void)
{
    size_t     turns, bad;
    uint64_t   seq, first, last;

    test_reset(0);
    bad = 0;

    for (seq = TEST_SEQS; seq > 1; seq--) {
        bad += test_publish(seq) != CONF_AGAIN;
    }

    is_int(bad, 0, "they wait");
    is_int(m.root->nevents, CONF_LATE_MAX, "as many as may");

    for (seq = 2; seq < TEST_SEQS; seq++) {
        bad += test_publish(seq) == CONF_OK;
    }

    is_int(m.root->nevents, CONF_LATE_MAX, "no more than that");

    for (turns = 0; turns < 100; turns++) {
        if (test_gap(0, &first, &last) != CONF_OK) {
            break;
        }

        if (turns == 1) {
            ok(first == CONF_LATE_MAX + 2 && last == TEST_SEQS,
               "the gap covers what was dropped");
        }

        for (seq = first; seq <= last; seq++) {
            bad += test_publish(seq) != CONF_OK;
        }
    }

    is_int(turns, 2, "repaired");
    is_int(bad, 0, "each was needed");
    is_int(m.root->workers[0].depth, TEST_SEQS, "all came");
    is_int(m.root->nspares, CONF_GAP_SPARES, "spares are complete");
}


static void
test_full_inbox(void)
{
    bool                lost;
    size_t              n;
    conf_rc_t           rc;
    conf_event_t        event;
    static uint8_t      large[CONF_INBOX_BYTES / 4];
    conf_worker_stat_t  stats[CONF_WORKERS_MAX];

    test_reset(0);

    for (n = 0; n < CONF_INBOX_EVENTS + 10; n++) {
        (void) test_publish(0);
    }

    conf_worker_list(&m.shm, stats);
    ok(stats[0].depth == CONF_INBOX_EVENTS && stats[0].dropped == 10,
       "no more references than the ring has");

    rc = conf_inbox_drain(&m.shm, &a, &buf, 1000, &lost);
    ok(rc == CONF_OK && lost, "some were lost");
    rc = conf_inbox_drain(&m.shm, &a, &buf, 1 << 22, &lost);
    ok(rc == CONF_DONE && !lost, "told once");
    ok(test_publish(0) == CONF_OK && wake.n == 1, "rings again");
    came(&a, "0", "goes on");

    /* By bytes. */

    memset(&event, 0, sizeof(event));
    event.channel = ROOM(1);
    event.body.data = large;
    event.body.len = sizeof(large);
    rc = conf_inbox_drain(&m.shm, &b, &buf, 1 << 22, &lost);

    for (n = 0; n < 4; n++) {
        conf_channel_publish(&m.shm, &event, &wake);
    }

    conf_worker_list(&m.shm, stats);
    ok(stats[0].depth == 3 && stats[0].dropped == 11
       && stats[0].bytes < CONF_INBOX_BYTES, "no more bytes than may");

    rc = conf_inbox_drain(&m.shm, &a, &buf, 1000, &lost);
    ok(rc == CONF_OK && lost && buf.len > sizeof(large),
       "one that is larger than asked for");
    rc = conf_inbox_drain(&m.shm, &a, &buf, 1 << 23, &lost);
    ok(rc == CONF_DONE && buf.len > 2 * sizeof(large), "two");

    /* A buffer that may not hold it. */

    conf_buf_free(&buf);
    conf_buf_init(&buf, 2000);
    (void) test_publish(0);
    rc = conf_inbox_drain(&m.shm, &b, &buf, 1 << 20, &lost);
    ok(rc == CONF_DONE && lost && buf.len != 0, "is passed over");
    conf_buf_free(&buf);
    conf_buf_init(&buf, 0);

    rc = conf_inbox_drain(&m.shm, &a, &buf, 0, &lost);
    ok(rc == CONF_DONE && buf.len != 0, "at least one");
    is_int(m.root->nevents, 0, "no event is held");

    a.number++;
    is_int(conf_inbox_drain(&m.shm, &a, &buf, 1, &lost), CONF_E_CONFLICT,
           "not attached");
}


/*
 * No memory, at each allocation of each publish: a durable event comes
 * later, once, in its place; the others come or do not.
 */

static void
test_failures(void)
{
    size_t     n, on, bad, turns;
    uint64_t   seq, first, last;
    conf_rc_t  rc;
    static const uint64_t  seqs[] = { 1, 4, 2, 6, 3, 5, 9, 7, 8, 10 };

    bad = 0;

    for (on = 0; on < 2; on++) {
        for (n = 1; n < 30; n++) {
            test_reset(0);
            conf_shm_malloc_fail(&m, n, on == 1);

            for (seq = 0; seq < conf_nelts(seqs); seq++) {
                rc = test_publish(seqs[seq]);
                bad += rc < CONF_DONE || rc == 99
                       || (rc > 0 && rc != CONF_E_ZONE_FULL);
            }

            conf_shm_malloc_fail(&m, 0, false);

            for (turns = 0; turns < 20; turns++) {
                if (test_gap(0, &first, &last) != CONF_OK) {
                    break;
                }

                for (seq = first; seq <= last; seq++) {
                    (void) test_publish(seq);
                }
            }

            bad += strcmp(test_drain(&a), "1 2 3 4 5 6 7 8 9 10") != 0;
            bad += strcmp(test_drain(&b), "1 2 3 4 5 6 7 8 9 10") != 0;
            bad += m.root->nevents != 0
                   || m.root->nspares != CONF_GAP_SPARES;
        }
    }

    is_int(bad, 0, "allocations fail, gaps are repaired");

    test_reset(0);
    conf_shm_malloc_fail(&m, 1, true);
    is_int(test_publish(0), CONF_E_ZONE_FULL, "no memory");
    is_int(wake.n, 0, "nobody is woken");
    conf_shm_malloc_fail(&m, 0, false);
    came(&a, "", "nothing came");
    is_int(m.root->zone_full, 1, "counted");
}


/* Shuffled, some lost, gaps repaired now and then: always in order. */

static void
test_random_order(void)
{
    size_t    i, bad;
    uint64_t  seq, top, first, last, next[2];

    srandom(5);
    test_reset(0);
    bad = 0;
    top = 0;
    next[0] = 0;
    next[1] = 0;

    for (i = 0; i < 20000; i++) {
        seq = top + 1 - (uint64_t) (random() % 12);

        if ((int64_t) seq > 0 && random() % 4 != 0) {
            top = conf_max(top, seq + (uint64_t) (random() % 2));
            (void) test_publish(seq);
        }

        if (random() % 50 == 0 && test_gap(0, &first, &last) == CONF_OK) {
            for (seq = first; seq <= last; seq++) {
                (void) test_publish(seq);
            }
        }

        if (random() % 20 == 0) {
            bool          lost;
            size_t        w, pos;
            conf_event_t  event;

            w = (size_t) random() % 2;
            pos = 0;
            (void) conf_inbox_drain(&m.shm, w == 0 ? &a : &b, &buf, 500,
                                    &lost);

            while (conf_inbox_next(&buf, &pos, &event) == CONF_OK) {
                bad += event.seq != ++next[w];
            }
        }
    }

    ok(bad == 0 && next[0] > 500, "in order, exactly once: %" PRIu64, next[0]);
}


int
main(void)
{
    conf_buf_init(&buf, 0);
    conf_shm_malloc_init(&m);

    test_once();
    test_order();
    test_epoch();
    test_late_max();
    test_full_inbox();
    test_failures();
    test_random_order();

    /* All that was taken is given back. */

    test_reset(0);
    test_publish(5);
    test_publish(1);

    while (conf_worker_detach(&m.shm, &a, NULL, NULL) == CONF_OK
           || conf_worker_detach(&m.shm, &b, NULL, NULL) == CONF_OK)
    {
        /* void */
    }

    is_int(m.live, 1 + 5 * 2 + CONF_GAP_SPARES, "nothing is left");

    conf_shm_malloc_done(&m);
    conf_buf_free(&buf);

    return tap_done();
}
