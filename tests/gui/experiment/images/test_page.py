from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from metagen_gui.engine.data.image_files.progress import Stopped
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks import images
from metagen_gui.engine.tasks.images import ImagesSettings
from metagen_gui.gui.experiment.images.look import ImageLook
from metagen_gui.gui.experiment.images.page import ImportPage
from tests.gui.stand_ins import jobs

# Offscreen windows take no size hints, and say so.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)")


def picture(mode: str = "L", value: Any = 255) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (8, 8), value).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    files = {
        **{f"cats/{index}.png": picture(value=255 - index) for index in range(4)},
        "dogs/1.png": picture("RGBA", (0, 0, 0, 0)),
        "dogs/2.png": b"",
        "dogs/3.png": b"a list",
        "notes.txt": b"",
    }
    for name, data in files.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(data)
    return tmp_path / "mine"


@pytest.fixture
def page(qtbot: QtBot) -> ImportPage:
    made = ImportPage()
    qtbot.addWidget(made)
    made.show()
    return made


def look(qtbot: QtBot, page: ImportPage, path: Path | str) -> None:
    page.look(ImagesSettings(path=str(path)))
    qtbot.waitUntil(lambda: not page.busy)


def tabs(page: ImportPage) -> list[str]:
    return [page.tabs.tabText(place) for place in range(page.tabs.count())]


def instead(page: ImportPage, tab: int) -> str:
    """What stands in place of a list that is empty."""
    stack = page._pages[tab]
    label = stack.currentWidget()
    return label.text() if isinstance(label, QLabel) else ""


def test_what_was_found_is_shown(qtbot: QtBot, page: ImportPage, place: Path) -> None:
    look(qtbot, page, place)
    assert (
        page.said.text() == "5 images can be used, in 2 classes (1 to 4 images each, median 2.5). 2 of 7 files skipped."
    )
    assert tabs(page) == ["How they were read (2)", "Skipped (2)", "Classes (2)"]
    assert page.skipped.rows.rows == [("dogs/2.png", "empty"), ("dogs/3.png", "not an image")]
    assert [row[::2] for row in page.classes.rows.rows] == [("cats", 4), ("dogs", 1)]
    assert "read inverted" in page.note.text() and "notes.txt" in page.note.text()
    assert page.place.text() == str(place)
    assert not page.progress.isVisible() and not page.stop_button.isVisible()


def test_a_list_without_rows_says_so(qtbot: QtBot, page: ImportPage, place: Path) -> None:
    for name in ("2.png", "3.png"):
        (place / "dogs" / name).unlink()
    page.look(ImagesSettings(path=str(place)))
    assert [instead(page, tab) for tab in range(3)] == ["Nothing yet."] * 3
    qtbot.waitUntil(lambda: not page.busy)
    assert [instead(page, tab) for tab in range(3)] == ["", "Nothing was skipped.", ""]
    assert not page.copy_button.isEnabled()
    for path in place.rglob("*.png"):
        path.write_bytes(b"")
    look(qtbot, page, place)
    assert instead(page, 0) == "No image could be read."


def test_what_is_wrong_is_one_sentence(qtbot: QtBot, page: ImportPage, place: Path, tmp_path: Path) -> None:
    look(qtbot, page, place)
    look(qtbot, page, tmp_path / "gone")
    assert page.said.text() == f"{tmp_path / 'gone'} does not exist"
    assert page.said.property("tone") == "error"
    assert tabs(page) == ["How they were read", "Skipped", "Classes"]  # nothing of the place before
    assert page.skipped.rows.rows == []
    assert [instead(page, tab) for tab in range(3)] == ["Nothing was read."] * 3
    look(qtbot, page, place)
    assert page.said.property("tone") == ""
    look(qtbot, page, str(tmp_path / "caf\udce9"))  # a path need not be valid text
    assert page.place.text() == f"{tmp_path}/caf\\xe9".replace("/", os.sep)
    assert page.said.text().endswith("caf\\xe9 does not exist")


def test_a_fault_of_the_program_is_told_and_the_page_stays_usable(
    qtbot: QtBot, page: ImportPage, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError("too much")

    with monkeypatch.context() as patch:
        patch.setattr(images, "look_at", fail)
        look(qtbot, page, place)
    assert page.said.text() == "MemoryError: too much"
    assert "Traceback" in page.said.toolTip()
    look(qtbot, page, place)
    assert page.said.text().startswith("5 images")


class Slow:
    """Stands in for `look_at`: goes on until it is told to stop, and then does as it was told to end."""

    def __init__(self, end: Callable[[], Any]) -> None:
        self.end = end
        self.begun, self.ended = threading.Event(), threading.Event()
        self.threads: set[int] = set()

    def __call__(self, settings: ImagesSettings, progress: Callable[[int, int], bool]) -> Any:
        self.threads.add(threading.get_ident())
        while progress(1234, 5000):
            self.begun.set()
        self.ended.set()
        return self.end()


def stopped() -> None:
    raise Stopped


def test_progress_and_stop(qtbot: QtBot, page: ImportPage, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(stopped)
    monkeypatch.setattr(images, "look_at", slow)
    page.look(ImagesSettings(path="/somewhere"))
    qtbot.waitUntil(lambda: page.said.text() == "1,234 of 5,000 images read…")
    assert (page.progress.value(), page.progress.maximum()) == (1234, 5000)
    assert page.progress.isVisible() and page.stop_button.isVisible()
    assert slow.threads.isdisjoint({threading.get_ident()})
    qtbot.mouseClick(page.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.busy)
    assert page.said.text() == "Stopped before any image was read."


@pytest.mark.parametrize("way", ["close", "reject"])
def test_closing_ends_the_look(qtbot: QtBot, page: ImportPage, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    slow = Slow(stopped)
    monkeypatch.setattr(images, "look_at", slow)
    page.look(ImagesSettings(path="/somewhere"))
    qtbot.waitUntil(slow.begun.is_set)
    getattr(page, way)()
    qtbot.waitUntil(slow.ended.is_set)
    assert not page.busy
    qtbot.waitUntil(lambda: not jobs(ImageLook))


def test_another_look_takes_the_place_of_the_first(
    qtbot: QtBot, page: ImportPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise BadInput("tasks.path", "of the first look")

    first, second = Slow(refuse), Slow(stopped)
    for slow in (first, second):
        monkeypatch.setattr(images, "look_at", slow)
        page.look(ImagesSettings(path="/somewhere"))
        qtbot.waitUntil(slow.begun.is_set)
    qtbot.waitUntil(lambda: len(jobs(ImageLook)) == 1)  # the first has come to its end, and nobody asks it
    assert page.busy and page.said.property("tone") == ""
    page.stop()
    qtbot.waitUntil(lambda: not page.busy)
    assert page.said.text() == "Stopped before any image was read."


def test_a_page_that_is_deleted_leaves_its_thread_in_peace(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(stopped)
    monkeypatch.setattr(images, "look_at", slow)
    page = ImportPage()
    page.look(ImagesSettings(path="/somewhere"))
    qtbot.waitUntil(slow.begun.is_set)
    (job,) = jobs(ImageLook)
    page.deleteLater()
    del page
    qtbot.wait(50)
    job.stop()
    qtbot.waitUntil(lambda: not jobs(ImageLook))


def test_the_list_is_copied(qtbot: QtBot, page: ImportPage, place: Path) -> None:
    look(qtbot, page, place)
    page.skipped.selectRow(0)
    qtbot.mouseClick(page.copy_button, Qt.MouseButton.LeftButton)
    expected = "File\tWhy it is skipped\ndogs/2.png\tempty\ndogs/3.png\tnot an image\n"
    assert QGuiApplication.clipboard().text() == expected


def test_a_name_means_nothing_to_the_page(qtbot: QtBot, page: ImportPage, place: Path) -> None:
    (place / "<b>dogs<i>").mkdir()
    (place / "<b>dogs<i>" / "x.png").write_bytes(np.zeros(9, np.uint8).tobytes())
    look(qtbot, page, place)
    assert page.skipped.rows.rows[0][0] == "<b>dogs<i>/x.png"
    assert page.said.textFormat() == page.note.textFormat() == Qt.TextFormat.PlainText


def test_every_control_has_a_name_and_can_be_reached(qtbot: QtBot, page: ImportPage, place: Path) -> None:
    look(qtbot, page, place)
    for view in (page.kinds, page.skipped, page.classes):
        assert view.accessibleName() and view.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert page.progress.accessibleName() and page.tabs.focusPolicy() & Qt.FocusPolicy.TabFocus
    for button in (page.copy_button, page.stop_button):
        assert button.text() and button.toolTip() and button.focusPolicy() & Qt.FocusPolicy.TabFocus
