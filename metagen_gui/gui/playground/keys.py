"""The keys that mean something to every part of the playground."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent, QKeySequence

KEYS = {
    "undo": QKeySequence.StandardKey.Undo,
    "redo": QKeySequence.StandardKey.Redo,
    "paste": QKeySequence.StandardKey.Paste,
    "copy": QKeySequence.StandardKey.Copy,
}


def meant(event: QKeyEvent) -> str:
    """Return what a key asks for, "" where it is nothing of the playground's."""
    return next((name for name, key in KEYS.items() if event.matches(key)), "")
