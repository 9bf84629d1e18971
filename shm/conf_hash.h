
/*
 * An intrusive hash table that grows and shrinks by one bucket at a time
 * (linear hashing), so that no operation is slow and no allocation is larger
 * than a page of 256 pointers.  A failed allocation only makes chains longer.
 * Chains are keyed: who chooses ids cannot choose where they go.
 */

#ifndef _CONF_HASH_H_INCLUDED_
#define _CONF_HASH_H_INCLUDED_


#include "conf_shm.h"


#define CONF_HASH_PAGE  256         /* pointers */
#define CONF_HASH_DIRS  32          /* so 2M buckets at most */

typedef struct conf_hash_node_s  conf_hash_node_t;

struct conf_hash_node_s {
    conf_hash_node_t   *next;
};

typedef struct {
    conf_hash_node_t   *buckets[CONF_HASH_PAGE];
} conf_hash_page_t;

typedef struct {
    conf_hash_page_t   *pages[CONF_HASH_PAGE];
} conf_hash_dir_t;

typedef struct {
    size_t              n;          /* nodes */
    size_t              size;       /* buckets */
    size_t              low;        /* power of two, low <= size < 2 * low */
    uint64_t            key[2];
    conf_hash_dir_t    *dirs[CONF_HASH_DIRS];
} conf_hash_t;


/* The hash of a node that is in the table. */
typedef uint64_t (*conf_hash_pt)(const conf_hash_t *hash,
    const conf_hash_node_t *node);


/* CONF_OK or CONF_E_ZONE_FULL. */
conf_rc_t conf_hash_init(conf_hash_t *hash, const conf_shm_ops_t *ops,
    const uint64_t key[2]);

/* SipHash-2-4 of two words. */
uint64_t conf_hash_of(const conf_hash_t *hash, uint64_t a, uint64_t b);

/* The chain that may have the nodes of this value: others, too. */
conf_hash_node_t *conf_hash_chain(const conf_hash_t *hash, uint64_t value);

void conf_hash_insert(conf_hash_t *hash, const conf_shm_ops_t *ops,
    conf_hash_node_t *node, conf_hash_pt of);
void conf_hash_remove(conf_hash_t *hash, const conf_shm_ops_t *ops,
    conf_hash_node_t *node, conf_hash_pt of);


#endif /* _CONF_HASH_H_INCLUDED_ */
