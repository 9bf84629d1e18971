
/*
 * What a store finds in the files of its log's end when it was not closed.
 */

#include "confd_tail_kit.h"

#include <fcntl.h>
#include <sys/wait.h>


#define CUT  300         /* bytes of a batch of eight */


/* A process that ends without closing; batches of 4, 8 and 12 messages. */

static void
leave_batches(bool put_between)
{
    pid_t         pid;
    confd_txn_t  *txn;

    make_rooms();
    driver->close(store);

    pid = fork();

    if (pid == 0) {
        store = kit_open(driver, kit_dir, MAP, MAP_MAX);

        (void) add(4);
        (void) add(8);

        if (put_between) {
            txn = kit_begin(driver, store, true);
            put_large(txn);
            (void) driver->commit(txn);
        }

        (void) add(12);
        _exit(0);
    }

    (void) waitpid(pid, NULL, 0);
}


static int
open_tail(void)
{
    char  name[128];

    (void) snprintf(name, sizeof(name), "%s/log.tail", kit_dir);

    return open(name, O_RDWR);
}


/* Behind the last byte that is not zero, up to seven of which are. */

static off_t
end_of_batches(int fd)
{
    off_t    size;
    uint8_t  byte;

    size = lseek(fd, 0, SEEK_END);

    do {
        size--;
        byte = 0;
    } while (pread(fd, &byte, 1, size) == 1 && byte == 0);

    return size + 1;
}


static void
test_recovery(void)
{
    int      fd;
    off_t    size;
    uint8_t  byte;

    leave_batches(false);
    is_int(reopen(), 24, "three batches after a kill");
    is_int(reopen(), 24, "once");
    kit_remove(kit_dir);

    leave_batches(true);
    is_int(reopen(), 24, "the last of them, LMDB has the others");
    kit_remove(kit_dir);

    leave_batches(false);
    fd = open_tail();
    size = end_of_batches(fd);
    is_int(ftruncate(fd, size - 1), 0, "a batch that was cut short");
    is_int(reopen(), 12, "is not there, those before it are");
    kit_remove(kit_dir);
    (void) close(fd);

    leave_batches(false);
    fd = open_tail();
    (void) pread(fd, &byte, 1, size - 20);
    byte ^= 1;
    is_int(pwrite(fd, &byte, 1, size - 20), 1, "one with another byte");
    is_int(reopen(), 12, "is not either");

    /* What comes next is written over what was there. */

    store = kit_open(driver, kit_dir, MAP, MAP_MAX);
    is_int(add(1), 13, "the next message");
    driver->close(store);
    is_int(reopen(), 13, "follows");
    (void) close(fd);

    fd = open_tail();
    (void) pwrite(fd, "garbage, and no batch of anything that is a log", 48,
                  0);
    is_int(reopen(), 13, "a file of something else is none");
    (void) close(fd);
    kit_remove(kit_dir);
}


/*
 * Killed with a tail below, before LMDB had it and in the middle of a batch of
 * the one above; which file is which changes.
 */

static void
test_recovery_below(void)
{
    int           turns, status;
    char          name[128];
    pid_t         pid;
    uint64_t      all;
    confd_txn_t  *txn;

    for (turns = 1; turns <= 3; turns++) {
        make_rooms();
        driver->close(store);

        pid = fork();

        if (pid == 0) {
            int  i;

            store = kit_open(driver, kit_dir, MAP, MAP_MAX);

            for (i = 1; i <= turns; i++) {
                (void) add(CONFD_TAIL_LARGE);

                await_taken();

                if (i == turns) {
                    confd_lmdb_own(store);
                }

                /* The tail goes below; LMDB has the one before. */

                (void) add(8);
            }

            txn = kit_begin(driver, store, false);
            _exit(txn->under.tail != NULL ? 0 : 1);
        }

        (void) waitpid(pid, &status, 0);
        ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a tail is below");

        all = (uint64_t) turns * (CONFD_TAIL_LARGE + 8);

        (void) snprintf(name, sizeof(name), "%s/%s", kit_dir,
                        confd_tail_files[turns % 2]);
        is_int(truncate(name, CUT), 0, "cut in the first batch of its file");

        is_int(reopen(), all - 8, "all but the batch that was cut short");
        is_int(reopen(), all - 8, "once");
        kit_remove(kit_dir);
    }
}


/* A map that has no room for what the file has, so that it has to grow. */

static void
test_recovery_room(void)
{
    pid_t            pid;
    size_t           got;
    uint64_t         i, pos, seq, map_max;
    conf_str_t       page;
    confd_txn_t     *txn;
    static uint8_t   bytes[4000];

    map_max = 1024 * KIT_MB;
    page.data = bytes;
    page.len = sizeof(bytes);

    store = kit_open(driver, kit_make(), KIT_MB, map_max);
    txn = kit_begin(driver, store, true);
    (void) driver->log_create(txn, 1, 1);
    (void) driver->commit(txn);
    driver->close(store);

    pid = fork();

    if (pid == 0) {
        store = kit_open(driver, kit_dir, KIT_MB, map_max);

        for (i = 0; i < 500; i++) {
            txn = kit_begin(driver, store, true);
            (void) driver->log_append(txn, 1, page, &pos, &seq);
            (void) driver->commit(txn);
        }

        _exit(0);
    }

    (void) waitpid(pid, NULL, 0);

    store = kit_try(driver, kit_dir, KIT_MB, map_max);
    ok(store != NULL, "more than the map has room for %s", kit_err);
    txn = kit_begin(driver, store, false);
    is_int(count(txn, CONFD_SPACE_LOG), 500, "is there after a kill");
    is_int(driver->log_range(txn, 1, 500, 1, &pos, &got), CONF_OK, "to the");
    is_int(pos, 500, "last one");
    driver->abort(txn);
    driver->close(store);
    kit_remove(kit_dir);
}


/* The file of another state of the store: nothing of it is taken. */

static void
test_foreign(void)
{
    char  mine[128], theirs[128], name[128];

    leave_batches(false);
    (void) snprintf(mine, sizeof(mine), "%s/log.tail", kit_dir);
    (void) snprintf(theirs, sizeof(theirs), "%s/../theirs", kit_dir);
    is_int(rename(mine, theirs), 0, "a file");

    store = kit_open(driver, kit_dir, MAP, MAP_MAX);
    (void) add(6);
    driver->close(store);
    is_int(rename(theirs, mine), 0, "that another store has written");
    is_int(reopen(), 6, "is left alone");

    (void) snprintf(name, sizeof(name), "%s", kit_dir);
    kit_remove(name);
}


int
main(void)
{
    test_recovery();
    test_recovery_below();
    test_recovery_room();
    test_foreign();

    return tap_done();
}
