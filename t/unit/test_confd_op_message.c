
#include "confd_fixture.h"


static uint64_t            owner, member, outsider, room_id;
static conf_message_t      message;
static conf_messages_t     page;
static conf_stats_t        stats;


static conf_rc_t
t_before(uint64_t actor, uint64_t id, uint64_t before_id, uint32_t limit)
{
    conf_message_list_t  in;

    memset(&in, 0, sizeof(conf_message_list_t));

    in.actor = actor;
    in.room_id = id;
    in.before_id = before_id;
    in.limit = limit;

    return fx_call(CONF_OP_MESSAGE_LIST, &in, &page);
}


static conf_rc_t
t_after(uint64_t id, uint64_t epoch, uint64_t after_seq, uint32_t limit)
{
    conf_message_list_t  in;

    memset(&in, 0, sizeof(conf_message_list_t));

    in.actor = owner;
    in.room_id = id;
    in.forward = true;
    in.epoch = epoch;
    in.after_seq = after_seq;
    in.limit = limit;

    return fx_call(CONF_OP_MESSAGE_LIST, &in, &page);
}


static conf_message_t *
t_message(size_t i)
{
    conf_message_t  *m = page.messages.items;

    if (i >= page.messages.n) {
        fx_die("no such message");
    }

    return &m[i];
}


static conf_rc_t
t_read(uint64_t actor, uint64_t id, uint64_t seq)
{
    conf_none_t         none;
    conf_member_read_t  in = { actor, id, seq };

    return fx_call(CONF_OP_MEMBER_READ, &in, &none);
}


static uint64_t
t_mark(uint64_t actor, uint64_t id)
{
    conf_room_view_t  view;

    return fx_view(actor, id, &view) == CONF_OK ? view.read_seq : UINT64_MAX;
}


static conf_rc_t
t_stats(uint64_t id, uint32_t days, int64_t zone_s)
{
    conf_user_stats_t  in = { id, days, zone_s };

    return fx_call(CONF_OP_USER_STATS, &in, &stats);
}


static uint64_t
t_day(size_t i)
{
    conf_count_t  *count = stats.days.items;

    return count[i].count;
}


static void
test_post(void)
{
    uint64_t             other;
    conf_message_post_t  in;

    is_int(fx_post(owner, room_id, "hello", "", &message), CONF_OK, "post");
    is_int(message.id, 1, "the first position");
    is_int(message.seq, 1, "the first of the room");
    is_int(message.room_id, room_id, "the room");
    ok(message.epoch != 0, "the epoch");
    is_int(message.time_ms, fx.now_ms, "now");
    is_int(message.user_id, owner, "the sender");
    is_str(message.type, "text", "the type");
    is_str(message.content, "hello", "the content");
    ok(!message.json, "a string");
    is_str(message.user_name, "Owner", "the sender's name");
    is_int(fx.ntouches, 0, "touches nothing");
    is_int(t_mark(owner, room_id), 1, "who writes has read");
    is_int(t_mark(member, room_id), 0, "nobody else has");

    other = fx_room(member, "other");
    is_int(fx_post(member, other, "elsewhere", "", &message), CONF_OK,
           "in another room");
    is_int(message.id, 2, "the next position");
    is_int(message.seq, 1, "the first of its room");

    memset(&in, 0, sizeof(conf_message_post_t));
    in.actor = member;
    in.room_id = room_id;
    in.type = fx_str("file");
    in.content = fx_str("{\"a\":1}");
    in.json = true;
    is_int(fx_call(CONF_OP_MESSAGE_POST, &in, &message), CONF_OK, "JSON");
    ok(message.json && message.seq == 2 && message.id == 3, "the second");

    is_int(fx_post(outsider, room_id, "x", "", &message), CONF_E_NOT_MEMBER,
           "an outsider");
    is_int(fx_post(owner, 999, "x", "", &message), CONF_E_ROOM_ABSENT,
           "no room");
    is_int(fx_post(0, room_id, "notice", "", &message), CONF_OK,
           "the server");
    is_int(message.user_id, 0, "is nobody");
    is_int(message.seq, 3, "the third");
}


static void
test_dedup(void)
{
    uint64_t        id, seq, other;
    conf_message_t  again;

    is_int(fx_post(owner, room_id, "once", "c1", &message), CONF_OK,
           "with a client id");
    is_str(message.client_id, "c1", "which is kept");
    id = message.id;
    seq = message.seq;

    fx.now_ms += 299999;
    is_int(fx_post(owner, room_id, "twice", "c1", &again), CONF_OK, "again");
    is_int(again.id, id, "is the same message");
    is_int(again.seq, seq, "at the same place");
    is_str(again.content, "once", "as it was stored");
    is_int(again.time_ms, message.time_ms, "then");
    ok(again.epoch == message.epoch, "in the same epoch");
    is_str(again.client_id, "c1", "with the id");
    is_str(again.user_name, "Owner", "and the sender");

    is_int(fx_post(owner, room_id, "x", "c2", &again), CONF_OK, "another");
    is_int(again.seq, seq + 1, "is another");
    is_int(fx_post(member, room_id, "x", "c1", &again), CONF_OK,
           "another's of the same name");
    is_int(again.seq, seq + 2, "is another");

    other = fx_room(owner, "dedup");
    is_int(fx_post(owner, other, "x", "c1", &again), CONF_OK,
           "in another room");
    is_int(again.seq, 1, "is another");

    fx.now_ms += 1;
    is_int(fx_post(owner, room_id, "later", "c1", &again), CONF_OK,
           "five minutes later");
    is_int(again.seq, seq + 3, "is another");
    is_int(fx_post(owner, room_id, "x", "c1", &message), CONF_OK,
           "which is repeated");
    is_int(message.id, again.id, "again");

    is_int(fx_post(owner, room_id, "x", "", &message), CONF_OK, "none");
    is_int(fx_post(owner, room_id, "x", "", &again), CONF_OK, "and none");
    is_int(again.seq, message.seq + 1, "are two");

    fx.conf.dedup_ms = 0;
    is_int(fx_post(owner, room_id, "x", "c1", &again), CONF_OK,
           "when it is off");
    is_int(again.seq, message.seq + 2, "each is another");
    fx.conf.dedup_ms = 300000;
}


static void
test_mark(void)
{
    uint64_t          id;
    conf_room_view_t  view;

    id = fx_room(owner, "marks");
    (void) fx_post(owner, id, "1", "", &message);
    (void) fx_post(owner, id, "2", "", &message);
    (void) fx_add(owner, id, member, 0);
    (void) fx_post(owner, id, "3", "", &message);
    (void) fx_post(owner, id, "4", "", &message);

    is_int(t_mark(member, id), 2, "history is not unread");
    is_int(t_read(member, id, 3), CONF_OK, "read");
    is_int(t_mark(member, id), 3, "the mark moves");
    is_int(fx.ntouches, 0, "touches nothing");
    is_int(t_read(member, id, 1), CONF_OK, "back");
    is_int(t_mark(member, id), 3, "it does not");
    is_int(t_read(member, id, 1000), CONF_OK, "too far");
    is_int(t_mark(member, id), 4, "as far as there is");
    is_int(t_read(outsider, id, 1), CONF_E_NOT_MEMBER, "an outsider's");
    is_int(t_read(member, 999, 1), CONF_E_ROOM_ABSENT, "no room");
    is_int(t_read(0, id, 1), CONF_OK, "the server has none");

    is_int(fx_view(member, id, &view), CONF_OK, "get");
    is_int(view.role, CONF_ROLE_MEMBER, "the role stays");
    is_int(view.room.seq, 4, "the newest seq");
}


/* From end to end and back. */

static void
test_list_walk(uint64_t id, uint64_t epoch)
{
    size_t    seen;
    uint64_t  before, after;

    seen = 0;
    before = 0;

    do {
        if (t_before(owner, id, before, 33) != CONF_OK) {
            fx_die("cannot list");
        }

        seen += page.messages.n;
        before = t_message(0)->id;

    } while (page.more);

    is_int(seen, 200, "pages backward make the whole");

    seen = 0;
    after = 0;

    do {
        if (t_after(id, epoch, after, 33) != CONF_OK) {
            fx_die("cannot list");
        }

        seen += page.messages.n;
        after = t_message(page.messages.n - 1)->seq;

    } while (page.more);

    is_int(seen, 200, "pages forward, too");
}


static void
test_list(void)
{
    char      text[32];
    size_t    i;
    uint64_t  id, noise, ids[200], epoch;

    id = fx_room(owner, "list");
    noise = fx_room(owner, "noise");
    (void) fx_add(owner, id, member, 0);

    is_int(t_before(owner, id, 0, 10), CONF_OK, "an empty room");
    is_int(page.messages.n, 0, "no messages");
    ok(page.epoch != 0 && page.seq == 0 && !page.more, "and no more");

    for (i = 0; i < 200; i++) {
        (void) snprintf(text, sizeof(text), "m%zu", i + 1);

        if (fx_post(i % 3 == 0 ? member : owner, id, text, "", &message)
            != CONF_OK
            || fx_post(owner, noise, "-", "", &message) != CONF_OK)
        {
            fx_die("cannot post");
        }

        ids[i] = message.id - 1;
    }

    is_int(t_before(member, id, 0, 20), CONF_OK, "the newest");
    is_int(page.messages.n, 20, "twenty");
    ok(page.more && page.seq == 200, "of two hundred");
    epoch = page.epoch;
    is_str(t_message(0)->content, "m181", "ascending");
    is_str(t_message(19)->content, "m200", "to the end");
    is_int(t_message(0)->id, ids[180], "with their ids");
    is_int(t_message(0)->seq, 181, "and seqs");
    is_int(t_message(0)->room_id, id, "and room");
    ok(t_message(0)->epoch == epoch, "and epoch");
    is_str(t_message(0)->user_name, "Member", "and sender");
    is_str(t_message(1)->user_name, "Owner", "each its own");

    is_int(t_before(owner, id, ids[180], 20), CONF_OK, "before that");
    is_str(t_message(0)->content, "m161", "the page before");
    is_str(t_message(19)->content, "m180", "up to there");
    is_int(t_before(owner, id, ids[180] + 1, 1), CONF_OK,
           "before an id of another room");
    is_str(t_message(0)->content, "m181", "the last one smaller");
    is_int(t_before(owner, id, UINT64_MAX, 1), CONF_OK, "before the end");
    is_str(t_message(0)->content, "m200", "the newest");
    is_int(t_before(owner, id, ids[0], 5), CONF_OK, "before the first");
    is_int(page.messages.n, 0, "nothing");
    ok(!page.more, "and no more");
    is_int(t_before(owner, id, ids[5], 5), CONF_OK, "the first five");
    ok(page.messages.n == 5 && !page.more, "and no more");
    is_int(t_before(owner, id, ids[5], 100), CONF_OK, "at most");
    is_int(page.messages.n, 5, "what there is");

    test_list_walk(id, epoch);

    is_int(t_after(id, 0, 100, 5), CONF_OK, "forward");
    is_str(t_message(0)->content, "m101", "from the one after");
    ok(page.messages.n == 5 && page.more, "five of more");
    is_int(t_after(id, epoch, 200, 5), CONF_OK, "after the newest");
    ok(page.messages.n == 0 && !page.more, "nothing");
    is_int(t_after(id, epoch, UINT64_MAX, 5), CONF_OK, "far behind it");
    is_int(page.messages.n, 0, "nothing");
    is_int(t_after(id, epoch ^ 1, 1, 5), CONF_E_CONFLICT, "another epoch");

    is_int(t_before(outsider, id, 0, 5), CONF_E_NOT_MEMBER, "an outsider");
    is_int(t_before(0, id, 0, 5), CONF_OK, "the server");
    is_int(t_before(owner, 999, 0, 5), CONF_E_ROOM_ABSENT, "no room");
    is_int(t_before(owner, id, 0, 0), CONF_E_INVALID, "limit 0");
    is_int(t_before(owner, id, 0, 1001), CONF_E_INVALID, "limit 1,001");
    is_int(t_before(owner, id, 0, 1000), CONF_OK, "limit 1,000");
    is_int(page.messages.n, 200, "all");
}


static void
test_list_large(void)
{
    int       i;
    char     *text;
    uint64_t  id;

    id = fx_room(owner, "large");

    text = malloc(CONF_CONTENT_MAX + 1);
    if (text == NULL) {
        fx_die("no memory");
    }

    memset(text, 'x', CONF_CONTENT_MAX);
    text[CONF_CONTENT_MAX] = '\0';

    for (i = 0; i < 20; i++) {
        text[0] = (char) ('a' + i);

        if (fx_post(owner, id, text, "", &message) != CONF_OK) {
            fx_die("cannot post");
        }
    }

    free(text);

    is_int(t_before(owner, id, 0, 1000), CONF_OK, "backward");
    is_int(page.messages.n, 15, "what fits 4 MB");
    is_int(t_message(14)->seq, 20, "the newest");
    ok(page.more, "of more");
    is_int(t_before(owner, id, t_message(0)->id, 1000), CONF_OK, "the rest");
    is_int(page.messages.n, 5, "five");
    ok(!page.more, "and no more");

    is_int(t_after(id, 0, 0, 1000), CONF_OK, "forward");
    is_int(page.messages.n, 15, "what fits 4 MB");
    is_int(t_message(0)->seq, 1, "the oldest");
    ok(page.more, "of more");
    is_int(t_message(0)->content.len, CONF_CONTENT_MAX, "in full");
}


static void
test_files(void)
{
    conf_user_t      user;
    conf_avatar_t    avatar;
    conf_file_t      file;
    conf_file_add_t  add;
    conf_file_key_t  key;

    memset(&add, 0, sizeof(conf_file_add_t));

    add.actor = owner;
    add.file.name = fx_str("0123456789abcdef");
    add.file.room_id = room_id;
    add.file.user_id = 12345;
    add.file.title = fx_str("cat.png");
    add.file.type = fx_str("image/png");
    add.file.size = 77;
    add.file.created_ms = 1;

    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_OK, "add a file");
    is_int(file.user_id, owner, "of the actor");
    is_int(file.created_ms, fx.now_ms, "made now");
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_E_EXISTS,
           "once more");

    add.file.name = fx_str("x");
    add.actor = outsider;
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_E_NOT_MEMBER,
           "an outsider");
    add.file.room_id = 999;
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_E_ROOM_ABSENT,
           "no room");
    add.file.room_id = 0;
    add.actor = 999;
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_E_USER_ABSENT,
           "nobody");
    add.actor = owner;
    add.file.name = fx_str("");
    is_int(fx_call(CONF_OP_FILE_ADD, &add, &file), CONF_E_INVALID, "no name");
    is_int(fx_call(CONF_OP_AVATAR_SET, &add, &avatar), CONF_E_INVALID,
           "nor for an avatar");

    key.actor = member;
    key.name = fx_str("0123456789abcdef");
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_OK, "a member gets");
    is_str(file.title, "cat.png", "the title");
    is_str(file.type, "image/png", "the type");
    is_int(file.size, 77, "the size");
    is_int(file.room_id, room_id, "the room");
    key.actor = outsider;
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_E_NOT_MEMBER,
           "an outsider does not");
    key.actor = 0;
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_OK, "the server");
    key.name = fx_str("none");
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_E_FILE_ABSENT,
           "no file");
    key.name = fx_str("");
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_E_FILE_ABSENT,
           "no name");

    fx.now_ms += 1;
    add.actor = member;
    add.file.name = fx_str("face");
    add.file.room_id = room_id;
    is_int(fx_call(CONF_OP_AVATAR_SET, &add, &avatar), CONF_OK, "an avatar");
    is_str(avatar.user.avatar, "face", "of the user");
    is_int(avatar.user.updated_ms, fx.now_ms, "updated now");
    is_int(avatar.replaced.len, 0, "the first one");
    ok(fx_touched(member, 0), "touches the user");
    (void) fx_get(member, &user);
    is_str(user.avatar, "face", "as stored");
    is_int(fx_call(CONF_OP_AVATAR_SET, &add, &avatar), CONF_E_EXISTS,
           "once more");

    add.file.name = fx_str("face2");
    add.url = fx_str("/static/avatars/face2");
    is_int(fx_call(CONF_OP_AVATAR_SET, &add, &avatar), CONF_OK, "with a URL");
    is_str(avatar.user.avatar, "/static/avatars/face2", "that is told");
    is_str(avatar.replaced, "face", "in place of the other");

    key.actor = outsider;
    key.name = fx_str("face");
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_E_FILE_ABSENT,
           "which is no more");
    key.name = fx_str("face2");
    is_int(fx_call(CONF_OP_FILE_GET, &key, &file), CONF_OK,
           "which anyone gets");
    is_int(file.room_id, 0, "being public");

    is_int(t_before(owner, room_id, 0, 1000), CONF_OK, "and in history");
    is_str(t_message(1)->user_avatar, "/static/avatars/face2",
           "it is shown");
}


/* Noon of 2026-03-01 UTC; days are told from there. */

#define T_DAY   INT64_C(86400000)
#define T_HOUR  INT64_C(3600000)
#define T_NOON  INT64_C(1772366400000)


static void
t_say(uint64_t actor, uint64_t id, int64_t time_ms, unsigned n)
{
    fx.now_ms = time_ms;

    while (n-- != 0) {
        if (fx_post(actor, id, "x", "", &message) != CONF_OK) {
            fx_die("cannot post");
        }
    }
}


static void
test_stats(void)
{
    uint64_t       a, b, c, one, two, other, *id;
    conf_user_t    user;
    conf_count_t  *count;

    a = fx_user("StatA");
    b = fx_user("StatB");
    c = fx_user("StatC");

    fx.now_ms = T_NOON - 40 * T_DAY;

    is_int(t_stats(a, 7, 0), CONF_OK, "of one without rooms");
    ok(stats.rooms == 0 && stats.friends == 0 && stats.unread == 0
       && stats.friend_ids.n == 0 && stats.by_room.n == 0, "all zero");
    is_int(stats.days.n, 7, "but for the days");
    count = stats.days.items;
    is_str(count[6].name, "2026-01-20", "the last is today");
    is_str(count[0].name, "2026-01-14", "the first six days ago");

    one = fx_room(a, "one");
    two = fx_room(b, "two");
    other = fx_room(c, "other");
    (void) fx_add(a, one, b, 0);
    (void) fx_add(a, one, c, 0);
    (void) fx_add(b, two, a, 0);

    t_say(b, one, T_NOON - 35 * T_DAY, 3);
    t_say(c, other, T_NOON - 2 * T_DAY, 9);
    t_say(b, one, T_NOON - 2 * T_DAY, 2);
    t_say(b, two, T_NOON - T_DAY - 13 * T_HOUR, 1);     /* 23:00 */
    t_say(b, two, T_NOON - T_DAY, 4);
    t_say(a, one, T_NOON - T_DAY + 11 * T_HOUR, 5);     /* 23:00 */
    t_say(b, one, T_NOON - 12 * T_HOUR, 1);             /* 00:00 */
    t_say(c, other, T_NOON - 12 * T_HOUR, 2);
    t_say(b, two, T_NOON - 6 * T_HOUR, 2);              /* 06:00 */
    fx.now_ms = T_NOON;

    is_int(t_stats(a, 4, 0), CONF_OK, "stats");
    is_int(stats.rooms, 2, "rooms");
    is_int(stats.friends, 2, "friends");
    id = stats.friend_ids.items;
    ok(stats.friend_ids.n == 2 && id[0] == b && id[1] == c, "who they are");
    is_int(stats.unread, 1 + 7, "unread: behind what was written last");

    count = stats.days.items;
    is_str(count[3].name, "2026-03-01", "today");
    is_str(count[2].name, "2026-02-28", "a day ago");
    is_int(t_day(0), 0, "three days ago");
    is_int(t_day(1), 3, "two days ago");
    is_int(t_day(2), 9, "yesterday");
    is_int(t_day(3), 3, "today");

    is_int(stats.by_room.n, 2, "by room");
    count = stats.by_room.items;
    is_str(count[0].name, "one", "the first");
    is_int(count[0].count, 11, "with all its messages");
    is_str(count[1].name, "two", "the second");
    is_int(count[1].count, 7, "too");

    is_int(t_stats(a, 3, 3600), CONF_OK, "an hour east of Greenwich");
    is_int(t_day(0), 2, "two days ago");
    is_int(t_day(1), 1 + 4, "late evening is the next day");
    is_int(t_day(2), 5 + 3, "of each day");

    is_int(t_stats(a, 3, -3600), CONF_OK, "an hour west");
    is_int(t_day(1), 9 + 1, "midnight is the day before");
    is_int(t_day(2), 2, "and today has less");

    is_int(t_stats(a, 3, 19800), CONF_OK, "India");
    is_int(t_day(1), 1 + 4, "half past five in the morning");
    is_int(t_day(2), 5 + 3, "today");

    is_int(t_stats(a, 1, 14 * 3600), CONF_OK, "where it is tomorrow");
    count = stats.days.items;
    is_str(count[0].name, "2026-03-02", "tomorrow");
    is_int(t_day(0), 0, "nothing yet");

    is_int(t_stats(a, 31, 0), CONF_OK, "31 days");
    is_int(stats.days.n, 31, "that many");
    is_int(t_day(0) + t_day(28), 3, "older ones are not among them");

    (void) t_read(a, one, 11);
    (void) t_read(a, two, 6);
    (void) t_stats(a, 1, 0);
    is_int(stats.unread, 1, "what was read is not unread");

    (void) fx_delete(0, c, &user);
    (void) t_stats(a, 1, 0);
    is_int(stats.friends, 1, "who is deleted is no friend");

    is_int(t_stats(a, 0, 0), CONF_E_INVALID, "0 days");
    is_int(t_stats(a, 32, 0), CONF_E_INVALID, "32 days");
    is_int(t_stats(a, 1, 86401), CONF_E_INVALID, "an impossible zone");
    is_int(t_stats(a, 1, INT64_MIN), CONF_E_INVALID, "another");
    is_int(t_stats(c, 1, 0), CONF_E_USER_ABSENT, "a deleted user's");
    is_int(t_stats(999, 1, 0), CONF_E_USER_ABSENT, "nobody's");
}


/* The index of time does not mind a clock that is set back. */

static void
test_stats_clock(void)
{
    uint64_t  a, id;

    a = fx_user("Clock");
    id = fx_room(a, "clock");

    t_say(a, id, T_NOON + 10 * T_DAY, 2);
    t_say(a, id, T_NOON + 9 * T_DAY, 3);
    t_say(a, id, T_NOON + 10 * T_DAY, 1);

    is_int(t_stats(a, 2, 0), CONF_OK, "stats");
    is_int(t_day(0) + t_day(1), 6, "every message is in one day");
    is_int(t_day(1), 6, "the later one");
}


int
main(void)
{
    fx_open();

    owner = fx_user("Owner");
    member = fx_user("Member");
    outsider = fx_user("Outsider");

    room_id = fx_room(owner, "room");

    if (fx_add(owner, room_id, member, 0) != CONF_OK) {
        fx_die("cannot add");
    }

    test_post();
    test_dedup();
    test_mark();
    test_list();
    test_list_large();
    test_files();
    test_stats();
    test_stats_clock();

    fx_close();

    return tap_done();
}
