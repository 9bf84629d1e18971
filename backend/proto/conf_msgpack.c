
#include "conf_msgpack.h"

#include <endian.h>


static conf_rc_t conf_mp_number(conf_mp_reader_t *r, size_t size, uint64_t *n);
static conf_rc_t conf_mp_signed(conf_mp_reader_t *r, size_t size,
    conf_mp_t *value);
static conf_rc_t conf_mp_bytes(conf_mp_reader_t *r, uint64_t n,
    conf_mp_t *value);
static conf_rc_t conf_mp_many(conf_mp_reader_t *r, conf_mp_type_e type,
    uint64_t n, conf_mp_t *value);
static conf_rc_t conf_mp_tagged(conf_mp_reader_t *r, uint8_t tag,
    conf_mp_t *value);


conf_rc_t
conf_mp_read_long(conf_mp_reader_t *r, conf_mp_t *value)
{
    uint8_t  tag;

    if (r->p == r->end) {
        return CONF_E_PROTOCOL;
    }

    tag = *r->p++;

    if (tag < 0x80) {
        value->type = CONF_MP_UINT;
        value->n = tag;
        return CONF_OK;
    }

    if (tag < 0x90) {
        return conf_mp_many(r, CONF_MP_MAP, tag & 0x0f, value);
    }

    if (tag < 0xa0) {
        return conf_mp_many(r, CONF_MP_ARRAY, tag & 0x0f, value);
    }

    if (tag < 0xc0) {
        return conf_mp_bytes(r, tag & 0x1f, value);
    }

    if (tag >= 0xe0) {
        value->type = CONF_MP_INT;
        value->n = (uint64_t) ((int64_t) tag - 256);
        return CONF_OK;
    }

    return conf_mp_tagged(r, tag, value);
}


conf_rc_t
conf_mp_skip(conf_mp_reader_t *r)
{
    uint64_t   left;
    conf_rc_t  rc;
    conf_mp_t  value;

    /* A head never claims more values than bytes are left: no wrap. */

    for (left = 1; left != 0; left--) {
        rc = conf_mp_read(r, &value);
        if (rc != CONF_OK) {
            return rc;
        }

        if (value.type == CONF_MP_ARRAY) {
            left += value.n;

        } else if (value.type == CONF_MP_MAP) {
            left += value.n * 2;
        }
    }

    return CONF_OK;
}


/* The values whose first byte is 0xc0 to 0xdf. */

static conf_rc_t
conf_mp_tagged(conf_mp_reader_t *r, uint8_t tag, conf_mp_t *value)
{
    size_t     size;
    uint64_t   n;
    conf_rc_t  rc;

    switch (tag) {

    case 0xc0:
        value->type = CONF_MP_NIL;
        return CONF_OK;

    case 0xc2:
    case 0xc3:
        value->type = CONF_MP_BOOL;
        value->n = tag & 1;
        return CONF_OK;

    case 0xc4:                                  /* bin 8, 16, 32 */
    case 0xc5:
    case 0xc6:
        rc = conf_mp_number(r, (size_t) 1 << (tag - 0xc4), &n);
        return rc != CONF_OK ? rc : conf_mp_bytes(r, n, value);

    case 0xd9:                                  /* str 8, 16, 32 */
    case 0xda:
    case 0xdb:
        rc = conf_mp_number(r, (size_t) 1 << (tag - 0xd9), &n);
        return rc != CONF_OK ? rc : conf_mp_bytes(r, n, value);

    case 0xcc:                                  /* uint 8, 16, 32, 64 */
    case 0xcd:
    case 0xce:
    case 0xcf:
        value->type = CONF_MP_UINT;
        return conf_mp_number(r, (size_t) 1 << (tag - 0xcc), &value->n);

    case 0xd0:                                  /* int 8, 16, 32, 64 */
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return conf_mp_signed(r, (size_t) 1 << (tag - 0xd0), value);

    case 0xdc:                                  /* array 16, 32 */
    case 0xdd:
        rc = conf_mp_number(r, (size_t) 2 << (tag - 0xdc), &n);
        return rc != CONF_OK ? rc : conf_mp_many(r, CONF_MP_ARRAY, n, value);

    case 0xde:                                  /* map 16, 32 */
    case 0xdf:
        rc = conf_mp_number(r, (size_t) 2 << (tag - 0xde), &n);
        return rc != CONF_OK ? rc : conf_mp_many(r, CONF_MP_MAP, n, value);

    case 0xc7:                                  /* ext 8, 16, 32 */
    case 0xc8:
    case 0xc9:
        rc = conf_mp_number(r, (size_t) 1 << (tag - 0xc7), &n);
        if (rc != CONF_OK) {
            return rc;
        }

        rc = conf_mp_bytes(r, n + 1, value);
        break;

    case 0xca:                                  /* float 32, 64 */
    case 0xcb:
        rc = conf_mp_bytes(r, (uint64_t) 4 << (tag - 0xca), value);
        break;

    case 0xd4:                                  /* ext of 1, 2, 4, 8, 16 */
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        size = (size_t) 1 << (tag - 0xd4);
        rc = conf_mp_bytes(r, size + 1, value);
        break;

    default:
        return CONF_E_PROTOCOL;
    }

    value->type = CONF_MP_OTHER;

    return rc;
}


static conf_rc_t
conf_mp_number(conf_mp_reader_t *r, size_t size, uint64_t *n)
{
    uint16_t  n16;
    uint32_t  n32;
    uint64_t  n64;

    if ((size_t) (r->end - r->p) < size) {
        return CONF_E_PROTOCOL;
    }

    switch (size) {

    case 1:
        *n = *r->p;
        break;

    case 2:
        memcpy(&n16, r->p, sizeof(n16));
        *n = be16toh(n16);
        break;

    case 4:
        memcpy(&n32, r->p, sizeof(n32));
        *n = be32toh(n32);
        break;

    default:
        memcpy(&n64, r->p, sizeof(n64));
        *n = be64toh(n64);
        break;
    }

    r->p += size;

    return CONF_OK;
}


static conf_rc_t
conf_mp_signed(conf_mp_reader_t *r, size_t size, conf_mp_t *value)
{
    uint64_t   sign;
    conf_rc_t  rc;

    rc = conf_mp_number(r, size, &value->n);
    if (rc != CONF_OK) {
        return rc;
    }

    sign = (uint64_t) 1 << (size * 8 - 1);

    if ((value->n & sign) == 0) {
        value->type = CONF_MP_UINT;
        return CONF_OK;
    }

    value->type = CONF_MP_INT;
    value->n |= ~(sign - 1);

    return CONF_OK;
}


static conf_rc_t
conf_mp_bytes(conf_mp_reader_t *r, uint64_t n, conf_mp_t *value)
{
    if ((size_t) (r->end - r->p) < n) {
        return CONF_E_PROTOCOL;
    }

    value->type = CONF_MP_BYTES;
    value->n = n;
    value->data = r->p;
    r->p += n;

    return CONF_OK;
}


static conf_rc_t
conf_mp_many(conf_mp_reader_t *r, conf_mp_type_e type, uint64_t n,
    conf_mp_t *value)
{
    size_t  left;

    /* A value takes at least one byte. */

    left = (size_t) (r->end - r->p);

    if (n > (type == CONF_MP_MAP ? left / 2 : left)) {
        return CONF_E_PROTOCOL;
    }

    value->type = type;
    value->n = n;

    return CONF_OK;
}
