
#include "conf_shm_root.h"


_Static_assert(CONF_WORKERS_MAX <= 64, "slots of workers are bits");

/* One publish, or one skip: the channel and who is to be woken. */

typedef struct {
    conf_shm_t          *shm;
    conf_shm_root_t     *root;
    conf_shm_channel_t  *channel;
    conf_wake_t         *wake;
    int64_t              now_ms;
} conf_publish_ctx_t;


static conf_rc_t conf_publish_once(conf_publish_ctx_t *p,
    const conf_event_t *event);
static conf_rc_t conf_publish_durable(conf_publish_ctx_t *p,
    const conf_event_t *event);
static conf_rc_t conf_publish_late(conf_publish_ctx_t *p,
    const conf_event_t *event);
static void conf_publish_advance(conf_publish_ctx_t *p);
static void conf_publish_first(conf_publish_ctx_t *p);
static conf_rc_t conf_publish_deliver(conf_publish_ctx_t *p,
    conf_shm_event_t *event);
static uint64_t conf_publish_slots(conf_publish_ctx_t *p,
    const conf_shm_stage_t *stage, const conf_shm_event_t *event);
static conf_shm_event_t *conf_publish_event(conf_publish_ctx_t *p,
    const conf_event_t *event);
static conf_shm_gap_t *conf_publish_gap(conf_publish_ctx_t *p, uint64_t seq);
static void conf_publish_forget(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_gap_t *gap, conf_tree_t *node);
static void conf_gap_touch(conf_shm_root_t *root, conf_shm_gap_t *gap,
    int64_t now_ms);


conf_rc_t
conf_channel_publish(conf_shm_t *shm, const conf_event_t *event,
    conf_wake_t *wake)
{
    conf_rc_t           rc;
    conf_publish_ctx_t  p;

    wake->n = 0;

    p.shm = shm;
    p.wake = wake;
    p.now_ms = shm->ops->now_ms(shm->ops->ctx);

    p.root = conf_shm_lock(shm);
    if (p.root == NULL) {
        return CONF_E_ZONE_FULL;
    }

    p.channel = conf_shm_channel(p.root, event->channel);

    if (p.channel == NULL) {
        rc = CONF_DONE;

    } else if (event->seq == 0) {
        rc = conf_publish_once(&p, event);

    } else {
        rc = conf_publish_durable(&p, event);
    }

    conf_shm_unlock(shm);

    return rc;
}


/*
 * The clock may have been set back: a gap from the future counts as old.
 */

conf_rc_t
conf_channel_gap(conf_shm_t *shm, int64_t age_ms, conf_gap_t *gap)
{
    int64_t           now_ms;
    conf_rc_t         rc;
    conf_tree_t      *node;
    conf_shm_gap_t   *g;
    conf_shm_root_t  *root;

    now_ms = shm->ops->now_ms(shm->ops->ctx);

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_DONE;
    }

    rc = CONF_DONE;

    if (!conf_queue_empty(&root->gaps)) {
        g = conf_container(root->gaps.next, conf_shm_gap_t, link);

        if (g->since_ms > now_ms || now_ms - g->since_ms >= age_ms) {
            node = conf_tree_above(g->late, 0);

            gap->channel = g->channel->key;
            gap->epoch = g->channel->epoch;
            gap->first = g->channel->seq + 1;
            gap->last = node != NULL ? node->key - 1 : g->newest;

            conf_gap_touch(root, g, now_ms);
            rc = CONF_OK;
        }
    }

    conf_shm_unlock(shm);

    return rc;
}


void
conf_channel_skip(conf_shm_t *shm, const conf_gap_t *gap, conf_wake_t *wake)
{
    conf_tree_t         *node;
    conf_publish_ctx_t   p;

    wake->n = 0;

    p.shm = shm;
    p.wake = wake;
    p.now_ms = shm->ops->now_ms(shm->ops->ctx);

    p.root = conf_shm_lock(shm);
    if (p.root == NULL) {
        return;
    }

    p.channel = conf_shm_channel(p.root, gap->channel);

    if (p.channel != NULL
        && p.channel->epoch == gap->epoch
        && p.channel->seq < gap->last
        && p.channel->seq >= gap->first - 1)
    {
        /* Some of them may have come after all. */

        while (p.channel->gap != NULL) {
            node = conf_tree_above(p.channel->gap->late, 0);

            if (node == NULL || node->key > gap->last) {
                break;
            }

            conf_publish_first(&p);
        }

        p.channel->seq = gap->last;
        conf_publish_advance(&p);
    }

    conf_shm_unlock(shm);
}


conf_rc_t
conf_shm_gap_init(conf_shm_t *shm, conf_shm_root_t *root)
{
    conf_shm_gap_t  *gap;

    while (root->nspares < CONF_GAP_SPARES) {
        gap = shm->ops->alloc(shm->ops->ctx, sizeof(conf_shm_gap_t));
        if (gap == NULL) {
            return CONF_E_ZONE_FULL;
        }

        conf_queue_insert(&root->spares, &gap->link);
        root->nspares++;
    }

    return CONF_OK;
}


void
conf_shm_gap_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_channel_t *channel)
{
    conf_shm_gap_t  *gap;

    gap = channel->gap;

    if (gap == NULL) {
        return;
    }

    while (gap->late != NULL) {
        conf_publish_forget(shm, root, gap, gap->late);
    }

    conf_queue_remove(&gap->link);
    channel->gap = NULL;

    if (root->nspares < CONF_GAP_SPARES) {
        conf_queue_insert(&root->spares, &gap->link);
        root->nspares++;
        return;
    }

    conf_shm_free(shm, gap);
}


static conf_rc_t
conf_publish_once(conf_publish_ctx_t *p, const conf_event_t *event)
{
    conf_rc_t          rc;
    conf_shm_event_t  *record;

    record = conf_publish_event(p, event);
    if (record == NULL) {
        return CONF_E_ZONE_FULL;
    }

    rc = conf_publish_deliver(p, record);
    conf_shm_event_release(p->shm, p->root, record);

    return rc;
}


/*
 * An event that finds no memory leaves a gap in its place.  In the first one
 * of another epoch everything begins anew.
 */

static conf_rc_t
conf_publish_durable(conf_publish_ctx_t *p, const conf_event_t *event)
{
    conf_rc_t            rc;
    conf_shm_channel_t  *channel;

    channel = p->channel;

    if (event->epoch != channel->epoch) {
        conf_shm_gap_end(p->shm, p->root, channel);
        channel->epoch = event->epoch;
        channel->seq = event->seq - 1;
    }

    if (event->seq <= channel->seq) {
        return CONF_DONE;
    }

    if (event->seq - 1 > channel->seq) {
        return conf_publish_late(p, event);
    }

    rc = conf_publish_once(p, event);

    if (rc == CONF_E_ZONE_FULL) {
        (void) conf_publish_gap(p, event->seq);
        return rc;
    }

    channel->seq = event->seq;
    conf_publish_advance(p);

    return rc;
}


static conf_rc_t
conf_publish_late(conf_publish_ctx_t *p, const conf_event_t *event)
{
    conf_tree_t       *last;
    conf_shm_gap_t    *gap;
    conf_shm_late_t   *late;
    conf_shm_event_t  *record;

    gap = conf_publish_gap(p, event->seq);

    if (gap == NULL) {
        return CONF_E_ZONE_FULL;
    }

    if (conf_tree_find(gap->late, event->seq) != NULL) {
        return CONF_DONE;
    }

    last = NULL;

    if (gap->nlate == CONF_LATE_MAX) {
        last = conf_tree_last(gap->late);

        if (last->key < event->seq) {
            return CONF_AGAIN;
        }
    }

    record = conf_publish_event(p, event);
    if (record == NULL) {
        return CONF_E_ZONE_FULL;
    }

    late = conf_shm_alloc(p->shm, sizeof(conf_shm_late_t));

    if (late == NULL) {
        conf_shm_event_release(p->shm, p->root, record);
        return CONF_E_ZONE_FULL;
    }

    if (last != NULL) {
        conf_publish_forget(p->shm, p->root, gap, last);
    }

    late->event = record;
    late->node.key = event->seq;
    late->node.prio = conf_hash_of(&p->root->channels, event->seq, 3);

    conf_tree_insert(&gap->late, &late->node);
    gap->nlate++;

    return CONF_AGAIN;
}


/* The channel's seq has grown: delivers what waited for just that. */

static void
conf_publish_advance(conf_publish_ctx_t *p)
{
    conf_tree_t         *node;
    conf_shm_channel_t  *channel;

    channel = p->channel;

    if (channel->gap == NULL) {
        return;
    }

    for ( ;; ) {
        node = conf_tree_above(channel->gap->late, 0);

        if (node == NULL || node->key - 1 > channel->seq) {
            break;
        }

        conf_publish_first(p);
    }

    if (channel->seq >= channel->gap->newest) {
        conf_shm_gap_end(p->shm, p->root, channel);
        return;
    }

    conf_gap_touch(p->root, channel->gap, p->now_ms);
}


/* Delivers the first of those that wait. */

static void
conf_publish_first(conf_publish_ctx_t *p)
{
    conf_tree_t      *node;
    conf_shm_gap_t   *gap;
    conf_shm_late_t  *late;

    gap = p->channel->gap;
    node = conf_tree_above(gap->late, 0);
    late = conf_container(node, conf_shm_late_t, node);

    p->channel->seq = node->key;
    (void) conf_publish_deliver(p, late->event);

    conf_publish_forget(p->shm, p->root, gap, node);
}


/*
 * Into each inbox that listens, or into those of whom it is for; it has its
 * number before it is in the first of them.
 */

static conf_rc_t
conf_publish_deliver(conf_publish_ctx_t *p, conf_shm_event_t *event)
{
    uint64_t           slots;
    conf_shm_sub_t    *sub;
    conf_shm_root_t   *root;
    conf_shm_stage_t  *stage;

    root = p->root;
    root->published++;

    slots = UINT64_MAX;
    stage = conf_shm_stage(p->channel);

    if (event->to != 0 || event->user != 0) {
        slots = conf_publish_slots(p, stage, event);
        if (slots == 0) {
            return CONF_DONE;
        }
    }

    if (stage != NULL) {
        conf_shm_ring_put(p->shm, root, stage, event);
    }

    for (sub = p->channel->subs; sub != NULL; sub = sub->next) {
        if ((slots & ((uint64_t) 1 << sub->slot)) != 0) {
            conf_shm_inbox_put(root, &root->workers[sub->slot], event,
                               p->now_ms, p->wake);
        }
    }

    return CONF_OK;
}


/* The workers of the one session, or of the user's peers. */

static uint64_t
conf_publish_slots(conf_publish_ctx_t *p, const conf_shm_stage_t *stage,
    const conf_shm_event_t *event)
{
    uint64_t          slots;
    conf_shm_peer_t  *peer;
    conf_shm_seat_t  *seat;

    if (event->to != 0) {
        seat = conf_shm_seat(p->root, event->to, event->channel);

        return seat == NULL ? 0 : (uint64_t) 1 << seat->session->slot;
    }

    slots = 0;
    peer = stage != NULL ? conf_shm_peer(stage, event->user) : NULL;

    for ( /* void */ ; peer != NULL; peer = peer->same) {
        slots |= (uint64_t) 1 << peer->seat->session->slot;
    }

    return slots;
}


static conf_shm_event_t *
conf_publish_event(conf_publish_ctx_t *p, const conf_event_t *event)
{
    conf_shm_event_t  *record;

    if (event->body.len > SIZE_MAX - sizeof(conf_shm_event_t)) {
        return NULL;
    }

    record = conf_shm_alloc(p->shm,
                            sizeof(conf_shm_event_t) + event->body.len);
    if (record == NULL) {
        return NULL;
    }

    record->refs = 1;
    record->type = event->type;
    record->channel = event->channel;
    record->epoch = event->epoch;
    record->seq = event->seq;
    record->from = event->from;
    record->to = event->to;
    record->user = event->user;
    record->live = 0;
    record->kept_ms = 0;
    record->len = event->body.len;

    if (event->body.len != 0) {
        memcpy(record->body, event->body.data, event->body.len);
    }

    p->root->nevents++;

    return record;
}


/* The channel's gap, which now reaches up to seq; NULL: the zone is full. */

static conf_shm_gap_t *
conf_publish_gap(conf_publish_ctx_t *p, uint64_t seq)
{
    conf_shm_gap_t   *gap;
    conf_shm_root_t  *root;

    root = p->root;
    gap = p->channel->gap;

    if (gap != NULL) {
        gap->newest = conf_max(gap->newest, seq);
        return gap;
    }

    gap = conf_shm_alloc(p->shm, sizeof(conf_shm_gap_t));

    if (gap == NULL) {
        if (root->nspares == 0) {
            return NULL;
        }

        gap = conf_container(root->spares.next, conf_shm_gap_t, link);
        conf_queue_remove(&gap->link);
        root->nspares--;
    }

    gap->channel = p->channel;
    gap->late = NULL;
    gap->newest = seq;
    gap->since_ms = p->now_ms;
    gap->nlate = 0;

    conf_queue_append(&root->gaps, &gap->link);
    p->channel->gap = gap;

    return gap;
}


/* Drops one of those that wait. */

static void
conf_publish_forget(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_gap_t *gap, conf_tree_t *node)
{
    conf_shm_late_t  *late;

    late = conf_container(node, conf_shm_late_t, node);

    conf_tree_remove(&gap->late, node);
    gap->nlate--;

    conf_shm_event_release(shm, root, late->event);
    conf_shm_free(shm, late);
}


/* The youngest from now on. */

static void
conf_gap_touch(conf_shm_root_t *root, conf_shm_gap_t *gap, int64_t now_ms)
{
    gap->since_ms = now_ms;

    conf_queue_remove(&gap->link);
    conf_queue_append(&root->gaps, &gap->link);
}
