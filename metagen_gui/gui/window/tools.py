"""The tools of the window: which there are, how they are opened, and that the window waits for them when it closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.queue.tool import QueueTool
from metagen_gui.gui.race.tool import RaceTool
from metagen_gui.gui.run.tool import Around, Tool
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.sweep.tool import SweepTool
from metagen_gui.gui.walks.tool import Walks
from metagen_gui.gui.widgets.plain_text import PlainBox, without_mnemonic
from metagen_gui.gui.widgets.question import is_agreed
from metagen_gui.gui.window.actions import COMMANDS, translated

KINDS: dict[str, type[Tool]] = {
    "playground": Playground,
    "walks": Walks,
    "slow_motion": SlowMotionTool,
    "race": RaceTool,
    "queue_panel": QueueTool,
    "sweep": SweepTool,
}
"""What each tool is made of, by its name, which is its dock's, its command's (`actions.py`) and its panel's."""


class Tools(QObject):
    """Holds one of each kind; `around` is what they may use of the window."""

    def __init__(self, around: Around, window: QWidget, kinds: Mapping[str, type[Tool]] = KINDS) -> None:
        super().__init__(window)
        self._around, self._window = around, window
        self._leaving = False
        self.by_name: dict[str, Tool] = {}
        texts = {command.name: translated(command.text) for command in COMMANDS}
        self.titles = {name: without_mnemonic(texts.get(name, name)) for name in kinds}
        """What the docks are called."""
        for name, kind in kinds.items():
            tool = kind(around, window)
            tool.setObjectName(f"{name}_panel")
            tool.setAccessibleName(self.titles[name])
            tool.ended.connect(self._leave)
            self.by_name[name] = tool

    def prepare(self) -> None:
        """The engine is there: tools that can be seen are made."""
        for tool in self.by_name.values():
            tool.prepare()

    def commands(self, toggle: Callable[[str], None]) -> dict[str, Callable[[], None]]:
        """Return what each tool does, first of all to `toggle` its dock and lead the keyboard into it."""

        def given(name: str) -> None:
            toggle(name)
            QTimer.singleShot(0, self.by_name[name].take_focus)  # a panel behind a tab is shown a moment later

        further = {name: does for tool in self.by_name.values() for name, does in tool.commands().items()}
        return {name: partial(given, name) for name in self.by_name} | further

    def detain(self, event: QCloseEvent, *, quietly: bool) -> bool:
        """Return whether the window has to wait, and ignore `event` if so: it is closed when the tools have stopped."""
        busy = [tool for tool in self.by_name.values() if tool.busy]
        if not busy:
            return False
        event.ignore()
        if self._leaving or quietly or self._may_stop(busy[0]):
            self._leaving = True
            for tool in busy:
                tool.stop()
            self._around.banner.tell(self.tr("Closing as soon as what goes on has come to a safe point…"))
        return True

    def wait(self) -> None:
        """Block until no thread is left: for the end of the program."""
        for tool in self.by_name.values():
            tool.wait()

    def _may_stop(self, tool: Tool) -> bool:
        box = PlainBox(self._window)
        box.setObjectName("tool_close_dialog")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tool.accessibleName())
        question, kept = tool.question()
        box.setText(question)
        box.setInformativeText(kept)
        return is_agreed(box, self.tr("&Stop and quit"), self.tr("&Keep it going"))

    def _leave(self) -> None:
        if self._leaving and not any(tool.busy for tool in self.by_name.values()):
            self._leaving = False
            QTimer.singleShot(0, self._window.close)  # not at once: this may be within the event that asks
