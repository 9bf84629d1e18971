
/*
 * LMDB as the store: cursors.
 */

#include "confd_lmdb_tail.h"

#include <stdlib.h>


/*
 * A cursor goes through LMDB's records and the tail's edits at once.  placed:
 * LMDB's is at the record that comes next, not at the one before.  They are
 * linked so that none outlives its transaction.
 */

struct confd_cursor_s {
    confd_cursor_t      *prev;
    confd_cursor_t      *next;
    confd_txn_t         *txn;
    confd_space_e        space;
    MDB_cursor          *cursor;
    const confd_edit_t  *edit;         /* that comes next, or NULL */
    size_t               prefix_len;
    size_t               at_len;
    bool                 backward;
    bool                 placed;
    bool                 done;         /* LMDB has no more */
    bool                 moved;        /* LMDB has got the edits: find at */
    bool                 after;        /* at was given, not only looked for */
    uint8_t              prefix[CONFD_KEY_MAX];
    uint8_t              at[CONFD_KEY_MAX];
};


static conf_rc_t confd_lmdb_seek(confd_cursor_t *cursor);
static conf_rc_t confd_lmdb_peek(confd_cursor_t *cursor, conf_str_t *key,
    conf_str_t *value);
static void confd_lmdb_at(confd_cursor_t *cursor, conf_str_t key, bool after);
static const confd_edit_t *confd_lmdb_near(const confd_cursor_t *cursor,
    conf_str_t from, bool after);
static int confd_lmdb_place(confd_cursor_t *cursor, conf_str_t from);
static int confd_lmdb_place_last(confd_cursor_t *cursor, conf_str_t from);


conf_rc_t
confd_lmdb_cursor(confd_txn_t *txn, confd_space_e space, conf_str_t prefix,
    conf_str_t from, bool backward, confd_cursor_t **cursor)
{
    int              rc;
    conf_rc_t        crc;
    confd_cursor_t  *c;

    *cursor = NULL;

    if (txn->rc != CONF_OK) {
        return txn->rc;
    }

    if (prefix.len > CONFD_KEY_MAX || from.len > CONFD_KEY_MAX) {
        txn->rc = CONF_E_INTERNAL;
        return txn->rc;
    }

    crc = confd_lmdb_log_space(txn, space);
    if (crc != CONF_OK) {
        return crc;
    }

    c = malloc(sizeof(confd_cursor_t));
    if (c == NULL) {
        txn->rc = CONF_E_NOMEM;
        return txn->rc;
    }

    rc = mdb_cursor_open(txn->txn, txn->store->dbi[space], &c->cursor);

    if (rc != 0) {
        free(c);
        return confd_lmdb_fail(txn, rc);
    }

    c->txn = txn;
    c->space = space;
    c->backward = backward;
    c->prefix_len = prefix.len;

    if (prefix.len != 0) {
        memcpy(c->prefix, prefix.data, prefix.len);
    }

    c->prev = NULL;
    c->next = txn->cursors;

    if (c->next != NULL) {
        c->next->prev = c;
    }

    txn->cursors = c;

    confd_lmdb_at(c, from, false);
    c->edit = confd_lmdb_near(c, from, false);

    crc = confd_lmdb_seek(c);

    if (crc != CONF_OK) {
        confd_lmdb_cursor_close(c);
        return crc;
    }

    *cursor = c;

    return CONF_OK;
}


/* The next of LMDB and of the edits; of both, the edit is newer. */

conf_rc_t
confd_lmdb_next(confd_cursor_t *cursor, conf_str_t *key, conf_str_t *value)
{
    int                  rc;
    conf_rc_t            crc;
    const confd_edit_t  *edit;

    if (cursor->txn->rc != CONF_OK) {
        return cursor->txn->rc;
    }

    for ( ;; ) {
        crc = confd_lmdb_peek(cursor, key, value);

        if (crc != CONF_OK && crc != CONF_DONE) {
            return crc;
        }

        edit = cursor->edit;

        if (edit == NULL) {
            rc = -1;

        } else if (crc == CONF_DONE) {
            rc = 1;

        } else {
            rc = confd_lmdb_compare(*key, edit->key);
            rc = cursor->backward ? -rc : rc;
        }

        if (rc < 0 && crc == CONF_DONE) {
            return CONF_DONE;
        }

        if (rc <= 0) {
            cursor->placed = false;
        }

        if (rc < 0) {
            break;
        }

        cursor->edit = confd_lmdb_near(cursor, edit->key, true);

        if (!edit->deleted) {
            *key = edit->key;
            *value = edit->value;
            break;
        }
    }

    if (cursor->txn->write) {
        confd_lmdb_at(cursor, *key, true);
    }

    return CONF_OK;
}


/* What LMDB has next, which stays the next. */

static conf_rc_t
confd_lmdb_peek(confd_cursor_t *cursor, conf_str_t *key, conf_str_t *value)
{
    int            rc;
    MDB_val        k, v;
    conf_rc_t      crc;
    MDB_cursor_op  op;

    if (cursor->moved) {
        crc = confd_lmdb_seek(cursor);
        if (crc != CONF_OK) {
            return crc;
        }
    }

    if (cursor->done) {
        return CONF_DONE;
    }

    op = cursor->backward ? MDB_PREV : MDB_NEXT;

    if (cursor->placed) {
        op = MDB_GET_CURRENT;
    }

    rc = mdb_cursor_get(cursor->cursor, &k, &v, op);

    if (rc == MDB_NOTFOUND
        || (rc == 0
            && (k.mv_size < cursor->prefix_len
                || memcmp(k.mv_data, cursor->prefix, cursor->prefix_len) != 0)))
    {
        cursor->done = true;
        return CONF_DONE;
    }

    if (rc != 0) {
        return confd_lmdb_fail(cursor->txn, rc);
    }

    cursor->placed = true;

    *key = confd_lmdb_str(k);
    *value = confd_lmdb_str(v);

    return CONF_OK;
}


/* LMDB's cursor to what comes next, or behind what was given. */

static conf_rc_t
confd_lmdb_seek(confd_cursor_t *cursor)
{
    int         rc;
    MDB_val     k, v;
    conf_str_t  at;

    at.data = cursor->at;
    at.len = cursor->at_len;

    rc = confd_lmdb_place(cursor, at);

    if (rc == 0 && cursor->after) {
        rc = mdb_cursor_get(cursor->cursor, &k, &v, MDB_GET_CURRENT);

        if (rc == 0 && conf_str_eq(confd_lmdb_str(k), at)) {
            rc = mdb_cursor_get(cursor->cursor, &k, &v,
                                cursor->backward ? MDB_PREV : MDB_NEXT);
        }
    }

    cursor->placed = true;
    cursor->moved = false;
    cursor->done = (rc == MDB_NOTFOUND);

    return cursor->done ? CONF_OK : confd_lmdb_fail(cursor->txn, rc);
}


static void
confd_lmdb_at(confd_cursor_t *cursor, conf_str_t key, bool after)
{
    cursor->after = after;
    cursor->moved = false;
    cursor->at_len = key.len;

    if (key.len != 0) {
        memcpy(cursor->at, key.data, key.len);
    }
}


static const confd_edit_t *
confd_lmdb_near(const confd_cursor_t *cursor, conf_str_t from, bool after)
{
    conf_str_t  prefix;

    prefix.data = cursor->prefix;
    prefix.len = cursor->prefix_len;

    return confd_edit_near(cursor->txn, cursor->space, prefix, from, after,
                           cursor->backward);
}


conf_rc_t
confd_lmdb_cursors_move(confd_txn_t *txn)
{
    int              rc;
    MDB_cursor      *moved;
    confd_cursor_t  *cursor;

    for (cursor = txn->cursors; cursor != NULL; cursor = cursor->next) {
        rc = mdb_cursor_open(txn->txn, txn->store->dbi[cursor->space], &moved);

        if (rc != 0) {
            return confd_lmdb_fail(txn, rc);
        }

        mdb_cursor_close(cursor->cursor);

        cursor->cursor = moved;
        cursor->edit = NULL;
        cursor->moved = true;
    }

    return CONF_OK;
}


void
confd_lmdb_cursor_close(confd_cursor_t *cursor)
{
    if (cursor->next != NULL) {
        cursor->next->prev = cursor->prev;
    }

    if (cursor->prev != NULL) {
        cursor->prev->next = cursor->next;

    } else {
        cursor->txn->cursors = cursor->next;
    }

    mdb_cursor_close(cursor->cursor);
    free(cursor);
}


/* To the first key that next may give; the prefix is checked there. */

static int
confd_lmdb_place(confd_cursor_t *cursor, conf_str_t from)
{
    MDB_val     key, value;
    conf_str_t  prefix, end;
    uint8_t     bytes[CONFD_KEY_MAX];

    prefix.data = cursor->prefix;
    prefix.len = cursor->prefix_len;

    if (!cursor->backward) {

        if (confd_lmdb_compare(from, prefix) < 0) {
            from = prefix;
        }

        key = confd_lmdb_val(from);

        return mdb_cursor_get(cursor->cursor, &key, &value,
                              from.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
    }

    end = confd_lmdb_successor(prefix, bytes);

    if (from.len != 0
        && (end.len == 0 || confd_lmdb_compare(from, end) < 0))
    {
        return confd_lmdb_place_last(cursor, from);
    }

    /* No key is equal to end and has the prefix, so next skips none. */

    if (end.len == 0) {
        return mdb_cursor_get(cursor->cursor, &key, &value, MDB_LAST);
    }

    key = confd_lmdb_val(end);

    if (mdb_cursor_get(cursor->cursor, &key, &value, MDB_SET_RANGE)
        == MDB_NOTFOUND)
    {
        return mdb_cursor_get(cursor->cursor, &key, &value, MDB_LAST);
    }

    return mdb_cursor_get(cursor->cursor, &key, &value, MDB_PREV);
}


/* To the last key <= from. */

static int
confd_lmdb_place_last(confd_cursor_t *cursor, conf_str_t from)
{
    int      rc;
    MDB_val  key, value;

    key = confd_lmdb_val(from);

    rc = mdb_cursor_get(cursor->cursor, &key, &value, MDB_SET_RANGE);

    if (rc == MDB_NOTFOUND) {
        return mdb_cursor_get(cursor->cursor, &key, &value, MDB_LAST);
    }

    if (rc == 0 && !conf_str_eq(confd_lmdb_str(key), from)) {
        return mdb_cursor_get(cursor->cursor, &key, &value, MDB_PREV);
    }

    return rc;
}


int
confd_lmdb_compare(conf_str_t a, conf_str_t b)
{
    int     rc;
    size_t  len;

    len = conf_min(a.len, b.len);
    rc = len == 0 ? 0 : memcmp(a.data, b.data, len);

    if (rc != 0) {
        return rc;
    }

    return a.len < b.len ? -1 : a.len > b.len;
}


conf_str_t
confd_lmdb_successor(conf_str_t prefix, uint8_t *bytes)
{
    conf_str_t  end;

    end.data = bytes;
    end.len = prefix.len;

    while (end.len != 0 && prefix.data[end.len - 1] == 0xff) {
        end.len--;
    }

    if (end.len != 0) {
        memcpy(bytes, prefix.data, end.len);
        bytes[end.len - 1]++;
    }

    return end;
}
