
#include "tap.h"

#include "conf_sweep.c"

#include "conf_fake.h"


#define TEST_ROOM  5


static conf_sync_t  *sync_;


/* Time passes, and then it is looked; the call that was made, or NULL. */

static fake_call_t *
test_tick(int64_t ms)
{
    size_t  n;

    n = fake.ncalls;
    fake.now_ms += ms;
    fake.zone.now_ms += ms;

    conf_sweep_tick(sync_);

    return fake.ncalls == n ? NULL : fake_last();
}


/* A pass that finds these. */

static void
test_pass(conf_joined_t *joined, size_t n, bool more)
{
    fake_call_t        *call;
    conf_all_joined_t   all;

    call = test_tick(CONF_SWEEP_EVERY_MS);

    if (call == NULL || call->code != CONF_OP_JOINED_LIST) {
        fake_die("who has joined is not asked");
    }

    memset(&all, 0, sizeof(conf_all_joined_t));
    all.joined.items = joined;
    all.joined.n = n;
    all.more = more;

    fake_answer(fake.ncalls - 1, CONF_OK, &all, 1);
}


static void
test_absent(void)
{
    conf_room_t         room;
    conf_joined_t       joined[3];
    fake_session_t      a;
    conf_all_joined_t  *told;

    memset(&room, 0, sizeof(conf_room_t));
    room.id = TEST_ROOM;

    fake_session(&a, &conf_api_roomchat, 7);

    if (conf_live_open(&a.s) != CONF_OK
        || conf_live_join(&a.s, &room) != CONF_OK)
    {
        fake_die("a session does not join");
    }

    /* One is there, one is not, one has only just come. */

    joined[0] = (conf_joined_t) { TEST_ROOM, 7, fake.now_ms - 60000 };
    joined[1] = (conf_joined_t) { TEST_ROOM, 8, fake.now_ms - 60000 };
    joined[2] = (conf_joined_t) { TEST_ROOM, 9, fake.now_ms };

    ok(test_tick(0) == NULL, "a worker that begins looks at nothing");

    test_pass(joined, 3, false);
    test_pass(joined, 3, false);
    test_pass(joined, 3, false);
    is_int(fake_last()->code, CONF_OP_JOINED_LIST, "for a while all wait");

    test_pass(joined, 3, false);
    is_int(fake_last()->code, CONF_OP_MEETING_ABSENT, "then one has left");

    told = fake_last()->request;
    is_int(told->joined.n, 1, "only one");
    is_int(((conf_joined_t *) told->joined.items)->user_id, 8, "who it is");
    fake_answer(fake.ncalls - 1, CONF_OK, &(conf_none_t) { 0 }, 1);

    /* Who comes anew begins anew. */

    joined[1].entered_ms = fake.now_ms - 40000;
    test_pass(joined, 2, false);
    test_pass(joined, 2, false);
    joined[1].entered_ms++;
    test_pass(joined, 2, false);
    test_pass(joined, 2, false);
    is_int(fake_last()->code, CONF_OP_JOINED_LIST, "not yet");

    /* And so it does when confd was not there. */

    (void) test_tick(CONF_SWEEP_EVERY_MS);
    fake_answer(fake.ncalls - 1, CONF_E_BACKEND_DOWN, NULL, 0);
    test_pass(joined, 2, false);
    is_int(fake_last()->code, CONF_OP_JOINED_LIST, "nor now");

    fake_gone(&a);
}


static void
test_pages(void)
{
    conf_joined_t        joined = { TEST_ROOM, 8, fake.now_ms };
    conf_joined_list_t  *next;

    test_pass(&joined, 1, true);
    is_int(fake_last()->code, CONF_OP_JOINED_LIST, "another page");
    next = fake_last()->request;
    is_int(next->room_id, TEST_ROOM, "behind the room");
    is_int(next->user_id, 8, "and the user");
    ok(test_tick(CONF_SWEEP_EVERY_MS) == NULL, "one pass at a time");
    fake_answer(fake.ncalls - 1, CONF_OK,
                &(conf_all_joined_t) { { NULL, 0 }, false }, 1);
}


static void
test_others(void)
{
    conf_shm_t  other = fake.env.shm;

    sync_->several = true;
    ok(test_tick(CONF_SWEEP_EVERY_MS) == NULL, "not beside other nodes");
    sync_->several = false;

    fake.zone.now_ms += CONF_SWEEP_LEASE_MS;
    other.pid++;
    ok(conf_shm_lease(&other, CONF_SWEEP_LEASE_MS), "another worker does it");
    ok(!conf_shm_lease(&fake.env.shm, 1), "then we do not");
    ok(test_tick(CONF_SWEEP_EVERY_MS) == NULL, "and ask nothing");
    fake.now_ms += CONF_SWEEP_LEASE_MS;
    fake.zone.now_ms += CONF_SWEEP_LEASE_MS;
    ok(test_tick(CONF_SWEEP_EVERY_MS) != NULL, "until it is gone");
}


int
main(void)
{
    fake_open();

    sync_ = conf_sync_create(&fake.env);
    if (sync_ == NULL) {
        fake_die("no memory");
    }

    test_absent();
    test_pages();
    test_others();

    conf_sync_destroy(sync_);
    fake_close();

    return tap_done();
}
