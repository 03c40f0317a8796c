# The one interface. Everything generated lives in .greenroom/ and may be deleted.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python that is new enough and can make environments; `make PYTHON=...` overrides.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
BIN := .greenroom/venv/dev/bin
LAB := PYTHONPATH=lab:layers/core:layers/viewer:agent:cli $(BIN)/python -m
PYTHON_CODE = $(wildcard layers functions agent cli lab tests)
CHECKED = $(wildcard layers/core/greenroom functions layers/viewer/greenroom_viewer agent/greenroom_agent cli/greenroom_cli lab/greenroom_lab)

# What is tested side by side: the running platform has a process to itself (tests/conftest.py).
SPREAD := --dist loadscope --no-loadscope-reorder
PROCESSES := 2

.PHONY: help setup run smoke build deploy destroy check quick test e2e frontend packages browser judge rights histories overhead imports ramp interrupt event waiting turn relay

help: ## what each target does
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: ## install the pinned tools and leave the command ./greenroom (a second time: nothing)
	@test -n "$(PYTHON)" || { echo "greenroom: Python 3.11 or later with venv is needed, and none is on PATH" >&2; exit 1; }
	@PYTHONPATH=cli "$(PYTHON)" -m greenroom_cli.toolchain.install --node dev engine sam

run: setup ## everything on this computer, until Ctrl-C (GREENROOM_TURN=1: with a TURN server)
	@$(LAB) greenroom_lab.platform.run

smoke: setup ## one headless viewer from click to first frame, with a timeline
	@$(LAB) greenroom_lab.platform.smoke

build: setup ## sam build
	@./greenroom build

deploy: setup ## sam deploy (to the AWS account of your environment, or AWS_ENDPOINT_URL)
	@./greenroom deploy

destroy: setup ## halt pools, end tagged instances, delete the stack
	@./greenroom destroy

check: setup packages ## lint and types, the page's too
	@$(BIN)/ruff check $(PYTHON_CODE)
	@$(BIN)/ruff format --check $(PYTHON_CODE)
	@MYPYPATH=layers/core:layers/viewer:agent:cli:lab:. $(BIN)/mypy $(CHECKED)
	@cd frontend; npm run check --silent

# npm ci is repeated only when the lock changes.
NPM_CI = if ! cmp -s package-lock.json node_modules/.installed-lock; then \
	echo "greenroom: installing the npm packages of $$(basename "$$PWD") ..."; \
	npm ci --no-audit --no-fund --loglevel=error; cp package-lock.json node_modules/.installed-lock; fi

packages: setup
	@cd frontend; $(NPM_CI)

frontend: packages
	@cd frontend; npm run build --silent; npm test --silent

quick: check ## a minute: lint, types, unit, functions, architecture, the page's unit tests
	@cd frontend; npm test --silent
	@$(BIN)/pytest tests/unit tests/functions tests/architecture -q -n 2 $(SPREAD)

judge: setup ## tools that others wrote judge the template, state machines, AWS calls and scripts; half a minute, offline
	@PYTHONPATH=cli "$(PYTHON)" -m greenroom_cli.toolchain.install judge
	@cd tests/judge; $(NPM_CI)
	@PYTHONPATH=cli:lab:layers/core:. $(BIN)/python -m tests.judge

browser: ## Debian's Chromium, where this computer lets us install it
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "greenroom: installing Chromium ..."; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
				>.greenroom/chromium.log 2>&1 || { tail -3 .greenroom/chromium.log >&2; true; }; fi; fi
	@if ! command -v chromium >/dev/null; then \
		echo "greenroom: no Chromium on this computer: the browser tests (tests/e2e) are skipped" >&2; \
		if [ -n "$${CI:-}" ]; then echo "greenroom: CI needs the browser tests" >&2; exit 1; fi; fi

turn: ## Debian's coturn, where this computer lets us install it
	@if ! command -v turnserver >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "greenroom: installing coturn ..."; mkdir -p .greenroom; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends coturn; } \
				>.greenroom/coturn.log 2>&1 || { tail -3 .greenroom/coturn.log >&2; true; }; \
			if [ -d /run/systemd/system ]; then systemctl disable --now coturn >/dev/null 2>&1 || true; fi; fi; fi
	@if ! command -v turnserver >/dev/null; then \
		echo "greenroom: no coturn on this computer: tests/e2e/test_relay.py is skipped" >&2; \
		if [ -n "$${CI:-}" ]; then echo "greenroom: CI needs the relay's tests" >&2; exit 1; fi; fi

relay: setup frontend browser turn ## the whole platform with coturn: a relayed picture in Chromium, and expired credentials refused
	@$(BIN)/pytest tests/e2e/test_relay.py

test: setup frontend browser turn check judge ## everything that must be green
	@$(BIN)/pytest -n $(PROCESSES) $(SPREAD) --durations=10 $$(command -v chromium >/dev/null || echo --ignore=tests/e2e)

e2e: setup frontend browser turn ## only the tests in a real browser
	@$(BIN)/pytest tests/e2e

rights: setup ## what every role may do; SINCE=<git revision>: what changed since then (JSON=1: as JSON)
	@PYTHONPATH=layers/core:lab:. $(BIN)/python -m tests.architecture.rights $(if $(SINCE),--since $(SINCE)) $(if $(JSON),--json)

histories: setup ## 1,000 seeded random histories of whole fleets, with faults; a few minutes
	@PYTHONPATH=layers/core:lab $(BIN)/python -m greenroom_lab.simulation.histories --seed 1 --count 1000

overhead: setup ## what a hot launch costs beside its AWS calls, as a ratio; a minute
	@PYTHONPATH=layers/core:lab:. $(BIN)/python -m tests.architecture.calls.overhead

imports: setup ## what a cold start costs: each function's import and first call, as ratios; some minutes
	@PYTHONPATH=layers/core:lab:cli:. $(BIN)/python -m tests.architecture.cold_start.imports $(FUNCTIONS)

ramp: setup ## 40 viewers come in a minute and leave over five while Spot runs dry; reports/ramp.png; 10 minutes
	@$(LAB) greenroom_lab.drives.ramp

interrupt: setup frontend browser ## a machine is taken from under a viewer in Chromium, with a warning and without
	@PYTHONPATH=lab:layers/core:layers/viewer:agent:cli:. $(BIN)/python -m tests.e2e.interrupt

event: setup ## 30 viewers at a scheduled event, from the call to the empty house; 7 minutes
	@$(LAB) greenroom_lab.drives.event

waiting: setup ## 60 viewers on 10 slots: order, forecasts and endings of a line; 6 minutes
	@$(LAB) greenroom_lab.drives.waiting
