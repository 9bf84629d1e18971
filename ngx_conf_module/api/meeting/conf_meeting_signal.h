
/*
 * Signaling in the meeting dialect: the tables its files share.
 */

#ifndef _CONF_MEETING_SIGNAL_H_INCLUDED_
#define _CONF_MEETING_SIGNAL_H_INCLUDED_


#include "conf_meeting.h"
#include "conf_meeting_room.h"
#include "conf_signal.h"


/*
 * Types of frames: their numbers where types are numbers, and the index of
 * their names.  From 18 on they are ours.
 */

typedef enum {
    CONF_FT_NONE = 0,
    CONF_FT_OFFER,
    CONF_FT_ANSWER,
    CONF_FT_CANDIDATE,
    CONF_FT_JOIN,
    CONF_FT_LEAVE,
    CONF_FT_JOINED,
    CONF_FT_LEFT,
    CONF_FT_CHAT,
    CONF_FT_SCREEN,
    CONF_FT_MEDIA,
    CONF_FT_PING,
    CONF_FT_PONG,
    CONF_FT_ERROR,
    CONF_FT_INFO,
    CONF_FT_CLAIM,
    CONF_FT_STATUS,
    CONF_FT_RESULT,
    CONF_FT_UPDATED,
    CONF_FT_ENDED,
    CONF_FT_WAITING,
    CONF_FT_ADMITTED,
    CONF_FT_REJECTED,
    CONF_FT_MAX
} conf_meeting_type_e;

extern const conf_str_t  conf_meeting_types[CONF_FT_MAX];

/* How every message begins. */

typedef struct {
    conf_input_t   input;
    conf_str_t     client_id;
} conf_meeting_said_t;

/*
 * What comes in a media-state, in whichever words.  The bits of given are
 * CONF_MEDIA_* for the first three, then CONF_MEETING_ENABLED.
 */

#define CONF_MEETING_ENABLED  0x08

typedef struct {
    conf_input_t   input;
    bool           audio;            /* audio_enabled, .. */
    bool           video;
    bool           screen;
    bool           enabled;          /* with media_type */
    conf_str_t     action;
    conf_str_t     media_type;
} conf_meeting_words_t;

typedef struct {
    conf_input_t         input;
    conf_str_t           client_id;
    conf_meeting_words_t   data;       /* inside of data or payload */
    conf_meeting_words_t   flat;       /* or beside it */
} conf_meeting_media_t;

/* What is passed on: as one value, or in pieces beside the type. */

typedef struct {
    conf_signal_in_t     signal;     /* first */
    conf_str_t           sdp;
    conf_str_t           candidate;
    conf_str_t           sdp_mid;
    conf_str_t           sdp_index;
} conf_meeting_relay_t;

typedef struct {
    conf_input_t         input;
    conf_str_t           content;
} conf_meeting_text_t;

typedef struct {
    conf_input_t         input;
    conf_str_t           client_id;
    conf_meeting_text_t    data;
    conf_str_t           content;    /* beside it */
} conf_meeting_chat_t;

typedef struct {
    conf_input_t         input;
    conf_str_t           client_id;
    conf_claim_in_t      data;
    bool                 on;         /* beside it */
} conf_meeting_claim_t;

typedef struct {
    conf_input_t         input;
    conf_str_t           type;
    bool                 number;
} conf_meeting_typed_t;


extern const conf_schema_t  conf_meeting_open_schema;
extern const conf_schema_t  conf_meeting_type_schema;
extern const conf_schema_t  conf_meeting_frame_schema;
extern const conf_schema_t  conf_meeting_relay_schema;
extern const conf_schema_t  conf_meeting_chat_schema;
extern const conf_schema_t  conf_meeting_media_schema;
extern const conf_schema_t  conf_meeting_claim_schema;
extern const conf_schema_t  conf_meeting_result_schema;
extern const conf_schema_t  conf_meeting_session_schema;
extern const conf_schema_t  conf_meeting_sessions_schema;
extern const conf_schema_t  conf_meeting_history_schema;

extern const conf_view_t  conf_meeting_session_view;
extern const conf_view_t  conf_meeting_sessions_view;
extern const conf_view_t  conf_meeting_history_view;
extern const conf_view_t  conf_meeting_overview_view;
extern const conf_view_t  conf_meeting_stats_view;


/* What an event is as a frame of api; nothing for what it does not tell. */
void conf_meeting_frame(const conf_api_t *api, const conf_event_t *event,
    const void *body, conf_buf_t *buf);


#endif /* _CONF_MEETING_SIGNAL_H_INCLUDED_ */
