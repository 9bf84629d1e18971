
/*
 * JSON in: rows say which fields an input has and where they go in a struct.
 * The same rows read path segments, query strings, forms and single
 * parameters, so that a number in a query obeys the limits of a number in a
 * body.
 *
 * yajl 2.1 parses; what it does not check is checked here: depth, NUL from
 * "\u0000", lone surrogates, duplicate keys, integer range, fractions where
 * an integer is wanted, bytes behind the value.
 */

#ifndef _CONF_SCHEMA_H_INCLUDED_
#define _CONF_SCHEMA_H_INCLUDED_


#include "conf_base.h"
#include "conf_arena.h"


#define CONF_SCHEMA_DEPTH    16        /* levels of nesting that are read */
#define CONF_SCHEMA_FIELDS   64        /* rows of one schema */
#define CONF_SCHEMA_ITEMS    1024      /* items of one list */


typedef struct conf_field_s   conf_field_t;
typedef struct conf_schema_s  conf_schema_t;

typedef enum {
    CONF_T_STR = 0,     /* conf_str_t; min, max count code points */
    CONF_T_U64,         /* uint64_t; min, max as int64_t, max 0: INT64_MAX */
    CONF_T_I64,         /* int64_t */
    CONF_T_U32,         /* uint32_t; max 0: UINT32_MAX */
    CONF_T_BOOL,        /* bool */
    CONF_T_ENUM,        /* uint32_t; the value of the matching conf_enum_t */
    CONF_T_TIME,        /* int64_t ms; RFC 3339 text, no offset means UTC */
    CONF_T_OBJECT,      /* a struct, embedded at offset, read by sub */
    CONF_T_STRS,        /* conf_list_t of conf_str_t */
    CONF_T_U64S,        /* conf_list_t of uint64_t */
    CONF_T_OBJECTS,     /* conf_list_t of structs of sub->size */
    CONF_T_RAW,         /* conf_str_t: any JSON value, its text verbatim and
                           checked as above; max counts bytes */
    CONF_T_CONTENT      /* conf_str_t: a string's value, or any other value's
                           text verbatim; min, max as for STR; the bool at
                           extra tells that it was no string */
} conf_type_e;

#define CONF_F_REQUIRED  0x01   /* absent or null is an error */
#define CONF_F_TRIM      0x02   /* outer white space is cut before checks */
#define CONF_F_LENIENT   0x04   /* numbers and booleans as strings too, and
                                   numbers for strings */
#define CONF_F_NULL      0x08   /* null counts as given: zero, the empty string;
                                   without it null is the same as absent */

/* Forms of a string that is not empty. */

#define CONF_F_WORD      0x10   /* letters, digits, "_", "-", "." */
#define CONF_F_EMAIL     0x20
#define CONF_F_URL       0x40   /* http, https, or a path here */

/* A name of an enum, or (name.len == 0) an integer accepted for the value. */

typedef struct {
    conf_str_t            name;
    int64_t               number;
    uint32_t              value;
} conf_enum_t;

struct conf_field_s {
    conf_str_t            name;
    const char           *aliases;   /* blank-separated, NULL for none */
    conf_type_e           type;
    uint32_t              flags;
    size_t                offset;
    int64_t               min;
    int64_t               max;       /* 0: the type's own limit */
    const conf_enum_t    *values;    /* ENUM: ends with value UINT32_MAX */
    const conf_schema_t  *sub;
    size_t                extra;     /* CONTENT: offset of a bool */
};

/*
 * A struct that a schema fills starts with conf_input_t: bit i of given tells
 * that row i was given.
 */

typedef struct {
    uint64_t              given;
} conf_input_t;

struct conf_schema_s {
    const conf_field_t   *fields;
    size_t                nfields;
    size_t                size;      /* of the struct */
};

#define CONF_SCHEMA(fields, type)  { fields, conf_nelts(fields), sizeof(type) }

/* What was wrong: field is a row's name or null, reason a short phrase. */

typedef struct {
    conf_str_t            field;
    const char           *reason;
} conf_schema_error_t;


/*
 * Reads one JSON value, an object, into out (of schema->size bytes, zeroed by
 * the caller; defaults may be set before).  Strings are copied to the arena.
 * Unknown fields are checked for form and skipped.  Two keys that are equal,
 * or a field and its alias, are an error.  When the value is absent (len 0
 * or only white space) only the required rows fail.
 *
 * CONF_OK, CONF_E_BAD_REQUEST (not JSON, not an object, wrong UTF-8, too
 * deep), CONF_E_INVALID (a row's rule), CONF_E_NOMEM.
 */
conf_rc_t conf_schema_json(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t text, void *out, conf_schema_error_t *err);

/*
 * Sets one field by name from text (a path segment, a query or a form
 * parameter, already decoded), as if CONF_F_LENIENT were set; a later value
 * of the same name wins over nothing: the second is an error.  Unknown
 * names are ignored.  conf_schema_end() checks the required rows when all
 * parameters have been set.  Results as above.
 */
conf_rc_t conf_schema_set(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t name, conf_str_t value, void *out, conf_schema_error_t *err);
conf_rc_t conf_schema_end(const conf_schema_t *schema, const void *out,
    conf_schema_error_t *err);

/*
 * Reads a whole query string or urlencoded form ("a=1&b=%E4"): decodes each
 * pair ('+' is a blank) and sets it; does not call conf_schema_end().
 */
conf_rc_t conf_schema_query(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t query, void *out, conf_schema_error_t *err);

/*
 * What is in an object (JSON that was found good) beside the schema's fields:
 * its members, with commas between them, in the arena.  CONF_OK, CONF_E_NOMEM.
 */
conf_rc_t conf_schema_rest(const conf_schema_t *schema, conf_arena_t *arena,
    conf_str_t text, conf_str_t *rest);

/* Was the field with this name given? */
bool conf_schema_given(const conf_schema_t *schema, const void *out,
    const char *name);

/*
 * The value of one top-level string member of an object, for choosing a row
 * before the row's schema is known ("type" of a WebSocket message).
 * CONF_OK; CONF_E_NOT_FOUND (absent or not a string); CONF_E_BAD_REQUEST
 * (not a JSON object); CONF_E_NOMEM.
 */
conf_rc_t conf_schema_peek(conf_arena_t *arena, conf_str_t text,
    conf_str_t name, conf_str_t *value);

/* Is s whole and valid UTF-8 (RFC 3629) without NUL? */
bool conf_text_valid(conf_str_t s);

/* Reads n hexadecimal digits. */
bool conf_text_hex(const uint8_t *p, size_t n, unsigned *code);

/* Code points in valid UTF-8. */
size_t conf_text_length(conf_str_t s);

/*
 * Milliseconds since 1970 from RFC 3339 "2024-05-07T15:23:30[.frac][Z|+hh:mm]";
 * CONF_OK or CONF_E_INVALID.
 */
conf_rc_t conf_time_parse(conf_str_t s, int64_t *ms);


#endif /* _CONF_SCHEMA_H_INCLUDED_ */
