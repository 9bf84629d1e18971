
#include "confd_record.h"

#include <stdlib.h>
#include <time.h>


#define CONFD_SEARCH_LIMIT     100
#define CONFD_DAY_MS           86400000
#define CONFD_DAYS_MAX         31
#define CONFD_ZONE_MAX_S       86400
#define CONFD_FRIEND_IDS       1000
#define CONFD_DATE_LEN         (sizeof("2024-05-07") - 1)


/* Which users, of which page of them. */

typedef struct {
    conf_str_t     keyword;
    uint32_t       statuses;            /* bits 1 << conf_user_status_e */
    uint32_t       page;                /* from 1 */
    uint32_t       limit;
    bool           email;               /* search it, too */
    bool           newest;              /* first */
} confd_search_t;

/* The days of a report: day i is what lies between pos[i] and pos[i + 1]. */

typedef struct {
    size_t         n;
    int64_t        first;               /* days since 1970, local */
    uint64_t       pos[CONFD_DAYS_MAX + 1];
    uint64_t       count[CONFD_DAYS_MAX];
} confd_days_t;


static conf_rc_t confd_search_run(confd_op_ctx_t *ctx,
    const confd_search_t *search, conf_users_t *out);
static bool confd_search_match(const confd_search_t *search,
    const conf_user_t *user);
static uint8_t confd_search_fold(uint8_t c);
static conf_rc_t confd_search_add(confd_op_ctx_t *ctx, conf_str_t value,
    conf_user_t *user);
static conf_rc_t confd_stats_rooms(confd_op_ctx_t *ctx, uint64_t user_id,
    const conf_list_t *rooms, confd_days_t *days, conf_stats_t *out);
static conf_rc_t confd_stats_friends(confd_op_ctx_t *ctx, uint64_t user_id,
    const conf_list_t *ids, conf_stats_t *out);
static conf_rc_t confd_stats_others(confd_op_ctx_t *ctx,
    const conf_list_t *ids, conf_list_t *all);
static int confd_stats_compare(const void *one, const void *two);
static conf_rc_t confd_days_init(confd_op_ctx_t *ctx,
    const conf_user_stats_t *in, confd_days_t *days);
static conf_rc_t confd_days_pos(confd_op_ctx_t *ctx, int64_t time_ms,
    uint64_t *pos);
static conf_rc_t confd_days_add(confd_op_ctx_t *ctx, confd_days_t *days,
    const conf_room_t *room);
static conf_rc_t confd_days_seq(confd_op_ctx_t *ctx, const conf_room_t *room,
    uint64_t pos, uint64_t *seq);
static conf_rc_t confd_days_list(confd_op_ctx_t *ctx,
    const confd_days_t *days, conf_list_t *list);


conf_rc_t
confd_op_user_search(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    confd_search_t             search;
    const conf_user_search_t  *in = data;

    memset(&search, 0, sizeof(confd_search_t));

    search.keyword = in->keyword;
    search.statuses = 1 << CONF_USER_ACTIVE | 1 << CONF_USER_BANNED;
    search.page = in->page;
    search.limit = in->limit;

    return confd_search_run(ctx, &search, reply);
}


conf_rc_t
confd_op_user_list(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_list_t  *in = data;

    conf_rc_t       rc;
    conf_user_t     admin;
    confd_search_t  search;

    if (in->status > CONF_USER_DELETED + 1) {
        return CONF_E_INVALID;
    }

    rc = confd_admin_actor(ctx, in->actor, &admin);
    if (rc != CONF_OK) {
        return rc;
    }

    search.keyword = in->keyword;
    search.statuses = in->status == 0 ? UINT32_MAX
                                      : (uint32_t) 1 << (in->status - 1);
    search.page = in->page;
    search.limit = in->limit;
    search.email = true;
    search.newest = true;

    return confd_search_run(ctx, &search, reply);
}


/*
 * Looks at no more than the CONFD_SCAN_MAX first records, so that an answer
 * takes a bounded time; users behind them are not found.
 */

static conf_rc_t
confd_search_run(confd_op_ctx_t *ctx, const confd_search_t *search,
    conf_users_t *out)
{
    size_t           n;
    uint64_t         skip;
    conf_rc_t        rc;
    conf_str_t       key, value;
    conf_user_t      user, *users;
    confd_cursor_t  *cursor;

    if (search->page < 1 || search->limit < 1
        || search->limit > CONFD_SEARCH_LIMIT)
    {
        return CONF_E_INVALID;
    }

    users = conf_arena_alloc(ctx->arena, search->limit * sizeof(conf_user_t));
    if (users == NULL) {
        return CONF_E_NOMEM;
    }

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_USER, conf_str(""),
                             conf_str(""), search->newest, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    skip = (uint64_t) (search->page - 1) * search->limit;
    out->users.items = users;

    for (n = 0; n < CONFD_SCAN_MAX; n++) {
        rc = ctx->driver->next(cursor, &key, &value);
        if (rc != CONF_OK) {
            break;
        }

        rc = confd_record_read(ctx, &conf_proto_user, value, &user);
        if (rc != CONF_OK) {
            break;
        }

        confd_user_lapse(ctx, &user);

        if (!confd_search_match(search, &user)) {
            continue;
        }

        if (out->total++ < skip || out->users.n == search->limit) {
            continue;
        }

        rc = confd_search_add(ctx, value, &users[out->users.n++]);
        if (rc != CONF_OK) {
            break;
        }
    }

    ctx->driver->cursor_close(cursor);

    return rc == CONF_DONE ? CONF_OK : rc;
}


static bool
confd_search_match(const confd_search_t *search, const conf_user_t *user)
{
    if ((search->statuses & (uint32_t) 1 << user->status) == 0) {
        return false;
    }

    return confd_search_within(user->name, search->keyword)
           || confd_search_within(user->nickname, search->keyword)
           || (search->email
               && confd_search_within(user->email, search->keyword));
}


bool
confd_search_within(conf_str_t text, conf_str_t keyword)
{
    size_t  i, j;

    if (keyword.len > text.len) {
        return false;
    }

    for (i = 0; i <= text.len - keyword.len; i++) {
        for (j = 0; j < keyword.len; j++) {
            if (confd_search_fold(text.data[i + j])
                != confd_search_fold(keyword.data[j]))
            {
                break;
            }
        }

        if (j == keyword.len) {
            return true;
        }
    }

    return false;
}


static uint8_t
confd_search_fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


/* What was matched in place is copied, with a lapsed ban taken off. */

static conf_rc_t
confd_search_add(confd_op_ctx_t *ctx, conf_str_t value, conf_user_t *user)
{
    conf_rc_t    rc;
    conf_user_t  found;

    rc = confd_record_read(ctx, &conf_proto_user, value, &found);

    return rc == CONF_OK ? confd_user_load(ctx, found.id, user) : rc;
}


/*
 * What a user's rooms have seen.  Messages are counted whoever wrote them;
 * by_room is all that a room ever got, unread what came behind the mark.
 */

conf_rc_t
confd_op_user_stats(confd_op_ctx_t *ctx, const void *data, void *reply)
{
    const conf_user_stats_t  *in = data;
    conf_stats_t             *out = reply;

    conf_rc_t     rc;
    conf_list_t   ids, rooms;
    conf_user_t   user;
    confd_days_t  days;

    if (in->days < 1 || in->days > CONFD_DAYS_MAX
        || in->zone_s < -CONFD_ZONE_MAX_S || in->zone_s > CONFD_ZONE_MAX_S)
    {
        return CONF_E_INVALID;
    }

    rc = confd_user_live(ctx, in->id, &user);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_record_ids(ctx, CONFD_SPACE_USER_ROOM, in->id, 0,
                          CONF_PROTO_ITEMS, &ids);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_room_list(ctx, &ids, &rooms);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_days_init(ctx, in, &days);
    if (rc != CONF_OK) {
        return rc;
    }

    out->rooms = rooms.n;

    rc = confd_stats_rooms(ctx, in->id, &rooms, &days, out);
    if (rc != CONF_OK) {
        return rc;
    }

    rc = confd_days_list(ctx, &days, &out->days);
    if (rc != CONF_OK) {
        return rc;
    }

    return confd_stats_friends(ctx, in->id, &ids, out);
}


static conf_rc_t
confd_stats_rooms(confd_op_ctx_t *ctx, uint64_t user_id,
    const conf_list_t *rooms, confd_days_t *days, conf_stats_t *out)
{
    size_t                i;
    conf_rc_t             rc;
    conf_count_t         *count;
    const conf_room_t    *room;
    conf_store_member_t   member;

    if (rooms->n == 0) {
        return CONF_OK;
    }

    count = conf_arena_alloc(ctx->arena, rooms->n * sizeof(conf_count_t));
    if (count == NULL) {
        return CONF_E_NOMEM;
    }

    room = rooms->items;

    for (i = 0; i < rooms->n; i++) {
        rc = confd_member_load(ctx, room[i].id, user_id, &member);

        if (rc == CONF_OK) {
            rc = confd_message_mark(ctx, &room[i], user_id,
                                    &member.read_seq);
        }

        if (rc == CONF_OK) {
            rc = confd_days_add(ctx, days, &room[i]);
        }

        if (rc != CONF_OK) {
            return rc;
        }

        count[i].name = room[i].name;
        count[i].count = room[i].seq;

        out->unread += room[i].seq - conf_min(room[i].seq, member.read_seq);
    }

    out->by_room.items = count;
    out->by_room.n = rooms->n;

    return CONF_OK;
}


/* Counts each of the others once, among CONFD_SCAN_MAX memberships. */

static conf_rc_t
confd_stats_friends(confd_op_ctx_t *ctx, uint64_t user_id,
    const conf_list_t *ids, conf_stats_t *out)
{
    size_t        i, n;
    uint64_t     *id;
    conf_rc_t     rc;
    conf_list_t   all;

    rc = confd_stats_others(ctx, ids, &all);
    if (rc != CONF_OK || all.n == 0) {
        return rc;
    }

    qsort(all.items, all.n, sizeof(uint64_t), confd_stats_compare);

    id = all.items;
    n = 0;

    for (i = 0; i < all.n; i++) {
        if (id[i] != user_id && (n == 0 || id[i] != id[n - 1])) {
            id[n++] = id[i];
        }
    }

    out->friends = n;
    out->friend_ids.items = id;
    out->friend_ids.n = conf_min(n, CONFD_FRIEND_IDS);

    return CONF_OK;
}


static conf_rc_t
confd_stats_others(confd_op_ctx_t *ctx, const conf_list_t *ids,
    conf_list_t *all)
{
    size_t           i;
    conf_rc_t        rc;
    conf_list_t     *members;
    uint64_t        *to;
    const uint64_t  *room;

    all->items = NULL;
    all->n = 0;

    if (ids->n == 0) {
        return CONF_OK;
    }

    members = conf_arena_alloc(ctx->arena, ids->n * sizeof(conf_list_t));
    if (members == NULL) {
        return CONF_E_NOMEM;
    }

    room = ids->items;

    for (i = 0; i < ids->n; i++) {
        rc = confd_record_ids(ctx, CONFD_SPACE_MEMBER, room[i], 0,
                              CONFD_SCAN_MAX - all->n, &members[i]);
        if (rc != CONF_OK) {
            return rc;
        }

        all->n += members[i].n;
    }

    to = conf_arena_alloc(ctx->arena, all->n * sizeof(uint64_t));
    if (to == NULL) {
        return CONF_E_NOMEM;
    }

    all->items = to;

    for (i = 0; i < ids->n; i++) {
        if (members[i].n != 0) {
            memcpy(to, members[i].items, members[i].n * sizeof(uint64_t));
            to += members[i].n;
        }
    }

    return CONF_OK;
}


static int
confd_stats_compare(const void *one, const void *two)
{
    const uint64_t  *a = one, *b = two;

    return *a < *b ? -1 : *a > *b;
}


/* The last days before now in the caller's zone, today included. */

static conf_rc_t
confd_days_init(confd_op_ctx_t *ctx, const conf_user_stats_t *in,
    confd_days_t *days)
{
    size_t     i;
    int64_t    zone_ms, now_ms, day;
    conf_rc_t  rc;

    memset(days, 0, sizeof(confd_days_t));

    zone_ms = in->zone_s * 1000;
    now_ms = conf_max(ctx->now_ms + zone_ms, 0);

    days->n = in->days;
    days->first = now_ms / CONFD_DAY_MS - in->days + 1;

    for (i = 0; i <= days->n; i++) {
        day = days->first + (int64_t) i;

        rc = confd_days_pos(ctx, day * CONFD_DAY_MS - zone_ms, &days->pos[i]);
        if (rc != CONF_OK) {
            return rc;
        }
    }

    return CONF_OK;
}


/* The first position not before a time; UINT64_MAX: no message yet. */

static conf_rc_t
confd_days_pos(confd_op_ctx_t *ctx, int64_t time_ms, uint64_t *pos)
{
    conf_rc_t             rc;
    conf_str_t            key, value;
    confd_key_t           from;
    confd_cursor_t       *cursor;
    conf_store_number_t   number;

    time_ms = conf_max(time_ms, 0);

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_LOG_TIME, conf_str(""),
                             confd_record_key(&from,
                                              (uint64_t) time_ms
                                              / CONFD_BUCKET_MS),
                             false, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    *pos = UINT64_MAX;

    rc = ctx->driver->next(cursor, &key, &value);

    if (rc == CONF_OK) {
        rc = confd_record_read(ctx, &conf_proto_store_number, value, &number);

        if (rc == CONF_OK) {
            *pos = number.n;
        }
    }

    ctx->driver->cursor_close(cursor);

    return rc == CONF_DONE ? CONF_OK : rc;
}


static conf_rc_t
confd_days_add(confd_op_ctx_t *ctx, confd_days_t *days,
    const conf_room_t *room)
{
    size_t     i;
    uint64_t   seq, next;
    conf_rc_t  rc;

    rc = confd_days_seq(ctx, room, days->pos[0], &seq);
    if (rc != CONF_OK) {
        return rc;
    }

    /*
     * A room in which nothing happened since then costs one look, a day in
     * which nothing happened anywhere none.
     */

    for (i = 0; i < days->n && seq < room->seq; i++) {
        if (days->pos[i + 1] == days->pos[i]) {
            continue;
        }

        rc = confd_days_seq(ctx, room, days->pos[i + 1], &next);
        if (rc != CONF_OK) {
            return rc;
        }

        days->count[i] += next - conf_min(seq, next);
        seq = next;
    }

    return CONF_OK;
}


static conf_rc_t
confd_days_seq(confd_op_ctx_t *ctx, const conf_room_t *room, uint64_t pos,
    uint64_t *seq)
{
    if (pos == UINT64_MAX || room->seq == 0) {
        *seq = room->seq;
        return CONF_OK;
    }

    return ctx->driver->log_seq_before(ctx->txn, room->id, pos, seq);
}


static conf_rc_t
confd_days_list(confd_op_ctx_t *ctx, const confd_days_t *days,
    conf_list_t *list)
{
    char          *name;
    size_t         i;
    time_t         time;
    struct tm      tm;
    conf_count_t  *count;

    count = conf_arena_alloc(ctx->arena, days->n * sizeof(conf_count_t));
    if (count == NULL) {
        return CONF_E_NOMEM;
    }

    for (i = 0; i < days->n; i++) {
        name = conf_arena_alloc(ctx->arena, CONFD_DATE_LEN + 1);
        if (name == NULL) {
            return CONF_E_NOMEM;
        }

        time = (time_t) ((days->first + (int64_t) i)
                         * (CONFD_DAY_MS / 1000));

        if (gmtime_r(&time, &tm) == NULL
            || strftime(name, CONFD_DATE_LEN + 1, "%Y-%m-%d", &tm)
               != CONFD_DATE_LEN)
        {
            return CONF_E_INTERNAL;
        }

        count[i].name.data = (const uint8_t *) name;
        count[i].name.len = CONFD_DATE_LEN;
        count[i].count = days->count[i];
    }

    list->items = count;
    list->n = days->n;

    return CONF_OK;
}


/*
 * Positions grow with the index of time even when the clock does not: a time
 * before the newest row adds none.
 */

conf_rc_t
confd_report_note(confd_op_ctx_t *ctx, uint64_t pos)
{
    uint64_t             bucket, newest;
    conf_rc_t            rc;
    conf_str_t           last, value;
    confd_key_t          key;
    confd_cursor_t      *cursor;
    confd_key_reader_t   reader;

    bucket = (uint64_t) conf_max(ctx->now_ms, 0) / CONFD_BUCKET_MS;

    rc = confd_record_has(ctx, CONFD_SPACE_LOG_TIME,
                          confd_record_key(&key, bucket));
    if (rc != CONF_E_NOT_FOUND) {
        return rc;
    }

    rc = ctx->driver->cursor(ctx->txn, CONFD_SPACE_LOG_TIME, conf_str(""),
                             conf_str(""), true, &cursor);
    if (rc != CONF_OK) {
        return rc;
    }

    newest = 0;

    rc = ctx->driver->next(cursor, &last, &value);

    if (rc == CONF_OK) {
        confd_key_read(&reader, last);
        newest = confd_key_read_u64(&reader);
    }

    ctx->driver->cursor_close(cursor);

    if (rc != CONF_OK && rc != CONF_DONE) {
        return rc;
    }

    if (rc == CONF_OK && newest > bucket) {
        return CONF_OK;
    }

    return confd_index_put(ctx, CONFD_SPACE_LOG_TIME,
                           confd_record_key(&key, bucket), pos);
}
