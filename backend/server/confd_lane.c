
#include "confd_lane.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>


#define CONFD_LANE_GATHER      4     /* the part of the last run's time */
#define CONFD_LANE_GATHER_MAX  2000  /* us */
#define CONFD_LANE_CROWD       16    /* jobs that are not kept waiting */


static void *confd_lane_thread(void *data);
static bool confd_lane_take(confd_lane_t *lane, confd_jobs_t *jobs);
static void confd_lane_gather(confd_lane_t *lane, size_t want);
static void confd_lane_wait(confd_lane_t *lane, size_t want,
    int64_t until_us);
static int64_t confd_lane_now_us(void);
static void confd_lane_queue(confd_lane_t *lane, confd_jobs_t *jobs);
static void confd_done_put(confd_done_t *done, confd_jobs_t *jobs);


conf_rc_t
confd_done_init(confd_done_t *done, uv_loop_t *loop, uv_poll_cb cb)
{
    confd_jobs_init(&done->jobs);

    done->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (done->fd == -1) {
        return CONF_E_NOMEM;
    }

    if (uv_poll_init(loop, &done->poll, done->fd) != 0) {
        (void) close(done->fd);
        return CONF_E_NOMEM;
    }

    (void) pthread_mutex_init(&done->lock, NULL);
    (void) uv_poll_start(&done->poll, UV_READABLE, cb);

    return CONF_OK;
}


/* A job that comes right after the read wakes the loop again. */

void
confd_done_take(confd_done_t *done, confd_jobs_t *jobs)
{
    eventfd_t  n;

    (void) eventfd_read(done->fd, &n);

    pthread_mutex_lock(&done->lock);
    confd_jobs_move(jobs, &done->jobs);
    pthread_mutex_unlock(&done->lock);
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

    lane->threads = calloc(conf->threads, sizeof(pthread_t));
    if (lane->threads == NULL) {
        return CONF_E_NOMEM;
    }

    (void) pthread_mutex_init(&lane->lock, NULL);
    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&lane->wake, &attr);
    (void) pthread_condattr_destroy(&attr);

    /* Signals are for the loop's thread: a sync is not interrupted. */

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);

    failed = 0;

    for (i = 0; i < conf->threads; i++) {
        failed = pthread_create(&lane->threads[i], NULL, confd_lane_thread,
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
    pthread_mutex_unlock(&lane->lock);

    for (i = 0; i < lane->nthreads; i++) {
        (void) pthread_join(lane->threads[i], NULL);
    }

    pthread_cond_destroy(&lane->wake);
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
    confd_jobs_t   jobs;

    confd_jobs_init(&jobs);

    if (lane->conf.nice != 0) {
        (void) setpriority(PRIO_PROCESS, (id_t) gettid(), lane->conf.nice);
    }

    while (confd_lane_take(lane, &jobs)) {

        if (lane->conf.gather) {
            lane->last.taken = jobs.n;
            lane->last.start_us = confd_lane_now_us();
        }

        lane->conf.run(lane->conf.work, &jobs);
        confd_done_put(lane->done, &jobs);

        if (lane->conf.gather) {
            lane->last.end_us = confd_lane_now_us();
        }
    }

    return NULL;
}


/* Waits for jobs; false when there are none and will be none. */

static bool
confd_lane_take(confd_lane_t *lane, confd_jobs_t *jobs)
{
    size_t        want;
    confd_job_t  *job;

    pthread_mutex_lock(&lane->lock);

    want = lane->last.taken + lane->queue.n;

    while (lane->queue.n == 0 && !lane->stopping) {
        pthread_cond_wait(&lane->wake, &lane->lock);
    }

    if (lane->conf.gather) {
        confd_lane_gather(lane, conf_min(want, lane->conf.take_count));
    }

    while (lane->queue.n != 0 && jobs->n < lane->conf.take_count
           && jobs->cost < lane->conf.take_cost)
    {
        job = confd_jobs_take(&lane->queue);
        confd_jobs_add(jobs, job);
    }

    pthread_mutex_unlock(&lane->lock);

    if (jobs->n == 0) {
        return false;
    }

    atomic_fetch_sub_explicit(&lane->count, jobs->n, memory_order_relaxed);
    atomic_fetch_sub_explicit(&lane->cost, jobs->cost, memory_order_relaxed);

    return true;
}


/* Under the lock. */

static void
confd_lane_gather(confd_lane_t *lane, size_t want)
{
    int64_t  until_us;

    if (lane->conf.pace_us != 0) {
        confd_lane_wait(lane, CONFD_LANE_CROWD,
                        lane->last.end_us + lane->conf.pace_us);
    }

    until_us = (lane->last.end_us - lane->last.start_us) / CONFD_LANE_GATHER;
    until_us = conf_min(until_us, CONFD_LANE_GATHER_MAX) + lane->last.end_us;

    confd_lane_wait(lane, want, until_us);
}


/* Until so many jobs wait, or the time has come; under the lock. */

static void
confd_lane_wait(confd_lane_t *lane, size_t want, int64_t until_us)
{
    struct timespec  ts;

    ts.tv_sec = (time_t) (until_us / 1000000);
    ts.tv_nsec = (long) (until_us % 1000000 * 1000);

    lane->want = want;

    while (lane->queue.n < want && lane->queue.cost < lane->conf.take_cost
           && !lane->stopping)
    {
        if (pthread_cond_timedwait(&lane->wake, &lane->lock, &ts) != 0) {
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
    bool  all, enough;

    pthread_mutex_lock(&lane->lock);

    confd_jobs_move(&lane->queue, jobs);

    enough = lane->queue.n >= lane->want;
    all = lane->queue.n > 1 && lane->conf.threads > 1;

    pthread_mutex_unlock(&lane->lock);

    if (enough && all) {
        pthread_cond_broadcast(&lane->wake);

    } else if (enough) {
        pthread_cond_signal(&lane->wake);
    }
}


static void
confd_done_put(confd_done_t *done, confd_jobs_t *jobs)
{
    bool  first;

    if (jobs->n == 0) {
        return;
    }

    pthread_mutex_lock(&done->lock);
    first = (done->jobs.n == 0);
    confd_jobs_move(&done->jobs, jobs);
    pthread_mutex_unlock(&done->lock);

    if (first) {
        (void) eventfd_write(done->fd, 1);
    }
}
