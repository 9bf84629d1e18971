
/*
 * The zone for tests: malloc and a mutex.  Each object is one of the
 * sanitizer's, allocations can be made to fail, the clock stands still until
 * it is set.  A test includes the .c.
 */

#ifndef _CONF_SHM_MALLOC_H_INCLUDED_
#define _CONF_SHM_MALLOC_H_INCLUDED_


#include "conf_shm.h"

#include <pthread.h>


typedef struct conf_shm_malloc_item_s  conf_shm_malloc_item_t;

typedef struct {
    conf_shm_t               shm;          /* the handle */
    conf_shm_ops_t           ops;
    conf_shm_root_t         *root;
    conf_shm_malloc_item_t  *items;
    pthread_mutex_t          mutex;

    size_t                   live;         /* objects, the root is one */
    size_t                   bytes;        /* in them */
    size_t                   calls;        /* of alloc and reset */

    /* To be set by the test. */
    size_t                   fail;         /* this call fails; 0: none */
    bool                     fail_on;      /* and all after it */
    size_t                   limit;        /* of bytes; 0: none */
    size_t                   pages;        /* what free_pages says */
    int64_t                  now_ms;
} conf_shm_malloc_t;


/* Makes the zone and its root; the clock shows 1,000,000. */
conf_rc_t conf_shm_malloc_init(conf_shm_malloc_t *m);
void conf_shm_malloc_done(conf_shm_malloc_t *m);

/* The n-th allocation from now fails, and those after it if on; 0: none. */
void conf_shm_malloc_fail(conf_shm_malloc_t *m, size_t n, bool on);


#endif /* _CONF_SHM_MALLOC_H_INCLUDED_ */
