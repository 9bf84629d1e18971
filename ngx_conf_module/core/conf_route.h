
/*
 * Which row answers a method and a path.  A trie of path segments, built from
 * the rows when the configuration is read, then only read.
 *
 * A pattern is "/api/room/:room_id/members": ":name" binds one segment,
 * "*name" at the end binds the rest (may hold slashes).  A literal segment
 * wins over a parameter.  A pattern that ends in "/?" matches with and
 * without a slash at the end.
 */

#ifndef _CONF_ROUTE_H_INCLUDED_
#define _CONF_ROUTE_H_INCLUDED_


#include "conf_base.h"
#include "conf_arena.h"


#define CONF_ROUTE_PARAMS  8

/* Methods as bits, for Allow. */

#define CONF_M_GET      0x01      /* answers HEAD too */
#define CONF_M_POST     0x02
#define CONF_M_PUT      0x04
#define CONF_M_DELETE   0x08
#define CONF_M_PATCH    0x10
#define CONF_M_OPTIONS  0x20

typedef struct conf_route_s  conf_route_t;

typedef struct {
    conf_str_t   name;       /* as in the pattern */
    conf_str_t   value;      /* percent-decoded, in the caller's arena */
} conf_route_param_t;

typedef struct {
    const void          *row;        /* as given to conf_route_add() */
    size_t               nparams;
    conf_route_param_t   params[CONF_ROUTE_PARAMS];
    unsigned             allow;      /* methods the path has, for 405 */
} conf_route_match_t;


/* The trie lives in the arena.  NULL when memory is short. */
conf_route_t *conf_route_create(conf_arena_t *arena);

/*
 * CONF_OK; CONF_E_EXISTS when the method and the path have a row already;
 * CONF_E_INVALID for a wrong pattern; CONF_E_NOMEM.
 */
conf_rc_t conf_route_add(conf_route_t *route, unsigned method,
    const char *pattern, const void *row);

/*
 * path is raw (as in the request line, without query).  Segments are decoded
 * once; "%00", a wrong escape, "%2F" in a single segment and wrong UTF-8
 * match nothing.
 *
 * CONF_OK; CONF_E_NOT_FOUND; CONF_E_METHOD (match->allow is set);
 * CONF_E_NOMEM.
 */
conf_rc_t conf_route_find(const conf_route_t *route, conf_arena_t *arena,
    unsigned method, conf_str_t path, conf_route_match_t *match);


#endif /* _CONF_ROUTE_H_INCLUDED_ */
