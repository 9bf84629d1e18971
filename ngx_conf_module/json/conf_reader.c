
#include "conf_reader.h"

#include <yajl/yajl_parse.h>


#define CONF_READER_ROOM  4     /* items of a list's first allocation */


static int conf_reader_null(void *ctx);
static int conf_reader_boolean(void *ctx, int value);
static int conf_reader_number(void *ctx, const char *data, size_t len);
static int conf_reader_string(void *ctx, const unsigned char *data,
    size_t len);
static int conf_reader_map_key(void *ctx, const unsigned char *data,
    size_t len);
static int conf_reader_start_map(void *ctx);
static int conf_reader_start_array(void *ctx);
static int conf_reader_end_map(void *ctx);
static int conf_reader_end_array(void *ctx);
static int conf_reader_scalar(conf_reader_t *rd, const conf_token_t *token);
static int conf_reader_open(conf_reader_t *rd, conf_token_e kind);
static void conf_reader_enter(conf_reader_t *rd, const conf_field_t *field,
    void *dst, conf_token_e kind);
static int conf_reader_close(conf_reader_t *rd, char c);
static const conf_field_t *conf_reader_target(conf_reader_t *rd, bool is_null,
    void **dst);
static void conf_reader_list(conf_frame_t *frame, const conf_field_t *field);
static void *conf_reader_slot(conf_reader_t *rd, conf_frame_t *frame);
static conf_rc_t conf_reader_list_end(conf_reader_t *rd,
    const conf_frame_t *frame);
static void conf_reader_skip(conf_reader_t *rd);
static bool conf_reader_take(conf_reader_t *rd, char first, size_t len,
    conf_str_t *raw);
static bool conf_reader_take_string(conf_reader_t *rd, conf_str_t *raw);


static const yajl_callbacks  conf_reader_callbacks = {
    .yajl_null = conf_reader_null,
    .yajl_boolean = conf_reader_boolean,
    .yajl_number = conf_reader_number,
    .yajl_string = conf_reader_string,
    .yajl_start_map = conf_reader_start_map,
    .yajl_map_key = conf_reader_map_key,
    .yajl_end_map = conf_reader_end_map,
    .yajl_start_array = conf_reader_start_array,
    .yajl_end_array = conf_reader_end_array
};

const char  conf_reader_twice[] = "given twice";

static const char  conf_reader_not_json[] = "not JSON";


void
conf_reader_init(conf_reader_t *rd, conf_arena_t *arena,
    conf_schema_error_t *err)
{
    memset(err, 0, sizeof(conf_schema_error_t));
    memset(&rd->frames[0], 0, sizeof(conf_frame_t));

    rd->arena = arena;
    rd->err = err;
    rd->rc = CONF_OK;
    rd->pos = 0;
    rd->depth = 0;
}


/* The first wrong row stays; what is worse than INVALID replaces it. */

conf_rc_t
conf_reader_fail(conf_reader_t *rd, conf_rc_t rc, const conf_field_t *field,
    const char *reason)
{
    if (rd->rc == CONF_OK || rc != CONF_E_INVALID) {
        memset(rd->err, 0, sizeof(conf_schema_error_t));

        if (field != NULL) {
            rd->err->field = field->name;
        }

        rd->err->reason = reason;
        rd->rc = rc;
    }

    return rc;
}


conf_rc_t
conf_reader_put(conf_reader_t *rd, const conf_field_t *field,
    const conf_token_t *token, void *dst)
{
    conf_rc_t    rc;
    const char  *reason;

    reason = NULL;

    rc = conf_value_put(field, rd->arena, token, dst, &reason);
    if (rc != CONF_OK) {
        return conf_reader_fail(rd, rc, field, reason);
    }

    return CONF_OK;
}


/* Reads text into frames[0], which the caller has prepared. */

conf_rc_t
conf_reader_run(conf_reader_t *rd, conf_str_t text)
{
    const char   *reason;
    yajl_handle   yajl;
    yajl_status   status;

    if (!conf_text_valid(text)) {
        return conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL, "wrong UTF-8");
    }

    reason = conf_text_escapes(text);
    if (reason != NULL) {
        return conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL, reason);
    }

    yajl = yajl_alloc(&conf_reader_callbacks, NULL, rd);
    if (yajl == NULL) {
        return conf_reader_fail(rd, CONF_E_NOMEM, NULL, NULL);
    }

    rd->text = text;
    rd->pos = 0;

    status = yajl_parse(yajl, text.data, text.len);

    if (status == yajl_status_ok) {
        status = yajl_complete_parse(yajl);
    }

    yajl_free(yajl);

    if (status == yajl_status_error) {
        return conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL,
                                conf_reader_not_json);
    }

    if (status == yajl_status_client_canceled) {
        return rd->rc;
    }

    conf_reader_skip(rd);

    if (rd->pos != text.len) {
        return conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL,
                                conf_reader_not_json);
    }

    return rd->rc;
}


/* A list as one parameter: "1,2,3"; nothing is an empty list. */

conf_rc_t
conf_reader_commas(conf_reader_t *rd, conf_token_t *token)
{
    void           *dst;
    conf_rc_t       rc;
    conf_frame_t   *frame;
    const uint8_t  *p, *end, *comma;

    frame = &rd->frames[0];
    frame->base += frame->field->offset;
    conf_reader_list(frame, frame->field);

    p = token->text.data;
    end = p + token->text.len;

    while (p < end) {
        comma = memchr(p, ',', (size_t) (end - p));
        comma = comma == NULL ? end : comma;

        dst = conf_reader_slot(rd, frame);
        if (dst == NULL) {
            return rd->rc;
        }

        token->text.data = p;
        token->text.len = (size_t) (comma - p);

        rc = conf_reader_put(rd, &frame->item, token, dst);
        if (rc != CONF_OK) {
            return rc;
        }

        p = comma == end ? end : comma + 1;
    }

    return conf_reader_list_end(rd, frame);
}


static int
conf_reader_null(void *ctx)
{
    conf_token_t    token;
    conf_reader_t  *rd = ctx;

    memset(&token, 0, sizeof(conf_token_t));
    token.kind = CONF_TOKEN_NULL;

    if (!conf_reader_take(rd, 'n', 4, &token.raw)) {
        return 0;
    }

    return conf_reader_scalar(rd, &token);
}


static int
conf_reader_boolean(void *ctx, int value)
{
    conf_token_t    token;
    conf_reader_t  *rd = ctx;

    memset(&token, 0, sizeof(conf_token_t));
    token.kind = CONF_TOKEN_BOOL;

    if (!conf_reader_take(rd, value != 0 ? 't' : 'f', value != 0 ? 4 : 5,
                          &token.raw))
    {
        return 0;
    }

    return conf_reader_scalar(rd, &token);
}


static int
conf_reader_number(void *ctx, const char *data, size_t len)
{
    conf_token_t    token;
    conf_reader_t  *rd = ctx;

    memset(&token, 0, sizeof(conf_token_t));
    token.kind = CONF_TOKEN_NUMBER;

    if (!conf_reader_take(rd, data[0], len, &token.raw)) {
        return 0;
    }

    token.text = token.raw;

    return conf_reader_scalar(rd, &token);
}


static int
conf_reader_string(void *ctx, const unsigned char *data, size_t len)
{
    conf_token_t    token;
    conf_reader_t  *rd = ctx;

    memset(&token, 0, sizeof(conf_token_t));
    token.kind = CONF_TOKEN_STRING;
    token.text.data = data;
    token.text.len = len;

    if (!conf_reader_take_string(rd, &token.raw)) {
        return 0;
    }

    return conf_reader_scalar(rd, &token);
}


static int
conf_reader_map_key(void *ctx, const unsigned char *data, size_t len)
{
    uint64_t        bit;
    conf_str_t      name, raw;
    conf_frame_t   *frame;
    conf_reader_t  *rd = ctx;

    if (!conf_reader_take_string(rd, &raw)) {
        return 0;
    }

    frame = &rd->frames[rd->depth];

    if (frame->kind != CONF_FRAME_OBJECT || rd->rc != CONF_OK) {
        return 1;
    }

    name.data = data;
    name.len = len;

    frame->field = conf_field_find(frame->schema, name);
    if (frame->field == NULL) {
        return 1;
    }

    bit = conf_field_bit(frame->schema, frame->field);

    if (frame->seen & bit) {
        conf_reader_fail(rd, CONF_E_INVALID, frame->field, conf_reader_twice);
    }

    frame->seen |= bit;

    return 1;
}


static int
conf_reader_start_map(void *ctx)
{
    return conf_reader_open(ctx, CONF_TOKEN_MAP);
}


static int
conf_reader_start_array(void *ctx)
{
    return conf_reader_open(ctx, CONF_TOKEN_ARRAY);
}


static int
conf_reader_end_map(void *ctx)
{
    return conf_reader_close(ctx, '}');
}


static int
conf_reader_end_array(void *ctx)
{
    return conf_reader_close(ctx, ']');
}


static int
conf_reader_scalar(conf_reader_t *rd, const conf_token_t *token)
{
    void                *dst;
    conf_rc_t            rc;
    const conf_field_t  *field;

    /* null for a row that does not want it is as if it were not there. */

    field = conf_reader_target(rd, token->kind == CONF_TOKEN_NULL, &dst);
    if (field == NULL) {
        return rd->rc != CONF_E_NOMEM;
    }

    if (token->kind == CONF_TOKEN_NULL && (field->flags & CONF_F_NULL)) {
        conf_value_null(field, dst);
        return 1;
    }

    rc = conf_reader_put(rd, field, token, dst);

    return rc != CONF_E_NOMEM;
}


static int
conf_reader_open(conf_reader_t *rd, conf_token_e kind)
{
    void                *dst;
    conf_str_t           raw;
    conf_frame_t        *frame;
    const conf_field_t  *field;

    if (!conf_reader_take(rd, kind == CONF_TOKEN_MAP ? '{' : '[', 1, &raw)) {
        return 0;
    }

    if (rd->depth == CONF_SCHEMA_DEPTH) {
        conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL, "too deep");
        return 0;
    }

    field = conf_reader_target(rd, false, &dst);
    if (rd->rc == CONF_E_NOMEM) {
        return 0;
    }

    frame = &rd->frames[++rd->depth];
    memset(frame, 0, sizeof(conf_frame_t));

    if (field != NULL) {
        conf_reader_enter(rd, field, dst, kind);
    }

    return 1;
}


/* The frame on top is new and empty; without a kind it skips. */

static void
conf_reader_enter(conf_reader_t *rd, const conf_field_t *field, void *dst,
    conf_token_e kind)
{
    conf_input_t  *input;
    conf_frame_t  *frame;

    frame = &rd->frames[rd->depth];
    frame->base = dst;

    switch (field->type) {

    case CONF_T_OBJECT:
        if (kind == CONF_TOKEN_MAP) {
            input = dst;
            frame->kind = CONF_FRAME_OBJECT;
            frame->schema = field->sub;
            frame->seen = input->given;
            return;
        }

        break;

    case CONF_T_STRS:
    case CONF_T_U64S:
    case CONF_T_OBJECTS:
        if (kind == CONF_TOKEN_ARRAY) {
            conf_reader_list(frame, field);
            return;
        }

        break;

    case CONF_T_RAW:
    case CONF_T_CONTENT:
        frame->kind = CONF_FRAME_RAW;
        frame->field = field;
        frame->start = rd->pos - 1;
        return;

    default:
        break;
    }

    conf_reader_fail(rd, CONF_E_INVALID, field,
                     conf_value_wanted(field->type));
}


static int
conf_reader_close(conf_reader_t *rd, char c)
{
    conf_rc_t      rc;
    conf_str_t     raw;
    const char    *reason;
    conf_frame_t  *frame;

    if (!conf_reader_take(rd, c, 1, &raw)) {
        return 0;
    }

    frame = &rd->frames[rd->depth--];

    if (rd->rc != CONF_OK) {
        return 1;
    }

    switch (frame->kind) {

    case CONF_FRAME_OBJECT:
        rd->rc = conf_field_required(frame->schema, frame->base, rd->err);
        break;

    case CONF_FRAME_LIST:
        conf_reader_list_end(rd, frame);
        break;

    case CONF_FRAME_RAW:
        raw.data = rd->text.data + frame->start;
        raw.len = rd->pos - frame->start;

        reason = NULL;

        rc = conf_value_verbatim(frame->field, rd->arena, raw,
                                 (conf_str_t *) (void *) frame->base,
                                 &reason);
        if (rc != CONF_OK) {
            conf_reader_fail(rd, rc, frame->field, reason);
        }

        break;

    default:
        break;
    }

    return rd->rc != CONF_E_NOMEM;
}


/*
 * The row that the next value is for and where it goes, marked as given; NULL
 * when nobody wants the value.
 */

static const conf_field_t *
conf_reader_target(conf_reader_t *rd, bool is_null, void **dst)
{
    conf_frame_t        *frame;
    conf_input_t        *input;
    const conf_field_t  *field;

    frame = &rd->frames[rd->depth];
    field = frame->field;

    if (rd->rc != CONF_OK) {
        return NULL;
    }

    switch (frame->kind) {

    case CONF_FRAME_OBJECT:
        if (field == NULL
            || (is_null && (field->flags & CONF_F_NULL) == 0))
        {
            return NULL;
        }

        if (frame->schema != NULL) {
            input = (conf_input_t *) (void *) frame->base;
            input->given |= conf_field_bit(frame->schema, field);
        }

        *dst = frame->base + field->offset;

        return field;

    case CONF_FRAME_LIST:
        *dst = conf_reader_slot(rd, frame);

        return *dst == NULL ? NULL : &frame->item;

    default:
        return NULL;
    }
}


/*
 * min and max of a list's row count the items, an item has the limits of its
 * type.
 */

static void
conf_reader_list(conf_frame_t *frame, const conf_field_t *field)
{
    memset(frame->base, 0, sizeof(conf_list_t));

    frame->kind = CONF_FRAME_LIST;
    frame->field = field;
    frame->room = 0;
    frame->item = *field;
    frame->item.flags = field->flags & (CONF_F_TRIM|CONF_F_LENIENT);
    frame->item.offset = 0;
    frame->item.min = 0;
    frame->item.max = 0;

    if (field->type == CONF_T_STRS) {
        frame->item.type = CONF_T_STR;
        frame->size = sizeof(conf_str_t);

    } else if (field->type == CONF_T_U64S) {
        frame->item.type = CONF_T_U64;
        frame->size = sizeof(uint64_t);

    } else {
        frame->item.type = CONF_T_OBJECT;
        frame->size = field->sub->size;
    }
}


/* Room for one more item, zeroed; nothing points into a list that moves. */

static void *
conf_reader_slot(conf_reader_t *rd, conf_frame_t *frame)
{
    void         *items;
    size_t        room, n_max;
    conf_list_t  *list;

    list = (conf_list_t *) (void *) frame->base;
    n_max = CONF_SCHEMA_ITEMS;

    if (frame->field->max > 0 && frame->field->max < CONF_SCHEMA_ITEMS) {
        n_max = (size_t) frame->field->max;
    }

    if (list->n == n_max) {
        conf_reader_fail(rd, CONF_E_INVALID, frame->field, "too many items");
        return NULL;
    }

    if (list->n == frame->room) {
        room = frame->room == 0 ? CONF_READER_ROOM : frame->room * 2;
        room = conf_min(room, n_max);

        items = conf_arena_calloc(rd->arena, room * frame->size);
        if (items == NULL) {
            conf_reader_fail(rd, CONF_E_NOMEM, NULL, NULL);
            return NULL;
        }

        if (list->n != 0) {
            memcpy(items, list->items, list->n * frame->size);
        }

        list->items = items;
        frame->room = room;
    }

    return (uint8_t *) list->items + list->n++ * frame->size;
}


static conf_rc_t
conf_reader_list_end(conf_reader_t *rd, const conf_frame_t *frame)
{
    conf_list_t  *list;

    list = (conf_list_t *) (void *) frame->base;

    if ((int64_t) list->n < frame->field->min) {
        return conf_reader_fail(rd, CONF_E_INVALID, frame->field,
                                "too few items");
    }

    return CONF_OK;
}


/* To the next token: the grammar between them is yajl's. */

static void
conf_reader_skip(conf_reader_t *rd)
{
    uint8_t  c;

    while (rd->pos < rd->text.len) {
        c = rd->text.data[rd->pos];

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != ','
            && c != ':')
        {
            return;
        }

        rd->pos++;
    }
}


/*
 * The token of len bytes that yajl has just read.  It does not begin as it
 * should only behind a form feed or a vertical tab, which yajl takes for
 * white space, and JSON does not.
 */

static bool
conf_reader_take(conf_reader_t *rd, char first, size_t len, conf_str_t *raw)
{
    conf_reader_skip(rd);

    if (rd->text.len - rd->pos < len
        || rd->text.data[rd->pos] != (uint8_t) first)
    {
        conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL, conf_reader_not_json);
        return false;
    }

    raw->data = rd->text.data + rd->pos;
    raw->len = len;
    rd->pos += len;

    return true;
}


static bool
conf_reader_take_string(conf_reader_t *rd, conf_str_t *raw)
{
    const uint8_t  *p, *q, *start, *end;

    conf_reader_skip(rd);

    start = rd->text.data + rd->pos;
    end = rd->text.data + rd->text.len;

    for (p = start + 1; p < end; p++) {
        p = memchr(p, '"', (size_t) (end - p));
        if (p == NULL) {
            break;
        }

        /* An odd number of backslashes means that the quote is escaped. */

        for (q = p; q[-1] == '\\'; q--) { /* void */ }

        if ((p - q) % 2 == 0) {
            return conf_reader_take(rd, '"', (size_t) (p + 1 - start), raw);
        }
    }

    conf_reader_fail(rd, CONF_E_BAD_REQUEST, NULL, conf_reader_not_json);

    return false;
}
