
#include "conf_shm_malloc.h"

#include <stdlib.h>


#define CONF_SHM_MALLOC_NODE  0x1234
#define CONF_SHM_MALLOC_SEED  0x5eed


struct conf_shm_malloc_item_s {
    conf_shm_malloc_item_t   *next;
    conf_shm_malloc_item_t  **link;
    size_t                    size;
    size_t                    unused;      /* keeps what follows aligned */
};


static void *conf_shm_malloc_alloc(void *ctx, size_t size);
static void conf_shm_malloc_free(void *ctx, void *p);
static void *conf_shm_malloc_reset(void *ctx, size_t size);
static void conf_shm_malloc_empty(conf_shm_malloc_t *m);
static void conf_shm_malloc_lock(void *ctx);
static void conf_shm_malloc_unlock(void *ctx);
static size_t conf_shm_malloc_pages(void *ctx);
static int64_t conf_shm_malloc_now(void *ctx);


conf_rc_t
conf_shm_malloc_init(conf_shm_malloc_t *m)
{
    memset(m, 0, sizeof(conf_shm_malloc_t));

    m->ops.alloc = conf_shm_malloc_alloc;
    m->ops.free = conf_shm_malloc_free;
    m->ops.lock = conf_shm_malloc_lock;
    m->ops.unlock = conf_shm_malloc_unlock;
    m->ops.reset = conf_shm_malloc_reset;
    m->ops.free_pages = conf_shm_malloc_pages;
    m->ops.now_ms = conf_shm_malloc_now;
    m->ops.ctx = m;

    m->shm.root = &m->root;
    m->shm.ops = &m->ops;
    m->shm.pid = 1;

    m->now_ms = 1000000;

    pthread_mutex_init(&m->mutex, NULL);

    return conf_shm_init(&m->shm, CONF_SHM_MALLOC_NODE, CONF_SHM_MALLOC_SEED);
}


void
conf_shm_malloc_done(conf_shm_malloc_t *m)
{
    conf_shm_malloc_empty(m);
    pthread_mutex_destroy(&m->mutex);
}


void
conf_shm_malloc_fail(conf_shm_malloc_t *m, size_t n, bool on)
{
    m->fail = n != 0 ? m->calls + n : 0;
    m->fail_on = on;
}


static void *
conf_shm_malloc_alloc(void *ctx, size_t size)
{
    conf_shm_malloc_t       *m = ctx;
    conf_shm_malloc_item_t  *item;

    m->calls++;

    if ((m->fail != 0 && m->calls == m->fail)
        || (m->fail != 0 && m->fail_on && m->calls > m->fail)
        || (m->limit != 0 && m->bytes + size > m->limit))
    {
        return NULL;
    }

    item = malloc(sizeof(conf_shm_malloc_item_t) + size);
    if (item == NULL) {
        abort();
    }

    /* What nobody sets is noticed. */

    memset(item + 1, 0xa5, size);

    item->size = size;
    item->next = m->items;
    item->link = &m->items;

    if (item->next != NULL) {
        item->next->link = &item->next;
    }

    m->items = item;
    m->live++;
    m->bytes += size;

    return item + 1;
}


static void
conf_shm_malloc_free(void *ctx, void *p)
{
    conf_shm_malloc_t       *m = ctx;
    conf_shm_malloc_item_t  *item;

    item = (conf_shm_malloc_item_t *) p - 1;

    *item->link = item->next;

    if (item->next != NULL) {
        item->next->link = item->link;
    }

    m->live--;
    m->bytes -= item->size;

    free(item);
}


static void *
conf_shm_malloc_reset(void *ctx, size_t size)
{
    conf_shm_malloc_empty(ctx);

    return conf_shm_malloc_alloc(ctx, size);
}


static void
conf_shm_malloc_empty(conf_shm_malloc_t *m)
{
    while (m->items != NULL) {
        conf_shm_malloc_free(m, m->items + 1);
    }
}


static void
conf_shm_malloc_lock(void *ctx)
{
    conf_shm_malloc_t  *m = ctx;

    pthread_mutex_lock(&m->mutex);
}


static void
conf_shm_malloc_unlock(void *ctx)
{
    conf_shm_malloc_t  *m = ctx;

    pthread_mutex_unlock(&m->mutex);
}


static size_t
conf_shm_malloc_pages(void *ctx)
{
    conf_shm_malloc_t  *m = ctx;

    return m->pages;
}


static int64_t
conf_shm_malloc_now(void *ctx)
{
    conf_shm_malloc_t  *m = ctx;

    return m->now_ms;
}
