"""How much a test of claims may cost: the quick plan, seconds per run or outer steps; seeds, shots, tasks, a shift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QGroupBox, QRadioButton, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.form.editors.base import field_height
from metagen_gui.gui.form.numbers.box import IntegerBox, NumberBox
from metagen_gui.gui.form.path_field import PathField
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment

SECONDS, STEPS, SEEDS, TASKS = 600.0, 1_000, 5, 100
"""What stands in the boxes at first."""


class ClaimsBudget(QGroupBox):
    """Three ways to say what a run may cost. The quick one fixes everything else that costs much."""

    changed = Signal()
    quick_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Budget"))
        self.quick = self._radio("quick", self.tr("&Quick: a first verdict in under 10 minutes"))
        self.quick.setToolTip(self.tr("A first answer, not the last word: another seed might come out otherwise"))
        self.by_seconds = self._radio("by_seconds", self.tr("S&econds of training per run"))
        self.by_seconds.setToolTip(self.tr("Every arm gets as many outer steps as fit into this time"))
        self.by_steps = self._radio("by_steps", self.tr("&Outer steps per run"))
        self.by_steps.setToolTip(self.tr("Every arm gets these outer steps, and as much time as the slowest needs"))
        self.seconds = NumberBox(0.1, 10_000_000, "s")
        self.seconds.show_value(SECONDS)
        self.steps = IntegerBox(1, 1_000_000)
        self.steps.show_value(STEPS)
        self.seeds, self._seeds = IntegerBox(1, 100), SEEDS
        self.seeds.show_value(SEEDS)
        grid = QGridLayout(self)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.quick, 0, 0, 1, 2)
        note = PlainLabel(self.tr("45 seconds of training per run, one seed"))
        note.setProperty("tone", "muted")
        note.setContentsMargins(20, 0, 0, 4)
        grid.addWidget(note, 1, 0, 1, 2)
        for row, (button, box, name, says) in enumerate(
            (
                (self.by_seconds, self.seconds, "seconds", self.tr("Seconds of training per run")),
                (self.by_steps, self.steps, "steps", self.tr("Outer steps per run")),
            ),
            start=2,
        ):
            grid.addWidget(button, row, 0)
            grid.addWidget(dressed(box, name, says, button.toolTip()), row, 1)
        tip = self.tr("Every arm is trained once with each seed. Verdicts about steadiness need at least five")
        label = PlainLabel(self.tr("See&ds"))
        label.setBuddy(self.seeds)
        label.setToolTip(tip)
        grid.addWidget(label, 4, 0)
        grid.addWidget(dressed(self.seeds, "seeds", self.tr("Seeds"), tip), 4, 1)
        # Quick has one, so the number changes under a person's eyes: not without a word.
        self.seeds_note = PlainLabel(self.tr("Quick has one; verdicts about steadiness need at least five"))
        self.seeds_note.setObjectName("claims_seeds_note")
        self.seeds_note.setProperty("tone", "muted")
        self.seeds_note.setWordWrap(True)
        self.seeds_note.setContentsMargins(20, 0, 0, 4)
        grid.addWidget(self.seeds_note, 5, 0, 1, 2)
        self.quick.setChecked(True)
        for button in (self.quick, self.by_seconds, self.by_steps):
            button.toggled.connect(self._choose)
        for box in (self.seconds, self.steps, self.seeds):
            box.valueChanged.connect(self.changed)
        self._choose()

    def values(self) -> dict[str, Any]:
        """Return the plan's settings for this, without those that the quick plan decides."""
        if self.quick.isChecked():
            return {}
        timed = self.by_seconds.isChecked()
        budget = {"seconds": self.seconds.value()} if timed else {"steps": self.steps.value()}
        return {**budget, "seeds": tuple(range(self.seeds.value()))}

    def boxes(self) -> list[IntegerBox | NumberBox]:
        """Return the boxes that count at present."""
        if self.quick.isChecked():
            return []
        return [self.seconds if self.by_seconds.isChecked() else self.steps, self.seeds]

    def _radio(self, name: str, text: str) -> QRadioButton:
        button = QRadioButton(text, self)
        button.setObjectName(f"claims_{name}")
        return button

    def _choose(self) -> None:
        quick = self.quick.isChecked()
        self.seconds.setEnabled(self.by_seconds.isChecked())
        self.steps.setEnabled(self.by_steps.isChecked())
        if quick and self.seeds.isEnabled():
            self._seeds = self.seeds.value()
        self.seeds.setEnabled(not quick)
        self.seeds.show_value(1 if quick else self._seeds)
        self.seeds_note.setVisible(not quick)
        self.quick_toggled.emit(quick)
        self.changed.emit()


class ClaimsTasks(QGroupBox):
    """What arms are judged on: shots, the number of held-out tasks, and tasks of another family."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Judged on"))
        self._own_shots = 0
        self.shots, self.tasks = IntegerBox(1, 10_000), IntegerBox(2, 100_000)
        self.tasks.show_value(TASKS)
        self.shift = QComboBox(self)
        self.folder = PathField("claims_shift_folder", self.tr("Folder with images of the other tasks"), self)
        self.folder.edit.setPlaceholderText(self.tr("Folder or zip"))
        guard_wheel(self.shift)
        shift_tip = self.tr("Adapt to tasks of another family as well, which training never saw")
        rows: tuple[tuple[str, QWidget], ...] = (
            (
                self.tr("S&hots"),
                dressed(self.shots, "shots", self.tr("Shots"), self.tr("Examples of a task that an arm adapts to")),
            ),
            (
                self.tr("Held-out &tasks"),
                dressed(
                    self.tasks, "tasks", self.tr("Held-out tasks"), self.tr("Test tasks that the verdicts rest on")
                ),
            ),
            (self.tr("Sh&ift to"), dressed(self.shift, "shift", self.tr("Shift to another family"), shift_tip)),
        )
        grid = QGridLayout(self)
        grid.setColumnStretch(0, 1)
        for row, (text, field) in enumerate(rows):
            label = PlainLabel(text)
            label.setBuddy(field)
            label.setToolTip(field.toolTip())
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(self.folder, len(rows), 0, 1, 2)
        self.shots.valueChanged.connect(self.changed)
        self.tasks.valueChanged.connect(self.changed)
        self.shift.currentIndexChanged.connect(self._choose)
        self.folder.edit.textChanged.connect(self.changed)
        self._choose()

    def show_experiment(self, experiment: Experiment) -> None:
        """Offer what goes with an experiment, its own shots first."""
        from metagen_gui.engine.claims.outlook import shifts

        self._own_shots = int(experiment.config("training").shots)
        self.shots.show_value(self._own_shots)
        self.shift.clear()
        self.shift.addItem(self.tr("nothing else"), None)
        for found in shifts(experiment):
            self.shift.addItem(translated(found.title), found)
            self.shift.setItemData(self.shift.count() - 1, translated(found.summary), Qt.ItemDataRole.ToolTipRole)

    def values(self) -> dict[str, Any]:
        """Return the plan's settings for this."""
        chosen = self.shift.currentData()
        shift = None
        if chosen is not None:
            path = {"path": str(self.folder.path()) if self.folder.text() else ""} if chosen.needs_folder else {}
            shift = {"name": chosen.name, "settings": {**chosen.settings, **path}}
        shots = self.shots.value()
        return {"tasks": self.tasks.value(), "shots": None if shots == self._own_shots else shots, "shift": shift}

    def boxes(self) -> list[IntegerBox | NumberBox]:
        """Return the boxes that count."""
        return [self.shots, self.tasks]

    def _choose(self) -> None:
        chosen = self.shift.currentData()
        self.folder.setVisible(chosen is not None and chosen.needs_folder)
        self.changed.emit()


def dressed(field: QWidget, name: str, says: str, tip: str) -> QWidget:
    """Return a field with its name, its words for those who do not see it, and the height of all fields."""
    field.setObjectName(f"claims_{name}")
    field.setAccessibleName(says)
    field.setAccessibleDescription(tip)
    field.setToolTip(tip)
    field.setMinimumHeight(field_height(field))
    field.setMinimumWidth(130)
    return field
