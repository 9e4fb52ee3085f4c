"""Writes an export behind the window."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QThread

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.run.training_thread import one_sentence

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Exported
    from metagen_gui.gui.program.engine_loader import Engine


@dataclass(frozen=True)
class ExportOrder:
    """What to export, and where to."""

    run_folder: Path
    to: Path
    what: Literal["initialization", "task", "images"] = "initialization"
    task_index: int = 0
    images: Path | None = None
    steps: int | None = None


class ExportThread(QThread):
    """Carries out one order; afterwards `exported`, or `problem` and perhaps `details`, are set."""

    def __init__(self, engine: Engine, order: ExportOrder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self.order = order
        self.exported: Exported | None = None
        self.problem = ""
        self.details = ""

    def run(self) -> None:
        """Qt's entry point."""
        try:
            self._engine.use_threads()
            self.exported = self._export()
        except BadInput as problem:
            self.problem = str(problem)
        except BaseException as error:  # shown in the dialog, which stays usable
            self.problem = one_sentence(error)
            self.details = traceback.format_exc()

    def _export(self) -> Exported:
        order = self.order
        if order.what == "initialization":
            return self._engine.export_initialization(order.run_folder, order.to)
        task = order.task_index if order.what == "task" else None
        images = order.images if order.what == "images" else None
        return self._engine.export_adapted(order.run_folder, order.to, task, images, order.steps)
