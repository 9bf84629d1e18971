
#include "confd_lmdb_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <unistd.h>


#define CONFD_JOURNAL_MAGIC  UINT64_C(0x324c494154464e43)      /* CNFTAIL2 */
#define CONFD_JOURNAL_OLD    UINT64_C(0x314c494154464e43)      /* CNFTAIL1 */
#define CONFD_JOURNAL_MAX    (64 * 1024 * 1024)
#define CONFD_JOURNAL_BLOCK  4096
#define CONFD_JOURNAL_GROW   (1024 * 1024)
#define CONFD_JOURNAL_PRIME  UINT64_C(0x9e3779b97f4a7c15)


/* In the machine's own order, as all of LMDB's file. */

typedef struct {
    uint64_t  magic;
    uint64_t  stamp;
    uint64_t  number;
    uint64_t  pos;
    uint64_t  count;                 /* of records */
    uint64_t  len;                   /* of all items */
    uint64_t  base;                  /* an old one has none: its sum */
    uint64_t  sum;                   /* of all but itself */
} confd_journal_head_t;

/*
 * Its bytes follow, filled up to a multiple of 8.  An edit is a record whose
 * prev no record has: room is the commit that it follows, seq its space, how
 * long its key is and whether that was deleted; its bytes are the key and the
 * value.
 */

typedef struct {
    uint64_t  room;
    uint64_t  seq;
    uint64_t  prev;
    uint64_t  len;
} confd_journal_record_t;

#define CONFD_JOURNAL_EDIT   UINT64_MAX


static int confd_journal_file(confd_journal_t *journal, int dir,
    const char *name, bool direct);
static int confd_journal_store(confd_journal_t *journal);
static int confd_journal_room(confd_journal_t *journal, size_t len);
static int confd_journal_grow(confd_journal_t *journal);
static int confd_journal_put(const confd_journal_t *journal, size_t len,
    off_t at);
static bool confd_journal_cached(const confd_journal_t *journal);
static void confd_journal_bytes(confd_journal_t *journal,
    const confd_journal_record_t *record, conf_str_t a,
    const conf_str_t *b);
static conf_rc_t confd_journal_item(confd_journal_iter_t *iter,
    confd_journal_item_t *item);
static conf_rc_t confd_journal_batch(confd_journal_iter_t *iter);
static bool confd_journal_read(const confd_journal_iter_t *iter, void *data,
    size_t len, off_t at);
static uint64_t confd_journal_sum(const confd_journal_head_t *head,
    size_t size, const uint8_t *data);
static uint64_t confd_journal_mix(uint64_t sum, const uint8_t *data,
    size_t len);


int
confd_journal_open(confd_journal_t *journal, const char *path,
    const char *name, bool direct)
{
    int  dir, n, rc;

    memset(journal, 0, sizeof(confd_journal_t));
    journal->fd = -1;

    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir == -1) {
        return errno;
    }

    rc = confd_journal_file(journal, dir, name, direct);

    if (rc == EINVAL && direct) {

        /* Not all file systems can do without their cache. */

        rc = confd_journal_file(journal, dir, name, false);
    }

    (void) close(dir);

    if (rc != 0) {
        return rc;
    }

    /* What is not a whole number of blocks was cut short. */

    journal->size = lseek(journal->fd, 0, SEEK_END);
    if (journal->size == -1) {
        return errno;
    }

    journal->size -= journal->size % CONFD_JOURNAL_BLOCK;

    n = RAND_bytes((uint8_t *) &journal->stamp, sizeof(journal->stamp));

    return n == 1 ? 0 : EIO;
}


static int
confd_journal_file(confd_journal_t *journal, int dir, const char *name,
    bool direct)
{
    int  flags;

    flags = O_RDWR | O_CLOEXEC | (direct ? O_DIRECT : 0);

    journal->fd = openat(dir, name, flags);

    if (journal->fd != -1) {
        return 0;
    }

    if (errno != ENOENT) {
        return errno;
    }

    journal->fd = openat(dir, name, flags | O_CREAT, 0600);

    /* A name that a crash can take away would take the file with it. */

    return journal->fd == -1 || fsync(dir) == -1 ? errno : 0;
}


void
confd_journal_close(confd_journal_t *journal)
{
    conf_buf_free(&journal->buf);

    free(journal->block);
    journal->block = NULL;

    if (journal->fd != -1) {
        (void) close(journal->fd);
        journal->fd = -1;
    }
}


/*
 * Stamps only have to differ, and be unknown to who writes records: so the
 * first is random, and each is made of the one before.
 */

void
confd_journal_restart(confd_journal_t *journal)
{
    if (journal->number != 0 || journal->failed) {
        journal->stamp = confd_journal_mix(journal->stamp,
                                           (uint8_t *) &journal->number,
                                           sizeof(journal->number));
    }

    journal->failed = false;
    journal->number = 0;
    journal->end = 0;
}


void
confd_journal_start(confd_journal_t *journal, uint64_t pos, uint64_t base)
{
    confd_journal_head_t  head;

    memset(&head, 0, sizeof(confd_journal_head_t));

    journal->pos = pos;
    journal->base = base;
    journal->count = 0;

    conf_buf_reset(&journal->buf);
    conf_buf_add(&journal->buf, &head, sizeof(confd_journal_head_t));
}


void
confd_journal_add(confd_journal_t *journal, const confd_lmdb_place_t *place,
    conf_str_t bytes)
{
    confd_journal_record_t  record;

    static const conf_str_t  none = conf_null_string;

    record.room = place->room;
    record.seq = place->seq;
    record.prev = place->prev;
    record.len = bytes.len;

    confd_journal_bytes(journal, &record, bytes, &none);

    journal->count++;
}


void
confd_journal_edit(confd_journal_t *journal, unsigned space, conf_str_t key,
    const conf_str_t *value)
{
    confd_journal_record_t  record;

    static const conf_str_t  none = conf_null_string;

    record.room = journal->base;
    record.seq = (uint64_t) space << 32 | (uint64_t) key.len << 1
                 | (value == NULL);
    record.prev = CONFD_JOURNAL_EDIT;
    record.len = key.len + (value != NULL ? value->len : 0);

    confd_journal_bytes(journal, &record, key, value != NULL ? value : &none);
}


static void
confd_journal_bytes(confd_journal_t *journal,
    const confd_journal_record_t *record, conf_str_t a, const conf_str_t *b)
{
    conf_buf_t            *buf = &journal->buf;

    static const uint8_t   zeros[sizeof(uint64_t)];

    conf_buf_add(buf, record, sizeof(confd_journal_record_t));
    conf_buf_add(buf, a.data, a.len);
    conf_buf_add(buf, b->data, b->len);
    conf_buf_add(buf, zeros, -record->len % sizeof(uint64_t));
}


int
confd_journal_write(confd_journal_t *journal, bool sync)
{
    int                   rc;
    conf_buf_t           *buf;
    confd_journal_head_t  head;

    buf = &journal->buf;

    if (conf_buf_ok(buf) != CONF_OK) {
        return ENOMEM;
    }

    head.magic = CONFD_JOURNAL_MAGIC;
    head.stamp = journal->stamp;
    head.number = journal->number;
    head.pos = journal->pos;
    head.count = journal->count;
    head.len = buf->len - sizeof(confd_journal_head_t);
    head.base = journal->base;
    head.sum = confd_journal_sum(&head, offsetof(confd_journal_head_t, sum),
                                 buf->data + sizeof(confd_journal_head_t));

    memcpy(buf->data, &head, sizeof(confd_journal_head_t));

    rc = confd_journal_store(journal);

    if (rc == 0 && sync && fdatasync(journal->fd) == -1) {
        rc = errno;
    }

    if (rc != 0) {

        /* It may be there, or a part of it; what was before it has to be. */

        journal->failed = true;

        if (ftruncate(journal->fd, journal->end) == 0) {
            journal->size = journal->end;
        }

        return rc;
    }

    journal->end += (off_t) conf_align(buf->len, CONFD_JOURNAL_BLOCK);
    journal->number++;

    return 0;
}


static int
confd_journal_store(confd_journal_t *journal)
{
    int     rc;
    size_t  len;

    len = conf_align(journal->buf.len, CONFD_JOURNAL_BLOCK);

    while (journal->end + (off_t) len > journal->size) {
        rc = confd_journal_grow(journal);
        if (rc != 0) {
            return rc;
        }
    }

    rc = confd_journal_room(journal, len);
    if (rc != 0) {
        return rc;
    }

    memcpy(journal->block, journal->buf.data, journal->buf.len);
    memset(journal->block + journal->buf.len, 0, len - journal->buf.len);

    return confd_journal_put(journal, len, journal->end);
}


static int
confd_journal_room(confd_journal_t *journal, size_t len)
{
    void  *block;

    if (len <= journal->room) {
        return 0;
    }

    block = aligned_alloc(CONFD_JOURNAL_BLOCK, len);
    if (block == NULL) {
        return ENOMEM;
    }

    free(journal->block);
    journal->block = block;
    journal->room = len;

    return 0;
}


/*
 * Ahead, and with bytes in it: the sync of a file that becomes no longer has
 * no more to write than the batch.
 */

static int
confd_journal_grow(confd_journal_t *journal)
{
    int  rc;

    rc = confd_journal_room(journal, CONFD_JOURNAL_GROW);

    if (rc == 0) {
        memset(journal->block, 0, CONFD_JOURNAL_GROW);
        rc = confd_journal_put(journal, CONFD_JOURNAL_GROW, journal->size);
    }

    if (rc == 0) {
        journal->size += CONFD_JOURNAL_GROW;
    }

    return rc;
}


/* So much of the block. */

static int
confd_journal_put(const confd_journal_t *journal, size_t len, off_t at)
{
    int      rc;
    size_t   done;
    ssize_t  n;

    for (done = 0; done < len; done += (size_t) n) {
        n = pwrite(journal->fd, journal->block + done, len - done,
                   at + (off_t) done);

        if (n != -1) {
            continue;
        }

        rc = errno;

        if (rc != EINTR && (rc != EINVAL || !confd_journal_cached(journal))) {
            return rc;
        }

        n = 0;
    }

    return 0;
}


/* Some file systems tell only now, or want larger blocks; once. */

static bool
confd_journal_cached(const confd_journal_t *journal)
{
    int  flags;

    flags = fcntl(journal->fd, F_GETFL);

    return flags != -1 && (flags & O_DIRECT) != 0
           && fcntl(journal->fd, F_SETFL, flags & ~O_DIRECT) == 0;
}


conf_rc_t
confd_journal_begin(confd_journal_iter_t *iter, const char *path,
    const char *name, uint64_t last, uint64_t base)
{
    int  dir;

    memset(iter, 0, sizeof(confd_journal_iter_t));

    iter->fd = -1;
    iter->last = last;
    iter->base = base;

    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir != -1) {
        iter->fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        (void) close(dir);
    }

    return iter->fd != -1 ? CONF_OK : CONF_E_STORE_FAILED;
}


bool
confd_journal_follows(const char *path, const char *name, uint64_t base)
{
    conf_rc_t             rc;
    confd_journal_iter_t  iter;

    rc = confd_journal_begin(&iter, path, name, 0, base);

    if (rc == CONF_OK) {
        (void) confd_journal_batch(&iter);
    }

    confd_journal_end(&iter);

    return iter.number != 0;
}


/* What LMDB has is passed over. */

conf_rc_t
confd_journal_next(confd_journal_iter_t *iter, confd_journal_item_t *item)
{
    conf_rc_t  rc;

    for ( ;; ) {
        while (iter->left == 0) {
            rc = confd_journal_batch(iter);
            if (rc != CONF_OK) {
                return rc;
            }
        }

        rc = confd_journal_item(iter, item);
        if (rc != CONF_OK) {
            return rc;
        }

        if (item->space != 0 ? item->place.room == iter->base : iter->more) {
            return CONF_OK;
        }
    }
}


static conf_rc_t
confd_journal_item(confd_journal_iter_t *iter, confd_journal_item_t *item)
{
    size_t                  size, len;
    confd_journal_record_t  record;

    if (iter->left < sizeof(confd_journal_record_t)) {
        return CONF_E_STORE_FAILED;
    }

    memcpy(&record, iter->p, sizeof(confd_journal_record_t));

    iter->p += sizeof(confd_journal_record_t);
    iter->left -= sizeof(confd_journal_record_t);

    if (record.len > iter->left) {
        return CONF_E_STORE_FAILED;
    }

    /* A batch is a multiple of 8, so this does not pass its end. */

    size = conf_align((size_t) record.len, sizeof(uint64_t));

    memset(item, 0, sizeof(confd_journal_item_t));

    item->place.room = record.room;
    item->place.seq = record.seq;
    item->place.prev = record.prev;

    if (record.prev == CONFD_JOURNAL_EDIT) {
        item->space = (unsigned) (record.seq >> 32);
        item->deleted = (record.seq & 1) != 0;

        len = (size_t) (record.seq & UINT32_MAX) >> 1;

        if (item->space == 0 || len > record.len) {
            return CONF_E_STORE_FAILED;
        }

        item->key.data = iter->p;
        item->key.len = len;

    } else {
        item->place.pos = iter->pos++;
        len = 0;
    }

    item->bytes.data = iter->p + len;
    item->bytes.len = (size_t) record.len - len;

    iter->p += size;
    iter->left -= size;

    return CONF_OK;
}


static conf_rc_t
confd_journal_batch(confd_journal_iter_t *iter)
{
    size_t                 size;
    uint8_t               *p;
    uint64_t               sum;
    confd_journal_head_t   head;

    if (!confd_journal_read(iter, &head, sizeof(head), iter->at)) {
        return CONF_DONE;
    }

    sum = head.sum;
    size = sizeof(head);

    if (head.magic == CONFD_JOURNAL_OLD) {
        sum = head.base;
        size = offsetof(confd_journal_head_t, sum);
        head.base = iter->base;

    } else if (head.magic != CONFD_JOURNAL_MAGIC) {
        return CONF_DONE;
    }

    if (head.number != iter->number
        || (head.number != 0 && head.stamp != iter->stamp)
        || head.base != iter->base || head.len > CONFD_JOURNAL_MAX)
    {
        return CONF_DONE;
    }

    conf_buf_reset(&iter->buf);

    p = conf_buf_reserve(&iter->buf, (size_t) head.len);
    if (p == NULL) {
        return CONF_E_NOMEM;
    }

    if (!confd_journal_read(iter, p, (size_t) head.len,
                            iter->at + (off_t) size)
        || head.len % sizeof(uint64_t) != 0
        || confd_journal_sum(&head, size - sizeof(sum), p) != sum)
    {
        return CONF_DONE;
    }

    iter->buf.len = (size_t) head.len;
    iter->at += (off_t) conf_align(size + head.len, CONFD_JOURNAL_BLOCK);
    iter->stamp = head.stamp;
    iter->number++;

    /* Records of a batch are all new or all known, or it is not of this log. */

    iter->more = head.pos + head.count > iter->last + 1;

    if (head.count != 0 && iter->more) {
        if (head.pos != iter->last + 1) {
            return CONF_DONE;
        }

        iter->last += head.count;
    }

    iter->p = p;
    iter->left = iter->buf.len;
    iter->pos = head.pos;

    return CONF_OK;
}


void
confd_journal_end(confd_journal_iter_t *iter)
{
    conf_buf_free(&iter->buf);

    if (iter->fd != -1) {
        (void) close(iter->fd);
    }
}


static bool
confd_journal_read(const confd_journal_iter_t *iter, void *data, size_t len,
    off_t at)
{
    size_t    done;
    ssize_t   n;
    uint8_t  *p = data;

    for (done = 0; done < len; done += (size_t) n) {
        n = pread(iter->fd, p + done, len - done, at + (off_t) done);

        if (n == 0 || (n == -1 && errno != EINTR)) {
            return false;
        }

        n = conf_max(n, 0);
    }

    return true;
}


static uint64_t
confd_journal_sum(const confd_journal_head_t *head, size_t size,
    const uint8_t *data)
{
    uint64_t  sum;

    sum = confd_journal_mix(head->magic, (const uint8_t *) head, size);

    return confd_journal_mix(sum, data, (size_t) head->len);
}


/* Of words; one that is torn or old is found, who means harm is not. */

static uint64_t
confd_journal_mix(uint64_t sum, const uint8_t *data, size_t len)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, data + i, sizeof(word));

        sum = (sum ^ word) * CONFD_JOURNAL_PRIME;
        sum ^= sum >> 29;
    }

    return sum;
}
