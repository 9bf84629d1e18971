
/*
 * Prints what the rows of an API say, for documents and tests:
 *
 *     conf_print openapi NAME     the OpenAPI document
 *     conf_print rows NAME        a line a row: kind, method, path, auth,
 *                                 body, rate, summary, fields, by tabs
 */

#include <stdio.h>

#include "conf_api.h"
#include "conf_openapi.h"


static void conf_print_rows(const conf_api_t *api);
static void conf_print_row(const char *kind, const conf_row_t *row);
static const char *conf_print_method(unsigned method);
static void conf_print_rate(const conf_rate_t *rate);
static void conf_print_fields(const conf_schema_t *schema);


int
main(int argc, char **argv)
{
    conf_str_t         name;
    conf_buf_t         buf;
    const conf_api_t  *api;

    if (argc != 3) {
        fprintf(stderr, "usage: conf_print openapi|rows NAME\n");
        return 2;
    }

    name.data = (const uint8_t *) argv[2];
    name.len = strlen(argv[2]);
    api = conf_api_find(name);

    if (api == NULL) {
        fprintf(stderr, "conf_print: there is no API \"%s\"\n", argv[2]);
        return 1;
    }

    if (strcmp(argv[1], "rows") == 0) {
        conf_print_rows(api);
        return 0;
    }

    conf_buf_init(&buf, 0);
    conf_openapi(api, (conf_str_t) conf_null_string, &buf);

    if (conf_buf_ok(&buf) != CONF_OK) {
        conf_buf_free(&buf);
        return 1;
    }

    (void) fwrite(buf.data, 1, buf.len, stdout);
    putchar('\n');
    conf_buf_free(&buf);

    return 0;
}


static void
conf_print_rows(const conf_api_t *api)
{
    size_t                     i;
    const conf_rows_t *const  *group;

    for (group = api->groups; *group != NULL; group++) {
        for (i = 0; i < (*group)->n; i++) {
            conf_print_row("row", &(*group)->rows[i]);
        }
    }

    for (i = 0; i < api->nmessages; i++) {
        conf_print_row("message", &api->messages[i]);
    }
}


static void
conf_print_row(const char *kind, const conf_row_t *row)
{
    static const char *const  auths[] = {
        [CONF_AUTH_NONE] = "-",
        [CONF_AUTH_USER] = "token",
        [CONF_AUTH_ADMIN] = "admin",
        [CONF_AUTH_OPTIONAL] = "[token]"
    };
    static const char *const  bodies[] = {
        [CONF_BODY_NONE] = "none",
        [CONF_BODY_JSON] = "json",
        [CONF_BODY_QUERY] = "query",
        [CONF_BODY_UPLOAD] = "upload",
        [CONF_BODY_SOCKET] = "socket",
        [CONF_BODY_FILE] = "file"
    };

    printf("%s\t%s\t%s\t%s\t%s\t", kind, conf_print_method(row->method),
           row->path, auths[row->auth], bodies[row->body]);
    conf_print_rate(row->rate);
    printf("\t%s\t", row->summary != NULL ? row->summary : "");
    conf_print_fields(row->schema);
    putchar('\n');
}


static const char *
conf_print_method(unsigned method)
{
    switch (method) {

    case CONF_M_GET:
        return "GET";

    case CONF_M_POST:
        return "POST";

    case CONF_M_PUT:
        return "PUT";

    case CONF_M_DELETE:
        return "DELETE";

    case CONF_M_PATCH:
        return "PATCH";

    default:
        return "";
    }
}


/* "20/min", by address "20/min*". */

static void
conf_print_rate(const conf_rate_t *rate)
{
    int64_t  s;

    if (rate == NULL || rate->rate.count == 0) {
        putchar('-');
        return;
    }

    s = rate->rate.period_ms / 1000;

    printf("%u/", (unsigned) rate->rate.count);

    if (s == 60) {
        printf("min");

    } else if (s == 3600) {
        printf("hour");

    } else if (s == 86400) {
        printf("day");

    } else {
        printf("%lds", (long) s);
    }

    if (rate->by_address) {
        putchar('*');
    }
}


/* What may be left out is in brackets. */

static void
conf_print_fields(const conf_schema_t *schema)
{
    size_t               i;
    const conf_field_t  *field;

    for (i = 0; schema != NULL && i < schema->nfields; i++) {
        field = &schema->fields[i];

        printf((field->flags & CONF_F_REQUIRED) ? "%s%.*s" : "%s[%.*s]",
               i == 0 ? "" : ",", (int) field->name.len, field->name.data);
    }
}
