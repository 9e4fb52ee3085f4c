"""Drawing asks for samples, undo takes back, what is late is dropped, and tasks come and go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QTemporaryDir, QUrl
from PySide6.QtGui import QDragEnterEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QFileDialog, QScrollBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.play.drawn_task import MARK, DrawnTask
from metagen_gui.gui.playground.serving import Adapt, Given, Lost, Open, Pick, Read, Ready, Trouble
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


def test_no_more_than_ten_examples(bench: Bench) -> None:
    bench.ready()
    bench.page.hand.give(np.ones((9, 1, 28, 28), np.float32), anew=True)
    bench.page.hand.give(np.zeros((4, 1, 28, 28), np.float32), anew=False)
    assert len(bench.adapts()[-1].support) == 10 and not bench.page.hand.more_button.isEnabled()
    assert "Ten" in bench.page.hand.more_button.toolTip()


@pytest.mark.parametrize(("there", "added", "said"), [(8, 2, "Added 2; ten examples are the most"), (10, 0, "Nothing")])
def test_of_pictures_that_do_not_fit_it_is_told_how_many_were_added(
    bench: Bench, there: int, added: int, said: str
) -> None:
    bench.ready()
    bench.page.hand.give(np.ones((there, 1, 28, 28), np.float32), anew=True)
    orders, before = len(bench.orders), bench.page.hand.drawing.state
    bench.page.exchange.load([Path("a.png")])
    bench.page.take(Given(bench.orders[-1].stamp, np.zeros((5, 1, 28, 28), np.float32), "a.png", anew=False))
    support = bench.page.hand.support()
    assert support is not None and len(support) == 10 and said in bench.page.status.text()
    if not added:
        assert bench.page.hand.drawing.state is before and len(bench.orders) == orders + 1, "nothing to be undone"


def test_what_could_not_be_read_is_told_with_what_could(bench: Bench) -> None:
    bench.ready()
    bench.page.exchange.load([Path("a.png"), Path("b.png")])
    stamp = bench.orders[-1].stamp
    bench.page.take(Given(stamp, np.ones((1, 1, 28, 28), np.float32), "a.png", anew=False, notices=("b.png: damaged",)))
    assert bench.page.status.text() == "a.png · b.png: damaged" and bench.page.hand.support() is not None


def test_points_are_painted_dragged_and_removed(bench: Bench) -> None:
    bench.ready(POINTS)
    pad = bench.page.hand.points_pad
    assert pad.objectName() == "draw_pad" and pad.isVisible() and not bench.page.hand.strip.isVisible()
    drag(pad, [(0.2 + 0.05 * step, 0.5) for step in range(8)])
    painted = bench.adapts()[-1].support
    assert len(painted) >= 6 and np.abs(painted[:, 1]).max() < 0.5 and painted[0, 0] == pytest.approx(-1.8, abs=0.1)
    drag(pad, [(0.2, 0.5), (0.2, 0.1)], Qt.MouseButton.RightButton)
    assert len(bench.adapts()[-1].support) == len(painted) - 1
    bench.page.hand.do("undo")
    assert len(bench.adapts()[-1].support) == len(painted)


def test_a_fast_brush_leaves_no_gaps(bench: Bench) -> None:
    bench.ready(POINTS)
    drag(bench.page.hand.points_pad, [(0.1, 0.5), (0.9, 0.5)])
    across = np.sort(bench.adapts()[-1].support[:, 0])
    assert np.diff(across).max() < 0.1 * 6 and across[0] < -2.2 and across[-1] > 2.2


def test_of_too_many_points_it_is_told(bench: Bench) -> None:
    bench.ready(POINTS)
    for row in range(5, 96, 10):
        drag(bench.page.hand.points_pad, [(0.02, row / 100), (0.98, row / 100)])
    assert len(bench.adapts()[-1].support) == 400 and "400 points are the most" in bench.page.status.text()


def test_points_of_a_curve_are_set_and_dragged_also_by_keys(bench: Bench) -> None:
    bench.ready(POINTS, curves=True)
    pad = bench.page.hand.points_pad
    drag(pad, [(0.5, 0.25)])
    drag(pad, [(0.5, 0.25), (0.6, 0.4), (0.75, 0.75)])
    (point,) = bench.adapts()[-1].support
    assert point == pytest.approx([1.5, -1.5], abs=0.05)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert len(bench.adapts()[-1].support) == 2
    QTest.keyClick(pad, Qt.Key.Key_Space)
    QTest.keyClick(pad, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert bench.adapts()[-1].support[1] == pytest.approx([0, 18 / 28], abs=0.01)
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert len(bench.adapts()[-1].support) == 1


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


def test_a_held_out_task_takes_the_place_of_what_was_drawn(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    bench.page.held_out.box.setValue(8)
    order = bench.orders[-1]
    assert isinstance(order, Pick) and order.index == 7
    bench.page.take(Given(order.stamp, np.ones((5, 1, 28, 28), np.float32), "an alphabet/one"))
    assert len(bench.adapts()[-1].support) == 5 and bench.page.status.text() == "an alphabet/one"


def test_a_drawn_task_is_copied_pasted_saved_and_opened(bench: Bench, stroke: Stroke, tmp_path: Path) -> None:
    bench.ready()
    bench.page.exchange.copy()
    assert "nothing drawn" in bench.page.status.text()
    stroke(bench.page.hand.pad)
    drawn = bench.adapts()[-1].support
    bench.page.exchange.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data.text().startswith(MARK) and data.hasImage()
    bench.page.exchange.save(tmp_path / "mine.npz")
    for bring_back in (bench.page.exchange.paste, lambda: bench.page.exchange.load([tmp_path / "mine.npz"])):
        bench.page.hand.do("clear")
        bring_back()
        assert np.array_equal(bench.adapts()[-1].support, drawn)
    DrawnTask("points", np.zeros((2, 2), np.float32)).save(tmp_path / "points.npz")
    bench.page.exchange.load([tmp_path / "points.npz"])
    assert "this model is of images" in bench.page.status.text()
    bench.page.exchange.save(tmp_path / "nowhere" / "mine.npz")
    assert "nowhere" in bench.page.status.text()


def test_pictures_are_pasted_and_dropped_as_files_that_the_run_reads(bench: Bench, tmp_path: Path) -> None:
    bench.ready()
    picture = QImage(40, 40, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    data = QMimeData()
    data.setImageData(picture)
    bench.page.exchange.take(data)
    order = bench.orders[-1]
    assert isinstance(order, Read) and QImage(str(order.paths[0])).size() == picture.size()
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.png", "b.png")])
    bench.page.exchange.take(dropped)
    order = bench.orders[-1]
    assert isinstance(order, Read) and [path.name for path in order.paths] == ["a.png", "b.png"]
    bench.page.take(Given(order.stamp, np.ones((2, 1, 28, 28), np.float32), "a.png", anew=False))
    assert len(bench.adapts()[-1].support) == 2
    text = QMimeData()
    text.setText("hello")
    bench.page.exchange.take(text)
    assert "no picture and no drawn task" in bench.page.status.text()


def test_the_folder_of_a_run_that_is_dropped_is_opened_as_a_model(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "experiment.json").write_text("{}")
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(tmp_path / "mine"))])
    for _ in range(2):
        bench.page.exchange.take(dropped)
        order = bench.orders[-1]
        assert isinstance(order, Open) and order.folder == tmp_path / "mine"
        bench.ready()
    assert bench.page.source_picker.itemText(0) == "Opened: mine"


def test_a_large_picture_is_shrunk_before_it_is_kept_and_one_that_cannot_be_kept_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = QMimeData()
    data.setImageData(QImage(3000, 1500, QImage.Format.Format_Grayscale8))
    bench.page.exchange.take(data)
    assert "Wait until a model is open" in bench.page.status.text() and not bench.orders
    bench.ready()
    bench.page.exchange.take(data)
    order = bench.orders[-1]
    assert isinstance(order, Read) and QImage(str(order.paths[0])).size() == QSize(1024, 512)
    monkeypatch.setattr(QTemporaryDir, "isValid", lambda folder: False)
    bench.page.exchange.take(data)
    assert "temporary files" in bench.page.status.text() and bench.orders[-1] is order


def test_a_dropped_word_is_a_task_and_what_is_read_late_does_not_replace_what_was_picked(bench: Bench) -> None:
    bench.ready()
    word = QMimeData()
    word.setText(" " + DrawnTask("images", np.ones((1, 1, 28, 28), np.float32)).to_text())
    enter = QDragEnterEvent(
        QPoint(9, 9), Qt.DropAction.CopyAction, word, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    bench.page.dragEnterEvent(enter)
    assert enter.isAccepted()
    bench.page.exchange.take(word)
    bench.page.exchange.load([Path("a.png")])
    read = bench.orders[-1]
    bench.page.held_out.box.setValue(7)
    bench.page.take(Given(read.stamp, np.ones((2, 1, 28, 28), np.float32), "a.png", anew=False))
    assert len(bench.adapts()[-1].support) == 3
    bench.page.take(Given(bench.orders[-1].stamp, np.ones((5, 1, 28, 28), np.float32), "an alphabet/one"))
    assert len(bench.adapts()[-1].support) == 5


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


def test_a_sample_tells_which_example_it_is_nearest_to(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    for _ in range(2):
        stroke(bench.page.hand.pad)
        bench.page.hand.add_example()
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    arm = bench.page.wall.arms["learned"]
    arm.grab()
    QTest.mouseMove(arm, QPoint(4, 4))
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert arm.pointed_at == 1 and bench.page.status.text() == "Sample 2 is nearest to example 2"
    assert not arm.toolTip(), "it would lie over the samples"
    assert bench.page.hand.strip.item(1).text() == "● 2" and bench.page.hand.strip.item(0).text() == "1"


def test_the_nearest_example_is_counted_as_they_lie_side_by_side_a_blank_one_among_them(
    bench: Bench, stroke: Stroke
) -> None:
    bench.ready()
    for _ in range(3):
        stroke(bench.page.hand.pad)
        bench.page.hand.add_example()
    bench.page.hand.strip.setCurrentRow(0)
    bench.page.hand.do("clear")
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    arm = bench.page.wall.arms["learned"]
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert bench.page.status.text() == "Sample 1 is nearest to example 2"
    assert bench.page.hand.strip.item(1).text() == "● 2" and bench.page.hand.strip.item(0).text() == "1"


def test_nothing_is_said_of_a_sample_that_has_gone_and_a_new_one_under_the_pointer_is_looked_at(
    bench: Bench, stroke: Stroke
) -> None:
    bench.ready()
    about = bench.page.status.text()
    stroke(bench.page.hand.pad)
    bench.page.hand.add_example()
    stroke(bench.page.hand.pad)
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    arm = bench.page.wall.arms["learned"]
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert bench.page.status.text() == "Sample 1 is nearest to example 1"
    shown = bench.shown(bench.adapts()[-1].stamp)
    shown.nearest[:] = 1
    bench.page.take(shown)
    assert bench.page.status.text() == "Sample 1 is nearest to example 2"
    for _ in range(3):
        bench.page.hand.do("undo")
    assert bench.page.hand.support() is None and bench.page.status.text() == about
    assert "●" not in bench.page.hand.strip.item(0).text()


def test_the_point_that_a_sample_is_nearest_to_has_a_ring_around_it(bench: Bench) -> None:
    bench.ready(POINTS)
    pad = bench.page.hand.points_pad
    drag(pad, [(0.25, 0.25)])
    drag(pad, [(0.75, 0.75)])
    bench.page.take(bench.shown(bench.adapts()[-1].stamp, spec=POINTS))
    before = pad.grab().toImage()
    arm = bench.page.wall.arms["learned"]
    QTest.keyClick(arm, Qt.Key.Key_Right)
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert bench.page.status.text() == "Sample 2 is nearest to example 2"
    ringed, side = pad.grab().toImage(), min(pad.width(), pad.height())
    changed = [
        (x, y) for x in range(pad.width()) for y in range(pad.height()) if before.pixel(x, y) != ringed.pixel(x, y)
    ]
    middle = np.array(changed).mean(axis=0) - ((pad.width() - side) / 2, (pad.height() - side) / 2)
    assert middle == pytest.approx([0.75 * side] * 2, abs=2)


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
