
/*
 * The shared zone: its root, its heap, its lock.  Everything live is here and
 * nothing durable: after a loss it is rebuilt from the workers' sockets and
 * from confd.
 *
 * One lock guards all of it.  Every public function of shm/ takes it itself,
 * holds it for a bounded number of steps, and neither allocates outside the
 * zone, nor logs, nor makes a system call while it does.  No pointer into the
 * zone leaves a public function: what goes out is copied.
 *
 * A process that dies while it holds the lock may leave half-done lists.  The
 * root therefore names the holder; who takes the lock and finds a name in it
 * makes the zone empty and adds one to its generation.  Each worker notices
 * the new generation (conf_shm_generation()) and registers again what it has.
 */

#ifndef _CONF_SHM_H_INCLUDED_
#define _CONF_SHM_H_INCLUDED_


#include "conf_base.h"


#define CONF_SHM_VERSION  1       /* of the layout */

typedef struct conf_shm_root_s  conf_shm_root_t;

/*
 * What the zone stands on: nginx's slab pool in the module, malloc and a
 * mutex in tests.  alloc, calloc, free and reset are called with the lock
 * held.
 */

typedef struct {
    void           *(*alloc)(void *ctx, size_t size);      /* NULL: full */
    void            (*free)(void *ctx, void *p);
    void            (*lock)(void *ctx);
    void            (*unlock)(void *ctx);

    /*
     * Makes the heap empty, so that all that was allocated is gone; returns
     * the new root block of size bytes, or NULL.
     */
    void           *(*reset)(void *ctx, size_t size);
    size_t          (*free_pages)(void *ctx);              /* for status */
    int64_t         (*now_ms)(void *ctx);                  /* wall clock */
    void            *ctx;
} conf_shm_ops_t;

/* A process' handle; root is in the zone at the same address everywhere. */

typedef struct {
    conf_shm_root_t        **root;     /* where the adapter keeps it */
    const conf_shm_ops_t    *ops;
    uint64_t                 pid;
} conf_shm_t;

typedef struct {
    uint64_t    node;            /* random, of this zone */
    uint64_t    generation;      /* grows when the zone had to be emptied */
    uint64_t    workers;
    uint64_t    channels;
    uint64_t    rooms;           /* channels of kind room */
    uint64_t    sessions;
    uint64_t    users;           /* with at least one session */
    uint64_t    events;          /* held by inboxes and gaps now */
    uint64_t    kept;            /* by rings of rooms only */
    uint64_t    published;       /* since the zone was made */
    uint64_t    dropped;         /* events an inbox had no room for */
    uint64_t    zone_full;       /* allocations that failed */
    uint64_t    cached;          /* hot copies */
    uint64_t    cache_hits;
    uint64_t    cache_misses;
    uint64_t    limits;          /* rate buckets */
    uint64_t    limited;         /* requests refused */
    uint64_t    pages;           /* free ones when the zone was empty */
    uint64_t    free_pages;
} conf_shm_stat_t;


/*
 * Makes an empty root; node is random, not 0; seed keys the hash tables.
 * CONF_OK or CONF_E_ZONE_FULL.
 */
conf_rc_t conf_shm_init(conf_shm_t *shm, uint64_t node, uint64_t seed);

/*
 * Is what the adapter has found (after a reload) a root of this layout?
 * CONF_OK, or CONF_E_CONFLICT when it is of another version or build.
 */
conf_rc_t conf_shm_check(conf_shm_t *shm);

/*
 * Is this process the one that looks for who has gone?  It is for ms from now
 * when nobody else is: a holder that ends is followed when that is over.
 */
bool conf_shm_lease(conf_shm_t *shm, int64_t ms);

uint64_t conf_shm_node(conf_shm_t *shm);
uint64_t conf_shm_generation(conf_shm_t *shm);
void conf_shm_stat(conf_shm_t *shm, conf_shm_stat_t *stat);


#endif /* _CONF_SHM_H_INCLUDED_ */
