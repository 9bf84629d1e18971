
#include "conf_multipart.h"
#include "conf_ws.h"


#define CONF_FILETYPE_BMP_HEAD   18
#define CONF_FILETYPE_BMP_INFO   124    /* the longest info header, V5 */
#define CONF_FILETYPE_FTYP_HEAD  12
#define CONF_FILETYPE_EBML_SCAN  64


typedef struct {
    size_t             at;
    conf_str_t         magic;
    bool             (*more)(conf_str_t head);    /* a further test, or NULL */
    conf_file_type_t   type;
} conf_filetype_row_t;


static bool conf_filetype_webp(conf_str_t head);
static bool conf_filetype_wav(conf_str_t head);
static bool conf_filetype_bmp(conf_str_t head);
static bool conf_filetype_mp4(conf_str_t head);
static bool conf_filetype_mp3(conf_str_t head);
static bool conf_filetype_matroska(conf_str_t head);
static bool conf_filetype_webm(conf_str_t head);
static bool conf_filetype_has(conf_str_t head, size_t at, conf_str_t magic);
static bool conf_filetype_doctype(conf_str_t head, conf_str_t name);
static bool conf_filetype_is_text(conf_str_t head);


#define conf_filetype(type, extension, image, safe)                           \
    { conf_string(type), conf_string(extension), image, safe }


static const conf_filetype_row_t  conf_filetype_rows[] = {
    { 0, conf_string("\x89PNG\r\n\x1a\n"), NULL,
      conf_filetype("image/png", ".png", true, true) },
    { 0, conf_string("\xff\xd8\xff"), NULL,
      conf_filetype("image/jpeg", ".jpg", true, true) },
    { 0, conf_string("GIF87a"), NULL,
      conf_filetype("image/gif", ".gif", true, true) },
    { 0, conf_string("GIF89a"), NULL,
      conf_filetype("image/gif", ".gif", true, true) },
    { 0, conf_string("RIFF"), conf_filetype_webp,
      conf_filetype("image/webp", ".webp", true, true) },
    { 0, conf_string("BM"), conf_filetype_bmp,
      conf_filetype("image/bmp", ".bmp", false, true) },
    { 0, conf_string("%PDF-"), NULL,
      conf_filetype("application/pdf", ".pdf", false, false) },
    { 0, conf_string("PK\x03\x04"), NULL,
      conf_filetype("application/zip", ".zip", false, false) },
    { 0, conf_string("PK\x05\x06"), NULL,
      conf_filetype("application/zip", ".zip", false, false) },
    { 0, conf_string("\x1f\x8b\x08"), NULL,
      conf_filetype("application/gzip", ".gz", false, false) },
    { 4, conf_string("ftyp"), conf_filetype_mp4,
      conf_filetype("video/mp4", ".mp4", false, true) },
    { 0, conf_string("\x1a\x45\xdf\xa3"), conf_filetype_webm,
      conf_filetype("video/webm", ".webm", false, true) },
    { 0, conf_string("\x1a\x45\xdf\xa3"), conf_filetype_matroska,
      conf_filetype("video/x-matroska", ".mkv", false, true) },
    { 0, conf_string("ID3"), NULL,
      conf_filetype("audio/mpeg", ".mp3", false, true) },
    { 0, conf_string("\xff"), conf_filetype_mp3,
      conf_filetype("audio/mpeg", ".mp3", false, true) },
    { 0, conf_string("OggS"), NULL,
      conf_filetype("audio/ogg", ".ogg", false, true) },
    { 0, conf_string("RIFF"), conf_filetype_wav,
      conf_filetype("audio/wav", ".wav", false, true) },
    { 0, conf_string("fLaC"), NULL,
      conf_filetype("audio/flac", ".flac", false, true) }
};

static const conf_file_type_t  conf_filetype_text =
    conf_filetype("text/plain", ".txt", false, false);

static const conf_file_type_t  conf_filetype_binary =
    conf_filetype("application/octet-stream", ".bin", false, false);


const conf_file_type_t *
conf_file_type_named(conf_str_t type)
{
    size_t  i;

    for (i = 0; i < conf_nelts(conf_filetype_rows); i++) {
        if (conf_str_eq(conf_filetype_rows[i].type.type, type)) {
            return &conf_filetype_rows[i].type;
        }
    }

    return conf_str_eq(conf_filetype_text.type, type) ? &conf_filetype_text
                                                      : &conf_filetype_binary;
}


const conf_file_type_t *
conf_file_type(conf_str_t head)
{
    size_t                      i;
    const conf_filetype_row_t  *row;

    for (i = 0; i < conf_nelts(conf_filetype_rows); i++) {
        row = &conf_filetype_rows[i];

        if (conf_filetype_has(head, row->at, row->magic)
            && (row->more == NULL || row->more(head)))
        {
            return &row->type;
        }
    }

    return conf_filetype_is_text(head) ? &conf_filetype_text
                                       : &conf_filetype_binary;
}


static bool
conf_filetype_webp(conf_str_t head)
{
    return conf_filetype_has(head, 8, conf_str("WEBP"));
}


static bool
conf_filetype_wav(conf_str_t head)
{
    return conf_filetype_has(head, 8, conf_str("WAVE"));
}


/* Two letters are weak: the reserved words and the info header's size too. */

static bool
conf_filetype_bmp(conf_str_t head)
{
    return head.len >= CONF_FILETYPE_BMP_HEAD
           && conf_filetype_has(head, 6, conf_str("\0\0\0\0"))
           && conf_filetype_has(head, 15, conf_str("\0\0\0"))
           && head.data[14] >= 12 && head.data[14] <= CONF_FILETYPE_BMP_INFO;
}


/* The same container holds still images, which no video element plays. */

static bool
conf_filetype_mp4(conf_str_t head)
{
    size_t                   i;
    static const conf_str_t  images[] = {
        conf_string("avif"), conf_string("avis"), conf_string("heic"),
        conf_string("heix"), conf_string("hevc"), conf_string("hevx"),
        conf_string("mif1"), conf_string("msf1")
    };

    if (head.len < CONF_FILETYPE_FTYP_HEAD
        || !conf_filetype_has(head, 0, conf_str("\0\0")))
    {
        return false;
    }

    for (i = 0; i < conf_nelts(images); i++) {
        if (conf_filetype_has(head, 8, images[i])) {
            return false;
        }
    }

    return true;
}


/* A frame without a tag before it: sync, MPEG version, layer III, bit rate. */

static bool
conf_filetype_mp3(conf_str_t head)
{
    return head.len >= 4 && (head.data[1] & 0xe6) == 0xe2
           && (head.data[1] & 0x18) != 0x08
           && (head.data[2] & 0xf0) != 0xf0 && (head.data[2] & 0x0c) != 0x0c;
}


static bool
conf_filetype_webm(conf_str_t head)
{
    return conf_filetype_doctype(head, conf_str("webm"));
}


static bool
conf_filetype_matroska(conf_str_t head)
{
    return conf_filetype_doctype(head, conf_str("matroska"));
}


/* Looks for EBML's DocType (0x4282) element of that value. */

static bool
conf_filetype_doctype(conf_str_t head, conf_str_t name)
{
    size_t  i, max;

    max = conf_min(head.len, CONF_FILETYPE_EBML_SCAN);

    for (i = 4; i + 3 <= max; i++) {

        if (head.data[i] == 0x42 && head.data[i + 1] == 0x82
            && head.data[i + 2] == (0x80 | name.len)
            && conf_filetype_has(head, i + 3, name))
        {
            return true;
        }
    }

    return false;
}


static bool
conf_filetype_has(conf_str_t head, size_t at, conf_str_t magic)
{
    return head.len >= at && head.len - at >= magic.len
           && memcmp(head.data + at, magic.data, magic.len) == 0;
}


/* The last code point may be cut off: the head is not the file. */

static bool
conf_filetype_is_text(conf_str_t head)
{
    size_t    i;
    uint8_t   c;
    uint32_t  utf8;

    for (i = 0; i < head.len; i++) {
        c = head.data[i];

        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
            return false;
        }
    }

    utf8 = 0;

    return conf_utf8_feed(&utf8, head.data, head.len);
}
