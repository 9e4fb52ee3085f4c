"""Runs from their folders to what they score, in one go that can be stopped: for whoever shows all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.held_out.chosen_tasks import HeldOutTasks, Request, choose_tasks
from metagen_gui.engine.held_out.pairs import Pair, compare
from metagen_gui.engine.held_out.scores import RunScores, score_run
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run


@dataclass(frozen=True)
class ScoredRuns:
    """The tasks, what every run scores on them, later runs less the first, and what a person should know."""

    tasks: HeldOutTasks
    runs: tuple[RunScores, ...]
    pairs: tuple[Pair, ...]
    notices: tuple[str, ...]


class _Stopped(Exception):
    """Whoever listens does not want more."""


def notices_of(runs: Sequence[TrainedRun], tasks: HeldOutTasks) -> tuple[str, ...]:
    """Return what a person should know of the runs' files and of the tasks, each sentence once."""
    of_files = (f"{run.folder.name}: {notice}" for run in runs for notice in run.notices)
    return tuple(dict.fromkeys((*of_files, *tasks.doubts, *tasks.remarks, *tasks.family.notices())))


def score_runs(folders: Sequence[Path], request: Request, go_on: Callable[[int, int], bool]) -> ScoredRuns | None:
    """Score runs on the same tasks; None if `go_on`, which hears how many draws of how many are done, ended it.

    Raises `BadInput` for runs that cannot be read, or do not compare.
    """
    runs = [open_run(folder) for folder in folders]
    tasks = choose_tasks(runs, request)
    done, total = 0, len(tasks) * len(runs)

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if not go_on(done, total):
            raise _Stopped

    try:
        tell(0)
        scores = tuple(score_run(run, tasks, request, tell) for run in runs)
    except _Stopped:
        return None
    pairs = tuple(compare(later, scores[0]) for later in scores[1:])
    return ScoredRuns(tasks, scores, pairs, notices_of(runs, tasks))
