
/*
 * roomchat: room chat over REST and WebSocket.  Sentences, shapes and codes
 * are those of the interface document and its specification; what is not in
 * them is additive: events of code 3, "seq", "epoch", "client_id".
 */

#include "conf_roomchat.h"


#define CONF_ROOMCHAT_FAILED   1
#define CONF_ROOMCHAT_PONG     2
#define CONF_ROOMCHAT_EVENT    3
#define CONF_ROOMCHAT_RETRY_S  1


static void conf_roomchat_answer(conf_op_t *op, conf_buf_t *buf,
    conf_answer_t *answer);
static void conf_roomchat_failed(conf_op_t *op, conf_buf_t *buf,
    conf_answer_t *answer);
static void conf_roomchat_open(conf_buf_t *buf, int32_t code, conf_str_t msg);
static void conf_roomchat_event(const conf_event_t *event, const void *body,
    conf_buf_t *buf);


/* Rate classes; numbers are unique over all dialects. */

static const conf_rate_t  conf_roomchat_sign = { 1, { 20, 60000 }, true };
static const conf_rate_t  conf_roomchat_read = { 2, { 600, 60000 }, false };
static const conf_rate_t  conf_roomchat_write = { 3, { 120, 60000 }, false };
static const conf_rate_t  conf_roomchat_send = { 4, { 600, 60000 }, false };
static const conf_rate_t  conf_roomchat_file = { 5, { 60, 60000 }, false };
static const conf_rate_t  conf_roomchat_static = { 6, { 1200, 60000 }, true };


/*
 * Errors.  Each endpoint has sentences of its own; CONF_E_MAX stands for all
 * that is the server's fault.
 */

#define CONF_SAY(name, sentence)                                              \
    { CONF_E_##name, 0, 0, conf_string(sentence) }
#define CONF_SAY_END  { CONF_E_NONE, 0, 0, conf_null_string }

static const conf_error_row_t  conf_roomchat_register_errors[] = {
    CONF_SAY(NAME_TAKEN, "用户名已存在"),
    CONF_SAY(BAD_REQUEST, "注册失败，请求错误"),
    CONF_SAY(INVALID, "注册失败，请求错误"),
    CONF_SAY(MAX, "注册失败，服务器错误"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_login_errors[] = {
    CONF_SAY(BAD_LOGIN, "用户名或密码错误"),
    { CONF_E_USER_BANNED, 200, CONF_ROOMCHAT_FAILED,
      conf_string("登录失败，用户已被封禁") },
    CONF_SAY(BAD_REQUEST, "登录失败，请求错误"),
    CONF_SAY(INVALID, "登录失败，请求错误"),
    CONF_SAY(MAX, "登录失败，服务器错误"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_create_errors[] = {
    CONF_SAY(EMPTY, "创建聊天室失败，聊天室名称不能为空"),
    CONF_SAY(BAD_REQUEST, "创建失败"),
    CONF_SAY(INVALID, "创建失败"),
    CONF_SAY(ROOM_FULL, "创建失败"),
    CONF_SAY(MAX, "创建失败"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_rooms_errors[] = {
    CONF_SAY(INVALID, "获取聊天室列表失败，请求错误"),
    CONF_SAY(BAD_REQUEST, "获取聊天室列表失败，请求错误"),
    CONF_SAY(MAX, "获取聊天室列表失败，服务器错误"),
    CONF_SAY_END
};

#define CONF_SAY_ROOM(what)                                                   \
    CONF_SAY(BAD_REQUEST, what "失败，请求错误"),                             \
    CONF_SAY(INVALID, what "失败，请求错误"),                                 \
    CONF_SAY(NOT_MEMBER, what "失败，没有权限，当前用户不在此房间中"),        \
    CONF_SAY(ROOM_ABSENT, what "失败，没有权限，当前用户不在此房间中"),       \
    CONF_SAY(MAX, what "失败，服务器错误")

static const conf_error_row_t  conf_roomchat_members_errors[] = {
    CONF_SAY_ROOM("获取聊天室成员列表"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_add_errors[] = {
    CONF_SAY(ALREADY_MEMBER, "添加用户到聊天室失败，用户已在聊天室中"),
    CONF_SAY(USER_ABSENT, "添加用户到聊天室失败，用户不存在"),
    CONF_SAY(FORBIDDEN, "添加用户到聊天室失败，没有权限"),
    CONF_SAY(ROOM_FULL, "添加用户到聊天室失败，聊天室已满"),
    CONF_SAY_ROOM("添加用户到聊天室"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_info_errors[] = {
    CONF_SAY_ROOM("获取聊天室信息"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_change_errors[] = {
    CONF_SAY(EMPTY, "修改聊天室信息失败，聊天室名称不能为空"),
    CONF_SAY(FORBIDDEN, "修改聊天室信息失败，没有权限"),
    CONF_SAY_ROOM("修改聊天室信息"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_delete_errors[] = {
    CONF_SAY(BAD_REQUEST, "删除聊天室失败，请求错误1"),
    CONF_SAY(INVALID, "删除聊天室失败，请求错误2"),
    CONF_SAY(FORBIDDEN,
             "删除聊天室失败，没有权限，当前用户不是此房间的创建者"),
    CONF_SAY(NOT_MEMBER,
             "删除聊天室失败，没有权限，当前用户不是此房间的创建者"),
    CONF_SAY(ROOM_ABSENT,
             "删除聊天室失败，没有权限，当前用户不是此房间的创建者"),
    CONF_SAY(MAX, "删除聊天室失败，服务器错误3"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_leave_errors[] = {
    CONF_SAY(FORBIDDEN, "退出聊天室失败，没有权限"),
    CONF_SAY(USER_ABSENT, "退出聊天室失败，用户不在此房间中"),
    CONF_SAY_ROOM("退出聊天室"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_send_errors[] = {
    CONF_SAY(BAD_REQUEST, "Invalid message data"),
    CONF_SAY(INVALID, "Invalid message data"),
    CONF_SAY(EMPTY, "Invalid message data"),
    CONF_SAY(NOT_MEMBER, "当前用户已不在聊天室中"),
    CONF_SAY(ROOM_ABSENT, "当前用户已不在聊天室中"),
    CONF_SAY(MAX, "Failed to send message"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_history_errors[] = {
    CONF_SAY(BAD_REQUEST, "Invalid query message data"),
    CONF_SAY(INVALID, "Invalid query message data"),
    CONF_SAY(NOT_MEMBER, "当前用户已不在聊天室中"),
    CONF_SAY(ROOM_ABSENT, "当前用户已不在聊天室中"),
    CONF_SAY(MAX, "Failed to retrieve messages"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_socket_errors[] = {
    CONF_SAY(BAD_REQUEST, "读取信息失败"),
    CONF_SAY(INVALID, "读取信息失败"),
    CONF_SAY(EMPTY, "读取信息失败"),
    CONF_SAY(NOT_MEMBER, "当前用户已不在聊天室中"),
    CONF_SAY(ROOM_ABSENT, "当前用户已不在聊天室中"),
    CONF_SAY(MAX, "创建新信息失败"),
    CONF_SAY_END
};

/* A handshake that is none is not a business outcome. */

static const conf_error_row_t  conf_roomchat_upgrade_errors[] = {
    { CONF_E_BAD_REQUEST, 400, 1, conf_string("请求错误") },
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_user_errors[] = {
    CONF_SAY(BAD_REQUEST, "无效的用户ID"),
    CONF_SAY(INVALID, "无效的用户ID"),
    CONF_SAY(USER_ABSENT, "无效的用户ID"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_profile_errors[] = {
    CONF_SAY(FORBIDDEN, "无权操作"),
    CONF_SAY(NAME_TAKEN, "用户名已存在"),
    CONF_SAY(EMAIL_TAKEN, "邮箱已存在"),
    CONF_SAY(BAD_REQUEST, "无效的请求数据"),
    CONF_SAY(INVALID, "无效的请求数据"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_password_errors[] = {
    CONF_SAY(BAD_PASSWORD, "修改密码失败，原密码错误"),
    CONF_SAY(FORBIDDEN, "无权操作"),
    CONF_SAY(BAD_REQUEST, "修改密码失败，请求错误"),
    CONF_SAY(INVALID, "修改密码失败，请求错误"),
    CONF_SAY(MAX, "修改密码失败，服务器错误"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_avatar_errors[] = {
    CONF_SAY(FILE_TYPE, "上传文件不是图片"),
    CONF_SAY(TOO_LARGE, "上传文件过大"),
    CONF_SAY(BAD_REQUEST, "上传文件失败"),
    CONF_SAY(INVALID, "上传文件失败"),
    CONF_SAY(MAX, "上传文件失败"),
    CONF_SAY_END
};

static const conf_error_row_t  conf_roomchat_upload_errors[] = {
    CONF_SAY(NOT_MEMBER, "当前用户已不在聊天室中"),
    CONF_SAY(ROOM_ABSENT, "当前用户已不在聊天室中"),
    CONF_SAY(TOO_LARGE, "上传文件过大"),
    CONF_SAY(BAD_REQUEST, "上传文件失败"),
    CONF_SAY(INVALID, "上传文件失败"),
    CONF_SAY(FILE_TYPE, "上传文件失败"),
    CONF_SAY(MAX, "上传文件失败"),
    CONF_SAY_END
};

/* A file that one may not see is not there. */

static const conf_error_row_t  conf_roomchat_file_errors[] = {
    { CONF_E_NOT_MEMBER, 404, 0, conf_string("404 page not found") },
    { CONF_E_ROOM_ABSENT, 404, 0, conf_string("404 page not found") },
    { CONF_E_FILE_ABSENT, 404, 0, conf_string("404 page not found") },
    { CONF_E_INVALID, 404, 0, conf_string("404 page not found") },
    CONF_SAY_END
};


#define CONF_ERR(name, status, code, sentence)                                \
    [CONF_E_##name] = { CONF_E_##name, status, code, conf_string(sentence) }

static const conf_error_row_t  conf_roomchat_errors[CONF_E_MAX] = {
    CONF_ERR(NONE, 200, 0, ""),
    CONF_ERR(INTERNAL, 500, 1, "服务器错误"),
    CONF_ERR(NOMEM, 503, 1, "服务器错误"),
    CONF_ERR(NOT_FOUND, 404, 0, "404 page not found"),
    CONF_ERR(METHOD, 404, 0, "404 page not found"),
    CONF_ERR(BAD_REQUEST, 200, 1, "请求错误"),
    CONF_ERR(INVALID, 200, 1, "请求错误"),
    CONF_ERR(TOO_LARGE, 413, 1, "请求内容过大"),
    CONF_ERR(RATE_LIMITED, 429, 1, "操作过于频繁，请稍后再试"),
    CONF_ERR(TOKEN_ABSENT, 401, 0, "Authorization header is required"),
    CONF_ERR(TOKEN_SCHEME, 401, 0,
             "Authorization header must be in 'Bearer {token}' format"),
    CONF_ERR(TOKEN_MALFORMED, 401, 0, "Malformed JWT token"),
    CONF_ERR(TOKEN_EXPIRED, 401, 0, "Expired or not active JWT token"),
    CONF_ERR(TOKEN_INVALID, 401, 0, "Invalid JWT token"),
    CONF_ERR(TOKEN_CLAIMS, 401, 0, "Invalid JWT token claims"),
    CONF_ERR(TOKEN_SUBJECT, 401, 0, "User ID must be a number"),
    CONF_ERR(TOKEN_REVOKED, 401, 0, "Invalid or expired JWT token"),
    CONF_ERR(USER_BANNED, 401, 0, "User is banned"),
    CONF_ERR(ORIGIN, 403, 0, "Origin not allowed"),
    CONF_ERR(FORBIDDEN, 200, 1, "没有权限"),
    CONF_ERR(NAME_TAKEN, 200, 1, "用户名已存在"),
    CONF_ERR(EMAIL_TAKEN, 200, 1, "邮箱已存在"),
    CONF_ERR(BAD_LOGIN, 200, 1, "用户名或密码错误"),
    CONF_ERR(BAD_PASSWORD, 200, 1, "密码错误"),
    CONF_ERR(USER_ABSENT, 200, 1, "用户不存在"),
    CONF_ERR(ROOM_ABSENT, 200, 1, "聊天室不存在"),
    CONF_ERR(NOT_MEMBER, 200, 1, "没有权限，当前用户不在此房间中"),
    CONF_ERR(ALREADY_MEMBER, 200, 1, "用户已在聊天室中"),
    CONF_ERR(ROOM_FULL, 200, 1, "聊天室已满"),
    CONF_ERR(ROOM_ENDED, 200, 1, "聊天室已关闭"),
    CONF_ERR(MESSAGE_ABSENT, 200, 1, "消息不存在"),
    CONF_ERR(FILE_ABSENT, 200, 1, "文件不存在"),
    CONF_ERR(FILE_TYPE, 200, 1, "文件类型错误"),
    CONF_ERR(BACKEND_DOWN, 503, 1, "服务器错误"),
    CONF_ERR(BACKEND_BUSY, 503, 1, "服务器错误"),
    CONF_ERR(BACKEND_TIMEOUT, 503, 1, "服务器错误"),
    CONF_ERR(STORE_FULL, 503, 1, "服务器错误"),
    CONF_ERR(STORE_FAILED, 503, 1, "服务器错误"),
    CONF_ERR(ZONE_FULL, 503, 1, "服务器错误"),
    CONF_ERR(PROTOCOL, 503, 1, "服务器错误"),
    CONF_ERR(EXISTS, 200, 1, "已存在"),
    CONF_ERR(CONFLICT, 200, 1, "历史消息已变更，请重新获取"),
    CONF_ERR(EMPTY, 200, 1, "请求错误"),
    CONF_ERR(WAITING, 200, 1, "没有权限，当前用户不在此房间中"),
    CONF_ERR(REMOVED, 200, 1, "没有权限，当前用户不在此房间中"),
    CONF_ERR(ROOM_STATE, 200, 1, "聊天室已关闭"),
    CONF_ERR(ROOM_PASSWORD, 200, 1, "密码错误"),
    CONF_ERR(TARGET_ABSENT, 200, 1, "用户不存在"),
    CONF_ERR(SAME_PASSWORD, 200, 1, "密码错误"),
    CONF_ERR(RESET_INVALID, 200, 1, "请求错误"),
    CONF_ERR(RESET_EXPIRED, 200, 1, "请求错误"),
    CONF_ERR(CSRF, 403, 1, "没有权限"),
    CONF_ERR(UNAVAILABLE, 200, 1, "服务器错误"),
    CONF_ERR(SESSION_ABSENT, 200, 1, "请求错误"),
    CONF_ERR(TAKEN, 200, 1, "没有权限")
};

_Static_assert(CONF_E_MAX == 55, "a new error needs a sentence here");


/* The shapes of answers: {"code":..,"msg":..,"data":..} and {"error":..}. */

static const conf_view_row_t  conf_roomchat_envelope_rows[] = {
    { .name = conf_string("code"), .kind = CONF_V_I64 },
    { .name = conf_string("msg"), .kind = CONF_V_STR },
    { .name = conf_string("data"), .kind = CONF_V_OBJECT }
};

static const conf_view_t  conf_roomchat_envelope =
    { conf_roomchat_envelope_rows, conf_nelts(conf_roomchat_envelope_rows),
      0 };

static const conf_view_row_t  conf_roomchat_denied_rows[] = {
    { .name = conf_string("error"), .kind = CONF_V_STR }
};

static const conf_view_t  conf_roomchat_denied_view =
    { conf_roomchat_denied_rows, conf_nelts(conf_roomchat_denied_rows), 0 };

static const conf_shape_t  conf_roomchat_failures[] = {
    { 401, "Denied", &conf_roomchat_denied_view },
    { 403, "Denied", &conf_roomchat_denied_view },
    { 404, "Absent", NULL },
    { 0, "Failure", &conf_roomchat_envelope }
};


/* Endpoints. */

static const conf_row_t  conf_roomchat_rows[] = {

    { .method = CONF_M_POST, .path = "/register",
      .rate = &conf_roomchat_sign, .body = CONF_BODY_JSON,
      .schema = &conf_roomchat_register_schema, .verb = conf_user_register,
      .view = &conf_roomchat_id_view, .text = conf_string("注册成功"),
      .errors = conf_roomchat_register_errors, .summary = "Register a user" },

    { .method = CONF_M_POST, .path = "/login",
      .rate = &conf_roomchat_sign, .body = CONF_BODY_JSON,
      .schema = &conf_roomchat_login_schema, .verb = conf_user_login,
      .view = &conf_roomchat_login_view, .text = conf_string("登录成功"),
      .errors = conf_roomchat_login_errors,
      .summary = "Log in: a token for 24 hours" },

    { .method = CONF_M_POST, .path = "/api/room/create",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_create_schema,
      .verb = conf_room_create, .view = &conf_roomchat_room_view,
      .text = conf_string("创建成功"), .errors = conf_roomchat_create_errors,
      .summary = "Create a room and own it" },

    { .method = CONF_M_GET, .path = "/api/room/list",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_rooms_schema,
      .verb = conf_room_list, .view = &conf_roomchat_room_view, .list = true,
      .text = conf_string("获取成功"), .errors = conf_roomchat_rooms_errors,
      .summary = "The caller's rooms" },

    { .method = CONF_M_GET, .path = "/api/room/members",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_room_id_schema,
      .verb = conf_member_list, .view = &conf_roomchat_member_view,
      .list = true, .offset = CONF_AT(conf_members_out_t, members),
      .text = conf_string("获取成功"),
      .errors = conf_roomchat_members_errors,
      .summary = "A room's members, and who is online" },

    { .method = CONF_M_POST, .path = "/api/room/add_user",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_member_schema,
      .verb = conf_member_add, .text = conf_string("添加用户到聊天室成功"),
      .errors = conf_roomchat_add_errors,
      .summary = "Add a user, by id or name" },

    { .method = CONF_M_GET, .path = "/api/room/info",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_room_id_schema,
      .verb = conf_room_get, .view = &conf_roomchat_info_view,
      .text = conf_string("获取聊天室信息成功"),
      .errors = conf_roomchat_info_errors, .summary = "One room" },

    { .method = CONF_M_POST, .path = "/api/room/update",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_room_schema,
      .verb = conf_room_update, .view = &conf_roomchat_room_view,
      .text = conf_string("修改聊天室信息成功"),
      .errors = conf_roomchat_change_errors,
      .summary = "Change name or description (owner, admin)" },

    { .method = CONF_M_DELETE, .path = "/api/room/delete",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_room_id_schema,
      .verb = conf_room_delete, .text = conf_string("删除聊天室成功"),
      .errors = conf_roomchat_delete_errors,
      .summary = "Delete a room (owner)" },

    { .method = CONF_M_POST, .path = "/api/room/leave",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_member_schema,
      .verb = conf_member_remove, .text = conf_string("退出聊天室成功"),
      .errors = conf_roomchat_leave_errors,
      .summary = "Leave a room, or remove a user of a smaller role" },

    { .method = CONF_M_POST, .path = "/api/message/send",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_send,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_message_schema,
      .verb = conf_message_post, .view = &conf_roomchat_sent_view,
      .text = conf_string("Message sent successfully"),
      .errors = conf_roomchat_send_errors, .summary = "Send a message" },

    { .method = CONF_M_GET, .path = "/api/message/list",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_history_schema,
      .verb = conf_message_list, .view = &conf_roomchat_message_view,
      .list = true, .offset = CONF_AT(conf_history_out_t, messages),
      .text = conf_string("历史消息获取成功"),
      .fixed = &conf_roomchat_history_get,
      .errors = conf_roomchat_history_errors,
      .summary = "History, oldest first; after_seq reads forward" },

    { .method = CONF_M_POST, .path = "/api/message/list",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_history_schema,
      .verb = conf_message_list, .view = &conf_roomchat_message_view,
      .list = true, .offset = CONF_AT(conf_history_out_t, messages),
      .text = conf_string("历史消息获取成功"),
      .fixed = &conf_roomchat_history_post,
      .errors = conf_roomchat_history_errors,
      .summary = "History, newest first" },

    { .method = CONF_M_POST, .path = "/api/message/read",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_read_schema,
      .verb = conf_member_read, .text = conf_string("标记已读成功"),
      .errors = conf_roomchat_history_errors,
      .summary = "Mark messages up to seq as read" },

    { .method = CONF_M_POST, .path = "/api/message/upload",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_file,
      .body = CONF_BODY_UPLOAD, .schema = &conf_roomchat_upload_schema,
      .verb = conf_file_add, .view = &conf_roomchat_upload_view,
      .text = conf_string("上传文件成功"),
      .fixed = "/static/files/",
      .errors = conf_roomchat_upload_errors,
      .summary = "Upload a file to a room (multipart: room_id, file)" },

    { .method = CONF_M_GET, .path = "/api/message/ws",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_SOCKET, .verb = conf_socket_open,
      .text = conf_string("连接成功"),
      .errors = conf_roomchat_upgrade_errors,
      .summary = "WebSocket, with a greeting" },

    { .method = CONF_M_GET, .path = "/ws/join",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_SOCKET, .verb = conf_socket_open,
      .errors = conf_roomchat_upgrade_errors,
      .summary = "WebSocket, without a greeting; ?token=" },

    { .method = CONF_M_GET, .path = "/api/user/my",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .verb = conf_user_get, .view = &conf_roomchat_my_view,
      .text = conf_string("获取用户信息成功"), .summary = "The caller" },

    { .method = CONF_M_GET, .path = "/api/user/info",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_user_schema,
      .verb = conf_user_get, .view = &conf_roomchat_public_view,
      .text = conf_string("获取用户信息成功"),
      .errors = conf_roomchat_user_errors,
      .summary = "What another user shows" },

    { .method = CONF_M_POST, .path = "/api/user/update",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_write,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_update_schema,
      .verb = conf_user_update, .view = &conf_roomchat_my_view,
      .text = conf_string("更新用户信息成功"),
      .fixed = &conf_roomchat_update_masks,
      .errors = conf_roomchat_profile_errors,
      .summary = "Change the caller's profile" },

    { .method = CONF_M_POST, .path = "/api/user/upload_avatar",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_file,
      .body = CONF_BODY_UPLOAD, .schema = &conf_roomchat_avatar_schema,
      .verb = conf_avatar_set, .view = &conf_roomchat_my_view,
      .text = conf_string("上传头像成功"),
      .fixed = "/static/avatars/",
      .errors = conf_roomchat_avatar_errors,
      .summary = "Upload an avatar (multipart: file)" },

    { .method = CONF_M_POST, .path = "/api/user/update_password",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_sign,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_password_schema,
      .verb = conf_user_password, .view = &conf_roomchat_login_view,
      .text = conf_string("修改密码成功"),
      .errors = conf_roomchat_password_errors,
      .summary = "Change the caller's password; all tokens end" },

    { .method = CONF_M_GET, .path = "/api/user/friends",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_search_schema,
      .verb = conf_user_search, .view = &conf_roomchat_public_view,
      .list = true, .offset = CONF_AT(conf_users_t, users),
      .text = conf_string("获取用户列表成功"),
      .summary = "Find users: keyword, page, page_size" },

    { .method = CONF_M_GET, .path = "/api/user/common_rooms",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_QUERY, .schema = &conf_roomchat_user_schema,
      .verb = conf_user_common_rooms, .view = &conf_roomchat_room_view,
      .list = true, .offset = CONF_AT(conf_rooms_t, rooms),
      .text = conf_string("获取共同房间列表成功"),
      .errors = conf_roomchat_user_errors,
      .summary = "Rooms shared with another user" },

    { .method = CONF_M_GET, .path = "/api/user/stats",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .verb = conf_user_stats, .view = &conf_roomchat_stats_view,
      .text = conf_string("获取统计信息成功"),
      .summary = "The caller's counts" },

    { .method = CONF_M_GET, .path = "/static/files/:name",
      .auth = CONF_AUTH_USER, .rate = &conf_roomchat_static,
      .body = CONF_BODY_FILE, .schema = &conf_roomchat_file_schema,
      .verb = conf_file_get, .errors = conf_roomchat_file_errors,
      .summary = "A room's file, for its members; ?token=" },

    { .method = CONF_M_GET, .path = "/static/avatars/:name",
      .rate = &conf_roomchat_static,
      .body = CONF_BODY_FILE, .schema = &conf_roomchat_file_schema,
      .verb = conf_file_get, .errors = conf_roomchat_file_errors,
      .summary = "An avatar" }
};


/* Messages of the socket, by type. */

static const conf_row_t  conf_roomchat_messages[] = {

    { .path = "ping", .auth = CONF_AUTH_USER, .verb = conf_ping,
      .code = CONF_ROOMCHAT_PONG, .text = conf_string("ok"),
      .errors = conf_roomchat_socket_errors,
      .summary = "Answered with code 2" },

    { .path = "sync", .auth = CONF_AUTH_USER, .rate = &conf_roomchat_read,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_history_schema,
      .verb = conf_message_list, .view = &conf_roomchat_sync_view,
      .code = CONF_ROOMCHAT_EVENT, .text = conf_string("历史消息获取成功"),
      .fixed = &conf_roomchat_history_sync,
      .errors = conf_roomchat_history_errors,
      .summary = "What came after (epoch, seq)" },

    { .path = "video", .auth = CONF_AUTH_USER,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_message_schema,
      .verb = conf_message_relay, .errors = conf_roomchat_socket_errors,
      .summary = "Passed on to who is there, not stored" },

    { .path = "*", .auth = CONF_AUTH_USER, .rate = &conf_roomchat_send,
      .body = CONF_BODY_JSON, .schema = &conf_roomchat_message_schema,
      .verb = conf_message_post, .errors = conf_roomchat_socket_errors,
      .summary = "text, image, file and others: stored, then sent to all" }
};


static const conf_rows_t  conf_roomchat_group = {
    conf_roomchat_rows, conf_nelts(conf_roomchat_rows)
};

static const conf_rows_t *const  conf_roomchat_groups[] = {
    &conf_roomchat_group,
    NULL
};


const conf_api_t  conf_api_roomchat = {
    .name = conf_string("roomchat"),
    .index = 0,
    .groups = conf_roomchat_groups,
    .messages = conf_roomchat_messages,
    .nmessages = conf_nelts(conf_roomchat_messages),
    .type_field = conf_string("type"),
    .errors = conf_roomchat_errors,
    .envelope = &conf_roomchat_envelope,
    .failures = conf_roomchat_failures,
    .answer = conf_roomchat_answer,
    .event = conf_roomchat_event
};


/* {"code":0,"msg":"...","data":...} */

static void
conf_roomchat_answer(conf_op_t *op, conf_buf_t *buf, conf_answer_t *answer)
{
    const conf_row_t  *row = op->row;

    answer->status = 200;
    answer->type = conf_str("application/json; charset=utf-8");

    if (op->rc != CONF_OK) {
        conf_roomchat_failed(op, buf, answer);
        return;
    }

    if (row->text.len == 0) {
        answer->silent = true;
        return;
    }

    conf_roomchat_open(buf, row->code, row->text);

    if (row->view == NULL) {
        conf_buf_lit(buf, "null");

    } else {
        conf_api_show(op, buf);
    }

    conf_buf_byte(buf, '}');
}


/*
 * A failure is a code and a sentence; one of the token is another shape, an
 * unknown path is plain text.  On a socket it carries the client's own id.
 */

static void
conf_roomchat_failed(conf_op_t *op, conf_buf_t *buf, conf_answer_t *answer)
{
    conf_error_row_t          error;
    const conf_message_in_t  *input;

    conf_op_error_row(op, op->rc, &error);
    answer->status = error.status;

    if (error.status == 503) {
        answer->retry_s = CONF_ROOMCHAT_RETRY_S;

    } else if (op->rc == CONF_E_RATE_LIMITED) {
        answer->retry_s = (uint32_t) ((op->limit.retry_ms + 999) / 1000);
    }

    if (error.status == 404) {
        answer->type = conf_str("text/plain");
        conf_buf_str(buf, error.text);
        return;
    }

    if (error.status == 401 || error.status == 403) {
        conf_buf_lit(buf, "{\"error\":");
        conf_view_string(buf, error.text);
        conf_buf_byte(buf, '}');
        return;
    }

    conf_roomchat_open(buf, error.code, error.text);
    conf_buf_lit(buf, "null");

    if (op->session != NULL && op->in != NULL
        && op->row->schema == &conf_roomchat_message_schema)
    {
        input = op->in;

        if (input->client_id.len != 0) {
            conf_buf_lit(buf, ",\"client_id\":");
            conf_view_string(buf, input->client_id);
        }
    }

    conf_buf_byte(buf, '}');
}


static void
conf_roomchat_open(conf_buf_t *buf, int32_t code, conf_str_t msg)
{
    conf_buf_lit(buf, "{\"code\":");
    conf_buf_i64(buf, code);
    conf_buf_lit(buf, ",\"msg\":");
    conf_view_string(buf, msg);
    conf_buf_lit(buf, ",\"data\":");
}


/* What each event is here, by conf_event_e. */

static const struct {
    const conf_view_t  *view;
    int32_t             code;
    conf_str_t          text;
} conf_roomchat_events[CONF_EVENT_MAX] = {
    { NULL, 0, conf_null_string },
    { &conf_roomchat_message_view, 0, conf_string("新消息") },
    { &conf_roomchat_message_view, 0, conf_string("新消息") },
    { &conf_roomchat_presence_view, CONF_ROOMCHAT_EVENT,
      conf_string("在线状态") },
    { &conf_roomchat_changed_view, CONF_ROOMCHAT_EVENT,
      conf_string("聊天室信息已修改") },
    { &conf_roomchat_entered_view, CONF_ROOMCHAT_EVENT,
      conf_string("已加入聊天室") },
    { &conf_roomchat_exited_view, CONF_ROOMCHAT_EVENT,
      conf_string("已离开聊天室") }
};


static void
conf_roomchat_event(const conf_event_t *event, const void *body,
    conf_buf_t *buf)
{
    const conf_presence_t  *presence = body;

    if (event->type >= CONF_EVENT_MAX
        || conf_roomchat_events[event->type].view == NULL
        || (event->type == CONF_EVENT_PRESENCE && !presence->edge))
    {
        return;
    }

    conf_roomchat_open(buf, conf_roomchat_events[event->type].code,
                       conf_roomchat_events[event->type].text);
    conf_view_object(buf, conf_roomchat_events[event->type].view, body);
    conf_buf_byte(buf, '}');
}
