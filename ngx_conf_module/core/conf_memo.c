
#include "conf_memo.h"

#include <stdlib.h>


static conf_memo_t *conf_memo_slot(const conf_op_t *op, conf_cache_key_t key);


conf_rc_t
conf_memo_create(conf_env_t *env)
{
    size_t  i;

    env->memos = calloc(CONF_MEMOS, sizeof(conf_memo_t));
    if (env->memos == NULL) {
        return CONF_E_NOMEM;
    }

    for (i = 0; i < CONF_MEMOS; i++) {
        conf_buf_init(&env->memos[i].buf, CONF_MEMO_MAX);
    }

    return CONF_OK;
}


void
conf_memo_destroy(conf_env_t *env)
{
    size_t  i;

    for (i = 0; env->memos != NULL && i < CONF_MEMOS; i++) {
        conf_buf_free(&env->memos[i].buf);
    }

    free(env->memos);
    env->memos = NULL;
}


conf_memo_t *
conf_memo_find(const conf_op_t *op, conf_cache_key_t key,
    conf_cache_stamp_t *stamp)
{
    conf_memo_t  *memo;

    memo = conf_memo_slot(op, key);
    memset(stamp, 0, sizeof(conf_cache_stamp_t));

    if (memo->text.len != 0 && memo->row == op->row
        && memo->key.kind == key.kind && memo->key.room == key.room
        && memo->key.user == key.user)
    {
        *stamp = memo->stamp;
    }

    return conf_cache_same(&op->env->shm, key, stamp) ? memo : NULL;
}


conf_memo_t *
conf_memo_take(const conf_op_t *op, conf_cache_key_t key,
    conf_cache_stamp_t stamp, conf_list_t members, conf_list_t online)
{
    conf_memo_t  *memo;

    if (members.n > CONF_MEMO_MEMBERS) {
        return NULL;
    }

    memo = conf_memo_slot(op, key);

    memo->row = op->row;
    memo->key = key;
    memo->stamp = stamp;
    memo->text.len = 0;
    memo->members.n = members.n;
    memo->online.n = online.n;

    conf_buf_reset(&memo->buf);
    conf_buf_add(&memo->buf, members.items, members.n * sizeof(uint64_t));
    conf_buf_add(&memo->buf, online.items, online.n * sizeof(uint64_t));

    return conf_buf_ok(&memo->buf) == CONF_OK ? memo : NULL;
}


void
conf_memo_keep(conf_memo_t *memo, conf_str_t text)
{
    uint8_t  *p;

    conf_buf_str(&memo->buf, text);

    if (conf_buf_ok(&memo->buf) != CONF_OK) {
        return;
    }

    /* The ids come first: they are where malloc() aligns them. */

    p = memo->buf.data;
    memo->members.items = p;
    p += memo->members.n * sizeof(uint64_t);
    memo->online.items = p;
    p += memo->online.n * sizeof(uint64_t);
    memo->text.data = p;
    memo->text.len = text.len;
}


static conf_memo_t *
conf_memo_slot(const conf_op_t *op, conf_cache_key_t key)
{
    uint64_t  hash;

    hash = (uintptr_t) op->row / sizeof(conf_row_t) + key.room;

    return &op->env->memos[hash % CONF_MEMOS];
}


bool
conf_ids_have(conf_list_t list, uint64_t id)
{
    size_t           low, high, mid;
    const uint64_t  *ids = list.items;

    low = 0;
    high = list.n;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (ids[mid] < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return low < list.n && ids[low] == id;
}


bool
conf_ids_equal(conf_list_t a, conf_list_t b)
{
    return a.n == b.n
           && (a.n == 0
               || memcmp(a.items, b.items, a.n * sizeof(uint64_t)) == 0);
}
