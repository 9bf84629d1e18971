
#include "conf_verb.h"
#include "conf_live.h"


static conf_rc_t conf_message_posted(conf_op_t *op, const void *reply);
static conf_rc_t conf_message_relayed(conf_op_t *op, const void *reply);
static conf_rc_t conf_message_listed(conf_op_t *op, const void *reply);


conf_rc_t
conf_message_post(conf_op_t *op, const void *in)
{
    conf_message_post_t       request;
    const conf_message_in_t  *input = in;

    if (input->content.len > op->settings->message_max) {
        return conf_op_fail(op, CONF_E_TOO_LARGE);
    }

    if (input->content.len == 0) {
        return conf_op_fail(op, CONF_E_EMPTY);
    }

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.type = input->type;
    request.content = input->content;
    request.json = input->json;
    request.client_id = input->client_id;

    return conf_op_call(op, CONF_OP_MESSAGE_POST, &request,
                        conf_message_posted);
}


/*
 * It is on disk: now it may be shown.  What everybody has seen before is a
 * retry, and its sender, who waits for it, gets it alone; so does a member
 * whose session is not in the room yet.
 */

static conf_rc_t
conf_message_posted(conf_op_t *op, const void *reply)
{
    conf_rc_t              rc;
    const conf_message_t  *message = reply;

    rc = conf_live_message(op->env, message);

    if (op->session != NULL
        && (rc == CONF_DONE || !conf_live_in(op->session, message->room_id)))
    {
        conf_live_tell(op->session, CONF_EVENT_MESSAGE, message);
    }

    return conf_op_done(op, message);
}


conf_rc_t
conf_message_relay(conf_op_t *op, const void *in)
{
    conf_room_key_t           key;
    const conf_message_in_t  *input = in;

    if (input->content.len > op->settings->message_max) {
        return conf_op_fail(op, CONF_E_TOO_LARGE);
    }

    /* A session that is in the room is a member: confd has said so. */

    if (op->session != NULL && conf_live_in(op->session, input->room_id)) {
        return conf_message_relayed(op, NULL);
    }

    key.actor = op->auth.user_id;
    key.room_id = input->room_id;

    return conf_op_call(op, CONF_OP_ROOM_GET, &key, conf_message_relayed);
}


static conf_rc_t
conf_message_relayed(conf_op_t *op, const void *reply)
{
    conf_user_t               user;
    conf_message_t            message;
    conf_cache_key_t          key = { CONF_CACHE_USER, 0, 0 };
    conf_publish_to_t         to;
    const conf_message_in_t  *input = op->in;

    memset(&message, 0, sizeof(conf_message_t));
    message.room_id = input->room_id;
    message.user_id = op->auth.user_id;
    message.type = input->type;
    message.content = input->content;
    message.json = input->json;
    message.client_id = input->client_id;

    key.user = op->auth.user_id;

    if (conf_hot_get(op->env, op->arena, key, &conf_proto_user, &user)
        == CONF_OK)
    {
        message.user_name = user.name;
        message.user_nickname = user.nickname;
        message.user_avatar = user.avatar;
    }

    memset(&to, 0, sizeof(conf_publish_to_t));
    to.channel = conf_channel(CONF_CHANNEL_ROOM, input->room_id);
    to.type = CONF_EVENT_RELAY;

    (void) conf_live_publish(op->env, &to, &message);

    return conf_op_done(op, NULL);
}


conf_rc_t
conf_message_list(conf_op_t *op, const void *in)
{
    int64_t                      limit;
    conf_message_list_t          request;
    const conf_history_in_t     *input = in;
    const conf_history_fixed_t  *fixed = op->fixed;

    limit = input->limit;

    if (limit == 0) {
        limit = fixed->limit_default;
    }

    limit = conf_max(1, conf_min(limit, fixed->limit_max));

    memset(&request, 0, sizeof(conf_message_list_t));
    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.limit = (uint32_t) limit;

    request.forward = fixed->forward
                      || (fixed->after_field != NULL
                          && conf_schema_given(op->row->schema, in,
                                               fixed->after_field));
    if (request.forward) {
        request.after_seq = input->after_seq;
        request.epoch = input->epoch;

    } else {
        request.before_id = input->before_id;
        request.skip = input->page < 2 ? 0 : (input->page - 1)
                                             * (uint64_t) limit;
        request.visits = fixed->chat.data != NULL;
    }

    return conf_op_call(op, CONF_OP_MESSAGE_LIST, &request,
                        conf_message_listed);
}


/* confd answers in ascending order. */

static conf_rc_t
conf_message_listed(conf_op_t *op, const void *reply)
{
    size_t                       i, j;
    uint32_t                     order;
    conf_message_t               one, *items;
    conf_history_out_t          *out;
    const conf_messages_t       *list = reply;
    const conf_history_in_t     *input = op->in;
    const conf_history_fixed_t  *fixed = op->fixed;

    order = input->order != CONF_ORDER_DEFAULT ? input->order
                                               : (uint32_t) fixed->order;
    items = list->messages.items;

    if (order == CONF_ORDER_DESCENDING && list->messages.n != 0) {
        for (i = 0, j = list->messages.n - 1; i < j; i++, j--) {
            one = items[i];
            items[i] = items[j];
            items[j] = one;
        }
    }

    for (i = 0; i < list->messages.n && fixed->chat.data != NULL; i++) {
        if (items[i].seq != 0) {
            items[i].type = fixed->chat;
        }
    }

    out = conf_arena_calloc(op->arena, sizeof(conf_history_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    out->messages = list->messages;
    out->room_id = input->room_id;
    out->epoch = list->epoch;
    out->seq = list->seq;
    out->more = list->more;

    conf_page_set(&out->page, input->page, (uint64_t) (input->limit != 0
                                               ? input->limit
                                               : fixed->limit_default),
                  list->seq);

    return conf_op_done(op, out);
}
