"""The tool *Walks*: the page, the work behind it, and the runs there are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.store.names import has_checkpoint
from metagen_gui.gui.run.tool import Tool
from metagen_gui.gui.walks.page import WalksPage
from metagen_gui.gui.walks.work import WalkWork

FRAMES = 60
MOST = 60
"""Runs that are listed, the newest."""


class Walks(Tool):
    """Walks about in what a run has learned. Nothing is lost when the window closes: there is nothing to be asked."""

    page: WalksPage | None = None
    _work: WalkWork | None = None

    def build(self) -> QWidget:
        """Make the page, and open the newest run."""
        engine = self.around.controller.engine
        assert engine is not None
        self._work = WalkWork(engine.use_threads, self)
        self.page = WalksPage(self)
        self.page.run_wanted.connect(self._work.open)
        self.page.way_wanted.connect(self._go)
        self._work.opened.connect(self.page.show_choices)
        self._work.walked.connect(self.page.show_walk)
        self._work.came_on.connect(self._tell_frames)
        self._work.failed.connect(self.page.fail)
        controller = self.around.controller
        controller.state_changed.connect(self._list)
        controller.saved.connect(self._list)
        self._list()
        return self.page

    def wait(self) -> None:
        """Let the thread end."""
        if self._work is not None:
            self._work.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """List the runs there are now."""
        super().showEvent(event)
        self._list()

    def _tell_frames(self, done: int) -> None:
        assert self.page is not None
        self.page.tell_frames(done, FRAMES)

    def _go(self, kind: str, task: int, to: int) -> None:
        from metagen_gui.engine.play.walks import Way  # loads torch, which the window's own imports may not

        assert self._work is not None
        self._work.go(Way(kind, task, to, FRAMES))  # type: ignore[arg-type]  # one of the kinds that it was offered

    def _list(self) -> None:
        if self.page is None or not self.isVisible():
            return
        present = self.around.controller.folder
        names = {entry.folder: " ".join(entry.name.split()) for entry in list(self.around.runs())[:MOST]}
        runs: list[tuple[Path, str]] = []
        if present is not None and has_checkpoint(present):
            runs.append((present, self.tr("This run: {0}").format(names.get(present, present.name))))
        runs += [(folder, name) for folder, name in names.items() if folder != present and has_checkpoint(folder)]
        self.page.show_runs(runs)
