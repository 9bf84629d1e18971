
/*
 * Figures over time: the last 60 samples, in the zone, so that they outlive a
 * worker and a reload.  Whichever worker asks first after a step is the one
 * that takes its sample; what the figures mean is the caller's.
 *
 * A sample costs 136 bytes of the zone, all of them 8 kB, allocated once;
 * taking one is two short locks of the zone by one worker in a step.
 */

#ifndef _CONF_HISTORY_H_INCLUDED_
#define _CONF_HISTORY_H_INCLUDED_


#include "conf_worker.h"


#define CONF_HISTORY_SAMPLES   60
#define CONF_HISTORY_FIGURES   16

typedef struct {
    int64_t          time_ms;      /* its end */
    uint64_t         n[CONF_HISTORY_FIGURES];
} conf_sample_t;

/* All workers' counters at both ends of a step. */

typedef struct {
    int64_t          from_ms;
    int64_t          to_ms;
    conf_counters_t  from;
    conf_counters_t  to;
} conf_span_t;


/*
 * CONF_OK: step_ms have passed since the last span ended, and this one is the
 * caller's to make a sample of; CONF_DONE: there is none to take.
 */
conf_rc_t conf_history_span(conf_shm_t *shm, int64_t now_ms, int64_t step_ms,
    conf_span_t *span);

/* Adds a sample; the oldest goes. */
void conf_history_add(conf_shm_t *shm, const conf_sample_t *sample);

/* Oldest first; returns how many. */
size_t conf_history_list(conf_shm_t *shm,
    conf_sample_t samples[CONF_HISTORY_SAMPLES]);


#endif /* _CONF_HISTORY_H_INCLUDED_ */
