# Two commands for users: `make run` and `make test`. The rest is for those who build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

CHEZHU_HOME ?= $(CURDIR)/data/home
export CHEZHU_HOME
ROOMS := engine cleansing matching enrichment quality_reports pipelines generator

.DEFAULT_GOAL := help
.PHONY: help run test ui lint bench format lock clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(VENV)/.runtime  ## the whole pipeline on the sample exports, through Dagster
	@CHEZHU_SETTLE_SECONDS=0 $(BIN)/chezhu run --inbox $(CURDIR)/data/samples/inbox

test: $(VENV)/.dev  ## the tests
	@$(BIN)/python -m pytest

ui: $(VENV)/.runtime  ## Dagster's web UI on the same home, http://127.0.0.1:3000
	@mkdir -p -m 700 $(CHEZHU_HOME) && mkdir -p $(CHEZHU_HOME)/dagster && cp dagster.yaml $(CHEZHU_HOME)/dagster/
	@DAGSTER_HOME=$(CHEZHU_HOME)/dagster $(BIN)/dagster dev -m pipelines.definitions -h 127.0.0.1

lint: $(VENV)/.dev  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.bench  ## side by side with peers; prints tables
	@$(BIN)/python -m benchmarks.generate
	@POLARS_MAX_THREADS=1 $(BIN)/python -m benchmarks.cleansing
	@$(BIN)/python -m benchmarks.linkage
	@$(BIN)/python -m benchmarks.pipeline

format: $(VENV)/.dev  ## ruff's formatter and safe fixes
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock: $(VENV)/.dev  ## the requirements anew, with hashes and without any index's address
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links -o requirements.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --extra dev --extra spark -c requirements.txt -o requirements-dev.txt pyproject.toml

clean:  ## removes the environment; keeps the home
	rm -rf $(VENV)

$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(f"Chezhu needs Python 3.11 or newer, this is {sys.version.split()[0]}; say make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/.venv
	@echo "installing (two to three minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)/.venv
	@echo "installing with the tools for tests (two to three minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@
