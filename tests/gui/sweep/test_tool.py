"""Sweeps in the window: ranges beside the boxes of the form, a sweep that is followed, stopped, opened and used."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.sweeps import sweep as room
from metagen_gui.engine.sweeps.folder import standing_of, sweeps_folder
from metagen_gui.engine.sweeps.plan import SweepPlan
from metagen_gui.engine.sweeps.standing import Standing
from metagen_gui.gui.look.theme import apply_theme
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.sweep.page import SweepPage
from metagen_gui.gui.sweep.tool import SweepTool
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.sweeps.test_plan import PLAN, RATE
from tests.engine.sweeps.test_sweep import Runs, plan_of, pulled
from tests.gui.stand_ins import FakeTraining, engine, letting_go


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    training = FakeTraining(tmp_path / "runs")
    opened = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(opened, before_close_func=letting_go(qtbot))
    opened.resize(1280, 800)
    opened.show()
    qtbot.waitUntil(lambda: opened.controller.state is not RunState.LOADING)
    opened.panel.set_experiment(Experiment.from_document(PLAN["experiment"]))
    yield opened


@pytest.fixture
def kept(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sweep of twelve trials that came to its end before."""
    monkeypatch.setattr(os, "fsync", bool)
    folder = sweeps_folder() / "2026-01-02-030405"
    pulled(folder, Runs(Line(tmp_path / "line")), plan_of(trials=12))
    return folder


def opened(window: MainWindow) -> tuple[SweepTool, SweepPage]:
    window.actions_by_name["sweep"].trigger()
    tool = window.tools.by_name["sweep"]
    assert isinstance(tool, SweepTool) and tool.page is not None
    return tool, tool.page


def named(window: MainWindow, name: str) -> Any:
    return window.findChild(QWidget, name)


def test_ranges_are_chosen_in_the_form_and_what_is_wrong_stands_beside_them(window: MainWindow) -> None:
    tool, page = opened(window)
    column = window.panel.column
    assert named(window, f"{RATE}.range") is None, "the form is calm until somebody asks"
    page.start_button.click()
    assert "open the range of one setting at least" in page.message.text() and not tool.busy
    page.ranges_button.click()
    assert named(window, "tasks.name") is None or named(window, "tasks.noise.range") is None
    assert named(window, "training.seed.range") is None and named(window, "algorithm.group_rates.range") is None
    toggle = named(window, f"{RATE}.range")
    assert toggle.accessibleName() == "Seek Inner learning rate in a range"
    toggle.click()
    low, high, log = (named(window, f"{RATE}.{side}") for side in ("low", "high", "log"))
    assert (low.text(), high.text(), log.isChecked()) == ("0.001", "0.1", True), "ten times below and above"
    row = column.row(RATE)
    assert row is not None and row.range is not None and {toggle, low, high, log} <= {*row.stops()}
    for text, said in (("0.2", "has to be below"), ("many", "'many' is not a number"), ("-1", "too low")):
        low.setText(text)
        page.start_button.click()
        assert said in row.range.message.text() and said in page.message.text() and not tool.busy
    low.setText("0.002")
    named(window, "training.outer_optimizer.range").click()
    named(window, "training.outer_optimizer.choice.sgd").click()
    page.start_button.click()
    assert "choices are a list of 2 to 100" in page.message.text()
    assert row.range.message.text() == "", "what was mended is not held against anybody"
    page.ranges_button.click()
    assert not toggle.isVisibleTo(window) and not low.isVisibleTo(window)


def test_a_sweep_is_begun_followed_stopped_and_goes_on(
    window: MainWindow, qtbot: QtBot, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, plans, closed = standing_of(kept), list[SweepPlan](), list[Path]()

    def told(plan: SweepPlan, folder: Path, **more: Any) -> Generator[Standing, None, None]:
        plans.append(plan)
        try:
            while True:
                yield Standing(folder, whole.plan, whole.trials[: 5 if len(plans) == 1 else 7])
        finally:
            closed.append(folder)

    monkeypatch.setattr(room, "sweep", told)
    tool, page = opened(window)
    page.ranges_button.click()
    named(window, f"{RATE}.range").click()
    page.trials.setValue(9)
    page.start_button.click()
    assert tool.busy and not page.start_button.isEnabled() and page.stop_button.isEnabled()
    qtbot.waitUntil(lambda: page.table.trials.rowCount() == 5)
    assert [place.path for place in plans[0].ranges] == [RATE] and plans[0].settings.trials == 9
    assert plans[0].settings.seeds == (0, 1) and "5 of 12 trials" in page.state.text()
    page.stop_button.click()
    qtbot.waitUntil(lambda: not tool.busy)
    assert len(closed) == 1 and page.go_on_button.isEnabled()
    page.go_on_button.click()
    qtbot.waitUntil(lambda: page.table.trials.rowCount() == 7)
    assert len(plans) == 2
    tool.stop()
    qtbot.waitUntil(lambda: not tool.busy)
    assert closed[0] == closed[1], "it goes on in its folder"


def test_an_earlier_sweep_is_opened_told_in_words_and_used(window: MainWindow, qtbot: QtBot, kept: Path) -> None:
    _, page = opened(window)
    assert page.kept.itemData(0) == kept
    page.kept_wanted.emit(kept)
    qtbot.waitUntil(lambda: page.table.trials.rowCount() == 12)
    standing = page.standing
    assert standing is not None and standing.best is not None
    assert not page.go_on_button.isEnabled(), "it has come to its end"
    assert f"Best so far is trial {standing.best.number}" in page.parallel.words()
    assert page.importance.words().startswith(f"What matters: {RATE} ")
    QApplication.sendEvent(page.slices.plot, QEvent(QEvent.Type.FocusIn))
    for theme in ("dark", "light"):  # every plot is drawn anew in both
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, theme)
        for place in range(page.views.count()):
            page.views.setCurrentIndex(place)
            page.grab()
    for place in range(page.slice_of.count()):
        page.slice_of.setCurrentIndex(place)
    page.table.choose(standing.best.number)
    page.form_button.click()
    assert window.panel.experiment().config("algorithm").inner_lr == standing.best.values[RATE]
    compared = list[list[Path]]()
    object.__setattr__(window.tools.by_name["sweep"].around, "compare", compared.append)
    page.runs_button.click()
    assert compared == [[*standing.best.runs]]


def test_without_the_extra_the_window_says_which_command_adds_it(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "optuna" else found(name))
    _, page = opened(window)
    assert 'install "metagen[sweep]"' in page.message.text() and not page.start_button.isEnabled()
