# `make run` starts the app, `make test` runs every test; both prepare what they need themselves.
PYTHON ?= python3
PORT ?= 8501
WORKERS ?= 1
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
SOURCES := app.py serve.py pages ui ecops sample_data tests benchmarks tools

.DEFAULT_GOAL := help
.PHONY: help run test check format e2e bench mutate sample docs clean

help: ## list what can be done
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.run: requirements.txt
	@echo "Installing what is needed into $(VENV), once; a minute or two"
	@sh tools/venv.sh "$(PYTHON)" "$(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt
	@echo "Installing what is needed into $(VENV), once; a minute or two"
	@sh tools/venv.sh "$(PYTHON)" "$(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## start the app on the sample shop and print its address (PORT=8501, WORKERS=1)
	@$(BIN)/python -m ecops sample
	@echo "ecops: http://127.0.0.1:$(PORT)"
ifeq ($(WORKERS),1)
	@$(BIN)/python -m streamlit run serve.py --server.port $(PORT) --server.address 127.0.0.1
else
	@$(BIN)/python -m tools.workers $(WORKERS) --port $(PORT)
endif

# Hundreds of tests start a Python of their own, which would compile the house each time where this is set.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev ## run every test, the browser ones too where a chromium can be had
	@sh tools/browser.sh
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev ## lint, format, types, and that docs/rows.md is fresh
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/python -m tools.rows --check
	@$(BIN)/mypy

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff check --fix --quiet $(SOURCES) || true
	@$(BIN)/ruff format $(SOURCES)

e2e: $(VENV)/.dev ## run only the browser tests
	@sh tools/browser.sh
	@$(BIN)/python -m pytest -q tests/e2e

bench: $(VENV)/.dev ## speed against peers and the physical limit, side by side (minutes)
	@sh tools/peers.sh "$(PYTHON)" "$(PEERS)" benchmarks/peers.txt
	@for file in benchmarks/*.py; do \
		echo "== $$file"; ECOPS_PEERS=$(PEERS)/bin/python PYTHONPATH=. $(BIN)/python $$file || exit 1; done

mutate: $(VENV)/.dev ## change single lines of the methods and see that tests notice (an hour; ARGS="statistics --each 2")
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check cosmic-ray==8.7.0 coverage==7.17.5
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tools.mutate $(ARGS)

sample: $(VENV)/.run ## write the sample shop anew and load it into ./workspace
	@$(BIN)/python -m sample_data.generate
	@$(BIN)/python -m ecops sample

docs: $(VENV)/.dev ## write the generated pages under docs/ anew
	@$(BIN)/python -m tools.write_docs
	@$(BIN)/python -m tools.rows > /dev/null

clean: ## remove the virtual environment and caches
	@rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .hypothesis
