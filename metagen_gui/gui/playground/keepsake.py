"""What the models have made of a person's examples, as one picture to be kept: every arm with its name above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.files import write_atomically
from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.playground.wall import ArmView
from metagen_gui.gui.samples.columns import shows_points
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.saving import where_to_save

ROOM, PLANE, MARGIN, FINE = QSize(640, 160), QSize(400, 400), 12, 2
"""Logical pixels that pictures, or the plane, of an arm may take; those around; and pixels of the file for each."""


class KeepsakeButton(IconButton):
    """Asks where to, and saves what the arms show; `say` is told what came of it, and whether that is bad."""

    def __init__(
        self, arms: Sequence[ArmView], say: Callable[[str, bool], object], parent: QWidget | None = None
    ) -> None:
        super().__init__("mdi6.image-move", "", parent)
        text = self.tr("Save what the models have made as a picture")
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setObjectName("playground_picture_button")
        self._arms, self._say = arms, say
        self.clicked.connect(self.ask)

    def ask(self, _checked: bool = False) -> None:
        """Ask where the picture goes."""
        picture = picture_of(self._arms)
        if picture is None:
            self._say(self.tr("There are no samples yet."), True)
            return
        kinds = self.tr("Pictures (*.png)")
        path = where_to_save(self, self.tr("Save samples"), "samples.png", kinds, ".png")
        if path is not None:
            self.save(picture, path)

    def save(self, picture: QImage, path: Path) -> None:
        """Write a picture as PNG, whole or not at all; what cannot be is told."""
        encoded = QBuffer()
        encoded.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(encoded, QByteArray(b"png")).write(picture)
        try:
            write_atomically(path, bytes(encoded.data().data()))
        except OSError as error:
            self._say(f"{path}: {error.strerror or error}", True)
        else:
            self._say(self.tr("Saved {0}").format(path.name), False)


def picture_of(arms: Sequence[ArmView]) -> QImage | None:
    """Return the samples of all arms that have any, one below the other, in the present look; None of none."""
    rooms = [(arm, PLANE if shows_points(arm.shown.snapshot) else ROOM) for arm in arms if arm.shown is not None]
    parts = [(arm, arm.picture(room, FINE)) for arm, room in rooms]
    if not parts:
        return None
    letters = parts[0][0].fontMetrics().height() + MARGIN // 2
    sizes = [picture.deviceIndependentSize().toSize() for _, picture in parts]
    whole = QSize(
        max(size.width() for size in sizes) + 2 * MARGIN,
        sum(size.height() + letters + MARGIN for size in sizes) + MARGIN,
    )
    drawn = QImage(whole * FINE, QImage.Format.Format_RGB32)
    drawn.setDevicePixelRatio(FINE)
    drawn.fill(colours().window)
    painter = QPainter(drawn)
    painter.setFont(parts[0][0].font())
    painter.setPen(colours().text)
    top = MARGIN
    for (arm, picture), size in zip(parts, sizes, strict=True):
        painter.drawText(QPoint(MARGIN, top + arm.fontMetrics().ascent()), arm.accessibleName())
        painter.drawImage(QPoint(MARGIN, top + letters), picture)
        top += size.height() + letters + MARGIN
    painter.end()
    return drawn
