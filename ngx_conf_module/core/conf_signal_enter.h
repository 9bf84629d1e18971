
/*
 * How a bound session gets into its room, for the two files of signaling.
 */

#ifndef _CONF_SIGNAL_ENTER_H_INCLUDED_
#define _CONF_SIGNAL_ENTER_H_INCLUDED_


#include "conf_signal.h"


/* Nobody joins such a room any more. */
bool conf_signal_over(const conf_room_t *room);

/* Takes over what the room and the user's role in it are now. */
void conf_signal_learn(conf_session_t *s, const conf_room_view_t *view);

/*
 * From the door into the room: the others hear of it, the session is told
 * what is there and what it has missed.  CONF_OK, CONF_E_NOMEM,
 * CONF_E_ZONE_FULL, CONF_E_NOT_MEMBER (it was put out meanwhile).
 */
conf_rc_t conf_signal_enter(conf_session_t *s, const conf_room_t *room);

/* Tells what is in the room; joined: its marks of a join, or NULL. */
void conf_signal_tell_info(conf_session_t *s, const conf_info_t *joined);


#endif /* _CONF_SIGNAL_ENTER_H_INCLUDED_ */
