# Every command of the project. Each installs what it needs and finds missing (scripts/need).

CARGO ?= cargo
# Where the captures for measuring go: 2.3 GB.
ICMPDUMP_BENCH_DIR ?= benches/data
BENCH_SEED ?= 1
export ICMPDUMP_BENCH_DIR
# Two of the seven incidents in the capture, so that one screen holds it; the README shows the same.
DEMO_FILTER ?= host 10.0.4.2 and tcp port 443 or host 10.99.0.9

.PHONY: help demo build test lint fmt fuzz bench bench-data bench-live clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## build, and analyse a recorded incident
	@scripts/need build
	$(CARGO) build --release --locked
	@printf '\n$$ icmpdump -r testdata/demo.pcap %s\n\n' "'$(DEMO_FILTER)'"
	@$(CARGO) run --release --locked --quiet -- -r testdata/demo.pcap '$(DEMO_FILTER)'

build: ## build the release binary, target/release/icmpdump
	@scripts/need build
	$(CARGO) build --release --locked

test: ## all tests
	@scripts/need build test
	$(CARGO) test --locked
	@set -e; for script in tests/*.sh; do \
		[ -e "$$script" ] || continue; echo "== $$script"; "$$script"; \
	done

lint: ## formatting, clippy and documentation, warnings denied
	@scripts/need build lint
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --locked

fmt: ## format the source
	@scripts/need lint
	$(CARGO) fmt

FUZZ_TARGETS ?= decode files pipeline
FUZZ_SECONDS ?= 60

fuzz: ## look for input that breaks something, FUZZ_SECONDS=60 for each target
	@scripts/need build fuzz
	$(CARGO) run --release --locked --quiet --example fuzz_corpus
	@set -e; for target in $(FUZZ_TARGETS); do \
		echo "== $$target"; mkdir -p fuzz/corpus/$$target; \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --sanitizer none $$target fuzz/corpus/$$target testdata \
			-- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -print_final_stats=1; \
	done

DATA = $(ICMPDUMP_BENCH_DIR)/mixed.pcap $(ICMPDUMP_BENCH_DIR)/pings.pcap

bench-data: $(DATA) ## write the captures for measuring (2.3 GB)

$(DATA):
	@scripts/need build
	$(CARGO) bench --locked --bench generate -- write $(ICMPDUMP_BENCH_DIR) --seed $(BENCH_SEED)

bench: $(DATA) ## compare with cat, tcpdump and tshark (TSHARK=0 leaves tshark out)
	@scripts/need bench
	$(CARGO) bench --locked --bench compare -- run

bench-live: build ## compare live capture under load with tcpdump (needs root)
	@scripts/need bench
	benches/live

clean: ## remove what was built, and the captures for measuring
	$(CARGO) clean
	rm -rf benches/data fuzz/target fuzz/corpus
