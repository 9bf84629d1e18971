
/*
 * Lists of members as a worker has shown them last, in the bytes of the
 * dialect: what a hot room is asked for again and again.  One is good while the
 * hot copy that it was made of is the newest, and the same users are online.
 *
 * A list has one slot, by its row and room, and the next one that falls on it
 * takes the slot over: what was found is good until the loop goes on.
 */

#ifndef _CONF_MEMO_H_INCLUDED_
#define _CONF_MEMO_H_INCLUDED_


#include "conf_core.h"


#define CONF_MEMOS         64            /* of a worker */
#define CONF_MEMO_MAX      (48 * 1024)   /* bytes of one */
#define CONF_MEMO_MEMBERS  150           /* a longer list is not kept */

struct conf_memo_s {
    const conf_row_t    *row;             /* NULL: the slot is empty */
    conf_cache_key_t     key;
    conf_cache_stamp_t   stamp;           /* of the copy */

    /* All in buf; ids are in order. */
    conf_list_t          members;         /* of uint64_t */
    conf_list_t          online;          /* of uint64_t */
    conf_str_t           text;            /* none: it was not shown yet */
    conf_buf_t           buf;
};


/* env->memos.  CONF_OK, CONF_E_NOMEM. */
conf_rc_t conf_memo_create(conf_env_t *env);
void conf_memo_destroy(conf_env_t *env);

/*
 * The list of the row, whoever is online; NULL when there is none of the
 * newest copy.  That one's stamp is set then, rev 0: there is no copy.
 */
conf_memo_t *conf_memo_find(const conf_op_t *op, conf_cache_key_t key,
    conf_cache_stamp_t *stamp);

/*
 * A slot for the list that the op is about to show, for op->memo; NULL when it
 * is long, or memory is short.  conf_memo_keep() gives it the text, or not, for
 * the same reasons.
 */
conf_memo_t *conf_memo_take(const conf_op_t *op, conf_cache_key_t key,
    conf_cache_stamp_t stamp, conf_list_t members, conf_list_t online);
void conf_memo_keep(conf_memo_t *memo, conf_str_t text);

/* Of two lists of ids in order. */
bool conf_ids_have(conf_list_t list, uint64_t id);
bool conf_ids_equal(conf_list_t a, conf_list_t b);


#endif /* _CONF_MEMO_H_INCLUDED_ */
