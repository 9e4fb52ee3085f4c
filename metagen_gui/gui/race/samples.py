"""What every lane makes of the same tasks from the same latents: a row per task, a column per lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.samples.cell_picture import Content, Options, draw_cell
from metagen_gui.gui.samples.columns import SUPPORT, Column, row_name, shows_points
from metagen_gui.gui.samples.view import rows_of_samples
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

GAP, LEAST, MOST = 8, 64, 180
"""Logical pixels between cells, and the least and the most of a cell's side."""
TASKS = 4
"""Rows shown at most."""


class RaceSamples(QScrollArea):
    """The newest samples of every lane after its last adaptation step, beside the support that all adapt to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("race_samples")
        self.setAccessibleName(self.tr("Samples of every lane"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.viewport().setAutoFillBackground(False)
        self._names: list[str] = []
        self._newest: dict[int, Snapshot] = {}
        self._stale = False
        self._grid: QGridLayout | None = None
        self.cells: dict[tuple[int, int], PlainLabel] = {}
        """The pictures by task and column, 0 being the support; each says what it shows as its accessible name."""
        theme_changes().changed.connect(self._draw)

    def begin(self, names: Sequence[str]) -> None:
        """Show lanes of these names, none of which has samples yet."""
        self._names, self._newest, self.cells = list(names), {}, {}
        self._grid = None
        self.setWidget(EmptyState(self.tr("Samples of every lane come with its first look."), rows_of_samples, self))

    def _begin_grid(self) -> QGridLayout:
        ground = QWidget()
        grid = QGridLayout(ground)
        grid.setContentsMargins(8, 4, 8, 8)
        grid.setSpacing(GAP)
        for column, name in enumerate((self.tr("support"), *self._names)):
            title = ElidedLabel(name)
            title.setProperty("tone", "muted")
            title.setToolTip(plain_tip(name))
            grid.addWidget(title, 0, column)
        grid.setColumnStretch(len(self._names) + 1, 1)
        grid.setRowStretch(TASKS + 1, 1)
        self.setWidget(ground)
        return grid

    def add_snapshots(self, snapshots: Mapping[int, Snapshot]) -> None:
        """Show the newest samples of some lanes."""
        self._newest |= snapshots
        if self.isVisible():
            self._draw()
        else:
            self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw for the new width."""
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        self._stale = False
        if not self._newest:
            return
        grid = self._grid = self._grid or self._begin_grid()
        columns = len(self._names) + 1
        side = min(max((self.viewport().width() - GAP * (columns + 2)) // columns, LEAST), MOST)
        for place, snapshot in self._newest.items():
            for task in range(min(TASKS, len(snapshot.names))):
                last = Column("samples", len(snapshot.steps) - 1)
                self._show(grid, task, place + 1, Content(snapshot, task, last), side)
                if place == min(self._newest):
                    self._show(grid, task, 0, Content(snapshot, task, SUPPORT), side)

    def _show(self, grid: QGridLayout, task: int, column: int, content: Content, side: int) -> None:
        label = self.cells.get((task, column))
        if label is None:
            label = self.cells[task, column] = PlainLabel()
            grid.addWidget(label, task + 1, column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        count = len(content.examples)
        across = 1 if shows_points(content.snapshot) else 2 if count <= 4 else 3
        down = 1 if across == 1 else min(across, -(-count // across))
        size = QSize(side, side if across == 1 else side * down // across)
        ratio = self.devicePixelRatioF()
        picture = draw_cell(content, size, across, down, ratio, Options())
        label.setPixmap(QPixmap.fromImage(picture))
        made = self.tr("support") if column == 0 else self._names[column - 1]
        said = f"{row_name(content.snapshot, task)}: {made}"
        label.setAccessibleName(said)
        label.setToolTip(plain_tip(said))
