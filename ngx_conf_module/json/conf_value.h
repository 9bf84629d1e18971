
/*
 * One value into one field: what conf_schema.c does with a token that it has
 * found.  Private to the schema.
 */

#ifndef _CONF_VALUE_H_INCLUDED_
#define _CONF_VALUE_H_INCLUDED_


#include "conf_schema.h"


typedef enum {
    CONF_TOKEN_NULL = 0,
    CONF_TOKEN_BOOL,
    CONF_TOKEN_NUMBER,
    CONF_TOKEN_STRING,
    CONF_TOKEN_MAP,
    CONF_TOKEN_ARRAY
} conf_token_e;

typedef struct {
    conf_token_e  kind;
    bool          lenient;  /* as if the row had CONF_F_LENIENT */
    conf_str_t    text;     /* NUMBER as written, STRING decoded */
    conf_str_t    raw;      /* scalars as written */
} conf_token_t;


/* The row with this name or alias, NULL for none; its bit in given. */
const conf_field_t *conf_field_find(const conf_schema_t *schema,
    conf_str_t name);
uint64_t conf_field_bit(const conf_schema_t *schema,
    const conf_field_t *field);

/* CONF_OK or CONF_E_INVALID for the first required row that is not given. */
conf_rc_t conf_field_required(const conf_schema_t *schema, const void *out,
    conf_schema_error_t *err);

/*
 * Writes a scalar to dst by the rules of the row.  CONF_OK; CONF_E_INVALID
 * with *reason; CONF_E_NOMEM.
 */
conf_rc_t conf_value_put(const conf_field_t *field, conf_arena_t *arena,
    const conf_token_t *token, void *dst, const char **reason);

/* The text of any value for RAW and CONTENT; results as above. */
conf_rc_t conf_value_verbatim(const conf_field_t *field, conf_arena_t *arena,
    conf_str_t raw, conf_str_t *dst, const char **reason);

/* Writes what null stands for with CONF_F_NULL. */
void conf_value_null(const conf_field_t *field, void *dst);

/* "must be ..." */
const char *conf_value_wanted(conf_type_e type);

/* What is wrong with a string by the CONF_F_* of its form, NULL for nothing. */
const char *conf_text_form(conf_str_t s, uint32_t flags);

/* What is wrong with the escapes of a JSON text, NULL for nothing. */
const char *conf_text_escapes(conf_str_t text);


#endif /* _CONF_VALUE_H_INCLUDED_ */
