
/*
 * The first byte is the method, then come patterns, one in a line, and the
 * last line is the path.  The path is looked up among these patterns and among
 * fixed ones.
 */

#include "conf_route.h"
#include "conf_schema.h"

#include <stdlib.h>


#define FUZZ_SIZE_MAX  8192
#define FUZZ_ROWS_MAX  64


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check(bool held);
static void fuzz_find(const conf_route_t *route, conf_arena_t *arena,
    unsigned method, conf_str_t path);


static const char *const  fuzz_patterns[] = {
    "/", "/api/room", "/api/room/:room_id", "/api/room/new",
    "/api/room/:room_id/members", "/api/room/:room_id/members/:user_id",
    "/login/?", "/docs/*path", "/docs/index", "/x/a/:p/c", "/x/:q/b/d",
    "/x/*r", "/:a/:b/:c/:d/:e/:f/:g/*h"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *pattern;
    size_t          i;
    unsigned        method;
    conf_str_t      path;
    conf_arena_t   *arena;
    conf_route_t   *route, *fixed;
    const uint8_t  *p, *end, *line;

    if (size == 0 || size > FUZZ_SIZE_MAX) {
        return 0;
    }

    arena = conf_arena_create(4096, 1 << 24);
    if (arena == NULL) {
        return 0;
    }

    route = conf_route_create(arena);
    fixed = conf_route_create(arena);
    fuzz_check(route != NULL && fixed != NULL);

    for (i = 0; i < conf_nelts(fuzz_patterns); i++) {
        fuzz_check(conf_route_add(fixed, 1u << (i % 2), fuzz_patterns[i],
                                  &fuzz_patterns[i]) == CONF_OK);
    }

    method = data[0] & 0x7f;
    p = data + 1;
    end = data + size;

    for (i = 0; i < FUZZ_ROWS_MAX; i++) {
        line = p == end ? NULL : memchr(p, '\n', (size_t) (end - p));
        if (line == NULL) {
            break;
        }

        pattern = (char *) conf_arena_dup(arena, p, (size_t) (line - p));
        fuzz_check(pattern != NULL);

        (void) conf_route_add(route, 1u << (i % 6), pattern, pattern);
        p = line + 1;
    }

    path.data = p;
    path.len = (size_t) (end - p);

    fuzz_find(route, arena, method, path);
    fuzz_find(fixed, arena, method, path);

    conf_arena_destroy(arena);

    return 0;
}


static void
fuzz_check(bool held)
{
    if (!held) {
        abort();
    }
}


static void
fuzz_find(const conf_route_t *route, conf_arena_t *arena, unsigned method,
    conf_str_t path)
{
    size_t               i;
    conf_rc_t            rc;
    conf_route_match_t   match;

    rc = conf_route_find(route, arena, method, path, &match);

    fuzz_check(rc == CONF_OK || rc == CONF_E_METHOD
               || rc == CONF_E_NOT_FOUND);
    fuzz_check((rc == CONF_OK) == (match.row != NULL));
    fuzz_check((rc == CONF_E_NOT_FOUND) == (match.allow == 0));
    fuzz_check(rc != CONF_OK || (match.allow & method) != 0);
    fuzz_check(match.nparams <= CONF_ROUTE_PARAMS);

    for (i = 0; i < match.nparams; i++) {
        fuzz_check(match.params[i].name.len != 0);
        fuzz_check(match.params[i].value.len != 0);
        fuzz_check(conf_text_valid(match.params[i].value));

        if (i + 1 < match.nparams) {
            fuzz_check(memchr(match.params[i].value.data, '/',
                              match.params[i].value.len) == NULL);
        }
    }
}
