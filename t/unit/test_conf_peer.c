
#include "tap.h"

#include "conf_peer.c"
#include "conf_ring.c"

#include "conf_shm_malloc.c"


#define ROOM(id)  conf_channel(CONF_CHANNEL_ROOM, (uint64_t) (id))
#define DOOR(id)  conf_channel(CONF_CHANNEL_DOOR, (uint64_t) (id))


static conf_shm_malloc_t  m;
static conf_worker_t      one, two;
static conf_buf_t         buf;


static conf_str_t
test_str(const char *s)
{
    return (conf_str_t) { strlen(s), (const uint8_t *) s };
}


static void
test_open(void)
{
    if (conf_shm_malloc_init(&m) != CONF_OK
        || conf_worker_attach(&m.shm, 1, &one) != CONF_OK
        || conf_worker_attach(&m.shm, 2, &two) != CONF_OK)
    {
        printf("Bail out! no zone\n");
        abort();
    }

    conf_buf_init(&buf, 0);
}


static void
test_close(void)
{
    while (conf_worker_detach(&m.shm, &one, NULL, NULL) == CONF_OK) { }
    while (conf_worker_detach(&m.shm, &two, NULL, NULL) == CONF_OK) { }

    conf_buf_free(&buf);
    conf_shm_malloc_done(&m);
}


/* A session of the user that is a peer in the channel. */

static conf_rc_t
test_peer(const conf_worker_t *worker, uint64_t session, uint64_t user,
    uint64_t channel, const char *id)
{
    bool         first;
    conf_join_t  join;
    conf_peer_t  peer;

    memset(&join, 0, sizeof(conf_join_t));
    memset(&peer, 0, sizeof(conf_peer_t));

    peer.id = test_str(id);
    peer.name = test_str("name");
    peer.nickname = test_str("nick");
    peer.media = 3;
    peer.joined_ms = 77;
    join.channel = channel;
    join.peer = &peer;

    (void) conf_session_open(&m.shm, worker, session, user);

    return conf_channel_join(&m.shm, session, &join, &first);
}


static conf_rc_t
test_publish(uint64_t user, uint64_t to, const char *text, conf_wake_t *wake)
{
    conf_event_t  event;

    memset(&event, 0, sizeof(conf_event_t));
    event.channel = ROOM(5);
    event.user = user;
    event.to = to;
    event.type = 1;
    event.body = test_str(text);

    return conf_channel_publish(&m.shm, &event, wake);
}


/* How many events there are in buf; the last one is left in *event. */

static size_t
test_events(conf_event_t *event)
{
    size_t  n, pos;

    pos = 0;

    for (n = 0; conf_inbox_next(&buf, &pos, event) == CONF_OK; n++) { }

    return n;
}


static size_t
test_inbox(const conf_worker_t *worker, conf_event_t *event)
{
    bool  lost;

    (void) conf_inbox_drain(&m.shm, worker, &buf, 1 << 20, &lost);

    return test_events(event);
}


static void
test_list(void)
{
    size_t       n, pos;
    conf_peer_t  peer, set;

    test_open();
    is_int(test_peer(&one, 101, 9, ROOM(5), "p9a"), CONF_OK, "a peer");
    is_int(test_peer(&two, 102, 9, ROOM(5), "p9b"), CONF_OK, "of one user");
    is_int(test_peer(&one, 103, 4, ROOM(5), "p4"), CONF_OK, "of another");
    is_int(test_peer(&one, 104, 6, DOOR(5), "p6"), CONF_OK, "at the door");

    is_int(conf_channel_sessions(&m.shm, ROOM(5)), 3, "three sessions");
    is_int(conf_channel_count(&m.shm, ROOM(5)), 2, "of two users");

    is_int(conf_peer_list(&m.shm, ROOM(5), &buf, 10), CONF_OK, "a list");

    for (n = 0, pos = 0; conf_peer_next(&buf, &pos, &peer) == CONF_OK; n++) {
        if (n == 0) {
            ok(peer.session == 103 && peer.user == 4 && peer.media == 3
               && peer.channel == ROOM(5) && peer.joined_ms == 77
               && conf_str_eq(peer.id, test_str("p4"))
               && conf_str_eq(peer.name, test_str("name"))
               && conf_str_eq(peer.nickname, test_str("nick")),
               "by growing user, with what it shows");
        }
    }

    is_int(n, 3, "all of them");

    (void) conf_peer_list(&m.shm, ROOM(5), &buf, 2);
    for (n = 0, pos = 0; conf_peer_next(&buf, &pos, &peer) == CONF_OK; n++) { }
    is_int(n, 2, "or some");

    is_int(conf_peer_find(&m.shm, ROOM(5), test_str("p9b")), 102, "by its id");
    is_int(conf_peer_find(&m.shm, ROOM(5), test_str("p6")), 0,
           "in the room only");

    memset(&set, 0, sizeof(conf_peer_t));
    set.media = 5;
    set.role = 2;
    set.active_ms = 99;
    conf_peer_set(&m.shm, 104, &set);
    is_int(conf_peer_get(&m.shm, 104, &buf), CONF_OK, "one of them");
    pos = 0;
    ok(conf_peer_next(&buf, &pos, &peer) == CONF_OK && peer.media == 5
       && peer.role == 2 && peer.active_ms == 99
       && peer.channel == DOOR(5), "as it was changed");
    is_int(conf_peer_get(&m.shm, 999, &buf), CONF_E_NOT_FOUND, "no session");

    test_close();
}


static conf_left_t  test_lefts[8];
static size_t       test_nlefts;


static void
test_left(void *data, const conf_left_t *left)
{
    if (conf_channel_kind(left->channel) != CONF_CHANNEL_ROOM) {
        return;
    }

    test_lefts[test_nlefts] = *left;
    test_lefts[test_nlefts].was.id.data = test_lefts[test_nlefts].text;
    test_nlefts++;
}


static void
test_leaving(void)
{
    conf_lead_t  lead;
    conf_left_t  left;

    test_open();
    (void) test_peer(&one, 101, 9, ROOM(5), "p9a");
    (void) test_peer(&two, 102, 9, ROOM(5), "p9b");
    (void) test_peer(&two, 103, 4, ROOM(5), "p4");

    is_int(conf_lead_set(&m.shm, ROOM(5), 103, true, &lead), CONF_OK,
           "one leads");
    ok(lead.session == 103 && lead.user == 4 && lead.since_ms != 0, "who");
    is_int(conf_lead_set(&m.shm, ROOM(5), 103, true, &lead), CONF_DONE,
           "as before");
    is_int(conf_lead_set(&m.shm, ROOM(5), 101, true, &lead), CONF_E_TAKEN,
           "one at a time");
    is_int(conf_lead_set(&m.shm, ROOM(5), 101, false, &lead), CONF_E_TAKEN,
           "nobody ends another's lead");
    is_int(conf_lead_set(&m.shm, ROOM(5), 999, true, &lead),
           CONF_E_NOT_FOUND, "who is not there does not lead");

    is_int(conf_channel_leave(&m.shm, 101, ROOM(5), true, &left), CONF_OK,
           "a peer leaves");
    ok(left.peer && !left.last && !left.led
       && conf_str_eq(left.was.id, test_str("p9a"))
       && left.was.session == 101, "the first of its user");
    is_int(conf_peer_find(&m.shm, ROOM(5), test_str("p9b")), 102,
           "the other stays");

    /* A dead worker's peers are told of, and the lead is gone. */

    test_nlefts = 0;
    while (conf_worker_detach(&m.shm, &two, test_left, NULL) == CONF_OK) { }
    is_int(test_nlefts, 2, "a worker ends");
    ok(test_lefts[0].peer && test_lefts[1].peer && test_lefts[0].last
       && test_lefts[1].last, "both were peers");
    ok(test_lefts[0].led != test_lefts[1].led, "one of them led");

    conf_lead_get(&m.shm, ROOM(5), &lead);
    is_int(lead.session, 0, "nobody leads");

    test_close();
}


static void
test_directed(void)
{
    conf_wake_t   wake;
    conf_event_t  event;

    test_open();
    (void) test_peer(&one, 101, 9, ROOM(5), "p9");
    (void) test_peer(&two, 102, 4, ROOM(5), "p4");

    is_int(test_publish(4, 0, "for 4", &wake), CONF_OK, "for a user");
    is_int(test_inbox(&one, &event), 0, "goes to no other worker");
    is_int(test_inbox(&two, &event), 1, "but to the user's");
    ok(event.user == 4 && event.live != 0, "and says so");

    is_int(test_publish(6, 0, "for 6", &wake), CONF_DONE, "who is not there");
    is_int(test_publish(0, 101, "for 101", &wake), CONF_OK, "for a session");
    is_int(test_inbox(&two, &event), 0, "goes to no other worker");
    is_int(test_inbox(&one, &event), 1, "but to its own");

    test_close();
}


/* Who has just looked is likely to look again. */

static void
test_awake(void)
{
    size_t        i;
    conf_wake_t   wake;
    conf_event_t  event;

    static const struct {
        int64_t     later_ms;
        bool        awake;
        const char *what;
    } cases[] = {
        { 0, true, "who has looked is awake" },
        { CONF_AWAKE_MS - 1, true, "for a moment" },
        { CONF_AWAKE_MS, false, "not longer" },
        { -1000, false, "nor when the clock is set back" }
    };

    test_open();
    (void) test_peer(&one, 101, 9, ROOM(5), "p9");
    (void) test_peer(&two, 102, 4, ROOM(5), "p4");

    (void) test_publish(0, 0, "to both", &wake);
    ok(wake.n == 2 && (wake.awake & 3) == 0, "who never looked is not awake");
    ok(conf_inbox_waits(&m.shm, &one) && conf_inbox_waits(&m.shm, &two),
       "something waits");

    (void) test_inbox(&two, &event);
    ok(conf_inbox_waits(&m.shm, &one) && !conf_inbox_waits(&m.shm, &two),
       "until one looks");

    for (i = 0; i < conf_nelts(cases); i++) {
        (void) test_inbox(&two, &event);
        m.now_ms += cases[i].later_ms;
        (void) test_publish(0, 0, "to both", &wake);

        ok(wake.n == 1 && wake.workers[0].number == two.number
           && ((wake.awake & 1) != 0) == cases[i].awake, "%s", cases[i].what);
    }

    two.number++;
    ok(!conf_inbox_waits(&m.shm, &two), "of another worker's slot");
    two.number--;

    (void) test_inbox(&one, &event);
    (void) test_inbox(&two, &event);
    test_close();
}


static void
test_ring(void)
{
    size_t        i;
    uint64_t      live, last;
    conf_wake_t   wake;
    conf_event_t  event;

    test_open();
    is_int(conf_ring_live(&m.shm, ROOM(5)), 0, "no room, no ring");

    (void) test_peer(&one, 101, 9, ROOM(5), "p9");
    (void) test_peer(&one, 102, 4, ROOM(5), "p4");
    live = conf_ring_live(&m.shm, ROOM(5));
    ok(live != 0 && live < (uint64_t) 1 << 53, "a number to begin with");

    (void) test_publish(0, 0, "for all", &wake);
    (void) test_publish(4, 0, "for 4", &wake);
    (void) test_publish(9, 0, "for 9", &wake);
    (void) test_publish(0, 101, "for a session", &wake);
    last = conf_ring_live(&m.shm, ROOM(5));
    is_int(last - live, 4, "each event has a number");

    is_int(conf_ring_read(&m.shm, ROOM(5), 9, live, last, &buf), CONF_OK,
           "what has been missed");
    is_int(test_events(&event), 2, "by user 9");
    ok(conf_str_eq(event.body, test_str("for 9")) && event.live == last - 1,
       "in order");

    (void) conf_ring_read(&m.shm, ROOM(5), 4, live + 1, last, &buf);
    is_int(test_events(&event), 1, "after the first by user 4");
    is_int(conf_ring_read(&m.shm, ROOM(5), 4, last, last, &buf), CONF_OK,
           "nothing");
    is_int(test_events(&event), 0, "is nothing");
    is_int(conf_ring_read(&m.shm, ROOM(5), 4, last + 1, last + 1, &buf),
           CONF_E_CONFLICT, "of another ring");
    is_int(conf_ring_read(&m.shm, ROOM(5), 4, live - 1, last, &buf),
           CONF_E_CONFLICT, "before this ring");

    for (i = 0; i < CONF_RING_EVENTS; i++) {
        (void) test_publish(0, 0, "more", &wake);
    }

    is_int(conf_ring_read(&m.shm, ROOM(5), 9, live, last + 1, &buf),
           CONF_E_CONFLICT, "a ring holds so much");
    is_int(conf_ring_read(&m.shm, ROOM(5), 9, last, UINT64_MAX, &buf),
           CONF_OK, "and no less");
    is_int(test_events(&event), CONF_RING_EVENTS, "of events");

    m.now_ms += CONF_RING_MS;
    conf_ring_tidy(&m.shm);
    last = conf_ring_live(&m.shm, ROOM(5));
    is_int(conf_ring_read(&m.shm, ROOM(5), 9, last - 1, last, &buf),
           CONF_E_CONFLICT, "and so long");

    (void) test_inbox(&one, &event);
    test_close();
}


int
main(void)
{
    test_list();
    test_leaving();
    test_directed();
    test_awake();
    test_ring();

    return tap_done();
}
