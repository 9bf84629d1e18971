
/*
 * Single msgpack values, for the codec and the framing only: everything else
 * goes through field tables (conf_proto.h).
 */

#ifndef _CONF_MSGPACK_H_INCLUDED_
#define _CONF_MSGPACK_H_INCLUDED_


#include "conf_base.h"


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


/*
 * Reads one value; of an array or a map its head only, and its n is then no
 * more than what the bytes that are left could hold.  data points into the
 * reader's bytes.  CONF_OK or CONF_E_PROTOCOL.
 */
conf_rc_t conf_mp_read(conf_mp_reader_t *r, conf_mp_t *value);

/*
 * Steps over one whole value, however deep; takes time in its bytes and no
 * memory.  CONF_OK or CONF_E_PROTOCOL.
 */
conf_rc_t conf_mp_skip(conf_mp_reader_t *r);

/* A msgpack_packer_write that appends to the conf_buf_t in data. */
int conf_mp_write(void *data, const char *bytes, size_t len);


#endif /* _CONF_MSGPACK_H_INCLUDED_ */
