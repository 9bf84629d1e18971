
#include "confd_job.h"

#include <stdlib.h>


#define CONFD_JOB_BLOCK   4096               /* of the arena */
#define CONFD_JOB_MEMORY  (64 * 1024 * 1024)
#define CONFD_JOB_REPLY   65536              /* a larger buffer is not kept */
#define CONFD_JOBS_KEPT   4096


static confd_job_t *confd_job_make(confd_job_pool_t *pool);
static void confd_job_destroy(confd_job_t *job);
static conf_rc_t confd_job_unpack(confd_job_t *job, conf_str_t body);


void
confd_jobs_init(confd_jobs_t *jobs)
{
    memset(jobs, 0, sizeof(confd_jobs_t));
}


void
confd_jobs_add(confd_jobs_t *jobs, confd_job_t *job)
{
    job->next = NULL;

    if (jobs->last != NULL) {
        jobs->last->next = job;

    } else {
        jobs->first = job;
    }

    jobs->last = job;
    jobs->n++;
    jobs->cost += job->cost;
}


confd_job_t *
confd_jobs_take(confd_jobs_t *jobs)
{
    confd_job_t  *job;

    job = jobs->first;
    if (job == NULL) {
        return NULL;
    }

    jobs->first = job->next;
    jobs->n--;
    jobs->cost -= job->cost;

    if (jobs->first == NULL) {
        jobs->last = NULL;
    }

    job->next = NULL;

    return job;
}


void
confd_jobs_move(confd_jobs_t *jobs, confd_jobs_t *from)
{
    if (from->first == NULL) {
        return;
    }

    if (jobs->last != NULL) {
        jobs->last->next = from->first;

    } else {
        jobs->first = from->first;
    }

    jobs->last = from->last;
    jobs->n += from->n;
    jobs->cost += from->cost;

    confd_jobs_init(from);
}


void
confd_job_pool_init(confd_job_pool_t *pool)
{
    confd_jobs_init(&pool->unused);
}


void
confd_job_pool_free(confd_job_pool_t *pool)
{
    confd_job_t  *job;

    for ( ;; ) {
        job = confd_jobs_take(&pool->unused);
        if (job == NULL) {
            return;
        }

        confd_job_destroy(job);
    }
}


conf_rc_t
confd_job_create(confd_job_pool_t *pool, const conf_frame_t *call,
    confd_job_t **out)
{
    conf_rc_t     rc;
    confd_job_t  *job;

    job = confd_job_make(pool);
    if (job == NULL) {
        return CONF_E_NOMEM;
    }

    job->id = call->id;
    job->op = (conf_op_e) call->code;
    job->cost = sizeof(confd_job_t) + CONFD_JOB_BLOCK + call->body.len;

    rc = confd_job_unpack(job, call->body);

    if (rc != CONF_OK) {
        confd_job_free(pool, job);
        return rc;
    }

    *out = job;

    return CONF_OK;
}


void
confd_job_free(confd_job_pool_t *pool, confd_job_t *job)
{
    if (conf_ops[job->op].lane == CONF_LANE_HASH && job->body != NULL) {
        explicit_bzero(job->body, job->body_len);
        explicit_bzero(&job->ctx, sizeof(confd_op_ctx_t));
    }

    if (pool->unused.n >= CONFD_JOBS_KEPT) {
        confd_job_destroy(job);
        return;
    }

    if (job->reply.size > CONFD_JOB_REPLY) {
        conf_buf_free(&job->reply);
    }

    conf_arena_reset(job->arena);
    conf_buf_reset(&job->reply);
    job->answered = false;
    confd_jobs_add(&pool->unused, job);
}


void
confd_job_answer(confd_job_t *job, conf_rc_t rc, uint64_t rev,
    const void *out)
{
    conf_frame_t  frame;

    memset(&frame, 0, sizeof(conf_frame_t));

    frame.kind = CONF_FRAME_REPLY;
    frame.id = job->id;
    frame.rev = rev;

    conf_buf_reset(&job->reply);

    if (rc == CONF_OK) {
        rc = conf_frame_write(&job->reply, &frame, conf_ops[job->op].reply,
                              out);
    }

    /* Steering results are not for the wire. */

    if (rc < CONF_OK || rc >= CONF_E_MAX) {
        rc = CONF_E_INTERNAL;
    }

    job->rc = rc;

    if (rc == CONF_OK) {
        return;
    }

    frame.rev = 0;
    frame.code = (uint32_t) rc;

    conf_buf_reset(&job->reply);
    (void) conf_frame_write(&job->reply, &frame, NULL, NULL);
}


static confd_job_t *
confd_job_make(confd_job_pool_t *pool)
{
    confd_job_t  *job;

    job = confd_jobs_take(&pool->unused);
    if (job != NULL) {
        job->body = NULL;
        job->link = NULL;
        job->gone = NULL;
        job->self = NULL;
        memset(&job->ctx, 0, sizeof(confd_op_ctx_t));
        return job;
    }

    job = calloc(1, sizeof(confd_job_t));
    if (job == NULL) {
        return NULL;
    }

    job->arena = conf_arena_create(CONFD_JOB_BLOCK, CONFD_JOB_MEMORY);
    if (job->arena == NULL) {
        free(job);
        return NULL;
    }

    conf_buf_init(&job->reply, 0);

    return job;
}


static void
confd_job_destroy(confd_job_t *job)
{
    conf_arena_destroy(job->arena);
    conf_buf_free(&job->reply);
    free(job);
}


static conf_rc_t
confd_job_unpack(confd_job_t *job, conf_str_t body)
{
    const conf_op_info_t  *info;

    info = &conf_ops[job->op];

    job->body = conf_arena_dup(job->arena, body.data, body.len);
    if (job->body == NULL) {
        return CONF_E_NOMEM;
    }

    job->body_len = body.len;
    body.data = job->body;

    job->in = conf_arena_alloc(job->arena, info->request->size);
    if (job->in == NULL) {
        return CONF_E_NOMEM;
    }

    return conf_proto_unpack(job->arena, info->request, CONF_PROTO_WIRE, body,
                             job->in);
}
