from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from metagen_gui.gui.look.theme import apply_theme
from metagen_gui.gui.samples.cell import SampleCell
from metagen_gui.gui.samples.columns import QUERY, SUPPORT, Column
from metagen_gui.gui.samples.enlarged_view import EnlargedView
from metagen_gui.gui.samples.view import SampleView
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot


@pytest.fixture
def view(qtbot: QtBot) -> SampleView:
    made = SampleView()
    qtbot.addWidget(made)
    made.resize(560, 500)
    made.show()
    made.activateWindow()
    return made


def cells(view: SampleView) -> list[SampleCell]:
    return [cell for cell in view.findChildren(SampleCell) if cell.isVisible()]


def looks(cell: SampleCell) -> bytes:
    image = cell.grab().toImage()
    return bytes(image.constBits())


def test_empty_until_the_first_snapshot(view: SampleView) -> None:
    view.set_empty_text("Preparing …")
    assert view._empty.isVisible() and view._empty.text == "Preparing …"
    assert not view.history.isVisible()
    view.add_snapshot(image_snapshot(0))
    assert view.grid.isVisible() and view.history.isVisible()
    view.reset()
    assert view._empty.isVisible() and not view.history.isVisible() and view.shown is None


def test_rows_and_headings_have_names(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0, tasks=2, steps=3))
    names = {cell.accessibleName() for cell in cells(view)}
    assert "Task 2 (alphabet/character01), step 2" in names and "Task 1 (alphabet/character00), support" in names
    assert len(cells(view)) == 2 * 5
    assert all("Click to enlarge" in cell.toolTip() for cell in cells(view))
    headings = [label.accessibleName() for label in view.grid._headings.findChildren(QLabel) if label.isVisible()]
    assert headings == ["support", "step 0", "step 1", "step 2", "query"]


def test_every_cell_shows_its_own_examples(view: SampleView) -> None:
    snapshot = image_snapshot(0, tasks=2, steps=3)
    view.add_snapshot(snapshot)
    pictures = [looks(cell) for cell in cells(view)]
    assert len(set(pictures)) == len(pictures)
    content = view.grid.cell(1, 3).content
    assert content is not None and (content.task, content.column) == (1, Column("samples", 2))


def test_narrow_it_keeps_the_first_and_the_last_step(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0, steps=11, shape=(1, 28, 28)))
    wide = len(view.grid.arrangement.columns)
    view.resize(260, 500)
    columns = view.grid.arrangement.columns
    assert len(columns) < wide
    assert columns[0] == SUPPORT and columns[-1] == QUERY
    assert (columns[1].place, columns[-2].place) == (0, 10)
    assert len(cells(view)) == 2 * len(columns)
    view.resize(900, 500)
    assert len(view.grid.arrangement.columns) == 13


def test_rows_scroll_and_columns_never_do(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0, tasks=12, shape=(1, 28, 28)))
    view.resize(400, 300)
    bar = view.grid._scroll.verticalScrollBar()
    assert bar.isVisible() and bar.maximum() > 0
    assert not view.grid._scroll.horizontalScrollBar().isVisible()
    right = max(cell.geometry().right() for cell in cells(view))
    assert right < view.grid._scroll.viewport().width()


def test_history_counts_to_the_end_of_the_run(view: SampleView) -> None:
    view.reset(4000)
    view.add_snapshot(image_snapshot(1200))
    assert view.history.text == "step 1,200 of 4,000"
    view.reset()
    view.add_snapshot(image_snapshot(1200))
    assert view.history.text == "step 1,200 of 1,200"


def test_it_follows_until_the_slider_is_moved(view: SampleView, qtbot: QtBot) -> None:
    for step in (0, 50, 100):
        view.add_snapshot(image_snapshot(step))
    assert view.shown.meta_step == 100 and view.history.text == "step 100 of 100"
    qtbot.keyClick(view.history.slider, Qt.Key.Key_Left)
    assert view.shown.meta_step == 50 and not view.history.following
    view.add_snapshot(image_snapshot(1200))
    assert view.shown.meta_step == 50 and view.history.text == "step 50 of 1,200"
    qtbot.keyClick(view.history.latest_button, Qt.Key.Key_Space)
    assert view.shown.meta_step == 1200 and view.history.following
    qtbot.keyClick(view.history.slider, Qt.Key.Key_Home)
    assert view.shown.meta_step == 0
    qtbot.keyClick(view.history.slider, Qt.Key.Key_End)
    assert view.history.following


def test_a_pinned_snapshot_stays_while_the_history_is_thinned(view: SampleView) -> None:
    for step in range(30):
        view.add_snapshot(image_snapshot(step, tasks=1, steps=1, count=1))
    view.history.slider.setValue(17)
    for step in range(30, 260):
        view.add_snapshot(image_snapshot(step, tasks=1, steps=1, count=1))
    assert view.shown.meta_step == 17
    assert abs(view.history._steps[view.history.slider.value()] - 17) <= 1


def test_playing_goes_through_the_run_and_ends_following(view: SampleView, qtbot: QtBot) -> None:
    seen = []
    for step in range(4):
        view.add_snapshot(image_snapshot(step))
    view.history.chosen.connect(seen.append)
    view.history.play_button.click()
    assert view.history.playing and view.shown.meta_step == 0
    view.history._timer.setInterval(1)
    qtbot.waitUntil(lambda: not view.history.playing)
    assert seen[:4] == [0, 1, 2, 3]
    assert view.history.following and view.shown.meta_step == 3


def test_samples_change_and_the_support_is_not_drawn_again(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0))
    view.grab()
    support, samples = view.grid.cell(0, 0), view.grid.cell(0, 1)
    kept, before = support._picture, looks(samples)
    view.add_snapshot(image_snapshot(50))
    assert support._picture is kept is not None
    assert looks(samples) != before


def test_ink_and_paper_follow_the_look_and_the_toggle(view: SampleView, qapp: QApplication) -> None:
    snapshot = image_snapshot(0)
    snapshot.samples[:] = 0  # all paper
    view.add_snapshot(snapshot)

    def paper() -> QColor:
        return view.grid.cell(0, 1).grab().toImage().pixelColor(5, 5)

    apply_theme(qapp, "light")
    try:
        assert paper().lightness() > 240
        view.invert_button.click()
        assert paper().lightness() < 40
        apply_theme(qapp, "dark")
        assert paper().lightness() > 200
        view.invert_button.click()
        assert paper().lightness() < 40
    finally:
        apply_theme(qapp, "light")


def test_only_gray_images_can_be_inverted(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0))
    assert view.invert_button.isVisible() and not view.field_button.isVisible()
    view.reset()
    view.add_snapshot(image_snapshot(0, shape=(3, 8, 8)))
    assert not view.invert_button.isVisible()


def test_points_and_the_field_behind_them(view: SampleView) -> None:
    view.add_snapshot(point_snapshot(0))
    given, generated = looks(view.grid.cell(0, 0)), looks(view.grid.cell(0, 1))
    assert view.field_button.isVisible() and not view.invert_button.isVisible()
    view.field_button.click()
    assert looks(view.grid.cell(0, 0)) == given
    assert looks(view.grid.cell(0, 1)) != generated
    view.reset()
    view.add_snapshot(point_snapshot(0, field=False))
    assert not view.field_button.isVisible()


def test_the_number_of_steps_may_change_during_a_run(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0, steps=3))
    view.add_snapshot(image_snapshot(50, steps=5))
    assert len(cells(view)) == 2 * 7
    view.history.slider.setValue(0)
    assert len(cells(view)) == 2 * 5


def test_one_tab_stop_and_arrows_between_cells(view: SampleView, qtbot: QtBot) -> None:
    view.add_snapshot(image_snapshot(0, tasks=2, steps=3))
    stops = [cell for cell in cells(view) if cell.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [view.grid.cell(0, 0)]
    stops[0].setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(QApplication.focusWidget(), key)
    assert QApplication.focusWidget() is view.grid.cell(1, 2)
    assert [cell for cell in cells(view) if cell.focusPolicy() & Qt.FocusPolicy.TabFocus] == [view.grid.cell(1, 2)]


def test_return_enlarges_and_the_large_view_keeps_up(view: SampleView, qtbot: QtBot) -> None:
    view.add_snapshot(image_snapshot(0, tasks=2, steps=3))
    qtbot.keyClick(view.grid.cell(1, 2), Qt.Key.Key_Return)
    large = view.findChild(EnlargedView)
    assert large.isVisible()
    assert large.heading == "Task 2 (alphabet/character01), step 1 (outer step 0)"
    view.add_snapshot(image_snapshot(50, tasks=2, steps=3))
    assert large.heading == "Task 2 (alphabet/character01), step 1 (outer step 50)"
    qtbot.keyClick(large, Qt.Key.Key_Escape)
    assert not large.isVisible()


def test_hidden_it_draws_nothing_and_catches_up_when_seen(view: SampleView) -> None:
    view.add_snapshot(image_snapshot(0))
    view.hide()
    view.add_snapshot(image_snapshot(50))
    assert view.grid.cell(0, 1).content.snapshot.meta_step == 0
    view.show()
    assert view.grid.cell(0, 1).content.snapshot.meta_step == 50
    assert np.array_equal(view.shown.samples, image_snapshot(50).samples)


def test_curves_bend_from_step_to_step_and_say_how_far_they_are(view: SampleView) -> None:
    view.add_snapshot(curve_snapshot(0))
    pictures = [looks(view.grid.cell(0, column)) for column in range(5)]
    assert len(set(pictures)) == 5
    assert not view.invert_button.isVisible() and not view.field_button.isVisible()
    tips = [view.grid.cell(0, column).toolTip() for column in range(5)]
    assert "support, 6 examples" in tips[0] and "query, 6 examples" in tips[4]
    assert "step 0, squared error 0.5" in tips[1] and "step 2, squared error 0." in tips[3]
    assert "dashed: the true one" in view.grid._labels[2].toolTip()


def test_curves_change_and_what_is_given_is_not_drawn_again(view: SampleView) -> None:
    view.add_snapshot(curve_snapshot(0))
    view.grab()
    kept, before = [view.grid.cell(0, column)._picture for column in (0, 4)], looks(view.grid.cell(0, 2))
    view.add_snapshot(curve_snapshot(500))
    assert [view.grid.cell(0, column)._picture for column in (0, 4)] == kept and None not in kept
    assert looks(view.grid.cell(0, 2)) != before
    view.add_snapshot(replace(curve_snapshot(1000), truth=curve_snapshot(0).truth / 2))
    view.grab()
    assert view.grid.cell(0, 4)._picture is not kept[1], "another true curve"


def test_a_run_of_curves_follows_one_of_images(view: SampleView, qtbot: QtBot) -> None:
    view.add_snapshot(image_snapshot(0))
    view.reset(100)
    view.add_snapshot(curve_snapshot(0))
    view.grab()
    qtbot.mouseClick(view.grid.cell(1, 2), Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(view.grid.cell(1, 2), Qt.MouseButton.LeftButton)
    (large,) = view.findChildren(EnlargedView)
    assert large.windowTitle() == "Curves"
    view.add_snapshot(replace(curve_snapshot(50), curves=np.full((2, 3, 41), np.nan, dtype=np.float32)))
    view.grab()
    large.grab()


def test_a_long_run_is_played_in_about_as_many_pictures(view: SampleView, qtbot: QtBot) -> None:
    chosen = []
    view.history.set_steps(range(1600), 0)
    view.history.chosen.connect(chosen.append)
    view.history.play_button.click()
    view.history._timer.setInterval(0)
    qtbot.waitUntil(lambda: not view.history.playing)
    assert chosen[0] == 0 and chosen[-1] == 1599 and 160 <= len(set(chosen)) <= 165
