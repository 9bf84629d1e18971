
#include "conf_sync_ask.h"

#include <stdio.h>
#include <stdlib.h>


/*
 * Between nodes: nginx of before and after a binary upgrade, or of before and
 * after a zone of another size, have a zone each and meet through confd's
 * bus.  confd tells when there is another node; until then nothing of this
 * costs anything.
 *
 * A worker subscribes to the rooms that its sessions are in.  What it puts
 * into its own zone it publishes for the other nodes, and what comes from
 * them goes into its zone as if a worker of it had published it: stored
 * messages are put in order there, and what the bus loses is a gap there.
 */

#define CONF_SYNC_TOPICS    500      /* rooms a call */
#define CONF_SYNC_BRIDGED   2048     /* published, not answered: then dropped */
#define CONF_SYNC_TOPIC     24       /* "r." and the room */


/* Topics that are collected for a call. */

typedef struct {
    conf_sync_t  *sync;
    conf_op_e     code;
    size_t        n;
    conf_str_t    topics[CONF_SYNC_TOPICS];
    char          text[CONF_SYNC_TOPICS][CONF_SYNC_TOPIC];
} conf_rooms_bridged_t;


static void conf_sync_nodes(conf_sync_t *sync, const conf_nodes_t *nodes);
static void conf_sync_rooms_all(conf_sync_t *sync, conf_op_e code);
static void conf_sync_rooms_one(void *data, uint64_t channel);
static void conf_sync_rooms_send(conf_rooms_bridged_t *rooms);
static void conf_sync_room(void *data, uint64_t channel, bool here);
static void conf_sync_publish(void *data, const conf_event_t *event);
static void conf_sync_published(conf_call_t *call);
static void conf_sync_subscribed(conf_call_t *call);
static conf_str_t conf_sync_topic(char *text, uint64_t channel);
static uint64_t conf_sync_topic_room(conf_str_t topic);


bool
conf_sync_bridge(conf_sync_t *sync, conf_str_t topic, conf_str_t payload)
{
    uint64_t       room_id;
    conf_rc_t      rc;
    conf_wake_t    wake;
    conf_nodes_t   nodes;
    conf_relay_t   relay;
    conf_event_t   event;
    conf_arena_t  *arena;

    room_id = conf_sync_topic_room(topic);

    if (room_id == 0 && !conf_str_eq(topic, conf_str("n"))) {
        return false;
    }

    arena = conf_arena_create(1024, 0);
    if (arena == NULL) {
        return true;
    }

    if (room_id == 0) {
        rc = conf_proto_unpack(arena, &conf_proto_nodes, CONF_PROTO_WIRE,
                               payload, &nodes);
        if (rc == CONF_OK) {
            conf_sync_nodes(sync, &nodes);
        }

    } else {
        rc = conf_proto_unpack(arena, &conf_proto_relay, CONF_PROTO_WIRE,
                               payload, &relay);
        if (rc == CONF_OK) {
            memset(&event, 0, sizeof(conf_event_t));
            event.channel = conf_channel(CONF_CHANNEL_ROOM, room_id);
            event.type = relay.type;
            event.epoch = relay.epoch;
            event.seq = relay.seq;
            event.from = relay.from;
            event.to = relay.to;
            event.user = relay.user;
            event.body = relay.body;

            if (conf_live_foreign(sync->env, &event)) {
                wake.n = 0;
                (void) conf_channel_publish(&sync->env->shm, &event, &wake);
                sync->env->wake(sync->env, &wake);
            }
        }
    }

    conf_arena_destroy(arena);

    return true;
}


void
conf_sync_bridge_end(conf_sync_t *sync)
{
    sync->several = false;
    conf_live_bridge(sync->env->live, NULL);
}


static void
conf_sync_nodes(conf_sync_t *sync, const conf_nodes_t *nodes)
{
    sync->several = nodes->several;

    if (!nodes->several) {
        conf_live_bridge(sync->env->live, NULL);
        conf_sync_rooms_all(sync, CONF_OP_UNSUBSCRIBE);
        return;
    }

    sync->bridge.room = conf_sync_room;
    sync->bridge.publish = conf_sync_publish;
    sync->bridge.data = sync;

    conf_live_bridge(sync->env->live, &sync->bridge);
    conf_sync_rooms_all(sync, CONF_OP_SUBSCRIBE);

    /* What was stored before we could hear of it. */

    conf_sync_doubt(sync, false);
}


static void
conf_sync_rooms_all(conf_sync_t *sync, conf_op_e code)
{
    conf_rooms_bridged_t  *rooms;

    rooms = calloc(1, sizeof(conf_rooms_bridged_t));
    if (rooms == NULL) {
        return;
    }

    rooms->sync = sync;
    rooms->code = code;

    conf_live_rooms(sync->env->live, conf_sync_rooms_one, rooms);
    conf_sync_rooms_send(rooms);

    free(rooms);
}


static void
conf_sync_rooms_one(void *data, uint64_t channel)
{
    conf_rooms_bridged_t  *rooms = data;

    rooms->topics[rooms->n] = conf_sync_topic(rooms->text[rooms->n], channel);
    rooms->n++;

    if (rooms->n == CONF_SYNC_TOPICS) {
        conf_sync_rooms_send(rooms);
    }
}


static void
conf_sync_rooms_send(conf_rooms_bridged_t *rooms)
{
    conf_ask_t     *ask;
    conf_topics_t   topics;

    if (rooms->n == 0) {
        return;
    }

    ask = conf_sync_ask(rooms->sync);

    if (ask != NULL) {
        topics.topics.items = rooms->topics;
        topics.topics.n = rooms->n;

        conf_sync_call(ask, rooms->code, &topics, conf_sync_subscribed);
    }

    rooms->n = 0;
}


/* The worker's first session in a room has come, or its last has gone. */

static void
conf_sync_room(void *data, uint64_t channel, bool here)
{
    char           text[CONF_SYNC_TOPIC];
    conf_ask_t    *ask;
    conf_str_t     topic;
    conf_sync_t   *sync = data;
    conf_topics_t  topics;

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    topic = conf_sync_topic(text, channel);
    topics.topics.items = &topic;
    topics.topics.n = 1;

    conf_sync_call(ask, here ? CONF_OP_SUBSCRIBE : CONF_OP_UNSUBSCRIBE,
                   &topics, conf_sync_subscribed);
}


static void
conf_sync_subscribed(conf_call_t *call)
{
    conf_sync_end(call->data);
}


static void
conf_sync_publish(void *data, const conf_event_t *event)
{
    char             text[CONF_SYNC_TOPIC];
    conf_ask_t      *ask;
    conf_sync_t     *sync = data;
    conf_relay_t     relay;
    conf_publish_t   publish;

    if (conf_channel_kind(event->channel) != CONF_CHANNEL_ROOM
        || sync->nbridged >= CONF_SYNC_BRIDGED)
    {
        return;
    }

    relay.type = event->type;
    relay.epoch = event->epoch;
    relay.seq = event->seq;
    relay.from = event->from;
    relay.to = event->to;
    relay.user = event->user;
    relay.body = event->body;

    conf_buf_reset(&sync->relay);

    if (conf_proto_pack(&sync->relay, &conf_proto_relay, &relay) != CONF_OK) {
        return;
    }

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    publish.topic = conf_sync_topic(text, event->channel);
    publish.payload.data = sync->relay.data;
    publish.payload.len = sync->relay.len;

    sync->nbridged++;
    conf_sync_call(ask, CONF_OP_PUBLISH, &publish, conf_sync_published);
}


static void
conf_sync_published(conf_call_t *call)
{
    conf_ask_t  *ask = call->data;

    ask->sync->nbridged--;
    conf_sync_end(ask);
}


static conf_str_t
conf_sync_topic(char *text, uint64_t channel)
{
    int         n;
    conf_str_t  topic;

    n = snprintf(text, CONF_SYNC_TOPIC, "r.%llu",
                 (unsigned long long) conf_channel_id(channel));

    topic.len = n < 0 ? 0 : (size_t) n;
    topic.data = (const uint8_t *) text;

    return topic;
}


/* 0: not a room's. */

static uint64_t
conf_sync_topic_room(conf_str_t topic)
{
    size_t    i;
    uint64_t  id;

    if (topic.len < 3 || topic.len > CONF_SYNC_TOPIC - 5
        || topic.data[0] != 'r' || topic.data[1] != '.')
    {
        return 0;
    }

    id = 0;

    for (i = 2; i < topic.len; i++) {
        if (topic.data[i] < '0' || topic.data[i] > '9') {
            return 0;
        }

        id = id * 10 + (uint64_t) (topic.data[i] - '0');
    }

    return conf_channel_id(id) == id ? id : 0;
}
