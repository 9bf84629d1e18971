
#include "conf_shm_root.h"


conf_rc_t
conf_history_span(conf_shm_t *shm, int64_t now_ms, int64_t step_ms,
    conf_span_t *span)
{
    bool                 whole;
    conf_shm_root_t     *root;
    conf_shm_history_t  *history;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_DONE;
    }

    history = &root->history;

    if (history->begun != 0 && now_ms >= history->since_ms
        && now_ms - history->since_ms < step_ms)
    {
        conf_shm_unlock(shm);
        return CONF_DONE;
    }

    /*
     * The first span has no beginning, one over a clock that was set has no
     * length.  In a zone that was emptied workers report what they counted
     * before: one span more goes by until all of them have.
     */

    whole = now_ms > history->since_ms
            && history->begun > (root->generation > 1 ? 1 : 0);

    span->from_ms = history->since_ms;
    span->to_ms = now_ms;
    span->from = history->since;
    conf_shm_counters(root, &span->to);

    history->begun++;
    history->since_ms = now_ms;
    history->since = span->to;

    conf_shm_unlock(shm);

    return whole ? CONF_OK : CONF_DONE;
}


void
conf_history_add(conf_shm_t *shm, const conf_sample_t *sample)
{
    conf_shm_root_t     *root;
    conf_shm_history_t  *history;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return;
    }

    history = &root->history;
    history->samples[history->added++ % CONF_HISTORY_SAMPLES] = *sample;

    conf_shm_unlock(shm);
}


size_t
conf_history_list(conf_shm_t *shm, conf_sample_t samples[CONF_HISTORY_SAMPLES])
{
    size_t               i, n;
    conf_shm_root_t     *root;
    conf_shm_history_t  *history;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return 0;
    }

    history = &root->history;
    n = (size_t) conf_min(history->added, CONF_HISTORY_SAMPLES);

    for (i = 0; i < n; i++) {
        samples[i] = history->samples[(history->added - n + i)
                                      % CONF_HISTORY_SAMPLES];
    }

    conf_shm_unlock(shm);

    return n;
}
