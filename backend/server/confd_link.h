
/*
 * A connection of a client: frames in, bytes out.  What is put out during one
 * turn of the loop leaves in one write at its end (confd_links_flush).
 *
 * A link is freed when its socket is closed and nobody holds a reference; a
 * job that it waits for holds one.  All of it is the loop's, but for gone and
 * what is sent: under the lock, or of a write that libuv has begun.
 */

#ifndef _CONFD_LINK_H_INCLUDED_
#define _CONFD_LINK_H_INCLUDED_


#include "confd_bus.h"

#include <pthread.h>
#include <stdatomic.h>


typedef struct confd_link_s  confd_link_t;

/*
 * on_frame: a whole frame, which lives until it returns; it may close the
 * link.  on_gone: once, when no more frames will come and none can be sent.
 * on_closed: the socket is closed, n has become less.
 */

typedef struct {
    confd_server_t       *server;            /* the callbacks' first argument */
    size_t                links_max;
    size_t                output_max;        /* bytes that wait for a peer */
    void                (*on_frame)(confd_server_t *server, confd_link_t *link,
                             const conf_frame_t *frame);
    void                (*on_gone)(confd_server_t *server,
                             confd_link_t *link);
    void                (*on_closed)(confd_server_t *server);
} confd_link_conf_t;

typedef struct {
    confd_link_conf_t     conf;
    confd_link_t         *first;
    confd_link_t         *unsent;            /* have something to flush */
    size_t                n;
    uint64_t              number;            /* of the last one */
} confd_links_t;

struct confd_link_s {
    confd_links_t        *links;
    confd_link_t         *prev;
    confd_link_t         *next;
    confd_link_t         *next_unsent;
    uint64_t              number;            /* in the log */
    confd_bus_peer_t      peer;
    unsigned              refs;
    bool                  greeted;           /* HELLO was right */
    bool                  reading;
    bool                  unsent;            /* in links->unsent */
    bool                  finishing;         /* closes when all is sent */
    bool                  closed;            /* as far as libuv goes */
    atomic_bool           gone;
    conf_buf_t            in;
    pthread_mutex_t       lock;              /* the next four */
    int                   fd;                /* or -1 */
    conf_buf_t            out;
    conf_buf_t            sending;           /* of the write in flight */
    bool                  writing;
    uv_write_t            write;
    uv_pipe_t             pipe;
};


void confd_links_init(confd_links_t *links, const confd_link_conf_t *conf);

/*
 * Accepts a connection of the listener.  CONF_OK, CONF_E_BACKEND_BUSY (one
 * too many: refused), CONF_E_NOMEM, CONF_E_BACKEND_DOWN.
 */
conf_rc_t confd_link_accept(confd_links_t *links, uv_stream_t *listener);

/*
 * Puts bytes out.  A peer that leaves more than output_max unread is dropped;
 * a gone link drops the bytes.
 */
void confd_link_send(confd_link_t *link, const void *data, size_t len);

/*
 * From any thread that holds a reference: sends now, without waiting.
 * CONF_OK; CONF_AGAIN: a part of it was put out, the loop has to send that
 * (confd_link_unsent); CONF_E_BACKEND_BUSY: nothing was, other bytes go first
 * or the socket takes none.
 */
conf_rc_t confd_link_reply(confd_link_t *link, const void *data, size_t len);
void confd_link_unsent(confd_link_t *link);

/* Sends what has been put out since the last flush. */
void confd_links_flush(confd_links_t *links);

/* Reads no more; closes when all is sent. */
void confd_link_finish(confd_link_t *link);

/* Reads no more, goes on sending. */
void confd_link_mute(confd_link_t *link);

/* Closes now; why, unless NULL, goes to the log. */
void confd_link_drop(confd_link_t *link, const char *why);

void confd_link_hold(confd_link_t *link);
void confd_link_release(confd_link_t *link);


#endif /* _CONFD_LINK_H_INCLUDED_ */
