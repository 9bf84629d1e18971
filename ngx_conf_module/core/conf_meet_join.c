
/* Joining a meeting, and all that a client needs to go on from there. */

#include "conf_meet_see.h"
#include "conf_jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <inttypes.h>
#include <stdio.h>


#define CONF_SHA1_LEN    20
#define CONF_PEER_BYTES  6


static conf_rc_t conf_meeting_joined(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_socket_of(conf_op_t *op, conf_join_out_t *out);
static conf_rc_t conf_meeting_ticket(conf_op_t *op, conf_join_out_t *out);
static conf_rc_t conf_ice_secret(const conf_ice_for_t *whom, conf_str_t *user,
    conf_str_t *secret);


conf_rc_t
conf_meeting_join(conf_op_t *op, const void *in)
{
    conf_meeting_join_t       request;
    const conf_meeting_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.password = input->password;

    return conf_op_call(op, request.password.len != 0 ? CONF_OP_MEETING_ENTER
                                                      : CONF_OP_MEETING_JOIN,
                        &request, conf_meeting_joined);
}


static conf_rc_t
conf_meeting_joined(conf_op_t *op, const void *reply)
{
    conf_rc_t                  rc;
    conf_ice_for_t             whom;
    conf_join_out_t           *out;
    conf_room_view_t           part;
    const conf_member_view_t  *view = reply;

    out = conf_arena_calloc(op->arena, sizeof(conf_join_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    memset(&part, 0, sizeof(conf_room_view_t));
    part.room = view->room;
    part.role = view->member.role;
    part.state = view->member.state;
    part.entered_ms = view->member.entered_ms;

    conf_meeting_see(op, &part, &out->meeting);
    conf_participant_see(op, view->room.id, &view->member, &out->participant);

    out->audio = (view->room.settings & CONF_ROOM_MUTE) == 0
                 || view->member.role == CONF_ROLE_OWNER;
    out->participant.audio = out->audio;

    rc = conf_meeting_socket_of(op, out);

    if (rc == CONF_OK) {
        rc = conf_meeting_ticket(op, out);
    }

    if (rc == CONF_OK) {
        whom.settings = op->settings;
        whom.arena = op->arena;
        whom.user_id = op->auth.user_id;
        whom.now_ms = op->env->now_ms(op->env);

        rc = conf_ice_servers(&whom, &out->servers);
    }

    return rc == CONF_OK ? conf_op_done(op, out) : conf_op_fail(op, rc);
}


/* Where the socket is, as the client has come here, and a name for there. */

static conf_rc_t
conf_meeting_socket_of(conf_op_t *op, conf_join_out_t *out)
{
    int          n;
    char        *text;
    size_t       size;
    uint8_t      bytes[CONF_PEER_BYTES];
    const char  *path = op->fixed;

    size = op->host.len + strlen(path) + 128;

    text = conf_arena_alloc(op->arena, size);
    if (text == NULL) {
        return CONF_E_NOMEM;
    }

    n = snprintf(text, size, "%s://%.*s%s?meeting_id=%" PRIu64
                 "&user_id=%" PRIu64, op->secure ? "wss" : "ws",
                 (int) op->host.len, (const char *) op->host.data, path,
                 out->meeting.room.id, op->auth.user_id);

    if (n < 0 || (size_t) n >= size) {
        return CONF_E_INTERNAL;
    }

    out->url.data = (const uint8_t *) text;
    out->url.len = (size_t) n;

    text = conf_arena_alloc(op->arena, 2 * CONF_PEER_BYTES + 3);
    if (text == NULL) {
        return CONF_E_NOMEM;
    }

    op->env->random(op->env, bytes, CONF_PEER_BYTES);

    (void) snprintf(text, 2 * CONF_PEER_BYTES + 3,
                    "p_%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1],
                    bytes[2], bytes[3], bytes[4], bytes[5]);

    out->peer.data = (const uint8_t *) text;
    out->peer.len = 2 * CONF_PEER_BYTES + 2;

    return CONF_OK;
}


static conf_rc_t
conf_meeting_ticket(conf_op_t *op, conf_join_out_t *out)
{
    conf_jwt_t  jwt;

    memset(&jwt, 0, sizeof(conf_jwt_t));
    jwt.auth.user_id = op->auth.user_id;
    jwt.auth.version = op->auth.version;
    jwt.auth.sid = op->auth.sid;
    jwt.auth.ticket = true;
    jwt.ttl_ms = CONF_TICKET_MS;
    op->env->random(op->env, &jwt.jti, sizeof(jwt.jti));

    return conf_jwt_issue(op->arena, op->settings, &jwt,
                          op->env->now_ms(op->env), &out->ticket);
}


/* Servers that know the secret get a user's name and password made of it. */

conf_rc_t
conf_ice_servers(const conf_ice_for_t *whom, conf_list_t *servers)
{
    size_t                  i;
    conf_rc_t               rc;
    conf_str_t              user, secret;
    conf_ice_t             *list;
    const conf_str_t       *uris = whom->settings->ice_uris.items;
    const conf_settings_t  *settings = whom->settings;

    servers->items = NULL;
    servers->n = settings->ice_uris.n;

    if (servers->n == 0) {
        return CONF_OK;
    }

    list = conf_arena_calloc(whom->arena, servers->n * sizeof(conf_ice_t));
    if (list == NULL) {
        return CONF_E_NOMEM;
    }

    servers->items = list;

    user.len = 0;
    secret.len = 0;

    if (settings->turn_secret.len != 0) {
        rc = conf_ice_secret(whom, &user, &secret);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    for (i = 0; i < servers->n; i++) {
        list[i].url = uris[i];

        if (uris[i].len > 4 && memcmp(uris[i].data, "turn", 4) == 0) {
            list[i].user = user;
            list[i].secret = secret;
        }
    }

    return CONF_OK;
}


/* "<expires>:<user>" and base64(HMAC-SHA1(secret, that)), as coturn has it. */

static conf_rc_t
conf_ice_secret(const conf_ice_for_t *whom, conf_str_t *user,
    conf_str_t *secret)
{
    int                     n;
    char                   *name;
    uint8_t                *text, mac[EVP_MAX_MD_SIZE];
    unsigned                len;
    const conf_settings_t  *settings = whom->settings;

    name = conf_arena_alloc(whom->arena, 64);
    text = conf_arena_alloc(whom->arena, (CONF_SHA1_LEN + 2) / 3 * 4 + 1);

    if (name == NULL || text == NULL) {
        return CONF_E_NOMEM;
    }

    n = snprintf(name, 64, "%" PRId64 ":%" PRIu64,
                 whom->now_ms / 1000 + CONF_TURN_S, whom->user_id);

    if (n < 0 || n >= 64) {
        return CONF_E_INTERNAL;
    }

    if (HMAC(EVP_sha1(), settings->turn_secret.data,
             (int) settings->turn_secret.len, (const uint8_t *) name,
             (size_t) n, mac, &len) == NULL
        || len != CONF_SHA1_LEN)
    {
        return CONF_E_INTERNAL;
    }

    user->data = (const uint8_t *) name;
    user->len = (size_t) n;
    secret->data = text;
    secret->len = (size_t) EVP_EncodeBlock(text, mac, CONF_SHA1_LEN);

    return CONF_OK;
}
