"""What a run has learned, read back from its folder: its experiment and its newest checkpoint, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from metagen_gui.engine.adaptation.learned_rates import RATE
from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.store.kept_data import recalling
from metagen_gui.engine.store.names import CHECKPOINTS, is_run_folder
from metagen_gui.engine.store.second_copy import experiment_of
from metagen_gui.engine.tasks.base import TaskFamily
from metagen_gui.engine.trained.loaded_model import LoadedModel, assemble


@dataclass(frozen=True)
class TrainedRun:
    """A run's model as it was after `meta_step` outer steps; it computes on the CPU."""

    folder: Path
    model: LoadedModel
    meta_step: int
    notices: tuple[str, ...] = ()
    """What a person should know of its files."""

    @property
    def experiment(self) -> Experiment:
        """The run as data."""
        return self.model.experiment

    @cached_property
    def family(self) -> TaskFamily:
        """The run's tasks, which need its data; raises `BadInput` where that is not to be had."""
        return self.experiment.build_tasks()

    def changed(self, values: Mapping[str, Any]) -> TrainedRun:
        """Return the run with other settings, such as those of sampling, by `section.name`; raise `BadInput`.

        What is to adapt and did not in training adapts at its fixed rate; learned rates of what no longer does go.
        """
        experiment, spec, weights = self.experiment, self.model.spec, self.model.weights
        for path, value in values.items():
            experiment = experiment.with_value(path, value)
        model = experiment.plugin("model")(experiment.config("model"), spec)
        weights = with_rates_of(experiment.build_algorithm(model), weights)
        return replace(self, model=assemble(experiment, spec, "initialization", weights, str(self.folder)))


def with_rates_of(algorithm: Algorithm, weights: MetaParams) -> MetaParams:
    """Return `weights` with the learned rates that `algorithm` has: theirs, or, where there are none, fixed ones."""
    fresh, own = algorithm.initialize(torch.Generator()).own, dict(weights.own)
    for player, learned in fresh.items():
        rates = {name: value for name, value in learned.items() if name.startswith(RATE)}
        others = {name: value for name, value in own[player].items() if not name.startswith(RATE)}
        own[player] = {**others, **{name: own[player].get(name, rate) for name, rate in rates.items()}}
    return MetaParams(weights.model, own)


def open_run(folder: Path) -> TrainedRun:
    """Return the newest checkpoint of a run, which may still be going on, with the settings it had.

    Raise `BadInput` that names what is wrong. The data that the run was trained on need not be there any more.
    """
    try:
        if not folder.is_dir():
            raise BadInput(str(folder), "there is no such run folder")
        if not is_run_folder(folder):
            raise BadInput(str(folder), "not a run folder")
    except OSError as error:  # a name too long, a folder that may not be entered
        raise BadInput(str(folder), error.strerror or str(error)) from None
    checkpoint = load_checkpoint(folder / CHECKPOINTS)
    experiment, notices = experiment_of(folder, checkpoint)
    experiment.check()
    experiment = recalling(experiment, checkpoint, folder)
    spec = experiment.task_family().spec
    model = assemble(experiment, spec, "initialization", checkpoint.meta, str(folder / CHECKPOINTS))
    return TrainedRun(folder, model, checkpoint.meta_step, notices)
