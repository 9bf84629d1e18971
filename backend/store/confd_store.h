
/*
 * The seam between what is durable and the engine that makes it so.  An op is
 * a straight-line function over one transaction: all checks before the first
 * write, no side effects outside, may be run again from the start.
 *
 * The first failure makes a transaction sticky: every later call returns it,
 * so an op may check once.  CONF_E_NOT_FOUND, CONF_E_EXISTS and CONF_DONE are
 * answers, not failures.  Memory that get and next return belongs to the
 * transaction and is gone with it or with the next write in it; copy what
 * outlives that.
 */

#ifndef _CONFD_STORE_H_INCLUDED_
#define _CONFD_STORE_H_INCLUDED_


#include "conf_base.h"
#include "conf_arena.h"


typedef struct confd_store_s   confd_store_t;
typedef struct confd_txn_s     confd_txn_t;
typedef struct confd_cursor_s  confd_cursor_t;

/*
 * Key spaces.  The numbers are on disk: add at the end only.  Keys compare
 * as bytes; numbers in them are big-endian (confd_key.h).
 */

typedef enum {
    CONFD_SPACE_META = 1,         /* the driver's: "schema", "log", "id"... */
    CONFD_SPACE_USER,             /* user id */
    CONFD_SPACE_USER_NAME,        /* folded name -> user id */
    CONFD_SPACE_USER_EMAIL,       /* folded e-mail -> user id */
    CONFD_SPACE_CREDENTIAL,       /* user id -> password hash */
    CONFD_SPACE_ROOM,             /* room id */
    CONFD_SPACE_ROOM_CODE,        /* code -> room id */
    CONFD_SPACE_ROOM_UUID,        /* uuid -> room id */
    CONFD_SPACE_MEMBER,           /* room id, user id; 0: how many */
    CONFD_SPACE_USER_ROOM,        /* user id, room id; 0: how many */
    CONFD_SPACE_HEAD,             /* room id -> log head, dense */
    CONFD_SPACE_LOG,              /* position -> message, append order */
    CONFD_SPACE_LOG_INDEX,        /* room id, seq / 64 -> position */
    CONFD_SPACE_LOGIN,            /* user id, login id */
    CONFD_SPACE_RESET,            /* user id -> what a new password costs */
    CONFD_SPACE_FILE,             /* file name */
    CONFD_SPACE_LOG_TIME,         /* quarter of an hour -> first position */
    CONFD_SPACE_USER_GONE,        /* id of a deleted user */
    CONFD_SPACE_MAIL,             /* number -> mail to be sent */
    CONFD_SPACE_AUDIT,            /* number -> what an admin did */
    CONFD_SPACE_LOBBY,            /* room id, user id: waiting or removed */
    CONFD_SPACE_JOINED,           /* room id, user id */
    CONFD_SPACE_ROOM_DUE,         /* time, room id */
    CONFD_SPACE_ROOM_SECRET,      /* room id -> password hash */
    CONFD_SPACE_ADMIN,            /* user id of an admin */
    CONFD_SPACE_MAX
} confd_space_e;

typedef enum {
    CONFD_SYNC_ALWAYS = 0,        /* on disk before commit returns */
    CONFD_SYNC_META,              /* data synced, a crash may lose the last */
    CONFD_SYNC_NEVER              /* the system decides */
} confd_sync_e;

typedef struct {
    const char     *path;         /* a directory, made when absent */
    size_t          map_min;      /* bytes the map starts with */
    size_t          map_max;      /* and never passes */
    confd_sync_e    sync;
    unsigned        readers;      /* concurrent snapshots */
    bool            existing;     /* never make a new store */

    /*
     * What is on disk cannot be brought to where it belongs, and the store
     * tries again: once for each reason, CONF_OK when it has succeeded.  On a
     * thread of the store's; or NULL.
     */
    void          (*behind)(conf_rc_t rc);
} confd_store_conf_t;

typedef struct {
    uint64_t        used;         /* bytes of the map in use */
    uint64_t        size;
    uint64_t        rev;          /* of the last commit */
    uint64_t        copied;       /* bytes, by a backup that runs */
} confd_store_stat_t;

/*
 * A driver.  open writes one sentence to err (of errlen bytes) when it fails.
 *
 * begin(write): one write transaction at a time, of one thread; any number
 * of readers up to conf.readers, each sees the last commit and waits for
 * nobody.  commit of a reader is abort.  rev is the commit that a reader sees
 * or that a writer will be.
 *
 * A commit has two halves, so that the next writer need not wait for the
 * disk: what is staged is seen by writers that begin after it, what is
 * settled is on disk and seen by all.  settle may be called by any thread, in
 * the order of stage, one at a time.  If it fails, what others have staged
 * since, and who writes now, fail too; whoever begins then sees what was
 * settled.  A writer may wait in any call until what was staged is settled,
 * which is for another thread to do.  A writer that has written nothing may be
 * staged and settled as well: then what it has seen is on disk.
 *
 * Results: CONF_OK, CONF_E_NOT_FOUND (get, del, log_*), CONF_DONE (next),
 * CONF_E_STORE_FULL (map or disk), CONF_E_STORE_FAILED, CONF_E_NOMEM;
 * CONF_E_INTERNAL for what no caller may do: a write in a snapshot, a second
 * writer, a put of an empty key, of one above 511 bytes, or into the spaces of
 * the log.
 *
 * After CONF_E_STORE_FULL a transaction can only be aborted (commit does, and
 * returns it).  begin(write) then makes the map larger if it may be, so the
 * caller runs the same once more.  At map_max, new records are refused while
 * records that exist can still be read, replaced and deleted, until enough has
 * been deleted.  The store recovers by itself when a full disk has room again.
 */

typedef struct {
    const char      *name;

    confd_store_t *(*open)(const confd_store_conf_t *conf, char *err,
                        size_t errlen);
    void           (*close)(confd_store_t *store);
    void           (*stat)(confd_store_t *store, confd_store_stat_t *stat);

    /*
     * backup: a consistent copy into an empty directory, made when absent,
     * while the store is in use, but not in a write transaction's thread; one
     * at a time.  A copy that was not finished
     * cannot be taken for one.  restore: a store in an empty directory, from
     * a backup.  Both write one sentence to err when they fail.
     */
    conf_rc_t      (*backup)(confd_store_t *store, const char *path, char *err,
                        size_t errlen);
    conf_rc_t      (*restore)(const char *backup, const char *path, char *err,
                        size_t errlen);

    /* Makes sure that what was committed without a sync is on disk. */
    conf_rc_t      (*sync)(confd_store_t *store);

    conf_rc_t      (*begin)(confd_store_t *store, bool write,
                        confd_txn_t **txn);

    /* stage ends the transaction if it fails; settle and commit always do. */
    conf_rc_t      (*stage)(confd_txn_t *txn);
    conf_rc_t      (*settle)(confd_txn_t *txn);
    conf_rc_t      (*commit)(confd_txn_t *txn);
    void           (*abort)(confd_txn_t *txn);
    uint64_t       (*rev)(confd_txn_t *txn);

    /*
     * The sticky result.  dirty: anything was written yet but records of the
     * log; a commit of those alone need not have a rev of its own.  whole:
     * stage will do all, and leave nothing to settle.
     */
    conf_rc_t      (*status)(confd_txn_t *txn);
    bool           (*dirty)(confd_txn_t *txn);
    bool           (*whole)(confd_txn_t *txn);

    conf_rc_t      (*get)(confd_txn_t *txn, confd_space_e space,
                        conf_str_t key, conf_str_t *value);
    conf_rc_t      (*put)(confd_txn_t *txn, confd_space_e space,
                        conf_str_t key, conf_str_t value);
    conf_rc_t      (*del)(confd_txn_t *txn, confd_space_e space,
                        conf_str_t key);

    /*
     * Keys that start with prefix, from the first >= from (or, backward, the
     * last <= from; an empty from is the end of the prefix).  A cursor ends
     * with its transaction or with cursor_close, and does not outlive a write
     * to its space.  The log's spaces have one in a write transaction, and
     * while nothing has been appended since open (else CONF_E_INTERNAL).
     */
    conf_rc_t      (*cursor)(confd_txn_t *txn, confd_space_e space,
                        conf_str_t prefix, conf_str_t from, bool backward,
                        confd_cursor_t **cursor);
    conf_rc_t      (*next)(confd_cursor_t *cursor, conf_str_t *key,
                        conf_str_t *value);
    void           (*cursor_close)(confd_cursor_t *cursor);

    /* How many records a space has; costs the same however many. */
    conf_rc_t      (*count)(confd_txn_t *txn, confd_space_e space,
                        uint64_t *n);

    /* The next number of a named sequence, from 1, dense. */
    conf_rc_t      (*next_id)(confd_txn_t *txn, confd_space_e space,
                        uint64_t *id);

    /*
     * Adds a record at the end of the room's log: *pos is its position (the
     * message's id, growing over all rooms), *seq its number in the room.
     * The room's head must exist (log_create, once: CONF_E_EXISTS).  The
     * record is what log_get gives back.
     */
    conf_rc_t      (*log_create)(confd_txn_t *txn, uint64_t room,
                        uint64_t epoch);
    conf_rc_t      (*log_append)(confd_txn_t *txn, uint64_t room,
                        conf_str_t record, uint64_t *pos, uint64_t *seq);
    conf_rc_t      (*log_head)(confd_txn_t *txn, uint64_t room,
                        uint64_t *epoch, uint64_t *seq);

    /*
     * One record by position: the room and seq it belongs to.  Who deletes old
     * records from the log (del) begins with the oldest of a room.
     */
    conf_rc_t      (*log_get)(confd_txn_t *txn, uint64_t pos, uint64_t *room,
                        uint64_t *seq, conf_str_t *record);

    /*
     * The positions of at most n records of the room, ascending, into pos:
     * those with seq in [first, first + n).  *got tells how many.
     */
    conf_rc_t      (*log_range)(confd_txn_t *txn, uint64_t room,
                        uint64_t first, size_t n, uint64_t *pos, size_t *got);

    /* The greatest seq of the room whose position is < pos; 0: none. */
    conf_rc_t      (*log_seq_before)(confd_txn_t *txn, uint64_t room,
                        uint64_t pos, uint64_t *seq);

    /*
     * What only restore and load do.
     *
     * last_id       the number that next_id gave last; of CONFD_SPACE_LOG, the
     *               last position that was given
     * set_id        the same; it never becomes less
     * log_load      a record where it was: pos above all others, seq the next
     *               of the room (any, when it is the room's first record);
     *               makes a head that is absent
     * log_set_head  makes the head, or changes it; seq never becomes less
     *
     * CONF_E_INVALID for numbers that cannot be.
     */
    conf_rc_t      (*last_id)(confd_txn_t *txn, confd_space_e space,
                        uint64_t *id);
    conf_rc_t      (*set_id)(confd_txn_t *txn, confd_space_e space,
                        uint64_t id);
    conf_rc_t      (*log_load)(confd_txn_t *txn, uint64_t room, uint64_t pos,
                        uint64_t seq, conf_str_t record);
    conf_rc_t      (*log_set_head)(confd_txn_t *txn, uint64_t room,
                        uint64_t epoch, uint64_t seq);
} confd_store_driver_t;

extern const confd_store_driver_t  confd_lmdb_driver;

/* Names of spaces, for people and for dumps; never changed. */
extern const char *const  confd_space_names[CONFD_SPACE_MAX];


#endif /* _CONFD_STORE_H_INCLUDED_ */
