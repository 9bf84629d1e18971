
/*
 * Between workers: the doorbell that says that an inbox is no longer empty,
 * the drain, and the regular work that keeps the zone true.
 *
 * A doorbell is a datagram socket with an abstract name made of the zone's
 * node and the worker's number, so it needs no file, and old and new workers
 * of a reload hear each other.  A ring carries nothing: who may forge it can
 * at most make a worker look into an empty inbox.
 */

#include "ngx_http_conference_module.h"
#include "ngx_http_conference_stat.h"

#include <sys/un.h>


#define NGX_HTTP_CONFERENCE_BUS_TICK   250             /* ms */
#define NGX_HTTP_CONFERENCE_BUS_PROBE  4               /* ticks */
#define NGX_HTTP_CONFERENCE_BUS_DRAIN  (1024 * 1024)   /* bytes a turn */
#define NGX_HTTP_CONFERENCE_BUS_LATE   2               /* ms */


struct ngx_http_conference_bus_s {
    ngx_http_conference_main_conf_t  *conf;
    ngx_connection_t                 *bell;
    ngx_event_t                       drain;       /* posted */
    ngx_event_t                       ring;        /* posted */
    conf_wake_t                       rings;       /* once a turn each */
    ngx_event_t                       late;
    conf_wake_t                       naps;        /* rung when it is late */
    ngx_event_t                       tick;
    ngx_uint_t                        ticks;
    ngx_log_t                        *log;
    uint64_t                          silent[CONF_WORKERS_MAX];   /* numbers */
};


static ngx_int_t ngx_http_conference_bus_bell(ngx_http_conference_bus_t *bus,
    ngx_cycle_t *cycle);
static socklen_t ngx_http_conference_bus_name(ngx_http_conference_bus_t *bus,
    const conf_worker_t *worker, struct sockaddr_un *sun);
static void ngx_http_conference_bus_wake(conf_env_t *env,
    const conf_wake_t *wake);
static void ngx_http_conference_bus_add(conf_wake_t *list,
    const conf_worker_t *worker);
static void ngx_http_conference_bus_ring(ngx_event_t *ev);
static void ngx_http_conference_bus_late(ngx_event_t *ev);
static void ngx_http_conference_bus_rung(ngx_event_t *rev);
static void ngx_http_conference_bus_drain(ngx_event_t *ev);
static void ngx_http_conference_bus_tick(ngx_event_t *ev);
static void ngx_http_conference_bus_restore(ngx_http_conference_bus_t *bus);
static void ngx_http_conference_bus_probe(ngx_http_conference_bus_t *bus);
static ngx_uint_t ngx_http_conference_bus_dead(ngx_http_conference_bus_t *bus,
    const conf_worker_t *worker);


ngx_int_t
ngx_http_conference_bus_init(ngx_http_conference_main_conf_t *cmcf,
    ngx_cycle_t *cycle)
{
    ngx_http_conference_bus_t  *bus;

    bus = ngx_pcalloc(cycle->pool, sizeof(ngx_http_conference_bus_t));
    if (bus == NULL) {
        return NGX_ERROR;
    }

    bus->conf = cmcf;
    bus->log = cycle->log;

    ngx_http_conference_event(&bus->drain, ngx_http_conference_bus_drain,
                              bus, cycle->log);
    ngx_http_conference_event(&bus->ring, ngx_http_conference_bus_ring,
                              bus, cycle->log);
    ngx_http_conference_event(&bus->late, ngx_http_conference_bus_late,
                              bus, cycle->log);
    ngx_http_conference_event(&bus->tick, ngx_http_conference_bus_tick,
                              bus, cycle->log);
    bus->tick.cancelable = 1;

    if (ngx_http_conference_bus_bell(bus, cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    cmcf->bus = bus;
    cmcf->env.wake = ngx_http_conference_bus_wake;

    ngx_add_timer(&bus->tick, NGX_HTTP_CONFERENCE_BUS_TICK);

    return NGX_OK;
}


void
ngx_http_conference_bus_close(ngx_http_conference_main_conf_t *cmcf)
{
    if (cmcf->bus != NULL && cmcf->bus->bell != NULL) {
        ngx_http_conference_bus_late(&cmcf->bus->late);
        ngx_http_conference_bus_ring(&cmcf->bus->ring);
        ngx_close_connection(cmcf->bus->bell);
        cmcf->bus->bell = NULL;
    }
}


void
ngx_http_conference_bus_look(ngx_http_conference_main_conf_t *cmcf)
{
    ngx_http_conference_bus_t  *bus = cmcf->bus;

    if (!bus->drain.posted
        && conf_inbox_waits(&cmcf->env.shm, &cmcf->env.worker))
    {
        ngx_post_event(&bus->drain, &ngx_posted_events);
    }
}


static ngx_int_t
ngx_http_conference_bus_bell(ngx_http_conference_bus_t *bus,
    ngx_cycle_t *cycle)
{
    socklen_t            len;
    ngx_socket_t         s;
    ngx_connection_t    *c;
    struct sockaddr_un   sun;

    s = ngx_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_socket_errno,
                      "conference: " ngx_socket_n " failed");
        return NGX_ERROR;
    }

    len = ngx_http_conference_bus_name(bus, &bus->conf->env.worker, &sun);

    if (ngx_nonblocking(s) == -1
        || bind(s, (struct sockaddr *) &sun, len) == -1)
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_socket_errno,
                      "conference: doorbell failed");
        ngx_close_socket(s);
        return NGX_ERROR;
    }

    c = ngx_get_connection(s, cycle->log);
    if (c == NULL) {
        ngx_close_socket(s);
        return NGX_ERROR;
    }

    c->data = bus;
    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_http_conference_bus_rung;

    bus->bell = c;

    return ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
}


/* Abstract: the name begins with a NUL. */

static socklen_t
ngx_http_conference_bus_name(ngx_http_conference_bus_t *bus,
    const conf_worker_t *worker, struct sockaddr_un *sun)
{
    u_char  *p;

    ngx_memzero(sun, sizeof(struct sockaddr_un));
    sun->sun_family = AF_UNIX;

    p = ngx_snprintf((u_char *) sun->sun_path + 1, sizeof(sun->sun_path) - 1,
                     "conference.%016xL.%uL",
                     conf_shm_node(&bus->conf->env.shm), worker->number);

    return (socklen_t) (p - (u_char *) sun);
}


/*
 * Our own inbox needs no ring, only a turn of its own.  Others are rung when
 * this turn's events are done: one that drains as fast as we fill would else
 * be rung for every message.  One that is busy looks by itself, and is rung
 * only when it has not for a while: to be woken costs more than a message.
 */

static void
ngx_http_conference_bus_wake(conf_env_t *env, const conf_wake_t *wake)
{
    size_t                      i;
    ngx_http_conference_bus_t  *bus;

    bus = ((ngx_http_conference_main_conf_t *) env->data)->bus;

    for (i = 0; i < wake->n; i++) {
        if (wake->workers[i].number == env->worker.number) {
            if (!bus->drain.posted) {
                ngx_post_event(&bus->drain, &ngx_posted_events);
            }

        } else if ((wake->awake & ((uint64_t) 1 << i)) != 0) {
            ngx_http_conference_bus_add(&bus->naps, &wake->workers[i]);

            if (!bus->late.timer_set) {
                ngx_add_timer(&bus->late, NGX_HTTP_CONFERENCE_BUS_LATE);
            }

        } else {
            ngx_http_conference_bus_add(&bus->rings, &wake->workers[i]);

            if (!bus->ring.posted) {
                ngx_post_event(&bus->ring, &ngx_posted_events);
            }
        }
    }
}


/* A slot has one worker, so the list has room. */

static void
ngx_http_conference_bus_add(conf_wake_t *list, const conf_worker_t *worker)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        if (list->workers[i].slot == worker->slot) {
            break;
        }
    }

    list->workers[i] = *worker;

    if (i == list->n) {
        list->n++;
    }
}


static void
ngx_http_conference_bus_ring(ngx_event_t *ev)
{
    size_t                      i;
    socklen_t                   len;
    struct sockaddr_un          sun;
    ngx_http_conference_bus_t  *bus = ev->data;

    for (i = 0; bus->bell != NULL && i < bus->rings.n; i++) {
        len = ngx_http_conference_bus_name(bus, &bus->rings.workers[i], &sun);

        /* A full queue has rung already; a dead worker is found by probes. */

        (void) sendto(bus->bell->fd, "", 1, MSG_DONTWAIT,
                      (struct sockaddr *) &sun, len);
    }

    bus->rings.n = 0;
}


static void
ngx_http_conference_bus_late(ngx_event_t *ev)
{
    size_t                      i;
    ngx_http_conference_bus_t  *bus = ev->data;

    for (i = 0; i < bus->naps.n; i++) {
        if (conf_inbox_waits(&bus->conf->env.shm, &bus->naps.workers[i])) {
            ngx_http_conference_bus_add(&bus->rings, &bus->naps.workers[i]);
        }
    }

    bus->naps.n = 0;
    ngx_http_conference_bus_ring(&bus->ring);
}


static void
ngx_http_conference_bus_rung(ngx_event_t *rev)
{
    u_char                      buf[8];
    ngx_connection_t           *c = rev->data;
    ngx_http_conference_bus_t  *bus = c->data;

    /* One is enough: while there are more the event comes again. */

    (void) recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

    ngx_http_conference_bus_drain(&bus->drain);
}


static void
ngx_http_conference_bus_drain(ngx_event_t *ev)
{
    conf_rc_t                   rc;
    ngx_http_conference_bus_t  *bus = ev->data;

    rc = conf_live_drain(bus->conf->env.live, NGX_HTTP_CONFERENCE_BUS_DRAIN);

    if (rc == CONF_OK) {

        /* There is more: others have their turn first. */

        if (!bus->drain.posted) {
            ngx_post_event(&bus->drain, &ngx_posted_next_events);
        }

    } else if (rc == CONF_E_CONFLICT) {
        ngx_http_conference_bus_restore(bus);
    }

    conf_sync_repair(bus->conf->sync);
}


static void
ngx_http_conference_bus_tick(ngx_event_t *ev)
{
    ngx_http_conference_bus_t  *bus = ev->data;

    if (bus->bell == NULL
        || conf_shm_generation(&bus->conf->env.shm)
           != bus->conf->env.generation)
    {
        ngx_http_conference_bus_restore(bus);
    }

    /* A ring may be lost with the worker that meant to send it. */

    ngx_http_conference_bus_drain(&bus->drain);

    if (bus->ticks++ % NGX_HTTP_CONFERENCE_BUS_PROBE == 0) {
        ngx_http_conference_bus_probe(bus);
    }

    conf_sync_tick(bus->conf->sync);
    conf_signal_tick(&bus->conf->env);
    ngx_http_conference_history_tick(bus->conf);

    conf_worker_report(&bus->conf->env.shm, &bus->conf->env.worker,
                       &ngx_http_conference_counters);

    ngx_add_timer(ev, NGX_HTTP_CONFERENCE_BUS_TICK);
}


/* A worker died while it held the lock, and the zone was emptied. */

static void
ngx_http_conference_bus_restore(ngx_http_conference_bus_t *bus)
{
    ngx_cycle_t  *cycle;

    ngx_log_error(NGX_LOG_WARN, bus->log, 0,
                  "conference: the zone was lost with a worker, "
                  "registering again");

    cycle = (ngx_cycle_t *) ngx_cycle;

    if (bus->bell != NULL) {
        ngx_close_connection(bus->bell);
        bus->bell = NULL;
    }

    if (conf_live_restore(bus->conf->env.live) != CONF_OK
        || ngx_http_conference_bus_bell(bus, cycle) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, bus->log, 0,
                      "conference: registering again failed");
        conf_live_close_all(bus->conf->env.live, CONF_CLOSE_INTERNAL);
        return;
    }

    conf_sync_all(bus->conf->sync);
}


/* Whoever sees first that a worker is dead cleans up. */

static void
ngx_http_conference_bus_probe(ngx_http_conference_bus_t *bus)
{
    size_t               i, n;
    conf_env_t          *env = &bus->conf->env;
    conf_worker_stat_t   stats[CONF_WORKERS_MAX];

    n = conf_worker_list(&env->shm, stats);

    for (i = 0; i < n; i++) {
        if (stats[i].worker.number == env->worker.number
            || !ngx_http_conference_bus_dead(bus, &stats[i].worker))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_NOTICE, bus->log, 0,
                      "conference: worker %uL is gone, %uL sessions ended",
                      stats[i].worker.pid, stats[i].sessions);

        while (conf_worker_detach(&env->shm, &stats[i].worker,
                                  conf_live_left, env)
               == CONF_OK)
        {
            /* void */
        }

        /* It may have stored messages that it could not publish. */

        conf_sync_doubt(bus->conf->sync, false);
    }
}


/*
 * Its doorbell is gone, and so is its process; or, where a pid tells nothing,
 * its doorbell was gone at the last probe, too: a worker that starts is in
 * the table a moment before it has one.
 */

static ngx_uint_t
ngx_http_conference_bus_dead(ngx_http_conference_bus_t *bus,
    const conf_worker_t *worker)
{
    int                  s, rc;
    uint64_t            *silent;
    socklen_t            len;
    ngx_err_t            err;
    struct sockaddr_un   sun;

    s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s == -1) {
        return 0;
    }

    len = ngx_http_conference_bus_name(bus, worker, &sun);
    rc = connect(s, (struct sockaddr *) &sun, len);
    err = ngx_socket_errno;
    (void) close(s);

    silent = &bus->silent[worker->slot % CONF_WORKERS_MAX];

    if (rc != -1 || err != NGX_ECONNREFUSED) {
        *silent = 0;
        return 0;
    }

    if (*silent == worker->number
        || (kill((ngx_pid_t) worker->pid, 0) == -1 && ngx_errno == ESRCH))
    {
        *silent = 0;
        return 1;
    }

    *silent = worker->number;

    return 0;
}
