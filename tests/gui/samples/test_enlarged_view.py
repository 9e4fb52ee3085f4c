from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.samples.cell_picture import Content, Options
from metagen_gui.gui.samples.columns import SUPPORT, Column
from metagen_gui.gui.samples.enlarged_view import EnlargedView
from metagen_gui.gui.samples.large_picture import best_across, large_picture
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot


@pytest.fixture
def large(qtbot: QtBot) -> EnlargedView:
    made = EnlargedView()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.show_cell(image_snapshot(7, tasks=2, steps=3), 0, Column("samples", 1), Options())
    return made


def test_arrows_go_through_steps_and_tasks_and_stop_at_the_ends(large: EnlargedView, qtbot: QtBot) -> None:
    seen = []
    for key in [Qt.Key.Key_Right] * 3 + [Qt.Key.Key_Down] * 2 + [Qt.Key.Key_Left] * 5:
        qtbot.keyClick(large, key)
        seen.append(large.heading.removesuffix(" (outer step 7)").partition("character")[2])
    assert seen[:3] == ["00), step 2", "00), query", "00), query"]
    assert seen[3:5] == ["01), query", "01), query"]
    assert seen[5:] == ["01), step 2", "01), step 1", "01), step 0", "01), support", "01), support"]
    assert not large.back_button.isEnabled() and large.on_button.isEnabled()


def test_the_picture_changes_with_the_step(large: EnlargedView) -> None:
    before = large._picture.grab().toImage()
    large.step_on()
    assert large._picture.grab().toImage() != before


def test_a_snapshot_with_fewer_steps_shows_its_last(large: EnlargedView) -> None:
    large.step_on()
    large.show_snapshot(image_snapshot(9, tasks=1, steps=2), Options())
    assert large.heading == "Task 1 (alphabet/character00), step 1 (outer step 9)"


def test_saved_as_png(large: EnlargedView, tmp_path: Path) -> None:
    path = tmp_path / "große samples.png"
    large.save(path)
    saved = QImage(str(path))
    assert not saved.isNull() and saved.width() >= 512
    large.show_cell(point_snapshot(3), 1, Column("samples", 0), Options(show_field=True))
    large.save(path)
    assert QImage(str(path)).size() == QSize(1024, 1024)


def test_what_cannot_be_saved_is_named(large: EnlargedView, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="missing"):
        large.save(tmp_path / "missing" / "samples.png")
    assert not list(tmp_path.iterdir())


def test_curves_are_a_plot_that_can_be_read_aloud_and_saved(large: EnlargedView, tmp_path: Path) -> None:
    large.show_cell(curve_snapshot(7, steps=11), 0, Column("samples", 0), Options())
    assert large.windowTitle() == large._picture.accessibleName() == "Curves"
    said = large._picture.accessibleDescription()
    assert said.startswith("Task 1 (1 sin(x)), step 0 (outer step 7): mean squared error 0.5")
    before = large._picture.grab().toImage()
    large.step_on()
    assert large._picture.grab().toImage() != before
    large.save(tmp_path / "curves.png")
    assert QImage(str(tmp_path / "curves.png")).size() == QSize(1600, 1200)
    large.show_snapshot(image_snapshot(9), Options())
    assert large.windowTitle() == large._picture.accessibleName() == "Samples"


def test_samples_are_as_large_as_the_room_allows() -> None:
    assert best_across(6, QSize(600, 400), 1.0) == 3
    assert best_across(6, QSize(200, 900), 1.0) == 1
    assert best_across(4, QSize(900, 100), 1.0) == 4
    assert best_across(1, QSize(100, 100), 1.0) == 1


def test_a_plot_of_curves_fills_the_room(qtbot: QtBot) -> None:
    content = Content(curve_snapshot(7, steps=11), 0, Column("samples", 10))
    picture = large_picture(content, QSize(700, 300), 2.0, Options())
    assert picture.size() == QSize(1400, 600)
    assert picture.deviceIndependentSize().toSize() == QSize(700, 300)


@pytest.mark.parametrize("made", [image_snapshot, point_snapshot])
def test_the_way_from_noise_to_samples_can_be_gone_along(large: EnlargedView, made: Callable[[int], Snapshot]) -> None:
    plain = made(3)
    noise = made(5).samples
    path = np.stack([noise, (noise // 2 + plain.samples // 2).astype(noise.dtype), plain.samples], axis=2)
    large.show_cell(plain, 0, Column("samples", 1), Options())
    assert not large.path_bar.isVisible()
    large.show_cell(replace(plain, path=path), 0, Column("samples", 1), Options())
    assert large.path_bar.isVisible() and large.path_bar.slider.accessibleDescription() == "sampling step 2 of 2"
    assert large._picture.content is not None and (large._picture.content.examples == plain.samples[0, 1]).all()
    seen = [large._picture.grab().toImage()]
    for state in (0, 1):
        large.path_bar.slider.setValue(state)
        assert (large._picture.content.examples == path[0, 1, state]).all()
        seen.append(large._picture.grab().toImage())
    assert seen[1] != seen[0] and seen[2] != seen[0] and seen[1] != seen[2]
    large.step_back()
    assert large._picture.content.state == 1, "another adaptation step is seen at the same sampling step"
    large.show_cell(replace(plain, path=path), 0, SUPPORT, Options())
    assert not large.path_bar.isVisible() and (large._picture.content.examples == plain.support[0]).all()


def test_the_way_is_played_to_its_end_and_stops(large: EnlargedView, qtbot: QtBot) -> None:
    snapshot = image_snapshot(3)
    large.show_cell(replace(snapshot, path=np.stack([snapshot.samples] * 3, axis=2)), 0, Column("samples"), Options())
    seen: list[int | None] = []
    large.path_bar.moved.connect(lambda: seen.append(large.path_bar.state))
    large.path_bar._timer.setInterval(1)
    large.path_bar.play_button.click()
    qtbot.waitUntil(lambda: not large.path_bar._timer.isActive())
    assert seen == [0, 1, None]
