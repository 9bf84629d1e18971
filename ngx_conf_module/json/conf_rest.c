
/* The members of an object that a schema does not know. */

#include "conf_value.h"


static void conf_rest_blank(conf_str_t *text);
static void conf_rest_value(conf_str_t *text);
static void conf_rest_string(conf_str_t *text);
static void conf_rest_skip(conf_str_t *text, size_t n);


conf_rc_t
conf_schema_rest(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t text, conf_str_t *rest)
{
    uint8_t        *dst;
    conf_str_t      name;
    const uint8_t  *start;

    rest->len = 0;
    rest->data = dst = conf_arena_alloc(arena, text.len + 1);

    if (dst == NULL) {
        return CONF_E_NOMEM;
    }

    conf_rest_blank(&text);
    conf_rest_skip(&text, 1);

    for ( ;; ) {
        conf_rest_blank(&text);

        if (text.len == 0 || text.data[0] != '"') {
            return CONF_OK;
        }

        start = text.data;
        name.data = start + 1;

        conf_rest_string(&text);

        name.len = (size_t) (text.data - name.data) - 1;

        conf_rest_blank(&text);
        conf_rest_skip(&text, 1);
        conf_rest_blank(&text);
        conf_rest_value(&text);

        /* A name with an escape might be a known one, and is not kept. */

        if (conf_field_find(schema, name) == NULL
            && memchr(name.data, '\\', name.len) == NULL)
        {
            if (rest->len != 0) {
                dst[rest->len++] = ',';
            }

            memcpy(dst + rest->len, start, (size_t) (text.data - start));
            rest->len += (size_t) (text.data - start);
        }

        conf_rest_blank(&text);
        conf_rest_skip(&text, 1);
    }
}


static void
conf_rest_blank(conf_str_t *text)
{
    while (text->len != 0
           && (text->data[0] == ' ' || text->data[0] == '\t'
               || text->data[0] == '\n' || text->data[0] == '\r'))
    {
        conf_rest_skip(text, 1);
    }
}


/* To the comma or bracket behind it, white space included. */

static void
conf_rest_value(conf_str_t *text)
{
    uint8_t  c;
    size_t   depth;

    for (depth = 0; text->len != 0; /* void */) {
        c = text->data[0];

        if (c == '"') {
            conf_rest_string(text);
            continue;
        }

        if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return;
        }

        if (c == '{' || c == '[') {
            depth++;

        } else if (c == '}' || c == ']') {
            depth--;
        }

        conf_rest_skip(text, 1);
    }
}


static void
conf_rest_string(conf_str_t *text)
{
    conf_rest_skip(text, 1);

    while (text->len != 0 && text->data[0] != '"') {
        conf_rest_skip(text, text->data[0] == '\\' ? 2 : 1);
    }

    conf_rest_skip(text, 1);
}


static void
conf_rest_skip(conf_str_t *text, size_t n)
{
    n = conf_min(n, text->len);

    text->data += n;
    text->len -= n;
}
