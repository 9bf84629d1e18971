
#include "confd_key.h"

#include <endian.h>


static uint8_t *confd_key_reserve(confd_key_t *key, size_t len);
static uint64_t confd_key_read_number(confd_key_reader_t *r, size_t size);


void
confd_key_init(confd_key_t *key)
{
    key->len = 0;
    key->failed = false;
}


void
confd_key_u32(confd_key_t *key, uint32_t n)
{
    n = htobe32(n);
    confd_key_bytes(key, (conf_str_t) { sizeof(n), (uint8_t *) &n });
}


void
confd_key_u64(confd_key_t *key, uint64_t n)
{
    n = htobe64(n);
    confd_key_bytes(key, (conf_str_t) { sizeof(n), (uint8_t *) &n });
}


void
confd_key_i64(confd_key_t *key, int64_t n)
{
    confd_key_u64(key, (uint64_t) n ^ (uint64_t) 1 << 63);
}


void
confd_key_uuid(confd_key_t *key, conf_uuid_t uuid)
{
    confd_key_bytes(key, (conf_str_t) { sizeof(uuid.b), uuid.b });
}


void
confd_key_bytes(confd_key_t *key, conf_str_t s)
{
    uint8_t  *p;

    p = confd_key_reserve(key, s.len);

    if (p != NULL && s.len != 0) {
        memcpy(p, s.data, s.len);
    }
}


void
confd_key_fold(confd_key_t *key, conf_str_t s)
{
    size_t    i;
    uint8_t  *p;

    p = confd_key_reserve(key, s.len);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < s.len; i++) {
        p[i] = s.data[i];

        if (p[i] >= 'A' && p[i] <= 'Z') {
            p[i] |= 0x20;
        }
    }
}


conf_str_t
confd_key_str(const confd_key_t *key)
{
    conf_str_t  s;

    s.data = key->data;
    s.len = key->failed ? 0 : key->len;

    return s;
}


static uint8_t *
confd_key_reserve(confd_key_t *key, size_t len)
{
    uint8_t  *p;

    if (key->failed || len > CONFD_KEY_MAX - key->len) {
        key->failed = true;
        return NULL;
    }

    p = key->data + key->len;
    key->len += len;

    return p;
}


void
confd_key_read(confd_key_reader_t *r, conf_str_t key)
{
    r->p = key.data;
    r->end = key.len == 0 ? key.data : key.data + key.len;
    r->failed = false;
}


uint32_t
confd_key_read_u32(confd_key_reader_t *r)
{
    return (uint32_t) confd_key_read_number(r, sizeof(uint32_t));
}


uint64_t
confd_key_read_u64(confd_key_reader_t *r)
{
    return confd_key_read_number(r, sizeof(uint64_t));
}


int64_t
confd_key_read_i64(confd_key_reader_t *r)
{
    uint64_t  n;

    n = confd_key_read_number(r, sizeof(int64_t));

    return r->failed ? 0 : (int64_t) (n ^ (uint64_t) 1 << 63);
}


conf_str_t
confd_key_read_rest(confd_key_reader_t *r)
{
    conf_str_t  rest;

    rest.data = r->p;
    rest.len = r->failed ? 0 : (size_t) (r->end - r->p);
    r->p = r->end;

    return rest;
}


static uint64_t
confd_key_read_number(confd_key_reader_t *r, size_t size)
{
    uint64_t  n;

    if (r->failed || (size_t) (r->end - r->p) < size) {
        r->failed = true;
        return 0;
    }

    n = 0;

    while (size-- != 0) {
        n = n << 8 | *r->p++;
    }

    return n;
}
