
/*
 * Meetings: the verbs about rooms that have a time, and about who is in them.
 * A room that has none is for its members a meeting that has begun.
 */

#ifndef _CONF_MEET_H_INCLUDED_
#define _CONF_MEET_H_INCLUDED_


#include "conf_page.h"
#include "conf_verb.h"


#define CONF_ENTERED_MS   30000      /* online so long without a session */
#define CONF_PAST_MS      (5 * 60 * 1000)    /* clocks of clients */
#define CONF_TICKET_MS    60000
#define CONF_TURN_S       (6 * 3600)         /* that credentials are good */


/* What a participant is seen as. */

typedef enum {
    CONF_SEEN_OFFLINE = 0,
    CONF_SEEN_ONLINE,
    CONF_SEEN_WAITING
} conf_seen_e;

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    conf_str_t     name;
    conf_str_t     description;
    int64_t        start_ms;
    int64_t        end_ms;
    uint32_t       capacity;
    uint32_t       media;            /* conf_room_media_e */
    uint32_t       state;            /* conf_room_state_e */
    conf_str_t     password;
    conf_str_t     settings;         /* JSON, by the fixed schema */
} conf_meeting_in_t;

/* Settings, one by one; what else there is is kept as it is. */

typedef struct {
    conf_input_t   input;            /* bit i of given: values[i] */
    bool           values[8];
} conf_switches_in_t;

/* The schema of settings; bits[i] is the CONF_ROOM_* that its row i is. */

typedef struct {
    const conf_schema_t  *schema;    /* conf_switches_in_t */
    const uint32_t       *bits;
    uint32_t              initial;   /* of a new meeting */
    uint32_t              capacity;
} conf_meeting_fixed_t;

/* A meeting as the asker sees it. */

typedef struct {
    conf_room_t    room;
    uint32_t       role;
    uint32_t       status;           /* conf_seen_e */
} conf_meeting_out_t;

/* conf_meeting_in_t, fixed conf_meeting_fixed_t -> conf_meeting_out_t */
conf_rc_t conf_meeting_create(conf_op_t *op, const void *in);

/* conf_room_in_t (room_id) -> conf_meeting_out_t */
conf_rc_t conf_meeting_get(conf_op_t *op, const void *in);

/* conf_meeting_in_t, fixed conf_meeting_fixed_t -> conf_meeting_out_t */
conf_rc_t conf_meeting_update(conf_op_t *op, const void *in);

/* conf_room_in_t (room_id) -> conf_room_t */
conf_rc_t conf_meeting_delete(conf_op_t *op, const void *in);
conf_rc_t conf_meeting_start(conf_op_t *op, const void *in);
conf_rc_t conf_meeting_end(conf_op_t *op, const void *in);

/* Which meetings of the asker's, and in which order. */

typedef struct {
    uint32_t       states;           /* bits 1 << conf_room_state_e */
    bool           upcoming;         /* the next one first, none of the past */
} conf_meeting_scope_t;

typedef struct {
    conf_input_t   input;
    uint64_t       page;
    uint64_t       limit;
    uint32_t       state;            /* 1 + conf_room_state_e; 0: any */
    conf_str_t     keyword;
} conf_meeting_list_in_t;

typedef struct {
    conf_list_t    meetings;         /* of conf_meeting_out_t */
    conf_page_t    page;
} conf_meeting_list_out_t;

/*
 * conf_meeting_list_in_t, fixed conf_meeting_scope_t
 * -> conf_meeting_list_out_t
 */
conf_rc_t conf_meeting_list(conf_op_t *op, const void *in);


/* People. */

typedef struct {
    conf_member_t  member;
    uint64_t       room_id;
    uint32_t       status;           /* conf_seen_e */
    uint32_t       audio;            /* 1: on; of a session that is there */
    uint32_t       video;
    uint32_t       screen;
} conf_participant_out_t;

typedef struct {
    conf_list_t    participants;     /* of conf_participant_out_t */
    conf_page_t    page;
} conf_participants_out_t;

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    uint64_t       page;
    uint64_t       limit;            /* 0: all */
    uint32_t       status;           /* 1 + conf_seen_e; 0: any */
} conf_participant_list_in_t;

/* conf_participant_list_in_t -> conf_participants_out_t */
conf_rc_t conf_participant_list(conf_op_t *op, const void *in);

typedef struct {
    conf_input_t   input;
    uint64_t       room_id;
    uint64_t       user_id;
    conf_list_t    user_ids;         /* instead of user_id */
    uint32_t       role;             /* conf_role_e */
} conf_participant_in_t;

typedef struct {
    conf_participant_out_t  first;
    conf_list_t             participants;
} conf_participant_added_t;

/* conf_participant_in_t -> conf_participant_added_t */
conf_rc_t conf_participant_add(conf_op_t *op, const void *in);

/* conf_participant_in_t (user_id) -> conf_participant_out_t */
conf_rc_t conf_participant_remove(conf_op_t *op, const void *in);
conf_rc_t conf_participant_role(conf_op_t *op, const void *in);


/* A server that helps peers to find each other. */

typedef struct {
    conf_str_t     url;
    conf_str_t     user;             /* empty: it asks for nobody */
    conf_str_t     secret;
} conf_ice_t;

/* Who they are for, and until when they are good; all of it in the arena. */

typedef struct {
    const conf_settings_t  *settings;
    conf_arena_t           *arena;
    uint64_t                user_id;
    int64_t                 now_ms;
} conf_ice_for_t;

/* Those of the settings: a list of conf_ice_t.  CONF_OK, CONF_E_NOMEM, .. */
conf_rc_t conf_ice_servers(const conf_ice_for_t *whom, conf_list_t *servers);

typedef struct {
    conf_meeting_out_t      meeting;
    conf_participant_out_t  participant;
    conf_str_t              url;     /* of the socket */
    conf_str_t              peer;    /* an id to be used there */
    conf_str_t              ticket;  /* opens it, for a minute */
    conf_list_t             servers; /* of conf_ice_t */
    bool                    audio;   /* may be on at once */
} conf_join_out_t;

/*
 * conf_meeting_in_t (room_id, password), fixed the path of the socket
 * -> conf_join_out_t
 */
conf_rc_t conf_meeting_join(conf_op_t *op, const void *in);

/* conf_room_in_t (room_id) -> conf_participant_out_t */
conf_rc_t conf_meeting_leave(conf_op_t *op, const void *in);


#endif /* _CONF_MEET_H_INCLUDED_ */
