# The two commands a newcomer needs: make run, make test. Both install what they need into .venv here.

.DEFAULT_GOAL := help
.PHONY: help install run test test-long conformance test-vllm check format bench image-test models lock screenshots clean
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
# "dev" holds everything "base" does: once it is installed it serves make run, too.
BASE := $(if $(wildcard $(VENV)/.installed-dev),$(VENV)/.installed-dev,$(VENV)/.installed-base)
DEV := $(VENV)/.installed-dev
INPUTS := pyproject.toml hatch_build.py detection/models/scorer.c requirements/base.txt requirements/build.txt scripts/install scripts/find-python
BENCHED := localhost/sluicegate
NO_PYTHON = Sluicegate needs Python 3.12 or 3.13 with pip: install one (Debian, Ubuntu: apt install python3 python3-pip), or name yours with "make PYTHON=/path/to/python3.12"
PYTHON ?= $(shell scripts/find-python)

# A moved checkout or a removed Python makes the environment useless: install again.
ifneq ($(shell cat $(BASE) 2>/dev/null && $(BIN)/python -c ''),$(CURDIR))
$(shell rm -f $(VENV)/.installed-base $(VENV)/.installed-dev)
endif

help:
	@echo 'make run          install into .venv and start the appliance (ARGS="--host 0.0.0.0" goes to it)'
	@echo 'make test         install into .venv and run the short test suite'
	@echo 'make check        linters, types, floors, documentation'
	@echo 'make test-long    fuzzing and big runs'
	@echo 'make conformance  put every SDK through the gateway and write the table of docs/compatibility.md'
	@echo 'make test-vllm    drive the real vLLM on a CPU, in .venv-vllm (3.4 GB, minutes)'
	@echo 'make bench        build the image and measure it beside nginx and other gateways (IMAGE=TAG takes another)'
	@echo 'make image-test   build the container image and drive it'
	@echo 'make install      only install (with the test tools)'
	@echo 'make format       lay the code out'
	@echo 'make models       train the small models again (DATA=PATH names the labelled texts)'
	@echo 'make lock         resolve the dependencies again'
	@echo 'make screenshots  take the pictures of the README again'
	@echo 'make clean        remove .venv and what tools left; var/ stays'

$(VENV)/.installed-base: $(INPUTS)
	@scripts/install base $(if $(strip $(PYTHON)),"$(PYTHON)",$(error $(NO_PYTHON)))

$(VENV)/.installed-dev: $(INPUTS) requirements/dev.txt
	@scripts/install dev $(if $(strip $(PYTHON)),"$(PYTHON)",$(error $(NO_PYTHON)))

install: $(DEV)

run: $(BASE)
	@exec $(BIN)/sluicegate up $(ARGS)

test: $(DEV)
	@scripts/provide postgres chromium
	@$(BIN)/pytest -m "not image and not long and not vllm" -n 2 --dist loadfile $(ARGS)

test-long: $(DEV)
	@scripts/provide postgres chromium nftables
	@scripts/provide-conformance
	@$(BIN)/pytest -m long --timeout 7200 $(ARGS)

conformance: $(DEV)
	@scripts/provide-conformance
	@$(BIN)/python -m tests.conformance.report $(ARGS)

test-vllm: $(DEV)
	@scripts/provide-vllm
	@$(BIN)/pytest -m vllm --timeout 1800 tests/vllm $(ARGS)

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/docs.py --check
	$(BIN)/pytest -q tests/house

format: $(DEV)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench:
	@scripts/provide podman
	@command -v podman >/dev/null || { echo 'make bench measures the container image and needs podman; "sluicegate bench" does without both' >&2; exit 2; }
	@$(if $(IMAGE),,scripts/build-image $(BENCHED))
	@scripts/build-image --bench $(or $(IMAGE),$(BENCHED)) $(BENCHED)-bench
	@scripts/bench $(BENCHED)-bench --json /found/exchanges.json --plot /docs/images/bench.svg --page /docs/performance.md $(ARGS)
	@scripts/bench $(BENCHED)-bench detection --json /found/detection.json --page /docs/performance.md
	@scripts/bench $(BENCHED)-bench dialects --json /found/dialects.json --page /docs/performance.md
	@scripts/bench $(BENCHED)-bench faces --json /found/faces.json --page /docs/performance.md

image-test: $(DEV)
	@scripts/provide podman
	@$(BIN)/pytest -m image tests/image $(ARGS)

models: $(DEV)
	@scripts/training/make-models $(DATA)

lock: $(DEV)
	scripts/lock

screenshots: $(DEV)
	@scripts/provide chromium
	$(BIN)/python scripts/screenshots.py

clean:
	rm -rf $(VENV) .venv-vllm .venv-conformance tests/conformance/javascript/node_modules build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
