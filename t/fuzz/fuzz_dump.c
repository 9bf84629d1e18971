
/*
 * A line of a dump.  What is read means the same when it is written again as
 * dump writes it: base64 there and back gives the same text.
 */

#include "confd_dump.h"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_again(conf_arena_t *arena, conf_str_t bytes)
{
    conf_buf_t  buf;
    conf_str_t  text, again;

    conf_buf_init(&buf, 0);
    confd_base64_write(&buf, bytes);

    text.data = buf.data;
    text.len = buf.len;

    if (conf_buf_ok(&buf) != CONF_OK
        || confd_base64_read(arena, text, &again) != CONF_OK
        || !conf_str_eq(bytes, again))
    {
        abort();
    }

    conf_buf_free(&buf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char        *why;
    conf_rc_t          rc;
    conf_str_t         line, bytes;
    conf_buf_t         buf;
    conf_arena_t      *arena;
    confd_dump_row_t   row;

    arena = conf_arena_create(4096, 1024 * 1024);
    if (arena == NULL) {
        return 0;
    }

    line.data = data;
    line.len = size;
    why = NULL;

    rc = confd_dump_parse(&row, arena, line, &why);

    if (rc == CONF_OK) {
        fuzz_again(arena, row.key);
        fuzz_again(arena, row.value);

    } else if (rc == CONF_E_INVALID && why == NULL) {
        abort();
    }

    /* The same bytes as base64, which has one way to say anything. */

    if (confd_base64_read(arena, line, &bytes) == CONF_OK) {
        conf_buf_init(&buf, 0);
        confd_base64_write(&buf, bytes);

        if (conf_buf_ok(&buf) != CONF_OK || buf.len != size
            || (size != 0 && memcmp(buf.data, data, size) != 0))
        {
            abort();
        }

        conf_buf_free(&buf);
    }

    conf_arena_destroy(arena);

    return 0;
}
