
/*
 * Two keys of the same parts: what was written is read back, and the keys
 * compare as their parts do.  Then the bytes themselves are read as a key.
 *
 * The first byte tells the kinds of three numbers (two bits each) and whether
 * the bytes behind them are folded; the second where the bytes of the first
 * key end and those of the other begin.
 */

#include "confd_key.h"

#include <stdlib.h>


#define FUZZ_PREFIX   2
#define FUZZ_NUMBERS  3
#define FUZZ_FOLD     0x80


typedef enum {
    FUZZ_NONE = 0,
    FUZZ_U32,
    FUZZ_U64,
    FUZZ_I64
} fuzz_kind_e;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t fuzz_number(conf_str_t *rest);
static void fuzz_make(confd_key_t *key, uint8_t kinds, const uint64_t *n,
    conf_str_t rest);
static void fuzz_back(const confd_key_t *key, uint8_t kinds,
    const uint64_t *n, conf_str_t rest);
static int fuzz_order(uint8_t kinds, const uint64_t *a, const uint64_t *b);
static int fuzz_bytes(conf_str_t a, conf_str_t b, bool fold);
static uint8_t fuzz_low(uint8_t c, bool fold);
static void fuzz_read(conf_str_t bytes);


static void
fuzz_check(bool held)
{
    if (!held) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          order;
    size_t       i;
    uint64_t     na[FUZZ_NUMBERS], nb[FUZZ_NUMBERS];
    conf_str_t   sa, sb;
    confd_key_t  a, b;

    sa.data = data;
    sa.len = size;
    fuzz_read(sa);

    if (size < FUZZ_PREFIX) {
        return 0;
    }

    sa.data = data + FUZZ_PREFIX;
    sa.len = conf_min(size - FUZZ_PREFIX, (size_t) data[1] * 4);
    sb.data = sa.data + sa.len;
    sb.len = size - FUZZ_PREFIX - sa.len;

    for (i = 0; i < FUZZ_NUMBERS; i++) {
        na[i] = fuzz_number(&sa);
        nb[i] = fuzz_number(&sb);
    }

    fuzz_make(&a, data[0], na, sa);
    fuzz_make(&b, data[0], nb, sb);
    fuzz_back(&a, data[0], na, sa);
    fuzz_back(&b, data[0], nb, sb);

    if (a.failed || b.failed) {
        return 0;
    }

    order = fuzz_order(data[0], na, nb);
    if (order == 0) {
        order = fuzz_bytes(sa, sb, (data[0] & FUZZ_FOLD) != 0);
    }

    fuzz_check(fuzz_bytes(confd_key_str(&a), confd_key_str(&b), false)
               == order);

    return 0;
}


/* Few bytes are left: the number is small, so that two may be equal. */

static uint64_t
fuzz_number(conf_str_t *rest)
{
    size_t    i, len;
    uint64_t  n;

    n = 0;
    len = conf_min(rest->len, sizeof(n));

    for (i = 0; i < len; i++) {
        n = n << 8 | rest->data[i];
    }

    rest->data += len;
    rest->len -= len;

    return n;
}


static void
fuzz_make(confd_key_t *key, uint8_t kinds, const uint64_t *n, conf_str_t rest)
{
    size_t  i;

    confd_key_init(key);

    for (i = 0; i < FUZZ_NUMBERS; i++, kinds >>= 2) {
        switch (kinds & 3) {

        case FUZZ_U32:
            confd_key_u32(key, (uint32_t) n[i]);
            break;

        case FUZZ_U64:
            confd_key_u64(key, n[i]);
            break;

        case FUZZ_I64:
            confd_key_i64(key, (int64_t) n[i]);
            break;

        default:
            break;
        }
    }

    fuzz_check(!key->failed);

    if ((kinds & (FUZZ_FOLD >> (2 * FUZZ_NUMBERS))) != 0) {
        confd_key_fold(key, rest);
    } else {
        confd_key_bytes(key, rest);
    }

    fuzz_check(key->len <= CONFD_KEY_MAX);
    fuzz_check(!key->failed || confd_key_str(key).len == 0);
}


static void
fuzz_back(const confd_key_t *key, uint8_t kinds, const uint64_t *n,
    conf_str_t rest)
{
    bool                fold;
    size_t              i;
    confd_key_reader_t  r;

    if (key->failed) {
        return;
    }

    fold = (kinds & FUZZ_FOLD) != 0;
    confd_key_read(&r, confd_key_str(key));

    for (i = 0; i < FUZZ_NUMBERS; i++, kinds >>= 2) {
        switch (kinds & 3) {

        case FUZZ_U32:
            fuzz_check(confd_key_read_u32(&r) == (uint32_t) n[i]);
            break;

        case FUZZ_U64:
            fuzz_check(confd_key_read_u64(&r) == n[i]);
            break;

        case FUZZ_I64:
            fuzz_check(confd_key_read_i64(&r) == (int64_t) n[i]);
            break;

        default:
            break;
        }
    }

    fuzz_check(!r.failed);
    fuzz_check(fuzz_bytes(confd_key_read_rest(&r), rest, fold) == 0);
}


static int
fuzz_order(uint8_t kinds, const uint64_t *a, const uint64_t *b)
{
    size_t    i;
    uint64_t  x, y;

    for (i = 0; i < FUZZ_NUMBERS; i++, kinds >>= 2) {
        x = a[i];
        y = b[i];

        switch (kinds & 3) {

        case FUZZ_NONE:
            continue;

        case FUZZ_U32:
            x = (uint32_t) x;
            y = (uint32_t) y;
            break;

        case FUZZ_I64:
            if ((int64_t) x != (int64_t) y) {
                return (int64_t) x < (int64_t) y ? -1 : 1;
            }

            continue;

        default:
            break;
        }

        if (x != y) {
            return x < y ? -1 : 1;
        }
    }

    return 0;
}


/* As the store compares: a prefix comes first. */

static int
fuzz_bytes(conf_str_t a, conf_str_t b, bool fold)
{
    size_t   i;
    uint8_t  x, y;

    for (i = 0; i < a.len && i < b.len; i++) {
        x = fuzz_low(a.data[i], fold);
        y = fuzz_low(b.data[i], fold);

        if (x != y) {
            return x < y ? -1 : 1;
        }
    }

    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}


static uint8_t
fuzz_low(uint8_t c, bool fold)
{
    return fold && c >= 'A' && c <= 'Z' ? (uint8_t) (c + 'a' - 'A') : c;
}


/* A key of a stranger: missing bytes make it fail, and it stays so. */

static void
fuzz_read(conf_str_t bytes)
{
    size_t              left;
    conf_str_t          rest;
    confd_key_reader_t  r;

    confd_key_read(&r, bytes);
    left = bytes.len;

    (void) confd_key_read_u32(&r);
    (void) confd_key_read_i64(&r);
    fuzz_check(r.failed == (left < 12));
    (void) confd_key_read_u64(&r);
    fuzz_check(r.failed == (left < 20));

    rest = confd_key_read_rest(&r);
    fuzz_check(rest.len == (left < 20 ? 0 : left - 20));
    fuzz_check(rest.len == 0
               || rest.data + rest.len == bytes.data + bytes.len);
}
