
/* A user's meetings. */

#include "confd_meeting.h"

#include <stdlib.h>


#define CONFD_MEETINGS_MAX  100      /* of one page */


/* What they are in order of. */

typedef struct {
    int64_t    time_ms;
    uint64_t   id;
} confd_place_t;

typedef struct {
    confd_place_t  *places;
    size_t          n;
} confd_places_t;


static conf_rc_t confd_places_find(confd_op_ctx_t *ctx,
    const conf_meeting_list_t *in, confd_places_t *places);
static bool confd_places_wanted(const conf_meeting_list_t *in,
    const conf_room_t *room);
static int confd_places_up(const void *a, const void *b);
static int confd_places_down(const void *a, const void *b);
static conf_rc_t confd_places_show(confd_op_ctx_t *ctx, uint64_t actor,
    uint64_t room_id, conf_room_view_t *view);


conf_rc_t
confd_op_meeting_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_meeting_list_t  *in = data;
    conf_meetings_t            *out = reply;

    size_t             i, first;
    conf_rc_t          rc;
    conf_user_t        user;
    confd_places_t     places;
    conf_room_view_t  *views;

    if (in->page < 1 || in->limit < 1 || in->limit > CONFD_MEETINGS_MAX) {
        return CONF_E_INVALID;
    }

    rc = confd_user_live(ctx, in->actor, &user);

    if (rc == CONF_OK) {
        rc = confd_places_find(ctx, in, &places);
    }

    if (rc != CONF_OK || places.n == 0) {
        return rc;
    }

    qsort(places.places, places.n, sizeof(confd_place_t),
          in->ascending ? confd_places_up : confd_places_down);

    out->total = places.n;

    if ((uint64_t) (in->page - 1) * in->limit >= places.n) {
        return CONF_OK;
    }

    first = (size_t) (in->page - 1) * in->limit;

    views = conf_arena_calloc(ctx->arena,
                              in->limit * sizeof(conf_room_view_t));
    if (views == NULL) {
        return CONF_E_NOMEM;
    }

    out->meetings.items = views;

    for (i = first; i < places.n && out->meetings.n < in->limit; i++) {
        rc = confd_places_show(ctx, in->actor, places.places[i].id,
                               &views[out->meetings.n++]);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* Rooms are read where they lie; only those of the page are copied. */

static conf_rc_t
confd_places_find(confd_op_ctx_t *ctx, const conf_meeting_list_t *in,
    confd_places_t *places)
{
    size_t         i;
    uint64_t      *rooms;
    conf_rc_t      rc;
    conf_str_t     value;
    conf_list_t    ids;
    conf_room_t    room;
    confd_key_t    key;

    places->n = 0;

    rc = confd_record_ids(ctx, CONFD_SPACE_USER_ROOM, in->actor, 0,
                          CONFD_SCAN_MAX, &ids);
    if (rc != CONF_OK || ids.n == 0) {
        return rc;
    }

    places->places = conf_arena_alloc(ctx->arena,
                                      ids.n * sizeof(confd_place_t));
    if (places->places == NULL) {
        return CONF_E_NOMEM;
    }

    rooms = ids.items;

    for (i = 0; i < ids.n; i++) {
        rc = ctx->driver->get(ctx->txn, CONFD_SPACE_ROOM,
                              confd_record_key(&key, rooms[i]), &value);

        if (rc == CONF_OK) {
            rc = confd_record_read(ctx, &conf_proto_room, value, &room);
        }

        if (rc != CONF_OK) {
            return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
        }

        if (confd_places_wanted(in, &room)) {
            places->places[places->n].id = room.id;
            places->places[places->n++].time_ms =
                room.start_ms != 0 ? room.start_ms : room.created_ms;
        }
    }

    return CONF_OK;
}


static bool
confd_places_wanted(const conf_meeting_list_t *in, const conf_room_t *room)
{
    if (room->state > CONF_ROOM_CANCELLED
        || (in->states & (uint32_t) 1 << room->state) == 0)
    {
        return false;
    }

    if (in->from_ms != 0 && room->state == CONF_ROOM_SCHEDULED
        && room->start_ms < in->from_ms)
    {
        return false;
    }

    return in->keyword.len == 0
           || confd_search_within(room->name, in->keyword)
           || confd_search_within(room->description, in->keyword);
}


static int
confd_places_up(const void *a, const void *b)
{
    const confd_place_t *x = a, *y = b;

    if (x->time_ms != y->time_ms) {
        return x->time_ms < y->time_ms ? -1 : 1;
    }

    return x->id < y->id ? -1 : 1;
}


static int
confd_places_down(const void *a, const void *b)
{
    return confd_places_up(b, a);
}


static conf_rc_t
confd_places_show(confd_op_ctx_t *ctx, uint64_t actor, uint64_t room_id,
    conf_room_view_t *view)
{
    conf_rc_t            rc;
    conf_store_member_t  member;

    rc = confd_room_load(ctx, room_id, &view->room);

    if (rc == CONF_OK) {
        rc = confd_member_load(ctx, room_id, actor, &member);
    }

    if (rc != CONF_OK) {
        return rc;
    }

    view->role = member.role;
    view->state = member.state;
    view->entered_ms = member.entered_ms;
    view->left_ms = member.left_ms;

    return CONF_OK;
}
