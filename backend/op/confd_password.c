
#include "confd_password.h"

#include <inttypes.h>
#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>


#define CONFD_SALT_LEN      16
#define CONFD_KEY_LEN       32
#define CONFD_BASE64(n)     (((n) + 2) / 3 * 4)
#define CONFD_SCHEME        "scrypt"


typedef struct {
    uint32_t  log_n;
    uint32_t  r;
    uint32_t  p;
    uint8_t   salt[CONFD_SALT_LEN];
    uint8_t   key[CONFD_KEY_LEN];
} confd_scrypt_t;


static conf_rc_t confd_scrypt_derive(const confd_scrypt_t *scrypt,
    conf_str_t password, uint8_t key[CONFD_KEY_LEN]);
static bool confd_scrypt_allowed(const confd_scrypt_t *scrypt);
static bool confd_scrypt_parse(conf_str_t encoded, confd_scrypt_t *scrypt);
static bool confd_scrypt_number(conf_str_t *rest, uint32_t *n);
static bool confd_scrypt_bytes(conf_str_t text, uint8_t *bytes, size_t len);


conf_rc_t
confd_password_hash(const confd_op_conf_t *conf, conf_str_t password,
    char encoded[CONFD_HASH_MAX])
{
    int             n;
    uint8_t         salt[CONFD_BASE64(CONFD_SALT_LEN) + 1];
    uint8_t         key[CONFD_BASE64(CONFD_KEY_LEN) + 1];
    conf_rc_t       rc;
    confd_scrypt_t  scrypt;

    scrypt.log_n = conf->scrypt_log_n;
    scrypt.r = conf->scrypt_r;
    scrypt.p = conf->scrypt_p;

    if (!confd_scrypt_allowed(&scrypt)) {
        return CONF_E_INVALID;
    }

    if (RAND_bytes(scrypt.salt, CONFD_SALT_LEN) != 1) {
        return CONF_E_INTERNAL;
    }

    rc = confd_scrypt_derive(&scrypt, password, scrypt.key);
    if (rc != CONF_OK) {
        return rc;
    }

    (void) EVP_EncodeBlock(salt, scrypt.salt, CONFD_SALT_LEN);
    (void) EVP_EncodeBlock(key, scrypt.key, CONFD_KEY_LEN);

    n = snprintf(encoded, CONFD_HASH_MAX,
                 CONFD_SCHEME "$%" PRIu32 "$%" PRIu32 "$%" PRIu32 "$%s$%s",
                 scrypt.log_n, scrypt.r, scrypt.p, (const char *) salt,
                 (const char *) key);

    OPENSSL_cleanse(&scrypt, sizeof(confd_scrypt_t));

    return n > 0 && n < CONFD_HASH_MAX ? CONF_OK : CONF_E_INTERNAL;
}


conf_rc_t
confd_password_verify(conf_str_t password, conf_str_t encoded, bool *matched)
{
    uint8_t         key[CONFD_KEY_LEN];
    conf_rc_t       rc;
    confd_scrypt_t  scrypt;

    *matched = false;

    if (!confd_scrypt_parse(encoded, &scrypt)) {
        return CONF_E_STORE_FAILED;
    }

    rc = confd_scrypt_derive(&scrypt, password, key);

    if (rc == CONF_OK) {
        *matched = CRYPTO_memcmp(key, scrypt.key, CONFD_KEY_LEN) == 0;
    }

    OPENSSL_cleanse(key, CONFD_KEY_LEN);

    return rc;
}


conf_rc_t
confd_password_dummy(const confd_op_conf_t *conf, conf_str_t password)
{
    uint8_t         key[CONFD_KEY_LEN];
    confd_scrypt_t  scrypt;

    memset(&scrypt, 0, sizeof(confd_scrypt_t));

    scrypt.log_n = conf->scrypt_log_n;
    scrypt.r = conf->scrypt_r;
    scrypt.p = conf->scrypt_p;

    if (!confd_scrypt_allowed(&scrypt)) {
        return CONF_E_INVALID;
    }

    return confd_scrypt_derive(&scrypt, password, key);
}


static conf_rc_t
confd_scrypt_derive(const confd_scrypt_t *scrypt, conf_str_t password,
    uint8_t key[CONFD_KEY_LEN])
{
    int           rc;
    EVP_KDF      *kdf;
    uint8_t       pass[CONF_PASSWORD_MAX + 1], salt[CONFD_SALT_LEN];
    uint64_t      n, mem;
    uint32_t      r, p;
    OSSL_PARAM    params[7];
    EVP_KDF_CTX  *kctx;

    /* OpenSSL's parameters are not const: it gets copies. */

    if (password.len > CONF_PASSWORD_MAX) {
        return CONF_E_INVALID;
    }

    if (password.len != 0) {
        memcpy(pass, password.data, password.len);
    }

    memcpy(salt, scrypt->salt, CONFD_SALT_LEN);

    n = (uint64_t) 1 << scrypt->log_n;
    r = scrypt->r;
    p = scrypt->p;
    mem = 2 * CONFD_SCRYPT_MEM_MAX;

    params[0] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
                                                  pass, password.len);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt,
                                                  CONFD_SALT_LEN);
    params[2] = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n);
    params[3] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r);
    params[4] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p);
    params[5] = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM,
                                            &mem);
    params[6] = OSSL_PARAM_construct_end();

    rc = 0;
    kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    kctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;

    if (kctx != NULL) {
        rc = EVP_KDF_derive(kctx, key, CONFD_KEY_LEN, params);
    }

    EVP_KDF_CTX_free(kctx);
    EVP_KDF_free(kdf);
    OPENSSL_cleanse(pass, password.len);

    return rc == 1 ? CONF_OK : CONF_E_NOMEM;
}


static bool
confd_scrypt_allowed(const confd_scrypt_t *scrypt)
{
    if (scrypt->log_n < 1 || scrypt->log_n > CONFD_SCRYPT_LOG_N_MAX
        || scrypt->r < 1 || scrypt->r > CONFD_SCRYPT_R_MAX
        || scrypt->p < 1 || scrypt->p > CONFD_SCRYPT_P_MAX)
    {
        return false;
    }

    /* RFC 7914: N < 2^(128 * r / 8); with r >= 1 only a limit for log_n. */

    if (scrypt->log_n >= 16 * scrypt->r) {
        return false;
    }

    return ((uint64_t) 128 * scrypt->r << scrypt->log_n)
           <= CONFD_SCRYPT_MEM_MAX;
}


static bool
confd_scrypt_parse(conf_str_t encoded, confd_scrypt_t *scrypt)
{
    size_t      salt_len, key_len;
    conf_str_t  rest, text;

    salt_len = CONFD_BASE64(CONFD_SALT_LEN);
    key_len = CONFD_BASE64(CONFD_KEY_LEN);
    rest = encoded;

    if (rest.len < sizeof(CONFD_SCHEME "$") - 1
        || memcmp(rest.data, CONFD_SCHEME "$", sizeof(CONFD_SCHEME "$") - 1)
           != 0)
    {
        return false;
    }

    rest.data += sizeof(CONFD_SCHEME "$") - 1;
    rest.len -= sizeof(CONFD_SCHEME "$") - 1;

    if (!confd_scrypt_number(&rest, &scrypt->log_n)
        || !confd_scrypt_number(&rest, &scrypt->r)
        || !confd_scrypt_number(&rest, &scrypt->p)
        || !confd_scrypt_allowed(scrypt))
    {
        return false;
    }

    if (rest.len != salt_len + 1 + key_len || rest.data[salt_len] != '$') {
        return false;
    }

    text.data = rest.data;
    text.len = salt_len;

    if (!confd_scrypt_bytes(text, scrypt->salt, CONFD_SALT_LEN)) {
        return false;
    }

    text.data = rest.data + salt_len + 1;
    text.len = key_len;

    return confd_scrypt_bytes(text, scrypt->key, CONFD_KEY_LEN);
}


/* A number of at most 3 digits and the '$' behind it, taken from rest. */

static bool
confd_scrypt_number(conf_str_t *rest, uint32_t *n)
{
    size_t  i;

    *n = 0;

    for (i = 0; i < rest->len && i < 4; i++) {

        if (rest->data[i] == '$') {
            rest->data += i + 1;
            rest->len -= i + 1;

            return i != 0;
        }

        if (rest->data[i] < '0' || rest->data[i] > '9') {
            return false;
        }

        *n = *n * 10 + (uint32_t) (rest->data[i] - '0');
    }

    return false;
}


/* len is that of a salt or a key: text has its padding and nothing else. */

static bool
confd_scrypt_bytes(conf_str_t text, uint8_t *bytes, size_t len)
{
    uint8_t  block[CONFD_BASE64(CONFD_KEY_LEN)];

    if (text.len > sizeof(block)
        || EVP_DecodeBlock(block, text.data, (int) text.len)
           != (int) (text.len / 4 * 3))
    {
        return false;
    }

    memcpy(bytes, block, len);

    return true;
}
