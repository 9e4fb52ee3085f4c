"""One cell of the adaptation view, large: go through the steps, the tasks and what samples go through, save it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSaveFile, QSize, Qt
from PySide6.QtGui import QImageWriter, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.samples.cell_picture import Content, Options
from metagen_gui.gui.samples.columns import (
    SUPPORT,
    Column,
    columns_of,
    heading_of,
    place_of,
    row_name,
    shows_curves,
)
from metagen_gui.gui.samples.curve_plot import describe_curves
from metagen_gui.gui.samples.large_picture import LargePicture, large_picture
from metagen_gui.gui.samples.path_bar import PathBar
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainBox, PlainLabel
from metagen_gui.gui.widgets.saving import where_to_save


class EnlargedView(QDialog):
    """A window beside the main one, so that samples can be watched large while the run goes on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Samples"))
        self.resize(640, 600)
        self._snapshot: Snapshot | None = None
        self._task = 0
        self._column = SUPPORT
        self._picture = LargePicture()
        self._heading = PlainLabel()
        self._heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.back_button = IconButton("mdi6.chevron-left", self.tr("One step back (Left)"))
        self.on_button = IconButton("mdi6.chevron-right", self.tr("One step on (Right)"))
        self.back_button.clicked.connect(self.step_back)
        self.on_button.clicked.connect(self.step_on)
        save = QPushButton(self.tr("Save as PNG …"))
        save.setAutoDefault(False)
        save.setToolTip(self.tr("Save these samples as a picture"))
        save.clicked.connect(self._ask_and_save)
        self.film_button = QPushButton(self.tr("Animation …"))
        self.film_button.setAutoDefault(False)
        self.film_button.setToolTip(self.tr("Save how these samples change as an animation"))
        self.film_button.clicked.connect(self._film)
        close = QPushButton(self.tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        self.path_bar = PathBar()
        self.path_bar.moved.connect(self._draw)
        top = QHBoxLayout()
        top.addWidget(self.back_button)
        top.addWidget(self._heading, 1)
        top.addWidget(self.on_button)
        bottom = QHBoxLayout()
        hint = PlainLabel(self.tr("← → steps   ↑ ↓ tasks"))
        hint.setProperty("tone", "muted")
        bottom.addWidget(hint, 1)
        bottom.addWidget(save)
        bottom.addWidget(self.film_button)
        bottom.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self.path_bar)
        layout.addLayout(bottom)
        moves = {"Left": self.step_back, "Right": self.step_on, "Up": self.task_back, "Down": self.task_on}
        for key, move in moves.items():  # shortcuts, because a focused button would keep the arrows for itself
            QShortcut(QKeySequence(key), self).activated.connect(move)

    @property
    def heading(self) -> str:
        """What is shown, in words."""
        return self._heading.text()

    def show_cell(self, snapshot: Snapshot, task: int, column: Column, options: Options) -> None:
        """Show one cell."""
        self._snapshot, self._task, self._column = snapshot, task, column
        self._picture.options = options
        self._show()

    def show_snapshot(self, snapshot: Snapshot, options: Options, step: int | None = None) -> None:
        """Show the same task and step of another snapshot; of samples, those after `step` adaptation steps if told."""
        task = min(self._task, len(snapshot.names) - 1)
        column = self._column if self._column in columns_of(snapshot) else columns_of(snapshot)[-2]
        if step is not None and column.kind == "samples":
            column = Column("samples", place_of(snapshot, step))
        self.show_cell(snapshot, task, column, options)

    def step_on(self) -> None:
        """Show the next column."""
        self._move(0, 1)

    def step_back(self) -> None:
        """Show the column before."""
        self._move(0, -1)

    def task_on(self) -> None:
        """Show the next task."""
        self._move(1, 0)

    def task_back(self) -> None:
        """Show the task before."""
        self._move(-1, 0)

    def save(self, path: Path) -> None:
        """Write the samples to `path` as PNG, whole or not at all; raise `BadInput` if that fails."""
        content = self._picture.content
        if content is None:
            return
        # A plot twice as fine as on the screen, with the letters in proportion.
        room, ratio = (QSize(800, 600), 2.0) if shows_curves(content.snapshot) else (QSize(1024, 1024), 1.0)
        picture = large_picture(content, room, ratio, self._picture.options)
        encoded = QBuffer()
        encoded.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(encoded, QByteArray(b"png")).write(picture)
        file = QSaveFile(str(path))
        if not file.open(QIODevice.OpenModeFlag.WriteOnly) or file.write(encoded.data()) < 0 or not file.commit():
            raise BadInput(str(path), self.tr("cannot be written: {0}").format(file.errorString()))

    def _ask_and_save(self) -> None:
        path = where_to_save(self, self.tr("Save samples"), "samples.png", self.tr("Pictures (*.png)"), ".png")
        if path is None:
            return
        try:
            self.save(path)
        except BadInput as problem:
            box = PlainBox(self)
            box.setIcon(PlainBox.Icon.Warning)
            box.setWindowTitle(self.tr("Not saved"))
            box.setText(str(problem))
            box.exec()
            box.deleteLater()

    def _film(self) -> None:
        if self._snapshot is None:
            return
        from metagen_gui.gui.animations.dialog import offer_animation  # when it is wanted, not with the view
        from metagen_gui.gui.samples.motions import of_task

        offer_animation(of_task(self._snapshot, self._task, self._column, self._picture.options), self)

    def _move(self, tasks: int, columns: int) -> None:
        if self._snapshot is None:
            return
        order = columns_of(self._snapshot)
        place = min(max(order.index(self._column) + columns, 0), len(order) - 1)
        self._task = min(max(self._task + tasks, 0), len(self._snapshot.names) - 1)
        self._column = order[place]
        self._show()

    def _show(self) -> None:
        assert self._snapshot is not None
        order = columns_of(self._snapshot)
        self.back_button.setEnabled(self._column != order[0])
        self.on_button.setEnabled(self._column != order[-1])
        name, heading = row_name(self._snapshot, self._task), heading_of(self._snapshot, self._column)
        step = f"{self._snapshot.meta_step:,}"
        self._heading.setText(self.tr("{0}, {1} (outer step {2})").format(name, heading, step))
        curves = shows_curves(self._snapshot)
        self.setWindowTitle(self.tr("Curves") if curves else self.tr("Samples"))
        self._picture.setAccessibleName(self.windowTitle())
        remark = describe_curves(self._snapshot, self._task, self._column) if curves else ""
        self._picture.setAccessibleDescription(f"{self._heading.text()}: {remark}" if remark else self.heading)
        path = self._snapshot.path if self._column.kind == "samples" else None
        self.path_bar.set_states(0 if path is None else path.shape[2])
        self._draw()

    def _draw(self) -> None:
        if self._snapshot is not None:
            self._picture.content = Content(self._snapshot, self._task, self._column, self.path_bar.state)
            self._picture.update()
