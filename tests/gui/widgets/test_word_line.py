from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.widgets.word_line import WordLine


class Around(QWidget):
    """What the line stands in; it hears the keys that the line leaves alone."""

    escaped = 0

    def keyPressEvent(self, event: object) -> None:
        self.escaped += 1


def test_escape_empties_the_line_and_only_then_goes_further(qtbot: QtBot) -> None:
    around = Around()
    qtbot.addWidget(around)
    line = WordLine("words", "mdi6.magnify", "Search", "Finds what holds every word", around)
    line.setText("two words")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "" and around.escaped == 0
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert around.escaped == 1
    assert line.accessibleName() == line.placeholderText() == "Search" and line.toolTip()


def test_the_icon_follows_the_look(qtbot: QtBot) -> None:
    line = WordLine("words", "mdi6.magnify", "Search", "Finds")
    qtbot.addWidget(line)
    before = line.actions()[0].icon().cacheKey()
    line.changeEvent(QEvent(QEvent.Type.PaletteChange))
    assert line.actions()[0].icon().cacheKey() != before
