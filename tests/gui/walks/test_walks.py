"""A person chooses a run and a walk, goes along it, plays it, saves it; what is asked for last is what is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSlider, QComboBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.play import walks
from metagen_gui.engine.play.walks import Walk, Way
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained import trained_run
from metagen_gui.gui.animations.dialog import AnimationDialog
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.walks.frames import contents_of, where_on
from metagen_gui.gui.walks.page import WalksPage
from metagen_gui.gui.walks.tool import Walks
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot

NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class Entry:
    folder: Path
    name: str


class FakeWalker:
    """Goes walks of noise, as fast as `gate` allows."""

    def __init__(self, folder: Path, make: Callable[..., Snapshot] = image_snapshot, kinds=walks.KINDS) -> None:
        self.folder, self.kinds, self.make = folder, kinds, make
        self.batch = SimpleNamespace(names=NAMES)
        self.went: list[Way] = []
        self.gate = threading.Event()
        self.gate.set()

    def walking(self, way: Way) -> Iterator[int]:
        self.went.append(way)
        frames = 5 if way.kind == "sampling" else 12
        for done in range(frames):
            yield done + 1
            self.gate.wait(10)
        return walk_of(way, self.make, frames)


def walk_of(way: Way, make: Callable[..., Snapshot] = image_snapshot, frames: int = 12) -> Walk:
    made = make(way.task, tasks=1, steps=frames)
    ends = [replace(make(task, tasks=1, steps=1), names=(NAMES[task],)) for task in (way.task, way.to)]
    return Walk(way, made, tuple(ends if way.kind == "tasks" else ends[:1]), closed=way.kind == "latents")


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("one", "two", "bare")]
    for folder in made:
        (folder / "checkpoints").mkdir(parents=True)
    for folder in made[:2]:
        (folder / "checkpoints" / "step-00000010.json").touch()
    return made


@pytest.fixture
def walkers(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeWalker]:
    """The walkers of the runs that were opened, by the names of their folders."""
    made: dict[str, FakeWalker] = {}

    def open_walker(folder: Path) -> FakeWalker:
        if folder.name == "two" and "broken" in made:
            raise BadInput(str(folder), "no checkpoint can be read")
        return made.setdefault(folder.name, FakeWalker(folder))

    monkeypatch.setattr(trained_run, "open_run", lambda folder: folder)
    monkeypatch.setattr(walks, "Walker", open_walker)
    return made


@pytest.fixture
def tool(qtbot: QtBot, folders: list[Path], walkers: dict[str, FakeWalker]) -> Iterator[Walks]:
    controller = RunController()
    controller.engine = SimpleNamespace(use_threads=lambda: None)  # type: ignore[assignment]
    entries = [Entry(folder, folder.name.title()) for folder in folders]
    made = Walks(SimpleNamespace(controller=controller, runs=lambda: entries))  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    qtbot.waitUntil(lambda: made.page is not None and made.page.walk is not None)
    yield made
    made.wait()
    controller.deleteLater()


def page_of(tool: Walks) -> WalksPage:
    assert tool.page is not None
    return tool.page


def choose(picker: QComboBox, value: object) -> None:
    picker.setCurrentIndex(picker.findData(value))


def shown(page: WalksPage) -> np.ndarray:
    assert page.picture.content is not None
    return page.picture.content.examples


def test_the_newest_run_with_a_checkpoint_is_walked_at_once(tool: Walks, walkers: dict[str, FakeWalker]) -> None:
    page = page_of(tool)
    assert [page.run_picker.itemText(place) for place in range(page.run_picker.count())] == ["One", "Two"]
    assert [page.kind_picker.itemData(place) for place in range(3)] == list(walks.KINDS)
    assert page.task_picker.currentText() == "Task 1 (a)" and page.text == "0 % of the way around the latents"
    assert walkers["one"].went == [Way("latents", 0, 1, 60)] and not page.to_picker.isVisible()
    np.testing.assert_array_equal(shown(page), image_snapshot(0, tasks=1, steps=12).samples[0, 0])


def test_another_walk_task_and_run_are_walked_when_chosen(tool: Walks, qtbot: QtBot, walkers) -> None:
    page = page_of(tool)
    choose(page.kind_picker, "tasks")
    qtbot.waitUntil(lambda: page.walk.way == Way("tasks", 0, 1, 60))
    assert page.to_picker.isVisible() and page.text == "0 % of the way from Task 1 (a) to Task 2 (b)"
    choose(page.to_picker, 2)
    qtbot.waitUntil(lambda: page.walk.way == Way("tasks", 0, 2, 60))
    page.player.slider.setValue(11)
    assert page.text == "100 % of the way from Task 1 (a) to Task 3 (c)"
    choose(page.kind_picker, "sampling")
    qtbot.waitUntil(lambda: page.walk.way.kind == "sampling")
    page.player.slider.setValue(2)
    assert page.text == "sampling step 2 of 4" and not page.to_picker.isVisible()
    page.run_picker.setCurrentIndex(1)
    assert page.walk is None and page.picture.content is None and not page.save_button.isEnabled()
    qtbot.waitUntil(lambda: page.walk is not None)
    assert walkers["two"].went == [Way("sampling", 0, 2, 60)], "the same walk as before"


def test_a_lesson_brings_the_run_the_walk_and_its_tasks_back(tool: Walks, qtbot: QtBot, walkers) -> None:
    page = page_of(tool)
    choose(page.kind_picker, "tasks")
    choose(page.to_picker, 2)
    state = tool.lesson()
    assert state == {"run": "one", "kind": "tasks", "task": 0, "to": 2}
    tool.take_lesson({**state, "run": "two", "task": 10**30})
    qtbot.waitUntil(lambda: "two" in walkers and walkers["two"].went[-1:] == [Way("tasks", 0, 2, 60)])
    told: list[str] = []
    tool.around.banner = SimpleNamespace(warn=told.append)  # type: ignore[misc]
    tool.take_lesson({"run": "gone"})
    assert told == ["There is no run gone here."] and page.run is not None and page.run.name == "two"


def test_of_what_is_chosen_while_a_walk_is_under_way_the_last_is_shown(tool: Walks, qtbot: QtBot, walkers) -> None:
    page, walker = page_of(tool), walkers["one"]
    walker.gate.clear()
    choose(page.task_picker, 1)
    qtbot.waitUntil(lambda: len(walker.went) == 2)
    for task in (2, 0, 2):
        choose(page.task_picker, task)
    walker.gate.set()
    qtbot.waitUntil(lambda: page.walk.way.task == 2)
    assert [way.task for way in walker.went] == [0, 1, 2]


def test_a_walk_that_takes_long_says_how_far_it_is(tool: Walks, qtbot: QtBot, walkers, folders) -> None:
    page, slow = page_of(tool), FakeWalker(folders[1])
    walkers["two"] = slow
    slow.gate.clear()
    page.run_picker.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page.text == "Walking: frame 1 of 60")
    slow.gate.set()
    qtbot.waitUntil(lambda: page.text == "0 % of the way around the latents")


def test_a_run_that_cannot_be_opened_is_said_and_another_can(tool: Walks, qtbot: QtBot, walkers, folders) -> None:
    page = page_of(tool)
    walkers["broken"] = walkers["one"]
    page.run_picker.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page.text == f"{folders[1]}: no checkpoint can be read")
    assert page.walk is None and not page.player.isEnabled()
    page.run_picker.setCurrentIndex(0)
    qtbot.waitUntil(lambda: page.walk is not None)


def test_without_a_run_it_says_what_to_do(qtbot: QtBot) -> None:
    page = WalksPage()
    qtbot.addWidget(page)
    page.show_runs([])
    page.show_runs([(Path("/nowhere"), "gone")])
    page.show_runs([])
    assert page.text == "There is no run with a checkpoint yet: train one, and save a checkpoint (F9)"
    assert not page.save_button.isEnabled() and not page.player.isEnabled()


def test_runs_that_come_are_listed_and_nothing_is_opened_anew(tool: Walks, qtbot: QtBot, folders, walkers) -> None:
    page, before = page_of(tool), list(walkers["one"].went)
    (folders[2] / "checkpoints" / "step-00000001.json").touch()
    tool.around.controller.state_changed.emit(tool.around.controller.state)
    assert page.run_picker.count() == 3 and page.run == folders[0]
    page.again_button.click()
    qtbot.waitUntil(lambda: page.walk is not None)
    assert walkers["one"].went == [*before, before[-1]]


def test_the_walk_on_show_is_saved(tool: Walks, tmp_path: Path, qtbot: QtBot) -> None:
    page = page_of(tool)
    page.player.rate.setValue(25)
    page.save_button.click()
    dialog = page.findChild(AnimationDialog)
    assert dialog.motion.title == "Walk around its latents" and dialog.motion.frames == 12 and dialog.motion.closed
    assert dialog.rate.value() == 25
    dialog.save_to(tmp_path / "walk.gif")
    qtbot.waitUntil(lambda: not dialog.writing)
    assert dialog.message.startswith("Saved") and (tmp_path / "walk.gif").stat().st_size > 1000
    dialog.close()


@pytest.mark.parametrize("make", [image_snapshot, point_snapshot, curve_snapshot])
@pytest.mark.parametrize("kind", walks.KINDS)
def test_every_frame_shows_its_own_samples_and_between_tasks_no_examples(make, kind, qtbot: QtBot) -> None:
    walk = walk_of(Way(kind, 0, 2), make, 4)
    contents = contents_of(walk)
    page = WalksPage()
    qtbot.addWidget(page)
    page.resize(500, 400)
    page.show()
    page.show_walk(walk)
    pictures = set()
    for frame, content in enumerate(contents):
        np.testing.assert_array_equal(content.examples, walk.pictures.samples[0, frame])
        assert content.snapshot.support.shape[1] == (0 if kind == "tasks" else walk.pictures.support.shape[1])
        page.player.slider.setValue(frame)
        pictures.add(bytes(page.picture.grab().toImage().constBits()))
        assert page.text == where_on(walk, frame) == page.picture.accessibleDescription()
    assert len(pictures) == 4 and page._ends.isVisible() == (kind == "tasks")


def test_every_control_has_a_name_and_a_tip(tool: Walks) -> None:
    page = page_of(tool)
    buddies = [label.buddy() for label in page.findChildren(QLabel) if label.buddy()]
    for picker in page.findChildren(QComboBox):
        assert picker.accessibleName() and picker.toolTip() and picker in buddies
    for control in (*page.findChildren(QAbstractSlider), *page.findChildren(QToolButton), page.player.rate):
        if control.isVisible() and control.focusPolicy() is not Qt.FocusPolicy.NoFocus:
            assert control.accessibleName() and control.toolTip(), control
