"""What is exported of a run: the initialization, or the model after it has adapted to a task or to images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QGroupBox, QRadioButton, QSpinBox, QWidget

from metagen_gui.engine.exports.base import ADAPTED, INITIALIZATION
from metagen_gui.gui.form.editors.base import field_height
from metagen_gui.gui.form.path_field import PathField
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.exports.offers import Offer


class Subject(QGroupBox):
    """The choice; a format takes some of it, and one that shows the run takes none."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("What"))
        grid = QGridLayout(self)
        self.initialization = QRadioButton(self.tr("The meta-learned &initialization"), self)
        self.initialization.setToolTip(self.tr("What every task starts from, before any adaptation"))
        self.task = QRadioButton(self.tr("Adapted to a held-out &task, number"), self)
        self.task.setToolTip(self.tr("The model after it has adapted to one of the validation tasks"))
        self.images = QRadioButton(self.tr("Adapted to &my images in"), self)
        self.images.setToolTip(self.tr("The model after it has adapted to the images of a folder of yours"))
        self.task_index = _spin(
            "task_index",
            1,
            1_000_000,
            self.tr("Number of the validation task; 1 is the first row of the adaptation view"),
        )
        self.images_field = PathField("images_field", self.tr("Folder with images"), self)
        steps_label = PlainLabel(self.tr("Adaptation &steps"), self)
        self.steps = _spin("steps", 0, 10_000, self.tr("Adaptation steps"))
        self.steps.setSpecialValueText(self.tr("as in training"))
        steps_label.setBuddy(self.steps)
        grid.addWidget(self.initialization, 0, 0, 1, 2)
        grid.addWidget(self.task, 1, 0)
        grid.addWidget(self.task_index, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.images, 2, 0)
        grid.addWidget(self.images_field, 2, 1)
        grid.addWidget(steps_label, 3, 0)
        grid.addWidget(self.steps, 3, 1, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        self.initialization.setChecked(True)
        self._offer: Offer | None = None
        for button in (self.initialization, self.task, self.images):
            button.toggled.connect(self._follow)
        self._follow()

    def suit(self, offer: Offer) -> None:
        """Leave to choose what a format takes."""
        self._offer = offer
        self.setVisible(not offer.of_run)
        adapts = self.task.isChecked() or self.images.isChecked()
        if adapts and ADAPTED not in offer.takes:
            self.initialization.setChecked(True)
        elif not adapts and INITIALIZATION not in offer.takes:
            self.task.setChecked(True)
        self.initialization.setEnabled(INITIALIZATION in offer.takes)
        for button in (self.task, self.images):
            button.setEnabled(ADAPTED in offer.takes)
        self._follow()

    def adapts_to(self) -> tuple[int | None, Path | None]:
        """Return the task, from 0, or the folder of images, that the model adapts to first; neither for none."""
        task = self.task_index.value() - 1 if self.task.isChecked() else None
        return task, self.images_field.path() if self.images.isChecked() else None

    def taken_steps(self) -> int | None:
        """Return how many adaptation steps are asked for, where that says something."""
        return (self.steps.value() or None) if self.steps.isEnabled() else None

    def _follow(self) -> None:
        self.task_index.setEnabled(self.task.isChecked())
        self.images_field.setEnabled(self.images.isChecked())
        any_steps = self._offer is not None and self._offer.takes_steps
        self.steps.setEnabled(any_steps or not self.initialization.isChecked())
        self.changed.emit()


def _spin(name: str, low: int, high: int, says: str) -> QSpinBox:
    box = QSpinBox()
    box.setObjectName(name)
    box.setRange(low, high)
    box.setAccessibleName(says)
    box.setToolTip(says)
    box.setMinimumWidth(140)
    box.setMinimumHeight(field_height(box))
    guard_wheel(box)
    return box
