"""A toy of two parameters: its loss surface, θ as a handle, every algorithm's arrow, and how that compares with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.program.worker import Worker
from metagen_gui.gui.slow_motion.arrow_table import ArrowTable
from metagen_gui.gui.slow_motion.scene import HIGHEST_RATE, LOWEST_RATE, MOST_STEPS, Scene
from metagen_gui.gui.slow_motion.surface import Surface
from metagen_gui.gui.slow_motion.toy_work import Contest, Ground, Ways, checked, contest, ground, ways
from metagen_gui.gui.widgets.fitting_label import SEPARATOR, FittingLabel
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.turning_splitter import TurningSplitter
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.slow_motion.arrows import Arrow, Contender

Values = Any
_SOON = 15
"""Milliseconds in which arrows are waited for."""
_STRIDE = 0.04
"""How far *Step* goes, as a share of the plane."""


class ToyPage(QWidget):
    """Everything is computed behind the window, arrows first; a newer θ drops what an older one has left to do."""

    def __init__(self, use_threads: Callable[[], Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.worker = Worker(use_threads, self)
        self.worker.came.connect(self._take)
        self._contest: Contest | None = None
        self._arrows: dict[str, Arrow] = {}
        self._paths: Values | None = None
        self._grounds: dict[int, Values] = {}
        """Surfaces by whose they are."""
        self._trail: list[tuple[float, float]] = []
        self._scene: Scene | None = None
        """What is to be shown as soon as its contest has come."""
        self._build()
        self.worker.failed.connect(self.said.say)
        self._soon = QTimer(self)
        """Arrows come one by one, and are drawn together."""
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self._draw)

    def _build(self) -> None:
        self.toy = QComboBox()
        self.toy.setObjectName("toy_picker")
        self.toy.addItem(self.tr("Sinusoid: amplitude and phase"), "wave")
        self.toy.addItem(self.tr("Density of one mode: its place"), "mode")
        self.steps, self.rate = QSpinBox(), QDoubleSpinBox()
        self.steps.setObjectName("toy_steps")
        self.steps.setRange(1, MOST_STEPS)
        self.rate.setObjectName("toy_inner_lr")
        self.rate.setRange(LOWEST_RATE, HIGHEST_RATE)
        self.rate.setDecimals(3)
        self.rate.setSingleStep(0.01)
        bar = QWidget()
        row = FlowLayout(bar, 8, 4)
        named = (
            (self.toy, self.tr("Toy"), self.tr("What has two parameters")),
            (self.steps, self.tr("Inner steps"), self.tr("How many steps each task gets")),
            (self.rate, self.tr("Inner rate"), self.tr("Step size of adaptation, the same for every algorithm")),
        )
        for control, name, tip in named:
            control.setAccessibleName(name)
            control.setToolTip(tip)
            guard_wheel(control)
            label = PlainLabel(name)
            label.setBuddy(control)
            pair = QWidget()
            together = QHBoxLayout(pair)
            together.setContentsMargins(0, 0, 0, 0)
            together.addWidget(label)
            together.addWidget(control)
            row.addWidget(pair)
        self.step_button = QPushButton(self.tr("Step"))
        self.step_button.setObjectName("toy_step")
        self.step_button.setToolTip(self.tr("Move θ a little along the arrow of the current row"))
        self.start_button = QPushButton(self.tr("Back to the start"))
        self.start_button.setObjectName("toy_start")
        self.start_button.setToolTip(self.tr("Put θ where it began"))
        for button in (self.step_button, self.start_button):
            row.addWidget(button)
        self.told, self.about = FittingLabel(), PlainLabel()
        self.about.setWordWrap(True)
        for label in (self.told, self.about):
            label.setProperty("tone", "muted")
        self.said, self.surface, self.table = MessageLine(), Surface(), ArrowTable()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (bar, self.said, self.told):
            column.addWidget(part)
        column.addWidget(self.table, 1)
        column.addWidget(self.about)
        parts = TurningSplitter((1, 1))
        parts.addWidget(left)
        parts.addWidget(self.surface)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(parts)
        self.toy.currentIndexChanged.connect(self._choose_toy)
        self.steps.valueChanged.connect(self._begin_anew)
        self.rate.valueChanged.connect(self._begin_anew)
        self.step_button.clicked.connect(self._step)
        self.start_button.clicked.connect(self._to_start)
        self.surface.moved.connect(self._move)
        self.table.toggled.connect(self._draw)
        self.table.picked.connect(self._pick)

    def begin(self) -> None:
        """Compute, if nothing has been yet: called when the page is first seen."""
        if self._contest is None and not self.worker.busy:
            self._choose_toy()

    def scene(self) -> Scene:
        """Return what is shown; before anything is, what would be."""
        if self._scene is not None:
            return self._scene
        known = Scene(str(self.toy.currentData()), self.steps.value(), round(self.rate.value(), 3))
        if self._contest is None:
            return known
        return replace(known, theta=self.surface.theta, drawn=tuple(self.table.places), current=self.table.current)

    def show_scene(self, scene: Scene) -> None:
        """Show this in place of what is shown."""
        with QSignalBlocker(self.steps), QSignalBlocker(self.rate), QSignalBlocker(self.toy):
            self.steps.setValue(scene.steps)
            self.rate.setValue(scene.rate)
            self.toy.setCurrentIndex(self.toy.findData(scene.toy))
        self._contest, self._scene = None, scene
        self._begin_anew()

    # -- what is asked -------------------------------------------------------------------------------------------

    def _choose_toy(self) -> None:
        self._contest = None
        self.worker.do([partial(contest, self.toy.currentData(), self.steps.value(), None)])

    def _begin_anew(self) -> None:
        self.worker.do([partial(contest, self.toy.currentData(), self.steps.value(), self.rate.value())])

    def _ask(self) -> None:
        """Ask for everything at the present θ: first what is drawn, then the surface, at last the checks."""
        found, theta = self._contest, self.surface.theta
        if found is None:
            return
        chosen = found.able.get(self.table.current)
        plan: list[Callable[[], Any]] = [partial(one.arrow, theta) for one in self._ordered(found)]
        if chosen is not None:
            plan.insert(1, partial(ways, chosen, theta))
            if id(chosen) not in self._grounds:
                plan.append(partial(ground, chosen))
        plan += [partial(checked, one, theta) for one in self._ordered(found)]
        self.worker.do(plan)

    def _ordered(self, found: Contest) -> list[Contender]:
        """Return the algorithms, the current one first and those that are not drawn last."""
        drawn = self.table.places
        return sorted(found.able.values(), key=lambda one: (one.name != self.table.current, one.name not in drawn))

    # -- what comes ----------------------------------------------------------------------------------------------

    def _take(self, found: Any) -> None:
        if isinstance(found, Contest):
            self._take_contest(found)
        elif isinstance(found, Ground):
            self._grounds[id(found.of)] = found.losses
            self._show_ground()
        elif isinstance(found, Ways):
            self._paths = found.paths
        else:
            self._arrows[found.name] = found
            self.table.show_arrow(found)
        if not self._soon.isActive():
            self._soon.start()

    def _take_contest(self, found: Contest) -> None:
        other = self._contest is None
        self._contest, self._arrows, self._paths = found, {}, None
        self._grounds.clear()
        self.table.list_algorithms({name: translated(one.title) for name, one in found.able.items()})
        told = [self.tr("L: mean over {0}").format(found.toy.drawn_from)]
        told += [self.tr("no arrow of {0}: {1}").format(title, why) for title, why in found.refused.items()]
        self.told.set_full_text(SEPARATOR.join(told))
        self.said.say("")
        if other:
            self._trail.clear()
            scene, self._scene = self._scene, None
            with QSignalBlocker(self.rate):
                self.rate.setValue(found.rate)
            self.surface.show_toy(found.toy)
            if scene is not None:
                self.table.choose(scene.current, scene.drawn)
                self.surface.put(*(scene.theta or found.toy.start))
        self._ask()

    def _show_ground(self) -> None:
        chosen = self._contest.able.get(self.table.current) if self._contest else None
        if chosen is not None and id(chosen) in self._grounds:
            self.surface.show_losses(self._grounds[id(chosen)])

    def _draw(self) -> None:
        places, theta = self.table.places, self.surface.theta
        arrows = {name: self._arrows[name] for name in places if name in self._arrows}
        here = {name: arrow for name, arrow in arrows.items() if arrow.theta == theta}
        self.surface.show_arrows(here, places, self._paths)
        if (arrow := self._arrows.get(self.table.current)) is not None:
            self.about.setText(self._in_words(arrow))

    def _in_words(self, arrow: Arrow) -> str:
        besides = self.tr(" Numbers learned besides θ: {0}.").format(f"{arrow.besides:,}") if arrow.besides else ""
        if arrow.approximates:
            far = "" if np.isnan(arrow.angle) else self.tr(", {0:.1f}° off it here").format(arrow.angle)
            said = self.tr("The arrow of {0} approximates the slope{1}. {2}")
            return said.format(arrow.title, far, translated(arrow.approximates)) + besides
        return self.tr("The arrow of {0} is the slope of its surface.").format(arrow.title) + besides

    # -- what a person does --------------------------------------------------------------------------------------

    def _move(self, x: float, y: float) -> None:
        if not self._trail or self._trail[-1] != (x, y):
            self._trail.clear()
            self.surface.show_trail(np.zeros((0, 2)))
        self._paths = None
        self._draw()
        self._ask()

    def _pick(self, name: str) -> None:
        self._show_ground()
        self._ask()

    def _step(self) -> None:
        found, arrow = self._contest, self._arrows.get(self.table.current)
        if found is None or arrow is None or arrow.theta != self.surface.theta or not arrow.length:
            return
        left, right, bottom, top = found.toy.extent
        span = np.array([right - left, top - bottom])
        way = -arrow.gradient / np.linalg.norm(arrow.gradient / span) * _STRIDE
        x, y = (np.array(arrow.theta) + way).tolist()
        self._trail = [*(self._trail or [arrow.theta]), (min(max(x, left), right), min(max(y, bottom), top))]
        self.surface.put(*self._trail[-1])
        self.surface.show_trail(np.array(self._trail))

    def _to_start(self) -> None:
        if self._contest is not None:
            self.surface.put(*self._contest.toy.start)
