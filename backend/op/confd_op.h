
/*
 * Durable actions: one op, one transaction, one function.  An op checks
 * first, writes after, and has no effect outside its transaction; what must
 * happen after the commit (touch events) it puts into its context.
 */

#ifndef _CONFD_OP_H_INCLUDED_
#define _CONFD_OP_H_INCLUDED_


#include "conf_rpc.h"
#include "confd_store.h"


#define CONFD_HASH_MAX       256     /* an encoded password hash */

/*
 * Set once from the configuration, read by every thread.  dedup_ms 0: no
 * message is taken for a repeated one.
 */

typedef struct {
    uint32_t   scrypt_log_n;         /* cost: N = 1 << log_n */
    uint32_t   scrypt_r;
    uint32_t   scrypt_p;
    uint32_t   room_members_max;
    uint32_t   user_rooms_max;
    int64_t    dedup_ms;
    size_t     dedup_memory;         /* bytes, at most */
    int64_t    room_grace_ms;        /* that a meeting past its end may be
                                        empty */
    int64_t    mail_reset_ttl_ms;    /* that a token for a new password is
                                        good */
    const char *mail_reset_url;      /* with %TOKEN%; NULL: the token alone */
} confd_op_conf_t;

typedef struct confd_dedup_s  confd_dedup_t;

typedef struct {
    const confd_store_driver_t  *driver;
    confd_txn_t                 *txn;
    conf_arena_t                *arena;    /* lives until the reply is sent */
    const confd_op_conf_t       *conf;
    confd_dedup_t               *dedup;    /* of the writer */
    int64_t                      now_ms;

    /* What the HASH stage left: the hash to store, whether the old matched. */
    char                         hash[CONFD_HASH_MAX];
    bool                         matched;
    uint64_t                     user_id;
    uint32_t                     version;  /* of the user who was hashed */

    /*
     * What the op touched, in the arena: one who leaves all rooms touches as
     * many.  The caller zeroes ntouches before each run.
     */
    conf_touch_t                *touches;
    size_t                       ntouches;

    bool                         mail;     /* there is something to deliver */
} confd_op_ctx_t;

/*
 * in and out are the op's request and reply structs; out comes zeroed.  What
 * out points to is in the arena or is what in points to: it outlives the
 * transaction, and in lives until the reply is packed.
 */
typedef conf_rc_t (*confd_op_pt)(confd_op_ctx_t *ctx, const void *in,
    void *out);

/*
 * The HASH stage, on the pool, with a store but without a transaction: it
 * opens and ends a short snapshot of its own before it starts to hash.  An
 * error is the op's result, run is not called then; otherwise run gets the
 * same context, with a transaction.
 */
typedef conf_rc_t (*confd_op_hash_pt)(confd_op_ctx_t *ctx,
    confd_store_t *store, const void *in);

typedef struct {
    confd_op_hash_pt  hash;
    confd_op_pt       run;
} confd_op_t;

/* By conf_op_e; LOOP ops have no run. */
extern const confd_op_t  confd_ops[CONF_OP_MAX];


#endif /* _CONFD_OP_H_INCLUDED_ */
