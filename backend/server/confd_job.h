
/*
 * A call on its way: from the loop through one or two lanes and back.  It has
 * one holder at a time (the loop, a queue, a thread), so nothing in it is
 * locked; what it needs is its own: a copy of the request, an arena, the
 * reply.
 */

#ifndef _CONFD_JOB_H_INCLUDED_
#define _CONFD_JOB_H_INCLUDED_


#include "confd_op.h"

#include <stdatomic.h>


typedef struct confd_job_s   confd_job_t;
typedef struct confd_link_s  confd_link_t;
typedef struct confd_server_s  confd_server_t;

struct confd_job_s {
    confd_job_t          *next;
    confd_link_t         *link;      /* a reference, given back on the loop */
    const atomic_bool    *gone;      /* nobody waits any more */

    /* Without a link: who waits for it (confd_self.h), or NULL. */
    void                (*self)(confd_server_t *server, conf_rc_t rc,
                             const void *reply);
    uint64_t              id;        /* of the call */
    conf_op_e             op;
    size_t                cost;      /* bytes that it holds while it waits */
    conf_arena_t         *arena;
    uint8_t              *body;      /* of the request, packed, in the arena */
    size_t                body_len;
    void                 *in;
    conf_buf_t            reply;     /* one frame */
    bool                  answered;  /* it has left, or is in the link */
    conf_rc_t             rc;        /* what the reply says */
    uint64_t              rev;       /* of a commit with touches */
    confd_op_ctx_t        ctx;
};

/* Jobs in their order; who holds the list holds the jobs. */

typedef struct {
    confd_job_t          *first;
    confd_job_t          *last;
    size_t                n;
    size_t                cost;
} confd_jobs_t;

/* Jobs to use again, of the loop. */

typedef struct {
    confd_jobs_t          unused;
} confd_job_pool_t;


void confd_jobs_init(confd_jobs_t *jobs);
void confd_jobs_add(confd_jobs_t *jobs, confd_job_t *job);

/* The first one, or NULL. */
confd_job_t *confd_jobs_take(confd_jobs_t *jobs);

/* Moves all of from behind those of jobs. */
void confd_jobs_move(confd_jobs_t *jobs, confd_jobs_t *from);

void confd_job_pool_init(confd_job_pool_t *pool);
void confd_job_pool_free(confd_job_pool_t *pool);

/*
 * A job for the call: the body is copied and unpacked as the op's request.
 * CONF_OK, CONF_E_PROTOCOL (the body is not such a request), CONF_E_NOMEM.
 */
conf_rc_t confd_job_create(confd_job_pool_t *pool, const conf_frame_t *call,
    confd_job_t **job);

/* Back to the pool; what a password may have been in is wiped. */
void confd_job_free(confd_job_pool_t *pool, confd_job_t *job);

/*
 * Writes the reply, in place of an earlier one: out, the op's reply struct,
 * when rc is CONF_OK, else the error.  A reply that does not fit a frame or
 * memory becomes an error; when not even that can be written the reply stays
 * empty.
 */
void confd_job_answer(confd_job_t *job, conf_rc_t rc, uint64_t rev,
    const void *out);


#endif /* _CONFD_JOB_H_INCLUDED_ */
