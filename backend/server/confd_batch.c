
/*
 * Group commit.  All of this is on the writer's threads; but for settle, on
 * one of them at a time.
 */

#include "confd_work.h"
#include "confd_log.h"

#include <time.h>


/*
 * An op that fails may stay in a transaction that others share only if it has
 * written nothing, so the driver that ops see counts their writes.  There is
 * one write transaction at a time, hence one counter.
 */

typedef struct {
    const confd_store_driver_t  *driver;     /* the real one */
    uint64_t                     writes;
} confd_batch_guard_t;


static conf_rc_t confd_batch_write(confd_work_t *work, confd_jobs_t *jobs);
static bool confd_batch_whole(confd_work_t *work);
static void confd_batch_again(confd_work_t *work, confd_jobs_t *jobs);
static conf_rc_t confd_batch_run(confd_work_t *work, confd_job_t *first,
    confd_job_t *end);
static conf_rc_t confd_batch_begin(confd_work_t *work);
static void confd_batch_abort(confd_work_t *work);
static conf_rc_t confd_batch_jobs(confd_work_t *work, confd_job_t *first,
    confd_job_t *end);
static conf_rc_t confd_batch_job(confd_work_t *work, confd_job_t *job,
    int64_t now_ms);
static conf_rc_t confd_batch_stage(confd_work_t *work,
    confd_staged_t *staged);
static conf_rc_t confd_batch_settle(confd_work_t *work,
    confd_staged_t *staged, size_t n);
static void confd_batch_alone(confd_work_t *work, confd_job_t *job);
static void confd_batch_failed(confd_job_t *job, conf_rc_t rc);
static void confd_batch_guard(confd_work_t *work);
static uint64_t confd_batch_us(void);

static conf_rc_t confd_batch_put(confd_txn_t *txn, confd_space_e space,
    conf_str_t key, conf_str_t value);
static conf_rc_t confd_batch_del(confd_txn_t *txn, confd_space_e space,
    conf_str_t key);
static conf_rc_t confd_batch_next_id(confd_txn_t *txn, confd_space_e space,
    uint64_t *id);
static conf_rc_t confd_batch_log_create(confd_txn_t *txn, uint64_t room,
    uint64_t epoch);
static conf_rc_t confd_batch_log_append(confd_txn_t *txn, uint64_t room,
    conf_str_t record, uint64_t *pos, uint64_t *seq);


const confd_lane_commit_t  confd_work_commit = {
    .run    = confd_batch_write,
    .whole  = confd_batch_whole,
    .stage  = confd_batch_stage,
    .settle = confd_batch_settle,
    .again  = confd_batch_again
};

static confd_batch_guard_t   confd_guard;
static confd_store_driver_t  confd_guarded;


static conf_rc_t
confd_batch_write(confd_work_t *work, confd_jobs_t *jobs)
{
    conf_rc_t  rc;

    rc = work->txn == NULL ? confd_batch_begin(work) : CONF_OK;

    return rc == CONF_OK ? confd_batch_jobs(work, jobs->first, NULL) : rc;
}


static bool
confd_batch_whole(confd_work_t *work)
{
    return work->driver->whole(work->txn);
}


static void
confd_batch_again(confd_work_t *work, confd_jobs_t *jobs)
{
    conf_rc_t     rc;
    confd_job_t  *job;

    confd_batch_abort(work);

    rc = confd_batch_run(work, jobs->first, NULL);

    if (rc == CONF_E_STORE_FULL) {

        /* The next begin makes the map larger. */

        rc = confd_batch_run(work, jobs->first, NULL);
    }

    if (rc == CONF_OK) {
        return;
    }

    if (jobs->n == 1) {
        confd_batch_failed(jobs->first, rc);
        return;
    }

    confd_log(CONFD_LOG_WARN, "batch of %zu ops given up: error %d", jobs->n,
              rc);

    for (job = jobs->first; job != NULL; job = job->next) {
        confd_batch_alone(work, job);
    }
}


/*
 * Runs the jobs from first to before end in one transaction.  CONF_OK: all
 * have their replies and what they wrote is on disk.  Otherwise nothing is,
 * and the result tells why.
 */

static conf_rc_t
confd_batch_run(confd_work_t *work, confd_job_t *first, confd_job_t *end)
{
    size_t           n;
    conf_rc_t        rc;
    confd_job_t     *job;
    confd_staged_t   staged;

    rc = confd_batch_begin(work);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_batch_jobs(work, first, end);

    if (rc != CONF_OK) {
        confd_batch_abort(work);
        return rc;
    }

    n = 0;

    for (job = first; job != end; job = job->next) {
        n++;
    }

    rc = confd_batch_stage(work, &staged);

    return rc == CONF_OK ? confd_batch_settle(work, &staged, n) : rc;
}


static conf_rc_t
confd_batch_begin(confd_work_t *work)
{
    conf_rc_t  rc;

    confd_batch_guard(work);

    rc = work->driver->begin(work->store, true, &work->txn);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_ERROR, "cannot begin a transaction: error %d", rc);
        work->txn = NULL;
    }

    confd_guard.writes = 0;

    return rc;
}


static void
confd_batch_abort(confd_work_t *work)
{
    if (work->txn != NULL) {
        work->driver->abort(work->txn);
        work->txn = NULL;
    }
}


static conf_rc_t
confd_batch_jobs(confd_work_t *work, confd_job_t *first, confd_job_t *end)
{
    int64_t       now_ms;
    conf_rc_t     rc;
    confd_job_t  *job;

    now_ms = confd_work_now();

    for (job = first; job != end; job = job->next) {
        rc = confd_batch_job(work, job, now_ms);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* CONF_OK unless the transaction cannot be kept. */

static conf_rc_t
confd_batch_job(confd_work_t *work, confd_job_t *job, int64_t now_ms)
{
    void         *out;
    uint64_t      rev, writes;
    conf_rc_t     rc, status;
    confd_txn_t  *txn;

    txn = work->txn;
    writes = confd_guard.writes;

    rc = confd_work_run(work, job, &confd_guarded, txn, now_ms, &out);

    status = work->driver->status(txn);
    if (status != CONF_OK) {
        return status;
    }

    if (rc != CONF_OK && confd_guard.writes != writes) {
        return rc;
    }

    /*
     * Until something but the log is written, what the op saw is the last
     * commit, and this transaction may never become one.
     */

    rev = work->driver->rev(txn);
    job->rev = work->driver->dirty(txn) ? rev : rev - 1;

    confd_job_answer(job, rc, job->rev, out);

    /* A reply that cannot be packed is an op that failed. */

    if (job->rc != CONF_OK) {
        job->ctx.ntouches = 0;

        if (confd_guard.writes != writes) {
            return job->rc;
        }
    }

    return CONF_OK;
}


/* Also of what has only read: it may have seen what is not on disk yet. */

static conf_rc_t
confd_batch_stage(confd_work_t *work, confd_staged_t *staged)
{
    conf_rc_t        rc;
    confd_counts_t   counts;

    rc = confd_work_count(work->driver, work->txn, &counts);

    if (rc != CONF_OK) {
        confd_batch_abort(work);
        return rc;
    }

    staged->txn = work->txn;
    staged->written = confd_guard.writes != 0;
    staged->start_us = confd_batch_us();

    work->txn = NULL;

    rc = work->driver->stage(staged->txn);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_ERROR, "cannot commit: error %d", rc);
        return rc;
    }

    confd_work_counted(work, &counts);

    return CONF_OK;
}


static conf_rc_t
confd_batch_settle(confd_work_t *work, confd_staged_t *staged, size_t n)
{
    uint64_t   us;
    conf_rc_t  rc;

    rc = work->driver->settle(staged->txn);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_ERROR, "cannot commit: error %d", rc);
        return rc;
    }

    if (!staged->written) {
        return CONF_OK;
    }

    atomic_fetch_add_explicit(&work->commits, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&work->committed, n, memory_order_relaxed);
    us = confd_batch_us() - staged->start_us;

    atomic_fetch_add_explicit(&work->commit_us, us, memory_order_relaxed);
    atomic_fetch_add_explicit(&work->commit_times[conf_time_bucket(us)], 1,
                              memory_order_relaxed);

    return CONF_OK;
}


static void
confd_batch_alone(confd_work_t *work, confd_job_t *job)
{
    conf_rc_t  rc;

    rc = confd_batch_run(work, job, job->next);

    if (rc == CONF_E_STORE_FULL) {
        rc = confd_batch_run(work, job, job->next);
    }

    if (rc != CONF_OK) {
        confd_batch_failed(job, rc);
    }
}


static void
confd_batch_failed(confd_job_t *job, conf_rc_t rc)
{
    confd_job_answer(job, rc, 0, NULL);
    job->ctx.ntouches = 0;
}


static void
confd_batch_guard(confd_work_t *work)
{
    if (confd_guard.driver == work->driver) {
        return;
    }

    confd_guard.driver = work->driver;

    confd_guarded = *work->driver;
    confd_guarded.put = confd_batch_put;
    confd_guarded.del = confd_batch_del;
    confd_guarded.next_id = confd_batch_next_id;
    confd_guarded.log_create = confd_batch_log_create;
    confd_guarded.log_append = confd_batch_log_append;
}


static uint64_t
confd_batch_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


static conf_rc_t
confd_batch_put(confd_txn_t *txn, confd_space_e space, conf_str_t key,
    conf_str_t value)
{
    confd_guard.writes++;

    return confd_guard.driver->put(txn, space, key, value);
}


static conf_rc_t
confd_batch_del(confd_txn_t *txn, confd_space_e space, conf_str_t key)
{
    conf_rc_t  rc;

    rc = confd_guard.driver->del(txn, space, key);

    if (rc != CONF_E_NOT_FOUND) {
        confd_guard.writes++;
    }

    return rc;
}


static conf_rc_t
confd_batch_next_id(confd_txn_t *txn, confd_space_e space, uint64_t *id)
{
    confd_guard.writes++;

    return confd_guard.driver->next_id(txn, space, id);
}


static conf_rc_t
confd_batch_log_create(confd_txn_t *txn, uint64_t room, uint64_t epoch)
{
    confd_guard.writes++;

    return confd_guard.driver->log_create(txn, room, epoch);
}


static conf_rc_t
confd_batch_log_append(confd_txn_t *txn, uint64_t room, conf_str_t record,
    uint64_t *pos, uint64_t *seq)
{
    confd_guard.writes++;

    return confd_guard.driver->log_append(txn, room, record, pos, seq);
}
