"""The form of a test of claims: which claims, arms, budget and tasks; and what it will take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.claims.arms import ClaimsArms
from metagen_gui.gui.claims.budget import ClaimsBudget, ClaimsTasks
from metagen_gui.gui.claims.words import about, claim_help, claim_sentence, outlook_sentence, problem_sentence
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.claims.plan import ClaimPlan
    from metagen_gui.engine.experiment import Experiment

CLAIMS = ("adapts", "generalises", "collapses", "steady")


class ClaimsForm(QWidget):
    """Everything has a sensible value, so that Start is all there is to do."""

    start_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims_form")
        self._experiment: Experiment | None = None
        self.intro = PlainLabel(parent=self)
        self.intro.setWordWrap(True)
        self.claims = {name: self._claim(name) for name in CLAIMS}
        self.arms, self.budget, self.tasks = ClaimsArms(), ClaimsBudget(), ClaimsTasks()
        self.problem = MessageLine(self)
        self.problem.setObjectName("claims_problem")
        self.takes = PlainLabel(parent=self)
        self.takes.setObjectName("claims_outlook")
        self.takes.setWordWrap(True)
        self.takes.setProperty("tone", "muted")
        self.waits = PlainLabel(
            self.tr("A run trains in the main window: the test begins when it ends or is paused."), self
        )
        self.waits.setWordWrap(True)
        self.waits.setProperty("tone", "warning")
        self.waits.hide()
        self.start_button = QPushButton(self.tr("&Start"), self)
        self.start_button.setObjectName("claims_start")
        self.start_button.setToolTip(self.tr("Train every arm, score it on held-out tasks, and say what follows"))
        self.start_button.setDefault(True)
        self.start_button.clicked.connect(self.start_wanted)
        self._lay_out()
        self.arms.changed.connect(self._foretell)
        self.budget.changed.connect(self._foretell)
        self.budget.quick_toggled.connect(self._suit_quick)
        self.tasks.changed.connect(self._foretell)
        self._steady = True
        self._suit_quick(True)

    # -- what the dialog calls ---------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Ask about this experiment; what was chosen for another that does not go with it is forgotten."""
        if experiment == self._experiment:
            return
        from metagen_gui.engine.claims.outlook import suitors

        self._experiment = None  # nothing is foretold meanwhile
        self.intro.setText(about(experiment))
        self.show_problem("", "")
        try:
            self.tasks.show_experiment(experiment)
            self.arms.show_suitors(suitors(experiment))
        except BadInput as problem:
            self.show_problem(problem.where, problem.why)
        self._experiment = experiment
        self._foretell()

    def plan(self) -> ClaimPlan:
        """Return the plan that is asked for; raise `BadInput` that names what cannot be."""
        from metagen_gui.engine.claims.plan import QUICK, ClaimPlan
        from metagen_gui.engine.settings.bad_input import BadInput

        if self._experiment is None:
            raise BadInput("experiment", self.tr("there is none yet"))
        for box in (*self.budget.boxes(), *self.tasks.boxes()):
            if complaint := box.complaint():
                raise BadInput(box.accessibleName(), complaint)
        chosen = tuple(name for name, box in self.claims.items() if box.isChecked() and box.isEnabled())
        values: dict[str, Any] = {**QUICK} if self.budget.quick.isChecked() else {}
        values |= self.budget.values() | self.tasks.values()
        return ClaimPlan.of(self._experiment, {**values, "claims": chosen, "arms": self.arms.chosen()})

    def show_problem(self, where: str, why: str) -> None:
        """Say what cannot be used, in one sentence; empty texts take it back."""
        self.problem.say(problem_sentence(where, why) if why else "")

    # -- within ------------------------------------------------------------------------------------------------------

    def _claim(self, name: str) -> QCheckBox:
        box = QCheckBox(claim_sentence(name), self)
        box.setObjectName(f"claims_claim.{name}")
        box.setAccessibleName(claim_sentence(name))
        box.setAccessibleDescription(claim_help(name))
        box.setToolTip(claim_help(name))
        box.setChecked(True)
        box.toggled.connect(self._foretell)
        return box

    def _lay_out(self) -> None:
        tested = QGroupBox(self.tr("Claims"))
        lines = QVBoxLayout(tested)
        lines.setSpacing(3)
        for name, box in self.claims.items():
            lines.addWidget(box)
            words = PlainLabel(claim_help(name))
            words.setProperty("tone", "muted")
            words.setWordWrap(True)
            words.setContentsMargins(20, 0, 0, 4)
            lines.addWidget(words)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column, groups in ((left, (tested, self.tasks)), (right, (self.budget, self.arms))):
            for group in groups:
                column.addWidget(group)
            column.addStretch(1)
        inside = QWidget()
        columns = QHBoxLayout(inside)
        columns.setContentsMargins(0, 0, 4, 0)
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        scroll = QScrollArea(self)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        foot = QHBoxLayout()
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(self.waits)
        told.addWidget(self.takes)
        foot.addLayout(told, 1)
        foot.addWidget(self.start_button)
        self.start_button.setMinimumSize(140, 38)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(10)
        whole.addWidget(self.intro)
        whole.addWidget(scroll, 1)
        whole.addWidget(self.problem)
        whole.addLayout(foot)

    def _suit_quick(self, quick: bool) -> None:
        """One seed says nothing of how seeds differ."""
        steady = self.claims["steady"]
        if quick and steady.isEnabled():
            self._steady = steady.isChecked()
        steady.setEnabled(not quick)
        steady.setChecked(self._steady and not quick)
        one_seed = self.tr("The quick budget trains with one seed, which says nothing of how runs differ")
        steady.setToolTip(one_seed if quick else claim_help("steady"))
        self._foretell()

    def _foretell(self) -> None:
        """Write beside Start what the test takes; a wrong choice is told when it is to be used."""
        if self._experiment is None:
            return
        from metagen_gui.engine.claims.outlook import outlook

        self.show_problem("", "")
        try:
            self.takes.setText(outlook_sentence(outlook(self.plan())))
        except BadInput as problem:
            self.takes.setText(translated(problem_sentence(problem.where, problem.why)))
