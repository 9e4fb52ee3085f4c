"""The tool *Slow motion*: one outer step phase by phase, and toys whose whole loss surface is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QWidget

from metagen_gui.gui.run.tool import Tool

if TYPE_CHECKING:
    from metagen_gui.gui.slow_motion.step_page import StepPage
    from metagen_gui.gui.slow_motion.toy_page import ToyPage


class SlowMotionTool(Tool):
    """Two pages. What they compute is in small pieces and of no worth to anybody else, so it never keeps a window."""

    step_page: StepPage
    toy_page: ToyPage

    def build(self) -> QWidget:
        """Make both pages."""
        from metagen_gui.gui.slow_motion.step_page import (
            StepPage,  # when they are wanted, not when the window is painted
        )
        from metagen_gui.gui.slow_motion.toy_page import ToyPage

        self.step_page = StepPage(self.around)
        engine = self.around.controller.engine
        assert engine is not None, "a tool is made when the engine is there"
        self.toy_page = ToyPage(engine.use_threads)
        pages = QTabWidget()
        pages.setObjectName("slow_motion_pages")
        pages.setDocumentMode(True)
        pages.addTab(self.step_page, self.tr("Outer step"))
        pages.addTab(self.toy_page, self.tr("Loss surface of a toy"))
        pages.currentChanged.connect(self._begin_toy)
        return pages

    def wait(self) -> None:
        """Block until no thread of the tool is left."""
        if self.contents is not None:
            self.step_page.worker.wait()
            self.toy_page.worker.wait()

    def _begin_toy(self, index: int) -> None:
        if index == 1:
            self.toy_page.begin()
