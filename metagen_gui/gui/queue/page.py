"""The page of the queue: its table, what can be done with it, how many run at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QItemSelectionModel, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from metagen_gui.gui.form.numbers.box import IntegerBox
from metagen_gui.gui.look.theme import PlotColours, theme_changes
from metagen_gui.gui.program.window_settings import MOST_AT_ONCE
from metagen_gui.gui.queue.model import QueueModel, Waiting
from metagen_gui.gui.queue.table import QueueTable
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.icon_button import themed_icon
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Queue", text))


@dataclass(frozen=True)
class _Action:
    """What can be done with chosen runs, and of which states they have to be; those that move take one."""

    name: str
    text: str
    tip: str
    icon: str
    keys: str
    states: tuple[str, ...]
    moves: int = 0


ANY = ("waiting", "running", "paused", "done", "failed")
ACTIONS = (
    _Action("up", _("Up"), _("Begin it earlier"), "mdi6.arrow-up", "Alt+Up", ANY, -1),
    _Action("down", _("Down"), _("Begin it later"), "mdi6.arrow-down", "Alt+Down", ANY, 1),
    _Action(
        "pause", _("Pause"), _("Hold it back; what runs saves and ends"), "mdi6.pause", "P", ("waiting", "running")
    ),
    _Action("go", _("Go on"), _("Let it have its turn again"), "mdi6.play-outline", "G", ("paused",)),
    _Action(
        "retry", _("Retry"), _("Run what has failed once more, from where it was"), "mdi6.refresh", "R", ("failed",)
    ),
    _Action(
        "remove",
        _("Remove"),
        _("Take it out of the queue; what was learned stays with the runs"),
        "mdi6.trash-can-outline",
        "Del",
        ("waiting", "paused", "done", "failed"),
    ),
)


class QueuePage(QWidget):
    """Shows the line and tells what is to be done; it does nothing to it itself."""

    add_wanted = Signal(int)
    """How often the experiment of the form is to be put into the line."""
    asked = Signal(str, list)
    """`pause`, `go`, `retry` or `remove`, and the ids of the chosen runs."""
    move_wanted = Signal(str, int)
    """The id of a run, and its new place, counted from 1."""
    at_once_changed = Signal(int)

    def __init__(self, at_once: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted: tuple[str, ...] = ()
        self.model = QueueModel(self)
        self.model.dropped.connect(self._move)
        self.table = QueueTable(self.model, self)
        self.message = MessageLine(self)
        self.actions_by_name = {action.name: self._action(action) for action in ACTIONS}
        self.times = self._box(1, 1, 100, "times_box", self.tr("How often"))
        self.times.setToolTip(self.tr("Put it in so many times, each with the next seed"))
        self.add_button = QPushButton(self.tr("&Add the experiment"))
        self.add_button.setObjectName("queue_add_button")
        self.add_button.setToolTip(self.tr("Put the experiment of the form at the end of the queue"))
        self.add_button.clicked.connect(lambda: self.add_wanted.emit(self.times.value()))
        self.at_once = self._box(at_once, 1, MOST_AT_ONCE, "at_once_box", self.tr("Runs at once"))
        self.at_once.setToolTip(self.tr("Runs side by side, if memory allows; a run of the window counts as one"))
        self.at_once.valueChanged.connect(self.at_once_changed)
        said = self.tr("Nothing waits. Set an experiment up and press Add the experiment: it runs when its turn comes.")
        self._empty = EmptyState(said, _lines, self)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.table)
        hint = PlainLabel(
            self.tr(
                "A run that goes on is not ended by closing the window; the next begins when the window is open again."
            )
        )
        hint.setWordWrap(True)
        hint.setProperty("tone", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addLayout(self._adding())
        column.addWidget(self._buttons())
        column.addLayout(self._pages, 1)
        column.addWidget(self.message)
        column.addWidget(hint)
        self.table.selectionModel().selectionChanged.connect(self._allow)
        theme_changes().changed.connect(self._draw_icons)
        self._draw_icons()
        self._allow()

    def show_line(self, rows: Sequence[Waiting]) -> None:
        """Show the line; the runs that were chosen stay so, wherever they are now."""
        chosen = self._wanted or tuple(self.chosen())
        self.model.show_line(rows)
        self._pages.setCurrentWidget(self.table if rows else self._empty)
        self.message.say("")
        if chosen != tuple(self.chosen()):
            self._choose(chosen)
        self._wanted = ()
        self._allow()

    def chosen(self) -> list[str]:
        """Return the ids of the chosen runs, in the order of the line."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.rows[row].entry.id for row in rows]

    # -- putting together --------------------------------------------------------------------------------------------

    def _adding(self) -> QHBoxLayout:
        label = PlainLabel(self.tr("&times, with a seed each"))
        label.setBuddy(self.times)
        together = PlainLabel(self.tr("At &once"))
        together.setBuddy(self.at_once)
        row = QHBoxLayout()
        for widget in (self.add_button, self.times, label, None, together, self.at_once):
            if widget is None:
                row.addStretch(1)
            else:
                row.addWidget(widget)
        return row

    def _buttons(self) -> QWidget:
        line = QWidget(self)
        row = FlowLayout(line, 2)
        for name, action in self.actions_by_name.items():
            button = QToolButton(self)
            button.setObjectName(f"queue_{name}_button")
            button.setAccessibleName(action.text())
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
        return line

    def _action(self, about: _Action) -> QAction:
        action = QAction(_tr(about.text), self.table)
        action.setShortcut(QKeySequence(about.keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setToolTip(f"{_tr(about.tip)} ({about.keys})")
        action.triggered.connect(self._doing(about))
        self.table.addAction(action)
        return action

    def _doing(self, about: _Action) -> Callable[[], None]:
        return lambda: self._shift(about.moves) if about.moves else self.asked.emit(about.name, self.chosen())

    def _box(self, value: int, low: int, high: int, name: str, says: str) -> IntegerBox:
        box = IntegerBox(low, high, parent=self)
        box.setObjectName(f"queue_{name}")
        box.setAccessibleName(says)
        box.show_value(value)
        return box

    # -- what happens ------------------------------------------------------------------------------------------------

    def _shift(self, by: int) -> None:
        rows = self.table.selectionModel().selectedRows()
        if len(rows) == 1 and 0 <= rows[0].row() + by < len(self.model.rows):
            self._move(self.model.rows[rows[0].row()].entry.id, rows[0].row() + by + 1)

    def _move(self, name: str, place: int) -> None:
        self._wanted = (name,)
        self.move_wanted.emit(name, place)

    def _choose(self, names: Sequence[str]) -> None:
        flags = QItemSelectionModel.SelectionFlag
        how = flags.ClearAndSelect | flags.Rows
        for row, one in enumerate(self.model.rows):
            if one.entry.id in names:
                self.table.selectionModel().setCurrentIndex(self.model.index(row, 0), how)
                how = flags.Select | flags.Rows

    def _allow(self, *_: object) -> None:
        chosen = set(self.chosen())
        states = [one.entry.state for one in self.model.rows if one.entry.id in chosen]
        for about in ACTIONS:
            fits = bool(states) and all(state in about.states for state in states)
            self.actions_by_name[about.name].setEnabled(fits and (len(states) == 1 or not about.moves))

    def _draw_icons(self) -> None:
        for about in ACTIONS:
            self.actions_by_name[about.name].setIcon(themed_icon(about.icon))


def _lines(painter: QPainter, room: QRectF, look: PlotColours) -> None:
    """Sketch a line of runs, the first of which is under way."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.grid))
    top = room.top()
    for share in (0.9, 0.7, 0.5, 0.3):
        painter.setOpacity(share)
        painter.drawRoundedRect(QRectF(room.left(), top, 0.3 * room.width(), 12), 4, 4)
        painter.drawRoundedRect(QRectF(room.left() + 0.36 * room.width(), top, 0.6 * share * room.width(), 12), 4, 4)
        top += 26


def _tr(text: str) -> str:
    return QCoreApplication.translate("Queue", text)
