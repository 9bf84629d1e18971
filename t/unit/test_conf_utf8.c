
#include "tap.h"

#include "../../ngx_conf_module/ws/conf_utf8.c"


static void
test_utf8(void)
{
    size_t    i, j;
    uint32_t  state;

    static const struct {
        conf_str_t  bytes;
        bool        valid;
        size_t      fails_at;    /* bytes that are needed to tell */
    } rows[] = {
        { conf_string(""), true, 0 },
        { conf_string("\x7f"), true, 0 },
        { conf_string("\xc2\x80"), true, 0 },
        { conf_string("\xdf\xbf"), true, 0 },
        { conf_string("\xe0\xa0\x80"), true, 0 },
        { conf_string("\xed\x9f\xbf"), true, 0 },
        { conf_string("\xee\x80\x80"), true, 0 },
        { conf_string("\xef\xbf\xbf"), true, 0 },
        { conf_string("\xf0\x90\x80\x80"), true, 0 },
        { conf_string("\xf3\xbf\xbf\xbf"), true, 0 },
        { conf_string("\xf4\x8f\xbf\xbf"), true, 0 },
        { conf_string("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"), true,
          0 },
        { conf_string("0123456789abcdef\xe4\xbd\xa0\xe5\xa5\xbd!"), true, 0 },
        { conf_string("\x80"), false, 1 },
        { conf_string("\xbf"), false, 1 },
        { conf_string("\xc0\x80"), false, 1 },
        { conf_string("\xc1\xbf"), false, 1 },
        { conf_string("\xe0\x80\x80"), false, 2 },
        { conf_string("\xe0\x9f\xbf"), false, 2 },
        { conf_string("\xf0\x80\x80\x80"), false, 2 },
        { conf_string("\xf0\x8f\xbf\xbf"), false, 2 },
        { conf_string("\xed\xa0\x80"), false, 2 },
        { conf_string("\xed\xbf\xbf"), false, 2 },
        { conf_string("\xf4\x90\x80\x80"), false, 2 },
        { conf_string("\xf5\x80\x80\x80"), false, 1 },
        { conf_string("\xf8\x88\x80\x80\x80"), false, 1 },
        { conf_string("\xfe"), false, 1 },
        { conf_string("\xff"), false, 1 },
        { conf_string("\xc2" "a"), false, 2 },
        { conf_string("\xe2\x82" "a"), false, 3 },
        { conf_string("\xe2\x82\xc2"), false, 3 },
        { conf_string("\xf0\x9f\x98" "a"), false, 4 },
        { conf_string("0123456789abcdef\xff" "0123456789abcdef"), false, 17 }
    };

    for (i = 0; i < conf_nelts(rows); i++) {
        state = 0;

        ok(conf_utf8_feed(&state, rows[i].bytes.data, rows[i].bytes.len)
           == rows[i].valid && (state == 0) == rows[i].valid, "UTF-8 %zu", i);

        state = 0;

        for (j = 0; j < rows[i].bytes.len; j++) {
            if (!conf_utf8_feed(&state, rows[i].bytes.data + j, 1)) {
                break;
            }
        }

        is_int(rows[i].valid ? 0 : j + 1, rows[i].fails_at, "fails there");

        if (!rows[i].valid) {
            ok(!conf_utf8_feed(&state, (const uint8_t *) "a", 1), "for ever");
        }
    }
}


/* Every code point, encoded by hand, and what lies around them. */

static void
test_utf8_all(void)
{
    bool      good;
    size_t    n;
    uint8_t   b[4];
    uint32_t  c, state;

    good = true;

    for (c = 0; c < 0x120000; c++) {
        if (c < 0x80) {
            b[0] = (uint8_t) c;
            n = 1;

        } else if (c < 0x800) {
            b[0] = (uint8_t) (0xc0 | c >> 6);
            n = 2;

        } else if (c < 0x10000) {
            b[0] = (uint8_t) (0xe0 | c >> 12);
            n = 3;

        } else {
            b[0] = (uint8_t) (0xf0 | c >> 18);
            n = 4;
        }

        if (n > 1) {
            b[n - 1] = (uint8_t) (0x80 | (c & 0x3f));
        }

        if (n > 2) {
            b[n - 2] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        }

        if (n > 3) {
            b[1] = (uint8_t) (0x80 | (c >> 12 & 0x3f));
        }

        state = 0;

        if ((conf_utf8_feed(&state, b, n) && state == 0)
            != (c < 0xd800 || (c > 0xdfff && c < 0x110000)))
        {
            good = false;
        }
    }

    ok(good, "every code point");
}


/* The fast path for ASCII: a bad byte at every place of long runs. */

static void
test_utf8_runs(void)
{
    bool      good;
    size_t    len, at, split;
    uint8_t   text[40];
    uint32_t  state;

    good = true;

    for (len = 0; len <= sizeof(text); len++) {
        for (at = 0; at <= len; at++) {
            memset(text, 'a', sizeof(text));

            if (at < len) {
                text[at] = 0xff;
            }

            for (split = 0; split <= len; split++) {
                state = 0;

                good = good
                       && (conf_utf8_feed(&state, text, split)
                           && conf_utf8_feed(&state, text + split,
                                             len - split)) == (at == len);
            }
        }
    }

    ok(good, "a bad byte at every place");
}


int
main(void)
{
    test_utf8();
    test_utf8_all();
    test_utf8_runs();

    return tap_done();
}
