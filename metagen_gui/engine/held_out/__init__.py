"""What trained runs are worth on tasks that they hold out, in numbers that compare."""

from metagen_gui.engine.held_out.by_shots import ByShots, score_by_shots
from metagen_gui.engine.held_out.chosen_tasks import HeldOutTasks, Request, choose_tasks
from metagen_gui.engine.held_out.pairs import Pair, compare
from metagen_gui.engine.held_out.samples import Further, Samples, score_samples
from metagen_gui.engine.held_out.scores import RunScores, score_run
from metagen_gui.engine.held_out.summaries import Difference, Summary

__all__ = [
    "ByShots",
    "Difference",
    "Further",
    "HeldOutTasks",
    "Pair",
    "Request",
    "RunScores",
    "Samples",
    "Summary",
    "choose_tasks",
    "compare",
    "score_by_shots",
    "score_run",
    "score_samples",
]
