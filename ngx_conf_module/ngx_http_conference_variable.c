
/*
 * Variables for log_format, map and limit_req:
 *
 *     $conf_user    id of the user whose valid token the request carries
 *     $conf_room    the room_id of the query, or of the input once it is read
 *     $conf_op      the row's path, "/api/room/members"
 *
 * They are found on demand, so that phases before the content handler can
 * use them; each is empty where it does not apply.
 */

#include "ngx_http_conference_module.h"

#include "conf_jwt.h"


static ngx_int_t ngx_http_conference_variable_user(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_conference_variable_room(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_conference_variable_op(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_conference_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t n);


static ngx_http_variable_t  ngx_http_conference_variables[] = {

    { ngx_string("conf_user"), NULL, ngx_http_conference_variable_user, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("conf_room"), NULL, ngx_http_conference_variable_room, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("conf_op"), NULL, ngx_http_conference_variable_op, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_conference_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_conference_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_conference_variable_user(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    uint64_t                         user_id;
    conf_str_t                       token;
    conf_auth_t                      auth;
    ngx_http_conference_ctx_t       *ctx;
    ngx_http_conference_loc_conf_t  *conf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);
    conf = ngx_http_get_module_loc_conf(r, ngx_http_conference_module);
    user_id = 0;

    if (ctx != NULL) {
        user_id = ctx->op.auth.user_id;

    } else if (conf->api != NULL && r->headers_in.authorization != NULL
               && conf_jwt_bearer(ngx_http_conference_str(
                                      r->headers_in.authorization->value),
                                  &token)
                  == CONF_OK
               && conf_jwt_check(&conf->settings, token,
                                 (int64_t) ngx_time() * 1000, &auth)
                  == CONF_OK)
    {
        user_id = auth.user_id;
    }

    return ngx_http_conference_variable_number(r, v, user_id);
}


static ngx_int_t
ngx_http_conference_variable_room(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                   n;
    uint64_t                    room_id;
    ngx_str_t                   arg;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);
    room_id = 0;

    if (ctx != NULL && ctx->room_id != 0) {
        room_id = ctx->room_id;

    } else if (ngx_http_arg(r, (u_char *) "room_id", 7, &arg) == NGX_OK) {
        n = ngx_atoi(arg.data, arg.len);
        room_id = n > 0 ? (uint64_t) n : 0;
    }

    return ngx_http_conference_variable_number(r, v, room_id);
}


static ngx_int_t
ngx_http_conference_variable_op(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const conf_row_t           *row;
    ngx_http_conference_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_conference_module);
    row = ctx != NULL ? ctx->op.row : ngx_http_conference_find(r);

    if (row == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = (u_char *) row->path;
    v->len = ngx_strlen(row->path);
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_conference_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t n)
{
    if (n == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%uL", n) - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
