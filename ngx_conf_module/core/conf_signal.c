
#include "conf_signal.h"
#include "conf_signal_enter.h"


static conf_rc_t conf_signal_named(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_opened(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_joined(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_counted(conf_op_t *op, const void *reply);
static conf_rc_t conf_signal_ask(conf_op_t *op, conf_step_pt next);
static void conf_signal_knock(conf_session_t *s);
static conf_rc_t conf_signal_may(conf_session_t *s,
    const conf_room_view_t *view);
static conf_rc_t conf_signal_in_room(const conf_session_t *s);
static void conf_signal_fill(const conf_session_t *s, conf_signal_t *signal,
    conf_publish_to_t *to);


/*
 * The session is registered before the room is read: a change that is made
 * meanwhile reaches it as a touch, and it is asked for again.
 */

conf_rc_t
conf_signal_open(conf_op_t *op, const void *in)
{
    conf_rc_t                     rc;
    conf_id_t                     id;
    conf_user_t                   user;
    conf_session_t               *s = op->session;
    conf_cache_key_t              key = { CONF_CACHE_USER, 0, 0 };
    const conf_signal_open_in_t  *input = in;

    if (input->user_id != 0 && input->user_id != op->auth.user_id) {
        return conf_op_fail(op, CONF_E_FORBIDDEN);
    }

    s->auth = op->auth;

    rc = conf_live_bind(s, input->room_id, input->peer);

    if (rc == CONF_OK) {
        s->bound->resume = input->last_live;
        s->bound->former = conf_session_id(input->former);

        rc = conf_live_open(s);
    }

    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    key.user = op->auth.user_id;

    if (conf_hot_get(op->env, op->arena, key, &conf_proto_user, &user)
        == CONF_OK)
    {
        return conf_signal_named(op, &user);
    }

    id.actor = op->auth.user_id;
    id.id = op->auth.user_id;

    return conf_op_call(op, CONF_OP_USER_GET, &id, conf_signal_named);
}


static conf_rc_t
conf_signal_named(conf_op_t *op, const void *reply)
{
    conf_rc_t  rc;

    conf_live_name(op->session, reply);

    rc = conf_live_wait(op->session);

    return rc == CONF_OK ? conf_signal_ask(op, conf_signal_opened)
                         : conf_op_fail(op, rc);
}


static conf_rc_t
conf_signal_opened(conf_op_t *op, const void *reply)
{
    conf_rc_t                rc;
    conf_session_t          *s = op->session;
    const conf_room_view_t  *view = reply;

    if (s->touched) {
        return conf_signal_ask(op, conf_signal_opened);
    }

    rc = conf_signal_may(s, view);

    if (rc == CONF_E_WAITING) {
        conf_signal_knock(s);

    } else if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    return conf_op_done(op, s);
}


/* Who could let it in hears of it. */

static void
conf_signal_knock(conf_session_t *s)
{
    conf_presence_t  presence;

    s->bound->waiting = true;

    memset(&presence, 0, sizeof(conf_presence_t));
    presence.user_id = s->auth.user_id;
    presence.session = s->id;
    presence.peer = s->bound->peer.id;
    presence.name = s->bound->peer.name;
    presence.nickname = s->bound->peer.nickname;

    conf_live_presence(s->env, conf_channel(CONF_CHANNEL_ROOM,
                                            s->bound->room_id),
                       CONF_EVENT_WAITING, &presence);
}


/* An admin of the server may look, but joins as everybody does. */

static conf_rc_t
conf_signal_may(conf_session_t *s, const conf_room_view_t *view)
{
    if (conf_signal_over(&view->room)) {
        return CONF_E_ROOM_ENDED;
    }

    conf_signal_learn(s, view);

    if (s->bound->peer.role != CONF_ROLE_NONE) {
        return CONF_OK;
    }

    return view->state == CONF_MEMBER_WAITING ? CONF_E_WAITING
                                              : CONF_E_NOT_MEMBER;
}


/* A change that comes before the answer makes it void. */

static conf_rc_t
conf_signal_ask(conf_op_t *op, conf_step_pt next)
{
    conf_room_key_t  key;

    op->session->touched = false;

    key.actor = op->auth.user_id;
    key.room_id = op->session->bound->room_id;

    return conf_op_call(op, CONF_OP_MEETING_GET, &key, next);
}


conf_rc_t
conf_signal_join(conf_op_t *op, const void *in)
{
    conf_session_t  *s = op->session;

    if (conf_live_joined(s) || s->bound->waiting) {
        s->bound->eager = true;
        conf_signal_tell_info(s, NULL);

        return conf_op_done(op, NULL);
    }

    return conf_signal_ask(op, conf_signal_joined);
}


static conf_rc_t
conf_signal_joined(conf_op_t *op, const void *reply)
{
    conf_rc_t                rc;
    conf_session_t          *s = op->session;
    conf_meeting_join_t      join;
    const conf_room_view_t  *view = reply;

    if (s->touched) {
        return conf_signal_ask(op, conf_signal_joined);
    }

    rc = conf_signal_may(s, view);

    if (rc == CONF_E_WAITING) {
        s->bound->waiting = true;
        s->bound->eager = true;
        conf_signal_tell_info(s, NULL);

        return conf_op_done(op, NULL);
    }

    /* Who joins a meeting that has a time is counted, once. */

    if (rc == CONF_OK && view->room.state != CONF_ROOM_OPEN
        && view->state != CONF_MEMBER_JOINED)
    {
        memset(&join, 0, sizeof(conf_meeting_join_t));
        join.actor = op->auth.user_id;
        join.room_id = view->room.id;

        return conf_op_call(op, CONF_OP_MEETING_JOIN, &join,
                            conf_signal_counted);
    }

    if (rc == CONF_OK) {
        rc = conf_signal_enter(s, &view->room);
    }

    return rc == CONF_OK ? conf_op_done(op, NULL) : conf_op_fail(op, rc);
}


/* What else has changed since comes as a touch. */

static conf_rc_t
conf_signal_counted(conf_op_t *op, const void *reply)
{
    conf_rc_t                  rc;
    conf_session_t            *s = op->session;
    const conf_member_view_t  *view = reply;

    if (s->touched) {
        return conf_signal_ask(op, conf_signal_joined);
    }

    rc = conf_signal_enter(s, &view->room);

    return rc == CONF_OK ? conf_op_done(op, NULL) : conf_op_fail(op, rc);
}


conf_rc_t
conf_signal_leave(conf_op_t *op, const void *in)
{
    conf_session_t  *s = op->session;

    s->bound->gone = true;

    conf_live_leave(s, s->bound->room_id);
    s->close(s, CONF_CLOSE_NORMAL);

    return conf_op_done(op, NULL);
}


/*
 * Only to peers of this room.  With other nodes there a receiver that is not
 * here may be there.
 */

conf_rc_t
conf_signal_relay(conf_op_t *op, const void *in)
{
    conf_rc_t                rc;
    conf_signal_t            signal;
    conf_session_t          *s = op->session;
    conf_publish_to_t        to;
    const conf_signal_in_t  *input = in;

    rc = conf_signal_in_room(s);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    if (input->target == 0 && input->target_peer.len == 0) {
        return conf_op_fail(op, CONF_E_EMPTY);
    }

    conf_signal_fill(s, &signal, &to);

    signal.kind = *(const uint32_t *) op->fixed;
    signal.target = input->target;
    signal.target_peer = input->target_peer;
    signal.client_id = input->client_id;
    signal.data = input->data;

    to.user = input->target;
    to.from = s->id;

    if (to.user == 0) {
        to.to = conf_peer_find(&op->env->shm, to.channel, input->target_peer);
        if (to.to == 0) {
            return conf_op_fail(op, CONF_E_TARGET_ABSENT);
        }
    }

    rc = conf_live_publish(op->env, &to, &signal);

    if (rc == CONF_DONE && !conf_live_bridged(op->env->live)) {
        return conf_op_fail(op, CONF_E_TARGET_ABSENT);
    }

    return rc == CONF_E_ZONE_FULL ? conf_op_fail(op, rc)
                                  : conf_op_done(op, NULL);
}


conf_rc_t
conf_signal_media(conf_op_t *op, const void *in)
{
    uint32_t                media;
    conf_rc_t               rc;
    conf_signal_t           signal;
    conf_session_t         *s = op->session;
    conf_publish_to_t       to;
    const conf_media_in_t  *input = in;

    rc = conf_signal_in_room(s);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    media = (s->bound->peer.media & ~input->mask)
            | (input->media & input->mask);

    if ((media & ~s->bound->peer.media & CONF_MEDIA_SCREEN) != 0
        && (s->bound->settings & CONF_ROOM_SCREEN) == 0
        && s->bound->peer.role < CONF_ROLE_MODERATOR)
    {
        return conf_op_fail(op, CONF_E_FORBIDDEN);
    }

    s->bound->peer.media = media;
    conf_live_show_peer(s);

    conf_signal_fill(s, &signal, &to);

    signal.kind = CONF_SIGNAL_MEDIA;
    signal.client_id = input->client_id;
    signal.data = input->data;
    to.from = s->id;

    (void) conf_live_publish(op->env, &to, &signal);

    return conf_op_done(op, NULL);
}


conf_rc_t
conf_signal_chat(conf_op_t *op, const void *in)
{
    conf_rc_t                 rc;
    conf_message_in_t         message;
    const conf_message_in_t  *input = in;

    rc = conf_signal_in_room(op->session);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    message = *input;
    message.room_id = op->session->bound->room_id;

    return conf_message_post(op, &message);
}


conf_rc_t
conf_signal_claim(conf_op_t *op, const void *in)
{
    conf_rc_t               rc;
    conf_led_t              led;
    conf_lead_t             lead;
    conf_session_t         *s = op->session;
    conf_publish_to_t       to;
    const conf_claim_in_t  *input = in;

    rc = conf_signal_in_room(s);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    memset(&to, 0, sizeof(conf_publish_to_t));
    to.channel = conf_channel(CONF_CHANNEL_ROOM, s->bound->room_id);
    to.type = CONF_EVENT_LEAD;

    rc = conf_lead_set(&op->env->shm, to.channel, s->id, input->on, &lead);

    if (rc != CONF_OK && rc != CONF_DONE) {
        return conf_op_fail(op, rc == CONF_E_TAKEN ? rc : CONF_E_ZONE_FULL);
    }

    memset(&led, 0, sizeof(conf_led_t));
    led.room_id = s->bound->room_id;
    led.session = lead.session;
    led.user_id = lead.user;
    led.time_ms = op->env->now_ms(op->env);

    if (lead.session != 0) {
        led.name = s->bound->peer.name;
    }

    if (rc == CONF_DONE) {
        conf_live_tell(s, CONF_EVENT_LEAD, &led);
    } else {
        (void) conf_live_publish(op->env, &to, &led);
    }

    return conf_op_done(op, NULL);
}


conf_rc_t
conf_signal_result(conf_op_t *op, const void *in)
{
    conf_rc_t                rc;
    conf_lead_t              lead;
    conf_signal_t            signal;
    conf_session_t          *s = op->session;
    conf_publish_to_t        to;
    const conf_signal_in_t  *input = in;

    rc = conf_signal_in_room(s);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    conf_signal_fill(s, &signal, &to);
    conf_lead_get(&op->env->shm, to.channel, &lead);

    if (lead.session != s->id) {
        return conf_op_fail(op, CONF_E_TAKEN);
    }

    signal.kind = CONF_SIGNAL_RESULT;
    signal.client_id = input->client_id;
    signal.data = input->data;

    (void) conf_live_publish(op->env, &to, &signal);

    return conf_op_done(op, NULL);
}


static conf_rc_t
conf_signal_in_room(const conf_session_t *s)
{
    if (conf_live_joined(s)) {
        return CONF_OK;
    }

    return s->bound->waiting ? CONF_E_WAITING : CONF_E_NOT_MEMBER;
}


/* Who it is from, and that it goes to the room. */

static void
conf_signal_fill(const conf_session_t *s, conf_signal_t *signal,
    conf_publish_to_t *to)
{
    memset(to, 0, sizeof(conf_publish_to_t));
    memset(signal, 0, sizeof(conf_signal_t));

    to->channel = conf_channel(CONF_CHANNEL_ROOM, s->bound->room_id);
    to->type = CONF_EVENT_SIGNAL;

    signal->room_id = s->bound->room_id;
    signal->user_id = s->auth.user_id;
    signal->session = s->id;
    signal->peer = s->bound->peer.id;
    signal->name = s->bound->peer.name;
    signal->media = s->bound->peer.media;
    signal->time_ms = s->env->now_ms(s->env);
}


uint64_t
conf_session_id(conf_str_t hex)
{
    size_t    i;
    uint8_t   c;
    uint64_t  id;

    if (hex.len != 16) {
        return 0;
    }

    id = 0;

    for (i = 0; i < hex.len; i++) {
        c = hex.data[i];

        if (c >= '0' && c <= '9') {
            id = id << 4 | (uint64_t) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            id = id << 4 | (uint64_t) (c - 'a' + 10);

        } else {
            return 0;
        }
    }

    return id;
}
