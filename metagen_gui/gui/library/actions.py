"""What can be done with runs: every command with its text, icon, shortcut, and when it can be given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from metagen_gui.gui.library.words import translated
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.widgets.icon_button import themed_icon
from metagen_gui.gui.widgets.plain_text import without_mnemonic

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry


@dataclass(frozen=True)
class RunAction:
    """A command for the chosen runs. `at_rest`: not while a run goes on in this window."""

    name: str
    text: str
    tip: str
    icon: str
    keys: str
    fits: Callable[[Sequence[RunEntry]], bool]
    at_rest: bool = False


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Runs", text))


def _one(entries: Sequence[RunEntry]) -> bool:
    return len(entries) == 1


def _any(entries: Sequence[RunEntry]) -> bool:
    return len(entries) > 0


def _one_readable(entries: Sequence[RunEntry]) -> bool:
    return _one(entries) and entries[0].state != "unreadable"


def _one_resumable(entries: Sequence[RunEntry]) -> bool:
    return _one(entries) and (entries[0].resumable or bool(entries[0].host))  # what goes on elsewhere is followed


def _one_at_rest(entries: Sequence[RunEntry]) -> bool:
    return _one(entries) and entries[0].state != "running"


def _all_at_rest(entries: Sequence[RunEntry]) -> bool:
    return _any(entries) and all(entry.state != "running" for entry in entries)


def _all_readable(entries: Sequence[RunEntry]) -> bool:
    return _any(entries) and all(entry.state != "unreadable" for entry in entries)


SEPARATOR = "-"
ACTIONS: tuple[RunAction | str, ...] = (
    RunAction(
        "resume",
        _("&Resume"),
        _("Go on with the run from its newest checkpoint"),
        "mdi6.play-outline",
        "Ctrl+Return",
        _one_resumable,
        at_rest=True,
    ),
    RunAction(
        "branch",
        _("&Branch from…"),
        _("Start a new run from one of its checkpoints, with other settings if you like"),
        "mdi6.source-branch",
        "Ctrl+B",
        _one_readable,
        at_rest=True,
    ),
    RunAction(
        "look",
        _("&Look at it"),
        _("Show its curves and samples, and put its experiment into the form; the run does not go on"),
        "mdi6.eye-outline",
        "Ctrl+I",
        _one_readable,
        at_rest=True,
    ),
    RunAction(
        "open",
        _("&Open experiment"),
        _("Put the run's experiment into the form"),
        "mdi6.file-outline",
        "Return",
        _one_readable,
        at_rest=True,
    ),
    SEPARATOR,
    RunAction(
        "compare",
        _("&Compare"),
        _("Draw the curves of the chosen runs into one plot, and list the settings in which they differ"),
        "mdi6.chart-multiple",
        "Ctrl+K",
        lambda entries: True,
    ),
    RunAction(
        "score",
        _("S&core on held-out tasks…"),
        _("Score the chosen runs on tasks that were never trained on: their own, or those of another experiment"),
        "mdi6.clipboard-check-outline",
        "Ctrl+Shift+K",
        _all_readable,
    ),
    SEPARATOR,
    RunAction("rename", _("Re&name"), _("Give the run another name"), "mdi6.rename-outline", "F2", _one),
    RunAction(
        "note", _("Edit n&ote"), _("Write what you want to remember of it"), "mdi6.note-edit-outline", "F3", _one
    ),
    RunAction(
        "duplicate", _("&Duplicate"), _("Copy the run's folder"), "mdi6.content-duplicate", "Ctrl+D", _one_at_rest
    ),
    RunAction(
        "reveal",
        _("Show in &file manager"),
        _("Open the run's folder"),
        "mdi6.folder-open-outline",
        "Ctrl+Shift+R",
        _one,
    ),
    RunAction(
        "move",
        _("&Move to another machine…"),
        _("Let the run go on at another machine, or bring it back from one; it pauses meanwhile"),
        "mdi6.server-network",
        "Ctrl+Shift+M",
        _one_resumable,
        at_rest=True,
    ),
    SEPARATOR,
    RunAction(
        "trash",
        _("Move to &trash…"),
        _("Move the folders of the chosen runs to the trash; not while one is going on"),
        "mdi6.trash-can-outline",
        "Del",
        _all_at_rest,
    ),
    RunAction(
        "thrown",
        _("Tras&h…"),
        _("What was thrown away: bring it back, or delete it for good"),
        "mdi6.delete-restore",
        "Shift+Del",
        lambda entries: True,
    ),
)
"""In the order of the menu."""
BUTTONS = ("resume", "branch", "compare")
"""What is done most, as buttons with words above the table; a row of icons for all of it nobody could read."""


class RunsActions(QObject):
    """The commands as actions, enabled as the chosen runs allow."""

    asked = Signal(str)
    """The name of the command that was given; *compare* is a switch, see `by_name`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.by_name = {action.name: self._make(action) for action in ACTIONS if isinstance(action, RunAction)}
        self.by_name["compare"].setCheckable(True)
        theme_changes().changed.connect(self._colour)
        self._colour()
        self.allow((), at_rest=True)

    def allow(self, entries: Sequence[RunEntry], *, at_rest: bool) -> None:
        """Enable what can be done with `entries`; `at_rest` says that no run goes on in this window."""
        for action in ACTIONS:
            if isinstance(action, RunAction):
                self.by_name[action.name].setEnabled(action.fits(entries) and (at_rest or not action.at_rest))

    def _make(self, command: RunAction) -> QAction:
        action = QAction(translated(command.text), self)
        action.setObjectName(f"runs_{command.name}_action")
        action.setIconText(without_mnemonic(translated(command.text)))
        action.setShortcut(QKeySequence(command.keys))
        # Of the table alone: in its editors and in the filter these keys mean other things.
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{translated(command.tip)} ({keys})")
        action.setData(command.name)
        action.triggered.connect(self._tell)
        return action

    def _tell(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.asked.emit(action.data())

    def _colour(self) -> None:
        for command in ACTIONS:
            if isinstance(command, RunAction):
                self.by_name[command.name].setIcon(themed_icon(command.icon))
