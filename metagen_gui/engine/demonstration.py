"""A plugin at work: the smallest experiment that shows it, learned in memory while somebody looks."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.experiment import Experiment, Section
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import settings_of
from metagen_gui.engine.tasks.base import task_families

SMALL: Mapping[str, Any] = {
    "meta_steps": 10_000,
    "meta_batch_size": 4,
    "query_size": 20,
    "preview_tasks": 3,
    "validation_tasks": 3,
    "device": "cpu",
}
"""Training settings of what is only looked at."""
SECONDS = 20.0
"""How long it learns at most."""


def demonstrate(
    section: Section, name: str, seed: int = 0, seconds: float = SECONDS
) -> Iterator[Experiment | StepReport | Snapshot]:
    """Let a plugin learn for so long: yield the experiment, every outer step, and now and then what is generated.

    Nothing is written anywhere. A plugin without examples of its own, such as files to read, yields nothing.
    """
    experiment = demonstration(section, name)
    if experiment is None:
        return
    experiment = experiment.with_value("training.seed", seed)
    yield experiment
    learner, until, shown = MetaLearner(experiment), time.monotonic() + seconds, 0
    observer = Observer(learner)
    yield observer.snapshot()
    while learner.meta_step < learner.training.meta_steps and time.monotonic() < until:
        yield learner.step()
        if learner.meta_step >= 1.12 * shown + 1:
            shown = learner.meta_step
            yield observer.snapshot()


def demonstration(section: Section, name: str) -> Experiment | None:
    """Return the smallest experiment that shows a plugin at work; None if it has no examples of its own.

    Small is what has few numbers in an example, and then in the model. A family is shown with the model that suits it.
    """
    pairs = [pair for pair in _pairs() if section != "model" or pair[1] == name]
    if section == "tasks":
        made = Experiment().with_plugin(section, name)
        pairs = [(name, made.model)] if _numbers(name) else []
    least = min((_numbers(tasks) for tasks, _ in pairs), default=0)
    small = MappingProxyType({"training": MappingProxyType(SMALL)})
    tried = [Experiment(*pair, values=small).with_plugin(section, name) for pair in pairs if _numbers(pair[0]) == least]
    sized = [(size, place) for place, experiment in enumerate(tried) if (size := _size(experiment))]
    return tried[min(sized)[1]] if sized else None


def _pairs() -> Iterator[tuple[str, str]]:
    """Yield every family that makes its tasks, with every model for its examples.

    Where a family suggests a model, both are at home with each other alone.
    """
    suggested = {name: family.suggests.get("model.name") for name, family in task_families.items()}
    for tasks, own in suggested.items():
        spec = _spec(tasks)
        for name, model in models.items():
            at_home = name == own or (own is None and name not in suggested.values())
            if at_home and spec is not None and not model.objection_to(spec):
                yield tasks, name


def _spec(tasks: str) -> DataSpec | None:
    """Return what an example of a family is; None where that is read from files."""
    family = task_families.get(tasks)
    reads = any(item.kind == "path" for item in settings_of(family.Settings))
    return None if reads else family.spec_of(family.Settings())


def _numbers(tasks: str) -> int:
    spec = _spec(tasks)
    return math.prod(spec.shape) if spec is not None else 0


def _size(experiment: Experiment) -> int:
    """Return how many numbers the model has, 0 if the parts do not go together."""
    try:
        learner = MetaLearner(experiment)
    except BadInput:
        return 0
    return sum(value.numel() for values in learner.meta.model.values() for value in values.values())
