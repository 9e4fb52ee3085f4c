from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QMainWindow
from pytestqt.qtbot import QtBot

from metagen_gui.gui.window.actions import COMMANDS, make_actions
from metagen_gui.gui.window.shortcut_keys import OF_THE_TEXT, ShortcutKeys


class Greedy(QLineEdit):
    """A text field that takes every key, as those of some desktops take Ctrl+E, Ctrl+K and Ctrl+U."""

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)


@pytest.mark.parametrize(("name", "keys"), [(command.name, keys) for command in COMMANDS for keys in command.shortcuts])
def test_a_text_field_keeps_only_the_keys_of_typing(qtbot: QtBot, name: str, keys: str) -> None:
    given: list[str] = []
    window, field = QMainWindow(), Greedy()
    qtbot.addWidget(window)
    window.setCentralWidget(field)
    actions = make_actions(window, {command.name: lambda *_, of=command.name: given.append(of) for command in COMMANDS})
    window.addActions(list(actions.values()))
    ShortcutKeys(actions, window)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    pressed = QKeySequence(keys)[0]
    qtbot.keyClick(field, pressed.key(), pressed.keyboardModifiers())
    assert given == ([] if name in OF_THE_TEXT else [name])
