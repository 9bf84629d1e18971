
/*
 * The daemon's log: one line an event, written whole by one write(2), so that
 * any thread may log.  A line is
 *
 *     2026/11/20 14:00:00 [info] 1234#: text
 *
 * with the time of the machine's zone, text in lower case and without a final
 * period; never a password, a token or what somebody said.
 */

#ifndef _CONFD_LOG_H_INCLUDED_
#define _CONFD_LOG_H_INCLUDED_


#include "conf_base.h"


typedef enum {
    CONFD_LOG_ALERT = 0,        /* impossible */
    CONFD_LOG_ERROR,            /* ours or the store's */
    CONFD_LOG_WARN,             /* dropped, limited */
    CONFD_LOG_NOTICE,           /* start, stop */
    CONFD_LOG_INFO,             /* links */
    CONFD_LOG_DEBUG
} confd_log_level_e;


/* The level's name as it stands in a line, or NULL past the last. */
const char *confd_log_name(unsigned level);

/*
 * Opens the log: appends to the file, made when absent, or writes to stderr
 * when path is NULL or empty.  path is kept and must live on.  Called once,
 * before any thread is made.  CONF_OK, or CONF_E_STORE_FAILED and a sentence
 * in err.
 */
conf_rc_t confd_log_open(const char *path, confd_log_level_e level, char *err,
    size_t errlen);

/*
 * Opens the file by its name again, after somebody has moved it; the old one
 * stays when that fails, and gets a line about it.
 */
void confd_log_reopen(void);

/* Writes a line unless it is less important than the level. */
__attribute__((format(printf, 2, 3)))
void confd_log(confd_log_level_e level, const char *fmt, ...);


#endif /* _CONFD_LOG_H_INCLUDED_ */
