
/* meeting, meetings: what the rows of rooms and of people share. */

#ifndef _CONF_MEETING_ROOM_H_INCLUDED_
#define _CONF_MEETING_ROOM_H_INCLUDED_


#include "conf_meeting.h"
#include "conf_meet.h"


/* Input. */

extern const conf_schema_t  conf_meeting_create_schema;
extern const conf_schema_t  conf_meeting_update_schema;
extern const conf_schema_t  conf_meeting_id_schema;
extern const conf_schema_t  conf_meeting_list_schema;
extern const conf_schema_t  conf_meeting_mine_schema;
extern const conf_schema_t  conf_meeting_join_schema;
extern const conf_schema_t  conf_meeting_people_schema;
extern const conf_schema_t  conf_meeting_add_schema;
extern const conf_schema_t  conf_meeting_person_schema;
extern const conf_schema_t  conf_meeting_role_schema;
extern const conf_schema_t  conf_meeting_log_schema;
extern const conf_schema_t  conf_meeting_post_schema;

extern const conf_meeting_fixed_t  conf_meeting_fixed;
extern const conf_meeting_scope_t  conf_meeting_all;
extern const conf_meeting_scope_t  conf_meeting_upcoming;
extern const conf_meeting_scope_t  conf_meeting_past;
extern const conf_history_fixed_t  conf_meeting_history;

/* Output. */

extern const conf_view_t  conf_meeting_view;
extern const conf_view_t  conf_meeting_list_view;
extern const conf_view_t  conf_meeting_started_view;
extern const conf_view_t  conf_meeting_ended_view;
extern const conf_view_t  conf_meeting_join_view;
extern const conf_view_t  conf_meeting_person_view;
extern const conf_view_t  conf_meeting_people_view;
extern const conf_view_t  conf_meeting_added_view;
extern const conf_view_t  conf_meeting_log_view;
extern const conf_view_t  conf_meeting_said_view;
extern const conf_view_t  conf_meeting_ice_view;


#endif /* _CONF_MEETING_ROOM_H_INCLUDED_ */
