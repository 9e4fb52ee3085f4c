"""What a plot's curve is told: its points and its pen. It needs no pyqtgraph, which is imported behind the window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QPen

Values = npt.NDArray[np.float64]


def curve_pen(colour: QColor, width: float = 1.0) -> QPen:
    """Return a pen that is `width` pixels wide however far the plot is zoomed."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen


def draw_curve(curve: Any, x: Values, y: Values, **look: Any) -> None:
    """Draw the points `x`, `y` `(n,)` of a curve; without a finite one it is hidden, which pyqtgraph warns of."""
    drawable = bool(np.isfinite(y).any())
    curve.setVisible(drawable)
    if drawable:
        curve.setData(x, y, **look)
