"""What a test of claims may be of, and what it will take: algorithms that suit, tasks to shift to, runs, seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.claims.arms import Arm, arms_of
from metagen_gui.engine.claims.outer_rates import short_trainings
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.training import Steps, queue, trainers
from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.pace import PATIENCE
from metagen_gui.engine.processors import cores, threads, told_threads
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import parse_settings, settings_of
from metagen_gui.engine.tasks.base import TaskFamily, task_families

BY_HAND, META = 0.010, 0.0015
"""Seconds that one adaptation step on one task takes in scoring: of all weights, as by hand, and as meta-learned models
do it. Measured with the VAE on strokes, on one core; a guess for anything else, which the test itself mends."""


@dataclass(frozen=True)
class Outlook:
    """Runs to train, arms to score, and seconds; None where an outer step would have to be timed first."""

    runs: int
    scores: int
    seconds: float | None
    trials: int = 0
    """Short trainings that choose outer rates, besides the runs."""


@dataclass(frozen=True)
class Suitor:
    """An algorithm, and why it cannot train the experiment's model; "" if it can."""

    name: str
    title: str
    summary: str
    objection: str = ""


@dataclass(frozen=True)
class Shift:
    """A family whose tasks are of the experiment's shape: what it is, and whether it needs a folder to read."""

    name: str
    title: str
    summary: str
    settings: Mapping[str, Any]
    needs_folder: bool


def outlook(plan: ClaimPlan) -> Outlook:
    """Return what the test of `plan` takes; raise `BadInput` where an arm cannot be built."""
    arms, given = arms_of(plan), plan.settings
    # Of those compared, the slowest gets the same steps on both footings; the others are trained twice, the null once.
    runs = sorted(trainers(arms).items(), key=lambda item: (item[1].is_null, item[1].is_meta))
    compute: Steps = {name: place for place, (name, _) in enumerate(reversed(runs), start=1)}
    equal: Steps = dict.fromkeys(compute, min(compute[name] for name, arm in runs if not arm.is_null))
    shared = {footing: {"equal compute": compute, "equal steps": equal}[footing] for footing in given.compare_at}
    scores = {
        (arm.name, steps[arm.run] if arm.run else 0, seed)
        for place, steps in enumerate(shared.values())
        for arm in arms
        if not (arm.is_null and place)
        for seed in given.seeds
    }
    count = len(queue(plan, arms, shared))
    trials = sum(map(len, short_trainings(plan, arms, compute).values()))
    if given.seconds is None:
        return Outlook(count, len(scores), None, trials)
    cost = {arm.name: scoring_seconds(plan, arm) for arm in arms}
    scoring = sum(cost[name] for name, *_ in scores)
    training = (count + given.rate_share * trials) * given.seconds
    return Outlook(count, len(scores), PATIENCE * len(trainers(arms)) + elapsing(training, scoring), trials)


def side_by_side() -> int:
    """Return how many things are done at once: as many as there are cores for."""
    return max(1, cores() // (told_threads() or threads()))


def elapsing(training: float, scoring: float) -> float:
    """Return the seconds that so much work takes: one process scores, one or more train meanwhile."""
    return max(scoring, (training + scoring) / side_by_side())


def scoring_seconds(plan: ClaimPlan, arm: Arm) -> float:
    """Return the seconds that it takes to score an arm: its ways are tried on validation tasks, then the test tasks."""
    if not arm.ways:
        return 1.0
    learned, given = arm.is_meta or arm.is_null, plan.settings
    passes = 2 if learned else 1
    if plan.experiment.plugin("model").loss_compares():  # tuned for its loss, and for samples
        passes *= 2
    tasks = min(len(arm.ways), given.candidates) * given.validation_tasks + passes * given.tasks
    return tasks * plan.rows[-1] * (META if learned and arm.adapts_as is None else BY_HAND)


def suitors(experiment: Experiment) -> tuple[Suitor, ...]:
    """Return every algorithm, the experiment's own first, and whether it suits the experiment's model."""
    names = sorted(algorithms.names(), key=lambda name: (name != experiment.algorithm, name))
    return tuple(_suitor(experiment, name) for name in names)


def shifts(experiment: Experiment) -> Iterator[Shift]:
    """Yield the families, other than its own, that an experiment's models can adapt to as well."""
    own = experiment.config("tasks")
    spec = _spec(experiment.plugin("tasks"), own)
    for name, family in task_families.items():
        if name == experiment.tasks:
            continue
        like = {field: value for field, value in own.model_dump().items() if field in family.shape_settings}
        reads = any(item.kind == "path" for item in settings_of(family.Settings))
        with suppress(BadInput):
            if _spec(family, parse_settings(family.Settings, like, "plan.shift")) == spec:
                yield Shift(name, family.title, family.summary, like, reads)


def _suitor(experiment: Experiment, name: str) -> Suitor:
    plugin = algorithms.get(name)
    try:
        # As arms are made: the experiment's own algorithm with its settings, any other with the defaults.
        tried = experiment
        if name != experiment.algorithm:
            tried = Experiment(
                experiment.tasks, experiment.model, name, {**experiment.values, "algorithm": {}}, experiment.others
            )
        tried.check()
        spec = _spec(tried.plugin("tasks"), tried.config("tasks"))
        tried.build_algorithm(tried.plugin("model")(tried.config("model"), spec))
    except BadInput as problem:
        return Suitor(name, plugin.title, plugin.summary, problem.why)
    return Suitor(name, plugin.title, plugin.summary)


def _spec(family: type[TaskFamily], settings: Any) -> DataSpec:
    """Return what a family's examples are, if it can be had without looking for its data."""
    return family.spec_of(settings) or family(settings, 0).spec
