
/*
 * The meeting dialect (spec/meeting.md): what its files share.  Each file has
 * the rows of one service; conf_meeting.c puts them together and writes the
 * envelope.
 */

#ifndef _CONF_MEETING_H_INCLUDED_
#define _CONF_MEETING_H_INCLUDED_


#include "conf_api.h"
#include "conf_live.h"
#include "conf_page.h"
#include "conf_verb.h"


#define CONF_AT(type, member)  offsetof(type, member)

/* What goes through a JavaScript number. */

#define CONF_ID_MAX            (((int64_t) 1 << 53) - 1)

/* Rates by the documents' units; 1: first of numbers unique over all APIs. */

#define CONF_MINUTE            60000
#define CONF_HOUR              (60 * CONF_MINUTE)
#define CONF_DAY               (24 * CONF_HOUR)


/*
 * A row's own sentences.  CONF_MEETING_SAY keeps status and code of the
 * dialect's table; CONF_MEETING_ERR sets all three.
 */

#define CONF_MEETING_SAY(name, sentence)                                      \
    { CONF_E_##name, 0, 0, conf_string(sentence) }
#define CONF_MEETING_ERR(name, status, code, sentence)                        \
    { CONF_E_##name, status, code, conf_string(sentence) }
#define CONF_MEETING_END  { CONF_E_NONE, 0, 0, conf_null_string }


/*
 * Rate numbers: 20..59 of account rows, 60..99 of room rows, 100..129 of
 * signaling rows, 130.. of what is here.
 */

extern const conf_rows_t  conf_meeting_account_group;
extern const conf_rows_t  conf_meeting_room_group;
extern const conf_rows_t  conf_meeting_people_group;
extern const conf_rows_t  conf_meeting_signal_group;
extern const conf_rows_t  conf_meeting_status_group;
extern const conf_rows_t  conf_meeting_admin_group;

extern const conf_rate_t  conf_meeting_common_rate;    /* 300/min, address */


/*
 * Signaling (conf_meeting_signal.c): endpoints, messages, and how a message
 * is answered.  In conf_api_meeting frames have types that are names, in
 * conf_api_meeting_b numbers; a session is moved to the one that its client
 * speaks.
 */

extern const conf_api_t  conf_api_meeting_b;

#define CONF_MEETING_MESSAGES  11

extern const conf_row_t  conf_meeting_messages[CONF_MEETING_MESSAGES];

conf_rc_t conf_meeting_find(conf_session_t *session, conf_arena_t *arena,
    conf_str_t text, const conf_row_t **row);
void conf_meeting_reply(conf_op_t *op, conf_buf_t *buf,
    conf_answer_t *answer);
void conf_meeting_event_a(const conf_event_t *event, const void *body,
    conf_buf_t *buf);
void conf_meeting_event_b(const conf_event_t *event, const void *body,
    conf_buf_t *buf);


/* Where a page is in its list. */

#define CONF_MEETING_PAGE(at)                                                 \
    { .name = conf_string("total"), .kind = CONF_V_U64,                       \
      .offset = (at) + CONF_AT(conf_page_t, total) },                         \
    { .name = conf_string("page"), .kind = CONF_V_U64,                        \
      .offset = (at) + CONF_AT(conf_page_t, page) },                          \
    { .name = conf_string("page_size"), .kind = CONF_V_U64,                   \
      .offset = (at) + CONF_AT(conf_page_t, size) },                          \
    { .name = conf_string("total_pages"), .kind = CONF_V_U64,                 \
      .offset = (at) + CONF_AT(conf_page_t, pages) }


#endif /* _CONF_MEETING_H_INCLUDED_ */
