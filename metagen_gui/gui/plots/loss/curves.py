"""The curves of the outer loss: their data, smoothed and as drawn, and the plot items that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor

from metagen_gui.gui.plots.curves.buffer import CurveBuffer
from metagen_gui.gui.plots.curves.item import curve_pen, draw_curve
from metagen_gui.gui.plots.peaks import Peaks
from metagen_gui.gui.plots.scale import LossScale, Values
from metagen_gui.gui.plots.smoothing import SmoothingKind, make_smoother

if TYPE_CHECKING:
    from metagen_gui.gui.plots.canvas import LossCanvas

_ANTIALIASED = 2_000
"""Points up to which a curve is drawn antialiased: beyond, it costs more than it shows."""
_MARKED = 120
"""Points up to which each has a marker."""
Span = tuple[float, float]
"""The first and the last outer step that can be seen."""
EVERYTHING: Span = (-np.inf, np.inf)
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
        self._raw_peaks, self._smooth_peaks = Peaks(), Peaks()
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
            self._raw_peaks.forget()
            self._smooth_again()
        raw = np.where(np.isfinite(losses), losses, np.nan)
        smooth = self._smoother.extend(raw)
        expected = len(self) + len(raw)
        self._buffer.append(np.stack([steps, raw, smooth, self._scale.forward(raw), self._scale.forward(smooth)]))
        if len(self) != expected:  # thinned
            self._forget_peaks()
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
        self._smooth_peaks.forget()

    def _forget_peaks(self) -> None:
        self._raw_peaks.forget()
        self._smooth_peaks.forget()

    def draw(self, scale: LossScale, colour: QColor, visible: bool, span: Span = EVERYTHING) -> None:
        """Hand the data between the outer steps `span` to the plot on `scale`."""
        rows = self._buffer.rows
        if scale != self._scale:
            self._scale = scale
            self._forget_peaks()
            rows[_DRAWN_RAW] = scale.forward(rows[_RAW])
            rows[_DRAWN_SMOOTH] = scale.forward(rows[_SMOOTH])
        smoothed = self._strength > 0
        faint = QColor(colour)
        faint.setAlphaF(0.28)
        self._raw_item.setVisible(visible)
        self._smooth_item.setVisible(visible and smoothed)
        if visible:
            raw = self._raw_peaks.outline(rows[_X], rows[_DRAWN_RAW], *span)
            _show(self._raw_item, *raw, faint if smoothed else colour)
        if visible and smoothed:
            _show(self._smooth_item, *self._smooth_peaks.outline(rows[_X], rows[_DRAWN_SMOOTH], *span), colour)

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
        self._changes = 0
        self._drawn_as: tuple[object, ...] | None = None
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
        self._changes += 1
        self._buffer.cut_from(step)
        value = loss if np.isfinite(loss) else np.nan
        self._buffer.append(np.array([[step], [value], self._scale.forward([value])]))
        self.lowest = min(self.lowest, value) if np.isfinite(value) else self.lowest

    def draw(self, scale: LossScale, colour: QColor, visible: bool, span: Span = EVERYTHING) -> None:
        """Hand the data to the plot on `scale`: all of them, whatever the `span`, for scores are few."""
        rows = self._buffer.rows
        if scale != self._scale:
            self._scale = scale
            rows[2] = scale.forward(rows[1])
        look = (self._changes, scale, colour.rgba()) if visible else ()
        if look == self._drawn_as:  # a score comes once in hundreds of steps
            return
        self._drawn_as = look
        self._item.setVisible(visible)
        if visible:
            marked = len(self._buffer) <= _MARKED
            _show(self._item, rows[0], rows[2], colour, dashed=self._dashed, marked=marked)

    def remove(self, canvas: LossCanvas) -> None:
        """Take the curve off the plot."""
        canvas.remove_curve(self._item)


def _show(item: Any, x: Values, y: Values, colour: QColor, *, dashed: bool = False, marked: bool = False) -> None:
    few = len(x) <= _ANTIALIASED
    pen = curve_pen(colour, 1.5 if few and colour.alphaF() == 1 else 1)
    if dashed:
        pen.setDashPattern([4, 3])
        pen.setStyle(Qt.PenStyle.CustomDashLine)
    if marked:
        # Hollow before adaptation, filled after: told apart without colour.
        inside = QBrush() if dashed else QBrush(colour)
        look = {"symbol": "o", "symbolSize": 5, "symbolPen": curve_pen(colour), "symbolBrush": inside}
    else:
        look = {"symbol": None}
    draw_curve(item, x, y, pen=pen, antialias=few, **look)
