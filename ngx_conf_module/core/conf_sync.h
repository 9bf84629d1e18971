
/*
 * Keeping what is live true to what is durable.  confd says what has changed
 * (touch events), and the worker asks about those of its own sessions that it
 * concerns: who was added to a room enters it, who was removed leaves it,
 * whose token died is closed.  Who may be in a room is therefore never
 * decided here, whatever way the change came.
 *
 * Stored messages whose publisher died before it could publish them are found
 * by their gap, or by comparing heads, read back and published.
 */

#ifndef _CONF_SYNC_H_INCLUDED_
#define _CONF_SYNC_H_INCLUDED_


#include "conf_live.h"


typedef struct conf_sync_s  conf_sync_t;


/* NULL when memory is short.  Destroying cancels what is under way. */
conf_sync_t *conf_sync_create(conf_env_t *env);
void conf_sync_destroy(conf_sync_t *sync);

/* An event from confd: topic and payload. */
void conf_sync_event(conf_sync_t *sync, conf_str_t topic, conf_str_t payload,
    uint64_t rev);

/*
 * The link to confd is up (again): touches may have been missed, messages
 * stored without being published.  Everything local is checked, a few calls
 * at a time.
 */
void conf_sync_all(conf_sync_t *sync);

/*
 * Something may have been stored, or may be stored in a moment, that nobody
 * publishes: compares the published heads of live rooms with the stored ones,
 * now and (soon false) some seconds later again.
 */
void conf_sync_doubt(conf_sync_t *sync, bool soon);

/* The inbox was drained: asks for what this worker's sessions miss. */
void conf_sync_repair(conf_sync_t *sync);

/*
 * Regular work, a few times a second: gaps that nobody filled, questions that
 * were not answered.
 */
void conf_sync_tick(conf_sync_t *sync);


#endif /* _CONF_SYNC_H_INCLUDED_ */
