
#include "confd_fixture.h"


static conf_user_t  user;


static conf_rc_t
t_ask(const char *email)
{
    conf_none_t       none;
    conf_reset_begin_t  in = { fx_str(email) };

    return fx_call(CONF_OP_RESET_BEGIN, &in, &none);
}


/* A token is the user and the secret, in hexadecimal. */

static conf_rc_t
t_use(conf_str_t token, const char *email, const char *password)
{
    char              digits[3] = { 0 };
    size_t            i;
    uint8_t           bytes[8 + CONF_RESET_SECRET];
    conf_reset_end_t  in;

    memset(&in, 0, sizeof(conf_reset_end_t));
    memset(bytes, 0, sizeof(bytes));

    for (i = 0; i < sizeof(bytes) && 2 * i + 1 < token.len; i++) {
        memcpy(digits, token.data + 2 * i, 2);
        bytes[i] = (uint8_t) strtoul(digits, NULL, 16);
    }

    for (i = 0; i < 8; i++) {
        in.user_id = in.user_id << 8 | bytes[i];
    }

    in.secret.data = bytes + 8;
    in.secret.len = CONF_RESET_SECRET;
    in.email = fx_str(email);
    in.password = fx_str(password);

    return fx_call(CONF_OP_RESET_END, &in, &user);
}


static conf_rc_t
t_login(const char *name, const char *password)
{
    conf_user_login_t  in;

    memset(&in, 0, sizeof(conf_user_login_t));
    in.name = fx_str(name);
    in.password = fx_str(password);

    return fx_call(CONF_OP_USER_LOGIN, &in, &user);
}


/* The mail that waits, taken out; its token is the text's longest word. */

static conf_str_t
t_mail(conf_mail_t *mail)
{
    size_t            i, from;
    conf_none_t       none;
    conf_str_t        token;
    conf_mail_done_t  done;

    memset(&none, 0, sizeof(conf_none_t));
    memset(mail, 0, sizeof(conf_mail_t));

    if (fx_call(CONF_OP_MAIL_NEXT, &none, mail) != CONF_OK || mail->id == 0) {
        return fx_str("");
    }

    done.id = mail->id;
    done.sent = true;
    (void) fx_call(CONF_OP_MAIL_DONE, &done, &none);

    token = fx_str("");
    from = 0;

    for (i = 0; i < mail->text.len; i++) {
        if (memchr(" \n=&", mail->text.data[i], 4) == NULL) {
            continue;
        }

        if (i - from > token.len) {
            token.data = mail->text.data + from;
            token.len = i - from;
        }

        from = i + 1;
    }

    return token;
}


static void
test_reset(void)
{
    uint8_t      wrong[80];
    uint32_t     version;
    conf_str_t   token, other = { 80, wrong };
    conf_mail_t  mail;

    is_int(t_ask("ALICE@example.org"), CONF_OK, "a new password, please");
    token = t_mail(&mail);
    is_str(mail.to, "alice@example.org", "a mail to the address");
    is_int(token.len, 80, "with a token");

    memcpy(wrong, token.data, 80);
    wrong[79] = wrong[79] == 'a' ? 'b' : 'a';
    is_int(t_use(other, "", "new"), CONF_E_RESET_INVALID, "another token");
    is_int(t_use(fx_str("00"), "", "new"), CONF_E_RESET_INVALID, "no token");
    is_int(t_use(token, "", ""), CONF_E_INVALID, "no password");
    is_int(t_use(token, "bob@example.org", "new"), CONF_E_RESET_INVALID,
           "another address");

    (void) fx_get(1, &user);
    version = user.version;

    is_int(t_use(token, "", "new"), CONF_OK, "it is used");
    is_int(user.version, version + 1, "tokens die");
    ok(fx_touched(1, 0), "touches the user");
    is_int(t_login("alice", FX_PASSWORD), CONF_E_BAD_LOGIN, "the old is gone");
    is_int(t_login("alice", "new"), CONF_OK, "the new is in force");
    is_int(t_use(token, "", "newer"), CONF_E_RESET_INVALID, "once");
}


static void
test_newest(void)
{
    conf_str_t   first, second;
    conf_mail_t  mail;

    (void) t_ask("alice@example.org");
    first = t_mail(&mail);
    (void) t_ask("alice@example.org");
    second = t_mail(&mail);

    is_int(t_use(first, "", "x"), CONF_E_RESET_INVALID, "an older one");

    fx.now_ms += 1799999;
    is_int(t_use(second, "", "x"), CONF_OK, "half an hour");

    (void) t_ask("alice@example.org");
    first = t_mail(&mail);
    fx.now_ms += 1800000;
    is_int(t_use(first, "", "x"), CONF_E_RESET_EXPIRED, "not longer");
}


static void
test_nobody(void)
{
    conf_str_t   token;
    conf_mail_t  mail;

    is_int(t_ask("nobody@example.org"), CONF_OK, "an unknown address");
    is_int(t_mail(&mail).len, 0, "no mail");
    is_int(t_ask(""), CONF_OK, "none");
    is_int(t_mail(&mail).len, 0, "no mail");

    (void) t_ask("alice@example.org");
    token = t_mail(&mail);
    is_int(fx_delete(1, 1, &user), CONF_OK, "who asked is gone");
    is_int(t_use(token, "", "x"), CONF_E_RESET_INVALID, "so is the token");
    is_int(t_ask("alice@example.org"), CONF_OK, "asked again");
    is_int(t_mail(&mail).len, 0, "no mail");
}


static void
test_link(void)
{
    conf_mail_t           mail;
    conf_user_register_t  in;

    memset(&in, 0, sizeof(conf_user_register_t));
    in.name = fx_str("bob");
    in.password = fx_str("x");
    in.email = fx_str("bob@example.org");
    (void) fx_call(CONF_OP_USER_REGISTER, &in, &user);

    fx.conf.mail_reset_url = "https://example.org/reset?t=%TOKEN%&x";
    (void) t_ask("bob@example.org");

    is_int(t_mail(&mail).len, 80, "a token in a link");
    ok(memmem(mail.text.data, mail.text.len, "https://example.org/reset?t=",
              28) != NULL, "the configured one");
    fx.conf.mail_reset_url = NULL;

    in.name = fx_str("odd");
    in.email = fx_str("odd one@example.org");
    (void) fx_call(CONF_OP_USER_REGISTER, &in, &user);

    is_int(t_ask("odd one@example.org"), CONF_OK, "an address for no mail");
    is_int(t_mail(&mail).len, 0, "gets none");
}


int
main(void)
{
    conf_user_update_t  in;

    fx_open();

    (void) fx_user("alice");

    memset(&in, 0, sizeof(conf_user_update_t));
    in.id = 1;
    in.mask = CONF_UPDATE_EMAIL;
    in.email = fx_str("alice@example.org");
    (void) fx_call(CONF_OP_USER_UPDATE, &in, &user);

    test_reset();
    test_newest();
    test_nobody();
    test_link();

    fx_close();

    return tap_done();
}
