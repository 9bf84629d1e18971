
#include "conf_verb.h"
#include "conf_live.h"


static conf_rc_t conf_room_created(conf_op_t *op, const void *reply);
static conf_rc_t conf_room_listed(conf_op_t *op, const void *reply);
static conf_rc_t conf_room_got(conf_op_t *op, const void *reply);
static conf_rc_t conf_room_updated(conf_op_t *op, const void *reply);
static conf_rc_t conf_room_deleted(conf_op_t *op, const void *reply);
static conf_rc_t conf_room_page(conf_op_t *op, uint64_t after, size_t limit);


/* Pages of a list, put together. */

typedef struct {
    conf_list_t   rooms;
    size_t        size;
    size_t        limit;       /* rooms wanted; 0: all */
} conf_room_pages_t;


conf_rc_t
conf_room_create(conf_op_t *op, const void *in)
{
    conf_room_create_t     request;
    const conf_room_in_t  *input = in;

    if (input->name.len == 0) {
        return conf_op_fail(op, CONF_E_EMPTY);
    }

    request.actor = op->auth.user_id;
    request.name = input->name;
    request.description = input->description;

    return conf_op_call(op, CONF_OP_ROOM_CREATE, &request, conf_room_created);
}


static conf_rc_t
conf_room_created(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, reply);
}


conf_rc_t
conf_room_list(conf_op_t *op, const void *in)
{
    conf_room_pages_t          *pages;
    const conf_room_list_in_t  *input = in;

    pages = conf_arena_calloc(op->arena, sizeof(conf_room_pages_t));
    if (pages == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    op->state = pages;

    if (input != NULL) {
        pages->limit = (size_t) input->limit;
    }

    return conf_room_page(op, input != NULL ? input->after : 0,
                          pages->limit);
}


static conf_rc_t
conf_room_page(conf_op_t *op, uint64_t after, size_t limit)
{
    conf_room_list_t  request;

    request.actor = op->auth.user_id;
    request.after = after;
    request.limit = CONF_ROOMS_PAGE;

    if (limit != 0 && limit < CONF_ROOMS_PAGE) {
        request.limit = (uint32_t) limit;
    }

    return conf_op_call(op, CONF_OP_ROOM_LIST, &request, conf_room_listed);
}


static conf_rc_t
conf_room_listed(conf_op_t *op, const void *reply)
{
    size_t               n, size;
    conf_room_t         *rooms;
    const conf_rooms_t  *page = reply;
    conf_room_pages_t   *pages = op->state;

    n = pages->rooms.n + page->rooms.n;

    if (n > pages->size) {
        size = conf_max(n, pages->size * 2);

        rooms = conf_arena_alloc(op->arena, size * sizeof(conf_room_t));
        if (rooms == NULL) {
            return conf_op_fail(op, CONF_E_NOMEM);
        }

        if (pages->rooms.n != 0) {
            memcpy(rooms, pages->rooms.items,
                   pages->rooms.n * sizeof(conf_room_t));
        }

        pages->rooms.items = rooms;
        pages->size = size;
    }

    if (page->rooms.n != 0) {
        rooms = pages->rooms.items;
        memcpy(rooms + pages->rooms.n, page->rooms.items,
               page->rooms.n * sizeof(conf_room_t));
        pages->rooms.n = n;

        if (page->more && (pages->limit == 0 || n < pages->limit)) {
            return conf_room_page(op, rooms[n - 1].id,
                                  pages->limit == 0 ? 0 : pages->limit - n);
        }
    }

    return conf_op_done(op, &pages->rooms);
}


conf_rc_t
conf_room_get(conf_op_t *op, const void *in)
{
    conf_room_key_t        key;
    const conf_room_in_t  *input = in;

    key.actor = op->auth.user_id;
    key.room_id = input->room_id;

    return conf_op_call(op, CONF_OP_ROOM_GET, &key, conf_room_got);
}


static conf_rc_t
conf_room_got(conf_op_t *op, const void *reply)
{
    conf_room_out_t         *out;
    const conf_room_view_t  *view = reply;

    out = conf_arena_calloc(op->arena, sizeof(conf_room_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    out->room = view->room;
    out->role = view->role;
    out->read_seq = view->read_seq;
    out->online = conf_channel_count(&op->env->shm,
                                     conf_channel(CONF_CHANNEL_ROOM,
                                                  view->room.id));

    return conf_op_done(op, out);
}


conf_rc_t
conf_room_update(conf_op_t *op, const void *in)
{
    conf_room_update_t     request;
    const conf_room_in_t  *input = in;

    memset(&request, 0, sizeof(conf_room_update_t));
    request.actor = op->auth.user_id;
    request.room_id = input->room_id;

    if (input->name.data != NULL) {
        if (input->name.len == 0) {
            return conf_op_fail(op, CONF_E_EMPTY);
        }

        request.mask |= CONF_UPDATE_ROOM_NAME;
        request.name = input->name;
    }

    if (input->description.data != NULL) {
        request.mask |= CONF_UPDATE_ROOM_DESCRIPTION;
        request.description = input->description;
    }

    return conf_op_call(op, CONF_OP_ROOM_UPDATE, &request, conf_room_updated);
}


static conf_rc_t
conf_room_updated(conf_op_t *op, const void *reply)
{
    conf_publish_to_t   to;
    const conf_room_t  *room = reply;

    memset(&to, 0, sizeof(conf_publish_to_t));
    to.channel = conf_channel(CONF_CHANNEL_ROOM, room->id);
    to.type = CONF_EVENT_ROOM;

    (void) conf_live_publish(op->env, &to, room);

    return conf_op_done(op, room);
}


conf_rc_t
conf_room_delete(conf_op_t *op, const void *in)
{
    conf_room_key_t        key;
    const conf_room_in_t  *input = in;

    key.actor = op->auth.user_id;
    key.room_id = input->room_id;

    return conf_op_call(op, CONF_OP_ROOM_DELETE, &key, conf_room_deleted);
}


/* Who was in it hears of it by the touch that confd has sent before. */

static conf_rc_t
conf_room_deleted(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, reply);
}
