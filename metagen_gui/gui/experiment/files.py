"""The experiment in the panel and the files it comes from and goes to: new, open, save, drop, presets, last time's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSaveFile, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import EXPERIMENT
from metagen_gui.gui.experiment.command_line import command_for
from metagen_gui.gui.experiment.recents import Recents
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.dropped import Dropped, what_is
from metagen_gui.gui.widgets.saving import where_to_save

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.gui.experiment.panel import ExperimentPanel
    from metagen_gui.gui.experiment.presets import Preset


class ExperimentFiles(QObject):
    """Puts experiments into the panel and out of it. A file that cannot be used changes nothing."""

    named = Signal(str)
    """What the experiment goes by changed: its file, the run that it is of; "" for neither."""
    problem_found = Signal(str)
    """One line that names a file and what is wrong with it."""
    replaced = Signal(str)
    """Another experiment is in the panel; the text says which. `bring_back` undoes it."""

    told = Signal(str)
    """A sentence about something that was done."""

    def __init__(self, panel: ExperimentPanel, settings: WindowSettings, window: QWidget) -> None:
        super().__init__(window)
        self._panel = panel
        self._settings = settings
        self._window = window
        self._type: type[Experiment] | None = None
        self._waiting: Callable[[], None] | None = None
        self._previous: tuple[Experiment, Path | None] | None = None
        self.path: Path | None = None
        self._title = ""
        self._titled: Experiment | None = None
        """The experiment that the title is true of: as it was opened, saved or begun."""
        panel.experiment_changed.connect(self._follow)
        self.recents = Recents(settings, self)
        self.recents.chosen.connect(self.open)

    def set_engine(self, experiment: type[Experiment]) -> None:
        """The engine is here: show last time's experiment, then whatever was asked for meanwhile."""
        self._type = experiment
        self._panel.set_experiment(self._last() or experiment())
        self._name(self.path)
        waiting, self._waiting = self._waiting, None
        if waiting:
            waiting()

    def keep(self) -> None:
        """Remember the experiment for the next start."""
        if self._type:
            self._settings.keep("experiment", self._panel.experiment().to_json())
            self._settings.keep("experiment_path", str(self.path or ""))

    # -- coming in ---------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """Go back to the defaults."""
        if self._type:
            self._replace(self._type(), None, self.tr("A new experiment with all defaults."))

    def ask_open(self) -> None:
        """Let the person pick a file."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open experiment"), self._folder(), self.tr("Experiments (*.json);;All files (*)")
        )
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Open an experiment file, or a run folder's; while the engine loads, remember to."""
        if self._type is None:
            self._waiting = lambda: self.open(path)
            return
        try:
            experiment = self._type.load(path)
        except BadInput as problem:
            said = str(problem)
            self.problem_found.emit(said if path.name in said else f"{path.name}: {said}")
            return
        self._replace(experiment, path, self.tr("Opened {name}.").format(name=path.name))
        self.recents.add(path)
        if experiment.notices:
            self.problem_found.emit(" ".join(experiment.notices))

    def open_preset(self, preset: Preset) -> None:
        """Load a preset; it has no file of its own to be saved to."""
        if self._type is None:
            self._waiting = lambda: self.open_preset(preset)
            return
        try:
            self._replace(self._type.load(preset.path), None, translated(f"{preset.title}: {preset.text}"))
        except BadInput as problem:
            self.problem_found.emit(str(problem))

    def take(self, experiment: Experiment, name: str, said: str) -> None:
        """Put an experiment into the panel that has no file to be saved to; `said` is the name of this as an edit."""
        self._put(experiment, None, said)
        self._entitle(name)

    def begin_run(self, resumed_from: int) -> None:
        """A run begins: it is another than the one whose experiment this was, unless that is resumed."""
        if self.path is None and not resumed_from:
            self._entitle("")

    def take_dropped(self, path: Path) -> None:
        """Open a dropped experiment, or learn from dropped images."""
        kind = what_is(path)
        if kind is Dropped.EXPERIMENT:
            self.open(path)
        elif kind is None:
            self.problem_found.emit(
                self.tr("{path}: neither an experiment (.json) nor images (a folder, .zip, .npz or .npy)").format(
                    path=path
                )
            )
        elif self._type is None:
            self._waiting = lambda: self.take_dropped(path)
        else:
            self._learn_from(path)

    def bring_back(self) -> None:
        """Put the experiment back that the last one replaced."""
        if self._previous:
            (experiment, path), self._previous = self._previous, None
            self._panel.replace_experiment(experiment, self.tr("Back to the previous experiment"))
            self._name(path)

    def _learn_from(self, path: Path) -> None:
        from metagen_gui.engine.tasks.base import task_families

        family = next(name for name, each in task_families.items() if each.reads_images)
        try:
            experiment = self._panel.experiment().with_plugin("tasks", family).with_value("tasks.path", str(path))
        except BadInput as problem:
            self.problem_found.emit(str(problem))
            return
        self._replace(experiment, self.path, self.tr("Tasks are now the images in {name}.").format(name=path.name))

    # -- going out ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the experiment to its file, or ask for one."""
        if self.path is None or self.path.is_dir():
            self.ask_save()
        else:
            self.save_to(self.path)

    def ask_save(self) -> None:
        """Let the person pick where to."""
        proposed = self.path if self.path and not self.path.is_dir() else Path(self._folder()) / EXPERIMENT
        title, kinds = self.tr("Save experiment"), self.tr("Experiments (*.json)")
        path = where_to_save(self._window, title, str(proposed), kinds, ".json", any_suffix=True)
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Write the experiment, whole or not at all."""
        file = QSaveFile(str(path))
        written = file.open(QSaveFile.OpenModeFlag.WriteOnly)
        if written:
            file.write(self._panel.experiment().to_json().encode("utf-8"))
            written = file.commit()
        if not written:
            self.problem_found.emit(f"{path}: {file.errorString()}")
            return
        self._name(path)
        self.recents.add(path)

    def copy_command(self) -> None:
        """Put the command line that runs this experiment on the clipboard."""
        command = command_for(self._panel.experiment())
        QGuiApplication.clipboard().setText(command)
        self.told.emit(self.tr("On the clipboard: {command}").format(command=command))

    # -- within ------------------------------------------------------------------------------------------------------

    def _replace(self, experiment: Experiment, path: Path | None, said: str) -> None:
        self._put(experiment, path, said)
        self.replaced.emit(said)

    def _put(self, experiment: Experiment, path: Path | None, said: str) -> None:
        self._previous = (self._panel.experiment(), self.path)
        self._panel.replace_experiment(experiment, said)
        self._name(path)

    def _name(self, path: Path | None) -> None:
        self.path = path
        self._entitle(path.name if path else "")

    def _entitle(self, title: str) -> None:
        self._title, self._titled = title, self._panel.experiment()
        self.named.emit(title)

    def _follow(self, experiment: Experiment) -> None:
        """A file stays what is saved to; a run's name is not that of another experiment."""
        changed = self.tr("{name} (changed)").format(name=self._title) if self.path else ""
        self.named.emit(self._title if experiment == self._titled else changed)

    def _last(self) -> Experiment | None:
        text, path = self._settings.text("experiment"), self._settings.text("experiment_path")
        if not text or self._type is None:
            return None
        try:
            last = self._type.from_json(text, "last experiment", ours=True)
            last.check()
        except BadInput:
            return None
        self.path = Path(path) if path else None
        return last

    def _folder(self) -> str:
        return str(self.path.parent if self.path else Path.home())
