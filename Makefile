# Everything a newcomer, an editor and CI run. `make help` lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# a compiled package starts three times as fast; some machines switch that off
unexport PYTHONDONTWRITEBYTECODE

PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
SELF := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

.PHONY: help run test test-long stress check format tour bench lock docs clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.run: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Shala runs on"
	@$(PIP) -r requirements.lock
	@$(SELF)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what its tests run on"
	@$(PIP) -r requirements-dev.lock
	@touch $@

run: $(VENV)/.run ## Serve everything in one process on 127.0.0.1:8000 (PORT, SHALA_DATA_DIR)
	@exec $(BIN)/shala serve

tour: $(VENV)/.run ## Walk through a running server as the app does
	@$(BIN)/shala tour

check: $(VENV)/.dev ## Formatting, lints, types and import contracts: what an editor and a commit run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini tests
	$(BIN)/lint-imports

test: check ## Everything: check, and all tests on SQLite, PostgreSQL and Redis
	$(BIN)/pytest -n 2 --dist loadgroup

test-long: check ## The tests with their large sizes
	SHALA_TEST_LONG=1 $(BIN)/pytest -n 2 --dist loadgroup

stress: $(VENV)/.dev ## 500 sockets while Redis and an instance are lost (ARGS="--sockets 500 --seconds 180 --seed 1")
	PYTHONPATH=tests $(BIN)/python -m stress $(ARGS)

format: $(VENV)/.dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## Write the generated pages: settings, errors, authorisation
	$(BIN)/python -m tests.documents

bench: $(VENV)/.dev ## Measure against Django, Channels, Socket.IO and the floor; writes docs/performance.md
	$(BIN)/python bench/run.py

lock: ## Resolve the dependencies anew
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@set -e; compile="$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet"; \
	  $$compile --group dev --upgrade --output-file requirements-dev.lock; \
	  $$compile --constraint requirements-dev.lock --upgrade --output-file requirements.lock

clean: ## Remove what was made
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
