# Every command of the project. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTEST_ARGS ?=

.PHONY: help install nightly test check format lock up docs env clean

help:  ## List the commands
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do \
		printf '  make %-9s %s\n' "$$name" "$$text"; done

install:  ## Make .venv from the lock (PYTHON=… chooses the Python)
	@tools/install.sh

nightly: install  ## Run one night of the demo shop through Airflow
	@tools/nightly.sh

test: install  ## Run all tests, adding Chromium where it is missing (PYTEST_ARGS=… is passed on)
	@chromium=$$(tools/chromium.sh) && CHROMIUM="$$chromium" $(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: install  ## Lint, types, import direction, lock
	@failed=; run() { "$$@" || failed="$$failed $$1"; }; \
	run $(BIN)/ruff check --output-format concise; \
	run $(BIN)/ruff format --check; \
	run $(BIN)/mypy; \
	run $(BIN)/lint-imports --no-cache --no-logo; \
	run $(BIN)/python tools/check_repository.py; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

format: install  ## Sort imports and format the code
	@$(BIN)/ruff check --select I --fix --quiet
	@$(BIN)/ruff format --quiet

lock: install  ## Bring requirements.lock in line with pyproject.toml (LOCK_ARGS=--upgrade for newer versions)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --extra dev pyproject.toml --output-file requirements.lock $(LOCK_ARGS)

up: install  ## Start Airflow on 127.0.0.1 with the DAGs loaded, until Ctrl-C (PORT=8080)
	@POSTLUDE_LOG_LEVEL=INFO exec tools/airflow_env.sh $(BIN)/python tools/up.py --port $(or $(PORT),8080)

docs: install  ## Write the pages under docs/ that are generated from the code
	@$(BIN)/python -m tools.write_docs

env: install  ## Write .env with new secrets for docker-compose.yml
	@$(BIN)/python tools/make_env.py

clean:  ## Remove the environment, Airflow's home, the demo's data and caches; runs of your own stay
	@rm -rf .venv .airflow demo/data build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
