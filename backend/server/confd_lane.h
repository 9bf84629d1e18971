
/*
 * How work leaves the loop and comes back: a bounded queue, threads that take
 * from it, and one list of finished jobs for all lanes that wakes the loop.
 *
 *     loop: admits -> add -> flush      queue -> thread: run -> done -> loop
 *
 * add only collects; flush, once a turn of the loop, hands over what was
 * collected, so that a batch is as large as what has arrived.
 */

#ifndef _CONFD_LANE_H_INCLUDED_
#define _CONFD_LANE_H_INCLUDED_


#include "confd_job.h"

#include <pthread.h>
#include <uv.h>


typedef struct confd_work_s  confd_work_t;

/*
 * Works on jobs, on a thread of the lane.  What it leaves in the list is
 * finished; it may take jobs out to pass them to another lane.
 */
typedef void (*confd_lane_run_pt)(confd_work_t *work, confd_jobs_t *jobs);

/* A transaction that has run and waits for the disk. */

typedef struct {
    confd_txn_t          *txn;
    uint64_t              start_us;
    bool                  written;
} confd_staged_t;

/*
 * Work that is committed in batches.  A batch is run, once or more often, and
 * staged, by one thread at a time; and settled, in the order of staging, by
 * one thread at a time, while the next batch is run.  whole: nothing will be
 * left to settle, staging takes all the time.  again runs and settles jobs
 * that another step has failed, while no other step runs; it does not fail.
 */

typedef struct {
    conf_rc_t           (*run)(confd_work_t *work, confd_jobs_t *jobs);
    bool                (*whole)(confd_work_t *work);
    conf_rc_t           (*stage)(confd_work_t *work, confd_staged_t *staged);
    conf_rc_t           (*settle)(confd_work_t *work, confd_staged_t *staged,
                             size_t n);
    void                (*again)(confd_work_t *work, confd_jobs_t *jobs);
} confd_lane_commit_t;

typedef struct {
    const char           *name;      /* of the threads, 15 bytes */
    size_t                threads;
    size_t                count_max; /* jobs that wait */
    size_t                cost_max;
    size_t                take_count;        /* of one run */
    size_t                take_cost;
    int64_t               pace_us;           /* between runs; 0: none */
    int                   nice;              /* what others go before by */
    confd_lane_run_pt     run;
    const confd_lane_commit_t  *commit;      /* instead of run, or NULL */
    confd_work_t         *work;
} confd_lane_conf_t;

/*
 * Finished jobs.  The loop is woken by a descriptor of our own: with
 * uv_async_send() it spins until the call that woke it returns.
 *
 * A job that is finished alone, while the loop has no other one to answer, is
 * answered by its thread, and the loop need not wake up: it takes the job when
 * it is awake for something else.  So replies keep their order.
 */

typedef struct {
    pthread_mutex_t       lock;
    confd_jobs_t          jobs;      /* lock */
    bool                  waking;    /* the loop has jobs to answer; lock */
    bool                  answering; /* it does; changed by the loop, lock */
    bool                (*answer)(confd_job_t *job);
    int                   fd;
    uv_poll_t             poll;
} confd_done_t;

/*
 * All under the lock, but pending, which is the loop's.
 *
 * A lane that commits has one thread that runs jobs (running) and one that
 * settles them (settling).  Who runs goes on to take jobs while the batch
 * before is being settled: in lots, since they would wait for the disk anyhow.
 *
 * While few jobs wait, batches begin pace_us apart at least: a trickle pays
 * for one sync in that time, not one a job.  Whoever comes after a pause, and
 * a crowd, waits for nothing.
 */

typedef struct {
    confd_lane_conf_t     conf;
    confd_done_t         *done;
    pthread_t            *threads;
    size_t                nthreads;
    pthread_mutex_t       lock;
    pthread_cond_t        wake;      /* there are jobs, and nobody runs */
    pthread_cond_t        more;      /* for who runs: want jobs, or settled */
    pthread_cond_t        turn;      /* for who has failed: nobody runs */
    confd_jobs_t          queue;
    size_t                want;
    size_t                lot;       /* that the batch may have */
    bool                  stopping;
    bool                  running;
    bool                  settling;
    unsigned              failed;    /* batches, to be run again */
    int64_t               settled_us;        /* when the last batch was */
    confd_jobs_t          pending;
    atomic_size_t         count;     /* of queue and pending */
    atomic_size_t         cost;
} confd_lane_t;


/*
 * The list of finished jobs.  answer: on a lane's thread; true when the job
 * has been answered altogether.  CONF_OK, or CONF_E_NOMEM with nothing left in
 * the loop.
 */
conf_rc_t confd_done_init(confd_done_t *done, uv_loop_t *loop,
    bool (*answer)(confd_job_t *job));

/* Once a turn, on the loop: what is finished; what of it there was, is sent. */
void confd_done_take(confd_done_t *done, confd_jobs_t *jobs);
void confd_done_sent(confd_done_t *done);

/* After the handle is closed and all lanes have stopped. */
void confd_done_free(confd_done_t *done);

/* Starts the threads.  CONF_OK or CONF_E_NOMEM. */
conf_rc_t confd_lane_start(confd_lane_t *lane, const confd_lane_conf_t *conf,
    confd_done_t *done);

/* Works off what waits, ends the threads, frees what start has made. */
void confd_lane_stop(confd_lane_t *lane);

/* Whether one more job fits; on the loop, as add and flush. */
bool confd_lane_admits(confd_lane_t *lane);
void confd_lane_add(confd_lane_t *lane, confd_job_t *job);
void confd_lane_flush(confd_lane_t *lane);

/*
 * From a thread of another lane, without regard to the bounds: the job was
 * admitted by the lane that it comes from.
 */
void confd_lane_pass(confd_lane_t *lane, confd_job_t *job);

/* Jobs that wait. */
size_t confd_lane_waiting(confd_lane_t *lane);


#endif /* _CONFD_LANE_H_INCLUDED_ */
