"""Says in the window what a run has to say: notices, refused inputs, failures with their details."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.program.fault_dialog import FaultDialog
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.health.watch import HealthWatch
from metagen_gui.gui.run.status.updates import StatusUpdates
from metagen_gui.gui.widgets.banner import Banner


class RunMessages(QObject):
    """Puts each message where it belongs: beside the control, in the status line, in the banner, in the strip."""

    def __init__(
        self,
        controller: RunController,
        panel: ExperimentPanel,
        banner: Banner,
        updates: StatusUpdates,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._panel = panel
        self._banner = banner
        self._updates = updates
        self._window = window
        self._failure = ("", "")
        self._refused = False
        self.health = HealthWatch(controller, panel, window)
        controller.noticed.connect(banner.tell)
        controller.warned.connect(banner.warn)
        controller.refused.connect(self.refuse)
        panel.experiment_changed.connect(self._forget_refusal)
        controller.failed.connect(self._fail)

    def clear(self) -> None:
        """A new attempt begins."""
        self._banner.dismiss()
        self._panel.clear_problem()

    def refuse(self, where: str, why: str) -> None:
        """Show an input that cannot be used."""
        self._panel.show_problem(where, why)
        self._updates.say(self.tr("Not started: {where}: {why}").format(where=where, why=translated(why)))
        self._refused = True

    def _forget_refusal(self) -> None:
        """What was said of the experiment may be mended: the status line is about now."""
        if self._refused:
            self._refused = False
            self._updates.say("")

    def show_details(self) -> None:
        """Open what is known of the last failure, to be copied."""
        sentence, details = self._failure
        FaultDialog(self.tr("The run failed"), sentence, details or sentence, self._window).show()

    def _fail(self, sentence: str, details: str) -> None:
        self._failure = (sentence, details)
        self._refused = False
        self._banner.warn(sentence, offer=self.tr("Details…"), then=self.show_details)
