
/*
 * The zone between processes, as nginx has it: shared pages, slots of powers
 * of two from 8 to 2048 bytes, whole pages above, and a lock that a parent
 * opens when its holder has died.  A test includes the .c.
 */

#ifndef _CONF_SHM_MMAP_H_INCLUDED_
#define _CONF_SHM_MMAP_H_INCLUDED_


#include "conf_shm.h"


typedef struct conf_shm_mmap_zone_s  conf_shm_mmap_zone_t;

typedef struct {
    conf_shm_t             shm;         /* the handle */
    conf_shm_ops_t         ops;
    conf_shm_mmap_zone_t  *zone;
    size_t                 die;         /* this call of alloc ends us; 0: not */
} conf_shm_mmap_t;


/* CONF_OK, CONF_E_NOMEM, CONF_E_ZONE_FULL. */
conf_rc_t conf_shm_mmap_init(conf_shm_mmap_t *m, size_t size);
void conf_shm_mmap_done(conf_shm_mmap_t *m);

/* In a child: its pid, in place of its parent's. */
void conf_shm_mmap_child(conf_shm_mmap_t *m);

/* In the parent: the process has died. */
void conf_shm_mmap_died(conf_shm_mmap_t *m, uint64_t pid);

/* Bytes of slots and pages that are taken. */
size_t conf_shm_mmap_bytes(const conf_shm_mmap_t *m);


#endif /* _CONF_SHM_MMAP_H_INCLUDED_ */
