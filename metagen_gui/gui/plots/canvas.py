"""A pyqtgraph plot for losses: own ticks and colours, a cursor for mouse and keyboard, a view set from outside."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from metagen_gui.gui.look.theme import colours, plot_colours, theme_changes
from metagen_gui.gui.plots.scale import LossScale, nice_values, round_outwards

_FLAG_HEIGHTS = (0.94, 0.86, 0.78)
"""Heights of flags' texts, as shares of the plot: flags that stand close do not write over each other."""
_NAMED_FROM = 240
"""Pixels of height from which the lower axis has its name beneath it."""
_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: -20, Qt.Key.Key_PageUp: 20}
_TO_ENDS = {Qt.Key.Key_Home: -(1 << 40), Qt.Key.Key_End: 1 << 40}


class LossCanvas(QWidget):
    """The drawing area of a loss plot; x is a whole number of steps."""

    pointed = Signal(object)
    """The mouse is at this x (float), or has left (None)."""
    stepped = Signal(object)
    """The keyboard asks to move the cursor by this many steps (int), or to put it away (None)."""
    zoomed = Signal()
    """The view was moved by hand."""
    reset_requested = Signal()
    """A double click."""

    def __init__(self, x_label: str, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = LossScale()
        self._shown: tuple[object, ...] | None = None
        """The view and the scale that were asked for last, unless the view was moved by hand since."""
        self._ticks: tuple[object, ...] = ()
        self.plot: Any = pg.PlotWidget(self)
        self.setFocusProxy(self.plot)
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        item.showGrid(x=True, y=True, alpha=1.0)
        item.disableAutoRange()
        item.setLabel("bottom", x_label)
        item.setLabel("left", y_label)
        item.getAxis("left").setWidth(64)
        item.layout.setContentsMargins(0, 8, 6, 6)
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
            item.getAxis(side).setZValue(-100)  # the grid belongs to the axes, and under the curves
        self._flags: dict[Any, int | None] = {}
        """The upright lines with words, and the series whose colours they have."""
        self._guides = [pg.InfiniteLine(angle=90, movable=False) for _ in range(2)]
        for guide in self._guides:
            guide.setVisible(False)
            item.addItem(guide, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.installEventFilter(self)
        self.plot.viewport().installEventFilter(self)
        self.plot.scene().sigMouseMoved.connect(self._follow_mouse)
        item.getViewBox().sigRangeChanged.connect(self._write_ticks)
        item.getViewBox().sigResized.connect(self._write_ticks)
        item.getViewBox().sigRangeChangedManually.connect(self._tell_zoomed)
        theme_changes().changed.connect(self._recolour)
        self._recolour()

    def add_curve(self, z: float = 0.0) -> Any:
        """Return a new, empty curve; NaN in its data is a gap."""
        curve = pg.PlotDataItem(connect="finite")
        curve.setZValue(z)
        self.plot.getPlotItem().addItem(curve)
        return curve

    def remove_curve(self, curve: Any) -> None:
        """Take a curve off the plot."""
        self.plot.getPlotItem().removeItem(curve)

    def set_view(self, left: float, right: float, low: float, high: float) -> None:
        """Show these steps and these drawn losses, with a little room around them.

        The ends are rounded outwards, so that the view stays still for a while as a run grows: a view that moves makes
        every curve prepare its points anew.
        """
        if high - low < 1e-9 * max(1.0, abs(high)):
            low, high = low - 0.5 * max(abs(low), 1e-3), high + 0.5 * max(abs(high), 1e-3)
        low, high = round_outwards(low - 0.02 * (high - low), high + 0.02 * (high - low))
        _, right = round_outwards(left, right)
        view = self.plot.getViewBox()
        label = self.fontMetrics().horizontalAdvance(f"{right:,.0f}")
        beside = min(0.08, (label / 2 + 2) / max(view.width(), 1.0)) * (right - left)  # or the last label is left out
        before = 0.015 * (right - left)
        wanted = (left - before, right + beside, low, high, self.scale)
        if wanted != self._shown:  # comparing is much cheaper than having pyqtgraph find out
            self._shown = wanted
            view.setRange(xRange=wanted[:2], yRange=(low, high), padding=0, disableAutoRange=True)
            self._write_ticks()

    def span(self) -> tuple[float, float]:
        """Return the first and the last step that can be seen."""
        left, right = self.plot.getViewBox().viewRange()[0]
        return float(left), float(right)

    def set_cursor(self, x: float | None) -> None:
        """Draw the upright line at `x`, or nowhere."""
        self._set_guide(0, x)

    def set_mark(self, x: float | None) -> None:
        """Draw a dotted upright line where something began."""
        self._set_guide(1, x)

    def add_flag(self, x: float, text: str, series: int | None = None) -> Any:
        """Draw a dashed upright line at `x` with a word on it, in the colour of a series or of warnings; return it."""
        height = _FLAG_HEIGHTS[len(self._flags) % len(_FLAG_HEIGHTS)]
        look = {"position": height, "anchors": [(0, 0.5), (0, 0.5)]}
        flag = pg.InfiniteLine(pos=x, angle=90, movable=False, label="", labelOpts=look)
        flag.setZValue(-10)  # under the curves
        self.name_flag(flag, text)
        self._flags[flag] = series
        self.plot.getPlotItem().addItem(flag, ignoreBounds=True)
        self._colour_flags()
        return flag

    def name_flag(self, flag: Any, text: str) -> None:
        """Write a word on a flag to the letter: pyqtgraph formats what it is given."""
        flag.label.setFormat(text.replace("{", "{{").replace("}", "}}"))

    def clear_flags(self) -> None:
        """Take every flag down."""
        for flag in self._flags:
            self.plot.getPlotItem().removeItem(flag)
        self._flags = {}

    def _colour_flags(self) -> None:
        for flag, series in self._flags.items():
            known = plot_colours().series
            colour = QColor(colours().warning if series is None else known[series % len(known)])
            flag.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
            flag.label.setColor(colour)

    def _set_guide(self, index: int, x: float | None) -> None:
        self._guides[index].setVisible(x is not None)
        if x is not None:
            self._guides[index].setValue(x)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the plot for the mouse leaving, a double click, and the keys that move the cursor."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset_requested.emit()
            return True
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and watched is self.plot:
            return self._take_key(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _take_key(self, key: Qt.Key) -> bool:
        if key in _KEYS:
            self.stepped.emit(_KEYS[key])
        elif key in _TO_ENDS:
            self.stepped.emit(_TO_ENDS[key])
        elif key == Qt.Key.Key_Escape and self._guides[0].isVisible():
            self.stepped.emit(None)
        else:
            return False
        return True

    def _follow_mouse(self, position: QPointF) -> None:
        view = self.plot.getViewBox()
        inside = view.sceneBoundingRect().contains(position)
        self.pointed.emit(float(view.mapSceneToView(position).x()) if inside else None)

    def _tell_zoomed(self, *_: object) -> None:
        self._shown = None
        self.zoomed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little height, the curves get it: the panel's readout says what the axis counts."""
        super().resizeEvent(event)
        self.plot.getPlotItem().showLabel("bottom", event.size().height() >= _NAMED_FROM)

    def _write_ticks(self, *_: object) -> None:
        item = self.plot.getPlotItem()
        view = item.getViewBox()
        (left, right), (low, high) = view.viewRange()
        widest = self.fontMetrics().horizontalAdvance(f"{right:,.0f}")
        steps = nice_values(left, right, max(2, int(view.width() / (widest + 28))), whole=True)
        ticks = (
            [(step, f"{step:,.0f}") for step in steps],
            self.scale.ticks(low, high, max(2, int(view.height() / 34))),
        )
        if ticks != self._ticks:  # or both axes would be drawn anew
            self._ticks = ticks
            item.getAxis("bottom").setTicks([ticks[0]])
            item.getAxis("left").setTicks([ticks[1]])

    def _recolour(self) -> None:
        look = plot_colours()
        small = QFont(self.font())
        small.setPointSizeF(max(7.0, small.pointSizeF() * 0.88))
        self.plot.setBackground(QColor(look.background))
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(QColor(look.grid))
            axis.setTickPen(QColor(look.grid))
            axis.setTextPen(QColor(look.muted))
            axis.label.setFont(small)
            axis.setStyle(tickFont=small, tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)
        self._guides[0].setPen(pg.mkPen(QColor(look.muted), width=1))
        self._guides[1].setPen(pg.mkPen(QColor(look.muted), width=1, style=Qt.PenStyle.DotLine))
        self._colour_flags()
