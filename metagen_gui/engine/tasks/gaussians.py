"""Gaussians: the family of tasks whose best possible few-shot generator is known in closed form.

A task is one round Gaussian in the plane. Its mean is drawn from N(0, τ² I), or is one of a few places that were drawn
from it once, each as likely; its examples are drawn from N(mean, σ² I). So what any model can know after n examples is
known exactly (`data/bayes.py`): nothing beats it, and the distance to it says how much of what could be learned has
been. Conjugate prior: Murphy 2007, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from metagen_gui.engine.data.bayes import BayesLine, BestGenerator, PlacesLine
from metagen_gui.engine.data.density_shapes import Frame, Mixture
from metagen_gui.engine.data.spec import Array, PointSpec
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import Stream, Task, TaskFamily, task_families

MAP = 2_007
"""Where the source of the places begins: no run's seed has a part in it, or runs of two seeds would differ in tasks."""

LAW, PRIOR = "m ~ N(0, τ² I),   x ~ N(m, σ² I)", "Murphy 2007, section 2"
"""How a task's mean m and its examples are drawn, and where the conjugate prior is treated."""


class GaussianSettings(Config):
    """How far the tasks lie apart, and the points of one task."""

    task_spread: float = setting(
        1.0,
        "Standard deviation of the tasks' means around the middle (τ).",
        label="Spread of tasks τ",
        low=0.05,
        high=3,
        symbol="τ",
        formula=LAW,
        paper=PRIOR,
    )
    point_spread: float = setting(
        0.5,
        "Standard deviation of the points of one task around its mean (σ).",
        label="Spread of points σ",
        low=0.02,
        high=3,
        log=True,
        symbol="σ",
        formula=LAW,
        paper=PRIOR,
    )
    places: int = setting(
        0,
        "How many places the means are at: 0 lets them lie anywhere; of n places every task has one, and learning "
        "them by heart is what there is to learn.",
        unit="places",
        low=0,
        high=1000,
    )


@task_families.register("gaussians")
class Gaussians(TaskFamily):
    """Round Gaussians in the plane that differ in their means alone."""

    title = "2-D Gaussians"
    summary = "One round Gaussian per task: the best possible answer is known, so it shows how near a model comes."
    reference = "Murphy 2007, https://www.cs.ubc.ca/~murphyk/Papers/bayesGauss.pdf"
    licence = "none: the numbers are made here"
    Settings = GaussianSettings
    suggests: ClassVar[Mapping[str, Any]] = {"training.shots": 5, "training.query_size": 128, "model.width": 64}
    spec = PointSpec()

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`; its query does not depend on the number of shots."""
        rng = self.generator(stream, index)
        mixture = self._draw(rng)
        for_support, for_query = rng.spawn(2)
        return Task(
            name=mixture.name,
            support=mixture.sample(for_support, shots),
            query=mixture.sample(for_query, query_size),
        )

    def density(self, stream: Stream, index: int, points: Array) -> Array:
        """Return the true density of task `index` at `points` `(n, 2)` as `(n,)`."""
        return self.mixture(stream, index).density(points)

    def mixture(self, stream: Stream, index: int) -> Mixture:
        """Return the density of task `index` itself, a mixture of one."""
        return self._draw(self.generator(stream, index))

    def best_generator(self) -> BestGenerator:
        """Return the law of the next example, given the prior that the means are drawn from."""
        if self.settings.places:
            return PlacesLine(self.places, self.settings.point_spread)
        return BayesLine(self.settings.task_spread, self.settings.point_spread)

    @cached_property
    def places(self) -> Frame:
        """Where the means are, `(places, 2)`, if they are at places at all; more places begin with the same ones."""
        return np.asarray(
            self.settings.task_spread * np.random.default_rng(MAP).standard_normal((self.settings.places, 2))
        )

    def _draw(self, rng: np.random.Generator) -> Mixture:
        if self.settings.places:
            mean = self.places[[rng.integers(self.settings.places)]]
        else:
            mean = self.settings.task_spread * rng.standard_normal((1, 2))
        name = f"Gaussian at ({mean[0, 0]:.2f}, {mean[0, 1]:.2f})"
        return Mixture(name, mean.astype(np.float32), self.settings.point_spread, has_modes=True)
