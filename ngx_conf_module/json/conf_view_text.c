
/* The one place that escapes a string for JSON. */

#include "conf_view.h"


#define CONF_VIEW_ONES      0x0101010101010101ull
#define CONF_VIEW_HIGHS     0x8080808080808080ull

/* Has x a zero byte?  Right when no byte of x has the high bit. */

#define conf_view_zero(x)   (((x) - CONF_VIEW_ONES) & CONF_VIEW_HIGHS)


static const uint8_t *conf_view_run(const uint8_t *p, const uint8_t *end);
static size_t conf_view_sequence(const uint8_t *p, const uint8_t *end);
static void conf_view_escape(conf_buf_t *buf, uint8_t c);


static const uint8_t  conf_view_text_hex[] = "0123456789abcdef";


void
conf_view_string(conf_buf_t *buf, conf_str_t s)
{
    size_t          n;
    uint8_t        *dst;
    const uint8_t  *p, *end, *start;

    p = s.data;
    end = s.len == 0 ? p : p + s.len;
    start = p;
    p = conf_view_run(p, end);

    /* Most strings need nothing but the quotes. */

    if (p == end) {
        dst = conf_buf_reserve(buf, s.len + 2);

        if (dst != NULL) {
            dst[0] = '"';

            if (s.len != 0) {
                memcpy(dst + 1, s.data, s.len);
            }

            dst[s.len + 1] = '"';
            buf->len += s.len + 2;
        }

        return;
    }

    conf_buf_byte(buf, '"');

    while (p < end) {
        conf_buf_add(buf, start, (size_t) (p - start));

        if (*p < 0x80) {
            conf_view_escape(buf, *p);
            p++;

        } else {
            n = conf_view_sequence(p, end);

            if (n == 0) {
                conf_buf_lit(buf, "\xef\xbf\xbd");
                p++;

            } else {
                conf_buf_add(buf, p[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
                p += n;
            }
        }

        start = p;
        p = conf_view_run(p, end);
    }

    conf_buf_add(buf, start, (size_t) (p - start));
    conf_buf_byte(buf, '"');
}


/* To the first byte that cannot be copied as it is. */

static const uint8_t *
conf_view_run(const uint8_t *p, const uint8_t *end)
{
    size_t    n;
    uint64_t  word, bad;

    while (p < end) {
        if (end - p >= 8) {
            memcpy(&word, p, 8);

            if ((word & CONF_VIEW_HIGHS) == 0) {
                bad = (word - CONF_VIEW_ONES * 0x20) & CONF_VIEW_HIGHS;
                bad |= conf_view_zero(word ^ CONF_VIEW_ONES * '"');
                bad |= conf_view_zero(word ^ CONF_VIEW_ONES * '\\');

                if (bad == 0) {
                    p += 8;
                    continue;
                }
            }
        }

        if (*p < 0x80) {
            if (*p < 0x20 || *p == '"' || *p == '\\') {
                break;
            }

            p++;
            continue;
        }

        n = conf_view_sequence(p, end);

        if (n == 0
            || (n == 3 && p[0] == 0xe2 && p[1] == 0x80
                && (p[2] == 0xa8 || p[2] == 0xa9)))
        {
            break;
        }

        p += n;
    }

    return p;
}


/* Bytes of the UTF-8 sequence at p, 0 when it is wrong. */

static size_t
conf_view_sequence(const uint8_t *p, const uint8_t *end)
{
    size_t    n, left;
    unsigned  code;

    left = (size_t) (end - p);

    if (p[0] < 0xe0) {
        n = 2;
        code = p[0] & 0x1f;

    } else if (p[0] < 0xf0) {
        n = 3;
        code = p[0] & 0x0f;

    } else {
        n = 4;
        code = p[0] & 0x07;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n || (p[1] & 0xc0) != 0x80
        || (n > 2 && (p[2] & 0xc0) != 0x80)
        || (n > 3 && (p[3] & 0xc0) != 0x80))
    {
        return 0;
    }

    /* Overlong forms, surrogates, above U+10FFFF. */

    code = code << 6 | (p[1] & 0x3f);

    if ((n == 3 && (code < 0x20 || (code >= 0x360 && code < 0x380)))
        || (n == 4 && (code < 0x10 || code >= 0x110)))
    {
        return 0;
    }

    return n;
}


static void
conf_view_escape(conf_buf_t *buf, uint8_t c)
{
    size_t   i;
    uint8_t  text[6];

    static const struct {
        uint8_t  c;
        uint8_t  letter;
    } letters[] = {
        { '"', '"' }, { '\\', '\\' }, { '\n', 'n' }, { '\r', 'r' },
        { '\t', 't' }, { '\b', 'b' }, { '\f', 'f' }
    };

    text[0] = '\\';

    for (i = 0; i < conf_nelts(letters); i++) {
        if (letters[i].c == c) {
            text[1] = letters[i].letter;
            conf_buf_add(buf, text, 2);
            return;
        }
    }

    text[1] = 'u';
    text[2] = '0';
    text[3] = '0';
    text[4] = conf_view_text_hex[c >> 4];
    text[5] = conf_view_text_hex[c & 0x0f];
    conf_buf_add(buf, text, 6);
}
