
/*
 * The table of a worker's sockets, for the two files that work on it: who is
 * where (conf_live.c) and what they are shown (conf_live_show.c).
 */

#ifndef _CONF_LIVE_TABLE_H_INCLUDED_
#define _CONF_LIVE_TABLE_H_INCLUDED_


#include "conf_live.h"


typedef struct {
    conf_session_t  *session;
    conf_seat_t     *seat;           /* which says that it is here */
} conf_place_t;

/*
 * A channel that this worker has sessions in.  Who goes leaves its place to
 * the last one: who goes through them from the last to the first may take out
 * the one that it is at.
 */

struct conf_local_s {
    uint64_t         key;
    conf_local_t    *next;           /* in its bucket */
    conf_place_t    *places;
    uint32_t         nplaces;
    uint32_t         size;           /* of places */
    uint64_t         epoch;          /* 0: not known yet */
    uint64_t         seq;            /* of the newest message shown here */
    uint64_t         newest;         /* known of */
    conf_local_t    *later;          /* the next that is behind */
    conf_local_t    *earlier;
    bool             behind;         /* seq < newest, on the list */
    bool             asked;          /* what is missing is on its way */
    int64_t          shot_ms;        /* when all are to be shown; 0: not */
    conf_local_t    *shot;           /* the next of those */
};

/* One session in one channel: in its places and on the session's list. */

struct conf_seat_s {
    conf_local_t    *local;
    size_t           place;
    conf_seat_t     *other;          /* the session's next */
};

struct conf_live_s {
    conf_env_t      *env;
    conf_local_t   **buckets;
    size_t           nbuckets;       /* a power of two */
    size_t           nlocals;
    conf_session_t  *sessions;
    conf_session_t  *cursor;         /* of conf_live_next() */
    size_t           nsessions;
    conf_local_t    *behind;
    conf_local_t    *shots;
    const conf_live_bridge_t  *bridge;
    conf_buf_t       inbox;
    conf_buf_t       text;
    conf_arena_t    *arena;
};


/* The link in its bucket that points to the channel, or that would. */
conf_local_t **conf_live_find(conf_live_t *live, uint64_t channel);

/* Off the list of those behind when nothing is missing any more. */
void conf_live_catch_up(conf_live_t *live, conf_local_t *local);

/* Off the list of those that are to be shown. */
void conf_live_unshot(conf_live_t *live, conf_local_t *local);

/* Compares what was shown here with what the zone has delivered. */
void conf_live_check(conf_live_t *live);

/*
 * The zone may not know this worker any more: a look at the inbox, which is
 * soon to be had, will tell.
 */
void conf_live_astray(conf_env_t *env);


#endif /* _CONF_LIVE_TABLE_H_INCLUDED_ */
