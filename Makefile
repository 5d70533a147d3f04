# Two commands from a bare checkout: `make run` and `make test`. Both install what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests run side by side, and each has a service of its own beside it.
WORKERS ?= 2

.PHONY: run install test lint faults winter bench image clean

run: install
	@$(BIN)/suian serve --play

install: $(STAMP)

$(STAMP): requirements.lock requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "suian needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=…"; exit 2; }
	@echo "Making the environment in $(VENV) (a few minutes the first time) …"
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3-venv is missing: apt-get install python3-venv"; exit 2; }
	@$(BIN)/pip install --quiet --requirement requirements.lock --requirement requirements-dev.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: install lint
	@$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadgroup --no-loadscope-reorder

# Every kill point and sabotage, and many more moves and nights, not only those drawn in `make test`.
faults: install
	@SUIAN_ALL_FAULTS=1 $(BIN)/pytest tests/faults tests/sabotage tests/laws tests/simulation tests/alerts/test_nights_laws.py \
		tests/chase/test_laws.py tests/chase/test_meeting.py tests/chase/test_gate.py
	@$(BIN)/python -m tests.campaign

# All that the record has of a New York winter, through the real process (over an hour on two cores).
winter: install
	@SUIAN_WHOLE_WINTER=1 $(BIN)/pytest tests/winter

bench: install
	@$(BIN)/python -m bench

# The container's image, built and asked whether it is healthy; needs root, buildah and mmdebstrap.
image: install
	@$(BIN)/python -m tests.image

clean:
	@rm -rf $(VENV) var
