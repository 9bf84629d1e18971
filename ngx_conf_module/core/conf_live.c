
#include "conf_live_table.h"

#include <stdlib.h>


#define CONF_LIVE_BUCKETS  1024      /* at first; doubled as it fills */


static conf_local_t *conf_live_local(conf_live_t *live, uint64_t channel);
static void conf_live_grow(conf_live_t *live);
static void conf_live_drop(conf_live_t *live, conf_local_t *local);
static conf_rc_t conf_live_sit(conf_session_t *s, const conf_join_t *where);
static const conf_peer_t *conf_live_peer(const conf_session_t *s,
    uint64_t channel);
static void conf_live_came(conf_session_t *s, uint64_t channel, bool first);
static void conf_live_stand_up(conf_session_t *s, conf_seat_t *seat);
static bool conf_live_place(conf_local_t *local);
static void conf_live_unlink(conf_live_t *live, conf_seat_t *seat);
static void conf_live_tell_room(conf_live_t *live, const conf_local_t *local,
    bool here);


conf_out_t *
conf_out_create(conf_str_t bytes)
{
    conf_out_t  *out;

    out = malloc(sizeof(conf_out_t) + bytes.len);
    if (out == NULL) {
        return NULL;
    }

    out->refs = 1;
    out->head_len = 0;
    out->incompressible = false;
    out->deflated = NULL;
    out->len = bytes.len;

    if (bytes.len != 0) {
        memcpy(out->data, bytes.data, bytes.len);
    }

    return out;
}


void
conf_out_ref(conf_out_t *out)
{
    out->refs++;
}


void
conf_out_unref(conf_out_t *out)
{
    if (--out->refs != 0) {
        return;
    }

    /* A receiver that still sends the sibling has a reference of its own. */

    if (out->deflated != NULL) {
        conf_out_unref(out->deflated);
    }

    free(out);
}


conf_live_t *
conf_live_create(conf_env_t *env)
{
    conf_live_t  *live;

    live = calloc(1, sizeof(conf_live_t));
    if (live == NULL) {
        return NULL;
    }

    live->env = env;
    live->nbuckets = CONF_LIVE_BUCKETS;
    live->buckets = calloc(live->nbuckets, sizeof(conf_local_t *));
    live->arena = conf_arena_create(16384, 0);

    if (live->buckets == NULL || live->arena == NULL) {
        conf_live_destroy(live);
        return NULL;
    }

    env->live = live;

    return live;
}


void
conf_live_destroy(conf_live_t *live)
{
    if (live == NULL) {
        return;
    }

    while (live->sessions != NULL) {
        conf_live_close(live->sessions);
    }

    conf_buf_free(&live->inbox);
    conf_buf_free(&live->text);
    conf_arena_destroy(live->arena);
    free(live->buckets);
    live->env->live = NULL;
    free(live);
}


conf_rc_t
conf_live_open(conf_session_t *s)
{
    conf_rc_t     rc;
    conf_env_t   *env = s->env;
    conf_join_t   where;
    conf_live_t  *live = env->live;

    do {
        env->random(env, &s->id, sizeof(s->id));

        rc = s->id == 0 ? CONF_E_EXISTS
                        : conf_session_open(&env->shm, &env->worker, s->id,
                                            s->auth.user_id);
    } while (rc == CONF_E_EXISTS);

    if (rc == CONF_E_CONFLICT) {
        conf_live_astray(env);
        return CONF_E_BACKEND_BUSY;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    memset(&where, 0, sizeof(conf_join_t));
    where.channel = conf_channel(CONF_CHANNEL_USER, s->auth.user_id);

    s->seats = NULL;

    rc = conf_live_sit(s, &where);
    if (rc != CONF_OK) {
        conf_session_close(&env->shm, s->id, conf_live_left, env);
        return rc;
    }

    s->prev = NULL;
    s->next = live->sessions;

    if (s->next != NULL) {
        s->next->prev = s;
    }

    live->sessions = s;
    live->nsessions++;
    s->open = true;

    return CONF_OK;
}


void
conf_live_close(conf_session_t *s)
{
    conf_env_t    *env = s->env;
    conf_live_t   *live = env->live;
    conf_seat_t   *seat;

    if (!s->open) {
        return;
    }

    s->open = false;

    while (s->seats != NULL) {
        seat = s->seats;
        s->seats = seat->other;

        conf_live_stand_up(s, seat);
    }

    conf_session_close(&env->shm, s->id, conf_live_left, env);

    if (live->cursor == s) {
        live->cursor = s->next;
    }

    if (s->prev != NULL) {
        s->prev->next = s->next;
    } else {
        live->sessions = s->next;
    }

    if (s->next != NULL) {
        s->next->prev = s->prev;
    }

    live->nsessions--;
}


conf_rc_t
conf_live_join(conf_session_t *s, const conf_room_t *room)
{
    conf_join_t  where;

    if (!s->open || conf_live_in(s, room->id)) {
        return CONF_OK;
    }

    memset(&where, 0, sizeof(conf_join_t));
    where.channel = conf_channel(CONF_CHANNEL_ROOM, room->id);
    where.epoch = room->epoch;
    where.seq = room->seq;

    return conf_live_sit(s, &where);
}


conf_rc_t
conf_live_wait(conf_session_t *s)
{
    conf_join_t  where;

    if (!s->open) {
        return CONF_OK;
    }

    memset(&where, 0, sizeof(conf_join_t));
    where.channel = conf_channel(CONF_CHANNEL_DOOR, s->bound->room_id);

    return conf_live_sit(s, &where);
}


/* The room and its door. */

void
conf_live_leave(conf_session_t *s, uint64_t room_id)
{
    conf_seat_t  *seat, **link;

    for (link = &s->seats; *link != NULL; /* void */ ) {
        seat = *link;

        if (conf_channel_kind(seat->local->key) == CONF_CHANNEL_USER
            || conf_channel_id(seat->local->key) != room_id)
        {
            link = &seat->other;
            continue;
        }

        *link = seat->other;
        conf_live_stand_up(s, seat);
    }
}


/* Leaves the channel; the seat is off the session's list, and gone then. */

static void
conf_live_stand_up(conf_session_t *s, conf_seat_t *seat)
{
    conf_env_t   *env = s->env;
    conf_left_t   left;

    if (conf_channel_leave(&env->shm, s->id, seat->local->key,
                           seat->local->nplaces == 1, &left)
        == CONF_OK)
    {
        conf_live_left(env, &left);
    }

    conf_live_unlink(env->live, seat);
}


bool
conf_live_in(const conf_session_t *s, uint64_t room_id)
{
    uint64_t      channel;
    conf_seat_t  *seat;

    channel = conf_channel(CONF_CHANNEL_ROOM, room_id);

    for (seat = s->seats; seat != NULL; seat = seat->other) {
        if (seat->local->key == channel) {
            return true;
        }
    }

    return false;
}


bool
conf_live_joined(const conf_session_t *s)
{
    return s->bound != NULL && conf_live_in(s, s->bound->room_id);
}


uint64_t
conf_live_seat(const conf_session_t *s, uint64_t after)
{
    uint64_t      id, best;
    conf_seat_t  *seat;

    best = 0;

    for (seat = s->seats; seat != NULL; seat = seat->other) {
        id = conf_channel_id(seat->local->key);

        if (conf_channel_kind(seat->local->key) == CONF_CHANNEL_ROOM
            && id > after && (best == 0 || id < best))
        {
            best = id;
        }
    }

    return best;
}


bool
conf_live_has(conf_live_t *live, uint64_t channel)
{
    return *conf_live_find(live, channel) != NULL;
}


void
conf_live_each(conf_live_t *live, uint64_t channel, conf_live_pt fn,
    void *data)
{
    uint32_t       i;
    conf_local_t  *local;

    local = *conf_live_find(live, channel);
    if (local == NULL) {
        return;
    }

    /* fn may take its own session out; the last one takes the channel. */

    for (i = local->nplaces; i != 0; i--) {
        fn(local->places[i - 1].session, data);
    }
}


void
conf_live_bridge(conf_live_t *live, const conf_live_bridge_t *bridge)
{
    live->bridge = bridge;
}


bool
conf_live_bridged(const conf_live_t *live)
{
    return live->bridge != NULL;
}


void
conf_live_rooms(conf_live_t *live, void (*fn)(void *data, uint64_t channel),
    void *data)
{
    size_t         i;
    conf_local_t  *local;

    for (i = 0; i < live->nbuckets; i++) {
        for (local = live->buckets[i]; local != NULL; local = local->next) {
            if (conf_channel_kind(local->key) == CONF_CHANNEL_ROOM) {
                fn(data, local->key);
            }
        }
    }
}


void
conf_live_rewind(conf_live_t *live)
{
    live->cursor = live->sessions;
}


conf_session_t *
conf_live_next(conf_live_t *live)
{
    conf_session_t  *s;

    s = live->cursor;
    if (s != NULL) {
        live->cursor = s->next;
    }

    return s;
}


size_t
conf_live_sessions(const conf_live_t *live)
{
    return live->nsessions;
}


void
conf_live_close_all(conf_live_t *live, conf_close_e why)
{
    conf_session_t  *s, *next;

    for (s = live->sessions; s != NULL; s = next) {
        next = s->next;
        s->close(s, why);
    }
}


/* Who leaves in a moment is back: nobody is told. */

static void
conf_live_silent(void *data, const conf_left_t *left)
{
}


conf_rc_t
conf_live_restore(conf_live_t *live)
{
    bool             first;
    size_t           i, j;
    conf_rc_t        rc;
    conf_env_t      *env = live->env;
    conf_join_t      where;
    conf_local_t    *local;
    conf_session_t  *s;

    /* When it is tried once more, the slot of the last try is given back. */

    while (conf_worker_detach(&env->shm, &env->worker, conf_live_silent, NULL)
           == CONF_OK)
    {
        /* void */
    }

    rc = conf_worker_attach(&env->shm, env->shm.pid, &env->worker);
    if (rc != CONF_OK) {
        return rc;
    }

    env->generation = conf_shm_generation(&env->shm);

    for (s = live->sessions; s != NULL; s = s->next) {
        rc = conf_session_open(&env->shm, &env->worker, s->id,
                               s->auth.user_id);
        if (rc != CONF_OK && rc != CONF_E_EXISTS) {
            return rc;
        }
    }

    for (i = 0; i < live->nbuckets; i++) {
        for (local = live->buckets[i]; local != NULL; local = local->next) {
            where.channel = local->key;
            where.epoch = local->epoch;
            where.seq = local->seq;

            for (j = 0; j < local->nplaces; j++) {
                s = local->places[j].session;
                where.subscribe = j == 0;
                where.peer = conf_live_peer(s, local->key);

                rc = conf_channel_join(&env->shm, s->id, &where, &first);
                if (rc != CONF_OK && rc != CONF_E_EXISTS) {
                    return rc;
                }
            }
        }
    }

    conf_live_check(live);

    return CONF_OK;
}


/* The link in its bucket that points to the channel, or that would. */

conf_local_t **
conf_live_find(conf_live_t *live, uint64_t channel)
{
    uint64_t        hash;
    conf_local_t  **link;

    hash = channel * 0x9e3779b97f4a7c15;
    link = &live->buckets[(hash >> 32) & (live->nbuckets - 1)];

    while (*link != NULL && (*link)->key != channel) {
        link = &(*link)->next;
    }

    return link;
}


static conf_local_t *
conf_live_local(conf_live_t *live, uint64_t channel)
{
    conf_local_t  *local, **link;

    link = conf_live_find(live, channel);
    if (*link != NULL) {
        return *link;
    }

    local = calloc(1, sizeof(conf_local_t));
    if (local == NULL) {
        return NULL;
    }

    local->key = channel;
    *link = local;

    if (++live->nlocals > live->nbuckets) {
        conf_live_grow(live);
    }

    return local;
}


static void
conf_live_grow(conf_live_t *live)
{
    size_t          i, n;
    conf_local_t   *local, *next, **old, **link;

    n = live->nbuckets;
    old = live->buckets;

    live->buckets = calloc(n * 2, sizeof(conf_local_t *));
    if (live->buckets == NULL) {
        live->buckets = old;
        return;
    }

    live->nbuckets = n * 2;

    for (i = 0; i < n; i++) {
        for (local = old[i]; local != NULL; local = next) {
            next = local->next;
            link = conf_live_find(live, local->key);
            local->next = NULL;
            *link = local;
        }
    }

    free(old);
}


/* Forgets a channel that nobody sits in. */

static void
conf_live_drop(conf_live_t *live, conf_local_t *local)
{
    *conf_live_find(live, local->key) = local->next;
    live->nlocals--;

    local->seq = UINT64_MAX;
    conf_live_catch_up(live, local);
    conf_live_unshot(live, local);

    free(local->places);
    free(local);
}


static conf_rc_t
conf_live_sit(conf_session_t *s, const conf_join_t *where)
{
    bool           first;
    conf_rc_t      rc;
    conf_env_t    *env = s->env;
    conf_join_t    join;
    conf_seat_t   *seat;
    conf_local_t  *local;

    first = false;
    seat = malloc(sizeof(conf_seat_t));
    local = conf_live_local(env->live, where->channel);

    if (seat == NULL || local == NULL || !conf_live_place(local)) {
        rc = CONF_E_NOMEM;

    } else {
        join = *where;
        join.subscribe = local->nplaces == 0;
        join.peer = conf_live_peer(s, where->channel);

        rc = conf_channel_join(&env->shm, s->id, &join, &first);

        if (rc == CONF_E_NOT_FOUND) {

            /* Registering again brings our seats, too. */

            conf_live_astray(env);
            rc = CONF_OK;
        }

        if (rc == CONF_E_EXISTS) {
            rc = CONF_OK;
        }
    }

    if (rc != CONF_OK) {
        free(seat);

        if (local != NULL && local->nplaces == 0) {
            conf_live_drop(env->live, local);
        }

        return rc;
    }

    if (local->nplaces == 0) {
        local->epoch = where->epoch;
        local->seq = where->seq;
    }

    seat->local = local;
    seat->place = local->nplaces;
    local->places[seat->place].session = s;
    local->places[seat->place].seat = seat;

    if (local->nplaces++ == 0) {
        conf_live_tell_room(env->live, local, true);
    }

    seat->other = s->seats;
    s->seats = seat;

    conf_live_came(s, where->channel, first);

    return CONF_OK;
}


/* Room for one more; false when memory is short. */

static bool
conf_live_place(conf_local_t *local)
{
    uint32_t       size;
    conf_place_t  *places;

    if (local->nplaces < local->size) {
        return true;
    }

    size = conf_max(1, local->size * 2);
    places = realloc(local->places, size * sizeof(conf_place_t));

    if (places == NULL) {
        return false;
    }

    local->places = places;
    local->size = size;

    return true;
}


/* What the session is in this channel: a peer or not. */

static const conf_peer_t *
conf_live_peer(const conf_session_t *s, uint64_t channel)
{
    return (s->bound != NULL
            && conf_channel_kind(channel) != CONF_CHANNEL_USER)
           ? &s->bound->peer : NULL;
}


/* A room hears of each peer and of each user's first session. */

static void
conf_live_came(conf_session_t *s, uint64_t channel, bool first)
{
    conf_presence_t     presence;
    const conf_peer_t  *peer;

    peer = conf_live_peer(s, channel);

    if (conf_channel_kind(channel) != CONF_CHANNEL_ROOM
        || (peer == NULL && !first))
    {
        return;
    }

    memset(&presence, 0, sizeof(conf_presence_t));
    presence.user_id = s->auth.user_id;
    presence.online = true;
    presence.edge = first;

    if (peer != NULL) {
        presence.session = s->id;
        presence.peer = peer->id;
        presence.name = peer->name;
        presence.nickname = peer->nickname;
        presence.role = peer->role;
        presence.media = peer->media;
    }

    conf_live_presence(s->env, channel, CONF_EVENT_PRESENCE, &presence);
}


void
conf_live_astray(conf_env_t *env)
{
    conf_wake_t  wake;

    wake.n = 1;
    wake.workers[0] = env->worker;

    env->wake(env, &wake);
}


/* Takes a seat off its channel and frees it; the session's list is done. */

static void
conf_live_unlink(conf_live_t *live, conf_seat_t *seat)
{
    conf_local_t  *local = seat->local;
    conf_place_t  *place, *last;

    place = &local->places[seat->place];
    last = &local->places[--local->nplaces];

    *place = *last;
    place->seat->place = seat->place;

    free(seat);

    if (local->nplaces == 0) {
        conf_live_tell_room(live, local, false);
        conf_live_drop(live, local);
    }
}


static void
conf_live_tell_room(conf_live_t *live, const conf_local_t *local, bool here)
{
    if (live->bridge != NULL
        && conf_channel_kind(local->key) == CONF_CHANNEL_ROOM)
    {
        live->bridge->room(live->bridge->data, local->key, here);
    }
}


void
conf_live_left(void *data, const conf_left_t *left)
{
    conf_led_t          led;
    conf_env_t         *env = data;
    conf_presence_t     presence;
    conf_publish_to_t   to;

    if (conf_channel_kind(left->channel) != CONF_CHANNEL_ROOM) {
        return;
    }

    if (left->led) {
        memset(&to, 0, sizeof(conf_publish_to_t));
        memset(&led, 0, sizeof(conf_led_t));

        to.channel = left->channel;
        to.type = CONF_EVENT_LEAD;
        led.room_id = conf_channel_id(left->channel);
        led.time_ms = env->now_ms(env);

        (void) conf_live_publish(env, &to, &led);
    }

    if (!left->last && !left->peer) {
        return;
    }

    memset(&presence, 0, sizeof(conf_presence_t));
    presence.user_id = left->user;
    presence.edge = left->last;

    if (left->peer) {
        presence.session = left->was.session;
        presence.peer = left->was.id;
        presence.name = left->was.name;
        presence.nickname = left->was.nickname;
        presence.role = left->was.role;
        presence.media = left->was.media;
    }

    conf_live_presence(env, left->channel, CONF_EVENT_PRESENCE, &presence);
}
