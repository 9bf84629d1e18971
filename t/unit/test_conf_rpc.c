
#include "conf_rpc.c"

#include "conf_proto_gen.h"
#include "tap.h"


typedef union {
    conf_stats_t        stats;
    conf_member_view_t  member_view;
    conf_user_update_t  user_update;
    uint8_t             bytes[1024];
} any_t;


static conf_arena_t  *arena;


static bool
one_round_trip(conf_gen_t *gen, const conf_proto_t *proto, conf_buf_t *buf)
{
    any_t         in, out;
    size_t        used, len;
    conf_str_t    data;
    conf_frame_t  frame, back;

    memset(&frame, 0, sizeof(frame));

    frame.kind = (conf_frame_kind_e) (conf_gen_random(gen) % 3);
    frame.id = conf_gen_number(gen, UINT64_MAX);
    frame.code = (uint32_t) conf_gen_number(gen, UINT32_MAX);
    frame.rev = conf_gen_number(gen, UINT64_MAX);

    conf_gen_fill(gen, proto, &in);
    conf_buf_reset(buf);

    if (conf_frame_write(buf, &frame, proto, &in) != CONF_OK) {
        return false;
    }

    data.data = buf->data;

    for (len = 0; len < buf->len; len += 1 + len / 16) {
        data.len = len;

        if (conf_frame_read(data, &used, &back) != CONF_AGAIN || used != 0) {
            return false;
        }
    }

    data.len = buf->len;

    if (conf_frame_read(data, &used, &back) != CONF_OK || used != buf->len
        || back.kind != frame.kind || back.id != frame.id
        || back.code != frame.code || back.rev != frame.rev)
    {
        return false;
    }

    return conf_proto_unpack(arena, proto, CONF_PROTO_WIRE, back.body, &out)
           == CONF_OK
           && conf_gen_eq(proto, &in, &out);
}


/* Every message cut at every byte, in a block of its own for ASan. */

static bool
one_truncated(conf_gen_t *gen, const conf_proto_t *proto, conf_buf_t *buf)
{
    any_t      in, out;
    bool       refused;
    size_t     len;
    uint8_t   *copy;
    conf_rc_t  rc;

    conf_gen_fill(gen, proto, &in);
    conf_buf_reset(buf);

    if (conf_proto_pack(buf, proto, &in) != CONF_OK) {
        return false;
    }

    refused = true;

    for (len = 0; len < buf->len; len++) {
        copy = malloc(len + 1);
        if (copy == NULL) {
            return false;
        }

        memcpy(copy + 1, buf->data, len);

        rc = conf_proto_unpack(arena, proto, CONF_PROTO_WIRE,
                               (conf_str_t) { len, copy + 1 }, &out);

        refused = refused && rc == CONF_E_PROTOCOL;
        free(copy);
    }

    return refused;
}


static void
one_message(const char *op, const char *side, const conf_proto_t *proto)
{
    size_t      i, bad;
    conf_buf_t  buf;
    conf_gen_t  gen;

    if (proto->size > sizeof(any_t)) {
        ok(false, "%s: any_t is too small", op);
        return;
    }

    conf_buf_init(&buf, 0);
    gen.arena = arena;
    bad = 0;

    for (i = 0; i < 100; i++) {
        gen.seed = i * 333;
        gen.edges = (i % 4 == 0);

        if (!one_round_trip(&gen, proto, &buf)) {
            bad++;
        }

        if (i % 10 == 0 && !one_truncated(&gen, proto, &buf)) {
            bad++;
        }

        conf_arena_reset(arena);
    }

    is_int(bad, 0, "%s: %s", op, side);

    conf_buf_free(&buf);
}


static void
test_ops(void)
{
    size_t                 i;
    const conf_op_info_t  *op;

    for (i = 0; i < CONF_OP_MAX; i++) {
        op = &conf_ops[i];
        one_message(op->name, "request", op->request);
        one_message(op->name, "reply", op->reply);
    }

    one_message("touch", "event", &conf_proto_touch);

    is_str(((conf_str_t) { strlen(conf_ops[0].name),
                           (const uint8_t *) conf_ops[0].name }),
           "hello", "HELLO is op 0");
    is_int(conf_ops[CONF_OP_USER_LOGIN].lane, CONF_LANE_HASH, "lane");
    is_int(conf_ops[CONF_OP_USER_LOGIN].flags, CONF_OP_IDEMPOTENT, "flags");
    ok(conf_ops[CONF_OP_MESSAGE_POST].request == &conf_proto_message_post
       && conf_ops[CONF_OP_MESSAGE_POST].reply == &conf_proto_message,
       "tables");
}


typedef struct {
    const char    *name;
    conf_str_t     bytes;
    conf_rc_t      rc;
} raw_t;

#define B(s)  conf_string(s)
#define BAD   CONF_E_PROTOCOL

static const raw_t  raws[] = {
    { "nothing", { 0, (const uint8_t *) "" }, CONF_AGAIN },
    { "part of the length", B("\0\0\0"), CONF_AGAIN },
    { "the length only", B("\0\0\0\x06"), CONF_AGAIN },
    { "a frame without body", B("\0\0\0\6\x95\1\2\3\4\xc0"), CONF_OK },
    { "and the next one's start", B("\0\0\0\6\x95\1\2\3\4\xc0\0\0"), CONF_OK },
    { "more elements", B("\0\0\0\x0a\x97\1\2\3\4\xc0\x92\1\1\xc0"), CONF_OK },
    { "more elements cut", B("\0\0\0\x08\x97\1\2\3\4\xc0\x92\1"), BAD },
    { "empty", B("\0\0\0\0"), BAD },
    { "too long, told at once", B("\0\x80\0\1"), BAD },
    { "as long as allowed", B("\0\x80\0\0"), CONF_AGAIN },
    { "HTTP", B("GET / HTTP/1.1\r\n"), BAD },
    { "not an array", B("\0\0\0\1\1"), BAD },
    { "four elements", B("\0\0\0\5\x94\1\2\3\4"), BAD },
    { "unknown kind", B("\0\0\0\6\x95\3\2\3\4\xc0"), BAD },
    { "negative id", B("\0\0\0\6\x95\1\xff\3\4\xc0"), BAD },
    { "text id", B("\0\0\0\7\x95\1\xa1x\3\4\xc0"), BAD },
    { "code past 32 bits",
      B("\0\0\0\x0e\x95\1\2\xcf\0\0\0\1\0\0\0\0\4\xc0"), BAD },
    { "float rev", B("\0\0\0\x0a\x95\1\2\3\xca\0\0\0\0\xc0"), BAD },
    { "body missing", B("\0\0\0\5\x95\1\2\3\4"), BAD },
    { "body cut", B("\0\0\0\x07\x95\1\2\3\4\x92\1"), BAD },
    { "body of another kind", B("\0\0\0\6\x95\1\2\3\4\xc3"), CONF_OK },
    { "bytes behind the array", B("\0\0\0\7\x95\1\2\3\4\xc0\xc0"), BAD },
    { "never used byte", B("\0\0\0\6\x95\1\2\3\4\xc1"), BAD }
};


static void
test_raw(void)
{
    size_t        i, used;
    conf_frame_t  frame;

    for (i = 0; i < conf_nelts(raws); i++) {
        is_int(conf_frame_read(raws[i].bytes, &used, &frame), raws[i].rc,
               "frame: %s", raws[i].name);
    }

    (void) conf_frame_read(conf_str("\0\0\0\x07\x95\2\2\3\4\x91\5\0\0"),
                           &used, &frame);

    is_int(used, 11, "used");
    is_int(frame.kind, CONF_FRAME_EVENT, "kind");
    is_int(frame.id, 2, "id");
    is_int(frame.code, 3, "code");
    is_int(frame.rev, 4, "rev");
    is_str(frame.body, "\x91\5", "body");

    (void) conf_frame_read(conf_str("\0\0\0\6\x95\1\2\3\4\xc0"), &used,
                           &frame);
    is_int(frame.body.len, 0, "nil body");
}


static void
test_write(void)
{
    conf_id_t        id = { 1, 2 };
    conf_buf_t       buf;
    conf_str_t      *payload;
    conf_list_t      list;
    conf_frame_t     frame = { CONF_FRAME_REPLY, 2, 3, 4, conf_null_string };
    conf_publish_t   publish;
    conf_messages_t  messages;
    conf_message_t  *message;
    static uint8_t   bytes[CONF_CONTENT_MAX * 2 + 1];

    conf_buf_init(&buf, 0);
    conf_buf_lit(&buf, "before");

    is_int(conf_frame_write(&buf, &frame, NULL, NULL), CONF_OK, "nil");
    is_int(conf_frame_write(&buf, &frame, &conf_proto_id, &id), CONF_OK,
           "two frames in one buffer");
    is_mem(buf.data, buf.len, "before\0\0\0\6\x95\1\2\3\4\xc0"
           "\0\0\0\x08\x95\1\2\3\4\x92\1\2", 28, "byte for byte");

    memset(&publish, 0, sizeof(publish));
    payload = &publish.payload;
    payload->data = bytes;
    payload->len = sizeof(bytes);

    is_int(conf_frame_write(&buf, &frame, &conf_proto_publish, &publish),
           CONF_E_TOO_LARGE, "a field over its limit");

    payload->len--;

    is_int(conf_frame_write(&buf, &frame, &conf_proto_publish, &publish),
           CONF_OK, "a field at its limit");

    message = calloc(33, sizeof(conf_message_t));
    if (message == NULL) {
        abort();
    }

    list.items = message;
    list.n = 33;

    while (list.n != 0) {
        message[--list.n].content = (conf_str_t) { CONF_CONTENT_MAX, bytes };
    }

    list.n = 33;
    memset(&messages, 0, sizeof(messages));
    messages.messages = list;

    conf_buf_free(&buf);
    conf_buf_lit(&buf, "before");

    is_int(conf_frame_write(&buf, &frame, &conf_proto_messages, &messages),
           CONF_E_TOO_LARGE, "a frame over the limit");
    is_int(buf.len, 6, "nothing is added");

    messages.messages.n = 31;

    is_int(conf_frame_write(&buf, &frame, &conf_proto_messages, &messages),
           CONF_OK, "one below it");

    free(message);
    conf_buf_free(&buf);

    conf_buf_init(&buf, 8);
    is_int(conf_frame_write(&buf, &frame, NULL, NULL), CONF_E_NOMEM,
           "a buffer that may not grow");
    is_int(buf.len, 0, "nothing is added");

    conf_buf_free(&buf);
}


int
main(void)
{
    arena = conf_arena_create(4096, 0);
    if (arena == NULL) {
        return 1;
    }

    test_ops();
    test_raw();
    test_write();

    conf_arena_destroy(arena);

    return tap_done();
}
