
/*
 * Entries are numbered in the order of the log and lie in chunks, the oldest
 * of which are given back as a whole.  The entries of a bucket are a chain
 * from the newest to the oldest; a number that is not (or no longer) between
 * the first and the end of all ends it, so that nothing has to be unlinked
 * when a chunk goes.  Numbers wrap, and a bucket may have been empty for so
 * long that its number lives again: then the entry is of another bucket, and
 * ends the chain as well.
 *
 * Buckets grow one at a time (linear hashing), since a table that is doubled
 * at once would keep every writer waiting.
 */

#include "confd_dedup.h"

#include <openssl/rand.h>
#include <stdlib.h>


#define CONFD_DEDUP_CHUNK       4096         /* entries, and heads of a page */
#define CONFD_DEDUP_MEMORY_MIN  (1024 * 1024)
#define CONFD_DEDUP_CHUNKS_MAX  (1 << 18)
#define CONFD_DEDUP_KEY_MAX     (16 + CONF_CLIENT_ID_MAX)
#define CONFD_DEDUP_SCRATCH     65536

#define CONFD_ROTL(x, b)        ((x) << (b) | (x) >> (64 - (b)))


typedef struct {
    uint64_t              pos;
    uint32_t              hash;
    uint32_t              older;             /* number of the chain's next */
} confd_dedup_entry_t;

typedef struct {
    int64_t               newest_ms;
    confd_dedup_entry_t   entries[CONFD_DEDUP_CHUNK];
} confd_dedup_chunk_t;

typedef struct {
    uint32_t              heads[CONFD_DEDUP_CHUNK];
} confd_dedup_page_t;

struct confd_dedup_s {
    bool                   loaded;
    uint64_t               key[2];           /* of the hash, random */

    uint32_t               first;            /* a chunk starts with it */
    uint32_t               end;              /* the next number */
    size_t                 nchunks;
    size_t                 chunks_max;
    size_t                 mask;
    confd_dedup_chunk_t  **chunks;           /* mask + 1, a ring */

    uint32_t               nbuckets;
    confd_dedup_page_t   **pages;            /* mask + 1 */
};


static conf_rc_t confd_dedup_start(confd_op_ctx_t *ctx, uint64_t *pos);
static conf_rc_t confd_dedup_time(confd_op_ctx_t *ctx, conf_arena_t *scratch,
    uint64_t *pos, int64_t *time_ms);
static conf_rc_t confd_dedup_scan(confd_op_ctx_t *ctx, uint64_t pos);
static conf_rc_t confd_dedup_record(confd_op_ctx_t *ctx, uint64_t pos,
    conf_arena_t *scratch);
static conf_rc_t confd_dedup_check(confd_op_ctx_t *ctx,
    const conf_message_post_t *in, uint64_t pos);
static conf_rc_t confd_dedup_reserve(confd_dedup_t *dedup);
static confd_dedup_chunk_t *confd_dedup_drop(confd_dedup_t *dedup);
static void confd_dedup_expire(confd_op_ctx_t *ctx);
static void confd_dedup_insert(confd_dedup_t *dedup, uint32_t hash,
    uint64_t pos, int64_t time_ms);
static void confd_dedup_split(confd_dedup_t *dedup);
static confd_dedup_entry_t *confd_dedup_entry(const confd_dedup_t *dedup,
    uint32_t number);
static uint32_t *confd_dedup_head(const confd_dedup_t *dedup,
    uint32_t bucket);
static uint32_t confd_dedup_bucket(const confd_dedup_t *dedup,
    uint32_t hash);
static uint32_t confd_dedup_hash(const confd_dedup_t *dedup,
    uint64_t room_id, uint64_t actor, conf_str_t client_id);
static void confd_dedup_round(uint64_t *v);
static uint64_t confd_dedup_sip(const uint64_t *key, const uint8_t *data,
    size_t len);


confd_dedup_t *
confd_dedup_create(size_t memory)
{
    size_t          n;
    confd_dedup_t  *dedup;

    dedup = calloc(1, sizeof(confd_dedup_t));
    if (dedup == NULL) {
        return NULL;
    }

    memory = conf_max(memory, CONFD_DEDUP_MEMORY_MIN);

    dedup->chunks_max = memory / (sizeof(confd_dedup_chunk_t)
                                  + sizeof(confd_dedup_page_t));
    dedup->chunks_max = conf_min(dedup->chunks_max, CONFD_DEDUP_CHUNKS_MAX);

    for (n = 1; n < dedup->chunks_max; n *= 2) { /* void */ }

    dedup->mask = n - 1;
    dedup->nbuckets = CONFD_DEDUP_CHUNK;
    dedup->chunks = calloc(n, sizeof(confd_dedup_chunk_t *));
    dedup->pages = calloc(n, sizeof(confd_dedup_page_t *));

    if (dedup->pages != NULL) {
        dedup->pages[0] = calloc(1, sizeof(confd_dedup_page_t));
    }

    /* A key that nobody knows: clients choose what is hashed. */

    if (dedup->chunks == NULL || dedup->pages == NULL
        || dedup->pages[0] == NULL
        || RAND_bytes((uint8_t *) dedup->key, sizeof(dedup->key)) != 1)
    {
        confd_dedup_destroy(dedup);
        return NULL;
    }

    return dedup;
}


void
confd_dedup_destroy(confd_dedup_t *dedup)
{
    size_t  i;

    if (dedup == NULL) {
        return;
    }

    for (i = 0; i <= dedup->mask; i++) {
        if (dedup->chunks != NULL) {
            free(dedup->chunks[i]);
        }

        if (dedup->pages != NULL) {
            free(dedup->pages[i]);
        }
    }

    free(dedup->chunks);
    free(dedup->pages);
    free(dedup);
}


size_t
confd_dedup_count(const confd_dedup_t *dedup)
{
    return dedup->end - dedup->first;
}


conf_rc_t
confd_dedup_load(confd_op_ctx_t *ctx)
{
    uint64_t   pos;
    conf_rc_t  rc;

    if (ctx->dedup->loaded || ctx->conf->dedup_ms == 0) {
        return CONF_OK;
    }

    rc = confd_dedup_start(ctx, &pos);

    if (rc == CONF_OK) {
        rc = confd_dedup_scan(ctx, pos);
    }

    /* After a failure the next one starts anew: entries twice do no harm. */

    ctx->dedup->loaded = rc == CONF_OK;

    return rc;
}


/* The first position that is young enough; times grow with positions. */

static conf_rc_t
confd_dedup_start(confd_op_ctx_t *ctx, uint64_t *pos)
{
    int64_t        time_ms;
    uint64_t       low, high, middle, at;
    conf_rc_t      rc;
    conf_arena_t  *scratch;

    scratch = conf_arena_create(CONFD_DEDUP_SCRATCH, 0);
    if (scratch == NULL) {
        return CONF_E_NOMEM;
    }

    low = 1;
    high = UINT64_MAX >> 1;

    do {
        middle = low + (high - low) / 2;
        at = middle;

        rc = confd_dedup_time(ctx, scratch, &at, &time_ms);

        if (rc == CONF_OK && ctx->now_ms - time_ms >= ctx->conf->dedup_ms) {
            low = at + 1;

        } else {
            high = middle;
        }

        conf_arena_reset(scratch);

    } while (low < high && (rc == CONF_OK || rc == CONF_E_NOT_FOUND));

    conf_arena_destroy(scratch);

    *pos = low;

    return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
}


/* When the first record not before *pos was stored. */

static conf_rc_t
confd_dedup_time(confd_op_ctx_t *ctx, conf_arena_t *scratch, uint64_t *pos,
    int64_t *time_ms)
{
    uint64_t              room, seq;
    conf_rc_t             rc;
    conf_str_t            key, value, bytes;
    confd_key_t           from;
    confd_cursor_t       *cursor;
    confd_key_reader_t    reader;
    conf_store_message_t  message;

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_LOG, conf_str(""),
                             confd_record_key(&from, *pos), false, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = ctx->driver->next(cursor, &key, &value);

    if (rc == CONF_OK) {
        confd_key_read(&reader, key);
        *pos = confd_key_read_u64(&reader);
    }

    ctx->driver->cursor_close(cursor);

    if (rc != CONF_OK) {
        return rc == CONF_DONE ? CONF_E_NOT_FOUND : rc;
    }

    rc = ctx->driver->log_get(ctx->txn, *pos, &room, &seq, &bytes);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = conf_proto_unpack(scratch, &conf_proto_store_message,
                           CONF_PROTO_RECORD, bytes, &message);

    *time_ms = message.time_ms;

    return rc == CONF_E_PROTOCOL ? CONF_E_STORE_FAILED : rc;
}


static conf_rc_t
confd_dedup_scan(confd_op_ctx_t *ctx, uint64_t pos)
{
    conf_rc_t            rc;
    conf_str_t           key, value;
    confd_key_t          from;
    conf_arena_t        *scratch;
    confd_cursor_t      *cursor;
    confd_key_reader_t   reader;

    scratch = conf_arena_create(CONFD_DEDUP_SCRATCH, 0);
    if (scratch == NULL) {
        return CONF_E_NOMEM;
    }

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_LOG, conf_str(""),
                             confd_record_key(&from, pos), false, &cursor);
    if (rc != CONF_OK) {
        conf_arena_destroy(scratch);
        return rc;
    }

    for ( ;; ) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        confd_key_read(&reader, key);

        rc = confd_dedup_record(ctx, confd_key_read_u64(&reader), scratch);
        if (rc != CONF_OK) {
            break;
        }

        conf_arena_reset(scratch);
    }

    ctx->driver->cursor_close(cursor);
    conf_arena_destroy(scratch);

    return rc == CONF_DONE ? CONF_OK : rc;
}


static conf_rc_t
confd_dedup_record(confd_op_ctx_t *ctx, uint64_t pos, conf_arena_t *scratch)
{
    uint64_t              room, seq;
    uint32_t              hash;
    conf_rc_t             rc;
    conf_str_t            bytes;
    conf_store_message_t  message;

    rc = ctx->driver->log_get(ctx->txn, pos, &room, &seq, &bytes);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = conf_proto_unpack(scratch, &conf_proto_store_message,
                           CONF_PROTO_RECORD, bytes, &message);

    if (rc != CONF_OK || message.client_id.len == 0) {
        return rc == CONF_E_PROTOCOL ? CONF_E_STORE_FAILED : rc;
    }

    rc = confd_dedup_reserve(ctx->dedup);

    if (rc == CONF_OK) {
        hash = confd_dedup_hash(ctx->dedup, room, message.user_id,
                                message.client_id);
        confd_dedup_insert(ctx->dedup, hash, pos, message.time_ms);
    }

    return rc;
}


conf_rc_t
confd_dedup_find(confd_op_ctx_t *ctx, const conf_message_post_t *in,
    uint64_t *pos)
{
    uint32_t              hash, bucket, number;
    conf_rc_t             rc;
    confd_dedup_t        *dedup;
    confd_dedup_entry_t  *entry;

    if (in->client_id.len == 0 || ctx->conf->dedup_ms == 0) {
        return CONF_E_NOT_FOUND;
    }

    rc = confd_dedup_load(ctx);
    if (rc != CONF_OK) {
        return rc;
    }

    dedup = ctx->dedup;

    confd_dedup_expire(ctx);

    hash = confd_dedup_hash(dedup, in->room_id, in->actor, in->client_id);
    bucket = confd_dedup_bucket(dedup, hash);
    number = *confd_dedup_head(dedup, bucket);

    for ( ;; ) {
        entry = confd_dedup_entry(dedup, number);

        if (entry == NULL
            || confd_dedup_bucket(dedup, entry->hash) != bucket)
        {
            break;
        }

        if (entry->hash == hash) {
            *pos = entry->pos;

            rc = confd_dedup_check(ctx, in, *pos);
            if (rc != CONF_E_NOT_FOUND) {
                return rc;
            }
        }

        number = entry->older;
    }

    rc = confd_dedup_reserve(dedup);

    return rc == CONF_OK ? CONF_E_NOT_FOUND : rc;
}


/* Whether the record there is what was looked for, and young enough. */

static conf_rc_t
confd_dedup_check(confd_op_ctx_t *ctx, const conf_message_post_t *in,
    uint64_t pos)
{
    uint64_t              room, seq;
    conf_rc_t             rc;
    conf_str_t            bytes;
    conf_store_message_t  message;

    rc = ctx->driver->log_get(ctx->txn, pos, &room, &seq, &bytes);
    if (rc != CONF_OK) {
        return rc;
    }

    if (room != in->room_id) {
        return CONF_E_NOT_FOUND;
    }

    rc = confd_record_read(ctx, &conf_proto_store_message, bytes, &message);
    if (rc != CONF_OK) {
        return rc;
    }

    return message.user_id == in->actor
           && conf_str_eq(message.client_id, in->client_id)
           && ctx->now_ms - message.time_ms < ctx->conf->dedup_ms
           ? CONF_OK : CONF_E_NOT_FOUND;
}


void
confd_dedup_add(confd_op_ctx_t *ctx, const conf_message_post_t *in,
    uint64_t pos)
{
    uint32_t  hash;

    if (in->client_id.len == 0 || ctx->conf->dedup_ms == 0) {
        return;
    }

    hash = confd_dedup_hash(ctx->dedup, in->room_id, in->actor,
                            in->client_id);

    confd_dedup_insert(ctx->dedup, hash, pos, ctx->now_ms);
}


/* Room for one more entry; what is oldest makes it when nothing else does. */

static conf_rc_t
confd_dedup_reserve(confd_dedup_t *dedup)
{
    confd_dedup_chunk_t  *chunk;

    if (dedup->end % CONFD_DEDUP_CHUNK != 0
        || dedup->nchunks * CONFD_DEDUP_CHUNK > confd_dedup_count(dedup))
    {
        return CONF_OK;
    }

    chunk = NULL;

    if (dedup->nchunks < dedup->chunks_max) {
        chunk = malloc(sizeof(confd_dedup_chunk_t));
    }

    if (chunk == NULL) {
        chunk = confd_dedup_drop(dedup);
    }

    if (chunk == NULL) {
        return CONF_E_NOMEM;
    }

    chunk->newest_ms = INT64_MIN;
    dedup->chunks[dedup->end / CONFD_DEDUP_CHUNK & dedup->mask] = chunk;
    dedup->nchunks++;

    return CONF_OK;
}


/* Takes the oldest chunk out; NULL when there is none. */

static confd_dedup_chunk_t *
confd_dedup_drop(confd_dedup_t *dedup)
{
    confd_dedup_chunk_t  **chunk, *oldest;

    if (dedup->nchunks == 0) {
        return NULL;
    }

    chunk = &dedup->chunks[dedup->first / CONFD_DEDUP_CHUNK & dedup->mask];
    oldest = *chunk;
    *chunk = NULL;

    dedup->nchunks--;
    dedup->first += CONFD_DEDUP_CHUNK;

    /* The newest one may not be full; its numbers are skipped. */

    if (dedup->nchunks == 0) {
        dedup->end = dedup->first;
    }

    return oldest;
}


/* Gives back what nobody can ask for any more. */

static void
confd_dedup_expire(confd_op_ctx_t *ctx)
{
    size_t          i, index;
    confd_dedup_t  *dedup;

    dedup = ctx->dedup;

    if (dedup->nchunks == 0) {
        return;
    }

    while (dedup->nchunks != 0) {
        index = dedup->first / CONFD_DEDUP_CHUNK & dedup->mask;

        if (ctx->now_ms - ctx->conf->dedup_ms
            < dedup->chunks[index]->newest_ms)
        {
            return;
        }

        free(confd_dedup_drop(dedup));
    }

    for (i = 1; i <= dedup->mask; i++) {
        free(dedup->pages[i]);
        dedup->pages[i] = NULL;
    }

    dedup->nbuckets = CONFD_DEDUP_CHUNK;
}


static void
confd_dedup_insert(confd_dedup_t *dedup, uint32_t hash, uint64_t pos,
    int64_t time_ms)
{
    uint32_t             *head;
    confd_dedup_chunk_t  *chunk;
    confd_dedup_entry_t  *entry;

    if (dedup->end - dedup->first >= dedup->nbuckets) {
        confd_dedup_split(dedup);
    }

    head = confd_dedup_head(dedup, confd_dedup_bucket(dedup, hash));

    chunk = dedup->chunks[dedup->end / CONFD_DEDUP_CHUNK & dedup->mask];
    chunk->newest_ms = conf_max(chunk->newest_ms, time_ms);

    entry = &chunk->entries[dedup->end % CONFD_DEDUP_CHUNK];
    entry->pos = pos;
    entry->hash = hash;
    entry->older = confd_dedup_entry(dedup, *head) != NULL ? *head
                                                           : dedup->first - 1;
    *head = dedup->end++;
}


/* One bucket more: it takes from one that is there what belongs to it. */

static void
confd_dedup_split(confd_dedup_t *dedup)
{
    size_t                page;
    uint32_t              low, number, *to, *from, *tail;
    confd_dedup_entry_t  *entry;

    page = dedup->nbuckets / CONFD_DEDUP_CHUNK;

    if (page > dedup->mask) {
        return;
    }

    /* Without memory chains are longer, that is all. */

    if (dedup->pages[page] == NULL) {
        dedup->pages[page] = malloc(sizeof(confd_dedup_page_t));

        if (dedup->pages[page] == NULL) {
            return;
        }
    }

    for (low = CONFD_DEDUP_CHUNK; low <= dedup->nbuckets / 2; low *= 2) {
        /* void */
    }

    from = confd_dedup_head(dedup, dedup->nbuckets - low);
    to = confd_dedup_head(dedup, dedup->nbuckets);
    number = *from;

    for ( ;; ) {
        entry = confd_dedup_entry(dedup, number);

        if (entry == NULL
            || confd_dedup_bucket(dedup, entry->hash)
               != dedup->nbuckets - low)
        {
            break;
        }

        tail = (entry->hash & low) != 0 ? to : from;
        *tail = number;

        if ((entry->hash & low) != 0) {
            to = &entry->older;

        } else {
            from = &entry->older;
        }

        number = entry->older;
    }

    /* One before the first ends a chain. */

    *from = dedup->first - 1;
    *to = dedup->first - 1;

    dedup->nbuckets++;
}


static confd_dedup_entry_t *
confd_dedup_entry(const confd_dedup_t *dedup, uint32_t number)
{
    if (number - dedup->first >= dedup->end - dedup->first) {
        return NULL;
    }

    return &dedup->chunks[number / CONFD_DEDUP_CHUNK & dedup->mask]
                ->entries[number % CONFD_DEDUP_CHUNK];
}


static uint32_t *
confd_dedup_head(const confd_dedup_t *dedup, uint32_t bucket)
{
    return &dedup->pages[bucket / CONFD_DEDUP_CHUNK]
                ->heads[bucket % CONFD_DEDUP_CHUNK];
}


/* By the least bits that make a bucket which is there already. */

static uint32_t
confd_dedup_bucket(const confd_dedup_t *dedup, uint32_t hash)
{
    uint32_t  mask;

    mask = UINT32_MAX >> __builtin_clz(dedup->nbuckets);

    if ((hash & mask) >= dedup->nbuckets) {
        mask >>= 1;
    }

    return hash & mask;
}


static uint32_t
confd_dedup_hash(const confd_dedup_t *dedup, uint64_t room_id,
    uint64_t actor, conf_str_t client_id)
{
    size_t   len;
    uint8_t  key[CONFD_DEDUP_KEY_MAX];

    len = conf_min(client_id.len, CONF_CLIENT_ID_MAX);

    memcpy(key, &room_id, 8);
    memcpy(key + 8, &actor, 8);

    if (len != 0) {
        memcpy(key + 16, client_id.data, len);
    }

    return (uint32_t) confd_dedup_sip(dedup->key, key, 16 + len);
}


static void
confd_dedup_round(uint64_t *v)
{
    v[0] += v[1];
    v[1] = CONFD_ROTL(v[1], 13) ^ v[0];
    v[0] = CONFD_ROTL(v[0], 32);
    v[2] += v[3];
    v[3] = CONFD_ROTL(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = CONFD_ROTL(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = CONFD_ROTL(v[1], 17) ^ v[2];
    v[2] = CONFD_ROTL(v[2], 32);
}


/* SipHash-1-3, by J.-P. Aumasson and D. J. Bernstein. */

static uint64_t
confd_dedup_sip(const uint64_t *key, const uint8_t *data, size_t len)
{
    size_t    i, n;
    uint64_t  v[4], m;

    v[0] = key[0] ^ UINT64_C(0x736f6d6570736575);
    v[1] = key[1] ^ UINT64_C(0x646f72616e646f6d);
    v[2] = key[0] ^ UINT64_C(0x6c7967656e657261);
    v[3] = key[1] ^ UINT64_C(0x7465646279746573);

    for (i = 0; i <= len / 8; i++) {
        n = conf_min(len - i * 8, 8);
        m = 0;

        if (n != 0) {
            memcpy(&m, data + i * 8, n);
        }

        if (n < 8) {
            m |= (uint64_t) len << 56;
        }

        v[3] ^= m;
        confd_dedup_round(v);
        v[0] ^= m;
    }

    v[2] ^= 0xff;

    for (i = 0; i < 3; i++) {
        confd_dedup_round(v);
    }

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
