
/*
 * Keys of the store: numbers big-endian, so that keys compare as what they
 * mean.  Bytes are written as they are, without an end mark: they are the
 * last part of a key, or have one length in all keys of the space.
 *
 *     confd_key_init(&key);
 *     confd_key_u64(&key, room_id);
 *     confd_key_u64(&key, user_id);
 *     rc = driver->get(txn, CONFD_SPACE_MEMBER, confd_key_str(&key), &value);
 */

#ifndef _CONFD_KEY_H_INCLUDED_
#define _CONFD_KEY_H_INCLUDED_


#include "conf_base.h"


#define CONFD_KEY_MAX  511          /* what every driver must take */

typedef struct {
    size_t          len;
    bool            failed;         /* something did not fit */
    uint8_t         data[CONFD_KEY_MAX];
} confd_key_t;

/* Reads a key's parts in order; bytes that are missing make it failed. */

typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
    bool            failed;
} confd_key_reader_t;


void confd_key_init(confd_key_t *key);
void confd_key_u32(confd_key_t *key, uint32_t n);
void confd_key_u64(confd_key_t *key, uint64_t n);

/* Negative numbers come before positive ones. */
void confd_key_i64(confd_key_t *key, int64_t n);

void confd_key_uuid(confd_key_t *key, conf_uuid_t uuid);
void confd_key_bytes(confd_key_t *key, conf_str_t s);

/* The same with A-Z as a-z: names that differ in ASCII case only are one. */
void confd_key_fold(confd_key_t *key, conf_str_t s);

/*
 * The key's bytes, which live as long as key does.  After something did not
 * fit it is empty, which no driver stores or finds.
 */
conf_str_t confd_key_str(const confd_key_t *key);


void confd_key_read(confd_key_reader_t *r, conf_str_t key);
uint32_t confd_key_read_u32(confd_key_reader_t *r);
uint64_t confd_key_read_u64(confd_key_reader_t *r);
int64_t confd_key_read_i64(confd_key_reader_t *r);

/* What is left, in the key's own memory. */
conf_str_t confd_key_read_rest(confd_key_reader_t *r);


#endif /* _CONFD_KEY_H_INCLUDED_ */
