"""The question from which of a run's checkpoints a new run begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from metagen_gui.gui.run.branch import Branch
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry


class BranchDialog(QDialog):
    """Lets a person choose one of the steps at which a run was saved."""

    def __init__(self, name: str, steps: Sequence[int], best_step: int, parent: QWidget | None = None) -> None:
        """`steps` are not empty, oldest first; `best_step` is named where it is among them."""
        super().__init__(parent)
        self.setObjectName("branch_dialog")
        self.setWindowTitle(self.tr("Branch from a run"))
        said = PlainLabel(
            self.tr("A new run begins with what “{name}” had learned. Its settings come into the form first.").format(
                name=" ".join(name.split())
            )
        )
        said.setWordWrap(True)
        label = PlainLabel(self.tr("From the &checkpoint at"))
        self.steps = QComboBox()
        self.steps.setObjectName("branch_step")
        self.steps.setAccessibleName(self.tr("Checkpoint"))
        self.steps.setToolTip(self.tr("The outer steps at which the run was saved"))
        label.setBuddy(self.steps)
        guard_wheel(self.steps)
        for step in sorted(set(steps), reverse=True):
            words = [self.tr("newest")] if step == max(steps) else []
            words += [self.tr("best")] if step == best_step else []
            text = self.tr("step {step}").format(step=f"{step:,}")
            self.steps.addItem(f"{text} ({', '.join(words)})" if words else text, step)
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        buttons.button(standard.Ok).setText(self.tr("&Branch"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        for part in (said, label, self.steps, buttons):
            rows.addWidget(part)
        self.setMinimumWidth(380)
        self.steps.setFocus()


def ask_branch(parent: QWidget, entry: RunEntry, steps: Sequence[int]) -> Branch | None:
    """Ask for a checkpoint of a run, of which there are those at `steps`; return None for none after all."""
    dialog = BranchDialog(entry.name, steps, entry.best_step, parent)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    step = int(dialog.steps.currentData())
    dialog.deleteLater()
    return Branch(entry.folder, " ".join(entry.name.split()), step) if accepted else None
