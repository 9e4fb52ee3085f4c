"""Opens the export dialog: one, for the run of this window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.run.controller import RunController

if TYPE_CHECKING:
    from metagen_gui.gui.export.dialog import ExportDialog


class ExportCommand(QObject):
    """The dialog is made when it is first wanted."""

    def __init__(self, controller: RunController, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self._dialog: ExportDialog | None = None

    def open(self) -> None:
        """Show the dialog for the present run; one that writes goes on with what it does."""
        engine = self._controller.engine
        if engine is None:
            return
        if self._dialog is None:
            from metagen_gui.gui.export.dialog import ExportDialog  # when it is wanted, not when the window is painted

            self._dialog = ExportDialog(engine, self._controller, self._window)
        elif not self._dialog.busy:
            self._dialog.set_run(self._controller.folder)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()
