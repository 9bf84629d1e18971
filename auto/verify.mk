# Checks that are run by hand, beside auto/test.

FUZZ_TIME ?= 600
TSAN_UNIT  = confd_store confd_store_life confd_tail confd_lmdb confd_lane \
             confd_server conf_stress
MAKE_IN    = $(MAKE) --no-print-directory -s

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  *## */\1	/p' \
	    $(filter-out %.d,$(MAKEFILE_LIST)) | sort | expand -t 16

fuzz:  ## every fuzz target for FUZZ_TIME seconds; NAMES="ws jwt": these only
	$(MAKE_IN) FLAVOUR=fuzz fuzzes
	auto/fuzz $(FUZZ_TIME) $(NAMES)

fuzz-replay:  ## the fuzz corpora under sanitizers, without a fuzzer
	$(MAKE_IN) FLAVOUR=asan fuzzes
	prove -e '' $(patsubst t/fuzz/%.c,build/asan/fuzz/%,$(FUZZ))

tsan:  ## confd's threads under ThreadSanitizer
	$(MAKE_IN) FLAVOUR=tsan build/tsan/confd \
	    $(patsubst %,build/tsan/unit/test_%,$(TSAN_UNIT))
	prove -e '' $(patsubst %,build/tsan/unit/test_%,$(TSAN_UNIT))
	CONFD_BINARY=build/tsan/confd prove -It/lib t/100-confd.t

valgrind:  ## one black-box file (FILE=) with nginx and confd under memcheck
	auto/build debug
	auto/valgrind $(FILE)

lint:  ## style, layers, clang's warnings, cppcheck, clang-tidy
	auto/lint

coverage:  ## lines that unit and black-box tests reach, in build/coverage
	auto/coverage

mainline:  ## build and test with the source in NGINX_TREE, or Debian's newest
	auto/mainline $(NGINX_TREE)

.PHONY: help fuzz fuzz-replay tsan valgrind lint coverage mainline
