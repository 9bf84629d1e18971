
#include "conf_verb.h"


static conf_rc_t conf_file_added(conf_op_t *op, const void *reply);
static conf_rc_t conf_avatar_changed(conf_op_t *op, const void *reply);
static conf_rc_t conf_file_got(conf_op_t *op, const void *reply);


conf_rc_t
conf_file_add(conf_op_t *op, const void *in)
{
    conf_file_add_t          request;
    const conf_upload_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.file = input->file;
    request.file.room_id = input->room_id;
    request.file.user_id = op->auth.user_id;
    request.url = input->url;

    return conf_op_call(op, CONF_OP_FILE_ADD, &request, conf_file_added);
}


static conf_rc_t
conf_file_added(conf_op_t *op, const void *reply)
{
    conf_upload_in_t  *input = op->in;

    input->file = *(const conf_file_t *) reply;

    return conf_op_done(op, input);
}


conf_rc_t
conf_avatar_set(conf_op_t *op, const void *in)
{
    conf_file_add_t          request;
    const conf_upload_in_t  *input = in;

    if (!input->image) {
        return conf_op_fail(op, CONF_E_FILE_TYPE);
    }

    request.actor = op->auth.user_id;
    request.file = input->file;
    request.file.room_id = 0;
    request.file.user_id = op->auth.user_id;
    request.url = input->url;

    return conf_op_call(op, CONF_OP_AVATAR_SET, &request,
                        conf_avatar_changed);
}


static conf_rc_t
conf_avatar_changed(conf_op_t *op, const void *reply)
{
    conf_upload_in_t     *input = op->in;
    const conf_avatar_t  *avatar = reply;

    input->replaced = avatar->replaced;
    conf_user_keep(op, &avatar->user);

    return conf_op_done(op, &avatar->user);
}


conf_rc_t
conf_file_get(conf_op_t *op, const void *in)
{
    conf_file_key_t        request;
    const conf_file_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.name = input->name;

    return conf_op_call(op, CONF_OP_FILE_GET, &request, conf_file_got);
}


static conf_rc_t
conf_file_got(conf_op_t *op, const void *reply)
{
    const conf_file_t  *file = reply;

    /* Actor 0 is the server itself to confd; here it is anybody. */

    if (file->room_id != 0 && op->auth.user_id == 0) {
        return conf_op_fail(op, CONF_E_FILE_ABSENT);
    }

    return conf_op_done(op, reply);
}
