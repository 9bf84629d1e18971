
#include "conf_shm_root.h"


#define CONF_CACHE_TRIES  4     /* of a get whose value outgrows the buffer */
#define CONF_CACHE_STEP   8     /* copies that go for a new one */


/* What a floor is of. */

enum {
    CONF_FLOOR_USER = 1,        /* the user's own, and memberships */
    CONF_FLOOR_ROOM,            /* ROOM and MEMBERS */
    CONF_FLOOR_SEATS,           /* each MEMBER of a room */
    CONF_FLOOR_MEMBER           /* one MEMBER */
};


static conf_rc_t conf_cache_copy(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_cache_key_t *key, conf_buf_t *buf, size_t *need);
static conf_shm_copy_t *conf_cache_current(conf_shm_t *shm,
    conf_shm_root_t *root, const conf_cache_key_t *key);
static void conf_cache_used(conf_shm_root_t *root, conf_shm_copy_t *copy);
static conf_rc_t conf_cache_store(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_cache_key_t *key, uint64_t rev, conf_str_t value);
static conf_shm_copy_t *conf_cache_alloc(conf_shm_t *shm,
    conf_shm_root_t *root, size_t size);
static conf_shm_copy_t *conf_cache_find(conf_shm_root_t *root,
    const conf_cache_key_t *key);
static void conf_cache_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_copy_t *copy);
static bool conf_cache_stale(conf_shm_root_t *root,
    const conf_cache_key_t *key, uint64_t rev);
static uint64_t *conf_cache_floor(conf_shm_root_t *root, uint64_t of,
    uint64_t room, uint64_t user);
static void conf_cache_raise(conf_shm_root_t *root, uint64_t of, uint64_t room,
    uint64_t user, uint64_t rev);
static uint64_t conf_cache_hash(const conf_hash_t *hash,
    const conf_hash_node_t *node);
static uint64_t conf_cache_value(const conf_hash_t *hash, uint64_t kind,
    uint64_t room, uint64_t user);


conf_rc_t
conf_cache_get(conf_shm_t *shm, conf_cache_key_t key, conf_buf_t *buf)
{
    size_t            need, try;
    conf_rc_t         rc;
    conf_shm_root_t  *root;

    need = 0;

    for (try = 0; try < CONF_CACHE_TRIES; try++) {
        conf_buf_reset(buf);

        if (need != 0 && conf_buf_reserve(buf, need) == NULL) {
            conf_buf_reset(buf);
            break;
        }

        root = conf_shm_lock(shm);
        if (root == NULL) {
            break;
        }

        rc = conf_cache_copy(shm, root, &key, buf, &need);

        conf_shm_unlock(shm);

        if (rc != CONF_AGAIN) {
            return rc;
        }
    }

    return CONF_E_NOT_FOUND;
}


bool
conf_cache_same(conf_shm_t *shm, conf_cache_key_t key,
    conf_cache_stamp_t *stamp)
{
    bool              same;
    conf_shm_copy_t  *copy;
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        stamp->rev = 0;
        return false;
    }

    copy = conf_cache_current(shm, root, &key);

    same = copy != NULL && stamp->rev != 0 && stamp->rev == copy->rev
           && stamp->era == copy->era;

    if (same) {
        conf_cache_used(root, copy);

    } else if (copy != NULL) {
        stamp->rev = copy->rev;
        stamp->era = copy->era;

    } else {
        stamp->rev = 0;
        root->cache_misses++;
    }

    conf_shm_unlock(shm);

    return same;
}


conf_rc_t
conf_cache_put(conf_shm_t *shm, conf_cache_key_t key, uint64_t rev,
    conf_str_t value)
{
    conf_rc_t         rc;
    conf_shm_root_t  *root;

    if (value.len > CONF_CACHE_VALUE_MAX) {
        return CONF_DONE;
    }

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_DONE;
    }

    rc = conf_cache_store(shm, root, &key, rev, value);

    conf_shm_unlock(shm);

    return rc;
}


void
conf_cache_touch(conf_shm_t *shm, uint64_t user, uint64_t room, uint64_t rev)
{
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    if (room == 0) {
        conf_cache_raise(root, CONF_FLOOR_USER, 0, user, rev);
        root->members_floor = conf_max(root->members_floor, rev);

    } else {
        conf_cache_raise(root, CONF_FLOOR_ROOM, room, 0, rev);

        if (user == 0) {
            conf_cache_raise(root, CONF_FLOOR_SEATS, room, 0, rev);

        } else {
            conf_cache_raise(root, CONF_FLOOR_MEMBER, room, user, rev);
        }
    }

    conf_shm_unlock(shm);
}


/* The copies die with their era and are freed after, a few at a time. */

void
conf_cache_flush(conf_shm_t *shm)
{
    bool              more;
    size_t            i;
    uint32_t          era;
    conf_queue_t     *last;
    conf_shm_copy_t  *copy;
    conf_shm_root_t  *root;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    era = ++root->era;
    root->members_floor = 0;
    memset(root->floors, 0, sizeof(root->floors));

    conf_shm_unlock(shm);

    do {
        root = conf_shm_lock(shm);
        if (root == NULL) {
            return;
        }

        more = false;

        for (i = 0; i < CONF_SLICE; i++) {
            last = root->recent.prev;
            copy = conf_container(last, conf_shm_copy_t, link);
            more = last != &root->recent && root->era == era
                   && copy->era != era;

            if (!more) {
                break;
            }

            conf_cache_drop(shm, root, copy);
        }

        conf_shm_unlock(shm);

    } while (more);
}


size_t
conf_shm_cache_evict(conf_shm_t *shm, conf_shm_root_t *root, size_t n)
{
    size_t         i;
    conf_queue_t  *last;

    for (i = 0; i < n && !conf_queue_empty(&root->recent); i++) {
        last = root->recent.prev;
        conf_cache_drop(shm, root,
                        conf_container(last, conf_shm_copy_t, link));
    }

    return i;
}


/* CONF_AGAIN: the value needs *need bytes. */

static conf_rc_t
conf_cache_copy(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_cache_key_t *key, conf_buf_t *buf, size_t *need)
{
    conf_shm_copy_t  *copy;

    copy = conf_cache_current(shm, root, key);

    if (copy == NULL) {
        root->cache_misses++;
        return CONF_E_NOT_FOUND;
    }

    if (copy->len > buf->size || (buf->limit != 0 && copy->len > buf->limit)) {
        *need = copy->len;
        return CONF_AGAIN;
    }

    conf_buf_add(buf, copy->value, copy->len);
    conf_cache_used(root, copy);

    return CONF_OK;
}


/* What is stale is dropped. */

static conf_shm_copy_t *
conf_cache_current(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_cache_key_t *key)
{
    conf_shm_copy_t  *copy;

    copy = conf_cache_find(root, key);

    if (copy != NULL
        && (copy->era != root->era || conf_cache_stale(root, key, copy->rev)))
    {
        conf_cache_drop(shm, root, copy);
        return NULL;
    }

    return copy;
}


static void
conf_cache_used(conf_shm_root_t *root, conf_shm_copy_t *copy)
{
    conf_queue_remove(&copy->link);
    conf_queue_insert(&root->recent, &copy->link);
    root->cache_hits++;
}


static conf_rc_t
conf_cache_store(conf_shm_t *shm, conf_shm_root_t *root,
    const conf_cache_key_t *key, uint64_t rev, conf_str_t value)
{
    conf_shm_copy_t  *copy;

    if (conf_cache_stale(root, key, rev)) {
        return CONF_DONE;
    }

    copy = conf_cache_find(root, key);

    if (copy != NULL) {
        if (copy->era == root->era && copy->rev > rev) {
            return CONF_DONE;
        }

        conf_cache_drop(shm, root, copy);
    }

    copy = conf_cache_alloc(shm, root, sizeof(conf_shm_copy_t) + value.len);
    if (copy == NULL) {
        return CONF_DONE;
    }

    copy->room = key->room;
    copy->user = key->user;
    copy->rev = rev;
    copy->kind = key->kind;
    copy->era = root->era;
    copy->len = value.len;

    if (value.len != 0) {
        memcpy(copy->value, value.data, value.len);
    }

    conf_queue_insert(&root->recent, &copy->link);
    conf_hash_insert(&root->copies, shm->ops, &copy->node, conf_cache_hash);

    return CONF_OK;
}


/*
 * Copies make room for copies only, and a part of the zone is left to what
 * lives: a slab that is full of copies gives way too slowly, since a page is
 * free when the last thing on it is.
 */

static conf_shm_copy_t *
conf_cache_alloc(conf_shm_t *shm, conf_shm_root_t *root, size_t size)
{
    size_t                 before, after;
    conf_shm_copy_t       *copy;
    const conf_shm_ops_t  *ops;

    ops = shm->ops;

    if (ops->free_pages(ops->ctx) < root->reserve) {
        (void) conf_shm_cache_evict(shm, root, CONF_CACHE_STEP);
    }

    before = ops->free_pages(ops->ctx);
    copy = ops->alloc(ops->ctx, size);

    if (copy == NULL) {
        if (conf_shm_cache_evict(shm, root, CONF_CACHE_STEP) == 0) {
            return NULL;
        }

        before = ops->free_pages(ops->ctx);
        copy = ops->alloc(ops->ctx, size);

        if (copy == NULL) {
            return NULL;
        }
    }

    after = ops->free_pages(ops->ctx);

    if (after < before && after < root->reserve) {
        conf_shm_free(shm, copy);
        return NULL;
    }

    return copy;
}


static conf_shm_copy_t *
conf_cache_find(conf_shm_root_t *root, const conf_cache_key_t *key)
{
    uint64_t           value;
    conf_shm_copy_t   *copy;
    conf_hash_node_t  *node;

    value = conf_cache_value(&root->copies, key->kind, key->room, key->user);
    node = conf_hash_chain(&root->copies, value);

    for ( /* void */ ; node != NULL; node = node->next) {
        copy = conf_container(node, conf_shm_copy_t, node);

        if (copy->room == key->room && copy->user == key->user
            && copy->kind == key->kind)
        {
            return copy;
        }
    }

    return NULL;
}


static void
conf_cache_drop(conf_shm_t *shm, conf_shm_root_t *root, conf_shm_copy_t *copy)
{
    conf_hash_remove(&root->copies, shm->ops, &copy->node, conf_cache_hash);
    conf_queue_remove(&copy->link);
    conf_shm_free(shm, copy);
}


static bool
conf_cache_stale(conf_shm_root_t *root, const conf_cache_key_t *key,
    uint64_t rev)
{
    switch (key->kind) {

    case CONF_CACHE_USER:
        return rev < *conf_cache_floor(root, CONF_FLOOR_USER, 0, key->user);

    case CONF_CACHE_ROOM:
        return rev < *conf_cache_floor(root, CONF_FLOOR_ROOM, key->room, 0);

    case CONF_CACHE_MEMBERS:
        return rev < root->members_floor
               || rev < *conf_cache_floor(root, CONF_FLOOR_ROOM, key->room, 0);

    case CONF_CACHE_MEMBER:
        return rev < *conf_cache_floor(root, CONF_FLOOR_MEMBER, key->room,
                                       key->user)
               || rev < *conf_cache_floor(root, CONF_FLOOR_SEATS, key->room, 0)
               || rev < *conf_cache_floor(root, CONF_FLOOR_USER, 0, key->user);
    }

    return true;
}


static uint64_t *
conf_cache_floor(conf_shm_root_t *root, uint64_t of, uint64_t room,
    uint64_t user)
{
    uint64_t  value;

    value = conf_cache_value(&root->copies, of, room, user);

    return &root->floors[value % CONF_CACHE_FLOORS];
}


static void
conf_cache_raise(conf_shm_root_t *root, uint64_t of, uint64_t room,
    uint64_t user, uint64_t rev)
{
    uint64_t  *floor;

    floor = conf_cache_floor(root, of, room, user);
    *floor = conf_max(*floor, rev);
}


static uint64_t
conf_cache_hash(const conf_hash_t *hash, const conf_hash_node_t *node)
{
    const conf_shm_copy_t  *copy;

    copy = (const conf_shm_copy_t *) node;

    return conf_cache_value(hash, copy->kind, copy->room, copy->user);
}


static uint64_t
conf_cache_value(const conf_hash_t *hash, uint64_t kind, uint64_t room,
    uint64_t user)
{
    return conf_hash_of(hash, (kind << 56) ^ room, user);
}
