
/*
 * What a request or a message is to the domain: an op that runs a verb.  A
 * verb is a plain function that ends in one of three ways, as its value:
 *
 *     return conf_op_call(op, CONF_OP_..., &request, conf_room_joined);
 *     return conf_op_done(op, &reply);
 *     return conf_op_fail(op, CONF_E_...);
 *
 * Imperative starts, past participle resumes: what conf_room_join() began
 * conf_room_joined() goes on with when confd has answered.  An error of confd
 * ends the op without the continuation.
 *
 * Rows of a dialect say which verb answers what; nothing here asks which
 * dialect speaks, and an HTTP status is a number that only passes through.
 */

#ifndef _CONF_CORE_H_INCLUDED_
#define _CONF_CORE_H_INCLUDED_


#include "conf_rpc.h"
#include "conf_channel.h"
#include "conf_cache.h"
#include "conf_limit.h"
#include "conf_schema.h"
#include "conf_view.h"
#include "conf_route.h"


typedef struct conf_op_s       conf_op_t;
typedef struct conf_env_s      conf_env_t;
typedef struct conf_call_s     conf_call_t;
typedef struct conf_row_s      conf_row_t;
typedef struct conf_api_s      conf_api_t;
typedef struct conf_live_s     conf_live_t;
typedef struct conf_memo_s     conf_memo_t;
typedef struct conf_session_s  conf_session_t;
typedef struct conf_answer_s   conf_answer_t;


/*
 * A call to confd.  The waiter owns it: it lies in the op, or in whatever
 * lives as long as the wait.  done is called at most once, never inside
 * env->call(); after env->cancel() never.  rc is CONF_OK or an error; then
 * reply is NULL.  reply and what it points to live in arena.
 */

struct conf_call_s {
    conf_op_e             code;
    conf_arena_t         *arena;      /* for the reply; set by the waiter */
    void                (*done)(conf_call_t *call);
    void                 *data;       /* the waiter's */

    conf_rc_t             rc;
    void                 *reply;
    uint64_t              rev;

    /* The link's own. */
    uint64_t              id;         /* 0: not pending */
    uint32_t              slot;
    bool                  retried;
    conf_str_t            frame;      /* kept for a retry, malloc'ed */
    int64_t               deadline_ms;
    uint64_t              started_us;
    conf_call_t          *next;
    conf_call_t          *prev;
};


/* Settings of a location that the domain obeys. */

typedef struct {
    conf_str_t            jwt_secret;
    int64_t               token_ms;         /* lifetime of what is issued */
    bool                  rate_limit;
    uint32_t              rate_scale;       /* percent of a row's count */
    size_t                message_max;      /* bytes of a message */
    conf_str_t            default_avatar;
    int64_t               refresh_ms;       /* lifetime of a login */
    uint32_t              password_min;     /* characters; 0: the row's own */
    conf_list_t           ice_uris;         /* of conf_str_t: stun:, turn: */
    conf_str_t            turn_secret;      /* shared with turn servers */
} conf_settings_t;


/*
 * What the domain needs from whoever runs it: one a worker.  In tests all of
 * it is fake.
 */

struct conf_env_s {
    conf_shm_t            shm;
    conf_worker_t         worker;
    uint64_t              generation;    /* of the zone we registered in */
    conf_live_t          *live;          /* the worker's own sockets */
    conf_memo_t          *memos;         /* and its own lists */

    /* Packs request now; completes call later. */
    void                (*call)(conf_env_t *env, conf_call_t *call,
                            const void *request);
    void                (*cancel)(conf_env_t *env, conf_call_t *call);

    /* The server's figures as JSON; NULL: it has none. */
    void                (*status)(conf_env_t *env, conf_buf_t *buf,
                            const conf_stat_t *stat);

    /* Rings doorbells. */
    void                (*wake)(conf_env_t *env, const conf_wake_t *wake);

    int64_t             (*now_ms)(conf_env_t *env);
    void                (*random)(conf_env_t *env, void *p, size_t len);
    void                 *data;
};


/* Who asks. */

typedef struct {
    uint64_t              user_id;
    uint32_t              version;       /* of the user, in the token */
    bool                  versioned;     /* the token carries one */
    bool                  admin;         /* the user is, by its record */
    bool                  ticket;        /* good for opening a socket only */
    uint64_t              sid;           /* of the login; 0: of none */
    int64_t               expires_ms;
} conf_auth_t;

typedef conf_rc_t (*conf_verb_pt)(conf_op_t *op, const void *in);
typedef conf_rc_t (*conf_step_pt)(conf_op_t *op, const void *reply);

struct conf_op_s {
    conf_env_t            *env;
    const conf_settings_t *settings;
    const conf_api_t      *api;
    const conf_row_t      *row;
    conf_arena_t          *arena;         /* lives as long as the op */

    conf_auth_t            auth;
    conf_rc_t              auth_rc;       /* why there is none (OPTIONAL) */
    conf_str_t             request_id;    /* when the API has them */
    bool                   secure;        /* it came over TLS */
    conf_str_t             host;          /* that it was asked of; or none */
    conf_session_t        *session;       /* whose message it is, or NULL */
    void                  *in;            /* by the row's schema */
    const void            *fixed;         /* the row's fixed argument */

    conf_call_t            call;
    conf_step_pt           next;
    bool                   optional;      /* next does without a reply, too */
    conf_step_pt           then;          /* after the verb's own end */
    void                 (*answered)(conf_op_t *op, conf_rc_t rc);
                                          /* hears what confd's call has ended
                                             in, before the op goes on */
    void                  *state;         /* the verb's, in the arena */

    /* The end: rc, and either reply or error. */
    conf_rc_t              rc;
    const void            *reply;
    conf_memo_t           *memo;          /* has the reply as it was shown (it
                                             may be NULL then), or is to have
                                             it; NULL: neither */
    conf_schema_error_t    error;
    conf_limit_t           limit;         /* when rate limited */
    conf_limit_rate_t      rate;          /* as scaled; count 0: none */

    void                 (*finish)(conf_op_t *op);     /* the owner's, once */
    void                  *owner;
    bool                   running;       /* between run and finish */
};


/* Rate classes: a row of this table, by number, and what it is keyed by. */

typedef struct {
    uint32_t               number;        /* of the bucket's class */
    conf_limit_rate_t      rate;          /* count 0: none */
    bool                   by_address;    /* else by user */
} conf_rate_t;

typedef enum {
    CONF_AUTH_NONE = 0,
    CONF_AUTH_USER,                        /* a valid token of an active user */
    CONF_AUTH_ADMIN,                       /* who is an admin now */
    CONF_AUTH_OPTIONAL                     /* none; a good token tells who */
} conf_auth_e;

typedef enum {
    CONF_BODY_NONE = 0,                    /* read and thrown away */
    CONF_BODY_JSON,                        /* by the schema */
    CONF_BODY_QUERY,                       /* query string, or JSON when there
                                              is a body */
    CONF_BODY_UPLOAD,                      /* multipart, one file to disk */
    CONF_BODY_SOCKET,                      /* the upgrade to WebSocket */
    CONF_BODY_FILE                         /* none; the reply is a file to
                                              send */
} conf_body_e;

/* What an error is in a dialect.  status 0: the API's row for it counts. */

typedef struct {
    conf_rc_t              error;
    uint16_t               status;
    int32_t                code;
    conf_str_t             text;
} conf_error_row_t;

struct conf_row_s {
    unsigned               method;         /* CONF_M_* */
    const char            *path;           /* a message row: its type, "*" */
    conf_auth_e            auth;
    const conf_rate_t     *rate;
    conf_body_e            body;
    uint32_t               body_max;       /* bytes; 0: the location's */
    const conf_schema_t   *schema;         /* NULL: no input */
    conf_verb_pt           verb;
    const conf_view_t     *view;           /* NULL: no data */
    bool                   list;           /* data is a conf_list_t */
    size_t                 offset;         /* of data in the reply */
    uint16_t               status;         /* of success; 0: 200 */
    int32_t                code;           /* of success, if the dialect's */
    conf_str_t             text;           /* the sentence of success; none: a
                                              message is not answered */
    const void            *fixed;
    const conf_error_row_t *errors;        /* ends with error 0; before the
                                              API's own table */
    void                 (*headers)(conf_op_t *op, conf_answer_t *answer);
                                           /* of success; NULL: no more */
    const char            *summary;        /* for the documents */
};


/* Rows of one file; an API has a list of pointers to them, NULL at its end. */

typedef struct {
    const conf_row_t      *rows;
    size_t                 n;
} conf_rows_t;


/* How a dialect says why it closes a socket, by conf_close_e. */

typedef struct {
    uint16_t               code;
    const char            *reason;
} conf_close_row_t;


/* What the outer layer learns of an answer besides its bytes. */

#define CONF_ANSWER_HEADERS  4

struct conf_answer_s {
    uint16_t               status;
    conf_str_t             type;           /* Content-Type */
    uint32_t               retry_s;        /* Retry-After; 0: none */
    bool                   silent;         /* nothing is to be sent */

    /* More response headers; names are static, values the op's arena's. */
    struct {
        const char        *name;
        conf_str_t         value;
    }                      headers[CONF_ANSWER_HEADERS];
    size_t                 nheaders;
};

/*
 * The shape of failures, for documents: those of that status; status 0 ends
 * the list and stands for all others.
 */

typedef struct {
    uint16_t               status;
    const char            *name;           /* of the shape */
    const conf_view_t     *view;           /* NULL: plain text */
} conf_shape_t;

/*
 * A dialect.  answer and frame write what an op ended in; event writes what a
 * published event is to this dialect's sockets, or nothing (buf stays empty).
 */

struct conf_api_s {
    conf_str_t             name;
    uint32_t               index;          /* dense, for per-dialect caches */
    const conf_rows_t     *const *groups;  /* the endpoints */
    bool                   request_ids;    /* X-Request-ID is one's own */
    const char            *token_cookie;   /* where a token may be, or NULL */
    const conf_row_t      *messages;       /* the last one may be "*" */
    size_t                 nmessages;
    conf_str_t             type_field;     /* of a message */
    const conf_error_row_t *errors;        /* CONF_E_MAX rows, by number */
    const conf_close_row_t *closes;        /* CONF_CLOSE_MAX rows, by number */
    bool                   snapshots;      /* peers are shown the whole room
                                              when somebody came or went */

    /*
     * Optional: the row of a message where type_field is not enough; the first
     * message may settle which dialect the session speaks.  CONF_OK, or an
     * error to be answered, with a row all the same.
     */
    conf_rc_t            (*find)(conf_session_t *session, conf_arena_t *arena,
                             conf_str_t text, const conf_row_t **row);

    /* What answer writes, for documents; data is the row without a sub. */
    const conf_view_t     *envelope;
    const conf_shape_t    *failures;

    void                 (*answer)(conf_op_t *op, conf_buf_t *buf,
                             conf_answer_t *answer);
    void                 (*event)(const conf_event_t *event, const void *body,
                             conf_buf_t *buf);
};


/* Takes the verb's result on; the three ends of a verb. */
conf_rc_t conf_op_call(conf_op_t *op, conf_op_e code, const void *request,
    conf_step_pt next);
conf_rc_t conf_op_done(conf_op_t *op, const void *reply);
conf_rc_t conf_op_fail(conf_op_t *op, conf_rc_t rc);

/*
 * A call whose answer one can do without: when the fault is the server's (no
 * link, no time) next goes on with NULL.
 */
conf_rc_t conf_op_try(conf_op_t *op, conf_op_e code, const void *request,
    conf_step_pt next);

/* The same as conf_op_fail() with the field that was wrong. */
conf_rc_t conf_op_invalid(conf_op_t *op, const char *field,
    const char *reason);

/*
 * For the owner, in this order.  conf_op_admit() checks the token (an
 * Authorization value, a bare token, or empty) and the rate; address is the
 * hashed client address; conf_op_limit() is the rate alone.  conf_op_input()
 * fills the input.
 * Errors are returned and kept in op->rc; the owner then answers.
 */
conf_rc_t conf_op_admit(conf_op_t *op, conf_str_t token, uint64_t address);
conf_rc_t conf_op_limit(conf_op_t *op, uint64_t address);

/*
 * The token is not to be taken, for that reason: CONF_OK where none is needed,
 * and the op is nobody's then.
 */
conf_rc_t conf_op_refuse(conf_op_t *op, conf_rc_t rc);
conf_rc_t conf_op_input(conf_op_t *op, conf_str_t query, conf_str_t body,
    const conf_route_match_t *match);

/*
 * Runs it: the user's state first, then the verb.  finish() is called when
 * it has ended, maybe before this returns.  conf_op_cancel() ends it without
 * a word: finish() is not called any more.
 */
void conf_op_run(conf_op_t *op);
void conf_op_cancel(conf_op_t *op);

/*
 * What an error is here: the API's row for it, with the sentence (and the
 * status and code, when given) of the row's own table.  A row of that table
 * for CONF_E_MAX stands for all errors that are the server's own.
 */
void conf_op_error_row(const conf_op_t *op, conf_rc_t rc,
    conf_error_row_t *merged);

/* Percent of a count, at least one; 0 percent: the count as it is. */
uint32_t conf_op_scaled(uint32_t count, uint32_t percent);

/* Is it one that may be echoed: 1 to 64 of A-Z a-z 0-9 . _ - */
bool conf_request_id_valid(conf_str_t id);

/* A few English words, for the log. */
const char *conf_error_text(conf_rc_t rc);

/* Is it the server's fault and not the asker's? */
bool conf_error_internal(conf_rc_t rc);

/*
 * The routes of an API's endpoints, in the arena.  NULL when memory is short,
 * or with *wrong set to a row whose pattern is wrong or there twice.
 */
conf_route_t *conf_api_routes(const conf_api_t *api, conf_arena_t *arena,
    const conf_row_t **wrong);

/* The message row of that type; NULL when the dialect has none. */
const conf_row_t *conf_api_message(const conf_api_t *api, conf_str_t type);

/* The row of a session's message, by find or by type_field; results of find. */
conf_rc_t conf_api_find_message(conf_session_t *session, conf_arena_t *arena,
    conf_str_t text, const conf_row_t **row);

/*
 * Hot copies: reads a record into *out (strings in the op's arena).  CONF_OK,
 * CONF_E_NOT_FOUND.
 */
conf_rc_t conf_hot_get(conf_env_t *env, conf_arena_t *arena,
    conf_cache_key_t key, const conf_proto_t *proto, void *out);
void conf_hot_put(conf_env_t *env, conf_cache_key_t key, uint64_t rev,
    const conf_proto_t *proto, const void *record);

/* Is the user active now?  CONF_OK, CONF_E_USER_BANNED, CONF_E_USER_ABSENT. */
conf_rc_t conf_user_state(const conf_user_t *user, int64_t now_ms);

/* Is a token still good for the user?  The same, and CONF_E_TOKEN_REVOKED. */
conf_rc_t conf_auth_state(const conf_auth_t *auth, const conf_user_t *user,
    int64_t now_ms);


#endif /* _CONF_CORE_H_INCLUDED_ */
