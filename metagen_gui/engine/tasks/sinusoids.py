"""Sinusoids: the classic regression picture of meta-learning (Finn, Abbeel & Levine 2017, section 5.1).

A task is one curve y = A sin(ω x + b); an example is a point (x, y) on it, `(2,)`. A, b and x are uniform; ω is 1 (Finn
2017), or uniform in [0.8, 1.2] as well (Meta-SGD, Li et al. 2017, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.spec import Array, PointSpec
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import Stream, Task, TaskFamily, task_families

REACH = 5.0
"""Examples have x in [-REACH, REACH]."""
FREQUENCIES = (0.8, 1.2)
Wave = tuple[float, float, float]
"""Amplitude, frequency in radians per unit of x, phase in radians."""

CURVE, SOURCE = "y = A sin(ω x + b)", "Finn, Abbeel & Levine 2017, section 5.1"
AMPLITUDE: dict[str, Any] = {"formula": f"{CURVE},   A ~ U[A_{{min}}, A_{{max}}]", "paper": SOURCE}


class SinusoidSettings(Config):
    """Which sinusoids are drawn."""

    frequency: Literal["one", "varied"] = setting(
        "one",
        "The same frequency for all tasks, or one from 0.8 to 1.2 for each, which makes them harder to tell.",
        symbol="ω",
        formula=CURVE,
        paper=f"{SOURCE}; varied: Li, Zhou, Chen & Li 2017, section 4.1",
    )
    smallest: float = setting(
        0.1, "Smallest amplitude.", label="Smallest amplitude", low=0, high=100, symbol="A_{min}", **AMPLITUDE
    )
    largest: float = setting(
        5.0, "Largest amplitude.", label="Largest amplitude", low=0, high=100, symbol="A_{max}", **AMPLITUDE
    )
    noise: float = setting(
        0.0,
        "Standard deviation of noise on y of the support; the query is exact.",
        low=0,
        high=10,
        expert=True,
        symbol="σ",
        formula=f"{CURVE} + σ ε,   ε ~ N(0, 1)",
    )


@task_families.register("sinusoids")
class Sinusoids(TaskFamily):
    """Sine curves of random amplitude and phase."""

    title = "Sinusoids"
    summary = "Sine curves from a few points: the picture every teacher of meta-learning shows first."
    reference = "Finn, Abbeel & Levine 2017, section 5.1; frequency: Li et al. 2017"
    licence = "none: the numbers are made here"
    Settings = SinusoidSettings
    suggests: ClassVar[Mapping[str, Any]] = {
        "model.name": "curve",
        "algorithm.inner_lr": 0.01,
        "algorithm.adaptation_steps": 1,
        "algorithm.inner_clip": 0.0,
        "training.outer_clip": 0.0,
        "algorithm.learned_rates": "no",
        "algorithm.proximity": 2.0,
        "training.shots": 10,
        "training.query_size": 10,
        "training.meta_batch_size": 4,
        "training.outer_lr": 0.001,
        "training.lr_schedule": "constant",
        "training.meta_steps": 60_000,
        "training.validate_every": 500,
        "training.validation_tasks": 100,
        "training.steps_shown": 10,
    }
    spec = PointSpec()

    def __init__(self, settings: Any, seed: int) -> None:
        super().__init__(settings, seed)
        if settings.smallest > settings.largest:
            raise BadInput("tasks.smallest", f"{settings.smallest:g} is above tasks.largest ({settings.largest:g})")

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`; its query does not depend on the number of shots."""
        rng = self.generator(stream, index)
        wave = self._draw(rng)
        query = _examples(wave, rng.uniform(-REACH, REACH, query_size))
        support = _examples(wave, rng.uniform(-REACH, REACH, shots))
        if self.settings.noise:
            support[:, 1] += rng.normal(0, self.settings.noise, shots)
        amplitude, frequency, phase = wave
        turning = "x" if frequency == 1 else f"{frequency:.2f} x"
        return Task(f"{amplitude:.1f} sin({turning} + {phase:.1f})", support, query)

    def curve(self, stream: Stream, index: int, x: Array) -> Array:
        """Return the true y of task `index` at `x` `(n,)`."""
        return _y(self._draw(self.generator(stream, index)), x).astype(np.float32)

    def grid(self, stream: Stream, index: int, count: int) -> Array:
        """Return `count` examples `(count, 2)` of task `index` with evenly spaced x, ends included."""
        wave = self._draw(self.generator(stream, index))
        return _examples(wave, np.linspace(-REACH, REACH, count))

    def _draw(self, rng: np.random.Generator) -> Wave:
        s = self.settings
        amplitude, phase, turn = rng.uniform(s.smallest, s.largest), rng.uniform(0, math.pi), rng.uniform(*FREQUENCIES)
        return amplitude, (turn if s.frequency == "varied" else 1.0), phase


def _y(wave: Wave, x: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    amplitude, frequency, phase = wave
    return np.asarray(amplitude * np.sin(frequency * x + phase), dtype=np.float64)


def _examples(wave: Wave, x: npt.NDArray[np.float64]) -> Array:
    return np.stack([x, _y(wave, x)], axis=1).astype(np.float32)
