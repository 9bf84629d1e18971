
/*
 * Commands for a store that is in use: backup, stat, ban, unban, admin.
 */

#include "confd_cmd.h"
#include "confd_peer.h"
#include "confd_server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define CONFD_CMD_HOURS_MAX  1000000
#define CONFD_CMD_WAIT_S     30


/* What stat tells, by its name in JSON. */

typedef struct {
    const char  *name;
    size_t       offset;
    bool         daemon;         /* only a running one has it */
} confd_stat_row_t;

#define CONFD_STAT(name, daemon)  { #name, offsetof(conf_stat_t, name), daemon }

static const confd_stat_row_t  confd_stats[] = {
    CONFD_STAT(users, false),
    CONFD_STAT(rooms, false),
    CONFD_STAT(messages, false),
    CONFD_STAT(map_used, false),
    CONFD_STAT(map_size, false),
    CONFD_STAT(uptime_ms, true),
    CONFD_STAT(links, true),
    CONFD_STAT(queued, true),
    CONFD_STAT(ops, true),
    CONFD_STAT(busy, true),
    CONFD_STAT(commits, true),
    CONFD_STAT(committed, true),
    CONFD_STAT(commit_us, true)
};


static int confd_cmd_backup_here(const confd_cmd_t *cmd, const char *path);
static int confd_cmd_stat_here(const confd_cmd_t *cmd, conf_stat_t *stat);
static void confd_cmd_stat_json(const conf_stat_t *stat, bool running);
static void confd_cmd_stat_text(const conf_stat_t *stat, bool running);
static int confd_cmd_ban_user(const confd_cmd_t *cmd, bool banned,
    int64_t until_ms);


/* By the daemon when there is one: it has the store open. */

int
confd_cmd_backup(const confd_cmd_t *cmd)
{
    int                 n;
    char                path[CONF_TEXT_MAX + 1], here[CONFD_CMD_PATH];
    conf_rc_t           rc;
    confd_peer_t        peer;
    conf_backup_t       in;
    conf_backup_end_t   out;

    if (getcwd(here, sizeof(here)) == NULL) {
        return confd_cmd_fail("cannot tell the current directory: %s",
                              strerror(errno));
    }

    n = cmd->argv[0][0] == '/'
        ? snprintf(path, sizeof(path), "%s", cmd->argv[0])
        : snprintf(path, sizeof(path), "%s/%s", here, cmd->argv[0]);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return confd_cmd_fail("the path is too long");
    }

    if (cmd->config->socket == NULL) {
        return confd_cmd_backup_here(cmd, path);
    }

    in.path.data = (const uint8_t *) path;
    in.path.len = strlen(path);

    rc = confd_peer_open(&peer, cmd->config->socket, cmd->config->arena);

    if (rc == CONF_E_NOT_FOUND && cmd->config->data != NULL) {
        confd_peer_close(&peer);
        return confd_cmd_backup_here(cmd, path);
    }

    if (rc == CONF_OK) {
        rc = confd_peer_call(&peer, CONF_OP_BACKUP, &in, &out, 0);
    }

    if (rc == CONF_E_BACKEND_BUSY) {
        n = confd_cmd_fail("the daemon is making a backup already");

    } else if (rc == CONF_E_FORBIDDEN) {
        n = confd_cmd_fail("only root and the daemon's own user may ask for a "
                           "backup");

    } else if (rc != CONF_OK) {
        n = confd_cmd_fail("cannot ask the daemon on \"%s\": %s",
                           cmd->config->socket, confd_cmd_error(rc));

    } else if (out.error.len != 0) {
        n = confd_cmd_fail("%.*s", (int) out.error.len,
                           (const char *) out.error.data);

    } else {
        n = CONFD_EXIT_OK;
    }

    confd_peer_close(&peer);

    return n;
}


static int
confd_cmd_backup_here(const confd_cmd_t *cmd, const char *path)
{
    int             code;
    char            err[CONFD_CMD_ERROR];
    confd_store_t  *store;

    store = confd_cmd_store(cmd);
    if (store == NULL) {
        return CONFD_EXIT_FAILED;
    }

    code = confd_lmdb_driver.backup(store, path, err, sizeof(err)) == CONF_OK
           ? CONFD_EXIT_OK : confd_cmd_fail("%s", err);

    confd_lmdb_driver.close(store);

    return code;
}


int
confd_cmd_stat(const confd_cmd_t *cmd)
{
    bool          running;
    conf_rc_t     rc;
    conf_none_t   in;
    conf_stat_t   stat;
    confd_peer_t  peer;

    memset(&in, 0, sizeof(conf_none_t));
    memset(&stat, 0, sizeof(conf_stat_t));

    running = false;

    if (cmd->config->socket != NULL) {
        rc = confd_peer_open(&peer, cmd->config->socket, cmd->config->arena);
        running = rc == CONF_OK;

        if (running) {
            rc = confd_peer_call(&peer, CONF_OP_STAT, &in, &stat,
                                 CONFD_CMD_WAIT_S);
        }

        confd_peer_close(&peer);

        if (rc != CONF_OK
            && (rc != CONF_E_NOT_FOUND || cmd->config->data == NULL))
        {
            return confd_cmd_fail("cannot ask the daemon on \"%s\": %s",
                                  cmd->config->socket,
                                  rc == CONF_E_NOT_FOUND
                                  ? "nobody listens" : confd_cmd_error(rc));
        }
    }

    if (!running && confd_cmd_stat_here(cmd, &stat) != CONFD_EXIT_OK) {
        return CONFD_EXIT_FAILED;
    }

    if (cmd->json) {
        confd_cmd_stat_json(&stat, running);

    } else {
        confd_cmd_stat_text(&stat, running);
    }

    return fflush(stdout) == 0 ? CONFD_EXIT_OK
           : confd_cmd_fail("cannot write: %s", strerror(errno));
}


static int
confd_cmd_stat_here(const confd_cmd_t *cmd, conf_stat_t *stat)
{
    conf_rc_t            rc;
    confd_txn_t         *txn;
    confd_store_t       *store;
    confd_counts_t       counts;
    confd_store_stat_t   map;

    store = confd_cmd_store(cmd);
    if (store == NULL) {
        return CONFD_EXIT_FAILED;
    }

    rc = confd_lmdb_driver.begin(store, false, &txn);

    if (rc == CONF_OK) {
        rc = confd_work_count(&confd_lmdb_driver, txn, &counts);
        confd_lmdb_driver.abort(txn);
    }

    confd_lmdb_driver.stat(store, &map);
    confd_lmdb_driver.close(store);

    if (rc != CONF_OK) {
        return confd_cmd_fail("cannot read the store: %s",
                              confd_cmd_error(rc));
    }

    stat->users = counts.users;
    stat->rooms = counts.rooms;
    stat->messages = counts.messages;
    stat->map_used = map.used;
    stat->map_size = map.size;

    return CONFD_EXIT_OK;
}


static void
confd_cmd_stat_json(const conf_stat_t *stat, bool running)
{
    size_t    i;
    uint64_t  n;

    printf("{\"running\":%s", running ? "true" : "false");

    for (i = 0; i < conf_nelts(confd_stats); i++) {
        if (confd_stats[i].daemon && !running) {
            continue;
        }

        memcpy(&n, (const uint8_t *) stat + confd_stats[i].offset, sizeof(n));
        printf(",\"%s\":%" PRIu64, confd_stats[i].name, n);
    }

    printf("}\n");
}


static void
confd_cmd_stat_text(const conf_stat_t *stat, bool running)
{
    uint64_t  minutes;

    minutes = stat->uptime_ms / 60000;

    if (running) {
        printf("daemon     up %" PRIu64 " d %" PRIu64 " h %" PRIu64 " min, %"
               PRIu64 " links\n", minutes / 1440, minutes / 60 % 24,
               minutes % 60, stat->links);

    } else {
        printf("daemon     not running\n");
    }

    printf("users      %" PRIu64 "\n"
           "rooms      %" PRIu64 "\n"
           "messages   %" PRIu64 "\n"
           "store      %.1f MB, map %.1f MB\n",
           stat->users, stat->rooms, stat->messages,
           (double) stat->map_used / 1048576,
           (double) stat->map_size / 1048576);

    if (!running) {
        return;
    }

    printf("ops        %" PRIu64 ", %" PRIu64 " refused as busy, %" PRIu64
           " waiting\n", stat->ops, stat->busy, stat->queued);

    printf("commits    %" PRIu64 ", %.1f ops each, %.2f ms each\n",
           stat->commits,
           (double) stat->committed / (double) conf_max(stat->commits, 1),
           (double) stat->commit_us
           / (double) conf_max(stat->commits, 1) / 1000);
}


int
confd_cmd_ban(const confd_cmd_t *cmd)
{
    char             *end;
    int64_t           until_ms;
    unsigned long     hours;
    struct timespec   ts;

    if (cmd->argc == 1) {
        return confd_cmd_ban_user(cmd, true, 0);
    }

    errno = 0;
    hours = strtoul(cmd->argv[1], &end, 10);

    if (cmd->argv[1][0] < '0' || cmd->argv[1][0] > '9' || *end != '\0'
        || errno != 0 || hours == 0 || hours > CONFD_CMD_HOURS_MAX)
    {
        confd_cmd_fail("\"%s\" is no number of hours", cmd->argv[1]);
        return CONFD_EXIT_USAGE;
    }

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    until_ms = ((int64_t) ts.tv_sec + (int64_t) hours * 3600) * 1000;

    return confd_cmd_ban_user(cmd, true, until_ms);
}


int
confd_cmd_unban(const confd_cmd_t *cmd)
{
    return confd_cmd_ban_user(cmd, false, 0);
}


static int
confd_cmd_ban_user(const confd_cmd_t *cmd, bool banned, int64_t until_ms)
{
    int              code;
    conf_user_t      user;
    conf_user_ban_t  in;

    memset(&in, 0, sizeof(conf_user_ban_t));
    memset(&user, 0, sizeof(conf_user_t));

    in.banned = banned;
    in.until_ms = until_ms;
    in.name.data = (const uint8_t *) cmd->argv[0];
    in.name.len = strlen(cmd->argv[0]);

    code = confd_cmd_ask(cmd, CONF_OP_USER_BAN, &in, &user);

    if (code == CONFD_EXIT_OK) {
        printf("user %" PRIu64 " is %s\n", user.id,
               !banned ? "not banned" : until_ms == 0 ? "banned for ever"
                                                      : "banned");
    }

    return code;
}


int
confd_cmd_admin(const confd_cmd_t *cmd)
{
    int               code;
    conf_user_t       user;
    conf_user_role_t  in;

    memset(&in, 0, sizeof(conf_user_role_t));
    memset(&user, 0, sizeof(conf_user_t));

    in.role = cmd->revoke ? CONF_USER_PLAIN : CONF_USER_ADMIN;
    in.name.data = (const uint8_t *) cmd->argv[0];
    in.name.len = strlen(cmd->argv[0]);

    code = confd_cmd_ask(cmd, CONF_OP_USER_ROLE, &in, &user);

    if (code == CONFD_EXIT_OK) {
        printf("user %" PRIu64 " is %s\n", user.id,
               cmd->revoke ? "no admin" : "an admin");
    }

    return code;
}
