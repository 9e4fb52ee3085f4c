"""Whatever is drawn, undone, picked, opened and answered, in whatever order and however late: nothing is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtWidgets import QApplication

from metagen_gui.gui.playground.page import Page
from metagen_gui.gui.playground.serving import Adapt, Given, Open, Pick, Trouble
from tests.gui.playground.conftest import PICTURES, POINTS, Bench, drag

Seen = list[bytes]


class Playing(RuleBasedStateMachine):
    """The page, with a thread that answers when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.page.resize(620, 800)
        self.page.show()
        self.bench = Bench(self.page)
        self.past, self.future = list[Seen](), list[Seen]()
        self.put_by: tuple[list[Seen], list[Seen], Seen] = ([], [], [])
        """What was drawn for the other kind of data: before, after, and now."""
        self.newest = 0

    @initialize(points=st.booleans())
    def begin(self, points: bool) -> None:
        self.spec = POINTS if points else PICTURES
        self.bench.ready(self.spec)

    def seen(self) -> Seen:
        """Everything that is drawn."""
        state = self.page.hand.drawing.state
        return [state.points.tobytes(), *(one.ink.tobytes() for one in state.pictures)]

    def changing(self) -> None:
        self.past.append(self.seen())
        self.future.clear()

    @property
    def pad(self) -> object:
        return self.page.hand.points_pad if self.spec is POINTS else self.page.hand.pad

    @rule(x=st.floats(0.1, 0.9), y=st.floats(0.1, 0.9))
    def draw(self, x: float, y: float) -> None:
        self.changing()
        drag(self.pad, [(x, y), (y, x)])  # type: ignore[arg-type]

    @rule()
    def clear(self) -> None:
        self.changing()
        self.page.hand.do("clear")

    @rule()
    def add(self) -> None:
        before = len(self.page.hand.drawing.state.pictures)
        seen = self.seen()
        self.page.hand.add_example()
        if len(self.page.hand.drawing.state.pictures) > before:
            self.past.append(seen)
            self.future.clear()

    @rule(place=st.integers(0, 9))
    def remove(self, place: int) -> None:
        if place < len(self.page.hand.drawing.state.pictures):
            self.changing()
            self.page.hand.remove(place)

    @rule(place=st.integers(0, 9))
    def choose(self, place: int) -> None:
        if place < self.page.hand.strip.count():
            self.page.hand.strip.setCurrentRow(place)

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        self.future.append(self.seen())
        self.page.hand.do("undo")
        assert self.seen() == self.past.pop(), "undo brings back what was there"

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.past.append(self.seen())
        self.page.hand.do("redo")
        assert self.seen() == self.future.pop(), "redo brings back what was undone"

    @rule(count=st.integers(1, 10))
    def pick(self, count: int) -> None:
        self.page.held_out.box.setValue(self.page.held_out.box.value() + 1)
        order = self.bench.orders[-1]
        assert isinstance(order, Pick)
        self.changing()
        self.page.take(Given(order.stamp, np.ones((count, *self.spec.shape), np.float32), "a task"))

    @precondition(lambda self: self.bench.adapts())
    @rule(back=st.integers(1, 4), arm=st.sampled_from(["learned", "scratch"]), fails=st.booleans())
    def answer(self, back: int, arm: str, fails: bool) -> None:
        stamp = self.bench.adapts()[-min(back, len(self.bench.adapts()))].stamp
        self.page.take(Trouble(stamp, "diverged") if fails else self.bench.shown(stamp, arm, spec=self.spec))

    @rule(other=st.booleans(), fails=st.booleans())
    def open(self, other: bool, fails: bool) -> None:
        self.page.open(Path("another"))
        order = self.bench.orders[-1]
        assert isinstance(order, Open)
        if fails:
            self.page.take(Trouble(order.stamp, "it is damaged"))
            return
        if other:
            self.put_by, (self.past, self.future, seen) = (self.past, self.future, self.seen()), self.put_by
            self.spec = PICTURES if self.spec is POINTS else POINTS
        self.bench.ready(self.spec)
        assert not other or not seen or self.seen() == seen, "what was drawn for such data is there again"

    @invariant()
    def what_is_shown_is_never_older_than_what_was(self) -> None:
        shown = self.page.wall.arms["learned"].shown
        if shown is not None:
            assert shown.stamp >= self.newest
            self.newest = shown.stamp

    @invariant()
    def examples_are_few_and_one_is_chosen(self) -> None:
        state = self.page.hand.drawing.state
        assert 1 <= len(state.pictures) <= 10 and 0 <= state.chosen < len(state.pictures)
        if getattr(self, "spec", None) is PICTURES:
            assert self.page.hand.strip.count() == len(state.pictures)

    @invariant()
    def samples_are_of_something(self) -> None:
        if self.page.hand.support() is None:
            assert not self.page.wall.isVisible()

    @invariant()
    def the_last_order_is_for_what_is_drawn(self) -> None:
        support, orders = self.page.hand.support(), self.bench.orders
        if support is not None and orders and isinstance(orders[-1], Adapt):
            assert np.array_equal(orders[-1].support, support)

    def teardown(self) -> None:
        self.page.close()
        self.page.deleteLater()


def test_in_any_order_nothing_is_lost_and_nothing_late_is_shown(qapp: QApplication) -> None:
    run_state_machine_as_test(Playing, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
