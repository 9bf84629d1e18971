
#include "conf_proto.c"

#include "conf_proto_gen.h"
#include "tap.h"


#define ITEM_FIELDS(X, s)                                                     \
    X(s, U64,    n,       0)                                                  \
    X(s, STR,    name,    8)

#define ALL_FIELDS(X, s)                                                      \
    X(s, U64,    u64,     0)                                                  \
    X(s, I64,    i64,     0)                                                  \
    X(s, U32,    u32,     0)                                                  \
    X(s, BOOL,   flag,    0)                                                  \
    X(s, STR,    str,     16)                                                 \
    X(s, UUID,   uuid,    0)                                                  \
    X(s, STRUCT, item,    t_item)                                             \
    X(s, LIST,   items,   t_item)                                             \
    X(s, U64S,   numbers, 0)                                                  \
    X(s, STRS,   words,   4)

/* What ALL was before it grew. */

#define OLD_FIELDS(X, s)                                                      \
    X(s, U64,    u64,     0)                                                  \
    X(s, I64,    i64,     0)                                                  \
    X(s, U32,    u32,     0)

#define ONE_U64_FIELDS(X, s)   X(s, U64,  v, 0)
#define ONE_I64_FIELDS(X, s)   X(s, I64,  v, 0)
#define ONE_U32_FIELDS(X, s)   X(s, U32,  v, 0)
#define ONE_BOOL_FIELDS(X, s)  X(s, BOOL, v, 0)
#define ONE_STR_FIELDS(X, s)   X(s, STR,  v, 4)
#define ONE_UUID_FIELDS(X, s)  X(s, UUID, v, 0)
#define ONE_LIST_FIELDS(X, s)  X(s, LIST, v, t_item)
#define ONE_U64S_FIELDS(X, s)  X(s, U64S, v, 0)
#define ONE_STRS_FIELDS(X, s)  X(s, STRS, v, 4)

CONF_PROTO_STRUCT(t_item, ITEM_FIELDS);
CONF_PROTO_STRUCT(t_all, ALL_FIELDS);
CONF_PROTO_STRUCT(t_old, OLD_FIELDS);
CONF_PROTO_STRUCT(t_u64, ONE_U64_FIELDS);
CONF_PROTO_STRUCT(t_i64, ONE_I64_FIELDS);
CONF_PROTO_STRUCT(t_u32, ONE_U32_FIELDS);
CONF_PROTO_STRUCT(t_bool, ONE_BOOL_FIELDS);
CONF_PROTO_STRUCT(t_str, ONE_STR_FIELDS);
CONF_PROTO_STRUCT(t_uuid, ONE_UUID_FIELDS);
CONF_PROTO_STRUCT(t_list, ONE_LIST_FIELDS);
CONF_PROTO_STRUCT(t_u64s, ONE_U64S_FIELDS);
CONF_PROTO_STRUCT(t_strs, ONE_STRS_FIELDS);

CONF_PROTO_TABLE(t_item, ITEM_FIELDS);
CONF_PROTO_TABLE(t_all, ALL_FIELDS);
CONF_PROTO_TABLE(t_old, OLD_FIELDS);
CONF_PROTO_TABLE(t_u64, ONE_U64_FIELDS);
CONF_PROTO_TABLE(t_i64, ONE_I64_FIELDS);
CONF_PROTO_TABLE(t_u32, ONE_U32_FIELDS);
CONF_PROTO_TABLE(t_bool, ONE_BOOL_FIELDS);
CONF_PROTO_TABLE(t_str, ONE_STR_FIELDS);
CONF_PROTO_TABLE(t_uuid, ONE_UUID_FIELDS);
CONF_PROTO_TABLE(t_list, ONE_LIST_FIELDS);
CONF_PROTO_TABLE(t_u64s, ONE_U64S_FIELDS);
CONF_PROTO_TABLE(t_strs, ONE_STRS_FIELDS);


/* A table that contains itself: only the depth limit stops it. */

static const conf_proto_t        loop;
static const conf_proto_field_t  loop_fields[] = {
    { CONF_P_LIST, 0, 0, &loop }
};
static const conf_proto_t        loop = {
    loop_fields, 1, sizeof(conf_list_t)
};


typedef struct {
    const char          *name;
    const conf_proto_t  *proto;
    conf_str_t           bytes;
    conf_rc_t            rc;
    uint64_t             value;      /* of a number */
} raw_t;

#define B(s)  conf_string(s)
#define BAD   CONF_E_PROTOCOL

static const raw_t  raws[] = {
    { "u64 fixint", &conf_proto_t_u64, B("\x91\x05"), 0, 5 },
    { "u64 uint8", &conf_proto_t_u64, B("\x91\xcc\xff"), 0, 255 },
    { "u64 uint16, not the shortest", &conf_proto_t_u64, B("\x91\xcd\0\x01"),
      0, 1 },
    { "u64 uint32", &conf_proto_t_u64, B("\x91\xce\x80\0\0\0"), 0,
      0x80000000 },
    { "u64 max", &conf_proto_t_u64, B("\x91\xcf\xff\xff\xff\xff\xff\xff\xff"
      "\xff"), 0, UINT64_MAX },
    { "u64 as a positive int64", &conf_proto_t_u64,
      B("\x91\xd3\0\0\0\0\0\0\0\x07"), 0, 7 },
    { "u64 negative", &conf_proto_t_u64, B("\x91\xff"), BAD, 0 },
    { "u64 negative int8", &conf_proto_t_u64, B("\x91\xd0\x80"), BAD, 0 },
    { "u64 nil", &conf_proto_t_u64, B("\x91\xc0"), BAD, 0 },
    { "u64 bool", &conf_proto_t_u64, B("\x91\xc3"), BAD, 0 },
    { "u64 str", &conf_proto_t_u64, B("\x91\xa1" "5"), BAD, 0 },
    { "u64 float", &conf_proto_t_u64, B("\x91\xca\0\0\0\0"), BAD, 0 },
    { "u64 double", &conf_proto_t_u64, B("\x91\xcb\0\0\0\0\0\0\0\0"), BAD, 0 },
    { "u64 array", &conf_proto_t_u64, B("\x91\x91\x05"), BAD, 0 },
    { "u64 map", &conf_proto_t_u64, B("\x91\x81\x05\x05"), BAD, 0 },
    { "u64 ext", &conf_proto_t_u64, B("\x91\xd4\x01\x01"), BAD, 0 },
    { "u64 never used byte", &conf_proto_t_u64, B("\x91\xc1"), BAD, 0 },

    { "i64 -1", &conf_proto_t_i64, B("\x91\xff"), 0, UINT64_MAX },
    { "i64 -32", &conf_proto_t_i64, B("\x91\xe0"), 0, (uint64_t) -32 },
    { "i64 int8", &conf_proto_t_i64, B("\x91\xd0\x80"), 0, (uint64_t) -128 },
    { "i64 int16", &conf_proto_t_i64, B("\x91\xd1\xff\x7f"), 0,
      (uint64_t) -129 },
    { "i64 min", &conf_proto_t_i64, B("\x91\xd3\x80\0\0\0\0\0\0\0"), 0,
      (uint64_t) 1 << 63 },
    { "i64 past max", &conf_proto_t_i64, B("\x91\xcf\x80\0\0\0\0\0\0\0"), BAD,
      0 },

    { "u32 max", &conf_proto_t_u32, B("\x91\xce\xff\xff\xff\xff"), 0,
      UINT32_MAX },
    { "u32 past max", &conf_proto_t_u32, B("\x91\xcf\0\0\0\1\0\0\0\0"), BAD,
      0 },
    { "u32 negative", &conf_proto_t_u32, B("\x91\xe0"), BAD, 0 },

    { "bool true", &conf_proto_t_bool, B("\x91\xc3"), 0, 0 },
    { "bool false", &conf_proto_t_bool, B("\x91\xc2"), 0, 0 },
    { "bool 1", &conf_proto_t_bool, B("\x91\x01"), BAD, 0 },
    { "bool nil", &conf_proto_t_bool, B("\x91\xc0"), BAD, 0 },

    { "str at its limit", &conf_proto_t_str, B("\x91\xa4" "abcd"), 0, 0 },
    { "str over its limit", &conf_proto_t_str, B("\x91\xa5" "abcde"), BAD, 0 },
    { "str 8", &conf_proto_t_str, B("\x91\xd9\x02" "ab"), 0, 0 },
    { "str 32 of 4 GB", &conf_proto_t_str, B("\x91\xdb\xff\xff\xff\xff" "ab"),
      BAD, 0 },
    { "str as bin", &conf_proto_t_str, B("\x91\xc4\x02" "ab"), 0, 0 },
    { "str with NUL and broken UTF-8", &conf_proto_t_str,
      B("\x91\xa3" "\0\xff\x80"), 0, 0 },
    { "str number", &conf_proto_t_str, B("\x91\x01"), BAD, 0 },
    { "str nil", &conf_proto_t_str, B("\x91\xc0"), BAD, 0 },
    { "str ext", &conf_proto_t_str, B("\x91\xc7\x01\x01\x01"), BAD, 0 },

    { "uuid bin", &conf_proto_t_uuid, B("\x91\xc4\x10" "0123456789abcdef"), 0,
      0 },
    { "uuid str", &conf_proto_t_uuid, B("\x91\xb0" "0123456789abcdef"), 0, 0 },
    { "uuid short", &conf_proto_t_uuid, B("\x91\xaf" "0123456789abcde"), BAD,
      0 },
    { "uuid long", &conf_proto_t_uuid, B("\x91\xb1" "0123456789abcdefg"), BAD,
      0 },
    { "uuid nil", &conf_proto_t_uuid, B("\x91\xc0"), BAD, 0 },

    { "list nil", &conf_proto_t_list, B("\x91\xc0"), 0, 0 },
    { "list empty", &conf_proto_t_list, B("\x91\x90"), 0, 0 },
    { "list of one", &conf_proto_t_list, B("\x91\x91\x92\x01\xa0"), 0, 0 },
    { "list of a number", &conf_proto_t_list, B("\x91\x91\x01\x01\x01"), BAD,
      0 },
    { "list of nil", &conf_proto_t_list, B("\x91\x91\xc0\xc0\xc0"), BAD, 0 },
    { "list map", &conf_proto_t_list, B("\x91\x81\x92\x01\xa0\xc0"), BAD, 0 },
    { "list claims 4 G items", &conf_proto_t_list,
      B("\x91\xdd\xff\xff\xff\xff\x92\x01\xa0"), BAD, 0 },
    { "list claims more than its bytes hold", &conf_proto_t_list,
      B("\x91\x92\x92\x01\xa0"), BAD, 0 },
    { "u64s", &conf_proto_t_u64s, B("\x91\x92\x01\xcc\xff"), 0, 0 },
    { "u64s nil", &conf_proto_t_u64s, B("\x91\xc0"), 0, 0 },
    { "u64s with a negative", &conf_proto_t_u64s, B("\x91\x92\x01\xff"), BAD,
      0 },
    { "strs", &conf_proto_t_strs, B("\x91\x92\xa1" "a\xa0"), 0, 0 },
    { "strs item over its limit", &conf_proto_t_strs,
      B("\x91\x91\xa5" "abcde"), BAD, 0 },

    { "nothing", &conf_proto_t_u64, { 0, (const uint8_t *) "" }, BAD, 0 },
    { "not an array", &conf_proto_t_u64, B("\x05"), BAD, 0 },
    { "a map", &conf_proto_t_u64, B("\x81\x05\x05"), BAD, 0 },
    { "nil", &conf_proto_t_u64, B("\xc0"), BAD, 0 },
    { "array 16", &conf_proto_t_u64, B("\xdc\0\x01\x05"), 0, 5 },
    { "array 32", &conf_proto_t_u64, B("\xdd\0\0\0\x01\x05"), 0, 5 },
    { "bytes behind", &conf_proto_t_u64, B("\x91\x05\xc0"), BAD, 0 },
    { "unknown field nil", &conf_proto_t_u64, B("\x92\x05\xc0"), 0, 5 },
    { "unknown fields of every kind", &conf_proto_t_u64,
      B("\x9b\x05\x92\x01\x91\x02\x81\xa1k\xc4\x02zz\xca\0\0\0\0"
        "\xcb\0\0\0\0\0\0\0\0\xd4\1\1\xd8\1" "0123456789abcdef"
        "\xc7\x03\1abc\xc8\0\1\1a\xc9\0\0\0\1\1a\xd3\xff\xff\xff\xff\xff"
        "\xff\xff\xff"), 0, 5 },
    { "unknown field cut", &conf_proto_t_u64, B("\x92\x05\xa2" "a"), BAD, 0 },
    { "unknown array cut", &conf_proto_t_u64, B("\x92\x05\x92\x01"), BAD, 0 }
};


static conf_arena_t  *arena;


static void
test_raw(void)
{
    size_t        i;
    uint64_t      value;
    conf_rc_t     rc;
    conf_t_all_t  out;
    const raw_t  *raw;

    for (i = 0; i < conf_nelts(raws); i++) {
        raw = &raws[i];

        rc = conf_proto_unpack(arena, raw->proto, CONF_PROTO_WIRE, raw->bytes,
                               &out);
        value = 0;

        if (raw->proto == &conf_proto_t_u64
            || raw->proto == &conf_proto_t_i64)
        {
            value = out.u64;

        } else if (raw->proto == &conf_proto_t_u32) {
            memcpy(&value, &out, sizeof(uint32_t));
        }

        ok(rc == raw->rc && value == raw->value, "%s", raw->name);
    }
}


static void
test_round_trip(void)
{
    size_t        i, bad;
    conf_buf_t    buf;
    conf_gen_t    gen;
    conf_str_t    bytes;
    conf_t_all_t  in, out;

    conf_buf_init(&buf, 0);
    gen.arena = arena;
    bad = 0;

    for (i = 0; i < 20000; i++) {
        gen.seed = i * 1000;
        gen.edges = (i % 5 == 0);

        conf_gen_fill(&gen, &conf_proto_t_all, &in);
        conf_buf_reset(&buf);

        if (conf_proto_pack(&buf, &conf_proto_t_all, &in) != CONF_OK) {
            bad++;
            continue;
        }

        bytes.data = buf.data;
        bytes.len = buf.len;

        if (conf_proto_unpack(arena, &conf_proto_t_all, CONF_PROTO_WIRE, bytes,
                              &out) != CONF_OK
            || !conf_gen_eq(&conf_proto_t_all, &in, &out))
        {
            bad++;
        }

        conf_arena_reset(arena);
    }

    is_int(bad, 0, "20,000 round trips");

    conf_buf_free(&buf);
}


static void
test_truncated(void)
{
    size_t        i, len, bad, tried;
    uint8_t      *copy;
    conf_buf_t    buf;
    conf_gen_t    gen;
    conf_t_all_t  in, out;

    conf_buf_init(&buf, 0);
    gen.arena = arena;
    gen.edges = false;
    bad = 0;
    tried = 0;

    for (i = 0; i < 200; i++) {
        gen.seed = i * 77;
        conf_gen_fill(&gen, &conf_proto_t_all, &in);
        conf_buf_reset(&buf);
        (void) conf_proto_pack(&buf, &conf_proto_t_all, &in);

        for (len = 0; len < buf.len; len++, tried++) {

            /* A block of its own, so that ASan sees a byte too far. */

            copy = malloc(len + (len == 0));
            if (copy == NULL) {
                abort();
            }

            memcpy(copy, buf.data, len);

            if (conf_proto_unpack(arena, &conf_proto_t_all,
                                  i % 2 == 0 ? CONF_PROTO_WIRE
                                             : CONF_PROTO_RECORD,
                                  (conf_str_t) { len, copy }, &out) != BAD
                || out.u64 != 0 || out.str.data != NULL)
            {
                bad++;
            }

            free(copy);
        }

        conf_arena_reset(arena);
    }

    is_int(bad, 0, "cut at every byte, %zu times: refused, out is zeroed",
           tried);

    conf_buf_free(&buf);
}


static void
test_growth(void)
{
    conf_buf_t    buf;
    conf_str_t    bytes;
    conf_gen_t    gen;
    conf_t_all_t  all;
    conf_t_old_t  old = { 7, -7, 77 }, back;

    conf_buf_init(&buf, 0);
    (void) conf_proto_pack(&buf, &conf_proto_t_old, &old);
    bytes = (conf_str_t) { buf.len, buf.data };

    is_int(conf_proto_unpack(arena, &conf_proto_t_all, CONF_PROTO_WIRE, bytes,
                             &all), BAD,
           "missing fields are an error on the wire");

    memset(&all, 0xff, sizeof(all));

    is_int(conf_proto_unpack(arena, &conf_proto_t_all, CONF_PROTO_RECORD,
                             bytes, &all), CONF_OK,
           "missing fields are allowed in a record");
    ok(all.u64 == 7 && all.i64 == -7 && all.u32 == 77, "the old fields");
    ok(!all.flag && all.str.len == 0 && all.items.n == 0
       && all.item.name.len == 0 && all.uuid.b[0] == 0, "the new are zero");

    is_int(conf_proto_unpack(arena, &conf_proto_t_list, CONF_PROTO_RECORD,
                             conf_str("\x91\x92\x90\x91\x05"), &all), CONF_OK,
           "a record's list of older structs");

    is_int(conf_proto_unpack(arena, &conf_proto_t_list, CONF_PROTO_WIRE,
                             conf_str("\x91\x92\x90\x91\x05"), &all), BAD,
           "which is an error on the wire");

    gen.arena = arena;
    gen.seed = 5;
    gen.edges = false;
    conf_gen_fill(&gen, &conf_proto_t_all, &all);
    all.u64 = 9;

    conf_buf_reset(&buf);
    (void) conf_proto_pack(&buf, &conf_proto_t_all, &all);
    bytes = (conf_str_t) { buf.len, buf.data };

    is_int(conf_proto_unpack(arena, &conf_proto_t_old, CONF_PROTO_WIRE, bytes,
                             &back), CONF_OK, "unknown trailing fields");
    is_int(back.u64, 9, "are skipped");

    conf_buf_free(&buf);
    conf_arena_reset(arena);
}


static void
test_pack_limits(void)
{
    size_t         len;
    uint64_t      *numbers;
    conf_buf_t     buf;
    conf_t_str_t   str = { conf_string("abcde") };
    conf_t_strs_t  strs = { { &str.v, 1 } };
    conf_t_u64s_t  u64s;
    conf_t_str_t   fine = { conf_string("abcd") };

    conf_buf_init(&buf, 0);
    conf_buf_lit(&buf, "head");
    len = buf.len;

    is_int(conf_proto_pack(&buf, &conf_proto_t_str, &str), CONF_E_TOO_LARGE,
           "a string over its limit is not packed");
    is_int(conf_proto_pack(&buf, &conf_proto_t_strs, &strs), CONF_E_TOO_LARGE,
           "nor in a list");
    is_int(buf.len, len, "nothing is added");

    numbers = calloc(CONF_PROTO_ITEMS + 1, sizeof(uint64_t));
    if (numbers == NULL) {
        abort();
    }

    u64s.v.items = numbers;
    u64s.v.n = CONF_PROTO_ITEMS + 1;

    is_int(conf_proto_pack(&buf, &conf_proto_t_u64s, &u64s), CONF_E_TOO_LARGE,
           "one item too many");

    conf_buf_reset(&buf);
    u64s.v.n = CONF_PROTO_ITEMS;

    is_int(conf_proto_pack(&buf, &conf_proto_t_u64s, &u64s), CONF_OK,
           "as many as are allowed");
    is_int(conf_proto_unpack(arena, &conf_proto_t_u64s, CONF_PROTO_WIRE,
                             (conf_str_t) { buf.len, buf.data }, &u64s),
           CONF_OK, "and back");
    is_int(u64s.v.n, CONF_PROTO_ITEMS, "all of them");

    free(numbers);
    conf_buf_free(&buf);

    conf_buf_init(&buf, 4);

    is_int(conf_proto_pack(&buf, &conf_proto_t_str, &fine), CONF_E_NOMEM,
           "a buffer that may not grow");
    is_int(buf.len, 0, "is left as it was");

    conf_buf_free(&buf);
}


static void
test_hostile(void)
{
    uint8_t        *bytes;
    conf_list_t     out;
    conf_arena_t   *small;
    conf_t_u64_t    u64;
    conf_t_list_t   list;

    /* A megabyte of nested arrays in an unknown field. */

    bytes = malloc(1 << 20);
    if (bytes == NULL) {
        abort();
    }

    memset(bytes, 0x91, 1 << 20);
    bytes[0] = 0x92;
    bytes[1] = 0x05;
    bytes[(1 << 20) - 1] = 0xc0;

    is_int(conf_proto_unpack(arena, &conf_proto_t_u64, CONF_PROTO_WIRE,
                             (conf_str_t) { 1 << 20, bytes }, &u64), CONF_OK,
           "any depth is stepped over");

    memset(bytes, 0x91, 1 << 20);

    is_int(conf_proto_unpack(arena, &loop, CONF_PROTO_RECORD,
                             (conf_str_t) { 1 << 20, bytes }, &out), BAD,
           "a table's depth is bounded");

    /* Counts that the bytes would cover, but the list or the arena not. */

    memset(bytes, 0x90, 1 << 20);
    memcpy(bytes, "\x91\xdd\0\0\x40\x01", 6);

    is_int(conf_proto_unpack(arena, &conf_proto_t_list, CONF_PROTO_RECORD,
                             (conf_str_t) { 6 + 16385, bytes }, &list), BAD,
           "16,385 items");

    bytes[5] = 0;

    is_int(conf_proto_unpack(arena, &conf_proto_t_list, CONF_PROTO_RECORD,
                             (conf_str_t) { 6 + 16384, bytes }, &list),
           CONF_OK, "16,384 items");

    small = conf_arena_create(1024, 4096);

    is_int(conf_proto_unpack(small, &conf_proto_t_list, CONF_PROTO_RECORD,
                             (conf_str_t) { 6 + 16384, bytes }, &list),
           CONF_E_NOMEM, "an arena that is too small");
    ok(list.v.items == NULL && list.v.n == 0, "leaves nothing in out");

    conf_arena_destroy(small);
    conf_arena_reset(arena);
    free(bytes);
}


int
main(void)
{
    arena = conf_arena_create(4096, 0);
    if (arena == NULL) {
        return 1;
    }

    test_raw();
    test_round_trip();
    test_truncated();
    test_growth();
    test_pack_limits();
    test_hostile();

    conf_arena_destroy(arena);

    return tap_done();
}
