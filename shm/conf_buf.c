
#include "conf_buf.h"

#include <stdlib.h>


#define CONF_BUF_MIN      256
#define CONF_BUF_DIGITS   20


void
conf_buf_init(conf_buf_t *buf, size_t limit)
{
    memset(buf, 0, sizeof(conf_buf_t));
    buf->limit = limit;
}


void
conf_buf_free(conf_buf_t *buf)
{
    free(buf->data);
    conf_buf_init(buf, buf->limit);
}


void
conf_buf_reset(conf_buf_t *buf)
{
    buf->len = 0;
    buf->failed = false;
}


uint8_t *
conf_buf_grow(conf_buf_t *buf, size_t len)
{
    size_t    size;
    uint8_t  *data;

    if (buf->failed) {
        return NULL;
    }

    if (len > SIZE_MAX / 4 - buf->len
        || (buf->limit != 0 && len > buf->limit - buf->len))
    {
        buf->failed = true;
        return NULL;
    }

    size = conf_max(buf->size * 2, CONF_BUF_MIN);
    size = conf_max(size, buf->len + len);

    if (buf->limit != 0) {
        size = conf_min(size, buf->limit);
    }

    data = realloc(buf->data, size);
    if (data == NULL) {
        buf->failed = true;
        return NULL;
    }

    buf->data = data;
    buf->size = size;

    return data + buf->len;
}


void
conf_buf_u64(conf_buf_t *buf, uint64_t n)
{
    size_t   i;
    uint8_t  digits[CONF_BUF_DIGITS];

    i = CONF_BUF_DIGITS;

    do {
        digits[--i] = (uint8_t) ('0' + n % 10);
        n /= 10;
    } while (n != 0);

    conf_buf_add(buf, digits + i, CONF_BUF_DIGITS - i);
}


void
conf_buf_i64(conf_buf_t *buf, int64_t n)
{
    if (n < 0) {
        conf_buf_byte(buf, '-');
        conf_buf_u64(buf, 0 - (uint64_t) n);
        return;
    }

    conf_buf_u64(buf, (uint64_t) n);
}


conf_rc_t
conf_buf_ok(const conf_buf_t *buf)
{
    return buf->failed ? CONF_E_NOMEM : CONF_OK;
}
