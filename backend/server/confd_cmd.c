
#include "confd_cmd.h"
#include "confd_peer.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define CONFD_CMD_ANSWER_S  30


typedef struct {
    const char  *name;
    int          least;          /* arguments */
    int          most;
    const char  *usage;
    int        (*run)(const confd_cmd_t *cmd);
} confd_cmd_row_t;


static int confd_cmd_local(const confd_cmd_t *cmd, conf_op_e op,
    const void *in, void *out);


static const confd_cmd_row_t  confd_cmds[] = {
    { "admin", 1, 1, "admin [--revoke] NAME", confd_cmd_admin },
    { "backup", 1, 1, "backup DIR", confd_cmd_backup },
    { "ban", 1, 2, "ban NAME [HOURS]", confd_cmd_ban },
    { "dump", 0, 0, "dump", confd_cmd_dump },
    { "load", 0, 0, "load", confd_cmd_load },
    { "restore", 1, 1, "restore BACKUP", confd_cmd_restore },
    { "stat", 0, 0, "stat", confd_cmd_stat },
    { "unban", 1, 1, "unban NAME", confd_cmd_unban }
};

#define CONFD_CMD_TEXT(name, text)  [CONF_E_##name] = text,

static const char *const  confd_cmd_texts[] = {
    CONF_ERROR_MAP(CONFD_CMD_TEXT)
};


int
confd_cmd_run(const char *name, const confd_cmd_t *cmd)
{
    size_t                  i;
    const confd_cmd_row_t  *row;

    for (i = 0; i < conf_nelts(confd_cmds); i++) {
        row = &confd_cmds[i];

        if (strcmp(row->name, name) != 0) {
            continue;
        }

        if (cmd->argc < row->least || cmd->argc > row->most) {
            fprintf(stderr, "usage: confd [options] %s\n", row->usage);
            return CONFD_EXIT_USAGE;
        }

        return row->run(cmd);
    }

    fprintf(stderr, "confd: unknown command \"%s\"\n", name);

    return CONFD_EXIT_USAGE;
}


int
confd_cmd_fail(const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "confd: ");

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "\n");

    return CONFD_EXIT_FAILED;
}


const char *
confd_cmd_error(conf_rc_t rc)
{
    if (rc <= 0 || (size_t) rc >= conf_nelts(confd_cmd_texts)) {
        return "unknown error";
    }

    return confd_cmd_texts[rc];
}


confd_store_t *
confd_cmd_store(const confd_cmd_t *cmd)
{
    char                 err[CONFD_CMD_ERROR];
    confd_store_t       *store;
    confd_store_conf_t   conf;

    if (cmd->config->data == NULL) {
        confd_cmd_fail("give the store's directory with -d");
        return NULL;
    }

    if (confd_cmd_become_owner(cmd->config->data) != CONF_OK) {
        return NULL;
    }

    memset(&conf, 0, sizeof(confd_store_conf_t));
    conf.path = cmd->config->data;
    conf.map_min = cmd->config->map_min;
    conf.map_max = cmd->config->map_max;
    conf.readers = 1;
    conf.existing = true;

    store = confd_lmdb_driver.open(&conf, err, sizeof(err));

    if (store == NULL) {
        confd_cmd_fail("%s", err);
    }

    return store;
}


int
confd_cmd_ask(const confd_cmd_t *cmd, conf_op_e op, const void *in, void *out)
{
    conf_rc_t     rc;
    const char   *path;
    confd_peer_t  peer;

    path = cmd->config->socket;

    if (path == NULL) {
        return confd_cmd_local(cmd, op, in, out);
    }

    rc = confd_peer_open(&peer, path, cmd->config->arena);

    if (rc == CONF_OK) {
        rc = confd_peer_call(&peer, op, in, out, CONFD_CMD_ANSWER_S);
        confd_peer_close(&peer);

        return rc == CONF_OK ? CONFD_EXIT_OK
               : confd_cmd_fail("%s", confd_cmd_error(rc));
    }

    confd_peer_close(&peer);

    if (rc == CONF_E_NOT_FOUND && cmd->config->data != NULL) {
        return confd_cmd_local(cmd, op, in, out);
    }

    return confd_cmd_fail("nobody answers on \"%s\": %s", path,
                          rc == CONF_E_NOT_FOUND ? "no daemon listens"
                                                 : confd_cmd_error(rc));
}


/* The op as the daemon would run it, on a store that nobody serves. */

static int
confd_cmd_local(const confd_cmd_t *cmd, conf_op_e op, const void *in,
    void *out)
{
    conf_rc_t        rc;
    confd_store_t   *store;
    confd_op_ctx_t   ctx;
    struct timespec  ts;

    store = confd_cmd_store(cmd);
    if (store == NULL) {
        return CONFD_EXIT_FAILED;
    }

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    ctx.driver = &confd_lmdb_driver;
    ctx.conf = &cmd->config->op;
    ctx.arena = cmd->config->arena;
    ctx.now_ms = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;

    rc = ctx.driver->begin(store, true, &ctx.txn);

    if (rc == CONF_OK) {
        rc = confd_ops[op].run(&ctx, in, out);

        if (rc == CONF_OK) {
            rc = ctx.driver->commit(ctx.txn);

        } else {
            ctx.driver->abort(ctx.txn);
        }
    }

    ctx.driver->close(store);

    return rc == CONF_OK ? CONFD_EXIT_OK
           : confd_cmd_fail("%s", confd_cmd_error(rc));
}


conf_rc_t
confd_cmd_become_owner(const char *path)
{
    char         above[CONFD_CMD_PATH], *slash;
    struct stat  st;

    if (geteuid() != 0) {
        return CONF_OK;
    }

    if (strlen(path) >= sizeof(above)) {
        confd_cmd_fail("the path is too long");
        return CONF_E_TOO_LARGE;
    }

    memcpy(above, path, strlen(path) + 1);

    while (stat(above, &st) == -1) {
        slash = strrchr(above, '/');

        if (errno != ENOENT || strcmp(above, "/") == 0
            || strcmp(above, ".") == 0)
        {
            confd_cmd_fail("cannot use \"%s\": %s", path, strerror(errno));
            return CONF_E_STORE_FAILED;
        }

        if (slash == NULL) {
            memcpy(above, ".", sizeof("."));

        } else {
            slash[slash == above ? 1 : 0] = '\0';
        }
    }

    if (st.st_uid == 0) {
        return CONF_OK;
    }

    if (setgroups(1, &st.st_gid) == -1 || setgid(st.st_gid) == -1
        || setuid(st.st_uid) == -1)
    {
        confd_cmd_fail("cannot become the owner of \"%s\": %s", path,
                       strerror(errno));
        return CONF_E_INTERNAL;
    }

    return CONF_OK;
}
