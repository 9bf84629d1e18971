
/*
 * LMDB as the store: what was put and deleted since its last commit.
 *
 * Edits are few, so the newest one of each key has its place in an array that
 * is kept in order.  A snapshot that is older goes from there to the edit that
 * it sees, if there is one.
 */

#include "confd_lmdb_tail.h"


#define CONFD_EDIT_MAX  65536     /* bytes; what is larger costs pages anyway */


static const confd_edit_t *confd_edit_view_get(const confd_txn_t *txn,
    const confd_tail_view_t *view, confd_space_e space, conf_str_t key);
static const confd_edit_t *confd_edit_view_near(const confd_txn_t *txn,
    const confd_tail_view_t *view, confd_space_e space, conf_str_t prefix,
    conf_str_t from, bool after, bool backward);
static int64_t confd_edit_view_more(const confd_txn_t *txn,
    const confd_tail_view_t *view, confd_space_e space);
static const confd_edit_t *confd_edit_seen(const confd_tail_view_t *view,
    uint32_t i);
static size_t confd_edit_find(const confd_tail_t *tail, confd_space_e space,
    conf_str_t key, bool *found);
static size_t confd_edit_end(const confd_tail_t *tail, confd_space_e space,
    conf_str_t prefix);
static bool confd_edit_of(const confd_tail_t *tail, size_t i,
    confd_space_e space, conf_str_t prefix);


conf_rc_t
confd_edit_get(const confd_txn_t *txn, confd_space_e space, conf_str_t key,
    conf_str_t *value)
{
    const confd_edit_t  *edit;

    if (space == CONFD_SPACE_LOG) {
        return CONF_DONE;
    }

    edit = confd_edit_view_get(txn, &txn->top, space, key);

    if (edit == NULL) {
        edit = confd_edit_view_get(txn, &txn->under, space, key);
    }

    if (edit == NULL) {
        return CONF_DONE;
    }

    *value = edit->value;

    return edit->deleted ? CONF_E_NOT_FOUND : CONF_OK;
}


static const confd_edit_t *
confd_edit_view_get(const confd_txn_t *txn, const confd_tail_view_t *view,
    confd_space_e space, conf_str_t key)
{
    bool                 found;
    size_t               i;
    const confd_edit_t  *edit;

    if (view->seen.edits == 0) {
        return NULL;
    }

    confd_tail_lock(txn, view);

    i = confd_edit_find(view->tail, space, key, &found);
    edit = found ? confd_edit_seen(view, view->tail->order[i]) : NULL;

    confd_tail_unlock(txn, view);

    return edit;
}


/* The newest of the key's edits that the transaction sees. */

static const confd_edit_t *
confd_edit_seen(const confd_tail_view_t *view, uint32_t i)
{
    const confd_edit_t  *edit;

    for ( ;; ) {
        edit = &view->tail->edits[i];

        if (i < view->seen.edits) {
            return edit;
        }

        if (edit->older == 0) {
            return NULL;
        }

        i = edit->older - 1;
    }
}


/* Where the key is, or would be.  Under the lock; the writer needs none. */

static size_t
confd_edit_find(const confd_tail_t *tail, confd_space_e space, conf_str_t key,
    bool *found)
{
    int                  rc;
    size_t               low, high, middle;
    const confd_edit_t  *edit;

    *found = false;

    low = 0;
    high = tail->nkeys;

    while (low < high) {
        middle = low + (high - low) / 2;
        edit = &tail->edits[tail->order[middle]];

        rc = edit->space - (int) space;

        if (rc == 0) {
            rc = confd_lmdb_compare(edit->key, key);
        }

        if (rc == 0) {
            *found = true;
            return middle;
        }

        if (rc < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }

    return low;
}


/* The nearer one; of a key's two, the one above. */

const confd_edit_t *
confd_edit_near(const confd_txn_t *txn, confd_space_e space,
    conf_str_t prefix, conf_str_t from, bool after, bool backward)
{
    int                  rc;
    const confd_edit_t  *top, *under;

    top = confd_edit_view_near(txn, &txn->top, space, prefix, from, after,
                               backward);
    under = confd_edit_view_near(txn, &txn->under, space, prefix, from, after,
                                 backward);

    if (top == NULL || under == NULL) {
        return top != NULL ? top : under;
    }

    rc = confd_lmdb_compare(top->key, under->key);

    return (backward ? -rc : rc) <= 0 ? top : under;
}


static const confd_edit_t *
confd_edit_view_near(const confd_txn_t *txn, const confd_tail_view_t *view,
    confd_space_e space, conf_str_t prefix, conf_str_t from, bool after,
    bool backward)
{
    bool                 found;
    size_t               i, end;
    confd_tail_t        *tail;
    const confd_edit_t  *edit;

    tail = view->tail;

    if (view->seen.edits == 0) {
        return NULL;
    }

    edit = NULL;

    confd_tail_lock(txn, view);

    if (!backward) {
        i = confd_edit_find(tail, space,
                            confd_lmdb_compare(from, prefix) < 0 ? prefix
                                                                 : from,
                            &found);
        i += found && after;

        while (edit == NULL && confd_edit_of(tail, i, space, prefix)) {
            edit = confd_edit_seen(view, tail->order[i++]);
        }

    } else {

        /* The one before i comes next. */

        end = confd_edit_end(tail, space, prefix);
        i = end;

        if (from.len != 0) {
            i = confd_edit_find(tail, space, from, &found);
            i += found && !after;
            i = conf_min(i, end);
        }

        while (edit == NULL && i != 0
               && confd_edit_of(tail, i - 1, space, prefix))
        {
            edit = confd_edit_seen(view, tail->order[--i]);
        }
    }

    confd_tail_unlock(txn, view);

    return edit;
}


/* Behind the last key with the prefix. */

static size_t
confd_edit_end(const confd_tail_t *tail, confd_space_e space,
    conf_str_t prefix)
{
    bool        found;
    uint8_t     bytes[CONFD_KEY_MAX];
    conf_str_t  end;

    end = confd_lmdb_successor(prefix, bytes);

    return confd_edit_find(tail, end.len != 0 ? space : space + 1, end,
                           &found);
}


static bool
confd_edit_of(const confd_tail_t *tail, size_t i, confd_space_e space,
    conf_str_t prefix)
{
    const confd_edit_t  *edit;

    if (i >= tail->nkeys) {
        return false;
    }

    edit = &tail->edits[tail->order[i]];

    return edit->space == space && edit->key.len >= prefix.len
           && (prefix.len == 0
               || memcmp(edit->key.data, prefix.data, prefix.len) == 0);
}


int64_t
confd_edit_more(const confd_txn_t *txn, confd_space_e space)
{
    return confd_edit_view_more(txn, &txn->top, space)
           + confd_edit_view_more(txn, &txn->under, space);
}


static int64_t
confd_edit_view_more(const confd_txn_t *txn, const confd_tail_view_t *view,
    confd_space_e space)
{
    size_t               i;
    int64_t              more;
    const confd_edit_t  *edit;

    if (view->seen.edits == 0) {
        return 0;
    }

    /* A writer sees all of them; who settles may forget some. */

    if (txn->write) {
        confd_tail_lock(txn, view);
        more = view->tail->more[space];
        confd_tail_unlock(txn, view);

        return more;
    }

    more = 0;

    for (i = 0; i < view->seen.edits; i++) {
        edit = &view->tail->edits[i];
        more += edit->space == space ? edit->more : 0;
    }

    return more;
}


conf_rc_t
confd_edit_add(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    const conf_str_t *value, bool existed)
{
    bool           found;
    size_t         i, len;
    uint8_t       *p;
    uint32_t       n;
    confd_edit_t  *edit;
    confd_tail_t  *tail;

    tail = txn->top.tail;

    if (tail == NULL || confd_lmdb_is(&txn->store->tight)) {
        return CONF_DONE;
    }

    n = (uint32_t) txn->top.seen.edits;
    len = key.len + (value != NULL ? value->len : 0);

    if (n == CONFD_TAIL_EDITS || tail->bytes >= 2 * CONFD_TAIL_BYTES
        || len > CONFD_EDIT_MAX)
    {
        return CONF_DONE;
    }

    p = conf_arena_alloc(tail->arena, len);
    if (p == NULL) {
        return CONF_DONE;
    }

    edit = &tail->edits[n];
    edit->space = (uint8_t) space;
    edit->deleted = (value == NULL);
    edit->more = (int8_t) (!edit->deleted - existed);

    memcpy(p, key.data, key.len);
    edit->key.data = p;
    edit->key.len = key.len;

    edit->value.data = p + key.len;
    edit->value.len = len - key.len;

    if (edit->value.len != 0) {
        memcpy(p + key.len, value->data, value->len);
    }

    i = confd_edit_find(tail, space, key, &found);

    (void) pthread_mutex_lock(&txn->store->tail_lock);

    if (found) {
        edit->older = tail->order[i] + 1;

    } else {
        edit->older = 0;

        memmove(&tail->order[i + 1], &tail->order[i],
                (tail->nkeys - i) * sizeof(uint32_t));
        tail->nkeys++;
    }

    tail->order[i] = n;

    (void) pthread_mutex_unlock(&txn->store->tail_lock);

    tail->bytes += len;
    tail->more[space] += edit->more;
    tail->filled.edits = ++txn->top.seen.edits;

    return CONF_OK;
}


void
confd_edit_undo(confd_tail_t *tail)
{
    bool                 found;
    size_t               i;
    const confd_edit_t  *edit;

    while (tail->filled.edits > tail->staged.edits) {
        edit = &tail->edits[--tail->filled.edits];

        tail->bytes -= edit->key.len + edit->value.len;
        tail->more[edit->space] -= edit->more;

        i = confd_edit_find(tail, edit->space, edit->key, &found);

        if (edit->older != 0) {
            tail->order[i] = edit->older - 1;
            continue;
        }

        tail->nkeys--;
        memmove(&tail->order[i], &tail->order[i + 1],
                (tail->nkeys - i) * sizeof(uint32_t));
    }
}


/*
 * In their order, so that neighbours are written into one page.  When they
 * leave nothing LMDB would make no commit of it, and revisions would be given
 * twice: so something is written in any case.
 */

conf_rc_t
confd_edit_spill(confd_txn_t *txn, const confd_tail_t *tail)
{
    size_t               i;
    conf_rc_t            rc;
    const confd_edit_t  *edit;

    rc = tail->nkeys == 0 ? CONF_OK
         : confd_lmdb_meta_put(txn, conf_str("schema"), CONFD_LMDB_SCHEMA);

    for (i = 0; i < tail->nkeys && rc == CONF_OK; i++) {
        edit = &tail->edits[tail->order[i]];

        rc = confd_edit_apply(txn, edit->space, edit->key,
                              edit->deleted ? NULL : &edit->value);
    }

    return rc;
}


conf_rc_t
confd_edit_apply(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    const conf_str_t *value)
{
    int      rc;
    MDB_val  k;

    if (value != NULL) {
        return confd_lmdb_set(txn, space, key, *value);
    }

    txn->dirty = true;

    k = confd_lmdb_val(key);
    rc = mdb_del(txn->txn, txn->store->dbi[space], &k, NULL);

    return rc == MDB_NOTFOUND ? CONF_OK : confd_lmdb_fail(txn, rc);
}
