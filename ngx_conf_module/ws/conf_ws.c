
#include "conf_ws.h"
#include "conf_token.h"

#include <openssl/evp.h>


#define CONF_WS_FIN         0x80
#define CONF_WS_RSV1        0x40
#define CONF_WS_RSV         0x70
#define CONF_WS_OPCODE      0x0f
#define CONF_WS_IS_CONTROL  0x08

#define CONF_WS_MASKED      0x80
#define CONF_WS_LENGTH      0x7f
#define CONF_WS_LENGTH_16   126
#define CONF_WS_LENGTH_64   127

#define CONF_WS_MASK_LEN    4
#define CONF_WS_REASON_MAX  (CONF_WS_CONTROL_MAX - 2)

#define CONF_WS_KEY_LEN     24      /* base64 of 16 bytes ... */
#define CONF_WS_KEY_DIGITS  22      /* ... of which two are padding */
#define CONF_WS_SHA1_LEN    20
#define CONF_WS_GUID        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


static bool conf_ws_start_valid(const conf_ws_reader_t *r);
static conf_rc_t conf_ws_read_head(conf_ws_reader_t *r, const uint8_t **data,
    size_t *len, conf_ws_frame_t *frame);
static conf_rc_t conf_ws_frame_start(conf_ws_reader_t *r,
    conf_ws_frame_t *frame);
static conf_rc_t conf_ws_read_payload(conf_ws_reader_t *r,
    const uint8_t **data, size_t *len, conf_ws_frame_t *frame);
static conf_rc_t conf_ws_frame_end(conf_ws_reader_t *r,
    conf_ws_frame_t *frame);
static conf_rc_t conf_ws_close_body(conf_ws_reader_t *r,
    conf_ws_frame_t *frame);
static conf_rc_t conf_ws_fail(conf_ws_reader_t *r, conf_ws_frame_t *frame,
    uint16_t code);
static size_t conf_ws_head_size(uint8_t second);
static uint64_t conf_ws_number(const uint8_t *p, size_t n);
static void conf_ws_unmask(uint8_t *dst, const uint8_t *src, size_t n,
    const uint8_t *mask, size_t at);
static bool conf_ws_is_base64(uint8_t c);


void
conf_ws_reader_init(conf_ws_reader_t *r, size_t message_max)
{
    memset(r, 0, sizeof(conf_ws_reader_t));
    conf_buf_init(&r->message, 0);
    r->message_max = message_max;
}


void
conf_ws_reader_free(conf_ws_reader_t *r)
{
    conf_buf_free(&r->message);
}


bool
conf_ws_reader_busy(const conf_ws_reader_t *r)
{
    return r->nhead != 0 || r->in_payload || r->message_opcode != 0;
}


conf_rc_t
conf_ws_read(conf_ws_reader_t *r, const uint8_t **data, size_t *len,
    conf_ws_frame_t *frame)
{
    conf_rc_t  rc;

    memset(frame, 0, sizeof(conf_ws_frame_t));

    if (r->returned) {
        r->returned = false;

        if (r->message_opcode == 0 || r->closed) {
            conf_buf_free(&r->message);
        }
    }

    if (r->closed) {
        *data += *len;
        *len = 0;
        return CONF_AGAIN;
    }

    for ( ;; ) {

        if (!r->in_payload) {
            rc = conf_ws_read_head(r, data, len, frame);
            if (rc != CONF_OK) {
                return rc;
            }
        }

        rc = conf_ws_read_payload(r, data, len, frame);
        if (rc != CONF_OK) {
            return rc;
        }

        rc = conf_ws_frame_end(r, frame);
        if (rc != CONF_AGAIN) {
            return rc;
        }

        /* That was a fragment with more to follow. */
    }
}


/* Collects a head; CONF_OK when it is complete and good. */

static conf_rc_t
conf_ws_read_head(conf_ws_reader_t *r, const uint8_t **data, size_t *len,
    conf_ws_frame_t *frame)
{
    size_t  n, need;

    for ( ;; ) {
        need = r->nhead < 2 ? 2 : conf_ws_head_size(r->head[1]);
        n = conf_min(need - r->nhead, *len);

        if (n != 0) {
            memcpy(r->head + r->nhead, *data, n);
            r->nhead = (uint8_t) (r->nhead + n);
            *data += n;
            *len -= n;
        }

        if (r->nhead < need) {
            return CONF_AGAIN;
        }

        if (need > 2) {
            return conf_ws_frame_start(r, frame);
        }

        if (!conf_ws_start_valid(r)) {
            return conf_ws_fail(r, frame, CONF_WS_PROTOCOL);
        }
    }
}


/* The first two bytes of a frame: everything but the length. */

static bool
conf_ws_start_valid(const conf_ws_reader_t *r)
{
    uint8_t  rsv, opcode;

    rsv = r->head[0] & CONF_WS_RSV;
    opcode = r->head[0] & CONF_WS_OPCODE;

    /* RSV1 marks a message, so it comes with its first frame only. */

    if (rsv != 0
        && (rsv != CONF_WS_RSV1 || !r->allow_rsv1
            || (opcode != CONF_WS_TEXT && opcode != CONF_WS_BINARY)))
    {
        return false;
    }

    switch (opcode) {

    case CONF_WS_CONTINUATION:
        if (r->message_opcode == 0) {
            return false;
        }

        break;

    case CONF_WS_TEXT:
    case CONF_WS_BINARY:
        if (r->message_opcode != 0) {
            return false;
        }

        break;

    case CONF_WS_CLOSE:
    case CONF_WS_PING:
    case CONF_WS_PONG:
        if ((r->head[0] & CONF_WS_FIN) == 0
            || (r->head[1] & CONF_WS_LENGTH) > CONF_WS_CONTROL_MAX)
        {
            return false;
        }

        break;

    default:
        return false;
    }

    return (r->head[1] & CONF_WS_MASKED) != 0;
}


/* The head is complete: checks the length and begins the payload. */

static conf_rc_t
conf_ws_frame_start(conf_ws_reader_t *r, conf_ws_frame_t *frame)
{
    uint8_t   opcode;
    uint64_t  n;

    n = r->head[1] & CONF_WS_LENGTH;

    if (n == CONF_WS_LENGTH_16) {
        n = conf_ws_number(r->head + 2, 2);

        if (n < CONF_WS_LENGTH_16) {
            return conf_ws_fail(r, frame, CONF_WS_PROTOCOL);
        }

    } else if (n == CONF_WS_LENGTH_64) {
        n = conf_ws_number(r->head + 2, 8);

        if (n <= UINT16_MAX || n > INT64_MAX) {
            return conf_ws_fail(r, frame, CONF_WS_PROTOCOL);
        }
    }

    opcode = r->head[0] & CONF_WS_OPCODE;

    if ((opcode & CONF_WS_IS_CONTROL) != 0) {
        r->ncontrol = 0;

    } else {
        if (n > r->message_max - r->message.len) {
            return conf_ws_fail(r, frame, CONF_WS_TOO_BIG);
        }

        if (opcode != CONF_WS_CONTINUATION) {
            r->message_opcode = opcode;
            r->compressed = (r->head[0] & CONF_WS_RSV1) != 0;
            r->utf8 = 0;
        }
    }

    r->left = n;
    r->mask_at = 0;
    r->in_payload = true;

    return CONF_OK;
}


/* CONF_OK when the frame's payload is complete. */

static conf_rc_t
conf_ws_read_payload(conf_ws_reader_t *r, const uint8_t **data, size_t *len,
    conf_ws_frame_t *frame)
{
    bool      control;
    size_t    n;
    uint8_t  *dst;

    n = (size_t) conf_min(r->left, (uint64_t) *len);
    if (n == 0) {
        return r->left == 0 ? CONF_OK : CONF_AGAIN;
    }

    control = (r->head[0] & CONF_WS_IS_CONTROL) != 0;

    dst = conf_buf_reserve(&r->message, control ? CONF_WS_CONTROL_MAX : n);
    if (dst == NULL) {
        (void) conf_ws_fail(r, frame, CONF_WS_INTERNAL);
        return CONF_E_NOMEM;
    }

    if (control) {
        dst += r->ncontrol;
        r->ncontrol = (uint8_t) (r->ncontrol + n);

    } else {
        r->message.len += n;
    }

    conf_ws_unmask(dst, *data, n, r->head + r->nhead - CONF_WS_MASK_LEN,
                   r->mask_at);

    r->mask_at = (uint8_t) ((r->mask_at + n) % CONF_WS_MASK_LEN);
    r->left -= n;
    *data += n;
    *len -= n;

    if (!control && r->message_opcode == CONF_WS_TEXT && !r->compressed
        && !conf_utf8_feed(&r->utf8, dst, n))
    {
        return conf_ws_fail(r, frame, CONF_WS_BAD_DATA);
    }

    return r->left == 0 ? CONF_OK : CONF_AGAIN;
}


/* Hands out what is whole; CONF_AGAIN after a fragment. */

static conf_rc_t
conf_ws_frame_end(conf_ws_reader_t *r, conf_ws_frame_t *frame)
{
    uint8_t  opcode;

    r->in_payload = false;
    r->nhead = 0;

    opcode = r->head[0] & CONF_WS_OPCODE;

    if ((opcode & CONF_WS_IS_CONTROL) != 0) {
        frame->opcode = opcode;

        if (r->ncontrol != 0) {
            frame->data.data = r->message.data + r->message.len;
            frame->data.len = r->ncontrol;
        }

        r->returned = true;

        return opcode == CONF_WS_CLOSE ? conf_ws_close_body(r, frame) : CONF_OK;
    }

    if ((r->head[0] & CONF_WS_FIN) == 0) {
        return CONF_AGAIN;
    }

    if (r->utf8 != 0) {
        return conf_ws_fail(r, frame, CONF_WS_BAD_DATA);
    }

    frame->opcode = r->message_opcode;
    frame->compressed = r->compressed;
    frame->data.data = r->message.data;
    frame->data.len = r->message.len;

    r->message_opcode = 0;
    r->returned = true;

    return CONF_OK;
}


/* Splits the body of a close frame into code and reason. */

static conf_rc_t
conf_ws_close_body(conf_ws_reader_t *r, conf_ws_frame_t *frame)
{
    uint32_t  utf8;

    r->closed = true;

    if (frame->data.len == 0) {
        frame->code = CONF_WS_NO_STATUS;
        return CONF_OK;
    }

    if (frame->data.len == 1) {
        return conf_ws_fail(r, frame, CONF_WS_PROTOCOL);
    }

    frame->code = (uint16_t) conf_ws_number(frame->data.data, 2);
    frame->data.data += 2;
    frame->data.len -= 2;

    if (!conf_ws_code_valid(frame->code)) {
        return conf_ws_fail(r, frame, CONF_WS_PROTOCOL);
    }

    utf8 = 0;

    if (!conf_utf8_feed(&utf8, frame->data.data, frame->data.len)
        || utf8 != 0)
    {
        return conf_ws_fail(r, frame, CONF_WS_BAD_DATA);
    }

    return CONF_OK;
}


static conf_rc_t
conf_ws_fail(conf_ws_reader_t *r, conf_ws_frame_t *frame, uint16_t code)
{
    r->closed = true;
    r->returned = false;
    conf_buf_free(&r->message);

    memset(frame, 0, sizeof(conf_ws_frame_t));
    frame->code = code;

    return CONF_E_PROTOCOL;
}


/* Of a masked frame whose second byte is given. */

static size_t
conf_ws_head_size(uint8_t second)
{
    switch (second & CONF_WS_LENGTH) {

    case CONF_WS_LENGTH_16:
        return 2 + 2 + CONF_WS_MASK_LEN;

    case CONF_WS_LENGTH_64:
        return 2 + 8 + CONF_WS_MASK_LEN;

    default:
        return 2 + CONF_WS_MASK_LEN;
    }
}


static uint64_t
conf_ws_number(const uint8_t *p, size_t n)
{
    size_t    i;
    uint64_t  number;

    number = 0;

    for (i = 0; i < n; i++) {
        number = number << 8 | p[i];
    }

    return number;
}


/* Unmasks n bytes while copying them; at tells where in the mask they start. */

static void
conf_ws_unmask(uint8_t *dst, const uint8_t *src, size_t n,
    const uint8_t *mask, size_t at)
{
    size_t    i;
    uint8_t   turned[8];
    uint64_t  key, word;

    for (i = 0; i < sizeof(turned); i++) {
        turned[i] = mask[(at + i) % CONF_WS_MASK_LEN];
    }

    memcpy(&key, turned, sizeof(key));

    for (i = 0; n - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, src + i, sizeof(word));
        word ^= key;
        memcpy(dst + i, &word, sizeof(word));
    }

    for ( ; i < n; i++) {
        dst[i] = src[i] ^ turned[i % sizeof(turned)];
    }
}


size_t
conf_ws_head(uint8_t *out, uint8_t opcode, bool compressed, uint64_t len)
{
    size_t    i;
    unsigned  shift;

    out[0] = (uint8_t) (CONF_WS_FIN | (compressed ? CONF_WS_RSV1 : 0)
                        | (opcode & CONF_WS_OPCODE));

    if (len < CONF_WS_LENGTH_16) {
        out[1] = (uint8_t) len;
        return 2;
    }

    if (len <= UINT16_MAX) {
        out[1] = CONF_WS_LENGTH_16;
        shift = 16;

    } else {
        out[1] = CONF_WS_LENGTH_64;
        shift = 64;
    }

    for (i = 2; shift != 0; i++) {
        shift -= 8;
        out[i] = (uint8_t) (len >> shift);
    }

    return i;
}


size_t
conf_ws_close(uint8_t out[CONF_WS_CONTROL_MAX + 2], uint16_t code,
    conf_str_t reason)
{
    size_t  n;

    if (!conf_ws_code_valid(code)) {
        return conf_ws_head(out, CONF_WS_CLOSE, false, 0);
    }

    n = reason.len;

    if (n > CONF_WS_REASON_MAX) {
        n = CONF_WS_REASON_MAX;

        while (n != 0 && (reason.data[n] & 0xc0) == 0x80) {
            n--;
        }
    }

    (void) conf_ws_head(out, CONF_WS_CLOSE, false, 2 + n);

    out[2] = (uint8_t) (code >> 8);
    out[3] = (uint8_t) code;

    if (n != 0) {
        memcpy(out + 4, reason.data, n);
    }

    return 4 + n;
}


bool
conf_ws_code_valid(uint16_t code)
{
    if (code >= 3000) {
        return code <= 4999;
    }

    switch (code) {

    case 1004:    /* reserved */
    case 1005:    /* 1005, 1006 and 1015 stand for what was not received */
    case 1006:
        return false;

    default:
        return code >= 1000 && code <= 1014;
    }
}


conf_rc_t
conf_ws_accept(conf_str_t key, uint8_t out[CONF_WS_ACCEPT_LEN])
{
    size_t    i;
    uint8_t   in[CONF_WS_KEY_LEN + sizeof(CONF_WS_GUID) - 1];
    uint8_t   sha1[EVP_MAX_MD_SIZE];
    uint8_t   text[CONF_WS_ACCEPT_LEN + 1];
    unsigned  n;

    if (key.len != CONF_WS_KEY_LEN || key.data[CONF_WS_KEY_DIGITS] != '='
        || key.data[CONF_WS_KEY_DIGITS + 1] != '=')
    {
        return CONF_E_BAD_REQUEST;
    }

    for (i = 0; i < CONF_WS_KEY_DIGITS; i++) {
        if (!conf_ws_is_base64(key.data[i])) {
            return CONF_E_BAD_REQUEST;
        }
    }

    memcpy(in, key.data, CONF_WS_KEY_LEN);
    memcpy(in + CONF_WS_KEY_LEN, CONF_WS_GUID, sizeof(CONF_WS_GUID) - 1);

    if (EVP_Digest(in, sizeof(in), sha1, &n, EVP_sha1(), NULL) != 1
        || n != CONF_WS_SHA1_LEN)
    {
        return CONF_E_INTERNAL;
    }

    (void) EVP_EncodeBlock(text, sha1, CONF_WS_SHA1_LEN);
    memcpy(out, text, CONF_WS_ACCEPT_LEN);

    return CONF_OK;
}


static bool
conf_ws_is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '+' || c == '/';
}


bool
conf_ws_has_token(conf_str_t header, conf_str_t token)
{
    conf_str_t  element;

    do {
        conf_token_blanks(&header);
        element = conf_token_take(&header);
        conf_token_blanks(&header);

        if (element.len != 0 && conf_token_eq(element, token)
            && (header.len == 0 || header.data[0] == ','))
        {
            return true;
        }

        while (header.len != 0 && header.data[0] != ',') {
            header.data++;
            header.len--;
        }

    } while (conf_token_char(&header, ','));

    return false;
}


conf_str_t
conf_ws_bearer(conf_str_t header)
{
    conf_str_t  element, none = conf_null_string;

    conf_token_blanks(&header);
    element = conf_token_take(&header);
    conf_token_blanks(&header);

    if (!conf_token_eq(element, conf_str("bearer"))
        || !conf_token_char(&header, ','))
    {
        return none;
    }

    conf_token_blanks(&header);

    return conf_token_take(&header);
}
