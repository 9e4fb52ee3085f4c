# make run     set everything up and open the window; with no display, train the default experiment
# make test    set everything up and run every check
# make test-quick   the checks that find most faults soonest: style, types, arrows, what plugins promise
# make test-every   what `make test` runs, and in it every algorithm with every model
# make translations   gather every text into resources/translations, and tell which are not translated
# make bundle  the programs to install: a folder that needs no Python, a tarball, a Debian package
# make docs    build the documentation: build/docs/index.html, pages that open from the disk
# make views   draw every view of the window in every language, light and dark, at 100 and 200 %, to be looked at
# make pictures  draw the documentation's pictures anew, by the program itself; minutes
# make icons   draw the icon's PNG files from its SVG
# make clean   remove what the others made

BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE # tests start a hundred processes: what they import is compiled once

.PHONY: help run bundle test test-quick test-every translations docs pictures views icons clean
help:
	@sed -n 's/^# //p' Makefile

run: .venv/.ready
ifeq ($(shell uname -s)$(DISPLAY)$(WAYLAND_DISPLAY),Linux)
	@echo "There is no display, so the default experiment is trained here instead of in the window."
	$(BIN)/metagen train
else
	@packaging/system_libraries.sh window
	$(BIN)/metagen-gui
endif

test: .venv/.ready-dev
	@packaging/system_libraries.sh tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# What plugins promise, closed forms, settings, health and forms: most of what breaks, in a small part of the time.
QUICK := tests/engine/models/test_model_contract.py tests/engine/tasks/test_task_family_contract.py \
	tests/engine/learning/test_closed_forms.py tests/engine/settings tests/engine/health tests/engine/metrics/test_modes_and_classes.py \
	tests/gui/run/health tests/gui/form

test-quick: .venv/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(QUICK)

# Every algorithm with every model in every test; `make test` takes diagonals of that table.
test-every: export METAGEN_EVERY = 1
test-every: test

translations: .venv/.ready
	QT_QPA_PLATFORM=offscreen $(BIN)/python packaging/translations.py

bundle: docs .venv/.ready-packaging
	packaging/make_bundle.sh

docs: .venv/.ready-docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --doctree-dir build/doctrees docs build/docs
	@echo "The documentation is build/docs/index.html"

pictures: .venv/.ready
	$(BIN)/python docs/make_pictures.py

views: .venv/.ready
	$(BIN)/python docs/make_views.py

icons: .venv/.ready
	QT_QPA_PLATFORM=offscreen $(BIN)/python packaging/draw_icons.py

clean:
	rm -rf .venv build dist docs/reference .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A stamp is as new as the last installation; a changed pyproject.toml asks for another one.
.venv/.ready: pyproject.toml packaging/set_up.sh
	@packaging/set_up.sh

.venv/.ready-dev: pyproject.toml packaging/set_up.sh
	@packaging/set_up.sh dev

.venv/.ready-packaging: pyproject.toml packaging/set_up.sh
	@packaging/set_up.sh packaging

.venv/.ready-docs: pyproject.toml packaging/set_up.sh
	@packaging/set_up.sh docs
