"""The tool *Slow motion*: one outer step phase by phase, and toys whose whole loss surface is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QTabWidget, QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import shortened
from metagen_gui.gui.run.tool import Tool

if TYPE_CHECKING:
    from metagen_gui.gui.slow_motion.step_page import StepPage
    from metagen_gui.gui.slow_motion.toy_page import ToyPage


class SlowMotionTool(Tool):
    """Two pages. What they compute is in small pieces and of no worth to anybody else, so it never keeps a window."""

    step_page: StepPage
    toy_page: ToyPage
    pages: QTabWidget

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
        self.pages = pages = QTabWidget()
        pages.setObjectName("slow_motion_pages")
        pages.setDocumentMode(True)
        pages.addTab(self.step_page, self.tr("Outer step"))
        pages.addTab(self.toy_page, self.tr("Loss surface of a toy"))
        pages.currentChanged.connect(self._begin_toy)
        return pages

    def lesson(self) -> dict[str, Any]:
        """Return which page is seen, which run is slowed down, and the toy as it is shown."""
        if self.contents is None:
            return {}
        run = self.step_page.source.currentData()
        toy = self.toy_page.scene().document()
        return {"page": self.pages.currentIndex(), **toy, **({"run": run.name} if run else {})}

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """Show that page of that run and toy; what cannot be is told."""
        from metagen_gui.gui.slow_motion.scene import Scene

        try:
            if "toy" in state:
                self.toy_page.show_scene(Scene.from_document(state, "lesson"))
        except BadInput as problem:
            self.around.banner.warn(str(problem))
        self.pages.setCurrentIndex(1 if state.get("page") == 1 else 0)
        if isinstance(name := state.get("run"), str) and not self.step_page.choose(name):
            self.around.banner.warn(self.tr("There is no run {0} here.").format(shortened(name)))

    def wait(self) -> None:
        """Block until no thread of the tool is left."""
        if self.contents is not None:
            self.step_page.worker.wait()
            self.toy_page.worker.wait()

    def _begin_toy(self, index: int) -> None:
        if index == 1:
            self.toy_page.begin()
