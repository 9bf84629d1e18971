
/*
 * A store whose log is looked at: a few rooms, and messages in them.
 */

#ifndef _CONFD_TAIL_KIT_H_INCLUDED_
#define _CONFD_TAIL_KIT_H_INCLUDED_


#include "confd_lmdb_tail.h"
#include "confd_store_kit.h"

#include <unistd.h>


#define MAP      (64 * KIT_MB)
#define MAP_MAX  (4096 * KIT_MB)
#define ROOMS    4


static const confd_store_driver_t  *driver = &confd_lmdb_driver;

static confd_store_t  *store;


/* A store whose rooms have no message yet. */

__attribute__((unused))
static void
make_rooms(void)
{
    uint64_t      i;
    confd_txn_t  *txn;

    store = kit_open(driver, kit_make(), MAP, MAP_MAX);
    txn = kit_begin(driver, store, true);

    for (i = 0; i < ROOMS; i++) {
        (void) driver->log_create(txn, i, 100 + i);
    }

    if (driver->commit(txn) != CONF_OK) {
        abort();
    }
}


/* n messages, in one transaction, to the rooms in turn; the last position. */

__attribute__((unused))
static uint64_t
append(confd_txn_t *txn, uint64_t n)
{
    uint64_t  i, pos, seq;

    pos = 0;

    for (i = 0; i < n; i++) {
        if (driver->log_append(txn, i % ROOMS, kit_key(i), &pos, &seq)
            != CONF_OK)
        {
            abort();
        }
    }

    return pos;
}


__attribute__((unused))
static uint64_t
add(uint64_t n)
{
    uint64_t      pos;
    confd_txn_t  *txn;

    txn = kit_begin(driver, store, true);
    pos = append(txn, n);

    if (driver->commit(txn) != CONF_OK) {
        abort();
    }

    return pos;
}


__attribute__((unused))
static uint64_t
head(confd_txn_t *txn, uint64_t room)
{
    uint64_t  epoch, seq;

    if (driver->log_head(txn, room, &epoch, &seq) != CONF_OK
        || epoch != 100 + room)
    {
        return UINT64_MAX;
    }

    return seq;
}


__attribute__((unused))
static uint64_t
count(confd_txn_t *txn, confd_space_e space)
{
    uint64_t  n;

    return driver->count(txn, space, &n) == CONF_OK ? n : UINT64_MAX;
}


/* How many messages there are; every room's log is without a gap. */

__attribute__((unused))
static uint64_t
reopen(void)
{
    size_t           got;
    uint64_t         n, room, total;
    confd_txn_t     *txn;
    static uint64_t  list[16384];

    store = kit_open(driver, kit_dir, MAP, MAP_MAX);
    txn = kit_begin(driver, store, false);
    total = count(txn, CONFD_SPACE_LOG);
    n = 0;

    for (room = 0; room < ROOMS; room++) {
        if (driver->log_range(txn, room, 1, conf_nelts(list), list, &got)
            == CONF_OK && got == head(txn, room))
        {
            n += got;
        }
    }

    driver->abort(txn);
    driver->close(store);

    return n == total ? n : UINT64_MAX;
}


/* Large enough to go to LMDB at once. */

__attribute__((unused))
static void
put_large(confd_txn_t *txn)
{
    static uint8_t    bytes[100000];
    const conf_str_t  large = { sizeof(bytes), bytes };

    (void) driver->put(txn, CONFD_SPACE_FILE, kit_key(1), large);
}


/* Until LMDB has the tail that is below. */

__attribute__((unused))
static void
await_taken(void)
{
    bool  taken;

    do {
        (void) usleep(1000);

        (void) pthread_mutex_lock(&store->tail_lock);
        taken = store->under == NULL;
        (void) pthread_mutex_unlock(&store->tail_lock);

    } while (!taken);
}


#endif /* _CONFD_TAIL_KIT_H_INCLUDED_ */
