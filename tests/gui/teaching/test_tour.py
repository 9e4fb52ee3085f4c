from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.teaching.tour import SEEN, Stop
from metagen_gui.gui.window.main_window import MainWindow

FORMS: tuple[Callable[[MainWindow], None], ...] = (
    lambda window: window.layouts.wide(),
    lambda window: window.layouts.narrow(),
    lambda window: window.layouts.presenting(),
)


@pytest.fixture(autouse=True)
def playground(window: MainWindow) -> QAction:
    """A command in a menu, whether or not the window has the tool."""
    found = window.findChild(QAction, "playground_action")
    if isinstance(found, QAction):
        return found
    action = QAction("Playground", window)
    action.setObjectName("playground_action")
    window.menuBar().addMenu("Play").addAction(action)
    return action


def visible_panels(window: MainWindow) -> list[str]:
    return [name for name, dock in window.layouts.docks.items() if not dock.isHidden()]


def key(qtbot: QtBot, pressed: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    qtbot.keyClick(focused, pressed)


def stands_beside(window: MainWindow, part: QRect) -> bool:
    ring, bubble = window.tour.ring.geometry(), window.tour.bubble.geometry()
    return ring.adjusted(3, 3, -3, -3) == part and window.rect().contains(bubble)


def part_of(window: MainWindow, stop: Stop) -> QRect:
    """Where a stop's panel, button or menu is, as the window itself tells."""
    if stop.command:
        (title,) = (a for a in window.menuBar().actions() if "Play" in a.text())
        return window.menuBar().actionGeometry(title)
    part = window.layouts.docks[stop.panel] if stop.panel else window.findChild(QWidget, stop.button)
    assert isinstance(part, QWidget) and part.isVisible()
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())


@pytest.mark.parametrize("form", FORMS, ids=["wide", "narrow", "presenting"])
def test_step_by_step_by_keyboard_and_back_to_how_it_was(
    qtbot: QtBot, window: MainWindow, form: Callable[[MainWindow], None]
) -> None:
    form(window)
    before, focused = visible_panels(window), window.findChild(QWidget, "start_button")
    assert isinstance(focused, QWidget)
    focused.setFocus()
    window.tour.begin()
    stops = window.tour.stops()
    assert 5 <= len(stops) <= 7
    for number, stop in enumerate(stops, 1):
        assert window.tour.stop == stop
        assert window.tour.bubble.place.text() == f"{number} of {len(stops)}"
        assert stop.text in window.tour.bubble.accessibleName()
        qtbot.waitUntil(lambda stop=stop: stands_beside(window, part_of(window, stop)))
        assert window.tour.bubble.next.hasFocus()
        key(qtbot, Qt.Key.Key_Return)
    assert window.tour.stop is None and not window.tour.bubble.isVisible() and not window.tour.ring.isVisible()
    assert visible_panels(window) == before
    assert focused.hasFocus()


def test_arrows_go_back_and_on_and_escape_ends(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    first, second = window.tour.stops()[:2]
    key(qtbot, Qt.Key.Key_Left)
    assert window.tour.stop == first
    key(qtbot, Qt.Key.Key_Right)
    assert window.tour.stop == second
    key(qtbot, Qt.Key.Key_Left)
    assert window.tour.stop == first
    key(qtbot, Qt.Key.Key_Escape)
    assert window.tour.stop is None


def test_tab_stays_with_the_three_buttons(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    key(qtbot, Qt.Key.Key_Right)
    seen = []
    for _ in range(4):
        focused = QApplication.focusWidget()
        assert isinstance(focused, QPushButton)
        seen.append(focused.objectName())
        key(qtbot, Qt.Key.Key_Tab)
    assert seen == ["tour_next", "tour_back", "tour_skip", "tour_next"]
    window.tour.bubble.back.setFocus()
    key(qtbot, Qt.Key.Key_Return)
    assert window.tour.stop == window.tour.stops()[0]
    window.tour.bubble.skip.setFocus()
    key(qtbot, Qt.Key.Key_Return)
    assert window.tour.stop is None


def test_a_hidden_panel_is_shown_while_it_is_spoken_of(qtbot: QtBot, window: MainWindow) -> None:
    for dock in window.layouts.docks.values():
        dock.hide()
    window.tour.begin()
    for stop in window.tour.stops():
        assert visible_panels(window) == ([stop.panel] if stop.panel else [])
        window.tour.bubble.next.click()
    assert visible_panels(window) == []


def test_a_panel_that_is_closed_midway_leaves_the_bubble_in_the_window(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    qtbot.waitUntil(lambda: stands_beside(window, part_of(window, window.tour.stops()[0])))
    qtbot.wait(50)
    window.layouts.docks["experiment"].hide()
    qtbot.waitUntil(lambda: not window.tour.ring.isVisible())
    assert window.tour.bubble.isVisible() and window.rect().contains(window.tour.bubble.geometry())
    window.tour.bubble.next.click()
    qtbot.waitUntil(lambda: stands_beside(window, part_of(window, window.tour.stops()[1])))


def test_a_layout_that_is_chosen_midway_stays_as_it_is(qtbot: QtBot, window: MainWindow) -> None:
    window.layouts.presenting()
    window.tour.begin()
    assert "experiment" in visible_panels(window)
    window.layouts.narrow()
    narrow = visible_panels(window)
    window.tour.end()
    assert "experiment" in narrow and visible_panels(window) == narrow


def test_it_follows_when_the_window_is_resized(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    qtbot.waitUntil(lambda: stands_beside(window, part_of(window, window.tour.stops()[0])))
    qtbot.wait(50)  # nothing of the beginning is left to happen
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: stands_beside(window, part_of(window, window.tour.stops()[0])))


def test_the_window_closes_midway_with_its_panels_as_they_were(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.layouts.presenting()
    window.tour.begin()
    assert not window.layouts.docks["experiment"].isHidden()
    window.close()
    assert window.tour.stop is None
    assert window.layouts.docks["experiment"].isHidden()


def test_a_run_goes_on_meanwhile(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    window.starting.start()
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    for _ in window.tour.stops():
        window.tour.bubble.next.click()
    assert window.tour.stop is None and window.controller.state is RunState.RUNNING


def test_it_is_offered_once_in_a_line_that_need_not_be_answered(window: MainWindow, tmp_path: Path) -> None:
    window.tour.offer()
    assert "tour" in window.banner.text() and window.tour.stop is None
    window.banner.dismiss()
    window.tour.offer()
    assert window.banner.text() == ""
    assert WindowSettings(tmp_path / "window.ini").flag(SEEN)


def test_at_the_first_start_one_click_leads_to_the_playground(
    qtbot: QtBot, window: MainWindow, playground: QAction
) -> None:
    asked = list[bool]()
    playground.triggered.connect(lambda: asked.append(True))
    window.tour.offer()
    draw = window.findChild(QPushButton, "banner_decline_button")
    assert isinstance(draw, QPushButton) and draw.isVisible() and "Draw" in draw.text()
    qtbot.mouseClick(draw, Qt.MouseButton.LeftButton)
    assert len(asked) == 1 and window.banner.text() == "" and window.tour.stop is None


def test_closing_the_offer_does_nothing_and_a_later_line_has_one_button(
    qtbot: QtBot, window: MainWindow, playground: QAction
) -> None:
    asked = list[bool]()
    playground.triggered.connect(lambda: asked.append(True))
    window.tour.offer()
    (close,) = (one for one in window.banner.findChildren(QToolButton) if "Dismiss" in one.accessibleName())
    close.click()
    window.banner.tell("a line", offer="Yes", then=lambda: None)
    draw = window.findChild(QPushButton, "banner_decline_button")
    assert not asked and isinstance(draw, QPushButton) and not draw.isVisible()


def test_the_offer_and_the_help_menu_begin_it(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.offer()
    accept = window.findChild(QPushButton, "banner_button")
    assert isinstance(accept, QPushButton)
    qtbot.mouseClick(accept, Qt.MouseButton.LeftButton)
    assert window.tour.stop == window.tour.stops()[0]
    window.tour.end()
    action = window.findChild(QAction, "tour_action")
    assert isinstance(action, QAction)
    action.trigger()
    assert window.tour.stop == window.tour.stops()[0]
    window.tour.bubble.next.click()
    action.trigger()
    assert window.tour.stop == window.tour.stops()[0]


def test_without_its_command_a_stop_is_left_out(window: MainWindow, playground: QAction) -> None:
    whole = window.tour.stops()
    playground.setObjectName("other")
    assert len(window.tour.stops()) == len(whole) - 1
    playground.setObjectName("playground_action")
