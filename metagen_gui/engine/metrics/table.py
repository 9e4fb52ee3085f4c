"""The metrics of what a model generates, as one table: what each is called, what it needs, which way is better.

All compare samples with the *query*, which the model has not seen; only memorisation looks at the support.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from metagen_gui.engine.metrics.class_consistency import class_consistency
from metagen_gui.engine.metrics.context import Context
from metagen_gui.engine.metrics.density_coverage import neighbourhoods
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.diversity import diversity
from metagen_gui.engine.metrics.frechet import frechet
from metagen_gui.engine.metrics.kl import kl_from_density, kl_to_density, log_likelihood
from metagen_gui.engine.metrics.memorisation import memorisation
from metagen_gui.engine.metrics.mmd import cubic, gaussians, squared_mmd
from metagen_gui.engine.metrics.modes import ModeCount, count_modes
from metagen_gui.engine.metrics.sliced_wasserstein import sliced_wasserstein
from metagen_gui.engine.metrics.two_sample import neighbour_accuracy

Needs = Literal["features", "images", "points", "modes", "density", "classes"]
Function = Callable[[Values, Values, Values, Context], float]
"""Features of query, support and samples, `(examples, numbers)` each, and what is known of the task."""


@dataclass(frozen=True)
class Metric:
    """One metric; `better` is "lower", "higher" or the number to aim at, such as "0.5"."""

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher", "0.5", "1"]
    needs: Needs
    function: Function
    least: int = 2
    """Examples it needs on each side."""

    def applies(self, context: Context) -> bool:
        """Return whether `context` has what this metric needs."""
        match self.needs:
            case "features":
                return True
            case "modes":
                return context.modes is not None
            case "density":
                return context.log_density is not None
            case "classes":
                return context.other_classes is not None
            case kind:
                return context.kind == kind

    def score(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the figure of one task; NaN for too few examples, and for samples that are not finite.

        The latter are what a model gives whose adaptation has diverged.
        """
        if min(len(query), len(samples)) < self.least or not np.isfinite(samples).all():
            return math.nan
        return self.function(query, support, samples, context)

    def shortfall(self, value: float) -> float:
        """Return how far `value` is from good: the lower the better, whichever way the metric itself goes."""
        if self.better in ("lower", "higher"):
            return value if self.better == "lower" else -value
        return abs(value - float(self.better))


def metrics_for(context: Context) -> list[Metric]:
    """Return the metrics that can be had of tasks of this kind, in the order of the table."""
    return [metric for metric in METRICS.values() if metric.applies(context)]


def _modes(samples: Values, context: Context) -> ModeCount:
    assert context.modes is not None
    return count_modes(samples, context.modes, context.mode_width)


def _class_consistency(q: Values, s: Values, g: Values, c: Context) -> float:
    assert c.other_classes is not None
    # as many examples for the own class as for the others: a mean of more would lie nearer to everything
    return class_consistency(g, q[: c.other_classes.shape[1]], c.other_classes)


def _log_likelihood(q: Values, s: Values, g: Values, c: Context) -> float:
    assert c.log_density is not None
    return log_likelihood(g, c.log_density)


def _kl_to(q: Values, s: Values, g: Values, c: Context) -> float:
    assert c.log_density is not None
    return kl_to_density(g, c.log_density)


def _kl_from(q: Values, s: Values, g: Values, c: Context) -> float:
    assert c.log_density is not None
    return kl_from_density(q, g, c.log_density)


_ROWS: tuple[Metric, ...] = (
    Metric("mmd2", "MMD²", "", "lower", "features", lambda q, s, g, c: squared_mmd(q, g, gaussians)),
    Metric("kid", "KID", "", "lower", "images", lambda q, s, g, c: squared_mmd(q, g, cubic)),
    Metric(
        "neighbours_real",
        "1-NN accuracy, real side",
        "",
        "0.5",
        "features",
        lambda q, s, g, c: neighbour_accuracy(q, g).real,
    ),
    Metric(
        "neighbours_generated",
        "1-NN accuracy, generated side",
        "",
        "0.5",
        "features",
        lambda q, s, g, c: neighbour_accuracy(q, g).generated,
    ),
    Metric("precision", "Precision", "", "higher", "features", lambda q, s, g, c: neighbourhoods(q, g).precision),
    Metric("recall", "Recall", "", "higher", "features", lambda q, s, g, c: neighbourhoods(q, g).recall),
    Metric("density", "Density", "", "1", "features", lambda q, s, g, c: neighbourhoods(q, g).density),
    Metric("coverage", "Coverage", "", "higher", "features", lambda q, s, g, c: neighbourhoods(q, g).coverage),
    Metric("diversity", "Diversity", "of real", "1", "features", lambda q, s, g, c: diversity(q, g)),
    Metric(
        "memorisation",
        "Nearer to the support than real",
        "",
        "0.5",
        "features",
        lambda q, s, g, c: memorisation(q, s, g).probability,
    ),
    Metric(
        "support_distance",
        "Distance to the support",
        "of real",
        "1",
        "features",
        lambda q, s, g, c: memorisation(q, s, g).ratio,
    ),
    Metric("class_consistency", "Class consistency, 20-way", "", "higher", "classes", _class_consistency),
    Metric("modes_found", "Modes found", "of all", "higher", "modes", lambda q, s, g, c: _modes(g, c).share),
    Metric("within_3_sigma", "Within 3σ of a mode", "", "higher", "modes", lambda q, s, g, c: _modes(g, c).within),
    Metric(
        "sliced_wasserstein",
        "Sliced Wasserstein distance",
        "",
        "lower",
        "points",
        lambda q, s, g, c: sliced_wasserstein(q, g),
    ),
    Metric("frechet", "Fréchet distance", "", "lower", "points", lambda q, s, g, c: frechet(q, g).distance, least=4),
    Metric("log_likelihood", "Log likelihood of samples", "nats", "higher", "density", _log_likelihood),
    Metric("kl_to_density", "KL of samples to the truth", "nats", "lower", "density", _kl_to),
    Metric("kl_from_density", "KL of the truth to samples", "nats", "lower", "density", _kl_from),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ROWS}
