"""What is to be exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Exported
    from metagen_gui.gui.program.engine import Engine


@dataclass(frozen=True)
class ExportOrder:
    """What to export, and where to."""

    run_folder: Path
    to: Path
    what: Literal["initialization", "task", "images"] = "initialization"
    task_index: int = 0
    images: Path | None = None
    steps: int | None = None
    replace: bool = False
    """An earlier export in that place."""

    def carry_out(self, engine: Engine) -> Exported:
        """Write the export."""
        if self.what == "initialization":
            return engine.export_initialization(self.run_folder, self.to, replace=self.replace)
        task = self.task_index if self.what == "task" else None
        images = self.images if self.what == "images" else None
        return engine.export_adapted(self.run_folder, self.to, task, images, self.steps, replace=self.replace)
