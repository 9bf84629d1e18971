
/*
 * The nouns of the domain, as every layer sees them: one identity, many
 * names.  Times are milliseconds since 1970, UTC; 0 means never.
 */

#ifndef _CONF_TYPES_H_INCLUDED_
#define _CONF_TYPES_H_INCLUDED_


#include "conf_proto.h"


/*
 * Limits in bytes; a dialect's own limit in characters, which take four bytes
 * at most, is in its rows.  Names and addresses are keys: they fit one.
 */

#define CONF_NAME_MAX         400
#define CONF_EMAIL_MAX        400
#define CONF_URL_MAX          1024
#define CONF_TEXT_MAX         4096       /* descriptions, reasons */
#define CONF_PASSWORD_MAX     1024
#define CONF_TYPE_MAX         128
#define CONF_CLIENT_ID_MAX    256
#define CONF_CONTENT_MAX      (256 * 1024)
#define CONF_FILE_NAME_MAX    64         /* of a stored file: random hex */


typedef enum {
    CONF_USER_ACTIVE = 0,
    CONF_USER_BANNED,
    CONF_USER_DELETED
} conf_user_status_e;

typedef enum {
    CONF_USER_PLAIN = 0,
    CONF_USER_ADMIN              /* of the server, not of a room */
} conf_user_role_e;

#define CONF_PHONE_MAX        128
#define CONF_REVOKED_MAX      32         /* logins in conf_user_t.revoked */

/* Also the order of power: a greater role may do what a smaller one may. */

typedef enum {
    CONF_ROLE_NONE = 0,          /* not a member */
    CONF_ROLE_MEMBER,
    CONF_ROLE_MODERATOR,         /* roomchat: admin */
    CONF_ROLE_OWNER              /* roomchat: owner, meeting: host */
} conf_role_e;


/*
 * A user.  version grows with every change that must kill issued tokens
 * (password, ban, deletion); a token carries the version it was issued for.
 * The password's hash is a record of its own that never leaves confd.
 * revoked are the ids of logins that were ended while their access tokens may
 * still live; when they become too many, version grows instead.
 */

#define CONF_USER_FIELDS(X, s)                                                \
    X(s, U64,  id,               0)                                           \
    X(s, UUID, uuid,             0)                                           \
    X(s, STR,  name,             CONF_NAME_MAX)                               \
    X(s, STR,  email,            CONF_EMAIL_MAX)                              \
    X(s, STR,  nickname,         CONF_NAME_MAX)                               \
    X(s, STR,  avatar,           CONF_URL_MAX)                                \
    X(s, U32,  status,           0)                                           \
    X(s, U32,  version,          0)                                           \
    X(s, I64,  created_ms,       0)                                           \
    X(s, I64,  updated_ms,       0)                                           \
    X(s, I64,  banned_until_ms,  0)     /* banned and 0: for ever */          \
    X(s, STR,  sexuality,        CONF_TYPE_MAX)                               \
    X(s, U32,  year,             0)     /* of birth */                        \
    X(s, U32,  month,            0)                                           \
    X(s, U32,  day,              0)                                           \
    X(s, STR,  country,          CONF_NAME_MAX)                               \
    X(s, STR,  province,         CONF_NAME_MAX)                               \
    X(s, STR,  city,             CONF_NAME_MAX)                               \
    X(s, STR,  phone,            CONF_PHONE_MAX)                              \
    X(s, U32,  role,             0)     /* conf_user_role_e */                \
    X(s, I64,  last_login_ms,    0)                                           \
    X(s, STR,  ban_reason,       CONF_TEXT_MAX)                               \
    X(s, U64S, revoked,          0)

CONF_PROTO_STRUCT(user, CONF_USER_FIELDS);


/*
 * A room is a meeting when it has a time.  One that has none is always open.
 * Its state moves forward only.
 */

typedef enum {
    CONF_ROOM_OPEN = 0,
    CONF_ROOM_SCHEDULED,
    CONF_ROOM_ONGOING,
    CONF_ROOM_ENDED,
    CONF_ROOM_CANCELLED
} conf_room_state_e;

typedef enum {
    CONF_ROOM_VIDEO = 0,
    CONF_ROOM_AUDIO
} conf_room_media_e;

/* Bits of settings. */

#define CONF_ROOM_RECORDING   0x01
#define CONF_ROOM_CHAT        0x02
#define CONF_ROOM_SCREEN      0x04
#define CONF_ROOM_LOBBY       0x08       /* who joins waits to be admitted */
#define CONF_ROOM_MUTE        0x10       /* who joins is muted */

#define CONF_OPTIONS_MAX      4096


/*
 * A room.  seq is the sequence of its newest message, epoch changes only when
 * a restored store would hand out sequences again.  creator_id never changes
 * (0 in old records: the owner); owner_id is the host.  njoined counts the
 * members that are in state JOINED: what capacity is compared with.
 */

#define CONF_ROOM_FIELDS(X, s)                                                \
    X(s, U64,  id,               0)                                           \
    X(s, UUID, uuid,             0)                                           \
    X(s, U32,  code,             0)     /* 9 digits, unique, random */        \
    X(s, STR,  name,             CONF_NAME_MAX)                               \
    X(s, STR,  description,      CONF_TEXT_MAX)                               \
    X(s, U64,  owner_id,         0)                                           \
    X(s, U32,  nmembers,         0)                                           \
    X(s, I64,  created_ms,       0)                                           \
    X(s, I64,  updated_ms,       0)                                           \
    X(s, U64,  epoch,            0)                                           \
    X(s, U64,  seq,              0)     /* from the room's head */            \
    X(s, U64,  creator_id,       0)                                           \
    X(s, U32,  state,            0)     /* conf_room_state_e */               \
    X(s, U32,  media,            0)     /* conf_room_media_e */               \
    X(s, U32,  capacity,         0)     /* 0: the server's limit */           \
    X(s, U32,  settings,         0)     /* bits, see above */                 \
    X(s, STR,  options,          CONF_OPTIONS_MAX)  /* JSON, kept as is */    \
    X(s, BOOL, locked,           0)     /* has a password */                  \
    X(s, I64,  start_ms,         0)     /* as planned */                      \
    X(s, I64,  end_ms,           0)                                           \
    X(s, I64,  started_ms,       0)     /* as it was */                       \
    X(s, I64,  ended_ms,         0)                                           \
    X(s, U32,  njoined,          0)                                           \
    X(s, I64,  empty_ms,         0)     /* since when njoined is 0 */         \
    X(s, I64,  due_ms,           0)     /* its row in the index of time */

CONF_PROTO_STRUCT(room, CONF_ROOM_FIELDS);


/*
 * Where somebody is with respect to a room.  Who is WAITING or REMOVED is not
 * a member.
 */

typedef enum {
    CONF_MEMBER_OFFLINE = 0,
    CONF_MEMBER_JOINED,
    CONF_MEMBER_WAITING,
    CONF_MEMBER_REMOVED
} conf_member_state_e;

/* A member of a room, with what is shown of the user. */

#define CONF_MEMBER_FIELDS(X, s)                                              \
    X(s, U64,  user_id,          0)                                           \
    X(s, U32,  role,             0)                                           \
    X(s, I64,  joined_ms,        0)                                           \
    X(s, STR,  name,             CONF_NAME_MAX)                               \
    X(s, STR,  nickname,         CONF_NAME_MAX)                               \
    X(s, STR,  avatar,           CONF_URL_MAX)                                \
    X(s, I64,  created_ms,       0)     /* the user's */                      \
    X(s, I64,  updated_ms,       0)                                           \
    X(s, U64,  id,               0)     /* of the participant */              \
    X(s, U32,  state,            0)     /* conf_member_state_e */             \
    X(s, I64,  entered_ms,       0)     /* the last time it joined */         \
    X(s, I64,  left_ms,          0)

CONF_PROTO_STRUCT(member, CONF_MEMBER_FIELDS);


/*
 * A message.  id grows over all rooms, seq is gap-free in its room.  json
 * tells that content is JSON text rather than a string.
 */

#define CONF_MESSAGE_FIELDS(X, s)                                             \
    X(s, U64,  id,               0)                                           \
    X(s, U64,  room_id,          0)                                           \
    X(s, U64,  epoch,            0)                                           \
    X(s, U64,  seq,              0)                                           \
    X(s, I64,  time_ms,          0)                                           \
    X(s, U64,  user_id,          0)                                           \
    X(s, STR,  type,             CONF_TYPE_MAX)                               \
    X(s, STR,  content,          CONF_CONTENT_MAX)                            \
    X(s, BOOL, json,             0)                                           \
    X(s, STR,  client_id,        CONF_CLIENT_ID_MAX)                          \
    X(s, STR,  user_name,        CONF_NAME_MAX)      /* as of the reading */  \
    X(s, STR,  user_nickname,    CONF_NAME_MAX)                               \
    X(s, STR,  user_avatar,      CONF_URL_MAX)

CONF_PROTO_STRUCT(message, CONF_MESSAGE_FIELDS);


/* A stored file; room_id 0: public (an avatar). */

#define CONF_FILE_FIELDS(X, s)                                                \
    X(s, STR,  name,             CONF_FILE_NAME_MAX)                          \
    X(s, U64,  room_id,          0)                                           \
    X(s, U64,  user_id,          0)                                           \
    X(s, STR,  title,            CONF_NAME_MAX)      /* the client's name */  \
    X(s, STR,  type,             CONF_NAME_MAX)                               \
    X(s, U64,  size,             0)                                           \
    X(s, I64,  created_ms,       0)

CONF_PROTO_STRUCT(file, CONF_FILE_FIELDS);


#endif /* _CONF_TYPES_H_INCLUDED_ */
