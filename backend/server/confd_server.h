
/*
 * The daemon between its sockets and its threads: accepts links, gives calls
 * to the lanes, answers LOOP ops itself, sends what is finished, stops in
 * order.
 */

#ifndef _CONFD_SERVER_H_INCLUDED_
#define _CONFD_SERVER_H_INCLUDED_


#include "confd_backup.h"
#include "confd_config.h"
#include "confd_link.h"
#include "confd_mail.h"
#include "confd_self.h"
#include "confd_socket.h"
#include "confd_work.h"


#define CONFD_VERSION  "0.1.0"

/* All of it is the loop's thread's, but for work and what lanes lock. */

struct confd_server_s {
    const confd_config_t       *config;
    uv_loop_t                   loop;
    uv_pipe_t                   listener;
    uv_check_t                  check;
    uv_timer_t                  deadline;
    uv_signal_t                 signals[3];
    confd_socket_t              socket;

    confd_links_t               links;
    const confd_bus_driver_t   *bus_driver;
    confd_bus_t                *bus;

    confd_work_t                work;
    confd_done_t                done;
    confd_lane_t                lanes[CONF_LANE_HASH + 1];   /* but LOOP */
    confd_job_pool_t            pool;
    size_t                      running;     /* jobs that are not back yet */

    confd_backup_t              backup;
    confd_self_t                self;
    confd_mail_t                mail;
    conf_arena_t               *scratch;     /* of one LOOP op */
    conf_buf_t                  frame;       /* one frame to be sent */

    uint64_t                    boot;        /* random */
    bool                        several;     /* nodes, as links were told */
    uint64_t                    started_ms;
    uint64_t                    ops;
    uint64_t                    busy;
    uint64_t            commit_times[CONF_TIME_BUCKETS];   /* for STAT */
    bool                        stopping;    /* TERM came */
    bool                        closing;     /* only handles are left */
};


/*
 * Opens the store, the bus, the socket, and starts the threads.  CONF_OK, or
 * an error and one sentence in err, with nothing left open.
 */
conf_rc_t confd_server_open(confd_server_t *server,
    const confd_config_t *config, char *err, size_t errlen);

/*
 * Serves until TERM or INT, then sends what is owed and closes everything.
 * Returns the process's exit code.
 */
int confd_server_run(confd_server_t *server);


/* LOOP ops (confd_call.c): answers the call. */
void confd_call(confd_server_t *server, confd_link_t *link,
    const conf_frame_t *frame);

/* Answers the call of an op with its reply struct. */
void confd_call_answer(confd_server_t *server, confd_link_t *link,
    uint64_t id, conf_op_e op, const void *out);

/* Answers without a body; rc may be CONF_E_PROTOCOL and the like. */
void confd_call_error(confd_server_t *server, confd_link_t *link, uint64_t id,
    conf_rc_t rc);

/* The bus's callbacks. */
void confd_call_event(confd_server_t *server, const confd_bus_msg_t *msg,
    confd_bus_peer_t *heard);
void confd_call_bus_state(confd_server_t *server, bool up);

/*
 * A link has come (fresh) or gone: tells every link when that makes one node
 * several or several one, else the fresh link alone when there are several.
 */
void confd_call_nodes(confd_server_t *server, confd_link_t *fresh);

/* Tells every link what the jobs have changed, in their order. */
void confd_call_touches(confd_server_t *server, const confd_jobs_t *jobs);


#endif /* _CONFD_SERVER_H_INCLUDED_ */
