
#include "conf_api.h"


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
