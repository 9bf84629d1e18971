
#include "confd_config.h"
#include "confd_password.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>


#define CONFD_CONFIG_LINE  4096
#define CONFD_CONFIG_PATH  1024

#define CONFD_KB           ((uint64_t) 1024)
#define CONFD_MB           (CONFD_KB * 1024)
#define CONFD_GB           (CONFD_MB * 1024)
#define CONFD_TB           (CONFD_GB * 1024)


typedef enum {
    CONFD_KEY_STR = 0,               /* const char *, at most max bytes */
    CONFD_KEY_OCTAL,                 /* uint32_t */
    CONFD_KEY_LEVEL,                 /* uint32_t, confd_log_level_e */
    CONFD_KEY_SYNC,                  /* uint32_t, confd_sync_e */
    CONFD_KEY_SIZE,                  /* size_t, with k, m, g */
    CONFD_KEY_COUNT,                 /* size_t */
    CONFD_KEY_U32,                   /* uint32_t */
    CONFD_KEY_TIME                   /* int64_t, ms */
} confd_key_kind_e;

typedef struct {
    const char        *name;
    confd_key_kind_e   kind;
    size_t             offset;
    uint64_t           min;
    uint64_t           max;
} confd_key_row_t;

typedef struct {
    const char        *name;
    uint64_t           factor;
} confd_unit_t;


#define CONFD_KEY(name, kind, member, min, max)                               \
    { name, CONFD_KEY_##kind, offsetof(confd_config_t, member), min, max }

static const confd_key_row_t  confd_keys[] = {
    CONFD_KEY("data", STR, data, 1, CONFD_CONFIG_PATH),
    CONFD_KEY("socket", STR, socket, 1, CONFD_CONFIG_PATH),
    CONFD_KEY("socket_mode", OCTAL, socket_mode, 0, 0777),
    CONFD_KEY("socket_group", STR, socket_group, 1, 255),
    CONFD_KEY("log", STR, log, 1, CONFD_CONFIG_PATH),
    CONFD_KEY("log_level", LEVEL, log_level, 0, 0),
    CONFD_KEY("sync", SYNC, sync, 0, 0),
    CONFD_KEY("map_min", SIZE, map_min, CONFD_MB, 64 * CONFD_TB),
    CONFD_KEY("map_max", SIZE, map_max, CONFD_MB, 64 * CONFD_TB),
    CONFD_KEY("queue_max", COUNT, queue_max, 1, 1 << 24),
    CONFD_KEY("queue_bytes_max", SIZE, queue_bytes_max, CONFD_MB, CONFD_TB),
    CONFD_KEY("batch_ops", COUNT, batch_ops, 1, 65536),
    CONFD_KEY("commit_interval", TIME, commit_interval_ms, 0, 1000),
    CONFD_KEY("batch_bytes", SIZE, batch_bytes, 4 * CONFD_KB, CONFD_GB),
    CONFD_KEY("readers", COUNT, readers, 1, 64),
    CONFD_KEY("hash_threads", COUNT, hash_threads, 1, 64),
    CONFD_KEY("hash_queue_max", COUNT, hash_queue_max, 1, 1 << 20),
    CONFD_KEY("scrypt_log_n", U32, op.scrypt_log_n, 1, CONFD_SCRYPT_LOG_N_MAX),
    CONFD_KEY("scrypt_r", U32, op.scrypt_r, 1, CONFD_SCRYPT_R_MAX),
    CONFD_KEY("scrypt_p", U32, op.scrypt_p, 1, CONFD_SCRYPT_P_MAX),
    CONFD_KEY("room_members_max", U32, op.room_members_max, 1, 1000000),
    CONFD_KEY("user_rooms_max", U32, op.user_rooms_max, 1, 1000000),
    CONFD_KEY("room_grace", TIME, op.room_grace_ms, 0, 86400000),
    CONFD_KEY("dedup", TIME, op.dedup_ms, 0, 86400000),
    CONFD_KEY("dedup_memory", SIZE, op.dedup_memory, CONFD_MB, 16 * CONFD_GB),
    CONFD_KEY("links_max", COUNT, links_max, 1, 65536),
    CONFD_KEY("link_output_max", SIZE, link_output_max, 64 * CONFD_KB,
              CONFD_TB),
    CONFD_KEY("mail_command", STR, mail.command, 1, CONFD_CONFIG_PATH),
    CONFD_KEY("mail_relay", STR, mail.relay, 1, CONFD_CONFIG_PATH),
    CONFD_KEY("mail_spool", STR, mail.spool, 1, CONFD_CONFIG_PATH),
    CONFD_KEY("mail_from", STR, mail.from, 3, CONF_EMAIL_MAX),
    CONFD_KEY("mail_reset_ttl", TIME, op.mail_reset_ttl_ms, 1, 86400000),
    CONFD_KEY("mail_reset_url", STR, op.mail_reset_url, 1, CONF_URL_MAX)
};

_Static_assert(conf_nelts(confd_keys) <= CONFD_CONFIG_KEYS, "bits of seen");

static const confd_unit_t  confd_sizes[] = {
    { "", 1 }, { "k", CONFD_KB }, { "m", CONFD_MB }, { "g", CONFD_GB },
    { NULL, 0 }
};

static const confd_unit_t  confd_times[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 }
};

static const confd_unit_t  confd_counts[] = { { "", 1 }, { NULL, 0 } };


/* Indexed by confd_sync_e. */

static const char  *confd_syncs[] = { "always", "meta", "never" };


static conf_rc_t confd_config_line(confd_config_t *config, const char *where,
    char *line, conf_buf_t *errors);
static char *confd_config_word(char **p);
static conf_rc_t confd_config_value(confd_config_t *config,
    const confd_key_row_t *row, const char *where, const char *value,
    conf_buf_t *errors);
static conf_rc_t confd_config_store(confd_config_t *config,
    const confd_key_row_t *row, const char *value);
static conf_rc_t confd_config_number(const confd_key_row_t *row,
    const char *value, uint64_t *n);
static conf_rc_t confd_config_digits(const char **p, unsigned base,
    uint64_t *n);
static conf_rc_t confd_config_name(const confd_key_row_t *row,
    const char *value, uint32_t *n);
static conf_rc_t confd_config_group(confd_config_t *config,
    conf_buf_t *errors);
static conf_rc_t confd_config_mail(confd_config_t *config,
    conf_buf_t *errors);
static conf_rc_t confd_config_error(conf_buf_t *errors, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


conf_rc_t
confd_config_init(confd_config_t *config)
{
    memset(config, 0, sizeof(confd_config_t));

    config->arena = conf_arena_create(4096, 0);
    if (config->arena == NULL) {
        return CONF_E_NOMEM;
    }

    /* From memset: no data, socket, group or log; sync always. */

    config->socket_mode = 0660;
    config->socket_gid = (gid_t) -1;
    config->log_level = CONFD_LOG_NOTICE;

    config->map_min = 64 * CONFD_MB;
    config->map_max = 64 * CONFD_GB;

    config->queue_max = 65536;
    config->queue_bytes_max = 256 * CONFD_MB;
    config->batch_ops = 1024;
    config->commit_interval_ms = 0;
    config->batch_bytes = 4 * CONFD_MB;
    config->readers = 2;
    config->hash_threads = 2;
    config->hash_queue_max = 256;

    config->links_max = 1024;
    config->link_output_max = 64 * CONFD_MB;

    config->op.scrypt_log_n = 15;
    config->op.scrypt_r = 8;
    config->op.scrypt_p = 1;
    config->op.room_members_max = 5000;
    config->op.user_rooms_max = 1000;
    config->op.room_grace_ms = 600000;
    config->op.dedup_ms = 300000;
    config->op.dedup_memory = 256 * CONFD_MB;

    config->op.mail_reset_ttl_ms = 1800000;
    config->mail.from = "noreply@localhost";

    return CONF_OK;
}


void
confd_config_free(confd_config_t *config)
{
    conf_arena_destroy(config->arena);
    config->arena = NULL;
}


conf_rc_t
confd_config_file(confd_config_t *config, const char *path, conf_buf_t *errors)
{
    FILE       *file;
    char        line[CONFD_CONFIG_LINE], where[CONFD_CONFIG_PATH + 32];
    size_t      len;
    unsigned    number;
    conf_rc_t   rc;

    file = fopen(path, "re");

    if (file == NULL) {
        return confd_config_error(errors, "cannot open \"%s\": %s", path,
                                  strerror(errno));
    }

    rc = CONF_OK;

    for (number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        snprintf(where, sizeof(where), "%s:%u", path, number);
        len = strlen(line);

        if (len == sizeof(line) - 1 && line[len - 1] != '\n') {
            rc = confd_config_error(errors, "%s: line is too long", where);
            break;
        }

        if (confd_config_line(config, where, line, errors) != CONF_OK) {
            rc = CONF_E_INVALID;
        }
    }

    if (ferror(file)) {
        rc = confd_config_error(errors, "cannot read \"%s\": %s", path,
                                strerror(errno));
    }

    (void) fclose(file);

    return rc;
}


conf_rc_t
confd_config_set(confd_config_t *config, const char *where, const char *key,
    const char *value, conf_buf_t *errors)
{
    size_t  i;

    for (i = 0; i < conf_nelts(confd_keys); i++) {
        if (strcmp(confd_keys[i].name, key) == 0) {
            return confd_config_value(config, &confd_keys[i], where, value,
                                      errors);
        }
    }

    return confd_config_error(errors, "%s: unknown key \"%s\"", where, key);
}


conf_rc_t
confd_config_check(confd_config_t *config, conf_buf_t *errors)
{
    conf_rc_t           rc;
    struct sockaddr_un  un;

    rc = CONF_OK;

    if (config->data == NULL) {
        rc = confd_config_error(errors, "no data directory: give -d or "
                                "\"data\"");
    }

    if (config->socket == NULL) {
        rc = confd_config_error(errors, "no socket: give -s or \"socket\"");

    } else if (strlen(config->socket) + sizeof(".4194304")
               > sizeof(un.sun_path))
    {
        rc = confd_config_error(errors, "socket path \"%s\" is too long",
                                config->socket);
    }

    if (config->map_min > config->map_max) {
        rc = confd_config_error(errors, "\"map_min\" is greater than "
                                "\"map_max\"");
    }

    if (confd_config_group(config, errors) != CONF_OK) {
        rc = CONF_E_INVALID;
    }

    if (confd_config_mail(config, errors) != CONF_OK) {
        rc = CONF_E_INVALID;
    }

    return rc;
}


static conf_rc_t
confd_config_line(confd_config_t *config, const char *where, char *line,
    conf_buf_t *errors)
{
    char    *p, *key, *value;
    size_t   i;

    line[strcspn(line, "\r\n")] = '\0';

    p = line;
    key = confd_config_word(&p);

    if (key == NULL) {
        return CONF_OK;
    }

    value = confd_config_word(&p);

    if (value == NULL) {
        return confd_config_error(errors, "%s: \"%s\" has no value", where,
                                  key);
    }

    if (confd_config_word(&p) != NULL) {
        return confd_config_error(errors, "%s: \"%s\" has more than one value",
                                  where, key);
    }

    for (i = 0; i < conf_nelts(confd_keys); i++) {
        if (strcmp(confd_keys[i].name, key) != 0) {
            continue;
        }

        if ((config->seen & (uint64_t) 1 << i) != 0) {
            return confd_config_error(errors, "%s: \"%s\" is set twice", where,
                                      key);
        }

        config->seen |= (uint64_t) 1 << i;
    }

    return confd_config_set(config, where, key, value, errors);
}


/* The next word, cut off; NULL at the end, or at a comment. */

static char *
confd_config_word(char **p)
{
    char  *word;

    word = *p + strspn(*p, " \t");

    if (*word == '\0' || *word == '#') {
        return NULL;
    }

    *p = word + strcspn(word, " \t");

    if (**p != '\0') {
        *(*p)++ = '\0';
    }

    return word;
}


static conf_rc_t
confd_config_value(confd_config_t *config, const confd_key_row_t *row,
    const char *where, const char *value, conf_buf_t *errors)
{
    switch (confd_config_store(config, row, value)) {

    case CONF_OK:
        return CONF_OK;

    case CONF_E_TOO_LARGE:
        return confd_config_error(errors, "%s: value \"%s\" of \"%s\" is out "
                                  "of range", where, value, row->name);

    default:
        return confd_config_error(errors, "%s: bad value \"%s\" of \"%s\"",
                                  where, value, row->name);
    }
}


/* CONF_OK, CONF_E_INVALID, CONF_E_TOO_LARGE (out of range), CONF_E_NOMEM. */

static conf_rc_t
confd_config_store(confd_config_t *config, const confd_key_row_t *row,
    const char *value)
{
    void        *slot;
    size_t       len;
    uint64_t     n;
    conf_rc_t    rc;
    const char  *copy;

    slot = (uint8_t *) config + row->offset;

    switch (row->kind) {

    case CONFD_KEY_STR:
        len = strlen(value);

        if (len < row->min || len > row->max) {
            return CONF_E_TOO_LARGE;
        }

        copy = (const char *) conf_arena_dup(config->arena, value, len);
        *(const char **) slot = copy;

        return copy == NULL ? CONF_E_NOMEM : CONF_OK;

    case CONFD_KEY_LEVEL:
    case CONFD_KEY_SYNC:
        return confd_config_name(row, value, slot);

    default:
        break;
    }

    rc = confd_config_number(row, value, &n);
    if (rc != CONF_OK) {
        return rc;
    }

    if (row->kind == CONFD_KEY_TIME) {
        *(int64_t *) slot = (int64_t) n;

    } else if (row->kind == CONFD_KEY_SIZE || row->kind == CONFD_KEY_COUNT) {
        *(size_t *) slot = (size_t) n;

    } else {
        *(uint32_t *) slot = (uint32_t) n;
    }

    return CONF_OK;
}


static conf_rc_t
confd_config_number(const confd_key_row_t *row, const char *value, uint64_t *n)
{
    conf_rc_t            rc;
    const char          *p;
    const confd_unit_t  *unit;

    p = value;

    rc = confd_config_digits(&p, row->kind == CONFD_KEY_OCTAL ? 8 : 10, n);
    if (rc != CONF_OK) {
        return rc;
    }

    switch (row->kind) {

    case CONFD_KEY_SIZE:
        unit = confd_sizes;
        break;

    case CONFD_KEY_TIME:
        unit = confd_times;
        break;

    default:
        unit = confd_counts;
    }

    /* Nothing is as much in any unit. */

    while (unit->name != NULL && strcasecmp(unit->name, p) != 0
           && (*n != 0 || *p != '\0'))
    {
        unit++;
    }

    if (unit->name == NULL) {
        return CONF_E_INVALID;
    }

    if (*n > UINT64_MAX / unit->factor) {
        return CONF_E_TOO_LARGE;
    }

    *n *= unit->factor;

    return *n < row->min || *n > row->max ? CONF_E_TOO_LARGE : CONF_OK;
}


static conf_rc_t
confd_config_digits(const char **p, unsigned base, uint64_t *n)
{
    unsigned     digit;
    const char  *start;

    *n = 0;

    for (start = *p; **p >= '0' && **p <= '9'; (*p)++) {
        digit = (unsigned) (**p - '0');

        if (digit >= base) {
            return CONF_E_INVALID;
        }

        if (*n > (UINT64_MAX - digit) / base) {
            return CONF_E_TOO_LARGE;
        }

        *n = *n * base + digit;
    }

    return *p == start ? CONF_E_INVALID : CONF_OK;
}


static conf_rc_t
confd_config_name(const confd_key_row_t *row, const char *value, uint32_t *n)
{
    uint32_t     i;
    const char  *name;

    for (i = 0; /* void */ ; i++) {

        if (row->kind == CONFD_KEY_LEVEL) {
            name = confd_log_name(i);

        } else {
            name = i < conf_nelts(confd_syncs) ? confd_syncs[i] : NULL;
        }

        if (name == NULL) {
            return CONF_E_INVALID;
        }

        if (strcmp(name, value) == 0) {
            *n = i;
            return CONF_OK;
        }
    }
}


static conf_rc_t
confd_config_group(confd_config_t *config, conf_buf_t *errors)
{
    struct group  *group;

    if (config->socket_group == NULL) {
        return CONF_OK;
    }

    group = getgrnam(config->socket_group);

    if (group == NULL) {
        return confd_config_error(errors, "no group \"%s\" for the socket",
                                  config->socket_group);
    }

    config->socket_gid = group->gr_gid;

    return CONF_OK;
}


static conf_rc_t
confd_config_error(conf_buf_t *errors, const char *fmt, ...)
{
    int      n;
    char     text[CONFD_CONFIG_LINE * 2];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n > 0) {
        conf_buf_add(errors, text, conf_min((size_t) n, sizeof(text) - 1));
        conf_buf_lit(errors, "\n");
    }

    return CONF_E_INVALID;
}


/* One way out; without any, files in a folder of the store's directory. */

static conf_rc_t
confd_config_mail(confd_config_t *config, conf_buf_t *errors)
{
    char                *path;
    size_t               len;
    const char          *url;
    confd_mail_conf_t   *mail = &config->mail;

    if ((mail->command != NULL) + (mail->relay != NULL)
        + (mail->spool != NULL) > 1)
    {
        return confd_config_error(errors, "\"mail_command\", \"mail_relay\" "
                                  "and \"mail_spool\" exclude each other");
    }

    if (mail->command != NULL && mail->command[0] != '/') {
        return confd_config_error(errors, "\"mail_command\" is not an "
                                  "absolute path");
    }

    if (mail->relay != NULL && strncmp(mail->relay, "smtp://", 7) != 0
        && strncmp(mail->relay, "smtps://", 8) != 0)
    {
        return confd_config_error(errors, "\"mail_relay\" is not "
                                  "smtp://host:port");
    }

    if (mail->from[0] == '-' || strchr(mail->from, '@') == NULL
        || strpbrk(mail->from, "<>\"") != NULL)
    {
        return confd_config_error(errors, "\"mail_from\" is no address");
    }

    url = config->op.mail_reset_url;

    if (url != NULL && strstr(url, "%TOKEN%") == NULL) {
        return confd_config_error(errors, "\"mail_reset_url\" has no "
                                  "%%TOKEN%%");
    }

    if (mail->spool != NULL || config->data == NULL) {
        return CONF_OK;
    }

    len = strlen(config->data) + sizeof("/mail");

    path = conf_arena_alloc(config->arena, len);
    if (path == NULL) {
        return CONF_E_NOMEM;
    }

    (void) snprintf(path, len, "%s/mail", config->data);
    mail->spool = path;

    return CONF_OK;
}
