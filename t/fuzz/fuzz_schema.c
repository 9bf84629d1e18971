
/*
 * Any bytes as JSON, as a query, as one parameter and as a time.  What is
 * accepted must obey the rows.
 */

#include "conf_schema.h"

#include <stdlib.h>


#define FUZZ_SIZE_MAX  65536


typedef struct {
    conf_input_t  input;
    uint64_t      n;
    conf_str_t    s;
    conf_str_t    raw;
} fuzz_inner_t;

typedef struct {
    conf_input_t  input;
    conf_str_t    str;
    uint64_t      u64;
    int64_t       i64;
    uint32_t      u32;
    bool          flag;
    uint32_t      kind;
    int64_t       time;
    fuzz_inner_t  object;
    conf_list_t   strs;
    conf_list_t   u64s;
    conf_list_t   objects;
    conf_str_t    raw;
    conf_str_t    content;
} fuzz_all_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check(bool held);
static void fuzz_all(const fuzz_all_t *all);
static void fuzz_raw(conf_arena_t *arena, conf_str_t raw);


static const conf_enum_t  fuzz_kinds[] = {
    { conf_string("a"), 0, 1 },
    { conf_string("b"), 0, 2 },
    { conf_null_string, 3, 3 },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  fuzz_inner_fields[] = {
    { .name = conf_string("n"), .type = CONF_T_U64,
      .flags = CONF_F_REQUIRED, .offset = offsetof(fuzz_inner_t, n) },
    { .name = conf_string("s"), .type = CONF_T_STR,
      .offset = offsetof(fuzz_inner_t, s) },
    { .name = conf_string("raw"), .type = CONF_T_RAW,
      .offset = offsetof(fuzz_inner_t, raw) }
};

static const conf_schema_t  fuzz_inner =
    CONF_SCHEMA(fuzz_inner_fields, fuzz_inner_t);

static const conf_field_t  fuzz_fields[] = {
    { .name = conf_string("str"), .aliases = "name title",
      .type = CONF_T_STR, .flags = CONF_F_TRIM | CONF_F_LENIENT,
      .offset = offsetof(fuzz_all_t, str), .min = 1, .max = 8 },
    { .name = conf_string("u64"), .aliases = "id", .type = CONF_T_U64,
      .flags = CONF_F_LENIENT, .offset = offsetof(fuzz_all_t, u64) },
    { .name = conf_string("i64"), .type = CONF_T_I64,
      .offset = offsetof(fuzz_all_t, i64), .min = -5, .max = 500 },
    { .name = conf_string("u32"), .type = CONF_T_U32,
      .flags = CONF_F_NULL, .offset = offsetof(fuzz_all_t, u32) },
    { .name = conf_string("flag"), .type = CONF_T_BOOL,
      .flags = CONF_F_LENIENT | CONF_F_TRIM,
      .offset = offsetof(fuzz_all_t, flag) },
    { .name = conf_string("kind"), .type = CONF_T_ENUM,
      .flags = CONF_F_LENIENT, .offset = offsetof(fuzz_all_t, kind),
      .values = fuzz_kinds },
    { .name = conf_string("time"), .type = CONF_T_TIME,
      .offset = offsetof(fuzz_all_t, time) },
    { .name = conf_string("object"), .type = CONF_T_OBJECT,
      .flags = CONF_F_NULL, .offset = offsetof(fuzz_all_t, object),
      .sub = &fuzz_inner },
    { .name = conf_string("strs"), .type = CONF_T_STRS,
      .flags = CONF_F_TRIM, .offset = offsetof(fuzz_all_t, strs),
      .min = 1, .max = 6 },
    { .name = conf_string("u64s"), .type = CONF_T_U64S,
      .offset = offsetof(fuzz_all_t, u64s) },
    { .name = conf_string("objects"), .type = CONF_T_OBJECTS,
      .offset = offsetof(fuzz_all_t, objects), .sub = &fuzz_inner },
    { .name = conf_string("raw"), .type = CONF_T_RAW,
      .offset = offsetof(fuzz_all_t, raw), .max = 1000 },
    { .name = conf_string("content"), .type = CONF_T_CONTENT,
      .offset = offsetof(fuzz_all_t, content), .max = 1000 }
};

static const conf_schema_t  fuzz_schema =
    CONF_SCHEMA(fuzz_fields, fuzz_all_t);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                i;
    int64_t               ms;
    conf_rc_t             rc;
    conf_str_t            text, value;
    fuzz_all_t            all;
    conf_arena_t         *arena;
    conf_schema_error_t   err;

    if (size > FUZZ_SIZE_MAX) {
        return 0;
    }

    arena = conf_arena_create(4096, 1 << 24);
    if (arena == NULL) {
        return 0;
    }

    text.data = data;
    text.len = size;

    memset(&all, 0, sizeof(fuzz_all_t));
    rc = conf_schema_json(&fuzz_schema, arena, text, &all, &err);

    fuzz_check(rc == CONF_OK || rc == CONF_E_BAD_REQUEST
               || rc == CONF_E_INVALID || rc == CONF_E_NOMEM);

    if (rc == CONF_OK) {
        fuzz_check(conf_text_valid(text));
        fuzz_all(&all);
        fuzz_raw(arena, all.raw);

    } else if (rc != CONF_E_NOMEM) {
        fuzz_check(err.reason != NULL);
    }

    rc = conf_schema_peek(arena, text, conf_str("type"), &value);

    if (rc == CONF_OK) {
        fuzz_check(conf_text_valid(value));
    }

    memset(&all, 0, sizeof(fuzz_all_t));

    if (conf_schema_query(&fuzz_schema, arena, text, &all, &err) == CONF_OK) {
        fuzz_all(&all);
        fuzz_raw(arena, all.raw);
    }

    for (i = 0; i < conf_nelts(fuzz_fields); i++) {
        memset(&all, 0, sizeof(fuzz_all_t));

        if (conf_schema_set(&fuzz_schema, arena, fuzz_fields[i].name, text,
                            &all, &err) == CONF_OK)
        {
            fuzz_check(all.input.given == (uint64_t) 1 << i
                       || (all.input.given == 0 && size >= 4));
            fuzz_all(&all);
        }
    }

    if (conf_time_parse(text, &ms) == CONF_OK) {
        fuzz_check(ms > -62167305600000 && ms < 253402387200000);
    }

    conf_arena_destroy(arena);

    return 0;
}


static void
fuzz_check(bool held)
{
    if (!held) {
        abort();
    }
}


static void
fuzz_all(const fuzz_all_t *all)
{
    size_t               i, n;
    const conf_str_t    *strs;
    const uint64_t      *u64s;
    const fuzz_inner_t  *objects;

    n = conf_text_length(all->str);

    fuzz_check(conf_text_valid(all->str) && n <= 8);
    fuzz_check((all->input.given & 1) == 0 || n >= 1);
    fuzz_check(all->u64 <= INT64_MAX);
    fuzz_check(all->i64 >= -5 && all->i64 <= 500);
    fuzz_check(all->kind <= 3);
    fuzz_check(conf_text_valid(all->object.s));
    fuzz_check(conf_text_valid(all->raw) && all->raw.len <= 1000);
    fuzz_check(conf_text_valid(all->content)
               && conf_text_length(all->content) <= 1000);
    fuzz_check(all->strs.n <= 6 && all->u64s.n <= CONF_SCHEMA_ITEMS
               && all->objects.n <= CONF_SCHEMA_ITEMS);

    strs = all->strs.items;
    u64s = all->u64s.items;
    objects = all->objects.items;

    for (i = 0; i < all->strs.n; i++) {
        fuzz_check(conf_text_valid(strs[i]));
    }

    for (i = 0; i < all->u64s.n; i++) {
        fuzz_check(u64s[i] <= INT64_MAX);
    }

    for (i = 0; i < all->objects.n; i++) {
        fuzz_check((objects[i].input.given & 1) != 0);
        fuzz_check(conf_text_valid(objects[i].s));
    }
}


/* Verbatim text is read again and comes back the same. */

static void
fuzz_raw(conf_arena_t *arena, conf_str_t raw)
{
    fuzz_all_t           all;
    conf_schema_error_t  err;

    if (raw.len == 0) {
        return;
    }

    memset(&all, 0, sizeof(fuzz_all_t));
    fuzz_check(conf_schema_set(&fuzz_schema, arena, conf_str("raw"), raw,
                               &all, &err) == CONF_OK);
    fuzz_check(conf_str_eq(all.raw, raw));
}
