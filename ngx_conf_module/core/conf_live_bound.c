
#include "conf_live.h"

#include <stdlib.h>


#define CONF_BOUND_ACTIVE_MS  5000   /* between two times it is noted */
#define CONF_BOUND_RATE_MS    10     /* a message of a session, in the long */
#define CONF_BOUND_BURST      300    /* messages that it may be ahead */


static void conf_live_id(conf_env_t *env, conf_bound_t *bound);
static uint8_t *conf_live_text(conf_str_t *to, uint8_t *text, conf_str_t from,
    size_t max);


conf_rc_t
conf_live_bind(conf_session_t *s, uint64_t room_id, conf_str_t id)
{
    conf_bound_t  *bound;

    bound = calloc(1, sizeof(conf_bound_t));
    if (bound == NULL) {
        return CONF_E_NOMEM;
    }

    bound->room_id = room_id;
    bound->peer.opened_ms = s->env->now_ms(s->env);
    bound->peer.active_ms = bound->peer.opened_ms;

    if (id.len == 0) {
        conf_live_id(s->env, bound);
    } else {
        (void) conf_live_text(&bound->peer.id, bound->text, id,
                              CONF_PEER_ID_MAX);
    }

    free(s->bound);
    s->bound = bound;

    return CONF_OK;
}


void
conf_live_unbind(conf_session_t *s)
{
    free(s->bound);
    s->bound = NULL;
}


void
conf_live_name(conf_session_t *s, const conf_user_t *user)
{
    uint8_t       *text;
    conf_bound_t  *bound = s->bound;

    text = bound->text + CONF_PEER_ID_MAX;
    text = conf_live_text(&bound->peer.name, text, user->name,
                          CONF_PEER_NAME_MAX);
    (void) conf_live_text(&bound->peer.nickname, text, user->nickname,
                          CONF_PEER_NAME_MAX);
}


void
conf_live_show_peer(conf_session_t *s)
{
    conf_peer_set(&s->env->shm, s->id, &s->bound->peer);
}


/* A virtual clock that a message puts forward and time catches up with. */

bool
conf_live_heard(conf_session_t *s)
{
    int64_t        now_ms;
    conf_bound_t  *bound = s->bound;

    now_ms = s->env->now_ms(s->env);

    /* The clock may have been set back. */

    if (bound->flood_ms < now_ms
        || bound->flood_ms - now_ms
           > 2 * CONF_BOUND_BURST * CONF_BOUND_RATE_MS)
    {
        bound->flood_ms = now_ms;
    }

    bound->flood_ms += CONF_BOUND_RATE_MS;

    if (bound->flood_ms - now_ms > CONF_BOUND_BURST * CONF_BOUND_RATE_MS) {
        return false;
    }

    if (now_ms - bound->peer.active_ms >= CONF_BOUND_ACTIVE_MS) {
        bound->peer.active_ms = now_ms;
        conf_live_show_peer(s);
    }

    return true;
}


/* "p_" and 12 digits. */

static void
conf_live_id(conf_env_t *env, conf_bound_t *bound)
{
    size_t              i;
    uint8_t             random[6];
    static const char   hex[] = "0123456789abcdef";

    env->random(env, random, sizeof(random));

    bound->text[0] = 'p';
    bound->text[1] = '_';

    for (i = 0; i < sizeof(random); i++) {
        bound->text[2 + i * 2] = (uint8_t) hex[random[i] >> 4];
        bound->text[3 + i * 2] = (uint8_t) hex[random[i] & 15];
    }

    bound->peer.id.data = bound->text;
    bound->peer.id.len = 2 + 2 * sizeof(random);
}


/* Copies what fits, no half characters; returns where the next may go. */

static uint8_t *
conf_live_text(conf_str_t *to, uint8_t *text, conf_str_t from, size_t max)
{
    size_t  len;

    len = conf_min(from.len, max);

    while (len < from.len && len != 0 && (from.data[len] & 0xc0) == 0x80) {
        len--;
    }

    if (len != 0) {
        memcpy(text, from.data, len);
    }

    to->data = text;
    to->len = len;

    return text + len;
}
