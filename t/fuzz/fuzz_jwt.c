
/*
 * An Authorization value of a stranger.  Only what the secret signed is
 * accepted: the signature is computed here a second time, by other means.
 *
 * When the first byte is odd the rest is a header and, behind a line feed, a
 * payload, which are signed properly: then the claims are what is tried.
 */

#include "conf_jwt.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>


#define FUZZ_SECRET   "a secret of tests, 32 bytes long"
#define FUZZ_NOW      INT64_C(1767261600000)
#define FUZZ_JSON     1024
#define FUZZ_MAC      32


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_value(conf_str_t value, bool ours);
static void fuzz_sign(conf_str_t text);
static bool fuzz_signed(conf_str_t token);
static size_t fuzz_base64(uint8_t *out, const uint8_t *data, size_t size);


static conf_settings_t  fuzz_settings = {
    .jwt_secret = conf_string(FUZZ_SECRET),
    .token_ms = 3600000
};


static void
fuzz_check(bool held)
{
    if (!held) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    conf_str_t  rest;

    if (size == 0) {
        return 0;
    }

    rest.data = data + 1;
    rest.len = size - 1;

    if ((data[0] & 1) != 0) {
        fuzz_sign(rest);
    } else {
        fuzz_value(rest, false);
    }

    return 0;
}


static void
fuzz_value(conf_str_t value, bool ours)
{
    conf_rc_t    rc, again;
    conf_str_t   token;
    conf_auth_t  auth, same;

    rc = conf_jwt_bearer(value, &token);

    if (rc != CONF_OK) {
        fuzz_check(rc == CONF_E_TOKEN_ABSENT || rc == CONF_E_TOKEN_SCHEME);
        return;
    }

    fuzz_check(token.len == 0
               || (token.data >= value.data
                   && token.data + token.len <= value.data + value.len));

    rc = conf_jwt_check(&fuzz_settings, token, FUZZ_NOW, &auth);

    switch (rc) {

    case CONF_OK:
        fuzz_check(fuzz_signed(token));
        fuzz_check(auth.user_id != 0 && auth.user_id <= INT64_MAX);
        fuzz_check(auth.expires_ms > FUZZ_NOW);
        break;

    case CONF_E_TOKEN_EXPIRED:
        fuzz_check(fuzz_signed(token));
        break;

    case CONF_E_TOKEN_CLAIMS:
    case CONF_E_TOKEN_SUBJECT:
        fuzz_check(fuzz_signed(token));
        return;

    default:
        fuzz_check(rc == CONF_E_TOKEN_MALFORMED || rc == CONF_E_TOKEN_INVALID);
        fuzz_check(!ours || token.len > CONF_JWT_MAX
                   || rc == CONF_E_TOKEN_INVALID);
        return;
    }

    /* From memory it is the same. */

    again = conf_jwt_check(&fuzz_settings, token, FUZZ_NOW, &same);
    fuzz_check(again == rc && same.user_id == auth.user_id
               && same.version == auth.version
               && same.versioned == auth.versioned
               && same.expires_ms == auth.expires_ms);

    again = conf_jwt_check(&fuzz_settings, token, INT64_MAX / 2, &same);
    fuzz_check(again == CONF_E_TOKEN_EXPIRED
               || auth.expires_ms > INT64_MAX / 2);
}


static void
fuzz_sign(conf_str_t text)
{
    size_t          n, len;
    uint8_t         token[FUZZ_JSON * 4], mac[FUZZ_MAC];
    unsigned        mac_len;
    const uint8_t  *end, *line;

    if (text.len == 0 || text.len > FUZZ_JSON) {
        return;
    }

    end = text.data + text.len;
    line = memchr(text.data, '\n', text.len);
    if (line == NULL || line == text.data || line + 1 == end) {
        return;
    }

    len = fuzz_base64(token, text.data, (size_t) (line - text.data));
    token[len++] = '.';
    len += fuzz_base64(token + len, line + 1, (size_t) (end - line - 1));

    fuzz_check(HMAC(EVP_sha256(), FUZZ_SECRET, sizeof(FUZZ_SECRET) - 1, token,
                    len, mac, &mac_len) != NULL
               && mac_len == FUZZ_MAC);

    token[len++] = '.';
    n = fuzz_base64(token + len, mac, FUZZ_MAC);

    fuzz_value((conf_str_t) { len + n, token }, true);
}


/* Is the last part the HMAC-SHA256 of what is before it? */

static bool
fuzz_signed(conf_str_t token)
{
    size_t    i, len;
    uint8_t   mac[FUZZ_MAC], text[FUZZ_MAC * 2];
    unsigned  mac_len;

    for (i = token.len; i != 0 && token.data[i - 1] != '.'; i--) { /* void */ }

    fuzz_check(i != 0);
    fuzz_check(HMAC(EVP_sha256(), FUZZ_SECRET, sizeof(FUZZ_SECRET) - 1,
                    token.data, i - 1, mac, &mac_len) != NULL);

    len = fuzz_base64(text, mac, mac_len);

    return token.len - i == len && memcmp(token.data + i, text, len) == 0;
}


/* Base64url without padding. */

static size_t
fuzz_base64(uint8_t *out, const uint8_t *data, size_t size)
{
    size_t    i, n;
    uint32_t  bits;
    unsigned  nbits;

    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";

    n = 0;
    bits = 0;
    nbits = 0;

    for (i = 0; i < size; i++) {
        bits = bits << 8 | data[i];
        nbits += 8;

        while (nbits >= 6) {
            nbits -= 6;
            out[n++] = (uint8_t) digits[bits >> nbits & 63];
        }
    }

    if (nbits != 0) {
        out[n++] = (uint8_t) digits[bits << (6 - nbits) & 63];
    }

    return n;
}
