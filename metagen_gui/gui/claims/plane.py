"""Recognizability against diversity, and against originality: arms and landmarks as spots in two planes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.claims.findings import Findings
    from metagen_gui.engine.held_out.landmarks import Place
    from metagen_gui.engine.held_out.measures import Measure
    from metagen_gui.engine.metrics.base import Axis

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 40
_DOT = 5.0
_LEAST = 1.4
"""How far to the right a plane goes at least: real examples lie at 1."""


class ClaimsPlane(QWidget):
    """Draws the places of one footing; empty where there is no plane, as for points."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims_plane")
        self._findings: Findings | None = None
        self.footing = QComboBox(self)
        self.footing.setObjectName("claims_plane_footing")
        self.footing.setAccessibleName(self.tr("Footing"))
        self.footing.setToolTip(self.tr("Whether arms are compared after as much training time, or as many steps"))
        guard_wheel(self.footing)
        self.footing.currentIndexChanged.connect(self._show_footing)
        self.note, self.judge = PlainLabel(parent=self), PlainLabel(parent=self)
        for label in (self.note, self.judge):
            label.setWordWrap(True)
            label.setProperty("tone", "muted")
        self.drawing = PlaneDrawing(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.footing, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.drawing, 1)
        column.addWidget(self.note)
        column.addWidget(self.judge)

    @property
    def has_places(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.drawing.places)

    def show_findings(self, findings: Findings) -> None:
        """Draw the places of a test."""
        from metagen_gui.engine.metrics.landmarks import ABOUT

        self._findings = findings
        self.footing.blockSignals(True)
        self.footing.clear()
        self.footing.addItems([*findings.shared])
        self.footing.blockSignals(False)
        self.footing.setVisible(self.footing.count() > 1)
        self.note.setText(ABOUT)
        self.judge.setText("\n".join(findings.notes))
        self._show_footing()

    def _show_footing(self) -> None:
        if self._findings is not None:
            from metagen_gui.engine.held_out.landmarks import axes

            chosen = next((one for one in self._findings.shared if one == self.footing.currentText()), None)
            places = [] if chosen is None else self._findings.places(chosen)
            self.drawing.show_places(places, axes(self._findings.measures))


class PlaneDrawing(QWidget):
    """The planes side by side: recognizability upwards, another axis across each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.places: list[Place] = []
        self._axes: dict[Axis, Measure] = {}
        self.setAccessibleName(self.tr("Recognizability and diversity"))
        theme_changes().changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """Leave room for two planes."""
        return QSize(320, 200)

    def show_places(self, places: list[Place], along: dict[Axis, Measure]) -> None:
        """Draw `places` along the axes, recognizability first."""
        self.places, self._axes = places, along
        lines = []
        for one in places:
            told = [f"{axis} {format_number(found.mean, digits=3)}" for axis, found in one.figures.items()]
            lines.append(f"{translated(one.title)}: {', '.join(told)}")
        self.setAccessibleDescription("\n".join(lines))
        self.setToolTip("")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both planes."""
        look, painter = plot_colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), look.background)
        across = [axis for axis in self._axes if axis != "recognizability"] if self.places else []
        for number, axis in enumerate(across):
            width = self.width() / len(across)
            self._paint(painter, QRectF(number * width, 0, width, self.height()), axis)
        painter.end()

    def _paint(self, painter: QPainter, area: QRectF, axis: Axis) -> None:
        look = plot_colours()
        inner = area.adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        found = [(one, one.figures[axis], one.figures["recognizability"]) for one in self.places]
        spots = [spot for spot in found if math.isfinite(spot[1].mean) and math.isfinite(spot[2].mean)]
        far = max([_LEAST, *(x.mean * 1.05 for _, x, _ in spots)])

        def at(x: float, y: float) -> QPointF:
            right, up = min(max(x / far, 0.0), 1.0), min(max(y, 0.0), 1.0)
            return QPointF(inner.left() + inner.width() * right, inner.bottom() - inner.height() * up)

        middle, metrics = Qt.AlignmentFlag.AlignCenter, self.fontMetrics()
        for tenth in range(0, 11, 2):
            painter.setPen(QPen(look.grid, 1))
            painter.drawLine(at(0, tenth / 10), at(far, tenth / 10))
            painter.setPen(look.muted)
            level = at(0, tenth / 10).y()
            painter.drawText(
                QRectF(area.left(), level - 8, _LEFT - 6, 16), Qt.AlignmentFlag.AlignRight, f"{tenth / 10:g}"
            )
        for half in range(int(far * 2) + 1):
            x = at(half / 2, 0).x()
            painter.drawText(QRectF(x - 20, inner.bottom() + 3, 40, 16), middle, f"{half / 2:g}")
        says = self.tr("{0} →   ↑ recognizability").format(translated(self._axes[axis].title))
        says = metrics.elidedText(says, Qt.TextElideMode.ElideRight, int(area.width()) - 8)
        painter.drawText(QRectF(area.left(), area.bottom() - 20, area.width(), 18), middle, says)
        dots = [at(right.mean, up.mean) for _, right, up in spots]
        taken = [QRectF(dot.x() - _DOT, dot.y() - _DOT, 2 * _DOT, 2 * _DOT) for dot in dots]
        for one, right, up in sorted(spots, key=lambda spot: -spot[2].mean):
            place = at(right.mean, up.mean)
            wide, high = (half if math.isfinite(half) else 0.0 for half in (right.interval, up.interval))
            painter.setPen(QPen(look.muted if one.is_landmark else look.series[one.colour % len(look.series)], 1.5))
            painter.drawLine(at(right.mean - wide, up.mean), at(right.mean + wide, up.mean))
            painter.drawLine(at(right.mean, up.mean - high), at(right.mean, up.mean + high))
            painter.setBrush(look.background if one.is_landmark else painter.pen().color())
            painter.drawEllipse(place, _DOT, _DOT)
            box = _free(place, metrics.horizontalAdvance(translated(one.title)) + 2.0, area, taken)
            taken.append(box)
            painter.setPen(look.foreground)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, translated(one.title))


def _free(place: QPointF, wide: float, area: QRectF, taken: list[QRectF]) -> QRectF:
    """Return where a name goes: beside its spot if that is free, otherwise a little above or below."""
    beside = [place.x() + 9, place.x() - 9 - wide]
    boxes = [QRectF(left, place.y() - 8 + lower, wide, 16) for lower in (0, 14, -14, 28, -28) for left in beside]
    inside = [box for box in boxes if area.left() <= box.left() and box.right() <= area.right()] or boxes
    return next((box for box in inside if not any(box.intersects(other) for other in taken)), inside[0])
