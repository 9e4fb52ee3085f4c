from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog
from pytestqt.qtbot import QtBot

from metagen_gui.engine.run.outer_loop import Origin
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.snapshots import write_snapshot
from metagen_gui.gui.run.branch import Branch
from metagen_gui.gui.run.states import RunState
from tests.gui.library.conftest import Open, do
from tests.gui.library.test_panel import choose, shown
from tests.gui.snapshots import image_snapshot
from tests.gui.stand_ins import FakeTraining, engine
from tests.kept_runs import keep_run

INNER_LR = {"event": "setting", "path": "algorithm.inner_lr", "meta_step": 60, "value": 0.07}


def pick_step(step: int, *, accept: bool = True) -> None:
    def pick() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        steps = dialog.findChild(QComboBox, "branch_step")
        assert isinstance(steps, QComboBox)
        steps.setCurrentIndex(steps.findData(step))
        dialog.accept() if accept else dialog.reject()

    QTimer.singleShot(50, pick)


def test_a_stopped_run_goes_on_where_it_was(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    folder = keep_run(tmp_path / "runs", "mine", settings={"training.meta_steps": 200}, events=(INNER_LR,))
    training.resumed_from = 100
    window = open_window()
    do(window, "resume", "mine")
    assert window.controller.state is RunState.PREPARING
    assert window.panel.experiment().values["algorithm"]["inner_lr"] == 0.07, "a change on the way is forgotten"
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    window._updates.refresh()
    assert "Resumed" not in window.status.text() + window.banner.text(), "it is somewhere else by now"
    flags = [(flag.value(), flag.label.format) for flag in window.panels.outer.canvas._flags]
    assert flags == [(100, "resumed"), (60, "Inner learning rate 0.07")]
    assert training.resumed == [folder] and training.experiments == []
    steps = window.panels.outer._players["model"].training.curve.steps
    assert list(steps[:100]) == list(range(1, 101)), "the earlier curves are not shown"
    assert len(window.panels.outer._players["model"].after.curve.steps) >= 6


def test_a_run_that_somebody_else_holds_is_refused_by_name(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    window = open_window()
    choose(window.runs_panel, "mine")

    def held(folder: Path, **_: object) -> Iterator[None]:
        RunLock(folder)
        yield

    lock = RunLock(folder)  # taken after the list was read, as by another window
    training.resume = held  # type: ignore[method-assign,assignment]
    window.controller.engine = window.runs._engine = engine(training, tmp_path / "runs")
    window.runs_panel.actions_by_name["resume"].trigger()
    qtbot.waitUntil(lambda: "another MetaGen" in window.status.text())
    assert window.controller.state is RunState.IDLE
    assert window.status.text().startswith("Not started")
    lock.release()


def test_a_branch_takes_the_settings_of_its_step_and_starts_from_there(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    folder = keep_run(tmp_path / "runs", "mine", events=(INNER_LR,), settings={"algorithm.inner_lr": 0.01})
    window = open_window()
    pick_step(50)
    do(window, "branch", "mine")
    assert "mine at step 50" in window.status.text() and "mine at step 50" in window.banner.text()
    assert window.panel.experiment().values["algorithm"]["inner_lr"] == 0.01, "the change came after step 50"
    window.starting.start()
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    assert training.parents == [Origin(folder, 50)]
    window.controller.finish()
    qtbot.waitUntil(lambda: window.controller.state is RunState.DONE)
    window.starting.start()
    qtbot.waitUntil(lambda: len(training.experiments) == 2)
    assert len(training.parents) == 1, "the run after it begins from nothing again"


def test_a_branch_that_is_refused_is_still_one_after_the_mending(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    keep_run(tmp_path / "runs", "mine")
    window = open_window()

    def refuse(*_: object, **__: object) -> Iterator[None]:
        raise BadInput("training.meta_steps", "must be more")
        yield

    window.controller.engine = engine(refuse, tmp_path / "runs")
    pick_step(100)
    do(window, "branch", "mine")
    window.starting.start()
    qtbot.waitUntil(lambda: "must be more" in window.status.text())
    assert window.controller.branch is not None and window.controller.branch.meta_step == 100


@pytest.mark.parametrize("way", ["banner", "new", "open", "cancel"])
def test_a_branch_is_given_up_with_its_settings(qtbot: QtBot, open_window: Open, tmp_path: Path, way: str) -> None:
    keep_run(tmp_path / "runs", "mine")
    window = open_window()
    pick_step(100, accept=way != "cancel")
    do(window, "branch", "mine")
    if way == "banner":
        button = window.banner.findChild(QAbstractButton, "banner_button")
        assert isinstance(button, QAbstractButton)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    elif way == "new":
        window.files.new()
    elif way == "open":
        do(window, "open", "mine")
    assert window.controller.branch is None
    assert window.status.text().startswith("Ready")


def test_an_experiment_comes_into_the_form_and_can_be_taken_back(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    keep_run(tmp_path / "runs", "mine", settings={"algorithm.name": "reptile"})
    window = open_window()
    do(window, "open", "mine")
    assert window.panel.experiment().algorithm == "reptile" and window.windowTitle() == "mine"
    button = window.banner.findChild(QAbstractButton, "banner_button")
    assert isinstance(button, QAbstractButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.panel.experiment().algorithm == "maml"


def test_the_title_is_a_run_s_name_while_it_is_true(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    keep_run(tmp_path / "runs", "mine")
    window = open_window()
    do(window, "open", "mine")
    window.panel.set_value("training.shots", 3)
    assert window.windowTitle() == "New experiment", "it is the run's no longer"
    window.panel.undo_stack.undo()
    assert window.windowTitle() == "mine"
    window.starting.start()
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    assert window.windowTitle() == "New experiment", "another run goes on"


def test_a_name_and_a_note_are_kept_on_disk(open_window: Open, tmp_path: Path) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    window = open_window()
    entry = window.runs_panel.model.entry(0)
    window.runs_panel.edited.emit(entry, "name", "Ünï\ncode ‮")
    window.runs_panel.edited.emit(entry, "note", "worth a second look")
    assert read_entry(folder).name == "Ünï\ncode ‮" and read_entry(folder).note == "worth a second look"
    assert shown(window.runs_panel, "note") == ["worth a second look"]


def test_a_name_that_cannot_be_kept_is_told(open_window: Open, tmp_path: Path) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    window = open_window()
    entry = window.runs_panel.model.entry(0)
    folder.rename(folder.with_name("elsewhere"))
    window.runs_panel.edited.emit(entry, "name", "other")
    assert "not a run folder" in window.banner.text()


def test_a_copy_appears_and_is_chosen(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    keep_run(tmp_path / "runs", "mine")
    window = open_window()
    do(window, "duplicate", "mine")
    qtbot.waitUntil(lambda: [entry.name for entry in window.runs_panel.chosen()] == ["mine (copy)"])
    assert len(shown(window.runs_panel)) == 2


def test_a_run_without_a_checkpoint_cannot_be_branched_from(open_window: Open, tmp_path: Path) -> None:
    keep_run(tmp_path / "runs", "mine", checkpoints=())
    window = open_window()
    do(window, "branch", "mine")
    assert "no checkpoint" in window.banner.text()
    assert window.controller.branch is None


def test_what_needs_the_form_is_for_windows_at_rest(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    keep_run(tmp_path / "runs", "mine")
    window = open_window()
    choose(window.runs_panel, "mine")
    assert window.runs_panel.actions_by_name["resume"].isEnabled()
    window.starting.start()
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    assert not window.runs_panel.actions_by_name["resume"].isEnabled()


def test_the_status_says_what_the_next_run_begins_with(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    window.controller.set_branch(Branch(tmp_path, "mine", 1240))
    assert window.status.text() == "The next run starts from mine at step 1,240. Change settings and press Start."


def test_a_run_that_died_comes_into_the_form_as_its_checkpoint_knows_it(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    """A change after the checkpoint is cut off with the steps after it."""
    settings = {"training.meta_steps": 200, "algorithm.inner_lr": 0.03}
    keep_run(tmp_path / "runs", "mine", state="running", settings=settings, checkpoints=(50,), events=(INNER_LR,))
    training.resumed_from = 50
    window = open_window()
    do(window, "resume", "mine")
    assert window.panel.experiment().values["algorithm"]["inner_lr"] == 0.03


def test_a_run_is_looked_at_with_its_curves_and_samples_and_does_not_go_on(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    folder = keep_run(tmp_path / "runs", "mine", state="finished", steps=200, events=(INNER_LR,))
    (folder / "samples").mkdir()
    for step in (0, 100, 200):
        write_snapshot(folder, image_snapshot(step))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    window = open_window()
    do(window, "look", "mine")
    qtbot.waitUntil(lambda: window.controller.state is RunState.DONE)
    assert window.controller.folder == folder and training.resumed == [] and training.experiments == []
    assert window.status.text().startswith("Done: step 200") and window.windowTitle().startswith("mine")
    flags = [(flag.value(), flag.label.format) for flag in window.panels.outer.canvas._flags]
    assert flags == [(60, "Inner learning rate 0.07")], "it was not resumed"
    assert list(window.panels.outer._players["model"].training.curve.steps[:100]) == list(range(1, 101))
    samples = window.panels.samples
    window.layouts.bring("samples")
    qtbot.waitUntil(lambda: samples.shown is not None and len(samples._store.steps) == 3)
    samples.scrub_button.click()
    assert samples.scrubber.text == "Outer step 200 · after 2 adaptation steps · query loss 1.048"
    qtbot.keyClick(samples.scrubber.map, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: samples.shown.meta_step == 0)
    assert samples.scrubber.text == "Outer step 0 · after 2 adaptation steps · query loss 2"
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    qtbot.waitUntil(lambda: samples._reader._job is None)


def test_what_is_no_run_s_is_not_looked_at_and_named(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    (folder / "metrics.csv").write_text("something,else\n1,2\n")
    window = open_window()
    do(window, "look", "mine")
    qtbot.waitUntil(lambda: "not the metrics of a run" in window.status.text())
    assert window.controller.state is RunState.IDLE and window.controller.folder is None
