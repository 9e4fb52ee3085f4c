"""Which tasks runs are scored on: the same tasks, support draws and queries for all of them.

They come from the stream `test`, which no run trains on or validates with. What belongs to that stream does not depend
on the seed, so runs of different seeds are scored on the test tasks of the first one's. Of data that was found, every
run has kept what it holds out: one that was trained on what the first holds out is refused, and what has changed since
is told. Runs whose settings would give other test tasks are refused, whatever the settings are: the tasks themselves
are compared. Or they are those of another experiment, on which no run need have been trained: they have to fit, and
whether a run has seen any of them is looked up by contents, which cannot tell what is stored in another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from metagen_gui.engine.data.image_files.listing import some
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import in_full
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.tasks.base import TaskFamily, groups_of
from metagen_gui.engine.trained.loaded_model import MOST_STEPS
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

MOST_DRAWS = 1_000
BY_BYTES = (
    "nothing that it was trained on is scored here, by the bytes of files; what is stored in another way, or at "
    "another size, would not be noticed"
)
GRID = 100
"""Points of the even grid that a task is scored on, where its family has one."""
LIMITS = {"tasks": (1, 1_000_000), "shots": (1, 10_000), "support draws": (1, MOST_DRAWS), "grid": (2, 10_000)}
LIMITS |= {"samples": (0, 2_000), "draws": (1, 100_000)}


@dataclass(frozen=True)
class Request:
    """What a person asks for; None leaves it to the runs. Raises `BadInput` for what cannot be."""

    tasks: int = 100
    shots: int | None = None
    steps: tuple[int, ...] | None = None
    support_draws: int = 1
    grid: int | None = None
    tasks_from: Path | None = None
    """The experiment whose tasks they are, a file or a run's folder; without it, that of the runs."""
    samples: int = 0
    """How many samples of a task are measured as well; 0 for none."""
    by_shots: tuple[int, ...] = ()
    """After how many examples the likelihood is told as well."""
    draws: int | None = None
    """Of a bound of that likelihood; None leaves it to the model."""

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name.replace(" ", "_"))
            if value is not None and not low <= value <= high:
                raise BadInput(name, f"{value} is not possible; {low} to {in_full(high)} are")
        for step in (0,) if self.steps is None else self.steps or (-1,):
            if not 0 <= step <= MOST_STEPS:
                raise BadInput("steps", f"{step} is not possible; 0 to {in_full(MOST_STEPS)} are")
        for shots in self.by_shots:
            if not 0 <= shots <= LIMITS["shots"][1]:
                raise BadInput("by shots", f"{shots} is not possible; 0 to {in_full(LIMITS['shots'][1])} are")


@dataclass(frozen=True)
class HeldOutTasks:
    """The tasks 0, 1, … of the stream `test`, each with `support_draws` disjoint draws of `shots` examples."""

    family: TaskFamily
    tasks: int
    shots: int
    support_draws: int
    query_size: int
    grid: int | None
    doubts: tuple[str, ...] = ()
    """Why a run may have seen some of them, as sentences; none where it was checked that no run has."""
    called: str = ""
    """The registered name of the family."""
    source: str = ""
    """The experiment that they are of, if that is not the runs' own."""
    remarks: tuple[str, ...] = ()
    """What else a reader has to know of them, as sentences."""

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        """Yield support `(shots, *shape)` and query `(n, *shape)` of the first task's draws, then the second's, …."""
        for index in range(self.tasks):
            yield from self.draws(index)

    def __len__(self) -> int:
        return self.tasks * self.support_draws

    def draws(self, index: int) -> list[tuple[Array, Array]]:
        """Return support and query of every draw of task `index`; the query is the same for all of them."""
        task = self.family.task("test", index, self.shots * self.support_draws, self.query_size)
        even = None if self.grid is None else self.family.grid("test", index, self.grid)
        query = task.query if even is None else even
        return [(support, query) for support in np.split(task.support, self.support_draws)]

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """What every task was held out with; nothing where each stands alone."""
        asked = self.shots * self.support_draws, self.query_size
        return groups_of([self.family.task("test", index, *asked) for index in range(self.tasks)])

    @property
    def examples(self) -> int:
        """How many examples a task's query holds."""
        return self.grid or self.query_size


def choose_tasks(runs: Sequence[TrainedRun], request: Request) -> HeldOutTasks:
    """Return the tasks for `runs`, by the seed and the query size of the first; raise `BadInput` if there are none."""
    first, other = runs[0], None if request.tasks_from is None else _other_tasks(request.tasks_from)
    for run in runs if other is None else ():
        if (here := run.experiment.tasks) != (there := first.experiment.tasks):
            why = f"trained on {here}, {first.folder} on {there}; only runs on the same tasks compare"
            raise BadInput(str(run.folder), why)
    family, called = (first.family if other is None else other.task_family()), (other or first.experiment).tasks
    if other is not None:
        _check_fit(runs, family, str(request.tasks_from))
    has_grid = family.grid("test", 0, LIMITS["grid"][0]) is not None
    if request.grid is not None and not has_grid:
        raise BadInput("grid", f"{called} has no even grid to score on; leave it out")
    chosen = HeldOutTasks(
        family=family,
        tasks=request.tasks,
        shots=_common_shots(runs) if request.shots is None else request.shots,
        support_draws=request.support_draws,
        query_size=first.experiment.config("training").query_size,
        grid=(request.grid or GRID) if has_grid else None,
        called=called,
    )
    try:
        chosen.draws(0)
        for run in runs:
            run.model.algorithm.model.check(chosen.shots, chosen.examples)
    except BadInput as error:
        what = "shots" if chosen.support_draws == 1 else "shots, support draws"
        asked = f"{chosen.shots} shot{'' if chosen.shots == 1 else 's'}" + (
            f" × {chosen.support_draws} draws" if chosen.support_draws > 1 else ""
        )
        raise BadInput(what, f"{asked} cannot be had: {error.why}") from None
    if other is not None:
        seen, pixels = _seen_elsewhere(runs, family), _of_pixels(runs, family)
        return replace(chosen, doubts=seen, source=str(request.tasks_from), remarks=(*other.notices, *pixels))
    for run in runs[1:]:
        _check_same_tasks(run, first, chosen)
        if seen := first.family.seen_by(run.family):
            what = f"was trained on, or validated with, what {first.folder} holds out ({some(seen)})"
            raise BadInput(str(run.folder), f"{what}; score them apart")
    return replace(chosen, doubts=_doubts(runs))


def _other_tasks(path: Path) -> Experiment:
    """Return the experiment of a file, or that of a run with what it holds out; raise `BadInput`."""
    if is_run_folder(path):
        return open_run(path).experiment
    experiment = Experiment.load(path)
    experiment.config("tasks")
    return experiment


def _check_fit(runs: Sequence[TrainedRun], family: TaskFamily, where: str) -> None:
    for run in runs:
        if (family.spec.kind, family.spec.shape) != (run.model.spec.kind, run.model.spec.shape):
            raise BadInput(where, f"its examples are {family.spec}, those of {run.folder} {run.model.spec}")


def _of_pixels(runs: Sequence[TrainedRun], family: TaskFamily) -> tuple[str, ...]:
    """Say which runs have learned from values of another kind."""
    others = {str(run.folder): run.model.spec for run in runs if run.model.spec != family.spec}
    return tuple(f"{folder} has learned from {spec}; these are {family.spec}" for folder, spec in others.items())


def _seen_elsewhere(runs: Sequence[TrainedRun], family: TaskFamily) -> tuple[str, ...]:
    """Return why runs may have seen what is held out in data that is not theirs."""
    doubts = []
    for run in runs:
        why = ""
        try:
            seen = family.seen_elsewhere(run.family)
            doubts += [f"{run.folder}: {doubt}" for doubt in run.family.doubts()]
        except BadInput as error:  # its own data are gone
            seen, why = None, f": {error}"
        if seen is None:
            doubts.append(f"whether {run.folder} was trained on any of these was not checked{why}")
        elif seen:
            what = f"{run.folder} was trained on, or validated with, pictures of what is scored here"
            doubts.append(f"{what} ({len(seen):,}: {some(seen)})")
        elif family.kept() and run.family.kept():  # both were found: the same drawing may be in many a file
            doubts.append(f"{run.folder}: {BY_BYTES}")
    return tuple(doubts)


def _doubts(runs: Sequence[TrainedRun]) -> tuple[str, ...]:
    """Return the doubts of all runs, each said of its run if there are several."""
    return tuple(doubt if len(runs) == 1 else f"{run.folder}: {doubt}" for run in runs for doubt in run.family.doubts())


def _common_shots(runs: Sequence[TrainedRun]) -> int:
    shots = [int(run.experiment.config("training").shots) for run in runs]
    for run, count in zip(runs, shots, strict=True):
        if count != shots[0]:
            given = f"trained with {count} shots, {runs[0].folder} with {shots[0]}"
            raise BadInput(str(run.folder), f"{given}; say how many shots both are to get")
    return shots[0]


def _check_same_tasks(run: TrainedRun, first: TrainedRun, chosen: HeldOutTasks) -> None:
    """Raise `BadInput` unless `run`'s own settings give the tasks that were chosen."""
    mine, theirs = run.experiment.config("tasks"), first.experiment.config("tasks")
    if mine == theirs:
        return
    family = type(chosen.family)(mine, chosen.family.seed)
    if kept := run.family.kept():
        family.recall(kept)
    own = replace(chosen, family=family)
    if family.spec != chosen.family.spec or not all(map(_same_draw, own, chosen)):
        why = f"its held-out tasks are not those of {first.folder}: {_differing(mine, theirs)}"
        raise BadInput(str(run.folder), why)


def _same_draw(one: tuple[Array, Array], other: tuple[Array, Array]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _differing(mine: Any, theirs: Any) -> str:
    other = theirs.model_dump()
    parts = [
        f"tasks.{name} is {quoted(value)}, there {quoted(other[name])}"
        for name, value in mine.model_dump().items()
        if value != other[name]
    ]
    return "; ".join(parts)
