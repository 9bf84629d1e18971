
#include "tap.h"

#include "../../ngx_conf_module/ws/conf_deflate.c"


#define PMD     "permessage-deflate"
#define ANSWER  PMD "; server_no_context_takeover; client_no_context_takeover"

#define ZEROS   (1 << 20)


static conf_deflate_t  *z;


static conf_str_t
str(const conf_buf_t *buf)
{
    conf_str_t  s;

    s.data = buf->data;
    s.len = buf->len;

    return s;
}


static const struct {
    conf_str_t   offers;
    conf_rc_t    rc;
    uint8_t      bits;
    const char  *answer;
} negotiation[] = {
    { conf_string(PMD), CONF_OK, 15, ANSWER },
    { conf_string("Permessage-DEFLATE"), CONF_OK, 15, ANSWER },
    { conf_string(PMD "; client_max_window_bits"), CONF_OK, 15, ANSWER },
    { conf_string(PMD ";client_max_window_bits=8"), CONF_OK, 15, ANSWER },
    { conf_string(PMD "; client_max_window_bits=\"10\""), CONF_OK, 15,
      ANSWER },
    { conf_string(PMD "; server_no_context_takeover;"
                  " client_no_context_takeover"), CONF_OK, 15, ANSWER },
    { conf_string(PMD "; server_max_window_bits=15"), CONF_OK, 15,
      ANSWER "; server_max_window_bits=15" },
    { conf_string(PMD " ; Server_Max_Window_Bits = 10 "), CONF_OK, 10,
      ANSWER "; server_max_window_bits=10" },
    { conf_string(PMD "; server_max_window_bits=\"9\""), CONF_OK, 9,
      ANSWER "; server_max_window_bits=9" },
    { conf_string(PMD ";"), CONF_OK, 15, ANSWER },

    { conf_string("x-webkit-deflate-frame, " PMD), CONF_OK, 15, ANSWER },
    { conf_string("a; b=\"c, d;\\\"\", " PMD), CONF_OK, 15, ANSWER },
    { conf_string(",, " PMD " ,"), CONF_OK, 15, ANSWER },
    { conf_string(PMD "; server_max_window_bits=8, " PMD
                  "; server_max_window_bits=11, " PMD), CONF_OK, 11,
      ANSWER "; server_max_window_bits=11" },
    { conf_string(PMD "; unknown, " PMD "; client_max_window_bits"),
      CONF_OK, 15, ANSWER },
    { conf_string(PMD ", " PMD "; server_max_window_bits=9"), CONF_OK, 15,
      ANSWER },

    { conf_string(""), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(" , "), CONF_E_NOT_FOUND, 0, "" },
    { conf_string("permessage-bzip2"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "2"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; unknown"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; unknown=1"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; server_no_context_takeover=1"), CONF_E_NOT_FOUND,
      0, "" },
    { conf_string(PMD "; client_no_context_takeover=true"),
      CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; server_max_window_bits"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=7"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=8"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=16"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=09"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=110"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=1x"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; server_max_window_bits=\"\""), CONF_E_NOT_FOUND,
      0, "" },
    { conf_string(PMD "; client_max_window_bits=7"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; client_max_window_bits=16"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; client_max_window_bits=-9"), CONF_E_NOT_FOUND, 0,
      "" },
    { conf_string(PMD "; client_max_window_bits=10;"
                  " client_max_window_bits=10"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; server_max_window_bits=10;"
                  " server_max_window_bits=10"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; server_no_context_takeover;"
                  " server_no_context_takeover"), CONF_E_NOT_FOUND, 0, "" },
    { conf_string(PMD "; client_no_context_takeover;"
                  " CLIENT_no_context_takeover"), CONF_E_NOT_FOUND, 0, "" },

    { conf_string(PMD " x"), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD "; a="), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD "; =1"), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD "; a=\"b"), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD "; a=\"b\"c"), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD ", \"x\""), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD ", a; b=\""), CONF_E_BAD_REQUEST, 0, "" },
    { conf_string(PMD "\0"), CONF_E_BAD_REQUEST, 0, "" }
};


static void
test_negotiation(void)
{
    size_t      i;
    uint8_t     bits;
    conf_rc_t   rc;
    conf_buf_t  answer;

    conf_buf_init(&answer, 0);

    for (i = 0; i < conf_nelts(negotiation); i++) {
        conf_buf_reset(&answer);
        bits = 0;

        rc = conf_deflate_negotiate(negotiation[i].offers, &bits, &answer);
        is_int(rc, negotiation[i].rc, "offers \"%s\"",
               (const char *) negotiation[i].offers.data);
        is_int(bits, negotiation[i].bits, "window");
        is_mem(answer.data, answer.len, negotiation[i].answer,
               strlen(negotiation[i].answer), "answer");
    }

    conf_buf_free(&answer);
    conf_buf_init(&answer, 10);
    rc = conf_deflate_negotiate(conf_str(PMD), &bits, &answer);
    is_int(rc, CONF_E_NOMEM, "no room for the answer");
    conf_buf_free(&answer);
}


/* The examples of RFC 7692, 7.2.3 that need no shared context, and others. */

static void
test_decompress(void)
{
    size_t      i;
    conf_rc_t   rc;
    conf_buf_t  out;

    static const struct {
        conf_str_t  payload;
        conf_rc_t   rc;
        conf_str_t  message;
    } rows[] = {
        { conf_string("\xf2\x48\xcd\xc9\xc9\x07\x00"), CONF_OK,
          conf_string("Hello") },
        { conf_string("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), CONF_OK,
          conf_string("Hello") },
        { conf_string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), CONF_OK,
          conf_string("Hello") },
        { conf_string("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
          CONF_OK, conf_string("Hello") },
        { conf_string("\x00"), CONF_OK, conf_string("") },
        { conf_string(""), CONF_OK, conf_string("") },

        /* A final block, and nothing or another one behind it. */

        { conf_string("\xf3\x48\xcd\xc9\xc9\x07\x00"), CONF_OK,
          conf_string("Hello") },
        { conf_string("\xf3\x48\xcd\xc9\xc9\x07\x00"
                      "\xf2\x48\xcd\xc9\xc9\x07\x00"), CONF_OK,
          conf_string("HelloHello") },

        /* Cut, followed by text, wrong block type, wrong length, distance. */

        { conf_string("\xf2\x48\xcd\xc9"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("\xf2\x48\xcd\xc9\xc9\x07"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"),
          CONF_E_BAD_REQUEST, conf_null_string },
        { conf_string("\xf2\x48\xcd\xc9\xc9\x07\x00Hello"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("\x07"), CONF_E_BAD_REQUEST, conf_null_string },
        { conf_string("\xff\xff\xff\xff"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("\x00\x05\x00\xfa\xfeHello\x00"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("\x00\x05\x00\xfa\xffHel"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("\xf2\x00\x11\x00\x00"), CONF_E_BAD_REQUEST,
          conf_null_string },
        { conf_string("Hello"), CONF_E_BAD_REQUEST, conf_null_string }
    };

    conf_buf_init(&out, 0);

    for (i = 0; i < conf_nelts(rows); i++) {
        conf_buf_reset(&out);
        conf_buf_lit(&out, ">");

        rc = conf_deflate_decompress(z, rows[i].payload, 100, &out);
        is_int(rc, rows[i].rc, "payload %zu", i);
        is_mem(out.data + 1, out.len - 1, rows[i].message.data,
               rows[i].message.len, "its message");
    }

    conf_buf_free(&out);
}


static void
test_limits(void)
{
    size_t      i;
    conf_rc_t   rc;
    uint8_t    *zeros;
    conf_buf_t  packed, out;
    conf_str_t  message;

    conf_buf_init(&packed, 0);
    conf_buf_init(&out, 0);

    for (i = 0; i < 5; i++) {
        conf_buf_reset(&out);
        rc = conf_deflate_decompress(z, conf_str("\xf2\x48\xcd\xc9\xc9\x07\0"),
                                     i, &out);
        is_int(rc, CONF_E_TOO_LARGE, "five bytes are more than %zu", i);
        is_int(out.len, 0, "nothing stays");
    }

    rc = conf_deflate_decompress(z, conf_str("\xf2\x48\xcd\xc9\xc9\x07\0"), 5,
                                 &out);
    is_int(rc, CONF_OK, "but not than five");
    is_str(out, "Hello", "which they are");

    rc = conf_deflate_decompress(z, conf_str("\x00"), 0, &out);
    is_int(rc, CONF_OK, "an empty message is never too large");

    zeros = calloc(1, ZEROS);
    message.data = zeros;
    message.len = ZEROS;
    is_int(conf_deflate_compress(z, 15, message, &packed), CONF_OK, "a bomb");
    ok(packed.len < 2000, "is small");

    conf_buf_free(&out);
    rc = conf_deflate_decompress(z, str(&packed), ZEROS - 1, &out);
    is_int(rc, CONF_E_TOO_LARGE, "one over the limit");

    conf_buf_free(&out);
    rc = conf_deflate_decompress(z, str(&packed), 1000, &out);
    is_int(rc, CONF_E_TOO_LARGE, "far over the limit");
    ok(out.size < 10000, "stops early");

    rc = conf_deflate_decompress(z, str(&packed), ZEROS, &out);
    is_int(rc, CONF_OK, "exactly the limit");
    is_mem(out.data, out.len, zeros, ZEROS, "a million zeros");

    conf_buf_free(&out);
    rc = conf_deflate_decompress(z, str(&packed), SIZE_MAX, &out);
    is_int(rc, CONF_OK, "no limit");

    conf_buf_free(&out);
    conf_buf_init(&out, 500);
    rc = conf_deflate_decompress(z, str(&packed), ZEROS, &out);
    is_int(rc, CONF_E_NOMEM, "a full buffer, inflating");
    is_int(out.len, 0, "nothing stays");

    conf_buf_free(&packed);
    conf_buf_init(&packed, 5);
    rc = conf_deflate_compress(z, 15, message, &packed);
    is_int(rc, CONF_E_NOMEM, "a full buffer, deflating");
    is_int(packed.len, 0, "nothing stays");

    conf_buf_free(&packed);
    rc = conf_deflate_compress(z, 8, message, &packed);
    is_int(rc, CONF_E_INTERNAL, "no window of 8 bits");

    message.len = (size_t) CONF_DEFLATE_INPUT_MAX + 1;
    rc = conf_deflate_compress(z, 15, message, &packed);
    is_int(rc, CONF_E_TOO_LARGE, "over 1 GB");
    rc = conf_deflate_decompress(z, message, SIZE_MAX, &packed);
    is_int(rc, CONF_E_TOO_LARGE, "over 1 GB");

    free(zeros);
    conf_buf_free(&packed);
    conf_buf_free(&out);
}


/* A decompressor that has just the window that was agreed upon. */

static bool
inflates(conf_str_t payload, uint8_t window_bits, conf_str_t message)
{
    bool      good;
    uint8_t  *out;
    z_stream  s;

    memset(&s, 0, sizeof(s));

    if (inflateInit2(&s, -(int) window_bits) != Z_OK) {
        return false;
    }

    out = malloc(message.len + 1);
    s.next_out = out;
    s.avail_out = (unsigned) message.len + 1;

    /* In small pieces of output, or zlib reads back from the output. */

    s.next_in = payload.data;
    s.avail_in = (unsigned) payload.len;
    good = true;

    while (good && s.avail_in != 0) {
        s.avail_out = (unsigned) conf_min(100, message.len + 1 - s.total_out);
        good = inflate(&s, Z_SYNC_FLUSH) == Z_OK;
    }

    s.next_in = conf_deflate_tail;
    s.avail_in = CONF_DEFLATE_TAIL_LEN;

    while (good && s.avail_in != 0) {
        s.avail_out = (unsigned) conf_min(100, message.len + 1 - s.total_out);
        good = inflate(&s, Z_SYNC_FLUSH) == Z_OK;
    }

    good = good && s.total_out == message.len
           && (message.len == 0 || memcmp(out, message.data, message.len) == 0);

    (void) inflateEnd(&s);
    free(out);

    return good;
}


static void
test_round_trips(void)
{
    bool        good, window;
    size_t      i, len;
    uint8_t    *text, bits;
    uint32_t    seed;
    conf_str_t  message;
    conf_buf_t  packed, out;

    static const size_t  lengths[] = {
        0, 1, 2, 5, 100, 255, 256, 257, 511, 512, 513, 600, 1000, 4096, 9000,
        33000, 70000
    };

    conf_buf_init(&packed, 0);
    conf_buf_init(&out, 0);
    text = malloc(70000);
    seed = 1;

    for (bits = 9; bits <= 15; bits++) {
        good = true;
        window = true;

        for (i = 0; i < 2 * conf_nelts(lengths); i++) {
            len = lengths[i / 2];
            message.data = text;
            message.len = len;

            /* Noise, or noise with repetitions far and near. */

            while (len != 0) {
                len--;
                seed = seed * 1103515245 + 12345;
                text[len] = (uint8_t) (seed >> 16);

                if (i % 2 != 0 && message.len - len > 1100) {
                    text[len] = text[len + 1099];
                }
            }

            conf_buf_reset(&packed);
            conf_buf_reset(&out);

            good = good
                && conf_deflate_compress(z, bits, message, &packed) == CONF_OK
                && conf_deflate_decompress(z, str(&packed), message.len, &out)
                   == CONF_OK
                && out.len == message.len
                && memcmp(out.data == NULL ? text : out.data, text, out.len)
                   == 0;

            window = window && inflates(str(&packed), bits, message);
        }

        ok(good, "round trips, window of %u bits", bits);
        ok(window, "such a window is enough");
    }

    conf_buf_reset(&packed);
    (void) conf_deflate_compress(z, 15, message, &packed);
    ok(!inflates(str(&packed), 10, message), "a larger one is not taken");
    ok(inflates(str(&packed), 11, message), "unless it is there");

    conf_buf_reset(&packed);
    conf_buf_lit(&packed, "head");
    (void) conf_deflate_compress(z, 15, conf_str("Hello"), &packed);
    is_mem(packed.data, packed.len, "head\xf2\x48\xcd\xc9\xc9\x07\x00", 11,
           "the RFC's example, appended");

    conf_buf_reset(&packed);
    (void) conf_deflate_compress(z, 15, conf_str(""), &packed);
    is_mem(packed.data, packed.len, "\x00", 1, "the empty message");

    free(text);
    conf_buf_free(&packed);
    conf_buf_free(&out);
}


/* Output that ends at or near the end of its room. */

static void
test_noise(void)
{
    bool        good;
    size_t      len;
    uint8_t     text[3000];
    uint32_t    seed;
    conf_str_t  message;
    conf_buf_t  packed, out;

    conf_buf_init(&packed, 0);
    conf_buf_init(&out, 0);
    message.data = text;
    seed = 1;
    good = true;

    for (len = 0; len < sizeof(text); len++) {
        seed = seed * 1103515245 + 12345;
        text[len] = (uint8_t) (seed >> 16);
        message.len = len;

        conf_buf_free(&packed);
        conf_buf_reset(&out);

        good = good
            && conf_deflate_compress(z, 15, message, &packed) == CONF_OK
            && conf_deflate_decompress(z, str(&packed), len, &out) == CONF_OK
            && out.len == len
            && (len == 0 || memcmp(out.data, text, len) == 0);
    }

    ok(good, "noise of every length");

    conf_buf_free(&packed);
    conf_buf_free(&out);
}


static void
test_create(void)
{
    conf_deflate_destroy(NULL);
    ok(conf_deflate_create(42) == NULL, "a wrong level");
}


int
main(void)
{
    z = conf_deflate_create(6);
    if (z == NULL) {
        return 1;
    }

    test_create();
    test_negotiation();
    test_decompress();
    test_limits();
    test_round_trips();
    test_noise();

    conf_deflate_destroy(z);

    return tap_done();
}
