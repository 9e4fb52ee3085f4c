"""The adaptation view: what the model generates for tasks it has never seen, as it adapts, through the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from metagen_gui.engine.events import Snapshot, ValidationReport
from metagen_gui.gui.look.theme import PlotColours
from metagen_gui.gui.samples.cell_picture import Options
from metagen_gui.gui.samples.columns import Column, shows_points, summary
from metagen_gui.gui.samples.folder_reader import FolderReader
from metagen_gui.gui.samples.grid import SampleGrid
from metagen_gui.gui.samples.history_bar import HistoryBar
from metagen_gui.gui.samples.scrubber.panel import ScrubberPanel
from metagen_gui.gui.samples.snapshot_store import SnapshotStore
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.header_toggle import header_toggle
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip
from metagen_gui.gui.widgets.spoken import Spoken

if TYPE_CHECKING:
    from metagen_gui.gui.samples.enlarged_view import EnlargedView


class SampleView(QWidget):
    """Shows the newest snapshot, or an earlier one that the person has chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample_view")
        self.setAccessibleName(self.tr("Adaptation to validation tasks"))
        self._store = SnapshotStore()
        self._reader = FolderReader(self)
        self._reader.listed.connect(self._take_list)
        self._reader.came.connect(self._take_read)
        self._reader.came_ahead.connect(self._take_read_ahead)
        self._reader.failed.connect(self._leave_out)
        self._shown: Snapshot | None = None
        self._awaited: int | None = None
        self._pinned: int | None = None
        self._dirty = False
        self._spoken = Spoken(self, lambda: summary(self._shown) if self._shown else self._empty.text)
        self._enlarged: EnlargedView | None = None
        title = PlainLabel(self.tr("Adaptation"))
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._subtitle = PlainLabel()
        self._subtitle.setProperty("tone", "muted")
        self._subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.invert_button = header_toggle(self.tr("Invert"), self.tr("Swap ink and paper"))
        self.field_button = header_toggle(
            self.tr("Field"),
            self.tr(
                "Show what the discriminator makes of each place instead of the true density: green real, orange fake"
            ),
        )
        self.scrub_button = header_toggle(
            self.tr("Scrub"), self.tr("Move over outer steps and adaptation steps on a map, while samples follow")
        )
        self.scrub_button.toggled.connect(self._scrub)
        for button in (self.invert_button, self.field_button):
            button.toggled.connect(self._show_again)
        for button in (self.invert_button, self.field_button, self.scrub_button):
            button.hide()
        header = QHBoxLayout()
        header.setSpacing(6)
        header.addStrut(self.invert_button.sizeHint().height())  # as high without its buttons as with them
        header.addWidget(title)
        header.addWidget(self._subtitle, 1)
        header.addWidget(self.invert_button)
        header.addWidget(self.field_button)
        header.addWidget(self.scrub_button)
        self.grid = SampleGrid()
        self.grid.opened.connect(self._enlarge)
        self._empty = EmptyState(self.tr("Press Start to see samples"), rows_of_samples, self)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.grid)
        self.history = HistoryBar()
        self.history.chosen.connect(self._show_place)
        self.scrubber = ScrubberPanel()
        self.scrubber.hide()
        self.scrubber.chosen.connect(self.history.go_to)
        self.scrubber.moved.connect(self._follow_pointer)
        self.scrubber.save_button.clicked.connect(self._film)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(header)
        layout.addLayout(self._pages, 1)
        layout.addWidget(self.scrubber)
        layout.addWidget(self.history)
        self._say(self.tr("to tasks never trained on"))

    @property
    def shown(self) -> Snapshot | None:
        """The snapshot on show."""
        return self._shown

    def reset(self, meta_steps: int = 0, folder: Path | None = None) -> None:
        """Forget the last run; the next one will have `meta_steps` outer steps, 0 if that is not known.

        `folder` is where that one keeps its snapshots, of before it was resumed as well.
        """
        self._store = SnapshotStore()
        self._reader.open(folder)
        self._shown = self._awaited = self._pinned = None
        self.scrubber.reset()
        self._say(self.tr("to tasks never trained on"))
        self.history.reset(meta_steps)
        self._pages.setCurrentWidget(self._empty)
        self.invert_button.hide()
        self.field_button.hide()
        self.scrub_button.hide()
        self.scrubber.hide()
        if self._enlarged is not None:
            self._enlarged.close()

    def set_empty_text(self, text: str) -> None:
        """Say something else while there are no samples."""
        self._empty.set_text(text)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and show it unless an earlier one is pinned."""
        snapshot = self._store.add(snapshot)
        self._reader.look()  # fewer come here than are written
        follows = self.history.following or self._shown is None
        if follows:
            self._pinned = snapshot.meta_step
        self._list_steps()
        if follows and not self.scrubber.hovering:
            self._awaited = None
            self._show(snapshot)

    def add_validation(self, report: ValidationReport) -> None:
        """Let the map of the scrubber tell what validation said."""
        self.scrubber.add_validation(report)

    def options(self) -> Options:
        """Return what the person chose to see."""
        return Options(self.invert_button.isChecked(), self.field_button.isChecked())

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while the view was hidden."""
        super().showEvent(event)
        if self._dirty:
            self._show_again()

    def _list_steps(self) -> None:
        pinned = self._store.nearest(self._pinned) if self._pinned is not None and self._store.steps else 0
        self.history.set_steps(self._store.steps, pinned)
        self._show_map()

    def _show_place(self, place: int) -> None:
        if place >= len(self._store.steps):
            return
        self._pinned = self._store.steps[place]
        self.scrubber.go_to(place)
        if not self.scrubber.hovering:
            self._show_step(self._pinned)

    def _show_step(self, step: int) -> None:
        held = self._store.get(step)
        self._awaited = step if held is None else None
        if held is None:
            self._reader.fetch(step)
        else:
            self._show(held)

    def _take_list(self, steps: Sequence[int]) -> None:
        self._store.list_folder(steps)
        self._list_steps()
        self._read_ahead()

    def _take_read(self, snapshot: Snapshot) -> None:
        snapshot = self._store.keep(snapshot)
        self._list_steps()
        if self._awaited is not None:  # or what is on its way to it: the view moves while the slider is dragged
            if self._awaited == snapshot.meta_step:
                self._awaited = None
            self._show(snapshot)

    def _take_read_ahead(self, snapshot: Snapshot) -> None:
        snapshot = self._store.keep(snapshot)
        if self._awaited == snapshot.meta_step:
            self._awaited = None
            self._show(snapshot)

    def _leave_out(self, meta_step: int, why: str) -> None:
        self._store.leave_out(meta_step)
        if self._awaited == meta_step:
            self._awaited = None
            self._pinned = None if self._shown is None else self._shown.meta_step
        self._list_steps()
        self._say(self.tr("The samples of step {0} cannot be read: {1}").format(f"{meta_step:,}", why))

    # -- scrubbing ---------------------------------------------------------------------------------------------------

    @property
    def _scrubs(self) -> bool:
        return not self.scrubber.isHidden()

    def _scrub(self, wanted: bool) -> None:
        self._show_map()
        self._read_ahead()
        if wanted:
            self.scrubber.map.setFocus()
        if self._pinned is not None:
            self._show_step(self._pinned)

    def _show_map(self) -> None:
        newest = self._store.newest
        self.scrubber.setVisible(self.scrub_button.isChecked() and newest is not None)
        if self._scrubs and newest is not None:
            self.scrubber.show_steps(self._store.steps, newest.steps, self.history.slider.value())

    def _read_ahead(self) -> None:
        self._reader.read_ahead(self._store.to_read_ahead() if self._scrubs else ())

    def _follow_pointer(self) -> None:
        if self._scrubs and self._shown is not None:
            self._show_step(self.scrubber.looks_at[0])

    def _film(self) -> None:
        if self._shown is None:
            return
        from metagen_gui.gui.animations.dialog import offer_animation  # when it is wanted, not with the window
        from metagen_gui.gui.samples.motions import through_adaptation, through_the_run

        store, reader, step, options = self._store, self._reader, self.scrubber.looks_at[1], self.options()
        through = through_the_run(self._shown, store.steps, lambda at: store.get(at) or reader.read(at), step, options)
        offer_animation([through, through_adaptation(self._shown, options)], self)

    def _say(self, text: str) -> None:
        self._subtitle.setText(text)
        self._subtitle.setToolTip(plain_tip(text))

    def _show_again(self) -> None:
        if self._shown is not None:
            self._show(self._shown)

    def _show(self, snapshot: Snapshot) -> None:
        self._shown = snapshot
        self._spoken.changed()
        self._dirty = not self.isVisible()
        if self._dirty:
            return
        points = shows_points(snapshot)
        self.invert_button.setVisible(not points and snapshot.samples.shape[-3] == 1)
        self.field_button.setVisible(points and snapshot.field is not None)
        self.scrub_button.show()
        self._pages.setCurrentWidget(self.grid)
        self.grid.only = self.scrubber.looks_at[1] if self._scrubs else None
        self.grid.show_snapshot(snapshot, self.options())
        if self._enlarged is not None and self._enlarged.isVisible():
            self._enlarged.show_snapshot(snapshot, self.options(), self.grid.only)

    def _enlarge(self, task: int, column: Column) -> None:
        if self._shown is None:
            return
        if self._enlarged is None:
            from metagen_gui.gui.samples.enlarged_view import (
                EnlargedView,  # when it is wanted, not when the window is painted
            )

            self._enlarged = EnlargedView(self)
        self._enlarged.show_cell(self._shown, task, column, self.options())
        self._enlarged.show()
        self._enlarged.raise_()
        self._enlarged.activateWindow()


def rows_of_samples(painter: QPainter, room: QRectF, look: PlotColours) -> None:
    """Sketch rows of thumbnails that come out clearer from left to right."""
    columns, rows = 8, 4
    side = min(room.width() / (columns + 1), room.height() / (rows + 0.5), 48.0)
    left = room.center().x() - side * columns / 2
    top = room.bottom() - side * rows
    painter.setPen(Qt.PenStyle.NoPen)
    for row in range(rows):
        for column in range(columns):
            shade = QColor(look.grid)
            given = column in (0, columns - 1)
            shade.setAlphaF(1.0 if given else 0.25 + 0.65 * (column - 1) / (columns - 3))
            painter.setBrush(shade)
            aside = -4 if column == 0 else 4 if column == columns - 1 else 0
            painter.drawRoundedRect(
                QRectF(left + column * side + aside + 2, top + row * side + 2, side - 4, side - 4), 3, 3
            )
