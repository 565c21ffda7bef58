# Fairlead's commands. `make help` lists them from the comments after the double hashes.

# Another Python to make the environment with:  make demo PYTHON=python3.13
PYTHON ?= python3
# Options passed on, for example:  make demo ARGS="--port 9000 --host 0.0.0.0"
#                                  make test ARGS="tests/test_claim.py -x"
ARGS ?=

# Relative, so that the path of the checkout may hold anything, spaces too.
BIN := .venv/bin/python

.DEFAULT_GOAL := help
# Prerequisites are steps: each needs the one to its left.
.NOTPARALLEL:
.PHONY: help demo services test bench appeal-page contact-sheet histories chaos lint fmt lock messages reset clean environment dev-environment browser catalogues

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: environment catalogues ## Install, and run everything with sample data until Ctrl-C
	@$(BIN) -m config.launcher demo $(ARGS)

services: environment ## Run only PostgreSQL and Redis, for development, and print their addresses
	@$(BIN) -m config.launcher services $(ARGS)

test: dev-environment browser lint catalogues ## Run every check and test
	$(BIN) -m pytest -n 3 --dist worksteal $(ARGS)

bench: dev-environment browser catalogues ## Measure claim, eligibility, simulation, audit trail and appeal pages against bare limits
	@$(BIN) -m bench.claim $(ARGS)
	@$(BIN) -m bench.eligibility
	@$(BIN) -m bench.simulation
	@$(BIN) -m bench.audit
	@$(BIN) -m bench.codes
	@$(BIN) -m bench.appeal_page

appeal-page: dev-environment browser catalogues ## Weigh the pages of an appeal, and time them on slow 3G
	@$(BIN) -m bench.appeal_page $(ARGS)

contact-sheet: dev-environment browser catalogues ## Picture the public pages in all languages, and say what is cut off
	@$(BIN) -m bench.contact_sheet $(ARGS)

histories: dev-environment ## Hold thousands of histories of decisions against a plain reckoning
	HISTORIES=4000 $(BIN) -m pytest -n 2 tests/test_decision_life.py
	HISTORIES=1000 $(BIN) -m pytest -n 2 tests/test_overturning_life.py

chaos: dev-environment ## Decide thousands of cases while processes die, Redis is emptied and platforms fail
	@$(BIN) -m bench.chaos $(ARGS)

lint: dev-environment ## Check style, types and the direction of dependencies
	$(BIN) -m ruff check .
	$(BIN) -m ruff format --check .
	$(BIN) -m mypy .
	$(BIN) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

fmt: dev-environment ## Put the code into its form
	$(BIN) -m ruff check --fix .
	$(BIN) -m ruff format .

LOCK := $(BIN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" pyproject.toml

lock: dev-environment ## Resolve the requirements of pyproject.toml anew into the lock files
	$(LOCK) --group demo --output-file requirements.lock
	$(LOCK) --group demo --group dev --constraint requirements.lock --output-file requirements-dev.lock

messages: environment ## Take new texts over into the translations, and say what is missing
	$(BIN) manage.py catalogues --update --record --compile

reset: environment ## Forget the demo: its data, secrets and logs
	@$(BIN) -m config.launcher reset

clean: ## Remove what was installed and made, but not the demo's data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis static-collected
	rm -f locale/*/LC_MESSAGES/*.mo
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

environment:
	@$(PYTHON) config/launcher/install.py requirements.lock

dev-environment:
	@$(PYTHON) config/launcher/install.py requirements-dev.lock

browser: dev-environment
	@$(BIN) tests/install_browser.py

# All that are stale at once: a program for each of sixty would take longer than the work.
catalogues: environment
	@LOG_LEVEL=WARNING $(BIN) manage.py catalogues --only-compile
