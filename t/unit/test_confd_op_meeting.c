
#include "confd_fixture.h"
#include "confd_meeting.h"

#include <stdarg.h>


#define T_HOUR  INT64_C(3600000)


/* Who they are in the meeting that a test has made. */

static uint64_t             host, mod, member, guest, admin, room_id;
static conf_room_t          room;
static conf_room_view_t     view;
static conf_member_view_t   seat;
static conf_participants_t  people;


static conf_rc_t
t_create(uint64_t actor, uint32_t settings, uint32_t capacity,
    const char *password)
{
    conf_rc_t              rc;
    conf_meeting_create_t  in;

    memset(&in, 0, sizeof(conf_meeting_create_t));
    in.actor = actor;
    in.name = fx_str("Weekly");
    in.description = fx_str("about things");
    in.start_ms = fx.now_ms + T_HOUR;
    in.end_ms = fx.now_ms + 2 * T_HOUR;
    in.settings = settings | CONF_ROOM_CHAT;
    in.capacity = capacity;
    in.password = fx_str(password);

    rc = fx_call(CONF_OP_MEETING_CREATE, &in, &view);
    room_id = view.room.id;

    return rc;
}


static conf_rc_t
t_get(uint64_t actor)
{
    conf_room_key_t  in = { actor, room_id };

    return fx_call(CONF_OP_MEETING_GET, &in, &view);
}


static conf_rc_t
t_room(conf_op_e op, uint64_t actor)
{
    conf_room_key_t  in = { actor, room_id };

    return fx_call(op, &in, &room);
}


static conf_rc_t
t_join(uint64_t actor, const char *password)
{
    conf_meeting_join_t  in = { actor, room_id, fx_str(password) };

    return fx_call(in.password.len != 0 ? CONF_OP_MEETING_ENTER
                                        : CONF_OP_MEETING_JOIN, &in, &seat);
}


static conf_rc_t
t_leave(uint64_t actor)
{
    conf_room_key_t  in = { actor, room_id };

    return fx_call(CONF_OP_MEETING_LEAVE, &in, &seat);
}


static conf_rc_t
t_add(uint64_t actor, uint64_t user_id, uint32_t role)
{
    conf_participant_add_t  in = { actor, room_id, { &user_id, 1 }, role };

    return fx_call(CONF_OP_PARTICIPANT_ADD, &in, &people);
}


static conf_rc_t
t_remove(uint64_t actor, uint64_t user_id)
{
    conf_member_key_t  in = { actor, room_id, user_id };

    return fx_call(CONF_OP_PARTICIPANT_REMOVE, &in, &seat);
}


static conf_rc_t
t_role(uint64_t actor, uint64_t user_id, uint32_t role)
{
    conf_participant_role_t  in = { actor, room_id, user_id, role };

    return fx_call(CONF_OP_PARTICIPANT_ROLE, &in, &seat);
}


static conf_rc_t
t_people(uint64_t actor)
{
    conf_room_key_t  in = { actor, room_id };

    return fx_call(CONF_OP_PARTICIPANT_LIST, &in, &people);
}


static conf_rc_t
t_post(uint64_t actor)
{
    conf_message_t       message;
    conf_message_post_t  in;

    memset(&in, 0, sizeof(conf_message_post_t));
    in.actor = actor;
    in.room_id = room_id;
    in.type = fx_str("text");
    in.content = fx_str("hello");

    return fx_call(CONF_OP_MESSAGE_POST, &in, &message);
}


/* What passes by itself. */

static void
t_due(void)
{
    conf_none_t  none = { 0 };

    is_int(fx_call(CONF_OP_ROOM_DUE, &none, &none), CONF_OK, "by time");
}


static void
t_make_admin(uint64_t user_id)
{
    conf_user_t     user;
    confd_op_ctx_t  ctx;

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(&ctx);

    if (confd_lmdb_driver.begin(fx.store, true, &ctx.txn) != CONF_OK
        || confd_user_load(&ctx, user_id, &user) != CONF_OK)
    {
        fx_die("no user");
    }

    user.role = CONF_USER_ADMIN;

    if (confd_user_store(&ctx, &user) != CONF_OK
        || confd_lmdb_driver.commit(ctx.txn) != CONF_OK)
    {
        fx_die("cannot store");
    }
}


/* The room's newest visits, oldest first, are these: "+8 -8", by user id. */

static void
t_visits(uint32_t limit, const char *name, const char *format, ...)
{
    char                  want[256];
    size_t                i;
    va_list               args;
    conf_buf_t            buf;
    conf_message_t       *message;
    conf_messages_t       page;
    conf_message_list_t   in;

    va_start(args, format);
    (void) vsnprintf(want, sizeof(want), format, args);
    va_end(args);

    memset(&in, 0, sizeof(conf_message_list_t));
    in.room_id = room_id;
    in.limit = limit;
    in.visits = true;

    conf_buf_init(&buf, 0);

    is_int(fx_call(CONF_OP_MESSAGE_LIST, &in, &page), CONF_OK, "visits");
    message = page.messages.items;

    for (i = 0; i < page.messages.n; i++) {
        if (message[i].seq != 0 || message[i].room_id != room_id) {
            fx_die("no visit");
        }

        conf_buf_str(&buf, conf_str_eq(message[i].type, fx_str("join"))
                           ? conf_str("+") : conf_str("-"));
        conf_buf_u64(&buf, message[i].user_id);
        conf_buf_str(&buf, conf_str(" "));
    }

    is_mem(buf.data, buf.len, want, strlen(want), "%s", name);
    is_int(page.more, i < page.seq, "and more, or not");

    conf_buf_free(&buf);
}


static size_t
t_count(confd_space_e space)
{
    uint64_t        n;
    confd_op_ctx_t  ctx;

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(&ctx);

    if (confd_lmdb_driver.begin(fx.store, false, &ctx.txn) != CONF_OK
        || confd_lmdb_driver.count(ctx.txn, space, &n) != CONF_OK)
    {
        fx_die("cannot count");
    }

    confd_lmdb_driver.abort(ctx.txn);

    return (size_t) n;
}


static void
test_create(void)
{
    conf_meeting_create_t  in;

    is_int(t_create(host, 0, 10, ""), CONF_OK, "create");
    is_int(view.room.state, CONF_ROOM_SCHEDULED, "scheduled");
    is_int(view.role, CONF_ROLE_OWNER, "its maker is the host");
    is_int(view.room.creator_id, host, "and the creator");
    is_int(view.room.capacity, 10, "capacity");
    ok(!view.room.locked, "no password");
    ok(view.room.due_ms == view.room.end_ms, "looked at when it ends");

    memset(&in, 0, sizeof(conf_meeting_create_t));
    in.actor = host;
    in.name = fx_str("x");
    in.start_ms = fx.now_ms + T_HOUR;
    in.end_ms = fx.now_ms + T_HOUR;
    is_int(fx_call(CONF_OP_MEETING_CREATE, &in, &view), CONF_E_INVALID,
           "no length");
    in.start_ms = fx.now_ms - 2 * T_HOUR;
    in.end_ms = fx.now_ms - T_HOUR;
    is_int(fx_call(CONF_OP_MEETING_CREATE, &in, &view), CONF_E_INVALID,
           "long gone");
    in.end_ms = fx.now_ms + T_HOUR;
    in.name = fx_str("");
    is_int(fx_call(CONF_OP_MEETING_CREATE, &in, &view), CONF_E_INVALID,
           "no name");

    is_int(t_get(host), CONF_OK, "get");
    is_int(view.state, CONF_MEMBER_OFFLINE, "not in it");
    is_int(t_get(guest), CONF_E_NOT_MEMBER, "not an outsider's");
    is_int(t_get(admin), CONF_OK, "an admin may");
    is_int(view.role, CONF_ROLE_NONE, "without a role in it");
    is_int(fx_view(guest, room_id, &view), CONF_E_NOT_MEMBER, "nor as a room");
}


static void
test_join(void)
{
    uint64_t  id;

    is_int(t_create(host, 0, 2, ""), CONF_OK, "a meeting for two");
    is_int(t_leave(guest), CONF_E_NOT_MEMBER, "who is not in it leaves not");
    is_int(t_join(guest, ""), CONF_OK, "anybody joins");
    is_int(seat.room.state, CONF_ROOM_ONGOING, "which starts it");
    ok(seat.room.started_ms == fx.now_ms, "now");
    is_int(seat.room.njoined, 1, "one has joined");
    is_int(seat.room.nmembers, 2, "two are members");
    is_int(seat.member.state, CONF_MEMBER_JOINED, "joined");
    is_int(seat.member.role, CONF_ROLE_MEMBER, "as a participant");
    ok(seat.member.id != 0, "with an id");
    ok(fx_touched(guest, room_id) && fx_touched(0, room_id), "touches both");
    id = seat.member.id;

    is_int(t_join(guest, ""), CONF_OK, "again");
    is_int(seat.room.njoined, 1, "counts once");
    is_int(fx.ntouches, 0, "and changes nothing");

    is_int(t_join(host, ""), CONF_OK, "the host, too");
    is_int(t_join(member, ""), CONF_E_ROOM_FULL, "it is full");
    is_int(t_join(admin, ""), CONF_E_ROOM_FULL, "for an admin, too");

    fx.now_ms += 1000;
    is_int(t_leave(guest), CONF_OK, "leave");
    is_int(seat.room.njoined, 1, "one less");
    is_int(t_leave(guest), CONF_OK, "leave again");
    is_int(seat.room.njoined, 1, "changes nothing");
    is_int(seat.room.nmembers, 2, "still a member");
    is_int(t_join(member, ""), CONF_OK, "there is room");
    is_int(t_join(guest, ""), CONF_E_ROOM_FULL, "but not for both");
    is_int(t_leave(member), CONF_OK, "leave");
    is_int(t_join(guest, ""), CONF_OK, "come back");
    ok(seat.member.id == id, "with the same id");
    ok(seat.member.entered_ms == fx.now_ms, "since now");
    is_int(t_count(CONFD_SPACE_JOINED), 2, "rows of who has joined");

    is_int(t_people(guest), CONF_OK, "participants");
    is_int(people.total, 3, "of three");
    is_int(t_people(mod), CONF_E_NOT_MEMBER, "not for an outsider");
    is_int(t_people(admin), CONF_OK, "an admin may");
}


static void
test_end(void)
{
    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    is_int(t_room(CONF_OP_MEETING_END, host), CONF_E_ROOM_STATE,
           "not started");
    is_int(t_room(CONF_OP_MEETING_START, guest), CONF_E_NOT_MEMBER,
           "not by an outsider");
    is_int(t_add(host, member, CONF_ROLE_MEMBER), CONF_OK, "add");
    is_int(t_room(CONF_OP_MEETING_START, member), CONF_E_FORBIDDEN,
           "not by a participant");
    is_int(t_add(host, mod, CONF_ROLE_MODERATOR), CONF_OK, "a moderator");
    is_int(t_room(CONF_OP_MEETING_START, mod), CONF_OK, "may");
    is_int(room.state, CONF_ROOM_ONGOING, "it goes on");
    is_int(t_room(CONF_OP_MEETING_START, admin), CONF_OK, "twice is once");
    is_int(t_join(member, ""), CONF_OK, "join");
    is_int(t_post(member), CONF_OK, "talk");
    is_int(t_post(admin), CONF_OK, "so does an admin");
    is_int(t_post(guest), CONF_E_NOT_MEMBER, "not so an outsider");

    is_int(t_room(CONF_OP_MEETING_END, member), CONF_E_FORBIDDEN, "no end");
    is_int(t_room(CONF_OP_MEETING_END, mod), CONF_OK, "an end");
    is_int(room.state, CONF_ROOM_ENDED, "ended");
    is_int(room.njoined, 0, "nobody is in it");
    ok(fx_touched(0, room_id), "all are told");
    is_int(t_join(member, ""), CONF_E_ROOM_ENDED, "no join");
    is_int(t_post(member), CONF_E_ROOM_ENDED, "no word");
    is_int(t_add(host, guest, CONF_ROLE_MEMBER), CONF_E_ROOM_ENDED, "no add");
    is_int(fx_add(member, room_id, guest, 0), CONF_E_ROOM_ENDED,
           "nor as a room");
    is_int(t_room(CONF_OP_MEETING_START, host), CONF_E_ROOM_ENDED, "no start");
    is_int(t_room(CONF_OP_MEETING_END, host), CONF_E_ROOM_ENDED, "no end");
    is_int(t_get(member), CONF_OK, "it can be seen");
    is_int(view.state, CONF_MEMBER_OFFLINE, "from outside");

    is_int(t_room(CONF_OP_MEETING_DELETE, mod), CONF_E_FORBIDDEN, "delete");
    is_int(t_room(CONF_OP_MEETING_DELETE, host), CONF_OK, "the creator may");
    is_int(t_get(host), CONF_E_ROOM_ABSENT, "gone");
}


static void
test_password(void)
{
    conf_meeting_update_t  in;

    is_int(t_create(host, 0, 0, "secret"), CONF_OK, "with a password");
    ok(view.room.locked, "locked");
    is_int(t_join(guest, ""), CONF_E_ROOM_PASSWORD, "without it");
    is_int(t_join(guest, "Secret"), CONF_E_ROOM_PASSWORD, "a wrong one");
    is_int(t_join(guest, "secret"), CONF_OK, "the right one");
    is_int(t_join(guest, "wrong"), CONF_OK, "who is in it is in it");
    is_int(t_join(host, ""), CONF_OK, "the host needs none");
    is_int(t_join(admin, "wrong"), CONF_OK, "nor does an admin");
    is_int(t_leave(guest), CONF_OK, "leave");
    is_int(t_join(guest, ""), CONF_E_ROOM_PASSWORD, "it is asked for again");

    memset(&in, 0, sizeof(conf_meeting_update_t));
    in.actor = host;
    in.room_id = room_id;
    in.mask = CONF_UPDATE_MEETING_PASSWORD;
    in.password = fx_str("other");
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_OK, "another");
    is_int(t_join(guest, "secret"), CONF_E_ROOM_PASSWORD, "not the old one");
    is_int(t_join(guest, "other"), CONF_OK, "the new one");
    is_int(t_leave(guest), CONF_OK, "leave");
    in.password = fx_str("");
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_OK, "none");
    ok(!view.room.locked, "open");
    is_int(t_count(CONFD_SPACE_ROOM_SECRET), 0, "and no hash is left");
    is_int(t_join(guest, ""), CONF_OK, "for all");
}


static void
test_lobby(void)
{
    uint64_t  id;

    is_int(t_create(host, CONF_ROOM_LOBBY, 2, ""), CONF_OK, "with a lobby");
    is_int(t_join(guest, ""), CONF_OK, "join");
    is_int(seat.member.state, CONF_MEMBER_WAITING, "is to wait");
    is_int(seat.room.state, CONF_ROOM_SCHEDULED, "and starts nothing");
    id = seat.member.id;
    is_int(t_join(guest, ""), CONF_OK, "and again");
    ok(seat.member.id == id, "with the same id");
    is_int(fx_view(guest, room_id, &view), CONF_E_WAITING, "as a room");
    is_int(t_get(guest), CONF_OK, "who waits knows");
    is_int(view.state, CONF_MEMBER_WAITING, "that he waits");
    is_int(t_people(guest), CONF_E_NOT_MEMBER, "and no more");
    is_int(t_post(guest), CONF_E_NOT_MEMBER, "nor talks");

    is_int(t_add(host, mod, CONF_ROLE_MODERATOR), CONF_OK, "a moderator");
    is_int(t_add(host, member, CONF_ROLE_MEMBER), CONF_OK, "and a member");
    is_int(t_join(mod, ""), CONF_OK, "who is a member");
    is_int(seat.member.state, CONF_MEMBER_JOINED, "does not wait");
    is_int(t_people(mod), CONF_OK, "participants");
    is_int(people.total, 4, "and who waits");
    is_int(t_add(member, guest, CONF_ROLE_MEMBER), CONF_E_FORBIDDEN,
           "a participant admits nobody");
    is_int(fx_add(member, room_id, guest, 0), CONF_E_FORBIDDEN,
           "nor by the back door");
    is_int(t_add(mod, guest, CONF_ROLE_MEMBER), CONF_OK, "a moderator does");
    ok(fx_touched(guest, room_id), "who is told");
    is_int(t_get(guest), CONF_OK, "the guest");
    is_int(view.state, CONF_MEMBER_JOINED, "is in");
    is_int(view.room.njoined, 2, "and counts");

    is_int(t_join(admin, ""), CONF_E_ROOM_FULL, "full");
    is_int(t_leave(guest), CONF_OK, "leave");
    is_int(t_join(guest, ""), CONF_OK, "come back");
    is_int(seat.member.state, CONF_MEMBER_JOINED, "admitted for good");
    ok(seat.member.id == id, "with the same id");
    is_int(t_count(CONFD_SPACE_LOBBY), 0, "nobody waits");
}


static void
test_remove(void)
{
    size_t    n;
    uint64_t  id;

    n = t_count(CONFD_SPACE_JOINED);
    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    is_int(t_join(guest, ""), CONF_OK, "join");
    is_int(t_join(member, ""), CONF_OK, "join");
    is_int(t_add(host, mod, CONF_ROLE_MODERATOR), CONF_OK, "a moderator");
    id = seat.member.id;

    is_int(t_remove(guest, member), CONF_E_FORBIDDEN, "a participant");
    is_int(t_remove(mod, host), CONF_E_FORBIDDEN, "not the host");
    is_int(t_remove(admin, host), CONF_E_CONFLICT, "nobody the creator");
    is_int(t_remove(host, host), CONF_E_CONFLICT, "not even he");
    is_int(t_remove(mod, mod + 100), CONF_E_TARGET_ABSENT, "nobody");
    is_int(t_remove(mod, admin), CONF_E_TARGET_ABSENT, "who is not there");
    is_int(t_remove(mod, member), CONF_OK, "a moderator does");
    is_int(seat.room.njoined, 1, "one less");
    is_int(t_join(member, ""), CONF_E_REMOVED, "no way back");
    is_int(t_get(member), CONF_E_REMOVED, "nothing to see");
    is_int(fx_view(member, room_id, &view), CONF_E_REMOVED, "as a room");
    is_int(t_remove(mod, member), CONF_E_TARGET_ABSENT, "twice");
    is_int(t_leave(member), CONF_E_NOT_MEMBER, "nor leave");
    is_int(t_add(mod, member, CONF_ROLE_MEMBER), CONF_OK, "until added");
    is_int(t_join(member, ""), CONF_OK, "join");
    ok(seat.member.id == id, "known by the same id");
    is_int(t_remove(guest, guest), CONF_OK, "who goes by himself");
    is_int(t_join(guest, ""), CONF_OK, "may come back");
    is_int(t_count(CONFD_SPACE_JOINED) - n, 2, "rows of who has joined");
}


static void
test_role(void)
{
    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    is_int(t_join(guest, ""), CONF_OK, "join");
    is_int(t_role(guest, guest, CONF_ROLE_MODERATOR), CONF_E_FORBIDDEN,
           "not oneself");
    is_int(t_role(host, mod, CONF_ROLE_MODERATOR), CONF_E_TARGET_ABSENT,
           "nor who is not there");
    is_int(t_role(host, host, CONF_ROLE_MEMBER), CONF_E_CONFLICT,
           "there is a host");
    is_int(t_role(host, guest, CONF_ROLE_OWNER), CONF_OK, "a new host");
    is_int(seat.room.owner_id, guest, "is the owner");
    is_int(seat.member.role, CONF_ROLE_OWNER, "by role");
    is_int(t_get(host), CONF_OK, "the old one");
    is_int(view.role, CONF_ROLE_MODERATOR, "is a moderator");
    is_int(view.room.creator_id, host, "and still the creator");
    is_int(t_role(guest, host, CONF_ROLE_MEMBER), CONF_OK, "or nothing");
    is_int(t_role(host, host, CONF_ROLE_OWNER), CONF_OK,
           "but with a host's rights");
    is_int(t_get(guest), CONF_OK, "the other");
    is_int(view.role, CONF_ROLE_MODERATOR, "is one no more");
}


static void
test_update(void)
{
    conf_meeting_update_t  in;

    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    is_int(t_add(host, mod, CONF_ROLE_MODERATOR), CONF_OK, "a moderator");

    memset(&in, 0, sizeof(conf_meeting_update_t));
    in.actor = mod;
    in.room_id = room_id;
    in.mask = CONF_UPDATE_MEETING_SETTINGS | CONF_UPDATE_MEETING_CAPACITY;
    in.settings_mask = CONF_ROOM_CHAT | CONF_ROOM_MUTE;
    in.settings = CONF_ROOM_MUTE;
    in.capacity = 5;
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_E_FORBIDDEN,
           "not by a moderator");
    in.actor = host;
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_OK, "by host");
    is_int(view.room.settings, CONF_ROOM_MUTE, "settings");
    is_int(view.room.capacity, 5, "capacity");
    is_str(view.room.name, "Weekly", "nothing else");
    ok(fx_touched(0, room_id), "touched");

    is_int(t_join(guest, ""), CONF_OK, "join");
    is_int(t_post(guest), CONF_E_FORBIDDEN, "no chat");
    is_int(t_post(mod), CONF_OK, "but for those who lead");

    in.mask = CONF_UPDATE_MEETING_END;
    in.end_ms = view.room.start_ms;
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_E_INVALID,
           "no length");
    in.mask = CONF_UPDATE_MEETING_STATE;
    in.state = CONF_ROOM_CANCELLED;
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_E_CONFLICT,
           "what goes on is not cancelled");

    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    in.room_id = room_id;
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_OK, "cancel");
    is_int(view.room.state, CONF_ROOM_CANCELLED, "cancelled");
    is_int(fx_call(CONF_OP_MEETING_UPDATE, &in, &view), CONF_E_ROOM_ENDED,
           "once");
    is_int(t_join(guest, ""), CONF_E_ROOM_ENDED, "no join");
}


static void
test_time(void)
{
    uint64_t  planned;

    t_due();
    is_int(t_create(host, 0, 0, ""), CONF_OK, "one that nobody starts");
    planned = room_id;
    is_int(t_create(host, 0, 0, ""), CONF_OK, "one that is started");
    is_int(t_join(guest, ""), CONF_OK, "join");

    fx.now_ms += T_HOUR;
    t_due();
    is_int(t_get(host), CONF_OK, "get");
    is_int(view.room.state, CONF_ROOM_ONGOING, "it goes on");

    fx.now_ms += T_HOUR;
    is_int(t_get(host), CONF_OK, "get");
    t_due();
    is_int(t_get(host), CONF_OK, "past its end");
    is_int(view.room.state, CONF_ROOM_ONGOING, "it goes on");

    fx.now_ms += 100000;
    is_int(t_leave(guest), CONF_OK, "all leave");
    fx.now_ms += 599999;
    t_due();
    is_int(t_get(host), CONF_OK, "for a while");
    is_int(view.room.state, CONF_ROOM_ONGOING, "it waits");
    fx.now_ms += 1;
    t_due();
    is_int(t_get(host), CONF_OK, "then");
    is_int(view.room.state, CONF_ROOM_ENDED, "it has ended");
    is_int(view.room.due_ms, 0, "for good");

    room_id = planned;
    is_int(t_get(host), CONF_OK, "the other");
    is_int(view.room.state, CONF_ROOM_CANCELLED, "was cancelled");
    is_int(t_count(CONFD_SPACE_ROOM_DUE), 0, "nothing is due");
}


static void
test_visits(void)
{
    unsigned              h, g, m;
    conf_messages_t       page;
    conf_message_list_t   in;

    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    t_visits(10, "nobody yet", "");
    h = (unsigned) host;
    g = (unsigned) guest;
    m = (unsigned) member;

    (void) t_join(host, "");
    (void) t_join(host, "");
    (void) t_join(guest, "");
    (void) t_leave(guest);
    (void) t_leave(guest);
    (void) t_join(member, "");
    t_visits(10, "who came, who left, once each", "+%u +%u -%u +%u ", h, g, g,
             m);
    t_visits(2, "the newest of them", "-%u +%u ", g, m);

    (void) t_remove(host, member);
    (void) t_join(guest, "");
    (void) t_room(CONF_OP_MEETING_END, host);
    t_visits(4, "who is put out leaves, and all do when it ends",
             "-%u +%u -%u -%u ", m, g, conf_min(h, g), conf_max(h, g));

    memset(&in, 0, sizeof(conf_message_list_t));
    in.room_id = room_id;
    in.limit = 10;
    is_int(fx_call(CONF_OP_MESSAGE_LIST, &in, &page), CONF_OK, "messages");
    ok(page.messages.n == 0 && page.seq == 0 && !page.more, "are none");

    in.visits = true;
    in.forward = true;
    is_int(fx_call(CONF_OP_MESSAGE_LIST, &in, &page), CONF_E_INVALID,
           "not forward");
    in.forward = false;
    in.skip = 1;
    is_int(fx_call(CONF_OP_MESSAGE_LIST, &in, &page), CONF_E_INVALID,
           "not by pages");
}


static void
test_absent(void)
{
    conf_none_t         none;
    conf_joined_t      *joined, old;
    conf_all_joined_t   all;
    conf_joined_list_t  in = { 0, 0, 1 };

    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    in.room_id = room_id;
    is_int(t_join(guest, ""), CONF_OK, "join");
    is_int(t_join(host, ""), CONF_OK, "join");

    is_int(fx_call(CONF_OP_JOINED_LIST, &in, &all), CONF_OK, "a page");
    joined = all.joined.items;
    is_int(all.joined.n, 1, "of one");
    ok(all.more, "and more");
    is_int(joined->user_id, host, "the first");
    in.room_id = joined->room_id;
    in.user_id = joined->user_id;
    is_int(fx_call(CONF_OP_JOINED_LIST, &in, &all), CONF_OK, "the next");
    joined = all.joined.items;
    is_int(joined->user_id, guest, "the second");
    ok(joined->entered_ms == fx.now_ms, "since now");
    ok(!all.more, "no more");
    old = *joined;

    fx.now_ms++;
    is_int(t_leave(guest), CONF_OK, "leave");
    is_int(t_join(guest, ""), CONF_OK, "and join");
    is_int(fx_call(CONF_OP_MEETING_ABSENT, &all, &none), CONF_OK, "absent");
    is_int(t_get(guest), CONF_OK, "who has joined anew");
    is_int(view.state, CONF_MEMBER_JOINED, "stays");
    old.entered_ms = view.entered_ms;
    all.joined.items = &old;
    is_int(fx_call(CONF_OP_MEETING_ABSENT, &all, &none), CONF_OK, "absent");
    is_int(t_get(guest), CONF_OK, "who has not");
    is_int(view.state, CONF_MEMBER_OFFLINE, "has left");
    is_int(view.room.njoined, 1, "one is left");
}


static void
test_room(void)
{
    conf_member_key_t  in;

    is_int(t_create(host, 0, 0, "secret"), CONF_OK, "create");
    is_int(fx_add(host, room_id, guest, 0), CONF_OK, "added as to a room");
    is_int(t_join(guest, "secret"), CONF_OK, "joins");
    in.actor = guest;
    in.room_id = room_id;
    in.user_id = guest;
    is_int(fx_call(CONF_OP_MEMBER_REMOVE, &in, &seat), CONF_OK,
           "leaves as a room");
    is_int(seat.room.njoined, 0, "and has left the meeting");
    is_int(t_join(host, ""), CONF_OK, "the host");
    in.actor = host;
    in.user_id = host;
    is_int(fx_call(CONF_OP_MEMBER_REMOVE, &in, &seat), CONF_OK, "leaves");
    ok(seat.deleted, "which was the last");
    is_int(t_get(host), CONF_E_ROOM_ABSENT, "gone");

    room_id = fx_room(host, "chat");
    is_int(t_join(guest, ""), CONF_E_NOT_MEMBER, "a room is its members'");
    is_int(t_join(host, ""), CONF_OK, "who may join it");
    is_int(t_room(CONF_OP_MEETING_END, host), CONF_E_FORBIDDEN, "not end it");
    is_int(t_get(admin), CONF_E_NOT_MEMBER, "nor is it an admin's");
    is_int(t_leave(host), CONF_OK, "leave");
    is_int(t_get(host), CONF_OK, "still a member");
    is_int(t_room(CONF_OP_ROOM_DELETE, host), CONF_OK, "delete");
}


static conf_rc_t
t_list(uint32_t states, const char *keyword, bool ascending, uint32_t page,
    conf_meetings_t *out)
{
    conf_meeting_list_t  in = { host, states, fx_str(keyword), ascending, 0,
                                page, 2 };

    return fx_call(CONF_OP_MEETING_LIST, &in, out);
}


static void
test_list(void)
{
    uint64_t           first;
    conf_meetings_t    out;
    conf_room_view_t  *views;

    host = fx_user("lister");

    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    first = room_id;
    fx.now_ms += 1000;
    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    fx.now_ms += 1000;
    is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
    is_int(t_join(host, ""), CONF_OK, "start it");
    is_int(t_room(CONF_OP_MEETING_END, host), CONF_OK, "end it");

    is_int(t_list(UINT32_MAX, "", false, 1, &out), CONF_OK, "all");
    views = out.meetings.items;
    is_int(out.total, 3, "three");
    is_int(out.meetings.n, 2, "two a page");
    is_int(views[0].room.id, room_id, "the latest first");
    is_int(views[0].role, CONF_ROLE_OWNER, "with the role");
    is_int(t_list(UINT32_MAX, "", false, 2, &out), CONF_OK, "page 2");
    is_int(out.meetings.n, 1, "has one");
    is_int(t_list(UINT32_MAX, "", false, 3, &out), CONF_OK, "page 3");
    is_int(out.meetings.n, 0, "has none");
    is_int(t_list(1 << CONF_ROOM_SCHEDULED, "", true, 1, &out), CONF_OK,
           "those to come");
    views = out.meetings.items;
    is_int(out.total, 2, "two");
    is_int(views[0].room.id, first, "the next first");
    is_int(t_list(UINT32_MAX, "WEEK", false, 1, &out), CONF_OK, "by name");
    is_int(out.total, 3, "all");
    is_int(t_list(UINT32_MAX, "nothing", false, 1, &out), CONF_OK, "not");
    is_int(out.total, 0, "none");
    is_int(t_list(UINT32_MAX, "", false, 0, &out), CONF_E_INVALID, "page 0");
}


/* What is over does not count as one of the rooms that one may have. */

static void
test_many(void)
{
    unsigned   i;

    host = fx_user("planner");
    fx.conf.user_rooms_max = 2;

    for (i = 0; i < 5; i++) {
        is_int(t_create(host, 0, 0, ""), CONF_OK, "create");
        is_int(t_join(host, ""), CONF_OK, "start");
        is_int(t_room(CONF_OP_MEETING_END, host), CONF_OK, "end");
    }

    is_int(t_create(host, 0, 0, ""), CONF_OK, "one");
    is_int(t_create(host, 0, 0, ""), CONF_OK, "two");
    is_int(t_create(host, 0, 0, ""), CONF_E_ROOM_FULL, "no more");
    room_id = 0;
    fx.conf.user_rooms_max = 100;
}


static void
test_forsake(void)
{
    uint64_t     planned, led;
    conf_id_t    in;
    conf_user_t  user;

    host = fx_user("leaver");

    is_int(t_create(host, 0, 0, ""), CONF_OK, "a plan");
    is_int(t_add(host, guest, CONF_ROLE_MEMBER), CONF_OK, "with a guest");
    planned = room_id;
    is_int(t_create(host, 0, 0, ""), CONF_OK, "one with a moderator");
    is_int(t_add(host, mod, CONF_ROLE_MODERATOR), CONF_OK, "who is this");
    is_int(t_join(host, ""), CONF_OK, "under way");
    led = room_id;
    is_int(t_create(host, 0, 0, ""), CONF_OK, "one without");
    is_int(t_join(guest, ""), CONF_OK, "under way");

    in.actor = host;
    in.id = host;
    is_int(fx_call(CONF_OP_USER_DELETE, &in, &user), CONF_OK, "its host goes");

    is_int(t_get(guest), CONF_OK, "without a moderator");
    is_int(view.room.state, CONF_ROOM_ENDED, "it ends");
    room_id = led;
    is_int(t_get(mod), CONF_OK, "with one");
    is_int(view.room.state, CONF_ROOM_ONGOING, "it goes on");
    is_int(view.role, CONF_ROLE_OWNER, "under him");
    room_id = planned;
    is_int(t_get(guest), CONF_OK, "what was planned");
    is_int(view.room.state, CONF_ROOM_CANCELLED, "is cancelled");
}


int
main(void)
{
    fx_open();

    host = fx_user("host");
    mod = fx_user("mod");
    member = fx_user("member");
    guest = fx_user("guest");
    admin = fx_user("admin");
    t_make_admin(admin);

    test_create();
    test_join();
    test_end();
    test_password();
    test_lobby();
    test_remove();
    test_role();
    test_update();
    test_absent();
    test_visits();
    test_room();
    test_list();
    test_many();
    test_forsake();
    fx_close();

    fx_open();
    host = fx_user("host");
    guest = fx_user("guest");
    test_time();
    fx_close();

    return tap_done();
}
