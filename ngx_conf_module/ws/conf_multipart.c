
#include "conf_multipart.h"
#include "conf_token.h"


/*
 * The delimiter is CRLF, two dashes, the boundary.  CR stands at its start
 * only, so after a mismatch the search goes on with the byte that did not
 * match and what was held back is data.
 */

#define CONF_MULTIPART_PREFIX  "\r\n--"
#define CONF_MULTIPART_CRLF    2       /* of these the line end */

enum {
    CONF_MULTIPART_START = 0,     /* the delimiter may do without its CRLF */
    CONF_MULTIPART_PREAMBLE,
    CONF_MULTIPART_PREAMBLED,     /* behind a first delimiter */
    CONF_MULTIPART_DELIMITED,     /* behind another, or without a preamble */
    CONF_MULTIPART_DASH,          /* ... and a dash */
    CONF_MULTIPART_PADDING,       /* ... or blanks */
    CONF_MULTIPART_LF,            /* ... or a CR */
    CONF_MULTIPART_HEAD,
    CONF_MULTIPART_BODY_START,    /* as at the start */
    CONF_MULTIPART_BODY,
    CONF_MULTIPART_CLOSED,        /* behind the closing delimiter */
    CONF_MULTIPART_CLOSED_LF,     /* ... and a CR */
    CONF_MULTIPART_EPILOGUE,
    CONF_MULTIPART_FAILED
};


static conf_rc_t conf_multipart_boundary(conf_multipart_t *m,
    const conf_token_param_t *param);
static bool conf_multipart_is_bchar(uint8_t c);
static conf_rc_t conf_multipart_scan(conf_multipart_t *m, conf_str_t *bytes);
static conf_rc_t conf_multipart_resume(conf_multipart_t *m, conf_str_t *bytes);
static conf_rc_t conf_multipart_emit(conf_multipart_t *m, const uint8_t *data,
    size_t len);
static conf_rc_t conf_multipart_delimited(conf_multipart_t *m);
static conf_rc_t conf_multipart_line(conf_multipart_t *m, uint8_t c);
static conf_rc_t conf_multipart_head(conf_multipart_t *m, conf_str_t *bytes);
static conf_rc_t conf_multipart_headed(conf_multipart_t *m);


conf_rc_t
conf_multipart_init(conf_multipart_t *m, conf_str_t content_type,
    const conf_multipart_handler_t *handler, void *data)
{
    conf_rc_t           rc;
    conf_token_param_t  param;

    memset(m, 0, sizeof(conf_multipart_t));
    m->handler = handler;
    m->data = data;
    m->state = CONF_MULTIPART_FAILED;

    conf_token_blanks(&content_type);

    if (!conf_token_eq(conf_token_take(&content_type), conf_str("multipart"))
        || content_type.len == 0 || content_type.data[0] != '/')
    {
        return CONF_E_BAD_REQUEST;
    }

    content_type.data++;
    content_type.len--;

    if (!conf_token_eq(conf_token_take(&content_type), conf_str("form-data"))) {
        return CONF_E_BAD_REQUEST;
    }

    for ( ;; ) {
        rc = conf_token_param(&content_type, &param);
        if (rc != CONF_OK) {
            break;
        }

        if (conf_token_eq(param.name, conf_str("boundary"))) {
            rc = conf_multipart_boundary(m, &param);
            if (rc != CONF_OK) {
                return rc;
            }
        }
    }

    if (rc != CONF_DONE || content_type.len != 0 || m->delimiter_len == 0) {
        return CONF_E_BAD_REQUEST;
    }

    m->state = CONF_MULTIPART_START;
    m->matched = CONF_MULTIPART_CRLF;

    return CONF_OK;
}


static conf_rc_t
conf_multipart_boundary(conf_multipart_t *m, const conf_token_param_t *param)
{
    size_t      i;
    conf_str_t  value;

    value = param->value;

    if (m->delimiter_len != 0 || value.len == 0
        || value.len > CONF_MULTIPART_BOUNDARY_MAX
        || value.data[value.len - 1] == ' ')
    {
        return CONF_E_BAD_REQUEST;
    }

    for (i = 0; i < value.len; i++) {
        if (!conf_multipart_is_bchar(value.data[i])) {
            return CONF_E_BAD_REQUEST;
        }
    }

    m->delimiter_len = sizeof(CONF_MULTIPART_PREFIX) - 1;
    memcpy(m->delimiter, CONF_MULTIPART_PREFIX, m->delimiter_len);
    memcpy(m->delimiter + m->delimiter_len, value.data, value.len);
    m->delimiter_len += value.len;

    return CONF_OK;
}


static bool
conf_multipart_is_bchar(uint8_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9'))
    {
        return true;
    }

    return c != '\0' && strchr("'()+_,-./:=? ", c) != NULL;
}


conf_rc_t
conf_multipart_feed(conf_multipart_t *m, conf_str_t bytes)
{
    conf_rc_t  rc;

    rc = CONF_OK;

    while (bytes.len != 0 && rc == CONF_OK) {

        switch (m->state) {

        case CONF_MULTIPART_START:
        case CONF_MULTIPART_PREAMBLE:
        case CONF_MULTIPART_BODY_START:
        case CONF_MULTIPART_BODY:
            rc = m->matched == 0 ? conf_multipart_scan(m, &bytes)
                                 : conf_multipart_resume(m, &bytes);
            break;

        case CONF_MULTIPART_HEAD:
            rc = conf_multipart_head(m, &bytes);
            break;

        case CONF_MULTIPART_EPILOGUE:
            return CONF_OK;

        case CONF_MULTIPART_FAILED:
            return CONF_E_BAD_REQUEST;

        default:
            rc = conf_multipart_line(m, bytes.data[0]);
            bytes.data++;
            bytes.len--;
            break;
        }
    }

    if (rc != CONF_OK) {
        m->state = CONF_MULTIPART_FAILED;
    }

    return rc;
}


conf_rc_t
conf_multipart_end(const conf_multipart_t *m)
{
    switch (m->state) {

    case CONF_MULTIPART_CLOSED:
    case CONF_MULTIPART_CLOSED_LF:
    case CONF_MULTIPART_EPILOGUE:
        return CONF_OK;

    default:
        return CONF_E_BAD_REQUEST;
    }
}


/* Looks for a delimiter, or for the start of one that the bytes cut off. */

static conf_rc_t
conf_multipart_scan(conf_multipart_t *m, conf_str_t *bytes)
{
    size_t          n;
    conf_rc_t       rc;
    const uint8_t  *from, *p, *end;

    from = bytes->data;
    end = from + bytes->len;
    n = 0;

    for (p = from; p != end; p++) {
        p = memchr(p, '\r', (size_t) (end - p));
        if (p == NULL) {
            p = end;
            break;
        }

        n = conf_min((size_t) (end - p), m->delimiter_len);

        if (memcmp(p, m->delimiter, n) == 0) {
            break;
        }
    }

    if (p == end) {
        n = 0;
    }

    rc = conf_multipart_emit(m, from, (size_t) (p - from));
    if (rc != CONF_OK) {
        return rc;
    }

    m->matched = n;
    bytes->data = p + n;
    bytes->len = (size_t) (end - bytes->data);

    return n == m->delimiter_len ? conf_multipart_delimited(m) : CONF_OK;
}


/* Goes on with a delimiter that began in earlier bytes. */

static conf_rc_t
conf_multipart_resume(conf_multipart_t *m, conf_str_t *bytes)
{
    size_t  held, unreal;

    while (bytes->len != 0 && m->matched < m->delimiter_len
           && bytes->data[0] == m->delimiter[m->matched])
    {
        m->matched++;
        bytes->data++;
        bytes->len--;
    }

    if (m->matched == m->delimiter_len) {
        return conf_multipart_delimited(m);
    }

    if (bytes->len == 0) {
        return CONF_OK;
    }

    unreal = 0;

    if (m->state == CONF_MULTIPART_START) {
        m->state = CONF_MULTIPART_PREAMBLE;

    } else if (m->state == CONF_MULTIPART_BODY_START) {
        m->state = CONF_MULTIPART_BODY;
        unreal = CONF_MULTIPART_CRLF;
    }

    held = m->matched - unreal;
    m->matched = 0;

    return conf_multipart_emit(m, m->delimiter + unreal, held);
}


static conf_rc_t
conf_multipart_emit(conf_multipart_t *m, const uint8_t *data, size_t len)
{
    conf_str_t  bytes;

    if (len == 0 || m->state == CONF_MULTIPART_PREAMBLE) {
        return CONF_OK;
    }

    bytes.data = data;
    bytes.len = len;

    return m->handler->bytes(m->data, bytes);
}


static conf_rc_t
conf_multipart_delimited(conf_multipart_t *m)
{
    m->matched = 0;

    switch (m->state) {

    case CONF_MULTIPART_START:
        m->state = CONF_MULTIPART_DELIMITED;
        return CONF_OK;

    case CONF_MULTIPART_PREAMBLE:
        m->state = CONF_MULTIPART_PREAMBLED;
        return CONF_OK;

    default:
        m->state = CONF_MULTIPART_DELIMITED;
        return m->handler->end(m->data);
    }
}


/*
 * What may follow a delimiter on its line, byte by byte.  A form without
 * parts is nothing but the closing one; if that ends a preamble, parts with
 * wrong line ends were taken for one.
 */

static conf_rc_t
conf_multipart_line(conf_multipart_t *m, uint8_t c)
{
    switch (m->state) {

    case CONF_MULTIPART_DELIMITED:
    case CONF_MULTIPART_PREAMBLED:
    case CONF_MULTIPART_PADDING:
        if (c == '-' && m->state == CONF_MULTIPART_DELIMITED) {
            m->state = CONF_MULTIPART_DASH;
            return CONF_OK;
        }

        if (c != ' ' && c != '\t' && c != '\r') {
            return CONF_E_BAD_REQUEST;
        }

        m->state = c == '\r' ? CONF_MULTIPART_LF : CONF_MULTIPART_PADDING;
        return CONF_OK;

    case CONF_MULTIPART_DASH:
        m->state = CONF_MULTIPART_CLOSED;
        return c == '-' ? CONF_OK : CONF_E_BAD_REQUEST;

    case CONF_MULTIPART_CLOSED:
        if (c != ' ' && c != '\t' && c != '\r') {
            return CONF_E_BAD_REQUEST;
        }

        m->state = c == '\r' ? CONF_MULTIPART_CLOSED_LF : CONF_MULTIPART_CLOSED;
        return CONF_OK;

    case CONF_MULTIPART_CLOSED_LF:
        m->state = CONF_MULTIPART_EPILOGUE;
        return c == '\n' ? CONF_OK : CONF_E_BAD_REQUEST;

    case CONF_MULTIPART_LF:
        if (c != '\n') {
            return CONF_E_BAD_REQUEST;
        }

        if (m->nparts == CONF_MULTIPART_PARTS_MAX) {
            return CONF_E_TOO_LARGE;
        }

        m->nparts++;
        m->nhead = 0;
        m->state = CONF_MULTIPART_HEAD;
        return CONF_OK;

    default:
        conf_assert(0);
        return CONF_E_INTERNAL;
    }
}


/* Collects the header lines of a part up to the empty one. */

static conf_rc_t
conf_multipart_head(conf_multipart_t *m, conf_str_t *bytes)
{
    uint8_t  c, last;

    while (bytes->len != 0) {

        if (m->nhead == CONF_MULTIPART_HEAD_MAX) {
            return CONF_E_TOO_LARGE;
        }

        c = *bytes->data++;
        bytes->len--;

        last = m->nhead == 0 ? '\0' : m->head[m->nhead - 1];

        if ((last == '\r') != (c == '\n')) {
            return CONF_E_BAD_REQUEST;
        }

        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f) {
            return CONF_E_BAD_REQUEST;
        }

        m->head[m->nhead++] = c;

        if (c == '\n'
            && (m->nhead == 2 || m->head[m->nhead - 3] == '\n'))
        {
            return conf_multipart_headed(m);
        }
    }

    return CONF_OK;
}


static conf_rc_t
conf_multipart_headed(conf_multipart_t *m)
{
    conf_rc_t              rc;
    conf_multipart_part_t  part;

    rc = conf_multipart_part_parse(m->head, m->nhead, &part);
    if (rc != CONF_OK) {
        return rc;
    }

    m->state = CONF_MULTIPART_BODY_START;
    m->matched = CONF_MULTIPART_CRLF;

    return m->handler->part(m->data, &part);
}
