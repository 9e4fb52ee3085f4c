"""The button beside the path of images that opens the page of what they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton, QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.experiment.images.page import ImportPage

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.gui.form.row import SettingRow

PATH = "tasks.path"


class ImportOffer(QObject):
    """Puts the button into the row of the path while the tasks are images, and opens one page, again and again."""

    def __init__(
        self, experiment: Callable[[], Experiment], show_problem: Callable[[str, str], None], panel: QWidget
    ) -> None:
        """`experiment` returns the one that stands in `panel`; `show_problem` says there where and why it is wrong."""
        super().__init__(panel)
        self._experiment, self._show_problem, self._panel = experiment, show_problem, panel
        self._row: SettingRow | None = None
        self.page: ImportPage | None = None

    def offer(self, experiment: Experiment, row: SettingRow | None) -> None:
        """Make the button if the row of `PATH` is a new one: rows are made anew with another family of tasks."""
        row = row if experiment.plugin("tasks").reads_images else None
        if row is not None and row is not self._row:
            button = QPushButton(self.tr("Look at the images…"))
            button.setObjectName("look_at_images")
            button.setToolTip(self.tr("Read them all once, and see what can be used, what is skipped and why"))
            button.setAutoDefault(False)
            button.clicked.connect(self.open_page)
            row.put_beside(button)
        self._row = row

    def open_page(self) -> None:
        """Open the page for the experiment as it stands; what is wrong with its settings is said in the form."""
        try:
            settings = self._experiment().config("tasks")
        except BadInput as problem:
            self._show_problem(problem.where, problem.why)
            return
        if not settings.path.strip():
            self._show_problem(PATH, self.tr("Choose a folder or zip of images first."))
            return
        if self.page is None:
            self.page = ImportPage(self._panel)
        self.page.look(settings)
        self.page.show()
        self.page.raise_()
        self.page.activateWindow()
