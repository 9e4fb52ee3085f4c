"""The chrome that both loss plots share: header, legend that is also the readout, log axis, view, empty state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from metagen_gui.gui.look.theme import PlotColours, theme_changes
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.scale import LossScale, Values, full_range, robust_range
from metagen_gui.gui.plots.trend import trend
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.header_toggle import header_toggle
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.spoken import Spoken

if TYPE_CHECKING:
    from metagen_gui.gui.plots.canvas import LossCanvas


class PlotPanel(QWidget):
    """A plot of losses. Subclasses draw the curves and answer what the chrome needs to know about them."""

    def __init__(self, title: str, x_label: str, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = title, x_label, y_label
        self._dirty = False
        self._zoomed = False
        self._cursor: float | None = None
        self._build_header(title)
        self._note = PlainLabel()
        self._note.setProperty("tone", "muted")
        self._note.setWordWrap(True)
        self._note.hide()
        self._empty = EmptyState(self.tr("Press Start to see losses"), _falling_curve, self)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(8, 6, 8, 6)
        self._rows.setSpacing(4)
        self._rows.addLayout(self._header)
        self._rows.addWidget(self._legend)
        self._rows.addWidget(self._note)
        self._rows.addLayout(self._pages, 1)

        theme_changes().changed.connect(self.refresh)

    @cached_property
    def canvas(self) -> LossCanvas:
        """The drawing area, made when it is first wanted: the window is painted before there are losses to draw."""
        canvas = self.make_canvas(*self._names[1:])
        canvas.plot.setAccessibleName(self._names[0])
        canvas.pointed.connect(self._point_at)
        canvas.stepped.connect(self._move_cursor)
        canvas.zoomed.connect(self._note_zoom)
        canvas.reset_requested.connect(self.reset_view)
        self.spoken = Spoken(canvas.plot, self.summary)
        self._pages.addWidget(canvas)
        return canvas

    def _build_header(self, title: str) -> None:
        self._title = PlainLabel(title)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._readout = PlainLabel()
        self._readout.setProperty("tone", "muted")
        self._readout.setAccessibleName(self.tr("Values shown are of"))
        self._readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.log_button = header_toggle(self.tr("Log"), self.tr("Draw losses on a logarithmic axis"))
        self.show_all_button = header_toggle(
            self.tr("Show all"), self.tr("Include the few far values that the view leaves out, such as the first ones")
        )
        self.reset_button = IconButton("mdi6.fit-to-page-outline", self.tr("Reset the view (double click)"))
        self.reset_button.setEnabled(False)
        self.log_button.toggled.connect(self.refresh)
        self.show_all_button.toggled.connect(self.reset_view)
        self.reset_button.clicked.connect(self.reset_view)
        self._header = QHBoxLayout()
        self._header.setSpacing(6)
        self._header.addWidget(self._title)
        self._header.addWidget(self._readout, 1)
        for button in (self.log_button, self.show_all_button, self.reset_button):
            self._header.addWidget(button)
        self._legend = QWidget()
        self._legend.hide()
        self._legend_rows = QVBoxLayout(self._legend)
        self._legend_rows.setContentsMargins(0, 0, 0, 0)
        self._legend_rows.setSpacing(0)

    # What a subclass says about its curves.

    @abstractmethod
    def draw_curves(self, scale: LossScale) -> None:
        """Give every curve its data on `scale`, and its colours."""

    @abstractmethod
    def shown_curves(self) -> list[Values]:
        """Return the drawn losses of every curve that is not hidden."""

    @abstractmethod
    def lowest_loss(self) -> float:
        """Return the lowest finite loss of the curves shown, infinity where there is none."""

    @abstractmethod
    def x_range(self) -> tuple[float, float]:
        """Return the first and the last step."""

    @abstractmethod
    def nearest(self, x: float, move: int = 0) -> float | None:
        """Return the step with data that is nearest to `x`, or `move` places from it; None where there is none."""

    @abstractmethod
    def write_values(self, x: float | None) -> str:
        """Write the values at step `x`, or the present ones, into the legend; return what `x` is called."""

    def told_curves(self) -> Mapping[CurveToggle, Values]:
        """Return the values of curves of which it is said whether they fall."""
        return {}

    # What the chrome does.

    def make_canvas(self, x_label: str, y_label: str) -> LossCanvas:
        """Return a drawing area of this plot's kind."""
        from metagen_gui.gui.plots.canvas import LossCanvas

        return LossCanvas(x_label, y_label)

    def summary(self) -> str:
        """Return in a sentence what is seen: where, every curve's value there, and whether it falls."""
        self._readout.setText(self.write_values(self._cursor))  # what came while it was hidden is not written yet
        toggles = [toggle for toggle in self._legend.findChildren(CurveToggle) if toggle.isChecked() and toggle.value]
        if not toggles:
            return self._empty.text
        ways = {"falling": self.tr("falling"), "rising": self.tr("rising"), "level": self.tr("level"), "": ""}
        told = self.told_curves()
        parts = [
            ", ".join(filter(None, (f"{one.accessibleName()} {one.value}", ways[trend(told.get(one, ()))])))
            for one in toggles
        ]
        where = self._readout.text() or f"{self._names[1]} {self.x_range()[1]:,.0f}"
        return f"{where}: {'; '.join(parts)}"

    def set_empty_text(self, text: str) -> None:
        """Say something else while there are no losses."""
        self._empty.set_text(text)

    def add_controls(self, controls: QWidget) -> None:
        """Put further controls under the header."""
        self._rows.insertWidget(1, controls)

    def add_legend_row(self, *toggles: CurveToggle) -> None:
        """Add entries to the legend that stand side by side, where there is room."""
        row = QWidget()
        flow = FlowLayout(row, gap=5)
        for toggle in toggles:
            flow.addWidget(toggle)
            toggle.toggled.connect(self.refresh)
        self._legend_rows.addWidget(row)

    def clear_legend(self) -> None:
        """Remove every entry."""
        while (item := self._legend_rows.takeAt(0)) is not None:
            row = item.widget()
            if row is not None:
                row.hide()
                row.deleteLater()

    def data_changed(self) -> None:
        """Draw anew: at once if the panel is seen, when it next is if not."""
        if self.isVisible():
            self.refresh()
        else:
            self._dirty = True

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while the panel was hidden."""
        super().showEvent(event)
        if self._dirty:
            self.refresh()

    def refresh(self) -> None:
        """Draw every curve, fit the view unless it was moved by hand, write the values."""
        self._dirty = False
        lowest = self.lowest_loss()
        page = self.canvas if np.isfinite(lowest) else self._empty
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
            self._legend.setVisible(page is self.canvas)
        scale = self._choose_scale(lowest)
        if scale != self.canvas.scale:
            self.canvas.scale = scale
            self._set_zoomed(False)
        self.draw_curves(scale)
        if not self._zoomed:
            self._fit()
        self._update_readout()

    def reset_view(self) -> None:
        """Go back to the view that follows the run."""
        self._set_zoomed(False)
        self.refresh()

    def span(self) -> tuple[float, float]:
        """Return the first and the last step to draw: all, unless the view was moved by hand."""
        return self.canvas.span() if self._zoomed else (-np.inf, np.inf)

    def clear_view(self) -> None:
        """Forget the cursor and the zoom of the last run."""
        self._cursor = None
        self._set_zoomed(False)

    def _choose_scale(self, lowest: float) -> LossScale:
        wanted = self.log_button.isChecked()
        impossible = wanted and lowest <= 0
        self._note.setVisible(impossible)
        if impossible:
            self._note.setText(
                self.tr("Some losses are 0 or less: the axis is logarithmic beyond ±1 and linear in between.")
            )
        return LossScale("symlog" if impossible else "log" if wanted else "linear")

    def _fit(self) -> None:
        everything = self.show_all_button.isChecked()
        ranges = []
        for drawn in self.shown_curves():
            found = full_range(drawn) if everything else robust_range(drawn)
            if found is not None:
                ranges.append(found)
        left, right = self.x_range()
        if ranges:
            self.canvas.set_view(left, right, min(low for low, _ in ranges), max(high for _, high in ranges))

    def _point_at(self, x: float | None) -> None:
        self._cursor = None if x is None else self.nearest(x)
        self._update_readout()

    def _move_cursor(self, move: int | None) -> None:
        start = self.x_range()[1] if self._cursor is None else self._cursor
        self._cursor = None if move is None else self.nearest(start, move if self._cursor is not None else 0)
        self._update_readout()
        self.spoken.tell()

    def _update_readout(self) -> None:
        self.canvas.set_cursor(self._cursor)
        self._readout.setText(self.write_values(self._cursor))
        self.spoken.changed()

    def _note_zoom(self) -> None:
        self._set_zoomed(True)
        self.draw_curves(self.canvas.scale)

    def _set_zoomed(self, zoomed: bool) -> None:
        self._zoomed = zoomed
        self.reset_button.setEnabled(zoomed)


def place_nearest(ascending: Values, x: float) -> int:
    """Return the place in `ascending` of what is nearest to `x`."""
    right = int(np.searchsorted(ascending, x))
    if right == 0 or (right < len(ascending) and ascending[right] - x < x - ascending[right - 1]):
        return right
    return right - 1


def step_nearest(ascending: Values, x: float, move: int) -> float | None:
    """Return what of `ascending` is nearest to `x`, or `move` places from it but within; None of nothing."""
    if not len(ascending):
        return None
    return float(ascending[min(max(place_nearest(ascending, x) + move, 0), len(ascending) - 1)])


def _falling_curve(painter: QPainter, room: QRectF, look: PlotColours) -> None:
    """Sketch two losses that fall."""
    painter.setPen(QPen(QColor(look.grid), 1))
    painter.drawLine(room.topLeft(), room.bottomLeft())
    painter.drawLine(room.bottomLeft(), room.bottomRight())
    for depth, dashed in ((0.86, False), (0.62, True)):
        path = QPainterPath(QPointF(room.left() + 6, room.top() + 6))
        path.cubicTo(
            QPointF(room.left() + 0.12 * room.width(), room.top() + depth * room.height()),
            QPointF(room.left() + 0.4 * room.width(), room.top() + depth * room.height()),
            QPointF(room.right() - 6, room.top() + depth * room.height()),
        )
        pen = QPen(QColor(look.grid), 2.5)
        if dashed:
            pen.setDashPattern([3, 2.5])
        painter.setPen(pen)
        painter.drawPath(path)
