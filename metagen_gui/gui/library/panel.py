"""The Runs panel: every run as a line that can be sorted, filtered, renamed; what can be done with it; comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QItemSelectionModel, QItemSelectionRange, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QHideEvent, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.gui.library.actions import ACTIONS, BUTTONS, RunAction, RunsActions
from metagen_gui.gui.library.model import RunsFilter, RunsModel
from metagen_gui.gui.library.table import RunsTable, filter_line
from metagen_gui.gui.library.words import PLACES
from metagen_gui.gui.look.theme import PlotColours
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry


class RunsPanel(QWidget):
    """Shows runs and tells what is to be done with the chosen ones; it does nothing to them itself.

    What it holds is made by `prepare`, or when it is first shown: it lies behind a tab, and the window must be painted.
    """

    asked = Signal(str, object)
    """The name of a command of `runs_actions.ACTIONS`, and the list of chosen `RunEntry`."""
    edited = Signal(object, str, str)
    """A `RunEntry`, `name` or `note`, and what a person typed there."""
    seen = Signal(bool)
    """The panel has come into view, or gone out of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_panel")
        self.setAccessibleName(self.tr("Runs"))
        self._prepared = False
        self._at_rest = True
        self._changing = False
        self._listed = False

    def prepare(self) -> None:
        """Make everything that the panel holds, once."""
        if self._prepared:
            return
        from metagen_gui.gui.library.comparison.view import RunComparison

        self._prepared = True
        self.model = RunsModel(self)
        self.model.edited.connect(self.edited)
        self._filter = RunsFilter(self.model, self)
        self.table = RunsTable(self._filter, self)
        self.actions_by_name = self._make_actions()
        self.comparison = RunComparison(self)
        self.comparison.hide()
        self.line = filter_line(self)
        self.line.textChanged.connect(self._narrow)
        self._empty = EmptyState("", _lines_of_runs, self)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.table)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._header())
        column.addWidget(self.line)
        column.addLayout(self._pages, 1)
        self._halves = QSplitter(Qt.Orientation.Vertical)
        self._halves.setChildrenCollapsible(False)
        for half in (top, self.comparison):
            self._halves.addWidget(half)
        self._halves.setSizes([1, 1])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(self._halves)
        self.table.selectionModel().selectionChanged.connect(self._choose)
        self.model.dataChanged.connect(self._choose)
        self._choose()
        self._count_runs()

    # -- what the window calls ---------------------------------------------------------------------------------------

    def set_runs(self, entries: Iterable[RunEntry]) -> None:
        """Show these runs; what is chosen, and what is being typed, stays."""
        self._listed = True
        with self._settling():
            self.model.set_entries(entries)
        self._count_runs()

    def set_at_rest(self, at_rest: bool) -> None:
        """Say whether no run goes on in this window: only then can one be resumed, or an experiment opened."""
        self._at_rest = at_rest
        if self._prepared:
            self._choose()

    def chosen(self) -> list[RunEntry]:
        """Return the chosen runs in the order of the table."""
        # Not selectedRows(), which takes a third of a second for a thousand.
        ranges = cast(Iterable[QItemSelectionRange], self.table.selectionModel().selection())
        rows = sorted({row for part in ranges for row in range(part.top(), part.bottom() + 1)})
        return [self.model.entry(self._filter.mapToSource(self._filter.index(row, 0)).row()) for row in rows]

    def choose(self, *folders: Path) -> None:
        """Choose these runs, bring them into sight, and let the keyboard go there."""
        flags = QItemSelectionModel.SelectionFlag
        how = flags.ClearAndSelect | flags.Rows
        for row in range(self._filter.rowCount()):
            index = self._filter.index(row, PLACES["name"])
            if self.model.entry(self._filter.mapToSource(index).row()).folder in folders:
                self.table.selectionModel().setCurrentIndex(index, how)
                self.table.scrollTo(index)
                how = flags.Select | flags.Rows

    def take_focus(self) -> None:
        """Let the keyboard go to the table, where a run is chosen."""
        self.prepare()
        if not self.table.selectionModel().hasSelection() and self._filter.rowCount():
            self.table.selectRow(0)
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def edit(self, column: str) -> None:
        """Open the editor of the chosen run's name or note."""
        rows = self.table.selectionModel().selectedRows(PLACES[column])
        if rows:
            self.table.setCurrentIndex(rows[0])
            self.table.edit(rows[0])

    # -- putting together --------------------------------------------------------------------------------------------

    def _make_actions(self) -> dict[str, QAction]:
        self._actions = RunsActions(self)
        self._actions.asked.connect(self._ask)
        self._actions.by_name["compare"].toggled.connect(self._show_comparison)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        for action in ACTIONS:
            if isinstance(action, RunAction):
                self._menu.addAction(self._actions.by_name[action.name])
            else:
                self._menu.addSeparator()
        self.table.addActions(list(self._actions.by_name.values()))
        self.table.customContextMenuRequested.connect(self._open_menu)
        return self._actions.by_name

    def _header(self) -> QHBoxLayout:
        title = PlainLabel(self.tr("Runs"))
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._count = PlainLabel()
        self._count.setProperty("tone", "muted")
        self._count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        header = QHBoxLayout()
        header.setSpacing(2)
        header.addWidget(title)
        header.addSpacing(4)
        header.addWidget(self._count, 1)
        for name in BUTTONS:
            action = self.actions_by_name[name]
            button = self._button(name, action.iconText())
            button.setDefaultAction(action)
            header.addWidget(button)
        more = self._button("more", self.tr("More"))
        more.setText(self.tr("More"))
        more.setToolTip(self.tr("Everything that can be done with the chosen runs; also by a right click on them"))
        more.setMenu(self._menu)
        more.setMinimumWidth(more.sizeHint().width() + more.fontMetrics().horizontalAdvance("▾") + 4)  # the arrow's
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        header.addWidget(more)
        return header

    def _button(self, name: str, says: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"runs_{name}_button")
        button.setAccessibleName(says)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    # -- what happens ------------------------------------------------------------------------------------------------

    @contextmanager
    def _settling(self) -> Iterator[None]:
        """Look at the choice once, after all of a change: of a thousand chosen runs Qt tells one by one."""
        self._changing = True
        try:
            yield
        finally:
            self._changing = False
        self._choose()

    def _choose(self, *_: object) -> None:
        if self._changing:
            return
        chosen = self.chosen()
        self._actions.allow(chosen, at_rest=self._at_rest)
        self.comparison.show_runs(chosen)

    def _ask(self, name: str) -> None:
        if name in ("rename", "note"):
            self.edit("name" if name == "rename" else "note")
        elif name != "compare":
            self.asked.emit(name, self.chosen())

    def _show_comparison(self, wanted: bool) -> None:
        self.comparison.setVisible(wanted)
        self._turn()
        self.comparison.show_runs(self.chosen())

    def _narrow(self, text: str) -> None:
        with self._settling():
            self._filter.set_text(text)
        self._count_runs()

    def _count_runs(self) -> None:
        there, shown = self.model.rowCount(), self._filter.rowCount()
        sought = self.line.text().strip()
        some = self.tr("{shown} of {there}").format(shown=f"{shown:,}", there=f"{there:,}")
        self._count.setText("" if not there else some if sought else f"{there:,}")
        if there:
            self._empty.set_text(self.tr("No run matches “{0}”.").format(sought))
        elif self._listed:
            said = self.tr("Every run is kept here from its first second. Press Start to make the first one.")
            self._empty.set_text(said)
        else:
            self._empty.set_text(self.tr("Looking for runs…"))
        self._pages.setCurrentIndex(1 if shown else 0)
        self.line.setVisible(there > 0)

    def _open_menu(self, place: QPoint) -> None:
        self._menu.popup(self.table.viewport().mapToGlobal(place))

    # -- coming into view --------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that somebody looks."""
        super().showEvent(event)
        self.prepare()
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that nobody looks."""
        super().hideEvent(event)
        self.seen.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the comparison where there is more room: beneath the table, or beside it."""
        super().resizeEvent(event)
        if self._prepared:
            self._turn()

    def _turn(self) -> None:
        beside = self.width() > 1.6 * self.height()
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if self._halves.orientation() != wanted:
            self._halves.setOrientation(wanted)


def _lines_of_runs(painter: QPainter, room: QRectF, look: PlotColours) -> None:
    """Sketch a table."""
    painter.setPen(Qt.PenStyle.NoPen)
    height, top, shares = 12.0, room.top(), (0.34, 0.12, 0.16, 0.22)
    while top + height < room.bottom() and top < room.top() + 6 * 26:
        left = room.left()
        painter.setOpacity(max(0.15, 1 - (top - room.top()) / 170))
        painter.setBrush(QColor(look.grid))
        for share in shares:
            painter.drawRoundedRect(QRectF(left, top, share * room.width(), height), 4, 4)
            left += (share + 0.05) * room.width()
        top += 26
