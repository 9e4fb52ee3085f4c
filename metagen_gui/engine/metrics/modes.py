"""Which modes of a mixture were found, and how many samples lie in one.

As counted by Srivastava et al. 2017 (VEEGAN, section 4.1) and Lin et al. 2018 (PacGAN, section 4): a sample is of high
quality within three standard deviations of a mode; a mode is found if such a sample is nearest to it.

**Bias**: the number found rises with the number of samples, and a single stray one finds a mode; raise `least` for a
stricter count, and compare at equal numbers. Real examples of a round mixture in the plane lie within 3σ with
probability 1 − exp(−9/2) = 0.989, a little more where modes overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.metrics.distances import Values, distances

REACH = 3.0
"""Standard deviations within which a sample belongs to a mode."""


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


def count_modes(samples: Values, modes: Values, width: float, least: int = 1) -> ModeCount:
    """Count the modes `(modes, 2)` of standard deviation `width` that have `least` samples `(n, 2)` or more."""
    apart = distances(samples, modes)
    near = apart.min(axis=1) <= REACH * width
    visits = np.bincount(apart.argmin(axis=1)[near], minlength=len(modes))
    return ModeCount(int((visits >= least).sum()), len(modes), float(near.mean()))
