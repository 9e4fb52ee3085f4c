"""Looks through a folder or zip of images behind the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metagen_gui.gui.program.job import Job

if TYPE_CHECKING:
    from metagen_gui.engine.data.image_files.report import ImportReport
    from metagen_gui.engine.settings.config import Config


class ImageLook(Job):
    """Ends with an `ImportReport`, None if it was stopped before there was anything to report."""

    def __init__(self, settings: Config) -> None:
        super().__init__(self._look)
        self._settings = settings
        self.progress = (0, 0)
        """Files met and of how many, 0 while they are still being listed; whoever shows it looks when it likes."""

    def _look(self) -> ImportReport | None:
        from metagen_gui.engine.data.image_files.progress import Stopped
        from metagen_gui.engine.tasks.base import task_families

        family = next(each for _, each in task_families.items() if each.Settings is type(self._settings))
        try:
            return family.look_at(self._settings, self._go_on)
        except Stopped:
            return None

    def _go_on(self, met: int, of: int) -> bool:
        self.progress = (met, of)
        return not self.told_to_stop()
