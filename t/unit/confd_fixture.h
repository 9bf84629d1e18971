
/*
 * Ops on a store of their own in a temporary directory, called as the server
 * does: the request goes over the wire's codec, a HASH op is hashed first,
 * the reply is packed when the transaction has ended.  An op that writes runs
 * twice, the first time in a transaction that is thrown away, since the
 * server may do so too.
 *
 *     conf_id_t    in = { 0, 7 };
 *     conf_user_t  user;
 *
 *     fx_open();
 *     is_int(fx_call(CONF_OP_USER_GET, &in, &user), CONF_OK, "...");
 *     fx_close();
 *
 * What a reply points to lives until fx_close.
 */

#ifndef _CONFD_FIXTURE_H_INCLUDED_
#define _CONFD_FIXTURE_H_INCLUDED_


#include "tap.h"
#include "confd_op.h"
#include "confd_dedup.h"

#include <dirent.h>
#include <unistd.h>


#define FX_NOW       INT64_C(1767261600000)      /* 2026-01-01 10:00 UTC */
#define FX_PASSWORD  "correct horse"


typedef struct {
    char              path[64];
    confd_store_t    *store;
    conf_arena_t     *arena;
    confd_op_conf_t   conf;
    confd_dedup_t    *dedup;
    int64_t           now_ms;
    conf_touch_t     *touches;       /* of the last call */
    size_t            ntouches;
    unsigned          dirty;         /* ops that failed after a write */
} fx_t;


static fx_t  fx;


__attribute__((unused))
static void
fx_die(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}


__attribute__((unused))
static conf_str_t
fx_str(const char *s)
{
    return (conf_str_t) { strlen(s), (const uint8_t *) s };
}


__attribute__((unused))
static void
fx_open(void)
{
    char                err[256];
    confd_store_conf_t  conf;

    memset(&fx, 0, sizeof(fx_t));
    memset(&conf, 0, sizeof(confd_store_conf_t));

    (void) snprintf(fx.path, sizeof(fx.path), "/tmp/confd-op-XXXXXX");

    if (mkdtemp(fx.path) == NULL) {
        fx_die("mkdtemp failed");
    }

    conf.path = fx.path;
    conf.map_min = 16 * 1024 * 1024;
    conf.map_max = (size_t) 1024 * 1024 * 1024;
    conf.sync = CONFD_SYNC_NEVER;
    conf.readers = 4;

    fx.store = confd_lmdb_driver.open(&conf, err, sizeof(err));
    if (fx.store == NULL) {
        fx_die(err);
    }

    fx.arena = conf_arena_create(65536, 0);
    if (fx.arena == NULL) {
        fx_die("no memory");
    }

    fx.conf.scrypt_log_n = 10;
    fx.conf.scrypt_r = 8;
    fx.conf.scrypt_p = 1;
    fx.conf.room_members_max = 100;
    fx.conf.user_rooms_max = 100;
    fx.conf.room_grace_ms = 600000;
    fx.conf.dedup_ms = 300000;
    fx.conf.mail_reset_ttl_ms = 1800000;
    fx.now_ms = FX_NOW;

    fx.dedup = confd_dedup_create(0);
    if (fx.dedup == NULL) {
        fx_die("no memory");
    }
}


__attribute__((unused))
static void
fx_close(void)
{
    DIR            *dir;
    char            file[512];
    struct dirent  *entry;

    confd_lmdb_driver.close(fx.store);
    conf_arena_destroy(fx.arena);
    confd_dedup_destroy(fx.dedup);

    dir = opendir(fx.path);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            (void) snprintf(file, sizeof(file), "%s/%s", fx.path,
                            entry->d_name);
            (void) unlink(file);
        }
    }

    if (dir != NULL) {
        (void) closedir(dir);
    }

    (void) rmdir(fx.path);

    is_int(fx.dirty, 0, "no op failed after its first write");
}


/* Over the wire: a struct whose memory is the fixture's arena. */

__attribute__((unused))
static void
fx_wire(const conf_proto_t *proto, const void *in, void *out)
{
    conf_buf_t  buf;
    conf_str_t  bytes;

    conf_buf_init(&buf, 0);

    if (conf_proto_pack(&buf, proto, in) != CONF_OK) {
        fx_die("cannot pack");
    }

    bytes.data = conf_arena_dup(fx.arena, buf.data, buf.len);
    bytes.len = buf.len;
    conf_buf_free(&buf);

    if (bytes.data == NULL
        || conf_proto_unpack(fx.arena, proto, CONF_PROTO_WIRE, bytes, out)
           != CONF_OK)
    {
        fx_die("cannot unpack");
    }
}


__attribute__((unused))
static void
fx_context(confd_op_ctx_t *ctx)
{
    ctx->driver = &confd_lmdb_driver;
    ctx->arena = fx.arena;
    ctx->conf = &fx.conf;
    ctx->dedup = fx.dedup;
    ctx->now_ms = fx.now_ms;
    ctx->ntouches = 0;
}


__attribute__((unused))
static conf_rc_t
fx_run(conf_op_e op, confd_op_ctx_t *ctx, const void *in, void *out,
    bool keep)
{
    bool       write;
    conf_rc_t  rc;

    write = conf_ops[op].lane != CONF_LANE_READ;

    fx_context(ctx);
    memset(out, 0, conf_ops[op].reply->size);

    if (confd_lmdb_driver.begin(fx.store, write, &ctx->txn) != CONF_OK) {
        fx_die("cannot begin");
    }

    rc = confd_ops[op].run(ctx, in, out);

    if (rc != CONF_OK && write && confd_lmdb_driver.dirty(ctx->txn)) {
        fx.dirty++;
    }

    if (rc == CONF_OK && keep) {
        if (confd_lmdb_driver.commit(ctx->txn) != CONF_OK) {
            fx_die("cannot commit");
        }

    } else {
        confd_lmdb_driver.abort(ctx->txn);
    }

    return rc;
}


/* The hash stage of a HASH op, nothing for others. */

__attribute__((unused))
static conf_rc_t
fx_hash(conf_op_e op, confd_op_ctx_t *ctx, const void *in)
{
    memset(ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(ctx);

    if (confd_ops[op].hash == NULL) {
        return CONF_OK;
    }

    return confd_ops[op].hash(ctx, fx.store, in);
}


__attribute__((unused))
static conf_rc_t
fx_call(conf_op_e op, const void *request, void *reply)
{
    void            *in, *out;
    conf_rc_t        rc;
    confd_op_ctx_t   ctx;

    fx.ntouches = 0;
    memset(reply, 0, conf_ops[op].reply->size);

    in = conf_arena_calloc(fx.arena, conf_ops[op].request->size);
    out = conf_arena_calloc(fx.arena, conf_ops[op].reply->size);

    if (in == NULL || out == NULL) {
        fx_die("no memory");
    }

    fx_wire(conf_ops[op].request, request, in);

    rc = fx_hash(op, &ctx, in);
    if (rc != CONF_OK) {
        return rc;
    }

    if (conf_ops[op].lane != CONF_LANE_READ) {
        (void) fx_run(op, &ctx, in, out, false);
    }

    rc = fx_run(op, &ctx, in, out, true);
    if (rc != CONF_OK) {
        return rc;
    }

    fx.touches = ctx.touches;
    fx.ntouches = ctx.ntouches;

    fx_wire(conf_ops[op].reply, out, reply);

    return CONF_OK;
}


/* Whether the last call touched this. */

__attribute__((unused))
static bool
fx_touched(uint64_t user_id, uint64_t room_id)
{
    size_t  i;

    for (i = 0; i < fx.ntouches; i++) {
        if (fx.touches[i].user_id == user_id
            && fx.touches[i].room_id == room_id)
        {
            return true;
        }
    }

    return false;
}


/* A new user with FX_PASSWORD, and a new room; they have to succeed. */

__attribute__((unused))
static uint64_t
fx_user(const char *name)
{
    conf_user_t           user;
    conf_user_register_t  in;

    memset(&in, 0, sizeof(conf_user_register_t));

    in.name = fx_str(name);
    in.password = fx_str(FX_PASSWORD);

    if (fx_call(CONF_OP_USER_REGISTER, &in, &user) != CONF_OK) {
        fx_die("cannot register");
    }

    return user.id;
}


__attribute__((unused))
static uint64_t
fx_room(uint64_t actor, const char *name)
{
    conf_room_t         room;
    conf_room_create_t  in;

    memset(&in, 0, sizeof(conf_room_create_t));

    in.actor = actor;
    in.name = fx_str(name);

    if (fx_call(CONF_OP_ROOM_CREATE, &in, &room) != CONF_OK) {
        fx_die("cannot create a room");
    }

    return room.id;
}


__attribute__((unused))
static conf_rc_t
fx_get(uint64_t id, conf_user_t *user)
{
    conf_id_t  in = { 0, id };

    return fx_call(CONF_OP_USER_GET, &in, user);
}


__attribute__((unused))
static conf_rc_t
fx_view(uint64_t actor, uint64_t room_id, conf_room_view_t *view)
{
    conf_room_key_t  in = { actor, room_id };

    return fx_call(CONF_OP_ROOM_GET, &in, view);
}


__attribute__((unused))
static conf_rc_t
fx_add(uint64_t actor, uint64_t room_id, uint64_t user_id, uint32_t role)
{
    conf_member_add_t   in;
    conf_member_view_t  view;

    memset(&in, 0, sizeof(conf_member_add_t));

    in.actor = actor;
    in.room_id = room_id;
    in.user_id = user_id;
    in.role = role;

    return fx_call(CONF_OP_MEMBER_ADD, &in, &view);
}


__attribute__((unused))
static conf_rc_t
fx_remove(uint64_t actor, uint64_t room_id, uint64_t user_id,
    conf_member_view_t *view)
{
    conf_member_key_t  in = { actor, room_id, user_id };

    return fx_call(CONF_OP_MEMBER_REMOVE, &in, view);
}


__attribute__((unused))
static conf_rc_t
fx_post(uint64_t actor, uint64_t room_id, const char *content,
    const char *client_id, conf_message_t *message)
{
    conf_message_post_t  in;

    memset(&in, 0, sizeof(conf_message_post_t));

    in.actor = actor;
    in.room_id = room_id;
    in.type = fx_str("text");
    in.content = fx_str(content);
    in.client_id = fx_str(client_id);

    return fx_call(CONF_OP_MESSAGE_POST, &in, message);
}


__attribute__((unused))
static conf_rc_t
fx_delete(uint64_t actor, uint64_t id, conf_user_t *user)
{
    conf_id_t  in = { actor, id };

    return fx_call(CONF_OP_USER_DELETE, &in, user);
}


#endif /* _CONFD_FIXTURE_H_INCLUDED_ */
