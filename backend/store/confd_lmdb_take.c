
/*
 * LMDB as the store: how it gets what it does not have.
 */

#include "confd_lmdb_tail.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>


#define CONFD_TAKE_PAUSE  1          /* seconds, after LMDB had no room */
#define CONFD_TAKE_NICE   10         /* who waits for an answer goes first */


static conf_rc_t confd_tail_recover_record(confd_txn_t *txn,
    const confd_journal_item_t *item);
static bool confd_tail_large(const confd_store_t *store,
    const confd_tail_t *tail);
static conf_rc_t confd_tail_give(confd_txn_t *txn,
    const confd_tail_view_t *view);
static conf_rc_t confd_tail_give_heads(confd_txn_t *txn,
    const confd_tail_t *tail);
static void *confd_take_thread(void *data);
static bool confd_take_due(const confd_store_t *store);
static void confd_take_pause(confd_store_t *store);
static conf_rc_t confd_tail_flush_all(confd_store_t *store);
static conf_rc_t confd_take_alone(confd_store_t *store);
static conf_rc_t confd_take(confd_store_t *store);


conf_rc_t
confd_tail_recover(confd_txn_t *txn, const char *name, uint64_t base)
{
    conf_rc_t              rc;
    confd_journal_item_t   item;
    confd_journal_iter_t   iter;

    rc = confd_lmdb_last_pos(txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_journal_begin(&iter, txn->store->path, name, txn->pos, base);

    while (rc == CONF_OK) {
        rc = confd_journal_next(&iter, &item);

        if (rc != CONF_OK) {
            break;
        }

        if (item.space == 0) {
            rc = confd_tail_recover_record(txn, &item);

        } else if (item.space < CONFD_SPACE_MAX) {
            rc = confd_edit_apply(txn, item.space, item.key,
                                  item.deleted ? NULL : &item.bytes);

        } else {
            rc = CONF_E_STORE_FAILED;
        }
    }

    confd_journal_end(&iter);

    rc = rc == CONF_DONE ? CONF_OK : rc;

    /* Whatever it was, revisions of that tail are not given again. */

    return rc == CONF_OK && iter.number != 0
           ? confd_lmdb_meta_put(txn, conf_str("schema"), CONFD_LMDB_SCHEMA)
           : rc;
}


static conf_rc_t
confd_tail_recover_record(confd_txn_t *txn, const confd_journal_item_t *item)
{
    conf_rc_t                  rc;
    confd_lmdb_head_t          head;
    const confd_lmdb_place_t  *place = &item->place;

    /* What does not follow what the store has is not its own. */

    rc = confd_lmdb_head_get(txn, place->room, &head);

    if (rc == CONF_E_NOT_FOUND
        || (rc == CONF_OK && (head.seq + 1 != place->seq
                              || head.pos != place->prev)))
    {
        return CONF_DONE;
    }

    return rc != CONF_OK ? rc
           : confd_lmdb_log_load(txn, place->room, place->pos, place->seq,
                                 item->bytes);
}


/* The writer's, or one that does not change any more. */

static bool
confd_tail_large(const confd_store_t *store, const confd_tail_t *tail)
{
    return tail->filled.records >= CONFD_TAIL_LARGE
           || tail->filled.edits >= CONFD_TAIL_EDITING
           || tail->bytes >= CONFD_TAIL_BYTES
           || confd_tail_cost(store, tail) >= store->tail_room / 2;
}


/*
 * A tail that cannot be below because there is one that LMDB had no room for,
 * or that waits to be settled, becomes larger, until all is spilled.  One that
 * is off is spilled in any case.
 */

void
confd_tail_turn(confd_store_t *store)
{
    bool              large;
    confd_tail_t     *tail, *fresh;
    confd_journal_t  *journal;

    tail = store->tail;

    if (tail == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&store->tail_lock);

    confd_tail_undo(tail);

    large = !tail->off && !confd_tail_empty(&tail->filled)
            && confd_tail_large(store, tail);

    while (large && store->taking) {
        (void) pthread_cond_wait(&store->tail_changed, &store->tail_lock);
    }

    large = large && store->under == NULL;

    (void) pthread_mutex_unlock(&store->tail_lock);

    if (!large) {
        return;
    }

    journal = tail->journal == &store->journals[0] ? &store->journals[1]
                                                   : &store->journals[0];

    fresh = confd_tail_create(store, journal);
    if (fresh == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&store->tail_lock);

    /* Something may have been lost meanwhile. */

    if (tail->off) {
        confd_tail_unref(store, fresh);

    } else {
        store->under = tail;
        store->tail = fresh;

        (void) pthread_cond_signal(&store->tail_below);
    }

    (void) pthread_mutex_unlock(&store->tail_lock);
}


/*
 * What is below first, and in a commit of its own, since the tail above
 * follows that one.  From here on all is where it belongs.  Nothing of this
 * transaction was in LMDB before, so what it has got from there stays where it
 * is.
 */

conf_rc_t
confd_tail_spill(confd_txn_t *txn)
{
    conf_rc_t           rc;
    confd_tail_view_t   top;

    if (txn->txn != txn->read) {
        return txn->rc;
    }

    rc = txn->rc;

    if (rc == CONF_OK && !txn->owns) {
        confd_lmdb_own(txn->store);
        txn->owns = true;

        rc = confd_take(txn->store);
    }

    if (rc == CONF_OK) {
        rc = confd_lmdb_upgrade(txn);
    }

    if (rc != CONF_OK) {
        txn->rc = rc;
        return rc;
    }

    top = txn->top;

    txn->top.tail = NULL;
    txn->under.tail = NULL;
    memset(&txn->top.seen, 0, sizeof(confd_tail_mark_t));
    memset(&txn->under.seen, 0, sizeof(confd_tail_mark_t));

    return confd_tail_give(txn, &top);
}


/* What it has, all of which is seen, to LMDB. */

static conf_rc_t
confd_tail_give(confd_txn_t *txn, const confd_tail_view_t *view)
{
    size_t                      i;
    conf_rc_t                   rc;
    confd_tail_t               *tail;
    confd_lmdb_place_t          place;
    const confd_tail_record_t  *record;

    tail = view->tail;

    if (tail == NULL || confd_tail_empty(&view->seen)) {
        return CONF_OK;
    }

    txn->dirty = true;
    txn->bytes += tail->bytes
                  + view->seen.records * sizeof(confd_lmdb_place_t);

    rc = confd_edit_spill(txn, tail);

    for (i = 0; i < view->seen.records && rc == CONF_OK; i++) {
        record = &tail->records[i];

        place.pos = tail->first + i;
        place.room = tail->rooms[record->room].id;
        place.seq = record->seq;
        place.prev = record->prev;

        rc = confd_lmdb_log_put(txn, &place, record->bytes);
    }

    return rc == CONF_OK ? confd_tail_give_heads(txn, tail) : rc;
}


static conf_rc_t
confd_tail_give_heads(confd_txn_t *txn, const confd_tail_t *tail)
{
    size_t                    i, n;
    conf_rc_t                 rc;
    confd_lmdb_head_t         head;
    const confd_tail_room_t  *room;

    rc = CONF_OK;

    for (i = 0; i < tail->nrooms && rc == CONF_OK; i++) {
        room = &tail->rooms[i];
        n = room->newest;

        if (n != 0) {
            head.epoch = room->epoch;
            head.seq = tail->records[n - 1].seq;
            head.pos = tail->first + n - 1;

            rc = confd_lmdb_head_move(txn, room->id, &head);
        }
    }

    return rc;
}


/*
 * Nothing waits to be settled, and only the writer looks for what is below, so
 * the two steps are one.  Without memory all goes to LMDB at once.
 */

void
confd_tail_spilled(confd_txn_t *txn)
{
    confd_tail_t     *fresh;
    confd_store_t    *store;
    confd_journal_t  *journal;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    journal = &store->journals[0];

    if (store->tail != NULL) {
        journal = store->tail->journal;
        confd_tail_unref(store, store->tail);
        store->tail = NULL;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    confd_journal_restart(journal);
    fresh = confd_tail_create(store, journal);

    (void) pthread_mutex_lock(&store->tail_lock);
    store->tail = fresh;
    (void) pthread_mutex_unlock(&store->tail_lock);
}


void
confd_tail_taken(confd_txn_t *txn)
{
    confd_store_t  *store;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);
    confd_tail_drop_under(store);
    (void) pthread_mutex_unlock(&store->tail_lock);
}


/* A map that is full is larger the second time. */

conf_rc_t
confd_tail_flush(confd_store_t *store)
{
    bool       empty;
    conf_rc_t  rc;

    (void) pthread_mutex_lock(&store->tail_lock);
    empty = store->under == NULL
            && (store->tail == NULL || confd_tail_empty(&store->tail->n));
    (void) pthread_mutex_unlock(&store->tail_lock);

    if (empty) {
        return CONF_OK;
    }

    rc = confd_tail_flush_all(store);

    return rc == CONF_OK ? rc : confd_tail_flush_all(store);
}


static conf_rc_t
confd_tail_flush_all(confd_store_t *store)
{
    conf_rc_t     rc;
    confd_txn_t  *txn;

    rc = confd_lmdb_begin_flush(store, &txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_tail_spill(txn);

    if (rc != CONF_OK) {
        confd_lmdb_abort(txn);
        return rc;
    }

    return confd_lmdb_commit(txn);
}


conf_rc_t
confd_take_start(confd_store_t *store)
{
    int       rc;
    sigset_t  all, old;

    /* Signals are for others: a sync is not interrupted. */

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);

    rc = pthread_create(&store->taker, NULL, confd_take_thread, store);

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    if (rc != 0) {
        return CONF_E_NOMEM;
    }

    store->takes = true;
    (void) pthread_setname_np(store->taker, "confd take");

    return CONF_OK;
}


void
confd_take_stop(confd_store_t *store)
{
    if (!store->takes) {
        return;
    }

    (void) pthread_mutex_lock(&store->tail_lock);
    store->stopping = true;
    (void) pthread_cond_signal(&store->tail_below);
    (void) pthread_mutex_unlock(&store->tail_lock);

    (void) pthread_join(store->taker, NULL);
    store->takes = false;
}


static void *
confd_take_thread(void *data)
{
    conf_rc_t       rc, before;
    confd_store_t  *store = data;

    before = CONF_OK;

    (void) setpriority(PRIO_PROCESS, (id_t) gettid(), CONFD_TAKE_NICE);

    (void) pthread_mutex_lock(&store->tail_lock);

    while (!store->stopping) {
        rc = CONF_OK;

        if (confd_take_due(store)) {
            (void) pthread_mutex_unlock(&store->tail_lock);
            rc = confd_take_alone(store);

            /* A map that is full is larger the second time. */

            if (rc != CONF_OK) {
                rc = confd_take_alone(store);
            }

            (void) pthread_mutex_lock(&store->tail_lock);

        } else if (store->under != NULL || before == CONF_OK) {
            (void) pthread_cond_wait(&store->tail_below, &store->tail_lock);
            continue;
        }

        /* A writer may have been the one who succeeded. */

        if (rc != before && store->behind != NULL) {
            (void) pthread_mutex_unlock(&store->tail_lock);
            store->behind(rc);
            (void) pthread_mutex_lock(&store->tail_lock);
        }

        before = rc;

        if (rc != CONF_OK) {
            confd_take_pause(store);
        }
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    return NULL;
}


static bool
confd_take_due(const confd_store_t *store)
{
    return store->under != NULL
           && confd_tail_same(&store->under->n, &store->under->staged);
}


static void
confd_take_pause(confd_store_t *store)
{
    int              rc;
    struct timespec  until;

    (void) clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CONFD_TAKE_PAUSE;

    rc = 0;

    while (!store->stopping && store->under != NULL && rc == 0) {
        rc = pthread_cond_timedwait(&store->tail_below, &store->tail_lock,
                                    &until);
    }
}


static conf_rc_t
confd_take_alone(confd_store_t *store)
{
    conf_rc_t  rc;

    rc = confd_lmdb_own_taker(store);

    if (rc == CONF_OK) {
        rc = confd_take(store);
        confd_lmdb_disown(store);
    }

    return rc;
}


/*
 * What is below, when it is settled; the owner.  A writer that has waited here
 * after others have lost what it has seen will find that out.
 */

static conf_rc_t
confd_take(confd_store_t *store)
{
    conf_rc_t           rc;
    confd_txn_t        *txn;
    confd_tail_view_t   view;

    (void) pthread_mutex_lock(&store->tail_lock);

    while (store->under != NULL && !confd_take_due(store)) {
        (void) pthread_cond_wait(&store->tail_changed, &store->tail_lock);
    }

    memset(&view, 0, sizeof(confd_tail_view_t));

    if (store->under != NULL) {
        view.tail = store->under;
        view.seen = store->under->n;
        store->taking = true;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    if (view.tail == NULL) {
        return CONF_OK;
    }

    rc = confd_lmdb_begin_take(store, &txn);

    if (rc == CONF_OK) {
        rc = confd_tail_give(txn, &view);

        if (rc == CONF_OK) {
            rc = confd_lmdb_commit(txn);
        } else {
            confd_lmdb_abort(txn);
        }
    }

    (void) pthread_mutex_lock(&store->tail_lock);
    store->taking = false;
    (void) pthread_cond_broadcast(&store->tail_changed);
    (void) pthread_mutex_unlock(&store->tail_lock);

    return rc;
}
