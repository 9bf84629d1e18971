
/*
 * A growing byte buffer.  The first failed append makes it sticky: later
 * appends do nothing and conf_buf_ok() tells, so writers check once.
 */

#ifndef _CONF_BUF_H_INCLUDED_
#define _CONF_BUF_H_INCLUDED_


#include "conf_base.h"


typedef struct {
    uint8_t  *data;       /* malloc'ed, owned by the buffer */
    size_t    len;
    size_t    size;       /* never above the limit */
    size_t    limit;      /* of len; 0: none */
    bool      failed;
} conf_buf_t;


void conf_buf_init(conf_buf_t *buf, size_t limit);
void conf_buf_free(conf_buf_t *buf);
void conf_buf_reset(conf_buf_t *buf);        /* keeps the memory */

/* What conf_buf_reserve() does when there is no room yet. */
uint8_t *conf_buf_grow(conf_buf_t *buf, size_t len);

void conf_buf_u64(conf_buf_t *buf, uint64_t n);      /* decimal */
void conf_buf_i64(conf_buf_t *buf, int64_t n);       /* decimal */

/* CONF_OK, CONF_E_NOMEM after a failed append. */
conf_rc_t conf_buf_ok(const conf_buf_t *buf);


/* Makes room for len more bytes and returns where they go, or NULL. */

static inline uint8_t *
conf_buf_reserve(conf_buf_t *buf, size_t len)
{
    if (len > buf->size - buf->len || buf->failed) {
        return conf_buf_grow(buf, len);
    }

    return buf->data + buf->len;
}


static inline void
conf_buf_add(conf_buf_t *buf, const void *data, size_t len)
{
    uint8_t  *p;

    if (len == 0) {
        return;
    }

    p = conf_buf_reserve(buf, len);
    if (p != NULL) {
        memcpy(p, data, len);
        buf->len += len;
    }
}


static inline void
conf_buf_byte(conf_buf_t *buf, uint8_t c)
{
    uint8_t  *p;

    p = conf_buf_reserve(buf, 1);
    if (p != NULL) {
        *p = c;
        buf->len++;
    }
}


static inline void
conf_buf_str(conf_buf_t *buf, conf_str_t s)
{
    conf_buf_add(buf, s.data, s.len);
}


#define conf_buf_lit(buf, s)  conf_buf_add(buf, s, sizeof(s) - 1)


#endif /* _CONF_BUF_H_INCLUDED_ */
