"""What a plot's curve is told: its points and its pen. It needs no pyqtgraph, which is imported behind the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QPen

Values = npt.NDArray[np.float64]


DASHES: tuple[tuple[float, ...], ...] = ((), (5, 3), (1.5, 2), (7, 2, 1.5, 2), (9, 4))
"""Of lines that stand for equals, told apart without colour: as many as share no divisor with the number of colours, so
that pairs repeat only after all."""


def curve_pen(colour: QColor, width: float = 1.0, dash: Sequence[float] = ()) -> QPen:
    """Return a pen that is `width` pixels wide however far the plot is zoomed; `dash` is in widths of the line."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dash:
        pen.setDashPattern(list(dash))
    return pen


def draw_curve(curve: Any, x: Values, y: Values, **look: Any) -> None:
    """Draw the points `x`, `y` `(n,)` of a curve; without a finite one it is hidden, which pyqtgraph warns of."""
    drawable = bool(np.isfinite(y).any())
    curve.setVisible(drawable)
    if drawable:
        curve.setData(x, y, **look)
