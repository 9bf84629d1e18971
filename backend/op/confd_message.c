
#include "confd_meeting.h"
#include "confd_dedup.h"


#define CONFD_PAGE_MAX         1000
#define CONFD_PAGE_BYTES       (4 * 1024 * 1024)
#define CONFD_MESSAGE_BYTES    64       /* of a message but for its strings */
#define CONFD_SENDER_HASH      0x9e3779b97f4a7c15

/*
 * Who comes to a meeting and leaves it is logged as if it were a room of its
 * own: positions put both in one order, and a room's messages stay dense.
 */

#define CONFD_VISITS           ((uint64_t) 1 << 52)


/*
 * Who wrote the messages of a page, each looked up once: a hash table in the
 * arena that the page cannot fill.
 */

typedef struct {
    uint64_t          id;               /* 0: free */
    conf_str_t        name;
    conf_str_t        nickname;
    conf_str_t        avatar;
} confd_sender_t;

typedef struct {
    confd_sender_t   *slots;
    size_t            mask;
} confd_senders_t;

/* What is read of a page. */

typedef struct {
    uint64_t          room_id;
    uint64_t          epoch;
    uint64_t         *pos;              /* n, ascending */
    size_t            n;
    bool              forward;
    bool              older;            /* there are, than the first */
    confd_senders_t   senders;
} confd_page_t;


static conf_rc_t confd_message_member(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t actor, conf_store_member_t *member);
static conf_rc_t confd_message_append(confd_op_ctx_t *ctx,
    const conf_message_post_t *in, conf_message_t *out);
static conf_rc_t confd_message_get(confd_op_ctx_t *ctx, uint64_t pos,
    uint64_t room_id, conf_message_t *out);
static void confd_message_sender(const conf_user_t *user,
    conf_message_t *out);
static conf_rc_t confd_page_range(confd_op_ctx_t *ctx,
    const conf_message_list_t *in, uint64_t last, uint64_t *first, size_t *n);
static conf_rc_t confd_page_find(confd_op_ctx_t *ctx,
    const conf_message_list_t *in, uint64_t last, confd_page_t *page);
static conf_rc_t confd_page_visits(confd_op_ctx_t *ctx,
    const conf_message_list_t *in, uint64_t *count, confd_page_t *page);
static conf_rc_t confd_page_read(confd_op_ctx_t *ctx, confd_page_t *page,
    conf_list_t *out);
static conf_rc_t confd_senders_create(confd_op_ctx_t *ctx,
    confd_senders_t *senders, size_t n);
static conf_rc_t confd_senders_get(confd_op_ctx_t *ctx,
    confd_senders_t *senders, conf_message_t *message);


conf_rc_t
confd_op_message_post(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_message_post_t  *in = data;
    conf_message_t             *out = reply;

    uint64_t             pos, seq;
    conf_rc_t            rc;
    conf_user_t          user;
    conf_store_member_t  member;

    rc = confd_message_member(ctx, in->room_id, in->actor, &member);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_meeting_chat(ctx, in->room_id, in->actor, member.role);
    if (rc != CONF_OK) {
        return rc;
    }

    memset(&user, 0, sizeof(conf_user_t));

    if (in->actor != 0) {
        rc = confd_user_actor(ctx, in->actor, &user);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    rc = ctx->driver->log_head(ctx->txn, in->room_id, &out->epoch, &seq);
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
    }

    confd_message_sender(&user, out);

    rc = confd_dedup_find(ctx, in, &pos);

    if (rc == CONF_OK) {
        return confd_message_get(ctx, pos, in->room_id, out);
    }

    if (rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    rc = confd_message_append(ctx, in, out);
    if (rc != CONF_OK) {
        return rc;
    }

    confd_dedup_add(ctx, in, out->id);

    return confd_report_note(ctx, out->id);
}


/* An admin of the server is in every meeting as its host is. */

static conf_rc_t
confd_message_member(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t actor,
    conf_store_member_t *member)
{
    conf_rc_t  rc;

    rc = confd_member_load(ctx, room_id, actor, member);

    if (rc == CONF_E_NOT_MEMBER && confd_meeting_admin(ctx, room_id, actor)) {
        member->role = CONF_ROLE_OWNER;
        rc = CONF_OK;
    }

    return rc;
}


/*
 * Found when it is asked for: a mark that moved with each message would cost
 * the writer a page of its own.
 */

conf_rc_t
confd_message_mark(confd_op_ctx_t *ctx, const conf_room_t *room,
    uint64_t user_id, uint64_t *mark)
{
    size_t          got;
    uint64_t        first, pos[CONFD_MARK_MAX];
    conf_rc_t       rc;
    conf_message_t  message;

    if (*mark >= room->seq) {
        return CONF_OK;
    }

    first = *mark + 1;

    if (room->seq - *mark > CONFD_MARK_MAX) {
        first = room->seq - CONFD_MARK_MAX + 1;
    }

    rc = ctx->driver->log_range(ctx->txn, room->id, first, CONFD_MARK_MAX,
                                pos, &got);

    while (rc == CONF_OK && got != 0) {
        rc = confd_message_get(ctx, pos[--got], room->id, &message);

        if (rc == CONF_OK && message.user_id == user_id) {
            *mark = message.seq;
            break;
        }
    }

    return rc;
}


conf_rc_t
confd_op_message_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_message_list_t  *in = data;
    conf_messages_t            *out = reply;

    uint64_t             visits;
    conf_rc_t            rc;
    confd_page_t         page;
    conf_message_t      *message;
    conf_store_member_t  member;

    if (in->limit < 1 || in->limit > CONFD_PAGE_MAX
        || (in->visits && (in->forward || in->skip != 0)))
    {
        return CONF_E_INVALID;
    }

    rc = confd_message_member(ctx, in->room_id, in->actor, &member);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = ctx->driver->log_head(ctx->txn, in->room_id, &out->epoch,
                               &out->seq);
    if (rc != CONF_OK) {
        return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
    }

    if (in->forward && in->epoch != 0 && in->epoch != out->epoch) {
        return CONF_E_CONFLICT;
    }

    page.room_id = in->room_id;
    page.epoch = out->epoch;
    page.forward = in->forward;

    rc = confd_page_find(ctx, in, out->seq, &page);

    if (rc == CONF_OK && in->visits) {
        rc = confd_page_visits(ctx, in, &visits, &page);
        out->seq += visits;
    }

    if (rc != CONF_OK || page.n == 0) {
        return rc;
    }

    rc = confd_page_read(ctx, &page, &out->messages);
    if (rc != CONF_OK) {
        return rc;
    }

    message = out->messages.items;

    if (in->forward) {
        out->more = message[out->messages.n - 1].seq < out->seq;

    } else {
        out->more = page.older || out->messages.n < page.n;
    }

    return CONF_OK;
}


/* A room that has had none has no log of them yet. */

conf_rc_t
confd_message_visit(confd_op_ctx_t *ctx, uint64_t room_id, uint64_t user_id,
    bool came)
{
    uint64_t             epoch, seq;
    conf_rc_t            rc;
    conf_message_t       message;
    conf_message_post_t  visit;

    memset(&visit, 0, sizeof(conf_message_post_t));
    visit.room_id = room_id | CONFD_VISITS;
    visit.actor = user_id;
    visit.type = came ? conf_str("join") : conf_str("leave");

    rc = ctx->driver->log_head(ctx->txn, visit.room_id, &epoch, &seq);

    if (rc == CONF_E_NOT_FOUND) {
        rc = ctx->driver->log_create(ctx->txn, visit.room_id, 1);
    }

    return rc == CONF_OK ? confd_message_append(ctx, &visit, &message) : rc;
}


/* Only out's id and seq, and what is the message's own, are set here. */

static conf_rc_t
confd_message_append(confd_op_ctx_t *ctx, const conf_message_post_t *in,
    conf_message_t *out)
{
    conf_rc_t             rc;
    conf_buf_t            buf;
    conf_str_t            bytes;
    conf_store_message_t  record;

    record.time_ms = ctx->now_ms;
    record.user_id = in->actor;
    record.type = in->type;
    record.content = in->content;
    record.json = in->json;
    record.client_id = in->client_id;

    out->room_id = in->room_id;
    out->time_ms = ctx->now_ms;
    out->user_id = in->actor;
    out->type = in->type;
    out->content = in->content;
    out->json = in->json;
    out->client_id = in->client_id;

    conf_buf_init(&buf, 0);

    rc = conf_proto_pack(&buf, &conf_proto_store_message, &record);

    if (rc == CONF_OK) {
        bytes.data = buf.data;
        bytes.len = buf.len;

        rc = ctx->driver->log_append(ctx->txn, in->room_id, bytes, &out->id,
                                     &out->seq);
    }

    conf_buf_free(&buf);

    return rc == CONF_E_NOT_FOUND ? CONF_E_STORE_FAILED : rc;
}


/* A message or visit of this room; epoch and who it is of are the caller's. */

static conf_rc_t
confd_message_get(confd_op_ctx_t *ctx, uint64_t pos, uint64_t room_id,
    conf_message_t *out)
{
    conf_rc_t             rc;
    conf_str_t            bytes, copy;
    conf_store_message_t  record;

    rc = ctx->driver->log_get(ctx->txn, pos, &out->room_id, &out->seq,
                              &bytes);

    if (rc == CONF_OK && (out->room_id & CONFD_VISITS) != 0) {
        out->room_id &= ~CONFD_VISITS;
        out->seq = 0;
    }

    if (rc == CONF_E_NOT_FOUND || (rc == CONF_OK && out->room_id != room_id)) {
        return CONF_E_STORE_FAILED;
    }

    if (rc != CONF_OK) {
        return rc;
    }

    rc = conf_arena_str(ctx->arena, &copy, bytes);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_read(ctx, &conf_proto_store_message, copy, &record);
    if (rc != CONF_OK) {
        return rc;
    }

    out->id = pos;
    out->time_ms = record.time_ms;
    out->user_id = record.user_id;
    out->type = record.type;
    out->content = record.content;
    out->json = record.json;
    out->client_id = record.client_id;

    return CONF_OK;
}


static void
confd_message_sender(const conf_user_t *user, conf_message_t *out)
{
    out->user_name = user->name;
    out->user_nickname = user->nickname;
    out->user_avatar = user->avatar;
}


/* The seqs [first, first + n) that were asked for, last being the newest. */

static conf_rc_t
confd_page_range(confd_op_ctx_t *ctx, const conf_message_list_t *in,
    uint64_t last, uint64_t *first, size_t *n)
{
    conf_rc_t  rc;

    *first = 0;
    *n = 0;

    if (in->forward) {
        if (in->after_seq >= last) {
            return CONF_OK;
        }

        *first = in->after_seq + 1;
        *n = (size_t) conf_min(last - in->after_seq, in->limit);

        return CONF_OK;
    }

    if (in->before_id != 0) {
        rc = ctx->driver->log_seq_before(ctx->txn, in->room_id, in->before_id,
                                         &last);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    last = last > in->skip ? last - in->skip : 0;
    *n = (size_t) conf_min(last, in->limit);
    *first = last - *n + 1;

    return CONF_OK;
}


static conf_rc_t
confd_page_find(confd_op_ctx_t *ctx, const conf_message_list_t *in,
    uint64_t last, confd_page_t *page)
{
    size_t     n;
    uint64_t   first;
    conf_rc_t  rc;

    page->n = 0;
    page->older = false;

    rc = confd_page_range(ctx, in, last, &first, &n);
    if (rc != CONF_OK || n == 0) {
        return rc;
    }

    page->older = first > 1;

    page->pos = conf_arena_alloc(ctx->arena, n * sizeof(uint64_t));
    if (page->pos == NULL) {
        return CONF_E_NOMEM;
    }

    rc = ctx->driver->log_range(ctx->txn, in->room_id, first, n, page->pos,
                                &page->n);

    if (rc == CONF_E_NOT_FOUND || (rc == CONF_OK && page->n != n)) {
        return CONF_E_STORE_FAILED;
    }

    return rc;
}


/* The newest of both, and how many visits there are. */

static conf_rc_t
confd_page_visits(confd_op_ctx_t *ctx, const conf_message_list_t *in,
    uint64_t *count, confd_page_t *page)
{
    size_t                i, j, n;
    uint64_t              epoch, *pos;
    conf_rc_t             rc;
    confd_page_t          visits;
    conf_message_list_t   which;

    which = *in;
    which.room_id |= CONFD_VISITS;
    *count = 0;

    rc = ctx->driver->log_head(ctx->txn, which.room_id, &epoch, count);

    if (rc == CONF_OK) {
        rc = confd_page_find(ctx, &which, *count, &visits);
    }

    if (rc != CONF_OK || visits.n == 0) {
        return rc == CONF_E_NOT_FOUND ? CONF_OK : rc;
    }

    i = page->n;
    j = visits.n;
    n = conf_min(i + j, (size_t) in->limit);

    pos = conf_arena_alloc(ctx->arena, n * sizeof(uint64_t));
    if (pos == NULL) {
        return CONF_E_NOMEM;
    }

    for (page->n = n; n != 0; n--) {
        pos[n - 1] = j == 0 || (i != 0 && page->pos[i - 1] > visits.pos[j - 1])
                     ? page->pos[--i] : visits.pos[--j];
    }

    page->pos = pos;
    page->older = page->older || visits.older || i != 0 || j != 0;

    return CONF_OK;
}


/*
 * As many as fit CONFD_PAGE_BYTES, and one in any case, beginning at the end
 * of the page where its reader goes on.
 */

static conf_rc_t
confd_page_read(confd_op_ctx_t *ctx, confd_page_t *page, conf_list_t *out)
{
    size_t           i, at, bytes;
    conf_rc_t        rc;
    conf_message_t  *message, *m;

    message = conf_arena_calloc(ctx->arena, page->n * sizeof(conf_message_t));
    if (message == NULL) {
        return CONF_E_NOMEM;
    }

    rc = confd_senders_create(ctx, &page->senders, page->n);
    if (rc != CONF_OK) {
        return rc;
    }

    bytes = 0;

    for (i = 0; i < page->n; i++) {
        at = page->forward ? i : page->n - 1 - i;
        m = &message[at];

        rc = confd_message_get(ctx, page->pos[at], page->room_id, m);

        if (rc == CONF_OK) {
            rc = confd_senders_get(ctx, &page->senders, m);
        }

        if (rc != CONF_OK) {
            return rc;
        }

        m->epoch = page->epoch;

        bytes += CONFD_MESSAGE_BYTES + m->type.len + m->content.len
                 + m->client_id.len + m->user_name.len + m->user_nickname.len
                 + m->user_avatar.len;

        if (bytes > CONFD_PAGE_BYTES && i != 0) {
            break;
        }
    }

    out->items = page->forward ? message : &message[page->n - i];
    out->n = i;

    return CONF_OK;
}


static conf_rc_t
confd_senders_create(confd_op_ctx_t *ctx, confd_senders_t *senders, size_t n)
{
    size_t  size;

    for (size = 2; size < n * 2; size *= 2) { /* void */ }

    senders->mask = size - 1;
    senders->slots = conf_arena_calloc(ctx->arena,
                                       size * sizeof(confd_sender_t));

    return senders->slots != NULL ? CONF_OK : CONF_E_NOMEM;
}


/* Sets who wrote the message, as of now; the server has no name. */

static conf_rc_t
confd_senders_get(confd_op_ctx_t *ctx, confd_senders_t *senders,
    conf_message_t *message)
{
    size_t           i;
    conf_rc_t        rc;
    conf_user_t      user;
    confd_sender_t  *sender;

    if (message->user_id == 0) {
        return CONF_OK;
    }

    i = (size_t) (message->user_id * CONFD_SENDER_HASH >> 32);

    for ( ;; ) {
        sender = &senders->slots[i++ & senders->mask];

        if (sender->id == message->user_id) {
            break;
        }

        if (sender->id != 0) {
            continue;
        }

        rc = confd_user_load(ctx, message->user_id, &user);
        if (rc != CONF_OK) {
            return rc == CONF_E_USER_ABSENT ? CONF_E_STORE_FAILED : rc;
        }

        sender->id = user.id;
        sender->name = user.name;
        sender->nickname = user.nickname;
        sender->avatar = user.avatar;

        break;
    }

    message->user_name = sender->name;
    message->user_nickname = sender->nickname;
    message->user_avatar = sender->avatar;

    return CONF_OK;
}
