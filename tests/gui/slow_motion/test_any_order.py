"""Whatever is pressed in whatever order, and however fast: what is seen is where the walk stands, computed once."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.slow_motion import session
from metagen_gui.engine.slow_motion.phases import Losses, Number, Phase
from metagen_gui.engine.slow_motion.session import SlowMotion
from metagen_gui.gui.slow_motion import step_page
from metagen_gui.gui.slow_motion.step_page import StepPage

KINDS = ("tasks", "inner", "inner", "query", "gradient", "update")


class Walks:
    """Stands in for the engine: phases that cost next to nothing, each told when it is computed."""

    def __init__(self) -> None:
        self.computed: list[list[Phase]] = []
        self.refusing = False

    def open(self, experiment: Any) -> SlowMotion:
        if self.refusing:
            self.refusing = False
            raise BadInput("algorithm.adapts", "leaves this model nothing to adapt")
        self.computed.append([])
        return SlowMotion(self.computed[-1], kept=9)  # type: ignore[arg-type]

    def step(self, computed: list[Phase]) -> Iterator[Phase]:
        number = len(computed) // len(KINDS) + 1
        for place, kind in enumerate(KINDS):
            time.sleep(0.001)
            inner = place if kind == "inner" else 0 if kind == "tasks" else 2
            values, losses = (Number("L", "a loss", np.array([1.0, 2.0])),), np.ones((2, inner + 1))
            computed.append(
                Phase(kind, kind, "a = b_k", number, inner, 2, ("a", "b"), values, ("a",), {"x": Losses(losses)})
            )
            yield computed[-1]


class Pressing(RuleBasedStateMachine):
    walks: Walks

    def __init__(self) -> None:
        super().__init__()
        self.walks.computed.clear()
        controller = SimpleNamespace(engine=SimpleNamespace(use_threads=lambda: None))
        around: Any = SimpleNamespace(
            controller=controller, runs=lambda: [], panel=SimpleNamespace(experiment=Experiment)
        )
        self.page = StepPage(around)
        self.page._timer.setInterval(1)
        self.page.show()

    @rule(what=st.sampled_from(["inner_button", "outer_button", "back_button", "play_button", "stop_button", "again"]))
    def press(self, what: str) -> None:
        getattr(self.page, what).click()

    @rule(tab=st.integers(0, 5))
    def choose(self, tab: int) -> None:
        if self.page.strip.isTabEnabled(tab):
            self.page.strip.setCurrentIndex(tab)

    @rule()
    def refuse(self) -> None:
        self.walks.refusing = True

    @rule()
    def hide_and_show(self) -> None:
        self.page.hide()
        self.page.show()

    @rule(milliseconds=st.sampled_from([0, 1, 5, 30]))
    def wait(self, milliseconds: int) -> None:
        end = time.monotonic() + milliseconds / 1000
        while time.monotonic() < end:
            QCoreApplication.processEvents()

    @invariant()
    def phases_come_in_order_and_once(self) -> None:
        for computed in self.walks.computed:
            expected = itertools.islice(itertools.cycle(KINDS), len(computed))
            assert [phase.kind for phase in computed] == [*expected]
            assert [phase.meta_step for phase in computed] == [at // 6 + 1 for at in range(len(computed))]

    def teardown(self) -> None:
        page = self.page
        if page.play_button.isChecked():
            page.play_button.click()
        end = time.monotonic() + 60
        while page.worker.busy and time.monotonic() < end:
            QCoreApplication.processEvents()
        assert not page.worker.busy
        if page._slow is not None and page._slow.phase is not None:
            phase = page._slow.phase
            assert any(phase is known for known in self.walks.computed[-1])
            assert page.view._phase is phase and page.pages.currentWidget() is page.view.picture
            assert page.back_button.isEnabled() == page._slow.can_go_back
            assert page.strip.tabToolTip(page.strip.currentIndex()) == phase.title
        else:
            assert page.pages.currentWidget() is page.empty
        page.worker.wait()
        page.deleteLater()


def test_no_order_of_presses_shows_anything_but_where_the_walk_stands(qapp: QApplication, monkeypatch: Any) -> None:
    walks = Pressing.walks = Walks()
    monkeypatch.setattr(step_page, "_open_experiment", walks.open)
    monkeypatch.setattr(session, "outer_step", walks.step)
    run_state_machine_as_test(Pressing, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
