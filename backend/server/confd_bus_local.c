
/*
 * The bus of one machine: a hash of topics, each with its subscribers in the
 * order in which they came.
 */

#include "confd_bus.h"

#include <stdio.h>
#include <stdlib.h>


#define CONFD_BUS_BUCKETS  1024      /* at the start; a power of two */
#define CONFD_BUS_SUBS     (1 << 20) /* topics of one peer, at most */

typedef struct confd_bus_topic_s  confd_bus_topic_t;

/* A peer's subscription is in two lists: the topic's and the peer's. */

struct confd_bus_sub_s {
    confd_bus_peer_t     *peer;
    confd_bus_topic_t    *topic;
    confd_bus_sub_t      *prev;      /* of the topic */
    confd_bus_sub_t      *next;
    confd_bus_sub_t      *peer_prev;
    confd_bus_sub_t      *peer_next;
};

/* Exists as long as it has a subscriber. */

struct confd_bus_topic_s {
    confd_bus_topic_t    *next;      /* of the bucket */
    uint64_t              hash;
    confd_bus_sub_t      *first;
    confd_bus_sub_t      *last;
    size_t                len;
    uint8_t               name[];
};

struct confd_bus_s {
    confd_bus_conf_t      conf;
    confd_bus_topic_t   **buckets;
    size_t                nbuckets;
    size_t                ntopics;
};


static confd_bus_t *confd_bus_local_open(const confd_bus_conf_t *conf,
    char *err, size_t errlen);
static conf_rc_t confd_bus_local_sub(confd_bus_t *bus, confd_bus_peer_t *peer,
    conf_str_t topic);
static void confd_bus_local_unsub(confd_bus_t *bus, confd_bus_peer_t *peer,
    conf_str_t topic);
static void confd_bus_local_unsub_all(confd_bus_t *bus,
    confd_bus_peer_t *peer);
static conf_rc_t confd_bus_local_pub(confd_bus_t *bus,
    const confd_bus_peer_t *from, const confd_bus_msg_t *msg);
static void confd_bus_local_close(confd_bus_t *bus);

static uint64_t confd_bus_hash(confd_bus_t *bus, conf_str_t name);
static confd_bus_topic_t *confd_bus_find(confd_bus_t *bus, conf_str_t name,
    uint64_t hash);
static confd_bus_topic_t *confd_bus_topic(confd_bus_t *bus, conf_str_t name);
static void confd_bus_grow(confd_bus_t *bus);
static confd_bus_sub_t *confd_bus_subscribed(confd_bus_topic_t *topic,
    const confd_bus_peer_t *peer);
static void confd_bus_drop(confd_bus_t *bus, confd_bus_sub_t *sub);
static void confd_bus_forget(confd_bus_t *bus, confd_bus_topic_t *topic);
static bool confd_bus_heard(const confd_bus_peer_t *heard, uint64_t node);


const confd_bus_driver_t  confd_bus_local = {
    .name = "local",
    .caps = { CONF_CONTENT_MAX * 2, CONFD_BUS_MEMORY },
    .open = confd_bus_local_open,
    .sub = confd_bus_local_sub,
    .unsub = confd_bus_local_unsub,
    .unsub_all = confd_bus_local_unsub_all,
    .pub = confd_bus_local_pub,
    .close = confd_bus_local_close
};


static confd_bus_t *
confd_bus_local_open(const confd_bus_conf_t *conf, char *err, size_t errlen)
{
    confd_bus_t  *bus;

    bus = calloc(1, sizeof(confd_bus_t));

    if (bus != NULL) {
        bus->buckets = calloc(CONFD_BUS_BUCKETS, sizeof(confd_bus_topic_t *));
    }

    if (bus == NULL || bus->buckets == NULL) {
        snprintf(err, errlen, "no memory for the bus");
        free(bus);
        return NULL;
    }

    bus->nbuckets = CONFD_BUS_BUCKETS;
    bus->conf = *conf;
    bus->conf.on_state(conf->server, true);

    return bus;
}


static conf_rc_t
confd_bus_local_sub(confd_bus_t *bus, confd_bus_peer_t *peer, conf_str_t name)
{
    confd_bus_sub_t    *sub;
    confd_bus_topic_t  *topic;

    if (name.len == 0 || name.len > CONF_TOPIC_MAX) {
        return CONF_E_INVALID;
    }

    topic = confd_bus_find(bus, name, confd_bus_hash(bus, name));

    if (topic != NULL && confd_bus_subscribed(topic, peer) != NULL) {
        return CONF_OK;
    }

    if (peer->nsubs == CONFD_BUS_SUBS) {
        return CONF_E_TOO_LARGE;
    }

    sub = calloc(1, sizeof(confd_bus_sub_t));

    if (sub != NULL && topic == NULL) {
        topic = confd_bus_topic(bus, name);
    }

    if (sub == NULL || topic == NULL) {
        free(sub);
        return CONF_E_NOMEM;
    }

    sub->peer = peer;
    sub->topic = topic;
    sub->prev = topic->last;

    if (topic->last != NULL) {
        topic->last->next = sub;

    } else {
        topic->first = sub;
    }

    topic->last = sub;

    sub->peer_next = peer->subs;

    if (peer->subs != NULL) {
        peer->subs->peer_prev = sub;
    }

    peer->subs = sub;
    peer->nsubs++;

    return CONF_OK;
}


static void
confd_bus_local_unsub(confd_bus_t *bus, confd_bus_peer_t *peer,
    conf_str_t name)
{
    confd_bus_sub_t    *sub;
    confd_bus_topic_t  *topic;

    topic = confd_bus_find(bus, name, confd_bus_hash(bus, name));
    if (topic == NULL) {
        return;
    }

    sub = confd_bus_subscribed(topic, peer);
    if (sub != NULL) {
        confd_bus_drop(bus, sub);
    }
}


static void
confd_bus_local_unsub_all(confd_bus_t *bus, confd_bus_peer_t *peer)
{
    while (peer->subs != NULL) {
        confd_bus_drop(bus, peer->subs);
    }
}


static conf_rc_t
confd_bus_local_pub(confd_bus_t *bus, const confd_bus_peer_t *from,
    const confd_bus_msg_t *msg)
{
    bool                control;
    confd_bus_sub_t    *sub;
    confd_bus_peer_t   *heard, **last, *peer;
    confd_bus_topic_t  *topic;

    if (msg->topic.len == 0 || msg->topic.len > CONF_TOPIC_MAX) {
        return CONF_E_INVALID;
    }

    if (msg->payload.len > confd_bus_local.caps.payload_max) {
        return CONF_E_TOO_LARGE;
    }

    topic = confd_bus_find(bus, msg->topic, confd_bus_hash(bus, msg->topic));
    if (topic == NULL) {
        return CONF_OK;
    }

    control = conf_str_eq(msg->topic, conf_str(CONFD_TOPIC_CONTROL));
    heard = NULL;
    last = &heard;

    for (sub = topic->first; sub != NULL; sub = sub->next) {
        peer = sub->peer;

        if (!control
            && ((from != NULL && from->node == peer->node)
                || confd_bus_heard(heard, peer->node)))
        {
            continue;
        }

        peer->heard = NULL;
        *last = peer;
        last = &peer->heard;
    }

    if (heard != NULL) {
        bus->conf.on_msg(bus->conf.server, msg, heard);
    }

    return CONF_OK;
}


static void
confd_bus_local_close(confd_bus_t *bus)
{
    size_t              i;
    confd_bus_topic_t  *topic, *next;

    /* Peers have gone before: what is left has no subscribers. */

    for (i = 0; i < bus->nbuckets; i++) {
        for (topic = bus->buckets[i]; topic != NULL; topic = next) {
            next = topic->next;
            free(topic);
        }
    }

    free(bus->buckets);
    free(bus);
}


/* FNV-1a, seeded so that nobody can choose names that collide. */

static uint64_t
confd_bus_hash(confd_bus_t *bus, conf_str_t name)
{
    size_t    i;
    uint64_t  hash;

    hash = 0xcbf29ce484222325 ^ bus->conf.boot;

    for (i = 0; i < name.len; i++) {
        hash = (hash ^ name.data[i]) * 0x100000001b3;
    }

    return hash ^ hash >> 32;
}


static confd_bus_topic_t *
confd_bus_find(confd_bus_t *bus, conf_str_t name, uint64_t hash)
{
    confd_bus_topic_t  *topic;

    topic = bus->buckets[hash & (bus->nbuckets - 1)];

    while (topic != NULL
           && (topic->hash != hash || topic->len != name.len
               || memcmp(topic->name, name.data, name.len) != 0))
    {
        topic = topic->next;
    }

    return topic;
}


static confd_bus_topic_t *
confd_bus_topic(confd_bus_t *bus, conf_str_t name)
{
    confd_bus_topic_t  *topic, **bucket;

    topic = calloc(1, sizeof(confd_bus_topic_t) + name.len);
    if (topic == NULL) {
        return NULL;
    }

    if (bus->ntopics >= bus->nbuckets) {
        confd_bus_grow(bus);
    }

    memcpy(topic->name, name.data, name.len);
    topic->len = name.len;
    topic->hash = confd_bus_hash(bus, name);

    bucket = &bus->buckets[topic->hash & (bus->nbuckets - 1)];
    topic->next = *bucket;
    *bucket = topic;
    bus->ntopics++;

    return topic;
}


/* Without memory it stays as it is, with longer chains. */

static void
confd_bus_grow(confd_bus_t *bus)
{
    size_t               i, n;
    confd_bus_topic_t   *topic, *next, **bucket, **buckets;

    n = bus->nbuckets * 2;

    buckets = calloc(n, sizeof(confd_bus_topic_t *));
    if (buckets == NULL) {
        return;
    }

    for (i = 0; i < bus->nbuckets; i++) {
        for (topic = bus->buckets[i]; topic != NULL; topic = next) {
            next = topic->next;
            bucket = &buckets[topic->hash & (n - 1)];
            topic->next = *bucket;
            *bucket = topic;
        }
    }

    free(bus->buckets);
    bus->buckets = buckets;
    bus->nbuckets = n;
}


static confd_bus_sub_t *
confd_bus_subscribed(confd_bus_topic_t *topic, const confd_bus_peer_t *peer)
{
    confd_bus_sub_t  *sub;

    sub = topic->first;

    while (sub != NULL && sub->peer != peer) {
        sub = sub->next;
    }

    return sub;
}


static void
confd_bus_drop(confd_bus_t *bus, confd_bus_sub_t *sub)
{
    confd_bus_peer_t   *peer;
    confd_bus_topic_t  *topic;

    topic = sub->topic;
    peer = sub->peer;

    if (sub->prev != NULL) {
        sub->prev->next = sub->next;

    } else {
        topic->first = sub->next;
    }

    if (sub->next != NULL) {
        sub->next->prev = sub->prev;

    } else {
        topic->last = sub->prev;
    }

    if (sub->peer_prev != NULL) {
        sub->peer_prev->peer_next = sub->peer_next;

    } else {
        peer->subs = sub->peer_next;
    }

    if (sub->peer_next != NULL) {
        sub->peer_next->peer_prev = sub->peer_prev;
    }

    peer->nsubs--;
    free(sub);

    if (topic->first == NULL) {
        confd_bus_forget(bus, topic);
    }
}


static void
confd_bus_forget(confd_bus_t *bus, confd_bus_topic_t *topic)
{
    confd_bus_topic_t  **p;

    p = &bus->buckets[topic->hash & (bus->nbuckets - 1)];

    while (*p != topic) {
        p = &(*p)->next;
    }

    *p = topic->next;
    bus->ntopics--;
    free(topic);
}


static bool
confd_bus_heard(const confd_bus_peer_t *heard, uint64_t node)
{
    while (heard != NULL && heard->node != node) {
        heard = heard->heard;
    }

    return heard != NULL;
}
