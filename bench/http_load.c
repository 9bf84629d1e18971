
/*
 * Members that come and go: each connection is a user, who joins a meeting,
 * leaves it, and goes on to another one.
 *
 *     http_load -P PORT -t TOKENS -m FIRST:COUNT [-c CONNECTIONS]
 *               [-d SECONDS] [-w SECONDS]
 *
 * TOKENS is a file with a token a line, one for each connection; meetings are
 * FIRST and the COUNT - 1 ids after it, taken at random.  Prints one line of
 * JSON: cycles, answers that were not 200, latency of single requests.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define HTTP_LINKS_MAX  1024
#define HTTP_TOKEN_MAX  1024
#define HTTP_REPLY_MAX  65536
#define HTTP_SLOT_US    10           /* of the histogram */
#define HTTP_SLOTS      100000

typedef struct {
    int        fd;
    bool       joined;               /* the request under way is to leave */
    unsigned   meeting;
    uint64_t   start_ns;
    size_t     len;
    char       token[HTTP_TOKEN_MAX];
    char       reply[HTTP_REPLY_MAX + 1];
} http_link_t;

typedef struct {
    unsigned      port;
    unsigned      links;
    unsigned      first;
    unsigned      meetings;
    double        seconds;
    double        warm;
    const char   *tokens;
} http_conf_t;


static int http_options(int argc, char *const *argv);
static void http_fail(const char *what);
static uint64_t http_now_ns(void);
static void http_tokens(void);
static void http_open(http_link_t *link);
static void http_send(http_link_t *link);
static void http_read(http_link_t *link);
static size_t http_reply(const http_link_t *link, unsigned *status);
static void http_done(http_link_t *link, unsigned status);
static void http_run(void);
static double http_quantile(double part);


static http_conf_t   conf = { 0, 64, 0, 0, 5, 1, NULL };
static http_link_t  *links;
static uint32_t      slots[HTTP_SLOTS];
static uint64_t      requests, cycles, failed;
static uint64_t      seed = 88172645463325252;
static bool          counting;


int
main(int argc, char **argv)
{
    if (http_options(argc, argv) != 0) {
        fprintf(stderr, "usage: http_load -P PORT -t TOKENS -m FIRST:COUNT "
                "[-c CONNECTIONS] [-d SECONDS] [-w SECONDS]\n");
        return 2;
    }

    links = calloc(conf.links, sizeof(http_link_t));
    if (links == NULL) {
        http_fail("memory");
    }

    http_tokens();
    http_run();

    printf("{\"cycles\":%" PRIu64 ",\"failed\":%" PRIu64
           ",\"seconds\":%.3f,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n",
           cycles, failed, conf.seconds, http_quantile(0.5),
           http_quantile(0.99));

    return 0;
}


static int
http_options(int argc, char *const *argv)
{
    int  c;

    for ( ;; ) {
        c = getopt(argc, argv, "P:t:m:c:d:w:");

        switch (c) {

        case 'P':
            conf.port = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 't':
            conf.tokens = optarg;
            break;

        case 'm':
            if (sscanf(optarg, "%u:%u", &conf.first, &conf.meetings) != 2) {
                return -1;
            }

            break;

        case 'c':
            conf.links = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'd':
            conf.seconds = atof(optarg);
            break;

        case 'w':
            conf.warm = atof(optarg);
            break;

        case -1:
            return conf.port - 1 >= 65535 || conf.tokens == NULL
                   || conf.meetings == 0
                   || conf.links - 1 >= HTTP_LINKS_MAX
                   || conf.seconds <= 0 || conf.warm < 0;

        default:
            return -1;
        }
    }
}


__attribute__((noreturn))
static void
http_fail(const char *what)
{
    fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}


static uint64_t
http_now_ns(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


static void
http_tokens(void)
{
    FILE      *f;
    unsigned   i;

    f = fopen(conf.tokens, "r");
    if (f == NULL) {
        http_fail(conf.tokens);
    }

    for (i = 0; i < conf.links; i++) {
        if (fgets(links[i].token, HTTP_TOKEN_MAX, f) == NULL) {
            errno = EINVAL;
            http_fail("too few tokens");
        }

        links[i].token[strcspn(links[i].token, "\n")] = '\0';
    }

    (void) fclose(f);
}


static void
http_open(http_link_t *link)
{
    int                 one;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(struct sockaddr_in));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) conf.port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    one = 1;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (link->fd == -1
        || connect(link->fd, (const struct sockaddr *) &sin, sizeof(sin)) == -1
        || setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))
           == -1
        || fcntl(link->fd, F_SETFL, O_NONBLOCK) == -1)
    {
        http_fail("connect");
    }
}


/* A request is small: the socket of one that waits for nothing takes it. */

static void
http_send(http_link_t *link)
{
    int   n;
    char  request[HTTP_TOKEN_MAX + 512];

    if (!link->joined) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;

        link->meeting = conf.first + (unsigned) (seed % conf.meetings);
    }

    n = snprintf(request, sizeof(request),
                 "POST /api/v1/meetings/%u/%s HTTP/1.1\r\n"
                 "Host: localhost\r\nAuthorization: Bearer %s\r\n"
                 "Content-Length: 0\r\n\r\n",
                 link->meeting, link->joined ? "leave" : "join", link->token);

    link->start_ns = http_now_ns();
    link->len = 0;

    if (send(link->fd, request, (size_t) n, MSG_NOSIGNAL) != n) {
        http_fail("send");
    }
}


static void
http_read(http_link_t *link)
{
    ssize_t   n;
    unsigned  status;

    n = recv(link->fd, link->reply + link->len, HTTP_REPLY_MAX - link->len, 0);

    if (n == -1 && errno == EAGAIN) {
        return;
    }

    if (n <= 0) {
        http_fail("connection closed");
    }

    link->len += (size_t) n;
    link->reply[link->len] = '\0';

    if (http_reply(link, &status) != 0) {
        http_done(link, status);
        http_send(link);
    }
}


/* The size of a whole reply; 0: there is more to come. */

static size_t
http_reply(const http_link_t *link, unsigned *status)
{
    size_t       size;
    const char  *end, *length;

    end = strstr(link->reply, "\r\n\r\n");

    if (end == NULL || sscanf(link->reply, "HTTP/1.1 %u", status) != 1) {
        return 0;
    }

    length = strcasestr(link->reply, "\r\nContent-Length:");

    if (length == NULL || length > end) {
        errno = EPROTO;
        http_fail("a reply without its length");
    }

    size = (size_t) (end + 4 - link->reply) + strtoul(length + 17, NULL, 10);

    if (size > HTTP_REPLY_MAX) {
        errno = EMSGSIZE;
        http_fail("reply");
    }

    return link->len >= size ? size : 0;
}


static void
http_done(http_link_t *link, unsigned status)
{
    uint64_t  us;

    if (counting) {
        us = (http_now_ns() - link->start_ns) / 1000 / HTTP_SLOT_US;
        slots[us < HTTP_SLOTS ? us : HTTP_SLOTS - 1]++;
        requests++;

        if (status != 200) {
            failed++;

        } else if (link->joined) {
            cycles++;
        }
    }

    if (status != 200 && failed < 3) {
        fprintf(stderr, "http_load: %s\n", link->reply);
    }

    link->joined = !link->joined && status == 200;
}


static void
http_run(void)
{
    int                  ep, i, n;
    unsigned             j;
    uint64_t             now_ns, begin_ns, end_ns;
    struct epoll_event   events[HTTP_LINKS_MAX], event;

    ep = epoll_create1(EPOLL_CLOEXEC);

    for (j = 0; j < conf.links; j++) {
        http_open(&links[j]);

        event.events = EPOLLIN;
        event.data.ptr = &links[j];

        if (epoll_ctl(ep, EPOLL_CTL_ADD, links[j].fd, &event) == -1) {
            http_fail("epoll");
        }

        http_send(&links[j]);
    }

    now_ns = http_now_ns();
    begin_ns = now_ns + (uint64_t) (conf.warm * 1e9);
    end_ns = begin_ns + (uint64_t) (conf.seconds * 1e9);

    while (now_ns < end_ns) {
        n = epoll_wait(ep, events, HTTP_LINKS_MAX, 100);

        for (i = 0; i < n; i++) {
            http_read(events[i].data.ptr);
        }

        now_ns = http_now_ns();
        counting = now_ns >= begin_ns;
    }

    (void) close(ep);
}


static double
http_quantile(double part)
{
    uint64_t  i, seen;

    seen = 0;

    for (i = 0; i < HTTP_SLOTS - 1; i++) {
        seen += slots[i];

        if ((double) seen >= part * (double) requests) {
            break;
        }
    }

    return (double) i * HTTP_SLOT_US / 1000;
}
