
/*
 * Types, results and small helpers that every layer shares.  Pure C11: no
 * nginx, no allocation, no logging.
 */

#ifndef _CONF_BASE_H_INCLUDED_
#define _CONF_BASE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


/*
 * Results.  Zero is success, negative values steer, positive ones are errors
 * of the domain.  Only the rows of CONF_ERROR_MAP name an error; a dialect's
 * table turns it into a status, a code and a sentence.  Append only: the
 * numbers cross the wire between the module and confd.
 */

typedef int  conf_rc_t;

#define CONF_OK        0
#define CONF_AGAIN    -1    /* suspended, or more bytes are needed */
#define CONF_DONE     -2    /* the end of an iteration */

#define CONF_ERROR_MAP(X)                                                     \
    X(INTERNAL,          "internal error")                                    \
    X(NOMEM,             "out of memory")                                     \
    X(NOT_FOUND,         "no such resource")                                  \
    X(METHOD,            "method not allowed")                                \
    X(BAD_REQUEST,       "malformed request")                                 \
    X(INVALID,           "invalid field")                                     \
    X(TOO_LARGE,         "too large")                                         \
    X(RATE_LIMITED,      "rate limit exceeded")                               \
    X(TOKEN_ABSENT,      "no token")                                          \
    X(TOKEN_SCHEME,      "wrong authorization scheme")                        \
    X(TOKEN_MALFORMED,   "malformed token")                                   \
    X(TOKEN_EXPIRED,     "token expired or not active yet")                   \
    X(TOKEN_INVALID,     "token signature invalid")                           \
    X(TOKEN_CLAIMS,      "token claims invalid")                              \
    X(TOKEN_REVOKED,     "token revoked")                                     \
    X(USER_BANNED,       "user is banned")                                    \
    X(ORIGIN,            "origin not allowed")                                \
    X(FORBIDDEN,         "permission denied")                                 \
    X(NAME_TAKEN,        "name is taken")                                     \
    X(EMAIL_TAKEN,       "e-mail is taken")                                   \
    X(BAD_LOGIN,         "unknown user or wrong password")                    \
    X(BAD_PASSWORD,      "wrong password")                                    \
    X(USER_ABSENT,       "no such user")                                      \
    X(ROOM_ABSENT,       "no such room")                                      \
    X(NOT_MEMBER,        "not a member of the room")                          \
    X(ALREADY_MEMBER,    "already a member of the room")                      \
    X(ROOM_FULL,         "room is full")                                      \
    X(ROOM_ENDED,        "room has ended")                                    \
    X(MESSAGE_ABSENT,    "no such message")                                   \
    X(FILE_ABSENT,       "no such file")                                      \
    X(FILE_TYPE,         "type of file not allowed")                          \
    X(BACKEND_DOWN,      "backend is down")                                   \
    X(BACKEND_BUSY,      "backend is busy")                                   \
    X(BACKEND_TIMEOUT,   "backend did not answer in time")                    \
    X(STORE_FULL,        "store is full")                                     \
    X(STORE_FAILED,      "store failed")                                      \
    X(ZONE_FULL,         "shared memory is full")                             \
    X(PROTOCOL,          "wire protocol violated")                            \
    X(EXISTS,            "exists already")                                    \
    X(CONFLICT,          "changed meanwhile")                                 \
    X(TOKEN_SUBJECT,     "token names no user")                               \
    X(EMPTY,             "required text is empty")                            \
    X(WAITING,             "waits to be admitted")                            \
    X(REMOVED,             "was removed from the room")                       \
    X(ROOM_STATE,          "room is not in that state")                       \
    X(ROOM_PASSWORD,       "wrong password of the room")                      \
    X(TARGET_ABSENT,       "the receiver is not there")                       \
    X(SAME_PASSWORD,       "new password is the old one")                     \
    X(RESET_INVALID,       "reset token unknown or used")                     \
    X(RESET_EXPIRED,       "reset token expired")                             \
    X(CSRF,                "forgery token missing or wrong")                  \
    X(UNAVAILABLE,         "not configured here")                             \
    X(SESSION_ABSENT,      "no such session")                                 \
    X(TAKEN,               "somebody else has it")

#define CONF_ERROR_ENUM(name, text)  CONF_E_##name,

enum {
    CONF_E_NONE = 0,
    CONF_ERROR_MAP(CONF_ERROR_ENUM)
    CONF_E_MAX
};


/* A counted string: not terminated, owned by whoever made the bytes. */

typedef struct {
    size_t          len;
    const uint8_t  *data;
} conf_str_t;

#define conf_string(s)  { sizeof(s) - 1, (const uint8_t *) (s) }
#define conf_str(s)                                                           \
    ((conf_str_t) { sizeof(s) - 1, (const uint8_t *) (s) })
#define conf_null_string  { 0, NULL }


static inline bool
conf_str_eq(conf_str_t a, conf_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/* Items of one type, one behind the other; who reads them knows their size. */

typedef struct {
    void           *items;
    size_t          n;
} conf_list_t;


#define conf_nelts(a)    (sizeof(a) / sizeof((a)[0]))
#define conf_min(a, b)   ((a) < (b) ? (a) : (b))
#define conf_max(a, b)   ((a) > (b) ? (a) : (b))
#define conf_align(n, a) (((n) + ((a) - 1)) & ~((size_t) (a) - 1))

#define conf_container(p, type, member)                                       \
    ((type *) (void *) ((uint8_t *) (p) - offsetof(type, member)))


/*
 * For invariants that no input can break.  A debug build stops; a release
 * build goes on, so never rely on it as a check.
 */

#ifdef CONF_DEBUG
#include <assert.h>
#define conf_assert(x)  assert(x)
#else
#define conf_assert(x)  ((void) sizeof(x))
#endif


/* Identities fit 128 bits: a v4 UUID in network order. */

typedef struct {
    uint8_t  b[16];
} conf_uuid_t;


#endif /* _CONF_BASE_H_INCLUDED_ */
