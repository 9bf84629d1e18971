
/*
 * Made-up messages for tests of the codec: fills a struct from its field
 * table, compares two.  Strings lie in a static block, lists in the arena.
 */

#ifndef _CONF_PROTO_GEN_H_INCLUDED_
#define _CONF_PROTO_GEN_H_INCLUDED_


#include "conf_proto.h"


#define CONF_GEN_LIST_MAX  3
#define CONF_GEN_STR_MAX   300

typedef struct {
    conf_arena_t  *arena;
    uint64_t       seed;
    bool           edges;        /* extreme values rather than any */
} conf_gen_t;


static inline uint64_t
conf_gen_random(conf_gen_t *gen)
{
    uint64_t  x;

    gen->seed += 0x9e3779b97f4a7c15;

    x = gen->seed;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;

    return x ^ (x >> 31);
}


/* Any magnitude, so that every encoding of an integer is met. */

static inline uint64_t
conf_gen_number(conf_gen_t *gen, uint64_t max)
{
    if (gen->edges) {
        return conf_gen_random(gen) % 2 == 0 ? 0 : max;
    }

    return (conf_gen_random(gen) >> (conf_gen_random(gen) % 64)) & max;
}


static inline conf_str_t
conf_gen_str(conf_gen_t *gen, size_t max)
{
    size_t          i;
    conf_str_t      s;
    static uint8_t  block[CONF_GEN_STR_MAX * 2];

    for (i = 0; i < sizeof(block); i++) {
        block[i] = (uint8_t) (i * 7);
    }

    max = conf_min(max, CONF_GEN_STR_MAX);

    s.data = block + conf_gen_random(gen) % CONF_GEN_STR_MAX;
    s.len = gen->edges ? conf_gen_random(gen) % 2 * max
                       : conf_gen_random(gen) % (max + 1);

    return s;
}


static inline void conf_gen_fill(conf_gen_t *gen, const conf_proto_t *proto,
    void *out);


static inline void
conf_gen_list(conf_gen_t *gen, const conf_proto_field_t *field,
    conf_list_t *list)
{
    size_t       i;
    uint8_t     *item;
    uint64_t    *n;
    conf_str_t  *s;

    list->n = conf_gen_random(gen) % (CONF_GEN_LIST_MAX + 1);
    list->items = NULL;

    if (list->n == 0) {
        return;
    }

    item = conf_arena_calloc(gen->arena, list->n
                             * (field->sub != NULL ? field->sub->size
                                                   : sizeof(conf_str_t)));
    if (item == NULL) {
        list->n = 0;
        return;
    }

    list->items = item;
    n = list->items;
    s = list->items;

    for (i = 0; i < list->n; i++) {

        if (field->kind == CONF_P_U64S) {
            n[i] = conf_gen_number(gen, UINT64_MAX);

        } else if (field->kind == CONF_P_STRS) {
            s[i] = conf_gen_str(gen, field->max);

        } else {
            conf_gen_fill(gen, field->sub, item + i * field->sub->size);
        }
    }
}


static inline void
conf_gen_field(conf_gen_t *gen, const conf_proto_field_t *field, void *p)
{
    size_t        i;
    uint64_t      n;
    conf_uuid_t  *uuid;

    switch (field->kind) {

    case CONF_P_U64:
        *(uint64_t *) p = conf_gen_number(gen, UINT64_MAX);
        break;

    case CONF_P_I64:
        n = conf_gen_number(gen, INT64_MAX);
        *(int64_t *) p = conf_gen_random(gen) % 2 == 0 ? (int64_t) n
                                                       : -1 - (int64_t) n;
        break;

    case CONF_P_U32:
        *(uint32_t *) p = (uint32_t) conf_gen_number(gen, UINT32_MAX);
        break;

    case CONF_P_BOOL:
        *(bool *) p = (conf_gen_random(gen) % 2 != 0);
        break;

    case CONF_P_STR:
        *(conf_str_t *) p = conf_gen_str(gen, field->max);
        break;

    case CONF_P_UUID:
        uuid = p;

        for (i = 0; i < sizeof(uuid->b); i++) {
            uuid->b[i] = (uint8_t) conf_gen_random(gen);
        }

        break;

    case CONF_P_STRUCT:
        conf_gen_fill(gen, field->sub, p);
        break;

    case CONF_P_LIST:
    case CONF_P_U64S:
    case CONF_P_STRS:
        conf_gen_list(gen, field, p);
        break;
    }
}


static inline void
conf_gen_fill(conf_gen_t *gen, const conf_proto_t *proto, void *out)
{
    size_t    i;
    uint8_t  *base = out;

    memset(out, 0, proto->size);

    for (i = 0; i < proto->nfields; i++) {
        conf_gen_field(gen, &proto->fields[i], base + proto->fields[i].offset);
    }
}


static inline bool conf_gen_eq(const conf_proto_t *proto, const void *a,
    const void *b);


static inline bool
conf_gen_list_eq(const conf_proto_field_t *field, const conf_list_t *a,
    const conf_list_t *b)
{
    size_t             i;
    const uint8_t     *ia = a->items, *ib = b->items;
    const conf_str_t  *sa = a->items, *sb = b->items;

    if (a->n != b->n) {
        return false;
    }

    if (a->n == 0) {
        return true;
    }

    if (field->kind == CONF_P_U64S) {
        return memcmp(ia, ib, a->n * sizeof(uint64_t)) == 0;
    }

    for (i = 0; i < a->n; i++) {

        if (field->kind == CONF_P_STRS) {
            if (!conf_str_eq(sa[i], sb[i])) {
                return false;
            }

        } else if (!conf_gen_eq(field->sub, ia + i * field->sub->size,
                                ib + i * field->sub->size))
        {
            return false;
        }
    }

    return true;
}


static inline bool
conf_gen_field_eq(const conf_proto_field_t *field, const void *a,
    const void *b)
{
    switch (field->kind) {

    case CONF_P_U64:
    case CONF_P_I64:
        return memcmp(a, b, sizeof(uint64_t)) == 0;

    case CONF_P_U32:
        return memcmp(a, b, sizeof(uint32_t)) == 0;

    case CONF_P_BOOL:
        return *(const bool *) a == *(const bool *) b;

    case CONF_P_STR:
        return conf_str_eq(*(const conf_str_t *) a, *(const conf_str_t *) b);

    case CONF_P_UUID:
        return memcmp(a, b, sizeof(conf_uuid_t)) == 0;

    case CONF_P_STRUCT:
        return conf_gen_eq(field->sub, a, b);

    case CONF_P_LIST:
    case CONF_P_U64S:
    case CONF_P_STRS:
        return conf_gen_list_eq(field, a, b);
    }

    return false;
}


static inline bool
conf_gen_eq(const conf_proto_t *proto, const void *a, const void *b)
{
    size_t          i;
    const uint8_t  *pa = a, *pb = b;

    for (i = 0; i < proto->nfields; i++) {
        if (!conf_gen_field_eq(&proto->fields[i],
                               pa + proto->fields[i].offset,
                               pb + proto->fields[i].offset))
        {
            return false;
        }
    }

    return true;
}


#endif /* _CONF_PROTO_GEN_H_INCLUDED_ */
