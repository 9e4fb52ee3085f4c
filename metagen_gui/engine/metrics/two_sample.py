"""1-nearest-neighbour two-sample accuracy: are real and generated examples told apart by their nearest neighbour.

Lopez-Paz & Oquab 2017, Revisiting Classifier Two-Sample Tests, section 3; both sides apart: Xu et al. 2018, An
Empirical Study on Evaluation Metrics of GANs, section 2. Leave-one-out over the union of both sets. ½: not to be told
apart. Near 1: apart. Near 0: every real example has its copy. The real side is low where the generator covers the data;
the generated side is high where samples huddle together, as they do after a collapse.

**Bias**: slightly below ½ on equal laws, (n − 1) / (2n − 1) for n examples on either side, because an example does not
count as its own neighbour. Only equal numbers have ½ as their aim: see `in_equal_numbers`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, among, in_equal_numbers


@dataclass(frozen=True)
class NeighbourAccuracy:
    """The share of examples whose nearest neighbour is of their own side, among real and among generated ones."""

    real: float
    generated: float


def neighbour_accuracy(real: Values, generated: Values) -> NeighbourAccuracy:
    """Return both accuracies over equal numbers, averaged over blocks where one side has more examples."""
    pairs = in_equal_numbers(real, generated)
    sides = np.mean([_one_block(*pair) for pair in pairs], axis=0)
    return NeighbourAccuracy(*map(float, sides))


def _one_block(real: Values, generated: Values) -> tuple[float, float]:
    apart = among(np.concatenate([real, generated]))
    is_real = np.arange(len(apart)) < len(real)
    # among equally near ones each is as likely: copies of both sides must not be decided by their order
    nearest = apart == apart.min(axis=1, keepdims=True)
    own_side = (nearest & (is_real[:, None] == is_real)).sum(axis=1) / nearest.sum(axis=1)
    return float(own_side[is_real].mean()), float(own_side[~is_real].mean())


@metrics.register("neighbours_real")
class RealNeighbours(Metric):
    """Are real examples told from samples."""

    title = "1-NN accuracy, real side"
    summary = "Share of real examples whose nearest neighbour is real: ½ is ideal, low where samples cover the data."
    reference = "https://arxiv.org/abs/1610.06545"
    better = "0.5"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the accuracy among real examples."""
        return neighbour_accuracy(query, samples).real


@metrics.register("neighbours_generated")
class GeneratedNeighbours(Metric):
    """Are samples told from real examples."""

    title = "1-NN accuracy, generated side"
    summary = "Share of samples whose nearest neighbour is a sample: ½ is ideal, high where they huddle together."
    reference = "https://arxiv.org/abs/1806.07755"
    better = "0.5"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the accuracy among samples."""
        return neighbour_accuracy(query, samples).generated
