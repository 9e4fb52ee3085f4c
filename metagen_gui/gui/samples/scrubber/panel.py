"""The map with what it says in words: where the pointer is, what colours stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from metagen_gui.engine.events import ValidationReport
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.samples.scrubber.figures import Figures, title_of, where
from metagen_gui.gui.samples.scrubber.map import Place, ScrubberMap
from metagen_gui.gui.samples.scrubber.ramp import Legend
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class ScrubberPanel(QWidget):
    """Chooses a snapshot and an adaptation step: by its map, whose signals are passed on."""

    moved = Signal()
    """Another cell is looked at: see `looks_at`."""
    chosen = Signal(int)
    """The place of the snapshot that the person has gone to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figures = Figures()
        self._steps: Sequence[int] = ()
        self._rows: Sequence[int] = ()
        self._values = np.zeros((0, 0))
        self._row = -1
        self._place = 0
        self._over: Place | None = None
        self.map = ScrubberMap()
        self.map.looked.connect(self._look)
        self.map.left.connect(self._look_away)
        self.map.chosen.connect(self._choose)
        self._label = ElidedLabel()
        self._label.setBuddy(self.map)
        self.quantity_picker = QComboBox()
        self.quantity_picker.setAccessibleName(self.tr("What the colours of the map tell"))
        self.quantity_picker.setToolTip(self.tr("What the colours tell: figures of the held-out tasks"))
        guard_wheel(self.quantity_picker)
        self.quantity_picker.currentIndexChanged.connect(self._colour)
        self._legend = Legend()
        self.save_button = IconButton("mdi6.filmstrip", self.tr("Save as an animation…"))
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self._label, 1)
        top.addWidget(self.quantity_picker)
        top.addWidget(self._legend)
        top.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.map)
        self._colour()

    @property
    def looks_at(self) -> tuple[int, int]:
        """The outer step and the adaptation step that are looked at; there are some."""
        place, row = self._over or self._at
        return self._steps[place], self._rows[row]

    @property
    def hovering(self) -> bool:
        """Whether the pointer looks at another cell than the person has gone to."""
        return self._over is not None

    @property
    def text(self) -> str:
        """Where the person is, in words."""
        return self._label.text()

    def reset(self) -> None:
        """Forget the last run."""
        self.figures = Figures()
        self._row, self._over = -1, None
        self.show_steps((), (), 0)

    def add_validation(self, report: ValidationReport) -> None:
        """Colour the map by what validation tells."""
        self.figures.add(report)
        if self.isVisible():
            self._colour()

    def show_steps(self, steps: Sequence[int], rows: Sequence[int], place: int) -> None:
        """Take the outer steps of the snapshots, the adaptation steps shown, and the place the person is at."""
        shown = self._rows[self._row] if 0 <= self._row < len(self._rows) else None
        self._steps, self._rows, self._place = steps, rows, place
        self._row = (
            self._row if shown is None or not rows else min(range(len(rows)), key=lambda r: abs(rows[r] - shown))
        )
        if self._over is not None and (self._over[0] >= len(steps) or self._over[1] >= len(rows)):
            self._over = None
        self._colour()

    def go_to(self, place: int) -> None:
        """Mark another snapshot as the one the person is at."""
        self._place = place
        self._describe()

    @property
    def _at(self) -> Place:
        rows = len(self._rows)
        return min(self._place, len(self._steps) - 1), self._row if 0 <= self._row < rows else rows - 1

    def _look(self, place: int, row: int) -> None:
        if (place, row) != (self._over or self._at):
            self._over = None if (place, row) == self._at else (place, row)
            self._describe()
            self.moved.emit()

    def _look_away(self) -> None:
        if self._over is not None:
            self._over = None
            self._describe()
            self.moved.emit()

    def _choose(self, place: int, row: int) -> None:
        if (place, row) == self._at and self._over is None:
            return
        self._over, self._row = None, row
        self._place = place
        self._describe()
        self.chosen.emit(place)
        self.moved.emit()

    def _colour(self) -> None:
        quantities = self.figures.quantities
        picker = self.quantity_picker
        if quantities != tuple(picker.itemData(index) for index in range(picker.count())):
            before = picker.currentData()
            with QSignalBlocker(picker):
                picker.clear()
                for name in quantities:
                    picker.addItem(title_of(name, quantities), name)
                picker.setCurrentIndex(max(0, picker.findData(before)))
        picker.setVisible(len(quantities) > 1)
        chosen = picker.currentData()
        self._values = self.figures.along(chosen or "", self._steps, self._rows)
        self._legend.show_values(self._values, picker.currentText())
        self.map.show_map(self._steps, self._rows, self._values)
        self._describe()

    def _describe(self) -> None:
        if not self._steps or not self._rows:
            self._label.setText(self.tr("The map fills as snapshots come"))
            self.map.setAccessibleDescription(self.text)
            return
        self.map.mark(self._at, self._over)
        (meta_step, step), (place, row) = self.looks_at, self._over or self._at
        text = where(meta_step, step)
        value = self._values[row, place]
        if np.isfinite(value):
            text = f"{text} · {self.quantity_picker.currentText()} {format_number(float(value), 4)}"
        self._label.setText(text)
        self._label.setToolTip(text)
        self.map.setAccessibleDescription(text)
