
/*
 * How many messages a second confd takes, and how long each waits.
 *
 *     rpc_bench -s SOCKET [-c LINKS] [-k IN_FLIGHT] [-r ROOMS] [-t SECONDS]
 *               [-b BYTES] [-u]
 *
 * One user posts into random rooms over LINKS connections, IN_FLIGHT calls in
 * all of them together; -u gives each message a client's id of its own.
 * Prints one line: acknowledged a second, latency, ops a commit.
 */

#include "bench_rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>


#define BENCH_LINKS_MAX  256
#define BENCH_SLOTS_MAX  65536
#define BENCH_US_MAX     2000000     /* of the histogram */
#define BENCH_WARM_US    500000
#define BENCH_CREATE     128         /* rooms asked for at once */

/* A call in flight; its id is the slot's number. */

typedef struct {
    uint64_t      start_us;
    unsigned      link;
} bench_slot_t;

typedef struct {
    const char   *socket;
    unsigned      links;
    unsigned      in_flight;
    unsigned      rooms;
    unsigned      seconds;
    unsigned      bytes;
    bool          unique;
} bench_conf_t;


static int bench_options(int argc, char *const *argv);
static void bench_user(bench_link_t *link);
static void bench_rooms(bench_link_t *link);
static void bench_stat(bench_link_t *link, conf_stat_t *stat);
static void bench_post(unsigned slot);
static void bench_replies(bench_link_t *link, uint64_t begin_us);
static void bench_run(uint64_t begin_us, uint64_t end_us);
static double bench_ms(double part);
static void bench_print(double seconds, const conf_stat_t *before,
    const conf_stat_t *after);


static bench_conf_t   conf = { NULL, 4, 512, 1000, 5, 200, false };
static bench_link_t   links[BENCH_LINKS_MAX];
static bench_slot_t   slots[BENCH_SLOTS_MAX];
static uint32_t       histogram[BENCH_US_MAX + 1];
static uint8_t        content[CONF_CONTENT_MAX];
static uint64_t      *rooms;
static uint64_t       user;
static uint64_t       acked, failed, posted;
static uint64_t       seed = 88172645463325252;
static conf_arena_t  *arena;


int
main(int argc, char **argv)
{
    unsigned     i;
    uint64_t     begin_us, end_us;
    conf_stat_t  before, after;

    if (bench_options(argc, argv) != 0) {
        fprintf(stderr, "usage: rpc_bench -s SOCKET [-c LINKS] [-k IN_FLIGHT] "
                "[-r ROOMS] [-t SECONDS] [-b BYTES] [-u]\n");
        return 2;
    }

    arena = conf_arena_create(65536, 0);
    rooms = calloc(conf.rooms, sizeof(uint64_t));

    if (arena == NULL || rooms == NULL) {
        bench_fail("memory");
    }

    memset(content, 'x', sizeof(content));

    for (i = 0; i < conf.links; i++) {
        bench_connect(&links[i], conf.socket);
    }

    bench_user(&links[0]);
    bench_rooms(&links[0]);
    bench_stat(&links[0], &before);

    begin_us = bench_now_us() + BENCH_WARM_US;
    end_us = begin_us + (uint64_t) conf.seconds * 1000000;

    bench_run(begin_us, end_us);

    for (i = 0; i < conf.links; i++) {
        (void) close(links[i].fd);
        conf_buf_reset(&links[i].in);
        conf_buf_reset(&links[i].out);
        links[i].used = 0;
    }

    bench_connect(&links[0], conf.socket);
    bench_stat(&links[0], &after);
    bench_print(conf.seconds, &before, &after);

    return failed == 0 ? 0 : 1;
}


static int
bench_options(int argc, char *const *argv)
{
    int  c;

    for ( ;; ) {
        c = getopt(argc, argv, "s:c:k:r:t:b:u");

        switch (c) {

        case 's':
            conf.socket = optarg;
            break;

        case 'c':
            conf.links = bench_number(optarg);
            break;

        case 'k':
            conf.in_flight = bench_number(optarg);
            break;

        case 'r':
            conf.rooms = bench_number(optarg);
            break;

        case 't':
            conf.seconds = bench_number(optarg);
            break;

        case 'b':
            conf.bytes = bench_number(optarg);
            break;

        case 'u':
            conf.unique = true;
            break;

        case -1:
            return conf.socket == NULL
                   || conf.links - 1 >= BENCH_LINKS_MAX
                   || conf.in_flight - 1 >= BENCH_SLOTS_MAX
                   || conf.rooms == 0 || conf.seconds == 0
                   || conf.bytes > CONF_CONTENT_MAX;

        default:
            return -1;
        }
    }
}


static void
bench_user(bench_link_t *link)
{
    char                  name[64];
    conf_user_t           out;
    conf_user_register_t  in;

    snprintf(name, sizeof(name), "bench-%d-%" PRIu64, (int) getpid(),
             bench_now_us());

    memset(&in, 0, sizeof(conf_user_register_t));
    in.name.data = (const uint8_t *) name;
    in.name.len = strlen(name);
    in.password = conf_str("correct horse");

    bench_call(&link->out, 0, CONF_OP_USER_REGISTER, &in);
    bench_write(link);
    bench_wait(link, arena, &conf_proto_user, &out);

    user = out.id;
}


static void
bench_rooms(bench_link_t *link)
{
    unsigned            i, n, made;
    conf_room_t         room;
    conf_room_create_t  in;

    memset(&in, 0, sizeof(conf_room_create_t));
    in.actor = user;
    in.name = conf_str("bench");

    for (made = 0; made < conf.rooms; made += n) {
        n = conf_min(conf.rooms - made, BENCH_CREATE);

        for (i = 0; i < n; i++) {
            bench_call(&link->out, i, CONF_OP_ROOM_CREATE, &in);
        }

        bench_write(link);

        for (i = 0; i < n; i++) {
            bench_wait(link, arena, &conf_proto_room, &room);
            rooms[made + i] = room.id;
        }
    }
}


static void
bench_stat(bench_link_t *link, conf_stat_t *stat)
{
    conf_none_t  none;

    memset(&none, 0, sizeof(conf_none_t));

    bench_call(&link->out, 0, CONF_OP_STAT, &none);
    bench_write(link);
    bench_wait(link, arena, &conf_proto_stat, stat);
}


static void
bench_post(unsigned slot)
{
    char                 id[32];
    bench_link_t        *link;
    conf_message_post_t  in;

    link = &links[slots[slot].link];

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    memset(&in, 0, sizeof(conf_message_post_t));
    in.actor = user;
    in.room_id = rooms[seed % conf.rooms];
    in.type = conf_str("text");
    in.content.data = content;
    in.content.len = conf.bytes;

    if (conf.unique) {
        in.client_id.len = (size_t) snprintf(id, sizeof(id), "%" PRIu64,
                                             posted++);
        in.client_id.data = (const uint8_t *) id;
    }

    slots[slot].start_us = bench_now_us();

    bench_call(&link->out, slot, CONF_OP_MESSAGE_POST, &in);
}


/* Each reply makes room for the next call. */

static void
bench_replies(bench_link_t *link, uint64_t begin_us)
{
    uint64_t      now_us, took_us;
    conf_frame_t  frame;

    now_us = bench_now_us();

    while (bench_frame(link, &frame)) {

        if (frame.code != CONF_OK) {
            failed++;

        } else if (now_us >= begin_us) {
            took_us = now_us - slots[frame.id].start_us;
            histogram[conf_min(took_us, BENCH_US_MAX)]++;
            acked++;
        }

        bench_post((unsigned) frame.id);
    }
}


static void
bench_run(uint64_t begin_us, uint64_t end_us)
{
    int                  ep, i, n;
    bool                 more;
    unsigned             slot;
    bench_link_t        *link;
    struct epoll_event   events[BENCH_LINKS_MAX], event;

    ep = epoll_create1(EPOLL_CLOEXEC);

    for (slot = 0; slot < conf.links; slot++) {
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = &links[slot];

        if (fcntl(links[slot].fd, F_SETFL, O_NONBLOCK) == -1
            || epoll_ctl(ep, EPOLL_CTL_ADD, links[slot].fd, &event) == -1)
        {
            bench_fail("epoll");
        }
    }

    for (slot = 0; slot < conf.in_flight; slot++) {
        slots[slot].link = slot % conf.links;
        bench_post(slot);
    }

    while (bench_now_us() < end_us) {
        n = epoll_wait(ep, events, BENCH_LINKS_MAX, 1000);

        for (i = 0; i < n; i++) {
            link = events[i].data.ptr;

            do {
                more = bench_read(link);
                bench_replies(link, begin_us);
            } while (more);

            bench_write(link);
        }
    }

    (void) close(ep);
}


static double
bench_ms(double part)
{
    uint64_t  i, seen;

    seen = 0;

    for (i = 0; i < BENCH_US_MAX; i++) {
        seen += histogram[i];

        if ((double) seen >= part * (double) acked) {
            break;
        }
    }

    return (double) i / 1000;
}


static void
bench_print(double seconds, const conf_stat_t *before,
    const conf_stat_t *after)
{
    double  commits, ops, us;

    commits = (double) (after->commits - before->commits);
    ops = (double) (after->committed - before->committed);
    us = (double) (after->commit_us - before->commit_us);

    printf("links %u, in flight %u, rooms %u: %.0f acknowledged/s, "
           "p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, failed %" PRIu64
           ", %.0f ops/commit, %.2f ms/commit\n",
           conf.links, conf.in_flight, conf.rooms, (double) acked / seconds,
           bench_ms(0.5), bench_ms(0.99), bench_ms(0.999), failed,
           commits > 0 ? ops / commits : 0,
           commits > 0 ? us / commits / 1000 : 0);
}
