
#include "conf_route.h"
#include "conf_schema.h"


#define CONF_ROUTE_SEGMENTS  32     /* of a pattern */
#define CONF_ROUTE_METHODS   6
#define CONF_ROUTE_ALL       (CONF_M_GET|CONF_M_POST|CONF_M_PUT               \
                              |CONF_M_DELETE|CONF_M_PATCH|CONF_M_OPTIONS)


typedef struct conf_route_node_s  conf_route_node_t;

/* What one method of one path answers. */

typedef struct {
    const void           *row;
    size_t                nnames;
    conf_str_t            names[CONF_ROUTE_PARAMS];
} conf_route_leaf_t;

struct conf_route_node_s {
    conf_str_t            segment;      /* of a literal node */
    conf_route_node_t    *next;         /* the next literal of the parent */
    conf_route_node_t    *literals;
    conf_route_node_t    *param;        /* ":name" */
    conf_route_node_t    *rest;         /* "*name" */
    conf_route_leaf_t    *leaves[CONF_ROUTE_METHODS];
    unsigned              methods;      /* that have a leaf */
};

struct conf_route_s {
    conf_arena_t         *arena;
    conf_route_node_t     root;         /* the path without any segment */
};

/* A pattern in pieces; the segments keep their ':' or '*'. */

typedef struct {
    size_t                n;
    conf_str_t            segments[CONF_ROUTE_SEGMENTS];
    bool                  both;         /* "/?" at the end */
    conf_route_leaf_t     leaf;
} conf_route_pattern_t;

typedef struct {
    conf_str_t            text;         /* decoded */
    size_t                offset;       /* in the raw path */
    bool                  slash;        /* has a "%2F" */
} conf_route_segment_t;

/*
 * Where the search stands at one level of the trie.  The step is the one to be
 * tried next, so a level that has gone down by its parameter is at REST.
 */

typedef enum {
    CONF_ROUTE_LITERAL = 0,
    CONF_ROUTE_PARAM,
    CONF_ROUTE_REST
} conf_route_step_e;

typedef struct {
    const conf_route_node_t  *node;
    conf_route_step_e         step;
} conf_route_level_t;

typedef struct {
    unsigned               method;
    conf_str_t             path;        /* raw */
    conf_arena_t          *arena;
    conf_route_match_t    *match;
    size_t                 n;           /* segments */
    size_t                 depth;       /* the level in use */
    conf_route_segment_t   segments[CONF_ROUTE_SEGMENTS + 1];
    conf_route_level_t     levels[CONF_ROUTE_SEGMENTS + 1];
} conf_route_search_t;


static conf_rc_t conf_route_parse(conf_route_t *route, const char *text,
    conf_route_pattern_t *pattern);
static bool conf_route_segment(conf_route_pattern_t *pattern,
    conf_str_t segment, bool last);
static conf_route_node_t *conf_route_child(conf_route_t *route,
    conf_route_node_t *node, conf_str_t segment);
static conf_rc_t conf_route_split(conf_route_search_t *search);
static const conf_route_node_t *conf_route_down(conf_route_search_t *search);
static const conf_route_node_t *conf_route_literal(
    const conf_route_node_t *node, conf_str_t segment);
static bool conf_route_take(conf_route_search_t *search,
    const conf_route_node_t *node, const conf_str_t *rest);
static conf_rc_t conf_route_rest(conf_route_search_t *search,
    const conf_route_node_t *node);
static bool conf_route_has_dots(conf_str_t path);
static bool conf_route_decode(conf_str_t s, uint8_t *dst, conf_str_t *out,
    bool *slash);
static int conf_route_digit(uint8_t c);


conf_route_t *
conf_route_create(conf_arena_t *arena)
{
    conf_route_t  *route;

    route = conf_arena_calloc(arena, sizeof(conf_route_t));
    if (route == NULL) {
        return NULL;
    }

    route->arena = arena;

    return route;
}


conf_rc_t
conf_route_add(conf_route_t *route, unsigned method, const char *pattern,
    const void *row)
{
    size_t                i;
    conf_rc_t             rc;
    conf_route_leaf_t    *leaf;
    conf_route_node_t    *node, *slash;
    conf_route_pattern_t  parsed;

    if (method == 0 || (method & ~(unsigned) CONF_ROUTE_ALL) != 0) {
        return CONF_E_INVALID;
    }

    rc = conf_route_parse(route, pattern, &parsed);
    if (rc != CONF_OK) {
        return rc;
    }

    node = &route->root;

    for (i = 0; i < parsed.n && node != NULL; i++) {
        node = conf_route_child(route, node, parsed.segments[i]);
    }

    if (node == NULL) {
        return CONF_E_NOMEM;
    }

    slash = node;

    if (parsed.both) {
        slash = conf_route_child(route, node, conf_str(""));
    }

    leaf = conf_arena_alloc(route->arena, sizeof(conf_route_leaf_t));

    if (slash == NULL || leaf == NULL) {
        return CONF_E_NOMEM;
    }

    if ((node->methods | slash->methods) & method) {
        return CONF_E_EXISTS;
    }

    *leaf = parsed.leaf;
    leaf->row = row;

    for (i = 0; i < CONF_ROUTE_METHODS; i++) {
        if (method & 1u << i) {
            node->leaves[i] = leaf;
            slash->leaves[i] = leaf;
        }
    }

    node->methods |= method;
    slash->methods |= method;

    return CONF_OK;
}


conf_rc_t
conf_route_find(const conf_route_t *route, conf_arena_t *arena,
    unsigned method, conf_str_t path, conf_route_match_t *match)
{
    conf_rc_t                 rc;
    conf_route_search_t       search;
    const conf_route_node_t  *node;

    memset(match, 0, sizeof(conf_route_match_t));

    search.method = method;
    search.path = path;
    search.arena = arena;
    search.match = match;

    rc = conf_route_split(&search);
    if (rc != CONF_OK) {
        return rc;
    }

    search.depth = 0;
    search.levels[0].node = &route->root;
    search.levels[0].step = CONF_ROUTE_LITERAL;

    /*
     * A node that has the path but not the method does not end the search:
     * a parameter beside it may have both.
     */

    for ( ;; ) {
        node = conf_route_down(&search);

        if (node != NULL) {
            search.depth++;
            search.levels[search.depth].node = node;
            search.levels[search.depth].step = CONF_ROUTE_LITERAL;
            continue;
        }

        node = search.levels[search.depth].node;

        if (search.depth == search.n) {
            if (conf_route_take(&search, node, NULL)) {
                return CONF_OK;
            }

        } else if (node->rest != NULL) {
            rc = conf_route_rest(&search, node->rest);
            if (rc != CONF_E_NOT_FOUND) {
                return rc;
            }
        }

        if (search.depth == 0) {
            break;
        }

        search.depth--;
    }

    return match->allow != 0 ? CONF_E_METHOD : CONF_E_NOT_FOUND;
}


static conf_rc_t
conf_route_parse(conf_route_t *route, const char *text,
    conf_route_pattern_t *pattern)
{
    size_t          len, limit;
    conf_str_t      segment, whole;
    const uint8_t  *p, *end, *slash;

    memset(pattern, 0, sizeof(conf_route_pattern_t));
    len = strlen(text);

    /* The nodes keep pieces of the pattern. */

    p = conf_arena_dup(route->arena, text, len);
    if (p == NULL) {
        return CONF_E_NOMEM;
    }

    whole.data = p;
    whole.len = len;

    if (p[0] != '/' || !conf_text_valid(whole)) {
        return CONF_E_INVALID;
    }

    limit = CONF_ROUTE_SEGMENTS;

    if (len >= 2 && p[len - 2] == '/' && p[len - 1] == '?') {
        pattern->both = true;
        len -= 2;
        limit--;
    }

    end = p + len;

    while (p < end) {
        p++;
        slash = memchr(p, '/', (size_t) (end - p));
        slash = slash == NULL ? end : slash;

        segment.data = p;
        segment.len = (size_t) (slash - p);

        if (pattern->n == limit
            || !conf_route_segment(pattern, segment, slash == end))
        {
            return CONF_E_INVALID;
        }

        p = slash;
    }

    return CONF_OK;
}


static bool
conf_route_segment(conf_route_pattern_t *pattern, conf_str_t segment,
    bool last)
{
    size_t      i;
    uint8_t     c;
    conf_str_t  name;

    pattern->segments[pattern->n++] = segment;

    if (segment.len == 0) {
        return last && !pattern->both;
    }

    if (segment.data[0] != ':' && segment.data[0] != '*') {
        for (i = 0; i < segment.len; i++) {
            c = segment.data[i];

            if (c <= ' ' || c == 0x7f || c == '?' || c == '#' || c == '%') {
                return false;
            }
        }

        return true;
    }

    if (segment.data[0] == '*' && (!last || pattern->both)) {
        return false;
    }

    name.data = segment.data + 1;
    name.len = segment.len - 1;

    if (name.len == 0 || pattern->leaf.nnames == CONF_ROUTE_PARAMS) {
        return false;
    }

    for (i = 0; i < name.len; i++) {
        c = (uint8_t) (name.data[i] | 0x20);

        if ((c < 'a' || c > 'z') && name.data[i] != '_'
            && (name.data[i] < '0' || name.data[i] > '9'))
        {
            return false;
        }
    }

    for (i = 0; i < pattern->leaf.nnames; i++) {
        if (conf_str_eq(pattern->leaf.names[i], name)) {
            return false;
        }
    }

    pattern->leaf.names[pattern->leaf.nnames++] = name;

    return true;
}


/* The child for a segment of a pattern, made when it is not there yet. */

static conf_route_node_t *
conf_route_child(conf_route_t *route, conf_route_node_t *node,
    conf_str_t segment)
{
    conf_route_node_t  *child, **place;

    if (segment.len != 0 && segment.data[0] == ':') {
        place = &node->param;

    } else if (segment.len != 0 && segment.data[0] == '*') {
        place = &node->rest;

    } else {
        place = &node->literals;

        while (*place != NULL && !conf_str_eq((*place)->segment, segment)) {
            place = &(*place)->next;
        }
    }

    if (*place != NULL) {
        return *place;
    }

    child = conf_arena_calloc(route->arena, sizeof(conf_route_node_t));
    if (child == NULL) {
        return NULL;
    }

    child->segment = segment;
    *place = child;

    return child;
}


/*
 * One segment more than the longest pattern is enough: only "*name" can match
 * such a path.
 */

static conf_rc_t
conf_route_split(conf_route_search_t *search)
{
    uint8_t               *dst;
    conf_str_t             raw;
    const uint8_t         *p, *end, *slash;
    conf_route_segment_t  *segment;

    search->n = 0;

    if (search->path.len == 0) {
        return CONF_OK;
    }

    if (search->path.data[0] != '/') {
        return CONF_E_NOT_FOUND;
    }

    dst = conf_arena_alloc(search->arena, search->path.len);
    if (dst == NULL) {
        return CONF_E_NOMEM;
    }

    p = search->path.data;
    end = p + search->path.len;

    while (p < end && search->n <= CONF_ROUTE_SEGMENTS) {
        p++;
        slash = memchr(p, '/', (size_t) (end - p));
        slash = slash == NULL ? end : slash;

        raw.data = p;
        raw.len = (size_t) (slash - p);

        segment = &search->segments[search->n++];
        segment->offset = (size_t) (p - search->path.data);

        if (!conf_route_decode(raw, dst, &segment->text, &segment->slash)) {
            return CONF_E_NOT_FOUND;
        }

        dst += segment->text.len;
        p = slash;
    }

    return CONF_OK;
}


/* The next child to be tried for the segment of this level, or NULL. */

static const conf_route_node_t *
conf_route_down(conf_route_search_t *search)
{
    conf_route_level_t          *level;
    const conf_route_node_t     *child;
    const conf_route_segment_t  *segment;

    level = &search->levels[search->depth];
    segment = &search->segments[search->depth];

    if (search->depth == search->n || segment->slash) {
        return NULL;
    }

    if (level->step == CONF_ROUTE_LITERAL) {
        level->step = CONF_ROUTE_PARAM;

        child = conf_route_literal(level->node, segment->text);
        if (child != NULL) {
            return child;
        }
    }

    if (level->step == CONF_ROUTE_PARAM) {
        level->step = CONF_ROUTE_REST;

        if (segment->text.len != 0) {
            return level->node->param;
        }
    }

    return NULL;
}


static const conf_route_node_t *
conf_route_literal(const conf_route_node_t *node, conf_str_t segment)
{
    const conf_route_node_t  *child;

    for (child = node->literals; child != NULL; child = child->next) {
        if (conf_str_eq(child->segment, segment)) {
            return child;
        }
    }

    return NULL;
}


/* Fills the match when the node has the method. */

static bool
conf_route_take(conf_route_search_t *search, const conf_route_node_t *node,
    const conf_str_t *rest)
{
    size_t                    i, n;
    conf_route_match_t       *match;
    const conf_route_leaf_t  *leaf;

    match = search->match;
    match->allow |= node->methods;
    leaf = NULL;

    for (i = 0; i < CONF_ROUTE_METHODS; i++) {
        if (search->method == 1u << i) {
            leaf = node->leaves[i];
        }
    }

    if (leaf == NULL) {
        return false;
    }

    n = 0;

    for (i = 0; i < search->depth; i++) {
        if (search->levels[i].step == CONF_ROUTE_REST) {
            match->params[n].name = leaf->names[n];
            match->params[n++].value = search->segments[i].text;
        }
    }

    if (rest != NULL) {
        match->params[n].name = leaf->names[n];
        match->params[n++].value = *rest;
    }

    conf_assert(n == leaf->nnames);

    match->nparams = n;
    match->row = leaf->row;

    return true;
}


/* What is left of the path, for "*name". */

static conf_rc_t
conf_route_rest(conf_route_search_t *search, const conf_route_node_t *node)
{
    bool         slash;
    uint8_t     *dst;
    conf_str_t   raw, rest;

    raw.data = search->path.data + search->segments[search->depth].offset;
    raw.len = search->path.len - search->segments[search->depth].offset;

    if (raw.len == 0) {
        return CONF_E_NOT_FOUND;
    }

    dst = conf_arena_alloc(search->arena, raw.len);
    if (dst == NULL) {
        return CONF_E_NOMEM;
    }

    if (!conf_route_decode(raw, dst, &rest, &slash)
        || conf_route_has_dots(rest))
    {
        return CONF_E_NOT_FOUND;
    }

    return conf_route_take(search, node, &rest) ? CONF_OK : CONF_E_NOT_FOUND;
}


/* A rest may end up as the name of a file: "." and ".." match nothing. */

static bool
conf_route_has_dots(conf_str_t path)
{
    size_t          n;
    const uint8_t  *p, *end, *slash;

    p = path.data;
    end = p + path.len;

    for ( ;; ) {
        slash = memchr(p, '/', (size_t) (end - p));
        n = (size_t) ((slash == NULL ? end : slash) - p);

        if ((n == 1 && p[0] == '.')
            || (n == 2 && p[0] == '.' && p[1] == '.'))
        {
            return true;
        }

        if (slash == NULL) {
            return false;
        }

        p = slash + 1;
    }
}


/* dst has room for s.len bytes; false for what matches nothing. */

static bool
conf_route_decode(conf_str_t s, uint8_t *dst, conf_str_t *out, bool *slash)
{
    int     high, low;
    size_t  i, n;

    n = 0;
    *slash = false;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] != '%') {
            dst[n++] = s.data[i];
            continue;
        }

        if (s.len - i < 3) {
            return false;
        }

        high = conf_route_digit(s.data[i + 1]);
        low = conf_route_digit(s.data[i + 2]);

        if (high < 0 || low < 0) {
            return false;
        }

        dst[n] = (uint8_t) (high << 4 | low);
        *slash = *slash || dst[n] == '/';
        n++;
        i += 2;
    }

    out->data = dst;
    out->len = n;

    return conf_text_valid(*out);
}


static int
conf_route_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = (uint8_t) (c | 0x20);

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
