
/*
 * The domain without nginx: a zone of malloc, a clock that stands still, a
 * confd that answers when the test says so, sessions that keep what they are
 * sent.  Requests and replies go over the wire's codec, as they do outside.
 *
 *     fake_open();
 *     fake_http(&h, CONF_M_GET, "/api/user/my", fake_token(7, 1), none);
 *     is_int(fake.calls[0].code, CONF_OP_USER_GET, "...");
 *     fake_answer(0, CONF_OK, &user, 1);
 *     is_str(h.text, "{...}", "...");
 *     fake_http_end(&h);
 *     fake_close();
 *
 * What is passed on lives until fake_close() or fake_forget().
 */

#ifndef _CONF_FAKE_H_INCLUDED_
#define _CONF_FAKE_H_INCLUDED_


#include "conf_api.h"
#include "conf_jwt.h"
#include "conf_live.h"
#include "conf_memo.h"
#include "conf_verb.h"

#include "conf_shm_malloc.c"

#include <stdio.h>
#include <stdlib.h>

#include <yajl/yajl_parse.h>


#define FAKE_CALLS    256
#define FAKE_SENT     64
#define FAKE_NOW      INT64_C(1767261600000)     /* 2026-01-01 10:00 UTC */
#define FAKE_ADDRESS  0xadd7e55
#define FAKE_SECRET   "a secret of tests, 32 bytes long"


typedef struct {
    conf_call_t         *call;       /* NULL: answered, or cancelled */
    conf_op_e            code;
    void                *request;    /* NULL: it cannot be packed, */
    conf_rc_t            rc;         /* for this */
    bool                 cancelled;
} fake_call_t;

typedef struct {
    conf_shm_malloc_t    zone;
    conf_env_t           env;
    conf_settings_t      settings;
    conf_arena_t        *arena;      /* of requests and tokens */
    conf_arena_t        *rows;
    conf_route_t        *route;
    fake_call_t          calls[FAKE_CALLS];
    size_t               ncalls;
    size_t               pending;
    unsigned             wakes;      /* doorbells rung */
    int64_t              now_ms;
    uint64_t             seed;
} fake_t;

typedef struct {
    conf_session_t       s;          /* first */
    conf_out_t          *sent[FAKE_SENT];
    size_t               nsent;
    unsigned             closed;
    conf_close_e         why;
} fake_session_t;

/* One request from the path to the answer. */

typedef struct {
    conf_op_t            op;
    conf_route_match_t   match;
    fake_session_t       socket;
    unsigned             finished;
    conf_buf_t           buf;
    conf_str_t           text;       /* the body, in buf */
    conf_answer_t        answer;
} fake_http_t;


static fake_t  fake;

static const conf_str_t  fake_none;

/* Who is spoken to; to be set before fake_open(). */

static const conf_api_t  *fake_api = &conf_api_roomchat;


static conf_str_t
fake_str(const char *s)
{
    return (conf_str_t) { strlen(s), (const uint8_t *) s };
}


_Noreturn static void
fake_die(const char *what)
{
    printf("Bail out! %s\n", what);
    abort();
}


/* Keeps the request as confd would have read it. */

static void
fake_env_call(conf_env_t *env, conf_call_t *call, const void *request)
{
    conf_buf_t           buf;
    conf_str_t           bytes;
    fake_call_t         *one;
    const conf_proto_t  *proto = conf_ops[call->code].request;

    if (fake.ncalls == FAKE_CALLS || call->id != 0) {
        fake_die(call->id != 0 ? "a call is made twice" : "too many calls");
    }

    one = &fake.calls[fake.ncalls++];
    fake.pending++;

    one->call = call;
    one->code = call->code;
    one->request = NULL;
    one->cancelled = false;

    call->id = fake.ncalls;
    call->rc = CONF_AGAIN;

    conf_buf_init(&buf, 0);
    one->rc = conf_proto_pack(&buf, proto, request);

    if (one->rc == CONF_OK) {
        one->request = conf_arena_calloc(fake.arena, proto->size);
        bytes.data = conf_arena_dup(fake.arena, buf.data, buf.len);
        bytes.len = buf.len;

        if (one->request == NULL || bytes.data == NULL
            || conf_proto_unpack(fake.arena, proto, CONF_PROTO_WIRE, bytes,
                                 one->request)
               != CONF_OK)
        {
            fake_die("a request cannot be read");
        }
    }

    conf_buf_free(&buf);
}


static void
fake_env_cancel(conf_env_t *env, conf_call_t *call)
{
    fake_call_t  *one;

    if (call->id == 0) {
        return;
    }

    one = &fake.calls[call->id - 1];
    one->call = NULL;
    one->cancelled = true;
    call->id = 0;
    fake.pending--;
}


static void
fake_env_wake(conf_env_t *env, const conf_wake_t *wake)
{
    fake.wakes += (unsigned) wake->n;
}


static int64_t
fake_env_now_ms(conf_env_t *env)
{
    return fake.now_ms;
}


static void
fake_env_random(conf_env_t *env, void *p, size_t len)
{
    size_t    i;
    uint8_t  *bytes = p;

    for (i = 0; i < len; i++) {
        fake.seed = fake.seed * 6364136223846793005 + 1442695040888963407;
        bytes[i] = (uint8_t) (fake.seed >> 33);
    }
}


static void
fake_session_send(conf_session_t *s, conf_out_t *out)
{
    fake_session_t  *fs = (fake_session_t *) s;

    if (fs->nsent == FAKE_SENT) {
        fake_die("too much is sent");
    }

    conf_out_ref(out);
    fs->sent[fs->nsent++] = out;
}


static void
fake_session_close(conf_session_t *s, conf_close_e why)
{
    fake_session_t  *fs = (fake_session_t *) s;

    fs->closed++;
    fs->why = why;
}


__attribute__((unused))
static void
fake_open(void)
{
    const conf_row_t  *wrong;

    memset(&fake, 0, sizeof(fake_t));

    fake.arena = conf_arena_create(65536, 0);
    fake.rows = conf_arena_create(65536, 0);

    if (fake.arena == NULL || fake.rows == NULL
        || conf_shm_malloc_init(&fake.zone) != CONF_OK
        || conf_worker_attach(&fake.zone.shm, 1, &fake.env.worker) != CONF_OK)
    {
        fake_die("no memory");
    }

    fake.now_ms = FAKE_NOW;
    fake.seed = 1;

    fake.env.shm = fake.zone.shm;
    fake.env.generation = conf_shm_generation(&fake.env.shm);
    fake.env.call = fake_env_call;
    fake.env.cancel = fake_env_cancel;
    fake.env.wake = fake_env_wake;
    fake.env.now_ms = fake_env_now_ms;
    fake.env.random = fake_env_random;

    if (conf_live_create(&fake.env) == NULL
        || conf_memo_create(&fake.env) != CONF_OK)
    {
        fake_die("no memory");
    }

    fake.settings.jwt_secret = fake_str(FAKE_SECRET);
    fake.settings.token_ms = INT64_C(24) * 3600 * 1000;
    fake.settings.message_max = 65536;

    fake.route = conf_api_routes(fake_api, fake.rows, &wrong);
    if (fake.route == NULL) {
        fake_die("a row is not taken");
    }
}


/* Nothing is pending, and nothing was asked: the calls count from 0 again. */

__attribute__((unused))
static void
fake_forget(void)
{
    if (fake.pending != 0) {
        fake_die("a call is pending");
    }

    fake.ncalls = 0;
    conf_arena_reset(fake.arena);
}


/* As new, at less cost: no hot copies, a day later for the rates. */

__attribute__((unused))
static void
fake_again(void)
{
    fake_forget();
    conf_cache_flush(&fake.env.shm);

    fake.zone.now_ms += 24 * 3600 * 1000;
    fake.seed = 1;
}


__attribute__((unused))
static void
fake_close(void)
{
    conf_live_destroy(fake.env.live);
    conf_memo_destroy(&fake.env);
    conf_arena_destroy(fake.arena);
    conf_arena_destroy(fake.rows);
    conf_shm_malloc_done(&fake.zone);
}


/* Answers call i; the reply is copied into the waiter's arena. */

__attribute__((unused))
static void
fake_answer(size_t i, conf_rc_t rc, const void *reply, uint64_t rev)
{
    conf_buf_t           buf;
    conf_str_t           bytes;
    conf_call_t         *call;
    fake_call_t         *one = &fake.calls[i];
    const conf_proto_t  *proto = conf_ops[one->code].reply;

    call = one->call;

    if (i >= fake.ncalls || call == NULL) {
        fake_die("nobody waits for this answer");
    }

    one->call = NULL;
    fake.pending--;

    call->id = 0;
    call->rc = one->rc == CONF_OK ? rc : one->rc;
    call->reply = NULL;
    call->rev = rev;

    if (call->rc == CONF_OK) {
        conf_buf_init(&buf, 0);

        if (conf_proto_pack(&buf, proto, reply) != CONF_OK) {
            fake_die("a reply cannot be packed");
        }

        bytes.data = conf_arena_dup(call->arena, buf.data, buf.len);
        bytes.len = buf.len;
        call->reply = conf_arena_calloc(call->arena, proto->size);
        conf_buf_free(&buf);

        if (bytes.data == NULL || call->reply == NULL
            || conf_proto_unpack(call->arena, proto, CONF_PROTO_WIRE, bytes,
                                 call->reply)
               != CONF_OK)
        {
            fake_die("a reply cannot be read");
        }
    }

    call->done(call);
}


/* The newest call. */

__attribute__((unused))
static fake_call_t *
fake_last(void)
{
    if (fake.ncalls == 0) {
        fake_die("nothing was asked");
    }

    return &fake.calls[fake.ncalls - 1];
}


__attribute__((unused))
static void
fake_drain(void)
{
    if (conf_live_drain(fake.env.live, 1 << 20) != CONF_DONE) {
        fake_die("the inbox is not empty");
    }
}


/* A session of the user, ready for conf_live_open(). */

__attribute__((unused))
static void
fake_session(fake_session_t *fs, const conf_api_t *api, uint64_t user_id)
{
    memset(fs, 0, sizeof(fake_session_t));

    fs->s.env = &fake.env;
    fs->s.api = api;
    fs->s.settings = &fake.settings;
    fs->s.auth.user_id = user_id;
    fs->s.auth.version = 1;
    fs->s.send = fake_session_send;
    fs->s.close = fake_session_close;
}


__attribute__((unused))
static conf_str_t
fake_sent(const fake_session_t *fs, size_t i)
{
    if (i >= fs->nsent) {
        return fake_none;
    }

    return (conf_str_t) { fs->sent[i]->len, fs->sent[i]->data };
}


/* Forgets what was sent. */

__attribute__((unused))
static void
fake_read(fake_session_t *fs)
{
    while (fs->nsent != 0) {
        conf_out_unref(fs->sent[--fs->nsent]);
    }
}


/* The session ends as one whose socket was closed. */

__attribute__((unused))
static void
fake_gone(fake_session_t *fs)
{
    conf_live_close(&fs->s);
    conf_live_unbind(&fs->s);
    fake_read(fs);
}


/* An Authorization value for the user, in the fake's arena. */

__attribute__((unused))
static conf_str_t
fake_token(uint64_t user_id, uint32_t version)
{
    conf_str_t  token;
    conf_jwt_t  jwt;

    memset(&jwt, 0, sizeof(conf_jwt_t));
    jwt.auth.user_id = user_id;
    jwt.auth.version = version;

    if (conf_jwt_issue(fake.arena, &fake.settings, &jwt, fake.now_ms, &token)
        != CONF_OK)
    {
        fake_die("no token");
    }

    return token;
}


static void
fake_http_answer(fake_http_t *h)
{
    h->finished++;

    if (h->op.rc == CONF_OK && h->op.row->body == CONF_BODY_FILE) {
        return;
    }

    h->op.api->answer(&h->op, &h->buf, &h->answer);

    if (conf_buf_ok(&h->buf) != CONF_OK) {
        fake_die("no memory for an answer");
    }

    h->text.data = h->buf.data;
    h->text.len = h->buf.len;
}


static void
fake_http_finish(conf_op_t *op)
{
    fake_http_answer(op->owner);
}


static void
fake_http_init(fake_http_t *h)
{
    memset(h, 0, sizeof(fake_http_t));
    conf_buf_init(&h->buf, 0);

    h->op.env = &fake.env;
    h->op.settings = &fake.settings;
    h->op.api = fake_api;
    h->op.arena = conf_arena_create(2048, 64 * 1024 * 1024);
    h->op.finish = fake_http_finish;
    h->op.owner = h;

    if (h->op.arena == NULL) {
        fake_die("no memory");
    }
}


/* An upload's form is read and its file written when the verb starts. */

static conf_rc_t
fake_http_upload(fake_http_t *h, conf_str_t form)
{
    conf_rc_t             rc;
    conf_upload_in_t     *in;
    const conf_schema_t  *schema = h->op.row->schema;

    in = conf_arena_calloc(h->op.arena, schema->size);
    if (in == NULL) {
        fake_die("no memory");
    }

    h->op.in = in;
    rc = conf_schema_query(schema, h->op.arena, form, in, &h->op.error);

    if (rc == CONF_OK) {
        rc = conf_schema_end(schema, in, &h->op.error);
    }

    in->file.name = conf_str("0123456789abcdef.png");
    in->file.title = conf_str("a \"picture\".png");
    in->file.type = conf_str("image/png");
    in->file.size = 70;
    in->extension = conf_str(".png");
    in->url = conf_str("/static/files/0123456789abcdef.png");
    in->image = true;

    return rc;
}


/*
 * Begins a request: route, token, rate, input, verb, in the order of the
 * outer layer.  It has finished, or a call is pending.
 */

__attribute__((unused))
static void
fake_http(fake_http_t *h, unsigned method, const char *target,
    conf_str_t token, conf_str_t body)
{
    conf_rc_t    rc;
    conf_str_t   path, query;
    const char  *mark;

    fake_http_init(h);

    mark = strchr(target, '?');
    path = fake_str(target);
    query = mark == NULL ? fake_none : fake_str(mark + 1);
    path.len = mark == NULL ? path.len : (size_t) (mark - target);

    rc = conf_route_find(fake.route, h->op.arena, method, path, &h->match);

    if (rc == CONF_OK) {
        h->op.row = h->match.row;
        rc = conf_op_admit(&h->op, token, FAKE_ADDRESS);
    }

    if (rc == CONF_OK && h->op.row->body == CONF_BODY_SOCKET) {
        fake_session(&h->socket, fake_api, 0);
        h->op.session = &h->socket.s;
    }

    if (rc == CONF_OK) {
        rc = h->op.row->body == CONF_BODY_UPLOAD
             ? fake_http_upload(h, body)
             : conf_op_input(&h->op, query, body, &h->match);
    }

    if (rc != CONF_OK) {
        h->op.rc = rc;
        fake_http_answer(h);
        return;
    }

    conf_op_run(&h->op);
}


/* A message of a socket, the same way. */

__attribute__((unused))
static void
fake_message(fake_http_t *h, fake_session_t *fs, conf_str_t text)
{
    conf_rc_t  rc;

    fake_http_init(h);
    h->op.session = &fs->s;
    h->op.auth = fs->s.auth;

    rc = conf_api_find_message(&fs->s, h->op.arena, text, &h->op.row);
    h->op.api = fs->s.api;

    if (rc == CONF_OK) {
        rc = conf_op_limit(&h->op, h->op.auth.user_id);
    }

    if (rc == CONF_OK) {
        rc = conf_op_input(&h->op, fake_none, text, NULL);
    }

    if (rc != CONF_OK) {
        h->op.rc = rc;
        fake_http_answer(h);
        return;
    }

    conf_op_run(&h->op);
}


/* The client is gone, before or after the answer. */

__attribute__((unused))
static void
fake_http_end(fake_http_t *h)
{
    conf_op_cancel(&h->op);

    if (h->op.session == &h->socket.s) {
        fake_gone(&h->socket);
    }

    conf_arena_destroy(h->op.arena);
    conf_buf_free(&h->buf);
}


/* One JSON value and nothing else, in UTF-8. */

__attribute__((unused))
static bool
fake_json(conf_str_t text)
{
    bool         valid;
    yajl_handle  parser;

    parser = yajl_alloc(NULL, NULL, NULL);
    if (parser == NULL) {
        fake_die("no memory");
    }

    valid = text.len != 0
            && yajl_parse(parser, text.data, text.len) == yajl_status_ok
            && yajl_complete_parse(parser) == yajl_status_ok;

    yajl_free(parser);

    return valid;
}


#endif /* _CONF_FAKE_H_INCLUDED_ */
