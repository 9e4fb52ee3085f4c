"""The losses along adaptation so far, of the task that is looked at: on the support, and on the query once graded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from metagen_gui.engine.slow_motion.phases import Phase
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.plots.curves.item import Values, curve_pen, draw_curve
from metagen_gui.gui.widgets.fitting_label import SEPARATOR, FittingLabel

if TYPE_CHECKING:
    from metagen_gui.gui.plots.canvas import LossCanvas

_DASHES = [4, 3]


class InnerLosses(QWidget):
    """Draws a phase's losses after 0, 1, … inner steps; other tasks are faint behind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from metagen_gui.gui.plots.canvas import LossCanvas

        self.canvas: LossCanvas = LossCanvas(self.tr("inner step"), self.tr("loss"))
        self.canvas.plot.setAccessibleName(self.tr("Losses along adaptation"))
        self.legend = FittingLabel()
        self.legend.setProperty("tone", "muted")
        self._curves: list[Any] = []
        self._shown: tuple[Phase, int] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)
        theme_changes().changed.connect(self._draw)

    def show_phase(self, phase: Phase, task: int) -> None:
        """Draw the losses of a phase for a task."""
        self._shown = phase, task
        self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        phase, task = self._shown
        for curve in self._curves:
            self.canvas.remove_curve(curve)
        self._curves.clear()
        series, seen = plot_colours().series, list[Values]()
        words = []
        for place, (player, losses) in enumerate(phase.losses.items()):
            name = f"{player}: " if len(phase.losses) > 1 else ""
            for values, solid in ((losses.support, False), (losses.query, True)):
                if values is not None:
                    self._add(values, task, series[place % len(series)], solid)
                    seen.append(values[task])
                    kind = self.tr("query ━") if solid else self.tr("support ╍")
                    words.append(f"{name}{kind} {values[task, 0]:.4g} → {values[task, -1]:.4g}")
        self.legend.set_full_text(SEPARATOR.join(words))
        self.canvas.plot.setAccessibleDescription(SEPARATOR.join(words))
        drawn = np.concatenate(seen) if seen else np.zeros(1)
        drawn = drawn[np.isfinite(drawn)]
        low, high = (float(drawn.min()), float(drawn.max())) if len(drawn) else (0.0, 1.0)
        self.canvas.set_view(0, max(phase.steps, 1), low, high)

    def _add(self, values: Values, task: int, colour: QColor, solid: bool) -> None:
        steps = np.arange(values.shape[1], dtype=np.float64)
        for other in [*(number for number in range(len(values)) if number != task), task]:
            shade = QColor(colour)
            shade.setAlphaF(1.0 if other == task else 0.2)
            pen = curve_pen(shade, 2.0 if other == task else 1.0)
            if not solid:
                pen.setStyle(Qt.PenStyle.CustomDashLine)
                pen.setDashPattern(_DASHES)
            curve = self.canvas.add_curve(z=2.0 if other == task else 1.0)
            dots: dict[str, Any] = {"symbol": "o" if solid else "s", "symbolSize": 6, "symbolPen": None}
            look = {**dots, "symbolBrush": shade} if other == task else {}
            draw_curve(curve, steps, self.canvas.scale.forward(values[other]), pen=pen, **look)
            self._curves.append(curve)
