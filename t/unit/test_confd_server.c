
/*
 * What the wire cannot provoke: group commit on a store that fails, and the
 * bus without links.  The store is a fake that keeps one number; the ops are
 * fakes that do as their request's actor says.
 */

#include "../../backend/server/confd_batch.c"
#include "../../backend/server/confd_bus_local.c"

#include "tap.h"


/* What an op is asked to do: ROOM_GET's request, its actor. */

enum {
    FAKE_WRITE = 1,
    FAKE_READ,
    FAKE_REFUSE,                 /* fails before its first write */
    FAKE_FAIL,                   /* fails after it */
    FAKE_ENGINE,                 /* the store fails below it */
    FAKE_LONG                    /* a reply that cannot be packed */
};

struct confd_txn_s {
    conf_rc_t   rc;
    bool        dirty;
    unsigned    writes;
};

typedef struct {
    unsigned    begins;
    unsigned    commits;
    unsigned    aborts;
    unsigned    empty;           /* of nothing */
    unsigned    stored;          /* writes that were committed */
    uint64_t    rev;
    unsigned    full;            /* commits that fail with STORE_FULL */
    unsigned    broken;          /* and with STORE_FAILED */
    bool        late;            /* only when they are settled */
    bool        closed;          /* begin fails */
} fake_t;


static fake_t              fake;
static confd_txn_t         fake_txn;
static confd_job_pool_t    pool;
static confd_work_t        work;
static confd_op_conf_t     op_conf;

static confd_bus_peer_t   *heard[16];
static size_t              nheard;


static conf_rc_t
fake_begin(confd_store_t *store, bool write, confd_txn_t **txn)
{
    fake.begins++;

    if (fake.closed) {
        return CONF_E_STORE_FAILED;
    }

    memset(&fake_txn, 0, sizeof(confd_txn_t));
    *txn = &fake_txn;

    return CONF_OK;
}


static conf_rc_t
fake_failure(const confd_txn_t *txn, bool late)
{
    if (late != fake.late || txn->writes == 0) {
        return CONF_OK;
    }

    if (fake.full != 0) {
        fake.full--;
        return CONF_E_STORE_FULL;
    }

    if (fake.broken != 0) {
        fake.broken--;
        return CONF_E_STORE_FAILED;
    }

    return CONF_OK;
}


static conf_rc_t
fake_stage(confd_txn_t *txn)
{
    return fake_failure(txn, false);
}


static conf_rc_t
fake_settle(confd_txn_t *txn)
{
    conf_rc_t  rc;

    rc = fake_failure(txn, true);
    if (rc != CONF_OK) {
        return rc;
    }

    if (txn->writes == 0) {
        fake.empty++;
        return CONF_OK;
    }

    fake.commits++;
    fake.stored += txn->writes;
    fake.rev++;

    return CONF_OK;
}


static void
fake_abort(confd_txn_t *txn)
{
    fake.aborts++;
}


static uint64_t
fake_rev(confd_txn_t *txn)
{
    return fake.rev + 1;
}


static conf_rc_t
fake_status(confd_txn_t *txn)
{
    return txn->rc;
}


static bool
fake_dirty(confd_txn_t *txn)
{
    return txn->dirty;
}


static conf_rc_t
fake_put(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    conf_str_t value)
{
    txn->dirty = true;
    txn->writes++;

    return CONF_OK;
}


static conf_rc_t
fake_count(confd_txn_t *txn, confd_space_e space, uint64_t *n)
{
    *n = txn->writes;

    return CONF_OK;
}


static const confd_store_driver_t  fake_driver = {
    .name = "fake",
    .begin = fake_begin,
    .stage = fake_stage,
    .settle = fake_settle,
    .abort = fake_abort,
    .rev = fake_rev,
    .status = fake_status,
    .dirty = fake_dirty,
    .whole = fake_dirty,
    .put = fake_put,
    .count = fake_count
};


static conf_rc_t
fake_op(confd_op_ctx_t *ctx, const void *in, void *out)
{
    const conf_room_key_t  *key = in;
    conf_room_view_t       *view = out;

    static conf_touch_t  touch = { 1, 2 };
    static uint8_t       name[CONF_NAME_MAX + 1];

    if (key->actor == FAKE_REFUSE) {
        return CONF_E_FORBIDDEN;
    }

    if (key->actor != FAKE_READ) {
        (void) ctx->driver->put(ctx->txn, CONFD_SPACE_ROOM, conf_str("k"),
                                conf_str("v"));
        ctx->touches = &touch;
        ctx->ntouches = 1;
    }

    switch (key->actor) {

    case FAKE_FAIL:
        return CONF_E_ROOM_FULL;

    case FAKE_ENGINE:
        ctx->txn->rc = CONF_E_STORE_FAILED;
        return CONF_E_STORE_FAILED;

    case FAKE_LONG:
        view->room.name.data = name;
        view->room.name.len = sizeof(name);
        return CONF_OK;

    default:
        return CONF_OK;
    }
}


const confd_op_t  confd_ops[CONF_OP_MAX] = {
    [CONF_OP_ROOM_GET] = { NULL, fake_op }
};


/* As a lane does it. */

static void
commit(confd_jobs_t *jobs)
{
    confd_staged_t              staged;
    const confd_lane_commit_t  *lane;

    lane = &confd_work_commit;

    if (lane->run(&work, jobs) != CONF_OK
        || lane->stage(&work, &staged) != CONF_OK
        || lane->settle(&work, &staged, jobs->n) != CONF_OK)
    {
        lane->again(&work, jobs);
    }
}


/* Runs a batch of what the digits say; out gets each job's result. */

static void
batch(const char *what, conf_rc_t *rc, uint64_t *rev, size_t *touches)
{
    size_t            i, used;
    conf_buf_t        buf;
    conf_str_t        bytes;
    confd_job_t      *job;
    conf_frame_t      frame;
    confd_jobs_t      jobs;
    conf_room_key_t   key;

    confd_jobs_init(&jobs);
    memset(&key, 0, sizeof(key));
    memset(&frame, 0, sizeof(frame));

    for (i = 0; what[i] != '\0'; i++) {
        key.actor = (uint64_t) (what[i] - '0');

        conf_buf_init(&buf, 0);
        (void) conf_proto_pack(&buf, &conf_proto_room_key, &key);

        frame.id = i + 1;
        frame.code = CONF_OP_ROOM_GET;
        frame.body.data = buf.data;
        frame.body.len = buf.len;

        if (confd_job_create(&pool, &frame, &job) != CONF_OK) {
            abort();
        }

        conf_buf_free(&buf);
        confd_jobs_add(&jobs, job);
    }

    commit(&jobs);

    for (i = 0; jobs.n != 0; i++) {
        job = confd_jobs_take(&jobs);

        bytes.data = job->reply.data;
        bytes.len = job->reply.len;

        /* What the wire says, not what the job remembers. */

        if (conf_frame_read(bytes, &used, &frame) != CONF_OK
            || frame.id != i + 1 || (conf_rc_t) frame.code != job->rc)
        {
            abort();
        }

        rc[i] = (conf_rc_t) frame.code;
        rev[i] = frame.rev;
        touches[i] = job->ctx.ntouches;

        confd_job_free(&pool, job);
    }
}


static void
reset(void)
{
    memset(&fake, 0, sizeof(fake_t));
    memset(&work, 0, sizeof(confd_work_t));

    fake.rev = 10;
    work.driver = &fake_driver;
    work.conf = &op_conf;
}


static void
test_good(void)
{
    size_t     touches[8];
    uint64_t   rev[8];
    conf_rc_t  rc[8];

    reset();
    batch("111", rc, rev, touches);
    ok(rc[0] == 0 && rc[1] == 0 && rc[2] == 0, "three writes");
    is_int(fake.commits, 1, "one commit");
    is_int(fake.stored, 3, "all stored");
    is_int(rev[2], 11, "the commit's revision");
    is_int(touches[2], 1, "a touch each");
    is_int(work.commits, 1, "counted");
    is_int(work.committed, 3, "with its ops");

    reset();
    batch("131", rc, rev, touches);
    ok(rc[0] == 0 && rc[2] == 0, "a refused op between two writes");
    is_int(rc[1], CONF_E_FORBIDDEN, "has its error");
    is_int(rev[1], 0, "without a revision");
    is_int(fake.commits, 1, "still one commit");
    is_int(fake.begins, 1, "of one transaction");

    reset();
    batch("232", rc, rev, touches);
    is_int(rc[0], CONF_OK, "nothing written");
    is_int(rev[0], 10, "the last commit's revision");
    is_int(fake.commits, 0, "no commit");
    is_int(fake.empty, 1, "what was seen is settled");

    reset();
    batch("212", rc, rev, touches);
    is_int(rev[0], 10, "what was read before the first write");
    is_int(rev[2], 11, "and after it");
}


static void
test_failures(void)
{
    size_t     touches[8];
    uint64_t   rev[8];
    conf_rc_t  rc[8];

    reset();
    batch("1431", rc, rev, touches);
    ok(rc[0] == 0 && rc[3] == 0, "an op fails after its write: others");
    is_int(rc[1], CONF_E_ROOM_FULL, "itself");
    is_int(touches[1], 0, "and it has touched nothing");
    is_int(rc[2], CONF_E_FORBIDDEN, "a refused one");
    is_int(fake.stored, 2, "only the good writes are stored");
    is_int(fake.commits, 2, "one by one");
    is_int(fake.empty, 1, "but for the refused one");
    ok(rev[0] == 11 && rev[3] == 12, "each with its revision");

    reset();
    batch("151", rc, rev, touches);
    ok(rc[0] == 0 && rc[2] == 0, "the store fails under one");
    is_int(rc[1], CONF_E_STORE_FAILED, "itself");
    is_int(fake.stored, 2, "stored");

    reset();
    batch("161", rc, rev, touches);
    ok(rc[0] == 0 && rc[2] == 0, "a reply that cannot be packed");
    is_int(rc[1], CONF_E_TOO_LARGE, "is an error");
    is_int(fake.stored, 2, "that leaves nothing");

    reset();
    batch("4", rc, rev, touches);
    is_int(rc[0], CONF_E_ROOM_FULL, "a single one that fails");
    is_int(fake.begins, 2, "is tried by itself");
    is_int(fake.commits, 0, "nor committed");
}


static void
test_commit(bool late)
{
    size_t     touches[8];
    uint64_t   rev[8];
    conf_rc_t  rc[8];

    reset();
    fake.late = late;
    fake.full = 1;
    batch("111", rc, rev, touches);
    ok(rc[0] == 0 && rc[2] == 0, "the map is full once");
    is_int(fake.begins, 2, "begun twice");
    is_int(fake.commits, 1, "committed once");
    is_int(fake.stored, 3, "stored once");
    is_int(touches[0], 1, "touches are not doubled");

    reset();
    fake.late = late;
    fake.full = 100;
    batch("121", rc, rev, touches);
    is_int(rc[0], CONF_E_STORE_FULL, "the map stays full");
    is_int(rc[1], CONF_OK, "reading goes on");
    is_int(rc[2], CONF_E_STORE_FULL, "writing does not");
    is_int(touches[0], 0, "no touch");
    is_int(fake.stored, 0, "nothing stored");

    reset();
    fake.late = late;
    fake.broken = 1;
    batch("11", rc, rev, touches);
    ok(rc[0] == 0 && rc[1] == 0, "a commit fails once");
    is_int(fake.stored, 2, "stored one by one");

    reset();
    fake.late = late;
    fake.broken = 100;
    batch("11", rc, rev, touches);
    is_int(rc[0], CONF_E_STORE_FAILED, "commits fail");
    is_int(rc[1], CONF_E_STORE_FAILED, "for all");
    is_int(rev[0], 0, "no revision");

    reset();
    fake.late = late;
    fake.closed = true;
    batch("11", rc, rev, touches);
    is_int(rc[0], CONF_E_STORE_FAILED, "no transaction");
    is_int(rc[1], CONF_E_STORE_FAILED, "for any");
}


static void
on_msg(confd_server_t *server, const confd_bus_msg_t *msg,
    confd_bus_peer_t *peer)
{
    for (nheard = 0; peer != NULL; peer = peer->heard) {
        heard[nheard++] = peer;
    }
}


static void
on_state(confd_server_t *server, bool up)
{
    nheard = up ? 100 : 0;
}


static size_t
publish(confd_bus_t *bus, const confd_bus_peer_t *from, const char *topic)
{
    confd_bus_msg_t  msg;

    memset(&msg, 0, sizeof(confd_bus_msg_t));
    msg.topic.data = (const uint8_t *) topic;
    msg.topic.len = strlen(topic);

    nheard = 0;

    return confd_bus_local.pub(bus, from, &msg) == CONF_OK ? nheard : 99;
}


static void
test_bus(void)
{
    char               err[64], name[32];
    size_t             i, n;
    conf_str_t         topic;
    confd_bus_t       *bus;
    confd_bus_conf_t   conf;
    confd_bus_peer_t   peers[4];

    memset(&conf, 0, sizeof(conf));
    memset(peers, 0, sizeof(peers));
    conf.boot = 42;
    conf.on_msg = on_msg;
    conf.on_state = on_state;

    bus = confd_bus_local.open(&conf, err, sizeof(err));
    ok(bus != NULL && nheard == 100, "the bus is up");

    peers[0].node = peers[1].node = 1;
    peers[2].node = peers[3].node = 2;

    for (i = 0; i < 4; i++) {
        (void) confd_bus_local.sub(bus, &peers[i], conf_str("r.1"));
        (void) confd_bus_local.sub(bus, &peers[i], conf_str("r.1"));
        (void) confd_bus_local.sub(bus, &peers[i], conf_str("c"));
    }

    is_int(peers[0].nsubs, 2, "twice is once");
    is_int(publish(bus, &peers[0], "r.1"), 1, "one of the other node");
    ok(heard[0] == &peers[2], "the first");
    is_int(publish(bus, NULL, "r.1"), 2, "confd's own: one of each node");
    is_int(publish(bus, &peers[0], "c"), 4, "control: all");
    is_int(publish(bus, &peers[0], "r.2"), 0, "nobody");
    is_int(publish(bus, &peers[0], ""), 99, "no topic");

    confd_bus_local.unsub(bus, &peers[2], conf_str("r.1"));
    confd_bus_local.unsub(bus, &peers[2], conf_str("r.1"));
    is_int(publish(bus, &peers[0], "r.1"), 1, "the next one of the node");
    ok(heard[0] == &peers[3], "takes over");

    for (i = 0; i < 20000; i++) {
        topic.len = (size_t) snprintf(name, sizeof(name), "u.%zu", i);
        topic.data = (const uint8_t *) name;
        (void) confd_bus_local.sub(bus, &peers[3], topic);
    }

    ok(bus->nbuckets >= 16384, "the table has grown");

    for (i = 0, n = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "u.%zu", i);
        n += publish(bus, &peers[0], name);
    }

    is_int(n, 20000, "all are found");

    for (i = 0; i < 4; i++) {
        confd_bus_local.unsub_all(bus, &peers[i]);
    }

    is_int(peers[3].nsubs, 0, "all left");
    is_int(bus->ntopics, 0, "no topic without a subscriber");

    confd_bus_local.close(bus);
}


int
main(void)
{
    char  err[64];

    confd_job_pool_init(&pool);
    (void) confd_log_open("/dev/null", CONFD_LOG_ALERT, err, sizeof(err));

    test_good();
    test_failures();
    test_commit(false);
    test_commit(true);
    test_bus();

    confd_job_pool_free(&pool);

    return tap_done();
}
