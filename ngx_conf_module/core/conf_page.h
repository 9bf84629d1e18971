
/*
 * Lists by pages: what was asked for, and where in the whole that is.
 */

#ifndef _CONF_PAGE_H_INCLUDED_
#define _CONF_PAGE_H_INCLUDED_


#include "conf_base.h"


#define CONF_PAGE_SIZE  20        /* when the asker does not say */

typedef struct {
    uint64_t   total;             /* of all pages */
    uint64_t   page;              /* from 1 */
    uint64_t   size;
    uint64_t   pages;
} conf_page_t;


/* As asked for, 0 for the default; both fit confd's fields. */
uint32_t conf_page_number(uint64_t page);
uint32_t conf_page_limit(uint64_t limit);

void conf_page_set(conf_page_t *out, uint64_t page, uint64_t limit,
    uint64_t total);


#endif /* _CONF_PAGE_H_INCLUDED_ */
