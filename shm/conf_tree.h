
/*
 * An intrusive ordered set: a treap, threaded so that the next one in order
 * costs one step.  It never allocates.  The caller sets key, which is in the
 * tree only once, and prio, which nobody outside can foresee (a keyed hash of
 * the key): the depth is logarithmic as long as that holds.
 */

#ifndef _CONF_TREE_H_INCLUDED_
#define _CONF_TREE_H_INCLUDED_


#include "conf_base.h"


typedef struct conf_tree_s  conf_tree_t;

struct conf_tree_s {
    conf_tree_t  *left;
    conf_tree_t  *right;
    conf_tree_t  *prev;         /* in the order of keys */
    conf_tree_t  *next;
    uint64_t      key;
    uint64_t      prio;         /* not less than those below it */
};


void conf_tree_insert(conf_tree_t **root, conf_tree_t *node);
void conf_tree_remove(conf_tree_t **root, conf_tree_t *node);

conf_tree_t *conf_tree_find(conf_tree_t *root, uint64_t key);

/* The first one whose key is greater than key; the one with the last key. */
conf_tree_t *conf_tree_above(conf_tree_t *root, uint64_t key);
conf_tree_t *conf_tree_last(conf_tree_t *root);


#endif /* _CONF_TREE_H_INCLUDED_ */
