
/*
 * The first byte chooses: offers to negotiate, a payload to inflate, or a
 * message whose way to and fro must not change it.
 */

#include "conf_deflate.h"

#include <stdlib.h>


#define FUZZ_LIMIT    65536
#define FUZZ_WINDOWS  (CONF_DEFLATE_WINDOW_MAX - CONF_DEFLATE_WINDOW_MIN + 1)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static conf_deflate_t  *fuzz_z;


static void
fuzz_negotiate(conf_str_t offers)
{
    uint8_t     bits;
    conf_rc_t   rc;
    conf_buf_t  answer;

    conf_buf_init(&answer, 0);
    bits = 0;

    rc = conf_deflate_negotiate(offers, &bits, &answer);

    if ((rc == CONF_OK) != (answer.len != 0)
        || (rc == CONF_OK && (bits < CONF_DEFLATE_WINDOW_MIN
                              || bits > CONF_DEFLATE_WINDOW_MAX)))
    {
        abort();
    }

    conf_buf_free(&answer);
}


static void
fuzz_decompress(conf_str_t payload, size_t limit)
{
    conf_rc_t   rc;
    conf_buf_t  out, again;

    conf_buf_init(&out, 0);
    conf_buf_init(&again, 0);

    rc = conf_deflate_decompress(fuzz_z, payload, limit, &out);

    if (out.len > limit || (rc != CONF_OK && out.len != 0)) {
        abort();
    }

    /* With just enough room the result is the same, with less it is none. */

    if (rc == CONF_OK) {
        if (conf_deflate_decompress(fuzz_z, payload, out.len, &again)
            != CONF_OK
            || again.len != out.len)
        {
            abort();
        }

        if (out.len != 0
            && conf_deflate_decompress(fuzz_z, payload, out.len - 1, &again)
               != CONF_E_TOO_LARGE)
        {
            abort();
        }
    }

    conf_buf_free(&out);
    conf_buf_free(&again);
}


static void
fuzz_round_trip(conf_str_t message, uint8_t bits)
{
    conf_buf_t  packed, out;
    conf_str_t  payload;

    conf_buf_init(&packed, 0);
    conf_buf_init(&out, 0);

    if (conf_deflate_compress(fuzz_z, bits, message, &packed) != CONF_OK) {
        abort();
    }

    payload.data = packed.data;
    payload.len = packed.len;

    if (conf_deflate_decompress(fuzz_z, payload, message.len, &out) != CONF_OK
        || out.len != message.len
        || (out.len != 0 && memcmp(out.data, message.data, out.len) != 0))
    {
        abort();
    }

    conf_buf_free(&packed);
    conf_buf_free(&out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    conf_str_t  s;

    if (size == 0) {
        return 0;
    }

    if (fuzz_z == NULL) {
        fuzz_z = conf_deflate_create(6);
        if (fuzz_z == NULL) {
            abort();
        }
    }

    s.data = data + 1;
    s.len = size - 1;

    switch (data[0] % 3) {

    case 0:
        fuzz_negotiate(s);
        break;

    case 1:
        fuzz_decompress(s, data[0] < 128 ? FUZZ_LIMIT : data[0]);
        break;

    default:
        fuzz_round_trip(s, (uint8_t) (CONF_DEFLATE_WINDOW_MIN
                                      + data[0] / 3 % FUZZ_WINDOWS));
        break;
    }

    return 0;
}
