"""Samples of a test side by side: what every arm makes of the same support from the same latents, a row per arm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.samples.cell_picture import image_tones
from metagen_gui.gui.samples.density_view import draw_ground, draw_points, extent_of
from metagen_gui.gui.samples.image_mosaic import Frame, draw_mosaic
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.claims.findings import Findings
    from metagen_gui.engine.claims.folder import Scored

Examples = npt.NDArray[Any]
ACROSS, SIDE, CLOUD = 5, 36, 150
"""Images of a strip; pixels of an image and of a cloud of points."""
TUNED = -1


class ClaimsSamples(QWidget):
    """A task is chosen above, and after how many adaptation steps the samples are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims_samples")
        self._findings: Findings | None = None
        self.task = self._chooser("claims_task", self.tr("Held-out task"), self.tr("Which held-out task is shown"))
        tip = self.tr("After how many adaptation steps; as tuned: after those that did best on validation tasks")
        self.step = self._chooser("claims_step", self.tr("Adaptation steps"), tip)
        header = QHBoxLayout()
        for text, box in ((self.tr("Tas&k"), self.task), (self.tr("A&fter"), self.step)):
            label = PlainLabel(text)
            label.setBuddy(box)
            header.addWidget(label)
            header.addWidget(box)
        header.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setAccessibleName(self.tr("Samples of every arm"))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.addLayout(header)
        column.addWidget(self._scroll, 1)
        theme_changes().changed.connect(self._draw)

    def show_findings(self, findings: Findings) -> None:
        """Show the samples of a test, as tuned."""
        self._findings = findings
        for box, items in (
            (self.task, [(f"{place + 1}: {name}", place) for place, name in enumerate(findings.shown.names)]),
            (self.step, [(self.tr("as tuned"), TUNED), *((f"{row:,}", row) for row in findings.plan.rows)]),
        ):
            box.blockSignals(True)
            box.clear()
            for text, value in items:
                box.addItem(text, value)
            box.blockSignals(False)
        self._draw()

    def pictures(self) -> list[QLabel]:
        """Return the pictures shown, each with its words as accessible name."""
        ground = self._scroll.widget()
        found = ground.findChildren(QLabel, "claims_picture") if ground else []
        return [label for label in found if isinstance(label, QLabel)]

    # -- within ------------------------------------------------------------------------------------------------------

    def _chooser(self, name: str, says: str, tip: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        box.setAccessibleName(says)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        guard_wheel(box)
        box.currentIndexChanged.connect(self._draw)
        return box

    def _draw(self) -> None:
        found = self._findings
        if found is None or self.task.currentData() is None:
            return
        task, wanted = int(self.task.currentData()), int(self.step.currentData())
        ground = QWidget()
        grid = QGridLayout(ground)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        support, query = found.shown.support[task], found.shown.query[task]
        frame = (support, query)
        for column, (title, examples) in enumerate(
            ((self.tr("given (support)"), support), (self.tr("held back (query)"), query)), start=1
        ):
            self._put(grid, 0, column, title, self._picture(examples, frame, title))
        footing = next(iter(found.shared))
        for arm in found.arms:
            first = next(iter(found.scored(arm, footing)), None)
            if arm.is_null or first is None:  # the null draws other tasks
                continue
            scored = first.for_samples
            row = grid.rowCount()
            name = PlainLabel(translated(arm.title))
            name.setWordWrap(True)
            name.setFixedWidth(84)
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignVCenter)
            for column, step in enumerate(_steps(scored, wanted), start=1):
                if step is None:
                    continue
                title = self.tr("before adapting") if step == 0 else self.tr("after {0} steps").format(step)
                samples = scored.own.pictures[task][scored.own.rows.index(step)]
                self._put(grid, row, column, title, self._picture(samples, frame, f"{arm.title}, {title}"))
        grid.setColumnStretch(3, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        self._scroll.setWidget(ground)

    def _put(self, grid: QGridLayout, row: int, column: int, title: str, picture: QLabel) -> None:
        words = PlainLabel(title)
        words.setProperty("tone", "muted")
        cell = QVBoxLayout()
        cell.setSpacing(2)
        cell.addWidget(words)
        cell.addWidget(picture)
        grid.addLayout(cell, row, column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def _picture(self, examples: Examples, frame: tuple[Examples, Examples], says: str) -> QLabel:
        """Return a strip of images, or a cloud of points in the frame of support and query."""
        ratio = self.devicePixelRatioF()
        if examples.ndim == 2:
            drawn = _cloud(examples, frame, ratio, generated=not any(examples is one for one in frame))
        else:
            side = int(SIDE * ratio)
            values = np.rint(255 * np.nan_to_num(examples[:ACROSS]).clip(0, 1)).astype(np.uint8)
            drawn = draw_mosaic(values, Frame(ACROSS, 1, (side, side), gap=max(1, round(ratio))), image_tones(False))
            drawn.setDevicePixelRatio(ratio)
        label = PlainLabel()
        label.setObjectName("claims_picture")
        label.setAccessibleName(says)
        label.setToolTip(plain_tip(says))
        label.setPixmap(QPixmap.fromImage(drawn))
        return label


def _steps(scored: Scored, wanted: int) -> tuple[int | None, int | None]:
    """Return what stands in the two columns of an arm: before adapting, and after; None where there is no such."""
    rows = scored.own.rows
    if len(rows) == 1:
        return rows[0], None
    after = (scored.choice.step or rows[-1]) if wanted == TUNED else wanted
    return 0, (after if after in rows and after else None)


def _cloud(points: Examples, frame: tuple[Examples, Examples], ratio: float, *, generated: bool) -> QImage:
    look, size = plot_colours(), QSize(CLOUD, CLOUD)
    picture = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    area = QRectF(0, 0, CLOUD, CLOUD)
    colour = QColor(look.series[1] if generated else look.foreground)
    colour.setAlphaF(0.7)
    painter = QPainter(picture)
    draw_ground(painter, area, None, look)
    draw_points(painter, area, points, extent_of(list(frame)), colour, 3.5, ratio)
    painter.end()
    return picture
