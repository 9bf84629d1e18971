
/*
 * A bump allocator for what lives as long as one request, one call or one
 * frame: everything goes at once.  Not shared between threads or processes.
 */

#ifndef _CONF_ARENA_H_INCLUDED_
#define _CONF_ARENA_H_INCLUDED_


#include "conf_base.h"


typedef struct conf_arena_s  conf_arena_t;


/*
 * Makes an arena whose blocks are of block_size bytes (a larger request gets
 * a block of its own).  At most limit bytes are ever taken from malloc;
 * 0 means no limit.  NULL when memory is short.
 */
conf_arena_t *conf_arena_create(size_t block_size, size_t limit);

/* Frees everything; NULL is allowed. */
void conf_arena_destroy(conf_arena_t *arena);

/* Frees all but the first block, for the next use. */
void conf_arena_reset(conf_arena_t *arena);

/* Aligned for any type; NULL when memory is short or the limit is reached. */
void *conf_arena_alloc(conf_arena_t *arena, size_t size);

/* The same, zeroed. */
void *conf_arena_calloc(conf_arena_t *arena, size_t size);

/* A copy of len bytes with a NUL behind them; NULL as above. */
uint8_t *conf_arena_dup(conf_arena_t *arena, const void *data, size_t len);

/* Copies s; CONF_OK or CONF_E_NOMEM. */
conf_rc_t conf_arena_str(conf_arena_t *arena, conf_str_t *dst, conf_str_t s);

/* Bytes taken from malloc so far. */
size_t conf_arena_size(const conf_arena_t *arena);


#endif /* _CONF_ARENA_H_INCLUDED_ */
