
#include "tap.h"

#include "conf_live.c"
#include "conf_live_show.c"

#include "conf_shm_root.h"
#include "conf_fake.h"


#define TEST_ROOM   5
#define TEST_EPOCH  3


/* A second dialect, which counts how often it is asked to render. */

static unsigned  test_rendered;


static void
test_event(const conf_event_t *event, const void *body, conf_buf_t *buf)
{
    test_rendered++;

    if (event->type != CONF_EVENT_PRESENCE) {
        conf_buf_lit(buf, "other ");
        conf_buf_u64(buf, event->type);
    }
}


static const conf_api_t  test_api = {
    .name = conf_string("other"),
    .index = 1,
    .event = test_event
};


static conf_room_t
test_room(uint64_t id, uint64_t seq)
{
    conf_room_t  room;

    memset(&room, 0, sizeof(conf_room_t));
    room.id = id;
    room.epoch = TEST_EPOCH;
    room.seq = seq;

    return room;
}


static conf_message_t
test_message(uint64_t seq)
{
    conf_message_t  message;

    memset(&message, 0, sizeof(conf_message_t));
    message.id = 100 + seq;
    message.room_id = TEST_ROOM;
    message.epoch = TEST_EPOCH;
    message.seq = seq;
    message.user_id = 9;
    message.type = conf_str("text");
    message.content = conf_str("hello");

    return message;
}


static void
test_join(fake_session_t *fs, const conf_api_t *api, uint64_t user_id,
    uint64_t seq)
{
    conf_room_t  room;

    fake_session(fs, api, user_id);
    room = test_room(TEST_ROOM, seq);

    if (conf_live_open(&fs->s) != CONF_OK
        || conf_live_join(&fs->s, &room) != CONF_OK)
    {
        fake_die("a session does not join");
    }
}


static void
test_say(uint64_t seq)
{
    conf_message_t  message;

    message = test_message(seq);
    (void) conf_live_message(&fake.env, &message);
}


static bool
test_says(const fake_session_t *fs, size_t i, const char *part)
{
    conf_str_t  text;

    text = fake_sent(fs, i);

    return text.len != 0
           && memmem(text.data, text.len, part, strlen(part)) != NULL;
}


/* What the zone knows beyond nothing. */

static size_t
test_zone(void)
{
    conf_shm_stat_t  stat;

    conf_shm_stat(&fake.env.shm, &stat);

    return stat.sessions + stat.channels + stat.users;
}


static void
test_open_close(void)
{
    fake_session_t  a;

    fake_open();
    fake_session(&a, &conf_api_roomchat, 7);

    is_int(conf_live_open(&a.s), CONF_OK, "a session opens");
    is_int(conf_live_sessions(fake.env.live), 1, "it counts");
    ok(conf_live_has(fake.env.live, conf_channel(CONF_CHANNEL_USER, 7)),
       "its user can be reached here");
    ok(conf_channel_has(&fake.env.shm, conf_channel(CONF_CHANNEL_USER, 7), 7),
       "and is online");

    conf_live_close(&a.s);
    conf_live_close(&a.s);
    is_int(conf_live_sessions(fake.env.live), 0, "it is gone");
    ok(!conf_live_has(fake.env.live, conf_channel(CONF_CHANNEL_USER, 7)),
       "from its user's channel");
    is_int(test_zone(), 0, "and from the zone");

    fake_read(&a);
    fake_close();
}


static void
test_presence(void)
{
    fake_session_t  a, b, b2;

    fake_open();
    test_join(&a, &conf_api_roomchat, 7, 0);
    fake_drain();
    is_int(a.nsent, 0, "nobody hears of oneself");

    test_join(&b, &conf_api_roomchat, 8, 0);
    fake_drain();
    is_int(a.nsent, 1, "another one comes");
    ok(test_says(&a, 0, "\"user_id\":8,\"online\":true,\"online_count\":2"),
       "who it is, and how many there are");
    is_int(b.nsent, 0, "who hears nothing");

    test_join(&b2, &conf_api_roomchat, 8, 0);
    fake_drain();
    is_int(a.nsent, 1, "a second socket is nothing new");

    fake_gone(&b);
    fake_drain();
    is_int(a.nsent, 1, "nor is one that leaves while another stays");

    conf_live_leave(&b2.s, TEST_ROOM);
    conf_live_leave(&b2.s, TEST_ROOM);
    fake_drain();
    is_int(a.nsent, 2, "the last one leaves");
    ok(test_says(&a, 1, "\"user_id\":8,\"online\":false,\"online_count\":1"),
       "which is told once");

    fake_gone(&b2);
    fake_gone(&a);
    is_int(test_zone(), 0, "nothing is left in the zone");
    fake_close();
}


static void
test_join_twice(void)
{
    conf_room_t     room;
    fake_session_t  a;

    fake_open();
    room = test_room(TEST_ROOM, 0);

    fake_session(&a, &conf_api_roomchat, 7);
    is_int(conf_live_join(&a.s, &room), CONF_OK, "before it is open");
    ok(!conf_live_in(&a.s, TEST_ROOM), "it joins nothing");

    (void) conf_live_open(&a.s);
    is_int(conf_live_seat(&a.s, 0), 0, "no room");
    is_int(conf_live_join(&a.s, &room), CONF_OK, "joins");
    is_int(conf_live_join(&a.s, &room), CONF_OK, "joins again");
    is_int(conf_live_seat(&a.s, 0), TEST_ROOM, "one room");
    is_int(conf_live_seat(&a.s, TEST_ROOM), 0, "and no other");

    room = test_room(3, 0);
    (void) conf_live_join(&a.s, &room);
    is_int(conf_live_seat(&a.s, 0), 3, "by growing id");
    is_int(conf_live_seat(&a.s, 3), TEST_ROOM, "one by one");

    fake_gone(&a);
    fake_close();
}


/* The same bytes for all sessions of a dialect, framed once. */

static void
test_render_once(void)
{
    size_t          i;
    conf_out_t     *out;
    fake_session_t  s[4];

    fake_open();
    test_rendered = 0;

    for (i = 0; i < 4; i++) {
        test_join(&s[i], i % 2 == 0 ? &conf_api_roomchat : &test_api, 7, 0);
    }

    test_say(1);
    fake_drain();

    is_int(test_rendered, 1, "a dialect renders once");
    ok(s[0].nsent == 1 && s[1].nsent == 1 && s[2].nsent == 1
       && s[3].nsent == 1, "for every session");

    out = s[0].sent[0];
    ok(s[2].sent[0] == out, "the same bytes for two");
    is_int(out->refs, 2, "which hold a reference each");
    is_str(fake_sent(&s[1], 0), "other 1", "another dialect, other bytes");
    ok(fake_json(fake_sent(&s[0], 0)), "JSON");

    for (i = 0; i < 4; i++) {
        fake_gone(&s[i]);
    }

    fake_close();
}


/* An event that a dialect has nothing to say about. */

static void
test_silent(void)
{
    fake_session_t  a, b;

    fake_open();
    test_join(&a, &test_api, 7, 0);
    test_join(&b, &conf_api_roomchat, 8, 0);
    fake_drain();
    is_int(a.nsent, 0, "nothing is sent");

    fake_gone(&a);
    fake_gone(&b);
    fake_close();
}


static void
test_order(void)
{
    conf_gap_t      gap;
    conf_message_t  message;
    fake_session_t  a;

    fake_open();
    test_join(&a, &conf_api_roomchat, 7, 10);

    test_say(10);
    test_say(12);
    fake_drain();
    is_int(a.nsent, 0, "old ones and early ones are not shown");

    test_say(11);
    fake_drain();
    is_int(a.nsent, 2, "until what is between has come");
    ok(test_says(&a, 0, "\"seq\":11") && test_says(&a, 1, "\"seq\":12"),
       "in order");

    test_say(11);
    test_say(12);
    fake_drain();
    is_int(a.nsent, 2, "each once");
    ok(!conf_live_behind(fake.env.live, &gap), "nothing is behind");

    /* What others have published, and this worker's inbox has lost. */

    conf_live_late(fake.env.live,
                   *conf_live_find(fake.env.live,
                                   conf_channel(CONF_CHANNEL_ROOM,
                                                TEST_ROOM)), 14);
    ok(conf_live_behind(fake.env.live, &gap), "a room is behind");
    ok(gap.first == 13 && gap.last == 14 && gap.epoch == TEST_EPOCH,
       "what is missing");
    ok(!conf_live_behind(fake.env.live, &gap), "it is asked for once");

    message = test_message(13);
    conf_live_repair(fake.env.live, &message);
    conf_live_repair(fake.env.live, &message);
    is_int(a.nsent, 3, "a repaired message is shown, once");

    conf_live_repaired(fake.env.live, &gap, false);
    ok(conf_live_behind(fake.env.live, &gap) && gap.first == 14,
       "the rest is asked for again");
    conf_live_repaired(fake.env.live, &gap, true);
    ok(!conf_live_behind(fake.env.live, &gap), "unless there is none");

    fake_gone(&a);
    fake_close();
}


/* The zone was emptied: all is as before, and who came meanwhile counts. */

static void
test_restore(void)
{
    size_t              i, before;
    fake_session_t      s[3];
    conf_worker_stat_t  workers[CONF_WORKERS_MAX];

    fake_open();

    for (i = 0; i < 3; i++) {
        test_join(&s[i], &conf_api_roomchat, 7 + i / 2, 4);
    }

    test_say(5);
    fake_drain();

    for (i = 0; i < 3; i++) {
        fake_read(&s[i]);
    }

    /* A worker dies with the lock: who comes next empties the zone. */

    before = test_zone();
    fake.zone.root->holder = 99;
    is_int(test_zone(), 0, "the zone is empty");
    ok(fake.env.generation != conf_shm_generation(&fake.env.shm),
       "another generation");

    is_int(conf_live_restore(fake.env.live), CONF_OK, "restored");
    is_int(test_zone(), before, "all is there");
    is_int(fake.env.generation, conf_shm_generation(&fake.env.shm),
           "in this generation");

    /* Once more, as when its doorbell could not be hung. */

    is_int(conf_live_restore(fake.env.live), CONF_OK, "restored again");
    is_int(test_zone(), before, "all is there, once");
    is_int(conf_worker_list(&fake.env.shm, workers), 1, "in one slot");

    fake_drain();
    is_int(s[0].nsent, 0, "nobody is told");

    test_say(5);
    test_say(6);
    fake_drain();

    for (i = 0; i < 3; i++) {
        ok(s[i].nsent == 1 && test_says(&s[i], 0, "\"seq\":6"),
           "messages go on where they were");
    }

    for (i = 0; i < 3; i++) {
        fake_gone(&s[i]);
    }

    is_int(test_zone(), 0, "and all can leave");
    fake_close();
}


/* No memory in the zone, at any allocation: nothing is left behind. */

static void
test_zone_full(void)
{
    size_t          n, bad, left;
    conf_rc_t       rc;
    conf_room_t     room;
    fake_session_t  a;

    fake_open();
    room = test_room(TEST_ROOM, 0);
    bad = 0;
    left = 0;

    for (n = 1; n < 100; n++) {
        fake_session(&a, &conf_api_roomchat, 7);
        conf_shm_malloc_fail(&fake.zone, n, true);

        rc = conf_live_open(&a.s);

        if (rc == CONF_OK) {
            rc = conf_live_join(&a.s, &room);
        }

        conf_shm_malloc_fail(&fake.zone, 0, false);

        bad += rc != CONF_OK && rc != CONF_E_ZONE_FULL;
        bad += rc != CONF_OK && conf_live_in(&a.s, TEST_ROOM);

        fake_gone(&a);
        left += test_zone();

        if (rc == CONF_OK) {
            break;
        }
    }

    ok(n > 3 && n < 100, "it fails %zu times, then not", n - 1);
    is_int(bad, 0, "with the right result");
    is_int(left, 0, "and leaves nothing");

    /* An event needs room, too; who is behind hears of it later. */

    test_join(&a, &conf_api_roomchat, 7, 0);
    conf_shm_malloc_fail(&fake.zone, 1, true);
    test_say(1);
    conf_shm_malloc_fail(&fake.zone, 0, false);
    test_say(2);
    fake_drain();
    is_int(a.nsent, 0, "what could not be published is not skipped");

    fake_gone(&a);
    fake_close();
}


static unsigned  test_called;


static void
test_leave(conf_session_t *s, void *data)
{
    test_called++;
    conf_live_leave(s, TEST_ROOM);
}


static void
test_walk(void)
{
    size_t          i, n;
    fake_session_t  s[5];

    fake_open();

    for (i = 0; i < 5; i++) {
        test_join(&s[i], &conf_api_roomchat, 7 + i, 0);
    }

    n = 0;
    conf_live_rewind(fake.env.live);

    while (conf_live_next(fake.env.live) != NULL) {
        if (n++ == 1) {
            fake_gone(&s[2]);
            fake_gone(&s[1]);
        }
    }

    is_int(n, 3, "sessions that close meanwhile are passed over");

    test_called = 0;
    conf_live_each(fake.env.live, conf_channel(CONF_CHANNEL_ROOM, TEST_ROOM),
                   test_leave, NULL);
    is_int(test_called, 3, "each may leave the channel as it is called");
    conf_live_each(fake.env.live, conf_channel(CONF_CHANNEL_ROOM, TEST_ROOM),
                   test_leave, NULL);
    is_int(test_called, 3, "then there is none");

    conf_live_close_all(fake.env.live, CONF_CLOSE_GOING_AWAY);
    ok(s[0].closed == 1 && s[3].closed == 1 && s[4].closed == 1
       && s[0].why == CONF_CLOSE_GOING_AWAY, "all are closed");
    is_int(s[1].closed + s[2].closed, 0, "but who is gone");

    fake_gone(&s[0]);
    fake_gone(&s[3]);
    fake_gone(&s[4]);
    fake_close();
}


/* Sessions that come and go in any order: each that is there, once. */

#define TEST_MANY  12


static void
test_seen(conf_session_t *s, void *data)
{
    unsigned  *seen = data;

    seen[s->auth.user_id]++;
}


static void
test_places(void)
{
    bool            in[2][TEST_MANY] = { { false } };
    size_t          i, j, step, wrong;
    unsigned        seen[TEST_MANY];
    uint64_t        seed;
    conf_room_t     room;
    fake_session_t  s[TEST_MANY];

    fake_open();

    for (i = 0; i < TEST_MANY; i++) {
        fake_session(&s[i], &conf_api_roomchat, i);
        (void) conf_live_open(&s[i].s);
    }

    seed = 1;
    wrong = 0;

    for (step = 0; step < 2000; step++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        i = (size_t) (seed >> 33) % TEST_MANY;
        j = (size_t) (seed >> 60) % 2;

        if (in[j][i]) {
            conf_live_leave(&s[i].s, TEST_ROOM + j);

        } else {
            room = test_room(TEST_ROOM + j, 0);
            wrong += conf_live_join(&s[i].s, &room) != CONF_OK;
        }

        in[j][i] = !in[j][i];

        for (j = 0; j < 2; j++) {
            memset(seen, 0, sizeof(seen));
            conf_live_each(fake.env.live,
                           conf_channel(CONF_CHANNEL_ROOM, TEST_ROOM + j),
                           test_seen, seen);

            for (i = 0; i < TEST_MANY; i++) {
                wrong += seen[i] != in[j][i];
            }
        }
    }

    is_int(wrong, 0, "each that is in a room, and nobody else");

    for (i = 0; i < TEST_MANY; i++) {
        fake_gone(&s[i]);
    }

    is_int(test_zone(), 0, "and all leave");
    fake_close();
}


/* More channels than buckets at first. */

static void
test_grow(void)
{
    size_t          i, n;
    conf_room_t     room;
    fake_session_t  a;

    fake_open();
    fake_session(&a, &conf_api_roomchat, 7);
    (void) conf_live_open(&a.s);

    for (i = 1; i <= 3000; i++) {
        room = test_room(i, 0);
        (void) conf_live_join(&a.s, &room);
    }

    n = 0;

    for (i = 1; i <= 3000; i++) {
        n += conf_live_has(fake.env.live,
                           conf_channel(CONF_CHANNEL_ROOM, i));
    }

    is_int(n, 3000, "all channels are found");

    fake_gone(&a);
    is_int(test_zone(), 0, "and left");
    fake_close();
}


static void
test_outs(void)
{
    conf_out_t  *out, *small;

    out = conf_out_create(conf_str("hello"));
    small = conf_out_create(conf_str("h"));

    if (out == NULL || small == NULL) {
        fake_die("no memory");
    }

    out->deflated = small;
    conf_out_ref(small);
    conf_out_ref(out);
    is_int(out->refs, 2, "counted");

    conf_out_unref(out);
    conf_out_unref(out);
    is_int(small->refs, 1, "the compressed sibling may live longer");
    is_mem(small->data, small->len, "h", 1, "with its bytes");
    conf_out_unref(small);
}


int
main(void)
{
    test_open_close();
    test_presence();
    test_join_twice();
    test_render_once();
    test_silent();
    test_order();
    test_restore();
    test_zone_full();
    test_walk();
    test_places();
    test_grow();
    test_outs();

    return tap_done();
}
