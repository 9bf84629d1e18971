# The developers' front door; operators use auto/run and auto/test.

FLAVOUR ?= debug
B        = build/$(FLAVOUR)
CC       = gcc

# Without a fuzzer a target replays its corpus and prints TAP.
FUZZ_MAIN = t/fuzz/replay.c

include auto/flavour/$(FLAVOUR).mk

WARN = -W -Wall -Wextra -Wpointer-arith -Wno-unused-parameter -Wshadow \
    -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
    -Wcast-qual -Wdeclaration-after-statement -Wvla -Wformat=2 \
    -Wnull-dereference -Werror -Wconversion -Wundef -Wwrite-strings $(WARN_$(CC))

WARN_gcc   = -Wimplicit-fallthrough=5 -Wduplicated-cond -Wlogical-op
WARN_clang = -Wimplicit-fallthrough

INC = -Ishm -Ibackend/proto -Ibackend/store -Ibackend/op -Ibackend/server \
    -Ingx_conf_module/json -Ingx_conf_module/ws -Ingx_conf_module/core \
    -Ingx_conf_module/api -Ingx_conf_module/api/meeting -It/unit

CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC $(OPT) $(WARN) $(INC)

PURE_LIBS  = -lmsgpackc -lyajl -ljwt -lcrypto -lz
CONFD_LIBS = -lmsgpackc -llmdb -lcrypto -luv -lyajl -lpthread

PURE  := $(shell auto/sources pure)
WIRE  := $(shell auto/sources wire)
CONFD := $(shell auto/sources confd)
MAIN   = backend/server/confd_main.c

obj = $(patsubst %.c,$(B)/%.o,$(1))

# The dialects and the verbs are tested with the pure library, the ops and the
# store with confd's; a test includes the .c that it tests, so the linker
# leaves that member of the library out.
UNIT  := $(wildcard t/unit/test_*.c)
UNITS  = $(patsubst t/unit/%.c,$(B)/unit/%,$(UNIT))

FUZZ  := $(wildcard t/fuzz/fuzz_*.c)
FUZZES = $(patsubst t/fuzz/%.c,$(B)/fuzz/%,$(FUZZ))

all: $(B)/confd $(B)/conf_print units fuzzes

units: $(UNITS)

fuzzes: $(FUZZES)

$(B)/libconf.a: $(call obj,$(PURE))
	@rm -f $@; ar rcs $@ $^

$(B)/libconfd.a: $(call obj,$(filter-out $(MAIN),$(CONFD)))
	@rm -f $@; ar rcs $@ $^

$(B)/confd: $(call obj,$(MAIN)) $(B)/libconfd.a $(B)/libconf.a
	$(CC) $(LDFLAGS) -o $@ $^ $(CONFD_LIBS)

# What the rows say, for auto/api and the tests.
$(B)/conf_print: $(call obj,ngx_conf_module/api/print/conf_print.c) \
    $(B)/libconf.a
	$(CC) $(LDFLAGS) -o $@ $^ $(PURE_LIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/unit/%: t/unit/%.c $(B)/libconf.a $(B)/libconfd.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Wno-missing-prototypes -MMD -MP $(LDFLAGS) -o $@ $< \
	    $(B)/libconfd.a $(B)/libconf.a $(CONFD_LIBS) $(PURE_LIBS)

$(B)/fuzz/%: t/fuzz/%.c t/fuzz/replay.c $(B)/libconf.a $(B)/libconfd.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(FUZZ_MAIN) \
	    $(B)/libconfd.a $(B)/libconf.a $(CONFD_LIBS) $(PURE_LIBS)

static:  ## a whole nginx with the module linked in, without a warning
	auto/nginx build/nginx-static plain
	@! grep -n 'warning:' build/nginx-static/make.log
	build/nginx-static/nginx -V 2>&1 | grep -q add-module

include bench/bench.mk

include auto/verify.mk

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all units fuzzes static

# kill -9 at random under load: make chaos N=200
N ?= 200

chaos:
	auto/build debug
	CHAOS_KILLS=$(N) CONFD_BINARY=$(CURDIR)/build/debug/confd \
	TEST_NGINX_LOAD_MODULES=$(CURDIR)/build/module-debug/ngx_http_conference_module.so \
	prove -v -It/lib t/690-chaos.t

.PHONY: chaos

include auto/install.mk
