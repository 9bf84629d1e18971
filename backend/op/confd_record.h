
/*
 * What the ops share: the records that are in the store only, and loading
 * and storing the nouns.
 *
 * Users, rooms and files are stored as the structs of conf_types.h; a room's
 * seq and epoch come from the head of its log.  Everything that is loaded is
 * a copy in the context's arena, so it outlives later writes.  A record that
 * cannot be read is CONF_E_STORE_FAILED; every function may return that,
 * CONF_E_STORE_FULL and CONF_E_NOMEM besides what its comment names.
 */

#ifndef _CONFD_RECORD_H_INCLUDED_
#define _CONFD_RECORD_H_INCLUDED_


#include "confd_op.h"
#include "confd_key.h"


#define CONFD_SCAN_MAX    200000    /* records that one READ op looks at */
#define CONFD_BUCKET_MS   (15 * 60 * 1000)


/*
 * Records.  They grow at the end only, as everything that is packed.
 *
 * store_number       an index's id, a counter
 * store_credential   CREDENTIAL
 * store_member       MEMBER: kept small, since every message advances its
 *                    sender's mark and small records share a dirty page
 * store_message      LOG: id, room and seq are the log's own
 *
 * USER_ROOM rows are empty but for that of room 0, which counts the user's
 * rooms that are not over; that of user 0 in MEMBER counts the room's members,
 * which the room's own record does in stores of schema 2 only.  USER_GONE and
 * ADMIN rows are empty.  LOG_TIME maps a quarter of an hour (UTC; every time
 * zone is a multiple of it) to the position of the first message in it: how
 * many messages a room got in a day is the difference of two seqs, and nobody
 * has to count.  Who came to a meeting and left it is in the LOG too, but in
 * no room's seqs (confd_message.c).
 */

#define CONF_STORE_NUMBER_FIELDS(X, s)                                        \
    X(s, U64,  n,           0)

#define CONF_STORE_CREDENTIAL_FIELDS(X, s)                                    \
    X(s, STR,  hash,        CONFD_HASH_MAX)

#define CONF_STORE_MEMBER_FIELDS(X, s)                                        \
    X(s, U32,  role,        0)                                                \
    X(s, I64,  joined_ms,   0)                                                \
    X(s, U64,  read_seq,    0)                                                \
    X(s, U64,  id,          0)          /* of the participant */              \
    X(s, U32,  state,       0)                                                \
    X(s, I64,  entered_ms,  0)                                                \
    X(s, I64,  left_ms,     0)

#define CONF_STORE_MESSAGE_FIELDS(X, s)                                       \
    X(s, I64,  time_ms,     0)                                                \
    X(s, U64,  user_id,     0)                                                \
    X(s, STR,  type,        CONF_TYPE_MAX)                                    \
    X(s, STR,  content,     CONF_CONTENT_MAX)                                 \
    X(s, BOOL, json,        0)                                                \
    X(s, STR,  client_id,   CONF_CLIENT_ID_MAX)

/* Hashes are SHA-256. */

#define CONFD_DIGEST_LEN  32

#define CONF_STORE_LOGIN_FIELDS(X, s)                                         \
    X(s, STR,  hash,        CONFD_DIGEST_LEN)                                 \
    X(s, I64,  created_ms,  0)                                                \
    X(s, I64,  used_ms,     0)                                                \
    X(s, I64,  expires_ms,  0)

#define CONF_STORE_RESET_FIELDS(X, s)                                         \
    X(s, STR,  hash,        CONFD_DIGEST_LEN)                                 \
    X(s, I64,  expires_ms,  0)

CONF_PROTO_STRUCT(store_login, CONF_STORE_LOGIN_FIELDS);
CONF_PROTO_STRUCT(store_reset, CONF_STORE_RESET_FIELDS);
CONF_PROTO_STRUCT(store_number, CONF_STORE_NUMBER_FIELDS);
CONF_PROTO_STRUCT(store_credential, CONF_STORE_CREDENTIAL_FIELDS);
CONF_PROTO_STRUCT(store_member, CONF_STORE_MEMBER_FIELDS);
CONF_PROTO_STRUCT(store_message, CONF_STORE_MESSAGE_FIELDS);


/* The functions of conf_op.def. */

#define CONFD_DECLARE_LOOP(name)

#define CONFD_DECLARE_READ(name)                                              \
    conf_rc_t confd_op_##name(confd_op_ctx_t *ctx, const void *data,          \
        void *reply);

#define CONFD_DECLARE_WRITE(name)  CONFD_DECLARE_READ(name)

#define CONFD_DECLARE_HASH(name)                                              \
    CONFD_DECLARE_READ(name)                                                  \
    conf_rc_t confd_op_##name##_hash(confd_op_ctx_t *ctx,                     \
        confd_store_t *store, const void *data);

#define CONF_OP(NAME, name, request, reply, lane, flags)                      \
    CONFD_DECLARE_##lane(name)

#include "conf_op.def"

#undef CONF_OP


/* Keys of one and of two numbers; the result points into key. */

conf_str_t confd_record_key(confd_key_t *key, uint64_t a);
conf_str_t confd_record_key2(confd_key_t *key, uint64_t a, uint64_t b);

/* Back: the second of a key of two numbers. */
conf_rc_t confd_record_second(conf_str_t key, uint64_t *b);


/*
 * A record.  get: CONF_E_NOT_FOUND.  has: the same without reading it.  del:
 * of one that has to be there.  read unpacks what a cursor gave; out points
 * into value.
 */
conf_rc_t confd_record_get(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t key, const conf_proto_t *proto, void *out);
conf_rc_t confd_record_has(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t key);
conf_rc_t confd_record_put(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t key, const conf_proto_t *proto, const void *data);
conf_rc_t confd_record_del(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t key);
conf_rc_t confd_record_read(confd_op_ctx_t *ctx, const conf_proto_t *proto,
    conf_str_t value, void *out);

/* The id that an index has for a key, CONF_E_NOT_FOUND. */
conf_rc_t confd_index_get(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t key, uint64_t *id);
conf_rc_t confd_index_put(confd_op_ctx_t *ctx, confd_space_e space,
    conf_str_t key, uint64_t id);

/*
 * The second numbers of at most max keys of two numbers whose first is a and
 * whose second is greater than after, ascending: uint64_t in the arena.
 */
conf_rc_t confd_record_ids(confd_op_ctx_t *ctx, confd_space_e space,
    uint64_t a, uint64_t after, size_t max, conf_list_t *ids);

/* Is the keyword part of the text, without regard to ASCII case? */
bool confd_search_within(conf_str_t text, conf_str_t keyword);

/* Notes that hot copies are stale; CONF_OK or CONF_E_NOMEM. */
conf_rc_t confd_touch(confd_op_ctx_t *ctx, uint64_t user_id,
    uint64_t room_id);

/* From the system's generator; CONF_OK or CONF_E_INTERNAL. */
conf_rc_t confd_random(void *bytes, size_t len);
conf_rc_t confd_random_uuid(conf_uuid_t *uuid);
conf_rc_t confd_random_epoch(uint64_t *epoch);


/*
 * Users.  A ban that has lapsed is gone in what is loaded.
 *
 * load    deleted ones too; CONF_E_USER_ABSENT
 * live    CONF_E_USER_ABSENT for a deleted one as well
 * actor   one who may act: also CONF_E_USER_BANNED
 * store   and touch
 */
conf_rc_t confd_user_load(confd_op_ctx_t *ctx, uint64_t id,
    conf_user_t *user);
conf_rc_t confd_user_live(confd_op_ctx_t *ctx, uint64_t id,
    conf_user_t *user);
conf_rc_t confd_user_actor(confd_op_ctx_t *ctx, uint64_t id,
    conf_user_t *user);
conf_rc_t confd_user_store(confd_op_ctx_t *ctx, const conf_user_t *user);

/* The ban of one whose ban has lapsed by now. */
void confd_user_lapse(const confd_op_ctx_t *ctx, conf_user_t *user);

/* The end of an account: everything that follows from it, stored. */
conf_rc_t confd_user_end(confd_op_ctx_t *ctx, const conf_user_t *old,
    conf_user_t *user);

/*
 * Admins.
 *
 * actor  CONF_E_FORBIDDEN unless he is one, or the server (0; zeroed)
 * over   nor over himself and other admins
 * ban    and unban; the caller stores the user
 * role   the same
 * audit  notes what was done
 */
conf_rc_t confd_admin_actor(confd_op_ctx_t *ctx, uint64_t actor,
    conf_user_t *admin);
conf_rc_t confd_admin_over(confd_op_ctx_t *ctx, const conf_user_t *admin,
    const conf_user_t *user);
conf_rc_t confd_admin_set_ban(confd_op_ctx_t *ctx, conf_user_t *user,
    int64_t until_ms, conf_str_t reason);
void confd_admin_set_free(conf_user_t *user);
conf_rc_t confd_admin_set_role(confd_op_ctx_t *ctx, conf_user_t *user,
    uint32_t role);
conf_rc_t confd_audit(confd_op_ctx_t *ctx, const conf_user_t *admin,
    const conf_user_t *user, conf_str_t action, conf_str_t detail);

/*
 * Names and e-mails, without regard to ASCII case.
 *
 * name     who has it, deleted ones too; CONF_E_USER_ABSENT
 * email    the same; deleted ones have none
 * free     whether id (0: a new user) may have these; empty ones are not
 *          looked at; CONF_E_NAME_TAKEN, CONF_E_EMAIL_TAKEN
 * indexes  brings the indexes from old (NULL: none yet) to user
 */
conf_rc_t confd_user_name(confd_op_ctx_t *ctx, conf_str_t name,
    uint64_t *id);
conf_rc_t confd_user_email(confd_op_ctx_t *ctx, conf_str_t email,
    uint64_t *id);
conf_rc_t confd_user_free(confd_op_ctx_t *ctx, conf_str_t name,
    conf_str_t email, uint64_t id);
conf_rc_t confd_user_indexes(confd_op_ctx_t *ctx, const conf_user_t *old,
    const conf_user_t *user);


/*
 * Rooms.
 *
 * load    with epoch and seq; CONF_E_ROOM_ABSENT
 * make    a new one, whose own fields the caller sets and stores: identity,
 *         log, indexes, the actor as owner
 * store   without a touch
 * drop    the room, its memberships and indexes; its messages stay in the
 *         log, where nothing leads to them
 * list    those of ids, as a list of conf_room_t; absent ones are left out
 */
conf_rc_t confd_room_load(confd_op_ctx_t *ctx, uint64_t id,
    conf_room_t *room);
conf_rc_t confd_room_make(confd_op_ctx_t *ctx, uint64_t actor,
    conf_room_t *room);
conf_rc_t confd_room_store(confd_op_ctx_t *ctx, const conf_room_t *room);

/*
 * Who writes has read: moves a read mark up to the user's own newest message,
 * as far as that is among the CONFD_MARK_MAX newest of the room.
 */
#define CONFD_MARK_MAX  128

conf_rc_t confd_message_mark(confd_op_ctx_t *ctx, const conf_room_t *room,
    uint64_t user_id, uint64_t *mark);

/* Logs that the user came to the meeting, or left it. */
conf_rc_t confd_message_visit(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, bool came);

conf_rc_t confd_room_drop(confd_op_ctx_t *ctx, const conf_room_t *room);
conf_rc_t confd_room_list(confd_op_ctx_t *ctx, const conf_list_t *ids,
    conf_list_t *rooms);


/*
 * Memberships.
 *
 * load    CONF_E_ROOM_ABSENT, CONF_E_NOT_MEMBER; actor 0, the server, is
 *         above all roles in every room that exists
 * room_for_one  CONF_E_ROOM_FULL when the user is in too many
 * create  a row for one who has none yet, counted for the user and the room
 *         (but not in a conf_room_t of the caller's); sets the member's id
 * store   a row that exists already
 * put     the same, and touch it
 * erase   the opposite of create
 * total   how many members the room has; CONF_E_NOT_FOUND: none, or not
 *         counted since schema 2
 * uncount a room of the user's is over: it does not count any more
 * leave   of room (which is updated) with all that follows from it: counts,
 *         the next owner, the end of an empty room
 * successor  the longest member of the highest role but for who leaves
 * show    as the wire has it
 */

#define CONFD_ROLE_SERVER  (CONF_ROLE_OWNER + 1)

typedef struct {
    uint64_t  new_owner;    /* 0: as before */
    bool      deleted;      /* the room is no more */
} confd_leave_t;

conf_rc_t confd_member_load(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, conf_store_member_t *member);
conf_rc_t confd_member_room_for_one(confd_op_ctx_t *ctx, uint64_t user_id);
conf_rc_t confd_member_create(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, conf_store_member_t *member);
conf_rc_t confd_member_put(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, const conf_store_member_t *member);
conf_rc_t confd_member_store(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t user_id, const conf_store_member_t *member);
conf_rc_t confd_member_total(confd_op_ctx_t *ctx, uint64_t room_id,
    uint32_t *n);
conf_rc_t confd_member_uncount(confd_op_ctx_t *ctx, uint64_t user_id);
conf_rc_t confd_member_erase(confd_op_ctx_t *ctx, const conf_room_t *room,
    uint64_t user_id);
conf_rc_t confd_member_leave(confd_op_ctx_t *ctx, conf_room_t *room,
    uint64_t user_id, uint32_t role, confd_leave_t *leave);
conf_rc_t confd_member_successor(confd_op_ctx_t *ctx, uint64_t room_id,
    uint64_t leaver, uint64_t *user_id, conf_store_member_t *member);
void confd_member_show(const conf_user_t *user,
    const conf_store_member_t *member, conf_member_t *out);


/*
 * The statistics' index of time: notes that pos is the first message of its
 * quarter of an hour, if it is.
 */
conf_rc_t confd_report_note(confd_op_ctx_t *ctx, uint64_t pos);

/*
 * Passwords (confd_account.c): a user who can have one, and its hash, under
 * the name, or (login) under the name or the address; storing what the pool
 * has left in ctx->hash.
 */
conf_rc_t confd_account_load(confd_op_ctx_t *ctx, uint64_t id,
    conf_user_t *user, conf_str_t *hash);
conf_rc_t confd_account_put(confd_op_ctx_t *ctx, uint64_t id);

/* The stages of USER_LOGIN by another way to find the user. */
typedef conf_rc_t (*confd_account_find_pt)(confd_op_ctx_t *ctx,
    conf_str_t name, uint64_t *id);

conf_rc_t confd_account_verify(confd_op_ctx_t *ctx, confd_store_t *store,
    confd_account_find_pt find, conf_str_t name, conf_str_t password);
conf_rc_t confd_account_verified(confd_op_ctx_t *ctx,
    confd_account_find_pt find, conf_str_t name, conf_user_t *user);

/* Ends all logins of a user whose version grows, who is stored then. */
conf_rc_t confd_login_end_all(confd_op_ctx_t *ctx, conf_user_t *user);

/* SHA-256. */
void confd_digest(conf_str_t bytes, uint8_t digest[CONFD_DIGEST_LEN]);

/* Are the bytes those that have this digest?  In constant time. */
bool confd_digest_of(conf_str_t bytes, conf_str_t digest);


/*
 * Puts a mail into the outbox, in the op's own transaction; it leaves after
 * the commit.  CONF_E_INVALID for an address that no header may have: empty,
 * or with control characters, blanks or angle brackets.
 */
conf_rc_t confd_mail_put(confd_op_ctx_t *ctx, conf_str_t to,
    conf_str_t subject, conf_str_t text);


#endif /* _CONFD_RECORD_H_INCLUDED_ */
