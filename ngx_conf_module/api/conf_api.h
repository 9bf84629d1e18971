
/*
 * The dialects: how each API says what the verbs mean.  A dialect is tables
 * (rows, schemas, views, errors) and a few adapters.
 */

#ifndef _CONF_API_H_INCLUDED_
#define _CONF_API_H_INCLUDED_


#include "conf_core.h"


extern const conf_api_t  conf_api_roomchat;
extern const conf_api_t  conf_api_meeting;

/* All of them, ended by NULL; conf_api_s.index is the place here. */
extern const conf_api_t *const  conf_apis[];

/*
 * Writes the op's reply by its row's view, which is not NULL: the data of an
 * answer that has one.
 */
void conf_api_show(const conf_op_t *op, conf_buf_t *buf);

/* By the name that the configuration gives; NULL when there is none. */
const conf_api_t *conf_api_find(conf_str_t name);


#endif /* _CONF_API_H_INCLUDED_ */
