# 1Relay. `make run` and `make test` bring along everything they need; `make help` lists the rest.
# Python 3.11 or newer: the first that is one, unless PYTHON names it.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif
ifeq ($(PYTHON),)
$(error Python 3.11 or newer is missing. Debian 12+, Ubuntu 24.04+: apt install python3 python3-venv; macOS: brew install python)
endif
VENV_PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all lint types check demo bench shots lighthouse clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install packages, build, migrate; including what tests and linters need
	@$(PYTHON) -m scripts.setup --dev

run: ## Set up and serve relay, worker and demo app (PORT, RELAY_DATA_DIR); Ctrl-C stops all
	@$(PYTHON) -m scripts.run

test: ## Run everything, seconds by stage (ARGS="--only static", ARGS=--keep-going)
	@$(PYTHON) -m scripts.test $(ARGS)

test-all: ## Run everything, and the races for a budget ten times over
	@$(PYTHON) -m scripts.test --all $(ARGS)

lint: setup ## Lint and check formatting: ruff, eslint, prettier
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	npm run --silent lint
	npm run --silent format:check

types: setup ## Check types: mypy, tsc
	$(VENV_PYTHON) -m mypy .
	npm run --silent types

check: ## Lint, types and the import contract
	@$(PYTHON) -m scripts.test --only static

demo: ## Walk through the whole flow in the terminal, without a browser
	@$(PYTHON) -m scripts.setup
	@$(VENV_PYTHON) -m scripts.demo

bench: setup ## Measure what a call costs, beside nginx, into docs/performance.md (20 minutes; ARGS="--only json --quick")
	@$(VENV_PYTHON) -m bench $(or $(ARGS),--write)
	@$(if $(ARGS),,$(VENV_PYTHON) -m bench.pages --write)

shots: setup ## Take the README's pictures anew in Chromium
	@$(VENV_PYTHON) -m scripts.shots

lighthouse: setup ## Google's marks of every page, in Chromium (10 minutes)
	@$(VENV_PYTHON) -m scripts.lighthouse

clean: ## Remove everything installed and built; the data folder stays
	rm -rf .venv node_modules build static/dist clients/*/dist examples/*/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -not -path './data/*' -prune -exec rm -rf {} +
