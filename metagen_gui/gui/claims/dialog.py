"""The claim tester: asks what to test, shows how far the test is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.claims.controller import ClaimsController, ClaimsState
from metagen_gui.gui.claims.earlier import ClaimsEarlier, may_trash, move_to_trash
from metagen_gui.gui.claims.form import ClaimsForm
from metagen_gui.gui.claims.progress import ClaimsProgress
from metagen_gui.gui.claims.results import ClaimsResults
from metagen_gui.gui.claims.words import offer, problem_sentence, titles
from metagen_gui.gui.program.fault_dialog import FaultDialog, write_log
from metagen_gui.gui.program.trash import tell_thrown
from metagen_gui.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from metagen_gui.engine.claims.examination.events import ClaimsFinished
    from metagen_gui.engine.claims.examination.kept_tests import KeptTest
    from metagen_gui.engine.experiment import Experiment


class ClaimsDialog(QDialog):
    """A window of its own beside the main one. Closed, it leaves a test to go on."""

    def __init__(
        self,
        controller: ClaimsController,
        experiment: Callable[[], Experiment],
        root: Path,
        parent: QWidget | None = None,
    ) -> None:
        """`experiment` gives the one that the main window shows; tests are kept in `root`."""
        super().__init__(parent)
        self.setObjectName("claims_dialog")
        self.setWindowTitle(self.tr("Test claims about meta-learning"))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.setModal(False)
        self._controller, self._experiment, self._root = controller, experiment, root
        self._declined: set[Path] = set()
        self._anew = True
        self.message = Banner(self)
        self.earlier = ClaimsEarlier(self)
        self.form, self.progress, self.results = ClaimsForm(self), ClaimsProgress(self), ClaimsResults(self)
        self.pages = QStackedWidget(self)
        for page in (self.form, self.progress, self.results):
            self.pages.addWidget(page)
        top = QHBoxLayout()
        top.addWidget(self.message, 1)
        top.addStretch()
        top.addWidget(self.earlier)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.addLayout(top)
        column.addWidget(self.pages, 1)
        self.resize(QSize(1080, 720).boundedTo(self.screen().availableSize() - QSize(20, 60)))
        self._connect()

    def _connect(self) -> None:
        control = self._controller
        self.form.start_wanted.connect(self.start)
        self.earlier.wanted.connect(self.go_on)
        self.earlier.trash_wanted.connect(self.throw_away)
        self.progress.stop_button.clicked.connect(control.stop)
        self.results.again_wanted.connect(self.ask)
        control.state_changed.connect(self._show_state)
        control.heard.connect(self.progress.hear)
        control.finished.connect(self._show_result)
        control.stopped.connect(self.ask)
        control.refused.connect(self._show_refusal)
        control.failed.connect(self._show_failure)

    # -- what is asked for -------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Show the form for the experiment of the main window, unless a test goes on."""
        if self._controller.state.busy:
            return
        self.form.show_experiment(self._experiment())
        self.show_beside()
        self.message.dismiss()
        self._look_for_earlier()
        self.pages.setCurrentWidget(self.form)
        self.form.start_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def come_back(self) -> None:
        """Be shown once more: what came of the last test stays, the form asks about the present experiment."""
        if self.pages.currentWidget() is self.form:
            self.ask()

    def start(self) -> None:
        """Begin the test that the form describes, in a new folder."""
        from metagen_gui.engine.claims.examination.kept_tests import fresh_folder

        if self._controller.state.busy:
            return
        self.form.show_problem("", "")
        try:
            plan = self.form.plan()
        except BadInput as problem:
            self._show_refusal(problem.where, problem.why)
            return
        self.message.dismiss()
        self._anew = True
        self._controller.start(plan, fresh_folder(self._root))

    def go_on(self, test: KeptTest) -> None:
        """Take up an earlier test where it was left; of one that is done this shows what came of it."""
        self.message.dismiss()
        self._anew = False
        self._controller.start(test.plan, test.folder, kept=True)

    def throw_away(self, test: KeptTest) -> None:
        """Move an earlier test to the trash, if that is agreed to and nobody writes it."""
        if self._controller.state.busy or not may_trash(self, test):
            return
        thrown = move_to_trash(test)
        shown = self.pages.currentWidget() is self.results
        if not isinstance(thrown, str) and (not shown or self.results.folder == test.folder):
            self.ask()  # where there may have been an offer to go on with it, or what came of it
        else:
            self._look_for_earlier(asking=False)
        if isinstance(thrown, str):
            self.message.warn(thrown)
        else:
            tell_thrown(self.message, [thrown], lambda: self._look_for_earlier(asking=False))

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _show_state(self, state: ClaimsState) -> None:
        self.earlier.setEnabled(not state.busy)
        match state:
            case ClaimsState.WAITING:
                plan = self._controller.plan
                assert plan is not None
                self.progress.begin(titles(plan.experiment))
                self.progress.say(
                    self.tr(
                        "Waiting until the run in the main window has ended or is paused: a test first measures how "
                        "long an outer step takes, and beside another run it would measure wrongly."
                    )
                )
                self.pages.setCurrentWidget(self.progress)
                self.progress.stages.setFocus(Qt.FocusReason.OtherFocusReason)
            case ClaimsState.RUNNING:
                self.progress.say(self.tr("Preparing…"))
                self.show_beside()
            case ClaimsState.STOPPING:
                self.progress.stopping()
            case ClaimsState.IDLE:
                self.progress.end()

    def show_beside(self) -> None:
        """Say whether a run in the main window uses the machine: a test waits for it, or is slower beside it."""
        running = self._controller.state is ClaimsState.RUNNING
        self.form.waits.setVisible(self._controller.beside_a_run)
        self.progress.show_beside(running and self._controller.beside_a_run)

    def _show_result(self, finished: ClaimsFinished, seconds: float) -> None:
        self.results.show_result(finished, seconds if self._anew else None)
        self._look_for_earlier(asking=False)
        self.pages.setCurrentWidget(self.results)
        self.results.report_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_refusal(self, where: str, why: str) -> None:
        if self.pages.currentWidget() is not self.form:
            self.ask()
        self.form.show_problem(where, why)

    def _show_failure(self, sentence: str, details: str) -> None:
        write_log(details)
        self.ask()
        dialog = FaultDialog(self.tr("The test failed"), sentence, details or sentence, self)
        self.message.warn(problem_sentence("", sentence), offer=self.tr("Details…"), then=dialog.show)

    def _look_for_earlier(self, *, asking: bool = True) -> None:
        """List the tests on disk, and offer to go on with the newest if it was stopped."""
        from metagen_gui.engine.claims.examination.kept_tests import kept_tests

        tests = kept_tests(self._root)
        self.earlier.show_tests(tests)
        newest = tests[0] if tests else None
        if asking and newest and not (newest.finished or newest.held or newest.folder in self._declined):
            self.message.ask(
                offer(newest),
                self.tr("Go on"),
                lambda: self.go_on(newest),
                self.tr("Not now"),
                lambda: self._declined.add(newest.folder),
            )
