
#include "tap.h"

#include "conf_buf.h"

#include "../../ngx_conf_module/ws/conf_multipart.c"
#include "../../ngx_conf_module/ws/conf_multipart_part.c"
#include "../../ngx_conf_module/ws/conf_filetype.c"


#define TYPE       "multipart/form-data; boundary=XyZ"
#define FIELD      "Content-Disposition: form-data; name=\"a\"\r\n"
#define OPEN       "--XyZ\r\n"
#define NEXT       "\r\n--XyZ\r\n"
#define SHUT       "\r\n--XyZ--\r\n"
#define PART(s)    OPEN FIELD "\r\n" s SHUT

#define HANDLER_RC  CONF_E_STORE_FULL


static conf_buf_t  events;
static bool        in_part;
static bool        wrong;        /* order of calls, or an error that passes */
static int         stop_at;      /* 'p', 'b', 'e': that handler fails */


static conf_rc_t
on_part(void *data, const conf_multipart_part_t *part)
{
    wrong = wrong || in_part;
    in_part = true;

    conf_buf_byte(&events, '{');
    conf_buf_str(&events, part->name);

    if (part->has_filename) {
        conf_buf_byte(&events, '|');
        conf_buf_str(&events, part->filename);
    }

    if (part->type.len != 0) {
        conf_buf_byte(&events, '#');
        conf_buf_str(&events, part->type);
    }

    conf_buf_byte(&events, ':');

    return stop_at == 'p' ? HANDLER_RC : CONF_OK;
}


static conf_rc_t
on_bytes(void *data, conf_str_t bytes)
{
    wrong = wrong || !in_part || bytes.len == 0;
    conf_buf_str(&events, bytes);

    return stop_at == 'b' ? HANDLER_RC : CONF_OK;
}


static conf_rc_t
on_end(void *data)
{
    wrong = wrong || !in_part;
    in_part = false;
    conf_buf_byte(&events, '}');

    return stop_at == 'e' ? HANDLER_RC : CONF_OK;
}


static const conf_multipart_handler_t  handler = { on_part, on_bytes, on_end };


static conf_rc_t
run_split(conf_str_t type, conf_str_t body, size_t first, size_t step)
{
    size_t             at, n;
    uint8_t           *copy;
    conf_rc_t          rc;
    conf_str_t         bytes;
    conf_multipart_t  *m;

    conf_buf_reset(&events);
    in_part = false;
    wrong = false;

    m = malloc(sizeof(conf_multipart_t));
    rc = conf_multipart_init(m, type, &handler, NULL);

    for (at = 0; at < body.len && rc == CONF_OK; at += n) {
        n = conf_min(at == 0 ? first : step, body.len - at);

        copy = malloc(n);
        memcpy(copy, body.data + at, n);
        bytes.data = copy;
        bytes.len = n;

        rc = conf_multipart_feed(m, bytes);
        free(copy);

        if (rc != CONF_OK) {
            wrong = wrong
                    || conf_multipart_feed(m, conf_str("x"))
                       != CONF_E_BAD_REQUEST
                    || conf_multipart_end(m) != CONF_E_BAD_REQUEST;
        }
    }

    if (rc == CONF_OK) {
        rc = conf_multipart_end(m);
    }

    free(m);

    return rc;
}


static void
check_type(const char *name, conf_str_t type, conf_str_t body, conf_rc_t want,
    conf_str_t log)
{
    bool    good;
    size_t  i, step;

    is_int(run_split(type, body, body.len, 1), want, "%s", name);
    ok(!wrong, "... in order");

    if (want == CONF_OK || log.len != 0) {
        is_mem(events.data, events.len, log.data, log.len, "... its parts");
    }

    good = true;
    step = body.len / 500 + 1;

    for (i = 1; i < body.len; i += step) {
        good = good && run_split(type, body, i, body.len) == want;
        good = good && !wrong;

        if (want == CONF_OK || log.len != 0) {
            good = good && events.len == log.len
                   && memcmp(events.data, log.data, log.len) == 0;
        }

        if (i < 100) {
            good = good && run_split(type, body, i, i) == want;
            good = good && !wrong;

            if (want == CONF_OK || log.len != 0) {
                good = good && events.len == log.len
                       && memcmp(events.data, log.data, log.len) == 0;
            }
        }
    }

    ok(good, "... in pieces");
}


#define check(name, body, log)                                                \
    check_type(name, conf_str(TYPE), conf_str(body), CONF_OK, conf_str(log))

#define check_bad(name, body)                                                 \
    check_type(name, conf_str(TYPE), conf_str(body), CONF_E_BAD_REQUEST,      \
               conf_str(""))


static void
test_type(void)
{
    size_t            i;
    conf_multipart_t  m;

    static const struct {
        conf_str_t   type;
        const char  *boundary;      /* NULL: refused */
    } rows[] = {
        { conf_string("multipart/form-data; boundary=abc"), "abc" },
        { conf_string("  Multipart/Form-Data ;BOUNDARY = abc "), "abc" },
        { conf_string("multipart/form-data;boundary=\"a b:c\""), "a b:c" },
        { conf_string("multipart/form-data; charset=utf-8; boundary=abc"),
          "abc" },
        { conf_string("multipart/form-data; boundary=abc; x=\"a;\\\"b\""),
          "abc" },
        { conf_string("multipart/form-data; boundary=abc;"), "abc" },
        { conf_string("multipart/form-data; boundary=----WebKitFormBoundary7"),
          "----WebKitFormBoundary7" },
        { conf_string("multipart/form-data; boundary=a=b/c:d"), "a=b/c:d" },
        { conf_string("multipart/form-data; boundary=\"boundary_.oOo._+/'()\""),
          "boundary_.oOo._+/'()" },
        { conf_string("multipart/form-data; boundary="
                      "1234567890123456789012345678901234567890"
                      "123456789012345678901234567890"),
          "1234567890123456789012345678901234567890"
          "123456789012345678901234567890" },
        { conf_string("multipart/form-data; boundary="
                      "1234567890123456789012345678901234567890"
                      "1234567890123456789012345678901"), NULL },
        { conf_string(""), NULL },
        { conf_string("multipart"), NULL },
        { conf_string("multipart/form-data"), NULL },
        { conf_string("multipart/form-data; boundary"), NULL },
        { conf_string("multipart/form-data; boundary="), NULL },
        { conf_string("multipart/form-data; boundary=\"\""), NULL },
        { conf_string("multipart/form-data; boundary=\"abc"), NULL },
        { conf_string("multipart/form-data; boundary=\"abc \""), NULL },
        { conf_string("multipart/form-data; boundary=\"a\\\"c\""), NULL },
        { conf_string("multipart/form-data; boundary=abc; boundary=def"),
          NULL },
        { conf_string("multipart/form-data; boundary=abc def"), NULL },
        { conf_string("multipart/form-data; boundary=abc, x"), NULL },
        { conf_string("multipart/form-data; boundary=a\r\nb"), NULL },
        { conf_string("multipart/form-data; boundary=\"a\r\nb\""), NULL },
        { conf_string("multipart/form-data; boundary=\xc3\xa9"), NULL },
        { conf_string("multipart/form-data; boundary=\"a\0b\""), NULL },
        { conf_string("multipart/mixed; boundary=abc"), NULL },
        { conf_string("multipart/form-datax; boundary=abc"), NULL },
        { conf_string("text/plain; boundary=abc"), NULL },
        { conf_string("xmultipart/form-data; boundary=abc"), NULL }
    };

    for (i = 0; i < conf_nelts(rows); i++) {

        is_int(conf_multipart_init(&m, rows[i].type, &handler, NULL),
               rows[i].boundary == NULL ? CONF_E_BAD_REQUEST : CONF_OK,
               "type %zu", i);

        if (rows[i].boundary != NULL) {
            is_mem(m.delimiter + 4, m.delimiter_len - 4, rows[i].boundary,
                   strlen(rows[i].boundary), "its boundary");

        } else {
            is_int(conf_multipart_feed(&m, conf_str("x")), CONF_E_BAD_REQUEST,
                   "feeds nothing");
        }
    }
}


static void
test_bodies(void)
{
    check("one field", PART("hello"), "{a:hello}");
    check("an empty field", PART(""), "{a:}");

    check("two fields", OPEN FIELD "\r\none" NEXT FIELD "\r\ntwo" SHUT,
          "{a:one}{a:two}");

    check("a body without its CRLF", OPEN FIELD "\r\n--XyZ--", "{a:}");
    check("nobody", OPEN FIELD "\r\n--XyZ\r\n" FIELD "\r\nx" SHUT,
          "{a:}{a:x}");

    check("no last line end", OPEN FIELD "\r\nx\r\n--XyZ--", "{a:x}");
    check("half a last line end", OPEN FIELD "\r\nx\r\n--XyZ--\r", "{a:x}");

    check("preamble and epilogue", "pre\namble\r\n--Xy\r\r\n" PART("x")
          "epilogue" OPEN "\n", "{a:x}");
    check("an empty preamble", "\r\n" PART("x"), "{a:x}");
    check("no part", "--XyZ--\r\n", "");

    check("padding", "--XyZ \t\r\n" FIELD "\r\nx\r\n--XyZ-- \t \r\n",
          "{a:x}");

    check("what looks like a delimiter",
          PART("\r\n--Xy\r\n--XyY\r\r\n-\r\n\r--XyZ\n--XyZ--XyZ\r\r\n"),
          "{a:\r\n--Xy\r\n--XyY\r\r\n-\r\n\r--XyZ\n--XyZ--XyZ\r\r\n}");
    check("its start without CRLF", PART("--Xy"), "{a:--Xy}");
    check("a body of CR", PART("\r\r\r\r"), "{a:\r\r\r\r}");
    check("a body of CRLF", PART("\r\n\r\n"), "{a:\r\n\r\n}");
    check("a body that starts with LF", PART("\n"), "{a:\n}");
    check("binary", PART("\0\xff\0\r\0\n"), "{a:\0\xff\0\r\0\n}");

    check_type("a quoted boundary with a blank",
               conf_str("multipart/form-data; boundary=\"X y\""),
               conf_str("--X y\r\n" FIELD "\r\nx\r\n--X y--"), CONF_OK,
               conf_str("{a:x}"));

    check_bad("nothing", "");
    check_bad("text", "hello");
    check_bad("no end", OPEN FIELD "\r\nx");
    check_bad("no closing delimiter", OPEN FIELD "\r\nx\r\n--XyZ\r\n");
    check_bad("half of it", OPEN FIELD "\r\nx\r\n--XyZ-");
    check_bad("a dash", OPEN FIELD "\r\nx\r\n--XyZ-x");
    check_bad("half a head", OPEN "Content-Disp");
    check_bad("LF ends the delimiter's line", "--XyZ\n" FIELD "\r\nx" SHUT);
    check_bad("CR alone does", "--XyZ\rx" FIELD "\r\nx" SHUT);
    check_bad("LF ends a header line", OPEN
              "Content-Disposition: form-data; name=a\n\r\nx" SHUT);
    check_bad("LF everywhere", "--XyZ\n"
              "Content-Disposition: form-data; name=a\n\nx\n--XyZ--\n");
    check_bad("LF before the delimiter", OPEN FIELD "\r\nx\n--XyZ--\r\n");
    check_bad("LF before the first one", "pre\n" PART("x"));
    check_bad("a preamble before no part", "pre\r\n--XyZ--");
    check_bad("a longer boundary", "--XyZZ\r\n" FIELD "\r\nx" SHUT);
    check_bad("text behind a delimiter", "--XyZ x\r\n" FIELD "\r\nx" SHUT);
    check_bad("a dash behind padding", "--XyZ --\r\n");
    check_bad("text behind the closing one", "--XyZ--x\r\n");
    check_bad("LF behind the closing one", "--XyZ--\n");
    check_bad("CR behind the closing one", "--XyZ--\rx");
}


static void
test_headers(void)
{
    check("names and types are case-insensitive", OPEN
          "CONTENT-type:text/plain\r\n"
          "content-DISPOSITION:Form-Data;NAME=a;FileName=b\r\n"
          "X-Other: \xc3\xa9\r\n\r\nx" SHUT, "{a|b#text/plain:x}");
    check("blanks", OPEN "Content-Disposition: \t form-data ; name = \"a\" \r\n"
          "Content-Type: \t image/png; x=1 \t\r\n\r\nx" SHUT,
          "{a#image/png; x=1:x}");
    check("folded lines", OPEN "Content-Disposition: form-data;\r\n"
          " name=a;\r\n\tfilename=b\r\n\r\nx" SHUT, "{a|b:x}");
    check("escapes", OPEN "Content-Disposition: form-data; "
          "name=\"a\\\"b\\\\c\\d\"\r\n\r\nx" SHUT, "{a\"b\\c\\d:x}");
    check("an empty name", OPEN "Content-Disposition: form-data; "
          "name=\"\"\r\n\r\nx" SHUT, "{:x}");
    check("unknown parameters", OPEN "Content-Disposition: form-data; x;"
          "y=\"1\" ;name=a;;\r\n\r\nx" SHUT, "{a:x}");
    check("encodings that change nothing", OPEN FIELD
          "Content-Transfer-Encoding: BINARY\r\n\r\nx" NEXT FIELD
          "Content-Transfer-Encoding: 8bit\r\n\r\ny" SHUT, "{a:x}{a:y}");

    check_bad("base64", OPEN FIELD
              "Content-Transfer-Encoding: base64\r\n\r\nx" SHUT);
    check_bad("no header", OPEN "\r\nx" SHUT);
    check_bad("no disposition", OPEN "Content-Type: text/plain\r\n\r\nx" SHUT);
    check_bad("two dispositions", OPEN FIELD FIELD "\r\nx" SHUT);
    check_bad("two types", OPEN FIELD "Content-Type: a/b\r\n"
              "Content-Type: a/b\r\n\r\nx" SHUT);
    check_bad("an attachment", OPEN
              "Content-Disposition: attachment; name=a\r\n\r\nx" SHUT);
    check_bad("no name", OPEN
              "Content-Disposition: form-data; filename=a\r\n\r\nx" SHUT);
    check_bad("two names", OPEN
              "Content-Disposition: form-data; name=a; name=b\r\n\r\nx" SHUT);
    check_bad("a name without a value", OPEN
              "Content-Disposition: form-data; name\r\n\r\nx" SHUT);
    check_bad("an open quote", OPEN
              "Content-Disposition: form-data; name=\"a\r\n\r\nx" SHUT);
    check_bad("text behind a quote", OPEN
              "Content-Disposition: form-data; name=\"a\"b\r\n\r\nx" SHUT);
    check_bad("an element more", OPEN
              "Content-Disposition: form-data; name=a, x\r\n\r\nx" SHUT);
    check_bad("a name that is not UTF-8", OPEN
              "Content-Disposition: form-data; name=\"\xff\"\r\n\r\nx" SHUT);
    check_bad("a name that is cut", OPEN
              "Content-Disposition: form-data; name=\"\xc3\"\r\n\r\nx" SHUT);
    check_bad("no colon", OPEN "Nonsense\r\n" FIELD "\r\nx" SHUT);
    check_bad("a blank before the colon", OPEN "X : y\r\n" FIELD "\r\nx" SHUT);
    check_bad("no header name", OPEN ": y\r\n" FIELD "\r\nx" SHUT);
    check_bad("a blank first line", OPEN " " FIELD "\r\nx" SHUT);
    check_bad("NUL in a header", OPEN "X: \0\r\n" FIELD "\r\nx" SHUT);
    check_bad("DEL in a header", OPEN "X: \x7f\r\n" FIELD "\r\nx" SHUT);
    check_bad("CR in a header", OPEN "X: \ry\r\n" FIELD "\r\nx" SHUT);
    check_bad("two CR", OPEN "X: y\r\r\n" FIELD "\r\nx" SHUT);
}


#define FILENAME(s)                                                           \
    OPEN "Content-Disposition: form-data; name=a; filename=" s "\r\n\r\n" SHUT
#define FILENAMES(s)                                                          \
    OPEN "Content-Disposition: form-data; name=a; filename*=" s "\r\n\r\n" SHUT


static void
test_filenames(void)
{
    check("a file", FILENAME("\"x y.png\""), "{a|x y.png:}");
    check("without quotes", FILENAME("x.png"), "{a|x.png:}");
    check("no file chosen", FILENAME("\"\""), "{a|:}");
    check("UTF-8", FILENAME("\"\xe4\xbd\xa0.png\""), "{a|\xe4\xbd\xa0.png:}");
    check("another charset", FILENAME("\"\xc4\xe3.png\""), "{a|__.png:}");
    check("UTF-8 that is cut", FILENAME("\"x\xe4\xbd\""), "{a|x__:}");

    check("a path", FILENAME("\"/etc/passwd\""), "{a|passwd:}");
    check("a climbing one", FILENAME("\"../../x\""), "{a|x:}");
    check("a Windows path", FILENAME("\"C:\\dir\\x.png\""), "{a|x.png:}");
    check("an escaped one", FILENAME("\"C:\\\\dir\\\\x.png\""), "{a|x.png:}");
    check("mixed slashes", FILENAME("\"a/b\\c/d\\e\""), "{a|e:}");
    check("a directory", FILENAME("\"a/\""), "{a|:}");
    check("a dot", FILENAME("\".\""), "{a|:}");
    check("two dots", FILENAME("\"a/..\""), "{a|:}");
    check("three dots", FILENAME("\"...\""), "{a|...:}");
    check("an escaped quote", FILENAME("\"a\\\"b\""), "{a|a\"b:}");
    check("C1 controls", FILENAME("\"a\xc2\x80" "b\xc2\x9f" "c\xc2\xa0\""),
          "{a|abc\xc2\xa0:}");
    check("a tab", FILENAME("\"a\tb\""), "{a|ab:}");

    check("filename*", FILENAMES("UTF-8''%e2%82%AC%20rates.png"),
          "{a|\xe2\x82\xac rates.png:}");
    check("with a language", FILENAMES("utf-8'en'x"), "{a|x:}");
    check("Latin-1", FILENAMES("iso-8859-1'en'%A3%E9x"),
          "{a|\xc2\xa3\xc3\xa9x:}");
    check("in quotes", FILENAMES("\"UTF-8''%41\""), "{a|A:}");
    check("an encoded path", FILENAMES("UTF-8''..%2f..%5Cx"), "{a|x:}");
    check("encoded controls", FILENAMES("UTF-8''a%00%0d%0ab%7f"), "{a|ab:}");
    check("bytes that are not UTF-8", FILENAMES("UTF-8''a%ff"), "{a|a_:}");
    check("an unknown charset", FILENAMES("gbk''%c4%e3"), "{a|:}");
    check("an unknown charset with a fallback",
          FILENAMES("gbk''%c4%e3; filename=f"), "{a|f:}");
    check("filename* wins", FILENAMES("UTF-8''x; filename=f"), "{a|x:}");
    check("... in any order", FILENAME("f; filename*=UTF-8''x"), "{a|x:}");
    check("an empty filename*", FILENAMES("UTF-8''"), "{a|:}");

    check_bad("no charset", FILENAMES("x"));
    check_bad("no language", FILENAMES("UTF-8'x"));
    check_bad("half a percent", FILENAMES("UTF-8''a%4"));
    check_bad("a wrong percent", FILENAMES("UTF-8''a%4g"));
    check_bad("bytes that are not encoded", FILENAMES("UTF-8''\xc3\xa9"));
    check_bad("two filenames", FILENAME("a; filename=b"));
    check_bad("two filename*",
              FILENAMES("UTF-8''a; filename*=UTF-8''b"));
    check_bad("an empty value", FILENAME(""));
}


static void
test_limits(void)
{
    size_t      i;
    conf_str_t  body, log;
    conf_buf_t  b, l;

    conf_buf_init(&b, 0);
    conf_buf_init(&l, 0);

    for (i = 0; i < CONF_MULTIPART_PARTS_MAX; i++) {
        conf_buf_lit(&b, OPEN FIELD "\r\nx\r\n");
        conf_buf_lit(&l, "{a:x}");
    }

    log.data = l.data;
    log.len = l.len;
    conf_buf_lit(&b, "--XyZ--");
    body.data = b.data;
    body.len = b.len;
    check_type("all parts", conf_str(TYPE), body, CONF_OK, log);

    b.len -= 2;
    conf_buf_lit(&b, "\r\n" FIELD);
    body.data = b.data;
    body.len = b.len;
    check_type("one part more", conf_str(TYPE), body, CONF_E_TOO_LARGE, log);

    for (i = 0; i < 2; i++) {
        conf_buf_reset(&b);
        conf_buf_lit(&b, OPEN FIELD "X:");

        while (b.len < 7 + CONF_MULTIPART_HEAD_MAX - 4 + i) {
            conf_buf_byte(&b, 'x');
        }

        conf_buf_lit(&b, "\r\n\r\ny" SHUT);
        body.data = b.data;
        body.len = b.len;
        log = i == 0 ? conf_str("{a:y}") : conf_str("");
        check_type("a long head", conf_str(TYPE), body,
                   i == 0 ? CONF_OK : CONF_E_TOO_LARGE, log);
    }

    conf_buf_reset(&b);
    conf_buf_lit(&b, OPEN FIELD "\r\n");

    for (i = 0; i < 100000; i++) {
        conf_buf_byte(&b, (uint8_t) (i * i % 251));
    }

    conf_buf_reset(&l);
    conf_buf_lit(&l, "{a:");
    conf_buf_add(&l, b.data + b.len - 100000, 100000);
    conf_buf_byte(&l, '}');
    conf_buf_lit(&b, SHUT);
    body.data = b.data;
    body.len = b.len;
    log.data = l.data;
    log.len = l.len;
    check_type("a file", conf_str(TYPE), body, CONF_OK, log);

    conf_buf_free(&b);
    conf_buf_free(&l);
}


static void
test_handlers(void)
{
    static const char  handlers[] = "pbe";
    size_t             i;

    for (i = 0; i < sizeof(handlers) - 1; i++) {
        stop_at = handlers[i];
        check_type("a handler's result", conf_str(TYPE),
                   conf_str(PART("x")), HANDLER_RC, conf_str(""));
    }

    stop_at = 0;
}


static void
test_filetype(void)
{
    size_t                   i;
    uint8_t                 *copy;
    conf_str_t               head;
    const conf_file_type_t  *type;

    static const struct {
        conf_str_t   head;
        const char  *type;
    } rows[] = {
        { conf_string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png" },
        { conf_string("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg" },
        { conf_string("GIF87a\1\0"), "image/gif" },
        { conf_string("GIF89a\1\0"), "image/gif" },
        { conf_string("GIF88a"), "text/plain" },
        { conf_string("RIFF\x10\0\0\0WEBPVP8 "), "image/webp" },
        { conf_string("RIFF\x10\0\0\0WAVEfmt "), "audio/wav" },
        { conf_string("RIFF\x10\0\0\0AVI LIST"), "application/octet-stream" },
        { conf_string("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
          "image/bmp" },
        { conf_string("BM is short for many things"), "text/plain" },
        { conf_string("BM\x36\0\0\0\0\0\0\0"), "application/octet-stream" },
        { conf_string("%PDF-1.7\n"), "application/pdf" },
        { conf_string("PK\x03\x04\x14\0"), "application/zip" },
        { conf_string("PK\x05\x06\0\0"), "application/zip" },
        { conf_string("\x1f\x8b\x08\0"), "application/gzip" },
        { conf_string("\0\0\0\x20" "ftypisom\0\0\2\0"), "video/mp4" },
        { conf_string("\0\0\0\x20" "ftypM4A \0\0\2\0"), "video/mp4" },
        { conf_string("\0\0\0\x20" "ftypheic\0\0\0\0"),
          "application/octet-stream" },
        { conf_string("\0\0\0\x20" "ftypavif\0\0\0\0"),
          "application/octet-stream" },
        { conf_string("\0\0\0\x20" "ftyp"), "application/octet-stream" },
        { conf_string("leftyp is no type"), "text/plain" },
        { conf_string("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01"
                      "\x42\x82\x84webm"), "video/webm" },
        { conf_string("\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01"
                      "\x42\x82\x88matroska"), "video/x-matroska" },
        { conf_string("\x1a\x45\xdf\xa3\xa3\x42\x82\x84" "web"),
          "application/octet-stream" },
        { conf_string("ID3\x04\0\0"), "audio/mpeg" },
        { conf_string("\xff\xfb\x90\x64"), "audio/mpeg" },
        { conf_string("\xff\xf3\x40\xc0"), "audio/mpeg" },
        { conf_string("\xff\xfe" "a\0b\0"), "application/octet-stream" },
        { conf_string("\xff\xf1\x50\x80"), "application/octet-stream" },
        { conf_string("OggS\0\2"), "audio/ogg" },
        { conf_string("fLaC\0\0"), "audio/flac" },
        { conf_string("<html><script>alert(1)</script>"), "text/plain" },
        { conf_string("<svg xmlns='http://www.w3.org/2000/svg'>"),
          "text/plain" },
        { conf_string("<?xml version='1.0'?>"), "text/plain" },
        { conf_string("\xef\xbb\xbfhello\r\n\tworld"), "text/plain" },
        { conf_string("\xe4\xbd\xa0\xe5\xa5"), "text/plain" },
        { conf_string("caf\xe9 au lait"), "application/octet-stream" },
        { conf_string("a\0b"), "application/octet-stream" },
        { conf_string("a\x1b[0m"), "application/octet-stream" },
        { conf_string("\x7f" "ELF"), "application/octet-stream" },
        { conf_string("MZ\x90\0"), "application/octet-stream" },
        { conf_string("\x89PNG\r\n\x1a"), "application/octet-stream" },
        { conf_string(""), "text/plain" }
    };

    for (i = 0; i < conf_nelts(rows); i++) {
        copy = malloc(rows[i].head.len == 0 ? 1 : rows[i].head.len);
        memcpy(copy, rows[i].head.data, rows[i].head.len);
        head.data = copy;
        head.len = rows[i].head.len;

        type = conf_file_type(head);
        is_str(type->type, rows[i].type, "file type %zu", i);

        ok(type->extension.len > 2 && type->extension.data[0] == '.',
           "has an extension");
        ok(!type->image || type->inline_safe, "images are shown");
        ok(type->inline_safe == (memcmp(type->type.data, "image/", 6) == 0
                                 || memcmp(type->type.data, "video/", 6) == 0
                                 || memcmp(type->type.data, "audio/", 6) == 0),
           "only media is");

        free(copy);
    }

    ok(conf_file_type(rows[0].head)->image, "png is an image");
    ok(!conf_file_type(rows[8].head)->image, "bmp is not");
}


int
main(void)
{
    conf_buf_init(&events, 0);

    test_type();
    test_bodies();
    test_headers();
    test_filenames();
    test_limits();
    test_handlers();
    test_filetype();

    conf_buf_free(&events);

    return tap_done();
}
