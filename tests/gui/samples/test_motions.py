"""What is saved is what was seen: through the run, through adaptation, from noise; of images, points and curves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from metagen_gui.engine.store.snapshots import write_snapshot
from metagen_gui.gui.animations.dialog import AnimationDialog
from metagen_gui.gui.animations.motion import Motion
from metagen_gui.gui.samples.cell_picture import Content, Options, draw_cell
from metagen_gui.gui.samples.columns import Column
from metagen_gui.gui.samples.motions import MOST, of_contents, of_task, through_adaptation, through_the_run
from metagen_gui.gui.samples.sheet import draw_sheet, sheet_size
from metagen_gui.gui.samples.snapshot_store import SnapshotStore
from metagen_gui.gui.samples.view import SampleView
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot

MAKERS = [image_snapshot, point_snapshot, curve_snapshot]
GROUND = QColor("#ffffff")


def frames(motion: Motion, width: int = 320) -> list[np.ndarray]:
    film = motion.film(width, motion.rate, swings=False)
    drawn = list(motion.drawn(film, False, GROUND))
    assert len(drawn) == film.count and all(frame.shape == (film.size[1], width, 3) for frame in drawn)
    return drawn


def differ(drawn: list[np.ndarray]) -> bool:
    return all((one != other).any() for one, other in pairwise(drawn))


@pytest.mark.parametrize(("count", "height"), [(6, 320), (4, 480), (1, 480), (2, 240), (16, 480)])
def test_pictures_are_as_wide_as_it_is_said(qapp: object, count: int, height: int) -> None:
    snapshot = image_snapshot(50)
    samples = np.repeat(snapshot.samples[:, :, :1], count, axis=2)
    content = Content(replace(snapshot, samples=samples), 0, Column("samples", 0))
    motion = of_contents("a walk", "walk", [content], Options())
    assert motion.size(480) == QSize(480, height)
    drawn = motion.draw(0, motion.size(480))
    assert drawn.width() == 480 and drawn.height() == height


@pytest.mark.parametrize("make", MAKERS)
def test_a_sheet_shows_every_task_as_the_cells_do(make, qapp: object) -> None:
    snapshot = make(50, tasks=3)
    size = sheet_size(snapshot, 400)
    sheet = draw_sheet(snapshot, 1, size, Options())
    assert sheet.size() == size and size.width() == 400
    pitch = (size.height() - 44) // 3
    rows = [sheet.copy(0, 44 + task * pitch, 400, pitch) for task in range(3)]
    assert len({bytes(row.constBits()) for row in rows}) == 3
    last, beyond = (draw_sheet(snapshot, step, size, Options()) for step in (2, 99))
    assert draw_sheet(snapshot, 1, size, Options()) == sheet != last
    assert beyond.copy(0, 22, 400, 400) == last.copy(0, 22, 400, 400) and beyond != last, "the words tell it"


@pytest.mark.parametrize("make", MAKERS)
def test_through_the_run_snapshots_are_read_one_by_one(make, qapp: object) -> None:
    read = []

    def one(step: int):
        read.append(step)
        return make(step)

    motion = through_the_run(make(20), range(0, 50, 10), one, 2, Options())
    assert motion.title == "Through the run, after 2 adaptation steps" and motion.frames == 5
    assert differ(frames(motion)) and read == [0, 10, 20, 30, 40]
    long = through_the_run(make(20), range(10_000), one, 2, Options())
    assert long.frames == MOST
    long.draw(0, QSize(320, 200)), long.draw(MOST - 1, QSize(320, 200))
    assert read[-2:] == [0, 9999]


@pytest.mark.parametrize("make", MAKERS)
def test_through_adaptation_every_step_has_a_frame(make, qapp: object) -> None:
    motion = through_adaptation(make(1200, steps=4), Options())
    assert motion.title == "Through adaptation, at outer step 1,200" and motion.frames == 4
    assert differ(frames(motion))


@pytest.mark.parametrize("make", MAKERS)
def test_of_one_task_adaptation_moves_and_the_way_from_noise_if_there_is_one(make, qapp: object) -> None:
    snapshot = make(7, steps=3)
    (only,) = of_task(snapshot, 1, Column("samples", 2), Options())
    assert differ(frames(only)) and only.frames == 3
    shape = (2, 3, 8, 4, *snapshot.samples.shape[3:])
    way = np.random.default_rng(0).integers(0, 255, shape).astype(snapshot.samples.dtype)
    adaptation, sampling = of_task(replace(snapshot, path=way), 1, Column("samples", 2), Options())
    assert adaptation.frames == 3 and sampling.frames == 8 and sampling.title.endswith("from noise to samples")
    assert len(of_task(replace(snapshot, path=way), 1, Column("support"), Options())) == 1


def test_a_frame_is_the_large_picture(qapp: object) -> None:
    snapshot = image_snapshot(7, count=4)
    content = Content(snapshot, 0, Column("samples", 1))
    (frame,) = frames(of_contents("one", "one", [content], Options()), 320)
    cell = draw_cell(content, QSize(320, 320), 2, 2, 1.0, Options())
    assert frame.shape[:2] == (320, 320) and frame[10, 10].tolist() == list(cell.pixelColor(10, 10).getRgb()[:3])


def test_the_view_saves_what_its_folder_holds_and_memory_does_not(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SnapshotStore, "to_read_ahead", lambda store: [])
    (tmp_path / "samples").mkdir()
    for step in (0, 50, 100, 150):
        write_snapshot(tmp_path, image_snapshot(step))
    view = SampleView()
    qtbot.addWidget(view)
    view.resize(640, 560)
    view.show()
    view.reset(400, tmp_path)
    view.add_snapshot(image_snapshot(150))
    qtbot.waitUntil(lambda: len(view._store.steps) == 4)
    view.scrub_button.click()
    view.scrubber.save_button.click()
    assert len(view._store) == 1
    dialog = view.findChild(AnimationDialog)
    assert dialog.motion.frames == 4 and dialog.isVisible()
    dialog.save_to(tmp_path / "film.png")
    qtbot.waitUntil(lambda: not dialog.writing)
    assert dialog.message.startswith("Saved") and len(view._store) == 1, "what is read for it is not kept"
    dialog.motion_picker.setCurrentIndex(1)
    assert dialog.motion.frames == 3
    dialog.close_button.click()


def test_the_scrubber_and_the_large_picture_have_a_button_for_it(qtbot: QtBot) -> None:
    view = SampleView()
    qtbot.addWidget(view)
    view.resize(640, 560)
    view.show()
    for step in (0, 50):
        view.add_snapshot(image_snapshot(step))
    view.scrub_button.click()
    view.scrubber.save_button.click()
    assert view.findChild(AnimationDialog).motion.title == "Through the run, after 2 adaptation steps"
    view.findChild(AnimationDialog).close()
    view.grid.cell(1, 1).click()
    view._enlarged.film_button.click()
    assert view._enlarged.findChild(AnimationDialog).motion.title == "Task 2 (alphabet/character01): through adaptation"
    view._enlarged.close()
