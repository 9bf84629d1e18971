
#include "conf_live_table.h"


#define CONF_LIVE_SHOT_MS    500     /* between two shows of a room */
#define CONF_LIVE_SHOT_SIZE  100     /* peers of a room that is small */


static void conf_live_deliver(conf_live_t *live, const conf_event_t *event);
static void conf_live_end(const conf_local_t *local,
    const conf_event_t *event, const conf_id_t *id);
static bool conf_live_order(conf_live_t *live, conf_local_t *local,
    const conf_event_t *event);
static void conf_live_late(conf_live_t *live, conf_local_t *local,
    uint64_t newest);
static void conf_live_show(conf_live_t *live, conf_local_t *local,
    const conf_event_t *event, const void *body);
static void conf_live_plan_shot(conf_live_t *live, conf_local_t *local);
static bool conf_live_wanted(const conf_session_t *s,
    const conf_event_t *event, const void *body);
static conf_out_t *conf_live_render(conf_live_t *live, const conf_api_t *api,
    const conf_event_t *event, const void *body);


static const conf_proto_t *const  conf_event_protos[CONF_EVENT_MAX] = {
    NULL,
    &conf_proto_message,
    &conf_proto_message,
    &conf_proto_presence,
    &conf_proto_room,
    &conf_proto_room,
    &conf_proto_room,
    &conf_proto_signal,
    &conf_proto_led,
    NULL,
    &conf_proto_presence,
    &conf_proto_room,
    &conf_proto_room,
    &conf_proto_room,
    &conf_proto_id,
    &conf_proto_id
};

CONF_PROTO_TABLE(presence, CONF_PRESENCE_FIELDS);
CONF_PROTO_TABLE(signal, CONF_SIGNAL_FIELDS);
CONF_PROTO_TABLE(led, CONF_LED_FIELDS);


const conf_proto_t *
conf_event_proto(uint32_t type)
{
    return type < CONF_EVENT_MAX ? conf_event_protos[type] : NULL;
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

    if (lost) {
        conf_live_check(live);
    }

    return rc;
}


bool
conf_live_behind(conf_live_t *live, conf_gap_t *gap)
{
    conf_local_t  *local;

    for (local = live->behind; local != NULL; local = local->later) {
        if (!local->asked) {
            local->asked = true;

            gap->channel = local->key;
            gap->epoch = local->epoch;
            gap->first = local->seq + 1;
            gap->last = local->newest;

            return true;
        }
    }

    return false;
}


void
conf_live_repair(conf_live_t *live, const conf_message_t *message)
{
    conf_event_t   event;
    conf_local_t  *local;

    local = *conf_live_find(live, conf_channel(CONF_CHANNEL_ROOM,
                                               message->room_id));

    if (local == NULL || local->epoch != message->epoch
        || message->seq <= local->seq)
    {
        return;
    }

    memset(&event, 0, sizeof(conf_event_t));
    event.type = CONF_EVENT_MESSAGE;

    local->seq = message->seq;
    conf_live_show(live, local, &event, message);
}


void
conf_live_repaired(conf_live_t *live, const conf_gap_t *gap, bool done)
{
    conf_local_t  *local;

    local = *conf_live_find(live, gap->channel);

    if (local == NULL || !local->behind || local->epoch != gap->epoch) {
        return;
    }

    local->asked = false;

    if (done) {

        /* What the store does not have will never come. */

        local->seq = conf_max(local->seq, gap->last);
    }

    conf_live_catch_up(live, local);
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


void
conf_live_retell(conf_session_t *s, const conf_event_t *event)
{
    void                *body;
    conf_out_t          *out;
    conf_live_t         *live = s->env->live;
    const conf_proto_t  *proto;

    proto = conf_event_proto(event->type);
    if (proto == NULL || event->from == s->id) {
        return;
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

    out = conf_live_render(live, s->api, event, body);
    if (out != NULL) {
        s->send(s, out);
        conf_out_unref(out);
    }
}


uint64_t
conf_live_shot(conf_live_t *live)
{
    int64_t        now_ms;
    conf_local_t  *local;

    now_ms = live->env->now_ms(live->env);

    for (local = live->shots; local != NULL; local = local->shot) {
        if (now_ms >= local->shot_ms) {
            conf_live_unshot(live, local);
            return conf_channel_id(local->key);
        }
    }

    return 0;
}


void
conf_live_unshot(conf_live_t *live, conf_local_t *local)
{
    conf_local_t  **link;

    if (local->shot_ms == 0) {
        return;
    }

    for (link = &live->shots; *link != local; link = &(*link)->shot) {
        /* void */
    }

    *link = local->shot;
    local->shot_ms = 0;
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
    event.from = to->from;
    event.to = to->to;
    event.user = to->user;
    event.body.data = buf->data;
    event.body.len = buf->len;

    wake.n = 0;
    rc = conf_channel_publish(&env->shm, &event, &wake);

    if (wake.n != 0) {
        env->wake(env, &wake);
    }

    if (env->live->bridge != NULL) {
        env->live->bridge->publish(env->live->bridge->data, &event);
    }

    return rc;
}


/*
 * Who has left another node and is on this one is not told to have left, nor
 * who comes to it to have come.
 */

bool
conf_live_foreign(conf_env_t *env, const conf_event_t *event)
{
    bool             told;
    conf_arena_t    *arena = env->live->arena;
    conf_presence_t  presence;

    if (conf_event_proto(event->type) == NULL) {
        return false;
    }

    if (event->type != CONF_EVENT_PRESENCE) {
        return true;
    }

    conf_arena_reset(arena);

    told = conf_proto_unpack(arena, &conf_proto_presence, CONF_PROTO_WIRE,
                             event->body, &presence)
           == CONF_OK;

    return told && !conf_channel_has(&env->shm, event->channel,
                                     presence.user_id);
}


conf_rc_t
conf_live_message(conf_env_t *env, const conf_message_t *message)
{
    conf_rc_t           rc;
    conf_live_t        *live = env->live;
    conf_local_t       *local;
    conf_publish_to_t   to;

    memset(&to, 0, sizeof(conf_publish_to_t));
    to.channel = conf_channel(CONF_CHANNEL_ROOM, message->room_id);
    to.type = CONF_EVENT_MESSAGE;
    to.epoch = message->epoch;
    to.seq = message->seq;

    rc = conf_live_publish(env, &to, message);

    if (rc != CONF_DONE) {
        return rc;
    }

    /*
     * Somebody else has published it, or the zone does not know that we are
     * there: if it was not shown here yet it is on its way, or missing.
     */

    local = *conf_live_find(live, to.channel);

    if (local == NULL || local->epoch != to.epoch || local->seq >= to.seq) {
        return CONF_DONE;
    }

    conf_live_late(live, local, to.seq);
    conf_live_astray(env);

    return CONF_AGAIN;
}


void
conf_live_presence(conf_env_t *env, uint64_t channel, uint32_t type,
    conf_presence_t *presence)
{
    conf_user_t        user;
    conf_arena_t      *arena = env->live->arena;
    conf_cache_key_t   key = { CONF_CACHE_USER, 0, 0 };
    conf_publish_to_t  to;

    memset(&to, 0, sizeof(conf_publish_to_t));

    to.channel = channel;
    to.type = type;
    to.from = presence->session;

    presence->count = conf_channel_count(&env->shm, channel);
    if (presence->count == 0 && env->live->bridge == NULL) {
        return;
    }

    presence->room_id = conf_channel_id(channel);
    presence->time_ms = env->now_ms(env);

    /* A name that is not at hand is left out: the id is what counts. */

    conf_arena_reset(arena);
    key.user = presence->user_id;

    if (presence->name.len == 0
        && conf_hot_get(env, arena, key, &conf_proto_user, &user) == CONF_OK)
    {
        presence->name = user.name;
        presence->nickname = user.nickname;
        presence->avatar = user.avatar;
    }

    (void) conf_live_publish(env, &to, presence);
}


static void
conf_live_deliver(conf_live_t *live, const conf_event_t *event)
{
    void                *body;
    conf_local_t        *local;
    const conf_proto_t  *proto;

    local = *conf_live_find(live, event->channel);
    proto = conf_event_proto(event->type);

    if (local == NULL || proto == NULL) {
        return;
    }

    if (event->seq != 0 && !conf_live_order(live, local, event)) {
        return;
    }

    conf_arena_reset(live->arena);

    body = conf_arena_alloc(live->arena, proto->size);

    if (body != NULL
        && conf_proto_unpack(live->arena, proto, CONF_PROTO_WIRE, event->body,
                             body)
           == CONF_OK)
    {
        if (event->type == CONF_EVENT_REPLACED
            || event->type == CONF_EVENT_LEFT)
        {
            conf_live_end(local, event, body);

        } else {
            conf_live_show(live, local, event, body);
        }
    }
}


/* Sessions of a user that end: close() never ends one at once. */

static void
conf_live_end(const conf_local_t *local, const conf_event_t *event,
    const conf_id_t *id)
{
    uint32_t         n;
    conf_session_t  *s;

    for (n = local->nplaces; n != 0; n--) {
        s = local->places[n - 1].session;

        if (event->type == CONF_EVENT_REPLACED) {
            if (s->id == event->to) {
                s->close(s, CONF_CLOSE_REPLACED);
            }

        } else if (s->bound != NULL && s->bound->room_id == id->id) {
            s->bound->gone = true;
            conf_live_leave(s, id->id);
            s->close(s, CONF_CLOSE_NORMAL);
        }
    }
}


/*
 * May the message be shown now?  The zone has put messages in order, but an
 * inbox that was full has lost some, and a zone that was emptied knows only
 * what the first worker to come back has told.
 */

static bool
conf_live_order(conf_live_t *live, conf_local_t *local,
    const conf_event_t *event)
{
    if (event->epoch != local->epoch) {
        local->epoch = event->epoch;
        local->newest = 0;

    } else if (event->seq <= local->seq) {
        return false;

    } else if (event->seq != local->seq + 1) {
        conf_live_late(live, local, event->seq);
        return false;
    }

    local->seq = event->seq;
    conf_live_catch_up(live, local);

    return true;
}


static void
conf_live_late(conf_live_t *live, conf_local_t *local, uint64_t newest)
{
    local->newest = conf_max(local->newest, newest);

    if (local->behind) {
        return;
    }

    local->behind = true;
    local->asked = false;
    local->earlier = NULL;
    local->later = live->behind;

    if (local->later != NULL) {
        local->later->earlier = local;
    }

    live->behind = local;
}


/* Off the list when nothing is missing any more. */

void
conf_live_catch_up(conf_live_t *live, conf_local_t *local)
{
    if (!local->behind || local->seq < local->newest) {
        return;
    }

    local->behind = false;

    if (local->earlier != NULL) {
        local->earlier->later = local->later;
    } else {
        live->behind = local->later;
    }

    if (local->later != NULL) {
        local->later->earlier = local->earlier;
    }
}


/* Compares what was shown here with what the zone has delivered. */

void
conf_live_check(conf_live_t *live)
{
    size_t                i;
    conf_local_t         *local;
    conf_channel_head_t   head;

    for (i = 0; i < live->nbuckets; i++) {
        for (local = live->buckets[i]; local != NULL; local = local->next) {
            if (conf_channel_kind(local->key) == CONF_CHANNEL_ROOM
                && conf_channel_heads(&live->env->shm, local->key - 1, &head,
                                      1)
                   == 1
                && head.channel == local->key
                && head.epoch == local->epoch
                && head.seq > local->seq)
            {
                conf_live_late(live, local, head.seq);
            }
        }
    }
}


/* To every session in it, rendered once a dialect. */

static void
conf_live_show(conf_live_t *live, conf_local_t *local,
    const conf_event_t *event, const void *body)
{
    bool             shot;
    size_t           i;
    uint32_t         n, done;
    conf_out_t      *outs[CONF_APIS_MAX];
    conf_session_t  *s;

    done = 0;
    shot = false;

    /* send() never closes at once, so the list holds still. */

    for (n = local->nplaces; n != 0; n--) {
        s = local->places[n - 1].session;
        i = s->api->index;

        shot = shot || (s->api->snapshots && s->bound != NULL);

        if (!conf_live_wanted(s, event, body)) {
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

    if (shot && event->type == CONF_EVENT_PRESENCE) {
        conf_live_plan_shot(live, local);
    }
}


/*
 * All that is shown while it waits is in it.  A show costs peers times peers,
 * so the larger a room is the less often it is shown: what that takes a second
 * does not grow.
 */

static void
conf_live_plan_shot(conf_live_t *live, conf_local_t *local)
{
    size_t  n;

    if (local->shot_ms != 0) {
        return;
    }

    n = conf_channel_sessions(&live->env->shm, local->key)
        / CONF_LIVE_SHOT_SIZE;

    local->shot_ms = live->env->now_ms(live->env)
                     + CONF_LIVE_SHOT_MS * (int64_t) (1 + n * n);
    local->shot = live->shots;
    live->shots = local;
}


/*
 * Nobody is told of being there; a peer hears of its user's other peers.  Who
 * waits is for those that can let him in.
 */

static bool
conf_live_wanted(const conf_session_t *s, const conf_event_t *event,
    const void *body)
{
    const conf_presence_t  *presence = body;

    if ((event->from != 0 && event->from == s->id)
        || (event->to != 0 && event->to != s->id)
        || (event->user != 0 && event->user != s->auth.user_id))
    {
        return false;
    }

    if (event->type == CONF_EVENT_WAITING
        && (s->bound == NULL || s->bound->peer.role < CONF_ROLE_MODERATOR))
    {
        return false;
    }

    if (s->bound != NULL) {
        return event->live == 0 || event->live > s->bound->since;
    }

    return event->type != CONF_EVENT_PRESENCE
           || presence->user_id != s->auth.user_id;
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
