
#include "confd_meeting.h"


static conf_str_t confd_user_key(confd_key_t *key, conf_str_t name);
static conf_rc_t confd_user_admit(confd_op_ctx_t *ctx,
    const conf_user_update_t *in, const conf_user_t *user,
    conf_user_t *admin);
static conf_rc_t confd_user_stand(confd_op_ctx_t *ctx,
    const conf_user_update_t *in, conf_user_t *user);
static conf_str_t confd_user_changes(confd_op_ctx_t *ctx, uint64_t mask);
static conf_rc_t confd_user_reindex(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t old, conf_str_t new, uint64_t id);
static void confd_user_merge(const conf_user_update_t *in,
    conf_user_t *user);
static conf_rc_t confd_user_leave_all(confd_op_ctx_t *ctx, uint64_t id);


/* By the bits of an update's mask. */

static const char *const  confd_user_fields[] = {
    "name", "email", "nickname", "avatar", "sexuality", "year", "month",
    "day", "country", "province", "city", "phone", "status", "role"
};


conf_rc_t
confd_user_load(confd_op_ctx_t *ctx, uint64_t id, conf_user_t *user)
{
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_record_get(ctx, CONFD_SPACE_USER, confd_record_key(&key, id),
                          &conf_proto_user, user);

    if (rc == CONF_E_NOT_FOUND) {
        return CONF_E_USER_ABSENT;
    }

    if (rc == CONF_OK) {
        confd_user_lapse(ctx, user);
    }

    return rc;
}


void
confd_user_lapse(const confd_op_ctx_t *ctx, conf_user_t *user)
{
    if (user->status == CONF_USER_BANNED && user->banned_until_ms != 0
        && user->banned_until_ms <= ctx->now_ms)
    {
        confd_admin_set_free(user);
    }
}


conf_rc_t
confd_user_live(confd_op_ctx_t *ctx, uint64_t id, conf_user_t *user)
{
    conf_rc_t  rc;

    rc = confd_user_load(ctx, id, user);

    if (rc == CONF_OK && user->status == CONF_USER_DELETED) {
        return CONF_E_USER_ABSENT;
    }

    return rc;
}


conf_rc_t
confd_user_actor(confd_op_ctx_t *ctx, uint64_t id, conf_user_t *user)
{
    conf_rc_t  rc;

    rc = confd_user_live(ctx, id, user);

    if (rc == CONF_OK && user->status == CONF_USER_BANNED) {
        return CONF_E_USER_BANNED;
    }

    return rc;
}


conf_rc_t
confd_user_store(confd_op_ctx_t *ctx, const conf_user_t *user)
{
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_record_put(ctx, CONFD_SPACE_USER,
                          confd_record_key(&key, user->id), &conf_proto_user,
                          user);

    return rc == CONF_OK ? confd_touch(ctx, user->id, 0) : rc;
}


static conf_str_t
confd_user_key(confd_key_t *key, conf_str_t name)
{
    confd_key_init(key);
    confd_key_fold(key, name);

    return confd_key_str(key);
}


conf_rc_t
confd_user_name(confd_op_ctx_t *ctx, conf_str_t name, uint64_t *id)
{
    conf_rc_t    rc;
    confd_key_t  key;

    if (name.len == 0) {
        return CONF_E_USER_ABSENT;
    }

    rc = confd_index_get(ctx, CONFD_SPACE_USER_NAME,
                         confd_user_key(&key, name), id);

    return rc == CONF_E_NOT_FOUND ? CONF_E_USER_ABSENT : rc;
}


conf_rc_t
confd_user_email(confd_op_ctx_t *ctx, conf_str_t email, uint64_t *id)
{
    conf_rc_t    rc;
    confd_key_t  key;

    if (email.len == 0) {
        return CONF_E_USER_ABSENT;
    }

    rc = confd_index_get(ctx, CONFD_SPACE_USER_EMAIL,
                         confd_user_key(&key, email), id);

    return rc == CONF_E_NOT_FOUND ? CONF_E_USER_ABSENT : rc;
}


conf_rc_t
confd_user_free(confd_op_ctx_t *ctx, conf_str_t name, conf_str_t email,
    uint64_t id)
{
    uint64_t     owner;
    conf_rc_t    rc;
    confd_key_t  key;

    if (name.len != 0) {
        rc = confd_index_get(ctx, CONFD_SPACE_USER_NAME,
                             confd_user_key(&key, name), &owner);

        if (rc == CONF_OK && owner != id) {
            return CONF_E_NAME_TAKEN;
        }

        if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
            return rc;
        }
    }

    if (email.len != 0) {
        rc = confd_index_get(ctx, CONFD_SPACE_USER_EMAIL,
                             confd_user_key(&key, email), &owner);

        if (rc == CONF_OK && owner != id) {
            return CONF_E_EMAIL_TAKEN;
        }

        if (rc != CONF_OK && rc != CONF_E_NOT_FOUND) {
            return rc;
        }
    }

    return CONF_OK;
}


conf_rc_t
confd_user_indexes(confd_op_ctx_t *ctx, const conf_user_t *old,
    const conf_user_t *user)
{
    conf_rc_t   rc;
    conf_str_t  none = conf_null_string;

    rc = confd_user_reindex(ctx, CONFD_SPACE_USER_NAME,
                            old != NULL ? old->name : none, user->name,
                            user->id);
    if (rc != CONF_OK) {
        return rc;
    }

    return confd_user_reindex(ctx, CONFD_SPACE_USER_EMAIL,
                              old != NULL ? old->email : none, user->email,
                              user->id);
}


conf_rc_t
confd_op_user_get(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_id_t *in = data;

    return confd_user_load(ctx, in->id, reply);
}


conf_rc_t
confd_op_user_update(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_update_t  *in = data;
    conf_user_t               *out = reply;

    conf_rc_t    rc;
    conf_str_t   name, email;
    conf_user_t  old, admin;

    rc = confd_user_live(ctx, in->id, &old);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_user_admit(ctx, in, &old, &admin);
    if (rc != CONF_OK) {
        return rc;
    }

    *out = old;
    confd_user_merge(in, out);

    if (out->name.len == 0) {
        return CONF_E_INVALID;
    }

    name = (in->mask & CONF_UPDATE_NAME) != 0 ? out->name
                                              : conf_str("");
    email = (in->mask & CONF_UPDATE_EMAIL) != 0 ? out->email
                                                : conf_str("");

    rc = confd_user_free(ctx, name, email, out->id);
    if (rc != CONF_OK) {
        return rc;
    }

    out->updated_ms = ctx->now_ms;

    rc = confd_user_indexes(ctx, &old, out);

    if (rc == CONF_OK) {
        rc = confd_user_stand(ctx, in, out);
    }

    if (rc == CONF_OK && in->actor != 0 && in->actor != in->id) {
        rc = confd_audit(ctx, &admin, out, conf_str("user.update"),
                         confd_user_changes(ctx, in->mask));
    }

    return rc == CONF_OK ? confd_user_store(ctx, out) : rc;
}


/* Who may change what of whom. */

static conf_rc_t
confd_user_admit(confd_op_ctx_t *ctx, const conf_user_update_t *in,
    const conf_user_t *user, conf_user_t *admin)
{
    bool       stand;
    conf_rc_t  rc;

    stand = (in->mask & (CONF_UPDATE_STATUS | CONF_UPDATE_ROLE)) != 0;

    if (((in->mask & CONF_UPDATE_STATUS) != 0
         && in->status != CONF_USER_ACTIVE && in->status != CONF_USER_BANNED)
        || ((in->mask & CONF_UPDATE_ROLE) != 0
            && in->role != CONF_USER_PLAIN && in->role != CONF_USER_ADMIN))
    {
        return CONF_E_INVALID;
    }

    if (in->actor == in->id) {
        return stand ? CONF_E_FORBIDDEN : CONF_OK;
    }

    rc = confd_admin_actor(ctx, in->actor, admin);

    return rc == CONF_OK && stand ? confd_admin_over(ctx, admin, user) : rc;
}


static conf_rc_t
confd_user_stand(confd_op_ctx_t *ctx, const conf_user_update_t *in,
    conf_user_t *user)
{
    conf_rc_t  rc;

    if ((in->mask & CONF_UPDATE_STATUS) != 0) {

        if (in->status == CONF_USER_ACTIVE) {
            confd_admin_set_free(user);

        } else if (user->status != CONF_USER_BANNED) {
            rc = confd_admin_set_ban(ctx, user, 0, conf_str(""));
            if (rc != CONF_OK) {
                return rc;
            }
        }
    }

    return (in->mask & CONF_UPDATE_ROLE) != 0
           ? confd_admin_set_role(ctx, user, in->role) : CONF_OK;
}


/* The names of what was changed, for the record of who did it. */

static conf_str_t
confd_user_changes(confd_op_ctx_t *ctx, uint64_t mask)
{
    size_t      i;
    conf_buf_t  buf;
    conf_str_t  text;

    conf_buf_init(&buf, 0);

    for (i = 0; i < conf_nelts(confd_user_fields); i++) {
        if ((mask & ((uint64_t) 1 << i)) != 0) {
            if (buf.len != 0) {
                conf_buf_byte(&buf, ' ');
            }

            conf_buf_add(&buf, confd_user_fields[i],
                         strlen(confd_user_fields[i]));
        }
    }

    if (conf_arena_str(ctx->arena, &text,
                       (conf_str_t) { buf.len, buf.data }) != CONF_OK)
    {
        text = conf_str("");
    }

    conf_buf_free(&buf);

    return text;
}


conf_rc_t
confd_op_user_delete(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_id_t  *in = data;
    conf_user_t      *out = reply;

    conf_rc_t    rc;
    conf_user_t  old, admin;

    rc = confd_user_load(ctx, in->id, &old);
    if (rc != CONF_OK) {
        return rc;
    }

    memset(&admin, 0, sizeof(conf_user_t));

    if (in->actor != in->id) {
        rc = confd_admin_actor(ctx, in->actor, &admin);

        if (rc == CONF_OK) {
            rc = confd_admin_over(ctx, &admin, &old);
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    if (old.status == CONF_USER_DELETED) {
        *out = old;
        return CONF_OK;
    }

    rc = confd_user_end(ctx, &old, out);

    if (rc == CONF_OK && admin.id != 0) {
        rc = confd_audit(ctx, &admin, out, conf_str("user.delete"),
                         conf_str(""));
    }

    return rc;
}


/*
 * The record stays for the sake of what the user wrote, and the name stays
 * taken, so that nobody can pose as who wrote it.  The last admin stays.
 */

conf_rc_t
confd_user_end(confd_op_ctx_t *ctx, const conf_user_t *old, conf_user_t *user)
{
    uint64_t     n;
    conf_rc_t    rc;
    confd_key_t  key;

    if (old->role == CONF_USER_ADMIN) {
        rc = ctx->driver->count(ctx->txn, CONFD_SPACE_ADMIN, &n);

        if (rc != CONF_OK || n <= 1) {
            return rc != CONF_OK ? rc : CONF_E_FORBIDDEN;
        }
    }

    *user = *old;

    rc = confd_user_leave_all(ctx, user->id);

    if (rc == CONF_OK) {
        rc = confd_record_del(ctx, CONFD_SPACE_CREDENTIAL,
                              confd_record_key(&key, user->id));
    }

    if (rc == CONF_OK) {
        rc = ctx->driver->del(ctx->txn, CONFD_SPACE_RESET,
                              confd_record_key(&key, user->id));
    }

    if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
        rc = ctx->driver->put(ctx->txn, CONFD_SPACE_USER_GONE,
                              confd_record_key(&key, user->id), conf_str(""));
    }

    if (rc == CONF_OK) {
        rc = confd_admin_set_role(ctx, user, CONF_USER_PLAIN);
    }

    if (rc == CONF_OK) {
        user->version++;
        rc = confd_login_end_all(ctx, user);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    confd_admin_set_free(user);
    user->status = CONF_USER_DELETED;
    user->email = conf_str("");
    user->phone = conf_str("");
    user->updated_ms = ctx->now_ms;

    rc = confd_user_indexes(ctx, old, user);

    return rc == CONF_OK ? confd_user_store(ctx, user) : rc;
}


static conf_rc_t
confd_user_leave_all(confd_op_ctx_t *ctx, uint64_t id)
{
    size_t                i;
    uint64_t             *rooms;
    conf_rc_t             rc;
    conf_list_t           ids;
    conf_room_t           room;
    confd_leave_t         leave;
    conf_store_member_t   member;

    rc = confd_record_ids(ctx, CONFD_SPACE_USER_ROOM, id, 0, SIZE_MAX, &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    rooms = ids.items;

    for (i = 0; i < ids.n; i++) {
        rc = confd_member_load(ctx, rooms[i], id, &member);

        if (rc == CONF_OK) {
            rc = confd_room_load(ctx, rooms[i], &room);
        }

        if (rc == CONF_OK) {
            rc = room.state == CONF_ROOM_OPEN
                 ? confd_member_leave(ctx, &room, id, member.role, &leave)
                 : confd_meeting_forsake(ctx, &room, id);
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


static conf_rc_t
confd_user_reindex(confd_op_ctx_t *ctx, confd_space_e space, conf_str_t old,
    conf_str_t new, uint64_t id)
{
    conf_rc_t    rc;
    conf_str_t   from, to;
    confd_key_t  from_key, to_key;

    from = confd_user_key(&from_key, old);
    to = confd_user_key(&to_key, new);

    if (conf_str_eq(from, to)) {
        return CONF_OK;
    }

    if (from.len != 0) {
        rc = confd_record_del(ctx, space, from);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return to.len != 0 ? confd_index_put(ctx, space, to, id) : CONF_OK;
}


static void
confd_user_merge(const conf_user_update_t *in, conf_user_t *user)
{
    if ((in->mask & CONF_UPDATE_NAME) != 0) {
        user->name = in->name;
    }

    if ((in->mask & CONF_UPDATE_EMAIL) != 0) {
        user->email = in->email;
    }

    if ((in->mask & CONF_UPDATE_NICKNAME) != 0) {
        user->nickname = in->nickname;
    }

    if ((in->mask & CONF_UPDATE_AVATAR) != 0) {
        user->avatar = in->avatar;
    }

    if ((in->mask & CONF_UPDATE_SEXUALITY) != 0) {
        user->sexuality = in->sexuality;
    }

    if ((in->mask & CONF_UPDATE_YEAR) != 0) {
        user->year = in->year;
    }

    if ((in->mask & CONF_UPDATE_MONTH) != 0) {
        user->month = in->month;
    }

    if ((in->mask & CONF_UPDATE_DAY) != 0) {
        user->day = in->day;
    }

    if ((in->mask & CONF_UPDATE_COUNTRY) != 0) {
        user->country = in->country;
    }

    if ((in->mask & CONF_UPDATE_PROVINCE) != 0) {
        user->province = in->province;
    }

    if ((in->mask & CONF_UPDATE_CITY) != 0) {
        user->city = in->city;
    }

    if ((in->mask & CONF_UPDATE_PHONE) != 0) {
        user->phone = in->phone;
    }
}
