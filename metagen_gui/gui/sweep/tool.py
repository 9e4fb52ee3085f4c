"""The tool *Sweep*: settings of the form are sought in ranges, trial by trial, in a thread behind the window.

Runs are processes in the queue; this one asks for trials and tells what comes. A sweep that another program is at can
be looked at, from its folder.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.program.job import Completed, Job, Outcome, Refused, Stopped
from metagen_gui.gui.run.tool import Around, Tool

if TYPE_CHECKING:
    from metagen_gui.engine.sweeps.plan import SweepPlan
    from metagen_gui.engine.sweeps.standing import Standing
    from metagen_gui.gui.sweep.page import SweepPage

SOON, SELDOM = 500, 3_000
"""Milliseconds between looks: at what the thread has delivered; at a sweep that somebody else is at."""


class SweepTool(Tool):
    """Sets a sweep up, follows it, and takes what it found into the form."""

    page: SweepPage | None = None
    _job: Job | None = None
    _look: Job | None = None

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._folder: Path | None = None
        self._standing: Standing | None = None
        self._delivered: Standing | None = None
        """The newest that the thread has told of; taken from here by the timer."""
        self._timer = QTimer(self, interval=SOON)
        self._timer.timeout.connect(self._take)

    def build(self) -> QWidget:
        """Make the page, and say at once where a sweep cannot be begun here."""
        from metagen_gui.engine.sweeps.optimizer import require_optuna
        from metagen_gui.gui.sweep.page import SweepPage  # plots take their time to be imported

        page = self.page = SweepPage(self)
        page.ranges_wanted.connect(self.around.panel.column.offer_ranges)
        page.start_wanted.connect(self.start)
        page.go_on_wanted.connect(self.go_on)
        page.stop_wanted.connect(self.stop)
        page.kept_wanted.connect(self.open)
        page.runs_wanted.connect(self._show_runs)
        page.form_wanted.connect(self._take_into_form)
        page.show_objectives(_measures())
        try:
            require_optuna()
        except BadInput as problem:
            page.message.say(str(problem))
            page.start_button.setEnabled(False)
        self._list_kept()
        return page

    # -- what is asked for -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a sweep of what the form has, in the ranges that are open there."""
        from metagen_gui.engine.sweeps.folder import fresh_folder
        from metagen_gui.engine.sweeps.plan import SweepPlan

        if self.busy or self.page is None:
            return
        mistyped = self.around.panel.mistyped()
        if mistyped:
            self.page.message.say(f"{mistyped[0]}: {mistyped[1]}")
            return
        column = self.around.panel.column
        for row in column.rows():
            if row.range is not None:
                row.range.message.say("")
        found = {row.path: row.range.document() for row in column.rows() if row.range is not None and row.range.is_open}
        document = {
            "version": 1,
            "experiment": self.around.panel.experiment().document(),
            "ranges": found,
            **self.page.settings(),
        }
        try:
            if not found:
                raise BadInput(self.tr("Ranges"), self.tr("open the range of one setting at least, in the form"))
            self._begin(SweepPlan.from_document(document, ours=True), fresh_folder())
        except BadInput as problem:
            self._show_problem(problem)

    def go_on(self) -> None:
        """Go on with the sweep that is shown."""
        if self._standing is not None and not self.busy:
            self._begin(self._standing.plan, self._standing.folder)

    def open(self, folder: Path) -> None:
        """Show a sweep that was begun before, or that another program is at."""
        if not self.busy:
            self._folder, self._standing = folder, None
            self._read()

    def stop(self) -> None:
        """Have its runs saved, and end."""
        if self._job is not None and self.page is not None:
            self._job.stop()
            self.page.stop_button.setEnabled(False)

    # -- what the window asks ----------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a sweep goes on here."""
        return self._job is not None

    def question(self) -> tuple[str, str]:
        """Ask about the sweep; it goes on another time."""
        return self.tr("Stop the sweep and quit?"), self.tr("Its runs are saved, and it goes on from there when asked.")

    def wait(self) -> None:
        """Block until no thread is left."""
        self._timer.stop()
        for job in (self._job, self._look):
            if job is not None:
                job.stop()
                job.wait()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _begin(self, plan: SweepPlan, folder: Path) -> None:
        from metagen_gui.engine.devices import use_threads
        from metagen_gui.engine.sweeps.sweep import sweep

        assert self.page is not None
        worker = self.around.worker()
        self._folder, self._delivered = folder, None
        begun = partial(sweep, plan, folder, look=worker.look, at_once=worker.at_once)
        self._job = Job(begun, self._deliver, use_threads=use_threads)
        self._job.ended.connect(self._end)
        self.page.message.say("")
        self.page.show_busy(True)
        self._timer.setInterval(SOON)
        self._timer.start()
        self._job.start()

    def _deliver(self, standing: Standing) -> None:
        self._delivered = standing  # in the thread: one assignment, and the newest counts

    def _take(self) -> None:
        if self._job is None:
            if self._look is None and self.isVisible():
                self._read()
            return
        if self._delivered is not None:
            self._show(self._delivered)
            self._delivered = None

    def _end(self, outcome: Outcome) -> None:
        assert self.page is not None
        self._take()
        self._job = None
        self._timer.stop()
        match outcome:
            case Refused(where, why):
                self._show_problem(BadInput(where, why))
            case Completed() | Stopped():
                pass
            case _:
                self.page.message.say(outcome.sentence)
        self._show_busy()
        self._list_kept()
        self.ended.emit()

    def _read(self) -> None:
        """Look at the folder of a sweep."""
        from metagen_gui.engine.sweeps.folder import standing_of

        if self._folder is None:
            return
        folder = self._folder
        self._look = Job(lambda: standing_of(folder))
        self._look.ended.connect(self._take_read)
        self._look.start()

    def _take_read(self, outcome: Outcome) -> None:
        from metagen_gui.engine.store.lock import is_held

        self._look = None
        if self.page is None or self.busy:
            return
        if isinstance(outcome, Completed):
            self.page.message.say("")
            self._show(outcome.value)
            self._show_busy()
            if self._folder is not None and is_held(self._folder):
                self.page.go_on_button.setEnabled(False)
                self._timer.start(SELDOM)
                return
        elif not isinstance(outcome, Stopped):
            self.page.message.say(outcome.sentence)
        self._timer.stop()

    def _show(self, standing: Standing) -> None:
        assert self.page is not None
        first = self._standing is None or self._standing.trials != standing.trials
        self._standing = standing
        self.page.show_standing(standing)
        if first:
            self.page.show_busy(self.busy)

    def _show_busy(self) -> None:
        assert self.page is not None
        left = self._standing is not None and self._standing.result is None
        self.page.show_busy(self.busy, may_go_on=left)

    def _show_problem(self, problem: BadInput) -> None:
        """Say what is wrong, beside the range that it is about where it is about one."""
        assert self.page is not None
        said = str(problem)
        for row in self.around.panel.column.rows():
            if row.range is not None and row.range.is_open and f"ranges.{row.path}" in problem.where:
                row.range.message.say(problem.why)
                self.around.panel.column.reveal(row)
                said = f"{row.setting.label}: {translated(problem.why)}"
        self.page.message.say(said)

    def _show_runs(self, number: int) -> None:
        assert self._standing is not None
        runs = [run for run in self._standing.trials[number].runs if run.is_dir()]
        if runs:
            self.around.compare(runs)
        elif self.page is not None:
            self.page.message.say(self.tr("None of the runs of trial {0} is there.").format(number))

    def _take_into_form(self, number: int) -> None:
        assert self._standing is not None and self.page is not None
        plan, trial = self._standing.plan, self._standing.trials[number]
        try:
            experiment = plan.trained(trial.values, plan.settings.seeds[0])
        except BadInput as problem:
            self.page.message.say(str(problem))
            return
        self.around.panel.replace_experiment(experiment, self.tr("Trial {0} of a sweep").format(number))

    def _list_kept(self) -> None:
        from metagen_gui.engine.sweeps.folder import kept_sweeps

        if self.page is not None:
            with suppress(OSError):
                self.page.show_kept(kept_sweeps())


def _measures() -> list[tuple[str, Any]]:
    """Return the names and titles of what can be an objective."""
    from metagen_gui.engine.metrics import metrics

    return [("loss", "Loss"), *((name, str(plugin.title)) for name, plugin in metrics.items())]
