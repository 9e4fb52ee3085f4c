"""One window with the real engine and all its tools: whatever is done in whatever order, no run is lost, none stays."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QCoreApplication, QObject, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.events import RunStarted
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.races.events import RaceBegun
from metagen_gui.engine.races.race import Lane, Race
from metagen_gui.engine.store.trash import thrown_away
from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.race.mailbox import RaceDelivery
from metagen_gui.gui.race.tool import RaceTool
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.walks.tool import Walks
from metagen_gui.gui.window import main_window
from metagen_gui.gui.window import tools as window_tools
from metagen_gui.gui.window.close_dialog import Closing
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.cells import EVERY
from tests.engine.queue.here import train_here
from tests.gui.playground.conftest import drag

TOOLS = ("playground", "walks", "slow_motion", "race")
DONE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("command", ("start", "start", "pause", "step", "finish", "discard", "sample_now", "save_now", "undo", "redo")),
    ("command", TOOLS),
    ("play", ("draw", "draw", "undo", "clear", "task", "model")),
    ("slow_down", ("inner_button", "outer_button", "back_button", "play_button", "again")),
    ("walk", ("run_picker", "kind_picker", "task_picker")),
    ("race", ("start", "start", "pause", "go_on", "judge", "another", "compare", "last")),
    ("change", ("0.01", "0.001")),
    ("lesson", ("copy", "paste")),
    ("take", ("",)),
    ("resume", ("",)),
    ("close", ("FINISH", "PAUSE", "KEEP_RUNNING")),
)
ACTS = [(how, what) for how, many in DONE for what in many]
SMALL = {
    "training.meta_batch_size": 2,
    "training.validation_tasks": 2,
    "training.preview_tasks": 2,
    "training.validate_every": 20,
    "training.meta_steps": 400,
    "training.device": "cpu",
    "training.query_size": 3,
    "algorithm.adaptation_steps": 1,
    "model.width": 6,
}
PATIENCE = 60.0


def small(tasks: str) -> Experiment:
    made = Experiment(tasks, "vae", "fomaml")
    for path, value in SMALL.items():
        made = made.with_value(path, value)
    return made


def live(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the window live for so long, or until something holds."""
    end = time.monotonic() + seconds
    while True:
        QCoreApplication.processEvents()
        if until() or time.monotonic() >= end:
            return
        time.sleep(0.001)


class Everything(RuleBasedStateMachine):
    """A person with two hands, who does not wait."""

    home: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.own = self.home / str(next(self.numbers))
        self.patch = pytest.MonkeyPatch()
        train_here(self.patch)
        for name in ("DATA", "STATE", "CONFIG"):
            self.patch.setenv(f"XDG_{name}_HOME", str(self.own / name.lower()))
        self.closing, self.agreed = Closing.KEEP_RUNNING, False
        self.patch.setattr(main_window, "ask_closing", lambda *_: self.closing)
        self.patch.setattr(main_window, "ask_discarding", lambda *_: self.agreed)
        self.patch.setattr(window_tools, "is_agreed", lambda *_: self.agreed)
        self.lanes = set[Path]()
        self.word = "none"
        self.acknowledged: dict[int, str] = {}
        """The folders of runs that the window has told of, by what stays the same of a folder that is moved."""

    @initialize(tasks=st.sampled_from(["strokes", "densities"]), order=st.permutations(TOOLS), run=st.booleans())
    def begin(self, tasks: str, order: list[str], run: bool) -> None:
        """Most of what can be done is about tools and runs: in most sequences none would ever be there."""
        self.open_window(tasks)
        for tool in order:
            self.window.actions_by_name[tool].trigger()
            live(PATIENCE, lambda tool=tool: self.window.tools.by_name[tool].contents is not None)  # type: ignore[misc]
        if not run:
            self.window.actions_by_name["start"].trigger()
            live(PATIENCE, lambda: self.window.controller.folder is not None)

    def open_window(self, tasks: str) -> None:
        self.window = MainWindow(WindowSettings(self.own / "window.ini"))
        self.window.resize(1280, 800)
        self.window.controller.started.connect(self._note_run)
        race = self.window.tools.by_name["race"]
        assert isinstance(race, RaceTool)
        race.race.delivered.connect(self._note_lanes)
        self.window.show()
        live(PATIENCE, lambda: self.window.controller.state is not RunState.LOADING)
        self.window.panel.set_experiment(small(tasks))

    def _note_run(self, started: RunStarted) -> None:
        self._note(started.folder)

    def _note_lanes(self, delivery: RaceDelivery) -> None:
        for event in delivery.events:
            if isinstance(event, RaceBegun):
                self.lanes |= {*event.runs}  # each is there from its first turn on

    def _note(self, folder: Path) -> None:
        assert folder.is_dir(), f"{folder.name} is told of before it is there"
        self.acknowledged[folder.stat().st_ino] = folder.name

    # -- what a person does ------------------------------------------------------------------------------------------

    @rule(act=st.sampled_from(ACTS), yes=st.booleans(), seconds=st.sampled_from([0.0, 0.02, 0.4]))
    def act(self, act: tuple[str, str], yes: bool, seconds: float) -> None:
        """Do one thing, and wait for a moment or not at all; questions are answered by `yes`."""
        self.agreed = yes
        getattr(self, act[0])(act[1])
        live(seconds)

    def command(self, name: str) -> None:
        self.window.actions_by_name[name].trigger()

    def change(self, value: str) -> None:
        if not self.window.controller.state.busy:
            changed = self.window.panel.experiment().with_value("training.outer_lr", float(value))
            self.window.panel.set_experiment(changed)

    def play(self, what: str) -> None:
        tool = self.window.tools.by_name["playground"]
        assert isinstance(tool, Playground)
        if (page := tool.page) is None or page.ready is None or not page.isVisible():
            return
        match what:
            case "draw":
                drag(page.hand.points_pad if page.ready.spec.in_plane else page.hand.pad, [(0.2, 0.3), (0.6, 0.7)])
            case "task":
                page.held_out.box.setValue(page.held_out.box.value() + 1)
            case "model":
                page.open(page.source_picker.sources[0 if self.agreed else -1].folder)
            case _:
                page.hand.do(what)

    def slow_down(self, button: str) -> None:
        tool = self.window.tools.by_name["slow_motion"]
        assert isinstance(tool, SlowMotionTool)
        if tool.contents is not None and tool.isVisible():
            getattr(tool.step_page, button).click()

    def walk(self, picker: str) -> None:
        tool = self.window.tools.by_name["walks"]
        assert isinstance(tool, Walks)
        if tool.page is not None and (count := getattr(tool.page, picker).count()):
            box = getattr(tool.page, picker)
            box.setCurrentIndex((box.currentIndex() + 1) % count)

    def race(self, what: str) -> None:
        tool = self.window.tools.by_name["race"]
        assert isinstance(tool, RaceTool)
        if tool.contents is None or not tool.isVisible():
            return
        if what == "start" and not tool.busy:
            one = small("densities")
            tool.setup.show_race(Race((Lane("a", one), Lane("b", one.with_value("model.width", 7))), "steps", 6))
            tool.setup.start_button.click()
        elif what == "last" and not tool.busy and tool.race.folder is not None:
            tool.open(tool.race.folder)
        elif what not in ("start", "last") and (button := getattr(tool.course, f"{what}_button")).isVisible():
            button.click()

    def lesson(self, what: str) -> None:
        if what == "copy":
            self.word = self.window.lessons.lesson("A", "lesson").to_text()
        QGuiApplication.clipboard().setText(self.word)
        self.window.actions_by_name["paste_lesson"].trigger()

    def take(self, _: str) -> None:
        """Undo, go on with a paused run: whatever the line above the panels offers."""
        if self.window.banner.text() and not self.window.banner._action.isHidden():
            self.window.banner._action.click()

    def resume(self, _: str) -> None:
        folder = self.window.controller.folder
        if not self.window.controller.state.busy and folder is not None and folder.is_dir():
            self.window.controller.resume_run(folder)

    def close(self, answer: str) -> None:
        """Close the window, twice with `yes`; one that has closed is opened anew."""
        self.closing = Closing[answer]
        kept = self.window.controller.state.busy and self.closing is Closing.KEEP_RUNNING
        kept = kept or (any(tool.busy for tool in self.window.tools.by_name.values()) and not self.agreed)
        self.window.close()
        if self.agreed:
            self.window.close()
        live(0.05 if kept else PATIENCE, lambda: not self.window.isVisible())
        if not self.window.isVisible():
            self.leave()
            self.open_window("densities")

    # -- what holds --------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        assert not self.window.isVisible(), "it closes as soon as what goes on has come to a safe point"
        self.window.wait()
        left = [type(thread).__name__ for thread in threads() if thread.isRunning()]
        assert not left, f"threads that stay: {left}"
        self.window.deleteLater()
        live(0.02)

    @invariant()
    def every_run_that_was_told_of_is_there_or_in_the_trash(self) -> None:
        for lane in filter(Path.is_dir, self.lanes):
            self._note(lane)
        runs = self.own / "data" / "metagen" / "runs"
        places = [*runs.glob("*"), *runs.parent.glob("races/*/*"), *(thrown.content for thrown in thrown_away())]
        found = {place.stat().st_ino for place in places if place.is_dir()}
        lost = {name for inode, name in self.acknowledged.items() if inode not in found}
        assert not lost, f"lost: {lost}"

    def teardown(self) -> None:
        if hasattr(self, "window"):
            self.closing, self.agreed = Closing.PAUSE, True
            self.window.close()
            live(PATIENCE, lambda: not self.window.isVisible())
            self.leave()
            self.every_run_that_was_told_of_is_there_or_in_the_trash()
        self.patch.undo()


def threads() -> list[QThread]:
    app: QObject | None = QCoreApplication.instance()
    assert app is not None
    return app.findChildren(QThread)


def test_in_any_order_of_all_that_can_be_done_no_run_is_lost(qapp: QApplication, tmp_path: Path) -> None:
    Everything.home = tmp_path
    often, long = (40, 40) if EVERY else (3, 25)
    known = [HealthCheck.too_slow, HealthCheck.data_too_large]
    phases = (Phase.explicit, Phase.generate)  # what depends on the moment is not found again by fewer steps
    run_state_machine_as_test(
        Everything,
        settings=settings(
            max_examples=often,
            stateful_step_count=long,
            deadline=None,
            suppress_health_check=known,
            database=None,
            phases=phases,
        ),
    )
