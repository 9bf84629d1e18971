
/*
 * The dialect from the path to the JSON, against a confd that answers as it
 * is told: each row succeeds, fails with each error of each call, and is left
 * by its client at each point where it waits.
 */

#include "tap.h"

#include "conf_roomchat.c"

#include "conf_fake.h"


#define TEST_CREATED  INT64_C(1715066610807)      /* 2024-05-07 07:23:30 UTC */
#define TEST_CALLS    4


typedef struct {
    unsigned     method;
    const char  *target;
    const char  *body;
    const char  *text;          /* a star is any text; NULL: no JSON */
} test_row_t;


#define TEST_DATES                                                            \
    "\"CreatedAt\":\"2024-05-07T15:23:30.807+08:00\","                        \
    "\"UpdatedAt\":\"2024-05-07T15:23:30.807+08:00\",\"DeletedAt\":null,"

#define TEST_SAYS(msg, data)                                                  \
    "{\"code\":0,\"msg\":\"" msg "\",\"data\":" data "}"

#define TEST_FAILS  "{\"code\":1,\"msg\":\"*\",\"data\":null}"

#define TEST_ROOM_TEXT                                                        \
    "\"ID\":5," TEST_DATES "\"name\":\"room1\","                              \
    "\"description\":\"test room\",\"owner_id\":7,\"member_count\":2,"        \
    "\"epoch\":1,\"seq\":3"

#define TEST_ROOM  "{" TEST_ROOM_TEXT "}"

#define TEST_PUBLIC                                                           \
    "\"ID\":7," TEST_DATES "\"user_id\":7,\"username\":\"alice\","            \
    "\"nike_name\":\"Al\",\"avatar\":\"/static/avatars/nopic.png\","          \
    "\"sexuality\":\"\",\"country\":\"CN\",\"province\":\"\",\"city\":\"\""

#define TEST_MY                                                               \
    "{" TEST_PUBLIC ",\"year\":1990,\"month\":2,\"day\":3,"                   \
    "\"email\":\"a@x.org\"}"

#define TEST_LOGIN                                                            \
    "{\"token\":\"*.*.*\",\"user\":{\"ID\":7,\"username\":\"alice\"}}"

#define TEST_MESSAGE(id, seq, content)                                        \
    "{\"ID\":" id ",\"send_time\":\"2024-05-07 15:23:30\",\"room_id\":5,"     \
    "\"sender_id\":7,\"sender_name\":\"alice\","                              \
    "\"sender_avatar\":\"/static/avatars/nopic.png\",\"type\":\"text\","      \
    "\"content\":" content ",\"epoch\":1,\"seq\":" seq "}"

#define TEST_ONE  TEST_MESSAGE("101", "2", "\"\\\"hello\\\"\"")
#define TEST_TWO  TEST_MESSAGE("102", "3", "{\"a\":[1]}")


static const test_row_t  test_rows[] = {

    { CONF_M_POST, "/register",
      "{\"username\":\"alice\",\"password\":\"password1\"}",
      TEST_SAYS("注册成功", "{\"ID\":7,\"username\":\"alice\"}") },

    { CONF_M_POST, "/login",
      "{\"username\":\"alice\",\"password\":\"password1\"}",
      TEST_SAYS("登录成功", TEST_LOGIN) },

    { CONF_M_POST, "/api/room/create",
      "{\"name\":\"room1\",\"description\":\"test room\"}",
      TEST_SAYS("创建成功", TEST_ROOM) },

    { CONF_M_GET, "/api/room/list", NULL,
      TEST_SAYS("获取成功", "[" TEST_ROOM "]") },

    { CONF_M_GET, "/api/room/members?room_id=5", NULL,
      TEST_SAYS("获取成功",
                "[{\"ID\":7," TEST_DATES "\"username\":\"alice\","
                "\"avatar\":\"/static/avatars/nopic.png\","
                "\"nike_name\":\"Al\",\"role\":\"owner\",\"online\":false},"
                "{\"ID\":8," TEST_DATES "\"username\":\"bob\","
                "\"avatar\":\"/static/avatars/b.png\",\"nike_name\":\"\","
                "\"role\":\"member\",\"online\":true}]") },

    { CONF_M_POST, "/api/room/add_user",
      "{\"room_id\":5,\"user_id\":8,\"role\":\"member\"}",
      TEST_SAYS("添加用户到聊天室成功", "null") },

    { CONF_M_GET, "/api/room/info?room_id=5", NULL,
      TEST_SAYS("获取聊天室信息成功",
                "{" TEST_ROOM_TEXT ",\"role\":\"owner\",\"read_seq\":2,"
                "\"online_count\":1}") },

    { CONF_M_POST, "/api/room/update",
      "{\"room_id\":5,\"name\":\"room1\"}",
      TEST_SAYS("修改聊天室信息成功", TEST_ROOM) },

    { CONF_M_DELETE, "/api/room/delete?room_id=5", NULL,
      TEST_SAYS("删除聊天室成功", "null") },

    { CONF_M_POST, "/api/room/leave", "{\"room_id\":5}",
      TEST_SAYS("退出聊天室成功", "null") },

    { CONF_M_POST, "/api/message/send",
      "{\"room_id\":5,\"type\":\"text\",\"content\":\"hello\"}",
      TEST_SAYS("Message sent successfully",
                "{\"ID\":101,\"send_time\":\"2024-05-07 15:23:30\","
                "\"epoch\":1,\"seq\":2}") },

    { CONF_M_GET, "/api/message/list?room_id=5", NULL,
      TEST_SAYS("历史消息获取成功", "[" TEST_ONE "," TEST_TWO "]") },

    { CONF_M_GET, "/api/message/list",
      "{\"room_id\":5,\"last_message_id\":0,\"limit\":20}",
      TEST_SAYS("历史消息获取成功", "[" TEST_ONE "," TEST_TWO "]") },

    { CONF_M_GET, "/api/message/list?room_id=5&order=desc", NULL,
      TEST_SAYS("历史消息获取成功", "[" TEST_TWO "," TEST_ONE "]") },

    { CONF_M_POST, "/api/message/list", "{\"room_id\":5}",
      TEST_SAYS("历史消息获取成功", "[" TEST_TWO "," TEST_ONE "]") },

    { CONF_M_POST, "/api/message/read", "{\"room_id\":5,\"seq\":3}",
      TEST_SAYS("标记已读成功", "null") },

    { CONF_M_POST, "/api/message/upload", "room_id=5",
      TEST_SAYS("上传文件成功",
                "{\"create_time\":\"2024-05-07 15:23:30\","
                "\"file_name\":\"a \\\"picture\\\".png\","
                "\"file_type\":\".png\","
                "\"file_url\":\"/static/files/0123456789abcdef.png\","
                "\"file_size\":70,\"room_id\":5}") },

    { CONF_M_GET, "/api/message/ws", NULL, TEST_SAYS("连接成功", "null") },
    { CONF_M_GET, "/ws/join", NULL, NULL },

    { CONF_M_GET, "/api/user/my", NULL,
      TEST_SAYS("获取用户信息成功", TEST_MY) },

    { CONF_M_GET, "/api/user/info?user_id=9", NULL,
      TEST_SAYS("获取用户信息成功", "{" TEST_PUBLIC "}") },

    { CONF_M_POST, "/api/user/update", "{\"nike_name\":\"Al\"}",
      TEST_SAYS("更新用户信息成功", TEST_MY) },

    { CONF_M_POST, "/api/user/upload_avatar", "",
      TEST_SAYS("上传头像成功", TEST_MY) },

    { CONF_M_POST, "/api/user/update_password",
      "{\"old_password\":\"password1\",\"new_password\":\"password2\"}",
      TEST_SAYS("修改密码成功", TEST_LOGIN) },

    { CONF_M_GET, "/api/user/friends?keyword=al", NULL,
      TEST_SAYS("获取用户列表成功", "[{" TEST_PUBLIC "}]") },

    { CONF_M_GET, "/api/user/common_rooms?friend_id=8", NULL,
      TEST_SAYS("获取共同房间列表成功", "[" TEST_ROOM "]") },

    { CONF_M_GET, "/api/user/stats", NULL,
      TEST_SAYS("获取统计信息成功",
                "{\"room_count\":2,\"friend_count\":3,"
                "\"online_user_count\":1,\"unread_message_count\":4,"
                "\"message_count\":{\"2024-05-07\":6},"
                "\"room_message_count\":{\"room1\":5}}") },

    { CONF_M_GET, "/static/files/0123456789abcdef.png", NULL, NULL },
    { CONF_M_GET, "/static/avatars/0123456789abcdef.png", NULL, NULL }
};


/* What an error of the op itself is, where the documents say it. */

static const struct {
    const char  *target;
    conf_rc_t    rc;
    const char  *sentence;
} test_sentences[] = {
    { "/register", CONF_E_NAME_TAKEN, "用户名已存在" },
    { "/register", CONF_E_STORE_FULL, "注册失败，服务器错误" },
    { "/login", CONF_E_BAD_LOGIN, "用户名或密码错误" },
    { "/login", CONF_E_BACKEND_DOWN, "登录失败，服务器错误" },
    { "/api/room/create", CONF_E_STORE_FAILED, "创建失败" },
    { "/api/room/list", CONF_E_BACKEND_BUSY,
      "获取聊天室列表失败，服务器错误" },
    { "/api/room/members", CONF_E_NOT_MEMBER,
      "获取聊天室成员列表失败，没有权限，当前用户不在此房间中" },
    { "/api/room/members", CONF_E_ROOM_ABSENT,
      "获取聊天室成员列表失败，没有权限，当前用户不在此房间中" },
    { "/api/room/members", CONF_E_BACKEND_TIMEOUT,
      "获取聊天室成员列表失败，服务器错误" },
    { "/api/room/add_user", CONF_E_ALREADY_MEMBER,
      "添加用户到聊天室失败，用户已在聊天室中" },
    { "/api/room/add_user", CONF_E_NOT_MEMBER,
      "添加用户到聊天室失败，没有权限，当前用户不在此房间中" },
    { "/api/room/add_user", CONF_E_USER_ABSENT,
      "添加用户到聊天室失败，用户不存在" },
    { "/api/room/add_user", CONF_E_BACKEND_DOWN,
      "添加用户到聊天室失败，服务器错误" },
    { "/api/room/delete", CONF_E_FORBIDDEN,
      "删除聊天室失败，没有权限，当前用户不是此房间的创建者" },
    { "/api/message/send", CONF_E_STORE_FULL, "Failed to send message" },
    { "/api/message/send", CONF_E_NOT_MEMBER, "当前用户已不在聊天室中" },
    { "/api/message/list", CONF_E_BACKEND_DOWN,
      "Failed to retrieve messages" },
    { "/api/user/update", CONF_E_NAME_TAKEN, "用户名已存在" },
    { "/api/user/update", CONF_E_FORBIDDEN, "无权操作" },
    { "/api/user/update_password", CONF_E_BAD_PASSWORD,
      "修改密码失败，原密码错误" },
    { "/api/user/info", CONF_E_USER_ABSENT, "无效的用户ID" },
    { "/api/message/upload", CONF_E_STORE_FULL, "上传文件失败" },
    { "/api/user/upload_avatar", CONF_E_FILE_TYPE, "上传文件不是图片" }
};


static void
test_user(conf_user_t *user)
{
    user->id = 7;
    user->name = conf_str("alice");
    user->nickname = conf_str("Al");
    user->email = conf_str("a@x.org");
    user->country = conf_str("CN");
    user->year = 1990;
    user->month = 2;
    user->day = 3;
    user->version = 1;
    user->created_ms = TEST_CREATED;
    user->updated_ms = TEST_CREATED;
}


static void
test_room(conf_room_t *room)
{
    room->id = 5;
    room->name = conf_str("room1");
    room->description = conf_str("test room");
    room->owner_id = 7;
    room->nmembers = 2;
    room->created_ms = TEST_CREATED;
    room->updated_ms = TEST_CREATED;
    room->epoch = 1;
    room->seq = 3;
}


static void
test_message(conf_message_t *message, uint64_t seq)
{
    message->id = 99 + seq;
    message->room_id = 5;
    message->epoch = 1;
    message->seq = seq;
    message->time_ms = TEST_CREATED;
    message->user_id = 7;
    message->user_name = conf_str("alice");
    message->type = conf_str("text");
    message->json = seq == 3;
    message->content = message->json ? conf_str("{\"a\":[1]}")
                                     : conf_str("\"hello\"");
}


static void
test_members(conf_members_t *list)
{
    static conf_member_t  members[2];

    members[0].user_id = 7;
    members[0].role = CONF_ROLE_OWNER;
    members[0].name = conf_str("alice");
    members[0].nickname = conf_str("Al");
    members[0].created_ms = TEST_CREATED;
    members[0].updated_ms = TEST_CREATED;

    members[1] = members[0];
    members[1].user_id = 8;
    members[1].role = CONF_ROLE_MEMBER;
    members[1].name = conf_str("bob");
    members[1].nickname = fake_none;
    members[1].avatar = conf_str("/static/avatars/b.png");

    list->members.items = members;
    list->members.n = 2;
}


static void
test_stats(conf_stats_t *stats)
{
    static uint64_t      friends[] = { 8, 9, 10 };
    static conf_count_t  day = { conf_string("2024-05-07"), 6 };
    static conf_count_t  room = { conf_string("room1"), 5 };

    stats->rooms = 2;
    stats->friends = 3;
    stats->unread = 4;
    stats->days.items = &day;
    stats->days.n = 1;
    stats->by_room.items = &room;
    stats->by_room.n = 1;
    stats->friend_ids.items = friends;
    stats->friend_ids.n = 3;
}


static void
test_file(conf_file_t *file)
{
    file->name = conf_str("0123456789abcdef.png");
    file->room_id = 5;
    file->title = conf_str("a \"picture\".png");
    file->type = conf_str("image/png");
    file->size = 70;
    file->created_ms = TEST_CREATED;
}


/* What confd answers to a good call; lives until the next one. */

static void *
test_reply(conf_op_e code)
{
    static conf_room_t     room;
    static conf_user_t     user;
    static conf_message_t  messages[2];

    static union {
        uint8_t            bytes[1024];
        conf_user_t        user;
        conf_users_t       users;
        conf_room_t        room;
        conf_rooms_t       rooms;
        conf_room_view_t   view;
        conf_members_t     members;
        conf_message_t     message;
        conf_messages_t    messages;
        conf_stats_t       stats;
        conf_file_t        file;
        conf_avatar_t      avatar;
    } u;

    memset(&u, 0, sizeof(u));
    test_room(&room);
    test_user(&user);
    test_message(&messages[0], 2);
    test_message(&messages[1], 3);

    switch (code) {

    case CONF_OP_USER_SEARCH:
        u.users.users.items = &user;
        u.users.users.n = 1;
        break;

    case CONF_OP_ROOM_GET:
        u.view.room = room;
        u.view.role = CONF_ROLE_OWNER;
        u.view.read_seq = 2;
        break;

    case CONF_OP_ROOM_LIST:
    case CONF_OP_USER_COMMON_ROOMS:
        u.rooms.rooms.items = &room;
        u.rooms.rooms.n = 1;
        break;

    case CONF_OP_MEMBER_LIST:
        test_members(&u.members);
        break;

    case CONF_OP_MESSAGE_POST:
        u.message = messages[0];
        break;

    case CONF_OP_MESSAGE_LIST:
        u.messages.messages.items = messages;
        u.messages.messages.n = 2;
        u.messages.epoch = 1;
        u.messages.seq = 3;
        break;

    case CONF_OP_USER_STATS:
        test_stats(&u.stats);
        break;

    case CONF_OP_FILE_ADD:
        test_file(&u.file);
        break;

    case CONF_OP_AVATAR_SET:
        u.avatar.user = user;
        break;

    case CONF_OP_FILE_GET:
        test_file(&u.file);

        /* Who asks without a token gets what is public. */

        if (((conf_file_key_t *) fake_last()->request)->actor == 0) {
            u.file.room_id = 0;
        }

        break;

    default:
        if (conf_ops[code].reply == &conf_proto_user) {
            u.user = user;

        } else if (conf_ops[code].reply == &conf_proto_room) {
            u.room = room;
        }
    }

    return u.bytes;
}


/* Begins a row's request. */

static void
test_begin(fake_http_t *h, const test_row_t *row)
{
    fake_http(h, row->method, row->target, fake_token(7, 1),
              row->body == NULL ? fake_none : fake_str(row->body));
}


/* The zone without hot copies, and the user 8 in room 5. */

static void
test_zone(fake_session_t *bob)
{
    conf_room_t  room;

    fake_open();
    fake_session(bob, &conf_api_roomchat, 8);

    memset(&room, 0, sizeof(conf_room_t));
    test_room(&room);
    room.seq = 1;

    if (conf_live_open(&bob->s) != CONF_OK
        || conf_live_join(&bob->s, &room) != CONF_OK)
    {
        fake_die("bob does not join");
    }
}


static void
test_zone_end(fake_session_t *bob)
{
    fake_gone(bob);
    fake_close();
}


static bool
test_match(conf_str_t text, const char *want)
{
    size_t  i;

    for (i = 0; *want != '\0'; want++) {
        if (*want == '*') {
            while (i < text.len && text.data[i] != (uint8_t) want[1]) {
                i++;
            }

        } else if (i == text.len || text.data[i++] != (uint8_t) *want) {
            return false;
        }
    }

    return i == text.len;
}


static void
test_success(void)
{
    size_t            i, j, n;
    bool              seen[64];
    fake_http_t       h;
    fake_session_t    bob;

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < conf_nelts(test_rows); i++) {
        test_zone(&bob);
        test_begin(&h, &test_rows[i]);

        for (j = 0; h.finished == 0 && j < TEST_CALLS; j++) {
            fake_answer(j, CONF_OK, test_reply(fake.calls[j].code), 1);
        }

        is_int(h.finished, 1, "%s", test_rows[i].target);
        is_int(h.op.rc, CONF_OK, "succeeds");
        seen[h.op.row - conf_roomchat_rows] = true;

        if (test_rows[i].text == NULL) {
            ok(h.answer.silent || h.op.row->body == CONF_BODY_FILE,
               "without JSON");

        } else {
            is_int(h.answer.status, 200, "with 200");
            ok(fake_json(h.text), "is JSON");

            if (!ok(test_match(h.text, test_rows[i].text), "as it should")) {
                printf("#      got %.*s\n# expected %s\n", (int) h.text.len,
                       (const char *) h.text.data, test_rows[i].text);
            }
        }

        fake_http_end(&h);
        test_zone_end(&bob);
    }

    n = 0;

    for (i = 0; i < conf_nelts(conf_roomchat_rows); i++) {
        n += seen[i];
    }

    is_int(n, conf_nelts(conf_roomchat_rows), "each row was tried");
}


/* The client leaves where it waits: nothing is called any more. */

static void
test_leaving(void)
{
    size_t          i, j, k;
    bool            done;
    unsigned        left, bad;
    fake_http_t     h;
    fake_session_t  bob;

    left = 0;
    bad = 0;

    for (i = 0; i < conf_nelts(test_rows); i++) {
        done = false;

        for (k = 0; !done; k++) {
            test_zone(&bob);
            test_begin(&h, &test_rows[i]);

            for (j = 0; h.finished == 0 && j < k; j++) {
                fake_answer(j, CONF_OK, test_reply(fake.calls[j].code), 1);
            }

            done = h.finished != 0;

            if (!done) {
                bad += fake.pending != 1;
                fake_http_end(&h);
                bad += h.finished != 0 || fake.pending != 0
                       || !fake_last()->cancelled;
                left++;

            } else {
                fake_http_end(&h);
            }

            bad += conf_live_sessions(fake.env.live) != 1;
            test_zone_end(&bob);
        }
    }

    ok(left >= conf_nelts(test_rows), "left %u times", left);
    is_int(bad, 0, "and nothing happened after");
}


static bool
test_failed(const fake_http_t *h, conf_rc_t rc)
{
    bool  internal = conf_error_internal(rc);

    if (h->finished != 1 || h->op.rc != rc) {
        return false;
    }

    switch (h->answer.status) {

    case 200:
        return !internal && h->answer.retry_s == 0
               && test_match(h->text, TEST_FAILS);

    case 400:
        return rc == CONF_E_BAD_REQUEST && h->answer.retry_s == 0
               && h->op.row->body == CONF_BODY_SOCKET;

    case 401:
    case 403:
        return !internal && h->answer.retry_s == 0
               && test_match(h->text, "{\"error\":\"*\"}");

    case 404:
        return !internal && h->answer.retry_s == 0
               && conf_str_eq(h->answer.type, conf_str("text/plain"))
               && test_match(h->text, "404 page not found");

    case 413:
        return rc == CONF_E_TOO_LARGE && h->answer.retry_s == 0;

    case 429:
        return rc == CONF_E_RATE_LIMITED;

    case 500:
        return rc == CONF_E_INTERNAL && h->answer.retry_s == 0
               && test_match(h->text, TEST_FAILS);

    case 503:
        return internal && h->answer.retry_s != 0
               && test_match(h->text, TEST_FAILS);

    default:
        return false;
    }
}


/* Each error, of each call, of each row. */

static void
test_errors(void)
{
    size_t          i, j, k;
    bool            done;
    unsigned        failed, bad;
    conf_rc_t       rc, want;
    fake_http_t     h;
    fake_session_t  bob;

    failed = 0;

    for (i = 0; i < conf_nelts(test_rows); i++) {
        test_zone(&bob);
        done = false;
        bad = 0;

        for (k = 0; !done; k++) {
            for (rc = 1; rc < CONF_E_MAX && !done; rc++) {
                fake_again();
                test_begin(&h, &test_rows[i]);

                for (j = 0; h.finished == 0 && j < k; j++) {
                    fake_answer(j, CONF_OK, test_reply(fake.calls[j].code),
                                1);
                }

                done = h.finished != 0;

                if (!done) {
                    want = rc;

                    if (rc == CONF_E_USER_ABSENT && k == 0
                        && h.op.row->auth == CONF_AUTH_USER)
                    {
                        want = CONF_E_TOKEN_REVOKED;
                    }

                    fake_answer(k, rc, NULL, 0);
                    failed++;

                    if (!test_failed(&h, want)) {
                        bad++;
                        printf("# %s, call %zu, %s: %u %.*s\n",
                               test_rows[i].target, k, conf_error_text(rc),
                               h.answer.status, (int) h.text.len,
                               (const char *) h.text.data);
                    }
                }

                fake_http_end(&h);
            }
        }

        is_int(bad, 0, "%s fails as it should", test_rows[i].target);
        test_zone_end(&bob);
    }

    ok(failed > 1000, "%u failures", failed);
}


static void
test_sentence(void)
{
    size_t             i, n;
    const char        *want;
    conf_op_t          op;
    const conf_row_t  *row;
    conf_error_row_t   error;

    for (i = 0; i < conf_nelts(test_sentences); i++) {
        row = conf_roomchat_rows;
        want = test_sentences[i].target;

        for (n = 0; strcmp(row[n].path, want) != 0; n++) { /* void */ }

        memset(&op, 0, sizeof(conf_op_t));
        op.api = &conf_api_roomchat;
        op.row = &row[n];

        conf_op_error_row(&op, test_sentences[i].rc, &error);
        is_str(error.text, test_sentences[i].sentence, "%s: %s", want,
               conf_error_text(test_sentences[i].rc));
    }
}


/* The table has a sentence, and its own row, for each error. */

static void
test_table(void)
{
    conf_rc_t  rc;
    unsigned   bad;

    bad = 0;

    for (rc = 1; rc < CONF_E_MAX; rc++) {
        bad += conf_roomchat_errors[rc].error != rc
               || conf_roomchat_errors[rc].status < 200
               || conf_roomchat_errors[rc].status > 503
               || conf_roomchat_errors[rc].text.len == 0;
    }

    is_int(bad, 0, "the table of errors is complete");
}


/* Messages of a socket. */

static void
test_socket(void)
{
    size_t          i;
    fake_http_t     h;
    fake_session_t  bob;

    static const struct {
        const char  *in;
        conf_rc_t    rc;         /* of confd */
        const char  *out;        /* NULL: no answer */
        size_t       heard;      /* by the others */
    } cases[] = {
        { "{\"room_id\":0,\"type\":\"ping\",\"data\":\"x\"}", CONF_OK,
          "{\"code\":2,\"msg\":\"ok\",\"data\":null}", 0 },
        { "{\"room_id\":5,\"type\":\"text\",\"content\":\"hi\"}", CONF_OK,
          NULL, 1 },
        { "{\"room_id\":5,\"type\":\"video\",\"content\":\"AA\"}", CONF_OK,
          NULL, 1 },
        { "{\"type\":\"sync\",\"room_id\":5,\"seq\":1,\"epoch\":1}", CONF_OK,
          "{\"code\":3,\"msg\":\"历史消息获取成功\",\"data\":{"
          "\"type\":\"sync\",\"room_id\":5,\"epoch\":1,\"seq\":3,"
          "\"more\":false,\"messages\":[" TEST_ONE "," TEST_TWO "]}}", 0 },
        { "{\"room_id\":5,\"type\":\"text\",\"content\":\"hi\"}",
          CONF_E_NOT_MEMBER, "{\"code\":1,\"msg\":\"当前用户已不在聊天室中\","
          "\"data\":null}", 0 },
        { "{\"room_id\":5,\"type\":\"text\",\"content\":\"hi\","
          "\"client_id\":\"c1\"}", CONF_E_BACKEND_DOWN,
          "{\"code\":1,\"msg\":\"创建新信息失败\",\"data\":null,"
          "\"client_id\":\"c1\"}", 0 },
        { "hello", CONF_OK,
          "{\"code\":1,\"msg\":\"读取信息失败\",\"data\":null}", 0 },
        { "[]", CONF_OK,
          "{\"code\":1,\"msg\":\"读取信息失败\",\"data\":null}", 0 },
        { "{}", CONF_OK,
          "{\"code\":1,\"msg\":\"读取信息失败\",\"data\":null}", 0 },
        { "{\"room_id\":5,\"type\":\"text\",\"content\":\"\"}", CONF_OK,
          "{\"code\":1,\"msg\":\"读取信息失败\",\"data\":null}", 0 }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        test_zone(&bob);
        bob.s.auth.user_id = 8;
        fake_message(&h, &bob, fake_str(cases[i].in));

        if (h.finished == 0) {
            fake_answer(0, cases[i].rc, test_reply(fake.calls[0].code), 1);
        }

        is_int(h.finished, 1, "%s", cases[i].in);

        if (cases[i].out == NULL) {
            ok(h.answer.silent && h.text.len == 0, "is not answered");

        } else {
            is_str(h.text, cases[i].out, "is answered");
        }

        fake_http_end(&h);
        fake_drain();
        is_int(bob.nsent, cases[i].heard, "is heard");

        test_zone_end(&bob);
    }
}


int
main(void)
{
    (void) setenv("TZ", "<+08>-8", 1);

    test_success();
    test_leaving();
    test_errors();
    test_sentence();
    test_table();
    test_socket();

    return tap_done();
}
