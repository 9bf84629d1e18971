
#define ZLIB_CONST

#include "conf_deflate.h"
#include "conf_token.h"

#include <stdlib.h>
#include <zlib.h>


#define CONF_DEFLATE_MEMORY     8             /* zlib's default */
#define CONF_DEFLATE_INPUT_MAX  (1 << 30)     /* fits zlib's unsigned int */
#define CONF_DEFLATE_ROOM_MIN   256
#define CONF_DEFLATE_TAIL_LEN   4

/* inflate()'s data_type: between two blocks, bits left of the last byte. */

#define CONF_DEFLATE_AT_BLOCK   128
#define CONF_DEFLATE_BITS_LEFT  63


struct conf_deflate_s {
    z_stream  out;
    z_stream  in;
    int       level;
    uint8_t   window_bits;      /* of out; 0: not made yet */
    bool      ended;            /* in came to a final block's end */
};


/* An offer; a parameter is true when it was there. */

typedef struct {
    bool     server_takeover;
    bool     client_takeover;
    bool     server_window;
    bool     client_window;
    uint8_t  window_bits;
} conf_deflate_offer_t;


static conf_rc_t conf_deflate_offer(conf_str_t *in,
    conf_deflate_offer_t *offer);
static bool conf_deflate_param(conf_deflate_offer_t *offer,
    const conf_token_param_t *param);
static bool conf_deflate_bits(const conf_token_param_t *param,
    uint8_t *window_bits);
static conf_rc_t conf_deflate_answer(conf_buf_t *answer,
    const conf_deflate_offer_t *offer);
static conf_rc_t conf_deflate_prepare(conf_deflate_t *z, uint8_t window_bits,
    size_t len);
static conf_rc_t conf_deflate_expand(conf_deflate_t *z, conf_str_t in,
    size_t len_max, conf_buf_t *out);
static conf_rc_t conf_deflate_step(conf_deflate_t *z, size_t room,
    conf_buf_t *out, int *status);
static conf_rc_t conf_deflate_finish(conf_deflate_t *z, size_t len_max,
    conf_buf_t *out);


/* What a sync flush ends with, and what no message is sent with. */

static const uint8_t  conf_deflate_tail[CONF_DEFLATE_TAIL_LEN] = {
    0x00, 0x00, 0xff, 0xff
};


conf_deflate_t *
conf_deflate_create(int level)
{
    conf_deflate_t  *z;

    z = calloc(1, sizeof(conf_deflate_t));
    if (z == NULL) {
        return NULL;
    }

    z->level = level;

    if (inflateInit2(&z->in, -CONF_DEFLATE_WINDOW_MAX) != Z_OK) {
        free(z);
        return NULL;
    }

    if (conf_deflate_prepare(z, CONF_DEFLATE_WINDOW_MAX, 0) != CONF_OK) {
        conf_deflate_destroy(z);
        return NULL;
    }

    return z;
}


void
conf_deflate_destroy(conf_deflate_t *z)
{
    if (z == NULL) {
        return;
    }

    if (z->window_bits != 0) {
        (void) deflateEnd(&z->out);
    }

    (void) inflateEnd(&z->in);
    free(z);
}


conf_rc_t
conf_deflate_negotiate(conf_str_t offers, uint8_t *window_bits,
    conf_buf_t *answer)
{
    bool                  found;
    conf_rc_t             rc;
    conf_deflate_offer_t  offer, chosen;

    found = false;
    memset(&chosen, 0, sizeof(conf_deflate_offer_t));

    do {
        rc = conf_deflate_offer(&offers, &offer);

        /* What follows the chosen one must be well-formed, too. */

        if (rc == CONF_E_BAD_REQUEST) {
            return rc;
        }

        if (rc == CONF_OK && !found) {
            found = true;
            chosen = offer;
        }

    } while (conf_token_char(&offers, ','));

    if (offers.len != 0) {
        return CONF_E_BAD_REQUEST;
    }

    if (!found) {
        return CONF_E_NOT_FOUND;
    }

    *window_bits = chosen.window_bits;

    return conf_deflate_answer(answer, &chosen);
}


/*
 * Takes one element of the list.  CONF_OK when it is an offer that we accept,
 * CONF_E_NOT_FOUND when it is not, CONF_E_BAD_REQUEST.
 */

static conf_rc_t
conf_deflate_offer(conf_str_t *in, conf_deflate_offer_t *offer)
{
    bool                good;
    conf_rc_t           rc;
    conf_str_t          name;
    conf_token_param_t  param;

    memset(offer, 0, sizeof(conf_deflate_offer_t));
    offer->window_bits = CONF_DEFLATE_WINDOW_MAX;

    conf_token_blanks(in);

    name = conf_token_take(in);
    if (name.len == 0) {
        return CONF_E_NOT_FOUND;
    }

    good = conf_token_eq(name, conf_str("permessage-deflate"));

    for ( ;; ) {
        rc = conf_token_param(in, &param);
        if (rc == CONF_DONE) {
            return good ? CONF_OK : CONF_E_NOT_FOUND;
        }

        if (rc != CONF_OK) {
            return rc;
        }

        good = good && conf_deflate_param(offer, &param);
    }
}


/* False when the parameter is unknown, repeated, or its value is wrong. */

static bool
conf_deflate_param(conf_deflate_offer_t *offer,
    const conf_token_param_t *param)
{
    bool     *seen, valid;
    uint8_t   hint;

    if (conf_token_eq(param->name, conf_str("server_no_context_takeover"))) {
        seen = &offer->server_takeover;
        valid = !param->has_value;

    } else if (conf_token_eq(param->name,
                             conf_str("client_no_context_takeover")))
    {
        seen = &offer->client_takeover;
        valid = !param->has_value;

    } else if (conf_token_eq(param->name, conf_str("server_max_window_bits"))) {
        seen = &offer->server_window;
        valid = conf_deflate_bits(param, &offer->window_bits)
                && offer->window_bits >= CONF_DEFLATE_WINDOW_MIN;

    } else if (conf_token_eq(param->name, conf_str("client_max_window_bits"))) {

        /* We inflate any window, so that this hint needs no answer. */

        seen = &offer->client_window;
        valid = !param->has_value || conf_deflate_bits(param, &hint);

    } else {
        return false;
    }

    if (*seen) {
        return false;
    }

    *seen = true;

    return valid;
}


/* A decimal from 8 to 15 without leading zeros, RFC 7692, 7.1.2. */

static bool
conf_deflate_bits(const conf_token_param_t *param, uint8_t *window_bits)
{
    const uint8_t  *p;

    p = param->value.data;

    if (param->value.len == 1 && (p[0] == '8' || p[0] == '9')) {
        *window_bits = (uint8_t) (p[0] - '0');
        return true;
    }

    if (param->value.len == 2 && p[0] == '1' && p[1] >= '0' && p[1] <= '5') {
        *window_bits = (uint8_t) (10 + p[1] - '0');
        return true;
    }

    return false;
}


static conf_rc_t
conf_deflate_answer(conf_buf_t *answer, const conf_deflate_offer_t *offer)
{
    conf_buf_lit(answer, "permessage-deflate; server_no_context_takeover; "
                         "client_no_context_takeover");

    if (offer->server_window) {
        conf_buf_lit(answer, "; server_max_window_bits=");
        conf_buf_u64(answer, offer->window_bits);
    }

    return conf_buf_ok(answer);
}


conf_rc_t
conf_deflate_compress(conf_deflate_t *z, uint8_t window_bits,
    conf_str_t message, conf_buf_t *out)
{
    int        status;
    size_t     start, room;
    uint8_t   *p;
    conf_rc_t  rc;

    if (message.len > CONF_DEFLATE_INPUT_MAX) {
        return CONF_E_TOO_LARGE;
    }

    rc = conf_deflate_prepare(z, window_bits, message.len);
    if (rc != CONF_OK) {
        return rc;
    }

    start = out->len;
    z->out.next_in = message.data;
    z->out.avail_in = (unsigned) message.len;

    /* Room to spare after the flush is what tells that all was written. */

    room = message.len / 2 + CONF_DEFLATE_ROOM_MIN;

    do {
        p = conf_buf_reserve(out, room);
        if (p == NULL) {
            out->len = start;
            return CONF_E_NOMEM;
        }

        z->out.next_out = p;
        z->out.avail_out = (unsigned) room;

        status = deflate(&z->out, Z_SYNC_FLUSH);
        out->len += room - z->out.avail_out;

    } while (status == Z_OK && z->out.avail_out == 0);

    /* Z_BUF_ERROR: the flush just filled the room of the round before. */

    if ((status != Z_OK && status != Z_BUF_ERROR)
        || out->len - start <= CONF_DEFLATE_TAIL_LEN
        || memcmp(out->data + out->len - CONF_DEFLATE_TAIL_LEN,
                  conf_deflate_tail, CONF_DEFLATE_TAIL_LEN) != 0)
    {
        out->len = start;
        return CONF_E_INTERNAL;
    }

    out->len -= CONF_DEFLATE_TAIL_LEN;

    return CONF_OK;
}


/*
 * Makes the compressor ready for a message.  One that fits the window cannot
 * reach beyond it, so that any compressor will do.
 */

static conf_rc_t
conf_deflate_prepare(conf_deflate_t *z, uint8_t window_bits, size_t len)
{
    int  status;

    if (window_bits < CONF_DEFLATE_WINDOW_MIN
        || window_bits > CONF_DEFLATE_WINDOW_MAX)
    {
        return CONF_E_INTERNAL;
    }

    if (z->window_bits == window_bits
        || (z->window_bits != 0 && len <= (size_t) 1 << window_bits))
    {
        return deflateReset(&z->out) == Z_OK ? CONF_OK : CONF_E_INTERNAL;
    }

    if (z->window_bits != 0) {
        (void) deflateEnd(&z->out);
        z->window_bits = 0;
    }

    memset(&z->out, 0, sizeof(z_stream));

    status = deflateInit2(&z->out, z->level, Z_DEFLATED, -(int) window_bits,
                          CONF_DEFLATE_MEMORY, Z_DEFAULT_STRATEGY);
    if (status != Z_OK) {
        return status == Z_MEM_ERROR ? CONF_E_NOMEM : CONF_E_INTERNAL;
    }

    z->window_bits = window_bits;

    return CONF_OK;
}


conf_rc_t
conf_deflate_decompress(conf_deflate_t *z, conf_str_t payload, size_t max,
    conf_buf_t *out)
{
    size_t     start, len_max;
    conf_rc_t  rc;

    if (payload.len > CONF_DEFLATE_INPUT_MAX) {
        return CONF_E_TOO_LARGE;
    }

    if (payload.len == 0) {
        return CONF_OK;
    }

    if (inflateReset(&z->in) != Z_OK) {
        return CONF_E_INTERNAL;
    }

    start = out->len;
    len_max = start + conf_min(max, SIZE_MAX / 4);
    z->ended = false;

    rc = conf_deflate_expand(z, payload, len_max, out);

    if (rc == CONF_OK && !z->ended) {
        rc = conf_deflate_finish(z, len_max, out);
    }

    if (rc != CONF_OK) {
        out->len = start;
    }

    return rc;
}


/* Adds the tail that the sender took off; it must end a block. */

static conf_rc_t
conf_deflate_finish(conf_deflate_t *z, size_t len_max, conf_buf_t *out)
{
    conf_rc_t   rc;
    conf_str_t  tail;

    tail.data = conf_deflate_tail;
    tail.len = CONF_DEFLATE_TAIL_LEN;

    rc = conf_deflate_expand(z, tail, len_max, out);
    if (rc != CONF_OK) {
        return rc;
    }

    if (z->ended || (z->in.data_type & CONF_DEFLATE_AT_BLOCK) == 0
        || (z->in.data_type & CONF_DEFLATE_BITS_LEFT) != 0)
    {
        return CONF_E_BAD_REQUEST;
    }

    return CONF_OK;
}


/* Inflates all of in; out grows up to len_max. */

static conf_rc_t
conf_deflate_expand(conf_deflate_t *z, conf_str_t in, size_t len_max,
    conf_buf_t *out)
{
    int        status;
    size_t     room;
    conf_rc_t  rc;

    z->in.next_in = in.data;
    z->in.avail_in = (unsigned) in.len;

    for (room = conf_max(2 * in.len, CONF_DEFLATE_ROOM_MIN); /* void */ ;
         room = conf_min(room, CONF_DEFLATE_INPUT_MAX) * 2)
    {
        rc = conf_deflate_step(z, conf_min(room, len_max - out->len), out,
                               &status);
        if (rc != CONF_OK) {
            return rc;
        }

        if (status == Z_STREAM_END) {

            /* A final block does not end the message, RFC 7692, 7.2.3.5. */

            z->ended = z->in.avail_in == 0;

            if (z->ended) {
                return CONF_OK;
            }

            if (inflateReset(&z->in) != Z_OK) {
                return CONF_E_INTERNAL;
            }

            continue;
        }

        if (status == Z_MEM_ERROR) {
            return CONF_E_NOMEM;
        }

        if (status != Z_OK && status != Z_BUF_ERROR) {
            return CONF_E_BAD_REQUEST;
        }

        if (z->in.avail_out != 0) {
            return CONF_OK;
        }
    }
}


/*
 * Inflates once into room bytes.  Without room left only the end may come,
 * so whatever falls into the spare byte is too much.
 */

static conf_rc_t
conf_deflate_step(conf_deflate_t *z, size_t room, conf_buf_t *out,
    int *status)
{
    uint8_t  *p, spare;

    if (room == 0) {
        z->in.next_out = &spare;
        z->in.avail_out = 1;

        *status = inflate(&z->in, Z_SYNC_FLUSH);

        return z->in.avail_out == 0 ? CONF_E_TOO_LARGE : CONF_OK;
    }

    p = conf_buf_reserve(out, room);
    if (p == NULL) {
        return CONF_E_NOMEM;
    }

    room = conf_min(room, CONF_DEFLATE_INPUT_MAX);

    z->in.next_out = p;
    z->in.avail_out = (unsigned) room;

    *status = inflate(&z->in, Z_SYNC_FLUSH);
    out->len += room - z->in.avail_out;

    return CONF_OK;
}
