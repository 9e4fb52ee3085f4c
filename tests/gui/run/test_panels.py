from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Event, SettingChanged
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.mailbox import Delivery
from metagen_gui.gui.run.panel_feed import PanelFeed
from metagen_gui.gui.run.panels import RunPanels
from metagen_gui.gui.run.states import RunState
from tests.gui.snapshots import rates_report
from tests.gui.stand_ins import FakeTraining, engine, step, validation

RATES = rates_report(weight=np.full((1, 8), 0.1))


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path, steps=110, pause=0)


@pytest.fixture
def controller(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> Iterator[RunController]:
    made = RunController()
    made.set_engine(engine(training, tmp_path))
    yield made
    made.finish()
    qtbot.waitUntil(lambda: not made.state.busy)


@pytest.fixture
def panels(qtbot: QtBot, controller: RunController) -> Iterator[RunPanels]:
    window = QWidget()
    qtbot.addWidget(window)
    made = RunPanels(controller, ExperimentPanel(window), window)
    window.show()
    yield made  # and the window with it


def run(qtbot: QtBot, controller: RunController) -> None:
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.DONE)


def test_learned_rates_are_those_of_the_last_report(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panels: RunPanels
) -> None:
    assert panels.rates.text == "Press Start to train."
    training.rates = RATES
    run(qtbot, controller)
    assert panels.rates.text == "Learned rates of 1 layer after 100 steps: none negative"
    controller.discard()
    assert panels.rates.text == "Press Start to train."


def test_hidden_rates_wait_until_they_are_seen(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panels: RunPanels
) -> None:
    training.rates = RATES
    panels.rates.hide()
    run(qtbot, controller)
    assert not panels.rates.rows
    panels.rates.show()
    assert panels.rates.text == "Learned rates of 1 layer after 100 steps: none negative"


@pytest.mark.parametrize("hidden", [False, True])
def test_a_run_without_learned_rates_says_so_until_the_next_one(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panels: RunPanels, hidden: bool
) -> None:
    panels.rates.setHidden(hidden)
    run(qtbot, controller)
    panels.rates.show()
    assert panels.rates.text == "This run learns no inner rates."
    training.rates = RATES
    run(qtbot, controller)
    assert panels.rates.text.startswith("Learned rates of 1 layer")


def test_every_panel_has_a_dock_of_its_own(panels: RunPanels) -> None:
    assert list(panels.by_dock) == ["outer_loss", "inner_loss", "rates", "samples"]
    assert len({id(panel) for panel in panels.by_dock.values()}) == 4


def test_rates_that_come_by_themselves_are_shown(controller: RunController, panels: RunPanels) -> None:
    controller._mailbox.put(RATES)
    controller._deliver_curves()
    assert panels.rates.text == "Learned rates of 1 layer after 400 steps: none negative"


def test_while_a_run_goes_on_dear_drawing_waits_and_nothing_is_lost(
    qtbot: QtBot, controller: RunController, panels: RunPanels, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(panels.outer, "add_steps", lambda steps: drawn.extend(step.meta_step for step in steps))
    monkeypatch.setattr(panels._pace, "wait", lambda: 20)
    monkeypatch.setattr("metagen_gui.gui.run.panels.EAGER", -1.0)
    controller.state = RunState.RUNNING
    for number in (1, 2):
        controller.delivered.emit(Delivery(steps=[step(number)]))
    assert drawn == []
    monkeypatch.setattr(panels._pace, "wait", lambda: 0)
    qtbot.waitUntil(lambda: drawn == [1, 2])  # although nothing more is delivered
    monkeypatch.setattr(panels._pace, "wait", lambda: 10_000)
    controller.delivered.emit(Delivery(steps=[step(3)]))
    assert drawn == [1, 2]
    controller._go_to(RunState.PAUSED)
    assert drawn == [1, 2, 3], "a run that pauses leaves the processor to the window"
    controller._go_to(RunState.RUNNING)
    controller._go_to(RunState.DONE)


def test_a_panel_that_needs_no_steps_keeps_the_newest(panels: RunPanels) -> None:
    seen: list[Delivery] = []
    panels.rates.hide()
    feed = PanelFeed(panels.rates, show_curves=seen.append, every_step=False)
    for number in range(1, 9, 2):
        feed.add_delivery(Delivery(steps=[step(number), step(number + 1)], validations=[validation(number)]))
    feed.hand_on()
    assert not seen, "it is hidden"
    feed.hand_on(now=True)
    assert [report.meta_step for report in seen[0].steps][-1] == 8
    assert len(seen[0].steps) == 4 and len(seen[0].validations) == 4


def test_the_first_pictures_of_a_run_do_not_wait(
    qtbot: QtBot, controller: RunController, panels: RunPanels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels._pace, "wait", lambda: 10_000)
    run(qtbot, controller)
    controller.state = RunState.RUNNING
    controller.delivered.emit(Delivery(rates=RATES))
    assert panels.rates.text.startswith("Learned rates of 1 layer")
    controller.state = RunState.DONE


def test_all_samples_of_a_run_can_be_seen_though_nobody_looked_and_after_it_is_resumed(
    qtbot: QtBot, controller: RunController, panels: RunPanels, tmp_path: Path
) -> None:
    small = {"training.meta_batch_size": 2, "training.validation_tasks": 2, "training.preview_tasks": 2}
    small |= {"training.validate_every": 2, "training.meta_steps": 12, "training.checkpoint_steps": 2}
    small |= {"model.width": 6, "algorithm.adaptation_steps": 1, "training.replay": False, "training.device": "cpu"}
    experiment = Experiment("densities", "vae", "maml")
    for path, value in small.items():
        experiment = experiment.with_value(path, value)

    def train(experiment: Experiment, **more: Any) -> Generator[Event, None, None]:
        return meta_train(experiment, out=tmp_path / "run", **more)

    panels.samples.hide()
    controller.set_engine(engine(train, tmp_path, resume_run=resume_run))
    controller.start(experiment, steps=7)
    qtbot.waitUntil(lambda: controller.progress.meta_step == 7)
    assert panels.samples.shown is None
    panels.samples.show()
    bar = panels.samples.history
    qtbot.waitUntil(lambda: list(bar._steps) == [0, 2, 4, 6])
    controller._thread.stop()  # as a crash would: nothing is looked at in the end
    qtbot.waitUntil(lambda: controller.state is RunState.DONE)
    panels.samples.hide()
    controller.resume_run(tmp_path / "run")
    qtbot.waitUntil(lambda: controller.state is RunState.DONE)
    panels.samples.show()
    qtbot.waitUntil(lambda: list(bar._steps) == [0, 2, 4, 6, 8, 10, 12])
    for place, wanted in enumerate(bar._steps):
        bar.slider.setValue(place)
        qtbot.waitUntil(lambda wanted=wanted: panels.samples.shown.meta_step == wanted)


def test_what_a_person_has_changed_has_a_flag_and_what_a_clock_has_decided_has_none(
    controller: RunController, panels: RunPanels, monkeypatch: pytest.MonkeyPatch
) -> None:
    panels._panel.set_experiment(Experiment())
    flags = list[str]()
    monkeypatch.setattr(panels.outer.canvas, "add_flag", lambda x, text, series: flags.append(text))
    controller.setting_changed.emit(SettingChanged(100, "training.meta_steps", 400, by_clock=True))
    assert not flags
    controller.setting_changed.emit(SettingChanged(100, "training.meta_steps", 400))
    assert len(flags) == 1
