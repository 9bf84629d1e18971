
#include "confd_record.h"


static conf_rc_t confd_file_replace(confd_op_ctx_t *ctx,
    const conf_user_t *user, conf_str_t *replaced);
static conf_rc_t confd_file_free(confd_op_ctx_t *ctx, conf_str_t name);
static conf_rc_t confd_file_store(confd_op_ctx_t *ctx, const conf_file_t *file);
static conf_str_t confd_file_key(confd_key_t *key, conf_str_t name);


/* Who stored the file, and when, is not the caller's to say. */

conf_rc_t
confd_op_file_add(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_file_add_t  *in = data;
    conf_file_t            *out = reply;

    conf_rc_t            rc;
    conf_user_t          user;
    conf_store_member_t  member;

    if (in->file.name.len == 0) {
        return CONF_E_INVALID;
    }

    if (in->file.room_id != 0) {
        rc = confd_member_load(ctx, in->file.room_id, in->actor, &member);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    if (in->actor != 0) {
        rc = confd_user_actor(ctx, in->actor, &user);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = confd_file_free(ctx, in->file.name);
    if (rc != CONF_OK) {
        return rc;
    }

    *out = in->file;
    out->user_id = in->actor;
    out->created_ms = ctx->now_ms;

    return confd_file_store(ctx, out);
}


/* A file of a room that is no more is nobody's. */

conf_rc_t
confd_op_file_get(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_file_key_t  *in = data;
    conf_file_t            *out = reply;

    conf_rc_t            rc;
    confd_key_t          key;
    conf_store_member_t  member;

    if (in->name.len == 0) {
        return CONF_E_FILE_ABSENT;
    }

    rc = confd_record_get(ctx, CONFD_SPACE_FILE,
                          confd_file_key(&key, in->name), &conf_proto_file,
                          out);

    if (rc == CONF_OK && out->room_id != 0) {
        rc = confd_member_load(ctx, out->room_id, in->actor, &member);
    }

    if (rc == CONF_E_NOT_FOUND || rc == CONF_E_ROOM_ABSENT) {
        return CONF_E_FILE_ABSENT;
    }

    return rc;
}


conf_rc_t
confd_op_avatar_set(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_file_add_t  *in = data;
    conf_avatar_t          *out = reply;

    conf_rc_t     rc;
    conf_file_t   file;
    conf_user_t  *user = &out->user;

    if (in->file.name.len == 0) {
        return CONF_E_INVALID;
    }

    rc = confd_user_actor(ctx, in->actor, user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_file_free(ctx, in->file.name);
    if (rc != CONF_OK) {
        return rc;
    }

    file = in->file;
    file.room_id = 0;
    file.user_id = in->actor;
    file.created_ms = ctx->now_ms;

    rc = confd_file_replace(ctx, user, &out->replaced);

    if (rc == CONF_OK) {
        rc = confd_file_store(ctx, &file);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    /* What clients are told is a URL; only who serves it knows it. */

    user->avatar = in->url.len != 0 ? in->url : file.name;
    user->updated_ms = ctx->now_ms;

    return confd_user_store(ctx, user);
}


/* The file of the user's avatar, when it is one of ours and his own. */

static conf_rc_t
confd_file_replace(confd_op_ctx_t *ctx, const conf_user_t *user,
    conf_str_t *replaced)
{
    conf_rc_t    rc;
    conf_str_t   name;
    conf_file_t  file;
    confd_key_t  key;

    name = user->avatar;

    while (name.len != 0 && memchr(name.data, '/', name.len) != NULL) {
        name.data++;
        name.len--;
    }

    if (name.len == 0 || name.len > CONF_FILE_NAME_MAX) {
        return CONF_OK;
    }

    rc = confd_record_get(ctx, CONFD_SPACE_FILE, confd_file_key(&key, name),
                          &conf_proto_file, &file);

    if (rc != CONF_OK || file.room_id != 0 || file.user_id != user->id) {
        return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
    }

    *replaced = file.name;

    return confd_record_del(ctx, CONFD_SPACE_FILE, confd_file_key(&key, name));
}


static conf_rc_t
confd_file_free(confd_op_ctx_t *ctx, conf_str_t name)
{
    conf_rc_t    rc;
    confd_key_t  key;

    rc = confd_record_has(ctx, CONFD_SPACE_FILE, confd_file_key(&key, name));

    if (rc == CONF_E_NOT_FOUND) {
        return CONF_OK;
    }

    return rc == CONF_OK ? CONF_E_EXISTS : rc;
}


static conf_rc_t
confd_file_store(confd_op_ctx_t *ctx, const conf_file_t *file)
{
    confd_key_t  key;

    return confd_record_put(ctx, CONFD_SPACE_FILE,
                            confd_file_key(&key, file->name),
                            &conf_proto_file, file);
}


static conf_str_t
confd_file_key(confd_key_t *key, conf_str_t name)
{
    confd_key_init(key);
    confd_key_bytes(key, name);

    return confd_key_str(key);
}
