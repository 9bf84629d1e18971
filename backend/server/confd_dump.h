
/*
 * The text of a dump: base64, and one line of JSON.
 */

#ifndef _CONFD_DUMP_H_INCLUDED_
#define _CONFD_DUMP_H_INCLUDED_


#include "conf_arena.h"
#include "conf_buf.h"


/* What a line has; the bits of confd_dump_row_t.has. */

#define CONFD_DUMP_CONFD    0x001
#define CONFD_DUMP_VERSION  0x002
#define CONFD_DUMP_END      0x004
#define CONFD_DUMP_SPACE    0x008
#define CONFD_DUMP_KEY      0x010
#define CONFD_DUMP_VALUE    0x020
#define CONFD_DUMP_ID       0x040
#define CONFD_DUMP_ROOM     0x080
#define CONFD_DUMP_SEQ      0x100
#define CONFD_DUMP_EPOCH    0x200
#define CONFD_DUMP_LAST     0x400

typedef struct {
    uint32_t     has;
    conf_str_t   confd;
    conf_str_t   space;
    conf_str_t   key;            /* the bytes themselves */
    conf_str_t   value;
    uint64_t     version;
    uint64_t     end;
    uint64_t     id;
    uint64_t     room;
    uint64_t     seq;
    uint64_t     epoch;
    uint64_t     last;
} confd_dump_row_t;


/*
 * Reads one line into row; its strings are in the arena.  CONF_E_INVALID and
 * a sentence, or CONF_E_NOMEM.
 */
conf_rc_t confd_dump_parse(confd_dump_row_t *row, conf_arena_t *arena,
    conf_str_t line, const char **why);

void confd_base64_write(conf_buf_t *buf, conf_str_t bytes);

/*
 * Only what write would have written: no blanks, no missing padding, no bits
 * that say nothing.  CONF_OK, CONF_E_INVALID, CONF_E_NOMEM.
 */
conf_rc_t confd_base64_read(conf_arena_t *arena, conf_str_t text,
    conf_str_t *bytes);


#endif /* _CONFD_DUMP_H_INCLUDED_ */
