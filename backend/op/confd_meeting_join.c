
/* Who is in a meeting now, and who waits to be let in. */

#include "confd_meeting.h"
#include "confd_password.h"


#define CONFD_JOINED_MAX  1000


static conf_rc_t confd_join_check(confd_op_ctx_t *ctx,
    const confd_access_t *access);
static conf_rc_t confd_join_password(confd_op_ctx_t *ctx,
    const confd_access_t *access);
static bool confd_join_asks(const confd_access_t *access);
static conf_rc_t confd_join_wait(confd_op_ctx_t *ctx, confd_access_t *access,
    conf_member_view_t *out);
static conf_rc_t confd_join_enter(confd_op_ctx_t *ctx, confd_access_t *access,
    conf_member_view_t *out);
static conf_rc_t confd_join_secret(confd_op_ctx_t *ctx, uint64_t room_id,
    conf_str_t *hash);


conf_rc_t
confd_joined_enter(confd_op_ctx_t *ctx, conf_room_t *room, uint64_t user_id,
    conf_store_member_t *member)
{
    conf_rc_t    rc;
    confd_key_t  key;

    member->state = CONF_MEMBER_JOINED;
    member->entered_ms = ctx->now_ms;
    member->left_ms = 0;

    room->njoined++;
    room->empty_ms = 0;

    if (room->state == CONF_ROOM_SCHEDULED) {
        room->state = CONF_ROOM_ONGOING;
        room->started_ms = ctx->now_ms;
        room->updated_ms = ctx->now_ms;
    }

    rc = confd_index_put(ctx, CONFD_SPACE_JOINED,
                         confd_record_key2(&key, room->id, user_id),
                         (uint64_t) ctx->now_ms);

    return rc == CONF_OK ? confd_message_visit(ctx, room->id, user_id, true)
                         : rc;
}


conf_rc_t
confd_joined_exit(confd_op_ctx_t *ctx, conf_room_t *room, uint64_t user_id,
    conf_store_member_t *member)
{
    if (member->state != CONF_MEMBER_JOINED) {
        return CONF_OK;
    }

    member->state = CONF_MEMBER_OFFLINE;
    member->left_ms = ctx->now_ms;

    return confd_joined_drop(ctx, room, user_id);
}


conf_rc_t
confd_joined_drop(confd_op_ctx_t *ctx, conf_room_t *room, uint64_t user_id)
{
    conf_rc_t    rc;
    confd_key_t  key;

    if (room->njoined == 0) {
        return CONF_OK;
    }

    rc = ctx->driver->del(ctx->txn, CONFD_SPACE_JOINED,
                          confd_record_key2(&key, room->id, user_id));
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
    }

    room->njoined--;

    if (room->njoined == 0) {
        room->empty_ms = ctx->now_ms;
    }

    return confd_message_visit(ctx, room->id, user_id, false);
}


/* A row has no strings, so it needs no copy. */

conf_rc_t
confd_lobby_load(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    conf_store_member_t *member)
{
    conf_rc_t    rc;
    conf_str_t   value;
    confd_key_t  key;

    memset(member, 0, sizeof(conf_store_member_t));

    rc = ctx->driver->get(ctx->txn, CONFD_SPACE_LOBBY,
                          confd_record_key2(&key, room_id, user_id), &value);

    return rc == CONF_OK ? confd_record_read(ctx, &conf_proto_store_member,
                                             value, member)
                         : rc;
}


conf_rc_t
confd_lobby_put(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    const conf_store_member_t *member)
{
    confd_key_t  key;

    return confd_record_put(ctx, CONFD_SPACE_LOBBY,
                            confd_record_key2(&key, room_id, user_id),
                            &conf_proto_store_member, member);
}


conf_rc_t
confd_lobby_take(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    conf_store_member_t *member)
{
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_lobby_load(ctx, room_id, user_id, member);

    return rc == CONF_OK
           ? confd_record_del(ctx, CONFD_SPACE_LOBBY,
                              confd_record_key2(&key, room_id, user_id))
           : rc;
}


/*
 * A password costs a hash only where there is one to be compared with and
 * whoever comes has to say it.
 */

conf_rc_t
confd_op_meeting_enter_hash(confd_op_ctx_t *ctx, confd_store_t *store,
    const void *data)
{
    const conf_meeting_join_t *in = data;

    conf_rc_t       rc;
    conf_str_t      hash = conf_null_string;
    confd_access_t  access;

    rc = ctx->driver->begin(store, false, &ctx->txn);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_meeting_access(ctx, in->room_id, in->actor, &access);

    if (rc == CONF_OK && confd_join_asks(&access)) {
        rc = confd_join_secret(ctx, in->room_id, &hash);
    }

    ctx->driver->abort(ctx->txn);
    ctx->txn = NULL;

    if (rc != CONF_OK || hash.len == 0 || hash.len >= CONFD_HASH_MAX) {
        return rc;
    }

    memcpy(ctx->hash, hash.data, hash.len);
    ctx->hash[hash.len] = '\0';

    return confd_password_verify(in->password, hash, &ctx->matched);
}


conf_rc_t
confd_op_meeting_enter(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    return confd_op_meeting_join(ctx, data, reply);
}


conf_rc_t
confd_op_meeting_join(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_meeting_join_t  *in = data;
    conf_member_view_t         *out = reply;

    conf_rc_t       rc;
    confd_access_t  access;

    if (in->actor == 0) {
        return CONF_E_INVALID;
    }

    rc = confd_meeting_access(ctx, in->room_id, in->actor, &access);

    if (rc == CONF_OK) {
        rc = confd_join_check(ctx, &access);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    if (access.member.state == CONF_MEMBER_JOINED) {
        out->room = access.room;
        confd_member_show(&access.user, &access.member, &out->member);

        return CONF_OK;
    }

    if ((access.room.settings & CONF_ROOM_LOBBY) != 0
        && access.power == CONF_ROLE_NONE)
    {
        return confd_join_wait(ctx, &access, out);
    }

    return confd_join_enter(ctx, &access, out);
}


static conf_rc_t
confd_join_check(confd_op_ctx_t *ctx, const confd_access_t *access)
{
    uint32_t            max;
    conf_rc_t           rc;
    const conf_room_t  *room = &access->room;

    if (confd_meeting_over(ctx, room)) {
        return CONF_E_ROOM_ENDED;
    }

    if (access->member.state == CONF_MEMBER_REMOVED) {
        return CONF_E_REMOVED;
    }

    if (room->state == CONF_ROOM_OPEN && access->power == CONF_ROLE_NONE) {
        return CONF_E_NOT_MEMBER;
    }

    if (access->member.state == CONF_MEMBER_JOINED) {
        return CONF_OK;
    }

    rc = confd_join_password(ctx, access);
    if (rc != CONF_OK) {
        return rc;
    }

    max = room->capacity != 0 ? room->capacity : ctx->conf->room_members_max;

    if (room->njoined >= max) {
        return CONF_E_ROOM_FULL;
    }

    if (access->member.role != CONF_ROLE_NONE) {
        return CONF_OK;
    }

    if (room->nmembers >= ctx->conf->room_members_max) {
        return CONF_E_ROOM_FULL;
    }

    return confd_member_room_for_one(ctx, access->user.id);
}


/* Who waits has said it. */

static bool
confd_join_asks(const confd_access_t *access)
{
    return access->room.locked && access->power < CONF_ROLE_OWNER
           && access->member.state == CONF_MEMBER_OFFLINE;
}


/* It may have been changed while it was hashed. */

static conf_rc_t
confd_join_password(confd_op_ctx_t *ctx, const confd_access_t *access)
{
    conf_rc_t   rc;
    conf_str_t  hash, seen;

    if (!confd_join_asks(access)) {
        return CONF_OK;
    }

    if (!ctx->matched) {
        return CONF_E_ROOM_PASSWORD;
    }

    rc = confd_join_secret(ctx, access->room.id, &hash);
    if (rc != CONF_OK) {
        return rc;
    }

    seen.data = (const uint8_t *) ctx->hash;
    seen.len = strnlen(ctx->hash, CONFD_HASH_MAX);

    return conf_str_eq(hash, seen) ? CONF_OK : CONF_E_ROOM_PASSWORD;
}


static conf_rc_t
confd_join_secret(confd_op_ctx_t *ctx, uint64_t room_id, conf_str_t *hash)
{
    conf_rc_t                rc;
    confd_key_t              key;
    conf_store_credential_t  secret;

    memset(&secret, 0, sizeof(conf_store_credential_t));

    rc = confd_record_get(ctx, CONFD_SPACE_ROOM_SECRET,
                          confd_record_key(&key, room_id),
                          &conf_proto_store_credential, &secret);
    *hash = secret.hash;

    return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
}


/* Idempotent: who waits goes on waiting. */

static conf_rc_t
confd_join_wait(confd_op_ctx_t *ctx, confd_access_t *access,
    conf_member_view_t *out)
{
    conf_rc_t             rc;
    conf_store_member_t  *member = &access->member;

    rc = CONF_OK;

    if (member->state != CONF_MEMBER_WAITING) {
        rc = ctx->driver->next_id(ctx->txn, CONFD_SPACE_MEMBER, &member->id);

        member->state = CONF_MEMBER_WAITING;
        member->entered_ms = ctx->now_ms;

        if (rc == CONF_OK) {
            rc = confd_lobby_put(ctx, access->room.id, access->user.id,
                                 member);
        }

        if (rc == CONF_OK) {
            rc = confd_touch(ctx, access->user.id, access->room.id);
        }
    }

    member->role = CONF_ROLE_MEMBER;
    out->room = access->room;
    confd_member_show(&access->user, member, &out->member);

    return rc;
}


static conf_rc_t
confd_join_enter(confd_op_ctx_t *ctx, confd_access_t *access,
    conf_member_view_t *out)
{
    bool                  fresh;
    conf_rc_t             rc;
    conf_room_t          *room = &access->room;
    conf_store_member_t  *member = &access->member;

    fresh = member->role == CONF_ROLE_NONE;

    if (fresh) {
        memset(member, 0, sizeof(conf_store_member_t));
        member->role = CONF_ROLE_MEMBER;
        member->joined_ms = ctx->now_ms;
        member->read_seq = room->seq;
        room->nmembers++;
    }

    if (room->state == CONF_ROOM_SCHEDULED) {
        rc = confd_touch(ctx, 0, room->id);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_joined_enter(ctx, room, access->user.id, member);

    if (rc == CONF_OK) {
        rc = fresh ? confd_member_create(ctx, room->id, access->user.id,
                                         member)
                   : confd_member_put(ctx, room->id, access->user.id, member);
    }

    if (rc == CONF_OK) {
        rc = confd_room_store(ctx, room);
    }

    out->room = *room;
    confd_member_show(&access->user, member, &out->member);

    return rc;
}


/* Who is a member stays one. */

conf_rc_t
confd_op_meeting_leave(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_room_key_t  *in = data;
    conf_member_view_t     *out = reply;

    conf_rc_t             rc;
    confd_access_t        access;
    conf_store_member_t  *member = &access.member;

    rc = confd_meeting_access(ctx, in->room_id, in->actor, &access);
    if (rc != CONF_OK) {
        return rc;
    }

    if (member->state == CONF_MEMBER_WAITING) {
        rc = confd_lobby_take(ctx, in->room_id, in->actor, member);
        member->state = CONF_MEMBER_OFFLINE;

        if (rc == CONF_OK) {
            rc = confd_touch(ctx, in->actor, in->room_id);
        }

    } else if (member->role == CONF_ROLE_NONE) {
        return CONF_E_NOT_MEMBER;

    } else if (member->state == CONF_MEMBER_JOINED) {
        rc = confd_joined_exit(ctx, &access.room, in->actor, member);

        if (rc == CONF_OK) {
            rc = confd_member_put(ctx, in->room_id, in->actor, member);
        }

        if (rc == CONF_OK) {
            rc = confd_room_store(ctx, &access.room);
        }
    }

    out->room = access.room;
    confd_member_show(&access.user, member, &out->member);

    return rc;
}


/* Those of whom no socket is left; who has joined anew since is left alone. */

conf_rc_t
confd_op_meeting_absent(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_all_joined_t  *in = data;

    size_t                i;
    conf_rc_t             rc;
    conf_room_t           room;
    conf_store_member_t   member;
    const conf_joined_t  *joined = in->joined.items;

    for (i = 0; i < in->joined.n; i++) {
        rc = confd_member_load(ctx, joined[i].room_id, joined[i].user_id,
                               &member);

        if (rc == CONF_E_NOT_MEMBER || rc == CONF_E_ROOM_ABSENT) {
            continue;
        }

        if (rc == CONF_OK
            && (member.state != CONF_MEMBER_JOINED
                || member.entered_ms != joined[i].entered_ms))
        {
            continue;
        }

        if (rc == CONF_OK) {
            rc = confd_room_load(ctx, joined[i].room_id, &room);
        }

        if (rc == CONF_OK) {
            rc = confd_joined_exit(ctx, &room, joined[i].user_id, &member);
        }

        if (rc == CONF_OK) {
            rc = confd_member_put(ctx, room.id, joined[i].user_id, &member);
        }

        if (rc == CONF_OK) {
            rc = confd_room_store(ctx, &room);
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


conf_rc_t
confd_op_joined_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_joined_list_t  *in = data;
    conf_all_joined_t         *out = reply;

    conf_rc_t             rc;
    conf_str_t            key, value;
    confd_key_t           from;
    conf_joined_t        *joined;
    confd_cursor_t       *cursor;
    confd_key_reader_t    reader;
    conf_store_number_t   number;

    if (in->limit < 1 || in->limit > CONFD_JOINED_MAX) {
        return CONF_E_INVALID;
    }

    joined = conf_arena_alloc(ctx->arena, in->limit * sizeof(conf_joined_t));
    if (joined == NULL) {
        return CONF_E_NOMEM;
    }

    out->joined.items = joined;

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_JOINED, conf_str(""),
                             confd_record_key2(&from, in->room_id,
                                               in->user_id + 1),
                             false, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        if (out->joined.n == in->limit) {
            out->more = true;
            break;
        }

        rc = confd_record_read(ctx, &conf_proto_store_number, value, &number);
        if (rc != CONF_OK) {
            break;
        }

        confd_key_read(&reader, key);

        joined[out->joined.n].room_id = confd_key_read_u64(&reader);
        joined[out->joined.n].user_id = confd_key_read_u64(&reader);
        joined[out->joined.n++].entered_ms = (int64_t) number.n;
    }

    ctx->driver->cursor_close(cursor);

    return rc == CONF_DONE ? CONF_OK : rc;
}
