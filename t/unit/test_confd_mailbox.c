
/* The outbox: in order of age, later and later after failures, then gone. */

#include "confd_mailbox.c"
#include "confd_fixture.h"


static conf_rc_t
t_put(const char *to, const char *subject, bool *mail)
{
    conf_rc_t       rc;
    confd_op_ctx_t  ctx;

    memset(&ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(&ctx);

    if (confd_lmdb_driver.begin(fx.store, true, &ctx.txn) != CONF_OK) {
        fx_die("cannot begin");
    }

    rc = confd_mail_put(&ctx, fx_str(to), fx_str(subject), fx_str("text\n"));
    *mail = ctx.mail;

    if (rc != CONF_OK) {
        confd_lmdb_driver.abort(ctx.txn);

    } else if (confd_lmdb_driver.commit(ctx.txn) != CONF_OK) {
        fx_die("cannot commit");
    }

    return rc;
}


static uint64_t
t_next(conf_mail_t *mail)
{
    conf_none_t  none = { 0 };

    is_int(fx_call(CONF_OP_MAIL_NEXT, &none, mail), CONF_OK, "next");

    return mail->id;
}


static void
t_done(uint64_t id, bool sent)
{
    conf_none_t       none;
    conf_mail_done_t  in = { id, sent };

    is_int(fx_call(CONF_OP_MAIL_DONE, &in, &none), CONF_OK, "done");
}


static void
test_addresses(void)
{
    bool    mail;
    size_t  i;

    static const char *const  wrong[] = {
        "", "a b@x", "a@x\nBcc: c@x", "a@x\r", "<a@x>", "a@x\x7f", "\ta@x"
    };

    for (i = 0; i < conf_nelts(wrong); i++) {
        is_int(t_put(wrong[i], "s", &mail), CONF_E_INVALID, "address %zu", i);
        ok(!mail, "nothing to deliver");
    }
}


static void
test_order(void)
{
    bool         flag;
    conf_mail_t  mail;

    is_int(t_next(&mail), 0, "empty");
    is_int(mail.due_ms, 0, "and nothing to come");

    is_int(t_put("a@x.org", "one", &flag), CONF_OK, "put");
    ok(flag, "something to deliver");
    is_int(t_put("b@x.org", "two", &flag), CONF_OK, "put");

    is_int(t_next(&mail), 1, "the oldest");
    ok(conf_str_eq(mail.to, conf_str("a@x.org"))
       && conf_str_eq(mail.subject, conf_str("one"))
       && conf_str_eq(mail.text, conf_str("text\n")), "as it was put");

    t_done(1, false);
    is_int(t_next(&mail), 2, "one that failed lets others pass");
    t_done(2, true);
    t_done(2, true);

    is_int(t_next(&mail), 0, "and waits");
    is_int(mail.due_ms, FX_NOW + 30000, "for half a minute");
}


static void
test_giving_up(void)
{
    unsigned     tries;
    int64_t      waited;
    conf_mail_t  mail;

    for (tries = 1; tries < CONFD_MAIL_TRIES; tries++) {
        is_int(t_next(&mail), 0, "not yet");
        waited = mail.due_ms - fx.now_ms;
        fx.now_ms = mail.due_ms;

        is_int(t_next(&mail), 1, "now");
        is_int(mail.tries, tries, "after %u failures", tries);
        is_int(waited, INT64_C(30000) << (tries - 1), "twice as long");

        t_done(1, false);
    }

    is_int(t_next(&mail), 0, "given up");
    is_int(mail.due_ms, 0, "for good");
}


int
main(void)
{
    fx_open();

    test_addresses();
    test_order();
    test_giving_up();

    fx_close();

    return tap_done();
}
