
/*
 * The unix socket that confd listens on.  It appears under its name only when
 * it is complete: bound and listening under another name with its mode and
 * group, then renamed, which also replaces what a killed confd has left.
 */

#ifndef _CONFD_SOCKET_H_INCLUDED_
#define _CONFD_SOCKET_H_INCLUDED_


#include "conf_base.h"

#include <sys/types.h>


typedef struct {
    const char     *path;
    mode_t          mode;
    gid_t           gid;          /* (gid_t) -1: leave it */
    int             fd;           /* of the open socket */
    dev_t           dev;          /* of the file that we have made */
    ino_t           ino;
} confd_socket_t;


/*
 * Call only when the store is open, that is with its directory locked.
 * Refuses a path where somebody answers or that is not a socket.  CONF_OK;
 * CONF_E_EXISTS, CONF_E_BACKEND_DOWN and one sentence in err.
 */
conf_rc_t confd_socket_open(confd_socket_t *sock, char *err, size_t errlen);

/* Removes the file if it is still ours; the descriptor is the caller's. */
void confd_socket_remove(const confd_socket_t *sock);


#endif /* _CONFD_SOCKET_H_INCLUDED_ */
