
/*
 * Single msgpack values, for the codec and the framing only: everything else
 * goes through field tables (conf_proto.h).
 */

#ifndef _CONF_MSGPACK_H_INCLUDED_
#define _CONF_MSGPACK_H_INCLUDED_


#include "conf_buf.h"

#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>


typedef enum {
    CONF_MP_NIL = 0,
    CONF_MP_BOOL,         /* n is 0 or 1 */
    CONF_MP_UINT,         /* n is the value */
    CONF_MP_INT,          /* n is a negative value, two's complement */
    CONF_MP_BYTES,        /* str or bin: n bytes at data */
    CONF_MP_ARRAY,        /* n values follow */
    CONF_MP_MAP,          /* n pairs of values follow */
    CONF_MP_OTHER         /* float or ext: stepped over, no field has them */
} conf_mp_type_e;

typedef struct {
    const uint8_t   *data;
    uint64_t         n;
    conf_mp_type_e   type;
} conf_mp_t;

/* What is still to be read; p never passes end. */

typedef struct {
    const uint8_t   *p;
    const uint8_t   *end;
} conf_mp_reader_t;


/* What conf_mp_read() does with all but the shortest values. */
conf_rc_t conf_mp_read_long(conf_mp_reader_t *r, conf_mp_t *value);

/*
 * Steps over one whole value, however deep; takes time in its bytes and no
 * memory.  CONF_OK or CONF_E_PROTOCOL.
 */
conf_rc_t conf_mp_skip(conf_mp_reader_t *r);


/*
 * Reads one value; of an array or a map its head only, and its n is then no
 * more than what the bytes that are left could hold.  data points into the
 * reader's bytes.  CONF_OK or CONF_E_PROTOCOL.
 */

static inline conf_rc_t
conf_mp_read(conf_mp_reader_t *r, conf_mp_t *value)
{
    size_t   left;
    uint8_t  tag;

    left = (size_t) (r->end - r->p);

    if (left == 0) {
        return CONF_E_PROTOCOL;
    }

    tag = *r->p;

    if (tag < 0x80) {
        value->type = CONF_MP_UINT;
        value->n = tag;
        r->p++;

        return CONF_OK;
    }

    if (tag >= 0xa0 && tag < 0xc0 && (tag & 0x1f) < left) {
        value->type = CONF_MP_BYTES;
        value->n = tag & 0x1f;
        value->data = r->p + 1;
        r->p += 1 + value->n;

        return CONF_OK;
    }

    return conf_mp_read_long(r, value);
}


/*
 * The library's packing, conf_mp_pack_uint64() and the like, into a buffer,
 * which remembers what failed.
 */

#define msgpack_pack_inline_func(name)                                        \
    static inline int conf_mp_pack ## name
#define msgpack_pack_inline_func_cint(name)                                   \
    static inline int conf_mp_pack ## name
#define msgpack_pack_user  conf_buf_t *
#define msgpack_pack_append_buffer(buf, bytes, len)                           \
    conf_buf_add(buf, bytes, len);                                            \
    return 0

#include <msgpack/pack_template.h>


#endif /* _CONF_MSGPACK_H_INCLUDED_ */
