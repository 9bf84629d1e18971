
/*
 * LMDB as the store: what it does not have yet, in memory.
 */

#include "confd_lmdb_tail.h"

#include <stdlib.h>


#define CONFD_TAIL_BLOCK  (256 * 1024)
#define CONFD_TAIL_HASH   0x9e3779b97f4a7c15


static confd_tail_t *confd_tail_create(void);
static void confd_tail_unref(confd_store_t *store, confd_tail_t *tail);
static void confd_tail_free(confd_tail_t *tail);
static void confd_tail_undo(confd_tail_t *tail);
static void confd_tail_clear(confd_tail_t *tail);
static conf_rc_t confd_tail_recover_record(confd_txn_t *txn,
    const confd_journal_item_t *item);
static uint32_t *confd_tail_slot(confd_tail_t *tail, uint64_t room);
static conf_rc_t confd_tail_room(confd_txn_t *txn, uint64_t id,
    confd_lmdb_head_t *head, confd_tail_room_t **room);
static bool confd_tail_ready(confd_store_t *store);
static bool confd_tail_same(const confd_tail_mark_t *a,
    const confd_tail_mark_t *b);
static bool confd_tail_empty(const confd_tail_mark_t *mark);
static int confd_tail_put(confd_store_t *store, const confd_tail_t *tail,
    const confd_tail_mark_t *from, const confd_tail_mark_t *to);
static void confd_tail_publish(confd_tail_t *tail,
    const confd_tail_mark_t *to);


conf_rc_t
confd_tail_open(confd_store_t *store, char *err, size_t errlen)
{
    int  rc;

    rc = confd_journal_open(&store->journal, store->path, !store->nosync);

    if (rc != 0) {
        return confd_lmdb_error(err, errlen, "cannot open the log's end in "
                                "\"%s\": %s", store->path, strerror(rc));
    }

    store->tail = confd_tail_create();

    return store->tail != NULL ? CONF_OK
           : confd_lmdb_error(err, errlen, "no memory for the store");
}


void
confd_tail_close(confd_store_t *store)
{
    confd_tail_free(store->tail);
    store->tail = NULL;

    confd_journal_close(&store->journal);
}


static confd_tail_t *
confd_tail_create(void)
{
    confd_tail_t  *tail;

    tail = calloc(1, sizeof(confd_tail_t));
    if (tail == NULL) {
        return NULL;
    }

    tail->refs = 1;

    tail->arena = conf_arena_create(CONFD_TAIL_BLOCK, 0);
    if (tail->arena == NULL) {
        free(tail);
        return NULL;
    }

    return tail;
}


static void
confd_tail_unref(confd_store_t *store, confd_tail_t *tail)
{
    bool  last;

    (void) pthread_mutex_lock(&store->tail_lock);
    last = (--tail->refs == 0);
    (void) pthread_mutex_unlock(&store->tail_lock);

    if (last) {
        confd_tail_free(tail);
    }
}


static void
confd_tail_free(confd_tail_t *tail)
{
    if (tail != NULL) {
        conf_arena_destroy(tail->arena);
        free(tail);
    }
}


conf_rc_t
confd_tail_recover(confd_txn_t *txn, uint64_t base)
{
    conf_rc_t              rc;
    confd_journal_item_t   item;
    confd_journal_iter_t   iter;

    rc = confd_lmdb_last_pos(txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_journal_begin(&iter, txn->store->path, txn->pos, base);

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

    return rc == CONF_DONE ? CONF_OK : rc;
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


void
confd_tail_enter(confd_txn_t *txn)
{
    confd_store_t  *store;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    if (store->tail != NULL && !confd_tail_empty(&store->tail->n)) {
        txn->tail = store->tail;
        txn->tail->refs++;
        txn->seen = txn->tail->n;
        txn->base = txn->tail->base;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);
}


void
confd_tail_entered(confd_txn_t *txn)
{
    if (txn->tail != NULL && txn->base != mdb_txn_id(txn->txn)) {
        confd_tail_leave(txn);
    }
}


void
confd_tail_write(confd_txn_t *txn)
{
    confd_store_t  *store;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    txn->lost = store->tail_lost;
    txn->tail = store->tail;

    if (txn->tail != NULL) {
        confd_tail_undo(txn->tail);
        txn->seen = txn->tail->staged;
        txn->from = txn->seen;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);
}


void
confd_tail_leave(confd_txn_t *txn)
{
    confd_store_t  *store;

    store = txn->store;

    if (txn->write && store->tail != NULL) {
        (void) pthread_mutex_lock(&store->tail_lock);
        confd_tail_undo(store->tail);
        (void) pthread_mutex_unlock(&store->tail_lock);

    } else if (txn->tail != NULL) {
        confd_tail_unref(store, txn->tail);
    }

    txn->tail = NULL;
    memset(&txn->seen, 0, sizeof(confd_tail_mark_t));
}


uint64_t
confd_tail_revs(confd_store_t *store, uint64_t base)
{
    uint64_t             revs;
    const confd_tail_t  *tail;

    (void) pthread_mutex_lock(&store->tail_lock);

    tail = store->tail;
    revs = tail != NULL && tail->base == base ? tail->n.revs : 0;

    (void) pthread_mutex_unlock(&store->tail_lock);

    return revs;
}


/* Forgets what was done and not staged; a writer, under the lock. */

static void
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


/* There is nothing in it that a snapshot could have. */

static void
confd_tail_clear(confd_tail_t *tail)
{
    while (tail->nrooms != 0) {
        *tail->rooms[--tail->nrooms].slot = 0;
    }

    memset(&tail->filled, 0, sizeof(confd_tail_mark_t));
    memset(tail->more, 0, sizeof(tail->more));
    tail->nkeys = 0;
    tail->bytes = 0;

    conf_arena_reset(tail->arena);
}


bool
confd_tail_head(confd_txn_t *txn, uint64_t id, confd_lmdb_head_t *head)
{
    uint64_t                    epoch;
    uint32_t                    n, slot;
    confd_tail_t               *tail;
    const confd_tail_room_t    *room;
    const confd_tail_record_t  *record;

    tail = txn->tail;

    if (tail == NULL || txn->seen.records == 0) {
        return false;
    }

    n = 0;
    epoch = 0;

    (void) pthread_mutex_lock(&txn->store->tail_lock);

    slot = *confd_tail_slot(tail, id);

    if (slot != 0) {
        room = &tail->rooms[slot - 1];
        n = txn->write ? room->newest : room->last;
        epoch = room->epoch;
    }

    (void) pthread_mutex_unlock(&txn->store->tail_lock);

    /* A snapshot goes back to what was there when it was taken. */

    while (n > txn->seen.records) {
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

    if (txn->seen.records == 0 || pos < txn->tail->first
        || pos - txn->tail->first >= txn->seen.records)
    {
        return NULL;
    }

    record = &txn->tail->records[pos - txn->tail->first];
    *room = txn->tail->rooms[record->room].id;

    return record;
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

    tail = txn->tail;

    if (tail == NULL || txn->seen.records == CONFD_TAIL_RECORDS
        || tail->bytes >= 2 * CONFD_TAIL_BYTES)
    {
        return CONF_DONE;
    }

    if (txn->seen.records == 0) {
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

    record = &tail->records[txn->seen.records++];
    record->seq = head.seq + 1;
    record->prev = head.pos;
    record->bytes.data = p;
    record->bytes.len = bytes.len;
    record->room = (uint32_t) (room - tail->rooms);

    room->newest = (uint32_t) txn->seen.records;

    tail->filled.records = txn->seen.records;
    tail->bytes += bytes.len;
    txn->pos = tail->first + txn->seen.records - 1;

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

    tail = txn->tail;
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


conf_rc_t
confd_tail_spill(confd_txn_t *txn)
{
    bool                        none;
    size_t                      i, n;
    conf_rc_t                   rc;
    confd_tail_t               *tail;
    confd_lmdb_head_t           head;
    confd_lmdb_place_t          place;
    const confd_tail_room_t    *room;
    const confd_tail_record_t  *record;

    tail = txn->tail;
    n = txn->seen.records;
    none = confd_tail_empty(&txn->seen);

    /*
     * From here on all is where it belongs.  Nothing of this transaction was in
     * LMDB before, so what it has got from there stays where it is.
     */

    txn->tail = NULL;
    memset(&txn->seen, 0, sizeof(confd_tail_mark_t));

    if (none) {
        return CONF_OK;
    }

    txn->dirty = true;
    txn->bytes += tail->bytes + n * sizeof(confd_lmdb_place_t);

    confd_lmdb_cursors_move(txn);

    rc = confd_edit_spill(txn, tail);

    for (i = 0; i < n && rc == CONF_OK; i++) {
        record = &tail->records[i];

        place.pos = tail->first + i;
        place.room = tail->rooms[record->room].id;
        place.seq = record->seq;
        place.prev = record->prev;

        rc = confd_lmdb_log_put(txn, &place, record->bytes);
    }

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


bool
confd_tail_takes(const confd_txn_t *txn)
{
    size_t               room;
    const confd_tail_t  *tail;

    tail = txn->tail;

    if (txn->dirty || tail == NULL) {
        return false;
    }

    /* Nothing is written, so there is only to wait for what was seen. */

    if (confd_tail_same(&txn->seen, &txn->from)) {
        return true;
    }

    if (txn->seen.records >= CONFD_TAIL_FLUSH
        || txn->seen.edits >= CONFD_TAIL_EDITING
        || tail->bytes >= CONFD_TAIL_BYTES)
    {
        return false;
    }

    /*
     * What it has must fit when all else is full: a head may cost a page, a
     * key the page it is in, one that this is split into, and one above.
     */

    room = tail->bytes * 2
           + (tail->nrooms + 3 * tail->nkeys) * txn->store->page;

    return room < txn->store->tail_room && confd_tail_ready(txn->store);
}


static bool
confd_tail_ready(confd_store_t *store)
{
    bool  ready;

    (void) pthread_mutex_lock(&store->tail_lock);
    ready = !store->tail_off;
    (void) pthread_mutex_unlock(&store->tail_lock);

    return ready;
}


conf_rc_t
confd_tail_stage(confd_txn_t *txn)
{
    conf_rc_t       rc;
    confd_tail_t   *tail;
    confd_store_t  *store;

    tail = txn->tail;
    store = txn->store;
    rc = CONF_OK;

    (void) pthread_mutex_lock(&store->tail_lock);

    if (store->tail_lost != txn->lost) {
        rc = store->tail_error;

    } else {

        /* The commit before the one that this transaction would be. */

        if (confd_tail_empty(&tail->staged)) {
            tail->base = mdb_txn_id(txn->txn) - 1;
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
    int                 failed;
    conf_rc_t           rc;
    confd_tail_t       *tail;
    confd_store_t      *store;
    confd_tail_mark_t   from, to;

    store = txn->store;

    (void) pthread_mutex_lock(&store->tail_lock);

    rc = store->tail_lost == txn->lost ? CONF_OK : store->tail_error;

    tail = store->tail;

    if (tail != NULL) {
        from = tail->n;
        to = tail->staged;
    }

    (void) pthread_mutex_unlock(&store->tail_lock);

    if (rc != CONF_OK || tail == NULL || confd_tail_same(&from, &to)) {
        return rc;
    }

    failed = confd_tail_put(store, tail, &from, &to);
    rc = confd_lmdb_rc(store, failed);

    (void) pthread_mutex_lock(&store->tail_lock);

    if (failed == 0) {
        confd_tail_publish(tail, &to);

    } else {
        tail->staged = tail->n;

        store->tail_lost++;
        store->tail_error = rc;
        store->tail_off = true;
    }

    (void) pthread_cond_broadcast(&store->tail_settled);
    (void) pthread_mutex_unlock(&store->tail_lock);

    return rc;
}


static bool
confd_tail_same(const confd_tail_mark_t *a, const confd_tail_mark_t *b)
{
    return a->records == b->records && a->edits == b->edits;
}


static bool
confd_tail_empty(const confd_tail_mark_t *mark)
{
    return mark->records == 0 && mark->edits == 0;
}


static int
confd_tail_put(confd_store_t *store, const confd_tail_t *tail,
    const confd_tail_mark_t *from, const confd_tail_mark_t *to)
{
    size_t                      i;
    confd_journal_t            *journal;
    confd_lmdb_place_t          place;
    const confd_edit_t         *edit;
    const confd_tail_record_t  *record;

    journal = &store->journal;

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

    while (store->tail_lost == txn->lost && store->tail != NULL
           && !confd_tail_same(&store->tail->n, &store->tail->staged))
    {
        (void) pthread_cond_wait(&store->tail_settled, &store->tail_lock);
    }

    rc = store->tail_lost == txn->lost ? CONF_OK : store->tail_error;

    (void) pthread_mutex_unlock(&store->tail_lock);

    return rc;
}


/* Without memory for another one all goes to LMDB at once. */

void
confd_tail_spilled(confd_store_t *store)
{
    confd_tail_t  *old, *tail;

    old = store->tail;
    tail = NULL;

    if (old == NULL || !confd_tail_empty(&old->n)) {
        tail = confd_tail_create();
    }

    (void) pthread_mutex_lock(&store->tail_lock);

    if (old != NULL && confd_tail_empty(&old->n)) {
        confd_tail_clear(old);

    } else {
        store->tail = tail;
    }

    store->tail_off = false;

    (void) pthread_mutex_unlock(&store->tail_lock);

    confd_journal_restart(&store->journal);

    if (store->tail != old && old != NULL) {
        confd_tail_unref(store, old);
    }
}


conf_rc_t
confd_tail_flush(confd_store_t *store)
{
    int           tries;
    bool          empty;
    conf_rc_t     rc;
    confd_txn_t  *txn;

    (void) pthread_mutex_lock(&store->tail_lock);
    empty = store->tail == NULL || confd_tail_empty(&store->tail->n);
    (void) pthread_mutex_unlock(&store->tail_lock);

    rc = CONF_OK;

    if (empty) {
        return rc;
    }

    /* A map that is full is larger the second time. */

    for (tries = 0; tries < 2; tries++) {
        rc = confd_lmdb_begin_flush(store, &txn);
        if (rc != CONF_OK) {
            continue;
        }

        rc = confd_tail_spill(txn);

        if (rc == CONF_OK) {
            rc = confd_lmdb_commit(txn);

        } else {
            confd_lmdb_abort(txn);
        }

        if (rc == CONF_OK) {
            break;
        }
    }

    return rc;
}
