"""Pointer and keys move over the map, and the samples of the adaptation view follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.store.snapshots import write_snapshot
from metagen_gui.gui.samples import snapshot_store
from metagen_gui.gui.samples.cell import SampleCell
from metagen_gui.gui.samples.columns import QUERY, SUPPORT, Column
from metagen_gui.gui.samples.view import SampleView
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot, validation

STEPS = (0, 50, 100, 150, 200)


@pytest.fixture
def view(qtbot: QtBot) -> SampleView:
    made = SampleView()
    qtbot.addWidget(made)
    made.resize(640, 560)
    made.show()
    made.activateWindow()
    made.reset(400)
    for step in STEPS:
        made.add_snapshot(image_snapshot(step))
        made.add_validation(validation(step, [300 - step, 200 - step, 100 - step]))
    return made


def scrub(view: SampleView) -> None:
    view.scrub_button.click()
    QTest.qWait(1)


def hover(view: SampleView, place: int, row: int) -> None:
    QTest.mouseMove(view.scrubber.map, view.scrubber.map.centre_of((place, row)))


def shown(view: SampleView) -> tuple[int, int]:
    """The outer step and the adaptation step whose samples are seen."""
    arrangement = view.grid.arrangement
    assert arrangement is not None and [arrangement.columns[0], arrangement.columns[-1]] == [SUPPORT, QUERY]
    (column,) = arrangement.columns[1:-1]
    for task in range(2):
        content = view.grid.cell(task, 1).content
        assert content is not None and content.column == column
        np.testing.assert_array_equal(
            content.examples, image_snapshot(content.snapshot.meta_step).samples[task, column.place]
        )
    return content.snapshot.meta_step, content.snapshot.steps[column.place]


def test_it_is_there_as_soon_as_there_are_samples_and_begins_where_the_view_is(view: SampleView) -> None:
    fresh = SampleView()
    assert fresh.scrub_button.isHidden()
    fresh.deleteLater()
    assert view.scrub_button.isVisible() and not view.scrubber.isVisible()
    view.history.slider.setValue(1)
    scrub(view)
    assert view.focusWidget() is view.scrubber.map
    assert shown(view) == (50, 2) and view.scrubber.text == "Outer step 50 · after 2 adaptation steps · query loss 50"
    view.scrub_button.click()
    assert len(view.grid.arrangement.columns) == 5 and view.shown.meta_step == 50


def test_samples_follow_the_pointer_and_go_back_when_it_leaves(view: SampleView) -> None:
    scrub(view)
    assert shown(view) == (200, 2)
    for place, row in ((0, 0), (1, 0), (3, 1), (4, 2)):
        hover(view, place, row)
        assert shown(view) == (STEPS[place], row)
    hover(view, 2, 1)
    assert view.scrubber.text == "Outer step 100 · after 1 adaptation step · query loss 100"
    assert view.scrubber.map.accessibleDescription() == view.scrubber.text and view.history.following
    view.scrubber.map.leaveEvent(None)
    assert shown(view) == (200, 2)


def test_a_click_and_a_drag_stay(view: SampleView) -> None:
    scrub(view)
    where = view.scrubber.map
    QTest.mouseClick(where, Qt.MouseButton.LeftButton, pos=where.centre_of((1, 1)))
    where.leaveEvent(None)
    assert shown(view) == (50, 1) and not view.history.following and view.history.text == "step 50 of 400"
    QTest.mousePress(where, Qt.MouseButton.LeftButton, pos=where.centre_of((1, 1)))
    QTest.mouseMove(where, QPoint(-40, -40))
    QTest.mouseRelease(where, Qt.MouseButton.LeftButton, pos=QPoint(-40, -40))
    assert view.scrubber.map.cell_at(QPoint(-40, -40)) == (0, 2)


def test_the_arrows_go_from_cell_to_cell_and_stop_at_the_edges(view: SampleView, qtbot: QtBot) -> None:
    scrub(view)
    seen = []
    keys = (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Home)
    for key in (*keys, Qt.Key.Key_Up, Qt.Key.Key_PageUp, Qt.Key.Key_End, Qt.Key.Key_PageDown):
        qtbot.keyClick(view.scrubber.map, key)
        seen.append(shown(view))
    assert seen[:6] == [(200, 2), (150, 2), (150, 1), (150, 0), (150, 0), (0, 0)]
    assert seen[6:] == [(0, 1), (50, 1), (200, 1), (150, 1)] and not view.history.following
    qtbot.keyClick(view.scrubber.map, Qt.Key.Key_End)
    assert view.history.following, "at the right end it follows the newest"


def test_a_running_run_does_not_take_the_samples_away_from_the_pointer(view: SampleView) -> None:
    scrub(view)
    hover(view, 1, 0)
    view.add_snapshot(image_snapshot(250))
    assert shown(view) == (50, 0)
    view.scrubber.map.leaveEvent(None)
    assert shown(view) == (250, 2), "it followed the newest before"
    QTest.mouseClick(view.scrubber.map, Qt.MouseButton.LeftButton, pos=view.scrubber.map.centre_of((2, 0)))
    view.add_snapshot(image_snapshot(300))
    assert shown(view) == (100, 0) and view.history.slider.value() == 2


def test_playing_moves_the_mark_and_keeps_the_adaptation_step(view: SampleView, qtbot: QtBot) -> None:
    scrub(view)
    qtbot.keyClick(view.scrubber.map, Qt.Key.Key_Down)
    seen = []
    view.history.chosen.connect(lambda _: seen.append(shown(view)))
    view.history.play_button.click()
    view.history._timer.setInterval(1)
    qtbot.waitUntil(lambda: not view.history.playing)
    assert seen[:5] == [(step, 1) for step in STEPS] and view.scrubber.looks_at == (200, 1)


def test_support_and_query_are_not_drawn_again(view: SampleView) -> None:
    scrub(view)
    view.grab()
    kept = [view.grid.cell(task, column)._picture for task in range(2) for column in (0, 2)]
    for place in range(5):
        hover(view, place, place % 3)
        view.grab()
    assert [view.grid.cell(task, column)._picture for task in range(2) for column in (0, 2)] == kept


def test_what_the_colours_tell_can_be_chosen(view: SampleView) -> None:
    scrub(view)
    picker, where = view.scrubber.quantity_picker, view.scrubber.map
    assert not picker.isVisible() and view.scrubber._legend.isVisible(), "there is one quantity"
    report = validation(200, [100, 0, -100])
    for step in STEPS:
        told = {f"kl/{row}": 7.0 + row for row in range(3)}
        losses = [300.0 - step, 200.0 - step, 100.0 - step]
        view.add_validation(type(report)(step, 0.0, {"vae": np.array(losses)}, {}, 4, told))
    assert picker.isVisible() and picker.currentData() == "query_loss/vae"
    before = where.grab().toImage()
    picker.setCurrentIndex(picker.findData("kl"))
    assert where.grab().toImage() != before and view.scrubber.text.endswith("kl 9")
    view.add_validation(report)
    assert picker.currentData() == "query_loss/vae", "newer reports tell of nothing else"


def test_of_another_run_nothing_stays(view: SampleView) -> None:
    scrub(view)
    view.reset(100)
    assert not view.scrubber.isVisible() and not view.scrub_button.isVisible()
    view.add_snapshot(image_snapshot(0, steps=5))
    assert view.scrub_button.isVisible() and view.scrubber.isVisible(), "whoever scrubs goes on scrubbing"
    assert view.scrubber.text == "Outer step 0 · after 4 adaptation steps"


def test_snapshots_of_fewer_steps_show_the_nearest(view: SampleView) -> None:
    scrub(view)
    view.add_snapshot(image_snapshot(250, steps=6))
    QTest.qWait(1)  # the map has grown
    hover(view, 5, 5)
    assert view.shown.meta_step == 250 and view.grid.only == 5
    hover(view, 0, 5)
    assert shown(view) == (0, 2)


@pytest.mark.parametrize("make", [point_snapshot, curve_snapshot])
def test_points_and_curves_are_scrubbed_as_well(make: object, view: SampleView) -> None:
    view.reset(10)
    for step in (0, 5):
        view.add_snapshot(make(step))
    scrub(view)
    looks = set()
    for place, row in ((0, 0), (0, 2), (1, 0), (1, 2)):
        hover(view, place, row)
        looks.add(bytes(view.grid.cell(1, 1).grab().toImage().constBits()))
        assert view.grid.arrangement.columns[1] == Column("samples", row)
    assert len(looks) == 4


def test_the_enlarged_view_follows(view: SampleView) -> None:
    scrub(view)
    view.grid.cell(0, 1).click()
    assert view._enlarged.heading == "Task 1 (alphabet/character00), step 2 (outer step 200)"
    hover(view, 1, 0)
    assert view._enlarged.heading == "Task 1 (alphabet/character00), step 0 (outer step 50)"
    view._enlarged.close()


def test_all_of_a_folder_is_read_ahead_within_bounds(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "samples").mkdir()
    steps = list(range(0, 400, 10))
    for step in steps:
        write_snapshot(tmp_path, image_snapshot(step))
    own = image_snapshot(0).samples.nbytes
    monkeypatch.setattr(snapshot_store, "_BYTES", 16 * own)
    view = SampleView()
    qtbot.addWidget(view)
    view.resize(640, 560)
    view.show()
    view.reset(400, tmp_path)
    view.add_snapshot(image_snapshot(390))
    qtbot.waitUntil(lambda: list(view._store.steps) == steps)
    assert len(view._store) == 1
    scrub(view)
    qtbot.waitUntil(lambda: len(view._store) == 16)
    held = sorted(view._store._held)
    assert max(np.diff([0, *held, 390])) <= 40, "spread over the run"
    away = next(step for step in steps if view._store.get(step) is None)
    hover(view, steps.index(away), 1)
    qtbot.waitUntil(lambda: view.shown.meta_step == away)
    assert len(view._store) <= 16
    qtbot.waitUntil(lambda: view._reader._job is None)


def test_the_map_can_be_read_by_those_who_do_not_see_it(view: SampleView) -> None:
    scrub(view)
    where = view.findChild(QWidget, "scrubber")
    assert where is view.scrubber.map and where.accessibleName() and where.toolTip()
    assert where.focusPolicy() is Qt.FocusPolicy.StrongFocus
    for control in (view.scrubber.quantity_picker, view.scrub_button):
        assert control.accessibleName() and control.toolTip()
    assert all(isinstance(cell, SampleCell) for cell in view.grid._cells.values())


def test_where_there_is_more_width_than_height_tasks_stand_side_by_side(view: SampleView) -> None:
    view.reset(10)
    for step in (0, 5):
        view.add_snapshot(image_snapshot(step, tasks=6, count=6, shape=(1, 28, 28)))
    view.resize(900, 380)
    assert view.grid._scroll.verticalScrollBar().isVisible()
    scrub(view)
    view.resize(901, 380)
    arrangement = view.grid.arrangement
    assert not view.grid._scroll.verticalScrollBar().isVisible() and arrangement.abreast in (2, 3)
    cells = [view.grid.cell(task, column).geometry() for task in range(6) for column in range(3)]
    assert not any(one.intersects(other) for place, one in enumerate(cells) for other in cells[:place])
    whole = view.grid._ground.rect()
    assert all(whole.contains(cell) for cell in cells)
    headings = [label for label in view.grid._labels if label.isVisible()]
    assert [label.text() for label in headings] == ["support", "step 2", "query"] * arrangement.abreast
    for label, cell in zip(headings[:3], cells[:3], strict=True):
        assert abs(label.geometry().center().x() - cell.center().x()) <= 1
    first_of_second = cells[3 * arrangement.rows(6)]
    assert abs(headings[3].geometry().center().x() - first_of_second.center().x()) <= 1
    view.scrub_button.click()
    assert view.grid.arrangement.abreast == 1
