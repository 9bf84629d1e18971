
#include "conf_signal_enter.h"


static void conf_signal_replay(conf_session_t *s, conf_info_t *info);
static void conf_signal_muted(conf_session_t *s);
static void conf_signal_replace(const conf_session_t *s);
static void conf_signal_info(conf_env_t *env, uint64_t room_id,
    conf_info_t *info);
static void conf_signal_shot(conf_session_t *s, void *data);
static void conf_signal_shot_wanted(conf_session_t *s, void *data);
static size_t conf_signal_others(conf_env_t *env, uint64_t channel,
    conf_peer_t *peers, size_t n, size_t max);


/* Scratch for lists and rings: a worker has one thread. */

static conf_buf_t         conf_signal_list;
static conf_buf_t         conf_signal_missed;
static conf_arena_t      *conf_signal_names;
static conf_arena_t      *conf_signal_ice;
static conf_peer_t        conf_signal_all[CONF_PEERS_MAX];
static conf_info_cache_t  conf_signal_cache;


bool
conf_signal_over(const conf_room_t *room)
{
    return room->state == CONF_ROOM_ENDED
           || room->state == CONF_ROOM_CANCELLED;
}


/* A room without a time has no settings: all is allowed. */

void
conf_signal_learn(conf_session_t *s, const conf_room_view_t *view)
{
    uint32_t           role;
    conf_bound_t      *bound = s->bound;
    const conf_room_t *room = &view->room;

    role = view->role;

    if (room->creator_id == s->auth.user_id) {
        role = CONF_ROLE_OWNER;
    }

    bound->settings = room->state == CONF_ROOM_OPEN
                      ? CONF_ROOM_CHAT | CONF_ROOM_SCREEN : room->settings;

    if (role != bound->peer.role) {
        bound->peer.role = role;
        conf_live_show_peer(s);
    }
}


conf_rc_t
conf_signal_enter(conf_session_t *s, const conf_room_t *room)
{
    conf_rc_t      rc;
    conf_env_t    *env = s->env;
    conf_info_t    info;
    conf_bound_t  *bound = s->bound;

    if (bound->gone || !s->open) {
        return CONF_E_NOT_MEMBER;
    }

    memset(&info, 0, sizeof(conf_info_t));
    info.joined = true;

    if (!conf_live_joined(s)) {
        bound->peer.joined_ms = env->now_ms(env);
        bound->peer.media = CONF_MEDIA_AUDIO;

        if (room->media == CONF_ROOM_VIDEO) {
            bound->peer.media |= CONF_MEDIA_VIDEO;
        }

        if ((bound->settings & CONF_ROOM_MUTE) != 0
            && bound->peer.role < CONF_ROLE_MODERATOR)
        {
            bound->peer.media &= ~(uint32_t) CONF_MEDIA_AUDIO;
        }

        /* What is on its way now was said before it came. */

        bound->since = conf_ring_live(&env->shm,
                                      conf_channel(CONF_CHANNEL_ROOM,
                                                   room->id));

        conf_live_leave(s, room->id);

        rc = conf_live_join(s, room);
        if (rc != CONF_OK) {
            s->close(s, CONF_CLOSE_INTERNAL);
            return rc;
        }

        conf_signal_muted(s);
    }

    conf_signal_replay(s, &info);

    return CONF_OK;
}


/*
 * What is there, then what the client has missed since its connection was
 * lost: all up to a number from the ring, all after it from the inbox.
 */

static void
conf_signal_replay(conf_session_t *s, conf_info_t *info)
{
    size_t         pos;
    uint64_t       channel, last;
    conf_env_t    *env = s->env;
    conf_event_t   event;
    conf_bound_t  *bound = s->bound;

    if (bound->resume == 0) {
        conf_signal_tell_info(s, info);
        return;
    }

    conf_signal_replace(s);

    channel = conf_channel(CONF_CHANNEL_ROOM, bound->room_id);
    last = conf_ring_live(&env->shm, channel);

    info->resumed = conf_ring_read(&env->shm, channel, s->auth.user_id,
                                   bound->resume, last, &conf_signal_missed)
                    == CONF_OK;
    info->resync = !info->resumed;
    bound->resume = 0;

    conf_signal_tell_info(s, info);

    if (!info->resumed) {
        return;
    }

    bound->since = last;
    pos = 0;

    while (conf_inbox_next(&conf_signal_missed, &pos, &event) == CONF_OK) {
        conf_live_retell(s, &event);
    }
}


/* Who comes muted is shown so. */

static void
conf_signal_muted(conf_session_t *s)
{
    conf_signal_t       signal;
    conf_publish_to_t   to;

    if ((s->bound->peer.media & CONF_MEDIA_AUDIO) != 0) {
        return;
    }

    memset(&to, 0, sizeof(conf_publish_to_t));
    memset(&signal, 0, sizeof(conf_signal_t));

    to.channel = conf_channel(CONF_CHANNEL_ROOM, s->bound->room_id);
    to.type = CONF_EVENT_SIGNAL;
    signal.kind = CONF_SIGNAL_MEDIA;
    signal.room_id = s->bound->room_id;
    signal.user_id = s->auth.user_id;
    signal.session = s->id;
    signal.peer = s->bound->peer.id;
    signal.name = s->bound->peer.name;
    signal.media = s->bound->peer.media;
    signal.time_ms = s->env->now_ms(s->env);

    (void) conf_live_publish(s->env, &to, &signal);
}


/* The connection that the client has given up may not know it yet. */

static void
conf_signal_replace(const conf_session_t *s)
{
    conf_id_t          id;
    conf_publish_to_t  to;

    if (s->bound->former == 0 || s->bound->former == s->id) {
        return;
    }

    memset(&to, 0, sizeof(conf_publish_to_t));

    to.channel = conf_channel(CONF_CHANNEL_USER, s->auth.user_id);
    to.type = CONF_EVENT_REPLACED;
    to.to = s->bound->former;
    id.actor = s->auth.user_id;
    id.id = s->bound->former;

    (void) conf_live_publish(s->env, &to, &id);
}


void
conf_signal_tell_info(conf_session_t *s, const conf_info_t *joined)
{
    conf_info_t  info;

    memset(&info, 0, sizeof(conf_info_t));

    if (joined != NULL) {
        info = *joined;
    }

    if (s->bound->waiting) {
        info.room_id = s->bound->room_id;
        info.cache = &conf_signal_cache;
        info.cache->api = NULL;

    } else {
        conf_signal_info(s->env, s->bound->room_id, &info);
    }

    conf_signal_shot(s, &info);
}


/* Shows it to one session. */

static void
conf_signal_shot(conf_session_t *s, void *data)
{
    conf_info_t     *info = data;
    conf_ice_for_t   whom;

    info->self = s;

    if (conf_signal_ice == NULL) {
        conf_signal_ice = conf_arena_create(1024, 0);

    } else {
        conf_arena_reset(conf_signal_ice);
    }

    whom.settings = s->settings;
    whom.arena = conf_signal_ice;
    whom.user_id = s->auth.user_id;
    whom.now_ms = s->env->now_ms(s->env);

    if (whom.arena == NULL
        || conf_ice_servers(&whom, &info->servers) != CONF_OK)
    {
        info->servers.n = 0;
    }

    conf_live_tell(s, CONF_EVENT_INFO, info);
}


/* All but whom it is for. */

static void
conf_signal_info(conf_env_t *env, uint64_t room_id, conf_info_t *info)
{
    size_t       i;
    uint64_t     channel;
    conf_lead_t  lead;

    channel = conf_channel(CONF_CHANNEL_ROOM, room_id);

    info->room_id = room_id;
    info->live = conf_ring_live(&env->shm, channel);
    info->nusers = conf_channel_count(&env->shm, channel);
    info->peers = conf_signal_all;
    info->npeers = conf_signal_peers(env, room_id, conf_signal_all,
                                     CONF_PEERS_MAX);
    info->cache = &conf_signal_cache;
    info->cache->api = NULL;

    conf_lead_get(&env->shm, channel, &lead);

    info->led.room_id = room_id;
    info->led.session = lead.session;
    info->led.user_id = lead.user;
    info->led.time_ms = lead.since_ms;

    for (i = 0; i < info->npeers && lead.session != 0; i++) {
        if (info->peers[i].session == lead.session) {
            info->led.name = info->peers[i].name;
            break;
        }
    }
}


size_t
conf_info_self(const conf_info_t *info)
{
    size_t  i;

    for (i = 0; i < info->npeers; i++) {
        if (info->self != NULL && info->peers[i].session == info->self->id) {
            break;
        }
    }

    return i;
}


size_t
conf_signal_peers(conf_env_t *env, uint64_t room_id, conf_peer_t *peers,
    size_t max)
{
    size_t    n, pos;
    uint64_t  channel;

    channel = conf_channel(CONF_CHANNEL_ROOM, room_id);

    n = 0;
    pos = 0;

    if (conf_peer_list(&env->shm, channel, &conf_signal_list, max)
        == CONF_OK)
    {
        while (n < max
               && conf_peer_next(&conf_signal_list, &pos, &peers[n])
                  == CONF_OK)
        {
            n++;
        }
    }

    return conf_signal_others(env, channel, peers, n, max);
}


/*
 * Users that are in the room by a session that is no peer: behind the others,
 * which are in order of user.
 */

static size_t
conf_signal_others(conf_env_t *env, uint64_t channel, conf_peer_t *peers,
    size_t n, size_t max)
{
    size_t             i, j, nusers, all;
    uint64_t           users[CONF_PEERS_MAX];
    conf_user_t        user;
    conf_cache_key_t   key = { CONF_CACHE_USER, 0, 0 };

    nusers = conf_channel_users(&env->shm, channel, 0, users, CONF_PEERS_MAX);
    all = n;

    if (conf_signal_names == NULL) {
        conf_signal_names = conf_arena_create(4096, 0);

    } else {
        conf_arena_reset(conf_signal_names);
    }

    for (i = 0, j = 0; i < nusers && all < max; i++) {
        while (j < n && peers[j].user < users[i]) {
            j++;
        }

        if (j < n && peers[j].user == users[i]) {
            continue;
        }

        memset(&peers[all], 0, sizeof(conf_peer_t));
        peers[all].user = users[i];
        peers[all].channel = channel;
        key.user = users[i];

        if (conf_signal_names != NULL
            && conf_hot_get(env, conf_signal_names, key, &conf_proto_user,
                            &user)
               == CONF_OK)
        {
            peers[all].name = user.name;
            peers[all].nickname = user.nickname;
        }

        all++;
    }

    return all;
}


void
conf_signal_member(conf_session_t *s, const conf_room_view_t *view)
{
    conf_bound_t  *bound = s->bound;

    if (bound->room_id != view->room.id) {
        return;
    }

    conf_signal_learn(s, view);

    /* Who has left the meeting since has left with all of his sockets. */

    if (view->state == CONF_MEMBER_OFFLINE
        && view->left_ms > bound->peer.opened_ms)
    {
        bound->gone = true;

        conf_live_leave(s, bound->room_id);
        s->close(s, CONF_CLOSE_NORMAL);

        return;
    }

    if (!bound->waiting) {
        return;
    }

    bound->waiting = false;
    conf_live_tell(s, CONF_EVENT_ADMITTED, &view->room);

    if (bound->eager) {
        (void) conf_signal_enter(s, &view->room);
    }
}


void
conf_signal_outsider(conf_session_t *s, const conf_room_t *room,
    conf_close_e why)
{
    conf_room_t    told = *room;
    conf_bound_t  *bound = s->bound;

    if (bound->room_id != room->id || bound->gone) {
        return;
    }

    bound->gone = true;
    told.updated_ms = s->env->now_ms(s->env);

    conf_live_leave(s, room->id);
    conf_live_tell(s, why == CONF_CLOSE_ENDED ? CONF_EVENT_ENDED
                                              : CONF_EVENT_REJECTED, &told);
    s->close(s, why);
}


void
conf_signal_changed(conf_session_t *s, const conf_room_t *room)
{
    if (s->bound->room_id != room->id) {
        return;
    }

    if (conf_signal_over(room)) {
        conf_signal_outsider(s, room, CONF_CLOSE_ENDED);
        return;
    }

    s->bound->settings = room->state == CONF_ROOM_OPEN
                         ? CONF_ROOM_CHAT | CONF_ROOM_SCREEN
                         : room->settings;
}


void
conf_signal_left(conf_env_t *env, uint64_t user_id, uint64_t room_id)
{
    conf_id_t          id;
    conf_publish_to_t  to;

    memset(&to, 0, sizeof(conf_publish_to_t));

    to.channel = conf_channel(CONF_CHANNEL_USER, user_id);
    to.type = CONF_EVENT_LEFT;
    id.actor = user_id;
    id.id = room_id;

    (void) conf_live_publish(env, &to, &id);
}


void
conf_signal_tick(conf_env_t *env)
{
    uint64_t     room_id;
    conf_info_t  info;

    conf_ring_tidy(&env->shm);

    while ((room_id = conf_live_shot(env->live)) != 0) {
        memset(&info, 0, sizeof(conf_info_t));
        conf_signal_info(env, room_id, &info);

        conf_live_each(env->live, conf_channel(CONF_CHANNEL_ROOM, room_id),
                       conf_signal_shot_wanted, &info);
    }
}


static void
conf_signal_shot_wanted(conf_session_t *s, void *data)
{
    if (s->bound != NULL && s->api->snapshots) {
        conf_signal_shot(s, data);
    }
}
