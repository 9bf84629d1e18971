
/*
 * Hot copies of durable records: packed bytes by kind and ids, newest
 * revision wins, least recently used ones go first when the zone is short.
 *
 * A copy may be read from confd before, and arrive here after, a change that
 * made it stale.  Changes are announced with their revision
 * (conf_cache_touch()); the newest revision of each user and room is kept in
 * a table of floors by hash, and a copy below its floor is refused.
 */

#ifndef _CONF_CACHE_H_INCLUDED_
#define _CONF_CACHE_H_INCLUDED_


#include "conf_shm.h"
#include "conf_buf.h"


#define CONF_CACHE_FLOORS     8192
#define CONF_CACHE_VALUE_MAX  (256 * 1024)    /* a larger one is not kept */

typedef enum {
    CONF_CACHE_USER = 1,      /* by user */
    CONF_CACHE_ROOM,          /* by room */
    CONF_CACHE_MEMBERS,       /* by room */
    CONF_CACHE_MEMBER         /* by room and user */
} conf_cache_kind_e;

typedef struct {
    conf_cache_kind_e    kind;
    uint64_t             room;     /* 0 for USER */
    uint64_t             user;     /* 0 for ROOM and MEMBERS */
} conf_cache_key_t;

/* Which one of a record's copies it is. */

typedef struct {
    uint64_t             rev;      /* 0: none */
    uint32_t             era;      /* of the cache: one ends with a flush */
} conf_cache_stamp_t;


/* Copies the value into buf (reset first).  CONF_OK, CONF_E_NOT_FOUND. */
conf_rc_t conf_cache_get(conf_shm_t *shm, conf_cache_key_t key,
    conf_buf_t *buf);

/*
 * Is the copy of that stamp still the newest one?  It is a read of the copy
 * then, for who has what it says.  Otherwise stamp is set to the one there is;
 * rev 0: there is none, as if it had been looked for in vain.
 */
bool conf_cache_same(conf_shm_t *shm, conf_cache_key_t key,
    conf_cache_stamp_t *stamp);

/*
 * CONF_OK; CONF_DONE: not kept (below its floor, a newer one is there, too
 * large, or no room).
 */
conf_rc_t conf_cache_put(conf_shm_t *shm, conf_cache_key_t key, uint64_t rev,
    conf_str_t value);

/*
 * The record has changed in revision rev.  room 0: the user's own, and each
 * MEMBERS that may show the user (all MEMBERS below rev: they carry names);
 * user 0: the room and its members; both: that membership and the room's
 * MEMBERS and ROOM.
 */
void conf_cache_touch(conf_shm_t *shm, uint64_t user, uint64_t room,
    uint64_t rev);

/* Forgets all: after another confd, or another store, has answered. */
void conf_cache_flush(conf_shm_t *shm);


#endif /* _CONF_CACHE_H_INCLUDED_ */
