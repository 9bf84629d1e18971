
/*
 * The OpenAPI 3.1 document of a dialect, made from its rows: what they say is
 * what is served, so the document cannot tell anything else.
 */

#ifndef _CONF_OPENAPI_H_INCLUDED_
#define _CONF_OPENAPI_H_INCLUDED_


#include "conf_core.h"


/*
 * Appends the document.  mount is what stands in front of the rows' paths
 * ("/chat", or empty); check conf_buf_ok() at the end.
 */
void conf_openapi(const conf_api_t *api, conf_str_t mount, conf_buf_t *buf);


#endif /* _CONF_OPENAPI_H_INCLUDED_ */
