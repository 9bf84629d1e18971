
#include "confd_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>


#define CONFD_SOCKET_BACKLOG  511


static conf_rc_t confd_socket_probe(const struct sockaddr_un *un, char *err,
    size_t errlen);
static conf_rc_t confd_socket_make(confd_socket_t *sock,
    const struct sockaddr_un *un, char *err, size_t errlen);
static conf_rc_t confd_socket_name(struct sockaddr_un *un, const char *path,
    const char *suffix);
static conf_rc_t confd_socket_error(char *err, size_t errlen, const char *what,
    const char *path);


conf_rc_t
confd_socket_open(confd_socket_t *sock, char *err, size_t errlen)
{
    char                suffix[16];
    conf_rc_t           rc;
    struct sockaddr_un  un, tmp;

    sock->fd = -1;

    snprintf(suffix, sizeof(suffix), ".%d", (int) getpid());

    if (confd_socket_name(&un, sock->path, "") != CONF_OK
        || confd_socket_name(&tmp, sock->path, suffix) != CONF_OK)
    {
        snprintf(err, errlen, "socket path \"%s\" is too long", sock->path);
        return CONF_E_BACKEND_DOWN;
    }

    rc = confd_socket_probe(&un, err, errlen);
    if (rc != CONF_OK) {
        return rc;
    }

    /* Only a process of our number that is gone can have left this. */

    (void) unlink(tmp.sun_path);

    rc = confd_socket_make(sock, &tmp, err, errlen);

    if (rc == CONF_OK && rename(tmp.sun_path, un.sun_path) == -1) {
        rc = confd_socket_error(err, errlen, "rename socket to", un.sun_path);
    }

    if (rc != CONF_OK) {
        if (sock->fd != -1) {
            (void) close(sock->fd);
            (void) unlink(tmp.sun_path);
        }

        sock->fd = -1;
    }

    return rc;
}


void
confd_socket_remove(const confd_socket_t *sock)
{
    struct stat  st;

    if (lstat(sock->path, &st) == 0 && st.st_dev == sock->dev
        && st.st_ino == sock->ino)
    {
        (void) unlink(sock->path);
    }
}


static conf_rc_t
confd_socket_probe(const struct sockaddr_un *un, char *err, size_t errlen)
{
    int          fd, rc, error;
    struct stat  st;

    if (lstat(un->sun_path, &st) == -1) {
        if (errno == ENOENT) {
            return CONF_OK;
        }

        return confd_socket_error(err, errlen, "look at", un->sun_path);
    }

    if (!S_ISSOCK(st.st_mode)) {
        snprintf(err, errlen, "\"%s\" exists and is not a socket",
                 un->sun_path);
        return CONF_E_EXISTS;
    }

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        return confd_socket_error(err, errlen, "make socket", un->sun_path);
    }

    rc = connect(fd, (const struct sockaddr *) un, sizeof(*un));
    error = errno;

    (void) close(fd);

    if (rc == 0 || error != ECONNREFUSED) {
        snprintf(err, errlen, "another process listens on \"%s\"",
                 un->sun_path);
        return CONF_E_EXISTS;
    }

    return CONF_OK;
}


static conf_rc_t
confd_socket_make(confd_socket_t *sock, const struct sockaddr_un *un,
    char *err, size_t errlen)
{
    struct stat  st;

    sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock->fd == -1) {
        return confd_socket_error(err, errlen, "make socket", un->sun_path);
    }

    if (bind(sock->fd, (const struct sockaddr *) un, sizeof(*un)) == -1) {
        return confd_socket_error(err, errlen, "bind socket", un->sun_path);
    }

    /* Nobody can connect before listen, so the order is safe for any umask. */

    if (sock->gid != (gid_t) -1
        && chown(un->sun_path, (uid_t) -1, sock->gid) == -1)
    {
        return confd_socket_error(err, errlen, "change group of",
                                  un->sun_path);
    }

    if (chmod(un->sun_path, sock->mode) == -1) {
        return confd_socket_error(err, errlen, "change mode of",
                                  un->sun_path);
    }

    if (listen(sock->fd, CONFD_SOCKET_BACKLOG) == -1) {
        return confd_socket_error(err, errlen, "listen on", un->sun_path);
    }

    if (lstat(un->sun_path, &st) == -1) {
        return confd_socket_error(err, errlen, "look at", un->sun_path);
    }

    sock->dev = st.st_dev;
    sock->ino = st.st_ino;

    return CONF_OK;
}


static conf_rc_t
confd_socket_name(struct sockaddr_un *un, const char *path, const char *suffix)
{
    int  n;

    memset(un, 0, sizeof(struct sockaddr_un));
    un->sun_family = AF_UNIX;

    n = snprintf(un->sun_path, sizeof(un->sun_path), "%s%s", path, suffix);

    return n < 0 || (size_t) n >= sizeof(un->sun_path) ? CONF_E_TOO_LARGE
                                                       : CONF_OK;
}


static conf_rc_t
confd_socket_error(char *err, size_t errlen, const char *what,
    const char *path)
{
    snprintf(err, errlen, "cannot %s \"%s\": %s", what, path, strerror(errno));

    return CONF_E_BACKEND_DOWN;
}
