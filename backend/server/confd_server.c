
#include "confd_server.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>


#define CONFD_DEADLINE_MS    10000   /* of an orderly stop */
#define CONFD_WRITERS        2       /* one runs ops while the other syncs */
#define CONFD_READ_TAKE      8       /* reads on one snapshot */
#define CONFD_HASH_NICE      10      /* sockets do not wait for passwords */
#define CONFD_SCRATCH_BLOCK  16384
#define CONFD_SCRATCH_MAX    (64 * 1024 * 1024)


static void confd_server_behind(conf_rc_t rc);
static conf_rc_t confd_server_store(confd_server_t *server, char *err,
    size_t errlen);
static conf_rc_t confd_server_parts(confd_server_t *server, char *err,
    size_t errlen);
static conf_rc_t confd_server_bus(confd_server_t *server, char *err,
    size_t errlen);
static conf_rc_t confd_server_listen(confd_server_t *server, char *err,
    size_t errlen);
static conf_rc_t confd_server_lanes(confd_server_t *server);
static conf_rc_t confd_server_loop(confd_server_t *server);
static void confd_server_handles(confd_server_t *server);
static void confd_server_files(const confd_config_t *config);
static void confd_server_close(confd_server_t *server);

static void confd_server_accept(uv_stream_t *listener, int status);
static void confd_server_frame(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *frame);
static void confd_server_call(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *call);
static void confd_server_link_gone(confd_server_t *server,
    confd_link_t *link);
static void confd_server_link_closed(confd_server_t *server);
static bool confd_server_answer(confd_job_t *job);
static void confd_server_done(confd_server_t *server);
static void confd_server_reply(confd_job_t *job);
static void confd_server_turn(uv_check_t *check);

static void confd_server_signal(uv_signal_t *handle, int signo);
static void confd_server_stop(confd_server_t *server, int signo);
static void confd_server_advance(confd_server_t *server);
static void confd_server_late(uv_timer_t *timer);
static void confd_server_close_handles(confd_server_t *server);


conf_rc_t
confd_server_open(confd_server_t *server, const confd_config_t *config,
    char *err, size_t errlen)
{
    conf_rc_t  rc;

    memset(server, 0, sizeof(confd_server_t));

    server->config = config;
    server->socket.fd = -1;
    server->socket.path = config->socket;

    confd_server_files(config);

    if (RAND_bytes((uint8_t *) &server->boot, sizeof(server->boot)) != 1) {
        snprintf(err, errlen, "no random numbers");
        return CONF_E_INTERNAL;
    }

    rc = confd_server_store(server, err, errlen);
    if (rc != CONF_OK) {
        return rc;
    }

    /* From here on the directory is ours. */

    if (confd_server_loop(server) != CONF_OK) {
        confd_work_close(&server->work);
        server->work.driver->close(server->work.store);
        snprintf(err, errlen, "cannot make an event loop");
        return CONF_E_NOMEM;
    }

    server->started_ms = uv_now(&server->loop);
    server->scratch = conf_arena_create(CONFD_SCRATCH_BLOCK,
                                        CONFD_SCRATCH_MAX);
    conf_buf_init(&server->frame, 0);
    confd_job_pool_init(&server->pool);

    confd_server_handles(server);

    rc = confd_server_parts(server, err, errlen);

    if (rc != CONF_OK) {
        confd_socket_remove(&server->socket);
        confd_server_close_handles(server);
        (void) uv_run(&server->loop, UV_RUN_DEFAULT);
        confd_server_close(server);
    }

    return rc;
}


int
confd_server_run(confd_server_t *server)
{
    confd_log(CONFD_LOG_NOTICE, "confd %s serves \"%s\" on \"%s\"",
              CONFD_VERSION, server->config->data, server->config->socket);

    (void) uv_run(&server->loop, UV_RUN_DEFAULT);

    confd_server_close(server);

    confd_log(CONFD_LOG_NOTICE, "stopped");

    return 0;
}


/* On a thread of the store's. */

static void
confd_server_behind(conf_rc_t rc)
{
    if (rc == CONF_OK) {
        confd_log(CONFD_LOG_NOTICE, "the database has caught up");
        return;
    }

    confd_log(CONFD_LOG_ERROR, "cannot write to the database, trying again:"
              " error %d%s", rc,
              rc == CONF_E_STORE_FULL ? " (map or disk full)" : "");
}


static conf_rc_t
confd_server_store(confd_server_t *server, char *err, size_t errlen)
{
    confd_store_conf_t     conf;
    const confd_config_t  *config;

    config = server->config;

    memset(&conf, 0, sizeof(confd_store_conf_t));
    conf.path = config->data;
    conf.map_min = config->map_min;
    conf.map_max = config->map_max;
    conf.sync = (confd_sync_e) config->sync;
    conf.behind = confd_server_behind;

    /* One a thread, and one each for the loop and a backup. */

    conf.readers = (unsigned) (config->readers + config->hash_threads
                               + CONFD_WRITERS + 1);

    server->work.driver = &confd_lmdb_driver;
    server->work.conf = &config->op;
    server->work.write = &server->lanes[CONF_LANE_WRITE];

    server->work.store = server->work.driver->open(&conf, err, errlen);

    if (server->work.store == NULL) {
        return CONF_E_STORE_FAILED;
    }

    if (confd_work_open(&server->work) != CONF_OK) {
        confd_work_close(&server->work);
        server->work.driver->close(server->work.store);
        snprintf(err, errlen, "cannot read the store \"%s\"", config->data);
        return CONF_E_STORE_FAILED;
    }

    return CONF_OK;
}


/* What may fail once the directory is ours. */

static conf_rc_t
confd_server_parts(confd_server_t *server, char *err, size_t errlen)
{
    conf_rc_t  rc;

    rc = confd_server_bus(server, err, errlen);
    if (rc != CONF_OK) {
        return rc;
    }

    /* Nobody is answered before the loop runs, so threads may come last. */

    rc = confd_server_listen(server, err, errlen);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_server_lanes(server);

    if (rc != CONF_OK || server->scratch == NULL) {
        snprintf(err, errlen, "cannot start threads");
        return CONF_E_NOMEM;
    }

    confd_mail_kick(server);

    return CONF_OK;
}


static conf_rc_t
confd_server_bus(confd_server_t *server, char *err, size_t errlen)
{
    confd_bus_conf_t   bus;
    confd_link_conf_t  links;

    memset(&links, 0, sizeof(confd_link_conf_t));
    links.server = server;
    links.links_max = server->config->links_max;
    links.output_max = server->config->link_output_max;
    links.on_frame = confd_server_frame;
    links.on_gone = confd_server_link_gone;
    links.on_closed = confd_server_link_closed;

    confd_links_init(&server->links, &links);

    memset(&bus, 0, sizeof(confd_bus_conf_t));
    bus.loop = &server->loop;
    bus.boot = server->boot;
    bus.server = server;
    bus.on_msg = confd_call_event;
    bus.on_state = confd_call_bus_state;

    server->bus_driver = &confd_bus_local;
    server->bus = server->bus_driver->open(&bus, err, errlen);

    return server->bus == NULL ? CONF_E_NOMEM : CONF_OK;
}


static conf_rc_t
confd_server_listen(confd_server_t *server, char *err, size_t errlen)
{
    int        failed;
    conf_rc_t  rc;

    server->socket.mode = (mode_t) server->config->socket_mode;
    server->socket.gid = server->config->socket_gid;

    rc = confd_socket_open(&server->socket, err, errlen);
    if (rc != CONF_OK) {
        return rc;
    }

    failed = uv_pipe_open(&server->listener, server->socket.fd);

    if (failed == 0) {
        failed = uv_listen((uv_stream_t *) &server->listener, SOMAXCONN,
                           confd_server_accept);

    } else {
        (void) close(server->socket.fd);
    }

    if (failed != 0) {
        snprintf(err, errlen, "cannot listen on \"%s\": %s",
                 server->socket.path, uv_strerror(failed));
        return CONF_E_BACKEND_DOWN;
    }

    return CONF_OK;
}


static conf_rc_t
confd_server_lanes(confd_server_t *server)
{
    conf_rc_t              rc;
    confd_lane_conf_t      conf;
    const confd_config_t  *config;

    config = server->config;

    conf.work = &server->work;
    conf.nice = 0;
    conf.count_max = config->queue_max;
    conf.cost_max = config->queue_bytes_max;

    conf.name = "confd write";
    conf.threads = CONFD_WRITERS;
    conf.take_count = config->batch_ops;
    conf.take_cost = config->batch_bytes;
    conf.pace_us = config->commit_interval_ms * 1000;
    conf.run = NULL;
    conf.commit = &confd_work_commit;

    rc = confd_lane_start(&server->lanes[CONF_LANE_WRITE], &conf,
                          &server->done);
    if (rc != CONF_OK) {
        return rc;
    }

    conf.name = "confd read";
    conf.threads = config->readers;
    conf.take_count = CONFD_READ_TAKE;
    conf.run = confd_work_read;
    conf.commit = NULL;

    rc = confd_lane_start(&server->lanes[CONF_LANE_READ], &conf,
                          &server->done);
    if (rc != CONF_OK) {
        return rc;
    }

    conf.name = "confd hash";
    conf.threads = config->hash_threads;
    conf.count_max = config->hash_queue_max;
    conf.take_count = 1;
    conf.nice = CONFD_HASH_NICE;
    conf.run = confd_work_hash;

    return confd_lane_start(&server->lanes[CONF_LANE_HASH], &conf,
                            &server->done);
}


static conf_rc_t
confd_server_loop(confd_server_t *server)
{
    conf_rc_t  rc;

    if (uv_loop_init(&server->loop) != 0) {
        return CONF_E_NOMEM;
    }

    rc = confd_done_init(&server->done, &server->loop, confd_server_answer);

    if (rc != CONF_OK) {
        (void) uv_loop_close(&server->loop);
        return rc;
    }

    server->loop.data = server;

    return CONF_OK;
}


/* The handles that live as long as the server; none of these can fail. */

static void
confd_server_handles(confd_server_t *server)
{
    size_t            i;
    static const int  signals[] = { SIGTERM, SIGINT, SIGHUP };

    _Static_assert(conf_nelts(signals)
                   == conf_nelts(((confd_server_t *) 0)->signals), "signals");

    (void) uv_pipe_init(&server->loop, &server->listener, 0);
    server->listener.data = server;

    (void) uv_timer_init(&server->loop, &server->deadline);
    server->deadline.data = server;

    confd_backup_init(server);
    confd_self_init(server);
    server->mail.work.data = server;

    (void) uv_check_init(&server->loop, &server->check);
    server->check.data = server;
    (void) uv_check_start(&server->check, confd_server_turn);

    for (i = 0; i < conf_nelts(signals); i++) {
        (void) uv_signal_init(&server->loop, &server->signals[i]);
        server->signals[i].data = server;
        (void) uv_signal_start(&server->signals[i], confd_server_signal,
                               signals[i]);
    }
}


/* A descriptor a link and some to spare. */

static void
confd_server_files(const confd_config_t *config)
{
    rlim_t         need;
    struct rlimit  limit;

    need = (rlim_t) config->links_max + 64;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need) {
        return;
    }

    limit.rlim_cur = conf_min(need, limit.rlim_max);
    (void) setrlimit(RLIMIT_NOFILE, &limit);

    if (limit.rlim_cur < need) {
        confd_log(CONFD_LOG_WARN, "links_max is %zu, but only %llu files may "
                  "be open", config->links_max,
                  (unsigned long long) limit.rlim_cur);
    }
}


/* After the loop: it has no handles, and no link is left. */

static void
confd_server_close(confd_server_t *server)
{
    confd_job_t   *job;
    confd_jobs_t   jobs;

    /* Before the writer, since hashed jobs go on there. */

    confd_lane_stop(&server->lanes[CONF_LANE_HASH]);
    confd_lane_stop(&server->lanes[CONF_LANE_READ]);
    confd_lane_stop(&server->lanes[CONF_LANE_WRITE]);

    confd_jobs_init(&jobs);
    confd_done_take(&server->done, &jobs);

    for ( ;; ) {
        job = confd_jobs_take(&jobs);
        if (job == NULL) {
            break;
        }

        if (job->link != NULL) {
            confd_link_release(job->link);
        }

        confd_job_free(&server->pool, job);
    }

    if (server->bus != NULL) {
        server->bus_driver->close(server->bus);
    }

    confd_work_close(&server->work);
    server->work.driver->close(server->work.store);

    confd_done_free(&server->done);
    confd_job_pool_free(&server->pool);
    conf_arena_destroy(server->scratch);
    conf_buf_free(&server->frame);
    confd_mail_free(server);

    (void) uv_loop_close(&server->loop);
}


static void
confd_server_accept(uv_stream_t *listener, int status)
{
    conf_rc_t        rc;
    confd_server_t  *server = listener->data;

    if (status < 0) {
        confd_log(CONFD_LOG_ERROR, "cannot accept: %s", uv_strerror(status));
        return;
    }

    rc = confd_link_accept(&server->links, listener);

    if (rc != CONF_OK) {
        confd_log(CONFD_LOG_WARN, "connection refused: %s",
                  rc == CONF_E_BACKEND_BUSY ? "too many links"
                                            : "out of resources");
    }
}


static void
confd_server_frame(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *frame)
{
    if (frame->kind != CONF_FRAME_CALL) {
        confd_link_drop(link, "not a call");
        return;
    }

    if (!link->greeted) {
        if (frame->code == CONF_OP_HELLO) {
            confd_call(server, link, frame);

        } else {
            confd_call_error(server, link, frame->id, CONF_E_PROTOCOL);
        }

        if (!link->greeted) {
            confd_log(CONFD_LOG_WARN, "link %llu: closed: no proper hello",
                      (unsigned long long) link->number);
            confd_link_finish(link);

        } else {
            confd_call_nodes(server, link);
        }

        return;
    }

    server->ops++;

    if (frame->code >= CONF_OP_MAX
        || (conf_ops[frame->code].flags & CONF_OP_SELF) != 0)
    {
        confd_call_error(server, link, frame->id, CONF_E_PROTOCOL);

    } else if (conf_ops[frame->code].lane == CONF_LANE_LOOP) {
        confd_call(server, link, frame);

    } else {
        confd_server_call(server, link, frame);
    }
}


static void
confd_server_call(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *call)
{
    conf_rc_t      rc;
    confd_job_t   *job;
    confd_lane_t  *lane;

    lane = &server->lanes[conf_ops[call->code].lane];

    if (!confd_lane_admits(lane)) {
        server->busy++;
        confd_call_error(server, link, call->id, CONF_E_BACKEND_BUSY);
        return;
    }

    rc = confd_job_create(&server->pool, call, &job);

    if (rc != CONF_OK) {
        confd_call_error(server, link, call->id, rc);
        return;
    }

    job->link = link;
    job->gone = &link->gone;
    confd_link_hold(link);

    server->running++;
    confd_lane_add(lane, job);
}


static void
confd_server_link_gone(confd_server_t *server, confd_link_t *link)
{
    server->bus_driver->unsub_all(server->bus, &link->peer);

    if (!server->stopping) {
        confd_call_nodes(server, NULL);
    }
}


static void
confd_server_link_closed(confd_server_t *server)
{
    confd_server_advance(server);
}


/*
 * On a lane's thread: what needs nothing of the loop but to be sent.  Of what
 * may have had a password nothing is left behind.
 */

static bool
confd_server_answer(confd_job_t *job)
{
    conf_rc_t  rc;

    if (job->link == NULL || job->reply.len == 0
        || job->ctx.ntouches != 0 || job->ctx.mail
        || conf_ops[job->op].lane == CONF_LANE_HASH)
    {
        return false;
    }

    rc = confd_link_reply(job->link, job->reply.data, job->reply.len);

    job->answered = rc == CONF_OK || rc == CONF_AGAIN;

    return rc == CONF_OK;
}


/* Jobs are back: touches first, so that nobody answers from a stale copy. */

static void
confd_server_done(confd_server_t *server)
{
    bool           mail;
    confd_job_t   *job;
    confd_jobs_t   jobs;

    confd_jobs_init(&jobs);
    confd_done_take(&server->done, &jobs);

    confd_call_touches(server, &jobs);
    mail = false;

    for ( ;; ) {
        job = confd_jobs_take(&jobs);
        if (job == NULL) {
            break;
        }

        mail = mail || (job->rc == CONF_OK && job->ctx.mail);

        if (job->link == NULL) {
            confd_self_done(server, job);

        } else {
            confd_server_reply(job);
            confd_link_release(job->link);
        }

        confd_job_free(&server->pool, job);
        server->running--;
    }

    if (mail) {
        confd_mail_kick(server);
    }
}


static void
confd_server_reply(confd_job_t *job)
{
    if (job->answered) {
        confd_link_unsent(job->link);

    } else if (job->reply.len != 0) {
        confd_link_send(job->link, job->reply.data, job->reply.len);

    } else {
        confd_link_drop(job->link, "no memory for a reply");
    }
}


/* Once a turn, after all callbacks: what came goes out together. */

static void
confd_server_turn(uv_check_t *check)
{
    confd_server_t  *server = check->data;

    confd_server_done(server);

    confd_lane_flush(&server->lanes[CONF_LANE_WRITE]);
    confd_lane_flush(&server->lanes[CONF_LANE_READ]);
    confd_lane_flush(&server->lanes[CONF_LANE_HASH]);

    confd_links_flush(&server->links);
    confd_done_sent(&server->done);

    confd_server_advance(server);
}


static void
confd_server_signal(uv_signal_t *handle, int signo)
{
    confd_server_t  *server = handle->data;

    if (signo == SIGHUP) {
        confd_log_reopen();
        confd_log(CONFD_LOG_NOTICE, "log reopened");
        return;
    }

    if (server->stopping) {
        confd_log(CONFD_LOG_WARN, "signal %d again, exiting at once", signo);
        _exit(1);
    }

    confd_server_stop(server, signo);
}


static void
confd_server_stop(confd_server_t *server, int signo)
{
    confd_link_t  *link;

    confd_log(CONFD_LOG_NOTICE, "signal %d, stopping: %zu links, %zu ops to "
              "finish", signo, server->links.n, server->running);

    server->stopping = true;

    confd_mail_stop(server);
    confd_socket_remove(&server->socket);
    uv_close((uv_handle_t *) &server->listener, NULL);

    for (link = server->links.first; link != NULL; link = link->next) {
        confd_link_mute(link);
    }

    (void) uv_timer_start(&server->deadline, confd_server_late,
                          CONFD_DEADLINE_MS, 0);
}


/* What stopping waits for: jobs to come back, then links to be sent dry. */

static void
confd_server_advance(confd_server_t *server)
{
    confd_link_t  *link;

    if (!server->stopping || server->closing || server->running != 0) {
        return;
    }

    for (link = server->links.first; link != NULL; link = link->next) {
        if (!link->finishing) {
            confd_link_finish(link);
        }
    }

    if (server->links.n != 0) {
        return;
    }

    /*
     * A copy cannot be cut short, and the store not be closed below it; but
     * all that was answered is on disk, and a part of a copy is no backup.
     */

    if (confd_backup_runs(server)) {
        confd_log(CONFD_LOG_WARN, "backup to \"%s\" is given up",
                  server->backup.path);
        confd_log(CONFD_LOG_NOTICE, "stopped");
        _exit(0);
    }

    confd_server_close_handles(server);
}


static void
confd_server_late(uv_timer_t *timer)
{
    confd_link_t    *link;
    confd_server_t  *server = timer->data;

    if (server->running != 0) {
        confd_log(CONFD_LOG_ERROR, "%zu ops did not finish in time",
                  server->running);
        _exit(1);
    }

    for (link = server->links.first; link != NULL; link = link->next) {
        confd_link_drop(link, "did not read its replies in time");
    }
}


static void
confd_server_close_handles(confd_server_t *server)
{
    size_t        i;
    uv_handle_t  *handles[] = {
        (uv_handle_t *) &server->done.poll,
        (uv_handle_t *) &server->listener,
        (uv_handle_t *) &server->check,
        (uv_handle_t *) &server->deadline,
        (uv_handle_t *) &server->backup.progress,
        (uv_handle_t *) &server->self.timer
    };

    server->closing = true;

    for (i = 0; i < conf_nelts(handles); i++) {
        if (!uv_is_closing(handles[i])) {
            uv_close(handles[i], NULL);
        }
    }

    for (i = 0; i < conf_nelts(server->signals); i++) {
        uv_close((uv_handle_t *) &server->signals[i], NULL);
    }
}
