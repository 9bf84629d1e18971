
/*
 * WebSocket (RFC 6455), a pure function over bytes.  The reader is fed
 * whatever arrived and yields whole messages and control frames; who feeds it
 * owns the socket, the timers and what is sent.
 */

#ifndef _CONF_WS_H_INCLUDED_
#define _CONF_WS_H_INCLUDED_


#include "conf_base.h"
#include "conf_buf.h"


/* Opcodes, RFC 6455, 5.2. */

#define CONF_WS_CONTINUATION   0x0
#define CONF_WS_TEXT           0x1
#define CONF_WS_BINARY         0x2
#define CONF_WS_CLOSE          0x8
#define CONF_WS_PING           0x9
#define CONF_WS_PONG           0xa

/* Close codes, RFC 6455, 7.4.1. */

#define CONF_WS_NORMAL         1000
#define CONF_WS_GOING_AWAY     1001
#define CONF_WS_PROTOCOL       1002
#define CONF_WS_UNSUPPORTED    1003
#define CONF_WS_NO_STATUS      1005    /* never sent */
#define CONF_WS_BAD_DATA       1007
#define CONF_WS_POLICY         1008
#define CONF_WS_TOO_BIG        1009
#define CONF_WS_INTERNAL       1011
#define CONF_WS_TRY_LATER      1013

#define CONF_WS_CONTROL_MAX    125     /* RFC 6455, 5.5 */
#define CONF_WS_HEAD_MAX       10      /* of an unmasked frame */
#define CONF_WS_ACCEPT_LEN     28      /* base64 of a SHA-1 */


/*
 * A reader costs nothing on the heap while no message is under way: message
 * memory is taken with the first payload byte and given back by the next
 * conf_ws_read() after the message was returned.  One stands in every idle
 * socket, so it is kept small; all but allow_rsv1 is private.
 */

#define CONF_WS_CLIENT_HEAD_MAX  14      /* of a masked frame */

typedef struct {
    uint64_t      left;          /* payload bytes of the frame still to come */
    size_t        message_max;
    conf_buf_t    message;       /* the data message so far; its spare room
                                    takes the payload of a control frame */
    uint32_t      utf8;          /* decoder state, 0 between code points */
    uint8_t       head[CONF_WS_CLIENT_HEAD_MAX];    /* the mask comes last */
    uint8_t       nhead;
    uint8_t       mask_at;
    uint8_t       ncontrol;
    uint8_t       message_opcode;/* 0: no message under way */
    bool          in_payload;
    bool          returned;      /* a frame was handed out */
    bool          closed;        /* by a close frame or an error */
    bool          compressed;    /* RSV1 of the message's first frame */
    bool          allow_rsv1;    /* permessage-deflate was negotiated */
} conf_ws_reader_t;

typedef struct {
    uint8_t       opcode;        /* TEXT, BINARY, CLOSE, PING, PONG */
    bool          compressed;    /* message payload is deflated (RFC 7692) */
    uint16_t      code;          /* CLOSE: the code, 1005 when absent; after an
                                    error: the code to close with */
    conf_str_t    data;          /* valid until the next conf_ws_read() */
} conf_ws_frame_t;


void conf_ws_reader_init(conf_ws_reader_t *r, size_t message_max);
void conf_ws_reader_free(conf_ws_reader_t *r);

/* Is a frame, or a message of several, under way? */
bool conf_ws_reader_busy(const conf_ws_reader_t *r);

/*
 * Consumes bytes from *data (advanced, *len decreased).  Call again while it
 * returns CONF_OK.
 *
 * CONF_OK           frame holds a whole message or a control frame
 * CONF_AGAIN        all bytes are consumed, more are needed
 * CONF_E_PROTOCOL   frame->code says why (1002, 1007, 1009); close
 * CONF_E_NOMEM      frame->code is 1011; close
 *
 * After a close frame or an error whatever comes is consumed and dropped
 * (CONF_AGAIN).
 *
 * Checked, in this order: RSV, opcode, control frame rules (FIN, length),
 * continuation rules, mask present (clients must, 5.1), minimal length
 * form, 63-bit length, message_max; then UTF-8 of text over the whole
 * message, failing at the first wrong byte (a compressed message is not
 * checked here), and the close frame's body (5.5.1, 7.4).
 */
conf_rc_t conf_ws_read(conf_ws_reader_t *r, const uint8_t **data, size_t *len,
    conf_ws_frame_t *frame);

/* Writes the head of an unmasked, final frame; returns its length (2..10). */
size_t conf_ws_head(uint8_t *out, uint8_t opcode, bool compressed,
    uint64_t len);

/*
 * Writes a close frame; returns its length.  A reason over 123 bytes is cut
 * between code points; a code that must not be sent (1005) leaves the body
 * empty.
 */
size_t conf_ws_close(uint8_t out[CONF_WS_CONTROL_MAX + 2], uint16_t code,
    conf_str_t reason);

/* May a peer send this code in a close frame?  RFC 6455, 7.4. */
bool conf_ws_code_valid(uint16_t code);

/*
 * The answer to Sec-WebSocket-Key (4.2.2), which must be the base64 of 16
 * bytes: CONF_OK or CONF_E_BAD_REQUEST.
 */
conf_rc_t conf_ws_accept(conf_str_t key, uint8_t out[CONF_WS_ACCEPT_LEN]);

/* Is token (case-insensitive) an element of a comma-separated header? */
bool conf_ws_has_token(conf_str_t header, conf_str_t token);

/* What follows "bearer" in a list of subprotocols; len 0: nothing does. */
conf_str_t conf_ws_bearer(conf_str_t header);

/*
 * UTF-8, incrementally: feeds bytes to *state (0 at the start and between
 * code points); false at the first byte that cannot continue.
 */
bool conf_utf8_feed(uint32_t *state, const uint8_t *data, size_t len);


#endif /* _CONF_WS_H_INCLUDED_ */
