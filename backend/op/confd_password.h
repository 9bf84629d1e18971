
/*
 * Password hashes.  Encoded they are text that tells its own cost:
 *
 *     scrypt$<log2 of N>$<r>$<p>$<salt>$<hash>
 *
 * with 16 bytes of random salt and 32 of hash in padded base64.  These
 * functions are slow on purpose and touch nothing but their arguments: they
 * run on the pool, on any thread.
 */

#ifndef _CONFD_PASSWORD_H_INCLUDED_
#define _CONFD_PASSWORD_H_INCLUDED_


#include "confd_op.h"


/* What an encoded hash may ask for at most, so that a damaged one is cheap. */

#define CONFD_SCRYPT_LOG_N_MAX  22
#define CONFD_SCRYPT_R_MAX      32
#define CONFD_SCRYPT_P_MAX      16
#define CONFD_SCRYPT_MEM_MAX    ((uint64_t) 1024 * 1024 * 1024)


/*
 * Hashes a password at the cost of conf with a fresh salt; encoded gets a
 * NUL-terminated text.  CONF_OK; CONF_E_INVALID when the cost is out of
 * range; CONF_E_NOMEM; CONF_E_INTERNAL when there is no randomness.
 */
conf_rc_t confd_password_hash(const confd_op_conf_t *conf,
    conf_str_t password, char encoded[CONFD_HASH_MAX]);

/*
 * Hashes the password as encoded says and compares without telling by the
 * time where they differ.  CONF_OK and *matched; CONF_E_STORE_FAILED when
 * encoded is not such a text; CONF_E_NOMEM.
 */
conf_rc_t confd_password_verify(conf_str_t password, conf_str_t encoded,
    bool *matched);

/* Takes as long as verify does, for a user who does not exist. */
conf_rc_t confd_password_dummy(const confd_op_conf_t *conf,
    conf_str_t password);


#endif /* _CONFD_PASSWORD_H_INCLUDED_ */
