PYTHON ?= .venv/bin/python

.PHONY: run test check

run:
	$(PYTHON) -m streamlit run Home.py

test:
	$(PYTHON) -m pytest

check:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m importlinter.cli 2>/dev/null || .venv/bin/lint-imports
	$(PYTHON) -m pytest
