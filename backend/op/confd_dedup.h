
/*
 * Which client ids have been seen: an index in memory over the end of the
 * log, so that a message with a client's id costs the disk no more than one
 * without.  The log has the ids, the index only tells where to look: what it
 * finds is read from the log in the caller's transaction, so entries of a
 * transaction that was given up, or of records that are gone, do no harm.
 *
 * It holds the messages of the last dedup_ms that have an id, 20 bytes each,
 * and forgets the oldest when that would be more than the configuration
 * allows.  All of it is the writer's.
 */

#ifndef _CONFD_DEDUP_H_INCLUDED_
#define _CONFD_DEDUP_H_INCLUDED_


#include "confd_record.h"


/* An empty index of at most memory bytes (1 MB at least), or NULL. */
confd_dedup_t *confd_dedup_create(size_t memory);

/* NULL is allowed. */
void confd_dedup_destroy(confd_dedup_t *dedup);

/*
 * Reads the end of the log, once; later calls do nothing.  Any transaction
 * will do.  CONF_OK, CONF_E_NOMEM, CONF_E_STORE_FAILED.
 */
conf_rc_t confd_dedup_load(confd_op_ctx_t *ctx);

/*
 * The position of the message that was stored with this client id.
 * CONF_E_NOT_FOUND: none, and there is room to add it.  Errors as above.
 */
conf_rc_t confd_dedup_find(confd_op_ctx_t *ctx,
    const conf_message_post_t *in, uint64_t *pos);

/* After find has found none: the message is stored now.  Cannot fail. */
void confd_dedup_add(confd_op_ctx_t *ctx, const conf_message_post_t *in,
    uint64_t pos);

/* Messages that the index knows. */
size_t confd_dedup_count(const confd_dedup_t *dedup);


#endif /* _CONFD_DEDUP_H_INCLUDED_ */
