
/*
 * What an admin sees of the whole server.
 */

#ifndef _CONF_STATUS_H_INCLUDED_
#define _CONF_STATUS_H_INCLUDED_


#include "conf_page.h"
#include "conf_verb.h"


typedef struct {
    conf_str_t     status;            /* JSON */
} conf_status_out_t;

/* nothing -> conf_status_out_t */
conf_rc_t conf_status_show(conf_op_t *op, const void *in);


typedef struct {
    conf_input_t   input;
    uint64_t       page;              /* 0: the first */
    uint64_t       limit;             /* 0: CONF_PAGE_SIZE; at most 1,000 */
} conf_status_in_t;

typedef struct {
    conf_room_t    room;
    uint64_t       online;            /* users who are connected */
} conf_online_room_t;

typedef struct {
    conf_page_t    page;
    conf_list_t    rooms;             /* of conf_online_room_t */
} conf_online_page_t;

/* conf_status_in_t -> conf_online_page_t: where somebody is now */
conf_rc_t conf_status_meetings(conf_op_t *op, const void *in);


#endif /* _CONF_STATUS_H_INCLUDED_ */
