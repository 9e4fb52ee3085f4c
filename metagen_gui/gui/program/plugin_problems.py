"""Asks about packages that bring plugins before their code runs, and tells of plugins that could not be loaded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QMainWindow

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.packages import choose, in_words, read_choices
from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.engine_loader import EngineLoader
from metagen_gui.gui.program.fault_dialog import FaultDialog
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.program.packages_dialog import PackagesDialog
from metagen_gui.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from metagen_gui.engine.settings.registry import Problem


class PluginsBanner(Banner):
    """A line of its own, when the engine is here: the question, once per package, and then what is missing, and why."""

    added = Signal()
    """Plugins were loaded at a person's word: there is more to choose from."""

    def __init__(self, loader: EngineLoader, window: QMainWindow) -> None:
        super().__init__(window, "plugins_banner")
        window.addToolBarBreak()
        window.addToolBar(self)
        self._details = ""
        self._engine: Engine | None = None
        loader.loaded.connect(self._take_engine)

    def _take_engine(self, engine: Engine) -> None:
        self._engine = engine
        choices = read_choices()
        new = [plugin for plugin in engine.foreign if choices.waits(plugin.package)]
        if not new:
            self._tell(engine.problems)
            return
        packages = list(dict.fromkeys(plugin.package for plugin in new))
        text = _tr("Plugins of other packages, which are code that runs with your rights: {0}").format(in_words(new))
        self.ask(text, _tr("Load"), partial(self.load, packages), _tr("Keep off"), partial(self._keep_off, packages))

    def load(self, packages: Collection[str]) -> None:
        """Load what packages bring, from now on at every start."""
        if self._engine is not None:
            job = Job(partial(self._engine.load_packages, packages))
            job.ended.connect(self._take_plugins)
            job.start()

    def choose(self) -> None:
        """Show the packages that bring plugins, to be switched off and on."""
        PackagesDialog(self._engine.foreign if self._engine else (), self.load, self.window()).show()

    def _take_plugins(self, outcome: Outcome) -> None:
        if isinstance(outcome, Completed):
            self.added.emit()
            self._tell(outcome.value)
        elif isinstance(outcome, Refused | Broken):
            self.warn(outcome.sentence)

    def _keep_off(self, packages: Collection[str]) -> None:
        assert self._engine is not None
        try:
            choose(packages, "off")
        except BadInput as problem:
            self.warn(str(problem))
            return
        self._tell(self._engine.problems)

    def _tell(self, problems: Sequence[Problem]) -> None:
        if not problems:
            return
        self._details = "\n".join(f"{sentence_of(problem)}\n{problem.details}" for problem in problems)
        text = sentence_of(problems[0])
        if len(problems) > 1:
            text = _tr("{0} plugins could not be loaded, the first of them: {1}").format(len(problems), text)
        self.warn(text, offer=_tr("Details…"), then=self._show_details)

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
    return said.format(kind=kind, name=problem.name, package=problem.package, why=translated(problem.why))


def _tr(text: str) -> str:
    return QCoreApplication.translate("PluginProblems", text)
