
/* The text of a dump, by itself. */

#include "confd_dump.c"
#include "tap.h"


static conf_arena_t  *arena;


static conf_str_t
t_str(const char *s)
{
    conf_str_t  str;

    str.data = (const uint8_t *) s;
    str.len = strlen(s);

    return str;
}


static void
test_base64(void)
{
    size_t      len, i;
    uint8_t     bytes[48];
    conf_buf_t  buf;
    conf_str_t  in, text, out;

    static const char *const  bad[] = {
        "A", "AA", "AAA", "AAAA=", "====", "A===", "=AAA", "AA=A", "AA==AAAA",
        "AAA\n", "AAA ", "AA-_", "AB==", "AAB=", "\xc3\xa4""AA"
    };

    conf_buf_init(&buf, 0);
    conf_buf_lit(&buf, "before ");
    confd_base64_write(&buf, conf_str("any carnal pleas"));
    text.data = buf.data;
    text.len = buf.len;
    is_str(text, "before YW55IGNhcm5hbCBwbGVhcw==", "as in RFC 4648");

    for (len = 0; len <= sizeof(bytes); len++) {
        for (i = 0; i < len; i++) {
            bytes[i] = (uint8_t) (i * 89 + len * 151);
        }

        in.data = bytes;
        in.len = len;

        conf_buf_reset(&buf);
        confd_base64_write(&buf, in);
        text.data = buf.data;
        text.len = buf.len;

        ok(confd_base64_read(arena, text, &out) == CONF_OK
           && conf_str_eq(in, out), "%zu bytes there and back", len);
    }

    for (i = 0; i < conf_nelts(bad); i++) {
        is_int(confd_base64_read(arena, t_str(bad[i]), &out), CONF_E_INVALID,
               "not base64: %zu", i);
    }

    conf_buf_free(&buf);
}


static void
test_parse(void)
{
    const char        *why;
    conf_str_t         line;
    confd_dump_row_t   row;

    why = NULL;

    is_int(confd_dump_parse(&row, arena, t_str("{\"space\":\"log\",\"id\":7,"
                            "\"room\":8,\"seq\":9,\"value\":\"AAE=\"}\n"),
                            &why), CONF_OK, "a record");
    is_int(row.has, CONFD_DUMP_SPACE | CONFD_DUMP_ID | CONFD_DUMP_ROOM
                    | CONFD_DUMP_SEQ | CONFD_DUMP_VALUE, "what it has");
    ok(row.id == 7 && row.room == 8 && row.seq == 9, "its numbers");
    is_str(row.space, "log", "its space");
    is_mem(row.value.data, row.value.len, "\0\1", 2, "its bytes");

    is_int(confd_dump_parse(&row, arena,
                            t_str("{\"epoch\":18446744073709551615}"), &why),
           CONF_OK, "the greatest number");
    ok(row.epoch == UINT64_MAX, "is read");

    /* Depth is no matter of memory: the second map is refused. */

    line = t_str("{\"id\":{\"id\":{\"id\":1}}}");
    is_int(confd_dump_parse(&row, arena, line, &why), CONF_E_INVALID,
           "nested");

    is_int(confd_dump_parse(&row, arena, t_str(""), &why), CONF_E_INVALID,
           "nothing");
    is_int(confd_dump_parse(&row, arena, t_str("{}"), &why), CONF_OK,
           "an empty object");
    is_int(row.has, 0, "has nothing");
    is_int(confd_dump_parse(&row, arena, t_str("{\"id\":\"1\"}"), &why),
           CONF_E_INVALID, "text for a number");
    is_int(confd_dump_parse(&row, arena, t_str("{\"key\":1}"), &why),
           CONF_E_INVALID, "a number for text");
    is_int(confd_dump_parse(&row, arena, t_str("{\"id\":true}"), &why),
           CONF_E_INVALID, "true");
    is_int(confd_dump_parse(&row, arena, t_str("{\"id\":[1]}"), &why),
           CONF_E_INVALID, "a list");
    is_int(confd_dump_parse(&row, arena, t_str("{\"id\":1e3}"), &why),
           CONF_E_INVALID, "an exponent");
    is_int(confd_dump_parse(&row, arena, t_str("7"), &why), CONF_E_INVALID,
           "a number alone");
    is_int(confd_dump_parse(&row, arena, t_str("\"id\""), &why),
           CONF_E_INVALID, "text alone");
}


int
main(void)
{
    arena = conf_arena_create(65536, 0);

    test_base64();
    test_parse();

    conf_arena_destroy(arena);

    return tap_done();
}
