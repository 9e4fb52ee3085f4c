"""Would a judge put the sample into its own class? The judge has never seen any of these classes.

Nearest mean of features, as in prototypical networks (Snell, Swersky & Zemel 2017, eq. 2): the task's class, by its
query examples, against other held-out classes, usually 19 of them. `consistency_of_real` says what real examples of the
class reach: the aim, rather than 1.

**Bias**: upwards for a generator that repeats its most typical picture, so it is read beside diversity; downwards by
the judge's own errors, the same for every arm. Chance is 1 over the number of classes.
"""

from __future__ import annotations

import math

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, distances

WAYS = 20


def class_consistency(samples: Values, own: Values, others: Values) -> float:
    """Return the share of `samples` `(n, numbers)` that are nearest to the mean of their own class.

    `own` `(examples, numbers)` are real ones of it, `others` `(classes, examples, numbers)` of the other classes.
    """
    prototypes = np.concatenate([own.mean(axis=0, keepdims=True), others.mean(axis=1)])
    return float(np.mean(_nearest_is_first(distances(samples, prototypes))))


def consistency_of_real(own: Values, others: Values) -> float:
    """Return the same for the real examples of the class, each left out of its own mean; two are needed."""
    n = len(own)
    if n < 2:
        raise ValueError("an example is left out of its class's mean: two examples at least")
    left_out = (own.sum(axis=0) - own) / (n - 1)
    to_own = np.sqrt(np.square(own - left_out).sum(axis=1))
    return float(np.mean(_nearest_is_first(np.column_stack([to_own, distances(own, others.mean(axis=1))]))))


def _nearest_is_first(apart: Values) -> Values:
    """Return for every row 1 where its first entry is the least, a share where others are equal to it, else 0."""
    least = apart == apart.min(axis=1, keepdims=True)
    return np.asarray(least[:, 0] / least.sum(axis=1), dtype=np.float64)


@metrics.register("class_consistency")
class ClassConsistency(Metric):
    """Do samples belong to their class."""

    title = "Class consistency, 20-way"
    summary = (
        "Would a judge trained on other classes put the sample into its own, of 20? Too kind to a model that repeats "
        "its most typical picture."
    )
    reference = "https://arxiv.org/abs/1703.05175"
    better = "higher"
    needs = "classes"
    claims = {"images": "generalises"}
    place = 20
    axis = "recognizability"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the share of samples that are nearest to their own class."""
        assert context.other_classes is not None
        # as many examples for the own class as for the others: a mean of more would lie nearer to everything
        return class_consistency(samples, query[: context.other_classes.shape[1]], context.other_classes)

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return the share of the query, each example left out of its own mean."""
        assert context.other_classes is not None
        own = query[: context.other_classes.shape[1]]
        return consistency_of_real(own, context.other_classes) if len(own) > 1 else math.nan
