# `make demo` and `make test` work as the first command on a fresh clone: both build .venv when it is missing.
# PYTHON names the interpreter that .venv is made from (3.11 or newer).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-all check fmt bench docs golden clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 12

demo: $(VENV)/.installed  ## Train the tutorial's regression and show its falling losses
	$(BIN)/python examples/regression.py

test: $(VENV)/.installed-test  ## The everyday tests: three minutes on two cores
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 -m "not slow" tests

test-all: $(VENV)/.installed-test  ## Every test, the slow ones included
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 tests

check: $(VENV)/.installed-dev  ## Lint, format check, types, everyday tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) test

fmt: $(VENV)/.installed-dev  ## Format and fix what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-test  ## Time a training step of the tutorial's programs
	$(BIN)/python tools/bench.py

docs: $(VENV)/.installed-dev  ## Build the documentation into site/
	$(BIN)/python tools/write_compatibility.py
	$(BIN)/mkdocs build --strict

golden:  ## Record the golden data anew (TF115_PYTHON: a Python 3.7 with tensorflow==1.15.5)
	@test -n "$(TF115_PYTHON)" || { echo "set TF115_PYTHON to a Python 3.7 with tensorflow==1.15.5"; exit 2; }
	$(TF115_PYTHON) tools/record_golden.py
	$(TF115_PYTHON) tools/record_programs.py

clean:  ## Remove what the targets above made
	rm -rf $(VENV) site dist .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Evergraph needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev,board,image]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test
