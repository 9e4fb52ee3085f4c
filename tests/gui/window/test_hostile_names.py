"""Everything that comes from outside goes by a name that is markup: no part of the window may take it for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import (
    ClaimsAdvanced,
    ClaimsFinished,
    ClaimsNotice,
    ClaimsStarted,
)
from metagen_gui.engine.claims.examination.kept_tests import examine_alone
from metagen_gui.engine.events import Alarm, Notice, SettingChanged
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.packages import Foreign
from metagen_gui.engine.settings.registry import Problem
from metagen_gui.engine.tasks.images import ImagesSettings
from metagen_gui.gui.claims.controller import ClaimsController
from metagen_gui.gui.claims.dialog import ClaimsDialog
from metagen_gui.gui.experiment.images.page import ImportPage
from metagen_gui.gui.export.dialog import ExportDialog
from metagen_gui.gui.library.thrown import TrashDialog
from metagen_gui.gui.program.fault_dialog import FaultDialog
from metagen_gui.gui.program.packages_dialog import PackagesDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.queue.here import train_here
from tests.gui.claims_stand_ins import FakeExamine, run_controller, small_plan, tiny
from tests.gui.stand_ins import FakeTraining, engine, letting_go, snapshot
from tests.kept_runs import keep_run

NAME = '<img src="x">'
FILE = "<img src='x'>"
"""A name that a folder can have."""


def texts(root: QWidget) -> Iterator[tuple[QObject, str]]:
    """Iterate over what Qt would render as rich text if it looked like it: of every widget, action and cell."""
    for widget in (root, *root.findChildren(QWidget)):
        yield widget, widget.toolTip()
        yield widget, widget.whatsThis()
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield widget, widget.text()
        if isinstance(widget, QTextEdit):
            yield widget, widget.toHtml().replace("<!DOCTYPE", "")
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            yield from ((widget, text) for text in tips(widget.model()))
    for action in root.findChildren(QAction):
        yield action, action.toolTip()


def tips(model: QAbstractItemModel) -> Iterator[str]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for column in range(columns):
        for row in range(model.rowCount()):
            yield str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "")
        yield str(model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) or "")


def assert_plain(*roots: QWidget) -> None:
    shown = [(type(where).__name__, where.objectName(), text) for root in roots for where, text in texts(root)]
    assert not [each for each in shown if "<img" in each[2].lower()]


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    training = FakeTraining(tmp_path / "runs")
    for name in (FILE, "other"):
        keep_run(tmp_path / "runs", name, state="failed", problem=NAME, parent=f"{NAME}@3")
    problem = Problem("model", NAME, NAME, NAME, NAME)
    made = MainWindow(
        WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs", problems=[problem])
    )
    qtbot.addWidget(made, before_close_func=letting_go(qtbot))
    made.show()
    qtbot.waitUntil(lambda: made.controller.state is not RunState.LOADING)
    return made


def test_names_of_runs_files_classes_and_notes_are_text(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / f"{FILE}.json"
    file.write_text(window.panel.experiment().to_json(), "utf-8")
    window.files.open(file)
    window.files.problem_found.emit(NAME)
    assert NAME in window.banner.text()
    window._show_runs()
    library, runs = window.controller.engine.library, window.runs_panel  # type: ignore[union-attr]
    library.rename(tmp_path / "runs" / FILE, NAME)
    library.set_note(tmp_path / "runs" / FILE, NAME)
    window.runs.listing.refresh()
    qtbot.waitUntil(lambda: any(entry.note == NAME for entry in runs.model.entries()))
    runs.table.selectAll()
    runs.actions_by_name["compare"].setChecked(True)
    qtbot.waitUntil(lambda: len(runs.comparison.plot._runs) == 2)
    window.panels.samples.reset(10)
    window.panels.samples.add_snapshot(replace(snapshot(1), names=(NAME, NAME)))
    window.layouts.bring("samples")
    window.grab()  # what waits to be shown is made
    run = window.controller
    run.alarmed.emit(Alarm(3, NAME, NAME, title=NAME))
    for event in (Notice(NAME), Notice(NAME, grave=True)):
        run._hear(event)
    run.refused.emit("training.shots", NAME)
    run.refused.emit(NAME, NAME)
    run.failed.emit(NAME, NAME)
    run.setting_changed.emit(SettingChanged(1, NAME, NAME))
    window._messages.show_details()
    QApplication.processEvents()
    assert_plain(window, TrashDialog(window), FaultDialog(NAME, NAME, NAME, window))
    said = [label.text() for label in window.findChildren(QLabel) if NAME in label.text()]
    assert len(said) > 3, "they are shown, to the letter"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Images whose folder and classes go by such names, and one that cannot be read."""
    for label in range(9):
        folder = tmp_path / FILE / f"{FILE}{label}"
        folder.mkdir(parents=True)
        for number in range(6):
            values = np.random.default_rng(6 * label + number).integers(0, 255, (12, 12)).astype(np.uint8)
            Image.fromarray(values).save(folder / f"{FILE}{number}.png")
    (folder / f"{FILE}.png").write_bytes(b"none")
    return tmp_path / FILE


def test_the_page_of_the_images_takes_names_for_text(qtbot: QtBot, pictures: Path) -> None:
    page = ImportPage()
    qtbot.addWidget(page)
    page.show()
    page.look(ImagesSettings(path=str(pictures)))
    qtbot.waitUntil(lambda: not page.busy)
    assert page.skipped.rows.rows and len(page.classes.rows.rows) == 9
    for tab in range(page.tabs.count()):
        page.tabs.setCurrentIndex(tab)
        page.grab()
    assert_plain(page)
    page.look(ImagesSettings(path=str(pictures / FILE)))
    qtbot.waitUntil(lambda: not page.busy)
    assert FILE in page.said.text() and "does not exist" in page.said.text()
    assert_plain(page)


def test_the_export_dialog_takes_names_for_text(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    done = SimpleNamespace(folder=tmp_path / FILE, code=NAME, summary=NAME)
    broken = [BadInput(NAME, NAME), RuntimeError(NAME)]

    def exported(*_: object, **__: object) -> Any:
        if broken:
            raise broken.pop()
        return done

    changed = replace(window.controller.engine, export=exported)  # type: ignore[type-var]
    dialog = ExportDialog(changed, window.controller, window)
    dialog.set_run(tmp_path / "runs" / FILE)
    dialog.show()
    for _ in range(3):
        dialog.export()
        qtbot.waitUntil(lambda: not dialog.busy)
        assert NAME in dialog.outcome.said.text()
        assert_plain(dialog)
    assert dialog.outcome.code.toPlainText() == NAME


def test_the_tester_of_claims_takes_names_for_text(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))
    train_here(monkeypatch)
    plan = small_plan(tasks=2, compare_at=("equal steps",), arms=("joint", "fomaml"))
    finished = [*examine_alone(plan, tmp_path / "claims" / FILE)][-1]
    assert isinstance(finished, ClaimsFinished)
    found = finished.findings
    said = tuple(replace(one, headline=NAME, parts=(NAME,), control=NAME) for one in found.verdicts)
    found = replace(found, verdicts=said, shown=replace(found.shown, names=(NAME,) * len(found.shown.names)))
    examine, control = FakeExamine(), run_controller(tmp_path)
    claims = ClaimsController(control, examine)
    dialog = ClaimsDialog(claims, tiny, tmp_path / "claims")
    qtbot.addWidget(dialog)
    dialog.ask()
    dialog.show()
    assert_plain(dialog)
    dialog.form.show_problem(NAME, NAME)
    dialog.progress.begin(NAME)
    for event in (ClaimsStarted(tmp_path / FILE, 4, 7, 300.0), ClaimsNotice(NAME), ClaimsAdvanced(NAME, 0.5, 9.0)):
        dialog.progress.hear(event)
    dialog.pages.setCurrentWidget(dialog.progress)
    dialog.grab()
    assert_plain(dialog)
    dialog._show_failure(NAME, NAME)
    dialog._show_result(replace(finished, findings=found), 1.0)
    for tab in range(dialog.results.tabs.count()):
        dialog.results.tabs.setCurrentIndex(tab)
        dialog.grab()
    assert_plain(dialog)
    assert any(NAME in label.text() for label in dialog.results.findChildren(QLabel)), "to the letter"


def test_the_packages_that_bring_plugins_take_names_for_text(qtbot: QtBot, window: MainWindow) -> None:
    dialog = PackagesDialog([Foreign("model", NAME, NAME)], lambda names: None, window)
    dialog.show()
    window.plugins_banner._take_engine(replace(window.controller.engine, foreign=[Foreign("model", NAME, NAME)]))  # type: ignore[type-var]
    assert NAME in window.plugins_banner.text()
    assert_plain(dialog, window)


def test_the_walk_finds_what_would_be_taken_for_markup(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    for label in (QLabel(NAME, root), QLabel("x", root)):
        label.setToolTip(NAME if label.text() == "x" else "")
    with pytest.raises(AssertionError, match="QLabel"):
        assert_plain(root)
