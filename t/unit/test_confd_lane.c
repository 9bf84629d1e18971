
/*
 * A lane that commits: what is run while another batch settles, in which order
 * jobs are finished, and what is run again.
 */

#include "confd_lane.h"

#include "tap.h"

#include <sys/eventfd.h>
#include <time.h>


#define JOBS     1000
#define WAIT_MS  10000


/* What the store would do; all but work under the lock. */

typedef struct {
    pthread_mutex_t   lock;
    pthread_cond_t    changed;
    size_t            ran;           /* jobs */
    size_t            batches;       /* that began to settle */
    size_t            settled;
    size_t            again;         /* jobs */
    size_t            overlaps;      /* of what must not be at a time */
    bool              hold;          /* settle waits */
    bool              answers;       /* single jobs, at once */
    bool              whole;
    size_t            lost;          /* batches that settle fails */
    unsigned          active;
    unsigned          settling;
} fake_t;


static fake_t            fake;
static uv_loop_t         loop;
static confd_done_t      done;
static confd_lane_t      lane;
static confd_job_t       jobs[JOBS];
static uint64_t          finished[JOBS];
static size_t            nfinished;
static size_t            next_job;


static void
change(void)
{
    (void) pthread_cond_broadcast(&fake.changed);
    (void) pthread_mutex_unlock(&fake.lock);
}


/* Only one thread runs, stages, or does jobs again. */

static void
enter(void)
{
    (void) pthread_mutex_lock(&fake.lock);
    fake.overlaps += fake.active++ != 0;
    (void) pthread_mutex_unlock(&fake.lock);
}


static conf_rc_t
fake_run(confd_work_t *work, confd_jobs_t *list)
{
    enter();

    (void) pthread_mutex_lock(&fake.lock);
    fake.active--;
    fake.ran += list->n;
    change();

    return CONF_OK;
}


static bool
fake_whole(confd_work_t *work)
{
    return fake.whole;
}


static conf_rc_t
fake_stage(confd_work_t *work, confd_staged_t *staged)
{
    enter();

    (void) pthread_mutex_lock(&fake.lock);
    fake.active--;
    change();

    return CONF_OK;
}


static conf_rc_t
fake_settle(confd_work_t *work, confd_staged_t *staged, size_t n)
{
    bool  good;

    (void) pthread_mutex_lock(&fake.lock);

    fake.overlaps += fake.settling++ != 0;
    fake.batches++;
    (void) pthread_cond_broadcast(&fake.changed);

    while (fake.hold) {
        (void) pthread_cond_wait(&fake.changed, &fake.lock);
    }

    good = (fake.lost == 0);
    fake.lost -= !good;
    fake.settled += good;
    fake.settling--;

    change();

    return good ? CONF_OK : CONF_E_STORE_FAILED;
}


static void
fake_again(confd_work_t *work, confd_jobs_t *list)
{
    enter();

    (void) pthread_mutex_lock(&fake.lock);
    fake.overlaps += fake.settling != 0;
    fake.active--;
    fake.again += list->n;
    change();
}


static const confd_lane_commit_t  fake_commit = {
    .run = fake_run,
    .whole = fake_whole,
    .stage = fake_stage,
    .settle = fake_settle,
    .again = fake_again
};


static bool
answer(confd_job_t *job)
{
    job->answered = fake.answers;

    return fake.answers;
}


static void
take(void)
{
    confd_job_t   *job;
    confd_jobs_t   list;

    confd_jobs_init(&list);
    confd_done_take(&done, &list);

    for ( ;; ) {
        job = confd_jobs_take(&list);
        if (job == NULL) {
            break;
        }

        finished[nfinished++] = job->id;
    }

    confd_done_sent(&done);
}


static void
start(void)
{
    confd_lane_conf_t  conf;

    memset(&fake, 0, sizeof(fake_t));
    (void) pthread_mutex_init(&fake.lock, NULL);
    (void) pthread_cond_init(&fake.changed, NULL);

    memset(jobs, 0, sizeof(jobs));
    nfinished = 0;
    next_job = 0;

    memset(&conf, 0, sizeof(confd_lane_conf_t));
    conf.name = "lane";
    conf.threads = 2;
    conf.count_max = JOBS;
    conf.cost_max = SIZE_MAX;
    conf.take_count = 500;
    conf.take_cost = SIZE_MAX;
    conf.commit = &fake_commit;

    if (uv_loop_init(&loop) != 0
        || confd_done_init(&done, &loop, answer) != CONF_OK
        || confd_lane_start(&lane, &conf, &done) != CONF_OK)
    {
        abort();
    }
}


static void
add(size_t n)
{
    while (n-- != 0) {
        jobs[next_job].id = next_job;
        confd_lane_add(&lane, &jobs[next_job++]);
    }

    confd_lane_flush(&lane);
}


/* Until a number has come that far; a test that waits too long has failed. */

static bool
reaches(const size_t *number, size_t want)
{
    int              rc;
    bool             there;
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_sec += WAIT_MS / 1000;

    rc = 0;

    (void) pthread_mutex_lock(&fake.lock);

    while (*number < want && rc == 0) {
        rc = pthread_cond_timedwait(&fake.changed, &fake.lock, &ts);
    }

    there = (*number == want);
    (void) pthread_mutex_unlock(&fake.lock);

    return there;
}


static void
hold(bool on)
{
    (void) pthread_mutex_lock(&fake.lock);
    fake.hold = on;
    change();
}


/* Jobs that are finished, in their order if that is asked for. */

static size_t
finish(bool in_order)
{
    size_t  i;

    confd_lane_stop(&lane);
    take();

    for (i = 0; i < nfinished; i++) {
        if (in_order && finished[i] != i) {
            return 0;
        }
    }

    is_int(fake.overlaps, 0, "nobody was in another one's way");

    uv_close((uv_handle_t *) &done.poll, NULL);
    (void) uv_run(&loop, UV_RUN_DEFAULT);
    confd_done_free(&done);
    (void) uv_loop_close(&loop);

    return nfinished;
}


static void
test_overlap(void)
{
    start();
    hold(true);

    add(1);
    ok(reaches(&fake.batches, 1), "a lone job is settled at once");
    add(64);
    ok(reaches(&fake.ran, 65), "while it is, many are run");
    ok(reaches(&fake.batches, 1), "and wait");
    add(10);
    add(100);
    ok(reaches(&fake.ran, 175), "so are more");

    hold(false);
    ok(reaches(&fake.settled, 2), "all of them are one batch");

    is_int(finish(true), 175, "finished in order");
}


static void
test_lots(void)
{
    start();
    hold(true);

    add(600);
    ok(reaches(&fake.ran, 512), "what has come at once");
    ok(reaches(&fake.batches, 1), "is two batches of a good size");
    hold(false);
    is_int(finish(true), 600, "and a third");

    start();
    fake.whole = true;
    hold(true);

    add(600);
    ok(reaches(&fake.ran, 600) && reaches(&fake.batches, 1), "one is as large "
       "as may be, if it is alone with the disk");
    hold(false);
    is_int(finish(true), 600, "the rest comes after it");
}


static void
test_lost(void)
{
    start();
    hold(true);
    fake.lost = 2;

    add(1);
    ok(reaches(&fake.batches, 1), "one that will fail");
    add(70);
    ok(reaches(&fake.ran, 71), "and what is built on it");
    hold(false);
    ok(reaches(&fake.again, 71), "are done again");
    add(5);
    ok(reaches(&fake.settled, 1), "the next are not");

    is_int(finish(false), 76, "all are finished");
}


/* Jobs that are finished and wait for the loop; whether it was woken up. */

static bool
waiting(size_t n)
{
    size_t           i, have;
    struct timespec  ms;

    ms.tv_sec = 0;
    ms.tv_nsec = 1000000;
    have = 0;

    for (i = 0; i < WAIT_MS && have != n; i++) {
        (void) pthread_mutex_lock(&done.lock);
        have = done.jobs.n;
        (void) pthread_mutex_unlock(&done.lock);

        (void) nanosleep(&ms, NULL);
    }

    return have == n;
}


static bool
woken(void)
{
    eventfd_t  n;

    return eventfd_read(done.fd, &n) == 0;
}


static void
test_answers(void)
{
    confd_jobs_t  list;

    start();
    fake.answers = true;

    add(1);
    ok(waiting(1) && jobs[0].answered, "a job that is alone is answered");
    ok(!woken(), "which is nothing to wake the loop for");

    hold(true);
    add(1);
    ok(reaches(&fake.batches, 2), "another one");
    add(64);
    ok(reaches(&fake.ran, 66), "and many");
    hold(false);
    ok(waiting(66) && jobs[1].answered && !jobs[2].answered, "are not");
    ok(woken(), "they are for the loop");

    add(1);
    ok(waiting(67) && !jobs[66].answered, "so is who comes behind them");

    confd_jobs_init(&list);
    confd_done_take(&done, &list);
    add(1);
    ok(waiting(1) && !jobs[67].answered, "until they are answered");
    ok(woken(), "for whom the loop is woken");

    take();
    add(1);
    ok(waiting(1) && jobs[68].answered && !woken(), "then it goes by itself");

    fake.answers = false;
    take();
    add(1);
    ok(waiting(1) && woken(), "unless there is no way");

    is_int(finish(false), 3, "all are finished");
}


static void
test_stop(void)
{
    start();
    hold(true);

    add(1);
    ok(reaches(&fake.batches, 1), "one settles");
    add(20);
    hold(false);
    is_int(finish(true), 21, "a lane that stops finishes what it has");
}


int
main(void)
{
    test_overlap();
    test_lots();
    test_lost();
    test_answers();
    test_stop();

    return tap_done();
}
