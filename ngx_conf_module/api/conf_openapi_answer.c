
/*
 * The answers of an operation: its success, and the errors that its row's
 * flags imply or that it has sentences for, by status.  An example is what
 * the dialect itself says to the error, so nothing is written down twice.
 */

#include "conf_openapi_part.h"


#define CONF_OPENAPI_ID  "6b2f0c9e4d8a41f7"      /* of examples */


/* One row's answers.  An error with status 0 is not among them. */

typedef struct {
    const conf_row_t  *row;
    conf_error_row_t   errors[CONF_E_MAX];
} conf_openapi_answers_t;


static void conf_openapi_collect(const conf_openapi_doc_t *doc,
    const conf_row_t *row, conf_openapi_answers_t *answers);
static void conf_openapi_add(const conf_openapi_doc_t *doc,
    conf_openapi_answers_t *answers, conf_rc_t rc, bool may);
static conf_rc_t conf_openapi_first(const conf_openapi_answers_t *answers,
    uint16_t status);
static void conf_openapi_error(const conf_openapi_doc_t *doc,
    const conf_row_t *row, conf_rc_t rc, conf_error_row_t *error);
static void conf_openapi_response(conf_openapi_doc_t *doc,
    const conf_openapi_answers_t *answers, uint16_t status, bool success);
static void conf_openapi_response_headers(conf_buf_t *buf,
    const conf_row_t *row, uint16_t status, bool success);
static void conf_openapi_content(conf_openapi_doc_t *doc,
    const conf_openapi_answers_t *answers, uint16_t status, bool success);
static const conf_shape_t *conf_openapi_shape(const conf_api_t *api,
    uint16_t status);
static void conf_openapi_example(conf_openapi_doc_t *doc,
    const conf_openapi_answers_t *answers, conf_rc_t rc);
static void conf_openapi_value(conf_openapi_doc_t *doc,
    const conf_row_t *row, conf_rc_t rc);
static void conf_openapi_ref(conf_buf_t *buf, const char *kind,
    const char *name);


#define CONF_OPENAPI_NAME(name, text)  [CONF_E_##name] = #name,

static const char *const  conf_openapi_names[CONF_E_MAX] = {
    [CONF_E_NONE] = "NONE",
    CONF_ERROR_MAP(CONF_OPENAPI_NAME)
};

/* What any request with a token may end in. */

static const conf_rc_t  conf_openapi_token_errors[] = {
    CONF_E_TOKEN_ABSENT, CONF_E_TOKEN_SCHEME, CONF_E_TOKEN_MALFORMED,
    CONF_E_TOKEN_EXPIRED, CONF_E_TOKEN_INVALID, CONF_E_TOKEN_REVOKED,
    CONF_E_USER_BANNED
};


void
conf_openapi_responses(conf_openapi_doc_t *doc, const conf_row_t *row)
{
    uint16_t                success, status;
    conf_rc_t               rc;
    conf_openapi_answers_t  answers;

    success = row->body == CONF_BODY_SOCKET ? 101
              : row->status != 0 ? row->status : 200;

    conf_openapi_collect(doc, row, &answers);

    conf_openapi_key(doc->buf, "responses");
    conf_buf_byte(doc->buf, '{');
    conf_openapi_response(doc, &answers, success, true);

    for (rc = 1; rc < CONF_E_MAX; rc++) {
        status = answers.errors[rc].status;

        if (status != 0 && status != success
            && conf_openapi_first(&answers, status) == rc)
        {
            conf_openapi_response(doc, &answers, status, false);
        }
    }

    conf_openapi_key(doc->buf, "default");
    conf_openapi_ref(doc->buf, "responses", "Failure");
    conf_buf_byte(doc->buf, '}');
}


static void
conf_openapi_collect(const conf_openapi_doc_t *doc, const conf_row_t *row,
    conf_openapi_answers_t *answers)
{
    bool                     token, json, limited, socket;
    size_t                   i;
    const conf_error_row_t  *error;

    memset(answers, 0, sizeof(conf_openapi_answers_t));
    answers->row = row;

    token = row->auth == CONF_AUTH_USER || row->auth == CONF_AUTH_ADMIN;
    json = row->body == CONF_BODY_JSON || row->body == CONF_BODY_UPLOAD;
    socket = row->body == CONF_BODY_SOCKET;
    limited = row->rate != NULL && row->rate->rate.count != 0;

    for (i = 0; i < conf_nelts(conf_openapi_token_errors); i++) {
        conf_openapi_add(doc, answers, conf_openapi_token_errors[i],
                         token);
    }

    conf_openapi_add(doc, answers, CONF_E_CSRF,
                     token && row->method != CONF_M_GET
                     && doc->api->token_cookie != NULL);

    conf_openapi_add(doc, answers, CONF_E_FORBIDDEN,
                     row->auth == CONF_AUTH_ADMIN);
    conf_openapi_add(doc, answers, CONF_E_ORIGIN, socket);
    conf_openapi_add(doc, answers, CONF_E_TOO_LARGE, json);
    conf_openapi_add(doc, answers, CONF_E_BAD_REQUEST,
                     row->schema != NULL || socket);
    conf_openapi_add(doc, answers, CONF_E_INVALID, row->schema != NULL);
    conf_openapi_add(doc, answers, CONF_E_RATE_LIMITED, limited);
    conf_openapi_add(doc, answers, CONF_E_BACKEND_DOWN,
                     row->schema != NULL || token);

    error = row->errors;

    while (error != NULL && error->error != CONF_E_NONE) {
        conf_openapi_add(doc, answers, error->error,
                         error->error < CONF_E_MAX);
        error++;
    }
}


static void
conf_openapi_add(const conf_openapi_doc_t *doc,
    conf_openapi_answers_t *answers, conf_rc_t rc, bool may)
{
    if (may) {
        conf_openapi_error(doc, answers->row, rc, &answers->errors[rc]);
    }
}


/* The first error of that status; CONF_E_MAX when there is none. */

static conf_rc_t
conf_openapi_first(const conf_openapi_answers_t *answers, uint16_t status)
{
    conf_rc_t  rc;

    for (rc = 1; rc < CONF_E_MAX; rc++) {
        if (answers->errors[rc].status == status) {
            break;
        }
    }

    return rc;
}


static void
conf_openapi_error(const conf_openapi_doc_t *doc, const conf_row_t *row,
    conf_rc_t rc, conf_error_row_t *error)
{
    conf_op_t  op;

    memset(&op, 0, sizeof(conf_op_t));
    op.api = doc->api;
    op.row = row;

    conf_op_error_row(&op, rc, error);
}


static void
conf_openapi_response(conf_openapi_doc_t *doc,
    const conf_openapi_answers_t *answers, uint16_t status, bool success)
{
    char               name[4];
    conf_str_t         text;
    conf_buf_t        *buf = doc->buf;
    const conf_row_t  *row = answers->row;

    name[0] = (char) ('0' + status / 100 % 10);
    name[1] = (char) ('0' + status / 10 % 10);
    name[2] = (char) ('0' + status % 10);
    name[3] = '\0';

    if (!success) {
        text = answers->errors[conf_openapi_first(answers, status)].text;

    } else if (status == 101) {
        text = conf_str("WebSocket");

    } else {
        text = row->text.len != 0 ? row->text : conf_str("Success");
    }

    conf_openapi_key(buf, name);
    conf_buf_byte(buf, '{');
    conf_openapi_str(buf, "description", text);
    conf_openapi_response_headers(buf, row, status, success);

    if (status != 101) {
        conf_openapi_content(doc, answers, status, success);
    }

    conf_buf_byte(buf, '}');
}


static void
conf_openapi_response_headers(conf_buf_t *buf, const conf_row_t *row,
    uint16_t status, bool success)
{
    size_t  i, first, end;

    static const char *const  names[] = {
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
        "Retry-After"
    };

    first = (row->rate != NULL && row->rate->rate.count != 0
             && (success || status == 429)) ? 0 : 3;
    end = (status == 429 || status == 503) ? 4 : 3;

    if (first == end) {
        return;
    }

    conf_openapi_key(buf, "headers");
    conf_buf_byte(buf, '{');

    for (i = first; i < end; i++) {
        conf_openapi_key(buf, names[i]);
        conf_openapi_ref(buf, "headers", names[i]);
    }

    conf_buf_byte(buf, '}');
}


/* A success and failures may have one status: then it is any of them. */

static void
conf_openapi_content(conf_openapi_doc_t *doc,
    const conf_openapi_answers_t *answers, uint16_t status, bool success)
{
    bool                 failure;
    conf_rc_t            rc;
    conf_buf_t          *buf = doc->buf;
    const conf_shape_t  *shape;

    conf_openapi_key(buf, "content");

    if (success && answers->row->body == CONF_BODY_FILE) {
        conf_buf_lit(buf, "{\"*/*\":{}}");
        return;
    }

    shape = conf_openapi_shape(doc->api, status);
    failure = conf_openapi_first(answers, status) != CONF_E_MAX;

    conf_buf_byte(buf, '{');
    conf_openapi_key(buf, (success || shape->view != NULL)
                          ? "application/json" : "text/plain");
    conf_buf_lit(buf, "{\"schema\":");

    if (success && failure) {
        conf_buf_lit(buf, "{\"anyOf\":[");
    }

    if (success) {
        conf_openapi_view(buf, doc->api->envelope, answers->row);
    }

    if (failure) {
        conf_openapi_item(buf);
        conf_openapi_ref(buf, "schemas", shape->name);
    }

    if (success && failure) {
        conf_buf_lit(buf, "]}");
    }

    if (failure) {
        conf_openapi_key(buf, "examples");
        conf_buf_byte(buf, '{');

        for (rc = 1; rc < CONF_E_MAX; rc++) {
            if (answers->errors[rc].status == status) {
                conf_openapi_example(doc, answers, rc);
            }
        }

        conf_buf_byte(buf, '}');
    }

    conf_buf_lit(buf, "}}");
}


static const conf_shape_t *
conf_openapi_shape(const conf_api_t *api, uint16_t status)
{
    const conf_shape_t  *shape;

    for (shape = api->failures; shape->status != 0; shape++) {
        if (shape->status == status) {
            break;
        }
    }

    return shape;
}


/* One that says what all rows say is only referred to. */

static void
conf_openapi_example(conf_openapi_doc_t *doc,
    const conf_openapi_answers_t *answers, conf_rc_t rc)
{
    conf_error_row_t         common;
    const conf_error_row_t  *own = &answers->errors[rc];

    conf_openapi_error(doc, NULL, rc, &common);
    conf_openapi_key(doc->buf, conf_openapi_names[rc]);

    if (own->status == common.status && own->code == common.code
        && conf_str_eq(own->text, common.text))
    {
        conf_openapi_ref(doc->buf, "examples", conf_openapi_names[rc]);

    } else {
        conf_openapi_value(doc, answers->row, rc);
    }
}


void
conf_openapi_examples(conf_openapi_doc_t *doc)
{
    conf_rc_t  rc;

    conf_openapi_key(doc->buf, "examples");
    conf_buf_byte(doc->buf, '{');

    for (rc = 1; rc < CONF_E_MAX; rc++) {
        conf_openapi_key(doc->buf, conf_openapi_names[rc]);
        conf_openapi_value(doc, NULL, rc);
    }

    conf_buf_byte(doc->buf, '}');
}


static void
conf_openapi_value(conf_openapi_doc_t *doc, const conf_row_t *row,
    conf_rc_t rc)
{
    conf_op_t      op;
    conf_buf_t     text, *buf = doc->buf;
    conf_answer_t  answer;

    memset(&op, 0, sizeof(conf_op_t));
    memset(&answer, 0, sizeof(conf_answer_t));
    conf_buf_init(&text, 0);

    op.env = &doc->env;
    op.api = doc->api;
    op.row = row;
    op.rc = rc;

    if (doc->api->request_ids) {
        op.request_id = conf_str(CONF_OPENAPI_ID);
    }

    doc->api->answer(&op, &text, &answer);

    conf_buf_byte(buf, '{');
    conf_openapi_text(buf, "summary", conf_error_text(rc));
    conf_openapi_key(buf, "value");

    if (conf_openapi_shape(doc->api, answer.status)->view == NULL) {
        conf_view_string(buf, (conf_str_t) { text.len, text.data });
    } else {
        conf_buf_str(buf, (conf_str_t) { text.len, text.data });
    }

    /* A text that is cut short must not look like a whole one. */

    buf->failed |= conf_buf_ok(&text) != CONF_OK;

    conf_buf_byte(buf, '}');
    conf_buf_free(&text);
}


static void
conf_openapi_ref(conf_buf_t *buf, const char *kind, const char *name)
{
    conf_buf_lit(buf, "{\"$ref\":\"#/components/");
    conf_buf_add(buf, kind, strlen(kind));
    conf_buf_byte(buf, '/');
    conf_buf_add(buf, name, strlen(name));
    conf_buf_lit(buf, "\"}");
}
