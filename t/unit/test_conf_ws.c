
#include "tap.h"

#include "../../ngx_conf_module/ws/conf_ws.c"


#define FIN          0x80
#define RSV1         0x40
#define TEXT         CONF_WS_TEXT
#define BINARY       CONF_WS_BINARY
#define CLOSE        CONF_WS_CLOSE
#define PING         CONF_WS_PING
#define PONG         CONF_WS_PONG

#define MESSAGE_MAX  200000
#define DATA_SHOWN   140      /* longer data is logged as length and sum */
#define SPLITS_MAX   2000     /* of longer input only some are tried */


static conf_buf_t  input;
static conf_buf_t  events;
static size_t      message_max = MESSAGE_MAX;
static bool        allow_rsv1;

static const uint8_t  client_mask[] = { 0x37, 0xfa, 0x21, 0x3d };


/* Writes a client's head with a length in as many bytes as told. */

static void
head(uint8_t first, unsigned size, uint64_t len)
{
    unsigned  shift;

    conf_buf_byte(&input, first);
    conf_buf_byte(&input, (uint8_t) (0x80 | (size == 1 ? len
                                             : size == 2 ? 126 : 127)));

    for (shift = size == 1 ? 0 : size * 8; shift != 0; ) {
        shift -= 8;
        conf_buf_byte(&input, (uint8_t) (len >> shift));
    }

    conf_buf_add(&input, client_mask, 4);
}


static void
payload(const void *data, size_t len)
{
    size_t          i;
    const uint8_t  *p;

    p = data;

    for (i = 0; i < len; i++) {
        conf_buf_byte(&input, (uint8_t) (p[i] ^ client_mask[i % 4]));
    }
}


static void
frame_n(uint8_t first, const void *data, size_t len)
{
    head(first, len < 126 ? 1 : len < 65536 ? 2 : 8, len);
    payload(data, len);
}


#define frame(first, s)  frame_n(first, s, sizeof(s) - 1)


static void
log_frame(conf_rc_t rc, const conf_ws_frame_t *f)
{
    char      line[64];
    size_t    i;
    uint32_t  sum;

    if (rc != CONF_OK) {
        snprintf(line, sizeof(line), "!%s%u ",
                 rc == CONF_E_PROTOCOL ? "" : "rc ", f->code);
        conf_buf_add(&events, line, strlen(line));
        return;
    }

    conf_buf_byte(&events, (uint8_t) ("?TB?????CPO?????"[f->opcode & 15]));

    if (f->compressed) {
        conf_buf_byte(&events, 'z');
    }

    if (f->opcode == CLOSE) {
        conf_buf_u64(&events, f->code);
    }

    conf_buf_byte(&events, '(');

    if (f->data.len <= DATA_SHOWN) {
        conf_buf_add(&events, f->data.data, f->data.len);

    } else {
        for (i = 0, sum = 0; i < f->data.len; i++) {
            sum = sum * 31 + f->data.data[i];
        }

        snprintf(line, sizeof(line), "%zu:%u", f->data.len, sum);
        conf_buf_add(&events, line, strlen(line));
    }

    conf_buf_lit(&events, ") ");
}


/* Each chunk lies in memory of its own, for the address sanitizer. */

static bool
feed(conf_ws_reader_t *r, const uint8_t *data, size_t len)
{
    bool              failed;
    uint8_t          *copy;
    conf_rc_t         rc;
    const uint8_t    *p;
    conf_ws_frame_t   f;

    copy = malloc(len + 1);
    memcpy(copy, data, len);
    copy = realloc(copy, len == 0 ? 1 : len);

    p = copy;
    failed = false;

    for ( ;; ) {
        rc = conf_ws_read(r, &p, &len, &f);
        if (rc == CONF_AGAIN) {
            break;
        }

        log_frame(rc, &f);

        if (rc != CONF_OK) {
            failed = true;
        }
    }

    free(copy);

    return len == 0 && !(failed && !r->closed);
}


static bool
run_split(size_t first, size_t step)
{
    bool              good;
    size_t            at, n;
    conf_ws_reader_t  r;

    conf_ws_reader_init(&r, message_max);
    r.allow_rsv1 = allow_rsv1;
    conf_buf_reset(&events);
    good = true;

    for (at = 0; at < input.len; at += n) {
        n = at == 0 ? first : step;
        n = conf_min(n, input.len - at);
        good = feed(&r, input.data + at, n) && good;
    }

    if (r.message_opcode == 0 && !r.in_payload) {
        good = good && r.message.data == NULL;
    }

    conf_ws_reader_free(&r);
    conf_buf_byte(&events, '\0');

    return good;
}


/* Runs the input whole, in single bytes, and split in two at every place. */

static void
check(const char *name, const char *want)
{
    bool    good;
    size_t  i, step;

    good = run_split(input.len, 1);
    ok(good && strcmp((char *) events.data, want) == 0, "%s", name);

    if (strcmp((char *) events.data, want) != 0) {
        printf("#      got %s\n# expected %s\n", (char *) events.data, want);
    }

    good = run_split(1, 1);
    good = good && strcmp((char *) events.data, want) == 0;

    step = input.len / SPLITS_MAX + 1;

    for (i = 1; i < input.len; i += i < 20 ? 1 : step) {
        good = run_split(i, input.len) && good;
        good = good && strcmp((char *) events.data, want) == 0;
    }

    for (i = 2; i < 20; i++) {
        good = run_split(i, i) && good;
        good = good && strcmp((char *) events.data, want) == 0;
    }

    ok(good, "%s, in pieces", name);

    conf_buf_reset(&input);
}


static void
test_messages(void)
{
    check("nothing", "");

    frame(FIN | TEXT, "Hello");
    check("the RFC's masked Hello", "T(Hello) ");

    conf_buf_lit(&input, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    check("the RFC's bytes of it", "T(Hello) ");

    frame(FIN | BINARY, "\xff\xfe");
    check("binary of any bytes", "B(\xff\xfe) ");

    frame(FIN | TEXT, "");
    frame(FIN | BINARY, "");
    check("messages of length zero", "T() B() ");

    frame(TEXT, "Hel");
    frame(FIN, "lo");
    check("two fragments", "T(Hello) ");

    frame(TEXT, "");
    frame(0, "");
    frame(0, "a");
    frame(0, "");
    frame(FIN, "");
    frame(TEXT, "");
    frame(FIN, "");
    check("fragments of length zero", "T(a) T() ");

    frame(TEXT, "Hel");
    frame(FIN | PING, "one");
    frame(0, "l");
    frame(FIN | PONG, "");
    frame(FIN | PING, "two");
    frame(FIN, "o");
    frame(FIN | BINARY, "x");
    check("control frames between fragments",
          "P(one) O() P(two) T(Hello) B(x) ");

    frame(BINARY, "");
    frame(FIN | PING, "early");
    frame(FIN, "");
    check("a ping within an empty message", "P(early) B() ");

    frame(BINARY, "part");
    frame(FIN | CLOSE, "\x03\xe8");
    check("a close frame within a message", "C1000() ");

    frame(FIN | TEXT, "a");
    frame(TEXT, "b");
    conf_buf_byte(&input, FIN);
    check("what is not complete is not returned", "T(a) ");
}


static void
test_lengths(void)
{
    char             want[DATA_SHOWN + 8];
    size_t           i, n;
    uint8_t         *data;
    conf_ws_frame_t  f;

    static const size_t  lengths[] = {
        1, 7, 8, 9, 124, 125, 126, 127, 255, 256, 1000, 65535, 65536, 131073
    };

    data = malloc(MESSAGE_MAX + 1);

    for (i = 0; i <= MESSAGE_MAX; i++) {
        data[i] = (uint8_t) ('a' + i * 7 % 26);
    }

    for (i = 0; i < conf_nelts(lengths); i++) {
        n = lengths[i];

        memset(&f, 0, sizeof(f));
        f.opcode = TEXT;
        f.data.data = data;
        f.data.len = n;

        conf_buf_reset(&events);
        log_frame(CONF_OK, &f);
        conf_buf_byte(&events, '\0');
        snprintf(want, sizeof(want), "%s", (char *) events.data);

        frame_n(FIN | TEXT, data, n);
        check("a message of some length", want);
    }

    free(data);
}


static void
test_limits(void)
{
    uint8_t  data[125];

    memset(data, 'x', sizeof(data));
    message_max = 10;

    frame(FIN | TEXT, "0123456789");
    check("exactly the limit", "T(0123456789) ");

    head(FIN | TEXT, 1, 11);
    check("one over the limit, refused by its head", "!1009 ");

    head(FIN | BINARY, 8, (uint64_t) INT64_MAX);
    check("2^63 - 1 bytes", "!1009 ");

    frame(TEXT, "01234");
    frame(0, "56789");
    frame(FIN, "");
    check("fragments up to the limit", "T(0123456789) ");

    frame(TEXT, "01234");
    frame(0, "56789");
    head(FIN, 1, 1);
    check("fragments over the limit", "!1009 ");

    frame(BINARY, "01234");
    frame_n(FIN | PING, data, 125);
    frame(FIN, "56789");
    (void) run_split(input.len, 1);
    is_mem(events.data, 2, "P(", 2, "a ping is not held against the limit");
    is_mem(events.data + 127, 15, ") B(0123456789)", 15, "... nor the message");
    conf_buf_reset(&input);

    message_max = 0;

    frame(FIN | TEXT, "");
    head(FIN | TEXT, 1, 1);
    check("a limit of zero leaves empty messages", "T() !1009 ");

    message_max = MESSAGE_MAX;
}


static void
test_minimal_lengths(void)
{
    head(FIN | TEXT, 2, 125);
    check("125 in 16 bits is not minimal", "!1002 ");

    head(FIN | TEXT, 2, 0);
    check("0 in 16 bits is not minimal", "!1002 ");

    head(FIN | TEXT, 8, 65535);
    check("65535 in 64 bits is not minimal", "!1002 ");

    head(FIN | TEXT, 8, 5);
    check("5 in 64 bits is not minimal", "!1002 ");

    head(FIN | TEXT, 8, UINT64_C(1) << 63);
    check("the highest bit of 64 is never set", "!1002 ");
}


static void
test_violations(void)
{
    uint8_t  byte;

    for (byte = 0x10; byte <= 0x70; byte = (uint8_t) (byte + 0x10)) {
        frame((uint8_t) (FIN | byte | TEXT), "x");
        check("reserved bits", "!1002 ");
    }

    for (byte = 3; byte <= 15; byte++) {
        if (byte < 8 || byte > 10) {
            frame((uint8_t) (FIN | byte), "x");
            check("reserved opcodes", "!1002 ");
        }
    }

    for (byte = 8; byte <= 10; byte++) {
        frame(byte, "");
        check("fragmented control frame", "!1002 ");

        head((uint8_t) (FIN | byte), 2, 126);
        check("control frame over 125 bytes", "!1002 ");

        head((uint8_t) (FIN | byte), 2, 5);
        check("control frame with a 16-bit length", "!1002 ");

        head((uint8_t) (FIN | byte), 8, 5);
        check("control frame with a 64-bit length", "!1002 ");
    }

    conf_buf_lit(&input, "\x81\x05Hello");
    check("unmasked text", "!1002 ");

    conf_buf_lit(&input, "\x89");
    conf_buf_byte(&input, 0);
    check("unmasked ping", "!1002 ");

    frame(FIN, "x");
    check("continuation of nothing", "!1002 ");

    frame(0, "x");
    check("unfinished continuation of nothing", "!1002 ");

    frame(FIN | TEXT, "a");
    frame(FIN, "b");
    check("continuation of a complete message", "T(a) !1002 ");

    frame(TEXT, "a");
    frame(FIN | TEXT, "b");
    check("text within a message", "!1002 ");

    frame(BINARY, "a");
    frame(BINARY, "b");
    check("binary within a message", "!1002 ");

    frame(FIN, "x");
    frame(FIN | TEXT, "y");
    check("after an error all is dropped", "!1002 ");
}


static void
test_compressed(void)
{
    frame(FIN | RSV1 | TEXT, "\xff");
    check("RSV1 without negotiation", "!1002 ");

    allow_rsv1 = true;

    frame(FIN | RSV1 | TEXT, "\xff");
    frame(FIN | TEXT, "a");
    frame(FIN | RSV1 | BINARY, "\xf2");
    check("compressed messages, not checked for UTF-8",
          "Tz(\xff) T(a) Bz(\xf2) ");

    frame(RSV1 | TEXT, "\xff");
    frame(FIN | PING, "p");
    frame(FIN, "\xfe");
    check("compressed fragments", "P(p) Tz(\xff\xfe) ");

    frame(RSV1 | TEXT, "a");
    frame(FIN | RSV1, "b");
    check("RSV1 of a continuation", "!1002 ");

    frame(FIN | RSV1 | PING, "");
    check("RSV1 of a ping", "!1002 ");

    frame(FIN | RSV1 | CLOSE, "");
    check("RSV1 of a close frame", "!1002 ");

    frame(FIN | RSV1 | 0x20 | TEXT, "a");
    check("RSV1 with RSV2", "!1002 ");

    allow_rsv1 = false;
}


static void
test_close(void)
{
    char      want[32], name[32];
    size_t    i;
    uint8_t   body[2];
    unsigned  code;

    static const struct {
        uint16_t  from, to;
        bool      valid;
    } codes[] = {
        { 0, 0, false }, { 1, 1, false }, { 999, 999, false },
        { 1000, 1003, true }, { 1004, 1006, false }, { 1007, 1014, true },
        { 1015, 1016, false }, { 1100, 1100, false }, { 2000, 2000, false },
        { 2999, 2999, false }, { 3000, 3001, true }, { 3999, 4000, true },
        { 4999, 4999, true }, { 5000, 5000, false }, { 65535, 65535, false }
    };

    for (i = 0; i < conf_nelts(codes); i++) {
        for (code = codes[i].from; code <= codes[i].to; code++) {
            body[0] = (uint8_t) (code >> 8);
            body[1] = (uint8_t) code;
            frame_n(FIN | CLOSE, body, 2);

            snprintf(name, sizeof(name), "close code %u", code);
            snprintf(want, sizeof(want), "C%u() ", code);
            check(name, codes[i].valid ? want : "!1002 ");
        }
    }

    frame(FIN | CLOSE, "");
    check("close without a body", "C1005() ");

    frame(FIN | CLOSE, "\x03");
    check("close with a body of one byte", "!1002 ");

    frame(FIN | CLOSE, "\x03\xe8good bye \xe2\x82\xac");
    check("close with a reason", "C1000(good bye \xe2\x82\xac) ");

    frame(FIN | CLOSE, "\x03\xe8\xff");
    check("close with a reason that is not UTF-8", "!1007 ");

    frame(FIN | CLOSE, "\x03\xe8\xe2\x82");
    check("close with a reason that is cut", "!1007 ");

    frame(TEXT, "x");
    frame(FIN | CLOSE, "\x03\xed");
    check("a wrong close frame within a message", "!1002 ");

    frame(FIN | CLOSE, "\x03\xe8");
    frame(FIN | TEXT, "late");
    conf_buf_lit(&input, "\xff\xff\xff");
    check("after close all is dropped", "C1000() ");
}


static void
test_utf8_fragments(void)
{
    frame(TEXT, "\xe2");
    frame(0, "");
    frame(0, "\x82");
    frame(FIN | PING, "\xff");
    frame(FIN, "\xac");
    check("a code point over fragments", "P(\xff) T(\xe2\x82\xac) ");

    frame(TEXT, "\xe2\x82");
    frame(FIN, "");
    check("a message that ends within a code point", "!1007 ");

    frame(FIN | TEXT, "\xf0\x9f\x98");
    check("one frame that does", "!1007 ");

    frame(TEXT, "\xed");
    frame(FIN, "\xa0\x80");
    check("a surrogate over fragments", "!1007 ");

    frame(TEXT, "\xc0");
    check("fails before the message is complete", "!1007 ");

    head(TEXT, 2, 60000);
    payload("abcdefgh\xf4\x90", 10);
    check("fails before the frame is complete", "!1007 ");

    frame(TEXT, "\xe2");
    frame(FIN | TEXT, "\x82\xac");
    check("protocol before UTF-8", "!1002 ");

    frame(FIN | TEXT, "\xc3\xa9");
    frame(BINARY, "\xe2");
    frame(FIN, "");
    frame(FIN | TEXT, "\xc3\xa9");
    check("the state is that of one message",
          "T(\xc3\xa9) B(\xe2) T(\xc3\xa9) ");
}


static void
test_unmask(void)
{
    bool     good;
    size_t   i, n, at, offset;
    uint8_t  src[64], dst[64];

    good = true;

    for (i = 0; i < sizeof(src); i++) {
        src[i] = (uint8_t) (i * 37);
    }

    for (n = 0; n < 40; n++) {
        for (at = 0; at < 4; at++) {
            for (offset = 0; offset < 8; offset++) {
                memset(dst, 0x55, sizeof(dst));
                conf_ws_unmask(dst + offset, src + offset, n, client_mask, at);

                for (i = 0; i < n; i++) {
                    good = good && dst[offset + i]
                           == (src[offset + i] ^ client_mask[(at + i) % 4]);
                }

                good = good && dst[offset + n] == 0x55;
            }
        }
    }

    ok(good, "unmasking at every length, phase and alignment");
}


static void
test_memory(void)
{
    conf_rc_t         rc;
    const uint8_t    *p;
    size_t            len;
    conf_ws_frame_t   f;
    conf_ws_reader_t  r;

    printf("# sizeof(conf_ws_reader_t) is %zu\n", sizeof(conf_ws_reader_t));
    ok(sizeof(conf_ws_reader_t) <= 128, "a reader is small");

    conf_ws_reader_init(&r, MESSAGE_MAX);
    head(FIN | BINARY, 8, 100000);
    p = input.data;
    len = input.len;
    is_int(conf_ws_read(&r, &p, &len, &f), CONF_AGAIN, "a head");
    ok(r.message.data == NULL, "takes no memory");

    p = (const uint8_t *) "12345678";
    len = 8;
    is_int(conf_ws_read(&r, &p, &len, &f), CONF_AGAIN, "some payload");
    ok(r.message.size != 0 && r.message.size < 1000, "takes a little");
    conf_ws_reader_free(&r);
    conf_buf_reset(&input);

    conf_ws_reader_init(&r, MESSAGE_MAX);
    r.message.limit = 4;
    frame(FIN | BINARY, "12345");
    p = input.data;
    len = input.len;
    rc = conf_ws_read(&r, &p, &len, &f);
    is_int(rc, CONF_E_NOMEM, "without memory");
    is_int(f.code, CONF_WS_INTERNAL, "close with 1011");
    is_int(conf_ws_read(&r, &p, &len, &f), CONF_AGAIN, "and drop the rest");
    conf_ws_reader_free(&r);
    conf_buf_reset(&input);
}


static void
test_writing(void)
{
    size_t       i, n;
    uint8_t      out[CONF_WS_CONTROL_MAX + 2];
    char         reason[200];
    conf_str_t   s;

    is_mem(out, conf_ws_head(out, TEXT, false, 5), "\x81\x05", 2, "head");
    is_mem(out, conf_ws_head(out, BINARY, true, 125), "\xc2\x7d", 2, "125");
    is_mem(out, conf_ws_head(out, TEXT, false, 126), "\x81\x7e\0\x7e", 4,
           "126");
    is_mem(out, conf_ws_head(out, TEXT, false, 65535), "\x81\x7e\xff\xff", 4,
           "65535");
    is_mem(out, conf_ws_head(out, TEXT, false, 65536),
           "\x81\x7f\0\0\0\0\0\x01\0\0", 10, "65536");
    is_mem(out, conf_ws_head(out, TEXT, false, UINT64_C(0x0102030405060708)),
           "\x81\x7f\x01\x02\x03\x04\x05\x06\x07\x08", 10, "64 bits");

    is_mem(out, conf_ws_close(out, 1000, conf_str("bye")),
           "\x88\x05\x03\xe8" "bye", 7, "close");
    is_mem(out, conf_ws_close(out, 1009, conf_str("")), "\x88\x02\x03\xf1", 4,
           "close without a reason");
    is_mem(out, conf_ws_close(out, 1005, conf_str("x")), "\x88\0", 2,
           "close without a code");
    is_mem(out, conf_ws_close(out, 1006, conf_str("x")), "\x88\0", 2,
           "a code that is never sent");

    for (i = 0; i < 3; i++) {
        memset(reason, 'a', sizeof(reason));

        for (n = 121 - i; n < 180; n += 3) {
            memcpy(reason + n, "\xe2\x82\xac", 3);
        }

        s.data = (const uint8_t *) reason;
        s.len = sizeof(reason);

        n = conf_ws_close(out, 1000, s);
        is_int(n, i == 0 ? 4 + 121 : i == 1 ? 4 + 123 : 4 + 122,
               "a long reason is cut between code points");
        is_int(out[1], n - 2, "and counted");
    }
}


static void
test_handshake(void)
{
    uint8_t  out[CONF_WS_ACCEPT_LEN];
    size_t   i;

    static const conf_str_t  bad[] = {
        conf_string(""),
        conf_string("dGhlIHNhbXBsZSBub25jZQ="),
        conf_string("dGhlIHNhbXBsZSBub25jZQ==="),
        conf_string("dGhlIHNhbXBsZSBub25jZQAA"),
        conf_string("dGhlIHNhbXBsZSBub25jZQ=A"),
        conf_string("dGhlIHNhbXBsZSBub25j====="),
        conf_string("dGhlIHNhbXBsZSBub25jZ==="),
        conf_string("dGhlIHNhbXBsZSBub25 ZQ=="),
        conf_string("dGhlIHNhbXBsZSBub25-ZQ=="),
        conf_string("dGhlIHNhbXBsZSBub25\0ZQ==")
    };

    is_int(conf_ws_accept(conf_str("dGhlIHNhbXBsZSBub25jZQ=="), out), CONF_OK,
           "the RFC's key");
    is_mem(out, sizeof(out), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28, "its answer");

    is_int(conf_ws_accept(conf_str("x3JJHMbDL1EzLkh9GBhXDw=="), out), CONF_OK,
           "another key");
    is_mem(out, sizeof(out), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=", 28, "its answer");

    for (i = 0; i < conf_nelts(bad); i++) {
        is_int(conf_ws_accept(bad[i], out), CONF_E_BAD_REQUEST, "bad key %zu",
               i);
    }
}


static void
test_tokens(void)
{
    size_t  i;

    static const struct {
        conf_str_t  header;
        bool        found;
    } rows[] = {
        { conf_string("Upgrade"), true },
        { conf_string("upgrade"), true },
        { conf_string("keep-alive, Upgrade"), true },
        { conf_string("keep-alive,\tUPGRADE , x"), true },
        { conf_string(",, upgrade,"), true },
        { conf_string("  upgrade  "), true },
        { conf_string(""), false },
        { conf_string(","), false },
        { conf_string("keep-alive"), false },
        { conf_string("upgrades"), false },
        { conf_string("xupgrade"), false },
        { conf_string("upgrade x"), false },
        { conf_string("x upgrade"), false },
        { conf_string("upgrade/1"), false },
        { conf_string("upgrad\0e"), false },
        { conf_string("\0, upgrade"), true }
    };

    for (i = 0; i < conf_nelts(rows); i++) {
        is_int(conf_ws_has_token(rows[i].header, conf_str("Upgrade")),
               rows[i].found, "token %zu", i);
    }

    ok(!conf_ws_has_token(conf_str(", ,x"), conf_str("")), "no empty token");
}


static void
test_bearer(void)
{
    size_t  i;

    static const struct {
        conf_str_t  header;
        conf_str_t  token;
    } rows[] = {
        { conf_string("bearer, a.b-c_d"), conf_string("a.b-c_d") },
        { conf_string(" Bearer ,x,y"), conf_string("x") },
        { conf_string("bearer"), conf_null_string },
        { conf_string("bearer,"), conf_null_string },
        { conf_string("bearer, "), conf_null_string },
        { conf_string("chat, bearer, x"), conf_null_string },
        { conf_string("bearerx, y"), conf_null_string },
        { conf_string("bearer y"), conf_null_string },
        { conf_null_string, conf_null_string }
    };

    for (i = 0; i < conf_nelts(rows); i++) {
        ok(conf_str_eq(conf_ws_bearer(rows[i].header), rows[i].token),
           "bearer %zu", i);
    }
}


int
main(void)
{
    conf_buf_init(&input, 0);
    conf_buf_init(&events, 0);

    test_bearer();
    test_messages();
    test_lengths();
    test_limits();
    test_minimal_lengths();
    test_violations();
    test_compressed();
    test_close();
    test_utf8_fragments();
    test_unmask();
    test_memory();
    test_writing();
    test_handshake();
    test_tokens();

    conf_buf_free(&input);
    conf_buf_free(&events);

    return tap_done();
}
