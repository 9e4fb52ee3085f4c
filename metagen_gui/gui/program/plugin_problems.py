"""Tells of plugins that could not be loaded: one sentence in a line of its own, and where it happened on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMainWindow

from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.engine_loader import EngineLoader
from metagen_gui.gui.program.fault_dialog import FaultDialog
from metagen_gui.gui.program.packages_dialog import NAMED, PackagesDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from metagen_gui.engine.settings.registry import Foreign, Problem


class PluginsBanner(Banner):
    """Says which plugins are missing, and why, and which packages bring some, once each, when the engine is here."""

    def __init__(self, loader: EngineLoader, settings: WindowSettings, window: QMainWindow) -> None:
        super().__init__(window, "plugins_banner")
        window.addToolBarBreak()
        window.addToolBar(self)
        self._details = ""
        self._settings = settings
        self._foreign: Sequence[Foreign] = ()
        loader.loaded.connect(self._take_engine)

    def _take_engine(self, engine: Engine) -> None:
        self._foreign = engine.foreign
        if not engine.problems:
            self._name_packages()
            return
        self._details = "\n".join(f"{sentence_of(problem)}\n{problem.details}" for problem in engine.problems)
        text = sentence_of(engine.problems[0])
        if len(engine.problems) > 1:
            text = _tr("{0} plugins could not be loaded, the first of them: {1}").format(len(engine.problems), text)
        self.warn(text, offer=_tr("Details…"), then=self._show_details)

    def _name_packages(self) -> None:
        """At the first start with a package that brings plugins, say so."""
        named = self._settings.texts(NAMED)
        new = [plugin for plugin in self._foreign if plugin.package not in named]
        if new:
            brought = ", ".join(f"{plugin.name} ({plugin.package})" for plugin in new)
            self._settings.keep(NAMED, [*named, *dict.fromkeys(plugin.package for plugin in new)])
            self.tell(_tr("Plugins of other packages: {0}").format(brought), offer=_tr("Choose…"), then=self.choose)

    def choose(self) -> None:
        """Show the packages that bring plugins, to be switched off and on."""
        PackagesDialog(self._foreign, self._settings, self.window()).show()

    def _show_details(self) -> None:
        text = _tr("Everything else works. `metagen plugins` lists what is there.")
        FaultDialog(_tr("Plugins that could not be loaded"), text, self._details, self.window()).show()


def sentence_of(problem: Problem) -> str:
    """Return a problem in one sentence."""
    kinds = {
        "algorithm": _tr("algorithm"),
        "model": _tr("model"),
        "tasks": _tr("task family"),
        "metric": _tr("metric"),
        "health": _tr("health check"),
    }
    said = _tr("The {kind} “{name}” of the package “{package}” could not be loaded: {why}")
    kind = kinds.get(problem.kind, problem.kind)
    return said.format(kind=kind, name=problem.name, package=problem.package, why=problem.why)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PluginProblems", text)
