
/*
 * The codec of everything that is packed: requests and replies between the
 * module and confd, records in the store, events in shared memory.  A struct
 * and its field table come from one list of fields; packed, it is a msgpack
 * array with one element a field, in the order of the list.
 *
 * Lists grow at the end only.  An older reader skips elements that it does
 * not know; a newer one, reading an older record from the store, leaves
 * fields that are missing at zero (CONF_PROTO_RECORD), while on the wire a
 * missing field is an error (CONF_PROTO_WIRE), since HELLO has agreed on the
 * version.
 */

#ifndef _CONF_PROTO_H_INCLUDED_
#define _CONF_PROTO_H_INCLUDED_


#include "conf_base.h"
#include "conf_arena.h"
#include "conf_buf.h"


#define CONF_PROTO_ITEMS  16384     /* elements of one list, at most */

typedef struct conf_proto_s  conf_proto_t;

typedef enum {
    CONF_P_U64 = 0,       /* uint64_t */
    CONF_P_I64,           /* int64_t */
    CONF_P_U32,           /* uint32_t */
    CONF_P_BOOL,          /* bool */
    CONF_P_STR,           /* conf_str_t, at most max bytes; any bytes */
    CONF_P_UUID,          /* conf_uuid_t */
    CONF_P_STRUCT,        /* embedded struct of sub */
    CONF_P_LIST,          /* conf_list_t of structs of sub */
    CONF_P_U64S,          /* conf_list_t of uint64_t */
    CONF_P_STRS           /* conf_list_t of conf_str_t, each at most max */
} conf_proto_kind_e;

typedef struct {
    conf_proto_kind_e       kind;
    size_t                  offset;
    size_t                  max;
    const conf_proto_t     *sub;
} conf_proto_field_t;

struct conf_proto_s {
    const conf_proto_field_t  *fields;
    size_t                     nfields;
    size_t                     size;      /* of the struct */
};

typedef enum {
    CONF_PROTO_WIRE = 0,
    CONF_PROTO_RECORD
} conf_proto_mode_e;


/*
 * Appends the struct; an empty list is nil.  CONF_OK, CONF_E_NOMEM, or
 * CONF_E_TOO_LARGE when a string or a list passes the limit of its field, so
 * that it could not be read again (nothing is added).
 */
conf_rc_t conf_proto_pack(conf_buf_t *buf, const conf_proto_t *proto,
    const void *data);

/*
 * Reads a struct that takes all of bytes.  Strings point into bytes (which
 * must live as long as out), lists are made in the arena.  Lengths and
 * counts are checked before anything is allocated.  After an error out is
 * zeroed.
 *
 * CONF_OK, CONF_E_PROTOCOL, CONF_E_NOMEM.
 */
conf_rc_t conf_proto_unpack(conf_arena_t *arena, const conf_proto_t *proto,
    conf_proto_mode_e mode, conf_str_t bytes, void *out);


/*
 * Making a struct and its table from one list:
 *
 *     #define CONF_PAIR_FIELDS(X, s)                                         \
 *         X(s, U64,  id,    0)                                               \
 *         X(s, STR,  name,  64)                                              \
 *         X(s, LIST, users, user)
 *
 *     CONF_PROTO_STRUCT(pair, CONF_PAIR_FIELDS);      in a header
 *     CONF_PROTO_TABLE(pair, CONF_PAIR_FIELDS);       in one .c
 *
 * give conf_pair_t and conf_proto_pair.  The last argument is the limit of a
 * STR or of STRS' items, or the name of the struct of STRUCT and LIST.
 */

#define CONF_PROTO_C_U64(arg)     uint64_t
#define CONF_PROTO_C_I64(arg)     int64_t
#define CONF_PROTO_C_U32(arg)     uint32_t
#define CONF_PROTO_C_BOOL(arg)    bool
#define CONF_PROTO_C_STR(arg)     conf_str_t
#define CONF_PROTO_C_UUID(arg)    conf_uuid_t
#define CONF_PROTO_C_STRUCT(arg)  conf_##arg##_t
#define CONF_PROTO_C_LIST(arg)    conf_list_t
#define CONF_PROTO_C_U64S(arg)    conf_list_t
#define CONF_PROTO_C_STRS(arg)    conf_list_t

#define CONF_PROTO_MEMBER(s, kind, name, arg)  CONF_PROTO_C_##kind(arg) name;

#define CONF_PROTO_STRUCT(s, fields)                                          \
    typedef struct { fields(CONF_PROTO_MEMBER, s) } conf_##s##_t;             \
    extern const conf_proto_t  conf_proto_##s

#define CONF_PROTO_A_U64(arg)     0, NULL
#define CONF_PROTO_A_I64(arg)     0, NULL
#define CONF_PROTO_A_U32(arg)     0, NULL
#define CONF_PROTO_A_BOOL(arg)    0, NULL
#define CONF_PROTO_A_STR(arg)     arg, NULL
#define CONF_PROTO_A_UUID(arg)    0, NULL
#define CONF_PROTO_A_STRUCT(arg)  0, &conf_proto_##arg
#define CONF_PROTO_A_LIST(arg)    0, &conf_proto_##arg
#define CONF_PROTO_A_U64S(arg)    0, NULL
#define CONF_PROTO_A_STRS(arg)    arg, NULL

#define CONF_PROTO_FIELD(s, kind, name, arg)                                  \
    { CONF_P_##kind, offsetof(conf_##s##_t, name), CONF_PROTO_A_##kind(arg) },

#define CONF_PROTO_TABLE(s, fields)                                           \
    static const conf_proto_field_t  conf_proto_##s##_fields[] = {            \
        fields(CONF_PROTO_FIELD, s)                                           \
    };                                                                        \
                                                                              \
    const conf_proto_t  conf_proto_##s = {                                    \
        conf_proto_##s##_fields, conf_nelts(conf_proto_##s##_fields),         \
        sizeof(conf_##s##_t)                                                  \
    }


#endif /* _CONF_PROTO_H_INCLUDED_ */
