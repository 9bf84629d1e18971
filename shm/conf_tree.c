
#include "conf_tree.h"


void
conf_tree_insert(conf_tree_t **root, conf_tree_t *node)
{
    conf_tree_t  *at, *prev, *next, **p, **left, **right;

    prev = NULL;
    next = NULL;
    p = root;

    while (*p != NULL && (*p)->prio >= node->prio) {
        at = *p;

        if (at->key < node->key) {
            prev = at;
            p = &at->right;

        } else {
            next = at;
            p = &at->left;
        }
    }

    /* What was here is split into what is below and above the new one. */

    at = *p;
    *p = node;
    left = &node->left;
    right = &node->right;

    while (at != NULL) {
        if (at->key < node->key) {
            prev = at;
            *left = at;
            left = &at->right;
            at = *left;

        } else {
            next = at;
            *right = at;
            right = &at->left;
            at = *right;
        }
    }

    *left = NULL;
    *right = NULL;

    node->prev = prev;
    node->next = next;

    if (prev != NULL) {
        prev->next = node;
    }

    if (next != NULL) {
        next->prev = node;
    }
}


void
conf_tree_remove(conf_tree_t **root, conf_tree_t *node)
{
    conf_tree_t  *left, *right, **p;

    p = root;

    while (*p != node) {
        p = (*p)->key < node->key ? &(*p)->right : &(*p)->left;
    }

    left = node->left;
    right = node->right;

    while (left != NULL && right != NULL) {
        if (left->prio >= right->prio) {
            *p = left;
            p = &left->right;
            left = *p;

        } else {
            *p = right;
            p = &right->left;
            right = *p;
        }
    }

    *p = left != NULL ? left : right;

    if (node->prev != NULL) {
        node->prev->next = node->next;
    }

    if (node->next != NULL) {
        node->next->prev = node->prev;
    }
}


conf_tree_t *
conf_tree_find(conf_tree_t *root, uint64_t key)
{
    while (root != NULL && root->key != key) {
        root = root->key < key ? root->right : root->left;
    }

    return root;
}


conf_tree_t *
conf_tree_above(conf_tree_t *root, uint64_t key)
{
    conf_tree_t  *found;

    found = NULL;

    while (root != NULL) {
        if (root->key > key) {
            found = root;
            root = root->left;

        } else {
            root = root->right;
        }
    }

    return found;
}


conf_tree_t *
conf_tree_last(conf_tree_t *root)
{
    if (root == NULL) {
        return NULL;
    }

    while (root->right != NULL) {
        root = root->right;
    }

    return root;
}
