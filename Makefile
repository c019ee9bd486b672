# A newcomer needs: make, Python 3.11 or later with venv. Nothing else.
PYTHON ?= python3
BIN := .venv/bin
SNP := $(BIN)/snp
UP ?=
DEMO ?=

.PHONY: help up demo test conformance fuzz screenshots check format bench lock clean
.DEFAULT_GOAL := help

help: ## what can be done here
	@grep -hE '^[.a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

.venv: .venv/.complete ## the environment alone, from the hashed lock

.venv/.complete: requirements/dev.txt pyproject.toml
	@echo "Making .venv: about a minute, once"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

up: .venv ## everything, on this machine, until ^C  (UP="--state DIR" to say where)
	@exec $(SNP) up $(UP)

demo: .venv ## three communities, a weekday, live at the consoles  (DEMO="--speed 120")
	@exec $(SNP) demo $(DEMO)

test: .venv ## every test; the rules and the events must be covered to the last branch
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q tests/events tests/domain
	$(BIN)/coverage report
	$(BIN)/python -m pytest -q -n 3 --dist loadgroup tests --ignore tests/events --ignore tests/domain

conformance: .venv ## the national test kit's requirements, one by one
	$(BIN)/python -m tests.conformance

fuzz: .venv ## whatever the OpenAPI document allows, sent to every door
	SNP_FUZZ=1 $(BIN)/python -m pytest -q tests/acceptance/test_fuzz.py

screenshots: .venv ## each page of the consoles, for the README (needs Chromium)
	$(BIN)/python -m tests.screenshots

check: .venv ## style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv ## put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv ## every benchmark, beside its peer or its limit
	$(BIN)/python -m tests.benchmarks

lock: ## write requirements/ anew from pyproject.toml
	$(PYTHON) -m venv .lock-venv
	.lock-venv/bin/pip install --quiet uv
	.lock-venv/bin/uv pip compile $(LOCK) -o requirements/run.txt pyproject.toml
	.lock-venv/bin/uv pip compile $(LOCK) -o requirements/dev.txt pyproject.toml --extra embedded --group dev -c requirements/run.txt
	.lock-venv/bin/uv pip compile $(LOCK) -o requirements/build.txt --group build -c requirements/dev.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

clean: ## remove the environment and the caches
	rm -rf .venv .lock-venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
