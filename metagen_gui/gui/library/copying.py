"""Copies a run behind the window: its checkpoints may be large."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.library.runs import RunLibrary
from metagen_gui.gui.run.training_thread import one_sentence

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry


class CopyingThread(QThread):
    """Copies one run; afterwards `copy` is the new one, or `problem` says why there is none."""

    def __init__(self, library: RunLibrary, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._folder = library, folder
        self.copy: RunEntry | None = None
        self.problem = ""

    def run(self) -> None:
        """Qt's entry point."""
        try:
            self.copy = self._library.read_entry(self._library.duplicate(self._folder))
        except BadInput as problem:
            self.problem = str(problem)
        except Exception as error:  # nothing may leave run(): Qt would print it and report success
            self.problem = one_sentence(error)
