"""Looks through a folder or zip of images behind the window."""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QCoreApplication, QThread

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.run.training_thread import one_sentence

if TYPE_CHECKING:
    from metagen_gui.engine.data.image_files.report import ImportReport
    from metagen_gui.engine.tasks.images import ImagesSettings


class ImportThread(QThread):
    """Afterwards `report` is set, or `problem` (and perhaps `details`), or neither: stopped before there was anything.

    It belongs to no widget and outlives the page that began it, for a thread must not be destroyed while it runs.
    """

    _running: ClassVar[set[ImportThread]] = set()

    def __init__(self, settings: ImagesSettings) -> None:
        super().__init__()
        self._settings = settings
        self._told_to_stop = threading.Event()
        self.progress = (0, 0)
        """Files met and of how many, 0 while they are still being listed; whoever shows it looks when it likes."""
        self.report: ImportReport | None = None
        self.problem = ""
        self.details = ""
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.end)

    def begin(self) -> None:
        """Start, less urgent than the window and a training."""
        self._running.add(self)
        self.finished.connect(self._forget)
        self.start(QThread.Priority.LowPriority)

    def stop(self) -> None:
        """Ask it to end; what was read until then is reported."""
        self._told_to_stop.set()

    def end(self) -> None:
        """Stop and wait: for the end of the program."""
        self.stop()
        self.wait()

    def run(self) -> None:
        """Qt's entry point."""
        from metagen_gui.engine.data.image_files.progress import Stopped
        from metagen_gui.engine.tasks.images import look_at

        try:
            self.report = look_at(self._settings, self._go_on)
        except Stopped:
            pass
        except BadInput as problem:
            self.problem = problem.why
        except BaseException as error:  # shown on the page, which stays usable
            self.problem = one_sentence(error)
            self.details = traceback.format_exc()

    def _go_on(self, met: int, of: int) -> bool:
        self.progress = (met, of)
        return not self._told_to_stop.is_set()

    def _forget(self) -> None:
        self.wait()  # it says so a moment before it is
        self._running.discard(self)
