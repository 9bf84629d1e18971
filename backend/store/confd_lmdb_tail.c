
/*
 * LMDB as the store: what it does not have yet, in memory.
 */

#include "confd_lmdb_tail.h"

#include <stdlib.h>


#define CONFD_TAIL_BLOCK  (256 * 1024)
#define CONFD_TAIL_HASH   0x9e3779b97f4a7c15


const char *const  confd_tail_files[2] = { "log.tail", "log.tail2" };


static void confd_tail_hold(confd_tail_view_t *view, confd_tail_t *tail,
    const confd_tail_mark_t *seen);
static void confd_tail_drop(confd_tail_view_t *view);
static void confd_tail_free(confd_tail_t *tail);
static void confd_tail_clear(confd_tail_t *tail);
static uint32_t *confd_tail_slot(confd_tail_t *tail, uint64_t room);
static bool confd_tail_view_head(confd_txn_t *txn,
    const confd_tail_view_t *view, uint64_t id, confd_lmdb_head_t *head);
static const confd_tail_record_t *confd_tail_view_get(
    const confd_tail_view_t *view, uint64_t pos, uint64_t *room);
static conf_rc_t confd_tail_room(confd_txn_t *txn, uint64_t id,
    confd_lmdb_head_t *head, confd_tail_room_t **room);


conf_rc_t
confd_tail_open(confd_store_t *store, char *err, size_t errlen)
{
    int     rc;
    size_t  i;

    for (i = 0; i < conf_nelts(store->journals); i++) {
        rc = confd_journal_open(&store->journals[i], store->path,
                                confd_tail_files[i], !store->nosync);

        if (rc != 0) {
            return confd_lmdb_error(err, errlen, "cannot open \"%s/%s\": %s",
                                    store->path, confd_tail_files[i],
                                    strerror(rc));
        }
    }

    store->tail = confd_tail_create(store, &store->journals[0]);

    return store->tail != NULL ? CONF_OK
           : confd_lmdb_error(err, errlen, "no memory for the store");
}


void
confd_tail_close(confd_store_t *store)
{
    size_t  i;

    confd_tail_free(store->tail);
    confd_tail_free(store->under);
    confd_tail_free(store->spare);

    store->tail = NULL;
    store->under = NULL;
    store->spare = NULL;

    for (i = 0; i < conf_nelts(store->journals); i++) {
        confd_journal_close(&store->journals[i]);
    }
}


confd_tail_t *
confd_tail_create(confd_store_t *store, confd_journal_t *journal)
{
    confd_tail_t  *tail;

    (void) pthread_mutex_lock(&store->tail_lock);

    tail = store->spare;
    store->spare = NULL;

    (void) pthread_mutex_unlock(&store->tail_lock);

    if (tail == NULL) {
        tail = calloc(1, sizeof(confd_tail_t));
        if (tail == NULL) {
            return NULL;
        }

        tail->arena = conf_arena_create(CONFD_TAIL_BLOCK, 0);
        if (tail->arena == NULL) {
            free(tail);
            return NULL;
        }
    }

    tail->refs = 1;
    tail->journal = journal;

    return tail;
}


void
confd_tail_unref(confd_store_t *store, confd_tail_t *tail)
{
    if (--tail->refs != 0) {
        return;
    }

    if (store->spare != NULL) {
        confd_tail_free(tail);
        return;
    }

    confd_tail_clear(tail);
    store->spare = tail;
}


static void
confd_tail_free(confd_tail_t *tail)
{
    if (tail != NULL) {
        conf_arena_destroy(tail->arena);
        free(tail);
    }
}


/* There is nothing in it that anybody has. */

static void
confd_tail_clear(confd_tail_t *tail)
{
    while (tail->nrooms != 0) {
        *tail->rooms[--tail->nrooms].slot = 0;
    }

    memset(&tail->n, 0, sizeof(confd_tail_mark_t));
    memset(&tail->staged, 0, sizeof(confd_tail_mark_t));
    memset(&tail->filled, 0, sizeof(confd_tail_mark_t));
    memset(tail->more, 0, sizeof(tail->more));
    tail->nkeys = 0;
    tail->bytes = 0;
    tail->off = false;

    conf_arena_reset(tail->arena);
}


/*
 * A snapshot sees what is settled, and the tail above one of which something
 * is not has nothing of that sort.  A writer's own tail needs no reference.
 */

void
confd_tail_enter(confd_txn_t *txn)
{
    confd_tail_t   *tail, *under;
    confd_store_t  *store;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    tail = store->tail;
    under = store->under;

    txn->lost = store->tail_lost;

    if (txn->write && tail != NULL) {
        confd_tail_undo(tail);

        txn->top.tail = tail;
        txn->top.seen = tail->staged;
        txn->from = tail->staged;

    } else if (tail != NULL && !confd_tail_empty(&tail->n)) {
        confd_tail_hold(&txn->top, tail, &tail->n);
        txn->base = tail->base;
    }

    if (under != NULL) {
        confd_tail_hold(&txn->under, under,
                        txn->write ? &under->staged : &under->n);
        txn->whole = confd_tail_same(&txn->under.seen, &under->staged);
    }

    (void) pthread_mutex_unlock(&store->tail_lock);
}


/*
 * What follows an earlier commit of LMDB than the one found is in that.
 *
 * LMDB has two places for what a commit is.  A reader that is slow enough
 * between looking for the number and for the rest finds there the rest of the
 * second next one.
 */

bool
confd_tail_entered(confd_txn_t *txn)
{
    uint64_t        id, committing;
    confd_store_t  *store;

    store = txn->store;
    id = mdb_txn_id(txn->txn);

    (void) pthread_mutex_lock(&store->tail_lock);
    committing = store->committing;
    (void) pthread_mutex_unlock(&store->tail_lock);

    if (committing > id + 1) {
        mdb_txn_reset(txn->read);
        confd_tail_leave(txn);
        return false;
    }

    if (txn->under.tail != NULL && txn->under.tail->base != id) {
        confd_tail_drop(&txn->under);
    }

    if (txn->under.tail != NULL) {
        txn->rev = id * CONFD_LMDB_REV + txn->under.seen.revs;

        if (!txn->whole) {
            return true;
        }

        id++;
    }

    if (!txn->write && txn->top.tail != NULL && txn->base != id) {
        confd_tail_drop(&txn->top);
    }

    txn->base = id;
    txn->rev = id * CONFD_LMDB_REV + txn->top.seen.revs;

    return true;
}


void
confd_tail_commits(confd_txn_t *txn)
{
    (void) pthread_mutex_lock(&txn->store->tail_lock);
    txn->store->committing = mdb_txn_id(txn->txn);
    (void) pthread_mutex_unlock(&txn->store->tail_lock);
}


static void
confd_tail_hold(confd_tail_view_t *view, confd_tail_t *tail,
    const confd_tail_mark_t *seen)
{
    tail->refs++;

    view->tail = tail;
    view->held = tail;
    view->seen = *seen;
}


static void
confd_tail_drop(confd_tail_view_t *view)
{
    view->tail = NULL;
    memset(&view->seen, 0, sizeof(confd_tail_mark_t));
}


void
confd_tail_leave(confd_txn_t *txn)
{
    confd_store_t  *store;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    if (txn->write && !txn->taker && store->tail != NULL) {
        confd_tail_undo(store->tail);
    }

    if (txn->top.held != NULL) {
        confd_tail_unref(store, txn->top.held);
    }

    if (txn->under.held != NULL) {
        confd_tail_unref(store, txn->under.held);
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    memset(&txn->top, 0, sizeof(confd_tail_view_t));
    memset(&txn->under, 0, sizeof(confd_tail_view_t));
}


uint64_t
confd_tail_rev(confd_store_t *store, uint64_t id)
{
    uint64_t             revs;
    const confd_tail_t  *tail, *under;

    revs = 0;

    (void) pthread_mutex_lock(&store->tail_lock);

    tail = store->tail;
    under = store->under;

    if (under != NULL && under->base == id) {
        if (confd_tail_same(&under->n, &under->staged)) {
            id++;
        } else {
            revs = under->n.revs;
        }
    }

    if (tail != NULL && !confd_tail_empty(&tail->n) && tail->base == id) {
        revs = tail->n.revs;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    return id * CONFD_LMDB_REV + revs;
}


void
confd_tail_undo(confd_tail_t *tail)
{
    const confd_tail_record_t  *record;

    confd_edit_undo(tail);

    while (tail->filled.records > tail->staged.records) {
        record = &tail->records[--tail->filled.records];

        tail->bytes -= record->bytes.len;
        tail->rooms[record->room].newest = record->prev < tail->first
            ? 0 : (uint32_t) (record->prev - tail->first) + 1;
    }
}


bool
confd_tail_head(confd_txn_t *txn, uint64_t id, confd_lmdb_head_t *head)
{
    return confd_tail_view_head(txn, &txn->top, id, head)
           || confd_tail_view_head(txn, &txn->under, id, head);
}


static bool
confd_tail_view_head(confd_txn_t *txn, const confd_tail_view_t *view,
    uint64_t id, confd_lmdb_head_t *head)
{
    uint64_t                    epoch;
    uint32_t                    n, slot;
    confd_tail_t               *tail;
    const confd_tail_room_t    *room;
    const confd_tail_record_t  *record;

    tail = view->tail;

    if (tail == NULL || view->seen.records == 0) {
        return false;
    }

    n = 0;
    epoch = 0;

    confd_tail_lock(txn, view);

    slot = *confd_tail_slot(tail, id);

    if (slot != 0) {
        room = &tail->rooms[slot - 1];
        n = txn->write ? room->newest : room->last;
        epoch = room->epoch;
    }

    confd_tail_unlock(txn, view);

    /* A snapshot goes back to what was there when it was taken. */

    while (n > view->seen.records) {
        record = &tail->records[n - 1];
        n = record->prev < tail->first
            ? 0 : (uint32_t) (record->prev - tail->first) + 1;
    }

    if (n == 0) {
        return false;
    }

    head->epoch = epoch;
    head->seq = tail->records[n - 1].seq;
    head->pos = tail->first + n - 1;

    return true;
}


const confd_tail_record_t *
confd_tail_get(const confd_txn_t *txn, uint64_t pos, uint64_t *room)
{
    const confd_tail_record_t  *record;

    record = confd_tail_view_get(&txn->top, pos, room);

    return record != NULL ? record
           : confd_tail_view_get(&txn->under, pos, room);
}


static const confd_tail_record_t *
confd_tail_view_get(const confd_tail_view_t *view, uint64_t pos,
    uint64_t *room)
{
    const confd_tail_t         *tail;
    const confd_tail_record_t  *record;

    tail = view->tail;

    if (view->seen.records == 0 || pos < tail->first
        || pos - tail->first >= view->seen.records)
    {
        return NULL;
    }

    record = &tail->records[pos - tail->first];
    *room = tail->rooms[record->room].id;

    return record;
}


size_t
confd_tail_records(const confd_txn_t *txn)
{
    return txn->top.seen.records + txn->under.seen.records;
}


uint64_t
confd_tail_last(const confd_txn_t *txn)
{
    const confd_tail_view_t  *view;

    view = txn->top.seen.records != 0 ? &txn->top : &txn->under;

    return view->tail->first + view->seen.records - 1;
}


conf_rc_t
confd_tail_append(confd_txn_t *txn, uint64_t id, conf_str_t bytes,
    uint64_t *pos, uint64_t *seq)
{
    uint8_t              *p;
    conf_rc_t             rc;
    confd_tail_t         *tail;
    confd_lmdb_head_t     head;
    confd_tail_room_t    *room;
    confd_tail_record_t  *record;

    tail = txn->top.tail;

    if (tail == NULL || txn->top.seen.records == CONFD_TAIL_RECORDS
        || tail->bytes >= 2 * CONFD_TAIL_BYTES)
    {
        return CONF_DONE;
    }

    if (txn->top.seen.records == 0) {
        rc = confd_lmdb_last_pos(txn);
        if (rc != CONF_OK) {
            return rc;
        }

        tail->first = txn->pos + 1;
    }

    rc = confd_tail_room(txn, id, &head, &room);
    if (rc != CONF_OK) {
        return rc;
    }

    p = conf_arena_dup(tail->arena, bytes.data, bytes.len);
    if (p == NULL) {
        return CONF_DONE;
    }

    record = &tail->records[txn->top.seen.records++];
    record->seq = head.seq + 1;
    record->prev = head.pos;
    record->bytes.data = p;
    record->bytes.len = bytes.len;
    record->room = (uint32_t) (room - tail->rooms);

    room->newest = (uint32_t) txn->top.seen.records;

    tail->filled.records = txn->top.seen.records;
    tail->bytes += bytes.len;
    txn->pos = tail->first + txn->top.seen.records - 1;

    *pos = txn->pos;
    *seq = record->seq;

    return CONF_OK;
}


/* The room and its head; CONF_DONE when no more rooms have a place. */

static conf_rc_t
confd_tail_room(confd_txn_t *txn, uint64_t id, confd_lmdb_head_t *head,
    confd_tail_room_t **room)
{
    uint32_t           n, *slot;
    conf_rc_t          rc;
    confd_tail_t      *tail;
    pthread_mutex_t   *lock;

    tail = txn->top.tail;
    lock = &txn->store->tail_lock;

    slot = confd_tail_slot(tail, id);

    if (*slot == 0 && tail->nrooms == CONFD_TAIL_RECORDS) {
        return CONF_DONE;
    }

    *room = &tail->rooms[*slot != 0 ? *slot - 1 : tail->nrooms];
    n = *slot != 0 ? (*room)->newest : 0;

    if (n != 0) {
        head->seq = tail->records[n - 1].seq;
        head->pos = tail->first + n - 1;
        return CONF_OK;
    }

    rc = confd_lmdb_head_get(txn, id, head);
    if (rc != CONF_OK) {
        return rc;
    }

    (void) pthread_mutex_lock(lock);

    if (*slot == 0) {
        *slot = (uint32_t) ++tail->nrooms;

        (*room)->id = id;
        (*room)->slot = slot;
        (*room)->last = 0;
        (*room)->newest = 0;
    }

    (*room)->epoch = head->epoch;

    (void) pthread_mutex_unlock(lock);

    return CONF_OK;
}


/* Where the room's number is or would be; never full. */

static uint32_t *
confd_tail_slot(confd_tail_t *tail, uint64_t room)
{
    size_t     i;
    uint32_t  *slot;

    i = (size_t) (room * CONFD_TAIL_HASH >> 40);

    for ( ;; ) {
        slot = &tail->slots[i++ % CONFD_TAIL_SLOTS];

        if (*slot == 0 || tail->rooms[*slot - 1].id == room) {
            return slot;
        }
    }
}


bool
confd_tail_same(const confd_tail_mark_t *a, const confd_tail_mark_t *b)
{
    return a->records == b->records && a->edits == b->edits;
}


bool
confd_tail_empty(const confd_tail_mark_t *mark)
{
    return mark->records == 0 && mark->edits == 0;
}


/*
 * A head may cost a page, a key the page it is in, one that this is split into,
 * and one above.
 */

size_t
confd_tail_cost(const confd_store_t *store, const confd_tail_t *tail)
{
    return tail == NULL ? 0
           : tail->bytes * 2 + (tail->nrooms + 3 * tail->nkeys) * store->page;
}


void
confd_tail_drop_under(confd_store_t *store)
{
    confd_journal_restart(store->under->journal);
    confd_tail_unref(store, store->under);

    store->under = NULL;
}
