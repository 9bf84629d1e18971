
#include "confd_store.h"


const char *const  confd_space_names[CONFD_SPACE_MAX] = {
    [CONFD_SPACE_META] = "meta",
    [CONFD_SPACE_USER] = "user",
    [CONFD_SPACE_USER_NAME] = "user_name",
    [CONFD_SPACE_USER_EMAIL] = "user_email",
    [CONFD_SPACE_CREDENTIAL] = "credential",
    [CONFD_SPACE_ROOM] = "room",
    [CONFD_SPACE_ROOM_CODE] = "room_code",
    [CONFD_SPACE_ROOM_UUID] = "room_uuid",
    [CONFD_SPACE_MEMBER] = "member",
    [CONFD_SPACE_USER_ROOM] = "user_room",
    [CONFD_SPACE_HEAD] = "head",
    [CONFD_SPACE_LOG] = "log",
    [CONFD_SPACE_LOG_INDEX] = "log_index",
    [CONFD_SPACE_LOGIN] = "login",
    [CONFD_SPACE_RESET] = "reset",
    [CONFD_SPACE_FILE] = "file",
    [CONFD_SPACE_LOG_TIME] = "log_time",
    [CONFD_SPACE_USER_GONE] = "user_gone",
    [CONFD_SPACE_MAIL] = "mail",
    [CONFD_SPACE_AUDIT] = "audit",
    [CONFD_SPACE_LOBBY] = "lobby",
    [CONFD_SPACE_JOINED] = "joined",
    [CONFD_SPACE_ROOM_DUE] = "room_due",
    [CONFD_SPACE_ROOM_SECRET] = "room_secret",
    [CONFD_SPACE_ADMIN] = "admin"
};
