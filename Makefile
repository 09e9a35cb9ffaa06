# Everything runs in .venv, which is created and updated as needed.
#   make serve          serve the sample site at http://127.0.0.1:8000/
#   make test           run the tests
#   make check          check formatting, lint, types and layers
#   make format         format the code and apply lint fixes
#   make soak           run all tests with many more examples, random sequences and kills
#   make soak-fleet     run several machines under random faults for an hour (MINUTES=60)
#   make bench          measure syncing and rendering; see docs/performance.md
#   make bench-polls    measure polls, compared with nginx and Django
#   make bench-build    measure static builds, compared with Hugo and Pelican
#   make bench-stalled  measure polls during stalled downloads
#   make bench-audience measure the statistics, compared with GoAccess
#   make bench-probing  compare durations of recordings with a decoder
#   make bench-push     measure deliveries to WebSub subscribers
#   make bench-fleet    measure how a revision spreads over several machines
#   make dist           build a wheel and a source distribution
#   make lock           lock the dependencies of the container image
#   make sbom           write a bill of materials of the container image

# Without stored bytecode, each of the processes that the tests start compiles the package.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test soak soak-fleet check format bench bench-polls bench-build bench-stalled bench-probing bench-push bench-fleet bench-audience dist lock sbom clean

serve: $(VENV)/installed
	$(BIN)/feedsvc serve

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

soak: $(VENV)/installed-dev
	FEEDSVC_SOAK=1 $(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Uses Varnish and Valkey or Redis if they are installed on the system.
soak-fleet: $(VENV)/installed-dev
	$(BIN)/python -m tests.fleet.soak $(or $(MINUTES),60)

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.bench

# wrk, nginx and Hugo must be installed on the system; figures that need a missing program are skipped.
bench-polls: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks.polls

bench-build: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks.build

# Needs ffmpeg and lame.
bench-probing: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.probing

# Needs wrk.
bench-stalled: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.stalled

# Needs wrk for the rate of polls, and GoAccess for the comparison; takes half an hour.
bench-audience: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.audience

# Needs wrk for the figure of polls.
bench-push: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.push

dist: $(VENV)/installed-release
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/feedsvc-*

EXTRAS := postgres mysql limits push store stats
lock: $(VENV)/installed-release
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --upgrade $(EXTRAS:%=--extra %) pyproject.toml --output-file deploy/requirements.txt

sbom: $(VENV)/installed-release
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/feedsvc.cdx.json deploy/requirements.txt

bench-fleet: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.fleet

clean:
	rm -rf $(VENV) .feedsvc build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "feedsvc needs Python 3.11 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing feedsvc and what it needs in $(VENV)"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/installed
	@echo "Installing the tools of the tests in $(VENV): pytest, mypy, ruff, feed readers, PostgreSQL (several hundred MB)"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

$(VENV)/installed-bench: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable . --group bench
	touch $@

$(VENV)/installed-release: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group release
	touch $@
