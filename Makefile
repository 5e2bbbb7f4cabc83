# Everything a person or a CI machine does with the project. `make` alone lists it.

BIN := .venv/bin
PYTHON ?=
WORKERS ?= 2# test processes
ARGS ?=# further arguments: make run ARGS="--debug", make test ARGS="tests/config"

SETUP := PYTHON="$(PYTHON)" sh tools/python tools/setup.py

.DEFAULT_GOAL := help
.PHONY: help run test slow check format config lock system bench clean setup setup-dev

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup:
	@$(SETUP) requirements.lock

setup-dev:
	@$(SETUP) requirements-dev.lock

run: setup ## set up if needed, and start the bot: browser chat at http://127.0.0.1:8080
	@exec $(BIN)/botcore run $(ARGS)

test: setup-dev ## set up if needed, and run the tests: a few minutes on two cores
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(ARGS)

slow: setup-dev ## the slow tests: kills, whole conversations in browsers, speech, processes of their own
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow $(ARGS)

check: setup-dev ## formatter, linter, type checkers and the arrows between the packages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports --no-logo

format: setup-dev ## format the code and mend what the linter can
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

config: setup-dev ## write config/botcore.toml anew from the types
	@$(BIN)/botcore config --defaults > config/botcore.toml.new
	@mv config/botcore.toml.new config/botcore.toml

# Options that name a host (indexes, links) must not get into the locks; uv writes none unless told to.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: setup-dev ## pin the newest versions that pyproject.toml allows: make lock ARGS=--upgrade
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet "uv>=0.7"
	$(LOCK) $(ARGS) --group build --output-file requirements.lock pyproject.toml
	$(LOCK) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	@! grep -nE '://|^ *(-i|--(extra-)?index-url|--find-links|--trusted-host)' requirements.lock requirements-dev.lock

# The names are those of Debian and Ubuntu. Nothing is downloaded where both are there.
system: ## install what some tests need beside Python: Chromium and flite
	@if command -v chromium >/dev/null && command -v flite >/dev/null; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "make: install chromium and flite with your package manager" >&2; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq chromium flite

bench: setup-dev ## measure the whole bot against a bare one
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove what was made, but neither data/ nor .env
	rm -rf .venv .stamps dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find botcore adapters plugins tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
