# Fuzz targets under libFuzzer, which comes with clang.
CC  = clang
SAN = -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPT = -O1 -g -DCONF_DEBUG -fno-omit-frame-pointer $(SAN) \
    -fsanitize=fuzzer-no-link
LDFLAGS += $(SAN)
FUZZ_MAIN = -fsanitize=fuzzer
