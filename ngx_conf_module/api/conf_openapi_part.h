
/*
 * What the files of conf_openapi share.  Private to them.
 */

#ifndef _CONF_OPENAPI_PART_H_INCLUDED_
#define _CONF_OPENAPI_PART_H_INCLUDED_


#include "conf_openapi.h"


/* A document that is being written. */

typedef struct {
    conf_buf_t        *buf;
    const conf_api_t  *api;
    conf_env_t         env;         /* a clock, for examples */
} conf_openapi_doc_t;


/* conf_openapi_answer.c */

/* The member "responses" of a row. */
void conf_openapi_responses(conf_openapi_doc_t *doc, const conf_row_t *row);

/* The member "examples" with what the dialect says to each error. */
void conf_openapi_examples(conf_openapi_doc_t *doc);


/* conf_openapi_schema.c */

/* A member's name, or room for an item; with a comma where one is needed. */
void conf_openapi_key(conf_buf_t *buf, const char *name);
void conf_openapi_item(conf_buf_t *buf);

/* A member that is a string, a number, a quoted text. */
void conf_openapi_text(conf_buf_t *buf, const char *name, const char *text);
void conf_openapi_str(conf_buf_t *buf, const char *name, conf_str_t text);
void conf_openapi_number(conf_buf_t *buf, const char *name, int64_t n);

/*
 * The JSON Schema of one field; as text when it does not come as JSON, where
 * a number is always written as one.
 */
void conf_openapi_field(conf_buf_t *buf, const conf_field_t *field,
    bool as_text);

/* Of a whole object, without the fields that the path pattern has. */
void conf_openapi_object(conf_buf_t *buf, const conf_schema_t *schema,
    const char *path, bool file);

/* Of what a view writes; data is what stands where a row has no sub view. */
void conf_openapi_view(conf_buf_t *buf, const conf_view_t *view,
    const conf_row_t *data);

/* Is the field, or an alias of it, a parameter of the path pattern? */
bool conf_openapi_in_path(const char *path, const conf_field_t *field);

/* Is that the name of the field, or one of its aliases? */
bool conf_openapi_named(const conf_field_t *field, const char *name,
    size_t len);


#endif /* _CONF_OPENAPI_PART_H_INCLUDED_ */
