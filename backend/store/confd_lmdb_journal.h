
/*
 * A file of batches of edits and of records of the log, each batch whole or
 * not there.
 *
 * A batch begins a block of its own, so that none is written twice.  It has a
 * stamp, which all that were written since the last restart share and nothing
 * else does, a number from 0, the position of its first record, the number of
 * LMDB's commit that it follows and a sum.  What lies behind the last batch is
 * of an older stamp, or was cut short by a crash.
 */

#ifndef _CONFD_LMDB_JOURNAL_H_INCLUDED_
#define _CONFD_LMDB_JOURNAL_H_INCLUDED_


#include "conf_buf.h"

#include <sys/types.h>


/* A place in the log; prev is the position of the room's record before. */

typedef struct {
    uint64_t          pos;
    uint64_t          room;
    uint64_t          seq;
    uint64_t          prev;          /* 0: none */
} confd_lmdb_place_t;

/* What a batch has: a record, or (space is not 0) an edit. */

typedef struct {
    confd_lmdb_place_t  place;       /* of a record */
    unsigned            space;
    bool                deleted;
    conf_str_t          key;
    conf_str_t          bytes;
} confd_journal_item_t;

typedef struct {
    int               fd;            /* or -1 */
    bool              failed;        /* nobody may write before a restart */
    uint64_t          stamp;
    uint64_t          number;        /* of the next batch */
    off_t             end;           /* of the last one */
    off_t             size;          /* of the file */
    uint64_t          count;         /* records of the one in buf */
    uint64_t          pos;           /* of its first */
    uint64_t          base;
    conf_buf_t        buf;
    uint8_t          *block;         /* what is written, aligned */
    size_t            room;          /* there */
} confd_journal_t;

typedef struct {
    int                     fd;
    conf_buf_t              buf;     /* a batch */
    const uint8_t          *p;       /* the next item in it */
    size_t                  left;    /* bytes from there */
    uint64_t                pos;     /* of the next record */
    bool                    more;    /* the batch's records are wanted */
    uint64_t                stamp;
    uint64_t                number;  /* of the next batch */
    off_t                   at;      /* where that is */
    uint64_t                last;    /* records up to here are not wanted */
    uint64_t                base;    /* nor what does not follow this */
} confd_journal_iter_t;


/*
 * Opens or makes the file in the store's directory, past the page cache if
 * that is asked for and possible: 0, or errno.  close also is for what was
 * not opened (but zeroed, and fd -1).
 */
int confd_journal_open(confd_journal_t *journal, const char *path,
    const char *name, bool direct);
void confd_journal_close(confd_journal_t *journal);

/* What is in the file is needed no more: the next batch is the first. */
void confd_journal_restart(confd_journal_t *journal);

/*
 * A batch: start, add records and edits in order (value NULL: deleted),
 * write.  0 when it is on disk (or with the system, without sync), or errno;
 * then the file waits for a restart.
 */
void confd_journal_start(confd_journal_t *journal, uint64_t pos,
    uint64_t base);
void confd_journal_add(confd_journal_t *journal,
    const confd_lmdb_place_t *place, conf_str_t bytes);
void confd_journal_edit(confd_journal_t *journal, unsigned space,
    conf_str_t key, const conf_str_t *value);
int confd_journal_write(confd_journal_t *journal, bool sync);

/*
 * Reads what the file has that follows commit base: the edits, and records
 * beyond position last, if they go on there.
 * CONF_OK, CONF_DONE, CONF_E_NOMEM, CONF_E_STORE_FAILED; key and bytes live
 * until the next one.  end has to be called in any case.
 */
conf_rc_t confd_journal_begin(confd_journal_iter_t *iter, const char *path,
    const char *name, uint64_t last, uint64_t base);
conf_rc_t confd_journal_next(confd_journal_iter_t *iter,
    confd_journal_item_t *item);
void confd_journal_end(confd_journal_iter_t *iter);

/* Whether the file has something that follows this commit. */
bool confd_journal_follows(const char *path, const char *name,
    uint64_t base);


#endif /* _CONFD_LMDB_JOURNAL_H_INCLUDED_ */
