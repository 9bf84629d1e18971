
/*
 * The seam between confd and what carries events between nodes.  A node is
 * one nginx: its links share the number that HELLO brought.  Topics are
 * "r.<room>", "u.<user>", "n.<node>" and "c" (control).
 *
 * What a driver promises, and all that may be assumed: a message arrives at
 * most once, those of one publisher in their order; after a reconnect some
 * may come twice; every loss of the connection is told by on_state.
 *
 * All calls and callbacks are on the loop's thread.
 */

#ifndef _CONFD_BUS_H_INCLUDED_
#define _CONFD_BUS_H_INCLUDED_


#include "conf_rpc.h"

#include <uv.h>


#define CONFD_TOPIC_CONTROL  "c"
#define CONFD_TOPIC_NODES    "n"

typedef struct confd_server_s    confd_server_t;
typedef struct confd_bus_s       confd_bus_t;
typedef struct confd_bus_sub_s   confd_bus_sub_t;
typedef struct confd_bus_peer_s  confd_bus_peer_t;

typedef enum {
    CONFD_BUS_MEMORY = 0,            /* well under a millisecond */
    CONFD_BUS_NETWORK,               /* about one */
    CONFD_BUS_POLLED                 /* several */
} confd_bus_latency_e;

typedef struct {
    size_t                payload_max;
    confd_bus_latency_e   latency;
} confd_bus_caps_t;

/* One who subscribes: a link.  It lives until it has unsubscribed from all. */

struct confd_bus_peer_s {
    uint64_t              node;
    confd_bus_sub_t      *subs;      /* the driver's */
    size_t                nsubs;
    confd_bus_peer_t     *heard;     /* the next who hears a message */
};

typedef struct {
    conf_str_t            topic;
    conf_str_t            payload;
    uint64_t              rev;       /* of a touch, else 0 */
} confd_bus_msg_t;

/*
 * A message and the list, linked by heard, of who is to get it.  The list is
 * the callee's until it returns; unsubscribing meanwhile is allowed.
 */
typedef void (*confd_bus_msg_pt)(confd_server_t *server,
    const confd_bus_msg_t *msg, confd_bus_peer_t *heard);

/* up false: messages may be lost from here on; true: not any more. */
typedef void (*confd_bus_state_pt)(confd_server_t *server, bool up);

typedef struct {
    uv_loop_t            *loop;
    uint64_t              node_id;   /* of this confd among machines */
    uint64_t              boot;      /* random per start */
    confd_server_t       *server;    /* the callbacks' first argument */
    confd_bus_msg_pt      on_msg;
    confd_bus_state_pt    on_state;
} confd_bus_conf_t;

typedef struct {
    const char           *name;
    confd_bus_caps_t      caps;

    /* NULL and one sentence in err when it fails. */
    confd_bus_t        *(*open)(const confd_bus_conf_t *conf, char *err,
                            size_t errlen);

    /*
     * Subscribing twice is once; unsubscribing from what is not subscribed
     * is nothing.  CONF_OK, CONF_E_INVALID (the topic's length),
     * CONF_E_TOO_LARGE (too many topics), CONF_E_NOMEM.
     */
    conf_rc_t           (*sub)(confd_bus_t *bus, confd_bus_peer_t *peer,
                            conf_str_t topic);
    void                (*unsub)(confd_bus_t *bus, confd_bus_peer_t *peer,
                            conf_str_t topic);
    void                (*unsub_all)(confd_bus_t *bus, confd_bus_peer_t *peer);

    /*
     * To one subscriber of every node but the publisher's, always the same
     * one while it stays; control messages go to all subscribers.  from NULL:
     * confd itself, all nodes hear it.  CONF_OK, CONF_E_INVALID,
     * CONF_E_TOO_LARGE.
     */
    conf_rc_t           (*pub)(confd_bus_t *bus, const confd_bus_peer_t *from,
                            const confd_bus_msg_t *msg);

    void                (*close)(confd_bus_t *bus);
} confd_bus_driver_t;

extern const confd_bus_driver_t  confd_bus_local;


#endif /* _CONFD_BUS_H_INCLUDED_ */
