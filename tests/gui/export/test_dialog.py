from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.base import Order
from metagen_gui.engine.progress import Ended, Hears
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import exports_folder
from metagen_gui.gui.export.dialog import ExportDialog
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState
from tests.gui.questions import answer
from tests.gui.stand_ins import ADAPTED, INITIALIZATION, FakeTraining, engine

GIF = replace(INITIALIZATION, name="gif", title="GIF", summary="It moves.", of_run=True, ending=".gif")
GRAPH = replace(INITIALIZATION, name="graph", why_not="needs onnx", command='python -m pip install "metagen[export]"')
NARROW = replace(INITIALIZATION, name="narrow", why_not="the model draws pixel by pixel")
FORMATS = (INITIALIZATION, ADAPTED, GIF, GRAPH, NARROW)


class Exports:
    """Stands in for `engine.export` and remembers what was asked."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.threads: set[int] = set()
        self.problem: Exception | None = None
        self.long = False

    def __call__(self, order: Order, hears: Hears) -> Any:
        self.orders.append(order)
        self.threads.add(threading.get_ident())
        if self.long:
            while hears("Making the graph", 0.25):
                time.sleep(0.01)
            raise Ended
        if self.problem:
            raise self.problem
        return SimpleNamespace(
            folder=order.to, code="from metagen_gui import export\n", summary="12 numbers, compared."
        )


@pytest.fixture
def exports() -> Exports:
    return Exports()


@pytest.fixture
def controller(qtbot: QtBot, exports: Exports, tmp_path: Path) -> RunController:
    made = RunController()
    training = FakeTraining(tmp_path)
    made.set_engine(engine(training, tmp_path, export=exports, export_formats=lambda run: FORMATS))
    return made


def dialog(qtbot: QtBot, controller: RunController) -> ExportDialog:
    assert controller.engine is not None
    made = ExportDialog(controller.engine, controller)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.formats.offer() is not None)
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
    assert exports.orders == [Order(tmp_path / "run", exports_folder() / "run", "initialization")]
    assert exports.threads.isdisjoint({threading.get_ident()})
    assert made.outcome.said.text() == "12 numbers, compared."
    qtbot.mouseClick(made.outcome.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "from metagen_gui import export\n"


def test_what_takes_long_says_how_far_it_is_and_can_be_ended(
    qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path
) -> None:
    exports.long = True
    made = dialog(qtbot, controller)
    going_on = made.outcome.going_on
    assert not going_on.isVisible()
    made.set_run(tmp_path / "run")
    qtbot.mouseClick(made.export_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: going_on.said.text().startswith("Making the graph: about "))
    assert going_on.isVisible() and going_on.bar.value() == 250 and not made.export_button.isEnabled()
    qtbot.mouseClick(going_on.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not made.busy)
    assert made.outcome.said.text() == "Ended; nothing was exported." and not going_on.isVisible()
    exports.long = False
    export(qtbot, made)
    assert made.outcome.said.text() == "12 numbers, compared."


def test_adapted_models(qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path) -> None:
    made = dialog(qtbot, controller)
    made.set_run(tmp_path)
    assert not made.subject.task.isEnabled(), "a format of initializations takes no other"
    made.formats.choose("adapted")
    assert made.subject.task.isChecked() and not made.subject.initialization.isEnabled()
    made.subject.task_index.setValue(3)
    export(qtbot, made)
    made.subject.images.setChecked(True)
    made.subject.images_field.set_path(tmp_path / "mine")
    made.subject.steps.setValue(7)
    made.language.setCurrentIndex(made.language.findData("zh_CN"))
    export(qtbot, made)
    to = exports_folder() / tmp_path.name
    assert exports.orders == [
        Order(tmp_path, to, "adapted", task=2),
        Order(tmp_path, to, "adapted", images=tmp_path / "mine", steps=7, language="zh_CN"),
    ]


def test_a_format_that_cannot_be_had_says_why_and_what_helps(qtbot: QtBot, controller: RunController) -> None:
    """It can be reached by keys, too, or nobody could hear why."""
    made = dialog(qtbot, controller)
    made.formats.list.setFocus()
    for _ in range(FORMATS.index(GRAPH)):
        qtbot.keyClick(made.formats.list, Qt.Key.Key_Down)
    assert made.formats.offer() == GRAPH and not made.export_button.isEnabled()
    assert "needs onnx" in made.about.text() and "(not here)" in made.formats.list.currentItem().text()
    assert made.outcome.code.toPlainText() == GRAPH.command and made.outcome.copy_button.isEnabled()
    qtbot.keyClick(made.formats.list, Qt.Key.Key_Down)
    assert NARROW.why_not in made.about.text() and not made.outcome.copy_button.isEnabled()
    made.formats.choose("initialization")
    assert made.export_button.isEnabled() and "Not here" not in made.about.text()


def test_the_place_that_is_proposed_has_the_ending_of_the_format(
    qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path
) -> None:
    made = dialog(qtbot, controller)
    made.set_run(tmp_path / "run")
    made.formats.choose("gif")
    assert made.to_field.path() == exports_folder() / "run.gif"
    assert not made.subject.isVisible(), "what shows the run asks for no model"
    made.formats.choose("adapted")
    assert made.to_field.path() == exports_folder() / "run"
    made.to_field.set_path(tmp_path / "mine")
    made.formats.choose("gif")
    assert made.to_field.path() == tmp_path / "mine", "what a person named stays"
    export(qtbot, made)
    assert exports.orders == [Order(tmp_path / "run", tmp_path / "mine", "gif")]


def test_an_earlier_export_is_replaced_only_after_a_question(
    qtbot: QtBot, controller: RunController, exports: Exports, tmp_path: Path
) -> None:
    made = dialog(qtbot, controller)
    made.set_run(tmp_path / "run")
    earlier, file = tmp_path / "earlier", tmp_path / "earlier.gif"
    earlier.mkdir()
    (earlier / "export.json").write_text("{}")
    file.touch()
    for place in (earlier, file):
        made.to_field.set_path(place)
        answer("Keep")
        export(qtbot, made)
        assert not exports.orders
        answer("Replace")
        export(qtbot, made)
        assert exports.orders.pop() == Order(tmp_path / "run", place, "initialization", replace=True)
    (exports_folder() / "run").mkdir(parents=True)
    made.set_run(tmp_path / "run")
    assert made.to_field.path() == exports_folder() / "run-2", "what is proposed is free"
    (exports_folder() / "run").rmdir()


def test_what_is_missing_or_wrong_is_said(qtbot: QtBot, controller: RunController, exports: Exports) -> None:
    made = dialog(qtbot, controller)
    export(qtbot, made)
    assert "Run folder is missing" in made.outcome.said.text()
    assert not exports.orders
    made.set_run(Path("/nowhere"))
    exports.problem = BadInput("/nowhere", "not a run folder")
    export(qtbot, made)
    assert made.outcome.said.text() == "/nowhere: not a run folder"
    assert made.export_button.isEnabled()
    exports.problem = MemoryError("too much")
    export(qtbot, made)
    assert made.outcome.said.text() == "MemoryError: too much"


def test_a_run_that_goes_on_saves_first(qtbot: QtBot, controller: RunController, exports: Exports) -> None:
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.RUNNING)
    made = dialog(qtbot, controller)
    with qtbot.waitSignal(controller.saved):
        qtbot.mouseClick(made.export_button, Qt.MouseButton.LeftButton)
        assert not exports.orders
    qtbot.waitUntil(lambda: not made.busy)
    assert exports.orders[0].run == controller.folder
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
    assert made.busy and not exports.orders
    controller.finish()
    qtbot.waitUntil(lambda: not controller.state.busy)
    qtbot.waitUntil(lambda: not made.busy)
    assert exports.orders[0].run == controller.folder
