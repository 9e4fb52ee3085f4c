from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from metagen_gui.gui.form.section import FormSection

# Offscreen windows take no size hints, and say so.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_folds_by_arrow_title_and_keyboard(qtbot: QtBot) -> None:
    section = FormSection("Model")
    qtbot.addWidget(section)
    section.show()
    assert section.content.isVisible()
    section.arrow.click()
    assert not section.content.isVisible()
    assert section.arrow.accessibleName() == "Unfold Model"
    qtbot.mouseClick(section.header, Qt.MouseButton.LeftButton)
    assert section.content.isVisible()
    qtbot.keyClick(section.arrow, Qt.Key.Key_Space)
    assert not section.content.isVisible()


def test_a_search_unfolds_only_for_a_while(qtbot: QtBot) -> None:
    section = FormSection("Model")
    qtbot.addWidget(section)
    section.set_open(False)
    section.force_open(True)
    assert section.is_open()
    section.force_open(False)
    assert not section.is_open()


def test_says_how_many_were_changed(qtbot: QtBot) -> None:
    section = FormSection("Model")
    qtbot.addWidget(section)
    section.show_changed(3)
    assert section.note.text() == "3 changed"
    section.show_changed(0)
    assert section.note.text() == ""
