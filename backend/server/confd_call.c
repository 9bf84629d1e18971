
/*
 * What the loop answers by itself: HELLO, STAT and the bus.
 */

#include "confd_server.h"
#include "confd_log.h"


/* CONF_AGAIN: the call is answered later. */

typedef conf_rc_t (*confd_call_pt)(confd_server_t *server, confd_link_t *link,
    const void *in, void *out);


static conf_rc_t confd_call_run(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *call, void **out);
static conf_rc_t confd_call_hello(confd_server_t *server, confd_link_t *link,
    const void *in, void *out);
static conf_rc_t confd_call_stat(confd_server_t *server, confd_link_t *link,
    const void *in, void *out);
static conf_rc_t confd_call_subscribe(confd_server_t *server,
    confd_link_t *link, const void *in, void *out);
static conf_rc_t confd_call_unsubscribe(confd_server_t *server,
    confd_link_t *link, const void *in, void *out);
static conf_rc_t confd_call_publish(confd_server_t *server,
    confd_link_t *link, const void *in, void *out);
static bool confd_call_several(const confd_server_t *server);
static void confd_call_touch(confd_server_t *server, const conf_touch_t *touch,
    uint64_t rev);


static const confd_call_pt  confd_calls[CONF_OP_MAX] = {
    [CONF_OP_HELLO] = confd_call_hello,
    [CONF_OP_STAT] = confd_call_stat,
    [CONF_OP_SUBSCRIBE] = confd_call_subscribe,
    [CONF_OP_UNSUBSCRIBE] = confd_call_unsubscribe,
    [CONF_OP_PUBLISH] = confd_call_publish
};


void
confd_call(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *call)
{
    void       *out;
    conf_rc_t   rc;

    rc = confd_call_run(server, link, call, &out);

    if (rc == CONF_OK) {
        confd_call_answer(server, link, call->id, call->code, out);

    } else if (rc != CONF_AGAIN) {
        confd_call_error(server, link, call->id, rc);
    }

    conf_arena_reset(server->scratch);
}


void
confd_call_answer(confd_server_t *server, confd_link_t *link, uint64_t id,
    conf_op_e op, const void *out)
{
    conf_rc_t     rc;
    conf_frame_t  reply;

    memset(&reply, 0, sizeof(conf_frame_t));
    reply.kind = CONF_FRAME_REPLY;
    reply.id = id;

    conf_buf_reset(&server->frame);

    rc = conf_frame_write(&server->frame, &reply, conf_ops[op].reply, out);

    if (rc == CONF_OK) {
        confd_link_send(link, server->frame.data, server->frame.len);

    } else {
        confd_call_error(server, link, id, rc);
    }
}


void
confd_call_error(confd_server_t *server, confd_link_t *link, uint64_t id,
    conf_rc_t rc)
{
    conf_frame_t  reply;

    memset(&reply, 0, sizeof(conf_frame_t));
    reply.kind = CONF_FRAME_REPLY;
    reply.id = id;
    reply.code = (uint32_t) rc;

    conf_buf_reset(&server->frame);

    if (conf_frame_write(&server->frame, &reply, NULL, NULL) == CONF_OK) {
        confd_link_send(link, server->frame.data, server->frame.len);

    } else {
        confd_link_drop(link, "no memory for a reply");
    }
}


void
confd_call_event(confd_server_t *server, const confd_bus_msg_t *msg,
    confd_bus_peer_t *heard)
{
    conf_rc_t          rc;
    confd_link_t      *link;
    conf_frame_t       event;
    conf_publish_t     body;
    confd_bus_peer_t  *next;

    memset(&event, 0, sizeof(conf_frame_t));
    event.kind = CONF_FRAME_EVENT;
    event.rev = msg->rev;

    body.topic = msg->topic;
    body.payload = msg->payload;

    conf_buf_reset(&server->frame);

    rc = conf_frame_write(&server->frame, &event, &conf_proto_publish, &body);

    for ( /* void */ ; heard != NULL; heard = next) {
        next = heard->heard;
        link = conf_container(heard, confd_link_t, peer);

        /* A link that misses an event must know: it starts anew. */

        if (rc != CONF_OK) {
            confd_link_drop(link, "no memory for an event");

        } else {
            confd_link_send(link, server->frame.data, server->frame.len);
        }
    }
}


void
confd_call_bus_state(confd_server_t *server, bool up)
{
    confd_log(CONFD_LOG_INFO, "bus \"%s\" is %s", server->bus_driver->name,
              up ? "up" : "down");
}


void
confd_call_touches(confd_server_t *server, const confd_jobs_t *jobs)
{
    size_t              i;
    const confd_job_t  *job;

    for (job = jobs->first; job != NULL; job = job->next) {
        if (job->rc != CONF_OK) {
            continue;
        }

        for (i = 0; i < job->ctx.ntouches; i++) {
            confd_call_touch(server, &job->ctx.touches[i], job->rev);
        }
    }
}


void
confd_call_nodes(confd_server_t *server, confd_link_t *fresh)
{
    bool               changed;
    conf_rc_t          rc;
    conf_buf_t         payload;
    conf_nodes_t       nodes;
    confd_link_t      *link;
    confd_bus_msg_t    msg;
    confd_bus_peer_t  *heard, **last;

    memset(&nodes, 0, sizeof(conf_nodes_t));
    nodes.several = confd_call_several(server);

    changed = nodes.several != server->several;
    server->several = nodes.several;

    heard = NULL;
    last = &heard;

    for (link = server->links.first; link != NULL; link = link->next) {
        if (link->greeted
            && !atomic_load_explicit(&link->gone, memory_order_relaxed)
            && (changed || (link == fresh && nodes.several)))
        {
            link->peer.heard = NULL;
            *last = &link->peer;
            last = &link->peer.heard;
        }
    }

    if (heard == NULL) {
        return;
    }

    conf_buf_init(&payload, 0);

    rc = conf_proto_pack(&payload, &conf_proto_nodes, &nodes);

    if (rc == CONF_OK) {
        msg.topic = conf_str(CONFD_TOPIC_NODES);
        msg.payload.data = payload.data;
        msg.payload.len = payload.len;
        msg.rev = 0;

        confd_call_event(server, &msg, heard);
    }

    conf_buf_free(&payload);
}


/* Are there links of two nodes?  Tools are of none. */

static bool
confd_call_several(const confd_server_t *server)
{
    uint64_t             node;
    const confd_link_t  *link;

    node = 0;

    for (link = server->links.first; link != NULL; link = link->next) {
        if (!link->greeted || link->peer.node == 0
            || atomic_load_explicit(&link->gone, memory_order_relaxed))
        {
            continue;
        }

        if (node != 0 && link->peer.node != node) {
            return true;
        }

        node = link->peer.node;
    }

    return false;
}


static conf_rc_t
confd_call_run(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *call, void **out)
{
    void                  *in;
    conf_rc_t              rc;
    const conf_op_info_t  *info;

    info = &conf_ops[call->code];

    if (confd_calls[call->code] == NULL && call->code != CONF_OP_BACKUP) {
        return CONF_E_PROTOCOL;
    }

    in = conf_arena_alloc(server->scratch, info->request->size);
    *out = conf_arena_calloc(server->scratch, info->reply->size);

    if (in == NULL || *out == NULL) {
        return CONF_E_NOMEM;
    }

    rc = conf_proto_unpack(server->scratch, info->request, CONF_PROTO_WIRE,
                           call->body, in);
    if (rc != CONF_OK) {
        return rc;
    }

    if (call->code == CONF_OP_BACKUP) {
        return confd_backup_start(server, link, call->id, in);
    }

    return confd_calls[call->code](server, link, in, *out);
}


static conf_rc_t
confd_call_hello(confd_server_t *server, confd_link_t *link, const void *in,
    void *out)
{
    conf_rc_t            rc;
    conf_welcome_t      *welcome = out;
    const conf_hello_t  *hello = in;

    if (link->greeted) {
        return CONF_E_PROTOCOL;
    }

    if (hello->version != CONF_RPC_VERSION) {
        confd_log(CONFD_LOG_WARN, "link %llu: speaks version %u, not %u",
                  (unsigned long long) link->number, (unsigned) hello->version,
                  CONF_RPC_VERSION);
        return CONF_E_PROTOCOL;
    }

    link->peer.node = hello->node;

    rc = server->bus_driver->sub(server->bus, &link->peer,
                                 conf_str(CONFD_TOPIC_CONTROL));
    if (rc != CONF_OK) {
        return rc;
    }

    link->greeted = true;

    welcome->version = CONF_RPC_VERSION;
    welcome->boot = server->boot;

    confd_log(CONFD_LOG_INFO, "link %llu: node %016llx, process %llu",
              (unsigned long long) link->number,
              (unsigned long long) hello->node,
              (unsigned long long) hello->pid);

    return CONF_OK;
}


static conf_rc_t
confd_call_stat(confd_server_t *server, confd_link_t *link, const void *in,
    void *out)
{
    size_t               i;
    confd_work_t        *work;
    conf_stat_t         *stat = out;
    confd_store_stat_t   store;

    work = &server->work;
    work->driver->stat(work->store, &store);

    stat->uptime_ms = uv_now(&server->loop) - server->started_ms;
    stat->links = server->links.n;
    stat->queued = confd_lane_waiting(&server->lanes[CONF_LANE_WRITE]);
    stat->ops = server->ops;
    stat->busy = server->busy;
    stat->commits = atomic_load_explicit(&work->commits, memory_order_relaxed);
    stat->committed = atomic_load_explicit(&work->committed,
                                           memory_order_relaxed);
    stat->commit_us = atomic_load_explicit(&work->commit_us,
                                           memory_order_relaxed);
    stat->map_used = store.used;
    stat->map_size = store.size;

    stat->users = atomic_load_explicit(&work->users, memory_order_relaxed);
    stat->rooms = atomic_load_explicit(&work->rooms, memory_order_relaxed);
    stat->messages = atomic_load_explicit(&work->messages,
                                          memory_order_relaxed);

    for (i = 0; i < CONF_TIME_BUCKETS; i++) {
        server->commit_times[i] =
            atomic_load_explicit(&work->commit_times[i],
                                 memory_order_relaxed);
    }

    stat->commit_times.items = server->commit_times;
    stat->commit_times.n = CONF_TIME_BUCKETS;

    return CONF_OK;
}


/* Topics before one that is refused stay subscribed. */

static conf_rc_t
confd_call_subscribe(confd_server_t *server, confd_link_t *link,
    const void *in, void *out)
{
    size_t                i;
    conf_rc_t             rc;
    const conf_str_t     *topic;
    const conf_topics_t  *topics = in;

    topic = topics->topics.items;

    for (i = 0; i < topics->topics.n; i++) {
        rc = server->bus_driver->sub(server->bus, &link->peer, topic[i]);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* Nobody leaves the control topic: touches are for every link. */

static conf_rc_t
confd_call_unsubscribe(confd_server_t *server, confd_link_t *link,
    const void *in, void *out)
{
    size_t                i;
    const conf_str_t     *topic;
    const conf_topics_t  *topics = in;

    topic = topics->topics.items;

    for (i = 0; i < topics->topics.n; i++) {
        if (!conf_str_eq(topic[i], conf_str(CONFD_TOPIC_CONTROL))) {
            server->bus_driver->unsub(server->bus, &link->peer, topic[i]);
        }
    }

    return CONF_OK;
}


static conf_rc_t
confd_call_publish(confd_server_t *server, confd_link_t *link,
    const void *in, void *out)
{
    confd_bus_msg_t        msg;
    const conf_publish_t  *publish = in;

    msg.topic = publish->topic;
    msg.payload = publish->payload;
    msg.rev = 0;

    return server->bus_driver->pub(server->bus, &link->peer, &msg);
}


static void
confd_call_touch(confd_server_t *server, const conf_touch_t *touch,
    uint64_t rev)
{
    conf_rc_t        rc;
    conf_buf_t       payload;
    confd_link_t    *link;
    confd_bus_msg_t  msg;

    conf_buf_init(&payload, 0);

    rc = conf_proto_pack(&payload, &conf_proto_touch, touch);

    if (rc == CONF_OK) {
        msg.topic = conf_str(CONFD_TOPIC_CONTROL);
        msg.payload.data = payload.data;
        msg.payload.len = payload.len;
        msg.rev = rev;

        rc = server->bus_driver->pub(server->bus, NULL, &msg);
    }

    conf_buf_free(&payload);

    /* Who misses a touch would show what is stale for ever. */

    for (link = server->links.first; rc != CONF_OK && link != NULL;
         link = link->next)
    {
        confd_link_drop(link, "no memory for a touch");
    }
}
