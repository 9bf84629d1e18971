
/*
 * A backup that the daemon makes of its own store: on a thread of libuv's
 * pool, while everything else goes on.
 */

#ifndef _CONFD_BACKUP_H_INCLUDED_
#define _CONFD_BACKUP_H_INCLUDED_


#include "confd_link.h"

#include <uv.h>


#define CONFD_BACKUP_ERROR  1024     /* of one sentence */

/* The loop's; while it runs, rc, error and path are the thread's. */

typedef struct {
    bool             running;
    confd_link_t    *link;           /* a reference */
    uint64_t         id;             /* of the call */
    uint64_t         started_ms;
    conf_rc_t        rc;
    char             error[CONFD_BACKUP_ERROR];
    char             path[CONF_TEXT_MAX + 1];
    uv_work_t        work;
    uv_timer_t       progress;
} confd_backup_t;


/* Once, with the server's other handles. */
void confd_backup_init(confd_server_t *server);

/*
 * Answers the call later: CONF_AGAIN; or now, with CONF_E_FORBIDDEN,
 * CONF_E_INVALID, CONF_E_BACKEND_BUSY, CONF_E_NOMEM.
 */
conf_rc_t confd_backup_start(confd_server_t *server, confd_link_t *link,
    uint64_t id, const conf_backup_t *in);

/* Whether one runs; the store cannot be closed then. */
bool confd_backup_runs(const confd_server_t *server);


#endif /* _CONFD_BACKUP_H_INCLUDED_ */
