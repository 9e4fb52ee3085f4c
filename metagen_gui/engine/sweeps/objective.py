"""What a trial is worth: its runs adapt to the same tasks, and are measured after as many steps as in training.

Trials are compared on validation tasks. What the best of them scores there flatters it, since it was chosen by that, so
it is measured again on test tasks, by which nothing was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from metagen_gui.engine.held_out.adapted import HeldOut, Values, score_adapted
from metagen_gui.engine.held_out.measures import Eyes, Measure, own_measures
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.statistics import Mask, chosen_of, compare, half_width
from metagen_gui.engine.store.metrics_file import Curves
from metagen_gui.engine.sweeps.plan import SweepPlan
from metagen_gui.engine.sweeps.standing import Figure, Measured
from metagen_gui.engine.tasks.base import Stream
from metagen_gui.engine.trained.trained_run import open_run

MOST_LOST = 0.05
"""A setting under which the adaptation to a larger share of tasks diverges is as bad as one can be."""


class Lost(Exception):
    """Too many tasks have diverged for a mean to say anything. Its text is a sentence."""


class Objective:
    """The measure that decides, and the tasks that it is taken on."""

    def __init__(self, plan: SweepPlan) -> None:
        """Raise `BadInput` where the data is not to be had, or the measure is none of this model on these tasks."""
        experiment = plan.experiment.with_value("training.seed", plan.settings.seeds[0])
        self._plan, self._training = plan, experiment.config("training")
        self._family = experiment.build_tasks()
        self._model = experiment.build_model(self._family)
        experiment.build_algorithm(self._model)
        self.measure = self._chosen(plan.settings.objective)
        self._tasks = self._stream("validation", plan.settings.tasks)

    @property
    def measured(self) -> Measured:
        """What the measure is called."""
        return Measured(self.measure.name, self.measure.title, self.measure.unit, self.measure.better)

    def scores(self, run: Path) -> list[float]:
        """Return what a run scores, validation task by validation task; NaN where adaptation diverges."""
        return [*map(float, self._values(run, *self._tasks))]

    def figure(self, scores: Sequence[Sequence[float]]) -> tuple[float, Figure]:
        """Return the mean shortfall and the figure of what all seeds score; raise `Lost` where too many diverged."""
        tasks, _ = self._tasks
        return self._figure(np.array(scores, dtype=np.float64), tasks)

    def fresh(self, runs: Sequence[Path]) -> Figure:
        """Return what runs score on test tasks."""
        tasks, eyes = self._stream("test", self._plan.settings.fresh_tasks)
        return self._figure(np.stack([self._values(run, tasks, eyes) for run in runs]), tasks)[1]

    def on_the_way(self, curves: Curves) -> dict[int, float]:
        """Return by outer step the figure by which states of a run compare, as validation has written it down."""
        model = self._model
        name = f"validation/{model.score_name or f'query_loss/{model.players[0]}'}/"
        taken = [int(column.removeprefix(name)) for column in curves.columns if column.startswith(name)]
        if not taken:
            return {}
        values = curves.columns[f"{name}{max(taken)}"]
        return {int(step): float(value) for step, value in zip(curves.meta_step, values, strict=True) if value == value}

    @property
    def weighs_alike(self) -> bool:
        """Whether what validation writes down compares between all trials: none has a loss of another kind."""
        deciding = self._model.loss_settings
        swept = {place.path.partition(".")[2] for place in self._plan.ranges if place.path.startswith("model.")}
        return bool(self._model.score_name) or not (swept if deciding is None else swept & {*deciding})

    def _chosen(self, wanted: str) -> Measure:
        own = own_measures(self._model)
        if found := next((one for one in own if wanted in ("", one.name)), None):
            return found
        measures = Eyes(self._family, self._model, "validation", self._training.query_size).measures
        if found := next((one for one in measures if wanted in ("", one.name)), None):
            return found
        there = ", ".join(one.name for one in measures) or "none"
        raise BadInput("objective", f"{wanted} cannot be had of this model on these tasks; there are {there}")

    def _stream(self, stream: Stream, count: int) -> tuple[HeldOut, Eyes]:
        training = self._training
        samples = self._plan.settings.samples if self.measure.metric is not None else 1
        tasks = HeldOut(self._family, stream, count, training.shots, training.query_size, samples)
        return tasks, Eyes(self._family, self._model, stream, training.query_size)

    def _values(self, run: Path, tasks: HeldOut, eyes: Eyes) -> Values:
        trained = open_run(run)
        algorithm = trained.model.algorithm
        found = score_adapted(
            algorithm, trained.model.weights, tasks, eyes, (algorithm.steps,), measures=(self.measure,)
        )
        values: Values = found.values[self.measure.name][0]
        return values

    def _figure(self, values: Values, tasks: HeldOut) -> tuple[float, Figure]:
        sound: Mask = np.asarray(np.isfinite(values).all(0))
        lost = int((~sound).sum())
        if lost > MOST_LOST * values.shape[1]:
            raise Lost(f"the adaptation to {lost:,} of {values.shape[1]:,} tasks diverges")
        kept, groups = values[:, sound], chosen_of(tasks.batch.groups, sound)
        shortfall = self.measure.shortfall(kept)
        shown = kept if self.measure.better in ("lower", "higher") else shortfall
        told = compare(shown, groups)
        figure = Figure(told.mean, half_width(shown.mean(0), groups), told.low, told.high, kept.shape[1], len(kept))
        return float(shortfall.mean()), figure
