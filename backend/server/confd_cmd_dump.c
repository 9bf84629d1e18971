
/*
 * A store as text, for moving it to another version or engine: one JSON
 * object a line.  What the engine keeps for itself is left out, keys and
 * values are base64, and equal stores give equal text.
 *
 *     {"confd":"dump","version":1}
 *     {"space":"user","key":"AAAAAAAAAAE=","value":"..."}     all spaces but
 *     {"space":"log","id":1,"room":1,"seq":1,"value":"..."}   in this order
 *     {"space":"head","room":1,"epoch":123,"seq":1}
 *     {"space":"user","last":1}                               sequences
 *     {"end":5}                                               lines before
 *
 * Records come before the head of their log, and both before the sequences:
 * so they can be loaded line by line.
 */

#include "confd_cmd.h"
#include "confd_dump.h"
#include "confd_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>


#define CONFD_LOAD_LINES   10000         /* of a transaction */
#define CONFD_LOAD_ARENA   65536
#define CONFD_LOAD_BYTES   (16 * 1024 * 1024)


/* Of a dump or a load that runs. */

typedef struct {
    confd_txn_t   *txn;
    conf_arena_t  *arena;
    conf_buf_t     out;
    uint64_t       lines;
    size_t         pending;          /* lines of the transaction */
    size_t         bytes;
    bool           ended;
} confd_dump_t;


static conf_rc_t confd_dump_all(confd_dump_t *dump);
static conf_rc_t confd_dump_space(confd_dump_t *dump, confd_space_e space);
static conf_rc_t confd_dump_record(confd_dump_t *dump, confd_space_e space,
    conf_str_t key, conf_str_t value);
static void confd_dump_log(confd_dump_t *dump, uint64_t id, uint64_t room,
    uint64_t seq);
static conf_rc_t confd_dump_line(confd_dump_t *dump);
static int confd_load_lines(confd_dump_t *load, confd_store_t *store);
static conf_rc_t confd_load_line(confd_dump_t *load, conf_str_t line,
    const char **why);
static conf_rc_t confd_load_row(confd_dump_t *load,
    const confd_dump_row_t *row);
static bool confd_load_is(const confd_dump_row_t *row, confd_space_e space);


static const confd_store_driver_t  *driver = &confd_lmdb_driver;


int
confd_cmd_dump(const confd_cmd_t *cmd)
{
    conf_rc_t       rc;
    confd_dump_t    dump;
    confd_store_t  *store;

    store = confd_cmd_store(cmd);
    if (store == NULL) {
        return CONFD_EXIT_FAILED;
    }

    memset(&dump, 0, sizeof(confd_dump_t));
    conf_buf_init(&dump.out, 0);

    rc = driver->begin(store, false, &dump.txn);

    if (rc == CONF_OK) {
        rc = confd_dump_all(&dump);
        driver->abort(dump.txn);
    }

    driver->close(store);
    conf_buf_free(&dump.out);

    if (rc == CONF_AGAIN) {
        return confd_cmd_fail("cannot write: %s", strerror(errno));
    }

    return rc == CONF_OK ? CONFD_EXIT_OK
           : confd_cmd_fail("cannot read the store: %s", confd_cmd_error(rc));
}


/* CONF_AGAIN: stdout takes no more. */

static conf_rc_t
confd_dump_all(confd_dump_t *dump)
{
    uint64_t       last;
    conf_rc_t      rc;
    confd_space_e  space;

    conf_buf_lit(&dump->out, "{\"confd\":\"dump\",\"version\":1}");
    rc = confd_dump_line(dump);

    for (space = CONFD_SPACE_USER; rc == CONF_OK && space < CONFD_SPACE_MAX;
         space++)
    {
        if (space != CONFD_SPACE_HEAD && space != CONFD_SPACE_LOG
            && space != CONFD_SPACE_LOG_INDEX)
        {
            rc = confd_dump_space(dump, space);
        }
    }

    if (rc == CONF_OK) {
        rc = confd_dump_space(dump, CONFD_SPACE_LOG);
    }

    if (rc == CONF_OK) {
        rc = confd_dump_space(dump, CONFD_SPACE_HEAD);
    }

    for (space = CONFD_SPACE_USER; rc == CONF_OK && space < CONFD_SPACE_MAX;
         space++)
    {
        rc = driver->last_id(dump->txn, space, &last);

        if (rc != CONF_OK || last == 0) {
            continue;
        }

        conf_buf_lit(&dump->out, "{\"space\":\"");
        conf_buf_add(&dump->out, confd_space_names[space],
                     strlen(confd_space_names[space]));
        conf_buf_lit(&dump->out, "\",\"last\":");
        conf_buf_u64(&dump->out, last);
        conf_buf_byte(&dump->out, '}');
        rc = confd_dump_line(dump);
    }

    if (rc == CONF_OK) {
        conf_buf_lit(&dump->out, "{\"end\":");
        conf_buf_u64(&dump->out, dump->lines);
        conf_buf_byte(&dump->out, '}');
        rc = confd_dump_line(dump);
    }

    if (rc == CONF_OK && fflush(stdout) != 0) {
        rc = CONF_AGAIN;
    }

    return rc;
}


static conf_rc_t
confd_dump_space(confd_dump_t *dump, confd_space_e space)
{
    conf_rc_t        rc;
    conf_str_t       key, value;
    confd_cursor_t  *cursor;

    rc = driver->cursor(dump->txn, space, conf_str(""), conf_str(""), false,
                        &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        rc = confd_dump_record(dump, space, key, value);

        if (rc == CONF_OK) {
            rc = confd_dump_line(dump);
        }

        if (rc != CONF_OK) {
            break;
        }
    }

    driver->cursor_close(cursor);

    return rc == CONF_DONE ? CONF_OK : rc;
}


/* Logs by what they mean, everything else as it is. */

static conf_rc_t
confd_dump_record(confd_dump_t *dump, confd_space_e space, conf_str_t key,
    conf_str_t value)
{
    uint64_t             id, room, seq, epoch;
    conf_rc_t            rc;
    confd_key_reader_t   reader;

    confd_key_read(&reader, key);

    switch (space) {

    case CONFD_SPACE_LOG:
        id = confd_key_read_u64(&reader);

        rc = driver->log_get(dump->txn, id, &room, &seq, &value);
        if (rc != CONF_OK) {
            return rc;
        }

        confd_dump_log(dump, id, room, seq);
        break;

    case CONFD_SPACE_HEAD:
        room = confd_key_read_u64(&reader);

        rc = driver->log_head(dump->txn, room, &epoch, &seq);
        if (rc != CONF_OK) {
            return rc;
        }

        conf_buf_lit(&dump->out, "{\"space\":\"head\",\"room\":");
        conf_buf_u64(&dump->out, room);
        conf_buf_lit(&dump->out, ",\"epoch\":");
        conf_buf_u64(&dump->out, epoch);
        conf_buf_lit(&dump->out, ",\"seq\":");
        conf_buf_u64(&dump->out, seq);
        conf_buf_byte(&dump->out, '}');

        return CONF_OK;

    default:
        conf_buf_lit(&dump->out, "{\"space\":\"");
        conf_buf_add(&dump->out, confd_space_names[space],
                     strlen(confd_space_names[space]));
        conf_buf_lit(&dump->out, "\",\"key\":\"");
        confd_base64_write(&dump->out, key);
        conf_buf_byte(&dump->out, '"');
        break;
    }

    conf_buf_lit(&dump->out, ",\"value\":\"");
    confd_base64_write(&dump->out, value);
    conf_buf_lit(&dump->out, "\"}");

    return CONF_OK;
}


static void
confd_dump_log(confd_dump_t *dump, uint64_t id, uint64_t room, uint64_t seq)
{
    conf_buf_lit(&dump->out, "{\"space\":\"log\",\"id\":");
    conf_buf_u64(&dump->out, id);
    conf_buf_lit(&dump->out, ",\"room\":");
    conf_buf_u64(&dump->out, room);
    conf_buf_lit(&dump->out, ",\"seq\":");
    conf_buf_u64(&dump->out, seq);
}


static conf_rc_t
confd_dump_line(confd_dump_t *dump)
{
    size_t  n;

    conf_buf_byte(&dump->out, '\n');
    dump->lines++;

    if (conf_buf_ok(&dump->out) != CONF_OK) {
        return CONF_E_NOMEM;
    }

    n = fwrite(dump->out.data, 1, dump->out.len, stdout);

    if (n != dump->out.len) {
        return CONF_AGAIN;
    }

    conf_buf_reset(&dump->out);

    return CONF_OK;
}


int
confd_cmd_load(const confd_cmd_t *cmd)
{
    int             code;
    conf_rc_t       rc;
    confd_dump_t    load;
    confd_stage_t   stage;
    confd_store_t  *store;

    if ((cmd->config->data != NULL
         && confd_cmd_become_owner(cmd->config->data) != CONF_OK)
        || confd_stage_begin(&stage, cmd) != CONF_OK)
    {
        return CONFD_EXIT_FAILED;
    }

    store = confd_stage_open(&stage, cmd);

    if (store == NULL) {
        confd_stage_abort(&stage);
        return CONFD_EXIT_FAILED;
    }

    memset(&load, 0, sizeof(confd_dump_t));

    load.arena = conf_arena_create(CONFD_LOAD_ARENA, 0);

    code = load.arena == NULL ? confd_cmd_fail("out of memory")
                              : confd_load_lines(&load, store);

    if (code == CONFD_EXIT_OK) {
        rc = cmd->new_epochs ? confd_cmd_epochs(store) : CONF_OK;

        if (rc == CONF_OK) {
            rc = driver->sync(store);
        }

        if (rc != CONF_OK) {
            code = confd_cmd_fail("cannot write to \"%s\": %s", stage.path,
                                  confd_cmd_error(rc));
        }
    }

    driver->close(store);
    conf_arena_destroy(load.arena);

    if (code != CONFD_EXIT_OK) {
        confd_stage_abort(&stage);
        return code;
    }

    return confd_stage_commit(&stage) == CONF_OK ? CONFD_EXIT_OK
                                                 : CONFD_EXIT_FAILED;
}


/* All of stdin. */

static int
confd_load_lines(confd_dump_t *load, confd_store_t *store)
{
    char        *text;
    size_t       size;
    ssize_t      len;
    conf_rc_t    rc;
    conf_str_t   line;
    const char  *why;

    text = NULL;
    size = 0;
    why = NULL;

    rc = driver->begin(store, true, &load->txn);

    while (rc == CONF_OK) {
        len = getline(&text, &size, stdin);

        if (len == -1) {
            why = ferror(stdin) ? "cannot be read"
                  : load->ended ? NULL : "the dump is cut off here";
            break;
        }

        line.data = (const uint8_t *) text;
        line.len = (size_t) len;

        rc = confd_load_line(load, line, &why);

        if (rc == CONF_OK && (load->pending == CONFD_LOAD_LINES
                              || load->bytes > CONFD_LOAD_BYTES))
        {
            rc = driver->commit(load->txn);
            load->txn = NULL;
            load->pending = 0;
            load->bytes = 0;

            if (rc == CONF_OK) {
                rc = driver->begin(store, true, &load->txn);
            }
        }
    }

    free(text);

    if (load->txn != NULL) {
        if (rc == CONF_OK && why == NULL) {
            rc = driver->commit(load->txn);

        } else {
            driver->abort(load->txn);
        }
    }

    if (rc == CONF_OK && why == NULL) {
        return CONFD_EXIT_OK;
    }

    return confd_cmd_fail("line %llu: %s",
                          (unsigned long long) load->lines + 1,
                          why != NULL ? why : confd_cmd_error(rc));
}


/* An error without a sentence is the store's. */

static conf_rc_t
confd_load_line(confd_dump_t *load, conf_str_t line, const char **why)
{
    conf_rc_t         rc;
    confd_dump_row_t  row;

    if (load->ended) {
        *why = "there is something behind the end";
        return CONF_E_INVALID;
    }

    rc = confd_dump_parse(&row, load->arena, line, why);
    if (rc != CONF_OK) {
        return rc;
    }

    if (load->lines == 0) {
        if (row.has != (CONFD_DUMP_CONFD | CONFD_DUMP_VERSION)
            || !conf_str_eq(row.confd, conf_str("dump")))
        {
            *why = "this is no dump";
            return CONF_E_INVALID;
        }

        if (row.version != 1) {
            *why = "a version of the format that this confd does not know";
            return CONF_E_INVALID;
        }

    } else if (row.has == CONFD_DUMP_END) {
        load->ended = true;

        if (row.end != load->lines) {
            *why = "lines are missing before";
            return CONF_E_INVALID;
        }

    } else {
        rc = confd_load_row(load, &row);
    }

    conf_arena_reset(load->arena);

    if (rc == CONF_E_INVALID) {
        *why = "this cannot be part of a dump, or not here";
    }

    if (rc == CONF_OK) {
        load->lines++;
        load->pending++;
        load->bytes += line.len;
    }

    return rc;
}


static conf_rc_t
confd_load_row(confd_dump_t *load, const confd_dump_row_t *row)
{
    confd_space_e  space;

    if ((row->has & CONFD_DUMP_SPACE) == 0) {
        return CONF_E_INVALID;
    }

    for (space = CONFD_SPACE_USER; space < CONFD_SPACE_MAX; space++) {
        if (confd_load_is(row, space)) {
            break;
        }
    }

    if (space == CONFD_SPACE_MAX || space == CONFD_SPACE_LOG_INDEX) {
        return CONF_E_INVALID;
    }

    switch (row->has & ~(uint32_t) CONFD_DUMP_SPACE) {

    case CONFD_DUMP_KEY | CONFD_DUMP_VALUE:
        if (space == CONFD_SPACE_LOG || space == CONFD_SPACE_HEAD
            || row->key.len == 0 || row->key.len > CONFD_KEY_MAX)
        {
            return CONF_E_INVALID;
        }

        return driver->put(load->txn, space, row->key, row->value);

    case CONFD_DUMP_ID | CONFD_DUMP_ROOM | CONFD_DUMP_SEQ | CONFD_DUMP_VALUE:
        if (space != CONFD_SPACE_LOG) {
            return CONF_E_INVALID;
        }

        return driver->log_load(load->txn, row->room, row->id, row->seq,
                                row->value);

    case CONFD_DUMP_ROOM | CONFD_DUMP_EPOCH | CONFD_DUMP_SEQ:
        if (space != CONFD_SPACE_HEAD) {
            return CONF_E_INVALID;
        }

        return driver->log_set_head(load->txn, row->room, row->epoch,
                                    row->seq);

    case CONFD_DUMP_LAST:
        return driver->set_id(load->txn, space, row->last);

    default:
        return CONF_E_INVALID;
    }
}


static bool
confd_load_is(const confd_dump_row_t *row, confd_space_e space)
{
    conf_str_t  name;

    name.data = (const uint8_t *) confd_space_names[space];
    name.len = strlen(confd_space_names[space]);

    return conf_str_eq(row->space, name);
}
