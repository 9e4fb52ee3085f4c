from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Alarm, Remedy
from metagen_gui.gui.run.health.strip import HealthStrip
from metagen_gui.gui.run.health.words import RemedyWords
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import plain_tip

LOWER = Remedy("Lower the outer rate", "training.outer_lr", 0.0003)
GONE = Remedy("Halve the width", "model.width", 64)
DIVERGING = Alarm(960, "divergence", "The query loss has climbed to 161.8.", (LOWER, GONE))
COLLAPSED = Alarm(1000, "mode_collapse", "Samples are nearly the same.", ())


def words(remedy: Remedy) -> RemedyWords:
    return RemedyWords(f"{remedy.label}: {remedy.value}", "from the next step on", "done", possible=remedy is not GONE)


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    made.resize(1200, 300)
    made.show()
    return made


@pytest.fixture
def strip(window: QMainWindow) -> HealthStrip:
    made = HealthStrip(words, window)
    window.addToolBar(made)
    return made


def label(strip: HealthStrip, name: str) -> QLabel:
    found = strip.findChild(QLabel, name)
    assert found is not None
    return found


def buttons(strip: HealthStrip) -> list[QPushButton]:
    return [button for button in strip.findChildren(QPushButton) if button.isVisible()]


def press(qtbot: QtBot, strip: HealthStrip, says: str) -> None:
    found = next(button for button in strip.findChildren(IconButton) if button.accessibleName() == says)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def test_hidden_until_there_is_an_alarm(strip: HealthStrip) -> None:
    assert not strip.isVisible() and strip.text() == ""
    strip.hear(DIVERGING)
    assert strip.isVisible() and strip.text() == DIVERGING.text
    assert label(strip, "health_name").text() == "Divergence, since step 960"
    strip.hear(Alarm(960, "divergence", DIVERGING.text, over=True))
    assert not strip.isVisible() and strip.text() == ""


def test_a_button_per_remedy_asks_for_it(qtbot: QtBot, strip: HealthStrip) -> None:
    strip.hear(DIVERGING)
    first, second = buttons(strip)
    assert (first.text(), first.toolTip()) == ("Lower the outer rate: 0.0003", plain_tip("from the next step on"))
    assert plain_tip(first.accessibleDescription()) == first.toolTip()
    assert not second.isEnabled()
    first.setFocus()
    with qtbot.waitSignal(strip.remedy_wanted) as asked:
        qtbot.keyClick(first, Qt.Key.Key_Space)
    assert asked.args == [LOWER]
    assert not first.isEnabled(), "a second press would do nothing"


def test_several_are_counted_and_turned_through(qtbot: QtBot, strip: HealthStrip) -> None:
    strip.hear(DIVERGING)
    strip.hear(COLLAPSED)
    assert strip.text() == COLLAPSED.text, "the newest first"
    assert any(each.text() == "1 of 2" and each.isVisible() for each in strip.findChildren(QLabel))
    press(qtbot, strip, "Show the next alarm")
    assert strip.text() == DIVERGING.text
    assert len(buttons(strip)) == 2
    press(qtbot, strip, "Show the next alarm")
    assert strip.text() == COLLAPSED.text and not buttons(strip)


def test_what_ends_leaves_the_one_that_is_read(qtbot: QtBot, strip: HealthStrip) -> None:
    for alarm in (DIVERGING, COLLAPSED, Alarm(1, "overfitting", "By heart.")):
        strip.hear(alarm)
    press(qtbot, strip, "Show the next alarm")
    press(qtbot, strip, "Show the next alarm")
    strip.hear(Alarm(1, "overfitting", "By heart.", over=True))
    assert strip.text() == DIVERGING.text
    strip.hear(Alarm(960, "divergence", DIVERGING.text, over=True))
    assert strip.text() == COLLAPSED.text


def test_one_of_a_kind(strip: HealthStrip) -> None:
    strip.hear(DIVERGING)
    strip.hear(Alarm(2000, "divergence", "Again.", ()))
    assert strip.text() == "Again."
    strip.dismiss()
    assert not strip.isVisible()


def test_dismissed_one_by_one(qtbot: QtBot, strip: HealthStrip) -> None:
    strip.hear(DIVERGING)
    strip.hear(COLLAPSED)
    press(qtbot, strip, "Dismiss this alarm")
    assert strip.text() == DIVERGING.text
    press(qtbot, strip, "Dismiss this alarm")
    assert not strip.isVisible()
    strip.hear(Alarm(960, "divergence", DIVERGING.text, over=True))
    assert not strip.isVisible()


def test_a_new_run_clears_it(strip: HealthStrip) -> None:
    strip.hear(DIVERGING)
    strip.clear()
    assert not strip.isVisible()


def test_said_to_a_screen_reader(strip: HealthStrip, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        QAccessible,
        "updateAccessibility",
        lambda event: said.append(f"{event.type().name}: {event.object().accessibleName()}"),
    )
    strip.hear(DIVERGING)
    strip.hear(Alarm(960, "divergence", DIVERGING.text, over=True))
    assert said == [f"Alert: Divergence, since step 960: {DIVERGING.text}"]
    strip.hear(DIVERGING)
    strip.note("Outer learning rate: 0.0003")
    assert said[-1] == "Alert: Outer learning rate: 0.0003"


def test_a_note_goes_with_the_alarm_it_was_about(strip: HealthStrip) -> None:
    strip.hear(DIVERGING)
    strip.note("Done.")
    assert label(strip, "health_note").isVisible() and label(strip, "health_note").text() == "Done."
    strip.hear(COLLAPSED)
    assert label(strip, "health_note").text() == ""


def test_a_layout_of_an_earlier_session_does_not_bring_back_an_empty_strip(
    window: QMainWindow, strip: HealthStrip
) -> None:
    strip.hear(DIVERGING)
    kept = window.saveState()
    strip.clear()
    assert window.restoreState(kept)
    assert not strip.isVisible()
    strip.hear(COLLAPSED)
    assert strip.isVisible()
