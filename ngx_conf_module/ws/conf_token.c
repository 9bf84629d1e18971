
#include "conf_token.h"


static bool conf_token_is_tchar(uint8_t c);
static bool conf_token_is_vchar(uint8_t c);
static bool conf_token_quoted(conf_str_t *in, conf_str_t *value);
static uint8_t conf_token_lower(uint8_t c);
static conf_str_t conf_token_cut(conf_str_t *in, size_t len);


bool
conf_token_eq(conf_str_t a, conf_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return false;
    }

    for (i = 0; i < a.len; i++) {
        if (conf_token_lower(a.data[i]) != conf_token_lower(b.data[i])) {
            return false;
        }
    }

    return true;
}


conf_str_t
conf_token_take(conf_str_t *in)
{
    size_t  n;

    for (n = 0; n < in->len && conf_token_is_tchar(in->data[n]); n++) {
        /* void */
    }

    return conf_token_cut(in, n);
}


void
conf_token_blanks(conf_str_t *in)
{
    while (in->len != 0 && (in->data[0] == ' ' || in->data[0] == '\t')) {
        in->data++;
        in->len--;
    }
}


bool
conf_token_char(conf_str_t *in, uint8_t c)
{
    conf_token_blanks(in);

    if (in->len == 0 || in->data[0] != c) {
        return false;
    }

    (void) conf_token_cut(in, 1);
    conf_token_blanks(in);

    return true;
}


conf_rc_t
conf_token_param(conf_str_t *in, conf_token_param_t *param)
{
    size_t  n;

    memset(param, 0, sizeof(conf_token_param_t));

    do {
        if (!conf_token_char(in, ';')) {
            return CONF_DONE;
        }

        param->name = conf_token_take(in);

    } while (param->name.len == 0 && (in->len == 0 || in->data[0] == ';'));

    if (param->name.len == 0) {
        return in->data[0] == ',' ? CONF_DONE : CONF_E_BAD_REQUEST;
    }

    if (!conf_token_char(in, '=')) {
        return CONF_OK;
    }

    param->has_value = true;

    if (in->len != 0 && in->data[0] == '"') {
        param->quoted = true;

        return conf_token_quoted(in, &param->value) ? CONF_OK
                                                    : CONF_E_BAD_REQUEST;
    }

    for (n = 0; n < in->len && conf_token_is_vchar(in->data[n]); n++) {
        /* void */
    }

    param->value = conf_token_cut(in, n);

    return n != 0 ? CONF_OK : CONF_E_BAD_REQUEST;
}


/* Takes a quoted-string; a backslash only matters before a quote or another. */

static bool
conf_token_quoted(conf_str_t *in, conf_str_t *value)
{
    size_t  i;

    for (i = 1; i < in->len && in->data[i] != '"'; i++) {

        if (in->data[i] == '\\' && in->len - i > 1
            && (in->data[i + 1] == '"' || in->data[i + 1] == '\\'))
        {
            i++;
        }
    }

    if (i >= in->len) {
        return false;
    }

    *value = conf_token_cut(in, i + 1);
    value->data++;
    value->len -= 2;

    return true;
}


static conf_str_t
conf_token_cut(conf_str_t *in, size_t len)
{
    conf_str_t  front;

    front.data = in->data;
    front.len = len;

    if (len != 0) {
        in->data += len;
        in->len -= len;
    }

    return front;
}


static bool
conf_token_is_tchar(uint8_t c)
{
    uint8_t  l;

    l = conf_token_lower(c);

    if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9')) {
        return true;
    }

    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}


static bool
conf_token_is_vchar(uint8_t c)
{
    return c > ' ' && c != 0x7f && c != '"' && c != ',' && c != ';';
}


static uint8_t
conf_token_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}
