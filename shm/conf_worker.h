
/*
 * The workers that share the zone, of every generation of nginx at once: an
 * old worker that still has sockets and the new ones after a reload.  A
 * worker is a slot and the number it drew; the number tells a slot's new
 * owner from its last.
 */

#ifndef _CONF_WORKER_H_INCLUDED_
#define _CONF_WORKER_H_INCLUDED_


#include "conf_shm.h"
#include "conf_buf.h"


#define CONF_WORKERS_MAX    64
#define CONF_INBOX_EVENTS   16384     /* references an inbox can hold */
#define CONF_INBOX_BYTES    (8 * 1024 * 1024)

typedef struct {
    uint32_t    slot;
    uint64_t    number;      /* unique in this zone, names the doorbell */
    uint64_t    pid;
} conf_worker_t;

/*
 * The workers whose doorbell must be rung, after the call that filled this.
 * awake has a bit for each of them that has emptied its inbox less than
 * CONF_AWAKE_MS ago: it is likely to look again before a ring would wake it.
 */

#define CONF_AWAKE_MS       2

typedef struct {
    size_t          n;
    uint64_t        awake;
    conf_worker_t   workers[CONF_WORKERS_MAX];
} conf_wake_t;

typedef struct {
    conf_worker_t   worker;
    uint64_t        sessions;
    uint64_t        depth;       /* events in the inbox */
    uint64_t        bytes;
    uint64_t        dropped;     /* since it attached */
} conf_worker_stat_t;


/*
 * Figures that workers count for themselves and report now and then, so that
 * any of them can tell the sum; what they mean is the caller's.
 */

#define CONF_COUNTERS       64

typedef struct {
    uint64_t        n[CONF_COUNTERS];
} conf_counters_t;


/*
 * What a peer (conf_channel.h) shows of itself.  media and role are opaque
 * here; session, user and channel are the zone's to set.
 */

#define CONF_PEER_ID_MAX    64       /* bytes; longer texts are cut */
#define CONF_PEER_NAME_MAX  200

typedef struct {
    uint64_t        session;
    uint64_t        user;
    uint64_t        channel;
    uint32_t        role;
    uint32_t        media;
    int64_t         opened_ms;
    int64_t         joined_ms;
    int64_t         active_ms;
    conf_str_t      id;
    conf_str_t      name;
    conf_str_t      nickname;
} conf_peer_t;

/* A session that is not in a channel any more. */

typedef struct {
    uint64_t        channel;
    uint64_t        user;
    bool            last;        /* the user has no other session there */
    bool            led;         /* and with it the lead is gone */
    bool            peer;        /* it was one, and this is what it showed: */
    conf_peer_t     was;
    uint8_t         text[CONF_PEER_ID_MAX + 2 * CONF_PEER_NAME_MAX];
} conf_left_t;


/* Takes a free slot and an empty inbox.  CONF_OK, CONF_E_ZONE_FULL. */
conf_rc_t conf_worker_attach(conf_shm_t *shm, uint64_t pid,
    conf_worker_t *worker);

/* All workers; returns how many.  For the status and for probing doorbells. */
size_t conf_worker_list(conf_shm_t *shm,
    conf_worker_stat_t stats[CONF_WORKERS_MAX]);

/* Sets the worker's figures; no effect when it is not attached. */
void conf_worker_report(conf_shm_t *shm, const conf_worker_t *worker,
    const conf_counters_t *counters);

/* The sum of all workers since the zone was made, of those that ended too. */
void conf_worker_counters(conf_shm_t *shm, conf_counters_t *sum);

/*
 * Ends a worker, itself on a clean exit or another that was found dead: a
 * slice of its sessions is closed (as conf_session_close() does) and what
 * they left is reported by left, called without the lock; again, after
 * CONF_OK, until it returns CONF_DONE, when the slot is free.  A worker that
 * is not there any more is CONF_DONE at once.
 */
typedef void (*conf_left_pt)(void *data, const conf_left_t *left);

conf_rc_t conf_worker_detach(conf_shm_t *shm, const conf_worker_t *worker,
    conf_left_pt left, void *data);


#endif /* _CONF_WORKER_H_INCLUDED_ */
