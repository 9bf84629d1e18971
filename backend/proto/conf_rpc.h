
/*
 * The messages of the wire between the module and confd: what each op of
 * conf_op.def takes and gives, and how they are framed.
 *
 * actor is the user who asks; every op that names a room checks, in its own
 * transaction, that the actor may.  Actor 0 is the server itself.
 */

#ifndef _CONF_RPC_H_INCLUDED_
#define _CONF_RPC_H_INCLUDED_


#include "conf_types.h"


#define CONF_RPC_VERSION    2
#define CONF_RPC_FRAME_MAX  (8 * 1024 * 1024)
#define CONF_TOPIC_MAX      64


#define CONF_NONE_FIELDS(X, s)                                                \
    X(s, U32,  reserved,    0)

/*
 * Lists what an input may change: bit i of a mask is field i of the update,
 * counted from the first field behind the mask.
 */

/*
 * HELLO.  node is random per shared zone: links of one nginx have one node.
 * 0: a tool that only asks.
 */

#define CONF_HELLO_FIELDS(X, s)                                               \
    X(s, U32,  version,     0)                                                \
    X(s, U64,  node,        0)                                                \
    X(s, U64,  pid,         0)

#define CONF_WELCOME_FIELDS(X, s)                                             \
    X(s, U32,  version,     0)                                                \
    X(s, U64,  boot,        0)          /* random per start of confd */

/*
 * Times are counted in buckets: up to each of these microseconds, and the
 * rest.
 */

#define CONF_TIME_BUCKETS   12

extern const uint64_t  conf_time_bounds[CONF_TIME_BUCKETS - 1];

size_t conf_time_bucket(uint64_t us);

/*
 * The time below which that percentage of what came between two states of a
 * histogram is: within its bucket evenly, at most the last bound; 0 when
 * nothing came.
 */
uint64_t conf_time_quantile(const uint64_t *from, const uint64_t *to,
    unsigned percent);


/* STAT: of the daemon since its start. */

#define CONF_STAT_FIELDS(X, s)                                                \
    X(s, U64,  uptime_ms,   0)                                                \
    X(s, U64,  links,       0)                                                \
    X(s, U64,  queued,      0)          /* ops that wait for the writer */    \
    X(s, U64,  ops,         0)                                                \
    X(s, U64,  busy,        0)          /* refused: queue was full */         \
    X(s, U64,  commits,     0)                                                \
    X(s, U64,  committed,   0)          /* ops in those commits */            \
    X(s, U64,  commit_us,   0)          /* time in those commits */           \
    X(s, U64,  map_used,    0)          /* bytes */                           \
    X(s, U64,  map_size,    0)                                                \
    X(s, U64,  users,       0)          /* not the deleted ones */            \
    X(s, U64,  rooms,       0)                                                \
    X(s, U64,  messages,    0)          /* those of deleted rooms, too */     \
    X(s, U64S, commit_times, 0)         /* commits, by bucket of their time */

/*
 * BACKUP: by root and the daemon's own user only (FORBIDDEN), one at a time
 * (BACKEND_BUSY).  path is absolute; what is made there is the daemon's.  The
 * reply comes when the copy is on disk, or with a sentence about why not.
 */

#define CONF_BACKUP_FIELDS(X, s)                                              \
    X(s, STR,  path,        CONF_TEXT_MAX)

#define CONF_BACKUP_END_FIELDS(X, s)                                          \
    X(s, STR,  error,       CONF_TEXT_MAX)

/* Bus: topics are "r.<room>", "u.<user>", "n.<node>", "c". */

#define CONF_TOPICS_FIELDS(X, s)                                              \
    X(s, STRS, topics,      CONF_TOPIC_MAX)

#define CONF_PUBLISH_FIELDS(X, s)                                             \
    X(s, STR,  topic,       CONF_TOPIC_MAX)                                   \
    X(s, STR,  payload,     CONF_CONTENT_MAX * 2)

/*
 * Topic "c", from confd to every link, before the reply of the op that
 * caused it: hot copies of these that are older than the frame's rev are
 * stale.  room_id 0: the user's own record; user_id 0: the room and all its
 * members.
 */

#define CONF_TOUCH_FIELDS(X, s)                                               \
    X(s, U64,  user_id,     0)                                                \
    X(s, U64,  room_id,     0)


/*
 * Topic "n", from confd to a link behind its welcome and to every link when
 * it changes: is there another node?  Only then is anything to be published.
 */

#define CONF_NODES_FIELDS(X, s)                                               \
    X(s, BOOL, several,     0)

/* What one node publishes on "r.<room>" for the others: an event's parts. */

#define CONF_RELAY_FIELDS(X, s)                                               \
    X(s, U32,  type,        0)                                                \
    X(s, U64,  epoch,       0)                                                \
    X(s, U64,  seq,         0)                                                \
    X(s, STR,  body,        CONF_CONTENT_MAX * 2)                             \
    X(s, U64,  from,        0)                                                \
    X(s, U64,  to,          0)                                                \
    X(s, U64,  user,        0)


#define CONF_ID_FIELDS(X, s)                                                  \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  id,          0)

#define CONF_IDS_FIELDS(X, s)                                                 \
    X(s, U64S, ids,         0)

#define CONF_PAIR_FIELDS(X, s)                                                \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  other,       0)

/* Users.  Password rules are the caller's; here 1..CONF_PASSWORD_MAX bytes. */

#define CONF_USER_REGISTER_FIELDS(X, s)                                       \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  password,    CONF_PASSWORD_MAX)                                \
    X(s, STR,  email,       CONF_EMAIL_MAX)                                   \
    X(s, STR,  nickname,    CONF_NAME_MAX)                                    \
    X(s, STR,  phone,       CONF_PHONE_MAX)

#define CONF_USER_LOGIN_FIELDS(X, s)                                          \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  password,    CONF_PASSWORD_MAX)

/*
 * Itself, or any but status and role; an admin all of anybody's, except that
 * status and role of an admin, or of the asker, are left alone (FORBIDDEN).
 */

#define CONF_USER_UPDATE_FIELDS(X, s)                                         \
    X(s, U64,  actor,       0)          /* 0: the server, which may all */    \
    X(s, U64,  id,          0)                                                \
    X(s, U64,  mask,        0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  email,       CONF_EMAIL_MAX)                                   \
    X(s, STR,  nickname,    CONF_NAME_MAX)                                    \
    X(s, STR,  avatar,      CONF_URL_MAX)                                     \
    X(s, STR,  sexuality,   CONF_TYPE_MAX)                                    \
    X(s, U32,  year,        0)                                                \
    X(s, U32,  month,       0)                                                \
    X(s, U32,  day,         0)                                                \
    X(s, STR,  country,     CONF_NAME_MAX)                                    \
    X(s, STR,  province,    CONF_NAME_MAX)                                    \
    X(s, STR,  city,        CONF_NAME_MAX)                                    \
    X(s, STR,  phone,       CONF_PHONE_MAX)                                   \
    X(s, U32,  status,      0)          /* active, or banned for ever */      \
    X(s, U32,  role,        0)

#define CONF_UPDATE_NAME       0x001
#define CONF_UPDATE_EMAIL      0x002
#define CONF_UPDATE_NICKNAME   0x004
#define CONF_UPDATE_AVATAR     0x008
#define CONF_UPDATE_SEXUALITY  0x010
#define CONF_UPDATE_YEAR       0x020
#define CONF_UPDATE_MONTH      0x040
#define CONF_UPDATE_DAY        0x080
#define CONF_UPDATE_COUNTRY    0x100
#define CONF_UPDATE_PROVINCE   0x200
#define CONF_UPDATE_CITY       0x400
#define CONF_UPDATE_PHONE      0x800
#define CONF_UPDATE_STATUS     0x1000
#define CONF_UPDATE_ROLE       0x2000

#define CONF_USER_PASSWORD_FIELDS(X, s)                                       \
    X(s, U64,  id,            0)                                              \
    X(s, STR,  old_password,  CONF_PASSWORD_MAX)                              \
    X(s, STR,  new_password,  CONF_PASSWORD_MAX)

/*
 * The user by id, or by name when id is 0.  until_ms 0: for ever; banned
 * false lifts the ban.
 */

#define CONF_USER_BAN_FIELDS(X, s)                                            \
    X(s, U64,  id,          0)                                                \
    X(s, BOOL, banned,      0)                                                \
    X(s, I64,  until_ms,    0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, U64,  actor,       0)          /* an admin; nobody bans himself or   \
                                           another admin */                   \
    X(s, STR,  reason,      CONF_TEXT_MAX)

/* The user by id, or by name when id is 0. */

#define CONF_USER_ROLE_FIELDS(X, s)                                           \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  id,          0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, U32,  role,        0)          /* conf_user_role_e */

/*
 * Part of a name or nickname, without regard to ASCII case; in order of id,
 * from the page'th of pages of limit; total counts all that match.
 */

#define CONF_USER_SEARCH_FIELDS(X, s)                                         \
    X(s, U64,  actor,       0)                                                \
    X(s, STR,  keyword,     CONF_NAME_MAX)                                    \
    X(s, U32,  page,        0)          /* from 1 */                          \
    X(s, U32,  limit,       0)          /* 1..100 */

#define CONF_USERS_FIELDS(X, s)                                               \
    X(s, U64,  total,       0)                                                \
    X(s, LIST, users,       user)

/*
 * For an admin: the newest first, the e-mail is searched too.  status 0: any,
 * otherwise 1 + a conf_user_status_e.
 */

#define CONF_USER_LIST_FIELDS(X, s)                                           \
    X(s, U64,  actor,       0)                                                \
    X(s, STR,  keyword,     CONF_NAME_MAX)                                    \
    X(s, U32,  status,      0)                                                \
    X(s, U32,  page,        0)          /* from 1 */                          \
    X(s, U32,  limit,       0)          /* 1..100 */

/* What an admin has done; actor 0 is the command line.  Newest first. */

#define CONF_AUDIT_FIELDS(X, s)                                               \
    X(s, U64,  id,          0)                                                \
    X(s, I64,  time_ms,     0)                                                \
    X(s, U64,  actor,       0)                                                \
    X(s, STR,  actor_name,  CONF_NAME_MAX)      /* as of then */              \
    X(s, STR,  action,      CONF_TYPE_MAX)                                    \
    X(s, U64,  user_id,     0)                                                \
    X(s, STR,  user_name,   CONF_NAME_MAX)                                    \
    X(s, STR,  detail,      CONF_TEXT_MAX)

#define CONF_AUDIT_LIST_FIELDS(X, s)                                          \
    X(s, U64,  actor,       0)                                                \
    X(s, U32,  page,        0)          /* from 1 */                          \
    X(s, U32,  limit,       0)          /* 1..100 */

#define CONF_AUDITS_FIELDS(X, s)                                              \
    X(s, U64,  total,       0)                                                \
    X(s, LIST, audits,      audit)

/* days counts back from now; zone_s is the caller's offset from UTC. */

#define CONF_USER_STATS_FIELDS(X, s)                                          \
    X(s, U64,  id,          0)                                                \
    X(s, U32,  days,        0)          /* 1..31 */                           \
    X(s, I64,  zone_s,      0)

#define CONF_COUNT_FIELDS(X, s)                                               \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, U64,  count,       0)

#define CONF_STATS_FIELDS(X, s)                                               \
    X(s, U64,  rooms,       0)                                                \
    X(s, U64,  friends,     0)          /* others who share a room */         \
    X(s, U64,  unread,      0)                                                \
    X(s, LIST, days,        count)      /* "2024-05-07": messages */          \
    X(s, LIST, by_room,     count)      /* room name: its messages */         \
    X(s, U64S, friend_ids,  0)          /* at most 1,000 */

/* Rooms. */

#define CONF_ROOM_CREATE_FIELDS(X, s)                                         \
    X(s, U64,  actor,       0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  description, CONF_TEXT_MAX)

#define CONF_ROOM_KEY_FIELDS(X, s)                                            \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)

#define CONF_ROOM_VIEW_FIELDS(X, s)                                           \
    X(s, STRUCT, room,      room)                                             \
    X(s, U32,  role,        0)          /* the actor's */                     \
    X(s, U64,  read_seq,    0)          /* the actor's read mark */           \
    X(s, U32,  state,       0)          /* the actor's: conf_member_state_e */\
    X(s, I64,  entered_ms,  0)                                                \
    X(s, I64,  left_ms,     0)

/* The actor's rooms in order of id, from the first greater than after. */

#define CONF_ROOM_LIST_FIELDS(X, s)                                           \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  after,       0)                                                \
    X(s, U32,  limit,       0)          /* 1..1,000 */

#define CONF_ROOMS_FIELDS(X, s)                                               \
    X(s, LIST, rooms,       room)                                             \
    X(s, BOOL, more,        0)

/* For admins: the rooms that somebody has joined, by id; total of all. */

#define CONF_ROOM_LIVE_FIELDS(X, s)                                           \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  offset,      0)                                                \
    X(s, U32,  limit,       0)          /* 1..1,000 */

#define CONF_LIVE_ROOMS_FIELDS(X, s)                                          \
    X(s, LIST, rooms,       room)                                             \
    X(s, U64,  total,       0)

#define CONF_ROOM_UPDATE_FIELDS(X, s)                                         \
    X(s, U64,  actor,       0)          /* owner or moderator */              \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  mask,        0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  description, CONF_TEXT_MAX)

#define CONF_UPDATE_ROOM_NAME         0x001
#define CONF_UPDATE_ROOM_DESCRIPTION  0x002

#define CONF_HEAD_FIELDS(X, s)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  epoch,       0)          /* 0: no such room */                 \
    X(s, U64,  seq,         0)

#define CONF_HEADS_FIELDS(X, s)                                               \
    X(s, LIST, heads,       head)       /* in the order asked for */

/* Members. */

#define CONF_MEMBER_LIST_FIELDS(X, s)                                         \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  after,       0)          /* user id */                         \
    X(s, U32,  limit,       0)          /* 1..1,000 */

#define CONF_MEMBERS_FIELDS(X, s)                                             \
    X(s, LIST, members,     member)     /* in order of user id */             \
    X(s, BOOL, more,        0)

/*
 * The user by id, or by name when id is 0.  Who may: any member adds a
 * member; a role above MEMBER is given only by one who has a greater or equal
 * role and never OWNER.  Checks in this order: the actor is a member
 * (NOT_MEMBER), the user exists (USER_ABSENT), is not in the room yet
 * (ALREADY_MEMBER), the role may be given (FORBIDDEN), room for one more
 * (ROOM_FULL).
 */

#define CONF_MEMBER_ADD_FIELDS(X, s)                                          \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  user_id,     0)                                                \
    X(s, STR,  user_name,   CONF_NAME_MAX)                                    \
    X(s, U32,  role,        0)

#define CONF_MEMBER_VIEW_FIELDS(X, s)                                         \
    X(s, STRUCT, room,      room)                                             \
    X(s, STRUCT, member,    member)                                           \
    X(s, U64,  new_owner,   0)          /* who follows the owner */          \
    X(s, BOOL, deleted,     0)          /* the last member left: room ended */

/*
 * Oneself (leave), or another whose role is smaller.  When the owner leaves,
 * the longest member of the highest role follows; an empty room is deleted.
 */

#define CONF_MEMBER_KEY_FIELDS(X, s)                                          \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  user_id,     0)

#define CONF_MEMBER_READ_FIELDS(X, s)                                         \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  seq,         0)          /* the mark only grows */

/*
 * Meetings: rooms with a time (spec/meeting.md 3).  An actor's power in one is
 * that of his role; the creator and the admins of the server have a host's.
 * A room without a time is a meeting that has begun, for its members only.
 */

#define CONF_MEETING_CREATE_FIELDS(X, s)                                      \
    X(s, U64,  actor,       0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  description, CONF_TEXT_MAX)                                    \
    X(s, I64,  start_ms,    0)                                                \
    X(s, I64,  end_ms,      0)                                                \
    X(s, U32,  capacity,    0)                                                \
    X(s, U32,  media,       0)                                                \
    X(s, U32,  settings,    0)                                                \
    X(s, STR,  options,     CONF_OPTIONS_MAX)                                 \
    X(s, STR,  password,    CONF_PASSWORD_MAX)  /* empty: none */

/*
 * Of settings only the bits in settings_mask change.  An empty password takes
 * it away; state can become CANCELLED only, and of a SCHEDULED one.
 */

#define CONF_MEETING_UPDATE_FIELDS(X, s)                                      \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U32,  settings_mask, 0)                                              \
    X(s, U64,  mask,        0)                                                \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  description, CONF_TEXT_MAX)                                    \
    X(s, I64,  start_ms,    0)                                                \
    X(s, I64,  end_ms,      0)                                                \
    X(s, U32,  capacity,    0)                                                \
    X(s, U32,  media,       0)                                                \
    X(s, U32,  settings,    0)                                                \
    X(s, STR,  options,     CONF_OPTIONS_MAX)                                 \
    X(s, STR,  password,    CONF_PASSWORD_MAX)                                \
    X(s, U32,  state,       0)

#define CONF_UPDATE_MEETING_NAME         0x001
#define CONF_UPDATE_MEETING_DESCRIPTION  0x002
#define CONF_UPDATE_MEETING_START        0x004
#define CONF_UPDATE_MEETING_END          0x008
#define CONF_UPDATE_MEETING_CAPACITY     0x010
#define CONF_UPDATE_MEETING_MEDIA        0x020
#define CONF_UPDATE_MEETING_SETTINGS     0x040
#define CONF_UPDATE_MEETING_OPTIONS      0x080
#define CONF_UPDATE_MEETING_PASSWORD     0x100
#define CONF_UPDATE_MEETING_STATE        0x200

/* MEETING_JOIN has no password, MEETING_ENTER one that may cost a hash. */

#define CONF_MEETING_JOIN_FIELDS(X, s)                                        \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, STR,  password,    CONF_PASSWORD_MAX)

/*
 * The actor's meetings: bit i of states asks for those in conf_room_state_e i;
 * keyword is part of name or description, without regard to ASCII case.  The
 * latest first, or (ascending) the next one first, which then are those that
 * have not begun before from_ms or are under way.
 */

#define CONF_MEETING_LIST_FIELDS(X, s)                                        \
    X(s, U64,  actor,       0)                                                \
    X(s, U32,  states,      0)                                                \
    X(s, STR,  keyword,     CONF_NAME_MAX)                                    \
    X(s, BOOL, ascending,   0)                                                \
    X(s, I64,  from_ms,     0)                                                \
    X(s, U32,  page,        0)          /* from 1 */                          \
    X(s, U32,  limit,       0)          /* 1..100 */

#define CONF_MEETINGS_FIELDS(X, s)                                            \
    X(s, U64,  total,       0)                                                \
    X(s, LIST, meetings,    room_view)

/* Members first, then who waits; at most 2,000. */

#define CONF_PARTICIPANTS_FIELDS(X, s)                                        \
    X(s, STRUCT, room,      room)                                             \
    X(s, LIST, members,     member)                                           \
    X(s, U64,  total,       0)

/*
 * Who waits is let in, who was removed may come again, who is no member
 * becomes one.  All of them or none.
 */

#define CONF_PARTICIPANT_ADD_FIELDS(X, s)                                     \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64S, user_ids,    0)          /* 1..100 */                          \
    X(s, U32,  role,        0)          /* of who is new */

#define CONF_PARTICIPANT_ROLE_FIELDS(X, s)                                    \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  user_id,     0)                                                \
    X(s, U32,  role,        0)          /* OWNER: the host's goes over */

/*
 * Who has joined, in order of room and user, from behind (room_id, user_id).
 * MEETING_ABSENT: those have gone, unless they have joined anew since.
 */

#define CONF_JOINED_LIST_FIELDS(X, s)                                         \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  user_id,     0)                                                \
    X(s, U32,  limit,       0)          /* 1..1,000 */

#define CONF_JOINED_FIELDS(X, s)                                              \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  user_id,     0)                                                \
    X(s, I64,  entered_ms,  0)

#define CONF_ALL_JOINED_FIELDS(X, s)                                          \
    X(s, LIST, joined,      joined)                                           \
    X(s, BOOL, more,        0)

/*
 * Messages.  A client_id seen from this actor in this room within five
 * minutes gives the message that was stored then.
 */

#define CONF_MESSAGE_POST_FIELDS(X, s)                                        \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, STR,  type,        CONF_TYPE_MAX)                                    \
    X(s, STR,  content,     CONF_CONTENT_MAX)                                 \
    X(s, BOOL, json,        0)                                                \
    X(s, STR,  client_id,   CONF_CLIENT_ID_MAX)

/*
 * Backward: the newest limit messages with id < before_id (0: from the
 * newest).  Forward: those with seq > after_seq; epoch, when not 0, must be
 * the room's, else CONFLICT.  Always in ascending order.
 */

#define CONF_MESSAGE_LIST_FIELDS(X, s)                                        \
    X(s, U64,  actor,       0)                                                \
    X(s, U64,  room_id,     0)                                                \
    X(s, U64,  before_id,   0)                                                \
    X(s, BOOL, forward,     0)                                                \
    X(s, U64,  epoch,       0)                                                \
    X(s, U64,  after_seq,   0)                                                \
    X(s, U32,  limit,       0)          /* 1..1,000; at most 4 MB are sent */ \
    X(s, U64,  skip,        0)          /* backward: newer ones left out */   \
    X(s, BOOL, visits,      0)          /* backward, without skip: also who */\
                                        /* came and left: seq 0, type */      \
                                        /* "join" or "leave", no content */

#define CONF_MESSAGES_FIELDS(X, s)                                            \
    X(s, U64,  epoch,       0)                                                \
    X(s, U64,  seq,         0)          /* the room's newest */               \
    X(s, LIST, messages,    message)                                          \
    X(s, BOOL, more,        0)

/* Files: the bytes are on disk before FILE_ADD is asked. */

#define CONF_FILE_ADD_FIELDS(X, s)                                            \
    X(s, U64,  actor,       0)                                                \
    X(s, STRUCT, file,      file)                                             \
    X(s, STR,  url,         CONF_URL_MAX)       /* of an avatar, as served */

/* The user, and the avatar that is no more: its bytes may go. */

#define CONF_AVATAR_FIELDS(X, s)                                              \
    X(s, STRUCT, user,      user)                                             \
    X(s, STR,  replaced,    CONF_FILE_NAME_MAX)

#define CONF_FILE_KEY_FIELDS(X, s)                                            \
    X(s, U64,  actor,       0)          /* a member of the file's room */     \
    X(s, STR,  name,        CONF_FILE_NAME_MAX)

/*
 * Logins.  A login has a number, which its access tokens carry, and a secret
 * that its refresh token carries and that each refresh replaces.  One that was
 * replaced was stolen, here or there: the login ends, and reused tells so.  At
 * most CONF_LOGINS_MAX a user: the one that was used longest ago gives way.
 */

#define CONF_LOGINS_MAX        20
#define CONF_LOGIN_SECRET      32          /* bytes */

/* name is that of a user, or an e-mail address; ttl_ms of the secret. */

#define CONF_LOGIN_OPEN_FIELDS(X, s)                                          \
    X(s, STR,  name,        CONF_NAME_MAX)                                    \
    X(s, STR,  password,    CONF_PASSWORD_MAX)                                \
    X(s, I64,  ttl_ms,      0)

#define CONF_LOGIN_FIELDS(X, s)                                               \
    X(s, STRUCT, user,      user)                                             \
    X(s, U64,  sid,         0)                                                \
    X(s, STR,  secret,      CONF_LOGIN_SECRET)                                \
    X(s, BOOL, reused,      0)

/* An empty secret: who asks has proved to be that login in another way. */

/* Without a secret the asker has shown an access token, of that version. */

#define CONF_LOGIN_KEY_FIELDS(X, s)                                           \
    X(s, U64,  user_id,     0)                                                \
    X(s, U64,  sid,         0)                                                \
    X(s, STR,  secret,      CONF_LOGIN_SECRET)                                \
    X(s, I64,  ttl_ms,      0)                                                \
    X(s, U32,  version,     0)

/* USER_PASSWORD, and a login of its own for who has changed it. */

#define CONF_LOGIN_PASSWORD_FIELDS(X, s)                                      \
    X(s, STRUCT, change,    user_password)                                    \
    X(s, I64,  ttl_ms,      0)

/* The end of one's own account; a password, when given, must be right. */

#define CONF_USER_CLOSE_FIELDS(X, s)                                          \
    X(s, U64,  id,          0)                                                \
    X(s, STR,  password,    CONF_PASSWORD_MAX)

/* sid 0, or all: every login and every token of the user ends. */

#define CONF_LOGIN_CLOSE_FIELDS(X, s)                                         \
    X(s, U64,  user_id,     0)                                                \
    X(s, U64,  sid,         0)                                                \
    X(s, BOOL, all,         0)

/*
 * A new password for who has lost it: a mail with a token that is good once,
 * for confd's mail_reset_ttl, and only the newest of a user.  Nobody learns
 * whether there is such an address.  email in RESET_END may be empty; else it
 * must be the user's.
 */

#define CONF_RESET_SECRET      32          /* bytes */

#define CONF_RESET_BEGIN_FIELDS(X, s)                                         \
    X(s, STR,  email,       CONF_EMAIL_MAX)

#define CONF_RESET_END_FIELDS(X, s)                                           \
    X(s, U64,  user_id,     0)                                                \
    X(s, STR,  secret,      CONF_RESET_SECRET)                                \
    X(s, STR,  email,       CONF_EMAIL_MAX)                                   \
    X(s, STR,  password,    CONF_PASSWORD_MAX)

/*
 * Mail that waits in the store.  MAIL_NEXT: the oldest that is due, or id 0
 * and when (due_ms; 0: never) there will be one.  MAIL_DONE: it was handed
 * over, or it was not and is tried again later, at last given up.
 */

#define CONF_MAIL_FIELDS(X, s)                                                \
    X(s, U64,  id,          0)                                                \
    X(s, STR,  to,          CONF_EMAIL_MAX)                                   \
    X(s, STR,  subject,     CONF_NAME_MAX)                                    \
    X(s, STR,  text,        CONF_TEXT_MAX)                                    \
    X(s, I64,  created_ms,  0)                                                \
    X(s, I64,  due_ms,      0)                                                \
    X(s, U32,  tries,       0)          /* that have failed */

#define CONF_MAIL_DONE_FIELDS(X, s)                                           \
    X(s, U64,  id,          0)                                                \
    X(s, BOOL, sent,        0)


CONF_PROTO_STRUCT(none, CONF_NONE_FIELDS);
CONF_PROTO_STRUCT(hello, CONF_HELLO_FIELDS);
CONF_PROTO_STRUCT(welcome, CONF_WELCOME_FIELDS);
CONF_PROTO_STRUCT(stat, CONF_STAT_FIELDS);
CONF_PROTO_STRUCT(backup, CONF_BACKUP_FIELDS);
CONF_PROTO_STRUCT(backup_end, CONF_BACKUP_END_FIELDS);
CONF_PROTO_STRUCT(topics, CONF_TOPICS_FIELDS);
CONF_PROTO_STRUCT(publish, CONF_PUBLISH_FIELDS);
CONF_PROTO_STRUCT(touch, CONF_TOUCH_FIELDS);
CONF_PROTO_STRUCT(nodes, CONF_NODES_FIELDS);
CONF_PROTO_STRUCT(relay, CONF_RELAY_FIELDS);
CONF_PROTO_STRUCT(id, CONF_ID_FIELDS);
CONF_PROTO_STRUCT(ids, CONF_IDS_FIELDS);
CONF_PROTO_STRUCT(pair, CONF_PAIR_FIELDS);
CONF_PROTO_STRUCT(user_register, CONF_USER_REGISTER_FIELDS);
CONF_PROTO_STRUCT(user_login, CONF_USER_LOGIN_FIELDS);
CONF_PROTO_STRUCT(user_update, CONF_USER_UPDATE_FIELDS);
CONF_PROTO_STRUCT(user_password, CONF_USER_PASSWORD_FIELDS);
CONF_PROTO_STRUCT(user_ban, CONF_USER_BAN_FIELDS);
CONF_PROTO_STRUCT(user_role, CONF_USER_ROLE_FIELDS);
CONF_PROTO_STRUCT(user_list, CONF_USER_LIST_FIELDS);
CONF_PROTO_STRUCT(audit, CONF_AUDIT_FIELDS);
CONF_PROTO_STRUCT(audit_list, CONF_AUDIT_LIST_FIELDS);
CONF_PROTO_STRUCT(audits, CONF_AUDITS_FIELDS);
CONF_PROTO_STRUCT(user_search, CONF_USER_SEARCH_FIELDS);
CONF_PROTO_STRUCT(users, CONF_USERS_FIELDS);
CONF_PROTO_STRUCT(user_stats, CONF_USER_STATS_FIELDS);
CONF_PROTO_STRUCT(count, CONF_COUNT_FIELDS);
CONF_PROTO_STRUCT(stats, CONF_STATS_FIELDS);
CONF_PROTO_STRUCT(room_create, CONF_ROOM_CREATE_FIELDS);
CONF_PROTO_STRUCT(room_key, CONF_ROOM_KEY_FIELDS);
CONF_PROTO_STRUCT(room_view, CONF_ROOM_VIEW_FIELDS);
CONF_PROTO_STRUCT(room_list, CONF_ROOM_LIST_FIELDS);
CONF_PROTO_STRUCT(rooms, CONF_ROOMS_FIELDS);
CONF_PROTO_STRUCT(room_live, CONF_ROOM_LIVE_FIELDS);
CONF_PROTO_STRUCT(live_rooms, CONF_LIVE_ROOMS_FIELDS);
CONF_PROTO_STRUCT(room_update, CONF_ROOM_UPDATE_FIELDS);
CONF_PROTO_STRUCT(head, CONF_HEAD_FIELDS);
CONF_PROTO_STRUCT(heads, CONF_HEADS_FIELDS);
CONF_PROTO_STRUCT(member_list, CONF_MEMBER_LIST_FIELDS);
CONF_PROTO_STRUCT(members, CONF_MEMBERS_FIELDS);
CONF_PROTO_STRUCT(member_add, CONF_MEMBER_ADD_FIELDS);
CONF_PROTO_STRUCT(member_view, CONF_MEMBER_VIEW_FIELDS);
CONF_PROTO_STRUCT(member_key, CONF_MEMBER_KEY_FIELDS);
CONF_PROTO_STRUCT(member_read, CONF_MEMBER_READ_FIELDS);
CONF_PROTO_STRUCT(meeting_create, CONF_MEETING_CREATE_FIELDS);
CONF_PROTO_STRUCT(meeting_update, CONF_MEETING_UPDATE_FIELDS);
CONF_PROTO_STRUCT(meeting_join, CONF_MEETING_JOIN_FIELDS);
CONF_PROTO_STRUCT(meeting_list, CONF_MEETING_LIST_FIELDS);
CONF_PROTO_STRUCT(meetings, CONF_MEETINGS_FIELDS);
CONF_PROTO_STRUCT(participants, CONF_PARTICIPANTS_FIELDS);
CONF_PROTO_STRUCT(participant_add, CONF_PARTICIPANT_ADD_FIELDS);
CONF_PROTO_STRUCT(participant_role, CONF_PARTICIPANT_ROLE_FIELDS);
CONF_PROTO_STRUCT(joined_list, CONF_JOINED_LIST_FIELDS);
CONF_PROTO_STRUCT(joined, CONF_JOINED_FIELDS);
CONF_PROTO_STRUCT(all_joined, CONF_ALL_JOINED_FIELDS);
CONF_PROTO_STRUCT(message_post, CONF_MESSAGE_POST_FIELDS);
CONF_PROTO_STRUCT(message_list, CONF_MESSAGE_LIST_FIELDS);
CONF_PROTO_STRUCT(messages, CONF_MESSAGES_FIELDS);
CONF_PROTO_STRUCT(file_add, CONF_FILE_ADD_FIELDS);
CONF_PROTO_STRUCT(avatar, CONF_AVATAR_FIELDS);
CONF_PROTO_STRUCT(file_key, CONF_FILE_KEY_FIELDS);
CONF_PROTO_STRUCT(login_open, CONF_LOGIN_OPEN_FIELDS);
CONF_PROTO_STRUCT(login, CONF_LOGIN_FIELDS);
CONF_PROTO_STRUCT(login_key, CONF_LOGIN_KEY_FIELDS);
CONF_PROTO_STRUCT(login_password, CONF_LOGIN_PASSWORD_FIELDS);
CONF_PROTO_STRUCT(user_close, CONF_USER_CLOSE_FIELDS);
CONF_PROTO_STRUCT(login_close, CONF_LOGIN_CLOSE_FIELDS);
CONF_PROTO_STRUCT(reset_begin, CONF_RESET_BEGIN_FIELDS);
CONF_PROTO_STRUCT(reset_end, CONF_RESET_END_FIELDS);
CONF_PROTO_STRUCT(mail, CONF_MAIL_FIELDS);
CONF_PROTO_STRUCT(mail_done, CONF_MAIL_DONE_FIELDS);


/* Ops. */

#define CONF_OP_IDEMPOTENT  0x01
#define CONF_OP_SELF        0x02

typedef enum {
    CONF_LANE_LOOP = 0,
    CONF_LANE_READ,
    CONF_LANE_WRITE,
    CONF_LANE_HASH
} conf_lane_e;

#define CONF_OP(NAME, name, request, reply, lane, flags)  CONF_OP_##NAME,

typedef enum {
#include "conf_op.def"
    CONF_OP_MAX
} conf_op_e;

#undef CONF_OP

typedef struct {
    const char           *name;
    const conf_proto_t   *request;
    const conf_proto_t   *reply;
    conf_lane_e           lane;
    uint32_t              flags;
} conf_op_info_t;

extern const conf_op_info_t  conf_ops[CONF_OP_MAX];


/*
 * A frame is a 4-byte big-endian length of what follows and a msgpack array
 * [kind, id, code, rev, body]:
 *
 *     CALL     id chosen by the caller, code the op; rev 0; body the request
 *     REPLY    id of the call, code CONF_OK or CONF_E_*; body the reply, nil
 *              after an error; rev the store's revision that the answer is of
 *     EVENT    id 0, code 0; body is [topic, payload]; rev as above
 *
 * A revision grows with every commit; 0 where it does not apply.
 */

typedef enum {
    CONF_FRAME_CALL = 0,
    CONF_FRAME_REPLY,
    CONF_FRAME_EVENT
} conf_frame_kind_e;

typedef struct {
    conf_frame_kind_e     kind;
    uint64_t              id;
    uint32_t              code;
    uint64_t              rev;
    conf_str_t            body;     /* packed; len 0: nil */
} conf_frame_t;


/*
 * Appends a whole frame; proto NULL: body nil.  CONF_OK, CONF_E_NOMEM, or
 * CONF_E_TOO_LARGE when what follows the length would pass CONF_RPC_FRAME_MAX
 * or a field its own limit (nothing is added).
 */
conf_rc_t conf_frame_write(conf_buf_t *buf, const conf_frame_t *frame,
    const conf_proto_t *proto, const void *message);

/*
 * Reads one frame from the start of data; *used is what it took.  frame->body
 * points into data.  CONF_OK, CONF_AGAIN (more bytes are needed),
 * CONF_E_PROTOCOL (the link cannot be trusted any more).
 */
conf_rc_t conf_frame_read(conf_str_t data, size_t *used, conf_frame_t *frame);


#endif /* _CONF_RPC_H_INCLUDED_ */
