# Address and undefined behaviour sanitizers.
SAN = -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPT = -O1 -g -DCONF_DEBUG -fno-omit-frame-pointer $(SAN)
LDFLAGS += $(SAN)
