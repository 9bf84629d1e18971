
/*
 * What confd does besides serving: one command, then the process ends.
 * Commands that work on what is there ask the daemon, if one answers on the
 * socket, else they open the store themselves.
 *
 * Run by root, a command opens a store as the user whom its directory
 * belongs to, so that nothing is left there that the daemon cannot open.
 */

#ifndef _CONFD_CMD_H_INCLUDED_
#define _CONFD_CMD_H_INCLUDED_


#include "confd_config.h"


#define CONFD_EXIT_OK      0
#define CONFD_EXIT_FAILED  1     /* a sentence on stderr tells why */
#define CONFD_EXIT_USAGE   2

#define CONFD_CMD_ERROR    1024  /* of one sentence */
#define CONFD_CMD_PATH     4096

typedef struct {
    confd_config_t  *config;
    char *const     *argv;       /* behind the command's name */
    int              argc;
    bool             json;
    bool             new_epochs;
    bool             revoke;
} confd_cmd_t;

/* Where a store is made before it gets its place: in the directory. */

typedef struct {
    const char      *dir;
    char             path[CONFD_CMD_PATH];
    bool             made;       /* the directory was not there */
} confd_stage_t;


/*
 * Runs the command and returns the process's exit code; CONFD_EXIT_USAGE
 * also for an unknown name or a wrong number of arguments.
 */
int confd_cmd_run(const char *name, const confd_cmd_t *cmd);


/* What the commands share.  Each writes its sentence when it fails. */

/* A sentence on stderr; returns CONFD_EXIT_FAILED. */
__attribute__((format(printf, 1, 2)))
int confd_cmd_fail(const char *fmt, ...);

/* What an error means. */
const char *confd_cmd_error(conf_rc_t rc);

/* The store of the configuration, which must exist; NULL. */
confd_store_t *confd_cmd_store(const confd_cmd_t *cmd);

/* Asks for op: the daemon, or runs it here.  An exit code. */
int confd_cmd_ask(const confd_cmd_t *cmd, conf_op_e op, const void *in,
    void *out);

/*
 * Whom a file in path should belong to becomes the process's user, if root
 * runs it; path or what is above it exists.
 */
conf_rc_t confd_cmd_become_owner(const char *path);

/*
 * An empty stage in config->data, which is made when absent and must be empty
 * otherwise.  commit moves what is in it to its place, abort removes it.
 */
conf_rc_t confd_stage_begin(confd_stage_t *stage, const confd_cmd_t *cmd);
conf_rc_t confd_stage_commit(confd_stage_t *stage);
void confd_stage_abort(confd_stage_t *stage);

/* A new store there, or what a backup has left. */
confd_store_t *confd_stage_open(const confd_stage_t *stage,
    const confd_cmd_t *cmd);

/* Gives every room another epoch: clients start their rooms anew. */
conf_rc_t confd_cmd_epochs(confd_store_t *store);


/* The commands. */

int confd_cmd_admin(const confd_cmd_t *cmd);
int confd_cmd_backup(const confd_cmd_t *cmd);
int confd_cmd_ban(const confd_cmd_t *cmd);
int confd_cmd_dump(const confd_cmd_t *cmd);
int confd_cmd_load(const confd_cmd_t *cmd);
int confd_cmd_restore(const confd_cmd_t *cmd);
int confd_cmd_stat(const confd_cmd_t *cmd);
int confd_cmd_unban(const confd_cmd_t *cmd);


#endif /* _CONFD_CMD_H_INCLUDED_ */
