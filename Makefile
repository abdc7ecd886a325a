# Two commands do everything: `make run` and `make test`. Both set up what they need first.
SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
UVPIN := 0.13.9
PORT  ?= 8000
PY    ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
UV    := $(shell command -v uv 2>/dev/null || { test -x $(BIN)/uv && echo $(BIN)/uv; })
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PORT

.DEFAULT_GOAL := run
.PHONY: run test test-all bench lint format lock system clean

# WeasyPrint needs Pango; on Debian and Ubuntu it is installed when we may, otherwise the fix is printed.
system:
	@sh scripts/system.sh pango

$(VENV)/bin/python:
	@test -n "$(UV)$(PY)" || { echo "Python 3.11 or newer is missing. Debian/Ubuntu: sudo apt-get install python3 python3-venv   macOS: brew install python@3.13"; exit 1; }
	@if [ -n "$(UV)" ]; then $(UV) venv -q --python '>=3.11' $(VENV); else sh scripts/system.sh venv "$(PY)" && $(PY) -m venv $(VENV) && $(BIN)/python -m pip install -q --disable-pip-version-check "uv==$(UVPIN)"; fi

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@$(or $(UV),$(BIN)/uv) pip install -q --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(or $(UV),$(BIN)/uv) pip install -q --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

# The shop, its worker with beat, and the payment sandbox, until Ctrl-C.
run: system $(VENV)/.run
	@exec $(BIN)/python manage.py demo --port $(PORT)

# Every test: SQLite and embedded broker first, then PostgreSQL + Redis where they run.
test: system $(VENV)/.dev
	@sh scripts/system.sh tests
	@BIN=$(BIN) sh scripts/test.sh

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

bench: system $(VENV)/.dev
	@$(BIN)/python manage.py bench

# The lock files are complete, so installing never resolves: a package whose own code we do not run (see [tool.uv] in
# pyproject.toml) brings nothing with it.
lock: $(VENV)/bin/python
	@$(or $(UV),$(BIN)/uv) pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --upgrade --extra production --extra likeness pyproject.toml -o requirements.lock
	@$(or $(UV),$(BIN)/uv) pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group dev -c requirements.lock pyproject.toml --extra production --extra likeness -o requirements-dev.lock

clean:
	rm -rf $(VENV) .cache build
