
/*
 * Questions to confd that are under way, for the two files that ask: who is
 * in which room (conf_sync.c) and which messages are missing
 * (conf_sync_log.c).
 */

#ifndef _CONF_SYNC_ASK_H_INCLUDED_
#define _CONF_SYNC_ASK_H_INCLUDED_


#include "conf_sync.h"


#define CONF_SYNC_WINDOW  32         /* calls under way at a time */
#define CONF_SYNC_DOUBTS  3          /* times that heads are compared */


typedef struct conf_sweep_s  conf_sweep_t;

/* One question to confd and what it is about. */

typedef struct conf_ask_s  conf_ask_t;

struct conf_ask_s {
    conf_call_t     call;
    conf_sync_t    *sync;
    conf_ask_t     *next;
    conf_ask_t     *prev;
    uint64_t        user_id;
    uint64_t        room_id;
    conf_gap_t      gap;
    uint64_t        heads_after;
    bool            whole;           /* part of a check of everything */
    bool            member;          /* is user_id in room_id? */
    bool            again;           /* it changed meanwhile */
};

struct conf_sync_s {
    conf_env_t     *env;
    conf_ask_t     *asks;            /* under way */
    size_t          nwhole;          /* of them, parts of a check */
    size_t          nrepairs;        /* of them, of this worker's rooms */
    bool            checking;        /* sessions are left to check */
    int64_t         again_ms;        /* when to check all again; 0: no */
    int64_t         doubts[CONF_SYNC_DOUBTS];     /* when; 0: not */
    bool            several;         /* there are other nodes */
    conf_sweep_t   *sweep;
    size_t          nbridged;        /* published for other nodes */
    conf_buf_t      relay;
    conf_live_bridge_t  bridge;
};


/* NULL when memory is short: all will be asked again. */
conf_ask_t *conf_sync_ask(conf_sync_t *sync);

/* done ends the ask. */
void conf_sync_call(conf_ask_t *ask, conf_op_e code, const void *request,
    void (*done)(conf_call_t *call));
void conf_sync_end(conf_ask_t *ask);

/*
 * An event of the bus between nodes; false: it is none.  The link is gone, and
 * the other nodes with it.
 */
bool conf_sync_bridge(conf_sync_t *sync, conf_str_t topic, conf_str_t payload);
void conf_sync_bridge_end(conf_sync_t *sync);

/*
 * Who has joined a meeting and has no socket left is made to leave.  NULL:
 * nothing to end.
 */
void conf_sweep_tick(conf_sync_t *sync);
void conf_sweep_end(conf_sweep_t *sweep);

/* Regular work: gaps of the zone, heads to compare. */
void conf_sync_gaps(conf_sync_t *sync);
void conf_sync_doubts(conf_sync_t *sync);


#endif /* _CONF_SYNC_ASK_H_INCLUDED_ */
