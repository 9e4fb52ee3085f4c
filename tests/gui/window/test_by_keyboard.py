"""Ways through the window without a mouse: to samples of one's own, into a lesson, from the pick to the export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.exports.base import Order
from metagen_gui.gui.export.dialog import ExportDialog
from metagen_gui.gui.playground.page import Page
from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.teaching.telling import TellingDialog
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go


class Windows(QObject):
    """Notes every window that is shown, for however short a time."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: set[str] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.add(f"{type(watched).__name__} {watched.objectName()}")
        return False


@pytest.fixture
def windows(qapp: QApplication) -> Iterator[Windows]:
    made = Windows()
    qapp.installEventFilter(made)
    yield made
    qapp.removeEventFilter(made)


Key, Held = Qt.Key, Qt.KeyboardModifier
MOST_TABS = 80


def focus(window: QWidget) -> QWidget:
    widget = window.focusWidget()  # not the program's: without a screen a window is not always the active one
    assert widget is not None, "the keyboard leads nowhere"
    return widget


def tab_to(qtbot: QtBot, wanted: QWidget) -> None:
    window, met = wanted.window(), []
    for _ in range(MOST_TABS):
        if focus(window) is wanted:
            return
        met.append(focus(window).objectName() or focus(window).accessibleName())
        qtbot.keyClick(focus(window), Key.Key_Tab)
    raise AssertionError(f"{wanted.objectName() or wanted.accessibleName()} is not reached by Tab: {met}")


def show(qtbot: QtBot, window: MainWindow) -> None:
    """Show a window, until a run could begin."""
    qtbot.addWidget(window, before_close_func=letting_go(qtbot))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.controller.state is RunState.IDLE)


def open_playground(qtbot: QtBot, window: MainWindow) -> Page:
    """Open the playground by its shortcut, until a model is open in it."""
    window.panel.setFocus()
    qtbot.keyClick(focus(window), Key.Key_P, Held.ControlModifier)
    tool = window.tools.by_name["playground"]
    assert isinstance(tool, Playground)
    qtbot.waitUntil(lambda: tool.page is not None and tool.page.ready is not None)
    page = tool.page
    assert page is not None
    return page


def test_a_character_is_drawn_adapted_to_and_an_outer_step_gone_through_by_keys_alone(
    qtbot: QtBot, tmp_path: Path, windows: Windows
) -> None:
    window = MainWindow(WindowSettings(tmp_path / "window.ini"))
    show(qtbot, window)
    page = open_playground(qtbot, window)
    pad = page.hand.pad
    tab_to(qtbot, pad)
    for key in (Key.Key_Space, *[Key.Key_Down] * 6, *[Key.Key_Right] * 6, Key.Key_Space):
        qtbot.keyClick(pad, key)
    qtbot.waitUntil(lambda: page.wall.arms["learned"].shown is not None)
    slider = page.steps.slider
    qtbot.waitUntil(lambda: slider.maximum() > 0)
    last = slider.value()
    tab_to(qtbot, slider)
    qtbot.keyClick(slider, Key.Key_Home)
    assert slider.value() == 0 < last

    qtbot.keyClick(focus(window), Key.Key_M, Held.ControlModifier)
    slow = window.tools.by_name["slow_motion"]
    assert isinstance(slow, SlowMotionTool)
    qtbot.waitUntil(lambda: slow.contents is not None and slow.contents.isVisible())
    steps = slow.step_page
    qtbot.waitUntil(lambda: steps.isVisible() and steps.inner_button.isEnabled())
    tab_to(qtbot, steps.inner_button)
    before = steps.view.title.text()
    qtbot.keyClick(steps.inner_button, Key.Key_Space)
    qtbot.waitUntil(lambda: steps.view.title.text() not in (before, ""))
    for name in window.tools.by_name:
        window.layouts.bring(name)
    assert windows.shown == {"MainWindow main_window"}, "something was a window before it had its place"


def popup(qtbot: QtBot) -> QMenu:
    """Return the menu that is open."""
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


def through_menus(qtbot: QtBot, window: QWidget, *keys: Qt.Key) -> None:
    """Open the menu of the first key by Alt, and go on by the letters that are underlined in it."""
    qtbot.keyClick(focus(window), keys[0], Held.AltModifier)
    for key in keys[1:]:
        qtbot.keyClick(popup(qtbot), key)


def test_a_lesson_is_copied_and_comes_back_by_the_letters_of_the_menus(qtbot: QtBot, tmp_path: Path) -> None:
    training = FakeTraining(tmp_path / "runs")
    window = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    show(qtbot, window)
    page = open_playground(qtbot, window)
    tab_to(qtbot, page.hand.pad)
    for key in (Key.Key_Space, *[Key.Key_Down] * 4, Key.Key_Space):
        qtbot.keyClick(page.hand.pad, key)
    drawn = page.hand.support()

    def tell() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, TellingDialog) or dialog.focusWidget() is None:
            QTimer.singleShot(50, tell)
            return
        qtbot.keyClicks(focus(dialog), "One")
        qtbot.keyClick(focus(dialog), Key.Key_Return)

    QTimer.singleShot(50, tell)
    through_menus(qtbot, window, Key.Key_F, Key.Key_L, Key.Key_C)
    assert "Copied" in window.banner.text()
    window.activateWindow()  # which a desktop does when a dialog closes
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(focus(window), Key.Key_N, Held.ControlModifier)
    tab_to(qtbot, page.hand.pad)
    qtbot.keyClick(page.hand.pad, Key.Key_Z, Held.ControlModifier)
    assert page.hand.support() is None and drawn is not None
    through_menus(qtbot, window, Key.Key_F, Key.Key_L, Key.Key_N)
    qtbot.waitUntil(lambda: page.hand.support() is not None)
    assert (page.hand.support() == drawn).all() and "One" in window.banner.text()


def test_from_the_pick_to_the_export_by_keys_alone(qtbot: QtBot, tmp_path: Path) -> None:
    written: list[Path] = []

    def export(order: Order, hears: object) -> object:
        written.append(order.to)
        return SimpleNamespace(folder=order.to, code="import metagen_gui\n", summary="Written.")

    training = FakeTraining(tmp_path / "runs", pause=0.002)
    window = MainWindow(
        WindowSettings(tmp_path / "window.ini"),
        lambda: engine(training, tmp_path / "runs", export=export),
    )
    show(qtbot, window)
    qtbot.keyClick(window, Key.Key_F, Held.ControlModifier)
    picker = window.panel.column.pickers["algorithm"].combo
    tab_to(qtbot, picker)
    before = picker.currentData()
    qtbot.keyClick(picker, Key.Key_Down)
    chosen = picker.currentData()
    assert chosen != before
    qtbot.keyClick(focus(window), Key.Key_R, Held.ControlModifier)
    qtbot.waitUntil(lambda: window.controller.progress.meta_step > 3)
    assert training.experiments[0].algorithm == chosen
    qtbot.keyClick(focus(window), Key.Key_F5, Held.ShiftModifier)
    qtbot.waitUntil(lambda: window.controller.state is RunState.DONE)
    qtbot.keyClick(focus(window), Key.Key_E, Held.ControlModifier)
    (dialog,) = window.findChildren(ExportDialog)
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None)
    button = next(each for each in dialog.findChildren(QPushButton) if each.isDefault())
    tab_to(qtbot, button)
    qtbot.keyClick(button, Key.Key_Space)
    qtbot.waitUntil(lambda: bool(written) and not dialog.busy)
    assert len(written) == 1
