"""Imports the engine behind the painted window: torch takes seconds, the window must not."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread, Signal

from metagen_gui.engine.events import Event
from metagen_gui.gui.library.runs import RunLibrary
from metagen_gui.gui.program.library_preload import preload_torch
from metagen_gui.gui.run.training_thread import one_sentence

if TYPE_CHECKING:
    from metagen_gui.engine.devices import Device
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.run.outer_loop import Commands
    from metagen_gui.engine.trained.export import Exported


@dataclass(frozen=True)
class Engine:
    """Everything the window asks of the engine. A test hands over stand-ins."""

    experiment: type[Experiment]
    meta_train: Callable[..., Generator[Event, None, None]]
    resume_run: Callable[..., Generator[Event, None, None]]
    origin: Callable[[Path, int | None], Any]
    library: RunLibrary
    commands: Callable[[], Commands]
    use_threads: Callable[[], Any]
    devices: Callable[[], Sequence[Device]]
    memory_used: Callable[[str], int]
    discard: Callable[[Path], None]
    runs_folder: Callable[[], Path]
    export_initialization: Callable[[Path, Path], Exported]
    export_adapted: Callable[[Path, Path, int | None, Path | None, int | None], Exported]


def load_engine() -> Engine:
    """Import the engine and everything that the first run will need."""
    preload_torch()
    import pyqtgraph  # noqa: F401  # the plots need it, and here the window does not wait for it

    from metagen_gui.engine import devices, experiment
    from metagen_gui.engine.plugins import load_plugins
    from metagen_gui.engine.run import outer_loop
    from metagen_gui.engine.store import library as run_library
    from metagen_gui.engine.store import run_folder as runs
    from metagen_gui.engine.trained import export

    load_plugins()
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
        discard=runs.discard,
        runs_folder=runs.runs_folder,
        export_initialization=export.export_initialization,
        export_adapted=export.export_adapted,
    )


class EngineLoader(QObject):
    """Calls `load` in a thread, once; again only after it failed."""

    loaded = Signal(object)
    """The `Engine`."""
    failed = Signal(str, str)
    """One sentence and the details."""

    def __init__(self, load: Callable[[], Engine] = load_engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._load = load
        self._thread: _LoadingThread | None = None
        self._loaded = False

    def start(self) -> None:
        """Begin to load, unless that is going on or done."""
        if self._thread is None and not self._loaded:
            self._thread = _LoadingThread(self._load, self)
            self._thread.finished.connect(self._end)
            self._thread.start()

    def wait(self) -> None:
        """Block until nothing is being loaded: for the end of the program."""
        if self._thread:
            self._thread.wait()

    def _end(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.wait()
        thread.deleteLater()
        if thread.engine is None:
            self.failed.emit(thread.sentence, thread.details)
            return
        self._loaded = True
        self.loaded.emit(thread.engine)


class _LoadingThread(QThread):
    """Afterwards `engine` is set, or `sentence` and `details`."""

    def __init__(self, load: Callable[[], Engine], parent: QObject) -> None:
        super().__init__(parent)
        self._load = load
        self.engine: Engine | None = None
        self.sentence = ""
        self.details = ""

    def run(self) -> None:
        """Qt's entry point."""
        # What imports leave behind hardly ever becomes garbage; looking through it would hold up the window.
        gc.disable()
        try:
            self.engine = self._load()
        except BaseException as error:  # a broken installation is told to the person, in the window
            self.sentence = one_sentence(error)
            self.details = traceback.format_exc()
        finally:
            gc.freeze()
            gc.enable()
