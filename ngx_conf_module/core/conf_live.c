
#include "conf_live.h"

#include <stdlib.h>


#define CONF_LIVE_BUCKETS  1024      /* at first; doubled as it fills */


/* A channel that this worker has sessions in. */

struct conf_local_s {
    uint64_t         key;
    conf_local_t    *next;           /* in its bucket */
    conf_seat_t     *seats;          /* who sits in it */
    size_t           nseats;
    uint64_t         epoch;          /* newest durable event delivered here, */
    uint64_t         seq;            /* for registering again */
};

/* One session in one channel: on the channel's list and on the session's. */

struct conf_seat_s {
    conf_session_t  *session;
    conf_local_t    *local;
    conf_seat_t     *next;           /* in the channel */
    conf_seat_t     *prev;
    conf_seat_t     *other;          /* the session's next */
};

struct conf_live_s {
    conf_env_t      *env;
    conf_local_t   **buckets;
    size_t           nbuckets;       /* a power of two */
    size_t           nlocals;
    conf_session_t  *sessions;
    conf_session_t  *cursor;         /* of conf_live_next() */
    size_t           nsessions;
    conf_buf_t       inbox;
    conf_buf_t       text;
    conf_arena_t    *arena;
};


static conf_local_t **conf_live_find(conf_live_t *live, uint64_t channel);
static conf_local_t *conf_live_local(conf_live_t *live, uint64_t channel);
static void conf_live_grow(conf_live_t *live);
static void conf_live_drop(conf_live_t *live, conf_local_t *local);
static conf_rc_t conf_live_sit(conf_session_t *s, const conf_join_t *where);
static void conf_live_unlink(conf_live_t *live, conf_seat_t *seat);
static void conf_live_left(void *data, uint64_t channel, uint64_t user);
static void conf_live_deliver(conf_live_t *live, const conf_event_t *event);
static bool conf_live_own(const conf_session_t *s, uint32_t type,
    const void *body);
static conf_out_t *conf_live_render(conf_live_t *live, const conf_api_t *api,
    const conf_event_t *event, const void *body);


static const conf_proto_t *const  conf_event_protos[CONF_EVENT_MAX] = {
    NULL,
    &conf_proto_message,
    &conf_proto_message,
    &conf_proto_presence,
    &conf_proto_room,
    &conf_proto_room,
    &conf_proto_room
};

CONF_PROTO_TABLE(presence, CONF_PRESENCE_FIELDS);


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


const conf_proto_t *
conf_event_proto(uint32_t type)
{
    return type < CONF_EVENT_MAX ? conf_event_protos[type] : NULL;
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
    conf_local_t  *local;
    bool           last;

    if (!s->open) {
        return;
    }

    s->open = false;

    while (s->seats != NULL) {
        seat = s->seats;
        s->seats = seat->other;
        local = seat->local;

        if (conf_channel_leave(&env->shm, s->id, local->key,
                               local->nseats == 1, &last)
            == CONF_OK
            && last)
        {
            conf_live_left(env, local->key, s->auth.user_id);
        }

        conf_live_unlink(live, seat);
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

    where.channel = conf_channel(CONF_CHANNEL_ROOM, room->id);
    where.epoch = room->epoch;
    where.seq = room->seq;

    return conf_live_sit(s, &where);
}


void
conf_live_leave(conf_session_t *s, uint64_t room_id)
{
    bool           last;
    uint64_t       channel;
    conf_env_t    *env = s->env;
    conf_seat_t   *seat, **link;

    channel = conf_channel(CONF_CHANNEL_ROOM, room_id);

    for (link = &s->seats; *link != NULL; link = &(*link)->other) {
        if ((*link)->local->key == channel) {
            break;
        }
    }

    seat = *link;
    if (seat == NULL) {
        return;
    }

    *link = seat->other;

    if (conf_channel_leave(&env->shm, s->id, channel,
                           seat->local->nseats == 1, &last)
        == CONF_OK
        && last)
    {
        conf_live_left(env, channel, s->auth.user_id);
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
    conf_seat_t   *seat, *next;
    conf_local_t  *local;

    local = *conf_live_find(live, channel);
    if (local == NULL) {
        return;
    }

    /* fn may take its own session out, which ends its seat only. */

    for (seat = local->seats; seat != NULL; seat = next) {
        next = seat->next;
        fn(seat->session, data);
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


conf_rc_t
conf_live_drain(conf_live_t *live, size_t bytes_max)
{
    bool          lost;
    size_t        pos;
    conf_rc_t     rc;
    conf_event_t  event;

    rc = conf_inbox_drain(&live->env->shm, &live->env->worker, &live->inbox,
                          bytes_max, &lost);

    if (rc != CONF_OK && rc != CONF_DONE) {
        return rc;
    }

    pos = 0;

    while (conf_inbox_next(&live->inbox, &pos, &event) == CONF_OK) {
        conf_live_deliver(live, &event);
    }

    return rc;
}


void
conf_live_tell(conf_session_t *s, uint32_t type, const void *body)
{
    conf_out_t    *out;
    conf_event_t   event;

    memset(&event, 0, sizeof(conf_event_t));
    event.type = type;

    out = conf_live_render(s->env->live, s->api, &event, body);
    if (out != NULL) {
        s->send(s, out);
        conf_out_unref(out);
    }
}


conf_rc_t
conf_live_publish(conf_env_t *env, const conf_publish_to_t *to,
    const void *body)
{
    conf_rc_t     rc;
    conf_buf_t   *buf = &env->live->text;
    conf_wake_t   wake;
    conf_event_t  event;

    conf_buf_reset(buf);

    rc = conf_proto_pack(buf, conf_event_protos[to->type], body);
    if (rc != CONF_OK) {
        return rc;
    }

    memset(&event, 0, sizeof(conf_event_t));
    event.channel = to->channel;
    event.epoch = to->epoch;
    event.seq = to->seq;
    event.type = to->type;
    event.body.data = buf->data;
    event.body.len = buf->len;

    wake.n = 0;
    rc = conf_channel_publish(&env->shm, &event, &wake);

    if (wake.n != 0) {
        env->wake(env, &wake);
    }

    return rc;
}


conf_rc_t
conf_live_message(conf_env_t *env, const conf_message_t *message)
{
    conf_publish_to_t  to;

    to.channel = conf_channel(CONF_CHANNEL_ROOM, message->room_id);
    to.type = CONF_EVENT_MESSAGE;
    to.epoch = message->epoch;
    to.seq = message->seq;

    return conf_live_publish(env, &to, message);
}


void
conf_live_presence(conf_env_t *env, uint64_t room_id, uint64_t user_id,
    bool online)
{
    conf_user_t        user;
    conf_arena_t      *arena = env->live->arena;
    conf_presence_t    body;
    conf_cache_key_t   key = { CONF_CACHE_USER, 0, 0 };
    conf_publish_to_t  to;

    memset(&to, 0, sizeof(conf_publish_to_t));
    memset(&body, 0, sizeof(conf_presence_t));

    to.channel = conf_channel(CONF_CHANNEL_ROOM, room_id);
    to.type = CONF_EVENT_PRESENCE;

    body.count = conf_channel_count(&env->shm, to.channel);
    if (body.count == 0) {
        return;
    }

    body.room_id = room_id;
    body.user_id = user_id;
    body.online = online;

    /* A name that is not at hand is left out: the id is what counts. */

    conf_arena_reset(arena);
    key.user = user_id;

    if (conf_hot_get(env, arena, key, &conf_proto_user, &user) == CONF_OK) {
        body.name = user.name;
        body.nickname = user.nickname;
        body.avatar = user.avatar;
    }

    (void) conf_live_publish(env, &to, &body);
}


conf_rc_t
conf_live_restore(conf_live_t *live)
{
    bool             first, subscribe;
    size_t           i;
    conf_rc_t        rc;
    conf_env_t      *env = live->env;
    conf_seat_t     *seat;
    conf_join_t      where;
    conf_local_t    *local;
    conf_session_t  *s;

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
            subscribe = true;

            for (seat = local->seats; seat != NULL; seat = seat->next) {
                where.subscribe = subscribe;
                subscribe = false;

                rc = conf_channel_join(&env->shm, seat->session->id, &where,
                                       &first);
                if (rc != CONF_OK && rc != CONF_E_EXISTS) {
                    return rc;
                }
            }
        }
    }

    return CONF_OK;
}


/* The link in its bucket that points to the channel, or that would. */

static conf_local_t **
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

    seat = malloc(sizeof(conf_seat_t));
    local = conf_live_local(env->live, where->channel);

    if (seat == NULL || local == NULL) {
        rc = CONF_E_NOMEM;

    } else {
        join = *where;
        join.subscribe = local->nseats == 0;
        first = false;

        rc = conf_channel_join(&env->shm, s->id, &join, &first);
        if (rc == CONF_E_EXISTS) {
            rc = CONF_OK;
        }
    }

    if (rc != CONF_OK) {
        free(seat);

        if (local != NULL && local->nseats == 0) {
            conf_live_drop(env->live, local);
        }

        return rc;
    }

    if (local->nseats == 0) {
        local->epoch = where->epoch;
        local->seq = where->seq;
    }

    seat->session = s;
    seat->local = local;
    seat->prev = NULL;
    seat->next = local->seats;

    if (seat->next != NULL) {
        seat->next->prev = seat;
    }

    local->seats = seat;
    local->nseats++;

    seat->other = s->seats;
    s->seats = seat;

    if (first
        && conf_channel_kind(where->channel) == CONF_CHANNEL_ROOM)
    {
        conf_live_presence(env, conf_channel_id(where->channel),
                           s->auth.user_id, true);
    }

    return CONF_OK;
}


/* Takes a seat off its channel and frees it; the session's list is done. */

static void
conf_live_unlink(conf_live_t *live, conf_seat_t *seat)
{
    conf_local_t  *local = seat->local;

    if (seat->prev != NULL) {
        seat->prev->next = seat->next;
    } else {
        local->seats = seat->next;
    }

    if (seat->next != NULL) {
        seat->next->prev = seat->prev;
    }

    free(seat);

    if (--local->nseats == 0) {
        conf_live_drop(live, local);
    }
}


/* A user's last session has left a channel; data is the env. */

static void
conf_live_left(void *data, uint64_t channel, uint64_t user)
{
    if (conf_channel_kind(channel) == CONF_CHANNEL_ROOM) {
        conf_live_presence(data, conf_channel_id(channel), user, false);
    }
}


static void
conf_live_deliver(conf_live_t *live, const conf_event_t *event)
{
    void                *body;
    size_t               i;
    uint32_t             done;
    conf_out_t          *outs[CONF_APIS_MAX];
    conf_seat_t         *seat;
    conf_local_t        *local;
    conf_session_t      *s;
    const conf_proto_t  *proto;

    local = *conf_live_find(live, event->channel);
    proto = conf_event_proto(event->type);

    if (local == NULL || proto == NULL) {
        return;
    }

    if (event->seq != 0) {
        local->epoch = event->epoch;
        local->seq = event->seq;
    }

    conf_arena_reset(live->arena);

    body = conf_arena_alloc(live->arena, proto->size);

    if (body == NULL
        || conf_proto_unpack(live->arena, proto, CONF_PROTO_WIRE, event->body,
                             body)
           != CONF_OK)
    {
        return;
    }

    done = 0;

    /* send() never closes at once, so the list holds still. */

    for (seat = local->seats; seat != NULL; seat = seat->next) {
        s = seat->session;
        i = s->api->index;

        if ((event->from != 0 && event->from == s->id)
            || (event->to != 0 && event->to != s->id)
            || conf_live_own(s, event->type, body))
        {
            continue;
        }

        if ((done & ((uint32_t) 1 << i)) == 0) {
            outs[i] = conf_live_render(live, s->api, event, body);
            done |= (uint32_t) 1 << i;
        }

        if (outs[i] != NULL) {
            s->send(s, outs[i]);
        }
    }

    for (i = 0; i < CONF_APIS_MAX; i++) {
        if ((done & ((uint32_t) 1 << i)) != 0 && outs[i] != NULL) {
            conf_out_unref(outs[i]);
        }
    }
}


/* Nobody is told of being there. */

static bool
conf_live_own(const conf_session_t *s, uint32_t type, const void *body)
{
    const conf_presence_t  *presence = body;

    return type == CONF_EVENT_PRESENCE
           && presence->user_id == s->auth.user_id;
}


/* What the dialect says of it, or NULL when it says nothing. */

static conf_out_t *
conf_live_render(conf_live_t *live, const conf_api_t *api,
    const conf_event_t *event, const void *body)
{
    conf_buf_t  *buf = &live->text;

    conf_buf_reset(buf);
    api->event(event, body, buf);

    if (buf->len == 0 || conf_buf_ok(buf) != CONF_OK) {
        return NULL;
    }

    return conf_out_create((conf_str_t) { buf->len, buf->data });
}
