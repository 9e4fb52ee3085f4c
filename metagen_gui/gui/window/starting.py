"""Start and Step, which may be asked for before the engine is there; then they are done as soon as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from metagen_gui.gui.experiment.files import ExperimentFiles
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.program.engine_loader import EngineLoader
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.status.messages import RunMessages
from metagen_gui.gui.run.status.updates import StatusUpdates

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment


class Starting(QObject):
    """Begins runs of the experiment in the form."""

    def __init__(
        self,
        controller: RunController,
        panel: ExperimentPanel,
        files: ExperimentFiles,
        loader: EngineLoader,
        messages: RunMessages,
        updates: StatusUpdates,
    ) -> None:
        super().__init__(controller)
        self._controller, self._panel, self._files, self._loader = controller, panel, files, loader
        self._messages, self._updates = messages, updates
        self._wanted: Callable[[], None] | None = None

    def start(self) -> None:
        """Start a run, or as soon as the engine is there."""
        self._begin(self._controller.start, self.start)

    def step(self) -> None:
        """Take one outer step, of a new run if there is none."""
        if self._controller.state is RunState.PAUSED:
            self._controller.step()
        else:
            self._begin(lambda experiment: self._controller.start(experiment, steps=1), self.step)

    def go_on(self) -> None:
        """The engine is there: do what was asked for before."""
        wanted = self._wanted
        self._want(None)
        if wanted:
            wanted()

    def give_up(self) -> None:
        """The engine cannot be had: forget what was asked for."""
        self._want(None)

    def _want(self, start: Callable[[], None] | None) -> None:
        self._wanted = start
        self._updates.want_start(start is not None)

    def _begin(self, start: Callable[[Experiment], None], again: Callable[[], None]) -> None:
        if self._controller.engine is None:
            self._controller.reset_loading()
            self._want(again)
            self._loader.start()
            return
        if self._controller.state.busy:
            return
        self._messages.clear()
        mistyped = self._panel.mistyped()
        if mistyped:
            self._messages.refuse(*mistyped)
            return
        self._files.keep()
        start(self._panel.experiment())
