# Data races, for confd's threads.
SAN = -fsanitize=thread
OPT = -O1 -g -DCONF_DEBUG -fno-omit-frame-pointer $(SAN)
LDFLAGS += $(SAN)
