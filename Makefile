# Bootstrap only: makes .venv from requirements.lock, then hands over to inv and nox, which know the rest.

VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
N := 1000

# uv then trusts the certificates that the system trusts, as pip does.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help environment demo test bench soak lock clean interpreter

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: environment ## Run the main job on the embedded homelab
	@$(BIN)/inv sandbox.demo

test: environment ## Run everything that CI runs: lint, typecheck, tests, integration
	@$(BIN)/nox --sessions lint typecheck tests integration

bench: environment ## Measure what the README claims
	@$(BIN)/nox --sessions bench

soak: environment ## Try the properties on many examples (make soak N=1000)
	@$(BIN)/nox --sessions soak -- $(N)

lock: environment ## Bring requirements.lock up to date, with what is at least 7 days old
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
	  --upgrade --exclude-newer '7 days' --custom-compile-command 'make lock' --quiet --output-file requirements.lock

clean: ## Remove the environments and caches
	rm -rf .venv .nox .cache .hypothesis build dist

environment: $(VENV)/.compiled ## Make or refresh .venv: the package, editable, with every extra and tool

# inv never writes bytecode (it sets sys.dont_write_bytecode), so what is not compiled here is compiled at each run.
$(VENV)/.compiled: $(VENV)/.installed $(shell find homelab_tasks -name '*.py')
	@$(BIN)/python -m compileall -q homelab_tasks
	@touch $@

# uv reads no configuration of pip's: where it finds no registry, pip installs the same.
$(VENV)/.installed: requirements.lock pyproject.toml $(shell [ -x $(BIN)/python ] || echo interpreter)
	@echo "installing requirements.lock into $(VENV)"
	@awk '/^[a-z]/ { inside = /^uv==/ } inside' requirements.lock > $(VENV)/uv.txt
	@$(PIP) --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock \
	  || $(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

# Asked for where there is none yet, or where the Python that .venv links to has gone.
interpreter:
	@for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
	  "$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'found no Python >= 3.11 with its venv module; name one: make PYTHON=/path/to/python3 environment' >&2; exit 2; \
	fi; \
	echo "making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
