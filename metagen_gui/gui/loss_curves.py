"""The curves of the outer loss: their data, smoothed and as drawn, and the plot items that show them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from metagen_gui.gui.curve_buffer import CurveBuffer
from metagen_gui.gui.loss_canvas import LossCanvas
from metagen_gui.gui.loss_scale import LossScale, Values
from metagen_gui.gui.smoothing import SmoothingKind, make_smoother

_ANTIALIASED = 2_000
"""Points up to which a curve is drawn antialiased: beyond, it costs more than it shows."""
_MARKED = 120
"""Points up to which each has a marker."""
_X, _RAW, _SMOOTH, _DRAWN_RAW, _DRAWN_SMOOTH = range(5)


class TrainingCurve:
    """One player's training loss: raw, thin and faint, under the smoothed one in full colour."""

    def __init__(self, canvas: LossCanvas) -> None:
        self._raw_item = canvas.add_curve(z=1)
        self._smooth_item = canvas.add_curve(z=3)
        self._buffer = CurveBuffer(rows=5)
        self._scale = LossScale()
        self._kind: SmoothingKind = "exponential"
        self._strength = 0.0
        self._smoother = make_smoother(self._kind, self._strength)
        self.lowest = np.inf

    def __len__(self) -> int:
        return len(self._buffer)

    @property
    def steps(self) -> Values:
        """The outer steps, ascending."""
        return np.asarray(self._buffer.rows[_X])

    @property
    def drawn(self) -> Values:
        """The raw losses as they are drawn."""
        return np.asarray(self._buffer.rows[_DRAWN_RAW])

    def value_at(self, index: int) -> float:
        """Return the loss that the full-coloured curve shows at place `index`."""
        return float(self._buffer.rows[_SMOOTH, index])

    def extend(self, steps: Values, losses: Values) -> None:
        """Add `losses` `(n,)` at the outer steps `steps` `(n,)`; a step at or before the last one starts over there."""
        if len(self) and steps[0] <= self.steps[-1] and self._buffer.cut_from(float(steps[0])):
            self._smooth_again()
        raw = np.where(np.isfinite(losses), losses, np.nan)
        smooth = self._smoother.extend(raw)
        self._buffer.append(np.stack([steps, raw, smooth, self._scale.forward(raw), self._scale.forward(smooth)]))
        finite = raw[np.isfinite(raw)]
        if len(finite):
            self.lowest = min(self.lowest, float(finite.min()))

    def smooth_by(self, kind: SmoothingKind, strength: float) -> None:
        """Smooth everything anew."""
        if (kind, strength) != (self._kind, self._strength):
            self._kind, self._strength = kind, strength
            self._smooth_again()

    def _smooth_again(self) -> None:
        self._smoother = make_smoother(self._kind, self._strength)
        rows = self._buffer.rows
        rows[_SMOOTH] = self._smoother.extend(rows[_RAW])
        rows[_DRAWN_SMOOTH] = self._scale.forward(rows[_SMOOTH])

    def draw(self, scale: LossScale, colour: QColor, visible: bool) -> None:
        """Hand the data to the plot on `scale`."""
        rows = self._buffer.rows
        if scale != self._scale:
            self._scale = scale
            rows[_DRAWN_RAW] = scale.forward(rows[_RAW])
            rows[_DRAWN_SMOOTH] = scale.forward(rows[_SMOOTH])
        smoothed = self._strength > 0
        faint = QColor(colour)
        faint.setAlphaF(0.28)
        _show(self._raw_item, rows[_X], rows[_DRAWN_RAW], faint if smoothed else colour, visible)
        _show(self._smooth_item, rows[_X], rows[_DRAWN_SMOOTH], colour, visible and smoothed)

    def remove(self, canvas: LossCanvas) -> None:
        """Take the curve off the plot."""
        canvas.remove_curve(self._raw_item)
        canvas.remove_curve(self._smooth_item)


class ValidationCurve:
    """One player's validation loss after a fixed number of adaptation steps: a line with markers."""

    def __init__(self, canvas: LossCanvas, dashed: bool) -> None:
        self._item = canvas.add_curve(z=4 if dashed else 5)
        self._dashed = dashed
        self._buffer = CurveBuffer(rows=3, limit=1 << 17)
        self._scale = LossScale()
        self.lowest = np.inf

    @property
    def steps(self) -> Values:
        """The outer steps, ascending."""
        return np.asarray(self._buffer.rows[0])

    @property
    def drawn(self) -> Values:
        """The losses as they are drawn."""
        return np.asarray(self._buffer.rows[2])

    def value_at(self, index: int) -> float:
        """Return the loss at place `index`."""
        return float(self._buffer.rows[1, index])

    def add(self, step: int, loss: float) -> None:
        """Add one score; a step at or before the last one starts over there."""
        self._buffer.cut_from(step)
        value = loss if np.isfinite(loss) else np.nan
        self._buffer.append(np.array([[step], [value], self._scale.forward([value])]))
        self.lowest = min(self.lowest, value) if np.isfinite(value) else self.lowest

    def draw(self, scale: LossScale, colour: QColor, visible: bool) -> None:
        """Hand the data to the plot on `scale`."""
        rows = self._buffer.rows
        if scale != self._scale:
            self._scale = scale
            rows[2] = scale.forward(rows[1])
        _show(self._item, rows[0], rows[2], colour, visible, dashed=self._dashed, marked=len(self._buffer) <= _MARKED)

    def remove(self, canvas: LossCanvas) -> None:
        """Take the curve off the plot."""
        canvas.remove_curve(self._item)


def _show(
    item: Any, x: Values, y: Values, colour: QColor, visible: bool, *, dashed: bool = False, marked: bool = False
) -> None:
    item.setVisible(visible)
    if not visible:
        return
    few = len(x) <= _ANTIALIASED
    pen = pg.mkPen(colour, width=1.5 if few and colour.alphaF() == 1 else 1)
    if dashed:
        pen.setDashPattern([4, 3])
        pen.setStyle(Qt.PenStyle.CustomDashLine)
    if marked:
        # Hollow before adaptation, filled after: told apart without colour.
        inside = pg.mkBrush(None) if dashed else pg.mkBrush(colour)
        look = {"symbol": "o", "symbolSize": 5, "symbolPen": pg.mkPen(colour), "symbolBrush": inside}
    else:
        look = {"symbol": None}
    LossCanvas.draw(item, x, y, pen=pen, antialias=few, **look)
