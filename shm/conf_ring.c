
#include "conf_shm_root.h"


#define CONF_RING_TIDY   64         /* rooms a call */
#define CONF_RING_STEPS  64         /* of them looked at for eviction */


static size_t conf_ring_take(const conf_shm_stage_t *stage, uint64_t user,
    uint64_t after, uint64_t last, conf_buf_t *buf);


uint64_t
conf_ring_live(conf_shm_t *shm, uint64_t channel)
{
    uint64_t             live;
    conf_shm_root_t     *root;
    conf_shm_stage_t    *stage;
    conf_shm_channel_t  *c;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    c = conf_shm_channel(root, channel);
    stage = c != NULL ? conf_shm_stage(c) : NULL;
    live = stage != NULL ? stage->live : 0;

    conf_shm_unlock(shm);

    return live;
}


conf_rc_t
conf_ring_read(conf_shm_t *shm, uint64_t channel, uint64_t user,
    uint64_t after, uint64_t last, conf_buf_t *buf)
{
    size_t               need;
    conf_rc_t            rc;
    conf_shm_root_t     *root;
    conf_shm_stage_t    *stage;
    conf_shm_channel_t  *c;

    need = sizeof(conf_shm_event_t);

    do {
        /* Memory comes before the lock: there may be a second turn. */

        conf_buf_reset(buf);

        if (conf_buf_reserve(buf, need) == NULL) {
            return CONF_E_NOMEM;
        }

        root = conf_shm_lock(shm);
        if (root == NULL) {
            return CONF_E_CONFLICT;
        }

        need = 0;
        rc = CONF_E_CONFLICT;

        c = conf_shm_channel(root, channel);
        stage = c != NULL ? conf_shm_stage(c) : NULL;

        if (stage != NULL && after >= stage->floor && after <= stage->live) {
            rc = CONF_OK;
            need = conf_ring_take(stage, user, after, last, buf);
        }

        conf_shm_unlock(shm);

    } while (need != 0);

    return rc;
}


/* Those that were not tidied for longest come first, and are last then. */

void
conf_ring_tidy(conf_shm_t *shm)
{
    size_t             i;
    int64_t            now_ms;
    conf_queue_t      *q;
    conf_shm_root_t   *root;
    conf_shm_stage_t  *stage;

    now_ms = shm->ops->now_ms(shm->ops->ctx);

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    for (i = 0; i < CONF_RING_TIDY && !conf_queue_empty(&root->stages); i++) {
        q = root->stages.next;
        stage = conf_container(q, conf_shm_stage_t, link);

        conf_queue_remove(q);
        conf_queue_append(&root->stages, q);

        while (stage->first != NULL
               && now_ms - stage->first->kept_ms >= CONF_RING_MS)
        {
            (void) conf_shm_ring_drop(shm, root, stage);
        }
    }

    conf_shm_unlock(shm);
}


void
conf_shm_ring_put(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_stage_t *stage, conf_shm_event_t *event)
{
    event->live = ++stage->live;
    event->kept_ms = shm->ops->now_ms(shm->ops->ctx);
    event->later = NULL;
    event->refs++;

    if (stage->last != NULL) {
        stage->last->later = event;
    } else {
        stage->first = event;
    }

    stage->last = event;
    stage->nkept++;
    stage->bytes += event->len;

    while (stage->nkept > CONF_RING_EVENTS
           || stage->bytes > CONF_RING_BYTES)
    {
        (void) conf_shm_ring_drop(shm, root, stage);
    }
}


bool
conf_shm_ring_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_stage_t *stage)
{
    conf_shm_event_t  *event;

    event = stage->first;
    if (event == NULL) {
        return false;
    }

    stage->first = event->later;

    if (stage->first == NULL) {
        stage->last = NULL;
    }

    stage->nkept--;
    stage->bytes -= event->len;
    stage->floor = event->live;

    root->nkept -= event->refs == 1;
    event->kept_ms = 0;

    conf_shm_event_release(shm, root, event);

    return true;
}


size_t
conf_shm_ring_evict(conf_shm_t *shm, conf_shm_root_t *root, size_t n)
{
    size_t             i, done;
    conf_queue_t      *q;
    conf_shm_stage_t  *stage;

    done = 0;

    for (i = 0;
         i < CONF_RING_STEPS && done < n && !conf_queue_empty(&root->stages);
         i++)
    {
        q = root->stages.next;
        stage = conf_container(q, conf_shm_stage_t, link);

        conf_queue_remove(q);
        conf_queue_append(&root->stages, q);

        while (done < n && conf_shm_ring_drop(shm, root, stage)) {
            done++;
        }
    }

    return done;
}


/* Copies them when the buffer has room, else says how much it must have. */

static size_t
conf_ring_take(const conf_shm_stage_t *stage, uint64_t user, uint64_t after,
    uint64_t last, conf_buf_t *buf)
{
    size_t             size;
    conf_shm_event_t  *event;

    size = 0;

    for (event = stage->first; event != NULL; event = event->later) {
        if (event->live <= after || event->live > last || event->to != 0
            || (event->user != 0 && event->user != user))
        {
            continue;
        }

        size += conf_shm_inbox_size(event);

        if (size <= buf->size) {
            conf_shm_inbox_copy(buf, event);
        }
    }

    return size > buf->size ? size : 0;
}
