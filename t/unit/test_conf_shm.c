
#include "tap.h"

#include "conf_hash.c"
#include "conf_shm.c"
#include "conf_tree.c"
#include "conf_worker.c"

#include "conf_shm_malloc.c"
#include "conf_shm_mmap.c"

#include <sys/wait.h>


#define TEST_NODES  20000
#define TEST_KEYS   600


typedef struct {
    conf_hash_node_t  node;
    uint64_t          id;
    bool              in;
} test_node_t;


static uint64_t  test_random_state = 88172645463325252;


static uint64_t
test_random(void)
{
    test_random_state ^= test_random_state << 13;
    test_random_state ^= test_random_state >> 7;
    test_random_state ^= test_random_state << 17;

    return test_random_state;
}


static uint64_t
test_node_hash(const conf_hash_t *hash, const conf_hash_node_t *node)
{
    return conf_hash_of(hash, ((const test_node_t *) node)->id, 0);
}


static test_node_t *
test_node_find(const conf_hash_t *hash, uint64_t id)
{
    conf_hash_node_t  *node;

    node = conf_hash_chain(hash, conf_hash_of(hash, id, 0));

    while (node != NULL && ((test_node_t *) node)->id != id) {
        node = node->next;
    }

    return (test_node_t *) node;
}


static void
test_siphash(void)
{
    conf_hash_t  hash;

    /* The reference's vector of 16 bytes 00 .. 0f, key the same. */

    hash.key[0] = 0x0706050403020100;
    hash.key[1] = 0x0f0e0d0c0b0a0908;

    ok(conf_hash_of(&hash, 0x0706050403020100, 0x0f0e0d0c0b0a0908)
       == 0x3f2acc7f57c29bdb, "SipHash-2-4");
}


static void
test_hash(conf_shm_malloc_t *m, size_t fail)
{
    size_t        i, live, bad, longest, n;
    uint64_t      key[2] = { 1, 2 };
    test_node_t  *nodes;
    conf_hash_t   hash;
    conf_hash_node_t  *node;

    live = m->live;
    ok(conf_hash_init(&hash, &m->ops, key) == CONF_OK, "a hash");

    nodes = calloc(TEST_NODES, sizeof(test_node_t));

    for (i = 0; i < TEST_NODES; i++) {
        conf_shm_malloc_fail(m, fail, true);
        nodes[i].id = i;
        nodes[i].in = true;
        conf_hash_insert(&hash, &m->ops, &nodes[i].node, test_node_hash);
    }

    conf_shm_malloc_fail(m, 0, false);

    bad = 0;
    longest = 0;

    for (i = 0; i < TEST_NODES; i++) {
        bad += test_node_find(&hash, i) != &nodes[i];
        n = 0;

        node = conf_hash_chain(&hash, conf_hash_of(&hash, i, 0));

        for ( /* void */ ; node != NULL; node = node->next) {
            n++;
        }

        longest = conf_max(longest, n);
    }

    is_int(bad, 0, "all are found");
    is_int(hash.n, TEST_NODES, "they are counted");

    if (fail == 0) {
        ok(hash.size >= TEST_NODES && longest < 16,
           "%zu buckets, longest chain %zu", hash.size, longest);
    } else {
        is_int(hash.size, CONF_HASH_PAGE, "it could not grow");
    }

    for (i = 0; i < TEST_NODES * 4; i++) {
        n = (size_t) (test_random() % TEST_NODES);

        if (nodes[n].in) {
            conf_hash_remove(&hash, &m->ops, &nodes[n].node, test_node_hash);
        } else {
            conf_hash_insert(&hash, &m->ops, &nodes[n].node, test_node_hash);
        }

        nodes[n].in = !nodes[n].in;
    }

    bad = 0;

    for (i = 0; i < TEST_NODES; i++) {
        bad += test_node_find(&hash, i) != (nodes[i].in ? &nodes[i] : NULL);
    }

    is_int(bad, 0, "what is in is found, what is not is not");

    for (i = 0; i < TEST_NODES; i++) {
        if (nodes[i].in) {
            conf_hash_remove(&hash, &m->ops, &nodes[i].node, test_node_hash);
        }
    }

    is_int(hash.n, 0, "empty");
    is_int(hash.size, CONF_HASH_PAGE, "shrunk");
    is_int(m->live, live + 2, "pages are back");

    m->ops.free(m, hash.dirs[0]->pages[0]);
    m->ops.free(m, hash.dirs[0]);
    free(nodes);
}


/* Order, links and heap property; the depth. */

static size_t
test_tree_check(conf_tree_t *root, const bool *in, bool *good)
{
    size_t        i, n, deep;
    conf_tree_t  *node, *prev, *at;

    prev = NULL;
    node = conf_tree_above(root, 0);
    deep = 0;

    for (i = 1; i < TEST_KEYS; i++) {
        if (!in[i]) {
            *good = *good && conf_tree_find(root, i) == NULL;
            continue;
        }

        if (node == NULL || node->key != i || node->prev != prev
            || (node->left != NULL && node->left->prio > node->prio)
            || (node->right != NULL && node->right->prio > node->prio)
            || conf_tree_find(root, i) != node
            || conf_tree_above(root, i - 1) != node)
        {
            *good = false;
            return 0;
        }

        for (n = 1, at = root; at != node; n++) {
            at = at->key < i ? at->right : at->left;
        }

        deep = conf_max(deep, n);
        prev = node;
        node = node->next;
    }

    *good = *good && node == NULL && conf_tree_last(root) == prev;

    return deep;
}


static void
test_tree(void)
{
    bool          good, in[TEST_KEYS];
    size_t        i, n, deep, deepest;
    conf_tree_t  *root, *nodes;

    root = NULL;
    good = true;
    deepest = 0;
    memset(in, 0, sizeof(in));
    nodes = calloc(TEST_KEYS, sizeof(conf_tree_t));

    for (i = 0; i < 8000; i++) {
        n = 1 + (size_t) (test_random() % (TEST_KEYS - 1));

        if (in[n]) {
            conf_tree_remove(&root, &nodes[n]);
        } else {
            nodes[n].key = n;
            nodes[n].prio = test_random() >> (i % 2 == 0 ? 0 : 61);
            conf_tree_insert(&root, &nodes[n]);
        }

        in[n] = !in[n];

        if (i % 8 == 0) {
            deep = test_tree_check(root, in, &good);
            deepest = conf_max(deepest, deep);
        }
    }

    ok(good, "tree: order, threads and priorities");

    /* A good priority and keys in order. */

    root = NULL;
    memset(in, 1, sizeof(in));

    for (i = 1; i < TEST_KEYS; i++) {
        nodes[i].key = i;
        nodes[i].prio = test_random();
        conf_tree_insert(&root, &nodes[i]);
    }

    deep = test_tree_check(root, in, &good);
    ok(good && deep < 40, "tree: %zu deep", deep);

    for (i = 1; i < TEST_KEYS; i++) {
        conf_tree_remove(&root, &nodes[i]);
    }

    ok(root == NULL && conf_tree_last(root) == NULL
       && conf_tree_above(root, 0) == NULL, "tree: empty");

    free(nodes);
}


static void
test_root(void)
{
    size_t             n, bad;
    conf_shm_stat_t    stat;
    conf_shm_malloc_t  m;

    is_int(conf_shm_malloc_init(&m), CONF_OK, "a zone");
    is_int(conf_shm_check(&m.shm), CONF_OK, "it is ours");
    is_int(conf_shm_node(&m.shm), 0x1234, "its node");
    is_int(conf_shm_generation(&m.shm), 1, "its generation");

    m.pages = 77;
    conf_shm_stat(&m.shm, &stat);
    ok(stat.node == 0x1234 && stat.generation == 1 && stat.workers == 0
       && stat.channels == 0 && stat.users == 0 && stat.sessions == 0
       && stat.events == 0 && stat.cached == 0 && stat.limits == 0
       && stat.free_pages == 77, "status of an empty zone");

    m.root->magic++;
    is_int(conf_shm_check(&m.shm), CONF_E_CONFLICT, "another magic");
    m.root->magic--;
    m.root->version++;
    is_int(conf_shm_check(&m.shm), CONF_E_CONFLICT, "another version");
    m.root->version--;
    m.root->layout++;
    is_int(conf_shm_check(&m.shm), CONF_E_CONFLICT, "another layout");
    is_int(conf_shm_init(&m.shm, 5, 6), CONF_OK, "made anew");
    is_int(conf_shm_check(&m.shm), CONF_OK, "it is ours");

    bad = 0;

    for (n = 1; n < 200; n++) {
        conf_shm_malloc_fail(&m, n, false);

        if (conf_shm_init(&m.shm, 5, 6) == CONF_OK) {
            break;
        }

        bad += conf_shm_check(&m.shm) != CONF_E_CONFLICT
               || conf_shm_generation(&m.shm) != 0
               || conf_shm_node(&m.shm) != 0;

        conf_shm_stat(&m.shm, &stat);
        bad += stat.node != 0;
    }

    ok(bad == 0 && n > 10 && n < 200, "no memory for a root: %zu", n - 1);

    conf_shm_malloc_done(&m);
}


/* All refuse, none touches what is not there. */

static void
test_no_root(void)
{
    bool               flag;
    conf_left_t        left;
    uint64_t           user;
    conf_buf_t         buf;
    conf_gap_t         gap = { 1, 1, 1, 1 };
    conf_join_t        join = { 1, 0, 0, true, NULL };
    conf_wake_t        wake;
    conf_event_t       event;
    conf_limit_t       limit;
    conf_worker_t      worker = { 0, 1, 1 };
    conf_limit_rate_t  rate = { 1, 1000 };
    conf_cache_key_t   key = { CONF_CACHE_USER, 0, 1 };
    conf_channel_head_t  head;
    conf_worker_stat_t   stats[CONF_WORKERS_MAX];
    conf_shm_malloc_t    m;

    conf_shm_malloc_init(&m);
    conf_shm_malloc_fail(&m, 1, true);
    conf_buf_init(&buf, 0);
    memset(&event, 0, sizeof(event));

    m.root->holder = 9;

    is_int(conf_shm_generation(&m.shm), 0, "no memory to begin anew");

    ok(conf_worker_attach(&m.shm, 1, &worker) == CONF_E_ZONE_FULL
       && conf_worker_list(&m.shm, stats) == 0
       && conf_worker_detach(&m.shm, &worker, NULL, NULL) == CONF_DONE
       && conf_session_open(&m.shm, &worker, 1, 1) == CONF_E_ZONE_FULL
       && conf_channel_join(&m.shm, 1, &join, &flag) == CONF_E_ZONE_FULL
       && conf_channel_leave(&m.shm, 1, 1, true, &left) == CONF_E_NOT_FOUND
       && conf_channel_users(&m.shm, 1, 0, &user, 1) == 0
       && conf_channel_count(&m.shm, 1) == 0
       && !conf_channel_has(&m.shm, 1, 1)
       && conf_channel_publish(&m.shm, &event, &wake) == CONF_E_ZONE_FULL
       && conf_channel_gap(&m.shm, 0, &gap) == CONF_DONE
       && conf_channel_heads(&m.shm, 0, &head, 1) == 0
       && conf_inbox_drain(&m.shm, &worker, &buf, 1, &flag)
          == CONF_E_CONFLICT
       && !conf_inbox_waits(&m.shm, &worker)
       && conf_cache_get(&m.shm, key, &buf) == CONF_E_NOT_FOUND
       && conf_cache_put(&m.shm, key, 1, conf_str("x")) == CONF_DONE
       && conf_limit(&m.shm, 1, 1, &rate, &limit) == CONF_OK,
       "all refuse");

    conf_session_close(&m.shm, 1, NULL, NULL);
    conf_channel_skip(&m.shm, &gap, &wake);
    conf_cache_touch(&m.shm, 1, 1, 1);
    conf_cache_flush(&m.shm);

    conf_buf_free(&buf);
    conf_shm_malloc_done(&m);
}


static void
test_dead_holder(void)
{
    bool               first;
    conf_join_t        join = { conf_channel(CONF_CHANNEL_ROOM, 5), 0, 0,
                                true, NULL };
    conf_worker_t      old, new;
    conf_shm_stat_t    stat;
    conf_shm_malloc_t  m;

    conf_shm_malloc_init(&m);
    conf_worker_attach(&m.shm, 10, &old);
    conf_session_open(&m.shm, &old, 1, 1);
    conf_channel_join(&m.shm, 1, &join, &first);

    m.root->holder = 99;
    conf_shm_stat(&m.shm, &stat);

    ok(stat.generation == 2 && stat.node == 0x1234 && stat.sessions == 0
       && stat.channels == 0 && stat.workers == 0, "the zone was emptied");
    is_int(m.root->holder, 0, "nobody holds it");
    is_int(conf_shm_check(&m.shm), CONF_OK, "it is ours");

    is_int(conf_session_open(&m.shm, &old, 1, 1), CONF_E_CONFLICT,
           "who was attached is not any more");
    is_int(conf_worker_detach(&m.shm, &old, NULL, NULL), CONF_DONE,
           "nor needs to go");

    is_int(conf_worker_attach(&m.shm, 10, &new), CONF_OK, "attaches again");
    ok(new.slot == old.slot && new.number != old.number,
       "numbers do not come again");
    is_int(conf_session_open(&m.shm, &old, 1, 1), CONF_E_CONFLICT,
           "the old number is not good");
    is_int(conf_session_open(&m.shm, &new, 1, 1), CONF_OK, "the new one is");

    conf_shm_malloc_done(&m);
}


/* A process dies at each allocation of a join, and at one of a publish. */

static void
test_dead_process(void)
{
    int              status;
    bool             first;
    pid_t            pid;
    size_t           n, bad;
    uint64_t         generation;
    conf_join_t      join = { conf_channel(CONF_CHANNEL_ROOM, 5), 0, 0,
                              true, NULL };
    conf_worker_t    worker;
    conf_shm_mmap_t  m;

    is_int(conf_shm_mmap_init(&m, 1024 * 1024), CONF_OK, "a shared zone");

    bad = 0;

    for (n = 1; n <= 5; n++) {
        generation = conf_shm_generation(&m.shm);
        conf_worker_attach(&m.shm, 1, &worker);

        pid = fork();

        if (pid == 0) {
            conf_shm_mmap_child(&m);
            m.die = n;
            conf_session_open(&m.shm, &worker, 1, 1);
            conf_channel_join(&m.shm, 1, &join, &first);
            _exit(0);
        }

        waitpid(pid, &status, 0);
        conf_shm_mmap_died(&m, (uint64_t) pid);

        bad += !WIFEXITED(status) || WEXITSTATUS(status) != 1
               || conf_shm_generation(&m.shm) != generation + 1
               || conf_channel_count(&m.shm, join.channel) != 0
               || conf_shm_node(&m.shm) != 0x4321;
    }

    is_int(bad, 0, "a process died with the lock");

    conf_shm_mmap_done(&m);
}


static size_t  test_lefts;


static void
test_left(void *data, const conf_left_t *left)
{
    conf_shm_malloc_t  *m = data;

    /* The lock is free, and it is true. */

    test_lefts += !conf_channel_has(&m->shm, left->channel, left->user);
}


static void
test_worker(void)
{
    bool                first;
    size_t              i, n, live, turns;
    conf_rc_t           rc;
    conf_join_t         join = { 0, 0, 0, true, NULL };
    conf_wake_t         wake;
    conf_event_t        event;
    conf_worker_t       workers[CONF_WORKERS_MAX], w;
    conf_shm_malloc_t   m;
    conf_worker_stat_t  stats[CONF_WORKERS_MAX];

    conf_shm_malloc_init(&m);
    live = m.live;

    for (i = 0; i < CONF_WORKERS_MAX; i++) {
        conf_worker_attach(&m.shm, 100 + i, &workers[i]);
    }

    is_int(conf_worker_attach(&m.shm, 1, &w), CONF_E_ZONE_FULL, "no slot");
    is_int(conf_worker_list(&m.shm, stats), CONF_WORKERS_MAX, "all listed");
    ok(stats[63].worker.pid == 163 && stats[63].worker.slot == 63,
       "as they are");

    for (i = 1; i < CONF_WORKERS_MAX; i++) {
        (void) conf_worker_detach(&m.shm, &workers[i], NULL, NULL);
    }

    is_int(m.live, live + 1, "slots and rings are back");

    /* Many sessions, users in two rooms each, a full inbox. */

    for (i = 1; i <= 300; i++) {
        conf_session_open(&m.shm, &workers[0], i, i / 2);

        for (n = 0; n < 2; n++) {
            join.channel = conf_channel(CONF_CHANNEL_ROOM, 7 + n);
            conf_channel_join(&m.shm, i, &join, &first);
        }
    }

    memset(&event, 0, sizeof(event));
    event.channel = join.channel;

    for (i = 0; i < 1000; i++) {
        conf_channel_publish(&m.shm, &event, &wake);
    }

    conf_worker_list(&m.shm, stats);
    ok(stats[0].sessions == 300 && stats[0].depth == 1000
       && stats[0].bytes != 0 && stats[0].dropped == 0, "sessions and depth");

    turns = 0;
    test_lefts = 0;

    do {
        rc = conf_worker_detach(&m.shm, &workers[0], test_left, &m);
        turns++;

        if (turns == 1) {
            is_int(conf_session_open(&m.shm, &workers[0], 999, 9),
                   CONF_E_CONFLICT, "an ending worker opens nothing");
        }

    } while (rc == CONF_OK);

    is_int(rc, CONF_DONE, "detached");
    ok(turns > 10, "in %zu slices", turns);
    is_int(test_lefts, 302, "each user left each room once");
    is_int(m.live, live, "nothing is left");
    is_int(conf_worker_detach(&m.shm, &workers[0], test_left, &m), CONF_DONE,
           "again is nothing");

    conf_worker_attach(&m.shm, 1, &w);
    ok(w.slot == 0 && w.number != workers[0].number, "a slot's next owner");
    is_int(conf_worker_detach(&m.shm, &workers[0], test_left, &m), CONF_DONE,
           "is not detached by the last one's name");
    is_int(conf_worker_list(&m.shm, stats), 1, "and is still there");

    conf_shm_malloc_fail(&m, 1, true);
    is_int(conf_worker_attach(&m.shm, 2, &w), CONF_E_ZONE_FULL, "zone full");
    conf_shm_malloc_fail(&m, 1, false);
    is_int(conf_worker_attach(&m.shm, 2, &w), CONF_OK, "a smaller ring");
    is_int(m.root->workers[w.slot].size, CONF_INBOX_EVENTS / 2, "half");

    conf_shm_malloc_done(&m);
}


/* Figures are summed over workers, and stay when a worker ends. */

static void
test_counters(void)
{
    conf_worker_t        one, two;
    conf_counters_t      counters, sum;
    conf_shm_malloc_t    m;

    conf_shm_malloc_init(&m);
    (void) conf_worker_attach(&m.shm, 1, &one);
    (void) conf_worker_attach(&m.shm, 2, &two);

    memset(&counters, 0, sizeof(conf_counters_t));
    counters.n[0] = 3;
    counters.n[CONF_COUNTERS - 1] = 5;

    conf_worker_report(&m.shm, &one, &counters);
    conf_worker_report(&m.shm, &two, &counters);
    conf_worker_counters(&m.shm, &sum);
    is_int(sum.n[0], 6, "figures are summed");
    is_int(sum.n[CONF_COUNTERS - 1], 10, "all of them");

    while (conf_worker_detach(&m.shm, &one, test_left, &m) == CONF_OK) {
        /* void */
    }

    conf_worker_counters(&m.shm, &sum);
    is_int(sum.n[0], 6, "they outlive a worker");

    counters.n[0] = 4;
    conf_worker_report(&m.shm, &one, &counters);
    conf_worker_report(&m.shm, &two, &counters);
    conf_worker_counters(&m.shm, &sum);
    is_int(sum.n[0], 7, "who has ended reports nothing");

    conf_shm_malloc_done(&m);
}


static void
test_bytes(void)
{
    bool             first;
    size_t           i, n, bytes;
    conf_join_t      join = { 0, 0, 0, true, NULL };
    conf_worker_t    worker;
    conf_shm_mmap_t  m;

    conf_shm_mmap_init(&m, 32 * 1024 * 1024);
    conf_worker_attach(&m.shm, 1, &worker);

    n = 20000;
    bytes = conf_shm_mmap_bytes(&m);

    for (i = 1; i <= n; i++) {
        conf_session_open(&m.shm, &worker, i, i);

        join.channel = conf_channel(CONF_CHANNEL_USER, i);
        conf_channel_join(&m.shm, i, &join, &first);

        join.channel = conf_channel(CONF_CHANNEL_ROOM, 1 + i / 20);
        conf_channel_join(&m.shm, i, &join, &first);
    }

    bytes = (conf_shm_mmap_bytes(&m) - bytes) / n;
    ok(bytes <= 500, "%zu bytes a session", bytes);

    n = m.zone->nfree;

    while (conf_worker_detach(&m.shm, &worker, NULL, NULL) == CONF_OK) {
        /* void */
    }

    ok(m.zone->nfree > n, "pages are back");

    conf_shm_mmap_done(&m);
}


int
main(void)
{
    conf_shm_malloc_t  m;

    test_siphash();

    conf_shm_malloc_init(&m);
    test_hash(&m, 0);
    test_hash(&m, 1);
    conf_shm_malloc_done(&m);

    test_tree();
    test_root();
    test_no_root();
    test_dead_holder();
    test_dead_process();
    test_worker();
    test_counters();
    test_bytes();

    return tap_done();
}
