
#include "confd_server.h"
#include "confd_cmd.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define CONFD_ERROR    1024          /* of one sentence */
#define CONFD_DEFAULT  "/etc/confd/confd.conf"

/* What the command line says; it wins over the file. */

typedef struct {
    const char  *file;
    const char  *data;
    const char  *socket;
    const char  *log;
    bool         check;
    bool         json;
    bool         new_epochs;
    bool         revoke;
    const char  *command;            /* NULL: serve */
} confd_options_t;


static int confd_options(int argc, char *const *argv, confd_options_t *options);
static conf_rc_t confd_configure(confd_config_t *config,
    const confd_options_t *options, conf_buf_t *errors);
static int confd_command(confd_config_t *config,
    const confd_options_t *options, int argc, char *const *argv);
static int confd_serve(const confd_config_t *config);


static const struct option  confd_long_options[] = {
    { "check", no_argument, NULL, 'c' },
    { "json", no_argument, NULL, 'j' },
    { "new-epochs", no_argument, NULL, 'e' },
    { "revoke", no_argument, NULL, 'r' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'v' },
    { NULL, 0, NULL, 0 }
};

static const char  confd_usage[] =
    "usage: confd [-f FILE] [-d DIR] [-s SOCKET] [-l LOG]      serve\n"
    "       confd [options] COMMAND                            see below\n"
    "       confd --version | --help\n"
    "\n"
    "  -f FILE       configuration; the options below win over it\n"
    "  -d DIR        directory of the store, made when absent\n"
    "  -s SOCKET     unix socket to listen on, or of the daemon to ask\n"
    "  -l LOG        log file, instead of stderr\n"
    "  --check       only tell whether the configuration is valid\n"
    "\n"
    "  check               the same as --check\n"
    "  stat [--json]       what the store has and the daemon does\n"
    "  backup DIR          copies the store, in use or not, to DIR\n"
    "  restore BACKUP      makes the store from a backup; -d must be empty\n"
    "  dump                writes the store to stdout, a line a record\n"
    "  load [--new-epochs] makes the store from stdin; -d must be empty\n"
    "  ban NAME [HOURS]    a user may not log in, nor use old tokens\n"
    "  unban NAME          may log in again\n"
    "  admin [--revoke] NAME\n"
    "                      a user may administer the others\n"
    "\n"
    "stat, backup, ban, unban and admin ask the daemon on the socket, or open\n"
    "the store when there is none.  Without -f, -d and -s a command reads\n"
    CONFD_DEFAULT ".\n"
    "\n"
    "TERM and INT finish what is queued and stop, HUP reopens the log.\n";


int
main(int argc, char **argv)
{
    int              rc;
    conf_buf_t       errors;
    confd_config_t   config;
    confd_options_t  options;

    rc = confd_options(argc, argv, &options);
    if (rc != -1) {
        return rc;
    }

    if (confd_config_init(&config) != CONF_OK) {
        fprintf(stderr, "confd: out of memory\n");
        return CONFD_EXIT_FAILED;
    }

    conf_buf_init(&errors, 0);

    if (confd_configure(&config, &options, &errors) != CONF_OK) {
        fprintf(stderr, "%.*s", (int) errors.len, (const char *) errors.data);
        rc = CONFD_EXIT_FAILED;

    } else if (options.check) {
        printf("configuration is valid\n");
        rc = CONFD_EXIT_OK;

    } else if (options.command != NULL) {
        rc = confd_command(&config, &options, argc, argv);

    } else {
        rc = confd_serve(&config);
    }

    conf_buf_free(&errors);
    confd_config_free(&config);

    return rc;
}


/* Returns -1 to go on, else the exit code. */

static int
confd_options(int argc, char *const *argv, confd_options_t *options)
{
    int  c;

    memset(options, 0, sizeof(confd_options_t));

    for ( ;; ) {
        c = getopt_long(argc, argv, "d:s:l:f:h", confd_long_options, NULL);

        switch (c) {

        case 'd':
            options->data = optarg;
            break;

        case 's':
            options->socket = optarg;
            break;

        case 'l':
            options->log = optarg;
            break;

        case 'f':
            options->file = optarg;
            break;

        case 'c':
            options->check = true;
            break;

        case 'j':
            options->json = true;
            break;

        case 'e':
            options->new_epochs = true;
            break;

        case 'r':
            options->revoke = true;
            break;

        case 'h':
            fputs(confd_usage, stdout);
            return 0;

        case 'v':
            printf("confd %s (wire %d)\n", CONFD_VERSION, CONF_RPC_VERSION);
            return 0;

        case -1:
            if (optind == argc) {
                return -1;
            }

            if (strcmp(argv[optind], "check") != 0) {
                options->command = argv[optind++];
                return -1;
            }

            if (optind + 1 == argc) {
                options->check = true;
                return -1;
            }

            fprintf(stderr, "confd: unexpected \"%s\"\n", argv[optind + 1]);
            return CONFD_EXIT_USAGE;

        default:
            fputs(confd_usage, stderr);
            return CONFD_EXIT_USAGE;
        }
    }
}


static conf_rc_t
confd_configure(confd_config_t *config, const confd_options_t *options,
    conf_buf_t *errors)
{
    size_t       i;
    conf_rc_t    rc;
    const char  *file;

    const struct {
        const char  *where;
        const char  *key;
        const char  *value;
    } flags[] = {
        { "-d", "data", options->data },
        { "-s", "socket", options->socket },
        { "-l", "log", options->log }
    };

    rc = CONF_OK;
    file = options->file;

    if (file == NULL && options->command != NULL && options->data == NULL
        && options->socket == NULL && access(CONFD_DEFAULT, R_OK) == 0)
    {
        file = CONFD_DEFAULT;
    }

    if (file != NULL) {
        rc = confd_config_file(config, file, errors);
    }

    for (i = 0; i < conf_nelts(flags); i++) {
        if (flags[i].value != NULL
            && confd_config_set(config, flags[i].where, flags[i].key,
                                flags[i].value, errors)
               != CONF_OK)
        {
            rc = CONF_E_INVALID;
        }
    }

    /* A command tells by itself what it misses. */

    if (options->command == NULL
        && confd_config_check(config, errors) != CONF_OK)
    {
        rc = CONF_E_INVALID;
    }

    return rc;
}


static int
confd_command(confd_config_t *config, const confd_options_t *options,
    int argc, char *const *argv)
{
    confd_cmd_t  cmd;

    cmd.config = config;
    cmd.argc = argc - optind;
    cmd.argv = argv + optind;
    cmd.json = options->json;
    cmd.new_epochs = options->new_epochs;
    cmd.revoke = options->revoke;

    return confd_cmd_run(options->command, &cmd);
}


static int
confd_serve(const confd_config_t *config)
{
    int              rc;
    char             err[CONFD_ERROR];
    confd_server_t  *server;

    (void) signal(SIGPIPE, SIG_IGN);

    if (confd_log_open(config->log, (confd_log_level_e) config->log_level, err,
                       sizeof(err))
        != CONF_OK)
    {
        fprintf(stderr, "confd: %s\n", err);
        return CONFD_EXIT_FAILED;
    }

    server = malloc(sizeof(confd_server_t));
    if (server == NULL) {
        fprintf(stderr, "confd: out of memory\n");
        return CONFD_EXIT_FAILED;
    }

    err[0] = '\0';

    if (confd_server_open(server, config, err, sizeof(err)) != CONF_OK) {
        fprintf(stderr, "confd: %s\n", err);

        if (config->log != NULL) {
            confd_log(CONFD_LOG_ERROR, "%s", err);
        }

        rc = CONFD_EXIT_FAILED;

    } else {
        rc = confd_server_run(server);
    }

    free(server);

    return rc;
}
