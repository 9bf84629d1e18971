
/*
 * Events: bytes as the body of what travels between workers, delivered to a
 * session, and as what confd says on its bus.  What a session is sent is
 * JSON.  The first byte is the type (0: confd's), the second chooses the seq
 * or the topic.
 */

#include "conf_fake.h"
#include "conf_sync.h"


#define FUZZ_PREFIX  2
#define FUZZ_USER    7
#define FUZZ_ROOM    5
#define FUZZ_PAGES   4


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_publish(uint32_t type, uint8_t seq, conf_str_t body);
static void fuzz_bus(uint8_t topic, conf_str_t payload);


static void
fuzz_check(bool held)
{
    if (!held) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i;
    conf_str_t      rest;
    conf_room_t     room;
    fake_session_t  a, b;

    if (size < FUZZ_PREFIX) {
        return 0;
    }

    rest.data = data + FUZZ_PREFIX;
    rest.len = size - FUZZ_PREFIX;

    if (fake.route == NULL) {
        fake_open();
        (void) atexit(fake_close);
    }

    memset(&room, 0, sizeof(conf_room_t));
    room.id = FUZZ_ROOM;
    room.epoch = 1;

    fake_session(&a, &conf_api_roomchat, FUZZ_USER);
    fake_session(&b, &conf_api_roomchat, FUZZ_USER + 1);

    fuzz_check(conf_live_open(&a.s) == CONF_OK);
    fuzz_check(conf_live_open(&b.s) == CONF_OK);
    fuzz_check(conf_live_join(&a.s, &room) == CONF_OK);
    fuzz_check(conf_live_join(&b.s, &room) == CONF_OK);

    if (data[0] == 0) {
        fuzz_bus(data[1], rest);
    } else {
        fuzz_publish(data[0], data[1], rest);
    }

    fake_drain();

    for (i = 0; i < a.nsent; i++) {
        fuzz_check(fake_json(fake_sent(&a, i)));
    }

    fake_gone(&a);
    fake_gone(&b);
    fake_again();

    return 0;
}


/* JSON inside of a message was checked when it came in. */

static void
fuzz_publish(uint32_t type, uint8_t seq, conf_str_t body)
{
    conf_buf_t           buf;
    conf_rc_t            rc;
    conf_wake_t          wake;
    conf_event_t         event;
    conf_message_t       message;
    const conf_proto_t  *proto;

    memset(&event, 0, sizeof(conf_event_t));
    event.channel = conf_channel(CONF_CHANNEL_ROOM, FUZZ_ROOM);
    event.type = type;
    event.epoch = 1;
    event.seq = seq;
    event.body = body;

    conf_buf_init(&buf, 0);
    proto = conf_event_proto(type);

    if (proto == &conf_proto_message
        && conf_proto_unpack(fake.arena, proto, CONF_PROTO_WIRE, body,
                             &message)
           == CONF_OK
        && message.json)
    {
        message.content = conf_str("[1]");
        fuzz_check(conf_proto_pack(&buf, proto, &message) == CONF_OK);
        event.body.data = buf.data;
        event.body.len = buf.len;
    }

    rc = conf_channel_publish(&fake.env.shm, &event, &wake);
    fuzz_check(rc == CONF_OK || rc == CONF_AGAIN || rc == CONF_DONE);

    conf_buf_free(&buf);
}


/* Calls that follow are answered: half of them with errors. */

static void
fuzz_bus(uint8_t topic, conf_str_t payload)
{
    void           *reply;
    size_t          i, n;
    conf_op_e       code;
    conf_sync_t    *sync;

    sync = conf_sync_create(&fake.env);
    fuzz_check(sync != NULL);

    conf_sync_event(sync, topic % 8 == 7 ? conf_str("r.5") : conf_str("c"),
                    payload, topic);
    n = fake.ncalls;
    fuzz_check(n <= 1);

    for (i = 0; i < fake.ncalls && i < FUZZ_PAGES; i++) {
        code = fake.calls[i].code;
        reply = conf_arena_calloc(fake.arena, conf_ops[code].reply->size);
        fuzz_check(reply != NULL);

        fake_answer(i, topic % (CONF_E_MAX * 2) < CONF_E_MAX
                       ? topic % CONF_E_MAX : CONF_OK, reply, topic);
    }

    conf_sync_destroy(sync);
}
