
/*
 * The shared zone on nginx's slab pool.  The pool's mutex is the lock of
 * shm/: the master releases it when a worker dies with it, and the root
 * tells the next holder that what it guards may be half done.
 */

#include "ngx_http_conference_module.h"

#include <openssl/rand.h>


#define NGX_HTTP_CONFERENCE_ZONE_MIN  (1024 * 1024)


static ngx_int_t ngx_http_conference_init_zone(ngx_shm_zone_t *zone,
    void *data);
static void *ngx_http_conference_zone_alloc(void *ctx, size_t size);
static void ngx_http_conference_zone_free(void *ctx, void *p);
static void ngx_http_conference_zone_lock(void *ctx);
static void ngx_http_conference_zone_unlock(void *ctx);
static void *ngx_http_conference_zone_reset(void *ctx, size_t size);
static size_t ngx_http_conference_zone_pages(void *ctx);
static int64_t ngx_http_conference_zone_now(void *ctx);
static void ngx_http_conference_zone_handle(ngx_shm_zone_t *zone,
    conf_shm_t *shm);


/* ctx is the slab pool: at one address in every process of the cycle. */

static conf_shm_ops_t  ngx_http_conference_zone_ops = {
    ngx_http_conference_zone_alloc,
    ngx_http_conference_zone_free,
    ngx_http_conference_zone_lock,
    ngx_http_conference_zone_unlock,
    ngx_http_conference_zone_reset,
    ngx_http_conference_zone_pages,
    ngx_http_conference_zone_now,
    NULL
};


char *
ngx_http_conference_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_conference_main_conf_t  *cmcf = conf;

    u_char      *p;
    ssize_t      size;
    ngx_str_t   *value, name, s;

    if (cmcf->zone != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    p = (u_char *) ngx_strchr(name.data, ':');
    if (p == NULL || p == name.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_zone: \"%V\" is not name:size", &value[1]);
        return NGX_CONF_ERROR;
    }

    name.len = p - name.data;
    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR || size < NGX_HTTP_CONFERENCE_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "conf_zone: size \"%V\" is wrong or less than 1m",
                           &s);
        return NGX_CONF_ERROR;
    }

    cmcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_conference_module);
    if (cmcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    cmcf->zone->init = ngx_http_conference_init_zone;
    cmcf->zone->data = cmcf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_conference_init_zone(ngx_shm_zone_t *zone, void *data)
{
    uint64_t          random[2];
    conf_shm_t        shm;
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_http_conference_zone_handle(zone, &shm);

    if (data != NULL || zone->shm.exists) {
        if (conf_shm_check(&shm) != CONF_OK) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "conf_zone \"%V\" was made by another version: "
                          "restart nginx, or upgrade its binary",
                          &zone->shm.name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    /* A full zone is reported by us, once for what it means. */

    shpool->log_nomem = 0;

    if (RAND_bytes((u_char *) random, sizeof(random)) != 1) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "conf_zone: no random bytes");
        return NGX_ERROR;
    }

    if (conf_shm_init(&shm, random[0] | 1, random[1]) != CONF_OK) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "conf_zone \"%V\" is too small", &zone->shm.name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_conference_zone_attach(ngx_http_conference_main_conf_t *cmcf,
    ngx_log_t *log)
{
    conf_env_t  *env = &cmcf->env;

    ngx_http_conference_zone_handle(cmcf->zone, &env->shm);

    env->generation = conf_shm_generation(&env->shm);

    if (conf_worker_attach(&env->shm, ngx_pid, &env->worker) != CONF_OK) {
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "conference: no room for this worker in the zone");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_conference_zone_detach(ngx_http_conference_main_conf_t *cmcf)
{
    conf_env_t  *env = &cmcf->env;

    while (conf_worker_detach(&env->shm, &env->worker,
                              conf_live_left, env)
           == CONF_OK)
    {
        /* void */
    }
}


static void
ngx_http_conference_zone_handle(ngx_shm_zone_t *zone, conf_shm_t *shm)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_http_conference_zone_ops.ctx = shpool;

    shm->root = (conf_shm_root_t **) &shpool->data;
    shm->ops = &ngx_http_conference_zone_ops;
    shm->pid = ngx_pid;
}


static void *
ngx_http_conference_zone_alloc(void *ctx, size_t size)
{
    return ngx_slab_alloc_locked(ctx, size);
}


static void
ngx_http_conference_zone_free(void *ctx, void *p)
{
    ngx_slab_free_locked(ctx, p);
}


static void
ngx_http_conference_zone_lock(void *ctx)
{
    ngx_slab_pool_t  *shpool = ctx;

    ngx_shmtx_lock(&shpool->mutex);
}


static void
ngx_http_conference_zone_unlock(void *ctx)
{
    ngx_slab_pool_t  *shpool = ctx;

    ngx_shmtx_unlock(&shpool->mutex);
}


/* Lays the pool out anew; its lock, which we hold, is not part of that. */

static void *
ngx_http_conference_zone_reset(void *ctx, size_t size)
{
    ngx_slab_pool_t  *shpool = ctx;

    ngx_slab_init(shpool);
    shpool->log_nomem = 0;

    return ngx_slab_alloc_locked(shpool, size);
}


static size_t
ngx_http_conference_zone_pages(void *ctx)
{
    ngx_slab_pool_t  *shpool = ctx;

    return shpool->pfree;
}


static int64_t
ngx_http_conference_zone_now(void *ctx)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}
