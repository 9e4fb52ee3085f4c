"""Icons: those of qtawesome, pixel for pixel, without qtawesome; and every one that the program names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from pytestqt.qtbot import QtBot

from metagen_gui.gui.look import icon_font
from metagen_gui.gui.look.icon_font import font_icon

SOURCE = Path(icon_font.__file__).parents[1]
RED, GREY, BLUE = QColor("#c02020"), QColor("#808080"), QColor("#2020c0")


def drawn(icon: QIcon, size: int, ratio: float, mode: QIcon.Mode) -> QImage:
    return icon.pixmap(QSize(size, size), ratio, mode).toImage()


@pytest.mark.parametrize("mode", list(QIcon.Mode))
@pytest.mark.parametrize(("size", "ratio"), [(16, 1.0), (20, 1.5), (33, 2.0)])
def test_icons_are_those_of_qtawesome(qtbot: QtBot, mode: QIcon.Mode, size: int, ratio: float) -> None:
    ours = font_icon("mdi6.trash-can-outline", RED, GREY, BLUE)
    theirs = qtawesome.icon("mdi6.trash-can-outline", color=RED, color_disabled=GREY, color_active=BLUE)
    image = drawn(ours, size, ratio, mode)
    assert image == drawn(theirs, size, ratio, mode)
    assert any(image.pixelColor(x, image.height() // 2).alpha() for x in range(image.width()))


def test_under_the_mouse_an_icon_keeps_its_colour_unless_told(qtbot: QtBot) -> None:
    icon = font_icon("mdi6.play", RED, GREY)
    assert drawn(icon, 20, 1.0, QIcon.Mode.Active) == drawn(icon, 20, 1.0, QIcon.Mode.Normal)
    assert drawn(icon, 20, 1.0, QIcon.Mode.Active) != drawn(icon, 20, 1.0, QIcon.Mode.Disabled)


def test_every_icon_that_is_named_exists(qtbot: QtBot) -> None:
    named = {name for file in SOURCE.rglob("*.py") for name in re.findall(r'"(mdi6\.[a-z0-9-]+)"', file.read_text())}
    assert len(named) > 20
    for name in named:
        font_icon(name, RED, GREY)
    with pytest.raises(KeyError):
        font_icon("mdi6.no-such-icon", RED, GREY)


def test_fonts_that_lie_elsewhere_are_left_to_qtawesome(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = drawn(font_icon("mdi6.play", RED, GREY), 20, 1.0, QIcon.Mode.Normal)
    monkeypatch.setattr(icon_font, "_file", lambda pattern: None)
    assert drawn(font_icon("mdi6.play", RED, GREY), 20, 1.0, QIcon.Mode.Normal) == expected
