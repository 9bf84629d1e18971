
#include "conf_shm_root.h"


#define CONF_RING_MIN  1024


conf_rc_t
conf_worker_attach(conf_shm_t *shm, uint64_t pid, conf_worker_t *worker)
{
    uint32_t            slot, size;
    conf_shm_root_t    *root;
    conf_shm_event_t  **ring;
    conf_shm_worker_t  *w;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_E_ZONE_FULL;
    }

    for (slot = 0; slot < CONF_WORKERS_MAX; slot++) {
        if (root->workers[slot].id.number == 0) {
            break;
        }
    }

    if (slot == CONF_WORKERS_MAX) {
        conf_shm_unlock(shm);
        return CONF_E_ZONE_FULL;
    }

    /* The largest block of all: a small zone gives less. */

    size = CONF_INBOX_EVENTS;
    ring = NULL;

    while (ring == NULL && size >= CONF_RING_MIN) {
        ring = conf_shm_alloc(shm, size * sizeof(conf_shm_event_t *));
        size /= 2;
    }

    if (ring == NULL) {
        conf_shm_unlock(shm);
        return CONF_E_ZONE_FULL;
    }

    w = &root->workers[slot];

    memset(w, 0, sizeof(conf_shm_worker_t));
    conf_queue_init(&w->sessions);

    w->id.slot = slot;
    w->id.number = ++root->numbers;
    w->id.pid = pid;
    w->ring = ring;
    w->size = size * 2;

    *worker = w->id;

    conf_shm_unlock(shm);

    return CONF_OK;
}


size_t
conf_worker_list(conf_shm_t *shm, conf_worker_stat_t stats[CONF_WORKERS_MAX])
{
    size_t              i, n;
    conf_shm_root_t    *root;
    conf_shm_worker_t  *w;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    n = 0;

    for (i = 0; i < CONF_WORKERS_MAX; i++) {
        w = &root->workers[i];

        if (w->id.number == 0) {
            continue;
        }

        stats[n].worker = w->id;
        stats[n].sessions = w->nsessions;
        stats[n].depth = w->depth;
        stats[n].bytes = w->bytes;
        stats[n].dropped = w->dropped;
        n++;
    }

    conf_shm_unlock(shm);

    return n;
}


void
conf_worker_report(conf_shm_t *shm, const conf_worker_t *worker,
    const conf_counters_t *counters)
{
    conf_shm_root_t    *root;
    conf_shm_worker_t  *w;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    w = conf_shm_worker(root, worker);
    if (w != NULL) {
        w->counters = *counters;
    }

    conf_shm_unlock(shm);
}


void
conf_worker_counters(conf_shm_t *shm, conf_counters_t *sum)
{
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        memset(sum, 0, sizeof(conf_counters_t));
        return;
    }

    conf_shm_counters(root, sum);

    conf_shm_unlock(shm);
}


void
conf_shm_counters(const conf_shm_root_t *root, conf_counters_t *sum)
{
    size_t  i, j;

    *sum = root->retired;

    for (i = 0; i < CONF_WORKERS_MAX; i++) {
        if (root->workers[i].id.number == 0) {
            continue;
        }

        for (j = 0; j < CONF_COUNTERS; j++) {
            sum->n[j] += root->workers[i].counters.n[j];
        }
    }
}


conf_rc_t
conf_worker_detach(conf_shm_t *shm, const conf_worker_t *worker,
    conf_left_pt left, void *data)
{
    bool                 done;
    size_t               i;
    conf_shm_left_t      lefts;
    conf_shm_root_t     *root;
    conf_shm_worker_t   *w;
    conf_shm_session_t  *session;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_DONE;
    }

    w = &root->workers[worker->slot % CONF_WORKERS_MAX];

    if (worker->number == 0 || w->id.number != worker->number) {
        conf_shm_unlock(shm);
        return CONF_DONE;
    }

    w->ending = true;
    lefts.steps = 0;
    lefts.n = 0;

    while (lefts.steps < CONF_SLICE && !conf_queue_empty(&w->sessions)) {
        session = conf_container(w->sessions.next, conf_shm_session_t, link);
        (void) conf_shm_session_end(shm, root, session, &lefts);
    }

    done = conf_shm_inbox_drop(shm, root, w, CONF_SLICE)
           && conf_queue_empty(&w->sessions);

    if (done) {
        for (i = 0; i < CONF_COUNTERS; i++) {
            root->retired.n[i] += w->counters.n[i];
        }

        conf_shm_free(shm, w->ring);
        memset(w, 0, sizeof(conf_shm_worker_t));
        conf_queue_init(&w->sessions);
    }

    conf_shm_unlock(shm);

    conf_shm_left_call(&lefts, left, data);

    return done ? CONF_DONE : CONF_OK;
}


conf_shm_worker_t *
conf_shm_worker(conf_shm_root_t *root, const conf_worker_t *id)
{
    conf_shm_worker_t  *w;

    w = &root->workers[id->slot % CONF_WORKERS_MAX];

    if (id->number == 0 || w->id.number != id->number || w->ending) {
        return NULL;
    }

    return w;
}
