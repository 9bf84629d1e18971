
/*
 * Requests of a stranger to every op, on a store with a little in it: bytes
 * are unpacked as confd unpacks them, the op runs in a transaction that is
 * thrown away.  An op that fails has written nothing, what it answers can be
 * packed and read again.
 *
 * An input is a list of ops: number, length (two bytes, big-endian), request.
 */

#include "confd_fixture.h"
#include "conf_proto_gen.h"

#include <fcntl.h>


#define FUZZ_OPS   8          /* in one transaction */
#define FUZZ_HEAD  3


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_open(void);
static void fuzz_remove(void);
static bool fuzz_next(conf_str_t *rest, conf_op_e *op, conf_str_t *body);
static conf_rc_t fuzz_run(confd_txn_t *txn, conf_op_e op, conf_str_t body);
static void fuzz_reply(conf_op_e op, const void *reply);


static uint64_t  fuzz_rev;


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
    size_t        i;
    conf_op_e     op;
    conf_str_t    rest, body;
    confd_txn_t  *txn;

    if (fx.store == NULL) {
        fuzz_open();
    }

    rest.data = data;
    rest.len = size;

    conf_arena_reset(fx.arena);
    fuzz_check(confd_lmdb_driver.begin(fx.store, true, &txn) == CONF_OK);

    for (i = 0; i < FUZZ_OPS && fuzz_next(&rest, &op, &body); i++) {
        (void) fuzz_run(txn, op, body);

        if (confd_lmdb_driver.status(txn) != CONF_OK) {
            break;
        }
    }

    fuzz_check(confd_lmdb_driver.rev(txn) == fuzz_rev);
    confd_lmdb_driver.abort(txn);

    return 0;
}


/* Three users, two rooms, messages, a file; ids start from 1. */

static void
fuzz_open(void)
{
    conf_user_t       user;
    conf_file_t       file;
    confd_txn_t      *txn;
    conf_user_ban_t   ban;
    conf_file_add_t   add;

    static const char *const  says[] = { "one", "two", "three", "four" };

    size_t            i;
    conf_message_t    message;

    fx_open();
    fx.conf.scrypt_log_n = 1;
    fx.conf.scrypt_r = 1;

    (void) fx_user("alice");
    (void) fx_user("bob");
    (void) fx_user("carol");
    (void) fx_room(1, "lounge");
    (void) fx_room(2, "den");
    (void) fx_add(1, 1, 2, CONF_ROLE_MEMBER);

    for (i = 0; i < conf_nelts(says); i++) {
        (void) fx_post(1 + i % 2, 1, says[i], says[i], &message);
    }

    memset(&add, 0, sizeof(conf_file_add_t));
    add.actor = 1;
    add.file.name = conf_str("0123456789abcdef.png");
    add.file.room_id = 1;
    add.file.user_id = 1;
    add.file.type = conf_str("image/png");

    fuzz_check(fx_call(CONF_OP_FILE_ADD, &add, &file) == CONF_OK);
    memset(&ban, 0, sizeof(conf_user_ban_t));
    ban.id = 3;
    ban.banned = true;

    fuzz_check(fx_call(CONF_OP_USER_BAN, &ban, &user) == CONF_OK);

    /* What was thrown away did not commit. */

    fuzz_check(confd_lmdb_driver.begin(fx.store, true, &txn) == CONF_OK);
    fuzz_rev = confd_lmdb_driver.rev(txn);
    confd_lmdb_driver.abort(txn);

    (void) atexit(fuzz_remove);
}


static void
fuzz_remove(void)
{
    FILE  *out = stdout;

    /* The fixture's own check is no part of what is printed here. */

    stdout = fopen("/dev/null", "w");
    fx_close();

    if (stdout != NULL) {
        (void) fclose(stdout);
    }

    stdout = out;
}


static bool
fuzz_next(conf_str_t *rest, conf_op_e *op, conf_str_t *body)
{
    size_t  len;

    if (rest->len < FUZZ_HEAD) {
        return false;
    }

    *op = rest->data[0] % CONF_OP_MAX;
    len = (size_t) rest->data[1] << 8 | rest->data[2];

    body->data = rest->data + FUZZ_HEAD;
    body->len = conf_min(len, rest->len - FUZZ_HEAD);

    rest->data += FUZZ_HEAD + body->len;
    rest->len -= FUZZ_HEAD + body->len;

    return true;
}


static conf_rc_t
fuzz_run(confd_txn_t *txn, conf_op_e op, conf_str_t body)
{
    bool             dirty;
    void            *in, *out;
    conf_rc_t        rc;
    confd_op_ctx_t   ctx;

    in = conf_arena_calloc(fx.arena, conf_ops[op].request->size);
    out = conf_arena_calloc(fx.arena, conf_ops[op].reply->size);
    fuzz_check(in != NULL && out != NULL);

    rc = conf_proto_unpack(fx.arena, conf_ops[op].request, CONF_PROTO_WIRE,
                           body, in);

    if (rc != CONF_OK || confd_ops[op].run == NULL) {
        return rc;
    }

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(&ctx);

    if (confd_ops[op].hash != NULL) {
        rc = confd_ops[op].hash(&ctx, fx.store, in);

        if (rc != CONF_OK) {
            return rc;
        }
    }

    ctx.txn = txn;
    dirty = confd_lmdb_driver.dirty(txn);

    rc = confd_ops[op].run(&ctx, in, out);

    fuzz_check(rc >= CONF_OK && rc < CONF_E_MAX);
    fuzz_check(rc != CONF_E_INTERNAL && rc != CONF_E_STORE_FAILED);

    if (rc != CONF_OK) {
        fuzz_check(dirty || !confd_lmdb_driver.dirty(txn)
                   || confd_lmdb_driver.status(txn) != CONF_OK);
        return rc;
    }

    if (conf_ops[op].lane == CONF_LANE_READ) {
        fuzz_check(dirty == confd_lmdb_driver.dirty(txn));
        fuzz_check(ctx.ntouches == 0);
    }

    fuzz_reply(op, out);

    return CONF_OK;
}


static void
fuzz_reply(conf_op_e op, const void *reply)
{
    void        *back;
    conf_buf_t   buf;
    conf_str_t   bytes;

    conf_buf_init(&buf, 0);
    fuzz_check(conf_proto_pack(&buf, conf_ops[op].reply, reply) == CONF_OK);

    bytes.data = buf.data;
    bytes.len = buf.len;

    back = conf_arena_calloc(fx.arena, conf_ops[op].reply->size);

    fuzz_check(back != NULL
               && conf_proto_unpack(fx.arena, conf_ops[op].reply,
                                    CONF_PROTO_WIRE, bytes, back)
                  == CONF_OK
               && conf_gen_eq(conf_ops[op].reply, reply, back));

    conf_buf_free(&buf);
}
