
#include "conf_page.h"


uint32_t
conf_page_number(uint64_t page)
{
    return page == 0 ? 1 : (uint32_t) conf_min(page, UINT32_MAX);
}


uint32_t
conf_page_limit(uint64_t limit)
{
    return limit == 0 ? CONF_PAGE_SIZE : (uint32_t) conf_min(limit, UINT32_MAX);
}


void
conf_page_set(conf_page_t *out, uint64_t page, uint64_t limit, uint64_t total)
{
    out->total = total;
    out->page = conf_page_number(page);
    out->size = conf_page_limit(limit);
    out->pages = total / out->size + (total % out->size != 0);
}
