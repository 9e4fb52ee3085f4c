"""A race that is run: how far it is, who leads, curves and samples of all lanes, and in the end who wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSplitter, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.races.events import LaneEnded, LaneLooked, RaceBegun, RaceEvent, RaceFinished, RaceNotice
from metagen_gui.gui.race.controller import RaceState
from metagen_gui.gui.race.mailbox import RaceDelivery
from metagen_gui.gui.race.plot import RacePlot
from metagen_gui.gui.race.samples import RaceSamples
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.races.verdict import Verdict

PARTS = 1_000
"""Of the bar."""
MOST_NOTICES = 4
"""Shown; all of them are in the tooltip."""


class RaceCourse(QWidget):
    """Shows one race; what is wanted of it, its signals tell."""

    pause_wanted = Signal()
    go_on_wanted = Signal()
    judge_wanted = Signal()
    another_wanted = Signal()
    comparison_wanted = Signal(object)
    """The folders of the lanes' runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("race_course")
        self.verdict: Verdict | None = None
        self.runs: tuple[Path, ...] = ()
        self._names: list[str] = []
        self._notices: list[str] = []
        self._state, self._over = RaceState.IDLE, False
        self.sentence, self.doing, self.notices = (PlainLabel(parent=self) for _ in range(3))
        self.sentence.setObjectName("race_sentence")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        bold = self.sentence.font()
        bold.setBold(True)
        self.sentence.setFont(bold)
        for label in (self.sentence, self.doing, self.notices):
            label.setWordWrap(True)
        for label in (self.doing, self.notices):
            label.setProperty("tone", "muted")
        self.bar = QProgressBar(self)
        self.bar.setRange(0, PARTS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the race"))
        self.plot, self.samples = RacePlot(self), RaceSamples(self)
        self._make_buttons()
        self._halves = QSplitter(Qt.Orientation.Vertical, self)
        self._halves.setChildrenCollapsible(False)
        for half in (self.plot, self.samples):
            self._halves.addWidget(half)
        self._halves.setSizes([1, 1])
        buttons = QHBoxLayout()
        for button in (self.pause_button, self.go_on_button, self.judge_button, self.compare_button):
            buttons.addWidget(button)
        buttons.addWidget(self.bar, 1)
        buttons.addWidget(self.another_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addWidget(self.sentence)
        column.addWidget(self.doing)
        column.addLayout(buttons)
        column.addWidget(self._halves, 1)
        column.addWidget(self.notices)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the samples where there is more room: beneath the curves, or beside them."""
        super().resizeEvent(event)
        beside = self.width() > 1.4 * self.height()
        self._halves.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)

    def _make_buttons(self) -> None:
        def button(name: str, text: str, tip: str, clicked: Callable[[], object]) -> QPushButton:
            made = QPushButton(text, self)
            made.setObjectName(f"race_{name}_button")
            made.setToolTip(tip)
            made.setAutoDefault(False)
            made.clicked.connect(clicked)
            return made

        self.pause_button = button(
            "pause", self.tr("&Pause"), self.tr("Save every lane, and stop"), self.pause_wanted.emit
        )
        self.go_on_button = button(
            "go_on", self.tr("&Go on"), self.tr("Go on with every lane from where it was"), self.go_on_wanted.emit
        )
        self.judge_button = button(
            "judge", self.tr("&Judge now"), self.tr("Score what lanes have learned so far"), self.judge_wanted.emit
        )
        self.compare_button = button(
            "compare", self.tr("&Compare in the library"), self.tr("Show the lanes' runs side by side"), self._compare
        )
        self.another_button = button(
            "another", self.tr("&New race"), self.tr("Set up another race; this one is kept"), self.another_wanted.emit
        )

    def begin(self, names: Sequence[str]) -> None:
        """Show a race of lanes of these names, from its beginning."""
        self._names, self._notices, self.verdict, self.runs = list(names), [], None, ()
        self._over = False
        self.plot.begin(names)
        self.samples.begin(names)
        self.sentence.setText("")
        self.bar.setValue(0)
        self._show_notices()

    def show_state(self, state: RaceState) -> None:
        """Offer what can be done now."""
        self._state = state
        self.sentence.setToolTip("")
        self.doing.setText(
            {
                RaceState.WAITING: self.tr(
                    "Waiting until the run in this window has ended or is paused: beside it, what a step takes would "
                    "be measured wrongly."
                ),
                RaceState.RACING: self.tr("Preparing…"),
                RaceState.PAUSING: self.tr("Pausing: every lane is being saved…"),
                RaceState.IDLE: "" if self.verdict else self.tr("Paused. Every lane is saved in the library."),
            }[state]
        )
        self.doing.setVisible(bool(self.doing.text()))
        idle = state is RaceState.IDLE
        self.pause_button.setVisible(state in (RaceState.WAITING, RaceState.RACING))
        self.go_on_button.setVisible(idle and not self._over)
        self.judge_button.setVisible(idle and self.verdict is None and bool(self.runs))
        self.compare_button.setVisible(idle and bool(self.runs))
        self.another_button.setEnabled(idle)

    def show_left(self, runs: tuple[Path, ...], so_far: RaceDelivery) -> None:
        """Show how far a race had come that was left before its end, and offer to go on with it."""
        self.runs = runs
        self.show_state(RaceState.IDLE)
        self.take(so_far)
        if so_far.advanced is not None:
            self.bar.setValue(round(PARTS * so_far.advanced.share))
        self.doing.setText(
            self.tr("Left before its end. Every lane is in the library; Go on takes the race up from there.")
        )

    def show_failure(self, sentence: str, details: str) -> None:
        """Say what went wrong in place of who leads."""
        self.sentence.setText(translated(sentence))
        self.sentence.setToolTip(plain_tip(details))
        self.doing.hide()

    def take(self, delivery: RaceDelivery) -> None:
        """Show what came."""
        if any(isinstance(event, RaceBegun) for event in delivery.events):
            self.plot.begin(self._names)
            self._notices, self.verdict, self._over = [], None, False
        self.plot.add_looks([event for event in delivery.events if isinstance(event, LaneLooked)])
        if delivery.snapshots:
            self.samples.add_snapshots(delivery.snapshots)
        if delivery.advanced is not None and self._state is RaceState.RACING:
            self.doing.setText(translated(delivery.advanced.text))
            self.bar.setValue(round(PARTS * delivery.advanced.share))
        if delivery.led is not None:
            self.sentence.setText(translated(delivery.led.sentence))
        for event in delivery.events:
            self._hear(event)

    def _hear(self, event: RaceEvent) -> None:
        match event:
            case RaceBegun():
                self.runs = event.runs
            case LaneEnded() if event.problem:
                self._notices.append(f"{self._names[event.lane]}: {event.problem}")
            case RaceNotice():
                self._notices.append(translated(event.text))
            case RaceFinished():
                self.verdict, self._over = event.verdict, event.is_over
                self._notices = [*event.verdict.notices]
                self.sentence.setText(translated(event.verdict.sentence))
        self._show_notices()

    def _show_notices(self) -> None:
        self.notices.setText("\n".join(self._notices[:MOST_NOTICES]))
        self.notices.setToolTip(plain_tip("\n".join(self._notices)))
        self.notices.setVisible(bool(self._notices))

    def _compare(self) -> None:
        self.comparison_wanted.emit(self.runs)
