# What auto/run starts and `make install` installs.
OPT = -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
