
#include "tap.h"

#include "conf_openapi.c"
#include "conf_openapi_answer.c"
#include "conf_openapi_schema.c"

#include "conf_api.h"

#include <yajl/yajl_parse.h>


/* A struct for offsets: nothing here reads or writes one. */

typedef struct {
    conf_input_t  input;
    uint64_t      n;
} test_in_t;


static bool
test_json(const conf_buf_t *buf)
{
    bool         valid;
    yajl_handle  parser;

    parser = yajl_alloc(NULL, NULL, NULL);

    valid = yajl_parse(parser, buf->data, buf->len) == yajl_status_ok
            && yajl_complete_parse(parser) == yajl_status_ok;

    yajl_free(parser);

    return valid;
}


static bool
test_is(conf_buf_t *buf, const char *want)
{
    bool  same;

    same = conf_buf_ok(buf) == CONF_OK && buf->len == strlen(want)
           && memcmp(buf->data, want, buf->len) == 0;

    if (!same) {
        printf("# %.*s\n# %s\n", (int) buf->len, (char *) buf->data, want);
    }

    conf_buf_reset(buf);

    return same;
}


/* Each type of field, in JSON and as text. */

static void
test_fields(void)
{
    size_t      i;
    conf_buf_t  buf;

    static const conf_enum_t  colours[] = {
        { conf_string("red"), 0, 1 },
        { conf_null_string, 7, 2 },
        { conf_null_string, 0, UINT32_MAX }
    };
    static const conf_field_t  inner[] = {
        { .name = conf_string("a"), .type = CONF_T_BOOL,
          .flags = CONF_F_REQUIRED }
    };
    static const conf_schema_t  sub = CONF_SCHEMA(inner, test_in_t);
    static const struct {
        conf_field_t  field;
        const char   *json;
        const char   *text;         /* NULL: the same */
    } cases[] = {
        { { .type = CONF_T_STR, .min = 1, .max = 9 },
          "{\"type\":\"string\",\"minLength\":1,\"maxLength\":9}", NULL },
        { { .type = CONF_T_STR, .flags = CONF_F_LENIENT },
          "{\"type\":[\"string\",\"number\"]}", "{\"type\":\"string\"}" },
        { { .type = CONF_T_STR, .flags = CONF_F_EMAIL, .aliases = "b  c" },
          "{\"type\":\"string\",\"format\":\"email\","
          "\"x-aliases\":[\"b\",\"c\"]}", NULL },
        { { .type = CONF_T_U64, .flags = CONF_F_LENIENT, .min = 1, .max = 5 },
          "{\"type\":[\"integer\",\"string\"],\"minimum\":1,\"maximum\":5}",
          "{\"type\":\"integer\",\"minimum\":1,\"maximum\":5}" },
        { { .type = CONF_T_I64 }, "{\"type\":\"integer\"}", NULL },
        { { .type = CONF_T_I64, .min = -5 },
          "{\"type\":\"integer\",\"minimum\":-5}", NULL },
        { { .type = CONF_T_U32 },
          "{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295}",
          NULL },
        { { .type = CONF_T_BOOL, .flags = CONF_F_LENIENT },
          "{\"type\":[\"boolean\",\"string\"]}", "{\"type\":\"boolean\"}" },
        { { .type = CONF_T_ENUM, .values = colours },
          "{\"enum\":[\"red\",7]}", NULL },
        { { .type = CONF_T_TIME },
          "{\"type\":\"string\",\"format\":\"date-time\"}", NULL },
        { { .type = CONF_T_OBJECT, .sub = &sub },
          "{\"type\":\"object\",\"properties\":{\"a\":"
          "{\"type\":\"boolean\"}},\"required\":[\"a\"]}", NULL },
        { { .type = CONF_T_STRS },
          "{\"type\":\"array\",\"maxItems\":1024,\"items\":"
          "{\"type\":\"string\"}}", NULL },
        { { .type = CONF_T_U64S },
          "{\"type\":\"array\",\"maxItems\":1024,\"items\":"
          "{\"type\":\"integer\"}}", NULL },
        { { .type = CONF_T_OBJECTS, .sub = &sub },
          "{\"type\":\"array\",\"maxItems\":1024,\"items\":"
          "{\"type\":\"object\",\"properties\":{\"a\":"
          "{\"type\":\"boolean\"}},\"required\":[\"a\"]}}", NULL },
        { { .type = CONF_T_RAW },
          "{\"description\":\"any JSON value\"}", NULL },
        { { .type = CONF_T_CONTENT },
          "{\"description\":\"any JSON value\"}", NULL }
    };

    conf_buf_init(&buf, 0);

    for (i = 0; i < conf_nelts(cases); i++) {
        conf_openapi_field(&buf, &cases[i].field, false);
        ok(test_is(&buf, cases[i].json), "field %zu", i);

        conf_openapi_field(&buf, &cases[i].field, true);
        ok(test_is(&buf, cases[i].text != NULL ? cases[i].text
                                               : cases[i].json),
           "as text");
    }

    conf_buf_free(&buf);
}


/* Where an object's fields go: what the path has is not in the body. */

static void
test_places(void)
{
    conf_buf_t  buf;

    static const conf_field_t  fields[] = {
        { .name = conf_string("room_id"), .aliases = "id",
          .type = CONF_T_BOOL, .flags = CONF_F_REQUIRED },
        { .name = conf_string("name"), .type = CONF_T_BOOL,
          .flags = CONF_F_REQUIRED },
        { .name = conf_string("also"), .type = CONF_T_BOOL }
    };
    static const conf_schema_t  schema = CONF_SCHEMA(fields, test_in_t);

    conf_buf_init(&buf, 0);

    conf_openapi_object(&buf, &schema, "/room/:id/x", false);
    ok(test_is(&buf, "{\"type\":\"object\",\"properties\":{"
               "\"name\":{\"type\":\"boolean\"},"
               "\"also\":{\"type\":\"boolean\"}},"
               "\"required\":[\"name\"]}"), "by an alias in the path");

    conf_openapi_object(&buf, &schema, "/*name", true);
    ok(test_is(&buf, "{\"type\":\"object\",\"properties\":{"
               "\"room_id\":{\"type\":\"boolean\","
               "\"x-aliases\":[\"id\"]},"
               "\"also\":{\"type\":\"boolean\"},\"file\":"
               "{\"type\":\"string\","
               "\"contentMediaType\":\"application/octet-stream\"}},"
               "\"required\":[\"room_id\",\"file\"]}"), "a form with a file");

    conf_openapi_path(&buf, "/a/:b_c/*rest");
    ok(test_is(&buf, "/a/{b_c}/{rest}"), "a path");
    conf_openapi_path(&buf, "/a/?");
    ok(test_is(&buf, "/a"), "that may end in a slash");
    ok(conf_openapi_same_path("/a/?", "/a")
       && !conf_openapi_same_path("/a/b", "/a"), "is the same one");

    conf_openapi_tag(&buf, "/api/v1/rooms/:id");
    ok(test_is(&buf, "\"tags\":[\"rooms\"]"), "what an operation is about");
    conf_openapi_tag(&buf, "/api");
    ok(test_is(&buf, ""), "or not");

    conf_buf_free(&buf);
}


/* Each kind of a view's rows is a schema. */

static void
test_views(void)
{
    bool        good;
    unsigned    kind;
    conf_buf_t  buf;

    static const conf_view_row_t  inner[] = {
        { .name = conf_string("a"), .kind = CONF_V_BOOL },
        { .name = conf_string("b"), .kind = CONF_V_U64, .flags = CONF_VF_OMIT }
    };
    static const conf_str_t       names[] = { conf_string("x") };
    static const conf_view_t      sub = CONF_VIEW(inner, test_in_t);
    conf_view_row_t               row = {
        .name = conf_string("r"), .sub = &sub, .names = names, .nnames = 1,
        .literal = conf_string("7")
    };
    conf_view_t                   view = { &row, 1, sizeof(test_in_t) };

    conf_buf_init(&buf, 0);
    good = true;

    for (kind = 0; kind <= CONF_V_MAP; kind++) {
        row.kind = kind;
        conf_openapi_view(&buf, &view, NULL);
        good &= conf_buf_ok(&buf) == CONF_OK && test_json(&buf);
        conf_buf_reset(&buf);
    }

    ok(good, "all kinds");

    row.kind = CONF_V_OBJECT_PTR;
    conf_openapi_view(&buf, &view, NULL);
    ok(test_is(&buf, "{\"type\":\"object\",\"properties\":{\"r\":"
               "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\","
               "\"properties\":{\"a\":{\"type\":\"boolean\"},\"b\":"
               "{\"type\":\"integer\",\"minimum\":0}},\"required\":[\"a\"]}"
               "]}},\"required\":[\"r\"]}"), "an object or null");

    conf_buf_free(&buf);
}


/* Memory ends at any byte. */

static void
test_memory(void)
{
    bool        good;
    size_t      i, len, limit;
    conf_buf_t  buf;

    for (i = 0; conf_apis[i] != NULL; i++) {
        conf_buf_init(&buf, 0);
        conf_openapi(conf_apis[i], conf_str("/a"), &buf);
        len = buf.len;
        ok(conf_buf_ok(&buf) == CONF_OK && test_json(&buf), "a document");
        conf_buf_free(&buf);

        good = true;

        for (limit = 1; limit < len; limit += 97) {
            conf_buf_init(&buf, limit);
            conf_openapi(conf_apis[i], conf_str("/a"), &buf);
            good &= conf_buf_ok(&buf) == CONF_E_NOMEM && buf.len <= limit;
            conf_buf_free(&buf);
        }

        ok(good, "or none");
    }
}


int
main(void)
{
    test_fields();
    test_places();
    test_views();
    test_memory();

    return tap_done();
}
