
#include "conf_hash.h"


#define CONF_HASH_DIR    (CONF_HASH_PAGE * CONF_HASH_PAGE)    /* buckets */
#define CONF_HASH_MAX    (CONF_HASH_DIRS * CONF_HASH_DIR)
#define CONF_HASH_STEPS  2       /* buckets added or taken back in one go */

#define conf_rotl(x, n)  (((x) << (n)) | ((x) >> (64 - (n))))


static void conf_hash_grow(conf_hash_t *hash, const conf_shm_ops_t *ops,
    conf_hash_pt of);
static void conf_hash_shrink(conf_hash_t *hash, const conf_shm_ops_t *ops);
static conf_rc_t conf_hash_page(conf_hash_t *hash, const conf_shm_ops_t *ops);
static conf_hash_node_t **conf_hash_bucket(const conf_hash_t *hash, size_t i);
static size_t conf_hash_index(const conf_hash_t *hash, uint64_t value);
static void conf_hash_rounds(uint64_t v[4], size_t n);


conf_rc_t
conf_hash_init(conf_hash_t *hash, const conf_shm_ops_t *ops,
    const uint64_t key[2])
{
    memset(hash, 0, sizeof(conf_hash_t));

    hash->key[0] = key[0];
    hash->key[1] = key[1];

    if (conf_hash_page(hash, ops) != CONF_OK) {
        return CONF_E_ZONE_FULL;
    }

    hash->size = CONF_HASH_PAGE;
    hash->low = CONF_HASH_PAGE;

    return CONF_OK;
}


uint64_t
conf_hash_of(const conf_hash_t *hash, uint64_t a, uint64_t b)
{
    uint64_t  v[4];

    v[0] = hash->key[0] ^ 0x736f6d6570736575;
    v[1] = hash->key[1] ^ 0x646f72616e646f6d;
    v[2] = hash->key[0] ^ 0x6c7967656e657261;
    v[3] = hash->key[1] ^ 0x7465646279746573;

    v[3] ^= a;
    conf_hash_rounds(v, 2);
    v[0] ^= a;

    v[3] ^= b;
    conf_hash_rounds(v, 2);
    v[0] ^= b;

    v[3] ^= (uint64_t) 16 << 56;
    conf_hash_rounds(v, 2);
    v[0] ^= (uint64_t) 16 << 56;

    v[2] ^= 0xff;
    conf_hash_rounds(v, 4);

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}


conf_hash_node_t *
conf_hash_chain(const conf_hash_t *hash, uint64_t value)
{
    return *conf_hash_bucket(hash, conf_hash_index(hash, value));
}


void
conf_hash_insert(conf_hash_t *hash, const conf_shm_ops_t *ops,
    conf_hash_node_t *node, conf_hash_pt of)
{
    size_t              step;
    conf_hash_node_t  **bucket;

    for (step = 0; step < CONF_HASH_STEPS; step++) {
        conf_hash_grow(hash, ops, of);
    }

    bucket = conf_hash_bucket(hash, conf_hash_index(hash, of(hash, node)));

    node->next = *bucket;
    *bucket = node;
    hash->n++;
}


void
conf_hash_remove(conf_hash_t *hash, const conf_shm_ops_t *ops,
    conf_hash_node_t *node, conf_hash_pt of)
{
    size_t              step;
    conf_hash_node_t  **p;

    p = conf_hash_bucket(hash, conf_hash_index(hash, of(hash, node)));

    while (*p != node) {
        p = &(*p)->next;
    }

    *p = node->next;
    hash->n--;

    for (step = 0; step < CONF_HASH_STEPS; step++) {
        conf_hash_shrink(hash, ops);
    }
}


/* Adds a bucket when there are more nodes than buckets: splits one. */

static void
conf_hash_grow(conf_hash_t *hash, const conf_shm_ops_t *ops, conf_hash_pt of)
{
    size_t              size;
    conf_hash_node_t   *node, *next, **from, **to, **bucket;

    size = hash->size;

    if (hash->n < size || size == CONF_HASH_MAX) {
        return;
    }

    if (size % CONF_HASH_PAGE == 0 && conf_hash_page(hash, ops) != CONF_OK) {
        return;
    }

    from = conf_hash_bucket(hash, size - hash->low);
    to = conf_hash_bucket(hash, size);

    node = *from;
    *from = NULL;
    *to = NULL;

    for ( /* void */ ; node != NULL; node = next) {
        next = node->next;
        bucket = (of(hash, node) & hash->low) == 0 ? from : to;
        node->next = *bucket;
        *bucket = node;
    }

    hash->size = size + 1;

    if (hash->size == hash->low * 2) {
        hash->low = hash->size;
    }
}


/* Takes the last bucket back when most are empty: joins it with its origin. */

static void
conf_hash_shrink(conf_hash_t *hash, const conf_shm_ops_t *ops)
{
    size_t              last;
    conf_hash_dir_t    *dir;
    conf_hash_node_t  **from, **to;

    if (hash->size == CONF_HASH_PAGE || hash->n >= hash->size / 2) {
        return;
    }

    last = hash->size - 1;

    if (hash->size == hash->low) {
        hash->low /= 2;
    }

    from = conf_hash_bucket(hash, last);
    to = conf_hash_bucket(hash, last - hash->low);

    while (*to != NULL) {
        to = &(*to)->next;
    }

    *to = *from;
    hash->size = last;

    if (last % CONF_HASH_PAGE == 0) {
        dir = hash->dirs[last / CONF_HASH_DIR];
        ops->free(ops->ctx, dir->pages[last / CONF_HASH_PAGE % CONF_HASH_PAGE]);

        if (last % CONF_HASH_DIR == 0) {
            ops->free(ops->ctx, dir);
            hash->dirs[last / CONF_HASH_DIR] = NULL;
        }
    }
}


/* Makes the page that bucket hash->size begins. */

static conf_rc_t
conf_hash_page(conf_hash_t *hash, const conf_shm_ops_t *ops)
{
    size_t             i;
    conf_hash_dir_t   *dir;
    conf_hash_page_t  *page;

    i = hash->size;
    dir = hash->dirs[i / CONF_HASH_DIR];

    if (i % CONF_HASH_DIR == 0) {
        dir = ops->alloc(ops->ctx, sizeof(conf_hash_dir_t));
        if (dir == NULL) {
            return CONF_E_ZONE_FULL;
        }
    }

    page = ops->alloc(ops->ctx, sizeof(conf_hash_page_t));

    if (page == NULL) {
        if (i % CONF_HASH_DIR == 0) {
            ops->free(ops->ctx, dir);
        }

        return CONF_E_ZONE_FULL;
    }

    memset(page, 0, sizeof(conf_hash_page_t));
    dir->pages[i / CONF_HASH_PAGE % CONF_HASH_PAGE] = page;
    hash->dirs[i / CONF_HASH_DIR] = dir;

    return CONF_OK;
}


static conf_hash_node_t **
conf_hash_bucket(const conf_hash_t *hash, size_t i)
{
    conf_hash_dir_t   *dir;
    conf_hash_page_t  *page;

    dir = hash->dirs[i / CONF_HASH_DIR];
    page = dir->pages[i / CONF_HASH_PAGE % CONF_HASH_PAGE];

    return &page->buckets[i % CONF_HASH_PAGE];
}


static size_t
conf_hash_index(const conf_hash_t *hash, uint64_t value)
{
    size_t  i;

    i = (size_t) value & (hash->low * 2 - 1);

    return i < hash->size ? i : i - hash->low;
}


static void
conf_hash_rounds(uint64_t v[4], size_t n)
{
    while (n-- != 0) {
        v[0] += v[1];
        v[1] = conf_rotl(v[1], 13);
        v[1] ^= v[0];
        v[0] = conf_rotl(v[0], 32);

        v[2] += v[3];
        v[3] = conf_rotl(v[3], 16);
        v[3] ^= v[2];

        v[0] += v[3];
        v[3] = conf_rotl(v[3], 21);
        v[3] ^= v[0];

        v[2] += v[1];
        v[1] = conf_rotl(v[1], 17);
        v[1] ^= v[2];
        v[2] = conf_rotl(v[2], 32);
    }
}
