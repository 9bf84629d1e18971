
#include "confd_fixture.h"


enum { ROOT = 1, OTHER, PLAIN, VICTIM, GONE };


static conf_user_t   user;
static conf_users_t  users;


static conf_rc_t
t_role(uint64_t actor, uint64_t id, const char *name, uint32_t role)
{
    conf_user_role_t  in = { actor, id, fx_str(name), role };

    return fx_call(CONF_OP_USER_ROLE, &in, &user);
}


static conf_rc_t
t_ban(uint64_t actor, uint64_t id, bool banned, int64_t until_ms)
{
    conf_user_ban_t  in;

    memset(&in, 0, sizeof(conf_user_ban_t));
    in.actor = actor;
    in.id = id;
    in.banned = banned;
    in.until_ms = until_ms;
    in.reason = fx_str("because");

    return fx_call(CONF_OP_USER_BAN, &in, &user);
}


static conf_rc_t
t_set(uint64_t actor, uint64_t id, uint64_t mask, uint32_t value)
{
    conf_user_update_t  in;

    memset(&in, 0, sizeof(conf_user_update_t));
    in.actor = actor;
    in.id = id;
    in.mask = mask;
    in.status = value;
    in.role = value;
    in.nickname = fx_str("Nick");

    return fx_call(CONF_OP_USER_UPDATE, &in, &user);
}


static conf_rc_t
t_list(uint64_t actor, const char *keyword, uint32_t status, uint32_t page)
{
    conf_user_list_t  in = { actor, fx_str(keyword), status, page, 2 };

    return fx_call(CONF_OP_USER_LIST, &in, &users);
}


static uint64_t
t_listed(size_t i)
{
    return i < users.users.n ? ((conf_user_t *) users.users.items)[i].id : 0;
}


static void
test_role(void)
{
    is_int(t_role(PLAIN, PLAIN, "", CONF_USER_ADMIN), CONF_E_FORBIDDEN,
           "nobody makes himself an admin");
    is_int(t_role(0, 0, "ROOT", CONF_USER_ADMIN), CONF_OK,
           "the server makes the first one, by name");
    is_int(user.role, CONF_USER_ADMIN, "an admin");
    ok(fx_touched(ROOT, 0), "touches the user");
    is_int(t_role(0, 0, "root", CONF_USER_ADMIN), CONF_OK, "again");
    is_int(t_role(0, 0, "nobody", CONF_USER_ADMIN), CONF_E_USER_ABSENT,
           "nobody");
    is_int(t_role(0, ROOT, "", 2), CONF_E_INVALID, "another role");

    is_int(t_role(ROOT, OTHER, "", CONF_USER_ADMIN), CONF_OK,
           "an admin makes another");
    is_int(t_role(ROOT, OTHER, "", CONF_USER_PLAIN), CONF_E_FORBIDDEN,
           "but does not undo it");
    is_int(t_role(ROOT, ROOT, "", CONF_USER_PLAIN), CONF_E_FORBIDDEN,
           "nor himself");
    is_int(t_role(0, OTHER, "", CONF_USER_PLAIN), CONF_OK, "the server does");
    is_int(t_role(OTHER, PLAIN, "", CONF_USER_ADMIN), CONF_E_FORBIDDEN,
           "and who is no more admin is none");
    is_int(t_role(0, OTHER, "", CONF_USER_ADMIN), CONF_OK, "again one");
}


static void
test_ban(void)
{
    uint32_t  version;

    (void) fx_get(VICTIM, &user);
    version = user.version;

    is_int(t_ban(PLAIN, VICTIM, true, 0), CONF_E_FORBIDDEN, "not anybody");
    is_int(t_ban(99, VICTIM, true, 0), CONF_E_FORBIDDEN, "nor nobody");
    is_int(t_ban(ROOT, ROOT, true, 0), CONF_E_FORBIDDEN, "not oneself");
    is_int(t_ban(ROOT, OTHER, true, 0), CONF_E_FORBIDDEN, "no other admin");
    is_int(t_ban(ROOT, 99, true, 0), CONF_E_USER_ABSENT, "nobody");

    is_int(t_ban(ROOT, VICTIM, true, FX_NOW + 1000), CONF_OK, "a ban");
    is_int(user.status, CONF_USER_BANNED, "banned");
    is_int(user.banned_until_ms, FX_NOW + 1000, "until then");
    is_str(user.ban_reason, "because", "and why");
    is_int(user.version, version + 1, "tokens die");
    is_int(t_ban(VICTIM, PLAIN, true, 0), CONF_E_USER_BANNED,
           "who is banned does nothing");

    fx.now_ms += 1000;
    (void) fx_get(VICTIM, &user);
    is_int(user.status, CONF_USER_ACTIVE, "it lapses");
    is_str(user.ban_reason, "", "with its reason");

    is_int(t_ban(ROOT, VICTIM, true, 0), CONF_OK, "for ever");
    is_int(t_ban(ROOT, VICTIM, false, 0), CONF_OK, "lifted");
    is_int(user.status, CONF_USER_ACTIVE, "active");
}


static void
test_update(void)
{
    is_int(t_set(ROOT, VICTIM, CONF_UPDATE_NICKNAME, 0), CONF_OK,
           "an admin changes a user");
    is_str(user.nickname, "Nick", "so it is");
    is_int(t_set(ROOT, OTHER, CONF_UPDATE_NICKNAME, 0), CONF_OK,
           "and another admin");
    is_int(t_set(PLAIN, VICTIM, CONF_UPDATE_NICKNAME, 0), CONF_E_FORBIDDEN,
           "nobody else");
    is_int(t_set(VICTIM, VICTIM, CONF_UPDATE_STATUS, 0), CONF_E_FORBIDDEN,
           "nobody his own status");
    is_int(t_set(ROOT, ROOT, CONF_UPDATE_ROLE, 0), CONF_E_FORBIDDEN,
           "nor role");
    is_int(t_set(ROOT, OTHER, CONF_UPDATE_STATUS, CONF_USER_BANNED),
           CONF_E_FORBIDDEN, "nor an admin's");
    is_int(t_set(ROOT, VICTIM, CONF_UPDATE_STATUS, CONF_USER_DELETED),
           CONF_E_INVALID, "deleted is not a status to be given");
    is_int(t_set(ROOT, VICTIM, CONF_UPDATE_ROLE, 7), CONF_E_INVALID,
           "nor is this a role");
    is_int(t_set(ROOT, VICTIM, CONF_UPDATE_STATUS, CONF_USER_BANNED),
           CONF_OK, "a ban");
    is_int(user.status, CONF_USER_BANNED, "banned");
    is_int(t_set(ROOT, VICTIM, CONF_UPDATE_STATUS, CONF_USER_ACTIVE),
           CONF_OK, "and back");
    is_int(user.status, CONF_USER_ACTIVE, "active");
}


static void
test_delete(void)
{
    is_int(fx_delete(PLAIN, GONE, &user), CONF_E_FORBIDDEN, "not anybody");
    is_int(fx_delete(ROOT, OTHER, &user), CONF_E_FORBIDDEN, "no admin");
    is_int(fx_delete(ROOT, GONE, &user), CONF_OK, "an admin");
    is_int(user.status, CONF_USER_DELETED, "deleted");
    is_int(fx_delete(ROOT, GONE, &user), CONF_OK, "again");

    is_int(fx_delete(OTHER, OTHER, &user), CONF_OK, "an admin goes");
    is_int(user.role, CONF_USER_PLAIN, "and is none any more");
    is_int(fx_delete(ROOT, ROOT, &user), CONF_E_FORBIDDEN,
           "but not the last one");
}


static void
test_list(void)
{
    is_int(t_list(PLAIN, "", 0, 1), CONF_E_FORBIDDEN, "not anybody");
    is_int(t_list(ROOT, "", 0, 1), CONF_OK, "all");
    is_int(users.total, 5, "deleted ones, too");
    is_int(users.users.n, 2, "a page");
    is_int(t_listed(0), GONE, "the newest first");
    is_int(t_listed(1), VICTIM, "then the others");
    is_int(t_list(ROOT, "", 0, 3), CONF_OK, "the last page");
    is_int(users.users.n, 1, "has what is left");
    is_int(t_listed(0), ROOT, "the oldest");
    is_int(t_list(ROOT, "", 0, 4), CONF_OK, "behind it");
    is_int(users.users.n, 0, "is nothing");

    is_int(t_list(ROOT, "", 1 + CONF_USER_DELETED, 1), CONF_OK, "deleted");
    is_int(users.total, 2, "two");
    is_int(t_list(ROOT, "PLAIN", 0, 1), CONF_OK, "by name");
    is_int(t_listed(0), PLAIN, "one");
    is_int(t_list(ROOT, "@example", 0, 1), CONF_OK, "by e-mail");
    is_int(users.total, 1, "one");
    is_int(t_listed(0), VICTIM, "that one");
    is_int(t_list(ROOT, "", 4, 1), CONF_E_INVALID, "no such status");
    is_int(t_list(ROOT, "", 0, 0), CONF_E_INVALID, "no such page");

    (void) t_ban(ROOT, VICTIM, true, fx.now_ms + 1);
    is_int(t_list(ROOT, "", 1 + CONF_USER_BANNED, 1), CONF_OK, "banned");
    is_int(users.total, 1, "one");

    fx.now_ms += 1;
    is_int(t_list(ROOT, "", 1 + CONF_USER_BANNED, 1), CONF_OK, "lapsed");
    is_int(users.total, 0, "none");
}


static void
test_audit(void)
{
    conf_audit_t   *audit;
    conf_audits_t   audits;

    conf_audit_list_t  in = { PLAIN, 1, 100 };

    is_int(fx_call(CONF_OP_AUDIT_LIST, &in, &audits), CONF_E_FORBIDDEN,
           "not anybody reads the log");

    in.actor = ROOT;
    is_int(fx_call(CONF_OP_AUDIT_LIST, &in, &audits), CONF_OK,
           "an admin does");
    is_int(audits.total, 14, "what was done, and nothing else");
    is_int(audits.audits.n, 14, "all of it");

    audit = audits.audits.items;
    is_int(audit[0].id, 14, "the newest first");
    is_int(audit[0].actor, ROOT, "who");
    is_str(audit[0].actor_name, "root", "by name");
    is_str(audit[0].action, "user.ban", "what");
    is_int(audit[0].user_id, VICTIM, "whom");
    is_str(audit[0].user_name, "victim", "by name");
    is_str(audit[0].detail, "because", "why");
    is_str(audit[1].action, "user.delete", "before that");
    is_str(audit[2].detail, "status", "what was changed");
    is_int(audit[13].actor, 0, "the first was the server's");
    is_str(audit[13].action, "user.role", "an admin");

    in.page = 3;
    in.limit = 5;
    is_int(fx_call(CONF_OP_AUDIT_LIST, &in, &audits), CONF_OK, "a page");
    is_int(audits.audits.n, 4, "the last one");
    is_int(((conf_audit_t *) audits.audits.items)[3].id, 1, "ends with 1");

    in.page = 4;
    is_int(fx_call(CONF_OP_AUDIT_LIST, &in, &audits), CONF_OK, "behind it");
    is_int(audits.audits.n, 0, "nothing");
}


int
main(void)
{
    conf_user_update_t  in;

    fx_open();

    (void) fx_user("root");
    (void) fx_user("other");
    (void) fx_user("plain");
    (void) fx_user("victim");
    (void) fx_user("gone");

    memset(&in, 0, sizeof(conf_user_update_t));
    in.id = VICTIM;
    in.mask = CONF_UPDATE_EMAIL;
    in.email = fx_str("v@Example.org");
    (void) fx_call(CONF_OP_USER_UPDATE, &in, &user);

    test_role();
    test_ban();
    test_update();
    test_delete();
    test_list();
    test_audit();

    fx_close();

    return tap_done();
}
