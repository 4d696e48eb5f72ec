# Two commands for everybody: `make run` and `make test`. Each sets up what is missing first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORT := pytest -q
BESIDE := --jobs --no-print-directory $(if $(filter output-sync,$(.FEATURES)),--output-sync)
AT_ONCE := $(shell nproc 2>/dev/null || echo 2)# and the browser beside them

export PYTHONDONTWRITEBYTECODE :=# whoever sets it compiles everything anew in each of a thousand processes

.PHONY: run test checks pages setup bench lint lock pictures walk storm planted faults sip campaign soak growth fuzz paint

run: $(VENV)/.run
	@$(BIN)/python -m compileall -q flows locales channels storage intake
	@exec $(BIN)/python -m intake demo

setup: $(VENV)/.run $(VENV)/.dev $(VENV)/.programs $(VENV)/.chromium $(VENV)/.node

# Side by side, each with what it found when it is done. Compiled first: the tests start many processes
test:
	@$(MAKE) $(BESIDE) setup
	@$(BIN)/python -m compileall -q flows locales channels storage intake tests/*/*.py tests/*.py
	@echo "lint, checks and pages, side by side: some minutes"
	@$(MAKE) $(BESIDE) lint checks pages

# Everything but the pages; those that take longest begin (tests/conftest.py)
checks:
	CI=$(CI) $(BIN)/$(REPORT) -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder --durations 15 --ignore tests/browser tests

# The pages in a browser, by themselves: Playwright has the event loop of its process
pages:
	CI=$(CI) $(BIN)/$(REPORT) --durations 5 tests/browser

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup
	$(BIN)/python -m tests.bench

# A picture of every page from the demonstration's people, into docs/pictures: look at each before it is committed
pictures: setup
	$(BIN)/python -m tests.browser.pictures

# What every page weighs on the line, when it is first painted, and how soon a second browser shows what came in
paint: setup
	$(BIN)/python -m tests.bench.pages
	$(BIN)/python -m tests.bench.seen

# A campaign day on PostgreSQL: three hundred desks, 5,000 texts in a minute, several processes behind a proxy
campaign: setup
	$(BIN)/python -m tests.bench.campaign

# Ten minutes of steady texting (SOAK_SECONDS), and whether memory and answers stay as they are
soak: setup
	$(BIN)/python -m tests.bench.soak

# From a thousand conversations to a million with ten million messages (GROWTH_ROWS, GROWTH_MESSAGES, GROWTH_URL)
growth: setup
	$(BIN)/python -m tests.bench.growth

# Machines and requests at random for thirty minutes (FUZZ_MINUTES), on SQLite and PostgreSQL, with other seeds each time
fuzz: setup
	$(BIN)/python -m tests.machines

# Five thousand random callers instead of the hundred and fifty of every test run
walk: setup
	WALKER_CALLS=5000 $(BIN)/$(REPORT) tests/calls/test_walker.py

# A real telephone call between two SIP telephones, with sound; SIP_CALL_SOUND=folder keeps what the caller heard
sip: setup
	command -v baresip >/dev/null || test "$$(id -u)" != 0 || apt-get install -y -q --no-install-recommends baresip-core
	SIP_CALL=1 $(BIN)/$(REPORT) -n 0 tests/sip

# Five hundred families at once instead of the few of every test run
storm: setup
	STORM_FAMILIES=500 $(BIN)/$(REPORT) tests/faults/test_storm.py

# Faults at their large size, and one table of what each did: kills, crashes, power losses, disks that are full or refuse,
# a database that is away, providers that fail, clocks that are set, new versions, machines that are gone, bad input
FAULTS := KILLS=300 CRASHES=50 POWER_POINTS=500 FLUSH_FAULTS=20 AWAY_SECONDS=60 SENDS=2000 STORM_FAMILIES=500 CLOCK_JUMPS=10 \
	DEPLOYS=5 DRILLS=20 INTERFACE_EXAMPLES=100 MACHINE_EXAMPLES=500
faults: setup
	$(FAULTS) $(BIN)/$(REPORT) -n 0 tests/faults tests/attacks tests/machines/test_outbox.py tests/test_privacy.py

# Bugs planted in a copy, one at a time, each with the test that finds it
planted: setup
	$(BIN)/python -m tests.faults.planted

# After a change in pyproject.toml: versions with hashes, for Python 3.11 and later, without any registry address.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --group tracing -c requirements.txt -o requirements-tracing.txt

# Debian's programs that tests and the simulator use, where we may install them: a browser (without its windows it takes
# three quarters of the time), Node, a voice, what makes system calls fail and clocks jump. One after another, as apt wants
# it; the first two can be had otherwise, or done without
$(VENV)/.programs: | $(VENV)/bin/python
	@for each in chromium-headless-shell npm espeak-ng strace faketime; do \
		command -v $$each >/dev/null || test "$$(id -u)" != 0 \
			|| { apt-get install -y -q $$each || { apt-get update -q && apt-get install -y -q $$each; }; } >/dev/null \
			|| test $$each = chromium-headless-shell || test $$each = npm || exit 1; \
	done
	@touch $@

# A browser for the tests: the system's, else one that Playwright brings
$(VENV)/.chromium: | $(VENV)/.dev $(VENV)/.programs
	command -v chromium-headless-shell || command -v chromium || $(BIN)/playwright install --only-shell chromium
	@touch $@

# Other people's software that plays the providers in the tests; where Node cannot be had, those tests say so
$(VENV)/.node: tests/counterparts/package-lock.json | $(VENV)/.programs
	-cd tests/counterparts && npm ci --ignore-scripts --omit=optional --silent --no-fund --no-audit
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	-$(BIN)/pip install --quiet uv

# uv is quick (told to compile, as pip does by itself: a start would take twice as long); where it cannot be had, pip does the same
$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.txt --python $(BIN)/python \
		|| $(BIN)/pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.run
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.txt --python $(BIN)/python \
		|| $(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
