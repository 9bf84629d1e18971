
#include "confd_work.h"
#include "confd_dedup.h"
#include "confd_log.h"

#include <time.h>


static confd_txn_t *confd_work_snapshot(confd_work_t *work);
static conf_rc_t confd_work_load(confd_work_t *work, confd_txn_t *txn);


conf_rc_t
confd_work_open(confd_work_t *work)
{
    conf_rc_t        rc;
    confd_txn_t     *txn;
    confd_counts_t   counts;

    work->dedup = confd_dedup_create(work->conf->dedup_memory);
    if (work->dedup == NULL) {
        return CONF_E_NOMEM;
    }

    txn = confd_work_snapshot(work);
    if (txn == NULL) {
        return CONF_E_STORE_FAILED;
    }

    rc = confd_work_count(work->driver, txn, &counts);

    if (rc == CONF_OK) {
        confd_work_counted(work, &counts);
        rc = confd_work_load(work, txn);
    }

    work->driver->abort(txn);

    return rc;
}


/* What the last minutes have posted, so that the first op waits less. */

static conf_rc_t
confd_work_load(confd_work_t *work, confd_txn_t *txn)
{
    confd_op_ctx_t  ctx;

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    ctx.driver = work->driver;
    ctx.txn = txn;
    ctx.conf = work->conf;
    ctx.dedup = work->dedup;
    ctx.now_ms = confd_work_now();

    return confd_dedup_load(&ctx);
}


void
confd_work_close(confd_work_t *work)
{
    confd_dedup_destroy(work->dedup);
}


void
confd_work_read(confd_work_t *work, confd_jobs_t *jobs)
{
    void         *out;
    int64_t       now_ms;
    conf_rc_t     rc;
    confd_txn_t  *txn;
    confd_job_t  *job;

    txn = NULL;
    now_ms = confd_work_now();

    for (job = jobs->first; job != NULL; job = job->next) {

        if (atomic_load_explicit(job->gone, memory_order_relaxed)) {
            continue;
        }

        if (txn == NULL) {
            txn = confd_work_snapshot(work);
        }

        if (txn == NULL) {
            confd_job_answer(job, CONF_E_STORE_FAILED, 0, NULL);
            continue;
        }

        rc = confd_work_run(work, job, work->driver, txn, now_ms, &out);
        confd_job_answer(job, rc, work->driver->rev(txn), out);

        if (work->driver->status(txn) != CONF_OK) {
            work->driver->abort(txn);
            txn = NULL;
        }
    }

    if (txn != NULL) {
        work->driver->abort(txn);
    }
}


/* A job that has its hash goes on to the writer; a failed one is finished. */

void
confd_work_hash(confd_work_t *work, confd_jobs_t *jobs)
{
    conf_rc_t      rc;
    confd_job_t   *job;
    confd_jobs_t   failed;

    confd_jobs_init(&failed);

    for ( ;; ) {
        job = confd_jobs_take(jobs);
        if (job == NULL) {
            break;
        }

        job->ctx.driver = work->driver;
        job->ctx.arena = job->arena;
        job->ctx.conf = work->conf;
        job->ctx.now_ms = confd_work_now();

        rc = confd_ops[job->op].hash(&job->ctx, work->store, job->in);

        if (rc == CONF_OK) {
            confd_lane_pass(work->write, job);
            continue;
        }

        confd_job_answer(job, rc, 0, NULL);
        confd_jobs_add(&failed, job);
    }

    confd_jobs_move(jobs, &failed);
}


conf_rc_t
confd_work_run(confd_work_t *work, confd_job_t *job,
    const confd_store_driver_t *driver, confd_txn_t *txn, int64_t now_ms,
    void **out)
{
    *out = conf_arena_calloc(job->arena, conf_ops[job->op].reply->size);
    if (*out == NULL) {
        return CONF_E_NOMEM;
    }

    job->ctx.driver = driver;
    job->ctx.txn = txn;
    job->ctx.arena = job->arena;
    job->ctx.conf = work->conf;
    job->ctx.dedup = work->dedup;
    job->ctx.now_ms = now_ms;
    job->ctx.ntouches = 0;

    return confd_ops[job->op].run(&job->ctx, job->in, *out);
}


/* A deleted user's record stays; so do the messages of a deleted room. */

conf_rc_t
confd_work_count(const confd_store_driver_t *driver, confd_txn_t *txn,
    confd_counts_t *counts)
{
    uint64_t   gone;
    conf_rc_t  rc;

    memset(counts, 0, sizeof(confd_counts_t));

    rc = driver->count(txn, CONFD_SPACE_USER_GONE, &gone);

    if (rc == CONF_OK) {
        rc = driver->count(txn, CONFD_SPACE_USER, &counts->users);
    }

    if (rc == CONF_OK) {
        rc = driver->count(txn, CONFD_SPACE_ROOM, &counts->rooms);
    }

    if (rc == CONF_OK) {
        rc = driver->count(txn, CONFD_SPACE_LOG, &counts->messages);
    }

    counts->users -= conf_min(gone, counts->users);

    return rc;
}


void
confd_work_counted(confd_work_t *work, const confd_counts_t *counts)
{
    atomic_store_explicit(&work->users, counts->users, memory_order_relaxed);
    atomic_store_explicit(&work->rooms, counts->rooms, memory_order_relaxed);
    atomic_store_explicit(&work->messages, counts->messages,
                          memory_order_relaxed);
}


int64_t
confd_work_now(void)
{
    int64_t          now, last;
    struct timespec  ts;

    static _Atomic int64_t  latest;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    now = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    last = atomic_load_explicit(&latest, memory_order_relaxed);

    /* A clock that is set back must not make messages older than others. */

    while (now > last) {
        if (atomic_compare_exchange_weak_explicit(&latest, &last, now,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed))
        {
            return now;
        }
    }

    return last;
}


static confd_txn_t *
confd_work_snapshot(confd_work_t *work)
{
    conf_rc_t     rc;
    confd_txn_t  *txn;

    rc = work->driver->begin(work->store, false, &txn);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_ERROR, "cannot open a snapshot: error %d", rc);
        return NULL;
    }

    return txn;
}
