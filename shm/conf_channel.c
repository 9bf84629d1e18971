
#include "conf_shm_root.h"


/* What a join needs; fresh: made for it, not linked yet. */

typedef struct {
    conf_shm_session_t  *session;
    conf_shm_channel_t  *channel;
    conf_shm_sub_t      *sub;
    conf_shm_user_t     *user;
    conf_shm_seat_t     *seat;
    conf_shm_peer_t     *peer;          /* NULL: is none */
    conf_shm_stage_t    *stage;         /* made for it, else NULL */
    bool                 fresh_channel;
    bool                 fresh_sub;
    bool                 fresh_user;
} conf_channel_parts_t;


static conf_rc_t conf_channel_join_locked(conf_shm_t *shm,
    conf_shm_root_t *root, uint64_t id, const conf_join_t *join, bool *first);
static conf_rc_t conf_channel_parts(conf_shm_t *shm, const conf_join_t *join,
    conf_channel_parts_t *parts);
static bool conf_channel_staged(conf_shm_t *shm, const conf_join_t *join,
    conf_channel_parts_t *parts);
static void conf_channel_link(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_join_t *join, const conf_channel_parts_t *parts);
static void conf_channel_begin(conf_shm_root_t *root,
    conf_shm_channel_t *channel);
static void conf_channel_free(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_channel_t *channel);
static void conf_channel_unsub(conf_shm_t *shm, conf_shm_channel_t *channel,
    uint32_t slot);
static conf_shm_sub_t *conf_channel_sub(conf_shm_channel_t *channel,
    uint32_t slot);
static uint64_t conf_channel_hash(const conf_hash_t *hash,
    const conf_hash_node_t *node);
static uint64_t conf_channel_seat_hash(const conf_hash_t *hash,
    const conf_hash_node_t *node);


/*
 * join->subscribe and unsubscribe are what the worker thinks.  The zone
 * counts each worker's sessions in a channel itself, since a close and a dead
 * worker leave without saying so.
 */

conf_rc_t
conf_channel_join(conf_shm_t *shm, uint64_t session, const conf_join_t *join,
    bool *first)
{
    conf_rc_t         rc;
    conf_shm_root_t  *root;

    *first = false;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_E_ZONE_FULL;
    }

    rc = conf_channel_join_locked(shm, root, session, join, first);

    conf_shm_unlock(shm);

    return rc;
}


conf_rc_t
conf_channel_leave(conf_shm_t *shm, uint64_t session, uint64_t channel,
    bool unsubscribe, conf_left_t *left)
{
    conf_shm_root_t  *root;
    conf_shm_seat_t  *seat;

    left->last = false;
    left->led = false;
    left->peer = false;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_E_NOT_FOUND;
    }

    seat = conf_shm_seat(root, session, channel);

    if (seat != NULL) {
        conf_shm_seat_end(shm, root, seat, left);
    }

    conf_shm_unlock(shm);

    return seat != NULL ? CONF_OK : CONF_E_NOT_FOUND;
}


size_t
conf_channel_users(conf_shm_t *shm, uint64_t channel, uint64_t after,
    uint64_t *users, size_t max)
{
    size_t               n;
    conf_tree_t         *node;
    conf_shm_root_t     *root;
    conf_shm_channel_t  *c;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    c = conf_shm_channel(root, channel);
    node = c != NULL ? conf_tree_above(c->users, after) : NULL;

    for (n = 0; n < max && node != NULL; n++) {
        users[n] = node->key;
        node = node->next;
    }

    conf_shm_unlock(shm);

    return n;
}


size_t
conf_channel_count(conf_shm_t *shm, uint64_t channel)
{
    size_t               n;
    conf_shm_root_t     *root;
    conf_shm_channel_t  *c;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    c = conf_shm_channel(root, channel);
    n = c != NULL ? c->nusers : 0;

    conf_shm_unlock(shm);

    return n;
}


size_t
conf_channel_sessions(conf_shm_t *shm, uint64_t channel)
{
    size_t               n;
    conf_shm_sub_t      *sub;
    conf_shm_root_t     *root;
    conf_shm_channel_t  *c;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    n = 0;
    c = conf_shm_channel(root, channel);

    for (sub = c != NULL ? c->subs : NULL; sub != NULL; sub = sub->next) {
        n += sub->sessions;
    }

    conf_shm_unlock(shm);

    return n;
}


bool
conf_channel_has(conf_shm_t *shm, uint64_t channel, uint64_t user)
{
    bool                 has;
    conf_shm_root_t     *root;
    conf_shm_channel_t  *c;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return false;
    }

    c = conf_shm_channel(root, channel);
    has = c != NULL && conf_tree_find(c->users, user) != NULL;

    conf_shm_unlock(shm);

    return has;
}


size_t
conf_channel_heads(conf_shm_t *shm, uint64_t after, conf_channel_head_t *heads,
    size_t max)
{
    size_t            n;
    conf_tree_t      *node;
    conf_shm_root_t  *root;
    conf_shm_room_t  *room;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    node = conf_tree_above(root->rooms, after);

    for (n = 0; n < max && node != NULL; n++) {
        room = conf_container(node, conf_shm_room_t, node);

        heads[n].channel = room->channel.key;
        heads[n].epoch = room->channel.epoch;
        heads[n].seq = room->channel.seq;

        node = node->next;
    }

    conf_shm_unlock(shm);

    return n;
}


conf_shm_channel_t *
conf_shm_channel(conf_shm_root_t *root, uint64_t key)
{
    conf_hash_node_t    *node;
    conf_shm_channel_t  *channel;

    node = conf_hash_chain(&root->channels,
                           conf_hash_of(&root->channels, key, 0));

    for ( /* void */ ; node != NULL; node = node->next) {
        channel = conf_container(node, conf_shm_channel_t, node);

        if (channel->key == key) {
            return channel;
        }
    }

    return NULL;
}


conf_shm_seat_t *
conf_shm_seat(conf_shm_root_t *root, uint64_t session, uint64_t channel)
{
    conf_shm_seat_t   *seat;
    conf_hash_node_t  *node;

    node = conf_hash_chain(&root->seats,
                           conf_hash_of(&root->seats, session, channel));

    for ( /* void */ ; node != NULL; node = node->next) {
        seat = conf_container(node, conf_shm_seat_t, node);

        if (seat->session->id == session
            && seat->user->channel->key == channel)
        {
            return seat;
        }
    }

    return NULL;
}


void
conf_shm_seat_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_seat_t *seat, conf_left_t *left)
{
    uint32_t             slot;
    conf_shm_user_t     *user;
    conf_shm_channel_t  *channel;

    user = seat->user;
    channel = user->channel;
    slot = seat->session->slot;

    left->channel = channel->key;
    left->user = user->node.key;
    left->last = user->sessions == 1;
    left->led = false;
    left->peer = seat->peer != NULL;

    if (seat->peer != NULL) {
        conf_shm_peer_end(shm, root, seat, left);
    }

    conf_hash_remove(&root->seats, shm->ops, &seat->node,
                     conf_channel_seat_hash);
    conf_queue_remove(&seat->link);
    conf_shm_free(shm, seat);

    conf_channel_unsub(shm, channel, slot);

    if (--user->sessions != 0) {
        return;
    }

    conf_tree_remove(&channel->users, &user->node);
    conf_shm_free(shm, user);

    if (--channel->nusers == 0) {
        conf_channel_free(shm, root, channel);
    }
}


static conf_rc_t
conf_channel_join_locked(conf_shm_t *shm, conf_shm_root_t *root, uint64_t id,
    const conf_join_t *join, bool *first)
{
    conf_rc_t             rc;
    conf_channel_parts_t  parts;

    memset(&parts, 0, sizeof(conf_channel_parts_t));

    parts.session = conf_shm_session(root, id);

    if (parts.session == NULL || parts.session->closing != 0) {
        return CONF_E_NOT_FOUND;
    }

    if (conf_shm_seat(root, id, join->channel) != NULL) {
        return CONF_E_EXISTS;
    }

    parts.channel = conf_shm_channel(root, join->channel);

    if (parts.channel != NULL) {
        parts.sub = conf_channel_sub(parts.channel, parts.session->slot);
        parts.user = (conf_shm_user_t *) conf_tree_find(parts.channel->users,
                                                        parts.session->user);
    }

    rc = conf_channel_parts(shm, join, &parts);

    if (rc == CONF_OK) {
        conf_channel_link(shm, root, join, &parts);
        *first = parts.fresh_user;
    }

    return rc;
}


/* Allocates what is not there yet: all or nothing. */

static conf_rc_t
conf_channel_parts(conf_shm_t *shm, const conf_join_t *join,
    conf_channel_parts_t *parts)
{
    size_t  size;

    parts->fresh_channel = parts->channel == NULL;
    parts->fresh_sub = parts->sub == NULL;
    parts->fresh_user = parts->user == NULL;

    if (parts->fresh_channel) {
        size = conf_channel_kind(join->channel) == CONF_CHANNEL_USER
               ? sizeof(conf_shm_channel_t) : sizeof(conf_shm_room_t);
        parts->channel = conf_shm_alloc(shm, size);

        if (parts->channel == NULL) {
            goto failed;
        }
    }

    if (parts->fresh_sub) {
        parts->sub = conf_shm_alloc(shm, sizeof(conf_shm_sub_t));

        if (parts->sub == NULL) {
            goto failed;
        }
    }

    if (parts->fresh_user) {
        parts->user = conf_shm_alloc(shm, sizeof(conf_shm_user_t));

        if (parts->user == NULL) {
            goto failed;
        }
    }

    parts->seat = conf_shm_alloc(shm, sizeof(conf_shm_seat_t));

    if (parts->seat == NULL) {
        goto failed;
    }

    if (join->peer != NULL && !conf_channel_staged(shm, join, parts)) {
        conf_shm_free(shm, parts->seat);
        goto failed;
    }

    return CONF_OK;

failed:

    if (parts->fresh_user && parts->user != NULL) {
        conf_shm_free(shm, parts->user);
    }

    if (parts->fresh_sub && parts->sub != NULL) {
        conf_shm_free(shm, parts->sub);
    }

    if (parts->fresh_channel && parts->channel != NULL) {
        conf_shm_free(shm, parts->channel);
    }

    return CONF_E_ZONE_FULL;
}


/* A peer, and a stage where the channel has none. */

static bool
conf_channel_staged(conf_shm_t *shm, const conf_join_t *join,
    conf_channel_parts_t *parts)
{
    parts->peer = conf_shm_peer_make(shm, join->peer);
    if (parts->peer == NULL) {
        return false;
    }

    if (parts->fresh_channel || conf_shm_stage(parts->channel) == NULL) {
        parts->stage = conf_shm_stage_make(shm, join->channel);

        if (parts->stage == NULL) {
            conf_shm_free(shm, parts->peer);
            return false;
        }
    }

    return true;
}


static void
conf_channel_link(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_join_t *join, const conf_channel_parts_t *parts)
{
    uint64_t             id;
    conf_shm_channel_t  *channel;

    channel = parts->channel;

    if (parts->fresh_channel) {
        memset(channel, 0, sizeof(conf_shm_channel_t));

        channel->key = join->channel;
        channel->epoch = join->epoch;
        channel->seq = join->seq;

        conf_hash_insert(&root->channels, shm->ops, &channel->node,
                         conf_channel_hash);

        conf_channel_begin(root, channel);
    }

    if (parts->stage != NULL) {
        ((conf_shm_room_t *) channel)->stage = parts->stage;
        conf_queue_append(&root->stages, &parts->stage->link);
    }

    if (parts->fresh_sub) {
        parts->sub->slot = parts->session->slot;
        parts->sub->sessions = 0;
        parts->sub->next = channel->subs;
        channel->subs = parts->sub;
    }

    if (parts->fresh_user) {
        id = parts->session->user;
        parts->user->channel = channel;
        parts->user->sessions = 0;
        parts->user->node.key = id;
        parts->user->node.prio = conf_hash_of(&root->channels, id, 2);
        conf_tree_insert(&channel->users, &parts->user->node);
        channel->nusers++;
    }

    parts->sub->sessions++;
    parts->user->sessions++;
    parts->seat->session = parts->session;
    parts->seat->user = parts->user;
    parts->seat->peer = NULL;

    conf_queue_append(&parts->session->seats, &parts->seat->link);
    conf_hash_insert(&root->seats, shm->ops, &parts->seat->node,
                     conf_channel_seat_hash);

    if (parts->peer != NULL) {
        conf_shm_peer_link(root, parts->seat, parts->peer);
    }
}


/* What a new channel is besides, by its kind. */

static void
conf_channel_begin(conf_shm_root_t *root, conf_shm_channel_t *channel)
{
    conf_shm_room_t  *room;

    if (conf_channel_kind(channel->key) == CONF_CHANNEL_USER) {
        return;
    }

    room = (conf_shm_room_t *) channel;
    room->stage = NULL;

    if (conf_channel_kind(channel->key) == CONF_CHANNEL_DOOR) {
        root->ndoors++;
        return;
    }

    if (conf_channel_kind(channel->key) != CONF_CHANNEL_ROOM) {
        return;
    }

    room->node.key = channel->key;
    room->node.prio = conf_hash_of(&root->channels, channel->key, 1);
    conf_tree_insert(&root->rooms, &room->node);
    root->nrooms++;
}


static void
conf_channel_free(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_channel_t *channel)
{
    conf_shm_room_t  *room;

    conf_assert(channel->users == NULL && channel->subs == NULL);

    conf_shm_gap_end(shm, root, channel);

    if (conf_shm_stage(channel) != NULL) {
        conf_shm_stage_end(shm, root, conf_shm_stage(channel));
    }

    if (conf_channel_kind(channel->key) == CONF_CHANNEL_ROOM) {
        room = (conf_shm_room_t *) channel;
        conf_tree_remove(&root->rooms, &room->node);
        root->nrooms--;

    } else if (conf_channel_kind(channel->key) == CONF_CHANNEL_DOOR) {
        root->ndoors--;
    }

    conf_hash_remove(&root->channels, shm->ops, &channel->node,
                     conf_channel_hash);
    conf_shm_free(shm, channel);
}


static void
conf_channel_unsub(conf_shm_t *shm, conf_shm_channel_t *channel, uint32_t slot)
{
    conf_shm_sub_t  *sub, **p;

    for (p = &channel->subs; (*p)->slot != slot; p = &(*p)->next) {
        /* void */
    }

    sub = *p;

    if (--sub->sessions == 0) {
        *p = sub->next;
        conf_shm_free(shm, sub);
    }
}


static conf_shm_sub_t *
conf_channel_sub(conf_shm_channel_t *channel, uint32_t slot)
{
    conf_shm_sub_t  *sub;

    for (sub = channel->subs; sub != NULL; sub = sub->next) {
        if (sub->slot == slot) {
            break;
        }
    }

    return sub;
}


static uint64_t
conf_channel_hash(const conf_hash_t *hash, const conf_hash_node_t *node)
{
    const conf_shm_channel_t  *channel;

    channel = (const conf_shm_channel_t *) node;

    return conf_hash_of(hash, channel->key, 0);
}


static uint64_t
conf_channel_seat_hash(const conf_hash_t *hash, const conf_hash_node_t *node)
{
    const conf_shm_seat_t  *seat;

    seat = (const conf_shm_seat_t *) node;

    return conf_hash_of(hash, seat->session->id, seat->user->channel->key);
}
