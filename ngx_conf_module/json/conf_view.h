
/*
 * JSON out: rows say which members an object has, in which order, and from
 * where in a struct they come.  How a dialect writes an id, a time or an
 * absent value is a kind of row.
 */

#ifndef _CONF_VIEW_H_INCLUDED_
#define _CONF_VIEW_H_INCLUDED_


#include "conf_base.h"
#include "conf_buf.h"


typedef struct conf_view_s      conf_view_t;
typedef struct conf_view_row_s  conf_view_row_t;

typedef enum {
    CONF_V_STR = 0,         /* conf_str_t; an empty one is the row's literal,
                               when it has one */
    CONF_V_STR_NULL,        /* conf_str_t; the empty one is null */
    CONF_V_U64,             /* uint64_t as number */
    CONF_V_U64_STR,         /* uint64_t as decimal string */
    CONF_V_U64_NULL,        /* uint64_t; 0 is null */
    CONF_V_U32,             /* uint32_t as number */
    CONF_V_I64,             /* int64_t as number */
    CONF_V_BOOL,            /* bool */
    CONF_V_ENUM,            /* uint32_t: the string at that index of names */
    CONF_V_UUID,            /* conf_uuid_t with dashes */
    CONF_V_UUID_HEX,        /* conf_uuid_t, 32 digits */
    CONF_V_TIME_MS,         /* int64_t ms as number */
    CONF_V_TIME_UTC,        /* "2024-05-07T15:23:30Z"; 0 is null */
    CONF_V_TIME_UTC_MS,     /* "2024-05-07T15:23:30.807+00:00"; 0 is null */
    CONF_V_TIME_OFFSET,     /* "2024-05-07T15:23:30.807+08:00", local zone;
                               0 is null */
    CONF_V_TIME_LOCAL,      /* "2024-05-07 15:23:30", local zone; 0 is "" */
    CONF_V_RAW,             /* conf_str_t that is JSON already; empty is null */
    CONF_V_CONTENT,         /* conf_str_t: written as it is when the bool at
                               extra says that it is JSON, else a string */
    CONF_V_LITERAL,         /* the row's literal: JSON text, no offset */
    CONF_V_OBJECT,          /* embedded struct, written by sub */
    CONF_V_OBJECT_PTR,      /* pointer to struct, NULL is null */
    CONF_V_LIST,            /* conf_list_t of structs of sub->size */
    CONF_V_STRS,            /* conf_list_t of conf_str_t */
    CONF_V_U64S,            /* conf_list_t of uint64_t */
    CONF_V_COUNTS,          /* conf_list_t of conf_view_count_t as an object */
    CONF_V_U64_HEX,         /* uint64_t as a string of 16 digits; 0: empty */
    CONF_V_BIT,             /* uint32_t: is the bit at extra set? */
    CONF_V_MAP,             /* conf_list_t of structs of sub->size as an
                               object; the uint64_t at extra names each */
    CONF_V_MEMBERS          /* conf_str_t that is JSON: more members of this
                               object, with commas between them; no name */
} conf_view_kind_e;

#define CONF_VF_OMIT   0x01   /* leave the member out when empty, 0 or NULL */

struct conf_view_row_s {
    conf_str_t               name;      /* has nothing that JSON escapes */
    conf_view_kind_e         kind;
    uint32_t                 flags;
    size_t                   offset;
    size_t                   extra;     /* CONTENT: offset of a bool: is JSON;
                                           BIT: the bit; MAP: an offset */
    const conf_view_t       *sub;
    const conf_str_t        *names;     /* ENUM */
    size_t                   nnames;
    conf_str_t               literal;
};

struct conf_view_s {
    const conf_view_row_t   *rows;
    size_t                   nrows;
    size_t                   size;      /* of one struct, for lists */
};

#define CONF_VIEW(rows, type)  { rows, conf_nelts(rows), sizeof(type) }

/* One member of a map: name and number. */

typedef struct {
    conf_str_t               name;
    uint64_t                 count;
} conf_view_count_t;


/* Appends the object; check conf_buf_ok() once at the end. */
void conf_view_object(conf_buf_t *buf, const conf_view_t *view,
    const void *data);

/* Appends an array of objects. */
void conf_view_list(conf_buf_t *buf, const conf_view_t *view,
    const conf_list_t *list);

/*
 * Appends a quoted, escaped string: '"', '\\', control characters, U+2028 and
 * U+2029; bytes that are not UTF-8 become U+FFFD.
 */
void conf_view_string(conf_buf_t *buf, conf_str_t s);

/* Appends a quoted time of the given kind (a CONF_V_TIME_*, or the number). */
void conf_view_time(conf_buf_t *buf, conf_view_kind_e kind, int64_t ms);


#endif /* _CONF_VIEW_H_INCLUDED_ */
