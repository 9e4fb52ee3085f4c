"""How far a run is, how fast it goes and how long it will take, from the reports that arrive."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from metagen_gui.engine.events import RunStarted, StepReport, ValidationReport
from metagen_gui.gui.run.mailbox import Delivery

WINDOW_SECONDS = 20.0
"""The speed is that of this last stretch of time."""


class RunProgress:
    """The figures of one run; time that was spent paused does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._spent = 0.0
        self._since: float | None = clock()
        self.started: RunStarted | None = None
        self.meta_step = 0
        self.phase = ""
        self.validation: ValidationReport | None = None
        self.exploded = 0
        """Tasks of meta-batches so far whose loss was not finite."""

    @property
    def folder(self) -> Path | None:
        """The run's folder, once it exists."""
        return self.started.folder if self.started else None

    @property
    def resumed_from(self) -> int:
        """The outer step that the run goes on from, 0 for one that was begun."""
        return self.started.resumed_from if self.started else 0

    @property
    def meta_steps(self) -> int:
        """How many outer steps the run will have, 0 while that is not known."""
        return self.started.meta_steps if self.started else 0

    @property
    def seconds(self) -> float:
        """How long the run has been going on, pauses excluded."""
        return self._spent + (0.0 if self._since is None else self._clock() - self._since)

    @property
    def steps_per_second(self) -> float | None:
        """The present speed, None while it is not known."""
        if len(self._seen) < 2:
            return None
        (first_time, first_step), (last_time, last_step) = self._seen[0], self._seen[-1]
        return (last_step - first_step) / (last_time - first_time) if last_time > first_time else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at the present speed, None while that is not known."""
        speed = self.steps_per_second
        return max(0, self.meta_steps - self.meta_step) / speed if speed else None

    def begin(self, started: RunStarted) -> None:
        """Take note that the run exists, and where it goes on from."""
        self.started, self.meta_step = started, started.resumed_from

    def add_earlier(self, delivery: Delivery, seconds: float) -> None:
        """Take note of what the run reported in the `seconds` before it was resumed."""
        self._spent += seconds
        self.exploded += sum(report.diverged for report in delivery.steps)
        self.validation = delivery.validations[-1] if delivery.validations else self.validation

    def add_steps(self, reports: Sequence[StepReport]) -> None:
        """Take note of the steps that have come, oldest first."""
        self.exploded += sum(report.diverged for report in reports)
        if reports:
            self._add_newest(reports[-1])

    def _add_newest(self, report: StepReport) -> None:
        now = self._clock()
        self.meta_step, self.phase = report.meta_step, report.phase
        self._seen.append((now, report.meta_step))
        while now - self._seen[0][0] > WINDOW_SECONDS and len(self._seen) > 2:
            self._seen.popleft()

    def meet_step(self, meta_step: int) -> None:
        """Take note of a step that was taken without a report."""
        self.meta_step = max(self.meta_step, meta_step)

    def pause(self) -> None:
        """Stop the clock."""
        if self._since is not None:
            self._spent = self.seconds
            self._since = None

    def resume(self) -> None:
        """Let the clock go on; the speed is measured anew."""
        if self._since is None:
            self._since = self._clock()
            self._seen.clear()
