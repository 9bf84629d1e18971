
/*
 * The frame reader fed whole and in pieces must report the same.  The first
 * byte tells the options, the second the size of the pieces.
 */

#include "conf_ws.h"

#include <stdlib.h>


#define FUZZ_PREFIX   2
#define FUZZ_RSV1     0x80
#define FUZZ_HELPERS  0x40
#define FUZZ_MAX      0x3f      /* of messages, in units of 16 bytes */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A frame's data is copied: it lives until the next read only. */

static void
fuzz_report(conf_buf_t *log, conf_rc_t rc, const conf_ws_frame_t *frame)
{
    conf_buf_byte(log, '\n');
    conf_buf_i64(log, rc);
    conf_buf_byte(log, ' ');
    conf_buf_u64(log, frame->opcode);
    conf_buf_byte(log, frame->compressed ? 'z' : ' ');
    conf_buf_u64(log, frame->code);
    conf_buf_byte(log, ' ');
    conf_buf_u64(log, frame->data.len);
    conf_buf_byte(log, ' ');
    conf_buf_str(log, frame->data);
}


static void
fuzz_run(conf_buf_t *log, const uint8_t *data, size_t size, uint8_t options,
    size_t piece)
{
    bool              failed;
    size_t            n, len;
    uint8_t          *copy;
    conf_rc_t         rc;
    const uint8_t    *p;
    conf_ws_frame_t   frame;
    conf_ws_reader_t  r;

    conf_ws_reader_init(&r, (size_t) (options & FUZZ_MAX) * 16);
    r.allow_rsv1 = (options & FUZZ_RSV1) != 0;
    failed = false;

    for ( /* void */ ; size != 0; data += n, size -= n) {
        n = conf_min(piece, size);

        copy = malloc(n);
        if (copy == NULL) {
            abort();
        }

        memcpy(copy, data, n);
        p = copy;
        len = n;

        for ( ;; ) {
            rc = conf_ws_read(&r, &p, &len, &frame);
            if (rc == CONF_AGAIN) {
                break;
            }

            if (failed || frame.data.len > conf_max(r.message_max, 125)) {
                abort();
            }

            failed = rc != CONF_OK;
            fuzz_report(log, rc, &frame);
        }

        if (len != 0 || p != copy + n) {
            abort();
        }

        free(copy);
    }

    conf_ws_reader_free(&r);
}


static void
fuzz_helpers(conf_str_t s)
{
    uint8_t  accept[CONF_WS_ACCEPT_LEN];
    uint8_t  out[CONF_WS_CONTROL_MAX + 2];

    (void) conf_ws_accept(s, accept);
    (void) conf_ws_has_token(s, conf_str("upgrade"));

    if (conf_ws_close(out, CONF_WS_NORMAL, s) > sizeof(out)) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    conf_str_t  s;
    conf_buf_t  whole, pieces;

    if (size < FUZZ_PREFIX) {
        return 0;
    }

    s.data = data + FUZZ_PREFIX;
    s.len = size - FUZZ_PREFIX;

    if ((data[0] & FUZZ_HELPERS) != 0) {
        fuzz_helpers(s);
        return 0;
    }

    conf_buf_init(&whole, 0);
    conf_buf_init(&pieces, 0);

    fuzz_run(&whole, s.data, s.len, data[0], conf_max(s.len, 1));
    fuzz_run(&pieces, s.data, s.len, data[0], (size_t) data[1] % 32 + 1);

    if (whole.len != pieces.len
        || (whole.len != 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
    {
        abort();
    }

    conf_buf_free(&whole);
    conf_buf_free(&pieces);

    return 0;
}
