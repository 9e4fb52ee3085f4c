"""The playground itself: a person's hand above, below it what the model makes of it, and orders that go to and fro.

The hand never waits: strokes are shown at once, orders go to a thread in which the latest counts, and what comes back
is dropped if something newer was shown already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.play.drawn_task import DrawnTask
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.playground.exchange import Exchange, holds_task
from metagen_gui.gui.playground.hand import Hand
from metagen_gui.gui.playground.held_out import HeldOutBox
from metagen_gui.gui.playground.hint import Hint
from metagen_gui.gui.playground.keepsake import KeepsakeButton
from metagen_gui.gui.playground.keys import meant
from metagen_gui.gui.playground.nearest import Nearest
from metagen_gui.gui.playground.serving import Adapt, Given, Lost, Open, Order, Pick, Read, Ready, Shown, Trouble
from metagen_gui.gui.playground.source_picker import SourcePicker
from metagen_gui.gui.playground.sources import Source
from metagen_gui.gui.playground.step_bar import StepBar
from metagen_gui.gui.playground.waiting import Waiting
from metagen_gui.gui.playground.wall import Wall
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

WIDE = 1.2
"""Times its height, from which width on the page has its halves side by side."""


class Page(QWidget):
    """Asks and shows; `asked` carries orders to the thread, `take` gets what comes of them."""

    asked = Signal(object)
    """An `Order`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.ready: Ready | None = None
        self._stamp = self._void = 0
        self._came: dict[str, int] = {}
        self._opening: Open | None = None
        self._broke: Path | None = None
        self._next: tuple[DrawnTask | None, int | None] | None = None
        self.hand, self.wall, self.steps = Hand(), Wall(), StepBar()
        self.exchange = Exchange(self.hand)
        self.keepsake = KeepsakeButton([*self.wall.arms.values()], self._say)
        self.exchange.said.connect(self._say)
        self.exchange.read.connect(lambda paths: self._ask(Read(paths)))
        self.hand.changed.connect(self._adapt)
        full = self.tr("{0} points are the most.")
        self.hand.points_pad.full.connect(lambda most: self._say(full.format(most), True))
        self._about = ""
        self.nearest = Nearest(self.wall, self.hand)
        self.nearest.said.connect(lambda text: self._say(text or self._about))
        self.steps.moved.connect(self._go_to)
        self.steps.asked.connect(self._adapt)
        self._hint = Hint(self)
        self._below = QStackedLayout()
        self._below.addWidget(self._hint)
        self._below.addWidget(self.wall)
        self.status = ElidedLabel()
        self.status.setObjectName("playground_status")
        self._waiting = Waiting(self.status)
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.held_out = HeldOutBox()
        self.held_out.picked.connect(lambda index: self._ask(Pick(index)))
        self.hand.beside.insertWidget(1, self.held_out)
        made = QVBoxLayout()
        made.setSpacing(6)
        made.addLayout(self._below, 1)
        made.addWidget(self.steps)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._halves.setSpacing(6)
        self._halves.addWidget(self.hand, 1)
        self._halves.addLayout(made, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        layout.addLayout(self._top_row())
        layout.addLayout(self._halves, 1)
        layout.addWidget(self.status)
        self.setFocusProxy(self.hand)
        for before, after in pairwise(self._in_order()):
            QWidget.setTabOrder(before, after)

    def _in_order(self) -> list[QWidget]:
        """Return what the Tab key leads to, as it lies from above to below."""
        hand, tools, steps = self.hand, self.hand.tools, self.steps
        above = [
            self.source_picker,
            *self.exchange.buttons,
            self.keepsake,
            hand.pad,
            hand.points_pad,
            *tools.buttons.values(),
        ]
        beside = [tools.width_slider, self.held_out.box, self.held_out.take_button]
        below = [hand.strip, hand.more_button, hand.less_button, *self.wall.arms.values()]
        return [*above, *beside, *below, steps.play_button, steps.slider, steps.count]

    def _top_row(self) -> QHBoxLayout:
        self.source_picker = SourcePicker()
        self.source_picker.wanted.connect(self.open)
        self.exchange.model.connect(self.source_picker.take)
        label = PlainLabel(self.tr("Model"))
        label.setBuddy(self.source_picker)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(label)
        row.addWidget(self.source_picker, 1)
        row.addWidget(self.exchange)
        row.addWidget(self.keepsake)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put hand and samples side by side where there is more width than height."""
        super().resizeEvent(event)
        wide = self.width() > WIDE * self.height()
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    # -- the model ---------------------------------------------------------------------------------------------------

    def show_sources(self, found: Sequence[Source]) -> None:
        """List what can be played with; what is open stays chosen, and else the first is opened."""
        opening = self._opening or self.ready
        if not self.source_picker.offer(found, opening.folder if opening else None):
            self._say(self.tr("There is nothing to play with yet: train a run first."), True)

    def open(self, folder: Path) -> None:
        """Play with what is in a folder."""
        self._say(self.tr("Opening {0}…").format(folder.name))
        self._opening = replace(Open(folder), stamp=self._stamp + 1)
        self._ask(self._opening)

    def give_next(self, drawn: DrawnTask | None, steps: int | None) -> None:
        """Give this to the model that is being opened, to adapt to in so many steps."""
        self._next = drawn, steps

    def begin_anew(self) -> None:
        """Open the model again: whoever had it is gone. The drawing stays; what breaks twice is left alone."""
        opened = self._opening or self.ready
        self.ready = self._opening = self.exchange.spec = None
        self._clear_samples()
        broken, self._broke = self._broke, opened.folder if opened else None
        if opened is not None and opened.folder == broken:
            self.source_picker.unusable.add(broken)
        elif opened is not None:
            self.open(opened.folder)

    def take(self, came: Any) -> None:
        """Take what came of an order; what is older than what is shown is dropped."""
        match came:
            case Ready():
                self._take_model(came)
            case Given() if came.stamp > self._void:
                self.exchange.receive(came)
            case Shown() if came.stamp > self._void and came.stamp >= self._came.get(came.arm, 0):
                self._came[came.arm] = came.stamp
                self._take_samples(came)
            case Lost() if came.stamp > self._void and came.stamp >= self._came.get(came.arm, 0):
                self.wall.show_arm(came.arm, None)
            case Trouble() if came.stamp > self._void:
                self._take_trouble(came)

    def _take_trouble(self, trouble: Trouble) -> None:
        self._waiting.end(trouble.stamp)
        self._say(trouble.sentence, True)
        if self._opening is not None and trouble.stamp == self._opening.stamp:
            self.source_picker.unusable.add(self._opening.folder)
            self._opening = None
            self.show_sources(self.source_picker.sources)  # what was open is so still, or else the next one is tried

    def _take_model(self, ready: Ready) -> None:
        latest = self._opening is None or ready.stamp >= self._opening.stamp  # or one that another was asked for since
        self.ready, self._opening = ready, None if latest else self._opening
        self.source_picker.unusable.discard(ready.folder)
        self.source_picker.show_chosen(ready.folder)
        self._clear_samples()
        self.steps.set_count(ready.steps)
        told = self.tr("after {0} outer steps").format(f"{ready.meta_step:,}") if ready.meta_step else ""
        self._about = " · ".join(filter(None, [translated(str(ready.spec)), told, *map(translated, ready.notices)]))
        self._say(self._about)
        self._hint.suit(ready.spec, curves=ready.curves)
        self.exchange.spec = ready.spec
        self.hand.suit(ready.spec, ready.extent, curves=ready.curves)
        if latest and self._next is not None:
            given, self._next = self._next, None
            self._give(*given)
        self._adapt()

    def _give(self, drawn: DrawnTask | None, steps: int | None) -> None:
        """Put what a lesson has drawn in place of what there is; what does not fit is told."""
        assert self.ready is not None
        if steps is not None:
            self.steps.count.setValue(steps)
        try:
            if drawn is not None:
                self.hand.give(drawn.fitting(self.ready.spec), anew=True)
        except BadInput as problem:
            self._say(str(problem), True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say that files and pictures may be dropped."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage() or holds_task(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what is dropped."""
        event.acceptProposedAction()
        self.exchange.take(event.mimeData())

    # -- keys --------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep keys that also mean something to the window, such as Ctrl+Z, while a part of the playground has them."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and meant(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo, redo, copy and paste."""
        match meant(event):
            case "paste":
                self.exchange.paste()
            case "copy":
                self.exchange.copy()
            case "undo" | "redo" as what:
                self.hand.do(what)
            case _:
                super().keyPressEvent(event)

    # -- asking and showing ------------------------------------------------------------------------------------------

    def _ask(self, order: Order) -> None:
        self._stamp += 1
        self.asked.emit(replace(order, stamp=self._stamp))

    def _adapt(self) -> None:
        """Let the model adapt to what there is."""
        support = self.hand.support()
        if support is None:
            self._clear_samples()
        elif self.ready is not None:
            self._ask(Adapt(support, self.steps.count.value()))
            self._waiting.begin(self._stamp)

    def _clear_samples(self) -> None:
        self._void = self._stamp
        self._waiting.end(self._stamp)
        self.wall.clear()
        self.hand.show_curve(None)
        self.nearest.look_again()
        self._below.setCurrentWidget(self._hint)

    def _take_samples(self, came: Shown) -> None:
        self._below.setCurrentWidget(self.wall)
        self._broke = None
        self.wall.show_arm(came.arm, came)
        if came.arm == "learned":
            self._waiting.end(came.stamp)
            self.steps.set_steps(came.snapshot.steps)
            self._go_to(self.steps.moment)
        else:
            self.nearest.look_again()

    def _go_to(self, moment: float) -> None:
        self.wall.go_to(moment)
        arm = self.wall.arms["learned"]
        self.hand.show_curve(arm.shown.snapshot if arm.shown else None, arm.place)
        self.nearest.look_again()

    def _say(self, text: str, trouble: bool = False) -> None:
        self.status.setProperty("tone", "error" if trouble else "muted")
        self.status.style().polish(self.status)
        self.status.setText(text)
        self.status.setToolTip(plain_tip(text))
