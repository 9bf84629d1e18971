
/*
 * LMDB as the store: the size of the map, and who may be inside while it
 * changes.
 */

#include "confd_lmdb_tail.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>


#define CONFD_LMDB_MAP_MIN       (256 * 1024)
#define CONFD_LMDB_RESERVE_MIN   (64 * 4096)
#define CONFD_LMDB_RESERVE_MAX   (16384 * 4096)

/*
 * How long a resize keeps new readers out while it waits for the old ones to
 * end: shortly while there is still room, or nobody waits for it, longer when
 * there is none.
 */

#define CONFD_LMDB_SOFT_MS       20
#define CONFD_LMDB_SOFT_PAUSE    1000
#define CONFD_LMDB_HARD_MS       2000

/* What a map grows by, at least, before a copy is made. */

#define CONFD_LMDB_COPY_SPARE    ((size_t) 1024 * 1024 * 1024)
#define CONFD_LMDB_COPY_MS       300

/* A disk with less than this free is taken for full after EIO. */

#define CONFD_LMDB_DISK_LEAST    (16 * 1024 * 1024)


static bool confd_lmdb_occupied(const confd_store_t *store,
    confd_owner_e resizer);
static conf_rc_t confd_lmdb_room(confd_store_t *store);
static conf_rc_t confd_lmdb_room_soft(confd_store_t *store, size_t used);
static conf_rc_t confd_lmdb_room_hard(confd_store_t *store, size_t used);
static size_t confd_lmdb_larger(const confd_store_t *store, size_t want);
static conf_rc_t confd_lmdb_resize(confd_store_t *store, size_t size,
    int64_t wait_ms);
static int confd_lmdb_remap(confd_store_t *store, size_t size);
static size_t confd_lmdb_top(const confd_store_t *store);
static size_t confd_lmdb_used(confd_store_t *store);
static size_t confd_lmdb_free(confd_store_t *store);
static bool confd_lmdb_disk_full(const confd_store_t *store);
static int64_t confd_lmdb_now(void);


void
confd_lmdb_map_init(confd_store_t *store, size_t map_min, size_t file_size)
{
    store->reserve = conf_max(store->map_max / 64, CONFD_LMDB_RESERVE_MIN);
    store->reserve = conf_min(store->reserve, CONFD_LMDB_RESERVE_MAX);

    store->tail_room = store->reserve / 2;

    store->size = conf_align(conf_max(map_min, CONFD_LMDB_MAP_MIN),
                             store->page);
    store->size = conf_min(store->size, confd_lmdb_top(store));
    store->size = confd_lmdb_larger(store, file_size / 3 * 4);

    if (file_size > confd_lmdb_top(store)) {
        store->size = store->map_max;
        confd_lmdb_make(&store->tight, true);
    }

    /* map_max is smaller than the data now: deletes need room all the same. */

    if (file_size > store->map_max) {
        store->size = conf_align(file_size, store->page) + store->reserve;
    }
}


conf_rc_t
confd_lmdb_enter_reader(confd_store_t *store)
{
    conf_rc_t  rc;

    rc = CONF_OK;

    (void) pthread_mutex_lock(&store->gate);

    while (store->resizing) {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    if (store->broken || store->nreaders == store->max_readers) {
        rc = CONF_E_STORE_FAILED;

    } else {
        store->nreaders++;
    }

    (void) pthread_mutex_unlock(&store->gate);

    return rc;
}


void
confd_lmdb_leave_reader(confd_store_t *store)
{
    (void) pthread_mutex_lock(&store->gate);

    store->nreaders--;

    if (store->resizing && store->nreaders == 0) {
        (void) pthread_cond_broadcast(&store->changed);
    }

    (void) pthread_mutex_unlock(&store->gate);
}


conf_rc_t
confd_lmdb_enter_writer(confd_store_t *store)
{
    bool       own;
    conf_rc_t  rc;

    own = false;
    rc = CONF_OK;

    (void) pthread_mutex_lock(&store->gate);

    /* A map that was full is larger in any case, if it may be. */

    while (store->resizing || store->flushing
           || (store->owner != CONFD_OWNER_NONE
               && confd_lmdb_is(&store->full)))
    {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    if (store->broken) {
        rc = CONF_E_STORE_FAILED;

    } else if (store->writing) {
        rc = CONF_E_INTERNAL;

    } else {
        own = store->owner == CONFD_OWNER_NONE;
        store->writing = true;
    }

    if (own) {
        store->owner = CONFD_OWNER_WRITER;
    }

    (void) pthread_mutex_unlock(&store->gate);

    if (!own) {
        return rc;
    }

    rc = confd_lmdb_room(store);

    confd_lmdb_disown(store);

    if (rc != CONF_OK) {
        confd_lmdb_leave_writer(store);
    }

    return rc;
}


void
confd_lmdb_leave_writer(confd_store_t *store)
{
    (void) pthread_mutex_lock(&store->gate);

    store->writing = false;

    if (store->resizing || store->flushing) {
        (void) pthread_cond_broadcast(&store->changed);
    }

    (void) pthread_mutex_unlock(&store->gate);
}


conf_rc_t
confd_lmdb_enter_flush(confd_store_t *store)
{
    bool       broken;
    conf_rc_t  rc;

    (void) pthread_mutex_lock(&store->gate);

    while (store->flushing) {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    store->flushing = true;

    while (store->resizing || store->writing) {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    broken = store->broken;
    store->writing = !broken;

    (void) pthread_mutex_unlock(&store->gate);

    rc = CONF_E_STORE_FAILED;

    if (!broken) {
        confd_lmdb_own(store);
        rc = confd_lmdb_room(store);
        confd_lmdb_disown(store);
    }

    if (rc != CONF_OK) {
        confd_lmdb_leave_flush(store);
    }

    return rc;
}


void
confd_lmdb_leave_flush(confd_store_t *store)
{
    (void) pthread_mutex_lock(&store->gate);

    store->writing = false;
    store->flushing = false;

    (void) pthread_cond_broadcast(&store->changed);
    (void) pthread_mutex_unlock(&store->gate);
}


void
confd_lmdb_own(confd_store_t *store)
{
    (void) pthread_mutex_lock(&store->gate);

    /* The taker does not wait for who waits for it. */

    store->awaited = true;
    (void) pthread_cond_broadcast(&store->changed);

    while (store->owner != CONFD_OWNER_NONE) {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    store->awaited = false;
    store->owner = CONFD_OWNER_WRITER;

    (void) pthread_mutex_unlock(&store->gate);
}


conf_rc_t
confd_lmdb_own_taker(confd_store_t *store)
{
    conf_rc_t  rc;

    (void) pthread_mutex_lock(&store->gate);

    while (store->resizing || store->owner != CONFD_OWNER_NONE) {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    store->owner = CONFD_OWNER_TAKER;
    rc = store->broken ? CONF_E_STORE_FAILED : CONF_OK;

    (void) pthread_mutex_unlock(&store->gate);

    if (rc == CONF_OK) {
        rc = confd_lmdb_room(store);
    }

    if (rc != CONF_OK) {
        confd_lmdb_disown(store);
    }

    return rc;
}


void
confd_lmdb_disown(confd_store_t *store)
{
    (void) pthread_mutex_lock(&store->gate);

    store->owner = CONFD_OWNER_NONE;

    (void) pthread_cond_broadcast(&store->changed);
    (void) pthread_mutex_unlock(&store->gate);
}


/* Who changes the map's size may be one of those inside. */

static bool
confd_lmdb_occupied(const confd_store_t *store, confd_owner_e resizer)
{
    return store->nreaders != 0
           || (store->writing && resizer != CONFD_OWNER_WRITER)
           || (store->owner != CONFD_OWNER_NONE && store->owner != resizer);
}


/*
 * Twice what is there, and a gigabyte: pages that are not reused while the
 * copy runs make the store larger, too.  Without that it may do all the same.
 */

conf_rc_t
confd_lmdb_enter_copy(confd_store_t *store)
{
    int              rc;
    size_t           size;
    int64_t          until_ms;
    struct timespec  until;

    until_ms = confd_lmdb_now() + CONFD_LMDB_COPY_MS;
    until.tv_sec = until_ms / 1000;
    until.tv_nsec = until_ms % 1000 * 1000000;

    rc = 0;

    (void) pthread_mutex_lock(&store->gate);

    while (store->resizing) {
        (void) pthread_cond_wait(&store->changed, &store->gate);
    }

    store->resizing = true;

    while (confd_lmdb_occupied(store, CONFD_OWNER_NONE) && rc == 0) {
        rc = pthread_cond_timedwait(&store->changed, &store->gate, &until);
    }

    if (!confd_lmdb_occupied(store, CONFD_OWNER_NONE) && !store->broken) {
        size = confd_lmdb_larger(store, confd_lmdb_used(store) * 2
                                        + CONFD_LMDB_COPY_SPARE);

        if (size != store->size) {
            (void) confd_lmdb_remap(store, size);
        }
    }

    store->resizing = false;

    if (!store->broken && store->nreaders < store->max_readers) {
        store->nreaders++;
        rc = 0;

    } else {
        rc = EBUSY;
    }

    (void) pthread_cond_broadcast(&store->changed);
    (void) pthread_mutex_unlock(&store->gate);

    return rc == 0 ? CONF_OK : CONF_E_STORE_FAILED;
}


/*
 * Resizes the map before a writer needs it, or because the last one found it
 * full.  The last part of map_max is entered only when all else is full, and
 * then only to delete and to change what exists: without free pages nothing
 * could be deleted either.
 */

static conf_rc_t
confd_lmdb_room(confd_store_t *store)
{
    size_t     used, left, least;
    conf_rc_t  rc;

    used = confd_lmdb_used(store);

    rc = confd_lmdb_is(&store->full) ? confd_lmdb_room_hard(store, used)
                                     : confd_lmdb_room_soft(store, used);

    if (rc != CONF_OK) {
        return rc;
    }

    if (store->size > confd_lmdb_top(store)) {
        left = store->map_max > used ? store->map_max - used : 0;
        left += confd_lmdb_free(store);

        least = store->reserve / 2 * (confd_lmdb_is(&store->tight) ? 4 : 3);

        confd_lmdb_make(&store->tight, left < least);
    }

    return CONF_OK;
}


/* Nothing is wrong yet, so readers that do not leave are no error. */

static conf_rc_t
confd_lmdb_room_soft(confd_store_t *store, size_t used)
{
    conf_rc_t  rc;

    if (used <= store->size / 4 * 3 || store->size >= confd_lmdb_top(store)
        || confd_lmdb_now() < store->retry_ms)
    {
        return CONF_OK;
    }

    rc = confd_lmdb_resize(store, confd_lmdb_larger(store, store->size + 1),
                           CONFD_LMDB_SOFT_MS);

    if (rc == CONF_E_STORE_FULL) {
        store->retry_ms = confd_lmdb_now() + CONFD_LMDB_SOFT_PAUSE;
        rc = CONF_OK;
    }

    return rc;
}


static conf_rc_t
confd_lmdb_room_hard(confd_store_t *store, size_t used)
{
    size_t     size;
    conf_rc_t  rc;

    size = confd_lmdb_larger(store, conf_max(used + store->need,
                                             store->size + 1));

    if (store->size >= confd_lmdb_top(store)) {
        size = conf_max(store->map_max, store->size);
        confd_lmdb_make(&store->tight, true);
    }

    if (size != store->size) {
        rc = confd_lmdb_resize(store, size, store->owner == CONFD_OWNER_TAKER
                                            ? CONFD_LMDB_SOFT_MS
                                            : CONFD_LMDB_HARD_MS);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    confd_lmdb_make(&store->full, false);
    store->need = 0;

    return CONF_OK;
}


/* The next size that holds want bytes, short of the reserve. */

static size_t
confd_lmdb_larger(const confd_store_t *store, size_t want)
{
    size_t  size, top;

    top = confd_lmdb_top(store);
    size = store->size;

    while (size < want && size < top) {
        size = size > top / 2 ? top : size * 2;
    }

    return size;
}


/*
 * CONF_OK, CONF_E_STORE_FULL when readers stayed longer than wait_ms or the
 * address space is short (the map is as it was), CONF_E_STORE_FAILED when the
 * map is lost.
 */

static conf_rc_t
confd_lmdb_resize(confd_store_t *store, size_t size, int64_t wait_ms)
{
    int              rc;
    int64_t          until_ms;
    struct timespec  until;

    until_ms = confd_lmdb_now() + wait_ms;
    until.tv_sec = until_ms / 1000;
    until.tv_nsec = until_ms % 1000 * 1000000;

    rc = 0;

    (void) pthread_mutex_lock(&store->gate);

    store->resizing = true;

    while (confd_lmdb_occupied(store, store->owner)
           && !(store->owner == CONFD_OWNER_TAKER && store->awaited)
           && rc == 0)
    {
        rc = pthread_cond_timedwait(&store->changed, &store->gate, &until);
    }

    if (!confd_lmdb_occupied(store, store->owner)) {
        rc = confd_lmdb_remap(store, size);
    }

    store->resizing = false;

    (void) pthread_cond_broadcast(&store->changed);
    (void) pthread_mutex_unlock(&store->gate);

    if (rc == 0) {
        return CONF_OK;
    }

    return store->broken ? CONF_E_STORE_FAILED : CONF_E_STORE_FULL;
}


/*
 * LMDB gives the old map back before it asks for the new one, and has none
 * when that fails: so the address space is tried first.
 */

static int
confd_lmdb_remap(confd_store_t *store, size_t size)
{
    int    fd, rc;
    void  *p;

    rc = mdb_env_get_fd(store->env, &fd);
    if (rc != 0) {
        return rc;
    }

    p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        return errno;
    }

    (void) munmap(p, size);

    rc = mdb_env_set_mapsize(store->env, size);

    if (rc != 0) {
        store->broken = true;
        return rc;
    }

    store->size = size;

    return 0;
}


/* Where records that are new end. */

static size_t
confd_lmdb_top(const confd_store_t *store)
{
    return store->map_max - store->reserve;
}


/* Bytes of the map up to its last page in use; for who writes. */

static size_t
confd_lmdb_used(confd_store_t *store)
{
    MDB_envinfo  info;

    if (mdb_env_info(store->env, &info) != 0) {
        return 0;
    }

    return (info.me_last_pgno + 1) * store->page;
}


/*
 * Bytes in free pages.  Database 0 is LMDB's free list, each record a count
 * and as many page numbers; only a reader may look at it.
 */

static size_t
confd_lmdb_free(confd_store_t *store)
{
    size_t       n, pages;
    MDB_val      key, value;
    MDB_txn     *txn;
    MDB_cursor  *cursor;

    if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) != 0) {
        return 0;
    }

    pages = 0;

    if (mdb_cursor_open(txn, 0, &cursor) == 0) {

        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
            memcpy(&n, value.mv_data, sizeof(n));
            pages += n;
        }

        mdb_cursor_close(cursor);
    }

    mdb_txn_abort(txn);

    return pages * store->page;
}


conf_rc_t
confd_lmdb_rc(const confd_store_t *store, int code)
{
    switch (code) {

    case 0:
        return CONF_OK;

    case MDB_NOTFOUND:
        return CONF_E_NOT_FOUND;

    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return CONF_E_STORE_FULL;

    case ENOMEM:
        return CONF_E_NOMEM;

    case EIO:
        return store != NULL && confd_lmdb_disk_full(store)
               ? CONF_E_STORE_FULL : CONF_E_STORE_FAILED;

    default:
        return CONF_E_STORE_FAILED;
    }
}


/* A write that a full disk cut short is EIO in LMDB's words. */

static bool
confd_lmdb_disk_full(const confd_store_t *store)
{
    int             fd;
    struct stat     st;
    struct rlimit   limit;
    struct statvfs  fs;

    if (mdb_env_get_fd(store->env, &fd) != 0) {
        return false;
    }

    if (fstatvfs(fd, &fs) == 0
        && fs.f_bavail < CONFD_LMDB_DISK_LEAST / fs.f_frsize)
    {
        return true;
    }

    return getrlimit(RLIMIT_FSIZE, &limit) == 0
           && limit.rlim_cur != RLIM_INFINITY
           && fstat(fd, &st) == 0
           && (rlim_t) st.st_size + CONFD_LMDB_DISK_LEAST > limit.rlim_cur;
}


static int64_t
confd_lmdb_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
