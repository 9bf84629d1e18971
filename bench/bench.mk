# Load programs and the comparison with other servers.

BENCH = $(patsubst %,$(B)/bench/%,ws_load http_load rpc_bench rpc_load)

$(B)/bench/ws_load $(B)/bench/http_load: $(B)/bench/%: bench/%.c \
    bench/bench_cpu.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Ibench -MMD -MP $(LDFLAGS) -o $@ $< \
	    bench/bench_cpu.c -lcrypto

$(B)/bench/%: bench/%.c bench/bench_rpc.c $(B)/libconf.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Ibench -MMD -MP $(LDFLAGS) -o $@ $< bench/bench_rpc.c \
	    $(B)/libconf.a $(PURE_LIBS)

bench-programs: $(BENCH)

bench:  ## figures beside nchan, Redis, PostgreSQL; FULL=1 for big stores
	FULL=$(FULL) bench/run.pl

.PHONY: bench bench-programs
