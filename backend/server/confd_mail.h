
/*
 * Delivery of what is in the outbox, one mail at a time: to a command with
 * the interface of sendmail, to a relay (SMTP), or, when neither is
 * configured, to files *.eml in a directory.  A mail is handed over at least
 * once; what fails is tried again, less and less often.
 */

#ifndef _CONFD_MAIL_H_INCLUDED_
#define _CONFD_MAIL_H_INCLUDED_


#include "conf_rpc.h"

#include <uv.h>


typedef struct confd_server_s  confd_server_t;

typedef enum {
    CONFD_MAIL_IDLE = 0,
    CONFD_MAIL_ASKING,         /* the store, for the next one */
    CONFD_MAIL_SENDING,
    CONFD_MAIL_TELLING         /* the store, what has become of it */
} confd_mail_state_e;

typedef struct {
    const char   *command;     /* NULL: none */
    const char   *relay;       /* smtp://host:port; NULL: none */
    const char   *spool;       /* directory */
    const char   *from;
} confd_mail_conf_t;

/* The loop's thread's, but for text and sent while a thread of uv works. */

typedef struct {
    confd_mail_state_e   state;
    bool                 more;          /* has come meanwhile */
    int64_t              due_ms;        /* when to look again; 0: told to */
    uint64_t             id;
    uint32_t             tries;
    char                 to[CONF_EMAIL_MAX + 1];
    conf_buf_t           text;          /* header and body */
    bool                 sent;

    uv_work_t            work;          /* spool */
    uv_process_t         process;       /* command, or curl for the relay */
    uv_pipe_t            input;
    uv_write_t           write;
    unsigned             open;          /* of process and input */
    uint64_t             started_ms;
} confd_mail_t;


/* There may be mail: after a commit that has put some, and at the start. */
void confd_mail_kick(confd_server_t *server);

/* Once a second. */
void confd_mail_tick(confd_server_t *server);

/* The server stops: a command that runs is left alone. */
void confd_mail_stop(confd_server_t *server);

/* Is a mail with the threads? */
bool confd_mail_works(const confd_server_t *server);

void confd_mail_free(confd_server_t *server);


#endif /* _CONFD_MAIL_H_INCLUDED_ */
