"""A tool: a panel that is opened when it is wanted, and made only then; what it may use of the window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import has_checkpoint
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.program.window_settings import MOST_AT_ONCE, QUEUE_AT_ONCE, WindowSettings
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.widgets.quiet_pages import Skeleton

if TYPE_CHECKING:
    from subprocess import Popen

    from metagen_gui.engine.queue.entry import Entry
    from metagen_gui.engine.queue.worker import Worker
    from metagen_gui.engine.store.library import RunEntry


MOST_LISTED = 60
"""Runs that a tool offers, the newest."""


@dataclass(frozen=True)
class Around:
    """What of the window a tool may use."""

    controller: RunController
    panel: ExperimentPanel
    banner: Banner
    settings: WindowSettings
    runs: Callable[[], Sequence[RunEntry]]
    """The runs there are, as they were last read from the disk."""
    show: Callable[[str], None]
    """Brings a panel to the front, by the name of its dock."""
    compare: Callable[[Sequence[Path]], None] = lambda folders: None
    """Shows runs, by their folders, side by side in the library."""

    def at_once(self) -> int:
        """Return how many runs of the queue are to go on side by side."""
        from metagen_gui.engine.queue.worker import most_at_once

        kept = self.settings.text(QUEUE_AT_ONCE)
        return min(int(kept), MOST_AT_ONCE) if kept.isdecimal() and int(kept) else most_at_once()

    def worker(self) -> Worker:
        """Return one who starts what waits in the queue, as this window does: whatever tool it is for."""
        from metagen_gui.engine.queue import process
        from metagen_gui.engine.queue.line import Line
        from metagen_gui.engine.queue.worker import Worker
        from metagen_gui.engine.settings.packages import agreed_alone

        def start(entry: Entry, at_once: int) -> Popen[bytes]:
            return process.start_process(entry, at_once, agreed_alone())  # what a person has agreed to by now

        return Worker(Line(), self.at_once(), start, lambda: int(self.controller.state.busy))


def trained_runs(present: Path | None, runs: Sequence[RunEntry]) -> dict[Path, str]:
    """Return runs that have a checkpoint, with their names on one line: the `present` one, then the newest."""
    names = {entry.folder: " ".join(entry.name.split()) for entry in runs}
    newest = [entry.folder for entry in runs[:MOST_LISTED]]
    folders = newest if present is None else [present, *newest]
    return {folder: names.get(folder, folder.name) for folder in folders if has_checkpoint(folder)}


class Tool(QWidget):
    """The base of tools. Subclass, implement `build`, and name the class in `gui/window/tools.py`.

    Until it has been shown once, and the engine is there, it is an empty page.
    """

    ended = Signal()
    """The tool is not `busy` any more."""

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.around = around
        self.contents: QWidget | None = None
        """What `build` has made."""
        self._remembered: Mapping[str, Any] | None = None
        self._pages = QStackedLayout(self)
        self._pages.addWidget(Skeleton(self))

    @abstractmethod
    def build(self) -> QWidget:
        """Make what the tool shows; called once, with the engine there."""

    @property
    def busy(self) -> bool:
        """Whether work goes on that would be broken off if the window closed now."""
        return False

    def question(self) -> tuple[str, str]:
        """Return what a person is asked who closes the window meanwhile: a question, and what is kept."""
        return self.tr("Stop and quit?"), self.tr("What has been done is kept.")

    def commands(self) -> Mapping[str, Callable[[], None]]:
        """Return what the tool does beside being opened, by the names of the commands (`gui/window/actions.py`)."""
        return {}

    def lesson(self) -> dict[str, Any]:
        """Return what a lesson is to remember of the tool, as JSON data; nothing where there is nothing."""
        return {}

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """Show what `lesson` gave, or what somebody wrote in its place; raise `BadInput` for what cannot be."""

    def take_lesson(self, state: Mapping[str, Any]) -> None:
        """Bring back what a lesson remembered, now or as soon as the tool has been made; what cannot be is told."""
        self._remembered = state
        if self.contents is not None:
            try:
                self.bring_back(state)
            except BadInput as problem:
                self.around.banner.warn(str(problem))
            self._remembered = None

    def take_focus(self) -> None:
        """Lead the keyboard to what comes first in the tool, if it can be seen."""
        widget = self.nextInFocusChain()
        while widget is not None and widget is not self:
            reached = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()
            if reached and widget.isVisible() and self.isAncestorOf(widget):
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return
            widget = widget.nextInFocusChain()

    def stop(self) -> None:
        """Ask the work to end at a safe point; `ended` follows."""

    def wait(self) -> None:
        """Block until no thread of the tool is left: for the end of the program."""

    def prepare(self) -> None:
        """Make the contents if they can be seen and the engine is there."""
        if self.contents is None and self.isVisible() and self.around.controller.engine is not None:
            self.contents = self.build()
            self._pages.addWidget(self.contents)
            self._pages.setCurrentWidget(self.contents)
            self.setFocusProxy(self.contents)
            if self._remembered is not None:
                self.take_lesson(self._remembered)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the contents when they are first looked at."""
        super().showEvent(event)
        self.prepare()
