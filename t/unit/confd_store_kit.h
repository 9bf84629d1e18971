
/*
 * What the tests of the store share: a fresh directory, opening a store in
 * it, keys and values in one line.
 */

#ifndef _CONFD_STORE_KIT_H_INCLUDED_
#define _CONFD_STORE_KIT_H_INCLUDED_


#include "confd_key.h"
#include "confd_store.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


#define KIT_MB  ((size_t) 1024 * 1024)

static char  kit_dir[64];
static char  kit_err[512];

/* Most tests need no disk: a process that is killed loses nothing either. */

static confd_sync_e  kit_sync = CONFD_SYNC_NEVER;

__attribute__((unused))
static void        (*kit_behind)(conf_rc_t rc);


/* A name of a directory that does not exist yet, in a new one. */

__attribute__((unused))
static const char *
kit_make(void)
{
    char  base[] = "/tmp/confd-test-XXXXXX";

    if (mkdtemp(base) == NULL) {
        abort();
    }

    (void) snprintf(kit_dir, sizeof(kit_dir), "%s/store", base);

    return kit_dir;
}


/* Removes the directory and its files, and its parent with the last. */

__attribute__((unused))
static void
kit_remove(const char *path)
{
    DIR            *dir;
    char            name[512], *slash;
    struct dirent  *entry;

    dir = opendir(path);

    while (dir != NULL) {
        entry = readdir(dir);

        if (entry == NULL) {
            break;
        }

        (void) snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        (void) unlink(name);
    }

    if (dir != NULL) {
        (void) closedir(dir);
    }

    (void) rmdir(path);

    (void) snprintf(name, sizeof(name), "%s", path);
    slash = strrchr(name, '/');

    if (slash != NULL) {
        *slash = '\0';
        (void) rmdir(name);
    }
}


__attribute__((unused))
static confd_store_t *
kit_try(const confd_store_driver_t *driver, const char *path, size_t map_min,
    size_t map_max)
{
    confd_store_conf_t  conf;

    memset(&conf, 0, sizeof(confd_store_conf_t));
    conf.path = path;
    conf.map_min = map_min;
    conf.map_max = map_max;
    conf.sync = kit_sync;
    conf.readers = 8;
    conf.behind = kit_behind;

    kit_err[0] = '\0';

    return driver->open(&conf, kit_err, sizeof(kit_err));
}


__attribute__((unused))
static confd_store_t *
kit_open(const confd_store_driver_t *driver, const char *path, size_t map_min,
    size_t map_max)
{
    confd_store_t  *store;

    store = kit_try(driver, path, map_min, map_max);

    if (store == NULL) {
        printf("Bail out! %s\n", kit_err);
        exit(1);
    }

    return store;
}


__attribute__((unused))
static confd_txn_t *
kit_begin(const confd_store_driver_t *driver, confd_store_t *store, bool write)
{
    conf_rc_t     rc;
    confd_txn_t  *txn;

    rc = driver->begin(store, write, &txn);

    if (rc != CONF_OK) {
        printf("Bail out! begin: %d\n", rc);
        exit(1);
    }

    return txn;
}


/* A key of one number; four can be in use at a time in a thread. */

__attribute__((unused))
static conf_str_t
kit_key(uint64_t n)
{
    static _Thread_local unsigned     i;
    static _Thread_local confd_key_t  keys[4];

    i = (i + 1) % 4;

    confd_key_init(&keys[i]);
    confd_key_u64(&keys[i], n);

    return confd_key_str(&keys[i]);
}


__attribute__((unused))
static uint64_t
kit_number(conf_str_t s)
{
    confd_key_reader_t  r;

    confd_key_read(&r, s);

    return confd_key_read_u64(&r);
}


__attribute__((unused))
static uint64_t
kit_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005 + 1442695040888963407;

    return *seed >> 33;
}


#endif /* _CONFD_STORE_KIT_H_INCLUDED_ */
