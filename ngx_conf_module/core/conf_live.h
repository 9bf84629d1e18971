
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
    CONF_CLOSE_INTERNAL
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
    CONF_EVENT_MAX
} conf_event_e;

#define CONF_PRESENCE_FIELDS(X, s)                                            \
    X(s, U64,  room_id,   0)                                                  \
    X(s, U64,  user_id,   0)                                                  \
    X(s, BOOL, online,    0)                                                  \
    X(s, STR,  name,      CONF_NAME_MAX)                                      \
    X(s, STR,  nickname,  CONF_NAME_MAX)                                      \
    X(s, STR,  avatar,    CONF_URL_MAX)                                       \
    X(s, U64,  count,     0)        /* users online in the room now */

CONF_PROTO_STRUCT(presence, CONF_PRESENCE_FIELDS);

/* The table of an event's body; NULL for an unknown type. */
const conf_proto_t *conf_event_proto(uint32_t type);


typedef struct conf_seat_s   conf_seat_t;
typedef struct conf_local_s  conf_local_t;

/*
 * One socket (or what stands for one).  It is part of the transport's own
 * object, which sets the first group and outlives the session.
 */

struct conf_session_s {
    conf_env_t             *env;
    const conf_api_t       *api;
    const conf_settings_t  *settings;
    conf_auth_t             auth;

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
 * Puts the session into a room, or takes it out; the others in it hear of
 * it when it changes whether the user is there.  Idempotent.
 */
conf_rc_t conf_live_join(conf_session_t *s, const conf_room_t *room);
void conf_live_leave(conf_session_t *s, uint64_t room_id);
bool conf_live_in(const conf_session_t *s, uint64_t room_id);

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

/*
 * Packs and publishes; body by conf_event_proto(type).  epoch and seq 0: not
 * durable.
 */
typedef struct {
    uint64_t     channel;
    uint32_t     type;
    uint64_t     epoch;
    uint64_t     seq;
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
 * A conf_left_pt, with the env as data: tells the room that the user's last
 * session has left.
 */
void conf_live_left(void *data, uint64_t channel, uint64_t user);

/* Tells a room who came or went. */
void conf_live_presence(conf_env_t *env, uint64_t room_id, uint64_t user_id,
    bool online);

/* The zone was emptied: attaches the worker and registers everything anew. */
conf_rc_t conf_live_restore(conf_live_t *live);


#endif /* _CONF_LIVE_H_INCLUDED_ */
