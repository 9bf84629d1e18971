
#include "conf_meet_see.h"
#include "conf_signal.h"


static conf_rc_t conf_participant_listed(conf_op_t *op, const void *reply);
static void conf_participant_media(conf_op_t *op, uint64_t room_id,
    conf_participant_out_t *list, size_t n);
static conf_rc_t conf_participant_added(conf_op_t *op, const void *reply);
static conf_rc_t conf_meeting_left(conf_op_t *op, const void *reply);
static conf_rc_t conf_participant_changed(conf_op_t *op, const void *reply);
static uint32_t conf_participant_seen(conf_op_t *op, uint64_t room_id,
    uint64_t user_id, uint32_t state, int64_t entered_ms);


void
conf_meeting_see(conf_op_t *op, const conf_room_view_t *view,
    conf_meeting_out_t *out)
{
    out->room = view->room;
    out->role = view->role;
    out->status = conf_participant_seen(op, view->room.id, op->auth.user_id,
                                        view->state, view->entered_ms);

    if (out->room.creator_id == 0) {
        out->room.creator_id = out->room.owner_id;
    }

    if (out->room.state == CONF_ROOM_OPEN) {
        out->room.settings |= CONF_ROOM_CHAT | CONF_ROOM_SCREEN;
        out->room.started_ms = out->room.created_ms;
    }
}


void
conf_participant_see(conf_op_t *op, uint64_t room_id,
    const conf_member_t *member, conf_participant_out_t *out)
{
    out->member = *member;
    out->room_id = room_id;
    out->status = conf_participant_seen(op, room_id, member->user_id,
                                        member->state, member->entered_ms);
}


/*
 * Who has a session in the room is online, and who has just joined, for the
 * time that it takes to open one.
 */

static uint32_t
conf_participant_seen(conf_op_t *op, uint64_t room_id, uint64_t user_id,
    uint32_t state, int64_t entered_ms)
{
    if (state == CONF_MEMBER_WAITING) {
        return CONF_SEEN_WAITING;
    }

    if (state == CONF_MEMBER_JOINED
        && op->env->now_ms(op->env) - entered_ms < CONF_ENTERED_MS)
    {
        return CONF_SEEN_ONLINE;
    }

    return conf_channel_has(&op->env->shm,
                            conf_channel(CONF_CHANNEL_ROOM, room_id), user_id)
           ? CONF_SEEN_ONLINE : CONF_SEEN_OFFLINE;
}


conf_rc_t
conf_participant_list(conf_op_t *op, const void *in)
{
    conf_room_key_t                    key;
    const conf_participant_list_in_t  *input = in;

    key.actor = op->auth.user_id;
    key.room_id = input->room_id;

    return conf_op_call(op, CONF_OP_PARTICIPANT_LIST, &key,
                        conf_participant_listed);
}


static conf_rc_t
conf_participant_listed(conf_op_t *op, const void *reply)
{
    size_t                             i, n;
    uint64_t                           first;
    conf_participant_out_t            *list;
    const conf_participants_t         *all = reply;
    const conf_member_t               *members = all->members.items;
    conf_participants_out_t           *out;
    const conf_participant_list_in_t  *input = op->in;

    out = conf_arena_calloc(op->arena, sizeof(conf_participants_out_t));
    list = conf_arena_calloc(op->arena, conf_max(1, all->members.n)
                                        * sizeof(conf_participant_out_t));
    if (out == NULL || list == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    for (i = 0, n = 0; i < all->members.n; i++) {
        conf_participant_see(op, all->room.id, &members[i], &list[n]);

        if (input->status == 0 || input->status - 1 == list[n].status) {
            n++;
        }
    }

    conf_page_set(&out->page, input->page,
                  input->limit != 0 ? input->limit : conf_max(1, n), n);

    first = (out->page.page - 1) * out->page.size;
    first = conf_min(first, n);

    out->participants.items = list + first;
    out->participants.n = (size_t) conf_min(n - first, out->page.size);

    conf_participant_media(op, all->room.id, list + first,
                           out->participants.n);

    return conf_op_done(op, out);
}


/* What their sessions show; members come in order of id, and so do peers. */

static void
conf_participant_media(conf_op_t *op, uint64_t room_id,
    conf_participant_out_t *list, size_t n)
{
    size_t       i, pos;
    conf_buf_t   buf;
    conf_peer_t  peer;

    conf_buf_init(&buf, 0);

    if (conf_peer_list(&op->env->shm, conf_channel(CONF_CHANNEL_ROOM, room_id),
                       &buf, CONF_PEERS_MAX)
        == CONF_OK)
    {
        for (i = 0, pos = 0; conf_peer_next(&buf, &pos, &peer) == CONF_OK; ) {

            while (i < n && list[i].member.user_id < peer.user) {
                i++;
            }

            if (i == n) {
                break;
            }

            if (list[i].member.user_id == peer.user) {
                list[i].audio |= (peer.media & CONF_MEDIA_AUDIO) != 0;
                list[i].video |= (peer.media & CONF_MEDIA_VIDEO) != 0;
                list[i].screen |= (peer.media & CONF_MEDIA_SCREEN) != 0;
            }
        }
    }

    conf_buf_free(&buf);
}


conf_rc_t
conf_participant_add(conf_op_t *op, const void *in)
{
    conf_participant_in_t   *input = op->in;
    conf_participant_add_t   request;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.user_ids = input->user_ids;
    request.role = input->role != CONF_ROLE_NONE ? input->role
                                                 : CONF_ROLE_MEMBER;

    if (request.user_ids.n == 0) {
        if (input->user_id == 0) {
            return conf_op_invalid(op, "user_id", "is required");
        }

        request.user_ids.items = &input->user_id;
        request.user_ids.n = 1;
    }

    if (request.role > CONF_ROLE_MODERATOR) {
        return conf_op_invalid(op, "role", "must be participant or moderator");
    }

    return conf_op_call(op, CONF_OP_PARTICIPANT_ADD, &request,
                        conf_participant_added);
}


static conf_rc_t
conf_participant_added(conf_op_t *op, const void *reply)
{
    size_t                      i;
    conf_participant_out_t     *list;
    const conf_participants_t  *all = reply;
    const conf_member_t        *members = all->members.items;
    conf_participant_added_t   *out;

    out = conf_arena_calloc(op->arena, sizeof(conf_participant_added_t));
    list = conf_arena_calloc(op->arena, conf_max(1, all->members.n)
                                        * sizeof(conf_participant_out_t));
    if (out == NULL || list == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    for (i = 0; i < all->members.n; i++) {
        conf_participant_see(op, all->room.id, &members[i], &list[i]);
    }

    out->first = list[0];
    out->participants.items = list;
    out->participants.n = all->members.n;

    return conf_op_done(op, out);
}


conf_rc_t
conf_participant_remove(conf_op_t *op, const void *in)
{
    conf_member_key_t             request;
    const conf_participant_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.user_id = input->user_id;

    return conf_op_call(op, CONF_OP_PARTICIPANT_REMOVE, &request,
                        conf_participant_changed);
}


conf_rc_t
conf_participant_role(conf_op_t *op, const void *in)
{
    conf_participant_role_t       request;
    const conf_participant_in_t  *input = in;

    request.actor = op->auth.user_id;
    request.room_id = input->room_id;
    request.user_id = input->user_id;
    request.role = input->role;

    return conf_op_call(op, CONF_OP_PARTICIPANT_ROLE, &request,
                        conf_participant_changed);
}


conf_rc_t
conf_meeting_leave(conf_op_t *op, const void *in)
{
    conf_room_key_t        key;
    const conf_room_in_t  *input = in;

    key.actor = op->auth.user_id;
    key.room_id = input->room_id;

    return conf_op_call(op, CONF_OP_MEETING_LEAVE, &key, conf_meeting_left);
}


/* A member stays one: no touch says that the sockets are to go. */

static conf_rc_t
conf_meeting_left(conf_op_t *op, const void *reply)
{
    const conf_member_view_t  *view = reply;

    conf_signal_left(op->env, op->auth.user_id, view->room.id);

    return conf_participant_changed(op, reply);
}


/* Sockets of who came or went follow the touch that confd has sent before. */

static conf_rc_t
conf_participant_changed(conf_op_t *op, const void *reply)
{
    conf_participant_out_t    *out;
    const conf_member_view_t  *view = reply;

    out = conf_arena_calloc(op->arena, sizeof(conf_participant_out_t));
    if (out == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    conf_participant_see(op, view->room.id, &view->member, out);

    return conf_op_done(op, out);
}
