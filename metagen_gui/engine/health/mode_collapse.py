"""Mode collapse: whatever the latents, the samples of a task are nearly the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.events import Event, Snapshot
from metagen_gui.engine.health.base import Detector, Finding, detectors

ALIKE, APART = 0.1, 0.2
"""Diversity of the samples as a share of the data's: alike under the one, apart again over the other. Means of pixels
vary less than drawings: a healthy VAE of strokes has 0.07 after 50 steps, 0.26 after 150 and 0.4 to 0.6 later; a GAN of
points 0.8 to 1.1; collapsed ones had 0.02."""
GRACE = 8
"""Snapshots at the beginning of a run that are not judged: the mean of all examples is what is learned first."""
MOST = 64
"""Examples of a task that are compared, pair by pair."""


@detectors.register("mode_collapse")
class ModeCollapse(Detector):
    """Compares how far samples of different latents lie apart with how far the task's own examples do."""

    title = "Mode collapse"
    summary = "Whatever the latents, the samples of a task are nearly the same."
    patience = 3
    recovery = 2

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.last = -1

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Return what the samples after the last adaptation step show."""
        if not isinstance(event, Snapshot) or event.meta_step == self.last:
            return None  # a resumed run takes again the one that it had taken
        self.seen, self.last = self.seen + 1, event.meta_step
        share = diversity_share(event)
        if share is None or self.seen <= GRACE:
            return None
        if share >= ALIKE:
            return Finding("well" if share >= APART else "between")
        text = (
            f"Samples of different latents are nearly the same: they differ {share:.1%} as much as the examples of "
            "their task do."
        )
        return Finding("ill", text, self.advised(settings))


def diversity_share(snapshot: Snapshot) -> float | None:
    """Return the mean distance of two samples as a share of that of two examples, in the median task.

    None where there are no two to compare, or where they are not finite.
    """
    samples, data = snapshot.samples[:, -1], np.concatenate([snapshot.support, snapshot.query], axis=1)
    if samples.shape[1] < 2 or data.shape[1] < 2 or not np.isfinite(samples).all():
        return None
    apart = mean_distances(data)
    usable = apart > 0
    return float(np.median(mean_distances(samples)[usable] / apart[usable])) if usable.any() else None


def mean_distances(examples: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the mean Euclidean distance between two of `examples` `(tasks, n, *shape)`, per task: `(tasks,)`."""
    flat = examples[:, :MOST].reshape(len(examples), min(MOST, examples.shape[1]), -1).astype(np.float64)
    squares = np.einsum("tnp,tnp->tn", flat, flat)
    apart = squares[:, :, None] + squares[:, None] - 2 * flat @ flat.transpose(0, 2, 1)
    count = flat.shape[1]
    means: npt.NDArray[np.float64] = np.sqrt(apart.clip(0)).sum(axis=(1, 2)) / (count * (count - 1))
    return means
