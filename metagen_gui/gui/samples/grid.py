"""The rows and columns of the adaptation view: headings that stay, cells that scroll, fitted to the width."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.samples.cell import SampleCell
from metagen_gui.gui.samples.cell_picture import Content, Options
from metagen_gui.gui.samples.columns import (
    ROW_GAP,
    Arrangement,
    Column,
    arrange,
    examples_of,
    heading_of,
    place_of,
    row_name,
    shows_curves,
)
from metagen_gui.gui.samples.curve_picture import curve_error
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

MOST_ABREAST = 4
"""Tasks side by side at most, where one adaptation step of each is shown."""
_ARROWS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class _Ground(QWidget):
    """The ground of the cells: the plots' own, with a rule between tasks and a tint under what is generated."""

    def __init__(self) -> None:
        super().__init__()
        self.arrangement: Arrangement | None = None
        self.tasks = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground and rules."""
        look = plot_colours()
        painter = QPainter(self)
        painter.fillRect(event.rect(), look.background)
        if self.arrangement is not None:
            painter.setPen(QColor(look.grid))
            for row in range(1, self.arrangement.rows(self.tasks)):
                y = row * self.arrangement.pitch
                painter.drawLine(8, y, self.width() - 8, y)
        painter.end()


class SampleGrid(QWidget):
    """A row per task: support, samples after 0, 1, … k steps, query. Arrow keys go from cell to cell."""

    opened = Signal(int, object)
    """A cell is to be enlarged: its task and its `Column`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot: Snapshot | None = None
        self._options = Options()
        self.only: int | None = None
        """The adaptation step whose samples are shown alone, from the next snapshot on; None shows all that fit."""
        self._arrangement: Arrangement | None = None
        self._cells: dict[tuple[int, int], SampleCell] = {}
        self._current = (0, 0)
        self._headings = QWidget()
        self._headings.setFixedHeight(self.fontMetrics().height() + 8)
        self._labels: list[PlainLabel] = []
        self._ground = _Ground()
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self._ground)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._headings)
        layout.addWidget(self._scroll, 1)
        theme_changes().changed.connect(self._recolour)
        self._recolour()

    @property
    def arrangement(self) -> Arrangement | None:
        """How the present snapshot is laid out."""
        return self._arrangement

    def cell(self, task: int, column: int) -> SampleCell:
        """Return the cell of a task in a column shown, counted from 0."""
        return self._cells[task, column]

    def minimumSizeHint(self) -> QSize:
        """Two columns of samples beside support and query."""
        return QSize(220, 160)

    def show_snapshot(self, snapshot: Snapshot, options: Options) -> None:
        """Show another snapshot, or the same with other options."""
        self._snapshot, self._options = snapshot, options
        if not self._lay_out():
            for (task, column), cell in self._cells.items():
                self._fill(cell, task, column)

    def _lay_out(self) -> bool:
        """Put the columns where they fit, and return whether cells were placed anew, and so filled."""
        snapshot = self._snapshot
        if snapshot is None:
            return False
        tasks = len(snapshot.names)
        # With or without a scroll bar is decided here: left to Qt, bar and width could chase each other for ever.
        room = self._scroll.maximumViewportSize()
        how = (None, 1) if self.only is None else (place_of(snapshot, self.only), MOST_ABREAST)
        arrangement = arrange(snapshot, room.width(), room.height(), *how)
        scrolls = arrangement.pitch * arrangement.rows(tasks) > room.height()
        if scrolls:
            room.setWidth(room.width() - self._scroll.verticalScrollBar().sizeHint().width())
            arrangement = arrange(snapshot, room.width(), room.height(), *how)
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOn if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._scroll.setVerticalScrollBarPolicy(policy)
        same = arrangement == self._arrangement and self._ground.tasks == tasks
        self._arrangement = self._ground.arrangement = arrangement
        self._ground.tasks = tasks
        self._ground.setMinimumHeight(arrangement.pitch * arrangement.rows(tasks))
        self._place_headings()
        if not same:
            self._place_cells(tasks)
        return not same

    def _place_headings(self) -> None:
        if self._arrangement is None or self._snapshot is None:
            return
        of_one, lefts, abreast = self._arrangement.columns, self._arrangement.lefts, self._arrangement.abreast
        columns = of_one * abreast
        while len(self._labels) < len(columns):
            label = PlainLabel(parent=self._headings)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setProperty("tone", "muted")
            font = label.font()
            font.setPointSizeF(max(7.0, 0.9 * font.pointSizeF()))
            label.setFont(font)
            self._labels.append(label)
        for index, label in enumerate(self._labels):
            label.setVisible(index < len(columns))
            if index < len(columns):
                heading = heading_of(self._snapshot, columns[index])
                # Where a wide gap is beside it, a heading may reach into it: "support  step 0  1  2  3  query".
                stack, place = divmod(index, len(of_one))
                reach = 8 if place in (0, len(of_one) - 1) else 6 if place == 1 else 2
                room = self._arrangement.cell[0] + 2 * reach
                left = stack * self._arrangement.stack + lefts[place]
                label.setGeometry(QRect(left - reach, 0, room, self._headings.height()))
                label.setText(self._short(label, heading, columns[index], room))
                label.setAccessibleName(heading)
                label.setToolTip(plain_tip(self._explain(columns[index])))

    def _short(self, label: QLabel, heading: str, column: Column, room: int) -> str:
        if self._snapshot is None or label.fontMetrics().horizontalAdvance(heading) <= room:
            return heading
        if column.kind == "samples":
            return str(self._snapshot.steps[column.place])
        return label.fontMetrics().elidedText(heading, Qt.TextElideMode.ElideRight, room)

    def _explain(self, column: Column) -> str:
        if column.kind == "support":
            return self.tr("What the model adapts to: a few examples of a task it has never seen")
        if column.kind == "query":
            return self.tr("Other examples of the same task, which the model has not seen either")
        assert self._snapshot is not None
        count, all_steps = self._snapshot.steps[column.place], len(self._snapshot.steps)
        text = self.tr("Generated after {0} adaptation steps, from the same latents in every column").format(count)
        if shows_curves(self._snapshot):
            text = self.tr("The curve after {0} adaptation steps; dashed: the true one").format(count)
        shown = sum(c.kind == "samples" for c in self._arrangement.columns) if self._arrangement else all_steps
        if shown < all_steps and self.only is None:
            text += "\n" + self.tr("{0} of {1} steps are shown; more fit in a wider window").format(shown, all_steps)
        return text

    def _place_cells(self, tasks: int) -> None:
        assert self._arrangement is not None
        columns = len(self._arrangement.columns)
        wanted = {(task, column) for task in range(tasks) for column in range(columns)}
        for key in [key for key in self._cells if key not in wanted]:
            gone = self._cells.pop(key)
            gone.hide()
            gone.deleteLater()
        width, height = self._arrangement.cell
        for task, column in sorted(wanted):
            cell = self._cells.get((task, column))
            if cell is None:
                cell = self._cells[task, column] = SampleCell(self._ground)
                cell.installEventFilter(self)
                cell.clicked.connect(self._open_sender)
            cell.setGeometry(*self._arrangement.corner(task, column, tasks), width, height)
            self._fill(cell, task, column)
            cell.show()
        self._make_current(*(self._current if self._current in wanted else (0, 0)))

    def _fill(self, cell: SampleCell, task: int, column: int) -> None:
        assert self._arrangement is not None and self._snapshot is not None
        shown = self._arrangement.columns[column]
        content = Content(self._snapshot, task, shown)
        cell.show_content(content, self._options, self._arrangement.across, self._arrangement.down)
        name, heading = row_name(self._snapshot, task), heading_of(self._snapshot, shown)
        cell.setAccessibleName(self.tr("{0}, {1}").format(name, heading))
        what = self.tr("{0} examples").format(len(examples_of(self._snapshot, task, shown)))
        if shows_curves(self._snapshot) and shown.kind == "samples":
            error = curve_error(self._snapshot, task, shown)
            what = self.tr("a curve") if error is None else self.tr("squared error {0}").format(format_number(error, 3))
        cell.setToolTip(plain_tip(self.tr("{0}: {1}, {2}. Click to enlarge.").format(name, heading, what)))

    # Focus: one cell is reached by Tab, the arrows go on from there.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the focus into a cell, and move it by the arrow keys."""
        if isinstance(watched, SampleCell):
            if event.type() == QEvent.Type.FocusIn:
                self._make_current(*self._key_of(watched))
                self._scroll.ensureWidgetVisible(watched, 0, ROW_GAP)
            elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                move = _ARROWS.get(Qt.Key(event.key()))
                if move is not None:
                    task, column = self._key_of(watched)
                    target = self._cells.get((task + move[0], column + move[1]))
                    if target is not None:
                        target.setFocus(Qt.FocusReason.OtherFocusReason)
                    return True
        return super().eventFilter(watched, event)

    def _make_current(self, task: int, column: int) -> None:
        previous = self._cells.get(self._current)
        if previous is not None:
            previous.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._current = task, column
        self._cells[task, column].setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _key_of(self, cell: SampleCell) -> tuple[int, int]:
        return next(key for key, known in self._cells.items() if known is cell)

    def _open_sender(self) -> None:
        cell = self.sender()
        if isinstance(cell, SampleCell) and cell.content is not None:
            self.opened.emit(cell.content.task, cell.content.column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new width."""
        super().resizeEvent(event)
        self._lay_out()

    def _recolour(self) -> None:
        for area in (self, self._scroll.viewport()):
            palette = area.palette()
            palette.setColor(area.backgroundRole(), plot_colours().background)
            area.setPalette(palette)
            area.setAutoFillBackground(True)
        for cell in self._cells.values():
            cell.forget_picture()
