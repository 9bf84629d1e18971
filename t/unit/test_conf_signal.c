
#include "tap.h"

#include "conf_signal.c"
#include "conf_signal_room.c"
#include "conf_live_bound.c"

#include "conf_fake.h"
#include "conf_meeting.h"


#define TEST_ROOM  5


static conf_room_view_t  test_view;


/* Opens a signaling socket; confd knows the user and says rc of the room. */

static conf_rc_t
test_open(fake_http_t *h, uint64_t user_id, const char *query, conf_rc_t rc)
{
    conf_user_t  user;

    memset(&user, 0, sizeof(conf_user_t));
    user.id = user_id;
    user.version = 1;
    user.name = conf_str("name");
    user.nickname = conf_str("nick");

    fake_http(h, CONF_M_GET, query, fake_token(user_id, 1), fake_none);

    if (h->finished != 0) {
        return h->op.rc;
    }

    if (fake_last()->code == CONF_OP_USER_GET) {
        fake_answer(fake.ncalls - 1, CONF_OK, &user, 1);
    }

    fake_answer(fake.ncalls - 1, rc, &test_view, 1);

    return h->op.rc;
}


/* Says it; confd answers about the room when it is asked. */

static void
test_say(fake_http_t *h, const char *text)
{
    fake_http_t  m;

    fake_message(&m, &h->socket, fake_str(text));

    if (m.finished == 0) {
        fake_answer(fake.ncalls - 1, CONF_OK, &test_view, 1);
    }

    if (!m.answer.silent) {
        fake_session_send(&h->socket.s, conf_out_create(m.text));
        conf_out_unref(h->socket.sent[h->socket.nsent - 1]);
    }

    fake_http_end(&m);
    fake_drain();
}


static bool
test_heard(const fake_http_t *h, const char *part)
{
    size_t      i;
    conf_str_t  text;

    for (i = 0; i < h->socket.nsent; i++) {
        text = fake_sent(&h->socket, i);

        if (!fake_json(text)) {
            fake_die("a frame is not JSON");
        }

        if (memmem(text.data, text.len, part, strlen(part)) != NULL) {
            return true;
        }
    }

    return false;
}


static void
test_begin(void)
{
    fake_api = &conf_api_meeting;
    fake_open();

    memset(&test_view, 0, sizeof(conf_room_view_t));
    test_view.room.id = TEST_ROOM;
    test_view.room.epoch = 3;
    test_view.room.state = CONF_ROOM_ONGOING;
    test_view.room.settings = CONF_ROOM_CHAT | CONF_ROOM_SCREEN;
    test_view.role = CONF_ROLE_MEMBER;
    test_view.state = CONF_MEMBER_JOINED;
}


static size_t
test_zone(void)
{
    conf_shm_stat_t  stat;

    conf_shm_stat(&fake.env.shm, &stat);

    return stat.sessions + stat.channels + stat.users;
}


static void
test_opening(void)
{
    fake_http_t  h;

    test_begin();

    is_int(test_open(&h, 7, "/ws/signaling?meeting_id=5", CONF_OK), CONF_OK,
           "a member opens");
    ok(h.socket.s.bound != NULL && h.socket.s.bound->room_id == TEST_ROOM,
       "and is bound");
    is_int(conf_channel_sessions(&fake.env.shm,
                                 conf_channel(CONF_CHANNEL_DOOR, TEST_ROOM)),
           1, "stands at the door");
    ok(!conf_live_joined(&h.socket.s), "and is not in");
    ok(conf_str_eq(h.socket.s.bound->peer.name, conf_str("name")), "name");
    is_int(h.socket.s.bound->peer.id.len, 14, "an id of ours");
    fake_http_end(&h);

    is_int(test_open(&h, 7, "/ws/signaling?meeting_id=5", CONF_E_NOT_MEMBER),
           CONF_E_NOT_MEMBER, "an outsider does not");
    fake_http_end(&h);
    is_int(test_open(&h, 7, "/ws/signaling?meeting_id=5&user_id=8", CONF_OK),
           CONF_E_FORBIDDEN, "nor another user");
    fake_http_end(&h);

    test_view.room.state = CONF_ROOM_ENDED;
    is_int(test_open(&h, 7, "/ws/signaling?meeting_id=5", CONF_OK),
           CONF_E_ROOM_ENDED, "nor to one that is over");
    fake_http_end(&h);

    /* A touch while it is asked makes the answer void. */

    test_view.room.state = CONF_ROOM_ONGOING;
    fake_http(&h, CONF_M_GET, "/ws/signaling?meeting_id=5", fake_token(7, 1),
              fake_none);
    h.socket.s.touched = true;
    fake_answer(fake.ncalls - 1, CONF_OK, &test_view, 1);
    ok(h.finished == 0, "it is asked again");
    fake_answer(fake.ncalls - 1, CONF_OK, &test_view, 1);
    is_int(h.op.rc, CONF_OK, "and then it opens");
    fake_http_end(&h);

    is_int(test_zone(), 0, "nothing is left in the zone");
    fake_close();
}


static void
test_joining(void)
{
    fake_http_t  a, b;

    test_begin();
    (void) test_open(&a, 7, "/ws/signaling?meeting_id=5", CONF_OK);
    (void) test_open(&b, 8, "/ws/signaling?meeting_id=5&peer_id=p", CONF_OK);

    test_say(&a, "{\"type\":\"offer\",\"to\":8}");
    ok(test_heard(&a, "\"code\":403"), "not before the join");
    fake_read(&a.socket);

    test_say(&a, "{\"type\":\"join\"}");
    ok(test_heard(&a, "\"type\":\"room-info\"")
       && test_heard(&a, "\"is_self\":true"), "a join tells what is there");
    fake_read(&a.socket);

    ok(b.socket.s.api == &conf_api_meeting_b, "a guess by the peer's id");
    test_say(&b, "{\"type\":4}");
    ok(test_heard(&b, "\"type\":14"), "numbers");
    ok(test_heard(&a, "\"type\":\"user-joined\",\"from\":8"), "heard by name");
    fake_read(&a.socket);
    fake_read(&b.socket);

    is_int(conf_channel_sessions(&fake.env.shm,
                                 conf_channel(CONF_CHANNEL_DOOR, TEST_ROOM)),
           0, "nobody is at the door");

    conf_signal_tick(&fake.env);
    is_int(b.socket.nsent, 0, "no snapshot at once");
    fake.now_ms += 500;
    conf_signal_tick(&fake.env);
    ok(test_heard(&b, "\"type\":14"), "but soon");
    is_int(a.socket.nsent, 0, "for who wants it");
    fake_read(&b.socket);
    conf_signal_tick(&fake.env);
    is_int(b.socket.nsent, 0, "once");

    test_say(&b, "{\"type\":1,\"to_user_id\":7,\"payload\":{\"sdp\":1}}");
    ok(test_heard(&a, "\"data\":{\"sdp\":1}"), "an offer");
    test_say(&b, "{\"type\":1,\"to_user_id\":9,\"payload\":{\"sdp\":1}}");
    ok(test_heard(&b, "TARGET_NOT_FOUND"), "not to who is not there");
    fake_read(&b.socket);

    test_say(&b, "{\"type\":5}");
    ok(b.socket.closed == 1 && b.socket.why == CONF_CLOSE_NORMAL, "leaves");
    ok(test_heard(&a, "\"type\":\"user-left\",\"from\":8"), "which is heard");
    test_say(&b, "{\"type\":4}");
    ok(!conf_live_joined(&b.socket.s), "and does not come back");

    fake_http_end(&a);
    fake_http_end(&b);
    is_int(test_zone(), 0, "nothing is left in the zone");
    fake_close();
}


/* The socket ends while its message is under way. */

static void
test_closing(void)
{
    fake_http_t  a, m;

    test_begin();
    (void) test_open(&a, 7, "/ws/signaling?meeting_id=5", CONF_OK);

    fake_message(&m, &a.socket, fake_str("{\"type\":\"join\"}"));
    ok(m.finished == 0, "a join is under way");
    conf_live_close(&a.socket.s);
    fake_answer(fake.ncalls - 1, CONF_OK, &test_view, 1);
    is_int(m.op.rc, CONF_E_NOT_MEMBER, "and comes too late");
    fake_http_end(&m);

    fake_http_end(&a);
    is_int(test_zone(), 0, "nothing is left in the zone");
    fake_close();
}


static void
test_settings(void)
{
    fake_http_t  a, b;

    test_begin();
    test_view.room.settings = CONF_ROOM_MUTE;
    test_view.room.creator_id = 8;
    (void) test_open(&a, 7, "/ws/signaling?meeting_id=5", CONF_OK);
    (void) test_open(&b, 8, "/ws/signaling?meeting_id=5", CONF_OK);

    test_say(&b, "{\"type\":\"join\"}");
    ok(test_heard(&b, "\"role\":\"host\",\"audio_enabled\":true"),
       "the creator is a host, and not muted");
    fake_read(&b.socket);

    test_say(&a, "{\"type\":\"join\"}");
    ok(test_heard(&a, "\"role\":\"participant\",\"audio_enabled\":false"),
       "who joins is muted");
    ok(test_heard(&b, "\"type\":\"media-state\""), "and shown so");

    test_say(&a, "{\"type\":\"media-state\",\"data\":"
                 "{\"screen_sharing\":true}}");
    ok(test_heard(&a, "Screen sharing is disabled"), "no screens");
    fake_read(&a.socket);
    test_say(&b, "{\"type\":\"media-state\",\"data\":"
                 "{\"screen_sharing\":true}}");
    ok(test_heard(&a, "\"screen_sharing\":true"), "but the host's");

    test_view.room.settings = CONF_ROOM_SCREEN;
    conf_signal_changed(&a.socket.s, &test_view.room);
    fake_read(&b.socket);
    test_say(&a, "{\"type\":\"screen-share\",\"enabled\":true}");
    ok(test_heard(&b, "\"screen_sharing\":true"), "until it is allowed");

    test_view.room.state = CONF_ROOM_ENDED;
    conf_signal_changed(&a.socket.s, &test_view.room);
    ok(a.socket.closed == 1 && a.socket.why == CONF_CLOSE_ENDED
       && test_heard(&a, "meeting-ended"), "the end");

    fake_http_end(&a);
    fake_http_end(&b);
    fake_close();
}


static void
test_flood(void)
{
    size_t       n;
    fake_http_t  a;

    test_begin();
    (void) test_open(&a, 7, "/ws/signaling?meeting_id=5", CONF_OK);

    for (n = 0; n < 1000 && conf_live_heard(&a.socket.s); n++) { }
    is_int(n, 300, "so many at once");

    fake.now_ms += 1000;
    for (n = 0; n < 1000 && conf_live_heard(&a.socket.s); n++) { }
    ok(n >= 99 && n <= 101, "a hundred a second then");

    fake.now_ms -= 3600 * 1000;
    ok(conf_live_heard(&a.socket.s), "the clock was set back");

    fake_http_end(&a);
    fake_close();
}


/* Each allocation of the zone fails in turn: an error, and nothing stays. */

static void
test_full(void)
{
    size_t       n;
    unsigned     bad;
    fake_http_t  a, m;

    bad = 0;

    for (n = 1; n < 20; n++) {
        test_begin();
        (void) test_open(&a, 7, "/ws/signaling?meeting_id=5", CONF_OK);

        conf_shm_malloc_fail(&fake.zone, n, true);
        fake_message(&m, &a.socket, fake_str("{\"type\":\"join\"}"));
        fake_answer(fake.ncalls - 1, CONF_OK, &test_view, 1);
        bad += m.op.rc != CONF_OK && m.op.rc != CONF_E_ZONE_FULL;
        bad += m.op.rc != CONF_OK && a.socket.closed == 0;
        conf_shm_malloc_fail(&fake.zone, 0, false);

        fake_http_end(&m);
        fake_http_end(&a);
        bad += test_zone() != 0;
        fake_close();
    }

    is_int(bad, 0, "a full zone");
}


int
main(void)
{
    test_opening();
    test_joining();
    test_closing();
    test_settings();
    test_flood();
    test_full();

    return tap_done();
}
