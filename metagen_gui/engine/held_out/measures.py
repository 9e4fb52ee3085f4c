"""What is measured of a task at one step: the loss on the query, and samples against the query, by their features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics import Context, Contexts, Metric, features_of, metrics_for
from metagen_gui.engine.metrics.base import Decides
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.encoder import ImageEncoder, Judged
from metagen_gui.engine.models.base import GenerativeModel
from metagen_gui.engine.tasks.base import Stream, TaskFamily

LOSS, BOUND, EXACT = "loss", "iwae", "negative_log_likelihood"
"""Names under which the figures of a model itself are stored; that of any bound is the first bound's."""


@dataclass(frozen=True)
class Measure:
    """One figure; `metric` is None for those of the model itself, loss and bound.

    Those of `generalises` also tell if adaptation helps.
    """

    name: str
    title: str
    unit: str
    better: str
    claim: Decides | None
    metric: Metric | None = None
    of_model: str = ""
    bounds: bool = False
    """Of a figure of the model itself: what a reader has to know of it, and whether it is −log p or bounds it."""

    @property
    def about(self) -> str:
        """What a reader of its figures has to know."""
        return self.metric.summary if self.metric is not None else self.of_model

    @property
    def proper(self) -> bool:
        """Whether on average nothing is better by it than the best possible generator: −log p, bounds of it, MMD²."""
        return self.metric.proper if self.metric is not None else self.bounds

    def shortfall(self, values: Values) -> Values:
        """Return how far values are from good: the lower, the better."""
        if self.better in ("lower", "higher"):
            return values if self.better == "lower" else -values
        return np.abs(values - float(self.better))


def own_measures(model: GenerativeModel) -> list[Measure]:
    """Return the figures of a model itself: its loss, if that compares, and its likelihood or a bound, if any."""
    loss, likelihood, found = model.loss_is, model.likelihood, []
    if model.loss_compares():
        title = loss.title or "Query loss"
        found.append(Measure(LOSS, title, loss.unit, "lower", "generalises", of_model=loss.about, bounds=loss.bounds))
    if likelihood is not None:
        name = EXACT if likelihood.exact else BOUND
        found.append(Measure(name, likelihood.called, "nats", "lower", None, of_model=likelihood.about, bounds=True))
    return found


class Eyes:
    """What the tasks of one stream are looked at with: features, contexts, and the measures that can be had.

    Of tasks whose classes are `shuffled` nothing is known but their examples, which are of `family`.
    """

    def __init__(
        self, family: TaskFamily, model: GenerativeModel, stream: Stream, query_size: int, *, shuffled: bool = False
    ) -> None:
        self.family, self.shuffled = family, shuffled
        self.model, self.stream, self.query_size = model, stream, query_size

    @cached_property
    def encode(self) -> Callable[[Array], Values]:
        """Examples to features; those of images are learned from the training classes, once per data set."""
        return features_of(self.family)

    @cached_property
    def contexts(self) -> Contexts:
        """What is known of the tasks."""
        return Contexts(self.family, self.stream, self.encode, self.query_size)

    def context(self, index: int, name: str) -> Context:
        """Return what is known of task `index`; of shuffled classes nothing is."""
        return Context(self.family.spec.kind) if self.shuffled else self.contexts.of(index, name)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """What can be measured; the first is what adaptation is tuned by. A GAN's losses have no common scale."""
        found = own_measures(self.model)
        # as of a task of the first class: where there is but one, it cannot be told from others
        context = self.context(0, "" if self.shuffled else next(iter(self.contexts.classes), ""))
        for metric in metrics_for(context):
            if context.kind in metric.claims:
                claim = metric.claims[context.kind]
                found.append(Measure(metric.name, metric.title, metric.unit, metric.better, claim, metric))
        return tuple(found)

    def scores(
        self, index: int, task: tuple[str, Array, Array], drawn: Array, measures: Sequence[Measure]
    ) -> dict[str, Values]:
        """Return what samples of task `index`, `drawn` `(rows, n, *shape)`, score by every metric, `(rows,)`.

        `task` is its name, support and query. NaN where samples are not finite.
        """
        by_features = [(measure.name, measure.metric) for measure in measures if measure.metric is not None]
        found = {name: np.full(len(drawn), np.nan) for name, _ in by_features}
        sound = np.isfinite(drawn.reshape(len(drawn), -1)).all(1)
        if not by_features or not sound.any():
            return found
        name, support, query = task
        context, good = self.context(index, name), drawn[sound]
        seen = self.encode(good.reshape(-1, *good.shape[2:])).reshape(*good.shape[:2], -1)
        real, given = self.encode(query), self.encode(support)
        for row, features in zip(np.flatnonzero(sound), seen, strict=True):
            for name, metric in by_features:
                found[name][row] = metric.score(real, given, features, context)
        return found

    def scores_of_real(
        self, index: int, task: tuple[str, Array, Array], count: int, measures: Sequence[Measure]
    ) -> dict[str, float]:
        """Return what `count` further real examples of task `index` would score on average; NaN where unknown."""
        name, _, query = task
        context, real = self.context(index, name), self.encode(query)
        return {one.name: one.metric.of_real(real, count, context) for one in measures if one.metric is not None}

    @property
    def judged(self) -> Judged | None:
        """How well the judge of images does; None of other data."""
        return self.encode.judged if isinstance(self.encode, ImageEncoder) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader has to know of the features."""
        judged = self.judged
        if judged is None:
            return ()
        by_features = "; ".join(measure.title for measure in self.measures if measure.metric is not None)
        return (
            f"{by_features}: these see images through a network that learned to tell the training classes apart. "
            f"{judged.sentence}",
        )
