
#include "confd_meeting.h"


#define CONFD_CODE_MIN     100000000
#define CONFD_CODE_COUNT   900000000
#define CONFD_CODE_TRIES   100
#define CONFD_LIST_MAX     1000


static conf_rc_t confd_room_begin(confd_op_ctx_t *ctx,
    const conf_room_t *room);
static conf_rc_t confd_room_code(confd_op_ctx_t *ctx, uint32_t *code);
static conf_rc_t confd_room_permit(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t actor, uint32_t role);
static conf_str_t confd_room_uuid_key(confd_key_t *key, conf_uuid_t uuid);


conf_rc_t
confd_room_load(confd_op_ctx_t *ctx, uint64_t id, conf_room_t *room)
{
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_record_get(ctx, CONFD_SPACE_ROOM, confd_record_key(&key, id),
                          &conf_proto_room, room);

    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_E_ROOM_ABSENT : rc;
    }

    /* Of a store of schema 2 the record's own count is right as yet. */

    rc = confd_member_total(ctx, id, &room->nmembers);

    if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
        rc = ctx->driver->log_head(ctx->txn, id, &room->epoch, &room->seq);
    }

    return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
}


conf_rc_t
confd_room_store(confd_op_ctx_t *ctx, const conf_room_t *room)
{
    conf_room_t  record;
    confd_key_t  key;

    record = *room;
    record.epoch = 0;
    record.seq = 0;

    return confd_record_put(ctx, CONFD_SPACE_ROOM,
                            confd_record_key(&key, room->id),
                            &conf_proto_room, &record);
}


conf_rc_t
confd_room_drop(confd_op_ctx_t *ctx, const conf_room_t *room)
{
    size_t        i;
    uint64_t     *users;
    conf_rc_t     rc;
    conf_list_t   ids;
    confd_key_t   key;

    rc = confd_record_ids(ctx, CONFD_SPACE_MEMBER, room->id, 0, SIZE_MAX,
                          &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    users = ids.items;

    for (i = 0; i < ids.n; i++) {
        rc = confd_member_erase(ctx, room, users[i]);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_meeting_clear(ctx, room);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_del(ctx, CONFD_SPACE_ROOM_CODE,
                          confd_record_key(&key, room->code));
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_del(ctx, CONFD_SPACE_ROOM_UUID,
                          confd_room_uuid_key(&key, room->uuid));
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_del(ctx, CONFD_SPACE_ROOM,
                          confd_record_key(&key, room->id));

    return rc == CONF_OK ? confd_touch(ctx, 0, room->id) : rc;
}


conf_rc_t
confd_room_list(confd_op_ctx_t *ctx, const conf_list_t *ids,
    conf_list_t *rooms)
{
    size_t           i;
    conf_rc_t        rc;
    conf_room_t     *room;
    const uint64_t  *id;

    rooms->items = NULL;
    rooms->n = 0;

    if (ids->n == 0) {
        return CONF_OK;
    }

    room = conf_arena_alloc(ctx->arena, ids->n * sizeof(conf_room_t));
    if (room == NULL) {
        return CONF_E_NOMEM;
    }

    id = ids->items;
    rooms->items = room;

    for (i = 0; i < ids->n; i++) {
        rc = confd_room_load(ctx, id[i], &room[rooms->n]);

        if (rc == CONF_E_ROOM_ABSENT) {
            continue;
        }

        if (rc != CONF_OK) {
            return rc;
        }

        rooms->n++;
    }

    return CONF_OK;
}


conf_rc_t
confd_op_room_create(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_create_t  *in = data;
    conf_room_t               *out = reply;

    conf_rc_t  rc;

    if (in->name.len == 0) {
        return CONF_E_INVALID;
    }

    out->name = in->name;
    out->description = in->description;

    rc = confd_room_make(ctx, in->actor, out);

    return rc == CONF_OK ? confd_room_store(ctx, out) : rc;
}


conf_rc_t
confd_room_make(confd_op_ctx_t *ctx, uint64_t actor, conf_room_t *room)
{
    conf_rc_t    rc;
    conf_user_t  user;

    rc = confd_user_actor(ctx, actor, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_room_for_one(ctx, actor);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_room_code(ctx, &room->code);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_random_uuid(&room->uuid);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_random_epoch(&room->epoch);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = ctx->driver->next_id(ctx->txn, CONFD_SPACE_ROOM, &room->id);
    if (rc != CONF_OK) {
        return rc;
    }

    room->owner_id = actor;
    room->creator_id = actor;
    room->nmembers = 1;
    room->created_ms = ctx->now_ms;
    room->updated_ms = ctx->now_ms;

    return confd_room_begin(ctx, room);
}


/* The log of a new room, its indexes and its first member. */

static conf_rc_t
confd_room_begin(confd_op_ctx_t *ctx, const conf_room_t *room)
{
    conf_rc_t            rc;
    confd_key_t          key;
    conf_store_member_t  member;

    rc = ctx->driver->log_create(ctx->txn, room->id, room->epoch);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_index_put(ctx, CONFD_SPACE_ROOM_CODE,
                         confd_record_key(&key, room->code), room->id);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_index_put(ctx, CONFD_SPACE_ROOM_UUID,
                         confd_room_uuid_key(&key, room->uuid), room->id);
    if (rc != CONF_OK) {
        return rc;
    }

    memset(&member, 0, sizeof(conf_store_member_t));
    member.role = CONF_ROLE_OWNER;
    member.joined_ms = ctx->now_ms;
    member.read_seq = 0;

    return confd_member_create(ctx, room->id, room->owner_id, &member);
}


conf_rc_t
confd_op_room_get(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;
    conf_room_view_t       *out = reply;

    conf_rc_t            rc;
    conf_store_member_t  member;

    rc = confd_member_load(ctx, in->room_id, in->actor, &member);

    if (rc == CONF_E_NOT_MEMBER
        && confd_lobby_load(ctx, in->room_id, in->actor, &member) == CONF_OK)
    {
        return member.state == CONF_MEMBER_REMOVED ? CONF_E_REMOVED
                                                   : CONF_E_WAITING;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_room_load(ctx, in->room_id, &out->room);
    if (rc != CONF_OK || in->actor == 0) {
        return rc;
    }

    out->role = member.role;
    out->read_seq = member.read_seq;
    out->state = member.state;
    out->entered_ms = member.entered_ms;
    out->left_ms = member.left_ms;

    return confd_message_mark(ctx, &out->room, in->actor, &out->read_seq);
}


conf_rc_t
confd_op_room_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_list_t  *in = data;
    conf_rooms_t            *out = reply;

    conf_rc_t    rc;
    conf_list_t  ids;
    conf_user_t  user;

    if (in->limit < 1 || in->limit > CONFD_LIST_MAX) {
        return CONF_E_INVALID;
    }

    rc = confd_user_live(ctx, in->actor, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_ids(ctx, CONFD_SPACE_USER_ROOM, in->actor, in->after,
                          (size_t) in->limit + 1, &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    if (ids.n > in->limit) {
        out->more = true;
        ids.n = in->limit;
    }

    return confd_room_list(ctx, &ids, &out->rooms);
}


/* The rooms that two users are both in, at most 1,000. */

conf_rc_t
confd_op_user_common_rooms(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_pair_t  *in = data;
    conf_rooms_t       *out = reply;

    size_t        i, n;
    uint64_t     *id;
    conf_rc_t     rc;
    conf_list_t   ids;
    conf_user_t   user;
    confd_key_t   key;

    rc = confd_user_live(ctx, in->actor, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_user_live(ctx, in->other, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_ids(ctx, CONFD_SPACE_USER_ROOM, in->actor, 0, SIZE_MAX,
                          &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    id = ids.items;
    n = 0;

    for (i = 0; i < ids.n; i++) {
        rc = confd_record_has(ctx, CONFD_SPACE_MEMBER,
                              confd_record_key2(&key, id[i], in->other));

        if (rc == CONF_E_NOT_FOUND) {
            continue;
        }

        if (rc != CONF_OK) {
            return rc;
        }

        if (n == CONFD_LIST_MAX) {
            out->more = true;
            break;
        }

        id[n++] = id[i];
    }

    ids.n = n;

    return confd_room_list(ctx, &ids, &out->rooms);
}


conf_rc_t
confd_op_room_update(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_update_t  *in = data;
    conf_room_t               *out = reply;

    conf_rc_t  rc;

    rc = confd_room_permit(ctx, in->room_id, in->actor, CONF_ROLE_MODERATOR);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_room_load(ctx, in->room_id, out);
    if (rc != CONF_OK) {
        return rc;
    }

    if ((in->mask & CONF_UPDATE_ROOM_NAME) != 0) {
        out->name = in->name;
    }

    if ((in->mask & CONF_UPDATE_ROOM_DESCRIPTION) != 0) {
        out->description = in->description;
    }

    if (out->name.len == 0) {
        return CONF_E_INVALID;
    }

    out->updated_ms = ctx->now_ms;

    rc = confd_room_store(ctx, out);

    return rc == CONF_OK ? confd_touch(ctx, 0, out->id) : rc;
}


/* Gives the room as it was. */

conf_rc_t
confd_op_room_delete(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;
    conf_room_t            *out = reply;

    conf_rc_t  rc;

    rc = confd_room_permit(ctx, in->room_id, in->actor, CONF_ROLE_OWNER);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_room_load(ctx, in->room_id, out);

    return rc == CONF_OK ? confd_room_drop(ctx, out) : rc;
}


conf_rc_t
confd_op_room_heads(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_ids_t  *in = data;
    conf_heads_t      *out = reply;

    size_t           i;
    conf_rc_t        rc;
    conf_head_t     *head;
    confd_key_t      key;
    const uint64_t  *id;

    if (in->ids.n == 0) {
        return CONF_OK;
    }

    head = conf_arena_calloc(ctx->arena, in->ids.n * sizeof(conf_head_t));
    if (head == NULL) {
        return CONF_E_NOMEM;
    }

    id = in->ids.items;

    for (i = 0; i < in->ids.n; i++) {
        head[i].room_id = id[i];

        /* The log of a deleted room keeps its head. */

        rc = confd_record_has(ctx, CONFD_SPACE_ROOM,
                              confd_record_key(&key, id[i]));

        if (rc == CONF_OK) {
            rc = ctx->driver->log_head(ctx->txn, id[i], &head[i].epoch,
                                       &head[i].seq);
        }

        if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
            return rc;
        }
    }

    out->heads.items = head;
    out->heads.n = in->ids.n;

    return CONF_OK;
}


/* A code that no live room has. */

static conf_rc_t
confd_room_code(confd_op_ctx_t *ctx, uint32_t *code)
{
    uint32_t     n;
    unsigned     i;
    conf_rc_t    rc;
    confd_key_t  key;

    for (i = 0; i < CONFD_CODE_TRIES; i++) {
        rc = confd_random(&n, sizeof(uint32_t));
        if (rc != CONF_OK) {
            return rc;
        }

        /* What is left of 2^32 behind four times the count would be biased. */

        if (n >= UINT32_MAX / CONFD_CODE_COUNT * CONFD_CODE_COUNT) {
            continue;
        }

        *code = CONFD_CODE_MIN + n % CONFD_CODE_COUNT;

        rc = confd_record_has(ctx, CONFD_SPACE_ROOM_CODE,
                              confd_record_key(&key, *code));
        if (rc == CONF_E_NOT_FOUND) {
            return CONF_OK;
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_E_INTERNAL;
}


/* Whether the actor has at least this role in the room. */

static conf_rc_t
confd_room_permit(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t actor,
    uint32_t role)
{
    conf_rc_t            rc;
    conf_store_member_t  member;

    rc = confd_member_load(ctx, room_id, actor, &member);

    if (rc == CONF_OK && member.role < role) {
        return CONF_E_FORBIDDEN;
    }

    return rc;
}


static conf_str_t
confd_room_uuid_key(confd_key_t *key, conf_uuid_t uuid)
{
    confd_key_init(key);
    confd_key_uuid(key, uuid);

    return confd_key_str(key);
}
