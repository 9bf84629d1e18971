
#include "conf_shm_root.h"


#define conf_inbox_cost(event)  (sizeof(conf_shm_event_t) + (event)->len)


/* An event in the buffer: this, and the body behind it. */

typedef struct {
    uint64_t    channel;
    uint64_t    epoch;
    uint64_t    seq;
    uint64_t    from;
    uint64_t    to;
    uint64_t    user;
    uint64_t    live;
    uint64_t    len;
    uint64_t    type;
} conf_inbox_head_t;


static size_t conf_inbox_take(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_worker_t *worker, conf_buf_t *buf, size_t bytes_max);
static void conf_inbox_pop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_worker_t *worker);


conf_rc_t
conf_inbox_drain(conf_shm_t *shm, const conf_worker_t *worker, conf_buf_t *buf,
    size_t bytes_max, bool *lost)
{
    size_t              need;
    conf_rc_t           rc;
    conf_shm_root_t    *root;
    conf_shm_worker_t  *w;

    *lost = false;
    need = conf_max(bytes_max, sizeof(conf_inbox_head_t));

    if (buf->limit != 0) {
        need = conf_min(need, buf->limit);
    }

    do {
        /* Memory comes before the lock; a large event takes a second turn. */

        conf_buf_reset(buf);

        if (conf_buf_reserve(buf, need) == NULL) {
            return CONF_E_NOMEM;
        }

        root = conf_shm_lock(shm);
        if (root == NULL) {
            return CONF_E_CONFLICT;
        }

        w = conf_shm_worker(root, worker);

        if (w == NULL) {
            conf_shm_unlock(shm);
            return CONF_E_CONFLICT;
        }

        need = conf_inbox_take(shm, root, w, buf, bytes_max);

        *lost = *lost || w->lost;
        w->lost = false;
        w->rung = w->depth != 0;
        w->drained_ms = shm->ops->now_ms(shm->ops->ctx);
        rc = w->rung ? CONF_OK : CONF_DONE;

        conf_shm_unlock(shm);

    } while (need != 0);

    return rc;
}


bool
conf_inbox_waits(conf_shm_t *shm, const conf_worker_t *worker)
{
    const conf_shm_root_t    *root;
    const conf_shm_worker_t  *w;

    root = *shm->root;

    if (root == NULL) {
        return false;
    }

    w = &root->workers[worker->slot % CONF_WORKERS_MAX];

    return __atomic_load_n(&w->rung, __ATOMIC_RELAXED)
           && __atomic_load_n(&w->id.number, __ATOMIC_RELAXED)
              == worker->number;
}


conf_rc_t
conf_inbox_next(const conf_buf_t *buf, size_t *pos, conf_event_t *event)
{
    conf_inbox_head_t  head;

    if (*pos >= buf->len) {
        return CONF_DONE;
    }

    memcpy(&head, buf->data + *pos, sizeof(conf_inbox_head_t));
    *pos += sizeof(conf_inbox_head_t);

    event->channel = head.channel;
    event->epoch = head.epoch;
    event->seq = head.seq;
    event->from = head.from;
    event->to = head.to;
    event->user = head.user;
    event->live = head.live;
    event->type = (uint32_t) head.type;
    event->body.len = (size_t) head.len;
    event->body.data = buf->data + *pos;

    *pos += event->body.len;

    return CONF_OK;
}


void
conf_shm_inbox_put(conf_shm_root_t *root, conf_shm_worker_t *worker,
    conf_shm_event_t *event, int64_t now_ms, conf_wake_t *wake)
{
    bool      awake;
    uint64_t  bit;

    if (worker->ending) {
        return;
    }

    if (worker->depth == worker->size
        || conf_inbox_cost(event) > CONF_INBOX_BYTES - worker->bytes)
    {
        worker->lost = true;
        worker->dropped++;
        root->dropped++;

    } else {
        worker->ring[(worker->head + worker->depth) & (worker->size - 1)]
            = event;
        worker->depth++;
        worker->bytes += conf_inbox_cost(event);
        event->refs++;
    }

    if (!worker->rung) {
        worker->rung = true;

        /* Of a clock that was set back the difference is no small one. */

        bit = (uint64_t) 1 << wake->n;
        awake = (uint64_t) (now_ms - worker->drained_ms) < CONF_AWAKE_MS;

        wake->awake = awake ? wake->awake | bit : wake->awake & ~bit;
        wake->workers[wake->n++] = worker->id;
    }
}


bool
conf_shm_inbox_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_worker_t *worker, size_t max)
{
    while (worker->depth != 0 && max != 0) {
        conf_inbox_pop(shm, root, worker);
        max--;
    }

    return worker->depth == 0;
}


void
conf_shm_event_release(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_event_t *event)
{
    if (--event->refs == 0) {
        root->nevents--;
        conf_shm_free(shm, event);

    } else if (event->refs == 1 && event->kept_ms != 0) {
        root->nkept++;
    }
}


/*
 * Copies what fits.  When even the first event does not, says how much room
 * it needs; one that the buffer may never hold is lost.
 */

static size_t
conf_inbox_take(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_worker_t *worker, conf_buf_t *buf, size_t bytes_max)
{
    size_t             size;
    conf_shm_event_t  *event;

    while (worker->depth != 0) {
        event = worker->ring[worker->head];
        size = conf_shm_inbox_size(event);

        if (buf->limit != 0 && size > buf->limit) {
            worker->lost = true;
            worker->dropped++;
            root->dropped++;
            conf_inbox_pop(shm, root, worker);
            continue;
        }

        if (size > buf->size - buf->len
            || (buf->len != 0 && buf->len + size > bytes_max)
            || (buf->limit != 0 && size > buf->limit - buf->len))
        {
            return buf->len == 0 ? size : 0;
        }

        conf_shm_inbox_copy(buf, event);
        conf_inbox_pop(shm, root, worker);
    }

    return 0;
}


size_t
conf_shm_inbox_size(const conf_shm_event_t *event)
{
    return sizeof(conf_inbox_head_t) + event->len;
}


void
conf_shm_inbox_copy(conf_buf_t *buf, const conf_shm_event_t *event)
{
    conf_inbox_head_t  head;

    head.channel = event->channel;
    head.epoch = event->epoch;
    head.seq = event->seq;
    head.from = event->from;
    head.to = event->to;
    head.user = event->user;
    head.live = event->live;
    head.len = event->len;
    head.type = event->type;

    conf_buf_add(buf, &head, sizeof(conf_inbox_head_t));
    conf_buf_add(buf, event->body, event->len);
}


static void
conf_inbox_pop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_worker_t *worker)
{
    conf_shm_event_t  *event;

    event = worker->ring[worker->head];

    worker->head = (worker->head + 1) & (worker->size - 1);
    worker->depth--;
    worker->bytes -= conf_inbox_cost(event);

    conf_shm_event_release(shm, root, event);
}
