"""Reads the snapshots of a run from its folder, behind the window: which there are, and one when it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot
from metagen_gui.gui.program.job import Completed, Job, Outcome


class FolderReader(QObject):
    """One look at the disk at a time; what is asked for meanwhile comes next, of several snapshots the last."""

    listed = Signal(object)
    """The outer steps that the folder holds a snapshot of, ascending."""
    came = Signal(object)
    """A `Snapshot` that was asked for."""
    came_ahead = Signal(object)
    """A `Snapshot` that may be asked for."""
    failed = Signal(int, str)
    """The outer step of one that cannot be read, and why."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._list = False
        self._wanted: int | None = None
        self._ahead: list[int] = []
        self._job: Job | None = None
        self._asked: tuple[Path, int | None, bool] = Path(), None, False

    def open(self, folder: Path | None) -> None:
        """Read from `folder` from now on; what is under way in another is of no interest any more."""
        self._folder, self._list, self._wanted, self._ahead = folder, False, None, []

    def look(self) -> None:
        """Ask which snapshots there are."""
        self._list = True
        self._go_on()

    def read(self, meta_step: int) -> Snapshot:
        """Return a snapshot, for a thread that waits for it; raise `BadInput` if it cannot be read."""
        return read_snapshot(self._folder or Path(), meta_step)

    def fetch(self, meta_step: int) -> None:
        """Ask for a snapshot."""
        self._wanted = meta_step
        self._go_on()

    def read_ahead(self, meta_steps: Sequence[int]) -> None:
        """Ask for snapshots, in this order, whenever nothing else is asked for."""
        self._ahead = list(meta_steps)
        self._go_on()

    def _go_on(self) -> None:
        folder, wanted = self._folder, self._wanted
        if self._job is not None or folder is None:
            return
        if wanted is not None:
            self._wanted = None
            self._read(folder, wanted, ahead=False)
        elif self._list:
            self._list = False
            self._begin((folder, None, False), Job(lambda: kept_steps(folder)))
        elif self._ahead:
            self._read(folder, self._ahead.pop(0), ahead=True)

    def _read(self, folder: Path, meta_step: int, *, ahead: bool) -> None:
        self._begin((folder, meta_step, ahead), Job(lambda: read_snapshot(folder, meta_step)))

    def _begin(self, asked: tuple[Path, int | None, bool], job: Job) -> None:
        self._asked, self._job = asked, job
        job.ended.connect(self._end)
        job.start()

    def _end(self, outcome: Outcome) -> None:
        self._job = None
        folder, wanted, ahead = self._asked
        if folder == self._folder:
            if wanted is None:
                self.listed.emit(outcome.value if isinstance(outcome, Completed) else [])
            elif isinstance(outcome, Completed) and isinstance(outcome.value, Snapshot):
                (self.came_ahead if ahead else self.came).emit(outcome.value)
            else:
                self.failed.emit(wanted, getattr(outcome, "sentence", ""))
        self._go_on()
