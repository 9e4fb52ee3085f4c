"""Models of the playground: opened, exchanged, broken; what was drawn goes to the next that can take it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.play.drawn_task import DrawnTask
from metagen_gui.gui.playground.serving import Adapt, Open, Ready, Trouble
from metagen_gui.gui.playground.sources import Source
from tests.gui.playground.conftest import PICTURES, POINTS, Bench, drag
from tests.gui.playground.test_page import Stroke


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
