
/*
 * Who has joined a meeting and left without a word: confd knows who has
 * joined, the zone who has a session.  One worker compares them, a page at a
 * time; who was missing twice with some time between is made to leave.  Who
 * comes back within that time is not missed, and the clock begins anew.
 *
 * With several nodes a session may be elsewhere, so nobody is missed then.
 */

#include "conf_sync_ask.h"
#include "conf_meet.h"

#include <stdlib.h>


#define CONF_SWEEP_PAGE       1000
#define CONF_SWEEP_MAX        65536       /* that are missed at a time */
#define CONF_SWEEP_EVERY_MS   5000
#define CONF_SWEEP_LEASE_MS   20000
#define CONF_SWEEP_ABSENT_MS  15000


typedef struct {
    conf_joined_t   joined;
    int64_t         since_ms;             /* that it is missed */
} conf_missed_t;

typedef struct {
    conf_missed_t  *items;                /* in order of room and user */
    size_t          n;
    size_t          size;
} conf_missing_t;

struct conf_sweep_s {
    conf_sync_t    *sync;
    bool            running;
    int64_t         next_ms;
    conf_missing_t  before;               /* of the last pass */
    conf_missing_t  now;
    size_t          at;                   /* in before */
    conf_joined_t   gone[CONF_SWEEP_PAGE];
    size_t          ngone;
};


static void conf_sweep_page(conf_sweep_t *sweep, uint64_t room_id,
    uint64_t user_id);
static void conf_sweep_listed(conf_call_t *call);
static void conf_sweep_look(conf_sweep_t *sweep, const conf_joined_t *joined);
static int64_t conf_sweep_since(conf_sweep_t *sweep,
    const conf_joined_t *joined, int64_t now_ms);
static void conf_sweep_add(conf_sweep_t *sweep, const conf_joined_t *joined,
    int64_t since_ms);
static void conf_sweep_tell(conf_sweep_t *sweep);
static void conf_sweep_told(conf_call_t *call);
static void conf_sweep_over(conf_sweep_t *sweep, bool done);


void
conf_sweep_tick(conf_sync_t *sync)
{
    int64_t        now_ms;
    conf_sweep_t  *sweep = sync->sweep;

    now_ms = sync->env->now_ms(sync->env);

    if (sweep == NULL) {
        sweep = calloc(1, sizeof(conf_sweep_t));
        if (sweep == NULL) {
            return;
        }

        sweep->sync = sync;
        sweep->next_ms = now_ms + CONF_SWEEP_EVERY_MS;
        sync->sweep = sweep;
    }

    if (sweep->running || now_ms < sweep->next_ms) {
        return;
    }

    sweep->next_ms = now_ms + CONF_SWEEP_EVERY_MS;

    if (sync->several
        || !conf_shm_lease(&sync->env->shm, CONF_SWEEP_LEASE_MS))
    {
        sweep->before.n = 0;
        return;
    }

    sweep->at = 0;
    sweep->now.n = 0;
    sweep->ngone = 0;
    sweep->running = true;

    conf_sweep_page(sweep, 0, 0);
}


void
conf_sweep_end(conf_sweep_t *sweep)
{
    if (sweep != NULL) {
        free(sweep->before.items);
        free(sweep->now.items);
        free(sweep);
    }
}


static void
conf_sweep_page(conf_sweep_t *sweep, uint64_t room_id, uint64_t user_id)
{
    conf_ask_t          *ask;
    conf_joined_list_t   request;

    ask = conf_sync_ask(sweep->sync);
    if (ask == NULL) {
        conf_sweep_over(sweep, false);
        return;
    }

    request.room_id = room_id;
    request.user_id = user_id;
    request.limit = CONF_SWEEP_PAGE;

    conf_sync_call(ask, CONF_OP_JOINED_LIST, &request, conf_sweep_listed);
}


static void
conf_sweep_listed(conf_call_t *call)
{
    bool                      more;
    size_t                    i;
    uint64_t                  room_id, user_id;
    conf_ask_t               *ask = call->data;
    conf_sweep_t             *sweep = ask->sync->sweep;
    const conf_joined_t      *joined;
    const conf_all_joined_t  *all = call->reply;

    if (call->rc != CONF_OK || ask->sync->several) {
        conf_sync_end(ask);
        conf_sweep_over(sweep, false);
        return;
    }

    joined = all->joined.items;
    more = all->more;
    room_id = 0;
    user_id = 0;

    for (i = 0; i < all->joined.n; i++) {
        conf_sweep_look(sweep, &joined[i]);

        room_id = joined[i].room_id;
        user_id = joined[i].user_id;
    }

    conf_sync_end(ask);
    conf_sweep_tell(sweep);

    if (more && room_id != 0) {
        conf_sweep_page(sweep, room_id, user_id);
        return;
    }

    conf_sweep_over(sweep, true);
}


static void
conf_sweep_look(conf_sweep_t *sweep, const conf_joined_t *joined)
{
    int64_t      now_ms, since_ms;
    conf_env_t  *env = sweep->sync->env;

    now_ms = env->now_ms(env);

    if (now_ms - joined->entered_ms < CONF_ENTERED_MS
        || conf_channel_has(&env->shm, conf_channel(CONF_CHANNEL_ROOM,
                                                    joined->room_id),
                            joined->user_id))
    {
        return;
    }

    since_ms = conf_sweep_since(sweep, joined, now_ms);

    if (now_ms - since_ms >= CONF_SWEEP_ABSENT_MS
        && sweep->ngone < CONF_SWEEP_PAGE)
    {
        sweep->gone[sweep->ngone++] = *joined;
        return;
    }

    conf_sweep_add(sweep, joined, since_ms);
}


/* Both lists are in the same order, so each is passed once. */

static int64_t
conf_sweep_since(conf_sweep_t *sweep, const conf_joined_t *joined,
    int64_t now_ms)
{
    const conf_joined_t  *before;

    while (sweep->at < sweep->before.n) {
        before = &sweep->before.items[sweep->at].joined;

        if (before->room_id > joined->room_id
            || (before->room_id == joined->room_id
                && before->user_id > joined->user_id))
        {
            break;
        }

        if (before->room_id == joined->room_id
            && before->user_id == joined->user_id
            && before->entered_ms == joined->entered_ms)
        {
            return sweep->before.items[sweep->at].since_ms;
        }

        sweep->at++;
    }

    return now_ms;
}


/* Who does not fit is missed later. */

static void
conf_sweep_add(conf_sweep_t *sweep, const conf_joined_t *joined,
    int64_t since_ms)
{
    size_t           size;
    conf_missed_t   *items;
    conf_missing_t  *now = &sweep->now;

    if (now->n == now->size) {
        if (now->size >= CONF_SWEEP_MAX) {
            return;
        }

        size = conf_max(now->size * 2, 64);

        items = realloc(now->items, size * sizeof(conf_missed_t));
        if (items == NULL) {
            return;
        }

        now->items = items;
        now->size = size;
    }

    now->items[now->n].joined = *joined;
    now->items[now->n++].since_ms = since_ms;
}


static void
conf_sweep_tell(conf_sweep_t *sweep)
{
    conf_ask_t         *ask;
    conf_all_joined_t   request;

    if (sweep->ngone == 0) {
        return;
    }

    memset(&request, 0, sizeof(conf_all_joined_t));
    request.joined.items = sweep->gone;
    request.joined.n = sweep->ngone;

    ask = conf_sync_ask(sweep->sync);

    if (ask != NULL) {
        conf_sync_call(ask, CONF_OP_MEETING_ABSENT, &request,
                       conf_sweep_told);
    }

    sweep->ngone = 0;
}


/* What failed is found again. */

static void
conf_sweep_told(conf_call_t *call)
{
    conf_sync_end(call->data);
}


static void
conf_sweep_over(conf_sweep_t *sweep, bool done)
{
    conf_missing_t  before;

    before = sweep->before;
    sweep->before = sweep->now;
    sweep->now = before;

    if (!done) {
        sweep->before.n = 0;
    }

    sweep->running = false;
}
