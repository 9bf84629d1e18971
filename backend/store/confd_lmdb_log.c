
/*
 * LMDB as the store: the log of all rooms.
 *
 *     LOG        position -> {room, seq, position of the room's previous one}
 *                and the record; positions grow by one, over all rooms
 *     HEAD       room -> {epoch, seq, position} of its newest record
 *     LOG_INDEX  room, seq / 64 -> position, for every 64th seq
 *
 * To find a seq, start from the next indexed one above it (or the head) and
 * follow the links back: at most 63 steps.  Keys are big-endian, what is
 * stored is in the machine's own order, as is all of LMDB's file.
 */

#include "confd_lmdb_tail.h"
#include "confd_key.h"


#define CONFD_LMDB_STRIDE  64


typedef struct {
    uint64_t  room;
    uint64_t  seq;
    uint64_t  prev;       /* 0: the room's first */
} confd_lmdb_record_t;

/* A place in a room's chain; pos 0 is before its first. */

typedef struct {
    uint64_t  seq;
    uint64_t  pos;
} confd_lmdb_link_t;


static conf_rc_t confd_lmdb_log_find(confd_txn_t *txn, uint64_t pos,
    confd_lmdb_record_t *start, conf_str_t *record);
static void confd_lmdb_in_tail(confd_txn_t *txn, uint64_t room, uint64_t seq,
    uint64_t *pos);
static conf_rc_t confd_lmdb_step(confd_txn_t *txn, uint64_t room,
    confd_lmdb_link_t *place);
static conf_rc_t confd_lmdb_indexed(confd_txn_t *txn, uint64_t room,
    uint64_t n, uint64_t *pos);
static conf_rc_t confd_lmdb_anchor(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head, uint64_t n, confd_lmdb_link_t *place);


conf_rc_t
confd_lmdb_log_create(confd_txn_t *txn, uint64_t room, uint64_t epoch)
{
    conf_rc_t          crc;
    conf_str_t         value;
    confd_key_t        key;
    confd_lmdb_head_t  head;

    crc = confd_lmdb_head_get(txn, room, &head);

    if (crc != CONF_E_NOT_FOUND) {
        return crc == CONF_OK ? CONF_E_EXISTS : crc;
    }

    crc = confd_lmdb_write(txn, sizeof(head));
    if (crc != CONF_OK) {
        return crc;
    }

    if (confd_lmdb_is(&txn->store->tight)) {
        txn->rc = CONF_E_STORE_FULL;
        return txn->rc;
    }

    head.epoch = epoch;
    head.seq = 0;
    head.pos = 0;

    confd_key_init(&key);
    confd_key_u64(&key, room);

    value.data = (const uint8_t *) &head;
    value.len = sizeof(head);

    crc = confd_edit_add(txn, CONFD_SPACE_HEAD, confd_key_str(&key), &value,
                         false);

    if (crc != CONF_DONE) {
        return crc;
    }

    crc = confd_tail_spill(txn);

    return crc == CONF_OK ? confd_lmdb_head_put(txn, room, &head) : crc;
}


conf_rc_t
confd_lmdb_log_append(confd_txn_t *txn, uint64_t room, conf_str_t record,
    uint64_t *pos, uint64_t *seq)
{
    int                  rc;
    conf_rc_t            crc;
    confd_lmdb_head_t    head;
    confd_lmdb_place_t   place;

    *pos = 0;
    *seq = 0;

    crc = confd_lmdb_write(txn, record.len + sizeof(confd_lmdb_record_t));
    if (crc != CONF_OK) {
        return crc;
    }

    if (confd_lmdb_is(&txn->store->tight)) {
        txn->rc = CONF_E_STORE_FULL;
        return txn->rc;
    }

    crc = confd_tail_append(txn, room, record, pos, seq);

    if (crc == CONF_DONE) {
        crc = confd_tail_spill(txn);

        if (crc == CONF_OK) {
            crc = confd_lmdb_last_pos(txn);
        }

    } else {
        return crc;
    }

    if (crc != CONF_OK) {
        return crc;
    }

    rc = confd_lmdb_head_advance(txn, room, &head);
    if (rc != 0) {
        return confd_lmdb_fail(txn, rc);
    }

    place.pos = txn->pos;
    place.room = room;
    place.seq = head.seq;
    place.prev = head.pos;

    crc = confd_lmdb_log_put(txn, &place, record);
    if (crc != CONF_OK) {
        return crc;
    }

    *pos = place.pos;
    *seq = place.seq;

    return CONF_OK;
}


conf_rc_t
confd_lmdb_log_put(confd_txn_t *txn, const confd_lmdb_place_t *place,
    conf_str_t record)
{
    int                   rc;
    uint8_t              *p;
    MDB_val               k, v;
    uint64_t              pos;
    confd_key_t           key;
    confd_lmdb_record_t   start;

    pos = place->pos;
    start.room = place->room;
    start.seq = place->seq;
    start.prev = place->prev;

    confd_key_init(&key);
    confd_key_u64(&key, pos);

    k.mv_data = key.data;
    k.mv_size = key.len;
    v.mv_data = NULL;
    v.mv_size = sizeof(start) + record.len;

    rc = 0;

    if (txn->log == NULL) {
        rc = mdb_cursor_open(txn->txn, txn->store->dbi[CONFD_SPACE_LOG],
                             &txn->log);
    }

    if (rc == 0) {
        rc = mdb_cursor_put(txn->log, &k, &v, MDB_APPEND | MDB_RESERVE);
    }

    if (rc != 0) {
        return confd_lmdb_fail(txn, rc);
    }

    p = v.mv_data;
    memcpy(p, &start, sizeof(start));

    if (record.len != 0) {
        memcpy(p + sizeof(start), record.data, record.len);
    }

    if (start.seq % CONFD_LMDB_STRIDE == 0) {
        confd_key_init(&key);
        confd_key_u64(&key, start.room);
        confd_key_u64(&key, start.seq / CONFD_LMDB_STRIDE);

        k.mv_data = key.data;
        k.mv_size = key.len;
        v.mv_data = &pos;
        v.mv_size = sizeof(pos);

        rc = mdb_put(txn->txn, txn->store->dbi[CONFD_SPACE_LOG_INDEX], &k, &v,
                     0);
        if (rc != 0) {
            return confd_lmdb_fail(txn, rc);
        }
    }

    return CONF_OK;
}


/*
 * Looks up the last position that was given, once in a transaction: the last
 * record's, or what was noted when records were deleted.
 */

conf_rc_t
confd_lmdb_last_pos(confd_txn_t *txn)
{
    int                  rc;
    MDB_val              k, v;
    uint64_t             kept;
    conf_rc_t            crc;
    MDB_cursor          *cursor;
    conf_str_t           key;
    confd_key_reader_t   r;

    if (txn->pos != 0) {
        return CONF_OK;
    }

    crc = confd_lmdb_meta_get(txn, conf_str("log"), &kept);

    if (crc != CONF_OK && crc != CONF_E_NOT_FOUND) {
        return crc;
    }

    rc = mdb_cursor_open(txn->txn, txn->store->dbi[CONFD_SPACE_LOG], &cursor);
    if (rc != 0) {
        return confd_lmdb_fail(txn, rc);
    }

    rc = mdb_cursor_get(cursor, &k, &v, MDB_LAST);

    if (rc == 0) {
        key.data = k.mv_data;
        key.len = k.mv_size;

        confd_key_read(&r, key);
        txn->pos = confd_key_read_u64(&r);
    }

    mdb_cursor_close(cursor);

    txn->pos = conf_max(txn->pos, kept);

    if (confd_tail_records(txn) != 0) {
        txn->pos = confd_tail_last(txn);
    }

    crc = confd_lmdb_fail(txn, rc);

    return crc == CONF_E_NOT_FOUND ? CONF_OK : crc;
}


conf_rc_t
confd_lmdb_log_space(confd_txn_t *txn, confd_space_e space)
{
    if (!confd_lmdb_is_log(space)) {
        return CONF_OK;
    }

    if (txn->write) {
        return confd_tail_spill(txn);
    }

    if (confd_tail_records(txn) != 0) {
        txn->rc = CONF_E_INTERNAL;
    }

    return txn->rc;
}


bool
confd_lmdb_is_log(confd_space_e space)
{
    return space == CONFD_SPACE_HEAD || space == CONFD_SPACE_LOG
           || space == CONFD_SPACE_LOG_INDEX;
}


conf_rc_t
confd_lmdb_log_keep(confd_txn_t *txn)
{
    uint64_t   kept;
    conf_rc_t  rc;

    rc = confd_lmdb_last_pos(txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_lmdb_meta_get(txn, conf_str("log"), &kept);

    if (rc == CONF_OK && kept == txn->pos) {
        return CONF_OK;
    }

    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    return confd_lmdb_meta_put(txn, conf_str("log"), txn->pos);
}


conf_rc_t
confd_lmdb_log_get(confd_txn_t *txn, uint64_t pos, uint64_t *room,
    uint64_t *seq, conf_str_t *record)
{
    conf_rc_t                   rc;
    confd_lmdb_record_t         start;
    const confd_tail_record_t  *in_tail;

    *room = 0;
    *seq = 0;
    record->data = NULL;
    record->len = 0;

    in_tail = confd_tail_get(txn, pos, room);

    if (in_tail != NULL && txn->rc == CONF_OK) {
        *seq = in_tail->seq;
        *record = in_tail->bytes;
        return CONF_OK;
    }

    rc = confd_lmdb_log_find(txn, pos, &start, record);

    if (rc == CONF_OK) {
        *room = start.room;
        *seq = start.seq;
    }

    return rc;
}


/*
 * In LMDB.  Who reads a page, reads a room's neighbouring records: a cursor
 * that is there already needs no search from the root.
 */

static conf_rc_t
confd_lmdb_log_find(confd_txn_t *txn, uint64_t pos,
    confd_lmdb_record_t *start, conf_str_t *record)
{
    int          rc;
    MDB_val      k, v;
    confd_key_t  key;

    memset(start, 0, sizeof(confd_lmdb_record_t));

    if (txn->rc != CONF_OK) {
        return txn->rc;
    }

    if (txn->found == NULL) {
        rc = mdb_cursor_open(txn->txn, txn->store->dbi[CONFD_SPACE_LOG],
                             &txn->found);
        if (rc != 0) {
            return confd_lmdb_fail(txn, rc);
        }
    }

    confd_key_init(&key);
    confd_key_u64(&key, pos);

    k.mv_data = key.data;
    k.mv_size = key.len;

    rc = mdb_cursor_get(txn->found, &k, &v, MDB_SET);
    if (rc != 0) {
        return confd_lmdb_fail(txn, rc);
    }

    if (v.mv_size < sizeof(confd_lmdb_record_t)) {
        return confd_lmdb_fail(txn, MDB_CORRUPTED);
    }

    *record = confd_lmdb_str(v);

    memcpy(start, record->data, sizeof(confd_lmdb_record_t));

    record->data += sizeof(confd_lmdb_record_t);
    record->len -= sizeof(confd_lmdb_record_t);

    return CONF_OK;
}


conf_rc_t
confd_lmdb_log_range(confd_txn_t *txn, uint64_t room, uint64_t first,
    size_t n, uint64_t *pos, size_t *got)
{
    size_t              i;
    uint64_t            last;
    conf_rc_t           rc;
    confd_lmdb_head_t   head;
    confd_lmdb_link_t   at;

    *got = 0;

    rc = confd_lmdb_head_get(txn, room, &head);
    if (rc != CONF_OK) {
        return rc;
    }

    if (first == 0 && n != 0) {
        first = 1;
        n--;
    }

    if (n == 0 || first > head.seq) {
        return CONF_OK;
    }

    last = n - 1 < head.seq - first ? first + n - 1 : head.seq;
    n = (size_t) (last - first + 1);

    rc = confd_lmdb_anchor(txn, room, &head,
                           (last - 1) / CONFD_LMDB_STRIDE + 1, &at);

    while (rc == CONF_OK && at.pos != 0 && at.seq > last) {
        rc = confd_lmdb_step(txn, room, &at);
    }

    for (i = n; rc == CONF_OK && at.pos != 0 && i != 0; /* void */) {
        pos[--i] = at.pos;

        if (i != 0) {
            rc = confd_lmdb_step(txn, room, &at);
        }
    }

    if (rc != CONF_OK) {
        return rc;
    }

    /* The oldest may have been deleted: then the rest moves to the front. */

    *got = n - i;

    if (i != 0 && *got != 0) {
        memmove(pos, pos + i, *got * sizeof(uint64_t));
    }

    return CONF_OK;
}


conf_rc_t
confd_lmdb_log_seq_before(confd_txn_t *txn, uint64_t room, uint64_t pos,
    uint64_t *seq)
{
    uint64_t            low, high, middle, found;
    conf_rc_t           rc;
    confd_lmdb_head_t   head;
    confd_lmdb_link_t   at;

    *seq = 0;

    rc = confd_lmdb_head_get(txn, room, &head);
    if (rc != CONF_OK) {
        return rc;
    }

    if (head.pos < pos) {
        *seq = head.seq;
        return CONF_OK;
    }

    /* The first indexed record that is not before pos; past all: the head. */

    low = 1;
    high = head.seq / CONFD_LMDB_STRIDE + 1;

    while (low < high) {
        middle = low + (high - low) / 2;

        rc = confd_lmdb_indexed(txn, room, middle, &found);
        if (rc != CONF_OK) {
            return rc;
        }

        if (found < pos) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    rc = confd_lmdb_anchor(txn, room, &head, low, &at);

    while (rc == CONF_OK && at.pos != 0 && at.pos >= pos) {
        rc = confd_lmdb_step(txn, room, &at);
    }

    if (rc == CONF_OK && at.pos != 0) {
        *seq = at.seq;
    }

    return rc;
}


/* Where the n-th indexed record is, or the head when there are fewer. */

static conf_rc_t
confd_lmdb_anchor(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head, uint64_t n, confd_lmdb_link_t *place)
{
    if (n > head->seq / CONFD_LMDB_STRIDE) {
        place->seq = head->seq;
        place->pos = head->pos;
        return CONF_OK;
    }

    place->seq = n * CONFD_LMDB_STRIDE;

    return confd_lmdb_indexed(txn, room, n, &place->pos);
}


/* Its position; 0 when its index entry was deleted. */

static conf_rc_t
confd_lmdb_indexed(confd_txn_t *txn, uint64_t room, uint64_t n, uint64_t *pos)
{
    conf_rc_t    rc;
    conf_str_t   value;
    confd_key_t  key;

    *pos = 0;

    confd_key_init(&key);
    confd_key_u64(&key, room);
    confd_key_u64(&key, n);

    rc = confd_lmdb_get(txn, CONFD_SPACE_LOG_INDEX, confd_key_str(&key),
                        &value);

    if (rc == CONF_E_NOT_FOUND) {
        confd_lmdb_in_tail(txn, room, n * CONFD_LMDB_STRIDE, pos);
        return CONF_OK;
    }

    if (rc == CONF_OK && value.len != sizeof(uint64_t)) {
        rc = confd_lmdb_fail(txn, MDB_CORRUPTED);
    }

    if (rc == CONF_OK) {
        memcpy(pos, value.data, sizeof(uint64_t));
    }

    return rc;
}


/* Where the tail has it; else *pos stays. */

static void
confd_lmdb_in_tail(confd_txn_t *txn, uint64_t room, uint64_t seq,
    uint64_t *pos)
{
    uint64_t                    at, id;
    confd_lmdb_head_t           head;
    const confd_tail_record_t  *record;

    if (!confd_tail_head(txn, room, &head)) {
        return;
    }

    at = head.pos;

    for ( ;; ) {
        record = confd_tail_get(txn, at, &id);

        if (record == NULL || record->seq < seq) {
            return;
        }

        if (record->seq == seq) {
            *pos = at;
            return;
        }

        at = record->prev;
    }
}


/* One back along the chain; a record that was deleted ends it. */

static conf_rc_t
confd_lmdb_step(confd_txn_t *txn, uint64_t room, confd_lmdb_link_t *place)
{
    uint64_t                    id;
    conf_rc_t                   rc;
    conf_str_t                  record;
    confd_lmdb_record_t         start;
    const confd_tail_record_t  *in_tail;

    in_tail = confd_tail_get(txn, place->pos, &id);

    if (in_tail != NULL) {
        place->seq--;
        place->pos = in_tail->prev;
        return CONF_OK;
    }

    rc = confd_lmdb_log_find(txn, place->pos, &start, &record);

    place->seq--;
    place->pos = 0;

    if (rc == CONF_E_NOT_FOUND) {
        return CONF_OK;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (start.room != room || start.seq != place->seq + 1) {
        return confd_lmdb_fail(txn, MDB_CORRUPTED);
    }

    place->pos = start.prev;

    return CONF_OK;
}
