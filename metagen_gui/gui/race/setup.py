"""Sets a race up: which experiments, by equal what, how much; or opens one that was raced before."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.experiment.presets import presets
from metagen_gui.gui.form.numbers.box import IntegerBox, NumberBox
from metagen_gui.gui.race.lanes import RaceLanes
from metagen_gui.gui.run.tool import Around
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip
from metagen_gui.gui.widgets.saving import where_to_save
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment, Section
    from metagen_gui.engine.races.race import Race

SECONDS, STEPS = 60.0, 1_000
"""What stands in the boxes at first."""
MOST_RUNS = 20
"""Runs offered, the newest."""


class RaceSetup(QWidget):
    """A list of lanes, how much they get, and a button that starts them."""

    start_wanted = Signal(object)
    """A `Race` that goes together."""
    kept_wanted = Signal(object)
    """The folder of a race that was begun before."""

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._around = around
        self.lanes = RaceLanes(self)
        self.message = MessageLine(self)
        self.hint = PlainLabel(
            self.tr(
                "Two to five experiments on the same tasks, seeds and latents. Add the experiment of the form, change "
                "the form, add it again; or take other algorithms, models, presets and runs."
            )
        )
        self.hint.setProperty("tone", "muted")
        self.hint.setWordWrap(True)
        self.add_button = self._button("add", self.tr("&Add lane"), self.tr("Add an experiment to the race"))
        self.add_button.setMenu(self._menu(self._fill_additions))
        self.open_button = self._button("open", self.tr("&Open"), self.tr("A race that was run before, or from a file"))
        self.open_button.setMenu(self._menu(self._fill_kept))
        self.save_button = self._button("save", self.tr("Sa&ve as…"), self.tr("Write the race to a file"))
        self.save_button.clicked.connect(self._ask_save)
        self.start_button = self._button("start", self.tr("S&tart the race"), self.tr("Train all lanes, side by side"))
        self.start_button.clicked.connect(self._start)
        self._make_amounts()
        ground = QWidget()
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.lanes)
        inside.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(ground)
        scroll.viewport().setAutoFillBackground(False)
        ground.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addWidget(self.hint)
        column.addLayout(_row(self.add_button, self.open_button, self.save_button, None))
        column.addWidget(scroll, 1)
        column.addWidget(self.message)
        column.addLayout(_row(self.amount_label, self.amount, self.equal, None, self.start_button))
        self.lanes.changed.connect(self._look)
        self._look()

    def show_race(self, race: Race) -> None:
        """Show another race, to be changed or run."""
        self.lanes.show_lanes(race.lanes)
        self.equal.setCurrentIndex(self.equal.findData(race.equal))
        self.seconds.show_value(race.amount if race.equal == "seconds" else SECONDS)
        self.steps.show_value(int(race.amount) if race.equal == "steps" else STEPS)

    def race(self) -> Race:
        """Return what is set up; raise `BadInput` that names what does not go together."""
        from metagen_gui.engine.races.race import Race

        equal = self.equal.currentData()
        race = Race(tuple(self.lanes.lanes()), equal, (self.seconds if equal == "seconds" else self.steps).value())
        race.check()
        return race

    def add(self, experiment: Experiment) -> None:
        """Add a lane."""
        from metagen_gui.engine.races.race import lane_for

        lanes = self.lanes.lanes()
        self.lanes.show_lanes([*lanes, lane_for(experiment, lanes)])
        self.add_button.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- what is added -----------------------------------------------------------------------------------------------

    def _fill_additions(self, menu: QMenu) -> None:
        from metagen_gui.engine.races.rivals import rivals

        experiment = self._around.panel.experiment()
        self._offer(menu, self.tr("The experiment of the &form, as it is now"), "", lambda: experiment)
        parts: tuple[tuple[Section, str], ...] = (
            ("algorithm", self.tr("With another &algorithm")),
            ("model", self.tr("With another &model")),
        )
        for section, title in parts:
            part = menu.addMenu(title)
            part.setToolTipsVisible(True)
            for rival in rivals(experiment, section):
                self._offer(
                    part, translated(rival.title), translated(rival.summary), partial(_itself, rival.experiment)
                )
            part.setEnabled(not part.isEmpty())
        part = menu.addMenu(self.tr("A &preset"))
        part.setToolTipsVisible(True)
        for preset in presets():
            self._offer(part, translated(preset.title), translated(preset.text), partial(self._load, preset.path))
        part = menu.addMenu(self.tr("The experiment of a &run"))
        for entry in list(self._around.runs())[:MOST_RUNS]:
            if entry.state != "unreadable":
                self._offer(part, " ".join(entry.name.split()), entry.folder.name, partial(self._load, entry.folder))
        part.setEnabled(not part.isEmpty())

    def _offer(self, menu: QMenu, text: str, tip: str, made: Callable[[], Experiment]) -> None:
        action = menu.addAction(text if "&" in text and menu.parent() is self else text.replace("&", "&&"))
        action.setToolTip(plain_tip(tip))
        action.triggered.connect(partial(self._take, made))

    def _take(self, made: Callable[[], Experiment], _: bool = False) -> None:
        try:
            self.add(made())
        except BadInput as problem:
            self.message.say(str(problem))

    def _load(self, path: Path) -> Experiment:
        engine = self._around.controller.engine
        assert engine is not None
        return engine.experiment.load(path)

    # -- kept races, files -------------------------------------------------------------------------------------------

    def _fill_kept(self, menu: QMenu) -> None:
        from metagen_gui.engine.races.folder import kept_races

        for kept in kept_races():
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.began))
            names = ", ".join(lane.name for lane in kept.race.lanes)
            action = menu.addAction(f"{when}: {names}".replace("&", "&&"))
            action.setEnabled(not kept.held)
            action.triggered.connect(partial(self._want_kept, kept.folder))
        if not menu.isEmpty():
            menu.addSeparator()
        menu.addAction(self.tr("From a &file…")).triggered.connect(self._ask_open)

    def _want_kept(self, folder: Path, _: bool = False) -> None:
        self.kept_wanted.emit(folder)

    def _ask_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open race"), "", self.tr("Races (*.json);;All files (*)"))
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Show the race of a file."""
        from metagen_gui.engine.races.race import Race

        try:
            self.show_race(Race.load(path))
        except BadInput as problem:
            self.message.say(str(problem))

    def _ask_save(self) -> None:
        path = where_to_save(self, self.tr("Save race"), "race.json", self.tr("Races (*.json)"), ".json")
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the race to a file, whole or not at all."""
        try:
            write_atomically(path, self.race().to_json().encode())
        except BadInput as problem:
            self.message.say(str(problem))
        except OSError as error:
            self.message.say(f"{path}: {error.strerror or error}")

    # -- within ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            self.start_wanted.emit(self.race())
        except BadInput as problem:
            self.message.say(str(problem))

    def _look(self) -> None:
        """Say what does not go together as soon as it does not; of too few lanes the hint speaks."""
        count = len(self.lanes.names)
        self.add_button.setEnabled(count < 5)
        self.start_button.setEnabled(count >= 2)
        self.save_button.setEnabled(count >= 2)
        try:
            if count >= 2:
                self.race()
            self.message.say("")
        except BadInput as problem:
            self.message.say(str(problem))
            self.start_button.setEnabled(False)

    def _make_amounts(self) -> None:
        tip = self.tr("What every lane gets: as much computing, or as many outer steps")
        self.amount_label = PlainLabel(self.tr("&Each gets"))
        self.seconds, self.steps = NumberBox(0.1, 10_000_000), IntegerBox(1, 1_000_000)
        self.seconds.show_value(SECONDS)
        self.steps.show_value(STEPS)
        self.amount = QStackedWidget(self)
        for box, name, says in (
            (self.seconds, "race_seconds", self.tr("Seconds of computing for every lane")),
            (self.steps, "race_steps", self.tr("Outer steps of every lane")),
        ):
            box.setObjectName(name)
            box.setAccessibleName(says)
            box.setToolTip(tip)
            box.valueChanged.connect(self._look)
            self.amount.addWidget(box)
        self.amount.setSizePolicy(self.seconds.sizePolicy())
        self.equal = QComboBox(self)
        self.equal.setObjectName("race_equal")
        self.equal.setAccessibleName(self.tr("By equal what"))
        self.equal.setToolTip(tip)
        self.equal.addItem(self.tr("seconds of computing"), "seconds")
        self.equal.addItem(self.tr("outer steps"), "steps")
        guard_wheel(self.equal)
        self.equal.currentIndexChanged.connect(self._turn)
        self._turn()

    def _turn(self) -> None:
        box = self.seconds if self.equal.currentData() == "seconds" else self.steps
        self.amount.setCurrentWidget(box)
        self.amount_label.setBuddy(box)

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"race_{name}_button")
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _menu(self, fill: Callable[[QMenu], None]) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)

        def refill() -> None:
            menu.clear()
            for part in menu.findChildren(QMenu):
                part.deleteLater()  # which `clear` leaves alone
            fill(menu)

        menu.aboutToShow.connect(refill)
        return menu


def _itself(experiment: Experiment) -> Experiment:
    return experiment


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets side by side; None takes the room that is left."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
