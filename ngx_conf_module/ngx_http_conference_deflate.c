
/*
 * permessage-deflate (RFC 7692) without context takeover: one compressor
 * and one decompressor for all sockets of the worker, and one compressed
 * frame for all receivers of an event.
 */

#include "ngx_http_conference_ws.h"

#include "conf_deflate.h"


#define NGX_HTTP_CONFERENCE_DEFLATE_MIN    64    /* shorter ones only grow */
#define NGX_HTTP_CONFERENCE_DEFLATE_LEVEL  1


static conf_deflate_t *ngx_http_conference_deflate_z(void);


static conf_buf_t  ngx_http_conference_deflate_buf;


/* Joins the client's offers and chooses. */

ngx_int_t
ngx_http_conference_deflate_offer(ngx_http_request_t *r,
    ngx_http_conference_ws_t *ws, conf_buf_t *answer)
{
    conf_rc_t         rc;
    conf_buf_t        offers;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    conf_buf_init(&offers, 4096);

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == sizeof("sec-websocket-extensions") - 1
            && ngx_strncmp(h[i].lowcase_key, "sec-websocket-extensions",
                           h[i].key.len)
               == 0)
        {
            if (offers.len != 0) {
                conf_buf_byte(&offers, ',');
            }

            conf_buf_str(&offers, ngx_http_conference_str(h[i].value));
        }
    }

    if (offers.len == 0 || conf_buf_ok(&offers) != CONF_OK) {
        conf_buf_free(&offers);
        return NGX_DECLINED;
    }

    rc = conf_deflate_negotiate((conf_str_t) { offers.len, offers.data },
                                &ws->window_bits, answer);
    conf_buf_free(&offers);

    if (rc == CONF_E_BAD_REQUEST) {
        return NGX_ERROR;
    }

    if (rc != CONF_OK || ngx_http_conference_deflate_z() == NULL) {
        return NGX_DECLINED;
    }

    ws->deflate = 1;

    return NGX_OK;
}


/*
 * The compressed sibling of out, made once; out itself when that is no gain
 * or when the window of this client is too small for it.
 */

conf_out_t *
ngx_http_conference_deflate_out(const ngx_http_conference_ws_t *ws,
    conf_out_t *out)
{
    conf_buf_t  *buf = &ngx_http_conference_deflate_buf;

    if (out->len < NGX_HTTP_CONFERENCE_DEFLATE_MIN
        || out->len > (size_t) 1 << ws->window_bits)
    {
        return out;
    }

    if (out->deflated != NULL) {
        return out->deflated;
    }

    conf_buf_reset(buf);

    if (out->incompressible
        || conf_deflate_compress(ngx_http_conference_deflate_z(),
                                 CONF_DEFLATE_WINDOW_MAX,
                                 (conf_str_t) { out->len, out->data }, buf)
           != CONF_OK
        || buf->len >= out->len)
    {
        out->incompressible = true;
        return out;
    }

    out->deflated = conf_out_create((conf_str_t) { buf->len, buf->data });
    if (out->deflated == NULL) {
        return out;
    }

    /* Of the same kind: the opcode is in the first byte of the head. */

    ngx_http_conference_ws_head(out->deflated,
                                *(out->data - out->head_len) & 0x0f, 1);

    return out->deflated;
}


/* Valid until the next call; the text's UTF-8 is checked here. */

conf_rc_t
ngx_http_conference_inflate(const ngx_http_conference_ws_t *ws,
    const conf_ws_frame_t *frame, conf_str_t *message)
{
    uint32_t     state;
    conf_rc_t    rc;
    conf_buf_t  *buf = &ngx_http_conference_deflate_buf;

    conf_buf_reset(buf);

    rc = conf_deflate_decompress(ngx_http_conference_deflate_z(),
                                 frame->data, ws->conf->ws_max_message, buf);
    if (rc != CONF_OK) {
        return rc;
    }

    message->data = buf->data;
    message->len = buf->len;

    state = 0;

    if (frame->opcode == CONF_WS_TEXT
        && (!conf_utf8_feed(&state, buf->data, buf->len) || state != 0))
    {
        return CONF_E_BAD_REQUEST;
    }

    return CONF_OK;
}


static conf_deflate_t *
ngx_http_conference_deflate_z(void)
{
    static conf_deflate_t  *z;

    if (z == NULL) {
        z = conf_deflate_create(NGX_HTTP_CONFERENCE_DEFLATE_LEVEL);
    }

    return z;
}
