"""Drawing asks for samples, undo takes back, what is late is dropped, and no change of the model loses a drawing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QFileDialog, QScrollBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.play.drawn_task import DrawnTask
from metagen_gui.gui.playground.serving import Adapt, Lost, Open, Ready, Trouble
from metagen_gui.gui.playground.sources import Source
from metagen_gui.gui.playground.wall import HERE, blended
from metagen_gui.gui.samples.columns import examples_of
from tests.gui.playground.conftest import PICTURES, POINTS, Bench, drag

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


def test_another_model_of_such_data_keeps_the_drawing_and_adapts_to_it(bench: Bench, stroke: Stroke) -> None:
    found = [Source(Path("one"), "One"), Source(Path("two"), "Two")]
    bench.page.show_sources(found)
    assert isinstance(bench.orders[-1], Open) and bench.orders[-1].folder == Path("one")
    bench.ready()
    stroke(bench.page.hand.pad)
    bench.page.show_sources(found)
    bench.page.source_picker.setCurrentIndex(1)
    bench.page.source_picker.activated.emit(1)
    assert isinstance(bench.orders[-1], Open) and bench.orders[-1].folder == Path("two")
    bench.ready(folder="two")
    assert isinstance(bench.orders[-1], Adapt) and bench.orders[-1].support.sum() > 0
    bench.ready(POINTS, folder="three")
    assert bench.page.hand.support() is None and not bench.page.hand.drawing.undoable


def test_a_folder_from_elsewhere_is_asked_for_and_listed_from_then_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found, picker, answers = [Source(Path("one"), "One")], bench.page.source_picker, ["", str(tmp_path / "mine")]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answers.pop(0))
    bench.page.show_sources(found)
    bench.ready()
    asked = len(bench.orders)
    for row in (1, 1):
        picker.setCurrentIndex(row)
        picker.activated.emit(row)
        if answers:
            assert picker.currentText() == "One" and len(bench.orders) == asked, "nothing was chosen"
    assert isinstance(bench.orders[-1], Open) and bench.orders[-1].folder == tmp_path / "mine"
    bench.ready(folder=str(tmp_path / "mine"))
    bench.page.show_sources(found)
    assert [picker.itemText(row) for row in range(3)] == ["One", "Opened: mine", "Open a run or an export…"]
    assert picker.currentIndex() == 1


def test_what_cannot_be_opened_is_told_and_something_else_is_there(bench: Bench) -> None:
    bench.page.show_sources([Source(Path(name), name) for name in ("damaged", "one", "two")])
    first = bench.orders[-1]
    bench.page.show_sources([Source(Path(name), name) for name in ("damaged", "one", "two")])
    assert bench.orders[-1] is first, "it is being opened"
    bench.page.take(Trouble(first.stamp, "a checkpoint is damaged"))
    order = bench.orders[-1]
    assert isinstance(order, Open) and order.folder == Path("one")
    bench.ready()
    bench.page.source_picker.activated.emit(2)
    bench.page.take(Trouble(bench.orders[-1].stamp, "two is gone"))
    assert bench.page.ready is not None and bench.page.ready.folder == Path("one")
    assert bench.page.source_picker.currentText() == "one" and bench.page.status.text() == "two is gone"
    asked = len(bench.orders)
    bench.page.show_sources([Source(Path("two"), "two")])  # its folder has gone; what is in memory has not
    assert bench.page.ready.folder == Path("one") and len(bench.orders) == asked
    assert bench.page.source_picker.currentIndex() == -1
    assert bench.page.source_picker.placeholderText() == "one, whose folder has gone"


def test_with_nothing_to_open_it_says_what_to_do(bench: Bench) -> None:
    bench.page.show_sources([])
    assert "train a run first" in bench.page.status.text()


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


def test_a_lesson_is_given_to_the_model_that_it_asked_for(bench: Bench) -> None:
    bench.page.open(Path("first"))
    first = bench.orders[-1].stamp
    bench.page.open(Path("second"))
    bench.page.give_next(DrawnTask("images", np.ones((2, 1, 28, 28), np.float32)), 4)
    second = bench.orders[-1].stamp
    bench.page.take(Ready(first, Path("first"), PICTURES, 3, 500, None, False, ()))
    assert bench.page.hand.support() is None
    bench.page.take(Ready(second, Path("second"), PICTURES, 3, 500, None, False, ()))
    order = bench.adapts()[-1]
    assert order.support.shape == (2, 1, 28, 28) and order.steps == 4


def test_what_broke_is_opened_again_and_not_the_first_of_the_list(bench: Bench) -> None:
    bench.page.show_sources([Source(Path(name), name) for name in ("one", "two")])
    bench.page.open(Path("two"))
    bench.ready(folder="two")
    bench.page.begin_anew()
    opened = [order.folder.name for order in bench.orders if isinstance(order, Open)]
    assert opened == ["one", "two", "two"]


def test_what_breaks_twice_is_left_and_the_next_model_opened(bench: Bench, stroke: Stroke) -> None:
    sources = [Source(Path(name), name) for name in ("one", "two")]
    bench.page.show_sources(sources)
    bench.ready()
    stroke(bench.page.hand.pad)
    for _ in range(2):
        bench.page.begin_anew()
        bench.page.show_sources(sources)
    opened = [order.folder.name for order in bench.orders if isinstance(order, Open)]
    assert opened == ["one", "one", "two"] and bench.page.hand.support() is not None
    bench.ready(folder="two")
    assert bench.page.source_picker.currentText() == "two"


def test_samples_turn_into_one_another_between_steps(bench: Bench) -> None:
    shown = bench.shown(1)
    shown.snapshot.samples[0, 2] = 100
    for moment, expected in ((0.0, 0), (1.5, 50), (2.0, 100), (2.25, 75), (3.0, 0)):
        assert set(np.unique(examples_of(blended(shown.snapshot, moment), 0, HERE))) == {expected}


def test_what_was_drawn_is_given_to_a_model_of_another_size_too(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    bench.page.hand.give(np.ones((1, 1, 28, 28), np.float32), anew=False)
    bench.ready(ImageSpec((3, 20, 20)), folder="two")
    support = bench.adapts()[-1].support
    assert support.shape == (2, 3, 20, 20) and 0 < support[0].sum() < support[1].sum()
    bench.page.hand.do("undo")
    assert len(bench.adapts()[-1].support) == 1


def test_who_draws_while_the_model_is_still_being_opened_loses_nothing(bench: Bench, stroke: Stroke) -> None:
    bench.page.open(Path("one"))
    stroke(bench.page.hand.pad)
    assert not bench.adapts()
    bench.ready()
    assert bench.adapts()[-1].support.sum() > 0 and bench.page.hand.strip.count() == 1
    bench.page.hand.do("undo")
    assert bench.page.hand.support() is None


def test_what_was_drawn_for_other_data_is_there_again_with_a_model_of_such_data(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    drawn = bench.adapts()[-1].support
    bench.ready(POINTS, folder="two")
    drag(bench.page.hand.points_pad, [(0.5, 0.25)])
    bench.ready(folder="one")
    assert np.array_equal(bench.adapts()[-1].support, drawn)
    bench.page.hand.do("undo")
    assert bench.page.hand.support() is None
    bench.ready(POINTS, folder="two")
    assert bench.adapts()[-1].support == pytest.approx(np.array([[0, 1.5]]), abs=0.1)


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
