"""What a run has learned, read back from its folder: its experiment and its newest checkpoint, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.store.kept_data import recalling
from metagen_gui.engine.store.names import CHECKPOINTS, EXPERIMENT
from metagen_gui.engine.tasks.base import TaskFamily
from metagen_gui.engine.trained.loaded_model import LoadedModel, assemble


@dataclass(frozen=True)
class TrainedRun:
    """A run's tasks, and its model as it was after `meta_step` outer steps; it computes on the CPU."""

    folder: Path
    family: TaskFamily
    model: LoadedModel
    meta_step: int

    @property
    def experiment(self) -> Experiment:
        """The run as data."""
        return self.model.experiment


def open_run(folder: Path) -> TrainedRun:
    """Return the newest checkpoint of a run, which may still be going on; raise `BadInput` that names what is wrong."""
    try:
        if not folder.is_dir():
            raise BadInput(str(folder), "there is no such run folder")
        if not (folder / EXPERIMENT).is_file() or not (folder / CHECKPOINTS).is_dir():
            raise BadInput(str(folder), "not a run folder")
    except OSError as error:  # a name too long, a folder that may not be entered
        raise BadInput(str(folder), error.strerror or str(error)) from None
    experiment = Experiment.load(folder)
    experiment.check()
    checkpoint = load_checkpoint(folder / CHECKPOINTS)
    experiment = recalling(experiment, checkpoint, folder)
    family = experiment.build_tasks()
    model = assemble(experiment, family.spec, "initialization", checkpoint.meta, str(folder / CHECKPOINTS))
    return TrainedRun(folder, family, model, checkpoint.meta_step)
