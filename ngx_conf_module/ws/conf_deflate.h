
/*
 * permessage-deflate (RFC 7692).  We always demand that neither side keeps
 * its context over messages, so one compressor and one decompressor serve
 * all sockets of a process.  Frames are conf_ws.h's business.
 */

#ifndef _CONF_DEFLATE_H_INCLUDED_
#define _CONF_DEFLATE_H_INCLUDED_


#include "conf_base.h"
#include "conf_buf.h"


#define CONF_DEFLATE_WINDOW_MIN  9       /* zlib cannot do 8 */
#define CONF_DEFLATE_WINDOW_MAX  15


typedef struct conf_deflate_s  conf_deflate_t;


/* NULL when memory is short.  Level as in zlib, 1 to 9. */
conf_deflate_t *conf_deflate_create(int level);

/* NULL is allowed. */
void conf_deflate_destroy(conf_deflate_t *z);

/*
 * Chooses from the offers of a client, the value of Sec-WebSocket-Extensions
 * (several such headers are joined with commas): the first permessage-deflate
 * whose parameters are all known, valid and not repeated.
 *
 * CONF_OK             our header's value is appended to answer; *window_bits
 *                     is what conf_deflate_compress() has to be called with
 * CONF_E_NOT_FOUND    no offer will do: answer without the header
 * CONF_E_BAD_REQUEST  the header is malformed: fail the handshake
 * CONF_E_NOMEM
 */
conf_rc_t conf_deflate_negotiate(conf_str_t offers, uint8_t *window_bits,
    conf_buf_t *answer);

/*
 * Appends a message, compressed so that a window of window_bits suffices, to
 * out: the payload of a frame with RSV1.  A message that fits the window (no
 * longer than 1 << window_bits) has the same form for every window.
 * CONF_OK, CONF_E_NOMEM, CONF_E_TOO_LARGE (over 1 GB), CONF_E_INTERNAL; out is
 * as before when it fails.
 */
conf_rc_t conf_deflate_compress(conf_deflate_t *z, uint8_t window_bits,
    conf_str_t message, conf_buf_t *out);

/*
 * Appends at most max bytes to out, the message in a compressed payload.
 * CONF_OK, CONF_E_BAD_REQUEST (corrupt: 1007), CONF_E_TOO_LARGE (1009),
 * CONF_E_NOMEM; out is as before when it fails.
 */
conf_rc_t conf_deflate_decompress(conf_deflate_t *z, conf_str_t payload,
    size_t max, conf_buf_t *out);


#endif /* _CONF_DEFLATE_H_INCLUDED_ */
