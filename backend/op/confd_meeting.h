
/*
 * Meetings: what the ops about them share.  A meeting is a room, so its
 * record, members and log are a room's; here are who may do what in it, who
 * is in it now, and how it ends.
 *
 * Who has joined has a row in JOINED and counts in njoined; who waits for
 * admission, or was removed, has one in LOBBY and none in MEMBER.  A room that
 * is SCHEDULED or ONGOING has exactly one row in ROOM_DUE, at a time when its
 * end may have come and never later.
 */

#ifndef _CONFD_MEETING_H_INCLUDED_
#define _CONFD_MEETING_H_INCLUDED_


#include "confd_record.h"


/*
 * A room and who acts in it.  member is all zero for who is none, but for the
 * state of one who waits or was removed; power is what he may do: a role.
 */

typedef struct {
    conf_room_t          room;
    conf_user_t          user;
    conf_store_member_t  member;
    uint32_t             power;
} confd_access_t;

/*
 * CONF_E_ROOM_ABSENT, CONF_E_USER_ABSENT, CONF_E_USER_BANNED; what he may not
 * is the caller's.
 */
conf_rc_t confd_meeting_access(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t actor, confd_access_t *access);

/* The same, for who has at least this power: NOT_MEMBER, FORBIDDEN. */
conf_rc_t confd_meeting_permit(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t actor, uint32_t power, confd_access_t *access);

/* May this user, who is no member, read and write there as an admin? */
bool confd_meeting_admin(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id);

/*
 * May this member write?  CONF_OK, CONF_E_ROOM_ENDED, CONF_E_FORBIDDEN,
 * CONF_E_ROOM_ABSENT.
 */
conf_rc_t confd_meeting_chat(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, uint32_t role);

/* Was it ended or cancelled? */
bool confd_room_ended(const conf_room_t *room);

/* Is it over, or has its time passed before it was started? */
bool confd_meeting_over(const confd_op_ctx_t *ctx, const conf_room_t *room);

/* Who made it; of an old record, who owns it. */
uint64_t confd_room_creator(const conf_room_t *room);


/*
 * Somebody joins or leaves: the row in JOINED, the member and the room are
 * changed, the last two are stored by the caller.  exit of who has not joined
 * does nothing.
 */
conf_rc_t confd_joined_enter(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id, conf_store_member_t *member);
conf_rc_t confd_joined_exit(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id, conf_store_member_t *member);

/* A member who is not any more, by id: only his row and the room. */
conf_rc_t confd_joined_drop(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id);

/*
 * Who waits or was removed.  load: CONF_E_NOT_FOUND.  take gives the row and
 * deletes it.
 */
conf_rc_t confd_lobby_load(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, conf_store_member_t *member);
conf_rc_t confd_lobby_put(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, const conf_store_member_t *member);
conf_rc_t confd_lobby_take(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, conf_store_member_t *member);


/*
 * The end.
 *
 * due     moves the row in ROOM_DUE (0: none) and sets the room's due_ms
 * finish  ENDED or CANCELLED: all leave, nobody waits; stores the room
 * clear   what a room that is dropped has besides members and indexes
 * forsake a user whose account ends leaves: what he had planned is cancelled,
 *         what he hosts goes on under a moderator or ends
 */
conf_rc_t confd_meeting_due(confd_op_ctx_t *ctx, conf_room_t *room,
    int64_t due_ms);
conf_rc_t confd_meeting_finish(confd_op_ctx_t *ctx, conf_room_t *room,
    conf_room_state_e state);
conf_rc_t confd_meeting_clear(confd_op_ctx_t *ctx, const conf_room_t *room);
conf_rc_t confd_meeting_forsake(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id);


#endif /* _CONFD_MEETING_H_INCLUDED_ */
