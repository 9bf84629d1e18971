
#include "conf_reader.h"


static size_t conf_schema_start(conf_str_t text);
static bool conf_schema_decode(conf_str_t s, uint8_t *dst, conf_str_t *out);


conf_rc_t
conf_schema_json(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t text, void *out, conf_schema_error_t *err)
{
    size_t         start;
    conf_field_t   field;
    conf_reader_t  rd;

    conf_reader_init(&rd, arena, err);
    start = conf_schema_start(text);

    if (start == text.len) {
        return conf_field_required(schema, out, err);
    }

    if (text.data[start] != '{') {
        return conf_reader_fail(&rd, CONF_E_BAD_REQUEST, NULL,
                                "not a JSON object");
    }

    memset(&field, 0, sizeof(conf_field_t));
    field.type = CONF_T_OBJECT;
    field.sub = schema;

    rd.frames[0].kind = CONF_FRAME_OBJECT;
    rd.frames[0].field = &field;
    rd.frames[0].base = out;

    return conf_reader_run(&rd, text);
}


conf_rc_t
conf_schema_set(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t name, conf_str_t value, void *out, conf_schema_error_t *err)
{
    uint64_t             bit;
    conf_rc_t            rc;
    conf_token_t         token;
    conf_input_t        *input;
    conf_reader_t        rd;
    const conf_field_t  *field;

    input = out;
    conf_reader_init(&rd, arena, err);

    token.kind = CONF_TOKEN_STRING;
    token.lenient = true;
    token.text = value;
    token.raw = value;

    field = conf_field_find(schema, name);
    if (field == NULL) {
        return CONF_OK;
    }

    if (!conf_text_valid(value)) {
        return conf_reader_fail(&rd, CONF_E_BAD_REQUEST, field, "wrong UTF-8");
    }

    bit = conf_field_bit(schema, field);

    if (input->given & bit) {
        return conf_reader_fail(&rd, CONF_E_INVALID, field,
                                conf_reader_twice);
    }

    rd.frames[0].kind = CONF_FRAME_OBJECT;
    rd.frames[0].schema = schema;
    rd.frames[0].field = field;
    rd.frames[0].base = out;

    switch (field->type) {

    case CONF_T_OBJECT:
    case CONF_T_OBJECTS:
    case CONF_T_RAW:
        rc = conf_reader_run(&rd, value);

        if (rc == CONF_E_BAD_REQUEST) {
            err->field = field->name;
        }

        return rc;

    case CONF_T_STRS:
    case CONF_T_U64S:
        rc = conf_reader_commas(&rd, &token);
        break;

    default:
        rc = conf_reader_put(&rd, field, &token,
                             rd.frames[0].base + field->offset);
        break;
    }

    if (rc == CONF_OK) {
        input->given |= bit;
    }

    return rc;
}


conf_rc_t
conf_schema_end(const conf_schema_t *schema, const void *out,
    conf_schema_error_t *err)
{
    memset(err, 0, sizeof(conf_schema_error_t));

    return conf_field_required(schema, out, err);
}


conf_rc_t
conf_schema_query(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t query, void *out, conf_schema_error_t *err)
{
    uint8_t        *buf;
    conf_rc_t       rc;
    conf_str_t      name, value;
    const uint8_t  *p, *end, *amp, *eq;

    memset(err, 0, sizeof(conf_schema_error_t));

    if (query.len == 0) {
        return CONF_OK;
    }

    /* What is decoded is never longer than what is read. */

    buf = conf_arena_alloc(arena, query.len);
    if (buf == NULL) {
        return CONF_E_NOMEM;
    }

    end = query.data + query.len;

    for (p = query.data; p < end; p = amp + 1) {
        amp = memchr(p, '&', (size_t) (end - p));
        amp = amp == NULL ? end : amp;
        eq = memchr(p, '=', (size_t) (amp - p));
        eq = eq == NULL ? amp : eq;

        if (amp == p) {
            continue;
        }

        name.data = p;
        name.len = (size_t) (eq - p);
        value.data = eq == amp ? amp : eq + 1;
        value.len = (size_t) (amp - value.data);

        if (!conf_schema_decode(name, buf, &name)
            || !conf_schema_decode(value, buf + name.len, &value))
        {
            err->reason = "wrong percent escape";
            return CONF_E_BAD_REQUEST;
        }

        buf += name.len + value.len;

        rc = conf_schema_set(schema, arena, name, value, out, err);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


bool
conf_schema_given(const conf_schema_t *schema, const void *out,
    const char *name)
{
    size_t               i, len;
    const conf_input_t  *input;

    input = out;
    len = strlen(name);

    for (i = 0; i < schema->nfields; i++) {
        if (schema->fields[i].name.len == len
            && memcmp(schema->fields[i].name.data, name, len) == 0)
        {
            return (input->given & (uint64_t) 1 << i) != 0;
        }
    }

    return false;
}


conf_rc_t
conf_schema_peek(conf_arena_t *arena, conf_str_t text, conf_str_t name,
    conf_str_t *value)
{
    conf_rc_t            rc;
    conf_field_t         field;
    conf_schema_t        schema;
    conf_schema_error_t  err;

    struct {
        conf_input_t     input;
        conf_str_t       value;
    } out;

    memset(&out, 0, sizeof(out));
    memset(&field, 0, sizeof(conf_field_t));

    field.name = name;
    field.type = CONF_T_STR;
    field.offset = (size_t) ((uint8_t *) &out.value - (uint8_t *) &out);

    schema.fields = &field;
    schema.nfields = 1;
    schema.size = sizeof(out);

    rc = conf_schema_json(&schema, arena, text, &out, &err);

    if (rc == CONF_E_INVALID && err.reason != conf_reader_twice) {
        return CONF_E_NOT_FOUND;
    }

    if (rc == CONF_E_INVALID
        || (rc == CONF_OK && conf_schema_start(text) == text.len))
    {
        return CONF_E_BAD_REQUEST;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (out.value.data == NULL) {
        return CONF_E_NOT_FOUND;
    }

    *value = out.value;

    return CONF_OK;
}


/* Where the first byte that is not white space stands. */

static size_t
conf_schema_start(conf_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (memchr(" \t\n\r", text.data[i], 4) == NULL) {
            break;
        }
    }

    return i;
}


/* "a+b%20c"; dst has room for s.len bytes. */

static bool
conf_schema_decode(conf_str_t s, uint8_t *dst, conf_str_t *out)
{
    size_t    i, n;
    unsigned  code;

    n = 0;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '+') {
            dst[n++] = ' ';
            continue;
        }

        if (s.data[i] != '%') {
            dst[n++] = s.data[i];
            continue;
        }

        if (s.len - i < 3 || !conf_text_hex(s.data + i + 1, 2, &code)) {
            return false;
        }

        dst[n++] = (uint8_t) code;
        i += 2;
    }

    out->data = dst;
    out->len = n;

    return true;
}
