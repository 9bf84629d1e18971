
/*
 * A stream of frames from a stranger, as a link reads it: whole frames are
 * taken off the front, their bodies unpacked as what the head says they are.
 */

#include "conf_rpc.h"

#include <stdlib.h>


typedef union {
    conf_stats_t        stats;
    conf_member_view_t  member_view;
    conf_user_update_t  user_update;
    uint8_t             bytes[1024];
} any_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_body(conf_arena_t *arena, const conf_frame_t *frame);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         used;
    conf_rc_t      rc;
    conf_str_t     rest;
    conf_frame_t   frame;
    conf_arena_t  *arena;

    arena = conf_arena_create(4096, 64 * 1024 * 1024);
    if (arena == NULL) {
        abort();
    }

    rest.data = data;
    rest.len = size;

    for ( ;; ) {
        rc = conf_frame_read(rest, &used, &frame);

        if (rc != CONF_OK) {
            if (used != 0) {
                abort();
            }

            break;
        }

        if (used == 0 || used > rest.len
            || (frame.body.len != 0
                && (frame.body.data < rest.data
                    || frame.body.data + frame.body.len > rest.data + used)))
        {
            abort();
        }

        fuzz_body(arena, &frame);

        rest.data += used;
        rest.len -= used;
    }

    conf_arena_destroy(arena);

    return 0;
}


static void
fuzz_body(conf_arena_t *arena, const conf_frame_t *frame)
{
    any_t                out;
    conf_rc_t            rc;
    conf_buf_t           buf;
    const conf_proto_t  *proto;

    proto = &conf_proto_publish;

    if (frame->kind != CONF_FRAME_EVENT) {
        proto = frame->kind == CONF_FRAME_CALL
                ? conf_ops[frame->code % CONF_OP_MAX].request
                : conf_ops[frame->id % CONF_OP_MAX].reply;
    }

    rc = conf_proto_unpack(arena, proto, CONF_PROTO_WIRE, frame->body, &out);
    if (rc != CONF_OK) {
        return;
    }

    conf_buf_init(&buf, 0);

    if (conf_frame_write(&buf, frame, proto, &out) != CONF_OK) {
        abort();
    }

    conf_buf_free(&buf);
}
