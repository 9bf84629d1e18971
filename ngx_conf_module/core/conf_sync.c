
#include "conf_sync_ask.h"
#include "conf_signal.h"

#include <stdlib.h>


#define CONF_SYNC_PAGE      200       /* rooms a call */
#define CONF_SYNC_AGAIN_MS  1000      /* after a question without an answer */


/* What a session is told about one of its rooms. */

typedef struct {
    const conf_room_t  *room;
    const conf_room_view_t  *view;   /* the user's, too */
    conf_close_e        why;         /* it is put out */
    const conf_room_t  *rooms;       /* all the user is in, ascending by id */
    size_t              nrooms;
    const conf_user_t  *user;
    conf_sync_t        *sync;
    uint64_t            room_id;
    uint64_t            last_id;
} conf_told_t;


static void conf_sync_failed(conf_sync_t *sync, conf_rc_t rc);
static void conf_sync_touch(conf_sync_t *sync, const conf_touch_t *touch,
    uint64_t rev);
static void conf_sync_user(conf_sync_t *sync, uint64_t user_id, bool whole);
static void conf_sync_usered(conf_call_t *call);
static void conf_sync_member(conf_sync_t *sync, uint64_t user_id,
    uint64_t room_id);
static void conf_sync_membered(conf_call_t *call);
static void conf_sync_roomed(conf_call_t *call);
static void conf_sync_rooms(conf_sync_t *sync, uint64_t user_id,
    uint64_t after);
static void conf_sync_listed(conf_call_t *call);
static void conf_sync_more(conf_sync_t *sync);
static void conf_sync_enter(conf_session_t *s, void *data);
static void conf_sync_exit(conf_session_t *s, void *data);
static void conf_sync_change(conf_session_t *s, void *data);
static void conf_sync_mark(conf_session_t *s, void *data);
static void conf_sync_revoke(conf_session_t *s, void *data);
static void conf_sync_match(conf_session_t *s, void *data);
static bool conf_sync_listing(const conf_told_t *told, uint64_t room_id);


conf_sync_t *
conf_sync_create(conf_env_t *env)
{
    conf_sync_t  *sync;

    sync = calloc(1, sizeof(conf_sync_t));
    if (sync != NULL) {
        sync->env = env;
    }

    return sync;
}


void
conf_sync_destroy(conf_sync_t *sync)
{
    conf_ask_t  *ask;

    if (sync == NULL) {
        return;
    }

    while (sync->asks != NULL) {
        ask = sync->asks;
        sync->env->cancel(sync->env, &ask->call);
        conf_sync_end(ask);
    }

    conf_sync_bridge_end(sync);
    conf_sweep_end(sync->sweep);
    conf_buf_free(&sync->relay);
    free(sync);
}


void
conf_sync_event(conf_sync_t *sync, conf_str_t topic, conf_str_t payload,
    uint64_t rev)
{
    conf_touch_t   touch;
    conf_arena_t  *arena;

    if (conf_sync_bridge(sync, topic, payload)
        || !conf_str_eq(topic, conf_str("c")))
    {
        return;
    }

    arena = conf_arena_create(1024, 0);
    if (arena == NULL) {
        return;
    }

    if (conf_proto_unpack(arena, &conf_proto_touch, CONF_PROTO_WIRE, payload,
                          &touch)
        == CONF_OK)
    {
        conf_sync_touch(sync, &touch, rev);
    }

    conf_arena_destroy(arena);
}


void
conf_sync_all(conf_sync_t *sync)
{
    conf_cache_flush(&sync->env->shm);

    conf_live_rewind(sync->env->live);
    sync->checking = true;
    sync->again_ms = 0;

    /* A new link has no subscriptions. */

    conf_sync_bridge_end(sync);

    conf_sync_more(sync);
    conf_sync_doubt(sync, false);
    conf_sync_repair(sync);
}


void
conf_sync_tick(conf_sync_t *sync)
{
    conf_sync_gaps(sync);
    conf_sync_doubts(sync);
    conf_sync_repair(sync);
    conf_sweep_tick(sync);

    if (sync->again_ms != 0
        && sync->env->now_ms(sync->env) >= sync->again_ms)
    {
        conf_live_rewind(sync->env->live);
        sync->checking = true;
        sync->again_ms = 0;
    }

    if (sync->checking) {
        conf_sync_more(sync);
    }
}


/*
 * A question was not answered.  Without a link all is asked when there is one
 * again; what only failed is asked soon.
 */

static void
conf_sync_failed(conf_sync_t *sync, conf_rc_t rc)
{
    if (conf_error_internal(rc) && rc != CONF_E_BACKEND_DOWN
        && sync->again_ms == 0)
    {
        sync->again_ms = sync->env->now_ms(sync->env) + CONF_SYNC_AGAIN_MS;
    }
}


conf_ask_t *
conf_sync_ask(conf_sync_t *sync)
{
    conf_ask_t  *ask;

    ask = calloc(1, sizeof(conf_ask_t));

    if (ask != NULL) {
        ask->call.arena = conf_arena_create(2048, 0);
    }

    if (ask == NULL || ask->call.arena == NULL) {
        conf_sync_failed(sync, CONF_E_NOMEM);
        free(ask);
        return NULL;
    }

    ask->sync = sync;
    ask->next = sync->asks;

    if (ask->next != NULL) {
        ask->next->prev = ask;
    }

    sync->asks = ask;

    return ask;
}


void
conf_sync_call(conf_ask_t *ask, conf_op_e code, const void *request,
    void (*done)(conf_call_t *call))
{
    conf_env_t  *env = ask->sync->env;

    ask->call.code = code;
    ask->call.done = done;
    ask->call.data = ask;

    if (ask->whole) {
        ask->sync->nwhole++;
    }

    env->call(env, &ask->call, request);
}


void
conf_sync_end(conf_ask_t *ask)
{
    conf_sync_t  *sync = ask->sync;

    if (ask->prev != NULL) {
        ask->prev->next = ask->next;
    } else {
        sync->asks = ask->next;
    }

    if (ask->next != NULL) {
        ask->next->prev = ask->prev;
    }

    if (ask->whole) {
        sync->nwhole--;
    }

    conf_arena_destroy(ask->call.arena);
    free(ask);
}


static void
conf_sync_touch(conf_sync_t *sync, const conf_touch_t *touch, uint64_t rev)
{
    conf_env_t       *env = sync->env;
    conf_ask_t       *ask;
    conf_room_key_t   key;

    conf_cache_touch(&env->shm, touch->user_id, touch->room_id, rev);

    if (touch->user_id != 0
        && !conf_live_has(env->live, conf_channel(CONF_CHANNEL_USER,
                                                  touch->user_id)))
    {
        return;
    }

    if (touch->room_id == 0) {
        conf_sync_user(sync, touch->user_id, false);
        return;
    }

    if (touch->user_id != 0) {
        conf_live_each(env->live, conf_channel(CONF_CHANNEL_USER,
                                               touch->user_id),
                       conf_sync_mark, NULL);
        conf_sync_member(sync, touch->user_id, touch->room_id);
        return;
    }

    if (!conf_live_has(env->live, conf_channel(CONF_CHANNEL_ROOM,
                                               touch->room_id))
        && !conf_live_has(env->live, conf_channel(CONF_CHANNEL_DOOR,
                                                  touch->room_id)))
    {
        return;
    }

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    key.actor = 0;
    key.room_id = touch->room_id;
    ask->room_id = touch->room_id;

    conf_sync_call(ask, CONF_OP_ROOM_GET, &key, conf_sync_roomed);
}


/* Is the user, and are the sessions' tokens, still good? */

static void
conf_sync_user(conf_sync_t *sync, uint64_t user_id, bool whole)
{
    conf_id_t    id;
    conf_ask_t  *ask;

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    id.actor = 0;
    id.id = user_id;
    ask->user_id = user_id;
    ask->whole = whole;

    conf_sync_call(ask, CONF_OP_USER_GET, &id, conf_sync_usered);
}


static void
conf_sync_usered(conf_call_t *call)
{
    bool              whole;
    uint64_t          user_id;
    conf_rc_t         rc;
    conf_ask_t       *ask = call->data;
    conf_env_t       *env = ask->sync->env;
    conf_told_t       told;
    conf_sync_t      *sync = ask->sync;
    conf_cache_key_t  key = { CONF_CACHE_USER, 0, 0 };

    memset(&told, 0, sizeof(conf_told_t));

    rc = call->rc;
    whole = ask->whole;
    user_id = ask->user_id;

    if (rc == CONF_OK) {
        told.user = call->reply;
        key.user = user_id;
        conf_hot_put(env, key, call->rev, &conf_proto_user, told.user);
    }

    if (rc == CONF_OK || rc == CONF_E_USER_ABSENT) {
        conf_live_each(env->live, conf_channel(CONF_CHANNEL_USER, user_id),
                       conf_sync_revoke, &told);

    } else {
        conf_sync_failed(sync, rc);
    }

    /* The call is part of the ask. */

    conf_sync_end(ask);

    if (whole && rc == CONF_OK) {
        conf_sync_rooms(sync, user_id, 0);
    }
}


/*
 * Is this user in this room?  Answers may pass each other, so there is one
 * question at a time: a change that comes meanwhile makes the answer void.
 */

static void
conf_sync_member(conf_sync_t *sync, uint64_t user_id, uint64_t room_id)
{
    conf_ask_t       *ask;
    conf_room_key_t   key;

    for (ask = sync->asks; ask != NULL; ask = ask->next) {
        if (ask->member && ask->user_id == user_id
            && ask->room_id == room_id)
        {
            ask->again = true;
            return;
        }
    }

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    key.actor = user_id;
    key.room_id = room_id;
    ask->user_id = user_id;
    ask->room_id = room_id;
    ask->member = true;

    conf_sync_call(ask, CONF_OP_ROOM_GET, &key, conf_sync_membered);
}


static void
conf_sync_membered(conf_call_t *call)
{
    bool                     again;
    uint64_t                 channel, user_id, room_id;
    conf_ask_t              *ask = call->data;
    conf_env_t              *env = ask->sync->env;
    conf_room_t              gone;
    conf_told_t              told;
    conf_sync_t             *sync = ask->sync;
    const conf_room_view_t  *view;

    memset(&told, 0, sizeof(conf_told_t));
    memset(&gone, 0, sizeof(conf_room_t));

    again = ask->again;
    user_id = ask->user_id;
    room_id = ask->room_id;

    channel = conf_channel(CONF_CHANNEL_USER, user_id);
    gone.id = room_id;
    told.room_id = room_id;

    if (again) {

        /* Asked anew below. */

    } else if (call->rc == CONF_OK) {
        view = call->reply;
        told.room = &view->room;
        told.view = view;
        conf_live_each(env->live, channel, conf_sync_enter, &told);

    } else if (call->rc == CONF_E_NOT_MEMBER
               || call->rc == CONF_E_REMOVED
               || call->rc == CONF_E_ROOM_ABSENT)
    {
        told.room = &gone;
        told.why = call->rc == CONF_E_ROOM_ABSENT ? CONF_CLOSE_ENDED
                                                  : CONF_CLOSE_REMOVED;
        conf_live_each(env->live, channel, conf_sync_exit, &told);

    } else {
        conf_sync_failed(sync, call->rc);
    }

    conf_sync_end(ask);

    if (again) {
        conf_sync_member(sync, user_id, room_id);
    }
}


/* Is this room still there? */

static void
conf_sync_roomed(conf_call_t *call)
{
    conf_ask_t              *ask = call->data;
    conf_room_t              gone;
    conf_told_t              told;
    conf_live_t             *live = ask->sync->env->live;
    const conf_room_view_t  *view;

    memset(&told, 0, sizeof(conf_told_t));
    told.room_id = ask->room_id;

    if (call->rc == CONF_OK) {
        view = call->reply;
        told.room = &view->room;

        conf_live_each(live, conf_channel(CONF_CHANNEL_ROOM, ask->room_id),
                       conf_sync_change, &told);
        conf_live_each(live, conf_channel(CONF_CHANNEL_DOOR, ask->room_id),
                       conf_sync_change, &told);

    } else if (call->rc == CONF_E_ROOM_ABSENT) {
        memset(&gone, 0, sizeof(conf_room_t));

        gone.id = ask->room_id;
        told.room = &gone;
        told.why = CONF_CLOSE_ENDED;

        conf_live_each(live, conf_channel(CONF_CHANNEL_ROOM, ask->room_id),
                       conf_sync_exit, &told);
        conf_live_each(live, conf_channel(CONF_CHANNEL_DOOR, ask->room_id),
                       conf_sync_exit, &told);

    } else {
        conf_sync_failed(ask->sync, call->rc);
    }

    conf_sync_end(ask);
}


static void
conf_sync_rooms(conf_sync_t *sync, uint64_t user_id, uint64_t after)
{
    conf_ask_t        *ask;
    conf_room_list_t   list;

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    list.actor = user_id;
    list.after = after;
    list.limit = CONF_SYNC_PAGE;

    ask->user_id = user_id;
    ask->room_id = after;
    ask->whole = true;

    conf_sync_call(ask, CONF_OP_ROOM_LIST, &list, conf_sync_listed);
}


static void
conf_sync_listed(conf_call_t *call)
{
    uint64_t             user_id, last_id;
    conf_ask_t          *ask = call->data;
    conf_told_t          told;
    conf_sync_t         *sync = ask->sync;
    const conf_rooms_t  *list;

    user_id = ask->user_id;
    last_id = 0;

    if (call->rc == CONF_OK) {
        list = call->reply;

        memset(&told, 0, sizeof(conf_told_t));
        told.sync = sync;
        told.rooms = list->rooms.items;
        told.nrooms = list->rooms.n;
        told.room_id = ask->room_id;
        told.last_id = UINT64_MAX;

        if (list->more && told.nrooms != 0) {
            last_id = told.rooms[told.nrooms - 1].id;
            told.last_id = last_id;
        }

        conf_live_each(sync->env->live,
                       conf_channel(CONF_CHANNEL_USER, user_id),
                       conf_sync_match, &told);

    } else {
        conf_sync_failed(sync, call->rc);
    }

    conf_sync_end(ask);

    if (last_id != 0) {
        conf_sync_rooms(sync, user_id, last_id);
        return;
    }

    conf_sync_more(sync);
}


/* Keeps a window of users under check until all sessions were passed. */

static void
conf_sync_more(conf_sync_t *sync)
{
    conf_session_t  *s;

    while (sync->checking && sync->nwhole < CONF_SYNC_WINDOW) {
        s = conf_live_next(sync->env->live);

        if (s == NULL) {
            sync->checking = false;
            break;
        }

        conf_sync_user(sync, s->auth.user_id, true);
    }
}


static void
conf_sync_enter(conf_session_t *s, void *data)
{
    conf_told_t  *told = data;

    if (s->bound != NULL) {
        conf_signal_member(s, told->view);
        return;
    }

    if (!conf_live_in(s, told->room->id)
        && conf_live_join(s, told->room) == CONF_OK)
    {
        conf_live_tell(s, CONF_EVENT_ENTERED, told->room);
    }
}


static void
conf_sync_exit(conf_session_t *s, void *data)
{
    conf_told_t  *told = data;

    if (s->bound != NULL) {
        conf_signal_outsider(s, told->room, told->why);
        return;
    }

    if (conf_live_in(s, told->room_id)) {
        conf_live_leave(s, told->room_id);
        conf_live_tell(s, CONF_EVENT_EXITED, told->room);
    }
}


static void
conf_sync_change(conf_session_t *s, void *data)
{
    conf_told_t  *told = data;

    if (s->bound != NULL) {
        conf_signal_changed(s, told->room);
    }
}


static void
conf_sync_revoke(conf_session_t *s, void *data)
{
    conf_told_t        *told = data;
    const conf_user_t  *user = told->user;

    if (user == NULL
        || conf_auth_state(&s->auth, user, s->env->now_ms(s->env)) != CONF_OK)
    {
        s->close(s, CONF_CLOSE_REVOKED);
    }
}


/* The session is being opened: what it was told of its rooms is old. */

static void
conf_sync_mark(conf_session_t *s, void *data)
{
    s->touched = true;
}


/*
 * A page of the user's rooms, those in (room_id, last_id].  Where it differs
 * the room is asked about, since the page may be older than what we know.
 */

static void
conf_sync_match(conf_session_t *s, void *data)
{
    size_t        i;
    uint64_t      id;
    conf_told_t  *told = data;

    if (s->bound != NULL) {

        /* It is in one room, or waits for it: once for all pages. */

        if (told->room_id == 0) {
            conf_sync_member(told->sync, s->auth.user_id, s->bound->room_id);
        }

        return;
    }

    for (i = 0; i < told->nrooms; i++) {
        if (!conf_live_in(s, told->rooms[i].id)) {
            conf_sync_member(told->sync, s->auth.user_id, told->rooms[i].id);
        }
    }

    for (id = conf_live_seat(s, told->room_id);
         id != 0 && id <= told->last_id;
         id = conf_live_seat(s, id))
    {
        if (!conf_sync_listing(told, id)) {
            conf_sync_member(told->sync, s->auth.user_id, id);
        }
    }
}


static bool
conf_sync_listing(const conf_told_t *told, uint64_t room_id)
{
    size_t  low, high, mid;

    low = 0;
    high = told->nrooms;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (told->rooms[mid].id < room_id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return low < told->nrooms && told->rooms[low].id == room_id;
}
