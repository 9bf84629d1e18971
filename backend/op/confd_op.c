
#include "confd_record.h"

#include <openssl/rand.h>


#define CONFD_IDS_MIN      16
#define CONFD_TOUCHES_MIN  8


CONF_PROTO_TABLE(store_number, CONF_STORE_NUMBER_FIELDS);
CONF_PROTO_TABLE(store_credential, CONF_STORE_CREDENTIAL_FIELDS);
CONF_PROTO_TABLE(store_member, CONF_STORE_MEMBER_FIELDS);
CONF_PROTO_TABLE(store_message, CONF_STORE_MESSAGE_FIELDS);
CONF_PROTO_TABLE(store_login, CONF_STORE_LOGIN_FIELDS);
CONF_PROTO_TABLE(store_reset, CONF_STORE_RESET_FIELDS);


static conf_rc_t confd_ids_add(confd_op_ctx_t *ctx, conf_list_t *ids,
    size_t *size, uint64_t id);


conf_str_t
confd_record_key(confd_key_t *key, uint64_t a)
{
    confd_key_init(key);
    confd_key_u64(key, a);

    return confd_key_str(key);
}


conf_str_t
confd_record_key2(confd_key_t *key, uint64_t a, uint64_t b)
{
    confd_key_init(key);
    confd_key_u64(key, a);
    confd_key_u64(key, b);

    return confd_key_str(key);
}


conf_rc_t
confd_record_second(conf_str_t key, uint64_t *b)
{
    confd_key_reader_t  reader;

    confd_key_read(&reader, key);

    (void) confd_key_read_u64(&reader);
    *b = confd_key_read_u64(&reader);

    return reader.failed ? CONF_E_STORE_FAILED : CONF_OK;
}


conf_rc_t
confd_record_get(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t key,
    const conf_proto_t *proto, void *out)
{
    conf_rc_t   rc;
    conf_str_t  value, copy;

    rc = ctx->driver->get(ctx->txn, space, key, &value);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = conf_arena_str(ctx->arena, &copy, value);
    if (rc != CONF_OK) {
        return rc;
    }

    return confd_record_read(ctx, proto, copy, out);
}


conf_rc_t
confd_record_has(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t key)
{
    conf_str_t  value;

    return ctx->driver->get(ctx->txn, space, key, &value);
}


conf_rc_t
confd_record_put(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t key,
    const conf_proto_t *proto, const void *data)
{
    conf_rc_t   rc;
    conf_buf_t  buf;
    conf_str_t  value;

    conf_buf_init(&buf, 0);

    rc = conf_proto_pack(&buf, proto, data);

    if (rc == CONF_OK) {
        value.data = buf.data;
        value.len = buf.len;

        rc = ctx->driver->put(ctx->txn, space, key, value);
    }

    conf_buf_free(&buf);

    return rc;
}


conf_rc_t
confd_record_del(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t key)
{
    conf_rc_t  rc;

    rc = ctx->driver->del(ctx->txn, space, key);

    return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
}


conf_rc_t
confd_record_read(confd_op_ctx_t *ctx, const conf_proto_t *proto,
    conf_str_t value, void *out)
{
    conf_rc_t  rc;

    rc = conf_proto_unpack(ctx->arena, proto, CONF_PROTO_RECORD, value, out);

    return rc == CONF_E_PROTOCOL ? CONF_E_STORE_FAILED : rc;
}


conf_rc_t
confd_index_get(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t key,
    uint64_t *id)
{
    conf_rc_t            rc;
    conf_str_t           value;
    conf_store_number_t  number;

    *id = 0;

    rc = ctx->driver->get(ctx->txn, space, key, &value);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_read(ctx, &conf_proto_store_number, value, &number);
    if (rc == CONF_OK) {
        *id = number.n;
    }

    return rc;
}


conf_rc_t
confd_index_put(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t key,
    uint64_t id)
{
    conf_store_number_t  number;

    number.n = id;

    return confd_record_put(ctx, space, key, &conf_proto_store_number,
                            &number);
}


conf_rc_t
confd_record_ids(confd_op_ctx_t *ctx, confd_space_e space, uint64_t a,
    uint64_t after, size_t max, conf_list_t *ids)
{
    size_t           size;
    uint64_t         id;
    conf_rc_t        rc;
    conf_str_t       key, value;
    confd_key_t      prefix, from;
    confd_cursor_t  *cursor;

    ids->items = NULL;
    ids->n = 0;
    size = 0;

    if (after == UINT64_MAX) {
        return CONF_OK;
    }

    rc = ctx->driver->cursor(ctx->txn, space, confd_record_key(&prefix, a),
                             confd_record_key2(&from, a, after + 1), false,
                             &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    while (ids->n < max) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        rc = confd_record_second(key, &id);

        if (rc == CONF_OK) {
            rc = confd_ids_add(ctx, ids, &size, id);
        }

        if (rc != CONF_OK) {
            break;
        }
    }

    ctx->driver->cursor_close(cursor);

    return rc == CONF_DONE ? CONF_OK : rc;
}


static conf_rc_t
confd_ids_add(confd_op_ctx_t *ctx, conf_list_t *ids, size_t *size,
    uint64_t id)
{
    uint64_t  *items;

    if (ids->n == *size) {
        *size = conf_max(*size * 2, CONFD_IDS_MIN);

        items = conf_arena_alloc(ctx->arena, *size * sizeof(uint64_t));
        if (items == NULL) {
            return CONF_E_NOMEM;
        }

        if (ids->n != 0) {
            memcpy(items, ids->items, ids->n * sizeof(uint64_t));
        }

        ids->items = items;
    }

    items = ids->items;
    items[ids->n++] = id;

    return CONF_OK;
}


/*
 * The array has room for a power of two, so that ntouches alone tells when it
 * is full: a context that runs again starts anew by setting it to zero.
 */

conf_rc_t
confd_touch(confd_op_ctx_t *ctx, uint64_t user_id, uint64_t room_id)
{
    size_t         n;
    conf_touch_t  *touches;

    n = ctx->ntouches;

    if (n == 0 || (n >= CONFD_TOUCHES_MIN && (n & (n - 1)) == 0)) {

        touches = conf_arena_alloc(ctx->arena,
                                   conf_max(n * 2, CONFD_TOUCHES_MIN)
                                   * sizeof(conf_touch_t));
        if (touches == NULL) {
            return CONF_E_NOMEM;
        }

        if (n != 0) {
            memcpy(touches, ctx->touches, n * sizeof(conf_touch_t));
        }

        ctx->touches = touches;
    }

    ctx->touches[n].user_id = user_id;
    ctx->touches[n].room_id = room_id;
    ctx->ntouches = n + 1;

    return CONF_OK;
}


conf_rc_t
confd_random(void *bytes, size_t len)
{
    return RAND_bytes(bytes, (int) len) == 1 ? CONF_OK : CONF_E_INTERNAL;
}


conf_rc_t
confd_random_uuid(conf_uuid_t *uuid)
{
    conf_rc_t  rc;

    rc = confd_random(uuid->b, sizeof(uuid->b));

    uuid->b[6] = (uint8_t) ((uuid->b[6] & 0x0f) | 0x40);
    uuid->b[8] = (uint8_t) ((uuid->b[8] & 0x3f) | 0x80);

    return rc;
}


/* It passes through clients whose numbers are doubles; 0 is no epoch. */

conf_rc_t
confd_random_epoch(uint64_t *epoch)
{
    conf_rc_t  rc;

    do {
        rc = confd_random(epoch, sizeof(uint64_t));
        *epoch &= ((uint64_t) 1 << 53) - 1;
    } while (rc == CONF_OK && *epoch == 0);

    return rc;
}
