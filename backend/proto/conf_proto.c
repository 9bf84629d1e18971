
#include "conf_proto.h"
#include "conf_msgpack.h"


/*
 * Structs in structs.  The tables bound it, not the input; this is for a
 * table that would refer to itself.
 */

#define CONF_PROTO_DEPTH  8


typedef struct {
    conf_mp_reader_t    reader;
    conf_arena_t       *arena;
    conf_proto_mode_e   mode;
    unsigned            depth;
} conf_proto_reader_t;


static conf_rc_t conf_proto_pack_struct(conf_buf_t *buf,
    const conf_proto_t *proto, const void *data, unsigned depth);
static conf_rc_t conf_proto_pack_field(conf_buf_t *buf,
    const conf_proto_field_t *field, const void *data, unsigned depth);
static conf_rc_t conf_proto_pack_list(conf_buf_t *buf,
    const conf_proto_field_t *field, const conf_list_t *list, unsigned depth);
static conf_rc_t conf_proto_pack_str(conf_buf_t *buf, conf_str_t s,
    size_t max);
static conf_rc_t conf_proto_read_struct(conf_proto_reader_t *pr,
    const conf_proto_t *proto, void *out);
static conf_rc_t conf_proto_read_field(conf_proto_reader_t *pr,
    const conf_proto_field_t *field, void *out);
static conf_rc_t conf_proto_read_value(const conf_proto_field_t *field,
    const conf_mp_t *value, void *out);
static conf_rc_t conf_proto_read_list(conf_proto_reader_t *pr,
    const conf_proto_field_t *field, const conf_mp_t *value, conf_list_t *out);


/* A list of integers or of strings is a list of these. */

static const conf_proto_field_t  conf_proto_u64 = { CONF_P_U64, 0, 0, NULL };


conf_rc_t
conf_proto_pack(conf_buf_t *buf, const conf_proto_t *proto, const void *data)
{
    size_t     len;
    conf_rc_t  rc;

    len = buf->len;

    rc = conf_proto_pack_struct(buf, proto, data, 0);

    if (rc == CONF_OK) {
        rc = conf_buf_ok(buf);
    }

    if (rc != CONF_OK) {
        buf->len = len;
    }

    return rc;
}


static conf_rc_t
conf_proto_pack_struct(conf_buf_t *buf, const conf_proto_t *proto,
    const void *data, unsigned depth)
{
    size_t                     i;
    conf_rc_t                  rc;
    const uint8_t             *base = data;
    const conf_proto_field_t  *field;

    if (depth == CONF_PROTO_DEPTH) {
        return CONF_E_TOO_LARGE;
    }

    (void) conf_mp_pack_array(buf, proto->nfields);

    for (i = 0; i < proto->nfields; i++) {
        field = &proto->fields[i];

        rc = conf_proto_pack_field(buf, field, base + field->offset, depth);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* What a failed append returns is ignored: the buffer remembers it. */

static conf_rc_t
conf_proto_pack_field(conf_buf_t *buf, const conf_proto_field_t *field,
    const void *data, unsigned depth)
{
    const conf_uuid_t  *uuid;

    switch (field->kind) {

    case CONF_P_U64:
        (void) conf_mp_pack_uint64(buf, *(const uint64_t *) data);
        return CONF_OK;

    case CONF_P_I64:
        (void) conf_mp_pack_int64(buf, *(const int64_t *) data);
        return CONF_OK;

    case CONF_P_U32:
        (void) conf_mp_pack_uint32(buf, *(const uint32_t *) data);
        return CONF_OK;

    case CONF_P_BOOL:
        if (*(const bool *) data) {
            (void) conf_mp_pack_true(buf);

        } else {
            (void) conf_mp_pack_false(buf);
        }

        return CONF_OK;

    case CONF_P_STR:
        return conf_proto_pack_str(buf, *(const conf_str_t *) data,
                                   field->max);

    case CONF_P_UUID:
        uuid = data;
        (void) conf_mp_pack_bin(buf, sizeof(uuid->b));
        (void) conf_mp_pack_bin_body(buf, uuid->b, sizeof(uuid->b));
        return CONF_OK;

    case CONF_P_STRUCT:
        return conf_proto_pack_struct(buf, field->sub, data, depth + 1);

    case CONF_P_LIST:
    case CONF_P_U64S:
    case CONF_P_STRS:
        return conf_proto_pack_list(buf, field, data, depth);
    }

    return CONF_E_INTERNAL;
}


static conf_rc_t
conf_proto_pack_list(conf_buf_t *buf, const conf_proto_field_t *field,
    const conf_list_t *list, unsigned depth)
{
    size_t             i;
    conf_rc_t          rc;
    const uint8_t     *item;
    const uint64_t    *n;
    const conf_str_t  *s;

    if (list->n > CONF_PROTO_ITEMS) {
        return CONF_E_TOO_LARGE;
    }

    if (list->n == 0) {
        (void) conf_mp_pack_nil(buf);
        return CONF_OK;
    }

    (void) conf_mp_pack_array(buf, list->n);

    item = list->items;
    n = list->items;
    s = list->items;

    for (i = 0; i < list->n; i++) {
        if (field->kind == CONF_P_U64S) {
            (void) conf_mp_pack_uint64(buf, n[i]);
            continue;
        }

        if (field->kind == CONF_P_STRS) {
            rc = conf_proto_pack_str(buf, s[i], field->max);

        } else {
            rc = conf_proto_pack_struct(buf, field->sub, item, depth + 1);
            item += field->sub->size;
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


static conf_rc_t
conf_proto_pack_str(conf_buf_t *buf, conf_str_t s, size_t max)
{
    /* What could not be read again is not written, least of all to disk. */

    if (s.len > max) {
        return CONF_E_TOO_LARGE;
    }

    (void) conf_mp_pack_str(buf, s.len);

    if (s.len != 0) {
        (void) conf_mp_pack_str_body(buf, s.data, s.len);
    }

    return CONF_OK;
}


conf_rc_t
conf_proto_unpack(conf_arena_t *arena, const conf_proto_t *proto,
    conf_proto_mode_e mode, conf_str_t bytes, void *out)
{
    conf_rc_t            rc;
    conf_proto_reader_t  pr;

    memset(out, 0, proto->size);

    if (bytes.len == 0) {
        return CONF_E_PROTOCOL;
    }

    pr.reader.p = bytes.data;
    pr.reader.end = bytes.data + bytes.len;
    pr.arena = arena;
    pr.mode = mode;
    pr.depth = 0;

    rc = conf_proto_read_struct(&pr, proto, out);

    if (rc == CONF_OK && pr.reader.p != pr.reader.end) {
        rc = CONF_E_PROTOCOL;
    }

    if (rc != CONF_OK) {
        memset(out, 0, proto->size);
    }

    return rc;
}


/* out is zeroed by the caller. */

static conf_rc_t
conf_proto_read_struct(conf_proto_reader_t *pr, const conf_proto_t *proto,
    void *out)
{
    size_t                     i;
    uint8_t                   *base = out;
    conf_mp_t                  value;
    conf_rc_t                  rc;
    const conf_proto_field_t  *field;

    rc = conf_mp_read(&pr->reader, &value);

    if (rc != CONF_OK || value.type != CONF_MP_ARRAY
        || (pr->mode == CONF_PROTO_WIRE && value.n < proto->nfields)
        || pr->depth == CONF_PROTO_DEPTH)
    {
        return CONF_E_PROTOCOL;
    }

    pr->depth++;

    for (i = 0; i < value.n; i++) {
        if (i >= proto->nfields) {
            rc = conf_mp_skip(&pr->reader);

        } else {
            field = &proto->fields[i];
            rc = conf_proto_read_field(pr, field, base + field->offset);
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    pr->depth--;

    return CONF_OK;
}


static conf_rc_t
conf_proto_read_field(conf_proto_reader_t *pr, const conf_proto_field_t *field,
    void *out)
{
    conf_mp_t  value;
    conf_rc_t  rc;

    if (field->kind == CONF_P_STRUCT) {
        return conf_proto_read_struct(pr, field->sub, out);
    }

    rc = conf_mp_read(&pr->reader, &value);
    if (rc != CONF_OK) {
        return rc;
    }

    switch (field->kind) {

    case CONF_P_LIST:
    case CONF_P_U64S:
    case CONF_P_STRS:
        return conf_proto_read_list(pr, field, &value, out);

    default:
        return conf_proto_read_value(field, &value, out);
    }
}


static conf_rc_t
conf_proto_read_value(const conf_proto_field_t *field, const conf_mp_t *value,
    void *out)
{
    conf_str_t  *s = out;

    switch (field->kind) {

    case CONF_P_U64:
        if (value->type != CONF_MP_UINT) {
            break;
        }

        *(uint64_t *) out = value->n;
        return CONF_OK;

    case CONF_P_I64:
        if (value->type != CONF_MP_INT
            && (value->type != CONF_MP_UINT || value->n > INT64_MAX))
        {
            break;
        }

        *(int64_t *) out = (int64_t) value->n;
        return CONF_OK;

    case CONF_P_U32:
        if (value->type != CONF_MP_UINT || value->n > UINT32_MAX) {
            break;
        }

        *(uint32_t *) out = (uint32_t) value->n;
        return CONF_OK;

    case CONF_P_BOOL:
        if (value->type != CONF_MP_BOOL) {
            break;
        }

        *(bool *) out = (value->n != 0);
        return CONF_OK;

    case CONF_P_UUID:
        if (value->type != CONF_MP_BYTES || value->n != sizeof(conf_uuid_t)) {
            break;
        }

        memcpy(out, value->data, sizeof(conf_uuid_t));
        return CONF_OK;

    case CONF_P_STR:
    case CONF_P_STRS:
        if (value->type != CONF_MP_BYTES || value->n > field->max) {
            break;
        }

        s->data = value->data;
        s->len = (size_t) value->n;
        return CONF_OK;

    default:
        break;
    }

    return CONF_E_PROTOCOL;
}


static conf_rc_t
conf_proto_read_list(conf_proto_reader_t *pr, const conf_proto_field_t *field,
    const conf_mp_t *value, conf_list_t *out)
{
    size_t      i, size, least;
    uint8_t    *item;
    conf_mp_t   v;
    conf_rc_t   rc;

    if (value->type == CONF_MP_NIL) {
        return CONF_OK;
    }

    /* The fewest bytes an item can take; wire structs have all fields. */

    least = 1;

    if (field->kind == CONF_P_LIST) {
        size = field->sub->size;

        if (pr->mode == CONF_PROTO_WIRE) {
            least += field->sub->nfields;
        }

    } else {
        size = field->kind == CONF_P_U64S ? sizeof(uint64_t)
                                          : sizeof(conf_str_t);
    }

    if (value->type != CONF_MP_ARRAY || value->n > CONF_PROTO_ITEMS
        || value->n > (size_t) (pr->reader.end - pr->reader.p) / least)
    {
        return CONF_E_PROTOCOL;
    }

    if (value->n == 0) {
        return CONF_OK;
    }

    item = conf_arena_calloc(pr->arena, (size_t) value->n * size);
    if (item == NULL) {
        return CONF_E_NOMEM;
    }

    out->items = item;
    out->n = (size_t) value->n;

    for (i = 0; i < out->n; i++, item += size) {

        if (field->kind == CONF_P_LIST) {
            rc = conf_proto_read_struct(pr, field->sub, item);

        } else {
            rc = conf_mp_read(&pr->reader, &v);

            if (rc == CONF_OK) {
                rc = conf_proto_read_value(field->kind == CONF_P_U64S
                                           ? &conf_proto_u64 : field,
                                           &v, item);
            }
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}
