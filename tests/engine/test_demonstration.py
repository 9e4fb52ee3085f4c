from __future__ import annotations

import itertools

import numpy as np
import pytest

from metagen_gui.engine.demonstration import demonstrate, demonstration
from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.experiment import REGISTRIES, Experiment
from metagen_gui.engine.settings.config import settings_of

PLUGINS = [(section, name) for section, registry in REGISTRIES.items() for name in registry.names()]


@pytest.mark.parametrize(("section", "name"), PLUGINS)
def test_every_plugin_that_reads_no_files_is_shown_at_work(section: str, name: str) -> None:
    experiment = demonstration(section, name)  # type: ignore[arg-type]
    reads = any(item.kind == "path" for item in settings_of(REGISTRIES[section].get(name).Settings))
    assert (experiment is None) == reads
    if experiment is not None:
        assert getattr(experiment, section) == name
        experiment.check()


def test_algorithms_are_shown_by_the_smallest_model_where_it_is_at_home() -> None:
    shown = demonstration("algorithm", "maml")
    assert shown is not None
    assert (shown.tasks, shown.model) == ("sinusoids", "curve")


def test_what_is_generated_comes_before_the_first_step_and_then_ever_less_often() -> None:
    first, *events = itertools.islice(demonstrate("algorithm", "maml"), 60)
    assert isinstance(first, Experiment)
    steps = [event.meta_step for event in events if isinstance(event, StepReport)]
    pictures = [event.meta_step for event in events if isinstance(event, Snapshot)]
    assert steps == [*range(1, len(steps) + 1)]
    assert pictures[:4] == [0, 1, 3, 5] and pictures == sorted(set(pictures))
    assert len(pictures) < len(steps) / 2


def test_another_seed_shows_other_tasks() -> None:
    def support(seed: int) -> np.ndarray:
        events = demonstrate("algorithm", "maml", seed)
        return next(event.support for event in events if isinstance(event, Snapshot))

    assert not np.array_equal(support(0), support(1))
    assert np.array_equal(support(1), support(1))


def test_it_ends_when_its_time_is_over() -> None:
    assert [type(event) for event in demonstrate("algorithm", "maml", seconds=0)] == [Experiment, Snapshot]


def test_who_reads_files_shows_nothing() -> None:
    assert list(demonstrate("tasks", "images")) == []
