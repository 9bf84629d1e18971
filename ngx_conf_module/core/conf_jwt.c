
#include "conf_jwt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <jwt.h>
#include <openssl/crypto.h>


#define CONF_JWT_SLOTS  4096
#define CONF_JWT_KEEP   1024      /* a longer token is checked each time */


/* What was verified, by a hash of the token; the token itself must match. */

typedef struct {
    uint64_t      hash;
    const void   *secret;           /* which key verified it */
    size_t        len;
    uint8_t      *token;
    int64_t       not_before_ms;
    conf_auth_t   auth;
} conf_jwt_slot_t;


static bool conf_jwt_purpose(jwt_t *jwt, const conf_auth_t *auth);
static bool conf_jwt_more(jwt_t *jwt, const conf_jwt_t *what,
    int64_t now_ms);
static bool conf_jwt_str(jwt_t *jwt, const char *name, conf_str_t value);
static conf_rc_t conf_jwt_verify(const conf_settings_t *set,
    conf_str_t token, conf_auth_t *auth, int64_t *not_before_ms);
static conf_rc_t conf_jwt_claims(jwt_t *jwt, conf_auth_t *auth,
    int64_t *not_before_ms);
static conf_rc_t conf_jwt_type(jwt_t *jwt, conf_auth_t *auth);
static conf_rc_t conf_jwt_int(jwt_t *jwt, const char *name, long *value);
static bool conf_jwt_formed(conf_str_t token);
static uint64_t conf_jwt_hash(conf_str_t token);


/* One a process: a worker has one thread. */

static conf_jwt_slot_t  conf_jwt_slots[CONF_JWT_SLOTS];


conf_rc_t
conf_jwt_issue(conf_arena_t *arena, const conf_settings_t *set,
    const conf_jwt_t *what, int64_t now_ms, conf_str_t *token)
{
    char       *text;
    jwt_t      *jwt;
    int64_t     ttl_ms;
    conf_rc_t   rc;

    if (jwt_new(&jwt) != 0) {
        return CONF_E_NOMEM;
    }

    rc = CONF_E_NOMEM;
    text = NULL;
    ttl_ms = what->ttl_ms != 0 ? what->ttl_ms : set->token_ms;

    if (jwt_add_grant_int(jwt, "user_id", (long) what->auth.user_id) == 0
        && jwt_add_grant_int(jwt, "ver", (long) what->auth.version) == 0
        && jwt_add_grant_int(jwt, "iat", (long) (now_ms / 1000)) == 0
        && jwt_add_grant_int(jwt, "exp", (long) ((now_ms + ttl_ms) / 1000))
           == 0
        && (what->user == NULL || conf_jwt_more(jwt, what, now_ms))
        && ((what->user == NULL && !what->auth.ticket)
            || conf_jwt_purpose(jwt, &what->auth))
        && jwt_set_alg(jwt, JWT_ALG_HS256, set->jwt_secret.data,
                       (int) set->jwt_secret.len) == 0)
    {
        text = jwt_encode_str(jwt);
    }

    if (text != NULL) {
        rc = conf_arena_str(arena, token,
                            (conf_str_t) { strlen(text),
                                           (const uint8_t *) text });
        free(text);
    }

    jwt_free(jwt);

    return rc;
}


/* The claims of a login. */

static bool
conf_jwt_more(jwt_t *jwt, const conf_jwt_t *what, int64_t now_ms)
{
    char                jti[17], sub[21];
    const conf_user_t  *user = what->user;

    (void) snprintf(jti, sizeof(jti), "%016llx",
                    (unsigned long long) what->jti);
    (void) snprintf(sub, sizeof(sub), "%llu", (unsigned long long) user->id);

    return conf_jwt_str(jwt, "username", user->name)
           && conf_jwt_str(jwt, "email", user->email)
           && jwt_add_grant(jwt, "role", user->role == CONF_USER_ADMIN
                                         ? "admin" : "user") == 0
           && jwt_add_grant(jwt, "iss", "meeting-system") == 0
           && jwt_add_grant(jwt, "sub", sub) == 0
           && jwt_add_grant_int(jwt, "nbf", (long) (now_ms / 1000)) == 0
           && jwt_add_grant(jwt, "jti", jti) == 0;
}


static bool
conf_jwt_purpose(jwt_t *jwt, const conf_auth_t *auth)
{
    return jwt_add_grant(jwt, "typ", auth->ticket ? "ticket" : "access") == 0
           && jwt_add_grant_int(jwt, "sid", (long) auth->sid) == 0;
}


static bool
conf_jwt_str(jwt_t *jwt, const char *name, conf_str_t value)
{
    char  text[CONF_NAME_MAX + 1];

    if (value.len > CONF_NAME_MAX) {
        return false;
    }

    if (value.len != 0) {
        memcpy(text, value.data, value.len);
    }

    text[value.len] = '\0';

    return jwt_add_grant(jwt, name, text) == 0;
}


conf_rc_t
conf_jwt_check(const conf_settings_t *set, conf_str_t token,
    int64_t now_ms, conf_auth_t *auth)
{
    int64_t             not_before_ms, leeway_ms;
    uint64_t            hash;
    conf_rc_t           rc;
    conf_jwt_slot_t  *slot;

    leeway_ms = CONF_JWT_LEEWAY_S * 1000;
    hash = conf_jwt_hash(token);
    slot = &conf_jwt_slots[hash % CONF_JWT_SLOTS];

    if (slot->hash == hash && slot->len == token.len
        && slot->secret == set->jwt_secret.data
        && CRYPTO_memcmp(slot->token, token.data, token.len) == 0)
    {
        *auth = slot->auth;
        not_before_ms = slot->not_before_ms;

    } else {
        if (!conf_jwt_formed(token)) {
            return CONF_E_TOKEN_MALFORMED;
        }

        rc = conf_jwt_verify(set, token, auth, &not_before_ms);
        if (rc != CONF_OK) {
            return rc;
        }

        if (token.len <= CONF_JWT_KEEP) {
            if (slot->token == NULL) {
                slot->token = malloc(CONF_JWT_KEEP);
            }

            if (slot->token != NULL) {
                memcpy(slot->token, token.data, token.len);
                slot->len = token.len;
                slot->hash = hash;
                slot->secret = set->jwt_secret.data;
                slot->not_before_ms = not_before_ms;
                slot->auth = *auth;
            }
        }
    }

    if (now_ms >= auth->expires_ms || now_ms + leeway_ms < not_before_ms) {
        return CONF_E_TOKEN_EXPIRED;
    }

    return CONF_OK;
}


conf_rc_t
conf_jwt_bearer(conf_str_t value, conf_str_t *token)
{
    size_t  i;

    while (value.len != 0 && value.data[value.len - 1] == ' ') {
        value.len--;
    }

    while (value.len != 0 && value.data[0] == ' ') {
        value.data++;
        value.len--;
    }

    if (value.len == 0) {
        return CONF_E_TOKEN_ABSENT;
    }

    for (i = 0; i < value.len && value.data[i] != ' '; i++) { /* void */ }

    if (i == value.len) {
        *token = value;
        return CONF_OK;
    }

    if (i != 6 || strncasecmp((const char *) value.data, "Bearer", 6) != 0) {
        return CONF_E_TOKEN_SCHEME;
    }

    while (i < value.len && value.data[i] == ' ') {
        i++;
    }

    token->data = value.data + i;
    token->len = value.len - i;

    if (memchr(token->data, ' ', token->len) != NULL) {
        return CONF_E_TOKEN_SCHEME;
    }

    return CONF_OK;
}


static conf_rc_t
conf_jwt_verify(const conf_settings_t *set, conf_str_t token,
    conf_auth_t *auth, int64_t *not_before_ms)
{
    int         err;
    char        text[CONF_JWT_MAX + 1];
    jwt_t      *jwt;
    conf_rc_t   rc;

    memcpy(text, token.data, token.len);
    text[token.len] = '\0';

    /* With a key given, libjwt refuses "none"; the header names the rest. */

    jwt = NULL;
    err = jwt_decode(&jwt, text, set->jwt_secret.data,
                     (int) set->jwt_secret.len);

    if (err != 0) {
        return err == ENOMEM ? CONF_E_NOMEM : CONF_E_TOKEN_INVALID;
    }

    rc = CONF_E_TOKEN_INVALID;

    if (jwt_get_alg(jwt) == JWT_ALG_HS256) {
        rc = conf_jwt_claims(jwt, auth, not_before_ms);
    }

    jwt_free(jwt);

    return rc;
}


static conf_rc_t
conf_jwt_claims(jwt_t *jwt, conf_auth_t *auth, int64_t *not_before_ms)
{
    long       user_id, version, expires, not_before;
    conf_rc_t  rc;

    memset(auth, 0, sizeof(conf_auth_t));

    if (conf_jwt_int(jwt, "exp", &expires) != CONF_OK || expires <= 0) {
        return CONF_E_TOKEN_CLAIMS;
    }

    if (conf_jwt_int(jwt, "user_id", &user_id) != CONF_OK || user_id <= 0) {
        return CONF_E_TOKEN_SUBJECT;
    }

    rc = conf_jwt_int(jwt, "ver", &version);

    if (rc == CONF_OK) {
        if (version < 0 || version > (long) UINT32_MAX) {
            return CONF_E_TOKEN_CLAIMS;
        }

        auth->version = (uint32_t) version;
        auth->versioned = true;

    } else if (rc != CONF_E_NOT_FOUND) {
        return CONF_E_TOKEN_CLAIMS;
    }

    rc = conf_jwt_type(jwt, auth);

    if (rc != CONF_OK) {
        return rc;
    }

    rc = conf_jwt_int(jwt, "nbf", &not_before);

    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return CONF_E_TOKEN_CLAIMS;
    }

    auth->user_id = (uint64_t) user_id;

    /* A far future would overflow the milliseconds. */

    auth->expires_ms = (int64_t) conf_min(expires, INT64_MAX / 1000) * 1000;
    *not_before_ms = 0;

    if (rc == CONF_OK && not_before > 0) {
        *not_before_ms = (int64_t) conf_min(not_before, INT64_MAX / 2000)
                         * 1000;
    }

    return CONF_OK;
}


/* What it is for, and of which login. */

static conf_rc_t
conf_jwt_type(jwt_t *jwt, conf_auth_t *auth)
{
    long         sid;
    conf_rc_t    rc;
    const char  *type;

    errno = 0;
    type = jwt_get_grant(jwt, "typ");

    if (type == NULL && errno != ENOENT) {
        return CONF_E_TOKEN_CLAIMS;
    }

    if (type != NULL && strcmp(type, "access") != 0) {
        if (strcmp(type, "ticket") != 0) {
            return CONF_E_TOKEN_CLAIMS;
        }

        auth->ticket = true;
    }

    rc = conf_jwt_int(jwt, "sid", &sid);

    if (rc == CONF_OK && sid >= 0) {
        auth->sid = (uint64_t) sid;
        return CONF_OK;
    }

    return rc == CONF_E_NOT_FOUND ? CONF_OK : CONF_E_TOKEN_CLAIMS;
}


/*
 * CONF_OK, CONF_E_NOT_FOUND, CONF_E_INVALID.  To libjwt what is no integer is
 * zero and no error, so a zero has to be looked at.
 */

static conf_rc_t
conf_jwt_int(jwt_t *jwt, const char *name, long *value)
{
    bool   zero;
    char  *text;

    errno = 0;
    *value = jwt_get_grant_int(jwt, name);

    if (errno != 0) {
        return errno == ENOENT ? CONF_E_NOT_FOUND : CONF_E_INVALID;
    }

    if (*value != 0) {
        return CONF_OK;
    }

    text = jwt_get_grants_json(jwt, name);
    zero = text != NULL && strcmp(text, "0") == 0;
    free(text);

    return zero ? CONF_OK : CONF_E_INVALID;
}


/* Three non-empty parts of the base64url alphabet. */

static bool
conf_jwt_formed(conf_str_t token)
{
    size_t    i, part;
    uint8_t   c;
    unsigned  dots;

    if (token.len == 0 || token.len > CONF_JWT_MAX) {
        return false;
    }

    dots = 0;
    part = 0;

    for (i = 0; i < token.len; i++) {
        c = token.data[i];

        if (c == '.') {
            if (part == 0 || ++dots > 2) {
                return false;
            }

            part = 0;
            continue;
        }

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return false;
        }

        part++;
    }

    /* alg:none leaves the signature empty: malformed, not unsigned. */

    return dots == 2 && part != 0;
}


/* Eight bytes a step; a collision costs one verification, no wrong answer. */

static uint64_t
conf_jwt_hash(conf_str_t token)
{
    uint64_t  hash, word;

    hash = token.len;

    while (token.len >= sizeof(word)) {
        memcpy(&word, token.data, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
        token.data += sizeof(word);
        token.len -= sizeof(word);
    }

    word = 0;

    if (token.len != 0) {
        memcpy(&word, token.data, token.len);
    }

    hash = (hash ^ word) * 0x9e3779b97f4a7c15;

    return hash ^ (hash >> 32);
}
