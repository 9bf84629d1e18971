
/*
 * What was committed since LMDB's last commit.  A B-tree asks for a dozen
 * scattered pages and two syncs, however little a commit changes; so records
 * of the log, and edits (what was put and deleted) of other spaces, go to a
 * file of their own, one write and one sync, and to memory.  They reach LMDB
 * all at once, when there are many of them, or with a commit that makes a
 * room or changes the log's older part.
 *
 *     log.tail   batches from the file's start; each commit of LMDB takes the
 *                tail with it, and then the next batch is the first again
 *
 * What the store has is always: LMDB's last commit, and the tail that was
 * written since (base is that commit's number).  A snapshot takes the tail
 * first and LMDB's commit then; if that is not the base, it is a later one,
 * which has all of that tail.
 *
 * Records and edits are in memory in this order, each part possibly empty:
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

/* The same of edits: LMDB takes a thousand in a few milliseconds. */

#define CONFD_TAIL_EDITING  1024
#define CONFD_TAIL_EDITS    4096

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

/* A key's value, or that it has none; does not change either. */

typedef struct {
    conf_str_t               key;       /* in the tail's arena, as value is */
    conf_str_t               value;
    uint32_t                 older;     /* the key's edit before, from 1; 0 */
    uint8_t                  space;
    int8_t                   more;      /* keys that the space has then */
    bool                     deleted;
} confd_edit_t;

/*
 * Only the writer changes it, and n and last who settles: what snapshots read,
 * under the lock; records and edits behind staged and the arena, without.
 */

struct confd_tail_s {
    unsigned                 refs;      /* the store's, snapshots'; lock */
    confd_tail_mark_t        n;         /* lock */
    confd_tail_mark_t        staged;    /* lock */
    confd_tail_mark_t        filled;    /* the writer's */
    uint64_t                 base;      /* lock */
    uint64_t                 first;     /* position; set before staged is */
    size_t                   nrooms;    /* lock */
    size_t                   bytes;     /* the writer's */
    conf_arena_t            *arena;
    uint32_t                 slots[CONFD_TAIL_SLOTS];    /* of rooms; lock */
    confd_tail_room_t        rooms[CONFD_TAIL_RECORDS];
    confd_tail_record_t      records[CONFD_TAIL_RECORDS];

    int64_t                  more[CONFD_SPACE_MAX];   /* the writer's */

    /* The newest edit of each key, by space and key: lock. */
    size_t                   nkeys;
    uint32_t                 order[CONFD_TAIL_EDITS];
    confd_edit_t             edits[CONFD_TAIL_EDITS];
};


/*
 * Opens the file.  CONF_OK, or CONF_E_STORE_FAILED with a sentence in err.
 * close also is for what was not opened.
 */
conf_rc_t confd_tail_open(confd_store_t *store, char *err, size_t errlen);
void confd_tail_close(confd_store_t *store);

/*
 * Takes the batches of the file that follow what LMDB has into it, once, in
 * the first transaction of a store; base is its last commit before that.
 */
conf_rc_t confd_tail_recover(confd_txn_t *txn, uint64_t base);

/* A snapshot, before and after it has its LMDB transaction; a writer, then. */
void confd_tail_enter(confd_txn_t *txn);
void confd_tail_entered(confd_txn_t *txn);
void confd_tail_write(confd_txn_t *txn);

/* The end of both; what a writer has appended and not staged is gone. */
void confd_tail_leave(confd_txn_t *txn);

/* Revisions that the tail has after this commit of LMDB. */
uint64_t confd_tail_revs(confd_store_t *store, uint64_t base);

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
 * Takes the tail into the LMDB transaction, before what needs all to be there;
 * from then on the transaction is LMDB's alone.
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


/*
 * Edits: confd_lmdb_edit.c.
 *
 * get    what a transaction sees: CONF_OK, CONF_E_NOT_FOUND when the key was
 *        deleted, CONF_DONE when LMDB is to be asked
 * near   the edit a cursor comes to next: the first whose key is >= from (>,
 *        if after), or backward the last one <= from (<); an empty from is the
 *        end of the prefix.  NULL: there is none with the prefix
 * more   keys that the space has more than LMDB says
 */
conf_rc_t confd_edit_get(const confd_txn_t *txn, confd_space_e space,
    conf_str_t key, conf_str_t *value);
const confd_edit_t *confd_edit_near(const confd_txn_t *txn,
    confd_space_e space, conf_str_t prefix, conf_str_t from, bool after,
    bool backward);
int64_t confd_edit_more(const confd_txn_t *txn, confd_space_e space);

/*
 * Puts the value, or deletes (value NULL); existed: the transaction sees the
 * key.  CONF_OK; CONF_DONE: there is no place for it, so it goes to LMDB
 * (confd_tail_spill).
 */
conf_rc_t confd_edit_add(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, const conf_str_t *value, bool existed);

/* Forgets those behind staged; a writer, under the lock. */
void confd_edit_undo(confd_tail_t *tail);

/*
 * Into the LMDB transaction, all and one: what was told to be stored has room
 * there.
 */
conf_rc_t confd_edit_spill(confd_txn_t *txn, const confd_tail_t *tail);
conf_rc_t confd_edit_apply(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, const conf_str_t *value);


#endif /* _CONFD_LMDB_TAIL_H_INCLUDED_ */
