
/*
 * What confd asks itself: ops without a link, which go the way of all others
 * (their lane, the group's transaction, touches), and the regular ones.
 */

#ifndef _CONFD_SELF_H_INCLUDED_
#define _CONFD_SELF_H_INCLUDED_


#include "confd_job.h"

#include <uv.h>


typedef struct confd_server_s  confd_server_t;

/*
 * The end of such an op, on the loop: reply is the op's reply struct, gone
 * when it returns, or NULL when rc is an error.
 */
typedef void (*confd_self_pt)(confd_server_t *server, conf_rc_t rc,
    const void *reply);

typedef struct {
    uv_timer_t   timer;
    uint64_t     seconds;
} confd_self_t;


/* Regular ops begin; never before the lanes have started. */
void confd_self_init(confd_server_t *server);

/*
 * Asks; done is called once, never from inside, and not at all when the
 * server stops before.  CONF_OK, CONF_E_BACKEND_BUSY, CONF_E_NOMEM: done is
 * not called then.
 */
conf_rc_t confd_self_call(confd_server_t *server, conf_op_e op,
    const void *request, confd_self_pt done);

/* A job without a link is back. */
void confd_self_done(confd_server_t *server, confd_job_t *job);


#endif /* _CONFD_SELF_H_INCLUDED_ */
