"""What is chosen is what is written, behind the window; it can be stopped, and what cannot be is said in one line."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine.animations import write
from metagen_gui.engine.animations.write import FORMATS, Format
from metagen_gui.gui.animations.dialog import AnimationDialog
from metagen_gui.gui.animations.motion import Motion, pixels

GATE = threading.Event()


def red(place: int, size: QSize) -> QImage:
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(QColor(40 * place, 0, 0))
    return picture


def motion(frames: int = 4, closed: bool = False, draw=red, title: str = "Four reds") -> Motion:
    return Motion(title, "reds", frames, lambda width: QSize(width, width // 2), draw, closed, rate=10)


@pytest.fixture
def dialog(qtbot: QtBot) -> AnimationDialog:
    made = AnimationDialog([motion(), motion(6, closed=True, title="Six reds")])
    qtbot.addWidget(made)
    made.show()
    return made


def reds(path: Path) -> tuple[list[int], list[int]]:
    """The red of every frame and how long it is shown."""
    with Image.open(path) as image:
        found = []
        for place in range(image.n_frames):
            image.seek(place)
            found.append((round(float(np.asarray(image.convert("RGB"))[..., 0].mean())), round(image.info["duration"])))
    return [red for red, _ in found], [time for _, time in found]


def choose(picker: QComboBox, value: object) -> None:
    picker.setCurrentIndex(picker.findData(value))


def saved(dialog: AnimationDialog, qtbot: QtBot, path: Path) -> None:
    dialog.save_to(path)
    qtbot.waitUntil(lambda: not dialog.writing)


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
def test_what_is_chosen_is_what_is_written(dialog: AnimationDialog, qtbot: QtBot, tmp_path: Path, ending: str) -> None:
    choose(dialog.format_picker, ending)
    choose(dialog.width_picker, 320)
    dialog.rate.setValue(5)
    assert any(label.text() == "4 frames of 320 × 160, 0.8 s" for label in dialog.findChildren(QLabel))
    saved(dialog, qtbot, tmp_path / f"film{ending}")
    assert dialog.message == f"Saved to {tmp_path / f'film{ending}'}"
    assert reds(tmp_path / f"film{ending}") == ([0, 40, 80, 120], [200] * 4)
    with Image.open(tmp_path / f"film{ending}") as image:
        assert image.size == (320, 160)


def test_there_and_back_is_for_what_does_not_come_back_by_itself(
    dialog: AnimationDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.swings.setChecked(True)
    saved(dialog, qtbot, tmp_path / "film.gif")
    assert reds(tmp_path / "film.gif")[0] == [0, 40, 80, 120, 80, 40]
    dialog.motion_picker.setCurrentIndex(1)
    assert not dialog.swings.isEnabled()
    saved(dialog, qtbot, tmp_path / "loop.gif")
    assert reds(tmp_path / "loop.gif")[0] == [0, 40, 80, 120, 160, 200]


def test_frames_are_drawn_in_another_thread_and_can_be_stopped(qtbot: QtBot, tmp_path: Path) -> None:
    GATE.clear()
    threads, drawn = set(), []

    def slow(place: int, size: QSize) -> QImage:
        threads.add(threading.get_ident())
        drawn.append(place)
        GATE.wait(10)
        return red(place, size)

    dialog = AnimationDialog([motion(50, draw=slow)])
    qtbot.addWidget(dialog)
    dialog.show()
    (tmp_path / "film.gif").write_bytes(b"an earlier one")
    dialog.save_to(tmp_path / "film.gif")
    qtbot.waitUntil(lambda: bool(drawn))
    assert dialog.writing and not dialog.save_button.isEnabled() and dialog.close_button.text() == "&Stop"
    dialog.close_button.click()
    GATE.set()
    qtbot.waitUntil(lambda: not dialog.writing)
    assert dialog.message == "Stopped; nothing was written" and len(drawn) < 4
    assert (tmp_path / "film.gif").read_bytes() == b"an earlier one" and len(list(tmp_path.iterdir())) == 1
    assert threading.get_ident() not in threads and dialog.isVisible()
    dialog.close_button.click()
    assert not dialog.isVisible()


def test_a_place_that_cannot_be_written_is_said_in_one_line(
    dialog: AnimationDialog, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(*given: str) -> tuple[str, str]:
        asked.append(Path(given[2]).name)
        return str(tmp_path / "nowhere" / "film"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    dialog.save_button.click()
    assert asked == ["reds.gif"] and not dialog.writing
    assert dialog.message == f"{tmp_path / 'nowhere'}: there is no such folder"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "film"), ""))
    dialog.save_button.click()
    qtbot.waitUntil(lambda: not dialog.writing)
    assert (tmp_path / "film.gif").exists() and dialog.message.startswith("Saved")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    dialog.save_button.click()
    assert not dialog.writing


def test_a_picture_that_cannot_be_drawn_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    def broken(place: int, size: QSize) -> QImage:
        raise ValueError("the samples are gone")

    dialog = AnimationDialog([motion(draw=broken)])
    qtbot.addWidget(dialog)
    saved(dialog, qtbot, tmp_path / "film.gif")
    assert dialog.message == "ValueError: the samples are gone" and not list(tmp_path.iterdir())


def test_what_is_missing_for_videos_is_one_command_to_copy(
    dialog: AnimationDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Format, "missing", property(lambda kind: "" if kind.options is not None else "no PyAV"))
    choose(dialog.format_picker, ".mp4")
    assert dialog.message == "No PyAV" and not dialog.save_button.isEnabled()
    dialog._message.button.click()
    assert QGuiApplication.clipboard().text().endswith('-m pip install "av>=15"')
    choose(dialog.format_picker, ".gif")
    assert not dialog.message and dialog.save_button.isEnabled()


def test_more_than_memory_holds_is_not_begun(dialog: AnimationDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "MOST_BYTES", 4 * 480 * 240 * 4)
    choose(dialog.width_picker, 480)
    for ending, fits in ((".gif", True), (".webp", True), (".png", False)):
        choose(dialog.format_picker, ending)
        assert dialog.save_button.isEnabled() == fits
    assert dialog.message == "Too much for APNG: take a smaller picture or another format"
    choose(dialog.width_picker, 320)
    assert dialog.save_button.isEnabled()


def test_every_control_has_a_name_a_tip_and_a_label(dialog: AnimationDialog) -> None:
    controls = [*dialog.findChildren(QComboBox), dialog.rate]
    buddies = [label.buddy() for label in dialog.findChildren(QLabel) if label.buddy()]
    for control in controls:
        assert control.accessibleName() and control.toolTip() and control in buddies
    assert dialog.swings.toolTip() and dialog.save_button.toolTip() and isinstance(dialog.rate, QSpinBox)
    assert [dialog.format_picker.itemData(place) for place in range(5)] == list(FORMATS)


def test_pictures_of_any_size_stand_in_the_middle_of_their_ground(qapp: object) -> None:
    small = QImage(2, 2, QImage.Format.Format_ARGB32_Premultiplied)
    small.fill(QColor("#0000ff"))
    found = pixels(small, QSize(7, 5), QColor("#ff0000"))
    assert found.shape == (5, 7, 3) and found.dtype == np.uint8
    assert (
        (found[:, :, 2] == 255).sum() == 4 and found[1:3, 2:4, 2].min() == 255 and found[0, 0].tolist() == [255, 0, 0]
    )
    large = pixels(red(5, QSize(70, 50)), QSize(7, 5), QColor("#00ff00"))
    assert (large == (200, 0, 0)).all()
