
/*
 * The small change of header values (RFC 9110, 5.6): tokens, lists, and
 * parameters such as `; name="value"`.  Each function takes what it finds
 * from the front of *in.
 */

#ifndef _CONF_TOKEN_H_INCLUDED_
#define _CONF_TOKEN_H_INCLUDED_


#include "conf_base.h"


typedef struct {
    conf_str_t  name;
    conf_str_t  value;        /* between the quotes, still escaped */
    bool        has_value;
    bool        quoted;
} conf_token_param_t;


/* Case-insensitive for ASCII. */
bool conf_token_eq(conf_str_t a, conf_str_t b);

/* The token in front, maybe an empty one. */
conf_str_t conf_token_take(conf_str_t *in);

/* Takes blanks. */
void conf_token_blanks(conf_str_t *in);

/* Takes c and the blanks around it; false, and only blanks, if it is not c. */
bool conf_token_char(conf_str_t *in, uint8_t c);

/*
 * Takes one parameter with the semicolon before it.  CONF_OK, CONF_DONE when
 * there is none, CONF_E_BAD_REQUEST.  Empty parameters are skipped; a value
 * without quotes may hold whatever is no blank, control, quote, comma or
 * semicolon.
 */
conf_rc_t conf_token_param(conf_str_t *in, conf_token_param_t *param);


#endif /* _CONF_TOKEN_H_INCLUDED_ */
