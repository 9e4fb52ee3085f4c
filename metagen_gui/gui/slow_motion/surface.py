"""The loss surface of a toy from above, with θ as a handle, the arrows of the algorithms, and where tasks lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from metagen_gui.gui.look.ramps import colour_table, mixed
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.slow_motion.looks import look_of

if TYPE_CHECKING:
    from metagen_gui.engine.slow_motion.arrows import Arrow
    from metagen_gui.engine.slow_motion.toys import Toy

Values = npt.NDArray[np.float64]
_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_STRIDE = 0.02
"""How far a key moves θ, as a share of what is seen; with Shift a fifth of it."""
_LEVELS = 12
_REACH = 0.24
"""How long arrows are, as a share of the height of what is seen: their directions are what compares."""


class Surface(QWidget):
    """Draws what it is given; dragging the handle, a click or the arrow keys move θ."""

    moved = Signal(float, float)
    """θ was put somewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toy_surface")
        self.plot: Any = pg.PlotWidget(self)
        self.plot.setAccessibleName(self.tr("Loss surface; the arrow keys move θ"))
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.plot)
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.getViewBox().setMouseEnabled(x=False, y=False)
        item.layout.setContentsMargins(0, 8, 8, 4)
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
        self._image = pg.ImageItem(axisOrder="row-major")
        item.addItem(self._image)
        self._contours: list[Any] = []
        self._arrows: list[Any] = []
        """A line for each look; they stay, and are given other ends, which costs far less than new ones."""
        self._marks, self._paths, self._dots = pg.ScatterPlotItem(), pg.PlotCurveItem(), pg.ScatterPlotItem()
        self._trail = pg.PlotCurveItem()
        for part, height in ((self._trail, 7), (self._paths, 8), (self._dots, 9), (self._marks, 60)):
            part.setZValue(height)
            item.addItem(part)
        self._handle = pg.TargetItem((0, 0), size=16, movable=True)
        self._handle.setZValue(100)
        item.addItem(self._handle)
        self._handle.sigPositionChanged.connect(self._tell)
        self._extent = (-1.0, 1.0, -1.0, 1.0)
        self._losses: Values | None = None
        self._given: tuple[Mapping[str, Arrow], Mapping[str, int], Values | None] = {}, {}, None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.plot.installEventFilter(self)
        self.plot.scene().sigMouseClicked.connect(self._click)
        theme_changes().changed.connect(self._recolour)
        self._recolour()

    @property
    def theta(self) -> tuple[float, float]:
        """Where the handle is."""
        at = self._handle.pos()
        return float(at.x()), float(at.y())

    def show_toy(self, toy: Toy) -> None:
        """Show the plane of a toy, with θ where it begins."""
        self._extent = toy.extent
        left, right, bottom, top = toy.extent
        item = self.plot.getPlotItem()
        item.getViewBox().setRange(xRange=(left, right), yRange=(bottom, top), padding=0, disableAutoRange=True)
        item.setLabel("bottom", f"θ₁: {toy.axes[0]}")
        item.setLabel("left", f"θ₂: {toy.axes[1]}")
        self._losses = None
        self._draw_losses()
        self.show_trail(np.zeros((0, 2)))
        self.put(*toy.start)

    def put(self, x: float, y: float) -> None:
        """Move θ, within what is seen."""
        left, right, bottom, top = self._extent
        self._handle.setPos(min(max(x, left), right), min(max(y, bottom), top))

    def show_losses(self, losses: Values) -> None:
        """Draw a surface `(down, across)`, row 0 at the bottom."""
        self._losses = losses
        self._draw_losses()

    @property
    def drawn(self) -> int:
        """How many arrows can be seen."""
        return sum(line.isVisible() for line in self._arrows)

    def show_arrows(self, arrows: Mapping[str, Arrow], places: Mapping[str, int], paths: Values | None) -> None:
        """Draw the updates −g of the algorithms by name, with the looks of their `places`, all equally long.

        `paths` `(tasks, steps + 1, 2)` is where adaptation leads in some tasks.
        """
        self._given = dict(arrows), dict(places), paths
        self._draw_arrows()

    def show_trail(self, places: Values) -> None:
        """Draw the way that θ has come, `(n, 2)`."""
        self._trail.setVisible(len(places) > 1)
        if len(places) > 1:
            self._trail.setData(places[:, 0], places[:, 1])

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw_losses(self) -> None:
        losses, look = self._losses, plot_colours()
        for contour in self._contours:
            self.plot.scene().removeItem(contour)
        self._contours.clear()
        if losses is None:
            self._image.clear()
            return
        left, right, bottom, top = self._extent
        ground = mixed(look.background, look.foreground, 0.5)
        table = np.array(colour_table(look.background.name(), ground.name()), np.uint32)
        ramp = np.stack([table >> 16 & 255, table >> 8 & 255, table & 255], axis=1).astype(np.uint8)
        # by rank: narrow valleys and high walls get as many tones as there is of them to see
        finite = np.nan_to_num(losses, nan=np.nanmax(losses), posinf=np.nanmax(losses[np.isfinite(losses)]))
        levels = np.quantile(finite, np.linspace(0, 1, _LEVELS + 2))
        tone = np.interp(finite, levels, np.linspace(0, 255, len(levels)))
        self._image.setImage(ramp[np.rint(tone).astype(int)], levels=None)
        self._image.setRect(QRectF(left, bottom, right - left, top - bottom))
        line = QColor(look.muted)
        line.setAlphaF(0.55)
        for level in levels[1:-1]:
            contour = pg.IsocurveItem(finite, float(level), pen=pg.mkPen(line, width=1), axisOrder="row-major")
            contour.setParentItem(self._image)
            contour.setZValue(5)
            contour.setCacheMode(contour.CacheMode.DeviceCoordinateCache)  # drawn once, however often θ moves
            self._contours.append(contour)

    def _draw_arrows(self) -> None:
        arrows, places, paths = self._given
        look, item = plot_colours(), self.plot.getPlotItem()
        ways = np.zeros((0, 2, 2)) if paths is None else paths
        joined = np.ones(ways.shape[:2], np.int32)
        joined[:, -1:] = 0
        x, y = ways.reshape(-1, 2).T
        self._paths.setData(x, y, connect=joined.ravel(), pen=pg.mkPen(look.muted, width=1))
        self._dots.setData(x, y, size=4, pen=None, brush=look.muted)
        left, right, bottom, top = self._extent
        span, spots = np.array([right - left, top - bottom]), []
        while len(self._arrows) < len(arrows):
            line = pg.PlotCurveItem()
            line.setZValue(20 + len(self._arrows))
            item.addItem(line)
            self._arrows.append(line)
        shown = [(name, arrow) for name, arrow in arrows.items() if arrow.length]
        for line in self._arrows[len(shown) :]:
            line.setVisible(False)
        for number, (line, (name, arrow)) in enumerate(zip(self._arrows, shown, strict=False)):
            worn = look_of(places[name])
            # as long on the screen whatever the two axes measure; marks stand apart where arrows coincide
            way = -arrow.gradient / np.linalg.norm(arrow.gradient / span) * _REACH
            start, mark = np.array(arrow.theta), 1.0 - 0.5 * number / len(shown)
            line.setData(*np.stack([start, start + way]).T, pen=worn.pen())
            line.setVisible(True)
            face = {"symbol": worn.mark, "size": 11, "brush": worn.colour, "pen": look.background}
            spots.append({"pos": start + mark * way, **face})
        self._marks.setData(spots)

    def _recolour(self) -> None:
        look = plot_colours()
        self.plot.setBackground(QColor(look.background))
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(QColor(look.muted))
            axis.setTextPen(QColor(look.muted))
        self._handle.setPen(pg.mkPen(look.foreground, width=2))
        self._handle.setHoverPen(pg.mkPen(look.foreground, width=3))
        self._handle.setBrush(pg.mkBrush(look.background))
        self._trail.setPen(pg.mkPen(look.foreground, width=1, style=Qt.PenStyle.DotLine))
        self._draw_losses()
        self._draw_arrows()

    # -- moving θ ------------------------------------------------------------------------------------------------

    def _tell(self, *_: object) -> None:
        x, y = self.theta
        left, right, bottom, top = self._extent
        inside = min(max(x, left), right), min(max(y, bottom), top)
        if inside != (x, y):
            self._handle.setPos(*inside)  # which tells
            return
        self.plot.setAccessibleDescription(f"θ₁ = {x:.3g}, θ₂ = {y:.3g}")
        self.moved.emit(x, y)

    def _click(self, event: Any) -> None:
        view = self.plot.getViewBox()
        if event.button() == Qt.MouseButton.LeftButton and view.sceneBoundingRect().contains(event.scenePos()):
            place: QPointF = view.mapSceneToView(event.scenePos())
            self.put(place.x(), place.y())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move θ."""
        if watched is self.plot and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            way = _KEYS.get(Qt.Key(event.key()))
            if way is not None:
                fine = 0.2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
                left, right, bottom, top = self._extent
                x, y = self.theta
                self.put(x + way[0] * fine * _STRIDE * (right - left), y + way[1] * fine * _STRIDE * (top - bottom))
                return True
        return super().eventFilter(watched, event)
