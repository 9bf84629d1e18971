
/*
 * Files: uploads streamed to disk, downloads from it.
 *
 * nginx has put the body into a temporary file.  A thread of the pool takes
 * the one file out of the multipart body and lays it, synced, under a random
 * name; the event loop never touches the disk.  Only then is confd asked to
 * remember it.  A file whose record was refused is removed again.
 */

#include "ngx_http_conference_module.h"

#include "conf_multipart.h"
#include "conf_verb.h"


#define NGX_HTTP_CONFERENCE_FILE_WAIT    60000    /* ms, then a warning */
#define NGX_HTTP_CONFERENCE_FILE_READ    65536
#define NGX_HTTP_CONFERENCE_FILE_HEAD    512      /* bytes that tell a type */
#define NGX_HTTP_CONFERENCE_FILE_VALUE   1024     /* of a form's other parts */
#define NGX_HTTP_CONFERENCE_FILE_VALUES  8
#define NGX_HTTP_CONFERENCE_FILE_RANDOM  16       /* bytes of a name */


typedef struct {
    u_char       name[64];
    size_t       name_len;
    u_char       data[NGX_HTTP_CONFERENCE_FILE_VALUE];
    size_t       len;
} ngx_http_conference_value_t;

/*
 * What the thread works on.  It is the thread's alone from the post of the
 * task to its completion; nginx keeps the request for that time (aio).
 */

typedef struct {
    ngx_http_conference_ctx_t   *ctx;
    ngx_thread_task_t           *task;
    conf_multipart_t             multipart;
    ngx_fd_t                     body;
    off_t                        body_size;
    ngx_str_t                    dir;

    ngx_fd_t                     fd;
    u_char                       path[NGX_MAX_PATH];
    u_char                       temp[NGX_MAX_PATH];
    u_char                       name[CONF_FILE_NAME_MAX];
    size_t                       name_len;
    u_char                       title[CONF_NAME_MAX];
    size_t                       title_len;
    u_char                       head[NGX_HTTP_CONFERENCE_FILE_HEAD];
    size_t                       head_len;
    off_t                        size;
    const conf_file_type_t      *type;

    ngx_http_conference_value_t  values[NGX_HTTP_CONFERENCE_FILE_VALUES];
    ngx_uint_t                   nvalues;
    unsigned                     in_file:1;
    unsigned                     has_file:1;
    unsigned                     stored:1;      /* lies under its name */
    unsigned                     kept:1;        /* confd knows it */
    unsigned                     running:1;     /* the thread has it */
    unsigned                     abandoned:1;   /* the request has ended */

    conf_rc_t                    rc;
    ngx_err_t                    err;
} ngx_http_conference_upload_t;


static void ngx_http_conference_upload_thread(void *data, ngx_log_t *log);
static conf_rc_t ngx_http_conference_upload_parse(
    ngx_http_conference_upload_t *up, u_char *buf);
static conf_rc_t ngx_http_conference_upload_store(
    ngx_http_conference_upload_t *up);
static conf_rc_t ngx_http_conference_upload_part(void *data,
    const conf_multipart_part_t *part);
static conf_rc_t ngx_http_conference_upload_bytes(void *data,
    conf_str_t bytes);
static conf_rc_t ngx_http_conference_upload_part_end(void *data);
static void ngx_http_conference_upload_done(ngx_event_t *ev);
static conf_rc_t ngx_http_conference_upload_input(
    ngx_http_conference_upload_t *up);
static void ngx_http_conference_upload_finish(conf_op_t *op);
static void ngx_http_conference_upload_replace(
    ngx_http_conference_upload_t *up, const conf_upload_in_t *in);
static void ngx_http_conference_upload_drop(ngx_http_conference_upload_t *up);
static ngx_int_t ngx_http_conference_disposition(ngx_http_request_t *r,
    const conf_file_t *file);


static const conf_multipart_handler_t  ngx_http_conference_upload_parts = {
    ngx_http_conference_upload_part,
    ngx_http_conference_upload_bytes,
    ngx_http_conference_upload_part_end
};


void
ngx_http_conference_upload(ngx_http_conference_ctx_t *ctx)
{
    u_char                         random[NGX_HTTP_CONFERENCE_FILE_RANDOM];
    conf_str_t                     type = conf_null_string;
    ngx_thread_task_t             *task;
    ngx_http_request_t            *r = ctx->request;
    ngx_http_conference_upload_t  *up;

    if (ctx->conf->files == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "conference: uploads need conf_files");
        ctx->op.rc = CONF_E_INTERNAL;
        ngx_http_conference_answer(ctx);
        return;
    }

    task = ngx_thread_task_alloc(r->pool,
                                 sizeof(ngx_http_conference_upload_t));
    if (task == NULL) {
        ctx->op.rc = CONF_E_NOMEM;
        ngx_http_conference_answer(ctx);
        return;
    }

    up = task->ctx;
    ngx_memzero(up, sizeof(ngx_http_conference_upload_t));
    up->ctx = ctx;
    up->task = task;
    up->fd = NGX_INVALID_FILE;
    up->dir = ctx->conf->files->name;

    /* While confd is away no file could be made known: none is stored. */

    if (!ngx_http_conference_rpc_up(ngx_http_conference_worker->rpc)) {
        ctx->op.rc = CONF_E_BACKEND_DOWN;
        ngx_http_conference_answer(ctx);
        return;
    }

    if (r->headers_in.content_type != NULL) {
        type = ngx_http_conference_str(r->headers_in.content_type->value);
    }

    if (conf_multipart_init(&up->multipart, type,
                            &ngx_http_conference_upload_parts, up)
        != CONF_OK
        || r->request_body == NULL || r->request_body->temp_file == NULL)
    {
        ctx->op.rc = CONF_E_BAD_REQUEST;
        ngx_http_conference_answer(ctx);
        return;
    }

    ctx->op.env->random(ctx->op.env, random, sizeof(random));
    up->name_len = ngx_hex_dump(up->name, random, sizeof(random)) - up->name;

    up->body = r->request_body->temp_file->file.fd;
    up->body_size = r->request_body->temp_file->file.offset;

    task->handler = ngx_http_conference_upload_thread;
    task->event.handler = ngx_http_conference_upload_done;
    task->event.data = up;
    task->event.log = r->connection->log;

    ctx->upload = up;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (ngx_thread_task_post(ctx->conf->thread_pool, task) != NGX_OK) {
        ctx->op.rc = CONF_E_BACKEND_BUSY;
        ngx_http_conference_answer(ctx);
        return;
    }

    /* The request must not go while the thread reads its body. */

    up->running = 1;
    r->main->blocked++;
    r->aio = 1;

    /* A worker that is being replaced waits for timers, not for threads. */

    ngx_add_timer(&task->event, NGX_HTTP_CONFERENCE_FILE_WAIT);
}


/* In a thread of the pool. */

static void
ngx_http_conference_upload_thread(void *data, ngx_log_t *log)
{
    u_char                        *buf;
    ngx_http_conference_upload_t  *up = data;

    buf = ngx_alloc(NGX_HTTP_CONFERENCE_FILE_READ, log);
    if (buf == NULL) {
        up->rc = CONF_E_NOMEM;
        return;
    }

    up->rc = ngx_http_conference_upload_parse(up, buf);
    ngx_free(buf);

    if (up->rc == CONF_OK) {
        up->rc = ngx_http_conference_upload_store(up);
    }

    if (up->fd != NGX_INVALID_FILE) {
        (void) close(up->fd);
        up->fd = NGX_INVALID_FILE;
    }

    if (!up->stored && up->temp[0] != '\0') {
        (void) unlink((char *) up->temp);
    }
}


static conf_rc_t
ngx_http_conference_upload_parse(ngx_http_conference_upload_t *up,
    u_char *buf)
{
    off_t      pos;
    ssize_t    n;
    conf_rc_t  rc;

    for (pos = 0; pos < up->body_size; pos += n) {
        n = pread(up->body, buf, NGX_HTTP_CONFERENCE_FILE_READ, pos);

        if (n <= 0) {
            up->err = ngx_errno;
            return CONF_E_STORE_FAILED;
        }

        rc = conf_multipart_feed(&up->multipart,
                                 (conf_str_t) { (size_t) n, buf });
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = conf_multipart_end(&up->multipart);
    if (rc != CONF_OK) {
        return rc;
    }

    return up->has_file && up->size != 0 ? CONF_OK : CONF_E_BAD_REQUEST;
}


/* Synced, then renamed: what has a name is whole. */

static conf_rc_t
ngx_http_conference_upload_store(ngx_http_conference_upload_t *up)
{
    int      fd;
    u_char  *p;

    up->type = conf_file_type((conf_str_t) { up->head_len, up->head });

    p = ngx_cpymem(up->name + up->name_len, up->type->extension.data,
                   up->type->extension.len);
    up->name_len = p - up->name;

    (void) ngx_snprintf(up->path, NGX_MAX_PATH - 1, "%V/%*s%Z", &up->dir,
                        up->name_len, up->name);

    if (fsync(up->fd) == -1
        || rename((char *) up->temp, (char *) up->path) == -1)
    {
        up->err = ngx_errno;
        return up->err == NGX_ENOSPC ? CONF_E_STORE_FULL
                                     : CONF_E_STORE_FAILED;
    }

    up->stored = 1;

    /* The name itself is durable when the directory is. */

    p = ngx_cpymem(up->temp, up->dir.data, up->dir.len);
    *p = '\0';

    fd = open((char *) up->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd != -1) {
        (void) fsync(fd);
        (void) close(fd);
    }

    return CONF_OK;
}


static conf_rc_t
ngx_http_conference_upload_part(void *data, const conf_multipart_part_t *part)
{
    ngx_http_conference_value_t   *value;
    ngx_http_conference_upload_t  *up = data;

    up->in_file = part->has_filename;

    if (part->has_filename) {
        if (up->has_file) {
            return CONF_E_BAD_REQUEST;
        }

        up->has_file = 1;
        up->title_len = ngx_min(part->filename.len, sizeof(up->title));

        /* Not in the middle of a character. */

        while (up->title_len < part->filename.len && up->title_len != 0
               && (part->filename.data[up->title_len] & 0xc0) == 0x80)
        {
            up->title_len--;
        }

        ngx_memcpy(up->title, part->filename.data, up->title_len);

        (void) ngx_snprintf(up->temp, NGX_MAX_PATH - 1, "%V/.%*s%Z",
                            &up->dir, up->name_len, up->name);

        up->fd = open((char *) up->temp,
                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

        if (up->fd == NGX_INVALID_FILE) {
            up->err = ngx_errno;
            up->temp[0] = '\0';
            return up->err == NGX_ENOSPC ? CONF_E_STORE_FULL
                                         : CONF_E_STORE_FAILED;
        }

        return CONF_OK;
    }

    if (up->nvalues == NGX_HTTP_CONFERENCE_FILE_VALUES
        || part->name.len > sizeof(value->name))
    {
        return CONF_E_BAD_REQUEST;
    }

    value = &up->values[up->nvalues++];
    value->len = 0;
    value->name_len = part->name.len;
    ngx_memcpy(value->name, part->name.data, part->name.len);

    return CONF_OK;
}


static conf_rc_t
ngx_http_conference_upload_bytes(void *data, conf_str_t bytes)
{
    size_t                         n;
    ssize_t                        written;
    ngx_http_conference_value_t   *value;
    ngx_http_conference_upload_t  *up = data;

    if (!up->in_file) {
        value = &up->values[up->nvalues - 1];

        if (bytes.len > sizeof(value->data) - value->len) {
            return CONF_E_TOO_LARGE;
        }

        ngx_memcpy(value->data + value->len, bytes.data, bytes.len);
        value->len += bytes.len;

        return CONF_OK;
    }

    n = ngx_min(bytes.len, sizeof(up->head) - up->head_len);
    ngx_memcpy(up->head + up->head_len, bytes.data, n);
    up->head_len += n;

    while (bytes.len != 0) {
        written = write(up->fd, bytes.data, bytes.len);

        if (written == -1) {
            up->err = ngx_errno;
            return up->err == NGX_ENOSPC ? CONF_E_STORE_FULL
                                         : CONF_E_STORE_FAILED;
        }

        bytes.data += written;
        bytes.len -= written;
        up->size += written;
    }

    return CONF_OK;
}


static conf_rc_t
ngx_http_conference_upload_part_end(void *data)
{
    ngx_http_conference_upload_t  *up = data;

    up->in_file = 0;

    return CONF_OK;
}


/* Back in the event loop. */

static void
ngx_http_conference_upload_done(ngx_event_t *ev)
{
    ngx_connection_t              *c;
    ngx_http_request_t            *r;
    ngx_http_conference_ctx_t     *ctx;
    ngx_http_conference_upload_t  *up = ev->data;

    ctx = up->ctx;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_CONFERENCE_FILE_WAIT);
        ngx_log_error(NGX_LOG_WARN, c->log, 0,
                      "conference: upload to \"%V\" takes long", &up->dir);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    r->main->blocked--;
    r->aio = 0;

    if (up->err != 0) {
        ngx_log_error(NGX_LOG_ERR, c->log, up->err,
                      "conference: upload to \"%V\" failed", &up->dir);
    }

    up->running = 0;

    if (up->abandoned) {

        /* The client left while the thread worked: only nginx is waiting. */

        ngx_http_conference_upload_drop(up);
        r->write_event_handler(r);
        ngx_http_run_posted_requests(c);
        return;
    }

    if (up->rc == CONF_OK) {
        up->rc = ngx_http_conference_upload_input(up);
    }

    if (up->rc != CONF_OK) {
        ctx->op.rc = up->rc;
        ngx_http_conference_answer(ctx);
        return;
    }

    /* Once asked, confd may know of it, whether we hear the answer or not. */

    up->kept = 1;
    ctx->op.finish = ngx_http_conference_upload_finish;
    conf_op_run(&ctx->op);
}


static conf_rc_t
ngx_http_conference_upload_input(ngx_http_conference_upload_t *up)
{
    u_char                     *p;
    size_t                      len;
    conf_rc_t                   rc;
    conf_op_t                  *op = &up->ctx->op;
    const char                 *base;
    ngx_uint_t                  i;
    const conf_schema_t        *schema;
    conf_upload_in_t           *in;

    schema = op->row->schema;

    in = conf_arena_calloc(op->arena, schema->size);
    if (in == NULL) {
        return CONF_E_NOMEM;
    }

    op->in = in;

    for (i = 0; i < up->nvalues; i++) {
        rc = conf_schema_set(schema, op->arena,
                             (conf_str_t) { up->values[i].name_len,
                                            up->values[i].name },
                             (conf_str_t) { up->values[i].len,
                                            up->values[i].data },
                             in, &op->error);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = conf_schema_end(schema, in, &op->error);
    if (rc != CONF_OK) {
        return rc;
    }

    in->file.name.data = up->name;
    in->file.name.len = up->name_len;
    in->file.title.data = up->title;
    in->file.title.len = up->title_len;
    in->file.type = up->type->type;
    in->file.size = (uint64_t) up->size;
    in->extension = up->type->extension;
    in->image = up->type->image;

    /* Where this location serves it: the row says below which path. */

    base = op->row->fixed;
    len = up->ctx->conf->prefix.len + ngx_strlen(base) + up->name_len;

    p = conf_arena_alloc(op->arena, len);
    if (p == NULL) {
        return CONF_E_NOMEM;
    }

    in->url.data = p;
    in->url.len = len;

    p = ngx_cpymem(p, up->ctx->conf->prefix.data, up->ctx->conf->prefix.len);
    p = ngx_cpymem(p, base, ngx_strlen(base));
    ngx_memcpy(p, up->name, up->name_len);

    return CONF_OK;
}


static void
ngx_http_conference_upload_finish(conf_op_t *op)
{
    ngx_http_conference_ctx_t     *ctx = op->owner;
    ngx_http_conference_upload_t  *up = ctx->upload;

    /* A refused file has no record; an unsure one may have: it stays. */

    up->kept = op->rc == CONF_OK || op->rc == CONF_E_BACKEND_DOWN
               || op->rc == CONF_E_BACKEND_TIMEOUT;

    if (op->rc == CONF_OK) {
        ngx_http_conference_upload_replace(up, op->in);
    }

    ngx_http_conference_answer(ctx);
}


/* Its bytes go when nobody reads them any more. */

static void
ngx_http_conference_upload_replace(ngx_http_conference_upload_t *up,
    const conf_upload_in_t *in)
{
    u_char  path[NGX_MAX_PATH];

    if (in->replaced.len == 0) {
        return;
    }

    (void) ngx_snprintf(path, NGX_MAX_PATH - 1, "%V/%*s%Z", &up->dir,
                        in->replaced.len, in->replaced.data);

    (void) unlink((char *) path);
}


void
ngx_http_conference_upload_end(ngx_http_conference_ctx_t *ctx)
{
    ngx_http_conference_upload_t  *up = ctx->upload;

    ctx->upload = NULL;

    if (up->running) {
        up->abandoned = 1;
        return;
    }

    ngx_http_conference_upload_drop(up);
}


static void
ngx_http_conference_upload_drop(ngx_http_conference_upload_t *up)
{
    if (up->stored && !up->kept) {
        (void) unlink((char *) up->path);
    }
}


/*
 * As the static module does it, with what the record says: type by content,
 * in place only what no browser runs, never to be guessed at.
 */

ngx_int_t
ngx_http_conference_send_file(ngx_http_conference_ctx_t *ctx,
    const conf_file_t *file)
{
    ngx_int_t                  rc;
    ngx_buf_t                 *b;
    ngx_str_t                  path, value;
    ngx_chain_t                out;
    ngx_open_file_info_t       of;
    ngx_http_request_t        *r = ctx->request;
    ngx_http_core_loc_conf_t  *clcf;

    if (ctx->conf->files == NULL) {
        return NGX_DECLINED;
    }

    path.len = ctx->conf->files->name.len + 1 + file->name.len;
    path.data = ngx_pnalloc(r->pool, path.len + 1);
    if (path.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_sprintf(path.data, "%V/%*s%Z", &ctx->conf->files->name,
                       file->name.len, file->name.data);

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_memzero(&of, sizeof(ngx_open_file_info_t));
    of.read_ahead = clcf->read_ahead;
    of.directio = clcf->directio;
    of.valid = clcf->open_file_cache_valid;
    of.min_uses = clcf->open_file_cache_min_uses;
    of.errors = clcf->open_file_cache_errors;
    of.events = clcf->open_file_cache_events;

    if (ngx_open_cached_file(clcf->open_file_cache, &path, &of, r->pool)
        != NGX_OK
        || !of.is_file)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, of.err,
                      "conference: \"%V\" is known but not there", &path);
        return NGX_DECLINED;
    }

    value.data = ngx_pnalloc(r->pool, file->type.len);
    if (value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.len = file->type.len;
    ngx_memcpy(value.data, file->type.data, file->type.len);

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = of.size;
    r->headers_out.last_modified_time = of.mtime;
    r->headers_out.content_type = value;
    r->headers_out.content_type_len = value.len;
    r->headers_out.content_type_lowcase = NULL;
    r->allow_ranges = 1;

    if (ngx_http_conference_disposition(r, file) != NGX_OK
        || ngx_http_set_etag(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));
    if (b->file == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->file_pos = 0;
    b->file_last = of.size;
    b->in_file = b->file_last ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    b->file->fd = of.fd;
    b->file->name = path;
    b->file->log = r->connection->log;
    b->file->directio = of.is_directio;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_conference_disposition(ngx_http_request_t *r,
    const conf_file_t *file)
{
    u_char                  *p;
    ngx_str_t                value;
    ngx_uint_t               i, n, safe;
    const conf_file_type_t  *type;

    static struct {
        const char  *name;
        const char  *value;
    } headers[] = {
        { "X-Content-Type-Options", "nosniff" },
        { "Content-Security-Policy", "default-src 'none'; sandbox" },
        { "Cache-Control", "private, max-age=86400" }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        value.data = (u_char *) headers[i].value;
        value.len = ngx_strlen(headers[i].value);

        if (ngx_http_conference_header(r, headers[i].name, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    type = conf_file_type_named(file->type);
    safe = type != NULL && type->inline_safe;

    if (safe && file->title.len == 0) {
        return NGX_OK;
    }

    /* RFC 6266 and RFC 8187: the title percent-encoded as UTF-8. */

    n = ngx_escape_uri(NULL, (u_char *) file->title.data, file->title.len,
                       NGX_ESCAPE_URI_COMPONENT);

    value.data = ngx_pnalloc(r->pool, sizeof("attachment; filename*=UTF-8''")
                                      + file->title.len + n * 2);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value.data, "%s", safe ? "inline" : "attachment");

    if (file->title.len != 0) {
        p = ngx_sprintf(p, "; filename*=UTF-8''");
        p = (u_char *) ngx_escape_uri(p, (u_char *) file->title.data,
                                      file->title.len,
                                      NGX_ESCAPE_URI_COMPONENT);
    }

    value.len = p - value.data;

    return ngx_http_conference_header(r, "Content-Disposition", value);
}
