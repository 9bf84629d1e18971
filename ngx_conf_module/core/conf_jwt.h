
/*
 * Access tokens: JWT with HS256 and nothing else (RFC 7519; RFC 8725).
 * Claims: user_id (number), ver (the user's token version), iat, exp.  A
 * token without ver is taken for the user's first version.  Those of a login
 * have more: username, email, role, iss, sub, nbf, jti, typ, sid (the login's
 * number).  typ "access" or none is a token for all, "ticket" one for opening
 * a socket; no other is good.
 */

#ifndef _CONF_JWT_H_INCLUDED_
#define _CONF_JWT_H_INCLUDED_


#include "conf_core.h"


#define CONF_SECRET_MIN      32
#define CONF_JWT_MAX       4096
#define CONF_JWT_LEEWAY_S  30      /* clocks of who issues and who checks */


/* What is issued: user NULL for the short form.  ttl_ms 0: token_ms. */

typedef struct {
    conf_auth_t            auth;          /* user_id, version, sid, ticket */
    const conf_user_t     *user;
    uint64_t               jti;           /* random */
    int64_t                ttl_ms;
} conf_jwt_t;

/* A token, in the arena.  CONF_OK, CONF_E_NOMEM. */
conf_rc_t conf_jwt_issue(conf_arena_t *arena, const conf_settings_t *set,
    const conf_jwt_t *what, int64_t now_ms, conf_str_t *token);

/*
 * Checks form, algorithm, signature and times.  CONF_OK, CONF_E_TOKEN_*.
 * What was verified is remembered, per process, until it expires: a hit costs
 * a hash and a compare.
 */
conf_rc_t conf_jwt_check(const conf_settings_t *set, conf_str_t token,
    int64_t now_ms, conf_auth_t *auth);

/*
 * The token in an Authorization value: "Bearer <token>" (any case) or the
 * token itself.  CONF_OK, CONF_E_TOKEN_ABSENT, CONF_E_TOKEN_SCHEME.
 */
conf_rc_t conf_jwt_bearer(conf_str_t value, conf_str_t *token);


#endif /* _CONF_JWT_H_INCLUDED_ */
