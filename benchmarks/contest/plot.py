"""The sweeps as a picture: one panel each, milliseconds over the swept number, both logarithmic."""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from contest.report import Measured, values
from contest.rows import Row

COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#cc79a7", "#009e73", "#8c564b", "#555555", "#aaaaaa")
PANEL = (560, 420)


def draw(path: Path, sweeps: Mapping[str, Sequence[Row]], measured: Mapping[str, Measured]) -> None:
    """Write a PNG with a panel per sweep, two to a line."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import pyqtgraph as pg
    from pyqtgraph.exporters import ImageExporter

    app = pg.mkQApp()
    pg.setConfigOptions(antialias=True, background="w", foreground="k")
    sheet = pg.GraphicsLayoutWidget()
    sheet.resize(PANEL[0] * min(2, len(sweeps)), PANEL[1] * -(-len(sweeps) // 2))
    for place, (sweep, rows) in enumerate(sweeps.items()):
        panel = sheet.addPlot(row=place // 2, col=place % 2, title=f"milliseconds per outer step over {sweep}")
        panel.setLogMode(x=True, y=True)
        panel.showGrid(x=True, y=True, alpha=0.2)
        if place == 0:
            panel.addLegend(offset=(10, 10), labelTextSize="8pt")
        for number, name in enumerate(measured[rows[0].name]):
            found = [(row.at, values(measured[row.name].get(name, []), "ms")) for row in rows]
            points = [(at, statistics.median(times)) for at, times in found if times]
            if points:
                pen = pg.mkPen(COLOURS[number % len(COLOURS)], width=3 if number == 0 else 1.5)
                panel.plot(
                    *zip(*points, strict=True), pen=pen, symbol="o", symbolSize=5, symbolBrush=pen.color(), name=name
                )
        panel.getAxis("bottom").setTicks([[(math.log10(row.at), str(row.at)) for row in rows]])
    sheet.show()
    app.processEvents()
    ImageExporter(sheet.scene()).export(str(path))
    sheet.close()
