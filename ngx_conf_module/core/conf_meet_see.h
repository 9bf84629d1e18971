
/* How meetings and their people are seen: for the files of these verbs. */

#ifndef _CONF_MEET_SEE_H_INCLUDED_
#define _CONF_MEET_SEE_H_INCLUDED_


#include "conf_meet.h"


void conf_meeting_see(conf_op_t *op, const conf_room_view_t *view,
    conf_meeting_out_t *out);
void conf_participant_see(conf_op_t *op, uint64_t room_id,
    const conf_member_t *member, conf_participant_out_t *out);


#endif /* _CONF_MEET_SEE_H_INCLUDED_ */
