
/*
 * LMDB as the store: the environment.
 */

#include "confd_lmdb_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>


#define CONFD_LMDB_MAP_LEAST     (1024 * 1024)

/* Reader slots besides those of the configuration: backup, free list. */

#define CONFD_LMDB_OWN_READERS   4


static confd_store_t *confd_lmdb_open(const confd_store_conf_t *conf,
    char *err, size_t errlen);
static void confd_lmdb_close(confd_store_t *store);
static void confd_lmdb_stat(confd_store_t *store, confd_store_stat_t *stat);
static confd_store_t *confd_lmdb_create(const confd_store_conf_t *conf);
static conf_rc_t confd_lmdb_present(const confd_store_t *store, char *err,
    size_t errlen);
static conf_rc_t confd_lmdb_directory(confd_store_t *store, char *err,
    size_t errlen);
static conf_rc_t confd_lmdb_env(confd_store_t *store,
    const confd_store_conf_t *conf, char *err, size_t errlen);
static unsigned confd_lmdb_flags(const confd_store_conf_t *conf,
    size_t file_size);
static conf_rc_t confd_lmdb_spaces(confd_store_t *store, char *err,
    size_t errlen);
static conf_rc_t confd_lmdb_recover(confd_store_t *store, uint64_t base,
    char *err, size_t errlen);
static conf_rc_t confd_lmdb_first(confd_store_t *store, const char *tail,
    uint64_t base, char *err, size_t errlen);
static conf_rc_t confd_lmdb_thread(confd_store_t *store, char *err,
    size_t errlen);
static int confd_lmdb_dbis(confd_store_t *store, bool make, bool *fresh);
static conf_rc_t confd_lmdb_schema(confd_txn_t *txn, bool fresh, char *err,
    size_t errlen);
static conf_rc_t confd_lmdb_migrate(confd_txn_t *txn, uint64_t schema);


const confd_store_driver_t  confd_lmdb_driver = {
    .name           = "lmdb",
    .open           = confd_lmdb_open,
    .close          = confd_lmdb_close,
    .stat           = confd_lmdb_stat,
    .backup         = confd_lmdb_backup,
    .restore        = confd_lmdb_restore,
    .sync           = confd_lmdb_sync,
    .begin          = confd_lmdb_begin,
    .stage          = confd_lmdb_stage,
    .settle         = confd_lmdb_settle,
    .commit         = confd_lmdb_commit,
    .abort          = confd_lmdb_abort,
    .rev            = confd_lmdb_rev,
    .status         = confd_lmdb_status,
    .dirty          = confd_lmdb_dirty,
    .whole          = confd_lmdb_whole,
    .get            = confd_lmdb_get,
    .put            = confd_lmdb_put,
    .del            = confd_lmdb_del,
    .cursor         = confd_lmdb_cursor,
    .next           = confd_lmdb_next,
    .cursor_close   = confd_lmdb_cursor_close,
    .count          = confd_lmdb_count,
    .next_id        = confd_lmdb_next_id,
    .log_create     = confd_lmdb_log_create,
    .log_append     = confd_lmdb_log_append,
    .log_head       = confd_lmdb_log_head,
    .log_get        = confd_lmdb_log_get,
    .log_range      = confd_lmdb_log_range,
    .log_seq_before = confd_lmdb_log_seq_before,
    .last_id        = confd_lmdb_last_id,
    .set_id         = confd_lmdb_set_id,
    .log_load       = confd_lmdb_log_load,
    .log_set_head   = confd_lmdb_log_set_head
};


static confd_store_t *
confd_lmdb_open(const confd_store_conf_t *conf, char *err, size_t errlen)
{
    confd_store_t  *store;

    if (conf->map_max < CONFD_LMDB_MAP_LEAST) {
        (void) confd_lmdb_error(err, errlen, "map_max must be at least %d",
                                CONFD_LMDB_MAP_LEAST);
        return NULL;
    }

    store = confd_lmdb_create(conf);
    if (store == NULL) {
        (void) confd_lmdb_error(err, errlen, "no memory for the store");
        return NULL;
    }

    if ((conf->existing && confd_lmdb_present(store, err, errlen) != CONF_OK)
        || confd_lmdb_directory(store, err, errlen) != CONF_OK
        || confd_lmdb_env(store, conf, err, errlen) != CONF_OK
        || confd_tail_open(store, err, errlen) != CONF_OK
        || confd_lmdb_spaces(store, err, errlen) != CONF_OK
        || confd_lmdb_thread(store, err, errlen) != CONF_OK)
    {
        confd_lmdb_close(store);
        return NULL;
    }

    return store;
}


/* Nobody may have a transaction any more. */

static void
confd_lmdb_close(confd_store_t *store)
{
    /* A store that is closed is one file. */

    (void) confd_tail_flush(store);

    confd_take_stop(store);
    confd_tail_close(store);

    mdb_txn_abort(store->reader);

    if (store->env != NULL) {
        mdb_env_close(store->env);
    }

    /* The file stays: who removes it could remove another one's. */

    if (store->lock_fd != -1) {
        (void) close(store->lock_fd);
    }

    (void) pthread_cond_destroy(&store->changed);
    (void) pthread_mutex_destroy(&store->gate);
    (void) pthread_cond_destroy(&store->tail_changed);
    (void) pthread_cond_destroy(&store->tail_below);
    (void) pthread_mutex_destroy(&store->tail_lock);

    free(store->path);
    free(store);
}


static confd_store_t *
confd_lmdb_create(const confd_store_conf_t *conf)
{
    size_t               page;
    confd_store_t       *store;
    pthread_condattr_t   attr;

    store = calloc(1, sizeof(confd_store_t));
    if (store == NULL) {
        return NULL;
    }

    store->path = strdup(conf->path);
    if (store->path == NULL) {
        free(store);
        return NULL;
    }

    page = (size_t) sysconf(_SC_PAGESIZE);

    store->lock_fd = -1;
    store->copy_fd = -1;
    store->page = page;
    store->map_max = conf->map_max / page * page;
    store->max_readers = (size_t) conf->readers + 1;    /* a backup */

    store->journals[0].fd = -1;
    store->journals[1].fd = -1;
    store->nosync = conf->sync == CONFD_SYNC_NEVER;
    store->behind = conf->behind;

    (void) pthread_mutex_init(&store->tail_lock, NULL);
    (void) pthread_cond_init(&store->tail_changed, NULL);
    (void) pthread_mutex_init(&store->gate, NULL);
    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&store->tail_below, &attr);
    (void) pthread_cond_init(&store->changed, &attr);
    (void) pthread_condattr_destroy(&attr);

    return store;
}


static conf_rc_t
confd_lmdb_present(const confd_store_t *store, char *err, size_t errlen)
{
    int          n;
    char         name[4096];
    struct stat  st;

    n = snprintf(name, sizeof(name), "%s/data.mdb", store->path);
    if (n < 0 || (size_t) n >= sizeof(name)) {
        return confd_lmdb_error(err, errlen, "the path is too long");
    }

    if (stat(name, &st) == -1) {
        return confd_lmdb_error(err, errlen, "there is no store in \"%s\": %s",
                                store->path, strerror(errno));
    }

    return CONF_OK;
}


/* Makes the directory and locks it for this process. */

static conf_rc_t
confd_lmdb_directory(confd_store_t *store, char *err, size_t errlen)
{
    int      n;
    char     name[4096], pid[32];
    ssize_t  len;

    if (mkdir(store->path, 0700) == -1 && errno != EEXIST) {
        return confd_lmdb_error(err, errlen,
                                "cannot make the directory \"%s\": %s",
                                store->path, strerror(errno));
    }

    n = snprintf(name, sizeof(name), "%s/lock", store->path);
    if (n < 0 || (size_t) n >= sizeof(name)) {
        return confd_lmdb_error(err, errlen, "the path is too long");
    }

    store->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (store->lock_fd == -1) {
        return confd_lmdb_error(err, errlen, "cannot open \"%s\": %s", name,
                                strerror(errno));
    }

    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK) {
            return confd_lmdb_error(err, errlen, "cannot lock \"%s\": %s",
                                    name, strerror(errno));
        }

        len = read(store->lock_fd, pid, sizeof(pid) - 1);
        len = conf_max(len, 0);
        pid[len] = '\0';
        pid[strspn(pid, "0123456789")] = '\0';

        return confd_lmdb_error(err, errlen, "\"%s\" is in use%s%s",
                                store->path,
                                pid[0] == '\0' ? "" : " by process ", pid);
    }

    /* The number is for that sentence only, so a failure does not matter. */

    n = snprintf(pid, sizeof(pid), "%ld\n", (long) getpid());

    if (ftruncate(store->lock_fd, 0) == 0) {
        len = pwrite(store->lock_fd, pid, (size_t) n, 0);
        (void) len;
    }

    return CONF_OK;
}


static conf_rc_t
confd_lmdb_env(confd_store_t *store, const confd_store_conf_t *conf,
    char *err, size_t errlen)
{
    int          n, rc;
    char         name[4096];
    size_t       file_size;
    struct stat  st;

    n = snprintf(name, sizeof(name), "%s/data.mdb", store->path);
    if (n < 0 || (size_t) n >= sizeof(name)) {
        return confd_lmdb_error(err, errlen, "the path is too long");
    }

    file_size = stat(name, &st) == 0 ? (size_t) st.st_size : 0;

    confd_lmdb_map_init(store, conf->map_min, file_size);

    /* Where LMDB may lose its last commit, a tail would be left alone. */

    if (conf->sync == CONFD_SYNC_META) {
        store->tail_room = 0;
    }

    rc = mdb_env_create(&store->env);

    if (rc == 0) {
        rc = mdb_env_set_maxreaders(store->env, conf->readers
                                                + CONFD_LMDB_OWN_READERS);
    }

    if (rc == 0) {
        rc = mdb_env_set_maxdbs(store->env, CONFD_SPACE_MAX);
    }

    if (rc == 0) {
        rc = mdb_env_set_mapsize(store->env, store->size);
    }

    if (rc == 0) {
        rc = mdb_env_open(store->env, store->path,
                          confd_lmdb_flags(conf, file_size), 0600);
    }

    /* Slots of readers that were killed would keep pages from reuse. */

    if (rc == 0) {
        rc = mdb_reader_check(store->env, NULL);
    }

    if (rc != 0) {
        return confd_lmdb_error(err, errlen, "cannot open the store \"%s\": %s",
                                store->path, mdb_strerror(rc));
    }

    return CONF_OK;
}


/*
 * MDB_WRITEMAP stays off: a stray write of the process could reach the disk,
 * and a full disk would be a SIGBUS.
 */

static unsigned
confd_lmdb_flags(const confd_store_conf_t *conf, size_t file_size)
{
    size_t    memory;
    unsigned  flags;

    flags = MDB_NOTLS;

    if (conf->sync == CONFD_SYNC_META) {
        flags |= MDB_NOMETASYNC;

    } else if (conf->sync == CONFD_SYNC_NEVER) {
        flags |= MDB_NOSYNC;
    }

    /* With more data than memory, reading ahead evicts what is in use. */

    memory = (size_t) sysconf(_SC_PHYS_PAGES)
             * (size_t) sysconf(_SC_PAGESIZE);

    if (file_size > memory / 4) {
        flags |= MDB_NORDAHEAD;
    }

    return flags;
}


static conf_rc_t
confd_lmdb_spaces(confd_store_t *store, char *err, size_t errlen)
{
    int          rc;
    bool         fresh, made;
    uint64_t     base;
    conf_rc_t    crc;
    MDB_envinfo  info;

    /* Before anything is committed: the tail follows just this commit. */

    fresh = false;

    rc = mdb_env_info(store->env, &info);
    base = rc == 0 ? info.me_last_txnid : 0;

    if (rc == 0) {
        rc = confd_lmdb_dbis(store, false, &fresh);
    }

    if (rc == 0 && !fresh) {
        crc = confd_lmdb_recover(store, base, err, errlen);
        if (crc != CONF_OK) {
            return crc;
        }
    }

    if (rc == 0) {
        rc = confd_lmdb_dbis(store, true, &made);
    }

    if (rc != 0) {
        return confd_lmdb_error(err, errlen, "cannot open the store \"%s\": %s",
                                store->path, mdb_strerror(rc));
    }

    return fresh ? confd_lmdb_first(store, NULL, base, err, errlen) : CONF_OK;
}


/* The file that follows LMDB's commit, then what follows the next one. */

static conf_rc_t
confd_lmdb_recover(confd_store_t *store, uint64_t base, char *err,
    size_t errlen)
{
    unsigned     i, first;
    conf_rc_t    rc;
    const char  *tail;

    first = confd_journal_follows(store->path, confd_tail_files[1], base);
    rc = CONF_OK;

    for (i = 0; i < 2 && rc == CONF_OK; i++) {
        tail = confd_tail_files[first ^ i];

        rc = confd_lmdb_first(store, tail, base + i, err, errlen);

        /* It may need a larger map, which it gets now. */

        if (rc == CONF_E_STORE_FULL) {
            rc = confd_lmdb_first(store, tail, base + i, err, errlen);
        }
    }

    return rc;
}


/* The first transactions: the schema, and what a tail has. */

static conf_rc_t
confd_lmdb_first(confd_store_t *store, const char *tail, uint64_t base,
    char *err, size_t errlen)
{
    conf_rc_t     rc;
    confd_txn_t  *txn;

    if (confd_lmdb_begin(store, true, &txn) != CONF_OK) {
        return confd_lmdb_error(err, errlen, "cannot write to \"%s\"",
                                store->path);
    }

    /* All of this is LMDB's. */

    (void) confd_tail_spill(txn);

    rc = confd_lmdb_schema(txn, tail == NULL, err, errlen);

    if (rc != CONF_OK) {
        confd_lmdb_abort(txn);
        return rc;
    }

    rc = tail == NULL ? CONF_OK : confd_tail_recover(txn, tail, base);

    if (rc != CONF_OK) {
        confd_lmdb_abort(txn);

    } else {
        rc = confd_lmdb_commit(txn);
    }

    if (rc != CONF_OK) {
        (void) confd_lmdb_error(err, errlen, "cannot write to \"%s\": %s",
                                store->path,
                                rc == CONF_E_STORE_FULL ? "it is full"
                                                        : "commit failed");
    }

    return rc;
}


static conf_rc_t
confd_lmdb_thread(confd_store_t *store, char *err, size_t errlen)
{
    return confd_take_start(store) == CONF_OK ? CONF_OK
           : confd_lmdb_error(err, errlen, "cannot start a thread for \"%s\"",
                              store->path);
}


/*
 * Handles of databases become global with the commit.  First those that are
 * there: a commit that makes others would part the tail from its base.
 */

static int
confd_lmdb_dbis(confd_store_t *store, bool make, bool *fresh)
{
    int       rc;
    char      name[16];
    MDB_txn  *txn;
    MDB_stat  stat;
    unsigned  space;

    rc = mdb_txn_begin(store->env, NULL, make ? 0 : MDB_RDONLY, &txn);
    if (rc != 0) {
        return rc;
    }

    *fresh = true;

    for (space = CONFD_SPACE_META; space < CONFD_SPACE_MAX; space++) {
        (void) snprintf(name, sizeof(name), "%02u", space);

        rc = mdb_dbi_open(txn, name, make ? MDB_CREATE : 0,
                          &store->dbi[space]);

        if (rc == MDB_NOTFOUND && !make) {
            continue;
        }

        if (rc == 0) {
            rc = mdb_stat(txn, store->dbi[space], &stat);
        }

        if (rc != 0) {
            mdb_txn_abort(txn);
            return rc;
        }

        if (stat.ms_entries != 0) {
            *fresh = false;
        }
    }

    return mdb_txn_commit(txn);
}


static conf_rc_t
confd_lmdb_schema(confd_txn_t *txn, bool fresh, char *err, size_t errlen)
{
    uint64_t     schema;
    conf_rc_t    rc;
    const char  *path;

    path = txn->store->path;

    if (fresh) {
        rc = confd_lmdb_meta_put(txn, conf_str("schema"), CONFD_LMDB_SCHEMA);

        return rc == CONF_OK ? rc
               : confd_lmdb_error(err, errlen, "cannot write to \"%s\"", path);
    }

    rc = confd_lmdb_meta_get(txn, conf_str("schema"), &schema);

    if (rc != CONF_OK) {
        return confd_lmdb_error(err, errlen,
                                "\"%s\" has no schema version", path);
    }

    if (schema > CONFD_LMDB_SCHEMA) {
        return confd_lmdb_error(err, errlen, "\"%s\" has schema version %llu,"
                                " this confd knows up to %d", path,
                                (unsigned long long) schema,
                                CONFD_LMDB_SCHEMA);
    }

    for ( /* void */ ; schema < CONFD_LMDB_SCHEMA; schema++) {
        rc = confd_lmdb_migrate(txn, schema);

        if (rc == CONF_OK) {
            rc = confd_lmdb_meta_put(txn, conf_str("schema"), schema + 1);
        }

        if (rc != CONF_OK) {
            return confd_lmdb_error(err, errlen, "cannot bring \"%s\" from"
                                    " schema version %llu to the next", path,
                                    (unsigned long long) schema);
        }
    }

    return CONF_OK;
}


/*
 * One step from schema to schema + 1, in the transaction that opens the
 * store: all steps happen or none.
 *
 *     1   the log's newest records may be in log.tail alone: who does not know
 *         that must not open the store; nothing else changes
 *     2   how many members a room has is found beside their rows; until the
 *         next one comes or goes, in its record as before
 *     3   log.tail may have edits of other spaces, too
 *     4   what follows it may be in log.tail2
 */

static conf_rc_t
confd_lmdb_migrate(confd_txn_t *txn, uint64_t schema)
{
    switch (schema) {

    case 1:
    case 2:
    case 3:
    case 4:
        return CONF_OK;

    default:
        return CONF_E_STORE_FAILED;
    }
}


static void
confd_lmdb_stat(confd_store_t *store, confd_store_stat_t *stat)
{
    MDB_envinfo  info;
    struct stat  st;

    memset(stat, 0, sizeof(confd_store_stat_t));

    /* The gate keeps the map in its place meanwhile. */

    (void) pthread_mutex_lock(&store->gate);

    if (!store->broken && mdb_env_info(store->env, &info) == 0) {
        stat->used = (uint64_t) (info.me_last_pgno + 1) * store->page;
        stat->size = store->size;
        stat->rev = confd_tail_rev(store, info.me_last_txnid);
    }

    if (store->copy_fd != -1 && fstat(store->copy_fd, &st) == 0) {
        stat->copied = (uint64_t) st.st_size;
    }

    (void) pthread_mutex_unlock(&store->gate);
}


conf_rc_t
confd_lmdb_error(char *err, size_t errlen, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(err, errlen, fmt, args);
    va_end(args);

    return CONF_E_STORE_FAILED;
}
