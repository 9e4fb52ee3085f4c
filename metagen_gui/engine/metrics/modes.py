"""Which modes of a mixture were found, and how many samples lie in one.

A sample is of high quality within three standard deviations of a mode (Srivastava et al. 2017, VEEGAN, section 4.1;
Lin et al. 2018, PacGAN, section 4). There one such sample finds the mode that it is nearest to; so with hundreds of
samples scatter finds every mode, as does a generator that puts all but a few samples on one. Here a mode is found where
it holds a quarter of its fair share at least: n / 4m of n samples for m modes. True samples miss a mode with
probability 0.002 where modes are many (256 samples, 25 modes) and 10⁻⁶ where there are nine; scatter over the field of
`tasks/densities.py` gives a mode 0.07 of its fair share (nine modes, σ = 0.1). Of few samples (n ≤ 4m) one is enough,
as in the papers.

**Bias**: none to speak of for true samples, once there are ten per mode; below that modes are missed by chance, so
compare at equal numbers. Real examples of a round mixture in the plane lie within 3σ with probability 1 − exp(−9/2) =
0.989, a little more where modes overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, distances

REACH = 3.0
"""Standard deviations within which a sample belongs to a mode."""
FAIR_SHARE = 0.25
"""Of its fair share of the samples a mode holds so much at least, or it is not found."""


@dataclass(frozen=True)
class ModeCount:
    """How many of `modes` modes were found, and the share of samples `within` 3σ of any."""

    found: int
    modes: int
    within: float

    @property
    def share(self) -> float:
        """The share of the modes that were found: it compares between tasks."""
        return self.found / self.modes


def count_modes(samples: Values, modes: Values, width: float) -> ModeCount:
    """Count the equally likely modes `(modes, 2)` of standard deviation `width` that are found by samples `(n, 2)`."""
    apart = distances(samples, modes)
    near = apart.min(axis=1) <= REACH * width
    visits = np.bincount(apart.argmin(axis=1)[near], minlength=len(modes))
    least = max(1, math.ceil(FAIR_SHARE * len(samples) / len(modes)))
    return ModeCount(int((visits >= least).sum()), len(modes), float(near.mean()))


@metrics.register("modes_found")
class ModesFound(Metric):
    """Which modes of the data there are samples of."""

    title = "Modes found"
    summary = (
        "Share of the true modes that hold, within 3σ, a quarter of their fair share of the samples at least: a single "
        "stray sample finds none, true samples find all."
    )
    reference = "https://arxiv.org/abs/1705.07761"
    unit = "of all"
    better = "higher"
    needs = "modes"
    claims = {"points": "collapses"}
    place = 30

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the share of the modes that were found."""
        return _count(samples, context).share


@metrics.register("within_3_sigma")
class WithinModes(Metric):
    """Whether samples lie in modes at all."""

    title = "Within 3σ of a mode"
    summary = "Share of samples within 3σ of a mode: what scattered samples lack. Real examples reach 0.989."
    reference = "https://arxiv.org/abs/1705.07761"
    better = "higher"
    needs = "modes"
    claims = {"points": None}
    place = 50

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the share of samples that lie in a mode."""
        return _count(samples, context).within


def _count(samples: Values, context: Context) -> ModeCount:
    assert context.modes is not None
    return count_modes(samples, context.modes, context.mode_width)
