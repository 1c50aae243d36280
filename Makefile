BIN ?= .venv/bin

.PHONY: run test check

run:
	$(BIN)/streamlit run Home.py

test:
	$(BIN)/pytest

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest
