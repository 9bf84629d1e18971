
/*
 * Channels: who is where, and who hears what.
 *
 * A channel is a room, a room's door (sessions that came for that room only
 * and are not in it yet) or a user's own (every session of the user is in it:
 * that is being online, and the way to reach the user anywhere).  Sessions
 * join channels; a worker that has a session in a channel subscribes to it;
 * a published event goes once into the inbox of every subscribed worker, the
 * publisher's own included, so that the order is the same for everybody.
 *
 * A channel exists while a session is in it.
 */

#ifndef _CONF_CHANNEL_H_INCLUDED_
#define _CONF_CHANNEL_H_INCLUDED_


#include "conf_worker.h"


typedef enum {
    CONF_CHANNEL_ROOM = 1,
    CONF_CHANNEL_USER,
    CONF_CHANNEL_DOOR
} conf_channel_kind_e;

/* A channel's key: kind and id; ids stay below 2^56. */

#define conf_channel(kind, id)    (((uint64_t) (kind) << 56) | (id))
#define conf_channel_kind(key)    ((conf_channel_kind_e) ((key) >> 56))
#define conf_channel_id(key)      ((key) & (((uint64_t) 1 << 56) - 1))


/*
 * What travels.  seq 0: ephemeral.  Otherwise the event is the seq'th durable
 * one of the channel's epoch and is delivered in that order, exactly once:
 * one that came before is dropped, one that comes early waits for those
 * between (see conf_channel_gap()).
 *
 * In a room that has peers every event, durable or not, gets the next number
 * of the room's ring as live, by which a peer that lost its connection asks
 * for what it has missed.
 */

typedef struct {
    uint64_t    channel;
    uint64_t    epoch;
    uint64_t    seq;
    uint64_t    from;         /* session, 0: none; the receiver may skip it */
    uint64_t    to;           /* session in it, 0: all of the channel */
    uint64_t    user;         /* only the peers of this user; 0: everybody */
    uint64_t    live;         /* set here; 0: none */
    uint32_t    type;         /* opaque here */
    conf_str_t  body;         /* opaque here */
} conf_event_t;


/*
 * A session is announced once, by the worker that holds its socket; id is
 * random and not 0.  CONF_OK, CONF_E_EXISTS, CONF_E_ZONE_FULL, CONF_E_CONFLICT
 * (the worker is not attached in this generation of the zone).
 */
conf_rc_t conf_session_open(conf_shm_t *shm, const conf_worker_t *worker,
    uint64_t session, uint64_t user);

/*
 * Leaves all its channels; left is called, without the lock, for each channel
 * in which no other session of the user remains or in which it was a peer.
 * Idempotent.
 */
void conf_session_close(conf_shm_t *shm, uint64_t session, conf_left_pt left,
    void *data);

/*
 * Joins.  subscribe tells that it is the worker's first session there.  epoch
 * and seq say what the room's newest durable event was when it was read; they
 * count only for a channel that does not exist yet.  *first tells that the
 * user had no other session in the channel.  (subscribe, and unsubscribe of
 * leave, are hints: the zone counts the sessions of each worker, too.)
 *
 * CONF_OK, CONF_E_EXISTS (is in it), CONF_E_NOT_FOUND (no such session),
 * CONF_E_ZONE_FULL (nothing is changed).
 */
typedef struct {
    uint64_t    channel;
    uint64_t    epoch;
    uint64_t    seq;
    bool        subscribe;
    const conf_peer_t  *peer;     /* what it shows of itself; NULL: nothing */
} conf_join_t;

conf_rc_t conf_channel_join(conf_shm_t *shm, uint64_t session,
    const conf_join_t *join, bool *first);

/*
 * Leaves.  unsubscribe: it was the worker's last session there.  *left tells
 * what the others may want to know.  CONF_OK, CONF_E_NOT_FOUND.
 */
conf_rc_t conf_channel_leave(conf_shm_t *shm, uint64_t session,
    uint64_t channel, bool unsubscribe, conf_left_t *left);

/*
 * Users in the channel, each once, at most max, by growing id from the first
 * greater than after; returns how many.
 */
size_t conf_channel_users(conf_shm_t *shm, uint64_t channel, uint64_t after,
    uint64_t *users, size_t max);

/* How many users, how many sessions; is this user in it? */
size_t conf_channel_count(conf_shm_t *shm, uint64_t channel);
size_t conf_channel_sessions(conf_shm_t *shm, uint64_t channel);
bool conf_channel_has(conf_shm_t *shm, uint64_t channel, uint64_t user);


/*
 * Peers: sessions that show something of themselves (see conf_join_t) in a
 * room or at its door.  Here they are read, by growing user, at most max of
 * them, into buf (reset first), to be taken out by conf_peer_next(), whose
 * strings point into buf.  CONF_OK, CONF_E_NOT_FOUND (of the one session),
 * CONF_E_NOMEM.
 */
conf_rc_t conf_peer_list(conf_shm_t *shm, uint64_t channel, conf_buf_t *buf,
    size_t max);
conf_rc_t conf_peer_get(conf_shm_t *shm, uint64_t session, conf_buf_t *buf);
conf_rc_t conf_peer_next(const conf_buf_t *buf, size_t *pos,
    conf_peer_t *peer);

/* The session that has this id of its own choice in the room; 0: none. */
uint64_t conf_peer_find(conf_shm_t *shm, uint64_t channel, conf_str_t id);

/* Sets role, media, active_ms of what the session shows. */
void conf_peer_set(conf_shm_t *shm, uint64_t session,
    const conf_peer_t *peer);


/*
 * Who leads: at most one peer of a room does.  Its end is the end of the lead
 * (see conf_left_t).  CONF_OK: it is changed; CONF_DONE: it was so before;
 * CONF_E_TAKEN: another one leads; CONF_E_NOT_FOUND: not a peer.  *lead is
 * what holds afterwards, session 0: nobody.
 */
typedef struct {
    uint64_t    session;
    uint64_t    user;
    int64_t     since_ms;
} conf_lead_t;

conf_rc_t conf_lead_set(conf_shm_t *shm, uint64_t channel, uint64_t session,
    bool on, conf_lead_t *lead);
void conf_lead_get(conf_shm_t *shm, uint64_t channel, conf_lead_t *lead);


/*
 * The ring of a room that has peers: its newest events, for CONF_RING_MS.
 * conf_ring_live() is the number of the newest one, 0 when there is no ring.
 * conf_ring_read() copies those in (after, last] that are for all or for the
 * user into buf (reset first), to be read by conf_inbox_next(); CONF_OK,
 * CONF_E_CONFLICT (some of them are gone), CONF_E_NOMEM.  conf_ring_tidy()
 * drops what is too old, a few rooms a call.
 */
#define CONF_RING_EVENTS  256
#define CONF_RING_BYTES   (256 * 1024)
#define CONF_RING_MS      30000

uint64_t conf_ring_live(conf_shm_t *shm, uint64_t channel);
conf_rc_t conf_ring_read(conf_shm_t *shm, uint64_t channel, uint64_t user,
    uint64_t after, uint64_t last, conf_buf_t *buf);
void conf_ring_tidy(conf_shm_t *shm);

/*
 * Publishes.  CONF_OK; CONF_DONE: nobody is there (what is for one session
 * or one user goes to the workers of those only), or it came before;
 * CONF_AGAIN: it waits for the events before it; CONF_E_ZONE_FULL: not
 * delivered (a durable one leaves a gap that repairs itself later).
 * wake is filled in any case.
 */
conf_rc_t conf_channel_publish(conf_shm_t *shm, const conf_event_t *event,
    conf_wake_t *wake);

/*
 * A durable event that somebody still waits for, older than age_ms: its
 * channel and the missing range, which the caller reads from confd and
 * publishes.  The same gap is not reported again within age_ms.  CONF_OK,
 * CONF_DONE.
 */
typedef struct {
    uint64_t    channel;
    uint64_t    epoch;
    uint64_t    first;
    uint64_t    last;
} conf_gap_t;

conf_rc_t conf_channel_gap(conf_shm_t *shm, int64_t age_ms, conf_gap_t *gap);

/*
 * Gives up on a gap: first..last will never come; what waits behind goes out.
 */
void conf_channel_skip(conf_shm_t *shm, const conf_gap_t *gap,
    conf_wake_t *wake);

/*
 * The room channels with their newest published seq, by growing key from the
 * first greater than after: for comparing with confd's heads.  Returns how
 * many; bounded steps a call.
 */
typedef struct {
    uint64_t    channel;
    uint64_t    epoch;
    uint64_t    seq;
} conf_channel_head_t;

size_t conf_channel_heads(conf_shm_t *shm, uint64_t after,
    conf_channel_head_t *heads, size_t max);

/*
 * Takes events out of the worker's inbox, at most about bytes_max of them,
 * into buf (reset first), to be read by conf_inbox_next().  *lost tells that
 * events were dropped since the last call because the inbox was full.
 * CONF_OK: there may be more; CONF_DONE: the inbox is empty and the next
 * event rings the doorbell; CONF_E_CONFLICT: not attached in this generation;
 * CONF_E_NOMEM: buf has no room, nothing was taken.
 */
conf_rc_t conf_inbox_drain(conf_shm_t *shm, const conf_worker_t *worker,
    conf_buf_t *buf, size_t bytes_max, bool *lost);

/*
 * Is there something in a worker's inbox, its own or another's?  A hint, read
 * without the lock: what is put there at this moment may be missed.
 */
bool conf_inbox_waits(conf_shm_t *shm, const conf_worker_t *worker);

/* The event at *pos of buf, which moves on.  CONF_OK, CONF_DONE. */
conf_rc_t conf_inbox_next(const conf_buf_t *buf, size_t *pos,
    conf_event_t *event);


#endif /* _CONF_CHANNEL_H_INCLUDED_ */
