# Everything a fresh clone needs: `make demo` runs the main job, `make test` runs every test.

PYTHON = python3
VENV = .venv
DATA = ../shared/data
BENCH = meter

BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
HERE = $(INSTALL) --no-build-isolation

help:
	@echo "make demo                  set up, train three small models, show what they cost and what the last bit bought"
	@echo "make test                  set up, lint, check types, run every test"
	@echo "make test-core             the same without the slow tests and without Debian packages"
	@echo "make lint                  ruff and mypy"
	@echo "make format                what ruff can mend by itself"
	@echo "make bench BENCH=meter     run one benchmark (DATA=$(DATA)) and write its table to docs/benchmarks/"
	@echo "make docs                  generate the pages of the verbs and of scaling, and build the site into site/"
	@echo "make constraints           choose the newest versions of all dependencies anew"
	@echo "make clean                 remove what the others made"

demo: $(VENV)/.demo
	$(BIN)/payoff demo

test: $(VENV)/.dev $(VENV)/.frameworks debian lint
	$(BIN)/python -m pytest --data="$(DATA)"

test-core: $(VENV)/.dev lint
	$(BIN)/python -m pytest --data="$(DATA)" -m "not slow"

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/$(BENCH).py --data "$(DATA)"

docs: $(VENV)/.docs
	$(BIN)/python tools/docs/generate_verbs.py
	$(BIN)/python tools/docs/generate_scaling_page.py
	$(BIN)/zensical build --strict --clean

# The Debian packages that tests need; without one its tests are skipped (with CI=true, they fail).
debian:
	@sh tools/setup/debian.sh postgresql chromium

constraints:
	sh tools/setup/constraints.sh "$(PYTHON)" > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each says that this much is installed, so that a second call is quick.

$(VENV)/.python: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("payoff needs Python 3.11 or later: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV) || { sh tools/setup/debian.sh python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	$(INSTALL) --upgrade pip hatchling editables
	@touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml
	$(HERE) --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	$(HERE) --editable '.[all]' --group dev
	@touch $@ $(VENV)/.demo

$(VENV)/.frameworks: $(VENV)/.dev
	$(INSTALL) --group frameworks
	@touch $@

$(VENV)/.docs: $(VENV)/.python pyproject.toml
	$(HERE) --editable . --group docs
	@touch $@

.PHONY: help demo test test-core lint format bench docs debian constraints clean
