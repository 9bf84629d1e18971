
#include "confd_fixture.h"


/* Who they are in the room that most tests use. */

static uint64_t            owner, moderator, member, outsider, room_id;
static conf_room_t         room;
static conf_room_view_t    view;
static conf_member_view_t  left;


static conf_rc_t
t_create(uint64_t actor, const char *name)
{
    conf_room_create_t  in = { actor, fx_str(name), fx_str("about") };

    return fx_call(CONF_OP_ROOM_CREATE, &in, &room);
}


static conf_rc_t
t_update(uint64_t actor, uint64_t id, uint64_t mask, const char *name,
    const char *description)
{
    conf_room_update_t  in = {
        actor, id, mask, fx_str(name), fx_str(description)
    };

    return fx_call(CONF_OP_ROOM_UPDATE, &in, &room);
}


static conf_rc_t
t_delete(uint64_t actor, uint64_t id)
{
    conf_room_key_t  in = { actor, id };

    return fx_call(CONF_OP_ROOM_DELETE, &in, &room);
}


static conf_rc_t
t_list(uint64_t actor, uint64_t after, uint32_t limit, conf_rooms_t *rooms)
{
    conf_room_list_t  in = { actor, after, limit };

    return fx_call(CONF_OP_ROOM_LIST, &in, rooms);
}


static conf_rc_t
t_members(uint64_t actor, uint64_t id, uint64_t after, uint32_t limit,
    conf_members_t *members)
{
    conf_member_list_t  in = { actor, id, after, limit };

    return fx_call(CONF_OP_MEMBER_LIST, &in, members);
}


static conf_rc_t
t_add_name(uint64_t actor, uint64_t id, const char *name)
{
    conf_member_add_t  in = { actor, id, 0, fx_str(name), 0 };

    return fx_call(CONF_OP_MEMBER_ADD, &in, &left);
}


static void
test_create(void)
{
    uint8_t   uuid[16];
    uint32_t  code;
    uint64_t  epoch;

    is_int(t_create(owner, "Room"), CONF_OK, "create");
    is_int(room.id, 1, "ids begin at 1");
    ok(room.code >= 100000000 && room.code <= 999999999, "a code: %u",
       room.code);
    is_int(room.uuid.b[6] >> 4, 4, "a uuid of version 4");
    is_str(room.name, "Room", "the name");
    is_str(room.description, "about", "the description");
    is_int(room.owner_id, owner, "the owner");
    is_int(room.nmembers, 1, "the only member");
    is_int(room.created_ms, FX_NOW, "created now");
    is_int(room.updated_ms, FX_NOW, "updated now");
    is_int(room.seq, 0, "no message");
    ok(room.epoch != 0, "an epoch");
    ok(fx_touched(owner, 1), "touches the owner's membership");

    room_id = room.id;
    code = room.code;
    epoch = room.epoch;
    memcpy(uuid, room.uuid.b, 16);

    is_int(fx_view(owner, room_id, &view), CONF_OK, "get");
    is_int(view.role, CONF_ROLE_OWNER, "as owner");
    is_int(view.read_seq, 0, "nothing read");
    is_int(view.room.code, code, "the same code");
    ok(view.room.epoch == epoch, "the same epoch");
    ok(memcmp(view.room.uuid.b, uuid, 16) == 0, "the same uuid");

    is_int(t_create(owner, "Room"), CONF_OK, "names are not unique");
    is_int(room.id, 2, "but ids are");
    ok(room.code != code && room.epoch != epoch, "so are code and epoch");
    is_int(t_create(owner, ""), CONF_E_INVALID, "no name");
    is_int(t_create(999, "x"), CONF_E_USER_ABSENT, "nobody");
    is_int(t_create(0, "x"), CONF_E_USER_ABSENT, "nor the server");

    is_int(fx_view(outsider, room_id, &view), CONF_E_NOT_MEMBER,
           "not a member's");
    is_int(fx_view(owner, 999, &view), CONF_E_ROOM_ABSENT, "no room");
    is_int(fx_view(0, 999, &view), CONF_E_ROOM_ABSENT, "not for the server");
    is_int(fx_view(0, room_id, &view), CONF_OK, "the server may");
    is_int(view.role, CONF_ROLE_NONE, "without being a member");
}


static void
test_add(void)
{
    uint64_t  later;

    fx.now_ms += 10;

    is_int(fx_add(owner, room_id, moderator, CONF_ROLE_MODERATOR), CONF_OK,
           "the owner makes a moderator");
    ok(fx_touched(moderator, room_id), "touches the membership");
    ok(!fx_touched(0, room_id), "and nobody else's");
    is_int(fx_view(moderator, room_id, &view), CONF_OK, "who is in");
    is_int(view.role, CONF_ROLE_MODERATOR, "as such");
    is_int(view.room.nmembers, 2, "the second");

    fx.now_ms += 10;

    is_int(t_add_name(moderator, room_id, "MEMBER"), CONF_OK,
           "by name, without regard to case");
    is_int(left.member.user_id, member, "that one");
    is_int(left.member.role, CONF_ROLE_MEMBER, "role 0 is a member");
    is_int(left.member.joined_ms, fx.now_ms, "joined now");
    is_str(left.member.name, "Member", "with a name");
    is_int(left.member.created_ms, FX_NOW, "and the user's time");
    is_int(left.room.nmembers, 3, "the third");
    is_int(left.new_owner, 0, "no new owner");

    is_int(fx_add(outsider, room_id, outsider, 0), CONF_E_NOT_MEMBER,
           "nobody invites himself");
    is_int(fx_add(outsider, room_id, 999, 0), CONF_E_NOT_MEMBER,
           "which is looked at first");
    is_int(fx_add(member, room_id, 999, 9), CONF_E_USER_ABSENT,
           "then whether the user exists");
    is_int(t_add_name(member, room_id, "nobody"), CONF_E_USER_ABSENT,
           "by name as well");
    is_int(t_add_name(member, room_id, ""), CONF_E_USER_ABSENT, "or neither");
    is_int(fx_add(member, room_id, owner, CONF_ROLE_OWNER),
           CONF_E_ALREADY_MEMBER, "then whether it is in");
    is_int(fx_add(member, room_id, outsider, CONF_ROLE_MODERATOR),
           CONF_E_FORBIDDEN, "a member gives no role above its own");
    is_int(fx_add(owner, room_id, outsider, CONF_ROLE_OWNER),
           CONF_E_FORBIDDEN, "nobody makes an owner");
    is_int(fx_add(0, room_id, outsider, CONF_ROLE_OWNER), CONF_E_FORBIDDEN,
           "not even the server");
    is_int(fx_add(0, room_id, outsider, 77), CONF_E_FORBIDDEN,
           "nor anything else");
    is_int(fx_add(owner, 999, outsider, 0), CONF_E_ROOM_ABSENT, "no room");

    fx.conf.room_members_max = 3;
    is_int(fx_add(member, room_id, outsider, 0), CONF_E_ROOM_FULL, "full");
    is_int(fx_add(member, room_id, outsider, CONF_ROLE_MODERATOR),
           CONF_E_FORBIDDEN, "which is looked at last");
    fx.conf.room_members_max = 100;

    later = fx_user("Later");
    is_int(fx_add(moderator, room_id, later, CONF_ROLE_MODERATOR), CONF_OK,
           "a moderator makes another");
    is_int(fx_remove(later, room_id, later, &left), CONF_OK, "who leaves");
    is_int(fx_add(0, room_id, later, CONF_ROLE_MEMBER), CONF_OK,
           "the server lets in");
    is_int(fx_remove(0, room_id, later, &left), CONF_OK, "and out");
}


static void
test_members(void)
{
    size_t           i;
    char             name[32];
    uint64_t         big, id;
    conf_member_t   *m;
    conf_members_t   members;

    is_int(t_members(member, room_id, 0, 1000, &members), CONF_OK, "list");
    is_int(members.members.n, 3, "three members");
    ok(!members.more, "that is all");

    m = members.members.items;
    is_int(m[0].user_id, owner, "in order of id");
    is_int(m[0].role, CONF_ROLE_OWNER, "with the role");
    is_str(m[1].name, "Moderator", "and the name");
    is_int(m[2].joined_ms, FX_NOW + 20, "and the time");

    is_int(t_members(member, room_id, owner, 1, &members), CONF_OK,
           "from the one after");
    is_int(members.members.n, 1, "one");
    m = members.members.items;
    is_int(m[0].user_id, moderator, "the next");
    ok(members.more, "there are more");
    is_int(t_members(member, room_id, member, 5, &members), CONF_OK,
           "behind the last");
    is_int(members.members.n, 0, "none");
    is_int(t_members(member, room_id, UINT64_MAX, 5, &members), CONF_OK,
           "far behind it");
    is_int(members.members.n, 0, "none");

    is_int(t_members(outsider, room_id, 0, 5, &members), CONF_E_NOT_MEMBER,
           "an outsider");
    is_int(t_members(0, room_id, 0, 5, &members), CONF_OK, "the server");
    is_int(t_members(owner, 999, 0, 5, &members), CONF_E_ROOM_ABSENT,
           "no room");
    is_int(t_members(owner, room_id, 0, 0, &members), CONF_E_INVALID,
           "limit 0");
    is_int(t_members(owner, room_id, 0, 1001, &members), CONF_E_INVALID,
           "limit 1,001");

    big = fx_room(owner, "big");

    for (i = 0; i < 60; i++) {
        (void) snprintf(name, sizeof(name), "big%zu", i);

        if (fx_add(owner, big, fx_user(name), 0) != CONF_OK) {
            fx_die("cannot add");
        }
    }

    i = 0;
    id = 0;

    do {
        if (t_members(owner, big, id, 7, &members) != CONF_OK) {
            fx_die("cannot list");
        }

        i += members.members.n;
        m = members.members.items;
        id = m[members.members.n - 1].user_id;

    } while (members.more);

    is_int(i, 61, "pages make the whole");
    is_int(t_delete(owner, big), CONF_OK, "a big room can be deleted");
}


static void
test_list(void)
{
    uint64_t      user, first, i;
    conf_room_t  *r;
    conf_rooms_t  rooms;

    user = fx_user("Lister");

    is_int(t_list(user, 0, 10, &rooms), CONF_OK, "no rooms");
    is_int(rooms.rooms.n, 0, "none");

    first = fx_room(user, "0");

    for (i = 1; i < 10; i++) {
        (void) fx_room(user, "n");
    }

    is_int(t_list(user, 0, 4, &rooms), CONF_OK, "list");
    is_int(rooms.rooms.n, 4, "four");
    ok(rooms.more, "of more");
    r = rooms.rooms.items;
    is_int(r[0].id, first, "in order of id");
    ok(r[0].epoch != 0, "with an epoch");
    is_int(t_list(user, r[3].id, 10, &rooms), CONF_OK, "the rest");
    is_int(rooms.rooms.n, 6, "six");
    ok(!rooms.more, "and no more");
    is_int(t_list(user, 0, 10, &rooms), CONF_OK, "all");
    ok(rooms.rooms.n == 10 && !rooms.more, "ten and no more");
    is_int(t_list(user, UINT64_MAX, 10, &rooms), CONF_OK, "behind the last");
    is_int(rooms.rooms.n, 0, "none");
    is_int(t_list(user, 0, 0, &rooms), CONF_E_INVALID, "limit 0");
    is_int(t_list(user, 0, 1001, &rooms), CONF_E_INVALID, "limit 1,001");
    is_int(t_list(999, 0, 10, &rooms), CONF_E_USER_ABSENT, "nobody's");

    is_int(t_delete(user, first), CONF_OK, "one is deleted");
    is_int(t_list(user, 0, 10, &rooms), CONF_OK, "list");
    is_int(rooms.rooms.n, 9, "nine");

    fx.conf.user_rooms_max = 10;
    is_int(t_create(user, "tenth"), CONF_OK, "the last that may be");
    is_int(t_create(user, "eleventh"), CONF_E_ROOM_FULL, "one too many");
    is_int(fx_add(owner, room_id, user, 0), CONF_E_ROOM_FULL,
           "nor into another's");
    is_int(t_delete(user, room.id), CONF_E_ROOM_ABSENT, "(none was made)");
    is_int(fx_remove(user, first + 1, user, &left), CONF_OK, "leave one");
    is_int(fx_add(owner, room_id, user, 0), CONF_OK, "then it may be");
    is_int(fx_remove(user, room_id, user, &left), CONF_OK, "and out again");
    fx.conf.user_rooms_max = 100;
}


static void
test_common(void)
{
    uint64_t      a, b, one, two;
    conf_room_t  *r;
    conf_user_t   user;
    conf_pair_t   in;
    conf_rooms_t  rooms;

    a = fx_user("CommonA");
    b = fx_user("CommonB");

    (void) fx_room(a, "a's");
    one = fx_room(a, "one");
    (void) fx_room(b, "b's");
    two = fx_room(b, "two");

    in.actor = a;
    in.other = b;

    is_int(fx_call(CONF_OP_USER_COMMON_ROOMS, &in, &rooms), CONF_OK,
           "nothing in common");
    is_int(rooms.rooms.n, 0, "none");

    (void) fx_add(a, one, b, 0);
    (void) fx_add(b, two, a, 0);

    is_int(fx_call(CONF_OP_USER_COMMON_ROOMS, &in, &rooms), CONF_OK,
           "common rooms");
    is_int(rooms.rooms.n, 2, "two");
    ok(!rooms.more, "no more");
    r = rooms.rooms.items;
    ok(r[0].id == one && r[1].id == two, "in order of id");

    in.other = 999;
    is_int(fx_call(CONF_OP_USER_COMMON_ROOMS, &in, &rooms),
           CONF_E_USER_ABSENT, "with nobody");
    in.other = b;
    (void) fx_delete(0, b, &user);
    is_int(fx_call(CONF_OP_USER_COMMON_ROOMS, &in, &rooms),
           CONF_E_USER_ABSENT, "with a deleted one");
}


static void
test_update(void)
{
    fx.now_ms += 10;

    is_int(t_update(moderator, room_id, CONF_UPDATE_ROOM_NAME, "New", "-"),
           CONF_OK, "a moderator updates");
    is_str(room.name, "New", "what the mask names");
    is_str(room.description, "about", "and no more");
    is_int(room.updated_ms, fx.now_ms, "updated now");
    is_int(room.nmembers, 3, "with as many members");
    ok(room.epoch != 0, "and its epoch");
    ok(fx_touched(0, room_id), "touches the room");
    is_int(t_update(owner, room_id, CONF_UPDATE_ROOM_DESCRIPTION, "", ""),
           CONF_OK, "the owner, too");
    is_str(room.description, "", "a description may be empty");
    is_int(t_update(owner, room_id, CONF_UPDATE_ROOM_NAME, "", ""),
           CONF_E_INVALID, "a name may not");
    is_int(t_update(member, room_id, CONF_UPDATE_ROOM_NAME, "x", ""),
           CONF_E_FORBIDDEN, "a member may not");
    is_int(t_update(outsider, room_id, CONF_UPDATE_ROOM_NAME, "x", ""),
           CONF_E_NOT_MEMBER, "nor an outsider");
    is_int(t_update(0, room_id, CONF_UPDATE_ROOM_NAME, "Room", ""), CONF_OK,
           "the server may");
    is_int(t_update(owner, 999, 0, "", ""), CONF_E_ROOM_ABSENT, "no room");
}


static void
test_remove(void)
{
    uint64_t  second;

    second = fx_user("Second");
    (void) fx_add(owner, room_id, second, CONF_ROLE_MODERATOR);

    is_int(fx_remove(outsider, room_id, member, &left), CONF_E_NOT_MEMBER,
           "an outsider removes nobody");
    is_int(fx_remove(outsider, room_id, outsider, &left), CONF_E_NOT_MEMBER,
           "nor itself");
    is_int(fx_remove(member, room_id, moderator, &left), CONF_E_FORBIDDEN,
           "a member no moderator");
    is_int(fx_remove(moderator, room_id, second, &left), CONF_E_FORBIDDEN,
           "a moderator no other moderator");
    is_int(fx_remove(moderator, room_id, owner, &left), CONF_E_FORBIDDEN,
           "nor the owner");
    is_int(fx_remove(moderator, room_id, outsider, &left), CONF_E_USER_ABSENT,
           "nor who is not there");
    is_int(fx_remove(moderator, room_id, 0, &left), CONF_E_USER_ABSENT,
           "nor nobody");
    is_int(fx_remove(owner, 999, owner, &left), CONF_E_ROOM_ABSENT,
           "no room");

    is_int(fx_remove(moderator, room_id, member, &left), CONF_OK,
           "but a member");
    is_int(left.member.user_id, member, "who is told of");
    is_int(left.member.role, CONF_ROLE_MEMBER, "with the role");
    is_str(left.member.name, "Member", "and the name");
    is_int(left.room.nmembers, 3, "one less");
    ok(left.new_owner == 0 && !left.deleted, "the room goes on");
    ok(fx_touched(member, room_id), "touches the membership");
    is_int(fx_view(member, room_id, &view), CONF_E_NOT_MEMBER, "who is out");
    is_int(fx_remove(owner, room_id, second, &left), CONF_OK,
           "the owner removes a moderator");
    is_int(fx_add(owner, room_id, member, 0), CONF_OK, "and lets in again");
}


static void
test_succession(void)
{
    uint64_t  id, a, b, c, d;

    a = fx_user("SuccA");
    b = fx_user("SuccB");
    c = fx_user("SuccC");
    d = fx_user("SuccD");

    /* d is the longest member, c and b are moderators, c for longer. */

    id = fx_room(a, "succession");
    fx.now_ms += 10;
    (void) fx_add(a, id, d, CONF_ROLE_MEMBER);
    fx.now_ms += 10;
    (void) fx_add(a, id, c, CONF_ROLE_MODERATOR);
    fx.now_ms += 10;
    (void) fx_add(a, id, b, CONF_ROLE_MODERATOR);

    is_int(fx_remove(a, id, a, &left), CONF_OK, "the owner leaves");
    is_int(left.new_owner, c, "the longest of the highest role follows");
    is_int(left.room.owner_id, c, "as the room says");
    is_int(left.member.role, CONF_ROLE_OWNER, "who left was the owner");
    ok(fx_touched(c, id) && fx_touched(a, id), "touches both");
    is_int(fx_view(c, id, &view), CONF_OK, "the new owner");
    is_int(view.role, CONF_ROLE_OWNER, "is one");
    is_int(view.room.owner_id, c, "as stored");

    is_int(fx_remove(d, id, d, &left), CONF_OK, "a member leaves");
    is_int(left.new_owner, 0, "without a new owner");
    is_int(fx_remove(0, id, c, &left), CONF_OK, "the owner is removed");
    is_int(left.new_owner, b, "the last one follows");
    is_int(fx_remove(b, id, b, &left), CONF_OK, "and leaves");
    ok(left.deleted, "the room has ended");
    is_int(left.room.nmembers, 0, "with no member");
    ok(fx_touched(0, id), "touches the room");
    is_int(fx_view(b, id, &view), CONF_E_ROOM_ABSENT, "it is no more");

    id = fx_room(a, "alike");
    (void) fx_add(a, id, c, 0);
    (void) fx_add(a, id, b, 0);
    is_int(fx_remove(a, id, a, &left), CONF_OK, "two joined at one time");
    is_int(left.new_owner, b, "the smaller id follows");
}


static void
test_delete(void)
{
    uint64_t        id, other, epoch;
    conf_ids_t      ids;
    conf_head_t    *head;
    conf_heads_t    heads;
    conf_rooms_t    rooms;
    conf_file_t     file;
    conf_message_t  message;
    conf_members_t  members;

    uint64_t            asked[3];
    conf_file_add_t     add;
    conf_file_key_t     file_key;
    conf_member_read_t  read;

    id = fx_room(owner, "doomed");
    other = fx_room(owner, "survivor");
    (void) fx_add(owner, id, moderator, CONF_ROLE_MODERATOR);
    (void) fx_add(owner, id, member, 0);
    is_int(fx_post(owner, id, "last words", "", &message), CONF_OK, "post");
    epoch = message.epoch;

    memset(&add, 0, sizeof(conf_file_add_t));
    add.actor = owner;
    add.file.name = fx_str("doomed.png");
    add.file.room_id = id;
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_OK, "a file");

    asked[0] = id;
    asked[1] = 999;
    asked[2] = other;
    ids.ids.items = asked;
    ids.ids.n = 3;

    is_int(fx_call(CONF_OP_ROOM_HEADS, &ids, &heads), CONF_OK, "heads");
    is_int(heads.heads.n, 3, "one for each");
    head = heads.heads.items;
    ok(head[0].room_id == id && head[0].epoch == epoch && head[0].seq == 1,
       "of the room");
    ok(head[1].room_id == 999 && head[1].epoch == 0, "of none");
    ok(head[2].room_id == other && head[2].epoch != 0 && head[2].seq == 0,
       "of an empty one");

    is_int(t_delete(moderator, id), CONF_E_FORBIDDEN, "not by a moderator");
    is_int(t_delete(member, id), CONF_E_FORBIDDEN, "nor by a member");
    is_int(t_delete(outsider, id), CONF_E_NOT_MEMBER, "nor by an outsider");
    is_int(t_delete(owner, 999), CONF_E_ROOM_ABSENT, "no room");
    is_int(t_delete(owner, id), CONF_OK, "by the owner");
    is_int(room.id, id, "which is told");
    is_int(room.nmembers, 3, "as it was");
    ok(fx_touched(0, id), "touches the room");

    is_int(t_delete(owner, id), CONF_E_ROOM_ABSENT, "only once");
    is_int(fx_view(member, id, &view), CONF_E_ROOM_ABSENT, "no get");
    is_int(fx_post(owner, id, "x", "", &message), CONF_E_ROOM_ABSENT,
           "no post");
    is_int(fx_post(outsider, id, "x", "", &message), CONF_E_ROOM_ABSENT,
           "by anyone");
    is_int(fx_post(0, id, "x", "", &message), CONF_E_ROOM_ABSENT,
           "or the server");
    is_int(fx_add(owner, id, outsider, 0), CONF_E_ROOM_ABSENT, "no add");
    is_int(fx_remove(owner, id, member, &left), CONF_E_ROOM_ABSENT,
           "no remove");
    is_int(t_members(owner, id, 0, 5, &members), CONF_E_ROOM_ABSENT,
           "no members");
    is_int(t_update(owner, id, 0, "", ""), CONF_E_ROOM_ABSENT, "no update");

    read.actor = owner;
    read.room_id = id;
    read.seq = 1;
    is_int(fx_call(CONF_OP_MEMBER_READ, &read, &(conf_none_t) { 0 }),
           CONF_E_ROOM_ABSENT, "no mark");

    file_key.actor = owner;
    file_key.name = fx_str("doomed.png");
    is_int(fx_call(CONF_OP_FILE_GET, &file_key, &file), CONF_E_FILE_ABSENT,
           "no file");

    is_int(fx_call(CONF_OP_ROOM_HEADS, &ids, &heads), CONF_OK, "heads");
    head = heads.heads.items;
    is_int(head[0].epoch, 0, "no head");

    ids.ids.n = 0;
    is_int(fx_call(CONF_OP_ROOM_HEADS, &ids, &heads), CONF_OK, "of no room");
    is_int(heads.heads.n, 0, "none");

    is_int(t_list(member, 0, 10, &rooms), CONF_OK, "a member's list");
    is_int(rooms.rooms.n, 1, "is without it");
    is_int(t_delete(0, other), CONF_OK, "the server may delete");
}


/* The room as schema 2 had it: how many members it has is in its record. */

static void
t_schema_2(uint64_t id, uint32_t nmembers)
{
    conf_rc_t       rc;
    conf_room_t     old;
    confd_key_t     key;
    confd_op_ctx_t  ctx;

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(&ctx);

    rc = ctx.driver->begin(fx.store, true, &ctx.txn);

    if (rc == CONF_OK) {
        rc = confd_room_load(&ctx, id, &old);
        is_int(old.nmembers, nmembers, "so many members");
    }

    if (rc == CONF_OK) {
        rc = confd_room_store(&ctx, &old);
    }

    if (rc == CONF_OK) {
        rc = ctx.driver->del(ctx.txn, CONFD_SPACE_MEMBER,
                             confd_record_key2(&key, id, 0));
    }

    if (rc != CONF_OK || ctx.driver->commit(ctx.txn) != CONF_OK) {
        fx_die("cannot make it an old one");
    }
}


static void
test_old(void)
{
    is_int(t_create(owner, "Old"), CONF_OK, "create");
    room_id = room.id;
    is_int(fx_add(owner, room_id, member, CONF_ROLE_MEMBER), CONF_OK, "add");
    t_schema_2(room_id, 2);
    is_int(fx_view(owner, room_id, &view), CONF_OK, "an old room");
    is_int(view.room.nmembers, 2, "has as many");
    is_int(fx_add(owner, room_id, moderator, CONF_ROLE_MEMBER), CONF_OK,
           "add");
    (void) fx_view(owner, room_id, &view);
    is_int(view.room.nmembers, 3, "and then one more");
    t_schema_2(room_id, 3);
    is_int(fx_remove(owner, room_id, moderator, &left), CONF_OK, "remove");
    (void) fx_view(owner, room_id, &view);
    is_int(view.room.nmembers, 2, "or one less");

    t_schema_2(room_id, 2);
    is_int(t_delete(owner, room_id), CONF_OK, "delete");
    is_int(fx_view(owner, room_id, &view), CONF_E_ROOM_ABSENT, "gone");

    is_int(t_create(owner, "Old"), CONF_OK, "create");
    t_schema_2(room.id, 1);
    is_int(t_delete(owner, room.id), CONF_OK, "delete one of one");
}


int
main(void)
{
    fx_open();

    owner = fx_user("Owner");
    moderator = fx_user("Moderator");
    member = fx_user("Member");
    outsider = fx_user("Outsider");

    test_create();
    test_add();
    test_members();
    test_list();
    test_common();
    test_update();
    test_remove();
    test_succession();
    test_delete();
    test_old();

    fx_close();

    return tap_done();
}
