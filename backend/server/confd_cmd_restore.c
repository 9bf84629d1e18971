
/*
 * A store that is made at once: restore, and what load shares with it.
 * Everything happens in a directory inside the store's, so that what failed
 * halfway is no store.
 */

#include "confd_cmd.h"
#include "confd_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>


#define CONFD_STAGE        ".new"
#define CONFD_EPOCH_BATCH  4096          /* rooms of a transaction */


static int confd_stage_each(const char *from, const char *to);
static conf_rc_t confd_stage_own(const confd_stage_t *stage);
static conf_rc_t confd_stage_failed(const char *what, const char *path);
static conf_rc_t confd_cmd_epochs_next(confd_txn_t *txn, uint64_t *room,
    size_t *n);


int
confd_cmd_restore(const confd_cmd_t *cmd)
{
    char            err[CONFD_CMD_ERROR];
    conf_rc_t       rc;
    confd_stage_t   stage;
    confd_store_t  *store;

    /* The backup is read as who asks, all else is done as the owner. */

    if (confd_stage_begin(&stage, cmd) != CONF_OK) {
        return CONFD_EXIT_FAILED;
    }

    if (confd_lmdb_driver.restore(cmd->argv[0], stage.path, err, sizeof(err))
        != CONF_OK)
    {
        confd_stage_abort(&stage);
        return confd_cmd_fail("%s", err);
    }

    rc = confd_stage_own(&stage);

    store = rc == CONF_OK ? confd_stage_open(&stage, cmd) : NULL;

    if (store == NULL) {
        confd_stage_abort(&stage);
        return CONFD_EXIT_FAILED;
    }

    rc = confd_cmd_epochs(store);

    if (rc == CONF_OK) {
        rc = confd_lmdb_driver.sync(store);
    }

    confd_lmdb_driver.close(store);

    if (rc != CONF_OK) {
        confd_stage_abort(&stage);
        return confd_cmd_fail("cannot write to \"%s\": %s", stage.path,
                              confd_cmd_error(rc));
    }

    return confd_stage_commit(&stage) == CONF_OK ? CONFD_EXIT_OK
                                                 : CONFD_EXIT_FAILED;
}


conf_rc_t
confd_stage_begin(confd_stage_t *stage, const confd_cmd_t *cmd)
{
    int             n;
    DIR            *dir;
    bool            empty;
    struct dirent  *entry;

    stage->dir = cmd->config->data;

    if (stage->dir == NULL) {
        confd_cmd_fail("give the store's directory with -d");
        return CONF_E_INVALID;
    }

    n = snprintf(stage->path, sizeof(stage->path), "%s/" CONFD_STAGE,
                 stage->dir);

    if (n < 0 || (size_t) n >= sizeof(stage->path)) {
        confd_cmd_fail("the path is too long");
        return CONF_E_TOO_LARGE;
    }

    stage->made = mkdir(stage->dir, 0700) == 0;

    dir = opendir(stage->dir);
    if (dir == NULL) {
        return confd_stage_failed("use", stage->dir);
    }

    empty = true;

    for ( ;; ) {
        entry = readdir(dir);

        if (entry == NULL) {
            break;
        }

        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0
            && strcmp(entry->d_name, CONFD_STAGE) != 0)
        {
            empty = false;
        }
    }

    (void) closedir(dir);

    if (!empty) {
        confd_cmd_fail("\"%s\" is not empty", stage->dir);
        return CONF_E_EXISTS;
    }

    /* What a killed one has left. */

    if (confd_stage_each(stage->path, NULL) == 0) {
        (void) rmdir(stage->path);
    }

    return CONF_OK;
}


confd_store_t *
confd_stage_open(const confd_stage_t *stage, const confd_cmd_t *cmd)
{
    char                 err[CONFD_CMD_ERROR];
    confd_store_t       *store;
    confd_store_conf_t   conf;

    /* The whole map at once: nothing has to be run again to make it grow. */

    memset(&conf, 0, sizeof(confd_store_conf_t));
    conf.path = stage->path;
    conf.map_min = cmd->config->map_max;
    conf.map_max = cmd->config->map_max;
    conf.sync = CONFD_SYNC_NEVER;
    conf.readers = 1;

    store = confd_lmdb_driver.open(&conf, err, sizeof(err));

    if (store == NULL) {
        confd_cmd_fail("%s", err);
    }

    return store;
}


conf_rc_t
confd_stage_commit(confd_stage_t *stage)
{
    int  dir;

    if (confd_stage_each(stage->path, stage->dir) == -1
        || rmdir(stage->path) == -1)
    {
        return confd_stage_failed("complete", stage->dir);
    }

    dir = open(stage->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir == -1 || fsync(dir) == -1) {
        return confd_stage_failed("sync", stage->dir);
    }

    (void) close(dir);

    return CONF_OK;
}


void
confd_stage_abort(confd_stage_t *stage)
{
    (void) confd_stage_each(stage->path, NULL);
    (void) rmdir(stage->path);

    if (stage->made) {
        (void) rmdir(stage->dir);
    }
}


/* Moves the files of one directory to another, or removes them. */

static int
confd_stage_each(const char *from, const char *to)
{
    int             failed, source, target;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(from);
    if (dir == NULL) {
        return -1;
    }

    source = dirfd(dir);
    target = to == NULL ? -1 : open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    failed = to != NULL && target == -1 ? -1 : 0;

    while (failed == 0) {
        entry = readdir(dir);

        if (entry == NULL) {
            break;
        }

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        {
            continue;
        }

        failed = to == NULL ? unlinkat(source, entry->d_name, 0)
                 : renameat(source, entry->d_name, target, entry->d_name);
    }

    if (target != -1) {
        (void) close(target);
    }

    (void) closedir(dir);

    return failed;
}


/* What root has made goes to whom the directory belongs, as does root. */

static conf_rc_t
confd_stage_own(const confd_stage_t *stage)
{
    int             rc;
    DIR            *dir;
    char            above[CONFD_CMD_PATH];
    struct stat     st;
    struct dirent  *entry;

    if (geteuid() != 0) {
        return CONF_OK;
    }

    (void) snprintf(above, sizeof(above), "%s%s", stage->dir,
                    stage->made ? "/.." : "");

    dir = opendir(stage->path);

    if (dir == NULL || stat(above, &st) == -1) {
        return confd_stage_failed("use", stage->dir);
    }

    rc = 0;

    for ( ;; ) {
        entry = readdir(dir);

        if (entry == NULL || rc != 0) {
            break;
        }

        if (strcmp(entry->d_name, "..") != 0) {
            rc = fchownat(dirfd(dir), entry->d_name, st.st_uid, st.st_gid,
                          AT_SYMLINK_NOFOLLOW);
        }
    }

    (void) closedir(dir);

    if (rc == 0 && stage->made) {
        rc = lchown(stage->dir, st.st_uid, st.st_gid);
    }

    return rc == 0 ? confd_cmd_become_owner(stage->dir)
                   : confd_stage_failed("give away", stage->dir);
}


static conf_rc_t
confd_stage_failed(const char *what, const char *path)
{
    confd_cmd_fail("cannot %s \"%s\": %s", what, path, strerror(errno));

    return CONF_E_STORE_FAILED;
}


conf_rc_t
confd_cmd_epochs(confd_store_t *store)
{
    size_t        n;
    uint64_t      room;
    conf_rc_t     rc;
    confd_txn_t  *txn;

    room = 0;

    do {
        rc = confd_lmdb_driver.begin(store, true, &txn);
        if (rc != CONF_OK) {
            return rc;
        }

        for (n = 0; n < CONFD_EPOCH_BATCH && rc == CONF_OK; /* void */) {
            rc = confd_cmd_epochs_next(txn, &room, &n);
        }

        if (rc != CONF_OK && rc != CONF_DONE) {
            confd_lmdb_driver.abort(txn);
            return rc;
        }

        if (confd_lmdb_driver.commit(txn) != CONF_OK) {
            return CONF_E_STORE_FAILED;
        }

    } while (rc != CONF_DONE);

    return CONF_OK;
}


/* The next room behind *room; CONF_DONE when there is none. */

static conf_rc_t
confd_cmd_epochs_next(confd_txn_t *txn, uint64_t *room, size_t *n)
{
    uint64_t             old, epoch, seq;
    conf_rc_t            rc;
    conf_str_t           key, value;
    confd_key_t          from;
    confd_cursor_t      *cursor;
    confd_key_reader_t   reader;

    rc = confd_lmdb_driver.cursor(txn, CONFD_SPACE_HEAD, conf_str(""),
                                  confd_record_key(&from, *room + 1), false,
                                  &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_lmdb_driver.next(cursor, &key, &value);

    if (rc == CONF_OK) {
        confd_key_read(&reader, key);
        *room = confd_key_read_u64(&reader);
    }

    confd_lmdb_driver.cursor_close(cursor);

    old = 0;
    seq = 0;

    if (rc == CONF_OK) {
        rc = confd_lmdb_driver.log_head(txn, *room, &old, &seq);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    do {
        rc = confd_random_epoch(&epoch);
    } while (rc == CONF_OK && epoch == old);

    if (rc == CONF_OK) {
        rc = confd_lmdb_driver.log_set_head(txn, *room, epoch, seq);
    }

    ++*n;

    return rc;
}
