from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import exports_folder
from metagen_gui.gui.export.dialog import ExportDialog
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining, engine


class Exports:
    """Stands in for `engine.export` and remembers what was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.threads: set[int] = set()
        self.problem: Exception | None = None
        self.replaced = False
        self.summary = "12 numbers, compared."

    def __call__(self, run: Path, to: Path, *more: Any, replace: bool) -> Any:
        self.calls.append((run, to, *more))
        self.replaced = replace
        self.threads.add(threading.get_ident())
        if self.problem:
            raise self.problem
        return SimpleNamespace(folder=to, code="from metagen_gui import export\n", summary=self.summary)


@pytest.fixture
def exports() -> Exports:
    return Exports()


@pytest.fixture
def controller(qtbot: QtBot, exports: Exports, tmp_path: Path) -> RunController:
    made = RunController()
    training = FakeTraining(tmp_path)
    made.set_engine(engine(training, tmp_path, export_initialization=exports, export_adapted=exports))
    return made


def dialog(qtbot: QtBot, controller: RunController) -> ExportDialog:
    assert controller.engine is not None
    made = ExportDialog(controller.engine, controller)
    qtbot.addWidget(made)
    made.show()
    return made


def export(qtbot: QtBot, made: ExportDialog) -> None:
    qtbot.mouseClick(made.export_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not made.busy)


def test_the_initialization_is_written_behind_the_window(
    qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path
) -> None:
    made = dialog(qtbot, controller)
    made.set_run(tmp_path / "run")
    export(qtbot, made)
    assert exports.calls == [(tmp_path / "run", exports_folder() / "run")]
    assert exports.threads.isdisjoint({threading.get_ident()})
    assert made.said.text() == "12 numbers, compared."
    qtbot.mouseClick(made.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "from metagen_gui import export\n"


def test_adapted_models(qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path) -> None:
    made = dialog(qtbot, controller)
    made.set_run(tmp_path)
    made.task.setChecked(True)
    made.task_index.setValue(3)
    export(qtbot, made)
    made.images.setChecked(True)
    made.images_field.set_path(tmp_path / "mine")
    made.steps.setValue(7)
    export(qtbot, made)
    to = exports_folder() / tmp_path.name
    assert exports.calls == [(tmp_path, to, 2, None, None), (tmp_path, to, None, tmp_path / "mine", 7)]


def test_an_earlier_export_is_replaced_only_after_a_question(
    qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path
) -> None:
    made = dialog(qtbot, controller)
    made.set_run(tmp_path / "run")
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "export.json").write_text("{}")
    made.to_field.set_path(earlier)
    answer("Keep")
    export(qtbot, made)
    assert not exports.calls
    answer("Replace")
    export(qtbot, made)
    assert exports.replaced and exports.calls == [(tmp_path / "run", earlier)]
    (exports_folder() / "run").mkdir(parents=True)
    made.set_run(tmp_path / "run")
    assert made.to_field.path() == exports_folder() / "run-2", "what is proposed is free"
    (exports_folder() / "run").rmdir()


def test_what_is_missing_or_wrong_is_said(qtbot: QtBot, controller: RunController, exports: Exports) -> None:
    made = dialog(qtbot, controller)
    export(qtbot, made)
    assert "Run folder is missing" in made.said.text()
    assert not exports.calls
    made.set_run(Path("/nowhere"))
    exports.problem = BadInput("/nowhere", "not a run folder")
    export(qtbot, made)
    assert made.said.text() == "/nowhere: not a run folder"
    assert made.export_button.isEnabled()
    exports.problem = MemoryError("too much")
    export(qtbot, made)
    assert made.said.text() == "MemoryError: too much"


def test_a_run_that_goes_on_saves_first(qtbot: QtBot, controller: RunController, exports: Exports) -> None:
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.RUNNING)
    made = dialog(qtbot, controller)
    with qtbot.waitSignal(controller.saved):
        qtbot.mouseClick(made.export_button, Qt.MouseButton.LeftButton)
        assert not exports.calls
    qtbot.waitUntil(lambda: not made.busy)
    assert exports.calls[0][0] == controller.folder
    assert controller.state is RunState.RUNNING
    controller.finish()
    qtbot.waitUntil(lambda: not controller.state.busy)


def test_a_run_that_ends_while_it_is_waited_for_is_exported_as_it_is(
    qtbot: QtBot, controller: RunController, exports: Exports
) -> None:
    """Also one that is discarded, which will never save: what becomes of that is said at once."""
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.RUNNING)
    made = dialog(qtbot, controller)
    controller.pause()
    assert controller.engine is not None
    controller.save_now = lambda: None  # type: ignore[method-assign]
    made.export()
    assert made.busy and not exports.calls
    controller.finish()
    qtbot.waitUntil(lambda: not controller.state.busy)
    qtbot.waitUntil(lambda: not made.busy)
    assert exports.calls[0][0] == controller.folder
