"""Export: what a run has learned, as a folder that stands on its own and three lines of Python that load it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.engine.trained.export_folder import load_export, write_export
from metagen_gui.engine.trained.loaded_model import LoadedModel
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

__all__ = ["Exported", "Learned", "LoadedModel", "export_adapted", "export_initialization", "load_export"]


@dataclass(frozen=True)
class Exported:
    """An export that is on disk, complete and compared with what it was made from."""

    place: Path
    """The folder or the file."""
    code: str
    """A few lines that use it."""
    summary: str
    """What was exported, in plain sentences."""

    @property
    def folder(self) -> Path:
        """The folder that it is, or lies in."""
        return self.place.parent if self.place.is_file() else self.place


@dataclass(frozen=True)
class Learned:
    """A model of a run that is to be exported, and what there is to say of it."""

    run: TrainedRun
    model: LoadedModel
    history: Mapping[str, object]
    """How it came about, for programs."""
    what: str
    """What it is, for people: "The initialization after 3 outer steps"."""
    notices: tuple[str, ...] = ()


def initialization_of(run_folder: Path) -> Learned:
    """Return what a run has meta-learned; raise `BadInput` that names what is wrong."""
    run = open_run(run_folder)
    what = f"The initialization after {run.meta_step:,} outer steps"
    return Learned(run, run.model, {"meta_step": run.meta_step}, what, _to_know(run))


def _to_know(run: TrainedRun) -> tuple[str, ...]:
    """Return what a person should know of an export: which step it is of, while there are more to come."""
    planned = run.experiment.config("training").meta_steps
    if run.meta_step >= planned:
        return run.notices
    return (*run.notices, f"The run had been saved after {run.meta_step:,} of {planned:,} outer steps.")


def adapted_of(
    run_folder: Path, task_index: int | None = None, images: Path | None = None, steps: int | None = None
) -> Learned:
    """Return the model of a run after it has adapted, in `steps` steps or as in training.

    It adapts to the support of validation task `task_index` (0 is the first row of the adaptation view) or to all
    `images` of a folder, a zip or one file. Raises `BadInput` that names what is wrong.
    """
    if (task_index is None) == (images is None):
        raise BadInput("export", "a model adapts either to a task or to images; give one of them")
    if task_index is not None and task_index < 0:
        raise BadInput("task", f"there is no task {task_index}; the first is 0")
    run = open_run(run_folder)
    experiment = run.experiment
    notices: tuple[str, ...] = ()
    if images is not None:
        support, notices = experiment.task_family().read(images, "images")
        name = told = printable(str(images))
    else:
        training = experiment.config("training")
        task = run.family.task("validation", task_index or 0, training.shots, training.query_size)
        support, name = task.support, f"validation task {task_index} ({task.name})"
        told = f"a validation task ({task.name})"
    taken = run.model.algorithm.steps if steps is None else steps
    adapted = run.model.adapt(support, taken)
    history = {"meta_step": run.meta_step, "adapted_to": name, "examples": len(support), "adaptation_steps": taken}
    what = f"The model adapted to the {len(support):,} examples of {told} in {taken} step{'' if taken == 1 else 's'}"
    return Learned(run, adapted, history, what, (*_to_know(run), *notices))


def export_initialization(run_folder: Path, to: Path, *, replace: bool = False) -> Exported:
    """Write what `run_folder` has meta-learned to the folder `to`, in place of an earlier export with `replace`.

    Raises `BadInput` that names what is wrong.
    """
    return _export(initialization_of(run_folder), to, replace)


def export_adapted(
    run_folder: Path,
    to: Path,
    task_index: int | None = None,
    images: Path | None = None,
    steps: int | None = None,
    *,
    replace: bool = False,
) -> Exported:
    """Write the model of `run_folder` to the folder `to` after it has adapted, as `adapted_of` says.

    Raises `BadInput` that names what is wrong.
    """
    return _export(adapted_of(run_folder, task_index, images, steps), to, replace)


def _export(learned: Learned, to: Path, replace: bool) -> Exported:
    folder = write_export(learned.model, to, learned.history, replace=replace)
    return Exported(folder, code_for(folder, learned.model), summary_of(learned, folder))


def summary_of(learned: Learned, place: Path, shows: str = "") -> str:
    """Return what was exported to `place`, in plain sentences; all files there are of the export.

    That is a model, unless `shows` says what of the run it is.
    """
    numbers = sum(value.numel() for values in learned.model.weights.values() for value in values.values())
    what = shows or f"{learned.what}: {numbers:,} numbers"
    files = place.iterdir() if place.is_dir() else [place]
    size = sum(file.stat().st_size for file in files) / 1e3
    said = f"{what} ({size:,.0f} kB) in {printable(str(place))}, read back and compared."
    return " ".join([said, *(f"{notice.removesuffix('.')}." for notice in learned.notices)])


def code_for(folder: Path, model: LoadedModel) -> str:
    """Return lines of Python that load the export in `folder` and sample from it; they run as they are."""
    shape = ", ".join(map(str, model.spec.shape))
    values = model.spec.in_words
    lines = [
        "from metagen_gui.api import load_export",
        "",
        f"model = load_export({str(folder)!r})",
        f"samples = model.sample(16)  # a tensor (16, {shape}){values}",
    ]
    if model.kind == "initialization":
        lines += [
            "",
            f"examples = samples[:5]  # put your own here: (n, {shape}){values}",
            "samples = model.adapt(examples).sample(16)",
        ]
    return "\n".join(lines) + "\n"
