
/*
 * Rate limits: the generic cell rate algorithm, one bucket a key.  Exactly
 * burst calls pass back to back, then one every period / count.
 */

#ifndef _CONF_LIMIT_H_INCLUDED_
#define _CONF_LIMIT_H_INCLUDED_


#include "conf_shm.h"


typedef struct {
    uint32_t    count;         /* calls in a period, also the burst */
    int64_t     period_ms;
} conf_limit_rate_t;

typedef struct {
    uint32_t    remaining;     /* calls that would pass now */
    int64_t     reset_ms;      /* until the bucket is full again */
    int64_t     retry_ms;      /* refused: until one call would pass */
} conf_limit_t;


/*
 * Takes one call from the bucket of (row, key): row numbers the class, key is
 * a user id or a hash of an address.  CONF_OK, CONF_E_RATE_LIMITED.  When
 * the zone is full old buckets go first; if there is still no room the call
 * passes.
 */
conf_rc_t conf_limit(conf_shm_t *shm, uint32_t row, uint64_t key,
    const conf_limit_rate_t *rate, conf_limit_t *limit);

/* Gives one call back: only those that failed were to be counted. */
void conf_limit_back(conf_shm_t *shm, uint32_t row, uint64_t key);


#endif /* _CONF_LIMIT_H_INCLUDED_ */
