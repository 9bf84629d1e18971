
#include "conf_live.h"
#include "conf_jwt.h"


#define CONF_REQUEST_ID_MAX  64
#define CONF_OP_VALUE_MAX  CONF_CACHE_VALUE_MAX


static void conf_op_called(conf_call_t *call);
static void conf_op_end(conf_op_t *op, conf_rc_t rc);
static conf_rc_t conf_op_nobody(conf_op_t *op, conf_rc_t rc);
static conf_rc_t conf_op_authorized(conf_op_t *op, const void *reply);
static conf_rc_t conf_op_verb(conf_op_t *op);


/* Scratch for hot copies: a worker has one thread. */

static conf_buf_t  conf_hot_buf;


conf_rc_t
conf_op_call(conf_op_t *op, conf_op_e code, const void *request,
    conf_step_pt next)
{
    op->next = next;
    op->optional = false;
    op->call.code = code;
    op->call.arena = op->arena;
    op->call.done = conf_op_called;
    op->call.data = op;

    op->env->call(op->env, &op->call, request);

    return CONF_AGAIN;
}


conf_rc_t
conf_op_try(conf_op_t *op, conf_op_e code, const void *request,
    conf_step_pt next)
{
    conf_rc_t  rc;

    rc = conf_op_call(op, code, request, next);
    op->optional = true;

    return rc;
}


conf_rc_t
conf_op_done(conf_op_t *op, const void *reply)
{
    op->reply = reply;

    return CONF_OK;
}


conf_rc_t
conf_op_fail(conf_op_t *op, conf_rc_t rc)
{
    op->rc = rc;

    return rc;
}


conf_rc_t
conf_op_invalid(conf_op_t *op, const char *field, const char *reason)
{
    op->error.field.data = (const uint8_t *) field;
    op->error.field.len = strlen(field);
    op->error.reason = reason;

    return conf_op_fail(op, CONF_E_INVALID);
}


conf_rc_t
conf_op_admit(conf_op_t *op, conf_str_t value, uint64_t address)
{
    conf_rc_t   rc;
    conf_str_t  token;

    if (op->row->auth != CONF_AUTH_NONE) {
        rc = conf_jwt_bearer(value, &token);

        if (rc == CONF_OK) {
            rc = conf_jwt_check(op->settings, token,
                                op->env->now_ms(op->env), &op->auth);
        }

        if (rc == CONF_OK && op->auth.ticket
            && op->row->body != CONF_BODY_SOCKET)
        {
            rc = CONF_E_TOKEN_INVALID;
        }

        if (rc != CONF_OK) {
            rc = conf_op_refuse(op, rc);
        }

        if (rc != CONF_OK) {
            return rc;
        }
    }

    return conf_op_limit(op, address);
}


conf_rc_t
conf_op_refuse(conf_op_t *op, conf_rc_t rc)
{
    if (op->row->auth != CONF_AUTH_OPTIONAL) {
        return conf_op_fail(op, rc);
    }

    memset(&op->auth, 0, sizeof(conf_auth_t));
    op->auth_rc = rc;

    return CONF_OK;
}


conf_rc_t
conf_op_limit(conf_op_t *op, uint64_t address)
{
    uint64_t            key;
    conf_rc_t           rc;
    const conf_rate_t  *rate;

    rate = op->row->rate;

    if (rate == NULL || !op->settings->rate_limit) {
        return CONF_OK;
    }

    op->rate = rate->rate;
    op->rate.count = conf_op_scaled(op->rate.count, op->settings->rate_scale);

    key = (rate->by_address || op->auth.user_id == 0) ? address
                                                      : op->auth.user_id;

    rc = conf_limit(&op->env->shm, rate->number, key, &op->rate, &op->limit);

    return rc == CONF_OK ? CONF_OK : conf_op_fail(op, rc);
}


conf_rc_t
conf_op_input(conf_op_t *op, conf_str_t query, conf_str_t body,
    const conf_route_match_t *match)
{
    size_t                i;
    conf_rc_t             rc;
    const conf_schema_t  *schema;

    schema = op->row->schema;
    if (schema == NULL) {
        return CONF_OK;
    }

    op->in = conf_arena_calloc(op->arena, schema->size);
    if (op->in == NULL) {
        return conf_op_fail(op, CONF_E_NOMEM);
    }

    rc = CONF_OK;

    if (match != NULL) {
        for (i = 0; i < match->nparams && rc == CONF_OK; i++) {
            rc = conf_schema_set(schema, op->arena, match->params[i].name,
                                 match->params[i].value, op->in, &op->error);
        }
    }

    if (rc == CONF_OK && op->row->body == CONF_BODY_JSON) {
        rc = conf_schema_json(schema, op->arena, body, op->in, &op->error);

    } else if (rc == CONF_OK) {

        /* GET with a JSON body is how one client family asks. */

        if (op->row->body == CONF_BODY_QUERY && body.len != 0) {
            rc = conf_schema_json(schema, op->arena, body, op->in,
                                  &op->error);
        } else {
            rc = conf_schema_query(schema, op->arena, query, op->in,
                                   &op->error);

            if (rc == CONF_OK) {
                rc = conf_schema_end(schema, op->in, &op->error);
            }
        }
    }

    return rc == CONF_OK ? CONF_OK : conf_op_fail(op, rc);
}


void
conf_op_run(conf_op_t *op)
{
    conf_rc_t         rc;
    conf_id_t         id;
    conf_user_t       user;
    conf_cache_key_t  key = { CONF_CACHE_USER, 0, 0 };

    op->running = true;
    op->rc = CONF_OK;

    /* A message's session was authorized when it was opened. */

    if (op->auth.user_id == 0
        || (op->session != NULL && op->session->open))
    {
        rc = conf_op_verb(op);

    } else {
        key.user = op->auth.user_id;

        rc = conf_hot_get(op->env, op->arena, key, &conf_proto_user, &user);

        if (rc == CONF_OK) {
            rc = conf_op_authorized(op, &user);

        } else {
            id.actor = op->auth.user_id;
            id.id = op->auth.user_id;

            rc = conf_op_call(op, CONF_OP_USER_GET, &id, conf_op_authorized);
        }
    }

    if (rc != CONF_AGAIN) {
        conf_op_end(op, rc);
    }
}


void
conf_op_cancel(conf_op_t *op)
{
    if (op->running) {
        op->running = false;
        op->env->cancel(op->env, &op->call);
    }
}


void
conf_op_error_row(const conf_op_t *op, conf_rc_t rc, conf_error_row_t *merged)
{
    const conf_error_row_t  *row;

    if (rc <= CONF_E_NONE || rc >= CONF_E_MAX) {
        rc = CONF_E_INTERNAL;
    }

    *merged = op->api->errors[rc];

    if (op->row == NULL || op->row->errors == NULL) {
        return;
    }

    for (row = op->row->errors; row->error != CONF_E_NONE; row++) {
        if (row->error != rc
            && (row->error != CONF_E_MAX || !conf_error_internal(rc)))
        {
            continue;
        }

        merged->text = row->text;

        if (row->status != 0) {
            merged->status = row->status;
            merged->code = row->code;
        }

        return;
    }
}


bool
conf_request_id_valid(conf_str_t id)
{
    size_t   i;
    uint8_t  c;

    if (id.len == 0 || id.len > CONF_REQUEST_ID_MAX) {
        return false;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
        {
            return false;
        }
    }

    return true;
}


const char *
conf_error_text(conf_rc_t rc)
{
#define CONF_ERROR_TEXT(name, text)  [CONF_E_##name] = text,

    static const char *const  texts[CONF_E_MAX] = {
        [CONF_E_NONE] = "no error",
        CONF_ERROR_MAP(CONF_ERROR_TEXT)
    };

    return (rc >= CONF_E_NONE && rc < CONF_E_MAX) ? texts[rc]
                                                  : "unknown error";
}


bool
conf_error_internal(conf_rc_t rc)
{
    switch (rc) {

    case CONF_E_INTERNAL:
    case CONF_E_NOMEM:
    case CONF_E_BACKEND_DOWN:
    case CONF_E_BACKEND_BUSY:
    case CONF_E_BACKEND_TIMEOUT:
    case CONF_E_STORE_FULL:
    case CONF_E_STORE_FAILED:
    case CONF_E_ZONE_FULL:
    case CONF_E_PROTOCOL:
        return true;

    default:
        return false;
    }
}


conf_route_t *
conf_api_routes(const conf_api_t *api, conf_arena_t *arena,
    const conf_row_t **wrong)
{
    size_t              i;
    conf_rc_t           rc;
    conf_route_t       *route;
    const conf_rows_t  *group, *const *groups;

    *wrong = NULL;

    route = conf_route_create(arena);
    if (route == NULL) {
        return NULL;
    }

    for (groups = api->groups; *groups != NULL; groups++) {
        group = *groups;

        for (i = 0; i < group->n; i++) {
            rc = conf_route_add(route, group->rows[i].method,
                                group->rows[i].path, &group->rows[i]);
            if (rc != CONF_OK) {
                *wrong = rc == CONF_E_NOMEM ? NULL : &group->rows[i];
                return NULL;
            }
        }
    }

    return route;
}


const conf_row_t *
conf_api_message(const conf_api_t *api, conf_str_t type)
{
    size_t             i;
    const conf_row_t  *row;

    for (i = 0; i < api->nmessages; i++) {
        row = &api->messages[i];

        if ((row->path[0] == '*' && row->path[1] == '\0')
            || (strlen(row->path) == type.len
                && memcmp(row->path, type.data, type.len) == 0))
        {
            return row;
        }
    }

    return NULL;
}


conf_rc_t
conf_api_find_message(conf_session_t *session, conf_arena_t *arena,
    conf_str_t text, const conf_row_t **row)
{
    conf_rc_t    rc;
    conf_str_t   type = conf_null_string;

    if (session->api->find != NULL) {
        return session->api->find(session, arena, text, row);
    }

    rc = conf_schema_peek(arena, text, session->api->type_field, &type);

    *row = conf_api_message(session->api, type);

    if (rc == CONF_OK || rc == CONF_E_NOT_FOUND) {
        return *row == NULL ? CONF_E_NOT_FOUND : CONF_OK;
    }

    return rc;
}


conf_rc_t
conf_hot_get(conf_env_t *env, conf_arena_t *arena, conf_cache_key_t key,
    const conf_proto_t *proto, void *out)
{
    uint8_t    *copy;
    conf_rc_t   rc;

    rc = conf_cache_get(&env->shm, key, &conf_hot_buf);
    if (rc != CONF_OK) {
        return rc;
    }

    copy = conf_arena_dup(arena, conf_hot_buf.data, conf_hot_buf.len);
    if (copy == NULL) {
        return CONF_E_NOT_FOUND;
    }

    rc = conf_proto_unpack(arena, proto, CONF_PROTO_WIRE,
                           (conf_str_t) { conf_hot_buf.len, copy }, out);

    return rc == CONF_OK ? CONF_OK : CONF_E_NOT_FOUND;
}


void
conf_hot_put(conf_env_t *env, conf_cache_key_t key, uint64_t rev,
    const conf_proto_t *proto, const void *record)
{
    conf_buf_reset(&conf_hot_buf);

    if (conf_proto_pack(&conf_hot_buf, proto, record) == CONF_OK
        && conf_hot_buf.len <= CONF_OP_VALUE_MAX)
    {
        (void) conf_cache_put(&env->shm, key, rev,
                              (conf_str_t) { conf_hot_buf.len,
                                             conf_hot_buf.data });
    }
}


conf_rc_t
conf_user_state(const conf_user_t *user, int64_t now_ms)
{
    switch (user->status) {

    case CONF_USER_ACTIVE:
        return CONF_OK;

    case CONF_USER_BANNED:
        if (user->banned_until_ms != 0 && user->banned_until_ms <= now_ms) {
            return CONF_OK;
        }

        return CONF_E_USER_BANNED;

    default:
        return CONF_E_USER_ABSENT;
    }
}


conf_rc_t
conf_auth_state(const conf_auth_t *auth, const conf_user_t *user,
    int64_t now_ms)
{
    size_t           i;
    conf_rc_t        rc;
    const uint64_t  *revoked;

    rc = conf_user_state(user, now_ms);

    if (rc == CONF_E_USER_BANNED) {
        return rc;
    }

    if (rc != CONF_OK
        || (auth->versioned ? auth->version != user->version
                            : user->version > 1))
    {
        return CONF_E_TOKEN_REVOKED;
    }

    revoked = user->revoked.items;

    for (i = 0; auth->sid != 0 && i < user->revoked.n; i++) {
        if (revoked[i] == auth->sid) {
            return CONF_E_TOKEN_REVOKED;
        }
    }

    return CONF_OK;
}


/* confd has answered the op's call. */

static void
conf_op_called(conf_call_t *call)
{
    conf_op_t  *op = call->data;

    conf_rc_t   rc;

    rc = call->rc;

    if (op->answered != NULL && op->next != conf_op_authorized) {
        op->answered(op, rc);
        op->answered = NULL;
    }

    if (rc == CONF_OK || (op->optional && conf_error_internal(rc))) {
        rc = op->next(op, call->reply);

    } else if (op->next == conf_op_authorized && rc == CONF_E_USER_ABSENT) {
        rc = conf_op_nobody(op, CONF_E_TOKEN_REVOKED);
    }

    if (rc != CONF_AGAIN) {
        conf_op_end(op, rc);
    }
}


static void
conf_op_end(conf_op_t *op, conf_rc_t rc)
{
    conf_step_pt  then;

    /* One verb that builds on another: the first one's reply is its input. */

    if (rc == CONF_OK && op->then != NULL) {
        then = op->then;
        op->then = NULL;

        rc = then(op, op->reply);
        if (rc == CONF_AGAIN) {
            return;
        }
    }

    op->rc = rc;
    op->running = false;
    op->finish(op);
}


/* Here the user's record is known: from the hot copy or from confd. */

static conf_rc_t
conf_op_authorized(conf_op_t *op, const void *reply)
{
    conf_rc_t           rc;
    conf_cache_key_t    key = { CONF_CACHE_USER, 0, 0 };
    const conf_user_t  *user = reply;

    if (reply == op->call.reply) {
        key.user = user->id;
        conf_hot_put(op->env, key, op->call.rev, &conf_proto_user, user);
    }

    rc = conf_auth_state(&op->auth, user, op->env->now_ms(op->env));

    if (rc != CONF_OK) {
        return conf_op_nobody(op, rc);
    }

    op->auth.version = user->version;
    op->auth.admin = user->role == CONF_USER_ADMIN;
    op->auth.versioned = true;

    if (op->row->auth == CONF_AUTH_ADMIN && user->role != CONF_USER_ADMIN) {
        return conf_op_fail(op, CONF_E_FORBIDDEN);
    }

    return conf_op_verb(op);
}


/* The token is no good any more. */

static conf_rc_t
conf_op_nobody(conf_op_t *op, conf_rc_t rc)
{
    rc = conf_op_refuse(op, rc);

    return rc == CONF_OK ? conf_op_verb(op) : rc;
}


static conf_rc_t
conf_op_verb(conf_op_t *op)
{
    op->fixed = op->row->fixed;

    return op->row->verb(op, op->in);
}


uint32_t
conf_op_scaled(uint32_t count, uint32_t percent)
{
    uint64_t  scaled;

    if (percent == 0) {
        return count;
    }

    scaled = (uint64_t) count * percent / 100;

    return (uint32_t) conf_max(1, conf_min(scaled, UINT32_MAX));
}
