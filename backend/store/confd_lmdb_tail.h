
/*
 * What was committed since LMDB's last commit.  A B-tree asks for a dozen
 * scattered pages and two syncs, however little a commit changes; so records
 * of the log, and edits (what was put and deleted) of other spaces, go to a
 * file of their own, one write and one sync, and to memory.  They reach LMDB
 * all at once.
 *
 *     log.tail    batches from the file's start; when LMDB has committed what
 *     log.tail2   is in it, the next batch is the first again
 *
 * A tail that has become large gets below a new one, whose batches go to the
 * other file, and a thread takes it to LMDB; nobody waits for that but a
 * writer whose tail has become large, too.  What does not fit in a tail, or
 * changes the log's older part, a writer commits to LMDB itself, and all the
 * tails have with it.
 *
 * What the store has is always: LMDB's last commit, the tail below that follows
 * it (base is that commit's number), and the tail that follows LMDB's next
 * one.  A transaction takes the tails first and LMDB's commit then; what does
 * not follow that is in it.
 *
 * Records and edits are in memory in this order, each part possibly empty:
 *
 *     0 .. n            settled: on disk, seen by snapshots
 *     n .. staged       being written, or waiting for that; seen by writers
 *     staged .. filled  of the transaction that writes; gone if it is aborted
 *
 * When a write fails, staged goes back to n, and tail_lost tells those whose
 * records that were.  LMDB commits nothing that builds on what is not settled.
 * The tail below is whole, but for what waits to be settled.
 */

#ifndef _CONFD_LMDB_TAIL_H_INCLUDED_
#define _CONFD_LMDB_TAIL_H_INCLUDED_


#include "confd_lmdb.h"


/* With so many records, or bytes, a tail is large. */

#define CONFD_TAIL_LARGE    4096
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
 * Only the writer changes it, and n and last who settles: what others read,
 * under the lock; records and edits behind staged and the arena, without.  Of
 * one that is below, who settles forgets what was lost, under the lock.
 */

struct confd_tail_s {
    unsigned                 refs;      /* the store's, transactions'; lock */
    confd_journal_t         *journal;   /* of who settles, or has drained */
    bool                     off;       /* LMDB commits next; lock */
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
 * Opens the files.  CONF_OK, or CONF_E_STORE_FAILED with a sentence in err.
 * close also is for what was not opened.
 */
conf_rc_t confd_tail_open(confd_store_t *store, char *err, size_t errlen);
void confd_tail_close(confd_store_t *store);

/* The files' names. */
extern const char *const  confd_tail_files[2];

/* One without anything in it, of this file; NULL: no memory. */
confd_tail_t *confd_tail_create(confd_store_t *store,
    confd_journal_t *journal);

/*
 * A transaction, before and after it has its LMDB snapshot.  False: the
 * snapshot may be of another commit than it says, so once more from the start.
 */
void confd_tail_enter(confd_txn_t *txn);
bool confd_tail_entered(confd_txn_t *txn);

/* LMDB's write transaction is about to be committed. */
void confd_tail_commits(confd_txn_t *txn);

/* Its end; what a writer has appended and not staged is gone. */
void confd_tail_leave(confd_txn_t *txn);

/* The revision of who reads now, and finds this commit of LMDB. */
uint64_t confd_tail_rev(confd_store_t *store, uint64_t id);

/* A room's head, if it is in a tail. */
bool confd_tail_head(confd_txn_t *txn, uint64_t room, confd_lmdb_head_t *head);

/* The record at a position, its room's id; NULL: not in a tail. */
const confd_tail_record_t *confd_tail_get(const confd_txn_t *txn,
    uint64_t pos, uint64_t *room);


/* While a view is looked at; a writer's own tail needs no lock. */

static inline void
confd_tail_lock(const confd_txn_t *txn, const confd_tail_view_t *view)
{
    if (view->held != NULL) {
        (void) pthread_mutex_lock(&txn->store->tail_lock);
    }
}


static inline void
confd_tail_unlock(const confd_txn_t *txn, const confd_tail_view_t *view)
{
    if (view->held != NULL) {
        (void) pthread_mutex_unlock(&txn->store->tail_lock);
    }
}


/* How many records the transaction sees in tails; the last one's position. */
size_t confd_tail_records(const confd_txn_t *txn);
uint64_t confd_tail_last(const confd_txn_t *txn);

/*
 * Adds a record.  CONF_OK; CONF_DONE: there is no place for it, so it goes to
 * LMDB (confd_tail_spill); CONF_E_NOT_FOUND: there is no such room.
 */
conf_rc_t confd_tail_append(confd_txn_t *txn, uint64_t room,
    conf_str_t bytes, uint64_t *pos, uint64_t *seq);

bool confd_tail_same(const confd_tail_mark_t *a, const confd_tail_mark_t *b);
bool confd_tail_empty(const confd_tail_mark_t *mark);

/* Forgets what was done and not staged; a writer, under the lock. */
void confd_tail_undo(confd_tail_t *tail);

/* Under the lock; what nobody has any more is free for the next one. */
void confd_tail_unref(confd_store_t *store, confd_tail_t *tail);

/* LMDB has what is below, if there was anything; under the lock. */
void confd_tail_drop_under(confd_store_t *store);

/* Bytes that it may take in LMDB; of NULL, none. */
size_t confd_tail_cost(const confd_store_t *store, const confd_tail_t *tail);


/*
 * From the tail to the disk: confd_lmdb_settle.c.
 *
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


/*
 * And to LMDB: confd_lmdb_take.c.
 *
 * Starts the thread that takes tails to LMDB; ends it, if it was started.
 */
conf_rc_t confd_take_start(confd_store_t *store);
void confd_take_stop(confd_store_t *store);

/*
 * Takes the batches of a file that follow what LMDB has into it, in the first
 * transactions of a store; base is LMDB's last commit before that.
 */
conf_rc_t confd_tail_recover(confd_txn_t *txn, const char *name,
    uint64_t base);

/* Before a writer begins: gives it a new tail if the last one is large. */
void confd_tail_turn(confd_store_t *store);

/*
 * Takes the tail into an LMDB transaction, before what needs all to be there;
 * from then on the transaction is LMDB's alone.  Waits until LMDB has what is
 * below, and for that until it is settled.
 */
conf_rc_t confd_tail_spill(confd_txn_t *txn);

/* LMDB has committed what was spilled; what was below, by the thread. */
void confd_tail_spilled(confd_txn_t *txn);
void confd_tail_taken(confd_txn_t *txn);

/* Takes all to LMDB now; any thread, waits for the writer. */
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
 *
 * A tail's newest edits are before those of the one below.
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

/* Forgets those behind staged; under the lock. */
void confd_edit_undo(confd_tail_t *tail);

/*
 * Into the LMDB transaction, all and one: what was told to be stored has room
 * there.
 */
conf_rc_t confd_edit_spill(confd_txn_t *txn, const confd_tail_t *tail);
conf_rc_t confd_edit_apply(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, const conf_str_t *value);


#endif /* _CONFD_LMDB_TAIL_H_INCLUDED_ */
