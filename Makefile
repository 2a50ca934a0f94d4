# From nothing but Python 3.11 and pip: every target builds what it needs in .venv, once, and works offline afterwards.
PYTHON ?= python3
JOBS ?= 2
EXAMPLES ?= 4000
MINUTES ?= 5
BIN := .venv/bin
CRITICAL := tests/core tests/state \
  tests/jobs/test_certifying.py tests/crash/test_protocol.py tests/survive/test_hold_scopes.py tests/survive/test_circles.py \
  tests/survive/test_totals.py tests/engine/test_fencing.py tests/engine/test_holding.py tests/engine/test_planner.py \
  tests/engine/test_references.py tests/engine/test_decide.py tests/engine/test_deciding.py tests/engine/test_policyfile*.py
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e

.PHONY: demo test property chaos coverage mutants check bench bench-copy bench-discovery fuzz golden build clean

demo: .venv/ready ## Make the sample company and tell the whole story with real commands
	@$(BIN)/dsr demo

test: .venv/ready-dev ## Run every test, with real servers
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q -m "not long"

property: .venv/ready-dev ## The long form, other cases each time: make property EXAMPLES=20000
	DSR_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(JOBS) -q --hypothesis-profile long -m long tests/engine/test_property.py tests/survive tests/crash
	DSR_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(JOBS) -q --hypothesis-profile long tests/contract

chaos: .venv/ready-dev ## Break things for as long as asked and check the history: make chaos MINUTES=60
	$(BIN)/python tests/crash/chaos.py $(MINUTES)

coverage: .venv/ready-dev ## Every branch of planner, journal, fences, holds, ledger, certificate, loader is taken, or it fails
	$(BIN)/coverage run -m pytest -q -m "not long" $(CRITICAL)
	$(BIN)/coverage report

mutants: .venv/ready-dev ## Change one thing after another there, and see a test fail: make mutants ONLY="levels merkle"
	$(BIN)/python tests/mutants.py $(ONLY)

check: .venv/ready-dev ## Style, types, layers, size caps, and README against the program
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

bench: .venv/ready-dev ## Measure against the hand-written SQL limit
	$(BIN)/python tests/bench/run.py

bench-copy: .venv/ready-dev ## Export and seal one person of 10 million rows and 20,000 files: needs 20 GB and an hour
	$(BIN)/python tests/bench/heavy.py

bench-discovery: .venv/ready-dev ## Measure how well and how fast discovery finds, on invented and labelled data
	$(BIN)/python tests/bench/discovery/run.py

fuzz: .venv/ready-dev ## Noise through every detector, for hours: make fuzz STRINGS=10000000
	STRINGS=$(or $(STRINGS),10000000) $(BIN)/python -m pytest -q -m long tests/engine/test_detect_values.py

golden: .venv/ready-dev ## Write the golden files anew; read the difference before you commit it
	DSR_REGEN=1 $(BIN)/python -m pytest -q $$(grep -rl --include='test_*.py' DSR_REGEN tests)

build: .venv/ready-dev ## Build the wheel and the source archive into dist/
	$(BIN)/python -m build --outdir dist .

clean: ## Remove what the targets made
	rm -rf .venv dist build demo .dsr bench-out .coverage .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/python: ## Debian ships Python without ensurepip; pip itself then fills the environment
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "dsr needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 \
	  || { $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@touch $@

.venv/ready: .venv/python pyproject.toml constraints.txt
	@echo "Installing dsr into .venv (once)"
	@$(INSTALL) '.[all]'
	@touch $@

.venv/ready-dev: .venv/ready
	@echo "Installing the development tools into .venv (once)"
	@$(INSTALL) '.[dev]'
	@touch $@
