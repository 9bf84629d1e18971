
/*
 * What lies in the zone, and what shm/ files do for each other.  Private to
 * shm/: nothing here is seen by its users.
 *
 * Sizes matter: the slab has 8, 16, .. 2048 bytes.  A session costs 64, its
 * user's channel 64, and each channel that it is in 64 for the seat, 64 for
 * the user (once for all of the user's sessions) and 16 for the worker (once
 * for all of the worker's sessions).  A peer costs 256 more, mostly, and a
 * room that has peers 128 and what its ring holds.
 *
 * Functions that get a root run with the lock held.
 */

#ifndef _CONF_SHM_ROOT_H_INCLUDED_
#define _CONF_SHM_ROOT_H_INCLUDED_


#include "conf_cache.h"
#include "conf_channel.h"
#include "conf_hash.h"
#include "conf_history.h"
#include "conf_limit.h"
#include "conf_queue.h"
#include "conf_tree.h"


#define CONF_SHM_MAGIC      0x4d48532d464e4f43    /* "CONF-SHM" */
#define CONF_LATE_MAX       1024     /* events of a channel that wait */
#define CONF_GAP_SPARES     32       /* kept for when the zone is full */
#define CONF_LIMIT_CLASSES  32       /* of periods, by power of two */
#define CONF_SLICE          64       /* steps in one go */


/*
 * An event: one reference for whoever makes or holds it back, one for each
 * inbox it is in, one for its room's ring; the last to go frees it.
 */

typedef struct conf_shm_event_s  conf_shm_event_t;

struct conf_shm_event_s {
    uint32_t              refs;
    uint32_t              type;
    uint64_t              channel;
    uint64_t              epoch;
    uint64_t              seq;
    uint64_t              from;
    uint64_t              to;
    uint64_t              user;
    uint64_t              live;
    int64_t               kept_ms;      /* since when it is in a ring; 0: not */
    conf_shm_event_t     *later;        /* in its ring */
    size_t                len;
    uint8_t               body[];
};


/* A worker's slot; number 0: free. */

typedef struct {
    conf_worker_t         id;
    conf_queue_t          sessions;
    uint64_t              nsessions;
    conf_shm_event_t    **ring;         /* each holds a reference */
    uint32_t              size;         /* of the ring, a power of two */
    uint32_t              head;
    uint32_t              depth;
    bool                  rung;         /* the doorbell was, no need to again */
    bool                  lost;         /* an event, since the last drain */
    bool                  ending;       /* hears nothing and opens nothing */
    size_t                bytes;
    int64_t               drained_ms;
    uint64_t              dropped;
    conf_counters_t       counters;
} conf_shm_worker_t;


typedef struct {
    conf_hash_node_t      node;         /* of root->sessions */
    uint64_t              id;
    uint64_t              user;
    uint32_t              slot;
    uint32_t              closing;      /* joins nothing any more */
    conf_queue_t          link;         /* of its worker */
    conf_queue_t          seats;
} conf_shm_session_t;


/* A worker that listens to a channel. */

typedef struct conf_shm_sub_s  conf_shm_sub_t;

struct conf_shm_sub_s {
    conf_shm_sub_t       *next;
    uint32_t              slot;
    uint32_t              sessions;     /* of this worker in the channel */
};


/*
 * What a channel still waits for: exists while an event that is newer than
 * the last delivered one is known of.
 */

typedef struct conf_shm_channel_s  conf_shm_channel_t;

typedef struct {
    conf_queue_t          link;         /* of root->gaps, oldest first */
    conf_shm_channel_t   *channel;
    conf_tree_t          *late;         /* by seq; may miss some */
    uint64_t              newest;       /* known of */
    int64_t               since_ms;
    size_t                nlate;
} conf_shm_gap_t;

typedef struct {
    conf_tree_t           node;         /* of the gap */
    conf_shm_event_t     *event;        /* holds a reference */
} conf_shm_late_t;


struct conf_shm_channel_s {
    conf_hash_node_t      node;         /* of root->channels */
    uint64_t              key;
    uint64_t              epoch;
    uint64_t              seq;          /* of the newest delivered event */
    conf_tree_t          *users;
    uint64_t              nusers;
    conf_shm_sub_t       *subs;
    conf_shm_gap_t       *gap;          /* or NULL */
};

/* What a room has beside its sessions once one of them is a peer. */

typedef struct conf_shm_peer_s   conf_shm_peer_t;

typedef struct {
    conf_queue_t          link;         /* of root->stages */
    conf_tree_t          *peers;        /* the first one of each user */
    conf_lead_t           lead;         /* session 0: nobody's */

    conf_shm_event_t     *first;        /* the ring, each with a reference */
    conf_shm_event_t     *last;
    size_t                nkept;
    size_t                bytes;
    uint64_t              floor;        /* all up to this one are gone */
    uint64_t              live;         /* of the newest event */
} conf_shm_stage_t;

/* A channel of kind room or door. */

typedef struct {
    conf_shm_channel_t    channel;      /* first */
    conf_tree_t           node;         /* of root->rooms, when a room */
    conf_shm_stage_t     *stage;        /* or NULL */
} conf_shm_room_t;

/* A user in a channel. */

typedef struct {
    conf_tree_t           node;         /* of its channel */
    conf_shm_channel_t   *channel;
    uint64_t              sessions;     /* of the user in the channel */
} conf_shm_user_t;

/* A session in a channel. */

typedef struct {
    conf_hash_node_t      node;         /* of root->seats */
    conf_queue_t          link;         /* of its session */
    conf_shm_session_t   *session;
    conf_shm_user_t      *user;
    conf_shm_peer_t      *peer;         /* or NULL */
} conf_shm_seat_t;

/* A peer: goes with its seat.  text: id, name, nickname. */

struct conf_shm_peer_s {
    conf_tree_t           node;         /* of its stage, the first of a user */
    conf_shm_peer_t      *same;         /* the user's next */
    conf_shm_seat_t      *seat;
    uint32_t              role;
    uint32_t              media;
    int64_t               opened_ms;
    int64_t               joined_ms;
    int64_t               active_ms;
    uint16_t              id_len;
    uint16_t              name_len;
    uint16_t              nickname_len;
    uint8_t               text[];
};


/* A hot copy. */

typedef struct {
    conf_hash_node_t      node;         /* of root->copies */
    conf_queue_t          link;         /* of root->recent, newest first */
    uint64_t              room;
    uint64_t              user;
    uint64_t              rev;
    uint32_t              kind;
    uint32_t              era;          /* older than the cache's: gone */
    size_t                len;
    uint8_t               value[];
} conf_shm_copy_t;


/*
 * A rate bucket: a vessel that leaks count units a millisecond and into which
 * a call pours period_ms of them.
 */

typedef struct {
    conf_hash_node_t      node;         /* of root->buckets */
    conf_queue_t          link;         /* of its class, newest first */
    uint64_t              key;
    uint32_t              row;
    uint32_t              period_ms;
    uint64_t              level;
    int64_t               last_ms;
} conf_shm_bucket_t;


/* The last hour; the counters at the beginning of what is next. */

typedef struct {
    uint64_t              begun;        /* spans */
    int64_t               since_ms;     /* of the last one */
    conf_counters_t       since;
    uint64_t              added;        /* the next goes to added % size */
    conf_sample_t         samples[CONF_HISTORY_SAMPLES];
} conf_shm_history_t;


struct conf_shm_root_s {
    /* These three stay where they are in every version. */
    uint64_t              magic;
    uint64_t              version;
    uint64_t              layout;

    volatile uint64_t     holder;       /* pid of who has the lock, or 0 */
    uint64_t              node;
    uint64_t              seed;
    uint64_t              generation;
    uint64_t              numbers;      /* drawn by workers */
    size_t                reserve;      /* pages: copies and buckets stop */

    uint64_t              sweeper;      /* pid of who looks for the absent */
    int64_t               sweep_ms;     /* until when, unless it says more */

    uint64_t              nrooms;
    uint64_t              ndoors;
    uint64_t              nevents;
    uint64_t              nkept;        /* of them, in nothing but a ring */
    uint64_t              published;
    uint64_t              dropped;
    uint64_t              zone_full;
    uint64_t              cache_hits;
    uint64_t              cache_misses;
    uint64_t              limited;

    conf_hash_t           sessions;     /* conf_session.c */

    conf_hash_t           channels;     /* conf_channel.c */
    conf_hash_t           seats;
    conf_tree_t          *rooms;

    conf_queue_t          stages;       /* conf_ring.c; longest untidied
                                           first */

    conf_queue_t          gaps;         /* conf_publish.c */
    conf_queue_t          spares;
    size_t                nspares;

    conf_hash_t           copies;       /* conf_cache.c */
    conf_queue_t          recent;
    uint32_t              era;
    uint64_t              floors[CONF_CACHE_FLOORS];
    uint64_t              members_floor;

    conf_hash_t           buckets;      /* conf_limit.c */
    conf_queue_t          classes[CONF_LIMIT_CLASSES];
    size_t                class;        /* the next to be tidied up */

    conf_shm_worker_t     workers[CONF_WORKERS_MAX];
    conf_counters_t       retired;      /* of workers that have ended */

    size_t                pages;        /* free ones when it was empty */
    conf_shm_history_t    history;
};


/* NULL, and no lock: there is no root. */
conf_shm_root_t *conf_shm_lock(conf_shm_t *shm);
void conf_shm_unlock(conf_shm_t *shm);

/*
 * When the zone is full, copies and rate buckets make room, a bounded number
 * of them.  NULL is counted.
 */
void *conf_shm_alloc(conf_shm_t *shm, size_t size);
void conf_shm_free(conf_shm_t *shm, void *p);


/* Who left where; called back when the lock is gone. */

typedef struct {
    size_t                steps;        /* seats and sessions taken away */
    size_t                n;
    conf_left_t           left[CONF_SLICE];
} conf_shm_left_t;

void conf_shm_left_call(const conf_shm_left_t *lefts, conf_left_pt left,
    void *data);

/* NULL when it is not, or is ending. */
conf_shm_worker_t *conf_shm_worker(conf_shm_root_t *root,
    const conf_worker_t *id);

/* The sum of all workers, of those that ended too. */
void conf_shm_counters(const conf_shm_root_t *root, conf_counters_t *sum);

conf_shm_session_t *conf_shm_session(conf_shm_root_t *root, uint64_t id);

/* Takes seats away and then the session: true when it is gone. */
bool conf_shm_session_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_session_t *session, conf_shm_left_t *lefts);

conf_shm_channel_t *conf_shm_channel(conf_shm_root_t *root, uint64_t key);
conf_shm_seat_t *conf_shm_seat(conf_shm_root_t *root, uint64_t session,
    uint64_t channel);

void conf_shm_seat_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_seat_t *seat, conf_left_t *left);

/* conf_peer.c: what a join needs, all or nothing; NULL: the zone is full. */
conf_shm_peer_t *conf_shm_peer_make(conf_shm_t *shm,
    const conf_peer_t *peer);
conf_shm_stage_t *conf_shm_stage_make(conf_shm_t *shm, uint64_t channel);

/* Links a peer to its seat, which is linked; unlinks and frees it. */
void conf_shm_peer_link(conf_shm_root_t *root, conf_shm_seat_t *seat,
    conf_shm_peer_t *peer);
void conf_shm_peer_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_seat_t *seat, conf_left_t *left);

/* The room's stage, or NULL; the user's first peer on it, or NULL. */
conf_shm_stage_t *conf_shm_stage(conf_shm_channel_t *channel);
conf_shm_peer_t *conf_shm_peer(const conf_shm_stage_t *stage, uint64_t user);

void conf_shm_stage_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_stage_t *stage);

/* conf_ring.c: numbers the event and keeps it. */
void conf_shm_ring_put(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_stage_t *stage, conf_shm_event_t *event);

/* Drops the oldest event; false when there is none. */
bool conf_shm_ring_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_stage_t *stage);

/* Drops about n of kept ones; returns how many. */
size_t conf_shm_ring_evict(conf_shm_t *shm, conf_shm_root_t *root, size_t n);

/* An event as conf_inbox_next() reads it: its size there, and the bytes. */
size_t conf_shm_inbox_size(const conf_shm_event_t *event);
void conf_shm_inbox_copy(conf_buf_t *buf, const conf_shm_event_t *event);

/* Forgets what a channel waits for. */
void conf_shm_gap_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_channel_t *channel);

/* Fills the spares; CONF_OK or CONF_E_ZONE_FULL. */
conf_rc_t conf_shm_gap_init(conf_shm_t *shm, conf_shm_root_t *root);

void conf_shm_event_release(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_event_t *event);

/* Takes a reference, or drops the event when the inbox is full. */
void conf_shm_inbox_put(conf_shm_root_t *root, conf_shm_worker_t *worker,
    conf_shm_event_t *event, int64_t now_ms, conf_wake_t *wake);

/* Drops at most max events; true when there are no more. */
bool conf_shm_inbox_drop(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_worker_t *worker, size_t max);

/* Frees the oldest n; returns how many there were. */
size_t conf_shm_cache_evict(conf_shm_t *shm, conf_shm_root_t *root, size_t n);
size_t conf_shm_limit_evict(conf_shm_t *shm, conf_shm_root_t *root, size_t n);


#endif /* _CONF_SHM_ROOT_H_INCLUDED_ */
