
/*
 * Signaling: sessions that are bound to one room find each other there and
 * pass on what they need to connect.  Nothing of this is stored but chat; who
 * may be in a room is confd's to say, at the opening, at the join and by
 * touches.
 */

#ifndef _CONF_SIGNAL_H_INCLUDED_
#define _CONF_SIGNAL_H_INCLUDED_


#include "conf_live.h"
#include "conf_meet.h"
#include "conf_verb.h"


#define CONF_PEERS_MAX  1000         /* that a list shows */


typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    uint64_t       user_id;          /* when given, the asker's own */
    conf_str_t     peer;             /* its id by its own choice */
    conf_str_t     former;           /* the session that it goes on with */
    uint64_t       last_live;        /* the newest event that it has */
} conf_signal_open_in_t;

/* conf_signal_open_in_t -> conf_session_t: the upgrade may go on */
conf_rc_t conf_signal_open(conf_op_t *op, const void *in);

/* Messages of a bound session; they answer nothing but errors. */

/* nothing -> nothing: into the room, and told what is there; who waits comes
   in when admitted, and sees nothing until then */
conf_rc_t conf_signal_join(conf_op_t *op, const void *in);

/* nothing -> nothing: out of it, and the session ends */
conf_rc_t conf_signal_leave(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    conf_str_t     client_id;
    uint64_t       target;           /* a user, all its peers */
    conf_str_t     target_peer;      /* or one of them */
    conf_str_t     data;             /* JSON, passed on as it is */
} conf_signal_in_t;

/*
 * conf_signal_in_t, fixed conf_signal_e -> nothing: EMPTY without a target,
 * TARGET_ABSENT when it is not there
 */
conf_rc_t conf_signal_relay(conf_op_t *op, const void *in);

typedef struct {
    conf_str_t     client_id;
    uint32_t       mask;             /* CONF_MEDIA_*: which of them change */
    uint32_t       media;            /* to what */
    conf_str_t     data;             /* JSON, the client's own words */
} conf_media_in_t;

/* conf_media_in_t -> nothing */
conf_rc_t conf_signal_media(conf_op_t *op, const void *in);

/* conf_message_in_t without the room -> conf_message_t */
conf_rc_t conf_signal_chat(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    bool           on;
} conf_claim_in_t;

/* conf_claim_in_t -> nothing: TAKEN when another one leads */
conf_rc_t conf_signal_claim(conf_op_t *op, const void *in);

/* conf_signal_in_t (data) -> nothing: TAKEN when it does not lead */
conf_rc_t conf_signal_result(conf_op_t *op, const void *in);


/* What is asked over HTTP. */

typedef struct {
    conf_input_t   input;
    conf_str_t     session;          /* sixteen digits */
} conf_signal_session_in_t;

typedef struct {
    conf_peer_t    peer;
    uint64_t       room_id;
    uint32_t       joined;           /* 1: in it; 0: at its door */
} conf_seen_t;

/* conf_signal_session_in_t -> conf_seen_t; own, or of a room one leads */
conf_rc_t conf_signal_session_get(conf_op_t *op, const void *in);

typedef struct {
    conf_list_t    sessions;         /* of conf_seen_t */
    uint64_t       total;
} conf_signal_sessions_t;

/* conf_room_in_t (room_id) -> conf_signal_sessions_t; members ask */
conf_rc_t conf_signal_sessions(conf_op_t *op, const void *in);

typedef struct {
    uint64_t       room_id;
    uint64_t       users;
    uint64_t       sessions;
    uint64_t       messages;         /* ever stored */
    int64_t        created_ms;
    int64_t        duration_s;       /* since it was started; 0: it was not */
} conf_live_room_t;

typedef struct {
    uint64_t       sessions;         /* in the zone */
    uint64_t       users;
    uint64_t       active;           /* rooms with somebody in them */
    conf_list_t    rooms;            /* of conf_live_room_t: the asker's, or
                                        the first of all for an admin */
    int64_t        now_ms;
} conf_live_stats_t;

/* nothing -> conf_live_stats_t */
conf_rc_t conf_signal_stats(conf_op_t *op, const void *in);

/* The id that sixteen digits are; 0: they are none. */
uint64_t conf_session_id(conf_str_t hex);


/*
 * A room as it is, for one session or for one after the other.  text is the
 * dialect's own rendering of the list, kept between them: ends[i] is where
 * peer i ends in it, api says whose it is.
 */

typedef struct {
    const conf_api_t  *api;
    conf_buf_t         text;
    size_t             ends[CONF_PEERS_MAX];
} conf_info_cache_t;

typedef struct {
    uint64_t           room_id;
    uint64_t           live;         /* the ring's newest number */
    size_t             nusers;
    conf_peer_t       *peers;        /* session 0: one that is no peer */
    size_t             npeers;
    conf_led_t         led;
    conf_list_t        servers;      /* of conf_ice_t, for self */
    const conf_session_t  *self;     /* whom it is for */
    bool               joined;       /* it has asked for it by joining */
    bool               resumed;      /* and missed nothing */
    bool               resync;       /* and missed what is not known */
    conf_info_cache_t *cache;
} conf_info_t;

/* The index of the session's own entry; npeers: it has none. */
size_t conf_info_self(const conf_info_t *info);

/* Peers of the room, and users that are there otherwise; at most max. */
size_t conf_signal_peers(conf_env_t *env, uint64_t room_id,
    conf_peer_t *peers, size_t max);


/*
 * What confd has said of the room, for a bound session of this worker: it is
 * a member's, it is an outsider's, the room has changed.
 */
void conf_signal_member(conf_session_t *s, const conf_room_view_t *view);
void conf_signal_outsider(conf_session_t *s, const conf_room_t *room,
    conf_close_e why);
void conf_signal_changed(conf_session_t *s, const conf_room_t *room);

/* The user has left the meeting: so do the user's sessions there. */
void conf_signal_left(conf_env_t *env, uint64_t user_id, uint64_t room_id);

/* Regular work, a few times a second. */
void conf_signal_tick(conf_env_t *env);


#endif /* _CONF_SIGNAL_H_INCLUDED_ */
