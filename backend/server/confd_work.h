
/*
 * What the lanes' threads do with jobs: reads on a snapshot, writes in groups
 * that share one transaction and one sync, password hashes.
 */

#ifndef _CONFD_WORK_H_INCLUDED_
#define _CONFD_WORK_H_INCLUDED_


#include "confd_lane.h"


typedef struct {
    uint64_t                     users;
    uint64_t                     rooms;
    uint64_t                     messages;
} confd_counts_t;

/* Set before the lanes start; counters grow on the writers' threads. */

struct confd_work_s {
    const confd_store_driver_t  *driver;
    confd_store_t               *store;
    const confd_op_conf_t       *conf;
    confd_dedup_t               *dedup;      /* made by open */
    confd_lane_t                *write;      /* where hashed jobs go on */
    confd_txn_t                 *txn;        /* of the batch that runs */
    atomic_uint_fast64_t         commits;
    atomic_uint_fast64_t         committed;  /* ops in those */
    atomic_uint_fast64_t         commit_us;
    atomic_uint_fast64_t         commit_times[CONF_TIME_BUCKETS];

    /* What there is, as of the last commit. */
    atomic_uint_fast64_t         users;
    atomic_uint_fast64_t         rooms;
    atomic_uint_fast64_t         messages;
};


/*
 * Before the lanes start: looks at what the store has, reads the end of its
 * log.  After a failure, too, close has to be called.
 */
conf_rc_t confd_work_open(confd_work_t *work);

/* After the lanes have stopped. */
void confd_work_close(confd_work_t *work);


/* The lanes' run functions. */

void confd_work_read(confd_work_t *work, confd_jobs_t *jobs);
void confd_work_hash(confd_work_t *work, confd_jobs_t *jobs);

/*
 * Group commit (confd_batch.c).  All jobs run in one transaction; those that
 * fail before their first write just answer so.  When one fails later, or the
 * store does, the transaction is given up, and again gives each job its own;
 * only what is on disk is answered with CONF_OK.
 */
extern const confd_lane_commit_t  confd_work_commit;


/*
 * Runs the job's op on txn, at the time now_ms; driver is what the op sees.
 * *out gets the op's reply struct, in the job's arena.  Returns the op's
 * result.
 */
conf_rc_t confd_work_run(confd_work_t *work, confd_job_t *job,
    const confd_store_driver_t *driver, confd_txn_t *txn, int64_t now_ms,
    void **out);

/* What there is as txn sees it, and making it known. */
conf_rc_t confd_work_count(const confd_store_driver_t *driver,
    confd_txn_t *txn, confd_counts_t *counts);
void confd_work_counted(confd_work_t *work, const confd_counts_t *counts);

/* Milliseconds since 1970, never less than before. */
int64_t confd_work_now(void);


#endif /* _CONFD_WORK_H_INCLUDED_ */
