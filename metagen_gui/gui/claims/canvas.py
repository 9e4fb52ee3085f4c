"""The drawing area of adaptation curves."""

from __future__ import annotations

import numpy as np

from metagen_gui.gui.plots.canvas import LossCanvas
from metagen_gui.gui.plots.scale import Tick


class StepCanvas(LossCanvas):
    """Spaces adaptation steps by their root: the first few matter most, and the last lie far beyond training."""

    steps: tuple[int, ...] = ()

    def _write_ticks(self, *_: object) -> None:
        item = self.plot.getPlotItem()
        view = item.getViewBox()
        (left, right), (low, high) = view.viewRange()
        steps, free = list[Tick](), -np.inf
        for step in self.steps:
            place, label = float(np.sqrt(step)), f"{step:,}"
            pixel = (place - left) / max(right - left, 1e-9) * view.width()
            if pixel >= free:
                steps.append((place, label))
                free = pixel + self.fontMetrics().horizontalAdvance(label) + 10
        ticks = steps, self.scale.ticks(low, high, max(2, int(view.height() / 34)))
        if ticks != self._ticks:  # or both axes would be drawn anew
            self._ticks = ticks
            item.getAxis("bottom").setTicks([ticks[0]])
            item.getAxis("left").setTicks([ticks[1]])
