
#include "conf_value.h"


static bool conf_field_alias(const char *aliases, conf_str_t name);
static conf_rc_t conf_value_string(const conf_field_t *field,
    conf_arena_t *arena, const conf_token_t *token, conf_str_t *dst,
    const char **reason);
static conf_rc_t conf_value_int64(const conf_field_t *field,
    const conf_token_t *token, int64_t *dst, const char **reason);
static conf_rc_t conf_value_uint64(const conf_field_t *field,
    const conf_token_t *token, uint64_t *dst, const char **reason);
static conf_rc_t conf_value_uint32(const conf_field_t *field,
    const conf_token_t *token, uint32_t *dst, const char **reason);
static conf_rc_t conf_value_bool(const conf_field_t *field,
    const conf_token_t *token, bool *dst, const char **reason);
static conf_rc_t conf_value_enum(const conf_field_t *field,
    const conf_token_t *token, uint32_t *dst, const char **reason);
static conf_rc_t conf_value_time(const conf_field_t *field,
    const conf_token_t *token, int64_t *dst, const char **reason);
static bool conf_value_as_text(const conf_field_t *field,
    const conf_token_t *token, conf_str_t *text);
static bool conf_value_as_number(const conf_field_t *field,
    const conf_token_t *token, conf_str_t *text);
static const char *conf_value_digits(conf_str_t s, int64_t *n);
static const char *conf_value_range(const conf_field_t *field, int64_t n);
static const char *conf_value_length(const conf_field_t *field, size_t n);
static bool conf_value_caseless(conf_str_t s, const char *lower);
static conf_str_t conf_value_trim(conf_str_t s);
static size_t conf_value_blank(const uint8_t *p, size_t n);


static const char  conf_value_too_small[] = "too small";
static const char  conf_value_too_large[] = "too large";
static const char  conf_value_too_short[] = "too short";
static const char  conf_value_too_long[] = "too long";
static const char  conf_value_not_integer[] = "must be an integer";

/* By conf_type_e. */

static const char *const  conf_value_names[] = {
    "must be a string",
    conf_value_not_integer,
    conf_value_not_integer,
    conf_value_not_integer,
    "must be a boolean",
    "must be one of the known values",
    "must be a time",
    "must be an object",
    "must be a list",
    "must be a list",
    "must be a list",
    "must be a value",
    "must be a value"
};

_Static_assert(conf_nelts(conf_value_names) == CONF_T_CONTENT + 1,
               "a type without a phrase");


const conf_field_t *
conf_field_find(const conf_schema_t *schema, conf_str_t name)
{
    size_t               i;
    const conf_field_t  *field;

    for (i = 0; i < schema->nfields; i++) {
        field = &schema->fields[i];

        if (conf_str_eq(field->name, name)
            || (field->aliases != NULL
                && conf_field_alias(field->aliases, name)))
        {
            return field;
        }
    }

    return NULL;
}


uint64_t
conf_field_bit(const conf_schema_t *schema, const conf_field_t *field)
{
    return (uint64_t) 1 << (field - schema->fields);
}


conf_rc_t
conf_field_required(const conf_schema_t *schema, const void *out,
    conf_schema_error_t *err)
{
    size_t               i;
    const conf_input_t  *input;

    input = out;

    for (i = 0; i < schema->nfields; i++) {
        if ((schema->fields[i].flags & CONF_F_REQUIRED)
            && (input->given & (uint64_t) 1 << i) == 0)
        {
            err->field = schema->fields[i].name;
            err->reason = "required";

            return CONF_E_INVALID;
        }
    }

    return CONF_OK;
}


conf_rc_t
conf_value_put(const conf_field_t *field, conf_arena_t *arena,
    const conf_token_t *token, void *dst, const char **reason)
{
    switch (field->type) {

    case CONF_T_STR:
        return conf_value_string(field, arena, token, dst, reason);

    case CONF_T_U64:
        return conf_value_uint64(field, token, dst, reason);

    case CONF_T_I64:
        return conf_value_int64(field, token, dst, reason);

    case CONF_T_U32:
        return conf_value_uint32(field, token, dst, reason);

    case CONF_T_BOOL:
        return conf_value_bool(field, token, dst, reason);

    case CONF_T_ENUM:
        return conf_value_enum(field, token, dst, reason);

    case CONF_T_TIME:
        return conf_value_time(field, token, dst, reason);

    case CONF_T_CONTENT:
        if (token->kind == CONF_TOKEN_STRING) {
            return conf_value_string(field, arena, token, dst, reason);
        }

        return conf_value_verbatim(field, arena, token->raw, dst, reason);

    case CONF_T_RAW:
        return conf_value_verbatim(field, arena, token->raw, dst, reason);

    default:
        *reason = conf_value_wanted(field->type);
        return CONF_E_INVALID;
    }
}


conf_rc_t
conf_value_verbatim(const conf_field_t *field, conf_arena_t *arena,
    conf_str_t raw, conf_str_t *dst, const char **reason)
{
    size_t  n;

    n = field->type == CONF_T_RAW ? raw.len : conf_text_length(raw);

    *reason = conf_value_length(field, n);
    if (*reason != NULL) {
        return CONF_E_INVALID;
    }

    /* dst is field->offset bytes into its struct. */

    if (field->type == CONF_T_CONTENT && field->extra != 0) {
        *((uint8_t *) dst - field->offset + field->extra) = true;
    }

    return conf_arena_str(arena, dst, raw);
}


void
conf_value_null(const conf_field_t *field, void *dst)
{
    switch (field->type) {

    case CONF_T_STR:
    case CONF_T_RAW:
    case CONF_T_CONTENT:
        memset(dst, 0, sizeof(conf_str_t));
        break;

    case CONF_T_U64:
    case CONF_T_I64:
    case CONF_T_TIME:
        memset(dst, 0, sizeof(uint64_t));
        break;

    case CONF_T_BOOL:
        memset(dst, 0, sizeof(bool));
        break;

    case CONF_T_U32:
    case CONF_T_ENUM:
        memset(dst, 0, sizeof(uint32_t));
        break;

    case CONF_T_OBJECT:
        memset(dst, 0, field->sub->size);
        break;

    case CONF_T_STRS:
    case CONF_T_U64S:
    case CONF_T_OBJECTS:
        memset(dst, 0, sizeof(conf_list_t));
        break;
    }
}


const char *
conf_value_wanted(conf_type_e type)
{
    return conf_value_names[type];
}


static bool
conf_field_alias(const char *aliases, conf_str_t name)
{
    size_t  len;

    while (*aliases != '\0') {
        len = strcspn(aliases, " ");

        if (len != 0 && len == name.len
            && memcmp(aliases, name.data, len) == 0)
        {
            return true;
        }

        aliases += len;
        aliases += strspn(aliases, " ");
    }

    return false;
}


static conf_rc_t
conf_value_string(const conf_field_t *field, conf_arena_t *arena,
    const conf_token_t *token, conf_str_t *dst, const char **reason)
{
    conf_str_t  text;

    if (!conf_value_as_text(field, token, &text)) {
        *reason = conf_value_wanted(field->type);
        return CONF_E_INVALID;
    }

    *reason = conf_value_length(field, conf_text_length(text));

    if (*reason == NULL) {
        *reason = conf_text_form(text, field->flags);
    }

    if (*reason != NULL) {
        return CONF_E_INVALID;
    }

    return conf_arena_str(arena, dst, text);
}


static conf_rc_t
conf_value_int64(const conf_field_t *field, const conf_token_t *token,
    int64_t *dst, const char **reason)
{
    int64_t     n;
    conf_str_t  text;

    if (!conf_value_as_number(field, token, &text)) {
        *reason = conf_value_wanted(field->type);
        return CONF_E_INVALID;
    }

    *reason = conf_value_digits(text, &n);
    if (*reason != NULL) {
        return CONF_E_INVALID;
    }

    *reason = conf_value_range(field, n);
    if (*reason != NULL) {
        return CONF_E_INVALID;
    }

    *dst = n;

    return CONF_OK;
}


static conf_rc_t
conf_value_uint64(const conf_field_t *field, const conf_token_t *token,
    uint64_t *dst, const char **reason)
{
    int64_t    n;
    conf_rc_t  rc;

    /* No row can ask for more than INT64_MAX. */

    rc = conf_value_int64(field, token, &n, reason);

    if (rc == CONF_OK) {
        *dst = (uint64_t) n;
    }

    return rc;
}


static conf_rc_t
conf_value_uint32(const conf_field_t *field, const conf_token_t *token,
    uint32_t *dst, const char **reason)
{
    int64_t    n;
    conf_rc_t  rc;

    rc = conf_value_int64(field, token, &n, reason);

    if (rc == CONF_OK) {
        *dst = (uint32_t) n;
    }

    return rc;
}


static conf_rc_t
conf_value_bool(const conf_field_t *field, const conf_token_t *token,
    bool *dst, const char **reason)
{
    conf_str_t  text;

    if (token->kind == CONF_TOKEN_BOOL) {
        *dst = token->raw.len == 4;
        return CONF_OK;
    }

    if (token->kind == CONF_TOKEN_STRING
        && conf_value_as_number(field, token, &text))
    {
        if (conf_value_caseless(text, "true")
            || conf_value_caseless(text, "1"))
        {
            *dst = true;
            return CONF_OK;
        }

        if (conf_value_caseless(text, "false")
            || conf_value_caseless(text, "0"))
        {
            *dst = false;
            return CONF_OK;
        }
    }

    *reason = conf_value_wanted(field->type);

    return CONF_E_INVALID;
}


static conf_rc_t
conf_value_enum(const conf_field_t *field, const conf_token_t *token,
    uint32_t *dst, const char **reason)
{
    bool                is_text, is_number;
    int64_t             n;
    conf_str_t          text, digits;
    const conf_enum_t  *value;

    n = 0;
    is_text = conf_value_as_text(field, token, &text);
    is_number = conf_value_as_number(field, token, &digits)
                && conf_value_digits(digits, &n) == NULL;

    for (value = field->values; value->value != UINT32_MAX; value++) {
        if (value->name.len != 0
            ? is_text && conf_str_eq(value->name, text)
            : is_number && value->number == n)
        {
            *dst = value->value;
            return CONF_OK;
        }
    }

    *reason = conf_value_wanted(field->type);

    return CONF_E_INVALID;
}


static conf_rc_t
conf_value_time(const conf_field_t *field, const conf_token_t *token,
    int64_t *dst, const char **reason)
{
    int64_t     ms;
    conf_str_t  text;

    if (token->kind != CONF_TOKEN_STRING
        || !conf_value_as_text(field, token, &text)
        || conf_time_parse(text, &ms) != CONF_OK)
    {
        *reason = conf_value_wanted(field->type);
        return CONF_E_INVALID;
    }

    *reason = conf_value_range(field, ms);
    if (*reason != NULL) {
        return CONF_E_INVALID;
    }

    *dst = ms;

    return CONF_OK;
}


/* A string, or a number where the row is lenient; cut where it says so. */

static bool
conf_value_as_text(const conf_field_t *field, const conf_token_t *token,
    conf_str_t *text)
{
    bool  lenient;

    lenient = token->lenient || (field->flags & CONF_F_LENIENT) != 0;

    *text = token->text;

    if (token->kind == CONF_TOKEN_NUMBER) {
        return lenient;
    }

    if (token->kind != CONF_TOKEN_STRING) {
        return false;
    }

    if (field->flags & CONF_F_TRIM) {
        *text = conf_value_trim(*text);
    }

    return true;
}


/* A number, or a string where the row is lenient. */

static bool
conf_value_as_number(const conf_field_t *field, const conf_token_t *token,
    conf_str_t *text)
{
    if (token->kind == CONF_TOKEN_STRING && !token->lenient
        && (field->flags & CONF_F_LENIENT) == 0)
    {
        return false;
    }

    if (token->kind == CONF_TOKEN_NUMBER) {
        *text = token->text;
        return true;
    }

    return conf_value_as_text(field, token, text);
}


/* Digits with an optional '-'; NULL or the reason why not. */

static const char *
conf_value_digits(conf_str_t s, int64_t *n)
{
    size_t    i;
    int64_t   digit;
    bool      minus, over;

    minus = s.len != 0 && s.data[0] == '-';
    over = false;
    i = minus ? 1 : 0;
    *n = 0;

    if (i == s.len) {
        return conf_value_not_integer;
    }

    for ( /* void */ ; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return conf_value_not_integer;
        }

        digit = minus ? '0' - s.data[i] : s.data[i] - '0';

        over = over || __builtin_mul_overflow(*n, 10, n)
               || __builtin_add_overflow(*n, digit, n);
    }

    if (over) {
        return minus ? conf_value_too_small : conf_value_too_large;
    }

    return NULL;
}


/*
 * Without min and max a signed field takes all; with one of them, min is what
 * it says, also when it says zero.
 */

static const char *
conf_value_range(const conf_field_t *field, int64_t n)
{
    int64_t  low, high;

    low = field->min;
    high = field->max == 0 ? INT64_MAX : field->max;

    if (field->type == CONF_T_U64) {
        low = conf_max(low, 0);

    } else if (field->type == CONF_T_U32) {
        low = conf_max(low, 0);
        high = conf_min(high, (int64_t) UINT32_MAX);

    } else if (field->min == 0 && field->max == 0) {
        low = INT64_MIN;
    }

    if (n < low) {
        return conf_value_too_small;
    }

    return n > high ? conf_value_too_large : NULL;
}


static const char *
conf_value_length(const conf_field_t *field, size_t n)
{
    if ((int64_t) n < field->min) {
        return conf_value_too_short;
    }

    if (field->max != 0 && (int64_t) n > field->max) {
        return conf_value_too_long;
    }

    return NULL;
}


static bool
conf_value_caseless(conf_str_t s, const char *lower)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c >= 'A' && c <= 'Z') {
            c = (uint8_t) (c | 0x20);
        }

        if (lower[i] == '\0' || c != (uint8_t) lower[i]) {
            return false;
        }
    }

    return lower[i] == '\0';
}


/* Cuts white space at both ends of valid UTF-8. */

static conf_str_t
conf_value_trim(conf_str_t s)
{
    size_t  n, back;

    for ( ;; ) {
        n = s.len == 0 ? 0 : conf_value_blank(s.data, s.len);
        if (n == 0) {
            break;
        }

        s.data += n;
        s.len -= n;
    }

    while (s.len != 0) {
        back = 1;

        while (back < s.len && (s.data[s.len - back] & 0xc0) == 0x80) {
            back++;
        }

        if (conf_value_blank(s.data + s.len - back, back) == 0) {
            break;
        }

        s.len -= back;
    }

    return s;
}


/* Bytes of the white space (Unicode's White_Space) at p, 0 for none. */

static size_t
conf_value_blank(const uint8_t *p, size_t n)
{
    unsigned  code;

    if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r')) {
        return 1;
    }

    if (p[0] == 0xc2 && n >= 2 && (p[1] == 0x85 || p[1] == 0xa0)) {
        return 2;
    }

    if (n < 3 || p[0] < 0xe1 || p[0] > 0xe3) {
        return 0;
    }

    code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);

    if (code == 0x1680 || (code >= 0x2000 && code <= 0x200a)
        || code == 0x2028 || code == 0x2029 || code == 0x202f
        || code == 0x205f || code == 0x3000)
    {
        return 3;
    }

    return 0;
}
