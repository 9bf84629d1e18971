
#include "conf_arena.h"

#include <stdlib.h>


#define CONF_ARENA_ALIGN  16


typedef struct conf_arena_block_s  conf_arena_block_t;

struct conf_arena_block_s {
    conf_arena_block_t  *next;
    size_t               size;    /* of data */
    size_t               used;
    size_t               unused;  /* keeps data aligned */
    uint8_t              data[];
};


/* The arena itself lies at the start of its first block. */

struct conf_arena_s {
    conf_arena_block_t  *first;
    conf_arena_block_t  *current;
    size_t               block_size;
    size_t               limit;
    size_t               taken;
};


static conf_arena_block_t *conf_arena_block(size_t size);


conf_arena_t *
conf_arena_create(size_t block_size, size_t limit)
{
    conf_arena_t        *arena;
    conf_arena_block_t  *block;

    block_size = conf_align(conf_max(block_size, 256), CONF_ARENA_ALIGN);

    block = conf_arena_block(block_size);
    if (block == NULL) {
        return NULL;
    }

    arena = (conf_arena_t *) (void *) block->data;
    block->used = conf_align(sizeof(conf_arena_t), CONF_ARENA_ALIGN);

    arena->first = block;
    arena->current = block;
    arena->block_size = block_size;
    arena->limit = limit;
    arena->taken = sizeof(conf_arena_block_t) + block_size;

    return arena;
}


void
conf_arena_destroy(conf_arena_t *arena)
{
    conf_arena_block_t  *block, *next;

    if (arena == NULL) {
        return;
    }

    for (block = arena->first; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
}


void
conf_arena_reset(conf_arena_t *arena)
{
    conf_arena_block_t  *block, *next;

    for (block = arena->first->next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }

    arena->first->next = NULL;
    arena->first->used = conf_align(sizeof(conf_arena_t), CONF_ARENA_ALIGN);
    arena->current = arena->first;
    arena->taken = sizeof(conf_arena_block_t) + arena->first->size;
}


void *
conf_arena_alloc(conf_arena_t *arena, size_t size)
{
    void                *p;
    size_t               total;
    conf_arena_block_t  *block;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    size = conf_align(conf_max(size, 1), CONF_ARENA_ALIGN);
    block = arena->current;

    if (block->size - block->used < size) {
        total = conf_max(size, arena->block_size);

        if (arena->limit != 0
            && (total > arena->limit || arena->taken > arena->limit - total))
        {
            return NULL;
        }

        block = conf_arena_block(total);
        if (block == NULL) {
            return NULL;
        }

        arena->taken += sizeof(conf_arena_block_t) + total;
        block->next = arena->current->next;
        arena->current->next = block;

        /* A block made for one large piece does not replace a roomy one. */

        if (size <= arena->block_size) {
            arena->current = block;
        }
    }

    p = block->data + block->used;
    block->used += size;

    return p;
}


void *
conf_arena_calloc(conf_arena_t *arena, size_t size)
{
    void  *p;

    p = conf_arena_alloc(arena, size);
    if (p != NULL) {
        memset(p, 0, size);
    }

    return p;
}


uint8_t *
conf_arena_dup(conf_arena_t *arena, const void *data, size_t len)
{
    uint8_t  *p;

    p = conf_arena_alloc(arena, len + 1);
    if (p == NULL) {
        return NULL;
    }

    if (len != 0) {
        memcpy(p, data, len);
    }

    p[len] = '\0';

    return p;
}


conf_rc_t
conf_arena_str(conf_arena_t *arena, conf_str_t *dst, conf_str_t s)
{
    dst->data = conf_arena_dup(arena, s.data, s.len);
    dst->len = s.len;

    return dst->data == NULL ? CONF_E_NOMEM : CONF_OK;
}


size_t
conf_arena_size(const conf_arena_t *arena)
{
    return arena->taken;
}


static conf_arena_block_t *
conf_arena_block(size_t size)
{
    conf_arena_block_t  *block;

    block = malloc(sizeof(conf_arena_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->next = NULL;
    block->size = size;
    block->used = 0;

    return block;
}
