"""What a person makes the examples with: the pad, its tools, the examples side by side, and what the model sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from metagen_gui.engine.data.spec import Array, DataSpec, ImageSpec
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.play.drawn_task import MOST_PICTURES
from metagen_gui.gui.playground.drawing import Drawing, Picture, State, Stroke
from metagen_gui.gui.playground.pad import DrawPad
from metagen_gui.gui.playground.points_pad import PointsPad
from metagen_gui.gui.playground.strip import Strip, thumbnail
from metagen_gui.gui.playground.tools import PadTools
from metagen_gui.gui.samples.density_view import Extent
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel

PACE = 60
"""Milliseconds between looks at what is being drawn while the pen is down; when it is lifted there is one at once."""
PREVIEW = 84
"""Logical pixels of the picture of what the model sees."""


class Hand(QWidget):
    """Keeps the drawing and says when it has changed; what the examples are for, it does not know."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing()
        self._spec: DataSpec | None = None
        self._put_by: dict[str, Drawing] = {}
        """What was drawn, by kind of data: pictures fit models of any size."""
        self._seen: dict[Picture, Array] = {}
        self._under_way: Stroke | Array | None = None
        self._later = QTimer(self, singleShot=True, interval=PACE)
        self._later.timeout.connect(self._tell)
        self.pad, self.points_pad = DrawPad(self), PointsPad(self)
        self._pads = QStackedLayout()
        for pad in (self.pad, self.points_pad):
            pad.drawn.connect(self._drawn)
            pad.moving.connect(self._moving)
            self._pads.addWidget(pad)
        self.tools = PadTools()
        self.tools.wanted.connect(self.do)
        self.tools.changed.connect(self._take_pen)
        self.preview = PlainLabel()
        self.preview.setFixedSize(PREVIEW, PREVIEW)
        self.preview.setAccessibleName(self.tr("What the model sees"))
        caption = PlainLabel(self.tr("What the model sees"))
        caption.setProperty("tone", "muted")
        caption.setWordWrap(True)
        caption.setToolTip(self.tr("Your drawing at the size of the data; those of training fill the dashed frame"))
        self.strip = Strip()
        self.strip.picked.connect(self._choose)
        self.strip.removed.connect(self.remove)
        self.more_button = self._button("mdi6.plus", self.tr("Draw one more example"), self.add_example)
        self.more_button.setObjectName("draw_more_button")
        self.less_button = self._button("mdi6.minus", self.tr("Remove the chosen example"), self._remove_chosen)
        self._preview_box, self._examples = QWidget(), QWidget()
        below = QVBoxLayout(self._preview_box)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(4)
        below.addWidget(caption)
        below.addWidget(self.preview)
        row = QHBoxLayout(self._examples)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self.strip, self.more_button, self.less_button):
            row.addWidget(widget)
        self.beside = QVBoxLayout()
        self.beside.setSpacing(8)
        self.beside.addWidget(self.tools)
        self.beside.addWidget(self._preview_box)
        self.beside.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addLayout(self._pads, 3)
        top.addLayout(self.beside, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top, 1)
        layout.addWidget(self._examples)
        self._name_pads()
        self._show()

    # -- for what data -----------------------------------------------------------------------------------------------

    def suit(self, spec: DataSpec, extent: Extent | None, *, curves: bool) -> None:
        """Make examples of such data; what was drawn for data of this kind is there again."""
        before, self._spec = self._spec, spec
        if before is not None:
            self._put_by[before.kind] = self.drawing
        elif spec.has_pixels:  # who draws before any model is there draws characters
            self._put_by[spec.kind] = self.drawing
        self.drawing = self._put_by.get(spec.kind) or Drawing()
        self._seen.clear()
        if extent is not None:
            self.points_pad.extent, self.points_pad.sprays = extent, not curves
        self._pads.setCurrentIndex(int(spec.in_plane))
        self._name_pads()
        self.tools.show_pen(not spec.in_plane)
        self._examples.setVisible(not spec.in_plane)
        self._preview_box.setVisible(not spec.in_plane)
        self._show()

    def support(self) -> Array | None:
        """Return the examples as the model gets them, `(n, *shape)`, what is being drawn included; None without any."""
        state, moving = self.drawing.state, self._under_way
        if self._spec is None:
            return None
        if self._spec.in_plane:
            points = state.points if moving is None or isinstance(moving, Stroke) else moving
            return points if len(points) else None
        if isinstance(moving, Stroke):
            state = state.with_picture(state.picture.with_stroke(moving))
        seen = [one for one in map(self._seen_of, state.pictures) if one is not None]
        return np.stack(seen) if seen else None

    # -- what can be done --------------------------------------------------------------------------------------------

    def give(self, examples: Array, *, anew: bool) -> int:
        """Add examples of somebody else's making, or put them in place of all there was; return how many are taken."""
        if self._spec is not None and self._spec.in_plane:
            self._change(State(points=examples))
            return len(examples)
        state = State() if anew else self.drawing.state
        room = MOST_PICTURES - sum(not one.blank for one in state.pictures)
        pictures = tuple(Picture(ground=example) for example in examples[:room])
        if pictures:
            self._change(state.with_more(pictures, MOST_PICTURES))
        return len(pictures)

    def do(self, what: str) -> None:
        """`undo`, `redo`, `clear`, or `anew`: without any example."""
        if what == "anew":
            self._change(State())
            return
        if what == "clear":
            self._change(replace(self.drawing.state.with_picture(Picture()), points=State().points))
            return
        {"undo": self.drawing.undo, "redo": self.drawing.redo}[what]()
        self._show()
        self.changed.emit()

    def add_example(self) -> None:
        """Begin one more example, unless there is a blank one."""
        state = self.drawing.state
        blank = next((place for place, one in enumerate(state.pictures) if one.blank), None)
        if blank is not None:
            self._choose(blank)
        elif len(state.pictures) < MOST_PICTURES:
            self.drawing.change(State((*state.pictures, Picture()), len(state.pictures)))
            self._show()
        self.pad.setFocus()

    def remove(self, place: int) -> None:
        """Take one example away."""
        self._change(self.drawing.state.without(place))

    def _remove_chosen(self) -> None:
        self.remove(self.drawing.state.chosen)

    # -- drawing -----------------------------------------------------------------------------------------------------

    def _drawn(self, what: Stroke | Array) -> None:
        self._under_way = None
        state = self.drawing.state
        if isinstance(what, Stroke):
            self._change(state.with_picture(state.picture.with_stroke(what)))
        else:
            self._change(replace(state, points=what))

    def _moving(self, what: Stroke | Array) -> None:
        self._under_way = what
        if not self._later.isActive():
            self._later.start()

    def _change(self, state: State) -> None:
        self.drawing.change(state)
        self._show()
        self._tell()

    def _tell(self) -> None:
        self._later.stop()
        if self._under_way is not None:
            self._show_preview()
        self.changed.emit()

    def _choose(self, place: int) -> None:
        self.drawing.look(chosen=place)
        self._show()

    def _take_pen(self) -> None:
        self.pad.erases = self.points_pad.erases = self.tools.erases
        self.pad.width_of_pen = self.tools.pen

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_curve(self, snapshot: Snapshot | None, place: int = 0) -> None:
        """Show the curve of a step behind the points."""
        self.points_pad.show_curve(snapshot, place)

    def point_at(self, near: int) -> int:
        """Set the example off that is number `near` of `support`, none with -1; return its place among all, or -1."""
        spec, state = self._spec, self.drawing.state
        drawn = [place for place, one in enumerate(state.pictures) if not one.blank]
        if spec is not None and spec.in_plane:
            drawn = [*range(len(state.points))]
        place = drawn[near] if 0 <= near < len(drawn) else -1
        self.strip.point_at(-1 if spec is not None and spec.in_plane else place)
        self.points_pad.point_at(place if spec is not None and spec.in_plane else -1)
        return place

    def _seen_of(self, picture: Picture) -> Array | None:
        """Return what the model sees of a picture, None of a blank one; each is looked at once."""
        if picture.blank or not isinstance(self._spec, ImageSpec):
            return None
        if picture not in self._seen:
            if len(self._seen) > 4 * MOST_PICTURES:
                self._seen.clear()
            self._seen[picture] = picture.seen(self._spec)
        return self._seen[picture]

    def _show(self) -> None:
        state = self.drawing.state
        self.pad.show_picture(state.picture)
        self.points_pad.show_points(state.points)
        if self._spec is not None:
            pictures = state.pictures if self._spec.has_pixels else ()
            self.strip.show_examples([self._seen_of(one) for one in pictures], state.chosen, self._spec)
        self._show_preview()
        self.tools.buttons["undo"].setEnabled(self.drawing.undoable)
        self.tools.buttons["redo"].setEnabled(self.drawing.redoable)
        self.tools.buttons["anew"].setEnabled(len(state.pictures) > 1 or not state.picture.blank)
        more = len(state.pictures) < MOST_PICTURES
        self.more_button.setEnabled(more)
        tip = self.tr("Draw one more example") if more else self.tr("Ten examples are the most: remove one first")
        self.more_button.setToolTip(tip)

    def _show_preview(self) -> None:
        picture = self.drawing.state.picture
        if isinstance(self._under_way, Stroke):
            picture = picture.with_stroke(self._under_way)
        if self._spec is not None and self._spec.has_pixels:
            seen = self._seen_of(picture)
            self.preview.setPixmap(thumbnail(seen, self._spec, PREVIEW, self.devicePixelRatioF()))

    def _name_pads(self) -> None:
        """Let the pad that is shown be `draw_pad`, and have the focus."""
        for index, pad in enumerate((self.pad, self.points_pad)):
            shown = index == self._pads.currentIndex()
            pad.setObjectName("draw_pad" if shown else "")
            if shown:
                self.setFocusProxy(pad)

    def _button(self, icon: str, says: str, slot: Callable[[], object]) -> IconButton:
        button = IconButton(icon, says, self)
        button.clicked.connect(slot)
        return button
