"""Does what the Runs panel is asked for: resume, branch, open, rename, copy, throw away; and keeps its list true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.trash import Thrown
from metagen_gui.gui.experiment.files import ExperimentFiles
from metagen_gui.gui.library.branch import ask_branch
from metagen_gui.gui.library.listing import RunsListing
from metagen_gui.gui.library.moving import offer_move
from metagen_gui.gui.library.offer import RunsOffer
from metagen_gui.gui.library.panel import RunsPanel
from metagen_gui.gui.library.score import ScoreDialog
from metagen_gui.gui.library.thrown import TrashDialog
from metagen_gui.gui.library.trash import ask_trash, move_to_trash
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.program.trash import tell_thrown
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.status.words import branch_sentence
from metagen_gui.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry
    from metagen_gui.gui.program.engine import Engine


class RunsCommands(QObject):
    """Connects the Runs panel with the run of this window, the form, and the disk."""

    def __init__(
        self,
        panel: RunsPanel,
        controller: RunController,
        files: ExperimentFiles,
        banner: Banner,
        settings: WindowSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._panel, self._controller, self._files = panel, controller, files
        self._banner, self._window = banner, window
        self._engine: Engine | None = None
        self._copying = False
        self._offered = False
        self.listing = RunsListing(self)
        self.offer = RunsOffer(banner, settings, self.resume, self)
        self._does: Mapping[str, Callable[[Sequence[RunEntry]], None]] = {
            "resume": lambda entries: self.resume(entries[0]),
            "branch": lambda entries: self._branch(entries[0]),
            "look": lambda entries: self._look_at(entries[0]),
            "open": lambda entries: self._open(entries[0]),
            "score": self._score,
            "duplicate": lambda entries: self._duplicate(entries[0]),
            "reveal": lambda entries: self._show_folder(entries[0].folder),
            "move": lambda entries: self._move(entries[0]),
            "trash": self._trash,
            "thrown": self._show_thrown,
        }
        panel.asked.connect(self._do)
        panel.edited.connect(self._edit)
        panel.seen.connect(self.listing.set_watched)
        self.listing.listed.connect(self._show)
        controller.state_changed.connect(self._follow)
        controller.started.connect(self.listing.refresh)
        controller.started.connect(lambda started: files.begin_run(started.resumed_from))
        controller.discarded.connect(self._tell_discarded)
        files.replaced.connect(self._forget_branch)
        self._follow(controller.state)

    def set_engine(self, engine: Engine) -> None:
        """The engine is here: look what runs there are."""
        self._engine = engine
        self._panel.prepare()
        self._panel.comparison.set_library(engine.library)
        self.listing.begin(engine.library, engine.runs_folder())

    def entries(self) -> Sequence[RunEntry]:
        """Return the runs there are, as they were last read; none before the engine is there."""
        return self._panel.model.entries() if self._engine is not None else ()

    def compare(self, folders: Sequence[Path]) -> None:
        """Choose the runs in `folders`, those that are there, and show them side by side."""
        if self._engine is None:
            return
        self._panel.prepare()
        read = {folder: self._engine.library.read_entry(folder) for folder in folders if folder.is_dir()}
        others = [entry for entry in self._panel.model.entries() if entry.folder not in read]
        self._panel.set_runs([*others, *read.values()])
        self._panel.choose(*folders)
        self._panel.actions_by_name["compare"].setChecked(True)

    def resume(self, entry: RunEntry) -> None:
        """Go on with a run in this window, its experiment in the form."""
        if self._engine is None or self._controller.state.busy:
            return
        # Of a run that died later steps are known, and perhaps changes of settings, which will not have been.
        steps = self._engine.library.checkpoints(entry.folder)
        if self._load(entry, max(steps, default=entry.meta_step), self.tr("Resuming {name}.")):
            self._banner.dismiss()
            self._controller.resume_run(entry.folder)

    def open_folder(self) -> None:
        """Show where runs are kept, in the desktop's own way."""
        if self._engine is not None:
            folder = self._engine.runs_folder()
            folder.mkdir(parents=True, exist_ok=True)
            self._show_folder(folder)

    def wait(self) -> None:
        """Read nothing more, and block until nothing is being read: for the end of the program."""
        self.listing.wait()
        self._panel.comparison.wait()

    # -- commands ----------------------------------------------------------------------------------------------------

    def _do(self, name: str, entries: Sequence[RunEntry]) -> None:
        if self._engine is not None and (entries or name == "thrown"):
            self._does[name](entries)

    def _branch(self, entry: RunEntry) -> None:
        assert self._engine is not None
        steps = self._engine.library.checkpoints(entry.folder)
        if not steps:
            self._banner.warn(self.tr("{name} has no checkpoint to branch from.").format(name=entry.name))
            return
        branch = ask_branch(self._window, entry, steps)
        if branch is not None and self._load(entry, branch.meta_step, self.tr("The settings of {name}.")):
            self._controller.set_branch(branch)
            self._banner.tell(
                branch_sentence(branch), offer=self.tr("Start from nothing instead"), then=self._forget_branch
            )

    def _open(self, entry: RunEntry) -> None:
        said = self.tr("The experiment of {name}.")
        if self._load(entry, entry.meta_step, said):
            text = said.format(name=" ".join(entry.name.split()))
            self._banner.tell(text, offer=self.tr("Undo"), then=self._files.bring_back)

    def _look_at(self, entry: RunEntry) -> None:
        if self._load(entry, entry.meta_step, self.tr("Looking at {name}.")):
            self._banner.dismiss()
            self._controller.look_at(entry.folder)

    def _load(self, entry: RunEntry, meta_step: int, said: str) -> bool:
        """Put the experiment of a run, as it stood at a step, into the form; return whether it could be read."""
        assert self._engine is not None
        try:
            experiment = self._engine.library.experiment_at(self._engine.experiment, entry.folder, meta_step)
        except BadInput as problem:
            self._banner.warn(str(problem))
            return False
        self._forget_branch()
        name = " ".join(entry.name.split())
        self._files.take(experiment, name, said.format(name=name))
        return True

    def _duplicate(self, entry: RunEntry) -> None:
        assert self._engine is not None
        if self._copying:
            self._banner.tell(self.tr("Another run is being copied; please wait."))
            return
        library, self._copying = self._engine.library, True
        job = Job(lambda: library.read_entry(library.duplicate(entry.folder)))  # its checkpoints may be large
        job.ended.connect(self._end_copying)
        job.start()

    def _end_copying(self, outcome: Outcome) -> None:
        self._copying = False
        if isinstance(outcome, Completed):
            self._panel.set_runs([*self._panel.model.entries(), outcome.value])
            self._panel.choose(outcome.value.folder)
        elif isinstance(outcome, Refused | Broken):
            self._banner.warn(outcome.sentence)

    def _score(self, entries: Sequence[RunEntry]) -> None:
        assert self._engine is not None
        dialog = ScoreDialog(entries, self._engine.use_threads, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _show_folder(self, folder: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._banner.warn(self.tr("Nothing here opens folders. It is {folder}").format(folder=folder))

    def _move(self, entry: RunEntry) -> None:
        name = " ".join(entry.name.split())

        def tell(place: str) -> None:
            there = self.tr("{name} goes on at {place}; Resume follows it.").format(name=name, place=place)
            here = self.tr("{name} is here; Resume goes on with it.").format(name=name)
            self._banner.tell(there if place else here)
            self.listing.refresh()

        offer_move(entry, tell, self._window)

    def _trash(self, entries: Sequence[RunEntry]) -> None:
        assert self._engine is not None
        if not ask_trash(self._window, entries):
            return
        problems, gone = [], []
        for entry in entries:
            # What was read a moment ago may hold no more: it may have been started since.
            thrown = move_to_trash(self._engine.library.read_entry(entry.folder))
            if isinstance(thrown, str):
                problems.append(thrown)
                continue
            gone.append(thrown)
            self._panel.model.remove(entry.folder)
            if entry.folder == self._controller.folder and not self._controller.state.busy:
                self._controller.forget()
        if problems:
            self._banner.warn(" ".join(problems))
        elif gone:
            tell_thrown(self._banner, gone, self.listing.refresh)
        self._panel.set_runs(self._panel.model.entries())
        self.listing.refresh()

    def _show_thrown(self, _: Sequence[RunEntry]) -> None:
        dialog = TrashDialog(self._window)
        dialog.brought_back.connect(self.listing.refresh)
        dialog.exec()
        dialog.deleteLater()

    def _tell_discarded(self, thrown: Thrown | None) -> None:
        if thrown is not None:
            tell_thrown(self._banner, [thrown], self.listing.refresh)
        self.listing.refresh()

    def _edit(self, entry: RunEntry, column: str, text: str) -> None:
        assert self._engine is not None
        library = self._engine.library
        try:
            (library.rename if column == "name" else library.set_note)(entry.folder, text)
        except BadInput as problem:
            self._banner.warn(str(problem))
            return
        self._panel.model.put(library.read_entry(entry.folder))

    # -- what happens ------------------------------------------------------------------------------------------------

    def _show(self, entries: Sequence[RunEntry]) -> None:
        self._panel.set_runs(entries)
        if not self._offered and not self._controller.state.busy:
            self.offer.make(entries)
        self._offered = True

    def _follow(self, state: RunState) -> None:
        self._panel.set_at_rest(not state.busy and state is not RunState.LOADING)
        if self._offered:
            self.listing.refresh()

    def _forget_branch(self, *_: object) -> None:
        if self._controller.branch is not None:
            self._controller.set_branch(None)
