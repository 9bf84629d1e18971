
/*
 * A body fed whole and in pieces must report the same.  The first byte is the
 * size of the pieces, then comes the Content-Type up to a line end, then the
 * body.
 */

#include "conf_buf.h"
#include "conf_multipart.h"
#include "conf_ws.h"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    conf_buf_t  log;
    bool        in_part;
} fuzz_run_t;


static conf_rc_t
fuzz_part(void *data, const conf_multipart_part_t *part)
{
    size_t       i;
    uint8_t      c;
    uint32_t     utf8;
    fuzz_run_t  *run;

    run = data;
    utf8 = 0;

    if (run->in_part
        || !conf_utf8_feed(&utf8, part->filename.data, part->filename.len)
        || !conf_utf8_feed(&utf8, part->name.data, part->name.len)
        || utf8 != 0)
    {
        abort();
    }

    for (i = 0; i < part->filename.len; i++) {
        c = part->filename.data[i];

        if (c < ' ' || c == 0x7f || c == '/' || c == '\\') {
            abort();
        }
    }

    run->in_part = true;

    conf_buf_lit(&run->log, "\npart ");
    conf_buf_str(&run->log, part->name);
    conf_buf_byte(&run->log, part->has_filename ? '|' : ' ');
    conf_buf_str(&run->log, part->filename);
    conf_buf_byte(&run->log, '#');
    conf_buf_str(&run->log, part->type);
    conf_buf_byte(&run->log, ':');

    return CONF_OK;
}


static conf_rc_t
fuzz_bytes(void *data, conf_str_t bytes)
{
    fuzz_run_t  *run;

    run = data;

    if (!run->in_part || bytes.len == 0) {
        abort();
    }

    conf_buf_str(&run->log, bytes);

    return CONF_OK;
}


static conf_rc_t
fuzz_end(void *data)
{
    fuzz_run_t  *run;

    run = data;

    if (!run->in_part) {
        abort();
    }

    run->in_part = false;
    conf_buf_lit(&run->log, "\nend");

    return CONF_OK;
}


static const conf_multipart_handler_t  fuzz_handler = {
    fuzz_part, fuzz_bytes, fuzz_end
};


static void
fuzz_run(conf_buf_t *log, conf_str_t type, conf_str_t body, size_t piece)
{
    uint8_t           *copy;
    conf_rc_t          rc;
    conf_str_t         bytes;
    fuzz_run_t         run;
    conf_multipart_t  *m;

    memset(&run, 0, sizeof(run));
    conf_buf_init(&run.log, 0);

    m = malloc(sizeof(conf_multipart_t));
    if (m == NULL) {
        abort();
    }

    rc = conf_multipart_init(m, type, &fuzz_handler, &run);

    while (rc == CONF_OK && body.len != 0) {
        bytes.len = conf_min(piece, body.len);

        copy = malloc(bytes.len);
        if (copy == NULL) {
            abort();
        }

        memcpy(copy, body.data, bytes.len);
        bytes.data = copy;

        rc = conf_multipart_feed(m, bytes);
        free(copy);

        body.data += bytes.len;
        body.len -= bytes.len;
    }

    if (rc == CONF_OK) {
        rc = conf_multipart_end(m);
    }

    conf_buf_byte(&run.log, '=');
    conf_buf_i64(&run.log, rc);
    *log = run.log;
    free(m);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          piece;
    conf_str_t      type, body;
    conf_buf_t      whole, pieces;
    const uint8_t  *end;

    if (size < 2) {
        return 0;
    }

    piece = (size_t) data[0] % 32 + 1;
    data++;
    size--;

    end = memchr(data, '\n', size);
    if (end == NULL) {
        return 0;
    }

    type.data = data;
    type.len = (size_t) (end - data);
    body.data = end + 1;
    body.len = size - type.len - 1;

    (void) conf_file_type(body);

    fuzz_run(&whole, type, body, conf_max(body.len, 1));
    fuzz_run(&pieces, type, body, piece);

    if (whole.len != pieces.len
        || memcmp(whole.data, pieces.data, whole.len) != 0)
    {
        abort();
    }

    conf_buf_free(&whole);
    conf_buf_free(&pieces);

    return 0;
}
