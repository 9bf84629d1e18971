
#include "../../ngx_conf_module/json/conf_schema.c"
#include "../../ngx_conf_module/json/conf_reader.c"
#include "../../ngx_conf_module/json/conf_value.c"
#include "../../ngx_conf_module/json/conf_text.c"
#include "../../ngx_conf_module/json/conf_time.c"
#include "../../ngx_conf_module/json/conf_rest.c"

#include "tap.h"

#include <time.h>


#define INVALID  CONF_E_INVALID
#define BAD      CONF_E_BAD_REQUEST


typedef struct {
    conf_input_t  input;
    uint64_t      n;
    conf_str_t    s;
} inner_t;

typedef struct {
    conf_input_t  input;
    conf_str_t    name;
    conf_str_t    loose;
    uint64_t      id;
    uint64_t      page;
    int64_t       delta;
    int64_t       level;
    uint64_t      count;
    bool          flag;
    bool          yes;
    uint32_t      kind;
    uint32_t      mode;
    int64_t       at;
    inner_t       inner;
    conf_list_t   tags;
    conf_list_t   ids;
    conf_list_t   inners;
    conf_str_t    raw;
    conf_str_t    content;
    conf_str_t    nick;
    uint64_t      age;
    int64_t       since;
    uint32_t      port;
    uint32_t      size;
    uint32_t      canary;
} all_t;


static const conf_enum_t  kinds[] = {
    { conf_string("public"), 0, 1 },
    { conf_string("private"), 0, 2 },
    { conf_null_string, 7, 2 },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  inner_fields[] = {
    { .name = conf_string("n"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED, .offset = offsetof(inner_t, n) },
    { .name = conf_string("s"), .type = CONF_T_STR,
      .offset = offsetof(inner_t, s), .max = 3 }
};

static const conf_schema_t  inner_schema =
    CONF_SCHEMA(inner_fields, inner_t);

static const conf_field_t  fields[] = {
    { .name = conf_string("name"), .aliases = "title  label",
      .type = CONF_T_STR, .flags = CONF_F_TRIM,
      .offset = offsetof(all_t, name), .min = 2, .max = 5 },
    { .name = conf_string("loose"), .type = CONF_T_STR,
      .flags = CONF_F_LENIENT, .offset = offsetof(all_t, loose) },
    { .name = conf_string("id"), .aliases = "room_id", .type = CONF_T_U64,
      .offset = offsetof(all_t, id) },
    { .name = conf_string("page"), .type = CONF_T_U64,
      .flags = CONF_F_LENIENT | CONF_F_TRIM, .offset = offsetof(all_t, page),
      .min = 1, .max = 100 },
    { .name = conf_string("delta"), .type = CONF_T_I64,
      .offset = offsetof(all_t, delta) },
    { .name = conf_string("level"), .type = CONF_T_I64,
      .offset = offsetof(all_t, level), .min = 0, .max = 9 },
    { .name = conf_string("count"), .type = CONF_T_U64,
      .offset = offsetof(all_t, count), .min = -5, .max = 9 },
    { .name = conf_string("flag"), .type = CONF_T_BOOL,
      .offset = offsetof(all_t, flag) },
    { .name = conf_string("yes"), .type = CONF_T_BOOL,
      .flags = CONF_F_LENIENT, .offset = offsetof(all_t, yes) },
    { .name = conf_string("kind"), .type = CONF_T_ENUM,
      .offset = offsetof(all_t, kind), .values = kinds },
    { .name = conf_string("mode"), .type = CONF_T_ENUM,
      .flags = CONF_F_LENIENT | CONF_F_TRIM, .offset = offsetof(all_t, mode),
      .values = kinds },
    { .name = conf_string("at"), .type = CONF_T_TIME,
      .offset = offsetof(all_t, at) },
    { .name = conf_string("inner"), .type = CONF_T_OBJECT,
      .offset = offsetof(all_t, inner), .sub = &inner_schema },
    { .name = conf_string("tags"), .type = CONF_T_STRS,
      .flags = CONF_F_TRIM, .offset = offsetof(all_t, tags), .min = 1,
      .max = 5 },
    { .name = conf_string("ids"), .type = CONF_T_U64S,
      .offset = offsetof(all_t, ids) },
    { .name = conf_string("inners"), .type = CONF_T_OBJECTS,
      .offset = offsetof(all_t, inners), .sub = &inner_schema },
    { .name = conf_string("raw"), .type = CONF_T_RAW,
      .offset = offsetof(all_t, raw), .max = 40 },
    { .name = conf_string("content"), .type = CONF_T_CONTENT,
      .offset = offsetof(all_t, content), .min = 1, .max = 20 },
    { .name = conf_string("nick"), .type = CONF_T_STR,
      .flags = CONF_F_NULL, .offset = offsetof(all_t, nick), .min = 1 },
    { .name = conf_string("age"), .type = CONF_T_U64, .flags = CONF_F_NULL,
      .offset = offsetof(all_t, age), .min = 1 },
    { .name = conf_string("since"), .type = CONF_T_TIME,
      .offset = offsetof(all_t, since), .min = 1000,
      .max = 4102444800000 },
    { .name = conf_string("port"), .type = CONF_T_U32,
      .offset = offsetof(all_t, port) },
    { .name = conf_string("size"), .type = CONF_T_U32,
      .flags = CONF_F_NULL, .offset = offsetof(all_t, size), .min = -1,
      .max = INT64_MAX }
};

static const conf_schema_t  schema = CONF_SCHEMA(fields, all_t);

/* Everything required, or null for what is zero. */

typedef struct {
    conf_input_t  input;
    conf_str_t    a;
    conf_str_t    raw;
    conf_str_t    content;
    uint64_t      u;
    int64_t       i;
    bool          b;
    uint32_t      e;
    int64_t       t;
    inner_t       o;
    conf_list_t   l;
    conf_list_t   m;
    conf_list_t   k;
} nulls_t;

#define NULL_ROW(n, ty)                                                       \
    { .name = conf_string(#n), .type = ty,                                    \
      .flags = CONF_F_REQUIRED | CONF_F_NULL, .offset = offsetof(nulls_t, n), \
      .min = 1, .values = kinds, .sub = &inner_schema }

static const conf_field_t  null_fields[] = {
    NULL_ROW(a, CONF_T_STR),
    NULL_ROW(raw, CONF_T_RAW),
    NULL_ROW(content, CONF_T_CONTENT),
    NULL_ROW(u, CONF_T_U64),
    NULL_ROW(i, CONF_T_I64),
    NULL_ROW(b, CONF_T_BOOL),
    NULL_ROW(e, CONF_T_ENUM),
    NULL_ROW(t, CONF_T_TIME),
    NULL_ROW(o, CONF_T_OBJECT),
    NULL_ROW(l, CONF_T_STRS),
    NULL_ROW(m, CONF_T_U64S),
    NULL_ROW(k, CONF_T_OBJECTS)
};

static const conf_schema_t  null_schema = CONF_SCHEMA(null_fields, nulls_t);

static conf_arena_t         *arena;
static all_t                 out;
static conf_schema_error_t   err;


static conf_str_t
text(const char *s)
{
    return (conf_str_t) { strlen(s), (const uint8_t *) s };
}


static conf_rc_t
json(const char *s)
{
    memset(&out, 0, sizeof(out));

    return conf_schema_json(&schema, arena, text(s), &out, &err);
}


static conf_rc_t
set(const char *name, const char *value)
{
    memset(&out, 0, sizeof(out));

    return conf_schema_set(&schema, arena, text(name), text(value), &out,
                           &err);
}


static conf_rc_t
query(const char *s)
{
    memset(&out, 0, sizeof(out));

    return conf_schema_query(&schema, arena, text(s), &out, &err);
}


static const conf_str_t *
str_at(const conf_list_t *list, size_t i)
{
    return (const conf_str_t *) list->items + i;
}


/* What is wrong is said of the right field in the right words. */

typedef struct {
    const char  *text;
    const char  *field;
    const char  *reason;
} wrong_t;


static void
wrong(const wrong_t *row)
{
    is_int(json(row->text), INVALID, "%s", row->text);
    is_str(err.field, row->field, "of %s", row->field);
    is_str(text(err.reason == NULL ? "" : err.reason), row->reason,
           "because %s", row->reason);
}


static void
test_strings(void)
{
    size_t  i;

    static const wrong_t  rows[] = {
        { "{\"name\":\"a\"}", "name", "too short" },
        { "{\"name\":\"\"}", "name", "too short" },
        { "{\"name\":\"   a   \"}", "name", "too short" },
        { "{\"name\":\"abcdef\"}", "name", "too long" },
        { "{\"name\":\"房房房房房房\"}", "name", "too long" },
        { "{\"name\":12}", "name", "must be a string" },
        { "{\"name\":true}", "name", "must be a string" },
        { "{\"name\":[]}", "name", "must be a string" },
        { "{\"name\":{\"a\":1}}", "name", "must be a string" },
        { "{\"title\":5}", "name", "must be a string" },
        { "{\"loose\":false}", "loose", "must be a string" },
        { "{\"name\":\"ab\",\"name\":\"ab\"}", "name", "given twice" },
        { "{\"name\":\"ab\",\"title\":\"ab\"}", "name", "given twice" },
        { "{\"label\":\"ab\",\"title\":\"ab\"}", "name", "given twice" },
        { "{\"name\":null,\"name\":\"ab\"}", "name", "given twice" },
        { "{\"name\":\"ab\",\"na\\u006de\":\"ab\"}", "name",
          "given twice" },
        { "{\"nick\":\"\"}", "nick", "too short" }
    };

    is_int(json("{\"name\":\"abc\"}"), CONF_OK, "string");
    is_str(out.name, "abc", "its value");
    ok(out.name.data[3] == '\0', "terminated in the arena");
    ok(conf_schema_given(&schema, &out, "name"), "given");
    ok(!conf_schema_given(&schema, &out, "loose"), "another is not");
    ok(!conf_schema_given(&schema, &out, "title"), "an alias is no row");
    ok(!conf_schema_given(&schema, &out, "nothing"), "nor is nothing");
    ok(err.reason == NULL && err.field.len == 0, "no error");

    is_int(json("{\"title\":\"abc\"}"), CONF_OK, "first alias");
    is_str(out.name, "abc", "its value");
    is_int(json("{\"label\":\"abc\"}"), CONF_OK, "second alias");
    is_str(out.name, "abc", "its value");
    is_int(json("{\"titl\":\"abc\", \"\":\"\", \" \":1}"), CONF_OK,
           "nearly an alias");
    is_int(out.input.given, 0, "is unknown");

    is_int(json("{\"name\":\" \\t\\u00a0\\u3000ab\\u2028 \"}"), CONF_OK,
           "trimmed");
    is_str(out.name, "ab", "to this");
    is_int(json("{\"name\":\"\\u3001a b\\u00a1\"}"), CONF_OK, "inside");
    is_str(out.name, "、a b¡", "stays");
    is_int(json("{\"loose\":\" a \"}"), CONF_OK, "not trimmed");
    is_str(out.loose, " a ", "as it was");
    is_int(json("{\"name\":\"房房房房房\"}"), CONF_OK, "five code points");
    is_int(json("{\"name\":\"\\ud83d\\ude00\\ud83d\\ude00\"}"), CONF_OK,
           "pairs");
    is_str(out.name, "😀😀", "are one code point each");
    is_int(json("{\"loose\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"}"),
           CONF_OK, "all escapes");
    is_str(out.loose, "\"\\/\b\f\n\r\tA", "are decoded");
    is_int(json("{\"loose\":-1.50e3}"), CONF_OK, "number for a string");
    is_str(out.loose, "-1.50e3", "as written");
    is_int(json("{\"loose\":\"\"}"), CONF_OK, "empty string");
    ok(conf_schema_given(&schema, &out, "loose"), "counts as given");

    for (i = 0; i < conf_nelts(rows); i++) {
        wrong(&rows[i]);
    }
}


static void
test_numbers(void)
{
    size_t  i;

    static const wrong_t  rows[] = {
        { "{\"id\":-1}", "id", "too small" },
        { "{\"id\":1.0}", "id", "must be an integer" },
        { "{\"id\":1.5}", "id", "must be an integer" },
        { "{\"id\":1e3}", "id", "must be an integer" },
        { "{\"id\":1E-3}", "id", "must be an integer" },
        { "{\"id\":\"5\"}", "id", "must be an integer" },
        { "{\"id\":true}", "id", "must be an integer" },
        { "{\"id\":[1]}", "id", "must be an integer" },
        { "{\"id\":{}}", "id", "must be an integer" },
        { "{\"id\":9223372036854775808}", "id", "too large" },
        { "{\"id\":18446744073709551616}", "id", "too large" },
        { "{\"id\":99999999999999999999999999999999}", "id", "too large" },
        { "{\"id\":-99999999999999999999999999999999}", "id", "too small" },
        { "{\"id\":99999999999999999999.5}", "id", "must be an integer" },
        { "{\"page\":0}", "page", "too small" },
        { "{\"page\":101}", "page", "too large" },
        { "{\"page\":\"\"}", "page", "must be an integer" },
        { "{\"page\":\"-\"}", "page", "must be an integer" },
        { "{\"page\":\"+5\"}", "page", "must be an integer" },
        { "{\"page\":\"5x\"}", "page", "must be an integer" },
        { "{\"page\":\"0x5\"}", "page", "must be an integer" },
        { "{\"page\":\"5 5\"}", "page", "must be an integer" },
        { "{\"page\":\"1e1\"}", "page", "must be an integer" },
        { "{\"page\":\"999999999999999999999\"}", "page", "too large" },
        { "{\"delta\":9223372036854775808}", "delta", "too large" },
        { "{\"delta\":-9223372036854775809}", "delta", "too small" },
        { "{\"level\":-1}", "level", "too small" },
        { "{\"level\":10}", "level", "too large" },
        { "{\"count\":-1}", "count", "too small" },
        { "{\"room_id\":1,\"id\":1}", "id", "given twice" },
        { "{\"age\":0}", "age", "too small" },
        { "{\"port\":-1}", "port", "too small" },
        { "{\"port\":4294967296}", "port", "too large" },
        { "{\"port\":\"1\"}", "port", "must be an integer" },
        { "{\"port\":1.0}", "port", "must be an integer" },
        { "{\"size\":-1}", "size", "too small" },
        { "{\"size\":4294967296}", "size", "too large" }
    };

    is_int(json("{\"id\":0}"), CONF_OK, "zero");
    ok(conf_schema_given(&schema, &out, "id"), "is given");
    is_int(json("{\"id\":-0}"), CONF_OK, "minus zero");
    is_int(out.id, 0, "is zero");
    is_int(json("{\"id\":9223372036854775807}"), CONF_OK, "largest");
    is_int(out.id, INT64_MAX, "its value");
    is_int(json("{\"delta\":9223372036854775807}"), CONF_OK, "largest");
    is_int(out.delta, INT64_MAX, "its value");
    is_int(json("{\"delta\":-9223372036854775808}"), CONF_OK, "smallest");
    is_int(out.delta, INT64_MIN, "its value");
    is_int(json("{\"level\":0,\"page\":1}"), CONF_OK, "lower bounds");
    is_int(json("{\"level\":9,\"page\":100}"), CONF_OK, "upper bounds");
    is_int(out.level * 1000 + (int64_t) out.page, 9100, "their values");
    is_int(json("{\"page\":\" 007 \"}"), CONF_OK, "lenient, trimmed");
    is_int(out.page, 7, "its value");
    is_int(json("{\"port\":4294967295,\"size\":1}"), CONF_OK, "32 bits");
    ok(out.port == UINT32_MAX && out.size == 1 && out.canary == 0,
       "their values");
    is_int(json("{\"size\":null}"), CONF_OK, "null");
    ok(conf_schema_given(&schema, &out, "size"), "is given");
    is_int(json("{\"page\":8}"), CONF_OK, "lenient takes numbers too");
    is_int(out.page, 8, "its value");

    for (i = 0; i < conf_nelts(rows); i++) {
        wrong(&rows[i]);
    }
}


static void
test_bools_enums_times(void)
{
    size_t  i;

    static const wrong_t  rows[] = {
        { "{\"flag\":1}", "flag", "must be a boolean" },
        { "{\"flag\":\"true\"}", "flag", "must be a boolean" },
        { "{\"flag\":[true]}", "flag", "must be a boolean" },
        { "{\"yes\":1}", "yes", "must be a boolean" },
        { "{\"yes\":\"yes\"}", "yes", "must be a boolean" },
        { "{\"yes\":\"\"}", "yes", "must be a boolean" },
        { "{\"yes\":\"truee\"}", "yes", "must be a boolean" },
        { "{\"yes\":\"tru\"}", "yes", "must be a boolean" },
        { "{\"kind\":\"Public\"}", "kind",
          "must be one of the known values" },
        { "{\"kind\":\"\"}", "kind", "must be one of the known values" },
        { "{\"kind\":0}", "kind", "must be one of the known values" },
        { "{\"kind\":7.0}", "kind", "must be one of the known values" },
        { "{\"kind\":\"7\"}", "kind", "must be one of the known values" },
        { "{\"kind\":true}", "kind", "must be one of the known values" },
        { "{\"kind\":{}}", "kind", "must be one of the known values" },
        { "{\"mode\":\"8\"}", "mode", "must be one of the known values" },
        { "{\"at\":5}", "at", "must be a time" },
        { "{\"at\":\"yesterday\"}", "at", "must be a time" },
        { "{\"at\":\"\"}", "at", "must be a time" },
        { "{\"at\":[]}", "at", "must be a time" },
        { "{\"since\":\"1970-01-01T00:00:00Z\"}", "since", "too small" },
        { "{\"since\":\"2100-01-01T00:00:01Z\"}", "since", "too large" }
    };

    is_int(json("{\"flag\":true}"), CONF_OK, "true");
    ok(out.flag, "is true");
    is_int(json("{\"flag\":false}"), CONF_OK, "false");
    ok(!out.flag && conf_schema_given(&schema, &out, "flag"), "is given");
    is_int(json("{\"yes\":\"True\"}"), CONF_OK, "lenient true");
    ok(out.yes, "is true");
    is_int(json("{\"yes\":\"1\"}"), CONF_OK, "lenient 1");
    ok(out.yes, "is true");
    is_int(json("{\"yes\":\"FALSE\"}"), CONF_OK, "lenient false");
    is_int(json("{\"yes\":\"0\"}"), CONF_OK, "lenient 0");
    is_int(json("{\"yes\":true}"), CONF_OK, "lenient takes booleans too");
    ok(out.yes, "is true");

    is_int(json("{\"kind\":\"public\"}"), CONF_OK, "by name");
    is_int(out.kind, 1, "its value");
    is_int(json("{\"kind\":7}"), CONF_OK, "by number");
    is_int(out.kind, 2, "its value");
    is_int(json("{\"mode\":\" 7\"}"), CONF_OK, "number as a string");
    is_int(out.mode, 2, "its value");
    is_int(json("{\"mode\":\"private \"}"), CONF_OK, "trimmed name");
    is_int(out.mode, 2, "its value");

    is_int(json("{\"at\":\"2024-05-07T15:23:30.807+08:00\"}"), CONF_OK,
           "time");
    is_int(out.at, 1715066610807, "its value");
    is_int(json("{\"at\":\"1969-12-31T23:59:59Z\"}"), CONF_OK,
           "before 1970");
    is_int(out.at, -1000, "its value");
    is_int(json("{\"since\":\"1970-01-01T00:00:01Z\"}"), CONF_OK, "bound");

    for (i = 0; i < conf_nelts(rows); i++) {
        wrong(&rows[i]);
    }
}


static void
test_objects_lists(void)
{
    size_t          i, n;
    char           *p, *big;
    const inner_t  *items;

    static const wrong_t  rows[] = {
        { "{\"inner\":5}", "inner", "must be an object" },
        { "{\"inner\":[]}", "inner", "must be an object" },
        { "{\"inner\":{}}", "n", "required" },
        { "{\"inner\":{\"n\":null}}", "n", "required" },
        { "{\"inner\":{\"n\":1,\"s\":\"long\"}}", "s", "too long" },
        { "{\"inner\":{\"n\":1,\"n\":1}}", "n", "given twice" },
        { "{\"inner\":{\"n\":1},\"inner\":{\"n\":1}}", "inner",
          "given twice" },
        { "{\"tags\":\"a\"}", "tags", "must be a list" },
        { "{\"tags\":{}}", "tags", "must be a list" },
        { "{\"tags\":[]}", "tags", "too few items" },
        { "{\"tags\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]}", "tags",
          "too many items" },
        { "{\"tags\":[1]}", "tags", "must be a string" },
        { "{\"tags\":[null]}", "tags", "must be a string" },
        { "{\"tags\":[[\"a\"]]}", "tags", "must be a string" },
        { "{\"tags\":[{}]}", "tags", "must be a string" },
        { "{\"ids\":[-1]}", "ids", "too small" },
        { "{\"ids\":[\"1\"]}", "ids", "must be an integer" },
        { "{\"ids\":[9223372036854775808]}", "ids", "too large" },
        { "{\"ids\":[null]}", "ids", "must be an integer" },
        { "{\"inners\":{}}", "inners", "must be a list" },
        { "{\"inners\":[1]}", "inners", "must be an object" },
        { "{\"inners\":[null]}", "inners", "must be an object" },
        { "{\"inners\":[[]]}", "inners", "must be an object" },
        { "{\"inners\":[{\"n\":1},{}]}", "n", "required" },
        { "{\"inners\":[{\"n\":1},{\"n\":1,\"s\":\"long\"}]}", "s",
          "too long" }
    };

    is_int(json("{\"inner\":{\"s\":\"x\",\"n\":5,\"?\":[1]},\"id\":1}"),
           CONF_OK, "object");
    is_int(out.inner.n, 5, "its number");
    is_str(out.inner.s, "x", "its string");
    is_int(out.inner.input.given, 3, "what it was given");
    is_int(out.id, 1, "what follows");

    is_int(json("{\"tags\":[\" a \",\"b\",\"\",\"c\",\"d\"]}"), CONF_OK,
           "strings");
    is_int(out.tags.n, 5, "five");
    is_str(*str_at(&out.tags, 0), "a", "trimmed");
    is_str(*str_at(&out.tags, 2), "", "empty");
    is_str(*str_at(&out.tags, 4), "d", "last");

    is_int(json("{\"ids\":[]}"), CONF_OK, "empty list");
    ok(out.ids.n == 0 && conf_schema_given(&schema, &out, "ids"), "given");
    is_int(json("{\"ids\":[3,2,1,0,9223372036854775807]}"), CONF_OK, "ids");
    is_int(((uint64_t *) out.ids.items)[4], INT64_MAX, "largest");

    is_int(json("{\"inners\":[{\"n\":0},{\"n\":1,\"s\":\"a\"},{\"n\":2},"
                "{\"n\":3},{\"n\":4},{\"n\":5}]}"), CONF_OK, "objects");
    items = out.inners.items;
    is_int(out.inners.n, 6, "six");
    is_int(items[5].n, 5, "last");
    is_str(items[1].s, "a", "moved with the list");
    ok(items[0].input.given == 1 && items[1].input.given == 3, "given");

    for (i = 0; i < conf_nelts(rows); i++) {
        wrong(&rows[i]);
    }

    big = malloc(16384);

    for (n = CONF_SCHEMA_ITEMS; n <= CONF_SCHEMA_ITEMS + 1; n++) {
        p = big + snprintf(big, 16384, "{\"ids\":[0");

        for (i = 1; i < n; i++) {
            p += snprintf(p, 64, ",%zu", i);
        }

        snprintf(p, 64, "]}");
        is_int(json(big), n == CONF_SCHEMA_ITEMS ? CONF_OK : INVALID,
               "%zu items", n);

        if (n == CONF_SCHEMA_ITEMS) {
            is_int(((uint64_t *) out.ids.items)[1023], 1023, "the last");
        }
    }

    free(big);
}


static void
test_verbatim(void)
{
    size_t  i;

    static const wrong_t  rows[] = {
        { "{\"raw\":\"0123456789012345678901234567890123456789\"}", "raw",
          "too long" },
        { "{\"raw\":[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]}", "raw",
          "too long" },
        { "{\"content\":\"\"}", "content", "too short" },
        { "{\"content\":\"012345678901234567890\"}", "content",
          "too long" },
        { "{\"content\":[\"01234567890123456789\"]}", "content",
          "too long" },
        { "{\"raw\":1,\"raw\":1}", "raw", "given twice" }
    };

    static const struct {
        const char  *text;
        const char  *value;
    } raws[] = {
        { "{\"raw\" : \"a\\\"\\\\\"  }", "\"a\\\"\\\\\"" },
        { "{\"raw\":-1.50e3}", "-1.50e3" },
        { "{\"raw\":true}", "true" },
        { "{\"raw\":false , \"id\":1}", "false" },
        { "{\"raw\":{ } }", "{ }" },
        { "{\"raw\":\t[1, {\"a\" : [ ]}, \"]\"] }",
          "[1, {\"a\" : [ ]}, \"]\"]" },
        { "{\"raw\":{\"a\":\"}\\\"}\",\"a\":null}}",
          "{\"a\":\"}\\\"}\",\"a\":null}" },
        { "{\"raw\":\"\\ud83d\\ude00\"}", "\"\\ud83d\\ude00\"" },
        { "{\"x\":[\"\\\\\",{\"raw\":[2]}],\"raw\":[1]}", "[1]" }
    };

    for (i = 0; i < conf_nelts(raws); i++) {
        is_int(json(raws[i].text), CONF_OK, "%s", raws[i].text);
        is_str(out.raw, raws[i].value, "verbatim");
    }

    is_int(json("{\"raw\":null}"), CONF_OK, "null");
    ok(!conf_schema_given(&schema, &out, "raw"), "is absent");

    is_int(json("{\"content\":\"a\\nb\"}"), CONF_OK, "content as a string");
    is_str(out.content, "a\nb", "decoded");
    is_int(json("{\"content\":{\"t\": \"a\\nb\"}}"), CONF_OK, "as object");
    is_str(out.content, "{\"t\": \"a\\nb\"}", "verbatim");
    is_int(json("{\"content\":[1 ,2]}"), CONF_OK, "as list");
    is_str(out.content, "[1 ,2]", "verbatim");
    is_int(json("{\"content\":1.0}"), CONF_OK, "as number");
    is_str(out.content, "1.0", "verbatim");
    is_int(json("{\"content\":true}"), CONF_OK, "as boolean");
    is_str(out.content, "true", "verbatim");
    is_int(json("{\"content\":\"房房房房房房房房房房\"}"), CONF_OK,
           "code points count");

    for (i = 0; i < conf_nelts(rows); i++) {
        wrong(&rows[i]);
    }
}


static void
test_null_required(void)
{
    size_t    i;
    nulls_t   n;
    nulls_t   zero;

    static const char  all[] = "{\"a\":null,\"raw\":null,\"content\":null,"
        "\"u\":null,\"i\":null,\"b\":null,\"e\":null,\"t\":null,\"o\":null,"
        "\"l\":null,\"m\":null,\"k\":null}";

    is_int(json("{\"name\":null,\"id\":null,\"inner\":null,\"tags\":null,"
                "\"flag\":null,\"kind\":null,\"at\":null,\"content\":null}"),
           CONF_OK, "null is absent");
    is_int(out.input.given, 0, "nothing is given");

    is_int(json("{\"nick\":null,\"age\":null}"), CONF_OK, "null is a value");
    ok(conf_schema_given(&schema, &out, "nick"), "given");
    ok(conf_schema_given(&schema, &out, "age"), "given too");

    memset(&n, 0xff, sizeof(n));
    memset(&zero, 0, sizeof(zero));
    n.input.given = 0;
    n.b = true;

    is_int(conf_schema_json(&null_schema, arena, text(all), &n, &err),
           CONF_OK, "null for every type, limits do not matter");
    is_int(n.input.given, 0xfff, "all given");
    ok(n.a.len == 0 && n.raw.len == 0 && n.content.len == 0 && n.u == 0
       && n.i == 0 && !n.b && n.e == 0 && n.t == 0 && n.l.n == 0
       && n.m.n == 0 && n.k.n == 0
       && memcmp(&n.o, &zero.o, sizeof(inner_t)) == 0, "all zero");

    for (i = 0; i < conf_nelts(null_fields); i++) {
        memset(&n, 0, sizeof(n));
        n.input.given = 0xfff & ~((uint64_t) 1 << i);
        is_int(conf_schema_end(&null_schema, &n, &err), INVALID,
               "row %zu is required", i);
        is_mem(err.field.data, err.field.len, null_fields[i].name.data,
               null_fields[i].name.len, "and named");
    }

    memset(&n, 0, sizeof(n));
    is_int(conf_schema_json(&null_schema, arena, text(""), &n, &err),
           INVALID, "no body: the first required row");
    is_str(err.field, "a", "a");
    is_str(text(err.reason), "required", "required");
    is_int(conf_schema_json(&null_schema, arena, text("{}"), &n, &err),
           INVALID, "an empty object the same");

    memset(&n, 0, sizeof(n));
    n.input.given = 1;
    is_int(conf_schema_json(&null_schema, arena, text("{\"a\":null}"), &n,
                            &err), INVALID, "given before, by the path");
    is_str(text(err.reason), "given twice", "given twice");

    memset(&out, 0, sizeof(out));
    out.page = 20;
    out.id = 5;
    is_int(conf_schema_json(&schema, arena, text("{\"id\":null}"), &out,
                            &err), CONF_OK, "defaults");
    is_int(out.page * 10 + out.id, 205, "stay");
}


static void
test_form(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "[]", "1", "\"a\"", "null", "true", "{", "}", "{\"a\"", "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{\"a\":01}",
        "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":-}",
        "{\"a\":1e}", "{\"a\":0x1}", "{\"a\":tru}", "{\"a\":nul}",
        "{\"a\":True}", "{\"a\":NaN}", "{\"a\":undefined}",
        "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":]}",
        "{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\x1f\"}",
        "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\\\"", "{\"a\":\"\\u",
        "{} x", "{}{}", "{},", "{}]", "{}}", "{\"id\":1}garbage",
        "/**/{}", "{/**/}", "{}//", "\xef\xbb\xbf{}", "\v{}", "{}\f",
        "{\"a\":\v1}", "{\"a\"\f:1}", "{\"raw\":[\v1]}",
        "{\"raw\":[\f\"a\"]}", "{\"raw\":{\v\"a\":1}}",
        "{\"raw\":[\vtrue,null]}", "{\"raw\":[\f[]]}", "{\"raw\":[1\f]}",
        "{\"raw\":\fnull}",
        "\\", "{\\", "x", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}",
        "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
        "{\"a\":\"\xe6\x88\"}", "{\"\xff\":1}", "{\"id\":-1",
        "{\"id\":-1}x", "{\"id\":1,\"id\":2} x",

        /* Escapes: NUL and surrogates, also where nobody looks. */

        "{\"a\":\"\\u0000\"}", "{\"name\":\"ab\\u0000\"}",
        "{\"\\u0000\":1}", "{\"raw\":[\"\\u0000\"]}",
        "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udbff x\"}",
        "{\"a\":\"\\udc00\"}", "{\"a\":\"\\uDFFF\\uD800\"}",
        "{\"a\":\"\\ud83d\\ud83d\\ude00\"}", "{\"a\":\"\\ud83d\\n\"}",
        "{\"a\":\"\\ud83d\\\\ude00\"}", "{\"a\":\"\\ud83d\\u0041\"}",
        "{\"raw\":{\"\\ud800\":1}}", "{\"name\":\"\\ud83d\\ude0\"}",
        "{\"a\":\"\\\\\\ud800\"}", "{\"a\":\"\\ud83d\\uffff\"}"
    };

    static const char *const  good[] = {
        "", " ", " \t\r\n", "{}", " {} ", "\r\n{\t}\n",
        "{\"a\":\"\\\\ud800\"}", "{\"a\":\"\\\\u0000\"}",
        "{\"a\":\"\\ud83d\\ude00\\uD83D\\uDE00\"}",
        "{\"a\":\"\\ud7ff\\ue000\\uffff\"}", "{\"a\":\"\\u0001\"}",
        "{\"a\":\"\xf4\x8f\xbf\xbf\x7f\"}", "{\"a\":\"\\\\\\\"\"}",
        "{\"a\":-0.0e-0,\"b\":[[],{}],\"c\":null}", "{\"\":{\"\":\"\"}}",
        "{\"unknown\":1,\"unknown\":2}",
        "{\"a\":1e999,\"b\":99999999999999999999999999}"
    };

    for (i = 0; i < conf_nelts(bad); i++) {
        is_int(json(bad[i]), BAD, "malformed: %zu", i);
        ok(err.reason != NULL && err.field.len == 0, "of no field");
    }

    for (i = 0; i < conf_nelts(good); i++) {
        is_int(json(good[i]), CONF_OK, "well-formed: %zu", i);
    }

    is_int(conf_schema_json(&schema, arena,
                            (conf_str_t) { 3, (const uint8_t *) "{}\0" },
                            &out, &err), BAD, "raw NUL behind");
    is_int(conf_schema_json(&schema, arena,
                            (conf_str_t) { 9, (const uint8_t *)
                                           "{\"a\":\"\0\"}" },
                            &out, &err), BAD, "raw NUL inside");
}


/* n opening brackets behind the start, closed when it says so. */

static conf_rc_t
nested(const char *start, char open, char close, size_t n, bool closed)
{
    char       *p, *buf;
    size_t      len;
    conf_rc_t   rc;

    len = strlen(start);
    buf = malloc(len + 2 * n + 2);
    p = buf + snprintf(buf, strlen(start) + 1, "%s", start);
    memset(p, open, n);
    p += n;

    if (closed) {
        memset(p, close, n);
        p += n;

        if (start[0] == '{') {
            *p++ = '}';
        }
    }

    memset(&out, 0, sizeof(out));
    rc = conf_schema_json(&schema, arena,
                          (conf_str_t) { (size_t) (p - buf),
                                         (uint8_t *) buf }, &out, &err);
    free(buf);

    return rc;
}


static void
test_depth(void)
{
    is_int(nested("{\"a\":", '[', ']', 15, true), CONF_OK, "16 levels");
    is_int(nested("{\"a\":", '[', ']', 16, true), BAD, "17 levels");
    is_str(text(err.reason), "too deep", "too deep");
    is_int(nested("{\"raw\":", '[', ']', 15, true), CONF_OK,
           "16 levels verbatim");
    is_int(out.raw.len, 30, "all of them");
    is_int(nested("{\"raw\":", '[', ']', 16, true), BAD,
           "17 levels verbatim");
    is_int(nested("{\"id\":-1,\"raw\":", '[', ']', 16, true), BAD,
           "too deep is worse than a wrong row");
    is_int(err.field.len, 0, "which is forgotten");
    is_int(nested("", '[', ']', 1000000, false), BAD, "a million lists");
    is_int(nested("", '[', ']', 1000000, true), BAD, "closed");
    is_int(nested("{\"a\":", '[', ']', 1000000, false), BAD, "in an object");
    is_int(nested("{\"raw\":", '[', ']', 1000000, true), BAD, "verbatim");
    is_int(nested("{\"ids\":", '[', ']', 1000000, true), BAD, "in a list");
    is_int(nested("", '{', '}', 1000000, false), BAD, "a million objects");
}


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


/* piece, repeated to a megabyte between head and tail. */

static double
huge(const char *head, const char *piece, const char *tail, conf_rc_t want)
{
    char       *buf, *p;
    double      start;
    size_t      i, n, len;
    conf_rc_t   rc;

    len = strlen(piece);
    n = 1000000 / len;
    buf = malloc(n * len + 256);
    p = buf + snprintf(buf, strlen(head) + 1, "%s", head);

    for (i = 0; i < n; i++) {
        memcpy(p, piece, len);
        p += len;
    }

    p += snprintf(p, 64, "%s", tail);

    memset(&out, 0, sizeof(out));
    start = seconds();
    rc = conf_schema_json(&schema, arena,
                          (conf_str_t) { (size_t) (p - buf),
                                         (uint8_t *) buf }, &out, &err);
    start = seconds() - start;
    free(buf);
    conf_arena_reset(arena);

    is_int(rc, want, "a megabyte of %s", piece);

    return start;
}


static void
test_huge(void)
{
    double  t;

    t = huge("{\"loose\":\"", "a", "\"}", CONF_OK);
    t += huge("{\"loose\":\"", "\\n", "\"}", CONF_OK);
    t += huge("{\"loose\":\"", "\\\\", "\"}", CONF_OK);
    t += huge("{\"loose\":\"", "\\\"", "\"}", CONF_OK);
    t += huge("{\"loose\":\"", "\\ud83d\\ude00", "\"}", CONF_OK);
    t += huge("{\"loose\":\"", "房", "\"}", CONF_OK);
    t += huge("{\"x\":[", "[],", "[]]}", CONF_OK);
    t += huge("{", "\"\":0,", "\"x\":0}", CONF_OK);
    t += huge("{\"x\":", "9", "}", CONF_OK);
    t += huge("{\"id\":", "9", "}", INVALID);
    t += huge("{\"ids\":[", "9,", "9]}", INVALID);
    t += huge("{\"raw\":[", "9,", "9]}", INVALID);
    t += huge("{\"x\":1", " ", "}", CONF_OK);
    t += huge("", " ", "", CONF_OK);
    t += huge("{\"", "a", "\":1}", CONF_OK);
    t += huge("{\"loose\":\"", "a", "", BAD);
    t += huge("{\"loose\":\"", "\\\"", "", BAD);

    ok(t < 10, "seventeen megabytes in %.3f s", t);
}


static void
test_memory(void)
{
    size_t         i;
    conf_rc_t      rc;
    conf_arena_t  *small;

    static const char *const  texts[] = {
        "{\"loose\":\"0123456789\"}", "{\"raw\":[1]}", "{\"raw\":\"1\"}",
        "{\"content\":{}}", "{\"ids\":[1]}", "{\"tags\":[\"a\"]}",
        "{\"inners\":[{\"n\":1}]}", "{\"loose\":5}"
    };

    for (i = 0; i < conf_nelts(texts); i++) {
        small = conf_arena_create(256, 1);

        do {
            memset(&out, 0, sizeof(out));
            rc = conf_schema_json(&schema, small, text(texts[i]), &out,
                                  &err);
        } while (rc == CONF_OK);

        is_int(rc, CONF_E_NOMEM, "no memory for %s", texts[i]);
        conf_arena_destroy(small);
    }

    small = conf_arena_create(256, 1);

    while (conf_arena_alloc(small, 1) != NULL) { /* void */ }

    memset(&out, 0, sizeof(out));
    is_int(conf_schema_set(&schema, small, text("loose"), text("a"), &out,
                           &err), CONF_E_NOMEM, "nor for a parameter");
    is_int(conf_schema_set(&schema, small, text("tags"), text("a"), &out,
                           &err), CONF_E_NOMEM, "nor for a list");
    is_int(conf_schema_query(&schema, small, text("a=b"), &out, &err),
           CONF_E_NOMEM, "nor for a query");
    is_int(conf_schema_peek(small, text("{\"a\":\"b\"}"), text("a"),
                            &out.name), CONF_E_NOMEM, "nor for a peek");
    conf_arena_destroy(small);
}


static void
test_set(void)
{
    is_int(set("id", "42"), CONF_OK, "number");
    is_int(out.id, 42, "its value");
    ok(conf_schema_given(&schema, &out, "id"), "given");
    is_int(conf_schema_set(&schema, arena, text("room_id"), text("42"), &out,
                           &err), INVALID, "its alias is the second");
    is_str(text(err.reason), "given twice", "given twice");
    is_str(err.field, "id", "id");
    is_int(out.id, 42, "the first stays");

    is_int(set("nobody", "\xff"), CONF_OK, "unknown");
    is_int(out.input.given, 0, "nothing given");
    is_int(set("", ""), CONF_OK, "nothing at all");
    is_int(set("id", ""), INVALID, "empty number");
    ok(!conf_schema_given(&schema, &out, "id"), "not given");
    is_int(set("id", "-1"), INVALID, "negative");
    is_int(set("id", " 1"), INVALID, "blank");
    is_int(set("id", "9223372036854775808"), INVALID, "too large");
    is_int(set("id", "1.0"), INVALID, "fraction");
    is_int(set("page", "101"), INVALID, "limit");
    is_int(set("delta", "-5"), CONF_OK, "signed");
    is_int(out.delta, -5, "its value");
    is_int(set("flag", "true"), CONF_OK, "boolean");
    ok(out.flag, "is true");
    is_int(set("flag", "2"), INVALID, "wrong boolean");
    is_int(set("kind", "public"), CONF_OK, "enum by name");
    is_int(out.kind, 1, "its value");
    is_int(set("kind", "7"), CONF_OK, "enum by number");
    is_int(out.kind, 2, "its value");
    is_int(set("at", "1970-01-01T00:00:00.001Z"), CONF_OK, "time");
    is_int(out.at, 1, "its value");
    is_int(set("name", " ab "), CONF_OK, "string");
    is_str(out.name, "ab", "trimmed");
    is_int(set("name", "a"), INVALID, "too short");
    is_int(set("loose", "null"), CONF_OK, "null is a word");
    is_str(out.loose, "null", "of four letters");
    is_int(set("loose", "a\xff"), BAD, "wrong UTF-8");
    is_str(err.field, "loose", "of loose");
    is_int(set("content", "{\"a\":1}"), CONF_OK, "content");
    is_str(out.content, "{\"a\":1}", "its value");

    is_int(set("ids", "1,2,3"), CONF_OK, "list with commas");
    is_int(out.ids.n, 3, "three");
    is_int(((uint64_t *) out.ids.items)[2], 3, "the third");
    is_int(set("ids", ""), CONF_OK, "empty list");
    is_int(out.ids.n, 0, "none");
    is_int(set("ids", "1,,3"), INVALID, "hole");
    is_int(set("ids", "1,x"), INVALID, "not a number");
    is_str(err.field, "ids", "of ids");
    is_int(set("tags", "a, b"), CONF_OK, "strings with commas");
    is_str(*str_at(&out.tags, 1), "b", "trimmed");
    is_int(set("tags", "1,2,3,4,5,6"), INVALID, "too many");
    is_int(set("tags", ""), INVALID, "too few");

    is_int(set("inner", "{\"n\":5}"), CONF_OK, "object as JSON");
    is_int(out.inner.n, 5, "its value");
    ok(conf_schema_given(&schema, &out, "inner"), "given");
    is_int(set("inner", "{\"n\":-5}"), INVALID, "wrong inside");
    is_str(err.field, "n", "of n");
    is_int(set("inner", "{\"n\":5"), BAD, "not JSON");
    is_str(err.field, "inner", "of inner");
    is_int(set("inner", "5"), INVALID, "not an object");
    is_int(set("inner", ""), BAD, "empty");
    is_int(set("inners", "[{\"n\":1},{\"n\":2}]"), CONF_OK, "objects");
    is_int(out.inners.n, 2, "two");
    is_int(set("raw", " [1, 2] "), CONF_OK, "verbatim");
    is_str(out.raw, "[1, 2]", "its value");
    is_int(set("raw", "\"\\ud800\""), BAD, "lone surrogate");
    is_int(set("raw", "12"), CONF_OK, "number at the top");
    is_str(out.raw, "12", "its value");
}


static void
test_query(void)
{
    conf_schema_error_t  e;

    is_int(query(""), CONF_OK, "empty");
    is_int(query("&&"), CONF_OK, "only marks");
    is_int(query("id=5&page=7&loose=a+b%20c%2B%26%3D"), CONF_OK, "three");
    is_int(out.id * 10 + out.page, 57, "numbers");
    is_str(out.loose, "a b c+&=", "decoded");
    is_int(conf_schema_end(&schema, &out, &e), CONF_OK, "none required");
    is_int(query("l%6fose=%E6%88%BF"), CONF_OK, "escaped name");
    is_str(out.loose, "房", "UTF-8");
    is_int(query("loose"), CONF_OK, "name only");
    ok(conf_schema_given(&schema, &out, "loose"), "given");
    is_int(query("loose=a=b=c"), CONF_OK, "more equal signs");
    is_str(out.loose, "a=b=c", "belong to the value");
    is_int(query("=5&x=1&x=2&&id=3&"), CONF_OK, "odd pairs");
    is_int(out.id, 3, "what counts");
    is_int(query("id=1&id=1"), INVALID, "twice");
    is_str(err.field, "id", "id");
    is_int(query("id=1&room_id=1"), INVALID, "twice by its alias");
    is_int(query("loose=%"), BAD, "wrong escape");
    is_int(query("loose=%4"), BAD, "half an escape");
    is_int(query("loose=%4&id=1"), BAD, "cut by the next pair");
    is_int(query("loose=%zz"), BAD, "not hexadecimal");
    is_int(query("%zz=1"), BAD, "in a name");
    is_int(query("loose=%00"), BAD, "NUL");
    is_int(query("loose=%ff"), BAD, "wrong UTF-8");
    is_int(query("loose=%E4"), BAD, "half a character");
    is_int(query("ids=1%2C2,3"), CONF_OK, "list");
    is_int(out.ids.n, 3, "three");
    is_int(query("page=+7+"), CONF_OK, "trimmed");
    is_int(out.page, 7, "its value");
    is_int(query("id=%31%32"), CONF_OK, "escaped digits");
    is_int(out.id, 12, "its value");
}


static void
test_peek(void)
{
    size_t      i;
    conf_str_t  value;

    static const struct {
        const char  *text;
        conf_rc_t    rc;
    } rows[] = {
        { "{}", CONF_E_NOT_FOUND },
        { "{\"type\":null}", CONF_E_NOT_FOUND },
        { "{\"type\":1}", CONF_E_NOT_FOUND },
        { "{\"type\":true}", CONF_E_NOT_FOUND },
        { "{\"type\":{\"type\":\"a\"}}", CONF_E_NOT_FOUND },
        { "{\"type\":[\"a\"]}", CONF_E_NOT_FOUND },
        { "{\"x\":{\"type\":\"a\"}}", CONF_E_NOT_FOUND },
        { "", BAD },
        { "  \n", BAD },
        { "[]", BAD },
        { "\"type\"", BAD },
        { "{\"type\":\"a\"", BAD },
        { "{\"type\":\"a\"}x", BAD },
        { "{\"type\":\"a\",\"type\":\"b\"}", BAD },
        { "{\"type\":\"a\",\"b\":\"\\ud800\"}", BAD },
        { "{\"type\":\"\xff\"}", BAD }
    };

    for (i = 0; i < conf_nelts(rows); i++) {
        is_int(conf_schema_peek(arena, text(rows[i].text), text("type"),
                                &value), rows[i].rc, "peek %s",
               rows[i].text);
    }

    is_int(conf_schema_peek(arena, text("{\"a\":[{}],\"ty\\u0070e\":"
                                        "\"jo\\u0069n\",\"b\":1}"),
                            text("type"), &value), CONF_OK, "found");
    is_str(value, "join", "decoded");
    is_int(conf_schema_peek(arena, text("{\"type\":\"\"}"), text("type"),
                            &value), CONF_OK, "empty");
    is_int(value.len, 0, "is found too");
}


static void
test_text(void)
{
    size_t   i, j;
    uint8_t  buf[64];

    static const char *const  wrong_texts[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41",
        "\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xef\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xfe", "\xe6\x88\x41", "\xf0\x9f\x98",
        "\xf0\x9f\x41\x80", "\xc2\xc2"
    };

    static const struct {
        const char  *text;
        size_t       length;
    } right[] = {
        { "", 0 }, { "a", 1 }, { "12345678", 8 }, { "123456789", 9 },
        { "\xc2\x80", 1 }, { "\xdf\xbf", 1 }, { "\xe0\xa0\x80", 1 },
        { "\xed\x9f\xbf", 1 }, { "\xee\x80\x80", 1 }, { "\xef\xbf\xbf", 1 },
        { "\xf0\x90\x80\x80", 1 }, { "\xf4\x8f\xbf\xbf", 1 },
        { "房间😀é", 4 }, { "\x7f\x01", 2 }
    };

    for (i = 0; i < conf_nelts(wrong_texts); i++) {
        ok(!conf_text_valid(text(wrong_texts[i])), "wrong text %zu", i);

        for (j = 0; j < 20; j++) {
            memset(buf, 'a', sizeof(buf));
            memcpy(buf + j, wrong_texts[i], strlen(wrong_texts[i]));

            if (conf_text_valid((conf_str_t) { sizeof(buf), buf })) {
                break;
            }
        }

        is_int(j, 20, "wherever it stands");
    }

    for (i = 0; i < conf_nelts(right); i++) {
        ok(conf_text_valid(text(right[i].text)), "right text %zu", i);
        is_int(conf_text_length(text(right[i].text)), right[i].length,
               "its length");
    }

    for (j = 0; j < 20; j++) {
        memset(buf, 'a', sizeof(buf));
        buf[j] = '\0';

        if (conf_text_valid((conf_str_t) { 20, buf })) {
            break;
        }
    }

    is_int(j, 20, "NUL anywhere");
    ok(conf_text_valid((conf_str_t) conf_null_string), "no text is valid");
}


static void
test_time(void)
{
    size_t   i;
    int64_t  ms;

    static const struct {
        const char  *text;
        int64_t      ms;
    } right[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:00", 0 },
        { "1970-01-01t00:00:00z", 0 },
        { "1970-01-01 00:00:00", 0 },
        { "2024-05-07T15:23:30Z", 1715095410000 },
        { "2024-05-07T15:23:30.8Z", 1715095410800 },
        { "2024-05-07T15:23:30.807", 1715095410807 },
        { "2024-05-07T15:23:30.807999999999999Z", 1715095410807 },
        { "2024-05-07T15:23:30+00:00", 1715095410000 },
        { "2024-05-07T15:23:30-00:00", 1715095410000 },
        { "2024-05-07T15:23:30+08:00", 1715066610000 },
        { "2024-05-07T15:23:30-05:30", 1715115210000 },
        { "2024-02-29T00:00:00Z", 1709164800000 },
        { "2000-02-29T00:00:00Z", 951782400000 },
        { "0000-01-01T00:00:00Z", -62167219200000 },
        { "0001-03-01T00:00:00Z", -62130499200000 },
        { "9999-12-31T23:59:59.999Z", 253402300799999 },
        { "1969-12-31T23:59:59.999Z", -1 }
    };

    static const char *const  wrong_times[] = {
        "", "2024", "2024-05-07", "2024-05-07T15:23", "2024-5-7T15:23:30Z",
        "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z",
        "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2024-04-31T00:00:00Z", "2024-05-07T24:00:00Z",
        "2024-05-07T23:60:00Z", "2024-05-07T23:59:60Z",
        "2024-05-07T15:23:30.", "2024-05-07T15:23:30.Z",
        "2024-05-07T15:23:30.x", "2024-05-07T15:23:30ZZ",
        "2024-05-07T15:23:30Z ", " 2024-05-07T15:23:30Z",
        "2024-05-07T15:23:30+08", "2024-05-07T15:23:30+0800",
        "2024-05-07T15:23:30+24:00", "2024-05-07T15:23:30+08:60",
        "2024-05-07T15:23:30*08:00", "2024-05-07X15:23:30Z",
        "2024/05/07T15:23:30Z", "+024-05-07T15:23:30Z",
        "2024-05-07T15:23:3", "2024-05-07T15-23-30Z", "20240-05-07T15:23:30Z"
    };

    for (i = 0; i < conf_nelts(right); i++) {
        ms = 0x5a5a;
        is_int(conf_time_parse(text(right[i].text), &ms), CONF_OK, "%s",
               right[i].text);
        is_int(ms, right[i].ms, "its value");
    }

    for (i = 0; i < conf_nelts(wrong_times); i++) {
        is_int(conf_time_parse(text(wrong_times[i]), &ms), INVALID,
               "wrong time \"%s\"", wrong_times[i]);
    }
}


static void
test_rest(void)
{
    size_t      i;
    conf_str_t  rest;

    static const conf_field_t  rows[] = {
        { .name = conf_string("a"), .aliases = "b", .type = CONF_T_BOOL }
    };

    static const conf_schema_t  known = CONF_SCHEMA(rows, inner_t);

    static const struct {
        const char  *text;
        const char  *rest;
    } cases[] = {
        { "{}", "" },
        { " { } ", "" },
        { "{\"a\":1,\"b\":[2]}", "" },
        { "{\"a\":1,\"c\":{\"a\":[1,\"}\"]} , \"b\":2,\"d\":\"x\\\"y\"}",
          "\"c\":{\"a\":[1,\"}\"]} ,\"d\":\"x\\\"y\"" },
        { "{\"\\u0061\":1,\"e\":null}", "\"e\":null" },
        { "{\"f\":-1.5e3}", "\"f\":-1.5e3" }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        is_int(conf_schema_rest(&known, arena, text(cases[i].text), &rest),
               CONF_OK, "%s", cases[i].text);
        is_str(rest, cases[i].rest, "what it has besides");
    }
}


int
main(void)
{
    arena = conf_arena_create(65536, 0);

    test_rest();

    test_strings();
    test_numbers();
    test_bools_enums_times();
    test_objects_lists();
    test_verbatim();
    test_null_required();
    test_form();
    test_depth();
    test_huge();
    test_memory();
    test_set();
    test_query();
    test_peek();
    test_text();
    test_time();

    conf_arena_destroy(arena);

    return tap_done();
}
