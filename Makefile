# Muster: every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
PIP_INSTALL = .venv/bin/pip install --quiet --disable-pip-version-check
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes \
	--custom-compile-command "make lock" pyproject.toml requirements/build.in

.PHONY: help demo test check bench golden cluster e2e differential lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.lock pyproject.toml | .venv/bin/python
	@echo "installing Muster and what it runs on (once)"
	$(PIP_INSTALL) --require-hashes -r requirements/run.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

.venv/dev.stamp: requirements/dev.lock .venv/run.stamp
	@echo "installing the tools for developing Muster (once)"
	$(PIP_INSTALL) --require-hashes -r requirements/dev.lock
	@touch $@

DEMO = demo-output
MUSTER = .venv/bin/muster
demo: .venv/run.stamp ## check, render, replay and compare an example environment (sets up .venv)
	$(MUSTER) check stacks/prod
	$(MUSTER) render stacks/prod -o $(DEMO)/manifests
	$(MUSTER) trace generate stacks/prod --days 7 --load 2 --seed 7 -o $(DEMO)/history.csv
	$(MUSTER) simulate stacks/prod --trace $(DEMO)/history.csv -o $(DEMO)/shared.parquet
	$(MUSTER) simulate stacks/prod --trace $(DEMO)/history.csv --engine static -o $(DEMO)/isolated.parquet
	$(MUSTER) compare $(DEMO)/isolated.parquet $(DEMO)/shared.parquet

test: .venv/dev.stamp ## run all tests (sets up .venv)
	.venv/bin/python -m pytest -n 2 -q

check: .venv/dev.stamp ## format, lint, types, import contracts
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/dev.stamp ## run the benchmarks (ratios to a reference, against their limits)
	.venv/bin/python -m pytest -q -m bench --benchmark-disable-gc --no-header tests/benchmarks

cluster: .venv/dev.stamp ## run a live cluster with GPU nodes and Kueue, and print its KUBECONFIG (builds it once; needs Go)
	PYTHONPATH=tests .venv/bin/python -m e2e

e2e: .venv/dev.stamp ## run the end-to-end tests against a real API server and Kueue (builds them once; needs Go)
	.venv/bin/python -m pytest -q -m e2e tests/e2e

differential: .venv/dev.stamp ## compare the engine with a live Kueue on 1,000 random scenarios
	MUSTER_E2E_SCENARIOS=1000 .venv/bin/python -m pytest -q -s -m e2e tests/e2e/test_predicted.py

golden: .venv/dev.stamp ## regenerate golden files and generated docs; review the diff
	MUSTER_GOLDEN=write .venv/bin/python -m pytest -q tests/golden

lock: .venv/dev.stamp ## pin all dependencies anew
	$(COMPILE) --extra simulate -o requirements/run.lock
	$(COMPILE) --extra dev -c requirements/run.lock -o requirements/dev.lock

clean: ## remove what the other targets made
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache demo-output
