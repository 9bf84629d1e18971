
#include "confd_fixture.h"
#include "confd_password.h"

#include <time.h>


static conf_user_t  user;


static conf_rc_t
t_register(const char *name, const char *password, const char *email)
{
    conf_user_register_t  in;

    memset(&in, 0, sizeof(conf_user_register_t));

    in.name = fx_str(name);
    in.password = fx_str(password);
    in.email = fx_str(email);
    in.nickname = fx_str("Nick");

    return fx_call(CONF_OP_USER_REGISTER, &in, &user);
}


static conf_rc_t
t_login(const char *name, const char *password)
{
    conf_user_login_t  in = { fx_str(name), fx_str(password) };

    return fx_call(CONF_OP_USER_LOGIN, &in, &user);
}


static conf_rc_t
t_password(uint64_t id, const char *old, const char *new)
{
    conf_user_password_t  in = { id, fx_str(old), fx_str(new) };

    return fx_call(CONF_OP_USER_PASSWORD, &in, &user);
}


static conf_rc_t
t_ban(uint64_t id, bool banned, int64_t until_ms)
{
    conf_user_ban_t  in;

    memset(&in, 0, sizeof(conf_user_ban_t));
    in.id = id;
    in.banned = banned;
    in.until_ms = until_ms;

    return fx_call(CONF_OP_USER_BAN, &in, &user);
}


static conf_rc_t
t_rename(uint64_t actor, uint64_t id, const char *name)
{
    conf_user_update_t  in;

    memset(&in, 0, sizeof(conf_user_update_t));

    in.actor = actor;
    in.id = id;
    in.mask = CONF_UPDATE_NAME;
    in.name = fx_str(name);

    return fx_call(CONF_OP_USER_UPDATE, &in, &user);
}


static conf_rc_t
t_email(uint64_t id, const char *email)
{
    conf_user_update_t  in;

    memset(&in, 0, sizeof(conf_user_update_t));

    in.actor = id;
    in.id = id;
    in.mask = CONF_UPDATE_EMAIL;
    in.email = fx_str(email);

    return fx_call(CONF_OP_USER_UPDATE, &in, &user);
}


static conf_rc_t
t_search(const char *keyword, uint32_t page, uint32_t limit,
    conf_users_t *users)
{
    conf_user_search_t  in = { 1, fx_str(keyword), page, limit };

    return fx_call(CONF_OP_USER_SEARCH, &in, users);
}


static void
test_register(void)
{
    uint8_t      first[16];
    conf_user_t  got;

    is_int(t_register("Alice", "secret", "Alice@Example.org"), CONF_OK,
           "register");
    is_int(user.id, 1, "ids begin at 1");
    is_str(user.name, "Alice", "the name is kept as written");
    is_str(user.email, "Alice@Example.org", "so is the e-mail");
    is_str(user.nickname, "Nick", "the nickname");
    is_int(user.status, CONF_USER_ACTIVE, "active");
    is_int(user.version, 1, "the first version");
    is_int(user.created_ms, FX_NOW, "created now");
    is_int(user.updated_ms, FX_NOW, "updated now");
    is_int(user.uuid.b[6] >> 4, 4, "the uuid is of version 4");
    is_int(user.uuid.b[8] >> 6, 2, "and of the variant of the RFC");
    is_int(fx.ntouches, 1, "one touch");
    ok(fx_touched(1, 0), "of the user");

    memcpy(first, user.uuid.b, 16);

    is_int(t_register("aLICE", "x", ""), CONF_E_NAME_TAKEN,
           "a name in other case is taken");
    is_int(t_register("Bob", "x", "aLICE@eXAMPLE.ORG"), CONF_E_EMAIL_TAKEN,
           "an e-mail in other case is taken");
    is_int(t_register("", "x", ""), CONF_E_INVALID, "no name");
    is_int(t_register("Bob", "", ""), CONF_E_INVALID, "no password");

    is_int(t_register("Bob", "x", ""), CONF_OK, "without an e-mail");
    is_int(user.id, 2, "refused ones took no id");
    ok(memcmp(first, user.uuid.b, 16) != 0, "uuids differ");
    is_int(t_register("Carol", "x", ""), CONF_OK, "nor is an empty one taken");
    is_int(t_register("\xc3\x84rger", "x", ""), CONF_OK, "UTF-8");
    is_int(t_register("\xc3\xa4rger", "x", ""), CONF_OK,
           "only ASCII is folded");

    is_int(fx_get(1, &got), CONF_OK, "get");
    is_str(got.name, "Alice", "what was stored");
    ok(memcmp(got.uuid.b, first, 16) == 0, "with its uuid");
    is_int(fx_get(99, &got), CONF_E_USER_ABSENT, "get of nobody");
    is_int(fx_get(0, &got), CONF_E_USER_ABSENT, "nor is 0 anybody");
}


static void
test_register_race(void)
{
    conf_rc_t             rc;
    conf_user_t           out;
    confd_op_ctx_t        ctx;
    conf_user_register_t  in;

    memset(&in, 0, sizeof(conf_user_register_t));

    in.name = fx_str("Race");
    in.password = fx_str("x");

    rc = fx_hash(CONF_OP_USER_REGISTER, &ctx, &in);
    is_int(rc, CONF_OK, "the name was free while the hash was made");

    (void) fx_user("race");

    rc = fx_run(CONF_OP_USER_REGISTER, &ctx, &in, &out, true);
    is_int(rc, CONF_E_NAME_TAKEN, "but is not any more");
}


static void
test_login(void)
{
    is_int(t_login("Alice", "secret"), CONF_OK, "login");
    is_int(user.id, 1, "as oneself");
    is_int(user.last_login_ms, FX_NOW, "when is known");
    ok(fx_touched(1, 0), "touches the user");
    is_int(t_login("ALICE", "secret"), CONF_OK, "the name in other case");
    is_int(t_login("Alice", "Secret"), CONF_E_BAD_LOGIN, "wrong password");
    is_int(t_login("Alice", ""), CONF_E_BAD_LOGIN, "no password");
    is_int(t_login("Nobody", "secret"), CONF_E_BAD_LOGIN, "unknown");
    is_int(t_login("", ""), CONF_E_BAD_LOGIN, "empty");
}


static void
test_login_race(void)
{
    conf_rc_t          rc;
    conf_user_t        out;
    confd_op_ctx_t     ctx;
    conf_user_login_t  in = { fx_str("Alice"), fx_str("secret") };

    rc = fx_hash(CONF_OP_USER_LOGIN, &ctx, &in);
    is_int(rc, CONF_OK, "the password was right while it was hashed");

    is_int(t_password(1, "secret", "newer"), CONF_OK, "it changes");

    rc = fx_run(CONF_OP_USER_LOGIN, &ctx, &in, &out, true);
    is_int(rc, CONF_E_BAD_LOGIN, "then it is wrong");

    is_int(t_password(1, "newer", "secret"), CONF_OK, "and back");
}


static void
test_password(void)
{
    conf_rc_t             rc;
    uint32_t              version;
    conf_user_t           out;
    confd_op_ctx_t        ctx;
    conf_user_password_t  in = { 1, fx_str("better"), fx_str("x") };

    (void) fx_get(1, &user);
    version = user.version;

    fx.now_ms += 5;

    is_int(t_password(1, "secret", "better"), CONF_OK, "password");
    is_int(user.version, version + 1, "kills issued tokens");
    is_int(user.updated_ms, fx.now_ms, "updated now");
    ok(fx_touched(1, 0), "touches the user");
    is_int(t_login("Alice", "secret"), CONF_E_BAD_LOGIN, "the old is gone");
    is_int(t_login("Alice", "better"), CONF_OK, "the new is in force");
    is_int(t_password(1, "secret", "x"), CONF_E_BAD_PASSWORD, "wrong old");
    is_int(t_password(1, "", "x"), CONF_E_BAD_PASSWORD, "no old");
    is_int(t_password(1, "better", ""), CONF_E_INVALID, "no new");
    is_int(t_password(99, "x", "x"), CONF_E_USER_ABSENT, "nobody's");

    rc = fx_hash(CONF_OP_USER_PASSWORD, &ctx, &in);
    is_int(rc, CONF_OK, "two change it at once");
    is_int(t_password(1, "better", "best"), CONF_OK, "one is first");

    rc = fx_run(CONF_OP_USER_PASSWORD, &ctx, &in, &out, true);
    is_int(rc, CONF_E_CONFLICT, "the other is told");
    is_int(t_login("Alice", "best"), CONF_OK, "the first one's is in force");
    is_int(t_password(1, "best", "secret"), CONF_OK, "and back");
}


static void
test_update(void)
{
    conf_user_update_t  in;

    fx.now_ms += 5;
    memset(&in, 0, sizeof(conf_user_update_t));

    in.actor = 2;
    in.id = 2;
    in.mask = 0x7fe;
    in.email = fx_str("bob@example.org");
    in.nickname = fx_str("Bobby");
    in.avatar = fx_str("a.png");
    in.sexuality = fx_str("m");
    in.year = 1990;
    in.month = 2;
    in.day = 3;
    in.country = fx_str("CN");
    in.province = fx_str("GD");
    in.city = fx_str("SZ");

    is_int(fx_call(CONF_OP_USER_UPDATE, &in, &user), CONF_OK, "update");
    ok(fx_touched(2, 0), "touches the user");
    is_str(user.name, "Bob", "what the mask does not name stays");
    is_int(user.updated_ms, fx.now_ms, "updated now");

    (void) fx_get(2, &user);
    is_str(user.email, "bob@example.org", "e-mail");
    is_str(user.nickname, "Bobby", "nickname");
    is_str(user.avatar, "a.png", "avatar");
    is_str(user.sexuality, "m", "sexuality");
    is_int(user.year * 10000 + user.month * 100 + user.day, 19900203,
           "birthday");
    is_str(user.country, "CN", "country");
    is_str(user.province, "GD", "province");
    is_str(user.city, "SZ", "city");
    is_int(user.version, 1, "tokens live on");

    is_int(t_rename(3, 2, "x"), CONF_E_FORBIDDEN, "another user's");
    is_int(t_rename(0, 2, "Bob2"), CONF_OK, "the server may");
    is_int(t_rename(2, 2, "ALICE"), CONF_E_NAME_TAKEN, "a taken name");
    is_int(t_rename(2, 2, ""), CONF_E_INVALID, "no name");
    is_int(t_rename(2, 2, "BOB2"), CONF_OK, "one's own in other case");
    is_int(t_rename(99, 99, "x"), CONF_E_USER_ABSENT, "nobody's");
    is_int(t_login("bob", "x"), CONF_E_BAD_LOGIN, "the old name is gone");
    is_int(t_login("bob2", "x"), CONF_OK, "the new one is in force");
    is_int(t_rename(3, 3, "Bob"), CONF_OK, "the old one is free");

    is_int(t_email(3, "BOB@example.org"), CONF_E_EMAIL_TAKEN,
           "a taken e-mail");
    is_int(t_email(2, ""), CONF_OK, "without one");
    is_int(t_email(3, "BOB@example.org"), CONF_OK, "then it is free");
    is_int(t_email(2, "alice@example.org"), CONF_E_EMAIL_TAKEN,
           "but not another's");
}


static void
test_ban(void)
{
    uint64_t        room;
    uint32_t        version;
    conf_file_t     file;
    conf_room_t     made;
    conf_avatar_t   avatar;
    conf_message_t  message;

    conf_room_create_t  create = { 2, fx_str("x"), fx_str("") };
    conf_file_add_t     add;

    room = fx_room(2, "bans");

    (void) fx_get(2, &user);
    version = user.version;

    is_int(t_ban(2, true, 0), CONF_OK, "ban for ever");
    is_int(user.status, CONF_USER_BANNED, "banned");
    is_int(user.version, version + 1, "kills issued tokens");
    ok(fx_touched(2, 0), "touches the user");
    is_int(t_ban(2, true, 0), CONF_OK, "again");
    is_int(user.version, version + 1, "has killed them already");
    is_int(t_login("bob2", "x"), CONF_E_USER_BANNED, "no login");
    is_int(t_login("bob2", "y"), CONF_E_BAD_LOGIN,
           "which only who knows the password learns");
    is_int(fx_post(2, room, "x", "", &message), CONF_E_USER_BANNED,
           "no message");
    is_int(fx_call(CONF_OP_ROOM_CREATE, &create, &made), CONF_E_USER_BANNED,
           "no room");

    memset(&add, 0, sizeof(conf_file_add_t));
    add.actor = 2;
    add.file.name = fx_str("f");
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_E_USER_BANNED,
           "no file");
    is_int(fx_call(CONF_OP_AVATAR_SET, &add, &avatar), CONF_E_USER_BANNED,
           "no avatar");

    is_int(t_ban(2, false, 0), CONF_OK, "lift");
    is_int(user.status, CONF_USER_ACTIVE, "active");
    is_int(user.version, version + 1, "with the version of the ban");
    is_int(t_login("bob2", "x"), CONF_OK, "login");

    is_int(t_ban(2, true, fx.now_ms + 1000), CONF_OK, "ban for a second");
    is_int(user.banned_until_ms, fx.now_ms + 1000, "until then");
    fx.now_ms += 999;
    is_int(t_login("bob2", "x"), CONF_E_USER_BANNED, "not over yet");
    fx.now_ms += 1;
    is_int(t_login("bob2", "x"), CONF_OK, "lapsed");
    is_int(user.status, CONF_USER_ACTIVE, "and as if it had not been");
    (void) fx_get(2, &user);
    is_int(user.status, CONF_USER_ACTIVE, "for all");
    is_int(t_ban(2, true, 0), CONF_OK, "ban again");
    is_int(user.version, version + 3, "kills again");
    is_int(t_ban(2, false, 0), CONF_OK, "lift again");
    is_int(t_ban(99, true, 0), CONF_E_USER_ABSENT, "nobody");
}


static void
test_delete(void)
{
    uint64_t          id, friend, own, shared, led;
    uint32_t          version;
    conf_room_view_t  view;

    id = fx_user("Gone");
    friend = fx_user("Friend");

    own = fx_room(id, "own");
    shared = fx_room(friend, "shared");
    led = fx_room(id, "led");

    is_int(fx_add(friend, shared, id, 0), CONF_OK, "in a room of another");
    is_int(fx_add(id, led, friend, 0), CONF_OK, "another in one's own");
    is_int(t_email(id, "gone@example.org"), CONF_OK, "with an e-mail");
    version = user.version;

    is_int(fx_delete(friend, id, &user), CONF_E_FORBIDDEN, "not by others");
    is_int(fx_delete(id, id, &user), CONF_OK, "delete");
    is_int(user.status, CONF_USER_DELETED, "deleted");
    is_int(user.version, version + 1, "kills issued tokens");
    is_str(user.email, "", "the e-mail is gone");
    ok(fx_touched(id, 0), "touches the user");
    ok(fx_touched(0, own), "and the room that ended");
    ok(fx_touched(id, shared) && fx_touched(id, led), "and memberships");

    (void) fx_get(id, &user);
    is_int(user.status, CONF_USER_DELETED, "get tells so");
    is_str(user.name, "Gone", "and who it was");

    is_int(fx_view(friend, own, &view), CONF_E_ROOM_ABSENT,
           "the room with nobody else has ended");
    is_int(fx_view(friend, shared, &view), CONF_OK, "the other's goes on");
    is_int(view.room.nmembers, 1, "with one member less");
    is_int(fx_view(friend, led, &view), CONF_OK, "so does the shared one");
    is_int(view.room.owner_id, friend, "under a new owner");
    is_int(view.role, CONF_ROLE_OWNER, "who knows it");

    is_int(t_login("Gone", FX_PASSWORD), CONF_E_BAD_LOGIN, "no login");
    is_int(t_register("gone", "x", ""), CONF_E_NAME_TAKEN,
           "the name stays taken");
    is_int(t_register("Heir", "x", "gone@example.org"), CONF_OK,
           "the e-mail does not");

    is_int(fx_delete(id, id, &user), CONF_OK, "delete once more");
    is_int(user.version, version + 1, "changes nothing");
    is_int(fx.ntouches, 0, "touches nothing");
    is_int(t_rename(0, id, "x"), CONF_E_USER_ABSENT, "no update");
    is_int(t_ban(id, true, 0), CONF_E_USER_ABSENT, "no ban");
    is_int(t_password(id, FX_PASSWORD, "x"), CONF_E_USER_ABSENT,
           "no password");
    is_int(fx_add(friend, shared, id, 0), CONF_E_USER_ABSENT, "no invitation");
    is_int(fx_delete(0, 99, &user), CONF_E_USER_ABSENT, "nobody");
}


/* More touches than any first guess of how many there are. */

static void
test_delete_many(void)
{
    size_t    i;
    uint64_t  id, room, friend;

    id = fx_user("Many");
    friend = fx_user("Many's");

    for (i = 0; i < 90; i++) {
        room = fx_room(id, "one of many");

        if (fx_add(id, room, friend, 0) != CONF_OK) {
            fx_die("cannot add");
        }
    }

    is_int(fx_delete(0, id, &user), CONF_OK, "leave 90 rooms");
    ok(fx_touched(id, room) && fx_touched(id, room - 89), "all are touched");
    is_int(fx_delete(0, friend, &user), CONF_OK, "who follows leaves, too");
}


static void
test_search(void)
{
    char          name[32];
    size_t        i;
    conf_users_t  users;
    conf_user_t  *found;

    for (i = 0; i < 25; i++) {
        (void) snprintf(name, sizeof(name), "Searched%02zu", i);
        (void) fx_user(name);
    }

    is_int(t_search("sEARCHED", 1, 10, &users), CONF_OK, "search");
    is_int(users.total, 25, "all that match");
    is_int(users.users.n, 10, "one page");
    found = users.users.items;
    is_str(found[0].name, "Searched00", "in order of id");
    is_int(t_search("searched", 3, 10, &users), CONF_OK, "the last page");
    is_int(users.users.n, 5, "the rest");
    found = users.users.items;
    is_str(found[4].name, "Searched24", "to the last one");
    is_int(t_search("searched", 4, 10, &users), CONF_OK, "behind it");
    is_int(users.users.n, 0, "nobody");
    is_int(users.total, 25, "of all");
    is_int(t_search("ched1", 1, 100, &users), CONF_OK, "part of a name");
    is_int(users.total, 10, "searched10 to 19");
    is_int(t_search("bobby", 1, 100, &users), CONF_OK, "a nickname");
    is_int(users.total, 1, "one");
    is_int(t_search("gone", 1, 100, &users), CONF_OK, "a deleted user");
    is_int(users.total, 0, "is not found");
    is_int(t_search("no such user at all", 1, 100, &users), CONF_OK,
           "nothing matches");
    is_int(users.total, 0, "is no error");
    is_int(t_search("", 1, 100, &users), CONF_OK, "an empty keyword");
    ok(users.total > 30, "matches all");
    is_int(t_search("a", 0, 10, &users), CONF_E_INVALID, "page 0");
    is_int(t_search("a", 1, 0, &users), CONF_E_INVALID, "limit 0");
    is_int(t_search("a", 1, 101, &users), CONF_E_INVALID, "limit 101");
    is_int(t_search("a", UINT32_MAX, 100, &users), CONF_OK, "a far page");
}


static void
test_hashes(void)
{
    char             encoded[CONFD_HASH_MAX], other[CONFD_HASH_MAX];
    size_t           i;
    bool             matched;
    conf_str_t       long_password;
    static uint8_t   bytes[CONF_PASSWORD_MAX];
    confd_op_conf_t  conf = fx.conf;

    /* What another implementation made of these. */

    static const char  known[] = "scrypt$10$8$2$AAECAwQFBgcICQoLDA0ODw=="
        "$aZc1Owg6UWvFi14jrlfEt3C8Ah1L0bZsLjorbNCKHOM=";

    static const char *const  damaged[] = {
        "", "$", "scrypt", "scrypt$", "scrypt$10$8$1$", "bcrypt$10$8$1$a$b",
        "scrypt$10$8$1$AAAAAAAAAAAAAAAAAAAAAA==$",
        "scrypt$$8$1$AAAAAAAAAAAAAAAAAAAAAA=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$40$8$1$AAAAAAAAAAAAAAAAAAAAAA=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$22$32$1$AAAAAAAAAAAAAAAAAAAAAA=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$10$8$x$AAAAAAAAAAAAAAAAAAAAAA=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$10$8$1$AAAAAAAAAAAAAAAAAAAA!A=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$10$8$1$AAAAAAAAAAAAAAAAAAAAAA=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=A",
        "scrypt$99999999999$8$1$AAAAAAAAAAAAAAAAAAAAAA=="
            "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    };

    is_int(confd_password_verify(fx_str("pleaseletmein"), fx_str(known),
                                 &matched),
           CONF_OK, "a known hash");
    ok(matched, "match");

    is_int(confd_password_hash(&conf, fx_str("pass"), encoded), CONF_OK,
           "hash");
    ok(strncmp(encoded, "scrypt$10$8$1$", 14) == 0, "tells its cost: %s",
       encoded);
    is_int(confd_password_hash(&conf, fx_str("pass"), other), CONF_OK,
           "once more");
    ok(strcmp(encoded, other) != 0, "has another salt");

    conf.scrypt_log_n = 4;
    conf.scrypt_r = 2;
    conf.scrypt_p = 3;
    is_int(confd_password_hash(&conf, fx_str("pass"), other), CONF_OK,
           "at another cost");

    is_int(confd_password_verify(fx_str("pass"), fx_str(encoded), &matched),
           CONF_OK, "verify");
    ok(matched, "as encoded");
    is_int(confd_password_verify(fx_str("pass"), fx_str(other), &matched),
           CONF_OK, "the other");
    ok(matched, "at its own cost");
    is_int(confd_password_verify(fx_str("Pass"), fx_str(encoded), &matched),
           CONF_OK, "wrong");
    ok(!matched, "no match");

    memset(bytes, 0, sizeof(bytes));
    long_password.data = bytes;
    long_password.len = sizeof(bytes);
    is_int(confd_password_hash(&conf, long_password, other), CONF_OK,
           "1,024 zeros");
    is_int(confd_password_verify(long_password, fx_str(other), &matched),
           CONF_OK, "the same");
    ok(matched, "match");
    long_password.len--;
    is_int(confd_password_verify(long_password, fx_str(other), &matched),
           CONF_OK, "one less");
    ok(!matched, "is another");

    for (i = 0; i < conf_nelts(damaged); i++) {
        matched = true;
        is_int(confd_password_verify(fx_str("pass"), fx_str(damaged[i]),
                                     &matched),
               CONF_E_STORE_FAILED, "damaged: %s", damaged[i]);
        ok(!matched, "no match");
    }

    conf.scrypt_log_n = 60;
    is_int(confd_password_hash(&conf, fx_str("pass"), other), CONF_E_INVALID,
           "a cost out of range");
}


static int64_t
t_cpu_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* The best of some, since others use the machine, too. */

static int64_t
t_login_us(const char *name)
{
    int            i;
    int64_t        start, took, best;
    confd_op_ctx_t ctx;

    conf_user_login_t  in = { fx_str(name), fx_str("wrong") };

    best = INT64_MAX;

    for (i = 0; i < 10; i++) {
        start = t_cpu_us();
        (void) fx_hash(CONF_OP_USER_LOGIN, &ctx, &in);
        took = t_cpu_us() - start;

        best = conf_min(best, took);
    }

    return best;
}


static void
test_timing(void)
{
    int64_t  known, unknown, deleted;

    known = t_login_us("Alice");
    unknown = t_login_us("Nobody");
    deleted = t_login_us("Gone");

    ok(unknown * 2 > known && known * 2 > unknown,
       "an unknown user takes as long: %d and %d us", (int) unknown,
       (int) known);
    ok(deleted * 2 > known && known * 2 > deleted, "so does a deleted one");
}


int
main(void)
{
    fx_open();

    test_register();
    test_register_race();
    test_login();
    test_login_race();
    test_password();
    test_update();
    test_ban();
    test_delete();
    test_delete_many();
    test_search();
    test_hashes();
    test_timing();

    fx_close();

    return tap_done();
}
