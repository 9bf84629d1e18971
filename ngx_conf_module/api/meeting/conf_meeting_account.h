
/*
 * meeting, accounts: what the files of this service share.
 */

#ifndef _CONF_MEETING_ACCOUNT_H_INCLUDED_
#define _CONF_MEETING_ACCOUNT_H_INCLUDED_


#include "conf_meeting.h"


extern const conf_schema_t  conf_meeting_register_schema;
extern const conf_schema_t  conf_meeting_login_schema;
extern const conf_schema_t  conf_meeting_refresh_schema;
extern const conf_schema_t  conf_meeting_logout_schema;
extern const conf_schema_t  conf_meeting_forgot_schema;
extern const conf_schema_t  conf_meeting_reset_schema;
extern const conf_schema_t  conf_meeting_profile_schema;
extern const conf_masks_t  conf_meeting_profile_masks;
extern const conf_schema_t  conf_meeting_password_schema;
extern const conf_schema_t  conf_meeting_avatar_schema;
extern const conf_schema_t  conf_meeting_file_schema;

extern const conf_view_t  conf_meeting_account_view;
extern const conf_view_t  conf_meeting_profile_view;
extern const conf_view_t  conf_meeting_login_view;
extern const conf_view_t  conf_meeting_csrf_view;
extern const conf_view_t  conf_meeting_avatar_view;


#endif /* _CONF_MEETING_ACCOUNT_H_INCLUDED_ */
