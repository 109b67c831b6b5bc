# Everything a person does with a checkout. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
HOST ?= 127.0.0.1
PROCESSES ?= 2
# Where it is set, every server that a test starts would compile the program and its pages anew: half of the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test test-full check bench format mutants screenshots lock clean browser messages

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Channel needs Python 3.11 or newer; set PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

browser: $(VENV)/.dev
	@$(BIN)/python tests/browser/install.py

run: $(VENV)/.run ## start the server; the first time it prints a set-up link
	@$(BIN)/channel serve --host $(HOST) --port $(PORT)

demo: $(VENV)/.run ## start a throw-away server with three lifelike communities
	@$(BIN)/channel demo --host $(HOST) --port $(PORT)

test: $(VENV)/.dev browser ## run all tests, the long counts short, those of pages on one of the databases
	@$(BIN)/python -m pytest -n $(PROCESSES) -m "not full" --one-database

test-full: $(VENV)/.dev browser ## run all tests with the counts of docs/promises.md (long)
	@CHANNEL_KILLS=300 CHANNEL_MEDIA_KILLS=100 CHANNEL_CRASH_POINTS=1000 CHANNEL_FUZZ=4 $(BIN)/python -m pytest -n $(PROCESSES)

check: $(VENV)/.dev ## format, lint, types, layers, migrations, translations, house rules
	@$(BIN)/ruff format --check -q . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/tmp/channel-imports.$$$$ 2>&1 || { cat /tmp/channel-imports.$$$$; rm -f /tmp/channel-imports.$$$$; exit 1; }; rm -f /tmp/channel-imports.$$$$
	@$(BIN)/python -m pytest tests/shape.py tests/check

format: $(VENV)/.dev ## format and fix what can be fixed by itself
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

messages: $(VENV)/.dev ## collect strings for translation and compile the catalogues
	@$(BIN)/python tests/check/messages.py update

bench: $(VENV)/.dev ## measure what docs/performance.md says
	@$(BIN)/python -m tests.bench

mutants: $(VENV)/.dev ## break the code on purpose; each break must turn a test red
	@$(BIN)/python tests/mutants/run.py

screenshots: $(VENV)/.dev browser ## pictures of every page into screenshots/
	@$(BIN)/python -m tests.browser.screenshots

lock: $(VENV)/.dev ## pin every version with its hashes
	@$(BIN)/python tests/check/lock.py

clean: ## remove the environment and caches (not data/)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build *.egg-info
