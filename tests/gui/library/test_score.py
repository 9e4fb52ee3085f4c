"""Runs scored from the Runs panel: the numbers are those of the engine, and what is wrong is said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import Request, choose_tasks, score_run, scored_runs
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.trained.trained_run import open_run
from metagen_gui.gui.library.score import ScoreDialog, _amount
from tests.gui.stand_ins import jobs

SMALL = {
    "training.meta_steps": 1,
    "training.meta_batch_size": 2,
    "training.validation_tasks": 2,
    "training.shots": 4,
    "training.query_size": 4,
    "training.device": "cpu",
}


def train(folder: Path, **changed: Any) -> Path:
    experiment = Experiment("sinusoids", "curve", "fomaml")
    for path, value in {**SMALL, **{name.replace("__", "."): value for name, value in changed.items()}}.items():
        experiment = experiment.with_value(path, value)
    list(meta_train(experiment, out=folder, previews=False))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("runs")
    return [train(root / "one"), train(root / "two", algorithm__inner_lr=0.05)]


@pytest.fixture
def opened(qtbot: QtBot, runs: list[Path]) -> Callable[..., ScoreDialog]:
    def make(folders: Sequence[Path] = runs) -> ScoreDialog:
        dialog = ScoreDialog([read_entry(folder) for folder in folders], lambda: None)
        qtbot.addWidget(dialog)
        dialog.count.setValue(3)
        dialog.show()
        return dialog

    return make


def press(qtbot: QtBot, dialog: ScoreDialog) -> None:
    dialog.score_button.click()
    qtbot.waitUntil(lambda: not jobs() and dialog.score_button.text() == "&Score")


def rows(dialog: ScoreDialog) -> list[list[str]]:
    model = dialog.table.model()
    return [[str(model.index(row, column).data()) for column in range(7)] for row in range(model.rowCount())]


def test_the_numbers_are_those_of_the_engine_and_runs_compare(
    qtbot: QtBot, opened: Callable[..., ScoreDialog], runs: list[Path]
) -> None:
    dialog = opened()
    press(qtbot, dialog)
    request = Request(tasks=3)
    tasks = choose_tasks([open_run(folder) for folder in runs], request)
    expected = []
    for folder in runs:
        scores = score_run(open_run(folder), tasks, request)
        for step in (0, scores.last):
            found = scores.summary(scores.losses["curve"], step)
            expected.append([folder.name, "curve", str(step), _amount(found.mean, found.interval), "3", "0"])
    assert [[*row[:4], *row[5:]] for row in rows(dialog)] == expected
    assert dialog.said.text() == (
        "3 tasks of Sinusoids; no run has seen them. Each run adapts to 4 examples of a task."
    )
    assert "two less one, at their last steps: curve " in dialog.notes.text()


def test_other_tasks_are_named_and_what_does_not_fit_is_said(
    qtbot: QtBot, opened: Callable[..., ScoreDialog], runs: list[Path], tmp_path: Path
) -> None:
    dialog = opened(runs[:1])
    dialog.others.setChecked(True)
    assert not dialog.score_button.isEnabled(), "no experiment is named yet"
    (tmp_path / "low.json").write_text('{"tasks": {"name": "sinusoids", "settings": {"largest": 0.5}}}')
    dialog.file.set_path(tmp_path / "low.json")
    press(qtbot, dialog)
    assert dialog.said.text().startswith(f"3 tasks of Sinusoids of {tmp_path / 'low.json'}; no run has seen them")
    before = rows(dialog)
    dialog.own.setChecked(True)
    press(qtbot, dialog)
    assert rows(dialog) != before
    (tmp_path / "other.json").write_text('{"tasks": {"name": "strokes"}}')
    dialog.others.setChecked(True)
    dialog.file.set_path(tmp_path / "other.json")
    press(qtbot, dialog)
    assert dialog.said.text().startswith(f"{tmp_path / 'other.json'}: its examples are images of shape 1 × 28 × 28")
    assert dialog.table.isHidden(), "what stood there was of other tasks"


def test_it_can_be_stopped(qtbot: QtBot, opened: Callable[..., ScoreDialog], monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def scoring(folders: object, request: object, go_on: Callable[[int, int], bool]) -> None:
        while go_on(1, 10):
            begun.wait(0.01)
            begun.set()

    monkeypatch.setattr(scored_runs, "score_runs", scoring)
    for end in ("button", "close"):
        dialog = opened()
        dialog.score_button.click()
        assert dialog.score_button.text() == "&Stop"
        qtbot.waitUntil(lambda dialog=dialog: begun.is_set() and dialog.bar.maximum() == 10)
        dialog.score_button.click() if end == "button" else dialog.close()
        qtbot.waitUntil(lambda: not jobs())
        assert end == "close" or dialog.said.text() == "Stopped."
