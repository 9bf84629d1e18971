
/*
 * The worker's own sockets: which sessions it holds, in which channels they
 * are, and how an event that came through the inbox reaches them.  An event
 * is rendered once a dialect and the same bytes are queued on every session.
 *
 * The zone knows the same of all workers; what is here can register it again
 * whenever the zone had to be emptied.
 */

#ifndef _CONF_LIVE_H_INCLUDED_
#define _CONF_LIVE_H_INCLUDED_


#include "conf_core.h"


#define CONF_APIS_MAX   8
#define CONF_OUT_HEAD   16      /* room for a frame's head before the bytes */

/* Why a session is closed; the transport says it in its own way. */

typedef enum {
    CONF_CLOSE_NORMAL = 0,
    CONF_CLOSE_GOING_AWAY,      /* the worker ends */
    CONF_CLOSE_REVOKED,         /* token or user is no longer good */
    CONF_CLOSE_SLOW,            /* does not read */
    CONF_CLOSE_INTERNAL,
    CONF_CLOSE_REMOVED,         /* from the room that it is bound to */
    CONF_CLOSE_ENDED,           /* that room has */
    CONF_CLOSE_FLOOD,           /* says too much */
    CONF_CLOSE_REPLACED,        /* by a session that goes on with it */
    CONF_CLOSE_MAX
} conf_close_e;

/*
 * Bytes on their way to sockets.  The transport puts the frame's head right
 * before data, once, and sets its length.  Whoever holds a pointer for later
 * holds a reference.
 */

typedef struct conf_out_s  conf_out_t;

struct conf_out_s {
    uint32_t     refs;
    uint16_t     head_len;       /* 0: not framed yet */
    bool         incompressible; /* it was tried */
    conf_out_t  *deflated;       /* the same compressed; goes with this one */
    size_t       len;
    uint8_t      head[CONF_OUT_HEAD];
    uint8_t      data[];
};

/* A copy of the bytes with one reference; NULL when memory is short. */
conf_out_t *conf_out_create(conf_str_t bytes);
void conf_out_ref(conf_out_t *out);
void conf_out_unref(conf_out_t *out);


/* What travels between workers, besides stored messages. */

typedef enum {
    CONF_EVENT_MESSAGE = 1,     /* conf_message_t, durable: has a seq */
    CONF_EVENT_RELAY,           /* conf_message_t, not stored: id and seq 0 */
    CONF_EVENT_PRESENCE,        /* conf_presence_t */
    CONF_EVENT_ROOM,            /* conf_room_t: it was changed */
    CONF_EVENT_ENTERED,         /* conf_room_t: the session is in it now */
    CONF_EVENT_EXITED,          /* conf_room_t: it is not any more */
    CONF_EVENT_SIGNAL,          /* conf_signal_t: from one peer to others */
    CONF_EVENT_LEAD,            /* conf_led_t: who leads is another one */
    CONF_EVENT_INFO,            /* conf_info_t: a room as it is; local only */
    CONF_EVENT_WAITING,         /* conf_presence_t: waits at the door */
    CONF_EVENT_ADMITTED,        /* conf_room_t: may come in */
    CONF_EVENT_REJECTED,        /* conf_room_t: may not */
    CONF_EVENT_ENDED,           /* conf_room_t: it is over */
    CONF_EVENT_REPLACED,        /* conf_id_t: the session ends */
    CONF_EVENT_LEFT,            /* conf_id_t: those bound to the room do */
    CONF_EVENT_MAX
} conf_event_e;

/*
 * Who came or went.  edge: with it the user came or went, else the user has
 * other sessions there.  session 0: one that is no peer.
 */

#define CONF_PRESENCE_FIELDS(X, s)                                            \
    X(s, U64,  room_id,   0)                                                  \
    X(s, U64,  user_id,   0)                                                  \
    X(s, BOOL, online,    0)                                                  \
    X(s, STR,  name,      CONF_NAME_MAX)                                      \
    X(s, STR,  nickname,  CONF_NAME_MAX)                                      \
    X(s, STR,  avatar,    CONF_URL_MAX)                                       \
    X(s, U64,  count,     0)        /* users online in the room now */        \
    X(s, BOOL, edge,      0)                                                  \
    X(s, U64,  session,   0)                                                  \
    X(s, STR,  peer,      CONF_PEER_ID_MAX)                                   \
    X(s, U32,  role,      0)                                                  \
    X(s, U32,  media,     0)        /* CONF_MEDIA_* */                        \
    X(s, I64,  time_ms,   0)

CONF_PROTO_STRUCT(presence, CONF_PRESENCE_FIELDS);

/* What a peer has switched on. */

#define CONF_MEDIA_AUDIO   0x01
#define CONF_MEDIA_VIDEO   0x02
#define CONF_MEDIA_SCREEN  0x04

typedef enum {
    CONF_SIGNAL_OFFER = 0,
    CONF_SIGNAL_ANSWER,
    CONF_SIGNAL_CANDIDATE,
    CONF_SIGNAL_MEDIA,          /* media is what is on now */
    CONF_SIGNAL_RESULT          /* of who leads */
} conf_signal_e;

/*
 * From a peer to a user's peers (target), to one (target_peer), or to all of
 * the room.  Who it is from is never what the client says.
 */

#define CONF_SIGNAL_FIELDS(X, s)                                              \
    X(s, U32,  kind,         0)                                               \
    X(s, U64,  room_id,      0)                                               \
    X(s, U64,  user_id,      0)                                               \
    X(s, U64,  session,      0)                                               \
    X(s, STR,  peer,         CONF_PEER_ID_MAX)                                \
    X(s, STR,  name,         CONF_NAME_MAX)                                   \
    X(s, U64,  target,       0)                                               \
    X(s, STR,  target_peer,  CONF_PEER_ID_MAX)                                \
    X(s, STR,  client_id,    CONF_CLIENT_ID_MAX)                              \
    X(s, U32,  media,        0)                                               \
    X(s, STR,  data,         CONF_CONTENT_MAX)    /* JSON */                  \
    X(s, I64,  time_ms,      0)

CONF_PROTO_STRUCT(signal, CONF_SIGNAL_FIELDS);

/* Who leads now; session 0: nobody. */

#define CONF_LED_FIELDS(X, s)                                                 \
    X(s, U64,  room_id,   0)                                                  \
    X(s, U64,  user_id,   0)                                                  \
    X(s, U64,  session,   0)                                                  \
    X(s, STR,  name,      CONF_NAME_MAX)                                      \
    X(s, I64,  time_ms,   0)

CONF_PROTO_STRUCT(led, CONF_LED_FIELDS);

/* The table of an event's body; NULL for an unknown type. */
const conf_proto_t *conf_event_proto(uint32_t type);


typedef struct conf_seat_s   conf_seat_t;
typedef struct conf_local_s  conf_local_t;

/*
 * A session that is bound to one room shows something of itself there: it is
 * a peer.  Until it joins (or, when it waits, is admitted) it stands at the
 * room's door.
 */

typedef struct {
    uint64_t                room_id;
    uint64_t                since;       /* the ring's number when it joined:
                                            what is not newer is not for it */
    uint64_t                resume;      /* the newest event that the client
                                            has; 0: it asks for none */
    uint64_t                former;      /* the session that it goes on with */
    uint32_t                settings;    /* the room's */
    bool                    waiting;     /* may not join yet */
    bool                    eager;       /* has tried to */
    bool                    gone;        /* was put out, or has left */
    bool                    settled;     /* which dialect it speaks */
    int64_t                 flood_ms;    /* as a GCRA has it */
    conf_peer_t             peer;        /* its strings are in text */
    uint8_t                 text[CONF_PEER_ID_MAX + 2 * CONF_PEER_NAME_MAX];
} conf_bound_t;

/*
 * One socket (or what stands for one).  It is part of the transport's own
 * object, which sets the first group and outlives the session.
 */

struct conf_session_s {
    conf_env_t             *env;
    const conf_api_t       *api;
    const conf_settings_t  *settings;
    conf_auth_t             auth;
    conf_bound_t           *bound;       /* NULL: in all rooms of its user */

    /* Queues out, taking a reference of its own; never calls back. */
    void                  (*send)(conf_session_t *s, conf_out_t *out);

    /* Begins to close; the session stays until conf_live_close(). */
    void                  (*close)(conf_session_t *s, conf_close_e why);

    /* From here on the live table's own. */
    uint64_t                id;          /* random, not 0 */
    conf_seat_t            *seats;
    conf_session_t         *next;
    conf_session_t         *prev;
    bool                    open;
    bool                    touched;     /* its rooms may have changed since
                                            they were asked for */
};


/* NULL when memory is short. */
conf_live_t *conf_live_create(conf_env_t *env);
void conf_live_destroy(conf_live_t *live);

/*
 * Registers the session and joins its user's channel.  CONF_OK, or
 * CONF_E_NOMEM, CONF_E_ZONE_FULL and CONF_E_BACKEND_BUSY (the zone was emptied
 * a moment ago) with nothing left behind.
 */
conf_rc_t conf_live_open(conf_session_t *s);

/* Leaves everything; tells the rooms.  Idempotent. */
void conf_live_close(conf_session_t *s);

/*
 * Binds a session that is not open yet to a room; id is its own choice, or
 * empty: then it gets one.  Who has the session unbinds it when no message of
 * it is under way any more.  conf_live_name() sets what is shown of its user,
 * before it is at the door.  conf_live_show_peer() tells the zone of another
 * role, of other media or of having been active.
 */
conf_rc_t conf_live_bind(conf_session_t *s, uint64_t room_id, conf_str_t id);
void conf_live_unbind(conf_session_t *s);
void conf_live_name(conf_session_t *s, const conf_user_t *user);
void conf_live_show_peer(conf_session_t *s);

/* Puts a bound session to its room's door. */
conf_rc_t conf_live_wait(conf_session_t *s);

/*
 * A message has come from a bound session: false when it says too much.
 * Marks it as active.
 */
bool conf_live_heard(conf_session_t *s);

/*
 * Puts the session into a room, or takes it out; the others in it hear of
 * it when it changes whether the user is there.  Idempotent.
 */
conf_rc_t conf_live_join(conf_session_t *s, const conf_room_t *room);
void conf_live_leave(conf_session_t *s, uint64_t room_id);
bool conf_live_in(const conf_session_t *s, uint64_t room_id);

/* Is the bound session in its room? */
bool conf_live_joined(const conf_session_t *s);

/* The session's room with the smallest id greater than after; 0: none. */
uint64_t conf_live_seat(const conf_session_t *s, uint64_t after);

/* Has this worker a session in the channel?  Its sessions, one by one. */
bool conf_live_has(conf_live_t *live, uint64_t channel);

typedef void (*conf_live_pt)(conf_session_t *s, void *data);
void conf_live_each(conf_live_t *live, uint64_t channel, conf_live_pt fn,
    void *data);

/*
 * One local session after another: rewind, then next until NULL.  A session
 * that closes meanwhile is passed over.
 */
void conf_live_rewind(conf_live_t *live);
conf_session_t *conf_live_next(conf_live_t *live);

size_t conf_live_sessions(const conf_live_t *live);

/* Every session, for closing them all. */
void conf_live_close_all(conf_live_t *live, conf_close_e why);

/*
 * Delivers what is in the inbox, at most about bytes_max of it.  CONF_DONE
 * when it is empty.
 *
 * Stored messages reach the sessions in order and once, whatever the inbox
 * lost, whoever published twice: one that comes too early is not shown, and
 * its room is behind until what is missing was read from confd.
 */
conf_rc_t conf_live_drain(conf_live_t *live, size_t bytes_max);

/* A room that is behind and that nobody repairs yet: who asks does. */
bool conf_live_behind(conf_live_t *live, conf_gap_t *gap);

/*
 * What is missing, message by message, then the end: done tells that up to
 * gap->last there is nothing else; otherwise it will be asked for again.
 */
void conf_live_repair(conf_live_t *live, const conf_message_t *message);
void conf_live_repaired(conf_live_t *live, const conf_gap_t *gap, bool done);

/* Renders and queues one event for one session of this worker. */
void conf_live_tell(conf_session_t *s, uint32_t type, const void *body);

/* The same for an event as it lies in a ring. */
void conf_live_retell(conf_session_t *s, const conf_event_t *event);

/*
 * Rooms whose newcomers are to be shown to sessions of a dialect that wants
 * to see all again each time (see conf_api_t): one after the other whose time
 * has come; 0: no more.
 */
uint64_t conf_live_shot(conf_live_t *live);

/*
 * Packs and publishes; body by conf_event_proto(type).  epoch and seq 0: not
 * durable.  from, to, user as in conf_event_t.
 */
typedef struct {
    uint64_t     channel;
    uint32_t     type;
    uint64_t     epoch;
    uint64_t     seq;
    uint64_t     from;
    uint64_t     to;
    uint64_t     user;
} conf_publish_to_t;

conf_rc_t conf_live_publish(conf_env_t *env, const conf_publish_to_t *to,
    const void *body);

/*
 * Who carries events to other nodes: told of every event that is published
 * here, and of a room's first session of this worker and its last.  NULL:
 * nobody does.
 */
typedef struct {
    void   (*room)(void *data, uint64_t channel, bool here);
    void   (*publish)(void *data, const conf_event_t *event);
    void    *data;
} conf_live_bridge_t;

void conf_live_bridge(conf_live_t *live, const conf_live_bridge_t *bridge);
bool conf_live_bridged(const conf_live_t *live);

/* The rooms that this worker has sessions in. */
void conf_live_rooms(conf_live_t *live, void (*fn)(void *data,
    uint64_t channel), void *data);

/* Is an event of another node worth publishing here? */
bool conf_live_foreign(conf_env_t *env, const conf_event_t *event);

/*
 * The same for a stored message, to its room.  CONF_DONE: who is here has seen
 * it before.
 */
conf_rc_t conf_live_message(conf_env_t *env, const conf_message_t *message);

/*
 * A conf_left_pt, with the env as data: tells the room that a peer or the
 * user's last session has left, and that nobody leads.
 */
void conf_live_left(void *data, const conf_left_t *left);

/*
 * Tells a room, or its door, who came or went: sets what is not given of name,
 * count and time.  Who it was does not hear of it.
 */
void conf_live_presence(conf_env_t *env, uint64_t channel, uint32_t type,
    conf_presence_t *presence);

/* The zone was emptied: attaches the worker and registers everything anew. */
conf_rc_t conf_live_restore(conf_live_t *live);


#endif /* _CONF_LIVE_H_INCLUDED_ */
