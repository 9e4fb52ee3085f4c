"""The tool *Queue*: while the window is open it is a worker of the line, and shows what becomes of it.

Whatever touches the disk is done behind the window, piece by piece, in the order in which it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import queue_folder
from metagen_gui.engine.store.trash import Thrown
from metagen_gui.gui.program.job import Completed, Job, Outcome
from metagen_gui.gui.program.trash import tell_thrown
from metagen_gui.gui.program.window_settings import QUEUE_AT_ONCE
from metagen_gui.gui.queue.model import Waiting
from metagen_gui.gui.queue.notice import Notices
from metagen_gui.gui.queue.page import QueuePage
from metagen_gui.gui.run.tool import Around, Tool

if TYPE_CHECKING:
    from metagen_gui.engine.queue.line import Line
    from metagen_gui.engine.queue.worker import Worker

SOON, SELDOM = 1_000, 10_000
"""Milliseconds between looks at the line: while somebody looks on or something is to be done, and otherwise."""


class QueueTool(Tool):
    """Starts what waits, shows how far it is, and does what a person asks of the line."""

    page: QueuePage | None = None
    _worker: Worker | None = None
    _job: Job | None = None

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._asked: list[Callable[[Line], Thrown | None]] = []
        self._shown: Sequence[Waiting] = ()
        self._notices = Notices(around.banner, self)
        self._timer = QTimer(self, interval=SELDOM)
        self._timer.timeout.connect(self.look)

    def build(self) -> QWidget:
        """Make the page, and look at the line at once."""
        self.page = QueuePage(self.around.at_once(), self)
        self.page.add_wanted.connect(self.add)
        self.page.asked.connect(self._ask_by_name)
        self.page.move_wanted.connect(self._move)
        self.page.at_once_changed.connect(self._take_at_once)
        self.page.show_line(self._shown)
        self.look()
        return self.page

    def prepare(self) -> None:
        """The engine is there: what is left in the line from before goes on, whether or not somebody looks."""
        super().prepare()
        if self.around.controller.engine is not None and not self._timer.isActive():
            self._timer.start()
            self.look()

    def commands(self) -> dict[str, Callable[[], None]]:
        """Return the command that puts the experiment of the form into the line."""
        return {"add_to_queue": self.add_once}

    def add_once(self) -> None:
        """Put the experiment of the form into the line; what a command tells besides is not asked."""
        self.add(1)

    def add(self, times: int) -> None:
        """Put the experiment of the form at the end of the line, each time after the first with the next seed."""
        from metagen_gui.engine.queue.adding import add_experiment

        mistyped = self.around.panel.mistyped()
        if mistyped:
            self.around.banner.warn(f"{mistyped[0]}: {mistyped[1]}")
            return
        experiment = self.around.panel.experiment()

        def put(line: Line) -> None:
            add_experiment(line, experiment, times=times)

        self._notices.expect()
        said = self.tr("{0} is in the queue.") if times == 1 else self.tr("{0} is in the queue {1} times.")
        name = f"{experiment.algorithm} · {experiment.model} · {experiment.tasks}"
        self.around.banner.tell(
            said.format(name, times), offer=self.tr("Show the queue"), then=partial(self.around.show, "queue_panel")
        )
        self._ask(put)

    def wait(self) -> None:
        """Block until nothing is done to the line any more; what runs goes on."""
        self._timer.stop()
        if self._job is not None:
            self._job.wait()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the line now that somebody looks at it."""
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """Do what was asked for, start what waits, and show the line; nothing where there never was one."""
        if self._job is not None or self.around.controller.engine is None:
            return
        if not self._asked and not queue_folder().is_dir():
            self._show(())
            return
        worker = self._worker = self._worker or self.around.worker()
        asked, self._asked = self._asked, []
        self._job = Job(lambda: _done(worker, asked))
        self._job.ended.connect(self._take)
        self._job.start()

    # -- what is asked for -------------------------------------------------------------------------------------------

    def _ask(self, what: Callable[[Line], Thrown | None]) -> None:
        self._asked.append(what)
        self.look()

    def _ask_by_name(self, what: str, names: Sequence[str]) -> None:
        for name in names:
            self._asked.append(methodcaller(what, name))
        self.look()

    def _move(self, name: str, place: int) -> None:
        self._ask(lambda line: line.move(name, place))

    def _take_at_once(self, at_once: int) -> None:
        self.around.settings.keep(QUEUE_AT_ONCE, str(at_once))
        if self._worker is not None:
            self._worker.at_once = at_once
        self.look()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _take(self, outcome: Outcome) -> None:
        self._job = None
        if isinstance(outcome, Completed):
            shown, thrown, problems = outcome.value
            self._show(shown)
            if thrown:
                tell_thrown(self.around.banner, thrown, self.look)
            if problems:
                self.around.banner.warn(" ".join(problems))
        elif self.page is not None:
            self.page.message.say(getattr(outcome, "sentence", ""))
        if self._asked:
            self.look()

    def _show(self, shown: Sequence[Waiting]) -> None:
        self._shown = shown
        self._notices.tell([one.entry for one in shown])
        if self.page is not None:
            self.page.show_line(shown)
        lively = self.isVisible() or any(one.entry.state in ("waiting", "running") for one in shown)
        self._timer.setInterval(SOON if lively else SELDOM)


def _done(worker: Worker, asked: Sequence[Callable[[Line], Thrown | None]]) -> tuple[Any, list[Thrown], list[str]]:
    """Do what was asked of the line, look at it, and return it with what went to the trash and what could not be."""
    thrown, problems = list[Thrown](), list[str]()
    for do in asked:
        try:
            gone = do(worker.line)
            thrown += [gone] if isinstance(gone, Thrown) else []
        except BadInput as problem:
            problems.append(str(problem))
    return [Waiting(entry, entry.meta_step) for entry in worker.look()], thrown, problems
