"""Keeps the list of runs true: a thread reads what changed on disk, when something does and every few seconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QThread, QTimer, Signal

from metagen_gui.engine.store.names import EXPERIMENT
from metagen_gui.gui.program.engine import RunLibrary
from metagen_gui.gui.program.job import Completed, Job, Outcome

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

INTERVAL = 5_000
"""Milliseconds between looks at what no watcher tells: rows appended, programs that died, network disks."""
SETTLED = 250
"""Milliseconds of quiet after a change: a file that is written safely changes its folder several times."""
UNSETTLED = ("running", "interrupted")
"""States that change without a trace in the folder: they depend on whether a process is alive."""

Traces = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of everything in a run's folder: the same traces mean the same entry."""
Known = Mapping[Path, tuple[Traces, "RunEntry"]]


def read_runs(
    root: Path, known: Known, read_entry: Callable[[Path], RunEntry], given_up: Callable[[], bool] = bool
) -> Known:
    """Return the runs in `root`; of those `known` only what has changed is read again.

    Where it is `given_up` on the way, what is known so far.
    """
    found: dict[Path, tuple[Traces, RunEntry]] = {}
    try:
        # Not asked of the items: one link that leads back to itself would end the look at all of them.
        folders = [folder for folder in root.iterdir() if folder.is_dir()]
    except OSError:
        return found
    for folder in folders:
        if given_up():
            break
        traces = _traces(folder)
        if all(name != EXPERIMENT for name, _, _ in traces):
            continue
        before = known.get(folder)
        same = before is not None and before[0] == traces and before[1].state not in UNSETTLED
        found[folder] = before if before is not None and same else (traces, read_entry(folder))
    return found


def _traces(folder: Path) -> Traces:
    try:
        with os.scandir(folder) as items:
            states = [(item.name, item.stat(follow_symlinks=False)) for item in items]
    except OSError:  # it went away while we looked
        return ()
    return tuple(sorted((name, state.st_mtime_ns, state.st_size) for name, state in states))


class RunsListing(QObject):
    """Lists the runs in a folder, over and over while somebody looks."""

    listed = Signal(object)
    """A list of `RunEntry`: after every look, changed or not."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library: RunLibrary | None = None
        self._root = Path()
        self._known: Known = {}
        self._job: Job | None = None
        self._again = False
        self._watcher: QFileSystemWatcher | None = None
        self._often = QTimer(self)
        self._often.setInterval(INTERVAL)
        self._often.timeout.connect(self.refresh)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLED)
        self._soon.timeout.connect(self.refresh)

    def begin(self, library: RunLibrary, root: Path) -> None:
        """List the runs in `root` from now on."""
        self._library, self._root = library, root
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._soon.start)
        self.refresh()

    def set_watched(self, watched: bool) -> None:
        """Say whether anybody looks: if not, the disk is left alone."""
        if watched and not self._often.isActive():
            self._often.start()
            self.refresh()
        elif not watched:
            self._often.stop()

    def refresh(self) -> None:
        """Look at the disk now, or once more when the look that is under way is over."""
        if self._library is None:
            return
        if self._job is not None:
            self._again = True
            return
        self._again = False
        root, known, read_entry = self._root, self._known, self._library.read_entry
        job = self._job = Job(lambda: read_runs(root, known, read_entry, job.told_to_stop))
        job.ended.connect(self._end)
        job.start(QThread.Priority.LowPriority)

    def wait(self) -> None:
        """Block until no thread is left: for the end of the program."""
        self._library = None
        if self._job is not None:
            self._job.stop()
            self._job.wait()

    def _end(self, outcome: Outcome) -> None:
        self._job = None
        if isinstance(outcome, Completed):
            self._known = outcome.value
        if self._library is None:  # the program ends
            return
        self._watch()
        self.listed.emit([entry for _, entry in self._known.values()])
        if self._again:
            self._soon.start()

    def _watch(self) -> None:
        """Watch the folder of runs, and those of the runs that go on; others change only by hand, in this window."""
        assert self._watcher is not None
        going = {str(folder) for folder, (_, entry) in self._known.items() if entry.state == "running"}
        wanted = going | ({str(self._root)} if self._root.is_dir() else set())
        watched = set(self._watcher.directories())
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))
