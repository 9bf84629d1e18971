
/*
 * How meetings end: by somebody, by time, with the account of their host.
 */

#include "confd_meeting.h"


#define CONFD_DUE_MAX  500           /* meetings that one op looks at */


static conf_rc_t confd_due_list(confd_op_ctx_t *ctx, conf_list_t *ids);
static conf_rc_t confd_due_room(confd_op_ctx_t *ctx, uint64_t room_id);
static conf_rc_t confd_finish_joined(confd_op_ctx_t *ctx,
    const conf_room_t *room);
static conf_rc_t confd_finish_members(confd_op_ctx_t *ctx, uint64_t room_id);
static conf_rc_t confd_lobby_clear(confd_op_ctx_t *ctx, uint64_t room_id,
    bool all);
static conf_rc_t confd_forsake_host(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id);


conf_rc_t
confd_meeting_due(confd_op_ctx_t *ctx, conf_room_t *room, int64_t due_ms)
{
    conf_rc_t    rc;
    confd_key_t  key;

    if (room->due_ms == due_ms) {
        return CONF_OK;
    }

    if (room->due_ms != 0) {
        rc = confd_record_del(ctx, CONFD_SPACE_ROOM_DUE,
                              confd_record_key2(&key, (uint64_t) room->due_ms,
                                                room->id));
        if (rc != CONF_OK) {
            return rc;
        }
    }

    room->due_ms = due_ms;

    if (due_ms == 0) {
        return CONF_OK;
    }

    return ctx->driver->put(ctx->txn, CONFD_SPACE_ROOM_DUE,
                            confd_record_key2(&key, (uint64_t) due_ms,
                                              room->id), conf_str(""));
}


conf_rc_t
confd_meeting_finish(confd_op_ctx_t *ctx, conf_room_t *room,
    conf_room_state_e state)
{
    conf_rc_t  rc;

    rc = confd_finish_joined(ctx, room);

    if (rc == CONF_OK) {
        rc = confd_finish_members(ctx, room->id);
    }

    if (rc == CONF_OK) {
        rc = confd_lobby_clear(ctx, room->id, false);
    }

    if (rc == CONF_OK) {
        rc = confd_meeting_due(ctx, room, 0);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    room->state = state;
    room->njoined = 0;
    room->ended_ms = ctx->now_ms;
    room->updated_ms = ctx->now_ms;

    rc = confd_room_store(ctx, room);

    return rc == CONF_OK ? confd_touch(ctx, 0, room->id) : rc;
}


/* The room's touch is for all of its members. */

static conf_rc_t
confd_finish_joined(confd_op_ctx_t *ctx, const conf_room_t *room)
{
    size_t                i;
    uint64_t             *users;
    conf_rc_t             rc;
    conf_list_t           ids;
    confd_key_t           key;
    conf_store_member_t   member;

    if (room->njoined == 0) {
        return CONF_OK;
    }

    rc = confd_record_ids(ctx, CONFD_SPACE_JOINED, room->id, 0, SIZE_MAX,
                          &ids);
    users = ids.items;

    for (i = 0; i < ids.n && rc == CONF_OK; i++) {
        rc = confd_member_load(ctx, room->id, users[i], &member);
        if (rc != CONF_OK) {
            break;
        }

        member.state = CONF_MEMBER_OFFLINE;
        member.left_ms = ctx->now_ms;

        rc = confd_member_store(ctx, room->id, users[i], &member);

        if (rc == CONF_OK) {
            rc = confd_record_del(ctx, CONFD_SPACE_JOINED,
                                  confd_record_key2(&key, room->id,
                                                    users[i]));
        }

        if (rc == CONF_OK) {
            rc = confd_message_visit(ctx, room->id, users[i], false);
        }
    }

    return rc;
}


/* One room less of those that each of them may have. */

static conf_rc_t
confd_finish_members(confd_op_ctx_t *ctx, uint64_t room_id)
{
    size_t        i;
    uint64_t     *users;
    conf_rc_t     rc;
    conf_list_t   ids;

    rc = confd_record_ids(ctx, CONFD_SPACE_MEMBER, room_id, 0, SIZE_MAX,
                          &ids);
    users = ids.items;

    for (i = 0; i < ids.n && rc == CONF_OK; i++) {
        rc = confd_member_uncount(ctx, users[i]);
    }

    return rc;
}


/* All rows, or of those who wait. */

static conf_rc_t
confd_lobby_clear(confd_op_ctx_t *ctx, uint64_t room_id, bool all)
{
    size_t                i;
    uint64_t             *users;
    conf_rc_t             rc;
    conf_list_t           ids;
    confd_key_t           key;
    conf_store_member_t   member;

    rc = confd_record_ids(ctx, CONFD_SPACE_LOBBY, room_id, 0, SIZE_MAX, &ids);
    users = ids.items;

    for (i = 0; i < ids.n && rc == CONF_OK; i++) {
        rc = confd_lobby_load(ctx, room_id, users[i], &member);

        if (rc == CONF_OK && (all || member.state == CONF_MEMBER_WAITING)) {
            rc = confd_record_del(ctx, CONFD_SPACE_LOBBY,
                                  confd_record_key2(&key, room_id, users[i]));
        }
    }

    return rc;
}


conf_rc_t
confd_meeting_clear(confd_op_ctx_t *ctx, const conf_room_t *room)
{
    size_t        i;
    uint64_t     *users;
    conf_rc_t     rc;
    conf_room_t   gone;
    conf_list_t   ids;
    confd_key_t   key;

    gone = *room;

    rc = confd_meeting_due(ctx, &gone, 0);

    if (rc == CONF_OK) {
        rc = confd_lobby_clear(ctx, room->id, true);
    }

    if (rc == CONF_OK && room->locked) {
        rc = confd_record_del(ctx, CONFD_SPACE_ROOM_SECRET,
                              confd_record_key(&key, room->id));
    }

    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_ids(ctx, CONFD_SPACE_JOINED, room->id, 0, SIZE_MAX,
                          &ids);
    users = ids.items;

    for (i = 0; i < ids.n && rc == CONF_OK; i++) {
        rc = confd_record_del(ctx, CONFD_SPACE_JOINED,
                              confd_record_key2(&key, room->id, users[i]));
    }

    return rc;
}


conf_rc_t
confd_meeting_forsake(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id)
{
    conf_rc_t            rc;
    confd_leave_t        leave;
    conf_store_member_t  member;

    rc = confd_member_load(ctx, room->id, user_id, &member);

    if (rc == CONF_OK && room->state == CONF_ROOM_SCHEDULED
        && (member.role == CONF_ROLE_OWNER
            || confd_room_creator(room) == user_id))
    {
        rc = confd_meeting_finish(ctx, room, CONF_ROOM_CANCELLED);

    } else if (rc == CONF_OK && room->state == CONF_ROOM_ONGOING
               && member.role == CONF_ROLE_OWNER)
    {
        rc = confd_forsake_host(ctx, room, user_id);
    }

    return rc == CONF_OK
           ? confd_member_leave(ctx, room, user_id, member.role, &leave) : rc;
}


/* Without a moderator to follow the host the meeting ends. */

static conf_rc_t
confd_forsake_host(confd_op_ctx_t *ctx, conf_room_t *room, uint64_t user_id)
{
    uint64_t             heir;
    conf_rc_t            rc;
    conf_store_member_t  member;

    member.role = CONF_ROLE_NONE;

    rc = room->nmembers <= 1
         ? CONF_OK : confd_member_successor(ctx, room->id, user_id, &heir,
                                            &member);

    if (rc == CONF_OK && member.role < CONF_ROLE_MODERATOR) {
        rc = confd_meeting_finish(ctx, room, CONF_ROOM_ENDED);
    }

    return rc;
}


/*
 * By time: what was never started is cancelled at its end, what is under way
 * ends when it has been empty for a while; nobody is cut off.
 */

conf_rc_t
confd_op_room_due(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    size_t        i;
    uint64_t     *rooms;
    conf_rc_t     rc;
    conf_list_t   ids;

    rc = confd_due_list(ctx, &ids);
    rooms = ids.items;

    for (i = 0; i < ids.n && rc == CONF_OK; i++) {
        rc = confd_due_room(ctx, rooms[i]);
    }

    return rc;
}


static conf_rc_t
confd_due_list(confd_op_ctx_t *ctx, conf_list_t *ids)
{
    uint64_t            *rooms;
    conf_rc_t            rc;
    conf_str_t           key, value;
    confd_cursor_t      *cursor;
    confd_key_reader_t   reader;

    ids->n = 0;
    ids->items = NULL;

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_ROOM_DUE, conf_str(""),
                             conf_str(""), false, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    while (ids->n < CONFD_DUE_MAX) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        confd_key_read(&reader, key);

        if (confd_key_read_u64(&reader) > (uint64_t) ctx->now_ms) {
            break;
        }

        if (ids->items == NULL) {
            ids->items = conf_arena_alloc(ctx->arena,
                                          CONFD_DUE_MAX * sizeof(uint64_t));
            if (ids->items == NULL) {
                rc = CONF_E_NOMEM;
                break;
            }
        }

        rooms = ids->items;
        rooms[ids->n++] = confd_key_read_u64(&reader);
    }

    ctx->driver->cursor_close(cursor);

    return rc == CONF_DONE ? CONF_OK : rc;
}


static conf_rc_t
confd_due_room(confd_op_ctx_t *ctx, uint64_t room_id)
{
    int64_t      due_ms;
    conf_rc_t    rc;
    conf_room_t  room;

    rc = confd_room_load(ctx, room_id, &room);
    if (rc != CONF_OK) {
        return rc == CONF_E_ROOM_ABSENT ? CONF_E_STORE_FAILED : rc;
    }

    if (room.state == CONF_ROOM_SCHEDULED) {
        return confd_meeting_finish(ctx, &room, CONF_ROOM_CANCELLED);
    }

    due_ms = (room.njoined != 0 ? ctx->now_ms : room.empty_ms)
             + ctx->conf->room_grace_ms;
    due_ms = conf_max(due_ms, room.end_ms);

    if (room.njoined == 0 && due_ms <= ctx->now_ms) {
        return confd_meeting_finish(ctx, &room, CONF_ROOM_ENDED);
    }

    /* With no grace it is looked at as often as this is asked. */

    rc = confd_meeting_due(ctx, &room, conf_max(due_ms, ctx->now_ms + 1));

    return rc == CONF_OK ? confd_room_store(ctx, &room) : rc;
}
