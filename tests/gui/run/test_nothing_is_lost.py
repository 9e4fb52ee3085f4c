"""Whatever is discarded, brought back, deleted and exported at whatever moment: gone is what was deleted twice only."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from PySide6.QtWidgets import QApplication, QWidget

from metagen_gui.engine.events import Event
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.base import Order
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.store.names import EXPORT
from metagen_gui.engine.store.trash import thrown_away
from metagen_gui.engine.trained import export_folder
from metagen_gui.engine.trained.export import Exported
from metagen_gui.engine.trained.in_place import written_beside
from metagen_gui.gui.export import dialog as export_dialog
from metagen_gui.gui.export.dialog import ExportDialog
from metagen_gui.gui.library import thrown as trash_dialog
from metagen_gui.gui.library.thrown import TrashDialog
from metagen_gui.gui.program.trash import tell_thrown
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.banner import Banner
from tests.gui.run.test_state_machine import OneRun, spin
from tests.gui.stand_ins import FakeTraining, engine

LEARNED = "learned"
"""The file that stands for all that a run has learned; its text is the run's alone."""
OFTEN, SELDOM = ("start", "discard", "delete"), ("resume", "fail", "undo", "bring back", "pause", "finish")
ACTS = (*3 * OFTEN, "export", "export", *SELDOM)
WAITS, PATIENCE = (0.0, 0.005, 0.1, None, None), 20.0
ABOUT = '{"version": 1, "kind": "initialization", "data": {"kind": "points", "shape": [2]}, "sha256": ""}'


def learned_in(folder: Path) -> list[str]:
    """Return what is learned in a folder; one that an export has just left behind in its thread is passed over."""
    return [Path(at, LEARNED).read_text() for at, _, files in os.walk(folder) if LEARNED in files]


class Learning(FakeTraining):
    """Runs that leave something that can be lost."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, steps=200, pause=0.001)
        self.learned: set[str] = set()
        self.names = itertools.count(1)

    def __call__(self, experiment: Experiment, *, commands: Commands, **_: Any) -> Generator[Event, None, None]:
        name = f"run-{next(self.names)}"
        (self.folder / name / "checkpoints").mkdir(parents=True)
        (self.folder / name / LEARNED).write_text(name)
        self.learned.add(name)
        return self._events(self.folder / name, commands, 0)


class Keeping(OneRun):
    """Runs that begin and end, and everything a person can do with what they have left."""

    def __init__(self) -> None:
        super().__init__()
        own = self.training.folder
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("XDG_DATA_HOME", str(own / "data"))
        self.patch.setattr(export_dialog, "is_agreed", self._answer)
        self.patch.setattr(trash_dialog, "is_agreed", self._answer)
        self.learning = self.training = Learning(own / "data" / "metagen" / "runs")
        self.training.before_step = self._before_step
        self.exports: dict[Path, str] = {}
        self.deleted: set[str] = set()
        self.answers: list[bool] = []
        self.asked = 0
        self.window = QWidget()
        self.banner = Banner(self.window)
        made = engine(self._begin, own, resume_run=self.training.resume, export=self._export)
        self.controller.engine = made
        self.controller.discarded.connect(self._tell)
        self.dialog = ExportDialog(made, self.controller, self.window)

    def _answer(self, *_: object) -> bool:
        self.asked += 1
        return self.answers.pop()

    def _tell(self, thrown: Any) -> None:
        if thrown is not None:
            tell_thrown(self.banner, [thrown], lambda: None)

    def _export(self, order: Order, hears: object) -> Exported:
        """Write as the engine does, with a file in place of weights."""
        text, to = f"{(order.run / LEARNED).read_text()} {next(self.numbers)}", order.to
        with written_beside(to, lambda: export_folder.check_free(to, order.replace)) as beside:
            (beside / to.name).mkdir()
            (beside / to.name / export_folder.WEIGHTS).write_text(text)
            (beside / to.name / EXPORT).write_text(ABOUT)
        self.exports[to] = text
        return Exported(to, "", "Written.")

    @rule(what=st.sampled_from(ACTS), which=st.integers(0, 2), agreed=st.booleans(), wait=st.sampled_from(WAITS))
    def act(self, what: str, which: int, agreed: bool, wait: float | None) -> None:
        """Do one thing and wait, or with None until all that it has begun is done."""
        self.answers = [agreed]
        match what:
            case "start":
                self.controller.start(Experiment())
            case "resume" if self.controller.folder is not None and self.controller.folder.is_dir():
                self.controller.resume_run(self.controller.folder)
            case "fail":
                self.fault = RuntimeError("a fault")
            case "undo" if self.banner.text():
                self.banner._action.click()
            case "export":
                self._order_export(agreed, which)
            case "bring back" | "delete":
                self._with_thrown(what, which, agreed)
            case "pause" | "finish" | "discard":
                getattr(self.controller, what)()
        spin(wait or 0)
        end = time.monotonic() + PATIENCE
        while wait is None and time.monotonic() < end and self._is_under_way(what):
            spin(0.002)

    def _is_under_way(self, what: str) -> bool:
        run = self.controller
        waiting = run.state is RunState.FINISHING or (run.state is RunState.PREPARING and what in ("start", "resume"))
        return self.dialog.busy or waiting

    def _order_export(self, agreed: bool, which: int) -> None:
        folder = self.controller.folder
        if folder is None or self.dialog.busy:
            return
        self.dialog.set_run(folder)
        proposed = self.dialog.to_field.path()
        place = (proposed, next(iter(self.exports), proposed), folder / "export")[which]
        self.dialog.to_field.set_path(place)
        before, there, asked = dict(self.exports), (place / EXPORT).exists(), self.asked
        self.dialog.export()
        assert (self.asked > asked) == there, "asked where an earlier export would go, and nowhere else"
        if there and not agreed:
            assert not self.dialog.busy and self.exports == before

    def _with_thrown(self, what: str, which: int, agreed: bool) -> None:
        dialog = TrashDialog(self.window)
        if not dialog.list.count():
            return
        which %= dialog.list.count()
        dialog.list.item(which).setSelected(True)
        if what == "bring back":
            dialog.bring_back()
            return
        held = {*learned_in(thrown_away()[which].content)}
        dialog.delete()
        if agreed:
            self.deleted |= held
            self.exports = {place: text for place, text in self.exports.items() if place.exists()}

    @invariant()
    def what_a_run_learned_is_there_once_unless_it_was_deleted_twice(self) -> None:
        expected = self.learning.learned - self.deleted
        found = sorted(learned_in(self.learning.folder.parent))
        assert expected <= set(found), f"lost: {expected - set(found)}"
        assert len(found) == len(set(found)) and not self.deleted & set(found)
        assert len(thrown_away()) == len(list((self.learning.folder.parent / "trash").glob("*"))), "all can come back"

    @invariant()
    def exports_outside_of_runs_stay(self) -> None:
        if not self.dialog.busy:
            for place, text in self.exports.items():
                if not place.is_relative_to(self.learning.folder):  # those in a run go with it, and come back with it
                    assert (place / export_folder.WEIGHTS).read_text() == text

    def teardown(self) -> None:
        super().teardown()
        while self.dialog.busy:
            spin(0.005)
        self.what_a_run_learned_is_there_once_unless_it_was_deleted_twice()
        self.exports_outside_of_runs_stay()
        self.window.deleteLater()
        self.patch.undo()


def test_nothing_is_gone_that_was_not_deleted_twice(qapp: QApplication, tmp_path: Path) -> None:
    Keeping.folder = tmp_path
    run_state_machine_as_test(Keeping, settings=settings(max_examples=8, stateful_step_count=40, deadline=None))
