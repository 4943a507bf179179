# make demo     install, then see all of it on real data
# make test     install, then run every test
# make setup    install into .venv, nothing else
# make check    format, lint, types, layers
# make format   put the code in form
# make messages gather sentences and compile the translations
# make docs     write the pages that are made from the code
# make bench    compare with other tools on the same data

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := src tests scripts bench

.PHONY: demo test setup check format messages docs bench clean

demo: $(READY)
	$(BIN)/afina demo

test: $(READY)
	$(BIN)/python -m pytest

setup: $(READY)

# torch comes first and by itself: with its version settled, pip has nothing large left to choose between.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Afina needs Python 3.11 or later; name it with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "Python's venv is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[demo,dev]'
	@touch $@

check: $(READY)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py

format: $(READY)
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

messages: $(READY)
	$(BIN)/python scripts/messages.py

docs: $(READY)
	$(BIN)/python scripts/settings_page.py

bench: $(READY)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python bench/speed.py
	$(BIN)/python bench/quality.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
