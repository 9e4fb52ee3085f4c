"""Opens the claim tester, ends its test with the window, and tells in the window what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from metagen_gui.gui.claims.controller import ClaimsController
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.widgets.plain_text import PlainBox
from metagen_gui.gui.widgets.question import is_agreed

if TYPE_CHECKING:
    from metagen_gui.gui.claims.dialog import ClaimsDialog


class ClaimsCommand(QObject):
    """The tester is made when it is first wanted: it needs the engine."""

    def __init__(self, run: RunController, panel: ExperimentPanel, banner: Banner, window: QWidget) -> None:
        super().__init__(window)
        self._run, self._panel, self._banner, self._window = run, panel, banner, window
        self._leaving = False
        self.controller = ClaimsController(run, parent=self)
        self.dialog: ClaimsDialog | None = None
        self.controller.state_changed.connect(self._leave)
        self.controller.finished.connect(self._tell)
        run.state_changed.connect(self._show_beside)

    def open(self) -> None:
        """Show the tester for the present experiment; a test that goes on stays."""
        engine = self._run.engine
        if engine is None:
            return
        if self.dialog is None:
            from metagen_gui.gui.claims.dialog import ClaimsDialog

            root = engine.runs_folder().parent / "claims"
            self.dialog = ClaimsDialog(self.controller, self._panel.experiment, root, self._window)
            self.dialog.ask()
        elif not self.dialog.isVisible():
            self.dialog.come_back()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def detain(self, event: QCloseEvent, *, quietly: bool) -> bool:
        """Return whether the window has to wait, and ignore `event` if so: it is closed when the test has stopped."""
        if not self.controller.state.busy:
            return False
        event.ignore()
        if self._leaving or quietly or self._may_stop():
            self._leaving = True
            self.controller.stop()
            self._banner.tell(self.tr("Closing as soon as the test of claims has come to a safe point…"))
        return True

    def wait(self) -> None:
        """Block until no thread is left: for the end of the program."""
        self.controller.wait()

    def _may_stop(self) -> bool:
        box = PlainBox(self._window)
        box.setObjectName("claims_close_dialog")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("A test of claims is going on"))
        box.setText(self.tr("Stop the test and quit?"))
        box.setInformativeText(self.tr("What it has done is kept; it can go on from there another time."))
        return is_agreed(box, self.tr("&Stop and quit"), self.tr("&Keep testing"))

    def _leave(self) -> None:
        if self._leaving and not self.controller.state.busy:
            self._leaving = False
            QTimer.singleShot(0, self._window.close)  # not at once: this may be within the event that asks

    def _tell(self) -> None:
        """Nobody looks at the tester: say in the window that there is something to see."""
        if self.dialog is not None and not self.dialog.isVisible():
            self._banner.tell(self.tr("The test of claims is done."), offer=self.tr("Show"), then=self.open)

    def _show_beside(self) -> None:
        if self.dialog is not None:
            self.dialog.show_beside()
