# What developers and the plain test run use.
OPT = -O1 -g -DCONF_DEBUG
