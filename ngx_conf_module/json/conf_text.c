
/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */

#include "conf_value.h"


#define CONF_TEXT_ONES   0x0101010101010101ull
#define CONF_TEXT_HIGHS  0x8080808080808080ull


static size_t conf_text_sequence(const uint8_t *p, const uint8_t *end);
static bool conf_text_unit(const uint8_t *p, const uint8_t *end,
    unsigned *code);


bool
conf_text_valid(conf_str_t s)
{
    size_t          n;
    uint64_t        word;
    const uint8_t  *p, *end;

    if (s.len == 0) {
        return true;
    }

    p = s.data;
    end = p + s.len;

    while (p < end) {

        /* Eight bytes at a time while they are ASCII without NUL. */

        if (end - p >= 8) {
            memcpy(&word, p, 8);

            if (((word | (word - CONF_TEXT_ONES)) & CONF_TEXT_HIGHS) == 0) {
                p += 8;
                continue;
            }
        }

        if (*p < 0x80) {
            if (*p == '\0') {
                return false;
            }

            p++;
            continue;
        }

        n = conf_text_sequence(p, end);
        if (n == 0) {
            return false;
        }

        p += n;
    }

    return true;
}


size_t
conf_text_length(conf_str_t s)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < s.len; i++) {
        n += (s.data[i] & 0xc0) != 0x80;
    }

    return n;
}


/*
 * yajl turns a surrogate without its partner into '?', and a NUL would end
 * the string for whoever reads it as C.  A backslash outside a string is
 * yajl's to refuse.
 */

const char *
conf_text_escapes(conf_str_t text)
{
    unsigned        code, low;
    const uint8_t  *p, *end;

    if (text.len == 0) {
        return NULL;
    }

    end = text.data + text.len;

    for (p = text.data; p < end; p += 2) {
        p = memchr(p, '\\', (size_t) (end - p));
        if (p == NULL || end - p < 2) {
            break;
        }

        if (!conf_text_unit(p, end, &code)) {
            continue;
        }

        if (code == 0) {
            return "NUL in a string";
        }

        if (code < 0xd800 || code > 0xdfff) {
            continue;
        }

        p += 6;

        if (code > 0xdbff || !conf_text_unit(p, end, &low)
            || low < 0xdc00 || low > 0xdfff)
        {
            return "lone surrogate";
        }
    }

    return NULL;
}


bool
conf_text_hex(const uint8_t *p, size_t n, unsigned *code)
{
    size_t   i;
    uint8_t  c;

    *code = 0;

    for (i = 0; i < n; i++) {
        c = p[i];

        if (c >= '0' && c <= '9') {
            *code = *code << 4 | (unsigned) (c - '0');
            continue;
        }

        c = (uint8_t) (c | 0x20);

        if (c < 'a' || c > 'f') {
            return false;
        }

        *code = *code << 4 | (unsigned) (c - 'a' + 10);
    }

    return true;
}


/* Is there "\uXXXX" at p? */

static bool
conf_text_unit(const uint8_t *p, const uint8_t *end, unsigned *code)
{
    return end - p >= 6 && p[0] == '\\' && p[1] == 'u'
           && conf_text_hex(p + 2, 4, code);
}


/* Bytes of the sequence that starts with *p >= 0x80; 0 when it is wrong. */

static size_t
conf_text_sequence(const uint8_t *p, const uint8_t *end)
{
    size_t   i, n;
    uint8_t  low, high;

    low = 0x80;
    high = 0xbf;

    if (*p >= 0xc2 && *p <= 0xdf) {
        n = 2;

    } else if (*p >= 0xe0 && *p <= 0xef) {
        n = 3;

        if (*p == 0xe0) {
            low = 0xa0;

        } else if (*p == 0xed) {
            high = 0x9f;
        }

    } else if (*p >= 0xf0 && *p <= 0xf4) {
        n = 4;

        if (*p == 0xf0) {
            low = 0x90;

        } else if (*p == 0xf4) {
            high = 0x8f;
        }

    } else {
        return 0;
    }

    if ((size_t) (end - p) < n || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}
