
/* Forms that a string may have to have, by the flags of its row. */

#include "conf_value.h"


static bool conf_form_word(conf_str_t s);
static bool conf_form_email(conf_str_t s);
static bool conf_form_domain(conf_str_t s);
static bool conf_form_url(conf_str_t s);
static bool conf_form_alnum(uint8_t c);
static bool conf_form_graph(conf_str_t s);


const char *
conf_text_form(conf_str_t s, uint32_t flags)
{
    if (s.len == 0) {
        return NULL;
    }

    if ((flags & CONF_F_WORD) != 0 && !conf_form_word(s)) {
        return "may have letters, digits, '_', '-' and '.' only";
    }

    if ((flags & CONF_F_EMAIL) != 0 && !conf_form_email(s)) {
        return "must be an e-mail address";
    }

    if ((flags & CONF_F_URL) != 0 && !conf_form_url(s)) {
        return "must be a URL";
    }

    return NULL;
}


/* Letters of all scripts: what is not ASCII is taken for one. */

static bool
conf_form_word(conf_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x80 && !conf_form_alnum(s.data[i])
            && s.data[i] != '_' && s.data[i] != '-' && s.data[i] != '.')
        {
            return false;
        }
    }

    return true;
}


/*
 * Something, "@", a name with a dot: whether there is such a mailbox only a
 * mail can tell.  No quoted local parts.
 */

static bool
conf_form_email(conf_str_t s)
{
    conf_str_t      domain;
    const uint8_t  *at;

    at = memchr(s.data, '@', s.len);

    if (at == NULL || at == s.data || at - s.data > 64) {
        return false;
    }

    domain.data = at + 1;
    domain.len = s.len - (size_t) (domain.data - s.data);

    return conf_form_graph(s)
           && memchr(s.data, '"', s.len) == NULL
           && memchr(s.data, '<', s.len) == NULL
           && memchr(s.data, '>', s.len) == NULL
           && memchr(s.data, ',', s.len) == NULL
           && conf_form_domain(domain);
}


/* Labels of letters, digits and inner hyphens (RFC 1123, 2.1), two or more. */

static bool
conf_form_domain(conf_str_t s)
{
    size_t    i, label;
    uint8_t   c;
    unsigned  dots;

    label = 0;
    dots = 0;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '.') {
            if (label == 0 || s.data[i - 1] == '-') {
                return false;
            }

            label = 0;
            dots++;
            continue;
        }

        if (c < 0x80 && !conf_form_alnum(c) && (c != '-' || label == 0)) {
            return false;
        }

        label++;
    }

    return dots != 0 && label != 0 && s.data[s.len - 1] != '-';
}


/* Of the web, or a path on this server. */

static bool
conf_form_url(conf_str_t s)
{
    if (!conf_form_graph(s)) {
        return false;
    }

    if (s.data[0] == '/') {
        return s.len == 1 || s.data[1] != '/';
    }

    return (s.len > 7 && memcmp(s.data, "http://", 7) == 0)
           || (s.len > 8 && memcmp(s.data, "https://", 8) == 0);
}


static bool
conf_form_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
}


/* No blanks and no control characters. */

static bool
conf_form_graph(conf_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= ' ' || s.data[i] == 0x7f) {
            return false;
        }
    }

    return true;
}
