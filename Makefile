# All that a fresh machine needs is make and Python 3.11 or later.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
SERVING := $(VENV)/.serving
READY := $(VENV)/.ready
BROWSER := $(VENV)/.browser
STRANGERS := $(VENV)/.foreign
SITE := $(VENV)/.docs
FOREIGN := benchmarks/foreign/node_modules/.ready
UNMODIFIED := tests/support/unmodified/node_modules/.ready
PEERS := benchmarks/peers/node_modules/.ready
NODE := clients/node/tests/node_modules/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

export ARTIFACTS ?= artifacts
export CHROMIUM ?= chromium
# The tests start hundreds of Pythons: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test newest browser torture mutants client-mutants foreign check docs screenshots tutorial bench dist clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Options go into ARGS: make serve ARGS="--port 9000". PYTHON and VENV choose the interpreter and its environment.'

serve: $(SERVING) ## run the fake on http://127.0.0.1:8080
	@exec $(BIN)/mockserver serve $(ARGS)

# worksteal: neighbours stay on one worker, so a fixture shared by a module is made once; the tail is shared out.
# Three workers keep two cores busy: a third of their time goes by in waiting for sockets and other processes.
test: $(READY) ## run our own tests
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

# An environment of its own within the other, so that both are removed as one.
newest: ## run the first and the last case of each of our tests on the newest Python at hand
	@python=$$(.ci/newest) && $(MAKE) --no-print-directory test PYTHON="$$python" VENV=$(VENV)/newest ARGS="-n 2 --most-cases 2 $(ARGS)"

# The browser is the machine's own; where there is none, Debian's is installed if we may.
browser: $(BROWSER) docs ## try the dashboard and the site of the documentation in Chromium; screenshots go to ARTIFACTS
	@command -v $(CHROMIUM) >/dev/null \
	  || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } \
	  || { echo 'Install chromium, or name a browser of its kind: make browser CHROMIUM=google-chrome' >&2; exit 1; }
	$(BIN)/python -m pytest -m browser tests/browser $(ARGS)

# Node and curl are the machine's own; jq, Redis, nginx and Go are Debian's where they are missing and we may install them.
torture: $(STRANGERS) ## examples/, replicas, stores and workers to destruction, every reading, CONTRIBUTING, foreign; takes minutes
	@.ci/programs jq redis-server nginx golang-go iproute2 \
	  || echo 'Without jq, redis-server, nginx, Go and ip, what needs them is left out' >&2
	@$(MAKE) --no-print-directory $(NODE) || echo 'npm failed: Vitest and tsc are left out' >&2
	@$(MAKE) --no-print-directory $(FOREIGN) || echo 'There is no Prism: the foreign server is left out' >&2
	@$(MAKE) --no-print-directory $(UNMODIFIED) || echo 'There is no axios: its clients are left out' >&2
	$(BIN)/python -m pytest -m 'torture or drawn' --hypothesis-profile deep -n 4 --dist worksteal $(ARGS)

mutants: $(READY) ## count the wrong servers that the kit catches, and what it finds in the right one
	$(BIN)/python -m tests.mutants.servers $(ARGS)

client-mutants: $(READY) ## count the broken clients that the kit catches
	$(BIN)/python -m tests.mutants.clients $(ARGS)

foreign: $(READY) $(FOREIGN) ## judge a server that is not ours: Prism, with our description and no state; takes minutes
	@exec $(BIN)/python -m benchmarks.foreign $(ARGS)

check: $(READY) ## lint, formatting, types, floors and packaging
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/repository/test_floors.py tests/repository/test_packaging.py

# A warning is an error: each link within the repository leads somewhere, to the heading that it names.
docs: $(SITE) ## build the site of the documentation into ARTIFACTS/docs
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --nitpicky \
	  -c docs -d $(ARTIFACTS)/docs/.doctrees . $(ARTIFACTS)/docs
	@echo 'The site begins at $(ARTIFACTS)/docs/index.html'

screenshots: $(BROWSER) ## take the pictures in docs/images anew, from the browser's tests
	$(BIN)/python -m pytest -q -m browser tests/browser/test_looks.py
	$(BIN)/python -m docs.building.pictures

tutorial: $(READY) ## follow docs/tutorial.md word for word in a fresh clone, as on an empty machine; takes minutes
	$(BIN)/python -m tests.support.pages "$(CURDIR)" docs/tutorial.md

# Node and Java are the machine's own; redis-server is Debian's or the machine's. What is missing is left out and named.
bench: $(READY) ## measure, beside floors and other mocks measured in the same run; takes minutes
	@$(MAKE) --no-print-directory --keep-going $(FOREIGN) $(PEERS) || echo 'npm failed: some other mocks are left out' >&2
	@exec $(BIN)/python -m benchmarks $(ARGS)

dist: $(READY) ## build the wheel and the source archive into dist/
	@echo 'Building the wheel and the source archive'
	@rm -rf dist
	@$(BIN)/python -m build --quiet --no-isolation --outdir dist
	@echo "It installs without a clone: pip install '$$(ls dist/*.whl)[kit]'"

clean: ## remove the environment, the builds and the caches
	rm -rf .venv artifacts dist .hypothesis .mypy_cache .pytest_cache .ruff_cache benchmarks/*/node_modules clients/*/tests/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment, and a stamp for each use of it: whoever only serves waits for no linters. It is made again only when
# pyproject.toml has changed. The stamp comes last, so that an installation that was cut short is not taken for a whole one.
$(SERVING): EXTRAS :=
$(SERVING): WHAT := what serving needs: 230 MB
$(READY): EXTRAS := [kit,redis,dev]
$(READY): WHAT := what serving and testing need: 470 MB
$(SERVING) $(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo 'There is no $(PYTHON). Install Python 3.11 or later, or name one: make PYTHON=/path/to/python' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mockserver needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ": try make PYTHON=python3.11")'
	@echo 'Making an environment in $(VENV), once'
	@$(PYTHON) -m venv $(VENV)
	@echo 'Installing $(WHAT); this takes about a minute'
	@$(PIP) '.$(EXTRAS)'
	@touch $(SERVING) $@

$(BROWSER): $(READY)
	@echo 'Installing what drives a browser'
	@$(PIP) '.[browser]'
	@touch $@

$(SITE): $(READY)
	@echo 'Installing what makes a site of the docs'
	@$(PIP) '.[docs]'
	@touch $@

$(STRANGERS): $(READY)
	@echo 'Installing what others test servers and make clients with'
	@$(PIP) '.[foreign]'
	@touch $@

# Node is the machine's own. There is no lock file: the major and the minor version are in package.json.
$(FOREIGN) $(PEERS) $(NODE) $(UNMODIFIED): %/node_modules/.ready: %/package.json
	@cd $(<D) && npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@
