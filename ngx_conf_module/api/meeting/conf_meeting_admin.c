
/*
 * meeting: administration of users (spec/meeting.md, rows 11 to 16) and the
 * log of it.
 */

#include "conf_meeting_account.h"
#include "conf_admin.h"


#define CONF_HOURS_MAX   1000000
#define CONF_PAGES_MAX   100000000


static const conf_rate_t  conf_meeting_admin_list_rate =
    { 40, { 50, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_admin_get_rate =
    { 41, { 100, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_admin_update_rate =
    { 42, { 50, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_admin_delete_rate =
    { 43, { 20, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_admin_ban_rate =
    { 44, { 20, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_admin_unban_rate =
    { 45, { 20, CONF_MINUTE }, false };
static const conf_rate_t  conf_meeting_admin_audit_rate =
    { 46, { 50, CONF_MINUTE }, false };


/* Input. */

#define CONF_MEETING_ADMIN_ID(at)                                             \
    { .name = conf_string("id"), .type = CONF_T_U64,                          \
      .flags = CONF_F_REQUIRED, .min = 1, .max = CONF_ID_MAX, .offset = at }

#define CONF_MEETING_ADMIN_PAGE                                               \
    { .name = conf_string("page"), .type = CONF_T_U64, .min = 1,              \
      .max = CONF_PAGES_MAX, .offset = CONF_AT(conf_admin_in_t, page) },      \
    { .name = conf_string("page_size"), .type = CONF_T_U64, .min = 1,         \
      .max = 100, .offset = CONF_AT(conf_admin_in_t, limit) }

static const conf_enum_t  conf_meeting_admin_filters[] = {
    { conf_string("active"), 0, 1 + CONF_USER_ACTIVE },
    { conf_string("banned"), 0, 1 + CONF_USER_BANNED },
    { conf_string("deleted"), 0, 1 + CONF_USER_DELETED },
    { conf_null_string, 1, 1 + CONF_USER_ACTIVE },
    { conf_null_string, 2, 1 + CONF_USER_BANNED },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_field_t  conf_meeting_admin_list_fields[] = {
    CONF_MEETING_ADMIN_PAGE,
    { .name = conf_string("keyword"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 100,
      .offset = CONF_AT(conf_admin_in_t, keyword) },
    { .name = conf_string("status"), .type = CONF_T_ENUM,
      .values = conf_meeting_admin_filters,
      .offset = CONF_AT(conf_admin_in_t, status) }
};

static const conf_schema_t  conf_meeting_admin_list_schema =
    CONF_SCHEMA(conf_meeting_admin_list_fields, conf_admin_in_t);

static const conf_field_t  conf_meeting_admin_audit_fields[] = {
    CONF_MEETING_ADMIN_PAGE
};

static const conf_schema_t  conf_meeting_admin_audit_schema =
    CONF_SCHEMA(conf_meeting_admin_audit_fields, conf_admin_in_t);

static const conf_field_t  conf_meeting_admin_id_fields[] = {
    CONF_MEETING_ADMIN_ID(CONF_AT(conf_admin_in_t, user_id))
};

static const conf_schema_t  conf_meeting_admin_id_schema =
    CONF_SCHEMA(conf_meeting_admin_id_fields, conf_admin_in_t);

static const conf_field_t  conf_meeting_admin_ban_fields[] = {
    CONF_MEETING_ADMIN_ID(CONF_AT(conf_admin_in_t, user_id)),
    { .name = conf_string("reason"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 255,
      .offset = CONF_AT(conf_admin_in_t, reason) },
    { .name = conf_string("duration"), .type = CONF_T_U64, .min = 1,
      .max = CONF_HOURS_MAX, .offset = CONF_AT(conf_admin_in_t, hours) }
};

static const conf_schema_t  conf_meeting_admin_ban_schema =
    CONF_SCHEMA(conf_meeting_admin_ban_fields, conf_admin_in_t);

static const conf_enum_t  conf_meeting_admin_statuses[] = {
    { conf_string("active"), 0, CONF_USER_ACTIVE },
    { conf_string("banned"), 0, CONF_USER_BANNED },
    { conf_null_string, 1, CONF_USER_ACTIVE },
    { conf_null_string, 2, CONF_USER_BANNED },
    { conf_null_string, 0, UINT32_MAX }
};

static const conf_enum_t  conf_meeting_admin_roles[] = {
    { conf_string("user"), 0, CONF_USER_PLAIN },
    { conf_string("admin"), 0, CONF_USER_ADMIN },
    { conf_null_string, 1, CONF_USER_PLAIN },
    { conf_null_string, 3, CONF_USER_ADMIN },
    { conf_null_string, 0, UINT32_MAX }
};

#define CONF_MEETING_UPDATE_AT(member)                                        \
    (CONF_AT(conf_user_update_in_t, update)                                   \
     + CONF_AT(conf_user_update_t, member))

static const conf_field_t  conf_meeting_admin_update_fields[] = {
    CONF_MEETING_ADMIN_ID(CONF_AT(conf_user_update_in_t, user_id)),
    { .name = conf_string("nickname"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM, .max = 50,
      .offset = CONF_MEETING_UPDATE_AT(nickname) },
    { .name = conf_string("email"), .type = CONF_T_STR,
      .flags = CONF_F_TRIM | CONF_F_EMAIL, .max = 100,
      .offset = CONF_MEETING_UPDATE_AT(email) },
    { .name = conf_string("status"), .type = CONF_T_ENUM,
      .values = conf_meeting_admin_statuses,
      .offset = CONF_MEETING_UPDATE_AT(status) },
    { .name = conf_string("role"), .type = CONF_T_ENUM,
      .values = conf_meeting_admin_roles,
      .offset = CONF_MEETING_UPDATE_AT(role) }
};

static const conf_schema_t  conf_meeting_admin_update_schema =
    CONF_SCHEMA(conf_meeting_admin_update_fields, conf_user_update_in_t);

static const uint64_t  conf_meeting_admin_update_bits[] = {
    0, CONF_UPDATE_NICKNAME, CONF_UPDATE_EMAIL, CONF_UPDATE_STATUS,
    CONF_UPDATE_ROLE
};

_Static_assert(conf_nelts(conf_meeting_admin_update_bits)
               == conf_nelts(conf_meeting_admin_update_fields),
               "one bit a field");

static const conf_masks_t  conf_meeting_admin_update_masks = {
    conf_meeting_admin_update_bits,
    conf_nelts(conf_meeting_admin_update_bits)
};


/* Output. */

static const conf_view_row_t  conf_meeting_ban_rows[] = {
    { .name = conf_string("reason"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_ban_t, reason) },
    { .name = conf_string("until"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_ban_t, until_ms) }
};

static const conf_view_t  conf_meeting_ban_view =
    CONF_VIEW(conf_meeting_ban_rows, conf_ban_t);

static const conf_view_row_t  conf_meeting_managed_rows[] = {
    CONF_MEETING_USER(CONF_AT(conf_account_t, user)),
    CONF_MEETING_USER_OWN(CONF_AT(conf_account_t, user)),
    { .name = conf_string("ban"), .kind = CONF_V_OBJECT_PTR,
      .offset = CONF_AT(conf_account_t, ban), .sub = &conf_meeting_ban_view }
};

static const conf_view_t  conf_meeting_managed_view =
    CONF_VIEW(conf_meeting_managed_rows, conf_account_t);

static const conf_view_row_t  conf_meeting_listed_rows[] = {
    CONF_MEETING_USER(0),
    CONF_MEETING_USER_OWN(0),
    { .name = conf_string("banned_until"), .kind = CONF_V_TIME_UTC,
      .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_user_t, banned_until_ms) }
};

static const conf_view_t  conf_meeting_listed_view =
    CONF_VIEW(conf_meeting_listed_rows, conf_user_t);

static const conf_view_row_t  conf_meeting_user_page_rows[] = {
    { .name = conf_string("users"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_user_page_t, users),
      .sub = &conf_meeting_listed_view },
    CONF_MEETING_PAGE(CONF_AT(conf_user_page_t, page))
};

static const conf_view_t  conf_meeting_user_page_view =
    CONF_VIEW(conf_meeting_user_page_rows, conf_user_page_t);

static const conf_view_row_t  conf_meeting_banned_rows[] = {
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_user_t, id) },
    { .name = conf_string("status"), .kind = CONF_V_ENUM,
      .offset = CONF_AT(conf_user_t, status),
      .names = conf_meeting_user_states, .nnames = CONF_USER_DELETED + 1 },
    { .name = conf_string("banned_until"), .kind = CONF_V_TIME_UTC,
      .flags = CONF_VF_OMIT,
      .offset = CONF_AT(conf_user_t, banned_until_ms) }
};

static const conf_view_t  conf_meeting_banned_view =
    CONF_VIEW(conf_meeting_banned_rows, conf_user_t);

static const conf_view_row_t  conf_meeting_audit_rows[] = {
    { .name = conf_string("id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_audit_t, id) },
    { .name = conf_string("time"), .kind = CONF_V_TIME_UTC,
      .offset = CONF_AT(conf_audit_t, time_ms) },
    { .name = conf_string("actor_id"), .kind = CONF_V_U64_NULL,
      .offset = CONF_AT(conf_audit_t, actor) },
    { .name = conf_string("actor_name"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_audit_t, actor_name) },
    { .name = conf_string("action"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_audit_t, action) },
    { .name = conf_string("user_id"), .kind = CONF_V_U64,
      .offset = CONF_AT(conf_audit_t, user_id) },
    { .name = conf_string("username"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_audit_t, user_name) },
    { .name = conf_string("detail"), .kind = CONF_V_STR,
      .offset = CONF_AT(conf_audit_t, detail) }
};

static const conf_view_t  conf_meeting_audit_view =
    CONF_VIEW(conf_meeting_audit_rows, conf_audit_t);

static const conf_view_row_t  conf_meeting_audit_page_rows[] = {
    { .name = conf_string("entries"), .kind = CONF_V_LIST,
      .offset = CONF_AT(conf_audit_page_t, audits),
      .sub = &conf_meeting_audit_view },
    CONF_MEETING_PAGE(CONF_AT(conf_audit_page_t, page))
};

static const conf_view_t  conf_meeting_audit_page_view =
    CONF_VIEW(conf_meeting_audit_page_rows, conf_audit_page_t);


static const conf_row_t  conf_meeting_admin_rows[] = {

    { .method = CONF_M_GET, .path = "/api/v1/admin/users/?",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_list_rate,
      .schema = &conf_meeting_admin_list_schema,
      .verb = conf_admin_list, .view = &conf_meeting_user_page_view,
      .summary = "Users, the newest first: keyword, status, page" },

    { .method = CONF_M_GET, .path = "/api/v1/admin/users/:id",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_get_rate,
      .schema = &conf_meeting_admin_id_schema,
      .verb = conf_admin_get, .view = &conf_meeting_managed_view,
      .summary = "One user, with the ban while there is one" },

    { .method = CONF_M_PUT, .path = "/api/v1/admin/users/:id",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_update_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_admin_update_schema,
      .verb = conf_admin_update, .view = &conf_meeting_managed_view,
      .text = conf_string("User updated successfully"),
      .fixed = &conf_meeting_admin_update_masks,
      .summary = "Change nickname, email, status, role" },

    { .method = CONF_M_DELETE, .path = "/api/v1/admin/users/:id",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_delete_rate,
      .schema = &conf_meeting_admin_id_schema, .verb = conf_admin_delete,
      .text = conf_string("User deleted successfully"),
      .summary = "Delete a user; the name stays taken" },

    { .method = CONF_M_POST, .path = "/api/v1/admin/users/:id/ban",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_ban_rate,
      .body = CONF_BODY_JSON, .schema = &conf_meeting_admin_ban_schema,
      .verb = conf_admin_ban, .view = &conf_meeting_banned_view,
      .text = conf_string("User banned successfully"),
      .summary = "Ban: reason, duration in hours; all tokens end" },

    { .method = CONF_M_POST, .path = "/api/v1/admin/users/:id/unban",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_unban_rate,
      .schema = &conf_meeting_admin_id_schema, .verb = conf_admin_unban,
      .view = &conf_meeting_banned_view,
      .text = conf_string("User unbanned successfully"),
      .summary = "Lift a ban" },

    { .method = CONF_M_GET, .path = "/api/v1/admin/audit/?",
      .auth = CONF_AUTH_ADMIN, .rate = &conf_meeting_admin_audit_rate,
      .schema = &conf_meeting_admin_audit_schema,
      .verb = conf_admin_audit, .view = &conf_meeting_audit_page_view,
      .summary = "What admins have done, the newest first" }
};

const conf_rows_t  conf_meeting_admin_group = {
    conf_meeting_admin_rows, conf_nelts(conf_meeting_admin_rows)
};
