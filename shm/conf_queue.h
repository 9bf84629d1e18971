
/*
 * An intrusive ring: the head is an element like the others.  It never
 * allocates; an element is on one ring at a time.
 */

#ifndef _CONF_QUEUE_H_INCLUDED_
#define _CONF_QUEUE_H_INCLUDED_


#include "conf_base.h"


typedef struct conf_queue_s  conf_queue_t;

struct conf_queue_s {
    conf_queue_t  *prev;
    conf_queue_t  *next;
};


static inline void
conf_queue_init(conf_queue_t *queue)
{
    queue->prev = queue;
    queue->next = queue;
}


static inline bool
conf_queue_empty(const conf_queue_t *queue)
{
    return queue->next == queue;
}


/* Behind at: at the head of the ring when at is its head. */

static inline void
conf_queue_insert(conf_queue_t *at, conf_queue_t *item)
{
    item->prev = at;
    item->next = at->next;
    item->next->prev = item;
    at->next = item;
}


static inline void
conf_queue_append(conf_queue_t *queue, conf_queue_t *item)
{
    conf_queue_insert(queue->prev, item);
}


static inline void
conf_queue_remove(conf_queue_t *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
}


#endif /* _CONF_QUEUE_H_INCLUDED_ */
