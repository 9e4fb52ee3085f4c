"""The lanes of a race that is being set up, a line each: its name, what it trains, and a button that takes it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.races.race import Lane


class RaceLanes(QWidget):
    """Shows lanes, which can be called otherwise and taken out."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("race_lanes")
        self.setAccessibleName(self.tr("Lanes"))
        self._lanes: list[Lane] = []
        self.names: list[QLineEdit] = []
        self.buttons: list[IconButton] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 2)
        self._grid.setColumnStretch(2, 3)
        theme_changes().changed.connect(self._recolour)

    def lanes(self) -> list[Lane]:
        """Return the lanes, under the names that stand there."""
        from metagen_gui.engine.races.race import Lane

        return [Lane(edit.text().strip(), lane.experiment) for edit, lane in zip(self.names, self._lanes, strict=True)]

    def show_lanes(self, lanes: Sequence[Lane]) -> None:
        """Show these lanes instead."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._lanes, self.names, self.buttons = list(lanes), [], []
        for place, lane in enumerate(lanes):
            self._add_row(place, lane)
        self.changed.emit()

    def take_out(self, place: int) -> None:
        """Take a lane out."""
        self.show_lanes([lane for number, lane in enumerate(self.lanes()) if number != place])
        if self.buttons:
            self.buttons[min(place, len(self.buttons) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_row(self, place: int, lane: Lane) -> None:
        name = QLineEdit(lane.name)
        name.setObjectName(f"race_lane_{place + 1}_name")
        name.setAccessibleName(self.tr("Name of lane {0}").format(place + 1))
        name.setToolTip(self.tr("What this lane is called in curves and verdict"))
        name.editingFinished.connect(self.changed)
        experiment = lane.experiment
        titles = [translated(str(experiment.plugin(section).title)) for section in ("algorithm", "model", "tasks")]
        summary = ElidedLabel(" · ".join(titles))
        summary.setProperty("tone", "muted")
        remove = IconButton("mdi6.close", self.tr("Take lane {0} out").format(place + 1))
        remove.setObjectName(f"race_lane_{place + 1}_remove")
        remove.setProperty("place", place)
        remove.clicked.connect(self._take_out)
        for column, widget in enumerate((_swatch(place), name, summary, remove)):
            self._grid.addWidget(widget, place, column)
        self.names.append(name)
        self.buttons.append(remove)

    def _recolour(self) -> None:
        self.show_lanes(self.lanes())

    def _take_out(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.take_out(int(sender.property("place")))


def _swatch(place: int) -> PlainLabel:
    """Return a piece of the line that the lane has in the plot."""
    series, label = plot_colours().series, PlainLabel()
    picture = QPixmap(14, 14)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.fillRect(0, 5, 14, 4, QColor(series[place % len(series)]))
    painter.end()
    label.setPixmap(picture)
    return label
