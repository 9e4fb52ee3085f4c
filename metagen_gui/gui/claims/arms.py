"""Which arms a test of claims compares: baselines, and every algorithm that suits the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGroupBox, QHBoxLayout, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.claims.outlook import Suitor

NULL, FINE_TUNED = "null", " + fine-tuning"
"""As `claims/plan.py` calls them, which is not imported before there is an experiment to test."""


class ClaimsArms(QGroupBox):
    """A check box per arm. The experiment's own algorithm is checked, others are a person's choice."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Compared"))
        self.boxes: dict[str, QCheckBox] = {}
        self._algorithms: list[str] = []
        self._column, baselines = QVBoxLayout(), QVBoxLayout()
        whole = QHBoxLayout(self)
        for column, title in ((self._column, self.tr("Algorithms")), (baselines, self.tr("Against"))):
            column.setSpacing(3)
            words = PlainLabel(title)
            words.setProperty("tone", "muted")
            column.addWidget(words)
            column.addStretch(1)
            whole.addLayout(column, 1)
        for name, title, tip in self._baselines():
            self._add(baselines, name, title, tip).setChecked(True)
        self._fine_tuned = self._check_box(
            "fine_tuned",
            self.tr("Fine-tuned as well"),
            self.tr(
                "Fine-tune what the algorithms have learned in the same ways as joint training, as arms of their own: "
                "then nothing but the initialization differs"
            ),
        )
        self._column.addSpacing(8)  # it is no algorithm
        self._column.addWidget(self._fine_tuned)

    def show_suitors(self, suitors: Sequence[Suitor]) -> None:
        """Offer these algorithms, the first checked; those that do not suit say why. Where it is the same, all stay."""
        same = bool(suitors) and self._algorithms[:1] == [suitors[0].name]
        kept = {name for name in self._algorithms if same and self.boxes[name].isChecked()}
        for name in self._algorithms:
            box = self.boxes.pop(name)
            self._column.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._algorithms = [suitor.name for suitor in suitors]
        for place, suitor in enumerate(suitors):
            box = self._add(
                self._column, suitor.name, translated(suitor.title), translated(suitor.objection or suitor.summary)
            )
            box.setChecked((suitor.name in kept if same else place == 0) and not suitor.objection)
            box.setEnabled(not suitor.objection)

    def chosen(self) -> tuple[str, ...]:
        """Return the names of the chosen arms, baselines first and the null last, as reports show them."""
        names = [name for name in self.boxes if name not in (*self._algorithms, NULL)]
        checked = [name for name in (*names, *self._algorithms, NULL) if self.boxes[name].isChecked()]
        if not self._fine_tuned.isChecked():
            return tuple(checked)
        both = ((name, f"{name}{FINE_TUNED}") if name in self._algorithms else (name,) for name in checked)
        return tuple(name for names in both for name in names)

    def _add(self, column: QVBoxLayout, name: str, title: str, tip: str) -> QCheckBox:
        box = self.boxes[name] = self._check_box(name, title, tip)
        column.insertWidget(column.count() - (3 if column is self._column else 1), box)  # before the stretch
        return box

    def _check_box(self, name: str, title: str, tip: str) -> QCheckBox:
        box = QCheckBox(title, self)
        box.setObjectName(f"claims_arm.{name}")
        box.setAccessibleName(title)
        box.setAccessibleDescription(tip)
        box.setToolTip(plain_tip(tip))
        box.toggled.connect(self.changed)
        return box

    def _baselines(self) -> tuple[tuple[str, str, str], ...]:
        return (
            (
                "joint + fine-tuning",
                self.tr("Joint + fine-tuning"),
                self.tr("Ordinary training, then gradient steps whose kind and rate are tuned: the baseline to beat"),
            ),
            ("joint", self.tr("Joint training"), self.tr("Ordinary training on all tasks at once, without adapting")),
            (
                "random",
                self.tr("Random initialization"),
                self.tr("Untrained weights that only adapt: what the few examples are worth by themselves"),
            ),
            (
                NULL,
                self.tr("Null: shuffled classes"),
                self.tr(
                    "The control: the first algorithm on tasks that have nothing in common. Nothing can be gained "
                    "there, and a gain that is shown exposes a fault of the test"
                ),
            ),
        )
