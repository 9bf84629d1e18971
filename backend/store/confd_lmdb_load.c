
/*
 * LMDB as the store: what only restore and load do, putting numbers where
 * they were.
 */

#include "confd_lmdb.h"


conf_rc_t
confd_lmdb_last_id(confd_txn_t *txn, confd_space_e space, uint64_t *id)
{
    conf_rc_t    rc;
    confd_key_t  key;

    if (space == CONFD_SPACE_LOG) {
        rc = confd_lmdb_last_pos(txn);
        *id = txn->pos;
        return rc;
    }

    rc = confd_lmdb_meta_get(txn, confd_lmdb_id_name(&key, space), id);

    return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
}


conf_rc_t
confd_lmdb_set_id(confd_txn_t *txn, confd_space_e space, uint64_t id)
{
    uint64_t     last;
    conf_rc_t    rc;
    conf_str_t   name;
    confd_key_t  key;

    last = 0;
    rc = confd_lmdb_log_space(txn, space);

    if (rc == CONF_OK) {
        rc = confd_lmdb_last_id(txn, space, &last);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (id <= last) {
        return id == last ? CONF_OK : CONF_E_INVALID;
    }

    name = conf_str("log");

    if (space == CONFD_SPACE_LOG) {
        txn->pos = id;

    } else {
        name = confd_lmdb_id_name(&key, space);
    }

    return confd_lmdb_meta_put(txn, name, id);
}


conf_rc_t
confd_lmdb_log_load(confd_txn_t *txn, uint64_t room, uint64_t pos,
    uint64_t seq, conf_str_t record)
{
    conf_rc_t           rc;
    confd_lmdb_head_t   head;
    confd_lmdb_place_t  place;

    memset(&head, 0, sizeof(confd_lmdb_head_t));

    rc = confd_lmdb_write(txn, record.len + sizeof(place));

    if (rc == CONF_OK) {
        rc = confd_lmdb_log_space(txn, CONFD_SPACE_LOG);
    }

    if (rc == CONF_OK) {
        rc = confd_lmdb_last_pos(txn);
    }

    if (rc == CONF_OK) {
        rc = confd_lmdb_head_get(txn, room, &head);
    }

    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    if (pos <= txn->pos || seq <= head.seq
        || (head.seq != 0 && seq != head.seq + 1))
    {
        return CONF_E_INVALID;
    }

    place.pos = pos;
    place.room = room;
    place.seq = seq;
    place.prev = head.pos;

    head.seq = seq;
    head.pos = pos;

    txn->pos = pos;
    txn->dirty = true;

    rc = confd_lmdb_head_put(txn, room, &head);

    return rc == CONF_OK ? confd_lmdb_log_put(txn, &place, record) : rc;
}


conf_rc_t
confd_lmdb_log_set_head(confd_txn_t *txn, uint64_t room, uint64_t epoch,
    uint64_t seq)
{
    conf_rc_t          rc;
    confd_lmdb_head_t  head;

    memset(&head, 0, sizeof(confd_lmdb_head_t));

    rc = confd_lmdb_write(txn, sizeof(head));

    if (rc == CONF_OK) {
        rc = confd_lmdb_log_space(txn, CONFD_SPACE_HEAD);
    }

    if (rc == CONF_OK) {
        rc = confd_lmdb_head_get(txn, room, &head);
    }

    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    if (seq < head.seq) {
        return CONF_E_INVALID;
    }

    /* The newest records are no more: the chain ends before them. */

    if (seq > head.seq) {
        head.seq = seq;
        head.pos = 0;
    }

    head.epoch = epoch;

    return confd_lmdb_head_put(txn, room, &head);
}
