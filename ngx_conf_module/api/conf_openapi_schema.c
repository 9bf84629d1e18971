
/*
 * JSON Schema of what comes in and goes out, from the rows of json/.
 */

#include "conf_openapi_part.h"


static void conf_openapi_number_field(conf_buf_t *buf,
    const conf_field_t *field, bool as_text);
static void conf_openapi_string_field(conf_buf_t *buf,
    const conf_field_t *field, bool as_text);
static void conf_openapi_members(conf_buf_t *buf,
    const conf_schema_t *schema, const char *path, bool file);
static void conf_openapi_enum(conf_buf_t *buf, const conf_field_t *field);
static void conf_openapi_aliases(conf_buf_t *buf, const conf_field_t *field);
static void conf_openapi_view_row(conf_buf_t *buf, const conf_view_row_t *row,
    const conf_row_t *data);
static void conf_openapi_data(conf_buf_t *buf, const conf_row_t *data);
static void conf_openapi_array(conf_buf_t *buf, const char *items);


void
conf_openapi_item(conf_buf_t *buf)
{
    uint8_t  last;

    if (buf->len == 0) {
        return;
    }

    last = buf->data[buf->len - 1];

    if (last != '{' && last != '[' && last != ':') {
        conf_buf_byte(buf, ',');
    }
}


void
conf_openapi_key(conf_buf_t *buf, const char *name)
{
    conf_openapi_item(buf);
    conf_view_string(buf, (conf_str_t) { strlen(name),
                                         (const uint8_t *) name });
    conf_buf_byte(buf, ':');
}


void
conf_openapi_text(conf_buf_t *buf, const char *name, const char *text)
{
    conf_openapi_str(buf, name, (conf_str_t) { strlen(text),
                                               (const uint8_t *) text });
}


void
conf_openapi_str(conf_buf_t *buf, const char *name, conf_str_t text)
{
    conf_openapi_key(buf, name);
    conf_view_string(buf, text);
}


void
conf_openapi_number(conf_buf_t *buf, const char *name, int64_t n)
{
    conf_openapi_key(buf, name);
    conf_buf_i64(buf, n);
}


void
conf_openapi_field(conf_buf_t *buf, const conf_field_t *field, bool as_text)
{
    conf_buf_byte(buf, '{');

    switch (field->type) {

    case CONF_T_STR:
        conf_openapi_string_field(buf, field, as_text);
        break;

    case CONF_T_U64:
    case CONF_T_I64:
    case CONF_T_U32:
        conf_openapi_number_field(buf, field, as_text);
        break;

    case CONF_T_BOOL:
        conf_openapi_key(buf, "type");

        if ((field->flags & CONF_F_LENIENT) && !as_text) {
            conf_buf_lit(buf, "[\"boolean\",\"string\"]");
        } else {
            conf_buf_lit(buf, "\"boolean\"");
        }

        break;

    case CONF_T_ENUM:
        conf_openapi_enum(buf, field);
        break;

    case CONF_T_TIME:
        conf_openapi_text(buf, "type", "string");
        conf_openapi_text(buf, "format", "date-time");
        break;

    case CONF_T_OBJECT:
        conf_openapi_members(buf, field->sub, "", false);
        break;

    case CONF_T_STRS:
        conf_openapi_array(buf, "string");
        break;

    case CONF_T_U64S:
        conf_openapi_array(buf, "integer");
        break;

    case CONF_T_OBJECTS:
        conf_openapi_text(buf, "type", "array");
        conf_openapi_number(buf, "maxItems", CONF_SCHEMA_ITEMS);
        conf_openapi_key(buf, "items");
        conf_openapi_object(buf, field->sub, "", false);
        break;

    case CONF_T_RAW:
    case CONF_T_CONTENT:
        conf_openapi_text(buf, "description", "any JSON value");
        break;
    }

    conf_openapi_aliases(buf, field);
    conf_buf_byte(buf, '}');
}


static void
conf_openapi_string_field(conf_buf_t *buf, const conf_field_t *field,
    bool as_text)
{
    conf_openapi_key(buf, "type");

    if ((field->flags & CONF_F_LENIENT) && !as_text) {
        conf_buf_lit(buf, "[\"string\",\"number\"]");
    } else {
        conf_buf_lit(buf, "\"string\"");
    }

    if (field->flags & CONF_F_EMAIL) {
        conf_openapi_text(buf, "format", "email");

    } else if (field->flags & CONF_F_URL) {
        conf_openapi_text(buf, "format", "uri-reference");

    } else if (field->flags & CONF_F_WORD) {
        conf_openapi_text(buf, "pattern", "^[A-Za-z0-9_.-]*$");
    }

    if (field->min > 0) {
        conf_openapi_number(buf, "minLength", field->min);
    }

    if (field->max != 0) {
        conf_openapi_number(buf, "maxLength", field->max);
    }
}


/* Limits of JSON Schema bind numbers only; digits in a string obey ours. */

static void
conf_openapi_number_field(conf_buf_t *buf, const conf_field_t *field,
    bool as_text)
{
    int64_t  max;

    max = field->max;

    if (max == 0 && field->type == CONF_T_U32) {
        max = UINT32_MAX;
    }

    conf_openapi_key(buf, "type");

    if ((field->flags & CONF_F_LENIENT) && !as_text) {
        conf_buf_lit(buf, "[\"integer\",\"string\"]");
    } else {
        conf_buf_lit(buf, "\"integer\"");
    }

    if (field->type != CONF_T_I64 || field->min != 0) {
        conf_openapi_number(buf, "minimum", field->min);
    }

    if (max != 0) {
        conf_openapi_number(buf, "maximum", max);
    }
}


static void
conf_openapi_enum(conf_buf_t *buf, const conf_field_t *field)
{
    const conf_enum_t  *value;

    conf_openapi_key(buf, "enum");
    conf_buf_byte(buf, '[');

    for (value = field->values; value->value != UINT32_MAX; value++) {
        conf_openapi_item(buf);

        if (value->name.len != 0) {
            conf_view_string(buf, value->name);
        } else {
            conf_buf_i64(buf, value->number);
        }
    }

    conf_buf_byte(buf, ']');
}


static void
conf_openapi_array(conf_buf_t *buf, const char *items)
{
    conf_openapi_text(buf, "type", "array");
    conf_openapi_number(buf, "maxItems", CONF_SCHEMA_ITEMS);
    conf_openapi_key(buf, "items");
    conf_buf_byte(buf, '{');
    conf_openapi_text(buf, "type", items);
    conf_buf_byte(buf, '}');
}


/* Other names that are read for it. */

static void
conf_openapi_aliases(conf_buf_t *buf, const conf_field_t *field)
{
    size_t       len;
    const char  *p;

    if (field->aliases == NULL) {
        return;
    }

    conf_openapi_key(buf, "x-aliases");
    conf_buf_byte(buf, '[');

    for (p = field->aliases; *p != '\0'; p += len) {
        p += strspn(p, " ");
        len = strcspn(p, " ");

        if (len != 0) {
            conf_openapi_item(buf);
            conf_view_string(buf, (conf_str_t) { len, (const uint8_t *) p });
        }
    }

    conf_buf_byte(buf, ']');
}


void
conf_openapi_object(conf_buf_t *buf, const conf_schema_t *schema,
    const char *path, bool file)
{
    conf_buf_byte(buf, '{');
    conf_openapi_members(buf, schema, path, file);
    conf_buf_byte(buf, '}');
}


static void
conf_openapi_members(conf_buf_t *buf, const conf_schema_t *schema,
    const char *path, bool file)
{
    bool                 required;
    size_t               i;
    const conf_field_t  *field;

    conf_openapi_text(buf, "type", "object");
    conf_openapi_key(buf, "properties");
    conf_buf_byte(buf, '{');
    required = file;

    for (i = 0; i < schema->nfields; i++) {
        field = &schema->fields[i];

        if (conf_openapi_in_path(path, field)) {
            continue;
        }

        required |= (field->flags & CONF_F_REQUIRED) != 0;
        conf_openapi_item(buf);
        conf_view_string(buf, field->name);
        conf_buf_byte(buf, ':');
        conf_openapi_field(buf, field, file);
    }

    if (file) {
        conf_openapi_key(buf, "file");
        conf_buf_lit(buf, "{\"type\":\"string\","
                          "\"contentMediaType\":\"application/octet-stream\"}");
    }

    conf_buf_byte(buf, '}');

    if (required) {
        conf_openapi_key(buf, "required");
        conf_buf_byte(buf, '[');

        for (i = 0; i < schema->nfields; i++) {
            field = &schema->fields[i];

            if ((field->flags & CONF_F_REQUIRED)
                && !conf_openapi_in_path(path, field))
            {
                conf_openapi_item(buf);
                conf_view_string(buf, field->name);
            }
        }

        if (file) {
            conf_openapi_item(buf);
            conf_buf_lit(buf, "\"file\"");
        }

        conf_buf_byte(buf, ']');
    }
}


bool
conf_openapi_in_path(const char *path, const conf_field_t *field)
{
    size_t       len;
    const char  *p;

    for (p = path; *p != '\0'; p += len) {
        if (*p != ':' && *p != '*') {
            len = 1;
            continue;
        }

        p++;
        len = strcspn(p, "/");

        if (conf_openapi_named(field, p, len)) {
            return true;
        }
    }

    return false;
}


bool
conf_openapi_named(const conf_field_t *field, const char *name, size_t len)
{
    size_t       n;
    const char  *p;

    if (field->name.len == len && memcmp(field->name.data, name, len) == 0) {
        return true;
    }

    if (field->aliases == NULL) {
        return false;
    }

    for (p = field->aliases; *p != '\0'; p += n) {
        p += strspn(p, " ");
        n = strcspn(p, " ");

        if (n != 0 && n == len && memcmp(p, name, n) == 0) {
            return true;
        }
    }

    return false;
}


void
conf_openapi_view(conf_buf_t *buf, const conf_view_t *view,
    const conf_row_t *data)
{
    size_t                  i;
    const conf_view_row_t  *row;

    conf_buf_lit(buf, "{\"type\":\"object\",\"properties\":{");

    for (i = 0; i < view->nrows; i++) {
        if (view->rows[i].kind == CONF_V_MEMBERS) {
            continue;
        }

        conf_openapi_item(buf);
        conf_view_string(buf, view->rows[i].name);
        conf_buf_byte(buf, ':');
        conf_openapi_view_row(buf, &view->rows[i], data);
    }

    conf_buf_lit(buf, "},\"required\":[");

    for (i = 0; i < view->nrows; i++) {
        row = &view->rows[i];

        if ((row->flags & CONF_VF_OMIT) == 0 && row->kind != CONF_V_MEMBERS) {
            conf_openapi_item(buf);
            conf_view_string(buf, row->name);
        }
    }

    conf_buf_lit(buf, "]}");
}


static void
conf_openapi_view_row(conf_buf_t *buf, const conf_view_row_t *row,
    const conf_row_t *data)
{
    size_t       i;
    const char  *text;

    /* By conf_view_kind_e; those that need more are below. */

    static const char *const  plain[] = {
        [CONF_V_STR] = "{\"type\":\"string\"}",
        [CONF_V_STR_NULL] = "{\"type\":[\"string\",\"null\"]}",
        [CONF_V_U64] = "{\"type\":\"integer\",\"minimum\":0}",
        [CONF_V_U64_STR] = "{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"}",
        [CONF_V_U64_NULL] = "{\"type\":[\"integer\",\"null\"],\"minimum\":0}",
        [CONF_V_U32] = "{\"type\":\"integer\",\"minimum\":0}",
        [CONF_V_I64] = "{\"type\":\"integer\"}",
        [CONF_V_BOOL] = "{\"type\":\"boolean\"}",
        [CONF_V_UUID] = "{\"type\":\"string\",\"format\":\"uuid\"}",
        [CONF_V_UUID_HEX] =
            "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"}",
        [CONF_V_TIME_MS] =
            "{\"type\":\"integer\",\"description\":\"ms since 1970\"}",
        [CONF_V_TIME_UTC] =
            "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}",
        [CONF_V_TIME_UTC_MS] =
            "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}",
        [CONF_V_TIME_OFFSET] =
            "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}",
        [CONF_V_TIME_LOCAL] =
            "{\"type\":\"string\",\"description\":\"local time, or empty\"}",
        [CONF_V_RAW] = "{\"description\":\"any JSON value\"}",
        [CONF_V_CONTENT] = "{\"description\":\"any JSON value\"}",
        [CONF_V_STRS] = "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}",
        [CONF_V_U64S] = "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}",
        [CONF_V_COUNTS] =
            ("{\"type\":\"object\","
             "\"additionalProperties\":{\"type\":\"integer\"}}"),
        [CONF_V_U64_HEX] =
            "{\"type\":\"string\",\"pattern\":\"^([0-9a-f]{16})?$\"}",
        [CONF_V_BIT] = "{\"type\":\"boolean\"}"
    };

    switch (row->kind) {

    case CONF_V_ENUM:
        conf_buf_lit(buf, "{\"enum\":[");

        for (i = 0; i < row->nnames; i++) {
            conf_openapi_item(buf);
            conf_view_string(buf, row->names[i]);
        }

        conf_buf_lit(buf, "]}");
        break;

    case CONF_V_LITERAL:
        conf_buf_lit(buf, "{\"const\":");
        conf_buf_str(buf, row->literal);
        conf_buf_byte(buf, '}');
        break;

    case CONF_V_OBJECT:
        if (row->sub == NULL) {
            conf_openapi_data(buf, data);
        } else {
            conf_openapi_view(buf, row->sub, data);
        }

        break;

    case CONF_V_OBJECT_PTR:
        conf_buf_lit(buf, "{\"anyOf\":[{\"type\":\"null\"},");
        conf_openapi_view(buf, row->sub, data);
        conf_buf_lit(buf, "]}");
        break;

    case CONF_V_MAP:
        conf_buf_lit(buf, "{\"type\":\"object\",\"additionalProperties\":");
        conf_openapi_view(buf, row->sub, data);
        conf_buf_byte(buf, '}');
        break;

    case CONF_V_LIST:
        conf_buf_lit(buf, "{\"type\":\"array\",\"items\":");
        conf_openapi_view(buf, row->sub, data);
        conf_buf_byte(buf, '}');
        break;

    default:
        text = row->kind < conf_nelts(plain) ? plain[row->kind] : NULL;
        conf_assert(text != NULL);
        text = text != NULL ? text : "{}";

        conf_buf_add(buf, text, strlen(text));
        break;
    }
}


/* What a row's own view writes inside the envelope. */

static void
conf_openapi_data(conf_buf_t *buf, const conf_row_t *data)
{
    if (data == NULL || data->view == NULL) {
        conf_buf_lit(buf, "{\"type\":[\"object\",\"null\"],"
                          "\"description\":\"nothing\"}");
        return;
    }

    if (data->list) {
        conf_buf_lit(buf, "{\"type\":\"array\",\"items\":");
        conf_openapi_view(buf, data->view, NULL);
        conf_buf_byte(buf, '}');
        return;
    }

    conf_openapi_view(buf, data->view, NULL);
}
