"""Help, What is this?: the explanation of a setting, or the page of a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.teaching.explanation import Explanation

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Section
    from metagen_gui.gui.teaching.pages.window import PagesWindow


class TeachingCommands(QObject):
    """Answers when a form is asked what something is, and when the Help menu is."""

    def __init__(self, controller: RunController, panel: ExperimentPanel, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._panel, self._window = controller, panel, window
        self._pages: PagesWindow | None = None
        self.explanation = Explanation(window)
        self.explanation.page_wanted.connect(self.open_page)
        panel.column.asked.connect(self.explain)

    def explain_focused(self) -> None:
        """Say what the setting or the plugin is that has the focus; the algorithm, where none has."""
        self.explain(self._panel.column.path_of(QApplication.focusWidget()) or "algorithm.name")

    def explain(self, path: str) -> None:
        """Say what a setting is, `algorithm.inner_lr`, or open the page of a plugin, `algorithm.name`."""
        section, _, name = path.partition(".")
        row = self._panel.column.row(path)
        if name == "name":
            self.open_page(section)
        elif row is not None:
            plugin = (
                ""
                if section == "training"
                else translated(self._panel.experiment().plugin(cast("Section", section)).title)
            )
            self.explanation.show_setting(row.setting, path, plugin, row)

    def open_page(self, section: str = "algorithm") -> None:
        """Open the page of the plugin that is chosen in a section."""
        from metagen_gui.gui.teaching.pages.window import PagesWindow  # when it is wanted

        engine = self._controller.engine
        if engine is None:
            return
        if self._pages is None:
            self._pages = PagesWindow(engine.use_threads, self._window)
        self._pages.show_page(section, str(getattr(self._panel.experiment(), section)))

    def open_pages(self) -> None:
        """Open the pages, at the algorithm's."""
        self.open_page()
