
#include "conf_shm_root.h"


#define CONF_LIMIT_TIDY  2      /* buckets of a class that a new one looks at */


static conf_shm_bucket_t *conf_limit_find(conf_shm_root_t *root, uint32_t row,
    uint64_t key);
static conf_shm_bucket_t *conf_limit_create(conf_shm_t *shm,
    conf_shm_root_t *root, uint32_t row, uint64_t key, int64_t now_ms);
static conf_rc_t conf_limit_take(conf_shm_bucket_t *bucket, uint64_t count,
    int64_t now_ms, conf_limit_t *limit);
static void conf_limit_tidy(conf_shm_t *shm, conf_shm_root_t *root,
    conf_queue_t *class, int64_t now_ms);
static void conf_limit_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_bucket_t *bucket);
static size_t conf_limit_class(uint32_t period_ms);
static uint64_t conf_limit_hash(const conf_hash_t *hash,
    const conf_hash_node_t *node);


conf_rc_t
conf_limit(conf_shm_t *shm, uint32_t row, uint64_t key,
    const conf_limit_rate_t *rate, conf_limit_t *limit)
{
    int64_t             now_ms;
    conf_rc_t           rc;
    conf_shm_root_t    *root;
    conf_shm_bucket_t  *bucket;

    limit->remaining = rate->count;
    limit->reset_ms = 0;
    limit->retry_ms = 0;

    if (rate->count == 0 || rate->period_ms <= 0) {
        return CONF_OK;
    }

    now_ms = shm->ops->now_ms(shm->ops->ctx);

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_OK;
    }

    rc = CONF_OK;
    bucket = conf_limit_find(root, row, key);

    if (bucket == NULL) {
        bucket = conf_limit_create(shm, root, row, key, now_ms);

    } else {
        conf_queue_remove(&bucket->link);
    }

    if (bucket != NULL) {
        bucket->period_ms = (uint32_t) conf_min(rate->period_ms, UINT32_MAX);
        conf_queue_insert(&root->classes[conf_limit_class(bucket->period_ms)],
                          &bucket->link);

        rc = conf_limit_take(bucket, rate->count, now_ms, limit);
        root->limited += rc != CONF_OK;
    }

    conf_shm_unlock(shm);

    return rc;
}


void
conf_limit_back(conf_shm_t *shm, uint32_t row, uint64_t key)
{
    conf_shm_root_t    *root;
    conf_shm_bucket_t  *bucket;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    bucket = conf_limit_find(root, row, key);

    if (bucket != NULL) {
        bucket->level -= conf_min(bucket->level, bucket->period_ms);
    }

    conf_shm_unlock(shm);
}


/* The oldest of one class after the other: they are the least of a loss. */

size_t
conf_shm_limit_evict(conf_shm_t *shm, conf_shm_root_t *root, size_t n)
{
    size_t         i, gone;
    conf_queue_t  *class;

    gone = 0;

    for (i = 0; i < CONF_LIMIT_CLASSES && gone < n; i++) {
        class = &root->classes[root->class];
        root->class = (root->class + 1) % CONF_LIMIT_CLASSES;

        if (!conf_queue_empty(class)) {
            conf_limit_drop(shm, root, conf_container(class->prev,
                                                      conf_shm_bucket_t, link));
            gone++;
        }
    }

    return gone;
}


static conf_shm_bucket_t *
conf_limit_find(conf_shm_root_t *root, uint32_t row, uint64_t key)
{
    conf_hash_node_t   *node;
    conf_shm_bucket_t  *bucket;

    node = conf_hash_chain(&root->buckets,
                           conf_hash_of(&root->buckets, key, row));

    for ( /* void */ ; node != NULL; node = node->next) {
        bucket = conf_container(node, conf_shm_bucket_t, node);

        if (bucket->key == key && bucket->row == row) {
            return bucket;
        }
    }

    return NULL;
}


/* Empty, and not on a queue yet.  NULL: the zone is full. */

static conf_shm_bucket_t *
conf_limit_create(conf_shm_t *shm, conf_shm_root_t *root, uint32_t row,
    uint64_t key, int64_t now_ms)
{
    size_t              i;
    conf_shm_bucket_t  *bucket;

    /* Each insert looks at all classes once: there are few. */

    for (i = 0; i < CONF_LIMIT_CLASSES; i++) {
        conf_limit_tidy(shm, root, &root->classes[i], now_ms);
    }

    /* Many addresses do not take what lives its room. */

    if (shm->ops->free_pages(shm->ops->ctx) < root->reserve) {
        (void) conf_shm_limit_evict(shm, root, 1);
    }

    bucket = conf_shm_alloc(shm, sizeof(conf_shm_bucket_t));
    if (bucket == NULL) {
        return NULL;
    }

    bucket->key = key;
    bucket->row = row;
    bucket->level = 0;
    bucket->last_ms = now_ms;

    conf_hash_insert(&root->buckets, shm->ops, &bucket->node, conf_limit_hash);

    return bucket;
}


/*
 * In units of 1 / period_ms of a call everything is whole: the vessel holds
 * count * period_ms, a call is period_ms, and count leak in a millisecond.
 * Both factors are below 2^32.
 *
 * Clocks of workers differ a little, and may be set.  Time that runs back
 * leaks nothing and moves last_ms with it, so that nobody waits for a time
 * that was never reached; otherwise a refused call changes nothing.
 */

static conf_rc_t
conf_limit_take(conf_shm_bucket_t *bucket, uint64_t count, int64_t now_ms,
    conf_limit_t *limit)
{
    uint64_t  call, size, level, leaked, passed_ms;

    call = bucket->period_ms;
    size = call * count;
    level = conf_min(bucket->level, size);

    if (now_ms < bucket->last_ms) {
        bucket->last_ms = now_ms;
    }

    passed_ms = (uint64_t) now_ms - (uint64_t) bucket->last_ms;
    leaked = conf_min(passed_ms, call) * count;
    level = level > leaked ? level - leaked : 0;

    if (level > size - call) {
        limit->remaining = 0;
        limit->reset_ms = (int64_t) ((level - 1) / count + 1);
        limit->retry_ms = (int64_t) ((level - (size - call) - 1) / count + 1);
        return CONF_E_RATE_LIMITED;
    }

    level += call;

    bucket->level = level;
    bucket->last_ms = now_ms;

    limit->remaining = (uint32_t) ((size - level) / call);
    limit->reset_ms = (int64_t) ((level - 1) / count + 1);
    limit->retry_ms = 0;

    return CONF_OK;
}


/* One from the future, after the clock was set back, gets a period more. */

static void
conf_limit_tidy(conf_shm_t *shm, conf_shm_root_t *root, conf_queue_t *class,
    int64_t now_ms)
{
    size_t              i;
    conf_shm_bucket_t  *bucket;

    for (i = 0; i < CONF_LIMIT_TIDY && !conf_queue_empty(class); i++) {
        bucket = conf_container(class->prev, conf_shm_bucket_t, link);

        if (now_ms < bucket->last_ms) {
            bucket->last_ms = now_ms;
            conf_queue_remove(&bucket->link);
            conf_queue_insert(class, &bucket->link);
            continue;
        }

        if ((uint64_t) now_ms - (uint64_t) bucket->last_ms
            < bucket->period_ms)
        {
            return;
        }

        conf_limit_drop(shm, root, bucket);
    }
}


static void
conf_limit_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_bucket_t *bucket)
{
    conf_hash_remove(&root->buckets, shm->ops, &bucket->node, conf_limit_hash);
    conf_queue_remove(&bucket->link);
    conf_shm_free(shm, bucket);
}


/* Of periods, by the position of the highest bit. */

static size_t
conf_limit_class(uint32_t period_ms)
{
    size_t  class;

    class = 0;

    while (period_ms > 1) {
        period_ms >>= 1;
        class++;
    }

    return class;
}


static uint64_t
conf_limit_hash(const conf_hash_t *hash, const conf_hash_node_t *node)
{
    const conf_shm_bucket_t  *bucket;

    bucket = (const conf_shm_bucket_t *) node;

    return conf_hash_of(hash, bucket->key, bucket->row);
}
