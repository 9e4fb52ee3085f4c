"""What can be played with: the newest checkpoint of a run, which may go on meanwhile, or an export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import EXPORT
from metagen_gui.engine.tasks.base import TaskFamily
from metagen_gui.engine.trained.export_folder import load_export
from metagen_gui.engine.trained.loaded_model import LoadedModel
from metagen_gui.engine.trained.trained_run import open_run


@dataclass(frozen=True)
class Opened:
    """A trained initialization, in memory of its own, and the family of its tasks, whose data may not be there."""

    folder: Path
    model: LoadedModel
    family: TaskFamily
    meta_step: int = 0
    """Outer steps it was trained for, 0 where that is not told."""
    notices: tuple[str, ...] = ()


def open_to_play(folder: Path) -> Opened:
    """Return what a run's or an export's folder holds; raise `BadInput` that names what is wrong."""
    if not (folder / EXPORT).is_file():
        run = open_run(folder)
        return Opened(folder, run.model, run.experiment.task_family(), run.meta_step, run.notices)
    model = load_export(folder)
    if model.kind != "initialization":
        raise BadInput(str(folder), "this model is adapted already; export the initialization to play with it")
    return Opened(folder, model, model.experiment.task_family())
