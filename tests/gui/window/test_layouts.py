from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QMainWindow, QPushButton, QTabBar
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.window.layouts import Layouts

NAMES = ("experiment", "outer_loss", "inner_loss", "rates", "samples", "runs")
Make = Callable[[], tuple[QMainWindow, Layouts]]


@pytest.fixture
def make(qtbot: QtBot) -> Make:
    def made() -> tuple[QMainWindow, Layouts]:
        window = QMainWindow()
        qtbot.addWidget(window)
        window.setDockNestingEnabled(True)
        window.resize(1600, 900)
        return window, Layouts(window, {name: QPushButton(name) for name in NAMES})

    return made


def tabs(window: QMainWindow, first: str = "Inner loss") -> QTabBar:
    """The bar that begins with the tab `first`, of the two there are."""
    bars = {bar.tabText(0): bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.count()}
    seen = [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.count()]
    assert len(seen) == len(bars) == 2, "a bar was left behind"
    return bars[first]


@pytest.mark.parametrize("form", ["wide", "narrow", "presenting"])
def test_rates_share_a_place_with_the_inner_loss_which_is_in_front(make: Make, form: str) -> None:
    window, layouts = make()
    layouts.apply(form)
    window.show()
    bar = tabs(window)
    assert [bar.tabText(index) for index in range(bar.count())] == ["Inner loss", "Inner rates"]
    assert bar.currentIndex() == 0
    assert QAccessible.queryAccessibleInterface(bar).text(QAccessible.Text.Name)
    assert layouts.docks["experiment"].isVisible() == (form != "presenting")
    runs = tabs(window, "Adaptation")
    assert [runs.tabText(index) for index in range(runs.count())] == ["Adaptation", "Runs"]
    assert runs.currentIndex() == 0


def test_what_lies_behind_a_tab_is_hidden_until_it_comes_to_the_front(make: Make, qtbot: QtBot) -> None:
    window, layouts = make()
    layouts.wide()
    window.show()
    inner, rates = (layouts.docks[name].widget() for name in ("inner_loss", "rates"))
    assert inner.isVisible() and not rates.isVisible()
    height = layouts.docks["outer_loss"].height()
    bar = tabs(window)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    assert rates.isVisible() and not inner.isVisible()
    assert layouts.docks["outer_loss"].height() == height, "the panels jump when a tab is chosen"
    layouts.docks["rates"].hide()
    qtbot.waitUntil(inner.isVisible)
    layouts.wide()
    qtbot.waitUntil(lambda: inner.isVisible() and not rates.isVisible())


def test_one_form_after_another_leaves_no_tabs_behind(make: Make) -> None:
    window, layouts = make()
    layouts.wide()
    window.show()
    for form in ("narrow", "presenting", "wide", "narrow"):
        layouts.apply(form)
        QApplication.processEvents()
        inner = layouts.docks["inner_loss"].geometry()
        assert tabs(window).geometry().bottom() < inner.top() and tabs(window).x() == inner.x()


def test_a_minimized_window_keeps_the_focus_where_it_was(make: Make, qtbot: QtBot) -> None:
    window, layouts = make()
    layouts.wide()
    window.show()
    window.activateWindow()
    experiment = layouts.docks["experiment"].widget()
    experiment.setFocus()
    qtbot.waitUntil(experiment.hasFocus)
    window.showMinimized()
    window.showNormal()
    assert window.focusWidget() is experiment and experiment.isVisible()


def test_a_layout_returns_as_it_was_left(make: Make, tmp_path: Path) -> None:
    settings = WindowSettings(tmp_path / "window.ini")
    window, layouts = make()
    layouts.narrow()
    window.show()
    layouts.docks["rates"].raise_()
    layouts.docks["samples"].hide()
    layouts.keep(settings)
    again, restored = make()
    assert restored.restore(settings) and restored.form == "narrow"
    again.show()
    assert tabs(again).currentIndex() == 1 and restored.docks["rates"].widget().isVisible()
    assert restored.docks["samples"].isHidden()


@pytest.mark.parametrize("form", ["wide", "presenting"])
def test_of_a_layout_of_an_earlier_version_the_form_is_kept(make: Make, tmp_path: Path, form: str) -> None:
    settings = WindowSettings(tmp_path / "window.ini")
    window, layouts = make()
    layouts.apply(form)
    window.show()
    layouts.docks["rates"].hide()
    layouts.docks["outer_loss"].hide()
    layouts.keep(settings)
    settings.keep("layout", window.saveState(1))
    again, restored = make()
    assert restored.restore(settings) and restored.form == form
    again.show()
    assert restored.docks["outer_loss"].isVisible()
    assert [tabs(again).tabText(index) for index in range(2)] == ["Inner loss", "Inner rates"]


@pytest.mark.parametrize("damage", [QByteArray(b"\x00\xff" * 40), QByteArray()])
def test_a_damaged_layout_falls_back_to_its_form(make: Make, tmp_path: Path, damage: QByteArray) -> None:
    settings = WindowSettings(tmp_path / "window.ini")
    settings.keep("form", "narrow")
    settings.keep("layout", damage)
    window, layouts = make()
    assert layouts.restore(settings)
    window.show()
    assert all(layouts.docks[name].isVisible() for name in NAMES)


def test_without_a_known_form_there_is_nothing_to_restore(make: Make, tmp_path: Path) -> None:
    settings = WindowSettings(tmp_path / "window.ini")
    settings.keep("form", "sideways")
    assert not make()[1].restore(settings)


@pytest.mark.parametrize("then", ["told", "another", "resized", "dragged"])
def test_a_tab_bar_that_was_left_behind_is_hidden(make: Make, qtbot: QtBot, then: str) -> None:
    window, layouts = make()
    layouts.apply("narrow")
    window.show()
    qtbot.wait(20)  # all that the layouts put off has been done
    dead = QTabBar(window)  # as Qt leaves one: a child of the window, above no panel
    for title in ("Adaptation", "Runs"):
        dead.addTab(title)
    dead.setGeometry(300, 381, 500, 26)
    dead.show()
    assert dead.isVisible()
    docks = [layouts.docks["outer_loss"], layouts.docks["samples"]]
    does = {
        "told": layouts.clear_dead_tab_bars,
        "another": layouts.wide,
        "resized": lambda: window.resize(1500, 900),
        "dragged": lambda: window.resizeDocks(docks, [200, 500], Qt.Orientation.Vertical),
    }
    does[then]()
    qtbot.waitUntil(lambda: not dead.isVisible())
    tabs(window)


@pytest.mark.parametrize("width", [150, 500])
def test_one_beside_the_panel_that_it_names_is_hidden_though_it_is_as_high(
    make: Make, qtbot: QtBot, width: int
) -> None:
    window, layouts = make()
    layouts.apply("narrow")
    window.show()
    qtbot.wait(20)
    panel = layouts.docks["samples"].geometry()
    dead = QTabBar(window)
    for title in ("Adaptation", "Runs"):
        dead.addTab(title)
    dead.setGeometry(panel.left() - 160, panel.top() - 26, width, 26)
    dead.show()
    layouts.clear_dead_tab_bars()
    assert not dead.isVisible()
    tabs(window)
