"""How far a test of claims is: a sentence, a bar, the time left, what has been done and noticed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.claims.words import progress_sentence
from metagen_gui.gui.look.theme import colours, theme_changes
from metagen_gui.gui.widgets.icon_button import themed_icon
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.claims.examination.events import ClaimsEvent

PARTS = 1_000
"""Of the bar."""
DONE, GOING, NOTICED = "mdi6.check", "mdi6.play", "mdi6.information-outline"


MOST = 0.995
"""What is estimated never claims to be done."""


class ClaimsPace:
    """Told share and seconds left now and then; answers for every moment between."""

    def __init__(self) -> None:
        self._share, self._left, self._at = 0.0, 0.0, 0.0
        self._shown = 0.0

    def hear(self, share: float, seconds_left: float, now: float) -> None:
        """A report: `share` of the work is done, `seconds_left` are left; 0 of both means that it is not known yet."""
        self._share, self._left, self._at = share, seconds_left, now

    def share(self, now: float) -> float:
        """Return the share done, 0 to 1."""
        passed = min(1.0, (now - self._at) / self._left) if self._left > 0 else 0.0
        self._shown = max(self._shown, self._share + (1 - self._share) * MOST * passed)
        return self._shown

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds left; None where nothing is known, or more time has passed than was left."""
        left = self._left - (now - self._at)
        return left if left > 0 else None


class ClaimsProgress(QWidget):
    """Shown while a test goes on; it lives between two reports as well, which may lie half a minute apart."""

    def __init__(self, parent: QWidget | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.setObjectName("claims_progress")
        self._clock, self._pace, self._began = clock, ClaimsPace(), 0.0
        self._stages: list[str] = []
        self.title, self.sentence, self.left, self.beside = (PlainLabel(parent=self) for _ in range(4))
        for label in (self.title, self.sentence, self.left, self.beside):
            label.setWordWrap(True)
        bold = self.title.font()
        bold.setBold(True)
        bold.setPointSizeF(1.25 * bold.pointSizeF())
        self.title.setFont(bold)
        self.left.setProperty("tone", "muted")
        self.beside.setProperty("tone", "warning")
        self.sentence.setObjectName("claims_sentence")
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName(self.tr("Progress of the test"))
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(14)
        self.stages = QListWidget(self)
        self.stages.setAccessibleName(self.tr("What has been done"))
        self.stages.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.stages.setIconSize(QSize(16, 16))
        self.stages.setWordWrap(True)
        self.stop_button = QPushButton(self.tr("S&top"), self)
        self.stop_button.setObjectName("claims_stop")
        self.stop_button.setToolTip(self.tr("End the test at the next safe point; what is done is kept"))
        self.stop_button.setMinimumSize(140, 38)
        self.stop_button.setAutoDefault(False)  # Return must not end what took an hour
        hint = PlainLabel(self.tr("This window can be closed meanwhile: the test goes on."), self)
        hint.setProperty("tone", "muted")
        hint.setWordWrap(True)
        foot = QHBoxLayout()
        foot.addWidget(hint, 1)
        foot.addWidget(self.stop_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (self.title, self.sentence, self.bar, self.left, self.beside):
            column.addWidget(widget)
        column.addWidget(self.stages, 1)
        column.addLayout(foot)
        self._timer = QTimer(self, interval=500)
        self._timer.timeout.connect(self._show_pace)
        theme_changes().changed.connect(self._draw_icons)

    def begin(self, title: str) -> None:
        """A test begins."""
        self._pace, self._began, self._stages = ClaimsPace(), self._clock(), []
        self.title.setText(title)
        self.stages.clear()
        self.say(self.tr("Preparing…"))
        self.bar.setRange(0, 0)
        self.left.setText(" ")
        self.stop_button.setEnabled(True)
        self.show_beside(False)
        self._timer.start()

    def end(self) -> None:
        """The test has ended, in whatever way."""
        self._timer.stop()

    def say(self, text: str) -> None:
        """Say what goes on."""
        self.sentence.setText(text)
        self.sentence.setAccessibleName(text)

    def stopping(self) -> None:
        """Stop was pressed: it takes until the test next reports."""
        self.say(self.tr("Stopping at the next safe point, in half a minute at most as a rule. What is done is kept."))
        self.stop_button.setEnabled(False)
        self.bar.setRange(0, 0)

    def show_beside(self, beside: bool) -> None:
        """Say whether a run in the main window uses the machine as well."""
        self.beside.setVisible(beside)
        self.beside.setText(self.tr("A run trains in the main window at the same time: both take longer."))

    def hear(self, event: ClaimsEvent) -> None:
        """Show what the test reports."""
        from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsNotice, ClaimsStarted

        match event:
            case ClaimsStarted():
                said = self.tr("{runs} runs to train, {scores} arms to score")
                if event.trials:
                    said = self.tr(
                        "{runs} runs to train, {trials} short ones to choose outer rates, {scores} arms to score"
                    )
                self._add(
                    NOTICED, said.format(runs=f"{event.runs:,}", trials=f"{event.trials:,}", scores=f"{event.scores:,}")
                )
            case ClaimsNotice():
                self._add(NOTICED, translated(event.text))
            case ClaimsAdvanced():
                self._pace.hear(event.share, event.seconds_left, self._clock())
                if self.stop_button.isEnabled():
                    self.say(translated(event.text))
                self._enter([stage_of(part) for part in event.text.split(" · ")])
                self._show_pace()

    def _enter(self, stages: list[str]) -> None:
        """Tick off what was under way and is not any more, and list what is new; several things go on at once."""
        before, self._stages = self._stages, stages
        if stages == before:
            return
        for row in range(self.stages.count()):
            item = self.stages.item(row)
            if item.data(Qt.ItemDataRole.UserRole) == GOING and item.text() not in map(translated, stages):
                item.setData(Qt.ItemDataRole.UserRole, DONE)
        for stage in stages:
            if stage not in before:
                self._add(GOING, translated(stage))
        self._draw_icons()

    def _add(self, kind: str, text: str) -> None:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, kind)
        self.stages.addItem(item)
        self._draw_icons()
        self.stages.scrollToBottom()

    def _show_pace(self) -> None:
        now = self._clock()
        share, left = self._pace.share(now), self._pace.seconds_left(now)
        if share > 0 and self.stop_button.isEnabled():
            self.bar.setRange(0, PARTS)
            self.bar.setValue(round(PARTS * share))
        if share > 0:
            self.left.setText(progress_sentence(share, left, now - self._began))

    def _draw_icons(self) -> None:
        look = colours()
        tones = {DONE: look.good, GOING: look.link, NOTICED: look.muted}
        for row in range(self.stages.count()):
            kind = self.stages.item(row).data(Qt.ItemDataRole.UserRole)
            self.stages.item(row).setIcon(themed_icon(kind, tones[kind]))


def stage_of(text: str) -> str:
    """Return what goes on without how far it is: of the outer steps of a run, that it trains."""
    return re.sub(r": outer step .*$", ": training", text)
