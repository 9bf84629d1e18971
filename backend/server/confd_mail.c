
#include "confd_server.h"
#include "confd_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define CONFD_MAIL_TIMEOUT_MS  60000    /* of a command */
#define CONFD_MAIL_PATH        1200


static void confd_mail_found(confd_server_t *server, conf_rc_t rc,
    const void *reply);
static conf_rc_t confd_mail_write(confd_server_t *server,
    const conf_mail_t *mail);
static void confd_mail_spawn(confd_server_t *server);
static void confd_mail_written(uv_write_t *write, int status);
static void confd_mail_exited(uv_process_t *process, int64_t status,
    int signo);
static void confd_mail_closed(uv_handle_t *handle);
static void confd_mail_spool(uv_work_t *work);
static bool confd_mail_store(const char *dir, uint64_t id,
    const conf_buf_t *text);
static void confd_mail_spooled(uv_work_t *work, int status);
static void confd_mail_end(confd_server_t *server);
static void confd_mail_told(confd_server_t *server, conf_rc_t rc,
    const void *reply);


void
confd_mail_kick(confd_server_t *server)
{
    conf_none_t    none = { 0 };
    confd_mail_t  *mail = &server->mail;

    if (mail->state != CONFD_MAIL_IDLE) {
        mail->more = true;
        return;
    }

    mail->more = false;
    mail->due_ms = 0;

    if (confd_self_call(server, CONF_OP_MAIL_NEXT, &none, confd_mail_found)
        == CONF_OK)
    {
        mail->state = CONFD_MAIL_ASKING;

    } else {
        mail->due_ms = confd_work_now();
    }
}


void
confd_mail_tick(confd_server_t *server)
{
    confd_mail_t  *mail = &server->mail;

    if (mail->state == CONFD_MAIL_IDLE && mail->due_ms != 0
        && mail->due_ms <= confd_work_now())
    {
        confd_mail_kick(server);
    }

    if (mail->state == CONFD_MAIL_SENDING && mail->open != 0
        && uv_now(&server->loop) - mail->started_ms > CONFD_MAIL_TIMEOUT_MS
        && uv_is_active((uv_handle_t *) &mail->process))
    {
        confd_log(CONFD_LOG_ERROR, "mail %llu: the command takes too long",
                  (unsigned long long) mail->id);
        (void) uv_process_kill(&mail->process, SIGKILL);
    }
}


void
confd_mail_stop(confd_server_t *server)
{
    confd_mail_t  *mail = &server->mail;

    if (mail->open == 0) {
        return;
    }

    if (!uv_is_closing((uv_handle_t *) &mail->input)) {
        uv_close((uv_handle_t *) &mail->input, confd_mail_closed);
    }

    if (!uv_is_closing((uv_handle_t *) &mail->process)) {
        uv_close((uv_handle_t *) &mail->process, confd_mail_closed);
    }
}


bool
confd_mail_works(const confd_server_t *server)
{
    return server->mail.state == CONFD_MAIL_SENDING
           && server->mail.open == 0;
}


void
confd_mail_free(confd_server_t *server)
{
    conf_buf_free(&server->mail.text);
}


static void
confd_mail_found(confd_server_t *server, conf_rc_t rc, const void *reply)
{
    confd_mail_t       *mail = &server->mail;
    const conf_mail_t  *next = reply;

    mail->state = CONFD_MAIL_IDLE;

    if (rc != CONF_OK) {
        mail->due_ms = confd_work_now() + 1000;
        return;
    }

    if (next->id == 0) {
        mail->due_ms = next->due_ms;

        if (mail->more) {
            confd_mail_kick(server);
        }

        return;
    }

    mail->id = next->id;
    mail->tries = next->tries;
    mail->sent = false;
    mail->state = CONFD_MAIL_SENDING;

    if (confd_mail_write(server, next) != CONF_OK) {
        confd_mail_end(server);

    } else if (server->config->mail.command != NULL
               || server->config->mail.relay != NULL)
    {
        confd_mail_spawn(server);

    } else if (uv_queue_work(&server->loop, &mail->work, confd_mail_spool,
                             confd_mail_spooled)
               != 0)
    {
        confd_mail_end(server);
    }
}


/* Header and body: RFC 5322.  The subject is ours and ASCII. */

static conf_rc_t
confd_mail_write(confd_server_t *server, const conf_mail_t *mail)
{
    char         head[256];
    time_t       now;
    struct tm    tm;
    conf_buf_t  *buf = &server->mail.text;
    const char  *from = server->config->mail.from;

    conf_buf_reset(buf);

    memcpy(server->mail.to, mail->to.data, mail->to.len);
    server->mail.to[mail->to.len] = '\0';

    now = (time_t) (mail->created_ms / 1000);

    if (gmtime_r(&now, &tm) == NULL
        || strftime(head, sizeof(head), "Date: %a, %d %b %Y %H:%M:%S +0000\n",
                    &tm)
           == 0)
    {
        return CONF_E_INTERNAL;
    }

    conf_buf_add(buf, head, strlen(head));
    conf_buf_lit(buf, "From: <");
    conf_buf_add(buf, from, strlen(from));
    conf_buf_lit(buf, ">\nTo: <");
    conf_buf_str(buf, mail->to);
    conf_buf_lit(buf, ">\nSubject: ");
    conf_buf_str(buf, mail->subject);

    (void) snprintf(head, sizeof(head), "\nMessage-ID: <%llu.%016llx@confd>\n",
                    (unsigned long long) mail->id,
                    (unsigned long long) mail->created_ms);
    conf_buf_add(buf, head, strlen(head));

    conf_buf_lit(buf, "MIME-Version: 1.0\n"
                      "Content-Type: text/plain; charset=utf-8\n"
                      "Content-Transfer-Encoding: 8bit\n"
                      "Auto-Submitted: auto-generated\n\n");
    conf_buf_str(buf, mail->text);

    return conf_buf_ok(buf);
}


/*
 * COMMAND -i -f FROM -- TO, or curl as the client of the relay.  No shell: an
 * address is one argument, whatever is in it.
 */

static void
confd_mail_spawn(confd_server_t *server)
{
    int                        rc;
    uv_buf_t                   text;
    confd_mail_t              *mail = &server->mail;
    uv_process_options_t       options;
    uv_stdio_container_t       stdio[3];
    const confd_mail_conf_t   *conf = &server->config->mail;
    const char                *command[] = {
        conf->command, "-i", "-f", conf->from, "--", mail->to, NULL
    };
    const char                *relay[] = {
        "curl", "--silent", "--show-error", "--max-time", "50", "--crlf",
        "--url", conf->relay, "--mail-from", conf->from, "--mail-rcpt",
        mail->to, "--upload-file", "-", NULL
    };

    memset(&options, 0, sizeof(uv_process_options_t));
    memset(stdio, 0, sizeof(stdio));

    (void) uv_pipe_init(&server->loop, &mail->input, 0);
    mail->input.data = server;
    mail->process.data = server;
    mail->open = 2;
    mail->started_ms = uv_now(&server->loop);

    stdio[0].flags = (uv_stdio_flags) (UV_CREATE_PIPE | UV_READABLE_PIPE);
    stdio[0].data.stream = (uv_stream_t *) &mail->input;
    stdio[1].flags = UV_IGNORE;
    stdio[2].flags = UV_INHERIT_FD;
    stdio[2].data.fd = STDERR_FILENO;

    options.exit_cb = confd_mail_exited;
    options.args = (char **) (uintptr_t)
                   (conf->command != NULL ? command : relay);
    options.file = options.args[0];
    options.stdio = stdio;
    options.stdio_count = 3;

    rc = uv_spawn(&server->loop, &mail->process, &options);

    if (rc != 0) {
        confd_log(CONFD_LOG_ERROR, "cannot start \"%s\": %s", options.file,
                  uv_strerror(rc));
        confd_mail_stop(server);
        return;
    }

    text.base = (char *) mail->text.data;
    text.len = mail->text.len;

    if (uv_write(&mail->write, (uv_stream_t *) &mail->input, &text, 1,
                 confd_mail_written)
        != 0)
    {
        uv_close((uv_handle_t *) &mail->input, confd_mail_closed);
    }
}


/* The end of the message is the end of its input. */

static void
confd_mail_written(uv_write_t *write, int status)
{
    uv_handle_t  *input = (uv_handle_t *) write->handle;

    if (!uv_is_closing(input)) {
        uv_close(input, confd_mail_closed);
    }
}


static void
confd_mail_exited(uv_process_t *process, int64_t status, int signo)
{
    confd_server_t  *server = process->data;

    server->mail.sent = status == 0 && signo == 0;

    if (!server->mail.sent) {
        confd_log(CONFD_LOG_ERROR, "mail %llu: the command failed: status "
                  "%lld, signal %d", (unsigned long long) server->mail.id,
                  (long long) status, signo);
    }

    confd_mail_stop(server);
}


static void
confd_mail_closed(uv_handle_t *handle)
{
    confd_server_t  *server = handle->data;

    if (--server->mail.open == 0 && !server->stopping) {
        confd_mail_end(server);
    }
}


/* On a thread of uv. */

static void
confd_mail_spool(uv_work_t *work)
{
    confd_server_t  *server = work->data;

    server->mail.sent = confd_mail_store(server->config->mail.spool,
                                         server->mail.id, &server->mail.text);
}


/* A name that ends in .eml is a whole mail. */

static bool
confd_mail_store(const char *dir, uint64_t id, const conf_buf_t *text)
{
    int      fd;
    char     path[CONFD_MAIL_PATH], temp[CONFD_MAIL_PATH + 4];
    bool     done;
    size_t   sent;
    ssize_t  n;

    (void) mkdir(dir, 0700);

    (void) snprintf(path, sizeof(path), "%s/%020llu.eml", dir,
                    (unsigned long long) id);
    (void) snprintf(temp, sizeof(temp), "%s.tmp", path);

    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0600);

    if (fd == -1) {
        confd_log(CONFD_LOG_ERROR, "cannot write \"%s\": %s", temp,
                  strerror(errno));
        return false;
    }

    for (sent = 0; sent < text->len; sent += (size_t) n) {
        n = write(fd, text->data + sent, text->len - sent);
        if (n <= 0) {
            break;
        }
    }

    done = sent == text->len && fsync(fd) == 0;
    done = close(fd) == 0 && done && rename(temp, path) == 0;

    if (!done) {
        confd_log(CONFD_LOG_ERROR, "cannot write \"%s\": %s", path,
                  strerror(errno));
        (void) unlink(temp);
        return false;
    }

    /* The name too is on disk before the mail leaves the store. */

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd != -1) {
        done = fsync(fd) == 0;
        (void) close(fd);
    }

    return done;
}


static void
confd_mail_spooled(uv_work_t *work, int status)
{
    confd_server_t  *server = work->data;

    if (server->stopping) {
        server->mail.state = CONFD_MAIL_IDLE;
        return;
    }

    confd_mail_end(server);
}


/* Tells the store; a mail that it is not told about is sent once more. */

static void
confd_mail_end(confd_server_t *server)
{
    conf_mail_done_t   done;
    confd_mail_t      *mail = &server->mail;

    /* It has a secret in it. */

    if (mail->text.data != NULL) {
        explicit_bzero(mail->text.data, mail->text.len);
    }

    confd_log(mail->sent ? CONFD_LOG_INFO : CONFD_LOG_ERROR,
              "mail %llu %s, try %u", (unsigned long long) mail->id,
              mail->sent ? "handed over" : "not handed over",
              (unsigned) mail->tries + 1);

    done.id = mail->id;
    done.sent = mail->sent;

    mail->state = CONFD_MAIL_TELLING;

    if (confd_self_call(server, CONF_OP_MAIL_DONE, &done, confd_mail_told)
        != CONF_OK)
    {
        mail->state = CONFD_MAIL_IDLE;
        mail->due_ms = confd_work_now() + 1000;
    }
}


static void
confd_mail_told(confd_server_t *server, conf_rc_t rc, const void *reply)
{
    server->mail.state = CONFD_MAIL_IDLE;

    if (rc != CONF_OK) {
        server->mail.due_ms = confd_work_now() + 1000;
        return;
    }

    confd_mail_kick(server);
}
