"""A run as a job: begun, or gone on with from its newest checkpoint, on whatever machine the cluster gives it.

What submitit pickles is this: two texts. It is read back by the job alone, from the folder of jobs of whoever handed it
over; a run's folder holds none of it, and how a run stands is read there, never from a pickled result.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import Event
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.places import parsed
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.trash import throw_away_unbegun


class ClusterRun:
    """The run of `experiment`, the text of its file, in `folder`; called by submitit, again whenever it is requeued."""

    def __init__(self, experiment: str, folder: str) -> None:
        self.experiment, self.folder = experiment, folder

    def __call__(self) -> None:
        """Train to the end, or until the cluster wants the machine back: then save between two steps, and requeue.

        SIGTERM, which comes before a kill, asks for a checkpoint and for no end: a job that returns is not requeued.
        """
        asked, commands = list[int](), Commands()

        def note(number: int, frame: FrameType | None) -> None:
            asked.append(number)

        preempted = getattr(signal, f"SIG{os.environ.get('SUBMITIT_PREEMPT_SIGNAL', 'USR2')}")
        requeue: Any = signal.signal(preempted, note)  # submitit's own
        signal.signal(signal.SIGTERM, lambda number, frame: commands.save_now())
        use_threads()
        with closing(self._run(commands)) as run:
            for _ in run:
                if asked:
                    break
        if asked and not self._is_finished():
            requeue(asked[0], None)

    def checkpoint(self) -> Any:
        """Return what is submitted in place of this, which has saved what it had learned."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)

    def _run(self, commands: Commands) -> Generator[Event, None, None]:
        folder = Path(self.folder)
        if is_run_folder(folder) and not throw_away_unbegun(folder):
            if self._is_finished():
                return
            yield from resume_run(folder, commands=commands)
        else:
            document = parsed(self.experiment, "experiment")
            yield from meta_train(Experiment.from_document(document), out=folder, commands=commands)

    def _is_finished(self) -> bool:
        record = read_record(Path(self.folder))
        return record is not None and record.state == "finished"
