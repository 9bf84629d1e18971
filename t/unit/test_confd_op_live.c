
#include "confd_fixture.h"

#include "confd_record.h"


static conf_live_rooms_t  live;


static void
t_context(confd_op_ctx_t *ctx)
{
    memset(ctx, 0, sizeof(confd_op_ctx_t));
    fx_context(ctx);

    if (confd_lmdb_driver.begin(fx.store, true, &ctx->txn) != CONF_OK) {
        fx_die("cannot begin");
    }
}


static void
t_commit(confd_op_ctx_t *ctx)
{
    if (confd_lmdb_driver.commit(ctx->txn) != CONF_OK) {
        fx_die("cannot commit");
    }
}


static void
t_admin(uint64_t id)
{
    conf_user_t     user;
    confd_op_ctx_t  ctx;

    t_context(&ctx);

    if (confd_user_load(&ctx, id, &user) != CONF_OK) {
        fx_die("no user");
    }

    user.role = CONF_USER_ADMIN;

    if (confd_user_store(&ctx, &user) != CONF_OK) {
        fx_die("cannot store");
    }

    t_commit(&ctx);
}


/* As who joins a meeting has it. */

static void
t_join(uint64_t room_id, uint64_t user_id)
{
    confd_key_t           key;
    confd_op_ctx_t        ctx;
    conf_store_number_t   now = { 1 };

    t_context(&ctx);

    if (confd_record_put(&ctx, CONFD_SPACE_JOINED,
                         confd_record_key2(&key, room_id, user_id),
                         &conf_proto_store_number, &now)
        != CONF_OK)
    {
        fx_die("cannot join");
    }

    t_commit(&ctx);
}


static conf_rc_t
t_live(uint64_t actor, uint64_t offset, uint32_t limit)
{
    conf_room_live_t  in = { actor, offset, limit };

    return fx_call(CONF_OP_ROOM_LIVE, &in, &live);
}


static uint64_t
t_id(size_t i)
{
    return ((conf_room_t *) live.rooms.items)[i].id;
}


int
main(void)
{
    uint64_t  admin, user, first, second, third;

    fx_open();

    admin = fx_user("admin");
    user = fx_user("user");
    t_admin(admin);

    is_int(t_live(admin, 0, 10), CONF_OK, "an admin may ask");
    is_int(live.total, 0, "nobody is anywhere");

    first = fx_room(user, "first");
    (void) fx_room(user, "nobody");
    second = fx_room(user, "second");
    third = fx_room(user, "third");

    t_join(first, user);
    t_join(second, admin);
    t_join(second, user);
    t_join(second, UINT64_MAX);
    t_join(third, user);
    t_join(UINT64_MAX, user);

    is_int(t_live(admin, 0, 10), CONF_OK, "all");
    is_int(live.total, 4, "each room once");
    ok(live.rooms.n == 3 && t_id(0) == first && t_id(1) == second
       && t_id(2) == third, "by id, without what is gone");

    is_int(t_live(admin, 1, 1), CONF_OK, "a page");
    ok(live.rooms.n == 1 && t_id(0) == second, "of them");
    is_int(live.total, 4, "with the total");
    is_int(t_live(admin, 9, 1), CONF_OK, "behind the last");
    is_int(live.rooms.n, 0, "is nothing");

    is_int(t_live(admin, 0, 0), CONF_E_INVALID, "no limit");
    is_int(t_live(admin, 0, 1001), CONF_E_INVALID, "too large a one");
    is_int(t_live(user, 0, 10), CONF_E_FORBIDDEN, "not for others");
    is_int(t_live(999, 0, 10), CONF_E_FORBIDDEN, "nor for nobody");
    is_int(t_live(0, 0, 10), CONF_OK, "but for the server");

    fx_close();

    return tap_done();
}
