
/*
 * The power fails: of what was written but not yet confirmed each sector is
 * on disk or not.  What was confirmed before is there whatever else is, and
 * of the batch that was under way all or nothing: its records, and the key
 * that some have put besides.
 *
 * LMDB itself is trusted: its file is as after its last commit.  It takes a
 * tail that is below in the rounds that let it.
 */

#include "confd_lmdb_tail.h"
#include "confd_store_kit.h"

#include <fcntl.h>


#define MAP     (96 * KIT_MB)
#define ROOMS   3
#define ROUNDS  150
#define CRASHES 4        /* of each round */
#define SECTOR  512
#define MAX     4000     /* bytes of a record */


/* The store's files at one time. */

typedef struct {
    uint8_t  *data;
    size_t    len;
} bytes_t;

typedef struct {
    bytes_t   lmdb;
    bytes_t   tails[2];
    uint64_t  newest;    /* position of a record */
    bool      whole;     /* LMDB has it */
} disk_t;


static const confd_store_driver_t  *driver = &confd_lmdb_driver;

static confd_store_t  *store;
static char            dir[64];
static uint64_t        seed = 88172645463325252;
static uint64_t        rooms = ROOMS;
static uint64_t        edited[ROUNDS];     /* records with a key */
static size_t          nedited;
static bool            held;
static size_t          below;              /* rounds with two files */


static uint64_t
chance(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed % n;
}


static void
read_file(const char *name, bytes_t *bytes)
{
    int      fd;
    char     path[128];
    ssize_t  n;
    off_t    size;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);

    fd = open(path, O_RDONLY);
    size = lseek(fd, 0, SEEK_END);

    bytes->data = malloc((size_t) size + 1);
    bytes->len = (size_t) size;

    n = bytes->data != NULL ? pread(fd, bytes->data, bytes->len, 0) : -1;

    if (n != (ssize_t) bytes->len) {
        abort();
    }

    (void) close(fd);
}


static void
write_file(const char *to, const char *name, const bytes_t *bytes)
{
    int   fd;
    char  path[128];

    (void) snprintf(path, sizeof(path), "%s/%s", to, name);

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (pwrite(fd, bytes->data, bytes->len, 0) != (ssize_t) bytes->len) {
        abort();
    }

    (void) close(fd);
}


/* Whether the thread may take no tail to LMDB. */

static void
hold(bool on)
{
    if (on && !held) {
        confd_lmdb_own(store);

    } else if (!on && held) {
        confd_lmdb_disown(store);
    }

    held = on;
}


static void
look(disk_t *disk)
{
    bool  was = held;

    hold(true);
    read_file("data.mdb", &disk->lmdb);
    read_file(confd_tail_files[0], &disk->tails[0]);
    read_file(confd_tail_files[1], &disk->tails[1]);
    hold(was);
}


static void
forget(disk_t *disk)
{
    free(disk->lmdb.data);
    free(disk->tails[0].data);
    free(disk->tails[1].data);
}


/* What the record at a position has to be. */

static conf_str_t
record_of(uint64_t pos)
{
    size_t          i;
    conf_str_t      record;

    static uint8_t  bytes[MAX];

    record.data = bytes;
    record.len = 8 + (size_t) (pos * 7919 % (MAX - 8));

    for (i = 0; i < record.len; i++) {
        bytes[i] = (uint8_t) (pos >> i % 8 * 8 ^ i);
    }

    return record;
}


/* Some records, often a key or a room; and what LMDB commits at once. */

static void
work(disk_t *disk, uint64_t newest)
{
    uint64_t          i, n, pos, seq;
    confd_txn_t      *txn;
    static uint8_t    bytes[100000];
    const conf_str_t  large = { sizeof(bytes), bytes };

    hold(chance(3) != 0);

    txn = kit_begin(driver, store, true);
    pos = newest;
    n = 1 + chance(chance(4) == 0 ? 100 : 6);

    for (i = 0; i < n; i++) {
        if (driver->log_append(txn, chance(ROOMS), record_of(pos + 1), &pos,
                               &seq)
            != CONF_OK)
        {
            abort();
        }
    }

    if (chance(2) == 0) {
        (void) driver->put(txn, CONFD_SPACE_USER, kit_key(pos),
                           record_of(pos));
        edited[nedited++] = pos;
    }

    if (chance(6) == 0) {
        (void) driver->log_create(txn, rooms++, 1);
    }

    if (chance(12) == 0) {
        hold(false);
        (void) driver->put(txn, CONFD_SPACE_FILE, kit_key(1), large);
    }

    disk->newest = pos;
    disk->whole = driver->whole(txn);

    if (disk->whole) {
        hold(false);

    } else {
        below += held && txn->under.tail != NULL;
    }

    if (driver->commit(txn) != CONF_OK) {
        abort();
    }
}


/* Sectors of the one or the other; what is longer may be there, or not. */

static bytes_t
mixed(const bytes_t *a, const bytes_t *b)
{
    size_t   i, n;
    bytes_t  all;

    all.len = chance(2) == 0 ? a->len : b->len;
    all.data = calloc(1, all.len + 1);

    if (all.data == NULL) {
        abort();
    }

    for (i = 0; i < all.len; i += SECTOR) {
        const bytes_t  *from = chance(2) == 0 ? a : b;

        if (i < from->len) {
            n = conf_min(conf_min((size_t) SECTOR, all.len - i),
                         from->len - i);
            memcpy(all.data + i, from->data + i, n);
        }
    }

    return all;
}


/* Whether the keys are those that were put with the records. */

static bool
has_keys(confd_txn_t *txn, uint64_t newest)
{
    size_t      i;
    conf_rc_t   rc;
    conf_str_t  value;

    for (i = 0; i < nedited; i++) {
        rc = driver->get(txn, CONFD_SPACE_USER, kit_key(edited[i]), &value);

        if (edited[i] > newest ? rc != CONF_E_NOT_FOUND
            : rc != CONF_OK || !conf_str_eq(value, record_of(edited[i])))
        {
            return false;
        }
    }

    return true;
}


/* The newest record of a store that opens and is in order; else UINT64_MAX. */

static uint64_t
recover(const bytes_t *lmdb, const bytes_t *tails)
{
    char            path[64];
    uint64_t        pos, room, seq, n[ROOMS];
    conf_rc_t       rc;
    conf_str_t      record;
    confd_txn_t    *txn;
    confd_store_t  *crashed;

    (void) snprintf(path, sizeof(path), "%s", kit_make());

    if (mkdir(path, 0700) != 0) {
        abort();
    }

    write_file(path, "data.mdb", lmdb);
    write_file(path, confd_tail_files[0], &tails[0]);
    write_file(path, confd_tail_files[1], &tails[1]);

    crashed = kit_try(driver, path, MAP, MAP);

    if (crashed == NULL) {
        printf("# %s\n", kit_err);
        kit_remove(path);
        return UINT64_MAX;
    }

    txn = kit_begin(driver, crashed, false);
    memset(n, 0, sizeof(n));

    for (pos = 1; /* void */ ; pos++) {
        rc = driver->log_get(txn, pos, &room, &seq, &record);

        if (rc == CONF_E_NOT_FOUND) {
            pos--;
            break;
        }

        if (rc != CONF_OK || room >= ROOMS || seq != ++n[room]
            || !conf_str_eq(record, record_of(pos)))
        {
            pos = UINT64_MAX;
            break;
        }
    }

    if (!has_keys(txn, pos)) {
        pos = UINT64_MAX;
    }

    driver->abort(txn);
    driver->close(crashed);
    kit_remove(path);

    return pos;
}


/* What is found after a crash between the two, and how often which. */

static size_t
crash(const disk_t *before, const disk_t *after, size_t *whole, size_t *none)
{
    bytes_t   tails[2];
    uint64_t  found;

    tails[0] = mixed(&before->tails[0], &after->tails[0]);
    tails[1] = mixed(&before->tails[1], &after->tails[1]);

    found = recover(&after->lmdb, tails);

    free(tails[0].data);
    free(tails[1].data);

    *whole += found == after->newest;
    *none += found == before->newest;

    return found != after->newest
           && (after->whole || found != before->newest);
}


int
main(void)
{
    size_t        i, k, bad, whole, none;
    disk_t        before, after;
    confd_txn_t  *txn;

    kit_sync = CONFD_SYNC_ALWAYS;

    (void) snprintf(dir, sizeof(dir), "%s", kit_make());
    store = kit_open(driver, dir, MAP, MAP);
    txn = kit_begin(driver, store, true);

    for (i = 0; i < ROOMS; i++) {
        (void) driver->log_create(txn, i, 1);
    }

    if (driver->commit(txn) != CONF_OK) {
        abort();
    }

    bad = 0;
    whole = 0;
    none = 0;

    after.newest = 0;
    look(&after);

    for (i = 0; i < ROUNDS; i++) {
        before = after;
        work(&after, before.newest);
        look(&after);

        for (k = 0; k < CRASHES; k++) {
            bad += crash(&before, &after, &whole, &none);
        }

        forget(&before);
    }

    is_int(recover(&after.lmdb, after.tails), after.newest, "all of it");
    is_int(bad, 0, "nothing confirmed is lost, nothing is there in part");
    ok(whole != 0 && none != 0, "the last was there %zu times, %zu not",
       whole, none);

    ok(below > ROUNDS / 10, "two files were needed in %zu rounds", below);

    hold(false);
    forget(&after);
    driver->close(store);
    kit_remove(dir);

    return tap_done();
}
