
/*
 * Where somebody is now.
 */

#include "confd_record.h"


#define CONFD_LIVE_MAX  1000


static conf_rc_t confd_live_next(confd_op_ctx_t *ctx, uint64_t *id);


/* One step a room, however many are in it. */

conf_rc_t
confd_op_room_live(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_live_t  *in = data;
    conf_live_rooms_t       *out = reply;

    uint64_t     id, *ids;
    conf_rc_t    rc;
    conf_list_t  page;
    conf_user_t  admin;

    if (in->limit < 1 || in->limit > CONFD_LIVE_MAX) {
        return CONF_E_INVALID;
    }

    rc = confd_admin_actor(ctx, in->actor, &admin);
    if (rc != CONF_OK) {
        return rc;
    }

    ids = conf_arena_alloc(ctx->arena, in->limit * sizeof(uint64_t));
    if (ids == NULL) {
        return CONF_E_NOMEM;
    }

    page.items = ids;
    page.n = 0;
    id = 0;

    while (out->total < CONFD_SCAN_MAX) {
        rc = confd_live_next(ctx, &id);

        if (rc == CONF_DONE) {
            break;
        }

        if (rc != CONF_OK) {
            return rc;
        }

        if (out->total++ >= in->offset && page.n < in->limit) {
            ids[page.n++] = id;
        }
    }

    return confd_room_list(ctx, &page, &out->rooms);
}


/* The next room that somebody has joined, after *id. */

static conf_rc_t
confd_live_next(confd_op_ctx_t *ctx, uint64_t *id)
{
    conf_rc_t            rc;
    conf_str_t           key, value, all = conf_null_string;
    confd_key_t          from;
    confd_cursor_t      *cursor;
    confd_key_reader_t   reader;

    if (*id == UINT64_MAX) {
        return CONF_DONE;
    }

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_JOINED, all,
                             confd_record_key(&from, *id + 1), false,
                             &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = ctx->driver->next(cursor, &key, &value);

    if (rc == CONF_OK) {
        confd_key_read(&reader, key);
        *id = confd_key_read_u64(&reader);
        rc = reader.failed ? CONF_E_STORE_FAILED : CONF_OK;
    }

    ctx->driver->cursor_close(cursor);

    return rc;
}
