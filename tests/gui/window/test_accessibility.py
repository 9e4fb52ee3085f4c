from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.export.dialog import ExportDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.teaching.pages.window import PagesWindow
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    made = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(FakeTraining(tmp_path), tmp_path))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.controller.state is RunState.IDLE)
    made.wait()
    return made


def reached_by_keyboard(whole: QWidget) -> list[QWidget]:
    """Every widget that Tab can come to, but for those that scroll and those that hand the focus on to another."""

    def counts(widget: QWidget) -> bool:
        hands_on = widget.focusProxy() is not None or isinstance(widget, QScrollArea)
        return not hands_on and widget.window() is whole and widget.isVisibleTo(whole) and takes_tab(widget)

    return [widget for widget in whole.findChildren(QWidget) if counts(widget)]


def takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def nameless(whole: QWidget) -> list[str]:
    """Those that a screen reader has no words for: no accessible name, no buddy, no text."""
    found = []
    for widget in reached_by_keyboard(whole):
        spoken = QAccessible.queryAccessibleInterface(widget)
        # a bar of tabs is called what its tab is, and nothing while it has none
        if spoken is None or not (spoken.text(QAccessible.Text.Name).strip() or widget.accessibleName()):
            found.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    return found


@pytest.mark.parametrize("tasks", ["strokes", "densities", "images"])
@pytest.mark.parametrize("model", ["vae", "gan"])
def test_every_control_of_the_window_has_a_name(window: MainWindow, tasks: str, model: str) -> None:
    window.panel.set_experiment(Experiment(tasks=tasks, model=model))
    window.panel.column.set_expert(True)
    assert len(reached_by_keyboard(window)) > 60
    assert nameless(window) == []


def test_every_control_of_the_export_dialog_has_a_name(window: MainWindow) -> None:
    window.export.open()
    (dialog,) = window.findChildren(ExportDialog)
    assert len(reached_by_keyboard(dialog)) > 12
    assert nameless(dialog) == []


def test_every_control_that_explains_has_a_name(window: MainWindow) -> None:
    window.tour.begin()
    assert window.tour.bubble.next in reached_by_keyboard(window) and nameless(window) == []
    window.tour.end()
    window.teaching.explain("algorithm.inner_lr")
    assert len(reached_by_keyboard(window.teaching.explanation)) == 2
    assert nameless(window.teaching.explanation) == []
    window.teaching.explanation.close()
    window.teaching.open_pages()
    (pages,) = window.findChildren(PagesWindow)
    pages.picture.stop()
    reached = {widget.objectName() for widget in reached_by_keyboard(pages)}
    assert {"pages_list", "page_text", "picture_again"} <= reached
    assert nameless(pages) == []


def tabbed_through(qtbot: QtBot, start: QWidget) -> list[QWidget]:
    """Where the focus goes from `start` by Tab alone, until it is back."""
    start.setFocus()
    seen = [start]
    while len(seen) < 300:
        qtbot.keyClick(seen[-1], Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in seen:
            assert focused is start, f"Tab leads back to {focused.objectName()}"
            return seen
        seen.append(focused)
    raise AssertionError("Tab never comes back")


def test_tab_reaches_everything_and_goes_down_the_form(qtbot: QtBot, window: MainWindow) -> None:
    column = window.panel.column
    window.panel.set_experiment(Experiment(tasks="densities", model="gan", algorithm="reptile"))
    window.panel.column.set_expert(True)
    window.panel.set_experiment(Experiment(tasks="images"))
    column.search_bar.line.setFocus()
    seen = tabbed_through(qtbot, column.search_bar.line)
    wanted: list[QWidget] = [column.search_bar.line, column.search_bar.expert]
    for name, section in column.sections.items():
        picker = column.pickers.get(name)
        wanted += [section.arrow, *([picker.combo, picker.explain] if picker else [])]
        stops = [stop for stop in column.forms[name].stops() if takes_tab(stop)]
        wanted += [stop for stop in stops if stop.isEnabled() and stop.isVisibleTo(window)]
    assert seen[: len(wanted)] == wanted
    assert {"start_button", "device_picker", "presets_button"} <= {widget.objectName() for widget in seen}
