
/*
 * The verbs: what can be done, for rows to name.  Each takes the struct named
 * in its comment (filled by the row's schema) and ends with the reply named
 * there.  Every check of who may is made in confd's transaction, or on a hot
 * copy that is never older than what the asker has been told.
 */

#ifndef _CONF_VERB_H_INCLUDED_
#define _CONF_VERB_H_INCLUDED_


#include "conf_core.h"
#include "conf_page.h"


#define CONF_ROOMS_PAGE    200
#define CONF_MEMBERS_MAX   1000       /* members that a list shows */


/* Users. */

typedef struct {
    conf_input_t   input;
    conf_str_t     name;
    conf_str_t     password;
    conf_str_t     email;
    conf_str_t     nickname;
    conf_str_t     phone;
} conf_register_in_t;

/* conf_register_in_t -> conf_user_t */
conf_rc_t conf_user_register(conf_op_t *op, const void *in);

typedef struct {
    conf_str_t     token;
    conf_str_t     refresh;           /* of a login; empty: there is none */
    int64_t        expires_s;         /* seconds the token lives */
    conf_user_t    user;
} conf_login_out_t;

/* conf_register_in_t (name, password) -> conf_login_out_t */
conf_rc_t conf_user_login(conf_op_t *op, const void *in);

/*
 * A login: its token ends with it, and a refresh token gives new ones.  name
 * may be an e-mail address.
 *
 * conf_register_in_t (name, or email, and password) -> conf_login_out_t
 */
conf_rc_t conf_login_open(conf_op_t *op, const void *in);

/*
 * Before a password is tried: after ten failures in a quarter of an hour a
 * name is RATE_LIMITED, from wherever it is tried and by whatever API.
 */
conf_rc_t conf_login_guard(conf_op_t *op);

typedef struct {
    conf_input_t   input;
    conf_str_t     refresh;           /* a refresh or an access token; none:
                                         that of the asker */
    bool           all;               /* logout: of all the asker's logins */
} conf_refresh_in_t;

/*
 * conf_refresh_in_t -> conf_login_out_t; TOKEN_*.  Without a refresh token the
 * asker's own token, while it is good, is as good.
 */
conf_rc_t conf_login_refresh(conf_op_t *op, const void *in);

/* conf_refresh_in_t (all) -> nothing */
conf_rc_t conf_login_close(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    conf_str_t     email;
    conf_str_t     token;
    conf_str_t     password;
} conf_reset_in_t;

/* conf_reset_in_t (email) -> nothing, whether there is such a user or not */
conf_rc_t conf_reset_begin(conf_op_t *op, const void *in);

/* conf_reset_in_t (token, password, [email]) -> nothing; RESET_* */
conf_rc_t conf_reset_end(conf_op_t *op, const void *in);

typedef struct {
    conf_str_t     nonce;             /* for a cookie that scripts do not see */
    conf_str_t     token;             /* what to send with each change */
} conf_csrf_t;

/* nothing -> conf_csrf_t */
conf_rc_t conf_csrf_issue(conf_op_t *op, const void *in);

#define CONF_CSRF_TEXT  43            /* of a nonce and of a token */

/* Is it the token of that nonce?  In constant time. */
bool conf_csrf_good(const conf_settings_t *set, conf_str_t nonce,
    conf_str_t token);

typedef struct {
    conf_input_t   input;
    uint64_t       user_id;           /* 0: the asker */
} conf_user_in_t;

/* conf_user_in_t -> conf_user_t */
conf_rc_t conf_user_get(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t        input;
    uint64_t            user_id;      /* 0: the asker; another: FORBIDDEN */
    conf_user_update_t  update;       /* mask by the fixed conf_user_masks_t */
} conf_user_update_in_t;

/* Which row of the schema changes what: bit i of given is masks[i]. */

typedef struct {
    const uint64_t     *masks;
    size_t              n;
} conf_masks_t;

uint64_t conf_masks_given(const conf_masks_t *masks,
    const conf_input_t *input);

/* conf_user_update_in_t, fixed conf_masks_t -> conf_user_t */
conf_rc_t conf_user_update(conf_op_t *op, const void *in);


/* Is it long enough here?  CONF_OK, or what ends the op. */
conf_rc_t conf_password_check(conf_op_t *op, const char *field,
    conf_str_t password);

/* A reply of confd about a user is a hot copy too. */
void conf_user_keep(conf_op_t *op, const conf_user_t *user);

typedef struct {
    conf_input_t   input;
    conf_str_t     name;              /* when given, the asker's own */
    conf_str_t     old_password;
    conf_str_t     new_password;
} conf_password_in_t;

/* conf_password_in_t -> conf_login_out_t: a token of the new version */
conf_rc_t conf_user_password(conf_op_t *op, const void *in);

/* The same with a login of its own. */
conf_rc_t conf_login_password(conf_op_t *op, const void *in);

/*
 * The asker is no more, and what was the asker's ends.
 *
 * conf_password_in_t (old_password, when given) -> nothing
 */
conf_rc_t conf_user_close(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    conf_str_t     keyword;
    uint64_t       page;
    uint64_t       limit;
} conf_search_in_t;

/* conf_search_in_t -> conf_users_t; the asker is not among them */
conf_rc_t conf_user_search(conf_op_t *op, const void *in);

/* conf_user_in_t -> conf_rooms_t: rooms shared with that user */
conf_rc_t conf_user_common_rooms(conf_op_t *op, const void *in);

typedef struct {
    conf_stats_t   stats;
    uint64_t       friends_online;
    conf_list_t    days;              /* of conf_view_count_t */
    conf_list_t    by_room;
} conf_user_stats_out_t;

/* nothing -> conf_user_stats_out_t, of the asker */
conf_rc_t conf_user_stats(conf_op_t *op, const void *in);


/* Rooms. */

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    conf_str_t     name;
    conf_str_t     description;
} conf_room_in_t;

/* conf_room_in_t -> conf_room_t */
conf_rc_t conf_room_create(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    uint64_t       after;
    uint64_t       limit;             /* 0: all, by pages of our own */
} conf_room_list_in_t;

/* conf_room_list_in_t -> conf_list_t of conf_room_t */
conf_rc_t conf_room_list(conf_op_t *op, const void *in);

/* A room as one of its members sees it. */

typedef struct {
    conf_room_t    room;
    uint32_t       role;
    uint64_t       read_seq;
    uint64_t       online;            /* users */
} conf_room_out_t;

/* conf_room_in_t (room_id) -> conf_room_out_t */
conf_rc_t conf_room_get(conf_op_t *op, const void *in);

/* conf_room_in_t -> conf_room_t */
conf_rc_t conf_room_update(conf_op_t *op, const void *in);

/* conf_room_in_t (room_id) -> conf_room_t */
conf_rc_t conf_room_delete(conf_op_t *op, const void *in);


/* Members. */

typedef struct {
    conf_member_t  member;
    bool           online;
} conf_member_out_t;

typedef struct {
    conf_list_t    members;           /* of conf_member_out_t */
    bool           more;
} conf_members_out_t;

/* conf_room_in_t (room_id) -> conf_members_out_t */
conf_rc_t conf_member_list(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    uint64_t       user_id;
    conf_str_t     user_name;
    uint32_t       role;
} conf_member_in_t;

/* conf_member_in_t -> conf_member_view_t */
conf_rc_t conf_member_add(conf_op_t *op, const void *in);

/* conf_member_in_t; user_id 0: the asker -> conf_member_view_t */
conf_rc_t conf_member_remove(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    uint64_t       seq;
} conf_read_in_t;

/* conf_read_in_t -> nothing */
conf_rc_t conf_member_read(conf_op_t *op, const void *in);


/* Messages. */

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    conf_str_t     type;
    conf_str_t     content;
    conf_str_t     client_id;
    bool           json;
} conf_message_in_t;

/* conf_message_in_t -> conf_message_t */
conf_rc_t conf_message_post(conf_op_t *op, const void *in);

/* The same without storing it: to who is there now, of members only. */
conf_rc_t conf_message_relay(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    uint64_t       before_id;
    uint64_t       after_seq;
    uint64_t       epoch;
    int64_t        limit;             /* out of range: the fixed limits */
    uint64_t       page;              /* from 1, of pages of limit; 0: none */
    uint32_t       order;             /* conf_order_e */
} conf_history_in_t;

typedef enum {
    CONF_ORDER_DEFAULT = 0,
    CONF_ORDER_ASCENDING,
    CONF_ORDER_DESCENDING
} conf_order_e;

typedef struct {
    int64_t        limit_default;
    int64_t        limit_max;
    conf_order_e   order;             /* when the input names none */
    bool           forward;           /* by after_seq: catch up */
    const char    *after_field;       /* given: forward too */
    conf_str_t     chat;              /* the type of all messages, beside who
                                         came and left; NULL: only messages */
} conf_history_fixed_t;

typedef struct {
    conf_list_t    messages;          /* of conf_message_t */
    uint64_t       room_id;
    uint64_t       epoch;
    uint64_t       seq;               /* the room's newest */
    conf_page_t    page;              /* of all messages of the room */
    bool           more;
} conf_history_out_t;

/* conf_history_in_t, fixed conf_history_fixed_t -> conf_history_out_t */
conf_rc_t conf_message_list(conf_op_t *op, const void *in);


/* Files.  The bytes are in place; what happened to them is in the input. */

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    conf_file_t    file;              /* by the glue: name, title, type, size */
    conf_str_t     url;               /* where it will be served */
    conf_str_t     extension;         /* ".png", by content */
    bool           image;
    conf_str_t     replaced;          /* name of a file that may go now */
} conf_upload_in_t;

/* conf_upload_in_t -> conf_upload_in_t with file completed */
conf_rc_t conf_file_add(conf_op_t *op, const void *in);

/* conf_upload_in_t -> conf_user_t: the asker with the avatar */
conf_rc_t conf_avatar_set(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    conf_str_t     name;              /* the file's, with its extension */
} conf_file_in_t;

/* conf_file_in_t -> conf_file_t, for the glue to send */
conf_rc_t conf_file_get(conf_op_t *op, const void *in);


/* Sockets. */

/* nothing -> conf_session_t: the upgrade may go on */
conf_rc_t conf_socket_open(conf_op_t *op, const void *in);

/* nothing -> nothing */
conf_rc_t conf_ping(conf_op_t *op, const void *in);

/* What needs a service that nobody has configured: UNAVAILABLE. */
conf_rc_t conf_unavailable(conf_op_t *op, const void *in);


#endif /* _CONF_VERB_H_INCLUDED_ */
