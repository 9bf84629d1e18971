
#include "confd_dump.h"

#include <yajl/yajl_parse.h>


typedef enum {
    CONFD_DUMP_KIND_NAME = 0,    /* conf_str_t */
    CONFD_DUMP_KIND_BYTES,       /* conf_str_t, base64 */
    CONFD_DUMP_KIND_NUMBER       /* uint64_t */
} confd_dump_kind_e;

typedef struct {
    const char          *name;
    uint32_t             bit;
    confd_dump_kind_e    kind;
    size_t               offset;
} confd_dump_key_t;

typedef struct {
    confd_dump_row_t          *row;
    conf_arena_t              *arena;
    const confd_dump_key_t    *key;      /* whose value comes next */
    unsigned                   maps;
    const char                *why;
    conf_rc_t                  rc;
} confd_dump_parser_t;


#define CONFD_DUMP_ROW(name, BIT, KIND)                                       \
    { #name, CONFD_DUMP_##BIT, CONFD_DUMP_KIND_##KIND,                        \
      offsetof(confd_dump_row_t, name) }

static const confd_dump_key_t  confd_dump_keys[] = {
    CONFD_DUMP_ROW(confd, CONFD, NAME),
    CONFD_DUMP_ROW(version, VERSION, NUMBER),
    CONFD_DUMP_ROW(end, END, NUMBER),
    CONFD_DUMP_ROW(space, SPACE, NAME),
    CONFD_DUMP_ROW(key, KEY, BYTES),
    CONFD_DUMP_ROW(value, VALUE, BYTES),
    CONFD_DUMP_ROW(id, ID, NUMBER),
    CONFD_DUMP_ROW(room, ROOM, NUMBER),
    CONFD_DUMP_ROW(seq, SEQ, NUMBER),
    CONFD_DUMP_ROW(epoch, EPOCH, NUMBER),
    CONFD_DUMP_ROW(last, LAST, NUMBER)
};


static int confd_dump_null(void *data);
static int confd_dump_boolean(void *data, int value);
static int confd_dump_number(void *data, const char *text, size_t len);
static int confd_dump_string(void *data, const unsigned char *text,
    size_t len);
static int confd_dump_map(void *data);
static int confd_dump_map_key(void *data, const unsigned char *text,
    size_t len);
static int confd_dump_map_end(void *data);
static int confd_dump_refuse(confd_dump_parser_t *parser, const char *why);
static void *confd_dump_member(const confd_dump_parser_t *parser);
static int confd_base64_digit(uint8_t c);


static const yajl_callbacks  confd_dump_callbacks = {
    .yajl_null = confd_dump_null,
    .yajl_boolean = confd_dump_boolean,
    .yajl_number = confd_dump_number,
    .yajl_string = confd_dump_string,
    .yajl_start_map = confd_dump_map,
    .yajl_map_key = confd_dump_map_key,
    .yajl_end_map = confd_dump_map_end,
    .yajl_start_array = confd_dump_null,
    .yajl_end_array = confd_dump_null
};

static const uint8_t  confd_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


conf_rc_t
confd_dump_parse(confd_dump_row_t *row, conf_arena_t *arena, conf_str_t line,
    const char **why)
{
    yajl_handle          yajl;
    yajl_status          status;
    confd_dump_parser_t  parser;

    memset(row, 0, sizeof(confd_dump_row_t));
    memset(&parser, 0, sizeof(confd_dump_parser_t));
    parser.row = row;
    parser.arena = arena;

    yajl = yajl_alloc(&confd_dump_callbacks, NULL, &parser);
    if (yajl == NULL) {
        return CONF_E_NOMEM;
    }

    status = yajl_parse(yajl, line.data, line.len);

    if (status == yajl_status_ok) {
        status = yajl_complete_parse(yajl);
    }

    yajl_free(yajl);

    if (parser.rc != CONF_OK) {
        *why = parser.why;
        return parser.rc;
    }

    if (status != yajl_status_ok || parser.maps != 1) {
        *why = "not a JSON object";
        return CONF_E_INVALID;
    }

    return CONF_OK;
}


static int
confd_dump_null(void *data)
{
    return confd_dump_refuse(data, "a value of a wrong type");
}


static int
confd_dump_boolean(void *data, int value)
{
    return confd_dump_refuse(data, "a value of a wrong type");
}


static int
confd_dump_number(void *data, const char *text, size_t len)
{
    size_t                i;
    uint64_t              n, digit;
    confd_dump_parser_t  *parser = data;

    if (parser->key == NULL || parser->key->kind != CONFD_DUMP_KIND_NUMBER) {
        return confd_dump_refuse(parser, "a value of a wrong type");
    }

    n = 0;

    for (i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return confd_dump_refuse(parser, "not a whole number");
        }

        digit = (uint64_t) (text[i] - '0');

        if (n > (UINT64_MAX - digit) / 10) {
            return confd_dump_refuse(parser, "a number that is too large");
        }

        n = n * 10 + digit;
    }

    memcpy(confd_dump_member(parser), &n, sizeof(n));

    return 1;
}


static int
confd_dump_string(void *data, const unsigned char *text, size_t len)
{
    conf_rc_t             rc;
    conf_str_t            s, bytes;
    confd_dump_parser_t  *parser = data;

    if (parser->key == NULL || parser->key->kind == CONFD_DUMP_KIND_NUMBER) {
        return confd_dump_refuse(parser, "a value of a wrong type");
    }

    s.data = text;
    s.len = len;

    rc = parser->key->kind == CONFD_DUMP_KIND_BYTES
         ? confd_base64_read(parser->arena, s, &bytes)
         : conf_arena_str(parser->arena, &bytes, s);

    if (rc != CONF_OK) {
        (void) confd_dump_refuse(parser, "not base64");
        parser->rc = rc;
        return 0;
    }

    memcpy(confd_dump_member(parser), &bytes, sizeof(bytes));

    return 1;
}


static int
confd_dump_map(void *data)
{
    confd_dump_parser_t  *parser = data;

    if (parser->maps++ != 0) {
        return confd_dump_refuse(parser, "a value of a wrong type");
    }

    return 1;
}


static int
confd_dump_map_key(void *data, const unsigned char *text, size_t len)
{
    size_t                i;
    confd_dump_parser_t  *parser = data;

    for (i = 0; i < conf_nelts(confd_dump_keys); i++) {
        parser->key = &confd_dump_keys[i];

        if (strlen(parser->key->name) == len
            && memcmp(parser->key->name, text, len) == 0)
        {
            break;
        }
    }

    if (i == conf_nelts(confd_dump_keys)) {
        return confd_dump_refuse(parser, "an unknown name");
    }

    if ((parser->row->has & parser->key->bit) != 0) {
        return confd_dump_refuse(parser, "a name that is there twice");
    }

    parser->row->has |= parser->key->bit;

    return 1;
}


static int
confd_dump_map_end(void *data)
{
    return 1;
}


static int
confd_dump_refuse(confd_dump_parser_t *parser, const char *why)
{
    parser->rc = CONF_E_INVALID;
    parser->why = why;

    return 0;
}


static void *
confd_dump_member(const confd_dump_parser_t *parser)
{
    return (uint8_t *) parser->row + parser->key->offset;
}


void
confd_base64_write(conf_buf_t *buf, conf_str_t bytes)
{
    size_t     i;
    uint8_t   *p;
    uint32_t   bits;

    if (bytes.len == 0) {
        return;
    }

    p = conf_buf_reserve(buf, (bytes.len + 2) / 3 * 4);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < bytes.len; i += 3) {
        bits = (uint32_t) bytes.data[i] << 16;

        if (i + 1 < bytes.len) {
            bits |= (uint32_t) bytes.data[i + 1] << 8;
        }

        if (i + 2 < bytes.len) {
            bits |= bytes.data[i + 2];
        }

        *p++ = confd_base64_digits[bits >> 18];
        *p++ = confd_base64_digits[bits >> 12 & 63];
        *p++ = i + 1 < bytes.len ? confd_base64_digits[bits >> 6 & 63] : '=';
        *p++ = i + 2 < bytes.len ? confd_base64_digits[bits & 63] : '=';
    }

    buf->len += (bytes.len + 2) / 3 * 4;
}


conf_rc_t
confd_base64_read(conf_arena_t *arena, conf_str_t text, conf_str_t *bytes)
{
    int        digit;
    size_t     i, pad;
    uint8_t   *p;
    uint32_t   bits;

    if (text.len % 4 != 0) {
        return CONF_E_INVALID;
    }

    p = conf_arena_alloc(arena, text.len / 4 * 3 + 1);
    if (p == NULL) {
        return CONF_E_NOMEM;
    }

    bytes->data = p;
    bytes->len = 0;

    pad = 0;

    if (text.len != 0 && text.data[text.len - 1] == '=') {
        pad = text.data[text.len - 2] == '=' ? 2 : 1;
    }

    bits = 0;

    for (i = 0; i < text.len - pad; i++) {
        digit = confd_base64_digit(text.data[i]);
        if (digit == -1) {
            return CONF_E_INVALID;
        }

        bits = bits << 6 | (uint32_t) digit;

        if (i % 4 == 3) {
            *p++ = (uint8_t) (bits >> 16);
            *p++ = (uint8_t) (bits >> 8);
            *p++ = (uint8_t) bits;
            bits = 0;
        }
    }

    if (pad == 1) {
        *p++ = (uint8_t) (bits >> 10);
        *p++ = (uint8_t) (bits >> 2);
        bits &= 3;

    } else if (pad == 2) {
        *p++ = (uint8_t) (bits >> 4);
        bits &= 15;
    }

    bytes->len = (size_t) (p - bytes->data);

    return bits == 0 ? CONF_OK : CONF_E_INVALID;
}


static int
confd_base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return c == '+' ? 62 : c == '/' ? 63 : -1;
}
