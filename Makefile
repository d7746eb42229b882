# One command each. Everything that is needed is installed first: into .venv, by hash, once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo up down clean lint ruff types layers migrations audit test test-slow sim processes bench docs pictures requirements

PYTHON ?= python3
RUN := .venv/bin/python

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

install: ## .venv with everything that requirements/dev.txt names
	@$(PYTHON) devservices/install.py

demo: install ## the main job from end to end against both simulators; exit code 0 only if all is as it should be
	@$(RUN) -m demo run

up: install ## everything, the web pages included, with the demo customer, until Ctrl-C
	@exec $(RUN) -m demo up

down: ## stop whatever make started
	@test ! -x $(RUN) || $(RUN) -m demo down

clean: down ## stop it, and remove everything that make made: data, environment, caches
	@test ! -x $(RUN) || $(RUN) -m devservices forget
	rm -rf .venv .install.lock .state .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles

lint: install ## ruff, mypy, the layers, missing and unsafe migrations
	@$(MAKE) --no-print-directory ruff types layers migrations

ruff:
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types:
	$(RUN) -m mypy .

layers:
	.venv/bin/lint-imports

migrations:
	@$(RUN) -m devservices up --instance tests >/dev/null
	DEVSERVICES_INSTANCE=tests $(RUN) manage.py makemigrations --check --dry-run
	@DEVSERVICES_INSTANCE=tests $(RUN) -m tests.migration_linter

audit: install ## licences, a bill of materials, known vulnerabilities of what the product is made of; error 3: nobody could be asked
	$(RUN) -m devservices.supply_chain

test: lint ## lint, then every test but the slow ones, in two processes
	$(RUN) -m pytest -n 2
	@$(RUN) -m devservices down --instance tests --if-idle >/dev/null

test-slow: install ## the tests that start whole processes and kill them
	$(RUN) -m pytest -m slow
	@$(RUN) -m devservices down --instance tests --if-idle >/dev/null

sim: install ## the fault campaign: seeded histories; SEED=1000 HISTORIES=400 for a range of one's own, RESULTS=FILE keeps it
	$(RUN) -m tests.faults.campaign --seed $${SEED:-1} --histories $${HISTORIES:-200} --processes $${PROCESSES:-2} \
		$(if $(RESULTS),--results $(RESULTS))
	@$(RUN) -m devservices down --instance tests --if-idle

processes: install ## real processes killed and stopped during 5,000 records, ten seeds, an hour; SEEDS="3 4" RECORDS=500 for others
	@for seed in $${SEEDS:-1 2 3 4 5 6 7 8 9 10}; do \
		$(RUN) -m tests.faults.processes --seed $$seed --records $${RECORDS:-5000} $(if $(RESULTS),--results $(RESULTS)) || exit 1; done

bench: install ## what the product costs, against a bare loop in the same run; ASK="orders idle" for some, ASK=--all for all, RESULTS=FILE of make sim
	RESULTS=$(RESULTS) $(RUN) -m bench $(ASK)
	@$(RUN) -m devservices down --instance bench --if-idle

docs: install ## the documentation site in .state/site, with a reference made from the code; any warning is an error
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --quiet

pictures: install ## the documentation's pictures, taken anew by the tests in a browser; look at them before you commit them
	PICTURES=write $(RUN) -m pytest -m slow tests/portal/test_journey.py tests/support/test_in_a_browser.py
	@$(RUN) -m devservices down --instance tests --if-idle >/dev/null

requirements: ## write requirements/*.txt anew from pyproject.toml (needs uv)
	uv pip compile -q pyproject.toml --extra embedded --extra sentry --extra dev $(LOCK) -o requirements/dev.txt
	uv pip compile -q pyproject.toml --extra sentry $(LOCK) -c requirements/dev.txt -o requirements/production.txt

LOCK := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header
