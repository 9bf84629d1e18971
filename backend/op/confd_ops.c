
#include "confd_record.h"


#define CONFD_ROW_LOOP(name)   NULL, NULL
#define CONFD_ROW_READ(name)   NULL, confd_op_##name
#define CONFD_ROW_WRITE(name)  NULL, confd_op_##name
#define CONFD_ROW_HASH(name)   confd_op_##name##_hash, confd_op_##name

#define CONF_OP(NAME, name, request, reply, lane, flags)                      \
    [CONF_OP_##NAME] = { CONFD_ROW_##lane(name) },

const confd_op_t  confd_ops[CONF_OP_MAX] = {
#include "conf_op.def"
};

#undef CONF_OP
