"""Draw resources/icons/metagen-SIZE.png from metagen.svg (`make icons`)."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
FOLDER = Path(__file__).parents[1] / "resources" / "icons"


def draw(renderer: QSvgRenderer, size: int) -> QImage:
    """Return the icon, `size` pixels wide: drawn four times as large and shrunk, which keeps small ones crisp."""
    image = QImage(4 * size, 4 * size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    return image.scaled(size, size, mode=Qt.TransformationMode.SmoothTransformation)


def main() -> None:
    """Draw every size."""
    renderer = QSvgRenderer(str(FOLDER / "metagen.svg"))
    for size in SIZES:
        draw(renderer, size).save(str(FOLDER / f"metagen-{size}.png"))


if __name__ == "__main__":
    main()
