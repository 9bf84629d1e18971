
#include "tap.h"

#include "conf_sync.c"

#include "conf_fake.h"


#define TEST_ROOM   5
#define TEST_EPOCH  3


static conf_sync_t  *sync_;


static conf_room_t
test_room(uint64_t id, uint64_t seq)
{
    conf_room_t  room;

    memset(&room, 0, sizeof(conf_room_t));
    room.id = id;
    room.name = conf_str("lounge");
    room.epoch = TEST_EPOCH;
    room.seq = seq;

    return room;
}


static conf_user_t
test_user(uint64_t id, uint32_t version)
{
    conf_user_t  user;

    memset(&user, 0, sizeof(conf_user_t));
    user.id = id;
    user.name = conf_str("alice");
    user.version = version;

    return user;
}


static void
test_open(void)
{
    fake_open();

    sync_ = conf_sync_create(&fake.env);
    if (sync_ == NULL) {
        fake_die("no memory");
    }
}


static void
test_close(void)
{
    conf_sync_destroy(sync_);
    fake_close();
}


/* Opens a session that is in the rooms. */

static void
test_join(fake_session_t *fs, uint64_t user_id, uint64_t room_id,
    uint64_t seq)
{
    conf_room_t  room;

    fake_session(fs, &conf_api_roomchat, user_id);

    if (conf_live_open(&fs->s) != CONF_OK) {
        fake_die("a session does not open");
    }

    if (room_id != 0) {
        room = test_room(room_id, seq);

        if (conf_live_join(&fs->s, &room) != CONF_OK) {
            fake_die("a session does not join");
        }
    }
}


static void
test_touch(uint64_t user_id, uint64_t room_id)
{
    conf_buf_t    buf;
    conf_touch_t  touch = { user_id, room_id };

    conf_buf_init(&buf, 0);
    (void) conf_proto_pack(&buf, &conf_proto_touch, &touch);

    conf_sync_event(sync_, conf_str("c"),
                    (conf_str_t) { buf.len, buf.data }, 1);

    conf_buf_free(&buf);
}


/* The op of call i, or -1. */

static int
test_asked(size_t i)
{
    return i < fake.ncalls ? (int) fake.calls[i].code : -1;
}


static bool
test_says(const fake_session_t *fs, size_t i, const char *part)
{
    conf_str_t  text;

    text = fake_sent(fs, i);

    return text.len != 0
           && memmem(text.data, text.len, part, strlen(part)) != NULL;
}


static void
test_nobody(void)
{
    test_open();

    test_touch(7, 0);
    test_touch(0, TEST_ROOM);
    test_touch(7, TEST_ROOM);
    is_int(fake.ncalls, 0, "what concerns nobody here is not asked");

    conf_sync_event(sync_, conf_str("r.5"), conf_str("\x92\x07\x00"), 1);
    conf_sync_event(sync_, conf_str("c"), conf_str("\x92\x07"), 1);
    is_int(fake.ncalls, 0, "nor what is another topic, or broken");

    conf_sync_all(sync_);
    conf_sync_tick(sync_);
    is_int(fake.ncalls, 0, "an empty worker checks nothing");

    test_close();
}


static void
test_membership(void)
{
    conf_room_view_t    view;
    fake_session_t      a, b;
    conf_room_key_t    *key;

    test_open();
    test_join(&a, 7, 0, 0);
    test_join(&b, 7, 0, 0);

    memset(&view, 0, sizeof(conf_room_view_t));
    view.room = test_room(TEST_ROOM, 4);

    test_touch(7, TEST_ROOM);
    is_int(test_asked(0), CONF_OP_ROOM_GET, "a change of a membership");
    key = fake.calls[0].request;
    is_int(key->actor, 7, "of the user");
    is_int(key->room_id, TEST_ROOM, "in the room");

    fake_answer(0, CONF_OK, &view, 1);
    ok(conf_live_in(&a.s, TEST_ROOM) && conf_live_in(&b.s, TEST_ROOM),
       "who was added enters with every session");
    ok(test_says(&a, 0, "\"room_joined\"") && test_says(&b, 0, "\"seq\":4"),
       "and is told");
    is_int(a.nsent, 1, "once");

    test_touch(7, TEST_ROOM);
    fake_answer(1, CONF_OK, &view, 1);
    is_int(a.nsent, 1, "the same again says nothing");

    test_touch(7, TEST_ROOM);
    fake_answer(2, CONF_E_BACKEND_TIMEOUT, NULL, 0);
    ok(conf_live_in(&a.s, TEST_ROOM), "an error decides nothing");

    test_touch(7, TEST_ROOM);
    fake_answer(3, CONF_E_NOT_MEMBER, NULL, 0);
    ok(!conf_live_in(&a.s, TEST_ROOM) && !conf_live_in(&b.s, TEST_ROOM),
       "who was removed leaves");
    ok(test_says(&a, 1, "\"room_left\""), "and is told");

    fake_gone(&a);
    fake_gone(&b);
    test_close();
}


/* Answers may pass each other: the last change counts. */

static void
test_changes_meanwhile(void)
{
    fake_session_t    a;
    conf_room_view_t  view;

    test_open();
    test_join(&a, 7, 0, 0);

    memset(&view, 0, sizeof(conf_room_view_t));
    view.room = test_room(TEST_ROOM, 0);

    test_touch(7, TEST_ROOM);
    test_touch(7, TEST_ROOM);
    test_touch(7, TEST_ROOM);
    is_int(fake.ncalls, 1, "one question at a time");

    fake_answer(0, CONF_OK, &view, 1);
    ok(!conf_live_in(&a.s, TEST_ROOM), "its answer is void after a change");
    is_int(fake.ncalls, 2, "and it is asked again");

    fake_answer(1, CONF_E_NOT_MEMBER, NULL, 2);
    ok(!conf_live_in(&a.s, TEST_ROOM), "the newer answer counts");
    is_int(a.nsent, 0, "nothing was said");
    is_int(fake.pending, 0, "nothing else is asked");

    fake_gone(&a);
    test_close();
}


static void
test_room_ends(void)
{
    fake_session_t    a, b;
    conf_room_view_t  view;

    test_open();
    test_join(&a, 7, TEST_ROOM, 0);
    test_join(&b, 8, TEST_ROOM, 0);
    fake_drain();
    fake_read(&a);
    fake_read(&b);

    memset(&view, 0, sizeof(conf_room_view_t));
    view.room = test_room(TEST_ROOM, 0);

    test_touch(0, TEST_ROOM);
    fake_answer(0, CONF_OK, &view, 1);
    ok(conf_live_in(&a.s, TEST_ROOM), "a room that was changed stays");

    test_touch(0, TEST_ROOM);
    fake_answer(1, CONF_E_ROOM_ABSENT, NULL, 2);
    ok(!conf_live_in(&a.s, TEST_ROOM) && !conf_live_in(&b.s, TEST_ROOM),
       "one that was deleted is left by all");
    ok(test_says(&a, 0, "\"room_left\"") && test_says(&b, 0, "\"room_left\""),
       "who are told");

    fake_drain();
    fake_gone(&a);
    fake_gone(&b);
    test_close();
}


static void
test_revoked(void)
{
    size_t          i;
    conf_user_t     user;
    fake_session_t  a;

    static const struct {
        conf_rc_t    rc;
        uint32_t     version;
        uint32_t     status;
        int64_t      until_ms;
        unsigned     closed;
        const char  *what;
    } cases[] = {
        { CONF_OK, 1, CONF_USER_ACTIVE, 0, 0, "nothing that matters" },
        { CONF_OK, 2, CONF_USER_ACTIVE, 0, 1, "a new password" },
        { CONF_OK, 1, CONF_USER_BANNED, 0, 1, "a ban" },
        { CONF_OK, 1, CONF_USER_BANNED, FAKE_NOW - 1, 0, "a ban that ended" },
        { CONF_OK, 1, CONF_USER_DELETED, 0, 1, "the end of the user" },
        { CONF_E_USER_ABSENT, 1, 0, 0, 1, "no such user" },
        { CONF_E_BACKEND_DOWN, 1, 0, 0, 0, "no answer" },
        { CONF_E_BACKEND_BUSY, 1, 0, 0, 0, "too busy" }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        test_open();
        test_join(&a, 7, 0, 0);

        user = test_user(7, cases[i].version);
        user.status = cases[i].status;
        user.banned_until_ms = cases[i].until_ms;

        test_touch(7, 0);
        is_int(test_asked(0), CONF_OP_USER_GET, "a change of a user");
        fake_answer(0, cases[i].rc, &user, 1);

        is_int(a.closed, cases[i].closed, "%s", cases[i].what);
        ok(a.closed == 0 || a.why == CONF_CLOSE_REVOKED, "the reason");
        is_int(fake.pending, 0, "that is all");

        fake_gone(&a);
        test_close();
    }
}


/* After a lost link: each user, then each of the user's rooms. */

static void
test_all(void)
{
    size_t              i;
    conf_user_t         user;
    conf_room_t         rooms[2];
    conf_rooms_t        page;
    fake_session_t      a;
    conf_room_key_t    *key;
    conf_room_view_t    view;

    test_open();
    test_join(&a, 7, TEST_ROOM, 0);

    user = test_user(7, 1);
    rooms[0] = test_room(3, 0);
    rooms[1] = test_room(6, 0);
    memset(&view, 0, sizeof(conf_room_view_t));

    conf_sync_all(sync_);
    is_int(test_asked(0), CONF_OP_USER_GET, "everybody is checked");
    fake_answer(0, CONF_OK, &user, 1);
    is_int(test_asked(1), CONF_OP_ROOM_LIST, "then the rooms");

    /* In pages of one. */

    for (i = 1; i < fake.ncalls; i++) {
        if (fake.calls[i].code == CONF_OP_ROOM_LIST) {
            page.more = ((conf_room_list_t *) fake.calls[i].request)->after
                        == 0;
            page.rooms.items = page.more ? rooms : rooms + 1;
            page.rooms.n = 1;
            fake_answer(i, CONF_OK, &page, 1);
            continue;
        }

        /* What differs is asked by itself: a page may be old. */

        key = fake.calls[i].request;
        view.room = test_room(key->room_id, 0);
        fake_answer(i, key->room_id == TEST_ROOM ? CONF_E_NOT_MEMBER : CONF_OK,
                    &view, 1);
    }

    ok(conf_live_in(&a.s, 3) && conf_live_in(&a.s, 6), "all rooms");
    ok(!conf_live_in(&a.s, TEST_ROOM), "a room that is not listed is left");
    is_int(fake.ncalls, 6, "one user, two pages, three rooms");
    is_int(fake.pending, 0, "and then no more");

    fake_gone(&a);
    test_close();
}


static void
test_all_many(void)
{
    size_t          i;
    conf_user_t     user;
    conf_rooms_t    none;
    fake_session_t  s[CONF_SYNC_WINDOW + 8];

    test_open();
    memset(&none, 0, sizeof(conf_rooms_t));

    for (i = 0; i < conf_nelts(s); i++) {
        test_join(&s[i], 1 + i, 0, 0);
    }

    conf_sync_all(sync_);
    is_int(fake.pending, CONF_SYNC_WINDOW, "a window of calls");

    for (i = 0; i < fake.ncalls; i++) {
        if (fake.calls[i].code == CONF_OP_USER_GET) {
            user = test_user(((conf_id_t *) fake.calls[i].request)->id, 1);
            fake_answer(i, CONF_OK, &user, 1);
        } else {
            fake_answer(i, CONF_OK, &none, 1);
        }

        if (fake.pending > CONF_SYNC_WINDOW) {
            break;
        }
    }

    is_int(fake.ncalls, 2 * conf_nelts(s), "all are checked, with the rooms");
    is_int(fake.pending, 0, "and then no more");

    for (i = 0; i < conf_nelts(s); i++) {
        fake_gone(&s[i]);
    }

    test_close();
}


static void
test_all_failed(void)
{
    fake_session_t  a;

    test_open();
    test_join(&a, 7, 0, 0);

    conf_sync_all(sync_);
    fake_answer(0, CONF_E_BACKEND_TIMEOUT, NULL, 0);
    conf_sync_tick(sync_);
    is_int(fake.ncalls, 1, "a check that failed is not repeated at once");

    fake.now_ms += CONF_SYNC_AGAIN_MS;
    conf_sync_tick(sync_);
    is_int(test_asked(1), CONF_OP_USER_GET, "but soon");
    fake_answer(1, CONF_E_BACKEND_DOWN, NULL, 0);

    fake.now_ms += CONF_SYNC_AGAIN_MS;
    conf_sync_tick(sync_);
    is_int(fake.ncalls, 2, "without a link it waits for one");

    fake_gone(&a);
    test_close();
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


/* Stored, but its publisher died: found by the heads, in order. */

static void
test_heads(void)
{
    conf_head_t      head = { TEST_ROOM, TEST_EPOCH, 3 };
    conf_heads_t     heads;
    fake_session_t   a;
    conf_message_t   messages[3];
    conf_messages_t  list;

    test_open();
    test_join(&a, 7, TEST_ROOM, 1);

    heads.heads.items = &head;
    heads.heads.n = 1;

    conf_sync_doubt(sync_, true);
    conf_sync_tick(sync_);
    is_int(test_asked(0), CONF_OP_ROOM_HEADS, "heads are compared");
    fake_answer(0, CONF_OK, &heads, 1);

    is_int(test_asked(1), CONF_OP_MESSAGE_LIST, "what is missing is read");
    is_int(((conf_message_list_t *) fake.calls[1].request)->after_seq, 1,
           "from the first one");

    messages[0] = test_message(2);
    messages[1] = test_message(3);
    memset(&list, 0, sizeof(conf_messages_t));
    list.messages.items = messages;
    list.messages.n = 2;
    fake_answer(1, CONF_OK, &list, 1);
    fake_drain();

    is_int(a.nsent, 2, "and shown");
    ok(test_says(&a, 0, "\"seq\":2") && test_says(&a, 1, "\"seq\":3"),
       "in order");
    is_int(fake.pending, 0, "that was all");

    conf_sync_doubt(sync_, true);
    conf_sync_tick(sync_);
    fake_answer(2, CONF_OK, &heads, 1);
    is_int(fake.pending, 0, "equal heads ask nothing");

    fake_gone(&a);
    test_close();
}


/* One came early: after a while what is between is read. */

static void
test_gap(void)
{
    fake_session_t   a;
    conf_message_t   early, message;
    conf_messages_t  list;

    test_open();
    test_join(&a, 7, TEST_ROOM, 1);

    early = test_message(3);
    is_int(conf_live_message(&fake.env, &early), CONF_AGAIN, "it waits");
    fake_drain();
    is_int(a.nsent, 0, "and is not shown");

    conf_sync_tick(sync_);
    is_int(fake.ncalls, 0, "the one between may be on its way");

    fake.zone.now_ms += 1000;
    conf_sync_tick(sync_);
    is_int(test_asked(0), CONF_OP_MESSAGE_LIST, "then it is read");

    memset(&list, 0, sizeof(conf_messages_t));
    message = test_message(2);
    list.messages.items = &message;
    list.messages.n = 1;
    fake_answer(0, CONF_OK, &list, 1);
    fake_drain();

    is_int(a.nsent, 2, "both are shown");
    ok(test_says(&a, 0, "\"seq\":2") && test_says(&a, 1, "\"seq\":3"),
       "in order");

    fake_gone(&a);
    test_close();
}


static void
test_gap_for_ever(void)
{
    size_t            i;
    conf_message_t    early;
    fake_session_t    a;
    conf_messages_t   none;

    static const struct {
        conf_rc_t    rc;
        const char  *what;
    } cases[] = {
        { CONF_OK, "what the store does not have will never come" },
        { CONF_E_CONFLICT, "nor what another epoch had" },
        { CONF_E_ROOM_ABSENT, "nor what no room has" }
    };

    memset(&none, 0, sizeof(conf_messages_t));

    for (i = 0; i < conf_nelts(cases); i++) {
        test_open();
        test_join(&a, 7, TEST_ROOM, 1);

        early = test_message(3);
        (void) conf_live_message(&fake.env, &early);
        fake.zone.now_ms += 1000;
        conf_sync_tick(sync_);
        fake_answer(0, cases[i].rc, &none, 1);
        fake_drain();

        /* The worker repairs its own order, and gives up as well. */

        conf_sync_repair(sync_);

        if (fake.pending != 0) {
            fake_answer(fake.ncalls - 1, cases[i].rc, &none, 1);
        }

        early = test_message(4);
        (void) conf_live_message(&fake.env, &early);
        fake_drain();

        ok(a.nsent != 0 && test_says(&a, a.nsent - 1, "\"seq\":4"), "%s",
           cases[i].what);
        is_int(fake.pending, 0, "nothing is asked for it any more");

        fake_gone(&a);
        test_close();
    }
}


/* Destroying while all kinds of questions are open; nothing comes after. */

static void
test_destroy(void)
{
    conf_message_t  early;
    fake_session_t  a;

    test_open();
    test_join(&a, 7, TEST_ROOM, 1);

    early = test_message(3);
    (void) conf_live_message(&fake.env, &early);
    fake.zone.now_ms += 1000;

    conf_sync_all(sync_);
    conf_sync_tick(sync_);
    test_touch(7, TEST_ROOM);
    test_touch(0, TEST_ROOM);
    test_touch(7, 0);

    ok(fake.pending >= 5, "many questions are open");
    conf_sync_destroy(sync_);
    is_int(fake.pending, 0, "all are cancelled");

    sync_ = NULL;
    fake_gone(&a);
    test_close();
}


int
main(void)
{
    test_nobody();
    test_membership();
    test_changes_meanwhile();
    test_room_ends();
    test_revoked();
    test_all();
    test_all_many();
    test_all_failed();
    test_heads();
    test_gap();
    test_gap_for_ever();
    test_destroy();

    return tap_done();
}
