
/*
 * The outbox: mail that a transaction has caused waits in it until it was
 * handed over, whatever dies meanwhile.  It may be handed over twice.
 */

#include "confd_record.h"


#define CONFD_MAIL_SCAN      1000       /* rows that one look passes */
#define CONFD_MAIL_TRIES     10
#define CONFD_MAIL_AGAIN_MS  30000      /* after the first failure; doubled */


conf_rc_t
confd_mail_put(confd_op_ctx_t *ctx, conf_str_t to, conf_str_t subject,
    conf_str_t text)
{
    size_t        i;
    conf_rc_t     rc;
    conf_mail_t   mail;
    confd_key_t   key;

    for (i = 0; i < to.len; i++) {
        if (to.data[i] <= ' ' || to.data[i] == 0x7f || to.data[i] == '<'
            || to.data[i] == '>')
        {
            return CONF_E_INVALID;
        }
    }

    if (to.len == 0) {
        return CONF_E_INVALID;
    }

    memset(&mail, 0, sizeof(conf_mail_t));
    mail.to = to;
    mail.subject = subject;
    mail.text = text;
    mail.created_ms = ctx->now_ms;
    mail.due_ms = ctx->now_ms;

    rc = ctx->driver->next_id(ctx->txn, CONFD_SPACE_MAIL, &mail.id);
    if (rc != CONF_OK) {
        return rc;
    }

    ctx->mail = true;

    return confd_record_put(ctx, CONFD_SPACE_MAIL,
                            confd_record_key(&key, mail.id),
                            &conf_proto_mail, &mail);
}


conf_rc_t
confd_op_mail_next(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    conf_mail_t  *out = reply;

    unsigned         i;
    int64_t          due_ms;
    conf_rc_t        rc;
    conf_str_t       key, value, copy;
    confd_cursor_t  *cursor;

    due_ms = 0;

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_MAIL, conf_str(""),
                             conf_str(""), false, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    for (i = 0; i < CONFD_MAIL_SCAN; i++) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        rc = conf_arena_str(ctx->arena, &copy, value);

        if (rc == CONF_OK) {
            rc = confd_record_read(ctx, &conf_proto_mail, copy, out);
        }

        if (rc != CONF_OK || out->due_ms <= ctx->now_ms) {
            break;
        }

        due_ms = due_ms == 0 ? out->due_ms : conf_min(due_ms, out->due_ms);
    }

    ctx->driver->cursor_close(cursor);

    if (rc == CONF_OK && out->due_ms <= ctx->now_ms && out->id != 0) {
        return CONF_OK;
    }

    memset(out, 0, sizeof(conf_mail_t));
    out->due_ms = due_ms;

    return rc == CONF_DONE ? CONF_OK : rc;
}


/* Who has it no more has been told already. */

conf_rc_t
confd_op_mail_done(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_mail_done_t *in = data;

    conf_rc_t    rc;
    conf_str_t   at;
    conf_mail_t  mail;
    confd_key_t  key;

    at = confd_record_key(&key, in->id);

    rc = confd_record_get(ctx, CONFD_SPACE_MAIL, at, &conf_proto_mail, &mail);
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
    }

    if (in->sent || ++mail.tries >= CONFD_MAIL_TRIES) {
        return confd_record_del(ctx, CONFD_SPACE_MAIL, at);
    }

    mail.due_ms = ctx->now_ms
                  + (CONFD_MAIL_AGAIN_MS << (mail.tries - 1));

    return confd_record_put(ctx, CONFD_SPACE_MAIL, at, &conf_proto_mail,
                            &mail);
}
