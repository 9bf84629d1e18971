
#include "conf_shm_root.h"


/* A peer in the buffer: this, and the texts behind it. */

typedef struct {
    uint64_t    session;
    uint64_t    user;
    uint64_t    channel;
    int64_t     opened_ms;
    int64_t     joined_ms;
    int64_t     active_ms;
    uint32_t    role;
    uint32_t    media;
    uint16_t    id_len;
    uint16_t    name_len;
    uint16_t    nickname_len;
} conf_peer_head_t;


static conf_shm_peer_t *conf_peer_of(conf_shm_root_t *root, uint64_t session);
static size_t conf_peer_take(const conf_shm_stage_t *stage, conf_buf_t *buf,
    size_t max);
static size_t conf_peer_text(const conf_shm_peer_t *peer);
static void conf_peer_copy(conf_buf_t *buf, const conf_shm_peer_t *peer);
static void conf_peer_show(conf_peer_t *out, const conf_shm_peer_t *peer,
    const uint8_t *text);
static uint16_t conf_peer_cut(conf_str_t text, size_t max);


conf_rc_t
conf_peer_list(conf_shm_t *shm, uint64_t channel, conf_buf_t *buf, size_t max)
{
    size_t               need;
    conf_shm_root_t     *root;
    conf_shm_stage_t    *stage;
    conf_shm_channel_t  *c;

    need = sizeof(conf_peer_head_t);

    do {
        /* Memory comes before the lock: there may be a second turn. */

        conf_buf_reset(buf);

        if (conf_buf_reserve(buf, need) == NULL) {
            return CONF_E_NOMEM;
        }

        root = conf_shm_lock(shm);
        if (root == NULL) {
            return CONF_OK;
        }

        c = conf_shm_channel(root, channel);
        stage = c != NULL ? conf_shm_stage(c) : NULL;
        need = stage != NULL ? conf_peer_take(stage, buf, max) : 0;

        conf_shm_unlock(shm);

    } while (need != 0);

    return CONF_OK;
}


conf_rc_t
conf_peer_get(conf_shm_t *shm, uint64_t session, conf_buf_t *buf)
{
    conf_shm_root_t  *root;
    conf_shm_peer_t  *peer;

    conf_buf_reset(buf);

    if (conf_buf_reserve(buf, sizeof(conf_peer_head_t) + CONF_PEER_ID_MAX
                              + 2 * CONF_PEER_NAME_MAX)
        == NULL)
    {
        return CONF_E_NOMEM;
    }

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_E_NOT_FOUND;
    }

    peer = conf_peer_of(root, session);

    if (peer != NULL) {
        conf_peer_copy(buf, peer);
    }

    conf_shm_unlock(shm);

    return peer != NULL ? CONF_OK : CONF_E_NOT_FOUND;
}


conf_rc_t
conf_peer_next(const conf_buf_t *buf, size_t *pos, conf_peer_t *peer)
{
    const uint8_t     *text;
    conf_peer_head_t   head;

    if (*pos >= buf->len) {
        return CONF_DONE;
    }

    memcpy(&head, buf->data + *pos, sizeof(conf_peer_head_t));
    text = buf->data + *pos + sizeof(conf_peer_head_t);

    peer->session = head.session;
    peer->user = head.user;
    peer->channel = head.channel;
    peer->role = head.role;
    peer->media = head.media;
    peer->opened_ms = head.opened_ms;
    peer->joined_ms = head.joined_ms;
    peer->active_ms = head.active_ms;

    peer->id.len = head.id_len;
    peer->id.data = text;
    text += head.id_len;
    peer->name.len = head.name_len;
    peer->name.data = text;
    text += head.name_len;
    peer->nickname.len = head.nickname_len;
    peer->nickname.data = text;
    text += head.nickname_len;

    *pos = (size_t) (text - buf->data);

    return CONF_OK;
}


uint64_t
conf_peer_find(conf_shm_t *shm, uint64_t channel, conf_str_t id)
{
    uint64_t             session;
    conf_tree_t         *node;
    conf_shm_root_t     *root;
    conf_shm_peer_t     *peer;
    conf_shm_stage_t    *stage;
    conf_shm_channel_t  *c;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    session = 0;
    c = conf_shm_channel(root, channel);
    stage = c != NULL ? conf_shm_stage(c) : NULL;
    node = stage != NULL ? conf_tree_above(stage->peers, 0) : NULL;

    for ( /* void */ ; node != NULL && session == 0; node = node->next) {
        peer = conf_container(node, conf_shm_peer_t, node);

        for ( /* void */ ; peer != NULL; peer = peer->same) {
            if (peer->id_len == id.len
                && memcmp(peer->text, id.data, id.len) == 0)
            {
                session = peer->seat->session->id;
                break;
            }
        }
    }

    conf_shm_unlock(shm);

    return session;
}


void
conf_peer_set(conf_shm_t *shm, uint64_t session, const conf_peer_t *set)
{
    conf_shm_root_t  *root;
    conf_shm_peer_t  *peer;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    peer = conf_peer_of(root, session);

    if (peer != NULL) {
        peer->role = set->role;
        peer->media = set->media;
        peer->active_ms = set->active_ms;
    }

    conf_shm_unlock(shm);
}


conf_rc_t
conf_lead_set(conf_shm_t *shm, uint64_t channel, uint64_t session, bool on,
    conf_lead_t *lead)
{
    conf_rc_t          rc;
    conf_shm_root_t   *root;
    conf_shm_seat_t   *seat;
    conf_shm_stage_t  *stage;

    memset(lead, 0, sizeof(conf_lead_t));

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_E_NOT_FOUND;
    }

    rc = CONF_E_NOT_FOUND;
    seat = conf_shm_seat(root, session, channel);

    if (seat != NULL && seat->peer != NULL) {
        stage = conf_shm_stage(seat->user->channel);

        if (stage->lead.session != 0 && stage->lead.session != session) {
            rc = CONF_E_TAKEN;

        } else if (on == (stage->lead.session == session)) {
            rc = CONF_DONE;

        } else {
            memset(&stage->lead, 0, sizeof(conf_lead_t));
            rc = CONF_OK;

            if (on) {
                stage->lead.session = session;
                stage->lead.user = seat->session->user;
                stage->lead.since_ms = shm->ops->now_ms(shm->ops->ctx);
            }
        }

        *lead = stage->lead;
    }

    conf_shm_unlock(shm);

    return rc;
}


void
conf_lead_get(conf_shm_t *shm, uint64_t channel, conf_lead_t *lead)
{
    conf_shm_root_t     *root;
    conf_shm_stage_t    *stage;
    conf_shm_channel_t  *c;

    memset(lead, 0, sizeof(conf_lead_t));

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    c = conf_shm_channel(root, channel);
    stage = c != NULL ? conf_shm_stage(c) : NULL;

    if (stage != NULL) {
        *lead = stage->lead;
    }

    conf_shm_unlock(shm);
}


conf_shm_peer_t *
conf_shm_peer_make(conf_shm_t *shm, const conf_peer_t *peer)
{
    uint8_t          *text;
    uint16_t          id, name, nickname;
    conf_shm_peer_t  *p;

    id = conf_peer_cut(peer->id, CONF_PEER_ID_MAX);
    name = conf_peer_cut(peer->name, CONF_PEER_NAME_MAX);
    nickname = conf_peer_cut(peer->nickname, CONF_PEER_NAME_MAX);

    p = conf_shm_alloc(shm, sizeof(conf_shm_peer_t) + (size_t) id + name
                            + nickname);
    if (p == NULL) {
        return NULL;
    }

    memset(p, 0, sizeof(conf_shm_peer_t));

    p->role = peer->role;
    p->media = peer->media;
    p->opened_ms = peer->opened_ms;
    p->joined_ms = peer->joined_ms;
    p->active_ms = peer->active_ms;
    p->id_len = id;
    p->name_len = name;
    p->nickname_len = nickname;

    text = p->text;

    if (id != 0) {
        memcpy(text, peer->id.data, id);
    }

    if (name != 0) {
        memcpy(text + id, peer->name.data, name);
    }

    if (nickname != 0) {
        memcpy(text + id + name, peer->nickname.data, nickname);
    }

    return p;
}


/*
 * The ring's numbers begin with the time, so that those of a room that was
 * empty, or of a zone that was lost, are smaller than those that follow; they
 * stay below 2^53.
 */

conf_shm_stage_t *
conf_shm_stage_make(conf_shm_t *shm, uint64_t channel)
{
    conf_shm_stage_t  *stage;

    stage = conf_shm_alloc(shm, sizeof(conf_shm_stage_t));

    if (stage != NULL) {
        memset(stage, 0, sizeof(conf_shm_stage_t));

        stage->live = (uint64_t) shm->ops->now_ms(shm->ops->ctx) << 10;
        stage->floor = stage->live;
    }

    return stage;
}


void
conf_shm_peer_link(conf_shm_root_t *root, conf_shm_seat_t *seat,
    conf_shm_peer_t *peer)
{
    uint64_t           user;
    conf_shm_peer_t   *first;
    conf_shm_stage_t  *stage;

    stage = conf_shm_stage(seat->user->channel);
    user = seat->session->user;
    first = conf_shm_peer(stage, user);

    seat->peer = peer;
    peer->seat = seat;

    if (first != NULL) {
        peer->same = first->same;
        first->same = peer;
        return;
    }

    peer->node.key = user;
    peer->node.prio = conf_hash_of(&root->channels, user, 4);
    conf_tree_insert(&stage->peers, &peer->node);
}


void
conf_shm_peer_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_seat_t *seat, conf_left_t *left)
{
    conf_shm_peer_t   *peer, *first, **link;
    conf_shm_stage_t  *stage;

    peer = seat->peer;
    stage = conf_shm_stage(seat->user->channel);

    memcpy(left->text, peer->text, conf_peer_text(peer));
    conf_peer_show(&left->was, peer, left->text);

    if (stage->lead.session == seat->session->id) {
        memset(&stage->lead, 0, sizeof(conf_lead_t));
        left->led = true;
    }

    first = conf_shm_peer(stage, seat->session->user);

    if (first == peer) {
        conf_tree_remove(&stage->peers, &peer->node);

        if (peer->same != NULL) {
            peer->same->node.key = peer->node.key;
            peer->same->node.prio = peer->node.prio;
            conf_tree_insert(&stage->peers, &peer->same->node);
        }

    } else {
        for (link = &first->same; *link != peer; link = &(*link)->same) {
            /* void */
        }

        *link = peer->same;
    }

    seat->peer = NULL;
    conf_shm_free(shm, peer);
}


conf_shm_stage_t *
conf_shm_stage(conf_shm_channel_t *channel)
{
    return conf_channel_kind(channel->key) == CONF_CHANNEL_USER
           ? NULL : ((conf_shm_room_t *) channel)->stage;
}


conf_shm_peer_t *
conf_shm_peer(const conf_shm_stage_t *stage, uint64_t user)
{
    conf_tree_t  *node;

    node = conf_tree_find(stage->peers, user);

    return node == NULL ? NULL : conf_container(node, conf_shm_peer_t, node);
}


void
conf_shm_stage_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_stage_t *stage)
{
    conf_assert(stage->peers == NULL);

    while (conf_shm_ring_drop(shm, root, stage)) { /* void */ }

    conf_queue_remove(&stage->link);
    conf_shm_free(shm, stage);
}


/* What the session shows, wherever it is: in a room or at its door. */

static conf_shm_peer_t *
conf_peer_of(conf_shm_root_t *root, uint64_t session)
{
    conf_queue_t        *q;
    conf_shm_seat_t     *seat;
    conf_shm_session_t  *s;

    s = conf_shm_session(root, session);
    if (s == NULL) {
        return NULL;
    }

    /* The newest seat is last, and a peer has few. */

    for (q = s->seats.prev; q != &s->seats; q = q->prev) {
        seat = conf_container(q, conf_shm_seat_t, link);

        if (seat->peer != NULL) {
            return seat->peer;
        }
    }

    return NULL;
}


/* Copies them when the buffer has room, else says how much it must have. */

static size_t
conf_peer_take(const conf_shm_stage_t *stage, conf_buf_t *buf, size_t max)
{
    size_t            n, size;
    conf_tree_t      *node;
    conf_shm_peer_t  *peer;

    n = 0;
    size = 0;

    for (node = conf_tree_above(stage->peers, 0);
         node != NULL && n < max;
         node = node->next)
    {
        for (peer = conf_container(node, conf_shm_peer_t, node);
             peer != NULL && n < max;
             peer = peer->same)
        {
            n++;
            size += sizeof(conf_peer_head_t) + conf_peer_text(peer);

            if (size <= buf->size) {
                conf_peer_copy(buf, peer);
            }
        }
    }

    return size > buf->size ? size : 0;
}


static size_t
conf_peer_text(const conf_shm_peer_t *peer)
{
    return (size_t) peer->id_len + peer->name_len + peer->nickname_len;
}


static void
conf_peer_copy(conf_buf_t *buf, const conf_shm_peer_t *peer)
{
    conf_peer_head_t  head;

    memset(&head, 0, sizeof(conf_peer_head_t));

    head.session = peer->seat->session->id;
    head.user = peer->seat->session->user;
    head.channel = peer->seat->user->channel->key;
    head.role = peer->role;
    head.media = peer->media;
    head.opened_ms = peer->opened_ms;
    head.joined_ms = peer->joined_ms;
    head.active_ms = peer->active_ms;
    head.id_len = peer->id_len;
    head.name_len = peer->name_len;
    head.nickname_len = peer->nickname_len;

    conf_buf_add(buf, &head, sizeof(conf_peer_head_t));
    conf_buf_add(buf, peer->text, conf_peer_text(peer));
}


static void
conf_peer_show(conf_peer_t *out, const conf_shm_peer_t *peer,
    const uint8_t *text)
{
    out->session = peer->seat->session->id;
    out->user = peer->seat->session->user;
    out->channel = peer->seat->user->channel->key;
    out->role = peer->role;
    out->media = peer->media;
    out->opened_ms = peer->opened_ms;
    out->joined_ms = peer->joined_ms;
    out->active_ms = peer->active_ms;
    out->id.len = peer->id_len;
    out->id.data = text;
    out->name.len = peer->name_len;
    out->name.data = text + peer->id_len;
    out->nickname.len = peer->nickname_len;
    out->nickname.data = text + peer->id_len + peer->name_len;
}


/* Not in the middle of a character. */

static uint16_t
conf_peer_cut(conf_str_t text, size_t max)
{
    size_t  len;

    len = text.len;

    if (len > max) {
        len = max;

        while (len != 0 && (text.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    return (uint16_t) len;
}
