# The chores of the repository. Each target installs what it needs and says so once; what did not change is not done again.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

# One target folder for every checkout: dependencies are built once (`scripts/claim-target` keeps ours apart).
export CARGO_TARGET_DIR ?= $(HOME)/.cache/lockgate/target
# Where `scripts/need` has pip put programs for this user.
export PATH := $(PATH):$(HOME)/.local/bin
export LOCKGATE_VENV ?= $(CURDIR)/.venv
# The client before the one in our own environment: the tests speak to both.
export MLFLOW_2_VENV ?= $(CURDIR)/target/mlflow2
export LOCKGATE_BIN ?= $(CARGO_TARGET_DIR)/debug/lockgate
# A package index that stumbles for a moment ends nothing.
export UV_HTTP_TIMEOUT ?= 120
export UV_HTTP_RETRIES ?= 8
# The compiler lints our crates while it builds them, so that no dependency is checked a second time for the lints. It runs fewer
# passes over them, so only builds that are tested are built so.
test check gen accept: export RUSTC_WORKSPACE_WRAPPER := clippy-driver
# Property tests try the same cases each time, so that a change is not red for what it did not touch; `PROPTEST_RNG_SEED=7 make test` tries others.
export PROPTEST_RNG_SEED ?= 20261128
PYTHON := $(LOCKGATE_VENV)/bin/python
BENCH_VENV := $(CARGO_TARGET_DIR)/bench-peer
export STATS_PEERS ?= $(CARGO_TARGET_DIR)/bench-stats
PYTHON_FOLDERS := python demo tests bench templates crates/kernels/golden

help: ## Say what there is to do
	@echo "Lockgate: from data lake to live model, gate by gate."
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: rust ui python ## Walk the journey on a fresh bank (DATA=file.csv TARGET=column SENSITIVE=column: on your own table)
	@scripts/need bwrap uv onnxruntime
	@scripts/fetch templates/tabular-classification/requirements.lock crates/runs/platform/requirements.lock
	@echo "building Lockgate (the first time takes several minutes)"
	@cargo build --locked --workspace --bins --lib
	@"$(PYTHON)" demo/run --binary "$(LOCKGATE_BIN)"

test: check ## Everything CI runs: check, then all tests, on SQLite and PostgreSQL (AGAIN=1: also those that were green at this very state)
	@$(call say,UI tests)
	@scripts/once ui npm --prefix ui run --silent test
	@$(call say,Rust tests on SQLite and PostgreSQL)
	@scripts/need postgres bwrap uv onnxruntime
	@scripts/once rust scripts/with-postgres cargo test --locked --workspace
	@$(call say,Python tests)
	@scripts/once python "$(PYTHON)" -m pytest python/lockgate/tests --numprocesses 2
	@$(call say,end-to-end tests)
	@scripts/need chromium
	@scripts/venv "$(MLFLOW_2_VENV)" tests/e2e/mlflow2.lock
	@scripts/once e2e scripts/with-postgres "$(PYTHON)" -m pytest tests/e2e --numprocesses 2 --dist loadgroup --no-loadscope-reorder

check: rust ui python ## The rules of the house, formats, lints, types, generated files
	@$(call say,tidy)
	@cargo xtask tidy
	@$(call say,formats and lints)
	@cargo fmt --all --check
	@"$(PYTHON)" -m ruff check $(wildcard $(PYTHON_FOLDERS))
	@"$(PYTHON)" -m ruff format --check $(wildcard $(PYTHON_FOLDERS))
	@"$(PYTHON)" -m mypy
	@$(call say,build with lints; generated files)
	@cargo build --locked --workspace --all-targets
	@cargo xtask gen --check
	@"$(PYTHON)" python/gen_operations.py --check

gen: rust ui-deps python ## Rewrite the OpenAPI document, the clients, the state looks and the reference
	@cargo build --locked --workspace --bins --lib
	@cargo xtask gen
	@"$(PYTHON)" python/gen_operations.py

accept: rust ## Rewrite inline snapshots, and record new migrations as merged
	@scripts/need postgres bwrap uv onnxruntime
	@UPDATE_EXPECT=1 scripts/with-postgres cargo test --locked --workspace
	@cargo xtask tidy --accept

dev: rust ui ## Serve on 127.0.0.1:8080 with data in target/dev
	@cargo build --locked --workspace --bins --lib
	@scripts/need bwrap uv onnxruntime
	@exec "$(LOCKGATE_BIN)" server --data target/dev --listen 127.0.0.1:8080 --serving-listen 127.0.0.1:8081

bench: rust python ## Measure an optimised build against the budgets of the design (builds for an hour the first time, on two cores)
	@cargo build --locked --workspace --bins --lib --release
	@scripts/need bwrap uv onnxruntime
	@uv venv --quiet --clear "$(BENCH_VENV)"
	@uv pip install --quiet --python "$(BENCH_VENV)/bin/python" -r bench/predict/requirements.txt
	@bench/stats/environments "$(STATS_PEERS)"
	@uv pip install --quiet --compile-bytecode --reinstall-package lockgate --python "$(STATS_PEERS)/tables/bin/python" ./python/lockgate
	@LOCKGATE_BIN="$(CARGO_TARGET_DIR)/release/lockgate" PEER_PYTHON="$(BENCH_VENV)/bin/python" "$(PYTHON)" bench/run

wheel: rust python ## Build the SDK's wheel, its library optimised, into target/wheels (some minutes the first time)
	@"$(PYTHON)" -m maturin build --quiet --release --locked --manifest-path python/lockgate/kernels/Cargo.toml --out target/wheels
	@ls target/wheels

lock: ## Renew python/requirements.lock and what platform steps run on
	@scripts/need uv
	@cd python && uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --universal requirements.in -o requirements.lock
	@cd python && echo onnxruntime==1.32.0 | uv pip compile --quiet --generate-hashes --no-deps --no-header --no-emit-index-url --python-version 3.11 --universal - -o onnxruntime.lock
	@cd crates/runs/platform && uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --universal requirements.in -o requirements.lock

clean: ## Delete what was built and installed (the target folder of all checkouts included)
	rm -rf .venv ui/node_modules ui/dist target
	cargo clean --quiet

rust:
	@scripts/need cargo $(if $(RUSTC_WORKSPACE_WRAPPER),clippy) cc git python3
	@scripts/claim-target
python:
	@scripts/venv "$(LOCKGATE_VENV)" python/requirements.lock python/lockgate
	@"$(PYTHON)" -m compileall -q python/lockgate/src # else tests would, in folders that the build of crates/runs looks at
ui-deps:
	@scripts/ui-deps
# Checks types, too: `npm run build` does.
ui: ui-deps
	@scripts/ui-build

say = printf '\n\033[1m— %s\033[0m\n' "$(1)"

.PHONY: help demo test check gen accept dev bench wheel lock clean rust python ui-deps ui
