"""The tool *Walks*: the page, the work behind it, and the runs there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.settings.plain_text import shortened
from metagen_gui.gui.program.worker import Worker
from metagen_gui.gui.run.tool import Tool, trained_runs
from metagen_gui.gui.walks.page import WalksPage

if TYPE_CHECKING:
    from metagen_gui.engine.play.walks import Kind, Walk, Walker

FRAMES = 60


class Walks(Tool):
    """Walks about in what a run has learned. Nothing is lost when the window closes: there is nothing to be asked."""

    page: WalksPage | None = None
    _worker: Worker | None = None
    _walker: Walker | None = None
    """The run that is open."""

    def build(self) -> QWidget:
        """Make the page, and open the newest run."""
        engine = self.around.controller.engine
        assert engine is not None
        self._worker = Worker(engine.use_threads, self)
        self.page = WalksPage(self)
        self.page.run_wanted.connect(self._open)
        self.page.way_wanted.connect(self._go)
        self._worker.came.connect(self._take)
        self._worker.came_on.connect(self._tell_frames)
        self._worker.failed.connect(self.page.fail)
        controller = self.around.controller
        controller.state_changed.connect(self._list)
        controller.saved.connect(self._list)
        self._list()
        return self.page

    def lesson(self) -> dict[str, Any]:
        """Return the name of the run's folder, which walk, and of which tasks."""
        page = self.page
        return {} if page is None or page.run is None else {"run": page.run.name, **page.choices}

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """Open that run, if it is there, and go that way; a walk or a task that it does not have is left out."""
        assert self.page is not None
        choices = {name: state[name] for name in ("kind", "task", "to") if isinstance(state.get(name), str | int)}
        self._list()
        if isinstance(name := state.get("run"), str) and not self.page.open(name, choices):
            self.around.banner.warn(self.tr("There is no run {0} here.").format(shortened(name)))

    def wait(self) -> None:
        """Let the thread end."""
        if self._worker is not None:
            self._worker.wait()

    def showEvent(self, event: QShowEvent) -> None:
        """List the runs there are now."""
        super().showEvent(event)
        self._list()

    def _tell_frames(self, done: int) -> None:
        assert self.page is not None
        self.page.tell_frames(done, FRAMES)

    def _open(self, folder: Path) -> None:
        assert self._worker is not None
        self._walker = None
        self._worker.do([partial(_opened, folder)])

    def _go(self, kind: Kind, task: int, to: int) -> None:
        from metagen_gui.engine.play.walks import Way  # loads torch, which the window's own imports may not

        assert self._worker is not None
        if self._walker is not None:  # there is nowhere to go before a run is open
            self._worker.do([partial(self._walker.walking, Way(kind, task, to, FRAMES))])

    def _take(self, came: Walker | Walk) -> None:
        from metagen_gui.engine.play.walks import Walk

        assert self.page is not None
        if isinstance(came, Walk):
            self.page.show_walk(came)
        else:
            self._walker = came
            self.page.show_choices(came)

    def _list(self) -> None:
        if self.page is None or not self.isVisible():
            return
        present = self.around.controller.folder
        runs = trained_runs(present, self.around.runs()).items()
        ours = self.tr("This run: {0}")
        self.page.show_runs([(folder, ours.format(name) if folder == present else name) for folder, name in runs])


def _opened(folder: Path) -> Walker:
    """Return what walks with the newest checkpoint of a run."""
    from metagen_gui.engine.play.walks import Walker
    from metagen_gui.engine.trained.trained_run import open_run

    walker = Walker(open_run(folder))
    assert walker.kinds is not None  # found out here, in the thread, not when it is shown
    return walker
