
#include "../../ngx_conf_module/core/conf_route.c"

#include "tap.h"


static conf_arena_t  *arena;
static const int      rows[64];


static conf_str_t
text(const char *s)
{
    return (conf_str_t) { strlen(s), (const uint8_t *) s };
}


/* The index of the row that answers, or -rc. */

static int
find(const conf_route_t *route, unsigned method, const char *path,
    conf_route_match_t *match)
{
    conf_rc_t  rc;

    rc = conf_route_find(route, arena, method, text(path), match);

    return rc == CONF_OK ? (int) ((const int *) match->row - rows) : -rc;
}


static void
test_patterns(void)
{
    size_t         i;
    char           deep[200];
    conf_route_t  *route;

    static const char *const  wrong[] = {
        "", "a", "a/b", "?", "//", "/a//b", "/a//?", "//?", "/:", "/*",
        "/a/*x/b", "/a/*x/?", "/:a/:a", "/:a/*a", "/:a-b", "/a?", "/a/b?c",
        "/a#b", "/a%20b", "/a b", "/\x01", "/\xff", "/:a.b",
        "/:a/:b/:c/:d/:e/:f/:g/:h/:i", "/:a/:b/:c/:d/:e/:f/:g/:h/*i"
    };

    static const char *const  right[] = {
        "/", "/?", "/a", "/a/", "/b/?", "/a/:x", "/a/:x/*rest", "/*all",
        "/r:batch", "/\xe6\x88\xbf", "/:a/:b/:c/:d/:e/:f/:g/:h",
        "/:A_9/z", "/a.b/~-_"
    };

    route = conf_route_create(arena);

    for (i = 0; i < conf_nelts(wrong); i++) {
        is_int(conf_route_add(route, CONF_M_GET, wrong[i], rows),
               CONF_E_INVALID, "wrong pattern %zu", i);
    }

    for (i = 0; i < conf_nelts(right); i++) {
        if (i == 1) {
            is_int(conf_route_add(route, CONF_M_GET, right[i], rows),
                   CONF_E_EXISTS, "\"/?\" beside \"/\"");
            continue;
        }

        is_int(conf_route_add(route, CONF_M_GET, right[i], rows), CONF_OK,
               "right pattern %s", right[i]);
    }

    is_int(conf_route_add(route, CONF_M_GET, "/a", rows), CONF_E_EXISTS,
           "the same again");
    is_int(conf_route_add(route, CONF_M_GET, "/a/:other", rows),
           CONF_E_EXISTS, "the same with another name");
    is_int(conf_route_add(route, CONF_M_GET, "/*other", rows),
           CONF_E_EXISTS, "the same rest");
    is_int(conf_route_add(route, CONF_M_POST | CONF_M_GET, "/a", rows),
           CONF_E_EXISTS, "one of two methods is there");
    is_int(conf_route_add(route, CONF_M_POST, "/a", rows), CONF_OK,
           "the other has not been added");
    is_int(conf_route_add(route, CONF_M_GET, "/a/?", rows), CONF_E_EXISTS,
           "both forms are there");
    is_int(conf_route_add(route, 0, "/m", rows), CONF_E_INVALID,
           "no method");
    is_int(conf_route_add(route, 0x40, "/m", rows), CONF_E_INVALID,
           "unknown method");

    for (i = 0; i < 33; i++) {
        deep[i * 2] = '/';
        deep[i * 2 + 1] = 'a';
    }

    deep[66] = '\0';
    is_int(conf_route_add(route, CONF_M_GET, deep, rows), CONF_E_INVALID,
           "33 segments");
    deep[64] = '\0';
    is_int(conf_route_add(route, CONF_M_GET, deep, rows), CONF_OK,
           "32 segments");
    deep[64] = '/';
    deep[65] = '?';
    deep[66] = '\0';
    is_int(conf_route_add(route, CONF_M_PUT, deep, rows), CONF_E_INVALID,
           "32 segments and a slash");
}


static conf_route_t *
routes(void)
{
    size_t         i;
    conf_rc_t      rc;
    conf_route_t  *route;

    static const struct {
        unsigned     method;
        const char  *pattern;
    } table[] = {
        { CONF_M_GET, "/api/room" },
        { CONF_M_POST, "/api/room" },
        { CONF_M_GET, "/api/room/:room_id" },
        { CONF_M_DELETE, "/api/room/:id" },
        { CONF_M_GET, "/api/room/:room_id/members" },
        { CONF_M_GET, "/api/room/new" },
        { CONF_M_PUT, "/api/room/:room_id/members/:user_id" },
        { CONF_M_GET, "/login/?" },
        { CONF_M_GET, "/docs/*path" },
        { CONF_M_GET, "/docs/index" },
        { CONF_M_GET, "/" },
        { CONF_M_GET, "/slash/" },
        { CONF_M_GET, "/x/a/:p/c" },
        { CONF_M_GET, "/x/:q/b/d" },
        { CONF_M_GET, "/x/*r" },
        { CONF_M_PATCH | CONF_M_OPTIONS, "/two" },
        { CONF_M_POST, "/x/:q/*deep" }
    };

    route = conf_route_create(arena);
    rc = CONF_OK;

    for (i = 0; i < conf_nelts(table) && rc == CONF_OK; i++) {
        rc = conf_route_add(route, table[i].method, table[i].pattern,
                            &rows[i]);
    }

    is_int(rc, CONF_OK, "all rows added");

    return route;
}


static void
test_find(void)
{
    conf_route_t        *route;
    conf_route_match_t   m;

    route = routes();

    is_int(find(route, CONF_M_GET, "/api/room", &m), 0, "literal");
    is_int(m.nparams, 0, "no parameters");
    is_int(find(route, CONF_M_POST, "/api/room", &m), 1, "by method");
    is_int(find(route, CONF_M_GET, "/api/room/42", &m), 2, "parameter");
    is_int(m.nparams, 1, "one");
    is_str(m.params[0].name, "room_id", "its name");
    is_str(m.params[0].value, "42", "its value");
    is_int(find(route, CONF_M_DELETE, "/api/room/42", &m), 3,
           "the same node");
    is_str(m.params[0].name, "id", "with the name of its own pattern");
    is_int(find(route, CONF_M_GET, "/api/room/42/members", &m), 4, "middle");
    is_int(find(route, CONF_M_PUT, "/api/room/4%32/members/%e6%88%bf", &m),
           6, "two");
    is_int(m.nparams, 2, "two");
    is_str(m.params[0].value, "42", "first decoded");
    is_str(m.params[1].name, "user_id", "second name");
    is_str(m.params[1].value, "\xe6\x88\xbf", "second decoded");

    is_int(find(route, CONF_M_GET, "/api/room/new", &m), 5, "literal wins");
    is_int(find(route, CONF_M_DELETE, "/api/room/new", &m), 3,
           "parameter when the literal lacks the method");
    is_int(find(route, CONF_M_PUT, "/api/room/new", &m), -CONF_E_METHOD,
           "405");
    is_int(m.allow, CONF_M_GET | CONF_M_DELETE, "methods of both");
    ok(m.row == NULL, "no row");
    is_int(find(route, CONF_M_GET, "/%61pi/r%6Fom", &m), 0,
           "escaped literal");

    is_int(find(route, CONF_M_GET, "/login", &m), 7, "no slash");
    is_int(find(route, CONF_M_GET, "/login/", &m), 7, "slash");
    is_int(find(route, CONF_M_GET, "/login//", &m), -CONF_E_NOT_FOUND,
           "two slashes");
    is_int(find(route, CONF_M_GET, "/slash/", &m), 11, "slash wanted");
    is_int(find(route, CONF_M_GET, "/slash", &m), -CONF_E_NOT_FOUND,
           "slash wanted, absent");
    is_int(find(route, CONF_M_GET, "/", &m), 10, "root");
    is_int(find(route, CONF_M_GET, "", &m), -CONF_E_NOT_FOUND, "nothing");
    is_int(find(route, CONF_M_GET, "api/room", &m), -CONF_E_NOT_FOUND,
           "relative");
    is_int(find(route, CONF_M_GET, "/api/room/", &m), -CONF_E_NOT_FOUND,
           "empty parameter");
    is_int(find(route, CONF_M_GET, "/api//room", &m), -CONF_E_NOT_FOUND,
           "empty segment");
    is_int(find(route, CONF_M_GET, "/API/room", &m), -CONF_E_NOT_FOUND,
           "case");

    is_int(find(route, CONF_M_PATCH, "/two", &m), 15, "one of two methods");
    is_int(find(route, CONF_M_OPTIONS, "/two", &m), 15, "the other");
    is_int(find(route, CONF_M_GET, "/two", &m), -CONF_E_METHOD, "a third");
    is_int(m.allow, CONF_M_PATCH | CONF_M_OPTIONS, "Allow");
    is_int(find(route, 0, "/two", &m), -CONF_E_METHOD, "no method");
    is_int(find(route, CONF_M_PATCH | CONF_M_GET, "/two", &m),
           -CONF_E_METHOD, "two methods at once");
}


static void
test_backtrack(void)
{
    conf_route_t        *route;
    conf_route_match_t   m;

    route = routes();

    is_int(find(route, CONF_M_GET, "/x/a/b/c", &m), 12, "literal branch");
    is_str(m.params[0].name, "p", "its parameter");
    is_int(find(route, CONF_M_GET, "/x/a/b/d", &m), 13,
           "back to the parameter branch");
    is_int(m.nparams, 1, "one parameter");
    is_str(m.params[0].name, "q", "of that branch");
    is_str(m.params[0].value, "a", "with its value");
    is_int(find(route, CONF_M_GET, "/x/a/b/e", &m), 14, "back to the rest");
    is_str(m.params[0].value, "a/b/e", "all of it");
    is_int(find(route, CONF_M_POST, "/x/a/b/e", &m), 16,
           "rest behind a parameter");
    is_str(m.params[0].value, "a", "parameter");
    is_str(m.params[1].name, "deep", "rest");
    is_str(m.params[1].value, "b/e", "rest's value");
    is_int(find(route, CONF_M_PUT, "/x/a/b/c", &m), -CONF_E_METHOD, "405");
    is_int(m.allow, CONF_M_GET | CONF_M_POST, "from all branches");
}


static void
test_rest(void)
{
    char                 path[4096];
    size_t               i;
    conf_route_t        *route;
    conf_route_match_t   m;

    route = routes();

    is_int(find(route, CONF_M_GET, "/docs/a", &m), 8, "one segment");
    is_int(find(route, CONF_M_GET, "/docs/index", &m), 9, "literal wins");
    is_int(find(route, CONF_M_GET, "/docs/index/", &m), 8, "with a slash");
    is_str(m.params[0].value, "index/", "slash is kept");
    is_int(find(route, CONF_M_GET, "/docs/a%2Fb//c%20d/", &m), 8, "many");
    is_str(m.params[0].name, "path", "name");
    is_str(m.params[0].value, "a/b//c d/", "decoded once");
    is_int(find(route, CONF_M_GET, "/docs/%2541", &m), 8, "only once");
    is_str(m.params[0].value, "%41", "a percent stays");
    is_int(find(route, CONF_M_GET, "/docs/", &m), -CONF_E_NOT_FOUND,
           "empty rest");
    is_int(find(route, CONF_M_GET, "/docs", &m), -CONF_E_NOT_FOUND,
           "no rest");
    is_int(find(route, CONF_M_GET, "/docs/../x", &m), -CONF_E_NOT_FOUND,
           "dots");
    is_int(find(route, CONF_M_GET, "/docs/a/%2e%2e", &m), -CONF_E_NOT_FOUND,
           "escaped dots");
    is_int(find(route, CONF_M_GET, "/docs/..%2fx", &m), -CONF_E_NOT_FOUND,
           "dots and escaped slash");
    is_int(find(route, CONF_M_GET, "/docs/./a", &m), -CONF_E_NOT_FOUND,
           "one dot");
    is_int(find(route, CONF_M_GET, "/docs/...", &m), 8, "three dots");
    is_int(find(route, CONF_M_GET, "/docs/a/b%00", &m), -CONF_E_NOT_FOUND,
           "NUL");

    memcpy(path, "/docs", 5);

    for (i = 5; i < sizeof(path) - 1; i += 2) {
        path[i] = '/';
        path[i + 1] = 'a';
    }

    path[sizeof(path) - 1] = '\0';
    path[sizeof(path) - 2] = 'a';

    is_int(find(route, CONF_M_GET, path, &m), 8, "2000 segments");
    is_int(m.params[0].value.len, sizeof(path) - 1 - 6, "all of them");
    memcpy(path + 4000, "%zz", 3);
    is_int(find(route, CONF_M_GET, path, &m), -CONF_E_NOT_FOUND,
           "wrong escape far behind");
    path[1] = 'n';
    is_int(find(route, CONF_M_GET, path, &m), -CONF_E_NOT_FOUND,
           "2000 segments that nobody wants");
}


static void
test_escapes(void)
{
    size_t               i;
    conf_route_t        *route;
    conf_route_match_t   m;

    static const char *const  wrong[] = {
        "/api/room/%00", "/api/room/a%00b", "/api/room/%", "/api/room/%4",
        "/api/room/%4g", "/api/room/%g4", "/api/room/%%41",
        "/api/room/%2F", "/api/room/a%2fb", "/api/room/%ff",
        "/api/room/\xff", "/api/room/%c0%80", "/api/room/%ed%a0%80",
        "/api/room/%e6%88", "/api/room%2Fnew", "/api/room/new%2f",
        "/login%2f", "/api/room/%f4%90%80%80", "/api/%zz/x"
    };

    route = routes();

    for (i = 0; i < conf_nelts(wrong); i++) {
        is_int(find(route, CONF_M_GET, wrong[i], &m), -CONF_E_NOT_FOUND,
               "%s matches nothing", wrong[i]);
    }

    is_int(find(route, CONF_M_GET, "/api/room/a+b", &m), 2, "plus");
    is_str(m.params[0].value, "a+b", "stays");
    is_int(find(route, CONF_M_GET, "/api/room/%2541", &m), 2, "twice");
    is_str(m.params[0].value, "%41", "decoded once");
    is_int(find(route, CONF_M_GET, "/api/room/%3A%2a", &m), 2, "marks");
    is_str(m.params[0].value, ":*", "are only data");
    is_int(find(route, CONF_M_GET, "/api/room/:room_id", &m), 2,
           "a pattern as a path");

    is_int(conf_route_find(route, arena, CONF_M_GET,
                           (conf_str_t) { 12, (const uint8_t *)
                                          "/api/room/\0a" }, &m),
           CONF_E_NOT_FOUND, "raw NUL");
}


static void
test_both_root(void)
{
    conf_route_t        *route;
    conf_route_match_t   m;

    route = conf_route_create(arena);
    is_int(conf_route_add(route, CONF_M_GET, "/?", rows), CONF_OK, "\"/?\"");
    is_int(find(route, CONF_M_GET, "", &m), 0, "nothing");
    is_int(find(route, CONF_M_GET, "/", &m), 0, "slash");
    is_int(find(route, CONF_M_GET, "/a", &m), -CONF_E_NOT_FOUND, "more");

    is_int(conf_route_add(route, CONF_M_GET, "/:p/?", &rows[1]), CONF_OK,
           "parameter with and without a slash");
    is_int(find(route, CONF_M_GET, "/a", &m), 1, "without");
    is_int(find(route, CONF_M_GET, "/a/", &m), 1, "with");
    is_str(m.params[0].value, "a", "value");
}


static void
test_memory(void)
{
    size_t               i;
    conf_rc_t            rc;
    conf_arena_t        *small;
    conf_route_t        *route;
    conf_route_match_t   m;

    small = conf_arena_create(256, 1);
    is_int(conf_route_find(routes(), small, CONF_M_GET, text("/docs/a"), &m),
           CONF_OK, "little memory is enough");

    for (i = 0; i < 64; i++) {
        rc = conf_route_find(routes(), small, CONF_M_GET, text("/docs/a"),
                             &m);
        if (rc != CONF_OK) {
            break;
        }
    }

    is_int(rc, CONF_E_NOMEM, "none left for the rest or the path");
    is_int(conf_route_find(routes(), small, CONF_M_GET, text("/docs/a"), &m),
           CONF_E_NOMEM, "still none");
    ok(conf_route_create(small) == NULL, "none for a trie");
    conf_arena_destroy(small);

    small = conf_arena_create(1024, 1);
    route = conf_route_create(small);
    rc = CONF_OK;

    for (i = 0; i < 64 && rc == CONF_OK; i++) {
        rc = conf_route_add(route, 1u << (i % 6), "/a/b/c", rows);
    }

    is_int(rc, CONF_E_NOMEM, "none for a row");
    conf_arena_destroy(small);
}


int
main(void)
{
    arena = conf_arena_create(65536, 0);

    test_patterns();
    test_find();
    test_backtrack();
    test_rest();
    test_escapes();
    test_both_root();
    test_memory();

    conf_arena_destroy(arena);

    return tap_done();
}
