
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

typedef struct {
    const char           *name;      /* of the threads, 15 bytes */
    size_t                threads;
    size_t                count_max; /* jobs that wait */
    size_t                cost_max;
    size_t                take_count;        /* of one run */
    size_t                take_cost;
    bool                  gather;            /* only with one thread */
    int64_t               pace_us;           /* between runs; 0: none */
    int                   nice;              /* what others go before by */
    confd_lane_run_pt     run;
    confd_work_t         *work;
} confd_lane_conf_t;

/*
 * Finished jobs; jobs under the lock.  The loop is woken by a descriptor of
 * our own: with uv_async_send() it spins until the call that woke it returns.
 */

typedef struct {
    pthread_mutex_t       lock;
    confd_jobs_t          jobs;
    int                   fd;
    uv_poll_t             poll;
} confd_done_t;

/*
 * A lane that gathers waits, for a part of the time that the last run took,
 * until as many jobs are there as were before it.  Who answers its clients
 * before it takes on more would else find half of them in each run, the other
 * half still reading their answers, and pay for twice as many syncs.  A job
 * that comes later than that is taken at once.
 *
 * While few jobs wait, runs begin pace_us apart at least: a trickle pays for
 * one sync in that time, not one a job.  Whoever comes after a pause, and a
 * crowd, waits for nothing.
 */

typedef struct {
    size_t                taken;     /* by the last run */
    int64_t               start_us;
    int64_t               end_us;
} confd_lane_last_t;

/*
 * queue, want and stopping under the lock, pending only by the loop, last
 * only by the thread of a lane that gathers.
 */

typedef struct {
    confd_lane_conf_t     conf;
    confd_done_t         *done;
    pthread_t            *threads;
    size_t                nthreads;
    pthread_mutex_t       lock;
    pthread_cond_t        wake;
    confd_jobs_t          queue;
    size_t                want;      /* jobs that are worth waking up for */
    bool                  stopping;
    confd_lane_last_t     last;
    confd_jobs_t          pending;
    atomic_size_t         count;     /* of queue and pending */
    atomic_size_t         cost;
} confd_lane_t;


/*
 * The list of finished jobs; cb runs on the loop.  CONF_OK, or CONF_E_NOMEM
 * with nothing left in the loop.
 */
conf_rc_t confd_done_init(confd_done_t *done, uv_loop_t *loop, uv_poll_cb cb);

/* Moves what is finished to jobs; on the loop. */
void confd_done_take(confd_done_t *done, confd_jobs_t *jobs);

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
