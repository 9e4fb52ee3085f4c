from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.looks import LOOKS
from metagen_gui.engine.races.race import Lane, Race
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.race.controller import RaceState
from metagen_gui.gui.race.course import RaceCourse
from metagen_gui.gui.race.tool import SET_UP
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.queue.here import train_here
from tests.gui.questions import answer
from tests.gui.race.conftest import FakeRace, another_window, ended, race_tool


def test_the_forms_experiment_is_the_first_lane_and_two_can_start(qtbot: QtBot, window: MainWindow) -> None:
    tool = race_tool(qtbot, window)
    setup = tool.setup
    assert [edit.text() for edit in setup.lanes.names] == ["MAML"] and not setup.start_button.isEnabled()
    setup.add(window.panel.experiment())
    setup.add(window.panel.experiment().with_value("training.outer_lr", 0.1))
    assert [edit.text() for edit in setup.lanes.names] == ["MAML", "MAML, VAE", "MAML, outer_lr 0.1"]
    assert setup.start_button.isEnabled() and setup.message.isHidden()
    setup.add(window.panel.experiment().with_value("training.seed", 3))
    assert "MAML, seed 3: training.seed" in setup.message.text() and not setup.start_button.isEnabled()
    setup.lanes.buttons[3].click()
    assert len(setup.lanes.names) == 3 and setup.start_button.isEnabled() and setup.message.isHidden()
    setup.lanes.names[0].setText("MAML, VAE")
    setup.lanes.names[0].editingFinished.emit()
    assert "a name of its own" in setup.message.text()


@pytest.mark.parametrize("damaged", [False, True])
def test_what_was_set_up_is_there_again_at_the_next_start(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, damaged: bool
) -> None:
    tool = race_tool(qtbot, window, FakeRace())
    tool.setup.seconds.show_value(7)
    tool.wait()
    if damaged:
        WindowSettings(tmp_path / "window.ini").keep(SET_UP, '{"equal": "luck"}')
    again = race_tool(qtbot, another_window(qtbot, tmp_path)).setup
    assert [edit.text() for edit in again.lanes.names] == (["MAML"] if damaged else ["MAML", "Reptile"])
    assert damaged or again.race().amount == 7


def test_lanes_come_from_algorithms_models_presets_and_runs(qtbot: QtBot, window: MainWindow) -> None:
    tool = race_tool(qtbot, window)
    menu = tool.setup.add_button.menu()
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()  # as often as it is opened
    parts = {part.title().replace("&", ""): part for part in menu.findChildren(QMenu)}
    for title, count in (("With another algorithm", 5), ("With another model", 1), ("A preset", 3)):
        offered = parts[title].actions()
        assert len(offered) >= count and all(action.toolTip() for action in offered)
    actions = parts["With another algorithm"].actions()
    next(action for action in actions if action.text() == "Reptile").trigger()
    lanes = tool.setup.lanes.lanes()
    assert [lane.name for lane in lanes] == ["MAML", "Reptile"] and lanes[1].experiment.algorithm == "reptile"


def test_a_race_shows_curves_samples_who_leads_and_who_wins(qtbot: QtBot, window: MainWindow) -> None:
    tool = race_tool(qtbot, window, FakeRace())
    shown: list[str] = []
    tool.course.samples.begin(["MAML"])
    assert tool.course.samples.findChildren(EmptyState), "what will come is told until it comes"
    tool.race.delivered.connect(lambda delivery: shown.append(delivery.led.sentence) if delivery.led else None)
    tool.setup.start_button.click()
    ended(qtbot, tool)
    course = tool.course
    assert not course.samples.findChildren(EmptyState)
    assert shown[0] == "Reptile leads MAML by 1 ± 0.2." and course.sentence.text() == "Reptile wins."
    assert [len(lane.losses) for lane in course.plot._lanes] == [10, 10]
    np.testing.assert_allclose(course.plot._lanes[1].losses[-1], 1.0)
    assert course.plot._lanes[0].toggle.value == "2 ± 0.2"
    assert {label.accessibleName() for label in course.samples.cells.values()} >= {
        "Task 1 (a): support", "Task 2 (b): MAML", "Task 1 (a): Reptile"
    }  # fmt: skip
    assert course.compare_button.isVisible() and not course.go_on_button.isVisible()
    wanted: list[Any] = []
    course.comparison_wanted.connect(wanted.append)
    course.compare_button.click()
    assert [run.name for run in wanted[0]] == ["a", "b"] and window.runs_panel.isVisible()


def test_a_paused_race_goes_on_and_can_be_judged_meanwhile(qtbot: QtBot, window: MainWindow) -> None:
    fake = FakeRace(looks=400)
    tool = race_tool(qtbot, window, fake)
    tool.setup.start_button.click()
    qtbot.waitUntil(lambda: fake.done > 2)
    tool.course.pause_button.click()
    ended(qtbot, tool)
    assert fake.closed == 1 and tool.course.go_on_button.isVisible() and tool.course.judge_button.isVisible()
    assert "Paused" in tool.course.doing.text()
    tool.course.judge_button.click()
    ended(qtbot, tool)
    assert tool.course.sentence.text() == "Reptile wins." and tool.course.go_on_button.isVisible()
    fake.looks = fake.done + 2
    tool.course.go_on_button.click()
    ended(qtbot, tool)
    assert fake.done == fake.looks and not tool.course.go_on_button.isVisible()


def test_it_waits_for_the_windows_run_with_a_sentence(qtbot: QtBot, window: MainWindow) -> None:
    tool = race_tool(qtbot, window, FakeRace())
    window.controller.start(Experiment())
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    tool.setup.start_button.click()
    assert tool.race.state is RaceState.WAITING and "Waiting until the run in this window" in tool.course.doing.text()
    window.controller.finish()
    ended(qtbot, tool)
    assert tool.course.sentence.text() == "Reptile wins."


def test_what_is_wrong_is_told(qtbot: QtBot, window: MainWindow) -> None:
    fake = FakeRace()
    tool = race_tool(qtbot, window, fake)
    for fault, words in ((BadInput("lane", "is gone"), "lane: is gone"), (RuntimeError("odd"), "RuntimeError: odd")):
        fake.fault = fault
        tool.go_on() if tool.race.folder else tool.setup.start_button.click()
        ended(qtbot, tool)
        assert tool.course.sentence.text() == words
    tool.go_on()
    ended(qtbot, tool)
    assert tool.course.sentence.text() == "Reptile wins."


def test_races_are_saved_opened_and_kept(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    tool = race_tool(qtbot, window, FakeRace(300))
    setup = tool.setup
    setup.equal.setCurrentIndex(setup.equal.findData("steps"))
    setup.steps.show_value(77)
    setup.save(tmp_path / "race.json")
    setup.lanes.show_lanes([])
    setup.open(tmp_path / "race.json")
    assert setup.race() == Race.load(tmp_path / "race.json") and setup.race().amount == 77
    (tmp_path / "race.json").write_text("{")
    setup.open(tmp_path / "race.json")
    assert "not JSON" in setup.message.text()
    folder = RaceFolder.create(setup.race()).path
    menu = setup.open_button.menu()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    assert tool.race.folder == folder
    qtbot.waitUntil(lambda: bool(tool.course.runs))
    tool.open(RaceFolder.create(setup.race()).path)
    assert tool.race.folder == folder and tool.course.runs, "what goes on is not wiped away"
    ended(qtbot, tool)


def test_closing_midway_asks_and_keeps(qtbot: QtBot, window: MainWindow) -> None:
    fake = FakeRace(looks=10_000)
    tool = race_tool(qtbot, window, fake)
    tool.setup.start_button.click()
    qtbot.waitUntil(lambda: fake.done > 2)
    answer("Keep it going")
    window.close()
    assert window.isVisible() and tool.busy
    answer("Stop and quit")
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert fake.begun == fake.closed == 1


def test_a_race_that_was_left_goes_on_with_one_click(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    lanes = (Lane("one", Experiment()), Lane("two", Experiment(algorithm="reptile")))
    folder = RaceFolder.create(Race(lanes, "steps", 9))
    folder.begin((9, 9))
    for run, better in zip(folder.runs, (0.0, 0.5), strict=True):
        run.mkdir(parents=True)
        looks = [
            {"meta_step": step, "seconds": 1.0, "looking": 0.5, "losses": [loss - better, loss - better - 0.01]}
            for step, loss in ((0, 3.0), (3, 2.0))
        ]
        (run / LOOKS).write_text("".join(json.dumps(look) + "\n" for look in looks))
        with (run / "state.json").open("w") as file:
            json.dump({"meta_step": 3, "meta_steps": 9}, file)
    tool = race_tool(qtbot, window)
    tool.race._run_race = fake = FakeRace()
    course = tool.course
    assert tool.pages.currentWidget() is course and "Left before its end" in course.doing.text()
    assert [[*lane.looks] for lane in course.plot._lanes] == [[0, 3], [0, 3]], "its curves are there"
    assert "two leads one by 0.5" in course.sentence.text() and course.bar.value() == course.bar.maximum() // 3
    assert course.judge_button.isVisible() and not fake.begun
    course.go_on_button.click()
    ended(qtbot, tool)
    assert fake.begun == 1 and tool.race.folder == folder.path and course.sentence.text() == "Reptile wins."


def test_what_went_wrong_stands_alone_and_goes_with_the_next_start(qtbot: QtBot) -> None:
    course = RaceCourse()
    qtbot.addWidget(course)
    course.begin(["a", "b"])
    course.show()
    course.show_state(RaceState.IDLE)
    assert course.doing.isVisible()
    course.show_failure("lanes.json: is damaged", "<b>line 1</b>")
    assert course.sentence.text() == "lanes.json: is damaged" and not course.doing.isVisible()
    assert "&lt;b&gt;" in course.sentence.toolTip()
    course.show_state(RaceState.RACING)
    assert not course.sentence.toolTip() and course.doing.isVisible()


def test_a_real_race_from_setup_to_comparison(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, small: Callable[..., Experiment]
) -> None:
    train_here(monkeypatch)
    tool = race_tool(qtbot, window)
    lanes = tuple(Lane(name, small(name)) for name in ("maml", "reptile"))
    tool.start(Race(lanes, "steps", 5))
    qtbot.waitUntil(lambda: not tool.busy, timeout=120_000)
    assert "on 100 held-out tasks" in tool.course.sentence.text()
    assert sorted(tool.course.samples.cells) == [(task, column) for task in range(2) for column in range(3)]
    window.activateWindow()
    tool.course.compare_button.setFocus()
    tool.course.compare_button.click()
    chosen = window.runs_panel.chosen()
    qtbot.waitUntil(window.runs_panel.table.hasFocus)  # the keyboard goes along
    assert {entry.folder for entry in chosen} == set(tool.course.runs)
    qtbot.waitUntil(lambda: window.runs_panel.comparison.isVisible())


@pytest.fixture
def small() -> Callable[..., Experiment]:
    def make(algorithm: str) -> Experiment:
        experiment = Experiment("sinusoids", "curve", algorithm)
        for path, value in (("meta_batch_size", 2), ("preview_tasks", 2), ("validation_tasks", 2), ("device", "cpu")):
            experiment = experiment.with_value(f"training.{path}", value)
        return experiment

    return make
