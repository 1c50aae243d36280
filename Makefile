BIN ?= .venv/bin

.PHONY: run test check lock wheels

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

# Pins what requirements*.txt ask for and installs it; pins that still fit stay as they are.
# `make lock RENEW=--upgrade` takes the newest of everything.
lock:
	grep -hv '^-' requirements.txt requirements-dev.txt | $(BIN)/uv pip compile - $(RENEW) --quiet \
		--universal --python-version 3.11 --fork-strategy fewest --only-binary :all: \
		--annotation-style line --custom-compile-command "make lock" -o constraints.txt
	$(BIN)/pip install -r requirements-dev.txt

# Asks the index whether every pin has a wheel for each Python and platform; downloads none.
wheels:
	$(BIN)/python -m tests.wheels
