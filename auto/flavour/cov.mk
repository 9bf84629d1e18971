# Counts the lines that were run (gcov).
OPT = -O0 -g -DCONF_DEBUG --coverage -fprofile-update=atomic
LDFLAGS += --coverage
