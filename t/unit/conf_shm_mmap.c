
#include "conf_shm_mmap.h"

#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>


#define CONF_MMAP_PAGE     4096
#define CONF_MMAP_CLASSES  9         /* 8 << class */
#define CONF_MMAP_RUN      CONF_MMAP_CLASSES
#define CONF_MMAP_NONE     UINT32_MAX
#define CONF_MMAP_SPINS    2048
#define CONF_MMAP_NODE     0x4321
#define CONF_MMAP_SEED     0x5eed


typedef struct {
    uint32_t    pages;      /* taken from here on; 0: free */
    uint32_t    class;
    uint32_t    used;       /* slots */
    uint32_t    free;       /* the first free slot, or NONE */
    uint32_t    prev;       /* of those with free slots */
    uint32_t    next;
} conf_mmap_page_t;

struct conf_shm_mmap_zone_s {
    uint64_t            lock;          /* pid of the holder */
    conf_shm_root_t    *root;
    size_t              size;
    size_t              bytes;
    size_t              nfree;
    size_t              npages;
    uint32_t            hint;          /* no free page before this one */
    uint32_t            partial[CONF_MMAP_CLASSES];
    uint8_t            *data;
    conf_mmap_page_t    pages[];
};


static void *conf_mmap_alloc(void *ctx, size_t size);
static void *conf_mmap_slot(conf_shm_mmap_zone_t *zone, uint32_t class);
static uint32_t conf_mmap_run(conf_shm_mmap_zone_t *zone, uint32_t n);
static void conf_mmap_free(void *ctx, void *p);
static void conf_mmap_link(conf_shm_mmap_zone_t *zone, uint32_t i);
static void conf_mmap_unlink(conf_shm_mmap_zone_t *zone, uint32_t i);
static uint32_t *conf_mmap_at(conf_shm_mmap_zone_t *zone, uint32_t page,
    uint32_t slot);
static void *conf_mmap_reset(void *ctx, size_t size);
static void conf_mmap_lock(void *ctx);
static void conf_mmap_unlock(void *ctx);
static size_t conf_mmap_pages(void *ctx);
static int64_t conf_mmap_now(void *ctx);


conf_rc_t
conf_shm_mmap_init(conf_shm_mmap_t *m, size_t size)
{
    void    *p;
    size_t   npages, head;

    memset(m, 0, sizeof(conf_shm_mmap_t));

    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
             -1, 0);
    if (p == MAP_FAILED) {
        return CONF_E_NOMEM;
    }

    npages = size / (CONF_MMAP_PAGE + sizeof(conf_mmap_page_t)) - 2;
    head = sizeof(conf_shm_mmap_zone_t) + npages * sizeof(conf_mmap_page_t);

    m->zone = p;
    m->zone->size = size;
    m->zone->npages = npages;
    m->zone->data = (uint8_t *) p + conf_align(head, CONF_MMAP_PAGE);

    m->ops.alloc = conf_mmap_alloc;
    m->ops.free = conf_mmap_free;
    m->ops.lock = conf_mmap_lock;
    m->ops.unlock = conf_mmap_unlock;
    m->ops.reset = conf_mmap_reset;
    m->ops.free_pages = conf_mmap_pages;
    m->ops.now_ms = conf_mmap_now;
    m->ops.ctx = m;

    m->shm.root = &m->zone->root;
    m->shm.ops = &m->ops;
    m->shm.pid = (uint64_t) getpid();

    return conf_shm_init(&m->shm, CONF_MMAP_NODE, CONF_MMAP_SEED);
}


void
conf_shm_mmap_done(conf_shm_mmap_t *m)
{
    munmap(m->zone, m->zone->size);
}


void
conf_shm_mmap_child(conf_shm_mmap_t *m)
{
    m->shm.pid = (uint64_t) getpid();
}


void
conf_shm_mmap_died(conf_shm_mmap_t *m, uint64_t pid)
{
    (void) __atomic_compare_exchange_n(&m->zone->lock, &pid, 0, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}


size_t
conf_shm_mmap_bytes(const conf_shm_mmap_t *m)
{
    return m->zone->bytes;
}


static void *
conf_mmap_alloc(void *ctx, size_t size)
{
    uint32_t               class, page;
    conf_shm_mmap_t       *m = ctx;
    conf_shm_mmap_zone_t  *zone;

    zone = m->zone;

    if (m->die != 0 && --m->die == 0) {
        _exit(1);
    }

    for (class = 0; class < CONF_MMAP_CLASSES; class++) {
        if (size <= (size_t) 8 << class) {
            return conf_mmap_slot(zone, class);
        }
    }

    size = conf_align(size, CONF_MMAP_PAGE);

    page = conf_mmap_run(zone, (uint32_t) (size / CONF_MMAP_PAGE));
    if (page == CONF_MMAP_NONE) {
        return NULL;
    }

    zone->pages[page].class = CONF_MMAP_RUN;
    zone->bytes += size;

    return conf_mmap_at(zone, page, 0);
}


static void *
conf_mmap_slot(conf_shm_mmap_zone_t *zone, uint32_t class)
{
    uint32_t           i, slot, nslots, *p;
    conf_mmap_page_t  *page;

    i = zone->partial[class];

    if (i == CONF_MMAP_NONE) {
        i = conf_mmap_run(zone, 1);
        if (i == CONF_MMAP_NONE) {
            return NULL;
        }

        page = &zone->pages[i];
        page->class = class;
        page->used = 0;
        page->free = 0;

        nslots = (uint32_t) (CONF_MMAP_PAGE / (8 << class));

        for (slot = 0; slot < nslots; slot++) {
            *conf_mmap_at(zone, i, slot)
                = slot + 1 < nslots ? slot + 1 : CONF_MMAP_NONE;
        }

        conf_mmap_link(zone, i);
    }

    page = &zone->pages[i];
    p = conf_mmap_at(zone, i, page->free);
    page->free = *p;
    page->used++;
    zone->bytes += (size_t) 8 << class;

    if (page->free == CONF_MMAP_NONE) {
        conf_mmap_unlink(zone, i);
    }

    return p;
}


static uint32_t
conf_mmap_run(conf_shm_mmap_zone_t *zone, uint32_t n)
{
    uint32_t  i, found;

    found = 0;

    for (i = zone->hint; i < zone->npages; i++) {
        if (zone->pages[i].pages != 0) {
            i += zone->pages[i].pages - 1;
            found = 0;
            continue;
        }

        if (++found == n) {
            i -= n - 1;
            zone->hint = i == zone->hint ? i + n : zone->hint;
            zone->pages[i].pages = n;
            zone->nfree -= n;
            return i;
        }
    }

    return CONF_MMAP_NONE;
}


static void
conf_mmap_free(void *ctx, void *p)
{
    uint32_t               i, slot, class;
    size_t                 at;
    conf_shm_mmap_t       *m = ctx;
    conf_mmap_page_t      *page;
    conf_shm_mmap_zone_t  *zone;

    zone = m->zone;
    at = (size_t) ((uint8_t *) p - zone->data);
    i = (uint32_t) (at / CONF_MMAP_PAGE);
    page = &zone->pages[i];
    class = page->class;

    if (class < CONF_MMAP_CLASSES) {
        slot = (uint32_t) (at % CONF_MMAP_PAGE / ((size_t) 8 << class));
        *conf_mmap_at(zone, i, slot) = page->free;
        zone->bytes -= (size_t) 8 << class;

        if (page->free == CONF_MMAP_NONE) {
            conf_mmap_link(zone, i);
        }

        page->free = slot;

        if (--page->used != 0) {
            return;
        }

        conf_mmap_unlink(zone, i);

    } else {
        zone->bytes -= (size_t) page->pages * CONF_MMAP_PAGE;
    }

    zone->nfree += page->pages;
    page->pages = 0;
    zone->hint = conf_min(zone->hint, i);
}


static void
conf_mmap_link(conf_shm_mmap_zone_t *zone, uint32_t i)
{
    conf_mmap_page_t  *page;

    page = &zone->pages[i];
    page->prev = CONF_MMAP_NONE;
    page->next = zone->partial[page->class];

    if (page->next != CONF_MMAP_NONE) {
        zone->pages[page->next].prev = i;
    }

    zone->partial[page->class] = i;
}


static void
conf_mmap_unlink(conf_shm_mmap_zone_t *zone, uint32_t i)
{
    conf_mmap_page_t  *page;

    page = &zone->pages[i];

    if (page->next != CONF_MMAP_NONE) {
        zone->pages[page->next].prev = page->prev;
    }

    if (page->prev != CONF_MMAP_NONE) {
        zone->pages[page->prev].next = page->next;

    } else {
        zone->partial[page->class] = page->next;
    }
}


static uint32_t *
conf_mmap_at(conf_shm_mmap_zone_t *zone, uint32_t page, uint32_t slot)
{
    size_t  at;

    at = (size_t) page * CONF_MMAP_PAGE;

    if (slot != 0) {
        at += (size_t) slot << (zone->pages[page].class + 3);
    }

    return (uint32_t *) (void *) (zone->data + at);
}


static void *
conf_mmap_reset(void *ctx, size_t size)
{
    size_t                 i;
    conf_shm_mmap_t       *m = ctx;
    conf_shm_mmap_zone_t  *zone;

    zone = m->zone;

    memset(zone->pages, 0, zone->npages * sizeof(conf_mmap_page_t));
    zone->bytes = 0;
    zone->hint = 0;
    zone->nfree = zone->npages;

    for (i = 0; i < CONF_MMAP_CLASSES; i++) {
        zone->partial[i] = CONF_MMAP_NONE;
    }

    return conf_mmap_alloc(ctx, size);
}


static void
conf_mmap_lock(void *ctx)
{
    size_t            i;
    uint64_t          none;
    conf_shm_mmap_t  *m = ctx;

    for ( ;; ) {
        for (i = 0; i < CONF_MMAP_SPINS; i++) {
            none = 0;

            if (__atomic_load_n(&m->zone->lock, __ATOMIC_RELAXED) == 0
                && __atomic_compare_exchange_n(&m->zone->lock, &none,
                                               m->shm.pid, false,
                                               __ATOMIC_SEQ_CST,
                                               __ATOMIC_RELAXED))
            {
                return;
            }
        }

        sched_yield();
    }
}


static void
conf_mmap_unlock(void *ctx)
{
    conf_shm_mmap_t  *m = ctx;

    __atomic_store_n(&m->zone->lock, 0, __ATOMIC_SEQ_CST);
}


static size_t
conf_mmap_pages(void *ctx)
{
    conf_shm_mmap_t  *m = ctx;

    return m->zone->nfree;
}


static int64_t
conf_mmap_now(void *ctx)
{
    struct timespec  ts;

    (void) ctx;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
