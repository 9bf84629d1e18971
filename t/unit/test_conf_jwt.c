
#include "tap.h"

#include "conf_jwt.c"

#include <openssl/evp.h>
#include <openssl/hmac.h>


#define TEST_SECRET  "a secret of tests, 32 bytes long"
#define TEST_OTHER   "another secret, 32 bytes as well"
#define TEST_NOW     INT64_C(1767261600000)
#define TEST_HEADER  "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define TEST_CLAIMS  "{\"user_id\":7,\"ver\":2,\"exp\":1767348000}"


static conf_settings_t  settings = {
    .jwt_secret = conf_string(TEST_SECRET),
    .token_ms = 3600000
};


static size_t
test_base64(char *out, const uint8_t *data, size_t size)
{
    size_t  i, n;

    n = (size_t) EVP_EncodeBlock((uint8_t *) out, data, (int) size);

    while (n != 0 && out[n - 1] == '=') {
        n--;
    }

    for (i = 0; i < n; i++) {
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    }

    return n;
}


/* A token by hand: any header, any payload, any key and hash. */

static conf_str_t
test_token(const char *header, const char *payload, const char *secret,
    const EVP_MD *md)
{
    size_t       n;
    uint8_t      mac[EVP_MAX_MD_SIZE];
    unsigned     len;
    static char  text[16384];

    n = test_base64(text, (const uint8_t *) header, strlen(header));
    text[n++] = '.';
    n += test_base64(text + n, (const uint8_t *) payload, strlen(payload));

    (void) HMAC(md, secret, (int) strlen(secret), (uint8_t *) text, n, mac,
                &len);
    text[n++] = '.';
    n += test_base64(text + n, mac, len);

    return (conf_str_t) { n, (const uint8_t *) text };
}


static conf_rc_t
test_claims(const char *payload, conf_auth_t *auth)
{
    return conf_jwt_check(&settings,
                          test_token(TEST_HEADER, payload, TEST_SECRET,
                                     EVP_sha256()),
                          TEST_NOW, auth);
}


static void
test_issue(void)
{
    conf_str_t     token, other;
    conf_jwt_t     jwt;
    conf_auth_t    got;
    conf_arena_t  *arena;

    arena = conf_arena_create(4096, 0);
    memset(&jwt, 0, sizeof(conf_jwt_t));
    jwt.auth.user_id = 7;
    jwt.auth.version = 3;

    is_int(conf_jwt_issue(arena, &settings, &jwt, TEST_NOW, &token), CONF_OK,
           "a token");
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &got), CONF_OK,
           "is good");
    ok(got.user_id == 7 && got.versioned && got.version == 3
       && got.expires_ms == TEST_NOW + 3600000, "says who, and how long");
    is_int(conf_jwt_check(&settings, token, TEST_NOW + 3599999, &got),
           CONF_OK, "until it expires");
    is_int(conf_jwt_check(&settings, token, TEST_NOW + 3600000, &got),
           CONF_E_TOKEN_EXPIRED, "then not");

    other = token;
    other.len--;
    is_int(conf_jwt_check(&settings, other, TEST_NOW, &got),
           CONF_E_TOKEN_INVALID, "a cut signature");

    conf_arena_destroy(arena);
}


/* Those of a login: its number, and what it is good for. */

static void
test_login(void)
{
    conf_str_t     token;
    conf_jwt_t     jwt;
    conf_user_t    user;
    conf_auth_t    got;
    conf_arena_t  *arena;

    arena = conf_arena_create(4096, 0);
    memset(&jwt, 0, sizeof(conf_jwt_t));
    memset(&user, 0, sizeof(conf_user_t));

    user.id = 7;
    user.name = conf_str("alice");
    user.role = CONF_USER_ADMIN;
    jwt.auth.user_id = 7;
    jwt.auth.version = 3;
    jwt.auth.sid = INT64_MAX;
    jwt.user = &user;

    is_int(conf_jwt_issue(arena, &settings, &jwt, TEST_NOW, &token), CONF_OK,
           "a token of a login");
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &got), CONF_OK,
           "is good");
    ok(got.user_id == 7 && got.sid == INT64_MAX && !got.ticket
       && got.version == 3, "and tells which login");

    jwt.auth.ticket = true;
    jwt.ttl_ms = 60000;

    is_int(conf_jwt_issue(arena, &settings, &jwt, TEST_NOW, &token), CONF_OK,
           "a ticket");
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &got), CONF_OK,
           "is good");
    ok(got.ticket && got.expires_ms == TEST_NOW + 60000, "for a minute");

    is_int(test_claims("{\"user_id\":7,\"exp\":4102444800,"
                       "\"typ\":\"refresh\"}", &got),
           CONF_E_TOKEN_CLAIMS, "no other type is");
    is_int(test_claims("{\"user_id\":7,\"exp\":4102444800,\"typ\":1}",
                       &got),
           CONF_E_TOKEN_CLAIMS, "nor one that is no text");
    is_int(test_claims("{\"user_id\":7,\"exp\":4102444800,\"sid\":-1}",
                       &got),
           CONF_E_TOKEN_CLAIMS, "nor a negative login");

    conf_arena_destroy(arena);
}


static void
test_claim(void)
{
    size_t       i;
    conf_auth_t  auth;

    static const struct {
        const char  *payload;
        conf_rc_t    rc;
    } cases[] = {
        { TEST_CLAIMS, CONF_OK },
        { "{\"user_id\":7,\"exp\":1767348000}", CONF_OK },
        { "{\"user_id\":7,\"exp\":9223372036854775807}", CONF_OK },
        { "{\"user_id\":7,\"exp\":1767261600}", CONF_E_TOKEN_EXPIRED },
        { "{\"user_id\":7,\"exp\":1}", CONF_E_TOKEN_EXPIRED },
        { "{\"user_id\":7,\"exp\":0}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":-1}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":\"1767348000\"}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":1767348000.5}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":null}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":true}", CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":0,\"exp\":1767348000}", CONF_E_TOKEN_SUBJECT },
        { "{\"user_id\":-7,\"exp\":1767348000}", CONF_E_TOKEN_SUBJECT },
        { "{\"user_id\":\"7\",\"exp\":1767348000}", CONF_E_TOKEN_SUBJECT },
        { "{\"user_id\":[7],\"exp\":1767348000}", CONF_E_TOKEN_SUBJECT },
        { "{\"exp\":1767348000}", CONF_E_TOKEN_SUBJECT },
        { "{\"user_id\":7,\"exp\":1767348000,\"ver\":0}", CONF_OK },
        { "{\"user_id\":7,\"exp\":1767348000,\"ver\":-1}",
          CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":1767348000,\"ver\":4294967296}",
          CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":1767348000,\"ver\":\"2\"}",
          CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":1767348000,\"nbf\":1767261600}", CONF_OK },
        { "{\"user_id\":7,\"exp\":1767348000,\"nbf\":1767261630}", CONF_OK },
        { "{\"user_id\":7,\"exp\":1767348000,\"nbf\":1767261631}",
          CONF_E_TOKEN_EXPIRED },
        { "{\"user_id\":7,\"exp\":1767348000,\"nbf\":9223372036854775807}",
          CONF_E_TOKEN_EXPIRED },
        { "{\"user_id\":7,\"exp\":1767348000,\"nbf\":\"x\"}",
          CONF_E_TOKEN_CLAIMS },
        { "{\"user_id\":7,\"exp\":1767348000", CONF_E_TOKEN_INVALID },
        { "[7]", CONF_E_TOKEN_CLAIMS },
        { "7", CONF_E_TOKEN_INVALID }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        is_int(test_claims(cases[i].payload, &auth), cases[i].rc, "%s",
               cases[i].payload);
    }
}


static void
test_algorithm(void)
{
    size_t       i;
    conf_str_t   token;
    conf_auth_t  auth;

    static const char *const  headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"HS384\"}",
        "{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"ES256\"}",
        "{\"typ\":\"JWT\"}", "{\"alg\":1}", "{}", "x"
    };

    for (i = 0; i < conf_nelts(headers); i++) {
        token = test_token(headers[i], TEST_CLAIMS, TEST_SECRET,
                           EVP_sha256());
        is_int(conf_jwt_check(&settings, token, TEST_NOW, &auth),
               CONF_E_TOKEN_INVALID, "%s", headers[i]);
    }

    token = test_token("{\"alg\":\"HS384\"}", TEST_CLAIMS, TEST_SECRET,
                       EVP_sha384());
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &auth),
           CONF_E_TOKEN_INVALID, "another hash, properly signed");

    token = test_token("{\"alg\":\"HS512\"}", TEST_CLAIMS, TEST_SECRET,
                       EVP_sha512());
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &auth),
           CONF_E_TOKEN_INVALID, "and another");

    token = test_token(TEST_HEADER, TEST_CLAIMS, TEST_OTHER, EVP_sha256());
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &auth),
           CONF_E_TOKEN_INVALID, "a foreign secret");
}


static void
test_form(void)
{
    size_t       i;
    uint8_t      large[CONF_JWT_MAX + 2];
    conf_auth_t  auth;

    static const char *const  tokens[] = {
        "", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "..", "a.b.c=",
        "a.b.c+", "a.b.c/", "a.b c", "a.b.\xff", "a.b.c\n"
    };

    for (i = 0; i < conf_nelts(tokens); i++) {
        is_int(conf_jwt_check(&settings,
                              (conf_str_t) { strlen(tokens[i]),
                                             (const uint8_t *) tokens[i] },
                              TEST_NOW, &auth),
               CONF_E_TOKEN_MALFORMED, "\"%s\"", i > 11 ? "..." : tokens[i]);
    }

    memset(large, 'a', sizeof(large));
    large[10] = '.';
    large[20] = '.';

    is_int(conf_jwt_check(&settings, (conf_str_t) { CONF_JWT_MAX, large },
                          TEST_NOW, &auth),
           CONF_E_TOKEN_INVALID, "the largest");
    is_int(conf_jwt_check(&settings, (conf_str_t) { CONF_JWT_MAX + 1, large },
                          TEST_NOW, &auth),
           CONF_E_TOKEN_MALFORMED, "larger");
}


/* What is remembered is remembered of one secret and all of the token. */

static void
test_memory(void)
{
    size_t           i;
    conf_str_t       token;
    conf_rc_t        rc;
    conf_auth_t      auth, again;
    conf_settings_t  other = settings;
    static uint8_t   copy[1024];
    unsigned         bad;

    other.jwt_secret = conf_str(TEST_OTHER);

    token = test_token(TEST_HEADER, TEST_CLAIMS, TEST_SECRET, EVP_sha256());
    memcpy(copy, token.data, token.len);
    token.data = copy;

    is_int(conf_jwt_check(&settings, token, TEST_NOW, &auth), CONF_OK,
           "a good token");
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &again), CONF_OK,
           "again");
    ok(again.user_id == auth.user_id && again.version == auth.version
       && again.versioned && again.expires_ms == auth.expires_ms, "the same");
    is_int(conf_jwt_check(&other, token, TEST_NOW, &auth),
           CONF_E_TOKEN_INVALID, "not with another secret");
    is_int(conf_jwt_check(&settings, token, INT64_C(1767348000000), &auth),
           CONF_E_TOKEN_EXPIRED, "expired in memory");

    /* One byte is another: never from memory. */

    bad = 0;

    for (i = 0; i < token.len; i++) {
        copy[i] ^= 1;
        rc = conf_jwt_check(&settings, token, TEST_NOW, &auth);
        bad += rc != CONF_E_TOKEN_INVALID && rc != CONF_E_TOKEN_MALFORMED
               && i != token.len - 1;
        copy[i] ^= 1;
    }

    is_int(bad, 0, "each byte counts");
    is_int(conf_jwt_check(&settings, token, TEST_NOW, &auth), CONF_OK,
           "and all of them together are good");
}


static void
test_bearer(void)
{
    size_t      i;
    conf_rc_t   rc;
    conf_str_t  token;

    static const struct {
        const char  *value;
        conf_rc_t    rc;
        const char  *token;
    } cases[] = {
        { "Bearer a.b.c", CONF_OK, "a.b.c" },
        { "bearer a.b.c", CONF_OK, "a.b.c" },
        { "BEARER   a.b.c ", CONF_OK, "a.b.c" },
        { "a.b.c", CONF_OK, "a.b.c" },
        { "  a.b.c  ", CONF_OK, "a.b.c" },
        { "Bearer", CONF_OK, "Bearer" },
        { "", CONF_E_TOKEN_ABSENT, NULL },
        { "   ", CONF_E_TOKEN_ABSENT, NULL },
        { "Basic abc", CONF_E_TOKEN_SCHEME, NULL },
        { "Bearers a.b.c", CONF_E_TOKEN_SCHEME, NULL },
        { "Bearer a b", CONF_E_TOKEN_SCHEME, NULL },
        { "a.b.c d", CONF_E_TOKEN_SCHEME, NULL }
    };

    for (i = 0; i < conf_nelts(cases); i++) {
        rc = conf_jwt_bearer((conf_str_t) { strlen(cases[i].value),
                                            (const uint8_t *) cases[i].value },
                             &token);
        is_int(rc, cases[i].rc, "\"%s\"", cases[i].value);

        if (rc == CONF_OK && cases[i].token != NULL) {
            is_str(token, cases[i].token, "its token");
        }
    }
}


int
main(void)
{
    test_issue();
    test_claim();
    test_login();
    test_algorithm();
    test_form();
    test_memory();
    test_bearer();

    return tap_done();
}
