# make run    set up and run the service with the demo practice
# make test   set up and pass every test
# make test-postgres  pass the tests of what is stored on PostgreSQL, too
# make setup  create .venv and nothing more
# make faults break the service in every known way and count what became of each text
# make lint, make bench, make train
# make rooms  draw which room imports which into docs/architecture.md
PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt
PORT ?= 8000

.PHONY: setup run test test-postgres faults lint rooms bench bench-load train clean

setup: $(VENV)/.serving

run: setup
	@exec $(BIN)/intake up --port $(PORT)

# Tests start hundreds of processes, so let Python keep what it has compiled.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.development
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/pytest -n 4 --dist loadfile

test-postgres: $(VENV)/.development
	$(BIN)/pytest -n 4 --database postgres tests/inbox tests/tasks tests/webhooks tests/staff tests/postgres

# Takes about a quarter of an hour, and a machine that has little else to do.
faults: $(VENV)/.development
	$(BIN)/python -m faults --markdown docs/faults.md

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

rooms: $(VENV)/.development
	$(BIN)/python -m tools.draw_rooms

bench: $(VENV)/.development
	$(BIN)/python -m benchmarks.graph
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.streams
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m benchmarks.browser

bench-load: $(VENV)/.development
	$(BIN)/python -m benchmarks.load

# Keeps the memory of a step for the next one, instead of giving it back to the system and asking for it again.
train: export MALLOC_MMAP_MAX_ := 0
train: export MALLOC_TRIM_THRESHOLD_ := 8589934592
train: $(VENV)/.development
	$(PIP) --editable '.[redis,dev,training,bases]'
	$(BIN)/python -m training train --validation-only

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install python3.11, or set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serving: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[redis]'
	@touch $@

$(VENV)/.development: $(VENV)/.serving
	$(PIP) --editable '.[redis,dev,training]'
	@touch $@
