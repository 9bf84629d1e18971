
/*
 * The end of the log.  A B-tree asks for a dozen scattered pages and two
 * syncs, however little a commit changes; so a transaction that does nothing
 * but append to the log goes to a file of its own, one write and one sync,
 * and to memory.  The records of that tail reach the log's spaces, all at
 * once, with the next commit that changes anything else, or when there are
 * many of them.
 *
 *     log.tail   batches from the file's start; each commit of LMDB takes the
 *                tail with it, and then the next batch is the first again
 *
 * What the store has is always: LMDB's last commit, and the tail that was
 * written since (base is that commit's number).  A snapshot takes the tail
 * first and LMDB's commit then; if that is not the base, it is a later one,
 * which has all of that tail.
 *
 * Records are in memory in this order, each part possibly empty:
 *
 *     0 .. n            settled: on disk, seen by snapshots
 *     n .. staged       being written, or waiting for that; seen by writers
 *     staged .. filled  of the transaction that writes; gone if it is aborted
 *
 * When a write fails, staged goes back to n, and tail_lost tells those whose
 * records that were.  LMDB commits nothing that builds on what is not settled.
 */

#ifndef _CONFD_LMDB_TAIL_H_INCLUDED_
#define _CONFD_LMDB_TAIL_H_INCLUDED_


#include "confd_lmdb.h"


/* A batch that finds so many records, or bytes, takes all of them to LMDB. */

#define CONFD_TAIL_FLUSH    4096
#define CONFD_TAIL_BYTES    (4 * 1024 * 1024)

#define CONFD_TAIL_RECORDS  8192
#define CONFD_TAIL_SLOTS    (2 * CONFD_TAIL_RECORDS)

/* Does not change once it is published. */

typedef struct {
    uint64_t                 seq;
    uint64_t                 prev;
    conf_str_t               bytes;     /* in the tail's arena */
    uint32_t                 room;      /* of the tail's */
} confd_tail_record_t;

/*
 * A room with records in the tail, numbered from 1 there; 0: none.  last, of
 * those settled, and epoch under the lock; newest, of all, is the writer's.
 */

typedef struct {
    uint64_t                 id;
    uint64_t                 epoch;
    uint32_t                *slot;
    uint32_t                 last;
    uint32_t                 newest;
} confd_tail_room_t;

/*
 * Only the writer changes it, and n and last who settles: what snapshots read,
 * under the lock; records behind staged and the arena, without.
 */

struct confd_tail_s {
    unsigned                 refs;      /* the store's, snapshots'; lock */
    size_t                   n;         /* lock */
    size_t                   staged;    /* lock */
    size_t                   filled;    /* the writer's */
    uint64_t                 base;      /* lock */
    uint64_t                 first;     /* position; set before staged is */
    size_t                   nrooms;    /* lock */
    size_t                   bytes;     /* the writer's */
    conf_arena_t            *arena;
    uint32_t                 slots[CONFD_TAIL_SLOTS];    /* of rooms; lock */
    confd_tail_room_t        rooms[CONFD_TAIL_RECORDS];
    confd_tail_record_t      records[CONFD_TAIL_RECORDS];
};


/*
 * Opens the file.  CONF_OK, or CONF_E_STORE_FAILED with a sentence in err.
 * close also is for what was not opened.
 */
conf_rc_t confd_tail_open(confd_store_t *store, char *err, size_t errlen);
void confd_tail_close(confd_store_t *store);

/*
 * Takes the batches of the file that follow what the log has into LMDB, once,
 * in the first transaction of a store.
 */
conf_rc_t confd_tail_recover(confd_txn_t *txn);

/* A snapshot, before and after it has its LMDB transaction; a writer, then. */
void confd_tail_enter(confd_txn_t *txn);
void confd_tail_entered(confd_txn_t *txn);
void confd_tail_write(confd_txn_t *txn);

/* The end of both; what a writer has appended and not staged is gone. */
void confd_tail_leave(confd_txn_t *txn);

/* A room's head, if it is in the tail. */
bool confd_tail_head(confd_txn_t *txn, uint64_t room, confd_lmdb_head_t *head);

/* The record at a position, its room's id; NULL: not in the tail. */
const confd_tail_record_t *confd_tail_get(const confd_txn_t *txn,
    uint64_t pos, uint64_t *room);

/*
 * Adds a record.  CONF_OK; CONF_DONE: there is no place for it, so it goes to
 * LMDB (confd_tail_spill); CONF_E_NOT_FOUND: there is no such room.
 */
conf_rc_t confd_tail_append(confd_txn_t *txn, uint64_t room,
    conf_str_t bytes, uint64_t *pos, uint64_t *seq);

/*
 * Takes the tail into the LMDB transaction, before what needs the log to be
 * there.
 */
conf_rc_t confd_tail_spill(confd_txn_t *txn);

/*
 * Whether the transaction may be committed to the tail alone; doing it, in
 * two steps.  Errors of what was staged before are errors of both.
 */
bool confd_tail_takes(const confd_txn_t *txn);
conf_rc_t confd_tail_stage(confd_txn_t *txn);
conf_rc_t confd_tail_settle(confd_txn_t *txn);

/*
 * Before LMDB commits: waits until what was staged is settled.  CONF_OK, or
 * why it could not be.
 */
conf_rc_t confd_tail_drain(confd_txn_t *txn);

/* LMDB has committed what was spilled. */
void confd_tail_spilled(confd_store_t *store);

/* Takes the tail to LMDB now; any thread, waits for the writer. */
conf_rc_t confd_tail_flush(confd_store_t *store);


#endif /* _CONFD_LMDB_TAIL_H_INCLUDED_ */
