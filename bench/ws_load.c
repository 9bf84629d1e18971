
/*
 * WebSocket load: many sockets, few processes, latency from a time that
 * travels in the payload.
 *
 *     ws_load -P PORT [-t conf|nchan|signal] [-p PROCESSES] [-r ROOMS]
 *             [-n SOCKETS] [-q PUBLISHERS] [-R RATE | -W WINDOW] [-b BYTES]
 *             [-T TYPE] [-d SECONDS] [-w SECONDS] [-u USER] [-i ROOM]
 *             [-k SECRET] [-c PIDS[:PIDS]...]
 *
 * ROOMS rooms of SOCKETS sockets each.  The first PUBLISHERS sockets of a
 * room publish: RATE messages a second in each room, or WINDOW each that are
 * sent again as they come back.  With neither it connects, says "ready" and
 * holds the sockets until its input ends.  Messages of TYPE "ping" are ping
 * frames, which the server answers.
 *
 * conf: socket j is user USER + j, a member of room ROOM + j / SOCKETS, with
 * a token that is made here of SECRET.  nchan: a websocket at /ws/<room>.
 * signal: as conf, in the room's signaling: media to all, and at times an offer
 * or answer with its candidates to each other one.
 *
 * -c names processes (pid,pid:pid,...) whose CPU time is taken over the
 * measured seconds, in groups.  Prints one line of JSON.
 */

#include "bench_cpu.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>


#define LOAD_PROCS_MAX   16
#define LOAD_GROUPS_MAX  4
#define LOAD_READ        (256 * 1024)
#define LOAD_SHAKES      64          /* handshakes under way */
#define LOAD_ADDRESS     15000       /* sockets of one source address */
#define LOAD_SLOT_US     10          /* of the histogram */
#define LOAD_SLOTS       1000000
#define LOAD_MARK        "@@"
#define LOAD_FRAME_MAX   65536
#define LOAD_JOIN        "{\"type\":\"join\",\"data\":{}}"
#define LOAD_CANDIDATES  4           /* of one side of a connection */
#define LOAD_SDP         1000        /* bytes that an offer has more */

enum {
    LOAD_CONNECT = 0,
    LOAD_RUN,                        /* publish, do not count yet */
    LOAD_COUNT,
    LOAD_DRAIN,                      /* no more publishing */
    LOAD_END
};

typedef struct {
    int              fd;
    uint32_t         index;
    bool             open;           /* the handshake is through */
    uint32_t         nonce;
    size_t           len;            /* of what is left of a frame */
    uint8_t         *rest;
    uint64_t         due_ns;
} load_socket_t;

typedef struct {
    atomic_uint      open;
    atomic_ulong     sent;
    atomic_ulong     delivered;
    atomic_ulong     bytes;
    atomic_ulong     other;          /* frames that are not ours */
    atomic_ulong     heard;          /* all frames, in any phase */
    uint32_t         slots[LOAD_SLOTS];
} load_share_t;

typedef struct {
    atomic_int       phase;
    load_share_t     procs[LOAD_PROCS_MAX];
} load_shared_t;

typedef struct {
    unsigned         port;
    char             kind;       /* the first letter of -t */
    unsigned         procs;
    unsigned         rooms;
    unsigned         sockets;
    unsigned         publishers;
    double           rate;
    unsigned         window;
    unsigned         bytes;
    const char      *type;
    double           seconds;
    double           warm;
    uint64_t         user;
    uint64_t         room;
    const char      *secret;
    char            *pids;
} load_conf_t;


static int load_options(int argc, char *const *argv);
static unsigned load_number(const char *text);
static void load_fail(const char *what);
static uint64_t load_now_ns(void);
static void load_child(unsigned proc);
static void load_open(load_socket_t *s);
static size_t load_token(char *out, uint64_t user);
static size_t load_base64(char *out, const uint8_t *data, size_t len);
static void load_events(int timeout_ms);
static bool load_input(load_socket_t *s);
static size_t load_frames(load_socket_t *s, const uint8_t *p, size_t len);
static void load_message(load_socket_t *s, const uint8_t *p, size_t len);
static uint64_t load_hex(const uint8_t *p, size_t n);
static void load_send(load_socket_t *s, unsigned opcode, const char *data,
    size_t len);
static void load_publish(load_socket_t *s);
static void load_signal(load_socket_t *s, char *text);
static uint64_t load_step_ns(void);
static int load_due(void);
static unsigned load_total(void);
static void load_wait_quiet(void);
static double load_quantile(double part, uint64_t total);
static void load_print(double seconds, const double *cpu, unsigned ngroups);


static load_conf_t     conf = {
    0, 'c', 2, 1, 10, 1, 0, 0, 100, "text", 10, 2, 1, 1,
    "0123456789abcdef0123456789abcdef", NULL
};

static load_shared_t  *shared;
static load_share_t   *self;
static load_socket_t  *socks;
static size_t          nsocks;
static size_t          opened;
static int             ep;
static uint8_t         input[LOAD_READ];


int
main(int argc, char **argv)
{
    int       status;
    unsigned  i, n;
    double    before[LOAD_GROUPS_MAX], after[LOAD_GROUPS_MAX];
    uint64_t  begin_ns, end_ns;

    if (load_options(argc, argv) != 0) {
        fprintf(stderr, "usage: ws_load -P PORT [options], see its head\n");
        return 2;
    }

    (void) signal(SIGPIPE, SIG_IGN);

    shared = mmap(NULL, sizeof(load_shared_t), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        load_fail("mmap");
    }

    for (i = 0; i < conf.procs; i++) {
        switch (fork()) {

        case -1:
            load_fail("fork");
            break;

        case 0:
            load_child(i);
            exit(0);

        default:
            break;
        }
    }

    while (load_total() < conf.rooms * conf.sockets) {
        (void) usleep(10000);

        if (waitpid(-1, NULL, WNOHANG) > 0) {
            fprintf(stderr, "ws_load: only %u sockets\n", load_total());
            exit(1);
        }
    }

    load_wait_quiet();

    if (conf.rate == 0 && conf.window == 0) {
        printf("ready\n");
        (void) fflush(stdout);

        while (read(0, input, sizeof(input)) > 0) { /* void */ }

        atomic_store(&shared->phase, LOAD_END);
        return 0;
    }

    atomic_store(&shared->phase, LOAD_RUN);
    (void) usleep((useconds_t) (conf.warm * 1e6));

    n = bench_cpu(conf.pids, before, LOAD_GROUPS_MAX);
    begin_ns = load_now_ns();
    atomic_store(&shared->phase, LOAD_COUNT);

    (void) usleep((useconds_t) (conf.seconds * 1e6));

    atomic_store(&shared->phase, LOAD_DRAIN);
    end_ns = load_now_ns();
    n = bench_cpu(conf.pids, after, LOAD_GROUPS_MAX);

    load_wait_quiet();
    atomic_store(&shared->phase, LOAD_END);

    while (wait(&status) > 0) {
        if (status != 0) {
            fprintf(stderr, "ws_load: a process failed\n");
            return 1;
        }
    }

    for (i = 0; i < n; i++) {
        after[i] -= before[i];
    }

    load_print((double) (end_ns - begin_ns) / 1e9, after, n);

    return 0;
}


static int
load_options(int argc, char *const *argv)
{
    int  c;

    for ( ;; ) {
        c = getopt(argc, argv, "P:t:p:r:n:q:R:W:b:T:d:w:u:i:k:c:");

        switch (c) {

        case 'P': conf.port = load_number(optarg); break;
        case 't': conf.kind = *optarg; break;
        case 'p': conf.procs = load_number(optarg); break;
        case 'r': conf.rooms = load_number(optarg); break;
        case 'n': conf.sockets = load_number(optarg); break;
        case 'q': conf.publishers = load_number(optarg); break;
        case 'R': conf.rate = atof(optarg); break;
        case 'W': conf.window = load_number(optarg); break;
        case 'b': conf.bytes = load_number(optarg); break;
        case 'T': conf.type = optarg; break;
        case 'd': conf.seconds = atof(optarg); break;
        case 'w': conf.warm = atof(optarg); break;
        case 'u': conf.user = strtoull(optarg, NULL, 10); break;
        case 'i': conf.room = strtoull(optarg, NULL, 10); break;
        case 'k': conf.secret = optarg; break;
        case 'c': conf.pids = optarg; break;

        case -1:
            return conf.port == 0 || conf.rooms == 0 || conf.sockets == 0
                   || conf.procs - 1 >= LOAD_PROCS_MAX
                   || conf.publishers > conf.sockets
                   || conf.bytes < 32 || conf.bytes > LOAD_FRAME_MAX / 2;

        default:
            return -1;
        }
    }
}


/* What is not a number is 0. */

static unsigned
load_number(const char *text)
{
    char           *end;
    unsigned long   n;

    n = strtoul(text, &end, 10);

    return *end != '\0' || n > UINT32_MAX ? 0 : (unsigned) n;
}


__attribute__((noreturn))
static void
load_fail(const char *what)
{
    fprintf(stderr, "ws_load: %s: %s\n", what, strerror(errno));
    exit(1);
}


static uint64_t
load_now_ns(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


static void
load_child(unsigned proc)
{
    int       timeout_ms;
    size_t    i;
    unsigned  j;

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);

    self = &shared->procs[proc];
    socks = calloc(conf.rooms * conf.sockets / conf.procs + 1,
                   sizeof(load_socket_t));
    ep = epoll_create1(EPOLL_CLOEXEC);

    if (socks == NULL || ep == -1) {
        load_fail("set-up");
    }

    for (j = proc; j < conf.rooms * conf.sockets; j += conf.procs) {
        socks[nsocks].index = j;
        load_open(&socks[nsocks++]);

        while (nsocks - opened >= LOAD_SHAKES) {
            load_events(1000);
        }
    }

    while (atomic_load(&shared->phase) == LOAD_CONNECT) {
        load_events(20);
    }

    /* Rooms and publishers begin spread over the first period. */

    for (i = 0; i < nsocks; i++) {
        j = socks[i].index;

        if (j % conf.sockets >= conf.publishers) {
            continue;
        }

        if (conf.rate != 0) {
            socks[i].due_ns = load_now_ns()
                              + (uint64_t) ((double) load_step_ns() * j
                                            / (conf.rooms * conf.sockets));
        }

        for (unsigned w = 0; w < conf.window; w++) {
            load_publish(&socks[i]);
        }
    }

    while (atomic_load(&shared->phase) != LOAD_END) {
        timeout_ms = conf.rate != 0 ? load_due() : 20;
        load_events(timeout_ms);
    }
}


/* Connects and asks for the upgrade; the answer comes as an event. */

static void
load_open(load_socket_t *s)
{
    int                 on = 1;
    char                request[1024], token[512];
    size_t              len;
    unsigned            room;
    struct epoll_event  event;
    struct sockaddr_in  sin;

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd == -1) {
        load_fail("socket");
    }

    memset(&sin, 0, sizeof(struct sockaddr_in));
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(0x7f000002 + s->index / LOAD_ADDRESS);

    (void) setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
                      sizeof(on));
    (void) setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    if (bind(s->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        load_fail("bind");
    }

    sin.sin_port = htons((uint16_t) conf.port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (connect(s->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        load_fail("connect");
    }

    room = s->index / conf.sockets;

    if (conf.kind == 'n') {
        len = (size_t) snprintf(token, sizeof(token), "/ws/%u", room);

    } else {
        len = conf.kind == 's'
              ? (size_t) snprintf(token, sizeof(token), "/ws/signaling?"
                                  "meeting_id=%" PRIu64 "&user_id=%" PRIu64
                                  "&token=", conf.room + room,
                                  conf.user + s->index)
              : (size_t) snprintf(token, sizeof(token), "/ws/join?token=");
        len += load_token(token + len, conf.user + s->index);
        token[len] = '\0';
    }

    len = (size_t) snprintf(request, sizeof(request),
                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                            "Sec-WebSocket-Version: 13\r\n\r\n",
                            token, conf.port);

    if (send(s->fd, request, len, 0) != (ssize_t) len) {
        load_fail("send");
    }

    event.events = EPOLLIN;
    event.data.ptr = s;

    if (fcntl(s->fd, F_SETFL, O_NONBLOCK) == -1
        || epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &event) == -1)
    {
        load_fail("epoll");
    }
}


static size_t
load_token(char *out, uint64_t user)
{
    char           claims[128];
    size_t         len;
    uint8_t        mac[EVP_MAX_MD_SIZE];
    unsigned       maclen;

    static const char  header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

    len = load_base64(out, (const uint8_t *) header, sizeof(header) - 1);
    out[len++] = '.';

    (void) snprintf(claims, sizeof(claims),
                    "{\"exp\":%" PRIu64 ",\"user_id\":%" PRIu64 "}",
                    (uint64_t) time(NULL) + 86400, user);
    len += load_base64(out + len, (const uint8_t *) claims, strlen(claims));

    (void) HMAC(EVP_sha256(), conf.secret, (int) strlen(conf.secret),
                (const uint8_t *) out, len, mac, &maclen);

    out[len++] = '.';

    return len + load_base64(out + len, mac, maclen);
}


/* base64url without padding */

static size_t
load_base64(char *out, const uint8_t *data, size_t len)
{
    size_t    i, n;
    uint32_t  bits;
    unsigned  k;

    static const char  abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789-_";

    n = 0;

    for (i = 0; i < len; i += 3) {
        bits = (uint32_t) data[i] << 16;
        bits |= i + 1 < len ? (uint32_t) data[i + 1] << 8 : 0;
        bits |= i + 2 < len ? data[i + 2] : 0;

        for (k = 0; k < 4 && k < len - i + 1; k++) {
            out[n++] = abc[(bits >> (18 - 6 * k)) & 0x3f];
        }
    }

    return n;
}


static void
load_events(int timeout_ms)
{
    int                 i, n;
    struct epoll_event  events[512];

    n = epoll_wait(ep, events, 512, timeout_ms);

    for (i = 0; i < n; i++) {
        if (!load_input(events[i].data.ptr)) {
            if (atomic_load(&shared->phase) >= LOAD_DRAIN) {
                return;
            }

            fprintf(stderr, "ws_load: socket %u was closed\n",
                    ((load_socket_t *) events[i].data.ptr)->index);
            exit(1);
        }
    }
}


/* One read; what is left of a frame waits in memory of its own. */

static bool
load_input(load_socket_t *s)
{
    size_t    len, used;
    ssize_t   n;
    uint8_t  *end;

    if (s->len != 0) {
        memcpy(input, s->rest, s->len);
    }

    n = recv(s->fd, input + s->len, LOAD_READ - s->len, 0);

    if (n <= 0) {
        return n == -1 && errno == EAGAIN;
    }

    len = s->len + (size_t) n;
    used = 0;

    if (!s->open) {
        end = memmem(input, len, "\r\n\r\n", 4);

        if (end != NULL) {
            if (memcmp(input, "HTTP/1.1 101", 12) != 0) {
                fprintf(stderr, "ws_load: %.*s\n", (int) len, input);
                exit(1);
            }

            used = (size_t) (end - input) + 4;
            s->open = true;
            opened++;
            atomic_store(&self->open, (unsigned) opened);

            if (conf.kind == 's') {
                load_send(s, 1, LOAD_JOIN, sizeof(LOAD_JOIN) - 1);
            }
        }
    }

    if (s->open) {
        used += load_frames(s, input + used, len - used);
    }

    if (len - used > s->len || (len != used && s->rest == NULL)) {
        s->rest = realloc(s->rest, len - used);
        if (s->rest == NULL) {
            load_fail("memory");
        }
    }

    s->len = len - used;

    if (s->len != 0) {
        memcpy(s->rest, input + used, s->len);

    } else if (s->rest != NULL) {
        free(s->rest);
        s->rest = NULL;
    }

    return true;
}


/* Whole frames; the server does not mask. */

static size_t
load_frames(load_socket_t *s, const uint8_t *p, size_t len)
{
    size_t  used, head, n;

    used = 0;

    while (len - used >= 2) {
        head = 2;
        n = p[used + 1] & 0x7f;

        if (n == 126) {
            head = 4;
            n = len - used < head ? 0 : (size_t) (p[used + 2] << 8
                                                  | p[used + 3]);

        } else if (n == 127) {
            errno = EMSGSIZE;
            load_fail("frame");
        }

        if (len - used < head + n) {
            break;
        }

        switch (p[used] & 0x0f) {

        case 1:
        case 10:
            load_message(s, p + used + head, n);
            break;

        case 8:
            fprintf(stderr, "ws_load: closed with %u %.*s\n",
                    n < 2 ? 0 : (unsigned) (p[used + head] << 8
                                            | p[used + head + 1]),
                    n < 2 ? 0 : (int) n - 2,
                    (const char *) p + used + head + 2);
            exit(1);

        case 9:
            load_send(s, 10, (const char *) p + used + head, n);
            break;

        default:
            break;
        }

        used += head + n;
    }

    return used;
}


/* "@@", time, sender, both in hex */

static void
load_message(load_socket_t *s, const uint8_t *p, size_t len)
{
    int             phase;
    uint64_t        us;
    const uint8_t  *mark;

    atomic_fetch_add_explicit(&self->heard, 1, memory_order_relaxed);

    mark = memmem(p, len, LOAD_MARK, 2);

    if (mark == NULL || (size_t) (p + len - mark) < 26) {
        if (atomic_load(&shared->phase) == LOAD_COUNT) {
            atomic_fetch_add_explicit(&self->other, 1, memory_order_relaxed);
        }

        return;
    }

    if (atomic_load(&shared->phase) == LOAD_COUNT) {
        us = (load_now_ns() - load_hex(mark + 2, 16)) / 1000;
        us /= LOAD_SLOT_US;
        self->slots[us < LOAD_SLOTS ? us : LOAD_SLOTS - 1]++;

        atomic_fetch_add_explicit(&self->delivered, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&self->bytes, len, memory_order_relaxed);
    }

    /* One of a run before may still come while this one connects. */

    phase = atomic_load(&shared->phase);

    if (conf.window != 0 && load_hex(mark + 18, 8) == s->index
        && phase >= LOAD_RUN && phase < LOAD_DRAIN)
    {
        load_publish(s);
    }
}


static uint64_t
load_hex(const uint8_t *p, size_t n)
{
    size_t    i;
    uint64_t  v;

    v = 0;

    for (i = 0; i < n; i++) {
        v = v << 4 | (uint64_t) (p[i] <= '9' ? p[i] - '0' : p[i] - 'a' + 10);
    }

    return v;
}


/* Masked with a key of zeros. */

static void
load_send(load_socket_t *s, unsigned opcode, const char *data, size_t len)
{
    size_t   n;
    uint8_t  frame[LOAD_FRAME_MAX + 8];

    frame[0] = (uint8_t) (0x80 | opcode);
    n = 2;

    if (len < 126) {
        frame[1] = (uint8_t) (0x80 | len);

    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (uint8_t) (len >> 8);
        frame[3] = (uint8_t) len;
        n = 4;
    }

    memset(frame + n, 0, 4);
    memcpy(frame + n + 4, data, len);
    n += 4 + len;

    if (send(s->fd, frame, n, 0) != (ssize_t) n) {
        load_fail("send");
    }
}


static void
load_publish(load_socket_t *s)
{
    int   n;
    char  text[LOAD_FRAME_MAX / 2 + 1 + LOAD_SDP], message[LOAD_FRAME_MAX];

    memset(text, 'x', conf.bytes);
    text[conf.bytes] = '\0';
    n = snprintf(text, sizeof(text), LOAD_MARK "%016" PRIx64 "%08x%08x",
                 load_now_ns(), s->index, s->nonce++);

    if ((unsigned) n < conf.bytes) {
        text[n] = 'x';
    }

    /* The peer's pong is the message that comes back. */

    if (strcmp(conf.type, "ping") == 0) {
        load_send(s, 9, text, conf.bytes);

    } else if (conf.kind == 'n') {
        load_send(s, 1, text, conf.bytes);

    } else if (conf.kind == 's') {
        load_signal(s, text);

    } else {
        n = snprintf(message, sizeof(message), "{\"room_id\":%" PRIu64
                     ",\"type\":\"%s\",\"content\":\"%s\"}",
                     conf.room + s->index / conf.sockets, conf.type, text);
        load_send(s, 1, message, (size_t) n);
    }

    if (atomic_load(&shared->phase) == LOAD_COUNT) {
        atomic_fetch_add_explicit(&self->sent, 1, memory_order_relaxed);
    }
}


/*
 * What the media are, to all; and once in as many turns as there are others,
 * as one does who joins, its side of a connection to each of them: the
 * description, and the candidates behind it.
 */

static void
load_signal(load_socket_t *s, char *text)
{
    int          n;
    char         message[LOAD_FRAME_MAX];
    unsigned     i, first, other, others;
    const char  *type;

    n = snprintf(message, sizeof(message), "{\"type\":\"media-state\","
                 "\"data\":{\"audio_enabled\":true,"
                 "\"action\":\"%.26s\"}}", text);
    load_send(s, 1, message, (size_t) n);

    others = conf.sockets - 1;

    if (others == 0 || (s->nonce + s->index) % others != 0) {
        return;
    }

    first = s->index / conf.sockets * conf.sockets;
    memset(text + conf.bytes, 'x', LOAD_SDP);

    for (other = first; other <= first + others; other++) {
        if (other == s->index) {
            continue;
        }

        type = s->index < other ? "offer" : "answer";
        text[conf.bytes] = 'x';
        text[conf.bytes + LOAD_SDP] = '\0';

        for (i = 0; i <= LOAD_CANDIDATES; i++) {
            n = snprintf(message, sizeof(message), "{\"type\":\"%s\",\"to\":%"
                         PRIu64 ",\"data\":{\"sdp\":\"%s\"}}",
                         type, conf.user + other, text);
            load_send(s, 1, message, (size_t) n);

            type = "ice-candidate";
            text[conf.bytes] = '\0';
        }
    }
}


/* From one message of a publisher to its next: a room's share. */

static uint64_t
load_step_ns(void)
{
    return (uint64_t) (1e9 / conf.rate * conf.publishers);
}


/* Publishes what is due; returns how long to wait for the next. */

static int
load_due(void)
{
    size_t    i;
    uint64_t  now_ns, next_ns;

    if (atomic_load(&shared->phase) >= LOAD_DRAIN) {
        return 20;
    }

    now_ns = load_now_ns();
    next_ns = now_ns + 20000000;

    for (i = 0; i < nsocks; i++) {
        if (socks[i].due_ns == 0) {
            continue;
        }

        if (socks[i].due_ns <= now_ns) {
            load_publish(&socks[i]);
            socks[i].due_ns += load_step_ns();
        }

        if (socks[i].due_ns < next_ns) {
            next_ns = socks[i].due_ns;
        }
    }

    return next_ns <= now_ns ? 0 : (int) ((next_ns - now_ns + 999999)
                                          / 1000000);
}


static unsigned
load_total(void)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < conf.procs; i++) {
        n += atomic_load(&shared->procs[i].open);
    }

    return n;
}


/* Until nothing has come for half a second: joins and replies are through. */

static void
load_wait_quiet(void)
{
    unsigned       i;
    unsigned long  heard, last;

    last = ULONG_MAX;

    for ( ;; ) {
        (void) usleep(500000);

        heard = 0;

        for (i = 0; i < conf.procs; i++) {
            heard += atomic_load(&shared->procs[i].heard);
        }

        if (heard == last) {
            return;
        }

        last = heard;
    }
}


static double
load_quantile(double part, uint64_t total)
{
    unsigned  i;
    uint64_t  slot, seen;

    seen = 0;

    for (slot = 0; slot < LOAD_SLOTS; slot++) {
        for (i = 0; i < conf.procs; i++) {
            seen += shared->procs[i].slots[slot];
        }

        if ((double) seen >= part * (double) total) {
            break;
        }
    }

    return (double) (slot * LOAD_SLOT_US) / 1000;
}


static void
load_print(double seconds, const double *cpu, unsigned ngroups)
{
    unsigned  i;
    uint64_t  sent, delivered, bytes, other;

    sent = delivered = bytes = other = 0;

    for (i = 0; i < conf.procs; i++) {
        sent += atomic_load(&shared->procs[i].sent);
        delivered += atomic_load(&shared->procs[i].delivered);
        bytes += atomic_load(&shared->procs[i].bytes);
        other += atomic_load(&shared->procs[i].other);
    }

    printf("{\"sockets\":%u,\"seconds\":%.3f,\"sent\":%" PRIu64
           ",\"delivered\":%" PRIu64 ",\"other\":%" PRIu64
           ",\"bytes\":%" PRIu64 ",\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
           "\"max_ms\":%.2f,\"cpu\":[",
           conf.rooms * conf.sockets, seconds, sent, delivered, other, bytes,
           load_quantile(0.5, delivered), load_quantile(0.99, delivered),
           load_quantile(1, delivered));

    for (i = 0; i < ngroups; i++) {
        printf("%s%.2f", i == 0 ? "" : ",", cpu[i]);
    }

    printf("]}\n");
}
