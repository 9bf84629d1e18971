
#include "conf_shm_root.h"

#include <stdatomic.h>


#define CONF_SHM_RESERVE  8         /* a part of the pages: 1 / 8 */
#define CONF_SHM_ROUNDS   8         /* of making room for an allocation */
#define CONF_SHM_COPIES   8         /* that go in a round */
#define CONF_SHM_BUCKETS  2
#define CONF_SHM_RINGED   8

#define CONF_FNV_BASIS    0xcbf29ce484222325
#define CONF_FNV_PRIME    0x100000001b3


/* What survives a root. */

typedef struct {
    uint64_t    node;
    uint64_t    seed;
    uint64_t    generation;
    uint64_t    numbers;
} conf_shm_birth_t;


static conf_shm_root_t *conf_shm_make(conf_shm_t *shm,
    const conf_shm_birth_t *birth);
static conf_rc_t conf_shm_tables(conf_shm_t *shm, conf_shm_root_t *root);
static uint64_t conf_shm_layout(void);


conf_rc_t
conf_shm_init(conf_shm_t *shm, uint64_t node, uint64_t seed)
{
    conf_shm_root_t   *root;
    conf_shm_birth_t   birth;

    birth.node = node;
    birth.seed = seed;
    birth.generation = 1;
    birth.numbers = 0;

    shm->ops->lock(shm->ops->ctx);
    root = conf_shm_make(shm, &birth);
    shm->ops->unlock(shm->ops->ctx);

    return root != NULL ? CONF_OK : CONF_E_ZONE_FULL;
}


/*
 * Without the lock: taking it writes to a root that may not be ours, and what
 * is compared never changes.
 */

conf_rc_t
conf_shm_check(conf_shm_t *shm)
{
    const conf_shm_root_t  *root;

    root = *shm->root;

    if (root == NULL
        || root->magic != CONF_SHM_MAGIC
        || root->version != CONF_SHM_VERSION
        || root->layout != conf_shm_layout())
    {
        return CONF_E_CONFLICT;
    }

    return CONF_OK;
}


bool
conf_shm_lease(conf_shm_t *shm, int64_t ms)
{
    bool              mine;
    int64_t           now_ms;
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return false;
    }

    now_ms = shm->ops->now_ms(shm->ops->ctx);
    mine = root->sweeper == shm->pid || root->sweep_ms <= now_ms;

    if (mine) {
        root->sweeper = shm->pid;
        root->sweep_ms = now_ms + ms;
    }

    conf_shm_unlock(shm);

    return mine;
}


uint64_t
conf_shm_node(conf_shm_t *shm)
{
    uint64_t          node;
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    node = root->node;
    conf_shm_unlock(shm);

    return node;
}


uint64_t
conf_shm_generation(conf_shm_t *shm)
{
    uint64_t          generation;
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    generation = root->generation;
    conf_shm_unlock(shm);

    return generation;
}


void
conf_shm_stat(conf_shm_t *shm, conf_shm_stat_t *stat)
{
    size_t            i;
    conf_shm_root_t  *root;

    memset(stat, 0, sizeof(conf_shm_stat_t));

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    for (i = 0; i < CONF_WORKERS_MAX; i++) {
        stat->workers += root->workers[i].id.number != 0;
    }

    stat->node = root->node;
    stat->generation = root->generation;
    stat->channels = root->channels.n;
    stat->rooms = root->nrooms;
    stat->sessions = root->sessions.n;
    stat->users = root->channels.n - root->nrooms - root->ndoors;
    stat->events = root->nevents - root->nkept;
    stat->kept = root->nkept;
    stat->published = root->published;
    stat->dropped = root->dropped;
    stat->zone_full = root->zone_full;
    stat->cached = root->copies.n;
    stat->cache_hits = root->cache_hits;
    stat->cache_misses = root->cache_misses;
    stat->limits = root->buckets.n;
    stat->limited = root->limited;
    stat->pages = root->pages;
    stat->free_pages = shm->ops->free_pages(shm->ops->ctx);

    conf_shm_unlock(shm);
}


/*
 * The fences keep the compiler from moving work out of the time in which the
 * root names us.  The processor needs none: who finds the name got the lock
 * after the holder had died.
 */

conf_shm_root_t *
conf_shm_lock(conf_shm_t *shm)
{
    conf_shm_root_t   *root;
    conf_shm_birth_t   birth;

    shm->ops->lock(shm->ops->ctx);

    root = *shm->root;

    if (root != NULL && root->holder != 0) {
        birth.node = root->node;
        birth.seed = root->seed;
        birth.generation = root->generation + 1;
        birth.numbers = root->numbers;

        /* What stays of it in free memory is no root any more. */

        root->magic = 0;

        root = conf_shm_make(shm, &birth);
    }

    if (root == NULL) {
        shm->ops->unlock(shm->ops->ctx);
        return NULL;
    }

    conf_assert(shm->pid != 0);

    root->holder = shm->pid;
    atomic_signal_fence(memory_order_seq_cst);

    return root;
}


void
conf_shm_unlock(conf_shm_t *shm)
{
    atomic_signal_fence(memory_order_seq_cst);
    (*shm->root)->holder = 0;

    shm->ops->unlock(shm->ops->ctx);
}


void *
conf_shm_alloc(conf_shm_t *shm, size_t size)
{
    void             *p;
    size_t            round, n;
    conf_shm_root_t  *root;

    root = *shm->root;
    p = shm->ops->alloc(shm->ops->ctx, size);

    for (round = 0; p == NULL && round < CONF_SHM_ROUNDS; round++) {
        n = conf_shm_cache_evict(shm, root, CONF_SHM_COPIES);
        n += conf_shm_limit_evict(shm, root, CONF_SHM_BUCKETS);
        n += conf_shm_ring_evict(shm, root, CONF_SHM_RINGED);

        if (n == 0) {
            break;
        }

        p = shm->ops->alloc(shm->ops->ctx, size);
    }

    if (p == NULL) {
        root->zone_full++;
    }

    return p;
}


void
conf_shm_free(conf_shm_t *shm, void *p)
{
    shm->ops->free(shm->ops->ctx, p);
}


static conf_shm_root_t *
conf_shm_make(conf_shm_t *shm, const conf_shm_birth_t *birth)
{
    size_t            i;
    conf_shm_root_t  *root;

    *shm->root = NULL;

    root = shm->ops->reset(shm->ops->ctx, sizeof(conf_shm_root_t));
    if (root == NULL) {
        return NULL;
    }

    memset(root, 0, sizeof(conf_shm_root_t));

    root->magic = CONF_SHM_MAGIC;
    root->version = CONF_SHM_VERSION;
    root->layout = conf_shm_layout();
    root->node = birth->node;
    root->seed = birth->seed;
    root->generation = birth->generation;
    root->numbers = birth->numbers;

    conf_queue_init(&root->stages);
    conf_queue_init(&root->gaps);
    conf_queue_init(&root->spares);
    conf_queue_init(&root->recent);

    for (i = 0; i < CONF_LIMIT_CLASSES; i++) {
        conf_queue_init(&root->classes[i]);
    }

    for (i = 0; i < CONF_WORKERS_MAX; i++) {
        conf_queue_init(&root->workers[i].sessions);
    }

    if (conf_shm_tables(shm, root) != CONF_OK) {
        return NULL;
    }

    root->pages = shm->ops->free_pages(shm->ops->ctx);
    root->reserve = root->pages / CONF_SHM_RESERVE;

    *shm->root = root;

    return root;
}


static conf_rc_t
conf_shm_tables(conf_shm_t *shm, conf_shm_root_t *root)
{
    size_t        i;
    uint64_t      key[2];
    conf_hash_t  *tables[5];

    tables[0] = &root->sessions;
    tables[1] = &root->channels;
    tables[2] = &root->seats;
    tables[3] = &root->copies;
    tables[4] = &root->buckets;

    key[0] = root->seed;
    key[1] = (root->seed ^ root->node) * CONF_FNV_PRIME + CONF_FNV_BASIS;

    for (i = 0; i < conf_nelts(tables); i++) {
        if (conf_hash_init(tables[i], shm->ops, key) != CONF_OK) {
            return CONF_E_ZONE_FULL;
        }
    }

    return conf_shm_gap_init(shm, root);
}


/* Differs when another build has laid out what is in the zone. */

static uint64_t
conf_shm_layout(void)
{
    size_t    i;
    uint64_t  sum;
    size_t    sizes[] = {
        sizeof(conf_shm_root_t),
        sizeof(conf_shm_event_t),
        sizeof(conf_shm_worker_t),
        sizeof(conf_shm_session_t),
        sizeof(conf_shm_sub_t),
        sizeof(conf_shm_channel_t),
        sizeof(conf_shm_room_t),
        sizeof(conf_shm_stage_t),
        sizeof(conf_shm_peer_t),
        sizeof(conf_shm_user_t),
        sizeof(conf_shm_seat_t),
        sizeof(conf_shm_gap_t),
        sizeof(conf_shm_late_t),
        sizeof(conf_shm_copy_t),
        sizeof(conf_shm_bucket_t),
        sizeof(conf_hash_t),
        sizeof(conf_hash_page_t),
        offsetof(conf_shm_root_t, sessions),
        offsetof(conf_shm_root_t, gaps),
        offsetof(conf_shm_root_t, copies),
        offsetof(conf_shm_root_t, buckets),
        offsetof(conf_shm_root_t, workers),
        CONF_WORKERS_MAX,
        CONF_INBOX_EVENTS,
        CONF_CACHE_FLOORS
    };

    sum = CONF_FNV_BASIS;

    for (i = 0; i < conf_nelts(sizes); i++) {
        sum = (sum ^ sizes[i]) * CONF_FNV_PRIME;
    }

    return sum;
}
