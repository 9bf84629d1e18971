
/*
 * LMDB as the store: how what it does not have gets to the disk.
 */

#include "confd_lmdb_tail.h"


static conf_rc_t confd_tail_settle_one(confd_store_t *store,
    confd_tail_t *tail, const confd_tail_mark_t *from,
    const confd_tail_mark_t *to);
static void confd_tail_lose(confd_store_t *store, conf_rc_t rc);
static int confd_tail_put(confd_store_t *store, const confd_tail_t *tail,
    const confd_tail_mark_t *from, const confd_tail_mark_t *to);
static void confd_tail_publish(confd_tail_t *tail,
    const confd_tail_mark_t *to);
static bool confd_tail_drained(const confd_store_t *store);


bool
confd_tail_takes(const confd_txn_t *txn)
{
    bool            fits;
    confd_store_t  *store;

    store = txn->store;

    if (txn->dirty || txn->top.tail == NULL) {
        return false;
    }

    /* Nothing is written, so there is only to wait for what was seen. */

    if (confd_tail_same(&txn->top.seen, &txn->from)) {
        return true;
    }

    /* What they have must fit when all else is full. */

    (void) pthread_mutex_lock(&store->tail_lock);

    fits = confd_tail_cost(store, txn->top.tail)
           + confd_tail_cost(store, txn->under.tail) < store->tail_room
           && !txn->top.tail->off;

    (void) pthread_mutex_unlock(&store->tail_lock);

    return fits;
}


conf_rc_t
confd_tail_stage(confd_txn_t *txn)
{
    conf_rc_t       rc;
    confd_tail_t   *tail;
    confd_store_t  *store;

    tail = txn->top.tail;
    store = txn->store;
    rc = CONF_OK;

    (void) pthread_mutex_lock(&store->tail_lock);

    if (store->tail_lost != txn->lost) {
        rc = store->tail_error;

    } else {
        if (confd_tail_empty(&tail->staged)) {
            tail->base = txn->base;
        }

        tail->filled.revs = txn->from.revs
                            + (tail->filled.edits != txn->from.edits);
        tail->staged = tail->filled;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    txn->staged = (rc == CONF_OK);

    return rc;
}


/*
 * Whoever comes first takes along what was staged since.  When that is all
 * settled, LMDB may have got it, and the store another tail.
 */

conf_rc_t
confd_tail_settle(confd_txn_t *txn)
{
    size_t              i;
    conf_rc_t           rc;
    confd_tail_t       *tails[2];
    confd_store_t      *store;
    confd_tail_mark_t   from[2], to[2];

    store = txn->store;

    memset(from, 0, sizeof(from));
    memset(to, 0, sizeof(to));

    (void) pthread_mutex_lock(&store->tail_lock);

    rc = store->tail_lost == txn->lost ? CONF_OK : store->tail_error;

    tails[0] = store->under;
    tails[1] = store->tail;

    for (i = 0; i < conf_nelts(tails); i++) {
        if (tails[i] != NULL) {
            from[i] = tails[i]->n;
            to[i] = tails[i]->staged;
        }
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    /* LMDB may take a tail as soon as that is settled. */

    for (i = 0; i < conf_nelts(tails) && rc == CONF_OK; i++) {
        if (tails[i] != NULL && !confd_tail_same(&from[i], &to[i])) {
            rc = confd_tail_settle_one(store, tails[i], &from[i], &to[i]);
        }
    }

    return rc;
}


static conf_rc_t
confd_tail_settle_one(confd_store_t *store, confd_tail_t *tail,
    const confd_tail_mark_t *from, const confd_tail_mark_t *to)
{
    int        failed;
    conf_rc_t  rc;

    failed = confd_tail_put(store, tail, from, to);
    rc = confd_lmdb_rc(store, failed);

    (void) pthread_mutex_lock(&store->tail_lock);

    if (failed == 0) {
        confd_tail_publish(tail, to);

    } else {
        confd_tail_lose(store, rc);
    }

    (void) pthread_cond_broadcast(&store->tail_changed);

    if (store->under != NULL) {
        (void) pthread_cond_signal(&store->tail_below);
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    return rc;
}


/*
 * What was staged is not; the writer forgets its part.  The batch may be in its
 * file all the same after a crash, and others in the other file would not go on
 * from it: so the next commit is LMDB's.  What is below must be something: the
 * tail above it follows the commit that LMDB makes of it.  Under the lock.
 */

static void
confd_tail_lose(confd_store_t *store, conf_rc_t rc)
{
    confd_tail_t  *under;

    store->tail_lost++;
    store->tail_error = rc;

    if (store->tail != NULL) {
        store->tail->staged = store->tail->n;
        store->tail->off = true;
    }

    under = store->under;

    if (under != NULL) {
        under->staged = under->n;
        confd_tail_undo(under);

        if (confd_tail_empty(&under->n)) {
            confd_tail_drop_under(store);
        }
    }
}


/* A batch of the tail's file. */

static int
confd_tail_put(confd_store_t *store, const confd_tail_t *tail,
    const confd_tail_mark_t *from, const confd_tail_mark_t *to)
{
    size_t                      i;
    confd_journal_t            *journal;
    confd_lmdb_place_t          place;
    const confd_edit_t         *edit;
    const confd_tail_record_t  *record;

    journal = tail->journal;

    confd_journal_start(journal, tail->first + from->records, tail->base);

    for (i = from->edits; i < to->edits; i++) {
        edit = &tail->edits[i];

        confd_journal_edit(journal, edit->space, edit->key,
                           edit->deleted ? NULL : &edit->value);
    }

    for (i = from->records; i < to->records; i++) {
        record = &tail->records[i];

        place.room = tail->rooms[record->room].id;
        place.seq = record->seq;
        place.prev = record->prev;

        confd_journal_add(journal, &place, record->bytes);
    }

    return confd_journal_write(journal, !store->nosync);
}


/* Under the lock. */

static void
confd_tail_publish(confd_tail_t *tail, const confd_tail_mark_t *to)
{
    size_t  i;

    for (i = tail->n.records; i < to->records; i++) {
        tail->rooms[tail->records[i].room].last = (uint32_t) i + 1;
    }

    tail->n = *to;
}


conf_rc_t
confd_tail_drain(confd_txn_t *txn)
{
    conf_rc_t       rc;
    confd_store_t  *store;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    while (store->tail_lost == txn->lost && !confd_tail_drained(store)) {
        (void) pthread_cond_wait(&store->tail_changed, &store->tail_lock);
    }

    rc = store->tail_lost == txn->lost ? CONF_OK : store->tail_error;

    (void) pthread_mutex_unlock(&store->tail_lock);

    return rc;
}


static bool
confd_tail_drained(const confd_store_t *store)
{
    const confd_tail_t  *tail = store->tail, *under = store->under;

    return (tail == NULL || confd_tail_same(&tail->n, &tail->staged))
           && (under == NULL || confd_tail_same(&under->n, &under->staged));
}
