"""The other processes of a run, started by its first one: fresh programs, never forks of it.

They end with the one that started them, however that ends: each watches its standard input, which nobody writes to and
which closes when the first process is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from tempfile import TemporaryFile

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.plugins import foreign_plugins
from metagen_gui.engine.program import program
from metagen_gui.engine.ranks.place import LEFT
from metagen_gui.engine.settings.packages import NONE, VARIABLE, spelled

ENDING = 2.0
"""Seconds that a process has for its end when it is told to."""
LAST_WORDS = 4096


class Started:
    """The processes 1, 2 … of `ranks`, told to come to `address` (HOST:PORT)."""

    def __init__(self, ranks: int, address: str) -> None:
        loaded = {spelled(plugin.package) for plugin in foreign_plugins() if plugin.loaded}
        environment = {**os.environ, VARIABLE: ",".join(sorted(loaded)) or NONE, "PYTHONUNBUFFERED": "1"}
        self.ranks = ranks
        self._said = [TemporaryFile() for _ in range(1, ranks)]  # noqa: SIM115  # closed by `end`; a pipe would fill up
        self._running: list[subprocess.Popen[bytes]] = []
        try:
            for rank, said in enumerate(self._said, 1):
                words = ["follow", "--rank", str(rank), "--of", str(ranks), "--at", address]
                self._running.append(
                    subprocess.Popen(
                        [*program(), *words],
                        stdin=subprocess.PIPE,
                        stdout=said,
                        stderr=said,
                        env=environment,
                        start_new_session=True,  # a Ctrl+C is for the first process alone
                        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                    )
                )
        except OSError as error:
            self.end()
            raise RunBroken(f"process {len(self._running) + 1} of {ranks} could not be started: {error}") from error

    def check(self, patience: float = 0.0) -> None:
        """Raise `RunBroken` that names the first process at fault if any has ended; wait for that as long as said."""
        until = time.monotonic() + patience
        while not (ended := self._ended(lambda status: status not in (None, LEFT))) and time.monotonic() < until:
            time.sleep(0.02)
        if ended:
            rank = min(ended, key=lambda rank: ((self._running[rank - 1].poll() or 0) >= 0, rank))
            raise RunBroken(self._fate(rank))

    def end(self) -> None:
        """See to it that all of them are gone; those that were told to end have a moment to do so."""
        for process in self._running:
            if process.stdin is not None:
                process.stdin.close()
        until = time.monotonic() + ENDING
        for process in self._running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for said in self._said:
            said.close()

    def _ended(self, wrongly: Callable[[int | None], bool]) -> list[int]:
        return [rank for rank, process in enumerate(self._running, 1) if wrongly(process.poll())]

    def _fate(self, rank: int) -> str:
        """Return how a process has ended, by its status and its last words."""
        number, ranks = rank + 1, self.ranks
        status, said = self._running[rank - 1].poll() or 0, self._said[rank - 1]
        if status < 0:
            killer = {each.value: each.name for each in signal.Signals}.get(-status, f"signal {-status}")
            return f"process {number} of {ranks} was killed by {killer}; without it the run cannot go on"
        said.seek(max(0, said.seek(0, os.SEEK_END) - LAST_WORDS))
        lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
        said_last = lines[-1].removeprefix("metagen: ") if lines else f"status {status}"
        return f"process {number} of {ranks} ended ({said_last}); without it the run cannot go on"
