"""The runs of a test in the queue, beside which this process scores what is ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.outlook import side_by_side
from metagen_gui.engine.claims.training import Training
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.process import start_process
from metagen_gui.engine.queue.wanted import Wanted, is_over
from metagen_gui.engine.queue.worker import Start, Worker


class Trainings(Wanted):
    """The runs of a test that have been asked for and are not over."""

    def __init__(self, folder: ClaimFolder, start: Start | None = None) -> None:
        self.folder, self.scoring, self.at_once = folder, False, side_by_side()
        """`scoring` is whether this process computes as well, which leaves less to runs."""
        super().__init__(Worker(Line(), self.at_once, start or start_process, self._occupied), folder.path)

    def put_all(self, trainings: Sequence[Training]) -> Iterator[str]:
        """Put trainings in the queue; yield what a person should know."""
        for training in trainings:
            path = self.folder.run(training.folder)
            if not is_over(path):
                self.folder.forget(training.folder)
            shown = f"{training.title} · {self.folder.path.name}"
            how = {"previews": False, "shuffled": training.arm.is_null, "threads": torch.get_num_threads()}
            yield from self.put(training.experiment(), path, training.title, shown, **how)

    @property
    def has_room(self) -> bool:
        """Whether this process may compute beside those that run."""
        return self.at_once > 1 or not any(name in self.reached for name in self.going)

    def _occupied(self) -> int:
        """Return 1 if this process computes, or is about to, since a run is over that it has not heard of."""
        return int(self.scoring or any(is_over(run.path) for run in self.going.values()))
