
#include "confd_server.h"
#include "confd_log.h"


#define CONFD_SELF_TICK_MS  1000


/* Ops that are asked regularly, without a request: what, and every when. */

typedef struct {
    conf_op_e   op;
    uint64_t    seconds;
} confd_self_row_t;


static void confd_self_tick(uv_timer_t *timer);


/* Nobody goes away: jobs look at it. */

static const atomic_bool  confd_self_gone;


void
confd_self_init(confd_server_t *server)
{
    (void) uv_timer_init(&server->loop, &server->self.timer);
    server->self.timer.data = server;

    (void) uv_timer_start(&server->self.timer, confd_self_tick,
                          CONFD_SELF_TICK_MS, CONFD_SELF_TICK_MS);
}


conf_rc_t
confd_self_call(confd_server_t *server, conf_op_e op, const void *request,
    confd_self_pt done)
{
    conf_rc_t      rc;
    conf_buf_t     body;
    confd_job_t   *job;
    conf_frame_t   call;
    confd_lane_t  *lane;

    lane = &server->lanes[conf_ops[op].lane];

    if (server->stopping || !confd_lane_admits(lane)) {
        return CONF_E_BACKEND_BUSY;
    }

    memset(&call, 0, sizeof(conf_frame_t));
    call.kind = CONF_FRAME_CALL;
    call.code = op;

    conf_buf_init(&body, 0);
    job = NULL;

    rc = conf_proto_pack(&body, conf_ops[op].request, request);

    if (rc == CONF_OK) {
        call.body.data = body.data;
        call.body.len = body.len;

        rc = confd_job_create(&server->pool, &call, &job);
    }

    conf_buf_free(&body);

    if (rc != CONF_OK) {
        return rc;
    }

    job->gone = &confd_self_gone;
    job->self = done;

    server->running++;
    confd_lane_add(lane, job);

    return CONF_OK;
}


void
confd_self_done(confd_server_t *server, confd_job_t *job)
{
    void          *out;
    size_t         used;
    conf_rc_t      rc;
    conf_str_t     reply;
    conf_frame_t   frame;

    out = NULL;
    reply.data = job->reply.data;
    reply.len = job->reply.len;

    rc = reply.len == 0 ? CONF_E_NOMEM
                        : conf_frame_read(reply, &used, &frame);

    if (rc == CONF_OK && frame.code != CONF_OK) {
        rc = (conf_rc_t) frame.code;
    }

    if (rc == CONF_OK) {
        out = conf_arena_alloc(job->arena, conf_ops[job->op].reply->size);
        rc = out == NULL ? CONF_E_NOMEM
                         : conf_proto_unpack(job->arena,
                                             conf_ops[job->op].reply,
                                             CONF_PROTO_WIRE, frame.body, out);
    }

    if (rc != CONF_OK) {
        out = NULL;
        confd_log(CONFD_LOG_ERROR, "own op \"%s\" failed: %d",
                  conf_ops[job->op].name, rc);
    }

    if (job->self != NULL && !server->stopping) {
        job->self(server, rc, out);
    }
}


static void
confd_self_tick(uv_timer_t *timer)
{
    size_t           i;
    conf_none_t      none = { 0 };
    confd_server_t  *server = timer->data;

    static const confd_self_row_t  rows[] = {
        { CONF_OP_ROOM_DUE, 1 },
        { CONF_OP_MAX, 0 }             /* the end */
    };

    server->self.seconds++;

    for (i = 0; rows[i].op != CONF_OP_MAX; i++) {
        if (server->self.seconds % rows[i].seconds == 0) {
            (void) confd_self_call(server, rows[i].op, &none, NULL);
        }
    }

    confd_mail_tick(server);
}
