
/*
 * A worker's lists of members beside a model of who is where: whatever
 * changes, and whoever asks, the answer is that of the model.
 */

#include "tap.h"

#include "conf_memo.c"

#include "conf_fake.h"


#define TEST_STEPS    6000
#define TEST_USERS    8          /* who come and go; ids from 1 */
#define TEST_MANY     200        /* members of the long list */
#define TEST_SESSION  1000       /* a user's session is that and its id */


/* The first three fall on the same slot, the last one is long. */

static const uint64_t  test_rooms[] = { 1, 1 + CONF_MEMOS,
                                        1 + 2 * CONF_MEMOS, 2, 900 };

#define TEST_ROOMS  conf_nelts(test_rooms)
#define TEST_LONG   (TEST_ROOMS - 1)

static struct {
    bool      member[TEST_ROOMS][TEST_MANY + 1];
    bool      online[TEST_ROOMS][TEST_USERS + 1];
    unsigned  names[TEST_MANY + 1];          /* how often renamed */
    uint64_t  rev;
    uint64_t  seed;
    unsigned  hits[TEST_ROOMS];              /* lists from the memo */
    unsigned  asked[TEST_ROOMS];             /* from confd */
    unsigned  refused;
} test;


static unsigned
test_random(unsigned n)
{
    test.seed = test.seed * UINT64_C(6364136223846793005) + 1;

    return (unsigned) (test.seed >> 33) % n;
}


static conf_str_t
test_name(unsigned user)
{
    char    *name;
    size_t   len;

    name = conf_arena_alloc(fake.arena, 32);
    if (name == NULL) {
        fake_die("no memory");
    }

    len = (size_t) snprintf(name, 32, "user%u-%u", user, test.names[user]);

    return (conf_str_t) { len, (uint8_t *) name };
}


static void
test_change(unsigned what)
{
    unsigned     room, user;
    bool         first;
    uint64_t     session;
    conf_join_t  join;
    conf_left_t  left;

    room = test_random(TEST_ROOMS);
    user = 1 + test_random(TEST_USERS);

    memset(&join, 0, sizeof(conf_join_t));
    join.channel = conf_channel(CONF_CHANNEL_ROOM, test_rooms[room]);
    session = TEST_SESSION + user;

    switch (what) {

    case 0:
        test.member[room][user] = !test.member[room][user];
        conf_cache_touch(&fake.env.shm, user, test_rooms[room], ++test.rev);
        break;

    case 1:
        test.names[user]++;
        conf_cache_touch(&fake.env.shm, user, 0, ++test.rev);
        break;

    case 2:
        if (test_random(10) == 0) {
            conf_cache_flush(&fake.env.shm);
        }

        break;

    default:
        if (test.online[room][user]) {
            (void) conf_channel_leave(&fake.env.shm, session, join.channel,
                                      false, &left);

        } else if (conf_channel_join(&fake.env.shm, session, &join, &first)
                   != CONF_OK)
        {
            fake_die("cannot join");
        }

        test.online[room][user] = !test.online[room][user];
    }
}


/* As confd would: who asks must be a member. */

static void
test_confd(unsigned room, unsigned asker)
{
    unsigned              user;
    conf_user_t           record;
    conf_member_t         members[TEST_MANY];
    conf_members_t        list;
    const fake_call_t    *call = fake_last();

    if (call->code == CONF_OP_USER_GET) {
        memset(&record, 0, sizeof(conf_user_t));
        record.id = asker;
        record.name = test_name(asker);
        record.version = 1;
        fake_answer(fake.ncalls - 1, CONF_OK, &record, test.rev);
        return;
    }

    if (call->code != CONF_OP_MEMBER_LIST) {
        fake_die("not a list");
    }

    test.asked[room]++;

    memset(members, 0, sizeof(members));
    memset(&list, 0, sizeof(conf_members_t));
    list.members.items = members;

    for (user = 1; user <= TEST_MANY; user++) {
        if (test.member[room][user]) {
            members[list.members.n].user_id = user;
            members[list.members.n].name = test_name(user);
            members[list.members.n].role = CONF_ROLE_MEMBER;
            list.members.n++;
        }
    }

    fake_answer(fake.ncalls - 1,
                test.member[room][asker] ? CONF_OK : CONF_E_NOT_MEMBER, &list,
                test.rev);
}


/* Finds the text behind *p and moves there. */

static bool
test_next(const char **p, const char *text)
{
    const char  *found;

    found = strstr(*p, text);
    *p = found != NULL ? found + strlen(text) : *p;

    return found != NULL;
}


static bool
test_shows(fake_http_t *h, unsigned room)
{
    char         text[64];
    bool         right;
    unsigned     user;
    const char  *p;

    right = fake_json(h->text);

    conf_buf_byte(&h->buf, '\0');
    p = (const char *) h->buf.data;

    for (user = 1; user <= TEST_MANY; user++) {
        if (!test.member[room][user]) {
            continue;
        }

        (void) snprintf(text, sizeof(text), "\"ID\":%u,", user);
        right = right && test_next(&p, text);
        (void) snprintf(text, sizeof(text), "\"username\":\"user%u-%u\"", user,
                        test.names[user]);
        right = right && test_next(&p, text);
        (void) snprintf(text, sizeof(text), "\"online\":%s}",
                        user <= TEST_USERS && test.online[room][user]
                        ? "true" : "false");
        right = right && test_next(&p, text);
    }

    return right && strcmp(p, "]}") == 0;
}


static bool
test_list(unsigned room, unsigned asker)
{
    char         target[64];
    bool         right;
    fake_http_t  h;

    (void) snprintf(target, sizeof(target), "/api/room/members?room_id=%"
                    PRIu64, test_rooms[room]);

    fake_forget();
    fake_http(&h, CONF_M_GET, target, fake_token(asker, 1), fake_none);

    while (h.finished == 0 && fake.pending != 0) {
        test_confd(room, asker);
    }

    if (test.member[room][asker]) {
        right = h.op.rc == CONF_OK && test_shows(&h, room);
        test.hits[room] += h.op.reply == NULL;

    } else {
        right = h.op.rc == CONF_E_NOT_MEMBER;
        test.refused++;
    }

    fake_http_end(&h);

    return right;
}


static void
test_model(void)
{
    unsigned  i, wrong;

    fake_open();

    test.seed = 1;
    test.rev = 1;
    wrong = 0;

    for (i = 1; i <= TEST_USERS; i++) {
        if (conf_session_open(&fake.env.shm, &fake.env.worker,
                              TEST_SESSION + i, i)
            != CONF_OK)
        {
            fake_die("no session");
        }
    }

    for (i = 1; i <= TEST_MANY; i++) {
        test.member[TEST_LONG][i] = true;
    }

    for (i = 0; i < TEST_STEPS && wrong == 0; i++) {
        if (test_random(8) == 0) {
            test_change(test_random(5));
        }

        wrong += !test_list(test_random(TEST_ROOMS),
                            1 + test_random(TEST_USERS));
    }

    is_int(wrong, 0, "each list is that of the model, %u steps", i);

    for (i = 0; i < TEST_ROOMS; i++) {
        ok(test.asked[i] != 0, "room %u: some from confd", i);

        if (i != TEST_LONG) {
            ok(test.hits[i] > 20, "room %u: many as they were", i);
        }
    }

    is_int(test.hits[TEST_LONG], 0, "the long one is made anew");
    ok(test.refused > 100, "who is no member sees none");

    fake_close();
}


static bool
test_keep(fake_http_t *h, conf_cache_key_t key, conf_cache_stamp_t stamp,
    conf_list_t members, conf_str_t text)
{
    conf_list_t   nobody = { NULL, 0 };
    conf_memo_t  *memo;

    memo = conf_memo_take(&h->op, key, stamp, members, nobody);

    if (memo == NULL || conf_memo_find(&h->op, key, &stamp) != NULL) {
        fake_die("a slot that was taken has no text");
    }

    conf_memo_keep(memo, text);

    return conf_memo_find(&h->op, key, &stamp) == memo;
}


/* A slot is the list's only if row, room and copy are the same. */

static void
test_slots(void)
{
    fake_http_t         h;
    conf_memo_t        *memo;
    conf_cache_key_t    key = { CONF_CACHE_MEMBERS, 1, 0 };
    conf_cache_key_t    other = { CONF_CACHE_MEMBERS, 1 + CONF_MEMOS, 0 };
    conf_cache_stamp_t  stamp;
    static uint64_t     ids[] = { 3, 5, 9 };
    conf_list_t         members = { ids, conf_nelts(ids) };
    conf_list_t         nobody = { NULL, 0 };

    static uint8_t     bytes[CONF_MEMO_MAX];
    const conf_str_t   large = { sizeof(bytes), bytes };
    static conf_row_t  rows[CONF_MEMOS + 1];

    fake_open();
    fake_http_init(&h);

    h.op.row = &rows[0];

    (void) conf_cache_put(&fake.env.shm, key, 0, conf_str("x"));
    ok(conf_memo_find(&h.op, key, &stamp) == NULL,
       "a copy of no revision has no list");
    conf_cache_flush(&fake.env.shm);

    ok(conf_memo_find(&h.op, key, &stamp) == NULL && stamp.rev == 0,
       "no copy, no list");

    (void) conf_cache_put(&fake.env.shm, key, 7, conf_str("x"));
    (void) conf_cache_put(&fake.env.shm, other, 7, conf_str("x"));

    ok(conf_memo_find(&h.op, key, &stamp) == NULL && stamp.rev == 7,
       "a copy and no list");

    ok(test_keep(&h, key, stamp, members, conf_str("list")), "kept");
    memo = conf_memo_find(&h.op, key, &stamp);
    is_str(memo->text, "list", "with its text");
    ok(conf_ids_equal(memo->members, members)
       && conf_ids_equal(memo->online, nobody), "and its ids");
    ok(conf_memo_find(&h.op, other, &stamp) == NULL, "not for another room");

    (void) conf_cache_put(&fake.env.shm, key, 8, conf_str("x"));
    ok(conf_memo_find(&h.op, key, &stamp) == NULL && stamp.rev == 8,
       "nor for a newer copy");

    ok(test_keep(&h, key, stamp, members, conf_str("newer")),
       "that has its own");

    h.op.row = &rows[CONF_MEMOS];
    ok(conf_memo_find(&h.op, key, &stamp) == NULL, "not for another row");
    h.op.row = &rows[0];

    ok(!test_keep(&h, key, stamp, members, large), "a long text is not kept");
    ok(test_keep(&h, key, stamp, members, conf_str("x")), "the next one is");

    conf_cache_flush(&fake.env.shm);
    (void) conf_cache_put(&fake.env.shm, key, 8, conf_str("x"));
    ok(conf_memo_find(&h.op, key, &stamp) == NULL,
       "the same revision of another store is another one");

    ok(conf_ids_have(members, 3) && conf_ids_have(members, 5)
       && conf_ids_have(members, 9), "who is in it");
    ok(!conf_ids_have(members, 2) && !conf_ids_have(members, 4)
       && !conf_ids_have(members, 10) && !conf_ids_have(nobody, 3),
       "who is not");
    ok(conf_ids_equal(members, members) && conf_ids_equal(nobody, nobody)
       && !conf_ids_equal(members, nobody), "the same ones");

    fake_http_end(&h);
    fake_close();
}


int
main(void)
{
    test_model();
    test_slots();

    return tap_done();
}
