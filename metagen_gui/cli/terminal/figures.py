"""What the events of a run amount to: how far it is, how fast it goes, how well it does."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from metagen_gui.engine.events import Event, RunStarted, SettingChanged, StepReport, ValidationReport

HUGE = 1e9
"""From here on a number is written with an exponent: a run that diverges would fill the screen with digits."""
DIGITS_OF_INTERVALS = 2
MOST_DECIMALS = 6
WINDOW_SECONDS = 20.0
"""The speed is that of this last stretch of time."""


class Figures:
    """The figures after the events so far. `folder` means something once `meta_steps` is more than 0: the run is on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = Path()
        self.meta_step = 0
        self.meta_steps = 0
        self.phase = "meta-training"
        self.diverged = 0
        self.losses: dict[str, float] = {}
        self.validation: ValidationReport | None = None
        self._clock = clock
        self._began = clock()
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self.folder, self.meta_steps, self._began = event.folder, event.meta_steps, self._clock()
            self.losses = dict.fromkeys(event.players, math.nan)
            self.meta_step = event.resumed_from
        elif isinstance(event, ValidationReport):
            self.validation = event
        elif isinstance(event, SettingChanged) and event.path == "training.meta_steps":
            self.meta_steps = event.value
        elif isinstance(event, StepReport):
            self.meta_step, self.phase, self.diverged = event.meta_step, event.phase, event.diverged
            self.losses = dict(event.query_loss)
            self._seen.append((self._clock(), event.meta_step))
            while self._seen[-1][0] - self._seen[0][0] > WINDOW_SECONDS and len(self._seen) > 2:
                self._seen.popleft()

    @property
    def seconds(self) -> float:
        """How long the run has been going on."""
        return self._clock() - self._began

    @property
    def speed(self) -> float | None:
        """Outer steps per second at present, None while that is not known."""
        if len(self._seen) < 2 or self._seen[-1][0] <= self._seen[0][0]:
            return None
        (first_time, first_step), (last_time, last_step) = self._seen[0], self._seen[-1]
        return (last_step - first_step) / (last_time - first_time)

    def pace(self) -> list[str]:
        """Return how far the run is, how fast it goes and how long the rest will take."""
        parts = [f"step {self.meta_step:,} of {self.meta_steps:,}"]
        if speed := self.speed:
            parts.append(f"{speed:.3g} steps/s")
            if rest := self.meta_steps - self.meta_step:
                parts.append(f"{duration(rest / speed)} left")
        return parts

    def validation_path(self, player: str) -> str:
        """Return a player's validation loss before and after adaptation, as `187.2 → 127.4`."""
        if self.validation is None:
            return ""
        path = self.validation.query_loss[player]
        return f"{figure(path[0])} → {figure(path[-1])}"


def figure(value: float) -> str:
    """Return a loss with as many digits as mean something while it moves."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else str(value)
    size = abs(value)
    if size >= HUGE:
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= 10_000 else f"{value:.1f}" if size >= 100 else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Return a length of time in its largest unit, and the next one where that says something."""
    whole = round(seconds)
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part if whole < 10 * size else 0
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def with_interval(mean: float, interval: float) -> str:
    """Return `127.4 ± 2.1`: two digits of the interval, and as many decimals of the mean."""
    decimals = decimals_for(interval)
    if not math.isfinite(mean) or decimals is None:
        return figure(mean)
    if max(abs(mean), interval) >= HUGE:
        return f"{figure(mean)} ± {figure(interval)}"
    return f"{mean:,.{decimals}f} ± {interval:,.{decimals}f}"


def plain(value: float, interval: float) -> str:
    """Return a value with as many decimals as the mean beside it, which has an interval."""
    decimals = decimals_for(interval)
    if decimals is None or not math.isfinite(value) or max(abs(value), interval) >= HUGE:
        return figure(value)
    return f"{value:,.{decimals}f}"


def decimals_for(interval: float) -> int | None:
    """Return how many decimals show two digits of an interval, or None where it says nothing."""
    if not math.isfinite(interval) or interval <= 0:
        return None
    return min(max(DIGITS_OF_INTERVALS - 1 - math.floor(math.log10(interval)), 0), MOST_DECIMALS)
