
#include "tap.h"

#include "conf_channel.c"
#include "conf_session.c"

#include "conf_shm_malloc.c"


#define ROOM(n)         conf_channel(CONF_CHANNEL_ROOM, (uint64_t) (n))
#define OWN(n)          conf_channel(CONF_CHANNEL_USER, (uint64_t) (n))

#define TEST_WORKERS    4
#define TEST_SESSIONS   60
#define TEST_USERS      20
#define TEST_CHANNELS   12
#define TEST_EVENTS     4096
#define TEST_STEPS      60000


static conf_shm_malloc_t  m;

static struct {
    uint64_t    channel;
    uint64_t    user;
} test_lefts[4096];

static size_t  test_nlefts;


static void
test_left(void *data, const conf_left_t *left)
{
    test_lefts[test_nlefts].channel = left->channel;
    test_lefts[test_nlefts].user = left->user;
    test_nlefts++;
}


static conf_rc_t
test_join(uint64_t session, uint64_t channel, bool *first)
{
    conf_join_t  join;

    join.channel = channel;
    join.epoch = 3;
    join.seq = 30;
    join.subscribe = true;
    join.peer = NULL;

    return conf_channel_join(&m.shm, session, &join, first);
}


static void
test_semantics(void)
{
    bool                 flag;
    conf_left_t          left;
    size_t               n;
    uint64_t             users[8];
    conf_worker_t        a, b;
    conf_shm_stat_t      stat;
    conf_channel_head_t  heads[4];

    conf_worker_attach(&m.shm, 1, &a);
    conf_worker_attach(&m.shm, 2, &b);

    is_int(conf_session_open(&m.shm, &a, 101, 9), CONF_OK, "a session");
    is_int(conf_session_open(&m.shm, &b, 101, 9), CONF_E_EXISTS, "once");
    conf_session_open(&m.shm, &b, 102, 9);
    conf_session_open(&m.shm, &b, 103, 4);

    is_int(test_join(999, ROOM(1), &flag), CONF_E_NOT_FOUND, "no session");
    is_int(conf_channel_count(&m.shm, ROOM(1)), 0, "no channel");
    ok(!conf_channel_has(&m.shm, ROOM(1), 9)
       && conf_channel_users(&m.shm, ROOM(1), 0, users, 8) == 0,
       "nobody in it");

    ok(test_join(101, ROOM(1), &flag) == CONF_OK && flag, "first of user 9");
    ok(test_join(101, ROOM(1), &flag) == CONF_E_EXISTS && !flag, "is in it");
    ok(test_join(102, ROOM(1), &flag) == CONF_OK && !flag, "second of 9");
    ok(test_join(103, ROOM(1), &flag) == CONF_OK && flag, "first of user 4");
    test_join(101, OWN(9), &flag);
    test_join(103, ROOM(0), &flag);

    is_int(conf_channel_count(&m.shm, ROOM(1)), 2, "two users");
    ok(conf_channel_has(&m.shm, ROOM(1), 9)
       && conf_channel_has(&m.shm, ROOM(1), 4)
       && !conf_channel_has(&m.shm, ROOM(1), 5)
       && !conf_channel_has(&m.shm, OWN(9), 4), "who is in it");

    n = conf_channel_users(&m.shm, ROOM(1), 0, users, 8);
    ok(n == 2 && users[0] == 4 && users[1] == 9, "in order");
    n = conf_channel_users(&m.shm, ROOM(1), 0, users, 1);
    ok(n == 1 && users[0] == 4, "the first page");
    n = conf_channel_users(&m.shm, ROOM(1), 4, users, 1);
    ok(n == 1 && users[0] == 9, "the second");
    is_int(conf_channel_users(&m.shm, ROOM(1), 9, users, 1), 0, "the end");

    n = conf_channel_heads(&m.shm, 0, heads, 4);
    ok(n == 2 && heads[0].channel == ROOM(0) && heads[1].channel == ROOM(1)
       && heads[1].epoch == 3 && heads[1].seq == 30, "heads of rooms");
    n = conf_channel_heads(&m.shm, ROOM(0), heads, 4);
    ok(n == 1 && heads[0].channel == ROOM(1), "from there");

    conf_shm_stat(&m.shm, &stat);
    ok(stat.channels == 3 && stat.rooms == 2 && stat.sessions == 3
       && stat.users == 1 && stat.workers == 2, "counted");

    is_int(conf_channel_leave(&m.shm, 102, ROOM(5), true, &left),
           CONF_E_NOT_FOUND, "was not there");
    ok(conf_channel_leave(&m.shm, 102, ROOM(1), false, &left) == CONF_OK
       && !left.last, "one of two leaves");
    ok(conf_channel_leave(&m.shm, 102, ROOM(1), false, &left)
       == CONF_E_NOT_FOUND, "once");
    ok(conf_channel_leave(&m.shm, 101, ROOM(1), true, &left) == CONF_OK
       && left.last, "the user's last");
    is_int(conf_channel_count(&m.shm, ROOM(1)), 1, "one user stays");

    test_nlefts = 0;
    conf_session_close(&m.shm, 103, test_left, NULL);
    ok(test_nlefts == 2 && test_lefts[0].user == 4
       && test_lefts[0].channel == ROOM(1)
       && test_lefts[1].channel == ROOM(0), "a close leaves all");
    conf_session_close(&m.shm, 103, test_left, NULL);
    is_int(test_nlefts, 2, "once");
    is_int(conf_channel_heads(&m.shm, 0, heads, 4), 0, "no rooms are left");

    conf_session_close(&m.shm, 101, NULL, NULL);
    conf_session_close(&m.shm, 102, NULL, NULL);

    (void) conf_worker_detach(&m.shm, &a, NULL, NULL);
    (void) conf_worker_detach(&m.shm, &b, NULL, NULL);
}


/* Long lists: more channels than a slice, pages of users. */

static void
test_many(void)
{
    bool           flag;
    size_t         n, got, turns;
    uint64_t       i, after, users[16];
    conf_worker_t  w;

    conf_worker_attach(&m.shm, 1, &w);
    conf_session_open(&m.shm, &w, 5000, 1);

    for (i = 1; i <= 1000; i++) {
        test_join(5000, ROOM(i), &flag);
        conf_session_open(&m.shm, &w, i, i * 7919 % 1009);
        test_join(i, ROOM(1), &flag);
    }

    after = 0;
    n = 0;
    turns = 0;

    for ( ;; ) {
        got = conf_channel_users(&m.shm, ROOM(1), after, users, 16);
        turns++;

        for (i = 0; i < got; i++) {
            n += users[i] > after;
            after = users[i];
        }

        if (got < 16) {
            break;
        }
    }

    is_int(n, conf_channel_count(&m.shm, ROOM(1)), "all users by pages");
    ok(n >= 1000 && turns == n / 16 + 1, "%zu pages", turns);

    test_nlefts = 0;
    conf_session_close(&m.shm, 5000, test_left, NULL);
    ok(test_nlefts >= 999, "one in a thousand channels is gone");
    is_int(m.root->channels.n, 1, "and they with it");

    while (conf_worker_detach(&m.shm, &w, NULL, NULL) == CONF_OK) {
        /* void */
    }
}


/* What the zone holds, for telling whether something has changed. */

static uint64_t
test_sum(void)
{
    return m.live * 1000003 + m.root->sessions.n * 10007
           + m.root->channels.n * 5003 + m.root->seats.n * 101
           + m.root->nevents * 11 + m.root->nrooms;
}


static void
test_failures(void)
{
    bool           flag;
    size_t         n, k, bad, live;
    uint64_t       sum;
    conf_rc_t      rc;
    conf_worker_t  a, b;

    bad = 0;
    live = m.live;
    conf_worker_attach(&m.shm, 1, &a);
    conf_worker_attach(&m.shm, 2, &b);

    /* In a new channel, as another worker's, as another session. */

    for (k = 0; k < 3; k++) {
        for (n = 1; n < 10; n++) {
            conf_session_open(&m.shm, &a, 1, 1);

            if (k != 0) {
                test_join(1, ROOM(1), &flag);
            }

            sum = test_sum();
            conf_shm_malloc_fail(&m, n, true);
            rc = conf_session_open(&m.shm, &b, 2, k == 1 ? 2 : 1);
            bad += rc != CONF_OK && test_sum() != sum;

            if (rc == CONF_OK) {
                sum = test_sum();
                rc = test_join(2, ROOM(1), &flag);
                bad += rc != CONF_OK && (test_sum() != sum || flag);
                bad += conf_channel_count(&m.shm, ROOM(1))
                       != (size_t) (k != 0)
                          + (rc == CONF_OK && k != 2);
            }

            bad += rc != CONF_OK && rc != CONF_E_ZONE_FULL;

            conf_shm_malloc_fail(&m, 0, false);
            conf_session_close(&m.shm, 1, NULL, NULL);
            conf_session_close(&m.shm, 2, NULL, NULL);
            bad += m.root->channels.n != 0 || m.root->seats.n != 0;

            if (rc == CONF_OK) {
                break;
            }
        }

        bad += n < 3 || n == 10;
    }

    (void) conf_worker_detach(&m.shm, &a, NULL, NULL);
    (void) conf_worker_detach(&m.shm, &b, NULL, NULL);

    is_int(bad, 0, "allocations fail, nothing is changed");
    is_int(m.live, live, "nothing is left");
}


/* A plain reference of all of it. */

typedef struct {
    bool        open;
    size_t      worker;
    uint64_t    user;
    bool        in[TEST_CHANNELS];
} test_session_t;

typedef struct {
    conf_worker_t  id;
    bool           attached;
    bool           rung;
    size_t         n;
    uint64_t       events[TEST_EVENTS];
} test_worker_t;

static test_session_t  test_sessions[TEST_SESSIONS];
static test_worker_t   test_workers[TEST_WORKERS];
static uint64_t        test_event;


static uint64_t
test_channel(size_t c)
{
    return c % 3 == 0 ? OWN(1 + c) : ROOM(1 + c);
}


static bool
test_is_in(uint64_t user, size_t c, size_t but)
{
    size_t  s;

    for (s = 0; s < TEST_SESSIONS; s++) {
        if (s != but && test_sessions[s].open && test_sessions[s].in[c]
            && test_sessions[s].user == user)
        {
            return true;
        }
    }

    return false;
}


static size_t
test_model_session(size_t s)
{
    size_t           bad, c, n;
    uint64_t         key;
    conf_rc_t        rc;
    test_worker_t   *w;
    test_session_t  *session;

    session = &test_sessions[s];
    bad = 0;

    if (!session->open) {
        session->worker = (size_t) random() % TEST_WORKERS;
        session->user = 1 + (uint64_t) random() % TEST_USERS;
        w = &test_workers[session->worker];

        rc = conf_session_open(&m.shm, &w->id, s + 1, session->user);
        session->open = w->attached;

        return rc != (w->attached ? CONF_OK : CONF_E_CONFLICT);
    }

    test_nlefts = 0;
    conf_session_close(&m.shm, s + 1, test_left, NULL);
    n = 0;

    for (c = 0; c < TEST_CHANNELS; c++) {
        if (session->in[c] && !test_is_in(session->user, c, s)) {
            n++;
            key = test_channel(c);
            bad += conf_channel_has(&m.shm, key, session->user);
        }
    }

    memset(session, 0, sizeof(test_session_t));

    return bad + (n != test_nlefts);
}


static size_t
test_model_move(size_t s, size_t c)
{
    bool             flag, other;
    conf_left_t      left;
    uint64_t         key;
    test_session_t  *session;

    session = &test_sessions[s];
    key = test_channel(c);

    if (!session->open) {
        return test_join(s + 1, key, &flag) != CONF_E_NOT_FOUND;
    }

    other = test_is_in(session->user, c, s);
    session->in[c] = !session->in[c];

    if (session->in[c]) {
        return test_join(s + 1, key, &flag) != CONF_OK || flag == other;
    }

    return conf_channel_leave(&m.shm, s + 1, key, random() % 2 == 0, &left)
           != CONF_OK || left.last == other;
}


static size_t
test_model_publish(size_t c, size_t to)
{
    bool            hears, any, woken;
    size_t          w, s, i, bad;
    conf_rc_t       rc;
    conf_wake_t     wake;
    conf_event_t    event;
    test_worker_t  *worker;

    memset(&event, 0, sizeof(event));
    test_event++;
    event.channel = test_channel(c);
    event.type = (uint32_t) test_event;
    event.from = 77;
    event.to = to;
    event.body.data = (const uint8_t *) &test_event;
    event.body.len = sizeof(test_event);

    rc = conf_channel_publish(&m.shm, &event, &wake);
    any = false;
    bad = 0;

    for (w = 0; w < TEST_WORKERS; w++) {
        worker = &test_workers[w];
        hears = false;
        woken = false;

        for (s = 0; s < TEST_SESSIONS; s++) {
            hears = hears || (test_sessions[s].in[c]
                              && test_sessions[s].worker == w
                              && (to == 0 || s + 1 == to));
        }

        for (i = 0; i < wake.n; i++) {
            woken = woken || wake.workers[i].number == worker->id.number;
        }

        any = any || hears;
        bad += woken != (hears && !worker->rung);

        if (hears) {
            worker->rung = true;
            worker->events[worker->n++] = test_event;
        }
    }

    return bad + (rc != (any ? CONF_OK : CONF_DONE));
}


static size_t
test_model_drain(test_worker_t *w, size_t bytes)
{
    bool          lost;
    size_t        bad, pos, n;
    uint64_t      id;
    conf_rc_t     rc;
    conf_buf_t    buf;
    conf_event_t  event;

    conf_buf_init(&buf, 0);
    rc = conf_inbox_drain(&m.shm, &w->id, &buf, bytes, &lost);

    if (!w->attached) {
        conf_buf_free(&buf);
        return rc != CONF_E_CONFLICT;
    }

    bad = lost;
    pos = 0;

    for (n = 0; conf_inbox_next(&buf, &pos, &event) == CONF_OK; n++) {
        memcpy(&id, event.body.data, sizeof(id));
        bad += n >= w->n || id != w->events[n]
               || event.body.len != sizeof(id)
               || event.type != (uint32_t) id || event.from != 77;
    }

    conf_buf_free(&buf);
    bad += n == 0 && w->n != 0;
    bad += n > 1 && buf.len > bytes;

    if (n <= w->n) {
        w->n -= n;
        memmove(w->events, w->events + n, w->n * sizeof(uint64_t));
    }

    w->rung = w->n != 0;

    return bad + (rc != (w->n != 0 ? CONF_OK : CONF_DONE));
}


/* A worker comes, or is found dead with all its sessions. */

static size_t
test_model_worker(size_t i)
{
    size_t          s;
    test_worker_t  *w;

    w = &test_workers[i];

    if (!w->attached) {
        w->attached = true;
        return conf_worker_attach(&m.shm, i, &w->id) != CONF_OK;
    }

    while (conf_worker_detach(&m.shm, &w->id, NULL, NULL) == CONF_OK) {
        /* void */
    }

    for (s = 0; s < TEST_SESSIONS; s++) {
        if (test_sessions[s].open && test_sessions[s].worker == i) {
            memset(&test_sessions[s], 0, sizeof(test_session_t));
        }
    }

    w->attached = false;
    w->rung = false;
    w->n = 0;

    return 0;
}


static size_t
test_model_look(size_t c)
{
    size_t    n, got, bad;
    uint64_t  u, key, users[TEST_USERS];

    key = test_channel(c);
    got = conf_channel_users(&m.shm, key, 0, users, TEST_USERS);
    bad = 0;
    n = 0;

    for (u = 1; u <= TEST_USERS; u++) {
        if (test_is_in(u, c, TEST_SESSIONS)) {
            bad += n >= got || users[n] != u
                   || !conf_channel_has(&m.shm, key, u);
            n++;
        }
    }

    return bad + (n != got) + (n != conf_channel_count(&m.shm, key));
}


static void
test_model(void)
{
    long    dice;
    size_t  i, s, c, bad, live;

    srandom(42);
    live = m.live;
    bad = 0;

    for (i = 0; i < TEST_STEPS && bad == 0; i++) {
        dice = random() % 1000;
        s = (size_t) random() % TEST_SESSIONS;
        c = (size_t) random() % TEST_CHANNELS;

        if (dice < 4) {
            bad += test_model_worker(s % TEST_WORKERS);

        } else if (dice < 100) {
            bad += test_model_session(s);

        } else if (dice < 450) {
            bad += test_model_move(s, c);

        } else if (dice < 750) {
            bad += test_model_publish(c, dice < 550 ? s + 1 : 0);

        } else if (dice < 900) {
            bad += test_model_drain(&test_workers[s % TEST_WORKERS],
                                    (size_t) random() % 1000);

        } else {
            bad += test_model_look(c);
        }
    }

    is_int(bad, 0, "as the reference has it, %zu steps", i);

    for (i = 0; i < TEST_WORKERS; i++) {
        if (test_workers[i].attached) {
            bad += test_model_worker(i);
        }
    }

    is_int(m.live, live, "nothing is left");
}


int
main(void)
{
    size_t  live;

    conf_shm_malloc_init(&m);
    live = m.live;

    test_semantics();
    test_many();
    is_int(m.live, live, "nothing is left");
    test_failures();
    test_model();

    conf_shm_malloc_done(&m);

    return tap_done();
}
