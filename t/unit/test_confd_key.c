
#include "confd_key.c"

#include "tap.h"


static const int64_t  numbers[] = {
    INT64_MIN, INT64_MIN + 1, -4294967296, -256, -1, 0, 1, 255, 256,
    4294967296, INT64_MAX
};


static void
test_order(void)
{
    int          order;
    size_t       i, j, bad;
    confd_key_t  a, b;

    bad = 0;

    for (i = 0; i < conf_nelts(numbers); i++) {
        for (j = 0; j < conf_nelts(numbers); j++) {
            confd_key_init(&a);
            confd_key_i64(&a, numbers[i]);
            confd_key_init(&b);
            confd_key_i64(&b, numbers[j]);

            order = memcmp(a.data, b.data, 8);

            if ((order < 0) != (i < j) || (order == 0) != (i == j)) {
                bad++;
            }
        }
    }

    is_int(bad, 0, "signed numbers compare as bytes");
}


static void
test_parts(void)
{
    conf_str_t          rest;
    confd_key_t         key;
    conf_uuid_t         uuid = { "0123456789abcde" };
    confd_key_reader_t  r;

    confd_key_init(&key);
    confd_key_u32(&key, 0x01020304);
    confd_key_u64(&key, 0x05060708090a0b0c);
    confd_key_bytes(&key, conf_str("x\0y"));

    is_mem(key.data, key.len, "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c" "x\0y", 15,
           "bytes");

    confd_key_read(&r, confd_key_str(&key));
    is_int(confd_key_read_u32(&r), 0x01020304, "u32 back");
    is_int(confd_key_read_u64(&r), 0x05060708090a0b0c, "u64 back");

    rest = confd_key_read_rest(&r);
    is_mem(rest.data, rest.len, "x\0y", 3, "rest");
    ok(!r.failed, "all there");

    is_int(confd_key_read_u32(&r), 0, "nothing left");
    ok(r.failed, "which is noticed");
    is_int(confd_key_read_rest(&r).len, 0, "and sticks");

    confd_key_init(&key);
    confd_key_i64(&key, -5);
    confd_key_uuid(&key, uuid);
    confd_key_read(&r, confd_key_str(&key));
    is_int(confd_key_read_i64(&r), -5, "i64 back");
    is_int(confd_key_read_rest(&r).len, 16, "uuid");
}


static void
test_fold(void)
{
    confd_key_t  key;

    confd_key_init(&key);
    confd_key_fold(&key, conf_str("AZaz@[`{09\xc3\x84"));

    is_str(confd_key_str(&key), "azaz@[`{09\xc3\x84", "ASCII letters only");
}


static void
test_full(void)
{
    confd_key_t     key;
    static uint8_t  bytes[CONFD_KEY_MAX];

    confd_key_init(&key);
    confd_key_bytes(&key, (conf_str_t) { CONFD_KEY_MAX, bytes });
    is_int(confd_key_str(&key).len, CONFD_KEY_MAX, "as long as allowed");

    confd_key_bytes(&key, conf_str(""));
    is_int(confd_key_str(&key).len, CONFD_KEY_MAX, "and nothing more");

    confd_key_u32(&key, 0);
    is_int(confd_key_str(&key).len, 0, "too long: empty");

    confd_key_init(&key);
    confd_key_u32(&key, 0);
    confd_key_fold(&key, (conf_str_t) { CONFD_KEY_MAX - 3, bytes });
    confd_key_u32(&key, 0);
    is_int(confd_key_str(&key).len, 0, "and stays so");
}


int
main(void)
{
    test_order();
    test_parts();
    test_fold();
    test_full();

    return tap_done();
}
