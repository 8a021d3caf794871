# Every target rests on `setup`; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OCR_STAMP := $(VENV)/.installed-ocr

.DEFAULT_GOAL := help
.PHONY: help setup ocr demo serve test check lint types contracts explore bench load lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(STAMP) ## make .venv with the pinned versions (quick when nothing changed)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Mingbiao needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(OCR_STAMP): requirements/ocr.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/ocr.txt
	@touch $@

ocr: setup $(OCR_STAMP) ## add what reads the visible label on pictures (some 300 MB)

demo: setup ## label and verify a real photo and a real article over HTTP
	$(BIN)/mingbiao demo

serve: setup ## run the service on loopback and print a curl to paste
	$(BIN)/mingbiao serve --with-key

test: setup ## run the tests; what is not found on this machine is skipped and named
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q -ra

explore: setup ## run the property tests on new random examples
	$(BIN)/python -m pytest -n 2 -q --hypothesis-profile=explore $$(grep -rl 'from hypothesis' tests --include='test_*.py')

lint: setup ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy, strict
	$(BIN)/mypy

contracts: setup ## who may import whom
	$(BIN)/lint-imports

check: lint types contracts test ## what CI runs

bench: setup ## measure speed, size and memory; tables as in docs/benchmarks.md
	$(BIN)/python -m tests.bench

load: setup ## put the endpoint under load; table as in docs/benchmarks.md
	$(BIN)/python -m tests.load

lock: setup ## pin the newest allowed versions (needs uv)
	uv pip compile --universal --generate-hashes --no-header -q --extra postgres --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	uv pip compile --universal --generate-hashes --no-header -q --extra postgres --group dev -c requirements/runtime.txt --python-version 3.11 pyproject.toml -o requirements/dev.txt
	uv pip compile --universal --generate-hashes --no-header -q --extra postgres --extra ocr --group dev -c requirements/dev.txt --python-version 3.11 pyproject.toml -o requirements/ocr.txt

clean: ## remove what the targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
