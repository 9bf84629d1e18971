
/*
 * The tables of the roomchat dialect that its files share.
 */

#ifndef _CONF_ROOMCHAT_H_INCLUDED_
#define _CONF_ROOMCHAT_H_INCLUDED_


#include "conf_api.h"
#include "conf_live.h"
#include "conf_verb.h"


#define CONF_AT(type, member)  offsetof(type, member)

/* What goes through a JavaScript number. */

#define CONF_ID_MAX            (((int64_t) 1 << 53) - 1)


extern const conf_schema_t  conf_roomchat_register_schema;
extern const conf_schema_t  conf_roomchat_login_schema;
extern const conf_schema_t  conf_roomchat_create_schema;
extern const conf_schema_t  conf_roomchat_room_schema;
extern const conf_schema_t  conf_roomchat_room_id_schema;
extern const conf_schema_t  conf_roomchat_rooms_schema;
extern const conf_schema_t  conf_roomchat_member_schema;
extern const conf_schema_t  conf_roomchat_message_schema;
extern const conf_schema_t  conf_roomchat_history_schema;
extern const conf_history_fixed_t  conf_roomchat_history_get;
extern const conf_history_fixed_t  conf_roomchat_history_post;
extern const conf_history_fixed_t  conf_roomchat_history_sync;
extern const conf_schema_t  conf_roomchat_read_schema;
extern const conf_schema_t  conf_roomchat_user_schema;
extern const conf_schema_t  conf_roomchat_update_schema;
extern const conf_masks_t  conf_roomchat_update_masks;
extern const conf_schema_t  conf_roomchat_password_schema;
extern const conf_schema_t  conf_roomchat_search_schema;
extern const conf_schema_t  conf_roomchat_upload_schema;
extern const conf_schema_t  conf_roomchat_avatar_schema;
extern const conf_schema_t  conf_roomchat_file_schema;

extern const conf_view_t  conf_roomchat_id_view;
extern const conf_view_t  conf_roomchat_login_view;
extern const conf_view_t  conf_roomchat_room_view;
extern const conf_view_t  conf_roomchat_info_view;
extern const conf_view_t  conf_roomchat_member_view;
extern const conf_view_t  conf_roomchat_sent_view;
extern const conf_view_t  conf_roomchat_message_view;
extern const conf_view_t  conf_roomchat_sync_view;
extern const conf_view_t  conf_roomchat_presence_view;
extern const conf_view_t  conf_roomchat_changed_view;
extern const conf_view_t  conf_roomchat_entered_view;
extern const conf_view_t  conf_roomchat_exited_view;
extern const conf_view_t  conf_roomchat_public_view;
extern const conf_view_t  conf_roomchat_my_view;
extern const conf_view_t  conf_roomchat_stats_view;
extern const conf_view_t  conf_roomchat_upload_view;


#endif /* _CONF_ROOMCHAT_H_INCLUDED_ */
