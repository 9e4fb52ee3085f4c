"""Drawing asks for samples, undo takes back, what is late is dropped, and no change of the model loses a drawing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QScrollBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.playground.serving import Lost, Trouble
from metagen_gui.gui.playground.wall import HERE, blended
from metagen_gui.gui.samples.columns import examples_of
from tests.gui.playground.conftest import Bench, drag

Stroke = Callable[[QWidget], None]


def test_a_lifted_pen_asks_at_once_with_what_the_model_sees(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    assert not bench.adapts() and not bench.page.wall.isVisible()
    stroke(bench.page.hand.pad)
    (order,) = bench.adapts()
    assert order.support.shape == (1, 1, 28, 28) and set(np.unique(order.support)) == {0.0, 1.0} and order.steps == 3
    assert order.support[0, 0, 8, 8] == 1 and order.support[0, 0, 20, 20] == 0
    assert bench.page.hand.strip.count() == 1


def test_the_model_adapts_while_the_pen_is_down(bench: Bench, qtbot: QtBot) -> None:
    bench.ready()
    pad = bench.page.hand.pad
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    QTest.mouseMove(pad, QPoint(90, 60))
    qtbot.waitUntil(lambda: len(bench.adapts()) == 1)
    QTest.mouseMove(pad, QPoint(120, 120))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(120, 120))
    first, *_, last = bench.adapts()
    assert last.support.sum() > first.support.sum() > 0
    assert len(bench.page.hand.drawing.state.picture.strokes) == 1


def test_undo_redo_eraser_and_clear(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    hand = bench.page.hand
    stroke(hand.pad)
    drag(hand.pad, [(0.2, 0.8), (0.8, 0.8)])
    whole = bench.adapts()[-1].support
    hand.tools.buttons["undo"].click()
    assert bench.adapts()[-1].support.sum() < whole.sum()
    hand.tools.buttons["redo"].click()
    assert np.array_equal(bench.adapts()[-1].support, whole)
    drag(hand.pad, [(0.2, 0.8), (0.8, 0.8)], Qt.MouseButton.RightButton)
    assert bench.adapts()[-1].support[0, 0, 22].sum() == 0 < whole[0, 0, 22].sum()
    asked = len(bench.adapts())
    hand.tools.buttons["clear"].click()
    assert hand.support() is None and len(bench.adapts()) == asked and not bench.page.wall.isVisible()
    hand.tools.buttons["undo"].click()
    assert bench.adapts()[-1].support[0, 0, 22].sum() == 0 < bench.adapts()[-1].support.sum()


def test_one_begins_anew_with_one_click_and_undo_brings_all_back(bench: Bench) -> None:
    bench.ready()
    hand = bench.page.hand
    assert not hand.tools.buttons["anew"].isEnabled()
    hand.give(np.ones((4, 1, 28, 28), np.float32), anew=True)
    hand.tools.buttons["anew"].click()
    assert hand.support() is None and hand.strip.count() == 1 and not hand.tools.buttons["anew"].isEnabled()
    hand.do("undo")
    assert len(bench.adapts()[-1].support) == 4


def test_one_draws_by_keys_alone(bench: Bench) -> None:
    bench.ready()
    pad = bench.page.hand.pad
    QTest.keyClick(pad, Qt.Key.Key_Space)
    for _ in range(6):
        QTest.keyClick(pad, Qt.Key.Key_Right)
    QTest.keyClick(pad, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert pad.pen_is_down
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert not pad.pen_is_down
    drawn = bench.adapts()[-1].support[0, 0]
    assert drawn[14, 15:19].all() and drawn[16, 20]
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bench.page.hand.support() is None


def test_what_is_late_is_dropped(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    stroke(bench.page.hand.pad)
    first, second = (order.stamp for order in bench.adapts())
    arm = bench.page.wall.arms["learned"]
    bench.page.take(bench.shown(second, value=2))
    bench.page.take(bench.shown(first, value=1))
    assert arm.shown is not None and arm.shown.snapshot.samples.max() == 2
    bench.page.hand.do("clear")
    bench.page.take(bench.shown(second, value=2))
    bench.page.take(Trouble(second, "too late"))
    assert arm.shown is None and bench.page.status.text() != "too late"


def test_that_a_model_adapts_for_long_is_told_until_the_latest_has_come(
    bench: Bench, stroke: Stroke, qtbot: QtBot
) -> None:
    bench.ready()
    bench.page._waiting._timer.setInterval(0)
    about = bench.page.status.text()
    for _ in range(2):
        stroke(bench.page.hand.pad)
    first, last = (order.stamp for order in bench.adapts())
    qtbot.waitUntil(lambda: bench.page.status.text() == f"{about} · Adapting…")
    bench.page.take(bench.shown(first))
    assert bench.page.status.text() == f"{about} · Adapting…"
    bench.page.take(bench.shown(last))
    assert bench.page.status.text() == about
    stroke(bench.page.hand.pad)
    qtbot.waitUntil(lambda: bench.page.status.text() == f"{about} · Adapting…")
    bench.page.take(Trouble(bench.adapts()[-1].stamp, "it diverged"))
    assert bench.page.status.text() == "it diverged"


def test_arms_stand_beside_it_once_they_are_there(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    stamp = bench.adapts()[-1].stamp
    bench.page.take(bench.shown(stamp))
    arms = bench.page.wall.arms
    assert arms["learned"].isVisible() and not arms["scratch"].isVisible() and not arms["joint"].isVisible()
    bench.page.take(bench.shown(stamp, "scratch", value=7))
    assert arms["scratch"].isVisible() and bench.page.steps.slider.value() == bench.page.steps.slider.maximum()


def test_examples_are_added_chosen_and_removed(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    hand = bench.page.hand
    hand.more_button.click()
    assert len(hand.drawing.state.pictures) == 1, "a blank one is there already"
    for _ in range(3):
        stroke(hand.pad)
        hand.more_button.click()
    assert hand.strip.count() == 4 and len(bench.adapts()[-1].support) == 3
    hand.strip.setCurrentRow(1)
    assert hand.drawing.state.chosen == 1 and not hand.drawing.state.picture.blank
    QTest.keyClick(hand.strip, Qt.Key.Key_Delete)
    assert len(bench.adapts()[-1].support) == 2 and hand.strip.count() == 3
    hand.do("undo")
    assert len(bench.adapts()[-1].support) == 3


def test_a_rival_that_diverges_shows_nothing_of_an_earlier_task(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    stamp = bench.adapts()[-1].stamp
    bench.page.take(bench.shown(stamp))
    bench.page.take(bench.shown(stamp, "scratch"))
    stroke(bench.page.hand.pad)
    bench.page.take(Lost(bench.adapts()[-1].stamp, "scratch"))
    arms = bench.page.wall.arms
    assert arms["scratch"].shown is None and arms["learned"].shown is not None


def test_samples_turn_into_one_another_between_steps(bench: Bench) -> None:
    shown = bench.shown(1)
    shown.snapshot.samples[0, 2] = 100
    for moment, expected in ((0.0, 0), (1.5, 50), (2.0, 100), (2.25, 75), (3.0, 0)):
        assert set(np.unique(examples_of(blended(shown.snapshot, moment), 0, HERE))) == {expected}


def test_another_number_of_steps_is_asked_for(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    bench.page.steps.count.setValue(9)
    assert bench.adapts()[-1].steps == 9


def test_playing_morphs_and_stops_when_nobody_looks(bench: Bench, stroke: Stroke, qtbot: QtBot) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    steps = bench.page.steps
    steps.play_button.click()
    qtbot.waitUntil(lambda: 0 < bench.page.wall.moment < 3)
    bench.page.hide()
    assert not steps.play_button.isChecked()


def test_the_tab_key_leads_from_the_pad_to_its_tools_the_examples_the_samples_and_the_steps(bench: Bench) -> None:
    bench.ready()
    hand = bench.page.hand
    met: list[QWidget] = [hand.pad]
    while (further := met[-1].nextInFocusChain()) is not None and further is not hand.pad:
        met.append(further)
    wanted = [hand.tools.buttons["erase"], hand.tools.width_slider, bench.page.held_out.box, hand.strip]
    wanted += [hand.more_button, bench.page.wall.arms["learned"], bench.page.steps.slider, bench.page.source_picker]
    assert sorted(wanted, key=met.index) == wanted


def test_every_control_has_a_name_and_says_what_it_does(bench: Bench) -> None:
    bench.ready()
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QSpinBox)
    inside = [each for kind in kinds for each in bench.page.findChildren(kind)]
    named = [each for each in inside if not each.objectName().startswith("qt_") and not isinstance(each, QScrollBar)]
    assert len(named) > 12
    for each in [*named, bench.page.hand.pad, bench.page.hand.points_pad, bench.page.hand.strip]:
        assert each.accessibleName() and each.toolTip(), each
