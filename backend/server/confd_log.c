
#include "confd_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>


#define CONFD_LOG_LINE  2048         /* a longer line is cut */
#define CONFD_LOG_MODE  0640


/*
 * Set once before there are threads.  Reopening puts another file behind the
 * same descriptor, so a thread that is writing needs no lock.
 */

typedef struct {
    int                 fd;
    const char         *path;        /* NULL: stderr */
    confd_log_level_e   level;
} confd_log_t;


static const char  *confd_log_names[] = {
    "alert", "error", "warn", "notice", "info", "debug"
};

static confd_log_t  confd_logger = { STDERR_FILENO, NULL, CONFD_LOG_NOTICE };


static int confd_log_file(const char *path);
static size_t confd_log_head(char *line, size_t size, const char *name);
static void confd_log_write(const char *line, size_t len);


const char *
confd_log_name(unsigned level)
{
    return level < conf_nelts(confd_log_names) ? confd_log_names[level] : NULL;
}


conf_rc_t
confd_log_open(const char *path, confd_log_level_e level, char *err,
    size_t errlen)
{
    int  fd;

    confd_logger.level = level;

    if (path == NULL || path[0] == '\0') {
        return CONF_OK;
    }

    fd = confd_log_file(path);

    if (fd == -1) {
        snprintf(err, errlen, "cannot open log \"%s\": %s", path,
                 strerror(errno));
        return CONF_E_STORE_FAILED;
    }

    confd_logger.fd = fd;
    confd_logger.path = path;

    return CONF_OK;
}


void
confd_log_reopen(void)
{
    int  fd;

    if (confd_logger.path == NULL) {
        return;
    }

    fd = confd_log_file(confd_logger.path);

    if (fd == -1 || dup3(fd, confd_logger.fd, O_CLOEXEC) == -1) {
        confd_log(CONFD_LOG_ERROR, "cannot reopen log \"%s\": %s",
                  confd_logger.path, strerror(errno));
    }

    if (fd != -1) {
        (void) close(fd);
    }
}


void
confd_log(confd_log_level_e level, const char *fmt, ...)
{
    int      n;
    char     line[CONFD_LOG_LINE];
    size_t   len;
    va_list  args;

    if (level > confd_logger.level) {
        return;
    }

    len = confd_log_head(line, sizeof(line) - 1, confd_log_names[level]);

    va_start(args, fmt);
    n = vsnprintf(line + len, sizeof(line) - 1 - len, fmt, args);
    va_end(args);

    if (n > 0) {
        len += conf_min((size_t) n, sizeof(line) - 2 - len);
    }

    line[len++] = '\n';

    confd_log_write(line, len);
}


static int
confd_log_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                CONFD_LOG_MODE);
}


static size_t
confd_log_head(char *line, size_t size, const char *name)
{
    int        n;
    size_t     len;
    time_t     now;
    struct tm  tm;

    now = time(NULL);

    if (localtime_r(&now, &tm) == NULL) {
        memset(&tm, 0, sizeof(struct tm));
    }

    len = strftime(line, size, "%Y/%m/%d %H:%M:%S", &tm);
    n = snprintf(line + len, size - len, " [%s] %d#: ", name, (int) getpid());

    return n < 0 ? len : len + conf_min((size_t) n, size - len - 1);
}


static void
confd_log_write(const char *line, size_t len)
{
    ssize_t  n;

    do {
        n = write(confd_logger.fd, line, len);
    } while (n == -1 && errno == EINTR);

    /* Nowhere to tell that a full disk has swallowed a line. */
}
