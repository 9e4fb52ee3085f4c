"""The page of a sweep: how it is set up, how it stands, and three ways to look at what it has found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.form.numbers.box import IntegerBox
from metagen_gui.gui.look.theme import PlotColours
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.sweep.plots import ImportancePlot, ParallelPlot, SlicePlot, best_in_words
from metagen_gui.gui.sweep.table import TrialsTable
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.sweeps.standing import Standing


class SweepPage(QWidget):
    """Shows a sweep and tells what is asked for; it does nothing itself."""

    ranges_wanted = Signal(bool)
    """The form is to show, or to hide, the buttons that open ranges."""
    start_wanted = Signal()
    go_on_wanted = Signal()
    stop_wanted = Signal()
    kept_wanted = Signal(object)
    """The folder of an earlier sweep."""
    runs_wanted = Signal(int)
    """A trial whose runs a person wants to see."""
    form_wanted = Signal(int)
    """A trial whose setting the form is to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.standing: Standing | None = None
        self.ranges_button = QPushButton(self.tr("&Ranges in the form"))
        self.ranges_button.setObjectName("sweep_ranges_button")
        self.ranges_button.setCheckable(True)
        self.ranges_button.setToolTip(self.tr("Show beside every setting a button that opens its range"))
        self.trials = self._box("sweep_trials_box", self.tr("Trials"), 40, 10_000)
        self.seeds = self._box("sweep_seeds_box", self.tr("Seeds of each"), 2, 100)
        self.objective = self._combo("sweep_objective", self.tr("What is to be best"))
        self.pruning = self._combo("sweep_pruning", self.tr("When a trial is ended early"))
        self.sampler = self._combo("sweep_sampler", self.tr("Who chooses settings"))
        for combo, choices in (
            (self.pruning, ((self.tr("below the median"), "median"), (self.tr("by halving"), "halving"),
                            (self.tr("never"), "none"))),
            (self.sampler, ((self.tr("learning from trials (TPE)"), "tpe"), (self.tr("at random"), "random"))),
        ):  # fmt: skip
            for text, value in choices:
                combo.addItem(text, value)
        self.kept = self._combo("sweep_kept", self.tr("Earlier sweeps"))
        self.start_button = self._button("sweep_start_button", self.tr("&Start the sweep"))
        self.go_on_button = self._button("sweep_go_on_button", self.tr("&Go on"))
        self.stop_button = self._button("sweep_stop_button", self.tr("S&top"))
        self.stop_button.setToolTip(self.tr("Its runs are saved, and go on with it"))
        self.form_button = self._button("sweep_form_button", self.tr("Into the &form"))
        self.form_button.setToolTip(self.tr("Take the setting of the chosen trial, or of the best, into the form"))
        self.runs_button = self._button("sweep_runs_button", self.tr("Its r&uns"))
        self.runs_button.setToolTip(self.tr("Show the runs of the chosen trial, or of the best, side by side"))
        self.message = MessageLine()
        self.message.setObjectName("sweep_problem")
        self.state = PlainLabel()
        self.state.setObjectName("sweep_state")
        self.state.setWordWrap(True)
        self.parallel = ParallelPlot("sweep_parallel", self.tr("Trials across all ranges"))
        self.slices = SlicePlot("sweep_slices", self.tr("One range against the measure"))
        self.importance = ImportancePlot("sweep_importance", self.tr("What matters"))
        self.slice_of = self._combo("sweep_slice_of", self.tr("Range"))
        self.table = TrialsTable()
        said = self.tr(
            "Nothing is sought yet. Press Ranges in the form, open the range of one setting or more there, and start."
        )
        self.empty = EmptyState(said, _lines, self)
        self._lay_out()
        self.ranges_button.toggled.connect(self.ranges_wanted)
        self.start_button.clicked.connect(self.start_wanted)
        self.go_on_button.clicked.connect(self.go_on_wanted)
        self.stop_button.clicked.connect(self.stop_wanted)
        self.form_button.clicked.connect(lambda: self._of_chosen(self.form_wanted))
        self.runs_button.clicked.connect(lambda: self._of_chosen(self.runs_wanted))
        self.table.opened.connect(self.runs_wanted)
        self.kept.activated.connect(lambda place: self.kept_wanted.emit(self.kept.itemData(place)))
        self.slice_of.currentIndexChanged.connect(self._slice)
        for plot in (self.parallel, self.slices):
            plot.chosen.connect(self.table.choose)
        self.show_busy(False)

    def settings(self) -> dict[str, Any]:
        """Return what is chosen here, as a plan has it."""
        return {
            "trials": self.trials.value(),
            "seeds": [*range(self.seeds.value())],
            "objective": self.objective.currentData() or "",
            "pruning": self.pruning.currentData(),
            "sampler": self.sampler.currentData(),
        }

    def show_objectives(self, measures: Sequence[tuple[str, str]]) -> None:
        """Offer measures, as their names and titles; the first there is comes first."""
        self.objective.addItem(self.tr("the model's own measure"), "")
        for name, title in measures:
            self.objective.addItem(translated(title), name)

    def show_kept(self, folders: Sequence[Path]) -> None:
        """Offer earlier sweeps."""
        self.kept.clear()
        for folder in folders:
            self.kept.addItem(folder.name, folder)
        self.kept.setCurrentIndex(-1)
        self.kept.setPlaceholderText(self.tr("Earlier sweeps"))
        self.kept.setVisible(bool(folders))

    def show_busy(self, busy: bool, may_go_on: bool = False) -> None:
        """Enable what can be asked for."""
        self.start_button.setEnabled(not busy)
        self.stop_button.setEnabled(busy)
        self.go_on_button.setEnabled(may_go_on and not busy)
        self.kept.setEnabled(not busy)
        there = self.standing is not None and bool(self.standing.trials)
        self.form_button.setEnabled(there)
        self.runs_button.setEnabled(there)

    def show_standing(self, standing: Standing) -> None:
        """Show how a sweep stands."""
        before, self.standing = self.standing, standing
        said = best_in_words(standing)
        if standing.result is not None:
            fresh, number = standing.result.fresh, standing.result.number
            says = self.tr("On {0} fresh tasks trial {1} has {2} ± {3}; trainings with other seeds: {4} to {5}.")
            mean, low, high = (format_number(value, digits=4) for value in (fresh.mean, fresh.low, fresh.high))
            said += " " + says.format(f"{fresh.tasks:,}", number, mean, f"{fresh.interval:.2g}", low, high)
        self.state.setText(f"{said} {translated(standing.notice)}".strip())
        if before is not None and (before.folder, before.trials, before.importance) == (
            standing.folder, standing.trials, standing.importance,
        ):  # fmt: skip
            return
        self._pages.setCurrentIndex(1 if standing.trials else 0)
        paths = [place.path for place in standing.plan.ranges]
        if [self.slice_of.itemData(place) for place in range(self.slice_of.count())] != paths:
            self.slice_of.blockSignals(True)
            self.slice_of.clear()
            for path in paths:
                self.slice_of.addItem(path.partition(".")[2].replace("_", " "), path)
            self.slice_of.blockSignals(False)
            self._slice()
        for view in (self.parallel, self.slices, self.importance, self.table):
            view.show_standing(standing)
        self._few.setVisible(not standing.importance)

    # -- putting together --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        line = QWidget(self)
        flow = FlowLayout(line, 8, 4)
        flow.addWidget(self.ranges_button)
        for text, control in (
            (self.tr("Tr&ials"), self.trials), (self.tr("S&eeds"), self.seeds), (self.tr("&Best by"), self.objective),
            (self.tr("End early"), self.pruning), (self.tr("Choose"), self.sampler),
        ):  # fmt: skip
            flow.addWidget(_labelled(text, control))
        buttons = QWidget(self)
        acts = FlowLayout(buttons, 6, 4)
        for act in (self.start_button, self.stop_button, self.go_on_button, self.form_button, self.runs_button):
            acts.addWidget(act)
        acts.addWidget(self.kept)
        sliced = QWidget()
        column = QVBoxLayout(sliced)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.slice_of, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.slices, 1)
        weighed = QWidget()
        column = QVBoxLayout(weighed)
        column.setContentsMargins(0, 4, 0, 0)
        self._few = PlainLabel(self.tr("What matters is told from ten trials on."))
        self._few.setProperty("tone", "muted")
        column.addWidget(self._few)
        column.addWidget(self.importance, 1)
        self.views = QTabWidget()
        self.views.setObjectName("sweep_views")
        for widget, title in (
            (self.parallel, self.tr("Across")), (sliced, self.tr("Slices")), (weighed, self.tr("What matters")),
            (self.table, self.tr("Trials")),
        ):  # fmt: skip
            self.views.addTab(widget, title)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.views)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 8, 10, 8)
        whole.addWidget(line)
        whole.addWidget(buttons)
        whole.addWidget(self.message)
        whole.addWidget(self.state)
        whole.addLayout(self._pages, 1)

    def _box(self, name: str, says: str, value: int, most: int) -> IntegerBox:
        box = IntegerBox(1, most, parent=self)
        box.setObjectName(name)
        box.setAccessibleName(says)
        box.setToolTip(says)
        box.show_value(value)
        return box

    def _combo(self, name: str, says: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(name)
        combo.setAccessibleName(says)
        combo.setToolTip(says)
        guard_wheel(combo)
        return combo

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        return button

    def _of_chosen(self, signal: Any) -> None:
        number = self.table.chosen()
        if number is None and self.standing is not None and self.standing.best is not None:
            number = self.standing.best.number
        if number is not None:
            signal.emit(number)

    def _slice(self, *_: object) -> None:
        self.slices.path = self.slice_of.currentData() or ""
        self.slices.redraw()


def _labelled(text: str, control: QWidget) -> QWidget:
    together = QWidget()
    row = QHBoxLayout(together)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    label = PlainLabel(text)
    label.setBuddy(control)
    row.addWidget(label)
    row.addWidget(control)
    return together


def _lines(painter: QPainter, room: QRectF, look: PlotColours) -> None:
    """Sketch lines across axes."""
    across = [room.left() + room.width() * share for share in (0.1, 0.36, 0.62, 0.88)]
    painter.setPen(QPen(QColor(look.grid), 1.5))
    for x in across:
        painter.drawLine(int(x), int(room.top()), int(x), int(room.bottom()))
    for number, heights in enumerate(((0.2, 0.7, 0.4, 0.8), (0.5, 0.3, 0.6, 0.5), (0.8, 0.5, 0.2, 0.3))):
        painter.setOpacity(1 - 0.3 * number)
        points = [(x, room.bottom() - height * room.height()) for x, height in zip(across, heights, strict=True)]
        for (x, y), (right, above) in pairwise(points):
            painter.drawLine(int(x), int(y), int(right), int(above))
