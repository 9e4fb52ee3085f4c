"""What a sweep has found, drawn: trials as lines across all ranges, range by range, and what matters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.ramps import mixed
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.widgets.spoken import Spoken

if TYPE_CHECKING:
    from metagen_gui.engine.sweeps.ranges import Range
    from metagen_gui.engine.sweeps.standing import Standing

MOST_LINES = 400
"""Trials that are drawn as lines, the best; more would be one colour."""
BEST_WIDTH, WIDTH = 2.4, 1.0


class SweepPlot(QWidget):
    """The base: a plot whose colours follow the look, whose view is ours, and which is told in words, too."""

    chosen = Signal(int)
    """A trial was clicked at: its number."""

    def __init__(self, name: str, says: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.standing: Standing | None = None
        self.says = says
        self.plot: Any = pg.PlotWidget(self)
        self.plot.setObjectName(name)
        self.plot.setAccessibleName(says)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.plot)
        item = self.item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.layout.setContentsMargins(4, 8, 14, 6)
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.spoken = Spoken(self.plot, self.words)
        self.plot.viewport().installEventFilter(self)
        theme_changes().changed.connect(self.redraw)

    def show_standing(self, standing: Standing) -> None:
        """Draw how a sweep stands."""
        self.standing = standing
        self.redraw()
        self.spoken.changed()

    def redraw(self) -> None:
        """Draw it again, as in other colours."""
        look = plot_colours()
        self.plot.setBackground(QColor(look.background))
        small = QFont(self.font())
        small.setPointSizeF(max(7.0, small.pointSizeF() * 0.88))
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(QColor(look.grid))
            axis.setTextPen(QColor(look.muted))
            axis.setStyle(tickFont=small, tickLength=0, tickTextOffset=6, hideOverlappingLabels=True)
        self.item.clear()
        if self.standing is not None:
            self.draw(self.standing)

    def draw(self, standing: Standing) -> None:
        """Put what there is to see into the empty plot."""

    def words(self) -> str:
        """Return what is seen as sentences."""
        return "" if self.standing is None else best_in_words(self.standing)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the page."""
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class ParallelPlot(SweepPlot):
    """A line per trial, across an axis per range and one of the measure; the better, the stronger, the best on top."""

    def draw(self, standing: Standing) -> None:
        """Draw the lines, and what the ends of every axis are."""
        places, ranked = standing.plan.ranges, standing.ranked[:MOST_LINES]
        heights = [[_height(place, trial.values.get(place.path)) for place in places] for trial in ranked]
        falls = [trial.shortfall for trial in ranked if trial.shortfall is not None]
        low, high = (min(falls), max(falls)) if falls else (0.0, 1.0)
        look, across = plot_colours(), np.arange(len(places) + 1)
        for rank in range(len(ranked) - 1, -1, -1):
            share = 0.85 * rank / max(len(ranked) - 1, 1)
            colour = QColor(look.series[1]) if rank == 0 else mixed(QColor(look.series[0]), QColor(look.grid), share)
            goodness = 1 - (falls[rank] - low) / (high - low) if high > low else 0.5
            pen = pg.mkPen(colour, width=BEST_WIDTH if rank == 0 else WIDTH)
            line = pg.PlotDataItem(across, np.array([*heights[rank], goodness]), pen=pen, antialias=True)
            line.curve.setClickable(True, 8)
            line.sigClicked.connect(partial(self._choose, ranked[rank].number))
            self.item.addItem(line)
        for x in across:
            self.item.addItem(pg.InfiniteLine(pos=float(x), angle=90, pen=pg.mkPen(look.grid, width=1)))
        for number, axis in enumerate(places):
            for y, text in _ends(axis):
                self._write(number, y, text)
        for y, value in ((0.0, high), (1.0, low)) if falls else ():
            self._write(len(places), y, format_number(_shown(standing, value), digits=3))
        names = [
            *(place.path.partition(".")[2] for place in places),
            translated(standing.measured.title) or _say("measure"),
        ]
        self.item.getAxis("bottom").setTicks([[(float(x), name) for x, name in enumerate(names)]])
        self.item.getAxis("left").setTicks([[]])
        self.item.setRange(xRange=(-0.15, len(places) + 0.4), yRange=(-0.06, 1.06), padding=0)

    def _choose(self, number: int, *_: object) -> None:
        self.chosen.emit(number)

    def _write(self, x: float, y: float, text: str) -> None:
        label = pg.TextItem(text, color=QColor(plot_colours().muted), anchor=(-0.05, 0.5))
        label.setPos(x, y)
        self.item.addItem(label)


class SlicePlot(SweepPlot):
    """One range against the measure: a spot per trial with its interval; what was ended early lies along the edge."""

    path = ""
    """The range that is shown; "" for the first."""

    def draw(self, standing: Standing) -> None:
        """Draw the spots."""
        places = {place.path: place for place in standing.plan.ranges}
        place = places.get(self.path) or standing.plan.ranges[0]
        look, ranked = plot_colours(), [trial for trial in standing.ranked if trial.figure is not None]
        x = np.array([_height(place, trial.values.get(place.path)) for trial in ranked])
        y = np.array([trial.figure.mean for trial in ranked if trial.figure is not None])
        reach = np.array([trial.figure.interval for trial in ranked if trial.figure is not None])
        spans = np.nan_to_num(reach)
        if len(ranked):
            bars = pg.ErrorBarItem(x=x, y=y, height=2 * spans, beam=0, pen=pg.mkPen(look.muted, width=1))
            self.item.addItem(bars)
        brushes = [QColor(look.series[1 if number == 0 else 0]) for number in range(len(ranked))]
        spots = pg.ScatterPlotItem(
            x=x, y=y, size=8, pen=None, brush=brushes, data=[trial.number for trial in ranked], hoverable=False
        )
        spots.sigClicked.connect(self._choose)
        self.item.addItem(spots)
        low, high = (float((y - spans).min()), float((y + spans).max())) if len(y) else (0.0, 1.0)
        room = 0.06 * (high - low) or 0.5
        early = [t for t in standing.trials if t.state in ("pruned", "failed") and place.path in t.values]
        crosses = pg.ScatterPlotItem(
            x=[_height(place, trial.values[place.path]) for trial in early], y=[low - room] * len(early), symbol="x",
            size=7, pen=pg.mkPen(look.muted), brush=None, data=[trial.number for trial in early],
        )  # fmt: skip
        crosses.sigClicked.connect(self._choose)
        self.item.addItem(crosses)
        self.item.getAxis("bottom").setTicks([_ticks(place)])
        self.item.getAxis("left").setTicks(None)
        self.item.setRange(xRange=(-0.04, 1.04), yRange=(low - 2 * room, high + room), padding=0)

    def _choose(self, item: Any, points: Sequence[Any], *_: object) -> None:
        self.chosen.emit(int(points[0].data()))


class ImportancePlot(SweepPlot):
    """A bar per range: what share it has in what sets good trials apart."""

    def draw(self, standing: Standing) -> None:
        """Draw the bars, the longest on top."""
        shares, look = [*standing.importance.items()][::-1], plot_colours()
        y = np.arange(len(shares))
        bars = pg.BarGraphItem(
            x0=0, y=y, height=0.6, width=[share for _, share in shares], brush=QColor(look.series[0]), pen=None
        )
        self.item.addItem(bars)
        for place, (_, share) in enumerate(shares):
            label = pg.TextItem(f"{share:.0%}", color=QColor(look.muted), anchor=(-0.1, 0.5))
            label.setPos(share, place)
            self.item.addItem(label)
        self.item.getAxis("left").setTicks([[(float(p), path.partition(".")[2]) for p, (path, _) in enumerate(shares)]])
        self.item.getAxis("bottom").setTicks([[(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]])
        most = max([share for _, share in shares], default=1.0)
        self.item.setRange(
            xRange=(0, min(1.0, most * 1.15) or 1.0), yRange=(-0.6, max(len(shares), 1) - 0.4), padding=0
        )

    def words(self) -> str:
        """Return the shares as a sentence."""
        if self.standing is None or not self.standing.importance:
            return _say("What matters is told from ten trials on.")
        shares = ", ".join(f"{path} {share:.0%}" for path, share in self.standing.importance.items())
        return _say("What matters: {0}.").format(shares)


def best_in_words(standing: Standing) -> str:
    """Return how a sweep stands in a sentence or two."""
    said = _say("{0} of {1} trials").format(standing.over, standing.plan.settings.trials)
    early = sum(trial.state == "pruned" for trial in standing.trials)
    failed = sum(trial.state == "failed" for trial in standing.trials)
    said += _say(", {0} ended early").format(early) if early else ""
    said += _say(", {0} failed").format(failed) if failed else ""
    if (best := standing.best) is not None and best.figure is not None:
        values = values_in_words(best.values)
        said += _say(". Best so far is trial {0}: {1} ± {2}, with {3}").format(
            best.number, format_number(best.figure.mean, digits=4), f"{best.figure.interval:.2g}", values
        )
    return said + _say(".")


def values_in_words(values: Mapping[str, Any]) -> str:
    """Return the values of a trial on one line."""
    return ", ".join(f"{path.partition('.')[2]} {value_in_words(value)}" for path, value in values.items())


def value_in_words(value: Any) -> str:
    """Return one value of a trial."""
    return format_number(value, digits=4) if isinstance(value, float) else str(value)


def _height(place: Range, value: Any) -> float:
    """Return where on its range a value lies, from 0 to 1."""
    if value is None:
        return math.nan
    if place.choices:
        found = next((number for number, choice in enumerate(place.choices) if choice == value), 0)
        return found / max(len(place.choices) - 1, 1)
    low, high, at = float(place.low), float(place.high), float(value)
    if place.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / (high - low)


def _ends(place: Range) -> Sequence[tuple[float, str]]:
    if place.choices:
        return [(_height(place, choice), str(choice)) for choice in place.choices]
    return [(_height(place, end), _number(place, end)) for end in (place.low, place.high)]


def _ticks(place: Range) -> list[tuple[float, str]]:
    if place.choices:
        return [*_ends(place)]
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    if place.log:
        between = [math.exp(math.log(place.low) + share * math.log(place.high / place.low)) for share in shares]
    else:
        between = [place.low + share * (place.high - place.low) for share in shares]
    if place.whole:
        between = sorted({float(round(value)) for value in between})
    return [(_height(place, value), _number(place, value)) for value in between]


def _number(place: Range, value: float) -> str:
    return f"{round(value):,}" if place.whole else format_number(value, digits=2)


def _shown(standing: Standing, shortfall: float) -> float:
    return -shortfall if standing.measured.better == "higher" else shortfall


def _say(text: str) -> str:
    return QCoreApplication.translate("SweepPlots", text)
