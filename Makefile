# Two commands do everything on a fresh machine with Python 3.11+ (with venv) and make:
#   make book    install, execute the notebooks, build the HTML book
#   make test    install, run all tests, every notebook included

PYTHON  ?= python3
VENV    ?= .venv
BIN     := $(VENV)/bin
RUN     := $(BIN)/python
READY   := $(VENV)/.ready
CHAPTER ?=
# Markdown opens as a notebook here, without touching the user's own settings.
LABSET  := JUPYTER_CONFIG_DIR=$(CURDIR)/$(VENV)/jupyter
SOLUTIONS ?= 1
export SOLUTIONS

.PHONY: book test pdf lab bench refs pages supplement lint lock clean help

help:
	@sed -n '1,4p' Makefile
	@echo "others: pdf lab bench refs pages supplement lint lock clean"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) book/_tools/environment.py
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

book: $(READY)
	$(RUN) book/_tools/build.py html

# One call of pytest: unit tests, checks of the book's sources, and nbval on every notebook.
test: $(READY)
	$(RUN) -m pytest

pdf: $(READY)
	$(RUN) book/_tools/build.py pdf

lab: $(READY)
	@$(RUN) -c "import jupyterlab" 2>/dev/null || \
	  $(RUN) -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[lab]"
	$(LABSET) $(RUN) -m jupytext_config set-default-viewer
	$(LABSET) $(RUN) -m jupyter lab book

bench: $(READY)
	$(RUN) tests/benchmarks/run.py

# Execute every notebook anew and store what the tests compare with.
refs: $(READY)
	$(RUN) book/_tools/build.py refs

# The ledger, misprint and API pages, made from their data.
pages: $(READY)
	$(RUN) book/_tools/build.py pages

# One zip with everything a journal asks for; CHAPTER=aleiner2001 for one chapter.
supplement: $(READY)
	$(RUN) book/_tools/supplement.py $(CHAPTER)

lint: $(READY)
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) book/_tools/prose.py

lock: $(READY)
	$(RUN) -m pip install --quiet uv
	$(RUN) -m uv pip compile --quiet --universal --no-header --python-version 3.11 requirements.txt -o requirements.lock

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
