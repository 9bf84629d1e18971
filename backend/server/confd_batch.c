
/*
 * Group commit.  All of this is on the writer's thread.
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


static conf_rc_t confd_batch_run(confd_work_t *work, confd_job_t *first,
    confd_job_t *end);
static conf_rc_t confd_batch_jobs(confd_work_t *work, confd_txn_t *txn,
    confd_job_t *first, confd_job_t *end);
static conf_rc_t confd_batch_job(confd_work_t *work, confd_txn_t *txn,
    confd_job_t *job, int64_t now_ms);
static conf_rc_t confd_batch_commit(confd_work_t *work, confd_txn_t *txn,
    confd_job_t *first, confd_job_t *end);
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


static confd_batch_guard_t   confd_guard;
static confd_store_driver_t  confd_guarded;


void
confd_work_write(confd_work_t *work, confd_jobs_t *jobs)
{
    conf_rc_t     rc;
    confd_job_t  *job;

    confd_batch_guard(work);

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
    conf_rc_t     rc;
    confd_txn_t  *txn;

    rc = work->driver->begin(work->store, true, &txn);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_ERROR, "cannot begin a transaction: error %d", rc);
        return rc;
    }

    confd_guard.writes = 0;

    rc = confd_batch_jobs(work, txn, first, end);

    if (rc != CONF_OK) {
        work->driver->abort(txn);
        return rc;
    }

    if (confd_guard.writes == 0) {
        work->driver->abort(txn);
        return CONF_OK;
    }

    return confd_batch_commit(work, txn, first, end);
}


static conf_rc_t
confd_batch_jobs(confd_work_t *work, confd_txn_t *txn, confd_job_t *first,
    confd_job_t *end)
{
    int64_t       now_ms;
    conf_rc_t     rc;
    confd_job_t  *job;

    now_ms = confd_work_now();

    for (job = first; job != end; job = job->next) {
        rc = confd_batch_job(work, txn, job, now_ms);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* CONF_OK unless the transaction cannot be kept. */

static conf_rc_t
confd_batch_job(confd_work_t *work, confd_txn_t *txn, confd_job_t *job,
    int64_t now_ms)
{
    void       *out;
    uint64_t    rev, writes;
    conf_rc_t   rc, status;

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


static conf_rc_t
confd_batch_commit(confd_work_t *work, confd_txn_t *txn, confd_job_t *first,
    confd_job_t *end)
{
    uint64_t         start, us, n;
    conf_rc_t        rc;
    confd_job_t     *job;
    confd_counts_t   counts;

    rc = confd_work_count(work->driver, txn, &counts);

    if (rc != CONF_OK) {
        work->driver->abort(txn);
        return rc;
    }

    start = confd_batch_us();

    rc = work->driver->commit(txn);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_ERROR, "cannot commit: error %d", rc);
        return rc;
    }

    confd_work_counted(work, &counts);

    n = 0;

    for (job = first; job != end; job = job->next) {
        n++;
    }

    atomic_fetch_add_explicit(&work->commits, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&work->committed, n, memory_order_relaxed);
    us = confd_batch_us() - start;

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
