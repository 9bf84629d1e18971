
#include "conf_multipart.h"
#include "conf_token.h"
#include "conf_ws.h"


#define CONF_PART_LINE_END  2      /* CRLF */


/* The headers of a part while they are parsed; strings lie in head. */

typedef struct {
    uint8_t               *head;
    conf_multipart_part_t  part;
    conf_str_t             decoded;      /* of filename* */
    bool                   has_name;
    bool                   has_plain;    /* filename */
    bool                   has_decoded;
    bool                   has_ext;      /* filename*, decoded or not */
    bool                   has_disposition;
    bool                   has_type;
} conf_part_t;


static void conf_part_unfold(uint8_t *head, size_t len);
static conf_rc_t conf_part_header(conf_part_t *f, conf_str_t line);
static conf_rc_t conf_part_disposition(conf_part_t *f, conf_str_t value);
static conf_rc_t conf_part_param(conf_part_t *f,
    const conf_token_param_t *param);
static conf_rc_t conf_part_decode(conf_part_t *f, conf_str_t value);
static bool conf_part_percent(conf_str_t *in, uint8_t *c);
static conf_str_t conf_part_unescape(conf_part_t *f,
    const conf_token_param_t *param);
static conf_str_t conf_part_filename(conf_part_t *f, conf_str_t name);
static uint8_t *conf_part_own(const conf_part_t *f, conf_str_t s);
static int conf_part_hex(uint8_t c);


conf_rc_t
conf_multipart_part_parse(uint8_t *head, size_t len,
    conf_multipart_part_t *part)
{
    conf_rc_t       rc;
    conf_str_t      line;
    conf_part_t     f;
    const uint8_t  *p, *end;

    memset(&f, 0, sizeof(conf_part_t));
    f.head = head;

    conf_part_unfold(head, len);

    end = head + len - CONF_PART_LINE_END;

    for (p = head; p < end; p = line.data + line.len + CONF_PART_LINE_END) {
        line.data = p;

        while (*p != '\r') {
            p++;
        }

        line.len = (size_t) (p - line.data);

        rc = conf_part_header(&f, line);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    if (!f.has_name) {
        return CONF_E_BAD_REQUEST;
    }

    if (f.has_decoded) {
        f.part.filename = f.decoded;
    }

    f.part.has_filename = f.has_plain || f.has_ext;
    f.part.filename = conf_part_filename(&f, f.part.filename);

    *part = f.part;

    return CONF_OK;
}


/* Joins a line that starts with a blank to the one before it. */

static void
conf_part_unfold(uint8_t *head, size_t len)
{
    size_t  i;

    for (i = 1; i + 1 < len; i++) {

        if (head[i] == '\n' && (head[i + 1] == ' ' || head[i + 1] == '\t')) {
            head[i - 1] = ' ';
            head[i] = ' ';
        }
    }
}


static conf_rc_t
conf_part_header(conf_part_t *f, conf_str_t line)
{
    conf_str_t  name;

    name = conf_token_take(&line);

    if (name.len == 0 || line.len == 0 || line.data[0] != ':') {
        return CONF_E_BAD_REQUEST;
    }

    (void) conf_token_char(&line, ':');

    while (line.len != 0 && (line.data[line.len - 1] == ' '
                             || line.data[line.len - 1] == '\t'))
    {
        line.len--;
    }

    if (conf_token_eq(name, conf_str("content-disposition"))) {

        if (f->has_disposition) {
            return CONF_E_BAD_REQUEST;
        }

        f->has_disposition = true;

        return conf_part_disposition(f, line);
    }

    if (conf_token_eq(name, conf_str("content-type"))) {

        if (f->has_type) {
            return CONF_E_BAD_REQUEST;
        }

        f->has_type = true;
        f->part.type = line;

        return CONF_OK;
    }

    /* RFC 7578, 4.7 deprecates it; only encodings that change no byte. */

    if (conf_token_eq(name, conf_str("content-transfer-encoding"))
        && !conf_token_eq(line, conf_str("binary"))
        && !conf_token_eq(line, conf_str("8bit"))
        && !conf_token_eq(line, conf_str("7bit")))
    {
        return CONF_E_BAD_REQUEST;
    }

    return CONF_OK;
}


static conf_rc_t
conf_part_disposition(conf_part_t *f, conf_str_t value)
{
    conf_rc_t           rc;
    conf_token_param_t  param;

    if (!conf_token_eq(conf_token_take(&value), conf_str("form-data"))) {
        return CONF_E_BAD_REQUEST;
    }

    do {
        rc = conf_token_param(&value, &param);

        if (rc == CONF_OK) {
            rc = conf_part_param(f, &param);
        }

    } while (rc == CONF_OK);

    if (rc == CONF_DONE) {
        return value.len == 0 ? CONF_OK : CONF_E_BAD_REQUEST;
    }

    return rc;
}


static conf_rc_t
conf_part_param(conf_part_t *f, const conf_token_param_t *param)
{
    bool      *seen;
    uint32_t   utf8;

    if (conf_token_eq(param->name, conf_str("name"))) {
        seen = &f->has_name;

    } else if (conf_token_eq(param->name, conf_str("filename"))) {
        seen = &f->has_plain;

    } else if (conf_token_eq(param->name, conf_str("filename*"))) {
        seen = &f->has_ext;

    } else {
        return CONF_OK;
    }

    if (*seen || !param->has_value) {
        return CONF_E_BAD_REQUEST;
    }

    *seen = true;

    if (seen == &f->has_ext) {
        return conf_part_decode(f, param->value);
    }

    if (seen == &f->has_plain) {
        f->part.filename = conf_part_unescape(f, param);
        return CONF_OK;
    }

    f->part.name = conf_part_unescape(f, param);
    utf8 = 0;

    if (!conf_utf8_feed(&utf8, f->part.name.data, f->part.name.len)
        || utf8 != 0)
    {
        return CONF_E_BAD_REQUEST;
    }

    return CONF_OK;
}


/*
 * filename*=charset'language'percent-encoded, RFC 5987.  One in a charset
 * that nobody needs to know is passed over.  Decoding in place is possible
 * since no byte grows: what a Latin-1 byte becomes is shorter than its %XX.
 */

static conf_rc_t
conf_part_decode(conf_part_t *f, conf_str_t value)
{
    bool        latin1;
    size_t      quotes;
    uint8_t     c, *dst;
    conf_str_t  charset;

    dst = conf_part_own(f, value);
    charset = value;
    f->decoded.data = dst;

    for (quotes = 0; quotes < 2; value.data++, value.len--) {
        if (value.len == 0) {
            return CONF_E_BAD_REQUEST;
        }

        if (value.data[0] == '\'' && quotes++ == 0) {
            charset.len = (size_t) (value.data - charset.data);
        }
    }

    latin1 = conf_token_eq(charset, conf_str("iso-8859-1"));

    if (!latin1 && !conf_token_eq(charset, conf_str("utf-8"))) {
        return CONF_OK;
    }

    while (value.len != 0) {

        if (!conf_part_percent(&value, &c)) {
            return CONF_E_BAD_REQUEST;
        }

        if (latin1 && c >= 0x80) {
            *dst++ = (uint8_t) (0xc0 | c >> 6);
            c = (uint8_t) (0x80 | (c & 0x3f));
        }

        *dst++ = c;
    }

    f->decoded.len = (size_t) (dst - f->decoded.data);
    f->has_decoded = true;

    return CONF_OK;
}


/* Takes one byte of a percent-encoded string. */

static bool
conf_part_percent(conf_str_t *in, uint8_t *c)
{
    int     high, low;
    size_t  n;

    *c = in->data[0];
    n = 1;

    if (*c >= 0x80) {
        return false;
    }

    if (*c == '%') {
        if (in->len < 3) {
            return false;
        }

        high = conf_part_hex(in->data[1]);
        low = conf_part_hex(in->data[2]);

        if (high < 0 || low < 0) {
            return false;
        }

        *c = (uint8_t) (high << 4 | low);
        n = 3;
    }

    in->data += n;
    in->len -= n;

    return true;
}


/*
 * Takes the backslashes off a quoted-string, in place.  One before anything
 * but a quote or a backslash is a character of its own, as in C:\file.
 */

static conf_str_t
conf_part_unescape(conf_part_t *f, const conf_token_param_t *param)
{
    size_t      i, n;
    uint8_t    *p;
    conf_str_t  value;

    value = param->value;

    if (!param->quoted) {
        return value;
    }

    p = conf_part_own(f, value);
    n = 0;

    for (i = 0; i < value.len; i++) {

        if (p[i] == '\\' && value.len - i > 1
            && (p[i + 1] == '"' || p[i + 1] == '\\'))
        {
            i++;
        }

        p[n++] = p[i];
    }

    value.len = n;

    return value;
}


/*
 * Leaves the last component of a path, without control characters (C0, DEL
 * and C1).  A name in an unknown charset keeps its ASCII part.
 */

static conf_str_t
conf_part_filename(conf_part_t *f, conf_str_t name)
{
    bool      valid;
    size_t    i, n;
    uint8_t   c, *p;
    uint32_t  utf8;

    if (name.len == 0) {
        return name;
    }

    utf8 = 0;
    valid = conf_utf8_feed(&utf8, name.data, name.len) && utf8 == 0;

    p = conf_part_own(f, name);
    n = 0;

    for (i = 0; i < name.len; i++) {
        c = p[i];

        if (c == '/' || c == '\\') {
            n = 0;
            continue;
        }

        if (c < ' ' || c == 0x7f) {
            continue;
        }

        if (c == 0xc2 && valid && p[i + 1] < 0xa0) {
            i++;
            continue;
        }

        p[n++] = valid || c < 0x80 ? c : '_';
    }

    if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.')) {
        n = 0;
    }

    name.len = n;

    return name;
}


/* The same bytes, writable: s lies in the head. */

static uint8_t *
conf_part_own(const conf_part_t *f, conf_str_t s)
{
    return f->head + (s.data - f->head);
}


static int
conf_part_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }

    return -1;
}
