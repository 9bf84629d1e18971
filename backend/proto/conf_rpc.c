
#include "conf_rpc.h"
#include "conf_msgpack.h"


#define CONF_FRAME_HEAD    4         /* bytes of the length */
#define CONF_FRAME_FIELDS  5
#define CONF_FRAME_NIL     0xc0


CONF_PROTO_TABLE(none, CONF_NONE_FIELDS);
CONF_PROTO_TABLE(hello, CONF_HELLO_FIELDS);
CONF_PROTO_TABLE(welcome, CONF_WELCOME_FIELDS);
CONF_PROTO_TABLE(stat, CONF_STAT_FIELDS);
CONF_PROTO_TABLE(backup, CONF_BACKUP_FIELDS);
CONF_PROTO_TABLE(backup_end, CONF_BACKUP_END_FIELDS);
CONF_PROTO_TABLE(topics, CONF_TOPICS_FIELDS);
CONF_PROTO_TABLE(publish, CONF_PUBLISH_FIELDS);
CONF_PROTO_TABLE(touch, CONF_TOUCH_FIELDS);
CONF_PROTO_TABLE(nodes, CONF_NODES_FIELDS);
CONF_PROTO_TABLE(relay, CONF_RELAY_FIELDS);
CONF_PROTO_TABLE(id, CONF_ID_FIELDS);
CONF_PROTO_TABLE(ids, CONF_IDS_FIELDS);
CONF_PROTO_TABLE(pair, CONF_PAIR_FIELDS);
CONF_PROTO_TABLE(user_register, CONF_USER_REGISTER_FIELDS);
CONF_PROTO_TABLE(user_login, CONF_USER_LOGIN_FIELDS);
CONF_PROTO_TABLE(user_update, CONF_USER_UPDATE_FIELDS);
CONF_PROTO_TABLE(user_password, CONF_USER_PASSWORD_FIELDS);
CONF_PROTO_TABLE(user_ban, CONF_USER_BAN_FIELDS);
CONF_PROTO_TABLE(user_role, CONF_USER_ROLE_FIELDS);
CONF_PROTO_TABLE(user_list, CONF_USER_LIST_FIELDS);
CONF_PROTO_TABLE(audit, CONF_AUDIT_FIELDS);
CONF_PROTO_TABLE(audit_list, CONF_AUDIT_LIST_FIELDS);
CONF_PROTO_TABLE(audits, CONF_AUDITS_FIELDS);
CONF_PROTO_TABLE(user_search, CONF_USER_SEARCH_FIELDS);
CONF_PROTO_TABLE(users, CONF_USERS_FIELDS);
CONF_PROTO_TABLE(user_stats, CONF_USER_STATS_FIELDS);
CONF_PROTO_TABLE(count, CONF_COUNT_FIELDS);
CONF_PROTO_TABLE(stats, CONF_STATS_FIELDS);
CONF_PROTO_TABLE(room_create, CONF_ROOM_CREATE_FIELDS);
CONF_PROTO_TABLE(room_key, CONF_ROOM_KEY_FIELDS);
CONF_PROTO_TABLE(room_view, CONF_ROOM_VIEW_FIELDS);
CONF_PROTO_TABLE(room_list, CONF_ROOM_LIST_FIELDS);
CONF_PROTO_TABLE(rooms, CONF_ROOMS_FIELDS);
CONF_PROTO_TABLE(room_live, CONF_ROOM_LIVE_FIELDS);
CONF_PROTO_TABLE(live_rooms, CONF_LIVE_ROOMS_FIELDS);
CONF_PROTO_TABLE(room_update, CONF_ROOM_UPDATE_FIELDS);
CONF_PROTO_TABLE(head, CONF_HEAD_FIELDS);
CONF_PROTO_TABLE(heads, CONF_HEADS_FIELDS);
CONF_PROTO_TABLE(member_list, CONF_MEMBER_LIST_FIELDS);
CONF_PROTO_TABLE(members, CONF_MEMBERS_FIELDS);
CONF_PROTO_TABLE(member_add, CONF_MEMBER_ADD_FIELDS);
CONF_PROTO_TABLE(member_view, CONF_MEMBER_VIEW_FIELDS);
CONF_PROTO_TABLE(member_key, CONF_MEMBER_KEY_FIELDS);
CONF_PROTO_TABLE(member_read, CONF_MEMBER_READ_FIELDS);
CONF_PROTO_TABLE(meeting_create, CONF_MEETING_CREATE_FIELDS);
CONF_PROTO_TABLE(meeting_update, CONF_MEETING_UPDATE_FIELDS);
CONF_PROTO_TABLE(meeting_join, CONF_MEETING_JOIN_FIELDS);
CONF_PROTO_TABLE(meeting_list, CONF_MEETING_LIST_FIELDS);
CONF_PROTO_TABLE(meetings, CONF_MEETINGS_FIELDS);
CONF_PROTO_TABLE(participants, CONF_PARTICIPANTS_FIELDS);
CONF_PROTO_TABLE(participant_add, CONF_PARTICIPANT_ADD_FIELDS);
CONF_PROTO_TABLE(participant_role, CONF_PARTICIPANT_ROLE_FIELDS);
CONF_PROTO_TABLE(joined_list, CONF_JOINED_LIST_FIELDS);
CONF_PROTO_TABLE(joined, CONF_JOINED_FIELDS);
CONF_PROTO_TABLE(all_joined, CONF_ALL_JOINED_FIELDS);
CONF_PROTO_TABLE(message_post, CONF_MESSAGE_POST_FIELDS);
CONF_PROTO_TABLE(message_list, CONF_MESSAGE_LIST_FIELDS);
CONF_PROTO_TABLE(messages, CONF_MESSAGES_FIELDS);
CONF_PROTO_TABLE(file_add, CONF_FILE_ADD_FIELDS);
CONF_PROTO_TABLE(avatar, CONF_AVATAR_FIELDS);
CONF_PROTO_TABLE(file_key, CONF_FILE_KEY_FIELDS);
CONF_PROTO_TABLE(login_open, CONF_LOGIN_OPEN_FIELDS);
CONF_PROTO_TABLE(login, CONF_LOGIN_FIELDS);
CONF_PROTO_TABLE(login_key, CONF_LOGIN_KEY_FIELDS);
CONF_PROTO_TABLE(login_password, CONF_LOGIN_PASSWORD_FIELDS);
CONF_PROTO_TABLE(user_close, CONF_USER_CLOSE_FIELDS);
CONF_PROTO_TABLE(login_close, CONF_LOGIN_CLOSE_FIELDS);
CONF_PROTO_TABLE(reset_begin, CONF_RESET_BEGIN_FIELDS);
CONF_PROTO_TABLE(reset_end, CONF_RESET_END_FIELDS);
CONF_PROTO_TABLE(mail, CONF_MAIL_FIELDS);
CONF_PROTO_TABLE(mail_done, CONF_MAIL_DONE_FIELDS);


#define CONF_OP(NAME, name, request, reply, lane, flags)                      \
    { #name, &conf_proto_##request, &conf_proto_##reply, CONF_LANE_##lane,    \
      flags },

const uint64_t  conf_time_bounds[CONF_TIME_BUCKETS - 1] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000, 5000000
};


const conf_op_info_t  conf_ops[CONF_OP_MAX] = {
#include "conf_op.def"
};

#undef CONF_OP


static conf_rc_t conf_frame_number(conf_mp_reader_t *r, uint64_t max,
    uint64_t *n);


size_t
conf_time_bucket(uint64_t us)
{
    size_t  i;

    for (i = 0; i < CONF_TIME_BUCKETS - 1; i++) {
        if (us <= conf_time_bounds[i]) {
            break;
        }
    }

    return i;
}


uint64_t
conf_time_quantile(const uint64_t *from, const uint64_t *to, unsigned percent)
{
    size_t    i;
    uint64_t  n, total, want, below, low, high;

    total = 0;

    for (i = 0; i < CONF_TIME_BUCKETS; i++) {
        total += to[i] - from[i];
    }

    want = (total * percent + 99) / 100;
    below = 0;
    low = 0;

    for (i = 0; i < CONF_TIME_BUCKETS - 1; i++) {
        n = to[i] - from[i];
        high = conf_time_bounds[i];

        if (n != 0 && below + n >= want) {
            return low + (high - low) * (want - below) / n;
        }

        below += n;
        low = high;
    }

    return total == 0 ? 0 : low;
}


conf_rc_t
conf_frame_write(conf_buf_t *buf, const conf_frame_t *frame,
    const conf_proto_t *proto, const void *message)
{
    size_t      start, len;
    uint8_t    *p;
    conf_rc_t   rc;

    start = buf->len;

    conf_buf_add(buf, "\0\0\0\0", CONF_FRAME_HEAD);

    (void) conf_mp_pack_array(buf, CONF_FRAME_FIELDS);
    (void) conf_mp_pack_uint32(buf, (uint32_t) frame->kind);
    (void) conf_mp_pack_uint64(buf, frame->id);
    (void) conf_mp_pack_uint32(buf, frame->code);
    (void) conf_mp_pack_uint64(buf, frame->rev);

    if (proto == NULL) {
        (void) conf_mp_pack_nil(buf);
        rc = conf_buf_ok(buf);

    } else {
        rc = conf_proto_pack(buf, proto, message);
    }

    if (rc != CONF_OK) {
        buf->len = start;
        return rc;
    }

    len = buf->len - start - CONF_FRAME_HEAD;

    if (len > CONF_RPC_FRAME_MAX) {
        buf->len = start;
        return CONF_E_TOO_LARGE;
    }

    p = buf->data + start;

    p[0] = (uint8_t) (len >> 24);
    p[1] = (uint8_t) (len >> 16);
    p[2] = (uint8_t) (len >> 8);
    p[3] = (uint8_t) len;

    return CONF_OK;
}


conf_rc_t
conf_frame_read(conf_str_t data, size_t *used, conf_frame_t *frame)
{
    size_t            len;
    uint64_t          kind, code;
    conf_mp_t         value;
    const uint8_t    *body;
    conf_mp_reader_t  r;

    *used = 0;

    if (data.len < CONF_FRAME_HEAD) {
        return CONF_AGAIN;
    }

    len = (size_t) data.data[0] << 24 | (size_t) data.data[1] << 16
          | (size_t) data.data[2] << 8 | data.data[3];

    /* Told before the bytes are there: nobody waits for a gigabyte. */

    if (len > CONF_RPC_FRAME_MAX) {
        return CONF_E_PROTOCOL;
    }

    if (data.len - CONF_FRAME_HEAD < len) {
        return CONF_AGAIN;
    }

    r.p = data.data + CONF_FRAME_HEAD;
    r.end = r.p + len;

    if (conf_mp_read(&r, &value) != CONF_OK
        || value.type != CONF_MP_ARRAY || value.n < CONF_FRAME_FIELDS
        || conf_frame_number(&r, CONF_FRAME_EVENT, &kind) != CONF_OK
        || conf_frame_number(&r, UINT64_MAX, &frame->id) != CONF_OK
        || conf_frame_number(&r, UINT32_MAX, &code) != CONF_OK
        || conf_frame_number(&r, UINT64_MAX, &frame->rev) != CONF_OK)
    {
        return CONF_E_PROTOCOL;
    }

    frame->kind = (conf_frame_kind_e) kind;
    frame->code = (uint32_t) code;

    body = r.p;

    if (conf_mp_skip(&r) != CONF_OK) {
        return CONF_E_PROTOCOL;
    }

    frame->body.data = body;
    frame->body.len = (size_t) (r.p - body);

    if (*body == CONF_FRAME_NIL) {
        frame->body.data = NULL;
        frame->body.len = 0;
    }

    for ( /* void */ ; value.n > CONF_FRAME_FIELDS; value.n--) {
        if (conf_mp_skip(&r) != CONF_OK) {
            return CONF_E_PROTOCOL;
        }
    }

    if (r.p != r.end) {
        return CONF_E_PROTOCOL;
    }

    *used = CONF_FRAME_HEAD + len;

    return CONF_OK;
}


static conf_rc_t
conf_frame_number(conf_mp_reader_t *r, uint64_t max, uint64_t *n)
{
    conf_mp_t  value;

    if (conf_mp_read(r, &value) != CONF_OK || value.type != CONF_MP_UINT
        || value.n > max)
    {
        return CONF_E_PROTOCOL;
    }

    *n = value.n;

    return CONF_OK;
}
