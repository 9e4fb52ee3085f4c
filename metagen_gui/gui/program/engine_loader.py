"""Imports the engine behind the painted window: torch takes seconds, the window must not."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.program.library_preload import preload_torch

CALM = 500
"""Milliseconds after which the window has shown what the engine knows, and imports may compete with it again."""


def load_engine() -> Engine:
    """Import the engine and everything that the first run will need; of other packages, what a person agreed to."""
    preload_torch()
    import pyqtgraph  # noqa: F401  # the plots need it, and here the window does not wait for it

    from metagen_gui.engine import devices, experiment
    from metagen_gui.engine.exports import offers, writing
    from metagen_gui.engine.plugins import foreign_plugins, load_agreed, load_packages
    from metagen_gui.engine.run import outer_loop
    from metagen_gui.engine.store import library as run_library
    from metagen_gui.engine.store import run_folder as runs

    return Engine(
        experiment=experiment.Experiment,
        meta_train=outer_loop.meta_train,
        resume_run=outer_loop.resume_run,
        origin=outer_loop.Origin,
        library=run_library,
        commands=outer_loop.Commands,
        use_threads=devices.use_threads,
        devices=devices.devices,
        memory_used=devices.memory_used,
        runs_folder=runs.runs_folder,
        export=writing.export,
        export_formats=offers.offers,
        warm_up=devices.warm_up,
        problems=load_agreed(),
        foreign=foreign_plugins(),
        load_packages=load_packages,
    )


T = TypeVar("T")


class EngineLoader(QObject):
    """Calls `load` in a thread, once; again only after it failed."""

    loaded = Signal(object)
    """The `Engine`."""
    failed = Signal(str, str)
    """One sentence and the details."""

    def __init__(self, load: Callable[[], Engine] = load_engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._load = load
        self._begun = False

    def start(self) -> None:
        """Begin to load, unless that is going on or done."""
        if not self._begun:
            self._begun = True
            job = Job(lambda: undisturbed(self._load))
            job.ended.connect(self._end)
            job.start()

    def _end(self, outcome: Outcome) -> None:
        if isinstance(outcome, Completed):
            self.loaded.emit(outcome.value)
            QTimer.singleShot(CALM, self, lambda: Job(lambda: undisturbed(outcome.value.warm_up)).start())
        elif isinstance(outcome, Refused | Broken):  # a broken installation is told to the person, in the window
            self._begun = False
            self.failed.emit(outcome.sentence, outcome.details)


def undisturbed(load: Callable[[], T]) -> T:
    """Return what `load` returns; what it imports is not looked through for garbage, now or later."""
    # What imports leave behind hardly ever becomes garbage; looking through it would hold up the window.
    before = gc.isenabled()
    gc.disable()
    try:
        return load()
    finally:
        gc.freeze()
        if before:
            gc.enable()
