
#include "conf_shm_root.h"


static uint64_t conf_session_hash(const conf_hash_t *hash,
    const conf_hash_node_t *node);


conf_rc_t
conf_session_open(conf_shm_t *shm, const conf_worker_t *worker, uint64_t id,
    uint64_t user)
{
    conf_rc_t            rc;
    conf_shm_root_t     *root;
    conf_shm_worker_t   *w;
    conf_shm_session_t  *session;

    root = conf_shm_lock(shm);
    if (root == NULL) {
        return CONF_E_ZONE_FULL;
    }

    w = conf_shm_worker(root, worker);

    if (w == NULL) {
        rc = CONF_E_CONFLICT;
        goto done;
    }

    if (conf_shm_session(root, id) != NULL) {
        rc = CONF_E_EXISTS;
        goto done;
    }

    session = conf_shm_alloc(shm, sizeof(conf_shm_session_t));

    if (session == NULL) {
        rc = CONF_E_ZONE_FULL;
        goto done;
    }

    session->id = id;
    session->user = user;
    session->slot = w->id.slot;
    session->closing = 0;
    conf_queue_init(&session->seats);

    conf_queue_insert(&w->sessions, &session->link);
    w->nsessions++;

    conf_hash_insert(&root->sessions, shm->ops, &session->node,
                     conf_session_hash);
    rc = CONF_OK;

done:

    conf_shm_unlock(shm);

    return rc;
}


void
conf_session_close(conf_shm_t *shm, uint64_t id, conf_left_pt left, void *data)
{
    bool                 more;
    conf_shm_left_t      lefts;
    conf_shm_root_t     *root;
    conf_shm_session_t  *session;

    do {
        root = conf_shm_lock(shm);
        if (root == NULL) {
            return;
        }

        more = false;
        lefts.steps = 0;
        lefts.n = 0;

        session = conf_shm_session(root, id);

        if (session != NULL) {
            more = !conf_shm_session_end(shm, root, session, &lefts);
        }

        conf_shm_unlock(shm);

        conf_shm_left_call(&lefts, left, data);

    } while (more);
}


conf_shm_session_t *
conf_shm_session(conf_shm_root_t *root, uint64_t id)
{
    conf_hash_node_t    *node;
    conf_shm_session_t  *session;

    node = conf_hash_chain(&root->sessions,
                           conf_hash_of(&root->sessions, id, 0));

    for ( /* void */ ; node != NULL; node = node->next) {
        session = conf_container(node, conf_shm_session_t, node);

        if (session->id == id) {
            return session;
        }
    }

    return NULL;
}


bool
conf_shm_session_end(conf_shm_t *shm, conf_shm_root_t *root,
    conf_shm_session_t *session, conf_shm_left_t *lefts)
{
    conf_left_t      *left;
    conf_shm_seat_t  *seat;

    session->closing = 1;

    while (!conf_queue_empty(&session->seats)) {
        if (lefts->steps == CONF_SLICE) {
            return false;
        }

        lefts->steps++;

        seat = conf_container(session->seats.next, conf_shm_seat_t, link);
        left = &lefts->left[lefts->n];

        conf_shm_seat_end(shm, root, seat, left);

        if (left->last || left->peer) {
            lefts->n++;
        }
    }

    conf_hash_remove(&root->sessions, shm->ops, &session->node,
                     conf_session_hash);
    conf_queue_remove(&session->link);
    root->workers[session->slot].nsessions--;

    conf_shm_free(shm, session);
    lefts->steps++;

    return true;
}


void
conf_shm_left_call(const conf_shm_left_t *lefts, conf_left_pt left, void *data)
{
    size_t  i;

    if (left == NULL) {
        return;
    }

    for (i = 0; i < lefts->n; i++) {
        left(data, &lefts->left[i]);
    }
}


static uint64_t
conf_session_hash(const conf_hash_t *hash, const conf_hash_node_t *node)
{
    const conf_shm_session_t  *session;

    session = (const conf_shm_session_t *) node;

    return conf_hash_of(hash, session->id, 0);
}
