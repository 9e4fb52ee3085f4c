from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.tasks.images import ImagesSettings
from metagen_gui.gui.experiment.images.page import ImportPage
from metagen_gui.gui.experiment.panel import ExperimentPanel

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)")


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[ImagesSettings]:
    """What pages were asked to look at."""
    asked: list[ImagesSettings] = []
    monkeypatch.setattr(ImportPage, "look", lambda page, settings: asked.append(settings))
    return asked


@pytest.fixture
def panel(qtbot: QtBot, looked: list[ImagesSettings]) -> ExperimentPanel:
    made = ExperimentPanel()
    qtbot.addWidget(made)
    made.set_experiment(Experiment(tasks="images"))
    made.resize(320, 700)
    made.show()
    return made


def buttons(panel: QWidget) -> list[QPushButton]:
    return [button for button in panel.findChildren(QPushButton, "look_at_images") if button.isVisible()]


def click(qtbot: QtBot, panel: ExperimentPanel) -> None:
    (button,) = buttons(panel)
    qtbot.waitUntil(lambda: not button.visibleRegion().isEmpty())  # the layout gives it its place a moment later
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_page_gets_the_settings_as_they_stand(
    qtbot: QtBot, panel: ExperimentPanel, looked: list[ImagesSettings], tmp_path: Path
) -> None:
    row = panel.column.row("tasks.path")
    assert row is not None
    row.editor.field.setFocus()
    qtbot.keyClicks(row.editor.field, str(tmp_path))  # and no Enter
    panel.column.edited.emit("tasks.size", "64")
    click(qtbot, panel)
    assert [(settings.path, settings.size) for settings in looked] == [(str(tmp_path), 64)]
    click(qtbot, panel)
    assert len(looked) == 2 and len(panel.findChildren(ImportPage)) == 1


def test_without_a_path_the_row_says_what_is_missing(
    qtbot: QtBot, panel: ExperimentPanel, looked: list[ImagesSettings]
) -> None:
    click(qtbot, panel)
    row = panel.column.row("tasks.path")
    assert row is not None and row.message.text() == "Choose a folder or zip of images first."
    assert looked == [] and not panel.findChildren(ImportPage)


def test_it_is_offered_for_images_only_and_once(qtbot: QtBot, panel: ExperimentPanel) -> None:
    assert len(buttons(panel)) == 1
    panel.column.edited.emit("tasks.size", "64")
    panel.column.edited.emit("tasks.name", "strokes")
    assert buttons(panel) == []
    panel.undo_stack.undo()
    qtbot.waitUntil(lambda: len(buttons(panel)) == 1)  # the layout shows it a moment later
    panel.set_experiment(Experiment(tasks="images"))
    qtbot.wait(20)
    assert len(buttons(panel)) == 1


def test_it_can_be_pressed_while_a_run_goes_on(
    qtbot: QtBot, panel: ExperimentPanel, looked: list[ImagesSettings]
) -> None:
    panel.set_experiment(Experiment(tasks="images").with_value("tasks.path", "/somewhere"))
    panel.set_running(True)
    click(qtbot, panel)
    assert len(looked) == 1


def test_tab_comes_to_it_after_the_row(panel: ExperimentPanel) -> None:
    row = panel.column.row("tasks.path")
    assert row is not None
    assert row.stops()[-1] is buttons(panel)[0]
    assert row.reset_button.nextInFocusChain() is buttons(panel)[0]


def test_the_form_is_no_wider_for_it(panel: ExperimentPanel) -> None:
    page = panel.column._scroll
    assert page.widget().width() <= page.viewport().width()
    row = panel.column.row("tasks.path")
    assert row is not None and row.minimumSizeHint().width() <= row.width()
