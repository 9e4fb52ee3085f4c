"""Presets: experiments that come with the program, each with a title and a sentence on what it is good for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.resources import resources_folder


@dataclass(frozen=True)
class Preset:
    """An experiment file with an `about`: `title` for the menu, `text` for the tooltip."""

    path: Path
    title: str
    text: str


def presets(folder: Path | None = None) -> list[Preset]:
    """Return the presets in the order of their file names; files that are not presets are left out."""
    found = []
    for path in sorted((folder or resources_folder() / "presets").glob("*.json")):
        try:
            about = json.loads(path.read_text(encoding="utf-8"))["about"]
            found.append(Preset(path, str(about["title"]), str(about["text"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


class PresetMenu(QObject):
    """The menu of presets, for the toolbar and the File menu."""

    chosen = Signal(object)
    """The `Preset` that a person picked."""

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.menu = QMenu(self.tr("&Presets"))
        self.menu.setToolTipsVisible(True)
        self._presets = presets(folder)
        for number, preset in enumerate(self._presets):
            action = self.menu.addAction(translated(preset.title))
            action.setToolTip(translated(preset.text))
            action.setData(number)
        if not self._presets:
            self.menu.addAction(self.tr("No presets are installed")).setEnabled(False)
        self.menu.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        if isinstance(action.data(), int):
            self.chosen.emit(self._presets[action.data()])
