"""The null: tasks whose examples come from as many classes as there are, so that a support says nothing of its query.

Whatever is found to help on these tasks is a fault of the procedure, not a property of an algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.tasks.base import STREAMS, Stream, Task, TaskFamily


class ShuffledClasses(TaskFamily):
    """Wraps a family: as many of its tasks as one has examples are dealt out again, one example of each to every task.

    Support and query of a task are then of different classes throughout, and its own support tells as much of the query
    as the support of any other task does: nothing.
    """

    title = "Shuffled classes"
    summary = "Tasks without anything in common, made of another family's examples."

    def __init__(self, family: TaskFamily) -> None:
        super().__init__(family.settings, family.seed)
        self.family, self.spec = family, family.spec
        self._dealt: dict[tuple[Stream, int, int, int], Array] = {}

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`; example j is of the j-th class of a deal."""
        deal, place = divmod(index, shots + query_size)
        examples = self._deal(stream, deal, shots, query_size)[:, place]
        return Task(f"shuffled {index}", examples[:shots], examples[shots:])

    def _deal(self, stream: Stream, deal: int, shots: int, query_size: int) -> Array:
        """Return all examples of a deal, `(classes, examples, *shape)`, as many of the one as of the other."""
        key = (stream, deal, shots, query_size)
        if key not in self._dealt:
            count = shots + query_size
            tasks = (self.family.task(stream, deal * count + number, shots, query_size) for number in range(count))
            drawn = np.stack([np.concatenate([task.support, task.query]) for task in tasks])
            # in another order for each class, or what families put first would stay together
            random = np.random.default_rng([self.seed, STREAMS.index(stream), deal])
            self._dealt = {key: np.stack([examples[random.permutation(count)] for examples in drawn])}
        return self._dealt[key]

    def check(self, shots: int, query_size: int) -> None:
        """Ask the family, which has to have as many examples of a class as a task takes."""
        self.family.check(shots, query_size)

    def notices(self) -> tuple[str, ...]:
        """Return what the family has to say."""
        return self.family.notices()

    def kept(self) -> dict[str, Any]:
        """Return what a run on the family keeps."""
        return self.family.kept()


@dataclass(frozen=True)
class ShuffledExperiment(Experiment):
    """An experiment on shuffled tasks. Read back from a file it is the plain one, and has to be shuffled again."""

    def build_tasks(self) -> TaskFamily:
        """Return the shuffled family."""
        return ShuffledClasses(super().build_tasks())


def shuffled(experiment: Experiment) -> ShuffledExperiment:
    """Return `experiment` on shuffled classes."""
    noted = {**experiment.others, "note": "Trained on shuffled classes, as a null; this file describes the plain ones."}
    chosen = experiment.tasks, experiment.model, experiment.algorithm
    return ShuffledExperiment(*chosen, experiment.values, noted, kept=experiment.kept)
