
#include "tap.h"

#include "conf_op.c"

#include "conf_fake.h"


#define TEST_USER  7


static conf_user_t
test_user(uint32_t version)
{
    conf_user_t  user;

    memset(&user, 0, sizeof(conf_user_t));
    user.id = TEST_USER;
    user.name = conf_str("alice");
    user.version = version;

    return user;
}


/* GET /api/user/stats with a token of version 1: the result so far. */

static conf_rc_t
test_get(fake_http_t *h, conf_str_t token)
{
    fake_http(h, CONF_M_GET, "/api/user/stats", token, fake_none);

    return h->finished != 0 ? h->op.rc : CONF_AGAIN;
}


static void
test_errors(void)
{
    conf_rc_t    rc;
    unsigned     bad, internal;
    const char  *text;

    bad = 0;
    internal = 0;

    for (rc = 0; rc < CONF_E_MAX; rc++) {
        text = conf_error_text(rc);
        bad += text == NULL || text[0] == '\0'
               || strcmp(text, "unknown error") == 0;
        internal += conf_error_internal(rc);
    }

    is_int(bad, 0, "each error has words");
    is_int(internal, 9, "some are the server's own");
    ok(!conf_error_internal(CONF_OK), "success is none");
    ok(strcmp(conf_error_text(CONF_E_MAX), "unknown error") == 0
       && strcmp(conf_error_text(CONF_AGAIN), "unknown error") == 0,
       "what is no error has none");
}


/* Who asks: once from confd, then from the zone. */

static void
test_user_state(void)
{
    size_t       i;
    conf_rc_t    rc;
    conf_user_t  user;
    fake_http_t  h;

    static const struct {
        uint32_t     status;
        int64_t      until_ms;
        uint32_t     version;
        uint32_t     token;
        conf_rc_t    rc;
        const char  *what;
    } cases[] = {
        { CONF_USER_ACTIVE, 0, 1, 1, CONF_AGAIN, "active" },
        { CONF_USER_ACTIVE, 0, 2, 1, CONF_E_TOKEN_REVOKED, "old token" },
        { CONF_USER_ACTIVE, 0, 1, 2, CONF_E_TOKEN_REVOKED, "odd token" },
        { CONF_USER_BANNED, 0, 1, 1, CONF_E_USER_BANNED, "banned" },
        { CONF_USER_BANNED, 0, 2, 1, CONF_E_USER_BANNED,
          "banned, and an old token" },
        { CONF_USER_BANNED, FAKE_NOW + 1, 1, 1, CONF_E_USER_BANNED,
          "banned for a while" },
        { CONF_USER_BANNED, FAKE_NOW, 1, 1, CONF_AGAIN, "no longer" },
        { CONF_USER_DELETED, 0, 1, 1, CONF_E_TOKEN_REVOKED, "deleted" }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        fake_open();

        user = test_user(cases[i].version);
        user.status = cases[i].status;
        user.banned_until_ms = cases[i].until_ms;

        rc = test_get(&h, fake_token(TEST_USER, cases[i].token));
        is_int(rc, CONF_AGAIN, "confd is asked");
        is_int(fake.calls[0].code, CONF_OP_USER_GET, "who it is");
        fake_answer(0, CONF_OK, &user, 1);
        rc = h.finished != 0 ? h.op.rc : CONF_AGAIN;
        is_int(rc, cases[i].rc, "%s", cases[i].what);
        fake_http_end(&h);

        fake_forget();
        rc = test_get(&h, fake_token(TEST_USER, cases[i].token));
        is_int(rc, cases[i].rc, "and from the zone");
        ok(fake.ncalls == 0 || fake.calls[0].code != CONF_OP_USER_GET,
           "without asking");
        fake_http_end(&h);

        fake_close();
    }
}


static void
test_user_errors(void)
{
    conf_rc_t    rc;
    unsigned     bad;
    fake_http_t  h;

    fake_open();
    bad = 0;

    for (rc = 1; rc < CONF_E_MAX; rc++) {
        fake_forget();
        (void) test_get(&h, fake_token(TEST_USER, 1));
        fake_answer(0, rc, NULL, 0);

        bad += h.finished != 1
               || h.op.rc != (rc == CONF_E_USER_ABSENT ? CONF_E_TOKEN_REVOKED
                                                       : rc);
        fake_http_end(&h);
    }

    is_int(bad, 0, "an error of confd is the result");
    fake_close();
}


static void
test_admit(void)
{
    size_t       i;
    fake_http_t  h;

    static const struct {
        const char  *value;
        conf_rc_t    rc;
    } cases[] = {
        { "", CONF_E_TOKEN_ABSENT },
        { "Basic abc", CONF_E_TOKEN_SCHEME },
        { "Bearer abc", CONF_E_TOKEN_MALFORMED },
        { "Bearer a.b.c", CONF_E_TOKEN_INVALID }
    };

    fake_open();

    for (i = 0; i < conf_nelts(cases); i++) {
        is_int(test_get(&h, fake_str(cases[i].value)), cases[i].rc, "\"%s\"",
               cases[i].value);
        fake_http_end(&h);
    }

    is_int(fake.ncalls, 0, "confd is not asked");
    fake_close();
}


/* By address for who is unknown, by user for others. */

static void
test_limit(void)
{
    char         body[64];
    size_t       i, passed;
    fake_http_t  h;

    fake_open();
    fake.settings.rate_limit = true;
    passed = 0;

    for (i = 0; i < 25; i++) {
        (void) snprintf(body, sizeof(body),
                        "{\"username\":\"u%zu\",\"password\":\"b\"}", i);

        fake_http(&h, CONF_M_POST, "/login", fake_none, fake_str(body));
        passed += h.finished == 0;

        if (h.finished != 0) {
            is_int(h.op.rc, CONF_E_RATE_LIMITED, "limited");
            is_int(h.answer.status, 429, "is told");
            ok(h.answer.retry_s >= 1 && h.answer.retry_s <= 60, "until when");
            ok(fake_json(h.text), "in the dialect's form");
        }

        fake_http_end(&h);
    }

    is_int(passed, 20, "as many as the row allows");

    fake.zone.now_ms += 60000;
    fake_http(&h, CONF_M_POST, "/login", fake_none,
              conf_str("{\"username\":\"a\",\"password\":\"b\"}"));
    is_int(h.finished, 0, "a minute later it passes");
    fake_http_end(&h);

    fake.settings.rate_limit = false;

    for (i = 0, passed = 0; i < 25; i++) {
        fake_http(&h, CONF_M_POST, "/login", fake_none,
                  conf_str("{\"username\":\"a\",\"password\":\"b\"}"));
        passed += h.finished == 0;
        fake_http_end(&h);
    }

    is_int(passed, 25, "unless it is off");
    fake_close();
}


/* A list of many pages is one op of many calls. */

static void
test_pages(void)
{
    size_t        i;
    conf_room_t   room;
    conf_rooms_t  page;
    conf_user_t   user;
    fake_http_t   h;

    fake_open();
    user = test_user(1);
    memset(&room, 0, sizeof(conf_room_t));
    page.rooms.items = &room;
    page.rooms.n = 1;

    fake_http(&h, CONF_M_GET, "/api/room/list", fake_token(TEST_USER, 1),
              fake_none);
    fake_answer(0, CONF_OK, &user, 1);

    for (i = 1; i <= 100; i++) {
        room.id = i;
        page.more = i != 100;
        fake_answer(i, CONF_OK, &page, 1);
    }

    is_int(h.finished, 1, "answered once");
    is_int(((const conf_list_t *) h.op.reply)->n, 100, "with all pages");
    ok(fake_json(h.text), "as JSON");
    fake_http_end(&h);

    /* More of nothing is no endless loop. */

    fake_forget();
    fake_http(&h, CONF_M_GET, "/api/room/list", fake_token(TEST_USER, 1),
              fake_none);
    page.rooms.n = 0;
    page.more = true;
    fake_answer(0, CONF_OK, &page, 1);
    is_int(h.finished, 1, "an empty page is the last one");
    fake_http_end(&h);

    fake_close();
}


static void
test_cancel(void)
{
    fake_http_t  h;

    fake_open();

    (void) test_get(&h, fake_token(TEST_USER, 1));
    is_int(fake.pending, 1, "it waits");
    conf_op_cancel(&h.op);
    is_int(fake.pending, 0, "then not");
    ok(fake.calls[0].cancelled, "the call is cancelled");
    conf_op_cancel(&h.op);
    is_int(h.finished, 0, "it does not finish");
    fake_http_end(&h);

    (void) test_get(&h, fake_none);
    is_int(h.finished, 1, "what never ran");
    conf_op_cancel(&h.op);
    is_int(h.finished, 1, "can be cancelled");
    fake_http_end(&h);

    fake_close();
}


static void
test_messages(void)
{
    const conf_api_t  *api = &conf_api_roomchat;
    const conf_row_t  *any;

    any = conf_api_message(api, conf_str("text"));
    ok(any != NULL && strcmp(any->path, "*") == 0, "any type has a row");
    ok(conf_api_message(api, fake_none) == any, "none, too");
    ok(conf_api_message(api, conf_str("pin")) == any, "a part is no type");
    ok(conf_api_message(api, conf_str("ping\0")) == any, "nor is more");
    ok(strcmp(conf_api_message(api, conf_str("ping"))->path, "ping") == 0,
       "some have their own");
}


/* Hot copies: damaged ones and large ones are none. */

static void
test_hot(void)
{
    conf_user_t       user, got;
    conf_buf_t        buf;
    conf_cache_key_t  key = { CONF_CACHE_USER, 0, TEST_USER };

    fake_open();
    user = test_user(1);

    is_int(conf_hot_get(&fake.env, fake.arena, key, &conf_proto_user, &got),
           CONF_E_NOT_FOUND, "nothing yet");

    conf_hot_put(&fake.env, key, 5, &conf_proto_user, &user);
    is_int(conf_hot_get(&fake.env, fake.arena, key, &conf_proto_user, &got),
           CONF_OK, "kept");
    is_str(got.name, "alice", "with its strings");

    user.version = 9;
    conf_hot_put(&fake.env, key, 4, &conf_proto_user, &user);
    (void) conf_hot_get(&fake.env, fake.arena, key, &conf_proto_user, &got);
    is_int(got.version, 1, "an older revision does not count");

    conf_cache_touch(&fake.env.shm, TEST_USER, 0, 6);
    is_int(conf_hot_get(&fake.env, fake.arena, key, &conf_proto_user, &got),
           CONF_E_NOT_FOUND, "touched");
    conf_hot_put(&fake.env, key, 5, &conf_proto_user, &user);
    is_int(conf_hot_get(&fake.env, fake.arena, key, &conf_proto_user, &got),
           CONF_E_NOT_FOUND, "what is older than the touch is not kept");

    conf_buf_init(&buf, 0);
    conf_buf_lit(&buf, "\x93\x01");
    (void) conf_cache_put(&fake.env.shm, key, 7,
                          (conf_str_t) { buf.len, buf.data });
    is_int(conf_hot_get(&fake.env, fake.arena, key, &conf_proto_user, &got),
           CONF_E_NOT_FOUND, "damaged");
    conf_buf_free(&buf);

    fake_close();
}


/* A call that is not needed: the server's faults are no end. */

static unsigned  test_told_with;
static unsigned  test_told_without;


static conf_rc_t
test_told(conf_op_t *op, const void *reply)
{
    if (reply != NULL) {
        test_told_with++;
    } else {
        test_told_without++;
    }

    return conf_op_done(op, NULL);
}


static conf_rc_t
test_try_verb(conf_op_t *op, const void *in)
{
    conf_none_t  none = { 0 };

    return conf_op_try(op, CONF_OP_STAT, &none, test_told);
}


static void
test_try(void)
{
    size_t       i;
    conf_stat_t  stat;
    fake_http_t  h;

    static const conf_row_t  row = { .verb = test_try_verb };
    static const conf_rc_t   answers[] = {
        CONF_OK, CONF_E_BACKEND_DOWN, CONF_E_BACKEND_TIMEOUT,
        CONF_E_FORBIDDEN
    };

    memset(&stat, 0, sizeof(conf_stat_t));
    fake_open();

    for (i = 0; i < conf_nelts(answers); i++) {
        fake_forget();
        fake_http_init(&h);
        h.op.row = &row;
        conf_op_run(&h.op);
        fake_answer(0, answers[i], &stat, 0);

        is_int(h.op.rc, i == 3 ? CONF_E_FORBIDDEN : CONF_OK, "%s",
               conf_error_text(answers[i]));
        fake_http_end(&h);
    }

    is_int(test_told_with, 1, "with a reply");
    is_int(test_told_without, 2, "without one");

    fake_close();
}


int
main(void)
{
    test_errors();
    test_user_state();
    test_user_errors();
    test_admit();
    test_limit();
    test_pages();
    test_cancel();
    test_messages();
    test_hot();
    test_try();

    return tap_done();
}
