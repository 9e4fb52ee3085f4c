from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from metagen_gui.engine.data.image_files.kinds import Kind
from metagen_gui.engine.data.image_files.report import KindRead
from metagen_gui.gui.experiment.images.kinds import SIDE, ImportKinds, picture_after, picture_before
from metagen_gui.gui.look.theme import apply_theme


def kind(count: int = 3, name: str = "a/1.png") -> KindRead:
    before = np.zeros((10, 20, 4), np.uint8)
    before[:, :10] = (255, 0, 0, 255)
    return KindRead(Kind("PNG", "palette"), count, name, before, np.full((1, 4, 4), 255, np.uint8))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_picture_keeps_its_shape_and_squares_show_through(qtbot: QtBot, ratio: float) -> None:
    picture = picture_before(kind().before, ratio)
    assert (picture.width(), picture.height()) == (round(SIDE * ratio), round(SIDE * ratio / 2))
    assert picture.pixelColor(5, 5) == QColor("#ff0000")
    clear = {picture.pixelColor(x, y).name() for x in range(picture.width() * 3 // 4, picture.width()) for y in (1, 9)}
    assert len(clear) == 2 and "#ff0000" not in clear and "#000000" not in clear


def test_what_is_read_is_drawn_as_the_numbers_it_becomes(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    ink = kind().after
    for look in ("light", "dark"):
        apply_theme(app, look)
        drawn = [picture_after(pixels, 1.0).pixelColor(9, 9).name() for pixels in (ink, 255 - ink)]
        assert drawn == ["#ffffff", "#000000"], "read inverted, a picture looks inverted"
    apply_theme(app, "light")
    colour = np.zeros((3, 4, 4), np.uint8)
    colour[1] = 255
    assert picture_after(colour, 1.0).pixelColor(9, 9) == QColor("#00ff00")


def test_each_kind_has_two_pictures_and_words(qtbot: QtBot) -> None:
    view = ImportKinds()
    qtbot.addWidget(view)
    view.show_kinds([kind(1), kind(1234, "<b>two</b>.png")])
    view.resize(500, 400)
    view.show()
    pictures = [label for label in view.findChildren(QLabel) if not label.pixmap().isNull()]
    assert {label.accessibleName() for label in pictures} == {
        f"{name} {how}" for name in ("a/1.png", "<b>two</b>.png") for how in ("as it is", "as it is read")
    }
    texts = [label.text() for label in view.findChildren(QLabel)]
    assert {"PNG, palette", "1 image", "1,234 images", "such as <b>two</b>.png"} <= set(texts)
    (named,) = [label for label in view.findChildren(QLabel) if label.text() == "such as <b>two</b>.png"]
    assert named.textFormat() == Qt.TextFormat.PlainText and "&lt;b&gt;" in named.toolTip()
    view.show_kinds([])
    assert not [label for label in view.widget().findChildren(QLabel) if not label.pixmap().isNull()]
