"""Brings a run's alarms to the strip, and the remedies that a person takes to the form and to the run."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow, QWidget

from metagen_gui.engine.events import Remedy
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.health.strip import HealthStrip
from metagen_gui.gui.run.health.words import RemedyWords, remedy_words


class HealthWatch(QObject):
    """Owns the strip. A remedy is an edit like any other: it can be undone, and a live one reaches the run."""

    def __init__(self, controller: RunController, panel: ExperimentPanel, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._panel = controller, panel
        self.strip = HealthStrip(self._words, window)
        if isinstance(window, QMainWindow):
            window.addToolBarBreak()
            window.addToolBar(self.strip)
        self.strip.remedy_wanted.connect(self.take)
        controller.alarmed.connect(self.strip.hear)
        controller.started.connect(self.strip.clear)
        controller.discarded.connect(self.strip.clear)

    def take(self, remedy: Remedy) -> None:
        """Set what the remedy sets, and say from when on it holds; or say why it cannot be set."""
        words = self._words(remedy)
        try:
            self._panel.experiment().with_value(remedy.path, remedy.value).check()
        except BadInput as problem:
            self.strip.note(
                self.tr("Not changed: {where}: {why}").format(where=problem.where, why=translated(problem.why))
            )
            return
        self._panel.set_value(remedy.path, remedy.value)
        self.strip.note(words.done)

    def _words(self, remedy: Remedy) -> RemedyWords:
        return remedy_words(remedy, self._panel.experiment(), running=self._controller.state.busy)
