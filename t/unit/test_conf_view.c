
#include "../../ngx_conf_module/json/conf_view.c"
#include "../../ngx_conf_module/json/conf_view_text.c"
#include "../../ngx_conf_module/json/conf_view_time.c"

#include "conf_schema.h"
#include "tap.h"


typedef struct {
    uint64_t     n;
    conf_str_t   s;
} inner_t;

typedef struct {
    conf_str_t   str;
    conf_str_t   str_null;
    uint64_t     u64;
    uint64_t     u64_str;
    uint64_t     u64_null;
    uint32_t     u32;
    int64_t      i64;
    bool         flag;
    uint32_t     kind;
    conf_uuid_t  uuid;
    int64_t      ms;
    conf_str_t   raw;
    conf_str_t   content;
    bool         is_json;
    inner_t      inner;
    inner_t     *pointer;
    conf_list_t  list;
    conf_list_t  strs;
    conf_list_t  u64s;
    conf_list_t  counts;
} all_t;


static const conf_str_t  kind_names[] = {
    conf_string("zero"), conf_string("o\"ne"), conf_null_string
};

static const conf_view_row_t  inner_rows[] = {
    { .name = conf_string("n"), .kind = CONF_V_U64,
      .offset = offsetof(inner_t, n) },
    { .name = conf_string("s"), .kind = CONF_V_STR, .flags = CONF_VF_OMIT,
      .offset = offsetof(inner_t, s) }
};

static const conf_view_t  inner_view = CONF_VIEW(inner_rows, inner_t);

#define ROW(nm, kd, mem, fl)                                                  \
    { .name = conf_string(nm), .kind = kd, .flags = fl,                       \
      .offset = offsetof(all_t, mem), .extra = offsetof(all_t, is_json),      \
      .sub = &inner_view, .names = kind_names,                                \
      .nnames = conf_nelts(kind_names), .literal = conf_string("[1,{}]") }

#define ROWS(fl)                                                              \
    ROW("str", CONF_V_STR, str, fl),                                          \
    ROW("str_null", CONF_V_STR_NULL, str_null, fl),                           \
    ROW("u64", CONF_V_U64, u64, fl),                                          \
    ROW("u64_str", CONF_V_U64_STR, u64_str, fl),                              \
    ROW("u64_null", CONF_V_U64_NULL, u64_null, fl),                           \
    ROW("u32", CONF_V_U32, u32, fl),                                          \
    ROW("i64", CONF_V_I64, i64, fl),                                          \
    ROW("flag", CONF_V_BOOL, flag, fl),                                       \
    ROW("kind", CONF_V_ENUM, kind, fl),                                       \
    ROW("uuid", CONF_V_UUID, uuid, fl),                                       \
    ROW("hex", CONF_V_UUID_HEX, uuid, fl),                                    \
    ROW("ms", CONF_V_TIME_MS, ms, fl),                                        \
    ROW("utc", CONF_V_TIME_UTC, ms, fl),                                      \
    ROW("utc_ms", CONF_V_TIME_UTC_MS, ms, fl),                                \
    ROW("offset", CONF_V_TIME_OFFSET, ms, fl),                                \
    ROW("local", CONF_V_TIME_LOCAL, ms, fl),                                  \
    ROW("raw", CONF_V_RAW, raw, fl),                                          \
    ROW("content", CONF_V_CONTENT, content, fl),                              \
    ROW("literal", CONF_V_LITERAL, str, fl),                                  \
    ROW("inner", CONF_V_OBJECT, inner, fl),                                   \
    ROW("pointer", CONF_V_OBJECT_PTR, pointer, fl),                           \
    ROW("list", CONF_V_LIST, list, fl),                                       \
    ROW("strs", CONF_V_STRS, strs, fl),                                       \
    ROW("u64s", CONF_V_U64S, u64s, fl),                                       \
    ROW("counts", CONF_V_COUNTS, counts, fl)

static const conf_view_row_t  rows[] = { ROWS(0) };
static const conf_view_row_t  omit_rows[] = { ROWS(CONF_VF_OMIT) };

static const conf_view_t  view = CONF_VIEW(rows, all_t);
static const conf_view_t  omit_view = CONF_VIEW(omit_rows, all_t);

static conf_buf_t  buf;


static conf_str_t
text(const char *s)
{
    return (conf_str_t) { strlen(s), (const uint8_t *) s };
}


static conf_str_t
written(void)
{
    return (conf_str_t) { buf.len, buf.data };
}


static void
zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
    memset(conf_view_zones, 0, sizeof(conf_view_zones));
}


static void
test_string(void)
{
    size_t    i, j;
    char      want[64];
    uint8_t   long_text[64];

    static const struct {
        const char  *text;
        const char  *want;
    } table[] = {
        { "", "\"\"" },
        { "a", "\"a\"" },
        { "abcdefgh", "\"abcdefgh\"" },
        { "\"", "\"\\\"\"" },
        { "\\", "\"\\\\\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\"" },
        { "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"" },
        { "</script>", "\"</script>\"" },
        { "房间😀é", "\"房间😀é\"" },
        { "\xe2\x80\xa8|\xe2\x80\xa9", "\"\\u2028|\\u2029\"" },
        { "\xe2\x80\xa7\xe2\x80\xaa", "\"\xe2\x80\xa7\xe2\x80\xaa\"" },
        { "\xff", "\"\xef\xbf\xbd\"" },
        { "a\x80z", "\"a\xef\xbf\xbdz\"" },
        { "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xe6\x88", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xe6\x88z", "\"\xef\xbf\xbd\xef\xbf\xbdz\"" },
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\"" },
        { "\xe0\x9f\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
        { "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                              "\xef\xbf\xbd\"" },
        { "\xf0\x8f\xbf\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                              "\xef\xbf\xbd\"" },
        { "\xc2", "\"\xef\xbf\xbd\"" },
        { "\xc2\x80\xdf\xbf", "\"\xc2\x80\xdf\xbf\"" },
        { "\xe2\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" }
    };

    for (i = 0; i < conf_nelts(table); i++) {
        conf_buf_reset(&buf);
        conf_view_string(&buf, text(table[i].text));
        is_str(written(), table[i].want, "string %zu", i);
    }

    conf_buf_reset(&buf);
    conf_view_string(&buf, conf_str("a\0b"));
    is_str(written(), "\"a\\u0000b\"", "NUL");
    conf_buf_reset(&buf);
    conf_view_string(&buf, (conf_str_t) conf_null_string);
    is_str(written(), "\"\"", "no string");

    /* Every ASCII byte at every place of the eight-byte steps. */

    for (i = 0; i < 128; i++) {
        for (j = 0; j < 24; j++) {
            memset(long_text, ' ', sizeof(long_text));
            long_text[j] = (uint8_t) i;
            conf_buf_reset(&buf);
            conf_view_string(&buf, (conf_str_t) { 24, long_text });

            if (i < 0x20 || i == '"' || i == '\\') {
                if (buf.len != 27 && buf.len != 31) {
                    break;
                }

            } else if (buf.len != 26
                       || memcmp(buf.data + 1, long_text, 24) != 0)
            {
                break;
            }
        }

        if (j != 24) {
            break;
        }
    }

    is_int(i, 128, "all of ASCII");

    for (i = 0; i < 0x20; i++) {
        if (strchr("\n\r\t\b\f", (int) i) != NULL && i != 0) {
            continue;
        }

        snprintf(want, sizeof(want), "\"\\u%04x\"", (unsigned) i);
        long_text[0] = (uint8_t) i;
        conf_buf_reset(&buf);
        conf_view_string(&buf, (conf_str_t) { 1, long_text });
        is_str(written(), want, "control character %zu", i);
    }
}


static void
test_time(void)
{
    size_t  i;

    static const struct {
        const char        *zone;
        conf_view_kind_e   kind;
        int64_t            ms;
        const char        *want;
    } table[] = {
        { "UTC", CONF_V_TIME_MS, 0, "0" },
        { "UTC", CONF_V_TIME_MS, -5, "-5" },
        { "UTC", CONF_V_TIME_UTC, 0, "null" },
        { "UTC", CONF_V_TIME_UTC_MS, 0, "null" },
        { "UTC", CONF_V_TIME_OFFSET, 0, "null" },
        { "UTC", CONF_V_TIME_LOCAL, 0, "\"\"" },
        { "UTC", CONF_V_TIME_UTC, 1715095410807, "\"2024-05-07T15:23:30Z\"" },
        { "UTC", CONF_V_TIME_UTC_MS, 1715095410807,
          "\"2024-05-07T15:23:30.807+00:00\"" },
        { "UTC", CONF_V_TIME_OFFSET, 1715095410807,
          "\"2024-05-07T15:23:30.807Z\"" },
        { "UTC", CONF_V_TIME_LOCAL, 1715095410807,
          "\"2024-05-07 15:23:30\"" },
        { "Asia/Shanghai", CONF_V_TIME_OFFSET, 1715066610807,
          "\"2024-05-07T15:23:30.807+08:00\"" },
        { "Asia/Shanghai", CONF_V_TIME_LOCAL, 1715066610807,
          "\"2024-05-07 15:23:30\"" },
        { "Asia/Shanghai", CONF_V_TIME_UTC, 1715066610807,
          "\"2024-05-07T07:23:30Z\"" },
        { "XXX8:45", CONF_V_TIME_OFFSET, 1715066610007,
          "\"2024-05-06T22:38:30.007-08:45\"" },
        { "EST5EDT,M3.2.0,M11.1.0", CONF_V_TIME_OFFSET, 1710053999999,
          "\"2024-03-10T01:59:59.999-05:00\"" },
        { "EST5EDT,M3.2.0,M11.1.0", CONF_V_TIME_OFFSET, 1710054000000,
          "\"2024-03-10T03:00:00.000-04:00\"" },
        { "EST5EDT,M3.2.0,M11.1.0", CONF_V_TIME_LOCAL, 1730613599000,
          "\"2024-11-03 01:59:59\"" },
        { "EST5EDT,M3.2.0,M11.1.0", CONF_V_TIME_LOCAL, 1730613600000,
          "\"2024-11-03 01:00:00\"" },
        { "UTC", CONF_V_TIME_UTC_MS, -1,
          "\"1969-12-31T23:59:59.999+00:00\"" },
        { "UTC", CONF_V_TIME_UTC_MS, -1000,
          "\"1969-12-31T23:59:59.000+00:00\"" },
        { "UTC", CONF_V_TIME_UTC, 1709164800000, "\"2024-02-29T00:00:00Z\"" },
        { "UTC", CONF_V_TIME_UTC, 1709251200000, "\"2024-03-01T00:00:00Z\"" },
        { "UTC", CONF_V_TIME_UTC, 951782400000, "\"2000-02-29T00:00:00Z\"" },
        { "UTC", CONF_V_TIME_UTC, 1704067199000, "\"2023-12-31T23:59:59Z\"" },
        { "UTC", CONF_V_TIME_UTC, 1704067200000, "\"2024-01-01T00:00:00Z\"" },
        { "UTC", CONF_V_TIME_UTC, -62130499200000,
          "\"0001-03-01T00:00:00Z\"" },
        { "UTC", CONF_V_TIME_UTC, 253402214399999,
          "\"9999-12-30T23:59:59Z\"" },
        { "UTC", CONF_V_TIME_UTC, INT64_MAX, "null" },
        { "UTC", CONF_V_TIME_UTC, INT64_MIN, "null" },
        { "UTC", CONF_V_TIME_OFFSET, INT64_MIN, "null" },
        { "UTC", CONF_V_TIME_LOCAL, INT64_MAX, "\"\"" }
    };

    for (i = 0; i < conf_nelts(table); i++) {
        zone(table[i].zone);
        conf_buf_reset(&buf);
        conf_view_time(&buf, table[i].kind, table[i].ms);
        is_str(written(), table[i].want, "time %zu", i);
    }
}


/* All times of a year and a half agree with the C library. */

static void
test_time_libc(void)
{
    char       want[64];
    size_t     i, wrong;
    time_t     when;
    struct tm  tm;

    zone("EST5EDT,M3.2.0,M11.1.0");
    wrong = 0;

    for (i = 0; i < 30000; i++) {
        when = (time_t) (1700000000 + (i * 7919 % 30000) * 1571);
        localtime_r(&when, &tm);
        strftime(want, sizeof(want), "\"%Y-%m-%d %H:%M:%S\"", &tm);
        conf_buf_reset(&buf);
        conf_view_time(&buf, CONF_V_TIME_LOCAL, (int64_t) when * 1000 + 999);

        if (!conf_str_eq(written(), text(want))) {
            wrong++;
        }
    }

    is_int(wrong, 0, "local times");

    zone("UTC");
    wrong = 0;

    for (i = 0; i < 30000; i++) {
        when = (time_t) (-62000000000 + (int64_t) i * 10500000);
        gmtime_r(&when, &tm);
        strftime(want, sizeof(want), "-%m-%dT%H:%M:%SZ\"", &tm);
        conf_buf_reset(&buf);
        conf_view_time(&buf, CONF_V_TIME_UTC, (int64_t) when * 1000);

        if (buf.len != 22 || memcmp(buf.data + 5, want, 17) != 0) {
            wrong++;
        }
    }

    is_int(wrong, 0, "times of eight thousand years");
}


static void
fill(all_t *all, inner_t *items)
{
    size_t  i;

    static conf_str_t         strs[2] = {
        conf_string("a\""), conf_string("")
    };
    static uint64_t           u64s[2] = { 1, UINT64_MAX };
    static conf_view_count_t  counts[2] = {
        { conf_string("👍"), 2 }, { conf_string("\"\\\n"), UINT64_MAX }
    };

    memset(all, 0, sizeof(all_t));

    all->str = conf_str("s");
    all->str_null = conf_str("n");
    all->u64 = UINT64_MAX;
    all->u64_str = UINT64_MAX;
    all->u64_null = 1;
    all->u32 = UINT32_MAX;
    all->i64 = INT64_MIN;
    all->flag = true;
    all->kind = 1;

    for (i = 0; i < sizeof(all->uuid.b); i++) {
        all->uuid.b[i] = (uint8_t) (i * 17);
    }

    all->ms = 1715095410807;
    all->raw = conf_str("{\"a\": 1}");
    all->content = conf_str("[1]");
    all->is_json = true;
    all->inner.n = 5;
    all->pointer = &items[1];
    items[0].n = 1;
    items[0].s = conf_str("x");
    items[1].n = 2;
    items[1].s = conf_str("");
    all->list.items = items;
    all->list.n = 2;
    all->strs.items = strs;
    all->strs.n = 2;
    all->u64s.items = u64s;
    all->u64s.n = 2;
    all->counts.items = counts;
    all->counts.n = 2;
}


static void
test_kinds(void)
{
    all_t        all;
    inner_t      items[2];
    conf_list_t  list;

    static const char  full[] =
        "{\"str\":\"s\",\"str_null\":\"n\",\"u64\":18446744073709551615,"
        "\"u64_str\":\"18446744073709551615\",\"u64_null\":1,"
        "\"u32\":4294967295,\"i64\":-9223372036854775808,\"flag\":true,"
        "\"kind\":\"o\\\"ne\","
        "\"uuid\":\"00112233-4455-6677-8899-aabbccddeeff\","
        "\"hex\":\"00112233445566778899aabbccddeeff\","
        "\"ms\":1715095410807,\"utc\":\"2024-05-07T15:23:30Z\","
        "\"utc_ms\":\"2024-05-07T15:23:30.807+00:00\","
        "\"offset\":\"2024-05-07T15:23:30.807Z\","
        "\"local\":\"2024-05-07 15:23:30\",\"raw\":{\"a\": 1},"
        "\"content\":[1],\"literal\":[1,{}],\"inner\":{\"n\":5},"
        "\"pointer\":{\"n\":2},\"list\":[{\"n\":1,\"s\":\"x\"},{\"n\":2}],"
        "\"strs\":[\"a\\\"\",\"\"],\"u64s\":[1,18446744073709551615],"
        "\"counts\":{\"👍\":2,\"\\\"\\\\\\n\":18446744073709551615}}";

    static const char  empty[] =
        "{\"str\":[1,{}],\"str_null\":null,\"u64\":0,\"u64_str\":\"0\","
        "\"u64_null\":null,\"u32\":0,\"i64\":0,\"flag\":false,"
        "\"kind\":\"zero\","
        "\"uuid\":\"00000000-0000-0000-0000-000000000000\","
        "\"hex\":\"00000000000000000000000000000000\",\"ms\":0,"
        "\"utc\":null,\"utc_ms\":null,\"offset\":null,\"local\":\"\","
        "\"raw\":null,\"content\":\"\",\"literal\":[1,{}],"
        "\"inner\":{\"n\":0},\"pointer\":null,\"list\":[],\"strs\":[],"
        "\"u64s\":[],\"counts\":{}}";

    zone("UTC");

    fill(&all, items);
    conf_buf_reset(&buf);
    conf_view_object(&buf, &view, &all);
    is_str(written(), full, "all kinds");
    conf_buf_reset(&buf);
    conf_view_object(&buf, &omit_view, &all);
    is_str(written(), full, "nothing to omit");
    is_int(conf_buf_ok(&buf), CONF_OK, "no failure");

    memset(&all, 0, sizeof(all));
    conf_buf_reset(&buf);
    conf_view_object(&buf, &view, &all);
    is_str(written(), empty, "all kinds, empty");
    conf_buf_reset(&buf);
    conf_view_object(&buf, &omit_view, &all);
    is_str(written(), "{\"literal\":[1,{}],\"inner\":{\"n\":0}}",
           "all that can be omitted");

    list.items = NULL;
    list.n = 0;
    conf_buf_reset(&buf);
    conf_view_list(&buf, &inner_view, &list);
    is_str(written(), "[]", "empty list");

    list.items = items;
    list.n = 2;
    conf_buf_reset(&buf);
    conf_view_list(&buf, &inner_view, &list);
    is_str(written(), "[{\"n\":1,\"s\":\"x\"},{\"n\":2}]", "list");
}


static void
test_corners(void)
{
    all_t  all;

    static const conf_view_row_t  enum_row[] = {
        ROW("kind", CONF_V_ENUM, kind, 0),
        ROW("content", CONF_V_CONTENT, content, 0)
    };

    static const conf_view_t  enum_view = CONF_VIEW(enum_row, all_t);
    static const conf_view_t  no_view = { NULL, 0, sizeof(all_t) };

    memset(&all, 0, sizeof(all));
    all.kind = 2;
    all.content = conf_str("{\"a\":1}");
    conf_buf_reset(&buf);
    conf_view_object(&buf, &enum_view, &all);
    is_str(written(), "{\"kind\":\"\",\"content\":\"{\\\"a\\\":1}\"}",
           "a name that is empty, JSON that is said to be text");

    all.kind = 3;
    all.is_json = true;
    all.content = conf_str("true");
    conf_buf_reset(&buf);
    conf_view_object(&buf, &enum_view, &all);
    is_str(written(), "{\"kind\":null,\"content\":true}",
           "no name, a scalar is text");

    all.kind = UINT32_MAX;
    all.content = conf_str("{}");
    conf_buf_reset(&buf);
    conf_view_object(&buf, &enum_view, &all);
    is_str(written(), "{\"kind\":null,\"content\":{}}", "JSON is JSON");

    conf_buf_reset(&buf);
    conf_view_object(&buf, &no_view, &all);
    is_str(written(), "{}", "no rows");

    conf_buf_free(&buf);
    conf_buf_init(&buf, 16);
    conf_view_object(&buf, &view, &all);
    is_int(conf_buf_ok(&buf), CONF_E_NOMEM, "a full buffer is noticed");
    ok(buf.len <= 16, "and not passed");
    conf_buf_free(&buf);
    conf_buf_init(&buf, 0);
}


typedef struct node_s  node_t;

struct node_s {
    uint64_t   n;
    node_t    *next;
};


static void
test_depth(void)
{
    node_t                  node;
    size_t                  i, braces;
    static conf_view_t      node_view;
    static conf_view_row_t  node_rows[] = {
        { .name = conf_string("next"), .kind = CONF_V_OBJECT_PTR,
          .offset = offsetof(node_t, next), .sub = &node_view }
    };

    node_view.rows = node_rows;
    node_view.nrows = 1;
    node_view.size = sizeof(node_t);
    node.next = &node;

    conf_buf_reset(&buf);
    conf_view_object(&buf, &node_view, &node);

    braces = 0;

    for (i = 0; i < buf.len; i++) {
        braces += buf.data[i] == '{';
    }

    is_int(braces, CONF_VIEW_DEPTH, "a ring ends");
    ok(memmem(buf.data, buf.len, ":null}", 6) != NULL, "with null");
}


/* What a view writes, a schema with the same names reads. */

typedef struct {
    conf_input_t  input;
    conf_str_t    str;
    uint64_t      u64;
    uint64_t      u64_str;
    int64_t       i64;
    bool          flag;
    uint32_t      kind;
    int64_t       utc_ms;
    int64_t       offset;
    conf_str_t    raw;
    conf_str_t    content;
    conf_list_t   strs;
    conf_list_t   u64s;
} back_t;

static const conf_enum_t  back_kinds[] = {
    { conf_string("zero"), 0, 0 },
    { conf_string("o\"ne"), 0, 1 },
    { conf_null_string, 0, UINT32_MAX }
};

#define BACK(member, ty, fl)                                                  \
    { .name = conf_string(#member), .type = ty, .flags = fl,                  \
      .offset = offsetof(back_t, member), .values = back_kinds }

static const conf_field_t  back_fields[] = {
    BACK(str, CONF_T_STR, 0),
    BACK(u64, CONF_T_U64, 0),
    BACK(u64_str, CONF_T_U64, CONF_F_LENIENT),
    BACK(i64, CONF_T_I64, 0),
    BACK(flag, CONF_T_BOOL, 0),
    BACK(kind, CONF_T_ENUM, 0),
    BACK(utc_ms, CONF_T_TIME, 0),
    BACK(offset, CONF_T_TIME, 0),
    BACK(raw, CONF_T_RAW, 0),
    BACK(content, CONF_T_CONTENT, 0),
    BACK(strs, CONF_T_STRS, 0),
    BACK(u64s, CONF_T_U64S, 0)
};

static const conf_schema_t  back_schema = CONF_SCHEMA(back_fields, back_t);


static void
test_round_trip(void)
{
    all_t                 all;
    back_t                back;
    inner_t               items[2];
    conf_arena_t         *arena;
    conf_schema_error_t   err;

    static uint64_t    u64s[3] = { 0, 1, INT64_MAX };
    static conf_str_t  strs[3] = {
        conf_string("\xe2\x80\xa8\x01\x1f\"\\/\b\f\n\r\t"),
        conf_string(""), conf_string("😀\x7f")
    };

    arena = conf_arena_create(4096, 0);
    zone("NPT-5:45");
    fill(&all, items);

    all.str = strs[0];
    all.u64 = INT64_MAX;
    all.u64_str = INT64_MAX;
    all.ms = -1;
    all.strs.items = strs;
    all.strs.n = 3;
    all.u64s.items = u64s;
    all.u64s.n = 3;

    conf_buf_reset(&buf);
    conf_view_object(&buf, &view, &all);
    memset(&back, 0, sizeof(back));

    is_int(conf_schema_json(&back_schema, arena, written(), &back, &err),
           CONF_OK, "what was written is read");
    ok(conf_str_eq(back.str, all.str), "string");
    ok(back.u64 == all.u64 && back.u64_str == all.u64_str
       && back.i64 == all.i64, "numbers");
    ok(back.flag && back.kind == 1, "boolean and enum");
    ok(back.utc_ms == -1 && back.offset == -1, "times");
    ok(conf_str_eq(back.raw, all.raw)
       && conf_str_eq(back.content, all.content), "verbatim");
    ok(back.strs.n == 3 && back.u64s.n == 3
       && memcmp(back.u64s.items, u64s, sizeof(u64s)) == 0
       && conf_str_eq(((conf_str_t *) back.strs.items)[0], strs[0])
       && conf_str_eq(((conf_str_t *) back.strs.items)[2], strs[2]),
       "lists");

    conf_arena_destroy(arena);
}


/* Members that bring their names, first, last, alone, and none. */

static void
test_members(void)
{
    size_t      i;
    conf_str_t  value;

    static const conf_view_row_t  one[] = {
        { .kind = CONF_V_MEMBERS }
    };

    static const conf_view_row_t  more[] = {
        { .kind = CONF_V_MEMBERS },
        { .name = conf_string("n"), .kind = CONF_V_LITERAL,
          .literal = conf_string("1") },
        { .kind = CONF_V_MEMBERS }
    };

    static const conf_view_t  alone = CONF_VIEW(one, conf_str_t);
    static const conf_view_t  both = CONF_VIEW(more, conf_str_t);

    static const struct {
        const char  *value;
        const char  *alone;
        const char  *both;
    } cases[] = {
        { "", "{}", "{\"n\":1}" },
        { "\"a\":[]", "{\"a\":[]}", "{\"a\":[],\"n\":1,\"a\":[]}" }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        value.data = (const uint8_t *) cases[i].value;
        value.len = strlen(cases[i].value);

        conf_buf_reset(&buf);
        conf_view_object(&buf, &alone, &value);
        is_mem(buf.data, buf.len, cases[i].alone, strlen(cases[i].alone),
               "%s", cases[i].alone);
        conf_buf_reset(&buf);
        conf_view_object(&buf, &both, &value);
        is_mem(buf.data, buf.len, cases[i].both, strlen(cases[i].both),
               "%s", cases[i].both);
    }
}


/* Digits, single bits, and members that are named by a number. */

static void
test_numbers(void)
{
    all_t    all;
    inner_t  items[2];

    static const conf_view_row_t  number_rows[] = {
        { .name = conf_string("hex"), .kind = CONF_V_U64_HEX,
          .offset = offsetof(all_t, u64) },
        { .name = conf_string("none"), .kind = CONF_V_U64_HEX,
          .offset = offsetof(all_t, u64_null) },
        { .name = conf_string("left_out"), .kind = CONF_V_U64_HEX,
          .flags = CONF_VF_OMIT, .offset = offsetof(all_t, u64_null) },
        { .name = conf_string("on"), .kind = CONF_V_BIT,
          .offset = offsetof(all_t, u32), .extra = 4 },
        { .name = conf_string("off"), .kind = CONF_V_BIT,
          .offset = offsetof(all_t, u32), .extra = 2 },
        { .name = conf_string("map"), .kind = CONF_V_MAP,
          .offset = offsetof(all_t, list), .extra = offsetof(inner_t, n),
          .sub = &inner_view },
        { .name = conf_string("empty"), .kind = CONF_V_MAP,
          .offset = offsetof(all_t, strs), .extra = offsetof(inner_t, n),
          .sub = &inner_view }
    };

    static const conf_view_t  number_view = CONF_VIEW(number_rows, all_t);

    memset(&all, 0, sizeof(all_t));
    memset(items, 0, sizeof(items));

    all.u64 = 0xfedcba987654321;
    all.u32 = 5;
    items[0].n = 3;
    items[1].n = 70;
    items[1].s = text("x");
    all.list.items = items;
    all.list.n = 2;

    conf_buf_reset(&buf);
    conf_view_object(&buf, &number_view, &all);
    is_mem(buf.data, buf.len, "{\"hex\":\"0fedcba987654321\",\"none\":\"\","
           "\"on\":true,\"off\":false,"
           "\"map\":{\"3\":{\"n\":3},\"70\":{\"n\":70,\"s\":\"x\"}},"
           "\"empty\":{}}",
           sizeof("{\"hex\":\"0fedcba987654321\",\"none\":\"\","
           "\"on\":true,\"off\":false,"
           "\"map\":{\"3\":{\"n\":3},\"70\":{\"n\":70,\"s\":\"x\"}},"
           "\"empty\":{}}") - 1, "numbers of other kinds");
}


int
main(void)
{
    conf_buf_init(&buf, 0);

    test_string();
    test_time();
    test_time_libc();
    test_kinds();
    test_corners();
    test_depth();
    test_round_trip();
    test_numbers();

    conf_buf_free(&buf);

    test_members();

    return tap_done();
}
