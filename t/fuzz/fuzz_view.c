
/*
 * Bytes become a struct, a view writes it, a schema reads it back: what was
 * valid must come back the same, and what was not must still be JSON.
 */

#include "conf_schema.h"
#include "conf_view.h"

#include <stdlib.h>


#define FUZZ_SIZE_MAX  16384
#define FUZZ_STRS      6


typedef struct {
    conf_input_t       input;
    conf_str_t         str;
    uint64_t           u64;
    uint64_t           u64_str;
    uint32_t           u32;
    int64_t            i64;
    bool               flag;
    uint32_t           kind;
    int64_t            utc_ms;
    int64_t            offset;
    conf_str_t         content;
    bool               is_json;
    conf_list_t        strs;
    conf_list_t        u64s;
    conf_list_t        counts;
    conf_str_t         raw;         /* the counts, read back */
} fuzz_all_t;

typedef struct {
    const uint8_t     *p;
    const uint8_t     *end;
} fuzz_input_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check(bool held);
static uint64_t fuzz_number(fuzz_input_t *in);
static conf_str_t fuzz_string(fuzz_input_t *in);
static void fuzz_compare(const fuzz_all_t *all, const fuzz_all_t *back);
static bool fuzz_has_nul(conf_str_t s);


static const conf_str_t  fuzz_names[] = {
    conf_string("zero"), conf_string("o\"ne"), conf_string("\xe4\xba\x8c")
};

static const conf_enum_t  fuzz_kinds[] = {
    { conf_string("zero"), 0, 0 },
    { conf_string("o\"ne"), 0, 1 },
    { conf_string("\xe4\xba\x8c"), 0, 2 },
    { conf_null_string, 0, UINT32_MAX }
};

#define ROW(member, k, f)                                                     \
    { .name = conf_string(#member), .kind = k, .flags = f,                    \
      .offset = offsetof(fuzz_all_t, member),                                 \
      .extra = offsetof(fuzz_all_t, is_json), .names = fuzz_names,            \
      .nnames = conf_nelts(fuzz_names) }

static const conf_view_row_t  fuzz_rows[] = {
    ROW(str, CONF_V_STR, CONF_VF_OMIT),
    ROW(u64, CONF_V_U64, 0),
    ROW(u64_str, CONF_V_U64_STR, 0),
    ROW(u32, CONF_V_U32, 0),
    ROW(i64, CONF_V_I64, CONF_VF_OMIT),
    ROW(flag, CONF_V_BOOL, 0),
    ROW(kind, CONF_V_ENUM, 0),
    ROW(utc_ms, CONF_V_TIME_UTC_MS, 0),
    ROW(offset, CONF_V_TIME_OFFSET, 0),
    ROW(content, CONF_V_CONTENT, 0),
    ROW(strs, CONF_V_STRS, 0),
    ROW(u64s, CONF_V_U64S, 0),
    { .name = conf_string("raw"), .kind = CONF_V_COUNTS,
      .offset = offsetof(fuzz_all_t, counts) }
};

static const conf_view_t  fuzz_view = CONF_VIEW(fuzz_rows, fuzz_all_t);

#define BACK(member, t, f)                                                    \
    { .name = conf_string(#member), .type = t, .flags = f,                    \
      .offset = offsetof(fuzz_all_t, member), .values = fuzz_kinds }

static const conf_field_t  fuzz_fields[] = {
    BACK(str, CONF_T_STR, 0),
    BACK(u64, CONF_T_U64, 0),
    BACK(u64_str, CONF_T_U64, CONF_F_LENIENT),
    BACK(u32, CONF_T_U32, 0),
    BACK(i64, CONF_T_I64, 0),
    BACK(flag, CONF_T_BOOL, 0),
    BACK(kind, CONF_T_ENUM, 0),
    BACK(utc_ms, CONF_T_TIME, 0),
    BACK(offset, CONF_T_TIME, 0),
    BACK(content, CONF_T_CONTENT, 0),
    BACK(strs, CONF_T_STRS, 0),
    BACK(u64s, CONF_T_U64S, 0),
    BACK(raw, CONF_T_RAW, 0)
};

static const conf_schema_t  fuzz_schema =
    CONF_SCHEMA(fuzz_fields, fuzz_all_t);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool                  nul;
    size_t                i;
    conf_rc_t             rc;
    uint64_t              u64s[FUZZ_STRS];
    conf_buf_t            buf;
    conf_str_t            strs[FUZZ_STRS];
    fuzz_all_t            all, back;
    fuzz_input_t          in;
    conf_arena_t         *arena;
    conf_view_count_t     counts[FUZZ_STRS];
    conf_schema_error_t   err;

    if (size > FUZZ_SIZE_MAX) {
        return 0;
    }

    in.p = data;
    in.end = data + size;

    memset(&all, 0, sizeof(fuzz_all_t));
    all.u64 = fuzz_number(&in) >> 1;
    all.u64_str = fuzz_number(&in) >> 1;
    all.i64 = (int64_t) fuzz_number(&in);
    all.u32 = (uint32_t) all.i64;
    all.flag = (all.i64 & 1) != 0;
    all.kind = (uint32_t) all.u64 & 3;
    all.utc_ms = (int64_t) fuzz_number(&in);
    all.offset = all.utc_ms >> 12;
    all.str = fuzz_string(&in);
    all.content = fuzz_string(&in);
    nul = fuzz_has_nul(all.str) || fuzz_has_nul(all.content);

    for (i = 0; i < FUZZ_STRS; i++) {
        strs[i] = fuzz_string(&in);
        u64s[i] = all.u64 >> (i * 11);
        counts[i].name = strs[i];
        counts[i].count = ~all.u64;
        nul = nul || fuzz_has_nul(strs[i]);
    }

    all.strs.items = strs;
    all.strs.n = FUZZ_STRS;
    all.u64s.items = u64s;
    all.u64s.n = FUZZ_STRS;
    all.counts.items = counts;
    all.counts.n = FUZZ_STRS;

    arena = conf_arena_create(4096, 0);
    fuzz_check(arena != NULL);

    conf_buf_init(&buf, 0);
    conf_view_object(&buf, &fuzz_view, &all);
    fuzz_check(conf_buf_ok(&buf) == CONF_OK);

    memset(&back, 0, sizeof(fuzz_all_t));
    rc = conf_schema_json(&fuzz_schema, arena,
                          (conf_str_t) { buf.len, buf.data }, &back, &err);

    /* The writer can say NUL, the reader does not take it. */

    fuzz_check(rc == (nul ? CONF_E_BAD_REQUEST : CONF_OK));

    if (rc == CONF_OK) {
        fuzz_compare(&all, &back);
    }

    conf_buf_free(&buf);
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


static uint64_t
fuzz_number(fuzz_input_t *in)
{
    size_t    n;
    uint64_t  value;

    value = 0;
    n = conf_min((size_t) (in->end - in->p), sizeof(uint64_t));

    if (n != 0) {
        memcpy(&value, in->p, n);
        in->p += n;
    }

    return value;
}


/* A length in one byte, then the bytes. */

static conf_str_t
fuzz_string(fuzz_input_t *in)
{
    size_t      n;
    conf_str_t  s;

    s.data = in->p;
    s.len = 0;

    if (in->p == in->end) {
        return s;
    }

    n = *in->p++;
    s.data = in->p;
    s.len = conf_min((size_t) (in->end - in->p), n);
    in->p += s.len;

    return s;
}


static void
fuzz_compare(const fuzz_all_t *all, const fuzz_all_t *back)
{
    size_t             i;
    const conf_str_t  *a, *b;

    fuzz_check(all->u64 == back->u64 && all->u64_str == back->u64_str);
    fuzz_check(all->i64 == back->i64 && all->u32 == back->u32);
    fuzz_check(all->flag == back->flag);
    fuzz_check((all->kind == 3 ? 0 : all->kind) == back->kind);

    /* A year of four digits is needed; null reads as nothing. */

    fuzz_check(back->utc_ms == 0 || all->utc_ms == back->utc_ms);
    fuzz_check(back->offset == 0 || all->offset == back->offset);
    fuzz_check(all->offset < 0 || all->offset > 253402214399999
               || all->offset == back->offset);

    fuzz_check(conf_text_valid(back->str) && conf_text_valid(back->raw));

    if (conf_text_valid(all->str)) {
        fuzz_check(conf_str_eq(all->str, back->str));
    }

    if (conf_text_valid(all->content)) {
        fuzz_check(conf_str_eq(all->content, back->content));
    }

    fuzz_check(back->strs.n == FUZZ_STRS && back->u64s.n == FUZZ_STRS);
    fuzz_check(memcmp(all->u64s.items, back->u64s.items,
                      FUZZ_STRS * sizeof(uint64_t)) == 0);

    a = all->strs.items;
    b = back->strs.items;

    for (i = 0; i < FUZZ_STRS; i++) {
        fuzz_check(conf_text_valid(b[i]));
        fuzz_check(!conf_text_valid(a[i]) || conf_str_eq(a[i], b[i]));
    }
}


static bool
fuzz_has_nul(conf_str_t s)
{
    return s.len != 0 && memchr(s.data, '\0', s.len) != NULL;
}
