
/*
 * A link to confd for load programs: calls are queued, replies come in any
 * order.  What goes wrong ends the program.
 */

#ifndef _BENCH_RPC_H_INCLUDED_
#define _BENCH_RPC_H_INCLUDED_


#include "conf_rpc.h"


typedef struct {
    int           fd;
    conf_buf_t    in;
    size_t        used;              /* of in */
    conf_buf_t    out;
    size_t        sent;              /* of out */
} bench_link_t;


unsigned bench_number(const char *text);
uint64_t bench_now_us(void);
void bench_fail(const char *what) __attribute__((noreturn));

/* Also says HELLO; the socket blocks. */
void bench_connect(bench_link_t *link, const char *path);

/* Queues a call. */
void bench_call(conf_buf_t *buf, uint64_t id, conf_op_e op,
    const void *message);
void bench_write(bench_link_t *link);
bool bench_read(bench_link_t *link);
bool bench_frame(bench_link_t *link, conf_frame_t *frame);

/* The next reply, which must be a good one. */
void bench_wait(bench_link_t *link, conf_arena_t *arena,
    const conf_proto_t *proto, void *out);


#endif /* _BENCH_RPC_H_INCLUDED_ */
