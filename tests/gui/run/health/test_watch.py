from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Alarm, Event, Remedy, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.health.watch import HealthWatch
from metagen_gui.gui.run.panels import RunPanels
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.plain_text import plain_tip
from tests.gui.stand_ins import FakeTraining, engine

LIVE = Remedy("Lower the outer rate", "training.outer_lr", 0.0003)
LATER = Remedy("Let the KL weight grow slowly", "training.ramp_steps", 1600)
ELSEWHERE = Remedy("Raise the gradient penalty", "model.penalty", 1.0)
BAD = Remedy("Fewer characters", "training.shots", 99_999)
ALARM = Alarm(1, "divergence", "The query loss has climbed.", (LIVE, LATER, ELSEWHERE, BAD))


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path, steps=100_000)


@pytest.fixture
def controller(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> RunController:
    made = RunController()
    made.set_engine(engine(training, tmp_path))
    return made


@pytest.fixture
def panel(qtbot: QtBot, controller: RunController) -> Iterator[ExperimentPanel]:
    made = ExperimentPanel()  # closed below: qtbot would do that while the run still goes on
    made.set_experiment(Experiment())
    made.live_change.connect(controller.change)
    controller.state_changed.connect(lambda state: made.set_running(state.busy))
    yield made
    controller.finish()
    qtbot.waitUntil(lambda: not controller.state.busy)
    made.close()
    made.deleteLater()  # or a new look of a later test goes through all of its rows


@pytest.fixture
def watch(qtbot: QtBot, controller: RunController, panel: ExperimentPanel) -> HealthWatch:
    window = QMainWindow()
    qtbot.addWidget(window)
    made = HealthWatch(controller, panel, window)
    made.kept = window  # type: ignore[attr-defined]
    window.show()
    return made


def begin(qtbot: QtBot, controller: RunController) -> None:
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.RUNNING)


def button(watch: HealthWatch, remedy: Remedy) -> QPushButton:
    return next(
        each
        for each in watch.strip.findChildren(QPushButton)
        if each.property("remedy") == remedy and not each.isHidden()
    )


def note(watch: HealthWatch) -> str:
    return watch.strip._note.text()


def test_a_live_remedy_reaches_the_run_and_the_form(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panel: ExperimentPanel, watch: HealthWatch
) -> None:
    begin(qtbot, controller)
    controller.alarmed.emit(ALARM)
    assert button(watch, LIVE).text() == "Lower the outer rate: 0.0003"
    assert button(watch, LIVE).toolTip() == plain_tip("Outer learning rate from 0.003 to 0.0003; from the next step on")
    button(watch, LIVE).click()
    qtbot.waitUntil(lambda: training.changes == [("training.outer_lr", 0.0003)])
    assert panel.experiment().values["training"]["outer_lr"] == 0.0003
    assert note(watch) == "Outer learning rate: 0.0003, from the next step on"
    panel.undo_stack.undo()
    qtbot.waitUntil(lambda: training.changes[-1] == ("training.outer_lr", 0.003))


def test_a_remedy_that_is_not_live_waits_for_the_next_run(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panel: ExperimentPanel, watch: HealthWatch
) -> None:
    begin(qtbot, controller)
    controller.alarmed.emit(ALARM)
    button(watch, LATER).click()
    assert panel.experiment().values["training"]["ramp_steps"] == 1600
    assert note(watch) == "KL warm-up: 1,600 steps, takes effect with the next run"
    button(watch, LIVE).click()
    qtbot.waitUntil(lambda: bool(training.changes))
    assert training.changes == [("training.outer_lr", 0.0003)], "the run heard of nothing else"


def test_after_the_run_a_live_setting_too_waits_for_the_next(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panel: ExperimentPanel, watch: HealthWatch
) -> None:
    begin(qtbot, controller)
    controller.alarmed.emit(ALARM)
    controller.finish()
    qtbot.waitUntil(lambda: controller.state is RunState.DONE)
    assert watch.strip.text(), "what was wrong stays to be read"
    button(watch, LIVE).click()
    assert note(watch) == "Outer learning rate: 0.0003, takes effect with the next run"
    assert panel.experiment().values["training"]["outer_lr"] == 0.0003 and not training.changes


def test_what_cannot_be_set_is_said(controller: RunController, panel: ExperimentPanel, watch: HealthWatch) -> None:
    controller.alarmed.emit(ALARM)
    assert not button(watch, ELSEWHERE).isEnabled(), "a VAE has no such setting"
    assert button(watch, ELSEWHERE).toolTip() == plain_tip("This experiment has no such setting")
    button(watch, BAD).click()
    assert note(watch).startswith("Not changed: training.shots: ")
    assert panel.experiment() == Experiment()


def test_a_remedy_that_was_taken_is_not_offered_again(
    controller: RunController, panel: ExperimentPanel, watch: HealthWatch
) -> None:
    controller.alarmed.emit(ALARM)
    button(watch, LIVE).click()
    controller.alarmed.emit(Alarm(5, "overfitting", "By heart.", (LIVE,)))
    assert not button(watch, LIVE).isEnabled()
    assert button(watch, LIVE).toolTip() == plain_tip("Outer learning rate is 0.0003 already")


def test_a_new_run_and_a_discarded_one_clear_the_strip(
    qtbot: QtBot, controller: RunController, watch: HealthWatch
) -> None:
    controller.alarmed.emit(ALARM)
    assert watch.strip.isVisible()
    begin(qtbot, controller)
    assert not watch.strip.isVisible()
    controller.alarmed.emit(ALARM)
    controller.discard()
    qtbot.waitUntil(lambda: controller.state is RunState.IDLE)
    assert not watch.strip.isVisible()


def test_an_alarm_of_a_run_reaches_strip_and_plot(qtbot: QtBot, tmp_path: Path) -> None:
    training = FakeTraining(tmp_path, steps=12)

    def sick(*given: Any, **named: Any) -> Generator[Event, None, None]:
        for event in training(*given, **named):
            yield event
            if isinstance(event, StepReport) and event.meta_step in (5, 9):
                yield replace(ALARM, meta_step=4, over=event.meta_step == 9)

    controller = RunController()
    controller.set_engine(engine(sick, tmp_path))
    told: list[bool] = []
    controller.alarmed.connect(lambda alarm: told.append(alarm.over))
    window = QMainWindow()
    qtbot.addWidget(window)
    panels = RunPanels(controller, ExperimentPanel(window), window)
    panel = ExperimentPanel(window)
    panel.set_experiment(Experiment())
    watch = HealthWatch(controller, panel, window)
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.DONE)
    assert told == [False, True]
    assert not watch.strip.text()
    assert [flag.value() for flag in panels.outer.canvas._flags] == [4]


def test_a_remedy_in_a_section_that_there_is_not_cannot_be_taken(controller: RunController, watch: HealthWatch) -> None:
    """As from a checkpoint that somebody else wrote."""
    odd = Remedy("Odd", "nowhere.rate", 1)
    controller.alarmed.emit(Alarm(3, "divergence", "Ill.", (odd,)))
    assert not button(watch, odd).isEnabled()
