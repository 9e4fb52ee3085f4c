"""What trained runs are worth on tasks that they hold out, in numbers that compare."""

from metagen_gui.engine.held_out.chosen_tasks import HeldOutTasks, Request, choose_tasks
from metagen_gui.engine.held_out.pairs import Pair, compare
from metagen_gui.engine.held_out.scores import RunScores, score_run
from metagen_gui.engine.held_out.summaries import Difference, Summary

__all__ = [
    "Difference",
    "HeldOutTasks",
    "Pair",
    "Request",
    "RunScores",
    "Summary",
    "choose_tasks",
    "compare",
    "score_run",
]
