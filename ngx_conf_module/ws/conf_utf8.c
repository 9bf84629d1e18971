
#include "conf_ws.h"


#define CONF_UTF8_HIGH_BITS  UINT64_C(0x8080808080808080)

/*
 * Inside of a code point the state tells how many bytes are to come and
 * between which bounds the next one lies; overlong forms, surrogates and what
 * is above U+10FFFF are all excluded by the bounds of the second byte.
 */

#define CONF_UTF8_STATE(need, low, high)                                      \
    ((uint32_t) (need) | (uint32_t) (low) << 8 | (uint32_t) (high) << 16)

#define CONF_UTF8_BAD  CONF_UTF8_STATE(1, 0xff, 0)    /* no byte will do */


static size_t conf_utf8_ascii(const uint8_t *data, size_t len);
static uint32_t conf_utf8_lead(uint8_t c);


bool
conf_utf8_feed(uint32_t *state, const uint8_t *data, size_t len)
{
    size_t    i;
    uint8_t   c;
    uint32_t  s;

    s = *state;
    i = 0;

    while (i < len) {

        if (s == 0) {
            i += conf_utf8_ascii(data + i, len - i);
            if (i == len) {
                break;
            }

            s = conf_utf8_lead(data[i++]);
            if (s == CONF_UTF8_BAD) {
                break;
            }

            continue;
        }

        c = data[i++];

        if (c < (s >> 8 & 0xff) || c > s >> 16) {
            s = CONF_UTF8_BAD;
            break;
        }

        s = (s & 0xff) == 1 ? 0 : CONF_UTF8_STATE((s & 0xff) - 1, 0x80, 0xbf);
    }

    *state = s;

    return s != CONF_UTF8_BAD;
}


/* How many bytes in front are ASCII. */

static size_t
conf_utf8_ascii(const uint8_t *data, size_t len)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, data + i, sizeof(word));

        if ((word & CONF_UTF8_HIGH_BITS) != 0) {
            break;
        }
    }

    while (i < len && data[i] < 0x80) {
        i++;
    }

    return i;
}


/* The state behind the first byte of a longer code point. */

static uint32_t
conf_utf8_lead(uint8_t c)
{
    if (c < 0xc2 || c > 0xf4) {
        return CONF_UTF8_BAD;
    }

    switch (c) {

    case 0xe0:
        return CONF_UTF8_STATE(2, 0xa0, 0xbf);

    case 0xed:
        return CONF_UTF8_STATE(2, 0x80, 0x9f);

    case 0xf0:
        return CONF_UTF8_STATE(3, 0x90, 0xbf);

    case 0xf4:
        return CONF_UTF8_STATE(3, 0x80, 0x8f);

    default:
        break;
    }

    return CONF_UTF8_STATE(c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3, 0x80, 0xbf);
}
