# Thin names over scripts/. Every target works from a fresh clone.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test check bench soak docs format clean

demo: $(VENV)/ready        ## server, broker and three simulated stations on http://127.0.0.1:8080
	@$(BIN)/python -m scripts.demo $(DEMO)

test: $(VENV)/ready system ## everything the tests need, then all tests
	@scripts/test.sh

check: $(VENV)/ready       ## formatting, lint, types, import rules, generated docs
	@scripts/check.sh

bench: $(VENV)/ready system ## the measurements of the design, as ratios of one run
	@$(BIN)/python -m bench

soak: $(VENV)/ready system ## the long fault runs
	@scripts/soak.sh

docs: $(VENV)/ready        ## what is generated in docs/
	@scripts/docs.sh

format: $(VENV)/ready
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

clean:
	rm -rf $(VENV) .demo

.PHONY: system
system:
	@scripts/system.sh

$(VENV)/ready: requirements.lock pyproject.toml
	@PYTHON=$(PYTHON) scripts/venv.sh $(VENV)
	@touch $@
