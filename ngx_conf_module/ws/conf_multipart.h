
/*
 * multipart/form-data (RFC 7578), incrementally: fed with the body as it
 * arrives, it reports parts and their bytes, so that a file streams to disk
 * and never stands in memory as a whole.  Pure: the caller writes.
 */

#ifndef _CONF_MULTIPART_H_INCLUDED_
#define _CONF_MULTIPART_H_INCLUDED_


#include "conf_base.h"


#define CONF_MULTIPART_BOUNDARY_MAX  70      /* RFC 2046, 5.1.1 */
#define CONF_MULTIPART_HEAD_MAX      4096    /* the header lines of a part */
#define CONF_MULTIPART_PARTS_MAX     32


typedef struct conf_multipart_s  conf_multipart_t;

/*
 * Called in order.  A result other than CONF_OK stops the parser, which
 * returns it.  name and filename are decoded (quoted-string, filename* of
 * RFC 5987), filename stripped of any path; has_filename tells a file part.
 */

typedef struct {
    conf_str_t     name;
    conf_str_t     filename;
    conf_str_t     type;          /* Content-Type, may be empty */
    bool           has_filename;
} conf_multipart_part_t;

typedef struct {
    conf_rc_t    (*part)(void *data, const conf_multipart_part_t *part);
    conf_rc_t    (*bytes)(void *data, conf_str_t bytes);
    conf_rc_t    (*end)(void *data);          /* of the part */
} conf_multipart_handler_t;

struct conf_multipart_s {
    const conf_multipart_handler_t  *handler;
    void                            *data;
    uint8_t                          delimiter[CONF_MULTIPART_BOUNDARY_MAX + 4];
    size_t                           delimiter_len;   /* "\r\n--boundary" */
    size_t                           matched;
    uint8_t                          head[CONF_MULTIPART_HEAD_MAX];
    size_t                           nhead;
    unsigned                         nparts;
    unsigned                         state;
};


/*
 * Takes the boundary from a Content-Type header's value.  CONF_OK, or
 * CONF_E_BAD_REQUEST when it is not multipart/form-data with a boundary.
 */
conf_rc_t conf_multipart_init(conf_multipart_t *m, conf_str_t content_type,
    const conf_multipart_handler_t *handler, void *data);

/* Feeds bytes; CONF_OK, CONF_E_BAD_REQUEST, CONF_E_TOO_LARGE, a handler's. */
conf_rc_t conf_multipart_feed(conf_multipart_t *m, conf_str_t bytes);

/* CONF_OK when the closing delimiter was seen, else CONF_E_BAD_REQUEST. */
conf_rc_t conf_multipart_end(const conf_multipart_t *m);

/*
 * Parses the header lines of a part: each ends with CRLF, the last is empty,
 * no other CR or LF is among them.  Decodes in place, so that the strings of
 * part lie in head.  CONF_OK or CONF_E_BAD_REQUEST.
 */
conf_rc_t conf_multipart_part_parse(uint8_t *head, size_t len,
    conf_multipart_part_t *part);


/*
 * The type of a file by its first bytes (64 are enough), never by what the
 * client says: png, jpeg, gif, webp, bmp, pdf, zip, gzip, mp4, webm/matroska,
 * mp3, ogg, wav, flac, else plain text (valid UTF-8 without control
 * characters) or application/octet-stream.  HTML, SVG and XML are text/plain.
 */

typedef struct {
    conf_str_t     type;          /* "image/png" */
    conf_str_t     extension;     /* ".png" */
    bool           image;         /* png, jpeg, gif, webp */
    bool           inline_safe;   /* a browser may show it in place */
} conf_file_type_t;

const conf_file_type_t *conf_file_type(conf_str_t head);

/* What is known of a type that conf_file_type() has given before. */
const conf_file_type_t *conf_file_type_named(conf_str_t type);


#endif /* _CONF_MULTIPART_H_INCLUDED_ */
