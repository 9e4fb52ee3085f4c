"""What the tool shows: which run, which walk, its picture between the examples it begins and ends at, and a player."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from metagen_gui.gui.samples.cell_picture import Content
from metagen_gui.gui.samples.large_picture import LargePicture
from metagen_gui.gui.walks.frames import contents_of, ends_of, task_name, where_on
from metagen_gui.gui.walks.player import Player
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.picker import Picker
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metagen_gui.engine.play.walks import Walk, Walker


class WalksPage(QWidget):
    """Asks for runs and walks by its signals, and shows what it is given."""

    run_wanted = Signal(object)
    """The folder of a run to be opened."""
    way_wanted = Signal(str, int, int)
    """The kind of a walk, the task it is of or begins at, and the one it ends at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.walk: Walk | None = None
        self._frames: list[Content] = []
        self._next: Mapping[str, str | int] = {}
        """What is to be chosen of the run that is being opened, by what `choices` calls it."""
        self.run_picker = self._picker(self.tr("Run"), self.tr("With what which run has learned"))
        self.again_button = IconButton("mdi6.refresh", self.tr("Open the run's newest checkpoint"))
        self.kind_picker = self._picker(self.tr("Walk"), self.tr("What changes on the way"))
        self.task_picker = self._picker(self.tr("Task"), self.tr("The held-out task that the model has adapted to"))
        self.to_picker = self._picker(self.tr("To"), self.tr("The held-out task that the walk ends at"))
        self.run_picker.currentIndexChanged.connect(self._want_run)
        self.again_button.clicked.connect(self._want_run)
        for picker in (self.kind_picker, self.task_picker, self.to_picker):
            picker.currentIndexChanged.connect(self._want_way)
        self._said = ElidedLabel()
        self._said.setWordWrap(True)
        self._said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture = LargePicture(axes=False)
        self._begins, self._ends = LargePicture(axes=False), LargePicture(axes=False)
        self._begins.setAccessibleName(self.tr("Examples of the task"))
        self._ends.setAccessibleName(self.tr("Examples of the task it ends at"))
        self.player = Player()
        self.player.moved.connect(self._show_frame)
        self.save_button = QPushButton(self.tr("Animation …"))
        self.save_button.setToolTip(self.tr("Save this walk as an animation"))
        self.save_button.clicked.connect(self._film)
        self._lay_out()
        self.say(self.tr("Choose a run to walk about in"))

    def _lay_out(self) -> None:
        choices = QWidget()
        flow = FlowLayout(choices, 10, 4)
        self._to_row = self._labelled(self.to_picker)
        for row in (
            self._labelled(self.run_picker, self.again_button),
            self._labelled(self.kind_picker),
            self._labelled(self.task_picker),
            self._to_row,
        ):
            flow.addWidget(row)
        pictures = QHBoxLayout()
        for picture, stretch in ((self._begins, 1), (self.picture, 3), (self._ends, 1)):
            picture.setMinimumSize(80, 80)
            pictures.addWidget(picture, stretch)
        bottom = QHBoxLayout()
        bottom.addWidget(self.player, 1)
        bottom.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(choices)
        layout.addLayout(pictures, 1)
        layout.addWidget(self._said)
        layout.addLayout(bottom)

    def _picker(self, name: str, tip: str) -> Picker:
        made = Picker(least=8)
        made.setAccessibleName(name)
        made.setToolTip(tip)
        return made

    def _labelled(self, picker: Picker, *more: QWidget) -> QWidget:
        row = QWidget()
        label = PlainLabel(picker.accessibleName())
        label.setBuddy(picker)
        label.setProperty("tone", "muted")
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (label, picker, *more):
            layout.addWidget(widget)
        return row

    @property
    def text(self) -> str:
        """What is said under the picture."""
        return self._said.text()

    @property
    def run(self) -> Path | None:
        """The folder of the run that is chosen."""
        chosen = self.run_picker.currentData()
        return Path(chosen) if chosen else None

    @property
    def choices(self) -> dict[str, str | int]:
        """What is chosen of the run: its walk and its tasks; nothing before a run is open."""
        pickers = {"kind": self.kind_picker, "task": self.task_picker, "to": self.to_picker}
        return {name: picker.currentData() for name, picker in pickers.items() if picker.currentData() is not None}

    def open(self, name: str, choices: Mapping[str, str | int]) -> bool:
        """Open the run in a folder of that name and choose what `choices` gave; return whether there is such a run."""
        found = (row for row in range(self.run_picker.count()) if Path(self.run_picker.itemData(row)).name == name)
        if (row := next(found, None)) is None:
            return False
        with QSignalBlocker(self.run_picker):
            self.run_picker.setCurrentIndex(row)
        self._next = choices
        self._want_run()
        return True

    def show_runs(self, runs: Sequence[tuple[Path, str]]) -> None:
        """List runs by folder and title; the chosen one stays if it is there."""
        if [str(folder) for folder, _ in runs] == [
            self.run_picker.itemData(place) for place in range(self.run_picker.count())
        ]:
            return
        chosen = self.run
        with QSignalBlocker(self.run_picker):
            self.run_picker.clear()
            for folder, title in runs:
                self.run_picker.addItem(title, str(folder))
            self.run_picker.setCurrentIndex(max(0, self.run_picker.findData(str(chosen))))
        if self.run is None:
            self._forget()
            self.say(self.tr("There is no run with a checkpoint yet: train one, and save a checkpoint (F9)"))
        elif self.run != chosen:
            self._want_run()

    def show_choices(self, walker: Walker) -> None:
        """Offer the walks that a run allows, of its tasks, and ask for the one that is chosen."""
        titles = {
            "latents": self.tr("around its latents"),
            "tasks": self.tr("from task to task"),
            "sampling": self.tr("from noise to samples"),
        }
        names = [task_name(task, name) for task, name in enumerate(walker.batch.names)]
        wanted, self._next = {**self.choices, **self._next}, {}
        for what, picker, choices in (
            ("kind", self.kind_picker, [(titles[kind], kind) for kind in walker.kinds]),
            ("task", self.task_picker, [(name, task) for task, name in enumerate(names)]),
            ("to", self.to_picker, [(name, task) for task, name in enumerate(names)]),
        ):
            before = wanted.get(what)
            with QSignalBlocker(picker):
                picker.clear()
                for text, value in choices:
                    picker.addItem(text, value)
                fresh = 1 if picker is self.to_picker else 0
                values = [value for _, value in choices]
                picker.setCurrentIndex(values.index(before) if before in values else min(fresh, len(values) - 1))
        if not walker.kinds:
            self.say(self.tr("This run has one task and no latents to walk along"))
        self._want_way()

    def show_walk(self, walk: Walk) -> None:
        """Show a walk from its beginning."""
        self.walk, self._frames = walk, contents_of(walk)
        ends = ends_of(walk)
        self._begins.content, self._ends.content = ends[0], ends[-1]
        self._ends.setVisible(len(ends) > 1)
        self._begins.update()
        self._ends.update()
        self.player.set_frames(len(self._frames), closed=walk.closed)
        self.save_button.setEnabled(True)
        self._show_frame()

    def say(self, text: str) -> None:
        """Say something in place of where the walk is."""
        self._said.setText(text)
        self._said.setAccessibleName(text)

    def fail(self, why: str) -> None:
        """Say why there is no walk."""
        self._forget()
        self.say(why)

    def _forget(self) -> None:
        self.walk, self._frames = None, []
        for picture in (self._begins, self.picture, self._ends):
            picture.content = None
            picture.update()
        self._ends.hide()
        self.player.set_frames(0, closed=False)
        self.save_button.setEnabled(False)

    def _want_run(self) -> None:
        if self.run is not None:
            self._forget()
            self.say(self.tr("Opening…"))
            self.run_wanted.emit(self.run)

    def _want_way(self) -> None:
        kind, task, to = (picker.currentData() for picker in (self.kind_picker, self.task_picker, self.to_picker))
        self._to_row.setVisible(kind == "tasks")
        if kind is not None and task is not None:
            if self.walk is None:
                self.say(self.tr("Walking…"))
            self.way_wanted.emit(kind, task, to)

    def tell_frames(self, done: int, frames: int) -> None:
        """Say how far a walk is that is waited for; one that can be seen goes on until the next is there."""
        if self.walk is None:
            self.say(self.tr("Walking: frame {0} of {1}").format(done, frames))

    def _show_frame(self) -> None:
        if self.walk is not None:
            self.picture.content = self._frames[self.player.frame]
            self.picture.update()
            self.say(where_on(self.walk, self.player.frame))
            self.picture.setAccessibleDescription(self.text)

    def _film(self) -> None:
        if self.walk is None:
            return
        from metagen_gui.gui.animations.dialog import offer_animation  # when it is wanted, not with the page
        from metagen_gui.gui.samples.motions import of_contents

        title = self.tr("Walk {0}").format(self.kind_picker.currentText())
        rate = self.player.rate.value()
        options = self.picture.options
        motion = of_contents(title, "walk", self._frames, options, closed=self.walk.closed, rate=rate, axes=False)
        offer_animation([motion], self)
