
#include "confd_peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>


#define CONFD_PEER_HELLO_S  10
#define CONFD_PEER_READ     65536


static conf_rc_t confd_peer_send(const confd_peer_t *peer, conf_str_t data);
static conf_rc_t confd_peer_receive(confd_peer_t *peer, uint64_t id,
    conf_frame_t *frame);


conf_rc_t
confd_peer_open(confd_peer_t *peer, const char *socket_path,
    conf_arena_t *arena)
{
    size_t               len;
    conf_hello_t         hello;
    conf_welcome_t       welcome;
    struct sockaddr_un   un;

    memset(peer, 0, sizeof(confd_peer_t));
    memset(&un, 0, sizeof(struct sockaddr_un));
    conf_buf_init(&peer->in, 0);

    peer->fd = -1;
    peer->arena = arena;
    len = strlen(socket_path);

    if (len >= sizeof(un.sun_path)) {
        return CONF_E_TOO_LARGE;
    }

    un.sun_family = AF_UNIX;
    memcpy(un.sun_path, socket_path, len);

    peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->fd == -1) {
        return CONF_E_NOMEM;
    }

    if (connect(peer->fd, (const struct sockaddr *) &un, sizeof(un)) == -1) {
        return errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR
               ? CONF_E_NOT_FOUND
               : errno == EACCES ? CONF_E_FORBIDDEN : CONF_E_BACKEND_DOWN;
    }

    /* Node 0: one that hears nothing of the others. */

    memset(&hello, 0, sizeof(conf_hello_t));
    hello.version = CONF_RPC_VERSION;
    hello.pid = (uint64_t) getpid();

    return confd_peer_call(peer, CONF_OP_HELLO, &hello, &welcome,
                           CONFD_PEER_HELLO_S);
}


void
confd_peer_close(confd_peer_t *peer)
{
    if (peer->fd != -1) {
        (void) close(peer->fd);
    }

    conf_buf_free(&peer->in);
}


conf_rc_t
confd_peer_call(confd_peer_t *peer, conf_op_e op, const void *in, void *out,
    unsigned timeout_s)
{
    conf_rc_t        rc;
    conf_buf_t       buf;
    conf_str_t       bytes;
    conf_frame_t     frame;
    struct timeval   tv;

    tv.tv_sec = timeout_s;
    tv.tv_usec = 0;

    if (setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1) {
        return CONF_E_INTERNAL;
    }

    memset(&frame, 0, sizeof(conf_frame_t));
    frame.kind = CONF_FRAME_CALL;
    frame.id = ++peer->id;
    frame.code = (uint32_t) op;

    conf_buf_init(&buf, 0);

    rc = conf_frame_write(&buf, &frame, conf_ops[op].request, in);

    if (rc == CONF_OK) {
        bytes.data = buf.data;
        bytes.len = buf.len;
        rc = confd_peer_send(peer, bytes);
    }

    conf_buf_free(&buf);

    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_peer_receive(peer, peer->id, &frame);
    if (rc != CONF_OK) {
        return rc;
    }

    if (frame.code != CONF_OK) {
        return (conf_rc_t) frame.code;
    }

    /* The next frame takes the place of these bytes. */

    rc = conf_arena_str(peer->arena, &bytes, frame.body);

    return rc != CONF_OK ? rc
           : conf_proto_unpack(peer->arena, conf_ops[op].reply,
                               CONF_PROTO_WIRE, bytes, out);
}


static conf_rc_t
confd_peer_send(const confd_peer_t *peer, conf_str_t data)
{
    ssize_t  n;

    while (data.len != 0) {
        n = send(peer->fd, data.data, data.len, MSG_NOSIGNAL);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            return CONF_E_BACKEND_DOWN;
        }

        data.data += n;
        data.len -= (size_t) n;
    }

    return CONF_OK;
}


/*
 * The reply to a call; events are passed over.  frame->body points into
 * peer->in.
 */

static conf_rc_t
confd_peer_receive(confd_peer_t *peer, uint64_t id, conf_frame_t *frame)
{
    size_t       at, used;
    ssize_t      n;
    uint8_t     *p;
    conf_rc_t    rc;
    conf_str_t   data;

    conf_buf_reset(&peer->in);
    at = 0;
    used = 0;

    for ( ;; ) {
        rc = CONF_AGAIN;

        if (peer->in.len != at) {
            data.data = peer->in.data + at;
            data.len = peer->in.len - at;

            rc = conf_frame_read(data, &used, frame);
        }

        if (rc == CONF_OK) {
            if (frame->kind == CONF_FRAME_REPLY && frame->id == id) {
                return CONF_OK;
            }

            at += used;
            continue;
        }

        if (rc != CONF_AGAIN) {
            return rc;
        }

        p = conf_buf_reserve(&peer->in, CONFD_PEER_READ);
        if (p == NULL) {
            return CONF_E_NOMEM;
        }

        n = recv(peer->fd, p, CONFD_PEER_READ, 0);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1 && errno == EAGAIN) {
            return CONF_E_BACKEND_TIMEOUT;
        }

        if (n <= 0) {
            return CONF_E_BACKEND_DOWN;
        }

        peer->in.len += (size_t) n;
    }
}
