
#include "confd_meeting.h"


#define CONFD_MEMBERS_MAX  1000


static conf_rc_t confd_member_count(confd_op_ctx_t *ctx, uint64_t user_id,
    uint64_t *count);
static conf_rc_t confd_member_total_add(confd_op_ctx_t *ctx, uint64_t room_id,
    int n);
static conf_rc_t confd_member_invitee(confd_op_ctx_t *ctx,
    const conf_member_add_t *in, conf_user_t *user);
static conf_rc_t confd_member_invited(confd_op_ctx_t *ctx,
    const conf_room_t *room, uint64_t user_id, uint32_t role);


conf_rc_t
confd_member_load(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    conf_store_member_t *member)
{
    conf_rc_t    rc;
    conf_str_t   value;
    confd_key_t  key;

    memset(member, 0, sizeof(conf_store_member_t));

    if (user_id == 0) {
        member->role = CONFD_ROLE_SERVER;

        rc = confd_record_has(ctx, CONFD_SPACE_ROOM,
                              confd_record_key(&key, room_id));

        return rc == CONF_E_NOT_FOUND ? CONF_E_ROOM_ABSENT : rc;
    }

    /* A row has no strings, so it needs no copy. */

    rc = ctx->driver->get(ctx->txn, CONFD_SPACE_MEMBER,
                          confd_record_key2(&key, room_id, user_id), &value);
    if (rc == CONF_OK) {
        return confd_record_read(ctx, &conf_proto_store_member, value,
                                 member);
    }

    if (rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    /* A row is gone with its room, so only now it matters. */

    rc = confd_record_has(ctx, CONFD_SPACE_ROOM,
                          confd_record_key(&key, room_id));

    if (rc == CONF_OK) {
        return CONF_E_NOT_MEMBER;
    }

    return rc == CONF_E_NOT_FOUND ? CONF_E_ROOM_ABSENT : rc;
}


conf_rc_t
confd_member_room_for_one(confd_op_ctx_t *ctx, uint64_t user_id)
{
    uint64_t   count;
    conf_rc_t  rc;

    rc = confd_member_count(ctx, user_id, &count);

    if (rc == CONF_OK && count >= ctx->conf->user_rooms_max) {
        return CONF_E_ROOM_FULL;
    }

    return rc;
}


conf_rc_t
confd_member_create(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    conf_store_member_t *member)
{
    uint64_t             count;
    conf_rc_t            rc;
    conf_str_t           none = conf_null_string;
    confd_key_t          key;
    conf_store_member_t  lobby;

    rc = confd_member_count(ctx, user_id, &count);
    if (rc != CONF_OK) {
        return rc;
    }

    /* Who waited or was removed comes in, and is known by the same id. */

    rc = confd_lobby_take(ctx, room_id, user_id, &lobby);

    member->id = lobby.id;

    if (rc == CONF_E_NOT_FOUND) {
        rc = ctx->driver->next_id(ctx->txn, CONFD_SPACE_MEMBER, &member->id);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_index_put(ctx, CONFD_SPACE_USER_ROOM,
                         confd_record_key2(&key, user_id, 0), count + 1);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = ctx->driver->put(ctx->txn, CONFD_SPACE_USER_ROOM,
                          confd_record_key2(&key, user_id, room_id), none);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_total_add(ctx, room_id, 1);

    if (rc == CONF_OK) {
        rc = confd_member_store(ctx, room_id, user_id, member);
    }

    return rc == CONF_OK ? confd_touch(ctx, user_id, room_id) : rc;
}


conf_rc_t
confd_member_store(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    const conf_store_member_t *member)
{
    confd_key_t  key;

    return confd_record_put(ctx, CONFD_SPACE_MEMBER,
                            confd_record_key2(&key, room_id, user_id),
                            &conf_proto_store_member, member);
}


conf_rc_t
confd_member_put(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    const conf_store_member_t *member)
{
    conf_rc_t  rc;

    rc = confd_member_store(ctx, room_id, user_id, member);

    return rc == CONF_OK ? confd_touch(ctx, user_id, room_id) : rc;
}


conf_rc_t
confd_member_uncount(confd_op_ctx_t *ctx, uint64_t user_id)
{
    uint64_t     count;
    conf_rc_t    rc;
    conf_str_t   count_key;
    confd_key_t  key;

    rc = confd_member_count(ctx, user_id, &count);
    if (rc != CONF_OK) {
        return rc;
    }

    count_key = confd_record_key2(&key, user_id, 0);

    return count > 1
           ? confd_index_put(ctx, CONFD_SPACE_USER_ROOM, count_key, count - 1)
           : confd_record_del(ctx, CONFD_SPACE_USER_ROOM, count_key);
}


conf_rc_t
confd_member_erase(confd_op_ctx_t *ctx, const conf_room_t *room,
    uint64_t user_id)
{
    conf_rc_t    rc;
    confd_key_t  key;

    /* What is over was taken from the count when it ended. */

    if (!confd_room_ended(room)) {
        rc = confd_member_uncount(ctx, user_id);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_record_del(ctx, CONFD_SPACE_USER_ROOM,
                          confd_record_key2(&key, user_id, room->id));

    if (rc == CONF_OK) {
        rc = confd_member_total_add(ctx, room->id, -1);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    return confd_record_del(ctx, CONFD_SPACE_MEMBER,
                            confd_record_key2(&key, room->id, user_id));
}


/*
 * Beside the rows of the members, where who comes or goes has to write anyway:
 * the room's record has pages of its own.
 */

conf_rc_t
confd_member_total(confd_op_ctx_t *ctx, uint64_t room_id, uint32_t *n)
{
    uint64_t     total;
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_index_get(ctx, CONFD_SPACE_MEMBER,
                         confd_record_key2(&key, room_id, 0), &total);
    if (rc == CONF_OK) {
        *n = (uint32_t) total;
    }

    return rc;
}


static conf_rc_t
confd_member_total_add(confd_op_ctx_t *ctx, uint64_t room_id, int n)
{
    uint32_t      total;
    conf_rc_t     rc;
    conf_str_t    total_key;
    conf_room_t   room;
    confd_key_t   key;

    total = 0;
    rc = confd_member_total(ctx, room_id, &total);

    if (rc == CONF_E_NOT_FOUND) {

        /* Of a store of schema 2, or of a room that is made right now. */

        rc = confd_room_load(ctx, room_id, &room);

        if (rc == CONF_OK) {
            total = room.nmembers;

        } else if (rc == CONF_E_ROOM_ABSENT) {
            rc = CONF_OK;
        }
    }

    if (rc != CONF_OK) {
        return rc;
    }

    total += (uint32_t) n;
    total_key = confd_record_key2(&key, room_id, 0);

    if (total != 0) {
        return confd_index_put(ctx, CONFD_SPACE_MEMBER, total_key, total);
    }

    rc = ctx->driver->del(ctx->txn, CONFD_SPACE_MEMBER, total_key);

    return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
}


conf_rc_t
confd_member_leave(confd_op_ctx_t *ctx, conf_room_t *room, uint64_t user_id,
    uint32_t role, confd_leave_t *leave)
{
    conf_rc_t            rc;
    conf_store_member_t  heir;

    leave->new_owner = 0;
    leave->deleted = false;

    if (room->nmembers <= 1) {
        rc = confd_room_drop(ctx, room);

        leave->deleted = true;
        room->nmembers = 0;

        return rc;
    }

    if (role == CONF_ROLE_OWNER) {
        rc = confd_member_successor(ctx, room->id, user_id,
                                    &leave->new_owner, &heir);
        if (rc != CONF_OK) {
            return rc;
        }

        heir.role = CONF_ROLE_OWNER;
        room->owner_id = leave->new_owner;

        rc = confd_member_put(ctx, room->id, leave->new_owner, &heir);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_joined_drop(ctx, room, user_id);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_erase(ctx, room, user_id);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_touch(ctx, user_id, room->id);
    if (rc != CONF_OK) {
        return rc;
    }

    room->nmembers--;

    return confd_room_store(ctx, room);
}


conf_rc_t
confd_op_member_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_member_list_t  *in = data;
    conf_members_t            *out = reply;

    size_t                i;
    uint64_t             *id;
    conf_rc_t             rc;
    conf_list_t           ids;
    conf_user_t           user;
    conf_member_t        *member;
    conf_store_member_t   record;

    if (in->limit < 1 || in->limit > CONFD_MEMBERS_MAX) {
        return CONF_E_INVALID;
    }

    rc = confd_member_load(ctx, in->room_id, in->actor, &record);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_ids(ctx, CONFD_SPACE_MEMBER, in->room_id, in->after,
                          (size_t) in->limit + 1, &ids);
    if (rc != CONF_OK || ids.n == 0) {
        return rc;
    }

    if (ids.n > in->limit) {
        out->more = true;
        ids.n = in->limit;
    }

    member = conf_arena_calloc(ctx->arena, ids.n * sizeof(conf_member_t));
    if (member == NULL) {
        return CONF_E_NOMEM;
    }

    id = ids.items;

    for (i = 0; i < ids.n; i++) {
        rc = confd_member_load(ctx, in->room_id, id[i], &record);

        if (rc == CONF_OK) {
            rc = confd_user_load(ctx, id[i], &user);
        }

        if (rc != CONF_OK) {
            return rc;
        }

        confd_member_show(&user, &record, &member[i]);
    }

    out->members.items = member;
    out->members.n = ids.n;

    return CONF_OK;
}


/* The order of the checks is that of conf_rpc.h. */

conf_rc_t
confd_op_member_add(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_member_add_t  *in = data;
    conf_member_view_t       *out = reply;

    conf_rc_t            rc;
    conf_user_t          user;
    confd_key_t          key;
    conf_store_member_t  actor, member;

    rc = confd_member_load(ctx, in->room_id, in->actor, &actor);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_invitee(ctx, in, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_has(ctx, CONFD_SPACE_MEMBER,
                          confd_record_key2(&key, in->room_id, user.id));
    if (rc != CONF_E_NOT_FOUND) {
        return rc == CONF_OK ? CONF_E_ALREADY_MEMBER : rc;
    }

    if (in->role >= CONF_ROLE_OWNER
        || (in->role > CONF_ROLE_MEMBER && in->role > actor.role))
    {
        return CONF_E_FORBIDDEN;
    }

    rc = confd_room_load(ctx, in->room_id, &out->room);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_invited(ctx, &out->room, user.id, actor.role);
    if (rc != CONF_OK) {
        return rc;
    }

    if (out->room.nmembers >= ctx->conf->room_members_max) {
        return CONF_E_ROOM_FULL;
    }

    rc = confd_member_room_for_one(ctx, user.id);
    if (rc != CONF_OK) {
        return rc;
    }

    /* What was said before is not news to who comes later. */

    memset(&member, 0, sizeof(conf_store_member_t));
    member.role = conf_max(in->role, CONF_ROLE_MEMBER);
    member.joined_ms = ctx->now_ms;
    member.read_seq = out->room.seq;

    rc = confd_member_create(ctx, in->room_id, user.id, &member);
    if (rc != CONF_OK) {
        return rc;
    }

    confd_member_show(&user, &member, &out->member);
    out->room.nmembers++;

    return CONF_OK;
}


conf_rc_t
confd_op_member_remove(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_member_key_t  *in = data;
    conf_member_view_t       *out = reply;

    conf_rc_t            rc;
    conf_user_t          user;
    confd_leave_t        leave;
    conf_store_member_t  actor, member;

    rc = confd_member_load(ctx, in->room_id, in->actor, &actor);
    if (rc != CONF_OK) {
        return rc;
    }

    if (in->user_id == 0) {
        return CONF_E_USER_ABSENT;
    }

    rc = confd_member_load(ctx, in->room_id, in->user_id, &member);
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_MEMBER ? CONF_E_USER_ABSENT : rc;
    }

    if (in->actor != in->user_id && member.role >= actor.role) {
        return CONF_E_FORBIDDEN;
    }

    rc = confd_user_load(ctx, in->user_id, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_room_load(ctx, in->room_id, &out->room);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_member_leave(ctx, &out->room, in->user_id, member.role,
                            &leave);
    if (rc != CONF_OK) {
        return rc;
    }

    confd_member_show(&user, &member, &out->member);

    out->new_owner = leave.new_owner;
    out->deleted = leave.deleted;

    return CONF_OK;
}


/* A mark is nothing that hot copies have, so nothing is touched. */

conf_rc_t
confd_op_member_read(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_member_read_t *in = data;

    uint64_t             epoch, seq;
    conf_rc_t            rc;
    conf_store_member_t  member;

    rc = confd_member_load(ctx, in->room_id, in->actor, &member);
    if (rc != CONF_OK || in->actor == 0) {
        return rc;
    }

    rc = ctx->driver->log_head(ctx->txn, in->room_id, &epoch, &seq);
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
    }

    /* What is not written yet has not been read. */

    seq = conf_min(seq, in->seq);

    if (seq <= member.read_seq) {
        return CONF_OK;
    }

    member.read_seq = seq;

    return confd_member_store(ctx, in->room_id, in->actor, &member);
}


static conf_rc_t
confd_member_count(confd_op_ctx_t *ctx, uint64_t user_id, uint64_t *count)
{
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_index_get(ctx, CONFD_SPACE_USER_ROOM,
                         confd_record_key2(&key, user_id, 0), count);

    return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
}


conf_rc_t
confd_member_successor(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t leaver, uint64_t *user_id, conf_store_member_t *member)
{
    uint64_t              id;
    conf_rc_t             rc;
    conf_str_t            key, value;
    confd_key_t           prefix, from;
    confd_cursor_t       *cursor;
    conf_store_member_t   next;

    *user_id = 0;
    memset(member, 0, sizeof(conf_store_member_t));
    memset(&next, 0, sizeof(conf_store_member_t));

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_MEMBER,
                             confd_record_key(&prefix, room_id),
                             confd_record_key2(&from, room_id, 1), false,
                             &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        rc = confd_record_second(key, &id);

        if (rc == CONF_OK) {
            rc = confd_record_read(ctx, &conf_proto_store_member, value,
                                   &next);
        }

        if (rc != CONF_OK) {
            break;
        }

        if (id != leaver
            && (*user_id == 0 || next.role > member->role
                || (next.role == member->role
                    && next.joined_ms < member->joined_ms)))
        {
            *user_id = id;
            *member = next;
        }
    }

    ctx->driver->cursor_close(cursor);

    if (rc == CONF_DONE) {
        rc = *user_id != 0 ? CONF_OK : CONF_E_STORE_FAILED;
    }

    return rc;
}


static conf_rc_t
confd_member_invitee(confd_op_ctx_t *ctx, const conf_member_add_t *in,
    conf_user_t *user)
{
    uint64_t   id;
    conf_rc_t  rc;

    id = in->user_id;

    if (id == 0) {
        rc = confd_user_name(ctx, in->user_name, &id);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return confd_user_live(ctx, id, user);
}


/*
 * Who was removed, or waits to be let in, is not let in behind the back of
 * those who decide on it; and into what is over nobody comes.
 */

static conf_rc_t
confd_member_invited(confd_op_ctx_t *ctx, const conf_room_t *room,
    uint64_t user_id, uint32_t role)
{
    conf_rc_t            rc;
    conf_store_member_t  lobby;

    if (confd_meeting_over(ctx, room)) {
        return CONF_E_ROOM_ENDED;
    }

    if (role >= CONF_ROLE_MODERATOR) {
        return CONF_OK;
    }

    rc = confd_lobby_load(ctx, room->id, user_id, &lobby);

    if (rc == CONF_OK) {
        return CONF_E_FORBIDDEN;
    }

    return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
}


void
confd_member_show(const conf_user_t *user, const conf_store_member_t *member,
    conf_member_t *out)
{
    out->user_id = user->id;
    out->role = member->role;
    out->joined_ms = member->joined_ms;
    out->name = user->name;
    out->nickname = user->nickname;
    out->avatar = user->avatar;
    out->created_ms = user->created_ms;
    out->updated_ms = user->updated_ms;
    out->id = member->id;
    out->state = member->state;
    out->entered_ms = member->entered_ms;
    out->left_ms = member->left_ms;
}
