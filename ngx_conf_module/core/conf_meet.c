
#include "conf_meet.h"
#include "conf_meet_see.h"
#include "conf_live.h"


static conf_rc_t conf_meeting_created(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_got(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_answer(conf_op_t *op,
    const conf_room_view_t *view);
static conf_rc_t conf_meeting_updated(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_listed(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_ask(conf_op_t *op, const void *in,
    conf_op_e code, conf_step_pt next);
static conf_rc_t conf_meeting_done(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_changed(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_switches(conf_op_t *op, conf_str_t text,
    uint32_t *mask, uint32_t *bits, conf_str_t *options);
static void conf_meeting_publish(conf_op_t *op, const conf_room_t *room);


/* "now" is in the past when it arrives, so a little of it is allowed. */

conf_rc_t
conf_meeting_create(conf_op_t *op, const void *in)
{
    uint32_t                     mask, bits;
    conf_rc_t                    rc;
    conf_meeting_create_t        request;
    const conf_meeting_in_t     *input = in;
    const conf_meeting_fixed_t  *fixed = op->fixed;

    if (input->name.len == 0) {
        return conf_op_fail(op, CONF_E_EMPTY);
    }

    if (input->start_ms < op->env->now_ms(op->env) - CONF_PAST_MS) {
        return conf_op_invalid(op, "start_time", "cannot be in the past");
    }

    if (input->end_ms <= input->start_ms) {
        return conf_op_invalid(op, "end_time", "must be after start_time");
    }

    if (input->end_ms <= op->env->now_ms(op->env)) {
        return conf_op_invalid(op, "end_time", "cannot be in the past");
    }

    memset(&request, 0, sizeof(conf_meeting_create_t));

    rc = conf_meeting_switches(op, input->settings, &mask, &bits,
                               &request.options);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    request.actor = op->auth.user_id;
    request.name = input->name;
    request.description = input->description;
    request.start_ms = input->start_ms;
    request.end_ms = input->end_ms;
    request.capacity = input->capacity != 0 ? input->capacity
                                            : fixed->capacity;
    request.media = input->media;
    request.settings = (fixed->initial & ~mask) | bits;
    request.password = input->password;

    return conf_op_call(op, CONF_OP_MEETING_CREATE, &request,
                        conf_meeting_created);
}


static conf_rc_t
conf_meeting_created(conf_op_t *op, const void *reply)
{
    return conf_meeting_answer(op, reply);
}


/* From hot copies of the room and of the asker's part in it, if it has one. */

conf_rc_t
conf_meeting_get(conf_op_t *op, const void *in)
{
    conf_room_view_t      *view;
    conf_cache_key_t       room = { CONF_CACHE_ROOM, 0, 0 };
    conf_cache_key_t       member = { CONF_CACHE_MEMBER, 0, 0 };
    const conf_room_in_t  *input = in;

    room.room = input->room_id;
    member.room = input->room_id;
    member.user = op->auth.user_id;

    view = conf_arena_calloc(op->arena, sizeof(conf_room_view_t));

    if (view != NULL
        && conf_hot_get(op->env, op->arena, member, &conf_proto_room_view,
                        view) == CONF_OK
        && conf_hot_get(op->env, op->arena, room, &conf_proto_room,
                        &view->room) == CONF_OK)
    {
        return conf_meeting_answer(op, view);
    }

    return conf_meeting_ask(op, in, CONF_OP_MEETING_GET, conf_meeting_got);
}


/* Who sees it as an admin may be none tomorrow. */

static conf_rc_t
conf_meeting_got(conf_op_t *op, const void *reply)
{
    conf_room_view_t         part;
    conf_cache_key_t         room = { CONF_CACHE_ROOM, 0, 0 };
    conf_cache_key_t         member = { CONF_CACHE_MEMBER, 0, 0 };
    const conf_room_view_t  *view = reply;

    if (view->state == CONF_MEMBER_WAITING) {
        return conf_op_fail(op, CONF_E_WAITING);
    }

    if (view->role != CONF_ROLE_NONE) {
        room.room = view->room.id;
        member.room = view->room.id;
        member.user = op->auth.user_id;

        part = *view;
        memset(&part.room, 0, sizeof(conf_room_t));

        conf_hot_put(op->env, room, op->call.rev, &conf_proto_room,
                     &view->room);
        conf_hot_put(op->env, member, op->call.rev, &conf_proto_room_view,
                     &part);
    }

    return conf_meeting_answer(op, view);
}


static conf_rc_t
conf_meeting_answer(conf_op_t *op, const conf_room_view_t *view)
{
    conf_meeting_out_t  *out;

    out = conf_arena_calloc(op->arena, sizeof(conf_meeting_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_meeting_see(op, view, out);

    return conf_op_done(op, out);
}


conf_rc_t
conf_meeting_update(conf_op_t *op, const void *in)
{
    conf_rc_t                 rc;
    conf_meeting_update_t     request;
    const conf_meeting_in_t  *input = in;

    memset(&request, 0, sizeof(conf_meeting_update_t));
    request.actor = op->auth.user_id;
    request.room_id = input->room_id;

    request.name = input->name;
    request.description = input->description;
    request.start_ms = input->start_ms;
    request.end_ms = input->end_ms;
    request.capacity = input->capacity;
    request.media = input->media;
    request.password = input->password;
    request.state = input->state;

    if (input->name.data != NULL) {
        if (input->name.len == 0) {
            return conf_op_fail(op, CONF_E_EMPTY);
        }

        request.mask |= CONF_UPDATE_MEETING_NAME;
    }

    if (input->start_ms != 0 && input->end_ms != 0
        && input->end_ms <= input->start_ms)
    {
        return conf_op_invalid(op, "end_time", "must be after start_time");
    }

    request.mask |= input->description.data == NULL
                    ? 0 : CONF_UPDATE_MEETING_DESCRIPTION;
    request.mask |= input->start_ms == 0 ? 0 : CONF_UPDATE_MEETING_START;
    request.mask |= input->end_ms == 0 ? 0 : CONF_UPDATE_MEETING_END;
    request.mask |= input->capacity == 0 ? 0 : CONF_UPDATE_MEETING_CAPACITY;
    request.mask |= input->password.data == NULL
                    ? 0 : CONF_UPDATE_MEETING_PASSWORD;
    request.mask |= input->state == 0 ? 0 : CONF_UPDATE_MEETING_STATE;

    if (conf_schema_given(op->row->schema, in, "meeting_type")) {
        request.mask |= CONF_UPDATE_MEETING_MEDIA;
    }

    rc = conf_meeting_switches(op, input->settings, &request.settings_mask,
                               &request.settings, &request.options);
    if (rc != CONF_OK) {
        return conf_op_fail(op, rc);
    }

    request.mask |= request.settings_mask == 0
                    ? 0 : CONF_UPDATE_MEETING_SETTINGS;
    request.mask |= request.options.len == 0 ? 0 : CONF_UPDATE_MEETING_OPTIONS;

    return conf_op_call(op, CONF_OP_MEETING_UPDATE, &request,
                        conf_meeting_updated);
}


static conf_rc_t
conf_meeting_updated(conf_op_t *op, const void *reply)
{
    const conf_room_view_t *view = reply;

    conf_meeting_publish(op, &view->room);

    return conf_meeting_answer(op, view);
}


/* Who was in it hears of it by the touch that confd has sent before. */

conf_rc_t
conf_meeting_delete(conf_op_t *op, const void *in)
{
    return conf_meeting_ask(op, in, CONF_OP_MEETING_DELETE, conf_meeting_done);
}


conf_rc_t
conf_meeting_start(conf_op_t *op, const void *in)
{
    return conf_meeting_ask(op, in, CONF_OP_MEETING_START,
                            conf_meeting_changed);
}


conf_rc_t
conf_meeting_end(conf_op_t *op, const void *in)
{
    return conf_meeting_ask(op, in, CONF_OP_MEETING_END, conf_meeting_done);
}


static conf_rc_t
conf_meeting_done(conf_op_t *op, const void *reply)
{
    return conf_op_done(op, reply);
}


static conf_rc_t
conf_meeting_changed(conf_op_t *op, const void *reply)
{
    conf_meeting_publish(op, reply);

    return conf_op_done(op, reply);
}


static conf_rc_t
conf_meeting_ask(conf_op_t *op, const void *in, conf_op_e code,
    conf_step_pt next)
{
    conf_room_key_t        key;
    const conf_room_in_t  *input = in;

    key.actor = op->auth.user_id;
    key.room_id = input->room_id;

    return conf_op_call(op, code, &key, next);
}


static void
conf_meeting_publish(conf_op_t *op, const conf_room_t *room)
{
    conf_publish_to_t  to;

    memset(&to, 0, sizeof(conf_publish_to_t));
    to.channel = conf_channel(CONF_CHANNEL_ROOM, room->id);
    to.type = CONF_EVENT_ROOM;

    (void) conf_live_publish(op->env, &to, room);
}


conf_rc_t
conf_meeting_list(conf_op_t *op, const void *in)
{
    conf_meeting_list_t            request;
    const conf_meeting_scope_t    *scope = op->fixed;
    const conf_meeting_list_in_t  *input = in;

    memset(&request, 0, sizeof(conf_meeting_list_t));
    request.actor = op->auth.user_id;
    request.states = scope->states;
    request.keyword = input->keyword;
    request.ascending = scope->upcoming;
    request.page = conf_page_number(input->page);
    request.limit = conf_page_limit(input->limit);

    if (input->state != 0) {
        request.states &= (uint32_t) 1 << (input->state - 1);

        /* What has no time goes on. */

        if (input->state - 1 == CONF_ROOM_ONGOING) {
            request.states |= scope->states & 1 << CONF_ROOM_OPEN;
        }
    }

    if (scope->upcoming) {
        request.from_ms = op->env->now_ms(op->env);
    }

    return conf_op_call(op, CONF_OP_MEETING_LIST, &request,
                        conf_meeting_listed);
}


static conf_rc_t
conf_meeting_listed(conf_op_t *op, const void *reply)
{
    size_t                         i;
    conf_meeting_out_t            *list;
    const conf_meetings_t         *all = reply;
    const conf_room_view_t        *views = all->meetings.items;
    conf_meeting_list_out_t       *out;
    const conf_meeting_list_in_t  *input = op->in;

    out = conf_arena_calloc(op->arena, sizeof(conf_meeting_list_out_t));
    list = conf_arena_calloc(op->arena, conf_max(1, all->meetings.n)
                                        * sizeof(conf_meeting_out_t));
    if (out == NULL || list == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    for (i = 0; i < all->meetings.n; i++) {
        conf_meeting_see(op, &views[i], &list[i]);
    }

    out->meetings.items = list;
    out->meetings.n = all->meetings.n;
    conf_page_set(&out->page, input->page, input->limit, all->total);

    return conf_op_done(op, out);
}


/* Settings that we know are bits, the others stay text. */

static conf_rc_t
conf_meeting_switches(conf_op_t *op, conf_str_t text, uint32_t *mask,
    uint32_t *bits, conf_str_t *options)
{
    size_t                       i;
    conf_rc_t                    rc;
    conf_switches_in_t           in;
    const conf_meeting_fixed_t  *fixed = op->fixed;

    *mask = 0;
    *bits = 0;
    options->len = 0;
    options->data = NULL;

    if (text.len == 0) {
        return CONF_OK;
    }

    memset(&in, 0, sizeof(conf_switches_in_t));

    rc = conf_schema_json(fixed->schema, op->arena, text, &in, &op->error);

    if (rc == CONF_OK) {
        rc = conf_schema_rest(fixed->schema, op->arena, text, options);
    }

    for (i = 0; i < fixed->schema->nfields; i++) {
        if ((in.input.given & (uint64_t) 1 << i) != 0) {
            *mask |= fixed->bits[i];
            *bits |= in.values[i] ? fixed->bits[i] : 0;
        }
    }

    return rc == CONF_OK && options->len > CONF_OPTIONS_MAX ? CONF_E_TOO_LARGE
                                                            : rc;
}
