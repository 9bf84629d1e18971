
/*
 * LMDB as the store: the heads of rooms' logs.
 */

#include "confd_lmdb_tail.h"
#include "confd_key.h"


static int confd_lmdb_head_find(confd_txn_t *txn, uint64_t room,
    confd_lmdb_head_t *head);
static int confd_lmdb_head_set(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head);


conf_rc_t
confd_lmdb_head_put(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head)
{
    conf_str_t         value;
    confd_key_t        key;
    confd_lmdb_head_t  record;

    confd_key_init(&key);
    confd_key_u64(&key, room);

    record = *head;
    value.data = (const uint8_t *) &record;
    value.len = sizeof(record);

    return confd_lmdb_set(txn, CONFD_SPACE_HEAD, confd_key_str(&key), value);
}


conf_rc_t
confd_lmdb_log_head(confd_txn_t *txn, uint64_t room, uint64_t *epoch,
    uint64_t *seq)
{
    conf_rc_t          rc;
    confd_lmdb_head_t  head;

    rc = confd_lmdb_head_get(txn, room, &head);

    *epoch = head.epoch;
    *seq = head.seq;

    return rc;
}


conf_rc_t
confd_lmdb_head_get(confd_txn_t *txn, uint64_t room, confd_lmdb_head_t *head)
{
    conf_rc_t    rc;
    conf_str_t   value;
    confd_key_t  key;

    memset(head, 0, sizeof(confd_lmdb_head_t));

    if (txn->rc == CONF_OK && confd_tail_head(txn, room, head)) {
        return CONF_OK;
    }

    confd_key_init(&key);
    confd_key_u64(&key, room);

    rc = confd_lmdb_get(txn, CONFD_SPACE_HEAD, confd_key_str(&key), &value);
    if (rc != CONF_OK) {
        return rc;
    }

    if (value.len != sizeof(confd_lmdb_head_t)) {
        return confd_lmdb_fail(txn, MDB_CORRUPTED);
    }

    memcpy(head, value.data, sizeof(confd_lmdb_head_t));

    return CONF_OK;
}


int
confd_lmdb_head_advance(confd_txn_t *txn, uint64_t room,
    confd_lmdb_head_t *head)
{
    int                rc;
    confd_lmdb_head_t  next;

    rc = confd_lmdb_head_find(txn, room, &next);
    if (rc != 0) {
        return rc;
    }

    next.seq++;
    head->epoch = next.epoch;
    head->seq = next.seq;
    head->pos = next.pos;

    txn->pos++;
    next.pos = txn->pos;

    return confd_lmdb_head_set(txn, room, &next);
}


conf_rc_t
confd_lmdb_head_move(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head)
{
    int                rc;
    confd_lmdb_head_t  old;

    rc = confd_lmdb_head_find(txn, room, &old);

    if (rc == 0) {
        rc = confd_lmdb_head_set(txn, room, head);
    }

    return confd_lmdb_fail(txn, rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc);
}


/* Brings the cursor to the room's head. */

static int
confd_lmdb_head_find(confd_txn_t *txn, uint64_t room, confd_lmdb_head_t *head)
{
    int          rc;
    MDB_val      k, v;
    confd_key_t  key;

    if (txn->heads == NULL) {
        rc = mdb_cursor_open(txn->txn, txn->store->dbi[CONFD_SPACE_HEAD],
                             &txn->heads);
        if (rc != 0) {
            return rc;
        }
    }

    confd_key_init(&key);
    confd_key_u64(&key, room);

    k.mv_data = key.data;
    k.mv_size = key.len;

    rc = mdb_cursor_get(txn->heads, &k, &v, MDB_SET);
    if (rc != 0) {
        return rc;
    }

    if (v.mv_size != sizeof(confd_lmdb_head_t)) {
        return MDB_CORRUPTED;
    }

    memcpy(head, v.mv_data, sizeof(confd_lmdb_head_t));

    return 0;
}


/* Where the cursor is, which is at this room. */

static int
confd_lmdb_head_set(confd_txn_t *txn, uint64_t room,
    const confd_lmdb_head_t *head)
{
    MDB_val            k, v;
    confd_key_t        key;
    confd_lmdb_head_t  record;

    confd_key_init(&key);
    confd_key_u64(&key, room);

    record = *head;

    k.mv_data = key.data;
    k.mv_size = key.len;
    v.mv_data = &record;
    v.mv_size = sizeof(record);

    txn->dirty = true;

    return mdb_cursor_put(txn->heads, &k, &v, MDB_CURRENT);
}
