
/*
 * From JSON text to values for rows: the part of conf_schema.c that listens
 * to yajl.  Private to the schema.
 */

#ifndef _CONF_READER_H_INCLUDED_
#define _CONF_READER_H_INCLUDED_


#include "conf_schema.h"
#include "conf_value.h"


typedef enum {
    CONF_FRAME_SKIP = 0,
    CONF_FRAME_OBJECT,
    CONF_FRAME_LIST,
    CONF_FRAME_RAW
} conf_frame_e;

/*
 * One level of nesting.  field is the row that the next value of an OBJECT is
 * for (NULL: nobody's), or the row that a LIST or a RAW belongs to; base is
 * the struct which the offsets of the rows count from.
 */

typedef struct {
    conf_frame_e          kind;
    const conf_schema_t  *schema;   /* OBJECT; NULL: nothing to mark */
    const conf_field_t   *field;
    uint8_t              *base;
    uint64_t              seen;     /* OBJECT: rows whose key has come */
    size_t                start;    /* RAW: of its text */
    size_t                room;     /* LIST: items allocated */
    size_t                size;     /* LIST: of one item */
    conf_field_t          item;     /* LIST: the row for one item */
} conf_frame_t;

/*
 * pos follows yajl through the text: each callback finds its own token again,
 * which tells where verbatim text begins and ends.  The first wrong row stays
 * in err; from then on the rest is only checked for form, so that what is not
 * JSON at all is always BAD_REQUEST.
 */

typedef struct {
    conf_arena_t         *arena;
    conf_schema_error_t  *err;
    conf_rc_t             rc;
    conf_str_t            text;
    size_t                pos;
    size_t                depth;
    conf_frame_t          frames[CONF_SCHEMA_DEPTH + 1];
} conf_reader_t;


extern const char  conf_reader_twice[];   /* a reason to recognize */

void conf_reader_init(conf_reader_t *rd, conf_arena_t *arena,
    conf_schema_error_t *err);
conf_rc_t conf_reader_fail(conf_reader_t *rd, conf_rc_t rc,
    const conf_field_t *field, const char *reason);
conf_rc_t conf_reader_put(conf_reader_t *rd, const conf_field_t *field,
    const conf_token_t *token, void *dst);
conf_rc_t conf_reader_run(conf_reader_t *rd, conf_str_t text);
conf_rc_t conf_reader_commas(conf_reader_t *rd, conf_token_t *token);


#endif /* _CONF_READER_H_INCLUDED_ */
