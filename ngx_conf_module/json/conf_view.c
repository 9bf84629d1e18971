
#include "conf_view.h"


#define CONF_VIEW_DEPTH  16     /* views within views; deeper is null */


/* Writes what p points to, the member of a struct that the row names. */

typedef void (*conf_view_pt)(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);


static void conf_view_object_at(conf_buf_t *buf, const conf_view_t *view,
    const void *data, unsigned depth);
static void conf_view_list_at(conf_buf_t *buf, const conf_view_t *view,
    const conf_list_t *list, unsigned depth);
static bool conf_view_is_empty(const conf_view_row_t *row, const void *p);
static void conf_view_null(conf_buf_t *buf);

static void conf_view_put_str(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_str_null(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_u64(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_u64_str(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_u64_null(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_u32(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_i64(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_bool(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_enum(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_uuid(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_time(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_raw(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_content(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_literal(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_object(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_pointer(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_list(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_strs(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_u64s(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_counts(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_u64_hex(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);
static void conf_view_put_bit(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_map(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth);
static void conf_view_put_members(conf_buf_t *buf,
    const conf_view_row_t *row, const void *p, unsigned depth);


/* By conf_view_kind_e. */

static const conf_view_pt  conf_view_handlers[] = {
    conf_view_put_str,
    conf_view_put_str_null,
    conf_view_put_u64,
    conf_view_put_u64_str,
    conf_view_put_u64_null,
    conf_view_put_u32,
    conf_view_put_i64,
    conf_view_put_bool,
    conf_view_put_enum,
    conf_view_put_uuid,
    conf_view_put_uuid,
    conf_view_put_time,
    conf_view_put_time,
    conf_view_put_time,
    conf_view_put_time,
    conf_view_put_time,
    conf_view_put_raw,
    conf_view_put_content,
    conf_view_put_literal,
    conf_view_put_object,
    conf_view_put_pointer,
    conf_view_put_list,
    conf_view_put_strs,
    conf_view_put_u64s,
    conf_view_put_counts,
    conf_view_put_u64_hex,
    conf_view_put_bit,
    conf_view_put_map,
    conf_view_put_members
};

_Static_assert(conf_nelts(conf_view_handlers) == CONF_V_MEMBERS + 1,
               "a kind without a handler");

static const uint8_t  conf_view_hex[] = "0123456789abcdef";


void
conf_view_object(conf_buf_t *buf, const conf_view_t *view, const void *data)
{
    conf_view_object_at(buf, view, data, 0);
}


void
conf_view_list(conf_buf_t *buf, const conf_view_t *view,
    const conf_list_t *list)
{
    conf_view_list_at(buf, view, list, 0);
}


static void
conf_view_object_at(conf_buf_t *buf, const conf_view_t *view,
    const void *data, unsigned depth)
{
    size_t                  i;
    uint8_t                *dst, separator;
    const void             *p;
    const conf_view_row_t  *row;

    if (depth >= CONF_VIEW_DEPTH) {
        conf_view_null(buf);
        return;
    }

    separator = '{';

    for (i = 0; i < view->nrows; i++) {
        row = &view->rows[i];
        p = (const uint8_t *) data + row->offset;

        if ((row->flags & CONF_VF_OMIT) && conf_view_is_empty(row, p)) {
            continue;
        }

        if (row->name.len == 0) {

            /* Members that have their names with them, or none. */

            if (!conf_view_is_empty(row, p)) {
                conf_buf_byte(buf, separator);
                conf_view_handlers[row->kind](buf, row, p, depth + 1);
                separator = ',';
            }

            continue;
        }

        /* The names are ours: nothing in them is escaped. */

        dst = conf_buf_reserve(buf, row->name.len + 4);
        if (dst == NULL) {
            return;
        }

        *dst++ = separator;
        *dst++ = '"';
        memcpy(dst, row->name.data, row->name.len);
        dst += row->name.len;
        *dst++ = '"';
        *dst = ':';

        buf->len += row->name.len + 4;
        separator = ',';

        /* CONTENT needs a second member of the struct. */

        conf_view_handlers[row->kind](buf, row,
                                      row->kind == CONF_V_CONTENT ? data : p,
                                      depth + 1);
    }

    if (separator == '{') {
        conf_buf_byte(buf, '{');
    }

    conf_buf_byte(buf, '}');
}


static void
conf_view_list_at(conf_buf_t *buf, const conf_view_t *view,
    const conf_list_t *list, unsigned depth)
{
    size_t          i;
    const uint8_t  *item;

    item = list->items;

    conf_buf_byte(buf, '[');

    for (i = 0; i < list->n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_view_object_at(buf, view, item + i * view->size, depth);
    }

    conf_buf_byte(buf, ']');
}


static bool
conf_view_is_empty(const conf_view_row_t *row, const void *p)
{
    static const conf_uuid_t  nil;

    switch (row->kind) {

    case CONF_V_MEMBERS:
    case CONF_V_STR:
    case CONF_V_STR_NULL:
    case CONF_V_RAW:
    case CONF_V_CONTENT:
        return ((const conf_str_t *) p)->len == 0;

    case CONF_V_U64:
    case CONF_V_U64_STR:
    case CONF_V_U64_NULL:
    case CONF_V_U64_HEX:
        return *(const uint64_t *) p == 0;

    case CONF_V_U32:
    case CONF_V_ENUM:
        return *(const uint32_t *) p == 0;

    case CONF_V_I64:
    case CONF_V_TIME_MS:
    case CONF_V_TIME_UTC:
    case CONF_V_TIME_UTC_MS:
    case CONF_V_TIME_OFFSET:
    case CONF_V_TIME_LOCAL:
        return *(const int64_t *) p == 0;

    case CONF_V_BOOL:
        return !*(const bool *) p;

    case CONF_V_BIT:
        return (*(const uint32_t *) p & row->extra) == 0;

    case CONF_V_UUID:
    case CONF_V_UUID_HEX:
        return memcmp(p, &nil, sizeof(conf_uuid_t)) == 0;

    case CONF_V_OBJECT_PTR:
        return *(const void *const *) p == NULL;

    case CONF_V_LIST:
    case CONF_V_STRS:
    case CONF_V_U64S:
    case CONF_V_COUNTS:
    case CONF_V_MAP:
        return ((const conf_list_t *) p)->n == 0;

    default:
        return false;
    }
}


static void
conf_view_null(conf_buf_t *buf)
{
    conf_buf_lit(buf, "null");
}


static void
conf_view_put_str(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    if (((const conf_str_t *) p)->len == 0 && row->literal.len != 0) {
        conf_buf_str(buf, row->literal);
        return;
    }

    conf_view_string(buf, *(const conf_str_t *) p);
}


static void
conf_view_put_str_null(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    const conf_str_t  *s = p;

    if (s->len == 0) {
        conf_view_null(buf);
        return;
    }

    conf_view_string(buf, *s);
}


static void
conf_view_put_u64(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    conf_buf_u64(buf, *(const uint64_t *) p);
}


static void
conf_view_put_u64_str(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    conf_buf_byte(buf, '"');
    conf_buf_u64(buf, *(const uint64_t *) p);
    conf_buf_byte(buf, '"');
}


static void
conf_view_put_u64_null(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    const uint64_t  *n = p;

    if (*n == 0) {
        conf_view_null(buf);
        return;
    }

    conf_buf_u64(buf, *n);
}


static void
conf_view_put_u32(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    conf_buf_u64(buf, *(const uint32_t *) p);
}


static void
conf_view_put_i64(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    conf_buf_i64(buf, *(const int64_t *) p);
}


static void
conf_view_put_bool(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    if (*(const bool *) p) {
        conf_buf_lit(buf, "true");
        return;
    }

    conf_buf_lit(buf, "false");
}


/* An index without a name is null: a newer confd may know more of them. */

static void
conf_view_put_enum(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    uint32_t  n;

    n = *(const uint32_t *) p;

    if (n >= row->nnames) {
        conf_view_null(buf);
        return;
    }

    conf_view_string(buf, row->names[n]);
}


static void
conf_view_put_uuid(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    size_t              i;
    uint8_t            *dst, text[2 + 32 + 4];
    const conf_uuid_t  *uuid = p;

    dst = text;
    *dst++ = '"';

    for (i = 0; i < sizeof(uuid->b); i++) {
        if (row->kind == CONF_V_UUID
            && (i == 4 || i == 6 || i == 8 || i == 10))
        {
            *dst++ = '-';
        }

        *dst++ = conf_view_hex[uuid->b[i] >> 4];
        *dst++ = conf_view_hex[uuid->b[i] & 0x0f];
    }

    *dst++ = '"';
    conf_buf_add(buf, text, (size_t) (dst - text));
}


static void
conf_view_put_time(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    conf_view_time(buf, row->kind, *(const int64_t *) p);
}


static void
conf_view_put_raw(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    const conf_str_t  *s = p;

    if (s->len == 0) {
        conf_view_null(buf);
        return;
    }

    conf_buf_str(buf, *s);
}


/* p is the struct itself. */

static void
conf_view_put_content(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    bool                is_json;
    const uint8_t      *base = p;
    const conf_str_t   *s;

    s = (const conf_str_t *) (const void *) (base + row->offset);
    is_json = *(const bool *) (base + row->extra);

    if (is_json && s->len != 0) {
        conf_buf_str(buf, *s);
        return;
    }

    conf_view_string(buf, *s);
}


static void
conf_view_put_literal(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    conf_buf_str(buf, row->literal);
}


static void
conf_view_put_object(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    conf_view_object_at(buf, row->sub, p, depth);
}


static void
conf_view_put_pointer(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    const void  *object;

    object = *(const void *const *) p;

    if (object == NULL) {
        conf_view_null(buf);
        return;
    }

    conf_view_object_at(buf, row->sub, object, depth);
}


static void
conf_view_put_list(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    conf_view_list_at(buf, row->sub, p, depth);
}


static void
conf_view_put_strs(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    size_t              i;
    const conf_str_t   *items;
    const conf_list_t  *list = p;

    items = list->items;

    conf_buf_byte(buf, '[');

    for (i = 0; i < list->n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_view_string(buf, items[i]);
    }

    conf_buf_byte(buf, ']');
}


static void
conf_view_put_u64s(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    size_t              i;
    const uint64_t     *items;
    const conf_list_t  *list = p;

    items = list->items;

    conf_buf_byte(buf, '[');

    for (i = 0; i < list->n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_buf_u64(buf, items[i]);
    }

    conf_buf_byte(buf, ']');
}


static void
conf_view_put_counts(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    size_t                    i;
    const conf_list_t        *list = p;
    const conf_view_count_t  *items;

    items = list->items;

    conf_buf_byte(buf, '{');

    for (i = 0; i < list->n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_view_string(buf, items[i].name);
        conf_buf_byte(buf, ':');
        conf_buf_u64(buf, items[i].count);
    }

    conf_buf_byte(buf, '}');
}


static void
conf_view_put_u64_hex(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    unsigned  shift;
    uint64_t  n = *(const uint64_t *) p;

    conf_buf_byte(buf, '"');

    for (shift = n == 0 ? 0 : 64; shift != 0; shift -= 4) {
        conf_buf_byte(buf, conf_view_hex[(n >> (shift - 4)) & 15]);
    }

    conf_buf_byte(buf, '"');
}


static void
conf_view_put_bit(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    bool  set;

    set = (*(const uint32_t *) p & row->extra) != 0;
    conf_view_put_bool(buf, row, &set, depth);
}


static void
conf_view_put_map(conf_buf_t *buf, const conf_view_row_t *row, const void *p,
    unsigned depth)
{
    size_t              i;
    const uint8_t      *item;
    const conf_list_t  *list = p;

    item = list->items;

    conf_buf_byte(buf, '{');

    for (i = 0; i < list->n; i++) {
        if (i != 0) {
            conf_buf_byte(buf, ',');
        }

        conf_view_put_u64_str(buf, row, item + row->extra, depth);
        conf_buf_byte(buf, ':');
        conf_view_object_at(buf, row->sub, item, depth);

        item += row->sub->size;
    }

    conf_buf_byte(buf, '}');
}


static void
conf_view_put_members(conf_buf_t *buf, const conf_view_row_t *row,
    const void *p, unsigned depth)
{
    conf_buf_str(buf, *(const conf_str_t *) p);
}
