"""What an outer step takes, and how many fit into a time: seconds of computing, not of waiting for others."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from statistics import median

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner

FIRST, MOST = 10, 40
"""Steps before the clock runs (a recording is being made), and steps that are timed at most."""
PATIENCE = 4.0
"""Seconds to spend on timing each phase of a run, once it is under way."""


@dataclass(frozen=True)
class Pace:
    """Seconds of an outer step: `warm` of the first `warmup` steps, the joint ones, and `after` of all others."""

    warm: float
    after: float
    warmup: int = 0

    def duration(self, steps: int) -> float:
        """Return the seconds that so many outer steps take."""
        return min(steps, self.warmup) * self.warm + max(0, steps - self.warmup) * self.after

    def fitting(self, seconds: float) -> int:
        """Return how many outer steps fit into `seconds`, 1 at least."""
        left = seconds - self.warmup * self.warm
        return max(1, self.warmup + math.floor(left / self.after) if left > 0 else math.floor(seconds / self.warm))


@dataclass
class Stopwatch:
    """Counts seconds of computing; on a CPU that others use too, what they take is not counted."""

    on_cpu: bool
    seconds: float = 0.0

    def start(self) -> None:
        """Count from here on."""
        self._wall, self._own = time.monotonic(), time.process_time()

    def stop(self) -> float:
        """Count no further; return the seconds since the start."""
        wall, own = time.monotonic() - self._wall, time.process_time() - self._own
        taken = min(wall, own) if self.on_cpu else wall  # `own` counts all threads, and so may be the larger
        self.seconds += taken
        return taken


def pace_of(experiment: Experiment) -> Pace:
    """Return what an outer step of an experiment takes: during its joint warm-up, and after it."""
    learner, warmup = MetaLearner(experiment), int(experiment.config("training").warmup_steps)
    warm = seconds_of_a_step(learner) if warmup else 0.0
    learner.meta_step = warmup
    return Pace(warm, seconds_of_a_step(learner), warmup)


def seconds_of_a_step(learner: MetaLearner) -> float:
    """Return the median of some steps' time."""
    for _ in range(FIRST):  # all of them: before its recording is made, a step may take ten times as long
        learner.step()
    watch, taken, began = Stopwatch(learner.device.type == "cpu"), list[float](), time.monotonic()
    while len(taken) < MOST and (not taken or time.monotonic() - began < PATIENCE):
        watch.start()
        learner.step()
        taken.append(watch.stop())
    return median(taken)
