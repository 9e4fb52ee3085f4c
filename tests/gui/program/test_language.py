"""The window in another language: its own texts, Qt's, and the choice in the menu."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.languages.spoken import speak
from metagen_gui.gui.program.language import KEY, speak_in_window
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.window.language_menu import LanguageMenu


@pytest.fixture
def chinese(qapp: QCoreApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Speak as the window does where its settings say Chinese; English again afterwards."""
    monkeypatch.delenv("METAGEN_LANGUAGE")
    settings = WindowSettings(tmp_path / "window.ini")
    settings.keep(KEY, "zh_CN")
    yield speak_in_window(qapp, settings)
    speak("en")
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()


class Shown(QWidget):
    """Any widget."""


def test_texts_of_ours_and_of_qt_are_in_the_chosen_language(chinese: str, qtbot: QtBot) -> None:
    widget = Shown()
    qtbot.addWidget(widget)
    assert chinese == "zh_CN"
    assert widget.tr("&Undo") == QCoreApplication.translate("Actions", "&Undo") == "撤销(&U)"
    assert widget.tr("a text that nobody knows") == "a text that nobody knows"
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.buttons()[0].text() == "取消"


def test_the_menu_remembers_a_choice_and_says_when_it_holds(qtbot: QtBot, tmp_path: Path) -> None:
    settings = WindowSettings(tmp_path / "window.ini")
    banner = Banner()
    qtbot.addWidget(banner)
    menu = LanguageMenu(settings, banner)
    qtbot.addWidget(menu)
    names = [action.text() for action in menu.actions()]
    assert names[1:] == ["English", "简体中文"]
    assert [action.isChecked() for action in menu.actions()] == [True, False, False]
    menu.actions()[2].trigger()
    assert settings.text(KEY) == "zh_CN"
    assert "opened again" in banner.text()
    again = LanguageMenu(settings, banner)
    qtbot.addWidget(again)
    assert [action.isChecked() for action in again.actions()] == [False, False, True]
