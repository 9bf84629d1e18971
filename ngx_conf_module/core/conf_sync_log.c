
#include "conf_sync_ask.h"


#define CONF_SYNC_HEADS      1000      /* rooms a call */
#define CONF_SYNC_MESSAGES   200       /* messages a call */
#define CONF_SYNC_GAP_MS     500
#define CONF_SYNC_DOUBT_MAX  10000     /* ms to the last comparison */


static void conf_sync_heads(conf_sync_t *sync);
static void conf_sync_heads_after(conf_sync_t *sync, uint64_t after);
static void conf_sync_headed(conf_call_t *call);
static void conf_sync_gap(conf_sync_t *sync, const conf_gap_t *gap);
static void conf_sync_filled(conf_call_t *call);
static bool conf_sync_repair_call(conf_sync_t *sync, const conf_gap_t *gap);
static void conf_sync_repaired(conf_call_t *call);


void
conf_sync_doubt(conf_sync_t *sync, bool soon)
{
    size_t          i;
    int64_t         now_ms, due_ms;
    static const int64_t  after_ms[CONF_SYNC_DOUBTS] = {
        0, 2000, CONF_SYNC_DOUBT_MAX
    };

    now_ms = sync->env->now_ms(sync->env);

    for (i = 0; i < (soon ? 1 : CONF_SYNC_DOUBTS); i++) {
        due_ms = now_ms + after_ms[i];

        if (i == 0 && sync->doubts[0] != 0) {
            continue;
        }

        sync->doubts[i] = due_ms;
    }
}


void
conf_sync_repair(conf_sync_t *sync)
{
    conf_gap_t  gap;

    while (sync->nrepairs < CONF_SYNC_WINDOW
           && conf_live_behind(sync->env->live, &gap)
           && conf_sync_repair_call(sync, &gap))
    {
        /* void */
    }
}


void
conf_sync_gaps(conf_sync_t *sync)
{
    unsigned    i;
    conf_gap_t  gap;

    for (i = 0; i < CONF_SYNC_WINDOW; i++) {
        if (conf_channel_gap(&sync->env->shm, CONF_SYNC_GAP_MS, &gap)
            != CONF_OK)
        {
            break;
        }

        conf_sync_gap(sync, &gap);
    }
}


/* The clock may be set back: no doubt lies further ahead than the longest. */

void
conf_sync_doubts(conf_sync_t *sync)
{
    bool     due;
    size_t   i;
    int64_t  now_ms;

    due = false;
    now_ms = sync->env->now_ms(sync->env);

    for (i = 0; i < CONF_SYNC_DOUBTS; i++) {
        if (sync->doubts[i] != 0
            && (now_ms >= sync->doubts[i]
                || sync->doubts[i] - now_ms > CONF_SYNC_DOUBT_MAX))
        {
            sync->doubts[i] = 0;
            due = true;
        }
    }

    if (due) {
        conf_sync_heads(sync);
    }
}


static void
conf_sync_heads(conf_sync_t *sync)
{
    conf_sync_heads_after(sync, 0);
}


static void
conf_sync_heads_after(conf_sync_t *sync, uint64_t after)
{
    size_t                i, n;
    uint64_t              ids[CONF_SYNC_HEADS];
    conf_ask_t           *ask;
    conf_ids_t            request;
    conf_channel_head_t   heads[CONF_SYNC_HEADS];

    n = conf_channel_heads(&sync->env->shm, after, heads, CONF_SYNC_HEADS);
    if (n == 0) {
        return;
    }

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        ids[i] = conf_channel_id(heads[i].channel);
    }

    request.ids.items = ids;
    request.ids.n = n;
    ask->heads_after = heads[n - 1].channel;

    conf_sync_call(ask, CONF_OP_ROOM_HEADS, &request, conf_sync_headed);
}


static void
conf_sync_headed(conf_call_t *call)
{
    size_t                i;
    uint64_t              channel, after;
    conf_gap_t            gap;
    conf_ask_t           *ask = call->data;
    conf_sync_t          *sync = ask->sync;
    const conf_head_t    *head;
    conf_channel_head_t   live;
    const conf_heads_t   *heads;

    after = 0;

    if (call->rc == CONF_OK) {
        heads = call->reply;
        head = heads->heads.items;
        after = ask->heads_after;

        for (i = 0; i < heads->heads.n; i++) {
            channel = conf_channel(CONF_CHANNEL_ROOM, head[i].room_id);

            if (head[i].epoch == 0
                || conf_channel_heads(&sync->env->shm, channel - 1, &live, 1)
                   == 0
                || live.channel != channel)
            {
                continue;
            }

            if (live.epoch == head[i].epoch && live.seq >= head[i].seq) {
                continue;
            }

            gap.channel = channel;
            gap.epoch = head[i].epoch;
            gap.first = live.epoch == head[i].epoch ? live.seq + 1
                                                    : head[i].seq;
            gap.last = head[i].seq;

            if (gap.last != 0) {
                conf_sync_gap(sync, &gap);
            }
        }
    }

    if (call->rc != CONF_OK && call->rc != CONF_E_BACKEND_DOWN) {
        conf_sync_doubt(sync, false);
    }

    conf_sync_end(ask);

    if (after != 0) {
        conf_sync_heads_after(sync, after);
    }
}


/* Reads what is missing and publishes it. */

static void
conf_sync_gap(conf_sync_t *sync, const conf_gap_t *gap)
{
    conf_ask_t           *ask;
    conf_message_list_t   list;

    ask = conf_sync_ask(sync);
    if (ask == NULL) {
        return;
    }

    memset(&list, 0, sizeof(conf_message_list_t));
    list.room_id = conf_channel_id(gap->channel);
    list.forward = true;
    list.epoch = gap->epoch;
    list.after_seq = gap->first - 1;
    list.limit = (uint32_t) conf_min(gap->last - gap->first + 1,
                                     CONF_SYNC_MESSAGES);
    ask->gap = *gap;

    conf_sync_call(ask, CONF_OP_MESSAGE_LIST, &list, conf_sync_filled);
}


static void
conf_sync_filled(conf_call_t *call)
{
    size_t                  i;
    conf_ask_t             *ask = call->data;
    conf_env_t             *env = ask->sync->env;
    conf_gap_t              gap = ask->gap;
    conf_wake_t             wake;
    conf_sync_t            *sync = ask->sync;
    conf_message_t         *message;
    const conf_messages_t  *list;

    if (call->rc == CONF_OK) {
        list = call->reply;
        message = list->messages.items;

        for (i = 0; i < list->messages.n; i++) {
            (void) conf_live_message(env, &message[i]);
            gap.first = message[i].seq + 1;
        }

        /* What the store does not have will never come. */

        if (list->messages.n == 0) {
            wake.n = 0;
            conf_channel_skip(&env->shm, &gap, &wake);
            env->wake(env, &wake);
            gap.first = gap.last + 1;
        }

    } else if (call->rc == CONF_E_CONFLICT || call->rc == CONF_E_ROOM_ABSENT) {
        wake.n = 0;
        conf_channel_skip(&env->shm, &gap, &wake);
        env->wake(env, &wake);
        gap.first = gap.last + 1;

    } else {

        /* The tick, or the next link, asks again. */

        if (call->rc != CONF_E_BACKEND_DOWN) {
            conf_sync_doubt(sync, false);
        }

        gap.first = gap.last + 1;
    }

    conf_sync_end(ask);

    if (gap.first <= gap.last) {
        conf_sync_gap(sync, &gap);
    }
}


/* The same for this worker's sessions alone: others have seen it. */

static bool
conf_sync_repair_call(conf_sync_t *sync, const conf_gap_t *gap)
{
    conf_ask_t           *ask;
    conf_message_list_t   list;

    ask = conf_sync_ask(sync);

    if (ask == NULL) {
        conf_live_repaired(sync->env->live, gap, false);
        return false;
    }

    memset(&list, 0, sizeof(conf_message_list_t));
    list.room_id = conf_channel_id(gap->channel);
    list.forward = true;
    list.epoch = gap->epoch;
    list.after_seq = gap->first - 1;
    list.limit = (uint32_t) conf_min(gap->last - gap->first + 1,
                                     CONF_SYNC_MESSAGES);
    ask->gap = *gap;
    sync->nrepairs++;

    conf_sync_call(ask, CONF_OP_MESSAGE_LIST, &list, conf_sync_repaired);

    return true;
}


static void
conf_sync_repaired(conf_call_t *call)
{
    bool                    done, more;
    size_t                  i;
    conf_ask_t             *ask = call->data;
    conf_gap_t              gap = ask->gap;
    conf_live_t            *live = ask->sync->env->live;
    conf_sync_t            *sync = ask->sync;
    conf_message_t         *message;
    const conf_messages_t  *list;

    done = call->rc == CONF_E_CONFLICT || call->rc == CONF_E_ROOM_ABSENT;
    more = false;

    if (call->rc == CONF_OK) {
        list = call->reply;
        message = list->messages.items;

        for (i = 0; i < list->messages.n; i++) {
            conf_live_repair(live, &message[i]);
            gap.first = message[i].seq + 1;
        }

        more = list->messages.n != 0 && gap.first <= gap.last;
        done = !more;
    }

    sync->nrepairs--;
    conf_sync_end(ask);

    if (more) {
        (void) conf_sync_repair_call(sync, &gap);
        return;
    }

    /* What failed waits for the tick. */

    conf_live_repaired(live, &gap, done);
}
