
/*
 * One WebSocket of the worker, for the files that make it and run it.
 */

#ifndef _NGX_HTTP_CONFERENCE_WS_H_INCLUDED_
#define _NGX_HTTP_CONFERENCE_WS_H_INCLUDED_


#include "ngx_http_conference_module.h"


#define NGX_HTTP_CONFERENCE_WS_READ  16384


typedef struct ngx_http_conference_ws_s       ngx_http_conference_ws_t;
typedef struct ngx_http_conference_ws_op_s    ngx_http_conference_ws_op_t;
typedef struct ngx_http_conference_ws_refs_s  ngx_http_conference_ws_refs_t;

/* One message of the client while its verb runs. */

struct ngx_http_conference_ws_op_s {
    conf_op_t                     op;
    ngx_http_conference_ws_t     *ws;
    ngx_http_conference_ws_op_t  *next;
    ngx_http_conference_ws_op_t  *prev;
};

/*
 * The send queue: references to frames.  Most sockets have one that waits, or
 * none; what stands behind the first is in blocks.
 */

typedef struct {
    conf_out_t                     *first;
    ngx_http_conference_ws_refs_t  *more;
    ngx_http_conference_ws_refs_t  *last;       /* of more, if that is set */
} ngx_http_conference_ws_queue_t;

/*
 * What an idle socket costs beside nginx's own connection: keep it small.
 * Until the 101 is sent the connection is the request's.
 */

struct ngx_http_conference_ws_s {
    conf_session_t                   session;     /* first: casts */

    /* What a frame to it needs, in neighbouring cache lines. */

    ngx_connection_t                *connection;
    ngx_http_conference_ws_queue_t   queue;
    size_t                           queued;      /* bytes */
    size_t                           sent;        /* of the first */
    ngx_queue_t                      dirty;       /* to be written in a turn */
    unsigned                         started:1;   /* the 101 has been sent */
    unsigned                         pinged:1;
    unsigned                         closing:1;   /* our close is queued */
    unsigned                         ended:1;     /* close when queue is out */
    unsigned                         lingering:1; /* all said, peer to close */
    unsigned                         paused:1;    /* too many ops */
    unsigned                         is_dirty:1;
    unsigned                         echo:1;      /* conf_ws_echo */
    unsigned                         deflate:1;   /* was negotiated */
    uint8_t                          window_bits; /* of the client's inflate */

    ngx_http_conference_loc_conf_t  *conf;
    conf_ws_reader_t                 reader;

    ngx_http_conference_ws_op_t     *ops;
    ngx_uint_t                       nops;

    ngx_msec_t                       heard;       /* last byte that came */
    ngx_msec_t                       whole;       /* nothing was half done */
};


extern u_char  ngx_http_conference_ws_buf[NGX_HTTP_CONFERENCE_WS_READ];


/* conf_session_t's send and close. */
void ngx_http_conference_ws_send(conf_session_t *s, conf_out_t *out);
void ngx_http_conference_ws_shut(conf_session_t *s, conf_close_e why);

/*
 * The 101 is sent and the connection is the socket's: handles its events, and
 * sends what was queued while the handshake waited.
 */
void ngx_http_conference_ws_begin(ngx_http_conference_ws_t *ws);

/* Feeds bytes that came. */
void ngx_http_conference_ws_frames(ngx_http_conference_ws_t *ws,
    const u_char *data, size_t len);

/* Sends what an op ended in. */
void ngx_http_conference_ws_answer(ngx_http_conference_ws_t *ws,
    conf_op_t *op);

/*
 * The send queue: ngx_http_conference_ws_queue.c.  queue takes a reference;
 * requeue puts what was taken out of a queue at the end; mark has the socket
 * written in this turn, by out, which writes and ends it when it is to end;
 * discard gives up what waits.
 */
void ngx_http_conference_ws_queue(ngx_http_conference_ws_t *ws,
    conf_out_t *out);
void ngx_http_conference_ws_requeue(ngx_http_conference_ws_t *ws,
    ngx_http_conference_ws_queue_t *early);
void ngx_http_conference_ws_mark(ngx_http_conference_ws_t *ws);
void ngx_http_conference_ws_out(ngx_http_conference_ws_t *ws);
ngx_int_t ngx_http_conference_ws_write(ngx_http_conference_ws_t *ws);
void ngx_http_conference_ws_discard(ngx_http_conference_ws_t *ws);

/* Frames bytes, in place. */
void ngx_http_conference_ws_head(conf_out_t *out, uint8_t opcode,
    ngx_uint_t compressed);

/*
 * ngx_http_conference_deflate.c.  offer: NGX_OK (answer has the header's
 * value), NGX_DECLINED, NGX_ERROR for a malformed header.  out gives what to
 * send for out.  inflate: CONF_OK, CONF_E_BAD_REQUEST, CONF_E_TOO_LARGE.
 */
ngx_int_t ngx_http_conference_deflate_offer(ngx_http_request_t *r,
    ngx_http_conference_ws_t *ws, conf_buf_t *answer);
conf_out_t *ngx_http_conference_deflate_out(
    const ngx_http_conference_ws_t *ws, conf_out_t *out);
conf_rc_t ngx_http_conference_inflate(const ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame, conf_str_t *message);

/* Zeroed, or NULL. */
ngx_http_conference_ws_t *ngx_http_conference_ws_alloc(ngx_log_t *log);

/* Ends the session and frees all but the connection. */
void ngx_http_conference_ws_free(ngx_http_conference_ws_t *ws);


#endif /* _NGX_HTTP_CONFERENCE_WS_H_INCLUDED_ */
