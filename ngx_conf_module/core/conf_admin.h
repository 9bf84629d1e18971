
/*
 * The verbs of admins.  That the asker is one is checked by the row's class
 * of authority, and once more in confd's transaction.
 */

#ifndef _CONF_ADMIN_H_INCLUDED_
#define _CONF_ADMIN_H_INCLUDED_


#include "conf_page.h"
#include "conf_verb.h"


typedef struct {
    conf_input_t   input;
    uint64_t       user_id;
    conf_str_t     keyword;
    uint32_t       status;            /* 0: any; 1 + conf_user_status_e */
    uint64_t       page;              /* 0: the first */
    uint64_t       limit;             /* 0: CONF_PAGE_SIZE */
    conf_str_t     reason;
    uint64_t       hours;             /* of a ban; 0: for ever */
} conf_admin_in_t;

/* A user, and the ban while there is one. */

typedef struct {
    conf_str_t     reason;
    int64_t        until_ms;          /* 0: for ever */
} conf_ban_t;

typedef struct {
    conf_user_t    user;
    conf_ban_t    *ban;
} conf_account_t;

typedef struct {
    conf_page_t    page;
    conf_list_t    users;             /* of conf_user_t */
} conf_user_page_t;

typedef struct {
    conf_page_t    page;
    conf_list_t    audits;            /* of conf_audit_t */
} conf_audit_page_t;


/* conf_admin_in_t (keyword, status, page, limit) -> conf_user_page_t */
conf_rc_t conf_admin_list(conf_op_t *op, const void *in);

/* conf_admin_in_t (user_id) -> conf_account_t; deleted ones, too */
conf_rc_t conf_admin_get(conf_op_t *op, const void *in);

/* conf_user_update_in_t, fixed conf_masks_t -> conf_account_t */
conf_rc_t conf_admin_update(conf_op_t *op, const void *in);

/* conf_admin_in_t (user_id) -> nothing */
conf_rc_t conf_admin_delete(conf_op_t *op, const void *in);

/* conf_admin_in_t (user_id, reason, hours) -> conf_user_t */
conf_rc_t conf_admin_ban(conf_op_t *op, const void *in);

/* conf_admin_in_t (user_id) -> conf_user_t */
conf_rc_t conf_admin_unban(conf_op_t *op, const void *in);

/* conf_admin_in_t (page, limit) -> conf_audit_page_t */
conf_rc_t conf_admin_audit(conf_op_t *op, const void *in);


#endif /* _CONF_ADMIN_H_INCLUDED_ */
