
#include "confd_server.h"
#include "confd_log.h"

#include <sys/socket.h>
#include <unistd.h>


#define CONFD_BACKUP_PROGRESS_MS  10000
#define CONFD_BACKUP_MB           (1024 * 1024)


static bool confd_backup_permits(confd_link_t *link);
static void confd_backup_run(uv_work_t *work);
static void confd_backup_finished(uv_work_t *work, int status);
static void confd_backup_progress(uv_timer_t *timer);


void
confd_backup_init(confd_server_t *server)
{
    (void) uv_timer_init(&server->loop, &server->backup.progress);
    server->backup.progress.data = server;
    server->backup.work.data = server;
}


bool
confd_backup_runs(const confd_server_t *server)
{
    return server->backup.running;
}


conf_rc_t
confd_backup_start(confd_server_t *server, confd_link_t *link, uint64_t id,
    const conf_backup_t *in)
{
    confd_backup_t  *backup;

    backup = &server->backup;

    if (!confd_backup_permits(link)) {
        return CONF_E_FORBIDDEN;
    }

    if (in->path.len == 0 || in->path.data[0] != '/'
        || memchr(in->path.data, '\0', in->path.len) != NULL)
    {
        return CONF_E_INVALID;
    }

    if (backup->running) {
        return CONF_E_BACKEND_BUSY;
    }

    memcpy(backup->path, in->path.data, in->path.len);
    backup->path[in->path.len] = '\0';
    backup->error[0] = '\0';

    if (uv_queue_work(&server->loop, &backup->work, confd_backup_run,
                      confd_backup_finished)
        != 0)
    {
        return CONF_E_NOMEM;
    }

    backup->running = true;
    backup->id = id;
    backup->link = link;
    backup->started_ms = uv_now(&server->loop);
    confd_link_hold(link);

    (void) uv_timer_start(&backup->progress, confd_backup_progress,
                          CONFD_BACKUP_PROGRESS_MS, CONFD_BACKUP_PROGRESS_MS);

    confd_log(CONFD_LOG_NOTICE, "backup to \"%s\" starts", backup->path);

    return CONF_AGAIN;
}


/* A worker of nginx may use the socket, but not write where it likes. */

static bool
confd_backup_permits(confd_link_t *link)
{
    int            fd;
    socklen_t      len;
    struct ucred   peer;

    len = sizeof(peer);

    if (uv_fileno((const uv_handle_t *) &link->pipe, &fd) != 0
        || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
    {
        return false;
    }

    return peer.uid == 0 || peer.uid == geteuid();
}


/* On the pool. */

static void
confd_backup_run(uv_work_t *work)
{
    confd_server_t  *server = work->data;
    confd_backup_t  *backup = &server->backup;

    backup->rc = server->work.driver->backup(server->work.store, backup->path,
                                             backup->error,
                                             sizeof(backup->error));
}


static void
confd_backup_finished(uv_work_t *work, int status)
{
    conf_backup_end_t   end;
    confd_server_t     *server = work->data;
    confd_backup_t     *backup = &server->backup;

    backup->running = false;
    (void) uv_timer_stop(&backup->progress);

    if (backup->rc == CONF_OK) {
        backup->error[0] = '\0';
        confd_log(CONFD_LOG_NOTICE, "backup to \"%s\" is done, in %llu ms",
                  backup->path,
                  (unsigned long long) (uv_now(&server->loop)
                                        - backup->started_ms));

    } else {
        confd_log(CONFD_LOG_ERROR, "backup to \"%s\" failed: %s",
                  backup->path, backup->error);
    }

    end.error.data = (const uint8_t *) backup->error;
    end.error.len = strlen(backup->error);

    confd_call_answer(server, backup->link, backup->id, CONF_OP_BACKUP, &end);
    confd_link_release(backup->link);
    backup->link = NULL;
}


static void
confd_backup_progress(uv_timer_t *timer)
{
    confd_server_t      *server = timer->data;
    confd_store_stat_t   stat;

    server->work.driver->stat(server->work.store, &stat);

    confd_log(CONFD_LOG_NOTICE, "backup to \"%s\": %llu MB of at most %llu",
              server->backup.path,
              (unsigned long long) stat.copied / CONFD_BACKUP_MB,
              (unsigned long long) stat.used / CONFD_BACKUP_MB + 1);
}
