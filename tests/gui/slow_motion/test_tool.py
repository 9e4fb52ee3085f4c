"""Slow motion as a person uses it: in the window, with the real engine and small experiments."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.library import RunEntry, read_entry
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.slow_motion import step_page
from metagen_gui.gui.slow_motion.step_page import StepPage
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.slow_motion.toy_page import ToyPage
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go
from tests.gui.window.test_accessibility import nameless, reached_by_keyboard, tabbed_through

KINDS = ["tasks", "inner", "inner", "query", "gradient", "update"]


def small() -> Experiment:
    experiment = Experiment("sinusoids", "curve", "maml")
    values = {"model.width": 6, "algorithm.adaptation_steps": 2, "training.meta_batch_size": 2, "training.shots": 3}
    for path, value in {**values, "training.query_size": 3, "training.device": "cpu"}.items():
        experiment = experiment.with_value(path, value)
    return experiment


@pytest.fixture
def tool(qtbot: QtBot, tmp_path: Path) -> Iterator[SlowMotionTool]:
    training = FakeTraining(tmp_path / "runs")
    window = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(window, before_close_func=letting_go(qtbot))
    window.show()
    qtbot.waitUntil(lambda: window.controller.state is not RunState.LOADING)
    window.panel.set_experiment(small())
    window.actions_by_name["slow_motion"].trigger()
    found = window.tools.by_name["slow_motion"]
    assert isinstance(found, SlowMotionTool)
    qtbot.waitUntil(lambda: found.contents is not None)
    yield found
    found.wait()


def press(qtbot: QtBot, page: StepPage, button: QWidget) -> Any:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.worker.busy)
    return page._slow.phase if page._slow else None


def test_phases_come_one_by_one_and_going_back_shows_what_was(qtbot: QtBot, tool: SlowMotionTool) -> None:
    page = tool.step_page
    assert not page.back_button.isEnabled() and page.pages.currentWidget() is page.empty
    assert "Next phase" in page.empty.text
    seen = [press(qtbot, page, page.inner_button) for _ in range(7)]
    assert [phase.kind for phase in seen] == [*KINDS, "tasks"]
    assert [phase.meta_step for phase in seen] == [1] * 6 + [2]
    again = [press(qtbot, page, page.back_button) for _ in range(6)]
    assert all(one is other for one, other in zip(again, seen[5::-1], strict=True))
    assert not page.back_button.isEnabled()
    end = press(qtbot, page, page.outer_button)
    assert end is seen[5]
    own = MetaLearner(small())
    assert end.report == own.step()
    assert press(qtbot, page, page.outer_button).report == own.step()


def test_a_phase_is_seen_with_its_formula_its_numbers_and_its_picture(qtbot: QtBot, tool: SlowMotionTool) -> None:
    page = tool.step_page
    for _ in range(2):
        phase = press(qtbot, page, page.inner_button)
    view = page.view
    assert view.formula.text() == "φ<sub>1</sub> = φ<sub>0</sub> − α ∘ ∇ℓ<sub>S</sub>(φ<sub>0</sub>)"
    assert view.formula.accessibleName() == "φ_1 = φ_0 − α ∘ ∇ℓ_S(φ_0)"
    rows = {number.symbol: row for row, number in enumerate(phase.numbers)}
    for task in range(2):
        view.task.setCurrentIndex(task)
        for symbol, row in rows.items():
            number = phase.numbers[row]
            item = view.numbers.item(row, 1)
            assert not item.text() or f">{number.of(task)!r}<" in item.toolTip()  # to the last digit
            assert view.numbers.item(row, 0).data(Qt.ItemDataRole.AccessibleTextRole).startswith(symbol[:1])
        assert "φ<sub>1</sub>" in view.worked.text() and phase.worked_for(task).partition(":")[0] in view.worked.text()
        assert f"{phase.losses['curve'].support[task, 1]:.4g}" in view.losses.legend.full_text
    strip = page.strip
    assert [strip.tabText(n) for n in range(strip.count())] == ["Tasks", "1", "2", "Query", "Gradient", "Update"]
    assert [strip.isTabEnabled(n) for n in range(strip.count())] == [True, True, False, False, False, False]
    assert strip.currentIndex() == 1
    assert view.picture.isVisible() and view.picture._snapshot is phase.picture
    strip.setCurrentIndex(0)
    assert page._slow is not None and page._slow.phase.kind == "tasks" and "Draw tasks" in view.title.text()


def test_playing_goes_on_by_itself_until_it_is_stopped(
    qtbot: QtBot, tool: SlowMotionTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tool.step_page
    assert page._timer.interval() == step_page.PACE
    page._timer.setInterval(1)
    page.play_button.click()
    qtbot.waitUntil(lambda: page._slow is not None and page._slow.phase is not None and page._slow.phase.meta_step == 2)
    page.play_button.click()
    qtbot.waitUntil(lambda: not page.worker.busy)
    here = page._slow.phase
    qtbot.wait(50)
    assert page._slow.phase is here and not page.play_button.isChecked()


def test_keys_do_what_the_buttons_do(qtbot: QtBot, tool: SlowMotionTool) -> None:
    page = tool.step_page
    page.inner_button.setFocus()
    for key, modifiers, kind in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier, "tasks"),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, "update"),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier, "gradient"),
    ):
        qtbot.keyClick(page.inner_button, key, modifiers)
        qtbot.waitUntil(lambda: not page.worker.busy)
        assert page._slow is not None and page._slow.phase.kind == kind


def test_an_outer_step_that_takes_long_is_broken_off_at_the_end_of_a_phase(
    qtbot: QtBot, tool: SlowMotionTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, gate = tool.step_page, threading.Semaphore(1)
    press(qtbot, page, page.inner_button)
    forward = page._slow.forward

    def slowly() -> Any:
        assert gate.acquire(timeout=60)
        return forward()

    monkeypatch.setattr(page._slow, "forward", slowly)
    page.outer_button.click()
    qtbot.waitUntil(lambda: page._slow.phase.kind == "inner")
    page.stop_button.click()
    gate.release()
    qtbot.waitUntil(lambda: not page.worker.busy)
    assert page._slow.phase.inner_step == 2 and page.view._phase is page._slow.phase
    gate.release()
    assert press(qtbot, page, page.inner_button).kind == "query"


def test_a_lesson_brings_the_toy_and_its_page_back(qtbot: QtBot, tool: SlowMotionTool) -> None:
    page = tool.toy_page
    page.steps.setValue(3)
    state = tool.lesson()
    tool.take_lesson({**state, "page": 1, "toy": "mode", "rate": 0.125})
    qtbot.waitUntil(lambda: page._contest is not None and not page.worker.busy)
    lesson = tool.lesson()
    assert {"page": 1, "toy": "mode", "steps": 3, "rate": 0.125}.items() <= lesson.items() and page.isVisible()
    assert lesson["theta"] == [-2.5, 1.5] and "maml" in lesson["drawn"] and lesson["current"] == "maml"
    tool.take_lesson({**state, "steps": 10**30, "rate": float("nan"), "run": "gone"})
    assert tool.lesson()["steps"] == 3 and "no run gone here" in tool.around.banner.text()


def test_a_copy_of_a_run_and_an_experiment_that_cannot_be_run(
    qtbot: QtBot, tool: SlowMotionTool, tmp_path: Path
) -> None:
    page, folder = tool.step_page, tmp_path / "runs" / "one"
    list(meta_train(small().with_value("training.meta_steps", 2), out=folder))
    entries: list[RunEntry] = [read_entry(folder)]
    page._around = replace(tool.around, runs=lambda: entries)
    page.fill_sources()
    page.source.setCurrentIndex(1)
    page.begin()
    qtbot.waitUntil(lambda: not page.worker.busy)
    assert page._slow is not None and page._slow.phase.meta_step == 3
    page.source.setCurrentIndex(0)
    tool.around.panel.set_experiment(small().with_value("algorithm.adapts", "context"))
    page.begin()
    qtbot.waitUntil(lambda: not page.worker.busy)
    assert "nothing to adapt" in page.said.text() and page.pages.currentWidget() is page.empty
    assert page._slow is None


@pytest.fixture
def toy(qtbot: QtBot, tool: SlowMotionTool) -> ToyPage:
    page = tool.toy_page
    tool.contents.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page._contest is not None and not page.worker.busy)
    return page


def test_every_algorithm_has_an_arrow_that_is_checked_on_screen(qtbot: QtBot, toy: ToyPage) -> None:
    contest, table = toy._contest, toy.table
    assert contest is not None and {*toy._arrows} == {*contest.able} and table.rowCount() == len(contest.able)
    for row, (name, one) in enumerate(contest.able.items()):
        arrow = toy._arrows[name]
        assert arrow.differences is not None and table.item(row, 0).text() == one.title
        assert float(table.item(row, 4).text()) == pytest.approx(arrow.error, rel=0.5)
        assert table.item(row, 5).text() == ("≈" if arrow.approximates else "exact")
    assert len(toy.surface._contours) > 5
    qtbot.waitUntil(lambda: toy.surface.drawn == len(contest.able))
    assert "ANIL" in toy.told.full_text


def test_dragging_is_followed_and_the_latest_place_wins(qtbot: QtBot, toy: ToyPage) -> None:
    for place in np.linspace(0, 1, 30):
        toy.surface.put(float(place), 0.5)
        qtbot.wait(1)
    qtbot.waitUntil(lambda: not toy.worker.busy)
    assert {arrow.theta for arrow in toy._arrows.values()} == {(1.0, 0.5)}
    assert all(arrow.differences is not None for arrow in toy._arrows.values())


def test_keys_move_theta_and_it_stays_in_sight(qtbot: QtBot, toy: ToyPage) -> None:
    left, right, bottom, top = toy._contest.toy.extent
    before = toy.surface.theta
    qtbot.keyClick(toy.surface.plot, Qt.Key.Key_Right)
    assert toy.surface.theta == pytest.approx((before[0] + 0.02 * (right - left), before[1]))
    qtbot.keyClick(toy.surface.plot, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert toy.surface.theta[1] == pytest.approx(before[1] + 0.004 * (top - bottom))
    toy.surface.put(99, -99)
    assert toy.surface.theta == (right, bottom)
    toy.start_button.click()
    assert toy.surface.theta == toy._contest.toy.start


def test_stepping_goes_downhill_along_the_arrow_of_the_current_row(qtbot: QtBot, toy: ToyPage) -> None:
    name = toy.table.current
    losses = [toy._arrows[name].loss]
    for _ in range(4):
        toy.step_button.click()
        qtbot.waitUntil(lambda: not toy.worker.busy)
        losses.append(toy._arrows[name].loss)
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]
    assert len(toy._trail) == 5


def test_another_toy_and_other_settings_begin_anew(qtbot: QtBot, toy: ToyPage) -> None:
    before = toy._contest
    toy.steps.setValue(2)
    qtbot.waitUntil(lambda: toy._contest is not before and not toy.worker.busy)
    assert next(iter(toy._contest.able.values())).algorithm.settings.adaptation_steps == 2
    contours = len(toy.surface._contours)
    toy.toy.setCurrentIndex(1)
    qtbot.waitUntil(lambda: toy._contest is not None and toy._contest.toy.name == "mode")
    qtbot.waitUntil(lambda: not toy.worker.busy)
    assert toy.surface.theta == toy._contest.toy.start and toy.rate.value() == toy._contest.toy.inner_lr
    assert len(toy.surface._contours) == contours
    assert sum(item in toy.surface.plot.scene().items() for item in toy.surface._contours) == contours


def test_arrows_that_are_not_wanted_are_not_drawn(qtbot: QtBot, toy: ToyPage) -> None:
    drawn = toy.table.rowCount()
    qtbot.waitUntil(lambda: toy.surface.drawn == drawn)
    toy.table.item(2, 0).setCheckState(Qt.CheckState.Unchecked)
    assert toy.surface.drawn == drawn - 1 and len(toy.table.places) == toy.table.rowCount() - 1
    toy.table.setCurrentCell(1, 0)
    qtbot.waitUntil(lambda: not toy.worker.busy)
    chosen = toy._contest.able[toy.table.current]
    assert toy.surface._losses is toy._grounds[id(chosen)]


@pytest.mark.parametrize("place", [0, 1])
def test_every_control_has_a_name_a_tip_and_is_reached_by_tab(qtbot: QtBot, tool: SlowMotionTool, place: int) -> None:
    page: Any = (tool.step_page, tool.toy_page)[place]
    tool.contents.setCurrentIndex(place)
    if place == 0:
        press(qtbot, page, page.inner_button)
    qtbot.waitUntil(lambda: not page.worker.busy)
    window = tool.window()
    assert nameless(window) == []
    mine = [widget for widget in reached_by_keyboard(window) if page.isAncestorOf(widget)]
    assert len(mine) >= 7
    inputs = [widget for widget in mine if isinstance(widget, QComboBox | QAbstractSpinBox | QAbstractButton)]
    # those of Qt that scroll a strip of tabs have a name
    assert [w.objectName() for w in inputs if not w.toolTip() and not w.objectName().startswith("Scroll")] == []
    seen = tabbed_through(qtbot, mine[0])
    assert {widget for widget in mine if widget.isEnabled()} - {*seen} == set()
