
#include "confd_lane.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>


#define CONFD_LANE_CROWD  16         /* jobs that are not kept waiting */
#define CONFD_LANE_WAKE   64         /* that are run while others settle */
#define CONFD_LANE_LOT    256        /* and settled without the next ones */


static void *confd_lane_thread(void *data);
static void *confd_lane_commits(void *data);
static bool confd_lane_batch(confd_lane_t *lane, confd_jobs_t *jobs,
    confd_staged_t *staged);
static bool confd_lane_run(confd_lane_t *lane, confd_jobs_t *jobs);
static bool confd_lane_grows(confd_lane_t *lane, const confd_jobs_t *jobs);
static bool confd_lane_stage(confd_lane_t *lane, confd_staged_t *staged);
static void confd_lane_again(confd_lane_t *lane, confd_jobs_t *jobs);
static void confd_lane_failed(confd_lane_t *lane, confd_jobs_t *jobs);
static bool confd_lane_enter(confd_lane_t *lane);
static void confd_lane_leave(confd_lane_t *lane);
static void confd_lane_await(confd_lane_t *lane);
static void confd_lane_take(confd_lane_t *lane, const confd_jobs_t *have,
    confd_jobs_t *jobs);
static bool confd_lane_full(const confd_lane_t *lane, size_t n, size_t cost);
static void confd_lane_pace(confd_lane_t *lane);
static int64_t confd_lane_now_us(void);
static void confd_lane_queue(confd_lane_t *lane, confd_jobs_t *jobs);
static void confd_done_woken(uv_poll_t *poll, int status, int events);
static bool confd_done_alone(confd_done_t *done, const confd_jobs_t *jobs);
static void confd_done_put(confd_done_t *done, confd_jobs_t *jobs);


conf_rc_t
confd_done_init(confd_done_t *done, uv_loop_t *loop,
    bool (*answer)(confd_job_t *job))
{
    confd_jobs_init(&done->jobs);

    done->answer = answer;
    done->waking = false;
    done->answering = false;

    done->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (done->fd == -1) {
        return CONF_E_NOMEM;
    }

    if (uv_poll_init(loop, &done->poll, done->fd) != 0) {
        (void) close(done->fd);
        return CONF_E_NOMEM;
    }

    (void) pthread_mutex_init(&done->lock, NULL);
    done->poll.data = done;
    (void) uv_poll_start(&done->poll, UV_READABLE, confd_done_woken);

    return CONF_OK;
}


/* Jobs are taken at the end of the turn, after this. */

static void
confd_done_woken(uv_poll_t *poll, int status, int events)
{
    eventfd_t      n;
    confd_done_t  *done = poll->data;

    (void) eventfd_read(done->fd, &n);
}


void
confd_done_take(confd_done_t *done, confd_jobs_t *jobs)
{
    pthread_mutex_lock(&done->lock);

    confd_jobs_move(jobs, &done->jobs);

    done->answering = done->waking;
    done->waking = false;

    pthread_mutex_unlock(&done->lock);
}


void
confd_done_sent(confd_done_t *done)
{
    if (done->answering) {
        pthread_mutex_lock(&done->lock);
        done->answering = false;
        pthread_mutex_unlock(&done->lock);
    }
}


void
confd_done_free(confd_done_t *done)
{
    pthread_mutex_destroy(&done->lock);
    (void) close(done->fd);
}


conf_rc_t
confd_lane_start(confd_lane_t *lane, const confd_lane_conf_t *conf,
    confd_done_t *done)
{
    int                 failed;
    size_t              i;
    sigset_t            all, old;
    pthread_condattr_t  attr;

    memset(lane, 0, sizeof(confd_lane_t));

    lane->conf = *conf;
    lane->done = done;
    lane->want = 1;
    lane->lot = conf->take_count;

    lane->threads = calloc(conf->threads, sizeof(pthread_t));
    if (lane->threads == NULL) {
        return CONF_E_NOMEM;
    }

    (void) pthread_mutex_init(&lane->lock, NULL);
    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&lane->wake, &attr);
    (void) pthread_cond_init(&lane->more, &attr);
    (void) pthread_condattr_destroy(&attr);
    (void) pthread_cond_init(&lane->turn, NULL);

    /* Signals are for the loop's thread: a sync is not interrupted. */

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);

    failed = 0;

    for (i = 0; i < conf->threads; i++) {
        failed = pthread_create(&lane->threads[i], NULL,
                                conf->commit != NULL ? confd_lane_commits
                                                     : confd_lane_thread,
                                lane);
        if (failed != 0) {
            break;
        }

        lane->nthreads++;
        (void) pthread_setname_np(lane->threads[i], conf->name);
    }

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    if (failed != 0) {
        confd_lane_stop(lane);
        return CONF_E_NOMEM;
    }

    return CONF_OK;
}


void
confd_lane_stop(confd_lane_t *lane)
{
    size_t  i;

    if (lane->threads == NULL) {
        return;
    }

    pthread_mutex_lock(&lane->lock);
    lane->stopping = true;
    pthread_cond_broadcast(&lane->wake);
    pthread_cond_broadcast(&lane->more);
    pthread_mutex_unlock(&lane->lock);

    for (i = 0; i < lane->nthreads; i++) {
        (void) pthread_join(lane->threads[i], NULL);
    }

    pthread_cond_destroy(&lane->wake);
    pthread_cond_destroy(&lane->more);
    pthread_cond_destroy(&lane->turn);
    pthread_mutex_destroy(&lane->lock);
    free(lane->threads);
    lane->threads = NULL;
}


bool
confd_lane_admits(confd_lane_t *lane)
{
    return atomic_load_explicit(&lane->count, memory_order_relaxed)
           < lane->conf.count_max
           && atomic_load_explicit(&lane->cost, memory_order_relaxed)
              < lane->conf.cost_max;
}


void
confd_lane_add(confd_lane_t *lane, confd_job_t *job)
{
    atomic_fetch_add_explicit(&lane->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&lane->cost, job->cost, memory_order_relaxed);

    confd_jobs_add(&lane->pending, job);
}


void
confd_lane_flush(confd_lane_t *lane)
{
    if (lane->pending.n != 0) {
        confd_lane_queue(lane, &lane->pending);
    }
}


void
confd_lane_pass(confd_lane_t *lane, confd_job_t *job)
{
    confd_jobs_t  jobs;

    atomic_fetch_add_explicit(&lane->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&lane->cost, job->cost, memory_order_relaxed);

    confd_jobs_init(&jobs);
    confd_jobs_add(&jobs, job);
    confd_lane_queue(lane, &jobs);
}


size_t
confd_lane_waiting(confd_lane_t *lane)
{
    return atomic_load_explicit(&lane->count, memory_order_relaxed);
}


static void *
confd_lane_thread(void *data)
{
    confd_lane_t  *lane = data;
    confd_jobs_t   none, jobs;

    confd_jobs_init(&none);
    confd_jobs_init(&jobs);

    if (lane->conf.nice != 0) {
        (void) setpriority(PRIO_PROCESS, (id_t) gettid(), lane->conf.nice);
    }

    pthread_mutex_lock(&lane->lock);

    for ( ;; ) {
        confd_lane_await(lane);
        confd_lane_take(lane, &none, &jobs);

        if (jobs.n == 0) {
            break;
        }

        pthread_mutex_unlock(&lane->lock);

        lane->conf.run(lane->conf.work, &jobs);
        confd_done_put(lane->done, &jobs);

        pthread_mutex_lock(&lane->lock);
    }

    pthread_mutex_unlock(&lane->lock);

    return NULL;
}


/* A batch is finished before the next one can be, so replies keep order. */

static void *
confd_lane_commits(void *data)
{
    bool             good;
    confd_lane_t    *lane = data;
    confd_jobs_t     jobs;
    confd_staged_t   staged;

    confd_jobs_init(&jobs);

    pthread_mutex_lock(&lane->lock);

    while (confd_lane_batch(lane, &jobs, &staged)) {
        pthread_mutex_unlock(&lane->lock);

        good = lane->conf.commit->settle(lane->conf.work, &staged, jobs.n)
               == CONF_OK;

        if (good) {
            confd_done_put(lane->done, &jobs);
        }

        pthread_mutex_lock(&lane->lock);

        lane->settling = false;
        lane->settled_us = confd_lane_now_us();

        pthread_cond_signal(&lane->more);

        if (!good) {
            confd_lane_failed(lane, &jobs);
        }
    }

    pthread_mutex_unlock(&lane->lock);

    return NULL;
}


/*
 * Runs a batch and stages it: the caller is the one who settles then.  False
 * when there are no jobs and will be none.  Under the lock, as all below,
 * which is given up while jobs run.
 */

static bool
confd_lane_batch(confd_lane_t *lane, confd_jobs_t *jobs,
    confd_staged_t *staged)
{
    bool  good;

    while (confd_lane_enter(lane)) {
        confd_lane_pace(lane);

        lane->lot = conf_min(CONFD_LANE_LOT, lane->conf.take_count);

        do {
            good = confd_lane_run(lane, jobs);
        } while (good && confd_lane_grows(lane, jobs));

        good = good && confd_lane_stage(lane, staged);

        if (!good) {
            confd_lane_again(lane, jobs);
        }

        lane->settling = good;
        confd_lane_leave(lane);

        if (good) {
            return true;
        }
    }

    return false;
}


/* Adds to the batch what waits, as far as it fits. */

static bool
confd_lane_run(confd_lane_t *lane, confd_jobs_t *jobs)
{
    bool          good;
    confd_jobs_t  more;

    confd_jobs_init(&more);
    confd_lane_take(lane, jobs, &more);

    if (more.n == 0) {
        return true;
    }

    pthread_mutex_unlock(&lane->lock);
    good = lane->conf.commit->run(lane->conf.work, &more) == CONF_OK;
    pthread_mutex_lock(&lane->lock);

    confd_jobs_move(jobs, &more);

    return good;
}


/*
 * Whether to run more before the batch is staged.  While another one settles
 * there is nothing better to do; and when nobody can run while this one is
 * committed, it had better be large.
 */

static bool
confd_lane_grows(confd_lane_t *lane, const confd_jobs_t *jobs)
{
    bool  full;

    if (lane->conf.commit->whole(lane->conf.work)) {
        lane->lot = lane->conf.take_count;
    }

    full = confd_lane_full(lane, jobs->n, jobs->cost);

    lane->want = full ? SIZE_MAX : CONFD_LANE_WAKE;

    while (lane->settling && lane->queue.n < lane->want) {
        pthread_cond_wait(&lane->more, &lane->lock);
    }

    lane->want = 1;

    return !full && lane->queue.n != 0;
}


static bool
confd_lane_stage(confd_lane_t *lane, confd_staged_t *staged)
{
    bool  good;

    pthread_mutex_unlock(&lane->lock);
    good = lane->conf.commit->stage(lane->conf.work, staged) == CONF_OK;
    pthread_mutex_lock(&lane->lock);

    return good;
}


/* Who runs; the other one's batch comes to its end first. */

static void
confd_lane_again(confd_lane_t *lane, confd_jobs_t *jobs)
{
    while (lane->settling) {
        pthread_cond_wait(&lane->more, &lane->lock);
    }

    pthread_mutex_unlock(&lane->lock);

    lane->conf.commit->again(lane->conf.work, jobs);
    confd_done_put(lane->done, jobs);

    pthread_mutex_lock(&lane->lock);
}


/* Goes before new jobs. */

static void
confd_lane_failed(confd_lane_t *lane, confd_jobs_t *jobs)
{
    lane->failed++;

    while (lane->running) {
        pthread_cond_wait(&lane->turn, &lane->lock);
    }

    lane->failed--;
    lane->running = true;

    confd_lane_again(lane, jobs);
    confd_lane_leave(lane);
}


/* Waits for jobs that nobody else runs; false when there will be none. */

static bool
confd_lane_enter(confd_lane_t *lane)
{
    while (lane->queue.n == 0 || lane->running || lane->failed != 0) {

        if (lane->queue.n == 0 && lane->stopping) {
            return false;
        }

        pthread_cond_wait(&lane->wake, &lane->lock);
    }

    lane->running = true;

    return true;
}


static void
confd_lane_leave(confd_lane_t *lane)
{
    lane->running = false;

    if (lane->failed != 0) {
        pthread_cond_signal(&lane->turn);

    } else if (lane->queue.n != 0 || lane->stopping) {
        pthread_cond_signal(&lane->wake);
    }
}


static void
confd_lane_await(confd_lane_t *lane)
{
    while (lane->queue.n == 0 && !lane->stopping) {
        pthread_cond_wait(&lane->wake, &lane->lock);
    }
}


/* What waits, as far as it fits beside those that there are. */

static void
confd_lane_take(confd_lane_t *lane, const confd_jobs_t *have,
    confd_jobs_t *jobs)
{
    while (lane->queue.n != 0
           && !confd_lane_full(lane, have->n + jobs->n,
                               have->cost + jobs->cost))
    {
        confd_jobs_add(jobs, confd_jobs_take(&lane->queue));
    }

    atomic_fetch_sub_explicit(&lane->count, jobs->n, memory_order_relaxed);
    atomic_fetch_sub_explicit(&lane->cost, jobs->cost, memory_order_relaxed);
}


static bool
confd_lane_full(const confd_lane_t *lane, size_t n, size_t cost)
{
    return n >= lane->lot || cost >= lane->conf.take_cost;
}


static void
confd_lane_pace(confd_lane_t *lane)
{
    int64_t          until_us;
    struct timespec  ts;

    until_us = lane->settled_us + lane->conf.pace_us;

    ts.tv_sec = (time_t) (until_us / 1000000);
    ts.tv_nsec = (long) (until_us % 1000000 * 1000);

    lane->want = CONFD_LANE_CROWD;

    while (lane->conf.pace_us != 0 && lane->queue.n < lane->want
           && !lane->stopping)
    {
        if (pthread_cond_timedwait(&lane->more, &lane->lock, &ts) != 0) {
            break;
        }
    }

    lane->want = 1;
}


static int64_t
confd_lane_now_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* Who is woken finds the lock free. */

static void
confd_lane_queue(confd_lane_t *lane, confd_jobs_t *jobs)
{
    bool  all, running, enough;

    pthread_mutex_lock(&lane->lock);

    confd_jobs_move(&lane->queue, jobs);

    running = lane->running;
    enough = lane->queue.n >= lane->want;
    all = lane->queue.n > 1 && lane->conf.commit == NULL;

    pthread_mutex_unlock(&lane->lock);

    if (running && enough) {
        pthread_cond_signal(&lane->more);

    } else if (!running && all) {
        pthread_cond_broadcast(&lane->wake);

    } else if (!running) {
        pthread_cond_signal(&lane->wake);
    }
}


static void
confd_done_put(confd_done_t *done, confd_jobs_t *jobs)
{
    bool  wake;

    if (jobs->n == 0) {
        return;
    }

    wake = !confd_done_alone(done, jobs) || !done->answer(jobs->first);

    pthread_mutex_lock(&done->lock);

    confd_jobs_move(&done->jobs, jobs);

    wake = wake && !done->waking;
    done->waking = done->waking || wake;

    pthread_mutex_unlock(&done->lock);

    if (wake) {
        (void) eventfd_write(done->fd, 1);
    }
}


static bool
confd_done_alone(confd_done_t *done, const confd_jobs_t *jobs)
{
    bool  alone;

    pthread_mutex_lock(&done->lock);
    alone = jobs->n == 1 && !done->waking && !done->answering;
    pthread_mutex_unlock(&done->lock);

    return alone;
}
