
/*
 * Bytes from a stranger into every message: nothing is read out of bounds,
 * and what was accepted comes back the same from a round trip.
 *
 * The first byte chooses the message and, by its highest bit, the mode.
 */

#include "conf_proto_gen.h"
#include "conf_rpc.h"

#include <stdlib.h>


typedef union {
    conf_stats_t        stats;
    conf_member_view_t  member_view;
    conf_user_update_t  user_update;
    uint8_t             bytes[1024];
} any_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_t                *out, *back;
    size_t                n;
    conf_rc_t             rc;
    conf_buf_t            buf;
    conf_str_t            bytes;
    conf_arena_t         *arena;
    const conf_proto_t   *proto;
    conf_proto_mode_e     mode;

    if (size == 0) {
        return 0;
    }

    n = data[0] & 0x7f;
    mode = (data[0] & 0x80) != 0 ? CONF_PROTO_RECORD : CONF_PROTO_WIRE;

    proto = n % 2 == 0 ? conf_ops[n / 2 % CONF_OP_MAX].request
                       : conf_ops[n / 2 % CONF_OP_MAX].reply;

    bytes.data = data + 1;
    bytes.len = size - 1;

    arena = conf_arena_create(4096, 64 * 1024 * 1024);
    if (arena == NULL || proto->size > sizeof(any_t)) {
        abort();
    }

    out = conf_arena_alloc(arena, proto->size);
    back = conf_arena_alloc(arena, proto->size);
    conf_buf_init(&buf, 0);

    rc = conf_proto_unpack(arena, proto, mode, bytes, out);

    if (rc == CONF_OK) {
        if (conf_proto_pack(&buf, proto, out) != CONF_OK) {
            abort();
        }

        bytes.data = buf.data;
        bytes.len = buf.len;

        if (conf_proto_unpack(arena, proto, CONF_PROTO_WIRE, bytes, back)
            != CONF_OK
            || !conf_gen_eq(proto, out, back))
        {
            abort();
        }
    }

    conf_buf_free(&buf);
    conf_arena_destroy(arena);

    return 0;
}
