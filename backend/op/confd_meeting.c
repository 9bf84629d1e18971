
/* Who may do what in a meeting, and what is done to the meeting itself. */

#include "confd_meeting.h"
#include "confd_password.h"


#define CONFD_MEETING_PLAIN  (CONF_UPDATE_MEETING_NAME                        \
                              | CONF_UPDATE_MEETING_DESCRIPTION)


static conf_rc_t confd_meeting_change(confd_op_ctx_t *ctx,
    const conf_meeting_update_t *in, conf_room_t *room);
static void confd_meeting_merge(const conf_meeting_update_t *in,
    conf_room_t *room);
static conf_rc_t confd_meeting_secret(confd_op_ctx_t *ctx, conf_room_t *room,
    conf_str_t password);
static void confd_meeting_show(const confd_access_t *access,
    conf_room_view_t *view);


conf_rc_t
confd_meeting_access(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t actor,
    confd_access_t *access)
{
    conf_rc_t  rc;

    memset(access, 0, sizeof(confd_access_t));

    rc = confd_room_load(ctx, room_id, &access->room);
    if (rc != CONF_OK) {
        return rc;
    }

    if (actor == 0) {
        access->power = CONFD_ROLE_SERVER;
        return CONF_OK;
    }

    rc = confd_user_actor(ctx, actor, &access->user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_load(ctx, room_id, actor, &access->member);

    if (rc == CONF_E_NOT_MEMBER) {
        rc = confd_lobby_load(ctx, room_id, actor, &access->member);
        access->member.role = CONF_ROLE_NONE;
    }

    if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    access->power = access->member.role;

    if (access->room.state != CONF_ROOM_OPEN
        && (confd_room_creator(&access->room) == actor
            || access->user.role == CONF_USER_ADMIN))
    {
        access->power = CONF_ROLE_OWNER;
    }

    return CONF_OK;
}


conf_rc_t
confd_meeting_permit(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t actor,
    uint32_t power, confd_access_t *access)
{
    conf_rc_t  rc;

    rc = confd_meeting_access(ctx, room_id, actor, access);
    if (rc != CONF_OK) {
        return rc;
    }

    if (access->power == CONF_ROLE_NONE) {
        return access->member.state == CONF_MEMBER_REMOVED ? CONF_E_REMOVED
                                                           : CONF_E_NOT_MEMBER;
    }

    return access->power < power ? CONF_E_FORBIDDEN : CONF_OK;
}


bool
confd_meeting_admin(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id)
{
    confd_access_t  access;

    return confd_meeting_access(ctx, room_id, user_id, &access) == CONF_OK
           && access.power >= CONF_ROLE_OWNER;
}


/* On the way of every message: what is read is used before it is gone. */

conf_rc_t
confd_meeting_chat(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    uint32_t role)
{
    conf_rc_t    rc;
    conf_str_t   value;
    conf_room_t  room;
    confd_key_t  key;

    rc = ctx->driver->get(ctx->txn, CONFD_SPACE_ROOM,
                          confd_record_key(&key, room_id), &value);

    if (rc == CONF_OK) {
        rc = confd_record_read(ctx, &conf_proto_room, value, &room);
    }

    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_E_ROOM_ABSENT : rc;
    }

    if (confd_room_ended(&room)) {
        return CONF_E_ROOM_ENDED;
    }

    if (room.state != CONF_ROOM_OPEN
        && (room.settings & CONF_ROOM_CHAT) == 0
        && role < CONF_ROLE_MODERATOR
        && confd_room_creator(&room) != user_id)
    {
        return CONF_E_FORBIDDEN;
    }

    return CONF_OK;
}


bool
confd_room_ended(const conf_room_t *room)
{
    return room->state == CONF_ROOM_ENDED
           || room->state == CONF_ROOM_CANCELLED;
}


bool
confd_meeting_over(const confd_op_ctx_t *ctx, const conf_room_t *room)
{
    return confd_room_ended(room)
           || (room->state == CONF_ROOM_SCHEDULED
               && room->end_ms <= ctx->now_ms);
}


uint64_t
confd_room_creator(const conf_room_t *room)
{
    return room->creator_id != 0 ? room->creator_id : room->owner_id;
}


conf_rc_t
confd_op_meeting_create_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_meeting_create_t *in = data;

    return in->password.len == 0
           ? CONF_OK
           : confd_password_hash(ctx->conf, in->password, ctx->hash);
}


conf_rc_t
confd_op_meeting_create(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_meeting_create_t  *in = data;
    conf_room_view_t             *out = reply;

    conf_rc_t     rc;
    conf_room_t  *room = &out->room;

    if (in->name.len == 0 || in->start_ms <= 0 || in->end_ms <= in->start_ms
        || in->end_ms <= ctx->now_ms || in->media > CONF_ROOM_AUDIO)
    {
        return CONF_E_INVALID;
    }

    room->name = in->name;
    room->description = in->description;
    room->state = CONF_ROOM_SCHEDULED;
    room->media = in->media;
    room->capacity = in->capacity;
    room->settings = in->settings;
    room->options = in->options;
    room->start_ms = in->start_ms;
    room->end_ms = in->end_ms;
    room->empty_ms = ctx->now_ms;

    rc = confd_room_make(ctx, in->actor, room);

    if (rc == CONF_OK) {
        rc = confd_meeting_secret(ctx, room, in->password);
    }

    if (rc == CONF_OK) {
        rc = confd_meeting_due(ctx, room, room->end_ms);
    }

    out->role = CONF_ROLE_OWNER;

    return rc == CONF_OK ? confd_room_store(ctx, room) : rc;
}


conf_rc_t
confd_op_meeting_get(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;

    conf_rc_t       rc;
    confd_access_t  access;

    rc = confd_meeting_access(ctx, in->room_id, in->actor, &access);
    if (rc != CONF_OK) {
        return rc;
    }

    if (access.member.state == CONF_MEMBER_REMOVED
        && access.power == CONF_ROLE_NONE)
    {
        return CONF_E_REMOVED;
    }

    if (access.power == CONF_ROLE_NONE
        && access.member.state != CONF_MEMBER_WAITING)
    {
        return CONF_E_NOT_MEMBER;
    }

    confd_meeting_show(&access, reply);

    return CONF_OK;
}


conf_rc_t
confd_op_meeting_update_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_meeting_update_t *in = data;

    conf_rc_t       rc;
    confd_access_t  access;

    if ((in->mask & CONF_UPDATE_MEETING_PASSWORD) == 0
        || in->password.len == 0)
    {
        return CONF_OK;
    }

    /* Who may not costs no hash. */

    rc = ctx->driver->begin(store, false, &ctx->txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_meeting_permit(ctx, in->room_id, in->actor, CONF_ROLE_OWNER,
                              &access);
    ctx->driver->abort(ctx->txn);
    ctx->txn = NULL;

    if (rc != CONF_OK) {
        return rc;
    }

    return confd_password_hash(ctx->conf, in->password, ctx->hash);
}


conf_rc_t
confd_op_meeting_update(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_meeting_update_t  *in = data;
    conf_room_view_t             *out = reply;

    conf_rc_t       rc;
    confd_access_t  access;

    rc = confd_meeting_permit(ctx, in->room_id, in->actor, CONF_ROLE_OWNER,
                              &access);

    if (rc == CONF_OK) {
        rc = confd_meeting_change(ctx, in, &access.room);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    confd_meeting_show(&access, out);

    return CONF_OK;
}


static conf_rc_t
confd_meeting_change(confd_op_ctx_t *ctx, const conf_meeting_update_t *in,
    conf_room_t *room)
{
    conf_rc_t  rc;

    if (confd_meeting_over(ctx, room)) {
        return CONF_E_ROOM_ENDED;
    }

    if (room->state == CONF_ROOM_OPEN
        && (in->mask & ~(uint64_t) CONFD_MEETING_PLAIN) != 0)
    {
        return CONF_E_FORBIDDEN;
    }

    confd_meeting_merge(in, room);

    if (room->name.len == 0 || room->media > CONF_ROOM_AUDIO
        || (room->state != CONF_ROOM_OPEN && room->end_ms <= room->start_ms))
    {
        return CONF_E_INVALID;
    }

    if ((in->mask & CONF_UPDATE_MEETING_STATE) != 0) {
        if (in->state != CONF_ROOM_CANCELLED) {
            return CONF_E_INVALID;
        }

        if (room->state != CONF_ROOM_SCHEDULED) {
            return CONF_E_CONFLICT;
        }
    }

    room->updated_ms = ctx->now_ms;

    if ((in->mask & CONF_UPDATE_MEETING_PASSWORD) != 0) {
        rc = confd_meeting_secret(ctx, room, in->password);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    if ((in->mask & CONF_UPDATE_MEETING_STATE) != 0) {
        return confd_meeting_finish(ctx, room, CONF_ROOM_CANCELLED);
    }

    if ((in->mask & CONF_UPDATE_MEETING_END) != 0) {
        rc = confd_meeting_due(ctx, room, room->end_ms);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_room_store(ctx, room);

    return rc == CONF_OK ? confd_touch(ctx, 0, room->id) : rc;
}


static void
confd_meeting_merge(const conf_meeting_update_t *in, conf_room_t *room)
{
    if ((in->mask & CONF_UPDATE_MEETING_NAME) != 0) {
        room->name = in->name;
    }

    if ((in->mask & CONF_UPDATE_MEETING_DESCRIPTION) != 0) {
        room->description = in->description;
    }

    if ((in->mask & CONF_UPDATE_MEETING_START) != 0) {
        room->start_ms = in->start_ms;
    }

    if ((in->mask & CONF_UPDATE_MEETING_END) != 0) {
        room->end_ms = in->end_ms;
    }

    if ((in->mask & CONF_UPDATE_MEETING_CAPACITY) != 0) {
        room->capacity = in->capacity;
    }

    if ((in->mask & CONF_UPDATE_MEETING_MEDIA) != 0) {
        room->media = in->media;
    }

    if ((in->mask & CONF_UPDATE_MEETING_SETTINGS) != 0) {
        room->settings = (room->settings & ~in->settings_mask)
                         | (in->settings & in->settings_mask);
    }

    if ((in->mask & CONF_UPDATE_MEETING_OPTIONS) != 0) {
        room->options = in->options;
    }
}


/* Stores what the pool has hashed, or that there is no password. */

static conf_rc_t
confd_meeting_secret(confd_op_ctx_t *ctx, conf_room_t *room,
    conf_str_t password)
{
    confd_key_t              key;
    conf_store_credential_t  secret;

    if (password.len == 0) {
        if (!room->locked) {
            return CONF_OK;
        }

        room->locked = false;

        return confd_record_del(ctx, CONFD_SPACE_ROOM_SECRET,
                                confd_record_key(&key, room->id));
    }

    room->locked = true;

    secret.hash.data = (const uint8_t *) ctx->hash;
    secret.hash.len = strnlen(ctx->hash, CONFD_HASH_MAX);

    return confd_record_put(ctx, CONFD_SPACE_ROOM_SECRET,
                            confd_record_key(&key, room->id),
                            &conf_proto_store_credential, &secret);
}


/* By who made it, and by admins; gives the room as it was. */

conf_rc_t
confd_op_meeting_delete(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;

    conf_rc_t       rc;
    confd_access_t  access;

    rc = confd_meeting_permit(ctx, in->room_id, in->actor, CONF_ROLE_OWNER,
                              &access);
    if (rc != CONF_OK) {
        return rc;
    }

    if (in->actor != 0 && access.user.role != CONF_USER_ADMIN
        && confd_room_creator(&access.room) != in->actor)
    {
        return CONF_E_FORBIDDEN;
    }

    memcpy(reply, &access.room, sizeof(conf_room_t));

    return confd_room_drop(ctx, &access.room);
}


conf_rc_t
confd_op_meeting_start(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;
    conf_room_t            *out = reply;

    conf_rc_t       rc;
    confd_access_t  access;

    rc = confd_meeting_permit(ctx, in->room_id, in->actor,
                              CONF_ROLE_MODERATOR, &access);
    if (rc != CONF_OK) {
        return rc;
    }

    *out = access.room;

    if (confd_meeting_over(ctx, out)) {
        return CONF_E_ROOM_ENDED;
    }

    if (out->state != CONF_ROOM_SCHEDULED) {
        return CONF_OK;
    }

    out->state = CONF_ROOM_ONGOING;
    out->started_ms = ctx->now_ms;
    out->empty_ms = ctx->now_ms;
    out->updated_ms = ctx->now_ms;

    rc = confd_room_store(ctx, out);

    return rc == CONF_OK ? confd_touch(ctx, 0, out->id) : rc;
}


conf_rc_t
confd_op_meeting_end(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;
    conf_room_t            *out = reply;

    conf_rc_t       rc;
    confd_access_t  access;

    rc = confd_meeting_permit(ctx, in->room_id, in->actor,
                              CONF_ROLE_MODERATOR, &access);
    if (rc != CONF_OK) {
        return rc;
    }

    *out = access.room;

    if (confd_meeting_over(ctx, out)) {
        return CONF_E_ROOM_ENDED;
    }

    if (out->state != CONF_ROOM_ONGOING) {
        return out->state == CONF_ROOM_OPEN ? CONF_E_FORBIDDEN
                                            : CONF_E_ROOM_STATE;
    }

    return confd_meeting_finish(ctx, out, CONF_ROOM_ENDED);
}


static void
confd_meeting_show(const confd_access_t *access, conf_room_view_t *view)
{
    view->room = access->room;
    view->role = access->member.role;
    view->read_seq = access->member.read_seq;
    view->state = access->member.state;
    view->entered_ms = access->member.entered_ms;
    view->left_ms = access->member.left_ms;
}
