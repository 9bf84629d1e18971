
#include "bench_rpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>


#define BENCH_READ  (256 * 1024)


/* What is not a number is 0, which no option takes. */

unsigned
bench_number(const char *text)
{
    char           *end;
    unsigned long   n;

    n = strtoul(text, &end, 10);

    return *end != '\0' || n > UINT32_MAX ? 0 : (unsigned) n;
}


uint64_t
bench_now_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


__attribute__((noreturn))
void
bench_fail(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}


void
bench_connect(bench_link_t *link, const char *path)
{
    conf_hello_t        hello;
    conf_arena_t       *arena;
    conf_welcome_t      welcome;
    struct sockaddr_un  un;

    memset(&un, 0, sizeof(struct sockaddr_un));
    un.sun_family = AF_UNIX;
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);

    link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (link->fd == -1
        || connect(link->fd, (const struct sockaddr *) &un, sizeof(un)) == -1)
    {
        bench_fail("connect");
    }

    memset(&hello, 0, sizeof(conf_hello_t));
    hello.version = CONF_RPC_VERSION;
    hello.node = 1;
    hello.pid = (uint64_t) getpid();

    bench_call(&link->out, 0, CONF_OP_HELLO, &hello);
    bench_write(link);

    arena = conf_arena_create(1024, 0);
    if (arena == NULL) {
        bench_fail("memory");
    }

    bench_wait(link, arena, &conf_proto_welcome, &welcome);
    conf_arena_destroy(arena);
}


void
bench_call(conf_buf_t *buf, uint64_t id, conf_op_e op, const void *message)
{
    conf_frame_t  frame;

    memset(&frame, 0, sizeof(conf_frame_t));
    frame.kind = CONF_FRAME_CALL;
    frame.id = id;
    frame.code = (uint32_t) op;

    if (conf_frame_write(buf, &frame, conf_ops[op].request, message)
        != CONF_OK)
    {
        bench_fail("frame");
    }
}


/* As much as the socket takes. */

void
bench_write(bench_link_t *link)
{
    ssize_t  n;

    while (link->sent < link->out.len) {
        n = write(link->fd, link->out.data + link->sent,
                  link->out.len - link->sent);

        if (n == -1 && errno == EAGAIN) {
            return;
        }

        if (n <= 0) {
            bench_fail("write");
        }

        link->sent += (size_t) n;
    }

    link->sent = 0;
    conf_buf_reset(&link->out);
}


/* Whether there is more to read. */

bool
bench_read(bench_link_t *link)
{
    ssize_t   n;
    uint8_t  *p;

    if (link->used != 0) {
        link->in.len -= link->used;
        memmove(link->in.data, link->in.data + link->used, link->in.len);
        link->used = 0;
    }

    p = conf_buf_reserve(&link->in, BENCH_READ);
    if (p == NULL) {
        bench_fail("memory");
    }

    n = read(link->fd, p, BENCH_READ);

    if (n == -1 && errno == EAGAIN) {
        return false;
    }

    if (n <= 0) {
        bench_fail("read");
    }

    link->in.len += (size_t) n;

    return n == BENCH_READ;
}


/* The next reply that has come; events are passed over. */

bool
bench_frame(bench_link_t *link, conf_frame_t *frame)
{
    size_t      used;
    conf_rc_t   rc;
    conf_str_t  data;

    for ( ;; ) {
        if (link->in.len == link->used) {
            return false;
        }

        data.data = link->in.data + link->used;
        data.len = link->in.len - link->used;

        rc = conf_frame_read(data, &used, frame);

        if (rc == CONF_AGAIN) {
            return false;
        }

        if (rc != CONF_OK) {
            bench_fail("bad frame");
        }

        link->used += used;

        if (frame->kind == CONF_FRAME_REPLY) {
            return true;
        }
    }
}


void
bench_wait(bench_link_t *link, conf_arena_t *arena,
    const conf_proto_t *proto, void *out)
{
    conf_frame_t  frame;

    while (!bench_frame(link, &frame)) {
        (void) bench_read(link);
    }

    if (frame.code != CONF_OK) {
        fprintf(stderr, "bench: confd answers error %u\n",
                (unsigned) frame.code);
        exit(1);
    }

    if (conf_proto_unpack(arena, proto, CONF_PROTO_WIRE, frame.body, out)
        != CONF_OK)
    {
        bench_fail("bad reply");
    }
}
