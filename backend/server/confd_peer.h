
/*
 * A daemon that answers on a socket, for commands: one call at a time, and
 * each waits for its reply.
 */

#ifndef _CONFD_PEER_H_INCLUDED_
#define _CONFD_PEER_H_INCLUDED_


#include "conf_rpc.h"


typedef struct {
    int             fd;
    conf_arena_t   *arena;       /* of the replies; the caller's */
    conf_buf_t      in;
    uint64_t        id;
} confd_peer_t;


/*
 * Connects and greets; close is called in any case.  CONF_E_NOT_FOUND: nobody
 * listens there; CONF_E_FORBIDDEN: not for this user; CONF_E_BACKEND_DOWN,
 * CONF_E_PROTOCOL, CONF_E_NOMEM.
 */
conf_rc_t confd_peer_open(confd_peer_t *peer, const char *socket,
    conf_arena_t *arena);
void confd_peer_close(confd_peer_t *peer);

/*
 * Asks; what out points to is in the arena.  The op's error,
 * CONF_E_BACKEND_DOWN (the daemon is gone), CONF_E_BACKEND_TIMEOUT,
 * CONF_E_PROTOCOL, CONF_E_NOMEM.  timeout_s 0: waits for ever.
 */
conf_rc_t confd_peer_call(confd_peer_t *peer, conf_op_e op, const void *in,
    void *out, unsigned timeout_s);


#endif /* _CONFD_PEER_H_INCLUDED_ */
