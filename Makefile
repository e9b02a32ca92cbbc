# make run    set up and run the service with the demo practice
# make test   set up and pass every test
# make test-postgres  pass the tests of what is stored on PostgreSQL, too
# make setup  create .venv and nothing more
# make faults break the service in every known way and count what became of each text
# make lint, make bench, make train
# make rooms  draw which room imports which into docs/architecture.md
# make figures  write the model's figures into README.md and docs/figures.md
# make lock   pin what the service installs, with hashes, after a change of its dependencies
# make sbom   list what the service installs, as CycloneDX
# make security  attack the service, and check its code and dependencies
PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt
# What serves patients is installed only if it is exactly what was locked, and never built here.
LOCKED := $(BIN)/pip --disable-pip-version-check install --quiet --only-binary :all: --require-hashes --requirement
TOOLS := $(VENV)/tools/bin
PORT ?= 8000

.PHONY: setup run test test-postgres faults lint rooms figures lock sbom security bench bench-inbox bench-load train clean

setup: $(VENV)/.serving

run: setup
	@exec $(BIN)/intake up --port $(PORT)

test: $(VENV)/.development
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/pytest -n 4 --dist loadfile
	$(BIN)/pytest -n 4 --dist loadfile --quiet --database postgres tests/inbox

test-postgres: $(VENV)/.development
	$(BIN)/pytest -n 4 --database postgres tests/inbox tests/tasks tests/webhooks tests/staff tests/postgres

# Takes about a quarter of an hour, and a machine that has little else to do.
faults: $(VENV)/.development
	$(BIN)/python -m faults --markdown docs/faults.md

# Also lists the libraries, and looks them up among the known vulnerabilities where their database can be reached.
# Checking types takes as long as the rest, so they run beside each other.
lint: $(BIN)/python
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint-types lint-rest

.PHONY: lint-types lint-rest
lint-types: $(VENV)/.development
	$(BIN)/mypy

lint-rest: sbom $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m tools.commit_subjects
	$(BIN)/python -m tools.security.code $(TOOLS)

rooms: $(VENV)/.development
	$(BIN)/python -m tools.draw_rooms

figures: $(VENV)/.development
	$(BIN)/python -m tools.model_figures

lock: $(VENV)/.development $(VENV)/.tools
	$(BIN)/python -m tools.lock $(TOOLS)/uv
	$(BIN)/python -m tools.licenses

sbom: $(VENV)/.tools
	@mkdir -p build
	$(TOOLS)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file build/sbom.json \
		requirements/serving.lock
	@echo "build/sbom.json lists what the service installs."

security: $(VENV)/.development $(VENV)/.tools
	$(BIN)/python -m tools.security $(TOOLS)

bench: $(VENV)/.development
	$(BIN)/python -m benchmarks.graph
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.streams
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m benchmarks.browser

# Fills a PostgreSQL server of its own with 100,000 conversations.
bench-inbox: $(VENV)/.development
	$(BIN)/python -m benchmarks.inbox

bench-load: $(VENV)/.development
	$(BIN)/python -m benchmarks.load

# Keeps the memory of a step for the next one, instead of giving it back to the system and asking for it again.
train: export MALLOC_MMAP_MAX_ := 0
train: export MALLOC_TRIM_THRESHOLD_ := 8589934592
train: $(VENV)/.development
	$(PIP) --editable '.[dev,training,bases]'
	$(BIN)/python -m training train --validation-only

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install python3.11, or set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serving: $(BIN)/python pyproject.toml requirements/serving.lock
	$(LOCKED) requirements/serving.lock
	$(BIN)/pip --disable-pip-version-check install --quiet --no-deps --no-index --no-build-isolation --editable .
	@touch $@

# The tools have an environment of their own, so that none of what they need can be imported by the service.
$(VENV)/.tools: $(BIN)/python requirements/security.lock
	$(PYTHON) -m venv $(VENV)/tools
	$(TOOLS)/pip --disable-pip-version-check install --quiet --require-hashes --requirement requirements/security.lock
	@touch $@

# Tests compile the modules that they import; compiling all of these libraries takes pip about a minute.
$(VENV)/.development: $(VENV)/.serving constraints.txt
	$(PIP) --no-compile --editable '.[dev,training]'
	@touch $@
