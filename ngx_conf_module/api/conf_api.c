
#include "conf_api.h"
#include "conf_memo.h"


const conf_api_t *const  conf_apis[] = {
    &conf_api_roomchat,
    &conf_api_meeting,
    NULL
};


const conf_api_t *
conf_api_find(conf_str_t name)
{
    size_t  i;

    for (i = 0; conf_apis[i] != NULL; i++) {
        if (conf_str_eq(conf_apis[i]->name, name)) {
            return conf_apis[i];
        }
    }

    return NULL;
}


void
conf_api_show(const conf_op_t *op, conf_buf_t *buf)
{
    size_t             start;
    const void        *data;
    const conf_row_t  *row = op->row;

    if (op->memo != NULL && op->memo->text.len != 0) {
        conf_buf_str(buf, op->memo->text);
        return;
    }

    start = buf->len;
    data = (const uint8_t *) op->reply + row->offset;

    if (row->list) {
        conf_view_list(buf, row->view, data);
    } else {
        conf_view_object(buf, row->view, data);
    }

    if (op->memo != NULL && conf_buf_ok(buf) == CONF_OK) {
        conf_memo_keep(op->memo,
                       (conf_str_t) { buf->len - start, buf->data + start });
    }
}
