
#include "confd_link.h"
#include "confd_log.h"

#include <stdlib.h>
#include <sys/socket.h>


#define CONFD_LINK_READ   65536              /* bytes asked for at once */
#define CONFD_LINK_KEEP   (256 * 1024)       /* a larger buffer is given back */
#define CONFD_LINK_INPUT  (CONF_RPC_FRAME_MAX + 4 + CONFD_LINK_READ)


static void confd_link_refused(uv_handle_t *handle);
static void confd_link_alloc(uv_handle_t *handle, size_t suggested,
    uv_buf_t *buf);
static void confd_link_read(uv_stream_t *stream, ssize_t n,
    const uv_buf_t *buf);
static void confd_link_frames(confd_link_t *link);
static void confd_link_consumed(confd_link_t *link, size_t used);
static void confd_link_flush(confd_link_t *link);
static int confd_link_start(confd_link_t *link, size_t sent);
static void confd_link_written(uv_write_t *req, int status);
static void confd_link_emptied(conf_buf_t *buf);
static void confd_link_closed(uv_handle_t *handle);


void
confd_links_init(confd_links_t *links, const confd_link_conf_t *conf)
{
    memset(links, 0, sizeof(confd_links_t));
    links->conf = *conf;
}


conf_rc_t
confd_link_accept(confd_links_t *links, uv_stream_t *listener)
{
    confd_link_t  *link;

    link = calloc(1, sizeof(confd_link_t));
    if (link == NULL) {
        return CONF_E_NOMEM;
    }

    (void) uv_pipe_init(listener->loop, &link->pipe, 0);
    link->pipe.data = link;

    if (uv_accept(listener, (uv_stream_t *) &link->pipe) != 0) {
        uv_close((uv_handle_t *) &link->pipe, confd_link_refused);
        return CONF_E_BACKEND_DOWN;
    }

    if (links->n >= links->conf.links_max) {
        uv_close((uv_handle_t *) &link->pipe, confd_link_refused);
        return CONF_E_BACKEND_BUSY;
    }

    (void) pthread_mutex_init(&link->lock, NULL);

    if (uv_fileno((uv_handle_t *) &link->pipe, &link->fd) != 0) {
        link->fd = -1;
    }

    conf_buf_init(&link->in, CONFD_LINK_INPUT);
    conf_buf_init(&link->out, 0);
    conf_buf_init(&link->sending, 0);

    link->links = links;
    link->number = ++links->number;
    link->refs = 1;
    link->reading = true;

    link->next = links->first;

    if (links->first != NULL) {
        links->first->prev = link;
    }

    links->first = link;
    links->n++;

    (void) uv_read_start((uv_stream_t *) &link->pipe, confd_link_alloc,
                         confd_link_read);

    confd_log(CONFD_LOG_INFO, "link %llu: connected",
              (unsigned long long) link->number);

    return CONF_OK;
}


void
confd_link_send(confd_link_t *link, const void *data, size_t len)
{
    bool         full;
    size_t       waiting;
    const char  *failed;

    if (atomic_load_explicit(&link->gone, memory_order_relaxed) || len == 0) {
        return;
    }

    pthread_mutex_lock(&link->lock);

    waiting = link->out.len + link->sending.len;

    /* A single reply that is larger is still sent. */

    full = waiting != 0 && len + waiting > link->links->conf.output_max;
    failed = full ? "peer does not read" : NULL;

    if (!full) {
        conf_buf_add(&link->out, data, len);

        if (conf_buf_ok(&link->out) != CONF_OK) {
            failed = "no memory for output";
        }
    }

    pthread_mutex_unlock(&link->lock);

    if (failed != NULL) {
        confd_link_drop(link, failed);

    } else {
        confd_link_unsent(link);
    }
}


conf_rc_t
confd_link_reply(confd_link_t *link, const void *data, size_t len)
{
    ssize_t    n;
    conf_rc_t  rc;

    n = -1;
    rc = CONF_E_BACKEND_BUSY;

    pthread_mutex_lock(&link->lock);

    if (link->fd != -1 && !link->writing && link->out.len == 0) {
        n = send(link->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    if (n > 0 && (size_t) n < len) {
        conf_buf_add(&link->out, (const uint8_t *) data + n, len - (size_t) n);
    }

    if (n > 0) {
        rc = (size_t) n == len ? CONF_OK : CONF_AGAIN;
    }

    pthread_mutex_unlock(&link->lock);

    return rc;
}


void
confd_link_unsent(confd_link_t *link)
{
    if (!link->unsent) {
        link->unsent = true;
        link->next_unsent = link->links->unsent;
        link->links->unsent = link;
        confd_link_hold(link);
    }
}


void
confd_links_flush(confd_links_t *links)
{
    confd_link_t  *link;

    while (links->unsent != NULL) {
        link = links->unsent;
        links->unsent = link->next_unsent;
        link->unsent = false;

        confd_link_flush(link);
        confd_link_release(link);
    }
}


void
confd_link_finish(confd_link_t *link)
{
    bool  empty;

    confd_link_mute(link);
    link->finishing = true;

    pthread_mutex_lock(&link->lock);
    empty = !link->writing && link->out.len == 0;
    pthread_mutex_unlock(&link->lock);

    if (empty) {
        confd_link_drop(link, NULL);
    }
}


void
confd_link_mute(confd_link_t *link)
{
    if (link->reading) {
        link->reading = false;
        (void) uv_read_stop((uv_stream_t *) &link->pipe);
    }
}


void
confd_link_drop(confd_link_t *link, const char *why)
{
    if (atomic_load_explicit(&link->gone, memory_order_relaxed)) {
        return;
    }

    if (why != NULL) {
        confd_log(CONFD_LOG_WARN, "link %llu: dropped: %s",
                  (unsigned long long) link->number, why);
    }

    confd_link_mute(link);
    atomic_store_explicit(&link->gone, true, memory_order_relaxed);

    pthread_mutex_lock(&link->lock);
    link->fd = -1;
    pthread_mutex_unlock(&link->lock);

    link->links->conf.on_gone(link->links->conf.server, link);

    uv_close((uv_handle_t *) &link->pipe, confd_link_closed);
}


void
confd_link_hold(confd_link_t *link)
{
    link->refs++;
}


void
confd_link_release(confd_link_t *link)
{
    if (--link->refs != 0) {
        return;
    }

    /* The first reference is the socket's: it is closed. */

    conf_assert(link->closed && !link->unsent);

    conf_buf_free(&link->in);
    conf_buf_free(&link->out);
    conf_buf_free(&link->sending);
    pthread_mutex_destroy(&link->lock);
    free(link);
}


static void
confd_link_refused(uv_handle_t *handle)
{
    free(handle->data);
}


static void
confd_link_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    confd_link_t  *link = handle->data;

    buf->base = (char *) conf_buf_reserve(&link->in, CONFD_LINK_READ);
    buf->len = buf->base == NULL ? 0 : link->in.size - link->in.len;
}


static void
confd_link_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    confd_link_t  *link = stream->data;

    if (n == 0) {
        return;
    }

    if (n < 0) {
        confd_log(CONFD_LOG_INFO, "link %llu: closed by peer",
                  (unsigned long long) link->number);
        confd_link_drop(link, n == UV_ENOBUFS ? "no memory for input" : NULL);
        return;
    }

    link->in.len += (size_t) n;

    confd_link_frames(link);
}


static void
confd_link_frames(confd_link_t *link)
{
    size_t        used, done;
    conf_rc_t     rc;
    conf_str_t    data;
    conf_frame_t  frame;

    done = 0;

    /* A link that must not read any more still gets its first error out. */

    while (link->reading) {
        data.data = link->in.data + done;
        data.len = link->in.len - done;

        rc = conf_frame_read(data, &used, &frame);

        if (rc == CONF_AGAIN) {
            break;
        }

        if (rc != CONF_OK) {
            confd_link_drop(link, "not a frame");
            return;
        }

        link->links->conf.on_frame(link->links->conf.server, link, &frame);
        done += used;
    }

    confd_link_consumed(link, done);
}


static void
confd_link_consumed(confd_link_t *link, size_t used)
{
    if (used == 0) {
        return;
    }

    link->in.len -= used;

    if (link->in.len == 0) {
        confd_link_emptied(&link->in);
        return;
    }

    memmove(link->in.data, link->in.data + used, link->in.len);
}


static void
confd_link_flush(confd_link_t *link)
{
    int       n;
    bool      empty;
    uv_buf_t  buf;

    pthread_mutex_lock(&link->lock);

    /* The rest of a reply, of which the peer has the beginning. */

    if (conf_buf_ok(&link->out) != CONF_OK) {
        pthread_mutex_unlock(&link->lock);
        confd_link_drop(link, "no memory for output");
        return;
    }

    if (link->fd == -1 || link->writing || link->out.len == 0) {
        pthread_mutex_unlock(&link->lock);
        return;
    }

    buf.base = (char *) link->out.data;
    buf.len = link->out.len;

    n = uv_try_write((uv_stream_t *) &link->pipe, &buf, 1);

    empty = n > 0 && (size_t) n == link->out.len;

    if (empty) {
        confd_link_emptied(&link->out);

    } else if (n >= 0 || n == UV_EAGAIN) {
        n = confd_link_start(link, n > 0 ? (size_t) n : 0);
    }

    pthread_mutex_unlock(&link->lock);

    if (n < 0) {
        confd_link_drop(link, uv_strerror(n));

    } else if (empty && link->finishing) {
        confd_link_drop(link, NULL);
    }
}


/* What the socket did not take at once is written when it can; locked. */

static int
confd_link_start(confd_link_t *link, size_t sent)
{
    int         rc;
    uv_buf_t    buf;
    conf_buf_t  empty;

    empty = link->sending;
    link->sending = link->out;
    link->out = empty;

    buf.base = (char *) link->sending.data + sent;
    buf.len = link->sending.len - sent;

    link->write.data = link;

    rc = uv_write(&link->write, (uv_stream_t *) &link->pipe, &buf, 1,
                  confd_link_written);

    link->writing = (rc == 0);

    return rc;
}


static void
confd_link_written(uv_write_t *req, int status)
{
    bool           more;
    confd_link_t  *link = req->data;

    pthread_mutex_lock(&link->lock);

    link->writing = false;
    confd_link_emptied(&link->sending);
    more = link->out.len != 0;

    pthread_mutex_unlock(&link->lock);

    if (status < 0) {
        confd_link_drop(link, status == UV_ECANCELED ? NULL
                                                     : uv_strerror(status));
        return;
    }

    if (more) {
        confd_link_flush(link);

    } else if (link->finishing) {
        confd_link_drop(link, NULL);
    }
}


static void
confd_link_emptied(conf_buf_t *buf)
{
    if (buf->size > CONFD_LINK_KEEP) {
        conf_buf_free(buf);

    } else {
        conf_buf_reset(buf);
    }
}


static void
confd_link_closed(uv_handle_t *handle)
{
    confd_link_t   *link = handle->data;
    confd_links_t  *links;

    links = link->links;

    if (link->prev != NULL) {
        link->prev->next = link->next;

    } else {
        links->first = link->next;
    }

    if (link->next != NULL) {
        link->next->prev = link->prev;
    }

    links->n--;
    link->closed = true;

    confd_link_release(link);
    links->conf.on_closed(links->conf.server);
}
