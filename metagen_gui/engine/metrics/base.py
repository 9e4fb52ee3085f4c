"""What a metric of generated examples is: how it is called, what it needs, which way is better, which claim it decides.

All compare samples with the *query*, which the model has not seen; only memorisation looks at the support.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.settings.registry import Registry

DataKind = str
"""The `kind` of a `DataSpec`: "images", "points"."""
Decides = Literal["generalises", "collapses"]
"""A claim that figures of samples decide."""
Axis = Literal["recognizability", "diversity", "originality"]
"""Of the plane in which samples of images lie: how recognisable they are, how varied, how far from the support."""
AXES: tuple[Axis, ...] = ("recognizability", "diversity", "originality")
LogDensity = Callable[[Values], Values]
"""log p at points `(n, numbers)` as `(n,)`, in nats."""


@dataclass(frozen=True)
class Context:
    """What is known of one task; None for what is not."""

    kind: DataKind
    modes: Values | None = None
    """`(modes, 2)`, all of standard deviation `mode_width`."""
    mode_width: float = 0.0
    log_density: LogDensity | None = None
    other_classes: Values | None = None
    """Features of real examples of other classes of the same stream, `(classes, examples, numbers)`."""


class Metric(ABC):
    """A metric. Subclass, set the class attributes, implement `measure`, `@metrics.register(NAME)`."""

    name: ClassVar[str]
    """What it is registered as."""
    title: ClassVar[str]
    summary: ClassVar[str]
    """What a reader of its figures has to know, in plain sentences."""
    reference: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    better: ClassVar[Literal["lower", "higher", "0.5", "1"]]
    """Which way is better, or the number to aim at."""
    needs: ClassVar[Literal["features", "images", "points", "modes", "density", "classes"]] = "features"
    """What must be known of a task; features are there in any case."""
    least: ClassVar[int] = 2
    """Examples it needs on each side."""
    claims: ClassVar[Mapping[DataKind, Literal["generalises", "collapses"] | None]] = {}
    """For which kinds of data `metagen claims` takes it along, and the claim it decides there; None decides nothing."""
    axis: ClassVar[Axis | None] = None
    """Which axis of the plane of recognizability and diversity it is, if it is one."""
    proper: ClassVar[bool] = False
    """Whether on average nothing is better by it than the best possible generator (a proper score)."""
    place: ClassVar[int] = 100
    """Where it stands among others: the lower, the sooner. A GAN's adaptation is tuned by the first of its measures."""

    @abstractmethod
    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the figure of one task from features of its examples and of samples, `(examples, numbers)` each."""

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return what `count` further real examples of the task would score on average; NaN where it is not known."""
        return math.nan

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
        return self.measure(query, support, samples, context)

    def shortfall(self, value: float) -> float:
        """Return how far `value` is from good: the lower the better, whichever way the metric itself goes."""
        if self.better in ("lower", "higher"):
            return value if self.better == "lower" else -value
        return abs(value - float(self.better))


metrics: Registry[Metric] = Registry(
    "metric", "metagen_gui.engine.metrics", Metric, "Metrics of samples, for metagen claims"
)


def metrics_for(context: Context) -> list[Metric]:
    """Return the metrics that can be had of tasks of this kind, in their order."""
    found = sorted((plugin() for _, plugin in metrics.items()), key=lambda metric: metric.place)
    return [metric for metric in found if metric.applies(context)]
