# The commands that people use. Each installs what is missing first (SETUP=true skips that).
SETUP ?= scripts/setup

.PHONY: build run storm cluster test test-release test-sanitizers test-sanitized-product bench \
  bench-cluster lint format setup setup-test setup-lint

build: setup  ## the release binary, build/release/ebbgate
	cmake --preset release
	cmake --build --preset release --target ebbgate

run: build  ## the quickstart: Ebbgate on files that you edit, until Ctrl-C
	@scripts/quickstart run

storm:  ## in a second terminal: rewrites one of the quickstart's files 10 times a second
	@scripts/quickstart storm

cluster: build  ## a Kubernetes API server with an example and Ebbgate beside it, until Ctrl-C
	scripts/cluster-build
	@scripts/cluster

test: setup-test  ## everything, also under sanitizers
	scripts/test

test-release: setup-test
	scripts/test release

test-sanitizers: setup
	scripts/test asan tsan

test-sanitized-product: setup-test  ## the end-to-end tests, with the program under sanitizers
	scripts/test-sanitized-product

bench: setup  ## results as JSON under build/bench
	scripts/bench

bench-cluster: setup  ## on a real API server: results as build/bench/cluster.json
	scripts/bench-cluster

lint: setup-lint
	scripts/lint

format: setup-lint
	git ls-files -z '*.cpp' '*.h' | xargs -0 clang-format -i

setup:
	@$(SETUP)

setup-test:
	@$(SETUP) test

setup-lint:
	@$(SETUP) lint
