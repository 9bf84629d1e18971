
/*
 * Fills a new store through confd's socket, then tells how long single ops
 * take.
 *
 *     rpc_load -s SOCKET -u USERS -r ROOMS [-m MEMBERS] [-g MESSAGES]
 *              [-h MESSAGES_OF_ROOM_1] [-n OPS [-f ROOM:FIRST:LAST]]
 *
 * Room r (from 0) belongs to user r * MEMBERS mod USERS + 1, the next
 * MEMBERS - 1 users are in it.  With -n, medians of OPS calls (20 times as
 * many reads) one after another, each of a random room or user; "history" is
 * a page of 50 at a random place in the first room.  -f names the first room
 * and the ids of its messages as an earlier run has printed them: nothing is
 * filled then.  Prints one line of JSON.
 */

#include "bench_rpc.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>


#define LOAD_WINDOW   4096           /* calls in flight while filling */
#define LOAD_CONTENT  200
#define LOAD_PAGE     50
#define LOAD_READS    20             /* reads for one write */

typedef struct {
    const char      *socket;
    unsigned         users;
    unsigned         rooms;
    unsigned         members;
    unsigned         messages;
    unsigned         history;
    unsigned         ops;
} load_conf_t;

/* One kind of call: how its i'th is queued. */

typedef void (*load_pt)(uint64_t i);


static int load_options(int argc, char *const *argv);
static void load_store(void);
static void load_fill(const char *what, uint64_t n, load_pt fn);
static uint64_t load_random(uint64_t n);
static uint64_t load_owner(uint64_t room);
static void load_user(uint64_t i);
static void load_room(uint64_t i);
static void load_member(uint64_t i);
static void load_post_to(uint64_t i, uint64_t room);
static void load_history(uint64_t i);
static void load_message(uint64_t i);
static void load_op_join(uint64_t i);
static void load_op_send(uint64_t i);
static void load_op_list(uint64_t i);
static void load_op_page(uint64_t i);
static double load_time(load_pt fn, unsigned n);
static int load_compare(const void *a, const void *b);


static load_conf_t    conf = { NULL, 0, 0, 1, 0, 0, 0 };
static bench_link_t   link;
static uint64_t       first_room;
static uint64_t       ids[2];        /* of the first room's messages */
static uint64_t       seed = 88172645463325252;
static uint8_t        content[LOAD_CONTENT];
static conf_arena_t  *arena;


int
main(int argc, char **argv)
{
    if (load_options(argc, argv) != 0) {
        fprintf(stderr, "usage: rpc_load -s SOCKET -u USERS -r ROOMS "
                "[-m MEMBERS] [-g MESSAGES] [-h MESSAGES] [-n OPS] "
                "[-f ROOM:FIRST:LAST]\n");
        return 2;
    }

    arena = conf_arena_create(65536, 0);
    if (arena == NULL) {
        bench_fail("memory");
    }

    memset(content, 'x', sizeof(content));
    bench_connect(&link, conf.socket);

    if (first_room == 0) {
        load_store();
    }

    printf("{\"filled\":\"%" PRIu64 ":%" PRIu64 ":%" PRIu64 "\"", first_room,
           ids[0], ids[1]);

    if (conf.ops != 0) {
        seed ^= bench_now_us() << 20;

        printf(",\"join_ms\":%.3f", load_time(load_op_join, conf.ops));
        printf(",\"send_ms\":%.3f", load_time(load_op_send, conf.ops));
        printf(",\"list_ms\":%.3f",
               load_time(load_op_list, conf.ops * LOAD_READS));

        if (conf.history != 0) {
            printf(",\"history_ms\":%.3f",
                   load_time(load_op_page, conf.ops * LOAD_READS));
        }
    }

    printf("}\n");

    return 0;
}


static void
load_store(void)
{
    load_fill("users", conf.users, load_user);
    load_fill("rooms", conf.rooms, load_room);
    load_fill("members", (uint64_t) conf.rooms * (conf.members - 1),
              load_member);

    /* The long room's messages lie between the others'. */

    load_fill("history", conf.history / 2, load_history);
    load_fill("messages", conf.messages, load_message);
    load_fill("history", conf.history - conf.history / 2, load_history);
}


static int
load_options(int argc, char *const *argv)
{
    int  c;

    for ( ;; ) {
        c = getopt(argc, argv, "s:u:r:m:g:h:n:f:");

        switch (c) {

        case 's':
            conf.socket = optarg;
            break;

        case 'u':
            conf.users = bench_number(optarg);
            break;

        case 'r':
            conf.rooms = bench_number(optarg);
            break;

        case 'm':
            conf.members = bench_number(optarg);
            break;

        case 'g':
            conf.messages = bench_number(optarg);
            break;

        case 'h':
            conf.history = bench_number(optarg);
            break;

        case 'n':
            conf.ops = bench_number(optarg);
            break;

        case 'f':
            if (sscanf(optarg, "%" SCNu64 ":%" SCNu64 ":%" SCNu64,
                       &first_room, &ids[0], &ids[1]) != 3)
            {
                return -1;
            }

            break;

        case -1:
            return conf.socket == NULL || conf.users == 0
                   || conf.rooms == 0 || conf.members == 0;

        default:
            return -1;
        }
    }
}


/* Half a window of replies makes room for the next half of calls. */

static void
load_fill(const char *what, uint64_t n, load_pt fn)
{
    uint64_t       sent, done, first_id, begin_us;
    conf_room_t    room;
    conf_frame_t   frame;
    conf_message_t message;

    sent = done = first_id = 0;
    begin_us = bench_now_us();

    while (done < n) {
        if (sent < n && sent - done <= LOAD_WINDOW / 2) {
            while (sent < n && sent - done < LOAD_WINDOW) {
                fn(sent++);
            }

            bench_write(&link);
        }

        if (!bench_frame(&link, &frame)) {
            (void) bench_read(&link);
            continue;
        }

        if (frame.code != CONF_OK && frame.code != CONF_E_ALREADY_MEMBER) {
            fprintf(stderr, "rpc_load: %s: error %u\n", what,
                    (unsigned) frame.code);
            exit(1);
        }

        conf_arena_reset(arena);

        if (fn == load_room && frame.id == 0
            && conf_proto_unpack(arena, &conf_proto_room, CONF_PROTO_WIRE,
                                 frame.body, &room) == CONF_OK)
        {
            first_room = room.id;
        }

        if (fn == load_history
            && conf_proto_unpack(arena, &conf_proto_message, CONF_PROTO_WIRE,
                                 frame.body, &message) == CONF_OK)
        {
            ids[0] = ids[0] == 0 ? message.id : ids[0];
            ids[1] = message.id;
        }

        done++;
    }

    if (n != 0) {
        fprintf(stderr, "%s: %" PRIu64 ", %.0f/s\n", what, n,
                (double) n * 1e6 / (double) (bench_now_us() - begin_us));
    }
}


static uint64_t
load_random(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed % n;
}


static uint64_t
load_owner(uint64_t room)
{
    return room * conf.members % conf.users + 1;
}


static void
load_user(uint64_t i)
{
    char                  name[32];
    conf_user_register_t  in;

    memset(&in, 0, sizeof(conf_user_register_t));
    in.name.data = (const uint8_t *) name;
    in.name.len = (size_t) snprintf(name, sizeof(name), "user%" PRIu64, i);
    in.password = conf_str("correct horse");

    bench_call(&link.out, i, CONF_OP_USER_REGISTER, &in);
}


static void
load_room(uint64_t i)
{
    char                name[32];
    conf_room_create_t  in;

    memset(&in, 0, sizeof(conf_room_create_t));
    in.actor = load_owner(i);
    in.name.data = (const uint8_t *) name;
    in.name.len = (size_t) snprintf(name, sizeof(name), "room%" PRIu64, i);

    bench_call(&link.out, i, CONF_OP_ROOM_CREATE, &in);
}


static void
load_member(uint64_t i)
{
    uint64_t           room;
    conf_member_add_t  in;

    room = i / (conf.members - 1);

    memset(&in, 0, sizeof(conf_member_add_t));
    in.actor = load_owner(room);
    in.room_id = first_room + room;
    in.user_id = (room * conf.members + i % (conf.members - 1) + 1)
                 % conf.users + 1;
    in.role = CONF_ROLE_MEMBER;

    bench_call(&link.out, i, CONF_OP_MEMBER_ADD, &in);
}


static void
load_post_to(uint64_t i, uint64_t room)
{
    conf_message_post_t  in;

    memset(&in, 0, sizeof(conf_message_post_t));
    in.actor = load_owner(room);
    in.room_id = first_room + room;
    in.type = conf_str("text");
    in.content.data = content;
    in.content.len = sizeof(content);

    bench_call(&link.out, i, CONF_OP_MESSAGE_POST, &in);
}


static void
load_history(uint64_t i)
{
    load_post_to(i, 0);
}


/* Over a thousand of the rooms but the first. */

static void
load_message(uint64_t i)
{
    load_post_to(i, conf.rooms == 1
                    ? 0 : 1 + load_random(conf_min(conf.rooms - 1, 1000)));
}


static void
load_op_join(uint64_t i)
{
    uint64_t           room;
    conf_member_add_t  in;

    room = load_random(conf.rooms);

    memset(&in, 0, sizeof(conf_member_add_t));
    in.actor = load_owner(room);
    in.room_id = first_room + room;
    in.user_id = 1 + load_random(conf.users);
    in.role = CONF_ROLE_MEMBER;

    bench_call(&link.out, i, CONF_OP_MEMBER_ADD, &in);
}


static void
load_op_send(uint64_t i)
{
    load_post_to(i, load_random(conf.rooms));
}


static void
load_op_list(uint64_t i)
{
    conf_room_list_t  in;

    memset(&in, 0, sizeof(conf_room_list_t));
    in.actor = 1 + load_random(conf.users);
    in.limit = 1000;

    bench_call(&link.out, i, CONF_OP_ROOM_LIST, &in);
}


static void
load_op_page(uint64_t i)
{
    conf_message_list_t  in;

    memset(&in, 0, sizeof(conf_message_list_t));
    in.actor = load_owner(0);
    in.room_id = first_room;
    in.before_id = ids[0] + load_random(ids[1] - ids[0] + 1);
    in.limit = LOAD_PAGE;

    bench_call(&link.out, i, CONF_OP_MESSAGE_LIST, &in);
}


static double
load_time(load_pt fn, unsigned n)
{
    double         ms;
    uint64_t       i, begin_us, *took_us;
    conf_frame_t   frame;

    took_us = calloc(n, sizeof(uint64_t));
    if (took_us == NULL) {
        bench_fail("memory");
    }

    for (i = 0; i < n; i++) {
        begin_us = bench_now_us();

        fn(i);
        bench_write(&link);

        while (!bench_frame(&link, &frame)) {
            (void) bench_read(&link);
        }

        took_us[i] = bench_now_us() - begin_us;

        if (frame.code != CONF_OK && frame.code != CONF_E_ALREADY_MEMBER) {
            fprintf(stderr, "rpc_load: error %u\n", (unsigned) frame.code);
            exit(1);
        }
    }

    qsort(took_us, n, sizeof(uint64_t), load_compare);
    ms = (double) took_us[n / 2] / 1000;
    free(took_us);

    return ms;
}


static int
load_compare(const void *a, const void *b)
{
    const uint64_t  *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}
