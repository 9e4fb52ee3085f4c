"""From a first start to samples of one's own, and on into slow motion, without a mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import letting_go


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


def test_a_character_is_drawn_adapted_to_and_an_outer_step_gone_through_by_keys_alone(
    qtbot: QtBot, tmp_path: Path, windows: Windows
) -> None:
    window = MainWindow(WindowSettings(tmp_path / "window.ini"))
    qtbot.addWidget(window, before_close_func=letting_go(qtbot))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.controller.state is RunState.IDLE, timeout=60_000)
    window.panel.setFocus()

    qtbot.keyClick(focus(window), Key.Key_P, Held.ControlModifier)
    tool = window.tools.by_name["playground"]
    assert isinstance(tool, Playground)
    qtbot.waitUntil(lambda: tool.page is not None and tool.page.ready is not None, timeout=60_000)
    page = tool.page
    assert page is not None
    pad = page.hand.pad
    tab_to(qtbot, pad)
    for key in (Key.Key_Space, *[Key.Key_Down] * 6, *[Key.Key_Right] * 6, Key.Key_Space):
        qtbot.keyClick(pad, key)
    qtbot.waitUntil(lambda: page.wall.arms["learned"].shown is not None, timeout=30_000)
    slider = page.steps.slider
    qtbot.waitUntil(lambda: slider.maximum() > 0)
    last = slider.value()
    tab_to(qtbot, slider)
    qtbot.keyClick(slider, Key.Key_Home)
    assert slider.value() == 0 < last

    qtbot.keyClick(focus(window), Key.Key_M, Held.ControlModifier)
    slow = window.tools.by_name["slow_motion"]
    assert isinstance(slow, SlowMotionTool)
    qtbot.waitUntil(lambda: slow.contents is not None and slow.contents.isVisible(), timeout=30_000)
    steps = slow.step_page
    qtbot.waitUntil(lambda: steps.isVisible() and steps.inner_button.isEnabled(), timeout=60_000)
    tab_to(qtbot, steps.inner_button)
    before = steps.view.title.text()
    qtbot.keyClick(steps.inner_button, Key.Key_Space)
    qtbot.waitUntil(lambda: steps.view.title.text() not in (before, ""), timeout=60_000)
    for name in window.tools.by_name:
        window.layouts.bring(name)
    assert windows.shown == {"MainWindow main_window"}, "something was a window before it had its place"
