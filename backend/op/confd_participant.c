
/* The people of a meeting, as those who lead it see and change them. */

#include "confd_meeting.h"


#define CONFD_PARTICIPANTS_MAX  2000
#define CONFD_ADD_MAX           100


static conf_rc_t confd_participant_collect(confd_op_ctx_t *ctx,
    confd_space_e space, const conf_room_t *room, conf_participants_t *out);
static conf_rc_t confd_participant_check(confd_op_ctx_t *ctx,
    const conf_participant_add_t *in, const conf_room_t *room);
static conf_rc_t confd_participant_add_one(confd_op_ctx_t *ctx,
    const conf_participant_add_t *in, conf_room_t *room, uint64_t user_id,
    conf_member_t *out);
static conf_rc_t confd_participant_expel(confd_op_ctx_t *ctx,
    confd_access_t *access, const conf_member_key_t *in,
    conf_store_member_t *member, conf_member_view_t *out);
static conf_rc_t confd_participant_host(confd_op_ctx_t *ctx,
    conf_room_t *room, uint64_t user_id);


conf_rc_t
confd_op_participant_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;
    conf_participants_t    *out = reply;

    conf_rc_t       rc;
    confd_access_t  access;

    rc = confd_meeting_permit(ctx, in->room_id, in->actor, CONF_ROLE_MEMBER,
                              &access);
    if (rc != CONF_OK) {
        return rc;
    }

    out->room = access.room;
    out->members.items = conf_arena_calloc(ctx->arena, CONFD_PARTICIPANTS_MAX
                                                   * sizeof(conf_member_t));
    if (out->members.items == NULL) {
        return CONF_E_NOMEM;
    }

    rc = confd_participant_collect(ctx, CONFD_SPACE_MEMBER, &access.room, out);

    if (rc == CONF_OK) {
        rc = confd_participant_collect(ctx, CONFD_SPACE_LOBBY, &access.room,
                                       out);
    }

    return rc;
}


/* Those of one space, but for who was removed or is no more. */

static conf_rc_t
confd_participant_collect(confd_op_ctx_t *ctx, confd_space_e space,
    const conf_room_t *room, conf_participants_t *out)
{
    size_t                i;
    uint64_t             *id;
    conf_rc_t             rc;
    conf_list_t           ids;
    conf_user_t           user;
    conf_member_t        *list = out->members.items;
    conf_store_member_t   member;

    rc = confd_record_ids(ctx, space, room->id, 0,
                          CONFD_PARTICIPANTS_MAX - out->members.n, &ids);
    id = ids.items;

    for (i = 0; i < ids.n && rc == CONF_OK; i++) {
        rc = space == CONFD_SPACE_MEMBER
             ? confd_member_load(ctx, room->id, id[i], &member)
             : confd_lobby_load(ctx, room->id, id[i], &member);

        if (rc == CONF_OK && member.state == CONF_MEMBER_REMOVED) {
            continue;
        }

        if (rc == CONF_OK) {
            rc = confd_user_load(ctx, id[i], &user);
        }

        if (rc == CONF_OK && user.status != CONF_USER_DELETED) {
            member.role = conf_max(member.role, CONF_ROLE_MEMBER);
            confd_member_show(&user, &member, &list[out->members.n++]);
            out->total++;
        }
    }

    return rc;
}


conf_rc_t
confd_op_participant_add(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_participant_add_t  *in = data;
    conf_participants_t           *out = reply;

    size_t           i;
    conf_rc_t        rc;
    conf_room_t     *room;
    conf_member_t   *list;
    confd_access_t   access;
    const uint64_t  *ids = in->user_ids.items;

    if (in->user_ids.n < 1 || in->user_ids.n > CONFD_ADD_MAX
        || in->role < CONF_ROLE_MEMBER || in->role > CONF_ROLE_MODERATOR)
    {
        return CONF_E_INVALID;
    }

    rc = confd_meeting_permit(ctx, in->room_id, in->actor,
                              CONF_ROLE_MODERATOR, &access);
    if (rc != CONF_OK) {
        return rc;
    }

    room = &access.room;

    if (confd_meeting_over(ctx, room)) {
        return CONF_E_ROOM_ENDED;
    }

    if (in->role > CONF_ROLE_MEMBER && access.power < CONF_ROLE_OWNER) {
        return CONF_E_FORBIDDEN;
    }

    rc = confd_participant_check(ctx, in, room);
    if (rc != CONF_OK) {
        return rc;
    }

    list = conf_arena_calloc(ctx->arena, in->user_ids.n
                                         * sizeof(conf_member_t));
    if (list == NULL) {
        return CONF_E_NOMEM;
    }

    for (i = 0; i < in->user_ids.n && rc == CONF_OK; i++) {
        rc = confd_participant_add_one(ctx, in, room, ids[i], &list[i]);
    }

    if (rc == CONF_OK) {
        rc = confd_room_store(ctx, room);
    }

    out->room = *room;
    out->members.items = list;
    out->members.n = in->user_ids.n;
    out->total = in->user_ids.n;

    return rc;
}


/* All that can be wrong with those who shall come in, before any does. */

static conf_rc_t
confd_participant_check(confd_op_ctx_t *ctx,
    const conf_participant_add_t *in, const conf_room_t *room)
{
    size_t                i;
    uint32_t              njoined, nmembers, max;
    conf_rc_t             rc;
    conf_user_t           user;
    conf_store_member_t   member;
    const uint64_t       *ids = in->user_ids.items;

    njoined = room->njoined;
    nmembers = room->nmembers;
    max = room->capacity != 0 ? room->capacity : ctx->conf->room_members_max;

    for (i = 0; i < in->user_ids.n; i++) {
        if (ids[i] == 0) {
            return CONF_E_USER_ABSENT;
        }

        rc = confd_user_live(ctx, ids[i], &user);
        if (rc != CONF_OK) {
            return rc;
        }

        rc = confd_member_load(ctx, room->id, ids[i], &member);
        if (rc == CONF_OK) {
            continue;
        }

        if (rc == CONF_E_NOT_MEMBER) {
            rc = confd_lobby_load(ctx, room->id, ids[i], &member);
        }

        if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
            return rc;
        }

        if (member.state == CONF_MEMBER_WAITING && njoined++ >= max) {
            return CONF_E_ROOM_FULL;
        }

        if (nmembers++ >= ctx->conf->room_members_max) {
            return CONF_E_ROOM_FULL;
        }

        rc = confd_member_room_for_one(ctx, ids[i]);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* Who is a member already, or stands in the list twice, is left as he is. */

static conf_rc_t
confd_participant_add_one(confd_op_ctx_t *ctx,
    const conf_participant_add_t *in, conf_room_t *room, uint64_t user_id,
    conf_member_t *out)
{
    conf_rc_t            rc;
    conf_user_t          user;
    conf_store_member_t  member, lobby;

    rc = confd_user_live(ctx, user_id, &user);

    if (rc == CONF_OK) {
        rc = confd_member_load(ctx, room->id, user_id, &member);
    }

    if (rc == CONF_E_NOT_MEMBER) {
        rc = confd_lobby_load(ctx, room->id, user_id, &lobby);

        if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
            memset(&member, 0, sizeof(conf_store_member_t));
            member.role = in->role;
            member.joined_ms = ctx->now_ms;
            member.read_seq = room->seq;
            room->nmembers++;

            rc = lobby.state == CONF_MEMBER_WAITING
                 ? confd_joined_enter(ctx, room, user_id, &member) : CONF_OK;
        }

        if (rc == CONF_OK) {
            rc = confd_member_create(ctx, room->id, user_id, &member);
        }
    }

    if (rc == CONF_OK) {
        confd_member_show(&user, &member, out);
    }

    return rc;
}


/*
 * Who goes by himself may come back; who is sent away may not, until somebody
 * adds him again.
 */

conf_rc_t
confd_op_participant_remove(confd_op_ctx_t *ctx, const void *data,
    void *reply)
{
    const conf_member_key_t  *in = data;
    conf_member_view_t       *out = reply;

    conf_rc_t             rc;
    confd_access_t        access;
    conf_store_member_t   member;

    rc = confd_meeting_permit(ctx, in->room_id, in->actor, CONF_ROLE_MEMBER,
                              &access);
    if (rc != CONF_OK) {
        return rc;
    }

    if (in->user_id == 0) {
        return CONF_E_TARGET_ABSENT;
    }

    rc = confd_member_load(ctx, in->room_id, in->user_id, &member);

    if (rc == CONF_E_NOT_MEMBER) {
        rc = confd_lobby_load(ctx, in->room_id, in->user_id, &member);
        member.role = CONF_ROLE_NONE;
    }

    if (in->actor != in->user_id && access.power < CONF_ROLE_MODERATOR) {
        return CONF_E_FORBIDDEN;
    }

    if (rc == CONF_E_NOT_FOUND
        || (rc == CONF_OK && member.state == CONF_MEMBER_REMOVED))
    {
        return CONF_E_TARGET_ABSENT;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (confd_room_creator(&access.room) == in->user_id) {
        return access.power < CONF_ROLE_OWNER ? CONF_E_FORBIDDEN
                                              : CONF_E_CONFLICT;
    }

    if (in->actor != in->user_id && access.power < CONF_ROLE_OWNER
        && member.role >= CONF_ROLE_MODERATOR)
    {
        return CONF_E_FORBIDDEN;
    }

    return confd_participant_expel(ctx, &access, in, &member, out);
}


static conf_rc_t
confd_participant_expel(confd_op_ctx_t *ctx, confd_access_t *access,
    const conf_member_key_t *in, conf_store_member_t *member,
    conf_member_view_t *out)
{
    conf_rc_t       rc;
    conf_user_t     user;
    confd_leave_t   leave;

    rc = confd_user_load(ctx, in->user_id, &user);

    if (rc == CONF_OK && member->role != CONF_ROLE_NONE) {
        rc = confd_member_leave(ctx, &access->room, in->user_id, member->role,
                                &leave);
        out->new_owner = leave.new_owner;
        out->deleted = leave.deleted;

    } else if (rc == CONF_OK) {
        rc = confd_touch(ctx, in->user_id, in->room_id);
    }

    out->room = access->room;
    confd_member_show(&user, member, &out->member);

    if (rc != CONF_OK || in->actor == in->user_id || out->deleted) {
        return rc;
    }

    member->role = CONF_ROLE_NONE;
    member->state = CONF_MEMBER_REMOVED;
    member->left_ms = ctx->now_ms;

    return confd_lobby_put(ctx, in->room_id, in->user_id, member);
}


conf_rc_t
confd_op_participant_role(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_participant_role_t  *in = data;
    conf_member_view_t             *out = reply;

    conf_rc_t             rc;
    conf_user_t           user;
    conf_room_t          *room;
    confd_access_t        access;
    conf_store_member_t   member;

    if (in->role < CONF_ROLE_MEMBER || in->role > CONF_ROLE_OWNER) {
        return CONF_E_INVALID;
    }

    rc = confd_meeting_permit(ctx, in->room_id, in->actor, CONF_ROLE_OWNER,
                              &access);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = in->user_id == 0 ? CONF_E_NOT_MEMBER
                          : confd_member_load(ctx, in->room_id, in->user_id,
                                              &member);
    if (rc == CONF_OK) {
        rc = confd_user_live(ctx, in->user_id, &user);
    }

    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_MEMBER ? CONF_E_TARGET_ABSENT : rc;
    }

    room = &access.room;

    /* There is one host: he stops being it when another one begins. */

    if (room->owner_id == in->user_id && in->role != CONF_ROLE_OWNER) {
        return CONF_E_CONFLICT;
    }

    if (member.role != in->role) {
        rc = in->role == CONF_ROLE_OWNER
             ? confd_participant_host(ctx, room, in->user_id) : CONF_OK;

        member.role = in->role;

        if (rc == CONF_OK) {
            rc = confd_member_put(ctx, room->id, in->user_id, &member);
        }
    }

    out->room = *room;
    confd_member_show(&user, &member, &out->member);

    return rc;
}


/* The host of before becomes a moderator. */

static conf_rc_t
confd_participant_host(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id)
{
    conf_rc_t            rc;
    conf_store_member_t  host;

    rc = confd_member_load(ctx, room->id, room->owner_id, &host);

    if (rc == CONF_OK) {
        host.role = CONF_ROLE_MODERATOR;
        rc = confd_member_put(ctx, room->id, room->owner_id, &host);
    }

    if (rc != CONF_OK && rc != CONF_E_NOT_MEMBER) {
        return rc;
    }

    room->owner_id = user_id;

    rc = confd_room_store(ctx, room);

    return rc == CONF_OK ? confd_touch(ctx, 0, room->id) : rc;
}
