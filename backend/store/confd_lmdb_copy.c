
/*
 * LMDB as the store: copies.  A backup is a directory like the store's own,
 * with the data only, under their name when they are complete.
 */

#include "confd_lmdb_tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>


#define CONFD_LMDB_DATA  "data.mdb"
#define CONFD_LMDB_PART  "data.mdb.part"
#define CONFD_LMDB_STEP  (1 << 30)        /* bytes copied at a time */


static conf_rc_t confd_lmdb_empty(const char *path, int *dir, char *err,
    size_t errlen);
static int confd_lmdb_copy(confd_store_t *store, int file);
static int confd_lmdb_fill(int from, int file);
static int confd_lmdb_complete(int dir, int file);


/*
 * The copy is a reader: while it runs, pages are not reused and the map is
 * not resized.
 */

conf_rc_t
confd_lmdb_backup(confd_store_t *store, const char *path, char *err,
    size_t errlen)
{
    int        dir, file, rc;
    conf_rc_t  crc;

    crc = confd_lmdb_empty(path, &dir, err, errlen);
    if (crc != CONF_OK) {
        return crc;
    }

    file = openat(dir, CONFD_LMDB_PART,
                  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    rc = file == -1 ? errno : 0;
    crc = rc == 0 ? confd_tail_flush(store) : CONF_OK;

    if (rc == 0 && crc == CONF_OK) {
        rc = confd_lmdb_copy(store, file);
    }

    if (rc == 0 && crc == CONF_OK) {
        rc = confd_lmdb_complete(dir, file);
    }

    if ((rc != 0 || crc != CONF_OK) && file != -1) {
        (void) unlinkat(dir, CONFD_LMDB_PART, 0);
    }

    if (file != -1) {
        (void) close(file);
    }

    (void) close(dir);

    if (crc != CONF_OK) {
        (void) confd_lmdb_error(err, errlen, "cannot write the log's end");
        return crc;
    }

    if (rc == 0) {
        return CONF_OK;
    }

    (void) confd_lmdb_error(err, errlen, "cannot copy to \"%s\": %s", path,
                            mdb_strerror(rc));

    return confd_lmdb_rc(NULL, rc);
}


conf_rc_t
confd_lmdb_restore(const char *backup, const char *path, char *err,
    size_t errlen)
{
    int         dir, file, from, rc;
    conf_rc_t   crc;

    dir = open(backup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    from = dir == -1 ? -1
           : openat(dir, CONFD_LMDB_DATA, O_RDONLY | O_CLOEXEC);
    rc = errno;

    if (dir != -1) {
        (void) close(dir);
    }

    if (from == -1) {
        return confd_lmdb_error(err, errlen, "\"%s\" is no complete backup: "
                                "%s", backup, strerror(rc));
    }

    crc = confd_lmdb_empty(path, &dir, err, errlen);

    if (crc != CONF_OK) {
        (void) close(from);
        return crc;
    }

    file = openat(dir, CONFD_LMDB_PART,
                  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    rc = file == -1 ? errno : confd_lmdb_fill(from, file);

    if (rc == 0) {
        rc = confd_lmdb_complete(dir, file);
    }

    if (file != -1) {
        (void) close(file);
    }

    (void) close(from);
    (void) close(dir);

    if (rc == 0) {
        return CONF_OK;
    }

    return confd_lmdb_error(err, errlen, "cannot copy \"%s\" to \"%s\": %s",
                            backup, path, strerror(rc));
}


conf_rc_t
confd_lmdb_sync(confd_store_t *store)
{
    return confd_lmdb_rc(store, mdb_env_sync(store->env, 1));
}


/* Makes the directory, or finds nothing in it; opens it. */

static conf_rc_t
confd_lmdb_empty(const char *path, int *dir, char *err, size_t errlen)
{
    DIR            *list;
    bool            empty;
    struct dirent  *entry;

    (void) mkdir(path, 0700);

    list = opendir(path);

    if (list == NULL) {
        return confd_lmdb_error(err, errlen, "cannot use \"%s\": %s", path,
                                strerror(errno));
    }

    empty = true;

    for ( ;; ) {
        entry = readdir(list);

        if (entry == NULL) {
            break;
        }

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
        {
            empty = false;
        }
    }

    *dir = empty ? fcntl(dirfd(list), F_DUPFD_CLOEXEC, 0) : -1;

    (void) closedir(list);

    if (!empty) {
        return confd_lmdb_error(err, errlen, "\"%s\" is not empty", path);
    }

    return *dir != -1 ? CONF_OK
           : confd_lmdb_error(err, errlen, "cannot use \"%s\": %s", path,
                              strerror(errno));
}


static int
confd_lmdb_copy(confd_store_t *store, int file)
{
    int  rc;

    if (confd_lmdb_enter_copy(store) != CONF_OK) {
        return EAGAIN;
    }

    (void) pthread_mutex_lock(&store->gate);
    store->copy_fd = file;
    (void) pthread_mutex_unlock(&store->gate);

    rc = mdb_env_copyfd2(store->env, file, MDB_CP_COMPACT);

    (void) pthread_mutex_lock(&store->gate);
    store->copy_fd = -1;
    (void) pthread_mutex_unlock(&store->gate);

    confd_lmdb_leave_reader(store);

    return rc;
}


static int
confd_lmdb_fill(int from, int file)
{
    ssize_t  n;

    for ( ;; ) {
        n = copy_file_range(from, NULL, file, NULL, CONFD_LMDB_STEP, 0);

        if (n == 0) {
            return 0;
        }

        if (n == -1) {
            break;
        }
    }

    /* Not all file systems, and not all pairs of them, can do that. */

    if (errno == EXDEV || errno == EINVAL || errno == ENOSYS
        || errno == EOPNOTSUPP)
    {
        uint8_t  buf[65536];

        do {
            n = read(from, buf, sizeof(buf));

            if (n > 0 && write(file, buf, (size_t) n) != n) {
                return errno != 0 ? errno : ENOSPC;
            }

        } while (n > 0);

        return n == 0 ? 0 : errno;
    }

    return errno;
}


/* On disk first, then under its name. */

static int
confd_lmdb_complete(int dir, int file)
{
    if (fsync(file) == -1
        || renameat(dir, CONFD_LMDB_PART, dir, CONFD_LMDB_DATA) == -1
        || fsync(dir) == -1)
    {
        return errno;
    }

    return 0;
}
