
/*
 * Directives that take more than a number or a flag: what they say is checked
 * when nginx reads its configuration.
 */

#include "ngx_http_conference_module.h"

#include "conf_jwt.h"


static ngx_int_t ngx_http_conference_secret_file(ngx_conf_t *cf,
    ngx_str_t *path, ngx_str_t *secret);


char *
ngx_http_conference_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_loc_conf_t  *ccf = conf;

    ngx_str_t                        *value;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_conference_main_conf_t  *cmcf;

    if (ccf->api != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ccf->api = conf_api_find(ngx_http_conference_str(value[1]));

    if (ccf->api == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_api: unknown API \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_conference_handler;

    /*
     * What is in front of the dialect's own paths: the location's name, or
     * what mount= says, so that one dialect can answer in several locations.
     */

    if (cf->args->nelts == 3) {
        if (value[2].len < 7
            || ngx_strncmp(value[2].data, "mount=/", 7) != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "conf_api: \"%V\" is not mount=/path",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        ccf->prefix.data = value[2].data + 6;
        ccf->prefix.len = value[2].len - 6;

    } else if (clcf->regex || clcf->named) {
        return "needs mount=/path in a location by regular expression "
               "or name";

    } else {
        ccf->prefix = clcf->name;
    }

    /* "/chat/" and "/chat" both leave "/register" of "/chat/register". */

    if (ccf->prefix.data[ccf->prefix.len - 1] == '/') {
        ccf->prefix.len--;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_conference_module);
    cmcf->used = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_conference_backend(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_main_conf_t  *cmcf = conf;

    ngx_url_t   u;
    ngx_str_t  *value;

    if (cmcf->backend != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len <= 5
        || ngx_strncmp(value[1].data, "unix:", 5) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_backend: \"%V\" is not unix:/path",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = value[1];
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_backend: %s in \"%V\"",
                           u.err != NULL ? u.err : "no address", &value[1]);
        return NGX_CONF_ERROR;
    }

    cmcf->backend = &u.addrs[0];

    return NGX_CONF_OK;
}


char *
ngx_http_conference_secret(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_loc_conf_t  *ccf = conf;

    ngx_str_t  *value, path;

    if (ccf->jwt_secret.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len > 5 && ngx_strncmp(value[1].data, "file=", 5) == 0) {
        path.data = value[1].data + 5;
        path.len = value[1].len - 5;

        if (ngx_http_conference_secret_file(cf, &path, &ccf->jwt_secret)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

    } else {
        ccf->jwt_secret = value[1];
    }

    if (ccf->jwt_secret.len < CONF_SECRET_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_jwt_secret: the secret has %uz bytes, "
                           "at least %d are needed",
                           ccf->jwt_secret.len, CONF_SECRET_MIN);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The file's bytes without the line end. */

static ngx_int_t
ngx_http_conference_secret_file(ngx_conf_t *cf, ngx_str_t *path,
    ngx_str_t *secret)
{
    u_char    buf[4096 + 1];
    ssize_t   n;
    ngx_fd_t  fd;

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "conf_jwt_secret: cannot open \"%V\"", path);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));
    ngx_close_file(fd);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "conf_jwt_secret: cannot read \"%V\"", path);
        return NGX_ERROR;
    }

    if (n == sizeof(buf)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_jwt_secret: \"%V\" has more than %uz bytes",
                           path, sizeof(buf) - 1);
        return NGX_ERROR;
    }

    while (n > 0 && (buf[n - 1] == LF || buf[n - 1] == CR)) {
        n--;
    }

    secret->data = ngx_pnalloc(cf->pool, n + 1);
    if (secret->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(secret->data, buf, n);
    secret->len = n;
    ngx_explicit_memzero(buf, sizeof(buf));

    return NGX_OK;
}


char *
ngx_http_conference_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_loc_conf_t  *ccf = conf;

    u_char      *p;
    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (ccf->origins != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "same") == 0) {
        ccf->origins = NGX_HTTP_CONFERENCE_ORIGIN_SAME;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "any") == 0) {
        ccf->origins = NGX_HTTP_CONFERENCE_ORIGIN_ANY;
        return NGX_CONF_OK;
    }

    ccf->origins = NGX_HTTP_CONFERENCE_ORIGIN_LIST;
    ccf->origin_list = ngx_array_create(cf->pool, cf->args->nelts,
                                        sizeof(ngx_str_t));
    if (ccf->origin_list == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        p = (u_char *) ngx_strstr(value[i].data, "://");

        if (p == NULL || p == value[i].data || p[3] == '\0'
            || ngx_strchr(p + 3, '/') != NULL)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "conf_allowed_origins: \"%V\" is not "
                               "scheme://host[:port]", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(ccf->origin_list);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_conference_turn_uri(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_loc_conf_t  *ccf = conf;

    ngx_str_t   *value;
    conf_str_t  *uri;
    ngx_uint_t   i;

    if (ccf->turn_uris != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ccf->turn_uris = ngx_array_create(cf->pool, cf->args->nelts,
                                      sizeof(conf_str_t));
    if (ccf->turn_uris == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strncmp(value[i].data, "stun:", 5) != 0
            && ngx_strncmp(value[i].data, "stuns:", 6) != 0
            && ngx_strncmp(value[i].data, "turn:", 5) != 0
            && ngx_strncmp(value[i].data, "turns:", 6) != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "conf_turn_uri: \"%V\" is not a stun: or turn: "
                               "address", &value[i]);
            return NGX_CONF_ERROR;
        }

        uri = ngx_array_push(ccf->turn_uris);
        if (uri == NULL) {
            return NGX_CONF_ERROR;
        }

        *uri = ngx_http_conference_str(value[i]);
    }

    return NGX_CONF_OK;
}
