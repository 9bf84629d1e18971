
/*
 * OpenAPI 3.1: operations and what they share.
 */

#include "conf_openapi_part.h"
#include "conf_live.h"


#define CONF_OPENAPI_TIME_MS  1767225600000    /* of examples: 2026-01-01 */


static void conf_openapi_paths(conf_openapi_doc_t *doc);
static const conf_row_t *conf_openapi_nth(const conf_api_t *api, size_t n);
static bool conf_openapi_same_path(const char *a, const char *b);
static size_t conf_openapi_path_len(const char *path);
static void conf_openapi_path(conf_buf_t *buf, const char *path);
static const char *conf_openapi_method(unsigned method);
static void conf_openapi_operation(conf_openapi_doc_t *doc,
    const conf_row_t *row);
static void conf_openapi_operation_id(conf_buf_t *buf, const conf_row_t *row);
static void conf_openapi_tag(conf_buf_t *buf, const char *path);
static void conf_openapi_rate(conf_buf_t *buf, const conf_rate_t *rate);
static void conf_openapi_security(const conf_openapi_doc_t *doc,
    const conf_row_t *row);
static void conf_openapi_parameters(conf_buf_t *buf, const conf_row_t *row);
static void conf_openapi_path_parameters(conf_buf_t *buf,
    const conf_row_t *row);
static void conf_openapi_body(conf_buf_t *buf, const conf_row_t *row);
static void conf_openapi_components(conf_openapi_doc_t *doc);
static void conf_openapi_shapes(conf_openapi_doc_t *doc);
static void conf_openapi_headers(conf_buf_t *buf);
static void conf_openapi_messages(conf_openapi_doc_t *doc);
static void conf_openapi_closes(conf_buf_t *buf,
    const conf_close_row_t *closes);
static int64_t conf_openapi_now(conf_env_t *env);


void
conf_openapi(const conf_api_t *api, conf_str_t mount, conf_buf_t *buf)
{
    conf_openapi_doc_t  doc;

    memset(&doc, 0, sizeof(conf_openapi_doc_t));
    doc.buf = buf;
    doc.api = api;
    doc.env.now_ms = conf_openapi_now;

    conf_buf_lit(buf, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
    conf_view_string(buf, api->name);
    conf_buf_lit(buf, ",\"version\":\"1\"}");

    if (mount.len != 0) {
        conf_buf_lit(buf, ",\"servers\":[{\"url\":");
        conf_view_string(buf, mount);
        conf_buf_lit(buf, "}]");
    }

    conf_openapi_paths(&doc);
    conf_openapi_components(&doc);
    conf_openapi_messages(&doc);

    conf_buf_byte(buf, '}');
}


static int64_t
conf_openapi_now(conf_env_t *env)
{
    return CONF_OPENAPI_TIME_MS;
}


/* Rows of one path may be apart: the first one brings the others along. */

static void
conf_openapi_paths(conf_openapi_doc_t *doc)
{
    size_t             i, j;
    const conf_row_t  *row, *other;

    conf_openapi_key(doc->buf, "paths");
    conf_buf_byte(doc->buf, '{');

    for (i = 0; (row = conf_openapi_nth(doc->api, i)) != NULL; i++) {

        for (j = 0; j < i; j++) {
            other = conf_openapi_nth(doc->api, j);

            if (other == NULL
                || conf_openapi_same_path(row->path, other->path))
            {
                break;
            }
        }

        if (j < i) {
            continue;
        }

        conf_openapi_item(doc->buf);
        conf_buf_byte(doc->buf, '"');
        conf_openapi_path(doc->buf, row->path);
        conf_buf_lit(doc->buf, "\":{");

        for (j = i; (other = conf_openapi_nth(doc->api, j)) != NULL; j++) {
            if (conf_openapi_same_path(row->path, other->path)) {
                conf_openapi_operation(doc, other);
            }
        }

        conf_buf_byte(doc->buf, '}');
    }

    conf_buf_byte(doc->buf, '}');
}


/* The n-th endpoint of all groups; NULL behind the last. */

static const conf_row_t *
conf_openapi_nth(const conf_api_t *api, size_t n)
{
    const conf_rows_t *const  *group;

    for (group = api->groups; *group != NULL; group++) {
        if (n < (*group)->n) {
            return &(*group)->rows[n];
        }

        n -= (*group)->n;
    }

    return NULL;
}


static bool
conf_openapi_same_path(const char *a, const char *b)
{
    size_t  len;

    len = conf_openapi_path_len(a);

    return len == conf_openapi_path_len(b) && memcmp(a, b, len) == 0;
}


/* Without "/?" at the end: a slash there makes no other path. */

static size_t
conf_openapi_path_len(const char *path)
{
    size_t  len;

    len = strlen(path);

    if (len > 2 && path[len - 1] == '?' && path[len - 2] == '/') {
        len -= 2;
    }

    return len;
}


/* "/room/:id/?" as "/room/{id}". */

static void
conf_openapi_path(conf_buf_t *buf, const char *path)
{
    size_t  i, len;

    len = conf_openapi_path_len(path);

    for (i = 0; i < len; i++) {
        if (path[i] != ':' && path[i] != '*') {
            conf_buf_byte(buf, (uint8_t) path[i]);
            continue;
        }

        conf_buf_byte(buf, '{');

        for (i++; i < len && path[i] != '/'; i++) {
            conf_buf_byte(buf, (uint8_t) path[i]);
        }

        conf_buf_byte(buf, '}');
        i--;
    }
}


static const char *
conf_openapi_method(unsigned method)
{
    switch (method) {

    case CONF_M_GET:
        return "get";

    case CONF_M_POST:
        return "post";

    case CONF_M_PUT:
        return "put";

    case CONF_M_DELETE:
        return "delete";

    case CONF_M_PATCH:
        return "patch";

    default:
        return "options";
    }
}


static void
conf_openapi_operation(conf_openapi_doc_t *doc, const conf_row_t *row)
{
    conf_buf_t  *buf = doc->buf;

    conf_openapi_key(buf, conf_openapi_method(row->method));
    conf_buf_byte(buf, '{');

    conf_openapi_operation_id(buf, row);
    conf_openapi_tag(buf, row->path);

    if (row->summary != NULL) {
        conf_openapi_text(buf, "summary", row->summary);
    }

    conf_openapi_security(doc, row);

    if (row->rate != NULL && row->rate->rate.count != 0) {
        conf_openapi_rate(buf, row->rate);
    }

    conf_openapi_parameters(buf, row);
    conf_openapi_body(buf, row);
    conf_openapi_responses(doc, row);

    conf_buf_byte(buf, '}');
}


/* "post_api_v1_meetings_meeting_id_start": unique as the rows are. */

static void
conf_openapi_operation_id(conf_buf_t *buf, const conf_row_t *row)
{
    size_t       i, len;
    const char  *method;

    method = conf_openapi_method(row->method);
    len = conf_openapi_path_len(row->path);

    conf_openapi_key(buf, "operationId");
    conf_buf_byte(buf, '"');
    conf_buf_add(buf, method, strlen(method));

    for (i = 0; i < len; i++) {
        if (row->path[i] != ':' && row->path[i] != '*') {
            conf_buf_byte(buf, (row->path[i] == '/' || row->path[i] == '-')
                               ? '_' : (uint8_t) row->path[i]);
        }
    }

    conf_buf_byte(buf, '"');
}


/* The first segment that tells something: not "api", not "v1". */

static void
conf_openapi_tag(conf_buf_t *buf, const char *path)
{
    size_t  len;

    for ( ;; path += len) {
        path += strspn(path, "/");
        len = strcspn(path, "/");

        if (!(len == 3 && memcmp(path, "api", 3) == 0)
            && !(len == 2 && path[0] == 'v'
                 && path[1] >= '0' && path[1] <= '9'))
        {
            break;
        }
    }

    if (len != 0) {
        conf_openapi_key(buf, "tags");
        conf_buf_byte(buf, '[');
        conf_view_string(buf, (conf_str_t) { len, (const uint8_t *) path });
        conf_buf_byte(buf, ']');
    }
}


static void
conf_openapi_rate(conf_buf_t *buf, const conf_rate_t *rate)
{
    conf_openapi_key(buf, "x-rate-limit");
    conf_buf_byte(buf, '{');
    conf_openapi_number(buf, "count", rate->rate.count);
    conf_openapi_number(buf, "seconds", (int64_t) rate->rate.period_ms / 1000);
    conf_openapi_text(buf, "per", rate->by_address ? "address" : "user");
    conf_buf_byte(buf, '}');
}


/*
 * Any of these will do.  Where a browser cannot set a header the query has
 * the token, too.
 */

static void
conf_openapi_security(const conf_openapi_doc_t *doc, const conf_row_t *row)
{
    conf_buf_t  *buf = doc->buf;

    if (row->auth == CONF_AUTH_NONE) {
        return;
    }

    conf_openapi_key(buf, "security");
    conf_buf_byte(buf, '[');

    if (row->auth == CONF_AUTH_OPTIONAL) {
        conf_buf_lit(buf, "{},");
    }

    if (row->auth == CONF_AUTH_ADMIN) {
        conf_buf_lit(buf, "{\"token\":[\"admin\"]}");
    } else {
        conf_buf_lit(buf, "{\"token\":[]}");
    }

    if (doc->api->token_cookie != NULL) {
        conf_buf_lit(buf, ",{\"cookie\":[]}");
    }

    if (row->body == CONF_BODY_SOCKET || row->body == CONF_BODY_FILE) {
        conf_buf_lit(buf, ",{\"query\":[]}");
    }

    conf_buf_byte(buf, ']');
}


static void
conf_openapi_parameters(conf_buf_t *buf, const conf_row_t *row)
{
    size_t               i;
    const conf_field_t  *field;

    conf_openapi_key(buf, "parameters");
    conf_buf_byte(buf, '[');

    conf_openapi_path_parameters(buf, row);

    if (row->schema == NULL || row->body == CONF_BODY_JSON
        || row->body == CONF_BODY_UPLOAD)
    {
        conf_buf_byte(buf, ']');
        return;
    }

    for (i = 0; i < row->schema->nfields; i++) {
        field = &row->schema->fields[i];

        if (conf_openapi_in_path(row->path, field)) {
            continue;
        }

        conf_openapi_item(buf);
        conf_buf_lit(buf, "{\"name\":");
        conf_view_string(buf, field->name);
        conf_openapi_text(buf, "in", "query");

        if (field->flags & CONF_F_REQUIRED) {
            conf_buf_lit(buf, ",\"required\":true");
        }

        conf_openapi_key(buf, "schema");
        conf_openapi_field(buf, field, true);
        conf_buf_byte(buf, '}');
    }

    conf_buf_byte(buf, ']');
}


static void
conf_openapi_path_parameters(conf_buf_t *buf, const conf_row_t *row)
{
    size_t       i, len;
    const char  *p;

    for (p = row->path; *p != '\0'; p += len) {
        if (*p != ':' && *p != '*') {
            len = 1;
            continue;
        }

        p++;
        len = strcspn(p, "/");

        conf_openapi_item(buf);
        conf_buf_lit(buf, "{\"name\":");
        conf_view_string(buf, (conf_str_t) { len, (const uint8_t *) p });
        conf_buf_lit(buf, ",\"in\":\"path\",\"required\":true,\"schema\":");

        for (i = 0; row->schema != NULL && i < row->schema->nfields; i++) {
            if (conf_openapi_named(&row->schema->fields[i], p, len)) {
                break;
            }
        }

        if (row->schema != NULL && i < row->schema->nfields) {
            conf_openapi_field(buf, &row->schema->fields[i], true);
        } else {
            conf_buf_lit(buf, "{\"type\":\"string\"}");
        }

        conf_buf_byte(buf, '}');
    }
}


static void
conf_openapi_body(conf_buf_t *buf, const conf_row_t *row)
{
    bool    upload, required;
    size_t  i, n;

    upload = row->body == CONF_BODY_UPLOAD;

    if (row->schema == NULL || (row->body != CONF_BODY_JSON && !upload)) {
        return;
    }

    n = 0;
    required = upload;

    for (i = 0; i < row->schema->nfields; i++) {
        if (!conf_openapi_in_path(row->path, &row->schema->fields[i])) {
            required |= (row->schema->fields[i].flags & CONF_F_REQUIRED) != 0;
            n++;
        }
    }

    if (n == 0 && !upload) {
        return;
    }

    conf_openapi_key(buf, "requestBody");
    conf_buf_byte(buf, '{');

    if (required) {
        conf_buf_lit(buf, "\"required\":true");
    }

    conf_openapi_key(buf, "content");
    conf_buf_byte(buf, '{');
    conf_openapi_key(buf, upload ? "multipart/form-data"
                                 : "application/json");
    conf_buf_lit(buf, "{\"schema\":");
    conf_openapi_object(buf, row->schema, row->path, upload);
    conf_buf_lit(buf, "}}}");
}


static void
conf_openapi_components(conf_openapi_doc_t *doc)
{
    conf_buf_t  *buf = doc->buf;

    conf_openapi_key(buf, "components");
    conf_buf_lit(buf, "{\"securitySchemes\":{"
                      "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\","
                      "\"bearerFormat\":\"JWT\"},"
                      "\"query\":{\"type\":\"apiKey\",\"in\":\"query\","
                      "\"name\":\"token\"}");

    if (doc->api->token_cookie != NULL) {
        conf_buf_lit(buf, ",\"cookie\":{\"type\":\"apiKey\","
                          "\"in\":\"cookie\"");
        conf_openapi_text(buf, "name", doc->api->token_cookie);
        conf_buf_byte(buf, '}');
    }

    conf_buf_byte(buf, '}');

    conf_openapi_shapes(doc);
    conf_openapi_headers(buf);

    conf_openapi_examples(doc);

    conf_buf_byte(buf, '}');
}


static void
conf_openapi_shapes(conf_openapi_doc_t *doc)
{
    bool                 last;
    conf_buf_t          *buf = doc->buf;
    const conf_shape_t  *shape;

    conf_openapi_key(buf, "schemas");
    conf_buf_byte(buf, '{');

    for (shape = doc->api->failures; ; shape++) {
        last = shape->status == 0;

        /* The same shape under several statuses is one schema. */

        if (last || strcmp(shape->name, shape[1].name) != 0) {
            conf_openapi_key(buf, shape->name);

            if (shape->view != NULL) {
                conf_openapi_view(buf, shape->view, NULL);
            } else {
                conf_buf_lit(buf, "{\"type\":\"string\"}");
            }
        }

        if (last) {
            break;
        }
    }

    conf_buf_lit(buf, "},\"responses\":{\"Failure\":{"
                      "\"description\":\"Any other failure\","
                      "\"content\":{\"application/json\":{\"schema\":"
                      "{\"$ref\":\"#/components/schemas/");
    conf_buf_add(buf, shape->name, strlen(shape->name));
    conf_buf_lit(buf, "\"}}}}}");
}


static void
conf_openapi_headers(conf_buf_t *buf)
{
    size_t  i;

    static const struct {
        const char  *name;
        const char  *what;
    } headers[] = {
        { "X-RateLimit-Limit", "Calls in a period" },
        { "X-RateLimit-Remaining", "Calls that are left" },
        { "X-RateLimit-Reset", "When all are there again, Unix seconds" },
        { "Retry-After", "Seconds to wait" }
    };

    conf_openapi_key(buf, "headers");
    conf_buf_byte(buf, '{');

    for (i = 0; i < conf_nelts(headers); i++) {
        conf_openapi_key(buf, headers[i].name);
        conf_buf_byte(buf, '{');
        conf_openapi_text(buf, "description", headers[i].what);
        conf_buf_lit(buf, ",\"schema\":{\"type\":\"integer\"}}");
    }

    conf_buf_byte(buf, '}');
}


/* OpenAPI has no words for messages of a socket: an extension of ours. */

static void
conf_openapi_messages(conf_openapi_doc_t *doc)
{
    size_t             i;
    conf_buf_t        *buf = doc->buf;
    const conf_row_t  *row;

    if (doc->api->nmessages == 0) {
        return;
    }

    conf_openapi_key(buf, "x-websocket");
    conf_buf_byte(buf, '{');
    conf_openapi_str(buf, "typeField", doc->api->type_field);
    conf_openapi_key(buf, "messages");
    conf_buf_byte(buf, '[');

    for (i = 0; i < doc->api->nmessages; i++) {
        row = &doc->api->messages[i];

        conf_openapi_item(buf);
        conf_buf_byte(buf, '{');
        conf_openapi_text(buf, "type", row->path);

        if (row->summary != NULL) {
            conf_openapi_text(buf, "summary", row->summary);
        }

        if (row->rate != NULL && row->rate->rate.count != 0) {
            conf_openapi_rate(buf, row->rate);
        }

        if (row->schema != NULL) {
            conf_openapi_key(buf, "schema");
            conf_openapi_object(buf, row->schema, "", false);
        }

        if (row->view != NULL) {
            conf_openapi_key(buf, "answer");
            conf_openapi_view(buf, doc->api->envelope, row);
        }

        conf_buf_byte(buf, '}');
    }

    conf_buf_byte(buf, ']');

    if (doc->api->closes != NULL) {
        conf_openapi_closes(buf, doc->api->closes);
    }

    conf_buf_byte(buf, '}');
}


/* Why the server closes a socket. */

static void
conf_openapi_closes(conf_buf_t *buf, const conf_close_row_t *closes)
{
    size_t  i;

    conf_openapi_key(buf, "closes");
    conf_buf_byte(buf, '[');

    for (i = 0; i < CONF_CLOSE_MAX; i++) {
        conf_openapi_item(buf);
        conf_buf_byte(buf, '{');
        conf_openapi_number(buf, "code", closes[i].code);
        conf_openapi_text(buf, "reason", closes[i].reason);
        conf_buf_byte(buf, '}');
    }

    conf_buf_byte(buf, ']');
}
