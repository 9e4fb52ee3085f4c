"""The verdicts of a test: per claim what was found for every arm, with an icon, a word, and the numbers at hand.

Under them how far arms are from the best possible, where that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.claims.words import claim_sentence
from metagen_gui.gui.look.theme import colours, theme_changes
from metagen_gui.gui.widgets.icon_button import themed_icon
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.claims.verdicts import Verdict

ICONS = {
    "confirmed": ("mdi6.check-circle", "good"),
    "refuted": ("mdi6.close-circle", "error"),
    "not shown": ("mdi6.help-circle-outline", "muted"),
    "control holds": ("mdi6.shield-check-outline", "good"),
    "control fails": ("mdi6.shield-alert-outline", "error"),
    "control says nothing": ("mdi6.shield-off-outline", "muted"),
}


class ClaimsVerdicts(QScrollArea):
    """A heading per claim, and under it a line per arm and footing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims_verdicts")
        self.setAccessibleName(self.tr("Verdicts"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.lines: list[VerdictLine] = []

    def show_verdicts(
        self, verdicts: Sequence[Verdict], claims: Sequence[str], best: Sequence[tuple[str, bool]] = ()
    ) -> None:
        """Show these, in place of any others; a claim of which nothing is known says so.

        `best` holds sentences about the best possible, and whether each is an alarm.
        """
        ground = QWidget()
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self.lines = []
        for claim in claims:
            column.addWidget(_heading(claim_sentence(claim)))
            of_it = [VerdictLine(verdict) for verdict in verdicts if verdict.claim == claim]
            if not of_it:
                nothing = PlainLabel(self.tr("Nothing could be compared."))
                nothing.setProperty("tone", "muted")
                column.addWidget(nothing)
            for line in of_it:
                column.addWidget(line)
            column.addSpacing(10)
            self.lines += of_it
        if best:
            column.addWidget(_heading(self.tr("Distance from the best possible")))
        for sentence, alarm in best:
            column.addWidget(_told(sentence, alarm))
        column.addStretch(1)
        ground.setAutoFillBackground(False)
        self.setWidget(ground)
        before: QWidget = self
        for line in self.lines:  # made anew, they would come last of all
            QWidget.setTabOrder(before, line.button)
            before = line.button


def _heading(text: str) -> QLabel:
    title = PlainLabel(text)
    title.setWordWrap(True)
    bold = title.font()
    bold.setBold(True)
    bold.setPointSizeF(1.1 * bold.pointSizeF())
    title.setFont(bold)
    return title


def _told(sentence: str, alarm: bool) -> QLabel:
    label = PlainLabel(translated(sentence))
    label.setObjectName("claims_best_possible")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if alarm:
        label.setProperty("tone", "error")
    return label


class VerdictLine(QWidget):
    """One verdict: icon and word, what was compared, and the numbers when they are asked for."""

    def __init__(self, verdict: Verdict, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind, word = said(verdict)
        self._claim = claim_sentence(verdict.claim)
        self._icon, self.word, self.compared, self.numbers = (PlainLabel(parent=self) for _ in range(4))
        self._icon.setFixedSize(QSize(22, 22))
        for label, text in ((self.word, word), (self.compared, translated(verdict.compared))):
            label.setText(text)
        parts = [f"• {translated(part[0].upper() + part[1:])}" for part in verdict.parts if part]
        self.numbers.setText("\n".join([*parts, translated(verdict.basis)]))
        for label in (self.word, self.compared, self.numbers):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.word.setProperty("tone", ICONS[self.kind][1])
        bold = self.word.font()
        bold.setBold(True)
        self.word.setFont(bold)
        self.compared.setProperty("tone", "muted")
        self.numbers.hide()
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setToolTip(self.tr("Differences with their intervals, effect sizes and corrected p"))
        self.button.toggled.connect(self._open)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        for row, widget in enumerate((self.word, self.compared, self.numbers)):
            grid.addWidget(widget, row, 1)
        grid.addWidget(self.button, 3, 1, Qt.AlignmentFlag.AlignLeft)
        self._open(False)
        self._draw()
        theme_changes().changed.connect(self._draw)

    def _open(self, wanted: bool) -> None:
        self.numbers.setVisible(wanted)
        text = self.tr("Hide the numbers") if wanted else self.tr("Show the numbers")
        self.button.setText(text)
        self.button.setAccessibleName(f"{text}: {self._claim}, {self.word.text()}, {self.compared.text()}")
        self.button.setArrowType(Qt.ArrowType.DownArrow if wanted else Qt.ArrowType.RightArrow)

    def _draw(self) -> None:
        name, tone = ICONS[self.kind]
        icon = themed_icon(name, str(getattr(colours(), tone)))
        self._icon.setPixmap(icon.pixmap(QSize(20, 20), self.devicePixelRatioF()))


def said(verdict: Verdict) -> tuple[str, str]:
    """Return the kind of a verdict, a key of `ICONS`, and its words, as `Not shown (the measures disagree)`."""
    what, _, remark = verdict.headline.partition(": ")
    if verdict.is_null:
        return f"control {verdict.control}", translated(f"{what}: {remark}")
    return str(verdict.status), translated(f"{remark[:1].upper()}{remark[1:]}")
