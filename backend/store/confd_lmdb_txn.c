
/*
 * LMDB as the store: transactions, records.
 */

#include "confd_lmdb_tail.h"
#include "confd_key.h"

#include <stdlib.h>


#define CONFD_LMDB_SLACK  (64 * 4096)     /* what a failed writer needs more */


/* Passes the gate. */

typedef conf_rc_t (*confd_lmdb_enter_pt)(confd_store_t *store);


static conf_rc_t confd_lmdb_start(confd_store_t *store,
    confd_lmdb_enter_pt enter, bool write, confd_txn_t **txn);
static conf_rc_t confd_lmdb_finish(confd_txn_t *txn);
static void confd_lmdb_close_cursors(confd_txn_t *txn);
static void confd_lmdb_leave(confd_txn_t *txn);
static void confd_lmdb_end(confd_txn_t *txn);


conf_rc_t
confd_lmdb_begin(confd_store_t *store, bool write, confd_txn_t **txn)
{
    return confd_lmdb_start(store, write ? confd_lmdb_enter_writer
                                         : confd_lmdb_enter_reader,
                            write, txn);
}


conf_rc_t
confd_lmdb_begin_flush(confd_store_t *store, confd_txn_t **txn)
{
    return confd_lmdb_start(store, confd_lmdb_enter_flush, true, txn);
}


static conf_rc_t
confd_lmdb_start(confd_store_t *store, confd_lmdb_enter_pt enter, bool write,
    confd_txn_t **txn)
{
    int           rc;
    conf_rc_t     entered;
    confd_txn_t  *t;

    *txn = NULL;

    t = calloc(1, sizeof(confd_txn_t));
    if (t == NULL) {
        return CONF_E_NOMEM;
    }

    entered = enter(store);

    if (entered != CONF_OK) {
        free(t);
        return entered;
    }

    t->store = store;
    t->write = write;
    t->flush = enter == confd_lmdb_enter_flush;

    if (t->write) {
        confd_tail_turn(store);

        t->read = store->reader;
        store->reader = NULL;
    }

    do {
        confd_tail_enter(t);

        rc = t->read != NULL
             ? mdb_txn_renew(t->read)
             : mdb_txn_begin(store->env, NULL, MDB_RDONLY, &t->read);
        t->txn = t->read;

    } while (rc == 0 && !confd_tail_entered(t));

    if (rc != 0) {
        confd_lmdb_end(t);
        return confd_lmdb_rc(store, rc);
    }

    *txn = t;

    return CONF_OK;
}


/* It has none, and no gate to leave: the owner is there already. */

conf_rc_t
confd_lmdb_begin_take(confd_store_t *store, confd_txn_t **txn)
{
    int           rc;
    confd_txn_t  *t;

    *txn = NULL;

    t = calloc(1, sizeof(confd_txn_t));
    if (t == NULL) {
        return CONF_E_NOMEM;
    }

    t->store = store;
    t->write = true;
    t->taker = true;

    rc = mdb_txn_begin(store->env, NULL, 0, &t->txn);

    if (rc != 0) {
        confd_lmdb_end(t);
        return confd_lmdb_rc(store, rc);
    }

    *txn = t;

    return CONF_OK;
}


conf_rc_t
confd_lmdb_upgrade(confd_txn_t *txn)
{
    int       rc;
    MDB_txn  *t;

    rc = mdb_txn_begin(txn->store->env, NULL, 0, &t);
    if (rc != 0) {
        return confd_lmdb_fail(txn, rc);
    }

    txn->txn = t;

    if (txn->found != NULL) {
        mdb_cursor_close(txn->found);
        txn->found = NULL;
    }

    return confd_lmdb_cursors_move(txn);
}


conf_rc_t
confd_lmdb_commit(confd_txn_t *txn)
{
    conf_rc_t  rc;

    if (!txn->write) {
        rc = txn->rc;
        confd_lmdb_abort(txn);
        return rc;
    }

    rc = confd_lmdb_stage(txn);

    return rc == CONF_OK ? confd_lmdb_settle(txn) : rc;
}


conf_rc_t
confd_lmdb_stage(confd_txn_t *txn)
{
    conf_rc_t  rc;

    rc = txn->rc;

    if (rc == CONF_OK && confd_tail_takes(txn)) {
        rc = confd_tail_stage(txn);

        if (rc == CONF_OK) {
            confd_lmdb_close_cursors(txn);
            confd_lmdb_leave(txn);

            return CONF_OK;
        }
    }

    if (rc == CONF_OK) {
        rc = confd_tail_spill(txn);
    }

    if (rc == CONF_OK && !txn->taker) {
        rc = confd_tail_drain(txn);
    }

    if (rc != CONF_OK) {
        confd_lmdb_abort(txn);
        return rc;
    }

    return confd_lmdb_finish(txn);
}


/* What LMDB has committed is settled already. */

conf_rc_t
confd_lmdb_settle(confd_txn_t *txn)
{
    conf_rc_t  rc;

    rc = txn->staged ? confd_tail_settle(txn) : CONF_OK;

    free(txn);

    return rc;
}


static conf_rc_t
confd_lmdb_finish(confd_txn_t *txn)
{
    int        rc;
    conf_rc_t  crc;

    confd_lmdb_close_cursors(txn);

    confd_tail_commits(txn);

    /* Frees LMDB's transaction, failed or not. */

    rc = mdb_txn_commit(txn->txn);
    txn->txn = txn->read;

    crc = confd_lmdb_fail(txn, rc);

    if (crc == CONF_OK && txn->taker) {
        confd_tail_taken(txn);

    } else if (crc == CONF_OK && txn->dirty) {
        confd_tail_spilled(txn);
    }

    if (crc != CONF_OK) {
        confd_lmdb_end(txn);
        return crc;
    }

    confd_lmdb_leave(txn);

    return CONF_OK;
}


void
confd_lmdb_abort(confd_txn_t *txn)
{
    confd_lmdb_close_cursors(txn);

    if (txn->txn != txn->read) {
        mdb_txn_abort(txn->txn);
    }

    confd_lmdb_end(txn);
}


static void
confd_lmdb_close_cursors(confd_txn_t *txn)
{
    while (txn->cursors != NULL) {
        confd_lmdb_cursor_close(txn->cursors);
    }

    if (txn->heads != NULL) {
        mdb_cursor_close(txn->heads);
    }

    if (txn->log != NULL) {
        mdb_cursor_close(txn->log);
    }

    if (txn->found != NULL) {
        mdb_cursor_close(txn->found);
    }
}


static void
confd_lmdb_end(confd_txn_t *txn)
{
    confd_lmdb_leave(txn);
    free(txn);
}


/* Others may write. */

static void
confd_lmdb_leave(confd_txn_t *txn)
{
    confd_tail_leave(txn);

    if (!txn->write) {
        mdb_txn_abort(txn->read);

    } else if (!txn->taker) {
        mdb_txn_reset(txn->read);
        txn->store->reader = txn->read;
    }

    if (txn->owns) {
        confd_lmdb_disown(txn->store);
    }

    if (txn->flush) {
        confd_lmdb_leave_flush(txn->store);

    } else if (!txn->write) {
        confd_lmdb_leave_reader(txn->store);

    } else if (!txn->taker) {
        confd_lmdb_leave_writer(txn->store);
    }
}


/*
 * A writer does not know yet whether it will be a commit of LMDB or one of the
 * tail; all that see it have this revision or a later one.
 */

uint64_t
confd_lmdb_rev(confd_txn_t *txn)
{
    return txn->rev + txn->write;
}


conf_rc_t
confd_lmdb_status(confd_txn_t *txn)
{
    return txn->rc;
}


bool
confd_lmdb_dirty(confd_txn_t *txn)
{
    return txn->dirty || txn->top.seen.edits != txn->from.edits;
}


bool
confd_lmdb_whole(confd_txn_t *txn)
{
    return !confd_tail_takes(txn);
}


conf_rc_t
confd_lmdb_fail(confd_txn_t *txn, int code)
{
    conf_rc_t  rc;

    rc = confd_lmdb_rc(txn->store, code);

    if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
        return rc;
    }

    if (code == MDB_MAP_FULL) {
        confd_lmdb_make(&txn->store->full, true);
        txn->store->need = txn->bytes * 2 + CONFD_LMDB_SLACK;
    }

    txn->rc = rc;

    return rc;
}


conf_rc_t
confd_lmdb_write(confd_txn_t *txn, size_t bytes)
{
    if (txn->rc != CONF_OK) {
        return txn->rc;
    }

    if (!txn->write) {
        txn->rc = CONF_E_INTERNAL;
        return txn->rc;
    }

    txn->bytes += bytes;

    return CONF_OK;
}


conf_rc_t
confd_lmdb_get(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    conf_str_t *value)
{
    int        rc;
    MDB_val    k, v;
    conf_rc_t  crc;

    value->len = 0;
    value->data = NULL;

    if (txn->rc != CONF_OK) {
        return txn->rc;
    }

    if (key.len == 0 || key.len > CONFD_KEY_MAX) {
        return CONF_E_NOT_FOUND;
    }

    crc = confd_edit_get(txn, space, key, value);
    if (crc != CONF_DONE) {
        return crc;
    }

    k = confd_lmdb_val(key);

    rc = mdb_get(txn->txn, txn->store->dbi[space], &k, &v);
    if (rc != 0) {
        return confd_lmdb_fail(txn, rc);
    }

    *value = confd_lmdb_str(v);

    return CONF_OK;
}


conf_rc_t
confd_lmdb_put(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    conf_str_t value)
{
    bool        existed;
    conf_rc_t   rc;
    conf_str_t  old;

    rc = confd_lmdb_write(txn, key.len + value.len);
    if (rc != CONF_OK) {
        return rc;
    }

    /* Keys that no get would find; and the log's spaces are the log's. */

    if (key.len == 0 || key.len > CONFD_KEY_MAX || confd_lmdb_is_log(space)) {
        txn->rc = CONF_E_INTERNAL;
        return txn->rc;
    }

    rc = confd_lmdb_get(txn, space, key, &old);
    existed = (rc == CONF_OK);

    if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
        rc = confd_edit_add(txn, space, key, &value, existed);
    }

    if (rc != CONF_DONE) {
        return rc;
    }

    rc = confd_tail_spill(txn);
    if (rc != CONF_OK) {
        return rc;
    }

    if (confd_lmdb_is(&txn->store->tight) && !existed) {
        txn->rc = CONF_E_STORE_FULL;
        return txn->rc;
    }

    return confd_lmdb_set(txn, space, key, value);
}


conf_rc_t
confd_lmdb_set(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    conf_str_t value)
{
    int      rc;
    MDB_dbi  dbi;
    MDB_val  k, v;

    txn->dirty = true;

    dbi = txn->store->dbi[space];
    k = confd_lmdb_val(key);
    v = confd_lmdb_val(value);

    /* Room ids grow: appended heads fill their pages, others split them. */

    rc = mdb_put(txn->txn, dbi, &k, &v,
                 space == CONFD_SPACE_HEAD ? MDB_APPEND : 0);

    if (rc == MDB_KEYEXIST) {
        rc = mdb_put(txn->txn, dbi, &k, &v, 0);
    }

    return confd_lmdb_fail(txn, rc);
}


conf_rc_t
confd_lmdb_del(confd_txn_t *txn, confd_space_e space, conf_str_t key)
{
    conf_rc_t   rc;
    conf_str_t  old;

    rc = confd_lmdb_write(txn, 0);
    if (rc != CONF_OK) {
        return rc;
    }

    if (key.len == 0 || key.len > CONFD_KEY_MAX) {
        return CONF_E_NOT_FOUND;
    }

    rc = confd_lmdb_log_space(txn, space);

    if (rc == CONF_OK) {
        rc = confd_lmdb_get(txn, space, key, &old);
    }

    if (rc == CONF_OK) {
        rc = confd_edit_add(txn, space, key, NULL, true);
    }

    if (rc == CONF_DONE) {
        rc = confd_tail_spill(txn);

    } else {
        return rc;
    }

    if (rc == CONF_OK && space == CONFD_SPACE_LOG) {
        rc = confd_lmdb_log_keep(txn);
    }

    return rc == CONF_OK ? confd_edit_apply(txn, space, key, NULL) : rc;
}


conf_rc_t
confd_lmdb_count(confd_txn_t *txn, confd_space_e space, uint64_t *n)
{
    MDB_stat   stat;
    conf_rc_t  rc;

    *n = 0;

    if (txn->rc != CONF_OK) {
        return txn->rc;
    }

    rc = confd_lmdb_fail(txn, mdb_stat(txn->txn, txn->store->dbi[space],
                                       &stat));
    if (rc == CONF_OK) {
        *n = stat.ms_entries;

        *n += (uint64_t) confd_edit_more(txn, space);

        if (space == CONFD_SPACE_LOG) {
            *n += confd_tail_records(txn);
        }
    }

    return rc;
}


conf_rc_t
confd_lmdb_next_id(confd_txn_t *txn, confd_space_e space, uint64_t *id)
{
    conf_rc_t    rc;
    confd_key_t  key;

    *id = 0;

    rc = confd_lmdb_meta_get(txn, confd_lmdb_id_name(&key, space), id);

    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    ++*id;

    return confd_lmdb_meta_put(txn, confd_key_str(&key), *id);
}


conf_str_t
confd_lmdb_id_name(confd_key_t *key, confd_space_e space)
{
    confd_key_init(key);
    confd_key_bytes(key, conf_str("id"));
    confd_key_u32(key, space);

    return confd_key_str(key);
}


conf_rc_t
confd_lmdb_meta_get(confd_txn_t *txn, conf_str_t name, uint64_t *n)
{
    conf_rc_t           rc;
    conf_str_t          value;
    confd_key_reader_t  r;

    *n = 0;

    rc = confd_lmdb_get(txn, CONFD_SPACE_META, name, &value);
    if (rc != CONF_OK) {
        return rc;
    }

    confd_key_read(&r, value);
    *n = confd_key_read_u64(&r);

    if (r.failed) {
        txn->rc = CONF_E_STORE_FAILED;
    }

    return txn->rc;
}


conf_rc_t
confd_lmdb_meta_put(confd_txn_t *txn, conf_str_t name, uint64_t n)
{
    confd_key_t  value;

    confd_key_init(&value);
    confd_key_u64(&value, n);

    return confd_lmdb_put(txn, CONFD_SPACE_META, name, confd_key_str(&value));
}


MDB_val
confd_lmdb_val(conf_str_t s)
{
    MDB_val    val;
    uintptr_t  p;

    p = (uintptr_t) s.data;

    val.mv_size = s.len;
    val.mv_data = (void *) p;

    return val;
}


conf_str_t
confd_lmdb_str(MDB_val val)
{
    conf_str_t  s;

    s.len = val.mv_size;
    s.data = val.mv_data;

    return s;
}
