
/*
 * What an operator may set: built-in values, then the file, then the command
 * line.  The file holds one `key value` a line; # starts a comment.  Sizes
 * take k, m or g, times ms, s, m or h.
 */

#ifndef _CONFD_CONFIG_H_INCLUDED_
#define _CONFD_CONFIG_H_INCLUDED_


#include "conf_arena.h"
#include "conf_buf.h"
#include "confd_log.h"
#include "confd_mail.h"
#include "confd_op.h"

#include <sys/types.h>


#define CONFD_CONFIG_KEYS  64        /* at most, one bit each */

typedef struct {
    conf_arena_t       *arena;       /* of the strings below */
    uint64_t            seen;        /* keys that the file has set */

    const char         *data;        /* the store's directory */
    const char         *socket;
    const char         *socket_group;
    uint32_t            socket_mode;
    gid_t               socket_gid;  /* (gid_t) -1: leave it */

    const char         *log;         /* NULL: stderr */
    uint32_t            log_level;   /* confd_log_level_e */

    uint32_t            sync;        /* confd_sync_e */
    size_t              map_min;
    size_t              map_max;

    size_t              queue_max;   /* waiting ops of a lane */
    size_t              queue_bytes_max;
    size_t              batch_ops;
    int64_t             commit_interval_ms;   /* while few ops wait */
    size_t              batch_bytes;
    size_t              readers;
    size_t              hash_threads;
    size_t              hash_queue_max;

    size_t              links_max;
    size_t              link_output_max;

    confd_mail_conf_t   mail;
    confd_op_conf_t     op;
} confd_config_t;


/* Built-in values.  CONF_OK or CONF_E_NOMEM. */
conf_rc_t confd_config_init(confd_config_t *config);

/* Frees the strings. */
void confd_config_free(confd_config_t *config);

/*
 * Reads the file.  Appends one sentence a mistake, each with file and line
 * and a line feed, to errors.  CONF_OK or CONF_E_INVALID.
 */
conf_rc_t confd_config_file(confd_config_t *config, const char *path,
    conf_buf_t *errors);

/*
 * Sets one key as the file does; where names the place in a sentence.
 * CONF_OK or CONF_E_INVALID.
 */
conf_rc_t confd_config_set(confd_config_t *config, const char *where,
    const char *key, const char *value, conf_buf_t *errors);

/* What no single line can tell.  CONF_OK or CONF_E_INVALID. */
conf_rc_t confd_config_check(confd_config_t *config, conf_buf_t *errors);


#endif /* _CONFD_CONFIG_H_INCLUDED_ */
