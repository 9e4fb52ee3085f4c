"""Through every window and dialog, with all tools open: names, ways of the keyboard, words for what is painted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QBoxLayout,
    QComboBox,
    QGridLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QRadioButton,
    QScrollBar,
    QTabWidget,
    QTextEdit,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from metagen_gui.gui.form.numbers.slider import NumberSlider
from metagen_gui.gui.look.theme import apply_theme, theme_changes
from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.plots.panel import PlotPanel
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.race.tool import RaceTool
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.samples.cell import SampleCell
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.every_dialog import every_dialog
from tests.gui.race.test_tool import FakeRace
from tests.gui.stand_ins import FakeTraining, engine, letting_go
from tests.gui.window.test_accessibility import nameless, reached_by_keyboard, takes_tab

INPUTS = (QLineEdit, QAbstractSpinBox, QComboBox, QAbstractSlider, QPlainTextEdit, QTextEdit)
CONTROLS = (*INPUTS, QAbstractButton, QAbstractItemView)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A window after a run, with every tool open."""
    training = FakeTraining(tmp_path / "runs", steps=60)
    made = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(made, before_close_func=letting_go(qtbot))
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.controller.state is RunState.IDLE)
    made.actions_by_name["start"].trigger()
    qtbot.waitUntil(lambda: made.controller.state is RunState.DONE)
    for name, tool in made.tools.by_name.items():
        made.layouts.bring(name)
        qtbot.waitUntil(lambda tool=tool: tool.contents is not None)  # type: ignore[misc]
    playground, race = made.tools.by_name["playground"], made.tools.by_name["race"]
    assert isinstance(playground, Playground) and isinstance(race, RaceTool)
    qtbot.waitUntil(lambda: playground.page is not None and playground.page.ready is not None)
    race.race._run_race = FakeRace()
    race.setup.add(made.panel.experiment().with_value("training.outer_lr", 0.01))
    race.setup.start_button.click()
    qtbot.waitUntil(lambda: not race.busy)
    yield made


def places(window: MainWindow) -> Iterator[str]:
    """Bring one panel after the other to the front, with each of its pages."""
    for name in window.layouts.docks:
        window.layouts.bring(name)
        QApplication.processEvents()
        yield name
    race = window.tools.by_name["race"]
    assert isinstance(race, RaceTool)
    window.layouts.bring("race")
    race.ask()
    yield "race, set up"
    slow = window.tools.by_name["slow_motion"]
    assert isinstance(slow, SlowMotionTool) and isinstance(slow.contents, QTabWidget)
    window.layouts.bring("slow_motion")
    slow.contents.setCurrentIndex(1)
    for _ in range(3000):
        if slow.toy_page.table.currentRow() >= 0:
            break
        QTest.qWait(10)
    yield "slow motion, toys"


def out_of_reach(whole: QWidget) -> list[str]:
    """Controls that can be seen and used and that Tab never comes to, but for parts of others."""

    def is_part(widget: QWidget) -> bool:
        parent = widget.parentWidget()
        inside = isinstance(parent, (QComboBox, QAbstractSpinBox, QLineEdit, QAbstractItemView, QToolBar))
        # by arrow keys from the one of them that Tab comes to; a slider does what the box beside it does
        others = isinstance(widget, (QScrollBar, QRadioButton, SampleCell, NumberSlider))
        return inside or others or widget.objectName().startswith("qt_") or widget.focusProxy() is not None

    named = {widget for widget in whole.findChildren(QWidget) if isinstance(widget, CONTROLS)}
    seen = [widget for widget in named if widget.isVisibleTo(whole) and widget.isEnabled() and widget.window() is whole]
    return [f"{type(each).__name__} {each.objectName()}" for each in seen if not is_part(each) and not takes_tab(each)]


def layouts_of(layout: QLayout | None) -> Iterator[QLayout]:
    if layout is not None:
        yield layout
        for place in range(layout.count()):
            yield from layouts_of(layout.itemAt(place).layout())


def without_buddy(whole: QWidget) -> list[str]:
    """Labels that stand right before an input and do not lead to it."""
    found = []
    for owner in [whole, *whole.findChildren(QWidget)]:
        for layout in layouts_of(owner.layout()):
            widgets = [layout.itemAt(place).widget() for place in range(layout.count())]
            if not isinstance(layout, QBoxLayout | QGridLayout):
                continue
            if isinstance(layout, QBoxLayout) and layout.direction() is not QBoxLayout.Direction.LeftToRight:
                continue
            for label, field in pairwise(widgets):
                if isinstance(label, QLabel) and isinstance(field, INPUTS) and label.text() and label.buddy() is None:
                    found.append(f"{label.text()} before {type(field).__name__} {field.objectName()}")
    return found


def test_no_control_of_any_window_is_nameless_out_of_reach_or_without_its_label(window: MainWindow) -> None:
    faults, met = list[str](), 0
    for name in places(window):
        faults += [f"{name}: {fault}" for check in (nameless, out_of_reach, without_buddy) for fault in check(window)]
        met += len(reached_by_keyboard(window))
    windows = set()
    for whole in every_dialog(window):
        faults += [
            f"{type(whole).__name__}: {fault}"
            for check in (nameless, out_of_reach, without_buddy)
            for fault in check(whole)
        ]
        windows.add(type(whole).__name__)
    assert not faults, "\n".join(sorted({*faults}))
    assert met > 300
    assert {"ExportDialog", "PagesWindow", "CheckComputerDialog", "EnlargedView"} < windows and len(windows) > 14


def painted(widget: QWidget) -> QImage:
    return widget.window().grab(widget.rect().translated(widget.mapTo(widget.window(), QPoint()))).toImage()


def test_where_the_keyboard_is_can_be_seen_everywhere(window: MainWindow) -> None:
    hidden, met = set[str](), 0
    for name in places(window):
        for widget in reached_by_keyboard(window):
            if not widget.isVisible() or not widget.isEnabled() or widget.visibleRegion().isEmpty():
                continue
            window.panel.setFocus()
            window.setFocus()
            before = painted(widget)
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if widget.hasFocus() and painted(widget) == before:
                hidden.add(f"{name}: {type(widget).__name__} {widget.objectName() or widget.accessibleName()}")
            met += 1
    assert not hidden, "\n".join(sorted(hidden))
    assert met > 100


def test_every_picture_says_in_words_what_is_seen(window: MainWindow) -> None:
    outer, samples = window.panels.outer, window.panels.samples
    outer.spoken.tell()
    told = outer.canvas.plot.accessibleDescription()
    assert told.startswith("outer step 60: training 0.0") and ", falling" in told and "validation, step 0 0.52" in told
    samples._spoken.tell()
    assert (
        samples.accessibleDescription()
        == "Outer step 50: what is generated for 2 tasks after 0, 1, 2 steps on 5 examples each"
    )
    race = window.tools.by_name["race"]
    assert isinstance(race, RaceTool)
    race.course.plot.spoken.tell()
    assert "MAML" in race.course.plot.canvas.plot.accessibleDescription()
    for plot in window.findChildren(PlotPanel):
        assert plot.summary(), plot.objectName()


@pytest.fixture(scope="module")
def another_look_afterwards(qapp: QApplication) -> Iterator[None]:
    """Change the look when windows have gone: Qt may know none of their widgets any more, or the program ends here."""
    yield
    for look in ("dark", "light"):
        apply_theme(qapp, look)  # type: ignore[arg-type]


@pytest.mark.usefixtures("another_look_afterwards")
def test_type_grows_everywhere_and_is_remembered(window: MainWindow, qapp: QApplication, tmp_path: Path) -> None:
    apply_theme(qapp, "light")  # under its style sheet, as in the program
    before = {each: each.fontMetrics().height() for each in window.findChildren(QWidget) if each.isVisible()}
    try:
        for _ in range(3):
            window.actions_by_name["type_larger"].trigger()
        assert theme_changes().type_size == 150
        QApplication.processEvents()
        small = [
            each for each, height in before.items() if isValid(each) and each.fontMetrics().height() < 1.2 * height
        ]
        assert not {f"{type(each).__name__} {each.objectName()} {getattr(each, 'text', str)()}" for each in small}
        assert WindowSettings(tmp_path / "window.ini").text("type_size") in ("", "150")
        window.actions_by_name["type_smaller"].trigger()
        assert theme_changes().type_size == 130
    finally:
        window.actions_by_name["type_normal"].trigger()
    assert theme_changes().type_size == 100


def test_reduced_motion_has_no_pictures_in_between(window: MainWindow, qtbot: QtBot) -> None:
    playground = window.tools.by_name["playground"]
    assert isinstance(playground, Playground) and playground.page is not None
    window.layouts.bring("playground")
    steps, seen = playground.page.steps, set[float]()
    steps.set_steps((0, 1, 2, 3))
    steps.moved.connect(seen.add)
    try:
        window.actions_by_name["still"].trigger()
        assert theme_changes().still and not window.isAnimated()
        steps.play_button.click()
        qtbot.waitUntil(lambda: len(seen) > 2)
    finally:
        window.actions_by_name["still"].trigger()
    assert all(moment == round(moment) for moment in seen)


def test_no_two_entries_of_a_menu_have_the_same_letter(window: MainWindow) -> None:
    faults = []
    for menu in filter(QMenu.title, window.findChildren(QMenu)):
        letters = [text[text.index("&") + 1].casefold() for action in menu.actions() if "&" in (text := action.text())]
        faults += [f"{menu.title()}: {letter}" for letter in {*letters} if letters.count(letter) > 1]
    assert not faults
