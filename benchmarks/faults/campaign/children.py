"""Processes to be killed: forked from this one, which has imported everything and has a single thread."""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from metagen_gui.engine.events import Event, RunStarted, Saved
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.names import is_run_folder

from .small_runs import small

Tell = Callable[[str], None]


class Child:
    """Does `work` in a process of its own; the lines that it tells reach this one even if it is killed."""

    def __init__(self, work: Callable[[Tell], None]) -> None:
        self._reader, writer = os.pipe()
        self.told = b""
        self.status: int | None = None
        self.pid = os.fork()
        if self.pid:
            os.close(writer)
            return
        status = 1
        try:
            os.close(self._reader)
            work(lambda line: _tell(writer, line))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def lives(self, seconds: float) -> bool:
        """Listen for some time; return whether the child still lives then."""
        until = time.monotonic() + seconds
        while self.status is None and (left := until - time.monotonic()) > 0:
            if select.select([self._reader], [], [], left)[0]:
                self._listen()
        return self.status is None

    def says(self, line: str) -> bool:
        """Wait until the child has told `line`; return False if it ends without it."""
        while self.status is None and line not in self.lines():
            self._listen()
        return line in self.lines()

    def kill(self) -> None:
        """End the child as `kill -9` does, and hear what it had told before."""
        os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Wait for the child's end and return its status, negative for a signal."""
        while self.status is None:
            self._listen()
        return self.status

    def lines(self) -> list[str]:
        return self.told.decode().splitlines()

    def numbers(self, word: str) -> list[int]:
        """Return the numbers told as `word NUMBER`."""
        return [int(line.split()[1]) for line in self.lines() if line.startswith(f"{word} ")]

    def _listen(self) -> None:
        if heard := os.read(self._reader, 65536):
            self.told += heard
            return
        os.close(self._reader)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def warm_up(folder: Path) -> None:
    """Train once, for what torch imports only when it is first used: two seconds in every child otherwise."""
    for _ in meta_train(small(meta_steps=3), out=folder):
        pass
    tasks = Path("/proc/self/task")
    assert not tasks.exists() or len(list(tasks.iterdir())) == 1, "a process of several threads must not be forked"


def _tell(writer: int, line: str) -> None:
    os.write(writer, f"{line}\n".encode())


def go_on(experiment: Experiment, folder: Path, heed: Callable[[Event], None] = lambda event: None) -> None:
    """Begin the run in `folder`, or go on with it, up to its end."""
    for event in resume_run(folder) if is_run_folder(folder) else meta_train(experiment, out=folder):
        heed(event)


def training(experiment: Experiment, folder: Path) -> Child:
    """Begin or go on with a run in a child, which tells `from STEP` and, for every checkpoint, `saved STEP`."""

    def work(tell: Tell) -> None:
        def heed(event: Event) -> None:
            if isinstance(event, RunStarted):
                tell(f"from {event.resumed_from}")
            if isinstance(event, Saved):
                tell(f"saved {event.meta_step}")

        go_on(experiment, folder, heed)

    return Child(work)
