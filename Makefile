# What a person types in this folder. Everything installs into .venv, from the lock files, with plain pip.
# A stamp remembers what was installed, so the second run of a target starts at once.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2
SEEDS ?= 1-20

INSTALLED := $(VENV)/.installed
INSTALLED_TEST := $(VENV)/.installed-test
INSTALLED_DOCS := $(VENV)/.installed-docs

.PHONY: help demo test lint format simulate mutants bench docs lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(INSTALLED) ## two simulated systems come into step, in about a minute
	$(BIN)/python -m samtale demo

test: $(INSTALLED_TEST) ## every test, on SQLite and PostgreSQL
	@mkdir -p build
	$(BIN)/python -m pytest -n $(WORKERS) --junit-xml=build/junit.xml

lint: $(INSTALLED_TEST) ## style, types and layers
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-cache

format: $(INSTALLED_TEST) ## put the code in the shape that lint asks for
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

simulate: $(INSTALLED_TEST) ## random stories against the whole engine, from fixed seeds: SEEDS="1-40"
	$(BIN)/python -m tests.simulation $(SEEDS)

mutants: $(INSTALLED_TEST) ## deliberate bugs, each of which the simulation must find
	$(BIN)/python -m tests.simulation.mutants

bench: $(INSTALLED_TEST) ## measure, and write build/bench.json
	@mkdir -p build
	$(BIN)/python -m bench

docs: $(INSTALLED_DOCS) ## the documentation as pages, in build/docs
	$(BIN)/python -m sphinx -q docs build/docs
	@echo "Open build/docs/index.html"

lock: build/lock/bin/uv ## renew the lock files from pyproject.toml
	build/lock/bin/uv pip compile $(LOCK_OPTIONS) --output-file requirements.lock
	build/lock/bin/uv pip compile $(LOCK_OPTIONS) --extra test --constraint requirements.lock --output-file requirements-test.lock
	build/lock/bin/uv pip compile $(LOCK_OPTIONS) --extra docs --constraint requirements-test.lock --output-file requirements-docs.lock

LOCK_OPTIONS := pyproject.toml --group build --universal --python-version 3.11 --upgrade --quiet \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock"

build/lock/bin/uv:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check --quiet install uv

clean: ## remove everything that make made, the environment included
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A folder .venv without a working pip is what an interrupted or refused `python -m venv` leaves: begin it again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Samtale needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is not one of them:" >&2; \
	  $(PYTHON) --version >&2 || true; \
	  echo "Name another one:  make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments: its modules venv and ensurepip are missing." >&2; \
	  echo "On Debian and Ubuntu they are a package of their own:  sudo apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

define install
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  echo "$(VENV) is incomplete (it has no pip). Begin again:  make clean $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing from $(1) ..."
	@$(PIP) install --requirement $(1)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)

$(INSTALLED_TEST): requirements-test.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-test.lock)
	@touch $(INSTALLED)

$(INSTALLED_DOCS): requirements-docs.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-docs.lock)
