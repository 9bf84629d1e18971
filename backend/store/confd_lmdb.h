
/*
 * The LMDB driver's own: what its files share.  Nobody else includes this.
 *
 * Each space is a B-tree of its own (a named database of LMDB).  So the heads
 * of rooms lie next to each other, about ninety a page, and are all that a
 * batch of messages over many rooms dirties besides the end of the log; and
 * the log, whose keys only grow, can be appended to (MDB_APPEND fills its
 * pages to the end).  In one tree with a prefix, every space would split in
 * its middle and share its border pages.
 */

#ifndef _CONFD_LMDB_H_INCLUDED_
#define _CONFD_LMDB_H_INCLUDED_


#include "confd_store.h"
#include "confd_key.h"
#include "confd_lmdb_journal.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>


#define CONFD_LMDB_SCHEMA  5

/* LMDB's commits are this far apart: those of the tail lie between them. */

#define CONFD_LMDB_REV     65536

typedef struct confd_tail_s  confd_tail_t;

/* How far a tail is read or written: its records, edits and revisions. */

typedef struct {
    size_t            records;
    size_t            edits;
    size_t            revs;
} confd_tail_mark_t;

/* What a transaction sees of a tail. */

typedef struct {
    confd_tail_t     *tail;          /* NULL: nothing, or LMDB has it */
    confd_tail_t     *held;          /* a reference, given back at the end */
    confd_tail_mark_t seen;          /* zeros without a tail */
} confd_tail_view_t;

/* Who may have LMDB's write transaction, and change the size of its map. */

typedef enum {
    CONFD_OWNER_NONE = 0,
    CONFD_OWNER_WRITER,
    CONFD_OWNER_TAKER                /* the thread that takes tails there */
} confd_owner_e;

struct confd_store_s {
    MDB_env          *env;
    MDB_dbi           dbi[CONFD_SPACE_MAX];
    char             *path;
    int               lock_fd;       /* held open and locked for ever */

    size_t            page;          /* bytes */
    size_t            map_max;
    size_t            reserve;       /* of map_max: kept for deletes */
    size_t            max_readers;

    /*
     * The gate: a map is resized only while nobody is inside.  LMDB does not
     * check that itself.
     */
    pthread_mutex_t   gate;
    pthread_cond_t    changed;
    size_t            size;          /* of the map; gate */
    size_t            nreaders;      /* snapshots and backups; gate */
    bool              resizing;      /* readers wait outside; gate */
    bool              writing;       /* gate */
    bool              flushing;      /* writers wait outside; gate */
    confd_owner_e     owner;         /* gate */
    bool              awaited;       /* by a writer that is inside; gate */
    bool              broken;        /* the map is lost; gate */
    int               copy_fd;       /* of a backup that runs, or -1; gate */

    /* Changed by the owner. */
    atomic_bool       full;          /* the last one found no room */
    atomic_bool       tight;         /* what is left is for deletes */
    size_t            need;          /* bytes, at least, after full */
    int64_t           retry_ms;      /* no soft resize before that */

    MDB_txn          *reader;        /* the writer's snapshot, kept */

    /* What LMDB does not have yet: confd_lmdb_tail.h. */
    pthread_mutex_t   tail_lock;
    pthread_cond_t    tail_changed;  /* settled, lost, taken */
    pthread_cond_t    tail_below;    /* something is, or has changed there */
    confd_tail_t     *tail;          /* the writer changes it, locked */
    confd_tail_t     *under;         /* the one below, or NULL; lock */
    confd_tail_t     *spare;         /* empty, or NULL; lock */
    uint64_t          committing;    /* LMDB's newest, perhaps; lock */
    uint64_t          tail_lost;     /* how often what was staged was; lock */
    conf_rc_t         tail_error;    /* the last time, why; lock */
    confd_journal_t   journals[2];   /* of tail and under, in turn */
    size_t            tail_room;     /* that both may take in LMDB */
    bool              nosync;

    void            (*behind)(conf_rc_t rc);
    pthread_t         taker;
    bool              takes;         /* there is that thread */
    bool              taking;        /* the one below, to LMDB; lock */
    bool              stopping;      /* lock */
};

struct confd_txn_s {
    confd_store_t    *store;
    MDB_txn          *read;          /* a snapshot; a taker has none */
    MDB_txn          *txn;           /* that, or LMDB's write transaction */
    MDB_cursor       *heads;         /* made by the first append */
    MDB_cursor       *log;           /* as well */
    MDB_cursor       *found;         /* the last record of the log */
    confd_cursor_t   *cursors;       /* open ones */
    uint64_t          pos;           /* of the last record; 0: not looked up */
    size_t            bytes;         /* put so far */
    conf_rc_t         rc;            /* sticky */
    bool              write;
    bool              taker;         /* only takes what is below to LMDB */
    bool              flush;         /* has to open the gate for writers */
    bool              owns;          /* has to give up LMDB's writing */
    bool              dirty;         /* LMDB's part of it */
    bool              staged;        /* in the tail; settle has the rest */

    confd_tail_view_t top;           /* a writer's own edits, too */
    confd_tail_view_t under;
    confd_tail_mark_t from;          /* where a writer's own begin */
    bool              whole;         /* all of under is seen */
    uint64_t          base;          /* the commit that top follows */
    uint64_t          rev;
    uint64_t          lost;          /* tail_lost when a writer began */
};


/* What the owner says of the map's room; those who look may be late. */

static inline bool
confd_lmdb_is(const atomic_bool *flag)
{
    return atomic_load_explicit(flag, memory_order_relaxed);
}


static inline void
confd_lmdb_make(atomic_bool *flag, bool value)
{
    atomic_store_explicit(flag, value, memory_order_relaxed);
}


/* The map and its gate: confd_lmdb_map.c. */

/* Before the environment is made: the size to start with. */
void confd_lmdb_map_init(confd_store_t *store, size_t map_min,
    size_t file_size);

/*
 * Enters the gate as a writer and makes the map larger when that is due, if
 * nobody owns it.  CONF_OK, CONF_E_STORE_FULL (readers did not leave in time:
 * later), CONF_E_STORE_FAILED; CONF_E_INTERNAL when there is a writer already.
 */
conf_rc_t confd_lmdb_enter_writer(confd_store_t *store);
void confd_lmdb_leave_writer(confd_store_t *store);

/* The same from any thread: waits for the writer, keeps the next one out. */
conf_rc_t confd_lmdb_enter_flush(confd_store_t *store);
void confd_lmdb_leave_flush(confd_store_t *store);

/*
 * The owner: a writer that is inside; or the taker, which is no writer and
 * makes the map larger, too.  Both wait for the other one.
 */
void confd_lmdb_own(confd_store_t *store);
conf_rc_t confd_lmdb_own_taker(confd_store_t *store);
void confd_lmdb_disown(confd_store_t *store);

/* As a reader; waits only while the map is being resized. */
conf_rc_t confd_lmdb_enter_reader(confd_store_t *store);
void confd_lmdb_leave_reader(confd_store_t *store);

/*
 * Makes the map larger before a reader that stays for long keeps it from
 * growing, then enters as that reader.
 */
conf_rc_t confd_lmdb_enter_copy(confd_store_t *store);

/* A foreign code as ours; knows a full disk that LMDB calls EIO. */
conf_rc_t confd_lmdb_rc(const confd_store_t *store, int code);


/* Transactions and records: confd_lmdb_txn.c. */

conf_rc_t confd_lmdb_begin(confd_store_t *store, bool write,
    confd_txn_t **txn);
conf_rc_t confd_lmdb_begin_flush(confd_store_t *store, confd_txn_t **txn);

/* LMDB's write transaction alone, of the owner. */
conf_rc_t confd_lmdb_begin_take(confd_store_t *store, confd_txn_t **txn);
conf_rc_t confd_lmdb_stage(confd_txn_t *txn);
conf_rc_t confd_lmdb_settle(confd_txn_t *txn);
conf_rc_t confd_lmdb_commit(confd_txn_t *txn);
void confd_lmdb_abort(confd_txn_t *txn);
uint64_t confd_lmdb_rev(confd_txn_t *txn);
conf_rc_t confd_lmdb_status(confd_txn_t *txn);
bool confd_lmdb_dirty(confd_txn_t *txn);
bool confd_lmdb_whole(confd_txn_t *txn);
conf_rc_t confd_lmdb_get(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, conf_str_t *value);
conf_rc_t confd_lmdb_put(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, conf_str_t value);
conf_rc_t confd_lmdb_del(confd_txn_t *txn, confd_space_e space,
    conf_str_t key);
conf_rc_t confd_lmdb_count(confd_txn_t *txn, confd_space_e space,
    uint64_t *n);
conf_rc_t confd_lmdb_next_id(confd_txn_t *txn, confd_space_e space,
    uint64_t *id);

/*
 * Makes the transaction fail with what LMDB returned and gives it as ours;
 * MDB_NOTFOUND is CONF_E_NOT_FOUND and does not stick.
 */
conf_rc_t confd_lmdb_fail(confd_txn_t *txn, int code);

/* LMDB's form; it changes neither keys nor values that it is given. */
MDB_val confd_lmdb_val(conf_str_t s);
conf_str_t confd_lmdb_str(MDB_val val);

/*
 * Begins LMDB's write transaction for a writer that has read from a snapshot,
 * which stays: what it has got from there does.  The owner.
 */
conf_rc_t confd_lmdb_upgrade(confd_txn_t *txn);

/* Into LMDB, whatever there is room for, new or not. */
conf_rc_t confd_lmdb_set(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, conf_str_t value);

/* Before a write: CONF_OK, or what sticks. */
conf_rc_t confd_lmdb_write(confd_txn_t *txn, size_t bytes);

/*
 * Numbers in META by name: "schema", "log", "id" and a space (id_name).  get:
 * CONF_E_NOT_FOUND leaves *n at 0.
 */
conf_str_t confd_lmdb_id_name(confd_key_t *key, confd_space_e space);
conf_rc_t confd_lmdb_meta_get(confd_txn_t *txn, conf_str_t name, uint64_t *n);
conf_rc_t confd_lmdb_meta_put(confd_txn_t *txn, conf_str_t name, uint64_t n);


/* Cursors: confd_lmdb_cursor.c. */

conf_rc_t confd_lmdb_cursor(confd_txn_t *txn, confd_space_e space,
    conf_str_t prefix, conf_str_t from, bool backward,
    confd_cursor_t **cursor);
conf_rc_t confd_lmdb_next(confd_cursor_t *cursor, conf_str_t *key,
    conf_str_t *value);
void confd_lmdb_cursor_close(confd_cursor_t *cursor);

/*
 * When a writer has LMDB's write transaction: cursors find their places again
 * there; they were in its snapshot and in the tails.
 */
conf_rc_t confd_lmdb_cursors_move(confd_txn_t *txn);

/*
 * As LMDB does: bytes, then lengths.  The least key above all that have the
 * prefix; empty when there is none.
 */
int confd_lmdb_compare(conf_str_t a, conf_str_t b);
conf_str_t confd_lmdb_successor(conf_str_t prefix, uint8_t *bytes);


/* Copies: confd_lmdb_copy.c. */

conf_rc_t confd_lmdb_backup(confd_store_t *store, const char *path,
    char *err, size_t errlen);
conf_rc_t confd_lmdb_restore(const char *backup, const char *path, char *err,
    size_t errlen);
conf_rc_t confd_lmdb_sync(confd_store_t *store);

/* Writes a sentence; returns CONF_E_STORE_FAILED. */
__attribute__((format(printf, 3, 4)))
conf_rc_t confd_lmdb_error(char *err, size_t errlen, const char *fmt, ...);


/* The log: confd_lmdb_log.c. */

/* A room's newest record. */

typedef struct {
    uint64_t          epoch;
    uint64_t          seq;
    uint64_t          pos;           /* 0: no record yet */
} confd_lmdb_head_t;

conf_rc_t confd_lmdb_log_create(confd_txn_t *txn, uint64_t room,
    uint64_t epoch);
conf_rc_t confd_lmdb_log_append(confd_txn_t *txn, uint64_t room,
    conf_str_t record, uint64_t *pos, uint64_t *seq);
conf_rc_t confd_lmdb_log_head(confd_txn_t *txn, uint64_t room,
    uint64_t *epoch, uint64_t *seq);
conf_rc_t confd_lmdb_log_get(confd_txn_t *txn, uint64_t pos, uint64_t *room,
    uint64_t *seq, conf_str_t *record);
conf_rc_t confd_lmdb_log_range(confd_txn_t *txn, uint64_t room,
    uint64_t first, size_t n, uint64_t *pos, size_t *got);
conf_rc_t confd_lmdb_log_seq_before(confd_txn_t *txn, uint64_t room,
    uint64_t pos, uint64_t *seq);

/* What append and load share; the head is theirs. */
conf_rc_t confd_lmdb_log_put(confd_txn_t *txn,
    const confd_lmdb_place_t *place, conf_str_t record);
conf_rc_t confd_lmdb_head_get(confd_txn_t *txn, uint64_t room,
    confd_lmdb_head_t *head);
conf_rc_t confd_lmdb_head_put(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head);

/*
 * Brings the head to the record that is about to be at txn->pos + 1 and makes
 * that the transaction's position.  head gets its new seq, and the position
 * of the record before it.  One search: a head is written where it is found.
 * What LMDB returns.
 */
int confd_lmdb_head_advance(confd_txn_t *txn, uint64_t room,
    confd_lmdb_head_t *head);

/* Of a room that has a head. */
conf_rc_t confd_lmdb_head_move(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head);

/* Brings txn->pos to the last position that was given. */
conf_rc_t confd_lmdb_last_pos(confd_txn_t *txn);

bool confd_lmdb_is_log(confd_space_e space);

/*
 * Before a space is looked at by key: if it is one of the log's, a writer
 * takes the log's end there; CONF_E_INTERNAL for a snapshot that has one.
 */
conf_rc_t confd_lmdb_log_space(confd_txn_t *txn, confd_space_e space);

/*
 * Before a record is deleted from the log: positions are never given again,
 * not even when the newest are gone.
 */
conf_rc_t confd_lmdb_log_keep(confd_txn_t *txn);


/* What only restore and load do: confd_lmdb_load.c. */

conf_rc_t confd_lmdb_last_id(confd_txn_t *txn, confd_space_e space,
    uint64_t *id);
conf_rc_t confd_lmdb_set_id(confd_txn_t *txn, confd_space_e space,
    uint64_t id);
conf_rc_t confd_lmdb_log_load(confd_txn_t *txn, uint64_t room, uint64_t pos,
    uint64_t seq, conf_str_t record);
conf_rc_t confd_lmdb_log_set_head(confd_txn_t *txn, uint64_t room,
    uint64_t epoch, uint64_t seq);


#endif /* _CONFD_LMDB_H_INCLUDED_ */
