
#include "confd_fixture.h"


#define T_DAY_MS  INT64_C(86400000)


static conf_user_t   user;
static conf_login_t  login;


static conf_rc_t
t_login(const char *name, const char *password)
{
    conf_login_open_t  in = { fx_str(name), fx_str(password), 7 * T_DAY_MS };

    return fx_call(CONF_OP_LOGIN_OPEN, &in, &login);
}


/* With the secret of a login; NULL: with an access token of a version. */

static conf_rc_t
t_refresh(const conf_login_t *by, uint64_t sid, uint32_t version)
{
    conf_login_key_t  in;

    memset(&in, 0, sizeof(conf_login_key_t));
    in.user_id = 1;
    in.sid = sid;
    in.ttl_ms = 7 * T_DAY_MS;
    in.version = version;

    if (by != NULL) {
        in.user_id = by->user.id;
        in.secret = by->secret;
    }

    return fx_call(CONF_OP_LOGIN_REFRESH, &in, &login);
}


static conf_rc_t
t_close(uint64_t id, uint64_t sid, bool all)
{
    conf_none_t         none;
    conf_login_close_t  in = { id, sid, all };

    return fx_call(CONF_OP_LOGIN_CLOSE, &in, &none);
}


static void
test_open(void)
{
    conf_login_t  first;

    is_int(t_login("ALICE", FX_PASSWORD), CONF_OK, "a login");
    is_int(login.user.id, 1, "of the user");
    is_int(login.user.last_login_ms, FX_NOW, "the last one");
    ok(fx_touched(1, 0), "touches the user");
    ok(login.sid != 0 && login.sid <= INT64_MAX, "has a number");
    is_int(login.secret.len, CONF_LOGIN_SECRET, "and a secret");

    first = login;
    is_int(t_login("Alice@example.ORG", FX_PASSWORD), CONF_OK, "by address");
    ok(login.sid != first.sid, "another number");
    ok(!conf_str_eq(login.secret, first.secret), "another secret");
    is_int(t_login("alice", "wrong"), CONF_E_BAD_LOGIN, "a wrong password");
    is_int(t_login("nobody", FX_PASSWORD), CONF_E_BAD_LOGIN, "nobody");
}


static void
test_refresh(void)
{
    uint32_t      version;
    conf_login_t  first, second;

    (void) t_login("alice", FX_PASSWORD);
    first = login;

    is_int(t_refresh(&first, first.sid, 0), CONF_OK, "it goes on");
    second = login;
    is_int(second.sid, first.sid, "as the same");
    ok(!conf_str_eq(second.secret, first.secret), "with another secret");
    is_int(second.reused, 0, "the first time");
    is_int(t_refresh(&second, first.sid + 2, 0), CONF_E_TOKEN_INVALID,
           "another number");

    (void) fx_get(1, &user);
    version = user.version;

    is_int(t_refresh(&first, first.sid, 0), CONF_OK, "an old secret");
    is_int(login.reused, 1, "was used already");
    ok(fx_touched(1, 0), "touches the user");

    (void) fx_get(1, &user);
    is_int(user.version, version, "other logins live");
    is_int(user.revoked.n, 1, "this one is remembered");
    is_int(((uint64_t *) user.revoked.items)[0], first.sid, "by its number");
    is_int(t_refresh(&second, first.sid, 0), CONF_E_TOKEN_INVALID,
           "the newest secret is gone, too");
    is_int(t_refresh(NULL, first.sid, version), CONF_E_TOKEN_INVALID,
           "and an access token helps nobody");
}


static void
test_access(void)
{
    uint64_t      sid;
    conf_login_t  first;

    (void) t_login("alice", FX_PASSWORD);
    first = login;
    sid = first.sid;

    is_int(t_refresh(NULL, sid, first.user.version), CONF_OK,
           "by an access token");
    is_int(login.sid, sid, "the same login");
    is_int(t_refresh(&first, sid, 0), CONF_OK, "the secret of before");
    is_int(login.reused, 1, "is an old one");

    is_int(t_refresh(NULL, 0, first.user.version), CONF_OK,
           "by one of no login");
    ok(login.sid != 0, "gives one");
    is_int(t_refresh(NULL, 0, first.user.version + 1), CONF_E_TOKEN_REVOKED,
           "not of another version");
}


static void
test_expiry(void)
{
    conf_login_t  first;

    (void) t_login("alice", FX_PASSWORD);
    first = login;

    fx.now_ms += 7 * T_DAY_MS - 1;
    is_int(t_refresh(&first, first.sid, 0), CONF_OK, "is good for a week");
    first = login;

    fx.now_ms += 7 * T_DAY_MS - 1;
    is_int(t_refresh(&first, first.sid, 0), CONF_OK, "from its last use");
    first = login;

    fx.now_ms += 7 * T_DAY_MS;
    is_int(t_refresh(&first, first.sid, 0), CONF_E_TOKEN_EXPIRED,
           "no longer");
    is_int(t_login("alice", FX_PASSWORD), CONF_OK, "the next login");
    is_int(t_refresh(&first, first.sid, 0), CONF_E_TOKEN_INVALID,
           "takes it away");
}


static void
test_many(void)
{
    size_t        i;
    conf_login_t  logins[CONF_LOGINS_MAX];

    for (i = 0; i < CONF_LOGINS_MAX; i++) {
        fx.now_ms++;
        (void) t_login("bob", FX_PASSWORD);
        logins[i] = login;
    }

    fx.now_ms++;
    is_int(t_refresh(&logins[0], logins[0].sid, 0), CONF_OK, "as many");
    fx.now_ms++;
    is_int(t_login("bob", FX_PASSWORD), CONF_OK, "the next one");
    is_int(t_refresh(&logins[1], logins[1].sid, 0), CONF_E_TOKEN_INVALID,
           "ends the one that was idle longest");
    is_int(t_refresh(&logins[2], logins[2].sid, 0), CONF_OK, "and no other");
}


static void
test_logout(void)
{
    uint32_t      version;
    uint64_t      sid;
    conf_login_t  first, second;

    (void) t_login("carol", FX_PASSWORD);
    first = login;
    (void) t_login("carol", FX_PASSWORD);
    second = login;
    version = login.user.version;

    is_int(t_close(3, first.sid, false), CONF_OK, "logout");
    ok(fx_touched(3, 0), "touches the user");
    (void) fx_get(3, &user);
    is_int(user.version, version, "of one login");
    is_int(user.revoked.n, 1, "which is remembered");
    is_int(t_refresh(&first, first.sid, 0), CONF_E_TOKEN_INVALID,
           "it does not go on");
    is_int(t_close(3, first.sid, false), CONF_OK, "again");
    (void) fx_get(3, &user);
    is_int(user.revoked.n, 1, "is the same");

    for (sid = 1; sid < CONF_REVOKED_MAX; sid++) {
        (void) t_close(3, sid, false);
    }

    (void) fx_get(3, &user);
    is_int(user.revoked.n, CONF_REVOKED_MAX, "as many as are remembered");
    is_int(t_close(3, 99, false), CONF_OK, "one more");
    (void) fx_get(3, &user);
    is_int(user.revoked.n, 0, "and all are forgotten");
    is_int(user.version, version + 1, "since all tokens have died");
    is_int(t_refresh(&second, second.sid, 0), CONF_OK, "logins go on");
    second = login;

    is_int(t_close(3, second.sid, true), CONF_OK, "logout of all");
    (void) fx_get(3, &user);
    is_int(user.version, version + 2, "kills all tokens");
    is_int(t_refresh(&second, second.sid, 0), CONF_E_TOKEN_INVALID,
           "and logins");
    is_int(t_close(3, 0, false), CONF_OK, "so does one without a number");
    (void) fx_get(3, &user);
    is_int(user.version, version + 3, "kills them");
    is_int(t_close(99, 1, false), CONF_E_USER_ABSENT, "nobody");
}


static void
test_password(void)
{
    conf_login_t           first;
    conf_login_password_t  in;

    memset(&in, 0, sizeof(conf_login_password_t));
    in.change.id = 3;
    in.change.old_password = fx_str(FX_PASSWORD);
    in.change.new_password = fx_str("another one");
    in.ttl_ms = T_DAY_MS;

    (void) t_login("carol", FX_PASSWORD);
    first = login;

    is_int(fx_call(CONF_OP_LOGIN_PASSWORD, &in, &login), CONF_OK,
           "another password");
    is_int(login.user.version, first.user.version + 1, "kills tokens");
    is_int(t_refresh(&login, login.sid, 0), CONF_OK, "a new login goes on");
    is_int(t_refresh(&first, first.sid, 0), CONF_E_TOKEN_INVALID,
           "the old ones do not");

    in.change.old_password = in.change.new_password;
    is_int(fx_call(CONF_OP_LOGIN_PASSWORD, &in, &login),
           CONF_E_SAME_PASSWORD, "the same is none");
}


static void
test_close(void)
{
    conf_login_t       first;
    conf_user_close_t  in = { 4, fx_str("wrong") };

    (void) t_login("dave", FX_PASSWORD);
    first = login;

    is_int(fx_call(CONF_OP_USER_CLOSE, &in, &user), CONF_E_BAD_PASSWORD,
           "not with a wrong password");

    in.password = fx_str(FX_PASSWORD);
    is_int(fx_call(CONF_OP_USER_CLOSE, &in, &user), CONF_OK, "the end");
    is_int(user.status, CONF_USER_DELETED, "of the account");
    is_int(user.version, 2, "and its tokens");
    is_int(t_refresh(&first, first.sid, 0), CONF_E_TOKEN_INVALID,
           "and logins");
    is_int(t_login("dave", FX_PASSWORD), CONF_E_BAD_LOGIN, "no other one");
    is_int(fx_call(CONF_OP_USER_CLOSE, &in, &user), CONF_E_USER_ABSENT,
           "once");

    in.id = 5;
    in.password = fx_str("");
    is_int(fx_call(CONF_OP_USER_CLOSE, &in, &user), CONF_OK,
           "without a password");
}


static void
test_ban(void)
{
    conf_login_t     first;
    conf_user_ban_t  in;

    memset(&in, 0, sizeof(conf_user_ban_t));
    in.id = 6;
    in.banned = true;

    (void) t_login("frank", FX_PASSWORD);
    first = login;

    is_int(fx_call(CONF_OP_USER_BAN, &in, &user), CONF_OK, "a ban");
    is_int(t_refresh(&first, first.sid, 0), CONF_E_USER_BANNED, "ends it");
    is_int(t_login("frank", FX_PASSWORD), CONF_E_USER_BANNED, "and others");

    in.banned = false;
    is_int(fx_call(CONF_OP_USER_BAN, &in, &user), CONF_OK, "and lifted");
    is_int(t_refresh(&first, first.sid, 0), CONF_E_TOKEN_INVALID,
           "does not bring it back");
}


int
main(void)
{
    conf_user_update_t  in;

    fx_open();

    (void) fx_user("alice");
    (void) fx_user("bob");
    (void) fx_user("carol");
    (void) fx_user("dave");
    (void) fx_user("erin");
    (void) fx_user("frank");

    memset(&in, 0, sizeof(conf_user_update_t));
    in.id = 1;
    in.mask = CONF_UPDATE_EMAIL;
    in.email = fx_str("alice@example.org");
    (void) fx_call(CONF_OP_USER_UPDATE, &in, &user);

    test_open();
    test_refresh();
    test_access();
    test_expiry();
    test_many();
    test_logout();
    test_password();
    test_close();
    test_ban();

    fx_close();

    return tap_done();
}
