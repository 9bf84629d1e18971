
/*
 * Requests and messages of a stranger through the roomchat dialect, in
 * process: route, token, rate, input, verb, answer.  confd answers with an
 * error or a made-up reply, or the client leaves.  Whatever comes, the answer
 * is JSON (or the plain text of a path that is not there) and its status one
 * of a few.
 *
 * Three bytes: method and kind of token; what confd does; a seed.  Then lines:
 * the target, the token (when the kind asks for it), and the rest is the body.
 */

#include "conf_fake.h"
#include "conf_proto_gen.h"


#define FUZZ_PREFIX  3
#define FUZZ_TARGET  2048
#define FUZZ_CALLS   5
#define FUZZ_USER    7
#define FUZZ_ROOM    5

/* Of the first byte. */

#define FUZZ_METHOD  0x07
#define FUZZ_SOCKET  0x08       /* a message of a socket */
#define FUZZ_TOKEN   0x10       /* the second line; else a good one */
#define FUZZ_LIMIT   0x20
#define FUZZ_HOT     0x40       /* the user's copy is in the zone */

/* Of the second: the call that does not succeed, and how. */

#define FUZZ_WHICH   0xc0
#define FUZZ_HOW     0x3f       /* 0: the client leaves */


typedef struct {
    uint8_t      flags;
    uint8_t      fate;
    conf_gen_t   gen;
} fuzz_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static conf_str_t fuzz_line(conf_str_t *rest);
static void fuzz_http(fuzz_t *f, const char *target, conf_str_t token,
    conf_str_t body);
static void fuzz_message(fuzz_t *f, conf_str_t text);
static void fuzz_serve(fuzz_t *f, fake_http_t *h);
static void fuzz_reply(fuzz_t *f, conf_op_e code, void *reply);
static void fuzz_content(conf_message_t *message);
static void fuzz_user(fuzz_t *f, conf_user_t *user);
static void fuzz_answered(const fake_http_t *h, bool socket);


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
    char               target[FUZZ_TARGET];
    fuzz_t             f;
    conf_str_t         rest, line, token;
    conf_user_t        user;
    conf_cache_key_t   key = { CONF_CACHE_USER, 0, FUZZ_USER };

    if (size < FUZZ_PREFIX) {
        return 0;
    }

    if (fake.route == NULL) {
        fake_open();
        (void) atexit(fake_close);
    }

    f.flags = data[0];
    f.fate = data[1];
    f.gen.arena = fake.arena;
    f.gen.seed = data[2];
    f.gen.edges = (data[2] & 1) != 0;

    rest.data = data + FUZZ_PREFIX;
    rest.len = size - FUZZ_PREFIX;

    fake.settings.rate_limit = (f.flags & FUZZ_LIMIT) != 0;

    if ((f.flags & FUZZ_HOT) != 0) {
        fuzz_user(&f, &user);
        conf_hot_put(&fake.env, key, 1, &conf_proto_user, &user);
    }

    if ((f.flags & FUZZ_SOCKET) != 0) {
        fuzz_message(&f, rest);

    } else {
        line = fuzz_line(&rest);
        token = (f.flags & FUZZ_TOKEN) != 0 ? fuzz_line(&rest)
                                            : fake_token(FUZZ_USER, 1);

        if (line.len != 0 && line.len < FUZZ_TARGET
            && memchr(line.data, '\0', line.len) == NULL)
        {
            memcpy(target, line.data, line.len);
            target[line.len] = '\0';
            fuzz_http(&f, target, token, rest);
        }
    }

    fake_again();

    return 0;
}


static conf_str_t
fuzz_line(conf_str_t *rest)
{
    conf_str_t      line;
    const uint8_t  *end;

    line = *rest;
    end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);

    if (end != NULL) {
        line.len = (size_t) (end - line.data);
        rest->data = end + 1;
        rest->len -= line.len + 1;

    } else {
        rest->len = 0;
    }

    return line;
}


static void
fuzz_http(fuzz_t *f, const char *target, conf_str_t token, conf_str_t body)
{
    fake_http_t  h;

    fake_http(&h, 1u << ((f->flags & FUZZ_METHOD) % 6), target, token, body);
    fuzz_serve(f, &h);
    fuzz_answered(&h, false);
    fake_http_end(&h);
}


/* The sender's own session hears it, too. */

static void
fuzz_message(fuzz_t *f, conf_str_t text)
{
    size_t          i;
    conf_room_t     room;
    fake_http_t     h;
    fake_session_t  fs;

    memset(&room, 0, sizeof(conf_room_t));
    room.id = FUZZ_ROOM;
    room.epoch = 1;

    fake_session(&fs, &conf_api_roomchat, FUZZ_USER);
    fuzz_check(conf_live_open(&fs.s) == CONF_OK);
    fuzz_check(conf_live_join(&fs.s, &room) == CONF_OK);

    fake_message(&h, &fs, text);
    fuzz_serve(f, &h);
    fuzz_answered(&h, true);
    fake_http_end(&h);

    fake_drain();

    for (i = 0; i < fs.nsent; i++) {
        fuzz_check(fake_json(fake_sent(&fs, i)));
    }

    fake_gone(&fs);
}


/* Answers call after call; a list may ask for one more page each time. */

static void
fuzz_serve(fuzz_t *f, fake_http_t *h)
{
    void        *reply;
    size_t       i, which;
    conf_rc_t    rc;
    conf_op_e    code;

    which = (size_t) (f->fate & FUZZ_WHICH) / (FUZZ_HOW + 1);

    for (i = 0; h->finished == 0; i++) {
        fuzz_check(fake.pending == 1 && fake.ncalls == i + 1);

        rc = CONF_OK;

        if (i == which) {
            rc = f->fate & FUZZ_HOW;

            if (rc == CONF_OK) {
                conf_op_cancel(&h->op);
                conf_op_cancel(&h->op);
                return;
            }
        }

        if (i == FUZZ_CALLS || rc >= CONF_E_MAX) {
            rc = i == FUZZ_CALLS ? CONF_E_BACKEND_DOWN : CONF_OK;
        }

        code = fake.calls[i].code;
        reply = conf_arena_calloc(fake.arena, conf_ops[code].reply->size);
        fuzz_check(reply != NULL);

        if (rc == CONF_OK) {
            fuzz_reply(f, code, reply);
        }

        fake_answer(i, rc, reply, 1 + i);
    }
}


/* What confd has checked when it was stored is what it should be. */

static void
fuzz_reply(fuzz_t *f, conf_op_e code, void *reply)
{
    size_t           i;
    conf_messages_t *list = reply;
    conf_message_t  *items;

    conf_gen_fill(&f->gen, conf_ops[code].reply, reply);

    if (code == CONF_OP_USER_GET) {
        fuzz_user(f, reply);

    } else if (code == CONF_OP_MESSAGE_POST) {
        fuzz_content(reply);

    } else if (code == CONF_OP_MESSAGE_LIST) {
        items = list->messages.items;

        for (i = 0; i < list->messages.n; i++) {
            fuzz_content(&items[i]);
        }
    }
}


static void
fuzz_content(conf_message_t *message)
{
    message->room_id &= ((uint64_t) 1 << 56) - 1;

    if (message->json) {
        message->content = conf_str("{\"file_url\":\"/static/files/a.png\"}");
    }
}


static void
fuzz_user(fuzz_t *f, conf_user_t *user)
{
    conf_gen_fill(&f->gen, &conf_proto_user, user);

    user->id = FUZZ_USER;

    if (f->gen.seed % 4 != 0) {
        user->status = CONF_USER_ACTIVE;
        user->version = 1;
    }
}


static void
fuzz_answered(const fake_http_t *h, bool socket)
{
    conf_str_t  plain = conf_string("text/plain");

    if (h->finished == 0) {
        fuzz_check(h->text.len == 0);
        return;
    }

    fuzz_check(h->finished == 1);
    fuzz_check(h->op.rc >= CONF_OK && h->op.rc < CONF_E_MAX);

    if (h->op.rc == CONF_OK
        && (h->answer.silent || h->op.row->body == CONF_BODY_FILE))
    {
        fuzz_check(h->text.len == 0);
        return;
    }

    switch (h->answer.status) {

    case 200:
        fuzz_check(h->answer.retry_s == 0);
        break;

    case 400:
    case 401:
    case 403:
    case 404:
    case 413:
    case 500:
        fuzz_check(h->op.rc != CONF_OK && h->answer.retry_s == 0);
        break;

    case 429:
        fuzz_check(h->op.rc == CONF_E_RATE_LIMITED);
        break;

    case 503:
        fuzz_check(h->op.rc != CONF_OK && h->answer.retry_s != 0);
        break;

    default:
        abort();
    }

    if (conf_str_eq(h->answer.type, plain)) {
        fuzz_check(h->answer.status == 404);
        fuzz_check(conf_str_eq(h->text, conf_str("404 page not found")));
        return;
    }

    fuzz_check(fake_json(h->text));

    /* Nobody's token or password is said again. */

    fuzz_check(socket || h->op.rc == CONF_OK || h->text.len < 300);
}
